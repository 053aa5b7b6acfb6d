#include "tui/guard.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

const char guard_reset_sequence[] =
    "\033[?2026l"                                             /* end of a frame */
    "\033[?1000l\033[?1002l\033[?1003l\033[?1006l\033[?1004l" /* mouse, focus */
    "\033[?2004l"                                             /* bracketed paste */
    "\033[0m\033[?1049l\033[?25h\033[?1l\033>"; /* colours, screen, cursor */

static const int passed_on[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};

static void fill_set(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGCHLD);
    sigaddset(set, SIGCONT);
    /* A stop from the keyboard reaches the child too; we stop when it has stopped. */
    sigaddset(set, SIGTSTP);
    sigaddset(set, SIGTTOU); /* so that the terminal can be restored from behind */
    for (size_t i = 0; i < sizeof passed_on / sizeof passed_on[0]; i++)
        sigaddset(set, passed_on[i]);
}

/* Only when the child left it raw: after a clean end the screen is the shell's already.
 */
static void give_back(int tty, const struct termios *saved)
{
    struct termios now;
    if (tcgetattr(tty, &now) != 0)
        return; /* hung up */
    if (now.c_lflag == saved->c_lflag && now.c_iflag == saved->c_iflag)
        return;
    /* The child may have filled the terminal's buffer; what it said no longer counts.
     */
    tcflush(tty, TCOFLUSH);
    ssize_t written = write(tty, guard_reset_sequence, strlen(guard_reset_sequence));
    (void)written; /* a terminal that does not take it is not ours to help */
    tcsetattr(tty, TCSANOW, saved);
}

static _Noreturn void end_as(int status, int tty, const struct termios *saved)
{
    give_back(tty, saved);
    if (!WIFSIGNALED(status))
        _exit(WEXITSTATUS(status));
    int number = WTERMSIG(status);
    fprintf(stderr, "fleet: ended by signal %d; the terminal is restored\n", number);
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none); /* the core, if any, is the child's */
    signal(number, SIG_DFL);
    sigset_t set;
    sigemptyset(&set);
    sigprocmask(SIG_SETMASK, &set, NULL);
    raise(number);
    _exit(128 + number);
}

/* Stops and continues with the child, so that the shell sees one job. */
static void watch_child(pid_t child, int tty, const struct termios *saved)
{
    int status;
    pid_t found;
    while ((found = waitpid(child, &status, WNOHANG | WUNTRACED)) == child) {
        if (WIFSTOPPED(status)) {
            struct termios now;
            /* SIGSTOP cannot be handled: the child had no time to leave the screen. */
            if (WSTOPSIG(status) == SIGSTOP && tcgetattr(tty, &now) == 0)
                give_back(tty, saved);
            kill(getpid(), SIGSTOP);
            kill(child, SIGCONT); /* when only we were continued */
            continue;
        }
        end_as(status, tty, saved);
    }
}

static _Noreturn void wait_for(pid_t child, int tty, const struct termios *saved)
{
    sigset_t set;
    fill_set(&set);
    for (;;) {
        watch_child(child, tty, saved);
        int number = sigwaitinfo(&set, NULL);
        for (size_t i = 0; i < sizeof passed_on / sizeof passed_on[0]; i++)
            if (passed_on[i] == number)
                kill(child, number);
    }
}

bool guard_start(void)
{
    struct termios saved;
    int tty = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (tty < 0)
        return false;
    if (tcgetattr(tty, &saved) != 0) {
        close(tty);
        return false;
    }
    sigset_t set, before;
    fill_set(&set);
    sigprocmask(SIG_BLOCK, &set, &before);
    pid_t parent = getpid();
    pid_t child = fork();
    if (child > 0)
        wait_for(child, tty, &saved);
    close(tty);
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (child < 0)
        return false;
    prctl(PR_SET_PDEATHSIG, SIGHUP);
    if (getppid() != parent) /* it died before we could ask to be told */
        _exit(128 + SIGHUP);
    return true;
}
