/* host_test.c - everything that a peer may send to a host, and what it must not.
 *
 * Every row of the table "Server-only vat" of docs/psp.md is a case here. */
#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>

#include "proto/host.h"
#include "tests/support/counting_service.h"
#include "tests/support/golden_file.h"
#include "tests/support/rpc_writer.h"

enum { LOG_BYTES = 65536 };

/* A host in the middle of its life:
 *   export 0: the Totebox; 1: a Grant; 2: a Watch; 3: a Commander;
 *   answer 10: bootstrap, 11: present, 12: watch, not finished;
 *   answer 13: `next` on the watch, waits; 14: a read that was refused. */
struct scene {
    struct buffer output, input;
    struct host *host;
    struct counting_service service;
};

static void check_log(struct scene *scene, const char *of, const char *expected)
{
    char log[LOG_BYTES];
    rpc_log(&scene->output, log, sizeof log);
    if (strcmp(log, expected) != 0)
        fail_msg("%s: sent \"%s\", not \"%s\"", of, log, expected);
}

static enum psp_error receive(struct scene *scene)
{
    return host_receive(scene->host, &scene->input);
}

static void call(struct scene *scene, struct rpc_call call)
{
    rpc_write_call(&scene->input, &call);
}

static void scene_begin(struct scene *scene)
{
    *scene = (struct scene){0};
    counting_service_init(&scene->service);
    scene->host = host_new(&scene->output, &counting_methods, &scene->service);
    assert_non_null(scene->host);
    scene->service.host = scene->host;
}

static void present(struct scene *scene, uint32_t id, uint16_t method,
                    uint32_t bootstrap)
{
    call(scene, (struct rpc_call){.id = id,
                                  .interface = PSP_TOTEBOX_ID,
                                  .method = method,
                                  .promised = true,
                                  .target = bootstrap});
}

static void watch_queries(struct scene *scene, uint32_t id, const struct query *queries,
                          uint32_t count)
{
    struct builder builder;
    struct struct_builder message =
        rpc_message_open(&builder, &scene->input, RPC_MESSAGE_CALL_TAG,
                         RPC_CALL_DATA_WORDS, RPC_CALL_PTRS);
    builder_set_u32(message, RPC_CALL_QUESTION_ID_OFF, id);
    builder_set_u16(message, RPC_CALL_METHOD_ID_OFF, PSP_GRANT_WATCH);
    builder_set_u64(message, RPC_CALL_INTERFACE_ID_OFF, PSP_GRANT_ID);
    struct struct_builder target =
        builder_struct(message, RPC_CALL_TARGET_PTR, RPC_MESSAGE_TARGET_DATA_WORDS,
                       RPC_MESSAGE_TARGET_PTRS);
    builder_set_u32(target, RPC_MESSAGE_TARGET_IMPORTED_CAP_OFF, 1);
    struct struct_builder payload = builder_struct(
        message, RPC_CALL_PARAMS_PTR, RPC_PAYLOAD_DATA_WORDS, RPC_PAYLOAD_PTRS);
    struct struct_builder params =
        builder_struct(payload, RPC_PAYLOAD_CONTENT_PTR,
                       PSP_GRANT_WATCH_PARAMS_DATA_WORDS, PSP_GRANT_WATCH_PARAMS_PTRS);
    struct list_builder list =
        builder_structs(params, PSP_GRANT_WATCH_PARAMS_QUERIES_PTR, count,
                        query_data_words, query_pointers);
    for (uint32_t i = 0; i < count; i++) {
        struct struct_builder query = list_builder_struct(list, i);
        query_build(&queries[i], query);
        /* What query_build never writes: a reduction, a group. */
        if (queries[i].reduce.count)
            builder_structs(query, PSP_QUERY_REDUCE_PTR, 1, PSP_REDUCTION_DATA_WORDS,
                            PSP_REDUCTION_PTRS);
        if (queries[i].group_by.count)
            builder_list(query, PSP_QUERY_GROUP_BY_PTR, ELEMENT_POINTER, 1);
    }
    assert_int_equal(builder_close(&builder, NULL), PSP_OK);
}

static void scene_set(struct scene *scene)
{
    static const struct query query = {.view = {"pos", 3}};
    scene_begin(scene);
    rpc_write_plain(&scene->input, RPC_MESSAGE_BOOTSTRAP_TAG, 10);
    present(scene, 11, PSP_TOTEBOX_PRESENT, 10);
    watch_queries(scene, 12, &query, 1);
    present(scene, 15, PSP_TOTEBOX_PRESENT_COMMAND, 10);
    rpc_write_plain(&scene->input, RPC_MESSAGE_FINISH_TAG, FINISH_WORD(15, false));
    assert_int_equal(receive(scene), PSP_OK);
    scene->service.holds_back = true;
    call(scene, (struct rpc_call){
                    .id = 13, .interface = PSP_WATCH_ID, .target = 2, .data = 7});
    call(scene, (struct rpc_call){.id = 14,
                                  .interface = PSP_GRANT_ID,
                                  .method = PSP_GRANT_READ,
                                  .target = 1});
    if (receive(scene) != PSP_OK)
        fail_msg("start: %s", host_defect(scene->host));
    check_log(scene, "start",
              "return 10 results hosts 0; return 11 results hosts 1; "
              "return 12 results hosts 2; return 15 results hosts 3; "
              "return 14 failed psp.malformed");
    assert_int_equal(scene->service.max_rows, 7);
}

