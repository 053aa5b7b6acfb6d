/* message_test.c - the reader believes nothing.
 *
 * Segments are written out word by word, after capnproto.org/encoding.html, so that the
 * tests share no code with the builder. */
#include "tests/support/cmocka_all.h"

#include <stdlib.h>
#include <string.h>

#include "proto/message.h"

/* The words of a segment.  Offsets count from the end of the pointer. */
#define STRUCT(offset, data_words, pointers)                                           \
    ((uint64_t)(uint32_t)((uint32_t)(offset) << 2) | (uint64_t)(data_words) << 32 |    \
     (uint64_t)(pointers) << 48)
#define LIST(offset, element, count)                                                   \
    (1 | (uint64_t)(uint32_t)((uint32_t)(offset) << 2) | (uint64_t)(element) << 32 |   \
     (uint64_t)(count) << 35)
#define FAR(segment, word)        (2 | (uint64_t)(word) << 3 | (uint64_t)(segment) << 32)
#define DOUBLE_FAR(segment, word) (4 | FAR(segment, word))
#define CAPABILITY(index)         (3 | (uint64_t)(index) << 32)

#define OPEN(message, words) open_segment(message, words, sizeof(words))

static struct struct_reader open_segment(struct message *message, const uint64_t *words,
                                         size_t bytes)
{
    assert_int_equal(message_open_flat(message, words, bytes), PSP_OK);
    return message_root(message);
}

/* A frame of several segments, in a block of exactly its size: free() it. */
static uint64_t *open_frame(struct message *message, uint32_t count,
                            const uint32_t *sizes, const uint64_t *words)
{
    size_t table = (4 + 4 * (size_t)count + 7) / 8;
    size_t total = table;
    for (uint32_t i = 0; i < count; i++)
        total += sizes[i];
    uint64_t *frame = calloc(total, 8);
    if (!frame)
        abort();
    uint32_t last = count - 1;
    memcpy(frame, &last, 4);
    memcpy((char *)frame + 4, sizes, 4 * (size_t)count);
    memcpy(frame + table, words, (total - table) * 8);
    assert_int_equal(message_open(message, frame, total * 8), PSP_OK);
    return frame;
}

static void assert_defect(const struct message *message, const char *words)
{
    const char *defect = message_error(message);
    assert_non_null(defect);
    assert_non_null(strstr(defect, words));
}

/* --- frames --- */

static enum psp_error frame_size(const uint32_t *table, size_t length, size_t *bytes)
{
    return message_frame_size(table, length, MESSAGE_WORDS_MAX, bytes);
}

static void frame_size__waits_for_the_whole_table(void **state)
{
    (void)state;
    const uint32_t table[] = {2, 1, 0, 5, 9, 9};
    size_t bytes;
    for (size_t length = 0; length < 16; length++) {
        bytes = 1;
        assert_int_equal(frame_size(table, length, &bytes), PSP_OK);
        assert_int_equal(bytes, 0);
    }
    for (size_t length = 16; length <= sizeof table; length++) {
        assert_int_equal(frame_size(table, length, &bytes), PSP_OK);
        assert_int_equal(bytes, 16 + 6 * 8);
    }
}

static void frame_size__refuses_counts_that_cannot_be(void **state)
{
    (void)state;
    size_t bytes = 1;
    assert_int_equal(frame_size(&(uint32_t){0xffffffff}, 4, &bytes), PSP_MALFORMED);
    assert_int_equal(bytes, 0);
    assert_int_equal(frame_size(&(uint32_t){0xfffffffe}, 4, &bytes), PSP_LIMIT);
    assert_int_equal(frame_size(&(uint32_t){511}, 4, &bytes), PSP_LIMIT);
    assert_int_equal(frame_size(&(uint32_t){64}, 4, &bytes), PSP_LIMIT);
    assert_int_equal(frame_size(&(uint32_t){63}, 4, &bytes), PSP_OK);
}

static void frame_size__adds_up_in_64_bits(void **state)
{
    (void)state;
    uint32_t table[66] = {63};
    size_t bytes;
    for (size_t i = 1; i <= 64; i++)
        table[i] = 0x80000000;
    assert_int_equal(frame_size(table, sizeof table, &bytes), PSP_LIMIT);
    const uint32_t wraps[] = {1, 0xffffffff, 2, 0};
    assert_int_equal(frame_size(wraps, sizeof wraps, &bytes), PSP_LIMIT);
    const uint32_t huge[] = {0, 0x20000000};
    assert_int_equal(frame_size(huge, sizeof huge, &bytes), PSP_LIMIT);
}

