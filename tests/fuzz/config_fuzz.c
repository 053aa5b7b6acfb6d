/* config_fuzz.c - any bytes as fleet.conf: a config or one error, never anything else.
 */
#include <stdlib.h>

#include "core/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char error[CONFIG_ERROR_CHARS] = "";
    char *text = malloc(size + 1);

    if (!text)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    struct config *config = config_parse(text, "fleet.conf", error);
    if ((config != NULL) != (error[0] == '\0'))
        abort();
    config_free(config);
    free(text);
    return 0;
}
