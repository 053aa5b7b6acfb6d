/* serve_test.c - the program `totebox serve` as a process of its own, seen through the
 * aggregator's links: what another process appends, restarts, revocations, damage. */
#include <signal.h>
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
    uint32_t changes; /* of metric rows, since links_open */
};

/* --- the archive ---------------------------------------------------------------------
 */

static const char *program(void)
{
    static char path[1024];
    const char *build = getenv("top_builddir");
    snprintf(path, sizeof path, "%s/totebox/totebox", build ? build : ".");
    return path;
}

/* Runs the program; what it prints goes to `output` (LINE_CHARS) if there is one. */
static int run(const char *const *arguments, char *output)
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

static void must_run(const char *const *arguments)
{
    char output[LINE_CHARS];
    int status = run(arguments, output);
    if (status != 0)
        print_message("%s: exit %d: %s\n", arguments[1], status, output);
    assert_int_equal(status, 0);
}

static char *archive_folder(struct bench *bench)
{
    static char path[2 * PATH_BYTES];
    snprintf(path, sizeof path, "%s", folder_file(&bench->folder, "a"));
    return path;
}

static void archive_make(struct bench *bench)
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

/* Appends `count` metrics m0.. with `value`, one commit, from this process. */
static void append_metrics(struct bench *bench, uint32_t count, const char *value)
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
        snprintf(key, sizeof key, "m%u", i);
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
    assert_int_equal(ledger_append(ledger, &batch, archive_clock_ms(), &problem),
                     ARCHIVE_OK);
    ledger_batch_release(&batch);
    ledger_close(ledger);
    archive_close(archive);
}

