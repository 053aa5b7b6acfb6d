#include "proto/pairing_caller.h"

#include <stdlib.h>

#include "proto/caller.h"
#include "proto/layout.h"

enum { HOUR_MS = 3600000 };

struct pairing_caller {
    const struct key_pair *device;
    struct channel *channel;
    const struct pairing_caller_events *events;
    void *user;
    struct caller *caller;
    cap totebox;
    uint8_t nonce[HASH_BYTES];
    uint8_t authority[KEY_BYTES];
    struct token earlier; /* what was issued to this key before; count 0: nothing */
    bool identified, coded, asking, over;
};

static void decide(struct pairing_caller *pairing, enum psp_error error,
                   const char *why)
{
    if (pairing->over)
        return;
    pairing->over = true;
    pairing->events->decided(pairing->user, error, why, NULL, NULL);
}

/* --- the token ---------------------------------------------------------------------
 */

static bool decode_root(const struct token *pairing, struct link_arena *arena,
                        struct link *root)
{
    return pairing->count == 1 &&
           link_decode(pairing->link[0].body, pairing->link[0].length, arena, root) ==
               PSP_OK;
}

static enum psp_error append_leaf(const struct token *pairing, const struct link *root,
                                  const struct key_pair *device, struct token *token)
{
    struct text view = text_of(view_table(VIEW_ENTITY)->name);
    struct scope scope = {.views = {.kind = SET_NAMES, .names = &view, .count = 1},
                          .rows = {.kind = SET_ALL},
                          .columns = {.kind = SET_ALL}};
    struct link leaf = {
        .rights = RIGHT_READ_ROWS,
        .not_before_ms = root->not_before_ms,
        .not_after_ms = root->not_after_ms,
        .subject = SUBJECT_HOLDER,
        .scopes = &scope,
        .scope_count = 1,
        .max_rows = TOKEN_ROWS_UNLIMITED,
        .label = TEXT("fleet pair"),
    };
    if (leaf.not_after_ms - HOUR_MS > leaf.not_before_ms)
        leaf.not_after_ms = leaf.not_before_ms + HOUR_MS;
    memcpy(leaf.totebox, root->totebox, KEY_BYTES);
    holder_of_key(device->public_key, leaf.subject_bytes);
    if (!random_bytes(leaf.nonce, sizeof leaf.nonce))
        return PSP_NO_MEMORY;
    *token = (struct token){.count = 0};
    enum psp_error error = token_copy(token, pairing);
    if (error == PSP_OK)
        error = token_append(token, &leaf, device);
    if (error != PSP_OK)
        token_release(token);
    return error;
}

enum psp_error pairing_leaf(const struct token *pairing, const struct key_pair *device,
                            struct token *leaf)
{
    struct link_arena *arena = malloc(sizeof *arena);
    struct link root;
    enum psp_error error = PSP_NO_MEMORY;

    if (arena)
        error = decode_root(pairing, arena, &root)
                    ? append_leaf(pairing, &root, device, leaf)
                    : PSP_MALFORMED;
    free(arena);
    return error;
}

/* By the verifier of the archive itself: a pairing is good when a leaf under it is. */
static enum psp_error judge_chain(const struct token *pairing, const struct link *root,
                                  const struct key_pair *device,
                                  const uint8_t authority[KEY_BYTES], const char **why)
{
    uint8_t holder[HASH_BYTES];
    struct token chain;
    struct authority *granted = NULL;

    holder_of_key(device->public_key, holder);
    struct token_policy policy = {
        .authority = authority,
        .epoch = root->epoch,
        .clock_ms = root->not_before_ms,
        .tls_peer = holder,
    };
    enum psp_error error = append_leaf(pairing, root, device, &chain);
    if (error != PSP_OK)
        return error;
    error = token_verify(&chain, &policy, &granted, why);
    authority_free(granted);
    token_release(&chain);
    return error;
}

enum psp_error pairing_judge(const struct token *pairing, const struct key_pair *device,
                             const uint8_t authority[KEY_BYTES],
                             struct pairing_facts *facts, const char **why)
{
    struct link_arena *arena = malloc(sizeof *arena);
    struct link root;
    enum psp_error error = PSP_NO_MEMORY;

