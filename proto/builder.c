#include "proto/builder.h"

#include <assert.h>
#include <endian.h>
#include <string.h>

enum {
    WORD = 8,
    TABLE_BYTES = 8, /* of one segment: count less one, size in words */
};

static uint8_t *word_at(const struct builder *builder, uint32_t word)
{
    size_t table = builder->framed ? TABLE_BYTES : 0;
    return buffer_bytes(builder->buffer) + builder->base + table + (size_t)word * WORD;
}

static void store_word(const struct builder *builder, uint32_t at, uint64_t value)
{
    value = htole64(value);
    memcpy(word_at(builder, at), &value, sizeof value);
}

/* Adds zeroed words at the end.  False once the frame is lost. */
static bool allocate(struct builder *builder, uint64_t words, uint32_t *first)
{
    if (builder->error != PSP_OK)
        return false;
    if (words > MESSAGE_WORDS_MAX - builder->words) {
        builder->error = PSP_LIMIT;
        return false;
    }
    *first = builder->words;
    if (words == 0)
        return true;
    uint8_t *room = buffer_reserve(builder->buffer, (size_t)words * WORD);
    if (!room) {
        builder->error = PSP_NO_MEMORY;
        return false;
    }
    memset(room, 0, (size_t)words * WORD);
    buffer_commit(builder->buffer, (size_t)words * WORD);
    builder->words += (uint32_t)words;
    return true;
}

/* --- pointers --- */

static uint64_t offset_bits(uint32_t at, uint32_t target)
{
    return (target - at - 1) << 2;
}

static uint64_t struct_pointer(uint32_t at, uint32_t target, uint16_t data_words,
                               uint16_t pointers)
{
    /* A struct of nothing lies at its own pointer, so that it is not null. */
    if (data_words == 0 && pointers == 0)
        target = at;
    return offset_bits(at, target) | (uint64_t)data_words << 32 |
           (uint64_t)pointers << 48;
}

static uint64_t list_pointer(uint32_t at, uint32_t target, enum element element,
                             uint32_t count)
{
    return 1 | offset_bits(at, target) | (uint64_t)element << 32 |
           (uint64_t)count << 35;
}

static struct struct_builder add_struct(struct builder *builder, uint32_t at,
                                        uint16_t data_words, uint16_t pointers)
{
    struct struct_builder made = {.builder = builder};
    if (!allocate(builder, (uint64_t)data_words + pointers, &made.data))
        return made;
    made.data_words = data_words;
    made.pointers = pointers;
    store_word(builder, at, struct_pointer(at, made.data, data_words, pointers));
    return made;
}

/* Text counts and ends with a NUL, data does not. */
static void add_bytes(struct builder *builder, uint32_t at, const void *bytes,
                      size_t length, bool is_text)
{
    if (length == 0)
        return;
    uint64_t count = (uint64_t)length + is_text;
    uint32_t first;
    if (!allocate(builder, count / WORD + (count % WORD != 0), &first))
        return;
    memcpy(word_at(builder, first), bytes, length);
    store_word(builder, at, list_pointer(at, first, ELEMENT_BYTE, (uint32_t)count));
}

/* The word of a pointer field.  Only while the frame is alive. */
static uint32_t pointer_word(struct struct_builder in, uint16_t pointer)
{
    assert(pointer < in.pointers);
    return in.data + in.data_words + pointer;
}

static bool is_lost(const struct builder *builder)
{
    return builder->error != PSP_OK;
}

/* --- frames --- */

static struct struct_builder start(struct builder *builder, struct buffer *buffer,
                                   bool framed, uint16_t data_words, uint16_t pointers)
{
    *builder = (struct builder){
        .buffer = buffer,
        .base = buffer_length(buffer),
        .framed = framed,
        .error = PSP_OK,
    };
    if (framed) {
        if (buffer_reserve(buffer, TABLE_BYTES))
            buffer_commit(buffer, TABLE_BYTES);
        else
            builder->error = PSP_NO_MEMORY;
    }
    uint32_t root;
    if (!allocate(builder, 1, &root))
        return (struct struct_builder){.builder = builder};
    return add_struct(builder, root, data_words, pointers);
}

