/* The terminal's output: whole frames, written as far as they are taken. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tui/terminal_state.h"

enum {
    RESTORE_MS = 200,
    SYNC_BYTES = 256, /* smaller frames do not tear, and keep their few bytes */
};

static const char enter_modes[] = "\033[?2004h", leave_modes[] = "\033[?2004l\033[?25h";
static const char sync_begin[] = "\033[?2026h", sync_end[] = "\033[?2026l";

void terminal_hang_up(struct terminal *terminal)
{
    if (terminal->is_gone || terminal->is_closing)
        return;
    terminal->is_gone = true;
    terminal->is_raw = false;
    uv_poll_stop(&terminal->readable);
    uv_poll_stop(&terminal->writable);
    uv_timer_stop(&terminal->escape);
    uv_timer_stop(&terminal->resize);
    terminal->handlers.ended(terminal->handlers.user, 128 + SIGHUP);
}

static bool append(struct terminal *terminal, const char *bytes, size_t length)
{
    size_t needed = terminal->pending_length + length;
    if (needed > terminal->pending_capacity) {
        size_t capacity = needed + needed / 2;
        char *grown = realloc(terminal->pending, capacity);
        if (!grown)
            return false;
        terminal->pending = grown;
        terminal->pending_capacity = capacity;
    }
    memcpy(terminal->pending + terminal->pending_length, bytes, length);
    terminal->pending_length = needed;
    return true;
}

/* Writes what the terminal takes now.  False when it is gone. */
static bool flush_pending(struct terminal *terminal)
{
    while (terminal->pending_at < terminal->pending_length) {
        ssize_t written = write(terminal->out, terminal->pending + terminal->pending_at,
                                terminal->pending_length - terminal->pending_at);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return errno == EAGAIN;
        terminal->pending_at += (size_t)written;
        terminal->bytes += (uint64_t)written;
    }
    terminal->pending_at = terminal->pending_length = 0;
    return true;
}

static void on_writable(uv_poll_t *handle, int status, int events);

static void pump(struct terminal *terminal)
{
    if (!flush_pending(terminal)) {
        terminal_hang_up(terminal);
        return;
    }
    if (terminal->pending_length == 0) {
        terminal->waits_since_ms = 0;
        return;
    }
    if (terminal->waits_since_ms == 0)
        terminal->waits_since_ms = uv_now(terminal->loop) + 1;
    uv_poll_start(&terminal->writable, UV_WRITABLE, on_writable);
}

static void on_writable(uv_poll_t *handle, int status, int events)
{
    struct terminal *terminal = handle->data;
    (void)events;
    if (status < 0) {
        terminal_hang_up(terminal);
        return;
    }
    uv_poll_stop(handle);
    pump(terminal);
    if (terminal->pending_length == 0 && !terminal->is_gone)
        terminal->handlers.drained(terminal->handlers.user);
}

bool terminal_paint(struct terminal *terminal, const struct cells *cells)
{
    const char *bytes;
    if (terminal->is_gone || terminal->is_silent || !terminal->is_raw)
        return false;
    if (terminal->pending_length > 0) {
        terminal->skipped++;
        return false;
    }
    bool takes_modes = painter_takes_modes(terminal->painter);
    if (!terminal->is_entered && takes_modes)
        append(terminal, enter_modes, sizeof enter_modes - 1);
    terminal->is_entered = true;
    size_t length = painter_frame(terminal->painter, cells, &bytes);
    if (length == 0 && terminal->pending_length == 0)
        return true;
    bool in_sync = takes_modes && length >= SYNC_BYTES;
    bool complete = (!in_sync || append(terminal, sync_begin, sizeof sync_begin - 1)) &&
                    append(terminal, bytes, length) &&
                    (!in_sync || append(terminal, sync_end, sizeof sync_end - 1));
    if (!complete) { /* no memory: the terminal shows half of it, so paint it all again
                      */
        terminal->pending_length = 0;
        painter_forget(terminal->painter);
        return false;
    }
    terminal->frames++;
    pump(terminal);
    return true;
}

void terminal_forget(struct terminal *terminal)
{
    painter_forget(terminal->painter);
}

void terminal_restore(struct terminal *terminal)
{
    const char *bytes;
    if (!terminal->is_raw || terminal->is_gone)
        return;
    size_t length = painter_leave(terminal->painter, &bytes);
    append(terminal, bytes, length);
    if (terminal->is_entered && painter_takes_modes(terminal->painter))
        append(terminal, leave_modes, sizeof leave_modes - 1);
    terminal->is_entered = false;
    /* The one place that waits, and not for long: a frame cut in the middle would leave
     * the shell's terminal in our modes. */
    struct pollfd out = {.fd = terminal->out, .events = POLLOUT};
    uint64_t until = uv_hrtime() / 1000000 + RESTORE_MS;
    bool alive = flush_pending(terminal);
    while (alive && terminal->pending_length > 0) {
        uint64_t now = uv_hrtime() / 1000000;
        if (now >= until || poll(&out, 1, (int)(until - now)) <= 0)
            break;
        alive = flush_pending(terminal);
    }
    terminal->pending_at = terminal->pending_length = 0;
    terminal->waits_since_ms = 0;
    tcflush(terminal->in, TCIFLUSH); /* keys meant for us are not for the shell */
    tcsetattr(terminal->in, TCSANOW, &terminal->saved);
    terminal->is_raw = false;
}
