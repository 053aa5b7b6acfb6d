#include "tests/support/cmocka_all.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/layout.h"
#include "proto/token.h"
#include "tests/support/fixture.h"
#include "tests/support/hex.h"

/* The keys of the recorded tokens: the seed is the SHA-256 of a text. */
static struct key_pair authority, aggregator, operator_key, tls_client, stranger;
static uint8_t holder[HASH_BYTES];

static void key_of_text(struct key_pair *pair, const char *text)
{
    uint8_t seed[HASH_BYTES];

    sha256(text, strlen(text), seed);
    key_pair_from_seed(pair, seed);
}

static int make_keys(void **state)
{
    (void)state;
    key_of_text(&authority, "psp test authority");
    key_of_text(&aggregator, "psp test aggregator");
    key_of_text(&operator_key, "psp test operator");
    key_of_text(&tls_client, "psp test tls client");
    key_of_text(&stranger, "a stranger");
    holder_of_key(tls_client.public_key, holder);
    return 0;
}

enum { MINUTE_MS = 60000 };
static const int64_t start_ms = 1760000000000;

static struct token_policy usual_policy(void)
{
    return (struct token_policy){.authority = authority.public_key,
                                 .epoch = 1,
                                 .clock_ms = start_ms + MINUTE_MS / 2,
                                 .tls_peer = holder};
}

#define ALL                                                                            \
    {                                                                                  \
        .kind = SET_ALL                                                                \
    }
#define NAMES(array)                                                                   \
    {                                                                                  \
        .kind = SET_NAMES, .names = (array), .count = sizeof(array) / sizeof *(array)  \
    }

static const struct text position[] = {{"position", 8}};
static const struct text ledger[] = {{"ledger", 6}};
static const struct text account[] = {{"1000", 4}};
static const struct text balance[] = {{"balance", 7}};
static const struct text ping_set[] = {{"ping", 4}, {"set", 3}};
static const struct text two_rows[] = {{"P-0001", 6}, {"P-0003", 6}};
static const struct text three_columns[] = {{"name", 4}, {"noi", 3}, {"occupancy", 9}};
static const struct text two_columns[] = {{"name", 4}, {"units", 5}};

static const struct scope pairing_scopes[] = {
    {.views = NAMES(position), .rows = ALL, .columns = ALL},
    {.views = NAMES(ledger), .rows = NAMES(account), .columns = NAMES(balance)},
};
static const struct scope leaf_scopes[] = {{.views = NAMES(position),
                                            .rows = NAMES(two_rows),
                                            .columns = NAMES(three_columns)}};
static const struct scope op_scopes[] = {
    {.views = NAMES(position),
     .rows = {.kind = SET_PREFIX, .prefix = {"P-", 2}},
     .columns = ALL}};
static const struct scope opleaf_scopes[] = {
    {.views = NAMES(position), .rows = ALL, .columns = NAMES(two_columns)}};
static const struct scope wide_scopes[] = {{.views = ALL, .rows = ALL, .columns = ALL}};

static struct link link_base(uint8_t first_nonce, uint8_t depth, uint32_t rights,
                             int64_t length_ms)
{
    struct link link = {.depth = depth,
                        .rights = rights,
                        .not_before_ms = start_ms,
                        .not_after_ms = start_ms + length_ms};

    memcpy(link.totebox, authority.public_key, KEY_BYTES);
    for (uint8_t i = 0; i < NONCE_BYTES; i++)
        link.nonce[i] = (uint8_t)(first_nonce + i);
    return link;
}

static void for_delegate(struct link *link, const struct key_pair *pair)
{
    link->subject = SUBJECT_DELEGATE;
    memcpy(link->subject_bytes, pair->public_key, KEY_BYTES);
}

static void for_holder(struct link *link, const uint8_t name[HASH_BYTES])
{
    link->subject = SUBJECT_HOLDER;
    memcpy(link->subject_bytes, name, HASH_BYTES);
}

static void set_scopes(struct link *link, const struct scope *scopes, uint32_t count)
{
    link->scopes = scopes;
    link->scope_count = count;
}

static struct link pairing_link(void)
{
    struct link link = link_base(0x00, 2, 0x3f, 0);

    link.not_before_ms = 1759913600000;
    link.not_after_ms = 1767776000000;
    link.epoch = 1;
    for_delegate(&link, &aggregator);
    set_scopes(&link, pairing_scopes, 2);
    link.verbs = (struct set)NAMES(ping_set);
    link.max_rows = 500;
    link.label = TEXT("pairing");
    return link;
}

static struct link leaf_link(void)
{
    struct link link = link_base(0x10, 0, 0x1f, 5 * MINUTE_MS);

    for_holder(&link, holder);
    set_scopes(&link, leaf_scopes, 1);
    link.max_rows = 100;
    link.label = TEXT("operator-7");
    return link;
}

static struct link wide_link(void)
{
    struct link link = link_base(0x20, 0, 0x1f, 5 * MINUTE_MS);

    for_holder(&link, holder);
    set_scopes(&link, wide_scopes, 1);
    link.max_rows = 100;
    return link;
}

static struct link command_link(void)
{
    struct link link = link_base(0x30, 0, 0x20, 5 * MINUTE_MS);

    for_holder(&link, holder);
    link.verbs = (struct set)NAMES(ping_set);
    return link;
}

static struct link op_link(void)
{
    struct link link = link_base(0x40, 1, 0x0c, 60 * MINUTE_MS);

    for_delegate(&link, &operator_key);
    set_scopes(&link, op_scopes, 1);
    link.max_rows = 50;
    link.label = TEXT("op");
    return link;
}

static struct link opleaf_link(void)
{
    struct link link = link_base(0x50, 0, 0x0c, MINUTE_MS);

