/* batch_test.c - rows over the wire and back, and batches that must be refused. */
#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>

#include "proto/layout.h"
#include "proto/row_cells.h"
#include "tests/support/random_rows.h"

enum { ROWS = 40 };

/* A message that holds one Batch, as a Change does. */
struct envelope {
    struct buffer buffer;
    struct message message;
};

static struct struct_reader envelope_open(struct envelope *envelope)
{
    assert_int_equal(message_open(&envelope->message, buffer_bytes(&envelope->buffer),
                                  buffer_length(&envelope->buffer)),
                     PSP_OK);
    return reader_struct(message_root(&envelope->message), PSP_CHANGE_UPSERTS_PTR);
}

static struct struct_reader send(struct envelope *envelope,
                                 const struct batch_shape *shape,
                                 const struct names *names, union any_row *rows,
                                 uint32_t count)
{
    const union any_row *pointers[ROWS];
    struct builder builder;
    for (uint32_t i = 0; i < count; i++)
        pointers[i] = &rows[i];
    buffer_init(&envelope->buffer);
    struct struct_builder change = builder_open(&builder, &envelope->buffer,
                                                PSP_CHANGE_DATA_WORDS, PSP_CHANGE_PTRS);
    batch_build(change, PSP_CHANGE_UPSERTS_PTR, shape, names, pointers, count, 7,
                1735689600000, TEXT("cursor"));
    assert_int_equal(builder_close(&builder, NULL), PSP_OK);
    return envelope_open(envelope);
}

static struct batch_shape whole_view(enum view view)
{
    struct batch_shape shape = {.view = view};
    for (uint32_t i = 0; i < view_table(view)->column_count; i++)
        shape.column[i] = true;
    return shape;
}

static void open_whole(struct struct_reader reader, struct batch *batch)
{
    const char *why = NULL;
    if (batch_open(reader, batch, &why) != PSP_OK)
        fail_msg("not opened: %s", why);
}

static void read_whole(const struct batch *batch, uint32_t index, struct names *names,
                       union any_row *row)
{
    const char *why = NULL;
    if (batch_row(batch, index, names, row, &why) != PSP_OK)
        fail_msg("row %u not read: %s", index, why);
}

/* --- there and back ----------------------------------------------------------------
 */

static void round_trip(struct random *random, struct names *names, enum view view,
                       uint32_t count)
{
    struct envelope envelope;
    struct batch batch;
    union any_row rows[ROWS], read;
    struct batch_shape shape = whole_view(view);
    bool wide = random_below(random, 2), marks = random_below(random, 3);
    for (uint32_t i = 0; i < count; i++)
        random_row(random, names, view, wide, marks, &rows[i]);
    open_whole(send(&envelope, &shape, names, rows, count), &batch);
    assert_int_equal(batch.view, view);
    assert_int_equal(batch.row_count, count);
    assert_int_equal(batch.revision, 7);
    assert_int_equal(batch.as_of_ms, 1735689600000);
    assert_true(text_equal(batch.next_cursor, TEXT("cursor")));
    for (uint32_t i = 0; i < count; i++) {
        read_whole(&batch, i, names, &read);
        assert_true(text_equal(batch_key(&batch, i), names_text(names, read.row.key)));
        if (!row_equal(view, &rows[i], &read))
            fail_msg("row %u of %s came back as another", i, view_table(view)->name);
        assert_int_equal(rows[i].row.entity, read.row.entity);
        row_drop(names, view, &read);
        row_drop(names, view, &rows[i]);
    }
    buffer_release(&envelope.buffer);
}

static void rows__come_back_as_they_were_sent(void **state)
{
    (void)state;
    struct random random = random_seeded("rows__come_back");
    struct names *names = names_new();
    for (uint32_t sent = 0; sent < 10000; sent += ROWS)
        for (int view = 0; view < VIEW_COUNT; view++)
            round_trip(&random, names, (enum view)view,
                       ROWS - random_below(&random, 9));
    assert_int_equal(names_count(names), 0);
    names_free(names);
}

