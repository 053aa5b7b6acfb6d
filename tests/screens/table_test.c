/* The order of rows, the cursor in it, and the filter. */
#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <string.h>

#include "screens/table_filter.h"

/* A table of names and numbers that the test may change. */
struct model {
    uint32_t count;
    const char *names[8];
    struct figure figures[8];
};

static void value_of(const struct table *table, uint32_t row, unsigned column,
                     struct value *value)
{
    const struct model *model = table->model;
    if (column == 0)
        value->text = row == TABLE_TOTAL ? "total" : model->names[row];
    else
        value->figure = &model->figures[row == TABLE_TOTAL ? 0 : row];
}

static const char *identity_of(const struct table *table, uint32_t row,
                               char scratch[IDENTITY_CHARS])
{
    (void)scratch;
    return ((const struct model *)table->model)->names[row];
}

static bool is_negative(const struct table *table, uint32_t row)
{
    const struct figure *figure = &((const struct model *)table->model)->figures[row];
    return figure->present && decimal_sign(figure->value) < 0;
}

static const struct table_column columns[] = {
    {"name", "name", VALUE_TEXT, 8, 8, 0, false},
    {"value", "value", VALUE_FIGURE, 10, 10, 0, false},
};

static struct model model_of(void)
{
    static const char *const names[] = {"ALD", "BIR", "CED", "DOG", "ELM", "FIR"};
    static const int64_t values[] = {30, -10, 0, 20, 50, 40};
    struct model model = {.count = 6};
    for (unsigned i = 0; i < 6; i++) {
        model.names[i] = names[i];
        model.figures[i] = (struct figure){.value = decimal_from_int(values[i]),
                                           .present = i != 2,
                                           .mark = i == 2 ? MARK_NEVER : MARK_CURRENT,
                                           .currency = "",
                                           .why = ""};
    }
    return model;
}

static struct table table_over(const struct model *model)
{
    return (struct table){.name = "test",
                          .title = "test",
                          .columns = columns,
                          .column_count = 2,
                          .row_count = model->count,
                          .model = model,
                          .value = value_of,
                          .identity = identity_of,
                          .is_problem = is_negative};
}

static struct table_entry entries[32];

static struct table_view view_over(void)
{
    return (struct table_view){.entries = entries, .capacity = 32};
}

static const char *order_of(const struct table *table, const struct table_view *view)
{
    static char text[64];
    char scratch[IDENTITY_CHARS];
    text[0] = '\0';
    for (uint32_t i = 0; i < view->count; i++) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%s%s", i ? " " : "",
                 table->identity(table, view->entries[i].row, scratch));
    }
    return text;
}

static void sort__puts_unknown_last_in_both_directions(void **state)
{
    (void)state;
    struct model model = model_of();
    struct table table = table_over(&model);
    struct table_view view = view_over();
    table_arrange(&table, &view, false);
    assert_string_equal(order_of(&table, &view), "ALD BIR CED DOG ELM FIR");
    view.sort_column = 2;
    table_arrange(&table, &view, false);
    assert_string_equal(order_of(&table, &view), "BIR DOG ALD FIR ELM CED");
    view.descending = true;
    table_arrange(&table, &view, false);
    assert_string_equal(order_of(&table, &view), "ELM FIR ALD DOG BIR CED");
}

static void cursor__follows_the_entity_and_keeps_its_line(void **state)
{
    (void)state;
    struct model model = model_of();
    struct table table = table_over(&model);
    struct table_view view = view_over();
    view.sort_column = 2;
    view.descending = true;
    table_arrange(&table, &view, false);
    table_select(&table, &view, 3); /* DOG, on the line of place 3 */
    assert_string_equal(view.selected, "DOG");
    view.top = 2;
    model.figures[3].value = decimal_from_int(45); /* it climbs to place 1 */
    table_arrange(&table, &view, false);
    assert_string_equal(order_of(&table, &view), "ELM DOG FIR ALD BIR CED");
    assert_int_equal(view.cursor, 1);
    assert_string_equal(view.selected, "DOG");
    assert_int_equal(view.top, 0); /* as near to its line as the list allows */
}

