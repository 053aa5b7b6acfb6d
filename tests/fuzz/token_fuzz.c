/* token_fuzz.c - any bytes as a token: read, decoded, signed again and verified.
 *
 * A signature would stop nearly every input, so bodies that decode are signed with the
 * keys of the recorded tokens, as a thief of these keys could.  Whatever is accepted
 * must be canonical, and no wider than its first link. */
#include <stdlib.h>
#include <string.h>

#include "proto/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length);

enum { SIGNERS = 3 };
static struct key_pair signer[SIGNERS];
static uint8_t holder[HASH_BYTES];

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void make_keys(void)
{
    static const char *const texts[SIGNERS] = {
        "psp test authority", "psp test aggregator", "psp test operator"};
    struct key_pair client;
    uint8_t seed[HASH_BYTES];

    for (unsigned i = 0; i < SIGNERS; i++) {
        sha256(texts[i], strlen(texts[i]), seed);
        key_pair_from_seed(&signer[i], seed);
    }
    sha256("psp test tls client", strlen("psp test tls client"), seed);
    key_pair_from_seed(&client, seed);
    holder_of_key(client.public_key, holder);
}

/* What decodes must be exactly what its fields encode to. */
static bool decode(const uint8_t *body, uint32_t length, struct link_arena *arena,
                   struct link *link)
{
    struct buffer again;

    if (link_decode(body, length, arena, link) != PSP_OK)
        return false;
    buffer_init(&again);
    require(link_encode(link, &again) == PSP_OK);
    require(buffer_length(&again) == length);
    require(memcmp(buffer_bytes(&again), body, length) == 0);
    buffer_release(&again);
    return true;
}

static const struct key_pair *key_of(const uint8_t public_key[KEY_BYTES])
{
    for (unsigned i = 0; i < SIGNERS; i++)
        if (memcmp(signer[i].public_key, public_key, KEY_BYTES) == 0)
            return &signer[i];
    return NULL;
}

/* False when a link does not decode, or names a delegate whose key we do not have. */
static bool sign_again(struct token *token, struct link *first)
{
    static struct link_arena arena;
    const struct key_pair *by = &signer[0];
    struct link link;

    for (uint32_t i = 0; i < token->count; i++) {
        uint8_t id[HASH_BYTES];
        if (!by || !decode(token->link[i].body, token->link[i].length, &arena, &link))
            return false;
        if (i == 0)
            *first = link;
        link_id(token->link[i].body, token->link[i].length, id);
        link_sign(by, id, token->link[i].signature);
        by = key_of(link.subject_bytes);
    }
    return token->count > 0;
}

static enum psp_error verify(const struct token *token, struct authority **granted)
{
    struct token_policy policy = {.authority = signer[0].public_key,
                                  .epoch = 1,
                                  .clock_ms = 1760000030000,
                                  .tls_peer = holder};
    const char *why = NULL;
    enum psp_error error = token_verify(token, &policy, granted, &why);

    require(error == PSP_OK || why);
    return error;
}

static void ask(const struct authority *granted)
{
    uint8_t digest[HASH_BYTES] = {0};

    (void)authority_sees_view(granted, TEXT("position"));
    (void)authority_sees_cell(granted, TEXT("position"), TEXT("P-0001"), TEXT("noi"));
    (void)authority_may_submit(granted, TEXT("ping"), digest);
    require(authority_label(granted).length <= 4 * (LABEL_BYTES_MAX + 1));
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length)
{
    static bool have_keys;
    struct token token = {0};
    struct authority *granted = NULL;
    struct link first;

    if (!have_keys) {
        make_keys();
        have_keys = true;
    }
    if (token_read(input, length, &token) != PSP_OK)
        return 0;
    if (verify(&token, &granted) == PSP_OK)
        authority_free(granted);
    granted = NULL;
    if (sign_again(&token, &first) && verify(&token, &granted) == PSP_OK) {
        require((authority_rights(granted) & ~first.rights) == 0);
        require(authority_not_after_ms(granted) <= first.not_after_ms);
        require(authority_not_before_ms(granted) >= first.not_before_ms);
        require(authority_max_rows(granted) <= first.max_rows);
        ask(granted);
        authority_free(granted);
    }
    token_release(&token);
    return 0;
}
