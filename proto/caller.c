#include "proto/caller.h"

#include <assert.h>
#include <stdlib.h>

#include "proto/caller_tables.h"
#include "proto/rpc_message.h"

enum {
    /* What an archive that does not read can make us hold. */
    OUTPUT_MAX = 4 * 1024 * 1024,
};

/* --- the end -----------------------------------------------------------------------
 */

static void run(caller_done *done, void *user, enum psp_error error, struct text reason)
{
    if (done)
        done(user, &(struct answer){.error = error, .reason = reason});
}

static void break_capability(struct caller *caller, cap handle, enum psp_error error)
{
    struct capability *capability = caller_capability(caller, handle);
    if (!capability || capability->state != CAPABILITY_PENDING)
        return;
    capability->state = CAPABILITY_BROKEN;
    capability->error = error;
}

/* Takes a question out of the table, or leaves it there as finished, then tells whoever
 * asked.  The table may grow and be reused inside the callback. */
static void end_question(struct caller *caller, uint32_t id, enum question_state state,
                         enum psp_error error, struct text reason)
{
    struct question question = caller->questions[id];
    caller->questions[id] = (struct question){.state = state};
    if (question.state != QUESTION_WAITS)
        return;
    caller->waiting--;
    break_capability(caller, question.result, error);
    run(question.done, question.user, error, reason);
}

static void stop(struct caller *caller, enum psp_error error, const char *defect)
{
    if (caller->stopped != PSP_OK)
        return;
    caller->stopped = error;
    caller->defect = defect;
    for (uint32_t id = 0; id < caller->question_capacity; id++)
        if (caller->questions[id].state != QUESTION_FREE)
            end_question(caller, id, QUESTION_FREE, PSP_DISCONNECTED, text_of(defect));
}

/* The peer broke the protocol: say so, and stop. */
static void violate(struct caller *caller, enum psp_error error, const char *defect)
{
    bool told = rpc_message_abort(caller->output, defect);
    (void)told; /* the link is closed in either case */
    stop(caller, error, defect);
}

/* --- sending -----------------------------------------------------------------------
 */

static void send_finish(struct caller *caller, uint32_t id, bool release_results)
{
    struct builder builder;
    if (caller->stopped != PSP_OK)
        return;
    struct struct_builder finish =
        rpc_message_open(&builder, caller->output, RPC_MESSAGE_FINISH_TAG,
                         RPC_FINISH_DATA_WORDS, RPC_FINISH_PTRS);
    builder_set_u32(finish, RPC_FINISH_QUESTION_ID_OFF, id);
    builder_set_bit(finish, RPC_FINISH_RELEASE_RESULT_CAPS_BIT, !release_results);
    builder_set_bit(finish, RPC_FINISH_EARLY_CANCELLATION_WORKAROUND_BIT, true);
    if (builder_close(&builder, NULL) != PSP_OK)
        stop(caller, PSP_NO_MEMORY, "out of memory");
}

static void send_release(struct caller *caller, uint32_t id, uint32_t count)
{
    if (caller->stopped == PSP_OK && !rpc_message_release(caller->output, id, count))
        stop(caller, PSP_NO_MEMORY, "out of memory");
}

/* Gives an import back once no handle needs it. */
static void release_unused(struct caller *caller, uint32_t id)
{
    struct import *import = caller_import(caller, id);
    if (!import || import->users)
        return;
    uint32_t references = import->references;
    caller_import_remove(caller, import);
    send_release(caller, id, references);
}

static void cancel(struct caller *caller, uint32_t id)
{
    send_finish(caller, id, true);
    if (caller->stopped == PSP_OK)
        end_question(caller, id, QUESTION_FINISHED, PSP_CANCELED, (struct text){0});
}