static void scene_end(struct scene *scene)
{
    host_free(scene->host);
    assert_true(counting_service_is_even(&scene->service));
    assert_int_equal(scene->service.waiting_count, 0);
    counting_service_release(&scene->service);
    buffer_release(&scene->output);
    buffer_release(&scene->input);
}

/* --- messages
 * ------------------------------------------------------------------------- */

enum form { PLAIN, BARE, CALL, RESOLVE, RESULTS, UNIMPLEMENTED, BYTES };

struct received {
    const char *name;
    enum form form;
    uint16_t tag;
    uint64_t word;
    struct rpc_call call;
    struct rpc_descriptor descriptor;
    const char *bytes;
    size_t length;
    const char *sends; /* legal ones; NULL: Abort */
    uint32_t releases; /* objects that the service is told of */
};

static void write_received(struct buffer *to, const struct received *received)
{
    switch (received->form) {
    case PLAIN:
        rpc_write_plain(to, received->tag, received->word);
        break;
    case BARE:
        rpc_write_bare(to, received->tag);
        break;
    case CALL:
        rpc_write_call(to, &received->call);
        break;
    case RESOLVE:
        rpc_write_resolve(to, 5, received->descriptor);
        break;
    case RESULTS:
        rpc_write_results(to, &(struct rpc_results){.field = FIELD_NONE});
        break;
    case UNIMPLEMENTED:
        rpc_write_unimplemented(to, received->tag, received->word);
        break;
    case BYTES:
        assert_true(buffer_append(to, received->bytes, received->length));
        break;
    }
}

#define MESSAGE(name_, form_, tag_, word_)                                             \
    {                                                                                  \
        .name = (name_), .form = (form_), .tag = (tag_), .word = (word_)               \
    }
#define TAKEN(name_, form_, tag_, word_, releases_, sends_)                            \
    {                                                                                  \
        .name = (name_), .form = (form_), .tag = (tag_), .word = (word_),              \
        .releases = (releases_), .sends = (sends_)                                     \
    }
#define FRAME(name_, bytes_)                                                           \
    {                                                                                  \
        .name = (name_), .form = BYTES, .bytes = (bytes_),                             \
        .length = sizeof(bytes_) - 1                                                   \
    }
#define CALLED(name_, sends_, ...)                                                     \
    {                                                                                  \
        .name = (name_), .form = CALL, .sends = (sends_), .call = { __VA_ARGS__ }      \
    }
#define RESOLVED(name_, sends_, tag_, id_)                                             \
    {                                                                                  \
        .name = (name_), .form = RESOLVE, .sends = (sends_), .descriptor = {           \
            tag_,                                                                      \
            id_                                                                        \
        }                                                                              \
    }
#define HELLO  .interface = PSP_TOTEBOX_ID, .method = PSP_TOTEBOX_HELLO
#define HEALTH .interface = PSP_GRANT_ID, .method = PSP_GRANT_HEALTH
#define NEXT   .interface = PSP_WATCH_ID, .method = PSP_WATCH_NEXT
#define FIELD(op_, field_)                                                             \
    .path_length = 1, .path_op = {(op_)}, .path_field = {(field_)}
#define GET RPC_PROMISED_ANSWER_OP_GET_POINTER_FIELD_TAG

