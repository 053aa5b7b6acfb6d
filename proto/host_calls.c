#include "proto/host_tables.h"

#include "proto/layout.h"

/* One function a method of the schema: judge the parameters, ask the service, write the
 * results.  Each gives PSP_OK when the Return is written or the ticket is the
 * service's. */

/* A call that is being served. */
struct serving {
    struct host *host;
    const struct host_service *service;
    void *user;
    void *object; /* of the target */
    uint32_t target;
    uint32_t answer;
    struct struct_reader params;
};

static const struct refusal accepted = {PSP_OK, NULL};
static const struct refusal unimplemented = {PSP_UNIMPLEMENTED,
                                             "this archive does not do that"};

static struct refusal refused(enum psp_error error, const char *text)
{
    return (struct refusal){error, text};
}

/* Null parameters read as all defaults; damaged ones are refused. */
static bool params_are_damaged(const struct serving *serving)
{
    return serving->params.message && message_error(serving->params.message);
}

static struct refusal close_results(const struct serving *serving, uint32_t result)
{
    return refused(host_results_close(serving->host, serving->answer, result), NULL);
}

/* --- Totebox -----------------------------------------------------------------------
 */

static struct refusal hello(const struct serving *serving)
{
    struct struct_reader client =
        reader_struct(serving->params, PSP_TOTEBOX_HELLO_PARAMS_CLIENT_PTR);
    struct text software = reader_text(client, PSP_CLIENT_INFO_SOFTWARE_PTR);
    uint16_t protocol = reader_u16(client, PSP_CLIENT_INFO_PROTOCOL_OFF);
    struct identity identity = {.protocol_min = 0};
    if (!serving->service->hello)
        return unimplemented;
    if (params_are_damaged(serving))
        return refused(PSP_MALFORMED, "hello");
    struct refusal refusal =
        serving->service->hello(serving->user, software, protocol, &identity);
    if (refusal.error != PSP_OK)
        return refusal;
    struct struct_builder results = host_results_open(
        serving->host, serving->answer, PSP_TOTEBOX_HELLO_RESULTS_DATA_WORDS,
        PSP_TOTEBOX_HELLO_RESULTS_PTRS);
    identity_build(&identity, results, PSP_TOTEBOX_HELLO_RESULTS_IDENTITY_PTR);
    return close_results(serving, EXPORT_NONE);
}

/* Hands the object that the service just gave to the peer. */
static struct refusal give_object(const struct serving *serving, uint32_t id,
                                  enum host_object kind, void *object,
                                  const struct grant_info *info)
{
    struct host *host = serving->host;
    host_export_set(host, id, kind, object);
    host_hold(host, id);
    struct struct_builder results =
        host_results_open(host, serving->answer, 0, info ? 2 : 1);
    builder_capability(results, 0, 0);
    if (info)
        grant_info_build(info, results, PSP_TOTEBOX_PRESENT_RESULTS_INFO_PTR);
    struct refusal refusal = close_results(serving, id);
    host_drop(host, id);
    return refusal;
}

typedef struct refusal present_method(void *user, const struct token *token,
                                      struct text proof_spki,
                                      struct text proof_signature, void **object,
                                      struct grant_info *info);

static struct refusal present_as(const struct serving *serving, present_method *method,
                                 enum host_object kind)
{
    struct struct_reader params = serving->params;
    struct struct_reader proof =
        reader_struct(params, PSP_TOTEBOX_PRESENT_PARAMS_PROOF_PTR);
    uint16_t tag = reader_u16(proof, PSP_PROOF_TAG_OFF);
    struct text spki = {0}, signature = {0};
    struct token token = {.count = 0};
    struct grant_info info = {.rights = 0};
    void *object = NULL;
    uint32_t id = host_export_find(serving->host);
    if (!method)
        return unimplemented;
    if (id == EXPORT_NONE)
        return refused(PSP_LIMIT, "too many objects");
    if (tag == PSP_PROOF_EXPORTER_TAG) {
        spki = reader_data(proof, PSP_PROOF_EXPORTER_SPKI_PTR);
        signature = reader_data(proof, PSP_PROOF_EXPORTER_SIGNATURE_PTR);
    }
    if (params_are_damaged(serving) || tag > PSP_PROOF_EXPORTER_TAG ||
        (tag == PSP_PROOF_EXPORTER_TAG && spki.length == 0))
        return refused(PSP_MALFORMED, "the proof cannot be read");
    enum psp_error error =
        token_take(reader_struct(params, PSP_TOTEBOX_PRESENT_PARAMS_TOKEN_PTR), &token);
    if (error == PSP_OK && params_are_damaged(serving))
        error = PSP_MALFORMED;
    if (error != PSP_OK) {
        token_release(&token);
        return refused(error, "the token cannot be read");
    }
    struct refusal refusal =
        method(serving->user, &token, spki, signature, &object, &info);
    token_release(&token);
    if (refusal.error != PSP_OK)
        return refusal;
    serving->host->is_presented = true;
    return give_object(serving, id, kind, object, &info);
}

