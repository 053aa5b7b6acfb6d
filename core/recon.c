#include "core/recon.h"

#include <stdlib.h>

#include "core/figures_statement.h"

const char *pair_kind_classes(enum pair_kind kind)
{
    switch (kind) {
    case PAIR_BALANCE:
        return "A/L";
    case PAIR_INCOME:
        return "R/X";
    case PAIR_PAYOUT:
        return "R/Q";
    }
    return "";
}

/* --- sides -------------------------------------------------------------------- */

struct standing recon_standing(struct recon *recon, uint32_t entity)
{
    const struct member *member = rollup_member(recon->rollup, entity);
    if (member)
        return member->standing;
    return standing_of(recon->figures, recon->portfolio, entity,
                       recon->rollup->without_last_known, recon->arena);
}

bool recon_can_match(const struct recon *recon, uint32_t entity, uint32_t cp)
{
    if (cp == NO_ENTITY || cp == entity)
        return false;
    return rollup_member(recon->rollup, cp) != NULL ||
           recon->figures->entities[cp].slot != NO_SLOT;
}

struct decimal recon_tolerance(const struct recon *recon, const char *currency,
                               struct decimal a, struct decimal b)
{
    const struct config_tolerance *limits =
        config_tolerance(recon->figures->config, currency);
    struct decimal larger, part, percent;
    if (!limits)
        return decimal_from_int(0);
    a = decimal_absolute(a);
    b = decimal_absolute(b);
    larger = decimal_compare(a, b) < 0 ? b : a;
    percent = limits->percent;
    /* pct / 100 is two places more; exact, unless there are more than 18. */
    if (percent.scale + 2 > DECIMAL_SCALE_MAX)
        return limits->absolute;
    percent.scale = (uint8_t)(percent.scale + 2);
    int places = larger.scale + percent.scale;
    if (decimal_multiply(
            larger, percent,
            places < DECIMAL_SCALE_MAX ? (uint8_t)places : DECIMAL_SCALE_MAX, &part))
        return limits->absolute;
    return decimal_compare(part, limits->absolute) > 0 ? part : limits->absolute;
}

int64_t recon_cutoff_days(const struct recon *recon, const char *currency)
{
    const struct config_tolerance *limits =
        config_tolerance(recon->figures->config, currency);
    return limits ? limits->cutoff_days : 0;
}

bool recon_money(struct recon *recon, struct decimal amount, name_id currency,
                 enum pair_kind kind, __int128 *money)
{
    const struct fx_rate *rate =
        portfolio_rate(recon->figures, recon->portfolio, currency,
                       kind == PAIR_INCOME ? FX_AVERAGE : FX_CLOSING);
    *money = 0;
    return rate && rate->found &&
           money_translate(amount, rate->rate, recon->portfolio->minor, money);
}

struct figure recon_figure(const struct recon *recon, struct decimal value,
                           const char *currency, const struct standing *standing,
                           int64_t as_of_ms)
{
    (void)recon;
    return (struct figure){
        .value = value,
        .present = true,
        .mark = standing->mark,
        .format = FORMAT_MONEY,
        .currency = currency,
        .included = 1,
        .expected = 1,
        .last_known = standing->mark >= MARK_STALE,
        .as_of_ms = as_of_ms,
        .why = "",
    };
}

const char *const *recon_keys(struct recon *recon, const name_id *keys, uint32_t count)
{
    const char **list = arena_array(recon->arena, count + 1u, sizeof *list);
    for (uint32_t i = 0; list && i < count; i++)
        list[i] = arena_text(recon->arena, names_text(recon->figures->names, keys[i]));
    return list;
}

/* --- checks ------------------------------------------------------------------- */

const char *recon_number(struct recon *recon)
{
    char text[16] = "IC-", digits[12];
    uint32_t length = 3, count = 0;
    for (uint32_t rest = ++recon->numbered; rest > 0 || count < 3; rest /= 10)
        digits[count++] = (char)('0' + rest % 10);
    while (count > 0)
        text[length++] = digits[--count];
    return arena_text(recon->arena, (struct text){text, length});
}

