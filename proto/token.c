#include "proto/token.h"

#include <string.h>

#include "proto/authority.h"
#include "proto/link.h"

enum psp_error token_append(struct token *token, struct link *link,
                            const struct key_pair *signer)
{
    struct buffer body;
    uint8_t id[HASH_BYTES], signature[SIGNATURE_BYTES];

    link->has_parent = token->count > 0;
    if (link->has_parent)
        link_id(token->link[token->count - 1].body,
                token->link[token->count - 1].length, link->parent);
    buffer_init(&body);
    enum psp_error error = link_encode(link, &body);
    if (error == PSP_OK) {
        link_id(buffer_bytes(&body), buffer_length(&body), id);
        link_sign(signer, id, signature);
        error = token_add(token, buffer_bytes(&body), (uint32_t)buffer_length(&body),
                          signature);
    }
    buffer_release(&body);
    return error;
}

void exporter_prove(const struct key_pair *holder, const uint8_t exporter[HASH_BYTES],
                    const struct token *token, struct exporter_proof *proof)
{
    uint8_t message[PURPOSE_BYTES + 2 * HASH_BYTES];
    uint32_t leaf = token->count - 1;

    purpose_write("PointSav PSP proof v1", message);
    memcpy(message + PURPOSE_BYTES, exporter, HASH_BYTES);
    link_id(token->link[leaf].body, token->link[leaf].length,
            message + PURPOSE_BYTES + HASH_BYTES);
    sign(holder, message, sizeof message, proof->signature);
    spki_of_key(holder->public_key, proof->spki);
}

/* Literals, one a link: what is logged is never composed. */
#define EACH_LINK(words)                                                               \
    {                                                                                  \
        words " 0", words " 1", words " 2", words " 3"                                 \
    }
#define OF_LINK(before, after)                                                         \
    {                                                                                  \
        before "0" after, before "1" after, before "2" after, before "3" after         \
    }

static enum psp_error check_sizes(const struct token *token, const char **why)
{
    if (token->count == 0) {
        *why = "no links";
        return PSP_MALFORMED;
    }
    for (uint32_t i = 0; i < token->count; i++) {
        uint32_t length = token->link[i].length;
        if (length > LINK_BYTES_MAX) {
            *why = "link is too long";
            return PSP_LIMIT;
        }
        if (length == 0 || length % 8) {
            *why = "link is not a whole number of words";
            return PSP_MALFORMED;
        }
    }
    return PSP_OK;
}

struct verification {
    const struct token *token;
    const struct token_policy *policy;
    struct link link[TOKEN_LINKS_MAX]; /* arrays are valid for the newest only */
    struct link_size size[TOKEN_LINKS_MAX];
    uint8_t id[TOKEN_LINKS_MAX][HASH_BYTES];
    struct link_arena arena;
    const char *why;
};

static void cache_name(const uint8_t signer[KEY_BYTES], const uint8_t id[HASH_BYTES],
                       const uint8_t signature[SIGNATURE_BYTES],
                       uint8_t name[HASH_BYTES])
{
    struct hasher hasher;

    hasher_init(&hasher);
    hasher_update(&hasher, signer, KEY_BYTES);
    hasher_update(&hasher, id, HASH_BYTES);
    hasher_update(&hasher, signature, SIGNATURE_BYTES);
    hasher_finish(&hasher, name);
}

static bool cache_holds(const struct token_cache *cache, const uint8_t name[HASH_BYTES])
{
    for (uint32_t i = 0; i < TOKEN_CACHE_ENTRIES; i++)
        if (memcmp(cache->entry[i], name, HASH_BYTES) == 0)
            return true;
    return false;
}

