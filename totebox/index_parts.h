/* index_parts.h - what the files of the index share.  Private to them.
 *
 *   index.c          opening, following, lines
 *   index_rows.c     rows: those of the mapped file, those in memory over them; changes
 *   index_file.c     the mapped file, checked and searched
 *   index_keep.c     writing it
 *   index_books.c    postings -> pos and item
 *   index_facts.c    metric, edge, obligation, note, lifecycle -> their rows, entity
 *   index_rates.c    rate -> fx
 *
 * Postings and rates are summed first and become rows when a batch of new lines has
 * been read (settle); the other kinds become rows line by line. */
#ifndef TOTEBOX_INDEX_PARTS_H
#define TOTEBOX_INDEX_PARTS_H

#include "totebox/index.h"
#include "totebox/index_file.h"
#include "totebox/row_set.h"

/* A growable array of one struct: count used of capacity. */
#define LIST(type)                                                                     \
    struct {                                                                           \
        type *at;                                                                      \
        uint32_t count, capacity;                                                      \
    }

/* Room for one more; false when memory is short. */
MUST_CHECK bool list_grow(void **at, uint32_t count, uint32_t *capacity, size_t size);
#define LIST_GROW(list)                                                                \
    list_grow((void **)&(list).at, (list).count, &(list).capacity, sizeof(*(list).at))

/* A row that is not as it was when changes were last taken. */
struct pending {
    enum view view;
    struct row_entry *entry;
    const union any_row *gone; /* no entry: a row of the file that was deleted */
};

/* The rows of a view: those of the mapped file but for the dead ones, and those in
 * memory, which are newer.  No key is in both. */
struct index_rows {
    uint32_t mapped, dead_count;
    uint64_t *dead; /* bitmap; NULL: none is */
    struct row_set set;
};

struct pos_sum;
struct account_line;
struct ordinal;
struct rate_pair;

/* The first entry that comes after row `after` of the file, so that going on row by row
 * does not search. */
struct next_entry {
    bool known;
    uint32_t after;
    struct row_entry *entry;
};

struct archive_index {
    const struct archive *archive;
    struct index_plan plan;
    struct names *names;
    struct ledger *ledger;
    int64_t until_ms;
    bool ended; /* until_ms is passed: nothing more is taken */
    uint64_t revision;
    int64_t last_commit_ms, last_posting_ms;
    struct index_file
        file; /* mapped; its lists are searched, the ones below are newer */
    struct index_rows rows[VIEW_COUNT];
    struct next_entry *next; /* by view */
    char said[256];

    LIST(struct pending) pending;
    LIST(struct index_change) reported;
    LIST(struct pending) graves; /* entries deleted, and reported so */
    LIST(struct revoked) revoked;
    LIST(struct asof) asofs;
    LIST(uint64_t) corrected; /* seq of postings that no longer count */
    LIST(struct made_row) items;
    LIST(struct made_row) notes;

    name_id entity, functional;
    char lifecycle[16];
    uint64_t book_lines, entity_seq;
    bool entity_changed;

    /* index_books.c */
    struct pos_sum *sums, *dirty_sums;
    struct account_line *account_lines;
    struct ordinal *ordinals;
    /* index_rates.c */
    LIST(struct rate_pair) pairs;
    bool rates_changed, rates_awake;
    uint32_t mark_n, mark_hist_cur; /* columns whose cells can be marked */
};

static inline bool plan_has(const struct archive_index *index, enum view view)
{
    return index->plan.views & 1U << view;
}

/* --- index_rows.c --------------------------------------------------------------- */

MUST_CHECK bool index_rows_init(struct archive_index *index);
void index_rows_release(struct archive_index *index);
void index_forget_changes(struct archive_index *index);
/* New or other: takes over the row's references and notes the change. */
MUST_CHECK enum archive_error index_put(struct archive_index *index, enum view view,
                                        union any_row *row, struct problem *problem);
/* Writes the key from its parts, then index_put. */
MUST_CHECK enum archive_error index_put_parts(struct archive_index *index,
                                              enum view view, union any_row *row,
                                              const struct text *parts, uint32_t count,
                                              struct problem *problem);
MUST_CHECK enum archive_error index_delete(struct archive_index *index, enum view view,
                                           name_id key, struct problem *problem);
/* What is pending becomes the list of changes; deleted rows live until the next time.
 */
MUST_CHECK enum archive_error index_report(struct archive_index *index,
                                           struct index_changes *changes,
                                           struct problem *problem);

/* --- index_keep.c --------------------------------------------------------------- */

/* Writes sections of a file that will stand for the index as it is.  Names get new ids
 * in the order in which they are met. */
struct keeper;
void keep_section(struct keeper *keeper, enum index_section section);
void keep_record(struct keeper *keeper, const void *record, size_t size);
name_id keep_name(struct keeper *keeper, name_id id);

/* --- index.c -------------------------------------------------------------------- */

/* A row of that view, empty but for entity and seq. */
void index_row_start(struct archive_index *index, union any_row *row, uint64_t seq);
MUST_CHECK bool index_name(struct archive_index *index, struct text text, name_id *id);
/* "line 17: <words>", ARCHIVE_CORRUPT. */
enum archive_error index_defect(const struct line *line, const char *words,
                                struct problem *problem);
/* A decimal or date that line_check has passed; none: 0. */
struct decimal line_decimal(const struct line *line, enum line_field field);
int32_t line_date(const struct line *line, enum line_field field);
uint64_t line_number(const struct line *line, enum line_field field);
/* As a cell: marked "not applicable" where the line has none. */
struct amount line_amount(const struct line *line, enum line_field field);
struct amount amount_marked(enum cell_mark mark);
/* Whether a correction names posting `seq`. */
bool index_is_corrected(const struct archive_index *index, uint64_t seq);
/* As-of of what was booked for a period that starts at `start`. */
int64_t index_books_as_of(const struct archive_index *index, int64_t start);

/* --- the others ----------------------------------------------------------------- */

MUST_CHECK enum archive_error index_posting(struct archive_index *index,
                                            const struct line *line, bool corrected,
                                            struct problem *problem);
MUST_CHECK enum archive_error index_settle_books(struct archive_index *index,
                                                 struct problem *problem);
void index_release_books(struct archive_index *index);
MUST_CHECK bool index_keep_books(struct archive_index *index, struct keeper *keeper);

MUST_CHECK enum archive_error index_fact(struct archive_index *index,
                                         const struct line *line,
                                         struct problem *problem);
MUST_CHECK enum archive_error index_settle_entity(struct archive_index *index,
                                                  struct problem *problem);

MUST_CHECK enum archive_error index_rate(struct archive_index *index,
                                         const struct line *line,
                                         struct problem *problem);
MUST_CHECK enum archive_error index_settle_rates(struct archive_index *index,
                                                 struct problem *problem);
void index_release_rates(struct archive_index *index);
/* Takes the fixings of the mapped file into memory, before anything is done to them. */
MUST_CHECK bool index_wake_rates(struct archive_index *index);
MUST_CHECK bool index_keep_rates(struct archive_index *index, struct keeper *keeper);

#endif