const char *recon_currency(struct recon *recon, name_id currency)
{
    if (!recon->last_code || recon->last_currency != currency) {
        recon->last_currency = currency;
        recon->last_code =
            arena_text(recon->arena, names_text(recon->figures->names, currency));
        memset(recon->last_title, 0, sizeof recon->last_title);
    }
    return recon->last_code;
}

const char *recon_title(struct recon *recon, enum pair_kind kind, name_id currency)
{
    const char *code = recon_currency(recon, currency);
    if (!recon->last_title[kind])
        recon->last_title[kind] = arena_print(recon->arena, "intercompany %s %s",
                                              pair_kind_classes(kind), code);
    return recon->last_title[kind];
}

static enum check_group group_of(enum check_status status, enum mark worst)
{
    bool current = worst < MARK_STALE; /* two current sides, or it is no break */
    switch (status) {
    case CHECK_MATCHED:
    case CHECK_MATCHED_GROUP:
    case CHECK_MATCHED_BALANCE:
        return GROUP_MATCH;
    case CHECK_MATCHED_TOLERANCE:
        return GROUP_WITHIN;
    case CHECK_FX_DIFFERENCE:
        return GROUP_FX;
    case CHECK_TIMING:
        return GROUP_TIMING;
    case CHECK_MISMATCH:
    case CHECK_ONE_SIDED:
    case CHECK_BALANCE_DIFFERENCE:
        return current ? GROUP_BREAK : GROUP_PROVISIONAL;
    case CHECK_NOT_PERMITTED:
    case CHECK_UNAVAILABLE:
        return GROUP_UNKNOWN;
    case CHECK_SUGGESTED:
        return GROUP_SUGGESTED;
    case CHECK_PARTIAL:
        return GROUP_PARTIAL;
    }
    return GROUP_UNKNOWN;
}

bool recon_reserve(struct recon *recon, uint32_t more)
{
    uint32_t capacity = recon->count + more;
    if (capacity <= recon->capacity)
        return true;
    struct recon_check *checks = arena_array(recon->arena, capacity, sizeof *checks);
    if (!checks)
        return false;
    if (recon->count > 0)
        memcpy(checks, recon->checks, recon->count * sizeof *checks);
    recon->checks = checks;
    recon->capacity = capacity;
    return true;
}

struct recon_check *recon_add(struct recon *recon, const struct check_line *line,
                              enum mark worst)
{
    if (recon->count == recon->capacity && !recon_reserve(recon, recon->count + 64))
        return NULL;
    struct recon_check *check = &recon->checks[recon->count++];
    *check = (struct recon_check){.line = *line, .worst = worst};
    if (!line->difference
             .currency) /* none yet, and none ever where a side is missing */
        check->line.difference =
            (struct figure){.mark = worst, .currency = line->currency, .why = ""};
    check->line.group = group_of(line->status, worst);
    if (check->line.group == GROUP_PROVISIONAL && !*check->line.hint)
        check->line.hint = "one side is not current";
    return check;
}

void recon_set_difference(struct recon *recon, struct recon_check *check,
                          struct decimal difference, const char *currency,
                          bool has_money, __int128 money)
{
    struct standing standing = {.mark = check->worst};
    check->line.difference = recon_figure(recon, difference, currency, &standing, 0);
    check->has_money = has_money;
    check->money = money < 0 ? -money : money;
}

static int compare_checks(const void *left, const void *right)
{
    const struct recon_check *a = *(const struct recon_check *const *)left;
    const struct recon_check *b = *(const struct recon_check *const *)right;
    if (a->line.group != b->line.group)
        return a->line.group < b->line.group ? -1 : 1;
    if (a->money != b->money)
        return a->money > b->money ? -1 : 1;
    return strcmp(a->line.id, b->line.id);
}

