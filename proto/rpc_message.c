#include "proto/rpc_message.h"

struct struct_builder rpc_message_open(struct builder *builder, struct buffer *output,
                                       uint16_t tag, uint16_t data_words,
                                       uint16_t pointers)
{
    struct struct_builder message =
        builder_open(builder, output, RPC_MESSAGE_DATA_WORDS, RPC_MESSAGE_PTRS);
    builder_set_u16(message, RPC_MESSAGE_TAG_OFF, tag);
    return builder_struct(message, RPC_MESSAGE_CALL_PTR, data_words, pointers);
}

enum psp_error rpc_message_receive(const struct buffer *input, uint32_t limit_words,
                                   struct message *message, size_t *length)
{
    size_t held = buffer_length(input), frame;
    *length = 0;
    enum psp_error error =
        message_frame_size(buffer_bytes(input), held, limit_words, &frame);
    if (error != PSP_OK || frame == 0 || frame > held)
        return error;
    *length = frame;
    return message_open(message, buffer_bytes(input), frame);
}

bool rpc_message_abort(struct buffer *output, const char *reason)
{
    struct builder builder;
    struct struct_builder exception =
        rpc_message_open(&builder, output, RPC_MESSAGE_ABORT_TAG,
                         RPC_EXCEPTION_DATA_WORDS, RPC_EXCEPTION_PTRS);
    builder_set_u16(exception, RPC_EXCEPTION_TYPE_OFF, RPC_EXCEPTION_TYPE_FAILED);
    builder_text(exception, RPC_EXCEPTION_REASON_PTR, text_of(reason));
    return builder_close(&builder, NULL) == PSP_OK;
}

bool rpc_message_release(struct buffer *output, uint32_t id, uint32_t count)
{
    struct builder builder;
    struct struct_builder release =
        rpc_message_open(&builder, output, RPC_MESSAGE_RELEASE_TAG,
                         RPC_RELEASE_DATA_WORDS, RPC_RELEASE_PTRS);
    builder_set_u32(release, RPC_RELEASE_ID_OFF, id);
    builder_set_u32(release, RPC_RELEASE_REFERENCE_COUNT_OFF, count);
    return builder_close(&builder, NULL) == PSP_OK;
}

struct rpc_descriptor rpc_descriptor_read(struct struct_reader reader)
{
    struct rpc_descriptor descriptor = {
        .tag = reader_u16(reader, RPC_CAP_DESCRIPTOR_TAG_OFF)};
    uint32_t offset = RPC_CAP_DESCRIPTOR_SENDER_HOSTED_OFF;
    if (descriptor.tag == RPC_CAP_DESCRIPTOR_THIRD_PARTY_HOSTED_TAG) {
        reader = reader_struct(reader, RPC_CAP_DESCRIPTOR_THIRD_PARTY_HOSTED_PTR);
        offset = RPC_THIRD_PARTY_CAP_DESCRIPTOR_VINE_ID_OFF;
    }
    descriptor.id = reader_u32(reader, offset);
    return descriptor;
}

bool rpc_descriptor_is_import(struct rpc_descriptor descriptor)
{
    return descriptor.tag == RPC_CAP_DESCRIPTOR_SENDER_HOSTED_TAG ||
           descriptor.tag == RPC_CAP_DESCRIPTOR_SENDER_PROMISE_TAG ||
           descriptor.tag == RPC_CAP_DESCRIPTOR_THIRD_PARTY_HOSTED_TAG;
}
