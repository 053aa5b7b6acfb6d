/* The order of a table's rows, and the cursor in it.  Drawing: table_draw.c. */
#include "screens/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "screens/table_filter.h"

struct value table_value(const struct table *table, uint32_t row, unsigned column)
{
    struct value value = {.kind = table->columns[column].kind, .text = ""};
    table->value(table, row, column, &value);
    return value;
}

int table_column_index(const struct table *table, const char *name)
{
    for (int i = 0; i < table->column_count; i++)
        if (strcmp(table->columns[i].name, name) == 0)
            return i;
    return -1;
}

const char *value_text(const struct value *value)
{
    return value->text ? value->text : value->made;
}

bool value_is_known(const struct value *value)
{
    switch (value->kind) {
    case VALUE_TEXT:
        return value_text(value)[0] != '\0';
    case VALUE_FIGURE:
        return value->figure && value->figure->present;
    case VALUE_AGE:
    case VALUE_MOMENT:
    case VALUE_DATE:
        return value->number != 0;
    case VALUE_DURATION:
        return value->number >= 0;
    case VALUE_COUNT:
    case VALUE_OF:
    case VALUE_DECIMAL:
    case VALUE_MARK:
        break;
    }
    return true;
}

int value_compare(const struct value *a, const struct value *b)
{
    switch (a->kind) {
    case VALUE_TEXT:
        return strcmp(value_text(a), value_text(b));
    case VALUE_FIGURE:
        return decimal_compare(a->figure->value, b->figure->value);
    case VALUE_OF: {
        __int128 left = (__int128)a->number * b->of,
                 right = (__int128)b->number * a->of;
        return (left > right) - (left < right);
    }
    case VALUE_DECIMAL:
        return decimal_compare(a->decimal, b->decimal);
    case VALUE_MARK:
        return (a->mark > b->mark) - (a->mark < b->mark);
    case VALUE_COUNT:
    case VALUE_AGE:
    case VALUE_MOMENT:
    case VALUE_DURATION:
    case VALUE_DATE:
        break;
    }
    return (a->number > b->number) - (a->number < b->number);
}

const char *identity_join(char scratch[IDENTITY_CHARS], const char *a, const char *b)
{
    snprintf(scratch, IDENTITY_CHARS, "%s|%s", a, b);
    return scratch;
}

static uint64_t hash_of(const char *identity)
{
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */
    for (; *identity; identity++)
        hash = (hash ^ (uint8_t)*identity) * UINT64_C(1099511628211);
    return hash;
}

/* --- filter and sort -------------------------------------------------------------- */

struct sorting {
    const struct table *table;
    const struct table_view *view;
};

static int compare_cells(const struct table *table, unsigned column, bool descending,
                         uint32_t a, uint32_t b)
{
    struct value x = table_value(table, a, column);
    struct value y = table_value(table, b, column);
    bool x_known = value_is_known(&x), y_known = value_is_known(&y);
    if (x_known != y_known)
        return x_known ? -1 : 1;
    int order = x_known ? value_compare(&x, &y) : 0;
    return descending ? -order : order;
}

static int compare_rows(const void *left, const void *right, void *user)
{
    const struct table_entry *a = left, *b = right;
    const struct sorting *sorting = user;
    const struct table_view *view = sorting->view;
    int order = (int)a->is_unknown - (int)b->is_unknown;
    if (order == 0 && view->sort_column)
        order = compare_cells(sorting->table, view->sort_column - 1u, view->descending,
                              a->row, b->row);
    if (order == 0 && view->then_column)
        order = compare_cells(sorting->table, view->then_column - 1u,
                              view->then_descending, a->row, b->row);
    return order ? order : (a->row > b->row) - (a->row < b->row);
}

static int compare_identities(const void *left, const void *right)
{
    const struct table_entry *a = left, *b = right;
    return (a->identity > b->identity) - (a->identity < b->identity);
}

static int compare_ranks(const void *left, const void *right)
{
    const struct table_entry *a = left, *b = right;
    if (a->is_unknown != b->is_unknown)
        return a->is_unknown ? 1 : -1;
    if (a->rank != b->rank)
        return a->rank > b->rank ? 1 : -1;
    return (a->row > b->row) - (a->row < b->row);
}

/* Ranks each new entry by where its identity stood before; new rows go last. */
static void hold_order(struct table_view *view, uint32_t former_count,
                       const struct table_entry *former)
{
    for (uint32_t i = 0; i < view->count; i++) {
        const struct table_entry *found =
            former_count == 0 ? NULL
                              : bsearch(&view->entries[i], former, former_count,
                                        sizeof *former, compare_identities);
        view->entries[i].rank = found ? found->rank : UINT32_MAX;
    }
    if (view->count)
        qsort(view->entries, view->count, sizeof *view->entries, compare_ranks);
}

