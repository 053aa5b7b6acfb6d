#include "tests/support/pty.h"

#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_MS = 10000 };

static long now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int on_property(VTermProp property, VTermValue *value, void *user)
{
    struct pty *pty = user;
    if (property == VTERM_PROP_ALTSCREEN)
        pty->alternate = value->boolean;
    if (property == VTERM_PROP_CURSORVISIBLE)
        pty->cursor_visible = value->boolean;
    return 1;
}

static const VTermScreenCallbacks callbacks = {.settermprop = on_property};

void pty_open(struct pty *pty, int rows, int columns, const char *term,
              int (*program)(void *user), void *user)
{
    struct winsize size = {.ws_row = (unsigned short)rows,
                           .ws_col = (unsigned short)columns};
    *pty = (struct pty){.rows = rows, .columns = columns, .cursor_visible = true};
    pty->vterm = vterm_new(rows, columns);
    assert_non_null(pty->vterm);
    vterm_set_utf8(pty->vterm, 1);
    pty->screen = vterm_obtain_screen(pty->vterm);
    vterm_screen_enable_altscreen(pty->screen, 1);
    vterm_screen_set_callbacks(pty->screen, &callbacks, pty);
    vterm_screen_reset(pty->screen, 1);
    fflush(NULL);
    pty->child = forkpty(&pty->master, NULL, NULL, &size);
    assert_true(pty->child >= 0);
    if (pty->child == 0) {
        setenv("TERM", term ? term : "xterm-256color", 1);
        setenv("LC_ALL", "C.UTF-8", 1);
        unsetenv("NO_COLOR");
        _exit(program(user));
    }
    fcntl(pty->master, F_SETFL, O_NONBLOCK);
}

void pty_close(struct pty *pty)
{
    if (pty->child > 0) {
        pid_t grandchild = pty_child_of(pty->child);
        if (grandchild > 0)
            kill(grandchild, SIGKILL);
        kill(pty->child, SIGKILL);
        waitpid(pty->child, NULL, 0);
    }
    if (pty->master >= 0)
        close(pty->master);
    vterm_free(pty->vterm);
}

/* Feeds the terminal; false when the other end is gone. */
static bool read_all(struct pty *pty)
{
    char bytes[65536];
    for (;;) {
        ssize_t got = read(pty->master, bytes, sizeof bytes);
        if (got < 0)
            return errno == EAGAIN || errno == EINTR;
        if (got == 0)
            return false;
        pty->bytes += (unsigned long)got;
        vterm_input_write(pty->vterm, bytes, (size_t)got);
        vterm_screen_flush_damage(pty->screen);
    }
}

static void wait_readable(struct pty *pty, long ms)
{
    struct pollfd fd = {.fd = pty->master, .events = POLLIN};
    poll(&fd, 1, ms > 0 ? (int)ms : 0);
}

void pty_pump(struct pty *pty, int ms)
{
    long until = now_ms() + ms;
    while (read_all(pty) && now_ms() < until)
        wait_readable(pty, until - now_ms());
}

void pty_send(struct pty *pty, const char *bytes)
{
    size_t length = strlen(bytes);
    while (length > 0) {
        ssize_t written = write(pty->master, bytes, length);
        if (written < 0 && errno == EAGAIN) {
            pty_pump(pty, 10);
            continue;
        }
        assert_true(written > 0);
        bytes += written;
        length -= (size_t)written;
    }
}

void pty_resize(struct pty *pty, int rows, int columns)
{
    struct winsize size = {.ws_row = (unsigned short)rows,
                           .ws_col = (unsigned short)columns};
    pty->rows = rows;
    pty->columns = columns;
    if (rows > 0 && columns > 0)
        vterm_set_size(pty->vterm, rows, columns);
    assert_int_equal(ioctl(pty->master, TIOCSWINSZ, &size), 0);
}

static void row_text(const struct pty *pty, int row, char *text, size_t size)
{
    size_t used = 0;
    for (int column = 0; column < pty->columns && used + 8 < size; column++) {
        VTermScreenCell cell;
        VTermPos at = {.row = row, .col = column};
        vterm_screen_get_cell(pty->screen, at, &cell);
        uint32_t code = cell.chars[0];
        text[used++] = code == 0 ? ' ' : code < 0x80 ? (char)code : '?';
    }
    text[used] = '\0';
}

bool pty_shows(const struct pty *pty, const char *text)
{
    char line[2048];
    for (int row = 0; row < pty->rows; row++) {
        row_text(pty, row, line, sizeof line);
        if (strstr(line, text))
            return true;
    }
    return false;
}

void pty_expect(struct pty *pty, const char *text)
{
    long until = now_ms() + PATIENCE_MS;
    char line[2048];
    while (!pty_shows(pty, text)) {
        bool alive = read_all(pty);
        if (pty_shows(pty, text))
            return;
        if (!alive || now_ms() >= until) {
            for (int row = 0; row < pty->rows; row++) {
                row_text(pty, row, line, sizeof line);
                print_error("|%s|\n", line);
            }
            fail_msg("'%s' did not appear", text);
        }
        wait_readable(pty, until - now_ms());
    }
}

int pty_wait_end(struct pty *pty)
{
    long until = now_ms() + PATIENCE_MS;
    int status = 0;
    while (waitpid(pty->child, &status, WNOHANG) == 0) {
        if (now_ms() >= until)
            fail_msg("the program does not end");
        if (pty->master >= 0)
            pty_pump(pty, 10);
        else
            poll(NULL, 0, 10);
    }
    if (pty->master >= 0)
        read_all(pty);
    pty->child = 0;
    return status;
}

bool pty_is_cooked(const struct pty *pty)
{
    struct termios mode;
    if (tcgetattr(pty->master, &mode) != 0)
        return false;
    return (mode.c_lflag & ICANON) && (mode.c_lflag & ECHO) && (mode.c_lflag & ISIG);
}

pid_t pty_child_of(pid_t parent)
{
    char path[64], text[64] = "";
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)parent, (int)parent);
    FILE *file = fopen(path, "re");
    if (!file)
        return 0;
    if (!fgets(text, sizeof text, file))
        text[0] = '\0';
    fclose(file);
    return (pid_t)strtol(text, NULL, 10);
}

bool pty_is_running(pid_t process)
{
    char path[64], text[256] = "";
    snprintf(path, sizeof path, "/proc/%d/stat", (int)process);
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    if (!fgets(text, sizeof text, file))
        text[0] = '\0';
    fclose(file);
    const char *state = strrchr(text, ')');
    return state && state[1] == ' ' && state[2] != 'Z' && state[2] != 'X';
}
