#include "proto/rows.h"

#include "proto/layout.h"
#include "proto/row_cells.h"

/* One column of a batch in the making. */
struct cells {
    const struct batch_shape *shape;
    const struct view_table *table;
    const union any_row *const *rows;
    uint32_t count;
    uint32_t column;
    bool marked;   /* not every cell of the column is present */
    uint8_t scale; /* decimals: the largest among the present values */
    bool wide;     /* decimals: one of them does not fit 64 bits at that scale */
};

static const struct column *cells_column(const struct cells *cells)
{
    return &cells->table->columns[cells->column];
}

/* The mantissa at the column's scale.  False where that scale leaves no room for it in
 * 128 bits (1e24 beside a value with 18 places): the cell then leaves as "not known".
 */
static bool cell_mantissa(const struct cells *cells, uint32_t index, __int128 *mantissa)
{
    struct decimal scaled;
    struct decimal value =
        amount_decimal(*row_amount(cells->rows[index], cells_column(cells)));
    if (decimal_rescale(value, cells->scale, &scaled) != DECIMAL_OK)
        return false;
    *mantissa = scaled.coefficient;
    return true;
}

static uint8_t cell_mark(const struct cells *cells, uint32_t index)
{
    const union any_row *row = cells->rows[index];
    const struct batch_shape *shape = cells->shape;
    if (!cells->marked)
        return CELL_PRESENT;
    if (shape->permits && !shape->permits(shape->user, &row->row, cells->column))
        return CELL_NOT_PERMITTED;
    if (shape->marks && shape->marks[index][cells->column] != CELL_PRESENT)
        return shape->marks[index][cells->column];
    uint8_t mark = row_mark(row, cells->table, cells->column);
    __int128 mantissa;
    if (mark == CELL_PRESENT && cells_column(cells)->type == COLUMN_DECIMAL &&
        !cell_mantissa(cells, index, &mantissa))
        return CELL_NOT_KNOWN;
    return mark;
}

static void measure_scale(struct cells *cells)
{
    for (uint32_t i = 0; i < cells->count; i++) {
        const struct amount *amount = row_amount(cells->rows[i], cells_column(cells));
        if (amount->scale > cells->scale && cell_mark(cells, i) == CELL_PRESENT)
            cells->scale = amount->scale;
    }
}

static void measure(struct cells *cells)
{
    bool decimal = cells_column(cells)->type == COLUMN_DECIMAL;
    bool marked = false;
    cells->scale = 0;
    cells->wide = false;
    cells->marked = true;
    if (decimal)
        measure_scale(cells);
    for (uint32_t i = 0; i < cells->count; i++) {
        __int128 mantissa;
        if (cell_mark(cells, i) != CELL_PRESENT)
            marked = true;
        else if (decimal && cell_mantissa(cells, i, &mantissa) &&
                 (mantissa > INT64_MAX || mantissa < INT64_MIN))
            cells->wide = true;
    }
    cells->marked = marked;
}

static void build_info(const struct cells *cells, struct struct_builder to)
{
    static const uint8_t types[] = {
        [COLUMN_TEXT] = PSP_COLUMN_INFO_TYPE_TEXT,
        [COLUMN_INT] = PSP_COLUMN_INFO_TYPE_INT,
        [COLUMN_DECIMAL] = PSP_COLUMN_INFO_TYPE_DECIMAL,
        [COLUMN_TIME] = PSP_COLUMN_INFO_TYPE_TIME_MS,
    };
    struct struct_builder info = builder_struct(
        to, PSP_COLUMN_INFO_PTR, PSP_COLUMN_INFO_DATA_WORDS, PSP_COLUMN_INFO_PTRS);
    builder_set_u16(info, PSP_COLUMN_INFO_TYPE_OFF, types[cells_column(cells)->type]);
    builder_set_u8(info, PSP_COLUMN_INFO_SCALE_OFF, cells->scale);
    builder_text(info, PSP_COLUMN_INFO_NAME_PTR, text_of(cells_column(cells)->name));
}

static void build_marks(const struct cells *cells, struct struct_builder to)
{
    if (!cells->marked)
        return;
    struct list_builder marks =
        builder_list(to, PSP_COLUMN_MARKS_PTR, ELEMENT_BYTE, cells->count);
    for (uint32_t i = 0; i < cells->count; i++)
        list_builder_u8(marks, i, cell_mark(cells, i));
}

