#include "proto/message.h"

enum pointer_kind {
    KIND_STRUCT,
    KIND_LIST,
    KIND_FAR,
    KIND_OTHER, /* a capability, when the rest of the lower half is zero */
};

/* What a pointer leads to, with far pointers followed. */
struct target {
    uint64_t pointer; /* the word that gives kind and sizes; 0: null */
    int64_t word;     /* of the object, in `segment`; not checked yet */
    uint16_t segment;
};

static const uint8_t element_bits[] = {0, 1, 8, 16, 32, 64, 64};

static uint64_t load_word(const uint8_t *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return le64toh(word);
}

static uint32_t load_half(const uint8_t *at)
{
    uint32_t half;
    memcpy(&half, at, sizeof half);
    return le32toh(half);
}

static enum pointer_kind kind_of(uint64_t pointer)
{
    return (enum pointer_kind)(pointer & 3);
}

/* Signed, in words, from the end of the pointer. */
static int64_t offset_of(uint64_t pointer)
{
    return (int32_t)(uint32_t)(pointer & 0xfffffffc) / 4;
}

static uint16_t data_words_of(uint64_t pointer)
{
    return (uint16_t)(pointer >> 32);
}

static uint16_t pointers_of(uint64_t pointer)
{
    return (uint16_t)(pointer >> 48);
}

/* --- frames --- */

enum psp_error message_frame_size(const void *bytes, size_t length,
                                  uint32_t limit_words, size_t *frame_bytes)
{
    *frame_bytes = 0;
    if (length < 4)
        return PSP_OK;
    const uint8_t *table = bytes;
    uint32_t last = load_half(table); /* the count less one: compared before adding */
    if (last == UINT32_MAX)
        return PSP_MALFORMED;
    if (last >= MESSAGE_SEGMENTS_MAX)
        return PSP_LIMIT;
    size_t table_bytes = (4 + ((size_t)last + 1) * 4 + 7) / 8 * 8;
    if (length < table_bytes)
        return PSP_OK;
    uint64_t words = 0;
    for (size_t i = 0; i <= last; i++)
        words += load_half(table + 4 + i * 4);
    if (words == 0)
        return PSP_MALFORMED;
    if (words > limit_words || words > MESSAGE_WORDS_MAX)
        return PSP_LIMIT;
    *frame_bytes = table_bytes + (size_t)words * 8;
    return PSP_OK;
}

static void start_reading(struct message *message, uint32_t segment_count,
                          uint64_t words)
{
    message->segment_count = segment_count;
    message->budget = 4 * words + 64;
    message->error = NULL;
}

enum psp_error message_open(struct message *message, const void *frame, size_t length)
{
    assert((uintptr_t)frame % 8 == 0);
    size_t frame_bytes;
    start_reading(message, 0, 0);
    enum psp_error error =
        message_frame_size(frame, length, MESSAGE_WORDS_MAX, &frame_bytes);
    if (error != PSP_OK)
        return error;
    if (frame_bytes == 0 || frame_bytes != length)
        return PSP_MALFORMED;
    const uint8_t *table = frame;
    uint32_t count = load_half(table) + 1;
    const uint8_t *at = table + (4 + (size_t)count * 4 + 7) / 8 * 8;
    uint64_t words = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct message_segment *segment = &message->segment[i];
        segment->bytes = at;
        segment->words = load_half(table + 4 + i * 4);
        at += (size_t)segment->words * 8;
        words += segment->words;
    }
    start_reading(message, count, words);
    return PSP_OK;
}

enum psp_error message_open_flat(struct message *message, const void *segment,
                                 size_t length)
{
    assert((uintptr_t)segment % 8 == 0);
    start_reading(message, 0, 0);
    if (length == 0 || length % 8 != 0)
        return PSP_MALFORMED;
    if (length / 8 > MESSAGE_WORDS_MAX)
        return PSP_LIMIT;
    message->segment[0].bytes = segment;
    message->segment[0].words = (uint32_t)(length / 8);
    start_reading(message, 1, length / 8);
    return PSP_OK;
}

const char *message_error(const struct message *message)
{
    return message->error;
}

