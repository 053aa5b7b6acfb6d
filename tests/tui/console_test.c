/* The whole console in a terminal: typed into, resized, stalled, killed and hung up. */
#include "tests/support/cmocka_all.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/console_host.h"
#include "tests/support/pty.h"
#include "tui/guard.h"

static int run_host(void *user)
{
    return console_host_run(user);
}

static struct host_options plain = {.report_fd = -1};
static struct host_options guarded = {.with_guard = true, .report_fd = -1};

static void open_console(struct pty *pty, struct host_options *options)
{
    pty_open(pty, 24, 80, NULL, run_host, options);
    pty_expect(pty, "EXECUTIVE");
    pty_expect(pty, "answered 1184/1203");
}

static void assert_left_cleanly(struct pty *pty, int exit_status)
{
    int status = pty_wait_end(pty);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), exit_status);
    assert_true(pty_is_cooked(pty));
    assert_false(pty->alternate);
    assert_true(pty->cursor_visible);
    pty_close(pty);
}

static void console__opens_drills_and_comes_back(void **state)
{
    (void)state;
    struct pty pty;
    open_console(&pty, &plain);
    assert_true(pty.alternate);
    pty_send(&pty, "\033OR"); /* F3 */
    pty_expect(&pty, ">harbour-st-0651");
    pty_send(&pty, "jj");
    pty_expect(&pty, ">harbour-st-0705");
    pty_send(&pty, "\r");
    pty_expect(&pty, "provenance of");
    pty_send(&pty, "q");
    pty_expect(&pty, ">harbour-st-0705"); /* the place was kept */
    pty_send(&pty, "\033");
    pty_expect(&pty, "EXECUTIVE");
    pty_send(&pty, "q"); /* at the top: leaves */
    assert_left_cleanly(&pty, 0);
}

static void function_keys__of_every_terminal_and_their_twins_work(void **state)
{
    (void)state;
    static const struct {
        const char *bytes, *title;
    } keys[] = {
        {"\033[13~", "PORTFOLIO"}, /* PuTTY */
        {"\033[[D", "RECONCILE"},  /* the Linux console */
        {"5", "FLEET"},
        {"\0336", "ENTITY"},
        {"\033[18~", "ALERTS"},
        {"8", "COMMAND"},
        {"\033[20~", "LOG"},
        {"-", "SYSTEM"},
        {"=", "ANCHOR"},
        {"\033OP", "HELP"},
        {"2", "EXECUTIVE"},
    };
    struct pty pty;
    open_console(&pty, &plain);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        char title[32];
        snprintf(title, sizeof title, " %s  northgate", keys[i].title);
        pty_send(&pty, keys[i].bytes);
        pty_expect(&pty, title);
    }
    pty_send(&pty, "\033[21~"); /* F10 */
    assert_left_cleanly(&pty, 0);
}

static void filter__works_while_it_is_typed(void **state)
{
    (void)state;
    struct pty pty;
    open_console(&pty, &plain);
    pty_send(&pty, "3/oak");
    pty_expect(&pty, "6 of 44");
    assert_true(pty.cursor_visible);
    pty_expect(&pty, "all 44 rows"); /* the total is still of all */
    pty_send(&pty, " q");            /* a letter is text here */
    pty_expect(&pty, "no row matches");
    pty_send(&pty, "\033");
    pty_expect(&pty, "44 rows");
    pty_send(&pty, "/\"oak"); /* the former filter stays while this one is wrong */
    pty_expect(&pty, "the quote is not closed");
    pty_send(&pty, "\003"); /* Ctrl-C gives up typing, and does not leave */
    pty_send(&pty, "0");
    assert_left_cleanly(&pty, 0);
}

static void command_line__completes_runs_and_explains(void **state)
{
    (void)state;
    struct pty pty;
    open_console(&pty, &plain);
    pty_send(&pty, ":rec\t");
    pty_expect(&pty, ":recon");
    pty_send(&pty, "\r");
    pty_expect(&pty, "RECONCILE");
    pty_send(&pty, ":xyz\r");
    pty_expect(&pty, "no command 'xyz'");
    pty_send(&pty, "\025basis share\r"); /* Ctrl-U: the text had stayed */
    pty_expect(&pty, "basis: at share");
    pty_send(&pty, ":oak-plaza-0003 PF\r");
    pty_expect(&pty, "filter: oak-plaza-0003");
    pty_send(&pty, ":sort net_assets desc\r");
    pty_expect(&pty, "sort: net assets v");
    pty_send(&pty, ":quit\r");
    assert_left_cleanly(&pty, 0);
}

