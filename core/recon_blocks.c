/* recon_blocks.c - `check` blocks and automatic control checks (decisions G11): the sum
 * of side A against the sum of side B over named entities and rows. */
#include <stdlib.h>
#include <string.h>

#include "core/recon.h"

/* "ENT|metric|KEY[|period[|scenario]]" or "ENT|pos|CLS|LINE". */
struct reference {
    struct text entity, view, parts[4];
    uint32_t count;
};

static void split(const char *text, struct reference *reference)
{
    struct text rest = text_of(text), words[6];
    uint32_t count = 0;
    memset(words, 0, sizeof words);
    for (bool more = true; more && count < 6; count++) {
        struct text word = row_key_entity(rest); /* up to the bar */
        more = word.length < rest.length;
        words[count] = word;
        rest.bytes += word.length + more;
        rest.length -= word.length + more;
    }
    *reference = (struct reference){.entity = words[0], .view = words[1]};
    for (uint32_t i = 2; i < count; i++)
        reference->parts[reference->count++] = words[i];
}

/* One side of a control check. */
struct side {
    struct recon *recon;
    struct decimal sum; /* in `unit` */
    struct sum money;   /* the same in reporting money, when units differ */
    name_id unit;
    bool mixes_units, has_money;
    enum mark mark;
    int64_t as_of_ms;
    uint32_t members, answered, rows, key_count;
    name_id keys[16];
    const char *first_entity;
    uint32_t references;
    const char *first_reference; /* as the configuration writes it */
    bool overflow;
};

static void add_value(struct side *side, struct decimal value, name_id unit,
                      bool has_money, __int128 money, const struct row *row)
{
    if (side->rows > 0 && unit != side->unit)
        side->mixes_units = true;
    side->unit = unit;
    side->has_money &= has_money;
    sum_add(&side->money, money);
    side->overflow |= decimal_add(side->sum, value, &side->sum) != DECIMAL_OK;
    if (row && side->key_count < sizeof side->keys / sizeof *side->keys)
        side->keys[side->key_count++] = row->key;
    side->rows++;
    if (row && (side->as_of_ms == 0 || row->as_of_ms < side->as_of_ms))
        side->as_of_ms = row->as_of_ms;
}

static bool add_metrics(struct side *side, uint32_t entity,
                        const struct reference *reference, const char *check_period)
{
    struct figures *figures = side->recon->figures;
    struct text key = reference->parts[0];
    struct text period = reference->count > 1 && reference->parts[1].length
                             ? reference->parts[1]
                         : check_period && *check_period
                             ? text_of(check_period)
                             : text_of(side->recon->portfolio->config->period);
    struct text scenario = reference->count > 2 && reference->parts[2].length
                               ? reference->parts[2]
                               : TEXT("actual");
    uint32_t first, count = entity_rows(figures, entity, VIEW_METRIC, &first);
    uint32_t slot = figures->entities[entity].slot;
    bool found = false;
    for (uint32_t i = first; i < first + count; i++) {
        const struct metric_row *row =
            &store_row(figures->store, slot, VIEW_METRIC, i)->metric;
        __int128 money = 0;
        bool is_instant = row->start == 0 || row->start == row->end;
        if (row->value.mark ||
            !text_equal(names_text(figures->names, row->metric), key) ||
            !text_equal(names_text(figures->names, row->period), period) ||
            !text_equal(names_text(figures->names, row->scenario), scenario))
            continue;
        bool has_money = unit_is_currency(names_text(figures->names, row->unit)) &&
                         recon_money(side->recon, amount_decimal(row->value), row->unit,
                                     is_instant ? PAIR_BALANCE : PAIR_INCOME, &money);
        add_value(side, amount_decimal(row->value), row->unit, has_money, money,
                  &row->row);
        found = true;
    }
    return found;
}

static bool add_positions(struct side *side, uint32_t entity,
                          const struct reference *reference)
{
    const struct facts *facts =
        facts_of(side->recon->figures, side->recon->portfolio, entity);
    char cls = reference->parts[0].length == 1 ? reference->parts[0].bytes[0] : 0;
    bool found = false;
    for (uint32_t i = 0; i < facts->slice_count; i++) {
        const struct slice *slice = &facts->slices[i];
        struct text name = text_of(line_name(slice->line));
        struct text prefix = reference->parts[1];
        bool fits = text_starts_with(name, prefix) &&
                    (name.length == prefix.length || prefix.length == 0 ||
                     name.bytes[prefix.length] == '.');
        bool flips = cls == 'L' || cls == 'R' || cls == 'Q';
        if (line_class(slice->line) != cls || !fits)
            continue;
        add_value(side, flips ? decimal_negate(slice->local) : slice->local, slice->cur,
                  facts->problem == FACTS_FINE, flips ? -slice->money : slice->money,
                  NULL);
        if (slice->as_of_ms && (!side->as_of_ms || slice->as_of_ms < side->as_of_ms))
            side->as_of_ms = slice->as_of_ms;
        found = true;
    }
    return found;
}

