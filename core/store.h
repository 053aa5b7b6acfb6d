/* store.h - the rows that the archives have answered, in memory only.
 *
 * One slot an archive, in the order of the config's totebox blocks.  A slot holds the
 * verified rows of its views and the status of its link.  Rows change in groups: begin,
 * upserts and deletes, commit; what was begun and not committed is never seen.  A row
 * whose key does not begin with the slot's pinned entity (or, for hubs, one of those
 * listed; or, for `structure`, an ownership edge of another) is refused and counted,
 * never stored.
 *
 * The store tells its listener which slot and view changed, so that the cost of a
 * refresh follows the change. */
#ifndef CORE_STORE_H
#define CORE_STORE_H

#include "core/config.h"
#include "proto/rows.h"

/*  idle -> connecting -> handshaking -> presenting -> live <-> quiet
 *                     any failure -> backing off -> connecting
 *                     wrong key, not paired, revoked, incompatible -> refused */
enum link_state {
    LINK_IDLE,
    LINK_CONNECTING,
    LINK_HANDSHAKING,
    LINK_PRESENTING,
    LINK_LIVE,
    LINK_QUIET, /* live, but no heartbeat for 10 s */
    LINK_BACKING_OFF,
    LINK_REFUSED,
};
const char *link_state_name(enum link_state state);

enum refusal_kind {
    REFUSED_NOT,
    REFUSED_WRONG_KEY,
    REFUSED_NOT_PAIRED,
    REFUSED_REVOKED,
    REFUSED_EXPIRED, /* the pairing's own window is over */
    REFUSED_DENIED,
    REFUSED_INCOMPATIBLE,
};

struct link_status {
    enum link_state state;
    enum refusal_kind refusal;
    char reason[128];           /* for people, clean text, "" when live */
    int64_t last_ok_ms;         /* wall clock of the last verified answer; 0 never */
    int64_t last_ok_mono_ms;    /* the same on the monotonic clock */
    int64_t down_since_ms;      /* wall; 0 while the link is up */
    int64_t retry_at_mono_ms;   /* 0: no retry planned */
    int64_t capability_ends_ms; /* archive's clock; 0: none */
    int64_t skew_ms;            /* archive's clock minus ours */
    int32_t rtt_ms;             /* -1 unknown */
    uint32_t attempts;          /* dials since the link was last live */
    uint64_t revision;          /* newest commit received */
    uint64_t deltas;            /* groups applied since start */
    uint64_t bytes_in, bytes_out;
    uint8_t peer[HASH_BYTES];    /* key that TLS proved, zero before */
    uint8_t leaf[HASH_BYTES];    /* linkId of the capability in use */
    uint32_t refused_rows;       /* rows for another entity, refused */
    uint32_t bad_rows;           /* rows that do not decode, left out */
    uint32_t denied_views;       /* bit per enum view: refused by capability */
    uint32_t incompatible_views; /* bit per enum view: a required column is missing */
};

struct store;

/* `config` is borrowed for the store's life. */
struct store *store_new(const struct config *config);
void store_free(struct store *store);
struct names *store_names(struct store *store);
uint32_t store_slot_count(const struct store *store);

/* --- the writing side: links -------------------------------------------------- */

/* `snapshot`: rows that are not named again by the group are gone at commit. */
void store_begin(struct store *store, uint32_t slot, bool snapshot);
/* Takes over the references that `row` holds (also when it refuses). */
void store_upsert(struct store *store, uint32_t slot, enum view view,
                  const union any_row *row);
void store_delete(struct store *store, uint32_t slot, enum view view, struct text key);
void store_commit(struct store *store, uint32_t slot, uint64_t revision);
void store_abandon(struct store *store, uint32_t slot);
/* Forgets all rows of a slot (hard-stale, revoked, key changed). */
void store_clear(struct store *store, uint32_t slot);
/* The link writes its status here; call store_status_changed after a change of state.
 */
struct link_status *store_status(struct store *store, uint32_t slot);
void store_status_changed(struct store *store, uint32_t slot);

/* --- the reading side: figures ------------------------------------------------ */

struct store_listener {
    /* After a commit, once for each view that changed.  NULL: not interested. */
    void (*rows_changed)(void *user, uint32_t slot, enum view view);
    /* One committed row: `before` NULL when new, `after` NULL when deleted.  Called for
     * each changed row during commit, before rows_changed; the rows of the slot can be
     * read only after the commit.  Both are borrowed for the call. */
    void (*row_changed)(void *user, uint32_t slot, enum view view,
                        const union any_row *before, const union any_row *after);
    void (*status_changed)(void *user, uint32_t slot);
    void *user;
};
void store_listen(struct store *store, const struct store_listener *listener);

/* Rows of one view, sorted by key bytewise; borrowed until the next commit. */
uint32_t store_row_count(const struct store *store, uint32_t slot, enum view view);
const union any_row *store_row(const struct store *store, uint32_t slot, enum view view,
                               uint32_t index);
const union any_row *store_find(const struct store *store, uint32_t slot,
                                enum view view, struct text key);
uint64_t store_total_rows(const struct store *store);

#endif
