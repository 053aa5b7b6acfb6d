#include "core/figures_statement.h"

/* --- one line: its total and who is in it ------------------------------------- */

/* What one member contributes, 100 %, natural sign. */
typedef __int128 part_function(const struct member *member);

enum weighing { AT_ONE, AT_WEIGHT, AT_SHARE };

struct line_recipe {
    const char *key, *label;
    uint32_t level;
    bool is_total;
    enum basis basis; /* which has to exist for it */
    enum weighing weighing;
    part_function *part;
};

static __int128 ni_part(const struct member *member)
{
    return member->holding.in_group || member->is_adjustment ? member->net_income : 0;
}
static __int128 any_ni_part(const struct member *member)
{
    return member->net_income;
}
static __int128 aggregate_revenue_part(const struct member *member)
{
    if (!member->holding.in_group && !member->is_adjustment)
        return 0;
    return -lines_between(member->all, LINE_REVENUE_OPERATING, LINE_REVENUE_UNMAPPED);
}
static __int128 revenue_part(const struct member *member)
{
    return -lines_between(member->external, LINE_REVENUE_OPERATING,
                          LINE_REVENUE_UNMAPPED);
}
static __int128 expense_part(const struct member *member)
{
    return lines_between(member->external, LINE_OPEX, LINE_EXPENSE_UNMAPPED);
}
static __int128 distribution_part(const struct member *member)
{
    return member->distributions;
}
static __int128 difference_pl_part(const struct member *member)
{
    return member->difference_pl;
}
static __int128 difference_bs_part(const struct member *member)
{
    return member->difference_bs;
}
static __int128 affiliates_pl_part(const struct member *member)
{
    return member->affiliates_pl;
}
static __int128 affiliates_bs_part(const struct member *member)
{
    return member->affiliates_bs;
}
static __int128 equity_income_part(const struct member *member)
{
    return member->held_income;
}
static __int128 equity_carrying_part(const struct member *member)
{
    return member->held_carrying;
}
static __int128 consolidated_part(const struct member *member)
{
    return member->kept_income + member->equity_income;
}
static __int128 nci_income_part(const struct member *member)
{
    return member->nci_income;
}
static __int128 nci_equity_part(const struct member *member)
{
    return member->nci_equity;
}
static __int128 assets_part(const struct member *member)
{
    return lines_between(member->external, LINE_CASH, LINE_INVESTMENT) +
           member->difference_bs + member->equity_carrying;
}
static __int128 liabilities_part(const struct member *member)
{
    return -lines_between(member->external, LINE_DEBT, LINE_LIABILITY_UNMAPPED);
}
static __int128 equity_part(const struct member *member)
{
    return member->kept_assets + member->equity_carrying;
}
static __int128 cash_part(const struct member *member)
{
    return member->external[LINE_CASH] + member->external[LINE_CASH_RESTRICTED];
}
static __int128 property_part(const struct member *member)
{
    return member->external[LINE_PROPERTY];
}
static __int128 cta_opening_part(const struct member *member)
{
    return member->facts->hist_missing ? 0 : member->facts->cta_opening;
}
static __int128 cta_closing_part(const struct member *member)
{
    return member->facts->hist_missing ? 0 : member->facts->cta_closing;
}
static __int128 cta_movement_part(const struct member *member)
{
    return cta_closing_part(member) - cta_opening_part(member);
}
static __int128 carved_revenue_part(const struct member *member)
{
    return member->carved_revenue;
}
static __int128 carved_expense_part(const struct member *member)
{
    return member->carved_expense;
}
static __int128 carved_receivable_part(const struct member *member)
{
    return member->carved_receivable;
}
static __int128 carved_payable_part(const struct member *member)
{
    return member->carved_payable;
}
static __int128 carved_investment_part(const struct member *member)
{
    return member->carved_investment;
}

