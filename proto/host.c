#include "proto/host.h"

#include <stdio.h>
#include <stdlib.h>

#include "proto/host_tables.h"
#include "proto/rpc_message.h"

enum { OUTPUT_HIGH = 1 << 20 }; /* bytes unsent at which no more calls are taken */

/* --- the end -----------------------------------------------------------------------
 */

static void stop(struct host *host, enum psp_error error, const char *defect)
{
    if (host->stopped != PSP_OK)
        return;
    host->stopped = error;
    host->defect = defect;
}

void host_violate(struct host *host, enum psp_error error, const char *defect)
{
    if (host->stopped != PSP_OK)
        return;
    char reason[160];
    const char *wire = psp_error_wire(error);
    snprintf(reason, sizeof reason, "%s%s%s", wire ? wire : "", wire ? ": " : "",
             defect);
    bool told = rpc_message_abort(host->output, reason);
    (void)told; /* the connection is closed in either case */
    stop(host, error, defect);
}

/* --- returns -----------------------------------------------------------------------
 */

/* The one place that maps what went wrong here to what the peer is told. */
static void build_exception(struct refusal refusal, struct struct_builder in,
                            uint16_t pointer)
{
    char reason[160];
    uint16_t type = RPC_EXCEPTION_TYPE_FAILED;
    enum psp_error error = refusal.error == PSP_NO_MEMORY ? PSP_BUSY : refusal.error;
    const char *wire = psp_error_wire(error);
    const char *text = refusal.text ? refusal.text : psp_error_words(error);
    if (error == PSP_BUSY)
        type = RPC_EXCEPTION_TYPE_OVERLOADED;
    else if (error == PSP_CLOSING)
        type = RPC_EXCEPTION_TYPE_DISCONNECTED;
    else if (error == PSP_UNIMPLEMENTED)
        type = RPC_EXCEPTION_TYPE_UNIMPLEMENTED;
    int length = snprintf(reason, sizeof reason, "%s%s%s", wire ? wire : "",
                          wire ? ": " : "", text);
    if (length >= (int)sizeof reason)
        length = sizeof reason - 1;
    struct struct_builder exception =
        builder_struct(in, pointer, RPC_EXCEPTION_DATA_WORDS, RPC_EXCEPTION_PTRS);
    builder_set_u16(exception, RPC_EXCEPTION_TYPE_OFF, type);
    builder_text(exception, RPC_EXCEPTION_REASON_PTR,
                 (struct text){reason, (uint32_t)length});
}

/* releaseParamCaps keeps its default, true: no capability of a caller is ever kept. */
static struct struct_builder return_open(struct host *host, uint32_t id, uint16_t tag)
{
    struct struct_builder to =
        rpc_message_open(&host->builder, host->output, RPC_MESSAGE_RETURN_TAG,
                         RPC_RETURN_DATA_WORDS, RPC_RETURN_PTRS);
    builder_set_u32(to, RPC_RETURN_ANSWER_ID_OFF, id);
    builder_set_u16(to, RPC_RETURN_TAG_OFF, tag);
    return to;
}

/* The answer is given: what it held while it was pending goes. */
static void settle(struct host *host, uint32_t id, enum answer_state state)
{
    struct answer_entry *answer = host_answer(host, id);
    uint32_t target = answer->target;
    answer->state = state;
    answer->ticket = 0;
    answer->target = EXPORT_NONE;
    if (target == EXPORT_NONE)
        return;
    if (answer->holds_credit)
        host->exports[target].pending--;
    answer->holds_credit = false;
    host_drop(host, target);
}

void host_refuse(struct host *host, uint32_t answer_id, struct refusal refusal)
{
    struct struct_builder to = return_open(host, answer_id, RPC_RETURN_EXCEPTION_TAG);
    build_exception(refusal, to, RPC_RETURN_EXCEPTION_PTR);
    if (builder_close(&host->builder, NULL) != PSP_OK)
        stop(host, PSP_NO_MEMORY, "out of memory");
    host_answer(host, answer_id)->refusal = refusal;
    settle(host, answer_id, ANSWER_REFUSED);
}

