/* executive_variances.c - actual against budget, in the currency of the budget. */
#include <stdlib.h>

#include "core/executive.h"

/* --- what a budget key means in the ledger ------------------------------------ */

struct key_lines {
    const char *key;
    enum line first, last; /* both inside; NOI is spelt out below */
    bool is_income;        /* more is better */
};

static const struct key_lines known_keys[] = {
    {"revenue", LINE_REVENUE_OPERATING, LINE_REVENUE_UNMAPPED, true},
    {"revenue.operating", LINE_REVENUE_OPERATING, LINE_REVENUE_OPERATING, true},
    {"opex", LINE_OPEX, LINE_OPEX, false},
    {"fee.management", LINE_FEE_MANAGEMENT, LINE_FEE_MANAGEMENT, false},
    {"admin", LINE_ADMIN, LINE_ADMIN, false},
    {"interest", LINE_INTEREST, LINE_INTEREST, false},
    {"depreciation", LINE_DEPRECIATION, LINE_DEPRECIATION, false},
    {"tax", LINE_TAX, LINE_TAX, false},
    {"expense", LINE_OPEX, LINE_EXPENSE_UNMAPPED, false},
    {"net.income", LINE_REVENUE_OPERATING, LINE_EXPENSE_UNMAPPED, true},
    {"cash", LINE_CASH, LINE_CASH_RESTRICTED, true},
    {"debt", LINE_DEBT, LINE_DEBT, false},
};

static bool is_in_key(const char *key, enum line line, bool *known)
{
    *known = true;
    if (strcmp(key, "noi") == 0)
        return line == LINE_REVENUE_OPERATING || line == LINE_OPEX ||
               line == LINE_FEE_MANAGEMENT;
    for (size_t i = 0; i < sizeof known_keys / sizeof *known_keys; i++)
        if (strcmp(known_keys[i].key, key) == 0)
            return line >= known_keys[i].first && line <= known_keys[i].last;
    *known = false;
    return false;
}

/* Costs are shown positive, income too: only results keep the sign of the ledger. */
static bool flips(const char *key, enum line line)
{
    char cls = line_class(line);
    if (strcmp(key, "noi") == 0 || strcmp(key, "net.income") == 0)
        return true;
    return cls == 'R' || cls == 'L' || cls == 'Q';
}

static bool more_is_better(const char *key)
{
    static const char *const costs[] = {"capex", "debt.service", "burn", "arrears",
                                        "principal.scheduled"};
    for (size_t i = 0; i < sizeof known_keys / sizeof *known_keys; i++)
        if (strcmp(known_keys[i].key, key) == 0)
            return known_keys[i].is_income;
    for (size_t i = 0; i < sizeof costs / sizeof *costs; i++)
        if (strcmp(costs[i], key) == 0)
            return false;
    return true;
}

/* --- one comparison ----------------------------------------------------------- */

struct compared {
    const struct member *member;
    const struct metric_fact *budget;
    const char *key;
    struct decimal actual, planned; /* in the unit of the budget */
    __int128 actual_money, planned_money;
    bool has_money;
    enum mark mark;
    int64_t as_of_ms;
};

static bool ledger_actual(const struct compared *compared, struct decimal *local,
                          __int128 *money, bool *same_unit)
{
    const struct facts *facts = compared->member->facts;
    bool known = false;
    *local = decimal_from_int(0);
    *money = 0;
    *same_unit = true;
    for (uint32_t i = 0; i < facts->slice_count; i++) {
        const struct slice *slice = &facts->slices[i];
        if (!is_in_key(compared->key, slice->line, &known))
            continue;
        bool flip = flips(compared->key, slice->line);
        *money += flip ? -slice->money : slice->money;
        *same_unit &= slice->cur == compared->budget->row->unit;
        if (decimal_add(*local, flip ? decimal_negate(slice->local) : slice->local,
                        local))
            return false;
    }
    return known && facts->has_rows;
}