static void batch__of_no_rows_keeps_its_columns(void **state)
{
    (void)state;
    struct envelope envelope;
    struct batch batch;
    struct names *names = names_new();
    for (int view = 0; view < VIEW_COUNT; view++) {
        struct batch_shape shape = whole_view((enum view)view);
        open_whole(send(&envelope, &shape, names, NULL, 0), &batch);
        assert_int_equal(batch.row_count, 0);
        for (uint32_t i = 0; i < view_table(shape.view)->column_count; i++)
            assert_true(batch.column[i].present);
        buffer_release(&envelope.buffer);
    }
    names_free(names);
}

static void row_of_fx(struct names *names, const char *from, struct amount rate,
                      union any_row *row)
{
    struct text parts[] = {text_of(from), TEXT("EUR"), TEXT("2025"), TEXT("closing")};
    char key[ROW_KEY_MAX + 1];
    uint32_t length = row_key_write(TEXT("ALD"), parts, 4, key);
    *row = (union any_row){.fx = {.start = 20250101, .end = 20251231, .rate = rate}};
    struct fx_row *fx = &row->fx;
    assert_true(names_intern(names, (struct text){key, length}, &fx->row.key));
    assert_true(names_intern(names, TEXT("ALD"), &fx->row.entity));
    assert_true(names_intern(names, parts[0], &fx->from));
    assert_true(names_intern(names, parts[1], &fx->to));
    assert_true(names_intern(names, parts[2], &fx->period));
    assert_true(names_intern(names, parts[3], &fx->type));
    assert_true(names_intern(names, TEXT("ECB"), &fx->source));
}

static void decimals__leave_at_the_largest_scale(void **state)
{
    (void)state;
    struct names *names = names_new();
    struct batch_shape shape = whole_view(VIEW_FX);
    struct envelope envelope;
    struct batch batch;
    union any_row rows[3];
    int rate = view_column(VIEW_FX, TEXT("rate"));
    row_of_fx(names, "USD", (struct amount){.low = 11, .scale = 1}, &rows[0]);
    row_of_fx(names, "JPY", (struct amount){.low = 6137, .scale = 6}, &rows[1]);
    /* What has no value has no scale. */
    row_of_fx(names, "XXX", (struct amount){.low = 1, .scale = 12, .mark = 4},
              &rows[2]);
    open_whole(send(&envelope, &shape, names, rows, 3), &batch);
    assert_int_equal(batch.column[rate].scale, 6);
    assert_false(batch.column[rate].wide);
    assert_int_equal(list_i64(batch.column[rate].values, 0), 1100000);
    assert_int_equal(list_i64(batch.column[rate].values, 1), 6137);
    assert_int_equal(list_i64(batch.column[rate].values, 2), 0);
    assert_int_equal(list_u8(batch.column[rate].marks, 0), CELL_PRESENT);
    assert_int_equal(list_u8(batch.column[rate].marks, 2), CELL_NOT_KNOWN);
    buffer_release(&envelope.buffer);
    for (int i = 0; i < 3; i++)
        row_drop(names, VIEW_FX, &rows[i]);
    names_free(names);
}