static enum psp_error call_state(const struct caller *caller,
                                 const struct capability *target)
{
    if (caller->stopped != PSP_OK)
        return PSP_DISCONNECTED;
    if (!target)
        return PSP_UNKNOWN;
    switch (target->state) {
    case CAPABILITY_PENDING:
        return PSP_OK;
    case CAPABILITY_IMPORTED:
        return caller_import(caller, target->place)->is_broken ? PSP_FAILED : PSP_OK;
    case CAPABILITY_BROKEN:
        return target->error;
    case CAPABILITY_LEAVING:
    case CAPABILITY_FREE:
        break;
    }
    return PSP_CANCELED;
}

static void build_target(const struct caller *caller, const struct capability *target,
                         struct struct_builder call)
{
    struct struct_builder to =
        builder_struct(call, RPC_CALL_TARGET_PTR, RPC_MESSAGE_TARGET_DATA_WORDS,
                       RPC_MESSAGE_TARGET_PTRS);
    if (target->state == CAPABILITY_IMPORTED) {
        builder_set_u32(to, RPC_MESSAGE_TARGET_IMPORTED_CAP_OFF, target->place);
        return;
    }
    builder_set_u16(to, RPC_MESSAGE_TARGET_TAG_OFF,
                    RPC_MESSAGE_TARGET_PROMISED_ANSWER_TAG);
    struct struct_builder promised =
        builder_struct(to, RPC_MESSAGE_TARGET_PROMISED_ANSWER_PTR,
                       RPC_PROMISED_ANSWER_DATA_WORDS, RPC_PROMISED_ANSWER_PTRS);
    builder_set_u32(promised, RPC_PROMISED_ANSWER_QUESTION_ID_OFF, target->place);
    if (caller->questions[target->place].is_bootstrap)
        return; /* the answer itself is the capability */
    struct list_builder path =
        builder_structs(promised, RPC_PROMISED_ANSWER_TRANSFORM_PTR, 1,
                        RPC_PROMISED_ANSWER_OP_DATA_WORDS, RPC_PROMISED_ANSWER_OP_PTRS);
    builder_set_u16(list_builder_struct(path, 0), RPC_PROMISED_ANSWER_OP_TAG_OFF,
                    RPC_PROMISED_ANSWER_OP_GET_POINTER_FIELD_TAG);
}

enum psp_error caller_call_begin(struct caller *caller, cap target, uint64_t interface,
                                 uint16_t method, uint16_t data_words,
                                 uint16_t pointers, struct call *call)
{
    const struct capability *capability = caller_capability(caller, target);
    enum psp_error error = call_state(caller, capability);
    if (error == PSP_OK)
        error = caller_question_find(caller, &call->question);
    if (error != PSP_OK)
        return error;
    call->target = target;
    struct struct_builder to =
        rpc_message_open(&call->builder, caller->output, RPC_MESSAGE_CALL_TAG,
                         RPC_CALL_DATA_WORDS, RPC_CALL_PTRS);
    builder_set_u32(to, RPC_CALL_QUESTION_ID_OFF, call->question);
    builder_set_u64(to, RPC_CALL_INTERFACE_ID_OFF, interface);
    builder_set_u16(to, RPC_CALL_METHOD_ID_OFF, method);
    build_target(caller, capability, to);
    struct struct_builder payload = builder_struct(
        to, RPC_CALL_PARAMS_PTR, RPC_PAYLOAD_DATA_WORDS, RPC_PAYLOAD_PTRS);
    call->params =
        builder_struct(payload, RPC_PAYLOAD_CONTENT_PTR, data_words, pointers);
    return PSP_OK;
}

/* Closes the message, and only then takes the question and the handle. */
static enum psp_error ask(struct caller *caller, struct builder *builder, uint32_t id,
                          struct question question, cap *result)
{
    if (result) {
        enum psp_error error = caller_capability_take(caller, &question.result);
        if (error != PSP_OK) {
            builder_abandon(builder);
            return error;
        }
    }
    enum psp_error error = builder_close(builder, NULL);
    if (error != PSP_OK)
        return error;
    question.state = QUESTION_WAITS;
    caller->questions[id] = question;
    caller->waiting++;
    if (result) {
        caller->capabilities[question.result - 1] =
            (struct capability){.state = CAPABILITY_PENDING, .place = id};
        *result = question.result;
    }
    return PSP_OK;
}

