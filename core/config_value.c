#include "core/config_value.h"

#include <errno.h>
#include <stdlib.h>

#include "proto/rows.h"

bool duration_parse(const char *text, int64_t *milliseconds)
{
    static const struct {
        const char *name;
        int64_t milliseconds;
    } units[] = {{"ms", 1},
                 {"s", 1000},
                 {"m", 60 * 1000},
                 {"h", 60 * 60 * 1000},
                 {"d", 24 * 60 * 60 * 1000}};
    int64_t count = 0;
    const char *at = text;

    for (; *at >= '0' && *at <= '9'; at++) {
        if (at - text >= 9) /* nine digits of days fit 64 bits of milliseconds */
            return false;
        count = count * 10 + (*at - '0');
    }
    if (at == text)
        return false;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (strcmp(at, units[i].name) == 0) {
            *milliseconds = count * units[i].milliseconds;
            return true;
        }
    }
    return false;
}

static bool port_parse(const char *text, uint16_t *port)
{
    unsigned value = 0;

    if (*text == '\0' || strlen(text) > 5 || strspn(text, "0123456789") != strlen(text))
        return false;
    for (; *text; text++)
        value = value * 10 + (unsigned)(*text - '0');
    if (value == 0 || value > 65535)
        return false;
    *port = (uint16_t)value;
    return true;
}

bool config_address_parse(const char *text, struct text *host, uint16_t *port)
{
    const char *colon = strrchr(text, ':');
    const char *begin = text, *end = colon;
    uint16_t parsed;

    if (!colon || !port_parse(colon + 1, &parsed))
        return false;
    if (*text == '[') {
        begin = text + 1;
        end = colon - 1;
        if (end <= begin || *end != ']' || !memchr(begin, ':', (size_t)(end - begin)))
            return false;
    } else if (memchr(begin, ':', (size_t)(end - begin))) {
        return false; /* a bare IPv6 address: where does the port begin? */
    }
    size_t length = (size_t)(end - begin);
    if (length == 0 || length > HOST_CHARS_MAX)
        return false;
    for (const char *at = begin; at < end; at++)
        if ((unsigned char)*at <= ' ' || *at == 0x7f || strchr("[]/", *at))
            return false;
    *host = (struct text){.bytes = begin, .length = (uint32_t)length};
    *port = parsed;
    return true;
}

/* `count` digits at *at, moved past them; -1 when something else stands there. */
static int64_t digits(const char **at, int count)
{
    int64_t value = 0;

    for (int i = 0; i < count; i++, (*at)++) {
        if (**at < '0' || **at > '9')
            return -1;
        value = value * 10 + (**at - '0');
    }
    return value;
}

static bool date_exists(int64_t year, int64_t month, int64_t day)
{
    static const int length[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    if (year < 1 || month < 1 || month > 12 || day < 1)
        return false;
    return day <= length[month - 1] + (leap && month == 2);
}

bool config_date_parse(const char *text, int64_t *date)
{
    int64_t year = digits(&text, 4);
    if (year < 0 || *text++ != '-')
        return false;
    int64_t month = digits(&text, 2);
    if (month < 0 || *text++ != '-')
        return false;
    int64_t day = digits(&text, 2);
    if (day < 0 || *text != '\0' || !date_exists(year, month, day))
        return false;
    *date = year * 10000 + month * 100 + day;
    return true;
}

static bool compact_date_is_valid(const char **at, int64_t *date)
{
    *date = digits(at, 8);
    return *date > 0 && date_exists(*date / 10000, *date / 100 % 100, *date % 100);
}

bool config_period_is_valid(const char *text)
{
    const char *at = text;
    int64_t date, end;

    if (strcmp(text, "all") == 0 || config_date_parse(text, &date))
        return true;
    if (strlen(text) == 17)
        return compact_date_is_valid(&at, &date) && *at++ == '-' &&
               compact_date_is_valid(&at, &end) && *at == '\0' && date <= end;
    if (digits(&at, 4) <= 0)
        return false;
    if (*at == '\0')
        return true;
    if (*at == 'Q')
        return at[1] >= '1' && at[1] <= '4' && at[2] == '\0';
    if (*at++ != '-')
        return false;
    int64_t month = digits(&at, 2);
    return month >= 1 && month <= 12 && *at == '\0';
}

bool config_currency_is_valid(const char *text)
{
    return strlen(text) == 3 && strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 3;
}

bool config_pattern_is_valid(const char *text)
{
    struct text id = text_of(text);

    if (id.length > 0 && id.bytes[id.length - 1] == '*') {
        id.length--;
        if (id.length == 0)
            return true;
    }
    return entity_id_is_valid(id);
}

bool config_pattern_matches(const char *pattern, const char *entity)
{
    size_t length = strlen(pattern);

    if (length > 0 && pattern[length - 1] == '*')
        return strncmp(pattern, entity, length - 1) == 0;
    return strcmp(pattern, entity) == 0;
}
