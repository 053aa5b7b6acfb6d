/* figures_state.h - what the figures keep between models.  Private to core/figures_*,
 * core/rollup*, core/recon*, core/executive*.
 *
 * Three layers, each fed by the one above and none scanning rows that did not change:
 *   rows     -> facts     of one entity in one portfolio: its rows translated and
 * summed by line, counterparty and currency; made again when a row of that entity, or
 * the rates, changed edges    -> scope     of one portfolio: who is in the group and by
 * how much facts    -> rollup    the totals of one portfolio for one moment and one
 * option set Models are written from the rollup into an arena each. */
#ifndef CORE_FIGURES_STATE_H
#define CORE_FIGURES_STATE_H

#include "core/arena.h"
#include "core/figures.h"
#include "core/figures_line.h"
#include "core/figures_period.h"
#include "core/fx.h"
#include "core/ownership.h"

#define NO_ENTITY UINT32_MAX
#define NO_SLOT   UINT32_MAX

/* --- entities ----------------------------------------------------------------- */

/* One that a block pins, a hub carries, or an ownership edge names. */
struct entity {
    name_id id;
    uint32_t slot;  /* where its rows are; NO_SLOT: only named */
    bool is_pinned; /* its slot is its own block; entities[slot] is the one it pins */
    bool has_answered;
    bool is_hub; /* the block itself is a hub: no figures of its own are expected */
};

/* --- facts -------------------------------------------------------------------- */

/* Rows of one line, counterparty and currency. */
struct slice {
    enum line line;
    name_id cp, cur; /* borrowed from the rows */
    bool cp_withheld;
    __int128 money;       /* reporting minor units, debit + */
    struct decimal local; /* in cur, debit + */
    int64_t as_of_ms;     /* oldest */
};

/* A row with a counterparty: where the reconciliation says it came from. */
struct facing_row {
    enum line line;
    name_id cp, cur, key; /* borrowed from the row */
};

/* A metric row that belongs to the portfolio's period. */
struct metric_fact {
    const struct metric_row *row;
    bool has_money; /* unit is a currency that could be translated */
    __int128 money;
};

enum facts_problem {
    FACTS_FINE,
    FACTS_NO_RATE,
    FACTS_RANGE,    /* an amount is too large to be added */
    FACTS_WITHHELD, /* an amount is marked: the books would not balance without it */
    FACTS_CLASS,    /* a row of no known class */
    FACTS_MEMORY,
};

struct facts {
    uint64_t rates_version; /* of the portfolio, when these were made */
    bool made;
    enum facts_problem problem;
    name_id problem_currency;
    struct slice *slices; /* sorted by line, cp, cur */
    uint32_t slice_count, slice_capacity;
    struct facing_row *facing; /* row order */
    uint32_t facing_count, facing_capacity;
    struct metric_fact *metrics; /* row order */
    uint32_t metric_count, metric_capacity;
    bool has_rows; /* pos rows of the period */
    uint32_t row_count;
    uint32_t unmapped_count; /* rows */
    bool hist_missing;       /* equity without a historical amount: CTA is unknown */
    bool is_foreign;         /* some row is not in the reporting currency */
    bool cp_withheld;
    __int128 cta_opening, cta_closing; /* gain + */
    int64_t as_of_ms;                  /* oldest row of the period; 0 none */
    int64_t metric_as_of_ms;
    int64_t line_as_of_ms[LINE_COUNT];
    bool rates_old; /* decisions C13 */
};

/* --- portfolios --------------------------------------------------------------- */

struct rate_entry { /* what one currency is worth in a portfolio */
    name_id cur;    /* held */
    struct fx_rate rates[FX_TYPE_COUNT];
};

struct scope {
    bool made;
    bool root_unknown;  /* the root's own edges have never been told */
    bool has_ownership; /* else: all blocks, aggregate basis only */
    int64_t date;       /* at which the edges were read */
    struct edge *edges; /* sorted by owned, then owner */
    uint32_t edge_count, edge_capacity;
    uint32_t *edges_into; /* by entity: its first edge; [node_count] is edge_count */
    struct holding *holdings; /* by entity index */
    uint32_t *order;          /* entities of the scope by id, the root among them */
    uint32_t *solved;         /* the same, owners before owned */
    uint32_t count, solved_count;
    uint32_t node_count; /* entities that were known then: length of holdings */
    uint32_t capacity;   /* of the arrays by entity */
};

