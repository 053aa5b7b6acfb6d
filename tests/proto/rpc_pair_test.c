/* rpc_pair_test.c - a caller and a host in one process, joined by two byte streams. */
#include "tests/support/cmocka_all.h"

#include <stdlib.h>

#include "proto/caller.h"
#include "proto/layout.h"
#include "tests/support/counting_service.h"

enum { ANSWERS_MAX = 600 };

struct pair {
    struct buffer up, down;           /* what each side sends */
    struct buffer at_host, at_caller; /* what arrived */
    size_t split;                     /* bytes that arrive at once */
    struct caller *caller;
    struct host *host;
    struct counting_service service;
    enum psp_error answers[ANSWERS_MAX]; /* in the order in which they came */
    uint32_t answer_count;
    struct grant_info info;
    struct delta delta;
    struct token token;
};

/* --- heap calls, counted ------------------------------------------------------------
 */

static uint64_t heap_calls;
static uint64_t heap_left = UINT64_MAX; /* heap calls that succeed */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);

static bool heap_grants(void)
{
    heap_calls++;
    if (heap_left == UINT64_MAX)
        return true;
    return heap_left && heap_left--;
}

void *__wrap_malloc(size_t size)
{
    return heap_grants() ? __real_malloc(size) : NULL;
}

void *__wrap_calloc(size_t count, size_t size)
{
    return heap_grants() ? __real_calloc(count, size) : NULL;
}

void *__wrap_realloc(void *block, size_t size)
{
    return heap_grants() ? __real_realloc(block, size) : NULL;
}

/* --- the pair ------------------------------------------------------------------------
 */

static struct pair *pair_new(size_t split)
{
    struct pair *pair = calloc(1, sizeof *pair);
    assert_non_null(pair);
    pair->split = split;
    counting_service_init(&pair->service);
    counting_service_token(&pair->token);
    pair->caller = caller_new(&pair->up);
    pair->host = host_new(&pair->down, &counting_methods, &pair->service);
    assert_non_null(pair->caller);
    assert_non_null(pair->host);
    pair->service.host = pair->host;
    return pair;
}

static void pair_free(struct pair *pair)
{
    caller_free(pair->caller);
    host_free(pair->host);
    assert_true(counting_service_is_even(&pair->service));
    assert_int_equal(pair->service.waiting_count, 0);
    counting_service_release(&pair->service);
    token_release(&pair->token);
    buffer_release(&pair->up);
    buffer_release(&pair->down);
    buffer_release(&pair->at_host);
    buffer_release(&pair->at_caller);
    free(pair);
}

static void move(struct buffer *from, struct buffer *to, size_t split)
{
    size_t length = buffer_length(from) < split ? buffer_length(from) : split;
    assert_true(buffer_append(to, buffer_bytes(from), length));
    buffer_consume(from, length);
}

static void carry_up(struct pair *pair)
{
    while (buffer_length(&pair->up)) {
        move(&pair->up, &pair->at_host, pair->split);
        if (host_receive(pair->host, &pair->at_host) != PSP_OK)
            fail_msg("host: %s", host_defect(pair->host));
    }
}

static void carry_down(struct pair *pair)
{
    while (buffer_length(&pair->down)) {
        move(&pair->down, &pair->at_caller, pair->split);
        if (caller_receive(pair->caller, &pair->at_caller) != PSP_OK)
            fail_msg("caller: %s", caller_defect(pair->caller));
    }
}

static void carry(struct pair *pair)
{
    do {
        carry_up(pair);
        carry_down(pair);
    } while (buffer_length(&pair->up) || buffer_length(&pair->at_host));
}

static void on_answer(void *user, const struct answer *answer)
{
    struct pair *pair = user;
    assert_true(pair->answer_count < ANSWERS_MAX);
    pair->answers[pair->answer_count++] = answer->error;
}

