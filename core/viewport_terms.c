/* viewport_terms.c - the words of `filter`, `where` and `group-by`. */
#include <stdio.h>
#include <stdlib.h>

#include "core/config_value.h"
#include "core/viewport.h"

static const char *const attribute_names[ATTRIBUTE_COUNT] = {
    [ATTRIBUTE_ENTITY] = "entity",     [ATTRIBUTE_NAME] = "name",
    [ATTRIBUTE_GROUP] = "group",       [ATTRIBUTE_KIND] = "kind",
    [ATTRIBUTE_CURRENCY] = "currency", [ATTRIBUTE_TAG] = "tag",
};

/* --- fields ------------------------------------------------------------------- */

uint8_t viewport_field(enum view view, struct text name)
{
    if (view == VIEW_OBL && text_equal(name, TEXT("direction")))
        return FIELD_DIRECTION;
    int column = view_column(view, name);
    return column < 0 ? FIELD_NONE : (uint8_t)column;
}

bool viewport_field_is_number(enum view view, uint8_t field)
{
    if (field == FIELD_DIRECTION)
        return true;
    const struct column *column = &view_table(view)->columns[field];
    return column->type == COLUMN_DECIMAL ||
           (column->type == COLUMN_INT && !column->is_date);
}

bool viewport_field_is_date(enum view view, uint8_t field)
{
    return field < FIELD_DIRECTION && view_table(view)->columns[field].is_date;
}

void viewport_list_fields(enum view view, bool only_numbers, char *text, size_t size)
{
    const struct view_table *table = view_table(view);
    size_t used = 0;
    text[0] = '\0';
    for (uint32_t i = 0; i < table->column_count && used < size; i++)
        if (!only_numbers || viewport_field_is_number(view, (uint8_t)i)) {
            snprintf(text + used, size - used, "%s%s", used ? " " : "",
                     table->columns[i].name);
            used = strlen(text);
        }
    if (view == VIEW_OBL && used < size)
        snprintf(text + used, size - used, " direction");
}

uint8_t viewport_unit_field(enum view view, uint8_t field)
{
    static const struct {
        enum view view;
        const char *field, *unit;
    } units[] = {
        {VIEW_POS, "open", "cur"},
        {VIEW_POS, "move", "cur"},
        {VIEW_POS, "hist_open", "hist_cur"},
        {VIEW_POS, "hist_move", "hist_cur"},
        {VIEW_METRIC, "value", "unit"},
        {VIEW_METRIC, "num", "unit"},
        {VIEW_METRIC, "den", "unit"},
        {VIEW_ITEM, "amt", "cur"},
        {VIEW_ITEM, "booked", "bcur"},
        {VIEW_OBL, "amount", "cur"},
        {VIEW_OBL, "num", "cur"},
        {VIEW_OBL, "den", "cur"},
        {VIEW_OBL, "qty", "unit"},
    };
    if (field >= FIELD_DIRECTION)
        return FIELD_NONE;
    const char *name = view_table(view)->columns[field].name;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (units[i].view == view && strcmp(units[i].field, name) == 0)
            return viewport_field(view, text_of(units[i].unit));
    return FIELD_NONE;
}

static bool attribute_find(struct text name, uint8_t *attribute)
{
    for (uint8_t i = 0; i < ATTRIBUTE_COUNT; i++)
        if (text_equal(name, text_of(attribute_names[i]))) {
            *attribute = i;
            return true;
        }
    return false;
}

/* --- filter and where --------------------------------------------------------- */

struct terms {
    struct arena *arena;
    const char *at;
    bool of_entities;
    enum view view;
    char *why;
    size_t size;
};

static bool find_field(struct terms *terms, struct text name, uint8_t *field)
{
    char known[256];
    if (terms->of_entities) {
        if (attribute_find(name, field))
            return true;
        snprintf(terms->why, terms->size,
                 "\"%.*s\" is nothing to filter by; there are: entity name group kind "
                 "currency tag",
                 (int)name.length, name.bytes);
        return false;
    }
    *field = viewport_field(terms->view, name);
    if (*field != FIELD_NONE)
        return true;
    viewport_list_fields(terms->view, false, known, sizeof known);
    snprintf(terms->why, terms->size, "%s has no column \"%.*s\"; there are: %s",
             view_table(terms->view)->name, (int)name.length, name.bytes, known);
    return false;
}

