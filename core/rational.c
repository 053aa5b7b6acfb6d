#include "core/rational.h"

typedef unsigned __int128 magnitude;

static magnitude magnitude_of(__int128 value)
{
    return value < 0 ? -(magnitude)value : (magnitude)value;
}

static magnitude common_factor(magnitude a, magnitude b)
{
    while (b != 0) {
        magnitude rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* den > 0, so the factor is never 0 and always fits. */
static struct rational lowest(struct rational value)
{
    __int128 factor =
        (__int128)common_factor(magnitude_of(value.num), (magnitude)value.den);
    return (struct rational){value.num / factor, value.den / factor};
}

struct rational rational_of(struct decimal value)
{
    __int128 den = 1;
    for (uint8_t i = 0; i < value.scale; i++)
        den *= 10;
    return (struct rational){value.coefficient, den};
}

/* With equal denominators, or one that divides the other: no gcd. */
static bool add_quickly(struct rational a, struct rational b, struct rational *sum)
{
    __int128 left = a.num, right = b.num, den = a.den, num;
    if (a.den < b.den) {
        den = b.den;
        if (b.den % a.den || __builtin_mul_overflow(left, b.den / a.den, &left))
            return false;
    } else if (a.den > b.den) {
        if (a.den % b.den || __builtin_mul_overflow(right, a.den / b.den, &right))
            return false;
    }
    if (__builtin_add_overflow(left, right, &num))
        return false;
    *sum = (struct rational){num, den};
    return true;
}

bool rational_add(struct rational a, struct rational b, struct rational *sum)
{
    __int128 left, right, num, den;
    if (add_quickly(a, b, sum))
        return true;
    a = lowest(a);
    b = lowest(b);
    __int128 factor = (__int128)common_factor((magnitude)a.den, (magnitude)b.den);
    if (__builtin_mul_overflow(a.num, b.den / factor, &left) ||
        __builtin_mul_overflow(b.num, a.den / factor, &right) ||
        __builtin_add_overflow(left, right, &num) ||
        __builtin_mul_overflow(a.den / factor, b.den, &den))
        return false;
    *sum = lowest((struct rational){num, den});
    return true;
}

bool rational_subtract(struct rational a, struct rational b,
                       struct rational *difference)
{
    if (__builtin_sub_overflow((__int128)0, b.num, &b.num))
        return false;
    return rational_add(a, b, difference);
}

bool rational_multiply(struct rational a, struct rational b, struct rational *product)
{
    struct rational left = lowest((struct rational){a.num, b.den});
    struct rational right = lowest((struct rational){b.num, a.den});
    __int128 num, den;
    if (__builtin_mul_overflow(left.num, right.num, &num) ||
        __builtin_mul_overflow(left.den, right.den, &den))
        return false;
    *product = (struct rational){num, den};
    return true;
}

bool rational_divide(struct rational a, struct rational b, struct rational *quotient)
{
    struct rational inverse = {b.den, b.num};
    if (b.num == 0)
        return false;
    if (b.num < 0 && (__builtin_sub_overflow((__int128)0, b.num, &inverse.den) ||
                      __builtin_sub_overflow((__int128)0, b.den, &inverse.num)))
        return false;
    return rational_multiply(a, inverse, quotient);
}

bool rational_is_zero(struct rational value)
{
    return value.num == 0;
}

/* Quotient rounded down, the rest in *rest, 0 <= *rest < den. */
static __int128 floor_divide(__int128 num, __int128 den, __int128 *rest)
{
    __int128 quotient = num / den;
    *rest = num % den;
    if (*rest < 0) {
        *rest += den;
        quotient--;
    }
    return quotient;
}

int rational_compare(struct rational a, struct rational b)
{
    /* By continued fractions: nothing is ever multiplied, so nothing can overflow. */
    for (int sign = 1;; sign = -sign) {
        __int128 rest_a, rest_b;
        __int128 whole_a = floor_divide(a.num, a.den, &rest_a);
        __int128 whole_b = floor_divide(b.num, b.den, &rest_b);
        if (whole_a != whole_b)
            return whole_a < whole_b ? -sign : sign;
        if (rest_a == 0 || rest_b == 0)
            return rest_a == rest_b ? 0 : rest_a == 0 ? -sign : sign;
        a = (struct rational){a.den, rest_a};
        b = (struct rational){b.den, rest_b};
    }
}

/* One more digit: rest x 10 / den without overflow, den up to 2^127. */
static unsigned next_digit(magnitude *rest, magnitude den)
{
    unsigned digit = 0;
    magnitude sum = 0;
    for (int i = 0; i < 10; i++) { /* sum < den always, and den <= 2^127 */
        sum += *rest;
        if (sum >= den) {
            sum -= den;
            digit++;
        }
    }
    *rest = sum;
    return digit;
}

/* |value| cut to at most `places` digits after the point: fewer where it ends before.
 * False when the digits do not fit. */
static bool write_digits(struct rational value, uint8_t places, magnitude *digits,
                         uint8_t *scale, magnitude *rest)
{
    const magnitude most = ((magnitude)1 << 127) - 1;
    magnitude den = (magnitude)value.den;
    *digits = magnitude_of(value.num) / den;
    *rest = magnitude_of(value.num) % den;
    for (*scale = 0; *rest != 0 && *scale < places; ++*scale) {
        unsigned digit = next_digit(rest, den);
        if (*digits > (most - digit) / 10)
            return false;
        *digits = *digits * 10 + digit;
    }
    return *digits < most;
}

bool rational_decimal(struct rational value, uint8_t places, struct decimal *decimal,
                      bool *exact)
{
    magnitude digits, rest;
    uint8_t scale;
    bool is_exact =
        write_digits(value, DECIMAL_SCALE_MAX, &digits, &scale, &rest) && rest == 0;
    if (!is_exact) {
        if (!write_digits(value, places, &digits, &scale, &rest))
            return false;
        digits += rest >= (magnitude)value.den - rest;
    }
    *decimal =
        (struct decimal){value.num < 0 ? -(__int128)digits : (__int128)digits, scale};
    if (exact)
        *exact = is_exact;
    return true;
}
