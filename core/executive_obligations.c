/* executive_obligations.c - covenants, and what falls due when. */
#include <stdlib.h>

#include "core/executive.h"

/* --- the rows ----------------------------------------------------------------- */

typedef void row_visitor(struct executive *executive, const struct member *member,
                         const struct obl_row *row, enum mark mark, void *user);

/* Open obligations of every member whose last answer can be used. */
static void visit(struct executive *executive, row_visitor *visitor, void *user)
{
    struct figures *figures = executive->figures;
    const struct config_freshness *limits =
        config_freshness(figures->config, "obl", "");
    int64_t view_ms = portfolio_view_ms(figures, executive->portfolio);
    for (uint32_t i = 0; i < executive->rollup->member_count; i++) {
        const struct member *member = &executive->rollup->members[i];
        uint32_t first, count;
        if (!mark_has_number(member->standing.mark))
            continue;
        count = entity_rows(figures, member->entity, VIEW_OBL, &first);
        uint32_t slot = figures->entities[member->entity].slot;
        for (uint32_t j = first; j < first + count; j++) {
            const struct obl_row *row =
                &store_row(figures->store, slot, VIEW_OBL, j)->obl;
            enum mark mark = mark_worse(
                member->standing.link, mark_of_age(view_ms, row->row.as_of_ms, limits));
            if (text_equal(names_text(figures->names, row->state), TEXT("open")))
                visitor(executive, member, row, mark, user);
        }
    }
}

static bool is_kind(const struct executive *executive, const struct obl_row *row,
                    const char *kind)
{
    return text_equal(names_text(executive->figures->names, row->kind), text_of(kind));
}

/* --- covenants ---------------------------------------------------------------- */

struct covenant_list {
    struct covenant_line *lines;
    uint32_t count, capacity;
};

static void count_covenant(struct executive *executive, const struct member *member,
                           const struct obl_row *row, enum mark mark, void *user)
{
    (void)member, (void)mark;
    uint32_t *count = user;
    *count += is_kind(executive, row, "covenant");
}

static struct figure plain_ratio(struct decimal value, enum mark mark, int64_t as_of_ms)
{
    return (struct figure){.value = value,
                           .present = true,
                           .mark = mark,
                           .format = FORMAT_RATIO,
                           .currency = "",
                           .included = 1,
                           .expected = 1,
                           .last_known = mark >= MARK_STALE,
                           .as_of_ms = as_of_ms,
                           .why = ""};
}

/* What is tested: the archive's own fraction; without one, our own figure of the name.
 */
static bool tested_fraction(const struct executive *executive,
                            const struct member *member, const struct obl_row *row,
                            struct decimal *num, struct decimal *den)
{
    struct text metric = names_text(executive->figures->names, row->metric);
    struct figure own;
    if (!row->num.mark && !row->den.mark &&
        decimal_sign(amount_decimal(row->den)) > 0) {
        *num = amount_decimal(row->num);
        *den = amount_decimal(row->den);
        return true;
    }
    if (text_equal(metric, TEXT("dscr")))
        own = member_dscr(executive->rollup, member);
    else if (text_equal(metric, TEXT("ltv")))
        own = member_ltv(executive->rollup, member);
    else if (text_equal(metric, TEXT("occupancy")))
        own = member_occupancy(executive->rollup, member);
    else
        return false;
    *num = own.value;
    *den = decimal_from_int(1);
    return own.present;
}

/* Exact, without a division: num against threshold x den, and against 1.1 or 0.9 of it.
 * Equality passes. */
static enum covenant_state judge(struct decimal num, struct decimal den,
                                 struct decimal threshold, bool is_minimum)
{
    static const struct decimal watch_above = {11, 1}, watch_below = {9, 1};
    struct decimal limit, watch;
    if (decimal_multiply(threshold, den, DECIMAL_SCALE_MAX, &limit) ||
        decimal_multiply(limit, is_minimum ? watch_above : watch_below,
                         DECIMAL_SCALE_MAX, &watch))
        return COVENANT_UNKNOWN;
    int against = decimal_compare(num, limit), near = decimal_compare(num, watch);
    if (is_minimum ? against < 0 : against > 0)
        return COVENANT_BREACH;
    return (is_minimum ? near <= 0 : near >= 0) ? COVENANT_WATCH : COVENANT_OK;
}

static void add_covenant(struct executive *executive, const struct member *member,
                         const struct obl_row *row, enum mark mark, void *user)
{
    enum { TESTED_PLACES = 10 };
    struct covenant_list *list = user;
    struct names *names = executive->figures->names;
    struct decimal num, den, tested, threshold, apart;
    if (!is_kind(executive, row, "covenant") || list->count == list->capacity)
        return;
    struct covenant_line *line = &list->lines[list->count++];
    *line = (struct covenant_line){
        .entity = entity_id(executive->figures, member->entity),
        .id = arena_text(executive->arena, names_text(names, row->id)),
        .title = arena_text(executive->arena, names_text(names, row->title)),
        .metric = arena_text(executive->arena, names_text(names, row->metric)),
        .is_minimum = !text_equal(names_text(names, row->op), TEXT("max")),
        .tested = figure_not_applicable(FORMAT_RATIO, "no tested value"),
        .threshold = figure_not_applicable(FORMAT_RATIO, "no threshold"),
        .headroom = figure_not_applicable(FORMAT_PERCENT, "no tested value"),
        .state = COVENANT_UNKNOWN,
        .due = row->due,
    };
    if (row->threshold.mark)
        return;
    threshold = amount_decimal(row->threshold);
    line->threshold = plain_ratio(threshold, MARK_CURRENT, row->row.as_of_ms);
    if (!tested_fraction(executive, member, row, &num, &den) ||
        decimal_divide(num, den, TESTED_PLACES, &tested))
        return;
    line->tested = plain_ratio(tested, mark, row->row.as_of_ms);
    line->state = judge(num, den, threshold, line->is_minimum);
    if (decimal_subtract(tested, threshold, &apart) == DECIMAL_OK) {
        line->headroom =
            executive_percent(line->is_minimum ? apart : decimal_negate(apart),
                              threshold, "no threshold");
        line->headroom.mark = mark;
    }
}

