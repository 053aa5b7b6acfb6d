/* append.h - one thing at a time into the ledger, by hand or from a program.
 *
 * A thing is a transaction (txn) or one line: metric, asof, obligation, edge, rate,
 * lifecycle, note.  It is given either as words of a command line or as a JSON object;
 * both come down to the same calls: start, fields, finish.
 *
 *   {"type":"metric","key":"burn","start":"2025-12-01","end":"2025-12-31",
 *    "unit":"USD","value":"40000.00","nature":"flow"}
 *   {"type":"txn","date":"2025-12-31","desc":"Rent","code":"R-12","postings":[
 *    {"acct":"assets:cash","amt":"900.00","cur":"USD"},
 *    {"acct":"revenues:rent","amt":"-900.00","cur":"USD","cp":"BIR","ref":"R-12"}]}
 *
 * Field names are those of the ledger (line.h); hist is "AMOUNT CURRENCY".  The rules
 * are those of imports (import_line.h).  Pure but for notes: a note that changes an
 * earlier one is checked against the ledger. */
#ifndef TOTEBOX_APPEND_H
#define TOTEBOX_APPEND_H

#include "totebox/import_line.h"

enum { APPEND_BYTES_MAX = 65536 }; /* of one JSON object */

struct append {
    const struct archive_config *config;
    const struct ledger *ledger; /* NULL: `of` of notes is not checked */
    bool is_transaction;
    struct line line;               /* unless it is a transaction */
    struct transaction transaction; /* if it is one */
};

/* Both are borrowed. */
void append_init(struct append *append, const struct archive_config *config,
                 const struct ledger *ledger);
void append_release(struct append *append);

/* Values are borrowed until append_finish().  Each refuses a name that the kind does
 * not have, and a field given twice. */
MUST_CHECK enum archive_error append_start(struct append *append, struct text kind,
                                           struct problem *problem);
/* Of the line; of a transaction date, desc, code, st. */
MUST_CHECK enum archive_error append_field(struct append *append, struct text name,
                                           struct text value, struct problem *problem);
/* The name of a field that a value without a name is for: end of asof, state of
 * lifecycle, text of note.  "" where there is none. */
const char *append_bare_field(const struct append *append);
/* A further posting of a transaction, and its fields: acct, amt, cur, cls, line, cp,
 * ref, grp, hist, st. */
MUST_CHECK enum archive_error append_posting(struct append *append,
                                             struct problem *problem);
MUST_CHECK enum archive_error append_posting_field(struct append *append,
                                                   struct text name, struct text value,
                                                   struct problem *problem);
/* Checks it and adds its lines to the batch; `seq` is that of the first one. */
MUST_CHECK enum archive_error append_finish(struct append *append, uint64_t seq,
                                            struct ledger_batch *batch,
                                            struct problem *problem);

/* One JSON object, from start to finish. */
MUST_CHECK enum archive_error append_json(struct append *append, struct text object,
                                          uint64_t seq, struct ledger_batch *batch,
                                          struct problem *problem);
/* KIND [NAME=VALUE ...], or txn [--date D] [--desc TEXT] [--code C] [--st S] then for
 * each posting ACCT AMOUNT CUR [NAME=VALUE ...]. */
MUST_CHECK enum archive_error append_words(struct append *append, int count,
                                           char *const *words, uint64_t seq,
                                           struct ledger_batch *batch,
                                           struct problem *problem);

#endif