    for_holder(&link, holder);
    set_scopes(&link, opleaf_scopes, 1);
    link.max_rows = 50;
    return link;
}

static void append(struct token *token, struct link link, const struct key_pair *signer)
{
    assert_int_equal(token_append(token, &link, signer), PSP_OK);
}

/* --- against the reference implementation */

static struct token load_token(const char *name)
{
    char path[256];
    struct token token = {0};

    snprintf(path, sizeof path, "tests/golden/psp/tokens/%s.tok", name);
    struct buffer file = fixture_load(path);
    assert_int_equal(token_read(buffer_bytes(&file), buffer_length(&file), &token),
                     PSP_OK);
    buffer_release(&file);
    return token;
}

static void assert_is_golden(const struct token *token, const char *name)
{
    struct token golden = load_token(name);

    assert_int_equal(token->count, golden.count);
    for (uint32_t i = 0; i < golden.count; i++) {
        assert_int_equal(token->link[i].length, golden.link[i].length);
        assert_memory_equal(token->link[i].body, golden.link[i].body,
                            golden.link[i].length);
        assert_memory_equal(token->link[i].signature, golden.link[i].signature,
                            SIGNATURE_BYTES);
    }
    token_release(&golden);
}

static void token_append__writes_what_the_reference_writes(void **state)
{
    (void)state;
    struct token pairing = {0};
    append(&pairing, pairing_link(), &authority);
    assert_is_golden(&pairing, "pairing");

    struct {
        const char *name;
        struct link link;
    } second[] = {{"leaf", leaf_link()},
                  {"wide", wide_link()},
                  {"cmd", command_link()},
                  {"opgrant", op_link()}};
    for (unsigned i = 0; i < sizeof second / sizeof *second; i++) {
        struct token token;
        assert_int_equal(token_copy(&token, &pairing), PSP_OK);
        append(&token, second[i].link, &aggregator);
        assert_is_golden(&token, second[i].name);
        if (i == 3) {
            append(&token, opleaf_link(), &operator_key);
            assert_is_golden(&token, "opleaf");
        }
        token_release(&token);
    }
    token_release(&pairing);
}

/* "ok ..." or "refused code: why", as verdicts.txt has it. */
static void judge(const char *name, char verdict[256])
{
    struct token token = load_token(name);
    struct token_policy policy = usual_policy();
    struct authority *granted = NULL;
    const char *why = NULL;
    enum psp_error error = token_verify(&token, &policy, &granted, &why);

    if (error != PSP_OK) {
        assert_non_null(psp_error_wire(error));
        snprintf(verdict, 256, "refused %s: %s", psp_error_wire(error), why);
    } else {
        struct text label = authority_label(granted);
        snprintf(verdict, 256,
                 "ok rights=0x%" PRIx32 " window=%" PRId64 "..%" PRId64
                 " maxRows=%" PRIu32 " label=%.*s",
                 authority_rights(granted), authority_not_before_ms(granted),
                 authority_not_after_ms(granted), authority_max_rows(granted),
                 (int)label.length, label.bytes);
        authority_free(granted);
    }
    token_release(&token);
}

static void token_verify__judges_as_the_reference_does(void **state)
{
    struct buffer file = fixture_load("tests/golden/psp/tokens/verdicts.txt");
    unsigned count = 0;
    char *rest, *line;

    (void)state;
    assert_true(buffer_append(&file, "", 1));
    for (line = strtok_r((char *)buffer_bytes(&file), "\n", &rest); line;
         line = strtok_r(NULL, "\n", &rest)) {
        char verdict[256];
        char *expected = strstr(line, ".tok: ");
        assert_non_null(expected);
        *expected = '\0';
        expected += strlen(".tok: ");
        judge(line, verdict);
        if (strcmp(verdict, expected) != 0)
            fail_msg("%s: %s, not %s", line, verdict, expected);
        count++;
    }
    assert_int_equal(count, 21);
    buffer_release(&file);
}

static void token_verify__names_links_as_the_reference_does(void **state)
{
    static const char *const names[] = {
        "1da3772df6ce92557dfd3807f4fa4b01ac3d432102af56d432072f90163074b9",
        "7258f848f9e1d1265fd77b98c21b20b381051a7d7d0a69da5a199607d7b6cf9d",
        "0be0548380a88f6201cc7ecd962ca0146a3f0f1a70d3defe8c68cc7ada0547c5"};
    struct token token = load_token("opleaf");
    struct token_policy policy = usual_policy();
    struct authority *granted;
    const char *why;

    (void)state;
    assert_int_equal(token_verify(&token, &policy, &granted, &why), PSP_OK);
    assert_int_equal(authority_link_count(granted), 3);
    for (uint32_t i = 0; i < 3; i++) {
        uint8_t expected[HASH_BYTES];
        hex_read(names[i], expected, sizeof expected);
        assert_memory_equal(authority_link_id(granted, i), expected, HASH_BYTES);
    }
    assert_ptr_equal(authority_leaf_id(granted), authority_link_id(granted, 2));
    assert_memory_equal(authority_pairing_key(granted), aggregator.public_key,
                        KEY_BYTES);
    assert_int_equal(authority_min_group(granted), 0);
    authority_free(granted);
    token_release(&token);
}

/* --- refusals, one defect each */

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

static struct draft usual_draft(void)
{
    return (struct draft){.link = {pairing_link(), leaf_link()},
                          .signer = {&authority, &aggregator},
                          .count = 2,
                          .policy = usual_policy()};
}

static void sign_again(struct token *token, uint32_t index,
                       const struct key_pair *signer)
{
    uint8_t id[HASH_BYTES];

    link_id(token->link[index].body, token->link[index].length, id);
    link_sign(signer, id, token->link[index].signature);
}

