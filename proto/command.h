/* command.h - a command, the one digest that names it, and the receipt it is answered
 * with.
 *
 * A command is a verb with typed arguments for one archive.  What is signed is its
 * digest: SHA-256(label(32) || canonical Command).  Canonical means what it means for
 * links (token.h): one segment without table, preorder, no trailing zero words, no
 * empty list, no empty text that is there.  An operator's key signs a leaf that carries
 * the digest (command_leaf), so whoever carries leaf and command can change neither.
 *
 * A receipt is signed by the archive's authority key over
 * label(32) || canonical Receipt without its signature.  Ed25519 is deterministic and
 * the fields come from the ledger, so an archive that is asked again gives the same 64
 * bytes.
 *
 * Source: psp.capnp (Command, Receipt, Link.command), docs/psp.md "Commands". */
#ifndef PROTO_COMMAND_H
#define PROTO_COMMAND_H

#include "proto/builder.h"
#include "proto/token.h"

enum {
    COMMAND_ID_BYTES = 16,
    COMMAND_ARGS_MAX = 16,
    COMMAND_TEXT_BYTES_MAX = 1000, /* of one text argument */
    COMMAND_BYTES_MAX = 4096,      /* of the canonical encoding */
    COMMAND_WINDOW_MS = 60 * 1000, /* of a leaf for one command */
    RECEIPT_MESSAGE_BYTES_MAX = 1000,
};

/* The kinds that an argument may have.  Float and Data of the schema are refused: no
 * verb takes one, and a float has more than one encoding of the same number. */
enum argument_kind {
    ARGUMENT_BOOL,
    ARGUMENT_INT,
    ARGUMENT_DECIMAL,
    ARGUMENT_TEXT,
    ARGUMENT_TIME, /* Unix ms */
};

struct argument {
    struct text name; /* [A-Za-z0-9_.-]{1,64}, once in a command */
    enum argument_kind kind;
    bool truth;       /* ARGUMENT_BOOL */
    int64_t number;   /* int, mantissa of a decimal, ms */
    uint8_t scale;    /* ARGUMENT_DECIMAL: 0..18 */
    struct text text; /* ARGUMENT_TEXT: UTF-8 without control characters, or empty */
};

/* Texts are borrowed.  The order of arguments is part of the command. */
struct command {
    uint8_t id[COMMAND_ID_BYTES]; /* random: the key of idempotency */
    struct text verb;
    struct text target; /* a row key, or empty */
    struct argument args[COMMAND_ARGS_MAX];
    uint32_t arg_count;
    uint64_t if_revision; /* 0: whatever the revision is */
    int64_t deadline_ms;  /* the archive's clock; 0: none */
    bool dry_run;
};

/* What is wrong with a command by itself, or NULL.  A literal. */
const char *command_defect(const struct command *command);
/* NULL when there is none of that name. */
const struct argument *command_argument(const struct command *command,
                                        struct text name);
/* Appends the canonical encoding.  PSP_MALFORMED (a defect), PSP_LIMIT (over 4096
 * bytes), PSP_NO_MEMORY. */
MUST_CHECK enum psp_error command_encode(const struct command *command,
                                         struct buffer *out);
MUST_CHECK enum psp_error command_digest(const struct command *command,
                                         uint8_t digest[HASH_BYTES]);
/* Reads a Command of any layout (inside a Call it need not be canonical); texts are
 * borrowed from the message.  PSP_MALFORMED; *why is a literal. */
MUST_CHECK enum psp_error command_read(struct struct_reader reader,
                                       struct command *command, const char **why);
/* Reads a canonical encoding and refuses every other.  `bytes` is 8-aligned. */
MUST_CHECK enum psp_error command_decode(const void *bytes, size_t length,
                                         struct command *command);
/* Pointer field `pointer` of `in` becomes the command, which has no defect. */
void command_build(const struct command *command, struct struct_builder in,
                   uint16_t pointer);

/* Appends to `token` (an operator's pairing) the leaf that permits exactly `command` to
 * whoever proves `holder`, for COMMAND_WINDOW_MS from 20 s before `now_ms`.  `label`,
 * up to 64 bytes, is what the archive's audit shows: operator, tenant, purpose.
 * PSP_MALFORMED, PSP_LIMIT, PSP_NO_MEMORY; PSP_FAILED when there is no randomness. */
MUST_CHECK enum psp_error command_leaf(struct token *token,
                                       const struct command *command,
                                       const uint8_t holder[HASH_BYTES],
                                       const struct key_pair *operator_key,
                                       struct text label, int64_t now_ms);

enum receipt_state {
    RECEIPT_UNKNOWN,
    RECEIPT_ACCEPTED, /* a dry run: it would be done */
    RECEIPT_RUNNING,
    RECEIPT_DONE,
    RECEIPT_REFUSED,
    RECEIPT_FAILED,
    RECEIPT_EXPIRED,
    RECEIPT_STATES
};
/* "done"; never NULL. */
const char *receipt_state_name(enum receipt_state state);

struct receipt {
    uint8_t id[COMMAND_ID_BYTES];
    enum receipt_state state;
    uint64_t revision; /* commit that contains the effect */
    int64_t at_ms;     /* the archive's clock */
    struct text message;
    uint64_t ledger_size; /* lines, with the one that records the command */
    uint8_t link_id[HASH_BYTES];
    uint8_t signature[SIGNATURE_BYTES];
};

/* Without the signature.  PSP_NO_MEMORY. */
MUST_CHECK enum psp_error receipt_encode(const struct receipt *receipt,
                                         struct buffer *out);
/* Fills the signature in. */
MUST_CHECK enum psp_error receipt_sign(struct receipt *receipt,
                                       const struct key_pair *authority);
/* PSP_SIGNATURE unless `authority` (a public key) signed exactly this receipt. */
MUST_CHECK enum psp_error receipt_verify(const struct receipt *receipt,
                                         const uint8_t authority[KEY_BYTES]);
/* The message is borrowed, and hostile text.  PSP_MALFORMED. */
MUST_CHECK enum psp_error receipt_read(struct struct_reader reader,
                                       struct receipt *receipt);
void receipt_build(const struct receipt *receipt, struct struct_builder in,
                   uint16_t pointer);

#endif
