/* Our links and store against a Totebox in C++, on libcapnp and OpenSSL. */
#include "tests/interop/bench.h"

#include "tests/support/cmocka_all.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

struct pair {
    struct bench bench;
    struct foreign foreign;
    struct child *archive;
};
static struct pair *now; /* of the test that runs: conditions ask the archive too */

static void open_pair(struct pair *pair)
{
    now = pair;
    bench_open(&pair->bench);
    foreign_start(&pair->foreign, "tests/interop/archive", "CPP",
                  pair->bench.device.public_key);
    pair->archive = &pair->foreign.child;
    bench_add(&pair->bench, "CPP", pair->foreign.port, pair->foreign.authority);
    child_order(pair->archive, "set noi 450000.25");
    child_order(pair->archive, "own ELM 4 5");
    child_order(pair->archive, "commit");
}

static void start_pair(struct pair *pair)
{
    bench_start(&pair->bench);
    bench_await(&pair->bench, bench_is_live);
}

static void close_pair(struct pair *pair)
{
    bench_close(&pair->bench);
    assert_int_equal(child_end(pair->archive), 0);
}

static uint64_t count(const char *name)
{
    return child_count(now->archive, name);
}

static void assert_metric(const char *name, const char *value)
{
    assert_string_equal(bench_metric(&now->bench, name), value);
}

/* --- the way up --------------------------------------------------------------------
 */

static void interop__goes_live_on_a_chain_that_openssl_verifies(void **state)
{
    struct pair pair;
    (void)state;
    open_pair(&pair);
    start_pair(&pair);
    assert_metric("noi", "450000.25");
    assert_int_equal(count("dials"), 1);
    assert_int_equal(count("pairing"), 1);
    assert_int_equal(count("present"), 1);
    assert_int_equal(count("verified"), 1);
    assert_int_equal(count("failures"), 0);
    assert_true(bench_status(&pair.bench)->capability_ends_ms > 0);
    close_pair(&pair);
}

static void interop__decodes_each_view_that_the_foreign_archive_serves(void **state)
{
    struct pair pair;
    (void)state;
    open_pair(&pair);
    start_pair(&pair);
    struct store *store = pair.bench.store;
    const union any_row *entity = store_find(store, 0, VIEW_ENTITY, TEXT("CPP"));
    const union any_row *own = store_find(store, 0, VIEW_OWN, TEXT("CPP|ELM|20200101"));
    assert_non_null(entity);
    assert_string_equal(names_string(store_names(store), entity->entity.name),
                        "Totebox in C++");
    assert_non_null(own);
    assert_int_equal(own->own.econ_num, 4);
    assert_int_equal(own->own.econ_den, 5);
    assert_int_equal(own->own.from, 20200101);
    /* The archive has only three of the views that the pairing names: the watch was
     * refused once, and then asked for what describe() said. */
    assert_int_equal(count("describe"), 1);
    assert_int_equal(count("watch"), 2);
    close_pair(&pair);
}

/* The grant may come as a promise that is resolved later; so may the watch. */
static void interop__calls_on_promises_and_survives_their_resolution(void **state)
{
    struct pair pair;
    (void)state;
    open_pair(&pair);
    child_order(pair.archive, "promises 40");
    start_pair(&pair);
    bench_idle(&pair.bench, 150);
    child_order(pair.archive, "set noi 8");
    child_order(pair.archive, "commit");
    bench_idle(&pair.bench, 100);
    assert_metric("noi", "8");
    assert_int_equal(count("dials"), 1);
    child_order(pair.archive, "hangup");
    bench_idle(&pair.bench, 50);
    assert_int_equal(count("watching"), 0);
    close_pair(&pair);
}

static void interop__a_promise_that_breaks_is_a_refusal(void **state)
{
    struct pair pair;
    (void)state;
    open_pair(&pair);
    child_order(pair.archive, "promises 20 broken");
    bench_start(&pair.bench);
    bench_await(&pair.bench, bench_is_down);
    assert_int_equal(store_total_rows(pair.bench.store), 0);
    close_pair(&pair);
}

