/* pty.h - a program in a terminal that a test can type into, look at, resize and hang
 * up.
 *
 * The terminal is libvterm's; waiting is for text or for an end, never for a time. */
#ifndef TESTS_SUPPORT_PTY_H
#define TESTS_SUPPORT_PTY_H

#include <stdbool.h>
#include <sys/types.h>

#include <vterm.h>

struct pty {
    int master;
    pid_t child;
    VTerm *vterm;
    VTermScreen *screen;
    int rows, columns;
    bool alternate, cursor_visible;
    unsigned long bytes; /* that the program wrote */
};

/* Runs `program` in a child whose terminal has this size; TERM is xterm-256color unless
 * `term` says otherwise. */
void pty_open(struct pty *pty, int rows, int columns, const char *term,
              int (*program)(void *user), void *user);
/* Ends what still runs. */
void pty_close(struct pty *pty);
void pty_send(struct pty *pty, const char *bytes);
void pty_resize(struct pty *pty, int rows, int columns);
/* Reads what is there and what comes within `ms`. */
void pty_pump(struct pty *pty, int ms);
/* Waits up to 10 s until the text is on the screen; fails the test with a picture. */
void pty_expect(struct pty *pty, const char *text);
bool pty_shows(const struct pty *pty, const char *text);
/* Waits up to 10 s for the end of the child; its status as waitpid gives it. */
int pty_wait_end(struct pty *pty);
/* Is the terminal in the mode it was made with: echo, lines, signals? */
bool pty_is_cooked(const struct pty *pty);
/* Does the process exist, and is it no zombie? */
bool pty_is_running(pid_t process);
/* The first child of `parent`: what a guard watches. */
pid_t pty_child_of(pid_t parent);

#endif
