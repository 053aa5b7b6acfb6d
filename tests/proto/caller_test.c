/* caller_test.c - everything that an archive may send to a caller, and what it must
 * not.
 *
 * Every row of the table "Client-only vat" of docs/psp.md is a case here. */
#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>

#include "proto/caller.h"
#include "tests/support/counting_service.h"
#include "tests/support/golden_file.h"
#include "tests/support/rpc_writer.h"

enum { LOG_BYTES = 4096, TELLS_MAX = 16 };

/* A caller in the middle of its life:
 *   import 0: the Totebox, settled; import 1: the Grant, a promise;
 *   question 0: health, waits; question 1: describe, waits;
 *   question 2: a watch that was released: cancelled, its Return is still to come. */
struct scene {
    struct buffer output, input;
    struct caller *caller;
    struct token token;
    cap totebox, grant, watch;
    enum psp_error told[TELLS_MAX];
    uint32_t told_count;
};

static void on_answer(void *user, const struct answer *answer)
{
    struct scene *scene = user;
    assert_true(scene->told_count < TELLS_MAX);
    scene->told[scene->told_count++] = answer->error;
}

static void check_log(struct scene *scene, const char *of, const char *expected)
{
    char log[LOG_BYTES];
    rpc_log(&scene->output, log, sizeof log);
    if (strcmp(log, expected) != 0)
        fail_msg("%s: sent \"%s\", not \"%s\"", of, log, expected);
}

static const struct rpc_descriptor hosted_0 = {RPC_CAP_DESCRIPTOR_SENDER_HOSTED_TAG, 0},
                                   promise_1 = {RPC_CAP_DESCRIPTOR_SENDER_PROMISE_TAG,
                                                1};

static enum psp_error receive(struct scene *scene)
{
    return caller_receive(scene->caller, &scene->input);
}

static void scene_begin(struct scene *scene)
{
    *scene = (struct scene){0};
    counting_service_token(&scene->token);
    scene->caller = caller_new(&scene->output);
    assert_non_null(scene->caller);
    assert_int_equal(caller_bootstrap(scene->caller, &scene->totebox), PSP_OK);
    assert_int_equal(caller_present(scene->caller, scene->totebox, &scene->token, NULL,
                                    NULL, &scene->grant),
                     PSP_OK);
}

static void scene_set(struct scene *scene)
{
    struct query query = {.view = TEXT("pos")};
    scene_begin(scene);
    rpc_write_results(&scene->input, &(struct rpc_results){.id = 0,
                                                           .is_capability = true,
                                                           .cap_count = 1,
                                                           .caps = {hosted_0}});
    rpc_write_results(&scene->input, &(struct rpc_results){
                                         .id = 1, .cap_count = 1, .caps = {promise_1}});
    assert_int_equal(receive(scene), PSP_OK);
    check_log(scene, "start",
              "bootstrap 0; call 1 on answer 0 []; finish 0 keep; finish 1 keep");
    assert_int_equal(caller_health(scene->caller, scene->grant, on_answer, scene),
                     PSP_OK);
    assert_int_equal(caller_describe(scene->caller, scene->grant, on_answer, scene),
                     PSP_OK);
    assert_int_equal(caller_watch(scene->caller, scene->grant, &query, 1,
                                  (struct text){0}, NULL, NULL, &scene->watch),
                     PSP_OK);
    caller_release(scene->caller, scene->watch);
    check_log(scene, "calls",
              "call 0 on import 1; call 1 on import 1; call 2 on import 1; "
              "finish 2 release");
}

static void scene_end(struct scene *scene)
{
    caller_free(scene->caller);
    token_release(&scene->token);
    buffer_release(&scene->output);
    buffer_release(&scene->input);
}

/* --- what it must not send
 * ------------------------------------------------------------ */

enum form { PLAIN, BARE, RESULTS, EXCEPTION, RESOLVE, UNIMPLEMENTED, BYTES };

struct received {
    const char *name;
    enum form form;
    uint16_t tag;
    uint64_t word;
    struct rpc_results results;
    uint32_t promise;
    struct rpc_descriptor descriptor;
    const char *bytes; /* hex-free: raw, of `length` */
    size_t length;
    /* Legal ones only: what is sent, and what health and describe are told. */
    const char *sends;
    const char *told;
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
    case RESULTS:
        rpc_write_results(to, &received->results);
        break;
    case EXCEPTION:
        rpc_write_exception(to, (uint32_t)received->word, received->tag,
                            received->bytes);
        break;
    case RESOLVE:
        rpc_write_resolve(to, received->promise, received->descriptor);
        break;
    case UNIMPLEMENTED:
        rpc_write_unimplemented(to, received->tag, received->word);
        break;
    case BYTES:
        assert_true(buffer_append(to, received->bytes, received->length));
        break;
    }
}

#define NONE                                                                           \
    {                                                                                  \
        RPC_CAP_DESCRIPTOR_NONE_TAG, 0                                                 \
    }
#define HOSTED(id)                                                                     \
    {                                                                                  \
        RPC_CAP_DESCRIPTOR_SENDER_HOSTED_TAG, id                                       \
    }
#define PROMISE(id)                                                                    \
    {                                                                                  \
        RPC_CAP_DESCRIPTOR_SENDER_PROMISE_TAG, id                                      \
    }
#define VINE(id)                                                                       \
    {                                                                                  \
        RPC_CAP_DESCRIPTOR_THIRD_PARTY_HOSTED_TAG, id                                  \
    }
#define OURS(id)                                                                       \
    {                                                                                  \
        RPC_CAP_DESCRIPTOR_RECEIVER_HOSTED_TAG, id                                     \
    }
#define OUR_ANSWER                                                                     \
    {                                                                                  \
        RPC_CAP_DESCRIPTOR_RECEIVER_ANSWER_TAG, 0                                      \
    }
