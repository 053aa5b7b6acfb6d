#include "core/executive.h"

#include <stdlib.h>

/* --- money that adds up ------------------------------------------------------- */

/* Every member in it and every member left out: the answer to "what is missing?". */
static void add_parts(const struct executive *executive, struct headline *headline,
                      enum measure first, const enum measure *second)
{
    const struct rollup *rollup = executive->rollup;
    struct contribution *parts =
        arena_array(executive->arena, rollup->member_count + 1u, sizeof *parts);
    headline->parts = parts;
    for (uint32_t i = 0; parts && i < rollup->member_count; i++) {
        const struct member *member = &rollup->members[i];
        struct ratio weight = member_weight(member, executive->basis);
        struct contribution *part = &parts[headline->part_count];
        __int128 money, less = 0;
        enum mark mark, less_mark;
        int64_t as_of_ms, less_as_of_ms;
        *part =
            (struct contribution){.entity = entity_id(rollup->figures, member->entity),
                                  .what = headline->label,
                                  .reason = ""};
        if (!member->standing.included) {
            part->figure = member_absent(rollup, member);
            part->left_out = true;
            part->reason = arena_text(executive->arena, text_of(member->standing.why));
            headline->part_count++;
            continue;
        }
        if (weight.num == 0 ||
            !member_measure(member, executive->basis, first, &money, &mark, &as_of_ms))
            continue;
        if (second && member_measure(member, executive->basis, *second, &less,
                                     &less_mark, &less_as_of_ms)) {
            money -= less;
            mark = mark_worse(mark, less_mark);
        }
        if (first == MEASURE_NET_INCOME && executive->basis != BASIS_AGGREGATE)
            money += member->equity_income;
        money = money_share(money, weight);
        if (first == MEASURE_NET_INCOME && executive->basis == BASIS_CONSOLIDATED)
            money -= member->nci_income;
        if (money == 0)
            continue;
        part->figure = member_money(rollup, member, money, mark, as_of_ms);
        headline->part_count++;
    }
}

static struct headline plain(const char *key, const char *label)
{
    return (struct headline){
        .key = key,
        .label = label,
        .budget = figure_not_applicable(FORMAT_MONEY, "no budget is exposed"),
        .percent = figure_not_applicable(FORMAT_PERCENT, "no budget is exposed"),
    };
}

static struct headline money_headline(const struct executive *executive,
                                      const char *key, const char *label,
                                      enum measure measure, const char *why)
{
    struct headline headline = plain(key, label);
    struct tally tally = rollup_measure(executive->rollup, executive->basis, measure);
    headline.now = rollup_figure(executive->rollup, executive->basis, &tally, why);
    add_parts(executive, &headline, measure, NULL);
    return headline;
}

static struct headline net_income(const struct executive *executive)
{
    const struct rollup *rollup = executive->rollup;
    bool is_aggregate = executive->basis == BASIS_AGGREGATE;
    struct headline headline = money_headline(
        executive, "net_income",
        is_aggregate ? "Net income" : "Net income attributable", MEASURE_NET_INCOME,
        is_aggregate                             ? "revenue - expense, all at 100 %"
        : executive->basis == BASIS_CONSOLIDATED ? "consolidated - minorities"
                                                 : "effective share of each income");
    if (headline.now.present && executive->basis == BASIS_CONSOLIDATED) {
        /* Metric-only members have no minorities computed: they come in as they are. */
        __int128 money = headline.now.value.coefficient - rollup->nci_income;
        headline.now.value = money_decimal(money, rollup->portfolio->minor);
    }
    return headline;
}

