#include "tests/interop/line.h"

#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/layout.h"

enum { PATIENCE_MS = 15000 };

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

void copy_text(char *to, size_t room, struct text text)
{
    snprintf(to, room, "%.*s", (int)text.length, text.bytes);
}

void got_answer(void *user, const struct answer *answer)
{
    struct got *got = user;
    got->order = ++got->line->answers;
    got->error = answer->error;
    copy_text(got->reason, sizeof got->reason, answer->reason);
}

void got_page(void *user, const struct answer *answer)
{
    struct got *got = user;
    struct batch batch;
    union any_row row;
    const char *why = "";
    got_answer(got, answer);
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

void got_delta(void *user, const struct answer *answer)
{
    struct got *got = user;
    const char *why = "";
    got_answer(got, answer);
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
bool line_is_over(struct line *line)
{
    return line->over;
}

bool line_turn(struct line *line, bool (*is_so)(struct line *line), uint64_t ms)
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

static bool never(struct line *line)
{
    (void)line;
    return false;
}

void line_rest(struct line *line, uint64_t ms)
{
    line_turn(line, never, ms);
}

/* Sends what was asked, and turns until so many answers have come in all. */
void line_await(struct line *line, uint32_t answers)
{
    line->wanted = answers;
    if (!line_turn(line, has_answers, PATIENCE_MS))
        fail_msg("%u answers of %u; %s", line->answers, answers,
                 caller_defect(line->caller));
}

void line_open(struct line *line)
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

void line_fetch_pairing(struct line *line, struct token *token)
{
    *token = (struct token){.count = 0};
    assert_int_equal(caller_pairing(line->caller, line->totebox, take_pairing, token),
                     PSP_OK);
    assert_true(line_turn(line, has_pairing, PATIENCE_MS));
}

void line_present(struct line *line, struct got *got)
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
    line_fetch_pairing(line, &token);
    memcpy(leaf.totebox, line->foreign.authority, KEY_BYTES);
    holder_of_key(line->device.public_key, leaf.subject_bytes);
    assert_true(random_bytes(leaf.nonce, sizeof leaf.nonce));
    assert_int_equal(token_append(&token, &leaf, &line->device), PSP_OK);
    *got = (struct got){.line = line};
    assert_int_equal(caller_present(line->caller, line->totebox, &token, got_answer,
                                    got, &line->grant),
                     PSP_OK);
    token_release(&token);
}

void line_close(struct line *line)
{
    caller_free(line->caller);
    stream_close(line->stream);
    uv_run(&line->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&line->loop), 0);
    assert_int_equal(child_end(line->archive), 0);
    channel_identity_free(line->identity);
    free(line->net);
}
