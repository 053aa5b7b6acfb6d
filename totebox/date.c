#include "totebox/date.h"

#include <stdio.h>

enum { DAY_MS = 86400000 };

static bool is_leap(int32_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int32_t last_day(int32_t year, int32_t month)
{
    static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year));
}

/* `count` decimal digits, or -1. */
static int32_t digits(const char *bytes, uint32_t count)
{
    int32_t value = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (bytes[i] < '0' || bytes[i] > '9')
            return -1;
        value = value * 10 + (bytes[i] - '0');
    }
    return value;
}

static bool is_day(int32_t date)
{
    int32_t year = date / 10000, month = date / 100 % 100, day = date % 100;
    return year >= 1000 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 &&
           day <= last_day(year, month);
}

bool date_parse(struct text text, int32_t *date)
{
    int32_t year, month, day, value;

    if (text.length != DATE_CHARS || text.bytes[4] != '-' || text.bytes[7] != '-')
        return false;
    year = digits(text.bytes, 4);
    month = digits(text.bytes + 5, 2);
    day = digits(text.bytes + 8, 2);
    if (year < 0 || month < 0 || day < 0)
        return false;
    value = year * 10000 + month * 100 + day;
    if (!is_day(value))
        return false;
    *date = value;
    return true;
}

void date_write(int32_t date, char text[DATE_CHARS + 1])
{
    uint32_t value = (uint32_t)date % 100000000;
    snprintf(text, DATE_CHARS + 1, "%04u-%02u-%02u", value / 10000, value / 100 % 100,
             value % 100);
}

/* Civil from days and back, counting years from March so that the leap day is last. */
int32_t date_day_number(int32_t date)
{
    int32_t year = date / 10000, month = date / 100 % 100, day = date % 100;
    int32_t era, year_of_era, day_of_year;

    if (month <= 2)
        year--;
    era = year / 400;
    year_of_era = year - era * 400;
    day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 +
           day_of_year - 719468;
}

static int32_t date_of_day_number(int32_t number)
{
    int32_t days = number + 719468;
    int32_t era = days / 146097;
    int32_t day_of_era = days - era * 146097;
    int32_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) /
        365;
    int32_t day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int32_t shifted = (5 * day_of_year + 2) / 153;
    int32_t day = day_of_year - (153 * shifted + 2) / 5 + 1;
    int32_t month = shifted < 10 ? shifted + 3 : shifted - 9;
    int32_t year = year_of_era + era * 400 + (month <= 2);
    return year * 10000 + month * 100 + day;
}

int32_t date_before(int32_t date)
{
    return date_of_day_number(date_day_number(date) - 1);
}

int64_t date_ms(int32_t date)
{
    return (int64_t)date_day_number(date) * DAY_MS;
}

int32_t date_of_ms(int64_t unix_ms)
{
    int64_t day = unix_ms / DAY_MS - (unix_ms % DAY_MS < 0);
    /* The years that a date can say, 1000 to 9999. */
    if (day < -354285)
        day = -354285;
    if (day > 2932896)
        day = 2932896;
    return date_of_day_number((int32_t)day);
}

bool time_parse(struct text text, int64_t *unix_ms)
{
    int32_t date, hour, minute, second, milliseconds = 0;
    const char *bytes = text.bytes;

    if (!date_parse((struct text){bytes, text.length < 10 ? text.length : 10}, &date))
        return false;
    *unix_ms = date_ms(date);
    if (text.length == DATE_CHARS)
        return true;
    if ((text.length != 20 && text.length != TIME_CHARS) || bytes[10] != 'T' ||
        bytes[13] != ':' || bytes[16] != ':' || bytes[text.length - 1] != 'Z')
        return false;
    hour = digits(bytes + 11, 2);
    minute = digits(bytes + 14, 2);
    second = digits(bytes + 17, 2);
    if (text.length == TIME_CHARS)
        milliseconds = bytes[19] == '.' ? digits(bytes + 20, 3) : -1;
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 ||
        second > 59 || milliseconds < 0)
        return false;
    *unix_ms += ((hour * 60 + minute) * 60 + second) * (int64_t)1000 + milliseconds;
    return true;
}