static void frame_size__holds_to_both_limits(void **state)
{
    (void)state;
    const uint32_t table[] = {0, MESSAGE_WORDS_MAX};
    const uint32_t over[] = {0, MESSAGE_WORDS_MAX + 1};
    const uint32_t nothing[] = {1, 0, 0, 0};
    size_t bytes;
    assert_int_equal(frame_size(table, 8, &bytes), PSP_OK);
    assert_int_equal(bytes, 8 + 8 * MESSAGE_WORDS_MAX);
    assert_int_equal(message_frame_size(over, 8, UINT32_MAX, &bytes), PSP_LIMIT);
    assert_int_equal(message_frame_size(table, 8, 1000, &bytes), PSP_LIMIT);
    assert_int_equal(frame_size(nothing, sizeof nothing, &bytes), PSP_MALFORMED);
}

static void open__wants_exactly_one_frame(void **state)
{
    (void)state;
    struct message message;
    const uint64_t frame[] = {(uint64_t)2 << 32, STRUCT(0, 1, 0), 7, 0};
    assert_int_equal(message_open(&message, frame, 24), PSP_OK);
    assert_int_equal(message_open(&message, frame, 32), PSP_MALFORMED);
    assert_int_equal(message_open(&message, frame, 16), PSP_MALFORMED);
    assert_int_equal(message_open(&message, frame, 0), PSP_MALFORMED);
    assert_int_equal(message_root(&message).data_bits, 0);
    assert_int_equal(message_open_flat(&message, frame, 0), PSP_MALFORMED);
    assert_int_equal(message_open_flat(&message, frame, 12), PSP_MALFORMED);
}

static void open__allows_empty_segments_but_for_the_root(void **state)
{
    (void)state;
    struct message message;
    const uint64_t words[] = {STRUCT(0, 1, 0), 7};
    uint64_t *frame = open_frame(&message, 3, (uint32_t[]){2, 0, 0}, words);
    assert_int_equal(reader_u64(message_root(&message), 0), 7);
    free(frame);
    frame = open_frame(&message, 2, (uint32_t[]){0, 2}, words);
    assert_int_equal(message_root(&message).data_bits, 0);
    assert_defect(&message, "outside");
    free(frame);
}

/* --- structs --- */

static void struct__fields_read_in_every_width(void **state)
{
    (void)state;
    struct message message;
    const uint64_t words[] = {STRUCT(0, 2, 0), 0x8877665544332281, 0xfffffffffffffffe};
    struct struct_reader root = OPEN(&message, words);
    assert_true(reader_bit(root, 0, false));
    assert_false(reader_bit(root, 1, false));
    assert_true(reader_bit(root, 7, false));
    assert_true(reader_bit(root, 1, true));
    assert_int_equal(reader_u8(root, 7), 0x88);
    assert_int_equal(reader_u16(root, 2), 0x4433);
    assert_int_equal(reader_u32(root, 4), 0x88776655);
    assert_int_equal(reader_u64(root, 0), 0x8877665544332281);
    assert_int_equal(reader_i64(root, 8), -2);
    assert_null(message_error(&message));
}

static void struct__reads_zero_beyond_what_the_sender_knew(void **state)
{
    (void)state;
    struct message message;
    const uint64_t words[] = {STRUCT(0, 1, 1), UINT64_MAX, 0, UINT64_MAX, UINT64_MAX};
    struct struct_reader root = OPEN(&message, words);
    assert_int_equal(reader_u64(root, 8), 0);
    assert_int_equal(reader_u64(root, UINT32_MAX), 0);
    assert_int_equal(reader_u32(root, 5), 0);
    assert_int_equal(reader_u8(root, 8), 0);
    assert_false(reader_bit(root, 64, false));
    assert_true(reader_bit(root, 64, true));
    assert_false(reader_bit(root, UINT32_MAX, false));
    assert_false(reader_has(root, 0));
    assert_false(reader_has(root, 1));
    assert_false(reader_has(root, UINT16_MAX));
    assert_int_equal(reader_struct(root, 1).data_bits, 0);
    assert_int_equal(reader_list(root, 0, ELEMENT_COMPOSITE).count, 0);
    assert_int_equal(reader_text(root, 7).length, 0);
    assert_int_equal(reader_u64(reader_struct(reader_struct(root, 0), 0), 0), 0);
    assert_null(message_error(&message));
}

