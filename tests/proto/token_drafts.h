/* token_drafts.h - tokens with one defect each, and the code that each is refused by.
 *
 * The table is judged twice: by token_verify alone (tests/proto/token_test.c), and by a
 * running archive, whose answer a fleet shows (tests/totebox/serve_refusal_test.c). */
#ifndef TESTS_PROTO_TOKEN_DRAFTS_H
#define TESTS_PROTO_TOKEN_DRAFTS_H

#include <stdlib.h>

#include "proto/layout.h"
#include "tests/proto/token_links.h"
#include "tests/support/hex.h"

struct draft {
    struct link link[5];
    const struct key_pair *signer[5];
    uint32_t count;
    /* Changes a body that is already encoded; it is signed again afterwards. */
    void (*patch)(uint8_t *body, uint32_t length);
    uint32_t patched;
    void (*spoil)(struct token *token); /* after signing */
    struct token_policy policy;
};

static inline struct draft usual_draft(void)
{
    return (struct draft){.link = {pairing_link(), leaf_link()},
                          .signer = {&authority, &aggregator},
                          .count = 2,
                          .policy = usual_policy()};
}

/* All four links: the pairing, an operator, a tenant, the leaf. */
static inline struct draft chain_draft(void)
{
    struct draft draft = usual_draft();

    draft.count = 4;
    draft.link[0].depth = 3;
    draft.link[1] = op_link();
    draft.link[1].depth = 2;
    draft.link[1].label = TEXT("op");
    draft.link[2] = op_link();
    draft.link[2].label = TEXT("tenant");
    for_delegate(&draft.link[2], &tenant_key);
    draft.link[3] = opleaf_link();
    draft.signer[2] = &operator_key;
    draft.signer[3] = &tenant_key;
    return draft;
}

static inline void sign_again(struct token *token, uint32_t index,
                              const struct key_pair *signer)
{
    uint8_t id[HASH_BYTES];

    link_id(token->link[index].body, token->link[index].length, id);
    link_sign(signer, id, token->link[index].signature);
}

static inline struct token token_of_draft(struct draft *draft)
{
    struct token token = {0};

    for (uint32_t i = 0; i < draft->count && i < TOKEN_LINKS_MAX; i++) {
        append(&token, draft->link[i], draft->signer[i]);
        if (draft->patch && draft->patched == i) {
            draft->patch(token.link[i].body, token.link[i].length);
            sign_again(&token, i, draft->signer[i]);
        }
    }
    if (draft->spoil)
        draft->spoil(&token);
    return token;
}

static inline void replace(uint8_t *body, uint32_t length, const char *from,
                           const char *to)
{
    uint8_t *at = memmem(body, length, from, strlen(from));

    assert_non_null(at);
    assert_int_equal(strlen(from), strlen(to));
    memcpy(at, to, strlen(to));
}

static inline uint8_t *field(uint8_t *body, unsigned offset)
{
    return body + 8 + offset;
}

static inline void nothing(struct draft *d)
{
    (void)d;
}

static inline void spoil_signature(struct token *token)
{
    token->link[1].signature[7] ^= 1;
}
static inline void signature_forged(struct draft *d)
{
    d->spoil = spoil_signature;
}

static inline void spoil_body(struct token *token)
{
    token->link[1].body[8 + PSP_LINK_RIGHTS_OFF] ^= 0x20;
}
static inline void body_flipped(struct draft *d)
{
    d->spoil = spoil_body;
}

static inline void wrong_root_signer(struct draft *d)
{
    d->signer[0] = &stranger;
}
static inline void wrong_leaf_signer(struct draft *d)
{
    d->signer[1] = &authority;
}

static inline void add_order(struct token *token)
{
    static const char order[] =
        "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";
    uint8_t l[KEY_BYTES];
    unsigned carry = 0;

    hex_read(order, l, sizeof l);
    for (unsigned i = 0; i < KEY_BYTES; i++) {
        carry += token->link[0].signature[KEY_BYTES + i] + l[i];
        token->link[0].signature[KEY_BYTES + i] = (uint8_t)carry;
        carry >>= 8;
    }
}
static inline void scalar_beyond_the_order(struct draft *d)
{
    d->spoil = add_order;
}

