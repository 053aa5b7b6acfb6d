/* arena.h - links to one archive that is a friend, and to one that is an enemy; and
 * what an enemy must not be able to make this process do. */
#ifndef TESTS_INTEROP_ARENA_H
#define TESTS_INTEROP_ARENA_H

#include "tests/interop/bench.h"
#include "tests/support/fake_archive.h"

struct arena {
    struct bench bench;
    struct fake_archive friend; /* slot 0 */
    struct foreign enemy;       /* all other slots */
    int64_t value;
};

/* Everything is live when it returns.  `program` is the enemy, entity EVIL. */
void arena_open(struct arena *arena, const char *program, int enemies);
void arena_close(struct arena *arena);
/* One more commit of the friend arrives, on the connection that it had. */
void arena_assert_friend_lives(struct arena *arena);
void arena_assert_enemy_rows_are_its_own(struct arena *arena);
/* Dials of this process that went anywhere but to these two archives. */
uint32_t arena_dials_elsewhere(void);
/* From now on the kernel ends this process, with words, when it opens a file for
 * writing, starts a program, or listens: for ever, so this is for the last test. */
void arena_forbid(void);

#endif
