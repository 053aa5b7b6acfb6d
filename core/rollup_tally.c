/* rollup_tally.c - sums that know what they are made of, and figures made of them. */
#include "core/rollup.h"

void tally_add(struct tally *tally, __int128 money, struct ratio weight, enum mark mark,
               int64_t as_of_ms)
{
    if (weight.num == 0)
        return;
    sum_add_share(&tally->sum, money, weight);
    tally->mark = mark_worse(tally->mark, mark);
    if (as_of_ms > 0 && (tally->as_of_ms == 0 || as_of_ms < tally->as_of_ms))
        tally->as_of_ms = as_of_ms;
    tally->included++;
    tally->last_known += mark >= MARK_STALE;
}

/* --- measures of a member ----------------------------------------------------- */

static const __int128 *lines_of(const struct member *member, enum basis basis)
{
    switch (basis) {
    case BASIS_AGGREGATE:
        return member->all;
    case BASIS_CONSOLIDATED:
        return member->external;
    case BASIS_SHARE:
        return member->kept;
    }
    return member->all;
}

/* An archive without a ledger of the period speaks through its metric rows. */
static bool from_metric(const struct member *member, enum metric_key key,
                        __int128 *money, enum mark *mark, int64_t *as_of_ms)
{
    const struct metric_value *value = &member->metrics[key];
    if (!value->present || !value->has_money)
        return false;
    *money = value->money;
    *mark = value->age;
    *as_of_ms = value->as_of_ms;
    return true;
}

static enum mark oldest_line(const struct member *member, enum line first,
                             enum line last, int64_t *as_of_ms)
{
    enum mark mark = member->standing.mark;
    *as_of_ms = 0;
    for (int line = (int)first; line <= (int)last; line++) {
        int64_t at = member->facts->line_as_of_ms[line];
        if (at == 0)
            continue;
        mark = mark_worse(mark, member->line_age[line]);
        if (*as_of_ms == 0 || at < *as_of_ms)
            *as_of_ms = at;
    }
    if (*as_of_ms == 0)
        *as_of_ms = member->facts->as_of_ms;
    return mark;
}

static __int128 operating_income(const __int128 *lines)
{
    return -lines[LINE_REVENUE_OPERATING] - lines[LINE_OPEX] -
           lines[LINE_FEE_MANAGEMENT];
}

bool member_measure(const struct member *member, enum basis basis, enum measure measure,
                    __int128 *money, enum mark *mark, int64_t *as_of_ms)
{
    static const enum metric_key metric_of[] = {
        [MEASURE_CASH] = METRIC_CASH,
        [MEASURE_DEBT] = METRIC_DEBT,
        [MEASURE_REVENUE] = METRIC_REVENUE,
        [MEASURE_EXPENSE] = METRIC_OPEX,
        [MEASURE_NOI] = METRIC_NOI,
        [MEASURE_PROPERTY_NOI] = METRIC_NOI,
        [MEASURE_NET_INCOME] = METRIC_NET_INCOME,
        [MEASURE_NET_ASSETS] = METRIC_NAV,
    };
    const __int128 *lines = lines_of(member, basis);
    if (!member->standing.included)
        return false;
    if (!member->facts->has_rows)
        return from_metric(member, metric_of[measure], money, mark, as_of_ms);
    *mark = member->standing.mark;
    *as_of_ms = member->facts->as_of_ms;
    switch (measure) {
    case MEASURE_CASH: /* what faces the group is no cash and no debt of the group */
        *money = member->external[LINE_CASH] + member->external[LINE_CASH_RESTRICTED];
        *mark = oldest_line(member, LINE_CASH, LINE_CASH_RESTRICTED, as_of_ms);
        break;
    case MEASURE_DEBT:
        *money = -member->external[LINE_DEBT];
        *mark = oldest_line(member, LINE_DEBT, LINE_DEBT, as_of_ms);
        break;
    case MEASURE_REVENUE:
        *money = -lines_between(lines, LINE_REVENUE_OPERATING, LINE_REVENUE_UNMAPPED);
        break;
    case MEASURE_EXPENSE:
        *money = lines_between(lines, LINE_OPEX, LINE_EXPENSE_UNMAPPED);
        break;
    case MEASURE_NOI:
        *money = operating_income(lines);
        break;
    case MEASURE_PROPERTY_NOI:
        *money = operating_income(member->all);
        break;
    case MEASURE_NET_INCOME:
        *money = basis == BASIS_AGGREGATE ? member->net_income : member->kept_income;
        break;
    case MEASURE_NET_ASSETS:
        *money = basis == BASIS_AGGREGATE ? member->net_assets : member->kept_assets;
        break;
    }
    return true;
}

struct tally rollup_measure(const struct rollup *rollup, enum basis basis,
                            enum measure measure)
{
    struct tally tally = {0};
    for (uint32_t i = 0; i < rollup->member_count; i++) {
        const struct member *member = &rollup->members[i];
        struct ratio weight = member_weight(member, basis);
        __int128 money;
        enum mark mark;
        int64_t as_of_ms;
        if (weight.num == 0 ||
            !member_measure(member, basis, measure, &money, &mark, &as_of_ms))
            continue;
        tally_add(&tally, money, weight, mark, as_of_ms);
        if (basis == BASIS_AGGREGATE)
            continue;
        if (measure == MEASURE_NET_INCOME && member->equity_income)
            sum_add_share(&tally.sum, member->equity_income, weight);
        if (measure == MEASURE_NET_ASSETS && member->equity_carrying)
            sum_add_share(&tally.sum, member->equity_carrying, weight);
    }
    return tally;
}

