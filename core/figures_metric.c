/* figures_metric.c - any metric row over the portfolio (decisions G14). */
#include "core/rollup.h"

enum { QUANTITY_PLACES = 6 };

struct asked {
    struct figures *figures;
    struct portfolio *portfolio;
    const struct rollup *rollup;
    enum basis basis;
    struct text key, period, scenario;
    struct tally value, den; /* `value` is the numerator of a ratio */
    name_id unit;
    bool is_money, is_ratio, mixes;
    uint32_t reported;
};

static bool is_asked(const struct asked *asked, const struct metric_row *row)
{
    struct names *names = asked->figures->names;
    return text_equal(names_text(names, row->metric), asked->key) &&
           text_equal(names_text(names, row->period), asked->period) &&
           text_equal(names_text(names, row->scenario), asked->scenario);
}

/* Consolidation drops what faces somebody in scope; what faces a missing one too. */
static bool is_dropped(const struct asked *asked, const struct metric_row *row)
{
    uint32_t cp = row->cp ? entity_by_name(asked->figures, row->cp) : NO_ENTITY;
    enum facing facing = rollup_facing(asked->rollup, cp);
    return asked->basis == BASIS_CONSOLIDATED &&
           (facing == FACING_GROUP || facing == FACING_GROUP_MISSING);
}

/* An amount in its unit as a whole number: money translated, quantities x 10^6. */
static bool whole(struct asked *asked, const struct metric_row *row,
                  struct decimal amount, __int128 *scaled)
{
    if (asked->is_money) {
        bool is_instant = row->start == 0 || row->start == row->end;
        const struct fx_rate *rate =
            portfolio_rate(asked->figures, asked->portfolio, row->unit,
                           is_instant ? FX_CLOSING : FX_AVERAGE);
        return rate && rate->found &&
               money_translate(amount, rate->rate, asked->portfolio->minor, scaled);
    }
    if (decimal_rescale(amount, QUANTITY_PLACES, &amount) ||
        amount.coefficient > MONEY_LIMIT || amount.coefficient < -MONEY_LIMIT)
        return false;
    *scaled = amount.coefficient;
    return true;
}

static bool add_row(struct asked *asked, const struct member *member,
                    const struct metric_row *row)
{
    struct names *names = asked->figures->names;
    struct ratio weight = member_weight(member, asked->basis);
    const struct config_freshness *limits = config_freshness(
        asked->figures->config, "metric", names_string(names, row->metric));
    enum mark mark =
        mark_worse(member->standing.link,
                   mark_of_age(portfolio_view_ms(asked->figures, asked->portfolio),
                               row->row.as_of_ms, limits));
    __int128 num, den;
    if (asked->reported == 0 && asked->value.included == 0) {
        asked->unit = row->unit;
        asked->is_money = unit_is_currency(names_text(names, row->unit));
        asked->is_ratio = text_equal(names_text(names, row->nature), TEXT("ratio"));
    }
    bool fits = asked->is_money ? unit_is_currency(names_text(names, row->unit))
                                : row->unit == asked->unit;
    if (!fits) {
        asked->mixes = true;
        return false;
    }
    if (asked->is_ratio) {
        if (row->num.mark || row->den.mark ||
            !whole(asked, row, amount_decimal(row->num), &num) ||
            !whole(asked, row, amount_decimal(row->den), &den))
            return false;
        tally_add(&asked->den, den, weight, mark, row->row.as_of_ms);
    } else if (row->value.mark ||
               !whole(asked, row, amount_decimal(row->value), &num)) {
        return false;
    }
    tally_add(&asked->value, num, weight, mark, row->row.as_of_ms);
    return true;
}

static bool add_member(struct asked *asked, const struct member *member)
{
    struct figures *figures = asked->figures;
    uint32_t first, count, slot = figures->entities[member->entity].slot;
    bool found = false, has_own = false;
    if (!member->standing.included || member_weight(member, asked->basis).num == 0)
        return false;
    count = entity_rows(figures, member->entity, VIEW_METRIC, &first);
    for (uint32_t i = first; i < first + count; i++) {
        const struct metric_row *row =
            &store_row(figures->store, slot, VIEW_METRIC, i)->metric;
        has_own |= is_asked(asked, row) &&
                   text_equal(names_text(figures->names, row->basis), TEXT("own"));
    }
    for (uint32_t i = first; i < first + count; i++) {
        const struct metric_row *row =
            &store_row(figures->store, slot, VIEW_METRIC, i)->metric;
        bool is_own = text_equal(names_text(figures->names, row->basis), TEXT("own"));
        /* A consolidated figure already holds what the members below it say. */
        if (is_asked(asked, row) && (is_own || !has_own) && !is_dropped(asked, row))
            found |= add_row(asked, member, row);
    }
    return found;
}

struct figure figures_metric(struct figures *figures,
                             const struct model_options *options, const char *key,
                             const char *period, const char *scenario,
                             uint32_t *reported)
{
    struct portfolio *portfolio = portfolio_at(figures, options->portfolio);
    struct asked asked = {
        .figures = figures,
        .portfolio = portfolio,
        .rollup = rollup_of(figures, portfolio, options->without_last_known),
        .basis = options->basis,
        .key = text_of(key),
        .period = text_of(period),
        .scenario = text_of(scenario),
    };
    struct figure figure;
    *reported = 0;
    if (!asked.rollup)
        return figure_not_applicable(FORMAT_MONEY, "out of memory");
    for (uint32_t i = 0; i < asked.rollup->member_count; i++)
        asked.reported += add_member(&asked, &asked.rollup->members[i]);
    *reported = asked.reported;
    if (asked.mixes)
        return figure_not_applicable(FORMAT_QUANTITY, "units that cannot be added");
    if (asked.is_ratio)
        return rollup_ratio(asked.rollup, asked.basis, &asked.value, &asked.den,
                            FORMAT_RATIO, "sum of numerators / sum of denominators");
    figure = rollup_figure(asked.rollup, asked.basis, &asked.value, "");
    if (asked.reported == 0 && figure.present) {
        figure.present = false;
        figure.mark = MARK_NOT_APPLICABLE;
        figure.why = "nobody reports it";
    } else if (!asked.is_money && figure.present) {
        figure.format = FORMAT_QUANTITY;
        figure.value = (struct decimal){sum_money(asked.value.sum), QUANTITY_PLACES};
        figure.currency = names_string(figures->names, asked.unit);
    }
    return figure;
}
