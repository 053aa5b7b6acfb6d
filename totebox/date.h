/* date.h - calendar days and accounting periods (proleptic Gregorian, UTC).
 *
 * A day is int32_t YYYYMMDD, 0 for open or none.  A period is two days, both inclusive;
 * its token is the shortest of the catalogue's forms: 2025, 2025Q3, 2025-12, 2025-12-31
 * (an instant: start is 0), 20250701-20260630, all (both 0). */
#ifndef TOTEBOX_DATE_H
#define TOTEBOX_DATE_H

#include "proto/error.h"

enum { DATE_CHARS = 10, TIME_CHARS = 24, PERIOD_CHARS = 17, DATE_LAST = 99991231 };

/* "YYYY-MM-DD" with a real month and day, years 1000 to 9999. */
MUST_CHECK bool date_parse(struct text text, int32_t *date);
void date_write(int32_t date, char text[DATE_CHARS + 1]);
/* Days since 1970-01-01, and the day before. */
int32_t date_day_number(int32_t date);
int32_t date_before(int32_t date);
/* Unix milliseconds of 00:00 UTC on that day, and the day of an instant. */
int64_t date_ms(int32_t date);
int32_t date_of_ms(int64_t unix_ms);

/* A date, or RFC 3339 with seconds, optional milliseconds, and "Z". */
MUST_CHECK bool time_parse(struct text text, int64_t *unix_ms);
/* "2026-01-31T14:02:07.123Z" */
void time_write(int64_t unix_ms, char text[TIME_CHARS + 1]);

struct period {
    int32_t start; /* 0: an instant at `end`, or with end 0 everything */
    int32_t end;
};

MUST_CHECK bool period_parse(struct text token, struct period *period);
/* Returns the length. */
uint32_t period_write(struct period period, char text[PERIOD_CHARS + 1]);
/* Whether all of `inner` lies in `outer`. */
bool period_contains(struct period outer, struct period inner);

#endif
