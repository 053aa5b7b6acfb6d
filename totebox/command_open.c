/* command_open.c - totebox pair --open: holds the pairing window open and shows who
 * asks.
 *
 *   open --> a device took the try --> its request --> approved or denied
 *
 * What happens is read off the folder ARCHIVE/pairings, where serve, approve and deny
 * leave it.  At a terminal the code is not shown but asked for: typed from the other
 * screen it is compared, where a glance at two screens may only say that it was. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <uv.h>

#include "totebox/desk.h"

enum { LOOK_MS = 250, TRIES_MAX = 3, TYPED_MAX = 256 };

struct opening {
    uv_loop_t loop;
    uv_fs_event_t changes;
    uv_timer_t look, end;
    uv_signal_t hangup, interrupt, terminate;
    uv_poll_t typing;
    const char *directory;
    const struct pair_terms *terms;
    struct pairing_window window;
    struct pairing_request request;
    struct problem problem;
    int64_t opened_ms;
    int tries;
    int typing_flags; /* of standard input, as it was */
    bool asks;        /* at a terminal */
    bool has_request;
    bool is_over; /* `problem` says how, ARCHIVE_OK: paired */
};

static void close_handle(uv_handle_t *handle, void *unused)
{
    (void)unused;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

/* The problem is set already, or there is none. */
static void finish(struct opening *opening)
{
    if (opening->is_over)
        return;
    opening->is_over = true;
    uv_walk(&opening->loop, close_handle, NULL);
}

static void give_up(struct opening *opening, const char *words)
{
    if (opening->is_over)
        return;
    problem_set(&opening->problem, ARCHIVE_REFUSED, "%s", words);
    finish(opening);
}

/* --- what the folder says ----------------------------------------------------------
 */

static void print_request(struct opening *opening)
{
    const struct pairing_request *request = &opening->request;
    char fingerprint[FINGERPRINT_CHARS + 1];

    fingerprint_write(request->holder, fingerprint);
    if (opening->asks)
        printf("\nA device asks:\n"
               "  fingerprint  %s\n"
               "  address      %s\n"
               "Type the code that its screen shows, or no: ",
               fingerprint, request->address);
    else
        printf("request %s %s %s\n", request->code, fingerprint, request->address);
    fflush(stdout);
}

/* The request is gone: somebody answered it.  Approved when there is a pairing of it.
 */
static void take_answer(struct opening *opening)
{
    struct pairings pairings;
    const struct pairing *pairing;

    if (pairings_load(&pairings, opening->directory, &opening->problem) != ARCHIVE_OK) {
        finish(opening);
        return;
    }
    pairing = pairings_by_holder(&pairings, opening->request.holder);
    if (pairing && pairing->not_before_ms >= opening->opened_ms) {
        if (opening->asks)
            printf("\n");
        desk_print_paired(pairing);
        finish(opening);
    } else {
        give_up(opening, "the device was denied");
    }
    pairings_release(&pairings);
}

static void look(struct opening *opening)
{
    struct window_look look;

    if (opening->is_over)
        return;
    pairing_window_look(&look, opening->directory, INT64_MIN);
    if (look.state == WINDOW_CLOSED ||
        memcmp(look.id, opening->window.id, WINDOW_ID_BYTES) != 0) {
        give_up(opening,
                "a device tried and failed: it hung up, or did not reveal what "
                "it had committed to; open anew");
        return;
    }
    struct pairing_request request;
    bool waits = pairing_window_request(&request, opening->directory, &look);
    if (waits && !opening->has_request) {
        opening->has_request = true;
        opening->request = request;
        print_request(opening);
    } else if (!waits && opening->has_request) {
        take_answer(opening);
    }
}

static void on_change(uv_fs_event_t *event, const char *name, int events, int status)
{
    (void)name;
    (void)events;
    (void)status;
    look(event->data);
}

static void on_look(uv_timer_t *timer)
{
    look(timer->data);
}

static void on_end(uv_timer_t *timer)
{
    give_up(timer->data, "the time is over, and no device was paired");
}

static void on_signal(uv_signal_t *signal, int number)
{
    (void)number;
    give_up(signal->data, "ended, and no device was paired");
}

/* --- what is typed -----------------------------------------------------------------
 */

static void approve(struct opening *opening)
{
    struct pairing *pairing = malloc(sizeof(*pairing));

    if (!pairing)
        problem_memory(&opening->problem);
    else if (request_approve(opening->directory, &opening->request, opening->terms,
                             pairing, &opening->problem) == ARCHIVE_OK) {
        printf("The codes are the same: %s\n", opening->request.code);
        desk_print_paired(pairing);
    }
    free(pairing);
    finish(opening);
}

static void ask_again(struct opening *opening, const char *words)
{
    if (++opening->tries == TRIES_MAX) {
        give_up(opening,
                "denied: the codes are not the same, somebody may be in between");
        return;
    }
    printf("%s\nType the code that the device shows, or no: ", words);
    fflush(stdout);
}

static void take_typed(struct opening *opening, const char *typed)
{
    char code[PAIRING_CODE_CHARS + 1];

    if (!opening->has_request || !*typed)
        return;
    if (strcmp(typed, "no") == 0 || strcmp(typed, "n") == 0)
        give_up(opening, "denied");
    else if (!pairing_code_read(text_of(typed), code))
        ask_again(opening, "A code has eight letters and digits, as ABCD-EFGH.");
    else if (!equal_in_constant_time(code, opening->request.code, PAIRING_CODE_CHARS))
        ask_again(opening, "This is not the code of the device that asked.");
    else
        approve(opening);
}

static void on_typing(uv_poll_t *poll, int status, int events)
{
    struct opening *opening = poll->data;
    char line[TYPED_MAX];
    ssize_t length;

    (void)events;
    length = status == 0 ? read(STDIN_FILENO, line, sizeof(line) - 1) : 0;
    if (length <= 0) {
        uv_poll_stop(poll); /* nobody types any more; approve and deny still answer */
        return;
    }
    line[length] = '\0';
    line[strcspn(line, "\r\n")] = '\0';
    take_typed(opening, line);
}

/* --- life ---------------------------------------------------------------------------
 */

static void start(struct opening *opening, long minutes)
{
    uv_loop_t *loop = &opening->loop;
    char *folder = archive_path(opening->directory, "pairings");

    uv_fs_event_init(loop, &opening->changes);
    uv_timer_init(loop, &opening->look);
    uv_timer_init(loop, &opening->end);
    uv_signal_init(loop, &opening->hangup);
    uv_signal_init(loop, &opening->interrupt);
    uv_signal_init(loop, &opening->terminate);
    opening->changes.data = opening->look.data = opening->end.data =
        opening->hangup.data = opening->interrupt.data = opening->terminate.data =
            opening->typing.data = opening;
    if (folder)
        uv_fs_event_start(&opening->changes, on_change, folder, 0);
    free(folder);
    uv_timer_start(&opening->look, on_look, LOOK_MS, LOOK_MS);
    uv_timer_start(&opening->end, on_end, (uint64_t)minutes * 60000, 0);
    uv_signal_start(&opening->hangup, on_signal, SIGHUP);
    uv_signal_start(&opening->interrupt, on_signal, SIGINT);
    uv_signal_start(&opening->terminate, on_signal, SIGTERM);
    /* The loop makes it non-blocking, and it is also the shell's. */
    opening->typing_flags = fcntl(STDIN_FILENO, F_GETFL);
    if (opening->asks && uv_poll_init(loop, &opening->typing, STDIN_FILENO) == 0)
        uv_poll_start(&opening->typing, UV_READABLE, on_typing);
}

static void print_open(const struct opening *opening, const struct archive *archive,
                       long minutes, int64_t until_ms)
{
    char fingerprint[FINGERPRINT_CHARS + 1], until[TIME_CHARS + 1];
    uint8_t holder[HASH_BYTES];

    holder_of_key(archive->authority.public_key, holder);
    fingerprint_write(holder, fingerprint);
    time_write(until_ms, until);
    if (opening->asks)
        printf("Pairing with %s is open for %ld minutes, for one device.\n"
               "  this archive  %s\n"
               "On the device: fleet pair ADDRESS, of this archive's totebox serve.\n"
               "Waiting (Ctrl-C ends it)\n",
               archive->config.entity, minutes, fingerprint);
    else
        printf("open %s %s %s\n", archive->config.entity, fingerprint, until);
    fflush(stdout);
}

static enum archive_error open_window(struct opening *opening, long minutes)
{
    struct archive *archive;
    int64_t until_ms;
    enum archive_error error =
        archive_open(&archive, opening->directory, &opening->problem);

    if (error != ARCHIVE_OK)
        return error;
    opening->opened_ms = archive_clock_ms();
    until_ms = opening->opened_ms + minutes * 60000;
    error = pairing_window_open(&opening->window, opening->directory, until_ms,
                                &opening->problem);
    if (error == ARCHIVE_OK)
        print_open(opening, archive, minutes, until_ms);
    archive_close(archive);
    return error;
}

int pair_open(const char *directory, long minutes, const struct pair_terms *terms)
{
    struct opening opening = {.directory = directory,
                              .terms = terms,
                              .asks = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO),
                              .window = {.fd = -1}};

    if (uv_loop_init(&opening.loop) < 0) {
        problem_memory(&opening.problem);
        return command_fail("pair", &opening.problem);
    }
    if (open_window(&opening, minutes) == ARCHIVE_OK) {
        start(&opening, minutes);
        look(&opening);
        uv_run(&opening.loop, UV_RUN_DEFAULT);
        if (opening.asks && opening.typing_flags >= 0)
            fcntl(STDIN_FILENO, F_SETFL, opening.typing_flags);
        pairing_window_close(&opening.window);
    }
    uv_loop_close(&opening.loop);
    return opening.problem.error == ARCHIVE_OK ? ARCHIVE_OK
                                               : command_fail("pair", &opening.problem);
}