static void struct__of_nothing_is_not_null(void **state)
{
    (void)state;
    struct message message;
    const uint64_t words[] = {STRUCT(0, 0, 2), STRUCT(-1, 0, 0), 0};
    struct struct_reader root = OPEN(&message, words);
    assert_true(reader_has(root, 0));
    assert_false(reader_has(root, 1));
    assert_int_equal(reader_struct(root, 0).data_bits, 0);
    assert_null(message_error(&message));
}

static void struct__stays_inside_its_segment(void **state)
{
    (void)state;
    static const uint64_t roots[] = {
        STRUCT(0, 2, 0),          STRUCT(1, 1, 0),          STRUCT(0, 0xffff, 0xffff),
        STRUCT(-2, 1, 0),         STRUCT(0x1fffffff, 0, 1), STRUCT(-0x20000000, 1, 0),
        STRUCT(0x1fffffff, 0, 0),
    };
    for (size_t i = 0; i < sizeof roots / sizeof roots[0]; i++) {
        struct message message;
        const uint64_t words[] = {roots[i], 7};
        struct struct_reader root = OPEN(&message, words);
        assert_int_equal(root.data_bits, 0);
        assert_defect(&message, "outside");
    }
}

static void struct__is_neither_list_nor_capability(void **state)
{
    (void)state;
    static const uint64_t roots[] = {LIST(0, ELEMENT_BYTE, 8), CAPABILITY(0)};
    for (size_t i = 0; i < 2; i++) {
        struct message message;
        const uint64_t words[] = {roots[i], 7};
        OPEN(&message, words);
        assert_defect(&message, "not a struct");
    }
}

/* --- depth and budget --- */

/* `levels` structs inside each other, each of one pointer. */
static uint32_t depth_reached(struct message *message, uint32_t levels)
{
    uint64_t words[64] = {0};
    for (uint32_t i = 0; i < levels; i++)
        words[i] = STRUCT(0, 0, 1);
    struct struct_reader reader = open_segment(message, words, sizeof words);
    uint32_t reached = 0;
    while (reader.pointer_count > 0) {
        reached++;
        reader = reader_struct(reader, 0);
    }
    return reached;
}

static void depth__is_32(void **state)
{
    (void)state;
    struct message message;
    assert_int_equal(depth_reached(&message, 32), 32);
    assert_null(message_error(&message));
    assert_int_equal(depth_reached(&message, 33), 32);
    assert_defect(&message, "deep");
}

static void depth__counts_lists_of_numbers(void **state)
{
    (void)state;
    struct message message;
    uint64_t words[34] = {0};
    for (uint32_t i = 0; i < 32; i++)
        words[i] = STRUCT(0, 0, 1);
    words[32] = LIST(0, ELEMENT_EIGHT_BYTES, 1);
    struct struct_reader reader = OPEN(&message, words);
    for (int i = 1; i < 32; i++)
        reader = reader_struct(reader, 0);
    assert_true(reader_has(reader, 0));
    assert_int_equal(reader_list(reader, 0, ELEMENT_EIGHT_BYTES).count, 0);
    assert_defect(&message, "deep");
}

static void depth__ends_a_cycle(void **state)
{
    (void)state;
    struct message message;
    const uint64_t words[] = {STRUCT(0, 0, 1), STRUCT(-1, 0, 1)};
    struct struct_reader reader = OPEN(&message, words);
    for (int i = 0; i < 100; i++)
        reader = reader_struct(reader, 0);
    assert_defect(&message, "deep");
}

static void depth__counts_lists_and_their_elements(void **state)
{
    (void)state;
    struct message message;
    /* A list of one struct whose pointer is the list again: two levels a turn. */
    const uint64_t words[] = {STRUCT(0, 0, 1), LIST(0, ELEMENT_COMPOSITE, 1),
                              STRUCT(1, 0, 1), LIST(-2, ELEMENT_COMPOSITE, 1)};
    struct struct_reader reader = OPEN(&message, words);
    int turns = 0;
    for (;;) {
        struct list_reader list = reader_list(reader, 0, ELEMENT_COMPOSITE);
        if (list.count == 0)
            break;
        reader = list_struct(list, 0);
        turns++;
    }
    assert_int_equal(turns, 16);
    assert_defect(&message, "deep");
}