static void decimals__are_wide_only_when_one_does_not_fit(void **state)
{
    (void)state;
    struct names *names = names_new();
    struct batch_shape shape = whole_view(VIEW_FX);
    struct envelope envelope;
    struct batch batch;
    union any_row rows[2], read;
    int rate = view_column(VIEW_FX, TEXT("rate"));
    struct amount largest = {.low = INT64_MAX}, least = {0}, beyond = {0}, most = {0};
    assert_int_equal(amount_from_decimal((struct decimal){INT64_MIN, 0}, &least), 0);
    assert_int_equal(
        amount_from_decimal((struct decimal){(__int128)INT64_MIN - 1, 0}, &beyond), 0);
    __int128 limit = (__int128)1000000000000 * 1000000000000;
    assert_int_equal(amount_from_decimal((struct decimal){-limit, 18}, &most), 0);
    const struct {
        struct amount one, other;
        bool wide;
    } cases[] = {
        {largest, least, false},
        {largest, beyond, true},
        {{.low = 1}, most, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        row_of_fx(names, "USD", cases[i].one, &rows[0]);
        row_of_fx(names, "JPY", cases[i].other, &rows[1]);
        open_whole(send(&envelope, &shape, names, rows, 2), &batch);
        assert_int_equal(batch.column[rate].wide, cases[i].wide);
        for (uint32_t row = 0; row < 2; row++) {
            read_whole(&batch, row, names, &read);
            assert_true(row_equal(VIEW_FX, &rows[row], &read));
            row_drop(names, VIEW_FX, &read);
            row_drop(names, VIEW_FX, &rows[row]);
        }
        buffer_release(&envelope.buffer);
    }
    names_free(names);
}

/* 1e24 and 18 places cannot share a scale in 128 bits. */
static void decimal__that_its_batch_cannot_hold_is_not_known(void **state)
{
    (void)state;
    struct names *names = names_new();
    struct batch_shape shape = whole_view(VIEW_FX);
    struct envelope envelope;
    struct batch batch;
    union any_row rows[2], read;
    struct amount huge = {0};
    __int128 limit = (__int128)1000000000000 * 1000000000000;
    assert_int_equal(amount_from_decimal((struct decimal){limit, 0}, &huge), 0);
    row_of_fx(names, "USD", huge, &rows[0]);
    row_of_fx(names, "JPY", (struct amount){.low = 3, .scale = 18}, &rows[1]);
    open_whole(send(&envelope, &shape, names, rows, 2), &batch);
    read_whole(&batch, 0, names, &read);
    assert_int_equal(read.fx.rate.mark, CELL_NOT_KNOWN);
    row_drop(names, VIEW_FX, &read);
    read_whole(&batch, 1, names, &read);
    assert_true(row_equal(VIEW_FX, &rows[1], &read));
    row_drop(names, VIEW_FX, &read);
    for (int i = 0; i < 2; i++)
        row_drop(names, VIEW_FX, &rows[i]);
    buffer_release(&envelope.buffer);
    names_free(names);
}

static bool permits(void *user, const struct row *row, uint32_t column)
{
    const name_id *hidden = user;
    return column != (uint32_t)view_column(VIEW_FX, TEXT("source")) ||
           row->key != *hidden;
}

static void cell__that_is_withheld_leaves_no_trace(void **state)
{
    (void)state;
    struct names *names = names_new();
    struct batch_shape shape = whole_view(VIEW_FX);
    struct envelope envelope;
    struct batch batch;
    union any_row rows[2], read;
    int source = view_column(VIEW_FX, TEXT("source"));
    row_of_fx(names, "USD", (struct amount){.low = 1}, &rows[0]);
    row_of_fx(names, "JPY", (struct amount){.low = 2}, &rows[1]);
    shape.permits = permits;
    shape.user = &rows[1].row.key;
    shape.column[view_column(VIEW_FX, TEXT("n"))] = false;
    open_whole(send(&envelope, &shape, names, rows, 2), &batch);
    read_whole(&batch, 0, names, &read);
    assert_int_equal(read.row.marks[source], CELL_PRESENT);
    assert_int_equal(read.fx.source, rows[0].fx.source);
    row_drop(names, VIEW_FX, &read);
    read_whole(&batch, 1, names, &read);
    assert_int_equal(read.row.marks[source], CELL_NOT_PERMITTED);
    assert_int_equal(read.fx.source, 0);
    assert_int_equal(list_text(batch.column[source].values, 1).length, 0);
    /* A column that was not sent says so. */
    assert_int_equal(read.row.marks[view_column(VIEW_FX, TEXT("n"))],
                     CELL_NOT_PERMITTED);
    row_drop(names, VIEW_FX, &read);
    for (int i = 0; i < 2; i++)
        row_drop(names, VIEW_FX, &rows[i]);
    buffer_release(&envelope.buffer);
    names_free(names);
}

/* --- batches of a hostile archive ----------------------------------------------------
 */

/* A batch of one fx row, written field by field, with what the case changes. */
struct oddity {
    const char *name;
    const char *why; /* NULL: accepted */
    bool at_row;     /* refused by batch_row, not by batch_open */
    enum psp_error error;
    const char *view, *key; /* NULL: as they should be */
    const char *drop;       /* a column that is not sent */
    const char *extra;      /* one more column of this name, a decimal */
    uint32_t extra_times;   /* 0: once */
    const char *at;         /* the column that the rest is about */
    const char *text;       /* its value */
    uint32_t text_length;   /* 0: of the string */
    int64_t number;         /* its value, when has_number */
    bool has_number, wide, is_none, is_bools;
    int values_more, marks, scale, type; /* 0: as they should be */
    uint8_t mark;
    int keys_more, rows_more;
};

struct plain_cell {
    const char *name;
    enum column_type type;
    const char *text;
    int64_t number;
};

static const struct plain_cell plain[] = {
    {"from", COLUMN_TEXT, "USD", 0},        {"to", COLUMN_TEXT, "EUR", 0},
    {"period", COLUMN_TEXT, "2025", 0},     {"start", COLUMN_INT, NULL, 20250101},
    {"end", COLUMN_INT, NULL, 20251231},    {"type", COLUMN_TEXT, "closing", 0},
    {"rate", COLUMN_DECIMAL, NULL, 110000}, {"n", COLUMN_INT, NULL, 1},
    {"fixed", COLUMN_INT, NULL, 20251231},  {"source", COLUMN_TEXT, "ECB", 0},
    {"seq", COLUMN_INT, NULL, 12},          {"as_of", COLUMN_TIME, NULL, 1735689600000},
};
enum { PLAIN = sizeof plain / sizeof plain[0] };

static void write_values(const struct oddity *odd, const struct plain_cell *cell,
                         bool is_odd, struct struct_builder column)
{
    static const uint16_t tags[] = {
        [COLUMN_TEXT] = PSP_COLUMN_TEXTS_TAG,
        [COLUMN_INT] = PSP_COLUMN_INTS_TAG,
        [COLUMN_DECIMAL] = PSP_COLUMN_DECIMALS_TAG,
        [COLUMN_TIME] = PSP_COLUMN_INTS_TAG,
    };
    uint32_t count = (uint32_t)(1 + (is_odd ? odd->values_more : 0));
    builder_set_u16(column, PSP_COLUMN_TAG_OFF, tags[cell->type]);
    if (is_odd && odd->is_none) {
        builder_set_u16(column, PSP_COLUMN_TAG_OFF, PSP_COLUMN_NONE_TAG);
        return;
    }
    if (is_odd && odd->is_bools) {
        builder_set_u16(column, PSP_COLUMN_TAG_OFF, PSP_COLUMN_BOOLS_TAG);
        builder_list(column, PSP_COLUMN_BOOLS_PTR, ELEMENT_BIT, count);
        return;
    }
    if (is_odd && odd->wide)
        builder_set_u16(column, PSP_COLUMN_TAG_OFF, PSP_COLUMN_WIDES_TAG);
    if (cell->type == COLUMN_TEXT) {
        struct text text = text_of(is_odd && odd->text ? odd->text : cell->text);
        if (is_odd && odd->text_length)
            text.length = odd->text_length;
        struct list_builder list =
            builder_list(column, PSP_COLUMN_TEXTS_PTR, ELEMENT_POINTER, count);
        if (count)
            list_builder_text(list, 0, text);
        return;
    }
    struct list_builder list =
        builder_list(column, PSP_COLUMN_INTS_PTR, ELEMENT_EIGHT_BYTES, count);
    for (uint32_t i = 0; i < count; i++)
        list_builder_i64(list, i,
                         is_odd && odd->has_number ? odd->number : cell->number);
}

static void write_column(const struct oddity *odd, const struct plain_cell *cell,
                         struct struct_builder column)
{
    static const uint16_t types[] = {
        [COLUMN_TEXT] = PSP_COLUMN_INFO_TYPE_TEXT,
        [COLUMN_INT] = PSP_COLUMN_INFO_TYPE_INT,
        [COLUMN_DECIMAL] = PSP_COLUMN_INFO_TYPE_DECIMAL,
        [COLUMN_TIME] = PSP_COLUMN_INFO_TYPE_TIME_MS,
    };
    bool is_odd = odd->at && strcmp(odd->at, cell->name) == 0;
    struct struct_builder info = builder_struct(
        column, PSP_COLUMN_INFO_PTR, PSP_COLUMN_INFO_DATA_WORDS, PSP_COLUMN_INFO_PTRS);
    builder_text(info, PSP_COLUMN_INFO_NAME_PTR, text_of(cell->name));
    builder_set_u16(info, PSP_COLUMN_INFO_TYPE_OFF,
                    is_odd && odd->type ? (uint16_t)odd->type : types[cell->type]);
    uint8_t scale = cell->type == COLUMN_DECIMAL ? 5 : 0;
    builder_set_u8(info, PSP_COLUMN_INFO_SCALE_OFF,
                   is_odd && odd->scale ? (uint8_t)odd->scale : scale);
    if (is_odd && odd->marks) {
        struct list_builder marks = builder_list(column, PSP_COLUMN_MARKS_PTR,
                                                 ELEMENT_BYTE, (uint32_t)odd->marks);
        list_builder_u8(marks, 0, odd->mark);
    }
    write_values(odd, cell, is_odd, column);
}

static void write_columns(const struct oddity *odd, struct struct_builder batch)
{
    uint32_t extras = odd->extra ? (odd->extra_times ? odd->extra_times : 1) : 0;
    uint32_t dropped = odd->drop != NULL;
    struct list_builder columns =
        builder_structs(batch, PSP_BATCH_COLUMNS_PTR, PLAIN - dropped + extras,
                        PSP_COLUMN_DATA_WORDS, PSP_COLUMN_PTRS);
    uint32_t place = 0;
    for (uint32_t i = 0; i < PLAIN; i++)
        if (!odd->drop || strcmp(odd->drop, plain[i].name) != 0)
            write_column(odd, &plain[i], list_builder_struct(columns, place++));
    for (uint32_t i = 0; i < extras; i++) {
        char name[32];
        snprintf(name, sizeof name, "%s%u", odd->extra, i);
        struct plain_cell cell = {extras == 1 ? odd->extra : name, COLUMN_DECIMAL, NULL,
                                  5};
        write_column(odd, &cell, list_builder_struct(columns, place++));
    }
}

static struct struct_reader send_odd(struct envelope *envelope,
                                     const struct oddity *odd)
{
    struct builder builder;
    buffer_init(&envelope->buffer);
    struct struct_builder change = builder_open(&builder, &envelope->buffer,
                                                PSP_CHANGE_DATA_WORDS, PSP_CHANGE_PTRS);
    struct struct_builder batch = builder_struct(change, PSP_CHANGE_UPSERTS_PTR,
                                                 PSP_BATCH_DATA_WORDS, PSP_BATCH_PTRS);
    builder_set_u32(batch, PSP_BATCH_ROW_COUNT_OFF, (uint32_t)(1 + odd->rows_more));
    builder_text(batch, PSP_BATCH_VIEW_PTR, text_of(odd->view ? odd->view : "fx"));
    uint32_t keys = (uint32_t)(1 + odd->keys_more);
    struct list_builder list =
        builder_list(batch, PSP_BATCH_KEYS_PTR, ELEMENT_POINTER, keys);
    for (uint32_t i = 0; i < keys; i++)
        list_builder_text(list, i,
                          text_of(odd->key ? odd->key : "ALD|USD|EUR|2025|closing"));
    write_columns(odd, batch);
    assert_int_equal(builder_close(&builder, NULL), PSP_OK);
    return envelope_open(envelope);
}

#define PART_120                                                                       \
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"                     \
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static const struct oddity oddities[] = {
    {.name = "plain"},
    {.name = "unknown column is ignored", .extra = "shoe_size"},
    {.name = "unknown column of a later type", .extra = "x", .at = "x", .type = 9},
    {.name = "optional column is dropped", .drop = "n"},
    {.name = "seq is dropped", .drop = "seq"},
    {.name = "decimal as wides", .at = "rate", .wide = true, .values_more = 1},
    {.name = "marks of one", .at = "n", .marks = 1, .mark = 4},
    {.name = "marked part of the key", .at = "from", .marks = 1, .mark = 3},
    {.name = "date 0", .at = "start", .has_number = true},
    {.name = "as_of 0", .at = "as_of", .has_number = true},
    {.name = "scale 18", .at = "rate", .scale = 18},
    {.name = "largest int64", .at = "n", .has_number = true, .number = INT64_MAX},
    {.name = "a long mantissa of zeros at scale 18",
     .at = "rate",
     .scale = 18,
     .has_number = true,
     .number = 9000000000000000000},

    {.name = "view is none of ours",
     .view = "position",
     .error = PSP_UNKNOWN,
     .why = "the view is not in the catalogue"},
    {.name = "view is empty",
     .view = "",
     .error = PSP_UNKNOWN,
     .why = "the view is not in the catalogue"},
    {.name = "required column is dropped",
     .drop = "rate",
     .why = "required column rate is missing"},
    {.name = "required part of the key is dropped",
     .drop = "from",
     .why = "required column from is missing"},
    {.name = "another view's columns",
     .view = "own",
     .why = "a column is not of the catalogue's type"},
    {.name = "two columns of one name",
     .extra = "n",
     .why = "two columns have one name"},
    {.name = "100 columns",
     .extra = "x",
     .extra_times = 100,
     .why = "too many columns"},
    {.name = "nameless column",
     .extra = "",
     .why = "a column's name is empty or too long"},
    {.name = "a name of 65",
     .extra = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
     .why = "a column's name is empty or too long"},
    {.name = "one value too few",
     .at = "n",
     .values_more = -1,
     .why = "values and rows differ in number"},
    {.name = "one value too many",
     .at = "type",
     .values_more = 1,
     .why = "values and rows differ in number"},
    {.name = "unknown column with a value too many",
     .extra = "x",
     .at = "x",
     .values_more = 1,
     .why = "values and rows differ in number"},
    {.name = "wides with one word",
     .at = "rate",
     .wide = true,
     .why = "values and rows differ in number"},
    {.name = "marks of two",
     .at = "n",
     .marks = 2,
     .why = "marks and rows differ in number"},
    {.name = "a key too few", .keys_more = -1, .why = "keys and rows differ in number"},
    {.name = "a key too many", .keys_more = 1, .why = "keys and rows differ in number"},
    {.name = "rowCount too large",
     .rows_more = 1,
     .why = "values and rows differ in number"},
    {.name = "rowCount 0 with values",
     .rows_more = -1,
     .why = "values and rows differ in number"},
    {.name = "rowCount 2^32-1",
     .rows_more = -2,
     .why = "values and rows differ in number"},
    {.name = "scale 19",
     .at = "rate",
     .scale = 19,
     .why = "a column's scale is over 18"},
    {.name = "variant none",
     .at = "n",
     .is_none = true,
     .why = "a column's values are not of its declared type"},
    {.name = "bools where ints are declared",
     .at = "n",
     .is_bools = true,
     .why = "a column's values are not of its declared type"},
    {.name = "wides of an int",
     .at = "n",
     .wide = true,
     .values_more = 1,
     .why = "a column's values are not of its declared type"},
    {.name = "ints declared decimal",
     .at = "n",
     .type = PSP_COLUMN_INFO_TYPE_DECIMAL,
     .why = "a column's values are not of its declared type"},
    {.name = "time declared int",
     .at = "as_of",
     .type = PSP_COLUMN_INFO_TYPE_INT,
     .why = "a column is not of the catalogue's type"},
    {.name = "type of a later version for one of ours",
     .at = "n",
     .type = 9,
     .why = "a column is not of the catalogue's type"},
    {.name = "key is empty", .key = "", .why = "a row's key is not legal"},
    {.name = "key has a part too few",
     .key = "ALD|USD|EUR|2025",
     .why = "a row's key is not legal"},
    {.name = "key has a part too many",
     .key = "ALD|USD|EUR|2025|closing|",
     .why = "a row's key is not legal"},
    {.name = "key of no entity",
     .key = "|USD|EUR|2025|closing",
     .why = "a row's key is not legal"},
    {.name = "key of a lower-case entity",
     .key = "ald|USD|EUR|2025|closing",
     .why = "a row's key is not legal"},
    {.name = "key with a terminal escape",
     .key = "ALD|USD|EUR|2025|\x1b[2J",
     .why = "a row's key is not legal"},
    {.name = "key with a C1 control",
     .key = "ALD|USD|EUR|2025|\xc2\x9b",
     .why = "a row's key is not legal"},
    {.name = "key not in UTF-8",
     .key = "ALD|USD|EUR|2025|\xff",
     .why = "a row's key is not legal"},
    {.name = "key part of 121",
     .key = "ALD|USD|EUR|2025|" PART_120 "x",
     .why = "a row's key is not legal"},
    {.name = "key over 255",
     .key = "ALD|" PART_120 "|" PART_120 "|2025|closing",
     .why = "a row's key is not legal"},

    {.name = "key is not its columns",
     .key = "ALD|USD|EUR|2024|closing",
     .at_row = true,
     .why = "a row's key is not made of its columns"},
    {.name = "key escapes what needs no escape",
     .key = "ALD|%55SD|EUR|2025|closing",
     .at_row = true,
     .why = "a row's key is not made of its columns"},
    {.name = "text with a newline",
     .at = "source",
     .text = "E\nCB",
     .at_row = true,
     .why = "a text is not UTF-8 or has control characters"},
    {.name = "text with a NUL",
     .at = "source",
     .text = "E\0CB",
     .text_length = 4,
     .at_row = true,
     .why = "a text is not UTF-8 or has control characters"},
    {.name = "text not in UTF-8",
     .at = "source",
     .text = "\xed\xa0\x80",
     .at_row = true,
     .why = "a text is not UTF-8 or has control characters"},
    {.name = "31st of November",
     .at = "end",
     .has_number = true,
     .number = 20251131,
     .at_row = true,
     .why = "a date is not a day of the calendar"},
    {.name = "date before 0",
     .at = "fixed",
     .has_number = true,
     .number = -20251231,
     .at_row = true,
     .why = "a date is not a day of the calendar"},
    {.name = "time before 1970",
     .at = "as_of",
     .has_number = true,
     .number = -1,
     .at_row = true,
     .why = "a time is out of range"},
    {.name = "time after 9999",
     .at = "as_of",
     .has_number = true,
     .number = 253402300800000,
     .at_row = true,
     .why = "a time is out of range"},
    {.name = "amount over 1e24",
     .at = "rate",
     .wide = true,
     .values_more = 1,
     .has_number = true,
     .number = 123456789,
     .at_row = true,
     .why = "an amount is out of range"},
    {.name = "mark 9",
     .at = "n",
     .marks = 1,
     .mark = 9,
     .at_row = true,
     .why = "a mark is not in the catalogue"},
};

