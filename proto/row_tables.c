#include "proto/rows.h"

#include "proto/row_cells.h"

enum { OPTIONAL = false, REQUIRED = true };

#define CELL(view, wire, field, type_, date, need, part)                               \
    {                                                                                  \
        .name = wire, .missing = "required column " wire " is missing",                \
        .type = (type_), .offset = offsetof(struct view, field), .required = (need),   \
        .is_date = (date), .key_part = (part)                                          \
    }
#define TEXT_CELL(view, field, need, part)                                             \
    CELL(view, #field, field, COLUMN_TEXT, false, need, part)
#define INT_CELL(view, field, need, part)                                              \
    CELL(view, #field, field, COLUMN_INT, false, need, part)
#define DATE_CELL(view, field, need, part)                                             \
    CELL(view, #field, field, COLUMN_INT, true, need, part)
#define DECIMAL_CELL(view, field, need)                                                \
    CELL(view, #field, field, COLUMN_DECIMAL, false, need, 0)
#define TIME_CELL(view, wire, field, need)                                             \
    CELL(view, wire, field, COLUMN_TIME, false, need, 0)
#define COMMON_CELLS(view)                                                             \
    CELL(view, "seq", row.seq, COLUMN_INT, false, OPTIONAL, 0),                        \
        TIME_CELL(view, "as_of", row.as_of_ms, OPTIONAL)

static const struct column entity_columns[] = {
    TEXT_CELL(entity_row, name, REQUIRED, 0),
    TEXT_CELL(entity_row, kind, REQUIRED, 0),
    TEXT_CELL(entity_row, cur, REQUIRED, 0),
    TEXT_CELL(entity_row, lifecycle, REQUIRED, 0),
    TEXT_CELL(entity_row, parent_scope, REQUIRED, 0),
    INT_CELL(entity_row, fy_start, OPTIONAL, 0),
    TEXT_CELL(entity_row, tags, OPTIONAL, 0),
    TEXT_CELL(entity_row, periods, OPTIONAL, 0),
    INT_CELL(entity_row, book_lines, OPTIONAL, 0),
    COMMON_CELLS(entity_row),
};

static const struct column own_columns[] = {
    TEXT_CELL(own_row, owned, REQUIRED, 1),
    DATE_CELL(own_row, from, REQUIRED, 2),
    DATE_CELL(own_row, to, REQUIRED, 0),
    INT_CELL(own_row, econ_num, REQUIRED, 0),
    INT_CELL(own_row, econ_den, REQUIRED, 0),
    INT_CELL(own_row, vote_num, OPTIONAL, 0),
    INT_CELL(own_row, vote_den, OPTIONAL, 0),
    TEXT_CELL(own_row, method, REQUIRED, 0),
    COMMON_CELLS(own_row),
};

static const struct column pos_columns[] = {
    TEXT_CELL(pos_row, period, REQUIRED, 1),
    DATE_CELL(pos_row, start, REQUIRED, 0),
    DATE_CELL(pos_row, end, REQUIRED, 0),
    TEXT_CELL(pos_row, cls, REQUIRED, 2),
    TEXT_CELL(pos_row, line, REQUIRED, 3),
    TEXT_CELL(pos_row, account, OPTIONAL, 4),
    TEXT_CELL(pos_row, cp, REQUIRED, 5),
    TEXT_CELL(pos_row, cur, REQUIRED, 6),
    DECIMAL_CELL(pos_row, open, REQUIRED),
    DECIMAL_CELL(pos_row, move, REQUIRED),
    DECIMAL_CELL(pos_row, hist_open, OPTIONAL),
    DECIMAL_CELL(pos_row, hist_move, OPTIONAL),
    TEXT_CELL(pos_row, hist_cur, OPTIONAL, 0),
    INT_CELL(pos_row, n, OPTIONAL, 0),
    COMMON_CELLS(pos_row),
};

static const struct column metric_columns[] = {
    CELL(metric_row, "key", metric, COLUMN_TEXT, false, REQUIRED, 1),
    TEXT_CELL(metric_row, period, REQUIRED, 2),
    DATE_CELL(metric_row, start, REQUIRED, 0),
    DATE_CELL(metric_row, end, REQUIRED, 0),
    TEXT_CELL(metric_row, scenario, REQUIRED, 3),
    TEXT_CELL(metric_row, basis, REQUIRED, 4),
    TEXT_CELL(metric_row, unit, REQUIRED, 5),
    TEXT_CELL(metric_row, cp, OPTIONAL, 6),
    TEXT_CELL(metric_row, nature, REQUIRED, 0),
    DECIMAL_CELL(metric_row, value, REQUIRED),
    DECIMAL_CELL(metric_row, num, OPTIONAL),
    DECIMAL_CELL(metric_row, den, OPTIONAL),
    INT_CELL(metric_row, n, OPTIONAL, 0),
    TEXT_CELL(metric_row, quality, REQUIRED, 0),
    COMMON_CELLS(metric_row),
};

static const struct column item_columns[] = {
    TEXT_CELL(item_row, cp, REQUIRED, 1),      TEXT_CELL(item_row, cls, REQUIRED, 2),
    TEXT_CELL(item_row, account, OPTIONAL, 3), TEXT_CELL(item_row, ref, OPTIONAL, 4),
    TEXT_CELL(item_row, grp, OPTIONAL, 0),     DATE_CELL(item_row, date, REQUIRED, 0),
    TEXT_CELL(item_row, cur, REQUIRED, 0),     DECIMAL_CELL(item_row, amt, REQUIRED),
    TEXT_CELL(item_row, bcur, REQUIRED, 0),    DECIMAL_CELL(item_row, booked, REQUIRED),
    TEXT_CELL(item_row, st, OPTIONAL, 0),      COMMON_CELLS(item_row),
};

static const struct column obl_columns[] = {
    TEXT_CELL(obl_row, kind, REQUIRED, 1),
    TEXT_CELL(obl_row, id, REQUIRED, 2),
    TEXT_CELL(obl_row, title, OPTIONAL, 0),
    DATE_CELL(obl_row, due, REQUIRED, 0),
    DECIMAL_CELL(obl_row, amount, OPTIONAL),
    TEXT_CELL(obl_row, cur, OPTIONAL, 0),
    DECIMAL_CELL(obl_row, qty, OPTIONAL),
    TEXT_CELL(obl_row, unit, OPTIONAL, 0),
    TEXT_CELL(obl_row, cp, OPTIONAL, 0),
    TEXT_CELL(obl_row, metric, OPTIONAL, 0),
    TEXT_CELL(obl_row, op, OPTIONAL, 0),
    DECIMAL_CELL(obl_row, threshold, OPTIONAL),
    DECIMAL_CELL(obl_row, num, OPTIONAL),
    DECIMAL_CELL(obl_row, den, OPTIONAL),
    TEXT_CELL(obl_row, period, OPTIONAL, 0),
    TEXT_CELL(obl_row, state, REQUIRED, 0),
    COMMON_CELLS(obl_row),
};

static const struct column fx_columns[] = {
    TEXT_CELL(fx_row, from, REQUIRED, 1),
    TEXT_CELL(fx_row, to, REQUIRED, 2),
    TEXT_CELL(fx_row, period, REQUIRED, 3),
    DATE_CELL(fx_row, start, OPTIONAL, 0),
    DATE_CELL(fx_row, end, OPTIONAL, 0),
    TEXT_CELL(fx_row, type, REQUIRED, 4),
    DECIMAL_CELL(fx_row, rate, REQUIRED),
    INT_CELL(fx_row, n, OPTIONAL, 0),
    DATE_CELL(fx_row, fixed, REQUIRED, 0),
    TEXT_CELL(fx_row, source, REQUIRED, 0),
    COMMON_CELLS(fx_row),
};

static const struct column note_columns[] = {
    TEXT_CELL(note_row, target, REQUIRED, 1),
    TEXT_CELL(note_row, kind, REQUIRED, 0),
    TEXT_CELL(note_row, text, OPTIONAL, 0),
    TEXT_CELL(note_row, by, REQUIRED, 0),
    TIME_CELL(note_row, "at", at_ms, REQUIRED),
    TEXT_CELL(note_row, state, REQUIRED, 0),
    COMMON_CELLS(note_row),
};

static const struct column link_columns[] = {
    TEXT_CELL(link_row, state, REQUIRED, 0),
    TEXT_CELL(link_row, reason, OPTIONAL, 0),
    TIME_CELL(link_row, "last_ok", last_ok_ms, OPTIONAL),
    INT_CELL(link_row, rtt_ms, OPTIONAL, 0),
    INT_CELL(link_row, weight, OPTIONAL, 0),
    TEXT_CELL(link_row, via, OPTIONAL, 0),
    COMMON_CELLS(link_row),
};

#define TABLE(view, title_, parts)                                                     \
    {                                                                                  \
        .name = #view, .title = (title_), .size = sizeof(struct view##_row),           \
        .columns = view##_columns,                                                     \
        .column_count = sizeof view##_columns / sizeof view##_columns[0],              \
        .key_parts = (parts)                                                           \
    }

static const struct view_table tables[VIEW_COUNT] = {
    [VIEW_ENTITY] = TABLE(entity, "Entity", 0),
    [VIEW_OWN] = TABLE(own, "Ownership", 2),
    [VIEW_POS] = TABLE(pos, "Positions", 6),
    [VIEW_METRIC] = TABLE(metric, "Metrics", 6),
    [VIEW_ITEM] = TABLE(item, "Intercompany items", 5),
    [VIEW_OBL] = TABLE(obl, "Obligations", 2),
    [VIEW_FX] = TABLE(fx, "Exchange rates", 4),
    [VIEW_NOTE] = TABLE(note, "Notes", 2),
    [VIEW_LINK] = TABLE(link, "Links", 0),
};
_Static_assert(sizeof obl_columns / sizeof obl_columns[0] <= ROW_COLUMNS_MAX,
               "the widest view has a mark for each of its columns");

const struct view_table *view_table(enum view view)
{
    return &tables[view];
}

bool view_by_name(struct text name, enum view *view)
{
    for (int i = 0; i < VIEW_COUNT; i++) {
        if (text_equal(name, text_of(tables[i].name))) {
            *view = (enum view)i;
            return true;
        }
    }
    return false;
}

int view_column(enum view view, struct text name)
{
    const struct view_table *table = &tables[view];
    for (uint32_t i = 0; i < table->column_count; i++)
        if (text_equal(name, text_of(table->columns[i].name)))
            return (int)i;
    return -1;
}

void row_hold(struct names *names, enum view view, const union any_row *row)
{
    const struct view_table *table = &tables[view];
    names_hold(names, row->row.key);
    names_hold(names, row->row.entity);
    for (uint32_t i = 0; i < table->column_count; i++)
        if (table->columns[i].type == COLUMN_TEXT)
            names_hold(names, row_name(row, &table->columns[i]));
}

void row_drop(struct names *names, enum view view, const union any_row *row)
{
    const struct view_table *table = &tables[view];
    names_drop(names, row->row.key);
    names_drop(names, row->row.entity);
    for (uint32_t i = 0; i < table->column_count; i++)
        if (table->columns[i].type == COLUMN_TEXT)
            names_drop(names, row_name(row, &table->columns[i]));
}

static bool cell_equal(const struct column *column, const union any_row *a,
                       const union any_row *b)
{
    switch (column->type) {
    case COLUMN_TEXT:
        return row_name(a, column) == row_name(b, column);
    case COLUMN_INT:
    case COLUMN_TIME:
        return row_int(a, column) == row_int(b, column);
    case COLUMN_DECIMAL: {
        const struct amount *x = row_amount(a, column), *y = row_amount(b, column);
        if (x->low == y->low && x->high == y->high && x->scale == y->scale)
            return true;
        return decimal_compare(amount_decimal(*x), amount_decimal(*y)) == 0;
    }
    }
    return false;
}

bool row_equal(enum view view, const union any_row *a, const union any_row *b)
{
    const struct view_table *table = &tables[view];
    if (a->row.key != b->row.key)
        return false;
    for (uint32_t i = 0; i < table->column_count; i++) {
        uint8_t mark = row_mark(a, table, i);
        if (mark != row_mark(b, table, i))
            return false;
        if (mark == CELL_PRESENT && !cell_equal(&table->columns[i], a, b))
            return false;
    }
    return true;
}

bool row_same_cells(enum view view, const union any_row *a, const struct names *of_a,
                    const union any_row *b, const struct names *of_b)
{
    const struct view_table *table = view_table(view);
    if (!text_equal(names_text(of_a, a->row.key), names_text(of_b, b->row.key)))
        return false;
    for (uint32_t i = 0; i < table->column_count; i++) {
        const struct column *column = &table->columns[i];
        uint8_t mark = row_mark(a, table, i);
        if (mark != row_mark(b, table, i))
            return false;
        if (mark != CELL_PRESENT || column->offset == offsetof(struct row, as_of_ms))
            continue;
        bool is_same = column->type == COLUMN_TEXT
                           ? text_equal(names_text(of_a, row_name(a, column)),
                                        names_text(of_b, row_name(b, column)))
                           : cell_equal(column, a, b);
        if (!is_same)
            return false;
    }
    return true;
}
