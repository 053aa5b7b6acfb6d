/* Our caller against a Totebox in C++: what a link does not do by itself. */
#include "tests/interop/line.h"

#include "tests/support/cmocka_all.h"

#include <signal.h>
#include <string.h>

#include "proto/layout.h"

static void ask_page(struct line *line, struct got *got, struct query query)
{
    *got = (struct got){.line = line};
    query.view = TEXT("metric");
    query.rows.kind = SET_ALL;
    query.columns.kind = SET_ALL;
    assert_int_equal(caller_read(line->caller, line->grant, &query, got_page, got),
                     PSP_OK);
}

/* --- reading ------------------------------------------------------------------------
 */

static void caller__reads_pages_by_cursor(void **state)
{
    struct line line;
    struct got shown, page[4];
    (void)state;
    line_open(&line);
    child_order(line.archive, "bulk 25");
    child_order(line.archive, "commit");
    line_present(&line, &shown);
    ask_page(&line, &page[0], (struct query){.limit = 10});
    line_await(&line, 2);
    assert_int_equal(page[0].rows, 10);
    assert_string_equal(page[0].first, "CPP|bulk10000|2025|actual|own|USD|");
    for (uint32_t i = 1; i < 3; i++) {
        struct got *before = &page[i - 1];
        assert_true(before->cursor_length > 0);
        ask_page(&line, &page[i],
                 (struct query){
                     .limit = 10,
                     .cursor = {(const char *)before->cursor, before->cursor_length}});
        line_await(&line, 2 + i);
    }
    assert_string_equal(page[1].first, "CPP|bulk10010|2025|actual|own|USD|");
    assert_int_equal(page[2].rows, 5);
    assert_int_equal(page[2].cursor_length, 0);
    assert_string_equal(page[2].last, "CPP|bulk10024|2025|actual|own|USD|");
    line_close(&line);
}

static void caller__reads_the_rows_as_they_stood(void **state)
{
    struct line line;
    struct got shown, newest, earlier, before;
    (void)state;
    line_open(&line);
    child_order(line.archive, "set noi 1.5");
    child_order(line.archive, "commit");
    int64_t then = (int64_t)child_count(line.archive, "committed");
    line_present(&line, &shown);
    line_rest(&line, 20);
    child_order(line.archive, "set noi 2.5");
    child_order(line.archive, "commit");
    ask_page(&line, &newest, (struct query){.limit = 0});
    ask_page(&line, &earlier, (struct query){.as_of_ms = then});
    ask_page(&line, &before, (struct query){.as_of_ms = then - 3600000});
    line_await(&line, 4);
    assert_string_equal(newest.value, "2.5");
    assert_string_equal(earlier.value, "1.5");
    assert_true(earlier.revision < newest.revision);
    assert_int_equal(before.rows, 0);
    line_close(&line);
}

static void caller__takes_answers_in_any_order(void **state)
{
    struct line line;
    struct got shown, page[16];
    (void)state;
    line_open(&line);
    child_order(line.archive, "bulk 16");
    child_order(line.archive, "commit");
    child_order(line.archive, "reverse 16");
    line_present(&line, &shown);
    for (uint32_t i = 0; i < 16; i++)
        ask_page(&line, &page[i], (struct query){.limit = i + 1});
    line_await(&line, 17);
    for (uint32_t i = 0; i < 16; i++)
        assert_int_equal(page[i].rows, i + 1); /* each got its own answer */
    /* The last one, on whose arrival the others were let go, came when it came. */
    for (uint32_t i = 1; i < 15; i++)
        assert_true(page[i].order < page[i - 1].order);
    line_close(&line);
}

static void on_views(void *user, const struct answer *answer)
{
    struct got *got = user;
    got_answer(got, answer);
    struct list_reader views = reader_list(
        answer->results, PSP_GRANT_DESCRIBE_RESULTS_VIEWS_PTR, ELEMENT_COMPOSITE);
    got->rows = views.count;
    copy_text(got->first, sizeof got->first,
              reader_text(list_struct(views, 0), PSP_VIEW_INFO_NAME_PTR));
    copy_text(got->last, sizeof got->last,
              reader_text(list_struct(views, views.count - 1), PSP_VIEW_INFO_NAME_PTR));
}

static void on_health(void *user, const struct answer *answer)
{
    struct got *got = user;
    struct health health;
    got_answer(got, answer);
    assert_int_equal(health_read(reader_struct(answer->results, 0), &health), PSP_OK);
    got->revision = health.revision;
    got->rows = health.lifecycle;
    copy_text(got->first, sizeof got->first, health.checkpoint);
}