#define FRAME(name_, bytes_)                                                           \
    {                                                                                  \
        .name = (name_), .form = BYTES, .bytes = (bytes_),                             \
        .length = sizeof(bytes_) - 1                                                   \
    }

static const struct received violations[] = {
    {.name = "call", .form = PLAIN, .tag = RPC_MESSAGE_CALL_TAG},
    {.name = "bootstrap", .form = PLAIN, .tag = RPC_MESSAGE_BOOTSTRAP_TAG},
    {.name = "finish", .form = PLAIN, .tag = RPC_MESSAGE_FINISH_TAG},
    {.name = "release", .form = PLAIN, .tag = RPC_MESSAGE_RELEASE_TAG},
    {.name = "provide", .form = PLAIN, .tag = RPC_MESSAGE_PROVIDE_TAG},
    {.name = "accept", .form = PLAIN, .tag = RPC_MESSAGE_ACCEPT_TAG},
    {.name = "join", .form = PLAIN, .tag = RPC_MESSAGE_JOIN_TAG},
    {.name = "obsolete-save", .form = BARE, .tag = RPC_MESSAGE_OBSOLETE_SAVE_TAG},
    {.name = "obsolete-delete", .form = BARE, .tag = RPC_MESSAGE_OBSOLETE_DELETE_TAG},
    {.name = "disembargo-sender-loopback",
     .form = PLAIN,
     .tag = RPC_MESSAGE_DISEMBARGO_TAG,
     .word = 0},
    {.name = "disembargo-receiver-loopback",
     .form = PLAIN,
     .tag = RPC_MESSAGE_DISEMBARGO_TAG,
     .word = (uint64_t)RPC_DISEMBARGO_CONTEXT_RECEIVER_LOOPBACK_TAG << 32},
    {.name = "disembargo-accept",
     .form = PLAIN,
     .tag = RPC_MESSAGE_DISEMBARGO_TAG,
     .word = (uint64_t)RPC_DISEMBARGO_CONTEXT_ACCEPT_TAG << 32},
    {.name = "disembargo-provide",
     .form = PLAIN,
     .tag = RPC_MESSAGE_DISEMBARGO_TAG,
     .word = (uint64_t)RPC_DISEMBARGO_CONTEXT_PROVIDE_TAG << 32},
    {.name = "third-party-answer",
     .form = PLAIN,
     .tag = RPC_MESSAGE_THIRD_PARTY_ANSWER_TAG},
    {.name = "unknown-message", .form = PLAIN, .tag = 15},
    {.name = "unknown-message-ffff", .form = BARE, .tag = 0xffff},
    {.name = "call-without-body", .form = BARE, .tag = RPC_MESSAGE_CALL_TAG},
    {.name = "return-without-body", .form = BARE, .tag = RPC_MESSAGE_RETURN_TAG},
    {.name = "resolve-without-body", .form = BARE, .tag = RPC_MESSAGE_RESOLVE_TAG},
    {.name = "unimplemented-without-body",
     .form = BARE,
     .tag = RPC_MESSAGE_UNIMPLEMENTED_TAG},

    {.name = "return-unknown",
     .form = PLAIN,
     .tag = RPC_MESSAGE_RETURN_TAG,
     .word = RETURN_WORD(3, 0)},
    {.name = "return-ffffffff",
     .form = PLAIN,
     .tag = RPC_MESSAGE_RETURN_TAG,
     .word = RETURN_WORD(0xffffffff, 0)},
    {.name = "return-canceled-unasked",
     .form = PLAIN,
     .tag = RPC_MESSAGE_RETURN_TAG,
     .word = RETURN_WORD(0, RPC_RETURN_CANCELED_TAG)},
    {.name = "return-elsewhere",
     .form = PLAIN,
     .tag = RPC_MESSAGE_RETURN_TAG,
     .word = RETURN_WORD(0, RPC_RETURN_RESULTS_SENT_ELSEWHERE_TAG)},
    {.name = "return-take-from",
     .form = PLAIN,
     .tag = RPC_MESSAGE_RETURN_TAG,
     .word = RETURN_WORD(0, RPC_RETURN_TAKE_FROM_OTHER_QUESTION_TAG)},
    {.name = "return-third-party",
     .form = PLAIN,
     .tag = RPC_MESSAGE_RETURN_TAG,
     .word = RETURN_WORD(0, RPC_RETURN_ACCEPT_FROM_THIRD_PARTY_TAG)},
    {.name = "return-variant-6",
     .form = PLAIN,
     .tag = RPC_MESSAGE_RETURN_TAG,
     .word = RETURN_WORD(0, 6)},
    {.name = "return-elsewhere-of-cancelled",
     .form = PLAIN,
     .tag = RPC_MESSAGE_RETURN_TAG,
     .word = RETURN_WORD(2, RPC_RETURN_RESULTS_SENT_ELSEWHERE_TAG)},

    {.name = "cap-receiver-hosted",
     .form = RESULTS,
     .results = {.cap_count = 1, .caps = {OURS(0)}}},
    {.name = "cap-receiver-answer",
     .form = RESULTS,
     .results = {.cap_count = 1, .caps = {OUR_ANSWER}}},
    {.name = "cap-receiver-hosted-second",
     .form = RESULTS,
     .results = {.cap_count = 2, .caps = {HOSTED(4), OURS(0)}}},
    {.name = "cap-receiver-hosted-of-cancelled",
     .form = RESULTS,
     .results = {.id = 2, .cap_count = 1, .caps = {OURS(0)}}},
    {.name = "cap-unknown",
     .form = RESULTS,
     .results = {.cap_count = 1, .caps = {{6, 0}}}},
    {.name = "cap-table-9",
     .form = RESULTS,
     .results = {.cap_count = 9, .caps = {HOSTED(5), HOSTED(6), HOSTED(7)}}},
    {.name = "cap-table-20000",
     .form = RESULTS,
     .results = {.cap_count = 20000, .caps = {HOSTED(5), HOSTED(6), HOSTED(7)}}},
    {.name = "results-are-a-capability",
     .form = RESULTS,
     .results = {.is_capability = true, .cap_count = 1, .caps = {HOSTED(4)}}},

    {.name = "promise-settled", .form = RESOLVE, .promise = 0, .descriptor = HOSTED(4)},
    {.name = "promise-to-none", .form = RESOLVE, .promise = 1, .descriptor = NONE},
    {.name = "promise-to-receiver-hosted",
     .form = RESOLVE,
     .promise = 1,
     .descriptor = OURS(0)},
    {.name = "promise-to-receiver-answer",
     .form = RESOLVE,
     .promise = 1,
     .descriptor = OUR_ANSWER},
    {.name = "promise-to-unknown", .form = RESOLVE, .promise = 1, .descriptor = {6, 0}},
    {.name = "promise-gone-to-receiver-hosted",
     .form = RESOLVE,
     .promise = 9,
     .descriptor = OURS(0)},
    {.name = "promise-variant-2",
     .form = PLAIN,
     .tag = RPC_MESSAGE_RESOLVE_TAG,
     .word = 1 | UINT64_C(2) << 32},

    {.name = "unimplemented-finish",
     .form = UNIMPLEMENTED,
     .tag = RPC_MESSAGE_FINISH_TAG,
     .word = 0},
    {.name = "unimplemented-release",
     .form = UNIMPLEMENTED,
     .tag = RPC_MESSAGE_RELEASE_TAG,
     .word = 0},
    {.name = "unimplemented-call-unknown",
     .form = UNIMPLEMENTED,
     .tag = RPC_MESSAGE_CALL_TAG,
     .word = 9},
    {.name = "unimplemented-unimplemented",
     .form = UNIMPLEMENTED,
     .tag = RPC_MESSAGE_UNIMPLEMENTED_TAG,
     .word = 0},

    FRAME("frame-count-ffffffff", "\xff\xff\xff\xff\0\0\0\0"),
    FRAME("frame-count-fffffffe", "\xfe\xff\xff\xff\0\0\0\0"),
    FRAME("frame-count-512", "\xff\x01\0\0\0\0\0\0"),
    FRAME("frame-count-65", "\x40\0\0\0\0\0\0\0"),
    FRAME("frame-empty", "\0\0\0\0\0\0\0\0"),
    FRAME("frame-size-huge", "\0\0\0\0\xff\xff\xff\xff"),
    FRAME("frame-over-1-mib", "\0\0\0\0\x01\0\x02\0"),
    FRAME("frame-sum-overflow", "\x01\0\0\0\xff\xff\xff\xff\x01\0\0\0\0\0\0\0"),
    FRAME("root-null", "\0\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0"),
    FRAME("root-outside", "\0\0\0\0\x01\0\0\0\x04\0\0\0\x01\0\x01\0"),
    FRAME("root-is-a-list", "\0\0\0\0\x01\0\0\0\x01\0\0\0\x02\0\0\0"),
    FRAME("root-is-a-capability", "\0\0\0\0\x01\0\0\0\x03\0\0\0\0\0\0\0"),
};