static struct struct_builder payload_open(struct host *host, uint32_t answer_id)
{
    struct struct_builder to = return_open(host, answer_id, RPC_RETURN_RESULTS_TAG);
    host->payload = builder_struct(to, RPC_RETURN_RESULTS_PTR, RPC_PAYLOAD_DATA_WORDS,
                                   RPC_PAYLOAD_PTRS);
    return host->payload;
}

struct struct_builder host_results_open(struct host *host, uint32_t answer_id,
                                        uint16_t data_words, uint16_t pointers)
{
    return builder_struct(payload_open(host, answer_id), RPC_PAYLOAD_CONTENT_PTR,
                          data_words, pointers);
}

enum psp_error host_results_close(struct host *host, uint32_t answer_id,
                                  uint32_t result)
{
    if (result != EXPORT_NONE) {
        struct list_builder table =
            builder_structs(host->payload, RPC_PAYLOAD_CAP_TABLE_PTR, 1,
                            RPC_CAP_DESCRIPTOR_DATA_WORDS, RPC_CAP_DESCRIPTOR_PTRS);
        struct struct_builder descriptor = list_builder_struct(table, 0);
        builder_set_u16(descriptor, RPC_CAP_DESCRIPTOR_TAG_OFF,
                        RPC_CAP_DESCRIPTOR_SENDER_HOSTED_TAG);
        builder_set_u32(descriptor, RPC_CAP_DESCRIPTOR_SENDER_HOSTED_OFF, result);
    }
    enum psp_error error = builder_close(&host->builder, NULL);
    if (error != PSP_OK)
        return error;
    if (result != EXPORT_NONE) {
        host->exports[result].references++;
        host_hold(host, result);
        host_answer(host, answer_id)->result = result;
    }
    settle(host, answer_id, ANSWER_RESULTS);
    return PSP_OK;
}

/* After the end nobody waits any more; the ticket is used up all the same. */
static struct answer_entry *waiting_answer(struct host *host, ticket number)
{
    struct answer_entry *answer = host_answer_by_ticket(host, number);
    if (!answer || host->stopped == PSP_OK)
        return answer;
    answer->ticket = 0;
    return NULL;
}

bool host_answer_begin(struct host *host, ticket number, uint16_t data_words,
                       uint16_t pointers, struct struct_builder *results)
{
    struct answer_entry *answer = waiting_answer(host, number);
    if (!answer)
        return false;
    *results = host_results_open(host, answer->id, data_words, pointers);
    return true;
}

enum psp_error host_answer_end(struct host *host, ticket number)
{
    uint32_t id = host_answer_by_ticket(host, number)->id;
    enum psp_error error = host_results_close(host, id, EXPORT_NONE);
    if (error != PSP_OK)
        host_refuse(host, id, (struct refusal){error, NULL});
    return error;
}

void host_answer_refuse(struct host *host, ticket number, struct refusal refusal)
{
    struct answer_entry *answer = waiting_answer(host, number);
    if (answer)
        host_refuse(host, answer->id, refusal);
}

/* --- questions ---------------------------------------------------------------------
 */

/* False: the connection is over. */
static bool open_answer(struct host *host, uint32_t id)
{
    if (host_answer(host, id)) {
        host_violate(host, PSP_MALFORMED, "a question's id is in use");
        return false;
    }
    if (!host_answer_add(host, id)) {
        host_violate(host, PSP_LIMIT, "more than 256 questions are outstanding");
        return false;
    }
    return true;
}

/* The one Totebox, wherever it was exported before. */
static uint32_t totebox_export(struct host *host)
{
    for (uint32_t id = 0; id < host->export_capacity; id++)
        if (host->exports[id].is_used && host->exports[id].kind == HOST_TOTEBOX)
            return id;
    uint32_t id = host_export_find(host);
    if (id != EXPORT_NONE)
        host_export_set(host, id, HOST_TOTEBOX, NULL);
    return id;
}