static void on_present(void *user, const struct answer *answer)
{
    struct pair *pair = user;
    if (answer->error == PSP_OK)
        assert_int_equal(
            grant_info_read(
                reader_struct(answer->results, PSP_TOTEBOX_PRESENT_RESULTS_INFO_PTR),
                &pair->info),
            PSP_OK);
    on_answer(user, answer);
}

static void on_next(void *user, const struct answer *answer)
{
    struct pair *pair = user;
    const char *why = NULL;
    if (answer->error == PSP_OK)
        assert_int_equal(
            delta_read(reader_struct(answer->results, PSP_WATCH_NEXT_RESULTS_DELTA_PTR),
                       &pair->delta, &why),
            PSP_OK);
    on_answer(user, answer);
}

static const struct query entity_query = {
    .view = {"entity", 6}, .rows = {.kind = SET_ALL}, .columns = {.kind = SET_ALL}};

struct stream {
    cap totebox, grant, watch;
};

static void open_stream(struct pair *pair, struct stream *stream)
{
    if (!stream->totebox)
        assert_int_equal(caller_bootstrap(pair->caller, &stream->totebox), PSP_OK);
    assert_int_equal(caller_present(pair->caller, stream->totebox, &pair->token,
                                    on_present, pair, &stream->grant),
                     PSP_OK);
    assert_int_equal(caller_watch(pair->caller, stream->grant, &entity_query, 1,
                                  (struct text){0}, on_answer, pair, &stream->watch),
                     PSP_OK);
}

static void ask_next(struct pair *pair, cap watch)
{
    assert_int_equal(caller_next(pair->caller, watch, 12, 345, on_next, pair), PSP_OK);
}

static uint32_t count_answers(const struct pair *pair, enum psp_error error)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < pair->answer_count; i++)
        count += pair->answers[i] == error;
    return count;
}

/* --- tests ---------------------------------------------------------------------------
 */

static void one_flight__is_answered_however_it_is_cut(void **state)
{
    (void)state;
    static const size_t splits[] = {1, 2, 3, 7, 8, 9, 40, 63, 500, 1 << 20};
    for (size_t i = 0; i < sizeof splits / sizeof splits[0]; i++) {
        struct pair *pair = pair_new(splits[i]);
        struct stream stream = {0};
        open_stream(pair, &stream);
        ask_next(pair, stream.watch);
        assert_int_equal(caller_outstanding(pair->caller), 4);
        assert_false(host_is_presented(pair->host));
        /* Up once, down once: one round trip. */
        carry_up(pair);
        carry_down(pair);
        assert_true(host_is_presented(pair->host));
        assert_int_equal(pair->answer_count, 3);
        assert_int_equal(count_answers(pair, PSP_OK), 3);
        assert_int_equal(caller_outstanding(pair->caller), 0);
        assert_int_equal(pair->info.rights, 0x1f);
        assert_int_equal(pair->delta.seq, 1);
        assert_int_equal(pair->service.max_rows, 12);
        assert_int_equal(pair->service.max_wait_ms, 345);
        assert_int_equal(pair->service.token_links, 1);
        assert_int_equal(pair->service.query_count, 1);
        carry(pair);
        pair_free(pair);
    }
}

static void objects__go_when_their_handles_go(void **state)
{
    (void)state;
    struct pair *pair = pair_new(1 << 20);
    struct stream stream = {0};
    open_stream(pair, &stream);
    ask_next(pair, stream.watch);
    carry(pair);
    caller_release(pair->caller, stream.grant);
    carry(pair);
    assert_int_equal(pair->service.released[HOST_GRANT], 1);
    assert_int_equal(pair->service.released[HOST_WATCH], 0);
    ask_next(pair, stream.watch);
    carry(pair);
    caller_release(pair->caller, stream.watch);
    caller_release(pair->caller, stream.totebox);
    carry(pair);
    assert_true(counting_service_is_even(&pair->service));
    assert_int_equal(count_answers(pair, PSP_OK), pair->answer_count);
    /* Everything is free again: the same ids serve the next stream. */
    stream = (struct stream){0};
    open_stream(pair, &stream);
    carry(pair);
    assert_int_equal(pair->service.made[HOST_GRANT], 2);
    pair_free(pair);
}

