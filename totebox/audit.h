/* audit.h - who asked what: audit/log.jsonl, chained as the ledger is.
 *
 * It is off the path of an answer: what happens is noted in memory, and audit_flush(),
 * called about once a second, appends it as one commit.
 *
 *   grant     at once: who (labels of the chain), which key, which link, until when
 *   refusal   at once, then at most one line in ten seconds a key and reason, with how
 *             often: a peer that knocks for ever does not fill the disk
 *   reads     one line a minute, who and view: how many answers, how many rows
 *
 * Commands and pairings are lines of the ledger itself. */
#ifndef TOTEBOX_AUDIT_H
#define TOTEBOX_AUDIT_H

#include "proto/rows.h"
#include "totebox/archive.h"

enum { AUDIT_REFUSAL_MS = 10000, AUDIT_READS_MS = 60000 };

struct audit;

/* Opens the log for writing, creates it when there is none.  NULL on failure. */
MUST_CHECK enum archive_error audit_open(struct audit **audit,
                                         const struct archive *archive,
                                         struct problem *problem);
/* Signs a checkpoint over it and closes it.  Flush first.  audit_close(NULL) is fine.
 */
void audit_close(struct audit *audit, const struct archive *archive);

/* `who`: labels of the capability's links; `holder`: SHA-256 of the peer's
 * SubjectPublicKeyInfo. */
void audit_grant(struct audit *audit, struct text who, const uint8_t holder[HASH_BYTES],
                 const uint8_t link_id[HASH_BYTES], int64_t not_after_ms);
/* `why`: the code on the wire, "psp.expired", or NULL for one that is never sent.
 * holder may be NULL. */
void audit_refusal(struct audit *audit, const uint8_t *holder, const char *why);
/* An answer or a delta with that many rows of a view. */
void audit_rows(struct audit *audit, struct text who, enum view view, uint64_t rows);

/* Appends what is due.  After a failure it is kept, and tried again by the next call;
 * what is beyond a bound is then lost, and the next line that is written says how much.
 */
MUST_CHECK enum archive_error audit_flush(struct audit *audit, int64_t now_ms,
                                          struct problem *problem);

/* Reads the whole log, checks it, and gives every line to the visitor.  No log: no
 * lines. */
MUST_CHECK enum archive_error audit_read(const struct archive *archive,
                                         struct ledger_visitor visitor, uint64_t *lines,
                                         struct problem *problem);

#endif
