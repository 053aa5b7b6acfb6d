#include "tui/cells.h"

#include <stdlib.h>
#include <string.h>

#include "tui/sanitise.h"

bool cells_init(struct cells *cells, int rows, int columns)
{
    *cells = (struct cells){.cursor_row = -1, .cursor_column = -1};
    return cells_resize(cells, rows, columns);
}

void cells_release(struct cells *cells)
{
    free(cells->cell);
    *cells = (struct cells){.cursor_row = -1, .cursor_column = -1};
}

bool cells_resize(struct cells *cells, int rows, int columns)
{
    if (rows < 1 || columns < 1)
        return false;
    if (!cells->cell || rows != cells->rows || columns != cells->columns) {
        struct cell *grown = calloc((size_t)rows * (size_t)columns, sizeof *grown);
        if (!grown)
            return false;
        free(cells->cell);
        cells->cell = grown;
        cells->rows = rows;
        cells->columns = columns;
    }
    cells_clear(cells);
    return true;
}

void cells_clear(struct cells *cells)
{
    size_t count = (size_t)cells->rows * (size_t)cells->columns;
    for (size_t i = 0; i < count; i++)
        cells->cell[i] = (struct cell){.code = {' '}, .style = STYLE_TEXT};
    cells->cursor_row = cells->cursor_column = -1;
    cells->cursor_visible = false;
}

static struct cell *cell_at(const struct cells *cells, int row, int column)
{
    if (row < 0 || row >= cells->rows || column < 0 || column >= cells->columns)
        return NULL;
    return &cells->cell[(size_t)row * (size_t)cells->columns + (size_t)column];
}

/* Writing over one half of a wide character blanks the other half. */
static void cut_wide(struct cells *cells, int row, int column)
{
    struct cell *cell = cell_at(cells, row, column);
    struct cell *left = cell_at(cells, row, column - 1);
    struct cell *right = cell_at(cells, row, column + 1);
    if (cell->code[0] == 0 && left)
        memcpy(left->code, (uint32_t[3]){' '}, sizeof left->code);
    else if (right && right->code[0] == 0)
        memcpy(right->code, (uint32_t[3]){' '}, sizeof right->code);
}

static void put(struct cells *cells, int row, int column, enum style style,
                const struct grapheme *grapheme)
{
    struct cell *cell = cell_at(cells, row, column);
    if (!cell)
        return;
    cut_wide(cells, row, column);
    if (grapheme->columns == 2) {
        struct cell *right = cell_at(cells, row, column + 1);
        if (!right) {
            *cell = (struct cell){
                .code = {' '}, .style = (uint8_t)style, .selected = cell->selected};
            return;
        }
        cut_wide(cells, row, column + 1);
        *right = (struct cell){.style = (uint8_t)style, .selected = right->selected};
    }
    memcpy(cell->code, grapheme->code, sizeof cell->code);
    cell->style = (uint8_t)style;
}

/* Columns of `text`, counted no further than `limit`. */
static int columns_within(const char *text, int limit)
{
    struct sanitiser sanitiser;
    struct grapheme grapheme;
    int columns = 0;
    sanitise_begin(&sanitiser, text, strlen(text));
    while (columns < limit && sanitise_next(&sanitiser, &grapheme))
        columns += grapheme.columns;
    return columns;
}

int text_columns(const char *text)
{
    return columns_within(text, INT32_MAX - 2);
}

int cells_text(struct cells *cells, int row, int column, int width, enum style style,
               const char *text)
{
    static const struct grapheme dot = {.code = {'.'}, .columns = 1};
    static const struct grapheme blank = {.code = {' '}, .columns = 1};
    if (width <= 0 || row < 0 || row >= cells->rows)
        return 0;
    bool cut = columns_within(text, width + 1) > width;
    int room = !cut ? width : width > 2 ? width - 2 : 0;
    struct sanitiser sanitiser;
    struct grapheme grapheme;
    int used = 0;
    sanitise_begin(&sanitiser, text, strlen(text));
    while (sanitise_next(&sanitiser, &grapheme) && used + grapheme.columns <= room) {
        put(cells, row, column + used, style, &grapheme);
        used += grapheme.columns;
    }
    if (!cut)
        return used;
    while (used < width - 2)
        put(cells, row, column + used++, style, &blank);
    while (used < width)
        put(cells, row, column + used++, style, &dot);
    return used;
}

