/* request_fuzz.c - any bytes as the file of a pairing request, and of a pairing window.
 *
 * A request that is read is written again byte for byte: there is one way to say it. */
#include <stdlib.h>

#include "totebox/pairing_window.h"

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length);

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void try_request(struct text text)
{
    struct pairing_request request;
    struct problem problem = {.error = ARCHIVE_OK};
    struct buffer written;

    if (pairing_request_parse(text, "request", &request, &problem) != ARCHIVE_OK) {
        require(problem.error == ARCHIVE_REFUSED && *problem.words);
        return;
    }
    buffer_init(&written);
    require(pairing_request_write(&request, &written));
    require(text_equal(text, (struct text){(const char *)buffer_bytes(&written),
                                           (uint32_t)buffer_length(&written)}));
    buffer_release(&written);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length)
{
    struct text text = {(const char *)input, (uint32_t)length};
    struct window_look look = {.state = WINDOW_CLOSED};

    if (length > 4096)
        return 0;
    try_request(text);
    if (pairing_window_parse(text, &look))
        require(look.state == WINDOW_CLOSED);
    return 0;
}