static struct token token_of_draft(struct draft *draft)
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

static void replace(uint8_t *body, uint32_t length, const char *from, const char *to)
{
    uint8_t *at = memmem(body, length, from, strlen(from));

    assert_non_null(at);
    assert_int_equal(strlen(from), strlen(to));
    memcpy(at, to, strlen(to));
}

static uint8_t *field(uint8_t *body, unsigned offset)
{
    return body + 8 + offset;
}

static void nothing(struct draft *d)
{
    (void)d;
}

static void spoil_signature(struct token *token)
{
    token->link[1].signature[7] ^= 1;
}
static void signature_forged(struct draft *d)
{
    d->spoil = spoil_signature;
}

static void spoil_body(struct token *token)
{
    token->link[1].body[8 + PSP_LINK_RIGHTS_OFF] ^= 0x20;
}
static void body_flipped(struct draft *d)
{
    d->spoil = spoil_body;
}

static void wrong_root_signer(struct draft *d)
{
    d->signer[0] = &stranger;
}
static void wrong_leaf_signer(struct draft *d)
{
    d->signer[1] = &authority;
}

static void add_order(struct token *token)
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
static void scalar_beyond_the_order(struct draft *d)
{
    d->spoil = add_order;
}

static void wrong_audience(struct draft *d)
{
    memcpy(d->link[1].totebox, stranger.public_key, KEY_BYTES);
}
static void wrong_audience_of_root(struct draft *d)
{
    memcpy(d->link[0].totebox, stranger.public_key, KEY_BYTES);
    memcpy(d->link[1].totebox, stranger.public_key, KEY_BYTES);
}

static void wrong_holder(struct draft *d)
{
    holder_of_key(stranger.public_key, d->link[1].subject_bytes);
}
static void no_tls_peer(struct draft *d)
{
    d->policy.tls_peer = NULL;
}

static void barely_begun(struct draft *d)
{
    d->policy.clock_ms = start_ms - TOKEN_SKEW_MS;
}
static void not_begun(struct draft *d)
{
    d->policy.clock_ms = start_ms - TOKEN_SKEW_MS - 1;
}
static void barely_running(struct draft *d)
{
    d->policy.clock_ms = start_ms + 5 * MINUTE_MS - 1;
}
static void ended(struct draft *d)
{
    d->policy.clock_ms = start_ms + 5 * MINUTE_MS;
}
static void pairing_ended(struct draft *d)
{
    d->link[0].not_after_ms = start_ms + 1;
}

static void old_epoch(struct draft *d)
{
    d->policy.epoch = 2;
}
static uint64_t epoch_of_pairing(void *user, const uint8_t delegate[KEY_BYTES])
{
    assert_memory_equal(delegate, aggregator.public_key, KEY_BYTES);
    return *(const uint64_t *)user;
}
static void old_epoch_of_the_pairing(struct draft *d)
{
    static uint64_t current = 7;
    d->policy.epoch_of = epoch_of_pairing;
    d->policy.user = &current;
}
static void same_epoch_of_the_pairing(struct draft *d)
{
    static uint64_t current = 1;
    d->policy.epoch = 9;
    d->policy.epoch_of = epoch_of_pairing;
    d->policy.user = &current;
}
static void epoch_in_a_later_link(struct draft *d)
{
    d->link[1].epoch = 1;
}

static void depth_not_decreasing(struct draft *d)
{
    d->link[1].depth = 2;
}
static void depth_used_up(struct draft *d)
{
    d->link[0].depth = 0;
}

static void window_too_long(struct draft *d)
{
    d->link[1].not_after_ms = start_ms + TOKEN_WINDOW_MAX_MS + 1;
}
static void window_just_right(struct draft *d)
{
    d->link[1].not_after_ms = start_ms + TOKEN_WINDOW_MAX_MS;
}
static void window_too_long_for_a_command(struct draft *d)
{
    d->policy.window_max_ms = MINUTE_MS;
}
static void patch_widest_window(uint8_t *body, uint32_t length)
{
    (void)length;
    memset(field(body, PSP_LINK_NOT_BEFORE_OFF), 0, 8);
    field(body, PSP_LINK_NOT_BEFORE_OFF)[7] = 0x80;
    memset(field(body, PSP_LINK_NOT_AFTER_OFF), 0xff, 7);
    field(body, PSP_LINK_NOT_AFTER_OFF)[7] = 0x7f;
}
static void widest_window(struct draft *d)
{
    d->patch = patch_widest_window;
    d->patched = 1;
}
static void patch_empty_window(uint8_t *body, uint32_t length)
{
    (void)length;
    memcpy(field(body, PSP_LINK_NOT_AFTER_OFF), field(body, PSP_LINK_NOT_BEFORE_OFF),
           8);
}
static void empty_window(struct draft *d)
{
    d->patch = patch_empty_window;
    d->patched = 1;
}

static void no_delegate(struct draft *d)
{
    for_holder(&d->link[0], holder);
    d->signer[1] = &authority;
}
static void delegate_at_the_end(struct draft *d)
{
    for_delegate(&d->link[1], &stranger);
}
static void pairing_alone(struct draft *d)
{
    d->count = 1;
}
static void patch_no_subject(uint8_t *body, uint32_t length)
{
    (void)length;
    field(body, PSP_LINK_SUBJECT_TAG_OFF)[0] = 0;
}
static void no_subject(struct draft *d)
{
    d->patch = patch_no_subject;
    d->patched = 1;
}