#define CONSOLIDATED BASIS_CONSOLIDATED, AT_WEIGHT
static const struct line_recipe recipes[] = {
    {"aggregate_revenue", "Revenue, all entities at 100 %", 0, true, BASIS_AGGREGATE,
     AT_ONE, aggregate_revenue_part},
    {"aggregate_ni", "Net income, all entities at 100 %", 0, true, BASIS_AGGREGATE,
     AT_ONE, ni_part},
    {"ni", "Net income of each, equity holdings too", 1, false, BASIS_AGGREGATE, AT_ONE,
     any_ni_part},
    {"intragroup_distributions_eliminated", "Distributions within the group", 1, false,
     CONSOLIDATED, distribution_part},
    {"external_revenue", "Revenue from outside", 1, false, CONSOLIDATED, revenue_part},
    {"external_expense", "Expense to outside", 1, false, CONSOLIDATED, expense_part},
    {"ic_difference_pl", "Intercompany difference, income", 1, false, CONSOLIDATED,
     difference_pl_part},
    {"affiliates_pl", "of it facing unnamed affiliates", 2, false, CONSOLIDATED,
     affiliates_pl_part},
    {"equity_method_share", "Share of equity holdings", 1, false, BASIS_CONSOLIDATED,
     AT_ONE, equity_income_part},
    {"consolidated_ni", "Consolidated net income", 0, true, CONSOLIDATED,
     consolidated_part},
    {"nci_ni", "of it minorities", 1, false, BASIS_CONSOLIDATED, AT_ONE,
     nci_income_part},
    {"attributable_ni", "Net income attributable", 0, true, CONSOLIDATED, NULL},
    {"look_through_ni", "Net income at share", 0, true, BASIS_SHARE, AT_SHARE, NULL},
    {"cash", "Cash", 1, false, CONSOLIDATED, cash_part},
    {"property", "Property", 1, false, CONSOLIDATED, property_part},
    {"equity_method_carrying", "Equity holdings", 1, false, BASIS_CONSOLIDATED, AT_ONE,
     equity_carrying_part},
    {"ic_difference_bs", "Intercompany difference, balance sheet", 1, false,
     CONSOLIDATED, difference_bs_part},
    {"affiliates_bs", "of it facing unnamed affiliates", 2, false, CONSOLIDATED,
     affiliates_bs_part},
    {"total_assets", "Total assets", 0, true, CONSOLIDATED, assets_part},
    {"total_liabilities", "Total liabilities", 0, true, CONSOLIDATED, liabilities_part},
    {"total_equity", "Total equity", 0, true, CONSOLIDATED, equity_part},
    {"nci_equity", "of it minorities", 1, false, BASIS_CONSOLIDATED, AT_ONE,
     nci_equity_part},
    {"attributable_equity", "Equity attributable", 0, true, CONSOLIDATED, NULL},
    {"cta_opening", "Translation difference, opening", 1, false, CONSOLIDATED,
     cta_opening_part},
    {"cta_movement", "Translation difference, movement", 1, false, CONSOLIDATED,
     cta_movement_part},
    {"cta_closing", "Translation difference, closing", 1, false, CONSOLIDATED,
     cta_closing_part},
    {"carved_out_ic_revenue", "Outside: revenue facing missing entities", 1, false,
     CONSOLIDATED, carved_revenue_part},
    {"carved_out_ic_expense", "Outside: expense facing missing entities", 1, false,
     CONSOLIDATED, carved_expense_part},
    {"carved_out_ic_receivable", "Outside: receivables from missing entities", 1, false,
     CONSOLIDATED, carved_receivable_part},
    {"carved_out_ic_payable", "Outside: payables to missing entities", 1, false,
     CONSOLIDATED, carved_payable_part},
    {"carved_out_investment", "Outside: investments in missing entities", 1, false,
     CONSOLIDATED, carved_investment_part},
};
enum { RECIPES = sizeof recipes / sizeof *recipes };

static struct ratio weight_of(const struct member *member, enum weighing weighing)
{
    if (!member->standing.included)
        return RATIO_ZERO;
    switch (weighing) {
    case AT_ONE:
        return RATIO_ONE;
    case AT_WEIGHT:
        return member->holding.in_group ? member->holding.weight : RATIO_ZERO;
    case AT_SHARE:
        return member->holding.in_group ? member->holding.effective
                                        : member->look_through;
    }
    return RATIO_ZERO;
}

/* The three lines that are made of two others. */
static bool composed(const struct rollup *rollup, const char *key, __int128 *money)
{
    if (strcmp(key, "attributable_ni") == 0) {
        *money = rollup->attributable_income;
    } else if (strcmp(key, "look_through_ni") == 0) {
        *money = rollup->look_through_income;
    } else if (strcmp(key, "attributable_equity") == 0) {
        struct tally equity =
            rollup_measure(rollup, BASIS_CONSOLIDATED, MEASURE_NET_ASSETS);
        *money = sum_money(equity.sum);
        for (uint32_t i = 0; i < rollup->member_count; i++)
            *money -= rollup->members[i].nci_equity;
    } else {
        return false;
    }
    return true;
}

static __int128 part_of(const struct line_recipe *recipe, const struct member *member)
{
    if (recipe->part)
        return recipe->part(member);
    if (recipe->weighing == AT_SHARE)
        return member->holding.in_group ? member->kept_income : member->net_income;
    return 0;
}

