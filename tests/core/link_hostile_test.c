/* Links against an archive that has a good key and bad manners: whatever it sends, and
 * in whatever order, costs it the connection and us nothing. */
#include "tests/core/link_bench.h"

#include "tests/support/rpc_writer.h"

static bool was_dialled_again(struct bench *bench)
{
    return bench->archive.dials >= 2;
}

/* The flight after pairing(): present is question 0, the watch 1, next 2 and 3. */
static bool answers_the_flight_backwards(struct fake_connection *connection,
                                         struct buffer *plaintext)
{
    struct buffer *to = stream_output(connection->stream);
    if (connection->archive->pairings == 0)
        return true;
    buffer_consume(plaintext, buffer_length(plaintext));
    rpc_write_exception(to, 3, RPC_EXCEPTION_TYPE_FAILED, "psp.malformed: no");
    rpc_write_exception(to, 1, RPC_EXCEPTION_TYPE_FAILED, "psp.denied: no");
    rpc_write_exception(to, 0, RPC_EXCEPTION_TYPE_FAILED, "psp.expired: no");
    rpc_write_exception(to, 2, RPC_EXCEPTION_TYPE_FAILED, "psp.revoked: no");
    stream_flush(connection->stream);
    return false;
}

static void link__survives_answers_that_come_after_it_hung_up(void **state)
{
    struct bench bench;
    (void)state;
    bench_open(&bench);
    bench.archive.interferes = answers_the_flight_backwards;
    bench_start(&bench);
    assert_true(run_until(&bench, was_dialled_again));
    bench_close(&bench);
}

static void link__refuses_clocks_that_no_date_has(void **state)
{
    static const int64_t clocks[] = {INT64_MIN, INT64_MAX, -1};
    (void)state;
    for (size_t i = 0; i < sizeof clocks / sizeof *clocks; i++) {
        struct bench bench;
        bench_open(&bench);
        bench.archive.says_clock_ms = clocks[i];
        bench_start(&bench);
        assert_true(run_until(&bench, is_refused));
        assert_int_equal(status(&bench)->skew_ms, 0);
        bench_close(&bench);
        bench_open(&bench);
        bench.archive.says_clock_ms = clocks[i];
        bench.archive.clock_offset_ms = -600000; /* so that hello is asked */
        fake_archive_pair(&bench.archive, 86400000);
        bench_start(&bench);
        assert_true(run_until(&bench, is_backing_off));
        assert_int_equal(status(&bench)->skew_ms, 0);
        bench_close(&bench);
    }
}

static bool has_ended_often(struct bench *bench)
{
    return bench->archive.presents > 20 && is_backing_off(bench);
}

static void link__leaves_an_archive_that_ends_every_watch(void **state)
{
    struct bench bench;
    (void)state;
    bench_open(&bench);
    bench.archive.ends_every_watch = true;
    bench_start(&bench);
    assert_true(run_until(&bench, has_ended_often));
    assert_int_equal(bench.archive.dials, 1);
    assert_in_range(bench.archive.presents, 21, 60);
    bench_close(&bench);
}

static void link__leaves_an_archive_whose_heart_beats_too_fast(void **state)
{
    struct bench bench;
    (void)state;
    bench_open(&bench);
    bench_start(&bench);
    assert_true(run_until(&bench, is_live));
    bench.archive.beats_without_end = true;
    fake_archive_set(&bench.archive, "noi", 7);
    assert_true(run_until(&bench, is_backing_off));
    assert_in_range(bench.archive.nexts, 1000, 1200);
    assert_int_equal(value_of(&bench, "FAKE|noi|2025|actual|own|USD|"), 450000);
    bench_close(&bench);
}

static bool has_heard(struct bench *bench)
{
    return bench->archive.nexts > 20;
}

