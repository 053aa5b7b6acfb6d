/* caller.h - the caller's half of PSP: it asks, and cannot be asked.
 *
 * The client vat of Cap'n Proto RPC (level 1) under the diode profile: no export table,
 * no dispatch, no code that executes a Call.  From an archive it accepts Return,
 * Resolve, Abort and Unimplemented; anything else is answered with Abort and the link
 * is closed.
 *
 * Sans I/O: messages to send are appended to the buffer given to caller_new, received
 * bytes are handed to caller_receive.  A capability (the bootstrap object, a Grant, a
 * Watch) is named by a handle that is usable at once, before the answer came: calls on
 * it are pipelined, so bootstrap + present + watch + next leave as one flight.
 *
 * Question: FREE -send-> WAIT -Return-> FREE (Finish goes out with it).  Cancelled
 * while waiting: WAIT -Finish-> FINISHED -Return-> FREE.  Exactly one Finish a
 * question; ids are reused lowest first and only when FREE, so a high id never occurs.
 * Source: rpc.capnp level 1, docs/psp.md "The caller". */
#ifndef PROTO_CALLER_H
#define PROTO_CALLER_H

#include "proto/query.h"

struct caller;

/* What an answer says; readers and texts are valid during the callback only. */
struct answer {
    enum psp_error error;         /* PSP_OK: results are there */
    struct text reason;           /* of an exception, hostile text: for logs only */
    struct struct_reader results; /* the method's results struct */
};
/* `caller` may be used for further calls inside; it must not be freed inside. */
typedef void caller_done(void *user, const struct answer *answer);

/* Handle of a capability; 0 is none. */
typedef uint32_t cap;

/* `output` is borrowed for the caller's life.  NULL when memory is short. */
struct caller *caller_new(struct buffer *output);
/* Outstanding calls end with PSP_DISCONNECTED (their callbacks run) before it returns.
 */
void caller_free(struct caller *caller);

/* Consumes every complete frame of `input` (8-aligned) and runs callbacks.  Not PSP_OK:
 * the peer broke the protocol or sent Abort; an Abort of ours was written where one is
 * due; the link must be closed.  caller_defect() says why, for people. */
MUST_CHECK enum psp_error caller_receive(struct caller *caller, struct buffer *input);
const char *caller_defect(const struct caller *caller);

/* All of the following return PSP_OK, PSP_LIMIT (256 questions out), PSP_NO_MEMORY, or
 * PSP_DISCONNECTED after a defect.  `done` may be NULL where only the capability
 * counts; it then breaks silently and calls on it fail. */
MUST_CHECK enum psp_error caller_bootstrap(struct caller *caller, cap *totebox);
MUST_CHECK enum psp_error caller_hello(struct caller *caller, cap totebox,
                                       struct text software, caller_done *done,
                                       void *user);
/* Proof.tls.  results: pointer 0 grant, pointer 1 GrantInfo. */
MUST_CHECK enum psp_error caller_present(struct caller *caller, cap totebox,
                                         const struct token *token, caller_done *done,
                                         void *user, cap *grant);
/* The same with another proof of the holder than this TLS connection. */
MUST_CHECK enum psp_error caller_present_proved(struct caller *caller, cap totebox,
                                                const struct token *token,
                                                const struct exporter_proof *proof,
                                                caller_done *done, void *user,
                                                cap *grant);
MUST_CHECK enum psp_error caller_present_command(struct caller *caller, cap totebox,
                                                 const struct token *token,
                                                 caller_done *done, void *user,
                                                 cap *commander);
MUST_CHECK enum psp_error caller_pairing(struct caller *caller, cap totebox,
                                         caller_done *done, void *user);
MUST_CHECK enum psp_error caller_pair(struct caller *caller, cap totebox,
                                      const uint8_t commit[HASH_BYTES],
                                      caller_done *done, void *user);
MUST_CHECK enum psp_error caller_pair_reveal(struct caller *caller, cap totebox,
                                             const uint8_t nonce[HASH_BYTES],
                                             caller_done *done, void *user);
MUST_CHECK enum psp_error caller_describe(struct caller *caller, cap grant,
                                          caller_done *done, void *user);
MUST_CHECK enum psp_error caller_health(struct caller *caller, cap grant,
                                        caller_done *done, void *user);
MUST_CHECK enum psp_error caller_read(struct caller *caller, cap grant,
                                      const struct query *query, caller_done *done,
                                      void *user);
MUST_CHECK enum psp_error caller_watch(struct caller *caller, cap grant,
                                       const struct query *queries, uint32_t count,
                                       struct text resume, caller_done *done,
                                       void *user, cap *watch);
MUST_CHECK enum psp_error caller_next(struct caller *caller, cap watch,
                                      uint32_t max_rows, uint32_t max_wait_ms,
                                      caller_done *done, void *user);
/* Gives a capability back (Release or Finish as its state asks for); 0 is fine.  Calls
 * on it that wait, and the one that is to bring it, are cancelled: their callbacks run
 * with PSP_CANCELED before this returns. */
void caller_release(struct caller *caller, cap capability);

/* Calls that wait for an answer. */
uint32_t caller_outstanding(const struct caller *caller);

#endif
