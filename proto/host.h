/* host.h - the archive's half of PSP: it answers, and never asks.
 *
 * The server vat of Cap'n Proto RPC (level 1) without an import table.  It turns
 * received messages into calls of a struct host_service and keeps answers (at most 256,
 * ids chosen by the peer), exports (at most 1024) and their reference counts.
 *
 * Sans I/O: answers are appended to the buffer given to host_new.  Every method that
 * returns a capability is answered at once, so a pipelined call never waits for its
 * target; `next`, `read` and `submit` may answer later through their ticket.
 * Source: rpc.capnp level 1, docs/psp.md "The host". */
#ifndef PROTO_HOST_H
#define PROTO_HOST_H

#include "proto/query.h"

struct host;

/* Names a call that is still to be answered; unique in the life of a host, 0 is none.
 */
typedef uint64_t ticket;

/* Why a call was refused: the code decides, the text is for the peer's log. */
struct refusal {
    enum psp_error error; /* PSP_OK: not refused */
    const char *text;     /* a literal, or NULL */
};

enum host_object { HOST_TOTEBOX, HOST_GRANT, HOST_WATCH, HOST_COMMANDER };

/* What an archive does.  `user` is the one given to host_new.  Builders and readers are
 * valid during the call.  A NULL method answers "unimplemented".  A refusal discards
 * what was built so far. */
struct host_service {
    struct refusal (*hello)(void *user, struct text software, uint16_t protocol,
                            struct identity *identity);
    /* proof_spki empty: Proof.tls.  *grant is kept until release(). */
    struct refusal (*present)(void *user, const struct token *token,
                              struct text proof_spki, struct text proof_signature,
                              void **grant, struct grant_info *info);
    struct refusal (*present_command)(void *user, const struct token *token,
                                      struct text proof_spki,
                                      struct text proof_signature, void **commander,
                                      struct grant_info *info);
    struct refusal (*pairing)(void *user, struct token *token);
    struct refusal (*pair)(void *user, struct text commit, uint8_t nonce[HASH_BYTES]);
    struct refusal (*pair_reveal)(void *user, struct text nonce);
    /* results: the method's results struct, already sized. */
    struct refusal (*describe)(void *user, void *grant, struct struct_builder results);
    struct refusal (*health)(void *user, void *grant, struct health *health);
    struct refusal (*read)(void *user, void *grant, const struct query *query,
                           struct struct_builder results);
    struct refusal (*watch)(void *user, void *grant, const struct query *queries,
                            uint32_t count, struct text resume, void **watch);
    /* Always answered later (possibly before it returns) through the ticket; FIFO is
     * the service's duty. */
    struct refusal (*next)(void *user, void *watch, uint32_t max_rows,
                           uint32_t max_wait_ms, ticket ticket);
    struct refusal (*submit)(void *user, void *commander, struct struct_reader command,
                             ticket ticket);
    struct refusal (*status)(void *user, void *commander, struct text id,
                             ticket ticket);
    /* The peer finished a call that was not answered: forget the ticket. */
    void (*cancel)(void *user, ticket ticket);
    /* The last reference to an object is gone: the peer's, and that of the last call on
     * it that waited.  Objects may go in any order (a grant before its watches).  Never
     * of HOST_TOTEBOX, which is the service itself. */
    void (*release)(void *user, enum host_object kind, void *object);
};

/* `output` and `service` are borrowed for the host's life. */
struct host *host_new(struct buffer *output, const struct host_service *service,
                      void *user);
/* Cancels every pending call and releases every object through the service. */
void host_free(struct host *host);

/* Consumes complete frames of `input` until it is empty or `output` holds more than
 * 1 MiB (then call again when it drained).  Not PSP_OK: the peer broke the protocol or
 * ended; an Abort was written where one is due; close the link. */
MUST_CHECK enum psp_error host_receive(struct host *host, struct buffer *input);
const char *host_defect(const struct host *host);
/* The peer broke a rule: an Abort that says so, and the end.  Flush, then close the
 * link.
 */
void host_violate(struct host *host, enum psp_error error, const char *defect);

/* Answers a pending call.  Between begin and end nothing else may be built on `output`.
 * `data_words`/`pointers` size the results struct.  After the peer finished the call,
 * begin returns false and nothing is to be done. */
bool host_answer_begin(struct host *host, ticket ticket, uint16_t data_words,
                       uint16_t pointers, struct struct_builder *results);
/* PSP_NO_MEMORY or PSP_LIMIT (a Return over 8 MiB): an exception was sent instead. */
MUST_CHECK enum psp_error host_answer_end(struct host *host, ticket ticket);
void host_answer_refuse(struct host *host, ticket ticket, struct refusal refusal);

/* Has a present() succeeded on this connection?  (bootstrap -> present <= 10 s) */
bool host_is_presented(const struct host *host);

#endif