static void link__is_not_live_before_its_snapshot(void **state)
{
    struct bench bench;
    (void)state;
    bench_open(&bench);
    bench.archive.beats_without_end = true;
    bench_start(&bench);
    assert_true(run_until(&bench, has_heard));
    assert_true(status(&bench)->state != LINK_LIVE);
    assert_false(links_have_settled(bench.links));
    bench_close(&bench);
}

static void link__refuses_a_group_that_ends_as_another(void **state)
{
    struct bench bench;
    (void)state;
    bench_open(&bench);
    fake_archive_set(&bench.archive, "other", 1);
    bench.archive.part_rows = 1;
    bench.archive.closes_other_group = true;
    bench_start(&bench);
    assert_true(run_until(&bench, is_backing_off));
    assert_int_equal(store_total_rows(bench.store), 0);
    bench_close(&bench);
}

static void link__does_not_show_what_a_row_was_when_it_cannot_be_read(void **state)
{
    struct bench bench;
    (void)state;
    bench_open(&bench);
    bench_start(&bench);
    assert_true(run_until(&bench, is_live));
    bench.archive.damages_rows = true;
    fake_archive_set(&bench.archive, "noi", 7);
    for (int turn = 0; turn < 50 && !status(&bench)->bad_rows; turn++)
        uv_run(&bench.loop, UV_RUN_ONCE);
    assert_int_equal(status(&bench)->bad_rows, 1);
    assert_null(
        store_find(bench.store, 0, VIEW_METRIC, TEXT("FAKE|noi|2025|actual|own|USD|")));
    bench_close(&bench);
}

static bool is_incompatible(struct bench *bench)
{
    return is_live(bench) && status(bench)->incompatible_views == 1u << VIEW_METRIC;
}

static bool is_whole_again(struct bench *bench)
{
    return bench->archive.dials == 2 && is_live(bench) &&
           status(bench)->incompatible_views == 0;
}

static void link__leaves_out_a_view_while_it_lacks_a_column(void **state)
{
    struct bench bench;
    (void)state;
    bench_open(&bench);
    bench.archive.lacks_a_column = true;
    bench_start(&bench);
    assert_true(run_until(&bench, is_incompatible));
    assert_int_equal(store_row_count(bench.store, 0, VIEW_ENTITY), 1);
    assert_int_equal(store_row_count(bench.store, 0, VIEW_METRIC), 0);
    bench.archive.lacks_a_column = false;
    bench.archive.forgets_positions = true;
    fake_archive_hang_up(&bench.archive);
    assert_true(run_until(&bench, is_whole_again));
    assert_int_equal(value_of(&bench, "FAKE|noi|2025|actual|own|USD|"), 450000);
    bench_close(&bench);
}

static bool serves_all_again(struct bench *bench)
{
    return bench->archive.dials == 2 && is_live(bench) &&
           status(bench)->denied_views == 0;
}

static void link__watches_a_view_again_once_it_is_served(void **state)
{
    struct bench bench;
    (void)state;
    bench_open(&bench);
    bench.archive.served_views = 1u << VIEW_ENTITY | 1u << VIEW_METRIC;
    bench_start(&bench);
    assert_true(run_until(&bench, is_live));
    assert_true(status(&bench)->denied_views & 1u << VIEW_POS);
    bench.archive.served_views = 0;
    fake_archive_hang_up(&bench.archive);
    assert_true(run_until(&bench, serves_all_again));
    bench_close(&bench);
}

/* Answers the two next() in turn for ever, without reading what comes back. */
static bool floods(struct fake_connection *connection, struct buffer *plaintext)
{
    struct buffer *to = stream_output(connection->stream);
    if (connection->archive->presents == 0)
        return true;
    buffer_consume(plaintext, buffer_length(plaintext));
    stream_pause(connection->stream);
    for (int i = 0; i < 20000; i++)
        rpc_write_resolve(
            to, 77,
            (struct rpc_descriptor){RPC_CAP_DESCRIPTOR_SENDER_HOSTED_TAG, (uint32_t)i});
    stream_flush(connection->stream);
    return false;
}