static struct headline net_debt(const struct executive *executive)
{
    static const enum measure cash_measure = MEASURE_CASH;
    struct headline headline = plain("net_debt", "Net debt");
    struct tally debt =
        rollup_measure(executive->rollup, executive->basis, MEASURE_DEBT);
    struct tally cash =
        rollup_measure(executive->rollup, executive->basis, MEASURE_CASH);
    debt.sum.overflow |= cash.sum.overflow;
    debt.sum.value -= cash.sum.value;
    debt.mark = mark_worse(debt.mark, cash.mark);
    if (cash.as_of_ms && (!debt.as_of_ms || cash.as_of_ms < debt.as_of_ms))
        debt.as_of_ms = cash.as_of_ms;
    headline.now = rollup_figure(executive->rollup, executive->basis, &debt,
                                 "external debt - cash");
    add_parts(executive, &headline, MEASURE_DEBT, &cash_measure);
    return headline;
}

/* --- runway ------------------------------------------------------------------- */

struct liquidity {
    struct tally cash, restricted, undrawn, burn;
};

static void add_liquidity(const struct executive *executive,
                          const struct member *member, struct ratio weight,
                          struct liquidity *liquidity)
{
    __int128 money;
    enum mark mark;
    int64_t as_of_ms;
    const struct metric_value *restricted = &member->metrics[METRIC_RESTRICTED];
    const struct metric_value *undrawn = &member->metrics[METRIC_UNDRAWN];
    const struct metric_value *burn = &member->metrics[METRIC_BURN];
    if (weight.num == 0)
        return;
    if (member_measure(member, executive->basis, MEASURE_CASH, &money, &mark,
                       &as_of_ms))
        tally_add(&liquidity->cash, money, weight, mark, as_of_ms);
    /* A ledger line of its own says it better than a metric beside it. */
    if (member->external[LINE_CASH_RESTRICTED] != 0)
        tally_add(&liquidity->restricted, member->external[LINE_CASH_RESTRICTED],
                  weight, member->standing.mark, member->standing.as_of_ms);
    else if (restricted->has_money)
        tally_add(&liquidity->restricted, restricted->money, weight, restricted->age,
                  restricted->as_of_ms);
    if (undrawn->has_money)
        tally_add(&liquidity->undrawn, undrawn->money, weight, undrawn->age,
                  undrawn->as_of_ms);
    if (burn->has_money)
        tally_add(&liquidity->burn, burn->money, weight, burn->age, burn->as_of_ms);
}

static struct figure runway_figure(const struct executive *executive,
                                   const struct liquidity *liquidity)
{
    static const char why[] =
        "(unrestricted cash + undrawn lines) / mean net burn of the "
        "last 3 full months, floored to 0.1";
    struct tally total = liquidity->cash;
    total.sum.value += liquidity->undrawn.sum.value - liquidity->restricted.sum.value;
    total.mark =
        mark_worse(mark_worse(total.mark, liquidity->burn.mark),
                   mark_worse(liquidity->restricted.mark, liquidity->undrawn.mark));
    struct figure figure =
        rollup_figure(executive->rollup, executive->basis, &total, why);
    __int128 burn = liquidity->burn.sum.value, tenths;
    figure.format = FORMAT_MONTHS;
    figure.currency = "";
    if (!figure.present)
        return figure;
    if (burn <= 0) {
        figure =
            figure_not_applicable(FORMAT_MONTHS, liquidity->burn.included == 0
                                                     ? "no burn is known"
                                                     : "nothing is burnt: unlimited");
        return figure;
    }
    if (total.sum.value < 0)
        total.sum.value = 0;
    if (__builtin_mul_overflow(total.sum.value, 10, &tenths)) {
        figure.present = false;
        figure.why = "out of range";
        return figure;
    }
    figure.value = (struct decimal){tenths / burn, 1};
    return figure;
}

static struct headline runway(const struct executive *executive)
{
    struct headline headline = plain("runway", "Runway");
    struct liquidity liquidity;
    memset(&liquidity, 0, sizeof liquidity);
    for (uint32_t i = 0; i < executive->rollup->member_count; i++) {
        const struct member *member = &executive->rollup->members[i];
        add_liquidity(executive, member, member_weight(member, executive->basis),
                      &liquidity);
    }
    headline.now = runway_figure(executive, &liquidity);
    return headline;
}

