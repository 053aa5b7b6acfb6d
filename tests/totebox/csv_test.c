#include <stdio.h>
#include <stdlib.h>

#include "totebox/csv.h"

#include "tests/support/cmocka_all.h"

/* Cells as "a|b/", records ended by '/', or "line N: words" where it stops. */
static void read_all(const char *bytes, size_t length, char *out, size_t size)
{
    char *copy = malloc(length ? length : 1);
    struct csv csv;
    enum csv_result result;
    size_t at = 0;

    assert_non_null(copy);
    memcpy(copy, bytes, length);
    csv_init(&csv, copy, length);
    out[0] = '\0';
    while ((result = csv_next(&csv)) == CSV_RECORD) {
        for (uint32_t i = 0; i < csv.count; i++)
            at += (size_t)snprintf(out + at, size - at, "%s%.*s", i ? "|" : "",
                                   (int)csv.cell[i].length, csv.cell[i].bytes);
        at += (size_t)snprintf(out + at, size - at, "/");
    }
    if (result == CSV_DEFECT) {
        snprintf(out + at, size - at, "line %u: %s", csv.line, csv.defect);
        assert_int_equal(csv_next(&csv), CSV_DEFECT);
    } else {
        assert_int_equal(csv_next(&csv), CSV_END);
    }
    free(copy);
}

struct reading {
    const char *bytes, *expected;
};

static void check(const struct reading *readings, size_t count)
{
    char out[1024];

    for (size_t i = 0; i < count; i++) {
        read_all(readings[i].bytes, strlen(readings[i].bytes), out, sizeof(out));
        assert_string_equal(out, readings[i].expected);
    }
}

#define CHECK(readings) check(readings, sizeof(readings) / sizeof((readings)[0]))

static void csv__reads_what_rfc_4180_writes(void **state)
{
    static const struct reading readings[] = {
        {"", ""},
        {"a", "a/"},
        {"a,b\n", "a|b/"},
        {"a,b\r\nc,d\r\n", "a|b/c|d/"},
        {"a,b\nc,d", "a|b/c|d/"},
        {"a,\n,b\n,\n", "a|/|b/|/"},
        {"a,", "a|/"},
        {"\"a\",\"\"\n", "a|/"},
        {"\"a,b\",c\n", "a,b|c/"},
        {"\"a\"\"b\"\"\"\n", "a\"b\"/"},
        {"\"two\nlines\",\"and\r\nmore\"\n", "two\nlines|and\r\nmore/"},
        {"\"\"\n", "/"},
        {" a , b \n", " a | b /"},
        {"\xef\xbb\xbf"
         "a,b\n",
         "a|b/"},
        {"\xc3\xa9,\xe2\x82\xac,\xf0\x9f\x8f\xa0\n",
         "\xc3\xa9|\xe2\x82\xac|\xf0\x9f\x8f\xa0/"},
    };

    (void)state;
    CHECK(readings);
}

static void csv__refuses_what_programs_would_guess_about(void **state)
{
    static const struct reading readings[] = {
        {"a\n\nb\n", "a/line 2: an empty line"},
        {"a\n\n", "a/line 2: an empty line"},
        {"a\r\n\r\nb", "a/line 2: an empty line"},
        {"a\nb\"c\n", "a/line 2: a quote inside a cell that does not begin with one"},
        {"a\n\"b\"c\n", "a/line 2: text after a closing quote"},
        {"a\n\"b\" ,c\n", "a/line 2: text after a closing quote"},
        {"a\n\"b\nc\nd", "a/line 2: a quote is opened here and never closed"},
        {"a,\"b\nc\",\"d\n", "line 2: a quote is opened here and never closed"},
        {"a\rb\n", "line 1: a carriage return that no line feed follows"},
        {"a\nb\r", "a/line 2: a carriage return that no line feed follows"},
        {"a\n\xff\n", "a/line 2: is not UTF-8: convert it, e.g. with iconv"},
        {"\xc0\x80\n", "line 1: is not UTF-8: convert it, e.g. with iconv"},
        {"\xe0\x80\x80\n", "line 1: is not UTF-8: convert it, e.g. with iconv"},
        {"\xed\xa0\x80\n", "line 1: is not UTF-8: convert it, e.g. with iconv"},
        {"\xf4\x90\x80\x80\n", "line 1: is not UTF-8: convert it, e.g. with iconv"},
        {"\xf0\x9f\x8f", "line 1: is not UTF-8: convert it, e.g. with iconv"},
        {"caf\xe9\n", "line 1: is not UTF-8: convert it, e.g. with iconv"},
        {"a,\xef\xbb\xbf\n\xef\xbb", "a|\xef\xbb\xbf/line 2: is not UTF-8: convert it, "
                                     "e.g. with iconv"},
    };
    char out[64];

    (void)state;
    CHECK(readings);
    read_all("a\nb\0c\n", 6, out, sizeof(out));
    assert_string_equal(out, "a/line 2: contains a NUL byte");
}

static void csv__counts_lines_through_quoted_breaks(void **state)
{
    char bytes[] = "h\n\"a\nb\nc\"\nd\n\"e\r\nf\"\ng";
    static const uint32_t lines[] = {1, 2, 5, 6, 8};
    struct csv csv;

    (void)state;
    csv_init(&csv, bytes, sizeof(bytes) - 1);
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        assert_int_equal(csv_next(&csv), CSV_RECORD);
        assert_int_equal(csv.line, lines[i]);
    }
    assert_int_equal(csv_next(&csv), CSV_END);
}

static void csv__has_limits(void **state)
{
    enum { LENGTH = CSV_CELL_BYTES_MAX + 8 };
    char *bytes = malloc(LENGTH), out[256];
    struct csv csv;

    (void)state;
    assert_non_null(bytes);
    memset(bytes, ',', LENGTH);
    csv_init(&csv, bytes, CSV_CELLS_MAX - 1);
    assert_int_equal(csv_next(&csv), CSV_RECORD);
    assert_int_equal(csv.count, CSV_CELLS_MAX);
    read_all(bytes, CSV_CELLS_MAX, out, sizeof(out));
    assert_string_equal(out, "line 1: more than 64 cells");
    memset(bytes, 'x', LENGTH);
    csv_init(&csv, bytes, CSV_CELL_BYTES_MAX);
    assert_int_equal(csv_next(&csv), CSV_RECORD);
    csv_init(&csv, bytes, CSV_CELL_BYTES_MAX + 1);
    assert_int_equal(csv_next(&csv), CSV_DEFECT);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csv__reads_what_rfc_4180_writes),
        cmocka_unit_test(csv__refuses_what_programs_would_guess_about),
        cmocka_unit_test(csv__counts_lines_through_quoted_breaks),
        cmocka_unit_test(csv__has_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