static void build_texts(const struct cells *cells, const struct names *names,
                        struct struct_builder to)
{
    builder_set_u16(to, PSP_COLUMN_TAG_OFF, PSP_COLUMN_TEXTS_TAG);
    struct list_builder texts =
        builder_list(to, PSP_COLUMN_TEXTS_PTR, ELEMENT_POINTER, cells->count);
    for (uint32_t i = 0; i < cells->count; i++) {
        if (cell_mark(cells, i) != CELL_PRESENT)
            continue;
        name_id name = row_name(cells->rows[i], cells_column(cells));
        list_builder_text(texts, i, names_text(names, name));
    }
}

static int64_t cell_int(const struct cells *cells, uint32_t index)
{
    const struct column *column = cells_column(cells);
    bool is_as_of = column->offset == offsetof(struct row, as_of_ms);
    if (is_as_of && cells->shape->as_of_ms)
        return cells->shape->as_of_ms[index];
    return row_int(cells->rows[index], column);
}

static void build_ints(const struct cells *cells, struct struct_builder to)
{
    builder_set_u16(to, PSP_COLUMN_TAG_OFF, PSP_COLUMN_INTS_TAG);
    struct list_builder ints =
        builder_list(to, PSP_COLUMN_INTS_PTR, ELEMENT_EIGHT_BYTES, cells->count);
    for (uint32_t i = 0; i < cells->count; i++)
        if (cell_mark(cells, i) == CELL_PRESENT)
            list_builder_i64(ints, i, cell_int(cells, i));
}

static void build_decimals(const struct cells *cells, struct struct_builder to)
{
    uint32_t words = cells->wide ? 2 : 1;
    builder_set_u16(to, PSP_COLUMN_TAG_OFF,
                    cells->wide ? PSP_COLUMN_WIDES_TAG : PSP_COLUMN_DECIMALS_TAG);
    struct list_builder list = builder_list(to, PSP_COLUMN_DECIMALS_PTR,
                                            ELEMENT_EIGHT_BYTES, cells->count * words);
    for (uint32_t i = 0; i < cells->count; i++) {
        __int128 mantissa;
        if (cell_mark(cells, i) != CELL_PRESENT || !cell_mantissa(cells, i, &mantissa))
            continue;
        list_builder_i64(list, i * words, (int64_t)mantissa);
        if (cells->wide)
            list_builder_i64(list, i * words + 1, (int64_t)(mantissa >> 64));
    }
}

static void build_column(struct cells *cells, const struct names *names,
                         struct struct_builder to)
{
    enum column_type type = cells_column(cells)->type;
    measure(cells);
    build_info(cells, to);
    build_marks(cells, to);
    if (type == COLUMN_TEXT)
        build_texts(cells, names, to);
    else if (type == COLUMN_DECIMAL)
        build_decimals(cells, to);
    else
        build_ints(cells, to);
}

void batch_build(struct struct_builder in, uint16_t pointer,
                 const struct batch_shape *shape, const struct names *names,
                 const union any_row *const *rows, uint32_t count, uint64_t revision,
                 int64_t as_of_ms, struct text next_cursor)
{
    struct cells cells = {
        .shape = shape, .table = view_table(shape->view), .rows = rows, .count = count};
    struct struct_builder batch =
        builder_struct(in, pointer, PSP_BATCH_DATA_WORDS, PSP_BATCH_PTRS);
    builder_set_u64(batch, PSP_BATCH_REVISION_OFF, revision);
    builder_set_i64(batch, PSP_BATCH_AS_OF_MS_OFF, as_of_ms);
    builder_set_u32(batch, PSP_BATCH_ROW_COUNT_OFF, count);
    builder_text(batch, PSP_BATCH_VIEW_PTR, text_of(cells.table->name));

    struct list_builder keys =
        builder_list(batch, PSP_BATCH_KEYS_PTR, ELEMENT_POINTER, count);
    for (uint32_t i = 0; i < count; i++)
        list_builder_text(keys, i, names_text(names, rows[i]->row.key));

    uint32_t sent = 0;
    for (uint32_t i = 0; i < cells.table->column_count; i++)
        sent += shape->column[i];
    struct list_builder columns = builder_structs(
        batch, PSP_BATCH_COLUMNS_PTR, sent, PSP_COLUMN_DATA_WORDS, PSP_COLUMN_PTRS);
    uint32_t place = 0;
    for (cells.column = 0; cells.column < cells.table->column_count; cells.column++)
        if (shape->column[cells.column])
            build_column(&cells, names, list_builder_struct(columns, place++));
    builder_data(batch, PSP_BATCH_NEXT_CURSOR_PTR, next_cursor.bytes,
                 next_cursor.length);
}
