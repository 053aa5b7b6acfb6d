/* model.h - what a pane shows: immutable snapshots of figures, with their honesty.
 *
 * A model is plain data: screens turn it into cells, exports into text, and neither
 * computes anything but the format.  Every number is a struct figure: the exact value,
 * the mark that says in what state it is, what it covers, and since when.  Adding
 * figures adds what they leave out.  Strings are UTF-8, already cleaned of control
 * characters where they came from an archive, and live as long as the model. */
#ifndef CORE_MODEL_H
#define CORE_MODEL_H

#include "core/config.h"
#include "core/store.h"

/* The state of a value; order is from good to bad, so that the worst of two is the
 * greater.  The character is the mark column of console and exports. */
enum mark {
    MARK_CURRENT,        /* ' ' */
    MARK_NOT_APPLICABLE, /* '-' : shown as "-" */
    MARK_AGING,          /* '~' */
    MARK_STALE,          /* '!' */
    MARK_LAST_KNOWN,     /* 'x' : link down, last known value */
    MARK_SUPPRESSED,     /* '#' : by the archive's disclosure limit */
    MARK_REFUSED,        /* 'r' : not permitted */
    MARK_EXPIRED,        /* 'e' : grant expired */
    MARK_WAITING,        /* '..': asked, not answered yet */
    MARK_NEVER,          /* '?' : never answered */
};
/* "current" "not-applicable" "aging" "stale" "last-known" "suppressed" "refused"
 * "expired" "waiting" "never": for JSON. */
const char *mark_name(enum mark mark);
char mark_char(enum mark mark); /* WAITING: '.' */
/* May a value with this mark stand as a number (CURRENT, AGING, STALE, LAST_KNOWN)? */
bool mark_has_number(enum mark mark);

enum figure_format {
    FORMAT_MONEY,   /* value in `currency` */
    FORMAT_PERCENT, /* 0.4381 is 43.81 % */
    FORMAT_RATIO,   /* 1.25 is 1.25x */
    FORMAT_MONTHS,  /* 31.7 */
    FORMAT_COUNT,
    FORMAT_QUANTITY, /* value in `unit` */
};

struct figure {
    struct decimal value; /* exact; meaningless unless `present` */
    bool present;         /* false: "--" (or ".." WAITING, "-" NOT_APPLICABLE) */
    bool partial;         /* '*': leaves something out or holds last known values */
    enum mark mark;       /* worst state among what it is made of */
    enum figure_format format;
    const char *currency; /* ISO code or unit; "" */
    uint32_t included;    /* entities in it */
    uint32_t expected;    /* entities that should be in it */
    uint32_t last_known;  /* entities in it whose link is down or data stale */
    int64_t as_of_ms;     /* oldest as-of in it; 0 unknown */
    const char *why;      /* formula, or why it is absent ("no external debt"); "" */
};

/* A contributor to, or an omission from, a total: the answer to "what is missing?". */
struct contribution {
    const char *entity;
    const char *what; /* line, row key, or reason: "intercompany facing CED" */
    struct figure figure;
    bool left_out;
    const char *reason; /* "link down since 00:22Z", "no rate CAD->USD", ... ; "" */
};

struct coverage {
    uint32_t expected, answered;
    uint32_t current, aging, stale, down, refused, never, waiting;
    int64_t weight_expected, weight_answered;
    int64_t oldest_as_of_ms;
    const char *oldest_entity;
    int64_t fx_date;            /* YYYYMMDD of the rates in use; 0 none */
    bool fx_current;            /* decisions C13 */
    bool lost_all;              /* no link is live and at least one was */
    const char *const *missing; /* entity ids that are not in totals, NULL-terminated */
};

enum severity { SEVERITY_INFO, SEVERITY_WARNING, SEVERITY_CRITICAL };

struct exception_line {
    enum severity severity;
    int64_t since_ms;     /* first seen in this process */
    const char *entity;   /* or check id, or "" */
    const char *what;     /* one line, plain words */
    struct figure amount; /* effect in reporting currency, may be absent */
    uint32_t count;       /* grouped causes: how many entities */
};

struct headline {
    const char *key;   /* "cash" "noi" "revenue" ... stable, for exports */
    const char *label; /* "Cash" */
    struct figure now;
    struct figure budget;  /* variance against budget; NOT_APPLICABLE when none */
    struct figure percent; /* variance in percent */
    const struct contribution *parts;
    uint32_t part_count;
};

