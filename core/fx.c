#include "core/fx.h"

enum { CROSS_PLACES = 6 };

struct query {
    struct store *store;
    uint32_t slot;
    struct text entity, period, type;
};

static const union any_row *given(const struct query *query, struct text from,
                                  struct text to)
{
    struct text parts[] = {from, to, query->period, query->type};
    char key[ROW_KEY_MAX + 1];
    uint32_t length = row_key_write(query->entity, parts, 4, key);
    if (length == 0)
        return NULL;
    const union any_row *row =
        store_find(query->store, query->slot, VIEW_FX, (struct text){key, length});
    /* A rate that is withheld, or that would turn assets into debts, is none. */
    if (!row || row->fx.rate.mark || decimal_sign(amount_decimal(row->fx.rate)) <= 0)
        return NULL;
    return row;
}

static bool cross_over(const struct query *query, struct text base, struct text from,
                       struct text to, struct fx_rate *found)
{
    const union any_row *to_row = NULL, *from_row = given(query, base, from);
    struct decimal to_rate = decimal_from_int(1);
    if (!from_row)
        return false;
    if (!text_equal(base, to)) {
        to_row = given(query, base, to);
        if (!to_row)
            return false;
        to_rate = amount_decimal(to_row->fx.rate);
    }
    if (decimal_divide(to_rate, amount_decimal(from_row->fx.rate), CROSS_PLACES,
                       &found->rate))
        return false;
    found->found = found->derived = true;
    found->fixed = from_row->fx.fixed;
    if (to_row && to_row->fx.fixed < found->fixed)
        found->fixed = to_row->fx.fixed;
    found->source = from_row->fx.source;
    return decimal_sign(found->rate) > 0;
}

struct fx_rate fx_find(struct store *store, uint32_t slot, struct text entity,
                       struct text from, struct text to, struct text period,
                       enum fx_type type)
{
    static const struct text types[FX_TYPE_COUNT] = {
        [FX_OPENING] = {"opening", 7},
        [FX_AVERAGE] = {"average", 7},
        [FX_CLOSING] = {"closing", 7},
        [FX_BUDGET] = {"budget", 6},
    };
    struct query query = {store, slot, entity, period, types[type]};
    struct fx_rate found = {0};
    if (text_equal(from, to))
        return (struct fx_rate){.found = true, .rate = decimal_from_int(1)};
    if (slot >= store_slot_count(store))
        return found;
    const union any_row *row = given(&query, from, to);
    if (row) {
        found.found = true;
        found.rate = amount_decimal(row->fx.rate);
        found.fixed = row->fx.fixed;
        found.source = row->fx.source;
        return found;
    }
    if (cross_over(&query, TEXT("EUR"), from, to, &found))
        return found;
    for (uint32_t i = 0; i < store_row_count(store, slot, VIEW_FX); i++) {
        const union any_row *base = store_row(store, slot, VIEW_FX, i);
        if (text_equal(names_text(store_names(store), base->fx.to), from) &&
            cross_over(&query, names_text(store_names(store), base->fx.from), from, to,
                       &found))
            return found;
    }
    return (struct fx_rate){0};
}