enum psp_error caller_call_end(struct caller *caller, struct call *call,
                               caller_done *done, void *user, cap *result)
{
    struct question question = {.target = call->target, .done = done, .user = user};
    return ask(caller, &call->builder, call->question, question, result);
}

enum psp_error caller_bootstrap(struct caller *caller, cap *totebox)
{
    struct builder builder;
    uint32_t id;
    if (caller->stopped != PSP_OK)
        return PSP_DISCONNECTED;
    enum psp_error error = caller_question_find(caller, &id);
    if (error != PSP_OK)
        return error;
    struct struct_builder bootstrap =
        rpc_message_open(&builder, caller->output, RPC_MESSAGE_BOOTSTRAP_TAG,
                         RPC_BOOTSTRAP_DATA_WORDS, RPC_BOOTSTRAP_PTRS);
    builder_set_u32(bootstrap, RPC_BOOTSTRAP_QUESTION_ID_OFF, id);
    return ask(caller, &builder, id, (struct question){.is_bootstrap = true}, totebox);
}

void caller_release(struct caller *caller, cap handle)
{
    struct capability *capability = caller_capability(caller, handle);
    if (!capability)
        return;
    struct capability was = *capability;
    capability->state = CAPABILITY_LEAVING; /* no call joins those cancelled below */
    if (was.state == CAPABILITY_PENDING)
        cancel(caller, was.place);
    for (uint32_t id = 0; id < caller->question_capacity; id++)
        if (caller->questions[id].state == QUESTION_WAITS &&
            caller->questions[id].target == handle)
            cancel(caller, id);
    if (was.state == CAPABILITY_IMPORTED) {
        caller_import(caller, was.place)->users--;
        release_unused(caller, was.place);
    }
    caller->capabilities[handle - 1] = (struct capability){.state = CAPABILITY_FREE};
}

/* --- receiving ---------------------------------------------------------------------
 */

/* What a Return brought besides its content. */
struct brought {
    struct rpc_descriptor descriptor[RPC_CAPABILITIES_MAX];
    uint32_t count;
    bool has_imports;
};

/* NULL, or the defect. */
static const char *read_brought(struct struct_reader payload, struct brought *brought)
{
    struct list_reader table =
        reader_list(payload, RPC_PAYLOAD_CAP_TABLE_PTR, ELEMENT_COMPOSITE);
    *brought = (struct brought){.count = table.count};
    if (table.count > RPC_CAPABILITIES_MAX)
        return "an answer carries too many capabilities";
    for (uint32_t i = 0; i < table.count; i++) {
        struct rpc_descriptor descriptor = rpc_descriptor_read(list_struct(table, i));
        brought->descriptor[i] = descriptor;
        if (rpc_descriptor_is_import(descriptor))
            brought->has_imports = true;
        else if (descriptor.tag == RPC_CAP_DESCRIPTOR_RECEIVER_HOSTED_TAG ||
                 descriptor.tag == RPC_CAP_DESCRIPTOR_RECEIVER_ANSWER_TAG)
            return "an answer names an object of the caller";
        else if (descriptor.tag != RPC_CAP_DESCRIPTOR_NONE_TAG)
            return "an answer has a capability of an unknown kind";
    }
    return NULL;
}

/* Each descriptor is one reference, whether the content points at it or not. */
static enum psp_error take_brought(struct caller *caller, const struct brought *brought)
{
    for (uint32_t i = 0; i < brought->count; i++) {
        struct rpc_descriptor descriptor = brought->descriptor[i];
        if (!rpc_descriptor_is_import(descriptor))
            continue;
        bool is_promise = descriptor.tag == RPC_CAP_DESCRIPTOR_SENDER_PROMISE_TAG;
        enum psp_error error = caller_import_add(caller, descriptor.id, is_promise);
        if (error != PSP_OK)
            return error;
    }
    return PSP_OK;
}

/* The handle that waited for this answer becomes the import that the content points at.
 */
