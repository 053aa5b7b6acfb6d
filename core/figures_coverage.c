/* figures_coverage.c - "is this all of it, and is it now?" */
#include "core/figures_state.h"
#include "core/rollup.h"

void coverage_count(struct coverage *coverage, enum mark mark)
{
    switch (mark) {
    case MARK_CURRENT:
    case MARK_NOT_APPLICABLE:
    case MARK_SUPPRESSED:
        coverage->current++;
        break;
    case MARK_AGING:
        coverage->aging++;
        break;
    case MARK_STALE:
        coverage->stale++;
        break;
    case MARK_LAST_KNOWN:
        coverage->down++;
        break;
    case MARK_REFUSED:
    case MARK_EXPIRED:
        coverage->refused++;
        break;
    case MARK_WAITING:
        coverage->waiting++;
        break;
    case MARK_NEVER:
        coverage->never++;
        break;
    }
}

/* The youngest date that holds for all rates in use, and whether it is good enough. */
void coverage_add_rates(struct figures *figures, struct portfolio *portfolio,
                        struct coverage *coverage)
{
    coverage->fx_current = true;
    for (uint32_t i = 0; i < portfolio->rate_count; i++) {
        const struct fx_rate *rate = &portfolio->rates[i].rates[FX_CLOSING];
        if (!rate->found || rate->fixed == 0)
            continue;
        if (coverage->fx_date == 0 || rate->fixed < coverage->fx_date)
            coverage->fx_date = rate->fixed;
        coverage->fx_current &= rate_is_current(figures, portfolio, rate, FX_CLOSING);
    }
}

static void add_member(struct figures *figures, struct coverage *coverage,
                       const struct member *member, const char **missing,
                       uint32_t *count)
{
    const struct config_totebox *block = entity_block(figures, member->entity);
    int64_t weight = block ? block->weight : 1;
    coverage->expected++;
    coverage->weight_expected += weight;
    coverage_count(coverage, member->standing.mark);
    if (member->standing.included) {
        /* Last known is in the totals, but it is no answer. */
        bool answers = member->standing.link != MARK_LAST_KNOWN;
        coverage->answered += answers;
        coverage->weight_answered += answers ? weight : 0;
    } else {
        missing[(*count)++] = entity_id(figures, member->entity);
    }
    int64_t as_of_ms = member->standing.as_of_ms;
    if (member->standing.included && as_of_ms > 0 &&
        (coverage->oldest_as_of_ms == 0 || as_of_ms < coverage->oldest_as_of_ms)) {
        coverage->oldest_as_of_ms = as_of_ms;
        coverage->oldest_entity = entity_id(figures, member->entity);
    }
}

const struct coverage *figures_coverage(struct figures *figures,
                                        const struct model_options *options)
{
    struct arena *arena;
    struct coverage *coverage = model_begin(figures, MODEL_COVERAGE, options, &arena);
    if (coverage)
        return coverage;
    struct portfolio *portfolio = portfolio_at(figures, options->portfolio);
    const struct rollup *rollup =
        rollup_of(figures, portfolio, options->without_last_known);
    coverage = arena_take(arena, sizeof *coverage);
    if (!rollup || !coverage)
        return NULL;
    const char **missing =
        arena_array(arena, rollup->member_count + 1, sizeof *missing);
    if (!missing)
        return NULL;
    uint32_t count = 0, live = 0, lost = 0;
    coverage->oldest_entity = "";
    for (uint32_t i = 0; i < rollup->member_count; i++) {
        const struct member *member = &rollup->members[i];
        if (member->is_adjustment)
            continue;
        live += member->standing.link == MARK_CURRENT;
        lost += member->standing.link == MARK_LAST_KNOWN;
        add_member(figures, coverage, member, missing, &count);
    }
    coverage->missing = missing;
    coverage->lost_all = live == 0 && lost > 0;
    coverage_add_rates(figures, portfolio, coverage);
    model_end(figures, MODEL_COVERAGE, coverage);
    return coverage;
}
