#include "tui/terminal_paint.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wchar.h>

#include <ncurses.h>

#ifdef __SANITIZE_ADDRESS__
/* ncurses keeps one block for the life of the process, by design. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libtinfo";
}
#endif

struct painter {
    SCREEN *screen;
    FILE *out, *in;
    char term[64];
    bool is_utf8, has_blocks;
    struct theme theme;
    enum theme_depth has_depth, depth; /* of the terminal, and in use */
    bool cursor_is_visible;
    bool is_entered;
    char *frame;
    size_t capacity;
    cchar_t *line; /* of the width of the screen */
    int columns;
};

static void painter_use(struct painter *painter)
{
    set_term(painter->screen);
}

/* --- opening ---------------------------------------------------------------------- */

static bool open_files(struct painter *painter)
{
    int fd = memfd_create("frame", MFD_CLOEXEC);
    if (fd < 0)
        return false;
    painter->out = fdopen(fd, "a"); /* appends: cutting the file is enough to rewind */
    if (!painter->out) {
        close(fd);
        return false;
    }
    setvbuf(painter->out, NULL, _IONBF, 0);
    painter->in = fopen("/dev/null", "re");
    return painter->in != NULL;
}

/* Entries such as linux have no size, and ncurses has no terminal to ask: it takes ours
 * from the environment.  Whatever a shell exported there does not pin the size. */
static void set_size(int rows, int columns)
{
    char text[16];
    snprintf(text, sizeof text, "%d", rows);
    setenv("LINES", text, 1);
    snprintf(text, sizeof text, "%d", columns);
    setenv("COLUMNS", text, 1);
    use_env(TRUE);
}

static void forget_size(void)
{
    unsetenv("LINES");
    unsetenv("COLUMNS");
}

static bool start_screen(struct painter *painter, const char *wanted)
{
    const char *const tried[] = {wanted, "xterm-256color", "xterm", "vt220", "ansi"};
    for (size_t i = 0; i < sizeof tried / sizeof tried[0]; i++) {
        if (!tried[i] || !tried[i][0])
            continue;
        painter->screen = newterm(tried[i], painter->out, painter->in);
        if (painter->screen) {
            snprintf(painter->term, sizeof painter->term, "%s", tried[i]);
            return true;
        }
    }
    return false;
}

static attr_t attributes_of(const struct look *look)
{
    attr_t attributes = A_NORMAL;
    if (look->is_bold)
        attributes |= A_BOLD;
    if (look->is_dim)
        attributes |= A_DIM;
    if (look->is_reverse)
        attributes |= A_REVERSE;
    return attributes;
}

static short pair_of(enum style style, bool is_selected)
{
    return (short)(1 + 2 * (int)style + is_selected);
}

static void set_pairs(struct painter *painter)
{
    painter->depth = painter->theme.is_mono ? THEME_MONO : painter->has_depth;
    if (painter->depth == THEME_MONO)
        return;
    for (int style = 0; style < STYLE_COUNT; style++) {
        for (int selected = 0; selected < 2; selected++) {
            struct look look = theme_look(&painter->theme, painter->depth,
                                          (enum style)style, selected != 0);
            init_pair(pair_of((enum style)style, selected != 0), look.foreground,
                      look.background);
        }
    }
}

static void start_colours(struct painter *painter, bool is_mono)
{
    painter->has_depth = THEME_MONO;
    if (!is_mono && has_colors() && start_color() == OK && use_default_colors() == OK &&
        COLOR_PAIRS >= 2 * STYLE_COUNT + 1)
        painter->has_depth = COLORS >= 256 ? THEME_256
                             : COLORS >= 8 ? THEME_8
                                           : THEME_MONO;
    set_pairs(painter);
}

static bool set_width(struct painter *painter, int columns)
{
    cchar_t *line = realloc(painter->line, (size_t)columns * sizeof *line);
    if (!line)
        return false;
    painter->line = line;
    painter->columns = columns;
    return true;
}

enum painter_error painter_new(const struct painter_options *options,
                               struct painter **painter_out)
{
    struct painter *painter = calloc(1, sizeof *painter);
    if (!painter)
        return PAINTER_NO_MEMORY;
    painter->is_utf8 = options->is_utf8;
    painter->has_blocks = options->has_blocks && options->is_utf8;
    painter->theme = options->theme ? *options->theme : *theme_named("dark");
    painter->cursor_is_visible = true;
    if (!open_files(painter) || !set_width(painter, options->columns)) {
        painter_free(painter);
        return PAINTER_NO_MEMORY;
    }
    set_size(options->rows, options->columns);
    bool started = start_screen(painter, options->term);
    forget_size();
    if (!started) {
        painter_free(painter);
        return PAINTER_UNKNOWN_TERMINAL;
    }
    typeahead(-1);
    noecho();
    start_colours(painter, options->is_mono);
    resize_term(options->rows, options->columns);
    *painter_out = painter;
    return PAINTER_OK;
}

void painter_free(struct painter *painter)
{
    if (!painter)
        return;
    if (painter->screen) {
        painter_use(painter);
        if (painter->is_entered)
            endwin();
        delscreen(painter->screen);
    }
    if (painter->out)
        fclose(painter->out);
    if (painter->in)
        fclose(painter->in);
    free(painter->frame);
    free(painter->line);
    free(painter);
}

