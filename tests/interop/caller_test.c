/* Our caller against a Totebox in C++: what a link does not do by itself. */
#include "tests/interop/child.h"

#include "tests/support/cmocka_all.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/stream.h"
#include "proto/caller.h"
#include "proto/layout.h"

enum { PATIENCE_MS = 15000, ANSWERS_MAX = 32 };

/* A connection, and what came back on it. */
struct line {
    uv_loop_t loop;
    struct net *net;
    struct key_pair device;
    struct channel_identity *identity;
    struct foreign foreign;
    struct child *archive;
    struct stream *stream;
    struct caller *caller;
    cap totebox, grant;
    uint32_t answers, wanted;
    bool over;
};

/* One answer, copied from its callback. */
struct got {
    struct line *line;
    uint32_t order; /* 1: the first that came; 0: none came */
    enum psp_error error;
    char reason[128];
    uint32_t rows;
    uint64_t revision;
    char first[128], last[128], value[48]; /* keys; the first row's value */
    uint8_t cursor[256];
    uint32_t cursor_length;
    struct delta delta;
};

static void on_opened(void *user)
{
    (void)user;
}

static void on_received(void *user, struct buffer *plaintext)
{
    struct line *line = user;
    if (caller_receive(line->caller, plaintext) != PSP_OK)
        line->over = true;
}

static void on_closed(void *user, enum stream_end end, const char *why)
{
    struct line *line = user;
    (void)end;
    (void)why;
    line->stream = NULL;
    line->over = true;
}

static const struct stream_events line_events = {
    .opened = on_opened, .received = on_received, .closed = on_closed};

static void copy_text(char *to, size_t room, struct text text)
{
    snprintf(to, room, "%.*s", (int)text.length, text.bytes);
}

static void note_answer(struct got *got, const struct answer *answer)
{
    got->order = ++got->line->answers;
    got->error = answer->error;
    copy_text(got->reason, sizeof got->reason, answer->reason);
}

static void on_answer(void *user, const struct answer *answer)
{
    note_answer(user, answer);
}

static void on_page(void *user, const struct answer *answer)
{
    struct got *got = user;
    struct batch batch;
    union any_row row;
    const char *why = "";
    note_answer(got, answer);
    if (answer->error != PSP_OK)
        return;
    struct struct_reader page =
        reader_struct(answer->results, PSP_GRANT_READ_RESULTS_BATCH_PTR);
    if (batch_open(page, &batch, &why) != PSP_OK)
        fail_msg("a page: %s", why);
    got->rows = batch.row_count;
    got->revision = batch.revision;
    got->cursor_length = batch.next_cursor.length;
    assert_true(got->cursor_length <= sizeof got->cursor);
    if (got->cursor_length)
        memcpy(got->cursor, batch.next_cursor.bytes, got->cursor_length);
    if (batch.row_count == 0)
        return;
    copy_text(got->first, sizeof got->first, batch_key(&batch, 0));
    copy_text(got->last, sizeof got->last, batch_key(&batch, batch.row_count - 1));
    struct names *names = names_new();
    assert_int_equal(batch_row(&batch, 0, names, &row, &why), PSP_OK);
    if (batch.view == VIEW_METRIC)
        decimal_write(amount_decimal(row.metric.value), got->value);
    row_drop(names, batch.view, &row);
    names_free(names);
}

static void on_delta(void *user, const struct answer *answer)
{
    struct got *got = user;
    const char *why = "";
    note_answer(got, answer);
    if (answer->error == PSP_OK)
        assert_int_equal(
            delta_read(reader_struct(answer->results, PSP_WATCH_NEXT_RESULTS_DELTA_PTR),
                       &got->delta, &why),
            PSP_OK);
}

static void on_timer(uv_timer_t *timer)
{
    (void)timer;
}

static bool has_answers(struct line *line)
{
    return line->answers >= line->wanted;
}
static bool is_over(struct line *line)
{
    return line->over;
}
static bool never(struct line *line)
{
    (void)line;
    return false;
}

static bool turn(struct line *line, bool (*is_so)(struct line *line), uint64_t ms)
{
    uv_timer_t *timer = calloc(1, sizeof *timer);
    assert_non_null(timer);
    uv_timer_init(&line->loop, timer);
    uv_timer_start(timer, on_timer, 5, 5);
    uv_update_time(&line->loop);
    uint64_t end = uv_now(&line->loop) + ms;
    if (line->stream)
        stream_flush(line->stream);
    while (!is_so(line) && uv_now(&line->loop) < end)
        uv_run(&line->loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)timer, (uv_close_cb)free);
    return is_so(line);
}