static inline void wrong_audience(struct draft *d)
{
    memcpy(d->link[1].totebox, stranger.public_key, KEY_BYTES);
}
static inline void wrong_audience_of_root(struct draft *d)
{
    memcpy(d->link[0].totebox, stranger.public_key, KEY_BYTES);
    memcpy(d->link[1].totebox, stranger.public_key, KEY_BYTES);
}

static inline void wrong_holder(struct draft *d)
{
    holder_of_key(stranger.public_key, d->link[1].subject_bytes);
}
static inline void no_tls_peer(struct draft *d)
{
    d->policy.tls_peer = NULL;
}

static inline void barely_begun(struct draft *d)
{
    d->policy.clock_ms = start_ms - TOKEN_SKEW_MS;
}
static inline void not_begun(struct draft *d)
{
    d->policy.clock_ms = start_ms - TOKEN_SKEW_MS - 1;
}
static inline void barely_running(struct draft *d)
{
    d->policy.clock_ms = start_ms + 5 * MINUTE_MS - 1;
}
static inline void ended(struct draft *d)
{
    d->policy.clock_ms = start_ms + 5 * MINUTE_MS;
}
static inline void pairing_ended(struct draft *d)
{
    d->link[0].not_after_ms = start_ms + 1;
}

static inline void epoch_that_is_over(struct draft *d)
{
    d->link[0].epoch -= 1;
}
static inline void epoch_to_come(struct draft *d)
{
    d->link[0].epoch += 1;
}
static inline uint64_t epoch_of_pairing(void *user, const uint8_t delegate[KEY_BYTES])
{
    assert_memory_equal(delegate, aggregator.public_key, KEY_BYTES);
    return *(const uint64_t *)user;
}
static inline void old_epoch_of_the_pairing(struct draft *d)
{
    static uint64_t current = 7;
    d->policy.epoch_of = epoch_of_pairing;
    d->policy.user = &current;
}
static inline void same_epoch_of_the_pairing(struct draft *d)
{
    static uint64_t current = 1;
    d->policy.epoch = 9;
    d->policy.epoch_of = epoch_of_pairing;
    d->policy.user = &current;
}
static inline void epoch_in_a_later_link(struct draft *d)
{
    d->link[1].epoch = 1;
}

static inline void depth_not_decreasing(struct draft *d)
{
    d->link[1].depth = 2;
}
static inline void depth_used_up(struct draft *d)
{
    d->link[0].depth = 0;
}

static inline void window_too_long(struct draft *d)
{
    d->link[1].not_after_ms = start_ms + TOKEN_WINDOW_MAX_MS + 1;
}
static inline void window_just_right(struct draft *d)
{
    d->link[1].not_after_ms = start_ms + TOKEN_WINDOW_MAX_MS;
}
static inline void window_too_long_for_a_command(struct draft *d)
{
    d->policy.window_max_ms = MINUTE_MS;
}
static inline void patch_widest_window(uint8_t *body, uint32_t length)
{
    (void)length;
    memset(field(body, PSP_LINK_NOT_BEFORE_OFF), 0, 8);
    field(body, PSP_LINK_NOT_BEFORE_OFF)[7] = 0x80;
    memset(field(body, PSP_LINK_NOT_AFTER_OFF), 0xff, 7);
    field(body, PSP_LINK_NOT_AFTER_OFF)[7] = 0x7f;
}
static inline void widest_window(struct draft *d)
{
    d->patch = patch_widest_window;
    d->patched = 1;
}
static inline void patch_empty_window(uint8_t *body, uint32_t length)
{
    (void)length;
    memcpy(field(body, PSP_LINK_NOT_AFTER_OFF), field(body, PSP_LINK_NOT_BEFORE_OFF),
           8);
}
static inline void empty_window(struct draft *d)
{
    d->patch = patch_empty_window;
    d->patched = 1;
}