static void paste__outside_a_field_does_nothing(void **state)
{
    (void)state;
    struct pty pty;
    open_console(&pty, &plain);
    pty_send(&pty, "\033[200~q\r:quit\r0\033[201~");
    pty_send(&pty, "3");
    pty_expect(&pty, "PORTFOLIO");
    pty_send(&pty,
             "/\033[200~oak\nplaza\033[201~"); /* in a field a newline is a blank */
    pty_expect(&pty, "/oak plaza");
    pty_send(&pty, "\r0");
    assert_left_cleanly(&pty, 0);
}

static void freeze__says_so_and_thaws(void **state)
{
    (void)state;
    struct pty pty;
    open_console(&pty, &plain);
    pty_send(&pty, "z");
    pty_expect(&pty, "FROZEN 00:36:05Z");
    pty_send(&pty, "b");
    pty_expect(&pty, "frozen: what is shown stays");
    pty_send(&pty, "4");
    pty_expect(&pty, "RECONCILE");
    pty_send(&pty, "z");
    pty_expect(&pty, "LIVE");
    pty_send(&pty, "0");
    assert_left_cleanly(&pty, 0);
}

static void resize__storms_end_at_the_right_size(void **state)
{
    (void)state;
    struct pty pty;
    uint32_t seed = 7;
    open_console(&pty, &plain);
    for (int i = 0; i < 500; i++) {
        seed = seed * 1664525u + 1013904223u;
        pty_resize(&pty, 1 + (int)(seed >> 8) % 100, 1 + (int)(seed >> 18) % 250);
        if (i % 10 == 0)
            pty_pump(&pty, 1);
    }
    pty_resize(&pty, 5, 30);
    pty_expect(&pty, "terminal too small for the tab");
    pty_resize(&pty, 50, 160);
    pty_expect(&pty, "AGGREGATE  READ-ONLY");
    pty_resize(&pty, 24, 80);
    pty_send(&pty, "\014"); /* the emulator's own idea of reflow is not ours */
    pty_expect(&pty, "1Help 2Exec 3Port");
    pty_send(&pty, "q");
    assert_left_cleanly(&pty, 0);
}

static void stall__of_the_terminal_does_not_stall_the_loop(void **state)
{
    (void)state;
    int report[2];
    char text[64] = "";
    assert_int_equal(pipe(report), 0);
    struct host_options options = {.changes_ms = 20, .report_fd = report[1]};
    struct pty pty;
    open_console(&pty, &options);
    /* Nobody reads for two seconds, while every key asks for another full screen. */
    for (int i = 0; i < 40; i++) {
        static const char *const keys[] = {"3", "4", "5", "2", "\014"};
        ssize_t written = write(pty.master, keys[i % 5], 1);
        (void)written;
        poll(NULL, 0, 50);
    }
    pty_send(&pty, "7");
    pty_expect(&pty, "ALERTS");
    pty_send(&pty, "0");
    assert_left_cleanly(&pty, 0);
    close(report[1]);
    assert_true(read(report[0], text, sizeof text - 1) > 0);
    close(report[0]);
    long lag = strtol(text + 4, NULL, 10);
    if (lag > 250) /* a blocked write would be 2,000; the rest is a busy machine */
        fail_msg("the loop stood still for %ld ms", lag);
}

static void hang_up__ends_at_once_with_129(void **state)
{
    (void)state;
    struct pty pty;
    open_console(&pty, &plain);
    close(pty.master);
    pty.master = -1;
    int status = pty_wait_end(&pty);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 129);
    pty_close(&pty);
}

static void signals__leave_with_128_and_their_number(void **state)
{
    (void)state;
    static const int numbers[] = {SIGTERM, SIGINT, SIGQUIT};
    for (size_t i = 0; i < 3; i++) {
        struct pty pty;
        open_console(&pty, &plain);
        kill(pty.child, numbers[i]);
        assert_left_cleanly(&pty, 128 + numbers[i]);
    }
}

/* --- the guard -------------------------------------------------------------------- */

static void guard__restores_after_the_child_was_killed(void **state)
{
    (void)state;
    static const int numbers[] = {SIGKILL, SIGSEGV, SIGABRT};
    for (size_t i = 0; i < 3; i++) {
        struct pty pty;
        open_console(&pty, &guarded);
        assert_false(pty_is_cooked(&pty));
        pid_t child = pty_child_of(pty.child);
        assert_true(child > 0);
        kill(child, numbers[i]);
        int status = pty_wait_end(&pty);
        assert_true(pty_is_cooked(&pty));
        assert_false(pty.alternate);
        assert_true(pty.cursor_visible);
        if (numbers[i] == SIGKILL) {
            assert_true(WIFSIGNALED(status));
            assert_int_equal(WTERMSIG(status), SIGKILL);
        }
        pty_close(&pty);
    }
}