static void archive__that_breaks_the_protocol_is_told_and_left(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof violations / sizeof violations[0]; i++) {
        struct scene scene;
        cap unused;
        scene_set(&scene);
        write_received(&scene.input, &violations[i]);
        enum psp_error error = receive(&scene);
        if (error != PSP_MALFORMED && error != PSP_LIMIT)
            fail_msg("%s: error %d", violations[i].name, (int)error);
        check_log(&scene, violations[i].name, "abort");
        /* Who waits is told, and nothing is sent or taken any more. */
        assert_int_equal(scene.told_count, 2);
        assert_int_equal(scene.told[0], PSP_DISCONNECTED);
        assert_int_equal(scene.told[1], PSP_DISCONNECTED);
        assert_int_equal(caller_outstanding(scene.caller), 0);
        assert_true(strlen(caller_defect(scene.caller)) > 8);
        assert_int_equal(caller_health(scene.caller, scene.grant, on_answer, &scene),
                         PSP_DISCONNECTED);
        assert_int_equal(caller_bootstrap(scene.caller, &unused), PSP_DISCONNECTED);
        rpc_write_plain(&scene.input, RPC_MESSAGE_CALL_TAG, 0);
        assert_int_equal(receive(&scene), error);
        caller_release(scene.caller, scene.grant);
        check_log(&scene, violations[i].name, "");
        scene_end(&scene);
    }
}

/* --- what it may send
 * ------------------------------------------------------------------ */

