#include "totebox/import_tags.h"

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r';
}

static struct text trimmed(const char *start, const char *end)
{
    while (start < end && is_blank(*start))
        start++;
    while (end > start && is_blank(end[-1]))
        end--;
    return (struct text){start, (uint32_t)(end - start)};
}

bool tag_find(struct text comment, const char *name, struct text *value)
{
    const char *at = comment.bytes, *end = comment.bytes + comment.length;
    const char *word = at;

    if (comment.length == 0)
        return false;
    for (; at < end; at++) {
        const char *start = at + 1;
        struct text found = {word, (uint32_t)(at - word)};
        if (is_blank(*at) || *at == ',' || *at == '\n')
            word = at + 1;
        if (*at != ':')
            continue;
        word = start;
        if (found.length == 0)
            continue;
        /* What stands in a value is no tag. */
        while (start < end && *start != ',' && *start != '\n')
            start++;
        if (text_equal(found, text_of(name))) {
            *value = trimmed(at + 1, start);
            return true;
        }
        at = start;
        word = start + 1;
        if (start == end)
            break;
    }
    return false;
}

/* --- amounts -------------------------------------------------------------------- */

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

bool tag_find_amount(struct text comment, const char *name, struct text *value)
{
    const char *end = comment.bytes + comment.length, *stop;

    if (!tag_find(comment, name, value))
        return false;
    stop = value->bytes + value->length;
    while (end - stop >= 2 && stop[0] == ',' && is_digit(stop[1]))
        for (stop++; stop < end && *stop != ',' && *stop != '\n';)
            stop++;
    *value = trimmed(value->bytes, stop);
    return true;
}

static bool is_mark(char byte)
{
    return byte == '.' || byte == ',';
}

/* The byte that is the decimal point in a run of digits and marks, '\0' for none.
 * False: it cannot be told. */
static bool find_point(struct text digits, char *point)
{
    uint32_t count[2] = {0, 0}, last[2] = {0, 0};

    for (uint32_t i = 0; i < digits.length; i++) {
        if (is_mark(digits.bytes[i])) {
            int which = digits.bytes[i] == ',';
            count[which]++;
            last[which] = i;
        }
    }
    *point = '\0';
    if (count[0] && count[1]) {
        int which = last[1] > last[0];
        *point = which ? ',' : '.';
        return count[which] == 1;
    }
    if (count[0] == 1)
        *point = '.';
    if (count[1] == 1) {
        if (digits.length - last[1] == 4 && last[1] <= 3)
            return false;
        *point = ',';
    }
    return true;
}

/* -?digits(.digits)? without groups.  False: too long, or no number. */
static bool plain_number(bool negative, struct text digits,
                         char written[DECIMAL_CHARS_MAX], struct text *number)
{
    uint32_t length = 0;
    char point;

    if (!find_point(digits, &point))
        return false;
    if (negative)
        written[length++] = '-';
    for (uint32_t i = 0; i < digits.length; i++) {
        char byte = digits.bytes[i];
        if (is_mark(byte) && byte != point)
            continue;
        if (byte == point && i + 1 == digits.length)
            break;
        if (length == DECIMAL_CHARS_MAX)
            return false;
        written[length++] = is_mark(byte) ? '.' : byte;
    }
    *number = (struct text){written, length};
    return true;
}

/* A commodity without the quotes that hledger puts around one with a blank. */
static struct text unquoted(struct text commodity)
{
    if (commodity.length >= 2 && commodity.bytes[0] == '"' &&
        commodity.bytes[commodity.length - 1] == '"')
        return (struct text){commodity.bytes + 1, commodity.length - 2};
    return commodity;
}

bool tag_amount(struct text text, char written[DECIMAL_CHARS_MAX], struct text *number,
                struct text *commodity)
{
    const char *at = text.bytes, *end = text.bytes + text.length, *digits;
    struct text before, after;
    bool quoted = false, negative = false;
    struct decimal value;

    if (text.length == 0)
        return false;
    while (at < end && (quoted || !is_digit(*at))) {
        quoted ^= *at == '"';
        at++;
    }
    digits = at;
    while (at < end && (is_digit(*at) || is_mark(*at)))
        at++;
    before = trimmed(text.bytes, digits);
    after = unquoted(trimmed(at, end));
    /* The sign stands before the number or before the commodity. */
    if (before.length && before.bytes[0] == '-') {
        negative = true;
        before = trimmed(before.bytes + 1, before.bytes + before.length);
    } else if (before.length && before.bytes[before.length - 1] == '-') {
        negative = true;
        before = trimmed(before.bytes, before.bytes + before.length - 1);
    }
    before = unquoted(before);
    if ((before.length == 0) == (after.length == 0))
        return false;
    *commodity = before.length ? before : after;
    return plain_number(negative, (struct text){digits, (uint32_t)(at - digits)},
                        written, number) &&
           decimal_parse(*number, &value) == DECIMAL_OK;
}

/* --- dates ---------------------------------------------------------------------- */

struct text tag_posting_date(struct text comment)
{
    const char *end = comment.bytes + comment.length, *at = comment.bytes;
    struct text date;

    if (comment.length == 0 || tag_find(comment, "date", &date))
        return comment.length ? date : comment;
    for (; at < end; at++) {
        const char *start = at + 1, *stop = start;
        bool separated = false;
        if (*at != '[')
            continue;
        while (stop < end && (is_digit(*stop) || strchr("/.-", *stop))) {
            separated |= !is_digit(*stop);
            stop++;
        }
        if (separated && stop < end && (*stop == ']' || *stop == '='))
            return (struct text){start, (uint32_t)(stop - start)};
    }
    return (struct text){0};
}

bool tag_date(struct text text, char written[DATE_CHARS + 1])
{
    int32_t date;

    if (text.length != DATE_CHARS)
        return false;
    memcpy(written, text.bytes, DATE_CHARS);
    written[DATE_CHARS] = '\0';
    for (int i = 4; i <= 7; i += 3)
        if (written[i] == '/' || written[i] == '.')
            written[i] = '-';
    return date_parse(text_of(written), &date);
}
