/* link.h - the steps of reading one link, for the verifier that needs them apart.
 *
 * link_encode and link_decode (token.h) are what others use.  token_verify must decide
 * between them which code a bad link gets, in the order that the protocol fixes. */
#ifndef PROTO_LINK_H
#define PROTO_LINK_H

#include "proto/token.h"

/* Where the arrays of a decoded link go. */
struct link_space {
    struct scope *scopes;
    uint32_t scopes_max;
    struct text *names; /* of all sets together */
    uint32_t names_max;
    uint32_t names_used;
};

/* Decodes the fields and refuses every body that is not byte-identical to the canonical
 * encoding of what was read.  Texts are borrowed from the body, which is 8-aligned.
 * *why is a literal when it fails. */
MUST_CHECK enum psp_error link_parse(const void *body, size_t length,
                                     struct link_space *space, struct link *link,
                                     const char **why);
/* What is wrong with a link by itself, or NULL: window, subject, names, row keys,
 * label.  A literal. */
const char *link_defect(const struct link *link);

/* The other half of link_sign. */
bool link_is_signed(const uint8_t signer[KEY_BYTES], const uint8_t id[HASH_BYTES],
                    const uint8_t signature[SIGNATURE_BYTES]);

/* Copies a link behind those that are there.  PSP_LIMIT, PSP_NO_MEMORY. */
MUST_CHECK enum psp_error token_add(struct token *token, const void *body,
                                    uint32_t length,
                                    const uint8_t signature[SIGNATURE_BYTES]);

#endif
