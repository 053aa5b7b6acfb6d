/* serve_grant_test.c - how a grant ends and goes on while the books move: revoked,
 * over, renewed; and an archive whose clock went back.  Real programs, real clock. */
#include "tests/totebox/serve_peer.h"

enum { TRIALS = 5, VALUES = 40, WITHIN_MS = 1000 };

/* --- a device that watches, and notes what it sees when ------------------------------
 */

struct viewer {
    struct peer peer;
    cap watch;
    struct names *names;
    int64_t newest; /* of metric m0, which only grows */
    int64_t ended_at_ms;
    uint32_t deltas;
    enum psp_error end;
    bool ended;
};

static struct viewer *the_viewer;

static bool viewer_has_ended(struct bench *bench)
{
    (void)bench;
    return the_viewer->ended;
}
static bool viewer_sees_rows(struct bench *bench)
{
    (void)bench;
    return the_viewer->newest > 0;
}

static void on_next(void *user, const struct answer *answer);

static void ask_next(struct viewer *viewer)
{
    if (!viewer->ended && viewer->peer.stream)
        assert_int_equal(
            caller_next(viewer->peer.caller, viewer->watch, 0, 100, on_next, viewer),
            PSP_OK);
    if (viewer->peer.stream)
        stream_flush(viewer->peer.stream);
}

static void end(struct viewer *viewer, enum psp_error error)
{
    if (!viewer->ended)
        viewer->ended_at_ms = net_wall_ms();
    viewer->ended = true;
    viewer->end = error;
}

static void take_rows(struct viewer *viewer, const struct delta *delta)
{
    for (uint32_t i = 0; i < delta->changes.count; i++) {
        struct batch batch;
        struct list_reader deletes;
        const char *why;
        assert_int_equal(delta_change(delta, i, &batch, &deletes, &why), PSP_OK);
        for (uint32_t r = 0; batch.view == VIEW_METRIC && r < batch.row_count; r++) {
            union any_row row;
            assert_int_equal(batch_row(&batch, r, viewer->names, &row, &why), PSP_OK);
            int64_t value = (int64_t)amount_decimal(row.metric.value).coefficient;
            if (value > viewer->newest)
                viewer->newest = value;
            assert_false(viewer->ended); /* a row after the end */
            row_drop(viewer->names, VIEW_METRIC, &row);
        }
    }
}

static void on_next(void *user, const struct answer *answer)
{
    struct viewer *viewer = user;
    struct delta delta;
    const char *why;
    if (answer->error == PSP_DISCONNECTED || answer->error == PSP_CANCELED)
        return;
    if (answer->error != PSP_OK) {
        end(viewer, answer->error);
        return;
    }
    assert_int_equal(delta_read(reader_struct(answer->results, 0), &delta, &why),
                     PSP_OK);
    viewer->deltas++;
    if (delta.kind == DELTA_ENDED)
        end(viewer, PSP_ENDED);
    else
        take_rows(viewer, &delta);
    ask_next(viewer);
}

static void on_watch(void *user, const struct answer *answer)
{
    (void)user;
    assert_true(answer->error == PSP_OK || answer->error == PSP_DISCONNECTED);
}

static void viewer_open(struct viewer *viewer, struct bench *bench, int64_t window_ms)
{
    struct query query = {.view = TEXT("metric"),
                          .rows = {.kind = SET_ALL},
                          .columns = {.kind = SET_ALL}};
    memset(viewer, 0, sizeof *viewer);
    the_viewer = viewer;
    viewer->names = names_new();
    peer_open(&viewer->peer, bench, bench->identity);
    struct token token = peer_token(&viewer->peer, peer_leaf(&viewer->peer, window_ms));
    assert_int_equal(peer_present(&viewer->peer, &token, NULL), PSP_OK);
    token_release(&token);
    assert_int_equal(caller_watch(viewer->peer.caller, viewer->peer.grant, &query, 1,
                                  (struct text){0}, on_watch, viewer, &viewer->watch),
                     PSP_OK);
    ask_next(viewer);
    ask_next(viewer);
    assert_true(run_until(bench, viewer_sees_rows) >= 0);
}

static void viewer_close(struct viewer *viewer)
{
    peer_close(&viewer->peer);
    names_free(viewer->names);
}

static void set_value(struct bench *bench, int64_t value)
{
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)value);
    append_metrics(bench, 1, text);
    uv_run(&bench->loop, UV_RUN_NOWAIT);
}

static void bench_begin(struct bench *bench)
{
    archive_make(bench);
    append_metrics(bench, 1, "1");
    server_start(bench, "127.0.0.1:0");
    links_open(bench);
    assert_true(run_until(bench, is_live) >= 0);
}

/* --- the tests -----------------------------------------------------------------------
 */

static bool both_have_ended(struct bench *bench)
{
    return viewer_has_ended(bench) && is_refused(bench);
}