static inline void no_delegate(struct draft *d)
{
    for_holder(&d->link[0], holder);
    d->signer[1] = &authority;
}
static inline void delegate_at_the_end(struct draft *d)
{
    for_delegate(&d->link[1], &stranger);
}
static inline void pairing_alone(struct draft *d)
{
    d->count = 1;
}
static inline void patch_no_subject(uint8_t *body, uint32_t length)
{
    (void)length;
    field(body, PSP_LINK_SUBJECT_TAG_OFF)[0] = 0;
}
static inline void no_subject(struct draft *d)
{
    d->patch = patch_no_subject;
    d->patched = 1;
}

/* Under the identity anything would verify, and under the other small points, or one
 * written in two ways, much. */
static const char *const small_points[] = {
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
};
static const char *small_point;
static inline void patch_small_order(uint8_t *body, uint32_t length)
{
    uint8_t *at = memmem(body, length, operator_key.public_key, KEY_BYTES);

    assert_non_null(at);
    hex_read(small_point, at, KEY_BYTES);
}
static inline void small_delegate(struct draft *d, unsigned point)
{
    *d = chain_draft();
    small_point = small_points[point];
    d->patch = patch_small_order;
    d->patched = 1;
}
#define SMALL(n)                                                                       \
    static inline void small_order_delegate_##n(struct draft *d)                       \
    {                                                                                  \
        small_delegate(d, n);                                                          \
    }
SMALL(0)
SMALL(1)
SMALL(2)
SMALL(3)
SMALL(4)
SMALL(5)
SMALL(6)
SMALL(7)
SMALL(8)
SMALL(9)
SMALL(10)
#undef SMALL

static inline void patch_parent(uint8_t *body, uint32_t length)
{
    /* Root pointer, five data words, seven or more pointers; the audience comes first,
     * the parent is the second object. */
    (void)length;
    body[8 + 5 * 8 + 8 * 8 + KEY_BYTES] ^= 1;
}
static inline void wrong_parent(struct draft *d)
{
    d->patch = patch_parent;
    d->patched = 1;
}

static inline void patch_order(uint8_t *body, uint32_t length)
{
    replace(body, length, "P-0001", "P-0004");
}
static inline void names_unsorted(struct draft *d)
{
    d->patch = patch_order;
    d->patched = 1;
}
static inline void patch_duplicate(uint8_t *body, uint32_t length)
{
    replace(body, length, "P-0001", "P-0003");
}
static inline void names_not_unique(struct draft *d)
{
    d->patch = patch_duplicate;
    d->patched = 1;
}
static inline void patch_name(uint8_t *body, uint32_t length)
{
    replace(body, length, "noi", "n i");
}
static inline void name_with_a_space(struct draft *d)
{
    d->patch = patch_name;
    d->patched = 1;
}
static inline void patch_key(uint8_t *body, uint32_t length)
{
    replace(body, length, "P-0003",
            "P-\xc2\x9b"
            "31");
}
static inline void row_key_with_a_c1_control(struct draft *d)
{
    d->patch = patch_key;
    d->patched = 1;
}
static inline void patch_key_utf8(uint8_t *body, uint32_t length)
{
    replace(body, length, "P-0003",
            "P-\xed\xa0\x80"
            "3");
}
static inline void row_key_with_a_surrogate(struct draft *d)
{
    d->patch = patch_key_utf8;
    d->patched = 1;
}
static inline void patch_good_key(uint8_t *body, uint32_t length)
{
    replace(body, length, "P-0003",
            "P-\xc3\xa9"
            "|3");
}
static inline void row_key_in_utf8(struct draft *d)
{
    d->patch = patch_good_key;
    d->patched = 1;
}
static inline void patch_label(uint8_t *body, uint32_t length)
{
    replace(body, length, "operator-7", "operator\n7");
}
static inline void label_with_a_newline(struct draft *d)
{
    d->patch = patch_label;
    d->patched = 1;
}
static inline void patch_verb(uint8_t *body, uint32_t length)
{
    replace(body, length, "ping", "p/ng");
}
static inline void verb_with_a_slash(struct draft *d)
{
    d->patch = patch_verb;
    d->patched = 0;
}
static inline void patch_format(uint8_t *body, uint32_t length)
{
    (void)length;
    field(body, PSP_LINK_FORMAT_OFF)[0] = 2;
}
static inline void newer_format(struct draft *d)
{
    d->patch = patch_format;
    d->patched = 1;
}