struct struct_builder builder_open(struct builder *builder, struct buffer *buffer,
                                   uint16_t data_words, uint16_t pointers)
{
    return start(builder, buffer, true, data_words, pointers);
}

struct struct_builder builder_open_flat(struct builder *builder, struct buffer *buffer,
                                        uint16_t data_words, uint16_t pointers)
{
    return start(builder, buffer, false, data_words, pointers);
}

enum psp_error builder_close(struct builder *builder, size_t *frame_bytes)
{
    if (is_lost(builder)) {
        builder_abandon(builder);
        return builder->error;
    }
    if (builder->framed) {
        uint32_t table[2] = {0, htole32(builder->words)};
        memcpy(word_at(builder, 0) - TABLE_BYTES, table, sizeof table);
    }
    if (frame_bytes)
        *frame_bytes = buffer_length(builder->buffer) - builder->base;
    return PSP_OK;
}

void builder_abandon(struct builder *builder)
{
    buffer_truncate(builder->buffer, builder->base);
}

/* --- fields --- */

/* Where `bits` bits of the data section lie; NULL when the frame is lost. */
static uint8_t *field(struct struct_builder to, uint64_t offset, uint32_t bits)
{
    if (is_lost(to.builder))
        return NULL;
    assert(offset + bits <= (uint64_t)to.data_words * 64);
    return word_at(to.builder, to.data) + offset / 8;
}

static void put_bit(uint8_t *byte, uint32_t bit, bool value)
{
    unsigned int mask = 1u << bit % 8;
    *byte = (uint8_t)(value ? *byte | mask : *byte & ~mask);
}

void builder_set_bit(struct struct_builder to, uint32_t bit, bool value)
{
    uint8_t *at = field(to, bit, 1);
    if (at)
        put_bit(at, bit, value);
}

void builder_set_u8(struct struct_builder to, uint32_t byte, uint8_t value)
{
    uint8_t *at = field(to, (uint64_t)byte * 8, 8);
    if (at)
        *at = value;
}

void builder_set_u16(struct struct_builder to, uint32_t byte, uint16_t value)
{
    uint8_t *at = field(to, (uint64_t)byte * 8, 16);
    value = htole16(value);
    if (at)
        memcpy(at, &value, sizeof value);
}

void builder_set_u32(struct struct_builder to, uint32_t byte, uint32_t value)
{
    uint8_t *at = field(to, (uint64_t)byte * 8, 32);
    value = htole32(value);
    if (at)
        memcpy(at, &value, sizeof value);
}

void builder_set_u64(struct struct_builder to, uint32_t byte, uint64_t value)
{
    uint8_t *at = field(to, (uint64_t)byte * 8, 64);
    value = htole64(value);
    if (at)
        memcpy(at, &value, sizeof value);
}

void builder_set_i64(struct struct_builder to, uint32_t byte, int64_t value)
{
    builder_set_u64(to, byte, (uint64_t)value);
}

struct struct_builder builder_struct(struct struct_builder in, uint16_t pointer,
                                     uint16_t data_words, uint16_t pointers)
{
    if (is_lost(in.builder))
        return (struct struct_builder){.builder = in.builder};
    return add_struct(in.builder, pointer_word(in, pointer), data_words, pointers);
}

void builder_text(struct struct_builder in, uint16_t pointer, struct text text)
{
    if (!is_lost(in.builder))
        add_bytes(in.builder, pointer_word(in, pointer), text.bytes, text.length, true);
}

void builder_data(struct struct_builder in, uint16_t pointer, const void *bytes,
                  size_t length)
{
    if (!is_lost(in.builder))
        add_bytes(in.builder, pointer_word(in, pointer), bytes, length, false);
}

