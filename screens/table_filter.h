/* table_filter.h - a filter bound to a table: its fields are columns, its values read
 * as the columns are.
 *
 *   column        value                      compared
 *   text          any                        ':' contains, '=' and '!=' the whole
 *   figure        1,234.5 k M B T, 50%       the exact number; a percentage in percent
 *   count         the same                   a share (9/10) by its percentage after '%'
 *   age, moment   5s 3m 2h 4d, 2026-11-22    how long ago, or the day
 *   duration      5s 3m 2h 4d
 *   date          2026-11-22
 *   mark, age     a mark or its name after ':' or '='   "mark:!"  "age:stale"
 *
 * A field is the name of a column, its title, or a beginning that only one name has. */
#ifndef SCREENS_TABLE_FILTER_H
#define SCREENS_TABLE_FILTER_H

#include <regex.h>

#include "screens/table.h"

/* What a FIELD or REGEX came to for this table. */
struct table_filter_node {
    int column;
    enum {
        AS_TEXT,
        AS_NUMBER,
        AS_AGE,    /* ms before now */
        AS_MOMENT, /* Unix ms */
        AS_INTEGER,
        AS_MARK
    } as;
    bool is_percent;
    struct decimal low, high;
    struct filter_extent {
        int64_t from, to; /* a day is many milliseconds */
    } at, until;
    bool has_regex;
    regex_t regex;
};

struct table_filter {
    const struct table *table;
    const struct filter *filter;
    int64_t now_ms;
    struct table_filter_node nodes[FILTER_NODES];
};

/* False with *where and *why, and nothing to release, when the table has no such field
 * or the value cannot be one of its.  Borrows both for as long as it is used. */
MUST_CHECK bool table_filter_init(struct table_filter *bound, const struct table *table,
                                  const struct filter *filter, int64_t now_ms,
                                  unsigned *where, const char **why);
void table_filter_release(struct table_filter *bound);
/* filter_parse() and whether it is one for this table. */
MUST_CHECK bool table_filter_parse(const struct table *table, const char *source,
                                   struct filter *filter, unsigned *where,
                                   const char **why);
enum filter_answer table_filter_row(const struct table_filter *bound, uint32_t row);

/* Column by name, title or an unambiguous beginning of the name; -1. */
int table_column_find(const struct table *table, struct text word);
/* "1,234.5k" "-3M" "50%": exact; *is_percent when it ends so. */
MUST_CHECK bool filter_number(struct text word, struct decimal *value,
                              bool *is_percent);
/* "90s" "5m" "2h" "3d" as milliseconds. */
MUST_CHECK bool filter_duration(struct text word, int64_t *ms);
/* "2026-11-22" as Unix ms of its beginning and as YYYYMMDD. */
MUST_CHECK bool filter_day(struct text word, int64_t *at_ms, int64_t *yyyymmdd);

#endif