static bool is_signed(struct verification *v, uint32_t index)
{
    const uint8_t *signer =
        index == 0 ? v->policy->authority : v->link[index - 1].subject_bytes;
    const uint8_t *signature = v->token->link[index].signature;
    struct token_cache *cache = v->policy->cache;
    uint8_t name[HASH_BYTES];

    if (!cache)
        return link_is_signed(signer, v->id[index], signature);
    cache_name(signer, v->id[index], signature, name);
    if (cache_holds(cache, name))
        return true;
    if (!link_is_signed(signer, v->id[index], signature))
        return false;
    memcpy(cache->entry[cache->next], name, HASH_BYTES);
    cache->next = (cache->next + 1) % TOKEN_CACHE_ENTRIES;
    return true;
}

static enum psp_error check_signature(struct verification *v, uint32_t index)
{
    static const char *const words[TOKEN_LINKS_MAX] = EACH_LINK("link");

    link_id(v->token->link[index].body, v->token->link[index].length, v->id[index]);
    if (is_signed(v, index))
        return PSP_OK;
    v->why = words[index];
    return PSP_SIGNATURE;
}

static enum psp_error parse(struct verification *v, uint32_t index)
{
    struct link_space space = {
        .scopes = v->arena.scopes,
        .scopes_max = LINK_SCOPES_MAX,
        .names = v->arena.names,
        .names_max = sizeof v->arena.names / sizeof *v->arena.names,
    };
    enum psp_error error =
        link_parse(v->token->link[index].body, v->token->link[index].length, &space,
                   &v->link[index], &v->why);

    v->size[index].names = space.names_used;
    v->size[index].scopes = v->link[index].scope_count;
    return error;
}

static uint64_t current_epoch(const struct token_policy *policy,
                              const struct link *root)
{
    if (policy->epoch_of && root->subject == SUBJECT_DELEGATE)
        return policy->epoch_of(policy->user, root->subject_bytes);
    return policy->epoch;
}

/* How the link fits to the archive and to the link before. */
static enum psp_error check_place(struct verification *v, uint32_t index)
{
    const struct link *link = &v->link[index];

    if (!equal_in_constant_time(link->totebox, v->policy->authority, KEY_BYTES)) {
        v->why = "the token is for another archive";
        return PSP_AUDIENCE;
    }
    if (index == 0) {
        if (link->has_parent) {
            v->why = "link 0 has a parent";
            return PSP_MALFORMED;
        }
        if (link->epoch != current_epoch(v->policy, link)) {
            v->why = "the pairing's epoch is over";
            return PSP_REVOKED;
        }
        return PSP_OK;
    }
    if (!link->has_parent || memcmp(link->parent, v->id[index - 1], HASH_BYTES) != 0) {
        v->why = "a link does not follow the one before";
        return PSP_MALFORMED;
    }
    if (link->epoch != 0) {
        v->why = "a later link has an epoch";
        return PSP_MALFORMED;
    }
    if (link->depth >= v->link[index - 1].depth) {
        v->why = "more links than an earlier one allows";
        return PSP_DENIED;
    }
    return PSP_OK;
}

static enum psp_error check_subject(struct verification *v, uint32_t index)
{
    static const char *const no_delegate[TOKEN_LINKS_MAX] =
        OF_LINK("link ", " has no delegate");
    const struct link *link = &v->link[index];
    int64_t window_max_ms =
        v->policy->window_max_ms > 0 ? v->policy->window_max_ms : TOKEN_WINDOW_MAX_MS;

    if (link->not_after_ms <= link->not_before_ms) {
        v->why = "the window is empty";
        return PSP_MALFORMED;
    }
    if (index + 1 < v->token->count) {
        if (link->subject == SUBJECT_DELEGATE)
            return PSP_OK;
        v->why = no_delegate[index];
        return PSP_MALFORMED;
    }
    if (link->subject != SUBJECT_HOLDER) {
        v->why = "the last link has no holder";
        return PSP_MALFORMED;
    }
    /* The difference of two int64_t fits in uint64_t when it is positive. */
    if ((uint64_t)link->not_after_ms - (uint64_t)link->not_before_ms >
        (uint64_t)window_max_ms) {
        v->why = "the last link's window is too long";
        return PSP_LIMIT;
    }
    return PSP_OK;
}

static enum psp_error check_link(struct verification *v, uint32_t index)
{
    enum psp_error error = check_signature(v, index);

