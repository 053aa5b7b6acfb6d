#include "tests/support/golden_message.h"

#include <stdio.h>

#include "proto/layout.h"
#include "tests/support/cmocka_all.h"

struct struct_reader golden_payload(struct struct_reader root)
{
    struct struct_reader none = {0};
    struct struct_reader body;
    switch (reader_u16(root, RPC_MESSAGE_TAG_OFF)) {
    case RPC_MESSAGE_CALL_TAG:
        body = reader_struct(root, RPC_MESSAGE_CALL_PTR);
        return reader_struct(body, RPC_CALL_PARAMS_PTR);
    case RPC_MESSAGE_RETURN_TAG:
        body = reader_struct(root, RPC_MESSAGE_RETURN_PTR);
        if (reader_u16(body, RPC_RETURN_TAG_OFF) != RPC_RETURN_RESULTS_TAG)
            return none;
        return reader_struct(body, RPC_RETURN_RESULTS_PTR);
    default:
        return none;
    }
}

void golden_content_type(const char *stem, char *type, size_t size)
{
    const char *call = strstr(stem, "-call-");
    const char *back = strstr(stem, "-return-");
    if (call)
        snprintf(type, size, "%s$Params", call + strlen("-call-"));
    else if (back)
        snprintf(type, size, "%s$Results", back + strlen("-return-"));
    else
        fail_msg("%s: neither call nor return", stem);
}

const char *golden_content_text(const char *description)
{
    const char *text = strstr(description, "\n  params (");
    if (!text)
        text = strstr(description, "\n  results (");
    return text ? strchr(text, '(') : NULL;
}
