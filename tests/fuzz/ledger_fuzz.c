/* ledger_fuzz.c - any bytes as a line of the ledger.
 *
 * What is read and found legal must come out of the writer such that it reads back as
 * the same line. */
#include <stdio.h>
#include <stdlib.h>

#include "totebox/line.h"

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length);

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void write_line(const struct line *line, struct buffer *out)
{
    char head[128];
    int length =
        snprintf(head, sizeof(head), "{\"v\":1,\"seq\":%llu,\"at\":%lld,\"left\":%llu,",
                 (unsigned long long)line->seq, (long long)line->at_ms,
                 (unsigned long long)line->left);

    require(buffer_append(out, head, (size_t)length) && line_write_body(line, out) &&
            buffer_append(out, ",\"prev\":", 8) && json_write_string(out, line->prev) &&
            buffer_append(out, "}", 1));
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length)
{
    struct buffer first, second;
    struct line line, again;
    struct problem problem;

    if (length == 0 || length > LINE_BYTES_MAX)
        return 0;
    buffer_init(&first);
    buffer_init(&second);
    require(buffer_append(&first, input, length));
    if (line_read((char *)buffer_bytes(&first), (uint32_t)length, &line, &problem) ==
            ARCHIVE_OK &&
        line_check(&line, &problem) == ARCHIVE_OK) {
        write_line(&line, &second);
        require(line_read((char *)buffer_bytes(&second),
                          (uint32_t)buffer_length(&second), &again,
                          &problem) == ARCHIVE_OK);
        require(again.type == line.type && again.seq == line.seq &&
                again.at_ms == line.at_ms && again.left == line.left &&
                text_equal(again.prev, line.prev));
        for (int i = 0; i < FIELD_COUNT; i++)
            require(text_equal(again.field[i], line.field[i]));
    }
    buffer_release(&first);
    buffer_release(&second);
    return 0;
}
