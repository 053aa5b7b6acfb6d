/* recon_pairs.c - level 1: balances by class, both sides of each pair. */
#include <stdlib.h>

#include "core/recon.h"

/* One slice that faces somebody who could answer. */
struct leg {
    uint32_t a, b; /* a: the side that receives or earns; b: that owes or spends */
    enum pair_kind kind;
    bool is_b; /* whose word it is */
    name_id currency;
    uint32_t rank_a, rank_b; /* places of both by id, and the code: for the order */
    const char *code;
    struct decimal amount; /* magnitude, natural sign */
    __int128 money;        /* the same in reporting money */
    int64_t as_of_ms;
};

struct legs {
    struct recon *recon;
    struct leg *list;
    uint32_t count, capacity;
};

static bool kind_of(enum line line, enum pair_kind *kind, bool *is_b, int *sign)
{
    char cls = line_class(line);
    *is_b = cls == 'L' || cls == 'X' || cls == 'Q';
    *sign = cls == 'L' || cls == 'R' ? -1 : 1;
    if (line == LINE_REVENUE_DISTRIBUTION || line == LINE_DISTRIBUTION_PAID)
        *kind = PAIR_PAYOUT;
    else if (cls == 'A' || cls == 'L')
        *kind = PAIR_BALANCE;
    else if (cls == 'R' || cls == 'X')
        *kind = PAIR_INCOME;
    else
        return false;
    return true;
}

static void add_legs(struct legs *legs, uint32_t entity, const struct facts *facts)
{
    struct figures *figures = legs->recon->figures;
    for (uint32_t i = 0; i < facts->slice_count; i++) {
        const struct slice *slice = &facts->slices[i];
        uint32_t cp = slice->cp ? entity_by_name(figures, slice->cp) : NO_ENTITY;
        struct leg leg = {.currency = slice->cur, .as_of_ms = slice->as_of_ms};
        int sign;
        if (!slice->cp || !kind_of(slice->line, &leg.kind, &leg.is_b, &sign) ||
            !recon_can_match(legs->recon, entity, cp) || legs->count == legs->capacity)
            continue;
        leg.a = leg.is_b ? cp : entity;
        leg.b = leg.is_b ? entity : cp;
        leg.rank_a = legs->recon->rank[leg.a];
        leg.rank_b = legs->recon->rank[leg.b];
        leg.code = names_string(figures->names, leg.currency);
        leg.amount = sign < 0 ? decimal_negate(slice->local) : slice->local;
        leg.money = sign < 0 ? -slice->money : slice->money;
        /* The row of an earlier payout stays; in this period nothing was paid. */
        if (leg.kind == PAIR_PAYOUT && decimal_sign(leg.amount) == 0)
            continue;
        legs->list[legs->count++] = leg;
    }
}

static int compare_legs(const void *left, const void *right)
{
    const struct leg *x = *(const struct leg *const *)left;
    const struct leg *y = *(const struct leg *const *)right;
    if (x->rank_a != y->rank_a)
        return x->rank_a < y->rank_a ? -1 : 1;
    if (x->rank_b != y->rank_b)
        return x->rank_b < y->rank_b ? -1 : 1;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    if (x->currency != y->currency)
        return strcmp(x->code, y->code);
    return x->is_b - y->is_b;
}

/* --- one comparison ----------------------------------------------------------- */

/* What a pair says in one currency, or in several taken together as reporting money. */
struct balance {
    bool there;
    struct decimal amount;
    __int128 money;
    int64_t as_of_ms;
};

static void add_to(struct balance *side, const struct leg *leg)
{
    if (!side->there)
        side->amount = decimal_from_int(0);
    side->there = true;
    side->money += leg->money;
    if (decimal_add(side->amount, leg->amount, &side->amount))
        side->there = false;
    if (side->as_of_ms == 0 || leg->as_of_ms < side->as_of_ms)
        side->as_of_ms = leg->as_of_ms;
}

static const char *side_word(enum pair_kind kind, bool is_b)
{
    switch (kind) {
    case PAIR_BALANCE:
        return is_b ? "payable" : "receivable";
    case PAIR_INCOME:
        return is_b ? "expense" : "revenue";
    case PAIR_PAYOUT:
        return is_b ? "distribution paid" : "distribution received";
    }
    return "";
}

/* The pos rows of a side, for provenance. */
static const char *const *side_keys(struct recon *recon, uint32_t entity, uint32_t cp,
                                    enum pair_kind kind, bool is_b, name_id currency)
{
    enum { KEYS_MAX = 16 };
    const struct facts *facts = facts_of(recon->figures, recon->portfolio, entity);
    name_id keys[KEYS_MAX], name = recon->figures->entities[cp].id;
    uint32_t found = 0;
    for (uint32_t i = 0; i < facts->facing_count && found < KEYS_MAX; i++) {
        const struct facing_row *row = &facts->facing[i];
        enum pair_kind its;
        bool its_b;
        int sign;
        if (row->cp == name && (!currency || row->cur == currency) &&
            kind_of(row->line, &its, &its_b, &sign) && its == kind && its_b == is_b)
            keys[found++] = row->key;
    }
    return recon_keys(recon, keys, found);
}