static const struct received legal[] = {
    {.name = "results",
     .form = RESULTS,
     .results = {.field = FIELD_NONE},
     .sends = "finish 0 keep",
     .told = "0"},
    {.name = "results-in-reverse-order",
     .form = RESULTS,
     .results = {.id = 1, .field = FIELD_NONE},
     .sends = "finish 1 keep",
     .told = "0"},
    {.name = "no-finish-needed",
     .form = RESULTS,
     .results = {.no_finish = true, .field = FIELD_NONE},
     .sends = "",
     .told = "0"},
    {.name = "no-finish-needed-with-none",
     .form = RESULTS,
     .results = {.no_finish = true, .cap_count = 1, .caps = {NONE}},
     .sends = "",
     .told = "0"},
    {.name = "no-finish-needed-with-caps",
     .form = RESULTS,
     .results = {.no_finish = true, .cap_count = 1, .caps = {HOSTED(4)}},
     .sends = "finish 0 keep; release 4 x1",
     .told = "0"},
    {.name = "caps-that-nobody-asked-for",
     .form = RESULTS,
     .results = {.cap_count = 3, .caps = {HOSTED(4), PROMISE(5), VINE(6)}},
     .sends = "finish 0 keep; release 4 x1; release 5 x1; release 6 x1",
     .told = "0"},
    {.name = "cap-twice",
     .form = RESULTS,
     .results = {.cap_count = 2, .caps = {HOSTED(4), HOSTED(4)}},
     .sends = "finish 0 keep; release 4 x2",
     .told = "0"},
    {.name = "cap-that-is-held",
     .form = RESULTS,
     .results = {.cap_count = 1, .caps = {HOSTED(0)}},
     .sends = "finish 0 keep",
     .told = "0"},
    {.name = "cap-table-8",
     .form = RESULTS,
     .results = {.cap_count = 8, .caps = {HOSTED(4), HOSTED(4), HOSTED(4)}},
     .sends = "finish 0 keep; release 4 x8",
     .told = "0"},
    {.name = "late-results-with-caps",
     .form = RESULTS,
     .results = {.id = 2, .cap_count = 1, .caps = {HOSTED(4)}},
     .sends = "",
     .told = ""},
    {.name = "late-canceled",
     .form = PLAIN,
     .tag = RPC_MESSAGE_RETURN_TAG,
     .word = RETURN_WORD(2, RPC_RETURN_CANCELED_TAG),
     .sends = "",
     .told = ""},
    {.name = "late-exception",
     .form = EXCEPTION,
     .tag = 0,
     .word = 2,
     .bytes = "psp.denied: late",
     .sends = "",
     .told = ""},
    {.name = "exception",
     .form = EXCEPTION,
     .tag = RPC_EXCEPTION_TYPE_FAILED,
     .word = 0,
     .bytes = "psp.denied: no",
     .sends = "finish 0 keep",
     .told = "2"},
    {.name = "exception-code-alone",
     .form = EXCEPTION,
     .tag = RPC_EXCEPTION_TYPE_FAILED,
     .word = 0,
     .bytes = "psp.denied",
     .sends = "finish 0 keep",
     .told = "2"},
    {.name = "exception-without-code",
     .form = EXCEPTION,
     .tag = RPC_EXCEPTION_TYPE_FAILED,
     .word = 0,
     .bytes = "psp.deniedx",
     .sends = "finish 0 keep",
     .told = "18"},
    {.name = "exception-overloaded",
     .form = EXCEPTION,
     .tag = RPC_EXCEPTION_TYPE_OVERLOADED,
     .word = 0,
     .bytes = "",
     .sends = "finish 0 keep",
     .told = "13"},
    {.name = "exception-disconnected",
     .form = EXCEPTION,
     .tag = RPC_EXCEPTION_TYPE_DISCONNECTED,
     .word = 0,
     .bytes = "gone",
     .sends = "finish 0 keep",
     .told = "14"},
    {.name = "exception-unimplemented",
     .form = EXCEPTION,
     .tag = RPC_EXCEPTION_TYPE_UNIMPLEMENTED,
     .word = 0,
     .bytes = "what?",
     .sends = "finish 0 keep",
     .told = "15"},
    {.name = "exception-of-type-4",
     .form = EXCEPTION,
     .tag = 4,
     .word = 0,
     .bytes = "what?",
     .sends = "finish 0 keep",
     .told = "18"},
    {.name = "unimplemented-call",
     .form = UNIMPLEMENTED,
     .tag = RPC_MESSAGE_CALL_TAG,
     .word = 0,
     .sends = "",
     .told = "15"},
    {.name = "unimplemented-call-cancelled",
     .form = UNIMPLEMENTED,
     .tag = RPC_MESSAGE_CALL_TAG,
     .word = 2,
     .sends = "",
     .told = ""},
    {.name = "promise-to-sender-hosted",
     .form = RESOLVE,
     .promise = 1,
     .descriptor = HOSTED(4),
     .sends = "release 4 x1",
     .told = ""},
    {.name = "promise-to-sender-promise",
     .form = RESOLVE,
     .promise = 1,
     .descriptor = PROMISE(4),
     .sends = "release 4 x1",
     .told = ""},
    {.name = "promise-to-vine",
     .form = RESOLVE,
     .promise = 1,
     .descriptor = VINE(4),
     .sends = "release 4 x1",
     .told = ""},
    {.name = "promise-to-what-is-held",
     .form = RESOLVE,
     .promise = 1,
     .descriptor = HOSTED(0),
     .sends = "release 0 x1",
     .told = ""},
    {.name = "promise-that-was-released",
     .form = RESOLVE,
     .promise = 9,
     .descriptor = HOSTED(4),
     .sends = "release 4 x1",
     .told = ""},
    {.name = "promise-broken",
     .form = PLAIN,
     .tag = RPC_MESSAGE_RESOLVE_TAG,
     .word = 1 | (uint64_t)RPC_RESOLVE_EXCEPTION_TAG << 32,
     .sends = "",
     .told = ""},
    {.name = "promise-broken-that-was-released",
     .form = PLAIN,
     .tag = RPC_MESSAGE_RESOLVE_TAG,
     .word = 9 | (uint64_t)RPC_RESOLVE_EXCEPTION_TAG << 32,
     .sends = "",
     .told = ""},
};

static void archive__may_answer_in_all_legal_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof legal / sizeof legal[0]; i++) {
        struct scene scene;
        char told[32] = "";
        scene_set(&scene);
        write_received(&scene.input, &legal[i]);
        if (receive(&scene) != PSP_OK)
            fail_msg("%s: %s", legal[i].name, caller_defect(scene.caller));
        check_log(&scene, legal[i].name, legal[i].sends);
        if (scene.told_count)
            snprintf(told, sizeof told, "%d", (int)scene.told[0]);
        if (scene.told_count > 1 || strcmp(told, legal[i].told) != 0)
            fail_msg("%s: told %s, not %s", legal[i].name, told, legal[i].told);
        assert_int_equal(caller_outstanding(scene.caller), 2 - scene.told_count);
        scene_end(&scene);
    }
}