static void order__holds_still_while_it_is_held(void **state)
{
    (void)state;
    struct model model = model_of();
    struct table table = table_over(&model);
    struct table_view view = view_over();
    view.sort_column = 2;
    table_arrange(&table, &view, false);
    assert_string_equal(order_of(&table, &view), "BIR DOG ALD FIR ELM CED");
    model.figures[1].value = decimal_from_int(99);
    table_arrange(&table, &view, true);
    assert_string_equal(order_of(&table, &view), "BIR DOG ALD FIR ELM CED");
    /* The model's own order changes, a row goes and one comes: the rest stays put. */
    model.names[0] = "FIR";
    model.names[5] = "NEW";
    table_arrange(&table, &view, true);
    assert_string_equal(order_of(&table, &view), "BIR DOG FIR ELM CED NEW");
    table_arrange(&table, &view, false);
    assert_string_equal(order_of(&table, &view), "DOG FIR NEW ELM BIR CED");
}

static void filter__keeps_the_selection_or_goes_near(void **state)
{
    (void)state;
    struct model model = model_of();
    struct table table = table_over(&model);
    struct table_view view = view_over();
    unsigned where;
    const char *why;
    table_arrange(&table, &view, false);
    table_select(&table, &view, 4); /* ELM */
    assert_true(filter_parse("l", &view.filter, &where, &why));
    table_arrange(&table, &view, false);
    assert_string_equal(order_of(&table, &view), "ALD ELM");
    assert_int_equal(view.cursor, 1);
    assert_true(filter_parse("zzz", &view.filter, &where, &why));
    table_arrange(&table, &view, false);
    assert_int_equal(view.count, 0);
    assert_int_equal(table_selected_row(&view), TABLE_TOTAL);
    assert_true(filter_parse("", &view.filter, &where, &why));
    table_arrange(&table, &view, false);
    assert_string_equal(view.selected, "ELM"); /* what was selected comes back */
    assert_int_equal(view.cursor, 4);
}

static void problems__are_found_in_both_directions(void **state)
{
    (void)state;
    struct model model = model_of();
    struct table table = table_over(&model);
    struct table_view view = view_over();
    table_arrange(&table, &view, false);
    assert_true(table_next_problem(&table, &view, 1));
    assert_string_equal(view.selected, "BIR");
    assert_false(table_next_problem(&table, &view, 1));
    table_move(&table, &view, 100);
    assert_string_equal(view.selected, "FIR");
    assert_true(table_next_problem(&table, &view, -1));
    assert_string_equal(view.selected, "BIR");
    table_move(&table, &view, -100);
    assert_string_equal(view.selected, "ALD");
}

static void view__shrinks_with_its_table(void **state)
{
    (void)state;
    struct model model = model_of();
    struct table table = table_over(&model);
    struct table_view view = view_over();
    table_arrange(&table, &view, false);
    table_select(&table, &view, 5);
    model.count = table.row_count = 2;
    table_arrange(&table, &view, false);
    assert_int_equal(view.cursor, 1);
    assert_string_equal(view.selected, "BIR");
    model.count = table.row_count = 0;
    table_arrange(&table, &view, false);
    assert_int_equal(view.count, 0);
    table_move(&table, &view, 1);
    assert_int_equal(view.cursor, 0);
}

/* --- the filter's language -------------------------------------------------------- */

/* One row: a text, a percentage, an amount that may be missing, an age, a day. */
struct one {
    const char *text;
    struct figure percent, amount;
    int64_t as_of_ms, date;
};

static void one_value(const struct table *table, uint32_t row, unsigned column,
                      struct value *value)
{
    const struct one *one = table->model;
    (void)row;
    switch (column) {
    case 0:
        value->text = one->text;
        break;
    case 1:
        value->text = "DACH";
        break;
    case 2:
        value->figure = &one->percent;
        break;
    case 3:
        value->figure = &one->amount;
        break;
    case 4:
        value->number = one->as_of_ms;
        value->mark = MARK_STALE;
        break;
    case 5:
        value->number = one->date;
        break;
    default:
        value->number = 9;
        value->of = 10;
    }
}

static const struct table_column one_columns[] = {
    {"name", "name", VALUE_TEXT, 8, 8, 0, false},
    {"group", "group", VALUE_TEXT, 8, 8, 0, false},
    {"ltv", "LTV", VALUE_FIGURE, 8, 8, 0, false},
    {"net_assets", "net assets", VALUE_FIGURE, 8, 8, 0, false},
    {"age", "age", VALUE_AGE, 8, 8, 0, false},
    {"due", "due in", VALUE_DATE, 8, 8, 0, false},
    {"answered", "answered", VALUE_OF, 8, 8, 0, false},
    {"net_income", "", VALUE_TEXT, 8, 8, 0, false},
};

