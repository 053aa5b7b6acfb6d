/* viewport_fuzz.c - any bytes as a viewport file: viewports or one error, never
 * anything else. */
#include <stdlib.h>

#include "core/viewport.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char error[CONFIG_ERROR_CHARS] = "";
    struct viewports *viewports = calloc(1, sizeof *viewports);
    char *text = malloc(size + 1);
    if (!viewports || !text)
        abort();
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    bool good = viewports_parse(viewports, text, "viewports.conf", error);
    if (good != (error[0] == '\0') || (!good && viewports->count))
        abort();
    viewports_free(viewports);
    free(text);
    return 0;
}
