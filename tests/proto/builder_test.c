/* builder_test.c - what the builder writes, byte by byte, and what it does when it
 * cannot.  That the reference implementation reads it is shown by rebuild_test. */
#include "tests/support/cmocka_all.h"

#include <stdlib.h>

#include "proto/builder.h"
#include "proto/layout.h"

static struct buffer buffer;

/* Allocations that still succeed; the linker sends malloc here. */
static unsigned int mallocs_left = UINT32_MAX;
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

void *__wrap_malloc(size_t size)
{
    if (mallocs_left == 0)
        return NULL;
    mallocs_left--;
    return __real_malloc(size);
}

static int set_up(void **state)
{
    (void)state;
    buffer_init(&buffer);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    buffer_release(&buffer);
    return 0;
}

static void assert_words(const uint64_t *words, size_t bytes)
{
    assert_int_equal(buffer_length(&buffer), bytes);
    assert_memory_equal(buffer_bytes(&buffer), words, bytes);
}

static struct struct_reader reopen(struct message *message)
{
    assert_int_equal(
        message_open(message, buffer_bytes(&buffer), buffer_length(&buffer)), PSP_OK);
    return message_root(message);
}

/* --- bytes --- */

static void builder__writes_table_root_and_fields(void **state)
{
    (void)state;
    struct builder builder;
    size_t frame_bytes;
    struct struct_builder root = builder_open(&builder, &buffer, 2, 1);
    builder_set_u8(root, 0, 0x11);
    builder_set_u16(root, 2, 0x2233);
    builder_set_u32(root, 4, 0x44556677);
    builder_set_bit(root, 64, true);
    builder_set_bit(root, 127, true);
    builder_set_bit(root, 127, false);
    builder_set_bit(root, 126, true);
    assert_int_equal(builder_close(&builder, &frame_bytes), PSP_OK);
    assert_int_equal(frame_bytes, 40);
    const uint64_t words[] = {(uint64_t)4 << 32, 0x0001000200000000, 0x4455667722330011,
                              0x4000000000000001, 0};
    assert_words(words, sizeof words);
}

static void builder__flat_has_no_table(void **state)
{
    (void)state;
    struct builder builder;
    struct struct_builder root = builder_open_flat(&builder, &buffer, 1, 0);
    builder_set_i64(root, 0, -1);
    assert_int_equal(builder_close(&builder, NULL), PSP_OK);
    const uint64_t words[] = {0x0000000100000000, UINT64_MAX};
    assert_words(words, sizeof words);
}

static void builder__writes_text_data_and_capabilities(void **state)
{
    (void)state;
    struct builder builder;
    struct struct_builder root = builder_open_flat(&builder, &buffer, 0, 5);
    builder_text(root, 0, TEXT("1234567"));
    builder_text(root, 1, TEXT("12345678"));
    builder_data(root, 2, "12345678", 8);
    builder_capability(root, 4, 7);
    assert_int_equal(builder_close(&builder, NULL), PSP_OK);
    const uint64_t words[] = {
        0x0005000000000000,
        1 | 4 << 2 | (uint64_t)2 << 32 | (uint64_t)8 << 35,
        1 | 4 << 2 | (uint64_t)2 << 32 | (uint64_t)9 << 35,
        1 | 5 << 2 | (uint64_t)2 << 32 | (uint64_t)8 << 35,
        0,
        3 | (uint64_t)7 << 32,
        0x0037363534333231,
        0x3837363534333231,
        0,
        0x3837363534333231,
    };
    assert_words(words, sizeof words);
}

static void builder__writes_what_is_empty_as_null(void **state)
{
    (void)state;
    struct builder builder;
    struct struct_builder root = builder_open_flat(&builder, &buffer, 0, 4);
    builder_text(root, 0, TEXT(""));
    builder_data(root, 1, NULL, 0);
    assert_int_equal(builder_list(root, 2, ELEMENT_BYTE, 0).count, 0);
    assert_int_equal(builder_structs(root, 3, 0, 1, 1).count, 0);
    assert_int_equal(builder_close(&builder, NULL), PSP_OK);
    const uint64_t words[] = {0x0004000000000000, 0, 0, 0, 0};
    assert_words(words, sizeof words);
}

static void builder__structs_of_nothing_are_not_null(void **state)
{
    (void)state;
    struct builder builder;
    struct struct_builder root = builder_open_flat(&builder, &buffer, 0, 1);
    builder_struct(root, 0, 0, 0);
    assert_int_equal(builder_close(&builder, NULL), PSP_OK);
    const uint64_t words[] = {0x0001000000000000, 0x00000000fffffffc};
    assert_words(words, sizeof words);
}