static void abort__ends_without_an_answer(void **state)
{
    (void)state;
    struct scene scene;
    scene_set(&scene);
    rpc_write_plain(&scene.input, RPC_MESSAGE_ABORT_TAG, 0);
    assert_int_equal(receive(&scene), PSP_DISCONNECTED);
    check_log(&scene, "abort", "");
    assert_int_equal(scene.told_count, 2);
    scene_end(&scene);
}

static void answer__comes_once(void **state)
{
    (void)state;
    struct scene scene;
    scene_set(&scene);
    rpc_write_results(&scene.input, &(struct rpc_results){.field = FIELD_NONE});
    rpc_write_results(&scene.input, &(struct rpc_results){.field = FIELD_NONE});
    assert_int_equal(receive(&scene), PSP_MALFORMED);
    check_log(&scene, "return-duplicate", "finish 0 keep; abort");
    scene_end(&scene);
}

static void question__ids_are_reused_lowest_first_and_only_when_free(void **state)
{
    (void)state;
    struct scene scene;
    scene_set(&scene);
    rpc_write_results(&scene.input,
                      &(struct rpc_results){.id = 1, .field = FIELD_NONE});
    assert_int_equal(receive(&scene), PSP_OK);
    /* 1 is free; 2 is cancelled, which is not free. */
    for (int i = 0; i < 2; i++)
        assert_int_equal(caller_health(scene.caller, scene.grant, on_answer, &scene),
                         PSP_OK);
    check_log(&scene, "before",
              "finish 1 keep; call 1 on import 1; call 3 on import 1");
    rpc_write_plain(&scene.input, RPC_MESSAGE_RETURN_TAG,
                    RETURN_WORD(2, RPC_RETURN_CANCELED_TAG));
    assert_int_equal(receive(&scene), PSP_OK);
    assert_int_equal(caller_health(scene.caller, scene.grant, on_answer, &scene),
                     PSP_OK);
    check_log(&scene, "after", "call 2 on import 1");
    scene_end(&scene);
}

/* --- capabilities -------------------------------------------------------------------
 */