static void caller__understands_describe_health_and_hello(void **state)
{
    struct line line;
    struct got shown, views = {.line = &line}, health = {.line = &line},
                      hello = {.line = &line};
    (void)state;
    line_open(&line);
    line_present(&line, &shown);
    assert_int_equal(caller_describe(line.caller, line.grant, on_views, &views),
                     PSP_OK);
    assert_int_equal(caller_health(line.caller, line.grant, on_health, &health),
                     PSP_OK);
    assert_int_equal(
        caller_hello(line.caller, line.totebox, TEXT("a test"), got_answer, &hello),
        PSP_OK);
    line_await(&line, 4);
    assert_int_equal(views.rows, 3);
    assert_string_equal(views.first, "entity");
    assert_string_equal(views.last, "metric");
    assert_int_equal(health.rows, PSP_HEALTH_LIFECYCLE_ACTIVE);
    assert_string_equal(health.first, "totebox/CPP\n1\n");
    assert_int_equal(hello.error, PSP_OK);
    line_close(&line);
}

static void caller__pairs_with_a_commitment(void **state)
{
    struct line line;
    struct got pair = {.line = &line}, wrong = {.line = &line}, right = {.line = &line};
    uint8_t nonce[HASH_BYTES] = {7}, commit[HASH_BYTES], other[HASH_BYTES] = {8};
    (void)state;
    line_open(&line);
    sha256(nonce, sizeof nonce, commit);
    assert_int_equal(caller_pair(line.caller, line.totebox, commit, got_answer, &pair),
                     PSP_OK);
    assert_int_equal(
        caller_pair_reveal(line.caller, line.totebox, other, got_answer, &wrong),
        PSP_OK);
    assert_int_equal(
        caller_pair_reveal(line.caller, line.totebox, nonce, got_answer, &right),
        PSP_OK);
    line_await(&line, 3);
    assert_int_equal(pair.error, PSP_OK);
    assert_int_equal(wrong.error, PSP_DENIED);
    assert_int_equal(right.error, PSP_OK);
    line_close(&line);
}

/* --- refusals -----------------------------------------------------------------------
 */

static void caller__hears_each_code_of_the_protocol(void **state)
{
    static const struct {
        const char *order;
        enum psp_error error;
    } cases[] = {
        {"failed psp.malformed: x", PSP_MALFORMED},
        {"failed psp.denied: x", PSP_DENIED},
        {"failed psp.expired: x", PSP_EXPIRED},
        {"failed psp.notyet: x", PSP_NOTYET},
        {"failed psp.revoked: x", PSP_REVOKED},
        {"failed psp.signature: x", PSP_SIGNATURE},
        {"failed psp.holder: x", PSP_HOLDER},
        {"failed psp.audience: x", PSP_AUDIENCE},
        {"failed psp.unknown: x", PSP_UNKNOWN},
        {"failed psp.limit: x", PSP_LIMIT},
        {"failed psp.conflict: x", PSP_CONFLICT},
        {"failed psp.ended: x", PSP_ENDED},
        {"overloaded psp.busy: x", PSP_BUSY},
        {"disconnected psp.closing: x", PSP_CLOSING},
        {"overloaded no code", PSP_BUSY},
        {"disconnected no code", PSP_CLOSING},
        {"unimplemented no code", PSP_UNIMPLEMENTED},
        {"failed psp.newcode: x", PSP_FAILED},
        {"failed no code", PSP_FAILED},
    };
    struct line line;
    struct got shown, page;
    (void)state;
    line_open(&line);
    line_present(&line, &shown);
    line_await(&line, 1);
    for (uint32_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        child_order(line.archive, "refuse read %s", cases[i].order);
        ask_page(&line, &page, (struct query){.limit = 1});
        line_await(&line, 2 + i);
        if (page.error != cases[i].error)
            fail_msg("%s: error %d, %s", cases[i].order, page.error, page.reason);
    }
    line_close(&line);
}

static void caller__is_refused_by_a_method_that_is_not_there(void **state)
{
    struct line line;
    struct got got = {.line = &line};
    struct token token = {.count = 0};
    cap commander;
    (void)state;
    line_open(&line);
    /* This Totebox takes no commands: libcapnp answers for it. */
    assert_int_equal(caller_present_command(line.caller, line.totebox, &token,
                                            got_answer, &got, &commander),
                     PSP_OK);
    line_await(&line, 1);
    assert_int_equal(got.error, PSP_UNIMPLEMENTED);
    line_close(&line);
}

/* --- lifetimes ----------------------------------------------------------------------
 */

