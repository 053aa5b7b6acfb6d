/* rpc_decode_test.c - the reference implementation's own tool reads what we send. */
#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "proto/caller.h"
#include "proto/layout.h"
#include "tests/support/counting_service.h"
#include "tests/support/random_rows.h"

enum { SKIPPED = 77, TEXT_BYTES = 1 << 20 };

#define RPC_SCHEMA "/usr/include/capnp/rpc.capnp"

/* What "capnp decode" prints of these bytes; free() it. */
static char *decoded(const char *schema, const char *type, const struct buffer *bytes)
{
    char path[] = "/tmp/decode_test_XXXXXX", command[1024];
    char *text = calloc(1, TEXT_BYTES);
    int file = mkstemp(path);
    assert_true(file >= 0 && text);
    size_t length = buffer_length(bytes);
    assert_int_equal(write(file, buffer_bytes(bytes), length), length);
    close(file);
    snprintf(command, sizeof command, "capnp decode --short '%s' '%s' < %s 2>&1",
             schema, type, path);
    FILE *output = popen(command, "r");
    assert_non_null(output);
    size_t read = fread(text, 1, TEXT_BYTES - 1, output);
    int status = pclose(output);
    unlink(path);
    if (status != 0 || read == 0)
        fail_msg("%s: %s", type, text);
    return text;
}

static void psp_schema(char *path, size_t room)
{
    const char *top = getenv("top_srcdir");
    snprintf(path, room, "%s/proto/psp.capnp", top ? top : ".");
}

static void expect(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in: %s", part, text);
}

static void caller__speaks_the_rpc_protocol(void **state)
{
    (void)state;
    struct buffer output = {0};
    struct token token;
    struct query query = {.view = TEXT("pos")};
    cap totebox, grant, watch;
    struct caller *caller = caller_new(&output);
    assert_non_null(caller);
    counting_service_token(&token);
    assert_int_equal(caller_bootstrap(caller, &totebox), PSP_OK);
    assert_int_equal(caller_present(caller, totebox, &token, NULL, NULL, &grant),
                     PSP_OK);
    assert_int_equal(
        caller_watch(caller, grant, &query, 1, TEXT("resume"), NULL, NULL, &watch),
        PSP_OK);
    assert_int_equal(caller_next(caller, watch, 1, 2, NULL, NULL), PSP_OK);
    caller_release(caller, watch);
    char *text = decoded(RPC_SCHEMA, "Message", &output);
    expect(text, "(bootstrap = (questionId = 0))");
    expect(text,
           "(call = (questionId = 1, target = (promisedAnswer = (questionId = 0)), "
           "interfaceId = 11923879433414388665, methodId = 1,");
    expect(text, "transform = [(getPointerField = 0)]");
    expect(text, "(finish = (questionId = 2, releaseResultCaps = true))");
    expect(text, "(finish = (questionId = 3, releaseResultCaps = true))");
    free(text);
    caller_free(caller);
    token_release(&token);
    buffer_release(&output);
}

static void host__speaks_the_rpc_protocol(void **state)
{
    (void)state;
    struct buffer up = {0}, down = {0};
    struct counting_service service;
    struct token token;
    cap totebox, grant;
    counting_service_init(&service);
    counting_service_token(&token);
    struct caller *caller = caller_new(&up);
    struct host *host = host_new(&down, &counting_methods, &service);
    assert_non_null(caller);
    assert_non_null(host);
    service.host = host;
    assert_int_equal(caller_bootstrap(caller, &totebox), PSP_OK);
    assert_int_equal(caller_present(caller, totebox, &token, NULL, NULL, &grant),
                     PSP_OK);
    assert_int_equal(host_receive(host, &up), PSP_OK);
    service.refusal = (struct refusal){PSP_BUSY, "later"};
    assert_int_equal(caller_health(caller, grant, NULL, NULL), PSP_OK);
    assert_int_equal(host_receive(host, &up), PSP_OK);
    char *text = decoded(RPC_SCHEMA, "Message", &down);
    expect(text,
           "(return = (answerId = 0, releaseParamCaps = true, results = (content = "
           "<opaque pointer>, capTable = [(senderHosted = 0");
    expect(text, "(return = (answerId = 1, releaseParamCaps = true, results = (");
    expect(text, "capTable = [(senderHosted = 1");
    expect(text, "exception = (reason = \"psp.busy: later\", ");
    expect(text, "type = overloaded");
    free(text);
    caller_free(caller);
    host_free(host);
    counting_service_release(&service);
    token_release(&token);
    buffer_release(&up);
    buffer_release(&down);
}