void message_fail(struct message *message, const char *defect)
{
    if (!message->error)
        message->error = defect;
}

/* --- bounds, budget, pointers --- */

/* The one bounds check: the address of `words` words at `word`, or NULL and the defect.
 * Compares indexes, never addresses. */
static const uint8_t *object(struct message *message, uint16_t segment, int64_t word,
                             uint64_t words)
{
    uint64_t held = message->segment[segment].words;
    if (word < 0 || (uint64_t)word > held || words > held - (uint64_t)word) {
        message_fail(message, "object outside its segment");
        return NULL;
    }
    return message->segment[segment].bytes + word * 8;
}

/* Every object pays for its words each time it is reached: overlaps, cycles and lists
 * of nothing run dry. */
static bool charge(struct message *message, uint64_t words)
{
    if (words > message->budget) {
        message_fail(message, "traversal budget spent");
        return false;
    }
    message->budget -= words;
    return true;
}

static bool descend(struct message *message, uint16_t depth)
{
    if (depth < MESSAGE_NESTING_MAX)
        return true;
    message_fail(message, "nested too deeply");
    return false;
}

/* The landing pad of a far pointer; NULL and the defect when there is none. */
static const uint8_t *landing_pad(struct message *message, uint64_t far, uint32_t words,
                                  uint16_t *segment, uint32_t *word)
{
    uint32_t number = (uint32_t)(far >> 32);
    if (number >= message->segment_count) {
        message_fail(message, "far pointer to an unknown segment");
        return NULL;
    }
    *segment = (uint16_t)number;
    *word = (uint32_t)far >> 3;
    return object(message, *segment, *word, words);
}

static bool is_double_far(uint64_t pointer)
{
    return pointer & 4;
}

static bool follow_double_far(struct message *message, const uint8_t *pad,
                              struct target *target)
{
    uint64_t far = load_word(pad);
    uint64_t tag = load_word(pad + 8);
    if (kind_of(far) != KIND_FAR || is_double_far(far) || kind_of(tag) > KIND_LIST ||
        offset_of(tag) != 0) {
        message_fail(message, "malformed landing pad");
        return false;
    }
    uint32_t word;
    if (!landing_pad(message, far, 0, &target->segment, &word))
        return false;
    target->pointer = tag;
    target->word = word;
    return true;
}

static bool follow_far(struct message *message, uint64_t far, struct target *target)
{
    uint16_t segment;
    uint32_t word;
    uint32_t pad_words = is_double_far(far) ? 2 : 1;
    const uint8_t *pad = landing_pad(message, far, pad_words, &segment, &word);
    if (!pad)
        return false;
    if (is_double_far(far))
        return follow_double_far(message, pad, target);
    uint64_t pointer = load_word(pad);
    if (kind_of(pointer) > KIND_LIST) {
        message_fail(message, "far pointer to neither struct nor list pointer");
        return false;
    }
    *target = (struct target){pointer, (int64_t)word + 1 + offset_of(pointer), segment};
    return true;
}

/* False for null and after a defect. */
static bool follow(struct message *message, uint16_t segment, const uint8_t *at,
                   enum pointer_kind expected, struct target *target)
{
    if (message->error)
        return false;
    uint64_t pointer = load_word(at);
    if (pointer == 0)
        return false;
    if (kind_of(pointer) == KIND_FAR) {
        if (!follow_far(message, pointer, target))
            return false;
    } else {
        int64_t word = (at - message->segment[segment].bytes) / 8;
        *target = (struct target){pointer, word + 1 + offset_of(pointer), segment};
    }
    if (kind_of(target->pointer) != expected) {
        message_fail(message, expected == KIND_STRUCT ? "not a struct" : "not a list");
        return false;
    }
    return true;
}

/* --- structs --- */