static void check_oddity(const struct oddity *odd, struct names *names)
{
    struct envelope envelope;
    struct batch batch = {.view = VIEW_COUNT};
    union any_row row;
    const char *why = NULL;
    enum psp_error expected = odd->error ? odd->error : PSP_MALFORMED;
    enum psp_error error = batch_open(send_odd(&envelope, odd), &batch, &why);
    if (error == PSP_OK && (odd->at_row || !odd->why))
        error = batch_row(&batch, 0, names, &row, &why);
    else if (error == PSP_UNKNOWN && batch.view != VIEW_COUNT)
        fail_msg("%s: a view that is none of ours has got one", odd->name);
    if (!odd->why && error != PSP_OK)
        fail_msg("%s: refused: %s", odd->name, why);
    if (odd->why && (error != expected || !why || strcmp(why, odd->why) != 0))
        fail_msg("%s: error %d, %s", odd->name, (int)error, why ? why : "no reason");
    if (error == PSP_OK)
        row_drop(names, batch.view, &row);
    assert_int_equal(names_count(names), 0);
    buffer_release(&envelope.buffer);
}

static void batch__of_a_hostile_archive_is_judged(void **state)
{
    (void)state;
    struct names *names = names_new();
    for (size_t i = 0; i < sizeof oddities / sizeof oddities[0]; i++)
        check_oddity(&oddities[i], names);
    names_free(names);
}

