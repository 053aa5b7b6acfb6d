/* authority.h - what a verified token lets its holder do.
 *
 * The judging functions are in token.h.  This is how token_verify makes one. */
#ifndef PROTO_AUTHORITY_H
#define PROTO_AUTHORITY_H

#include "proto/token.h"

/* The conjunction of what links say in numbers. */
struct limits {
    uint32_t rights;
    int64_t not_before_ms, not_after_ms;
    uint32_t max_rows;
    uint32_t min_group;
};
struct limits limits_of_links(const struct link *links, uint32_t count);

/* What the arrays of a decoded link take. */
struct link_size {
    uint32_t scopes, names;
};

/* Copies the links of a token that was verified.  PSP_NO_MEMORY. */
MUST_CHECK enum psp_error authority_new(const struct token *token,
                                        const struct link_size size[TOKEN_LINKS_MAX],
                                        const struct limits *limits,
                                        struct authority **authority);

#endif
