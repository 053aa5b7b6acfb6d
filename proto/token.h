/* token.h - capability objects: signed, chained, narrowing, windowed, bound to a
 * holder.
 *
 * A token is one to four links, the root first.  Link 0 is signed by the archive's
 * authority key, each later one by the `delegate` of the link before; the last names
 * the `holder`, the TLS key that may present it.  Authority is the conjunction of all
 * links: each request is judged against each link, so nothing that a later link says
 * can widen an earlier one, and no proof that a child is a subset of its parent is ever
 * needed.
 *
 * Source: psp.capnp (Token, SignedLink, Link), docs/psp.md "Capability objects".
 *
 * The order of verification (token_verify) is part of the protocol, since it decides
 * which code a bad token gets: 1 count and sizes, 2 signature, 3 decode and re-encode
 * and compare, 4 field rules (2 to 4 link by link, since each link names the next one's
 * signer), 5 deny list, 6 intersection, 7 clock, 8 holder.
 *
 *   PSP_MALFORMED  no links, odd sizes, not canonical, a field rule
 *   PSP_LIMIT      more than 4 links, over 4096 bytes, leaf window too long
 *   PSP_SIGNATURE  not signed by the right key
 *   PSP_AUDIENCE   for another archive
 *   PSP_REVOKED    an old epoch, a denied link
 *   PSP_DENIED     more links than `depth` allows; no right of the kind asked for
 *   PSP_EXPIRED, PSP_NOTYET, PSP_HOLDER */
#ifndef PROTO_TOKEN_H
#define PROTO_TOKEN_H

#include "proto/builder.h"
#include "proto/sign.h"

enum {
    TOKEN_LINKS_MAX = 4,
    LINK_BYTES_MAX = 4096,
    LINK_SCOPES_MAX = 16,
    SET_NAMES_MAX = 256,
    LABEL_BYTES_MAX = 64,
    NONCE_BYTES = 16,
    TOKEN_SKEW_MS = 30000,            /* tolerance on notBefore; notAfter gets none */
    TOKEN_WINDOW_MAX_MS = 60 * 60000, /* longest leaf window of a read token */
};
#define TOKEN_ROWS_UNLIMITED UINT32_MAX

enum right {
    RIGHT_DESCRIBE = 0x01,
    RIGHT_HEALTH = 0x02,
    RIGHT_READ_ROWS = 0x04,
    RIGHT_READ_AGGREGATES = 0x08,
    RIGHT_WATCH = 0x10,
    RIGHT_COMMAND = 0x20,
};

/* RowSet and NameSet of the schema.  The zero value selects nothing. */
enum set_kind { SET_NONE, SET_ALL, SET_NAMES, SET_PREFIX /* rows only */ };
struct set {
    enum set_kind kind;
    const struct text *names; /* SET_NAMES: sorted bytewise, no duplicates */
    uint32_t count;
    struct text prefix; /* SET_PREFIX */
};

bool set_contains(const struct set *set, struct text name);

struct scope {
    struct set views;
    struct set rows;
    struct set columns;
};

enum subject_kind { SUBJECT_NONE, SUBJECT_DELEGATE, SUBJECT_HOLDER };

/* One link as fields.  Text and sets are borrowed by both directions. */
struct link {
    uint8_t depth;
    uint32_t rights;
    int64_t not_before_ms;      /* Unix ms of the archive's clock */
    int64_t not_after_ms;       /* exclusive */
    uint64_t epoch;             /* link 0 only */
    uint8_t totebox[KEY_BYTES]; /* authority public key: the audience */
    uint8_t parent[HASH_BYTES]; /* linkId of the previous link */
    bool has_parent;
    enum subject_kind subject;
    uint8_t subject_bytes[KEY_BYTES]; /* delegate: public key; holder: SHA-256(SPKI) */
    uint8_t nonce[NONCE_BYTES];
    const struct scope *scopes;
    uint32_t scope_count;
    struct set verbs;
    uint32_t max_rows;
    uint32_t min_group;
    uint8_t command[HASH_BYTES];
    bool has_command;
    struct text label;
};

/* Appends the canonical body (a multiple of 8 bytes) to `out`.  PSP_MALFORMED when the
 * fields break a rule of the schema (unsorted names, bad charset, empty window, ...),
 * PSP_LIMIT when it is over LINK_BYTES_MAX. */
MUST_CHECK enum psp_error link_encode(const struct link *link, struct buffer *out);
/* Decodes a canonical body (8-aligned, as in a struct token): fields as above, sets and
 * scopes in `arena`, texts borrowed from the body.  PSP_MALFORMED when it does not
 * decode, breaks a rule of the schema, or is not byte-identical to its re-encoding. */
struct link_arena {
    struct scope scopes[LINK_SCOPES_MAX];
    struct text names[1024]; /* of all sets of the link together */
    uint32_t used;
};
MUST_CHECK enum psp_error link_decode(const void *body, size_t length,
                                      struct link_arena *arena, struct link *link);
/* linkId = SHA-256(label(32) || body). */
void link_id(const void *body, size_t length, uint8_t id[HASH_BYTES]);
/* Ed25519 over label(32) || linkId(32). */
void link_sign(const struct key_pair *signer, const uint8_t id[HASH_BYTES],
               uint8_t signature[SIGNATURE_BYTES]);