static struct refusal present(const struct serving *serving)
{
    return present_as(serving, serving->service->present, HOST_GRANT);
}

static struct refusal present_command(const struct serving *serving)
{
    return present_as(serving, serving->service->present_command, HOST_COMMANDER);
}

static struct refusal pairing(const struct serving *serving)
{
    struct token token = {.count = 0};
    if (!serving->service->pairing)
        return unimplemented;
    struct refusal refusal = serving->service->pairing(serving->user, &token);
    if (refusal.error == PSP_OK) {
        struct struct_builder results = host_results_open(
            serving->host, serving->answer, PSP_TOTEBOX_PAIRING_RESULTS_DATA_WORDS,
            PSP_TOTEBOX_PAIRING_RESULTS_PTRS);
        token_build(&token, results, PSP_TOTEBOX_PAIRING_RESULTS_TOKEN_PTR);
        refusal = close_results(serving, EXPORT_NONE);
    }
    token_release(&token);
    return refusal;
}

static struct refusal pair(const struct serving *serving)
{
    struct text commit =
        reader_data(serving->params, PSP_TOTEBOX_PAIR_PARAMS_COMMIT_PTR);
    uint8_t nonce[HASH_BYTES] = {0};
    if (!serving->service->pair)
        return unimplemented;
    if (params_are_damaged(serving) || commit.length != HASH_BYTES)
        return refused(PSP_MALFORMED, "a commitment has 32 bytes");
    struct refusal refusal = serving->service->pair(serving->user, commit, nonce);
    if (refusal.error != PSP_OK)
        return refusal;
    struct struct_builder results = host_results_open(
        serving->host, serving->answer, PSP_TOTEBOX_PAIR_RESULTS_DATA_WORDS,
        PSP_TOTEBOX_PAIR_RESULTS_PTRS);
    builder_data(results, PSP_TOTEBOX_PAIR_RESULTS_NONCE_PTR, nonce, sizeof nonce);
    return close_results(serving, EXPORT_NONE);
}

static struct refusal pair_reveal(const struct serving *serving)
{
    struct text nonce =
        reader_data(serving->params, PSP_TOTEBOX_PAIR_REVEAL_PARAMS_NONCE_PTR);
    if (!serving->service->pair_reveal)
        return unimplemented;
    if (params_are_damaged(serving) || nonce.length != HASH_BYTES)
        return refused(PSP_MALFORMED, "a nonce has 32 bytes");
    struct refusal refusal = serving->service->pair_reveal(serving->user, nonce);
    if (refusal.error != PSP_OK)
        return refusal;
    host_results_open(serving->host, serving->answer,
                      PSP_TOTEBOX_PAIR_REVEAL_RESULTS_DATA_WORDS,
                      PSP_TOTEBOX_PAIR_REVEAL_RESULTS_PTRS);
    return close_results(serving, EXPORT_NONE);
}

/* --- Grant -------------------------------------------------------------------------
 */

/* Results that the service itself wrote into the open Return. */
static struct refusal close_written(const struct serving *serving,
                                    struct refusal refusal)
{
    if (refusal.error == PSP_OK)
        return close_results(serving, EXPORT_NONE);
    builder_abandon(&serving->host->builder);
    return refusal;
}

static struct refusal describe(const struct serving *serving)
{
    if (!serving->service->describe)
        return unimplemented;
    struct struct_builder results = host_results_open(
        serving->host, serving->answer, PSP_GRANT_DESCRIBE_RESULTS_DATA_WORDS,
        PSP_GRANT_DESCRIBE_RESULTS_PTRS);
    return close_written(
        serving, serving->service->describe(serving->user, serving->object, results));
}

