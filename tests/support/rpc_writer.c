#include "tests/support/rpc_writer.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

static void close_message(struct builder *builder)
{
    enum psp_error error = builder_close(builder, NULL);
    assert(error == PSP_OK);
    (void)error;
}

void rpc_write_plain(struct buffer *to, uint16_t tag, uint64_t word)
{
    struct builder builder;
    builder_set_u64(rpc_message_open(&builder, to, tag, 3, 3), 0, word);
    close_message(&builder);
}

void rpc_write_bare(struct buffer *to, uint16_t tag)
{
    struct builder builder;
    struct struct_builder message =
        builder_open(&builder, to, RPC_MESSAGE_DATA_WORDS, RPC_MESSAGE_PTRS);
    builder_set_u16(message, RPC_MESSAGE_TAG_OFF, tag);
    close_message(&builder);
}

static void write_descriptor(struct struct_builder to, struct rpc_descriptor descriptor)
{
    builder_set_u16(to, RPC_CAP_DESCRIPTOR_TAG_OFF, descriptor.tag);
    if (descriptor.tag != RPC_CAP_DESCRIPTOR_THIRD_PARTY_HOSTED_TAG) {
        builder_set_u32(to, RPC_CAP_DESCRIPTOR_SENDER_HOSTED_OFF, descriptor.id);
        return;
    }
    struct struct_builder vine = builder_struct(
        to, RPC_CAP_DESCRIPTOR_THIRD_PARTY_HOSTED_PTR,
        RPC_THIRD_PARTY_CAP_DESCRIPTOR_DATA_WORDS, RPC_THIRD_PARTY_CAP_DESCRIPTOR_PTRS);
    builder_set_u32(vine, RPC_THIRD_PARTY_CAP_DESCRIPTOR_VINE_ID_OFF, descriptor.id);
}

void rpc_write_results(struct buffer *to, const struct rpc_results *results)
{
    struct builder builder;
    struct struct_builder back = rpc_message_open(
        &builder, to, RPC_MESSAGE_RETURN_TAG, RPC_RETURN_DATA_WORDS, RPC_RETURN_PTRS);
    builder_set_u64(back, 0, RETURN_WORD(results->id, RPC_RETURN_RESULTS_TAG));
    builder_set_bit(back, RPC_RETURN_NO_FINISH_NEEDED_BIT, results->no_finish);
    struct struct_builder payload = builder_struct(
        back, RPC_RETURN_RESULTS_PTR, RPC_PAYLOAD_DATA_WORDS, RPC_PAYLOAD_PTRS);
    if (results->is_capability) {
        builder_capability(payload, RPC_PAYLOAD_CONTENT_PTR, (uint32_t)results->field);
    } else {
        struct struct_builder content =
            builder_struct(payload, RPC_PAYLOAD_CONTENT_PTR, 0, 2);
        if (results->field != FIELD_NONE)
            builder_capability(content, 0, (uint32_t)results->field);
    }
    struct list_builder table =
        builder_structs(payload, RPC_PAYLOAD_CAP_TABLE_PTR, results->cap_count,
                        RPC_CAP_DESCRIPTOR_DATA_WORDS, RPC_CAP_DESCRIPTOR_PTRS);
    for (uint32_t i = 0; i < results->cap_count; i++)
        write_descriptor(list_builder_struct(table, i), results->caps[i < 3 ? i : 2]);
    close_message(&builder);
}

void rpc_write_exception(struct buffer *to, uint32_t id, uint16_t type,
                         const char *reason)
{
    struct builder builder;
    struct struct_builder back = rpc_message_open(
        &builder, to, RPC_MESSAGE_RETURN_TAG, RPC_RETURN_DATA_WORDS, RPC_RETURN_PTRS);
    builder_set_u64(back, 0, RETURN_WORD(id, RPC_RETURN_EXCEPTION_TAG));
    struct struct_builder exception = builder_struct(
        back, RPC_RETURN_EXCEPTION_PTR, RPC_EXCEPTION_DATA_WORDS, RPC_EXCEPTION_PTRS);
    builder_set_u16(exception, RPC_EXCEPTION_TYPE_OFF, type);
    builder_text(exception, RPC_EXCEPTION_REASON_PTR, text_of(reason));
    close_message(&builder);
}

void rpc_write_resolve(struct buffer *to, uint32_t promise,
                       struct rpc_descriptor descriptor)
{
    struct builder builder;
    struct struct_builder resolve =
        rpc_message_open(&builder, to, RPC_MESSAGE_RESOLVE_TAG, RPC_RESOLVE_DATA_WORDS,
                         RPC_RESOLVE_PTRS);
    builder_set_u32(resolve, RPC_RESOLVE_PROMISE_ID_OFF, promise);
    write_descriptor(builder_struct(resolve, RPC_RESOLVE_CAP_PTR,
                                    RPC_CAP_DESCRIPTOR_DATA_WORDS,
                                    RPC_CAP_DESCRIPTOR_PTRS),
                     descriptor);
    close_message(&builder);
}

