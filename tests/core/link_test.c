/* Links against an archive in the same process: real TLS, real tokens, real messages.
 */
#include "tests/core/link_bench.h"

static void link__goes_live_with_the_rows_of_the_archive(void **state)
{
    struct bench bench;
    (void)state;
    bench_open(&bench);
    bench_start(&bench);
    assert_true(run_until(&bench, is_live));
    assert_int_equal(value_of(&bench, "FAKE|noi|2025|actual|own|USD|"), 450000);
    assert_int_equal(store_row_count(bench.store, 0, VIEW_ENTITY), 1);
    assert_int_equal(bench.archive.presents, 1);
    assert_int_equal(bench.archive.dials, 1);
    assert_true(status(&bench)->last_ok_ms > 0);
    assert_true(links_have_settled(bench.links));
    bench_close(&bench);
}

static bool has_update(struct bench *bench)
{
    return value_of(bench, "FAKE|noi|2025|actual|own|USD|") == 7;
}

static void link__applies_what_the_archive_commits(void **state)
{
    struct bench bench;
    (void)state;
    bench_open(&bench);
    bench_start(&bench);
    assert_true(run_until(&bench, is_live));
    fake_archive_set(&bench.archive, "noi", 7);
    assert_true(run_until(&bench, has_update));
    assert_int_equal(bench.archive.snapshots, 1);
    bench_close(&bench);
}

static bool redialled(struct bench *bench)
{
    return bench->archive.dials == 2 && is_live(bench);
}

static void link__comes_back_and_resumes_where_it_was(void **state)
{
    struct bench bench;
    (void)state;
    bench_open(&bench);
    bench_start(&bench);
    assert_true(run_until(&bench, is_live));
    fake_archive_hang_up(&bench.archive);
    assert_true(run_until(&bench, is_backing_off));
    assert_true(status(&bench)->down_since_ms > 0);
    assert_int_equal(value_of(&bench, "FAKE|noi|2025|actual|own|USD|"), 450000);
    fake_archive_set(&bench.archive, "noi", 7);
    assert_true(run_until(&bench, redialled));
    assert_true(has_update(&bench));
    assert_int_equal(bench.archive.snapshots, 1); /* the second time only the change */
    bench_close(&bench);
}

/* With the pairing at hand, all of it leaves right behind our Finished: three round trips
 * from SYN to the first row. */
static void link__asks_for_everything_in_one_flight(void **state)
{
    struct bench bench;
    (void)state;
    bench_open(&bench);
    bench_start(&bench);
    assert_true(run_until(&bench, is_live));
    fake_archive_hang_up(&bench.archive); /* the pairing is known by now */
    assert_true(run_until(&bench, is_backing_off));
    fake_archive_set(&bench.archive, "noi", 7);
    assert_true(run_until(&bench, redialled));
    assert_int_equal(bench.archive.first_flight_next, 2);
    assert_int_equal(bench.archive.presents, 2);
    bench_close(&bench);
}

static void link__refuses_another_key_and_does_not_dial_again(void **state)
{
    struct bench bench;
    uint8_t seen[HASH_BYTES];
    (void)state;
    bench_open(&bench);
    bench.totebox.pin_count = 1;
    memset(bench.totebox.pins[0], 0x5a, HASH_BYTES);
    bench_start(&bench);
    assert_true(run_until(&bench, is_refused));
    assert_int_equal(status(&bench)->refusal, REFUSED_WRONG_KEY);
    holder_of_key(bench.archive.key.public_key, seen);
    assert_memory_equal(status(&bench)->peer, seen, HASH_BYTES);
    assert_int_equal(status(&bench)->retry_at_mono_ms, 0);
    assert_non_null(strstr(status(&bench)->reason, "SHA256:"));
    assert_int_equal(bench.archive.presents, 0);
    bench_close(&bench);
}

