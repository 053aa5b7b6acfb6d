/* share.h - ownership shares as exact fractions. */
#ifndef TOTEBOX_SHARE_H
#define TOTEBOX_SHARE_H

#include "proto/error.h"

/* "3/4", "0.75", "1": from 0 to 1, as a fraction in lowest terms.  At most nine digits
 * a side. */
MUST_CHECK bool share_parse(struct text text, int64_t *numerator, int64_t *denominator);

#endif