static void add_reference(struct side *side, const char *text, const char *check_period)
{
    struct recon *recon = side->recon;
    struct reference reference;
    split(text, &reference);
    uint32_t entity = entity_by_text(recon->figures, reference.entity);
    side->members++;
    if (!side->first_entity)
        side->first_entity = arena_text(recon->arena, reference.entity);
    if (entity == NO_ENTITY || recon->figures->entities[entity].slot == NO_SLOT) {
        side->mark = mark_worse(side->mark, MARK_NEVER);
        return;
    }
    struct standing standing = recon_standing(recon, entity);
    bool can_be_read = mark_has_number(standing.mark);
    side->mark = mark_worse(side->mark, standing.mark);
    if (!can_be_read)
        return;
    if (text_equal(reference.view, TEXT("pos")))
        side->answered += add_positions(side, entity, &reference);
    else if (text_equal(reference.view, TEXT("metric")))
        side->answered += add_metrics(side, entity, &reference, check_period);
}

static void read_side(struct recon *recon, const char *const *references,
                      const char *period, struct side *side)
{
    *side = (struct side){.recon = recon, .has_money = true, .first_reference = ""};
    for (; references && *references; references++) {
        if (side->references++ == 0)
            side->first_reference = *references;
        add_reference(side, *references, period);
    }
}

/* Sides in different units are compared as reporting money. */
static bool comparable(struct side *a, struct side *b, const char **unit)
{
    struct recon *recon = a->recon;
    if (a->rows > 0 && b->rows > 0 && a->unit != b->unit)
        a->mixes_units = true;
    name_id name = a->rows > 0 ? a->unit : b->unit;
    if (!a->mixes_units && !b->mixes_units) {
        *unit = arena_text(recon->arena, names_text(recon->figures->names, name));
        return !a->overflow && !b->overflow;
    }
    if (!a->has_money || !b->has_money)
        return false;
    a->sum = money_decimal(sum_money(a->money), recon->portfolio->minor);
    b->sum = money_decimal(sum_money(b->money), recon->portfolio->minor);
    *unit = recon->portfolio->config->currency;
    return true;
}

/* "LUS|metric|bank.book|2025" -> "bank.book": what the configuration calls that side.
 */
static const char *reference_words(struct recon *recon, const char *reference)
{
    const char *view = strchr(reference, '|');
    const char *key = view ? strchr(view + 1, '|') : NULL;
    if (!key)
        return "";
    return arena_text(recon->arena,
                      (struct text){key + 1, (uint32_t)strcspn(key + 1, "|")});
}

static void fill_side(struct recon *recon, const struct side *side, const char *unit,
                      struct check_side *out)
{
    out->entity = side->members == 1 ? side->first_entity : "";
    out->what = side->members == 1 && side->references == 1
                    ? reference_words(recon, side->first_reference)
                : side->members == 1 ? arena_print(recon->arena, "%u rows", side->rows)
                                     : arena_print(recon->arena, "%u of %u entities",
                                                   side->answered, side->members);
    out->as_of_ms = side->as_of_ms;
    out->row_keys = recon_keys(recon, side->keys, side->key_count);
    out->figure = (struct figure){
        .value = side->sum,
        .present = side->rows > 0,
        .partial = side->answered<side->members, .mark = side->rows> 0 &&
                           !mark_has_number(side->mark)
                       ? MARK_CURRENT
                       : side->mark,
        .format = unit_is_currency(text_of(unit)) ? FORMAT_MONEY : FORMAT_QUANTITY,
        .currency = unit,
        .included = side->answered,
        .expected = side->members,
        .as_of_ms = side->as_of_ms,
        .why = side->answered < side->members ? "a member has no such row" : "",
    };
}