static void receive_bootstrap(struct host *host, struct struct_reader reader)
{
    uint32_t id = reader_u32(reader, RPC_BOOTSTRAP_QUESTION_ID_OFF);
    if (!open_answer(host, id))
        return;
    host_answer(host, id)->is_bootstrap = true;
    if (reader_has(reader, RPC_BOOTSTRAP_DEPRECATED_OBJECT_ID_PTR)) {
        host_refuse(host, id,
                    (struct refusal){PSP_UNKNOWN, "there is one object only"});
        return;
    }
    uint32_t totebox = totebox_export(host);
    if (totebox == EXPORT_NONE || host->exports[totebox].references == UINT32_MAX) {
        host_refuse(host, id, (struct refusal){PSP_LIMIT, "too many objects"});
        return;
    }
    builder_capability(payload_open(host, id), RPC_PAYLOAD_CONTENT_PTR, 0);
    enum psp_error error = host_results_close(host, id, totebox);
    if (error != PSP_OK)
        stop(host, error, "out of memory");
}

/* Where a promised answer's path leads: NULL and the pointer field (or none, for the
 * answer itself), or the defect. */
static const char *read_path(struct list_reader path, uint32_t *steps, uint16_t *field)
{
    *steps = 0;
    for (uint32_t i = 0; i < path.count; i++) {
        struct struct_reader step = list_struct(path, i);
        switch (reader_u16(step, RPC_PROMISED_ANSWER_OP_TAG_OFF)) {
        case RPC_PROMISED_ANSWER_OP_NOOP_TAG:
            break;
        case RPC_PROMISED_ANSWER_OP_GET_POINTER_FIELD_TAG:
            *field = reader_u16(step, RPC_PROMISED_ANSWER_OP_GET_POINTER_FIELD_OFF);
            ++*steps;
            break;
        default:
            return "a step of an unknown kind in a promised answer";
        }
    }
    return NULL;
}

static struct refusal promised_target(struct host *host, struct struct_reader promised,
                                      uint32_t *target)
{
    uint32_t id = reader_u32(promised, RPC_PROMISED_ANSWER_QUESTION_ID_OFF);
    struct list_reader path =
        reader_list(promised, RPC_PROMISED_ANSWER_TRANSFORM_PTR, ELEMENT_COMPOSITE);
    uint32_t steps;
    uint16_t field = 0;
    if (path.count > RPC_TRANSFORM_MAX)
        return (struct refusal){PSP_LIMIT, "too long a path into an answer"};
    const char *defect = read_path(path, &steps, &field);
    if (defect) {
        host_violate(host, PSP_MALFORMED, defect);
        return (struct refusal){PSP_MALFORMED, defect};
    }
    const struct answer_entry *answer = host_answer(host, id);
    if (!answer)
        return (struct refusal){PSP_UNKNOWN, "the promised answer is finished"};
    if (answer->state == ANSWER_REFUSED)
        return answer->refusal;
    bool is_there = answer->is_bootstrap ? steps == 0 : steps == 1 && field == 0;
    if (!is_there || answer->result == EXPORT_NONE)
        return (struct refusal){PSP_UNKNOWN, "the promised answer has no object there"};
    *target = answer->result;
    return (struct refusal){PSP_OK, NULL};
}

/* A null target reads as import 0, which is as good as any other that is alive. */
static struct refusal call_target(struct host *host, struct struct_reader to,
                                  uint32_t *target)
{
    switch (reader_u16(to, RPC_MESSAGE_TARGET_TAG_OFF)) {
    case RPC_MESSAGE_TARGET_IMPORTED_CAP_TAG:
        *target = reader_u32(to, RPC_MESSAGE_TARGET_IMPORTED_CAP_OFF);
        if (!host_export(host, *target))
            host_violate(host, PSP_MALFORMED, "a call to an object that is not alive");
        return (struct refusal){PSP_OK, NULL};
    case RPC_MESSAGE_TARGET_PROMISED_ANSWER_TAG:
        return promised_target(
            host, reader_struct(to, RPC_MESSAGE_TARGET_PROMISED_ANSWER_PTR), target);
    default:
        host_violate(host, PSP_MALFORMED, "a call to a target of an unknown kind");
        return (struct refusal){PSP_MALFORMED, NULL};
    }
}

