#include "core/rollup.h"

#include <stdlib.h>

__int128 lines_between(const __int128 *source, enum line first, enum line last)
{
    __int128 total = 0;
    for (int line = (int)first; line <= (int)last; line++)
        total += source[line];
    return total;
}

const struct member *rollup_member(const struct rollup *rollup, uint32_t entity)
{
    if (entity >= rollup->scope->node_count || rollup->member_of[entity] == 0)
        return NULL;
    return &rollup->members[rollup->member_of[entity] - 1];
}

enum facing rollup_facing(const struct rollup *rollup, uint32_t entity)
{
    const struct member *member =
        entity == NO_ENTITY ? NULL : rollup_member(rollup, entity);
    if (!member || !rollup->scope->has_ownership || member->is_adjustment)
        return FACING_OUTSIDE;
    if (member->holding.in_group)
        return member->standing.included ? FACING_GROUP : FACING_GROUP_MISSING;
    return member->standing.included ? FACING_EQUITY : FACING_EQUITY_MISSING;
}

struct ratio member_weight(const struct member *member, enum basis basis)
{
    if (!member->standing.included)
        return RATIO_ZERO;
    switch (basis) {
    case BASIS_AGGREGATE:
        return member->holding.in_group || member->is_adjustment ? RATIO_ONE
                                                                 : RATIO_ZERO;
    case BASIS_CONSOLIDATED:
        return member->holding.weight;
    case BASIS_SHARE:
        /* An equity holding stands as one line in its owner. */
        return member->holding.in_group ? member->holding.effective : RATIO_ZERO;
    }
    return RATIO_ZERO;
}

/* --- members ------------------------------------------------------------------ */

static void add_carved(struct member *member, const struct slice *slice, char cls)
{
    switch (cls) {
    case 'A':
        member->carved_receivable += slice->money;
        break;
    case 'L':
        member->carved_payable -= slice->money;
        break;
    case 'V':
        member->carved_investment += slice->money;
        break;
    case 'R':
        member->carved_revenue -= slice->money;
        break;
    case 'X':
        member->carved_expense += slice->money;
        break;
    default: /* equity: what was paid out is gone all the same */
        break;
    }
}

/* Rules 2.4 and 2.5 for one slice: where its money goes. */
static void place_slice(const struct rollup *rollup, struct member *member,
                        const struct slice *slice)
{
    struct figures *figures = rollup->figures;
    char cls = line_class(slice->line);
    bool is_income = cls == 'R' || cls == 'X', is_balance = cls == 'A' || cls == 'L';
    bool is_distribution = slice->line == LINE_REVENUE_DISTRIBUTION;
    uint32_t cp = slice->cp ? entity_by_name(figures, slice->cp) : NO_ENTITY;
    enum facing facing =
        cp == member->entity ? FACING_OUTSIDE : rollup_facing(rollup, cp);
    member->all[slice->line] += slice->money;
    if (!is_distribution && cls != 'V' &&
        (facing == FACING_EQUITY || facing == FACING_EQUITY_MISSING))
        facing = FACING_OUTSIDE;
    switch (facing) {
    case FACING_GROUP:
        if (is_distribution)
            member->distributions -= slice->money;
        else if (is_income)
            member->difference_pl -= slice->money;
        if (is_balance)
            member->difference_bs += slice->money;
        if (!is_distribution && cls != 'V')
            member->kept[slice->line] += slice->money;
        break;
    case FACING_EQUITY:
        if (is_distribution)
            member->distributions -= slice->money;
        break;
    case FACING_GROUP_MISSING:
    case FACING_EQUITY_MISSING:
        add_carved(member, slice, cls);
        break;
    case FACING_OUTSIDE:
        member->external[slice->line] += slice->money;
        member->kept[slice->line] += slice->money;
        if (text_equal(names_text(figures->names, slice->cp), TEXT("@affiliates"))) {
            member->affiliates_pl -= is_income ? slice->money : 0;
            member->affiliates_bs += is_balance ? slice->money : 0;
        }
        break;
    }
}

static void place_member(const struct rollup *rollup, struct member *member)
{
    for (uint32_t i = 0; i < member->facts->slice_count; i++)
        place_slice(rollup, member, &member->facts->slices[i]);
    member->net_income =
        -lines_between(member->all, LINE_REVENUE_OPERATING, LINE_EXPENSE_UNMAPPED);
    member->net_assets = lines_between(member->all, LINE_CASH, LINE_LIABILITY_UNMAPPED);
    member->kept_income =
        -lines_between(member->kept, LINE_REVENUE_OPERATING, LINE_EXPENSE_UNMAPPED);
    member->kept_assets =
        lines_between(member->kept, LINE_CASH, LINE_LIABILITY_UNMAPPED);
    int64_t view_ms = portfolio_view_ms(rollup->figures, rollup->portfolio);
    for (int line = 0; line < LINE_COUNT; line++)
        member->line_age[line] =
            mark_worse(member->standing.mark,
                       mark_of_age(view_ms, member->facts->line_as_of_ms[line],
                                   rollup->figures->line_limits[line]));
}