static void server_start(struct bench *bench, const char *address)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    bench->server = fork();
    if (bench->server == 0) {
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

static int server_stop(struct bench *bench, int signal)
{
    int status;
    kill(bench->server, signal);
    assert_int_equal(waitpid(bench->server, &status, 0), bench->server);
    bench->server = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static char *server_address(struct bench *bench)
{
    static char address[64];
    assert_int_equal(sscanf(bench->ready, "ready SRV %63s", address), 1);
    return address;
}

/* --- the links -----------------------------------------------------------------------
 */

static void on_row(void *user, uint32_t slot, enum view view,
                   const union any_row *before, const union any_row *after)
{
    struct bench *bench = user;
    (void)slot;
    (void)before;
    (void)after;
    bench->changes += view == VIEW_METRIC;
}

static void links_open(struct bench *bench)
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
    bench->config = (struct config){
        .toteboxes = &bench->totebox,
        .totebox_count = 1,
        .operator_name = "tester",
        .limits = {.handshakes_in_flight = 4,
                   .dials_per_second = 100,
                   .backoff_base_ms = 20,
                   .backoff_cap_ms = 100,
                   .window_ms = 3600000},
    };
    assert_int_equal(uv_loop_init(&bench->loop), 0);
    bench->net = calloc(1, sizeof *bench->net);
    bench->net->loop = &bench->loop;
    assert_int_equal(channel_identity_new(&bench->device, &bench->identity), PSP_OK);
    bench->store = store_new(&bench->config);
    struct store_listener listener = {.row_changed = on_row, .user = bench};
    store_listen(bench->store, &listener);
    struct links_events events = {0};
    bench->links = links_new(bench->net, &bench->config, bench->store, bench->identity,
                             &bench->device, &events);
    links_start(bench->links);
}

static void bench_close(struct bench *bench)
{
    if (bench->links) {
        links_close(bench->links, NULL, NULL);
        uv_run(&bench->loop, UV_RUN_DEFAULT);
        assert_int_equal(uv_loop_close(&bench->loop), 0);
        store_free(bench->store);
        channel_identity_free(bench->identity);
        free(bench->net);
    }
    if (bench->server)
        assert_int_equal(server_stop(bench, SIGTERM), 0);
    folder_remove(&bench->folder);
}

static void on_timer(uv_timer_t *timer)
{
    (void)timer;
}

/* Milliseconds that it took, or -1. */
static int64_t run_until(struct bench *bench, bool (*is_so)(struct bench *bench))
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

static struct link_status *status(struct bench *bench)
{
    return store_status(bench->store, 0);
}

static bool is_live(struct bench *bench)
{
    return status(bench)->state == LINK_LIVE;
}
static bool is_down(struct bench *bench)
{
    return status(bench)->state == LINK_BACKING_OFF;
}
static bool is_refused(struct bench *bench)
{
    return status(bench)->state == LINK_REFUSED;
}

static int64_t metric(struct bench *bench, const char *key)
{
    char row_key[96];
    snprintf(row_key, sizeof row_key, "SRV|%s|2025|actual|own|USD|", key);
    const union any_row *row =
        store_find(bench->store, 0, VIEW_METRIC, text_of(row_key));
    return row ? (int64_t)amount_decimal(row->metric.value).coefficient : -1;
}

static bool has_seven(struct bench *bench)
{
    return metric(bench, "m0") == 7;
}

/* --- the tests -----------------------------------------------------------------------
 */

static void serve__sends_what_another_process_appends_within_100_ms(void **state)
{
    struct bench bench;
    (void)state;
    archive_make(&bench);
    append_metrics(&bench, 3, "5");
    server_start(&bench, "127.0.0.1:0");
    links_open(&bench);
    assert_true(run_until(&bench, is_live) >= 0);
    assert_int_equal(metric(&bench, "m2"), 5);
    append_metrics(&bench, 1, "7");
    assert_in_range(run_until(&bench, has_seven), 0, 100);
    assert_int_equal(metric(&bench, "m1"), 5);
    bench_close(&bench);
}

static bool all_are_eight(struct bench *bench)
{
    return metric(bench, "m2999") == 8 && metric(bench, "m0") == 8;
}

static void serve__cuts_large_groups_and_moves_them_whole(void **state)
{
    struct bench bench;
    (void)state;
    archive_make(&bench);
    append_metrics(&bench, 3000, "5");
    server_start(&bench, "127.0.0.1:0");
    links_open(&bench);
    assert_true(run_until(&bench, is_live) >= 0);
    assert_int_equal(store_row_count(bench.store, 0, VIEW_METRIC), 3000);
    uint64_t groups = status(&bench)->deltas;
    bench.changes = 0;
    append_metrics(&bench, 3000, "8");
    assert_true(run_until(&bench, all_are_eight) >= 0);
    assert_int_equal(bench.changes, 3000);
    assert_int_equal(status(&bench)->deltas, groups + 1); /* one commit, one group */
    bench_close(&bench);
}

static void serve__resumes_a_caller_that_comes_back(void **state)
{
    struct bench bench;
    (void)state;
    archive_make(&bench);
    append_metrics(&bench, 10, "5");
    server_start(&bench, "127.0.0.1:0");
    links_open(&bench);
    assert_true(run_until(&bench, is_live) >= 0);
    kill(bench.server, SIGHUP); /* reads everything again: callers reconnect */
    assert_true(run_until(&bench, is_down) >= 0);
    bench.changes = 0;
    assert_true(run_until(&bench, is_live) >= 0);
    assert_int_equal(bench.changes, 0); /* nothing was sent twice */
    append_metrics(&bench, 1, "7");
    assert_true(run_until(&bench, has_seven) >= 0);
    assert_int_equal(bench.changes, 1);
    bench_close(&bench);
}

static void serve__survives_kill_and_the_rows_are_those_of_the_ledger(void **state)
{
    struct bench bench;
    char address[64];
    (void)state;
    archive_make(&bench);
    append_metrics(&bench, 10, "5");
    server_start(&bench, "127.0.0.1:0");
    snprintf(address, sizeof address, "%s", server_address(&bench));
    links_open(&bench);
    assert_true(run_until(&bench, is_live) >= 0);
    assert_int_equal(server_stop(&bench, SIGKILL), 128 + SIGKILL);
    assert_in_range(run_until(&bench, is_down), 0, 2000);
    assert_int_equal(metric(&bench, "m3"), 5); /* last known */
    append_metrics(&bench, 5, "7");
    server_start(&bench, address);
    assert_true(run_until(&bench, is_live) >= 0);
    assert_int_equal(metric(&bench, "m4"), 7);
    assert_int_equal(metric(&bench, "m5"), 5);
    assert_int_equal(store_row_count(bench.store, 0, VIEW_METRIC), 10);
    bench_close(&bench);
}

static void serve__ends_the_stream_of_a_revoked_device_within_a_second(void **state)
{
    struct bench bench;
    (void)state;
    archive_make(&bench);
    append_metrics(&bench, 3, "5");
    server_start(&bench, "127.0.0.1:0");
    links_open(&bench);
    assert_true(run_until(&bench, is_live) >= 0);
    const char *revoke[] = {"totebox", "revoke", archive_folder(&bench), "--all", NULL};
    must_run(revoke);
    assert_in_range(run_until(&bench, is_refused), 0, 1000);
    assert_int_equal(status(&bench)->refusal, REFUSED_REVOKED);
    assert_int_equal(store_total_rows(bench.store), 0);
    bench_close(&bench);
}

static void serve__refuses_a_ledger_that_was_changed(void **state)
{
    struct bench bench;
    char output[LINE_CHARS];
    (void)state;
    archive_make(&bench);
    append_metrics(&bench, 20, "5");
    const char *path = folder_file(&bench.folder, "a/ledger/log.jsonl");
    size_t length;
    char *bytes = file_read(path, &length);
    char *digit = strstr(bytes, "\"value\":\"5\"");
    assert_non_null(digit);
    digit[9] = '6';
    file_write(path, bytes, length);
    free(bytes);
    const char *serve[] = {"totebox",  "serve",       archive_folder(&bench),
                           "--listen", "127.0.0.1:0", NULL};
    assert_int_equal(run(serve, output), ARCHIVE_CORRUPT);
    assert_non_null(strstr(output, "log.jsonl"));
    bench_close(&bench);
}

/* A stranger, noise, and a connection that says nothing leave the paired caller alone.
 */
static void serve__goes_on_after_garbage_on_its_port(void **state)
{
    struct bench bench;
    struct sockaddr_in address;
    (void)state;
    archive_make(&bench);
    append_metrics(&bench, 3, "5");
    server_start(&bench, "127.0.0.1:0");
    links_open(&bench);
    assert_true(run_until(&bench, is_live) >= 0);
    uv_ip4_addr("127.0.0.1", bench.totebox.port, &address);
    static const char noise[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    int silent = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(silent, (struct sockaddr *)&address, sizeof address), 0);
    for (int i = 0; i < 200; i++) {
        int noisy = socket(AF_INET, SOCK_STREAM, 0);
        char answer[256];
        assert_int_equal(connect(noisy, (struct sockaddr *)&address, sizeof address),
                         0);
        assert_true(send(noisy, noise, sizeof noise - 1, MSG_NOSIGNAL) > 0);
        assert_true(recv(noisy, answer, sizeof answer, 0) <= 16); /* an alert at most */
        close(noisy);
    }
    append_metrics(&bench, 1, "7");
    assert_true(run_until(&bench, has_seven) >= 0);
    close(silent);
    bench_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(serve__sends_what_another_process_appends_within_100_ms),
        cmocka_unit_test(serve__cuts_large_groups_and_moves_them_whole),
        cmocka_unit_test(serve__resumes_a_caller_that_comes_back),
        cmocka_unit_test(serve__survives_kill_and_the_rows_are_those_of_the_ledger),
        cmocka_unit_test(serve__ends_the_stream_of_a_revoked_device_within_a_second),
        cmocka_unit_test(serve__refuses_a_ledger_that_was_changed),
        cmocka_unit_test(serve__goes_on_after_garbage_on_its_port),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