/* Sends what was asked, and turns until so many answers have come in all. */
static void await_answers(struct line *line, uint32_t answers)
{
    line->wanted = answers;
    if (!turn(line, has_answers, PATIENCE_MS))
        fail_msg("%u answers of %u; %s", line->answers, answers,
                 caller_defect(line->caller));
}

static void open_line(struct line *line)
{
    uint8_t pins[1][HASH_BYTES];
    memset(line, 0, sizeof *line);
    assert_int_equal(uv_loop_init(&line->loop), 0);
    line->net = calloc(1, sizeof *line->net);
    assert_non_null(line->net);
    line->net->loop = &line->loop;
    assert_true(key_pair_generate(&line->device));
    assert_int_equal(channel_identity_new(&line->device, &line->identity), PSP_OK);
    foreign_start(&line->foreign, "tests/interop/archive", "CPP",
                  line->device.public_key);
    line->archive = &line->foreign.child;
    holder_of_key(line->foreign.authority, pins[0]);
    line->stream =
        stream_dial(line->net, line->identity, (const uint8_t(*)[HASH_BYTES])pins, 1,
                    "127.0.0.1", line->foreign.port, &line_events, line);
    assert_non_null(line->stream);
    line->caller = caller_new(stream_output(line->stream));
    assert_non_null(line->caller);
    assert_int_equal(caller_bootstrap(line->caller, &line->totebox), PSP_OK);
}

/* A leaf under the pairing that the archive would hand out: the device signs both, so
 * the root is fetched first. */
static void take_pairing(void *user, const struct answer *answer)
{
    struct token *token = user;
    assert_int_equal(answer->error, PSP_OK);
    assert_int_equal(token_take(reader_struct(answer->results, 0), token), PSP_OK);
}

static bool has_pairing(struct line *line)
{
    return caller_outstanding(line->caller) == 0;
}

static void present(struct line *line, struct got *got)
{
    struct token token = {.count = 0};
    struct scope all = {.views = {.kind = SET_ALL},
                        .rows = {.kind = SET_ALL},
                        .columns = {.kind = SET_ALL}};
    struct link leaf = {
        .rights = 0x1f,
        .not_before_ms = net_wall_ms() - 20000,
        .not_after_ms = net_wall_ms() + 600000,
        .subject = SUBJECT_HOLDER,
        .scopes = &all,
        .scope_count = 1,
        .max_rows = TOKEN_ROWS_UNLIMITED,
    };
    assert_int_equal(caller_pairing(line->caller, line->totebox, take_pairing, &token),
                     PSP_OK);
    assert_true(turn(line, has_pairing, PATIENCE_MS));
    memcpy(leaf.totebox, line->foreign.authority, KEY_BYTES);
    holder_of_key(line->device.public_key, leaf.subject_bytes);
    assert_true(random_bytes(leaf.nonce, sizeof leaf.nonce));
    assert_int_equal(token_append(&token, &leaf, &line->device), PSP_OK);
    *got = (struct got){.line = line};
    assert_int_equal(caller_present(line->caller, line->totebox, &token, on_answer, got,
                                    &line->grant),
                     PSP_OK);
    token_release(&token);
}

static void close_line(struct line *line)
{
    caller_free(line->caller);
    stream_close(line->stream);
    uv_run(&line->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&line->loop), 0);
    assert_int_equal(child_end(line->archive), 0);
    channel_identity_free(line->identity);
    free(line->net);
}

static void ask_page(struct line *line, struct got *got, struct query query)
{
    *got = (struct got){.line = line};
    query.view = TEXT("metric");
    query.rows.kind = SET_ALL;
    query.columns.kind = SET_ALL;
    assert_int_equal(caller_read(line->caller, line->grant, &query, on_page, got),
                     PSP_OK);
}

/* --- reading ------------------------------------------------------------------------
 */

static void caller__reads_pages_by_cursor(void **state)
{
    struct line line;
    struct got shown, page[4];
    (void)state;
    open_line(&line);
    child_order(line.archive, "bulk 25");
    child_order(line.archive, "commit");
    present(&line, &shown);
    ask_page(&line, &page[0], (struct query){.limit = 10});
    await_answers(&line, 2);
    assert_int_equal(page[0].rows, 10);
    assert_string_equal(page[0].first, "CPP|bulk10000|2025|actual|own|USD|");
    for (uint32_t i = 1; i < 3; i++) {
        struct got *before = &page[i - 1];
        assert_true(before->cursor_length > 0);
        ask_page(&line, &page[i],
                 (struct query){
                     .limit = 10,
                     .cursor = {(const char *)before->cursor, before->cursor_length}});
        await_answers(&line, 2 + i);
    }
    assert_string_equal(page[1].first, "CPP|bulk10010|2025|actual|own|USD|");
    assert_int_equal(page[2].rows, 5);
    assert_int_equal(page[2].cursor_length, 0);
    assert_string_equal(page[2].last, "CPP|bulk10024|2025|actual|own|USD|");
    close_line(&line);
}