/* The identity point, under which anything would verify. */
static void patch_small_order(uint8_t *body, uint32_t length)
{
    uint8_t *at = memmem(body, length, aggregator.public_key, KEY_BYTES);

    assert_non_null(at);
    memset(at, 0, KEY_BYTES);
    at[0] = 1;
}
static void small_order_delegate(struct draft *d)
{
    d->patch = patch_small_order;
    d->patched = 0;
}

static void patch_parent(uint8_t *body, uint32_t length)
{
    /* Root pointer, five data words, seven or more pointers; the audience comes first,
     * the parent is the second object. */
    (void)length;
    body[8 + 5 * 8 + 8 * 8 + KEY_BYTES] ^= 1;
}
static void wrong_parent(struct draft *d)
{
    d->patch = patch_parent;
    d->patched = 1;
}

static void patch_order(uint8_t *body, uint32_t length)
{
    replace(body, length, "P-0001", "P-0004");
}
static void names_unsorted(struct draft *d)
{
    d->patch = patch_order;
    d->patched = 1;
}
static void patch_duplicate(uint8_t *body, uint32_t length)
{
    replace(body, length, "P-0001", "P-0003");
}
static void names_not_unique(struct draft *d)
{
    d->patch = patch_duplicate;
    d->patched = 1;
}
static void patch_name(uint8_t *body, uint32_t length)
{
    replace(body, length, "noi", "n i");
}
static void name_with_a_space(struct draft *d)
{
    d->patch = patch_name;
    d->patched = 1;
}
static void patch_key(uint8_t *body, uint32_t length)
{
    replace(body, length, "P-0003",
            "P-\xc2\x9b"
            "31");
}
static void row_key_with_a_c1_control(struct draft *d)
{
    d->patch = patch_key;
    d->patched = 1;
}
static void patch_key_utf8(uint8_t *body, uint32_t length)
{
    replace(body, length, "P-0003",
            "P-\xed\xa0\x80"
            "3");
}
static void row_key_with_a_surrogate(struct draft *d)
{
    d->patch = patch_key_utf8;
    d->patched = 1;
}
static void patch_good_key(uint8_t *body, uint32_t length)
{
    replace(body, length, "P-0003",
            "P-\xc3\xa9"
            "|3");
}
static void row_key_in_utf8(struct draft *d)
{
    d->patch = patch_good_key;
    d->patched = 1;
}
static void patch_label(uint8_t *body, uint32_t length)
{
    replace(body, length, "operator-7", "operator\n7");
}
static void label_with_a_newline(struct draft *d)
{
    d->patch = patch_label;
    d->patched = 1;
}
static void patch_verb(uint8_t *body, uint32_t length)
{
    replace(body, length, "ping", "p/ng");
}
static void verb_with_a_slash(struct draft *d)
{
    d->patch = patch_verb;
    d->patched = 0;
}
static void patch_format(uint8_t *body, uint32_t length)
{
    (void)length;
    field(body, PSP_LINK_FORMAT_OFF)[0] = 2;
}
static void newer_format(struct draft *d)
{
    d->patch = patch_format;
    d->patched = 1;
}

static void truncate_body(struct token *token)
{
    token->link[1].length -= 8;
    sign_again(token, 1, &aggregator);
}
static void body_truncated(struct draft *d)
{
    d->spoil = truncate_body;
}
static void truncate_bytes(struct token *token)
{
    token->link[1].length -= 1;
    sign_again(token, 1, &aggregator);
}
static void body_not_of_whole_words(struct draft *d)
{
    d->spoil = truncate_bytes;
}
static void empty_body(struct token *token)
{
    token->link[1].length = 0;
}
static void body_empty(struct draft *d)
{
    d->spoil = empty_body;
}
static void extend_body(struct token *token)
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
static void body_with_a_trailing_word(struct draft *d)
{
    d->spoil = extend_body;
}

/* A message whose root is null. */
static void null_body(struct token *token)
{
    memset(token->link[1].body, 0, 8);
    token->link[1].length = 8;
    sign_again(token, 1, &aggregator);
}
static void body_of_a_null_root(struct draft *d)
{
    d->spoil = null_body;
}

static bool is_denied(void *user, const uint8_t id[HASH_BYTES])
{
    return memcmp(user, id, HASH_BYTES) == 0;
}
static uint8_t denied_id[HASH_BYTES];
static void deny_leaf(struct token *token)
{
    link_id(token->link[1].body, token->link[1].length, denied_id);
}
static void deny_root(struct token *token)
{
    link_id(token->link[0].body, token->link[0].length, denied_id);
}
static void leaf_denied(struct draft *d)
{
    d->policy.denied = is_denied;
    d->policy.user = denied_id;
    d->spoil = deny_leaf;
}
static void root_denied(struct draft *d)
{
    leaf_denied(d);
    d->spoil = deny_root;
}

static void no_right_needed(struct draft *d)
{
    d->policy.need_right = RIGHT_COMMAND;
}
static void right_there(struct draft *d)
{
    d->policy.need_right = RIGHT_READ_ROWS | RIGHT_HEALTH;
}