static void renewal__overlaps_and_cancels_the_old_watch(void **state)
{
    (void)state;
    struct pair *pair = pair_new(11);
    struct stream old = {0}, fresh = {0};
    pair->service.holds_back = true;
    open_stream(pair, &old);
    for (int i = 0; i < 4; i++)
        ask_next(pair, old.watch);
    carry(pair);
    fresh.totebox = old.totebox;
    open_stream(pair, &fresh);
    for (int i = 0; i < 4; i++)
        ask_next(pair, fresh.watch);
    caller_release(pair->caller, old.watch);
    caller_release(pair->caller, old.grant);
    assert_int_equal(count_answers(pair, PSP_CANCELED), 4);
    carry(pair);
    assert_int_equal(pair->service.canceled, 4);
    assert_int_equal(pair->service.waiting_count, 4);
    assert_int_equal(pair->service.released[HOST_WATCH], 1);
    assert_int_equal(pair->service.released[HOST_GRANT], 1);
    while (counting_service_answer(&pair->service))
        continue;
    carry(pair);
    assert_int_equal(count_answers(pair, PSP_OK), 8);
    assert_int_equal(caller_outstanding(pair->caller), 0);
    pair_free(pair);
}

static void release__of_what_has_not_come_cancels_all_of_the_flight(void **state)
{
    (void)state;
    struct pair *pair = pair_new(1 << 20);
    struct stream stream = {0};
    open_stream(pair, &stream);
    ask_next(pair, stream.watch);
    caller_release(pair->caller, stream.watch);
    caller_release(pair->caller, stream.grant);
    caller_release(pair->caller, stream.totebox);
    assert_int_equal(count_answers(pair, PSP_CANCELED), 3);
    assert_int_equal(caller_outstanding(pair->caller), 0);
    carry(pair);
    assert_int_equal(pair->answer_count, 3);
    assert_true(counting_service_is_even(&pair->service));
    pair_free(pair);
}

static void object__outlives_its_handle_while_a_call_waits(void **state)
{
    (void)state;
    struct pair *pair = pair_new(1 << 20);
    struct stream stream = {0};
    open_stream(pair, &stream);
    carry(pair);
    pair->service.holds_back = true;
    ask_next(pair, stream.watch);
    carry_up(pair);
    /* What a peer may do that our caller does not: Release without Finish. */
    struct builder builder;
    struct struct_builder message =
        builder_open(&builder, &pair->up, RPC_MESSAGE_DATA_WORDS, RPC_MESSAGE_PTRS);
    builder_set_u16(message, RPC_MESSAGE_TAG_OFF, RPC_MESSAGE_RELEASE_TAG);
    struct struct_builder give_back =
        builder_struct(message, RPC_MESSAGE_RELEASE_PTR, RPC_RELEASE_DATA_WORDS, 0);
    builder_set_u32(give_back, RPC_RELEASE_ID_OFF, 2);
    builder_set_u32(give_back, RPC_RELEASE_REFERENCE_COUNT_OFF, 1);
    assert_int_equal(builder_close(&builder, NULL), PSP_OK);
    carry_up(pair);
    assert_int_equal(pair->service.released[HOST_WATCH], 0);
    assert_true(counting_service_answer(&pair->service));
    assert_int_equal(pair->service.released[HOST_WATCH], 1);
    pair_free(pair);
}

static void refusal__breaks_what_was_pipelined_on_it(void **state)
{
    (void)state;
    struct pair *pair = pair_new(1 << 20);
    struct stream stream = {0};
    pair->service.refusal = (struct refusal){PSP_REVOKED, "the owner said no"};
    open_stream(pair, &stream);
    ask_next(pair, stream.watch);
    carry(pair);
    assert_int_equal(pair->answer_count, 3);
    assert_int_equal(count_answers(pair, PSP_REVOKED), 3);
    assert_false(host_is_presented(pair->host));
    assert_int_equal(caller_next(pair->caller, stream.watch, 0, 0, on_next, pair),
                     PSP_REVOKED);
    caller_release(pair->caller, stream.watch);
    caller_release(pair->caller, stream.grant);
    pair->service.refusal.error = PSP_OK;
    open_stream(pair, &stream);
    carry(pair);
    assert_int_equal(count_answers(pair, PSP_OK), 2);
    pair_free(pair);
}

