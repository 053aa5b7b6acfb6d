/* message.h - read a Cap'n Proto message in place, never trusting a byte of it.
 *
 * A message is opened over a complete frame in an 8-aligned buffer and then read
 * through struct and list readers; nothing is copied and nothing is allocated.  There
 * is one bounds check for the whole codec, and one sticky error: after the first defect
 * every reader gives zeros, empty text and empty lists, and message_error() names the
 * defect.  So a decoder reads all it wants and asks once, at the end.
 *
 * Source: capnproto.org/encoding.html; limits of PSP (docs/psp.md): 64 segments,
 * nesting 32, traversal budget 4 x message words + 64, zero-size elements charged one
 * word each.  Defaults of schema fields are stored XORed: pass them where they are not
 * zero. */
#ifndef PROTO_MESSAGE_H
#define PROTO_MESSAGE_H

#include <assert.h>
#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "proto/error.h"
#include "proto/text.h"

enum {
    MESSAGE_SEGMENTS_MAX = 64,
    MESSAGE_NESTING_MAX = 32,
    MESSAGE_WORDS_MAX = 1 << 20, /* 8 MiB: the ceiling of the protocol */
};

struct message_segment {
    const uint8_t *bytes; /* 8-aligned */
    uint32_t words;
};

struct message {
    struct message_segment segment[MESSAGE_SEGMENTS_MAX];
    uint32_t segment_count;
    uint64_t budget;   /* words that may still be traversed */
    const char *error; /* NULL, or the first defect (a literal) */
};

/* Borrowed views.  All-zero is the null struct / the empty list. */
struct struct_reader {
    struct message *message;
    const uint8_t *data;
    const uint8_t *pointers;
    uint32_t data_bits; /* a list element that was upgraded may be under a byte */
    uint16_t pointer_count;
    uint16_t segment;
    uint16_t depth;
};

enum element {
    ELEMENT_VOID,
    ELEMENT_BIT,
    ELEMENT_BYTE,
    ELEMENT_TWO_BYTES,
    ELEMENT_FOUR_BYTES,
    ELEMENT_EIGHT_BYTES,
    ELEMENT_POINTER,
    ELEMENT_COMPOSITE,
};

struct list_reader {
    struct message *message;
    const uint8_t *first;
    uint32_t count;
    uint32_t stride_bits;
    uint32_t data_bits;     /* of one element, when read as a struct */
    uint16_t pointer_count; /* likewise */
    uint16_t segment;
    uint16_t depth;
    uint8_t element; /* enum element, as found on the wire */
};

/* Looks at the start of a stream.
 *   returns PSP_OK and *frame_bytes = whole frame (table, padding and segments) once
 *   the segment table is there; *frame_bytes = 0 while more bytes are needed to know;
 *   PSP_MALFORMED or PSP_LIMIT for a table that can never be accepted (no segments,
 * more than 64, total of 0 or more than limit_words).  Allocates nothing. */
MUST_CHECK enum psp_error message_frame_size(const void *bytes, size_t length,
                                             uint32_t limit_words, size_t *frame_bytes);

/* Opens exactly one frame.  `frame` must be 8-aligned and outlive every reader. */
MUST_CHECK enum psp_error message_open(struct message *message, const void *frame,
                                       size_t length);
/* Opens a single segment without a table (a token link); length is a multiple of 8. */
MUST_CHECK enum psp_error message_open_flat(struct message *message,
                                            const void *segment, size_t length);
/* NULL, or the first defect met so far. */
const char *message_error(const struct message *message);
/* For decoders: records a defect of meaning, as if the codec had found it. */
void message_fail(struct message *message, const char *defect);

struct struct_reader message_root(struct message *message);

/* Fields; offsets are from the start of the data section, in the unit of the name.
 * What the sender did not know of (a shorter struct) reads as zero. */
static inline bool reader_bit(struct struct_reader reader, uint32_t bit,
                              bool default_value);
static inline uint8_t reader_u8(struct struct_reader reader, uint32_t byte);
static inline uint16_t reader_u16(struct struct_reader reader, uint32_t byte);
static inline uint32_t reader_u32(struct struct_reader reader, uint32_t byte);
static inline uint64_t reader_u64(struct struct_reader reader, uint32_t byte);
static inline int64_t reader_i64(struct struct_reader reader, uint32_t byte);

/* Pointer fields.  Null (or beyond the pointers that the sender knew) reads as the null
 * struct, the empty list, the empty text. */
bool reader_has(struct struct_reader reader, uint16_t pointer);
struct struct_reader reader_struct(struct struct_reader reader, uint16_t pointer);
/* `expected` is the element type of the schema; the upgrades that the encoding allows
 * are accepted, all others are a defect. */
struct list_reader reader_list(struct struct_reader reader, uint16_t pointer,
                               enum element expected);
