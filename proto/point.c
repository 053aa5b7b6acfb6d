#include "proto/point.h"

#include <string.h>

/* Arithmetic modulo p = 2^255 - 19 in five limbs of 51 bits, just enough to ask whether
 * an encoding is a point: Nettle decodes points only inside a verification. */
struct field {
    uint64_t limb[5];
};

static const uint64_t limb_mask = ((uint64_t)1 << 51) - 1;

static void field_read(struct field *to, const uint8_t bytes[POINT_BYTES])
{
    for (unsigned i = 0; i < 5; i++) {
        uint64_t limb = 0;
        for (unsigned bit = 51 * i; bit < 51 * (i + 1); bit++)
            limb |= (uint64_t)(bytes[bit / 8] >> bit % 8 & 1) << (bit - 51 * i);
        to->limb[i] = limb;
    }
}

static void field_multiply(struct field *to, const struct field *a,
                           const struct field *b)
{
    const uint64_t *x = a->limb, *y = b->limb;
    /* 2^255 = 19: what leaves at the top comes in at the bottom. */
    uint64_t z1 = 19 * y[1], z2 = 19 * y[2], z3 = 19 * y[3], z4 = 19 * y[4];
    unsigned __int128 column[5] = {
        (unsigned __int128)x[0] * y[0] + (unsigned __int128)x[1] * z4 +
            (unsigned __int128)x[2] * z3 + (unsigned __int128)x[3] * z2 +
            (unsigned __int128)x[4] * z1,
        (unsigned __int128)x[0] * y[1] + (unsigned __int128)x[1] * y[0] +
            (unsigned __int128)x[2] * z4 + (unsigned __int128)x[3] * z3 +
            (unsigned __int128)x[4] * z2,
        (unsigned __int128)x[0] * y[2] + (unsigned __int128)x[1] * y[1] +
            (unsigned __int128)x[2] * y[0] + (unsigned __int128)x[3] * z4 +
            (unsigned __int128)x[4] * z3,
        (unsigned __int128)x[0] * y[3] + (unsigned __int128)x[1] * y[2] +
            (unsigned __int128)x[2] * y[1] + (unsigned __int128)x[3] * y[0] +
            (unsigned __int128)x[4] * z4,
        (unsigned __int128)x[0] * y[4] + (unsigned __int128)x[1] * y[3] +
            (unsigned __int128)x[2] * y[2] + (unsigned __int128)x[3] * y[1] +
            (unsigned __int128)x[4] * y[0]};
    uint64_t carry = 0;

    for (unsigned i = 0; i < 5; i++) {
        column[i] += carry;
        to->limb[i] = (uint64_t)column[i] & limb_mask;
        carry = (uint64_t)(column[i] >> 51);
    }
    to->limb[0] += 19 * carry;
    to->limb[1] += to->limb[0] >> 51;
    to->limb[0] &= limb_mask;
}

/* From x = z^(2^k - 1) and y = z^(2^m - 1): z^(2^(k+m) - 1). */
static void field_join(struct field *to, const struct field *x, const struct field *y,
                       unsigned m)
{
    struct field power = *x;

    while (m--)
        field_multiply(&power, &power, &power);
    field_multiply(to, &power, y);
}

/* z^((p - 1) / 2): 1 for a square, -1 for what has no root, 0 for 0. */
static void field_legendre(struct field *to, const struct field *z)
{
    struct field two, three, five, ten, twenty, forty, fifty, hundred, power, six;

    /* Named by the number of ones of the exponent in binary. */
    field_join(&two, z, z, 1);
    field_join(&three, &two, z, 1);
    field_join(&five, &three, &two, 2);
    field_join(&ten, &five, &five, 5);
    field_join(&twenty, &ten, &ten, 10);
    field_join(&forty, &twenty, &twenty, 20);
    field_join(&fifty, &forty, &ten, 10);
    field_join(&hundred, &fifty, &fifty, 50);
    field_join(&power, &hundred, &hundred, 100);
    field_join(&power, &power, &fifty, 50);
    /* (p - 1) / 2 = 2^254 - 10 = (2^250 - 1) 2^4 + 6, and `two` is z^3. */
    field_multiply(&six, &two, &two);
    field_join(to, &power, &six, 4);
}

/* Brings the value below p and compares it with a small number. */
static bool field_is(const struct field *value, uint64_t small)
{
    struct field reduced = *value;

    for (unsigned pass = 0; pass < 3; pass++) {
        uint64_t carry = 0;
        for (unsigned i = 0; i < 5; i++) {
            reduced.limb[i] += carry;
            carry = reduced.limb[i] >> 51;
            reduced.limb[i] &= limb_mask;
        }
        reduced.limb[0] += 19 * carry;
    }
    bool upper_full = true, upper_zero = true;
    for (unsigned i = 1; i < 5; i++) {
        upper_full = upper_full && reduced.limb[i] == limb_mask;
        upper_zero = upper_zero && reduced.limb[i] == 0;
    }
    uint64_t prime_low = limb_mask - 18;
    if (upper_full && reduced.limb[0] >= prime_low)
        return reduced.limb[0] - prime_low == small;
    return upper_zero && reduced.limb[0] == small;
}

/* RFC 8032, 5.1.3: y encodes a point when x^2 = (y^2 - 1) / (d y^2 + 1) has a root. The
 * denominator is never 0, so the quotient is a square exactly when the product
 * (y^2 - 1)(d y^2 + 1) is one. */
bool point_is_on_curve(const uint8_t encoded[POINT_BYTES])
{
    static const uint8_t d_bytes[POINT_BYTES] = {
        0xa3, 0x78, 0x59, 0x13, 0xca, 0x4d, 0xeb, 0x75, 0xab, 0xd8, 0x41,
        0x41, 0x4d, 0x0a, 0x70, 0x00, 0x98, 0xe8, 0x79, 0x77, 0x79, 0x40,
        0xc7, 0x8c, 0x73, 0xfe, 0x6f, 0x2b, 0xee, 0x6c, 0x03, 0x52};
    struct field y, d, square, below, power;

    field_read(&y, encoded);
    field_read(&d, d_bytes);
    field_multiply(&square, &y, &y);
    field_multiply(&below, &square, &d);
    below.limb[0] += 1;
    /* y^2 - 1, kept positive by adding p = (2^51 - 19, 2^51 - 1, ...). */
    square.limb[0] += limb_mask - 18 - 1;
    for (unsigned i = 1; i < 5; i++)
        square.limb[i] += limb_mask;
    field_multiply(&below, &below, &square);

    field_legendre(&power, &below);
    return field_is(&power, 1);
}

/* The y coordinates of the eight points whose order divides 8: order 4 (y = 0, two
 * points), order 1, order 2 (y = -1) and order 8 (two values, two points each). */
static const uint8_t small_order_y[5][POINT_BYTES] = {
    {0},
    {1},
    {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
    {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
     0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
     0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
    {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
     0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
     0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a},
};

bool point_has_large_order(const uint8_t encoded[POINT_BYTES])
{
    uint8_t y[POINT_BYTES];

    memcpy(y, encoded, POINT_BYTES);
    y[POINT_BYTES - 1] &= 0x7f;
    bool all_ones = y[POINT_BYTES - 1] == 0x7f;
    for (unsigned i = 1; i < POINT_BYTES - 1; i++)
        all_ones = all_ones && y[i] == 0xff;
    if (all_ones && y[0] >= 0xed)
        return false;
    for (unsigned i = 0; i < 5; i++)
        if (memcmp(y, small_order_y[i], POINT_BYTES) == 0)
            return false;
    return true;
}