static void refusal__travels_as_its_code(void **state)
{
    (void)state;
    static const enum psp_error others[][2] = {
        {PSP_UNIMPLEMENTED, PSP_UNIMPLEMENTED},
        {PSP_NO_MEMORY, PSP_BUSY},
        {PSP_FAILED, PSP_FAILED},
    };
    struct pair *pair = pair_new(1 << 20);
    struct stream stream = {0};
    open_stream(pair, &stream);
    carry(pair);
    for (int code = PSP_MALFORMED; code <= PSP_CLOSING; code++) {
        pair->service.refusal.error = (enum psp_error)code;
        assert_int_equal(caller_health(pair->caller, stream.grant, on_answer, pair),
                         PSP_OK);
        carry(pair);
        assert_int_equal(pair->answers[pair->answer_count - 1], code);
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        pair->service.refusal.error = others[i][0];
        ask_next(pair, stream.watch);
        carry(pair);
        assert_int_equal(pair->answers[pair->answer_count - 1], others[i][1]);
    }
    pair_free(pair);
}

static void refusal__may_come_from_each_method(void **state)
{
    (void)state;
    struct pair *pair = pair_new(1 << 20);
    struct stream stream = {0};
    cap commander;
    uint8_t bytes[HASH_BYTES] = {4};
    open_stream(pair, &stream);
    carry(pair);
    pair->service.refusal = (struct refusal){PSP_CONFLICT, NULL};
    struct caller *caller = pair->caller;
    assert_int_equal(caller_hello(caller, stream.totebox, TEXT("x"), on_answer, pair),
                     0);
    assert_int_equal(caller_pairing(caller, stream.totebox, on_answer, pair), 0);
    assert_int_equal(caller_pair(caller, stream.totebox, bytes, on_answer, pair), 0);
    assert_int_equal(caller_pair_reveal(caller, stream.totebox, bytes, on_answer, pair),
                     0);
    assert_int_equal(caller_present_command(caller, stream.totebox, &pair->token,
                                            on_present, pair, &commander),
                     0);
    assert_int_equal(caller_describe(caller, stream.grant, on_answer, pair), 0);
    assert_int_equal(caller_health(caller, stream.grant, on_answer, pair), 0);
    assert_int_equal(caller_read(caller, stream.grant, &entity_query, on_answer, pair),
                     0);
    ask_next(pair, stream.watch);
    carry(pair);
    assert_int_equal(pair->answer_count, 11);
    assert_int_equal(count_answers(pair, PSP_CONFLICT), 9);
    pair_free(pair);
}

static void each_method__says_what_was_said(void **state)
{
    (void)state;
    struct pair *pair = pair_new(13);
    struct stream stream = {0};
    cap commander;
    uint8_t bytes[HASH_BYTES] = {4};
    open_stream(pair, &stream);
    assert_int_equal(
        caller_hello(pair->caller, stream.totebox, TEXT("fleet 0.1"), on_answer, pair),
        PSP_OK);
    assert_int_equal(caller_pairing(pair->caller, stream.totebox, on_answer, pair),
                     PSP_OK);
    assert_int_equal(caller_pair(pair->caller, stream.totebox, bytes, on_answer, pair),
                     PSP_OK);
    assert_int_equal(
        caller_pair_reveal(pair->caller, stream.totebox, bytes, on_answer, pair),
        PSP_OK);
    assert_int_equal(caller_present_command(pair->caller, stream.totebox, &pair->token,
                                            on_present, pair, &commander),
                     PSP_OK);
    assert_int_equal(caller_describe(pair->caller, stream.grant, on_answer, pair),
                     PSP_OK);
    assert_int_equal(caller_health(pair->caller, stream.grant, on_answer, pair),
                     PSP_OK);
    assert_int_equal(
        caller_read(pair->caller, stream.grant, &entity_query, on_answer, pair),
        PSP_OK);
    carry(pair);
    assert_int_equal(pair->answer_count, 10);
    assert_int_equal(count_answers(pair, PSP_OK), 10);
    assert_string_equal(pair->service.software, "fleet 0.1");
    assert_string_equal(
        pair->service.query,
        "entity rows=all columns=all where=0 reduce=0 by=0 limit=0 at=0");
    assert_false(pair->service.had_proof);
    assert_int_equal(pair->service.made[HOST_COMMANDER], 1);
    pair_free(pair);
}