    *why = "out of memory";
    if (arena && !decode_root(pairing, arena, &root)) {
        error = PSP_MALFORMED;
        *why = "what the archive issued is no pairing: it runs other software, or is "
               "no archive";
    } else if (arena && (root.subject != SUBJECT_DELEGATE ||
                         !equal_in_constant_time(root.subject_bytes, device->public_key,
                                                 KEY_BYTES))) {
        error = PSP_HOLDER;
        *why = "what the archive issued is for another device";
    } else if (arena) {
        error = judge_chain(pairing, &root, device, authority, why);
        memcpy(facts->authority, authority, KEY_BYTES);
        facts->not_before_ms = root.not_before_ms;
        facts->not_after_ms = root.not_after_ms;
    }
    free(arena);
    return error;
}

/* --- answers -----------------------------------------------------------------------
 */

/* Of calls that the connection took with it nobody needs to hear. */
static bool is_cut_off(const struct answer *answer)
{
    return answer->error == PSP_DISCONNECTED || answer->error == PSP_CANCELED;
}

static void on_hello(void *user, const struct answer *answer)
{
    struct pairing_caller *pairing = user;
    struct identity identity;

    if (is_cut_off(answer))
        return;
    if (answer->error != PSP_OK ||
        identity_read(
            reader_struct(answer->results, PSP_TOTEBOX_HELLO_RESULTS_IDENTITY_PTR),
            &identity) != PSP_OK) {
        decide(pairing, PSP_FAILED, "who answers there does not say who it is");
        return;
    }
    if (identity.protocol_min > 1 || identity.protocol_max < 1) {
        decide(pairing, PSP_UNIMPLEMENTED,
               "the archive speaks another version of PSP than this program");
        return;
    }
    memcpy(pairing->authority, identity.authority, KEY_BYTES);
    pairing->identified = true;
    pairing->events->identified(pairing->user, &identity);
}

static enum psp_error take_token(const struct answer *answer, struct token *token)
{
    if (answer->error != PSP_OK)
        return answer->error;
    return token_take(
        reader_struct(answer->results, PSP_TOTEBOX_PAIRING_RESULTS_TOKEN_PTR), token);
}

static bool token_is_same(const struct token *a, const struct token *b)
{
    return a->count == b->count && a->count == 1 &&
           a->link[0].length == b->link[0].length &&
           memcmp(a->link[0].body, b->link[0].body, a->link[0].length) == 0;
}

/* A device that was paired before must be able to tell the new pairing from the old. */
static void on_earlier(void *user, const struct answer *answer)
{
    struct pairing_caller *pairing = user;

    if (!is_cut_off(answer) && take_token(answer, &pairing->earlier) != PSP_OK)
        pairing->earlier = (struct token){.count = 0};
}

static void take_pairing(struct pairing_caller *pairing, const struct token *token)
{
    struct pairing_facts facts;
    const char *why = NULL;
    enum psp_error error =
        pairing_judge(token, pairing->device, pairing->authority, &facts, &why);

    if (error != PSP_OK) {
        decide(pairing, error, why ? why : psp_error_words(error));
        return;
    }
    pairing->over = true;
    pairing->events->decided(pairing->user, PSP_OK, NULL, token, &facts);
}

static void on_pairing(void *user, const struct answer *answer)
{
    struct pairing_caller *pairing = user;
    struct token token = {.count = 0};

    pairing->asking = false;
    if (is_cut_off(answer) || pairing->over || answer->error == PSP_UNKNOWN)
        return;
    enum psp_error error = take_token(answer, &token);
    if (error == PSP_OK && !token_is_same(&token, &pairing->earlier))
        take_pairing(pairing, &token);
    else if (error == PSP_OK)
        decide(pairing, PSP_DENIED,
               "the archive's owner did not approve; the pairing from before stays as "
               "it was");
    else if (error == PSP_DENIED || error == PSP_REVOKED)
        decide(pairing, PSP_DENIED,
               "the archive's owner denied this device, or ended the pairing: if the "
               "two codes were not the same, somebody is in between");
    else
        decide(pairing, error, "the archive's answer about the pairing cannot be used");
    token_release(&token);
}

void pairing_caller_poll(struct pairing_caller *pairing)
{
    if (!pairing->coded || pairing->asking || pairing->over)
        return;
    pairing->asking = caller_pairing(pairing->caller, pairing->totebox, on_pairing,
                                     pairing) == PSP_OK;
}