struct rollup;

struct portfolio {
    const struct config_portfolio *config;
    uint32_t index;
    uint8_t minor; /* of the reporting currency */
    struct period period;
    name_id period_name, currency_name; /* held */
    uint32_t fx_entity;                 /* NO_ENTITY: none */
    uint64_t rates_version;
    struct rate_entry *rates;
    uint32_t rate_count, rate_capacity;
    struct facts *facts; /* by entity index */
    uint32_t facts_capacity;
    struct scope scope;
    struct rollup *rollup;
    uint64_t rollup_generation; /* that it was made for; 0 none */
    bool rollup_without;        /* the option that it was made for */
};

/* --- first seen --------------------------------------------------------------- */

/* When a break or an exception was first seen in this process. */
struct sighting {
    uint64_t hash; /* 0: free */
    int64_t first_ms;
};

/* --- all of it ---------------------------------------------------------------- */

enum model_kind {
    MODEL_COVERAGE,
    MODEL_EXECUTIVE,
    MODEL_PORTFOLIO,
    MODEL_RECON,
    MODEL_FLEET,
    MODEL_ENTITY,
    MODEL_VIEWPORT,
    MODEL_KIND_COUNT
};

struct cached_model {
    struct arena arena;
    uint64_t generation; /* 0: none */
    struct model_options options;
    void *model;
    name_id entity;                  /* MODEL_ENTITY: the one it shows */
    const struct viewport *viewport; /* MODEL_VIEWPORT */
};

struct figures {
    const struct config *config;
    struct store *store;
    struct names *names;
    int64_t wall_ms, mono_ms;
    uint64_t generation;
    int64_t next_change_ms;
    bool next_is_known;
    struct entity *entities;
    uint32_t entity_count, entity_capacity;
    uint32_t *by_name; /* name_id -> entity index + 1 */
    uint32_t by_name_size;
    uint32_t *by_id; /* entity indexes sorted by id */
    struct portfolio *portfolios;
    uint32_t portfolio_count;
    const struct config_freshness *line_limits[LINE_COUNT];
    const struct config_freshness *pos_limits, *metric_limits;
    struct sighting *sightings;
    uint32_t sighting_count, sighting_mask;
    struct cached_model models[MODEL_KIND_COUNT];
    uint32_t cp_column; /* of VIEW_POS */
    bool memory_short;
};

/* --- entities (figures_entities.c) -------------------------------------------- */

/* NO_ENTITY when there is none of that name. */
uint32_t entity_by_name(const struct figures *figures, name_id id);
uint32_t entity_by_text(const struct figures *figures, struct text id);
/* Finds or adds; NO_ENTITY when memory is short. */
uint32_t entity_intern(struct figures *figures, name_id id);
/* Stays until figures_free: models use it without a copy. */
const char *entity_id(const struct figures *figures, uint32_t entity);
/* Its `entity` row, or NULL. */
const struct entity_row *entity_row_of(const struct figures *figures, uint32_t entity);
const struct config_totebox *entity_block(const struct figures *figures,
                                          uint32_t entity);
/* "" where the archive has not said. */
const char *entity_currency(const struct figures *figures, uint32_t entity);
const char *entity_group(const struct figures *figures, uint32_t entity);
/* Rows of one view that belong to the entity: [first, first + count) of its slot. */
uint32_t entity_rows(const struct figures *figures, uint32_t entity, enum view view,
                     uint32_t *first);

/* --- facts (figures_facts.c, figures_rates.c) --------------------------------- */

const struct facts *facts_of(struct figures *figures, struct portfolio *portfolio,
                             uint32_t entity);
