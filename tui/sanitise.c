#include "tui/sanitise.h"

#include <string.h>

#include <unictype.h>
#include <unistr.h>
#include <uniwidth.h>

enum kind { KIND_BASE, KIND_MARK, KIND_SPACE, KIND_CONTROL, KIND_HIDDEN };

/* Assigned and of a harmless category, and yet blank, invisible or a selector. */
static bool is_invisible(uint32_t code)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        {0x00ad, 0x00ad},   {0x034f, 0x034f}, {0x061c, 0x061c}, {0x115f, 0x1160},
        {0x17b4, 0x17b5},   {0x180b, 0x180f}, {0x200b, 0x200f}, {0x2028, 0x202e},
        {0x2060, 0x206f},   {0x2800, 0x2800}, {0x3164, 0x3164}, {0xfe00, 0xfe0f},
        {0xfeff, 0xfeff},   {0xffa0, 0xffa0}, {0xfff9, 0xfffb}, {0x1d173, 0x1d17a},
        {0xe0000, 0xe0fff},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        if (code >= ranges[i].first && code <= ranges[i].last)
            return true;
    return false;
}

static enum kind kind_of(uint32_t code, int *columns)
{
    if (code >= 0x20 && code < 0x7f) {
        *columns = 1;
        return KIND_BASE;
    }
    if (code < 0xa0)
        return KIND_CONTROL;
    if (is_invisible(code))
        return KIND_HIDDEN;
    *columns = uc_width((ucs4_t)code, "UTF-8");
    if (uc_is_general_category(code, UC_CATEGORY_Zs))
        return *columns == 1 || *columns == 2 ? KIND_SPACE : KIND_HIDDEN;
    uc_general_category_t allowed = uc_general_category_or(
        uc_general_category_or(UC_CATEGORY_L, UC_CATEGORY_M),
        uc_general_category_or(UC_CATEGORY_N,
                               uc_general_category_or(UC_CATEGORY_P, UC_CATEGORY_S)));
    if (!uc_is_general_category(code, allowed))
        return KIND_HIDDEN;
    if (*columns == 0)
        return KIND_MARK;
    return *columns == 1 || *columns == 2 ? KIND_BASE : KIND_HIDDEN;
}

void sanitise_begin(struct sanitiser *sanitiser, const char *text, size_t length)
{
    *sanitiser = (struct sanitiser){
        .at = (const uint8_t *)text,
        .end = (const uint8_t *)text + length,
    };
}

/* Hands out `code` as "<U+XXXX>", one character at a time. */
static void spell(struct sanitiser *sanitiser, uint32_t code)
{
    static const char digits[] = "0123456789ABCDEF";
    int width = code > 0xfffff ? 6 : code > 0xffff ? 5 : 4;
    char *out = sanitiser->spelled;
    *out++ = 'U';
    *out++ = '+';
    for (int i = width - 1; i >= 0; i--)
        *out++ = digits[code >> (4 * i) & 15];
    *out++ = '>';
    *out = '\0';
    sanitiser->spelled_at = 0;
}

static bool take_marks(struct sanitiser *sanitiser, struct grapheme *grapheme)
{
    for (int i = 1; i < 3 && sanitiser->at < sanitiser->end; i++) {
        ucs4_t code;
        int columns = 0;
        int length =
            u8_mbtoucr(&code, sanitiser->at, (size_t)(sanitiser->end - sanitiser->at));
        if (length <= 0 || kind_of(code, &columns) != KIND_MARK)
            break;
        grapheme->code[i] = code;
        sanitiser->at += length;
    }
    return true;
}

static bool give(struct grapheme *grapheme, uint32_t code, int columns)
{
    *grapheme = (struct grapheme){.code = {code}, .columns = (uint8_t)columns};
    return true;
}

bool sanitise_next(struct sanitiser *sanitiser, struct grapheme *grapheme)
{
    char spelled = sanitiser->spelled[sanitiser->spelled_at];
    if (spelled) {
        sanitiser->spelled_at++;
        return give(grapheme, (uint8_t)spelled, 1);
    }
    if (sanitiser->at >= sanitiser->end)
        return false;
    ucs4_t code;
    int columns = 1;
    int length =
        u8_mbtoucr(&code, sanitiser->at, (size_t)(sanitiser->end - sanitiser->at));
    if (length <= 0) {
        sanitiser->at++;
        return give(grapheme, '?', 1);
    }
    sanitiser->at += length;
    switch (kind_of(code, &columns)) {
    case KIND_BASE:
        give(grapheme, code, columns);
        return take_marks(sanitiser, grapheme);
    case KIND_SPACE:
        /* An ideographic space keeps its two columns, every other is one blank. */
        return give(grapheme, columns == 2 ? code : ' ', columns);
    case KIND_CONTROL:
        return give(grapheme, '?', 1);
    case KIND_MARK: /* without a base, or the third on one */
    case KIND_HIDDEN:
        break;
    }
    spell(sanitiser, code);
    return give(grapheme, '<', 1);
}

size_t grapheme_write(const struct grapheme *grapheme, char bytes[GRAPHEME_BYTES])
{
    size_t used = 0;
    for (int i = 0; i < 3 && grapheme->code[i]; i++) {
        int length = u8_uctomb((uint8_t *)bytes + used, grapheme->code[i],
                               (ptrdiff_t)(GRAPHEME_BYTES - used));
        if (length > 0)
            used += (size_t)length;
    }
    return used;
}