static void settle(struct caller *caller, cap handle, const struct brought *brought,
                   bool has_index, uint32_t index)
{
    struct capability *capability = caller_capability(caller, handle);
    if (!capability)
        return;
    *capability = (struct capability){.state = CAPABILITY_BROKEN, .error = PSP_FAILED};
    if (!has_index || index >= brought->count ||
        !rpc_descriptor_is_import(brought->descriptor[index]))
        return;
    uint32_t id = brought->descriptor[index].id;
    caller_import(caller, id)->users++;
    *capability = (struct capability){.state = CAPABILITY_IMPORTED, .place = id};
}

/* The question is over for both sides; its id is free before the callback asks again.
 */
static struct question close_question(struct caller *caller, uint32_t id,
                                      bool needs_finish)
{
    struct question question = caller->questions[id];
    if (needs_finish)
        send_finish(caller, id, false);
    if (caller->stopped != PSP_OK)
        return (struct question){.state = QUESTION_FREE}; /* told by stop() */
    caller->questions[id] = (struct question){.state = QUESTION_FREE};
    caller->waiting--;
    return question;
}

/* The content of a Return: the results struct, and the capability that it is asked for.
 */
static bool read_content(const struct question *question, struct struct_reader payload,
                         struct answer *answer, uint32_t *index)
{
    if (question->is_bootstrap)
        return reader_capability(payload, RPC_PAYLOAD_CONTENT_PTR, index);
    answer->results = reader_struct(payload, RPC_PAYLOAD_CONTENT_PTR);
    return question->result && reader_capability(answer->results, 0, index);
}

static void receive_results(struct caller *caller, uint32_t id,
                            struct struct_reader reader, bool no_finish)
{
    struct struct_reader payload = reader_struct(reader, RPC_RETURN_RESULTS_PTR);
    struct answer answer = {.error = PSP_OK};
    struct brought brought;
    uint32_t index = 0;
    const char *defect = read_brought(payload, &brought);
    /* Of a cancelled call nothing counts: its Finish gave the capabilities back. */
    bool is_wanted = caller->questions[id].state == QUESTION_WAITS;
    bool has_index =
        is_wanted && read_content(&caller->questions[id], payload, &answer, &index);
    if (message_error(reader.message))
        defect = message_error(reader.message);
    if (defect) {
        violate(caller, PSP_MALFORMED, defect);
        return;
    }
    if (!is_wanted) {
        caller->questions[id] = (struct question){.state = QUESTION_FREE};
        return;
    }
    if (take_brought(caller, &brought) != PSP_OK) {
        violate(caller, PSP_LIMIT, "too many capabilities are alive");
        return;
    }
    struct question was = close_question(caller, id, !no_finish || brought.has_imports);
    if (was.state == QUESTION_FREE)
        return;
    settle(caller, was.result, &brought, has_index, index);
    for (uint32_t i = 0; i < brought.count; i++)
        if (rpc_descriptor_is_import(brought.descriptor[i]))
            release_unused(caller, brought.descriptor[i].id);
    if (was.done && caller->stopped == PSP_OK)
        was.done(was.user, &answer);
    else
        run(was.done, was.user, PSP_DISCONNECTED, (struct text){0});
}

static enum psp_error exception_error(struct struct_reader exception,
                                      struct text reason)
{
    enum psp_error error = psp_error_parse(reason);
    if (error != PSP_FAILED)
        return error;
    switch (reader_u16(exception, RPC_EXCEPTION_TYPE_OFF)) {
    case RPC_EXCEPTION_TYPE_OVERLOADED:
        return PSP_BUSY;
    case RPC_EXCEPTION_TYPE_DISCONNECTED:
        return PSP_CLOSING;
    case RPC_EXCEPTION_TYPE_UNIMPLEMENTED:
        return PSP_UNIMPLEMENTED;
    default:
        return PSP_FAILED;
    }
}

