/* import_known.h - what a ledger already says of what a file brings.
 *
 * Of facts: the content that holds for each key.  Of transactions: those of one source
 * that still count, by the id in their postings.  Fed by the ledger's visitor, so that
 * it is right at the moment at which the ledger is locked. */
#ifndef TOTEBOX_IMPORT_KNOWN_H
#define TOTEBOX_IMPORT_KNOWN_H

#include "totebox/import_plan.h"

struct known_posting {
    uint64_t seq;
    uint32_t transaction; /* index */
    bool counts;          /* no correction names it */
};

struct known_transaction {
    uint64_t first; /* its first line */
    uint32_t live;  /* postings that count */
    bool in_file;
};

struct import_known {
    enum import_kind kind;
    struct buffer source;           /* "hledger:books.csv:" */
    struct digest_map map;          /* index + 1 of a transaction, of a content */
    struct known_posting *postings; /* by seq */
    uint32_t posting_count, posting_capacity;
    struct known_transaction *transactions;
    uint8_t (*contents)[HASH_BYTES];
    uint32_t count, capacity; /* of transactions, or of contents */
};

/* The plan has the kind and the source. */
MUST_CHECK bool import_known_init(struct import_known *known,
                                  const struct import_plan *plan);
void import_known_release(struct import_known *known);
/* For ledger_open(); `user` is the import_known. */
MUST_CHECK enum archive_error import_known_line(void *user, const struct ledger *ledger,
                                                const struct line *line,
                                                struct problem *problem);

enum known_state { KNOWN_NOT, KNOWN_SAME, KNOWN_OTHER };

/* How an entry stands to the ledger.  A transaction is the same or not there; it is
 * marked as being in the file. */
enum known_state import_known_state(struct import_known *known,
                                    const struct import_entry *entry);

#endif
