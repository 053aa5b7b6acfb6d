/* The grid of cells, and the text that may not reach a terminal. */
#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <string.h>

#include "tui/cells.h"
#include "tui/sanitise.h"

static struct cells grid(int rows, int columns)
{
    struct cells cells;
    assert_true(cells_init(&cells, rows, columns));
    return cells;
}

static void assert_row(const struct cells *cells, int row, const char *expected)
{
    char text[512];
    cells_row_text(cells, row, text, sizeof text);
    assert_string_equal(text, expected);
}

/* What came in, what may be seen. */
static const struct {
    const char *hostile, *shown;
} hostile_texts[] = {
    {"plain", "plain"},
    {"\033[2J\033[H", "?[2J?[H"},
    {"\033]52;c;cm0gLXJm\a", "?]52;c;cm0gLXJm?"},
    {"\033]0;title\033\\", "?]0;title?\\"},
    {"\033[6n", "?[6n"},
    {"\xc2\x9b"
     "31m",
     "?31m"}, /* C1 CSI, as UTF-8 */
    {"\x9b"
     "31m",
     "?31m"}, /* and as a lone byte */
    {"a\nb\rc\td\be", "a?b?c?d?e"},
    {"\x7f", "?"},
    {"a\u202eb", "a<U+202E>b"}, /* right-to-left override */
    {"a\u2066b\u2069", "a<U+2066>b<U+2069>"},
    {"a\u200bb\ufeff", "a<U+200B>b<U+FEFF>"},
    {"soft\u00adhyphen", "soft<U+00AD>hyphen"},
    {"tag\U000e0041", "tag<U+E0041>"},
    {"\ue000", "<U+E000>"},       /* private use */
    {"\U0010ffff", "<U+10FFFF>"}, /* no character */
    {"\ufdd0", "<U+FDD0>"},
    {"\u0378", "<U+0378>"}, /* unassigned */
    {"\u2028", "<U+2028>"},
    {"\u3164", "<U+3164>"}, /* Hangul filler: blank, and a letter */
    {"\ufe0f", "<U+FE0F>"},
    {"\xc0\xaf", "??"}, /* overlong */
    {"\xe0\x80\xaf", "???"},
    {"\xed\xa0\x80", "???"},      /* surrogate */
    {"\xf4\x90\x80\x80", "????"}, /* above U+10FFFF */
    {"\xe2\x82", "??"},           /* cut */
    {"e\u0301", "e\u0301"},
    {"e\u0301\u0302", "e\u0301\u0302"},
    {"e\u0301\u0302\u0303", "e\u0301\u0302<U+0303>"},
    {"\u0301", "<U+0301>"}, /* a mark without a base */
    {"no\u00a0break", "no break"},
    {"\u6f22\u5b57", "\u6f22\u5b57"},
    {"\u2212"
     "1",
     "\u2212"
     "1"},
};

static void clean_text__makes_every_hostile_text_visible(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof hostile_texts / sizeof hostile_texts[0]; i++) {
        char clean[256];
        const char *hostile = hostile_texts[i].hostile;
        size_t length = text_clean(hostile, strlen(hostile), clean, sizeof clean);
        assert_string_equal(clean, hostile_texts[i].shown);
        assert_int_equal(length, strlen(hostile_texts[i].shown));
    }
}

static void clean_text__is_stable(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof hostile_texts / sizeof hostile_texts[0]; i++) {
        char again[256];
        const char *shown = hostile_texts[i].shown;
        text_clean(shown, strlen(shown), again, sizeof again);
        assert_string_equal(again, shown);
    }
}

static void clean_text__survives_a_nul_and_a_short_buffer(void **state)
{
    (void)state;
    char clean[4];
    assert_int_equal(text_clean("a\0b", 3, clean, sizeof clean), 3);
    assert_string_equal(clean, "a?b");
    assert_int_equal(text_clean("ab\u20ac", 5, clean, sizeof clean), 5);
    assert_string_equal(clean, "ab");
    assert_int_equal(text_clean("abcdef", 6, NULL, 0), 6);
}