static inline void truncate_body(struct token *token)
{
    token->link[1].length -= 8;
    sign_again(token, 1, &aggregator);
}
static inline void body_truncated(struct draft *d)
{
    d->spoil = truncate_body;
}
static inline void truncate_bytes(struct token *token)
{
    token->link[1].length -= 1;
    sign_again(token, 1, &aggregator);
}
static inline void body_not_of_whole_words(struct draft *d)
{
    d->spoil = truncate_bytes;
}
static inline void empty_body(struct token *token)
{
    token->link[1].length = 0;
}
static inline void body_empty(struct draft *d)
{
    d->spoil = empty_body;
}
static inline void extend_body(struct token *token)
{
    uint32_t length = token->link[1].length;
    uint8_t *longer = calloc(1, length + 8);

    assert_non_null(longer);
    memcpy(longer, token->link[1].body, length);
    free(token->link[1].body);
    token->link[1].body = longer;
    token->link[1].length = length + 8;
    sign_again(token, 1, &aggregator);
}
static inline void body_with_a_trailing_word(struct draft *d)
{
    d->spoil = extend_body;
}

/* A message whose root is null. */
static inline void null_body(struct token *token)
{
    memset(token->link[1].body, 0, 8);
    token->link[1].length = 8;
    sign_again(token, 1, &aggregator);
}
static inline void body_of_a_null_root(struct draft *d)
{
    d->spoil = null_body;
}

static inline bool is_denied(void *user, const uint8_t id[HASH_BYTES])
{
    return memcmp(user, id, HASH_BYTES) == 0;
}
static uint8_t denied_id[HASH_BYTES];
static inline void deny_leaf(struct token *token)
{
    link_id(token->link[1].body, token->link[1].length, denied_id);
}
static inline void deny_root(struct token *token)
{
    link_id(token->link[0].body, token->link[0].length, denied_id);
}
static inline void leaf_denied(struct draft *d)
{
    d->policy.denied = is_denied;
    d->policy.user = denied_id;
    d->spoil = deny_leaf;
}
static inline void root_denied(struct draft *d)
{
    leaf_denied(d);
    d->spoil = deny_root;
}

static inline void no_right_needed(struct draft *d)
{
    d->policy.need_right = RIGHT_COMMAND;
}
static inline void right_there(struct draft *d)
{
    d->policy.need_right = RIGHT_READ_ROWS | RIGHT_HEALTH;
}

/* --- of four links */

