/* An archive that sends whatever rpc.capnp can say, and more: what it can do to a
 * caller is end its own connection, and nothing else.
 *
 * ATTACKS and FRAMES in the environment ask for more than the usual numbers. */
#include "tests/interop/arena.h"

#include "tests/support/cmocka_all.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proto/caller.h"
#include "proto/layout.h"
#include "proto/rpc_message.h"

enum { ENEMIES = 24, ATTACKS = 1200, FRAMES = 60000, SNIFFED_MAX = 8 };

static uint64_t asked_number(const char *name, uint64_t usual)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : usual;
}

/* Fights until so many attacks were made, while the friend says nothing: not a byte may
 * reach it, and its rows may not change. */
static void fight(struct arena *arena, uint64_t attacks)
{
    uint8_t before[HASH_BYTES], after[HASH_BYTES];
    struct stream *quiet = arena->friend.connections[0]->stream;
    bench_idle(&arena->bench, 100); /* what was asked last has arrived */
    uint64_t heard = stream_bytes_in(quiet), made;
    bench_hash(&arena->bench, 0, before);
    /* Well before the friend counts as quiet and is asked again. */
    uint64_t end = uv_now(&arena->bench.loop) + 5000;
    do {
        for (int i = 0; i < 10; i++) {
            bench_idle(&arena->bench, 20);
            links_ask_again(arena->bench.links, UINT32_MAX);
        }
        made = child_count(&arena->enemy.child, "attacks");
    } while (made < attacks && uv_now(&arena->bench.loop) < end);
    bench_hash(&arena->bench, 0, after);
    assert_memory_equal(before, after, HASH_BYTES);
    assert_int_equal(arena->friend.connection_count, 1);
    assert_ptr_equal(arena->friend.connections[0]->stream, quiet);
    assert_int_equal(stream_bytes_in(quiet), heard);
    arena_assert_friend_lives(arena);
}

static uint64_t count_of_kind(struct child *enemy, const char *what, unsigned kind)
{
    char name[32];
    snprintf(name, sizeof name, "%s-%u", what, kind);
    return child_count(enemy, name);
}

static void hostile__ends_its_own_connection_and_does_nothing_else(void **state)
{
    struct arena arena;
    uint64_t wanted = asked_number("ATTACKS", ATTACKS), made = 0, before;
    (void)state;
    arena_open(&arena, "tests/interop/hostile", ENEMIES);
    arena_forbid();
    struct child *enemy = &arena.enemy.child;
    child_order(enemy, "attack %u %llu", 20260101u, (unsigned long long)wanted);
    do {
        before = made;
        fight(&arena, made + 300 < wanted ? made + 300 : wanted);
        made = child_count(enemy, "attacks");
    } while (made < wanted && made > before);
    bench_idle(&arena.bench, 300);
    const char *told = child_order(enemy, "tell");
    print_message("%llu attacks, seed 20260101: %s\n", (unsigned long long)made, told);
    assert_int_equal(made, wanted);
    assert_int_equal(child_count(enemy, "failures"), 0);
    assert_int_equal(child_count(enemy, "missed"), 0);
    assert_int_equal(child_count(enemy, "forbidden"), 0);
    assert_int_equal(arena_dials_elsewhere(), 0);
    arena_assert_enemy_rows_are_its_own(&arena);
    assert_int_equal(child_count(enemy, "stuck"), 0);
    /* Taken as legal are answers, resolved promises, and nothing else.  All that is not
     * an answer, nor the enemy's own Abort, ends with an Abort that says why (D2). */
    for (unsigned kind = 0; kind <= RPC_MESSAGE_DISEMBARGO_TAG + 1; kind++) {
        bool is_answer =
            kind == RPC_MESSAGE_RETURN_TAG || kind == RPC_MESSAGE_UNIMPLEMENTED_TAG;
        if (!is_answer && kind != RPC_MESSAGE_RESOLVE_TAG)
            assert_int_equal(count_of_kind(enemy, "took", kind), 0);
        if (!is_answer && kind != RPC_MESSAGE_ABORT_TAG)
            assert_int_equal(count_of_kind(enemy, "closed", kind), 0);
        if (wanted >= ATTACKS && kind != RPC_MESSAGE_ABORT_TAG)
            assert_true(count_of_kind(enemy, "aborted", kind) > 0);
    }
    assert_int_equal(child_count(enemy, "took-crafted"), 0);
    arena_close(&arena);
}

/* --- the caller alone, many more messages
 * ----------------------------------------------
 */

struct target {
    struct buffer output;
    struct caller *caller;
    uint32_t answers;
};

static void on_answer(void *user, const struct answer *answer)
{
    struct target *target = user;
    (void)answer;
    target->answers++;
}

