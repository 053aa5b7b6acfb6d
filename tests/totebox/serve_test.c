/* serve_test.c - the program `totebox serve` as a process of its own, seen through the
 * aggregator's links: what another process appends, restarts, revocations, damage. */
#include "tests/totebox/serve_bench.h"

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
        /* Whoever makes noise too often is turned away before it can. */
        (void)send(noisy, noise, sizeof noise - 1, MSG_NOSIGNAL);
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
