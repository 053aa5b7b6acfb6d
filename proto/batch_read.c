#include "proto/rows.h"

#include "proto/layout.h"
#include "proto/row_cells.h"

#define TIME_MAX_MS 253402300799999                           /* the year 9999 */
#define AMOUNT_MAX  ((__int128)1000000000000 * 1000000000000) /* 1e24 */

static enum psp_error malformed(const char **why, const char *reason)
{
    *why = reason;
    return PSP_MALFORMED;
}

/* --- opening -----------------------------------------------------------------------
 */

/* How a column type of the schema is sent. */
static const struct variant {
    uint16_t tag;
    uint8_t element;
} variants[] = {
    [PSP_COLUMN_INFO_TYPE_BOOL] = {PSP_COLUMN_BOOLS_TAG, ELEMENT_BIT},
    [PSP_COLUMN_INFO_TYPE_INT] = {PSP_COLUMN_INTS_TAG, ELEMENT_EIGHT_BYTES},
    [PSP_COLUMN_INFO_TYPE_FLOAT] = {PSP_COLUMN_FLOATS_TAG, ELEMENT_EIGHT_BYTES},
    [PSP_COLUMN_INFO_TYPE_DECIMAL] = {PSP_COLUMN_DECIMALS_TAG, ELEMENT_EIGHT_BYTES},
    [PSP_COLUMN_INFO_TYPE_TEXT] = {PSP_COLUMN_TEXTS_TAG, ELEMENT_POINTER},
    [PSP_COLUMN_INFO_TYPE_TIME_MS] = {PSP_COLUMN_INTS_TAG, ELEMENT_EIGHT_BYTES},
    [PSP_COLUMN_INFO_TYPE_BLOB] = {PSP_COLUMN_BLOBS_TAG, ELEMENT_POINTER},
};
enum { TYPE_COUNT = sizeof variants / sizeof variants[0] };

static const uint16_t wire_types[] = {
    [COLUMN_TEXT] = PSP_COLUMN_INFO_TYPE_TEXT,
    [COLUMN_INT] = PSP_COLUMN_INFO_TYPE_INT,
    [COLUMN_DECIMAL] = PSP_COLUMN_INFO_TYPE_DECIMAL,
    [COLUMN_TIME] = PSP_COLUMN_INFO_TYPE_TIME_MS,
};

/* A column as it came, before it is known to be one of ours. */
struct sent_column {
    struct text name;
    uint16_t type;
    struct batch_column column;
};

/* The batch rule for one column: what it declares is what it has. */
static const char *read_column(struct struct_reader reader, uint32_t row_count,
                               struct sent_column *sent)
{
    struct struct_reader info = reader_struct(reader, PSP_COLUMN_INFO_PTR);
    struct batch_column *column = &sent->column;
    sent->name = reader_text(info, PSP_COLUMN_INFO_NAME_PTR);
    sent->type = reader_u16(info, PSP_COLUMN_INFO_TYPE_OFF);
    *column = (struct batch_column){
        .present = true,
        .scale = reader_u8(info, PSP_COLUMN_INFO_SCALE_OFF),
        .marks = reader_list(reader, PSP_COLUMN_MARKS_PTR, ELEMENT_BYTE),
    };
    if (sent->name.length == 0 || sent->name.length > 64)
        return "a column's name is empty or too long";
    if (column->scale > DECIMAL_SCALE_MAX)
        return "a column's scale is over 18";
    if (column->marks.count != 0 && column->marks.count != row_count)
        return "marks and rows differ in number";
    if (sent->type >= TYPE_COUNT || variants[sent->type].tag == PSP_COLUMN_NONE_TAG)
        return NULL; /* a type of a later version, which none of our columns has */
    uint16_t tag = reader_u16(reader, PSP_COLUMN_TAG_OFF);
    column->wide =
        tag == PSP_COLUMN_WIDES_TAG && sent->type == PSP_COLUMN_INFO_TYPE_DECIMAL;
    if (tag != variants[sent->type].tag && !column->wide)
        return "a column's values are not of its declared type";
    column->values = reader_list(reader, PSP_COLUMN_INTS_PTR,
                                 (enum element)variants[sent->type].element);
    if (column->values.count != (uint64_t)row_count * (column->wide ? 2 : 1))
        return "values and rows differ in number";
    return NULL;
}

static const char *read_columns(struct batch *batch, struct list_reader columns)
{
    const struct view_table *table = view_table(batch->view);
    struct text names[BATCH_COLUMNS_MAX];
    if (columns.count > BATCH_COLUMNS_MAX)
        return "too many columns";
    for (uint32_t i = 0; i < columns.count; i++) {
        struct sent_column sent;
        const char *defect =
            read_column(list_struct(columns, i), batch->row_count, &sent);
        if (defect)
            return defect;
        for (uint32_t j = 0; j < i; j++)
            if (text_equal(names[j], sent.name))
                return "two columns have one name";
        names[i] = sent.name;
        int place = view_column(batch->view, sent.name);
        if (place < 0)
            continue;
        if (sent.type != wire_types[table->columns[place].type])
            return "a column is not of the catalogue's type";
        batch->column[place] = sent.column;
    }
    /* A change that only deletes names its view and has no columns. */
    bool is_bare = batch->row_count == 0 && columns.count == 0;
    for (uint32_t i = 0; i < table->column_count && !is_bare; i++)
        if (table->columns[i].required && !batch->column[i].present)
            return table->columns[i].missing;
    return NULL;
}