static void fill_line(const struct rollup *rollup, const struct line_recipe *recipe,
                      struct statement_line *line, struct arena *arena)
{
    struct tally tally = {0};
    uint32_t room = 0;
    for (uint32_t i = 0; i < rollup->member_count; i++)
        room += weight_of(&rollup->members[i], recipe->weighing).num != 0 &&
                part_of(recipe, &rollup->members[i]) != 0;
    struct contribution *parts = arena_array(arena, room + 1u, sizeof *parts);
    *line = (struct statement_line){.key = recipe->key,
                                    .label = recipe->label,
                                    .level = recipe->level,
                                    .is_total = recipe->is_total};
    for (uint32_t i = 0; parts && i < rollup->member_count; i++) {
        const struct member *member = &rollup->members[i];
        struct ratio weight = weight_of(member, recipe->weighing);
        if (weight.num == 0)
            continue;
        __int128 money = part_of(recipe, member);
        tally_add(&tally, money, weight, member->standing.mark,
                  member->standing.as_of_ms);
        if (money == 0)
            continue;
        parts[line->part_count++] = (struct contribution){
            .entity = entity_id(rollup->figures, member->entity),
            .what = recipe->label,
            .figure = member_money(rollup, member, money_share(money, weight),
                                   member->standing.mark, member->standing.as_of_ms),
            .reason = "",
        };
    }
    __int128 money;
    if (composed(rollup, recipe->key, &money)) {
        tally.sum = (struct sum){0};
        sum_add(&tally.sum, money);
    }
    line->parts = parts;
    line->figure = rollup_figure(rollup, recipe->basis, &tally, "");
}

/* CTA stands per entity that translates; where equity has no historical amount there is
 * none to show (decisions G7). */
static void drop_unknown_cta(const struct rollup *rollup, struct statement_line *line)
{
    bool unknown = false, any = false;
    if (strncmp(line->key, "cta_", 4) != 0)
        return;
    for (uint32_t i = 0; i < rollup->member_count; i++) {
        const struct member *member = &rollup->members[i];
        if (!member->standing.included || !member->holding.in_group ||
            !member->facts->is_foreign)
            continue;
        any = true;
        unknown |= member->facts->hist_missing;
    }
    if (any && !unknown)
        return;
    line->figure.present = false;
    line->figure.mark = MARK_NOT_APPLICABLE;
    line->figure.why = any ? "historical rate missing" : "nothing is translated";
}

const struct statement_line *statement_build(const struct rollup *rollup,
                                             struct arena *arena, uint32_t *count)
{
    struct statement_line *lines = arena_array(arena, RECIPES, sizeof *lines);
    *count = 0;
    for (; lines && *count < RECIPES; ++*count) {
        fill_line(rollup, &recipes[*count], &lines[*count], arena);
        drop_unknown_cta(rollup, &lines[*count]);
    }
    return lines;
}

/* --- what is left out --------------------------------------------------------- */

struct omissions {
    const struct rollup *rollup;
    struct arena *arena;
    struct contribution *list;
    uint32_t count, capacity;
};

static void omit(struct omissions *out, const char *entity, const char *what,
                 struct figure figure, const char *reason)
{
    if (out->count == out->capacity)
        return;
    out->list[out->count++] = (struct contribution){.entity = entity,
                                                    .what = what,
                                                    .figure = figure,
                                                    .left_out = true,
                                                    .reason = reason};
}

/* Rows that face a missing entity: neither a difference nor somebody outside. */
static void omit_carved(struct omissions *out, const struct member *member)
{
    struct figures *figures = out->rollup->figures;
    const char *entity = entity_id(figures, member->entity);
    for (uint32_t i = 0; i < member->facts->slice_count; i++) {
        const struct slice *slice = &member->facts->slices[i];
        uint32_t cp = slice->cp ? entity_by_name(figures, slice->cp) : NO_ENTITY;
        enum facing facing = rollup_facing(out->rollup, cp);
        bool replaced =
            slice->line == LINE_REVENUE_DISTRIBUTION || slice->line == LINE_INVESTMENT;
        if (line_class(slice->line) == 'Q' || slice->money == 0 ||
            (facing != FACING_GROUP_MISSING &&
             !(facing == FACING_EQUITY_MISSING && replaced)))
            continue;
        omit(out, entity,
             arena_print(out->arena, "%s facing %s", line_name(slice->line),
                         entity_id(figures, cp)),
             member_money(out->rollup, member, slice->money, member->standing.mark,
                          slice->as_of_ms),
             arena_print(out->arena, "intercompany facing %s, which is missing",
                         entity_id(figures, cp)));
    }
}

const struct contribution *statement_left_out(const struct rollup *rollup,
                                              struct arena *arena, uint32_t *count)
{
    struct omissions out = {.rollup = rollup, .arena = arena};
    for (uint32_t i = 0; i < rollup->member_count; i++)
        out.capacity += 2 + rollup->members[i].facts->slice_count;
    out.list = arena_array(arena, out.capacity + 1u, sizeof *out.list);
    for (uint32_t i = 0; out.list && i < rollup->member_count; i++) {
        const struct member *member = &rollup->members[i];
        const char *entity = entity_id(rollup->figures, member->entity);
        if (!member->standing.included) {
            omit(&out, entity, "all of it", member_absent(rollup, member),
                 arena_text(arena, text_of(member->standing.why)));
            continue;
        }
        if (member->facts->cp_withheld)
            omit(&out, entity, "its eliminations",
                 figure_not_applicable(FORMAT_MONEY, "counterparties are withheld"),
                 "counterparties are withheld: eliminations are incomplete");
        omit_carved(&out, member);
    }
    *count = out.count;
    return out.list;
}