    if (error == PSP_OK)
        error = parse(v, index);
    if (error == PSP_OK)
        error = check_place(v, index);
    if (error == PSP_OK)
        error = check_subject(v, index);
    if (error == PSP_OK) {
        v->why = link_defect(&v->link[index]);
        if (v->why)
            error = PSP_MALFORMED;
    }
    return error;
}

static enum psp_error check_denied(struct verification *v)
{
    for (uint32_t i = 0; v->policy->denied && i < v->token->count; i++)
        if (v->policy->denied(v->policy->user, v->id[i])) {
            v->why = "a link was revoked";
            return PSP_REVOKED;
        }
    return PSP_OK;
}

static enum psp_error check_clock(struct verification *v, const struct limits *limits)
{
    int64_t now = v->policy->clock_ms;

    if (now >= limits->not_after_ms) {
        v->why = "the window has ended";
        return PSP_EXPIRED;
    }
    if (now < limits->not_before_ms &&
        (uint64_t)limits->not_before_ms - (uint64_t)now > TOKEN_SKEW_MS) {
        v->why = "the window has not begun";
        return PSP_NOTYET;
    }
    return PSP_OK;
}

static bool proves_by_exporter(const struct token_policy *policy,
                               const uint8_t holder[HASH_BYTES],
                               const uint8_t leaf[HASH_BYTES])
{
    uint8_t key[KEY_BYTES], name[HASH_BYTES];
    uint8_t message[PURPOSE_BYTES + 2 * HASH_BYTES];

    if (!policy->exporter || policy->proof_signature.length != SIGNATURE_BYTES ||
        key_of_spki(policy->proof_spki, key) != PSP_OK)
        return false;
    sha256(policy->proof_spki.bytes, policy->proof_spki.length, name);
    if (!equal_in_constant_time(name, holder, HASH_BYTES))
        return false;
    purpose_write("PointSav PSP proof v1", message);
    memcpy(message + PURPOSE_BYTES, policy->exporter, HASH_BYTES);
    memcpy(message + PURPOSE_BYTES + HASH_BYTES, leaf, HASH_BYTES);
    return signature_verifies(key, message, sizeof message,
                              (const uint8_t *)policy->proof_signature.bytes);
}

static enum psp_error check_holder(struct verification *v)
{
    const struct token_policy *policy = v->policy;
    uint32_t last = v->token->count - 1;
    const uint8_t *holder = v->link[last].subject_bytes;
    bool proved = policy->proof_spki.length
                      ? proves_by_exporter(policy, holder, v->id[last])
                      : policy->tls_peer && equal_in_constant_time(
                                                holder, policy->tls_peer, HASH_BYTES);

    if (proved)
        return PSP_OK;
    v->why = "the presenter is not the holder";
    return PSP_HOLDER;
}

static enum psp_error verify(struct verification *v, struct limits *limits)
{
    enum psp_error error = check_sizes(v->token, &v->why);

    for (uint32_t i = 0; error == PSP_OK && i < v->token->count; i++)
        error = check_link(v, i);
    if (error == PSP_OK)
        error = check_denied(v);
    if (error != PSP_OK)
        return error;
    *limits = limits_of_links(v->link, v->token->count);
    error = check_clock(v, limits);
    if (error == PSP_OK)
        error = check_holder(v);
    if (error == PSP_OK && v->policy->need_right &&
        !(limits->rights & v->policy->need_right)) {
        v->why = "the token grants nothing of this kind";
        error = PSP_DENIED;
    }
    return error;
}

enum psp_error token_verify(const struct token *token,
                            const struct token_policy *policy,
                            struct authority **authority, const char **why)
{
    struct verification v = {.token = token, .policy = policy};
    struct limits limits;
    enum psp_error error = verify(&v, &limits);

    if (error == PSP_OK) {
        error = authority_new(token, v.size, &limits, authority);
        v.why = "out of memory";
    }
    if (error != PSP_OK)
        *why = v.why ? v.why : psp_error_words(error);
    return error;
}