static bool key_is_legal(struct text key, uint32_t parts)
{
    uint32_t bars = 0, part = 0;
    if (key.length > ROW_KEY_MAX || !entity_id_is_valid(row_key_entity(key)) ||
        !text_is_clean(key))
        return false;
    for (uint32_t i = 0; i < key.length; i++) {
        part++;
        if (key.bytes[i] == '|') {
            bars++;
            part = 0;
        }
        if (part > KEY_PART_MAX)
            return false;
    }
    return bars == parts;
}

static const char *read_keys(const struct batch *batch)
{
    uint32_t parts = view_table(batch->view)->key_parts;
    if (batch->keys.count != batch->row_count)
        return "keys and rows differ in number";
    for (uint32_t i = 0; i < batch->row_count; i++)
        if (!key_is_legal(list_text(batch->keys, i), parts))
            return "a row's key is not legal";
    return NULL;
}

enum psp_error batch_open(struct struct_reader reader, struct batch *batch,
                          const char **why)
{
    struct batch read = {
        .row_count = reader_u32(reader, PSP_BATCH_ROW_COUNT_OFF),
        .revision = reader_u64(reader, PSP_BATCH_REVISION_OFF),
        .as_of_ms = reader_i64(reader, PSP_BATCH_AS_OF_MS_OFF),
        .next_cursor = reader_data(reader, PSP_BATCH_NEXT_CURSOR_PTR),
    };
    *batch = (struct batch){.view = VIEW_COUNT};
    if (!reader.message)
        return malformed(why, "there is no batch");
    struct text view = reader_text(reader, PSP_BATCH_VIEW_PTR);
    if (message_error(reader.message))
        return malformed(why, message_error(reader.message));
    if (!view_by_name(view, &read.view)) {
        *why = "the view is not in the catalogue";
        return PSP_UNKNOWN;
    }
    batch->view = read.view;
    const char *defect = read_columns(
        &read, reader_list(reader, PSP_BATCH_COLUMNS_PTR, ELEMENT_COMPOSITE));
    if (!defect) {
        read.keys = reader_list(reader, PSP_BATCH_KEYS_PTR, ELEMENT_POINTER);
        defect = read_keys(&read);
    }
    /* What a broken pointer reads as is no defect of its own. */
    if (message_error(reader.message))
        defect = message_error(reader.message);
    if (defect)
        return malformed(why, defect);
    *batch = read;
    return PSP_OK;
}

struct text batch_key(const struct batch *batch, uint32_t index)
{
    return list_text(batch->keys, index);
}

/* --- rows --------------------------------------------------------------------------
 */

bool date_is_valid(int64_t date)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (date < 10000101 || date > 99991231)
        return false;
    int64_t year = date / 10000, month = date / 100 % 100, day = date % 100;
    if (month < 1 || month > 12)
        return false;
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return day >= 1 && day <= days[month - 1] + (leap && month == 2);
}

static const char *read_int(const struct column *column, int64_t value, int64_t *cell)
{
    if (column->is_date && value != 0 && !date_is_valid(value))
        return "a date is not a day of the calendar";
    if (column->type == COLUMN_TIME && (value < 0 || value > TIME_MAX_MS))
        return "a time is out of range";
    *cell = value;
    return NULL;
}

static const char *read_decimal(const struct batch_column *column, uint32_t index,
                                struct amount *cell)
{
    struct decimal value = {.scale = column->scale};
    if (column->wide) {
        uint64_t low = list_u64(column->values, index * 2);
        uint64_t high = list_u64(column->values, index * 2 + 1);
        value.coefficient = (__int128)((unsigned __int128)high << 64 | low);
    } else {
        value.coefficient = list_i64(column->values, index);
    }
    /* The batch's scale is that of its longest fraction: what only that made too long
     * is still an amount. */
    if (value.coefficient > AMOUNT_MAX || value.coefficient < -AMOUNT_MAX)
        value = decimal_trim(value);
    if (value.coefficient > AMOUNT_MAX || value.coefficient < -AMOUNT_MAX ||
        amount_from_decimal(value, cell) != DECIMAL_OK)
        return "an amount is out of range";
    return NULL;
}

/* A name_id cell is set once its reference is taken: row_drop undoes what was done. */
static enum psp_error read_name(struct text text, struct names *names, name_id *cell,
                                const char **why)
{
    if (text.length > CELL_TEXT_MAX)
        return malformed(why, "a text is too long");
    if (!text_is_clean(text))
        return malformed(why, "a text is not UTF-8 or has control characters");
    name_id name;
    if (!names_intern(names, text, &name)) {
        *why = "out of memory";
        return PSP_NO_MEMORY;
    }
    *cell = name;
    return PSP_OK;
}

