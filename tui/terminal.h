/* terminal.h - the terminal in the loop: keys in, whole frames out, and never a wait.
 *
 * The terminal is opened anew as /dev/tty, so that O_NONBLOCK stays ours and stdin may
 * be a file.  A frame is composed in memory and written as far as the terminal takes
 * it; the rest waits for it to be writable, and while it waits no other frame is
 * composed: frames are conflated, never queued.  Modes are ours: raw input without
 * XON/XOFF, alternate screen, bracketed paste, no mouse.
 *
 * Signals are taken through the loop before ncurses could take them: SIGWINCH (one
 * redraw in 50 ms), SIGTSTP and SIGCONT (leave, stop, come back; silent in the
 * background), SIGINT, SIGTERM, SIGQUIT and SIGHUP (leave with 128 + signal).  A
 * hang-up, by SIGHUP, end of file or EIO, stops all input and output at once. */
#ifndef TUI_TERMINAL_H
#define TUI_TERMINAL_H

#include <uv.h>

#include "tui/console.h"
#include "tui/terminal_paint.h"

struct terminal;

struct terminal_handlers {
    void (*pressed)(void *user, uint32_t press);
    /* A new size, or the screen must be painted again after a stop. */
    void (*resized)(void *user, int rows, int columns);
    /* A frame that had to wait is out: paint what changed meanwhile. */
    void (*drained)(void *user);
    /* Leave: 128 + signal.  The terminal is already restored, or gone. */
    void (*ended)(void *user, int exit_status);
    void *user;
};

/* On CONSOLE_OK the terminal is in raw mode; the first frame enters the screen. */
MUST_CHECK enum console_error terminal_open(uv_loop_t *loop,
                                            const struct console_looks *looks,
                                            const struct terminal_handlers *handlers,
                                            struct terminal **terminal);
/* Gives the terminal back: waits at most 200 ms for it to take the last bytes. */
void terminal_restore(struct terminal *terminal);
/* Restores, closes the handles, frees, and calls `closed` from the loop. */
void terminal_close(struct terminal *terminal, void (*closed)(void *user), void *user);

/* False when the terminal has not taken the last frame yet, is in the background, or is
 * gone: nothing was sent, drained() or resized() will ask again. */
bool terminal_paint(struct terminal *terminal, const struct cells *cells);
/* The next frame repaints everything (Ctrl-L). */
void terminal_forget(struct terminal *terminal);
/* From the next frame on. */
void terminal_look(struct terminal *terminal, const struct console_looks *looks);
/* Restores and stops the process (Ctrl-Z); returns when it goes on. */
void terminal_suspend(struct terminal *terminal);

struct terminal_facts {
    const char *term;
    enum theme_depth depth;
    bool is_utf8, has_blocks;
    int rows, columns;
    uint64_t bytes, frames;
    uint64_t skipped; /* paints that found the terminal busy */
};
void terminal_facts(const struct terminal *terminal, struct terminal_facts *facts);
/* Since when the last frame waits, monotonic ms of the loop; 0: nothing waits. */
uint64_t terminal_waits_since_ms(const struct terminal *terminal);

#endif