static void token_verify__refuses_each_defect_by_its_code(void **state)
{
    static const struct {
        const char *name;
        void (*edit)(struct draft *);
        enum psp_error code;
    } cases[] = {
#define CASE(edit, code) {#edit, edit, code}
        CASE(nothing, PSP_OK),
        CASE(signature_forged, PSP_SIGNATURE),
        CASE(body_flipped, PSP_SIGNATURE),
        CASE(wrong_root_signer, PSP_SIGNATURE),
        CASE(wrong_leaf_signer, PSP_SIGNATURE),
        CASE(scalar_beyond_the_order, PSP_SIGNATURE),
        CASE(wrong_audience, PSP_AUDIENCE),
        CASE(wrong_audience_of_root, PSP_AUDIENCE),
        CASE(wrong_holder, PSP_HOLDER),
        CASE(no_tls_peer, PSP_HOLDER),
        CASE(barely_begun, PSP_OK),
        CASE(not_begun, PSP_NOTYET),
        CASE(barely_running, PSP_OK),
        CASE(ended, PSP_EXPIRED),
        CASE(pairing_ended, PSP_EXPIRED),
        CASE(old_epoch, PSP_REVOKED),
        CASE(old_epoch_of_the_pairing, PSP_REVOKED),
        CASE(same_epoch_of_the_pairing, PSP_OK),
        CASE(epoch_in_a_later_link, PSP_MALFORMED),
        CASE(depth_not_decreasing, PSP_DENIED),
        CASE(depth_used_up, PSP_DENIED),
        CASE(window_too_long, PSP_LIMIT),
        CASE(window_just_right, PSP_OK),
        CASE(window_too_long_for_a_command, PSP_LIMIT),
        CASE(widest_window, PSP_LIMIT),
        CASE(empty_window, PSP_MALFORMED),
        CASE(no_delegate, PSP_MALFORMED),
        CASE(delegate_at_the_end, PSP_MALFORMED),
        CASE(pairing_alone, PSP_MALFORMED),
        CASE(no_subject, PSP_MALFORMED),
        CASE(small_order_delegate, PSP_MALFORMED),
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
        CASE(leaf_denied, PSP_REVOKED),
        CASE(root_denied, PSP_REVOKED),
        CASE(no_right_needed, PSP_DENIED),
        CASE(right_there, PSP_OK),
#undef CASE
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct draft draft = usual_draft();
        cases[i].edit(&draft);
        struct token token = token_of_draft(&draft);
        struct authority *granted = NULL;
        const char *why = NULL;
        enum psp_error error = token_verify(&token, &draft.policy, &granted, &why);
        if (error != cases[i].code)
            fail_msg("%s: %s (%s)", cases[i].name, psp_error_words(error),
                     why ? why : "");
        if (error != PSP_OK)
            assert_non_null(why);
        authority_free(granted);
        token_release(&token);
    }
}

static void link_encode__refuses_fields_that_break_a_rule(void **state)
{
    static const struct text unsorted[] = {{"b", 1}, {"a", 1}};
    static const struct text twice[] = {{"a", 1}, {"a", 1}};
    static const struct text spaced[] = {{"a b", 3}};
    static const struct text empty[] = {{"", 0}};
    static char long_name[LABEL_BYTES_MAX + 1];
    static const struct text too_long[] = {{long_name, sizeof long_name}};
    static const struct text controls[] = {{"a\x1b[2J", 5}};
    struct set names[] = {NAMES(unsorted), NAMES(twice),    NAMES(spaced),
                          NAMES(empty),    NAMES(too_long), {.kind = SET_NAMES}};
    struct buffer out;

    (void)state;
    memset(long_name, 'x', sizeof long_name);
    buffer_init(&out);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct scope scope = {.views = names[i], .rows = ALL, .columns = ALL};
        struct link link = leaf_link();
        set_scopes(&link, &scope, 1);
        assert_int_equal(link_encode(&link, &out), PSP_MALFORMED);
        link = leaf_link();
        link.verbs = names[i];
        assert_int_equal(link_encode(&link, &out), PSP_MALFORMED);
    }
    struct set rows[] = {NAMES(unsorted),
                         NAMES(controls),
                         {.kind = SET_PREFIX, .prefix = {"", 0}},
                         {.kind = SET_PREFIX, .prefix = {"\xff", 1}}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct scope scope = {.views = ALL, .rows = rows[i], .columns = ALL};
        struct link link = leaf_link();
        set_scopes(&link, &scope, 1);
        assert_int_equal(link_encode(&link, &out), PSP_MALFORMED);
    }
    struct link link = leaf_link();
    link.label = (struct text){long_name, sizeof long_name};
    assert_int_equal(link_encode(&link, &out), PSP_MALFORMED);
    link = leaf_link();
    link.subject = SUBJECT_NONE;
    assert_int_equal(link_encode(&link, &out), PSP_MALFORMED);
    link = leaf_link();
    link.not_after_ms = link.not_before_ms;
    assert_int_equal(link_encode(&link, &out), PSP_MALFORMED);
    link = leaf_link();
    link.subject = SUBJECT_DELEGATE;
    memset(link.subject_bytes, 0, KEY_BYTES);
    assert_int_equal(link_encode(&link, &out), PSP_MALFORMED);
    assert_int_equal(buffer_length(&out), 0);
    buffer_release(&out);
}

static void link_encode__limits_the_body(void **state)
{
    static char digits[SET_NAMES_MAX + 1][4];
    static struct text many[SET_NAMES_MAX + 1];
    struct scope scope = {.views = ALL, .columns = ALL};
    struct link link = leaf_link();
    struct buffer out;

    (void)state;
    for (unsigned i = 0; i <= SET_NAMES_MAX; i++) {
        snprintf(digits[i], sizeof digits[i], "%03u", i);
        many[i] = (struct text){digits[i], 3};
    }
    buffer_init(&out);
    set_scopes(&link, &scope, 1);
    scope.rows = (struct set){.kind = SET_NAMES, .names = many, .count = 220};
    assert_int_equal(link_encode(&link, &out), PSP_OK);
    assert_true(buffer_length(&out) <= LINK_BYTES_MAX);
    struct link_arena arena;
    struct link back;
    assert_int_equal(
        link_decode(buffer_bytes(&out), buffer_length(&out), &arena, &back), PSP_OK);
    assert_int_equal(back.scopes[0].rows.count, 220);
    buffer_truncate(&out, 0);
    scope.rows.count = SET_NAMES_MAX;
    assert_int_equal(link_encode(&link, &out), PSP_LIMIT);
    scope.rows.count = SET_NAMES_MAX + 1;
    assert_int_equal(link_encode(&link, &out), PSP_MALFORMED);
    assert_int_equal(buffer_length(&out), 0);
    buffer_release(&out);
}

