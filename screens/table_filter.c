#include "screens/table_filter.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum { TEXT_MAX = 255, DAY_MS = 86400000 };

/* --- values ----------------------------------------------------------------------- */

static struct text word_of(const struct filter *filter, struct filter_span span)
{
    return (struct text){filter->source + span.at, span.length};
}

static int64_t suffix_factor(char suffix)
{
    switch (suffix) {
    case 'k':
    case 'K':
        return 1000;
    case 'M':
    case 'm':
        return 1000000;
    case 'B':
    case 'b':
        return 1000000000;
    case 'T':
    case 't':
        return 1000000000000;
    default:
        return 1;
    }
}

bool filter_number(struct text word, struct decimal *value, bool *is_percent)
{
    char digits[64];
    uint32_t length = 0, count = word.length;
    *is_percent = count > 0 && word.bytes[count - 1] == '%';
    count -= *is_percent;
    int64_t factor = count > 0 ? suffix_factor(word.bytes[count - 1]) : 1;
    count -= factor > 1;
    for (uint32_t i = 0; i < count; i++) {
        char c = word.bytes[i];
        if (c == ',' || c == '_' || (c == '+' && i == 0))
            continue;
        if (length == sizeof digits - 1)
            return false;
        digits[length++] = c;
    }
    return decimal_parse((struct text){digits, length}, value) == DECIMAL_OK &&
           decimal_multiply(*value, decimal_from_int(factor), value->scale, value) ==
               DECIMAL_OK;
}

static bool whole_number(struct text word, int64_t most, int64_t *value)
{
    *value = 0;
    for (uint32_t i = 0; i < word.length; i++) {
        if (word.bytes[i] < '0' || word.bytes[i] > '9' || *value > most)
            return false;
        *value = *value * 10 + (word.bytes[i] - '0');
    }
    return word.length > 0 && *value <= most;
}

bool filter_duration(struct text word, int64_t *ms)
{
    static const struct {
        char unit;
        int64_t ms;
    } units[] = {{'s', 1000}, {'m', 60000}, {'h', 3600000}, {'d', 86400000}};
    for (size_t i = 0; word.length > 1 && i < sizeof units / sizeof units[0]; i++)
        if (word.bytes[word.length - 1] == units[i].unit) {
            word.length--;
            if (!whole_number(word, 1000000000, ms))
                return false;
            *ms *= units[i].ms;
            return true;
        }
    return false;
}

bool filter_day(struct text word, int64_t *at_ms, int64_t *yyyymmdd)
{
    int64_t year, month, day;
    if (word.length != 10 || word.bytes[4] != '-' || word.bytes[7] != '-' ||
        !whole_number((struct text){word.bytes, 4}, 9999, &year) ||
        !whole_number((struct text){word.bytes + 5, 2}, 12, &month) ||
        !whole_number((struct text){word.bytes + 8, 2}, 31, &day) || month < 1 ||
        day < 1)
        return false;
    struct tm date = {
        .tm_year = (int)year - 1900, .tm_mon = (int)month - 1, .tm_mday = (int)day};
    *at_ms = (int64_t)timegm(&date) * 1000;
    *yyyymmdd = year * 10000 + month * 100 + day;
    return date.tm_mday == day; /* the 31st of a short month moves on */
}

/* --- binding ---------------------------------------------------------------------- */

int table_column_find(const struct table *table, struct text word)
{
    int found = -1;
    for (int i = 0; i < table->column_count; i++) {
        const char *name = table->columns[i].name, *title = table->columns[i].title;
        if (strlen(name) == word.length &&
            strncasecmp(name, word.bytes, word.length) == 0)
            return i;
        if (strlen(title) == word.length && word.length > 0 &&
            strncasecmp(title, word.bytes, word.length) == 0)
            found = i;
    }
    for (int i = 0, beginnings = 0; found < 0 && i < table->column_count; i++) {
        if (strncasecmp(table->columns[i].name, word.bytes, word.length) != 0)
            continue;
        for (int j = i; j < table->column_count; j++)
            beginnings +=
                strncasecmp(table->columns[j].name, word.bytes, word.length) == 0;
        return beginnings == 1 ? i : -1;
    }
    return found;
}

static bool bind_mark(const struct filter *filter, const struct filter_node *node,
                      struct table_filter_node *bound)
{
    struct text word = word_of(filter, node->value);
    for (int mark = 0; mark <= MARK_NEVER; mark++) {
        const char *name = mark_name((enum mark)mark);
        bool is_sign = word.length == 1 && word.bytes[0] == mark_char((enum mark)mark);
        if (!is_sign && !filter_equals(filter, node->value, false, name))
            continue;
        bound->as = AS_MARK;
        bound->at.from = mark;
        return node->relation == FILTER_CONTAINS || node->relation == FILTER_IS ||
               node->relation == FILTER_IS_NOT;
    }
    return false;
}

static bool bind_day(struct text word, bool is_date, struct filter_extent *extent)
{
    int64_t begin, number;
    if (!filter_day(word, &begin, &number))
        return false;
    *extent = is_date ? (struct filter_extent){number, number}
                      : (struct filter_extent){begin, begin + DAY_MS - 1};
    return true;
}