void rpc_write_unimplemented(struct buffer *to, uint16_t tag, uint64_t word)
{
    struct builder builder;
    struct struct_builder echo =
        rpc_message_open(&builder, to, RPC_MESSAGE_UNIMPLEMENTED_TAG,
                         RPC_MESSAGE_DATA_WORDS, RPC_MESSAGE_PTRS);
    builder_set_u16(echo, RPC_MESSAGE_TAG_OFF, tag);
    builder_set_u64(builder_struct(echo, RPC_MESSAGE_CALL_PTR, 3, 3), 0, word);
    close_message(&builder);
}

static void write_target(struct struct_builder to, const struct rpc_call *call)
{
    if (!call->promised) {
        builder_set_u32(to, RPC_MESSAGE_TARGET_IMPORTED_CAP_OFF, call->target);
        builder_set_u16(to, RPC_MESSAGE_TARGET_TAG_OFF, call->target_tag);
        return;
    }
    builder_set_u16(to, RPC_MESSAGE_TARGET_TAG_OFF,
                    RPC_MESSAGE_TARGET_PROMISED_ANSWER_TAG);
    struct struct_builder promised =
        builder_struct(to, RPC_MESSAGE_TARGET_PROMISED_ANSWER_PTR,
                       RPC_PROMISED_ANSWER_DATA_WORDS, RPC_PROMISED_ANSWER_PTRS);
    builder_set_u32(promised, RPC_PROMISED_ANSWER_QUESTION_ID_OFF, call->target);
    struct list_builder path =
        builder_structs(promised, RPC_PROMISED_ANSWER_TRANSFORM_PTR, call->path_length,
                        RPC_PROMISED_ANSWER_OP_DATA_WORDS, RPC_PROMISED_ANSWER_OP_PTRS);
    for (uint32_t i = 0; i < call->path_length; i++) {
        struct struct_builder step = list_builder_struct(path, i);
        builder_set_u16(step, RPC_PROMISED_ANSWER_OP_TAG_OFF, call->path_op[i]);
        builder_set_u16(step, RPC_PROMISED_ANSWER_OP_GET_POINTER_FIELD_OFF,
                        call->path_field[i]);
    }
}

void rpc_write_call(struct buffer *to, const struct rpc_call *call)
{
    struct builder builder;
    struct struct_builder message = rpc_message_open(
        &builder, to, RPC_MESSAGE_CALL_TAG, RPC_CALL_DATA_WORDS, RPC_CALL_PTRS);
    builder_set_u32(message, RPC_CALL_QUESTION_ID_OFF, call->id);
    builder_set_u16(message, RPC_CALL_METHOD_ID_OFF, call->method);
    builder_set_u16(message, RPC_CALL_SEND_RESULTS_TO_TAG_OFF, call->send_results_to);
    builder_set_u64(message, RPC_CALL_INTERFACE_ID_OFF, call->interface);
    if (!call->null_target)
        write_target(builder_struct(message, RPC_CALL_TARGET_PTR,
                                    RPC_MESSAGE_TARGET_DATA_WORDS,
                                    RPC_MESSAGE_TARGET_PTRS),
                     call);
    if (!call->null_params) {
        struct struct_builder payload = builder_struct(
            message, RPC_CALL_PARAMS_PTR, RPC_PAYLOAD_DATA_WORDS, RPC_PAYLOAD_PTRS);
        struct struct_builder params =
            builder_struct(payload, RPC_PAYLOAD_CONTENT_PTR, 1, 2);
        builder_set_u64(params, 0, call->data);
        /* A list pointer of 2^29 - 1 bytes where a pointer field of the struct is. */
        if (call->damaged)
            builder_set_u64((struct struct_builder){.builder = params.builder,
                                                    .data = params.data + 1,
                                                    .data_words = 1},
                            0, 0xfffffffa00000001);
        struct list_builder table = builder_structs(
            payload, RPC_PAYLOAD_CAP_TABLE_PTR, call->carries_capability ? 1 : 0,
            RPC_CAP_DESCRIPTOR_DATA_WORDS, RPC_CAP_DESCRIPTOR_PTRS);
        if (call->carries_capability)
            write_descriptor(
                list_builder_struct(table, 0),
                (struct rpc_descriptor){RPC_CAP_DESCRIPTOR_SENDER_HOSTED_TAG, 3});
    }
    close_message(&builder);
}

/* --- the log -------------------------------------------------------------------------
 */

struct log {
    char *text;
    size_t room, length;
};

