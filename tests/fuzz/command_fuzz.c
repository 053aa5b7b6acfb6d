/* command_fuzz.c - any bytes as a command or a receipt: read, and written again.
 *
 * Whatever is read has one canonical encoding and one digest, and a flat input is
 * accepted only when it is that encoding.  A receipt that is read is re-encoded. */
#include <stdlib.h>
#include <string.h>

#include "proto/command.h"

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length);

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void require_one_encoding(const struct command *command, struct buffer *out)
{
    struct command again;
    enum psp_error error = command_encode(command, out);

    require(error == PSP_OK || error == PSP_LIMIT);
    if (error == PSP_OK)
        require(command_decode(buffer_bytes(out), buffer_length(out), &again) ==
                PSP_OK);
}

static void run(struct message *message, const struct buffer *bytes, bool is_flat)
{
    struct command command;
    struct receipt receipt;
    struct buffer out;
    const char *why;

    buffer_init(&out);
    if (command_read(message_root(message), &command, &why) == PSP_OK) {
        require_one_encoding(&command, &out);
        if (is_flat && buffer_length(&out))
            require(
                (command_decode(buffer_bytes(bytes), buffer_length(bytes), &command) ==
                 PSP_OK) == (buffer_length(&out) == buffer_length(bytes) &&
                             memcmp(buffer_bytes(&out), buffer_bytes(bytes),
                                    buffer_length(bytes)) == 0));
    }
    buffer_truncate(&out, 0);
    if (receipt_read(message_root(message), &receipt) == PSP_OK)
        require(receipt_encode(&receipt, &out) == PSP_OK && buffer_length(&out) >= 56);
    buffer_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length)
{
    struct message message;
    struct buffer bytes;

    if (length == 0)
        return 0;
    buffer_init(&bytes);
    require(buffer_append(&bytes, input, length));
    if (message_open(&message, buffer_bytes(&bytes), length) == PSP_OK)
        run(&message, &bytes, false);
    if (length % 8 == 0 &&
        message_open_flat(&message, buffer_bytes(&bytes), length) == PSP_OK)
        run(&message, &bytes, true);
    buffer_release(&bytes);
    return 0;
}