static void capability__breaks_when_the_answer_has_none(void **state)
{
    (void)state;
    static const struct rpc_results cases[] = {
        {.id = 1, .field = FIELD_NONE},
        {.id = 1, .field = FIELD_NONE, .cap_count = 1, .caps = {HOSTED(4)}},
        {.id = 1, .field = 1, .cap_count = 1, .caps = {HOSTED(4)}},
        {.id = 1, .field = 0x7fffffff, .cap_count = 1, .caps = {HOSTED(4)}},
        {.id = 1, .field = 0, .cap_count = 1, .caps = {NONE}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct scene scene;
        scene_begin(&scene);
        rpc_write_results(&scene.input, &cases[i]);
        assert_int_equal(receive(&scene), PSP_OK);
        bool unused = cases[i].cap_count && cases[i].caps[0].tag;
        check_log(&scene, "answer",
                  unused ? "bootstrap 0; call 1 on answer 0 []; finish 1 keep; "
                           "release 4 x1"
                         : "bootstrap 0; call 1 on answer 0 []; finish 1 keep");
        assert_int_equal(caller_health(scene.caller, scene.grant, on_answer, &scene),
                         PSP_FAILED);
        caller_release(scene.caller, scene.grant);
        check_log(&scene, "release", "");
        scene_end(&scene);
    }
}

static void capability__is_called_by_promise_then_by_import(void **state)
{
    (void)state;
    struct scene scene;
    scene_begin(&scene);
    assert_int_equal(caller_health(scene.caller, scene.grant, on_answer, &scene),
                     PSP_OK);
    rpc_write_results(&scene.input, &(struct rpc_results){
                                        .id = 1, .cap_count = 1, .caps = {HOSTED(7)}});
    assert_int_equal(receive(&scene), PSP_OK);
    assert_int_equal(caller_health(scene.caller, scene.grant, on_answer, &scene),
                     PSP_OK);
    check_log(&scene, "calls",
              "bootstrap 0; call 1 on answer 0 []; call 2 on answer 1 [0]; "
              "finish 1 keep; call 1 on import 7");
    scene_end(&scene);
}

static void capability__that_came_twice_is_given_back_twice(void **state)
{
    (void)state;
    struct scene scene;
    cap again;
    scene_begin(&scene);
    assert_int_equal(caller_bootstrap(scene.caller, &again), PSP_OK);
    rpc_write_results(&scene.input, &(struct rpc_results){.id = 0,
                                                          .is_capability = true,
                                                          .cap_count = 1,
                                                          .caps = {HOSTED(3)}});
    rpc_write_results(&scene.input, &(struct rpc_results){.id = 2,
                                                          .is_capability = true,
                                                          .cap_count = 1,
                                                          .caps = {HOSTED(3)}});
    assert_int_equal(receive(&scene), PSP_OK);
    check_log(&scene, "answers",
              "bootstrap 0; call 1 on answer 0 []; bootstrap 2; finish 0 keep; "
              "finish 2 keep");
    /* Present waits on the first handle. */
    caller_release(scene.caller, again);
    check_log(&scene, "first release", "");
    caller_release(scene.caller, scene.totebox);
    check_log(&scene, "second release", "finish 1 release; release 3 x2");
    scene_end(&scene);
}

static void capability__that_a_promise_broke_fails(void **state)
{
    (void)state;
    struct scene scene;
    scene_set(&scene);
    rpc_write_plain(&scene.input, RPC_MESSAGE_RESOLVE_TAG,
                    1 | (uint64_t)RPC_RESOLVE_EXCEPTION_TAG << 32);
    assert_int_equal(receive(&scene), PSP_OK);
    assert_int_equal(caller_health(scene.caller, scene.grant, on_answer, &scene),
                     PSP_FAILED);
    /* It is still an import, and is still given back. */
    caller_release(scene.caller, scene.grant);
    check_log(&scene, "release", "finish 0 release; finish 1 release; release 1 x1");
    scene_end(&scene);
}

static void capability__none_is_unknown(void **state)
{
    (void)state;
    struct scene scene;
    scene_begin(&scene);
    assert_int_equal(caller_health(scene.caller, 0, on_answer, &scene), PSP_UNKNOWN);
    caller_release(scene.caller, 0);
    check_log(&scene, "nothing", "bootstrap 0; call 1 on answer 0 []");
    scene_end(&scene);
}

/* An archive that floods imports is stopped at 1024. */
static void imports__are_1024(void **state)
{
    (void)state;
    struct scene scene;
    cap handle;
    enum psp_error error = PSP_OK;
    uint32_t imports = 0;
    scene_begin(&scene);
    while (error == PSP_OK && imports < 2000) {
        error = caller_bootstrap(scene.caller, &handle);
        if (error != PSP_OK)
            break;
        rpc_write_results(&scene.input,
                          &(struct rpc_results){.id = 2,
                                                .is_capability = true,
                                                .cap_count = 1,
                                                .caps = {HOSTED(100 + imports)}});
        error = receive(&scene);
        buffer_truncate(&scene.output, 0);
        imports++;
    }
    assert_int_equal(error, PSP_LIMIT);
    assert_in_range(imports, 1022, 1024);
    scene_end(&scene);
}

/* One that makes us send, and never reads. */
static void output__is_bounded(void **state)
{
    (void)state;
    struct scene scene;
    enum psp_error error = PSP_OK;
    scene_set(&scene);
    for (uint32_t i = 0; i < 1000000 && error == PSP_OK; i++) {
        rpc_write_resolve(&scene.input, 77, (struct rpc_descriptor)HOSTED(4));
        error = receive(&scene);
    }
    assert_int_equal(error, PSP_LIMIT);
    assert_in_range(buffer_length(&scene.output), 4 << 20, (4 << 20) + 200);
    scene_end(&scene);
}

/* --- the reference implementation's archive
 * ------------------------------------------- */

struct golden {
    struct scene scene;
    uint32_t revision, rows, seq[8], kinds[8], changes[8], deltas;
    struct identity identity;
    struct grant_info info;
    struct health health;
    char view[32], deleted[32];
};

static void on_golden_present(void *user, const struct answer *answer)
{
    struct golden *golden = user;
    if (answer->error == PSP_OK)
        assert_int_equal(
            grant_info_read(reader_struct(answer->results, 1), &golden->info), PSP_OK);
    on_answer(&golden->scene, answer);
}

static void on_golden_hello(void *user, const struct answer *answer)
{
    struct golden *golden = user;
    assert_int_equal(answer->error, PSP_OK);
    assert_int_equal(
        identity_read(reader_struct(answer->results, 0), &golden->identity), PSP_OK);
    assert_true(text_equal(golden->identity.software, TEXT("refbox")));
    on_answer(&golden->scene, answer);
}

static void on_golden_read(void *user, const struct answer *answer)
{
    struct golden *golden = user;
    struct struct_reader batch = reader_struct(answer->results, 0);
    struct batch opened;
    const char *why;
    golden->revision = (uint32_t)reader_u64(batch, PSP_BATCH_REVISION_OFF);
    golden->rows = reader_u32(batch, PSP_BATCH_ROW_COUNT_OFF);
    struct list_reader columns =
        reader_list(batch, PSP_BATCH_COLUMNS_PTR, ELEMENT_COMPOSITE);
    for (uint32_t i = 0; answer->error == PSP_OK && i < columns.count; i++) {
        struct struct_reader info =
            reader_struct(list_struct(columns, i), PSP_COLUMN_INFO_PTR);
        assert_true(reader_text(info, PSP_COLUMN_INFO_NAME_PTR).length);
    }
    /* The recorded views are not of the catalogue. */
    if (answer->error == PSP_OK)
        assert_int_equal(batch_open(batch, &opened, &why), PSP_UNKNOWN);
    on_answer(&golden->scene, answer);
}

static void on_golden_next(void *user, const struct answer *answer)
{
    struct golden *golden = user;
    struct delta delta;
    const char *why = NULL;
    if (answer->error == PSP_DISCONNECTED)
        return; /* the recording's end */
    assert_int_equal(answer->error, PSP_OK);
    if (delta_read(reader_struct(answer->results, 0), &delta, &why) != PSP_OK)
        fail_msg("delta: %s", why);
    golden->seq[golden->deltas] = (uint32_t)delta.seq;
    golden->kinds[golden->deltas] = delta.kind;
    golden->changes[golden->deltas++] = delta.changes.count;
    golden->revision = (uint32_t)delta.revision;
    for (uint32_t i = 0; i < delta.changes.count; i++) {
        struct batch batch;
        struct list_reader deletes;
        assert_int_equal(delta_change(&delta, i, &batch, &deletes, &why), PSP_UNKNOWN);
        if (deletes.count == 0)
            continue;
        struct text key = list_text(deletes, 0);
        snprintf(golden->deleted, sizeof golden->deleted, "%.*s", (int)key.length,
                 key.bytes);
    }
    on_answer(&golden->scene, answer);
}

static void on_golden_describe(void *user, const struct answer *answer)
{
    struct golden *golden = user;
    struct list_reader views = reader_list(answer->results, 0, ELEMENT_COMPOSITE);
    assert_int_equal(views.count, 1);
    struct text name = reader_text(list_struct(views, 0), PSP_VIEW_INFO_NAME_PTR);
    snprintf(golden->view, sizeof golden->view, "%.*s", (int)name.length, name.bytes);
    on_answer(&golden->scene, answer);
}

static void on_golden_health(void *user, const struct answer *answer)
{
    struct golden *golden = user;
    assert_int_equal(health_read(reader_struct(answer->results, 0), &golden->health),
                     PSP_OK);
    on_answer(&golden->scene, answer);
}

static void golden_begin(struct golden *golden)
{
    struct scene *scene = &golden->scene;
    *golden = (struct golden){.revision = 0};
    counting_service_token(&scene->token);
    scene->caller = caller_new(&scene->output);
    assert_non_null(scene->caller);
    assert_int_equal(caller_bootstrap(scene->caller, &scene->totebox), PSP_OK);
    assert_int_equal(caller_present(scene->caller, scene->totebox, &scene->token,
                                    on_golden_present, golden, &scene->grant),
                     PSP_OK);
}

/* Message `number` of a connection, byte by byte.  `recorded` >= 0: it is a Return of
 * that id, which becomes `ours`: the first word of the body that follows the root. */
static void golden_feed_as(struct golden *golden, const char *connection, int number,
                           int recorded, int ours)
{
    char pattern[64];
    glob_t found;
    size_t length;
    snprintf(pattern, sizeof pattern, "psp/%s/messages/s%02d-*.bin", connection,
             number);
    golden_find(pattern, &found);
    assert_int_equal(found.gl_pathc, 1);
    uint8_t *bytes = golden_load(found.gl_pathv[0], &length);
    if (recorded >= 0) {
        assert_int_equal(bytes[32], recorded);
        bytes[32] = (uint8_t)ours;
    }
    size_t step = length > 1000 ? 997 : 1;
    for (size_t at = 0; at < length; at += step) {
        size_t piece = length - at < step ? length - at : step;
        assert_true(buffer_append(&golden->scene.input, bytes + at, piece));
        enum psp_error error = receive(&golden->scene);
        if (error != PSP_OK && error != PSP_DISCONNECTED)
            fail_msg("%s s%02d: %s", connection, number,
                     caller_defect(golden->scene.caller));
    }
    free(bytes);
    globfree(&found);
}

static void golden_feed(struct golden *golden, const char *connection, int first,
                        int last)
{
    for (int number = first; number <= last; number++)
        golden_feed_as(golden, connection, number, -1, -1);
}

/* Every recorded connection ends with the reference's Abort. */
static void golden_end(struct golden *golden, const char *connection, int abort)
{
    golden_feed(golden, connection, abort, abort);
    assert_int_equal(receive(&golden->scene), PSP_DISCONNECTED);
    scene_end(&golden->scene);
}

static void ask_read(struct golden *golden)
{
    struct query query = {.view = TEXT("position")};
    assert_int_equal(caller_read(golden->scene.caller, golden->scene.grant, &query,
                                 on_golden_read, golden),
                     PSP_OK);
}

static void golden__pages_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *connection;
        enum psp_error present, read;
        uint32_t revision, rows;
    } cases[] = {
        {"read-wide", PSP_OK, PSP_OK, 6, 4},
        {"aggregate", PSP_OK, PSP_OK, 6, 3},
        {"large", PSP_OK, PSP_OK, 3000, 3000},
        {"refused", PSP_OK, PSP_DENIED, 0, 0},
        {"badtoken", PSP_SIGNATURE, PSP_SIGNATURE, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct golden golden;
        golden_begin(&golden);
        ask_read(&golden);
        golden_feed(&golden, cases[i].connection, 0, 2);
        assert_int_equal(golden.scene.told_count, 2);
        assert_int_equal(golden.scene.told[0], cases[i].present);
        assert_int_equal(golden.scene.told[1], cases[i].read);
        if (golden.revision != cases[i].revision || golden.rows != cases[i].rows)
            fail_msg("%s: revision %u, %u rows", cases[i].connection, golden.revision,
                     golden.rows);
        golden_end(&golden, cases[i].connection, 3);
    }
}