static void caller__reads_the_rows_as_they_stood(void **state)
{
    struct line line;
    struct got shown, newest, earlier, before;
    (void)state;
    open_line(&line);
    child_order(line.archive, "set noi 1.5");
    child_order(line.archive, "commit");
    int64_t then = (int64_t)child_count(line.archive, "committed");
    present(&line, &shown);
    turn(&line, never, 20);
    child_order(line.archive, "set noi 2.5");
    child_order(line.archive, "commit");
    ask_page(&line, &newest, (struct query){.limit = 0});
    ask_page(&line, &earlier, (struct query){.as_of_ms = then});
    ask_page(&line, &before, (struct query){.as_of_ms = then - 3600000});
    await_answers(&line, 4);
    assert_string_equal(newest.value, "2.5");
    assert_string_equal(earlier.value, "1.5");
    assert_true(earlier.revision < newest.revision);
    assert_int_equal(before.rows, 0);
    close_line(&line);
}

static void caller__takes_answers_in_any_order(void **state)
{
    struct line line;
    struct got shown, page[16];
    (void)state;
    open_line(&line);
    child_order(line.archive, "bulk 16");
    child_order(line.archive, "commit");
    child_order(line.archive, "reverse 16");
    present(&line, &shown);
    for (uint32_t i = 0; i < 16; i++)
        ask_page(&line, &page[i], (struct query){.limit = i + 1});
    await_answers(&line, 17);
    for (uint32_t i = 0; i < 16; i++)
        assert_int_equal(page[i].rows, i + 1); /* each got its own answer */
    /* The last one, on whose arrival the others were let go, came when it came. */
    for (uint32_t i = 1; i < 15; i++)
        assert_true(page[i].order < page[i - 1].order);
    close_line(&line);
}

static void on_views(void *user, const struct answer *answer)
{
    struct got *got = user;
    note_answer(got, answer);
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
    note_answer(got, answer);
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
    open_line(&line);
    present(&line, &shown);
    assert_int_equal(caller_describe(line.caller, line.grant, on_views, &views),
                     PSP_OK);
    assert_int_equal(caller_health(line.caller, line.grant, on_health, &health),
                     PSP_OK);
    assert_int_equal(
        caller_hello(line.caller, line.totebox, TEXT("a test"), on_answer, &hello),
        PSP_OK);
    await_answers(&line, 4);
    assert_int_equal(views.rows, 3);
    assert_string_equal(views.first, "entity");
    assert_string_equal(views.last, "metric");
    assert_int_equal(health.rows, PSP_HEALTH_LIFECYCLE_ACTIVE);
    assert_string_equal(health.first, "totebox/CPP\n1\n");
    assert_int_equal(hello.error, PSP_OK);
    close_line(&line);
}

static void caller__pairs_with_a_commitment(void **state)
{
    struct line line;
    struct got pair = {.line = &line}, wrong = {.line = &line}, right = {.line = &line};
    uint8_t nonce[HASH_BYTES] = {7}, commit[HASH_BYTES], other[HASH_BYTES] = {8};
    (void)state;
    open_line(&line);
    sha256(nonce, sizeof nonce, commit);
    assert_int_equal(caller_pair(line.caller, line.totebox, commit, on_answer, &pair),
                     PSP_OK);
    assert_int_equal(
        caller_pair_reveal(line.caller, line.totebox, other, on_answer, &wrong),
        PSP_OK);
    assert_int_equal(
        caller_pair_reveal(line.caller, line.totebox, nonce, on_answer, &right),
        PSP_OK);
    await_answers(&line, 3);
    assert_int_equal(pair.error, PSP_OK);
    assert_int_equal(wrong.error, PSP_DENIED);
    assert_int_equal(right.error, PSP_OK);
    close_line(&line);
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
    open_line(&line);
    present(&line, &shown);
    await_answers(&line, 1);
    for (uint32_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        child_order(line.archive, "refuse read %s", cases[i].order);
        ask_page(&line, &page, (struct query){.limit = 1});
        await_answers(&line, 2 + i);
        if (page.error != cases[i].error)
            fail_msg("%s: error %d, %s", cases[i].order, page.error, page.reason);
    }
    close_line(&line);
}