/* Five links can only come over the wire. */
static void token_read__refuses_a_fifth_link(void **state)
{
    struct token token = load_token("leaf"), again = {0};
    struct buffer out;

    (void)state;
    buffer_init(&out);
    for (uint32_t links = 4; links <= 5; links++) {
        struct builder builder;
        struct struct_builder root =
            builder_open(&builder, &out, PSP_TOKEN_DATA_WORDS, PSP_TOKEN_PTRS);
        struct list_builder list =
            builder_structs(root, PSP_TOKEN_LINKS_PTR, links, 0, PSP_SIGNED_LINK_PTRS);
        for (uint32_t i = 0; i < links; i++)
            builder_data(list_builder_struct(list, i), PSP_SIGNED_LINK_BODY_PTR,
                         token.link[0].body, token.link[0].length);
        assert_int_equal(builder_close(&builder, NULL), PSP_OK);
        assert_int_equal(token_read(buffer_bytes(&out), buffer_length(&out), &again),
                         links == 4 ? PSP_OK : PSP_LIMIT);
        buffer_truncate(&out, 0);
    }
    struct link fifth = leaf_link();
    assert_int_equal(again.count, 4);
    assert_int_equal(token_append(&again, &fifth, &authority), PSP_LIMIT);
    assert_int_equal(again.count, 4);
    token_release(&again);
    token_release(&token);
    buffer_release(&out);
}

static void token_write__and_token_read_are_inverse(void **state)
{
    struct token token = load_token("opleaf"), again = {0};
    struct buffer out;

    (void)state;
    buffer_init(&out);
    assert_int_equal(token_write(&token, &out), PSP_OK);
    assert_int_equal(token_read(buffer_bytes(&out), buffer_length(&out), &again),
                     PSP_OK);
    assert_is_golden(&again, "opleaf");
    token_release(&again);
    /* Cut anywhere, it is none. */
    for (size_t length = 0; length < buffer_length(&out); length++)
        assert_int_not_equal(token_read(buffer_bytes(&out), length, &again), PSP_OK);
    token_release(&token);
    buffer_release(&out);
}

static void link_decode__takes_only_canonical_bodies(void **state)
{
    static const char *const bad[] = {"bad-far-pointer",     "bad-hole",
                                      "bad-padding",         "bad-segment-order",
                                      "bad-trailing",        "bad-unknown-data",
                                      "bad-unknown-pointer", "bad-no-nul"};
    struct link_arena arena;
    struct link link;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct token token = load_token(bad[i]);
        assert_int_equal(
            link_decode(token.link[1].body, token.link[1].length, &arena, &link),
            PSP_MALFORMED);
        token_release(&token);
    }
    struct token token = load_token("leaf");
    assert_int_equal(
        link_decode(token.link[1].body, token.link[1].length, &arena, &link), PSP_OK);
    assert_int_equal(link.rights, 0x1f);
    assert_true(text_equal(link.label, TEXT("operator-7")));
    assert_int_equal(link.scopes[0].columns.count, 3);
    token_release(&token);
}

/* A proof by exporter is worth something on its own connection only. */
static void proof_by_exporter__is_bound_to_the_connection(void **state)
{
    struct draft draft = usual_draft();
    uint8_t message[PURPOSE_BYTES + 2 * HASH_BYTES], exporter[HASH_BYTES] = {1, 2, 3};
    uint8_t spki[SPKI_BYTES], signature[SIGNATURE_BYTES];
    struct authority *granted = NULL;
    const char *why;

    (void)state;
    holder_of_key(operator_key.public_key, draft.link[1].subject_bytes);
    struct token token = token_of_draft(&draft);
    purpose_write("PointSav PSP proof v1", message);
    memcpy(message + PURPOSE_BYTES, exporter, HASH_BYTES);
    link_id(token.link[1].body, token.link[1].length,
            message + PURPOSE_BYTES + HASH_BYTES);
    sign(&operator_key, message, sizeof message, signature);
    spki_of_key(operator_key.public_key, spki);

    struct token_policy policy = draft.policy;
    assert_int_equal(token_verify(&token, &policy, &granted, &why), PSP_HOLDER);
    policy.exporter = exporter;
    policy.proof_spki = (struct text){(const char *)spki, sizeof spki};
    policy.proof_signature = (struct text){(const char *)signature, sizeof signature};
    assert_int_equal(token_verify(&token, &policy, &granted, &why), PSP_OK);
    authority_free(granted);

    uint8_t elsewhere[HASH_BYTES] = {1, 2, 4};
    policy.exporter = elsewhere;
    assert_int_equal(token_verify(&token, &policy, &granted, &why), PSP_HOLDER);
    policy.exporter = NULL;
    assert_int_equal(token_verify(&token, &policy, &granted, &why), PSP_HOLDER);
    policy.exporter = exporter;
    policy.proof_signature.length--;
    assert_int_equal(token_verify(&token, &policy, &granted, &why), PSP_HOLDER);
    policy.proof_signature.length++;
    spki_of_key(stranger.public_key, spki);
    assert_int_equal(token_verify(&token, &policy, &granted, &why), PSP_HOLDER);
    token_release(&token);
}

