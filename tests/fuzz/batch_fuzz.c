/* batch_fuzz.c - any message, read as a Change, a Delta and a Query.
 *
 * A batch that is taken is sent again and must come back the same, row by row. */
#include <stdlib.h>
#include <string.h>

#include "proto/layout.h"
#include "proto/query.h"

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length);

enum { ROWS_MAX = 32 };

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void send_again(const struct batch *batch, struct names *names,
                       const union any_row *rows, uint32_t count)
{
    struct batch_shape shape = {.view = batch->view};
    const union any_row *pointers[ROWS_MAX];
    struct buffer buffer = {0};
    struct builder builder;
    struct message message;
    struct batch again;
    const char *why = NULL;
    for (uint32_t i = 0; i < view_table(batch->view)->column_count; i++)
        shape.column[i] = true;
    for (uint32_t i = 0; i < count; i++)
        pointers[i] = &rows[i];
    struct struct_builder change =
        builder_open(&builder, &buffer, PSP_CHANGE_DATA_WORDS, PSP_CHANGE_PTRS);
    batch_build(change, PSP_CHANGE_UPSERTS_PTR, &shape, names, pointers, count,
                batch->revision, batch->as_of_ms, batch->next_cursor);
    require(builder_close(&builder, NULL) == PSP_OK);
    require(message_open(&message, buffer_bytes(&buffer), buffer_length(&buffer)) ==
            PSP_OK);
    require(batch_open(reader_struct(message_root(&message), PSP_CHANGE_UPSERTS_PTR),
                       &again, &why) == PSP_OK);
    require(again.row_count == count && again.revision == batch->revision);
    for (uint32_t i = 0; i < count; i++) {
        union any_row row;
        require(batch_row(&again, i, names, &row, &why) == PSP_OK);
        require(row_equal(batch->view, &row, &rows[i]));
        row_drop(names, batch->view, &row);
    }
    buffer_release(&buffer);
}

static void read_rows(const struct batch *batch, struct names *names)
{
    union any_row rows[ROWS_MAX];
    uint32_t count = 0;
    for (uint32_t i = 0; i < batch->row_count && count < ROWS_MAX; i++) {
        const char *why = NULL;
        enum psp_error error = batch_row(batch, i, names, &rows[count], &why);
        require(error == PSP_OK || why != NULL);
        if (error == PSP_OK)
            count++;
    }
    send_again(batch, names, rows, count);
    for (uint32_t i = 0; i < count; i++)
        row_drop(names, batch->view, &rows[i]);
    require(names_count(names) == 0);
}

static void read_delta(struct struct_reader root, struct names *names)
{
    struct delta delta;
    const char *why = NULL;
    if (delta_read(root, &delta, &why) != PSP_OK) {
        require(why != NULL);
        return;
    }
    for (uint32_t i = 0; i < delta.changes.count; i++) {
        struct batch batch;
        struct list_reader deletes;
        if (delta_change(&delta, i, &batch, &deletes, &why) == PSP_OK)
            read_rows(&batch, names);
    }
}

static void read_query(struct struct_reader root)
{
    static struct query_arena arena;
    struct query query;
    const char *why = NULL;
    arena.used = 0;
    enum psp_error error = query_read(root, &arena, &query, &why);
    require(error == PSP_OK || why != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length)
{
    static struct names *names;
    if (!names)
        names = names_new();
    uint8_t *frame = malloc(length ? length : 1); /* aligned, and exactly as long */
    require(frame && names);
    memcpy(frame, input, length);
    for (int form = 0; form < 3; form++) {
        struct message message;
        struct batch batch;
        const char *why = NULL;
        if (message_open(&message, frame, length) != PSP_OK)
            break;
        struct struct_reader root = message_root(&message);
        if (form == 1)
            read_delta(root, names);
        else if (form == 2)
            read_query(root);
        else if (batch_open(reader_struct(root, PSP_CHANGE_UPSERTS_PTR), &batch,
                            &why) == PSP_OK)
            read_rows(&batch, names);
        else
            require(why != NULL);
    }
    free(frame);
    return 0;
}
