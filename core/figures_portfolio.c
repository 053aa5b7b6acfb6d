/* figures_portfolio.c - the entities of a portfolio in its currency, and their total.
 */
#include <stdio.h>

#include "core/figures_statement.h"
#include "core/rollup.h"

static const char *row_state(struct figures *figures, const struct member *member,
                             struct arena *arena)
{
    uint32_t slot = figures->entities[member->entity].slot;
    if (slot == NO_SLOT)
        return "not paired";
    if (!member->standing.included && mark_has_number(member->standing.link) &&
        *member->standing.why)
        return arena_text(arena, text_of(member->standing.why));
    return link_words(figures, slot, arena);
}

static struct figure measured(const struct rollup *rollup, const struct member *member,
                              enum measure measure)
{
    __int128 money;
    enum mark mark;
    int64_t as_of_ms;
    if (!member->standing.included)
        return member_absent(rollup, member);
    if (!member_measure(member, BASIS_AGGREGATE, measure, &money, &mark, &as_of_ms))
        return figure_not_applicable(FORMAT_MONEY, "not reported");
    return member_money(rollup, member, money, mark, as_of_ms);
}

static struct figure effective_share(const struct rollup *rollup,
                                     const struct member *member)
{
    struct figure figure = {.format = FORMAT_PERCENT, .currency = "", .why = ""};
    struct ratio share = member->holding.effective;
    enum { SHARE_DIGITS = 8 };
    if (rollup->no_ownership || member->is_adjustment ||
        member->holding.problem == OWNERSHIP_CYCLE ||
        decimal_share(decimal_from_int(1), share.num, share.den, SHARE_DIGITS,
                      &figure.value)) {
        figure.mark = MARK_NEVER;
        figure.why = rollup->no_ownership ? rollup->no_ownership : "ownership cycle";
        return figure;
    }
    figure.value = decimal_trim(figure.value);
    figure.present = true;
    figure.included = figure.expected = 1;
    return figure;
}

static void fill_row(const struct rollup *rollup, const struct member *member,
                     struct portfolio_row *row, struct arena *arena)
{
    struct figures *figures = rollup->figures;
    const struct entity_row *said = entity_row_of(figures, member->entity);
    const struct config_totebox *block = entity_block(figures, member->entity);
    const char *id = entity_id(figures, member->entity);
    bool is_pinned = figures->entities[member->entity].is_pinned;
    *row = (struct portfolio_row){
        .slot = figures->entities[member->entity].slot,
        .entity = id,
        .name =
            is_pinned && strcmp(block->name, block->entity) != 0 ? block->name : NULL,
        .kind = said ? arena_text(arena, names_text(figures->names, said->kind)) : "",
        .group = block ? block->group : "",
        .currency =
            arena_text(arena, text_of(entity_currency(figures, member->entity))),
        .effective = effective_share(rollup, member),
        .net_assets = measured(rollup, member, MEASURE_NET_ASSETS),
        .cash = measured(rollup, member, MEASURE_CASH),
        .debt = measured(rollup, member, MEASURE_DEBT),
        .revenue = measured(rollup, member, MEASURE_REVENUE),
        .noi = measured(rollup, member, MEASURE_PROPERTY_NOI),
        .net_income = measured(rollup, member, MEASURE_NET_INCOME),
        .ltv = member_ltv(rollup, member),
        .occupancy = member_occupancy(rollup, member),
        .dscr = member_dscr(rollup, member),
        .mark = member->standing.mark,
        .as_of_ms = member->standing.as_of_ms,
        .state = row_state(figures, member, arena),
    };
    /* The operator's own name for it goes before the archive's. */
    if (!row->name)
        row->name =
            said ? arena_text(arena, names_text(figures->names, said->name)) : id;
}

