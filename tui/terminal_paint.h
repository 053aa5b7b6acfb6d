/* terminal_paint.h - from cells to the bytes that change a terminal: ncurses, tamed.
 *
 * ncurses writes into a file in memory, never to the terminal: it cannot block on a
 * terminal that does not read, and a frame is a piece of memory that is sent whole,
 * thrown away, measured or fed to a terminal emulator in a test.  (A pipe does the same
 * until a frame is larger than the pipe; then it would wait for itself.)
 *
 * One painter a process at a time: ncurses has one current screen. */
#ifndef TUI_TERMINAL_PAINT_H
#define TUI_TERMINAL_PAINT_H

#include "tui/theme.h"

struct painter;

enum painter_error {
    PAINTER_OK,
    PAINTER_UNKNOWN_TERMINAL, /* no terminfo entry, nor for the fallbacks */
    PAINTER_NO_MEMORY,
};

struct painter_options {
    const char *term; /* $TERM; NULL or unknown: the fallbacks are tried */
    bool is_utf8;     /* else everything beyond ASCII is painted as "?" */
    bool is_mono;     /* NO_COLOR, or asked for */
    bool has_blocks;  /* rules and bars are drawn with box characters; needs is_utf8 */
    const struct theme *theme; /* copied; NULL: "dark" */
    int rows, columns;         /* 1 or more */
};

/* LC_CTYPE must be set before (ncurses measures characters by it). */
enum painter_error painter_new(const struct painter_options *options,
                               struct painter **painter);
void painter_free(struct painter *painter);
void painter_resize(struct painter *painter, int rows, int columns);
/* From the next frame on, which repaints everything. */
void painter_look(struct painter *painter, const struct theme *theme, bool has_blocks);
/* The next frame repaints everything: after a stop, or Ctrl-L. */
void painter_forget(struct painter *painter);

/* The bytes that make the terminal show `cells` (of the painter's size), given what it
 * shows since the last call; 0 when nothing differs.  The first frame enters the
 * alternate screen.  *bytes is valid until the next call. */
size_t painter_frame(struct painter *painter, const struct cells *cells,
                     const char **bytes);
/* The bytes that leave the alternate screen; the next frame enters it again. */
size_t painter_leave(struct painter *painter, const char **bytes);

const char *painter_term(const struct painter *painter); /* the entry in use */
enum theme_depth painter_depth(const struct painter *painter);
/* Is it a terminal that knows private modes 2004 and 2026, or ignores them cleanly? */
bool painter_takes_modes(const struct painter *painter);

#endif
