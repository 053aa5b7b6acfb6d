/* figures_period.h - period tokens and the calendar: whole days, no time zone. */
#ifndef CORE_FIGURES_PERIOD_H
#define CORE_FIGURES_PERIOD_H

#include "proto/text.h"

struct period {
    int64_t start, end; /* YYYYMMDD, both inside; an instant has start = end */
    bool is_instant;
};

/* `YYYY` `YYYY-MM` `YYYYQn` `YYYY-MM-DD` `YYYYMMDD-YYYYMMDD` `all`; false for others.
 */
bool period_parse(struct text token, struct period *period);

/* Days since 1970-01-01 of a YYYYMMDD. */
int64_t date_days(int64_t date);
int64_t date_of_days(int64_t days);
/* First millisecond of the day, UTC; date_of_ms is the day of a moment. */
int64_t date_ms(int64_t date);
int64_t date_of_ms(int64_t ms);
/* The same day `months` later, cut to the length of that month. */
int64_t date_add_months(int64_t date, int months);

#endif