static void query__is_a_query(void **state)
{
    (void)state;
    static const struct text names[] = {{"cur", 3}, {"line", 4}};
    struct buffer output = {0};
    struct builder builder;
    struct query query = {.view = TEXT("pos"),
                          .rows = {.kind = SET_PREFIX, .prefix = TEXT("ALD|")},
                          .columns = {SET_NAMES, names, 2, {0}},
                          .limit = 9};
    char schema[512];
    psp_schema(schema, sizeof schema);
    query_build(&query,
                builder_open(&builder, &output, query_data_words, query_pointers));
    assert_int_equal(builder_close(&builder, NULL), PSP_OK);
    char *text = decoded(schema, "Query", &output);
    expect(text, "(view = \"pos\", rows = (prefix = \"ALD|\"), columns = (names = "
                 "[\"cur\", \"line\"]), limit = 9, asOfMs = 0)");
    free(text);
    buffer_release(&output);
}

/* Every view, with marks and with amounts that need wides. */
static void batch__is_a_batch(void **state)
{
    (void)state;
    struct random random = random_seeded("batch__is_a_batch");
    struct names *names = names_new();
    char schema[512];
    psp_schema(schema, sizeof schema);
    for (int view = 0; view < VIEW_COUNT; view++) {
        struct buffer output = {0};
        struct builder builder;
        union any_row rows[20];
        const union any_row *pointers[20];
        struct batch_shape shape = {.view = (enum view)view};
        for (uint32_t i = 0; i < view_table(shape.view)->column_count; i++)
            shape.column[i] = true;
        for (int i = 0; i < 20; i++) {
            random_row(&random, names, shape.view, true, true, &rows[i]);
            pointers[i] = &rows[i];
        }
        struct struct_builder change =
            builder_open(&builder, &output, PSP_CHANGE_DATA_WORDS, PSP_CHANGE_PTRS);
        batch_build(change, PSP_CHANGE_UPSERTS_PTR, &shape, names, pointers, 20, 3, 4,
                    (struct text){0});
        assert_int_equal(builder_close(&builder, NULL), PSP_OK);
        char *text = decoded(schema, "Change", &output), head[128];
        snprintf(head, sizeof head,
                 "(upserts = (view = \"%s\", revision = 3, asOfMs = 4, rowCount = 20, ",
                 view_table(shape.view)->name);
        expect(text, head);
        expect(text, "marks = [");
        for (uint32_t i = 0; i < view_table(shape.view)->column_count; i++) {
            snprintf(head, sizeof head, "(info = (name = \"%s\", type = ",
                     view_table(shape.view)->columns[i].name);
            expect(text, head);
        }
        for (int i = 0; i < 20; i++)
            row_drop(names, shape.view, &rows[i]);
        free(text);
        buffer_release(&output);
    }
    names_free(names);
}

int main(void)
{
    if (system("capnp --version > /dev/null 2>&1") != 0 || access(RPC_SCHEMA, R_OK)) {
        fprintf(stderr, "SKIPPED: install capnproto and libcapnp-dev to let the "
                        "reference implementation judge what we send\n");
        return SKIPPED;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(caller__speaks_the_rpc_protocol),
        cmocka_unit_test(host__speaks_the_rpc_protocol),
        cmocka_unit_test(query__is_a_query),
        cmocka_unit_test(batch__is_a_batch),
    };
    return cmocka_run_group_tests_name("rpc_decode", tests, NULL, NULL);
}
