/* serve_bench.h - `totebox serve` as a process of its own, and a link to it. */
#ifndef TESTS_TOTEBOX_SERVE_BENCH_H
#define TESTS_TOTEBOX_SERVE_BENCH_H

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#include "core/links.h"
#include "tests/totebox/support.h"
#include "totebox/pairing.h"

enum { PATIENCE_MS = 15000, LINE_CHARS = 256 };

struct bench {
    struct folder folder;
    struct key_pair device;
    pid_t server;
    char ready[LINE_CHARS];
    uv_loop_t loop;
    struct net *net;
    struct channel_identity *identity;
    struct config config;
    struct config_totebox totebox;
    struct store *store;
    struct links *links;
    uint32_t changes;        /* of metric rows, since links_open */
    int64_t clock_offset_ms; /* of what is appended */
    int64_t window_ms;       /* of the links; 0: an hour */
};

/* --- the archive ---------------------------------------------------------------------
 */

static inline const char *program(void)
{
    static char path[1024];
    const char *build = getenv("top_builddir");
    snprintf(path, sizeof path, "%s/totebox/totebox", build ? build : ".");
    return path;
}

/* Runs the program; what it prints goes to `output` (LINE_CHARS) if there is one. */
static inline int run(const char *const *arguments, char *output)
{
    int ends[2], status;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        close(ends[1]);
        execv(program(), (char *const *)(uintptr_t)arguments);
        _exit(127);
    }
    close(ends[1]);
    size_t length = 0;
    ssize_t got;
    char text[4096];
    while ((got = read(ends[0], text + length, sizeof text - 1 - length)) > 0)
        length += (size_t)got;
    close(ends[0]);
    text[length] = '\0';
    if (output)
        snprintf(output, LINE_CHARS, "%.255s", text);
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static inline void must_run(const char *const *arguments)
{
    char output[LINE_CHARS];
    int status = run(arguments, output);
    if (status != 0)
        print_message("%s: exit %d: %s\n", arguments[1], status, output);
    assert_int_equal(status, 0);
}

static inline char *archive_folder(struct bench *bench)
{
    static char path[2 * PATH_BYTES];
    snprintf(path, sizeof path, "%s", folder_file(&bench->folder, "a"));
    return path;
}

static inline void archive_make(struct bench *bench)
{
    char public_key[64];
    char *directory = archive_folder(bench);
    const char *init[] = {"totebox", "init",   directory, "--entity",   "SRV", "--name",
                          "S",       "--kind", "company", "--currency", "USD", NULL};
    memset(bench, 0, sizeof *bench);
    folder_make(&bench->folder);
    archive_folder(bench);
    must_run(init);
    file_write_string(folder_file(&bench->folder, "a/exposure.conf"),
                      "expose \"all\" {\n"
                      "  to = {\"aggregator\"}\n"
                      "  views = {\"entity\", \"metric\", \"pos\"}\n"
                      "  periods = {\"2025\"}\n"
                      "  granularity = \"account\"\n"
                      "}\n");
    assert_true(key_pair_generate(&bench->device));
    base64_write(bench->device.public_key, KEY_BYTES, public_key);
    const char *pair[] = {"totebox",  "pair",    directory, "--public-key",
                          public_key, "--label", "test",    NULL};
    must_run(pair);
}

/* Appends `count` metrics from m<first> on with `value`, one commit, from this process.
 */
static inline void append_range(struct bench *bench, uint32_t first, uint32_t count,
                                const char *value)
{
    struct archive *archive;
    struct ledger *ledger;
    struct ledger_batch batch;
    struct problem problem;
    struct ledger_visitor nobody = {0};
    assert_int_equal(archive_open(&archive, archive_folder(bench), &problem),
                     ARCHIVE_OK);
    assert_int_equal(
        archive_open_ledger(archive, LEDGER_WRITE, nobody, &ledger, &problem),
        ARCHIVE_OK);
    ledger_batch_init(&batch);
    for (uint32_t i = 0; i < count; i++) {
        char key[32];
        struct line line;
        snprintf(key, sizeof key, "m%u", first + i);
        line_init(&line, LINE_METRIC);
        line.field[FIELD_KEY] = text_of(key);
        line.field[FIELD_START] = TEXT("2025-01-01");
        line.field[FIELD_END] = TEXT("2025-12-31");
        line.field[FIELD_UNIT] = TEXT("USD");
        line.field[FIELD_VALUE] = text_of(value);
        line.field[FIELD_NATURE] = TEXT("flow");
        line.field[FIELD_SCENARIO] = TEXT("actual");
        line.field[FIELD_BASIS] = TEXT("own");
        line.field[FIELD_QUALITY] = TEXT("ok");
        assert_int_equal(ledger_batch_add(&batch, &line, &problem), ARCHIVE_OK);
    }
    assert_int_equal(ledger_append(ledger, &batch,
                                   archive_clock_ms() + bench->clock_offset_ms,
                                   &problem),
                     ARCHIVE_OK);
    ledger_batch_release(&batch);
    ledger_close(ledger);
    archive_close(archive);
}

static inline void append_metrics(struct bench *bench, uint32_t count,
                                  const char *value)
{
    append_range(bench, 0, count, value);
}

