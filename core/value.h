/* value.h - money inside the sums, and the exact shares that it is taken by.
 *
 * Reporting money is an __int128 of whole minor units ("money"): each ledger row has
 * been translated and rounded once, so that sums of it are exact and need no scale.  A
 * share of money is kept with SHARE_PLACES further digits and rounded when a figure is
 * made. */
#ifndef CORE_VALUE_H
#define CORE_VALUE_H

#include "proto/decimal.h"

enum { SHARE_PLACES = 9 };

/* |money| of one row, 10^24.  Plain sums of rows cannot overflow; those with
 * SHARE_PLACES are checked. */
#define MONEY_LIMIT ((__int128)1000000000000 * 1000000000000)

/* num/den, den > 0, no common factor. */
struct ratio {
    __int128 num, den;
};
#define RATIO_ZERO ((struct ratio){0, 1})
#define RATIO_ONE  ((struct ratio){1, 1})

/* False when a result does not fit; it is then untouched. */
MUST_CHECK bool ratio_make(__int128 num, __int128 den, struct ratio *ratio);
MUST_CHECK bool ratio_add(struct ratio a, struct ratio b, struct ratio *sum);
MUST_CHECK bool ratio_subtract(struct ratio a, struct ratio b,
                               struct ratio *difference);
MUST_CHECK bool ratio_multiply(struct ratio a, struct ratio b, struct ratio *product);
bool ratio_is_one(struct ratio ratio);
bool ratio_exceeds_one(struct ratio ratio);

/* Minor units x 10^SHARE_PLACES, summed; sticky on overflow. */
struct sum {
    __int128 value;
    bool overflow;
};
void sum_add(struct sum *sum, __int128 money);
void sum_add_share(struct sum *sum, __int128 money, struct ratio share);
/* share x part. */
void sum_add_sum(struct sum *sum, struct sum part, struct ratio share);
/* Whole minor units, half away from zero. */
__int128 sum_money(struct sum sum);
/* share x money, rounded once to whole minor units. */
__int128 money_share(__int128 money, struct ratio share);

/* amount x rate rounded half away from zero to `minor` places, as money; false when it
 * is beyond MONEY_LIMIT. */
MUST_CHECK bool money_translate(struct decimal amount, struct decimal rate,
                                uint8_t minor, __int128 *money);
struct decimal money_decimal(__int128 money, uint8_t minor);

#endif