static const struct received cases[] = {
    /* Messages that no caller sends, or that a host does not take. */
    MESSAGE("return", PLAIN, RPC_MESSAGE_RETURN_TAG, 0),
    MESSAGE("return-results", RESULTS, 0, 0),
    MESSAGE("provide", PLAIN, RPC_MESSAGE_PROVIDE_TAG, 0),
    MESSAGE("accept", PLAIN, RPC_MESSAGE_ACCEPT_TAG, 0),
    MESSAGE("join", PLAIN, RPC_MESSAGE_JOIN_TAG, 0),
    MESSAGE("obsolete-save", BARE, RPC_MESSAGE_OBSOLETE_SAVE_TAG, 0),
    MESSAGE("obsolete-delete", BARE, RPC_MESSAGE_OBSOLETE_DELETE_TAG, 0),
    MESSAGE("disembargo-sender-loopback", PLAIN, RPC_MESSAGE_DISEMBARGO_TAG, 0),
    MESSAGE("disembargo-receiver-loopback", PLAIN, RPC_MESSAGE_DISEMBARGO_TAG,
            (uint64_t)RPC_DISEMBARGO_CONTEXT_RECEIVER_LOOPBACK_TAG << 32),
    MESSAGE("third-party-answer", PLAIN, RPC_MESSAGE_THIRD_PARTY_ANSWER_TAG, 0),
    MESSAGE("unknown-message", PLAIN, 15, 0),
    MESSAGE("unknown-message-ffff", BARE, 0xffff, 0),
    MESSAGE("unimplemented", UNIMPLEMENTED, RPC_MESSAGE_RESOLVE_TAG, 0),
    MESSAGE("call-without-body", BARE, RPC_MESSAGE_CALL_TAG, 0),
    MESSAGE("bootstrap-without-body", BARE, RPC_MESSAGE_BOOTSTRAP_TAG, 0),
    MESSAGE("finish-without-body", BARE, RPC_MESSAGE_FINISH_TAG, 0),
    FRAME("frame-count-ffffffff", "\xff\xff\xff\xff\0\0\0\0"),
    FRAME("frame-count-512", "\xff\x01\0\0\0\0\0\0"),
    FRAME("frame-empty", "\0\0\0\0\0\0\0\0"),
    FRAME("frame-over-8-mib", "\0\0\0\0\x01\0\x10\0"),
    FRAME("frame-sum-overflow", "\x01\0\0\0\xff\xff\xff\xff\x01\0\0\0\0\0\0\0"),
    FRAME("root-null-is-unimplemented-without-body",
          "\0\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0"),
    FRAME("root-outside", "\0\0\0\0\x01\0\0\0\x04\0\0\0\x01\0\x01\0"),

    /* Bootstrap. */
    TAKEN("bootstrap", PLAIN, RPC_MESSAGE_BOOTSTRAP_TAG, 0, 0,
          "return 0 results hosts 0"),
    TAKEN("bootstrap-id-ffffffff", PLAIN, RPC_MESSAGE_BOOTSTRAP_TAG, 0xffffffff, 0,
          "return 4294967295 results hosts 0"),
    MESSAGE("bootstrap-id-in-use", PLAIN, RPC_MESSAGE_BOOTSTRAP_TAG, 13),

    /* Calls: targets. */
    CALLED("call", "return 0 results", HELLO, .target = 0),
    CALLED("call-null-target-is-import-0", "return 0 results", HELLO,
           .null_target = true),
    CALLED("call-null-params", "return 0 results", HELLO, .null_params = true),
    CALLED("call-with-capability", "return 0 results", HELLO,
           .carries_capability = true),
    CALLED("call-id-ffffffff", "return 4294967295 results", HELLO, .id = 0xffffffff),
    CALLED("call-id-in-use", NULL, HELLO, .id = 13),
    CALLED("call-id-of-unfinished", NULL, HELLO, .id = 10),
    CALLED("call-import-dead", NULL, HELLO, .target = 4),
    CALLED("call-import-ffffffff", NULL, HELLO, .target = 0xffffffff),
    CALLED("call-target-unknown", NULL, HELLO, .target_tag = 2),
    CALLED("call-promised", "return 0 results", HELLO, .promised = true, .target = 10),
    CALLED("call-promised-grant", "return 0 results", HEALTH, .promised = true,
           .target = 11, FIELD(GET, 0)),
    CALLED("call-promised-noop", "return 0 results", HEALTH, .promised = true,
           .target = 11, .path_length = 3, .path_op = {0, GET, 0}),
    CALLED("call-promised-8-steps", "return 0 results", HELLO, .promised = true,
           .target = 10, .path_length = 8),
    CALLED("call-promised-9-steps", "return 0 failed psp.limit", HELLO,
           .promised = true, .target = 10, .path_length = 9),
    CALLED("call-promised-unknown-step", NULL, HELLO, .promised = true, .target = 10,
           FIELD(2, 0)),
    CALLED("call-promised-into-bootstrap", "return 0 failed psp.unknown", HELLO,
           .promised = true, .target = 10, FIELD(GET, 0)),
    CALLED("call-promised-whole-struct", "return 0 failed psp.unknown", HEALTH,
           .promised = true, .target = 11),
    CALLED("call-promised-other-field", "return 0 failed psp.unknown", HEALTH,
           .promised = true, .target = 11, FIELD(GET, 1)),
    CALLED("call-promised-two-fields", "return 0 failed psp.unknown", HEALTH,
           .promised = true, .target = 11, .path_length = 2, .path_op = {GET, GET}),
    CALLED("call-promised-pending", "return 0 failed psp.unknown", HEALTH,
           .promised = true, .target = 13, FIELD(GET, 0)),
    CALLED("call-promised-refused", "return 0 failed psp.malformed", HEALTH,
           .promised = true, .target = 14, FIELD(GET, 0)),
    CALLED("call-promised-finished", "return 0 failed psp.unknown", HEALTH,
           .promised = true, .target = 15, FIELD(GET, 0)),
    CALLED("call-promised-itself", "return 16 failed psp.unknown", HEALTH, .id = 16,
           .promised = true, .target = 16, FIELD(GET, 0)),
    CALLED("call-results-to-yourself", NULL, HELLO, .send_results_to = 1),
    CALLED("call-results-to-third-party", NULL, HELLO, .send_results_to = 2),
    CALLED("call-results-to-unknown", NULL, HELLO, .send_results_to = 3),

    /* Calls: methods. */
    CALLED("call-unknown-interface", "return 0 unimplemented", .interface = 1),
    CALLED("call-unknown-method", "return 0 unimplemented", .interface = PSP_TOTEBOX_ID,
           .method = 6),
    CALLED("call-grant-method-of-totebox", "return 0 unimplemented", HEALTH),
    CALLED("call-watch-method-of-commander", "return 0 unimplemented", NEXT,
           .target = 3),
    CALLED("call-damaged-hello", "return 0 failed psp.malformed", HELLO,
           .damaged = true),
    CALLED("call-damaged-present", "return 0 failed psp.malformed",
           .interface = PSP_TOTEBOX_ID, .method = PSP_TOTEBOX_PRESENT, .damaged = true),
    CALLED("call-damaged-read", "return 0 failed psp.malformed",
           .interface = PSP_GRANT_ID, .method = PSP_GRANT_READ, .target = 1,
           .damaged = true),
    CALLED("call-damaged-watch", "return 0 failed psp.malformed",
           .interface = PSP_GRANT_ID, .method = PSP_GRANT_WATCH, .target = 1,
           .damaged = true),
    CALLED("call-damaged-submit", "return 0 failed psp.malformed",
           .interface = PSP_COMMANDER_ID, .method = PSP_COMMANDER_SUBMIT, .target = 3,
           .damaged = true),
    CALLED("call-damaged-status", "return 0 failed psp.malformed",
           .interface = PSP_COMMANDER_ID, .method = PSP_COMMANDER_STATUS, .target = 3,
           .damaged = true),
    CALLED("call-pair-short", "return 0 failed psp.malformed",
           .interface = PSP_TOTEBOX_ID, .method = PSP_TOTEBOX_PAIR),
    CALLED("call-reveal-short", "return 0 failed psp.malformed",
           .interface = PSP_TOTEBOX_ID, .method = PSP_TOTEBOX_PAIR_REVEAL),
    CALLED("call-submit-nothing", "return 0 failed psp.malformed",
           .interface = PSP_COMMANDER_ID, .method = PSP_COMMANDER_SUBMIT, .target = 3),
    CALLED("call-watch-nothing", "return 0 failed psp.malformed",
           .interface = PSP_GRANT_ID, .method = PSP_GRANT_WATCH, .target = 1),
    CALLED("call-status-waits", "", .interface = PSP_COMMANDER_ID,
           .method = PSP_COMMANDER_STATUS, .target = 3),

    /* Finish. */
    TAKEN("finish-unknown", PLAIN, RPC_MESSAGE_FINISH_TAG, FINISH_WORD(99, true), 0,
          ""),
    TAKEN("finish-pending", PLAIN, RPC_MESSAGE_FINISH_TAG, FINISH_WORD(13, true), 0,
          "return 13 canceled"),
    TAKEN("finish-pending-keep", PLAIN, RPC_MESSAGE_FINISH_TAG, FINISH_WORD(13, false),
          0, "return 13 canceled"),
    TAKEN("finish-keep", PLAIN, RPC_MESSAGE_FINISH_TAG, FINISH_WORD(11, false), 0, ""),
    TAKEN("finish-release", PLAIN, RPC_MESSAGE_FINISH_TAG, FINISH_WORD(11, true), 1,
          ""),
    TAKEN("finish-release-while-called", PLAIN, RPC_MESSAGE_FINISH_TAG,
          FINISH_WORD(12, true), 0, ""),
    TAKEN("finish-refused", PLAIN, RPC_MESSAGE_FINISH_TAG, FINISH_WORD(14, true), 0,
          ""),

    /* Release. */
    TAKEN("release-held-by-answer", PLAIN, RPC_MESSAGE_RELEASE_TAG, RELEASE_WORD(1, 1),
          0, ""),
    TAKEN("release-last", PLAIN, RPC_MESSAGE_RELEASE_TAG, RELEASE_WORD(3, 1), 1, ""),
    TAKEN("release-0", PLAIN, RPC_MESSAGE_RELEASE_TAG, RELEASE_WORD(3, 0), 0, ""),
    MESSAGE("release-too-many", PLAIN, RPC_MESSAGE_RELEASE_TAG, RELEASE_WORD(3, 2)),
    MESSAGE("release-ffffffff", PLAIN, RPC_MESSAGE_RELEASE_TAG,
            RELEASE_WORD(0, 0xffffffff)),
    MESSAGE("release-dead", PLAIN, RPC_MESSAGE_RELEASE_TAG, RELEASE_WORD(4, 1)),
    MESSAGE("release-0-dead", PLAIN, RPC_MESSAGE_RELEASE_TAG, RELEASE_WORD(4, 0)),
    MESSAGE("release-id-ffffffff", PLAIN, RPC_MESSAGE_RELEASE_TAG,
            RELEASE_WORD(0xffffffff, 1)),

    /* Resolve: a promise that was once in some parameters. */
    RESOLVED("resolve-hosted", "release 9 x1", RPC_CAP_DESCRIPTOR_SENDER_HOSTED_TAG, 9),
    RESOLVED("resolve-promise", "release 9 x1", RPC_CAP_DESCRIPTOR_SENDER_PROMISE_TAG,
             9),
    RESOLVED("resolve-vine", "release 9 x1", RPC_CAP_DESCRIPTOR_THIRD_PARTY_HOSTED_TAG,
             9),
    RESOLVED("resolve-none", "", RPC_CAP_DESCRIPTOR_NONE_TAG, 0),
    RESOLVED("resolve-to-ours", "", RPC_CAP_DESCRIPTOR_RECEIVER_HOSTED_TAG, 1),
    TAKEN("resolve-exception", PLAIN, RPC_MESSAGE_RESOLVE_TAG,
          (uint64_t)RPC_RESOLVE_EXCEPTION_TAG << 32, 0, ""),
};