static void receive_exception(struct caller *caller, uint32_t id,
                              struct struct_reader reader, bool no_finish)
{
    struct struct_reader exception = reader_struct(reader, RPC_RETURN_EXCEPTION_PTR);
    struct text reason = reader_text(exception, RPC_EXCEPTION_REASON_PTR);
    enum psp_error error = exception_error(exception, reason);
    if (message_error(reader.message)) {
        violate(caller, PSP_MALFORMED, message_error(reader.message));
        return;
    }
    if (caller->questions[id].state == QUESTION_FINISHED) {
        caller->questions[id] = (struct question){.state = QUESTION_FREE};
        return;
    }
    struct question was = close_question(caller, id, !no_finish);
    if (was.state == QUESTION_FREE)
        return;
    break_capability(caller, was.result, error);
    run(was.done, was.user, error, reason);
}

static void receive_return(struct caller *caller, struct struct_reader reader)
{
    uint32_t id = reader_u32(reader, RPC_RETURN_ANSWER_ID_OFF);
    struct question *question = caller_question(caller, id);
    bool no_finish = reader_bit(reader, RPC_RETURN_NO_FINISH_NEEDED_BIT, false);
    if (!question) {
        violate(caller, PSP_MALFORMED, "an answer to a question that is not out");
        return;
    }
    switch (reader_u16(reader, RPC_RETURN_TAG_OFF)) {
    case RPC_RETURN_RESULTS_TAG:
        receive_results(caller, id, reader, no_finish);
        return;
    case RPC_RETURN_EXCEPTION_TAG:
        receive_exception(caller, id, reader, no_finish);
        return;
    case RPC_RETURN_CANCELED_TAG:
        if (question->state != QUESTION_FINISHED)
            break;
        *question = (struct question){.state = QUESTION_FREE};
        return;
    case RPC_RETURN_RESULTS_SENT_ELSEWHERE_TAG:
    case RPC_RETURN_TAKE_FROM_OTHER_QUESTION_TAG:
    case RPC_RETURN_ACCEPT_FROM_THIRD_PARTY_TAG:
    default:
        break;
    }
    violate(caller, PSP_MALFORMED, "an answer of a kind that was not asked for");
}

/* A promise of the archive became an object, of the archive too, whose reference we
 * give back: the promise's id stays good until it is released, and we go on calling
 * that. */
static void receive_resolve(struct caller *caller, struct struct_reader reader)
{
    struct import *import =
        caller_import(caller, reader_u32(reader, RPC_RESOLVE_PROMISE_ID_OFF));
    uint16_t tag = reader_u16(reader, RPC_RESOLVE_TAG_OFF);
    struct rpc_descriptor descriptor =
        rpc_descriptor_read(reader_struct(reader, RPC_RESOLVE_CAP_PTR));
    if (message_error(reader.message)) {
        violate(caller, PSP_MALFORMED, message_error(reader.message));
        return;
    }
    if (import && !import->is_promise) {
        violate(caller, PSP_MALFORMED, "what is no promise was resolved");
    } else if (tag == RPC_RESOLVE_EXCEPTION_TAG) {
        if (import) {
            import->is_promise = false;
            import->is_broken = true;
        }
    } else if (tag == RPC_RESOLVE_CAP_TAG && rpc_descriptor_is_import(descriptor)) {
        if (import)
            import->is_promise = false;
        send_release(caller, descriptor.id, 1);
    } else {
        violate(caller, PSP_MALFORMED,
                "a promise was resolved to no object of its own");
    }
}

/* The archive does not know the method's level: that question failed.  It has no answer
 * for it, so nothing is to be finished. */
static void receive_unimplemented(struct caller *caller, struct struct_reader echo)
{
    uint16_t tag = reader_u16(echo, RPC_MESSAGE_TAG_OFF);
    struct struct_reader asked = reader_struct(echo, RPC_MESSAGE_CALL_PTR);
    uint32_t id = tag == RPC_MESSAGE_CALL_TAG
                      ? reader_u32(asked, RPC_CALL_QUESTION_ID_OFF)
                      : reader_u32(asked, RPC_BOOTSTRAP_QUESTION_ID_OFF);
    bool is_question = tag == RPC_MESSAGE_CALL_TAG || tag == RPC_MESSAGE_BOOTSTRAP_TAG;
    if (!asked.message || message_error(asked.message) || !is_question ||
        !caller_question(caller, id))
        violate(caller, PSP_MALFORMED, "what was not asked is called unimplemented");
    else
        end_question(caller, id, QUESTION_FREE, PSP_UNIMPLEMENTED, (struct text){0});
}

