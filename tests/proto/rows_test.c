/* rows_test.c - the catalogue: tables, keys, and what a row holds. */
#include "tests/support/cmocka_all.h"

#include <stdio.h>

#include "proto/row_cells.h"
#include "tests/support/random_rows.h"

/* rows.md as data: each view's columns in order, the required ones with a star. */
static const struct {
    enum view view;
    const char *name;
    const char *key;
    const char *columns;
} catalogue[] = {
    {VIEW_ENTITY, "entity", "",
     "name* kind* cur* lifecycle* parent_scope* fy_start tags periods book_lines"},
    {VIEW_OWN, "own", "owned from",
     "owned* from* to* econ_num* econ_den* vote_num vote_den method*"},
    {VIEW_POS, "pos", "period cls line account cp cur",
     "period* start* end* cls* line* account cp* cur* open* move* hist_open hist_move "
     "hist_cur n"},
    {VIEW_METRIC, "metric", "key period scenario basis unit cp",
     "key* period* start* end* scenario* basis* unit* cp nature* value* num den n "
     "quality*"},
    {VIEW_ITEM, "item", "cp cls account ref #",
     "cp* cls* account ref grp date* cur* amt* bcur* booked* st"},
    {VIEW_OBL, "obl", "kind id",
     "kind* id* title due* amount cur qty unit cp metric op threshold num den period "
     "state*"},
    {VIEW_FX, "fx", "from to period type",
     "from* to* period* start end type* rate* n fixed* source*"},
    {VIEW_NOTE, "note", "target #", "target* kind* text by* at* state*"},
    {VIEW_LINK, "link", "", "state* reason last_ok rtt_ms weight via"},
};

static void write_columns(const struct view_table *table, char *text, size_t room)
{
    size_t length = 0;
    for (uint32_t i = 0; i < table->column_count; i++) {
        const struct column *column = &table->columns[i];
        length += (size_t)snprintf(text + length, room - length, "%s%s%s", i ? " " : "",
                                   column->name, column->required ? "*" : "");
    }
}

static void write_key(const struct view_table *table, char *text, size_t room)
{
    size_t length = 0;
    text[0] = '\0';
    for (uint32_t part = 1; part <= table->key_parts; part++) {
        const char *name = "#";
        for (uint32_t i = 0; i < table->column_count; i++)
            if (table->columns[i].key_part == part)
                name = table->columns[i].name;
        length += (size_t)snprintf(text + length, room - length, "%s%s",
                                   part > 1 ? " " : "", name);
    }
}

static void tables__are_the_catalogue(void **state)
{
    (void)state;
    assert_int_equal(sizeof catalogue / sizeof catalogue[0], VIEW_COUNT);
    for (int i = 0; i < VIEW_COUNT; i++) {
        const struct view_table *table = view_table(catalogue[i].view);
        char expected[512], text[512];
        assert_string_equal(table->name, catalogue[i].name);
        snprintf(expected, sizeof expected, "%s seq as_of", catalogue[i].columns);
        write_columns(table, text, sizeof text);
        assert_string_equal(text, expected);
        write_key(table, text, sizeof text);
        assert_string_equal(text, catalogue[i].key);
        assert_true(table->column_count <= ROW_COLUMNS_MAX);
        assert_true(table->key_parts <= KEY_PARTS_MAX);
    }
}

/* A wrong offset would make two cells one. */
static void tables__give_each_cell_a_place_of_its_own(void **state)
{
    (void)state;
    static const size_t sizes[] = {[COLUMN_TEXT] = sizeof(name_id),
                                   [COLUMN_INT] = 8,
                                   [COLUMN_TIME] = 8,
                                   [COLUMN_DECIMAL] = sizeof(struct amount)};
    for (int view = 0; view < VIEW_COUNT; view++) {
        const struct view_table *table = view_table((enum view)view);
        uint8_t used[sizeof(union any_row)] = {0};
        for (uint32_t i = 0; i < table->column_count; i++) {
            const struct column *column = &table->columns[i];
            assert_true(column->offset + sizes[column->type] <= table->size);
            for (size_t byte = 0; byte < sizes[column->type]; byte++)
                assert_int_equal(used[column->offset + byte]++, 0);
        }
    }
}

