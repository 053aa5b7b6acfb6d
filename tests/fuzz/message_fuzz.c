/* message_fuzz.c - any bytes, read in every way that the reader knows.
 *
 * The input is taken as a frame.  Every pointer is followed as a struct, as a list of
 * each element type, as text, as data and as a capability.  What the walk may cost is
 * bounded by the budget of the message alone. */
#include <stdlib.h>
#include <string.h>

#include "proto/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length);

/* Keeps the reads from being optimised away. */
static volatile uint64_t sink;

static void walk_struct(struct struct_reader reader);

static void require(bool condition)
{
    if (!condition)
        abort();
}

/* The error is sticky; the walk goes on to see the rest of the message. */
static void forgive(struct message *message)
{
    message->error = NULL;
}

static void touch(struct text text)
{
    for (uint32_t i = 0; i < text.length; i++)
        sink += (uint8_t)text.bytes[i];
}

static void walk_list(struct list_reader list)
{
    const int64_t *numbers = list_i64_array(list);
    const uint8_t *bytes = list_u8_array(list);
    for (uint32_t i = 0; i < list.count; i++) {
        sink += list_bit(list, i);
        sink += list_u8(list, i);
        sink += list_u64(list, i);
        if (numbers)
            require(numbers[i] == list_i64(list, i));
        if (bytes)
            require(bytes[i] == list_u8(list, i));
        if (list.pointer_count > 0) {
            touch(list_text(list, i));
            forgive(list.message);
            touch(list_data(list, i));
            forgive(list.message);
        }
        walk_struct(list_struct(list, i));
        forgive(list.message);
    }
}

static void walk_pointer(struct struct_reader reader, uint16_t pointer)
{
    uint32_t index = 0;
    if (!reader_has(reader, pointer))
        return;
    if (reader_capability(reader, pointer, &index))
        sink += index;
    forgive(reader.message);
    touch(reader_text(reader, pointer));
    forgive(reader.message);
    touch(reader_data(reader, pointer));
    forgive(reader.message);
    walk_struct(reader_struct(reader, pointer));
    forgive(reader.message);
    for (int element = ELEMENT_VOID; element <= ELEMENT_COMPOSITE; element++) {
        walk_list(reader_list(reader, pointer, (enum element)element));
        forgive(reader.message);
    }
}

static void walk_struct(struct struct_reader reader)
{
    for (uint32_t byte = 0; byte < reader.data_bits / 8 + 9; byte++) {
        sink += reader_u8(reader, byte);
        sink += reader_u16(reader, byte);
        sink += reader_u32(reader, byte);
        sink += reader_u64(reader, byte);
        sink += reader_bit(reader, byte * 8 + 7, true);
    }
    require(!reader_has(reader, reader.pointer_count));
    for (uint16_t pointer = 0; pointer < reader.pointer_count; pointer++)
        walk_pointer(reader, pointer);
}

/* A stream is judged the same however it is cut, and never before its table is there.
 */
static void check_splits(const uint8_t *frame, size_t length)
{
    size_t whole_size;
    enum psp_error whole = message_frame_size(frame, length, 1000, &whole_size);
    bool known = false;
    for (size_t cut = 0; cut <= length && cut <= 300; cut++) {
        size_t size;
        enum psp_error error = message_frame_size(frame, cut, 1000, &size);
        require(!known || (error == whole && size == whole_size));
        known = known || error != PSP_OK || size != 0;
        require(!known || (error == whole && size == whole_size));
    }
}

static void check_sticky(struct message *message)
{
    struct struct_reader root = message_root(message);
    forgive(message);
    message_fail(message, "first");
    message_fail(message, "second");
    require(strcmp(message_error(message), "first") == 0);
    require(reader_u64(root, 0) == 0 && !reader_has(root, 0));
    require(reader_text(root, 0).length == 0 && message_root(message).data_bits == 0);
    require(reader_list(root, 0, ELEMENT_COMPOSITE).count == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length)
{
    static struct message message;
    check_splits(input, length);
    /* A block of its own: 8-aligned, and a sanitizer knows its end. */
    uint8_t *frame = malloc(length ? length : 1);
    if (!frame)
        return 0;
    memcpy(frame, input, length);
    size_t size;
    enum psp_error error = message_frame_size(frame, length, MESSAGE_WORDS_MAX, &size);
    bool opened = message_open(&message, frame, length) == PSP_OK;
    require(opened == (error == PSP_OK && size != 0 && size == length));
    if (opened || message_open_flat(&message, frame, length) == PSP_OK) {
        walk_struct(message_root(&message));
        forgive(&message);
        check_sticky(&message);
    }
    free(frame);
    return 0;
}
