#include "proto/caller.h"

#include "proto/caller_tables.h"
#include "proto/layout.h"

/* One function a method of the schema: the parameters, and which object is asked. */

/* Methods without parameters, or with one Data. */
static enum psp_error call_plain(struct caller *caller, cap target, uint64_t interface,
                                 uint16_t method, const void *data, size_t length,
                                 caller_done *done, void *user)
{
    struct call call;
    enum psp_error error =
        caller_call_begin(caller, target, interface, method, 0, data ? 1 : 0, &call);
    if (error != PSP_OK)
        return error;
    if (data)
        builder_data(call.params, 0, data, length);
    return caller_call_end(caller, &call, done, user, NULL);
}

enum psp_error caller_hello(struct caller *caller, cap totebox, struct text software,
                            caller_done *done, void *user)
{
    struct call call;
    enum psp_error error = caller_call_begin(
        caller, totebox, PSP_TOTEBOX_ID, PSP_TOTEBOX_HELLO,
        PSP_TOTEBOX_HELLO_PARAMS_DATA_WORDS, PSP_TOTEBOX_HELLO_PARAMS_PTRS, &call);
    if (error != PSP_OK)
        return error;
    struct struct_builder client =
        builder_struct(call.params, PSP_TOTEBOX_HELLO_PARAMS_CLIENT_PTR,
                       PSP_CLIENT_INFO_DATA_WORDS, PSP_CLIENT_INFO_PTRS);
    builder_set_u16(client, PSP_CLIENT_INFO_PROTOCOL_OFF, PSP_PROTOCOL_VERSION);
    builder_text(client, PSP_CLIENT_INFO_SOFTWARE_PTR, software);
    return caller_call_end(caller, &call, done, user, NULL);
}

/* present and presentCommand take the same parameters. */
static enum psp_error present(struct caller *caller, cap totebox, uint16_t method,
                              const struct token *token,
                              const struct exporter_proof *by_exporter,
                              caller_done *done, void *user, cap *result)
{
    struct call call;
    enum psp_error error = caller_call_begin(caller, totebox, PSP_TOTEBOX_ID, method,
                                             PSP_TOTEBOX_PRESENT_PARAMS_DATA_WORDS,
                                             PSP_TOTEBOX_PRESENT_PARAMS_PTRS, &call);
    if (error != PSP_OK)
        return error;
    token_build(token, call.params, PSP_TOTEBOX_PRESENT_PARAMS_TOKEN_PTR);
    struct struct_builder proof =
        builder_struct(call.params, PSP_TOTEBOX_PRESENT_PARAMS_PROOF_PTR,
                       PSP_PROOF_DATA_WORDS, PSP_PROOF_PTRS);
    builder_set_u16(proof, PSP_PROOF_TAG_OFF,
                    by_exporter ? PSP_PROOF_EXPORTER_TAG : PSP_PROOF_TLS_TAG);
    if (by_exporter) {
        builder_data(proof, PSP_PROOF_EXPORTER_SPKI_PTR, by_exporter->spki,
                     sizeof by_exporter->spki);
        builder_data(proof, PSP_PROOF_EXPORTER_SIGNATURE_PTR, by_exporter->signature,
                     sizeof by_exporter->signature);
    }
    return caller_call_end(caller, &call, done, user, result);
}

enum psp_error caller_present(struct caller *caller, cap totebox,
                              const struct token *token, caller_done *done, void *user,
                              cap *grant)
{
    return present(caller, totebox, PSP_TOTEBOX_PRESENT, token, NULL, done, user,
                   grant);
}

enum psp_error caller_present_proved(struct caller *caller, cap totebox,
                                     const struct token *token,
                                     const struct exporter_proof *proof,
                                     caller_done *done, void *user, cap *grant)
{
    return present(caller, totebox, PSP_TOTEBOX_PRESENT, token, proof, done, user,
                   grant);
}

enum psp_error caller_present_command(struct caller *caller, cap totebox,
                                      const struct token *token, caller_done *done,
                                      void *user, cap *commander)
{
    return present(caller, totebox, PSP_TOTEBOX_PRESENT_COMMAND, token, NULL, done,
                   user, commander);
}