static enum check_status status_of(const struct side *a, const struct side *b,
                                   struct decimal difference, struct decimal tolerance)
{
    if (a->rows == 0 && b->rows == 0)
        return CHECK_UNAVAILABLE;
    if (a->answered < a->members || b->answered < b->members)
        return CHECK_PARTIAL;
    if (decimal_sign(difference) == 0)
        return CHECK_MATCHED;
    return decimal_compare(decimal_absolute(difference), tolerance) <= 0
               ? CHECK_MATCHED_TOLERANCE
               : CHECK_BALANCE_DIFFERENCE;
}

static void add_check(struct recon *recon, const char *id, const char *title,
                      struct side *a, struct side *b)
{
    const char *unit = "";
    struct decimal difference = decimal_from_int(0), left, right;
    bool fits = comparable(a, b, &unit);
    left = decimal_absolute(a->sum);
    right = decimal_absolute(b->sum);
    if (!fits || decimal_subtract(left, right, &difference))
        fits = false;
    struct check_line line = {
        .id = id,
        .title = title,
        .cls = "",
        .currency = unit,
        .tolerance = recon_tolerance(recon, unit, left, right),
        .hint = fits ? "" : "units that cannot be compared",
        .age_days = -1,
    };
    line.status =
        fits ? status_of(a, b, difference, line.tolerance) : CHECK_UNAVAILABLE;
    fill_side(recon, a, unit, &line.a);
    fill_side(recon, b, unit, &line.b);
    struct recon_check *check = recon_add(recon, &line, mark_worse(a->mark, b->mark));
    if (!check || !fits || a->rows == 0 || b->rows == 0)
        return;
    recon_set_difference(recon, check, difference, unit, a->has_money && b->has_money,
                         sum_money(a->money) - sum_money(b->money));
    check->line.difference.partial = line.status == CHECK_PARTIAL;
    if (!unit_is_currency(text_of(unit)))
        check->line.difference.format = FORMAT_QUANTITY;
    if (line.status == CHECK_PARTIAL) /* what is missing says nothing about its size */
        check->line.difference.mark = MARK_CURRENT;
}

/* A ledger and a metric of the same name must agree: the ledger is what is shown. */
static void add_automatic(struct recon *recon, const struct member *member)
{
    static const struct {
        enum metric_key key;
        enum measure measure;
    } twins[] = {{METRIC_CASH, MEASURE_CASH},
                 {METRIC_DEBT, MEASURE_DEBT},
                 {METRIC_REVENUE, MEASURE_REVENUE},
                 {METRIC_NOI, MEASURE_PROPERTY_NOI},
                 {METRIC_NET_INCOME, MEASURE_NET_INCOME}};
    const char *id = entity_id(recon->figures, member->entity);
    for (size_t i = 0; i < sizeof twins / sizeof *twins; i++) {
        const struct metric_value *value = &member->metrics[twins[i].key];
        struct side ledger = {.recon = recon,
                              .members = 1,
                              .answered = 1,
                              .first_entity = id,
                              .has_money = true};
        struct side metric = ledger;
        __int128 money;
        enum mark mark;
        int64_t as_of_ms;
        if (!value->has_money || !member->facts->has_rows ||
            !member_measure(member, BASIS_AGGREGATE, twins[i].measure, &money, &mark,
                            &as_of_ms))
            continue;
        ledger.mark = mark;
        ledger.as_of_ms = as_of_ms;
        metric.mark = value->age;
        metric.as_of_ms = value->as_of_ms;
        add_value(&ledger, money_decimal(money, recon->portfolio->minor),
                  recon->portfolio->currency_name, true, money, NULL);
        add_value(&metric, money_decimal(value->money, recon->portfolio->minor),
                  recon->portfolio->currency_name, true, value->money, NULL);
        ledger.rows = metric.rows = 1;
        add_check(
            recon,
            arena_print(recon->arena, "CT-%s-%s", id, metric_key_name(twins[i].key)),
            arena_print(recon->arena, "%s: ledger against metric",
                        metric_key_name(twins[i].key)),
            &ledger, &metric);
    }
}

void recon_add_blocks(struct recon *recon)
{
    const struct config *config = recon->figures->config;
    for (uint32_t i = 0; i < config->check_count; i++) {
        const struct config_check *block = &config->checks[i];
        struct side a, b;
        read_side(recon, block->a, block->period, &a);
        read_side(recon, block->b, block->period, &b);
        add_check(recon, block->id, block->title ? block->title : block->id, &a, &b);
    }
    for (uint32_t i = 0; i < recon->rollup->member_count; i++)
        if (recon->rollup->members[i].standing.included)
            add_automatic(recon, &recon->rollup->members[i]);
}