static void builder__writes_lists_of_each_kind(void **state)
{
    (void)state;
    struct builder builder;
    struct struct_builder root = builder_open_flat(&builder, &buffer, 0, 4);
    struct list_builder bits = builder_list(root, 0, ELEMENT_BIT, 10);
    list_builder_bit(bits, 0, true);
    list_builder_bit(bits, 9, true);
    builder_list(root, 1, ELEMENT_VOID, 3);
    struct list_builder bytes = builder_list(root, 2, ELEMENT_BYTE, 2);
    list_builder_u8(bytes, 1, 0xfe);
    struct list_builder structs = builder_structs(root, 3, 2, 1, 0);
    builder_set_u64(list_builder_struct(structs, 1), 0, 5);
    assert_int_equal(builder_close(&builder, NULL), PSP_OK);
    const uint64_t words[] = {
        0x0004000000000000,
        1 | 3 << 2 | (uint64_t)1 << 32 | (uint64_t)10 << 35,
        1 | 3 << 2 | (uint64_t)0 << 32 | (uint64_t)3 << 35,
        1 | 2 << 2 | (uint64_t)2 << 32 | (uint64_t)2 << 35,
        1 | 2 << 2 | (uint64_t)7 << 32 | (uint64_t)2 << 35,
        0x201,
        0xfe00,
        2 << 2 | (uint64_t)1 << 32,
        0,
        5,
    };
    assert_words(words, sizeof words);
}

/* --- what is written reads back --- */

static void build_column(struct struct_builder column)
{
    builder_set_u16(column, PSP_COLUMN_TAG_OFF, PSP_COLUMN_INTS_TAG);
    struct struct_builder info = builder_struct(
        column, PSP_COLUMN_INFO_PTR, PSP_COLUMN_INFO_DATA_WORDS, PSP_COLUMN_INFO_PTRS);
    builder_text(info, PSP_COLUMN_INFO_NAME_PTR, TEXT("noi"));
    struct list_builder marks =
        builder_list(column, PSP_COLUMN_MARKS_PTR, ELEMENT_BYTE, 3);
    list_builder_u8(marks, 2, 4);
    struct list_builder ints =
        builder_list(column, PSP_COLUMN_INTS_PTR, ELEMENT_EIGHT_BYTES, 3);
    list_builder_i64(ints, 0, INT64_MIN);
    list_builder_i64(ints, 2, 9);
}

static enum psp_error build_batch(struct builder *builder, size_t *frame_bytes)
{
    struct struct_builder batch =
        builder_open(builder, &buffer, PSP_BATCH_DATA_WORDS, PSP_BATCH_PTRS);
    builder_set_u64(batch, PSP_BATCH_REVISION_OFF, 7);
    builder_set_i64(batch, PSP_BATCH_AS_OF_MS_OFF, -5);
    builder_set_u32(batch, PSP_BATCH_ROW_COUNT_OFF, 3);
    builder_text(batch, PSP_BATCH_VIEW_PTR, TEXT("position"));
    struct list_builder keys =
        builder_list(batch, PSP_BATCH_KEYS_PTR, ELEMENT_POINTER, 3);
    list_builder_text(keys, 0, TEXT("a"));
    list_builder_text(keys, 2, TEXT("12345678"));
    struct list_builder columns = builder_structs(
        batch, PSP_BATCH_COLUMNS_PTR, 2, PSP_COLUMN_DATA_WORDS, PSP_COLUMN_PTRS);
    build_column(list_builder_struct(columns, 1));
    return builder_close(builder, frame_bytes);
}

static void assert_column(struct struct_reader column)
{
    assert_int_equal(reader_u16(column, PSP_COLUMN_TAG_OFF), PSP_COLUMN_INTS_TAG);
    struct struct_reader info = reader_struct(column, PSP_COLUMN_INFO_PTR);
    assert_true(text_equal(reader_text(info, PSP_COLUMN_INFO_NAME_PTR), TEXT("noi")));
    struct list_reader marks = reader_list(column, PSP_COLUMN_MARKS_PTR, ELEMENT_BYTE);
    const uint8_t *codes = list_u8_array(marks);
    assert_true(codes && codes[0] == 0 && codes[2] == 4);
    const int64_t *numbers =
        list_i64_array(reader_list(column, PSP_COLUMN_INTS_PTR, ELEMENT_EIGHT_BYTES));
    assert_true(numbers && numbers[0] == INT64_MIN && numbers[1] == 0 &&
                numbers[2] == 9);
}

static void builder__batch_reads_back(void **state)
{
    (void)state;
    struct builder builder;
    struct message message;
    size_t frame_bytes;
    assert_int_equal(build_batch(&builder, &frame_bytes), PSP_OK);
    assert_int_equal(frame_bytes, buffer_length(&buffer));
    struct struct_reader batch = reopen(&message);
    assert_int_equal(reader_u64(batch, PSP_BATCH_REVISION_OFF), 7);
    assert_int_equal(reader_i64(batch, PSP_BATCH_AS_OF_MS_OFF), -5);
    assert_int_equal(reader_u32(batch, PSP_BATCH_ROW_COUNT_OFF), 3);
    assert_true(text_equal(reader_text(batch, PSP_BATCH_VIEW_PTR), TEXT("position")));
    struct list_reader keys = reader_list(batch, PSP_BATCH_KEYS_PTR, ELEMENT_POINTER);
    assert_int_equal(keys.count, 3);
    assert_true(text_equal(list_text(keys, 0), TEXT("a")));
    assert_true(text_equal(list_text(keys, 1), TEXT("")));
    assert_true(text_equal(list_text(keys, 2), TEXT("12345678")));
    struct list_reader columns =
        reader_list(batch, PSP_BATCH_COLUMNS_PTR, ELEMENT_COMPOSITE);
    assert_int_equal(columns.count, 2);
    assert_column(list_struct(columns, 1));
    assert_null(message_error(&message));
}

