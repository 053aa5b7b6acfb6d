/* terminal_state.h - what a terminal is made of; for tui/terminal*.c only. */
#ifndef TUI_TERMINAL_STATE_H
#define TUI_TERMINAL_STATE_H

#include <termios.h>

#include "tui/keys.h"
#include "tui/terminal.h"

enum { TERMINAL_SIGNALS = 7 };

struct terminal {
    struct terminal_handlers handlers;
    struct painter *painter;
    struct keys keys;
    struct termios saved;
    int in, out; /* two opens of the terminal: one poll handle each */
    int rows, columns;
    bool is_utf8, has_blocks;
    bool is_raw;     /* modes are set */
    bool is_entered; /* a frame was sent since */
    bool is_silent;  /* in the background */
    bool is_gone;    /* hung up */
    bool is_closing;

    char *pending; /* what the terminal has not taken yet */
    size_t pending_length, pending_at, pending_capacity;
    uint64_t waits_since_ms;
    uint64_t bytes, frames, skipped;

    uv_loop_t *loop;
    uv_poll_t readable, writable;
    uv_timer_t escape, resize;
    uv_signal_t signals[TERMINAL_SIGNALS];
    unsigned handles_open;
    void (*closed)(void *user);
    void *closed_user;
};

/* The terminal is gone: no more input or output, the program is told to leave. */
void terminal_hang_up(struct terminal *terminal);

#endif