static void link__leaves_an_archive_that_does_not_read(void **state)
{
    struct bench bench;
    (void)state;
    bench_open(&bench);
    bench_start(&bench);
    assert_true(run_until(&bench, is_live));
    bench.archive.interferes = floods;
    fake_archive_set(&bench.archive, "noi", 7);
    for (int i = 0; i < 40 && is_live(&bench); i++) {
        struct buffer none;
        buffer_init(&none);
        floods(bench.archive.connections[0], &none);
        for (int turn = 0; turn < 20; turn++)
            uv_run(&bench.loop, UV_RUN_NOWAIT);
    }
    assert_true(is_backing_off(&bench));
    assert_non_null(strstr(status(&bench)->reason, "does not read"));
    bench_close(&bench);
}

static bool hears_nothing(struct fake_connection *connection, struct buffer *plaintext)
{
    (void)connection;
    buffer_consume(plaintext, buffer_length(plaintext));
    return false;
}

static void link__leaves_an_archive_that_never_answers(void **state)
{
    struct bench bench;
    (void)state;
    bench_open(&bench);
    bench.archive.interferes = hears_nothing;
    bench_start(&bench);
    uint64_t start = uv_now(&bench.loop);
    assert_true(run_until(&bench, is_backing_off));
    assert_in_range(uv_now(&bench.loop) - start, 4500, 6500);
    bench_close(&bench);
}

static void link__leaves_an_archive_that_does_not_end_its_message(void **state)
{
    static const uint8_t half[16] = {0, 0, 0, 0, 0xe8, 3}; /* of 1000 words */
    struct bench bench;
    (void)state;
    bench_open(&bench);
    bench_start(&bench);
    assert_true(run_until(&bench, is_live));
    struct fake_connection *connection = bench.archive.connections[0];
    assert_true(buffer_append(stream_output(connection->stream), half, 9));
    stream_flush(connection->stream);
    uint64_t start = uv_now(&bench.loop);
    assert_false(run_until(&bench, is_backing_off)); /* eight seconds */
    assert_true(buffer_append(stream_output(connection->stream), half + 9, 1));
    stream_flush(connection->stream);
    assert_true(run_until(&bench, is_backing_off)); /* a byte more gains no time */
    assert_in_range(uv_now(&bench.loop) - start, 9500, 11500);
    assert_non_null(strstr(status(&bench)->reason, "did not end it"));
    bench_close(&bench);
}

static void link__finds_the_time_where_its_own_clock_is_wrong(void **state)
{
    struct bench bench;
    (void)state;
    bench_open(&bench);
    bench.archive.clock_offset_ms = -400 * INT64_C(86400000);
    fake_archive_pair(&bench.archive, 86400000); /* by our clock long over */
    bench_start(&bench);
    assert_true(run_until(&bench, is_live));
    assert_int_equal(bench.archive.presents, 1);
    bench_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(link__survives_answers_that_come_after_it_hung_up),
        cmocka_unit_test(link__refuses_clocks_that_no_date_has),
        cmocka_unit_test(link__leaves_an_archive_that_ends_every_watch),
        cmocka_unit_test(link__leaves_an_archive_whose_heart_beats_too_fast),
        cmocka_unit_test(link__is_not_live_before_its_snapshot),
        cmocka_unit_test(link__refuses_a_group_that_ends_as_another),
        cmocka_unit_test(link__does_not_show_what_a_row_was_when_it_cannot_be_read),
        cmocka_unit_test(link__leaves_out_a_view_while_it_lacks_a_column),
        cmocka_unit_test(link__watches_a_view_again_once_it_is_served),
        cmocka_unit_test(link__leaves_an_archive_that_does_not_read),
        cmocka_unit_test(link__leaves_an_archive_that_never_answers),
        cmocka_unit_test(link__leaves_an_archive_that_does_not_end_its_message),
        cmocka_unit_test(link__finds_the_time_where_its_own_clock_is_wrong),
    };
    signal(SIGPIPE, SIG_IGN); /* as the programs do */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
