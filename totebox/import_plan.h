/* import_plan.h - what a file says, read and checked, before it meets the ledger. */
#ifndef TOTEBOX_IMPORT_PLAN_H
#define TOTEBOX_IMPORT_PLAN_H

#include "totebox/csv.h"
#include "totebox/import.h"
#include "totebox/import_digests.h"
#include "totebox/import_line.h"

/* Lines that become true together: one transaction or one fact. */
struct import_entry {
    uint8_t key[HASH_BYTES]; /* transaction_digest(), or the key of fact_digests() */
    uint8_t content[HASH_BYTES];
    size_t start, end; /* in the bodies of `staged` */
    uint32_t lines, file_line;
};

struct import_plan {
    const struct import_request *request;
    struct import_report *report; /* refusals, skipped rows and gaps go here */
    struct ledger_batch staged;
    struct import_entry *entries;
    uint32_t count, capacity;
    struct digest_map seen; /* occurrences of a transaction; entry + 1 of a fact */
    struct buffer source;   /* "hledger:books.csv": before ":LINE" in src */
};

/* The request and the report are kept. */
MUST_CHECK bool import_plan_init(struct import_plan *plan,
                                 const struct import_request *request,
                                 struct import_report *report);
void import_plan_release(struct import_plan *plan);
/* Reads the whole file.  Refusals are in the report, and the code is still ARCHIVE_OK:
 * another one means that memory is short. */
MUST_CHECK enum archive_error import_parse(struct import_plan *plan, char *bytes,
                                           size_t length, struct problem *problem);

/* --- for the kinds -------------------------------------------------------------- */

/* Counts and says "FILE:LINE: ...". */
void import_refuse(struct import_plan *plan, uint32_t line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A fact.  Sets src.  Refuses what line_check refuses, and a second value for a key. */
MUST_CHECK enum archive_error import_fact(struct import_plan *plan, struct line *line,
                                          uint32_t file_line, struct problem *problem);
/* A transaction whose postings are complete.  Sets date, desc and st of those that have
 * none, txn and src.  Refuses what line_check and transaction_check refuse. */
MUST_CHECK enum archive_error import_transaction(struct import_plan *plan,
                                                 struct transaction *transaction,
                                                 struct problem *problem);
/* Every so many records. */
void import_progress(const struct import_plan *plan, const struct csv *csv);

/* One column of a table.  `field` FIELD_COUNT: the entity that a row is about. */
struct import_column {
    const char *name;
    enum line_field field;
    bool required; /* in the header */
};

/* A CSV file whose header names its columns, in any order. */
struct import_table {
    struct import_plan *plan;
    struct csv csv;
    const struct import_column *columns;
    uint32_t column_count, width;
    uint8_t column_of[CSV_CELLS_MAX]; /* by cell */
};
/* Reads the header.  False: it was refused. */
MUST_CHECK bool import_table_init(struct import_table *table, struct import_plan *plan,
                                  char *bytes, size_t length,
                                  const struct import_column *columns,
                                  uint32_t column_count);
/* The next row of as many cells as the header, in table->csv.  False at the end, and
 * after a defect (refused). */
MUST_CHECK bool import_table_next(struct import_table *table);
/* The cell of a column, empty when the file has no such column. */
struct text import_table_cell(const struct import_table *table, uint32_t column);
/* Fills the line's fields from the row.  False: the row was refused, or skipped because
 * it is about another entity. */
MUST_CHECK bool import_table_fill(struct import_table *table, struct line *line);

MUST_CHECK enum archive_error import_parse_facts(struct import_plan *plan, char *bytes,
                                                 size_t length,
                                                 struct problem *problem);
MUST_CHECK enum archive_error import_parse_rates(struct import_plan *plan, char *bytes,
                                                 size_t length,
                                                 struct problem *problem);
MUST_CHECK enum archive_error import_parse_trial_balance(struct import_plan *plan,
                                                         char *bytes, size_t length,
                                                         struct problem *problem);
MUST_CHECK enum archive_error import_parse_hledger(struct import_plan *plan,
                                                   char *bytes, size_t length,
                                                   struct problem *problem);

#endif