static uint32_t released(const struct counting_service *service)
{
    uint32_t count = 0;
    for (int kind = 0; kind <= HOST_COMMANDER; kind++)
        count += service->released[kind];
    return count;
}

static void check_case(const struct received *received)
{
    struct scene scene;
    scene_set(&scene);
    write_received(&scene.input, received);
    enum psp_error error = receive(&scene);
    if (received->sends) {
        if (error != PSP_OK)
            fail_msg("%s: %s", received->name, host_defect(scene.host));
        check_log(&scene, received->name, received->sends);
        if (released(&scene.service) != received->releases)
            fail_msg("%s: released %u", received->name, released(&scene.service));
    } else {
        if (error != PSP_MALFORMED && error != PSP_LIMIT)
            fail_msg("%s: error %d", received->name, (int)error);
        check_log(&scene, received->name, "abort");
        /* Nothing is served any more, and who waited is answered no more. */
        uint32_t calls = scene.service.calls;
        call(&scene, (struct rpc_call){HELLO, .id = 77});
        assert_int_equal(receive(&scene), error);
        assert_int_equal(scene.service.calls, calls);
        counting_service_answer(&scene.service);
        check_log(&scene, received->name, "");
    }
    scene_end(&scene);
}

static void peer__is_answered_or_left(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_case(&cases[i]);
}