static void link__says_that_it_is_not_paired(void **state)
{
    struct bench bench;
    (void)state;
    bench_open(&bench);
    bench.archive.admits_nobody = true;
    bench_start(&bench);
    assert_true(run_until(&bench, is_refused));
    assert_int_equal(status(&bench)->refusal, REFUSED_NOT_PAIRED);
    bench_close(&bench);

    bench_open(&bench);
    bench.archive.is_unpaired = true;
    bench_start(&bench);
    assert_true(run_until(&bench, is_refused));
    assert_int_equal(status(&bench)->refusal, REFUSED_NOT_PAIRED);
    bench_close(&bench);
}

static void link__ends_and_forgets_the_rows_when_revoked(void **state)
{
    struct bench bench;
    (void)state;
    bench_open(&bench);
    bench_start(&bench);
    assert_true(run_until(&bench, is_live));
    uint64_t before = uv_now(&bench.loop);
    fake_archive_revoke(&bench.archive);
    assert_true(run_until(&bench, is_refused));
    assert_true(uv_now(&bench.loop) - before < 1000);
    assert_int_equal(status(&bench)->refusal, REFUSED_REVOKED);
    assert_int_equal(store_total_rows(bench.store), 0);
    bench_close(&bench);
}

static bool has_new_pairing(struct bench *bench)
{
    return bench->archive.pairings == 2 && is_live(bench) && has_update(bench);
}

static void link__takes_a_newer_pairing_after_a_revocation(void **state)
{
    struct bench bench;
    (void)state;
    bench_open(&bench);
    bench_start(&bench);
    assert_true(run_until(&bench, is_live));
    fake_archive_revoke(&bench.archive);
    fake_archive_pair(&bench.archive, 86400000);
    fake_archive_set(&bench.archive, "noi", 7);
    assert_true(run_until(&bench, has_new_pairing));
    assert_int_equal(bench.archive.dials, 1);
    bench_close(&bench);
}

static void link__refuses_an_expired_pairing(void **state)
{
    struct bench bench;
    (void)state;
    bench_open(&bench);
    fake_archive_pair(&bench.archive, -30000);
    bench_start(&bench);
    assert_true(run_until(&bench, is_refused));
    assert_int_equal(status(&bench)->refusal, REFUSED_EXPIRED);
    bench_close(&bench);
}

static void link__learns_a_clock_that_differs(void **state)
{
    struct bench bench;
    (void)state;
    bench_open(&bench);
    bench.archive.clock_offset_ms = -600000;
    fake_archive_pair(&bench.archive, 86400000);
    bench_start(&bench);
    assert_true(run_until(&bench, is_live));
    assert_int_equal(bench.archive.hellos, 1);
    assert_in_range(-status(&bench)->skew_ms, 599000, 601000);
    bench_close(&bench);
}

static void link__renews_its_capability_without_gap_or_repetition(void **state)
{
    struct bench bench;
    (void)state;
    bench_open(&bench);
    bench.config.limits.window_ms = 21500; /* of which 20 s lie in the past */
    bench_start(&bench);
    assert_true(run_until(&bench, is_live));
    for (int64_t value = 1; value <= 200; value++) {
        fake_archive_set(&bench.archive, "n", value);
        for (int turn = 0; turn < 4; turn++)
            uv_run(&bench.loop, UV_RUN_NOWAIT);
        usleep(12000);
    }
    for (int turn = 0; turn < 100; turn++)
        uv_run(&bench.loop, UV_RUN_NOWAIT);
    assert_true(bench.archive.presents >= 2);
    assert_int_equal(bench.archive.dials, 1);
    assert_int_equal(bench.archive.snapshots, 1);
    for (uint32_t i = 1; i < bench.seen_count; i++)
        assert_true(bench.seen[i] > bench.seen[i - 1]);
    assert_true(bench.seen_count > 0);
    assert_int_equal(bench.seen[bench.seen_count - 1], 200);
    bench_close(&bench);
}

static void link__refuses_rows_about_another_entity(void **state)
{
    struct bench bench;
    (void)state;
    bench_open(&bench);
    bench.archive.speaks_for_others = true;
    bench_start(&bench);
    assert_true(run_until(&bench, is_live));
    assert_int_equal(status(&bench)->refused_rows, 1);
    assert_int_equal(store_row_count(bench.store, 0, VIEW_METRIC), 1);
    bench_close(&bench);
}

