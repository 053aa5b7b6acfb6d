#include "core/figures_state.h"

#include <stdlib.h>

bool unit_is_currency(struct text unit)
{
    if (unit.length != 3)
        return false;
    for (uint32_t i = 0; i < 3; i++)
        if (unit.bytes[i] < 'A' || unit.bytes[i] > 'Z')
            return false;
    return true;
}

static void look_up(struct figures *figures, struct portfolio *portfolio,
                    struct rate_entry *entry)
{
    struct text none = {0};
    uint32_t entity = portfolio->fx_entity;
    bool have = entity != NO_ENTITY && figures->entities[entity].slot != NO_SLOT;
    for (int type = 0; type < FX_TYPE_COUNT; type++)
        entry->rates[type] = fx_find(
            figures->store, have ? figures->entities[entity].slot : NO_SLOT,
            have ? names_text(figures->names, figures->entities[entity].id) : none,
            names_text(figures->names, entry->cur),
            names_text(figures->names, portfolio->currency_name),
            names_text(figures->names, portfolio->period_name), (enum fx_type)type);
}

const struct fx_rate *portfolio_rate(struct figures *figures,
                                     struct portfolio *portfolio, name_id cur,
                                     enum fx_type type)
{
    for (uint32_t i = 0; i < portfolio->rate_count; i++)
        if (portfolio->rates[i].cur == cur)
            return &portfolio->rates[i].rates[type];
    if (portfolio->rate_count == portfolio->rate_capacity) {
        uint32_t capacity = portfolio->rate_capacity ? portfolio->rate_capacity * 2 : 8;
        struct rate_entry *rates = realloc(portfolio->rates, capacity * sizeof *rates);
        if (!rates) {
            figures->memory_short = true;
            return NULL;
        }
        portfolio->rates = rates;
        portfolio->rate_capacity = capacity;
    }
    struct rate_entry *entry = &portfolio->rates[portfolio->rate_count++];
    entry->cur = cur;
    names_hold(figures->names, cur);
    look_up(figures, portfolio, entry);
    return &entry->rates[type];
}

void portfolio_rates_changed(struct figures *figures, struct portfolio *portfolio)
{
    for (uint32_t i = 0; i < portfolio->rate_count; i++)
        names_drop(figures->names, portfolio->rates[i].cur);
    portfolio->rate_count = 0;
    portfolio->rates_version++;
}

bool rate_is_current(const struct figures *figures, const struct portfolio *portfolio,
                     const struct fx_rate *rate, enum fx_type type)
{
    enum { GRACE_DAYS = 4 }; /* a weekend and two holidays without a fixing */
    int64_t last = date_days(date_of_ms(figures->wall_ms));
    int64_t cutoff = date_days(portfolio->period.end);
    if (type == FX_BUDGET || rate->fixed == 0)
        return true;
    if (type == FX_OPENING)
        cutoff = date_days(portfolio->period.start) - 1;
    return date_days(rate->fixed) >= (cutoff < last ? cutoff : last) - GRACE_DAYS;
}
