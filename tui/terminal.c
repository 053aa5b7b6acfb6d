#include "tui/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tui/terminal_state.h"

enum { RESIZE_MS = 50, ROWS_MAX = 500, COLUMNS_MAX = 1000 };

static const int signal_numbers[TERMINAL_SIGNALS] = {SIGWINCH, SIGTSTP, SIGCONT, SIGINT,
                                                     SIGTERM,  SIGQUIT, SIGHUP};

/* --- modes ------------------------------------------------------------------------ */

static bool is_foreground(const struct terminal *terminal)
{
    pid_t group = tcgetpgrp(terminal->in);
    return group < 0 || group == getpgrp();
}

static void set_raw(struct terminal *terminal)
{
    struct termios raw = terminal->saved;
    cfmakeraw(&raw);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    terminal->is_raw = tcsetattr(terminal->in, TCSADRAIN, &raw) == 0;
}

static void measure(struct terminal *terminal)
{
    struct winsize size;
    int rows = 24, columns = 80;
    if (ioctl(terminal->out, TIOCGWINSZ, &size) == 0 && size.ws_row && size.ws_col) {
        rows = size.ws_row;
        columns = size.ws_col;
    }
    terminal->rows = rows < ROWS_MAX ? rows : ROWS_MAX;
    terminal->columns = columns < COLUMNS_MAX ? columns : COLUMNS_MAX;
}

/* A locale whose charset the client can show; ASCII when there is none. */
static bool start_locale(void)
{
    if (!setlocale(LC_ALL, "")) {
        const char *wanted = getenv("LC_ALL");
        if (!wanted || !wanted[0])
            wanted = getenv("LC_CTYPE");
        if (!wanted || !wanted[0])
            wanted = getenv("LANG");
        if (wanted && (strstr(wanted, "UTF-8") || strstr(wanted, "utf8")))
            setlocale(LC_CTYPE, "C.UTF-8");
    }
    return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

/* --- input ------------------------------------------------------------------------ */

static void on_escape(uv_timer_t *timer)
{
    struct terminal *terminal = timer->data;
    uint32_t press;
    if (keys_timeout(&terminal->keys, &press))
        terminal->handlers.pressed(terminal->handlers.user, press);
}

static void take_bytes(struct terminal *terminal, const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length && !terminal->is_closing && terminal->is_raw; i++) {
        uint32_t press;
        if (keys_take(&terminal->keys, bytes[i], &press))
            terminal->handlers.pressed(terminal->handlers.user, press);
    }
}

static void on_readable(uv_poll_t *handle, int status, int events)
{
    struct terminal *terminal = handle->data;
    (void)events;
    uint8_t bytes[1024];
    ssize_t got = 0;
    uv_timer_stop(&terminal->escape);
    /* At most a few reads a turn: whoever types this fast is a paste, and links wait.
     */
    for (int turn = 0; status >= 0 && turn < 4; turn++) {
        got = read(terminal->in, bytes, sizeof bytes);
        if (got <= 0)
            break;
        take_bytes(terminal, bytes, (size_t)got);
        if (terminal->is_closing || terminal->is_gone || !terminal->is_raw)
            return;
    }
    if (status < 0 || got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
        terminal_hang_up(terminal);
        return;
    }
    if (keys_are_pending(&terminal->keys))
        uv_timer_start(&terminal->escape, on_escape, keys_timeout_ms(&terminal->keys),
                       0);
}

/* --- signals ---------------------------------------------------------------------- */

/* Back on the screen: after a stop, or when put into the foreground. */
static void resume(struct terminal *terminal)
{
    terminal->is_silent = !is_foreground(terminal);
    if (terminal->is_silent) {
        uv_poll_stop(&terminal->readable);
        return;
    }
    /* Whoever had the terminal meanwhile may have left it in any mode, and after a
     * SIGSTOP we did not leave ourselves: enter again from the start. */
    const char *bytes;
    painter_leave(terminal->painter, &bytes);
    terminal->is_entered = false;
    terminal->pending_at = terminal->pending_length = 0;
    terminal->waits_since_ms = 0;
    set_raw(terminal);
    measure(terminal);
    painter_resize(terminal->painter, terminal->rows, terminal->columns);
    painter_forget(terminal->painter);
    uv_poll_start(&terminal->readable, UV_READABLE, on_readable);
    terminal->handlers.resized(terminal->handlers.user, terminal->rows,
                               terminal->columns);
}

