/* token_mutation_test.c - a million damaged chains of one to four links, and none is
 * accepted that does not say, to the byte, what was signed.
 *
 * Most are damaged in an orderly way: every bit, every byte to its edges, every two
 * words exchanged, every sequence of the links of two chains.  The rest are signed
 * damage: what somebody may say who stole a delegate's key.  Those need no signature
 * here: the cache of verified links is told that it saw one, so that a million cost
 * seconds. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/proto/token_drafts.h"
#include "tests/support/fixture.h"

#ifdef __SANITIZE_ADDRESS__
enum { MUTATIONS = 100000, STEP = 16 }; /* of the orderly ones: one in so many */
#else
enum { MUTATIONS = 1000000, STEP = 1 };
#endif

static struct {
    unsigned runs, unreadable, code[PSP_ERROR_COUNT], unchanged, signed_and_accepted;
} count;

/* --- the chains ----------------------------------------------------------------------
 */

/* One link is a leaf that the authority signed itself. */
static struct draft chain_of(uint32_t links)
{
    struct draft draft = chain_draft();

    draft.count = links;
    draft.link[links - 1] = draft.link[TOKEN_LINKS_MAX - 1];
    if (links == 1)
        draft.link[0].epoch = 1;
    for (uint32_t i = 0; i < links; i++)
        draft.link[i].depth = (uint8_t)(links - 1 - i);
    return draft;
}

static bool same_links(const struct token *a, const struct token *b)
{
    if (a->count != b->count)
        return false;
    for (uint32_t i = 0; i < a->count; i++)
        if (a->link[i].length != b->link[i].length ||
            memcmp(a->link[i].body, b->link[i].body, a->link[i].length) != 0 ||
            memcmp(a->link[i].signature, b->link[i].signature, SIGNATURE_BYTES) != 0)
            return false;
    return true;
}

/* With no cache and with one that has seen the chain, by turns. */
static void judge(const struct token *genuine, const struct token *mutant)
{
    static struct token_cache cache;
    struct token_policy policy = usual_policy();
    struct authority *granted = NULL;
    const char *why;

    if (count.runs++ % 2) {
        policy.cache = &cache;
        assert_int_equal(token_verify(genuine, &policy, &granted, &why), PSP_OK);
        authority_free(granted);
    }
    enum psp_error error = token_verify(mutant, &policy, &granted, &why);
    count.code[error]++;
    if (error != PSP_OK)
        return;
    authority_free(granted);
    assert_true(same_links(genuine, mutant));
    count.unchanged++;
}

static void judge_frame(const struct token *genuine, const uint8_t *bytes,
                        size_t length)
{
    struct token mutant = {0};

    if (token_read(bytes, length, &mutant) == PSP_OK) {
        judge(genuine, &mutant);
    } else {
        count.runs++;
        count.unreadable++;
    }
    token_release(&mutant);
}

/* --- in order ------------------------------------------------------------------------
 */

static void every_bit_and_edge(const struct token *genuine, uint8_t *frame,
                               size_t length)
{
    for (size_t i = 0; i < length; i++) {
        uint8_t was = frame[i];
        const uint8_t edges[] = {0, 0xff, 0x7f, (uint8_t)(was + 1), (uint8_t)(was - 1)};
        for (unsigned bit = i % STEP; bit < 8; bit += STEP) {
            frame[i] = (uint8_t)(was ^ 1u << bit);
            judge_frame(genuine, frame, length);
        }
        for (unsigned edge = i % STEP; edge < sizeof edges; edge += STEP) {
            frame[i] = edges[edge];
            judge_frame(genuine, frame, length);
        }
        frame[i] = was;
    }
}

static void exchange(uint8_t *a, uint8_t *b)
{
    uint8_t word[8];

    memcpy(word, a, 8);
    memcpy(a, b, 8);
    memcpy(b, word, 8);
}

static void every_two_words(const struct token *genuine, uint8_t *frame, size_t length)
{
    for (size_t a = 0; a < length / 8; a++)
        for (size_t b = a + 1 + a % STEP; b < length / 8; b += STEP) {
            exchange(frame + 8 * a, frame + 8 * b);
            judge_frame(genuine, frame, length);
            exchange(frame + 8 * a, frame + 8 * b);
        }
}

static void every_length(const struct token *genuine, const uint8_t *frame,
                         size_t length)
{
    for (size_t shorter = 0; shorter < length; shorter++)
        judge_frame(genuine, frame, shorter);
    for (uint32_t i = 0; i < genuine->count; i++) {
        struct token mutant;
        assert_int_equal(token_copy(&mutant, genuine), PSP_OK);
        while (mutant.link[i].length) {
            mutant.link[i].length--;
            judge(genuine, &mutant);
        }
        token_release(&mutant);
    }
}