int cells_right(struct cells *cells, int row, int column, int width, enum style style,
                const char *text)
{
    if (width <= 0)
        return 0;
    int columns = columns_within(text, width + 1);
    int indent = columns < width ? width - columns : 0;
    return cells_text(cells, row, column + indent, width - indent, style, text);
}

void cells_fill(struct cells *cells, int row, int column, int width, enum style style,
                char character)
{
    struct grapheme grapheme = {.code = {(uint8_t)character}, .columns = 1};
    if (character < 0x20 || character > 0x7e)
        grapheme.code[0] = '?';
    for (int i = 0; i < width && column + i < cells->columns; i++)
        put(cells, row, column + i, style, &grapheme);
}

enum { GLYPH_BASE = 0x10f700 }; /* private use: the sanitiser lets none through */

static const struct {
    uint32_t ascii, block;
} glyphs[GLYPH_COUNT] = {
    [GLYPH_RULE] = {'-', 0x2500},
    [GLYPH_WALL] = {'|', 0x2502},
    [GLYPH_FULL] = {'#', 0x2588},
    [GLYPH_REST] = {'.', 0x2591},
};

void cells_glyph(struct cells *cells, int row, int column, int width, enum style style,
                 enum glyph glyph)
{
    struct grapheme grapheme = {.code = {GLYPH_BASE + (uint32_t)glyph}, .columns = 1};
    for (int i = 0; i < width && column + i < cells->columns; i++)
        put(cells, row, column + i, style, &grapheme);
}

uint32_t cell_character(uint32_t code, bool has_blocks)
{
    if (code < GLYPH_BASE || code >= GLYPH_BASE + GLYPH_COUNT)
        return code;
    return has_blocks ? glyphs[code - GLYPH_BASE].block
                      : glyphs[code - GLYPH_BASE].ascii;
}

void cells_select(struct cells *cells, int row, int column, int width)
{
    for (int i = 0; i < width; i++) {
        struct cell *cell = cell_at(cells, row, column + i);
        if (cell)
            cell->selected = true;
    }
}

size_t cells_row_text(const struct cells *cells, int row, char *text, size_t size)
{
    size_t used = 0, end = 0;
    for (int column = 0; size && column < cells->columns; column++) {
        const struct cell *cell = cell_at(cells, row, column);
        if (!cell || cell->code[0] == 0)
            continue;
        struct grapheme grapheme = {.columns = 1};
        char bytes[GRAPHEME_BYTES];
        memcpy(grapheme.code, cell->code, sizeof grapheme.code);
        grapheme.code[0] = cell_character(cell->code[0], false);
        size_t length = grapheme_write(&grapheme, bytes);
        if (used + length >= size)
            break;
        memcpy(text + used, bytes, length);
        used += length;
        if (cell->code[0] != ' ')
            end = used;
    }
    if (size)
        text[end] = '\0';
    return end;
}

bool cells_equal(const struct cells *a, const struct cells *b)
{
    if (a->rows != b->rows || a->columns != b->columns ||
        a->cursor_row != b->cursor_row || a->cursor_column != b->cursor_column ||
        a->cursor_visible != b->cursor_visible)
        return false;
    size_t count = (size_t)a->rows * (size_t)a->columns;
    for (size_t i = 0; i < count; i++) {
        const struct cell *x = &a->cell[i], *y = &b->cell[i];
        if (memcmp(x->code, y->code, sizeof x->code) != 0 || x->style != y->style ||
            x->selected != y->selected)
            return false;
    }
    return true;
}

size_t text_clean(const char *text, size_t length, char *clean, size_t size)
{
    struct sanitiser sanitiser;
    struct grapheme grapheme;
    size_t used = 0;
    bool full = size == 0;
    sanitise_begin(&sanitiser, text, length);
    while (sanitise_next(&sanitiser, &grapheme)) {
        char bytes[GRAPHEME_BYTES];
        size_t written = grapheme_write(&grapheme, bytes);
        if (!full && used + written < size)
            memcpy(clean + used, bytes, written);
        else if (!full) {
            clean[used] = '\0'; /* never half a character */
            full = true;
        }
        used += written;
    }
    if (!full)
        clean[used] = '\0';
    return used;
}
