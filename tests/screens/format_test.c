/* Numbers, ages and times as people read them. */
#include "tests/support/cmocka_all.h"

#include <string.h>

#include "screens/format.h"

static struct decimal number(const char *text)
{
    struct decimal value;
    assert_int_equal(decimal_parse(text_of(text), &value), DECIMAL_OK);
    return value;
}

static void assert_written(const char *value, uint8_t places, enum number_form form,
                           const char *expected)
{
    char text[FORMAT_CHARS];
    int length = number_write(number(value), places, form, false, text);
    assert_string_equal(text, expected);
    assert_int_equal(length, strlen(expected));
}

static void number__is_exact_with_separators(void **state)
{
    (void)state;
    assert_written("0", 2, NUMBER_EXACT, "0.00");
    assert_written("-0", 2, NUMBER_EXACT, "0.00");
    assert_written("1234567.5", 2, NUMBER_EXACT, "1,234,567.50");
    assert_written("-1234.5", 2, NUMBER_EXACT, "(1,234.50)");
    assert_written("1000000000000000", 2, NUMBER_EXACT, "1,000,000,000,000,000.00");
    assert_written("999999999999999999999999", 0, NUMBER_EXACT,
                   "999,999,999,999,999,999,999,999");
    assert_written("0.004", 2, NUMBER_EXACT, "<0.01");
    assert_written("0.005", 2, NUMBER_EXACT, "0.01");
    assert_written("-0.005", 2, NUMBER_EXACT, "(0.01)");
    assert_written("-0.001", 2, NUMBER_EXACT, "(<0.01)");
    assert_written("100", 0, NUMBER_EXACT, "100");
    assert_written("0.5", 0, NUMBER_UNITS, "1");
    assert_written("1234.49", 2, NUMBER_UNITS, "1,234");
}

static void number__is_short_in_thousands_and_compact(void **state)
{
    (void)state;
    assert_written("1234567", 2, NUMBER_THOUSANDS, "1,235k");
    assert_written("499", 2, NUMBER_THOUSANDS, "<1k");
    assert_written("-500", 2, NUMBER_THOUSANDS, "(1k)");
    assert_written("0", 2, NUMBER_THOUSANDS, "0");
    assert_written("812.40", 2, NUMBER_COMPACT, "812");
    assert_written("1234", 2, NUMBER_COMPACT, "1.2k");
    assert_written("999949", 2, NUMBER_COMPACT, "999.9k");
    assert_written("999950", 2, NUMBER_COMPACT, "1.0M"); /* never 1,000.0k */
    assert_written("4812600000", 2, NUMBER_COMPACT, "4.8B");
    assert_written("1000000000000000", 2, NUMBER_COMPACT, "1,000.0T");
    assert_written("-4100000", 2, NUMBER_COMPACT, "(4.1M)");
    /* one unit for a column: never a 0 that is not one */
    assert_written("4812600000", 2, NUMBER_COMPACT_M, "4,812.6M");
    assert_written("12", 2, NUMBER_COMPACT_M, "<0.1M");
    assert_written("-12", 2, NUMBER_COMPACT_M, "(<0.1M)");
    assert_written("0", 2, NUMBER_COMPACT_M, "0");
}

static enum number_form unit_for(const char *largest, const char *smallest, int columns)
{
    return number_compact_unit(number(largest), number(smallest), columns);
}

static void compact_unit__is_one_for_a_column(void **state)
{
    (void)state;
    assert_int_equal(unit_for("4812600000", "27100000", 20), NUMBER_COMPACT_M);
    assert_int_equal(unit_for("48126000000", "48126000000", 20), NUMBER_COMPACT_B);
    assert_int_equal(unit_for("8100000", "1900000", 20), NUMBER_COMPACT_M);
    assert_int_equal(unit_for("427793.74", "427793.74", 20), NUMBER_COMPACT_K);
    assert_int_equal(unit_for("4277.93", "12", 20), NUMBER_UNITS);
    /* 0.3M would be one digit: k, if the largest has room for it */
    assert_int_equal(unit_for("1351234.73", "296854.39", 20), NUMBER_COMPACT_K);
    assert_int_equal(unit_for("1351234.73", "296854.39", 9), NUMBER_COMPACT_M);
}