static void token_verify__refuses_every_orderly_damage(void **state)
{
    (void)state;
    for (uint32_t links = 1; links <= TOKEN_LINKS_MAX; links++) {
        struct draft draft = chain_of(links);
        struct token genuine = token_of_draft(&draft);
        struct buffer frame;
        buffer_init(&frame);
        assert_int_equal(token_write(&genuine, &frame), PSP_OK);
        judge(&genuine, &genuine); /* it is in order itself */
        every_bit_and_edge(&genuine, buffer_bytes(&frame), buffer_length(&frame));
        every_two_words(&genuine, buffer_bytes(&frame), buffer_length(&frame));
        every_length(&genuine, buffer_bytes(&frame), buffer_length(&frame));
        buffer_release(&frame);
        token_release(&genuine);
    }
    /* The four chains, and what differs where nothing is read: padding of the frame. */
    assert_in_range(count.unchanged, 4, count.runs / 20);
}

/* Sequences of the links of two chains, of another pairing each, with repetition: those
 * that are accepted are the two. */
static void token_verify__takes_no_other_sequence_of_links(void **state)
{
    enum { POOL = 2 * TOKEN_LINKS_MAX };
    struct draft draft = chain_draft();
    struct token_policy policy = usual_policy();
    static struct token_cache cache;
    struct token one = token_of_draft(&draft);
    unsigned accepted = 0;

    (void)state;
    draft.link[0].nonce[0] ^= 1;
    struct token two = token_of_draft(&draft);
    policy.cache = &cache;
    for (uint32_t links = 1; links <= TOKEN_LINKS_MAX; links++) {
        unsigned sequences = 1;
        for (uint32_t i = 0; i < links; i++)
            sequences *= POOL;
        for (unsigned sequence = 0; sequence < sequences; sequence++) {
            struct token mixed = {.count = links};
            struct authority *granted = NULL;
            const char *why;
            unsigned rest = sequence;
            for (uint32_t i = 0; i < links; i++, rest /= POOL)
                mixed.link[i] = rest % POOL < TOKEN_LINKS_MAX
                                    ? one.link[rest % POOL]
                                    : two.link[rest % POOL - TOKEN_LINKS_MAX];
            enum psp_error error = token_verify(&mixed, &policy, &granted, &why);
            count.runs++;
            count.code[error]++;
            accepted += error == PSP_OK;
            authority_free(granted);
        }
    }
    assert_int_equal(accepted, 2);
    count.unchanged += accepted;
    token_release(&one);
    token_release(&two);
}

/* --- signed damage -------------------------------------------------------------------
 */

static void mutate(uint8_t *at, size_t length, uint64_t *seed)
{
    for (uint64_t changes = 1 + chance(seed) % 3; changes; changes--) {
        size_t where = chance(seed) % length, from = chance(seed) % length;
        size_t run = 1 + chance(seed) % 8;
        switch (chance(seed) % 4) {
        case 0:
            at[where] ^= (uint8_t)(1 << chance(seed) % 8);
            break;
        case 1:
            at[where] = (uint8_t)chance(seed);
            break;
        case 2:
            run = run > length - where ? length - where : run;
            run = run > length - from ? length - from : run;
            memmove(at + where, at + from, run);
            break;
        default:
            memset(at + where / 8 * 8, 0, 8);
        }
    }
}

/* From now on `cache` takes the link for one that `signer` signed. */
static void seem_signed(struct token_cache *cache, const struct token *token,
                        uint32_t link, const struct key_pair *signer)
{
    struct hasher hasher;
    uint8_t id[HASH_BYTES];

    link_id(token->link[link].body, token->link[link].length, id);
    hasher_init(&hasher);
    hasher_update(&hasher, signer->public_key, KEY_BYTES);
    hasher_update(&hasher, id, HASH_BYTES);
    hasher_update(&hasher, token->link[link].signature, SIGNATURE_BYTES);
    hasher_finish(&hasher, cache->entry[cache->next]);
    cache->next = (cache->next + 1) % TOKEN_CACHE_ENTRIES;
}

/* The later links follow the damaged one, as whoever signs them would have it. */
static void follow_on(struct token *token, struct token_cache *cache,
                      const struct draft *draft, uint32_t from)
{
    for (uint32_t i = from; i < draft->count; i++) {
        struct link link = draft->link[i];
        struct buffer body;
        buffer_init(&body);
        link_id(token->link[i - 1].body, token->link[i - 1].length, link.parent);
        link.has_parent = true;
        assert_int_equal(link_encode(&link, &body), PSP_OK);
        assert_int_equal(buffer_length(&body), token->link[i].length);
        memcpy(token->link[i].body, buffer_bytes(&body), token->link[i].length);
        buffer_release(&body);
        seem_signed(cache, token, i, draft->signer[i]);
    }
}

