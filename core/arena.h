/* arena.h - memory that lives and dies together: one arena a model.
 *
 * Blocks grow and are kept by arena_reset, so that a model that is built again and
 * again stops calling the heap.  Nothing is freed alone. */
#ifndef CORE_ARENA_H
#define CORE_ARENA_H

#include <stddef.h>

#include "proto/text.h"

struct arena_block;

struct arena {
    struct arena_block *first, *current; /* zero-initialised: empty */
    size_t used;                         /* of the current block */
    bool failed; /* memory was short once since the last reset */
};

void arena_reset(struct arena *arena);
void arena_release(struct arena *arena);
/* Zeroed, aligned for anything; NULL when memory is short. */
void *arena_take(struct arena *arena, size_t size);
/* `count` x `size`, zeroed. */
void *arena_array(struct arena *arena, size_t count, size_t size);
/* Never NULL: "" when memory is short. */
const char *arena_text(struct arena *arena, struct text text);
const char *arena_print(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* A stable sort with its scratch in the arena: qsort(3) is neither stable nor free of
 * heap calls.  False when memory is short: the array is as it was. */
bool arena_sort(struct arena *arena, void *base, size_t count, size_t size,
                int (*compare)(const void *, const void *));

#endif