static void views_and_columns__are_found_by_name(void **state)
{
    (void)state;
    enum view view = VIEW_COUNT;
    assert_true(view_by_name(TEXT("metric"), &view));
    assert_int_equal(view, VIEW_METRIC);
    assert_false(view_by_name(TEXT("metrics"), &view));
    assert_false(view_by_name(TEXT(""), &view));
    assert_int_equal(view_column(VIEW_METRIC, TEXT("key")), 0);
    assert_int_equal(view_column(VIEW_POS, TEXT("as_of")), 15);
    assert_int_equal(view_column(VIEW_POS, TEXT("Cur")), -1);
}

static void key__joins_and_escapes(void **state)
{
    (void)state;
    char key[ROW_KEY_MAX + 1];
    struct text parts[] = {TEXT("2025"), TEXT(""), TEXT("a|b"), TEXT("5%\n\x7f"),
                           TEXT("é")};
    uint32_t length = row_key_write(TEXT("ALD"), parts, 5, key);
    assert_string_equal(key, "ALD|2025||a%7Cb|5%25%0A\x7f|é");
    assert_int_equal(length, strlen(key));
    assert_true(text_equal(row_key_entity(text_of(key)), TEXT("ALD")));
    assert_int_equal(row_key_write(TEXT("ALD"), NULL, 0, key), 3);
    assert_true(text_equal(row_key_entity(TEXT("ALD")), TEXT("ALD")));
}

static void key__refuses_what_is_too_long(void **state)
{
    (void)state;
    char key[ROW_KEY_MAX + 1], long_part[ROW_KEY_MAX];
    memset(long_part, 'x', sizeof long_part);
    struct text whole = {long_part, KEY_PART_MAX}, over = {long_part, KEY_PART_MAX + 1};
    struct text parts[] = {whole, whole, TEXT("12345678")};
    assert_int_equal(row_key_write(TEXT("ALD"), &whole, 1, key), 4 + KEY_PART_MAX);
    assert_int_equal(row_key_write(TEXT("ALD"), &over, 1, key), 0);
    /* 3 + 121 + 121 + 1 + 8 = 254, 255, 256. */
    assert_int_equal(row_key_write(TEXT("ALD"), parts, 3, key), 254);
    assert_int_equal(row_key_write(TEXT("ALD0"), parts, 3, key), ROW_KEY_MAX);
    assert_int_equal(row_key_write(TEXT("ALD00"), parts, 3, key), 0);
    /* The escape counts, not what it stands for. */
    long_part[0] = '|';
    assert_int_equal(row_key_write(TEXT("ALD"), &whole, 1, key), 0);
    whole.length -= 2;
    assert_int_equal(row_key_write(TEXT("ALD"), &whole, 1, key), 4 + KEY_PART_MAX);
}

static void entity_id__is_upper_case_digits_and_dash(void **state)
{
    (void)state;
    assert_true(entity_id_is_valid(TEXT("A")));
    assert_true(entity_id_is_valid(TEXT("N-0123456789ABCD")));
    assert_false(entity_id_is_valid(TEXT("N-0123456789ABCDE")));
    assert_false(entity_id_is_valid(TEXT("")));
    assert_false(entity_id_is_valid(TEXT("ald")));
    assert_false(entity_id_is_valid(TEXT("A D")));
    assert_false(entity_id_is_valid(TEXT("A|D")));
}