/* --- deltas -------------------------------------------------------------------------
 */

static bool has_nine(struct bench *bench)
{
    return strcmp(bench_metric(bench, "noi"), "9") == 0;
}

static void interop__one_commit_in_two_views_is_one_group(void **state)
{
    struct pair pair;
    (void)state;
    open_pair(&pair);
    start_pair(&pair);
    uint64_t deltas = bench_status(&pair.bench)->deltas;
    child_order(pair.archive, "set noi 9");
    child_order(pair.archive, "own ELM 1 2");
    child_order(pair.archive, "commit");
    bench_await(&pair.bench, has_nine);
    const union any_row *own =
        store_find(pair.bench.store, 0, VIEW_OWN, TEXT("CPP|ELM|20200101"));
    assert_int_equal(own->own.econ_den, 2);
    assert_int_equal(bench_status(&pair.bench)->deltas, deltas + 1);
    assert_int_equal(bench_status(&pair.bench)->revision, count("revision"));
    child_order(pair.archive, "delete noi");
    child_order(pair.archive, "set other 1");
    child_order(pair.archive, "commit");
    bench_idle(&pair.bench, 100);
    assert_metric("noi", "");
    assert_metric("other", "1");
    close_pair(&pair);
}

static void interop__groups_of_many_parts_are_seen_whole(void **state)
{
    struct pair pair;
    (void)state;
    open_pair(&pair);
    child_order(pair.archive, "bulk 100");
    child_order(pair.archive, "commit");
    child_order(pair.archive, "parts 7");
    start_pair(&pair);
    assert_int_equal(store_row_count(pair.bench.store, 0, VIEW_METRIC), 101);
    assert_metric("bulk10099", "99.25");
    assert_int_equal(bench_status(&pair.bench)->deltas, 1);
    uint32_t groups = pair.bench.groups;
    child_order(pair.archive, "bulk 50");
    child_order(pair.archive, "set noi 9");
    child_order(pair.archive, "commit");
    bench_await(&pair.bench, has_nine);
    /* 51 rows in eight parts of one view: the store was told once. */
    assert_int_equal(pair.bench.groups, groups + 1);
    assert_int_equal(bench_status(&pair.bench)->deltas, 2);
    close_pair(&pair);
}

static void interop__heartbeats_are_life_and_no_change(void **state)
{
    struct pair pair;
    (void)state;
    open_pair(&pair);
    start_pair(&pair);
    int64_t heard = bench_status(&pair.bench)->last_ok_mono_ms;
    uint32_t upserts = pair.bench.upserts;
    for (int i = 0; i < 20; i++) {
        child_order(pair.archive, "beat");
        bench_idle(&pair.bench, 10);
    }
    assert_true(bench_status(&pair.bench)->last_ok_mono_ms > heard);
    assert_int_equal(pair.bench.upserts, upserts);
    assert_true(bench_is_live(&pair.bench));
    assert_true(count("next") >= 22);
    close_pair(&pair);
}

static void interop__a_reset_brings_a_fresh_snapshot(void **state)
{
    struct pair pair;
    (void)state;
    open_pair(&pair);
    child_order(pair.archive, "set gone 1");
    child_order(pair.archive, "commit");
    start_pair(&pair);
    child_order(pair.archive, "delete gone");
    child_order(pair.archive, "set noi 9");
    child_order(pair.archive, "reset");
    child_order(pair.archive, "commit");
    bench_await(&pair.bench, has_nine);
    assert_metric("gone", "");
    assert_int_equal(count("present"), 1);
    assert_true(bench_is_live(&pair.bench));
    close_pair(&pair);
}

static bool presented_twice(struct bench *bench)
{
    return count("present") == 2 && count("watching") == 1 && bench_is_live(bench);
}

