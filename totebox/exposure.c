#include "totebox/exposure.h"

#include "proto/sign.h"
#include "totebox/archive.h"

static bool has_period(const struct period *periods, uint32_t count, int64_t start,
                       int64_t end)
{
    for (uint32_t i = 0; i < count; i++)
        if (periods[i].start == start && periods[i].end == end)
            return true;
    return false;
}

void exposure_plan(const struct exposure *exposure, struct index_plan *plan)
{
    *plan = (struct index_plan){.views = 1U << VIEW_ENTITY, .items_from = DATE_LAST};
    for (uint32_t i = 0; i < exposure->count; i++) {
        const struct expose_block *block = &exposure->blocks[i];
        plan->views |= block->views;
        if (block->views & 1U << VIEW_ITEM && block->items_from < plan->items_from)
            plan->items_from = block->items_from;
        if (!(block->views & (1U << VIEW_POS | 1U << VIEW_FX)))
            continue;
        if (block->views & 1U << VIEW_POS) {
            plan->totals = plan->totals || block->granularity == GRANULARITY_TOTAL;
            plan->accounts = plan->accounts || block->granularity != GRANULARITY_TOTAL;
        }
        for (uint32_t j = 0; j < block->period_count; j++) {
            struct period period = block->periods[j];
            if (plan->period_count < EXPOSURE_PERIODS_MAX &&
                !has_period(plan->periods, plan->period_count, period.start,
                            period.end))
                plan->periods[plan->period_count++] = period;
        }
    }
}

void exposure_for(const struct exposure *exposure, struct text role,
                  const uint8_t *holder, struct exposure_view *view)
{
    char fingerprint[FINGERPRINT_CHARS + 1] = "";

    view->count = 0;
    if (holder)
        fingerprint_write(holder, fingerprint);
    for (uint32_t i = 0; i < exposure->count; i++) {
        const struct expose_block *block = &exposure->blocks[i];
        bool meant = false;
        for (uint32_t j = 0; j < block->to.count; j++)
            meant = meant || text_equal(text_of(block->to.text[j]), role) ||
                    (holder && strcmp(block->to.text[j], fingerprint) == 0);
        if (meant)
            view->blocks[view->count++] = block;
    }
}

bool exposure_sees_view(const struct exposure_view *exposure, enum view view)
{
    for (uint32_t i = 0; i < exposure->count; i++)
        if (exposure->blocks[i]->views & 1U << view)
            return true;
    return view == VIEW_ENTITY;
}

/* An empty list restricts nothing. */
static bool any_matches(const struct strings *patterns, struct text text)
{
    for (uint32_t i = 0; i < patterns->count; i++)
        if (pattern_matches(text_of(patterns->text[i]), text))
            return true;
    return patterns->count == 0;
}

/* Metrics of a block with periods: those that lie inside one of them. */
static bool inside_periods(const struct expose_block *block,
                           const struct metric_row *row)
{
    struct period period = {(int32_t)row->start, (int32_t)row->end};

    for (uint32_t i = 0; i < block->period_count; i++)
        if (period_contains(block->periods[i], period))
            return true;
    return block->period_count == 0;
}

static bool has_limits(const struct expose_block *block)
{
    return block->limits.min_n > 0 || decimal_sign(block->limits.dominance) > 0 ||
           decimal_sign(block->limits.p_percent) > 0;
}

static bool block_shows(const struct expose_block *block, const struct names *names,
                        enum view view, const union any_row *row)
{
    if (!(block->views & 1U << view))
        return false;
    switch (view) {
    case VIEW_POS:
        return (row->pos.account == 0) == (block->granularity == GRANULARITY_TOTAL) &&
               has_period(block->periods, block->period_count, row->pos.start,
                          row->pos.end) &&
               any_matches(&block->rows, names_text(names, row->row.key));
    case VIEW_METRIC:
        /* A row with a contributor is about that one: limits are for sums. */
        if (row->metric.cp != 0 && has_limits(block))
            return false;
        return any_matches(&block->keys, names_text(names, row->metric.metric)) &&
               inside_periods(block, &row->metric);
    case VIEW_ITEM:
        return row->item.date >= block->items_from &&
               any_matches(&block->counterparties, names_text(names, row->item.cp));
    case VIEW_FX:
        return has_period(block->periods, block->period_count, row->fx.start,
                          row->fx.end);
    case VIEW_ENTITY:
    case VIEW_OWN:
    case VIEW_OBL:
    case VIEW_NOTE:
        return true;
    case VIEW_LINK:
    case VIEW_COUNT:
        break;
    }
    return false;
}

