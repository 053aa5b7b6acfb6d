#include "proto/wire_text.h"

bool wire_text_is_name(struct text name)
{
    if (name.length == 0 || name.length > WIRE_NAME_BYTES_MAX)
        return false;
    for (uint32_t i = 0; i < name.length; i++) {
        char c = name.bytes[i];
        if (!(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z') &&
            !(c >= '0' && c <= '9') && c != '_' && c != '.' && c != '-')
            return false;
    }
    return true;
}

/* The length of the UTF-8 sequence at `at`, 0 when it is none (RFC 3629: no surrogates,
 * nothing overlong, nothing beyond U+10FFFF). */
static uint32_t utf8_length(const uint8_t *at, uint32_t left)
{
    uint8_t first = at[0];
    uint32_t length = first < 0x80   ? 1
                      : first < 0xc2 ? 0
                      : first < 0xe0 ? 2
                      : first < 0xf0 ? 3
                      : first < 0xf5 ? 4
                                     : 0;

    if (length > left)
        return 0;
    for (uint32_t i = 1; i < length; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    if ((first == 0xe0 && at[1] < 0xa0) || (first == 0xed && at[1] > 0x9f) ||
        (first == 0xf0 && at[1] < 0x90) || (first == 0xf4 && at[1] > 0x8f))
        return 0;
    return length;
}

bool wire_text_is_clean(struct text text, uint32_t bytes_max)
{
    const uint8_t *bytes = (const uint8_t *)text.bytes;

    if (text.length == 0 || text.length > bytes_max)
        return false;
    for (uint32_t i = 0; i < text.length;) {
        uint32_t length = utf8_length(bytes + i, text.length - i);
        if (length == 0 || bytes[i] < 0x20 || bytes[i] == 0x7f ||
            (bytes[i] == 0xc2 && bytes[i + 1] < 0xa0))
            return false;
        i += length;
    }
    return true;
}

bool wire_text_is_key(struct text key)
{
    return wire_text_is_clean(key, WIRE_KEY_BYTES_MAX);
}