static void interop__an_ended_watch_is_presented_and_resumed(void **state)
{
    struct pair pair;
    (void)state;
    open_pair(&pair);
    start_pair(&pair);
    uint32_t upserts = pair.bench.upserts;
    child_order(pair.archive, "end");
    bench_await(&pair.bench, presented_twice);
    child_order(pair.archive, "set noi 9");
    child_order(pair.archive, "commit");
    bench_await(&pair.bench, has_nine);
    assert_int_equal(count("resumed"), 1);
    assert_int_equal(count("dials"), 1);
    assert_int_equal(pair.bench.upserts, upserts + 1);
    close_pair(&pair);
}

static bool is_back_with_nine(struct bench *bench)
{
    return count("dials") == 2 && bench_is_live(bench) && has_nine(bench);
}

static void interop__a_lost_connection_resumes_with_the_change_alone(void **state)
{
    struct pair pair;
    (void)state;
    open_pair(&pair);
    start_pair(&pair);
    uint32_t upserts = pair.bench.upserts;
    child_order(pair.archive, "hangup");
    bench_await(&pair.bench, bench_is_down);
    child_order(pair.archive, "set noi 9");
    child_order(pair.archive, "commit");
    bench_await(&pair.bench, is_back_with_nine);
    assert_int_equal(count("resumed"), 1);
    assert_int_equal(pair.bench.upserts, upserts + 1);
    close_pair(&pair);
}

static void interop__after_a_restart_the_position_is_void(void **state)
{
    struct pair pair;
    (void)state;
    open_pair(&pair);
    child_order(pair.archive, "set gone 1");
    child_order(pair.archive, "commit");
    start_pair(&pair);
    child_order(pair.archive, "reboot");
    child_order(pair.archive, "delete gone");
    child_order(pair.archive, "set noi 9");
    child_order(pair.archive, "hangup");
    bench_await(&pair.bench, bench_is_down);
    child_order(pair.archive, "commit");
    bench_await(&pair.bench, is_back_with_nine);
    assert_int_equal(count("resumed"), 0);
    assert_metric("gone", "");
    close_pair(&pair);
}

static void interop__renews_with_resume_without_gap_or_repetition(void **state)
{
    struct pair pair;
    (void)state;
    open_pair(&pair);
    pair.bench.config.limits.window_ms = 21500; /* of which 20 s lie in the past */
    start_pair(&pair);
    for (int value = 1; value <= 200; value++) {
        child_order(pair.archive, "set n %d", value);
        child_order(pair.archive, "commit");
        bench_idle(&pair.bench, 14);
    }
    bench_idle(&pair.bench, 200);
    assert_true(count("present") >= 3);
    assert_int_equal(count("dials"), 1);
    assert_int_equal(count("watching"), 1);
    assert_int_equal(count("resumed"), count("present") - 1);
    assert_int_equal(count("grants-gone"), count("present") - 1);
    for (uint32_t i = 1; i < pair.bench.seen_count; i++)
        assert_true(pair.bench.seen[i] > pair.bench.seen[i - 1]);
    assert_int_equal(pair.bench.seen[pair.bench.seen_count - 1], 200);
    close_pair(&pair);
}

/* --- what a batch can hold ----------------------------------------------------------
 */

static void interop__decimals_beyond_64_bits_are_exact(void **state)
{
    struct pair pair;
    (void)state;
    open_pair(&pair);
    child_order(pair.archive, "set big 123456789012345678901.25");
    child_order(pair.archive, "set small -123456789012345678901.25");
    child_order(pair.archive, "set edge -9223372036854775809");
    child_order(pair.archive, "commit");
    start_pair(&pair);
    assert_metric("big", "123456789012345678901.25");
    assert_metric("small", "-123456789012345678901.25");
    assert_metric("edge", "-9223372036854775809");
    assert_metric("noi", "450000.25");
    assert_int_equal(bench_status(&pair.bench)->bad_rows, 0);
    /* Over 96 bits: that row is left out and counted, the others stand. */
    child_order(pair.archive, "set absurd 17014118346046923173168730371588410");
    child_order(pair.archive, "set noi 9");
    child_order(pair.archive, "commit");
    bench_await(&pair.bench, has_nine);
    assert_int_equal(bench_status(&pair.bench)->bad_rows, 1);
    assert_metric("absurd", "");
    close_pair(&pair);
}