static void token_cache__remembers_signatures_only(void **state)
{
    struct draft draft = usual_draft();
    struct token token = token_of_draft(&draft);
    static struct token_cache cache;
    struct authority *granted;
    const char *why;

    (void)state;
    draft.policy.cache = &cache;
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(token_verify(&token, &draft.policy, &granted, &why), PSP_OK);
        authority_free(granted);
        assert_int_equal(cache.next, 2);
    }
    draft.policy.epoch = 2;
    assert_int_equal(token_verify(&token, &draft.policy, &granted, &why), PSP_REVOKED);
    draft.policy.epoch = 1;
    token.link[1].signature[0] ^= 1;
    assert_int_equal(token_verify(&token, &draft.policy, &granted, &why),
                     PSP_SIGNATURE);
    assert_int_equal(cache.next, 2);
    token_release(&token);
}

static struct authority *grant(const struct token *token)
{
    struct token_policy policy = usual_policy();
    struct authority *granted = NULL;
    const char *why;

    assert_int_equal(token_verify(token, &policy, &granted, &why), PSP_OK);
    return granted;
}

/* The leaf of "wide" asks for everything and gets what the pairing has. */
static void authority__is_what_every_link_permits(void **state)
{
    struct token wide = load_token("wide"), leaf = load_token("leaf"),
                 op = load_token("opleaf");
    struct authority *all = grant(&wide), *some = grant(&leaf), *less = grant(&op);

    (void)state;
    assert_true(authority_sees_view(all, TEXT("position")));
    assert_true(authority_sees_view(all, TEXT("ledger")));
    assert_false(authority_sees_view(all, TEXT("secret")));
    assert_true(
        authority_sees_cell(all, TEXT("ledger"), TEXT("1000"), TEXT("balance")));
    assert_false(authority_sees_cell(all, TEXT("ledger"), TEXT("1000"), TEXT("memo")));
    assert_false(authority_sees_row(all, TEXT("ledger"), TEXT("2000")));
    assert_true(authority_sees_row(all, TEXT("position"), TEXT("anything")));
    assert_false(authority_sees_column(all, TEXT("ledger"), TEXT("memo")));
    assert_int_equal(authority_max_rows(all), 100);

    assert_true(authority_sees_row(some, TEXT("position"), TEXT("P-0001")));
    assert_false(authority_sees_row(some, TEXT("position"), TEXT("P-0002")));
    assert_false(authority_sees_view(some, TEXT("ledger")));
    assert_true(authority_sees_column(some, TEXT("position"), TEXT("noi")));
    assert_false(authority_sees_column(some, TEXT("position"), TEXT("units")));

    /* Three links: rows by the second, columns by the third. */
    assert_true(
        authority_sees_cell(less, TEXT("position"), TEXT("P-9"), TEXT("units")));
    assert_true(authority_sees_row(less, TEXT("position"), TEXT("P-")));
    assert_false(authority_sees_row(less, TEXT("position"), TEXT("P")));
    assert_false(authority_sees_row(less, TEXT("position"), TEXT("Q-9")));
    assert_false(authority_sees_column(less, TEXT("position"), TEXT("noi")));

    uint8_t digest[HASH_BYTES] = {0};
    assert_false(authority_may_submit(all, TEXT("ping"), digest));
    authority_free(all);
    authority_free(some);
    authority_free(less);
    token_release(&wide);
    token_release(&leaf);
    token_release(&op);
}

/* Two scopes of one link do not lend each other rows and columns. */
static void authority__takes_a_cell_from_one_scope(void **state)
{
    static const struct text row_a[] = {{"a", 1}}, row_b[] = {{"b", 1}};
    static const struct text column_x[] = {{"x", 1}}, column_y[] = {{"y", 1}};
    struct scope scopes[] = {
        {.views = NAMES(position), .rows = NAMES(row_a), .columns = NAMES(column_x)},
        {.views = NAMES(position), .rows = NAMES(row_b), .columns = NAMES(column_y)},
        {.views = NAMES(position), .rows = ALL}};
    struct draft draft = usual_draft();

    (void)state;
    set_scopes(&draft.link[1], scopes, 3);
    struct token token = token_of_draft(&draft);
    struct authority *granted = grant(&token);
    assert_true(authority_sees_cell(granted, TEXT("position"), TEXT("a"), TEXT("x")));
    assert_true(authority_sees_cell(granted, TEXT("position"), TEXT("b"), TEXT("y")));
    assert_false(authority_sees_cell(granted, TEXT("position"), TEXT("a"), TEXT("y")));
    assert_false(authority_sees_cell(granted, TEXT("position"), TEXT("b"), TEXT("x")));
    assert_false(authority_sees_cell(granted, TEXT("position"), TEXT("c"), TEXT("x")));
    assert_true(authority_sees_row(granted, TEXT("position"), TEXT("c")));
    authority_free(granted);
    token_release(&token);
}

static void authority_may_submit__wants_verb_and_digest_in_every_link(void **state)
{
    struct draft draft = usual_draft();
    uint8_t digest[HASH_BYTES] = {5}, other[HASH_BYTES] = {6};

    (void)state;
    draft.link[1] = command_link();
    struct token token = token_of_draft(&draft);
    struct authority *granted = grant(&token);
    assert_true(authority_may_submit(granted, TEXT("ping"), digest));
    assert_true(authority_may_submit(granted, TEXT("set"), other));
    assert_false(authority_may_submit(granted, TEXT("drop"), digest));
    authority_free(granted);
    token_release(&token);

    draft.link[1].has_command = true;
    memcpy(draft.link[1].command, digest, HASH_BYTES);
    token = token_of_draft(&draft);
    granted = grant(&token);
    assert_true(authority_may_submit(granted, TEXT("ping"), digest));
    assert_false(authority_may_submit(granted, TEXT("ping"), other));
    authority_free(granted);
    token_release(&token);

    draft.link[0].verbs = (struct set){.kind = SET_NONE};
    token = token_of_draft(&draft);
    granted = grant(&token);
    assert_false(authority_may_submit(granted, TEXT("ping"), digest));
    authority_free(granted);
    token_release(&token);
}

