#include "proto/decimal.h"

/* The least 128-bit value has no counterpart of the other sign: it is kept out, so that
 * negation never overflows. */
#define COEFFICIENT_LIMIT ((unsigned __int128)1 << 127)

/* --- 256 bits, for what a product or an aligned operand needs ----------------- */

struct wide {
    unsigned __int128 high, low;
};

static unsigned __int128 magnitude(__int128 value)
{
    return value < 0 ? -(unsigned __int128)value : (unsigned __int128)value;
}

/* Exponents of two scales: at most 36. */
static unsigned __int128 power_of_ten(unsigned exponent)
{
    unsigned __int128 power = 1;
    for (; exponent >= 8; exponent -= 8)
        power *= 100000000;
    static const uint32_t small[8] = {1,     10,     100,     1000,
                                      10000, 100000, 1000000, 10000000};
    return power * small[exponent];
}

static struct wide wide_multiply(unsigned __int128 a, unsigned __int128 b)
{
    uint64_t a1 = (uint64_t)(a >> 64), a0 = (uint64_t)a;
    uint64_t b1 = (uint64_t)(b >> 64), b0 = (uint64_t)b;
    unsigned __int128 low = (unsigned __int128)a0 * b0;
    unsigned __int128 middle = (unsigned __int128)a1 * b0 + (low >> 64);
    unsigned __int128 other = (unsigned __int128)a0 * b1 + (uint64_t)middle;
    return (struct wide){
        .high = (unsigned __int128)a1 * b1 + (middle >> 64) + (other >> 64),
        .low = (other << 64) | (uint64_t)low,
    };
}

static int wide_compare(struct wide a, struct wide b)
{
    if (a.high != b.high)
        return a.high < b.high ? -1 : 1;
    return a.low < b.low ? -1 : a.low > b.low;
}

static struct wide wide_subtract(struct wide a, struct wide b)
{
    return (struct wide){
        .high = a.high - b.high - (a.low < b.low),
        .low = a.low - b.low,
    };
}

/* Long division, bit by bit: only for operands over 128 bits, which real money never
 * has.  The divisor is at most 2^247, so the shifted remainder cannot lose a bit. */
static struct wide wide_divide(struct wide value, struct wide divisor,
                               struct wide *remainder)
{
    struct wide quotient = {0, 0}, rest = {0, 0};
    for (int bit = 255; bit >= 0; bit--) {
        unsigned __int128 half = bit >= 128 ? value.high : value.low;
        rest.high = (rest.high << 1) | (rest.low >> 127);
        rest.low = (rest.low << 1) | ((half >> (bit & 127)) & 1);
        quotient.high = (quotient.high << 1) | (quotient.low >> 127);
        quotient.low <<= 1;
        if (wide_compare(rest, divisor) >= 0) {
            rest = wide_subtract(rest, divisor);
            quotient.low |= 1;
        }
    }
    *remainder = rest;
    return quotient;
}

/* value / divisor, half away from zero, with the sign given back; must fit. */
static enum decimal_error round_quotient(struct wide value, struct wide divisor,
                                         bool negative, uint8_t scale,
                                         struct decimal *result)
{
    unsigned __int128 quotient;
    bool up;
    if (value.high == 0 && divisor.high == 0) {
        unsigned __int128 rest = value.low % divisor.low;
        quotient = value.low / divisor.low;
        up = rest >= divisor.low - rest;
    } else {
        struct wide rest;
        struct wide whole = wide_divide(value, divisor, &rest);
        if (whole.high != 0)
            return DECIMAL_OVERFLOW;
        quotient = whole.low;
        up = wide_compare(rest, wide_subtract(divisor, rest)) >= 0;
    }
    if (quotient >= COEFFICIENT_LIMIT - up)
        return DECIMAL_OVERFLOW;
    quotient += up;
    result->coefficient = negative ? -(__int128)quotient : (__int128)quotient;
    result->scale = scale;
    return DECIMAL_OK;
}

/* --- one value ---------------------------------------------------------------- */

struct decimal decimal_from_int(int64_t value)
{
    return (struct decimal){.coefficient = value, .scale = 0};
}