enum { NOON_MS = 1764072000 }; /* s; 2025-11-25 12:00Z */

static enum filter_answer answer(const char *source, const char *text, bool has_amount)
{
    struct one one = {.text = text,
                      .percent = {.value = {.coefficient = 6742, .scale = 4},
                                  .present = true,
                                  .format = FORMAT_PERCENT,
                                  .currency = "",
                                  .why = ""},
                      .amount = {.value = {.coefficient = -150000050, .scale = 2},
                                 .present = has_amount,
                                 .currency = "EUR",
                                 .why = ""},
                      .as_of_ms = INT64_C(1000) * (NOON_MS - 7200),
                      .date = 20251125};
    struct table table = {.columns = one_columns,
                          .column_count = 8,
                          .row_count = 1,
                          .model = &one,
                          .value = one_value,
                          .identity = identity_of};
    struct filter filter;
    struct table_filter bound;
    unsigned where;
    const char *why = "";
    if (!filter_parse(source, &filter, &where, &why) ||
        !table_filter_init(&bound, &table, &filter, INT64_C(1000) * NOON_MS, &where,
                           &why))
        fail_msg("%s: %s at %u", source, why, where);
    enum filter_answer result = table_filter_row(&bound, 0);
    table_filter_release(&bound);
    return result;
}

static bool passes(const char *source, const char *text)
{
    return answer(source, text, true) == FILTER_YES;
}

static void filter__is_words_that_all_hold(void **state)
{
    (void)state;
    assert_true(passes("", "anything"));
    assert_true(passes("oak", "Oak-Plaza"));
    assert_true(passes("oak dach", "Oak-Plaza"));
    assert_false(passes("oak uk", "Oak-Plaza"));
    assert_true(passes("!uk oak", "Oak-Plaza"));
    assert_false(passes("!dach", "Oak-Plaza"));
    assert_true(passes("\"Oak\"", "Oak-Plaza"));
    assert_false(passes("\"oak\"", "Oak-Plaza"));
    assert_true(passes("\"k P\"", "Oak Plaza"));
    assert_true(passes("\u00e9", "caf\u00e9"));
}

