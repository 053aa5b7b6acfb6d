/* rational.h - the arithmetic of viewport formulas: fractions of two 128-bit integers.
 *
 * Exact or refused: an operation whose result does not fit even in lowest terms returns
 * false and leaves its result alone.  Nothing is rounded before rational_decimal is
 * asked to.  A value need not be in lowest terms: sums of amounts with the same places
 * keep their denominator, and gcd is worked out only where it is needed (decisions of
 * docs/views.md, "Viewports"). */
#ifndef CORE_RATIONAL_H
#define CORE_RATIONAL_H

#include "proto/decimal.h"

/* num/den, den > 0. */
struct rational {
    __int128 num, den;
};
#define RATIONAL_ZERO ((struct rational){0, 1})

struct rational rational_of(struct decimal value);
MUST_CHECK bool rational_add(struct rational a, struct rational b,
                             struct rational *sum);
MUST_CHECK bool rational_subtract(struct rational a, struct rational b,
                                  struct rational *difference);
MUST_CHECK bool rational_multiply(struct rational a, struct rational b,
                                  struct rational *product);
/* False also when b is 0: ask rational_is_zero first to tell which. */
MUST_CHECK bool rational_divide(struct rational a, struct rational b,
                                struct rational *quotient);
bool rational_is_zero(struct rational value);
/* Negative, 0 or positive as a is less than, equal to or greater than b; exact. */
int rational_compare(struct rational a, struct rational b);
/* The decimal that it is exactly, when 18 places are enough; else half away from zero
 * at `places`.  *exact may be NULL.  False when the coefficient does not fit. */
MUST_CHECK bool rational_decimal(struct rational value, uint8_t places,
                                 struct decimal *decimal, bool *exact);

#endif