static inline void server_start(struct bench *bench, const char *address)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    bench->server = fork();
    if (bench->server == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* also when the test fails */
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        execl(program(), "totebox", "serve", archive_folder(bench), "--listen", address,
              (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    size_t length = 0;
    while (length < sizeof bench->ready - 1 &&
           read(ends[0], bench->ready + length, 1) == 1 && bench->ready[length] != '\n')
        length++;
    bench->ready[length] = '\0';
    close(ends[0]);
    assert_int_equal(strncmp(bench->ready, "ready SRV ", 10), 0);
}

static inline int server_stop(struct bench *bench, int signal)
{
    int status;
    kill(bench->server, signal);
    assert_int_equal(waitpid(bench->server, &status, 0), bench->server);
    bench->server = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static inline char *server_address(struct bench *bench)
{
    static char address[64];
    assert_int_equal(sscanf(bench->ready, "ready SRV %63s", address), 1);
    return address;
}

/* --- the links -----------------------------------------------------------------------
 */

static inline void on_row(void *user, uint32_t slot, enum view view,
                          const union any_row *before, const union any_row *after)
{
    struct bench *bench = user;
    (void)slot;
    (void)before;
    (void)after;
    bench->changes += view == VIEW_METRIC;
}

/* Where the archive is and who we are; no link yet. */
static inline void links_find(struct bench *bench)
{
    char *colon = strrchr(server_address(bench), ':');
    const char *fingerprint = strstr(bench->ready, "SHA256:");
    assert_non_null(fingerprint);
    assert_true(fingerprint_parse(text_of(fingerprint), bench->totebox.pins[0]));
    bench->totebox.entity = bench->totebox.name = "SRV";
    bench->totebox.host = "127.0.0.1";
    bench->totebox.port = (uint16_t)strtoul(colon + 1, NULL, 10);
    bench->totebox.group = bench->totebox.path = "";
    bench->totebox.pin_count = 1;
    assert_int_equal(uv_loop_init(&bench->loop), 0);
    bench->net = calloc(1, sizeof *bench->net);
    bench->net->loop = &bench->loop;
    assert_int_equal(channel_identity_new(&bench->device, &bench->identity), PSP_OK);
}

static inline void links_open_many(struct bench *bench,
                                   struct config_totebox *toteboxes, uint32_t count)
{
    bench->config = (struct config){
        .toteboxes = toteboxes,
        .totebox_count = count,
        .operator_name = "tester",
        .limits = {.handshakes_in_flight = 4,
                   .dials_per_second = 100,
                   .backoff_base_ms = 20,
                   .backoff_cap_ms = 100,
                   .window_ms = bench->window_ms ? bench->window_ms : 3600000},
    };
    bench->store = store_new(&bench->config);
    struct store_listener listener = {.row_changed = on_row, .user = bench};
    store_listen(bench->store, &listener);
    struct links_events events = {0};
    bench->links = links_new(bench->net, &bench->config, bench->store, bench->identity,
                             &bench->device, &events);
    links_start(bench->links);
}

static inline void links_open(struct bench *bench)
{
    links_find(bench);
    links_open_many(bench, &bench->totebox, 1);
}

static inline void links_shut(struct bench *bench)
{
    links_close(bench->links, NULL, NULL);
    uv_run(&bench->loop, UV_RUN_DEFAULT);
    store_free(bench->store);
    bench->links = NULL;
}

static inline void bench_close(struct bench *bench)
{
    if (bench->links)
        links_shut(bench);
    if (bench->net) {
        uv_run(&bench->loop, UV_RUN_DEFAULT);
        assert_int_equal(uv_loop_close(&bench->loop), 0);
        channel_identity_free(bench->identity);
        free(bench->net);
    }
    if (bench->server)
        assert_int_equal(server_stop(bench, SIGTERM), 0);
    folder_remove(&bench->folder);
}

static inline void on_timer(uv_timer_t *timer)
{
    (void)timer;
}

/* Milliseconds that it took, or -1. */
static inline int64_t run_until(struct bench *bench, bool (*is_so)(struct bench *bench))
{
    uv_timer_t *timer = calloc(1, sizeof *timer);
    uv_timer_init(&bench->loop, timer);
    uv_timer_start(timer, on_timer, 2, 2);
    uv_update_time(&bench->loop);
    uint64_t start = uv_now(&bench->loop);
    while (!is_so(bench) && uv_now(&bench->loop) < start + PATIENCE_MS)
        uv_run(&bench->loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)timer, (uv_close_cb)free);
    return is_so(bench) ? (int64_t)(uv_now(&bench->loop) - start) : -1;
}

static inline struct link_status *status(struct bench *bench)
{
    return store_status(bench->store, 0);
}

static inline bool is_live(struct bench *bench)
{
    return status(bench)->state == LINK_LIVE;
}
static inline bool is_down(struct bench *bench)
{
    return status(bench)->state == LINK_BACKING_OFF;
}
static inline bool is_refused(struct bench *bench)
{
    return status(bench)->state == LINK_REFUSED;
}

static inline int64_t metric(struct bench *bench, const char *key)
{
    char row_key[96];
    snprintf(row_key, sizeof row_key, "SRV|%s|2025|actual|own|USD|", key);
    const union any_row *row =
        store_find(bench->store, 0, VIEW_METRIC, text_of(row_key));
    return row ? (int64_t)amount_decimal(row->metric.value).coefficient : -1;
}

static inline bool has_seven(struct bench *bench)
{
    return metric(bench, "m0") == 7;
}

#endif