static int compare_covenants(const void *left, const void *right)
{
    /* Breach, watch, unknown, fine: by what needs a look. */
    static const int order[] = {[COVENANT_BREACH] = 0,
                                [COVENANT_WATCH] = 1,
                                [COVENANT_UNKNOWN] = 2,
                                [COVENANT_OK] = 3};
    const struct covenant_line *a = left, *b = right;
    if (a->state != b->state)
        return order[a->state] - order[b->state];
    int headroom = decimal_compare(a->headroom.value, b->headroom.value);
    if (headroom != 0)
        return headroom;
    int entity = strcmp(a->entity, b->entity);
    return entity ? entity : strcmp(a->id, b->id);
}

void executive_covenants(struct executive *executive)
{
    struct covenant_list list = {0};
    visit(executive, count_covenant, &list.capacity);
    list.lines = arena_array(executive->arena, list.capacity + 1u, sizeof *list.lines);
    if (!list.lines)
        return;
    visit(executive, add_covenant, &list);
    arena_sort(executive->arena, list.lines, list.count, sizeof *list.lines,
               compare_covenants);
    executive->model->covenants = list.lines;
    executive->model->covenant_count = list.count;
}

/* --- buckets ------------------------------------------------------------------ */

enum { BUCKETS = 4, AREA_PLACES = 6 };

struct bucket_sums {
    struct tally money[BUCKETS], area[BUCKETS];
    uint32_t maturities[BUCKETS], leases[BUCKETS];
    uint32_t untranslated;
};

/* What is overdue is due now. */
static int bucket_of(const struct executive *executive, int64_t due)
{
    static const int months[BUCKETS - 1] = {3, 12, 24};
    for (int i = 0; i < BUCKETS - 1; i++)
        if (due <= date_add_months(executive->view_date, months[i]))
            return i;
    return BUCKETS - 1;
}

static void add_due(struct executive *executive, const struct member *member,
                    const struct obl_row *row, enum mark mark, void *user)
{
    static const struct decimal m2_per_sqft = {9290304, 8};
    struct bucket_sums *sums = user;
    struct ratio weight = member_weight(member, executive->basis);
    int bucket = bucket_of(executive, row->due);
    if (weight.num == 0 || row->due == 0)
        return;
    if (is_kind(executive, row, "loan-maturity")) {
        const struct fx_rate *rate = portfolio_rate(
            executive->figures, executive->portfolio, row->cur, FX_CLOSING);
        __int128 money;
        sums->maturities[bucket]++;
        if (row->amount.mark || !rate || !rate->found ||
            !money_translate(amount_decimal(row->amount), rate->rate,
                             executive->portfolio->minor, &money))
            sums->untranslated++;
        else
            tally_add(&sums->money[bucket], money, weight, mark, row->row.as_of_ms);
    } else if (is_kind(executive, row, "lease-end")) {
        struct decimal area = amount_decimal(row->qty);
        sums->leases[bucket]++;
        if (row->qty.mark ||
            (text_equal(names_text(executive->figures->names, row->unit),
                        TEXT("sqft")) &&
             decimal_multiply(area, m2_per_sqft, AREA_PLACES, &area)) ||
            decimal_rescale(area, AREA_PLACES, &area) || area.coefficient > MONEY_LIMIT)
            return;
        tally_add(&sums->area[bucket], area.coefficient, weight, mark,
                  row->row.as_of_ms);
    }
}

void executive_buckets(struct executive *executive)
{
    static const char *const labels[BUCKETS] = {"0-3 m", "3-12 m", "12-24 m", "24+ m"};
    struct bucket_line *lines = arena_array(executive->arena, BUCKETS, sizeof *lines);
    struct bucket_sums sums;
    if (!lines)
        return;
    memset(&sums, 0, sizeof sums);
    visit(executive, add_due, &sums);
    for (int i = 0; i < BUCKETS; i++) {
        struct figure area = rollup_figure(executive->rollup, executive->basis,
                                           &sums.area[i], "lease ends");
        area.format = FORMAT_QUANTITY;
        area.currency = "m2";
        if (area.present)
            area.value = (struct decimal){sum_money(sums.area[i].sum), AREA_PLACES};
        lines[i] = (struct bucket_line){
            .label = labels[i],
            .maturities = rollup_figure(executive->rollup, executive->basis,
                                        &sums.money[i], "loans that fall due"),
            .leases = area,
            .maturity_count = sums.maturities[i],
            .lease_count = sums.leases[i],
        };
        lines[i].maturities.partial |= sums.untranslated > 0;
    }
    executive->model->buckets = lines;
    executive->model->bucket_count = BUCKETS;
}