static int64_t revoke_amid_commits(void)
{
    struct bench bench;
    struct viewer viewer;
    int64_t value = 1;
    bench_begin(&bench);
    viewer_open(&viewer, &bench, 600000);
    while (value < VALUES)
        set_value(&bench, ++value);
    const char *revoke[] = {"totebox", "revoke", archive_folder(&bench), "--all", NULL};
    must_run(revoke);
    int64_t revoked_ms = net_wall_ms(), last_ms = revoked_ms;
    while (!both_have_ended(&bench) && last_ms - revoked_ms < 2 * WITHIN_MS) {
        set_value(&bench, ++value);
        last_ms = net_wall_ms();
    }
    assert_true(both_have_ended(&bench));
    for (int i = 0; i < VALUES / 2; i++)
        set_value(&bench, ++value);
    assert_in_range(viewer.newest, 1, VALUES); /* nothing that was committed later */
    assert_int_equal(status(&bench)->refusal, REFUSED_REVOKED);
    assert_int_equal(store_row_count(bench.store, 0, VIEW_METRIC), 0);
    viewer_close(&viewer);
    bench_close(&bench);
    return last_ms - revoked_ms;
}

static void serve__sends_no_row_after_a_revocation_while_the_books_move(void **state)
{
    int64_t longest_ms = 0;
    (void)state;
    for (int trial = 0; trial < TRIALS; trial++) {
        int64_t ms = revoke_amid_commits();
        if (ms > longest_ms)
            longest_ms = ms;
    }
    print_message("silent at most %d ms after the revocation, no late row\n",
                  (int)longest_ms);
    assert_in_range(longest_ms, 0, WITHIN_MS);
}

static void serve__sends_no_row_after_the_window_while_the_books_move(void **state)
{
    enum { WINDOW_MS = 1500 }; /* one second of it is over */
    struct bench bench;
    struct viewer viewer;
    int64_t value = 1, last_in_window = 1;
    (void)state;
    bench_begin(&bench);
    viewer_open(&viewer, &bench, WINDOW_MS);
    int64_t ends_ms = viewer.peer.info.not_after_ms;
    while (net_wall_ms() < ends_ms + WITHIN_MS) {
        if (net_wall_ms() < ends_ms)
            last_in_window = value + 1;
        set_value(&bench, ++value);
    }
    assert_true(viewer.ended);
    assert_in_range(viewer.newest, 2, last_in_window);
    assert_true(viewer.ended_at_ms - ends_ms < WITHIN_MS);
    print_message("ended %d ms after the window, at %d of %d values\n",
                  (int)(viewer.ended_at_ms - ends_ms), (int)viewer.newest, (int)value);
    viewer_close(&viewer);
    bench_close(&bench);
}

static void serve__renews_without_gap_or_repetition_while_the_books_move(void **state)
{
    struct bench bench;
    uint8_t leaf[HASH_BYTES];
    uint32_t renewals = 0, rows = 1;
    (void)state;
    archive_make(&bench);
    append_metrics(&bench, 1, "1");
    server_start(&bench, "127.0.0.1:0");
    bench.window_ms = 21200; /* of which 20 s lie in the past */
    links_open(&bench);
    assert_true(run_until(&bench, is_live) >= 0);
    memcpy(leaf, status(&bench)->leaf, HASH_BYTES);
    uint64_t deltas = status(&bench)->deltas;
    while (renewals < 3 && rows < 4000) {
        append_range(&bench, rows++, 1, "1"); /* a row of its own each: told once */
        turn_for(&bench, 2);
        assert_true(is_live(&bench));
        if (memcmp(leaf, status(&bench)->leaf, HASH_BYTES) != 0) {
            memcpy(leaf, status(&bench)->leaf, HASH_BYTES);
            renewals++;
        }
    }
    turn_for(&bench, 300);
    assert_int_equal(renewals, 3);
    assert_int_equal(store_row_count(bench.store, 0, VIEW_METRIC), rows);
    assert_int_equal(bench.changes, rows);
    print_message("%u rows over %u renewals, each told once, in %u groups\n", rows,
                  renewals, (unsigned)(status(&bench)->deltas - deltas));
    bench_close(&bench);
}

static void serve__takes_nobody_in_while_its_clock_is_behind_its_books(void **state)
{
    struct bench bench;
    struct peer peer;
    (void)state;
    archive_make(&bench);
    append_metrics(&bench, 1, "1");
    server_start(&bench, "127.0.0.1:0");
    links_open(&bench);
    assert_true(run_until(&bench, is_live) >= 0);
    peer_open(&peer, &bench, bench.identity);
    struct token token = peer_token(&peer, peer_leaf(&peer, 60000));
    assert_int_equal(peer_present(&peer, &token, NULL), PSP_OK);
    bench.clock_offset_ms = 3600000; /* a commit of when the clock was right */
    append_metrics(&bench, 1, "7");
    assert_in_range(run_until(&bench, has_seven), 0, 1000); /* who is in stays */
    assert_int_equal(peer_present(&peer, &token, NULL), PSP_BUSY);
    links_ask_again(bench.links, 0);
    assert_true(run_until(&bench, is_down) >= 0);
    assert_string_equal(status(&bench)->reason, psp_error_words(PSP_BUSY));
    token_release(&token);
    peer_close(&peer);
    bench_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(serve__sends_no_row_after_a_revocation_while_the_books_move),
        cmocka_unit_test(serve__sends_no_row_after_the_window_while_the_books_move),
        cmocka_unit_test(serve__renews_without_gap_or_repetition_while_the_books_move),
        cmocka_unit_test(serve__takes_nobody_in_while_its_clock_is_behind_its_books),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