static void share__is_between_nothing_and_the_whole(void **state)
{
    (void)state;
    static const struct {
        int64_t num, den;
        bool legal;
    } cases[] = {{3, 4, true},  {0, 1, true},   {1, 1, true},   {1, 0, false},
                 {5, 4, false}, {-1, 4, false}, {1, -4, false}, {INT64_MIN, -1, false}};
    struct names *names = names_new();
    struct batch_shape shape = whole_view(VIEW_OWN);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct envelope envelope;
        struct batch batch;
        struct random random = {i};
        union any_row row, read;
        const char *why = NULL;
        random_row(&random, names, VIEW_OWN, false, false, &row);
        row.own.econ_num = cases[i].num;
        row.own.econ_den = cases[i].den;
        open_whole(send(&envelope, &shape, names, &row, 1), &batch);
        enum psp_error error = batch_row(&batch, 0, names, &read, &why);
        assert_int_equal(error, cases[i].legal ? PSP_OK : PSP_MALFORMED);
        if (error == PSP_OK)
            row_drop(names, VIEW_OWN, &read);
        row_drop(names, VIEW_OWN, &row);
        buffer_release(&envelope.buffer);
    }
    assert_int_equal(names_count(names), 0);
    names_free(names);
}

static void batch__that_only_names_its_view_is_whole(void **state)
{
    (void)state;
    struct names *names = names_new();
    struct batch_shape shape = {.view = VIEW_POS};
    struct envelope envelope;
    struct batch batch;
    open_whole(send(&envelope, &shape, names, NULL, 0), &batch);
    assert_int_equal(batch.view, VIEW_POS);
    buffer_release(&envelope.buffer);
    names_free(names);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows__come_back_as_they_were_sent),
        cmocka_unit_test(batch__of_no_rows_keeps_its_columns),
        cmocka_unit_test(decimals__leave_at_the_largest_scale),
        cmocka_unit_test(decimals__are_wide_only_when_one_does_not_fit),
        cmocka_unit_test(decimal__that_its_batch_cannot_hold_is_not_known),
        cmocka_unit_test(cell__that_is_withheld_leaves_no_trace),
        cmocka_unit_test(batch__of_a_hostile_archive_is_judged),
        cmocka_unit_test(share__is_between_nothing_and_the_whole),
        cmocka_unit_test(batch__that_only_names_its_view_is_whole),
    };
    return cmocka_run_group_tests_name("batch", tests, NULL, NULL);
}