static struct member *member_at(struct rollup *rollup, uint32_t entity)
{
    uint32_t index = entity < rollup->scope->node_count ? rollup->member_of[entity] : 0;
    return index ? &rollup->members[index - 1] : NULL;
}

/* Rule 2.3: a share of income and of net assets, each rounded once an edge. */
static void take_equity_holdings(struct rollup *rollup)
{
    const struct scope *scope = rollup->scope;
    for (uint32_t i = 0; scope->has_ownership && i < scope->edge_count; i++) {
        const struct edge *edge = &scope->edges[i];
        struct member *owner = member_at(rollup, edge->owner);
        struct member *owned = member_at(rollup, edge->owned);
        struct ratio share;
        if (!owner || !owned || edge->method < METHOD_EQUITY ||
            owned->holding.method != METHOD_EQUITY || !owned->standing.included ||
            !owner->standing.included || !owner->holding.in_group)
            continue;
        __int128 income = money_share(owned->net_income, edge->share);
        __int128 carrying = money_share(owned->net_assets, edge->share);
        owner->equity_income += income;
        owner->equity_carrying += carrying;
        owned->held_income += money_share(income, owner->holding.weight);
        owned->held_carrying += money_share(carrying, owner->holding.weight);
        if (!ratio_multiply(owner->holding.effective, edge->share, &share) ||
            !ratio_add(owned->look_through, share, &owned->look_through))
            rollup->overflow = true;
    }
}

/* What a member owns counts in its owners' tiers by their shares. */
static void pass_tier_up(struct rollup *rollup, const struct member *member)
{
    const struct scope *scope = rollup->scope;
    for (uint32_t i = scope->edges_into[member->entity];
         i < scope->edges_into[member->entity + 1]; i++) {
        struct member *owner = member_at(rollup, scope->edges[i].owner);
        if (owner && scope->edges[i].method >= METHOD_EQUITY)
            sum_add_sum(&owner->tier_assets, member->tier_assets,
                        scope->edges[i].share);
    }
}

/* Rules 2.6: income by effective share, equity tier by tier from the leaves up. */
static void take_minorities(struct rollup *rollup)
{
    const struct scope *scope = rollup->scope;
    for (uint32_t i = scope->solved_count; scope->has_ownership && i-- > 0;) {
        struct member *member = member_at(rollup, scope->solved[i]);
        struct ratio minority;
        struct sum outside = {0};
        if (!member || !member->holding.in_group)
            continue;
        if (member->standing.included)
            sum_add(&member->tier_assets,
                    member->kept_assets + member->equity_carrying);
        pass_tier_up(rollup, member);
        if (!ratio_subtract(member->holding.weight, member->holding.effective,
                            &minority)) {
            rollup->overflow = true;
            continue;
        }
        member->nci_income =
            money_share(member->kept_income + member->equity_income, minority);
        sum_add_sum(&outside, member->tier_assets, member->holding.outside);
        rollup->overflow |= outside.overflow;
        member->nci_equity = sum_money(outside);
    }
}

/* --- totals ------------------------------------------------------------------- */

/* Rules 2.6 and 2.7, and the check between them. */
static void total_income(struct rollup *rollup)
{
    struct sum consolidated = {0}, look_through = {0}, minority = {0};
    for (uint32_t i = 0; i < rollup->member_count; i++) {
        const struct member *member = &rollup->members[i];
        struct ratio weight = member_weight(member, BASIS_CONSOLIDATED);
        if (!member->standing.included || member->is_adjustment)
            continue;
        if (member->holding.in_group) {
            sum_add_share(&consolidated, member->kept_income + member->equity_income,
                          weight);
            sum_add_share(&look_through, member->kept_income,
                          member->holding.effective);
            sum_add(&minority, member->nci_income);
        } else {
            sum_add_share(&look_through, member->net_income, member->look_through);
        }
    }
    rollup->overflow |=
        consolidated.overflow | look_through.overflow | minority.overflow;
    rollup->consolidated_income = sum_money(consolidated);
    rollup->nci_income = sum_money(minority);
    rollup->attributable_income = rollup->consolidated_income - rollup->nci_income;
    rollup->look_through_income = sum_money(look_through);
    __int128 apart = rollup->attributable_income - rollup->look_through_income;
    /* Half a minor unit for each rounding: once an entity, once an equity edge. */
    __int128 allowed = (rollup->member_count + rollup->scope->edge_count + 2) / 2;
    rollup->invariant_holds = apart <= allowed && -apart <= allowed;
}