static void abort__closes_quietly(void **state)
{
    (void)state;
    struct scene scene;
    scene_set(&scene);
    rpc_write_plain(&scene.input, RPC_MESSAGE_ABORT_TAG, 0);
    assert_int_equal(receive(&scene), PSP_DISCONNECTED);
    check_log(&scene, "abort", "");
    scene_end(&scene);
}

/* --- lifetimes
 * ------------------------------------------------------------------------ */

static void bootstrap__of_an_object_id_is_refused(void **state)
{
    (void)state;
    struct scene scene;
    struct builder builder;
    scene_begin(&scene);
    struct struct_builder bootstrap =
        rpc_message_open(&builder, &scene.input, RPC_MESSAGE_BOOTSTRAP_TAG,
                         RPC_BOOTSTRAP_DATA_WORDS, RPC_BOOTSTRAP_PTRS);
    builder_text(bootstrap, RPC_BOOTSTRAP_DEPRECATED_OBJECT_ID_PTR, TEXT("other"));
    assert_int_equal(builder_close(&builder, NULL), PSP_OK);
    assert_int_equal(receive(&scene), PSP_OK);
    check_log(&scene, "object id", "return 0 failed psp.unknown");
    scene_end(&scene);
}

static void totebox__is_one_export_however_often_it_is_asked_for(void **state)
{
    (void)state;
    struct scene scene;
    scene_begin(&scene);
    for (uint32_t id = 0; id < 3; id++)
        rpc_write_plain(&scene.input, RPC_MESSAGE_BOOTSTRAP_TAG, id);
    for (uint32_t id = 0; id < 3; id++)
        rpc_write_plain(&scene.input, RPC_MESSAGE_FINISH_TAG, FINISH_WORD(id, false));
    rpc_write_plain(&scene.input, RPC_MESSAGE_RELEASE_TAG, RELEASE_WORD(0, 2));
    call(&scene, (struct rpc_call){HELLO, .id = 5});
    assert_int_equal(receive(&scene), PSP_OK);
    check_log(&scene, "totebox",
              "return 0 results hosts 0; return 1 results hosts 0; "
              "return 2 results hosts 0; return 5 results");
    rpc_write_plain(&scene.input, RPC_MESSAGE_RELEASE_TAG, RELEASE_WORD(0, 1));
    call(&scene, (struct rpc_call){HELLO, .id = 6});
    assert_int_equal(receive(&scene), PSP_MALFORMED);
    check_log(&scene, "totebox", "abort");
    scene_end(&scene);
}

/* The answer holds what it names: released by its import id, it is still there to be
 * called through the answer, but no more by the id. */
static void answer__holds_its_object_until_finished(void **state)
{
    (void)state;
    struct scene scene;
    scene_set(&scene);
    rpc_write_plain(&scene.input, RPC_MESSAGE_RELEASE_TAG, RELEASE_WORD(1, 1));
    call(&scene,
         (struct rpc_call){HEALTH, .promised = true, .target = 11, FIELD(GET, 0)});
    assert_int_equal(receive(&scene), PSP_OK);
    check_log(&scene, "by answer", "return 0 results");
    assert_int_equal(scene.service.released[HOST_GRANT], 0);
    rpc_write_plain(&scene.input, RPC_MESSAGE_FINISH_TAG, FINISH_WORD(11, false));
    assert_int_equal(receive(&scene), PSP_OK);
    assert_int_equal(scene.service.released[HOST_GRANT], 1);
    call(&scene, (struct rpc_call){HEALTH, .id = 1, .target = 1});
    assert_int_equal(receive(&scene), PSP_MALFORMED);
    scene_end(&scene);
}

static void answer__that_releases_twice_is_a_violation(void **state)
{
    (void)state;
    struct scene scene;
    scene_set(&scene);
    rpc_write_plain(&scene.input, RPC_MESSAGE_RELEASE_TAG, RELEASE_WORD(1, 1));
    rpc_write_plain(&scene.input, RPC_MESSAGE_FINISH_TAG, FINISH_WORD(11, true));
    assert_int_equal(receive(&scene), PSP_MALFORMED);
    check_log(&scene, "twice", "abort");
    scene_end(&scene);
}

static void watch__lives_while_a_call_waits_on_it(void **state)
{
    (void)state;
    struct scene scene;
    scene_set(&scene);
    rpc_write_plain(&scene.input, RPC_MESSAGE_FINISH_TAG, FINISH_WORD(12, true));
    assert_int_equal(receive(&scene), PSP_OK);
    assert_int_equal(scene.service.released[HOST_WATCH], 0);
    rpc_write_plain(&scene.input, RPC_MESSAGE_FINISH_TAG, FINISH_WORD(13, true));
    assert_int_equal(receive(&scene), PSP_OK);
    check_log(&scene, "cancel", "return 13 canceled");
    assert_int_equal(scene.service.canceled, 1);
    assert_int_equal(scene.service.released[HOST_WATCH], 1);
    scene_end(&scene);
}