static bool metric_actual(const struct executive *executive,
                          const struct compared *compared, struct compared *out)
{
    const struct facts *facts = compared->member->facts;
    const struct metric_row *budget = compared->budget->row;
    for (uint32_t i = 0; i < facts->metric_count; i++) {
        const struct metric_fact *fact = &facts->metrics[i];
        if (fact->row->metric != budget->metric ||
            fact->row->period != budget->period || fact->row->unit != budget->unit ||
            fact->row->cp != budget->cp || fact->row->value.mark ||
            !text_equal(names_text(executive->figures->names, fact->row->scenario),
                        TEXT("actual")))
            continue;
        out->actual = amount_decimal(fact->row->value);
        out->actual_money = fact->money;
        out->has_money = fact->has_money && compared->budget->has_money;
        out->mark = compared->member->standing.mark;
        out->as_of_ms = fact->row->row.as_of_ms;
        return true;
    }
    return false;
}

/* Only the portfolio's own period: a month's budget has no ledger figure here. */
static bool is_budget(const struct executive *executive, const struct metric_fact *fact)
{
    return !fact->row->value.mark &&
           fact->row->period == executive->portfolio->period_name &&
           text_equal(names_text(executive->figures->names, fact->row->scenario),
                      TEXT("budget"));
}

static bool compare(const struct executive *executive, const struct member *member,
                    const struct metric_fact *budget, struct compared *out)
{
    bool same_unit;
    struct decimal local;
    __int128 money;
    *out = (struct compared){
        .member = member,
        .budget = budget,
        .key = names_string(executive->figures->names, budget->row->metric),
        .planned = amount_decimal(budget->row->value),
        .planned_money = budget->money,
        .mark = member->standing.mark,
        .as_of_ms = member->standing.as_of_ms,
    };
    if (!ledger_actual(out, &local, &money, &same_unit))
        return metric_actual(executive, out, out);
    out->has_money = budget->has_money;
    out->actual_money = money;
    if (same_unit) {
        out->actual = local;
        return true;
    }
    if (!budget->has_money)
        return false;
    /* Books in several currencies meet the budget in the reporting one. */
    out->actual = money_decimal(money, executive->portfolio->minor);
    out->planned = money_decimal(budget->money, executive->portfolio->minor);
    return true;
}

/* --- the table ---------------------------------------------------------------- */

struct ranked {
    struct variance_line line;
    __int128 size; /* |variance| in reporting money */
};

static struct figure in_unit(const struct executive *executive,
                             const struct compared *compared, struct decimal value)
{
    struct names *names = executive->figures->names;
    struct text unit = names_text(names, compared->budget->row->unit);
    return (struct figure){
        .value = value,
        .present = true,
        .mark = compared->mark,
        .format = unit_is_currency(unit) ? FORMAT_MONEY : FORMAT_QUANTITY,
        .currency = arena_text(executive->arena, unit),
        .included = 1,
        .expected = 1,
        .last_known = compared->mark >= MARK_STALE,
        .as_of_ms = compared->as_of_ms,
        .why = "",
    };
}

static const struct config_threshold *variance_threshold(const struct config *config)
{
    static const struct config_threshold fallback = {"variance", {10000, 0}, {5, 0}};
    for (uint32_t i = 0; i < config->threshold_count; i++)
        if (strcmp(config->thresholds[i].name, "variance") == 0)
            return &config->thresholds[i];
    return &fallback;
}

/* Over both limits, inclusive; exact, so that rounding hides nothing. */
static bool is_over(const struct executive *executive, const struct compared *compared,
                    struct decimal variance, __int128 size)
{
    const struct config_threshold *limit =
        variance_threshold(executive->figures->config);
    struct decimal least, percent = limit->percent;
    if (percent.scale + 2 > DECIMAL_SCALE_MAX)
        return false;
    percent.scale = (uint8_t)(percent.scale + 2);
    if (decimal_multiply(decimal_absolute(compared->planned), percent,
                         DECIMAL_SCALE_MAX, &least))
        return false;
    return decimal_compare(money_decimal(size, executive->portfolio->minor),
                           limit->absolute) >= 0 &&
           decimal_compare(decimal_absolute(variance), least) >= 0 &&
           decimal_sign(compared->planned) != 0;
}

static int compare_ranked(const void *left, const void *right)
{
    const struct ranked *a = left, *b = right;
    if (a->line.is_exception != b->line.is_exception)
        return b->line.is_exception - a->line.is_exception;
    if (a->size != b->size)
        return a->size > b->size ? -1 : 1;
    int entity = strcmp(a->line.entity, b->line.entity);
    return entity ? entity : strcmp(a->line.key, b->line.key);
}

