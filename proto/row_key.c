#include "proto/rows.h"

#include "proto/row_cells.h"

bool entity_id_is_valid(struct text id)
{
    if (id.length == 0 || id.length > ENTITY_ID_MAX)
        return false;
    for (uint32_t i = 0; i < id.length; i++) {
        char c = id.bytes[i];
        if (!(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && c != '-')
            return false;
    }
    return true;
}

struct text row_key_entity(struct text key)
{
    const char *bar = key.length ? memchr(key.bytes, '|', key.length) : NULL;
    if (bar)
        key.length = (uint32_t)(bar - key.bytes);
    return key;
}

/* One byte of a part as it stands in a key; returns its width. */
static uint32_t escape(uint8_t byte, char escaped[3])
{
    static const char hex[] = "0123456789ABCDEF";
    if (byte != '|' && byte != '%' && byte >= 0x20) {
        escaped[0] = (char)byte;
        return 1;
    }
    escaped[0] = '%';
    escaped[1] = hex[byte >> 4];
    escaped[2] = hex[byte & 15];
    return 3;
}

/* Appends '|' and the escaped part; false when the part or the key is too long. */
static bool append_part(char *key, uint32_t *length, struct text part)
{
    if (*length == ROW_KEY_MAX)
        return false;
    key[(*length)++] = '|';
    uint32_t start = *length;
    for (uint32_t i = 0; i < part.length; i++) {
        char escaped[3];
        uint32_t width = escape((uint8_t)part.bytes[i], escaped);
        if (*length - start + width > KEY_PART_MAX || *length + width > ROW_KEY_MAX)
            return false;
        memcpy(key + *length, escaped, width);
        *length += width;
    }
    return true;
}

uint32_t row_key_write(struct text entity, const struct text *parts, uint32_t count,
                       char key[ROW_KEY_MAX + 1])
{
    if (!entity_id_is_valid(entity))
        return 0;
    memcpy(key, entity.bytes, entity.length);
    uint32_t length = entity.length;
    for (uint32_t i = 0; i < count; i++)
        if (!append_part(key, &length, parts[i]))
            return 0;
    key[length] = '\0';
    return length;
}

void row_key_split(struct text key, struct text *parts, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        parts[i] = row_key_entity(key);
        uint32_t taken = parts[i].length + (parts[i].length < key.length);
        key.bytes += taken;
        key.length -= taken;
    }
}

bool row_key_part_is(struct text part, struct text cell)
{
    uint32_t at = 0;
    for (uint32_t i = 0; i < cell.length; i++) {
        char escaped[3];
        uint32_t width = escape((uint8_t)cell.bytes[i], escaped);
        if (part.length - at < width || memcmp(part.bytes + at, escaped, width) != 0)
            return false;
        at += width;
    }
    return at == part.length;
}

/* Bytes of the well-formed character at `at` (Unicode, table 3-7), or 0. */
static uint32_t utf8_character(const uint8_t *at, uint32_t left)
{
    uint8_t lead = at[0], low = 0x80, high = 0xbf;
    uint32_t width;
    if (lead < 0x80)
        return 1;
    if (lead >= 0xc2 && lead <= 0xdf)
        width = 2;
    else if ((lead & 0xf0) == 0xe0)
        width = 3;
    else if (lead >= 0xf0 && lead <= 0xf4)
        width = 4;
    else
        return 0;
    if (width > left)
        return 0;
    /* The second byte alone tells overlong forms, surrogates and what is past U+10FFFF.
     */
    if (lead == 0xe0)
        low = 0xa0;
    else if (lead == 0xed)
        high = 0x9f;
    else if (lead == 0xf0)
        low = 0x90;
    else if (lead == 0xf4)
        high = 0x8f;
    if (at[1] < low || at[1] > high)
        return 0;
    for (uint32_t i = 2; i < width; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    return width;
}

bool text_is_clean(struct text text)
{
    const uint8_t *bytes = (const uint8_t *)text.bytes;
    for (uint32_t i = 0; i < text.length;) {
        if (bytes[i] < 0x20 || bytes[i] == 0x7f)
            return false;
        uint32_t width = utf8_character(bytes + i, text.length - i);
        /* C1 controls, U+0080 to U+009F, are C2 80 to C2 9F. */
        if (width == 0 || (bytes[i] == 0xc2 && bytes[i + 1] < 0xa0))
            return false;
        i += width;
    }
    return true;
}
