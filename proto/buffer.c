#include "proto/buffer.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void buffer_init(struct buffer *buffer)
{
    *buffer = (struct buffer){0};
}

void buffer_release(struct buffer *buffer)
{
    free(buffer->storage);
    buffer_init(buffer);
}

void buffer_wipe(struct buffer *buffer)
{
    if (buffer->storage)
        explicit_bzero(buffer->storage, buffer->capacity);
    buffer_release(buffer);
}

/* The front is moved by whole words only: what lies at an 8-aligned offset from the
 * first frame keeps its alignment. */
static void reclaim_front(struct buffer *buffer)
{
    size_t shift = buffer->start & ~(size_t)7;
    if (shift == 0)
        return;
    memmove(buffer->storage, buffer->storage + shift, buffer->end - shift);
    buffer->start -= shift;
    buffer->end -= shift;
}

uint8_t *buffer_reserve(struct buffer *buffer, size_t more)
{
    if (more <= buffer->capacity - buffer->end)
        return buffer->storage + buffer->end;
    if (more > SIZE_MAX / 4 - buffer->end)
        return NULL;
    size_t held = buffer->end - (buffer->start & ~(size_t)7);
    if (buffer->storage && held + more <= buffer->capacity && held <= buffer->start) {
        reclaim_front(buffer);
        return buffer->storage + buffer->end;
    }
    size_t capacity = buffer->capacity ? buffer->capacity : 512;
    while (capacity < held + more)
        capacity *= 2;
    uint8_t *storage = malloc(capacity);
    if (!storage)
        return NULL;
    reclaim_front(buffer);
    if (buffer->end)
        memcpy(storage, buffer->storage, buffer->end);
    free(buffer->storage);
    buffer->storage = storage;
    buffer->capacity = capacity;
    return storage + buffer->end;
}

void buffer_commit(struct buffer *buffer, size_t length)
{
    assert(length <= buffer->capacity - buffer->end);
    buffer->end += length;
}

bool buffer_append(struct buffer *buffer, const void *bytes, size_t length)
{
    if (length == 0)
        return true;
    uint8_t *room = buffer_reserve(buffer, length);
    if (!room)
        return false;
    memcpy(room, bytes, length);
    buffer_commit(buffer, length);
    return true;
}

void buffer_consume(struct buffer *buffer, size_t length)
{
    assert(length <= buffer_length(buffer));
    buffer->start += length;
    if (buffer->start == buffer->end)
        buffer->start = buffer->end = 0;
}

void buffer_truncate(struct buffer *buffer, size_t length)
{
    assert(length <= buffer_length(buffer));
    buffer->end = buffer->start + length;
}