static void on_reveal(void *user, const struct answer *answer)
{
    struct pairing_caller *pairing = user;

    if (is_cut_off(answer) || pairing->over)
        return;
    if (answer->error != PSP_OK) {
        decide(pairing, answer->error,
               "the archive says that what we revealed is not what we committed to: "
               "somebody may be in between");
        return;
    }
    pairing->asking = false;
    pairing_caller_poll(pairing);
}

static void show_code(struct pairing_caller *pairing, struct text archive_nonce)
{
    struct pairing_talk talk;
    char code[PAIRING_CODE_CHARS + 1];

    if (archive_nonce.length != HASH_BYTES ||
        channel_exporter(pairing->channel, talk.exporter) != PSP_OK) {
        decide(pairing, PSP_MALFORMED, "the archive's answer to pair is no nonce");
        return;
    }
    holder_of_key(pairing->device->public_key, talk.caller);
    memcpy(talk.archive, channel_peer(pairing->channel), HASH_BYTES);
    memcpy(talk.caller_nonce, pairing->nonce, HASH_BYTES);
    memcpy(talk.archive_nonce, archive_nonce.bytes, HASH_BYTES);
    pairing_code(&talk, code);
    if (caller_pair_reveal(pairing->caller, pairing->totebox, pairing->nonce, on_reveal,
                           pairing) != PSP_OK) {
        decide(pairing, PSP_NO_MEMORY, "out of memory");
        return;
    }
    pairing->coded = true;
    pairing->asking = true; /* until the reveal is answered */
    pairing->events->coded(pairing->user, code);
}

static void on_pair(void *user, const struct answer *answer)
{
    struct pairing_caller *pairing = user;

    if (is_cut_off(answer) || pairing->over)
        return;
    if (answer->error == PSP_OK && !pairing->identified)
        decide(pairing, PSP_MALFORMED, "who answers there does not say who it is");
    else if (answer->error == PSP_OK)
        show_code(pairing,
                  reader_data(answer->results, PSP_TOTEBOX_PAIR_RESULTS_NONCE_PTR));
    else if (answer->error == PSP_DENIED)
        decide(pairing, PSP_DENIED,
               "pairing is not open there: its owner runs totebox pair ARCHIVE --open");
    else if (answer->error == PSP_CONFLICT)
        decide(pairing, PSP_CONFLICT,
               "somebody else has used the one try that the archive gives: its owner "
               "ends the pairing and opens a new one");
    else if (answer->error == PSP_UNIMPLEMENTED)
        decide(pairing, PSP_UNIMPLEMENTED,
               "who answers there cannot pair: its owner adds the public key that "
               "fleet keys shows");
    else
        decide(pairing, answer->error, psp_error_words(answer->error));
}

/* --- life --------------------------------------------------------------------------
 */

struct pairing_caller *pairing_caller_new(const struct key_pair *device,
                                          struct channel *channel,
                                          struct buffer *output,
                                          const struct pairing_caller_events *events,
                                          void *user)
{
    struct pairing_caller *pairing = calloc(1, sizeof *pairing);

    if (!pairing)
        return NULL;
    pairing->device = device;
    pairing->channel = channel;
    pairing->events = events;
    pairing->user = user;
    pairing->caller = caller_new(output);
    if (pairing->caller && random_bytes(pairing->nonce, HASH_BYTES))
        return pairing;
    pairing_caller_free(pairing);
    return NULL;
}

void pairing_caller_free(struct pairing_caller *pairing)
{
    if (!pairing)
        return;
    pairing->over = true;
    caller_free(pairing->caller);
    token_release(&pairing->earlier);
    free(pairing);
}

enum psp_error pairing_caller_start(struct pairing_caller *pairing)
{
    struct caller *caller = pairing->caller;
    uint8_t commit[HASH_BYTES];

    sha256(pairing->nonce, HASH_BYTES, commit);
    enum psp_error error = caller_bootstrap(caller, &pairing->totebox);
    if (error == PSP_OK)
        error = caller_hello(caller, pairing->totebox, TEXT("fleet pair"), on_hello,
                             pairing);
    if (error == PSP_OK)
        error = caller_pairing(caller, pairing->totebox, on_earlier, pairing);
    if (error == PSP_OK)
        error = caller_pair(caller, pairing->totebox, commit, on_pair, pairing);
    return error;
}

enum psp_error pairing_caller_receive(struct pairing_caller *pairing,
                                      struct buffer *input)
{
    return caller_receive(pairing->caller, input);
}

const char *pairing_caller_defect(const struct pairing_caller *pairing)
{
    return caller_defect(pairing->caller);
}