static const char *unasked(uint16_t tag)
{
    switch (tag) {
    case RPC_MESSAGE_CALL_TAG:
        return "the archive calls, which it must not";
    case RPC_MESSAGE_BOOTSTRAP_TAG:
        return "the archive asks for an object of the caller";
    case RPC_MESSAGE_FINISH_TAG:
        return "the archive finishes what it did not ask";
    case RPC_MESSAGE_RELEASE_TAG:
        return "the archive releases what it was not given";
    default:
        return "the archive sends a message that no caller takes";
    }
}

/* Of an Abort's reason only the code is believed. */
static const char *why_left(struct struct_reader exception)
{
    struct text reason = reader_text(exception, RPC_EXCEPTION_REASON_PTR);
    return psp_error_parse(reason) == PSP_LIMIT
               ? "the archive ended the connection: over a limit of it"
               : "the archive ended the connection";
}

static void receive_message(struct caller *caller, struct message *message)
{
    struct struct_reader root = message_root(message);
    uint16_t tag = reader_u16(root, RPC_MESSAGE_TAG_OFF);
    struct struct_reader body = {0};
    if (tag == RPC_MESSAGE_RETURN_TAG || tag == RPC_MESSAGE_RESOLVE_TAG ||
        tag == RPC_MESSAGE_UNIMPLEMENTED_TAG) {
        body = reader_struct(root, RPC_MESSAGE_RETURN_PTR);
        if (!message_error(message) && !body.message)
            message_fail(message, "a message without a body");
    }
    if (message_error(message) || !root.message)
        violate(caller, PSP_MALFORMED,
                message_error(message) ? message_error(message) : "an empty message");
    else if (tag == RPC_MESSAGE_RETURN_TAG)
        receive_return(caller, body);
    else if (tag == RPC_MESSAGE_RESOLVE_TAG)
        receive_resolve(caller, body);
    else if (tag == RPC_MESSAGE_UNIMPLEMENTED_TAG)
        receive_unimplemented(caller, body);
    else if (tag == RPC_MESSAGE_ABORT_TAG)
        stop(caller, PSP_DISCONNECTED,
             why_left(reader_struct(root, RPC_MESSAGE_ABORT_PTR)));
    else
        violate(caller, PSP_MALFORMED, unasked(tag));
}

enum psp_error caller_receive(struct caller *caller, struct buffer *input)
{
    while (caller->stopped == PSP_OK) {
        struct message message;
        size_t length;
        enum psp_error error =
            rpc_message_receive(input, RPC_FRAME_WORDS_MAX, &message, &length);
        if (error != PSP_OK) {
            violate(caller, error, "a frame that can never be accepted");
            break;
        }
        if (length == 0)
            break;
        receive_message(caller, &message);
        buffer_consume(input, length);
        if (buffer_length(caller->output) > OUTPUT_MAX)
            stop(caller, PSP_LIMIT, "the archive does not read what it makes us send");
    }
    return caller->stopped;
}

/* --- life --------------------------------------------------------------------------
 */

struct caller *caller_new(struct buffer *output)
{
    struct caller *caller = calloc(1, sizeof *caller);
    if (caller)
        caller->output = output;
    return caller;
}

void caller_free(struct caller *caller)
{
    if (!caller)
        return;
    stop(caller, PSP_DISCONNECTED, "the connection was closed");
    free(caller->questions);
    free(caller->capabilities);
    free(caller->imports);
    free(caller);
}

const char *caller_defect(const struct caller *caller)
{
    return caller->defect ? caller->defect : "no defect";
}

uint32_t caller_outstanding(const struct caller *caller)
{
    return caller->waiting;
}
