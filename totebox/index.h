/* index.h - the rows of the catalogue, kept up to date line by line.
 *
 * An index is what the ledger says about the views of proto/rows.h, under the union of
 * what exposure.conf exposes to anybody.  It is derived: nothing but the ledger is the
 * truth.  What one peer may see of it is judged row by row (exposure.h).
 *
 * Rows lie in a mapped file (index_file.h) as they stood when it was written; those
 * that changed since lie in memory over it.  Opening maps the file and reads the lines
 * that came after it; without a file that is good, it reads the whole ledger.  Both
 * give the same rows.
 *
 * Rows stay where they are, and the pointer stays good, until the next
 * index_apply_new_lines(), index_append() or index_close().  Sorted by key, bytewise.
 * Single-threaded. */
#ifndef TOTEBOX_INDEX_H
#define TOTEBOX_INDEX_H

#include "proto/rows.h"
#include "totebox/archive.h"

struct archive_index;

/* Opens the archive's ledger, verifies what the mapped file does not stand for, and
 * gives the rows of `plan` as they stood after the last commit with a commit time <=
 * until_ms (INT64_MAX: newest; an older instant gives an index that never changes).
 * Borrows the archive.  NULL on failure. */
MUST_CHECK enum archive_error index_open(struct archive_index **index,
                                         const struct archive *archive,
                                         const struct index_plan *plan,
                                         enum ledger_mode mode, int64_t until_ms,
                                         struct problem *problem);
/* The same from the first line on, whatever files there are: every hash is computed. */
MUST_CHECK enum archive_error index_rebuild(struct archive_index **index,
                                            const struct archive *archive,
                                            const struct index_plan *plan,
                                            enum ledger_mode mode, int64_t until_ms,
                                            struct problem *problem);
void index_close(struct archive_index *index);

/* Writes the file anew, so that the next opening begins here.  Of the plan of
 * exposure.conf only: ARCHIVE_REFUSED for another, or for an earlier instant. */
MUST_CHECK enum archive_error index_write_file(struct archive_index *index,
                                               struct problem *problem);
/* Lines that were read because no file stands for them; a program that stays writes the
 * file when they are many (INDEX_LINES_KEPT). */
enum { INDEX_LINES_KEPT = 1000 };
uint64_t index_lines_read(const struct archive_index *index);
/* Why a file that is there was not used, as a sentence; "" when it was, or is none. */
const char *index_said(const struct archive_index *index);
/* Lines that the mapped file stands for; 0: there is none. */
uint64_t index_mapped_lines(const struct archive_index *index);

/* One row that is new, other than it was, or gone.  A key appears at most once. */
struct index_change {
    enum view view;
    bool deleted;
    const union any_row *row; /* deleted: as it was */
};
struct index_changes {
    const struct index_change *change;
    uint32_t count;
};

/* Takes over what was appended since, by this process or another: after it *changes
 * lists every row that differs from before the call (and from before an index_append()
 * whose changes were not taken).  Valid until the next call. */
MUST_CHECK enum archive_error index_apply_new_lines(struct archive_index *index,
                                                    struct index_changes *changes,
                                                    struct problem *problem);
/* Appends a commit through the index's own ledger (LEDGER_WRITE).  The changes are
 * reported by the next index_apply_new_lines(). */
MUST_CHECK enum archive_error index_append(struct archive_index *index,
                                           const struct ledger_batch *batch,
                                           int64_t now_ms, struct problem *problem);

struct names *index_names(const struct archive_index *index);
struct ledger *index_ledger(const struct archive_index *index);
/* Ledger size (lines) that the rows stand for, and the commit time of its last line. */
uint64_t index_revision(const struct archive_index *index);
int64_t index_last_commit_ms(const struct archive_index *index);
/* As-of of the ledger rows (pos, item): the day of the newest `asof` line, else the
 * commit time of the newest posting; 0 without postings. */
int64_t index_as_of_ms(const struct archive_index *index);
uint32_t index_row_count(const struct archive_index *index, enum view view);
/* Of the newest lifecycle line, else of archive.conf: "active", ... */
const char *index_lifecycle(const struct archive_index *index);

/* NULL when there is none. */
const union any_row *index_find(const struct archive_index *index, enum view view,
                                struct text key);
/* The first row whose key is not before `key` / comes after it ("" starts at the
 * first); then row by row.  O(log n) to seek, O(1) a step. */
const union any_row *index_seek(const struct archive_index *index, enum view view,
                                struct text key);
const union any_row *index_after(const struct archive_index *index, enum view view,
                                 struct text key);
const union any_row *index_next(const struct archive_index *index, enum view view,
                                const union any_row *row);

/* Whether the row lies in the mapped file: then it stays what and where it is until
 * index_close(). */
bool index_row_is_mapped(const struct archive_index *index, enum view view,
                         const union any_row *row);
/* The row's as-of now.  That of a ledger row moves without the row: what stands in it
 * is of when it was made. */
int64_t index_row_as_of_ms(const struct archive_index *index, enum view view,
                           const union any_row *row);

/* Whether a correction may name line `seq`: a posting that is not corrected yet. */
MUST_CHECK enum archive_error index_may_correct(const struct archive_index *index,
                                                uint64_t seq, struct problem *problem);

/* Pairings: the highest epoch of this key that a ledger line revoked, 0 for none.  A
 * pairing is good while its epoch is above it. */
uint64_t index_revoked_epoch(const struct archive_index *index,
                             const uint8_t holder[HASH_BYTES]);

#endif