static void golden__grant_is_left_as_the_reference_leaves_it(void **state)
{
    (void)state;
    struct golden golden;
    golden_begin(&golden);
    ask_read(&golden);
    golden_feed(&golden, "read", 0, 2);
    assert_int_equal(golden.info.rights, 0x1f);
    assert_int_equal(golden.info.not_after_ms, 1760000300000);
    assert_int_equal(golden.info.max_rows, 100);
    caller_release(golden.scene.caller, golden.scene.grant);
    assert_int_equal(caller_hello(golden.scene.caller, golden.scene.totebox,
                                  (struct text){0}, on_golden_hello, &golden),
                     PSP_OK);
    /* c03 to c07 of the recording, but for the order of its Finishes. */
    check_log(&golden.scene, "read",
              "bootstrap 0; call 1 on answer 0 []; call 2 on answer 1 [0]; "
              "finish 0 keep; finish 1 keep; finish 2 keep; release 1 x1; "
              "call 0 on import 0");
    golden_feed(&golden, "read", 3, 3);
    assert_int_equal(golden.identity.max_skew_ms, 30000);
    assert_int_equal(golden.identity.clock_ms, 1760000000000);
    golden_end(&golden, "read", 4);
}

static void golden__promise_is_called_for_ever(void **state)
{
    (void)state;
    struct golden golden;
    golden_begin(&golden);
    ask_read(&golden);
    golden_feed(&golden, "promises", 0, 3);
    caller_release(golden.scene.caller, golden.scene.grant);
    assert_int_equal(caller_hello(golden.scene.caller, golden.scene.totebox,
                                  (struct text){0}, on_golden_hello, &golden),
                     PSP_OK);
    /* The object behind the promise is given back at once, the promise at the end. */
    check_log(&golden.scene, "promises",
              "bootstrap 0; call 1 on answer 0 []; call 2 on answer 1 [0]; "
              "finish 0 keep; finish 1 keep; release 2 x1; finish 2 keep; "
              "release 1 x1; call 0 on import 0");
    golden_feed(&golden, "promises", 4, 4);
    assert_int_equal(golden.rows, 2);
    golden_end(&golden, "promises", 5);
}