static void caller__finishes_before_the_return(void **state)
{
    struct query query = {.view = TEXT("metric"),
                          .rows = {.kind = SET_ALL},
                          .columns = {.kind = SET_ALL}};
    struct line line;
    struct got shown, first = {.line = &line}, waits = {.line = &line};
    cap watch;
    (void)state;
    line_open(&line);
    line_present(&line, &shown);
    assert_int_equal(caller_watch(line.caller, line.grant, &query, 1, (struct text){0},
                                  NULL, NULL, &watch),
                     PSP_OK);
    assert_int_equal(caller_next(line.caller, watch, 0, 60000, got_delta, &first),
                     PSP_OK);
    assert_int_equal(caller_next(line.caller, watch, 0, 60000, got_delta, &waits),
                     PSP_OK);
    line_await(&line, 2);
    assert_int_equal(first.delta.kind, DELTA_SNAPSHOT_END);
    caller_release(line.caller, watch);
    assert_int_equal(waits.error, PSP_CANCELED);
    line_rest(&line, 100);
    assert_int_equal(child_count(line.archive, "cancelled"), 1);
    assert_int_equal(child_count(line.archive, "watches-gone"), 1);
    /* The connection goes on, and the ids are used again. */
    ask_page(&line, &waits, (struct query){.limit = 1});
    line_await(&line, 4);
    assert_int_equal(waits.error, PSP_OK);
    assert_int_equal(caller_outstanding(line.caller), 0);
    line_close(&line);
}

static void caller__gives_back_what_it_never_waited_for(void **state)
{
    struct line line;
    struct got shown;
    (void)state;
    line_open(&line);
    for (uint32_t i = 1; i <= 40; i++) {
        line_present(&line, &shown);
        if (i % 2)
            line_await(&line, line.answers + 1); /* Release, else Finish with caps */
        caller_release(line.caller, line.grant);
    }
    line_rest(&line, 200);
    assert_int_equal(child_count(line.archive, "grants-gone"), 40);
    assert_int_equal(child_count(line.archive, "connections"), 1);
    line_close(&line);
}

static void caller__keeps_calling_a_promise_that_was_resolved(void **state)
{
    struct line line;
    struct got shown, early = {.line = &line}, late = {.line = &line};
    (void)state;
    line_open(&line);
    child_order(line.archive, "promises 60");
    line_present(&line, &shown);
    line_await(&line, 1);
    assert_int_equal(caller_health(line.caller, line.grant, on_health, &early), PSP_OK);
    line_await(&line, 2);
    line_rest(&line, 50);
    assert_int_equal(caller_health(line.caller, line.grant, on_health, &late), PSP_OK);
    line_await(&line, 3);
    assert_int_equal(late.error, PSP_OK);
    caller_release(line.caller, line.grant);
    line_rest(&line, 100);
    assert_int_equal(child_count(line.archive, "grants-gone"), 1);
    line_close(&line);
}

static void caller__fails_calls_on_a_promise_that_broke(void **state)
{
    struct line line;
    struct got shown, early = {.line = &line}, late = {.line = &line};
    (void)state;
    line_open(&line);
    child_order(line.archive, "promises 30 broken");
    line_present(&line, &shown);
    line_await(&line, 1);
    assert_int_equal(caller_health(line.caller, line.grant, got_answer, &early),
                     PSP_OK);
    line_await(&line, 2);
    assert_int_equal(early.error, PSP_REVOKED);
    line_rest(&line, 50);
    assert_int_not_equal(caller_health(line.caller, line.grant, got_answer, &late),
                         PSP_OK);
    line_close(&line);
}

static void caller__hears_the_end_and_fails_what_waits(void **state)
{
    struct line line;
    struct got shown, page;
    (void)state;
    line_open(&line);
    child_order(line.archive, "reverse 9"); /* more than are asked: none is answered */
    line_present(&line, &shown);
    ask_page(&line, &page, (struct query){.limit = 1});
    line_await(&line, 1);
    line_rest(&line, 50);
    child_order(line.archive, "hangup");
    assert_true(line_turn(&line, line_is_over, 15000));
    caller_free(line.caller);
    line.caller = NULL;
    assert_int_equal(page.error, PSP_DISCONNECTED);
    line_close(&line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(caller__reads_pages_by_cursor),
        cmocka_unit_test(caller__reads_the_rows_as_they_stood),
        cmocka_unit_test(caller__takes_answers_in_any_order),
        cmocka_unit_test(caller__understands_describe_health_and_hello),
        cmocka_unit_test(caller__pairs_with_a_commitment),
        cmocka_unit_test(caller__hears_each_code_of_the_protocol),
        cmocka_unit_test(caller__is_refused_by_a_method_that_is_not_there),
        cmocka_unit_test(caller__finishes_before_the_return),
        cmocka_unit_test(caller__gives_back_what_it_never_waited_for),
        cmocka_unit_test(caller__keeps_calling_a_promise_that_was_resolved),
        cmocka_unit_test(caller__fails_calls_on_a_promise_that_broke),
        cmocka_unit_test(caller__hears_the_end_and_fails_what_waits),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
