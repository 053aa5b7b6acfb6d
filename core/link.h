/* link.h - one connection to one archive: the part of links.h that each slot has.
 *
 * Private to links.c and link.c. */
#ifndef CORE_LINK_H
#define CORE_LINK_H

#include "core/links.h"
#include "proto/caller.h"

enum {
    LINK_CREDIT = 2,          /* next() calls kept outstanding */
    LINK_HEARTBEAT_MS = 5000, /* maxWaitMs asked for */
    LINK_QUIET_MS = 12000,
    LINK_DEAD_MS = 30000,
    LINK_CONNECT_MS = 5000,
    LINK_HANDSHAKE_MS = 10000,
    LINK_ANSWER_MS = 5000,
    LINK_FILL_MS = 60000,       /* first snapshot, all its parts */
    LINK_STABLE_MS = 30000,     /* live for so long: backoff starts anew */
    LINK_LOOK_AGAIN_MS = 60000, /* refused */
    LINK_BACKDATE_MS = 20000,   /* notBefore = now - this: clocks differ */
};

struct fleet_link;

/* A watch and the next() calls on it.  Two a link: while a renewed capability takes
 * over, what the old watch still answers is told apart and ignored. */
struct link_watch {
    struct fleet_link *link;
    cap watch;
    uint64_t delta_seq;   /* of the last delta */
    uint32_t outstanding; /* next() calls */
};

struct fleet_link {
    struct links *links;
    const struct config_totebox *config;
    struct link_status *status; /* in the store */
    uint32_t slot;

    struct stream *stream;
    struct caller *caller;
    struct caller *dead_caller; /* hung up from inside its own callback */
    bool receiving;
    cap totebox, grant;
    struct link_watch watches[2];
    struct link_watch *current; /* NULL: none whose answers count */
    bool group_open;

    struct token pairing;
    bool has_pairing, asked_pairing, asked_clock, asked_views;
    int64_t pairing_ends_ms;
    uint8_t authority[KEY_BYTES];
    uint32_t views; /* bit per enum view: what is watched */

    uint8_t resume[256];
    uint32_t resume_length;

    int64_t deadline_ms;   /* monotonic, of the phase; 0 none */
    int64_t renew_at_ms;   /* monotonic */
    int64_t live_since_ms; /* monotonic; 0 not live */
    int64_t asked_at_ms;   /* monotonic, when present left */
    uint32_t failures;     /* in a row */
    int64_t failing_since_ms;
    bool queued;  /* in the dial queue */
    bool settled; /* has answered completely or failed since start */
};

void link_init(struct fleet_link *link, struct links *links, uint32_t slot);
void link_dial(struct fleet_link *link);
/* Closes the connection without a word about why. */
void link_hang_up(struct fleet_link *link);
void link_release(struct fleet_link *link);
/* Deadlines, renewal, heartbeat; called a few times a second. */
void link_tick(struct fleet_link *link, int64_t now_ms);

/* What links.c does for a link. */
struct net *links_net(struct links *links);
struct store *links_store(struct links *links);
struct channel_identity *links_identity(struct links *links);
const struct key_pair *links_device(struct links *links);
const struct config *links_config(struct links *links);
int64_t links_now_ms(const struct links *links); /* monotonic */
void links_changed(struct links *links);
/* The link changed its state from `before`. */
void links_state_changed(struct links *links, struct fleet_link *link,
                         enum link_state before);
/* 0 .. bound-1 */
uint32_t links_random(struct links *links, uint32_t bound);

#endif
