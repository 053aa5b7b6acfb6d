#include "proto/command.h"
#include "proto/layout.h"

static const char receipt_label[] = "PointSav PSP receipt v1";

const char *receipt_state_name(enum receipt_state state)
{
    static const char *const names[RECEIPT_STATES] = {
        [RECEIPT_UNKNOWN] = "unknown", [RECEIPT_ACCEPTED] = "accepted",
        [RECEIPT_RUNNING] = "running", [RECEIPT_DONE] = "done",
        [RECEIPT_REFUSED] = "refused", [RECEIPT_FAILED] = "failed",
        [RECEIPT_EXPIRED] = "expired",
    };
    return state < RECEIPT_STATES ? names[state] : names[RECEIPT_UNKNOWN];
}

static uint16_t receipt_words(const struct receipt *receipt)
{
    return receipt->ledger_size ? 4
           : receipt->at_ms     ? 3
           : receipt->revision  ? 2
           : receipt->state     ? 1
                                : 0;
}

static void build_fields(const struct receipt *receipt, struct struct_builder to)
{
    if (receipt->state)
        builder_set_u16(to, PSP_RECEIPT_STATE_OFF, (uint16_t)receipt->state);
    if (receipt->revision)
        builder_set_u64(to, PSP_RECEIPT_REVISION_OFF, receipt->revision);
    if (receipt->at_ms)
        builder_set_i64(to, PSP_RECEIPT_AT_MS_OFF, receipt->at_ms);
    if (receipt->ledger_size)
        builder_set_u64(to, PSP_RECEIPT_LEDGER_SIZE_OFF, receipt->ledger_size);
    builder_data(to, PSP_RECEIPT_ID_PTR, receipt->id, COMMAND_ID_BYTES);
    builder_text(to, PSP_RECEIPT_MESSAGE_PTR, receipt->message);
    builder_data(to, PSP_RECEIPT_LINK_ID_PTR, receipt->link_id, HASH_BYTES);
}

enum psp_error receipt_encode(const struct receipt *receipt, struct buffer *out)
{
    struct builder builder;

    build_fields(receipt, builder_open_flat(&builder, out, receipt_words(receipt),
                                            PSP_RECEIPT_LINK_ID_PTR + 1));
    return builder_close(&builder, NULL);
}

/* label(32) || canonical Receipt, ready to be signed. */
static enum psp_error signed_bytes(const struct receipt *receipt, struct buffer *out)
{
    uint8_t label[PURPOSE_BYTES];

    purpose_write(receipt_label, label);
    if (!buffer_append(out, label, sizeof label))
        return PSP_NO_MEMORY;
    return receipt_encode(receipt, out);
}

enum psp_error receipt_sign(struct receipt *receipt, const struct key_pair *authority)
{
    struct buffer bytes;

    buffer_init(&bytes);
    enum psp_error error = signed_bytes(receipt, &bytes);
    if (error == PSP_OK)
        sign(authority, buffer_bytes(&bytes), buffer_length(&bytes),
             receipt->signature);
    buffer_release(&bytes);
    return error;
}

enum psp_error receipt_verify(const struct receipt *receipt,
                              const uint8_t authority[KEY_BYTES])
{
    struct buffer bytes;

    buffer_init(&bytes);
    enum psp_error error = signed_bytes(receipt, &bytes);
    if (error == PSP_OK &&
        !signature_verifies(authority, buffer_bytes(&bytes), buffer_length(&bytes),
                            receipt->signature))
        error = PSP_SIGNATURE;
    buffer_release(&bytes);
    return error;
}

static bool take_bytes(struct struct_reader from, uint16_t pointer, uint8_t *to,
                       uint32_t length)
{
    struct text data = reader_data(from, pointer);

    if (data.length != length)
        return false;
    memcpy(to, data.bytes, length);
    return true;
}

enum psp_error receipt_read(struct struct_reader reader, struct receipt *receipt)
{
    uint16_t state = reader_u16(reader, PSP_RECEIPT_STATE_OFF);
    struct receipt read = {
        .state = state < RECEIPT_STATES ? state : RECEIPT_UNKNOWN,
        .revision = reader_u64(reader, PSP_RECEIPT_REVISION_OFF),
        .at_ms = reader_i64(reader, PSP_RECEIPT_AT_MS_OFF),
        .message = reader_text(reader, PSP_RECEIPT_MESSAGE_PTR),
        .ledger_size = reader_u64(reader, PSP_RECEIPT_LEDGER_SIZE_OFF),
    };

    if (!reader.message ||
        !take_bytes(reader, PSP_RECEIPT_ID_PTR, read.id, COMMAND_ID_BYTES) ||
        !take_bytes(reader, PSP_RECEIPT_LINK_ID_PTR, read.link_id, HASH_BYTES) ||
        !take_bytes(reader, PSP_RECEIPT_SIGNATURE_PTR, read.signature,
                    SIGNATURE_BYTES) ||
        read.message.length > RECEIPT_MESSAGE_BYTES_MAX ||
        message_error(reader.message))
        return PSP_MALFORMED;
    *receipt = read;
    return PSP_OK;
}

void receipt_build(const struct receipt *receipt, struct struct_builder in,
                   uint16_t pointer)
{
    struct struct_builder to =
        builder_struct(in, pointer, PSP_RECEIPT_DATA_WORDS, PSP_RECEIPT_PTRS);

    build_fields(receipt, to);
    builder_data(to, PSP_RECEIPT_SIGNATURE_PTR, receipt->signature, SIGNATURE_BYTES);
}