static void say(struct log *log, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void say(struct log *log, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length =
        vsnprintf(log->text + log->length, log->room - log->length, format, arguments);
    va_end(arguments);
    assert(length >= 0 && (size_t)length < log->room - log->length);
    log->length += (size_t)length;
}

static void say_target(struct log *log, struct struct_reader target)
{
    if (reader_u16(target, RPC_MESSAGE_TARGET_TAG_OFF) ==
        RPC_MESSAGE_TARGET_IMPORTED_CAP_TAG) {
        say(log, " on import %u",
            reader_u32(target, RPC_MESSAGE_TARGET_IMPORTED_CAP_OFF));
        return;
    }
    struct struct_reader promised =
        reader_struct(target, RPC_MESSAGE_TARGET_PROMISED_ANSWER_PTR);
    struct list_reader path =
        reader_list(promised, RPC_PROMISED_ANSWER_TRANSFORM_PTR, ELEMENT_COMPOSITE);
    say(log, " on answer %u [",
        reader_u32(promised, RPC_PROMISED_ANSWER_QUESTION_ID_OFF));
    for (uint32_t i = 0; i < path.count; i++)
        say(log, "%s%u", i ? " " : "",
            reader_u16(list_struct(path, i),
                       RPC_PROMISED_ANSWER_OP_GET_POINTER_FIELD_OFF));
    say(log, "]");
}

static void say_return(struct log *log, struct struct_reader back)
{
    static const char *const types[] = {"failed", "overloaded", "disconnected",
                                        "unimplemented"};
    struct struct_reader body = reader_struct(back, RPC_RETURN_RESULTS_PTR);
    say(log, "return %u", reader_u32(back, RPC_RETURN_ANSWER_ID_OFF));
    /* Level 0 towards the parameters' capabilities: always released. */
    if (!reader_bit(back, RPC_RETURN_RELEASE_PARAM_CAPS_BIT, true))
        say(log, " keeps parameters");
    switch (reader_u16(back, RPC_RETURN_TAG_OFF)) {
    case RPC_RETURN_RESULTS_TAG: {
        struct list_reader table =
            reader_list(body, RPC_PAYLOAD_CAP_TABLE_PTR, ELEMENT_COMPOSITE);
        say(log, " results");
        for (uint32_t i = 0; i < table.count; i++)
            say(log, " hosts %u", rpc_descriptor_read(list_struct(table, i)).id);
        return;
    }
    case RPC_RETURN_EXCEPTION_TAG: {
        struct text reason = reader_text(body, RPC_EXCEPTION_REASON_PTR);
        const char *colon =
            reason.length ? memchr(reason.bytes, ':', reason.length) : NULL;
        say(log, " %s %.*s", types[reader_u16(body, RPC_EXCEPTION_TYPE_OFF) & 3],
            colon ? (int)(colon - reason.bytes) : 0, reason.bytes);
        if (!colon)
            log->length--; /* the space */
        return;
    }
    case RPC_RETURN_CANCELED_TAG:
        say(log, " canceled");
        return;
    default:
        say(log, " ?");
    }
}

static void say_message(struct log *log, struct struct_reader root)
{
    struct struct_reader body = reader_struct(root, RPC_MESSAGE_CALL_PTR);
    uint32_t first = reader_u32(body, 0);
    switch (reader_u16(root, RPC_MESSAGE_TAG_OFF)) {
    case RPC_MESSAGE_BOOTSTRAP_TAG:
        say(log, "bootstrap %u", first);
        return;
    case RPC_MESSAGE_CALL_TAG:
        say(log, "call %u", first);
        say_target(log, reader_struct(body, RPC_CALL_TARGET_PTR));
        return;
    case RPC_MESSAGE_FINISH_TAG:
        say(log, "finish %u %s", first,
            reader_bit(body, RPC_FINISH_RELEASE_RESULT_CAPS_BIT, true) ? "release"
                                                                       : "keep");
        if (reader_bit(body, RPC_FINISH_EARLY_CANCELLATION_WORKAROUND_BIT, true))
            say(log, " with workaround");
        return;
    case RPC_MESSAGE_RELEASE_TAG:
        say(log, "release %u x%u", first,
            reader_u32(body, RPC_RELEASE_REFERENCE_COUNT_OFF));
        return;
    case RPC_MESSAGE_RETURN_TAG:
        say_return(log, body);
        return;
    case RPC_MESSAGE_ABORT_TAG:
        say(log, "abort");
        return;
    default:
        say(log, "message %u", reader_u16(root, RPC_MESSAGE_TAG_OFF));
    }
}

void rpc_log(struct buffer *sent, char *text, size_t room)
{
    struct log log = {text, room, 0};
    text[0] = '\0';
    while (buffer_length(sent)) {
        struct message message;
        size_t length;
        enum psp_error error =
            rpc_message_receive(sent, MESSAGE_WORDS_MAX, &message, &length);
        assert(error == PSP_OK && length != 0);
        (void)error;
        if (log.length)
            say(&log, "; ");
        say_message(&log, message_root(&message));
        text[log.length] = '\0';
        assert(!message_error(&message));
        buffer_consume(sent, length);
    }
}
