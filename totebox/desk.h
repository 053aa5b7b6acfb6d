/* desk.h - where the owner deals with devices: the commands pair, approve, deny,
 * pairings and revoke.
 *
 * An archive with its index open (epochs come from the ledger) and its pairings, and
 * the terms on which a device is let in. */
#ifndef TOTEBOX_DESK_H
#define TOTEBOX_DESK_H

#include "totebox/command.h"
#include "totebox/pairing.h"
#include "totebox/pairing_window.h"

struct desk {
    struct archive *archive;
    struct archive_index *index;
    struct pairings pairings;
};

/* desk_close is due after a failure too; of a zeroed desk it is fine. */
MUST_CHECK enum archive_error desk_open(struct desk *desk, const char *directory,
                                        enum ledger_mode mode, struct problem *problem);
void desk_close(struct desk *desk);

/* Signs the pairing (holder, delegate, role and label are set), notes it in the ledger,
 * and then stores it: a pairing that nobody noted must not exist. */
MUST_CHECK enum archive_error desk_pair(struct desk *desk, struct pairing *pairing,
                                        int64_t window_ms, struct problem *problem);
/* "paired  SHA256:...  aggregator  epoch 1  until 2026-...  label" */
void desk_print_paired(const struct pairing *pairing);
void desk_hex(const uint8_t hash[HASH_BYTES], char hex[2 * HASH_BYTES + 1]);

/* --- on which terms --------------------------------------------------------------- */

struct pair_terms {
    const char *role, *label;
    long days;
};
extern const struct pair_terms pair_terms_default;

/* The options --role (r), --label (l) and --days (d).  False: none of them, or not a
 * number of days. */
MUST_CHECK bool pair_terms_take(struct pair_terms *terms, int option,
                                const char *value);
/* Role and label into the pairing. */
MUST_CHECK enum archive_error pair_terms_put(const struct pair_terms *terms,
                                             struct pairing *pairing,
                                             struct problem *problem);
int64_t pair_terms_window_ms(const struct pair_terms *terms);

/* --- a device that asks ------------------------------------------------------------
 */

/* totebox pair --open (command_open.c); the exit status. */
int pair_open(const char *directory, long minutes, const struct pair_terms *terms);

/* The device that waits, if `code` (as a person types it; NULL: whichever) is the code
 * of its request; refused when nobody waits or the codes differ: it then still waits.
 */
MUST_CHECK enum archive_error request_find(const char *directory, const char *code,
                                           struct pairing_request *request,
                                           struct problem *problem);
/* Pairs it (command_approve.c); the archive is open for as long as that takes. */
MUST_CHECK enum archive_error request_approve(const char *directory,
                                              const struct pairing_request *request,
                                              const struct pair_terms *terms,
                                              struct pairing *pairing,
                                              struct problem *problem);

#endif
