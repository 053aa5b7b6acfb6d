#include "proto/error.h"

#include <stddef.h>

static const struct {
    const char *wire;
    const char *words;
} errors[PSP_ERROR_COUNT] = {
#define PSP_ERROR_ROW(code, wire, words) [code] = {wire, words},
    PSP_ERRORS(PSP_ERROR_ROW)
#undef PSP_ERROR_ROW
};

const char *psp_error_wire(enum psp_error error)
{
    return errors[error].wire;
}

const char *psp_error_words(enum psp_error error)
{
    return errors[error].words;
}

enum psp_error psp_error_parse(struct text reason)
{
    for (int code = 0; code < PSP_ERROR_COUNT; code++) {
        if (!errors[code].wire)
            continue;
        struct text wire = text_of(errors[code].wire);
        if (text_starts_with(reason, wire) &&
            (reason.length == wire.length || reason.bytes[wire.length] == ':'))
            return (enum psp_error)code;
    }
    return PSP_FAILED;
}