void builder_capability(struct struct_builder in, uint16_t pointer, uint32_t index)
{
    if (!is_lost(in.builder))
        store_word(in.builder, pointer_word(in, pointer), 3 | (uint64_t)index << 32);
}

/* --- lists --- */

struct list_builder builder_list(struct struct_builder in, uint16_t pointer,
                                 enum element element, uint32_t count)
{
    static const uint8_t bits[] = {0, 1, 8, 16, 32, 64, 64};
    assert(element < ELEMENT_COMPOSITE);
    struct list_builder made = {.builder = in.builder, .element = (uint8_t)element};
    if (is_lost(in.builder) || count == 0)
        return made;
    if (count > MESSAGE_WORDS_MAX * 64) {
        in.builder->error = PSP_LIMIT;
        return made;
    }
    if (!allocate(in.builder, ((uint64_t)count * bits[element] + 63) / 64, &made.first))
        return made;
    made.count = count;
    uint32_t at = pointer_word(in, pointer);
    store_word(in.builder, at, list_pointer(at, made.first, element, count));
    return made;
}

struct list_builder builder_structs(struct struct_builder in, uint16_t pointer,
                                    uint32_t count, uint16_t data_words,
                                    uint16_t pointers)
{
    struct list_builder made = {.builder = in.builder, .element = ELEMENT_COMPOSITE};
    if (is_lost(in.builder) || count == 0)
        return made;
    if (count > MESSAGE_WORDS_MAX) {
        in.builder->error = PSP_LIMIT;
        return made;
    }
    uint64_t words = (uint64_t)count * ((uint32_t)data_words + pointers);
    uint32_t tag;
    if (!allocate(in.builder, words + 1, &tag))
        return made;
    store_word(in.builder, tag,
               (uint64_t)count << 2 | (uint64_t)data_words << 32 |
                   (uint64_t)pointers << 48);
    uint32_t at = pointer_word(in, pointer);
    store_word(in.builder, at,
               list_pointer(at, tag, ELEMENT_COMPOSITE, (uint32_t)words));
    made.first = tag + 1;
    made.count = count;
    made.data_words = data_words;
    made.pointers = pointers;
    return made;
}

struct struct_builder list_builder_struct(struct list_builder list, uint32_t index)
{
    if (is_lost(list.builder))
        return (struct struct_builder){.builder = list.builder};
    assert(index < list.count && list.element == ELEMENT_COMPOSITE);
    uint32_t size = (uint32_t)list.data_words + list.pointers;
    return (struct struct_builder){
        .builder = list.builder,
        .data = list.first + index * size,
        .data_words = list.data_words,
        .pointers = list.pointers,
    };
}

void list_builder_text(struct list_builder list, uint32_t index, struct text text)
{
    if (is_lost(list.builder))
        return;
    assert(index < list.count && list.element == ELEMENT_POINTER);
    add_bytes(list.builder, list.first + index, text.bytes, text.length, true);
}

void list_builder_data(struct list_builder list, uint32_t index, const void *bytes,
                       size_t length)
{
    if (is_lost(list.builder))
        return;
    assert(index < list.count && list.element == ELEMENT_POINTER);
    add_bytes(list.builder, list.first + index, bytes, length, false);
}

void list_builder_bit(struct list_builder list, uint32_t index, bool value)
{
    if (is_lost(list.builder))
        return;
    assert(index < list.count && list.element == ELEMENT_BIT);
    put_bit(word_at(list.builder, list.first) + index / 8, index, value);
}

void list_builder_u8(struct list_builder list, uint32_t index, uint8_t value)
{
    if (is_lost(list.builder))
        return;
    assert(index < list.count && list.element == ELEMENT_BYTE);
    word_at(list.builder, list.first)[index] = value;
}

void list_builder_i64(struct list_builder list, uint32_t index, int64_t value)
{
    if (is_lost(list.builder))
        return;
    assert(index < list.count && list.element == ELEMENT_EIGHT_BYTES);
    store_word(list.builder, list.first + index, (uint64_t)value);
}