struct group_line {
    const char *name; /* group of the config; "(none)" */
    uint32_t entities, answered;
    struct figure net_assets, cash, noi, ltv, occupancy, dscr;
    uint32_t breaks;
};

enum covenant_state { COVENANT_OK, COVENANT_WATCH, COVENANT_BREACH, COVENANT_UNKNOWN };
struct covenant_line {
    const char *entity, *id, *title, *metric;
    bool is_minimum;
    struct figure tested, threshold, headroom; /* headroom as percent of threshold */
    enum covenant_state state;
    int64_t due; /* YYYYMMDD */
};

struct bucket_line {          /* maturities and lease ends */
    const char *label;        /* "0-3 m" "3-12 m" "12-24 m" "24+ m" */
    struct figure maturities; /* money */
    struct figure leases;     /* area */
    uint32_t maturity_count, lease_count;
};

struct variance_line {
    const char *entity, *key; /* "opex" */
    struct figure actual, budget, variance, percent;
    bool favourable;
    bool is_exception; /* over both thresholds */
};

struct quality_line {
    const char
        *kind; /* missing stale annualised unmapped denied suppressed mixed-period */
    const char *entity, *what;
};

struct age_line {      /* open intercompany by age */
    const char *label; /* "0-30" ... ">90" "no items" */
    struct figure amount;
    uint32_t count;
};

struct model_executive {
    const char *portfolio, *currency, *period;
    enum basis basis;
    const struct headline *headlines;
    uint32_t headline_count;
    const struct group_line *groups;
    uint32_t group_count;
    const struct exception_line *exceptions; /* ranked */
    uint32_t exception_count;
    const struct covenant_line *covenants;
    uint32_t covenant_count;
    const struct bucket_line *buckets;
    uint32_t bucket_count;
    const struct variance_line *variances;
    uint32_t variance_count;
    const struct quality_line *quality;
    uint32_t quality_count;
    const struct age_line *ages;
    uint32_t age_count;
};

/* One entity in the portfolio, in reporting currency. */
struct portfolio_row {
    uint32_t slot;
    const char *entity, *name, *kind, *group, *currency; /* functional currency */
    struct figure effective; /* share of the root, percent; absent without ownership */
    struct figure net_assets, cash, debt, revenue, noi, net_income, ltv, occupancy,
        dscr;
    uint32_t breaks;
    enum mark mark; /* worst of its figures and link */
    int64_t as_of_ms;
    const char *state; /* "live" "down: timeout" "refused: ..." */
};

/* The statement behind the totals: one line a step, so that it foots. */
struct statement_line {
    const char *key; /* "aggregate_ni" "external_revenue" "ic_difference_pl" ... */
    const char *label;
    uint32_t level; /* indentation */
    bool is_total;
    struct figure figure;
    const struct contribution *parts;
    uint32_t part_count;
};

struct model_portfolio {
    const char *portfolio, *currency, *period;
    enum basis basis;
    enum partial_policy policy;
    const struct portfolio_row *rows; /* by entity id */
    uint32_t row_count;
    struct portfolio_row total; /* of the basis in use */
    const struct statement_line *statement;
    uint32_t statement_count;
    const struct contribution *left_out; /* all omissions of the totals */
    uint32_t left_out_count;
    const char *note; /* "* holds 1 last known value, USD 120,000.00 (2.1 %); ..." */
    const char *invariant; /* "" when attributable = look-through, else the failure */
    const char *rates;     /* "ECB via ALD, closing 2025-12-31 EUR 1.1750 ..." */
    const char *ownership; /* "4 edges at 2025-12-31, version 1a2b3c4d"; "" none */
};

/* Rules of docs/views.md section 3; the screen groups them (check_group). */
enum check_status {
    CHECK_MATCHED,
    CHECK_MATCHED_GROUP,
    CHECK_MATCHED_TOLERANCE,
    CHECK_FX_DIFFERENCE,
    CHECK_TIMING,
    CHECK_MISMATCH,
    CHECK_ONE_SIDED,
    CHECK_MATCHED_BALANCE,
    CHECK_BALANCE_DIFFERENCE,
    CHECK_NOT_PERMITTED,
    CHECK_UNAVAILABLE,
    CHECK_SUGGESTED,
    CHECK_PARTIAL,
};
enum check_group {
    GROUP_BREAK,
    GROUP_PROVISIONAL,
    GROUP_PARTIAL,
    GROUP_UNKNOWN,
    GROUP_FX,
    GROUP_TIMING,
    GROUP_SUGGESTED,
    GROUP_WITHIN,
    GROUP_MATCH,
    GROUP_COUNT
};
const char *check_status_name(enum check_status status); /* "BALANCE_DIFF" ... */
const char *check_group_name(enum check_group group);    /* "BREAK" ... */

