/* row_cells.h - a cell of a row struct by its column: the one place that turns the
 * tables' offsets into pointers.  Private to the row catalogue. */
#ifndef PROTO_ROW_CELLS_H
#define PROTO_ROW_CELLS_H

#include "proto/rows.h"

static inline const void *row_cell(const union any_row *row,
                                   const struct column *column)
{
    return (const uint8_t *)row + column->offset;
}

static inline name_id row_name(const union any_row *row, const struct column *column)
{
    return *(const name_id *)row_cell(row, column);
}

/* COLUMN_INT and COLUMN_TIME. */
static inline int64_t row_int(const union any_row *row, const struct column *column)
{
    return *(const int64_t *)row_cell(row, column);
}

static inline const struct amount *row_amount(const union any_row *row,
                                              const struct column *column)
{
    return row_cell(row, column);
}

/* An amount carries its mark with it; the row's table of marks rules. */
static inline uint8_t row_mark(const union any_row *row, const struct view_table *table,
                               uint32_t column)
{
    uint8_t mark = row->row.marks[column];
    if (mark == CELL_PRESENT && table->columns[column].type == COLUMN_DECIMAL)
        mark = row_amount(row, &table->columns[column])->mark;
    return mark;
}

enum { KEY_PARTS_MAX = 6 }; /* after the entity */

/* The entity and the escaped parts of a key that has `count` of them in all. */
void row_key_split(struct text key, struct text *parts, uint32_t count);
/* Is `part` what `cell` is written as in a key? */
bool row_key_part_is(struct text part, struct text cell);

#endif
