/* pairing_dial.h - the two calls by which a device is paired with an archive.
 *
 *   pairing_dial_ask    to whoever answers there: shows the code, waits for the owner
 *   (a person says that both screens show the same code)
 *   pairing_dial_learn  to the archive by its key: which entity it is
 *
 * A program with a loop begins a pairing_call there; the functions named above run a
 * loop of their own until they have the answer. */
#ifndef TUI_PAIRING_DIAL_H
#define TUI_PAIRING_DIAL_H

#include "net/stream.h"
#include "proto/pairing_caller.h"
#include "tui/commands.h"

enum { PAIRING_WHY_CHARS = 384, PAIRING_WAIT_MS = 600000, PAIRING_NAME_CHARS = 128 };

struct pairing_dial {
    const char *address; /* as it was given, for the words */
    const char *host;
    uint16_t port;
    const struct key_pair *device;
    struct channel_identity *identity; /* of `device`; for pairing_call_... only */
    int64_t wait_ms;                   /* for the owner's decision */
    /* The archive's key, SHA-256 of the SubjectPublicKeyInfo: pinned when `is_pinned`,
     * else what answered, after pairing_dial_ask has connected. */
    uint8_t archive[HASH_BYTES];
    bool is_pinned;
    /* Told while asking; `skew_ms` is the archive's clock minus ours. */
    void (*identified)(void *user, const uint8_t archive[HASH_BYTES], int64_t skew_ms);
    void (*coded)(void *user, const char *code);
    void *user;

    /* --- what came of it
     * -------------------------------------------------------------- */
    struct token pairing;
    struct pairing_facts facts;
    char entity[32], currency[32], name[PAIRING_NAME_CHARS]; /* learnt */
    char why[PAIRING_WHY_CHARS]; /* unless EXIT_COMPLETE: a sentence for people */
};

/* EXIT_COMPLETE: `pairing` and `facts` are set. */
enum exit_code pairing_dial_ask(struct pairing_dial *dial);
/* EXIT_COMPLETE: entity, currency and name are set.  `wanted` NULL: the archive must
 * have one entity; else the one with this id must be among those that it shows. */
enum exit_code pairing_dial_learn(struct pairing_dial *dial, const char *wanted);

/* The same two on the loop of `net`.  `ended` comes from the loop, once, and the call
 * is then gone; `dial` and `wanted` are borrowed until then.  NULL: no memory. */
struct pairing_call;
MUST_CHECK struct pairing_call *
pairing_call_ask(struct pairing_dial *dial, struct net *net,
                 void (*ended)(void *user, enum exit_code result), void *user);
MUST_CHECK struct pairing_call *
pairing_call_learn(struct pairing_dial *dial, struct net *net, const char *wanted,
                   void (*ended)(void *user, enum exit_code result), void *user);
/* `ended` does not come any more; the loop frees the call in its next turns. */
void pairing_call_cancel(struct pairing_call *call);

void pairing_dial_release(struct pairing_dial *dial);

#endif