static void interop__marks_say_why_there_is_no_value(void **state)
{
    struct pair pair;
    (void)state;
    open_pair(&pair);
    for (int mark = 1; mark <= 8; mark++)
        child_order(pair.archive, "set m%d !%d", mark, mark);
    child_order(pair.archive, "set ratio !1 3 4");
    child_order(pair.archive, "commit");
    start_pair(&pair);
    for (int mark = 1; mark <= 8; mark++) {
        char name[8], text[8];
        snprintf(name, sizeof name, "m%d", mark);
        snprintf(text, sizeof text, "!%d", mark);
        assert_metric(name, text);
    }
    assert_metric("noi", "450000.25");
    close_pair(&pair);
}

static void interop__many_segments_far_and_double_far_pointers_are_read(void **state)
{
    struct pair pair;
    (void)state;
    open_pair(&pair);
    child_order(pair.archive, "bulk 1400");
    child_order(pair.archive, "commit");
    child_order(pair.archive, "scatter 1");
    start_pair(&pair);
    assert_int_equal(store_row_count(pair.bench.store, 0, VIEW_METRIC), 1401);
    assert_metric("bulk10000", "0.25");
    assert_metric("bulk11399", "1399.25");
    assert_true(count("segments") >= 4);
    assert_true(count("far") >= 10);
    assert_true(count("double-far") >= 1);
    assert_int_equal(bench_status(&pair.bench)->bad_rows, 0);
    close_pair(&pair);
}

/* --- refusals -----------------------------------------------------------------------
 */

static bool is_asked_again(struct bench *bench)
{
    return bench_is_down(bench) && now->bench.links && count("present") >= 1;
}

static void interop__each_code_at_present_has_its_consequence(void **state)
{
    static const struct {
        const char *order;
        enum link_state state;
        enum refusal_kind kind;
    } cases[] = {
        {"failed psp.malformed: x", LINK_REFUSED, REFUSED_INCOMPATIBLE},
        {"failed psp.denied: x", LINK_REFUSED, REFUSED_DENIED},
        {"failed psp.expired: x", LINK_REFUSED, REFUSED_EXPIRED},
        {"failed psp.notyet: x", LINK_REFUSED, REFUSED_EXPIRED},
        {"failed psp.revoked: x", LINK_REFUSED, REFUSED_REVOKED},
        {"failed psp.signature: x", LINK_REFUSED, REFUSED_NOT_PAIRED},
        {"failed psp.holder: x", LINK_REFUSED, REFUSED_NOT_PAIRED},
        {"failed psp.audience: x", LINK_REFUSED, REFUSED_NOT_PAIRED},
        {"failed psp.unknown: x", LINK_BACKING_OFF, REFUSED_NOT},
        {"failed psp.limit: x", LINK_REFUSED, REFUSED_INCOMPATIBLE},
        {"failed psp.conflict: x", LINK_BACKING_OFF, REFUSED_NOT},
        {"failed psp.ended: x", LINK_BACKING_OFF, REFUSED_NOT},
        {"overloaded psp.busy: x", LINK_BACKING_OFF, REFUSED_NOT},
        {"disconnected psp.closing: x", LINK_BACKING_OFF, REFUSED_NOT},
        {"failed boom", LINK_BACKING_OFF, REFUSED_NOT},
        {"unimplemented boom", LINK_REFUSED, REFUSED_INCOMPATIBLE},
    };
    struct pair pair;
    (void)state;
    open_pair(&pair);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        child_order(pair.archive, "refuse present %s", cases[i].order);
        if (i == 0)
            bench_start(&pair.bench);
        else
            links_ask_again(pair.bench.links, 0);
        bench_await(&pair.bench, is_asked_again);
        struct link_status *status = bench_status(&pair.bench);
        if (status->state != cases[i].state ||
            (status->state == LINK_REFUSED && status->refusal != cases[i].kind))
            fail_msg("%s: %s, kind %d, %s", cases[i].order,
                     link_state_name(status->state), status->refusal, status->reason);
        child_order(pair.archive, "allow");
        links_ask_again(pair.bench.links, 0);
        bench_await(&pair.bench, bench_is_live);
        child_order(pair.archive, "hangup");
        bench_await(&pair.bench, bench_is_down);
    }
    close_pair(&pair);
}