static void change__has_a_plus_sign(void **state)
{
    (void)state;
    char text[FORMAT_CHARS];
    number_write(number("12400000"), 2, NUMBER_COMPACT, true, text);
    assert_string_equal(text, "+12.4M");
    number_write(number("0"), 2, NUMBER_EXACT, true, text);
    assert_string_equal(text, "0.00");
    number_write(number("-4"), 0, NUMBER_EXACT, true, text);
    assert_string_equal(text, "(4)");
}

static struct figure figure_of(const char *value, enum figure_format format)
{
    return (struct figure){.value = number(value),
                           .present = true,
                           .format = format,
                           .currency = "USD",
                           .why = ""};
}

static void assert_figure(const struct figure *figure, enum number_form form,
                          const char *expected)
{
    char text[FORMAT_CHARS];
    figure_write(figure, form, false, text);
    assert_string_equal(text, expected);
}

static void figure__is_written_by_its_format(void **state)
{
    (void)state;
    struct figure figure = figure_of("0.4381", FORMAT_PERCENT);
    assert_figure(&figure, NUMBER_COMPACT, "43.8%");
    assert_figure(&figure, NUMBER_EXACT, "43.8%");
    assert_figure(&figure, NUMBER_FULL, "43.81%");
    figure = figure_of("-0.0625", FORMAT_PERCENT);
    assert_figure(&figure, NUMBER_EXACT, "(6.3%)");
    assert_figure(&figure, NUMBER_FULL, "(6.25%)");
    figure = figure_of("1.25", FORMAT_RATIO);
    assert_figure(&figure, NUMBER_EXACT, "1.25x");
    figure = figure_of("1.2496", FORMAT_RATIO);
    assert_figure(&figure, NUMBER_FULL, "1.2496x");
    figure = figure_of("31.7", FORMAT_MONTHS);
    assert_figure(&figure, NUMBER_EXACT, "31.7 mo");
    figure = figure_of("1203", FORMAT_COUNT);
    assert_figure(&figure, NUMBER_EXACT, "1,203");
    figure = figure_of("46500.50", FORMAT_QUANTITY);
    assert_figure(&figure, NUMBER_EXACT, "46,500.5");
    figure = figure_of("1.5", FORMAT_MONEY);
    assert_figure(&figure, NUMBER_EXACT, "1.50");
    figure.currency = "JPY";
    assert_figure(&figure, NUMBER_EXACT, "1.5"); /* nothing is hidden */
    figure.value = number("2");
    assert_figure(&figure, NUMBER_EXACT, "2");
}

static void figure__that_is_missing_is_never_zero_nor_blank(void **state)
{
    (void)state;
    static const struct {
        enum mark mark;
        const char *expected;
    } cases[] = {
        {MARK_NOT_APPLICABLE, "-"}, {MARK_SUPPRESSED, "--"}, {MARK_REFUSED, "--"},
        {MARK_EXPIRED, "--"},       {MARK_WAITING, ".."},    {MARK_NEVER, "--"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct figure figure = figure_of("0", FORMAT_MONEY);
        figure.present = false;
        figure.mark = cases[i].mark;
        assert_figure(&figure, NUMBER_EXACT, cases[i].expected);
    }
}

static void assert_drawn(const struct figure *figure, int width, const char *expected)
{
    struct cells cells;
    char text[128];
    assert_true(cells_init(&cells, 1, width + 1));
    cells_text(&cells, 0, width, 1, STYLE_TEXT, "|");
    figure_draw(&cells, 0, 0, width, figure, NUMBER_EXACT, false);
    cells_row_text(&cells, 0, text, sizeof text);
    assert_string_equal(text, expected);
    cells_release(&cells);
}

static void figure__reserves_the_parenthesis_and_the_mark(void **state)
{
    (void)state;
    struct figure figure = figure_of("1234.5", FORMAT_MONEY);
    assert_drawn(&figure, 12, "  1,234.50  |");
    figure.mark = MARK_STALE;
    assert_drawn(&figure, 12, "  1,234.50! |");
    figure.value = number("-1234.5");
    assert_drawn(&figure, 12, " (1,234.50)!|");
    figure.partial = true; /* a total that leaves something out says so first */
    assert_drawn(&figure, 12, " (1,234.50)*|");
    figure.present = false;
    figure.mark = MARK_REFUSED;
    assert_drawn(&figure, 12, "        --r |");
    assert_drawn(&figure, 4, "--r |");
}

static void figure__that_does_not_fit_is_shortened_never_cut(void **state)
{
    (void)state;
    struct figure figure = figure_of("1234567.89", FORMAT_MONEY);
    assert_drawn(&figure, 14, "1,234,567.89  |");
    assert_drawn(&figure, 11, "1,234,568  |");
    assert_drawn(&figure, 8, "1,235k  |");
    assert_drawn(&figure, 6, "1.2M  |");
    assert_drawn(&figure, 5, "  #  |");
}

static void age__is_coarse_and_says_when_the_clock_is_ahead(void **state)
{
    (void)state;
    static const struct {
        int64_t age_ms;
        const char *expected;
    } cases[] = {
        {0, "0s"},         {999, "0s"},      {41000, "41s"},    {59999, "59s"},
        {60000, "1m"},     {3599999, "59m"}, {64800000, "18h"}, {172799999, "47h"},
        {172800000, "2d"}, {-200, "+0.2s"},  {-15000, "+15s"},
    };
    const int64_t now_ms = INT64_C(1795394165000);
    char text[TIME_CHARS];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        age_write(now_ms, now_ms - cases[i].age_ms, text);
        assert_string_equal(text, cases[i].expected);
    }
    age_write(now_ms, 0, text);
    assert_string_equal(text, "--");
    age_write(now_ms, INT64_MIN, text);
    assert_string_equal(text, "20780d");
}