struct chain {
    struct pair *pair;
    cap watch;
    uint32_t left;
};

static void on_link(void *user, const struct answer *answer)
{
    struct chain *chain = user;
    assert_int_equal(answer->error, PSP_OK);
    if (chain->left == 0)
        return;
    chain->left--;
    assert_int_equal(
        caller_next(chain->pair->caller, chain->watch, 0, 0, on_link, chain), PSP_OK);
}

/* A hundred thousand answers, four outstanding, and not one heap call after the first.
 */
static void stream__allocates_nothing_once_it_is_up(void **state)
{
    (void)state;
    struct pair *pair = pair_new(1 << 20);
    struct stream stream = {0};
    struct chain chain = {.pair = pair, .left = 100000};
    open_stream(pair, &stream);
    chain.watch = stream.watch;
    for (int i = 0; i < 4; i++)
        assert_int_equal(caller_next(pair->caller, stream.watch, 0, 0, on_link, &chain),
                         PSP_OK);
    for (int i = 0; i < 10; i++) {
        carry_up(pair);
        carry_down(pair);
    }
    uint64_t before = heap_calls;
    carry(pair);
    assert_int_equal(heap_calls, before);
    assert_true(pair->service.seq > 100000);
    assert_true(pair->up.capacity <= 4096 && pair->down.capacity <= 4096);
    pair_free(pair);
}

static void callbacks__may_ask_again(void **state)
{
    (void)state;
    struct pair *pair = pair_new(5);
    struct stream stream = {0};
    struct chain chain = {.pair = pair, .left = 50};
    open_stream(pair, &stream);
    chain.watch = stream.watch;
    for (int i = 0; i < 3; i++)
        assert_int_equal(caller_next(pair->caller, stream.watch, 0, 0, on_link, &chain),
                         PSP_OK);
    carry(pair);
    assert_int_equal(pair->service.seq, 53);
    pair_free(pair);
}

static void questions__are_256_and_no_more(void **state)
{
    (void)state;
    struct pair *pair = pair_new(1 << 20);
    struct stream stream = {0};
    cap broken;
    open_stream(pair, &stream);
    while (caller_outstanding(pair->caller) < 256)
        assert_int_equal(caller_health(pair->caller, stream.grant, on_answer, pair),
                         PSP_OK);
    size_t sent = buffer_length(&pair->up);
    assert_int_equal(caller_health(pair->caller, stream.grant, on_answer, pair),
                     PSP_LIMIT);
    assert_int_equal(
        caller_present(pair->caller, stream.totebox, &pair->token, NULL, NULL, &broken),
        PSP_LIMIT);
    assert_int_equal(buffer_length(&pair->up), sent);
    carry(pair);
    assert_int_equal(pair->answer_count, 255);
    assert_int_equal(count_answers(pair, PSP_OK), 255);
    assert_int_equal(caller_health(pair->caller, stream.grant, on_answer, pair),
                     PSP_OK);
    carry(pair);
    pair_free(pair);
}

