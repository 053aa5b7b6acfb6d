/* cells_fuzz.c - any bytes as text: what may reach a cell, an export or a log.
 *
 * The first byte is the width.  Nothing that comes out may move a cursor, hide, or
 * change when it is cleaned again; and the width that is measured is the width that is
 * drawn. */
#include <stdlib.h>
#include <string.h>

#include "screens/filter.h"
#include "tui/cells.h"

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length);

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void check_cell(const struct cells *cells, int column)
{
    uint32_t code = cells->cell[column].code[0];
    require(code == 0 || (code >= 0x20 && code < 0x7f) || code >= 0xa0);
    require(code < 0x202a || code > 0x202e);
    require(code < 0x2066 || code > 0x2069);
    require(code < 0xe000 || code > 0xf8ff);
    if (code == 0)
        require(column > 0 && cells->cell[column - 1].code[0] != 0);
    require(cells->cell[column].style < STYLE_COUNT);
}

static void check_drawn(const char *text, int width)
{
    struct cells cells;
    require(cells_init(&cells, 1, 64));
    cells_fill(&cells, 0, 0, 64, STYLE_TEXT, '|');
    int used = cells_text(&cells, 0, 4, width, STYLE_STALE, text);
    require(used >= 0 && used <= (width > 0 ? width : 0));
    for (int column = 0; column < cells.columns; column++)
        check_cell(&cells, column);
    for (int column = 0; column < 4; column++)
        require(cells.cell[column].code[0] == '|');
    for (int column = 4 + used; column < 64; column++)
        require(cells.cell[column].code[0] == '|');
    if (text_columns(text) <= width && width <= 60)
        require(used == text_columns(text));
    cells_right(&cells, 0, 0, width, STYLE_TEXT, text);
    cells_release(&cells);
}

static void check_clean(const char *text, size_t length)
{
    char small[16];
    size_t needed = text_clean(text, length, NULL, 0);
    char *clean = malloc(needed + 1), *again = malloc(needed + 1);
    require(clean && again);
    require(text_clean(text, length, clean, needed + 1) == needed);
    require(strlen(clean) == needed);
    require(text_clean(clean, needed, again, needed + 1) == needed);
    require(memcmp(clean, again, needed + 1) == 0);
    text_clean(text, length, small, sizeof small);
    require(strlen(small) < sizeof small && strncmp(small, clean, strlen(small)) == 0);
    free(clean);
    free(again);
}

static enum filter_answer answer_of(const void *user, unsigned index)
{
    const char *text = user;
    return (enum filter_answer)((uint8_t)text[index % (strlen(text) + 1)] % 3);
}

static void check_filter(const char *text)
{
    struct filter filter;
    unsigned where;
    const char *why;
    if (!filter_parse(text, &filter, &where, &why)) {
        require(where < FILTER_CHARS && why);
        return;
    }
    require(filter.count <= FILTER_NODES);
    filter_run(&filter, answer_of, text);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length)
{
    if (length == 0 || length > 4096)
        return 0;
    int width = input[0] % 70 - 2;
    char *text = malloc(length);
    require(text != NULL);
    memcpy(text, input + 1, length - 1);
    text[length - 1] = '\0';
    check_clean(text, length - 1);
    check_drawn(text, width < 60 ? width : 60);
    check_filter(text);
    free(text);
    return 0;
}