enum decimal_error decimal_parse(struct text text, struct decimal *value)
{
    unsigned __int128 sum = 0;
    uint32_t at = 0, digits = 0, places = 0;
    bool negative = text.length > 0 && text.bytes[0] == '-', point = false;
    for (at = negative; at < text.length; at++) {
        char c = text.bytes[at];
        if (c == '.' && !point && digits > 0) {
            point = true;
            continue;
        }
        if (c < '0' || c > '9' || (point && places == DECIMAL_SCALE_MAX))
            return DECIMAL_SYNTAX;
        unsigned digit = (unsigned)(c - '0');
        if (sum > (COEFFICIENT_LIMIT - 1 - digit) / 10)
            return DECIMAL_OVERFLOW;
        sum = sum * 10 + digit;
        digits++;
        places += point;
    }
    if (digits == 0 || (point && places == 0))
        return DECIMAL_SYNTAX;
    value->coefficient = negative ? -(__int128)sum : (__int128)sum;
    value->scale = (uint8_t)places;
    return DECIMAL_OK;
}

uint32_t decimal_write(struct decimal value, char text[DECIMAL_CHARS_MAX])
{
    char digits[40]; /* 2^127 has 39, least first */
    uint32_t count = 0, length = 0;
    unsigned __int128 rest = magnitude(value.coefficient);
    do {
        digits[count++] = (char)('0' + (int)(rest % 10));
        rest /= 10;
    } while (rest != 0 || count <= value.scale);
    if (value.coefficient < 0)
        text[length++] = '-';
    while (count > 0) {
        if (count == value.scale)
            text[length++] = '.';
        text[length++] = digits[--count];
    }
    text[length] = '\0';
    return length;
}

struct decimal decimal_negate(struct decimal value)
{
    value.coefficient = -value.coefficient;
    return value;
}

struct decimal decimal_absolute(struct decimal value)
{
    return value.coefficient < 0 ? decimal_negate(value) : value;
}

struct decimal decimal_trim(struct decimal value)
{
    while (value.scale > 0 && value.coefficient % 10 == 0) {
        value.coefficient /= 10;
        value.scale--;
    }
    return value;
}

int decimal_sign(struct decimal value)
{
    return value.coefficient < 0 ? -1 : value.coefficient > 0;
}

int decimal_compare(struct decimal a, struct decimal b)
{
    int sign = decimal_sign(a);
    if (sign != decimal_sign(b))
        return sign < decimal_sign(b) ? -1 : 1;
    if (a.scale == b.scale)
        return a.coefficient < b.coefficient ? -1 : a.coefficient > b.coefficient;
    unsigned up_a = a.scale < b.scale ? (unsigned)(b.scale - a.scale) : 0;
    unsigned up_b = b.scale < a.scale ? (unsigned)(a.scale - b.scale) : 0;
    return sign *
           wide_compare(wide_multiply(magnitude(a.coefficient), power_of_ten(up_a)),
                        wide_multiply(magnitude(b.coefficient), power_of_ten(up_b)));
}

/* --- arithmetic --------------------------------------------------------------- */

enum decimal_error decimal_rescale(struct decimal value, uint8_t scale,
                                   struct decimal *result)
{
    if (scale > DECIMAL_SCALE_MAX)
        return DECIMAL_OVERFLOW;
    if (scale == value.scale) {
        *result = value;
        return DECIMAL_OK;
    }
    unsigned __int128 size = magnitude(value.coefficient);
    struct wide one = {0, 1};
    if (scale > value.scale) {
        unsigned by = (unsigned)(scale - value.scale);
        return round_quotient(wide_multiply(size, power_of_ten(by)), one,
                              value.coefficient < 0, scale, result);
    }
    struct wide divisor = {0, power_of_ten((unsigned)(value.scale - scale))};
    return round_quotient((struct wide){0, size}, divisor, value.coefficient < 0, scale,
                          result);
}

static enum decimal_error add_aligned(struct decimal a, struct decimal b,
                                      struct decimal *sum)
{
    uint8_t scale = a.scale > b.scale ? a.scale : b.scale;
    __int128 total;
    if (decimal_rescale(a, scale, &a) || decimal_rescale(b, scale, &b) ||
        __builtin_add_overflow(a.coefficient, b.coefficient, &total) ||
        magnitude(total) == COEFFICIENT_LIMIT)
        return DECIMAL_OVERFLOW;
    *sum = (struct decimal){.coefficient = total, .scale = scale};
    return DECIMAL_OK;
}

enum decimal_error decimal_add(struct decimal a, struct decimal b, struct decimal *sum)
{
    if (add_aligned(a, b, sum) == DECIMAL_OK)
        return DECIMAL_OK;
    /* Trailing zeros carry no meaning, so they must not be what does not fit. */
    return add_aligned(decimal_trim(a), decimal_trim(b), sum);
}