struct check_side {
    const char *entity; /* or "" for a set */
    const char *what;   /* "receivable", metric key, "2 rows" */
    struct figure figure;
    int64_t as_of_ms;
    const char *const *row_keys; /* NULL-terminated: where it came from */
};

struct check_line {
    const char *id;    /* "IC-001", config id for CT- BK- RR- */
    const char *title; /* "intercompany A/L USD" */
    const char *cls;   /* "A/L" "R/X" "" */
    const char *currency;
    struct check_side a, b;
    struct figure difference; /* A - B as magnitudes */
    struct decimal tolerance;
    enum check_status status;
    enum check_group group;
    const char *hint; /* "digits transposed?", "one side not current", ... ; "" */
    int64_t age_days; /* -1 unknown */
    int64_t first_seen_ms;
};

struct model_recon {
    const char *portfolio, *currency, *period;
    const struct check_line
        *checks; /* sorted: group, then |difference| descending, id */
    uint32_t check_count;
    uint32_t counts[GROUP_COUNT];
    struct figure unresolved; /* sum of |difference| of breaks, translated at closing */
    struct figure unavailable_exposure;
};

struct fleet_line {
    uint32_t slot;
    const char *entity, *name, *group, *address;
    struct link_status status;
    enum mark mark;
    const char *state; /* one word or two: "live" "timeout" "wrong key" "not paired" */
    uint32_t rows;
    int64_t as_of_ms;
    char fingerprint[FINGERPRINT_CHARS + 1]; /* the pinned key */
};
struct model_fleet {
    const struct fleet_line *lines; /* in config order */
    uint32_t line_count;
    const char *common_cause; /* "all 7 down use path fra-gw2, ..." or "" */
};

struct entity_line { /* one row of one view, ready to be shown */
    enum view view;
    const char *key;
    const char *label;    /* short: "cash / assets:bank" */
    struct figure figure; /* absent when the row has no number */
    const char *text;     /* what stands there instead of a number; "" */
    const char *detail;   /* all columns: "name=value  name=value" exact */
    int64_t as_of_ms;
    int64_t seq;
    const char *used_in; /* "cash, net assets, IC-003 side B"; "" */
};
struct model_entity {
    uint32_t slot;
    const char *entity, *name, *kind, *group, *currency, *lifecycle;
    const struct fleet_line *link;
    const struct entity_line *lines; /* view order, then key */
    uint32_t line_count;
};

/* --- what an operator defined (core/viewport.h) ----------------------------------- */

struct viewport_line {
    const char *identity;     /* its keys joined by '|' */
    const char *entity;       /* of all its rows; "" when there are several */
    const char *const *texts; /* by key, then by column; "" where there is a figure */
    const struct figure *figures; /* by column */
    int8_t severity;              /* enum severity of the worst threshold; -1 none */
    const char *alarm;            /* names of the thresholds that it crosses; "" */
    uint32_t part_first, part_count;
};
/* A row that is in a line, or was left out of it. */
struct viewport_part {
    uint32_t line;
    const char *entity, *key;
    struct figure figure; /* of the first function of the first column */
    int64_t as_of_ms, seq;
    enum mark mark;
    const char *reason; /* why it is left out; "" */
};
struct viewport;
struct model_viewport {
    const struct viewport *viewport;
    const char *portfolio, *currency, *period;
    enum partial_policy policy;
    const struct viewport_line *lines; /* sorted */
    uint32_t line_count;
    struct viewport_line total;
    const struct viewport_part *parts; /* by line */
    uint32_t part_count;
    const struct contribution *left_out; /* entities that are not in the totals */
    uint32_t left_out_count;
    struct coverage coverage; /* of the entities that the filter names */
    const char *rates;        /* as in model_portfolio */
    const char *ownership;
};

/* What the person looking has asked for. */
struct model_options {
    uint32_t portfolio; /* index in the config */
    enum basis basis;
    bool without_last_known; /* '+' */
};

#endif