static void time__is_utc_and_needs_no_library(void **state)
{
    (void)state;
    char text[TIME_CHARS];
    const int64_t at_ms = INT64_C(1795394165000);
    iso_write(at_ms, text);
    assert_string_equal(text, "2026-11-23T00:36:05Z");
    stamp_write(at_ms, true, text);
    assert_string_equal(text, "23 Nov 2026 00:36:05Z");
    stamp_write(at_ms, false, text);
    assert_string_equal(text, "23 Nov 00:36:05Z");
    time_write(at_ms, text);
    assert_string_equal(text, "00:36:05Z");
    clock_write(at_ms, at_ms - 60000, text);
    assert_string_equal(text, "00:35");
    clock_write(at_ms, at_ms - 3600000, text);
    assert_string_equal(text, "22Nov");
    iso_write(951782400000, text); /* a leap day */
    assert_string_equal(text, "2000-02-29T00:00:00Z");
    iso_write(INT64_MAX, text);
    assert_string_equal(text, "9999-12-31T23:59:59Z");
    date_write(20261215, text);
    assert_string_equal(text, "2026-12-15");
    period_write("20251201-20261130", text);
    assert_string_equal(text, "Dec 2025 - Nov 2026");
    period_write("20240201-20240229", text);
    assert_string_equal(text, "Feb 2024 - Feb 2024");
    period_write("20250201-20250228", text);
    assert_string_equal(text, "Feb 2025 - Feb 2025");
    period_write("20251203-20261130", text);
    assert_string_equal(text, "2025-12-03 to 2026-11-30");
    period_write("2025Q3", text);
    assert_string_equal(text, "2025Q3");
    period_write("20251301-20261130", text);
    assert_string_equal(text, "20251301-20261130");
    day_write(20261215, text);
    assert_string_equal(text, "15 Dec");
    day_write(20261315, text);
    assert_string_equal(text, "--");
    date_write(0, text);
    assert_string_equal(text, "--");
    count_write(1203, text);
    assert_string_equal(text, "1,203");
    duration_write(850, text);
    assert_string_equal(text, "850ms");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(number__is_exact_with_separators),
        cmocka_unit_test(number__is_short_in_thousands_and_compact),
        cmocka_unit_test(compact_unit__is_one_for_a_column),
        cmocka_unit_test(change__has_a_plus_sign),
        cmocka_unit_test(figure__is_written_by_its_format),
        cmocka_unit_test(figure__that_is_missing_is_never_zero_nor_blank),
        cmocka_unit_test(figure__reserves_the_parenthesis_and_the_mark),
        cmocka_unit_test(figure__that_does_not_fit_is_shortened_never_cut),
        cmocka_unit_test(age__is_coarse_and_says_when_the_clock_is_ahead),
        cmocka_unit_test(time__is_utc_and_needs_no_library),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
