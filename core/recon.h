/* recon.h - two sealed sides of one balance, matched: docs/views.md section 3.
 *
 * Each archive answers only its own side.  A pair of entities that both show items is
 * matched item by item (level 2), any other pair by balance (level 1); `check` blocks
 * compare named sums.  Checks are collected in a deterministic order, numbered, then
 * sorted for the screen. */
#ifndef CORE_RECON_H
#define CORE_RECON_H

#include "core/rollup.h"

enum pair_kind {
    PAIR_BALANCE, /* A with L */
    PAIR_INCOME,  /* R with X; of items also R with Q */
    PAIR_PAYOUT,  /* distributions: R with Q */
};
const char *pair_kind_classes(enum pair_kind kind); /* "A/L" "R/X" "R/Q" */

struct recon_check {
    struct check_line line;
    __int128 money; /* |difference| in reporting money, for order and totals */
    bool has_money;
    __int128 exposure; /* |the known side| of an unavailable check */
    enum mark worst;   /* of both sides */
};

struct recon {
    struct figures *figures;
    struct portfolio *portfolio;
    const struct rollup *rollup;
    struct arena *arena;
    uint32_t *rank; /* of each entity by id */
    struct recon_check *checks;
    uint32_t count, capacity;
    name_id last_currency; /* texts that many checks share */
    const char *last_code, *last_title[3];
    uint32_t numbered; /* automatic intercompany checks so far */
    int64_t end;       /* YYYYMMDD: the cutoff, which is the period's end */
    int64_t view_date;
};

/* How a side stands: of a member of the portfolio, or of any block that is not in it.
 */
struct standing recon_standing(struct recon *recon, uint32_t entity);
/* Is a counterparty somebody whose answer could be matched? */
bool recon_can_match(const struct recon *recon, uint32_t entity, uint32_t cp);
/* max(abs, pct of the larger), inclusive, in the currency. */
struct decimal recon_tolerance(const struct recon *recon, const char *currency,
                               struct decimal a, struct decimal b);
int64_t recon_cutoff_days(const struct recon *recon, const char *currency);
/* Reporting money of an amount at the kind's rate; false without a rate. */
bool recon_money(struct recon *recon, struct decimal amount, name_id currency,
                 enum pair_kind kind, __int128 *money);
/* A side's figure in its currency. */
struct figure recon_figure(const struct recon *recon, struct decimal value,
                           const char *currency, const struct standing *standing,
                           int64_t as_of_ms);
/* Room for that many more checks, so that they are not moved while they are added. */
bool recon_reserve(struct recon *recon, uint32_t more);
/* Adds a check; `difference` is a - b and is shown when both sides are there.  The
 * group follows from the status and from how both sides stand.  NULL when memory is
 * short. */
struct recon_check *recon_add(struct recon *recon, const struct check_line *line,
                              enum mark worst);
void recon_set_difference(struct recon *recon, struct recon_check *check,
                          struct decimal difference, const char *currency,
                          bool has_money, __int128 money);
/* "EUR", and "intercompany A/L EUR", in the arena. */
const char *recon_currency(struct recon *recon, name_id currency);
const char *recon_title(struct recon *recon, enum pair_kind kind, name_id currency);
/* The next "IC-001". */
const char *recon_number(struct recon *recon);
const char *const *recon_keys(struct recon *recon, const name_id *keys, uint32_t count);

/* Do both show items that face each other? (recon_items.c) */
bool recon_has_items(struct recon *recon, uint32_t entity, uint32_t cp);
void recon_add_items(struct recon *recon);
void recon_add_pairs(struct recon *recon);  /* recon_pairs.c */
void recon_add_blocks(struct recon *recon); /* recon_blocks.c */

#endif