static enum check_status missing_status(struct recon *recon, uint32_t entity,
                                        const struct standing *standing)
{
    if (standing->mark == MARK_REFUSED || standing->mark == MARK_EXPIRED)
        return CHECK_NOT_PERMITTED;
    if (!standing->included)
        return CHECK_UNAVAILABLE;
    const struct facts *facts = facts_of(recon->figures, recon->portfolio, entity);
    return facts->cp_withheld ? CHECK_NOT_PERMITTED : CHECK_ONE_SIDED;
}

/* Booked in two currencies, income differs by the rates of the day.  A difference that
 * some rate of the period explains is one of exchange. */
static bool rates_explain(struct recon *recon, const struct leg *any,
                          const struct balance *local, name_id currency,
                          const struct balance *foreign, name_id foreign_currency)
{
    __int128 low = 0, high = 0, booked;
    bool have = false;
    if (any->kind == PAIR_BALANCE ||
        !recon_money(recon, local->amount, currency, any->kind, &booked))
        return false;
    for (int type = 0; type <= FX_CLOSING; type++) {
        const struct fx_rate *rate = portfolio_rate(
            recon->figures, recon->portfolio, foreign_currency, (enum fx_type)type);
        __int128 money;
        if (!rate || !rate->found ||
            !money_translate(foreign->amount, rate->rate, recon->portfolio->minor,
                             &money))
            return false;
        if (!have || money < low)
            low = money;
        if (!have || money > high)
            high = money;
        have = true;
    }
    return booked >= low && booked <= high;
}

struct comparison {
    const struct leg *any; /* names the pair and the kind */
    struct balance a, b;
    name_id currency_a, currency_b; /* different: compared as reporting money */
};

static enum check_status compare(struct recon *recon, const struct comparison *pair,
                                 struct decimal tolerance, struct decimal difference,
                                 const char **hint)
{
    bool crosses = pair->currency_a != pair->currency_b;
    if (decimal_sign(difference) == 0)
        return CHECK_MATCHED_BALANCE;
    if (decimal_compare(decimal_absolute(difference), tolerance) <= 0)
        return CHECK_MATCHED_TOLERANCE;
    name_id reporting = recon->portfolio->currency_name;
    if (crosses && pair->currency_a == reporting &&
        rates_explain(recon, pair->any, &pair->a, reporting, &pair->b,
                      pair->currency_b))
        return CHECK_FX_DIFFERENCE;
    if (crosses && pair->currency_b == reporting &&
        rates_explain(recon, pair->any, &pair->b, reporting, &pair->a,
                      pair->currency_a))
        return CHECK_FX_DIFFERENCE;
    if (crosses)
        *hint = "booked in two currencies";
    return CHECK_BALANCE_DIFFERENCE;
}

static void fill_side(struct recon *recon, const struct comparison *pair, bool is_b,
                      const struct standing *standing, struct check_side *side)
{
    const struct balance *balance = is_b ? &pair->b : &pair->a;
    const struct leg *any = pair->any;
    uint32_t entity = is_b ? any->b : any->a, cp = is_b ? any->a : any->b;
    name_id currency = is_b ? pair->currency_b : pair->currency_a;
    side->entity = entity_id(recon->figures, entity);
    side->what = side_word(any->kind, is_b);
    side->as_of_ms = balance->as_of_ms;
    side->row_keys = recon_keys(recon, NULL, 0);
    if (balance->there) {
        side->figure =
            recon_figure(recon, balance->amount, recon_currency(recon, currency),
                         standing, balance->as_of_ms);
        side->row_keys = side_keys(recon, entity, cp, any->kind, is_b, currency);
        return;
    }
    side->figure = (struct figure){
        .format = FORMAT_MONEY,
        .currency = "",
        .mark = standing->included ? MARK_NOT_APPLICABLE : standing->mark,
        .why = standing->included ? "no such row" : standing->why};
}