void time_write(int64_t unix_ms, char text[TIME_CHARS + 1])
{
    int32_t date = date_of_ms(unix_ms);
    uint32_t rest = (uint32_t)(((unix_ms % DAY_MS) + DAY_MS) % DAY_MS);

    date_write(date, text);
    snprintf(text + DATE_CHARS, TIME_CHARS + 1 - DATE_CHARS, "T%02u:%02u:%02u.%03uZ",
             rest / 3600000, rest / 60000 % 60, rest / 1000 % 60, rest % 1000);
}

/* YYYYMMDD-YYYYMMDD */
static bool parse_range(struct text token, struct period *period)
{
    int32_t start = digits(token.bytes, 8), end = digits(token.bytes + 9, 8);
    if (token.bytes[8] != '-' || !is_day(start) || !is_day(end) || start > end)
        return false;
    *period = (struct period){start, end};
    return true;
}

static bool parse_months(int32_t year, int32_t first, int32_t last,
                         struct period *period)
{
    if (year < 1000 || first < 1 || first > 12)
        return false;
    period->start = year * 10000 + first * 100 + 1;
    period->end = year * 10000 + last * 100 + last_day(year, last);
    return true;
}

bool period_parse(struct text token, struct period *period)
{
    const char *bytes = token.bytes;
    int32_t number;

    switch (token.length) {
    case 3:
        *period = (struct period){0, 0};
        return text_equal(token, TEXT("all"));
    case 4:
        return parse_months(digits(bytes, 4), 1, 12, period);
    case 6:
        number = bytes[5] - '0';
        return bytes[4] == 'Q' && number >= 1 && number <= 4 &&
               parse_months(digits(bytes, 4), number * 3 - 2, number * 3, period);
    case 7:
        number = digits(bytes + 5, 2);
        return bytes[4] == '-' &&
               parse_months(digits(bytes, 4), number, number, period);
    case DATE_CHARS:
        period->start = 0;
        return date_parse(token, &period->end);
    case PERIOD_CHARS:
        return parse_range(token, period);
    default:
        return false;
    }
}

uint32_t period_write(struct period period, char text[PERIOD_CHARS + 1])
{
    uint32_t start = (uint32_t)period.start, end = (uint32_t)period.end;
    uint32_t year = start / 10000, first = start / 100 % 100, last = end / 100 % 100;
    bool whole_months = start % 100 == 1 && year == end / 10000 && last >= 1 &&
                        last <= 12 &&
                        (int32_t)(end % 100) == last_day((int32_t)year, (int32_t)last);

    if (start == 0 && end == 0)
        return (uint32_t)snprintf(text, PERIOD_CHARS + 1, "all");
    if (start == 0) {
        date_write(period.end, text);
        return DATE_CHARS;
    }
    if (whole_months && first == 1 && last == 12)
        return (uint32_t)snprintf(text, PERIOD_CHARS + 1, "%04u", year % 10000);
    if (whole_months && first == last)
        return (uint32_t)snprintf(text, PERIOD_CHARS + 1, "%04u-%02u", year % 10000,
                                  first);
    if (whole_months && first % 3 == 1 && last == first + 2)
        return (uint32_t)snprintf(text, PERIOD_CHARS + 1, "%04uQ%u", year % 10000,
                                  last / 3);
    return (uint32_t)snprintf(text, PERIOD_CHARS + 1, "%08u-%08u", start % 100000000,
                              end % 100000000);
}

bool period_contains(struct period outer, struct period inner)
{
    int32_t first = inner.start ? inner.start : inner.end;

    if (outer.end == 0 && outer.start == 0)
        return true;
    if (inner.end == 0)
        return false;
    if (outer.start == 0)
        return inner.start == 0 && inner.end == outer.end;
    return first >= outer.start && inner.end <= outer.end;
}