void painter_resize(struct painter *painter, int rows, int columns)
{
    painter_use(painter);
    if (!set_width(painter, columns))
        return; /* frames go on at the old width */
    resize_term(rows, columns);
}

void painter_look(struct painter *painter, const struct theme *theme, bool has_blocks)
{
    painter_use(painter);
    painter->theme = *theme;
    painter->has_blocks = has_blocks && painter->is_utf8;
    set_pairs(painter);
    painter_forget(painter);
}

void painter_forget(struct painter *painter)
{
    painter_use(painter);
    clearok(curscr, TRUE);
}

/* --- painting --------------------------------------------------------------------- */

/* A cell whose width ncurses and we see differently would shift its row: "?" instead.
 */
static bool is_paintable(const struct painter *painter, uint32_t code, int columns)
{
    if (code >= 0x20 && code < 0x7f)
        return true;
    return painter->is_utf8 && wcwidth((wchar_t)code) == columns;
}

static void set_cell(const struct painter *painter, const struct cell *cell,
                     int columns, cchar_t *out)
{
    uint32_t code = cell_character(cell->code[0], painter->has_blocks);
    if (!is_paintable(painter, code,
                      columns)) /* a glyph has its ASCII to fall back to */
        code = cell_character(cell->code[0], false);
    wchar_t text[4] = {(wchar_t)code};
    if (!is_paintable(painter, code, columns))
        text[0] = L'?';
    else
        for (int i = 1; i < 3 && cell->code[i]; i++) {
            if (wcwidth((wchar_t)cell->code[i]) != 0 || !painter->is_utf8)
                break;
            text[i] = (wchar_t)cell->code[i];
        }
    enum style style =
        (enum style)(cell->style < STYLE_COUNT ? cell->style : STYLE_TEXT);
    struct look look =
        theme_look(&painter->theme, painter->depth, style, cell->selected);
    short pair = painter->depth == THEME_MONO ? 0 : pair_of(style, cell->selected);
    setcchar(out, text, attributes_of(&look), pair, NULL);
}

static void paint_row(struct painter *painter, const struct cells *cells, int row)
{
    const struct cell *cell = &cells->cell[(size_t)row * (size_t)cells->columns];
    static const struct cell blank = {.code = {' '}};
    int count = 0, columns = cells->columns;
    if (columns > painter->columns)
        columns = painter->columns;
    for (int column = 0; column < columns; column++) {
        bool is_wide = column + 1 < columns && cell[column + 1].code[0] == 0;
        const struct cell *from = cell[column].code[0] ? &cell[column] : &blank;
        set_cell(painter, from, is_wide ? 2 : 1, &painter->line[count]);
        bool replaced = is_wide && !is_paintable(painter, from->code[0], 2);
        count++;
        if (is_wide)
            column++;
        if (replaced) /* "?" takes one column, the other stays blank */
            set_cell(painter, &blank, 1, &painter->line[count++]);
    }
    mvadd_wchnstr(row, 0, painter->line, count);
}

/* What ncurses has written since the last call. */
static size_t take_bytes(struct painter *painter, const char **bytes)
{
    fflush(painter->out);
    int fd = fileno(painter->out);
    off_t size = lseek(fd, 0, SEEK_END);
    *bytes = "";
    if (size <= 0)
        return 0;
    if ((size_t)size > painter->capacity) {
        char *frame = realloc(painter->frame, (size_t)size);
        if (!frame)
            return 0;
        painter->frame = frame;
        painter->capacity = (size_t)size;
    }
    ssize_t got = pread(fd, painter->frame, (size_t)size, 0);
    if (ftruncate(fd, 0) != 0 || got < 0)
        return 0;
    *bytes = painter->frame;
    return (size_t)got;
}

size_t painter_frame(struct painter *painter, const struct cells *cells,
                     const char **bytes)
{
    painter_use(painter);
    painter->is_entered = true;
    for (int row = 0; row < cells->rows; row++)
        paint_row(painter, cells, row);
    if (cells->cursor_row >= 0 && cells->cursor_column >= 0)
        move(cells->cursor_row, cells->cursor_column);
    refresh();
    /* After the screen was entered: some terminals save the cursor's visibility with
     * it, and would give back a hidden one. */
    if (cells->cursor_visible != painter->cursor_is_visible) {
        curs_set(cells->cursor_visible);
        painter->cursor_is_visible = cells->cursor_visible;
    }
    return take_bytes(painter, bytes);
}

size_t painter_leave(struct painter *painter, const char **bytes)
{
    painter_use(painter);
    *bytes = "";
    if (!painter->is_entered)
        return 0;
    painter->is_entered = false;
    painter->cursor_is_visible = true; /* endwin shows it */
    endwin();
    return take_bytes(painter, bytes);
}

const char *painter_term(const struct painter *painter)
{
    return painter->term;
}

enum theme_depth painter_depth(const struct painter *painter)
{
    return painter->depth;
}

bool painter_takes_modes(const struct painter *painter)
{
    static const char *const plain[] = {"linux", "vt1", "vt2", "vt5", "ansi", "cons"};
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        if (strncmp(painter->term, plain[i], strlen(plain[i])) == 0)
            return false;
    return true;
}