static bool take_operator(struct terms *terms, struct viewport_term *term)
{
    static const struct {
        const char *sign;
        enum term_operator operator;
    } signs[] = {{"!=", TERM_IS_NOT}, {"<=", TERM_AT_MOST}, {">=", TERM_AT_LEAST},
                 {"=", TERM_IS},      {":", TERM_IS},       {"<", TERM_LESS},
                 {">", TERM_MORE}};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (strncmp(terms->at, signs[i].sign, strlen(signs[i].sign)) == 0) {
            term->operator= signs[i].operator;
            terms->at += strlen(signs[i].sign);
            return true;
        }
    snprintf(terms->why, terms->size,
             "write NAME=VALUE (also != < <= > >=), not \"%.30s\"", terms->at);
    return false;
}

/* "a|b" or "'with blanks'|b": each ended by NUL, and an empty one at the end. */
static bool take_values(struct terms *terms, struct viewport_term *term)
{
    char *values = arena_take(terms->arena, strlen(terms->at) + 3);
    size_t used = 0;
    if (!values) {
        snprintf(terms->why, terms->size, "out of memory");
        return false;
    }
    for (;;) {
        bool quoted = *terms->at == '\'';
        const char *begin = terms->at + quoted;
        size_t length = strcspn(begin, quoted ? "'" : " |\t");
        if (quoted && begin[length] != '\'') {
            snprintf(terms->why, terms->size, "a ' is not closed");
            return false;
        }
        /* '' is the empty text: kept as one byte that no value begins with. */
        if (length == 0 && quoted)
            values[used++] = '\x01';
        memcpy(values + used, begin, length);
        used += length;
        values[used++] = '\0';
        terms->at = begin + length + quoted;
        if (length == 0 && !quoted) {
            snprintf(terms->why, terms->size, "a value is missing (write '' for none)");
            return false;
        }
        if (*terms->at != '|')
            break;
        terms->at++;
    }
    values[used] = '\0';
    term->values = values;
    return true;
}

/* Numbers and dates are compared as such. */
static bool check_value(struct terms *terms, struct viewport_term *term)
{
    bool is_date =
        !terms->of_entities && viewport_field_is_date(terms->view, term->field);
    bool is_number =
        !terms->of_entities && viewport_field_is_number(terms->view, term->field);
    int64_t date = 0;
    if (!is_date && !is_number) {
        if (term->operator== TERM_IS || term->operator== TERM_IS_NOT)
            return true;
        snprintf(terms->why, terms->size, "words are compared with = and != only");
        return false;
    }
    if (is_date && config_date_parse(term->values, &date))
        term->number = decimal_from_int(date);
    else if (is_date || decimal_parse(text_of(term->values), &term->number)) {
        snprintf(terms->why, terms->size, "\"%.30s\" is no %s", term->values,
                 is_date ? "day: write it as 2026-12-31" : "number");
        return false;
    }
    return true;
}

bool viewport_terms_parse(struct arena *arena, const char *text, bool of_entities,
                          enum view view, struct viewport_term *terms, uint8_t *count,
                          char *why, size_t size)
{
    struct terms parser = {arena, text, of_entities, view, why, size};
    for (*count = 0;; ++*count) {
        parser.at += strspn(parser.at, " \t");
        if (!*parser.at)
            return true;
        if (*count == VIEWPORT_TERMS) {
            snprintf(why, size, "more than %d conditions", VIEWPORT_TERMS);
            return false;
        }
        struct viewport_term *term = &terms[*count];
        bool is_not = *parser.at == '!';
        parser.at += is_not;
        struct text name = {parser.at,
                            (uint32_t)strspn(parser.at, "abcdefghijklmnopqrstuvwxyz_")};
        parser.at += name.length;
        if (!find_field(&parser, name, &term->field) || !take_operator(&parser, term) ||
            !take_values(&parser, term) || !check_value(&parser, term))
            return false;
        if (is_not && term->operator> TERM_IS_NOT) {
            snprintf(why, size, "turn the comparison round instead of writing !");
            return false;
        }
        if (is_not)
            term->operator= term->operator== TERM_IS ? TERM_IS_NOT : TERM_IS;
    }
}