static void caller__is_refused_by_a_method_that_is_not_there(void **state)
{
    struct line line;
    struct got got = {.line = &line};
    struct token token = {.count = 0};
    cap commander;
    (void)state;
    open_line(&line);
    /* This Totebox takes no commands: libcapnp answers for it. */
    assert_int_equal(caller_present_command(line.caller, line.totebox, &token,
                                            on_answer, &got, &commander),
                     PSP_OK);
    await_answers(&line, 1);
    assert_int_equal(got.error, PSP_UNIMPLEMENTED);
    close_line(&line);
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
    open_line(&line);
    present(&line, &shown);
    assert_int_equal(caller_watch(line.caller, line.grant, &query, 1, (struct text){0},
                                  NULL, NULL, &watch),
                     PSP_OK);
    assert_int_equal(caller_next(line.caller, watch, 0, 60000, on_delta, &first),
                     PSP_OK);
    assert_int_equal(caller_next(line.caller, watch, 0, 60000, on_delta, &waits),
                     PSP_OK);
    await_answers(&line, 2);
    assert_int_equal(first.delta.kind, DELTA_SNAPSHOT_END);
    caller_release(line.caller, watch);
    assert_int_equal(waits.error, PSP_CANCELED);
    turn(&line, never, 100);
    assert_int_equal(child_count(line.archive, "cancelled"), 1);
    assert_int_equal(child_count(line.archive, "watches-gone"), 1);
    /* The connection goes on, and the ids are used again. */
    ask_page(&line, &waits, (struct query){.limit = 1});
    await_answers(&line, 4);
    assert_int_equal(waits.error, PSP_OK);
    assert_int_equal(caller_outstanding(line.caller), 0);
    close_line(&line);
}

static void caller__gives_back_what_it_never_waited_for(void **state)
{
    struct line line;
    struct got shown;
    (void)state;
    open_line(&line);
    for (uint32_t i = 1; i <= 40; i++) {
        present(&line, &shown);
        if (i % 2)
            await_answers(&line, line.answers + 1); /* Release, else Finish with caps */
        caller_release(line.caller, line.grant);
    }
    turn(&line, never, 200);
    assert_int_equal(child_count(line.archive, "grants-gone"), 40);
    assert_int_equal(child_count(line.archive, "connections"), 1);
    close_line(&line);
}

static void caller__keeps_calling_a_promise_that_was_resolved(void **state)
{
    struct line line;
    struct got shown, early = {.line = &line}, late = {.line = &line};
    (void)state;
    open_line(&line);
    child_order(line.archive, "promises 60");
    present(&line, &shown);
    await_answers(&line, 1);
    assert_int_equal(caller_health(line.caller, line.grant, on_health, &early), PSP_OK);
    await_answers(&line, 2);
    turn(&line, never, 50);
    assert_int_equal(caller_health(line.caller, line.grant, on_health, &late), PSP_OK);
    await_answers(&line, 3);
    assert_int_equal(late.error, PSP_OK);
    caller_release(line.caller, line.grant);
    turn(&line, never, 100);
    assert_int_equal(child_count(line.archive, "grants-gone"), 1);
    close_line(&line);
}

static void caller__fails_calls_on_a_promise_that_broke(void **state)
{
    struct line line;
    struct got shown, early = {.line = &line}, late = {.line = &line};
    (void)state;
    open_line(&line);
    child_order(line.archive, "promises 30 broken");
    present(&line, &shown);
    await_answers(&line, 1);
    assert_int_equal(caller_health(line.caller, line.grant, on_answer, &early), PSP_OK);
    await_answers(&line, 2);
    assert_int_equal(early.error, PSP_REVOKED);
    turn(&line, never, 50);
    assert_int_not_equal(caller_health(line.caller, line.grant, on_answer, &late),
                         PSP_OK);
    close_line(&line);
}

static void caller__hears_the_end_and_fails_what_waits(void **state)
{
    struct line line;
    struct got shown, page;
    (void)state;
    open_line(&line);
    child_order(line.archive, "reverse 9"); /* more than are asked: none is answered */
    present(&line, &shown);
    ask_page(&line, &page, (struct query){.limit = 1});
    await_answers(&line, 1);
    turn(&line, never, 50);
    child_order(line.archive, "hangup");
    assert_true(turn(&line, is_over, PATIENCE_MS));
    caller_free(line.caller);
    line.caller = NULL;
    assert_int_equal(page.error, PSP_DISCONNECTED);
    close_line(&line);
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