static uint8_t sent_mark(const struct batch_column *column, uint32_t index)
{
    if (!column->present)
        return CELL_NOT_PERMITTED;
    return column->marks.count ? list_u8(column->marks, index) : CELL_PRESENT;
}

static enum psp_error read_cell(const struct batch *batch, uint32_t place,
                                uint32_t index, struct names *names, union any_row *row,
                                const char **why)
{
    const struct column *column = &view_table(batch->view)->columns[place];
    const struct batch_column *sent = &batch->column[place];
    void *cell = (uint8_t *)row + column->offset;
    uint8_t mark = sent_mark(sent, index);
    const char *defect = NULL;
    if (mark > CELL_SUPPRESSED_REPEATED)
        return malformed(why, "a mark is not in the catalogue");
    row->row.marks[place] = mark;
    if (mark != CELL_PRESENT) {
        if (column->type == COLUMN_DECIMAL)
            ((struct amount *)cell)->mark = mark;
        return PSP_OK;
    }
    switch (column->type) {
    case COLUMN_TEXT:
        return read_name(list_text(sent->values, index), names, cell, why);
    case COLUMN_INT:
    case COLUMN_TIME:
        defect = read_int(column, list_i64(sent->values, index), cell);
        break;
    case COLUMN_DECIMAL:
        defect = read_decimal(sent, index, cell);
        break;
    }
    return defect ? malformed(why, defect) : PSP_OK;
}

static bool is_share(int64_t num, int64_t den)
{
    return den > 0 && num >= 0 && num <= den;
}

/* Shares are multiplied along chains: none may be more than the whole, or over zero. */
static const char *check_shares(const struct own_row *own)
{
    const uint8_t *marks = own->row.marks;
    bool voted =
        marks[view_column(VIEW_OWN, TEXT("vote_den"))] == CELL_PRESENT && own->vote_den;
    bool known = marks[view_column(VIEW_OWN, TEXT("econ_den"))] == CELL_PRESENT;
    if ((known && !is_share(own->econ_num, own->econ_den)) ||
        (voted && !is_share(own->vote_num, own->vote_den)))
        return "a share is not between 0 and 1";
    return NULL;
}

/* --- keys against columns -----------------------------------------------------------
 */

static bool is_ordinal(struct text part)
{
    for (uint32_t i = 0; i < part.length; i++)
        if (part.bytes[i] < '0' || part.bytes[i] > '9')
            return false;
    return part.length > 0;
}

/* One meaning has one key: each part is what its cell would be written as.  A marked
 * cell cannot be compared; a part that is no column is an ordinal. */
static const char *check_key(enum view view, struct text key, const union any_row *row,
                             const struct names *names)
{
    const struct view_table *table = view_table(view);
    struct text part[KEY_PARTS_MAX + 1];
    uint32_t columns_seen = 0;
    row_key_split(key, part, table->key_parts + 1);
    for (uint32_t i = 0; i < table->column_count; i++) {
        const struct column *column = &table->columns[i];
        char digits[DECIMAL_CHARS_MAX];
        struct text cell;
        if (column->key_part == 0)
            continue;
        columns_seen++;
        if (row->row.marks[i] != CELL_PRESENT)
            continue;
        if (column->type == COLUMN_TEXT) {
            cell = names_text(names, row_name(row, column));
        } else {
            struct decimal value = decimal_from_int(row_int(row, column));
            cell = (struct text){digits, decimal_write(value, digits)};
        }
        if (!row_key_part_is(part[column->key_part], cell))
            return "a row's key is not made of its columns";
    }
    if (columns_seen < table->key_parts && !is_ordinal(part[table->key_parts]))
        return "a row's key has no ordinal";
    return NULL;
}

/* Text cells that were not reached are 0, the name that is never counted. */
static enum psp_error read_row(const struct batch *batch, uint32_t index,
                               struct names *names, union any_row *row,
                               const char **why)
{
    const struct view_table *table = view_table(batch->view);
    struct text key = batch_key(batch, index);
    enum psp_error error = read_name(key, names, &row->row.key, why);
    if (error == PSP_OK)
        error = read_name(row_key_entity(key), names, &row->row.entity, why);
    for (uint32_t i = 0; i < table->column_count && error == PSP_OK; i++)
        error = read_cell(batch, i, index, names, row, why);
    if (error != PSP_OK)
        return error;
    /* The budget of the message may have run dry since the batch was opened. */
    if (message_error(batch->keys.message))
        return malformed(why, message_error(batch->keys.message));
    const char *defect = check_key(batch->view, key, row, names);
    if (!defect && batch->view == VIEW_OWN)
        defect = check_shares(&row->own);
    return defect ? malformed(why, defect) : PSP_OK;
}

enum psp_error batch_row(const struct batch *batch, uint32_t index, struct names *names,
                         union any_row *row, const char **why)
{
    memset(row, 0, view_table(batch->view)->size);
    enum psp_error error = read_row(batch, index, names, row, why);
    if (error != PSP_OK) {
        row_drop(names, batch->view, row);
        memset(row, 0, view_table(batch->view)->size);
    }
    return error;
}