enum psp_error caller_pairing(struct caller *caller, cap totebox, caller_done *done,
                              void *user)
{
    return call_plain(caller, totebox, PSP_TOTEBOX_ID, PSP_TOTEBOX_PAIRING, NULL, 0,
                      done, user);
}

enum psp_error caller_pair(struct caller *caller, cap totebox,
                           const uint8_t commit[HASH_BYTES], caller_done *done,
                           void *user)
{
    return call_plain(caller, totebox, PSP_TOTEBOX_ID, PSP_TOTEBOX_PAIR, commit,
                      HASH_BYTES, done, user);
}

enum psp_error caller_pair_reveal(struct caller *caller, cap totebox,
                                  const uint8_t nonce[HASH_BYTES], caller_done *done,
                                  void *user)
{
    return call_plain(caller, totebox, PSP_TOTEBOX_ID, PSP_TOTEBOX_PAIR_REVEAL, nonce,
                      HASH_BYTES, done, user);
}

enum psp_error caller_describe(struct caller *caller, cap grant, caller_done *done,
                               void *user)
{
    return call_plain(caller, grant, PSP_GRANT_ID, PSP_GRANT_DESCRIBE, NULL, 0, done,
                      user);
}

enum psp_error caller_health(struct caller *caller, cap grant, caller_done *done,
                             void *user)
{
    return call_plain(caller, grant, PSP_GRANT_ID, PSP_GRANT_HEALTH, NULL, 0, done,
                      user);
}

enum psp_error caller_read(struct caller *caller, cap grant, const struct query *query,
                           caller_done *done, void *user)
{
    struct call call;
    enum psp_error error = caller_call_begin(
        caller, grant, PSP_GRANT_ID, PSP_GRANT_READ, PSP_GRANT_READ_PARAMS_DATA_WORDS,
        PSP_GRANT_READ_PARAMS_PTRS, &call);
    if (error != PSP_OK)
        return error;
    query_build(query, builder_struct(call.params, PSP_GRANT_READ_PARAMS_QUERY_PTR,
                                      query_data_words, query_pointers));
    return caller_call_end(caller, &call, done, user, NULL);
}

enum psp_error caller_watch(struct caller *caller, cap grant,
                            const struct query *queries, uint32_t count,
                            struct text resume, caller_done *done, void *user,
                            cap *watch)
{
    struct call call;
    enum psp_error error = caller_call_begin(
        caller, grant, PSP_GRANT_ID, PSP_GRANT_WATCH, PSP_GRANT_WATCH_PARAMS_DATA_WORDS,
        PSP_GRANT_WATCH_PARAMS_PTRS, &call);
    if (error != PSP_OK)
        return error;
    struct list_builder list =
        builder_structs(call.params, PSP_GRANT_WATCH_PARAMS_QUERIES_PTR, count,
                        query_data_words, query_pointers);
    for (uint32_t i = 0; i < count; i++)
        query_build(&queries[i], list_builder_struct(list, i));
    builder_data(call.params, PSP_GRANT_WATCH_PARAMS_RESUME_PTR, resume.bytes,
                 resume.length);
    return caller_call_end(caller, &call, done, user, watch);
}

enum psp_error caller_next(struct caller *caller, cap watch, uint32_t max_rows,
                           uint32_t max_wait_ms, caller_done *done, void *user)
{
    struct call call;
    enum psp_error error = caller_call_begin(
        caller, watch, PSP_WATCH_ID, PSP_WATCH_NEXT, PSP_WATCH_NEXT_PARAMS_DATA_WORDS,
        PSP_WATCH_NEXT_PARAMS_PTRS, &call);
    if (error != PSP_OK)
        return error;
    builder_set_u32(call.params, PSP_WATCH_NEXT_PARAMS_MAX_ROWS_OFF, max_rows);
    builder_set_u32(call.params, PSP_WATCH_NEXT_PARAMS_MAX_WAIT_MS_OFF, max_wait_ms);
    return caller_call_end(caller, &call, done, user, NULL);
}