static void budget__is_four_times_the_words_and_64(void **state)
{
    (void)state;
    struct message message;
    const uint64_t words[] = {STRUCT(0, 0, 1), STRUCT(0, 3, 0), 1, 2, 3};
    struct struct_reader root = OPEN(&message, words);
    /* 4 x 5 + 64 words, one spent on the root. */
    for (int i = 0; i < 83 / 3; i++)
        assert_int_equal(reader_u64(reader_struct(root, 0), 0), 1);
    assert_null(message_error(&message));
    assert_int_equal(reader_u64(reader_struct(root, 0), 0), 0);
    assert_defect(&message, "budget");
}

static void budget__is_charged_for_elements_of_nothing(void **state)
{
    (void)state;
    struct message message;
    const uint64_t of_void[] = {STRUCT(0, 0, 1), LIST(0, ELEMENT_VOID, 0x1fffffff)};
    struct struct_reader root = OPEN(&message, of_void);
    assert_int_equal(reader_list(root, 0, ELEMENT_VOID).count, 0);
    assert_defect(&message, "budget");
    const uint64_t composite[] = {STRUCT(0, 0, 1), LIST(0, ELEMENT_COMPOSITE, 0),
                                  STRUCT(0x3fffffff, 0, 0)};
    root = OPEN(&message, composite);
    assert_int_equal(reader_list(root, 0, ELEMENT_COMPOSITE).count, 0);
    assert_defect(&message, "budget");
    const uint64_t few[] = {STRUCT(0, 0, 1), LIST(0, ELEMENT_VOID, 60)};
    root = OPEN(&message, few);
    assert_int_equal(reader_list(root, 0, ELEMENT_VOID).count, 60);
    assert_null(message_error(&message));
}

static void budget__is_charged_for_structs_of_nothing(void **state)
{
    (void)state;
    struct message message;
    const uint64_t words[] = {STRUCT(0, 0, 1), STRUCT(-1, 0, 0)};
    struct struct_reader root = OPEN(&message, words);
    for (int i = 0; i < 71; i++)
        reader_struct(root, 0);
    assert_null(message_error(&message));
    reader_struct(root, 0);
    assert_defect(&message, "budget");
}

/* --- far pointers --- */

static void far__single_and_double_lead_to_the_object(void **state)
{
    (void)state;
    struct message message;
    const uint64_t words[] = {
        STRUCT(0, 0, 2),
        FAR(1, 1),
        DOUBLE_FAR(2, 0), /* segment 0 */
        5,
        STRUCT(-2, 1, 0), /* segment 1 */
        FAR(3, 1),
        STRUCT(0, 1, 0), /* segment 2 */
        0,
        6, /* segment 3 */
    };
    uint64_t *frame = open_frame(&message, 4, (uint32_t[]){3, 2, 2, 2}, words);
    struct struct_reader root = message_root(&message);
    assert_int_equal(reader_u64(reader_struct(root, 0), 0), 5);
    assert_int_equal(reader_u64(reader_struct(root, 1), 0), 6);
    assert_null(message_error(&message));
    free(frame);
}

