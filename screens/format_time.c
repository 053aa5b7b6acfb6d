/* Times of format.h: the proleptic Gregorian calendar, UTC only. */
#include <stdio.h>
#include <string.h>

#include "screens/format.h"

static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

enum { SECOND_MS = 1000, DAY_MS = 86400000 };

struct moment {
    int year, month, day; /* month 1 to 12 */
    int hour, minute, second;
};

/* Rounds towards minus infinity. */
static int64_t floor_divide(int64_t value, int64_t by)
{
    return value / by - (value % by < 0);
}

/* Days since 1970-01-01 to a date, counted in eras of 400 years that begin in March, so
 * that the leap day is the last of its year. */
static struct moment moment_of(int64_t at_ms)
{
    int64_t days = floor_divide(at_ms, DAY_MS);
    int in_day = (int)((at_ms - days * DAY_MS) / SECOND_MS);
    days += 719468;
    int64_t era = floor_divide(days, 146097);
    int of_era = (int)(days - era * 146097);
    int year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int month = (5 * of_year + 2) / 153;
    struct moment moment = {
        .year = (int)(era * 400) + year_of_era + (month >= 10),
        .month = month < 10 ? month + 3 : month - 9,
        .day = of_year - (153 * month + 2) / 5 + 1,
        .hour = in_day / 3600,
        .minute = in_day / 60 % 60,
        .second = in_day % 60,
    };
    return moment;
}

/* A clock that is off by millennia is still a time that fits its column. */
static int64_t bounded(int64_t at_ms)
{
    const int64_t limit = INT64_C(253402300799000); /* the end of year 9999 */
    return at_ms < 0 ? 0 : at_ms > limit ? limit : at_ms;
}

void age_write(int64_t now_ms, int64_t as_of_ms, char text[TIME_CHARS])
{
    if (as_of_ms == 0) {
        snprintf(text, TIME_CHARS, "--");
        return;
    }
    int64_t age_ms = bounded(now_ms) - bounded(as_of_ms);
    if (age_ms < 0) {
        int64_t ahead_ms = -age_ms;
        if (ahead_ms < 10 * SECOND_MS)
            snprintf(text, TIME_CHARS, "+%d.%ds", (int)(ahead_ms / SECOND_MS),
                     (int)(ahead_ms / 100 % 10));
        else {
            char ahead[TIME_CHARS];
            duration_write(ahead_ms, ahead);
            snprintf(text, TIME_CHARS, "+%.30s", ahead);
        }
        return;
    }
    if (age_ms < SECOND_MS)
        snprintf(text, TIME_CHARS, "0s");
    else
        duration_write(age_ms, text);
}

void duration_write(int64_t milliseconds, char text[TIME_CHARS])
{
    int64_t seconds = milliseconds / SECOND_MS;
    if (milliseconds < SECOND_MS)
        snprintf(text, TIME_CHARS, "%dms", (int)milliseconds);
    else if (seconds < 60)
        snprintf(text, TIME_CHARS, "%ds", (int)seconds);
    else if (seconds < 60 * 60)
        snprintf(text, TIME_CHARS, "%dm", (int)(seconds / 60));
    else if (seconds < 48 * 60 * 60)
        snprintf(text, TIME_CHARS, "%dh", (int)(seconds / 3600));
    else
        snprintf(text, TIME_CHARS, "%dd", (int)(seconds / 86400));
}

void clock_write(int64_t now_ms, int64_t at_ms, char text[TIME_CHARS])
{
    if (at_ms == 0) {
        snprintf(text, TIME_CHARS, "--");
        return;
    }
    struct moment now = moment_of(bounded(now_ms)), at = moment_of(bounded(at_ms));
    if (now.year == at.year && now.month == at.month && now.day == at.day)
        snprintf(text, TIME_CHARS, "%02d:%02d", at.hour, at.minute);
    else
        snprintf(text, TIME_CHARS, "%02d%s", at.day, months[at.month - 1]);
}

void time_write(int64_t at_ms, char text[TIME_CHARS])
{
    struct moment at = moment_of(bounded(at_ms));
    snprintf(text, TIME_CHARS, "%02d:%02d:%02dZ", at.hour, at.minute, at.second);
}

void stamp_write(int64_t at_ms, bool with_year, char text[TIME_CHARS])
{
    struct moment at = moment_of(bounded(at_ms));
    char year[8] = "";
    if (with_year)
        snprintf(year, sizeof year, "%04d ", at.year % 10000);
    snprintf(text, TIME_CHARS, "%02d %s %s%02d:%02d:%02dZ", at.day,
             months[at.month - 1], year, at.hour, at.minute, at.second);
}

void iso_write(int64_t at_ms, char text[TIME_CHARS])
{
    struct moment at = moment_of(bounded(at_ms));
    snprintf(text, TIME_CHARS, "%04d-%02d-%02dT%02d:%02d:%02dZ", at.year % 10000,
             at.month, at.day, at.hour, at.minute, at.second);
}

void date_write(int64_t yyyymmdd, char text[TIME_CHARS])
{
    if (yyyymmdd <= 0 || yyyymmdd > 99991231)
        snprintf(text, TIME_CHARS, "--");
    else
        snprintf(text, TIME_CHARS, "%04d-%02d-%02d", (int)(yyyymmdd / 10000),
                 (int)(yyyymmdd / 100 % 100), (int)(yyyymmdd % 100));
}

void day_write(int64_t yyyymmdd, char text[TIME_CHARS])
{
    int month = (int)(yyyymmdd / 100 % 100);
    if (yyyymmdd <= 0 || yyyymmdd > 99991231 || month < 1 || month > 12)
        snprintf(text, TIME_CHARS, "--");
    else
        snprintf(text, TIME_CHARS, "%02d %s", (int)(yyyymmdd % 100), months[month - 1]);
}

void count_write(int64_t count, char text[TIME_CHARS])
{
    char digits[FORMAT_CHARS];
    number_write(decimal_from_int(count), 0, NUMBER_EXACT, false, digits);
    snprintf(text, TIME_CHARS, "%.31s", digits);
}

static int digits_of(const char *text, int count)
{
    int value = 0;
    for (int i = 0; i < count; i++)
        value = value * 10 + (text[i] - '0');
    return value;
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leaps = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leaps);
}

void period_write(const char *token, char text[TIME_CHARS])
{
    bool is_span = strlen(token) == 17 && token[8] == '-' &&
                   strspn(token, "0123456789") == 8 &&
                   strspn(token + 9, "0123456789") == 8;
    int month = is_span ? digits_of(token + 4, 2) : 0;
    int last_month = is_span ? digits_of(token + 13, 2) : 0;
    if (month < 1 || month > 12 || last_month < 1 || last_month > 12) {
        snprintf(text, TIME_CHARS, "%.*s", TIME_CHARS - 1, token);
        return;
    }
    int last_year = digits_of(token + 9, 4);
    if (digits_of(token + 6, 2) == 1 &&
        digits_of(token + 15, 2) == days_in_month(last_year, last_month))
        snprintf(text, TIME_CHARS, "%s %.4s - %s %.4s", months[month - 1], token,
                 months[last_month - 1], token + 9);
    else
        snprintf(text, TIME_CHARS, "%.4s-%.2s-%.2s to %.4s-%.2s-%.2s", token, token + 4,
                 token + 6, token + 9, token + 13, token + 15);
}
