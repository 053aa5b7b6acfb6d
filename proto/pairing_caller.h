/* pairing_caller.h - the device's half of the talk that pairs it with an archive.
 *
 *   start -> hello, pairing, pair(commit) in one flight -> pairReveal(nonce) -> code
 *         -> poll: pairing() until its answer is a new one -> decided
 *
 * Runs over a channel that accepts any server (channel_new_stranger), so it proves
 * nothing about who answers: a machine in the middle can say all that an archive says,
 * also that the owner approved.  Only the code binds both ends, and only when a person
 * here has heard that it is the one on the archive's screen may the archive's key be
 * pinned.  Sans I/O; deadlines and the rhythm of polling are the owner's.
 * Source: psp.capnp (pair, pairReveal, pairing), docs/psp.md "Pairing code". */
#ifndef PROTO_PAIRING_CALLER_H
#define PROTO_PAIRING_CALLER_H

#include "proto/channel.h"
#include "proto/pairing_code.h"
#include "proto/query.h"

/* What the archive issued, as far as it can be judged here. */
struct pairing_facts {
    uint8_t authority[KEY_BYTES]; /* signed it */
    int64_t not_before_ms, not_after_ms;
};

struct pairing_caller_events {
    /* What the archive says of itself; valid during the call. */
    void (*identified)(void *user, const struct identity *identity);
    /* The code to show, and to be compared. */
    void (*coded)(void *user, const char *code);
    /* Last, and at most once.  PSP_OK: `pairing` is the new token (valid during the
     * call), signed by the archive's authority for our key.  Otherwise `why` is a
     * sentence for people that says the way out. */
    void (*decided)(void *user, enum psp_error error, const char *why,
                    const struct token *pairing, const struct pairing_facts *facts);
};

struct pairing_caller;

/* `device`, `channel`, `output` (plaintext to send) and `events` are borrowed.  NULL
 * when memory or random bytes are short. */
struct pairing_caller *pairing_caller_new(const struct key_pair *device,
                                          struct channel *channel,
                                          struct buffer *output,
                                          const struct pairing_caller_events *events,
                                          void *user);
/* Not from inside an event.  NULL is fine. */
void pairing_caller_free(struct pairing_caller *pairing);
/* The first flight; the channel must be OPEN. */
MUST_CHECK enum psp_error pairing_caller_start(struct pairing_caller *pairing);
/* Not PSP_OK: the peer broke the protocol (pairing_caller_defect says how); close. */
MUST_CHECK enum psp_error pairing_caller_receive(struct pairing_caller *pairing,
                                                 struct buffer *input);
const char *pairing_caller_defect(const struct pairing_caller *pairing);
/* Asks whether the owner has decided; does nothing before the code is there, while an
 * answer is due, and after `decided`. */
void pairing_caller_poll(struct pairing_caller *pairing);

/* Judges a pairing as the archive will: one link for `device` to delegate from, signed
 * by `authority`, whole, and with some right to read.  *why as above. */
MUST_CHECK enum psp_error pairing_judge(const struct token *pairing,
                                        const struct key_pair *device,
                                        const uint8_t authority[KEY_BYTES],
                                        struct pairing_facts *facts, const char **why);
/* The pairing and a leaf for our own TLS key that reads the view `entity`, in the first
 * hour of the pairing: enough to learn whom it leads to. */
MUST_CHECK enum psp_error pairing_leaf(const struct token *pairing,
                                       const struct key_pair *device,
                                       struct token *leaf);

#endif