static void credit__is_16_a_watch(void **state)
{
    (void)state;
    struct pair *pair = pair_new(1 << 20);
    struct stream stream = {0};
    pair->service.holds_back = true;
    open_stream(pair, &stream);
    for (int i = 0; i < 18; i++)
        ask_next(pair, stream.watch);
    carry(pair);
    assert_int_equal(pair->service.waiting_count, 16);
    assert_int_equal(count_answers(pair, PSP_LIMIT), 2);
    assert_true(counting_service_answer(&pair->service));
    ask_next(pair, stream.watch);
    ask_next(pair, stream.watch);
    carry(pair);
    assert_int_equal(pair->service.waiting_count, 16);
    assert_int_equal(count_answers(pair, PSP_LIMIT), 3);
    pair_free(pair);
}

static void watches__are_64(void **state)
{
    (void)state;
    struct pair *pair = pair_new(1 << 20);
    struct stream stream = {0};
    cap watches[65];
    open_stream(pair, &stream);
    for (int i = 1; i < 65; i++)
        assert_int_equal(caller_watch(pair->caller, stream.grant, &entity_query, 1,
                                      (struct text){0}, on_answer, pair, &watches[i]),
                         PSP_OK);
    carry(pair);
    assert_int_equal(pair->service.made[HOST_WATCH], 64);
    assert_int_equal(pair->answers[pair->answer_count - 1], PSP_LIMIT);
    caller_release(pair->caller, stream.watch);
    caller_release(pair->caller, watches[64]);
    assert_int_equal(caller_watch(pair->caller, stream.grant, &entity_query, 1,
                                  (struct text){0}, on_answer, pair, &stream.watch),
                     PSP_OK);
    carry(pair);
    assert_int_equal(pair->service.made[HOST_WATCH], 65);
    assert_int_equal(pair->answers[pair->answer_count - 1], PSP_OK);
    pair_free(pair);
}

/* A peer that does not read is not answered either. */
static void host__stops_at_a_megabyte_unsent(void **state)
{
    (void)state;
    struct pair *pair = pair_new(1 << 24);
    struct stream stream = {0};
    pair->service.read_words = 8192;
    open_stream(pair, &stream);
    for (int i = 0; i < 100; i++)
        assert_int_equal(
            caller_read(pair->caller, stream.grant, &entity_query, on_answer, pair),
            PSP_OK);
    carry_up(pair);
    uint32_t served = pair->service.calls;
    assert_in_range(served, 17, 20);
    assert_in_range(buffer_length(&pair->down), 1 << 20, (1 << 20) + 80000);
    assert_int_equal(host_receive(pair->host, &pair->at_host), PSP_OK);
    assert_int_equal(pair->service.calls, served);
    while (buffer_length(&pair->down)) {
        carry_down(pair);
        assert_int_equal(host_receive(pair->host, &pair->at_host), PSP_OK);
    }
    assert_int_equal(pair->answer_count, 102);
    assert_int_equal(count_answers(pair, PSP_OK), 102);
    carry(pair);
    pair_free(pair);
}

/* Larger than a message may be: the caller is told, and the connection lives on. */
static void answer__that_is_too_large_is_an_exception(void **state)
{
    (void)state;
    struct pair *pair = pair_new(1 << 24);
    struct stream stream = {0};
    pair->service.read_words = MESSAGE_WORDS_MAX;
    open_stream(pair, &stream);
    assert_int_equal(
        caller_read(pair->caller, stream.grant, &entity_query, on_answer, pair),
        PSP_OK);
    carry(pair);
    assert_int_equal(pair->answers[2], PSP_LIMIT);
    pair->service.read_words = 1;
    assert_int_equal(
        caller_read(pair->caller, stream.grant, &entity_query, on_answer, pair),
        PSP_OK);
    carry(pair);
    assert_int_equal(pair->answers[3], PSP_OK);
    pair_free(pair);
}

static void end__tells_whoever_waits(void **state)
{
    (void)state;
    struct pair *pair = pair_new(1 << 20);
    struct stream stream = {0};
    pair->service.holds_back = true;
    open_stream(pair, &stream);
    ask_next(pair, stream.watch);
    ask_next(pair, stream.watch);
    carry(pair);
    assert_int_equal(pair->answer_count, 2);
    caller_free(pair->caller);
    assert_int_equal(count_answers(pair, PSP_DISCONNECTED), 2);
    pair->caller = NULL;
    pair_free(pair); /* and the host cancels what it had to answer */
}