static void fill_total(const struct rollup *rollup, enum basis basis,
                       struct portfolio_row *total)
{
    static const enum measure measures[] = {MEASURE_NET_ASSETS, MEASURE_CASH,
                                            MEASURE_DEBT,       MEASURE_REVENUE,
                                            MEASURE_NOI,        MEASURE_NET_INCOME};
    struct figure *const figures[] = {&total->net_assets, &total->cash,
                                      &total->debt,       &total->revenue,
                                      &total->noi,        &total->net_income};
    *total = (struct portfolio_row){
        .slot = NO_SLOT,
        .entity = "",
        .name = "total",
        .kind = "",
        .group = "",
        .currency = rollup->portfolio->config->currency,
        .effective = figure_not_applicable(FORMAT_PERCENT, ""),
        .ltv = rollup_ltv(rollup, basis, NULL),
        .occupancy = rollup_occupancy(rollup, basis, NULL),
        .dscr = rollup_dscr(rollup, basis, NULL),
        .state = "",
    };
    for (size_t i = 0; i < sizeof measures / sizeof *measures; i++) {
        struct tally tally = rollup_measure(rollup, basis, measures[i]);
        *figures[i] = rollup_figure(rollup, basis, &tally, "");
        total->mark = mark_worse(total->mark, figures[i]->mark);
        if (figures[i]->as_of_ms > 0 &&
            (total->as_of_ms == 0 || figures[i]->as_of_ms < total->as_of_ms))
            total->as_of_ms = figures[i]->as_of_ms;
    }
    if (basis == BASIS_CONSOLIDATED && total->net_income.present) {
        /* What belongs to the root; the whole stands in the statement. */
        total->net_income.value =
            money_decimal(rollup->attributable_income, rollup->portfolio->minor);
        total->net_income.why = "attributable: consolidated less minorities";
    }
}

/* "* holds 1 last known value, USD 120,000.00 (2.1 %); 1 left out" */
static const char *note_words(const struct rollup *rollup, struct arena *arena)
{
    struct tally last = {0}, all = {0};
    struct decimal share;
    char text[DECIMAL_CHARS_MAX], percent[DECIMAL_CHARS_MAX] = "";
    uint32_t left_out = rollup->expected - rollup->included;
    for (uint32_t i = 0; i < rollup->member_count; i++) {
        const struct member *member = &rollup->members[i];
        if (!member->standing.included)
            continue;
        tally_add(&all, member->net_assets, RATIO_ONE, MARK_CURRENT, 0);
        if (member->standing.mark >= MARK_STALE)
            tally_add(&last, member->net_assets, RATIO_ONE, MARK_CURRENT, 0);
    }
    if (rollup->last_known == 0 && left_out == 0)
        return "";
    if (rollup->last_known == 0)
        return arena_print(arena, "* %u left out", left_out);
    decimal_write(money_decimal(sum_money(last.sum), rollup->portfolio->minor), text);
    if (sum_money(all.sum) != 0 &&
        decimal_divide(decimal_from_int(100), (struct decimal){sum_money(all.sum), 0},
                       DECIMAL_SCALE_MAX, &share) == DECIMAL_OK &&
        decimal_multiply((struct decimal){sum_money(last.sum), 0}, share, 1, &share) ==
            DECIMAL_OK)
        decimal_write(share, percent);
    return arena_print(
        arena, "* holds %u last known value%s, net assets %s %s%s%s%s; %u left out",
        rollup->last_known, rollup->last_known == 1 ? "" : "s",
        rollup->portfolio->config->currency, text, *percent ? " (" : "", percent,
        *percent ? " %)" : "", left_out);
}

const char *rate_words(struct figures *figures, struct portfolio *portfolio,
                       struct arena *arena)
{
    const char *words = "";
    for (uint32_t i = 0; i < portfolio->rate_count; i++) {
        const struct fx_rate *rate = &portfolio->rates[i].rates[FX_CLOSING];
        char text[DECIMAL_CHARS_MAX];
        if (!rate->found || rate->fixed == 0)
            continue;
        decimal_write(rate->rate, text);
        words = arena_print(
            arena, "%s%s%s %s%s", words,
            *words
                ? ", "
                : arena_print(arena, "%s via %s, closing %04lld-%02lld-%02lld: ",
                              names_string(figures->names, rate->source),
                              portfolio->config->fx, (long long)(rate->fixed / 10000),
                              (long long)(rate->fixed / 100 % 100),
                              (long long)(rate->fixed % 100)),
            names_string(figures->names, portfolio->rates[i].cur), text,
            rate->derived ? " (derived)" : "");
    }
    return words;
}