static inline void chain_of_four(struct draft *d)
{
    *d = chain_draft();
}
static inline void chain_forged_in_the_middle(struct draft *d)
{
    *d = chain_draft();
    d->signer[2] = &stranger;
}
static inline void chain_forged_at_the_end(struct draft *d)
{
    *d = chain_draft();
    d->signer[3] = &operator_key; /* who may sign the link before */
}
static inline void chain_out_of_order(struct draft *d)
{
    struct link link;

    *d = chain_draft();
    link = d->link[1];
    d->link[1] = d->link[2];
    d->link[2] = link;
}
static inline void drop_third(struct token *token)
{
    free(token->link[2].body);
    token->link[2] = token->link[3];
    token->count = 3;
}
static inline void chain_without_a_link(struct draft *d)
{
    *d = chain_draft();
    d->spoil = drop_third;
}
/* The tenant's restriction left out, the leaf signed for that: by another's key. */
static inline void chain_without_a_restriction(struct draft *d)
{
    *d = chain_draft();
    d->link[2] = d->link[3];
    d->signer[2] = &tenant_key;
    d->count = 3;
}
static inline void chain_without_a_leaf(struct draft *d)
{
    *d = chain_draft();
    d->count = 3;
}
static inline void chain_for_another_in_the_middle(struct draft *d)
{
    *d = chain_draft();
    memcpy(d->link[2].totebox, stranger.public_key, KEY_BYTES);
}
static inline void chain_ended_in_the_middle(struct draft *d)
{
    *d = chain_draft();
    d->link[2].not_after_ms = d->policy.clock_ms;
}
static inline void chain_not_begun_in_the_middle(struct draft *d)
{
    *d = chain_draft();
    d->link[1].not_before_ms = d->policy.clock_ms + TOKEN_SKEW_MS + 9000;
}
static inline void chain_without_a_delegate(struct draft *d)
{
    *d = chain_draft();
    for_holder(&d->link[1], holder);
}
static inline void chain_deeper_than_allowed(struct draft *d)
{
    *d = chain_draft();
    d->link[1].depth = 1;
}
static inline void chain_with_an_epoch_of_its_own(struct draft *d)
{
    *d = chain_draft();
    d->link[3].epoch = d->link[0].epoch;
}
static inline void chain_without_rights_in_common(struct draft *d)
{
    *d = chain_draft();
    d->link[1].rights = RIGHT_READ_ROWS;
    d->link[2].rights = RIGHT_HEALTH;
    d->policy.need_right = RIGHT_READ_ROWS | RIGHT_HEALTH;
}
static inline void graft(struct token *token)
{
    struct draft other = usual_draft();

    token_release(token);
    other.link[0].nonce[0] ^= 1;
    append(token, other.link[0], &authority);
    struct token with_leaf = {0};
    struct draft draft = usual_draft();
    append(&with_leaf, draft.link[0], &authority);
    append(&with_leaf, draft.link[1], &aggregator);
    token->link[1] = with_leaf.link[1];
    token->count = 2;
    with_leaf.count = 1;
    token_release(&with_leaf);
}
static inline void leaf_of_another_pairing(struct draft *d)
{
    d->spoil = graft;
}

/* --- signed, and not the one encoding */

static inline void sign_leaf(struct token *token)
{
    sign_again(token, 1, &aggregator);
}

/* Opens a gap of one word in the leaf's body, before word `at`. */
static inline uint8_t *widen(struct token *token, uint32_t at)
{
    uint32_t length = token->link[1].length;
    uint8_t *body = realloc(token->link[1].body, length + 8);

    assert_non_null(body);
    memmove(body + 8 * at + 8, body + 8 * at, length - 8 * at);
    memset(body + 8 * at, 0, 8);
    token->link[1].body = body;
    token->link[1].length = length + 8;
    return body;
}

static inline uint64_t word_at(const uint8_t *body, uint32_t word)
{
    uint64_t value;
    memcpy(&value, body + 8 * word, 8);
    return value;
}
static inline void set_word(uint8_t *body, uint32_t word, uint64_t value)
{
    memcpy(body + 8 * word, &value, 8);
}
static inline uint32_t data_words(const uint8_t *body)
{
    return (uint32_t)(word_at(body, 0) >> 32 & 0xffff);
}
static inline uint32_t pointer_words(const uint8_t *body)
{
    return (uint32_t)(word_at(body, 0) >> 48);
}
/* All objects have moved away from their pointers by one word. */
static inline void pointers_reach_further(uint8_t *body, uint32_t pointers)
{
    for (uint32_t i = 0; i < pointers; i++) {
        uint32_t word = 1 + data_words(body) + i;
        uint64_t pointer = word_at(body, word);
        if (pointer)
            set_word(body, word, pointer + 4);
    }
}