static void finish__after_the_answer_is_no_cancel(void **state)
{
    (void)state;
    struct scene scene;
    scene_set(&scene);
    assert_true(counting_service_answer(&scene.service));
    rpc_write_plain(&scene.input, RPC_MESSAGE_FINISH_TAG, FINISH_WORD(13, true));
    rpc_write_plain(&scene.input, RPC_MESSAGE_FINISH_TAG, FINISH_WORD(13, true));
    assert_int_equal(receive(&scene), PSP_OK);
    check_log(&scene, "answered", "return 13 results");
    assert_int_equal(scene.service.canceled, 0);
    scene_end(&scene);
}

static void ticket__is_good_once(void **state)
{
    (void)state;
    struct scene scene;
    struct struct_builder results;
    scene_set(&scene);
    ticket waiting = scene.service.waiting[0];
    assert_true(counting_service_answer(&scene.service));
    assert_false(host_answer_begin(scene.host, waiting, 0, 1, &results));
    assert_false(host_answer_begin(scene.host, 0, 0, 1, &results));
    assert_false(host_answer_begin(scene.host, waiting + 1000, 0, 1, &results));
    host_answer_refuse(scene.host, waiting, (struct refusal){PSP_ENDED, NULL});
    host_answer_refuse(scene.host, 0, (struct refusal){PSP_ENDED, NULL});
    check_log(&scene, "ticket", "return 13 results");
    scene_end(&scene);
}

static void ticket__may_be_refused(void **state)
{
    (void)state;
    struct scene scene;
    scene_set(&scene);
    host_answer_refuse(scene.host, scene.service.waiting[0],
                       (struct refusal){PSP_ENDED, "the window is over"});
    scene.service.waiting_count = 0;
    check_log(&scene, "refused", "return 13 failed psp.ended");
    call(&scene, (struct rpc_call){NEXT, .id = 1, .promised = true, .target = 13});
    assert_int_equal(receive(&scene), PSP_OK);
    check_log(&scene, "pipelined", "return 1 failed psp.ended");
    scene_end(&scene);
}

/* --- floods
 * --------------------------------------------------------------------------- */

static void answers__are_256(void **state)
{
    (void)state;
    struct scene scene;
    scene_begin(&scene);
    for (uint32_t id = 0; id < 256; id++)
        rpc_write_plain(&scene.input, RPC_MESSAGE_BOOTSTRAP_TAG, id * 0x01010101);
    assert_int_equal(receive(&scene), PSP_OK);
    buffer_truncate(&scene.output, 0);
    rpc_write_plain(&scene.input, RPC_MESSAGE_FINISH_TAG,
                    FINISH_WORD(77 * 0x01010101, false));
    rpc_write_plain(&scene.input, RPC_MESSAGE_BOOTSTRAP_TAG, 1000);
    assert_int_equal(receive(&scene), PSP_OK);
    check_log(&scene, "256", "return 1000 results hosts 0");
    rpc_write_plain(&scene.input, RPC_MESSAGE_BOOTSTRAP_TAG, 1001);
    assert_int_equal(receive(&scene), PSP_LIMIT);
    check_log(&scene, "257", "abort");
    scene_end(&scene);
}

static void exports__are_1024(void **state)
{
    (void)state;
    struct scene scene;
    scene_begin(&scene);
    rpc_write_plain(&scene.input, RPC_MESSAGE_BOOTSTRAP_TAG, 0);
    for (uint32_t i = 1; i < 1026; i++) {
        present(&scene, 1, PSP_TOTEBOX_PRESENT, 0);
        rpc_write_plain(&scene.input, RPC_MESSAGE_FINISH_TAG, FINISH_WORD(1, false));
        assert_int_equal(receive(&scene), PSP_OK);
        if (i < 1024)
            buffer_truncate(&scene.output, 0);
    }
    assert_int_equal(scene.service.made[HOST_GRANT], 1023);
    check_log(&scene, "exports",
              "return 1 failed psp.limit; return 1 failed psp.limit");
    scene_end(&scene);
}

/* --- watches
 * -------------------------------------------------------------------------- */

static void watch__has_1_to_16_queries_on_distinct_views(void **state)
{
    (void)state;
    struct scene scene;
    struct query queries[17];
    char names[17][4];
    for (int i = 0; i < 17; i++) {
        snprintf(names[i], sizeof names[i], "v%02d", i);
        queries[i] = (struct query){.view = text_of(names[i])};
    }
    struct query odd = queries[0], view = {.view = TEXT("a b")},
                 prefix = {.view = TEXT("pos"), .rows = {.kind = SET_PREFIX}};
    struct text unsorted[] = {TEXT("b"), TEXT("a")}, twice[] = {TEXT("a"), TEXT("a")},
                control[] = {TEXT("a\x1b")};
    const struct set sets[] = {{SET_NAMES, unsorted, 2, {0}},
                               {SET_NAMES, twice, 2, {0}},
                               {SET_NAMES, control, 1, {0}}};
    scene_set(&scene);
    watch_queries(&scene, 0, queries, 16);
    watch_queries(&scene, 1, queries, 17);
    watch_queries(&scene, 2, queries, 0);
    queries[15] = queries[3];
    watch_queries(&scene, 3, queries, 16);
    odd.as_of_ms = 1;
    watch_queries(&scene, 4, &odd, 1);
    odd = queries[0];
    odd.reduce.count = 1;
    watch_queries(&scene, 5, &odd, 1);
    odd = queries[0];
    odd.group_by.count = 1;
    watch_queries(&scene, 6, &odd, 1);
    watch_queries(&scene, 7, &view, 1);
    watch_queries(&scene, 8, &prefix, 1);
    for (uint32_t i = 0; i < 3; i++) {
        odd = queries[0];
        odd.rows = sets[i];
        watch_queries(&scene, 100 + i, &odd, 1);
    }
    assert_int_equal(receive(&scene), PSP_OK);
    check_log(&scene, "queries",
              "return 0 results hosts 4; return 1 failed psp.limit; "
              "return 2 failed psp.malformed; return 3 failed psp.malformed; "
              "return 4 failed psp.malformed; return 5 failed psp.malformed; "
              "return 6 failed psp.malformed; return 7 failed psp.malformed; "
              "return 8 failed psp.malformed; return 100 failed psp.malformed; "
              "return 101 failed psp.malformed; return 102 failed psp.malformed");
    assert_int_equal(scene.service.query_count, 16);
    scene_end(&scene);
}