void facts_release(struct facts *facts);
/* NULL when memory is short.  Cached until the rates change. */
const struct fx_rate *portfolio_rate(struct figures *figures,
                                     struct portfolio *portfolio, name_id cur,
                                     enum fx_type type);
/* Was the fixing of `rate` the newest that could be known (decisions C13)? */
bool rate_is_current(const struct figures *figures, const struct portfolio *portfolio,
                     const struct fx_rate *rate, enum fx_type type);
void portfolio_rates_changed(struct figures *figures, struct portfolio *portfolio);
bool unit_is_currency(struct text unit);

/* --- scope (figures_scope.c) -------------------------------------------------- */

const struct scope *scope_of(struct figures *figures, struct portfolio *portfolio);
void scope_release(struct scope *scope);
static inline struct holding scope_holding(const struct scope *scope, uint32_t entity)
{
    static const struct holding nothing = {
        .effective = {0, 1}, .weight = {0, 1}, .outside = {0, 1}};
    return entity < scope->node_count ? scope->holdings[entity] : nothing;
}
/* YYYYMMDD at which edges hold and the moment that data ages are measured from. */
int64_t portfolio_view_date(const struct figures *figures,
                            const struct portfolio *portfolio);
int64_t portfolio_view_ms(const struct figures *figures,
                          const struct portfolio *portfolio);

/* --- standing (figures_standing.c) -------------------------------------------- */

/* How an entity stands towards the totals at one moment. */
struct standing {
    enum mark mark;   /* of its link, worsened by the age of its rows */
    enum mark link;   /* of its link alone */
    bool answered;    /* its rows can be used at all */
    bool included;    /* in the totals, under the options */
    int64_t as_of_ms; /* oldest row of the period; 0 none */
    const char *why;  /* when not included: a literal, or text in the arena; "" */
};
struct standing standing_of(struct figures *figures, struct portfolio *portfolio,
                            uint32_t entity, bool without_last_known,
                            struct arena *arena);
/* The link's part of it alone: its rows may be of any view. */
struct standing standing_of_link(struct figures *figures, struct portfolio *portfolio,
                                 uint32_t entity, struct arena *arena);
bool view_is_closed(const struct figures *figures, uint32_t entity, enum view view);
enum mark mark_of_age(int64_t view_ms, int64_t as_of_ms,
                      const struct config_freshness *limits);
enum mark link_mark(const struct figures *figures, uint32_t entity);
/* "live" "down: timeout" ..., from the store's status. */
const char *link_words(const struct figures *figures, uint32_t slot,
                       struct arena *arena);
/* The first moment after now at which some mark changes by age alone. */
int64_t standing_next_change(struct figures *figures);

static inline enum mark mark_worse(enum mark a, enum mark b)
{
    return a > b ? a : b;
}

/* How coverages are counted (figures_coverage.c): by the state of one entity; and the
 * date of the rates. */
void coverage_count(struct coverage *coverage, enum mark mark);
void coverage_add_rates(struct figures *figures, struct portfolio *portfolio,
                        struct coverage *coverage);
/* "ECB via ALD, closing ...", "4 edges at ..., version 1a2b3c4d": what the totals rest
 * on (figures_portfolio.c). */
const char *rate_words(struct figures *figures, struct portfolio *portfolio,
                       struct arena *arena);
const char *ownership_words(struct figures *figures, struct portfolio *portfolio,
                            struct arena *arena);

/* One link's line, also on the entity pane (figures_fleet.c). */
void fleet_line_fill(struct figures *figures, uint32_t slot, struct fleet_line *line,
                     struct arena *arena);

/* --- models
 * ------------------------------------------------------------------------------------
 */

/* The model of that kind for these options when it still holds; else NULL, and the
 * arena is empty and the model's to fill. */
void *model_begin(struct figures *figures, enum model_kind kind,
                  const struct model_options *options, struct arena **arena);
void model_end(struct figures *figures, enum model_kind kind, void *model);
struct portfolio *portfolio_at(struct figures *figures, uint32_t index);

/* When a thing of these four names was first seen; now, when it is new. */
int64_t first_seen(struct figures *figures, const char *const what[4]);

#endif
