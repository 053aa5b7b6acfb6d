/* builder.h - write a Cap'n Proto message straight into a send buffer.
 *
 * One segment, objects laid out in the order in which they are asked for.  Who asks in
 * preorder (a struct, then each of its pointers in turn, each one completely before the
 * next) and gives sizes without trailing zero words gets the canonical encoding.
 *
 * Nothing is filled in twice and nothing is copied: the frame grows at the end of a
 * struct buffer.  Builders are offsets, so they survive its growth.  The error is
 * sticky: when memory is short every later call does nothing and builder_close() fails
 * and takes the partial frame back.  Several frames may follow each other in a buffer;
 * one builder is open at a time, and nothing is consumed from its buffer meanwhile.
 * Text and data are copied at once; they must not lie in that buffer.  Indexes beyond
 * the sizes that were asked for are bugs of ours (assert). */
#ifndef PROTO_BUILDER_H
#define PROTO_BUILDER_H

#include "proto/buffer.h"
#include "proto/message.h"

struct builder {
    struct buffer *buffer;
    size_t base;          /* bytes held in the buffer before this frame */
    uint32_t words;       /* of the segment, so far */
    bool framed;          /* 8 bytes of segment table come first */
    enum psp_error error; /* sticky */
};

struct struct_builder {
    struct builder *builder;
    uint32_t data; /* word index in the segment */
    uint16_t data_words;
    uint16_t pointers;
};

struct list_builder {
    struct builder *builder;
    uint32_t first; /* word index of element 0 */
    uint32_t count;
    uint16_t data_words; /* composite only */
    uint16_t pointers;   /* composite only */
    uint8_t element;     /* enum element */
};

/* Starts a frame at the end of `buffer`, with (open) or without (open_flat) a segment
 * table, and allocates the root struct. */
struct struct_builder builder_open(struct builder *builder, struct buffer *buffer,
                                   uint16_t data_words, uint16_t pointers);
struct struct_builder builder_open_flat(struct builder *builder, struct buffer *buffer,
                                        uint16_t data_words, uint16_t pointers);
/* Finishes the frame.  PSP_NO_MEMORY or PSP_LIMIT (over MESSAGE_WORDS_MAX): the buffer
 * is as it was before builder_open.  *frame_bytes may be NULL. */
MUST_CHECK enum psp_error builder_close(struct builder *builder, size_t *frame_bytes);
/* Takes an open frame back. */
void builder_abandon(struct builder *builder);

void builder_set_bit(struct struct_builder to, uint32_t bit, bool value);
void builder_set_u8(struct struct_builder to, uint32_t byte, uint8_t value);
void builder_set_u16(struct struct_builder to, uint32_t byte, uint16_t value);
void builder_set_u32(struct struct_builder to, uint32_t byte, uint32_t value);
void builder_set_u64(struct struct_builder to, uint32_t byte, uint64_t value);
void builder_set_i64(struct struct_builder to, uint32_t byte, int64_t value);

struct struct_builder builder_struct(struct struct_builder in, uint16_t pointer,
                                     uint16_t data_words, uint16_t pointers);
/* Empty text and data are written as null: one meaning, one encoding. */
void builder_text(struct struct_builder in, uint16_t pointer, struct text text);
void builder_data(struct struct_builder in, uint16_t pointer, const void *bytes,
                  size_t length);
void builder_capability(struct struct_builder in, uint16_t pointer, uint32_t index);
/* A count of 0 writes a null pointer. */
struct list_builder builder_list(struct struct_builder in, uint16_t pointer,
                                 enum element element, uint32_t count);
struct list_builder builder_structs(struct struct_builder in, uint16_t pointer,
                                    uint32_t count, uint16_t data_words,
                                    uint16_t pointers);

struct struct_builder list_builder_struct(struct list_builder list, uint32_t index);
void list_builder_text(struct list_builder list, uint32_t index, struct text text);
void list_builder_data(struct list_builder list, uint32_t index, const void *bytes,
                       size_t length);
void list_builder_bit(struct list_builder list, uint32_t index, bool value);
void list_builder_u8(struct list_builder list, uint32_t index, uint8_t value);
void list_builder_i64(struct list_builder list, uint32_t index, int64_t value);

#endif