/* Cash in partly owned entities is not free for the parent. */
static struct headline parent_runway(const struct executive *executive)
{
    struct headline headline = plain("runway_parent", "Runway, parent only");
    uint32_t root =
        entity_by_text(executive->figures, text_of(executive->portfolio->config->root));
    const struct member *member =
        root == NO_ENTITY ? NULL : rollup_member(executive->rollup, root);
    struct liquidity liquidity;
    memset(&liquidity, 0, sizeof liquidity);
    if (!member || !member->standing.included) {
        headline.now = figure_not_applicable(FORMAT_MONTHS, "the parent is not there");
        return headline;
    }
    add_liquidity(executive, member, RATIO_ONE, &liquidity);
    headline.now = runway_figure(executive, &liquidity);
    headline.now.expected = headline.now.included = headline.now.present;
    headline.now.last_known = member->standing.mark >= MARK_STALE;
    headline.now.partial = headline.now.last_known > 0;
    return headline;
}

/* --- the strip ---------------------------------------------------------------- */

static struct headline breaks(const struct executive *executive)
{
    const uint32_t *counts = executive->recon->counts;
    uint32_t open =
        counts[GROUP_PROVISIONAL] + counts[GROUP_PARTIAL] + counts[GROUP_UNKNOWN];
    struct headline headline = plain("breaks", "Open breaks");
    headline.now = (struct figure){
        .value = decimal_from_int(counts[GROUP_BREAK]),
        .present = true,
        .partial = open > 0,
        .format = FORMAT_COUNT,
        .currency = "",
        .included = executive->rollup->included,
        .expected = executive->rollup->expected,
        .why = open == 0
                   ? "checks that two current sides fail"
                   : arena_print(executive->arena,
                                 "checks that two current sides fail; %u provisional, "
                                 "%u partial, %u unknown",
                                 counts[GROUP_PROVISIONAL], counts[GROUP_PARTIAL],
                                 counts[GROUP_UNKNOWN]),
    };
    return headline;
}

void executive_headlines(struct executive *executive)
{
    enum { HEADLINES = 11 };
    const struct rollup *rollup = executive->rollup;
    struct headline *list = arena_array(executive->arena, HEADLINES, sizeof *list);
    uint32_t n = 0;
    if (!list)
        return;
    list[n++] = money_headline(executive, "cash", "Cash", MEASURE_CASH,
                               "cash lines facing nobody in the group");
    list[n] =
        money_headline(executive, "noi", "NOI", MEASURE_NOI,
                       "operating revenue - operating expenses - management fees");
    executive_budget(executive, "noi", MEASURE_PROPERTY_NOI, &list[n].budget,
                     &list[n].percent);
    n++;
    list[n] = money_headline(executive, "revenue", "Revenue", MEASURE_REVENUE,
                             "all revenue lines");
    executive_budget(executive, "revenue", MEASURE_REVENUE, &list[n].budget,
                     &list[n].percent);
    n++;
    list[n++] = net_income(executive);
    list[n++] = net_debt(executive);
    list[n] = plain("ltv", "Loan to value");
    list[n++].now = rollup_ltv(rollup, executive->basis, NULL);
    list[n] = plain("occupancy", "Occupancy");
    list[n++].now = rollup_occupancy(rollup, executive->basis, NULL);
    list[n] = plain("dscr", "Debt service cover");
    list[n++].now = rollup_dscr(rollup, executive->basis, NULL);
    list[n++] = runway(executive);
    if (*executive->portfolio->config->root)
        list[n++] = parent_runway(executive);
    list[n++] = breaks(executive);
    executive->model->headlines = list;
    executive->model->headline_count = n;
}

/* --- groups ------------------------------------------------------------------- */