/* Bootstrap, present, watch and two next() are out: questions 0 to 4. */
static void target_open(struct target *target)
{
    struct query query = {.view = TEXT("metric"),
                          .rows = {.kind = SET_ALL},
                          .columns = {.kind = SET_ALL}};
    struct token token = {.count = 0};
    cap totebox, grant, watch;
    memset(target, 0, sizeof *target);
    buffer_init(&target->output);
    target->caller = caller_new(&target->output);
    assert_non_null(target->caller);
    assert_int_equal(caller_bootstrap(target->caller, &totebox), PSP_OK);
    assert_int_equal(
        caller_present(target->caller, totebox, &token, on_answer, target, &grant),
        PSP_OK);
    assert_int_equal(caller_watch(target->caller, grant, &query, 1, (struct text){0},
                                  on_answer, target, &watch),
                     PSP_OK);
    for (int i = 0; i < 2; i++)
        assert_int_equal(caller_next(target->caller, watch, 0, 1000, on_answer, target),
                         PSP_OK);
    buffer_consume(&target->output, buffer_length(&target->output));
}

/* What the caller said in return: Finish, Release, and one Abort at the end. */
static bool said_only_what_it_may(struct target *target, bool *aborted)
{
    *aborted = false;
    while (buffer_length(&target->output)) {
        struct message message;
        size_t length;
        if (rpc_message_receive(&target->output, MESSAGE_WORDS_MAX, &message,
                                &length) != PSP_OK ||
            length == 0 || *aborted)
            return false;
        uint16_t tag = reader_u16(message_root(&message), RPC_MESSAGE_TAG_OFF);
        *aborted = tag == RPC_MESSAGE_ABORT_TAG;
        if (tag != RPC_MESSAGE_FINISH_TAG && tag != RPC_MESSAGE_RELEASE_TAG &&
            !*aborted)
            return false;
        buffer_consume(&target->output, length);
    }
    return true;
}

/* Feeds a frame in two pieces; true when the caller ended the connection. */
static bool feed(const uint8_t *frame, size_t length, size_t cut, uint32_t kind)
{
    struct target target;
    struct buffer input;
    bool aborted;
    target_open(&target);
    buffer_init(&input);
    assert_true(buffer_append(&input, frame, cut));
    enum psp_error error = caller_receive(target.caller, &input);
    if (error == PSP_OK) {
        assert_true(buffer_append(&input, frame + cut, length - cut));
        error = caller_receive(target.caller, &input);
    }
    if (!said_only_what_it_may(&target, &aborted))
        fail_msg("kind %u: the caller said what it may not", kind);
    if (aborted && error == PSP_OK)
        fail_msg("kind %u: aborted and went on", kind);
    caller_free(target.caller);
    assert_int_equal(target.answers, 4); /* present, watch, next, next: each once */
    buffer_release(&input);
    buffer_release(&target.output);
    return error != PSP_OK;
}

static void read_all(int from, void *bytes, size_t length)
{
    for (size_t done = 0; done < length;) {
        ssize_t got = read(from, (uint8_t *)bytes + done, length - done);
        if (got <= 0)
            fail_msg("the frames ended");
        done += (size_t)got;
    }
}

static void caller__survives_every_message_and_every_damaged_one(void **state)
{
    static uint8_t frame[1 << 20];
    uint64_t count = asked_number("FRAMES", FRAMES), random = 1, ended = 0;
    char number[24];
    struct child child;
    (void)state;
    snprintf(number, sizeof number, "%llu", (unsigned long long)count);
    child_start(&child, "tests/interop/hostile",
                (const char *const[]){"frames", "7", number, NULL});
    for (uint64_t i = 0; i < count; i++) {
        uint32_t head[2];
        read_all(child.from, head, sizeof head);
        assert_in_range(head[0], 8, sizeof frame);
        read_all(child.from, frame, head[0]);
        random = random * 6364136223846793005u + 1442695040888963407u;
        bool over = feed(frame, head[0], (random >> 33) % head[0], head[1]);
        ended += over;
        if (!over && head[1] != RPC_MESSAGE_RETURN_TAG &&
            head[1] != RPC_MESSAGE_RESOLVE_TAG &&
            head[1] != RPC_MESSAGE_UNIMPLEMENTED_TAG && head[1] != 0xffff)
            fail_msg("frame %llu of kind %u was taken", (unsigned long long)i, head[1]);
        frame[(random >> 30) % head[0]] ^= (uint8_t)(1u << (random >> 60 & 7));
        feed(frame, head[0], 0, head[1]);
    }
    print_message("%llu frames, seed 7, each twice: %llu ended the connection\n",
                  (unsigned long long)count, (unsigned long long)ended);
    assert_true(ended > count / 2 && ended < count);
    assert_int_equal(child_end(&child), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(caller__survives_every_message_and_every_damaged_one),
        cmocka_unit_test(hostile__ends_its_own_connection_and_does_nothing_else),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