/* --- short of memory -----------------------------------------------------------------
 */

/* A flight in which every step may fail; whatever was asked must be told. */
static uint32_t fly(struct pair *pair, struct stream *stream)
{
    struct caller *caller = pair->caller;
    uint32_t asked = 0;
    if (caller_bootstrap(caller, &stream->totebox) != PSP_OK)
        return 0;
    asked += caller_present(caller, stream->totebox, &pair->token, on_present, pair,
                            &stream->grant) == PSP_OK;
    asked += caller_watch(caller, stream->grant, &entity_query, 1, TEXT("resume"),
                          on_answer, pair, &stream->watch) == PSP_OK;
    for (int i = 0; i < 9; i++) /* past the first size of the tables */
        asked += caller_next(caller, stream->watch, 0, 0, on_next, pair) == PSP_OK;
    asked +=
        caller_read(caller, stream->grant, &entity_query, on_answer, pair) == PSP_OK;
    asked += caller_pairing(caller, stream->totebox, on_answer, pair) == PSP_OK;
    return asked;
}

/* Room that the wires take, so that only the two vats meet the shortage. */
static void reserve_wires(struct pair *pair)
{
    assert_non_null(buffer_reserve(&pair->at_host, 1 << 20));
    assert_non_null(buffer_reserve(&pair->at_caller, 1 << 20));
}

static bool flight_survives(uint64_t heap)
{
    struct pair *pair = pair_new(1 << 20);
    struct stream stream = {0};
    reserve_wires(pair);
    heap_left = heap;
    uint32_t asked = fly(pair, &stream);
    move(&pair->up, &pair->at_host, pair->split);
    bool is_whole = host_receive(pair->host, &pair->at_host) == PSP_OK;
    move(&pair->down, &pair->at_caller, pair->split);
    is_whole = caller_receive(pair->caller, &pair->at_caller) == PSP_OK && is_whole;
    caller_release(pair->caller, stream.watch);
    bool was_short = heap_left == 0;
    heap_left = UINT64_MAX;
    if (is_whole && !was_short)
        assert_int_equal(count_answers(pair, PSP_OK), 13);
    caller_free(pair->caller);
    pair->caller = NULL;
    assert_int_equal(pair->answer_count, asked);
    pair_free(pair);
    return !was_short;
}

static void flight__survives_every_shortage_of_memory(void **state)
{
    (void)state;
    uint64_t heap = 0;
    while (!flight_survives(heap))
        heap++;
    assert_in_range(heap, 15, 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_flight__is_answered_however_it_is_cut),
        cmocka_unit_test(objects__go_when_their_handles_go),
        cmocka_unit_test(renewal__overlaps_and_cancels_the_old_watch),
        cmocka_unit_test(release__of_what_has_not_come_cancels_all_of_the_flight),
        cmocka_unit_test(object__outlives_its_handle_while_a_call_waits),
        cmocka_unit_test(refusal__breaks_what_was_pipelined_on_it),
        cmocka_unit_test(refusal__travels_as_its_code),
        cmocka_unit_test(refusal__may_come_from_each_method),
        cmocka_unit_test(each_method__says_what_was_said),
        cmocka_unit_test(callbacks__may_ask_again),
        cmocka_unit_test(stream__allocates_nothing_once_it_is_up),
        cmocka_unit_test(questions__are_256_and_no_more),
        cmocka_unit_test(credit__is_16_a_watch),
        cmocka_unit_test(watches__are_64),
        cmocka_unit_test(host__stops_at_a_megabyte_unsent),
        cmocka_unit_test(answer__that_is_too_large_is_an_exception),
        cmocka_unit_test(end__tells_whoever_waits),
        cmocka_unit_test(flight__survives_every_shortage_of_memory),
    };
    return cmocka_run_group_tests_name("rpc_pair", tests, NULL, NULL);
}