static void receive_call(struct host *host, struct struct_reader reader)
{
    uint32_t id = reader_u32(reader, RPC_CALL_QUESTION_ID_OFF);
    uint64_t interface = reader_u64(reader, RPC_CALL_INTERFACE_ID_OFF);
    uint16_t method = reader_u16(reader, RPC_CALL_METHOD_ID_OFF);
    struct struct_reader payload = reader_struct(reader, RPC_CALL_PARAMS_PTR);
    uint32_t target = EXPORT_NONE;
    if (reader_u16(reader, RPC_CALL_SEND_RESULTS_TO_TAG_OFF) !=
        RPC_CALL_SEND_RESULTS_TO_CALLER_TAG) {
        host_violate(host, PSP_MALFORMED, "results are asked for elsewhere");
        return;
    }
    struct refusal refusal =
        call_target(host, reader_struct(reader, RPC_CALL_TARGET_PTR), &target);
    if (message_error(reader.message))
        host_violate(host, PSP_MALFORMED, message_error(reader.message));
    if (host->stopped != PSP_OK || !open_answer(host, id))
        return;
    if (refusal.error != PSP_OK)
        host_refuse(host, id, refusal);
    else
        host_call(host, id, target, interface, method,
                  reader_struct(payload, RPC_PAYLOAD_CONTENT_PTR));
}

/* --- what the peer gives back -------------------------------------------------------
 */

static void cancel(struct host *host, uint32_t id)
{
    struct answer_entry *answer = host_answer(host, id);
    ticket number = answer->ticket;
    answer->ticket = 0; /* whatever the service does now, nobody waits for it */
    if (number && host->service->cancel)
        host->service->cancel(host->user, number);
    settle(host, id, ANSWER_REFUSED);
    host_answer_remove(host, host_answer(host, id));
    return_open(host, id, RPC_RETURN_CANCELED_TAG);
    if (builder_close(&host->builder, NULL) != PSP_OK)
        stop(host, PSP_NO_MEMORY, "out of memory");
}

static void receive_finish(struct host *host, struct struct_reader reader)
{
    uint32_t id = reader_u32(reader, RPC_FINISH_QUESTION_ID_OFF);
    bool releases = reader_bit(reader, RPC_FINISH_RELEASE_RESULT_CAPS_BIT, true);
    struct answer_entry *answer = host_answer(host, id);
    if (!answer)
        return;
    if (answer->state == ANSWER_PENDING) {
        cancel(host, id);
        return;
    }
    uint32_t result = answer->result;
    host_answer_remove(host, answer);
    if (result == EXPORT_NONE)
        return;
    if (releases && !host_dereference(host, result, 1))
        host_violate(host, PSP_MALFORMED, "an object is released too often");
    host_drop(host, result);
}

static void receive_release(struct host *host, struct struct_reader reader)
{
    uint32_t id = reader_u32(reader, RPC_RELEASE_ID_OFF);
    uint32_t count = reader_u32(reader, RPC_RELEASE_REFERENCE_COUNT_OFF);
    if (!host_export(host, id))
        host_violate(host, PSP_MALFORMED, "an object that is not alive is released");
    else if (!host_dereference(host, id, count))
        host_violate(host, PSP_MALFORMED, "an object is released too often");
}

/* A promise that the caller once put into parameters, which we do not keep: what it
 * became is given back at once. */