static bool fill(const struct executive *executive, const struct compared *compared,
                 struct ranked *ranked)
{
    struct decimal variance;
    if (decimal_subtract(compared->actual, compared->planned, &variance))
        return false;
    __int128 size =
        compared->has_money ? compared->actual_money - compared->planned_money : 0;
    size = size < 0 ? -size : size;
    bool rises = decimal_sign(variance) >= 0;
    ranked->size = size;
    ranked->line = (struct variance_line){
        .entity = entity_id(executive->figures, compared->member->entity),
        .key = arena_text(executive->arena, text_of(compared->key)),
        .actual = in_unit(executive, compared, compared->actual),
        .budget = in_unit(executive, compared, compared->planned),
        .variance = in_unit(executive, compared, variance),
        .percent = executive_percent(variance, compared->planned, "the budget is 0"),
        .favourable =
            decimal_sign(variance) == 0 || rises == more_is_better(compared->key),
        .is_exception = is_over(executive, compared, variance, size),
    };
    ranked->line.percent.mark =
        ranked->line.percent.present ? compared->mark : ranked->line.percent.mark;
    return true;
}

void executive_variances(struct executive *executive)
{
    const struct rollup *rollup = executive->rollup;
    uint32_t capacity = 0, count = 0;
    for (uint32_t i = 0; i < rollup->member_count; i++)
        for (uint32_t j = 0; rollup->members[i].standing.included &&
                             j < rollup->members[i].facts->metric_count;
             j++)
            capacity += is_budget(executive, &rollup->members[i].facts->metrics[j]);
    struct ranked *ranked =
        arena_array(executive->arena, capacity + 1u, sizeof *ranked);
    struct variance_line *lines =
        arena_array(executive->arena, capacity + 1u, sizeof *lines);
    if (!ranked || !lines)
        return;
    for (uint32_t i = 0; i < rollup->member_count; i++) {
        const struct member *member = &rollup->members[i];
        for (uint32_t j = 0;
             member->standing.included && j < member->facts->metric_count; j++) {
            struct compared compared;
            if (is_budget(executive, &member->facts->metrics[j]) &&
                compare(executive, member, &member->facts->metrics[j], &compared) &&
                fill(executive, &compared, &ranked[count]))
                count++;
        }
    }
    arena_sort(executive->arena, ranked, count, sizeof *ranked, compare_ranked);
    for (uint32_t i = 0; i < count; i++)
        lines[i] = ranked[i].line;
    executive->model->variances = lines;
    executive->model->variance_count = count;
}

/* --- of a headline ------------------------------------------------------------ */

void executive_budget(const struct executive *executive, const char *key,
                      enum measure measure, struct figure *variance,
                      struct figure *percent)
{
    const struct rollup *rollup = executive->rollup;
    struct tally apart = {0}, planned = {0};
    for (uint32_t i = 0; i < rollup->member_count; i++) {
        const struct member *member = &rollup->members[i];
        struct ratio weight = member_weight(member, executive->basis);
        for (uint32_t j = 0;
             member->standing.included && j < member->facts->metric_count; j++) {
            const struct metric_fact *fact = &member->facts->metrics[j];
            __int128 money;
            enum mark mark;
            int64_t as_of_ms;
            if (!is_budget(executive, fact) || !fact->has_money || fact->row->cp != 0 ||
                strcmp(names_string(executive->figures->names, fact->row->metric),
                       key) != 0 ||
                !member_measure(member, BASIS_AGGREGATE, measure, &money, &mark,
                                &as_of_ms))
                continue;
            tally_add(&apart, money - fact->money, weight, mark, as_of_ms);
            tally_add(&planned, fact->money, weight, mark, as_of_ms);
        }
    }
    if (planned.included == 0)
        return;
    *variance = rollup_figure(
        rollup, executive->basis, &apart,
        arena_print(executive->arena, "actual - budget of the %u that have a budget",
                    planned.included));
    if (!variance->present) {
        percent->why = variance->why;
        return;
    }
    *percent =
        executive_percent((struct decimal){apart.sum.value, 0},
                          (struct decimal){planned.sum.value, 0}, "the budget is 0");
}
