/* Each behaviour of tests/interop/archives_*.cc has its outcome, and no other effect.
 */
#include "tests/interop/arena.h"

#include "tests/support/cmocka_all.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATIENCE_MS = 15000 };

/* Gives an order until its answer is not empty; the links turn meanwhile. */
static bool hear(struct arena *arena, const char *order, char *answer, size_t room)
{
    uint64_t end = uv_now(&arena->bench.loop) + PATIENCE_MS;
    for (int turn = 1; uv_now(&arena->bench.loop) < end; turn++) {
        const char *said = child_order(&arena->enemy.child, "%s", order);
        snprintf(answer, room, "%s", strlen(said) > 3 ? said + 3 : "");
        if (*answer)
            return true;
        bench_idle(&arena->bench, 5);
        if (turn % 20 == 0 && store_status(arena->bench.store, 1)->state != LINK_LIVE)
            links_ask_again(arena->bench.links, 1);
    }
    return false;
}

/* One row; the difference to what was expected is printed.  True when there is none. */
static bool has_its_outcome(struct arena *arena, unsigned number)
{
    char name[160], answer[160], outcome[160] = "nothing came of it";
    uint8_t before[HASH_BYTES], after[HASH_BYTES];
    struct stream *quiet = arena->friend.connections[0]->stream;
    char order[24];

    snprintf(name, sizeof name, "%s",
             child_order(&arena->enemy.child, "name %u", number) + 3);
    if (!hear(arena, "ready", answer, sizeof answer))
        fail_msg("%s: the link did not come up again: %s", name,
                 store_status(arena->bench.store, 1)->reason);
    bench_idle(&arena->bench, 30); /* what it was asked last has arrived */
    uint64_t heard = stream_bytes_in(quiet);
    bench_hash(&arena->bench, 0, before);
    snprintf(order, sizeof order, "row %u", number);
    child_order(&arena->enemy.child, "%s", order);
    hear(arena, "verdict", outcome, sizeof outcome);
    bench_hash(&arena->bench, 0, after);
    assert_memory_equal(before, after, HASH_BYTES);
    assert_int_equal(stream_bytes_in(quiet), heard);
    arena_assert_friend_lives(arena);
    const char *expected = strstr(name, ": ") + 2;
    if (strcmp(outcome, expected) == 0)
        return true;
    print_error("%s; but %s (%s)\n", name, outcome,
                store_status(arena->bench.store, 1)->reason);
    return false;
}

static void archive__every_behaviour_has_its_outcome(void **state)
{
    struct arena arena;
    unsigned wrong = 0, rows, only = ~0u;
    const char *one = getenv("ROW");
    (void)state;
    if (one)
        only = (unsigned)strtoul(one, NULL, 10);
    arena_open(&arena, "tests/interop/archives", 1);
    arena_forbid();
    rows = (unsigned)strtoul(child_order(&arena.enemy.child, "rows") + 3, NULL, 10);
    for (unsigned i = 0; i < rows; i++)
        if (!one || i == only)
            wrong += !has_its_outcome(&arena, i);
    print_message("%u behaviours of an archive, %u with another outcome; %s\n", rows,
                  wrong, child_order(&arena.enemy.child, "tell") + 3);
    assert_int_equal(wrong, 0);
    assert_int_equal(child_count(&arena.enemy.child, "failures"), 0);
    assert_int_equal(arena_dials_elsewhere(), 0);
    arena_assert_enemy_rows_are_its_own(&arena);
    arena_close(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(archive__every_behaviour_has_its_outcome),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
