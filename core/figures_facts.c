/* figures_facts.c - the rows of one entity, translated and summed: the only place where
 * ledger rows become reporting money. */
#include "core/figures_state.h"

#include <stdlib.h>

struct maker {
    struct figures *figures;
    struct portfolio *portfolio;
    uint32_t entity;
    struct facts *facts;
    int64_t books_as_of_ms; /* of the entity row: all rows of the books share it */
    __int128 translated;    /* of all rows, debit + */
    __int128 open_net; /* equity at the start of the period at opening rates, debit + */
    __int128 open_carried; /* the same as carried */
};

void facts_release(struct facts *facts)
{
    free(facts->slices);
    free(facts->metrics);
    free(facts->facing);
    *facts = (struct facts){0};
}

static void fail(struct maker *maker, enum facts_problem problem, name_id currency)
{
    if (maker->facts->problem != FACTS_FINE)
        return;
    maker->facts->problem = problem;
    maker->facts->problem_currency = currency;
}

/* An archive does not send its ledger rows again only because its books are newer: the
 * as-of of its entity row is theirs too. */
static int64_t books_as_of(const struct maker *maker, const struct pos_row *row)
{
    return row->row.as_of_ms > maker->books_as_of_ms ? row->row.as_of_ms
                                                     : maker->books_as_of_ms;
}

static void take_oldest(int64_t *oldest, int64_t as_of_ms)
{
    if (as_of_ms > 0 && (*oldest == 0 || as_of_ms < *oldest))
        *oldest = as_of_ms;
}

/* --- slices ------------------------------------------------------------------- */

static int compare_slice(const struct slice *slice, enum line line, name_id cp,
                         name_id cur, bool withheld)
{
    if (slice->line != line)
        return slice->line < line ? -1 : 1;
    if (slice->cp_withheld != withheld)
        return slice->cp_withheld < withheld ? -1 : 1;
    if (slice->cp != cp)
        return slice->cp < cp ? -1 : 1;
    return slice->cur < cur ? -1 : slice->cur > cur;
}

