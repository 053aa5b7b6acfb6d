/* links.h - one connection to each archive of the fleet, and the queue that dials them.
 *
 * Each link dials, proves its key, presents a capability that it narrows for itself
 * (the archive's pairing, plus a leaf for named rows and one hour, signed by the device
 * key) and watches all views at once; bootstrap, present, watch and the first two
 * next() leave in one flight.  Received groups go to the store; the link's status goes
 * to the store's status block.  A capability is renewed before its window ends,
 * resuming the stream at the position reached: no gap and no duplicate.
 *
 *   state         leaves when                                  to
 *   idle          its turn in the dial queue                   connecting
 *   connecting    TCP is up (5 s)                              handshaking
 *   handshaking   TLS is open (10 s in all)                    presenting
 *   presenting    first group of rows closed (5 s an answer)   live
 *   live          12 s without an answer                       quiet
 *   quiet         an answer / 30 s without one                 live / backing off
 *   backing off   full jitter, base 250 ms, cap 15 s (60 s after ten minutes)
 *   refused       a reason that a person must act on: looks again once a minute, or,
 *                 where the archive shows another key, only when asked to
 *
 * Nothing that an archive sends can make a link dial, sign, or write elsewhere: what it
 * answers ends in the store or in the status block of its own slot. */
#ifndef CORE_LINKS_H
#define CORE_LINKS_H

#include "core/store.h"
#include "net/stream.h"

struct links;

struct links_events {
    /* Rows or a status changed: figures are worth asking again.  May be NULL. */
    void (*changed)(void *user);
    void *user;
};

/* All arguments are borrowed for the life of the links. */
struct links *links_new(struct net *net, const struct config *config,
                        struct store *store, struct channel_identity *identity,
                        const struct key_pair *device,
                        const struct links_events *events);
/* Puts every link into the dial queue. */
void links_start(struct links *links);
/* Dials now, whatever the state; UINT32_MAX: every link that is not live. */
void links_ask_again(struct links *links, uint32_t slot);
/* Closes all; `closed` runs from the loop when no handle is left, then links is gone.
 */
void links_close(struct links *links, void (*closed)(void *user), void *user);

/* True when every link has either answered completely or failed at least once: the
 * moment at which a first picture is as full as it gets. */
bool links_have_settled(const struct links *links);

#endif