static struct struct_reader read_struct(struct message *message, uint16_t segment,
                                        uint16_t depth, const uint8_t *at)
{
    struct struct_reader none = {0};
    struct target target;
    if (!follow(message, segment, at, KIND_STRUCT, &target) || !descend(message, depth))
        return none;
    uint32_t data_words = data_words_of(target.pointer);
    uint16_t pointers = pointers_of(target.pointer);
    uint32_t words = data_words + pointers;
    const uint8_t *data = object(message, target.segment, target.word, words);
    if (!data || !charge(message, words ? words : 1))
        return none;
    return (struct struct_reader){
        .message = message,
        .data = data,
        .pointers = data + (size_t)data_words * 8,
        .data_bits = data_words * 64,
        .pointer_count = pointers,
        .segment = target.segment,
        .depth = (uint16_t)(depth + 1),
    };
}

struct struct_reader message_root(struct message *message)
{
    struct struct_reader none = {0};
    if (message->error || message->segment_count == 0)
        return none;
    const uint8_t *root = object(message, 0, 0, 1);
    return root ? read_struct(message, 0, 0, root) : none;
}

/* The place of a pointer field; NULL where the sender knew fewer. */
static const uint8_t *pointer_field(const struct struct_reader *reader, uint16_t index)
{
    if (index >= reader->pointer_count)
        return NULL;
    return reader->pointers + (size_t)index * 8;
}

bool reader_has(struct struct_reader reader, uint16_t pointer)
{
    const uint8_t *at = pointer_field(&reader, pointer);
    return at && !reader.message->error && load_word(at) != 0;
}

struct struct_reader reader_struct(struct struct_reader reader, uint16_t pointer)
{
    const uint8_t *at = pointer_field(&reader, pointer);
    if (!at)
        return (struct struct_reader){0};
    return read_struct(reader.message, reader.segment, reader.depth, at);
}

bool reader_capability(struct struct_reader reader, uint16_t pointer, uint32_t *index)
{
    const uint8_t *at = pointer_field(&reader, pointer);
    if (!at || reader.message->error)
        return false;
    uint64_t word = load_word(at);
    if (kind_of(word) != KIND_OTHER)
        return false;
    if ((uint32_t)word != KIND_OTHER) {
        message_fail(reader.message, "pointer of an unknown kind");
        return false;
    }
    *index = (uint32_t)(word >> 32);
    return true;
}

/* --- lists --- */

/* Whether the schema's element type can be read out of elements as they are here.
 * Fields may be added to a list element by making it a struct, whose first field is the
 * old element; a list of bits cannot take part. */
static bool element_fits(const struct list_reader *list, enum element expected)
{
    if (list->element == expected)
        return true;
    if (list->element == ELEMENT_BIT || expected == ELEMENT_BIT)
        return false;
    if (expected == ELEMENT_COMPOSITE)
        return true;
    if (list->element != ELEMENT_COMPOSITE)
        return false;
    if (expected == ELEMENT_POINTER)
        return list->pointer_count > 0;
    return list->data_bits >= element_bits[expected];
}

static bool open_flat_list(struct message *message, const struct target *target,
                           struct list_reader *list)
{
    list->count = (uint32_t)(target->pointer >> 35);
    list->stride_bits = element_bits[list->element];
    if (list->element == ELEMENT_POINTER)
        list->pointer_count = 1;
    else
        list->data_bits = list->stride_bits;
    uint64_t words = ((uint64_t)list->count * list->stride_bits + 63) / 64;
    list->first = object(message, target->segment, target->word, words);
    return list->first &&
           charge(message, list->element == ELEMENT_VOID ? list->count : words);
}

static bool open_composite_list(struct message *message, const struct target *target,
                                struct list_reader *list)
{
    uint64_t words = target->pointer >> 35;
    const uint8_t *at = object(message, target->segment, target->word, words + 1);
    if (!at)
        return false;
    uint64_t tag = load_word(at);
    uint32_t element_words = (uint32_t)data_words_of(tag) + pointers_of(tag);
    list->count = (uint32_t)tag >> 2;
    if (kind_of(tag) != KIND_STRUCT || (uint64_t)list->count * element_words > words) {
        message_fail(message, "malformed struct list");
        return false;
    }
    list->first = at + 8;
    list->stride_bits = element_words * 64;
    list->data_bits = (uint32_t)data_words_of(tag) * 64;
    list->pointer_count = pointers_of(tag);
    return charge(message, words + 1 + (element_words ? 0 : list->count));
}