/* A chain in the making, or one read from a file: bodies and signatures. */
struct token {
    struct {
        uint8_t *body; /* heap */
        uint32_t length;
        uint8_t signature[SIGNATURE_BYTES];
    } link[TOKEN_LINKS_MAX];
    uint32_t count;
};
void token_release(struct token *token);
MUST_CHECK enum psp_error token_copy(struct token *to, const struct token *from);
/* Encodes, signs and appends one link.  `link->parent` is set here. */
MUST_CHECK enum psp_error token_append(struct token *token, struct link *link,
                                       const struct key_pair *signer);
/* Proof.exporter, for a holder whose key is not the one of this TLS connection: its
 * signature binds the leaf to this connection alone.  `exporter` as channel_exporter
 * gives it. */
struct exporter_proof {
    uint8_t spki[SPKI_BYTES];
    uint8_t signature[SIGNATURE_BYTES];
};
void exporter_prove(const struct key_pair *holder, const uint8_t exporter[HASH_BYTES],
                    const struct token *token, struct exporter_proof *proof);

/* As a framed Token message (a .tok file, a pairing), and back.  Bounds only: what it
 * says is judged by token_verify. */
MUST_CHECK enum psp_error token_write(const struct token *token, struct buffer *out);
MUST_CHECK enum psp_error token_read(const void *frame, size_t length,
                                     struct token *token);
/* The same inside another message: pointer field `pointer` of `in` becomes a Token. */
void token_build(const struct token *token, struct struct_builder in, uint16_t pointer);
MUST_CHECK enum psp_error token_take(struct struct_reader token_struct,
                                     struct token *token);

/* Signatures that verified lately, so that a link that comes again (the pairing, at
 * each presentation) costs a hash instead of 90 us.  All zero is empty.  Only the
 * signature is remembered: every other rule is checked anew. */
enum { TOKEN_CACHE_ENTRIES = 128 };
struct token_cache {
    /* SHA-256 of signer, linkId and signature. */
    uint8_t entry[TOKEN_CACHE_ENTRIES][HASH_BYTES];
    uint32_t next; /* the oldest one, to be replaced */
};

/* What the verifier knows. */
struct token_policy {
    const uint8_t *authority; /* our public key, KEY_BYTES */
    uint64_t epoch;           /* the current one of the pairing */
    int64_t clock_ms;
    int64_t window_max_ms; /* longest leaf window; 0: TOKEN_WINDOW_MAX_MS */
    uint32_t need_right; /* PSP: present() needs any read right, presentCommand 0x20 */
    /* True when the link was revoked; may be NULL. */
    bool (*denied)(void *user, const uint8_t id[HASH_BYTES]);
    /* The current epoch of the pairing that link 0 is, by its delegate.  May be NULL:
     * then `epoch` rules. */
    uint64_t (*epoch_of)(void *user, const uint8_t delegate[KEY_BYTES]);
    void *user;
    struct token_cache *cache; /* or NULL */
    const uint8_t *tls_peer;   /* SHA-256(SPKI) that TLS proved, HASH_BYTES; or NULL */
    /* Proof.exporter; an empty proof_spki is Proof.tls. */
    const uint8_t *exporter; /* HASH_BYTES, of this connection; or NULL */
    struct text proof_spki, proof_signature;
};

/* The live authority of a verified token: what a Grant carries. */
struct authority;
/* *why is a literal for logs ("link 1: not canonical"). */
MUST_CHECK enum psp_error token_verify(const struct token *token,
                                       const struct token_policy *policy,
                                       struct authority **authority, const char **why);
void authority_free(struct authority *authority);

uint32_t authority_rights(const struct authority *authority);
int64_t authority_not_before_ms(const struct authority *authority);
int64_t authority_not_after_ms(const struct authority *authority);
uint32_t authority_max_rows(const struct authority *authority);
uint32_t authority_min_group(const struct authority *authority);
const uint8_t *authority_leaf_id(const struct authority *authority);
const uint8_t *authority_link_id(const struct authority *authority, uint32_t link);
uint32_t authority_link_count(const struct authority *authority);
/* Public key of link 0's delegate (the paired device), or NULL for a one-link token. */
const uint8_t *authority_pairing_key(const struct authority *authority);
/* Labels of all links joined by '/', for the audit log. */
struct text authority_label(const struct authority *authority);

/* SHA-256 over what decides which rows and cells it shows: the scopes of all links, and
 * nothing of their windows, keys and numbers.  A renewed capability has the same. */
void authority_sight(const struct authority *authority, uint8_t sight[HASH_BYTES]);
/* Each judged against every link. */
bool authority_sees_view(const struct authority *authority, struct text view);
bool authority_sees_row(const struct authority *authority, struct text view,
                        struct text key);
bool authority_sees_cell(const struct authority *authority, struct text view,
                         struct text key, struct text column);
bool authority_sees_column(const struct authority *authority, struct text view,
                           struct text column);
bool authority_may_submit(const struct authority *authority, struct text verb,
                          const uint8_t digest[HASH_BYTES]);

#endif