static void builder__frames_follow_each_other(void **state)
{
    (void)state;
    struct builder builder;
    size_t first;
    size_t second;
    assert_int_equal(build_batch(&builder, &first), PSP_OK);
    struct struct_builder root = builder_open(&builder, &buffer, 1, 0);
    builder_set_u64(root, 0, 1);
    builder_abandon(&builder);
    assert_int_equal(buffer_length(&buffer), first);
    assert_int_equal(build_batch(&builder, &second), PSP_OK);
    assert_int_equal(second, first);
    assert_int_equal(buffer_length(&buffer), first + second);
    assert_memory_equal(buffer_bytes(&buffer), buffer_bytes(&buffer) + first, first);
}

static void builder__frames_survive_what_was_sent_before_them(void **state)
{
    (void)state;
    struct builder builder;
    size_t first;
    size_t second;
    assert_int_equal(build_batch(&builder, &first), PSP_OK);
    buffer_consume(&buffer, first - 3);
    assert_int_equal(build_batch(&builder, &second), PSP_OK);
    buffer_consume(&buffer, 3);
    struct message message;
    struct struct_reader batch = reopen(&message);
    assert_int_equal(reader_u64(batch, PSP_BATCH_REVISION_OFF), 7);
}

/* --- when it cannot --- */

static void builder__takes_the_frame_back_when_memory_is_short(void **state)
{
    (void)state;
    struct builder builder;
    unsigned int failures = 0;
    char long_text[3000] = "long";
    for (unsigned int allowed = 0;; allowed++) {
        size_t before = 0;
        buffer_release(&buffer);
        mallocs_left = allowed;
        if (buffer_append(&buffer, "12345678", 8))
            before = 8;
        struct struct_builder root = builder_open(&builder, &buffer, 1, 3);
        builder_data(root, 0, long_text, sizeof long_text);
        struct list_builder list = builder_structs(root, 1, 500, 1, 2);
        builder_text(list_builder_struct(list, 499), 0, TEXT("last"));
        builder_capability(root, 2, 1);
        builder_set_u64(root, 0, 1);
        enum psp_error error = builder_close(&builder, NULL);
        mallocs_left = UINT32_MAX;
        if (error == PSP_OK)
            break;
        assert_int_equal(error, PSP_NO_MEMORY);
        assert_int_equal(buffer_length(&buffer), before);
        failures++;
    }
    assert_true(failures >= 3);
}

static void builder__takes_the_frame_back_when_it_grows_too_long(void **state)
{
    (void)state;
    struct builder builder;
    static const uint32_t counts[] = {MESSAGE_WORDS_MAX - 1, MESSAGE_WORDS_MAX,
                                      UINT32_MAX};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        struct struct_builder root = builder_open(&builder, &buffer, 0, 1);
        builder_list(root, 0, ELEMENT_EIGHT_BYTES, counts[i]);
        assert_int_equal(builder_close(&builder, NULL), PSP_LIMIT);
        root = builder_open(&builder, &buffer, 0, 1);
        builder_structs(root, 0, counts[i], 0xffff, 0xffff);
        assert_int_equal(builder_close(&builder, NULL), PSP_LIMIT);
        root = builder_open(&builder, &buffer, 0, 1);
        builder_data(root, 0, "", (size_t)counts[i] * 8);
        assert_int_equal(builder_close(&builder, NULL), PSP_LIMIT);
        assert_int_equal(buffer_length(&buffer), 0);
    }
    struct struct_builder root = builder_open(&builder, &buffer, 0, 1);
    builder_list(root, 0, ELEMENT_EIGHT_BYTES, MESSAGE_WORDS_MAX - 2);
    size_t frame_bytes;
    assert_int_equal(builder_close(&builder, &frame_bytes), PSP_OK);
    assert_int_equal(frame_bytes, 8 + 8 * MESSAGE_WORDS_MAX);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(builder__writes_table_root_and_fields),
        TEST(builder__flat_has_no_table),
        TEST(builder__writes_text_data_and_capabilities),
        TEST(builder__writes_what_is_empty_as_null),
        TEST(builder__structs_of_nothing_are_not_null),
        TEST(builder__writes_lists_of_each_kind),
        TEST(builder__batch_reads_back),
        TEST(builder__frames_follow_each_other),
        TEST(builder__frames_survive_what_was_sent_before_them),
        TEST(builder__takes_the_frame_back_when_memory_is_short),
        TEST(builder__takes_the_frame_back_when_it_grows_too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