enum decimal_error decimal_subtract(struct decimal a, struct decimal b,
                                    struct decimal *difference)
{
    return decimal_add(a, decimal_negate(b), difference);
}

enum decimal_error decimal_multiply(struct decimal a, struct decimal b, uint8_t scale,
                                    struct decimal *product)
{
    if (scale > DECIMAL_SCALE_MAX)
        return DECIMAL_OVERFLOW;
    struct wide whole =
        wide_multiply(magnitude(a.coefficient), magnitude(b.coefficient));
    struct wide divisor = {0, 1};
    bool negative = (a.coefficient < 0) != (b.coefficient < 0);
    unsigned places = (unsigned)a.scale + b.scale;
    if (places > scale) {
        divisor.low = power_of_ten(places - scale);
    } else if (places < scale) {
        if (whole.high != 0)
            return DECIMAL_OVERFLOW;
        whole = wide_multiply(whole.low, power_of_ten(scale - places));
    }
    return round_quotient(whole, divisor, negative, scale, product);
}

enum decimal_error decimal_divide(struct decimal a, struct decimal b, uint8_t scale,
                                  struct decimal *quotient)
{
    if (b.coefficient == 0)
        return DECIMAL_DIVIDES_BY_0;
    if (scale > DECIMAL_SCALE_MAX)
        return DECIMAL_OVERFLOW;
    struct wide value = {0, magnitude(a.coefficient)};
    struct wide divisor = {0, magnitude(b.coefficient)};
    unsigned up = (unsigned)b.scale + scale;
    if (up >= a.scale)
        value = wide_multiply(value.low, power_of_ten(up - a.scale));
    else
        divisor = wide_multiply(divisor.low, power_of_ten(a.scale - up));
    return round_quotient(value, divisor, (a.coefficient < 0) != (b.coefficient < 0),
                          scale, quotient);
}

enum decimal_error decimal_share(struct decimal value, __int128 num, __int128 den,
                                 uint8_t scale, struct decimal *share)
{
    if (den <= 0)
        return DECIMAL_DIVIDES_BY_0;
    if (scale > DECIMAL_SCALE_MAX)
        return DECIMAL_OVERFLOW;
    struct wide divisor = {0, (unsigned __int128)den};
    unsigned __int128 size = magnitude(value.coefficient);
    bool negative = (value.coefficient < 0) != (num < 0);
    if (scale >= value.scale) {
        struct wide up =
            wide_multiply(size, power_of_ten((unsigned)(scale - value.scale)));
        if (up.high != 0)
            return DECIMAL_OVERFLOW;
        size = up.low;
    } else {
        divisor =
            wide_multiply(divisor.low, power_of_ten((unsigned)(value.scale - scale)));
    }
    return round_quotient(wide_multiply(size, magnitude(num)), divisor, negative, scale,
                          share);
}

/* --- ISO 4217 ----------------------------------------------------------------- */

uint8_t currency_minor_units(struct text code)
{
    /* List One of the standard; two places is the rule and is not listed. */
    static const char none[] = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND "
                               "VUV XAF XOF XPF ";
    static const char three[] = "BHD IQD JOD KWD LYD OMR TND ";
    static const char four[] = "CLF UYW ";
    static const struct {
        const char *codes;
        uint8_t units;
    } lists[] = {{none, 0}, {three, 3}, {four, 4}};
    if (code.length != 3)
        return 2;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        for (const char *at = lists[i].codes; *at; at += 4)
            if (memcmp(at, code.bytes, 3) == 0)
                return lists[i].units;
    return 2;
}

/* --- 16 bytes ----------------------------------------------------------------- */

struct decimal amount_decimal(struct amount amount)
{
    __int128 high = amount.high;
    return (struct decimal){
        .coefficient = high * ((__int128)1 << 64) + amount.low,
        .scale = amount.scale,
    };
}

enum decimal_error amount_from_decimal(struct decimal value, struct amount *amount)
{
    static const __int128 limit = (__int128)1 << 95;
    if (value.coefficient >= limit || value.coefficient < -limit)
        value = decimal_trim(value);
    if (value.coefficient >= limit || value.coefficient < -limit)
        return DECIMAL_OVERFLOW;
    *amount = (struct amount){
        .low = (uint64_t)value.coefficient,
        .high = (int32_t)(value.coefficient >> 64),
        .scale = value.scale,
        .mark = 0,
    };
    return DECIMAL_OK;
}