/* What the encoding cut off, and then a word that no field of ours is in. */
static inline void add_data(struct token *token)
{
    while (data_words(token->link[1].body) <= PSP_LINK_DATA_WORDS) {
        uint32_t end = 1 + data_words(token->link[1].body);
        uint8_t *body = widen(token, end);
        set_word(body, 0, word_at(body, 0) + ((uint64_t)1 << 32));
    }
    set_word(token->link[1].body, 1 + PSP_LINK_DATA_WORDS, 1);
    sign_leaf(token);
}
static inline void a_newer_data_field(struct draft *d)
{
    d->spoil = add_data;
}
static inline void add_pointer(struct token *token)
{
    uint32_t pointers;
    while ((pointers = pointer_words(token->link[1].body)) <= PSP_LINK_PTRS) {
        uint32_t end = 1 + data_words(token->link[1].body) + pointers;
        uint8_t *body = widen(token, end);
        pointers_reach_further(body, pointers);
        set_word(body, 0, word_at(body, 0) + ((uint64_t)1 << 48));
    }
    uint8_t *body = token->link[1].body;
    set_word(body, data_words(body) + pointers, 0xfffffffc); /* an empty struct */
    sign_leaf(token);
}
static inline void a_newer_pointer_field(struct draft *d)
{
    d->spoil = add_pointer;
}
static inline void add_hole(struct token *token)
{
    uint32_t pointers = pointer_words(token->link[1].body);
    uint8_t *body = widen(token, 1 + data_words(token->link[1].body) + pointers);

    pointers_reach_further(body, pointers);
    sign_leaf(token);
}
static inline void a_hole_between_objects(struct draft *d)
{
    d->spoil = add_hole;
}
static inline void fill_padding(struct token *token)
{
    uint8_t *at = memmem(token->link[1].body, token->link[1].length, "operator-7", 10);

    assert_non_null(at);
    at[11] = 1;
    sign_leaf(token);
}
static inline void padding_that_says_something(struct draft *d)
{
    d->spoil = fill_padding;
}
static inline void point_afar(struct token *token)
{
    uint8_t *body = widen(token, 0);

    set_word(body, 0, 2 | 1u << 3); /* to word 1 of segment 0: the root as it was */
    sign_leaf(token);
}
static inline void a_root_by_far_pointer(struct draft *d)
{
    d->spoil = point_afar;
}
static inline void sign_as_proof(struct token *token)
{
    uint8_t message[PURPOSE_BYTES + HASH_BYTES];

    purpose_write("PointSav PSP proof v1", message);
    link_id(token->link[1].body, token->link[1].length, message + PURPOSE_BYTES);
    sign(&aggregator, message, sizeof message, token->link[1].signature);
}
static inline void signed_for_another_purpose(struct draft *d)
{
    d->spoil = sign_as_proof;
}

/* --- the table */

struct token_case {
    const char *name;
    void (*edit)(struct draft *);
    enum psp_error code;
    bool is_judged_only; /* a matter of policies or instants that no archive has */
};

