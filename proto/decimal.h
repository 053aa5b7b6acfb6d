/* decimal.h - exact decimal numbers: a 128-bit coefficient and a scale of 0 to 18.
 *
 * value = coefficient x 10^-scale.  Nothing here is ever rounded in silence: an operation
 * that does not fit returns DECIMAL_OVERFLOW and leaves its result alone; rounding is
 * asked for by name, and is half away from zero.  There is no floating point in money.
 * Limits (docs/views.md): |amount coefficient| <= 1e24, |rate coefficient| <= 1e12; the
 * products of both fit 128 bits.  Trailing zeros carry no meaning: 1.50 equals 1.5. */
#ifndef PROTO_DECIMAL_H
#define PROTO_DECIMAL_H

#include "proto/error.h"
#include "proto/text.h"

enum { DECIMAL_SCALE_MAX = 18, DECIMAL_CHARS_MAX = 48 };

struct decimal {
    __int128 coefficient;
    uint8_t scale;
};

enum decimal_error {
    DECIMAL_OK,
    DECIMAL_OVERFLOW,
    DECIMAL_SYNTAX,       /* "-?digits(.digits{1,18})?" and nothing else */
    DECIMAL_DIVIDES_BY_0,
};

struct decimal decimal_from_int(int64_t value);
MUST_CHECK enum decimal_error decimal_parse(struct text text, struct decimal *value);
/* "-1234.50": all places of the scale, ASCII, no separators.  Returns the length. */
uint32_t decimal_write(struct decimal value, char text[DECIMAL_CHARS_MAX]);

MUST_CHECK enum decimal_error decimal_add(struct decimal a, struct decimal b,
                                          struct decimal *sum);
MUST_CHECK enum decimal_error decimal_subtract(struct decimal a, struct decimal b,
                                               struct decimal *difference);
/* a x b rounded half away from zero to `scale` places (256 bits inside). */
MUST_CHECK enum decimal_error decimal_multiply(struct decimal a, struct decimal b,
                                               uint8_t scale, struct decimal *product);
/* a / b rounded half away from zero to `scale` places. */
MUST_CHECK enum decimal_error decimal_divide(struct decimal a, struct decimal b,
                                             uint8_t scale, struct decimal *quotient);
/* value x num / den rounded half away from zero to `scale` places: a share of an amount.
 * den > 0. */
MUST_CHECK enum decimal_error decimal_share(struct decimal value, __int128 num,
                                            __int128 den, uint8_t scale,
                                            struct decimal *share);
/* Half away from zero; a larger scale appends zeros. */
MUST_CHECK enum decimal_error decimal_rescale(struct decimal value, uint8_t scale,
                                              struct decimal *result);
struct decimal decimal_negate(struct decimal value);
struct decimal decimal_absolute(struct decimal value);
/* Cuts trailing zeros. */
struct decimal decimal_trim(struct decimal value);
int decimal_compare(struct decimal a, struct decimal b); /* exact, never overflows */
int decimal_sign(struct decimal value);

/* Digits after the point of an ISO 4217 code's minor unit: JPY 0, USD 2, BHD 3; 2 for
 * codes that are not in the table. */
uint8_t currency_minor_units(struct text code);

/* The same in 16 bytes, with the mark of the cell that it came from: how rows hold
 * numbers.  96-bit coefficient, enough for 1e24. */
struct amount {
    uint64_t low;
    int32_t high;
    uint8_t scale;
    uint8_t mark; /* enum cell_mark of proto/rows.h; not 0: there is no value */
};
struct decimal amount_decimal(struct amount amount);
MUST_CHECK enum decimal_error amount_from_decimal(struct decimal value,
                                                  struct amount *amount);

#endif