static int compare_names(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* A group speaks for its own members only. */
static void narrow(struct figure *figure, const struct group_line *group)
{
    uint32_t missing = group->entities - group->answered;
    bool is_ratio = figure->format != FORMAT_MONEY;
    if (!is_ratio)
        figure->included = group->answered;
    figure->expected = figure->included + missing;
    figure->partial = missing > 0 || figure->last_known > 0;
    if (figure->present && group->answered == 0) {
        figure->present = false;
        figure->mark = MARK_NEVER;
        figure->why = "nothing has answered";
    }
}

static struct figure group_money(const struct executive *executive, const char *name,
                                 enum measure measure)
{
    const struct rollup *rollup = executive->rollup;
    struct tally tally = {0};
    for (uint32_t i = 0; i < rollup->member_count; i++) {
        const struct member *member = &rollup->members[i];
        struct ratio weight = member_weight(member, executive->basis);
        __int128 money;
        enum mark mark;
        int64_t as_of_ms;
        if (weight.num == 0 ||
            strcmp(entity_group(rollup->figures, member->entity), name) != 0 ||
            !member_measure(member, executive->basis, measure, &money, &mark,
                            &as_of_ms))
            continue;
        if (measure == MEASURE_NET_ASSETS && executive->basis != BASIS_AGGREGATE)
            money += member->equity_carrying;
        tally_add(&tally, money, weight, mark, as_of_ms);
    }
    struct figure figure = rollup_figure(rollup, executive->basis, &tally, "");
    figure.last_known = tally.last_known;
    return figure;
}

static void fill_group(const struct executive *executive, const char *name,
                       struct group_line *line)
{
    const struct rollup *rollup = executive->rollup;
    for (uint32_t i = 0; i < rollup->member_count; i++) {
        const struct member *member = &rollup->members[i];
        if (member->is_adjustment ||
            strcmp(entity_group(rollup->figures, member->entity), name) != 0)
            continue;
        line->entities++;
        line->answered += member->standing.included;
    }
    line->name = *name ? name : "(none)";
    line->net_assets = group_money(executive, name, MEASURE_NET_ASSETS);
    line->cash = group_money(executive, name, MEASURE_CASH);
    line->noi = group_money(executive, name, MEASURE_NOI);
    line->ltv = rollup_ltv(rollup, executive->basis, name);
    line->occupancy = rollup_occupancy(rollup, executive->basis, name);
    line->dscr = rollup_dscr(rollup, executive->basis, name);
    struct figure *const figures[] = {&line->net_assets, &line->cash,      &line->noi,
                                      &line->ltv,        &line->occupancy, &line->dscr};
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
        narrow(figures[i], line);
}

/* A break belongs to the groups of both its sides, once each. */
static void count_breaks(const struct executive *executive, struct group_line *line,
                         const char *name)
{
    const struct model_recon *recon = executive->recon;
    for (uint32_t i = 0; i < recon->counts[GROUP_BREAK]; i++) {
        const char *const ids[] = {recon->checks[i].a.entity,
                                   recon->checks[i].b.entity};
        bool is_ours = false;
        for (int side = 0; side < 2; side++) {
            uint32_t entity = entity_by_text(executive->figures, text_of(ids[side]));
            is_ours |= entity != NO_ENTITY &&
                       strcmp(entity_group(executive->figures, entity), name) == 0;
        }
        line->breaks += is_ours;
    }
}

void executive_groups(struct executive *executive)
{
    const struct rollup *rollup = executive->rollup;
    const char **names =
        arena_array(executive->arena, rollup->member_count + 1u, sizeof *names);
    uint32_t count = 0, distinct = 0;
    if (!names)
        return;
    for (uint32_t i = 0; i < rollup->member_count; i++)
        if (!rollup->members[i].is_adjustment)
            names[count++] = entity_group(rollup->figures, rollup->members[i].entity);
    arena_sort(executive->arena, names, count, sizeof *names, compare_names);
    for (uint32_t i = 0; i < count; i++)
        if (i == 0 || strcmp(names[i], names[i - 1]) != 0)
            names[distinct++] = names[i];
    struct group_line *lines =
        arena_array(executive->arena, distinct + 1u, sizeof *lines);
    if (!lines)
        return;
    for (uint32_t i = 0; i < distinct; i++) {
        fill_group(executive, names[i], &lines[i]);
        count_breaks(executive, &lines[i], names[i]);
    }
    executive->model->groups = lines;
    executive->model->group_count = distinct;
}