static struct refusal read_rows(const struct serving *serving)
{
    struct query_arena arena = {.used = 0};
    struct query query;
    const char *why = NULL;
    if (!serving->service->read)
        return unimplemented;
    enum psp_error error =
        query_read(reader_struct(serving->params, PSP_GRANT_READ_PARAMS_QUERY_PTR),
                   &arena, &query, &why);
    if (error == PSP_OK && params_are_damaged(serving))
        error = PSP_MALFORMED;
    if (error != PSP_OK)
        return refused(error, why);
    struct struct_builder results = host_results_open(serving->host, serving->answer,
                                                      PSP_GRANT_READ_RESULTS_DATA_WORDS,
                                                      PSP_GRANT_READ_RESULTS_PTRS);
    return close_written(serving, serving->service->read(serving->user, serving->object,
                                                         &query, results));
}

/* The rules of a watch's queries among each other. */
static struct refusal check_queries(const struct query *queries, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (queries[i].reduce.count || queries[i].group_by.count)
            return refused(PSP_MALFORMED, "an aggregate cannot be watched");
        if (queries[i].as_of_ms)
            return refused(PSP_MALFORMED, "the past cannot be watched");
        for (uint32_t j = 0; j < i; j++)
            if (text_equal(queries[i].view, queries[j].view))
                return refused(PSP_MALFORMED, "two queries are on one view");
    }
    return accepted;
}

static struct refusal watch_queries(const struct serving *serving,
                                    struct list_reader list, struct query_arena *arena,
                                    struct query *queries)
{
    if (list.count > WATCH_QUERIES_MAX)
        return refused(PSP_LIMIT, "more than 16 queries in a watch");
    for (uint32_t i = 0; i < list.count; i++) {
        const char *why = NULL;
        enum psp_error error =
            query_read(list_struct(list, i), arena, &queries[i], &why);
        if (error != PSP_OK)
            return refused(error, why);
    }
    if (params_are_damaged(serving) || list.count == 0)
        return refused(PSP_MALFORMED, "a watch without queries");
    return check_queries(queries, list.count);
}

static struct refusal watch(const struct serving *serving)
{
    struct host *host = serving->host;
    struct query_arena arena = {.used = 0};
    struct query queries[WATCH_QUERIES_MAX];
    void *object = NULL;
    struct list_reader list = reader_list(
        serving->params, PSP_GRANT_WATCH_PARAMS_QUERIES_PTR, ELEMENT_COMPOSITE);
    struct text resume =
        reader_data(serving->params, PSP_GRANT_WATCH_PARAMS_RESUME_PTR);
    uint32_t id = host_export_find(host);
    if (!serving->service->watch)
        return unimplemented;
    if (host->watches >= RPC_WATCHES_MAX || id == EXPORT_NONE)
        return refused(PSP_LIMIT, "too many watches");
    struct refusal refusal = watch_queries(serving, list, &arena, queries);
    if (refusal.error == PSP_OK)
        refusal = serving->service->watch(serving->user, serving->object, queries,
                                          list.count, resume, &object);
    if (refusal.error != PSP_OK)
        return refusal;
    return give_object(serving, id, HOST_WATCH, object, NULL);
}

static struct refusal health(const struct serving *serving)
{
    struct health state = {.state = 0};
    if (!serving->service->health)
        return unimplemented;
    struct refusal refusal =
        serving->service->health(serving->user, serving->object, &state);
    if (refusal.error != PSP_OK)
        return refusal;
    struct struct_builder results = host_results_open(
        serving->host, serving->answer, PSP_GRANT_HEALTH_RESULTS_DATA_WORDS,
        PSP_GRANT_HEALTH_RESULTS_PTRS);
    health_build(&state, results, PSP_GRANT_HEALTH_RESULTS_HEALTH_PTR);
    return close_results(serving, EXPORT_NONE);
}

/* --- Watch, Commander: answered through their ticket --------------------------------
 */

/* From here on the service may answer, and the peer may cancel. */
static ticket give_ticket(const struct serving *serving)
{
    struct answer_entry *answer = host_answer(serving->host, serving->answer);
    answer->ticket = ++serving->host->last_ticket;
    return answer->ticket;
}