/* --- group-by ----------------------------------------------------------------- */

static bool take_bounds(struct viewport_key *key, const char *at, char *why,
                        size_t size)
{
    while (*at == ',') {
        char *end;
        at += strspn(at, ", ");
        long months = strtol(at, &end, 10);
        bool in_years = *end == 'y';
        if (end == at || (*end != 'm' && !in_years) || months < 1 || months > 600 ||
            key->bound_count == VIEWPORT_BOUNDS) {
            snprintf(why, size,
                     "\"%.20s\" is no bound: write up to %d of months or "
                     "years, as in bucket(due,3m,12m,2y)",
                     at, VIEWPORT_BOUNDS);
            return false;
        }
        months *= in_years ? 12 : 1;
        if (key->bound_count && months <= key->bounds[key->bound_count - 1]) {
            snprintf(why, size, "the bounds of bucket() must rise");
            return false;
        }
        key->bounds[key->bound_count++] = (int)months;
        at = end + 1;
        at += strspn(at, " ");
    }
    if (strcmp(at, ")") == 0 && key->bound_count)
        return true;
    snprintf(why, size, "write bucket(DATE,3m,12m,24m)");
    return false;
}

static bool parse_call(struct arena *arena, const char *text, enum view view,
                       struct viewport_key *key, char *why, size_t size)
{
    static const struct {
        const char *name;
        enum key_kind kind;
    } calls[] = {{"bucket", KEY_BUCKET},
                 {"year", KEY_YEAR},
                 {"quarter", KEY_QUARTER},
                 {"month", KEY_MONTH}};
    struct text name = {text, (uint32_t)strcspn(text, "(")};
    const char *at = text + name.length + 1;
    struct text field = {at, (uint32_t)strcspn(at, ",) ")};
    key->kind = KEY_FIELD;
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        if (text_equal(name, text_of(calls[i].name)))
            key->kind = calls[i].kind;
    if (key->kind == KEY_FIELD) {
        snprintf(why, size,
                 "no grouping \"%.*s\"; there are: bucket year quarter month",
                 (int)name.length, text);
        return false;
    }
    key->name = arena_text(arena, name);
    key->field = viewport_field(view, field);
    if (key->field == FIELD_NONE || !viewport_field_is_date(view, key->field)) {
        snprintf(why, size, "%s has no date \"%.*s\"", view_table(view)->name,
                 (int)field.length, field.bytes);
        return false;
    }
    at += field.length;
    at += strspn(at, " ");
    if (key->kind == KEY_BUCKET)
        return take_bounds(key, at, why, size);
    if (strcmp(at, ")") == 0)
        return true;
    snprintf(why, size, "write %s(DATE)", key->name);
    return false;
}

bool viewport_key_parse(struct arena *arena, const char *text, enum view view,
                        struct viewport_key *key, char *why, size_t size)
{
    char known[256];
    *key = (struct viewport_key){.kind = KEY_ATTRIBUTE};
    if (strchr(text, '('))
        return parse_call(arena, text, view, key, why, size);
    key->name = arena_text(arena, text_of(text));
    bool is_of_entity = strncmp(text, "entity.", 7) == 0;
    if (strcmp(text, "entity") == 0 || is_of_entity) {
        struct text name = text_of(is_of_entity ? text + 7 : text);
        if (attribute_find(name, &key->field) && key->field != ATTRIBUTE_TAG)
            return true;
        snprintf(why, size,
                 "no entity.%.20s; there are: entity entity.name entity.group "
                 "entity.kind entity.currency",
                 name.bytes);
        return false;
    }
    key->kind = KEY_FIELD;
    key->field = viewport_field(view, text_of(text));
    if (key->field != FIELD_NONE && key->field != FIELD_DIRECTION)
        return true;
    viewport_list_fields(view, false, known, sizeof known);
    snprintf(why, size,
             "%s has no column \"%.30s\"; there are: entity entity.group %s "
             "bucket(DATE,3m,12m)",
             view_table(view)->name, text, known);
    return false;
}