/* --- figures
 * ------------------------------------------------------------------------------------
 */

static struct figure empty(const struct rollup *rollup, enum figure_format format)
{
    return (struct figure){
        .format = format,
        .currency = format == FORMAT_MONEY ? rollup->portfolio->config->currency : "",
        .expected = rollup->expected,
        .included = rollup->included,
        .why = ""};
}

/* The worst reason among what is missing: what a total without any member shows. */
static enum mark absent_mark(const struct rollup *rollup)
{
    enum mark mark = MARK_CURRENT;
    bool waiting = false;
    for (uint32_t i = 0; i < rollup->member_count; i++) {
        const struct standing *standing = &rollup->members[i].standing;
        if (standing->included)
            continue;
        waiting |= standing->mark == MARK_WAITING;
        mark = mark_worse(mark, standing->mark);
    }
    return waiting ? MARK_WAITING : mark == MARK_CURRENT ? MARK_NEVER : mark;
}

/* What every total must say of itself; true when there can be a number. */
static bool prepare(const struct rollup *rollup, enum basis basis,
                    struct figure *figure, enum mark mark, int64_t as_of_ms)
{
    figure->as_of_ms = as_of_ms;
    figure->mark = mark;
    figure->last_known = rollup->last_known;
    figure->partial = rollup->included < rollup->expected || rollup->last_known > 0;
    if (rollup->no_ownership && basis != BASIS_AGGREGATE) {
        figure->mark = absent_mark(rollup);
        figure->why = rollup->no_ownership;
        return false;
    }
    if (rollup->refused) {
        figure->mark = mark_worse(mark, absent_mark(rollup));
        if (mark_has_number(figure->mark) && rollup->included < rollup->expected)
            figure->mark = MARK_NEVER;
        figure->why = rollup->refused;
        return false;
    }
    if (rollup->included == 0) {
        figure->mark = absent_mark(rollup);
        figure->why = "nothing has answered";
        return false;
    }
    if (rollup->overflow) {
        figure->why = "out of range";
        return false;
    }
    return true;
}

struct figure rollup_figure(const struct rollup *rollup, enum basis basis,
                            const struct tally *tally, const char *why)
{
    struct figure figure = empty(rollup, FORMAT_MONEY);
    figure.why = why;
    if (!prepare(rollup, basis, &figure, tally->mark, tally->as_of_ms))
        return figure;
    if (tally->sum.overflow) {
        figure.why = "out of range";
        return figure;
    }
    figure.present = true;
    figure.value = money_decimal(sum_money(tally->sum), rollup->portfolio->minor);
    return figure;
}

struct figure rollup_ratio(const struct rollup *rollup, enum basis basis,
                           const struct tally *num, const struct tally *den,
                           enum figure_format format, const char *why)
{
    struct figure figure = empty(rollup, format);
    struct decimal left = {num->sum.value, 0}, right = {den->sum.value, 0};
    uint32_t missing = rollup->expected - rollup->included;
    enum { RATIO_PLACES = 10 };
    figure.why = why;
    if (!prepare(rollup, basis, &figure, mark_worse(num->mark, den->mark),
                 num->as_of_ms && num->as_of_ms < den->as_of_ms ? num->as_of_ms
                                                                : den->as_of_ms))
        return figure;
    /* Only members that have both sides are in it; the others are not missing. */
    figure.included = den->included;
    figure.expected = den->included + missing;
    figure.last_known = den->last_known;
    figure.partial = missing > 0 || den->last_known > 0;
    if (num->sum.overflow || den->sum.overflow || decimal_sign(right) <= 0 ||
        decimal_divide(left, right, RATIO_PLACES, &figure.value)) {
        figure.mark = MARK_NOT_APPLICABLE;
        figure.value = decimal_from_int(0);
        return figure;
    }
    figure.present = true;
    return figure;
}

struct figure figure_not_applicable(enum figure_format format, const char *why)
{
    return (struct figure){
        .format = format, .mark = MARK_NOT_APPLICABLE, .currency = "", .why = why};
}

struct figure member_money(const struct rollup *rollup, const struct member *member,
                           __int128 money, enum mark mark, int64_t as_of_ms)
{
    return (struct figure){
        .value = money_decimal(money, rollup->portfolio->minor),
        .present = true,
        .mark = mark,
        .format = FORMAT_MONEY,
        .currency = rollup->portfolio->config->currency,
        .included = 1,
        .expected = 1,
        .last_known = member->standing.mark >= MARK_STALE,
        .as_of_ms = as_of_ms,
        .why = "",
    };
}

struct figure member_absent(const struct rollup *rollup, const struct member *member)
{
    return (struct figure){
        .mark =
            mark_has_number(member->standing.mark) && member->standing.mark < MARK_STALE
                ? MARK_NEVER
                : member->standing.mark,
        .format = FORMAT_MONEY,
        .currency = rollup->portfolio->config->currency,
        .expected = 1,
        .as_of_ms = member->standing.as_of_ms,
        .why = member->standing.why,
    };
}
