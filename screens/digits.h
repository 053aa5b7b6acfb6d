/* digits.h - a number that is not negative, rounded, as decimal digits. */
#ifndef SCREENS_DIGITS_H
#define SCREENS_DIGITS_H

#include "proto/decimal.h"

enum { DIGITS_CHARS = 64 };

struct digits {
    unsigned __int128 units; /* of the last place shown */
};

/* |value| x 10^-power, rounded half away from zero to `places` digits after the point.
 */
void digits_round(struct digits *digits, struct decimal value, int power,
                  uint8_t places);
bool digits_is_zero(const struct digits *digits);
/* Is it at least `limit` when shown with `places` digits? */
bool digits_reach(const struct digits *digits, unsigned limit, uint8_t places);
/* One unit of the last place. */
void digits_smallest(struct digits *digits);
/* "1,234.50" */
void digits_write(const struct digits *digits, uint8_t places, char text[DIGITS_CHARS]);

#endif
