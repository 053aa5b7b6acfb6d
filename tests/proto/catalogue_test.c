/* docs/rows.md, which strangers write their archives from, has exactly the views and
 * columns of the tables in proto/row_tables.c, in their order. */
#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/rows.h"

enum { LINE_SIZE = 512 };

static const char *type_name(const struct column *column)
{
    switch (column->type) {
    case COLUMN_TEXT:
        return "text";
    case COLUMN_INT:
        return column->is_date ? "date" : "int";
    case COLUMN_DECIMAL:
        return "decimal";
    case COLUMN_TIME:
        return "timeMs";
    default:
        return "";
    }
}

/* The next line of the page that begins with `start`; "" at the end, or where the next
 * heading comes first. */
static const char *next_line(FILE *page, const char *start, char line[LINE_SIZE])
{
    while (fgets(line, LINE_SIZE, page) != NULL) {
        if (strncmp(line, start, strlen(start)) == 0)
            return line;
        if (strncmp(line, "## ", 3) == 0 && strncmp(start, "## ", 3) != 0)
            break;
    }
    return "";
}

static void the_page_names_every_view_and_column(void **state)
{
    (void)state;
    char path[4096], line[LINE_SIZE], expected[LINE_SIZE];
    (void)snprintf(path, sizeof path, "%s/docs/rows.md", getenv("top_srcdir"));
    FILE *page = fopen(path, "r");
    assert_non_null(page);
    assert_string_equal("## Rules for every view\n", next_line(page, "## ", line));
    for (int i = 0; i < VIEW_COUNT; i++) {
        const struct view_table *table = view_table((enum view)i);
        (void)snprintf(expected, sizeof expected, "## %s\n", table->name);
        assert_string_equal(expected, next_line(page, "## ", line));
        /* seq and as_of, the last two of each, are described once, above. */
        for (uint32_t c = 0; c + 2 < table->column_count; c++) {
            const struct column *column = &table->columns[c];
            (void)snprintf(expected, sizeof expected, "| `%s`%s | %s |", column->name,
                           column->required ? "*" : "", type_name(column));
            next_line(page, "| `", line);
            line[strcspn(line, "\n")] = '\0';
            if (strncmp(line, expected, strlen(expected)) != 0)
                fail_msg("%s: \"%s\" where \"%s\" belongs", table->name, line,
                         expected);
        }
        if (strncmp(next_line(page, "| `", line), "| `", 3) == 0)
            fail_msg("%s: \"%s\" is no column of it", table->name, line);
        if (strncmp(line, "## ", 3) == 0) /* the next view's heading was read already */
            assert_int_equal(0, fseek(page, -(long)strlen(line), SEEK_CUR));
    }
    fclose(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_names_every_view_and_column),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