/* A service that hands out objects and does nothing with them. */
static void service__that_does_nothing_is_unimplemented(void **state)
{
    (void)state;
    static const struct {
        uint32_t target;
        uint64_t interface;
        uint16_t method;
    } calls[] = {
        {0, PSP_TOTEBOX_ID, PSP_TOTEBOX_HELLO},
        {0, PSP_TOTEBOX_ID, PSP_TOTEBOX_PAIRING},
        {0, PSP_TOTEBOX_ID, PSP_TOTEBOX_PAIR},
        {0, PSP_TOTEBOX_ID, PSP_TOTEBOX_PAIR_REVEAL},
        {1, PSP_GRANT_ID, PSP_GRANT_DESCRIBE},
        {1, PSP_GRANT_ID, PSP_GRANT_READ},
        {1, PSP_GRANT_ID, PSP_GRANT_HEALTH},
        {2, PSP_WATCH_ID, PSP_WATCH_NEXT},
        {3, PSP_COMMANDER_ID, PSP_COMMANDER_SUBMIT},
        {3, PSP_COMMANDER_ID, PSP_COMMANDER_STATUS},
    };
    struct scene scene;
    struct host_service lazy = {
        .present = counting_methods.present,
        .present_command = counting_methods.present_command,
        .watch = counting_methods.watch,
        .release = counting_methods.release,
    };
    static const struct query query = {.view = {"pos", 3}};
    scene_begin(&scene);
    host_free(scene.host);
    scene.host = host_new(&scene.output, &lazy, &scene.service);
    assert_non_null(scene.host);
    rpc_write_plain(&scene.input, RPC_MESSAGE_BOOTSTRAP_TAG, 10);
    present(&scene, 11, PSP_TOTEBOX_PRESENT, 10);
    watch_queries(&scene, 12, &query, 1);
    present(&scene, 15, PSP_TOTEBOX_PRESENT_COMMAND, 10);
    assert_int_equal(receive(&scene), PSP_OK);
    buffer_truncate(&scene.output, 0);
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        call(&scene, (struct rpc_call){.id = 1,
                                       .target = calls[i].target,
                                       .interface = calls[i].interface,
                                       .method = calls[i].method});
        rpc_write_plain(&scene.input, RPC_MESSAGE_FINISH_TAG, FINISH_WORD(1, true));
        assert_int_equal(receive(&scene), PSP_OK);
        check_log(&scene, "lazy", "return 1 unimplemented");
    }
    lazy.present = NULL;
    lazy.present_command = NULL;
    lazy.watch = NULL;
    present(&scene, 20, PSP_TOTEBOX_PRESENT, 10);
    present(&scene, 21, PSP_TOTEBOX_PRESENT_COMMAND, 10);
    watch_queries(&scene, 22, &query, 1);
    assert_int_equal(receive(&scene), PSP_OK);
    check_log(
        &scene, "lazier",
        "return 20 unimplemented; return 21 unimplemented; return 22 unimplemented");
    scene_end(&scene);
}

static void present_with_proof(struct scene *scene, uint32_t id, uint16_t tag,
                               struct text spki)
{
    struct builder builder;
    struct struct_builder message =
        rpc_message_open(&builder, &scene->input, RPC_MESSAGE_CALL_TAG,
                         RPC_CALL_DATA_WORDS, RPC_CALL_PTRS);
    builder_set_u32(message, RPC_CALL_QUESTION_ID_OFF, id);
    builder_set_u16(message, RPC_CALL_METHOD_ID_OFF, PSP_TOTEBOX_PRESENT);
    builder_set_u64(message, RPC_CALL_INTERFACE_ID_OFF, PSP_TOTEBOX_ID);
    struct struct_builder payload = builder_struct(
        message, RPC_CALL_PARAMS_PTR, RPC_PAYLOAD_DATA_WORDS, RPC_PAYLOAD_PTRS);
    struct struct_builder params = builder_struct(payload, RPC_PAYLOAD_CONTENT_PTR, 0,
                                                  PSP_TOTEBOX_PRESENT_PARAMS_PTRS);
    struct struct_builder proof =
        builder_struct(params, PSP_TOTEBOX_PRESENT_PARAMS_PROOF_PTR,
                       PSP_PROOF_DATA_WORDS, PSP_PROOF_PTRS);
    builder_set_u16(proof, PSP_PROOF_TAG_OFF, tag);
    builder_data(proof, PSP_PROOF_EXPORTER_SPKI_PTR, spki.bytes, spki.length);
    assert_int_equal(builder_close(&builder, NULL), PSP_OK);
}