static void add_check(struct recon *recon, struct comparison *pair)
{
    const struct leg *any = pair->any;
    struct standing a = recon_standing(recon, any->a),
                    b = recon_standing(recon, any->b);
    bool both = pair->a.there && pair->b.there;
    if (!pair->a.there)
        pair->currency_a = pair->currency_b;
    if (!pair->b.there)
        pair->currency_b = pair->currency_a;
    bool crosses = pair->currency_a != pair->currency_b;
    name_id currency = crosses ? recon->portfolio->currency_name : pair->currency_a;
    const char *code = recon_currency(recon, currency);
    uint8_t minor = recon->portfolio->minor;
    struct decimal none = decimal_from_int(0), difference;
    struct decimal left = !pair->a.there ? none
                          : crosses      ? money_decimal(pair->a.money, minor)
                                         : pair->a.amount;
    struct decimal right = !pair->b.there ? none
                           : crosses      ? money_decimal(pair->b.money, minor)
                                          : pair->b.amount;
    if (decimal_subtract(left, right, &difference))
        return;
    struct check_line line = {
        .id = recon_number(recon),
        .title = recon_title(recon, any->kind, currency),
        .cls = pair_kind_classes(any->kind),
        .currency = code,
        .tolerance = recon_tolerance(recon, code, left, right),
        .hint = "",
        .age_days = -1,
    };
    if (both)
        line.status = compare(recon, pair, line.tolerance, difference, &line.hint);
    else
        line.status = missing_status(recon, pair->a.there ? any->b : any->a,
                                     pair->a.there ? &b : &a);
    fill_side(recon, pair, false, &a, &line.a);
    fill_side(recon, pair, true, &b, &line.b);
    struct recon_check *check = recon_add(recon, &line, mark_worse(a.mark, b.mark));
    if (!check)
        return;
    __int128 money = pair->a.money - pair->b.money;
    bool has_money =
        crosses || recon_money(recon, difference, currency, any->kind, &money);
    if (both || line.status == CHECK_ONE_SIDED)
        recon_set_difference(recon, check, difference, code, has_money, money);
    else
        check->exposure = money < 0 ? -money : money;
}

/* All legs of one pair and kind: currency by currency where both speak it, and what is
 * left over on both sides as one sum in reporting money. */
static void compare_run(struct recon *recon, const struct leg *const *legs,
                        uint32_t count)
{
    struct comparison rest = {.any = legs[0]};
    bool crossed_a = false, crossed_b = false;
    for (uint32_t i = 0; i < count;) {
        struct comparison pair = {.any = legs[0],
                                  .currency_a = legs[i]->currency,
                                  .currency_b = legs[i]->currency};
        uint32_t start = i;
        for (; i < count && legs[i]->currency == legs[start]->currency; i++)
            add_to(legs[i]->is_b ? &pair.b : &pair.a, legs[i]);
        if (pair.a.there && pair.b.there) {
            add_check(recon, &pair);
            continue;
        }
        for (uint32_t j = start; j < i; j++)
            add_to(legs[j]->is_b ? &rest.b : &rest.a, legs[j]);
        /* Of several left-over currencies on one side only the sum can be compared. */
        name_id *side = pair.b.there ? &rest.currency_b : &rest.currency_a;
        bool *crossed = pair.b.there ? &crossed_b : &crossed_a;
        *crossed |= *side != 0;
        *side = *crossed ? recon->portfolio->currency_name : legs[start]->currency;
    }
    if (crossed_a)
        rest.a.amount = money_decimal(rest.a.money, recon->portfolio->minor);
    if (crossed_b)
        rest.b.amount = money_decimal(rest.b.money, recon->portfolio->minor);
    if (rest.a.there || rest.b.there)
        add_check(recon, &rest);
}

static bool same_run(const struct leg *x, const struct leg *y)
{
    return x->a == y->a && x->b == y->b && x->kind == y->kind;
}

void recon_add_pairs(struct recon *recon)
{
    const struct rollup *rollup = recon->rollup;
    struct legs legs = {.recon = recon};
    for (uint32_t i = 0; i < rollup->member_count; i++)
        legs.capacity += rollup->members[i].facts->slice_count;
    legs.list = arena_array(recon->arena, legs.capacity + 1u, sizeof *legs.list);
    if (!legs.list)
        return;
    for (uint32_t i = 0; i < rollup->member_count; i++)
        if (rollup->members[i].standing.included)
            add_legs(&legs, rollup->members[i].entity, rollup->members[i].facts);
    const struct leg **sorted =
        arena_array(recon->arena, legs.count + 1u, sizeof(struct leg *));
    if (!sorted)
        return;
    for (uint32_t i = 0; i < legs.count; i++)
        sorted[i] = &legs.list[i];
    arena_sort(recon->arena, sorted, legs.count, sizeof(struct leg *), compare_legs);
    recon_reserve(recon, legs.count / 2 + 1);
    for (uint32_t i = 0; i < legs.count;) {
        uint32_t start = i;
        while (i < legs.count && same_run(sorted[start], sorted[i]))
            i++;
        if (!recon_has_items(recon, sorted[start]->a, sorted[start]->b))
            compare_run(recon, &sorted[start], i - start);
    }
}