static bool got_parts(struct bench *bench)
{
    return bench->archive.connection_count && bench->archive.connections[0]->seq >= 3;
}

static void link__shows_no_part_of_a_group_that_is_not_closed(void **state)
{
    struct bench bench;
    char metric[16];
    (void)state;
    bench_open(&bench);
    for (int i = 0; i < 8; i++) {
        snprintf(metric, sizeof metric, "m%d", i);
        fake_archive_set(&bench.archive, metric, i);
    }
    bench.archive.part_rows = 2;
    bench.archive.keeps_snapshot_open = true;
    bench_start(&bench);
    assert_true(run_until(&bench, got_parts));
    assert_int_equal(store_total_rows(bench.store), 0);
    assert_int_equal(status(&bench)->state, LINK_PRESENTING);
    bench_close(&bench);
}

static void link__leaves_an_archive_that_skips_a_delta(void **state)
{
    struct bench bench;
    (void)state;
    bench_open(&bench);
    bench_start(&bench);
    assert_true(run_until(&bench, is_live));
    bench.archive.skips_a_delta = true;
    fake_archive_set(&bench.archive, "noi", 7);
    assert_true(run_until(&bench, is_backing_off));
    assert_true(run_until(&bench, is_live));
    assert_true(run_until(&bench, has_update));
    bench_close(&bench);
}

static void on_garbage_connection(uv_stream_t *listener, int result)
{
    uv_tcp_t *peer = calloc(1, sizeof *peer);
    static char words[] = "HTTP/1.1 400 Bad Request\r\n\r\n";
    uv_buf_t piece = uv_buf_init(words, sizeof words - 1);
    assert_int_equal(result, 0);
    uv_tcp_init(listener->loop, peer);
    assert_int_equal(uv_accept(listener, (uv_stream_t *)peer), 0);
    uv_try_write((uv_stream_t *)peer, &piece, 1);
    uv_close((uv_handle_t *)peer, (uv_close_cb)free);
}

static void link__backs_off_from_garbage_and_from_nobody(void **state)
{
    struct bench bench;
    uv_tcp_t listener;
    struct sockaddr_in address;
    int length = sizeof address;
    (void)state;
    bench_open(&bench);
    uv_tcp_init(&bench.loop, &listener);
    uv_ip4_addr("127.0.0.1", 0, &address);
    uv_tcp_bind(&listener, (struct sockaddr *)&address, 0);
    assert_int_equal(uv_listen((uv_stream_t *)&listener, 8, on_garbage_connection), 0);
    uv_tcp_getsockname(&listener, (struct sockaddr *)&address, &length);
    bench.totebox.port = ntohs(address.sin_port);
    bench_start(&bench);
    assert_true(run_until(&bench, is_backing_off));
    assert_true(status(&bench)->reason[0] != '\0');
    assert_true(status(&bench)->retry_at_mono_ms > 0);
    uv_close((uv_handle_t *)&listener, NULL);
    bench_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(link__goes_live_with_the_rows_of_the_archive),
        cmocka_unit_test(link__applies_what_the_archive_commits),
        cmocka_unit_test(link__comes_back_and_resumes_where_it_was),
        cmocka_unit_test(link__asks_for_everything_in_one_flight),
        cmocka_unit_test(link__refuses_another_key_and_does_not_dial_again),
        cmocka_unit_test(link__says_that_it_is_not_paired),
        cmocka_unit_test(link__ends_and_forgets_the_rows_when_revoked),
        cmocka_unit_test(link__takes_a_newer_pairing_after_a_revocation),
        cmocka_unit_test(link__refuses_an_expired_pairing),
        cmocka_unit_test(link__learns_a_clock_that_differs),
        cmocka_unit_test(link__renews_its_capability_without_gap_or_repetition),
        cmocka_unit_test(link__refuses_rows_about_another_entity),
        cmocka_unit_test(link__shows_no_part_of_a_group_that_is_not_closed),
        cmocka_unit_test(link__leaves_an_archive_that_skips_a_delta),
        cmocka_unit_test(link__backs_off_from_garbage_and_from_nobody),
    };
    signal(SIGPIPE, SIG_IGN); /* as the programs do */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