static void receive_resolve(struct host *host, struct struct_reader reader)
{
    if (reader_u16(reader, RPC_RESOLVE_TAG_OFF) != RPC_RESOLVE_CAP_TAG)
        return;
    struct rpc_descriptor descriptor =
        rpc_descriptor_read(reader_struct(reader, RPC_RESOLVE_CAP_PTR));
    if (message_error(reader.message))
        host_violate(host, PSP_MALFORMED, message_error(reader.message));
    else if (rpc_descriptor_is_import(descriptor) &&
             !rpc_message_release(host->output, descriptor.id, 1))
        stop(host, PSP_NO_MEMORY, "out of memory");
}

/* --- receiving ---------------------------------------------------------------------
 */

static void (*const receivers[])(struct host *host, struct struct_reader body) = {
    [RPC_MESSAGE_CALL_TAG] = receive_call,
    [RPC_MESSAGE_FINISH_TAG] = receive_finish,
    [RPC_MESSAGE_RESOLVE_TAG] = receive_resolve,
    [RPC_MESSAGE_RELEASE_TAG] = receive_release,
    [RPC_MESSAGE_BOOTSTRAP_TAG] = receive_bootstrap,
};

static void receive_message(struct host *host, struct message *message)
{
    struct struct_reader root = message_root(message);
    uint16_t tag = reader_u16(root, RPC_MESSAGE_TAG_OFF);
    if (!message_error(message) && tag == RPC_MESSAGE_ABORT_TAG) {
        stop(host, PSP_DISCONNECTED, "the caller ended the connection");
        return;
    }
    bool is_known = tag < sizeof receivers / sizeof receivers[0] && receivers[tag];
    struct struct_reader body = {0};
    if (is_known)
        body = reader_struct(root, RPC_MESSAGE_CALL_PTR);
    if (message_error(message))
        host_violate(host, PSP_MALFORMED, message_error(message));
    else if (!is_known)
        host_violate(host, PSP_MALFORMED, "a message that no host takes");
    else if (!body.message)
        host_violate(host, PSP_MALFORMED, "a message without a body");
    else
        receivers[tag](host, body);
}

enum psp_error host_receive(struct host *host, struct buffer *input)
{
    while (host->stopped == PSP_OK && buffer_length(host->output) <= OUTPUT_HIGH) {
        struct message message;
        size_t length;
        enum psp_error error =
            rpc_message_receive(input, RPC_FRAME_WORDS_MAX, &message, &length);
        if (error != PSP_OK)
            host_violate(host, error, "a frame that can never be accepted");
        if (error != PSP_OK || length == 0)
            break;
        receive_message(host, &message);
        buffer_consume(input, length);
    }
    return host->stopped;
}

/* --- life --------------------------------------------------------------------------
 */

struct host *host_new(struct buffer *output, const struct host_service *service,
                      void *user)
{
    struct host *host = calloc(1, sizeof *host);
    if (!host)
        return NULL;
    host->output = output;
    host->service = service;
    host->user = user;
    return host;
}

/* Newest first: a watch is later than its grant. */
static void release_all(struct host *host)
{
    for (uint32_t id = host->export_capacity; id-- > 0;) {
        struct exported *exported = &host->exports[id];
        if (exported->is_used && exported->kind != HOST_TOTEBOX &&
            host->service->release)
            host->service->release(host->user, exported->kind, exported->object);
    }
}

void host_free(struct host *host)
{
    if (!host)
        return;
    stop(host, PSP_DISCONNECTED, "the connection was closed");
    for (uint32_t i = 0; i < host->answer_count; i++) {
        ticket number = host->answers[i].ticket;
        host->answers[i].ticket = 0;
        if (number && host->service->cancel)
            host->service->cancel(host->user, number);
    }
    release_all(host);
    free(host->answers);
    free(host->exports);
    free(host);
}

const char *host_defect(const struct host *host)
{
    return host->defect ? host->defect : "no defect";
}

bool host_is_presented(const struct host *host)
{
    return host->is_presented;
}