static void hash_edge(const struct figures *figures, const struct edge *edge,
                      uint8_t hash[HASH_BYTES])
{
    char num[DECIMAL_CHARS_MAX], den[DECIMAL_CHARS_MAX], text[192];
    struct hasher hasher;
    decimal_write((struct decimal){edge->share.num, 0}, num);
    decimal_write((struct decimal){edge->share.den, 0}, den);
    int length =
        snprintf(text, sizeof text, "%s|%s|%s/%s|%d", entity_id(figures, edge->owner),
                 entity_id(figures, edge->owned), num, den, (int)edge->method);
    hasher_begin(&hasher, "fleet ownership v1");
    hasher_update(&hasher, text, (size_t)length);
    hasher_finish(&hasher, hash);
}

/* Two consoles with the same version read the same edges, in whatever order. */
const char *ownership_words(struct figures *figures, struct portfolio *portfolio,
                            struct arena *arena)
{
    const struct scope *scope = scope_of(figures, portfolio);
    uint8_t hash[HASH_BYTES], all[HASH_BYTES] = {0};
    int64_t date = scope->date;
    if (!scope->has_ownership)
        return "";
    for (uint32_t i = 0; i < scope->edge_count; i++) {
        hash_edge(figures, &scope->edges[i], hash);
        for (size_t j = 0; j < sizeof all; j++)
            all[j] ^= hash[j];
    }
    return arena_print(
        arena, "ownership at %04lld-%02lld-%02lld: %u edge%s, version %02x%02x%02x%02x",
        (long long)(date / 10000), (long long)(date / 100 % 100),
        (long long)(date % 100), scope->edge_count, scope->edge_count == 1 ? "" : "s",
        all[0], all[1], all[2], all[3]);
}

static const char *invariant_words(const struct rollup *rollup, struct arena *arena)
{
    char attributable[DECIMAL_CHARS_MAX], look_through[DECIMAL_CHARS_MAX];
    if (rollup->no_ownership || rollup->invariant_holds)
        return "";
    decimal_write(money_decimal(rollup->attributable_income, rollup->portfolio->minor),
                  attributable);
    decimal_write(money_decimal(rollup->look_through_income, rollup->portfolio->minor),
                  look_through);
    return arena_print(arena, "attributable income %s is not look-through income %s",
                       attributable, look_through);
}

const struct model_portfolio *figures_portfolio(struct figures *figures,
                                                const struct model_options *options)
{
    struct arena *arena;
    struct model_portfolio *model =
        model_begin(figures, MODEL_PORTFOLIO, options, &arena);
    if (model)
        return model;
    struct portfolio *portfolio = portfolio_at(figures, options->portfolio);
    const struct rollup *rollup =
        rollup_of(figures, portfolio, options->without_last_known);
    model = arena_take(arena, sizeof *model);
    if (!rollup || !model)
        return NULL;
    struct portfolio_row *rows =
        arena_array(arena, rollup->member_count + 1u, sizeof *rows);
    if (!rows)
        return NULL;
    const uint32_t *breaks = breaks_by_entity(rollup, arena);
    for (uint32_t i = 0; i < rollup->member_count; i++) {
        fill_row(rollup, &rollup->members[i], &rows[i], arena);
        rows[i].breaks = breaks ? breaks[rollup->members[i].entity] : 0;
    }
    *model = (struct model_portfolio){
        .portfolio = portfolio->config->name,
        .currency = portfolio->config->currency,
        .period = portfolio->config->period,
        .basis = options->basis,
        .policy = portfolio->config->partial,
        .rows = rows,
        .row_count = rollup->member_count,
        .note = note_words(rollup, arena),
        .invariant = invariant_words(rollup, arena),
        .rates = rate_words(figures, portfolio, arena),
        .ownership = ownership_words(figures, portfolio, arena),
    };
    fill_total(rollup, options->basis, &model->total);
    for (uint32_t i = 0; i < model->row_count; i++)
        model->total.breaks += rows[i].breaks;
    model->left_out = statement_left_out(rollup, arena, &model->left_out_count);
    model->statement = statement_build(rollup, arena, &model->statement_count);
    model_end(figures, MODEL_PORTFOLIO, model);
    return model;
}