/* Text: the final NUL is checked and not counted.  UTF-8 is not checked here. */
struct text reader_text(struct struct_reader reader, uint16_t pointer);
struct text reader_data(struct struct_reader reader, uint16_t pointer);
/* True and the index into the capability table, when the field is a capability.  Null,
 * a struct or a list is false and no defect: the caller knows what may be there. */
bool reader_capability(struct struct_reader reader, uint16_t pointer, uint32_t *index);
/* A pointer field of type AnyPointer, read as a struct / capability by the two above
 * with the payload's own struct reader: content is pointer 0 of rpc Payload. */

/* List elements; index < count is the caller's duty (assert). */
static inline bool list_bit(struct list_reader list, uint32_t index);
static inline uint8_t list_u8(struct list_reader list, uint32_t index);
static inline uint64_t list_u64(struct list_reader list, uint32_t index);
static inline int64_t list_i64(struct list_reader list, uint32_t index);
struct struct_reader list_struct(struct list_reader list, uint32_t index);
struct text list_text(struct list_reader list, uint32_t index);
struct text list_data(struct list_reader list, uint32_t index);
/* The elements as one array to be used in place (little-endian machines), or NULL where
 * the sender upgraded the list so that its elements are not contiguous.  Also NULL for
 * an empty list. */
static inline const int64_t *list_i64_array(struct list_reader list);
static inline const uint8_t *list_u8_array(struct list_reader list);

/* Only the short hot readers follow. */

/* Where `bits` bits at `offset` of the data section lie; NULL: read zero.  Bounds were
 * checked when the struct was reached, so this compares with its size alone. */
static inline const uint8_t *reader_field(const struct struct_reader *reader,
                                          uint64_t offset, uint32_t bits)
{
    if (offset + bits > reader->data_bits || reader->message->error)
        return NULL;
    return reader->data + offset / 8;
}

static inline bool reader_bit(struct struct_reader reader, uint32_t bit,
                              bool default_value)
{
    const uint8_t *field = reader_field(&reader, bit, 1);
    return (field && (*field >> (bit % 8) & 1)) != default_value;
}

static inline uint8_t reader_u8(struct struct_reader reader, uint32_t byte)
{
    const uint8_t *field = reader_field(&reader, (uint64_t)byte * 8, 8);
    return field ? *field : 0;
}

static inline uint16_t reader_u16(struct struct_reader reader, uint32_t byte)
{
    const uint8_t *field = reader_field(&reader, (uint64_t)byte * 8, 16);
    uint16_t value = 0;
    if (field)
        memcpy(&value, field, sizeof value);
    return le16toh(value);
}

static inline uint32_t reader_u32(struct struct_reader reader, uint32_t byte)
{
    const uint8_t *field = reader_field(&reader, (uint64_t)byte * 8, 32);
    uint32_t value = 0;
    if (field)
        memcpy(&value, field, sizeof value);
    return le32toh(value);
}

static inline uint64_t reader_u64(struct struct_reader reader, uint32_t byte)
{
    const uint8_t *field = reader_field(&reader, (uint64_t)byte * 8, 64);
    uint64_t value = 0;
    if (field)
        memcpy(&value, field, sizeof value);
    return le64toh(value);
}

static inline int64_t reader_i64(struct struct_reader reader, uint32_t byte)
{
    return (int64_t)reader_u64(reader, byte);
}

/* Where element `index` lies, if elements hold `bits` bits of data; NULL: read zero. */
static inline const uint8_t *list_element(const struct list_reader *list,
                                          uint32_t index, uint32_t bits)
{
    assert(index < list->count);
    if (list->data_bits < bits || list->message->error)
        return NULL;
    return list->first + (uint64_t)index * list->stride_bits / 8;
}

static inline bool list_bit(struct list_reader list, uint32_t index)
{
    const uint8_t *element = list_element(&list, index, 1);
    return element && list.element == ELEMENT_BIT && (*element >> (index % 8) & 1);
}

static inline uint8_t list_u8(struct list_reader list, uint32_t index)
{
    const uint8_t *element = list_element(&list, index, 8);
    return element ? *element : 0;
}

static inline uint64_t list_u64(struct list_reader list, uint32_t index)
{
    const uint8_t *element = list_element(&list, index, 64);
    uint64_t value = 0;
    if (element)
        memcpy(&value, element, sizeof value);
    return le64toh(value);
}

static inline int64_t list_i64(struct list_reader list, uint32_t index)
{
    return (int64_t)list_u64(list, index);
}

static inline const int64_t *list_i64_array(struct list_reader list)
{
    if (list.count == 0 || list.stride_bits != 64 || list.data_bits != 64 ||
        list.message->error || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__)
        return NULL;
    return (const int64_t *)(const void *)list.first;
}

static inline const uint8_t *list_u8_array(struct list_reader list)
{
    if (list.count == 0 || list.stride_bits != 8 || list.message->error)
        return NULL;
    return list.first;
}

#endif