void terminal_suspend(struct terminal *terminal)
{
    if (terminal->is_gone)
        return;
    terminal_restore(terminal);
    kill(getpid(), SIGSTOP);
    /* Here again when continued; SIGCONT is also on its way through the loop, and
     * coming back twice is harmless. */
}

static void on_resize(uv_timer_t *timer)
{
    struct terminal *terminal = timer->data;
    int rows = terminal->rows, columns = terminal->columns;
    measure(terminal);
    if (rows == terminal->rows && columns == terminal->columns)
        return;
    painter_resize(terminal->painter, terminal->rows, terminal->columns);
    painter_forget(terminal->painter); /* each terminal reflows in its own way */
    terminal->handlers.resized(terminal->handlers.user, terminal->rows,
                               terminal->columns);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct terminal *terminal = handle->data;
    if (terminal->is_gone || terminal->is_closing)
        return;
    switch (number) {
    case SIGWINCH:
        if (!uv_is_active((uv_handle_t *)&terminal->resize))
            uv_timer_start(&terminal->resize, on_resize, RESIZE_MS, 0);
        break;
    case SIGTSTP:
        terminal_suspend(terminal);
        break;
    case SIGCONT:
        resume(terminal);
        break;
    case SIGHUP:
        terminal_hang_up(terminal);
        break;
    default:
        terminal_restore(terminal);
        terminal->handlers.ended(terminal->handlers.user, 128 + number);
    }
}

/* --- opening and closing ---------------------------------------------------------- */

