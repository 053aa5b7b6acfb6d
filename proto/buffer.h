/* buffer.h - a growable run of bytes, filled at the end and consumed at the front.
 *
 * The storage is 16-byte aligned and the consumed front is only reclaimed when the
 * buffer is empty or must grow, so that a sequence of frames (each a multiple of 8
 * bytes) stays 8-aligned: lists inside a received frame are read in place. */
#ifndef PROTO_BUFFER_H
#define PROTO_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer {
    uint8_t *storage;
    size_t start;    /* first unconsumed byte */
    size_t end;      /* one past the last byte */
    size_t capacity; /* bytes of storage */
};

static inline uint8_t *buffer_bytes(const struct buffer *buffer)
{
    return buffer->storage ? buffer->storage + buffer->start : NULL;
}

static inline size_t buffer_length(const struct buffer *buffer)
{
    return buffer->end - buffer->start;
}

void buffer_init(struct buffer *buffer);
void buffer_release(struct buffer *buffer);
/* Like buffer_release, but overwrites what was held first. */
void buffer_wipe(struct buffer *buffer);

/* Makes room for `more` bytes after the end and returns where they go, or NULL when
 * memory is short (the buffer is then unchanged).  Existing bytes may move, by a
 * multiple of 8. */
uint8_t *buffer_reserve(struct buffer *buffer, size_t more);
/* Declares that `length` reserved bytes now hold data. */
void buffer_commit(struct buffer *buffer, size_t length);
/* reserve + copy + commit; false when memory is short. */
bool buffer_append(struct buffer *buffer, const void *bytes, size_t length);
/* Drops `length` bytes at the front. */
void buffer_consume(struct buffer *buffer, size_t length);
/* Drops bytes at the end so that `length` remain. */
void buffer_truncate(struct buffer *buffer, size_t length);

#endif