static void interop__a_clock_that_differs_is_learned_by_hello(void **state)
{
    struct pair pair;
    (void)state;
    open_pair(&pair);
    child_order(pair.archive, "clock -600000");
    start_pair(&pair);
    assert_int_equal(count("hello"), 1);
    assert_int_equal(count("present"), 2);
    assert_in_range(-bench_status(&pair.bench)->skew_ms, 598000, 602000);
    close_pair(&pair);
}

static void interop__a_new_epoch_takes_the_new_pairing(void **state)
{
    struct pair pair;
    (void)state;
    open_pair(&pair);
    start_pair(&pair);
    child_order(pair.archive, "epoch 2");
    child_order(pair.archive, "hangup");
    bench_await(&pair.bench, bench_is_down);
    bench_await(&pair.bench, bench_is_live);
    assert_int_equal(count("pairing"), 2);
    assert_int_equal(count("present"), 3);
    close_pair(&pair);
}

static void interop__an_archive_that_issued_no_pairing_is_not_paired(void **state)
{
    struct pair pair;
    (void)state;
    open_pair(&pair);
    child_order(pair.archive, "pairing 0");
    bench_start(&pair.bench);
    bench_await(&pair.bench, bench_is_down);
    assert_int_equal(bench_status(&pair.bench)->refusal, REFUSED_NOT_PAIRED);
    assert_int_equal(count("present"), 0);
    close_pair(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(interop__goes_live_on_a_chain_that_openssl_verifies),
        cmocka_unit_test(interop__decodes_each_view_that_the_foreign_archive_serves),
        cmocka_unit_test(interop__calls_on_promises_and_survives_their_resolution),
        cmocka_unit_test(interop__a_promise_that_breaks_is_a_refusal),
        cmocka_unit_test(interop__one_commit_in_two_views_is_one_group),
        cmocka_unit_test(interop__groups_of_many_parts_are_seen_whole),
        cmocka_unit_test(interop__heartbeats_are_life_and_no_change),
        cmocka_unit_test(interop__a_reset_brings_a_fresh_snapshot),
        cmocka_unit_test(interop__an_ended_watch_is_presented_and_resumed),
        cmocka_unit_test(interop__a_lost_connection_resumes_with_the_change_alone),
        cmocka_unit_test(interop__after_a_restart_the_position_is_void),
        cmocka_unit_test(interop__renews_with_resume_without_gap_or_repetition),
        cmocka_unit_test(interop__decimals_beyond_64_bits_are_exact),
        cmocka_unit_test(interop__marks_say_why_there_is_no_value),
        cmocka_unit_test(interop__many_segments_far_and_double_far_pointers_are_read),
        cmocka_unit_test(interop__each_code_at_present_has_its_consequence),
        cmocka_unit_test(interop__a_clock_that_differs_is_learned_by_hello),
        cmocka_unit_test(interop__a_new_epoch_takes_the_new_pairing),
        cmocka_unit_test(interop__an_archive_that_issued_no_pairing_is_not_paired),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