bool exposure_sees_row(const struct exposure_view *exposure, const struct names *names,
                       enum view view, const union any_row *row)
{
    for (uint32_t i = 0; i < exposure->count; i++)
        if (block_shows(exposure->blocks[i], names, view, row))
            return true;
    return view == VIEW_ENTITY;
}

/* The smaller percentage is stricter for dominance, the larger for what must remain. */
static void tighten(struct disclosure_limits *limits,
                    const struct disclosure_limits *other)
{
    if (other->min_n > limits->min_n)
        limits->min_n = other->min_n;
    if (decimal_sign(other->dominance) > 0 &&
        (decimal_sign(limits->dominance) == 0 ||
         decimal_compare(other->dominance, limits->dominance) < 0))
        limits->dominance = other->dominance;
    if (decimal_compare(other->p_percent, limits->p_percent) > 0)
        limits->p_percent = other->p_percent;
}

bool exposure_limits(const struct exposure_view *exposure,
                     struct disclosure_limits *limits)
{
    bool any = false;

    *limits = (struct disclosure_limits){0};
    for (uint32_t i = 0; i < exposure->count; i++) {
        const struct expose_block *block = exposure->blocks[i];
        if (!(block->views & 1U << VIEW_METRIC) || !has_limits(block))
            continue;
        tighten(limits, &block->limits);
        any = true;
    }
    return any;
}

bool exposure_limits_row(const struct exposure_view *exposure,
                         const struct names *names, const union any_row *row)
{
    bool limited = false;

    for (uint32_t i = 0; i < exposure->count; i++) {
        if (!block_shows(exposure->blocks[i], names, VIEW_METRIC, row))
            continue;
        if (!has_limits(exposure->blocks[i]))
            return false;
        limited = true;
    }
    return limited;
}

static enum cell_mark block_mark(const struct expose_block *block, const char *column)
{
    for (uint32_t i = 0; i < block->withhold.count; i++)
        if (strcmp(block->withhold.text[i], column) == 0)
            return CELL_NOT_PERMITTED;
    return CELL_PRESENT;
}

enum cell_mark exposure_cell_mark(const struct exposure_view *exposure,
                                  const struct names *names, enum view view,
                                  const union any_row *row, uint32_t column)
{
    const char *name = view_table(view)->columns[column].name;
    enum cell_mark mark = view == VIEW_ENTITY ? CELL_PRESENT : CELL_NOT_PERMITTED;

    for (uint32_t i = 0; i < exposure->count; i++) {
        if (!block_shows(exposure->blocks[i], names, view, row))
            continue;
        mark = block_mark(exposure->blocks[i], name);
        if (mark == CELL_PRESENT)
            return mark;
    }
    return mark;
}

int64_t exposure_window_ms(const struct exposure_view *exposure)
{
    int64_t window_ms = 0;

    for (uint32_t i = 0; i < exposure->count; i++)
        if (window_ms == 0 || exposure->blocks[i]->window_ms < window_ms)
            window_ms = exposure->blocks[i]->window_ms;
    return window_ms;
}

uint32_t exposure_rate(const struct exposure_view *exposure)
{
    uint32_t rate = 0;

    for (uint32_t i = 0; i < exposure->count; i++) {
        uint32_t other = exposure->blocks[i]->rate;
        if (other && (rate == 0 || other < rate))
            rate = other;
    }
    return rate;
}

uint32_t exposure_view_names(const struct exposure_view *exposure,
                             struct text names[VIEW_COUNT])
{
    static const enum view sorted[] = {VIEW_ENTITY, VIEW_FX,  VIEW_ITEM, VIEW_METRIC,
                                       VIEW_NOTE,   VIEW_OBL, VIEW_OWN,  VIEW_POS};
    uint32_t count = 0;

    for (uint32_t i = 0; i < sizeof(sorted) / sizeof(sorted[0]); i++)
        if (exposure_sees_view(exposure, sorted[i]))
            names[count++] = text_of(view_table(sorted[i])->name);
    return count;
}