static void count_members(struct rollup *rollup)
{
    bool is_strict = rollup->portfolio->config->partial == PARTIAL_STRICT;
    for (uint32_t i = 0; i < rollup->member_count; i++) {
        struct member *member = &rollup->members[i];
        const struct config_totebox *block =
            entity_block(rollup->figures, member->entity);
        if (member->is_adjustment)
            continue;
        rollup->expected++;
        rollup->included += member->standing.included;
        rollup->last_known +=
            member->standing.included && member->standing.mark >= MARK_STALE;
        if (is_strict && !rollup->refused && (!block || block->required) &&
            (!member->standing.included || member->standing.mark > MARK_AGING))
            rollup->refused =
                arena_print(&rollup->arena, "strict: %s is %s",
                            entity_id(rollup->figures, member->entity),
                            member->standing.included ? mark_name(member->standing.mark)
                                                      : "missing");
    }
    if (!rollup->scope->has_ownership)
        rollup->no_ownership =
            rollup->scope->root_unknown
                ? arena_print(&rollup->arena, "ownership of %s unknown",
                              rollup->portfolio->config->root)
                : "no root is configured";
}

static const char *holding_words(enum ownership_problem problem)
{
    switch (problem) {
    case OWNERSHIP_CYCLE:
        return "ownership cycle";
    case OWNERSHIP_TOO_LONG:
        return "its exact share is out of range";
    case OWNERSHIP_FINE:
    case OWNERSHIP_OVER_ONE:
        break;
    }
    return NULL;
}

static bool add_members(struct rollup *rollup)
{
    struct figures *figures = rollup->figures;
    const struct scope *scope = rollup->scope;
    rollup->members =
        arena_array(&rollup->arena, scope->count + 1, sizeof *rollup->members);
    rollup->member_of =
        arena_array(&rollup->arena, scope->node_count + 1, sizeof *rollup->member_of);
    if (!rollup->members || !rollup->member_of)
        return false;
    for (uint32_t i = 0; i < scope->count; i++) {
        struct member *member = &rollup->members[rollup->member_count++];
        const char *left_out;
        member->entity = scope->order[i];
        member->look_through = RATIO_ZERO;
        member->holding = scope_holding(scope, member->entity);
        member->facts = facts_of(figures, rollup->portfolio, member->entity);
        member->standing = standing_of(figures, rollup->portfolio, member->entity,
                                       rollup->without_last_known, &rollup->arena);
        const struct entity_row *row = entity_row_of(figures, member->entity);
        member->is_adjustment = row && text_equal(names_text(figures->names, row->kind),
                                                  TEXT("adjustment"));
        left_out = holding_words(member->holding.problem);
        if (left_out) {
            member->standing.included = false;
            member->standing.why = left_out;
        }
        rollup->member_of[member->entity] = rollup->member_count;
    }
    /* facts_of() may have moved the facts while they were made for the first time. */
    for (uint32_t i = 0; i < rollup->member_count; i++)
        rollup->members[i].facts =
            facts_of(figures, rollup->portfolio, rollup->members[i].entity);
    return true;
}

static bool make(struct rollup *rollup)
{
    rollup->scope = scope_of(rollup->figures, rollup->portfolio);
    if (!add_members(rollup))
        return false;
    for (uint32_t i = 0; i < rollup->member_count; i++) {
        struct member *member = &rollup->members[i];
        if (!member->standing.included)
            continue;
        place_member(rollup, member);
        rollup_metrics(rollup, member);
    }
    take_equity_holdings(rollup);
    take_minorities(rollup);
    count_members(rollup);
    total_income(rollup);
    return !rollup->arena.failed;
}

const struct rollup *rollup_of(struct figures *figures, struct portfolio *portfolio,
                               bool without_last_known)
{
    struct rollup *rollup = portfolio->rollup;
    if (rollup && portfolio->rollup_generation == figures->generation &&
        portfolio->rollup_without == without_last_known)
        return rollup;
    if (!rollup)
        rollup = portfolio->rollup = calloc(1, sizeof *rollup);
    if (!rollup)
        return NULL;
    struct arena arena = rollup->arena;
    arena_reset(&arena);
    *rollup = (struct rollup){.arena = arena,
                              .figures = figures,
                              .portfolio = portfolio,
                              .without_last_known = without_last_known};
    if (!make(rollup)) {
        portfolio->rollup_generation = 0;
        figures->memory_short = true;
        return NULL;
    }
    portfolio->rollup_generation = figures->generation;
    portfolio->rollup_without = without_last_known;
    return rollup;
}

void rollup_free(struct rollup *rollup)
{
    if (!rollup)
        return;
    arena_release(&rollup->arena);
    free(rollup);
}
