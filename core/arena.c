#include "core/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { BLOCK_BYTES = 32768 };

struct arena_block {
    struct arena_block *next;
    size_t size;
    alignas(max_align_t) unsigned char bytes[];
};

void arena_reset(struct arena *arena)
{
    arena->current = arena->first;
    arena->used = 0;
    arena->failed = false;
}

void arena_release(struct arena *arena)
{
    while (arena->first) {
        struct arena_block *block = arena->first;
        arena->first = block->next;
        free(block);
    }
    *arena = (struct arena){0};
}

/* A block with room for `size` after the current one: a kept one, else a new one. */
static bool next_block(struct arena *arena, size_t size)
{
    struct arena_block **link = arena->current ? &arena->current->next : &arena->first;
    while (*link && (*link)->size < size) { /* too small to be of use again */
        struct arena_block *small = *link;
        *link = small->next;
        free(small);
    }
    if (!*link) {
        size_t bytes = size > BLOCK_BYTES ? size : BLOCK_BYTES;
        struct arena_block *block = malloc(sizeof *block + bytes);
        if (!block)
            return false;
        block->size = bytes;
        block->next = NULL;
        *link = block;
    }
    arena->current = *link;
    arena->used = 0;
    return true;
}

void *arena_take(struct arena *arena, size_t size)
{
    size_t align = alignof(max_align_t);
    if (size > SIZE_MAX / 2) {
        arena->failed = true;
        return NULL;
    }
    size = (size + align - 1) / align * align;
    if ((!arena->current || arena->current->size - arena->used < size) &&
        !next_block(arena, size)) {
        arena->failed = true;
        return NULL;
    }
    void *memory = arena->current->bytes + arena->used;
    arena->used += size;
    memset(memory, 0, size);
    return memory;
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        bytes = SIZE_MAX;
    return arena_take(arena, bytes);
}

const char *arena_text(struct arena *arena, struct text text)
{
    if (text.length == 0)
        return "";
    char *copy = arena_take(arena, (size_t)text.length + 1);
    if (!copy)
        return "";
    memcpy(copy, text.bytes, text.length);
    return copy;
}

const char *arena_print(struct arena *arena, const char *format, ...)
{
    char short_text[256];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(short_text, sizeof short_text, format, arguments);
    va_end(arguments);
    if (length < 0)
        return "";
    if ((size_t)length < sizeof short_text)
        return arena_text(arena, (struct text){short_text, (uint32_t)length});
    char *text = arena_take(arena, (size_t)length + 1);
    if (!text)
        return "";
    va_start(arguments, format);
    (void)vsnprintf(text, (size_t)length + 1, format, arguments);
    va_end(arguments);
    return text;
}

bool arena_sort(struct arena *arena, void *base, size_t count, size_t size,
                int (*compare)(const void *, const void *))
{
    if (count < 2)
        return true;
    unsigned char *from = base, *to = arena_array(arena, count, size);
    if (!to)
        return false;
    for (size_t width = 1; width < count; width *= 2) {
        for (size_t start = 0; start < count; start += 2 * width) {
            size_t middle = start + width < count ? start + width : count;
            size_t end = middle + width < count ? middle + width : count;
            size_t left = start, right = middle;
            for (size_t at = start; at < end; at++) {
                bool take_left = left < middle &&
                                 (right == end || compare(from + left * size,
                                                          from + right * size) <= 0);
                memcpy(to + at * size, from + (take_left ? left++ : right++) * size,
                       size);
            }
        }
        unsigned char *other = from;
        from = to;
        to = other;
    }
    if (from != base)
        memcpy(base, from, count * size);
    return true;
}