static void a_grant_without_scopes__sees_nothing(void **state)
{
    struct draft draft = usual_draft();
    struct scope nothing_at_all = {.views = {.kind = SET_NONE}};

    (void)state;
    for (uint32_t scopes = 0; scopes < 2; scopes++) {
        set_scopes(&draft.link[1], &nothing_at_all, scopes);
        struct token token = token_of_draft(&draft);
        struct authority *granted = grant(&token);
        assert_false(authority_sees_view(granted, TEXT("position")));
        assert_false(authority_sees_row(granted, TEXT("position"), TEXT("P-0001")));
        authority_free(granted);
        token_release(&token);
    }
}

static void mutate(struct buffer *bytes, uint64_t *seed)
{
    uint8_t *at = buffer_bytes(bytes);
    size_t length = buffer_length(bytes);

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

/* Whatever is accepted says, to the byte, what was signed. */
static void token_verify__accepts_no_mutation(void **state)
{
    enum { RUNS = 100000 };
    struct token token = load_token("opleaf");
    struct token_policy policy = usual_policy();
    static struct token_cache cache;
    uint64_t seed = chance_seed("token_verify__accepts_no_mutation");
    unsigned refused = 0, accepted = 0, unreadable = 0;
    struct buffer frame, mutant;

    (void)state;
    policy.cache = &cache;
    buffer_init(&frame);
    buffer_init(&mutant);
    assert_int_equal(token_write(&token, &frame), PSP_OK);
    for (unsigned run = 0; run < RUNS; run++) {
        struct token read = {0};
        struct authority *granted = NULL;
        const char *why;
        buffer_truncate(&mutant, 0);
        assert_true(
            buffer_append(&mutant, buffer_bytes(&frame), buffer_length(&frame)));
        mutate(&mutant, &seed);
        if (token_read(buffer_bytes(&mutant), buffer_length(&mutant), &read) !=
            PSP_OK) {
            unreadable++;
        } else if (token_verify(&read, &policy, &granted, &why) != PSP_OK) {
            refused++;
        } else {
            assert_true(same_links(&token, &read));
            authority_free(granted);
            accepted++;
        }
        token_release(&read);
    }
    printf("%u mutations: %u unreadable, %u refused, %u unchanged in meaning\n", RUNS,
           unreadable, refused, accepted);
    assert_true(refused > RUNS / 2);
    buffer_release(&frame);
    buffer_release(&mutant);
    token_release(&token);
}

/* A stolen delegate key may sign what it likes: it never gets beyond the pairing. */
static void token_verify__never_widens_what_a_delegate_signs(void **state)
{
    enum { RUNS = 20000 };
    struct token base = load_token("wide");
    struct token_policy policy = usual_policy();
    static struct token_cache cache;
    uint64_t seed = chance_seed("token_verify__never_widens_what_a_delegate_signs");
    unsigned accepted = 0;

    (void)state;
    policy.cache = &cache;
    for (unsigned run = 0; run < RUNS; run++) {
        struct token token;
        struct authority *granted = NULL;
        const char *why;
        struct buffer body = {.storage = NULL};
        assert_int_equal(token_copy(&token, &base), PSP_OK);
        assert_true(buffer_append(&body, token.link[1].body, token.link[1].length));
        mutate(&body, &seed);
        memcpy(token.link[1].body, buffer_bytes(&body), token.link[1].length);
        buffer_release(&body);
        sign_again(&token, 1, &aggregator);
        if (token_verify(&token, &policy, &granted, &why) == PSP_OK) {
            accepted++;
            assert_int_equal(authority_rights(granted) & ~0x3fu, 0);
            assert_true(authority_not_after_ms(granted) <= 1767776000000);
            assert_true(authority_max_rows(granted) <= 500);
            assert_false(authority_sees_view(granted, TEXT("secret")));
            assert_false(authority_sees_row(granted, TEXT("ledger"), TEXT("1001")));
            assert_false(authority_sees_column(granted, TEXT("ledger"), TEXT("memo")));
            authority_free(granted);
        }
        token_release(&token);
    }
    printf("%u of %u signed mutations accepted\n", accepted, RUNS);
    assert_true(accepted > 0);
    token_release(&base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(token_append__writes_what_the_reference_writes),
        cmocka_unit_test(token_verify__judges_as_the_reference_does),
        cmocka_unit_test(token_verify__names_links_as_the_reference_does),
        cmocka_unit_test(token_verify__refuses_each_defect_by_its_code),
        cmocka_unit_test(link_encode__refuses_fields_that_break_a_rule),
        cmocka_unit_test(link_encode__limits_the_body),
        cmocka_unit_test(token_read__refuses_a_fifth_link),
        cmocka_unit_test(token_write__and_token_read_are_inverse),
        cmocka_unit_test(link_decode__takes_only_canonical_bodies),
        cmocka_unit_test(proof_by_exporter__is_bound_to_the_connection),
        cmocka_unit_test(token_cache__remembers_signatures_only),
        cmocka_unit_test(authority__is_what_every_link_permits),
        cmocka_unit_test(authority__takes_a_cell_from_one_scope),
        cmocka_unit_test(authority_may_submit__wants_verb_and_digest_in_every_link),
        cmocka_unit_test(a_grant_without_scopes__sees_nothing),
        cmocka_unit_test(token_verify__accepts_no_mutation),
        cmocka_unit_test(token_verify__never_widens_what_a_delegate_signs),
    };
    return cmocka_run_group_tests(tests, make_keys, NULL);
}