static struct list_reader read_list(struct message *message, uint16_t segment,
                                    uint16_t depth, const uint8_t *at,
                                    enum element expected)
{
    struct list_reader none = {0};
    struct target target;
    if (!follow(message, segment, at, KIND_LIST, &target) || !descend(message, depth))
        return none;
    struct list_reader list = {
        .message = message,
        .segment = target.segment,
        .depth = (uint16_t)(depth + 1),
        .element = (uint8_t)(target.pointer >> 32 & 7),
    };
    bool opened = list.element == ELEMENT_COMPOSITE
                      ? open_composite_list(message, &target, &list)
                      : open_flat_list(message, &target, &list);
    if (!opened)
        return none;
    if (!element_fits(&list, expected)) {
        message_fail(message, "list of another element type");
        return none;
    }
    /* The elements wanted are the first pointers of structs that lie further apart. */
    if (expected == ELEMENT_POINTER && list.element == ELEMENT_COMPOSITE) {
        list.first += list.data_bits / 8;
        list.data_bits = 0;
        list.pointer_count = 1;
    }
    return list;
}

struct list_reader reader_list(struct struct_reader reader, uint16_t pointer,
                               enum element expected)
{
    const uint8_t *at = pointer_field(&reader, pointer);
    if (!at)
        return (struct list_reader){0};
    return read_list(reader.message, reader.segment, reader.depth, at, expected);
}

struct struct_reader list_struct(struct list_reader list, uint32_t index)
{
    assert(index < list.count);
    struct struct_reader none = {0};
    if (list.message->error || !descend(list.message, list.depth))
        return none;
    if (list.element == ELEMENT_BIT)
        return none;
    const uint8_t *data = list.first + (uint64_t)index * list.stride_bits / 8;
    return (struct struct_reader){
        .message = list.message,
        .data = data,
        .pointers = data + list.data_bits / 8,
        .data_bits = list.data_bits,
        .pointer_count = list.pointer_count,
        .segment = list.segment,
        .depth = (uint16_t)(list.depth + 1),
    };
}

/* --- text and data --- */

static struct text read_bytes(struct message *message, uint16_t segment,
                              const uint8_t *at, bool is_text)
{
    struct text none = {0};
    struct target target;
    if (!follow(message, segment, at, KIND_LIST, &target))
        return none;
    if ((target.pointer >> 32 & 7) != ELEMENT_BYTE) {
        message_fail(message, "not a list of bytes");
        return none;
    }
    uint32_t count = (uint32_t)(target.pointer >> 35);
    uint64_t words = ((uint64_t)count + 7) / 8;
    const uint8_t *bytes = object(message, target.segment, target.word, words);
    if (!bytes || !charge(message, words))
        return none;
    if (is_text && (count == 0 || bytes[count - 1] != 0)) {
        message_fail(message, "text without a final NUL");
        return none;
    }
    return (struct text){(const char *)bytes, is_text ? count - 1 : count};
}

struct text reader_text(struct struct_reader reader, uint16_t pointer)
{
    const uint8_t *at = pointer_field(&reader, pointer);
    if (!at)
        return (struct text){0};
    return read_bytes(reader.message, reader.segment, at, true);
}

struct text reader_data(struct struct_reader reader, uint16_t pointer)
{
    const uint8_t *at = pointer_field(&reader, pointer);
    if (!at)
        return (struct text){0};
    return read_bytes(reader.message, reader.segment, at, false);
}

static struct text element_bytes(const struct list_reader *list, uint32_t index,
                                 bool is_text)
{
    assert(index < list->count);
    if (list->pointer_count == 0)
        return (struct text){0};
    const uint8_t *at = list->first + (uint64_t)index * list->stride_bits / 8;
    /* Only a struct list that was asked for as one has data before the pointer. */
    return read_bytes(list->message, list->segment, at + list->data_bits / 8, is_text);
}

struct text list_text(struct list_reader list, uint32_t index)
{
    return element_bytes(&list, index, true);
}

struct text list_data(struct list_reader list, uint32_t index)
{
    return element_bytes(&list, index, false);
}