static bool bind_duration(struct text word, struct filter_extent *extent)
{
    bool good = filter_duration(word, &extent->from);
    extent->to = extent->from;
    return good;
}

/* Both ends of a range are of one kind. */
static bool bind_time(struct text low, struct text high, bool is_range, bool is_date,
                      struct table_filter_node *bound)
{
    bound->as = AS_AGE;
    if (!is_date && bind_duration(low, &bound->at))
        return !is_range || bind_duration(high, &bound->until);
    bound->as = is_date ? AS_INTEGER : AS_MOMENT;
    return bind_day(low, is_date, &bound->at) &&
           (!is_range || bind_day(high, is_date, &bound->until));
}

static bool bind_value(const struct filter *filter, const struct filter_node *node,
                       enum value_kind kind, struct table_filter_node *bound)
{
    bool is_range = node->relation == FILTER_BETWEEN;
    struct text low = word_of(filter, node->value), high = word_of(filter, node->high);
    bool is_percent;
    switch (kind) {
    case VALUE_TEXT:
        bound->as = AS_TEXT;
        return node->relation <= FILTER_IS_NOT;
    case VALUE_FIGURE:
    case VALUE_COUNT:
    case VALUE_OF:
    case VALUE_DECIMAL:
        bound->as = AS_NUMBER;
        return filter_number(low, &bound->low, &bound->is_percent) &&
               (!is_range || filter_number(high, &bound->high, &is_percent));
    case VALUE_DURATION:
        bound->as = AS_INTEGER;
        return bind_duration(low, &bound->at) &&
               (!is_range || bind_duration(high, &bound->until));
    case VALUE_MARK:
        return bind_mark(filter, node, bound);
    case VALUE_AGE:
        if (bind_mark(filter, node, bound))
            return true;
        break;
    case VALUE_MOMENT:
    case VALUE_DATE:
        break;
    }
    return bind_time(low, high, is_range, kind == VALUE_DATE, bound);
}

static const char *value_hint(enum value_kind kind)
{
    switch (kind) {
    case VALUE_TEXT:
        return "a text: write : = or !=";
    case VALUE_FIGURE:
    case VALUE_COUNT:
    case VALUE_OF:
    case VALUE_DECIMAL:
        return "a number: 1,234 1.5M 50%";
    case VALUE_AGE:
        return "an age: 5m 2h 3d, a day, or a mark's name";
    case VALUE_MOMENT:
        return "a time: 5m 2h 3d ago, or 2026-11-22";
    case VALUE_DURATION:
        return "a duration: 5s 3m 2h";
    case VALUE_DATE:
        return "a day: 2026-11-22";
    case VALUE_MARK:
        return "a mark: ~ ! x r ? or its name";
    }
    return "";
}

static bool bind_node(struct table_filter *bound, unsigned index, unsigned *where,
                      const char **why)
{
    const struct filter_node *node = &bound->filter->nodes[index];
    struct table_filter_node *to = &bound->nodes[index];
    if (node->op == FILTER_REGEX) {
        char expression[FILTER_REGEX_MAX + 1];
        snprintf(expression, sizeof expression, "%.*s", (int)node->value.length,
                 bound->filter->source + node->value.at);
        to->has_regex =
            regcomp(&to->regex, expression, REG_EXTENDED | REG_ICASE | REG_NOSUB) == 0;
        *where = node->value.at;
        *why = "this is no regular expression";
        return to->has_regex;
    }
    if (node->op != FILTER_FIELD)
        return true;
    to->column = table_column_find(bound->table, word_of(bound->filter, node->field));
    *where = node->field.at;
    *why = "no such column here";
    if (to->column < 0)
        return false;
    enum value_kind kind = bound->table->columns[to->column].kind;
    *where = node->value.at;
    *why = value_hint(kind);
    return bind_value(bound->filter, node, kind, to);
}

bool table_filter_init(struct table_filter *bound, const struct table *table,
                       const struct filter *filter, int64_t now_ms, unsigned *where,
                       const char **why)
{
    *bound = (struct table_filter){.table = table, .filter = filter, .now_ms = now_ms};
    for (unsigned i = 0; i < filter->count; i++)
        if (!bind_node(bound, i, where, why)) {
            table_filter_release(bound);
            return false;
        }
    return true;
}

void table_filter_release(struct table_filter *bound)
{
    for (unsigned i = 0; i < bound->filter->count; i++) {
        if (bound->nodes[i].has_regex)
            regfree(&bound->nodes[i].regex);
        bound->nodes[i].has_regex = false;
    }
}

bool table_filter_parse(const struct table *table, const char *source,
                        struct filter *filter, unsigned *where, const char **why)
{
    struct filter parsed;
    struct table_filter bound;
    if (!filter_parse(source, &parsed, where, why) ||
        !table_filter_init(&bound, table, &parsed, 0, where, why))
        return false;
    table_filter_release(&bound);
    *filter = parsed;
    return true;
}

