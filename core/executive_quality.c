/* executive_quality.c - what the figures rest on, and open intercompany by age. */
#include "core/executive.h"

struct quality_list {
    struct executive *executive;
    struct quality_line *lines;
    uint32_t count, capacity;
};

static void note(struct quality_list *list, const char *kind,
                 const struct member *member, const char *what)
{
    if (list->count == list->capacity) {
        uint32_t capacity = list->capacity ? list->capacity * 2 : 64;
        struct quality_line *lines =
            arena_array(list->executive->arena, capacity, sizeof *lines);
        if (!lines)
            return;
        if (list->count > 0)
            memcpy(lines, list->lines, list->count * sizeof *lines);
        list->lines = lines;
        list->capacity = capacity;
    }
    list->lines[list->count++] = (struct quality_line){
        kind, entity_id(list->executive->figures, member->entity), what};
}

/* Metric rows of the period that are less than measured, or held back. */
static void note_metrics(struct quality_list *list, const struct member *member)
{
    struct executive *executive = list->executive;
    struct names *names = executive->figures->names;
    for (uint32_t i = 0; i < member->facts->metric_count; i++) {
        const struct metric_row *row = member->facts->metrics[i].row;
        struct text quality = names_text(names, row->quality);
        const char *key = names_string(names, row->metric);
        if (row->value.mark >= CELL_SUPPRESSED_COUNT &&
            row->value.mark != CELL_NOT_PERMITTED && row->value.mark != CELL_NOT_KNOWN)
            note(list, "suppressed", member,
                 arena_print(executive->arena, "%s, by a disclosure limit", key));
        else if (row->value.mark == CELL_NOT_PERMITTED)
            note(list, "denied", member,
                 arena_print(executive->arena, "%s is withheld", key));
        if (quality.length > 0 && !text_equal(quality, TEXT("ok")))
            note(list, arena_text(executive->arena, quality), member,
                 arena_text(executive->arena, text_of(key)));
    }
}

static void note_member(struct quality_list *list, const struct member *member)
{
    struct executive *executive = list->executive;
    struct figures *figures = executive->figures;
    const struct facts *facts = member->facts;
    uint32_t first, slot = figures->entities[member->entity].slot;
    if (!member->standing.included) {
        bool denied = member->standing.mark == MARK_REFUSED ||
                      member->standing.mark == MARK_EXPIRED;
        note(list, denied ? "denied" : "missing", member,
             arena_text(executive->arena, text_of(member->standing.why)));
        return;
    }
    if (member->standing.mark == MARK_STALE)
        note(list, "stale", member, "its figures are older than the stale limit");
    if (member->standing.mark == MARK_LAST_KNOWN)
        note(list, "last-known", member, link_words(figures, slot, executive->arena));
    if (!facts->has_rows && facts->metric_count == 0 &&
        entity_rows(figures, member->entity, VIEW_POS, &first) > 0)
        note(list, "mixed-period", member,
             arena_print(executive->arena, "no ledger positions for period %s",
                         executive->portfolio->config->period));
    if (facts->unmapped_count > 0)
        note(list, "unmapped", member,
             arena_print(executive->arena, "%u ledger row%s on no known line",
                         facts->unmapped_count, facts->unmapped_count == 1 ? "" : "s"));
    if (facts->is_foreign && facts->hist_missing)
        note(list, "estimated", member, "equity without a historical amount");
    if (facts->cp_withheld)
        note(list, "denied", member, "counterparties are withheld");
    note_metrics(list, member);
}

void executive_quality(struct executive *executive)
{
    struct quality_list list = {.executive = executive};
    for (uint32_t i = 0; i < executive->rollup->member_count; i++)
        note_member(&list, &executive->rollup->members[i]);
    executive->model->quality = list.lines;
    executive->model->quality_count = list.count;
}

void executive_ages(struct executive *executive)
{
    enum { AGES = 5, NO_ITEMS = AGES - 1 };
    static const char *const labels[AGES] = {"0-30", "31-60", "61-90", ">90",
                                             "no items"};
    static const int64_t limits[] = {30, 60, 90};
    const struct model_recon *recon = executive->recon;
    struct age_line *lines = arena_array(executive->arena, AGES, sizeof *lines);
    struct tally sums[AGES];
    if (!lines)
        return;
    memset(sums, 0, sizeof sums);
    for (uint32_t i = 0; i < recon->counts[GROUP_BREAK]; i++) {
        const struct check_line *check = &recon->checks[i];
        int age = 0;
        if (strncmp(check->id, "IC-", 3) != 0)
            continue; /* control checks face nobody */
        if (check->age_days < 0)
            age = NO_ITEMS;
        else
            while (age < 3 && check->age_days > limits[age])
                age++;
        lines[age].count++;
        name_id currency =
            names_find(executive->figures->names, text_of(check->difference.currency));
        const struct fx_rate *rate = portfolio_rate(
            executive->figures, executive->portfolio, currency, FX_CLOSING);
        __int128 money;
        if (rate && rate->found &&
            money_translate(decimal_absolute(check->difference.value), rate->rate,
                            executive->portfolio->minor, &money))
            tally_add(&sums[age], money, RATIO_ONE, check->difference.mark, 0);
        else
            lines[age].amount.partial = true;
    }
    for (int i = 0; i < AGES; i++) {
        bool partial = lines[i].amount.partial;
        lines[i].label = labels[i];
        lines[i].amount = rollup_figure(executive->rollup, BASIS_AGGREGATE, &sums[i],
                                        "sum of |difference| of open breaks");
        lines[i].amount.partial |= partial;
    }
    executive->model->ages = lines;
    executive->model->age_count = AGES;
}