/* What is granted is in every other link of the chain, and in the encoding of itself.
 */
static void assert_is_within(const struct authority *granted, const struct draft *draft,
                             uint32_t damaged)
{
    for (uint32_t i = 0; i < draft->count; i++) {
        const struct link *link = &draft->link[i];
        if (i == damaged)
            continue;
        assert_int_equal(authority_rights(granted) & ~link->rights, 0);
        assert_true(authority_not_after_ms(granted) <= link->not_after_ms);
        assert_true(authority_not_before_ms(granted) >= link->not_before_ms);
        assert_true(authority_max_rows(granted) <= link->max_rows);
        assert_true(authority_min_group(granted) >= link->min_group);
    }
    assert_false(authority_sees_view(granted, TEXT("secret")));
    assert_false(authority_sees_row(granted, TEXT("ledger"), TEXT("1001")));
    assert_false(authority_sees_column(granted, TEXT("ledger"), TEXT("memo")));
    assert_false(authority_may_submit(granted, TEXT("ping"), NULL));
}

static void judge_signed(const struct draft *draft, const struct token *genuine,
                         uint32_t damaged, struct token_cache *cache, uint64_t *seed)
{
    struct token_policy policy = usual_policy();
    struct authority *granted = NULL;
    struct token token;
    const char *why;
    static struct link_arena arena;
    struct link link;

    assert_int_equal(token_copy(&token, genuine), PSP_OK);
    mutate(token.link[damaged].body, token.link[damaged].length, seed);
    seem_signed(cache, &token, damaged, draft->signer[damaged]);
    if (damaged + 1 < draft->count &&
        link_decode(token.link[damaged].body, token.link[damaged].length, &arena,
                    &link) == PSP_OK)
        follow_on(&token, cache, draft, damaged + 1);
    policy.cache = cache;
    enum psp_error error = token_verify(&token, &policy, &granted, &why);
    count.runs++;
    count.code[error]++;
    if (error == PSP_OK) {
        count.signed_and_accepted++;
        assert_int_equal(link_decode(token.link[damaged].body,
                                     token.link[damaged].length, &arena, &link),
                         PSP_OK);
        assert_is_within(granted, draft, damaged);
    }
    authority_free(granted);
    token_release(&token);
}

static void token_verify__never_widens_what_a_delegate_signs(void **state)
{
    uint64_t seed = chance_seed("token_verify__never_widens_what_a_delegate_signs");
    unsigned so_far = count.runs, per_length;
    struct authority *granted;
    const char *why;

    (void)state;
    if (so_far > MUTATIONS * 3 / 4)
        so_far = MUTATIONS * 3 / 4;
    per_length = (MUTATIONS - so_far) / (TOKEN_LINKS_MAX - 1) + 1;
    for (uint32_t links = 2; links <= TOKEN_LINKS_MAX; links++) {
        struct draft draft = chain_of(links);
        struct token genuine = token_of_draft(&draft);
        for (unsigned run = 0; run < per_length; run++) {
            static struct token_cache cache;
            struct token_policy policy = usual_policy();
            policy.cache = &cache;
            if (run % 30 == 0) { /* before its own entries are overwritten */
                assert_int_equal(token_verify(&genuine, &policy, &granted, &why),
                                 PSP_OK);
                authority_free(granted);
            }
            judge_signed(&draft, &genuine, 1 + run % (links - 1), &cache, &seed);
        }
        token_release(&genuine);
    }
    assert_true(count.signed_and_accepted > 0);
}

static int say(void **state)
{
    (void)state;
    print_message("%u mutations: %u unreadable", count.runs, count.unreadable);
    for (enum psp_error code = 1; code < PSP_ERROR_COUNT; code++)
        if (count.code[code])
            print_message(", %u %s", count.code[code], psp_error_wire(code));
    print_message(
        "; 0 accepted but %u that say what was signed, and %u that a delegate "
        "signed, none of them wider\n",
        count.unchanged, count.signed_and_accepted);
    return count.runs < MUTATIONS;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(token_verify__refuses_every_orderly_damage),
        cmocka_unit_test(token_verify__takes_no_other_sequence_of_links),
        cmocka_unit_test(token_verify__never_widens_what_a_delegate_signs),
    };
    return cmocka_run_group_tests(tests, make_keys, say);
}