static void text__is_measured_in_columns(void **state)
{
    (void)state;
    assert_int_equal(text_columns(""), 0);
    assert_int_equal(text_columns("\u6f22\u5b57"), 4);
    assert_int_equal(text_columns("e\u0301"), 1);
    assert_int_equal(text_columns("\u00b1"), 1); /* ambiguous is narrow */
    assert_int_equal(text_columns("\u202e"), 8);
}

static void text__is_cut_with_two_dots(void **state)
{
    (void)state;
    struct cells cells = grid(4, 10);
    assert_int_equal(cells_text(&cells, 0, 0, 6, STYLE_TEXT, "abcdef"), 6);
    assert_row(&cells, 0, "abcdef");
    assert_int_equal(cells_text(&cells, 1, 0, 5, STYLE_TEXT, "abcdef"), 5);
    assert_row(&cells, 1, "abc..");
    /* A wide character is never cut in the middle. */
    cells_text(&cells, 2, 0, 5, STYLE_TEXT, "a\u6f22\u5b57x");
    assert_row(&cells, 2, "a\u6f22..");
    cells_text(&cells, 3, 0, 4, STYLE_TEXT, "a\u6f22\u5b57x");
    assert_row(&cells, 3, "a ..");
    cells_release(&cells);
}

static void text__is_clipped_to_the_grid(void **state)
{
    (void)state;
    struct cells cells = grid(2, 4);
    cells_text(&cells, 0, 2, 9, STYLE_TEXT, "abcdef");
    cells_text(&cells, 0, -1, 2, STYLE_TEXT, "xy");
    cells_text(&cells, -1, 0, 4, STYLE_TEXT, "never");
    cells_text(&cells, 2, 0, 4, STYLE_TEXT, "never");
    cells_right(&cells, 1, 0, 4, STYLE_TEXT, "12");
    cells_fill(&cells, 5, 0, 4, STYLE_TEXT, '-');
    cells_select(&cells, 0, -3, 90);
    assert_row(&cells, 0, "y ab");
    assert_row(&cells, 1, "  12");
    /* A wide character at the last column does not reach the next row. */
    cells_text(&cells, 0, 3, 2, STYLE_TEXT, "\u6f22");
    assert_row(&cells, 0, "y a");
    assert_row(&cells, 1, "  12");
    cells_release(&cells);
}

static void text__over_half_of_a_wide_character_blanks_the_other_half(void **state)
{
    (void)state;
    struct cells cells = grid(1, 6);
    cells_text(&cells, 0, 0, 6, STYLE_TEXT, "\u6f22\u5b57");
    cells_text(&cells, 0, 1, 1, STYLE_TEXT, "x");
    assert_row(&cells, 0, " x\u5b57");
    cells_text(&cells, 0, 2, 1, STYLE_TEXT, "y");
    assert_row(&cells, 0, " xy");
    cells_release(&cells);
}

static void cells__compare_by_text_style_and_selection(void **state)
{
    (void)state;
    struct cells a = grid(1, 4), b = grid(1, 4);
    assert_true(cells_equal(&a, &b));
    cells_text(&a, 0, 0, 4, STYLE_TEXT, "x");
    assert_false(cells_equal(&a, &b));
    cells_text(&b, 0, 0, 4, STYLE_STALE, "x");
    assert_false(cells_equal(&a, &b));
    cells_text(&b, 0, 0, 4, STYLE_TEXT, "x");
    cells_select(&b, 0, 0, 4);
    assert_false(cells_equal(&a, &b));
    cells_release(&a);
    cells_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clean_text__makes_every_hostile_text_visible),
        cmocka_unit_test(clean_text__is_stable),
        cmocka_unit_test(clean_text__survives_a_nul_and_a_short_buffer),
        cmocka_unit_test(text__is_measured_in_columns),
        cmocka_unit_test(text__is_cut_with_two_dots),
        cmocka_unit_test(text__is_clipped_to_the_grid),
        cmocka_unit_test(text__over_half_of_a_wide_character_blanks_the_other_half),
        cmocka_unit_test(cells__compare_by_text_style_and_selection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