static void finish(struct recon *recon, struct model_recon *model)
{
    struct tally unresolved = {0}, exposure = {0};
    struct check_line *lines =
        arena_array(recon->arena, recon->count + 1u, sizeof *lines);
    const struct recon_check **sorted =
        arena_array(recon->arena, recon->count + 1u, sizeof(struct recon_check *));
    for (uint32_t i = 0; sorted && i < recon->count; i++)
        sorted[i] = &recon->checks[i];
    if (sorted)
        arena_sort(recon->arena, sorted, recon->count, sizeof(struct recon_check *),
                   compare_checks);
    for (uint32_t i = 0; lines && sorted && i < recon->count; i++) {
        const struct recon_check *check = sorted[i];
        lines[i] = check->line;
        lines[i].first_seen_ms =
            first_seen(recon->figures,
                       (const char *const[4]){check->line.a.entity,
                                              check->line.b.entity, check->line.title,
                                              check_group_name(check->line.group)});
        model->counts[check->line.group]++;
        if (check->line.group == GROUP_BREAK)
            tally_add(&unresolved, check->money, RATIO_ONE, check->worst, 0);
        if (check->line.status == CHECK_UNAVAILABLE)
            tally_add(&exposure, check->exposure, RATIO_ONE, MARK_CURRENT, 0);
        model->unresolved.partial |=
            check->line.group == GROUP_BREAK && !check->has_money;
    }
    model->checks = lines;
    model->check_count = recon->count;
    bool partial = model->unresolved.partial;
    model->unresolved = (struct figure){
        .value = money_decimal(sum_money(unresolved.sum), recon->portfolio->minor),
        .present = true,
        .partial = partial,
        .mark = unresolved.mark,
        .format = FORMAT_MONEY,
        .currency = recon->portfolio->config->currency,
        .included = recon->rollup->included,
        .expected = recon->rollup->expected,
        .why = "sum of |difference| of all breaks, at closing rates",
    };
    model->unavailable_exposure = model->unresolved;
    model->unavailable_exposure.value =
        money_decimal(sum_money(exposure.sum), recon->portfolio->minor);
    model->unavailable_exposure.mark = MARK_CURRENT;
    model->unavailable_exposure.why =
        "known sides that face an entity without an answer";
}

const struct model_recon *figures_recon(struct figures *figures,
                                        const struct model_options *options)
{
    struct model_options key = *options;
    struct arena *arena;
    key.basis = BASIS_AGGREGATE; /* the same for all three */
    struct model_recon *model = model_begin(figures, MODEL_RECON, &key, &arena);
    if (model)
        return model;
    struct portfolio *portfolio = portfolio_at(figures, options->portfolio);
    struct recon recon = {
        .figures = figures,
        .portfolio = portfolio,
        .rollup = rollup_of(figures, portfolio, options->without_last_known),
        .arena = arena,
        .end = portfolio->period.end,
        .view_date = portfolio_view_date(figures, portfolio),
    };
    model = arena_take(arena, sizeof *model);
    recon.rank = arena_array(arena, figures->entity_count + 1u, sizeof *recon.rank);
    if (!recon.rollup || !model || !recon.rank)
        return NULL;
    for (uint32_t i = 0; i < figures->entity_count; i++)
        recon.rank[figures->by_id[i]] = i;
    *model = (struct model_recon){.portfolio = portfolio->config->name,
                                  .currency = portfolio->config->currency,
                                  .period = portfolio->config->period};
    recon_add_pairs(&recon);
    recon_add_items(&recon);
    recon_add_blocks(&recon);
    finish(&recon, model);
    model_end(figures, MODEL_RECON, model);
    return model;
}

const uint32_t *breaks_by_entity(const struct rollup *rollup, struct arena *arena)
{
    struct figures *figures = rollup->figures;
    struct model_options options = {.portfolio = rollup->portfolio->index,
                                    .without_last_known = rollup->without_last_known};
    const struct model_recon *model = figures_recon(figures, &options);
    uint32_t *counts = arena_array(arena, figures->entity_count + 1u, sizeof *counts);
    /* Breaks come first. */
    for (uint32_t i = 0; counts && model && i < model->counts[GROUP_BREAK]; i++) {
        uint32_t a = entity_by_text(figures, text_of(model->checks[i].a.entity));
        uint32_t b = entity_by_text(figures, text_of(model->checks[i].b.entity));
        if (a != NO_ENTITY)
            counts[a]++;
        if (b != NO_ENTITY && b != a)
            counts[b]++;
    }
    return counts;
}