static struct slice *slice_at(struct maker *maker, enum line line, name_id cp,
                              name_id cur, bool withheld)
{
    struct facts *facts = maker->facts;
    uint32_t low = 0, high = facts->slice_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = compare_slice(&facts->slices[middle], line, cp, cur, withheld);
        if (order == 0)
            return &facts->slices[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (facts->slice_count == facts->slice_capacity) {
        uint32_t capacity = facts->slice_capacity ? facts->slice_capacity * 2 : 16;
        struct slice *slices = realloc(facts->slices, capacity * sizeof *slices);
        if (!slices) {
            fail(maker, FACTS_MEMORY, 0);
            return NULL;
        }
        facts->slices = slices;
        facts->slice_capacity = capacity;
    }
    memmove(facts->slices + low + 1, facts->slices + low,
            (facts->slice_count - low) * sizeof *facts->slices);
    facts->slice_count++;
    facts->slices[low] =
        (struct slice){.line = line, .cp = cp, .cur = cur, .cp_withheld = withheld};
    return &facts->slices[low];
}

/* --- translation -------------------------------------------------------------- */

static bool translate(struct maker *maker, struct decimal amount, name_id cur,
                      enum fx_type type, __int128 *money)
{
    const struct fx_rate *rate =
        portfolio_rate(maker->figures, maker->portfolio, cur, type);
    *money = 0;
    if (amount.coefficient == 0)
        return true;
    if (!rate || !rate->found) {
        fail(maker, rate ? FACTS_NO_RATE : FACTS_MEMORY, cur);
        return false;
    }
    if (!rate_is_current(maker->figures, maker->portfolio, rate, type))
        maker->facts->rates_old = true;
    if (!money_translate(amount, rate->rate, maker->portfolio->minor, money)) {
        fail(maker, FACTS_RANGE, cur);
        return false;
    }
    return true;
}

/* Equity at what it was carried at when it arose; without that, at closing, and CTA is
 * not known (decisions G7). */
static bool translate_equity(struct maker *maker, const struct pos_row *row,
                             struct decimal open, struct decimal move, __int128 *money)
{
    __int128 at_opening = 0, carried = 0, moved = 0;
    bool has_hist = row->hist_cur == maker->portfolio->currency_name &&
                    !row->hist_open.mark && !row->hist_move.mark;
    const struct fx_rate *opening =
        portfolio_rate(maker->figures, maker->portfolio, row->cur, FX_OPENING);
    const struct decimal one = {1, 0};
    if (row->cur == maker->portfolio->currency_name) {
        if (!translate(maker, open, row->cur, FX_CLOSING, &carried) ||
            !translate(maker, move, row->cur, FX_CLOSING, &moved))
            return false;
        at_opening = carried;
    } else if (has_hist) {
        if (!money_translate(amount_decimal(row->hist_open), one,
                             maker->portfolio->minor, &carried) ||
            !money_translate(amount_decimal(row->hist_move), one,
                             maker->portfolio->minor, &moved)) {
            fail(maker, FACTS_RANGE, row->hist_cur);
            return false;
        }
        if (opening && opening->found &&
            !translate(maker, open, row->cur, FX_OPENING, &at_opening))
            return false;
    } else {
        maker->facts->hist_missing = true;
        if (!translate(maker, open, row->cur, FX_CLOSING, &carried) ||
            !translate(maker, move, row->cur, FX_CLOSING, &moved))
            return false;
    }
    maker->open_net += at_opening;
    maker->open_carried += carried;
    *money = carried + moved;
    return true;
}

/* The books are hardly ever closed: what revenue and expense brought forward from
 * earlier periods is retained equity (decisions G3). */
static bool bring_forward(struct maker *maker, const struct pos_row *row,
                          struct decimal open)
{
    __int128 money;
    if (open.coefficient == 0)
        return true;
    bool is_foreign = row->cur != maker->portfolio->currency_name;
    if (is_foreign)
        maker->facts->hist_missing = true;
    if (!translate(maker, open, row->cur, FX_CLOSING, &money))
        return false;
    struct slice *slice = slice_at(maker, LINE_RETAINED, 0, row->cur, false);
    if (!slice)
        return false;
    slice->money += money;
    maker->translated += money;
    maker->open_net += money;
    maker->open_carried += money;
    take_oldest(&slice->as_of_ms, books_as_of(maker, row));
    if (decimal_add(slice->local, open, &slice->local)) {
        fail(maker, FACTS_RANGE, row->cur);
        return false;
    }
    return true;
}

static void add_facing(struct maker *maker, const struct pos_row *row, enum line line)
{
    struct facts *facts = maker->facts;
    if (facts->facing_count == facts->facing_capacity) {
        uint32_t capacity = facts->facing_capacity ? facts->facing_capacity * 2 : 8;
        struct facing_row *facing = realloc(facts->facing, capacity * sizeof *facing);
        if (!facing) {
            fail(maker, FACTS_MEMORY, 0);
            return;
        }
        facts->facing = facing;
        facts->facing_capacity = capacity;
    }
    facts->facing[facts->facing_count++] =
        (struct facing_row){line, row->cp, row->cur, row->row.key};
}

static void add_pos_row(struct maker *maker, const struct pos_row *row)
{
    struct facts *facts = maker->facts;
    struct names *names = maker->figures->names;
    struct decimal open = amount_decimal(row->open), move = amount_decimal(row->move);
    struct decimal stock;
    enum line line;
    __int128 money;
    bool withheld = row->row.marks[maker->figures->cp_column] != CELL_PRESENT;
    facts->row_count++;
    if (row->open.mark || row->move.mark) {
        fail(maker, FACTS_WITHHELD, row->cur);
        return;
    }
    if (!line_find(names_text(names, row->cls), names_text(names, row->line), &line)) {
        fail(maker, FACTS_CLASS, row->cls);
        return;
    }
    if (decimal_add(open, move, &stock)) {
        fail(maker, FACTS_RANGE, row->cur);
        return;
    }
    facts->unmapped_count += line_is_unmapped(line);
    facts->cp_withheld |= withheld;
    facts->is_foreign |= row->cur != maker->portfolio->currency_name;
    take_oldest(&facts->as_of_ms, books_as_of(maker, row));
    take_oldest(&facts->line_as_of_ms[line], books_as_of(maker, row));
    bool ok;
    switch (line_class(line)) {
    case 'R':
    case 'X':
        ok = translate(maker, move, row->cur, FX_AVERAGE, &money) &&
             bring_forward(maker, row, open);
        stock = move;
        break;
    case 'Q':
        ok = translate_equity(maker, row, open, move, &money);
        if (line ==
            LINE_DISTRIBUTION_PAID) /* it faces what was received in the period */
            stock = move;
        break;
    default:
        ok = translate(maker, stock, row->cur, FX_CLOSING, &money);
    }
    struct slice *slice =
        ok ? slice_at(maker, line, withheld ? 0 : row->cp, row->cur, withheld) : NULL;
    if (!slice)
        return;
    if (slice->cp)
        add_facing(maker, row, line);
    slice->money += money;
    maker->translated += money;
    take_oldest(&slice->as_of_ms, books_as_of(maker, row));
    if (decimal_add(slice->local, stock, &slice->local))
        fail(maker, FACTS_RANGE, row->cur);
}

/* --- metrics ------------------------------------------------------------------ */

static bool is_instant(const struct metric_row *row)
{
    return row->start == 0 || row->start == row->end;
}

/* Flows of the period itself and of months inside it; stocks up to its end. */
static bool belongs(const struct maker *maker, const struct metric_row *row)
{
    const struct period *period = &maker->portfolio->period;
    if (row->period == maker->portfolio->period_name)
        return true;
    if (is_instant(row))
        return row->end <= period->end;
    return row->start >= period->start && row->end <= period->end;
}

static void add_metric_row(struct maker *maker, const struct metric_row *row)
{
    struct facts *facts = maker->facts;
    struct names *names = maker->figures->names;
    if (!belongs(maker, row))
        return;
    if (facts->metric_count == facts->metric_capacity) {
        uint32_t capacity = facts->metric_capacity ? facts->metric_capacity * 2 : 8;
        struct metric_fact *metrics =
            realloc(facts->metrics, capacity * sizeof *metrics);
        if (!metrics) {
            fail(maker, FACTS_MEMORY, 0);
            return;
        }
        facts->metrics = metrics;
        facts->metric_capacity = capacity;
    }
    struct metric_fact *metric = &facts->metrics[facts->metric_count++];
    *metric = (struct metric_fact){.row = row};
    take_oldest(&facts->metric_as_of_ms, row->row.as_of_ms);
    if (row->value.mark || !unit_is_currency(names_text(names, row->unit)))
        return;
    /* A budget is translated at budget rates where they are exposed, so that exchange
     * movements do not look like performance. */
    bool is_budget = text_equal(names_text(names, row->scenario), TEXT("budget"));
    enum fx_type type = is_instant(row) ? FX_CLOSING : FX_AVERAGE;
    const struct fx_rate *rate =
        is_budget
            ? portfolio_rate(maker->figures, maker->portfolio, row->unit, FX_BUDGET)
            : NULL;
    if (!rate || !rate->found)
        rate = portfolio_rate(maker->figures, maker->portfolio, row->unit, type);
    metric->has_money = rate && rate->found &&
                        money_translate(amount_decimal(row->value), rate->rate,
                                        maker->portfolio->minor, &metric->money);
}

/* --- the facts of an entity --------------------------------------------------- */

static void make(struct maker *maker)
{
    struct facts *facts = maker->facts;
    struct store *store = maker->figures->store;
    uint32_t slot = maker->figures->entities[maker->entity].slot, first;
    uint32_t count = entity_rows(maker->figures, maker->entity, VIEW_POS, &first);
    for (uint32_t i = first; i < first + count; i++) {
        const struct pos_row *row = &store_row(store, slot, VIEW_POS, i)->pos;
        if (row->period == maker->portfolio->period_name)
            add_pos_row(maker, row);
    }
    facts->has_rows = facts->row_count > 0;
    count = entity_rows(maker->figures, maker->entity, VIEW_METRIC, &first);
    for (uint32_t i = first; i < first + count; i++)
        add_metric_row(maker, &store_row(store, slot, VIEW_METRIC, i)->metric);
    /* A credit balance of the translated rows is a loss from translation. */
    facts->cta_closing = maker->translated;
    facts->cta_opening = maker->open_carried - maker->open_net;
    for (uint32_t i = 0; i < facts->slice_count; i++)
        facts->slices[i].local = decimal_trim(facts->slices[i].local);
}

const struct facts *facts_of(struct figures *figures, struct portfolio *portfolio,
                             uint32_t entity)
{
    if (entity >= portfolio->facts_capacity) {
        uint32_t capacity = figures->entity_capacity;
        struct facts *all = realloc(portfolio->facts, capacity * sizeof *all);
        if (!all) {
            figures->memory_short = true;
            static const struct facts none = {.problem = FACTS_MEMORY};
            return &none;
        }
        memset(all + portfolio->facts_capacity, 0,
               (capacity - portfolio->facts_capacity) * sizeof *all);
        portfolio->facts = all;
        portfolio->facts_capacity = capacity;
    }
    struct facts *facts = &portfolio->facts[entity];
    if (facts->made && facts->rates_version == portfolio->rates_version)
        return facts;
    struct facts fresh = {.made = true,
                          .rates_version = portfolio->rates_version,
                          .slices = facts->slices,
                          .slice_capacity = facts->slice_capacity,
                          .facing = facts->facing,
                          .facing_capacity = facts->facing_capacity,
                          .metrics = facts->metrics,
                          .metric_capacity = facts->metric_capacity};
    *facts = fresh;
    const struct entity_row *row = entity_row_of(figures, entity);
    struct maker maker = {.figures = figures,
                          .portfolio = portfolio,
                          .entity = entity,
                          .facts = facts,
                          .books_as_of_ms = row ? row->row.as_of_ms : 0};
    make(&maker);
    facts->made = facts->problem != FACTS_MEMORY; /* then it is tried again */
    return facts;
}