static int open_tty(void)
{
    return open("/dev/tty", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
}

static void on_closed(uv_handle_t *handle)
{
    struct terminal *terminal = handle->data;
    if (--terminal->handles_open > 0)
        return;
    void (*closed)(void *) = terminal->closed;
    void *user = terminal->closed_user;
    painter_free(terminal->painter);
    close(terminal->in);
    close(terminal->out);
    free(terminal->pending);
    free(terminal);
    if (closed)
        closed(user);
}

static void own(struct terminal *terminal, void *handle)
{
    ((uv_handle_t *)handle)->data = terminal;
    terminal->handles_open++;
}

/* The handles; signals first, so that ncurses finds them taken. */
static bool start_handles(struct terminal *terminal)
{
    for (int i = 0; i < TERMINAL_SIGNALS; i++) {
        if (uv_signal_init(terminal->loop, &terminal->signals[i]) != 0)
            return false;
        own(terminal, &terminal->signals[i]);
        if (uv_signal_start(&terminal->signals[i], on_signal, signal_numbers[i]) != 0)
            return false;
    }
    if (uv_timer_init(terminal->loop, &terminal->escape) != 0)
        return false;
    own(terminal, &terminal->escape);
    if (uv_timer_init(terminal->loop, &terminal->resize) != 0)
        return false;
    own(terminal, &terminal->resize);
    if (uv_poll_init(terminal->loop, &terminal->readable, terminal->in) != 0)
        return false;
    own(terminal, &terminal->readable);
    if (uv_poll_init(terminal->loop, &terminal->writable, terminal->out) != 0)
        return false;
    own(terminal, &terminal->writable);
    return uv_poll_start(&terminal->readable, UV_READABLE, on_readable) == 0;
}

static void close_handle(void *handle)
{
    if (((uv_handle_t *)handle)->data && !uv_is_closing(handle))
        uv_close(handle, on_closed);
}

static void close_handles(struct terminal *terminal)
{
    for (int i = 0; i < TERMINAL_SIGNALS; i++)
        close_handle(&terminal->signals[i]);
    close_handle(&terminal->escape);
    close_handle(&terminal->resize);
    close_handle(&terminal->readable);
    close_handle(&terminal->writable);
}

/* The console of the kernel and the old VT fonts have few of the block characters. */
static bool wants_blocks(const struct terminal *terminal,
                         const struct console_looks *looks, const char *term)
{
    if (looks->glyphs != CONSOLE_GLYPHS_AUTO)
        return looks->glyphs == CONSOLE_GLYPHS_BLOCKS;
    return terminal->is_utf8 && term && strncmp(term, "linux", 5) != 0 &&
           strncmp(term, "vt", 2) != 0;
}

static enum console_error open_painter(struct terminal *terminal,
                                       const struct console_looks *looks)
{
    const char *no_colour = getenv("NO_COLOR");
    struct painter_options options = {
        .term = getenv("TERM"),
        .is_utf8 = terminal->is_utf8,
        .is_mono = looks->colour == CONSOLE_COLOUR_NEVER ||
                   (looks->colour == CONSOLE_COLOUR_AUTO && no_colour && no_colour[0]),
        .has_blocks = wants_blocks(terminal, looks, getenv("TERM")),
        .theme = &looks->theme,
        .rows = terminal->rows,
        .columns = terminal->columns,
    };
    terminal->has_blocks = options.has_blocks;
    switch (painter_new(&options, &terminal->painter)) {
    case PAINTER_OK:
        return CONSOLE_OK;
    case PAINTER_UNKNOWN_TERMINAL:
        return CONSOLE_UNKNOWN_TERMINAL;
    case PAINTER_NO_MEMORY:
        break;
    }
    return CONSOLE_NO_MEMORY;
}

enum console_error terminal_open(uv_loop_t *loop, const struct console_looks *looks,
                                 const struct terminal_handlers *handlers,
                                 struct terminal **terminal_out)
{
    const char *term = getenv("TERM");
    if (term && strcmp(term, "dumb") == 0)
        return CONSOLE_DUMB_TERMINAL;
    struct terminal *terminal = calloc(1, sizeof *terminal);
    if (!terminal)
        return CONSOLE_NO_MEMORY;
    terminal->handlers = *handlers;
    terminal->loop = loop;
    terminal->in = open_tty();
    terminal->out = open_tty();
    if (terminal->in < 0 || terminal->out < 0 ||
        tcgetattr(terminal->in, &terminal->saved) != 0) {
        if (terminal->in >= 0)
            close(terminal->in);
        if (terminal->out >= 0)
            close(terminal->out);
        free(terminal);
        return CONSOLE_NO_TERMINAL;
    }
    terminal->is_utf8 = start_locale();
    measure(terminal);
    enum console_error error = CONSOLE_NO_MEMORY;
    if (start_handles(terminal))
        error = open_painter(terminal, looks);
    if (error != CONSOLE_OK) {
        terminal->is_closing = true;
        close_handles(terminal); /* the last of them frees it */
        if (terminal->handles_open == 0) {
            close(terminal->in);
            close(terminal->out);
            free(terminal);
        }
        return error;
    }
    terminal->is_silent = !is_foreground(terminal);
    if (!terminal->is_silent)
        set_raw(terminal);
    *terminal_out = terminal;
    return CONSOLE_OK;
}

void terminal_look(struct terminal *terminal, const struct console_looks *looks)
{
    terminal->has_blocks =
        wants_blocks(terminal, looks, painter_term(terminal->painter));
    painter_look(terminal->painter, &looks->theme, terminal->has_blocks);
}

void terminal_close(struct terminal *terminal, void (*closed)(void *user), void *user)
{
    terminal_restore(terminal);
    terminal->is_closing = true;
    terminal->closed = closed;
    terminal->closed_user = user;
    close_handles(terminal);
}

void terminal_facts(const struct terminal *terminal, struct terminal_facts *facts)
{
    *facts = (struct terminal_facts){
        .term = painter_term(terminal->painter),
        .depth = painter_depth(terminal->painter),
        .is_utf8 = terminal->is_utf8,
        .has_blocks = terminal->has_blocks,
        .rows = terminal->rows,
        .columns = terminal->columns,
        .bytes = terminal->bytes,
        .frames = terminal->frames,
        .skipped = terminal->skipped,
    };
}

uint64_t terminal_waits_since_ms(const struct terminal *terminal)
{
    return terminal->waits_since_ms;
}
