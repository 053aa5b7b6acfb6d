/* cells.h - a grid of cells: what a pane draws into, text plus meaning.
 *
 * Screens write here and nowhere else.  A cell holds one grapheme (a base character and
 * up to two combining marks) and a style that says what the cell means, never a colour:
 * tui/theme.c alone knows colours.  Every string goes through cells_text(), which drops
 * control, bidi and invisible characters, replaces them visibly, and measures width: no
 * archive can speak to the terminal.  All writing is clipped to the grid. */
#ifndef TUI_CELLS_H
#define TUI_CELLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum style {
    STYLE_TEXT,
    STYLE_TITLE,    /* row 1 */
    STYLE_ACCENT,   /* rules, headings */
    STYLE_DIM,      /* hints; never carries meaning alone */
    STYLE_SELECTED, /* the cursor row */
    STYLE_AGING,    /* mark cells */
    STYLE_STALE,
    STYLE_DOWN,
    STYLE_REFUSED,
    STYLE_NEGATIVE, /* always in parentheses too */
    STYLE_CRITICAL,
    STYLE_WARNING,
    STYLE_CHANGED, /* bold for 3 s */
    STYLE_KEY,     /* a key name in a hint or strip */
    STYLE_STRIP,   /* F-key strip */
    STYLE_STRIP_ACTIVE,
    STYLE_ALARM, /* reverse: NO ANSWERS, FROZEN */
    STYLE_COUNT
};

struct cell {
    uint32_t
        code[3]; /* base and combining marks; code[0] == 0: right half of a wide one */
    uint8_t style; /* enum style */
    bool selected; /* painted with the selection on top of the style */
};

struct cells {
    int rows, columns;
    struct cell *cell;             /* rows x columns */
    int cursor_row, cursor_column; /* where the hardware cursor rests; -1 none */
    bool cursor_visible;
};

bool cells_init(struct cells *cells, int rows, int columns); /* false: no memory */
void cells_release(struct cells *cells);
bool cells_resize(struct cells *cells, int rows, int columns);
/* All blanks, STYLE_TEXT, no cursor. */
void cells_clear(struct cells *cells);

/* Writes UTF-8 text from (row, column), at most `width` columns (cut with ".." where it
 * does not fit); returns the columns used.  Text may be hostile. */
int cells_text(struct cells *cells, int row, int column, int width, enum style style,
               const char *text);
/* The same, right-aligned in `width`. */
int cells_right(struct cells *cells, int row, int column, int width, enum style style,
                const char *text);
void cells_fill(struct cells *cells, int row, int column, int width, enum style style,
                char character);
/* What is drawn, not written: with ASCII, or with box and block characters where the
 * reader's terminal has them (terminal_paint.h).  In a cell they are private codes that
 * no text can bring along; cells_row_text() gives the ASCII. */
enum glyph {
    GLYPH_RULE, /* - */
    GLYPH_WALL, /* | */
    GLYPH_FULL, /* #, of a bar */
    GLYPH_REST, /* . */
    GLYPH_COUNT
};
void cells_glyph(struct cells *cells, int row, int column, int width, enum style style,
                 enum glyph glyph);
/* The character that shows a cell's code: itself, or of a glyph the ASCII one or the
 * box or block character. */
uint32_t cell_character(uint32_t code, bool has_blocks);
/* Marks `width` cells as selected. */
void cells_select(struct cells *cells, int row, int column, int width);

/* Columns that `text` takes when drawn (after cleaning). */
int text_columns(const char *text);
/* `text` as it would be drawn, as UTF-8: for exports and logs.  Cut between characters
 * where `size` is short; returns the bytes that the whole takes, without the NUL. */
size_t text_clean(const char *text, size_t length, char *clean, size_t size);
/* Row `row` as UTF-8 with trailing blanks cut; for tests and text export. */
size_t cells_row_text(const struct cells *cells, int row, char *text, size_t size);
bool cells_equal(const struct cells *a, const struct cells *b);

#endif
