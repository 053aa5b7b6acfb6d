/* link.h - one connection to one archive: the part of links.h that each slot has.
 *
 *   link.c             the connection: states, backoff, deadlines
 *   link_capability.c  the pairing, and the leaf that is minted from it
 *   link_present.c     presenting, watching, and doing so again before the window ends
 *   link_deltas.c      what the watch brings, into the store
 *
 * Private to them and to links.c. */
#ifndef CORE_LINK_H
#define CORE_LINK_H

#include "core/links.h"
#include "proto/caller.h"

enum {
    LINK_CREDIT = 2,          /* next() calls kept outstanding */
    LINK_HEARTBEAT_MS = 5000, /* maxWaitMs asked for */
    LINK_FIRST_MS = 100,      /* the same of the first call on a watch */
    LINK_QUIET_MS = 12000,
    LINK_DEAD_MS = 30000,
    LINK_CONNECT_MS = 5000,
    LINK_HANDSHAKE_MS = 10000,
    LINK_ANSWER_MS = 5000,
    LINK_FILL_MS = 60000,       /* first snapshot, all its parts */
    LINK_STABLE_MS = 30000,     /* live for so long: backoff starts anew */
    LINK_LOOK_AGAIN_MS = 60000, /* refused */
    LINK_BACKDATE_MS = 20000,   /* notBefore = now - this: clocks differ */
    LINK_FRAME_MS = 10000,      /* from the first byte of a message to its last */
    LINK_PENALTY_MAX_MS = 600000,
    /* Bounds on what an archive can make us hold or do. */
    LINK_UNSENT_MAX = 256 * 1024, /* bytes that it does not read */
    LINK_ROWS_MAX = 1 << 18,
    LINK_HUB_ROWS_MAX = 1 << 22,
    LINK_PATIENCE = 1000, /* answers without rows, at once; they come back at */
    LINK_PATIENCE_PER_S = 33,
    LINK_ENDED_COST = 30, /* one that ends a watch costs us a signature */
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
    bool group_open, group_is_snapshot;
    bool awaits_snapshot; /* until it closes nothing else counts */
    uint64_t group_revision;
    uint32_t group_rows;

    struct token pairing;
    bool has_pairing, asked_pairing, asked_clock, asked_views;
    int64_t pairing_ends_ms;
    uint8_t authority[KEY_BYTES];
    /* Bits by enum view: what is watched, what the pairing names, and what the position
     * to resume from belongs to. */
    uint32_t views, paired_views, resume_views;

    uint8_t resume[256];
    uint32_t resume_length;

    int64_t deadline_ms;      /* monotonic, of the phase; 0 none */
    int64_t renew_at_ms;      /* monotonic */
    int64_t live_since_ms;    /* monotonic; 0 not live */
    int64_t asked_at_ms;      /* monotonic, when present left */
    int64_t partial_since_ms; /* monotonic; 0: no message is half received */
    int64_t patience_milli, patience_ms;
    uint32_t failures; /* in a row */
    uint32_t offences; /* against the protocol, in a row */
    int64_t failing_since_ms;
    bool queued;    /* in the dial queue */
    bool settled;   /* has answered completely or failed since start */
    bool is_barred; /* backing off because of an offence: success elsewhere is no reason
                       to come sooner */
};

void link_init(struct fleet_link *link, struct links *links, uint32_t slot);
void link_dial(struct fleet_link *link);
/* Closes the connection without a word about why. */
void link_hang_up(struct fleet_link *link);
/* Closes it, to be dialled again soon. */
void link_start_over(struct fleet_link *link);
void link_release(struct fleet_link *link);
/* Deadlines, renewal, heartbeat; called a few times a second. */
void link_tick(struct fleet_link *link, int64_t now_ms);

/* --- link.c, for its other files ---------------------------------------------------
 */

int64_t link_now_ms(const struct fleet_link *link);
/* True when the connection that the answer came over is no more: it ended, or an
 * earlier answer of the same read made us hang up. */
bool link_is_gone(const struct fleet_link *link, const struct answer *answer);
void link_heard(struct fleet_link *link);
/* The first group of rows is complete, or a renewed watch goes on. */
void link_become_live(struct fleet_link *link);
/* `why` is clean text for people. */
void link_back_off(struct fleet_link *link, const char *why);
/* The archive broke the protocol, or makes us work for nothing: back off for longer. */
void link_punish(struct fleet_link *link, const char *why);
void link_refuse(struct fleet_link *link, enum refusal_kind kind, const char *why);
/* Refused, or for a while: as the archive's code says. */
void link_refuse_by_code(struct fleet_link *link, enum psp_error error);

/* --- link_capability.c -------------------------------------------------------------
 */

bool link_load_pairing(struct fleet_link *link, char why[128]);
/* What link->pairing says; false when it cannot be read. */
MUST_CHECK bool link_read_pairing(struct fleet_link *link);
/* The pairing and a leaf for the rows of this link's entity (a hub: of every entity),
 * one window long, bound to the TLS key of this device. */
MUST_CHECK enum psp_error link_mint(const struct fleet_link *link, struct token *token);

/* --- link_present.c ----------------------------------------------------------------
 */

/* One flight: the capability, the watch on all views, and the credit. */
void link_present(struct fleet_link *link);
/* False when it was asked already, or cannot be. */
MUST_CHECK bool link_ask_pairing(struct fleet_link *link);

/* --- link_deltas.c -----------------------------------------------------------------
 */

void link_drop_group(struct fleet_link *link);
/* Fills the credit of the current watch. */
void link_ask_next(struct fleet_link *link);

/* --- links.c, for a link -----------------------------------------------------------
 */

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
