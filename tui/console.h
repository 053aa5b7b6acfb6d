/* console.h - the full-screen console, and what it needs from the program around it.
 *
 * The program owns the loop, the links, the store and the figures; the console owns the
 * terminal and what the reader is looking at.  It reads models and calls back only to
 * ask again and to leave.  Nothing it does can block the loop: a terminal that stops
 * reading costs frames, never time (tui/terminal.h).
 *
 * Order in main: guard_start() before anything else exists (tui/guard.h), then the
 * loop, the links and the figures, then console_open().  Call console_wake() after
 * every commit and every change of a link; it is cheap, and paints are paced inside:
 * the first change after 250 ms of quiet at once, then at most 4 a second for data and
 * 20 for keys. */
#ifndef TUI_CONSOLE_H
#define TUI_CONSOLE_H

#include <uv.h>

#include "core/figures.h"
#include "tui/theme.h"

struct console;

/* Where the console gets the time: a parameter, so that tests hold it. */
struct console_clock {
    int64_t (*wall_ms)(void *user); /* Unix, UTC */
    int64_t (*mono_ms)(void *user);
    void *user;
};

/* The pairing that F11 shows (tui/pairing_desk.h has its steps); texts are "" while
 * they are not known, and clean. */
enum pairing_step {
    PAIRING_IDLE,
    PAIRING_DIALLING,
    PAIRING_CODED,
    PAIRING_APPROVED,
    PAIRING_LEARNING,
    PAIRING_PAIRED,
    PAIRING_ENDED
};
struct pairing_view {
    enum pairing_step step;
    char address[192];
    char archive[64], device[64]; /* SHA256:... of the two keys */
    char code[16], clock[96];
    char block[1024]; /* for fleet.conf, with newlines */
    char words[384];
};

/* What the console may ask of the program. */
struct console_core {
    /* Ask one archive again (its entity id), or all of them (NULL).  May be NULL. */
    void (*ask_again)(void *user, const char *entity);
    /* Stop what is being asked (Ctrl-C).  May be NULL. */
    void (*stop_asking)(void *user);
    /* Pairing; all four or none.  `pair` and `pair_confirm` are false when there is
     * nothing to do; the view's words say why. */
    const struct pairing_view *(*pairing)(void *user);
    bool (*pair)(void *user, const char *address);
    bool (*pair_confirm)(void *user);
    void (*pair_stop)(void *user);
    /* The reader leaves, or a signal or a hang-up makes us leave.  Called once; the
     * terminal is already restored.  The program calls console_close() and exits with
     * `exit_status`: 0, or 128 + the signal (129 for a hang-up). */
    void (*quit)(void *user, int exit_status);
    void *user;
};

enum console_colour {
    CONSOLE_COLOUR_AUTO,
    CONSOLE_COLOUR_NEVER,
    CONSOLE_COLOUR_ALWAYS
};
enum console_glyphs {
    CONSOLE_GLYPHS_AUTO, /* blocks where the charset is UTF-8 and the font likely has
                            them */
    CONSOLE_GLYPHS_ASCII,
    CONSOLE_GLYPHS_BLOCKS
};
struct console_looks {
    enum console_colour colour; /* AUTO: what the terminal has, unless NO_COLOR */
    enum console_glyphs glyphs;
    struct theme theme;
};

struct console_options {
    uv_loop_t *loop;
    struct figures *figures;
    const struct config *config;
    struct console_clock clock;
    struct console_core core;
    uint32_t portfolio; /* index in the config */
    struct console_looks looks;
    const char *version; /* of the program */
    const char
        *device_fingerprint; /* "SHA256:...", or "" when there is no device key */
};

#define CONSOLE_ERRORS(X)                                                              \
    X(CONSOLE_OK, "no error")                                                          \
    X(CONSOLE_NO_TERMINAL, "there is no terminal here; "                               \
                           "use fleet --once executive --format text")                 \
    X(CONSOLE_DUMB_TERMINAL, "TERM=dumb cannot show a full screen; "                   \
                             "use fleet --once executive --format text")               \
    X(CONSOLE_UNKNOWN_TERMINAL,                                                        \
      "the terminal type is unknown here, and so are xterm, "                          \
      "vt220 and ansi: is ncurses-base installed?")                                    \
    X(CONSOLE_NO_MEMORY, "out of memory")

enum console_error {
#define CONSOLE_ERROR_CODE(code, words) code,
    CONSOLE_ERRORS(CONSOLE_ERROR_CODE)
#undef CONSOLE_ERROR_CODE
};
const char *console_error_words(enum console_error error);

/* Takes the terminal and paints the first frame.  `options` is copied, what it points
 * to is borrowed until the console is closed.  On an error nothing was changed. */
MUST_CHECK enum console_error console_open(const struct console_options *options,
                                           struct console **console);
/* Restores the terminal at once if that is still to do; `closed` is called from the
 * loop when the last handle is gone and the memory is freed. */
void console_close(struct console *console, void (*closed)(void *user), void *user);

/* Something may have changed: a commit, a link, a model option. */
void console_wake(struct console *console);

/* One line in the session's log (F9), which lives in memory only.  `entity` may be "".
 */
void console_log(struct console *console, enum severity severity, const char *entity,
                 const char *text);

#endif