static void ask_watch(struct golden *golden)
{
    struct query queries[] = {{.view = TEXT("position")}, {.view = TEXT("ledger")}};
    assert_int_equal(caller_watch(golden->scene.caller, golden->scene.grant, queries, 2,
                                  (struct text){0}, NULL, NULL, &golden->scene.watch),
                     PSP_OK);
}

static void ask_next(struct golden *golden)
{
    assert_int_equal(caller_next(golden->scene.caller, golden->scene.watch, 2, 5000,
                                 on_golden_next, golden),
                     PSP_OK);
}

/* The recording's client asks before it sends Finish and so takes other ids than ours:
 * these are what ours has out when the recorded answers come. */
static void golden__watch_of_two_views_moves_by_groups(void **state)
{
    (void)state;
    static const struct {
        int recorded, ours;
        enum delta_kind kind;
        uint32_t revision;
    } answers[] = {
        {3, 3, DELTA_SNAPSHOT, 6},     {4, 4, DELTA_SNAPSHOT, 6},
        {0, 0, DELTA_SNAPSHOT_END, 6}, {2, 1, DELTA_UPDATE_PART, 7},
        {3, 0, DELTA_UPDATE, 7},       {0, 1, DELTA_UPDATE, 8},
    };
    struct golden golden;
    golden_begin(&golden);
    ask_watch(&golden);
    ask_next(&golden);
    ask_next(&golden);
    golden_feed(&golden, "watch-views", 0, 2);
    for (int i = 0; i < 6; i++) {
        golden_feed_as(&golden, "watch-views", 3 + i, answers[i].recorded,
                       answers[i].ours);
        assert_int_equal(golden.seq[i], i + 1);
        assert_int_equal(golden.kinds[i], answers[i].kind);
        assert_int_equal(golden.changes[i], 1);
        assert_int_equal(golden.revision, answers[i].revision);
        ask_next(&golden);
    }
    assert_string_equal(golden.deleted, "Q-0001");
    check_log(&golden.scene, "watch-views",
              "bootstrap 0; call 1 on answer 0 []; call 2 on answer 1 [0]; "
              "call 3 on answer 2 [0]; call 4 on answer 2 [0]; finish 0 keep; "
              "finish 1 keep; finish 2 keep; finish 3 keep; call 0 on import 2; "
              "finish 4 keep; call 1 on import 2; finish 0 keep; call 0 on import 2; "
              "finish 1 keep; call 1 on import 2; finish 0 keep; call 0 on import 2; "
              "finish 1 keep; call 1 on import 2");
    golden_end(&golden, "watch-views", 9);
}

static void golden__single_watch_beats(void **state)
{
    (void)state;
    struct golden golden;
    golden_begin(&golden);
    ask_watch(&golden);
    ask_next(&golden);
    ask_next(&golden);
    golden_feed(&golden, "watch", 0, 4);
    assert_int_equal(golden.deltas, 2);
    assert_int_equal(golden.kinds[0], DELTA_SNAPSHOT_END);
    assert_int_equal(golden.kinds[1], DELTA_HEARTBEAT);
    assert_int_equal(golden.changes[1], 0);
    golden_end(&golden, "watch", 5);
}

static void golden__identity_views_and_health_are_read(void **state)
{
    (void)state;
    struct golden golden;
    struct scene *scene = &golden.scene;
    golden_begin(&golden);
    assert_int_equal(
        caller_describe(scene->caller, scene->grant, on_golden_describe, &golden), 0);
    golden_feed(&golden, "describe", 0, 2);
    assert_string_equal(golden.view, "position");
    golden_end(&golden, "describe", 3);

    golden_begin(&golden);
    assert_int_equal(
        caller_health(scene->caller, scene->grant, on_golden_health, &golden), 0);
    golden_feed(&golden, "health", 0, 2);
    assert_int_equal(golden.health.state, 1);
    assert_int_equal(golden.health.storage_total, 1073741824);
    assert_int_equal(golden.health.row_count, 6);
    golden_end(&golden, "health", 3);

    golden = (struct golden){.revision = 0};
    scene->caller = caller_new(&scene->output);
    assert_int_equal(caller_bootstrap(scene->caller, &scene->totebox), PSP_OK);
    assert_int_equal(caller_hello(scene->caller, scene->totebox, TEXT("fleet"),
                                  on_golden_hello, &golden),
                     PSP_OK);
    golden_feed(&golden, "hello", 0, 1);
    assert_int_equal(golden.identity.protocol_max, 1);
    golden_end(&golden, "hello", 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(archive__that_breaks_the_protocol_is_told_and_left),
        cmocka_unit_test(archive__may_answer_in_all_legal_ways),
        cmocka_unit_test(abort__ends_without_an_answer),
        cmocka_unit_test(answer__comes_once),
        cmocka_unit_test(question__ids_are_reused_lowest_first_and_only_when_free),
        cmocka_unit_test(capability__breaks_when_the_answer_has_none),
        cmocka_unit_test(capability__is_called_by_promise_then_by_import),
        cmocka_unit_test(capability__that_came_twice_is_given_back_twice),
        cmocka_unit_test(capability__that_a_promise_broke_fails),
        cmocka_unit_test(capability__none_is_unknown),
        cmocka_unit_test(imports__are_1024),
        cmocka_unit_test(output__is_bounded),
        cmocka_unit_test(golden__pages_are_read),
        cmocka_unit_test(golden__grant_is_left_as_the_reference_leaves_it),
        cmocka_unit_test(golden__promise_is_called_for_ever),
        cmocka_unit_test(golden__watch_of_two_views_moves_by_groups),
        cmocka_unit_test(golden__single_watch_beats),
        cmocka_unit_test(golden__identity_views_and_health_are_read),
    };
    return cmocka_run_group_tests_name("caller", tests, NULL, NULL);
}
