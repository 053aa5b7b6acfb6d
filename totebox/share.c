#include "totebox/share.h"

enum { DIGITS_MAX = 9 };

/* One to nine digits at *at. */
static bool take_digits(struct text text, uint32_t *at, int64_t *value)
{
    uint32_t start = *at;

    *value = 0;
    for (; *at < text.length; (*at)++) {
        char byte = text.bytes[*at];
        if (byte < '0' || byte > '9')
            break;
        if (*at - start == DIGITS_MAX)
            return false;
        *value = *value * 10 + (byte - '0');
    }
    return *at > start;
}

static int64_t greatest_divisor(int64_t a, int64_t b)
{
    while (b != 0) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

bool share_parse(struct text text, int64_t *numerator, int64_t *denominator)
{
    int64_t whole, part = 0, scale = 1, divisor;
    uint32_t at = 0, start;

    if (!take_digits(text, &at, &whole))
        return false;
    if (at < text.length && text.bytes[at] == '/') {
        at++;
        if (!take_digits(text, &at, &scale) || scale == 0)
            return false;
    } else if (at < text.length && text.bytes[at] == '.') {
        start = ++at;
        if (!take_digits(text, &at, &part))
            return false;
        for (; start < at; start++)
            scale *= 10;
        whole = whole * scale + part;
    }
    if (at != text.length || whole > scale)
        return false;
    divisor = greatest_divisor(whole, scale);
    *numerator = whole / divisor;
    *denominator = scale / divisor;
    return true;
}