static struct refusal next(const struct serving *serving)
{
    struct exported *exported = &serving->host->exports[serving->target];
    uint32_t rows = reader_u32(serving->params, PSP_WATCH_NEXT_PARAMS_MAX_ROWS_OFF);
    uint32_t wait = reader_u32(serving->params, PSP_WATCH_NEXT_PARAMS_MAX_WAIT_MS_OFF);
    if (!serving->service->next)
        return unimplemented;
    if (exported->pending >= RPC_CREDIT_MAX)
        return refused(PSP_LIMIT, "more than 16 calls wait on this watch");
    exported->pending++;
    host_answer(serving->host, serving->answer)->holds_credit = true;
    return serving->service->next(serving->user, serving->object, rows, wait,
                                  give_ticket(serving));
}

static struct refusal submit(const struct serving *serving)
{
    struct struct_reader command =
        reader_struct(serving->params, PSP_COMMANDER_SUBMIT_PARAMS_COMMAND_PTR);
    if (!serving->service->submit)
        return unimplemented;
    if (!command.message || params_are_damaged(serving))
        return refused(PSP_MALFORMED, "there is no command");
    return serving->service->submit(serving->user, serving->object, command,
                                    give_ticket(serving));
}

static struct refusal status(const struct serving *serving)
{
    struct text id = reader_data(serving->params, PSP_COMMANDER_STATUS_PARAMS_ID_PTR);
    if (!serving->service->status)
        return unimplemented;
    if (params_are_damaged(serving))
        return refused(PSP_MALFORMED, "the id cannot be read");
    return serving->service->status(serving->user, serving->object, id,
                                    give_ticket(serving));
}

/* --- dispatch ----------------------------------------------------------------------
 */

static const struct method {
    enum host_object kind;
    uint64_t interface;
    uint16_t ordinal;
    struct refusal (*serve)(const struct serving *serving);
} methods[] = {
    {HOST_TOTEBOX, PSP_TOTEBOX_ID, PSP_TOTEBOX_HELLO, hello},
    {HOST_TOTEBOX, PSP_TOTEBOX_ID, PSP_TOTEBOX_PRESENT, present},
    {HOST_TOTEBOX, PSP_TOTEBOX_ID, PSP_TOTEBOX_PRESENT_COMMAND, present_command},
    {HOST_TOTEBOX, PSP_TOTEBOX_ID, PSP_TOTEBOX_PAIRING, pairing},
    {HOST_TOTEBOX, PSP_TOTEBOX_ID, PSP_TOTEBOX_PAIR, pair},
    {HOST_TOTEBOX, PSP_TOTEBOX_ID, PSP_TOTEBOX_PAIR_REVEAL, pair_reveal},
    {HOST_GRANT, PSP_GRANT_ID, PSP_GRANT_DESCRIBE, describe},
    {HOST_GRANT, PSP_GRANT_ID, PSP_GRANT_READ, read_rows},
    {HOST_GRANT, PSP_GRANT_ID, PSP_GRANT_WATCH, watch},
    {HOST_GRANT, PSP_GRANT_ID, PSP_GRANT_HEALTH, health},
    {HOST_WATCH, PSP_WATCH_ID, PSP_WATCH_NEXT, next},
    {HOST_COMMANDER, PSP_COMMANDER_ID, PSP_COMMANDER_SUBMIT, submit},
    {HOST_COMMANDER, PSP_COMMANDER_ID, PSP_COMMANDER_STATUS, status},
};

static const struct method *find_method(enum host_object kind, uint64_t interface,
                                        uint16_t ordinal)
{
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        if (methods[i].kind == kind && methods[i].interface == interface &&
            methods[i].ordinal == ordinal)
            return &methods[i];
    return NULL;
}

void host_call(struct host *host, uint32_t answer_id, uint32_t target,
               uint64_t interface, uint16_t method, struct struct_reader params)
{
    struct answer_entry *answer = host_answer(host, answer_id);
    const struct method *found =
        find_method(host->exports[target].kind, interface, method);
    struct serving serving = {
        .host = host,
        .service = host->service,
        .user = host->user,
        .object = host->exports[target].object,
        .target = target,
        .answer = answer_id,
        .params = params,
    };
    answer->target = target;
    host_hold(host, target);
    struct refusal refusal = found ? found->serve(&serving) : unimplemented;
    /* A service may have answered, and then refused in vain. */
    if (refusal.error != PSP_OK &&
        host_answer(host, answer_id)->state == ANSWER_PENDING)
        host_refuse(host, answer_id, refusal);
}