static const struct token_case token_cases[] = {
#define CASE(edit, code)                                                               \
    {                                                                                  \
#edit, edit, code, false                                                       \
    }
#define JUDGED(edit, code)                                                             \
    {                                                                                  \
#edit, edit, code, true                                                        \
    }
    CASE(nothing, PSP_OK),
    CASE(signature_forged, PSP_SIGNATURE),
    CASE(body_flipped, PSP_SIGNATURE),
    CASE(wrong_root_signer, PSP_SIGNATURE),
    CASE(wrong_leaf_signer, PSP_SIGNATURE),
    CASE(scalar_beyond_the_order, PSP_SIGNATURE),
    CASE(wrong_audience, PSP_AUDIENCE),
    CASE(wrong_audience_of_root, PSP_AUDIENCE),
    CASE(wrong_holder, PSP_HOLDER),
    JUDGED(no_tls_peer, PSP_HOLDER),
    CASE(barely_begun, PSP_OK),
    CASE(not_begun, PSP_NOTYET),
    JUDGED(barely_running, PSP_OK),
    CASE(ended, PSP_EXPIRED),
    CASE(pairing_ended, PSP_EXPIRED),
    CASE(epoch_that_is_over, PSP_REVOKED),
    CASE(epoch_to_come, PSP_REVOKED),
    JUDGED(old_epoch_of_the_pairing, PSP_REVOKED),
    JUDGED(same_epoch_of_the_pairing, PSP_OK),
    CASE(epoch_in_a_later_link, PSP_MALFORMED),
    CASE(depth_not_decreasing, PSP_DENIED),
    CASE(depth_used_up, PSP_DENIED),
    CASE(window_too_long, PSP_LIMIT),
    CASE(window_just_right, PSP_OK),
    JUDGED(window_too_long_for_a_command, PSP_LIMIT),
    CASE(widest_window, PSP_LIMIT),
    CASE(empty_window, PSP_MALFORMED),
    JUDGED(no_delegate, PSP_MALFORMED), /* an archive knows no pairing of nobody */
    CASE(delegate_at_the_end, PSP_MALFORMED),
    CASE(pairing_alone, PSP_MALFORMED),
    CASE(no_subject, PSP_MALFORMED),
    CASE(small_order_delegate_0, PSP_MALFORMED),
    CASE(small_order_delegate_1, PSP_MALFORMED),
    CASE(small_order_delegate_2, PSP_MALFORMED),
    CASE(small_order_delegate_3, PSP_MALFORMED),
    CASE(small_order_delegate_4, PSP_MALFORMED),
    CASE(small_order_delegate_5, PSP_MALFORMED),
    CASE(small_order_delegate_6, PSP_MALFORMED),
    CASE(small_order_delegate_7, PSP_MALFORMED),
    CASE(small_order_delegate_8, PSP_MALFORMED),
    CASE(small_order_delegate_9, PSP_MALFORMED),
    CASE(small_order_delegate_10, PSP_MALFORMED),
    CASE(wrong_parent, PSP_MALFORMED),
    CASE(names_unsorted, PSP_MALFORMED),
    CASE(names_not_unique, PSP_MALFORMED),
    CASE(name_with_a_space, PSP_MALFORMED),
    CASE(row_key_with_a_c1_control, PSP_MALFORMED),
    CASE(row_key_with_a_surrogate, PSP_MALFORMED),
    CASE(row_key_in_utf8, PSP_OK),
    CASE(label_with_a_newline, PSP_MALFORMED),
    CASE(verb_with_a_slash, PSP_MALFORMED),
    CASE(newer_format, PSP_MALFORMED),
    CASE(body_truncated, PSP_MALFORMED),
    CASE(body_not_of_whole_words, PSP_MALFORMED),
    CASE(body_empty, PSP_MALFORMED),
    CASE(body_with_a_trailing_word, PSP_MALFORMED),
    CASE(body_of_a_null_root, PSP_MALFORMED),
    JUDGED(leaf_denied, PSP_REVOKED),
    JUDGED(root_denied, PSP_REVOKED),
    JUDGED(no_right_needed, PSP_DENIED),
    CASE(right_there, PSP_OK),
    CASE(chain_of_four, PSP_OK),
    CASE(chain_forged_in_the_middle, PSP_SIGNATURE),
    CASE(chain_forged_at_the_end, PSP_SIGNATURE),
    CASE(chain_out_of_order, PSP_SIGNATURE),
    CASE(chain_without_a_link, PSP_SIGNATURE),
    CASE(chain_without_a_restriction, PSP_SIGNATURE),
    CASE(chain_without_a_leaf, PSP_MALFORMED),
    CASE(chain_for_another_in_the_middle, PSP_AUDIENCE),
    CASE(chain_ended_in_the_middle, PSP_EXPIRED),
    CASE(chain_not_begun_in_the_middle, PSP_NOTYET),
    CASE(chain_without_a_delegate, PSP_MALFORMED),
    CASE(chain_deeper_than_allowed, PSP_DENIED),
    CASE(chain_with_an_epoch_of_its_own, PSP_MALFORMED),
    CASE(chain_without_rights_in_common, PSP_DENIED),
    CASE(leaf_of_another_pairing, PSP_MALFORMED),
    CASE(a_newer_data_field, PSP_MALFORMED),
    CASE(a_newer_pointer_field, PSP_MALFORMED),
    CASE(a_hole_between_objects, PSP_MALFORMED),
    CASE(padding_that_says_something, PSP_MALFORMED),
    CASE(a_root_by_far_pointer, PSP_MALFORMED),
    CASE(signed_for_another_purpose, PSP_SIGNATURE),
#undef JUDGED
#undef CASE
};
enum { TOKEN_CASES = sizeof token_cases / sizeof *token_cases };

#endif
