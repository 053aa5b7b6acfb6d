/* rollup.h - the totals of one portfolio at one moment, all three bases side by side.
 *
 * Made from the kept facts of each entity, never from rows: docs/views.md section 2.
 * Aggregate: all leaves of the group.  Consolidated: after elimination, with one line
 * for equity holdings, and the part of others (NCI) taken out for what is attributable.
 * At share: every leaf by the root's effective share, less intra-group distributions.
 * Attributable income must equal look-through income: checked on every rollup. */
#ifndef CORE_ROLLUP_H
#define CORE_ROLLUP_H

#include "core/figures_state.h"

/* What a counterparty is to the portfolio right now. */
enum facing {
    FACING_OUTSIDE,
    FACING_GROUP,          /* eliminated */
    FACING_GROUP_MISSING,  /* carved out */
    FACING_EQUITY,         /* only distributions and the investment are replaced */
    FACING_EQUITY_MISSING, /* only those are carved out */
};

/* Figures that an archive gives as metric rows (docs/views.md, dictionary). */
enum metric_key {
    METRIC_AREA_RENTABLE,
    METRIC_AREA_OCCUPIED,
    METRIC_UNITS_TOTAL,
    METRIC_UNITS_OCCUPIED,
    METRIC_VALUE,
    METRIC_NAV,
    METRIC_DEBT_SERVICE,
    METRIC_PRINCIPAL,
    METRIC_RESTRICTED,
    METRIC_UNDRAWN,
    METRIC_BURN, /* mean of the last three months */
    METRIC_CASH, /* these six stand in where there is no ledger */
    METRIC_DEBT,
    METRIC_REVENUE,
    METRIC_OPEX,
    METRIC_NOI,
    METRIC_NET_INCOME,
    METRIC_KEY_COUNT
};

struct metric_value {
    bool present;
    enum cell_mark withheld; /* why it is absent, when it is */
    bool has_money;
    __int128 money;
    struct decimal value; /* in its unit */
    name_id unit;
    int64_t as_of_ms;
    enum mark age;
};

/* One entity of the scope: 100 % of it, in reporting money, natural signs. */
struct member {
    uint32_t entity;
    const struct facts *facts;
    struct standing standing;
    struct holding holding;
    bool is_adjustment;
    __int128 all[LINE_COUNT];      /* debit +: every row */
    __int128 external[LINE_COUNT]; /* what faces nobody in scope */
    __int128
        kept[LINE_COUNT]; /* all less in-group distributions, investments, carved */
    enum mark line_age[LINE_COUNT];
    struct metric_value metrics[METRIC_KEY_COUNT];
    __int128 net_income; /* all rows */
    __int128 net_assets; /* all rows: A + V + L */
    __int128 kept_income, kept_assets;
    __int128 distributions; /* received from in-scope, available entities */
    __int128 difference_pl, difference_bs; /* eliminated rows */
    __int128 affiliates_pl, affiliates_bs; /* facing @affiliates: kept, and shown */
    __int128 carved_revenue, carved_expense, carved_receivable, carved_payable,
        carved_investment;
    __int128 equity_income, equity_carrying; /* of its equity holdings, each rounded */
    __int128 held_income, held_carrying;     /* what the group takes of it by equity */
    __int128 nci_income, nci_equity;
    struct sum tier_assets; /* own and, by share, those of what it owns */
    struct ratio
        look_through; /* of an equity holding: by the owners that are included */
};

struct rollup {
    struct arena arena;
    struct figures *figures;
    struct portfolio *portfolio;
    const struct scope *scope;
    bool without_last_known;
    struct member *members; /* by entity id */
    uint32_t member_count;
    uint32_t *member_of; /* entity -> member index + 1 */
    uint32_t expected, included, last_known;
    const char *refused;      /* STRICT: why there is no total; NULL: there is */
    const char *no_ownership; /* why the other two bases do not exist; NULL: they do */
    __int128 consolidated_income, nci_income, attributable_income, look_through_income;
    bool invariant_holds;
    bool overflow;
};

/* Cached until the generation or the option changes.  NULL when memory is short. */
const struct rollup *rollup_of(struct figures *figures, struct portfolio *portfolio,
                               bool without_last_known);
void rollup_free(struct rollup *rollup);

enum facing rollup_facing(const struct rollup *rollup, uint32_t entity);
const struct member *rollup_member(const struct rollup *rollup, uint32_t entity);
/* What a basis takes of a member; 0/1 when it is not in the basis or not included. */
struct ratio member_weight(const struct member *member, enum basis basis);
const char *metric_key_name(enum metric_key key);
/* Fills member->metrics from its facts. */
void rollup_metrics(const struct rollup *rollup, struct member *member);

/* --- sums that know what they are made of (rollup_tally.c) -------------------- */

struct tally {
    struct sum sum;
    enum mark mark;
    int64_t as_of_ms;
    uint32_t included, last_known;
};
void tally_add(struct tally *tally, __int128 money, struct ratio weight, enum mark mark,
               int64_t as_of_ms);

/* Named figures of a member, natural sign (revenue, cost, debt positive). */
enum measure {
    MEASURE_CASH,
    MEASURE_DEBT,
    MEASURE_REVENUE,
    MEASURE_EXPENSE,
    MEASURE_NOI,
    MEASURE_PROPERTY_NOI, /* keeps intra-group rows whatever the basis */
    MEASURE_NET_INCOME,
    MEASURE_NET_ASSETS,
};
/* The money that a basis sees of it before its weight; false when the member has none.
 */
bool member_measure(const struct member *member, enum basis basis, enum measure measure,
                    __int128 *money, enum mark *mark, int64_t *as_of_ms);
struct tally rollup_measure(const struct rollup *rollup, enum basis basis,
                            enum measure measure);
/* The money of a line group of a member: the sum of source[first..last]. */
__int128 lines_between(const __int128 *source, enum line first, enum line last);

/* Figures of totals: STRICT, missing ownership, partiality and overflow are seen to. */
struct figure rollup_figure(const struct rollup *rollup, enum basis basis,
                            const struct tally *tally, const char *why);
struct figure rollup_ratio(const struct rollup *rollup, enum basis basis,
                           const struct tally *num, const struct tally *den,
                           enum figure_format format, const char *why);
/* Figures of one member. */
struct figure member_money(const struct rollup *rollup, const struct member *member,
                           __int128 money, enum mark mark, int64_t as_of_ms);
struct figure member_absent(const struct rollup *rollup, const struct member *member);
struct figure figure_not_applicable(enum figure_format format, const char *why);

/* Pooled over the members that have both sides (docs/views.md section 4). */
struct figure rollup_ltv(const struct rollup *rollup, enum basis basis,
                         const char *group);
struct figure rollup_dscr(const struct rollup *rollup, enum basis basis,
                          const char *group);
struct figure rollup_occupancy(const struct rollup *rollup, enum basis basis,
                               const char *group);
struct figure member_ltv(const struct rollup *rollup, const struct member *member);
struct figure member_dscr(const struct rollup *rollup, const struct member *member);
struct figure member_occupancy(const struct rollup *rollup,
                               const struct member *member);

#endif
