/* import_line.h - transactions and facts on their way into the ledger.
 *
 * hledger's CSV, a trial balance and `append txn` all come through here, so that the
 * rules are written once: the class of an account, the counterparty it names, the
 * currency of a commodity, the carried amount of equity, and zero per currency. */
#ifndef TOTEBOX_IMPORT_LINE_H
#define TOTEBOX_IMPORT_LINE_H

#include "proto/decimal.h"
#include "totebox/archive.h"
#include "totebox/date.h"

enum { POSTINGS_MAX = 10000, AMOUNT_ROOM = DECIMAL_CHARS_MAX };

/* A line and room for amounts that stand nowhere in the input. */
struct posting {
    struct line line; /* borrows from the input and from this struct */
    uint32_t file_line;
    bool generated; /* made by hledger, not by the owner */
    char amt[AMOUNT_ROOM], cost[AMOUNT_ROOM], hist[AMOUNT_ROOM];
    char date[DATE_CHARS + 1];
};

struct transaction {
    struct text date, code, desc, st;
    struct posting **posting; /* [count]; stay where they are */
    uint32_t count, capacity;
};

void transaction_init(struct transaction *transaction);
void transaction_release(struct transaction *transaction);
/* Empty again; keeps its memory. */
void transaction_restart(struct transaction *transaction);
/* One more posting, empty.  NULL when memory is short. */
struct posting *transaction_add(struct transaction *transaction, uint32_t file_line);

/* The account component after ":ic:"; empty when there is none. */
struct text account_counterparty(struct text account);

/* Completes one posting from what its source said of it:
 *   cur, cost.cur, hist.cur   through archive_currency()
 *   cls                       where not given, of the account
 *   cp                        where not given, the part of the account after ":ic:"
 * and refuses: an account without a class, a counterparty that is the archive itself,
 * hist on a class other than Q and V or against the sign of the amount.  `no_cp`: the
 * source says that there is no counterparty. */
MUST_CHECK enum archive_error posting_complete(const struct archive_config *config,
                                               struct posting *posting, bool no_cp,
                                               struct problem *problem);

/* Sum of one currency; false when it does not fit. */
MUST_CHECK bool transaction_sum(const struct transaction *transaction,
                                struct text currency, struct decimal *sum);
/* Refuses fewer than two postings, more than POSTINGS_MAX, and a sum that is not zero
 * in every currency: the words say which and by how much. */
MUST_CHECK enum archive_error transaction_check(const struct transaction *transaction,
                                                struct problem *problem);

/* Identity of a transaction of a source: SHA-256 over the label "totebox txn v1", the
 * source, date, code, description, the postings (date, acct, cls, line, amt, cur, cost,
 * hist, cp, ref, grp, st) and `occurrence`, 1 for the first of several that are
 * identical in one file.  Texts are preceded by their length (4 bytes, little endian),
 * numbers are 4 bytes, decimals are without trailing zeros. */
void transaction_digest(const struct transaction *transaction, struct text source,
                        uint32_t occurrence, uint8_t digest[HASH_BYTES]);

/* Completes a metric, edge, rate or obligation: currencies through archive_currency(),
 * and what may be left out (scenario actual, basis own, quality ok, state open). */
void fact_complete(const struct archive_config *config, struct line *line);

/* Identity and content of one fact (metric, edge, rate, obligation): the fields by
 * which a newer line replaces an older one, and all but `src`.  Decimals, shares and
 * times are compared by value. */
void fact_digests(const struct line *line, uint8_t key[HASH_BYTES],
                  uint8_t content[HASH_BYTES]);

#endif
