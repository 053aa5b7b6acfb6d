#include "core/figures_period.h"

enum { DAY_MS = 86400000 };

/* Civil calendar from days and back: era arithmetic of 400 years, exact for all years.
 */
int64_t date_days(int64_t date)
{
    int64_t year = date / 10000, month = date / 100 % 100, day = date % 100;
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t of_era = year - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

int64_t date_of_days(int64_t days)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day = days - era * 146097;
    int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    int64_t of_year = day - (365 * year + year / 4 - year / 100);
    int64_t shifted = (5 * of_year + 2) / 153;
    int64_t month = shifted < 10 ? shifted + 3 : shifted - 9;
    return (year + era * 400 + (month <= 2)) * 10000 + month * 100 +
           (of_year - (153 * shifted + 2) / 5 + 1);
}

int64_t date_ms(int64_t date)
{
    return date_days(date) * DAY_MS;
}

int64_t date_of_ms(int64_t ms)
{
    return date_of_days(ms >= 0 ? ms / DAY_MS : -((-ms + DAY_MS - 1) / DAY_MS));
}

static int64_t month_length(int64_t year, int64_t month)
{
    int64_t next =
        month == 12 ? (year + 1) * 10000 + 101 : year * 10000 + month * 100 + 101;
    return date_days(next) - date_days(year * 10000 + month * 100 + 1);
}

int64_t date_add_months(int64_t date, int months)
{
    int64_t count = date / 10000 * 12 + (date / 100 % 100 - 1) + months;
    int64_t year = count / 12, month = count % 12 + 1, day = date % 100;
    if (day > month_length(year, month))
        day = month_length(year, month);
    return year * 10000 + month * 100 + day;
}

/* Matches `token` against a shape of '#' digits and literals; digits become one number
 * a run. */
static bool read_shape(struct text token, const char *shape, int64_t numbers[3])
{
    uint32_t at = 0;
    int run = -1;
    bool in_run = false;
    for (; *shape; shape++, at++) {
        if (at == token.length)
            return false;
        char c = token.bytes[at];
        if (*shape != '#') {
            in_run = false;
            if (c != *shape)
                return false;
            continue;
        }
        if (c < '0' || c > '9')
            return false;
        if (!in_run)
            numbers[++run] = 0;
        in_run = true;
        numbers[run] = numbers[run] * 10 + (c - '0');
    }
    return at == token.length;
}

static bool is_date(int64_t date)
{
    int64_t year = date / 10000, month = date / 100 % 100, day = date % 100;
    return year >= 1000 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 &&
           day <= month_length(year, month);
}

static bool set_months(struct period *period, int64_t year, int64_t first, int64_t last)
{
    if (year < 1000 || first < 1 || last > 12)
        return false;
    *period = (struct period){
        .start = year * 10000 + first * 100 + 1,
        .end = year * 10000 + last * 100 + month_length(year, last),
    };
    return true;
}

bool period_parse(struct text token, struct period *period)
{
    int64_t numbers[3];
    if (text_equal(token, TEXT("all"))) {
        *period = (struct period){.start = 10000101, .end = 99991231};
        return true;
    }
    if (read_shape(token, "####", numbers))
        return set_months(period, numbers[0], 1, 12);
    if (read_shape(token, "####-##", numbers))
        return set_months(period, numbers[0], numbers[1], numbers[1]);
    if (read_shape(token, "####Q#", numbers))
        return numbers[1] >= 1 && numbers[1] <= 4 &&
               set_months(period, numbers[0], numbers[1] * 3 - 2, numbers[1] * 3);
    if (read_shape(token, "####-##-##", numbers)) {
        int64_t date = numbers[0] * 10000 + numbers[1] * 100 + numbers[2];
        *period = (struct period){.start = date, .end = date, .is_instant = true};
        return is_date(date);
    }
    if (read_shape(token, "########-########", numbers)) {
        *period = (struct period){.start = numbers[0], .end = numbers[1]};
        return is_date(numbers[0]) && is_date(numbers[1]) && numbers[0] <= numbers[1];
    }
    return false;
}