static void proof__is_of_tls_or_of_an_exporter(void **state)
{
    (void)state;
    struct scene scene;
    scene_set(&scene);
    present_with_proof(&scene, 0, PSP_PROOF_TLS_TAG, TEXT("ignored"));
    assert_int_equal(receive(&scene), PSP_OK);
    assert_false(scene.service.had_proof);
    present_with_proof(&scene, 1, PSP_PROOF_EXPORTER_TAG, TEXT("key"));
    assert_int_equal(receive(&scene), PSP_OK);
    assert_true(scene.service.had_proof);
    present_with_proof(&scene, 2, PSP_PROOF_EXPORTER_TAG, TEXT(""));
    present_with_proof(&scene, 3, 2, TEXT("key"));
    assert_int_equal(receive(&scene), PSP_OK);
    check_log(&scene, "proofs",
              "return 0 results hosts 4; return 1 results hosts 5; "
              "return 2 failed psp.malformed; return 3 failed psp.malformed");
    scene_end(&scene);
}

/* --- the reference implementation's caller
 * ---------------------------------------------- */

static const struct {
    const char *connection;
    const char *query; /* what the service was asked, where there is a query */
    uint32_t links;    /* of the token */
    const char *sends;
} recorded[] = {
    {"hello", "", 0, "return 0 results hosts 0; return 1 results"},
    {"read", "position rows=all columns=all where=0 reduce=0 by=0 limit=0 at=0", 2,
     "return 0 results hosts 0; return 1 results hosts 1; return 2 results; "
     "return 0 results"},
    {"read-wide", "position rows=all columns=all where=0 reduce=0 by=0 limit=0 at=0", 2,
     "return 0 results hosts 0; return 1 results hosts 1; return 2 results"},
    {"aggregate", "position rows=all columns=all where=0 reduce=2 by=1 limit=0 at=0", 2,
     "return 0 results hosts 0; return 1 results hosts 1; return 2 results"},
    {"refused", "position rows=all columns=units where=0 reduce=0 by=0 limit=0 at=0", 2,
     "return 0 results hosts 0; return 1 results hosts 1; return 2 results"},
    {"describe", "", 2,
     "return 0 results hosts 0; return 1 results hosts 1; return 2 results"},
    {"health", "", 2,
     "return 0 results hosts 0; return 1 results hosts 1; return 2 results"},
    {"command", "", 2,
     "return 0 results hosts 0; return 1 results hosts 1; return 2 results"},
    {"large", "gen rows=all columns=all where=0 reduce=0 by=0 limit=0 at=0", 2,
     "return 0 results hosts 0; return 1 results hosts 1; return 2 results"},
    {"watch", "position rows=all columns=all where=0 reduce=0 by=0 limit=0 at=0", 2,
     "return 0 results hosts 0; return 1 results hosts 1; return 2 results hosts 2; "
     "return 3 results; return 4 results"},
    {"watch-views", "ledger rows=all columns=all where=0 reduce=0 by=0 limit=0 at=0", 2,
     "return 0 results hosts 0; return 1 results hosts 1; return 2 results hosts 2; "
     "return 3 results; return 4 results; return 0 results; return 2 results; "
     "return 3 results; return 0 results"},
};

static void replay(size_t which, size_t step)
{
    struct scene scene;
    char path[64];
    size_t length;
    snprintf(path, sizeof path, "psp/%s/c2s.bin", recorded[which].connection);
    uint8_t *bytes = golden_load(path, &length);
    scene_begin(&scene);
    for (size_t at = 0; at < length; at += step) {
        size_t piece = length - at < step ? length - at : step;
        assert_true(buffer_append(&scene.input, bytes + at, piece));
        if (receive(&scene) != PSP_OK)
            fail_msg("%s: %s", recorded[which].connection, host_defect(scene.host));
    }
    assert_int_equal(buffer_length(&scene.input), 0);
    check_log(&scene, recorded[which].connection, recorded[which].sends);
    assert_string_equal(scene.service.query, recorded[which].query);
    assert_int_equal(scene.service.token_links, recorded[which].links);
    free(bytes);
    scene_end(&scene);
}

static void golden__callers_are_served_however_they_are_cut(void **state)
{
    (void)state;
    static const size_t steps[] = {1, 7, 8, 100, 1 << 20};
    for (size_t i = 0; i < sizeof recorded / sizeof recorded[0]; i++)
        for (size_t j = 0; j < sizeof steps / sizeof steps[0]; j++)
            replay(i, steps[j]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(peer__is_answered_or_left),
        cmocka_unit_test(abort__closes_quietly),
        cmocka_unit_test(bootstrap__of_an_object_id_is_refused),
        cmocka_unit_test(totebox__is_one_export_however_often_it_is_asked_for),
        cmocka_unit_test(answer__holds_its_object_until_finished),
        cmocka_unit_test(answer__that_releases_twice_is_a_violation),
        cmocka_unit_test(watch__lives_while_a_call_waits_on_it),
        cmocka_unit_test(finish__after_the_answer_is_no_cancel),
        cmocka_unit_test(ticket__is_good_once),
        cmocka_unit_test(ticket__may_be_refused),
        cmocka_unit_test(answers__are_256),
        cmocka_unit_test(exports__are_1024),
        cmocka_unit_test(watch__has_1_to_16_queries_on_distinct_views),
        cmocka_unit_test(service__that_does_nothing_is_unimplemented),
        cmocka_unit_test(proof__is_of_tls_or_of_an_exporter),
        cmocka_unit_test(golden__callers_are_served_however_they_are_cut),
    };
    return cmocka_run_group_tests_name("host", tests, NULL, NULL);
}