static void far__pads_are_checked(void **state)
{
    (void)state;
    static const struct {
        uint64_t pointer;
        uint64_t pad[2]; /* of segment 1 */
        const char *defect;
    } cases[] = {
        {FAR(2, 0), {0}, "unknown segment"},
        {FAR(0xffffffff, 0), {0}, "unknown segment"},
        {FAR(1, 2), {0}, "outside"},
        {FAR(1, 0x1fffffff), {0}, "outside"},
        {DOUBLE_FAR(1, 1), {0, FAR(0, 0)}, "outside"},
        {FAR(1, 0), {FAR(1, 1), STRUCT(-2, 1, 0)}, "neither"},
        {FAR(1, 0), {CAPABILITY(0)}, "neither"},
        {FAR(1, 0), {STRUCT(1, 1, 0)}, "outside"},
        {FAR(1, 0), {STRUCT(-2, 1, 0)}, "outside"},
        {FAR(1, 0), {LIST(0, ELEMENT_BYTE, 8)}, "not a struct"},
        {DOUBLE_FAR(1, 0), {DOUBLE_FAR(0, 0), STRUCT(0, 1, 0)}, "landing pad"},
        {DOUBLE_FAR(1, 0), {STRUCT(0, 1, 0), STRUCT(0, 1, 0)}, "landing pad"},
        {DOUBLE_FAR(1, 0), {FAR(0, 0), STRUCT(1, 1, 0)}, "landing pad"},
        {DOUBLE_FAR(1, 0), {FAR(0, 0), FAR(0, 0)}, "landing pad"},
        {DOUBLE_FAR(1, 0), {FAR(0, 0), CAPABILITY(0)}, "landing pad"},
        {DOUBLE_FAR(1, 0), {FAR(2, 0), STRUCT(0, 1, 0)}, "unknown segment"},
        {DOUBLE_FAR(1, 0), {FAR(0, 2), STRUCT(0, 1, 0)}, "outside"},
        {DOUBLE_FAR(1, 0), {FAR(0, 9), STRUCT(0, 0, 0)}, "outside"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct message message;
        const uint64_t words[] = {STRUCT(0, 0, 1), cases[i].pointer, cases[i].pad[0],
                                  cases[i].pad[1]};
        uint64_t *frame = open_frame(&message, 2, (uint32_t[]){2, 2}, words);
        reader_struct(message_root(&message), 0);
        assert_defect(&message, cases[i].defect);
        free(frame);
    }
}

/* --- lists --- */

enum { ELEMENTS = ELEMENT_COMPOSITE + 1 };

/* One element of every kind: the composite has a word and a pointer. */
static struct list_reader read_one(struct message *message, enum element found,
                                   enum element expected)
{
    static uint64_t words[8];
    bool is_composite = found == ELEMENT_COMPOSITE;
    memset(words, 0, sizeof words);
    words[0] = STRUCT(0, 0, 1);
    words[1] = LIST(0, found, is_composite ? 2 : 1);
    words[2] = is_composite ? STRUCT(1, 1, 1) : 0;
    return reader_list(OPEN(message, words), 0, expected);
}

static void list__upgrades_as_the_encoding_allows(void **state)
{
    (void)state;
    /* rows: on the wire; columns: expected; in the order of enum element. */
    static const bool allowed[ELEMENTS][ELEMENTS] = {
        {1, 0, 0, 0, 0, 0, 0, 1}, /* void */
        {0, 1, 0, 0, 0, 0, 0, 0}, /* bit */
        {0, 0, 1, 0, 0, 0, 0, 1}, /* byte */
        {0, 0, 0, 1, 0, 0, 0, 1}, /* two bytes */
        {0, 0, 0, 0, 1, 0, 0, 1}, /* four bytes */
        {0, 0, 0, 0, 0, 1, 0, 1}, /* eight bytes */
        {0, 0, 0, 0, 0, 0, 1, 1}, /* pointer */
        {1, 0, 1, 1, 1, 1, 1, 1}, /* composite */
    };
    for (int found = 0; found < ELEMENTS; found++) {
        for (int expected = 0; expected < ELEMENTS; expected++) {
            struct message message;
            struct list_reader list =
                read_one(&message, (enum element)found, (enum element)expected);
            assert_int_equal(list.count, allowed[found][expected]);
            assert_int_equal(!message_error(&message), allowed[found][expected]);
        }
    }
}

static void list__of_structs_must_have_what_is_asked_for(void **state)
{
    (void)state;
    struct message message;
    const uint64_t data_only[] = {STRUCT(0, 0, 1), LIST(0, ELEMENT_COMPOSITE, 1),
                                  STRUCT(1, 1, 0), 7};
    assert_int_equal(reader_list(OPEN(&message, data_only), 0, ELEMENT_POINTER).count,
                     0);
    assert_defect(&message, "another element type");
    const uint64_t pointer_only[] = {STRUCT(0, 0, 1), LIST(0, ELEMENT_COMPOSITE, 1),
                                     STRUCT(1, 0, 1), 0};
    assert_int_equal(reader_list(OPEN(&message, pointer_only), 0, ELEMENT_BYTE).count,
                     0);
    assert_defect(&message, "another element type");
}

static void list__of_structs_keeps_its_stride_as_anything_else(void **state)
{
    (void)state;
    struct message message;
    const uint64_t words[] = {
        STRUCT(0, 0, 1),
        LIST(0, ELEMENT_COMPOSITE, 6),
        STRUCT(2, 1, 2),
        0x0101,
        LIST(4, ELEMENT_BYTE, 2),
        0,
        0x0202,
        LIST(2, ELEMENT_BYTE, 3),
        0,
        'a',
        'b' | 'c' << 8,
    };
    struct struct_reader root = OPEN(&message, words);
    struct list_reader numbers = reader_list(root, 0, ELEMENT_EIGHT_BYTES);
    assert_int_equal(list_u64(numbers, 0), 0x0101);
    assert_int_equal(list_i64(numbers, 1), 0x0202);
    assert_null(list_i64_array(numbers));
    struct list_reader bytes = reader_list(root, 0, ELEMENT_BYTE);
    assert_int_equal(list_u8(bytes, 1), 2);
    assert_null(list_u8_array(bytes));
    struct list_reader texts = reader_list(root, 0, ELEMENT_POINTER);
    assert_true(text_equal(list_text(texts, 0), TEXT("a")));
    assert_true(text_equal(list_text(texts, 1), TEXT("bc")));
    struct list_reader structs = reader_list(root, 0, ELEMENT_COMPOSITE);
    assert_int_equal(reader_u64(list_struct(structs, 1), 0), 0x0202);
    assert_true(text_equal(reader_text(list_struct(structs, 1), 0), TEXT("bc")));
    assert_null(message_error(&message));
}

static void list__of_anything_reads_as_structs(void **state)
{
    (void)state;
    struct message message;
    const uint64_t bytes[] = {STRUCT(0, 0, 1), LIST(0, ELEMENT_BYTE, 3), 0x030201};
    struct list_reader list = reader_list(OPEN(&message, bytes), 0, ELEMENT_COMPOSITE);
    struct struct_reader third = list_struct(list, 2);
    assert_int_equal(reader_u8(third, 0), 3);
    assert_int_equal(reader_u8(third, 1), 0);
    assert_int_equal(reader_u16(third, 0), 0);
    assert_true(reader_bit(third, 1, false));
    assert_false(reader_bit(third, 8, false));
    const uint64_t pointers[] = {STRUCT(0, 0, 1), LIST(0, ELEMENT_POINTER, 2),
                                 LIST(1, ELEMENT_BYTE, 2), 0, 'x'};
    list = reader_list(OPEN(&message, pointers), 0, ELEMENT_COMPOSITE);
    assert_true(text_equal(reader_text(list_struct(list, 0), 0), TEXT("x")));
    assert_false(reader_has(list_struct(list, 1), 0));
    assert_false(reader_has(list_struct(list, 1), 1));
    assert_null(message_error(&message));
}

static void list__arrays_are_read_in_place(void **state)
{
    (void)state;
    struct message message;
    const uint64_t words[] = {STRUCT(0, 0, 3),
                              LIST(2, ELEMENT_EIGHT_BYTES, 2),
                              LIST(3, ELEMENT_BYTE, 3),
                              LIST(3, ELEMENT_COMPOSITE, 2),
                              1,
                              2,
                              0x030201,
                              STRUCT(2, 1, 0),
                              3,
                              4};
    struct struct_reader root = OPEN(&message, words);
    struct list_reader numbers = reader_list(root, 0, ELEMENT_EIGHT_BYTES);
    assert_ptr_equal(list_i64_array(numbers), words + 4);
    assert_null(list_u8_array(numbers));
    struct list_reader bytes = reader_list(root, 1, ELEMENT_BYTE);
    assert_ptr_equal(list_u8_array(bytes), words + 6);
    assert_null(list_i64_array(bytes));
    /* Structs of one word lie as close as numbers. */
    struct list_reader upgraded = reader_list(root, 2, ELEMENT_EIGHT_BYTES);
    assert_ptr_equal(list_i64_array(upgraded), words + 8);
    assert_null(list_i64_array(reader_list(root, 7, ELEMENT_EIGHT_BYTES)));
    assert_null(message_error(&message));
}

static void list__of_bits_reads_each_bit(void **state)
{
    (void)state;
    struct message message;
    const uint64_t words[] = {STRUCT(0, 0, 1), LIST(0, ELEMENT_BIT, 10), 0x281};
    struct list_reader list = reader_list(OPEN(&message, words), 0, ELEMENT_BIT);
    assert_int_equal(list.count, 10);
    for (uint32_t i = 0; i < 10; i++)
        assert_int_equal(list_bit(list, i), i == 0 || i == 7 || i == 9);
}

static void list__stays_inside_its_segment(void **state)
{
    (void)state;
    static const struct {
        uint64_t pointer;
        uint64_t tag;
        const char *defect;
    } cases[] = {
        {LIST(0, ELEMENT_EIGHT_BYTES, 2), 0, "outside"},
        {LIST(0, ELEMENT_EIGHT_BYTES, 0x1fffffff), 0, "outside"},
        {LIST(0, ELEMENT_BIT, 65), 0, "outside"},
        {LIST(1, ELEMENT_BYTE, 1), 0, "outside"},
        {LIST(-3, ELEMENT_BYTE, 1), 0, "outside"},
        {LIST(1, ELEMENT_COMPOSITE, 0), 0, "outside"},
        {LIST(0, ELEMENT_COMPOSITE, 1), STRUCT(1, 1, 0), "outside"},
        {LIST(0, ELEMENT_COMPOSITE, 0x1fffffff), STRUCT(1, 1, 0), "outside"},
        {LIST(0, ELEMENT_COMPOSITE, 0), STRUCT(1, 1, 0), "struct list"},
        {LIST(0, ELEMENT_COMPOSITE, 0), STRUCT(0x3fffffff, 0xffff, 0xffff), "struct"},
        {LIST(0, ELEMENT_COMPOSITE, 0), STRUCT(0x20000000, 8, 0), "struct list"},
        {LIST(0, ELEMENT_COMPOSITE, 0), LIST(0, ELEMENT_BYTE, 0), "struct list"},
        {LIST(0, ELEMENT_COMPOSITE, 0), CAPABILITY(0), "struct list"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct message message;
        const uint64_t words[] = {STRUCT(0, 0, 1), cases[i].pointer, cases[i].tag};
        enum element expected = (enum element)(cases[i].pointer >> 32 & 7);
        reader_list(OPEN(&message, words), 0, expected);
        assert_defect(&message, cases[i].defect);
    }
}

static void list__may_have_slack_behind_its_elements(void **state)
{
    (void)state;
    struct message message;
    const uint64_t words[] = {
        STRUCT(0, 0, 1), LIST(0, ELEMENT_COMPOSITE, 3), STRUCT(1, 1, 0), 7, 8, 9};
    struct list_reader list = reader_list(OPEN(&message, words), 0, ELEMENT_COMPOSITE);
    assert_int_equal(list.count, 1);
    assert_int_equal(reader_u64(list_struct(list, 0), 0), 7);
    assert_null(message_error(&message));
}

/* --- text, data, capabilities --- */

static void text__ends_with_a_nul_that_is_not_counted(void **state)
{
    (void)state;
    struct message message;
    const uint64_t words[] = {STRUCT(0, 0, 3),          LIST(2, ELEMENT_BYTE, 3),
                              LIST(2, ELEMENT_BYTE, 1), LIST(0, ELEMENT_BYTE, 3),
                              'a' | 'b' << 8,           0};
    struct struct_reader root = OPEN(&message, words);
    assert_true(text_equal(reader_text(root, 0), TEXT("ab")));
    assert_int_equal(reader_text(root, 1).length, 0);
    assert_true(reader_has(root, 1));
    assert_int_equal(reader_data(root, 2).length, 3);
    assert_null(message_error(&message));
}

static void text__without_a_nul_is_refused(void **state)
{
    (void)state;
    static const uint64_t pointers[] = {LIST(0, ELEMENT_BYTE, 2),
                                        LIST(0, ELEMENT_BYTE, 0)};
    for (size_t i = 0; i < 2; i++) {
        struct message message;
        const uint64_t words[] = {STRUCT(0, 0, 1), pointers[i], 'a' | 'b' << 8};
        assert_int_equal(reader_text(OPEN(&message, words), 0).length, 0);
        assert_defect(&message, "NUL");
        /* The same bytes are good data. */
        struct text data = reader_data(OPEN(&message, words), 0);
        assert_int_equal(data.length, i == 0 ? 2 : 0);
        assert_null(message_error(&message));
    }
}

static void text__is_a_list_of_bytes(void **state)
{
    (void)state;
    static const uint64_t pointers[] = {
        LIST(0, ELEMENT_FOUR_BYTES, 1),
        LIST(0, ELEMENT_BIT, 8),
        LIST(0, ELEMENT_COMPOSITE, 0),
        STRUCT(0, 1, 0),
        CAPABILITY(0),
    };
    for (size_t i = 0; i < sizeof pointers / sizeof pointers[0]; i++) {
        struct message message;
        const uint64_t words[] = {STRUCT(0, 0, 1), pointers[i], 0};
        reader_text(OPEN(&message, words), 0);
        assert_defect(&message, "not a list");
    }
}

static void capability__is_an_index_and_nothing_else(void **state)
{
    (void)state;
    struct message message;
    uint32_t index = 99;
    const uint64_t words[] = {STRUCT(0, 0, 4),   CAPABILITY(0xfffffffe),
                              STRUCT(2, 1, 0),   0,
                              CAPABILITY(0) | 4, 7};
    struct struct_reader root = OPEN(&message, words);
    assert_true(reader_capability(root, 0, &index));
    assert_int_equal(index, 0xfffffffe);
    assert_false(reader_capability(root, 1, &index));
    assert_false(reader_capability(root, 2, &index));
    assert_false(reader_capability(root, 9, &index));
    assert_null(message_error(&message));
    assert_false(reader_capability(root, 3, &index));
    assert_defect(&message, "unknown kind");
}

/* --- the sticky error --- */

static void error__makes_every_reader_give_nothing(void **state)
{
    (void)state;
    struct message message;
    const uint64_t words[] = {STRUCT(0, 1, 3),
                              0x55,
                              LIST(2, ELEMENT_BYTE, 2),
                              LIST(2, ELEMENT_EIGHT_BYTES, 1),
                              CAPABILITY(4),
                              'a',
                              6};
    struct struct_reader root = OPEN(&message, words);
    struct list_reader list = reader_list(root, 1, ELEMENT_EIGHT_BYTES);
    uint32_t index;
    assert_int_equal(list_u64(list, 0), 6);
    message_fail(&message, "first");
    message_fail(&message, "second");
    assert_string_equal(message_error(&message), "first");
    assert_int_equal(reader_u64(root, 0), 0);
    assert_true(reader_bit(root, 0, true));
    assert_int_equal(reader_text(root, 0).length, 0);
    assert_int_equal(reader_list(root, 1, ELEMENT_EIGHT_BYTES).count, 0);
    assert_int_equal(list_u64(list, 0), 0);
    assert_null(list_i64_array(list));
    assert_int_equal(list_struct(list, 0).data_bits, 0);
    assert_false(reader_capability(root, 2, &index));
    assert_false(reader_has(root, 0));
    assert_int_equal(message_root(&message).data_bits, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frame_size__waits_for_the_whole_table),
        cmocka_unit_test(frame_size__refuses_counts_that_cannot_be),
        cmocka_unit_test(frame_size__adds_up_in_64_bits),
        cmocka_unit_test(frame_size__holds_to_both_limits),
        cmocka_unit_test(open__wants_exactly_one_frame),
        cmocka_unit_test(open__allows_empty_segments_but_for_the_root),
        cmocka_unit_test(struct__fields_read_in_every_width),
        cmocka_unit_test(struct__reads_zero_beyond_what_the_sender_knew),
        cmocka_unit_test(struct__of_nothing_is_not_null),
        cmocka_unit_test(struct__stays_inside_its_segment),
        cmocka_unit_test(struct__is_neither_list_nor_capability),
        cmocka_unit_test(depth__is_32),
        cmocka_unit_test(depth__counts_lists_of_numbers),
        cmocka_unit_test(depth__ends_a_cycle),
        cmocka_unit_test(depth__counts_lists_and_their_elements),
        cmocka_unit_test(budget__is_four_times_the_words_and_64),
        cmocka_unit_test(budget__is_charged_for_elements_of_nothing),
        cmocka_unit_test(budget__is_charged_for_structs_of_nothing),
        cmocka_unit_test(far__single_and_double_lead_to_the_object),
        cmocka_unit_test(far__pads_are_checked),
        cmocka_unit_test(list__upgrades_as_the_encoding_allows),
        cmocka_unit_test(list__of_structs_must_have_what_is_asked_for),
        cmocka_unit_test(list__of_structs_keeps_its_stride_as_anything_else),
        cmocka_unit_test(list__of_anything_reads_as_structs),
        cmocka_unit_test(list__arrays_are_read_in_place),
        cmocka_unit_test(list__of_bits_reads_each_bit),
        cmocka_unit_test(list__stays_inside_its_segment),
        cmocka_unit_test(list__may_have_slack_behind_its_elements),
        cmocka_unit_test(text__ends_with_a_nul_that_is_not_counted),
        cmocka_unit_test(text__without_a_nul_is_refused),
        cmocka_unit_test(text__is_a_list_of_bytes),
        cmocka_unit_test(capability__is_an_index_and_nothing_else),
        cmocka_unit_test(error__makes_every_reader_give_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
