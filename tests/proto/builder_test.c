/* builder_test.c - what the builder writes reads back as it was meant. */
#include "tests/support/cmocka_all.h"

#include <string.h>

#include "proto/builder.h"
#include "proto/layout.h"

static void builder__writes_what_the_reader_reads(void **state)
{
    (void)state;
    struct buffer buffer;
    struct builder builder;
    buffer_init(&buffer);
    struct struct_builder batch =
        builder_open(&builder, &buffer, PSP_BATCH_DATA_WORDS, PSP_BATCH_PTRS);
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
    struct struct_builder column = list_builder_struct(columns, 1);
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
    size_t frame_bytes;
    assert_int_equal(builder_close(&builder, &frame_bytes), PSP_OK);
    assert_int_equal(frame_bytes, buffer_length(&buffer));

    struct message message;
    assert_int_equal(message_open(&message, buffer_bytes(&buffer), frame_bytes),
                     PSP_OK);
    struct struct_reader read = message_root(&message);
    assert_int_equal(reader_u64(read, PSP_BATCH_REVISION_OFF), 7);
    assert_int_equal(reader_i64(read, PSP_BATCH_AS_OF_MS_OFF), -5);
    assert_int_equal(reader_u32(read, PSP_BATCH_ROW_COUNT_OFF), 3);
    assert_true(text_equal(reader_text(read, PSP_BATCH_VIEW_PTR), TEXT("position")));
    struct list_reader read_keys =
        reader_list(read, PSP_BATCH_KEYS_PTR, ELEMENT_POINTER);
    assert_int_equal(read_keys.count, 3);
    assert_true(text_equal(list_text(read_keys, 0), TEXT("a")));
    assert_true(text_equal(list_text(read_keys, 1), TEXT("")));
    assert_true(text_equal(list_text(read_keys, 2), TEXT("12345678")));
    struct list_reader read_columns =
        reader_list(read, PSP_BATCH_COLUMNS_PTR, ELEMENT_COMPOSITE);
    assert_int_equal(read_columns.count, 2);
    struct struct_reader read_column = list_struct(read_columns, 1);
    assert_int_equal(reader_u16(read_column, PSP_COLUMN_TAG_OFF), PSP_COLUMN_INTS_TAG);
    assert_true(text_equal(reader_text(reader_struct(read_column, PSP_COLUMN_INFO_PTR),
                                       PSP_COLUMN_INFO_NAME_PTR),
                           TEXT("noi")));
    struct list_reader read_marks =
        reader_list(read_column, PSP_COLUMN_MARKS_PTR, ELEMENT_BYTE);
    assert_int_equal(list_u8(read_marks, 2), 4);
    const uint8_t *codes = list_u8_array(read_marks);
    assert_true(codes && codes[2] == 4);
    const int64_t *numbers = list_i64_array(
        reader_list(read_column, PSP_COLUMN_INTS_PTR, ELEMENT_EIGHT_BYTES));
    assert_true(numbers && numbers[0] == INT64_MIN && numbers[1] == 0 &&
                numbers[2] == 9);
    assert_null(message_error(&message));
    buffer_release(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(builder__writes_what_the_reader_reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