static void text__is_clean_without_controls_and_in_utf8(void **state)
{
    (void)state;
    static const struct {
        struct text text;
        bool clean;
    } cases[] = {
        {TEXT(""), true},
        {TEXT("plain ~"), true},
        {TEXT("tab\t"), false},
        {TEXT("nul\0"), false},
        {TEXT("\x1b[31m"), false},
        {TEXT("del\x7f"), false},
        {TEXT("\xc2\x80"), false},
        {TEXT("\xc2\x9f"), false},
        {TEXT("\xc2\xa0"), true},
        {TEXT("\xc2"), false},
        {TEXT("\xc0\xaf"), false},
        {TEXT("\xc1\xbf"), false},
        {TEXT("\xe0\x80\xaf"), false},
        {TEXT("\xe0\x9f\xbf"), false},
        {TEXT("\xe0\xa0\x80"), true},
        {TEXT("\xed\x9f\xbf"), true},
        {TEXT("\xed\xa0\x80"), false},
        {TEXT("\xee\x80\x80"), true},
        {TEXT("\xf0\x8f\xbf\xbf"), false},
        {TEXT("\xf0\x90\x80\x80"), true},
        {TEXT("\xf4\x8f\xbf\xbf"), true},
        {TEXT("\xf4\x90\x80\x80"), false},
        {TEXT("\xf5\x80\x80\x80"), false},
        {TEXT("\x80"), false},
        {TEXT("\xe2\x82"), false},
        {TEXT("\xe2\x82\x20"), false},
        {TEXT("\xf0\x9f\x8f"), false},
        {TEXT("e\xe2\x80\xae"), true}, /* bidi overrides are the screen's business */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (text_is_clean(cases[i].text) != cases[i].clean)
            fail_msg("case %zu", i);
}

static void date__is_a_day_of_the_calendar(void **state)
{
    (void)state;
    assert_true(date_is_valid(20251231));
    assert_true(date_is_valid(20240229));
    assert_true(date_is_valid(20000229));
    assert_false(date_is_valid(19000229));
    assert_false(date_is_valid(20250229));
    assert_false(date_is_valid(20251301));
    assert_false(date_is_valid(20250001));
    assert_false(date_is_valid(20250100));
    assert_false(date_is_valid(20250431));
    assert_false(date_is_valid(0));
    assert_false(date_is_valid(-20250101));
    assert_false(date_is_valid(99991232));
    assert_false(date_is_valid(INT64_MAX));
}

static void row__holds_and_drops_each_name_once(void **state)
{
    (void)state;
    struct random random = random_seeded("row__holds_and_drops");
    struct names *names = names_new();
    assert_non_null(names);
    for (int view = 0; view < VIEW_COUNT; view++) {
        union any_row row;
        random_row(&random, names, (enum view)view, true, true, &row);
        uint32_t held = names_count(names);
        row_hold(names, (enum view)view, &row);
        row_drop(names, (enum view)view, &row);
        assert_int_equal(names_count(names), held);
        row_drop(names, (enum view)view, &row);
        assert_int_equal(names_count(names), 0);
    }
    names_free(names);
}

static void row_equal__compares_meaning(void **state)
{
    (void)state;
    union any_row a = {.fx = {.n = 3}}, b;
    a.fx.rate = (struct amount){.low = 150, .scale = 2};
    b = a;
    assert_true(row_equal(VIEW_FX, &a, &b));
    b.fx.rate = (struct amount){.low = 15, .scale = 1};
    assert_true(row_equal(VIEW_FX, &a, &b));
    b.fx.rate.low = 16;
    assert_false(row_equal(VIEW_FX, &a, &b));
    /* Two cells without a value are equal whatever is left in them. */
    a.fx.rate.mark = b.fx.rate.mark = CELL_NOT_KNOWN;
    assert_true(row_equal(VIEW_FX, &a, &b));
    b.fx.rate.mark = CELL_NOT_APPLICABLE;
    assert_false(row_equal(VIEW_FX, &a, &b));
    b = a;
    b.row.seq++;
    assert_false(row_equal(VIEW_FX, &a, &b));
    b = a;
    b.row.as_of_ms++;
    assert_false(row_equal(VIEW_FX, &a, &b));
    b = a;
    b.fx.to = 7;
    assert_false(row_equal(VIEW_FX, &a, &b));
    b = a;
    b.row.marks[0] = CELL_NOT_PERMITTED;
    assert_false(row_equal(VIEW_FX, &a, &b));
    b = a;
    b.row.key = 7;
    assert_false(row_equal(VIEW_FX, &a, &b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables__are_the_catalogue),
        cmocka_unit_test(tables__give_each_cell_a_place_of_its_own),
        cmocka_unit_test(views_and_columns__are_found_by_name),
        cmocka_unit_test(key__joins_and_escapes),
        cmocka_unit_test(key__refuses_what_is_too_long),
        cmocka_unit_test(entity_id__is_upper_case_digits_and_dash),
        cmocka_unit_test(text__is_clean_without_controls_and_in_utf8),
        cmocka_unit_test(date__is_a_day_of_the_calendar),
        cmocka_unit_test(row__holds_and_drops_each_name_once),
        cmocka_unit_test(row_equal__compares_meaning),
    };
    return cmocka_run_group_tests_name("rows", tests, NULL, NULL);
}