/* --- asking ----------------------------------------------------------------------- */

struct asking {
    const struct table_filter *bound;
    uint32_t row;
};

/* `order` of the value against the lower end, `high` against the upper one. */
static enum filter_answer judge(enum filter_relation relation, int order, int high)
{
    switch (relation) {
    case FILTER_CONTAINS:
    case FILTER_IS:
        return order == 0 ? FILTER_YES : FILTER_NO;
    case FILTER_IS_NOT:
        return order != 0 ? FILTER_YES : FILTER_NO;
    case FILTER_GREATER:
        return order > 0 ? FILTER_YES : FILTER_NO;
    case FILTER_AT_LEAST:
        return order >= 0 ? FILTER_YES : FILTER_NO;
    case FILTER_LESS:
        return order < 0 ? FILTER_YES : FILTER_NO;
    case FILTER_AT_MOST:
        return order <= 0 ? FILTER_YES : FILTER_NO;
    case FILTER_BETWEEN:
        return order >= 0 && high <= 0 ? FILTER_YES : FILTER_NO;
    }
    return FILTER_NO;
}

/* Of a number against a span of them: a day is one. */
static int place_of(int64_t value, const struct filter_extent *extent)
{
    return value < extent->from ? -1 : value > extent->to;
}

static enum filter_answer judge_number(const struct table_filter_node *bound,
                                       enum filter_relation relation,
                                       const struct value *value)
{
    struct decimal number = decimal_from_int(value->number);
    bool in_percent = bound->is_percent;
    if (value->kind == VALUE_FIGURE) {
        number = value->figure->value;
        in_percent |= value->figure->format == FORMAT_PERCENT;
    } else if (value->kind == VALUE_DECIMAL) {
        number = value->decimal;
    } else if (value->kind == VALUE_OF && in_percent &&
               (value->of == 0 || decimal_divide(number, decimal_from_int(value->of), 9,
                                                 &number) != DECIMAL_OK)) {
        return FILTER_UNKNOWN;
    }
    if (in_percent && decimal_multiply(number, decimal_from_int(100), number.scale,
                                       &number) != DECIMAL_OK)
        return FILTER_UNKNOWN;
    return judge(relation, decimal_compare(number, bound->low),
                 relation == FILTER_BETWEEN ? decimal_compare(number, bound->high) : 0);
}

static enum filter_answer judge_text(const struct filter *filter,
                                     const struct filter_node *node, const char *text)
{
    bool holds = node->relation == FILTER_CONTAINS
                     ? filter_contains(filter, node->value, node->is_quoted, text)
                     : filter_equals(filter, node->value, node->is_quoted, text);
    return holds != (node->relation == FILTER_IS_NOT) ? FILTER_YES : FILTER_NO;
}

static enum filter_answer ask_field(const struct table_filter *bound, uint32_t row,
                                    unsigned index)
{
    const struct filter_node *node = &bound->filter->nodes[index];
    const struct table_filter_node *to = &bound->nodes[index];
    enum filter_relation relation = node->relation;
    struct value value = table_value(bound->table, row, (unsigned)to->column);
    if (to->as == AS_MARK)
        return judge(relation, (int)value.mark - (int)to->at.from, 0);
    if (!value_is_known(&value))
        return FILTER_UNKNOWN;
    switch (to->as) {
    case AS_TEXT:
        return judge_text(bound->filter, node, value_text(&value));
    case AS_NUMBER:
        return judge_number(to, relation, &value);
    case AS_AGE:
        value.number = bound->now_ms - value.number;
        break;
    case AS_MOMENT:
    case AS_INTEGER:
    case AS_MARK:
        break;
    }
    return judge(relation, place_of(value.number, &to->at),
                 place_of(value.number, &to->until));
}

static enum filter_answer ask_texts(const struct table_filter *bound, uint32_t row,
                                    unsigned index)
{
    const struct filter_node *node = &bound->filter->nodes[index];
    const struct table *table = bound->table;
    for (unsigned i = 0; i < table->column_count; i++) {
        if (table->columns[i].kind != VALUE_TEXT)
            continue;
        struct value value = table_value(table, row, i);
        char text[TEXT_MAX + 1];
        if (node->op == FILTER_WORD) {
            if (filter_contains(bound->filter, node->value, node->is_quoted,
                                value_text(&value)))
                return FILTER_YES;
            continue;
        }
        snprintf(text, sizeof text, "%s", value_text(&value));
        if (regexec(&bound->nodes[index].regex, text, 0, NULL, 0) == 0)
            return FILTER_YES;
    }
    return FILTER_NO;
}

static enum filter_answer ask(const void *user, unsigned index)
{
    const struct asking *asking = user;
    return asking->bound->filter->nodes[index].op == FILTER_FIELD
               ? ask_field(asking->bound, asking->row, index)
               : ask_texts(asking->bound, asking->row, index);
}

enum filter_answer table_filter_row(const struct table_filter *bound, uint32_t row)
{
    struct asking asking = {.bound = bound, .row = row};
    return filter_run(bound->filter, ask, &asking);
}
