/* token_links.h - the keys and the links of the recorded tokens, as fields.
 *
 * A test that has keys of its own (those of a running archive) sets them, and start_ms,
 * before it asks for links. */
#ifndef TESTS_PROTO_TOKEN_LINKS_H
#define TESTS_PROTO_TOKEN_LINKS_H

#include "tests/support/cmocka_all.h"

#include <string.h>

#include "proto/token.h"

/* The seed of each is the SHA-256 of a text. */
static struct key_pair authority, aggregator, operator_key, tenant_key, tls_client,
    stranger;
static uint8_t holder[HASH_BYTES];

static inline void key_of_text(struct key_pair *pair, const char *text)
{
    uint8_t seed[HASH_BYTES];

    sha256(text, strlen(text), seed);
    key_pair_from_seed(pair, seed);
}

static inline int make_keys(void **state)
{
    (void)state;
    key_of_text(&authority, "psp test authority");
    key_of_text(&aggregator, "psp test aggregator");
    key_of_text(&operator_key, "psp test operator");
    key_of_text(&tenant_key, "a tenant");
    key_of_text(&tls_client, "psp test tls client");
    key_of_text(&stranger, "a stranger");
    holder_of_key(tls_client.public_key, holder);
    return 0;
}

enum { MINUTE_MS = 60000 };
#define DAY_MS (INT64_C(1440) * MINUTE_MS)
static int64_t start_ms = 1760000000000; /* of the recorded tokens */

static inline struct token_policy usual_policy(void)
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

static const struct text position_view[] = {{"position", 8}};
static const struct text ledger_view[] = {{"ledger", 6}};
static const struct text account_row[] = {{"1000", 4}};
static const struct text balance_column[] = {{"balance", 7}};
static const struct text ping_set[] = {{"ping", 4}, {"set", 3}};
static const struct text two_rows[] = {{"P-0001", 6}, {"P-0003", 6}};
static const struct text three_columns[] = {{"name", 4}, {"noi", 3}, {"occupancy", 9}};
static const struct text two_columns[] = {{"name", 4}, {"units", 5}};

static const struct scope pairing_scopes[] = {
    {.views = NAMES(position_view), .rows = ALL, .columns = ALL},
    {.views = NAMES(ledger_view),
     .rows = NAMES(account_row),
     .columns = NAMES(balance_column)},
};
static const struct scope leaf_scopes[] = {{.views = NAMES(position_view),
                                            .rows = NAMES(two_rows),
                                            .columns = NAMES(three_columns)}};
static const struct scope op_scopes[] = {
    {.views = NAMES(position_view),
     .rows = {.kind = SET_PREFIX, .prefix = {"P-", 2}},
     .columns = ALL}};
static const struct scope opleaf_scopes[] = {
    {.views = NAMES(position_view), .rows = ALL, .columns = NAMES(two_columns)}};
static const struct scope wide_scopes[] = {{.views = ALL, .rows = ALL, .columns = ALL}};

static inline struct link link_base(uint8_t first_nonce, uint8_t depth, uint32_t rights,
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

static inline void for_delegate(struct link *link, const struct key_pair *pair)
{
    link->subject = SUBJECT_DELEGATE;
    memcpy(link->subject_bytes, pair->public_key, KEY_BYTES);
}

static inline void for_holder(struct link *link, const uint8_t name[HASH_BYTES])
{
    link->subject = SUBJECT_HOLDER;
    memcpy(link->subject_bytes, name, HASH_BYTES);
}

static inline void set_scopes(struct link *link, const struct scope *scopes,
                              uint32_t count)
{
    link->scopes = scopes;
    link->scope_count = count;
}

static inline struct link pairing_link(void)
{
    struct link link = link_base(0x00, 2, 0x3f, 0);

    link.not_before_ms = start_ms - DAY_MS;
    link.not_after_ms = start_ms + 90 * DAY_MS;
    link.epoch = 1;
    for_delegate(&link, &aggregator);
    set_scopes(&link, pairing_scopes, 2);
    link.verbs = (struct set)NAMES(ping_set);
    link.max_rows = 500;
    link.label = TEXT("pairing");
    return link;
}

static inline struct link leaf_link(void)
{
    struct link link = link_base(0x10, 0, 0x1f, 5 * MINUTE_MS);

    for_holder(&link, holder);
    set_scopes(&link, leaf_scopes, 1);
    link.max_rows = 100;
    link.label = TEXT("operator-7");
    return link;
}

static inline struct link wide_link(void)
{
    struct link link = link_base(0x20, 0, 0x1f, 5 * MINUTE_MS);

    for_holder(&link, holder);
    set_scopes(&link, wide_scopes, 1);
    link.max_rows = 100;
    return link;
}

static inline struct link command_link(void)
{
    struct link link = link_base(0x30, 0, 0x20, 5 * MINUTE_MS);

    for_holder(&link, holder);
    link.verbs = (struct set)NAMES(ping_set);
    return link;
}

static inline struct link op_link(void)
{
    struct link link = link_base(0x40, 1, 0x0c, 60 * MINUTE_MS);

    for_delegate(&link, &operator_key);
    set_scopes(&link, op_scopes, 1);
    link.max_rows = 50;
    link.label = TEXT("op");
    return link;
}

static inline struct link opleaf_link(void)
{
    struct link link = link_base(0x50, 0, 0x0c, MINUTE_MS);

    for_holder(&link, holder);
    set_scopes(&link, opleaf_scopes, 1);
    link.max_rows = 50;
    return link;
}

static inline void append(struct token *token, struct link link,
                          const struct key_pair *signer)
{
    assert_int_equal(token_append(token, &link, signer), PSP_OK);
}

#endif