static void guard__passes_signals_and_the_exit_status_on(void **state)
{
    (void)state;
    struct pty pty;
    open_console(&pty, &guarded);
    kill(pty.child, SIGTERM);
    assert_left_cleanly(&pty, 128 + SIGTERM);
    open_console(&pty, &guarded);
    pty_send(&pty, "q");
    assert_left_cleanly(&pty, 0);
}

static void guard__that_is_killed_takes_the_child_along(void **state)
{
    (void)state;
    struct pty pty;
    open_console(&pty, &guarded);
    pid_t child = pty_child_of(pty.child);
    kill(pty.child, SIGKILL);
    waitpid(pty.child, NULL, 0);
    pty.child = 0;
    for (int i = 0; i < 500 && pty_is_running(child); i++)
        pty_pump(&pty, 10);
    assert_false(pty_is_running(child));
    pty_close(&pty);
}

/* A shell's part: sees the job stop, continues it. */
static void guard__stops_and_continues_as_one_job(void **state)
{
    (void)state;
    struct pty pty;
    int status = 0;
    open_console(&pty, &guarded);
    pid_t child = pty_child_of(pty.child);
    for (int round = 0; round < 3; round++) {
        if (round < 2)
            pty_send(&pty, "\032"); /* Ctrl-Z */
        else
            kill(child, SIGSTOP); /* which cannot be handled */
        for (int i = 0; i < 500; i++) {
            if (waitpid(pty.child, &status, WNOHANG | WUNTRACED) == pty.child)
                break;
            pty_pump(&pty, 10);
        }
        assert_true(WIFSTOPPED(status));
        pty_pump(&pty, 20);
        assert_true(pty_is_cooked(&pty));
        assert_false(pty.alternate);
        kill(-pty.child, SIGCONT);
        for (int i = 0; i < 500 && !pty.alternate; i++)
            pty_pump(&pty, 10);
        assert_true(pty.alternate);
        pty_send(&pty, round % 2 ? "2" : "3");
        pty_expect(&pty, round % 2 ? "EXECUTIVE" : "PORTFOLIO");
        assert_false(pty_is_cooked(&pty));
    }
    pty_send(&pty, "0");
    assert_left_cleanly(&pty, 0);
}

/* --- no terminal ------------------------------------------------------------------ */

static int run_in_dumb(void *user)
{
    return console_host_run(user);
}

static void terminal__that_is_dumb_gets_a_hint(void **state)
{
    (void)state;
    struct pty pty;
    pty_open(&pty, 24, 120, "dumb", run_in_dumb, &plain);
    pty_expect(&pty, "fleet --once executive --format text");
    int status = pty_wait_end(&pty);
    assert_int_equal(WEXITSTATUS(status), 2);
    assert_true(pty_is_cooked(&pty));
    pty_close(&pty);
}

static void terminal__that_is_absent_gets_a_hint(void **state)
{
    (void)state;
    int output[2];
    char text[256] = "";
    assert_int_equal(pipe(output), 0);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        setsid(); /* no controlling terminal any more */
        dup2(output[1], 2);
        setenv("TERM", "xterm", 1);
        _exit(console_host_run(&plain));
    }
    close(output[1]);
    ssize_t got = read(output[0], text, sizeof text - 1);
    close(output[0]);
    int status;
    waitpid(child, &status, 0);
    assert_int_equal(WEXITSTATUS(status), 2);
    assert_true(got > 0);
    assert_non_null(strstr(text, "there is no terminal here"));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(console__opens_drills_and_comes_back),
        cmocka_unit_test(function_keys__of_every_terminal_and_their_twins_work),
        cmocka_unit_test(filter__works_while_it_is_typed),
        cmocka_unit_test(command_line__completes_runs_and_explains),
        cmocka_unit_test(paste__outside_a_field_does_nothing),
        cmocka_unit_test(freeze__says_so_and_thaws),
        cmocka_unit_test(resize__storms_end_at_the_right_size),
        cmocka_unit_test(stall__of_the_terminal_does_not_stall_the_loop),
        cmocka_unit_test(hang_up__ends_at_once_with_129),
        cmocka_unit_test(signals__leave_with_128_and_their_number),
        cmocka_unit_test(guard__restores_after_the_child_was_killed),
        cmocka_unit_test(guard__passes_signals_and_the_exit_status_on),
        cmocka_unit_test(guard__that_is_killed_takes_the_child_along),
        cmocka_unit_test(guard__stops_and_continues_as_one_job),
        cmocka_unit_test(terminal__that_is_dumb_gets_a_hint),
        cmocka_unit_test(terminal__that_is_absent_gets_a_hint),
    };
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