static void filter__is_fields_typed_as_their_columns(void **state)
{
    (void)state;
    static const struct {
        const char *source;
        bool holds;
    } cases[] = {
        {"group:dac", true},
        {"group=dach", true},
        {"group=dac", false},
        {"group=\"dach\"", false},
        {"group!=uk", true},
        {"ltv>50%", true},
        {"LTV>67.42%", false},
        {"ltv>=67.42", true},
        {"ltv:60..70%", true},
        {"ltv:68%..70%", false},
        {"net_assets<0", true},
        {"net_assets=-1,500,000.50", true},
        {"net_assets:-2M..-1M", true},
        {"net_a<-1_600k", false},
        {"net_assets>-1.5M", false},
        {"age<3h", true},
        {"age>2h", false},
        {"age>=120m", true},
        {"age<2025-11-25", false},
        {"age=2025-11-25", true},
        {"age:stale", true},
        {"age=!", true},
        {"age!=stale", false},
        {"due=2025-11-25", true},
        {"due<2025-11-25", false},
        {"due:2025-11-01..2025-11-30", true},
        {"answered<100%", true},
        {"answered=9", true},
        {"oak | uk", true},
        {"uk | elm", false},
        {"(uk | oak) dach", true},
        {"!(uk | elm) !elm", true},
        {"oak uk | dach", true},
        {"/^oak-[0-9]+$/", true},
        {"/^ak/", false},
        {"!/plaza|uk/", true},
        {"& oak", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (passes(cases[i].source, "Oak-0013") != cases[i].holds)
            fail_msg("%s", cases[i].source);
}

static void filter__unknown_is_not_false(void **state)
{
    (void)state;
    assert_int_equal(answer("net_assets>5", "oak", false), FILTER_UNKNOWN);
    assert_int_equal(answer("!net_assets>5", "oak", false), FILTER_UNKNOWN);
    assert_int_equal(answer("net_assets!=5", "oak", false), FILTER_UNKNOWN);
    assert_int_equal(answer("elm net_assets>5", "oak", false), FILTER_NO);
    assert_int_equal(answer("oak | net_assets>5", "oak", false), FILTER_YES);
    assert_int_equal(answer("oak net_assets>5", "oak", false), FILTER_UNKNOWN);
    struct model model = model_of();
    struct table table = table_over(&model);
    struct table_view view = {.entries = entries, .capacity = 32};
    unsigned where;
    const char *why;
    assert_true(filter_parse("value>15", &view.filter, &where, &why));
    table_arrange(&table, &view, false);
    assert_int_equal(view.count, 5); /* 30 20 50 40, and the one nobody knows, last */
    assert_int_equal(view.unknown, 1);
    assert_int_equal(view.entries[4].row, 2);
    view.hides_unknown = true;
    table_arrange(&table, &view, false);
    assert_int_equal(view.count, 4);
    assert_int_equal(view.unknown, 1);
    assert_true(filter_parse("ltv>15", &view.filter, &where, &why));
    table_arrange(&table, &view,
                  false); /* pinned in another pane: hides nothing here */
    assert_int_equal(view.count, 6);
    assert_non_null(view.filter_is);
}

static void sort__has_a_second_key(void **state)
{
    (void)state;
    struct model model = model_of();
    model.names[1] = model.names[3] = model.names[4] = "SAME";
    struct table table = table_over(&model);
    struct table_view view = {.entries = entries,
                              .capacity = 32,
                              .sort_column = 1,
                              .descending = true,
                              .then_column = 2,
                              .then_descending = true};
    table_arrange(&table, &view, false);
    static const uint32_t expected[] = {4, 3, 1, 5, 2, 0};
    for (unsigned i = 0; i < 6; i++)
        assert_int_equal(view.entries[i].row, expected[i]);
}

static void filter__says_where_it_is_wrong_and_changes_nothing(void **state)
{
    (void)state;
    struct filter filter = {.count = 3};
    unsigned where;
    const char *why;
    assert_false(filter_parse("a \"b", &filter, &where, &why));
    assert_int_equal(where, 2);
    assert_string_equal(why, "the quote is not closed");
    assert_false(filter_parse("! a", &filter, &where, &why));
    assert_int_equal(where, 1);
    assert_false(filter_parse("\"\"", &filter, &where, &why));
    assert_false(
        filter_parse("1 2 3 4 5 6 7 8 9 a b c d e f g h", &filter, &where, &why));
    assert_false(filter_parse("(((((((((a)))))))))", &filter, &where, &why));
    assert_false(filter_parse("(a b", &filter, &where, &why));
    assert_int_equal(where, 0);
    assert_false(filter_parse("a b)", &filter, &where, &why));
    assert_int_equal(where, 3);
    assert_false(filter_parse("a |", &filter, &where, &why));
    assert_false(filter_parse("ltv>", &filter, &where, &why));
    assert_false(filter_parse("ltv:1..", &filter, &where, &why));
    assert_false(filter_parse("/a{9999}/", &filter, &where, &why));
    assert_false(filter_parse("/(a)\\1/", &filter, &where, &why));
    assert_int_equal(filter.count, 3);
    static const struct table table = {.columns = one_columns, .column_count = 8};
    static const char *const wrong[] = {
        "nothing:1", "net:1",          "ltv>x",    "group>a", "age:soon",
        "due=3d",    "due=2025-02-30", "ltv:1..x", "/(/",     "age:1h..2025-11-25"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (table_filter_parse(&table, wrong[i], &filter, &where, &why))
            fail_msg("%s", wrong[i]);
    assert_int_equal(filter.count, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sort__puts_unknown_last_in_both_directions),
        cmocka_unit_test(cursor__follows_the_entity_and_keeps_its_line),
        cmocka_unit_test(order__holds_still_while_it_is_held),
        cmocka_unit_test(filter__keeps_the_selection_or_goes_near),
        cmocka_unit_test(problems__are_found_in_both_directions),
        cmocka_unit_test(view__shrinks_with_its_table),
        cmocka_unit_test(filter__is_words_that_all_hold),
        cmocka_unit_test(filter__is_fields_typed_as_their_columns),
        cmocka_unit_test(filter__unknown_is_not_false),
        cmocka_unit_test(sort__has_a_second_key),
        cmocka_unit_test(filter__says_where_it_is_wrong_and_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
