/* rollup_metrics.c - the metric rows that the executive figures need, one value a key.
 */
#include "core/rollup.h"

static const char *const key_names[METRIC_KEY_COUNT] = {
    [METRIC_AREA_RENTABLE] = "area.rentable",
    [METRIC_AREA_OCCUPIED] = "area.occupied",
    [METRIC_UNITS_TOTAL] = "units.total",
    [METRIC_UNITS_OCCUPIED] = "units.occupied",
    [METRIC_VALUE] = "value.appraised",
    [METRIC_NAV] = "value.nav",
    [METRIC_DEBT_SERVICE] = "debt.service",
    [METRIC_PRINCIPAL] = "principal.scheduled",
    [METRIC_RESTRICTED] = "cash.restricted",
    [METRIC_UNDRAWN] = "line.undrawn",
    [METRIC_BURN] = "burn",
    [METRIC_CASH] = "cash",
    [METRIC_DEBT] = "debt",
    [METRIC_REVENUE] = "revenue",
    [METRIC_OPEX] = "opex",
    [METRIC_NOI] = "noi",
    [METRIC_NET_INCOME] = "net.income",
};

const char *metric_key_name(enum metric_key key)
{
    return key_names[key];
}

static bool key_by_text(struct text name, enum metric_key *key)
{
    for (int i = 0; i < METRIC_KEY_COUNT; i++) {
        if (text_equal(name, text_of(key_names[i]))) {
            *key = (enum metric_key)i;
            return true;
        }
    }
    return false;
}

static bool is_month(const struct metric_row *row)
{
    return row->start % 100 == 1 && row->start / 100 == row->end / 100 &&
           date_of_days(date_days(row->end) + 1) % 100 == 1;
}

static void take(struct metric_value *value, const struct metric_fact *fact,
                 enum mark age)
{
    const struct metric_row *row = fact->row;
    *value = (struct metric_value){
        .present = !row->value.mark,
        .withheld = (enum cell_mark)row->value.mark,
        .has_money = fact->has_money,
        .money = fact->money,
        .value = amount_decimal(row->value),
        .unit = row->unit,
        .as_of_ms = row->row.as_of_ms,
        .age = age,
    };
}

/* The mean of the last three full months that the archive gives; at least one. */
static void take_burn(const struct rollup *rollup, struct member *member)
{
    enum { MONTHS = 3 };
    const struct metric_fact *newest[MONTHS] = {NULL};
    struct names *names = rollup->figures->names;
    const struct facts *facts = member->facts;
    __int128 total = 0;
    int count = 0;
    for (uint32_t i = 0; i < facts->metric_count; i++) {
        const struct metric_fact *fact = &facts->metrics[i];
        if (!fact->has_money || !is_month(fact->row) ||
            !text_equal(names_text(names, fact->row->metric), TEXT("burn")) ||
            !text_equal(names_text(names, fact->row->scenario), TEXT("actual")))
            continue;
        for (int at = 0; at < MONTHS; at++) {
            if (newest[at] && newest[at]->row->end >= fact->row->end)
                continue;
            memmove(newest + at + 1, newest + at,
                    sizeof *newest * (size_t)(MONTHS - 1 - at));
            newest[at] = fact;
            break;
        }
    }
    struct metric_value *burn = &member->metrics[METRIC_BURN];
    for (; count < MONTHS && newest[count]; count++) {
        if (count == 0)
            take(burn, newest[0], member->standing.mark);
        total += newest[count]->money;
    }
    if (count > 0)
        burn->money = money_share(total, (struct ratio){1, count});
}

void rollup_metrics(const struct rollup *rollup, struct member *member)
{
    struct figures *figures = rollup->figures;
    const struct facts *facts = member->facts;
    int64_t view_ms = portfolio_view_ms(figures, rollup->portfolio);
    int64_t ends[METRIC_KEY_COUNT] = {0};
    for (uint32_t i = 0; i < facts->metric_count; i++) {
        const struct metric_row *row = facts->metrics[i].row;
        struct text name = names_text(figures->names, row->metric);
        enum metric_key key;
        bool is_flow = row->start != 0 && row->start != row->end;
        if (!key_by_text(name, &key) || key == METRIC_BURN || row->cp != 0 ||
            !text_equal(names_text(figures->names, row->scenario), TEXT("actual")) ||
            (is_flow && row->period != rollup->portfolio->period_name) ||
            row->end < ends[key])
            continue;
        ends[key] = row->end;
        const struct config_freshness *limits =
            config_freshness(figures->config, "metric", key_names[key]);
        enum mark age = mark_of_age(view_ms, row->row.as_of_ms, limits);
        take(&member->metrics[key], &facts->metrics[i],
             mark_worse(member->standing.link, age));
    }
    take_burn(rollup, member);
}