/* The former order, sorted by identity, in the second half of the entries. */
static struct table_entry *remember_order(struct table_view *view, uint32_t row_count)
{
    struct table_entry *former = view->entries + row_count;
    if (view->count)
        memmove(former, view->entries, view->count * sizeof *former);
    for (uint32_t i = 0; i < view->count; i++)
        former[i].rank = i;
    if (view->count)
        qsort(former, view->count, sizeof *former, compare_identities);
    return former;
}

static void place_cursor(const struct table *table, struct table_view *view)
{
    uint32_t line = view->cursor - view->top; /* on the screen */
    uint64_t wanted = hash_of(view->selected);
    char scratch[IDENTITY_CHARS];
    bool found = false;
    for (uint32_t i = 0; i < view->count && view->selected[0] && !found; i++) {
        const struct table_entry *entry = &view->entries[i];
        if (entry->identity != wanted ||
            strncmp(table->identity(table, entry->row, scratch), view->selected,
                    IDENTITY_CHARS - 1) != 0)
            continue;
        view->cursor = i;
        view->top = i > line ? i - line : 0;
        found = true;
    }
    if (!found)
        table_select(table, view, view->selected[0] ? view->cursor : 0);
}

/* The rows that pass, in the model's order. */
static void collect(const struct table *table, struct table_view *view)
{
    struct table_filter bound;
    char scratch[IDENTITY_CHARS];
    unsigned where;
    view->filter_is = NULL;
    view->count = view->unknown = 0;
    bool filters = view->filter.count > 0 &&
                   table_filter_init(&bound, table, &view->filter, view->now_ms, &where,
                                     &view->filter_is);
    for (uint32_t row = 0; row < table->row_count && view->count < view->capacity;
         row++) {
        enum filter_answer answer =
            filters ? table_filter_row(&bound, row) : FILTER_YES;
        bool is_unknown = answer == FILTER_UNKNOWN;
        view->unknown += is_unknown;
        if (answer == FILTER_NO || (is_unknown && view->hides_unknown))
            continue;
        view->entries[view->count++] = (struct table_entry){
            .identity = hash_of(table->identity(table, row, scratch)),
            .row = row,
            .is_unknown = is_unknown};
    }
    if (filters)
        table_filter_release(&bound);
}

void table_arrange(const struct table *table, struct table_view *view, bool held)
{
    uint32_t former_count = view->count;
    struct table_entry *former = NULL;
    if (view->sort_column > table->column_count)
        view->sort_column = 0;
    if (view->then_column > table->column_count)
        view->then_column = 0;
    held = held && former_count > 0 &&
           view->capacity >= former_count + (uint64_t)table->row_count;
    if (held)
        former = remember_order(view, table->row_count);
    collect(table, view);
    if (held) {
        hold_order(view, former_count, former);
    } else if ((view->sort_column || view->unknown) && view->count > 1) {
        struct sorting sorting = {.table = table, .view = view};
        qsort_r(view->entries, view->count, sizeof *view->entries, compare_rows,
                &sorting);
    }
    place_cursor(table, view);
}

/* --- the cursor ------------------------------------------------------------------- */

void table_select(const struct table *table, struct table_view *view, uint32_t place)
{
    if (view->count == 0) {
        view->cursor = view->top = 0;
        return; /* what was selected may come back */
    }
    view->cursor = place < view->count ? place : view->count - 1;
    char scratch[IDENTITY_CHARS];
    const char *identity =
        table->identity(table, view->entries[view->cursor].row, scratch);
    size_t length = strnlen(identity, IDENTITY_CHARS - 1);
    memcpy(view->selected, identity, length);
    view->selected[length] = '\0';
}

void table_move(const struct table *table, struct table_view *view, int64_t steps)
{
    int64_t place = (int64_t)view->cursor + steps;
    table_select(table, view, place < 0 ? 0 : (uint32_t)place);
}

bool table_select_identity(const struct table *table, struct table_view *view,
                           const char *identity)
{
    char scratch[IDENTITY_CHARS];
    for (uint32_t i = 0; i < view->count; i++) {
        uint32_t row = view->entries[i].row;
        if (strcmp(table->identity(table, row, scratch), identity) == 0) {
            table_select(table, view, i);
            return true;
        }
    }
    return false;
}

bool table_next_problem(const struct table *table, struct table_view *view, int step)
{
    for (int64_t place = (int64_t)view->cursor + step;
         table->is_problem && place >= 0 && place < view->count; place += step) {
        if (table->is_problem(table, view->entries[place].row)) {
            table_select(table, view, (uint32_t)place);
            return true;
        }
    }
    return false;
}

uint32_t table_selected_row(const struct table_view *view)
{
    return view->count ? view->entries[view->cursor].row : TABLE_TOTAL;
}
