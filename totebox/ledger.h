/* ledger.h - the write-once ledger: ledger/log.jsonl, one JSON object a line, chained.
 *
 * `prev` of a line is the RFC 9162 leaf hash of the whole line before it, SHA-256(0x00
 * || line without newline); of the first it is SHA-256("totebox ledger v1\n" || entity
 * id). So every byte is covered by the line after it, and the last ones by the signed
 * checkpoint.  There is no update and no delete: a correction is a new line.
 *
 * A commit is one or more lines that become true together.  It is acknowledged after
 * fdatasync.  An exclusive flock on the file keeps writers of several processes apart;
 * a writer first takes over what others appended.  Readers need no lock: they stop
 * before a commit that is not complete.
 *
 *   found at open                        done
 *   a line whose hash, seq or form       ARCHIVE_CORRUPT naming the line; nothing
 * served is wrong fewer lines than the checkpoint,     ARCHIVE_CORRUPT; nothing set
 * aside or another root an incomplete commit at the end      LEDGER_WRITE: moved to
 * ledger/torn-<line>, said; (crash before acknowledgement)     LEDGER_READ: left alone,
 * ledger_torn_bytes() write fails (ENOSPC, short write)    cut back to the last commit;
 * refused; usable fdatasync fails                      ARCHIVE_FAILED now and for every
 * later append: what is on disk is unknown until it is reopened
 */
#ifndef TOTEBOX_LEDGER_H
#define TOTEBOX_LEDGER_H

#include "proto/sign.h"
#include "totebox/line.h"
#include "totebox/merkle.h"

struct ledger;

enum ledger_mode { LEDGER_READ, LEDGER_WRITE };

/* Is given every line once, in order, when its commit is complete and verified: those
 * found at open, those other processes append, and our own.  A code other than
 * ARCHIVE_OK ends the ledger's use. */
struct ledger_visitor {
    enum archive_error (*line)(void *user, const struct ledger *ledger,
                               const struct line *line, struct problem *problem);
    void *user;
};

/* An archive has two: its books, and who asked what (audit.h). */
#define LEDGER_BOOKS "ledger"
#define LEDGER_AUDIT "audit"

/* Creates an empty ledger in `archive`/ledger.  Refuses one that is there. */
MUST_CHECK enum archive_error ledger_create(const char *archive,
                                            struct problem *problem);
/* The same in another folder: LEDGER_AUDIT. */
MUST_CHECK enum archive_error ledger_create_in(const char *archive, const char *folder,
                                               struct problem *problem);

/* Opens, verifies every hash, checks against the checkpoint (signed by `authority`, a
 * public key; NULL: without it) and gives every line to the visitor (its `line` may be
 * NULL).  `origin` is the name in the checkpoint.  *ledger is NULL on failure. */
MUST_CHECK enum archive_error
ledger_open(struct ledger **ledger, const char *archive, struct text entity,
            struct text origin, const uint8_t *authority, enum ledger_mode mode,
            struct ledger_visitor visitor, struct problem *problem);
/* The same in another folder: LEDGER_AUDIT, whose first hash is of "totebox audit v1".
 */
MUST_CHECK enum archive_error
ledger_open_in(struct ledger **ledger, const char *archive, const char *folder,
               struct text entity, struct text origin, const uint8_t *authority,
               enum ledger_mode mode, struct ledger_visitor visitor,
               struct problem *problem);
/* Where a ledger stands after a whole commit: enough to go on from there without
 * reading what is before.  Whoever keeps one must be able to tell that it is what was
 * kept. */
struct ledger_position {
    struct merkle merkle;
    uint64_t bytes;
    int64_t last_at_ms;
    uint8_t head[HASH_BYTES];
    /* The checkpoint that was compared on the way; size 0: none. */
    uint64_t note_size;
    uint8_t note_root[HASH_BYTES];
};
void ledger_position(const struct ledger *ledger, struct ledger_position *position);
/* ledger_open() from a position on.  The hashes before it are not computed again, but
 * the last line must be there and be the one that it was, and the checkpoint must be
 * one that was compared or that is yet to come: else ARCHIVE_REFUSED, and the caller
 * opens from the start.  Lines before the position are held against the `prev` of the
 * next when ledger_text() reads them. */
MUST_CHECK enum archive_error
ledger_open_from(struct ledger **ledger, const char *archive, struct text entity,
                 struct text origin, const uint8_t *authority, enum ledger_mode mode,
                 struct ledger_visitor visitor, const struct ledger_position *position,
                 struct problem *problem);
void ledger_close(struct ledger *ledger);

/* Takes over what other processes appended since.  Cheap when nothing was. */
MUST_CHECK enum archive_error ledger_follow(struct ledger *ledger,
                                            struct problem *problem);

uint64_t ledger_lines(const struct ledger *ledger);
uint64_t ledger_bytes(const struct ledger *ledger);
/* Commit time of the last line, 0 for an empty ledger. */
int64_t ledger_last_commit_ms(const struct ledger *ledger);
/* Bytes of an incomplete commit at the end (being written, or torn). */
uint64_t ledger_torn_bytes(const struct ledger *ledger);
/* What recovery set aside at open, as a sentence; "" when nothing. */
const char *ledger_recovered(const struct ledger *ledger);
/* Absolute or relative path of log.jsonl, for inotify. */
const char *ledger_path(const struct ledger *ledger);
void ledger_root(const struct ledger *ledger, uint8_t root[HASH_BYTES]);
/* Text of line `seq` (1..lines) as it stands in the file, appended to `out`. */
MUST_CHECK enum archive_error ledger_text(const struct ledger *ledger, uint64_t seq,
                                          struct buffer *out, struct problem *problem);

/* Lines that are to become true together. */
struct ledger_batch {
    struct buffer bodies; /* one a line, each ended by a newline */
    uint64_t count;
};
void ledger_batch_init(struct ledger_batch *batch);
void ledger_batch_release(struct ledger_batch *batch);
/* Checks the line and adds it. */
MUST_CHECK enum archive_error ledger_batch_add(struct ledger_batch *batch,
                                               const struct line *line,
                                               struct problem *problem);

/* Keeps other writers out, and takes over what they appended.  Held until
 * ledger_unlock; ledger_append takes it by itself when it is not held. */
MUST_CHECK enum archive_error ledger_lock(struct ledger *ledger,
                                          struct problem *problem);
void ledger_unlock(struct ledger *ledger);

/* One commit.  When it returns ARCHIVE_OK the lines are durable and were visited.
 * An empty batch is no commit and succeeds. */
MUST_CHECK enum archive_error ledger_append(struct ledger *ledger,
                                            const struct ledger_batch *batch,
                                            int64_t now_ms, struct problem *problem);

/* Writes ledger/checkpoint for the present size, signed, durable, replaced at once. */
MUST_CHECK enum archive_error ledger_checkpoint(struct ledger *ledger,
                                                const struct key_pair *authority,
                                                struct problem *problem);
/* The size that ledger/checkpoint signs, 0 when there is none, and its text. */
uint64_t ledger_checkpoint_lines(const struct ledger *ledger);
struct text ledger_checkpoint_text(const struct ledger *ledger);

#endif
