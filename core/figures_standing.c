/* figures_standing.c - how an entity stands: its link, the age of its rows, and whether
 * it enters totals.  Decisions C1, C12, C13; marks of docs/views.md. */
#include "core/figures_state.h"

static const struct {
    const char *state;
    enum mark mark;
} hub_states[] = {
    {"LIVE", MARK_CURRENT},         {"LAST_KNOWN", MARK_LAST_KNOWN},
    {"MISSING", MARK_NEVER},        {"UNSEEN", MARK_NEVER},
    {"DENIED", MARK_REFUSED},       {"EXPIRED", MARK_EXPIRED},
    {"INCOMPATIBLE", MARK_REFUSED},
};

static enum mark slot_mark(const struct link_status *status)
{
    switch (status->refusal) {
    case REFUSED_NOT:
        break;
    case REFUSED_EXPIRED:
        return MARK_EXPIRED;
    case REFUSED_WRONG_KEY:
    case REFUSED_NOT_PAIRED:
    case REFUSED_REVOKED:
    case REFUSED_DENIED:
    case REFUSED_INCOMPATIBLE:
        return MARK_REFUSED;
    }
    switch (status->state) {
    case LINK_LIVE:
    case LINK_QUIET:
        /* Up, but the first snapshot has not been committed. */
        return status->deltas == 0 ? MARK_WAITING : MARK_CURRENT;
    case LINK_IDLE:
    case LINK_CONNECTING:
    case LINK_HANDSHAKING:
    case LINK_PRESENTING:
    case LINK_BACKING_OFF:
        if (status->deltas > 0)
            return MARK_LAST_KNOWN;
        return status->attempts > 1 || status->state == LINK_BACKING_OFF ? MARK_NEVER
                                                                         : MARK_WAITING;
    case LINK_REFUSED:
        return MARK_REFUSED;
    }
    return MARK_NEVER;
}

enum mark link_mark(const struct figures *figures, uint32_t index)
{
    const struct entity *entity = &figures->entities[index];
    uint32_t first;
    if (entity->slot == NO_SLOT)
        return MARK_NEVER;
    enum mark mark = slot_mark(store_status(figures->store, entity->slot));
    if (entity->is_pinned || entity_rows(figures, index, VIEW_LINK, &first) == 0)
        return mark;
    struct text state = names_text(
        figures->names,
        store_row(figures->store, entity->slot, VIEW_LINK, first)->link.state);
    for (size_t i = 0; i < sizeof hub_states / sizeof *hub_states; i++)
        if (text_equal(state, text_of(hub_states[i].state)))
            return mark_worse(mark, hub_states[i].mark);
    return mark_worse(mark, MARK_NEVER);
}

enum mark mark_of_age(int64_t view_ms, int64_t as_of_ms,
                      const struct config_freshness *limits)
{
    int64_t age = view_ms - as_of_ms;
    if (as_of_ms == 0 || age <= limits->aging_ms)
        return MARK_CURRENT;
    return age <= limits->stale_ms ? MARK_AGING : MARK_STALE;
}

static const char *clock_words(struct arena *arena, int64_t ms)
{
    int64_t minutes = ms / 60000;
    return arena_print(arena, "%04lld-%02lld-%02lldT%02lld:%02lldZ",
                       (long long)(date_of_ms(ms) / 10000),
                       (long long)(date_of_ms(ms) / 100 % 100),
                       (long long)(date_of_ms(ms) % 100),
                       (long long)(minutes / 60 % 24), (long long)(minutes % 60));
}

const char *link_words(const struct figures *figures, uint32_t slot,
                       struct arena *arena)
{
    const struct link_status *status = store_status(figures->store, slot);
    const char *reason = arena_text(arena, text_of(status->reason));
    if (status->refusal != REFUSED_NOT || status->state == LINK_REFUSED)
        return *reason ? arena_print(arena, "refused: %s", reason) : "refused";
    switch (status->state) {
    case LINK_LIVE:
        return "live";
    case LINK_QUIET:
        return "quiet";
    case LINK_IDLE:
    case LINK_CONNECTING:
    case LINK_HANDSHAKING:
    case LINK_PRESENTING:
    case LINK_BACKING_OFF:
    case LINK_REFUSED:
        break;
    }
    if (status->deltas == 0 && status->attempts <= 1 &&
        status->state != LINK_BACKING_OFF)
        return link_state_name(status->state);
    return *reason ? arena_print(arena, "down: %s", reason) : "down";
}

static const char *absent_words(struct figures *figures, uint32_t entity,
                                enum mark mark, struct arena *arena)
{
    uint32_t slot = figures->entities[entity].slot;
    const struct link_status *status =
        slot == NO_SLOT ? NULL : store_status(figures->store, slot);
    switch (mark) {
    case MARK_WAITING:
        return "asked, no answer yet";
    case MARK_NEVER:
        if (!status)
            return "not paired";
        return status->reason[0]
                   ? arena_print(arena, "never answered: %s", status->reason)
                   : "never answered";
    case MARK_REFUSED:
        return status && status->reason[0]
                   ? arena_print(arena, "refused: %s", status->reason)
                   : "refused";
    case MARK_EXPIRED:
        return "the pairing has expired";
    case MARK_LAST_KNOWN:
        return status && status->down_since_ms
                   ? arena_print(arena, "link down since %s, held too long",
                                 clock_words(arena, status->down_since_ms))
                   : "link down, held too long";
    case MARK_CURRENT:
    case MARK_NOT_APPLICABLE:
    case MARK_AGING:
    case MARK_STALE:
    case MARK_SUPPRESSED:
        break;
    }
    return "";
}

static const char *problem_words(struct figures *figures, struct portfolio *portfolio,
                                 const struct facts *facts, struct arena *arena)
{
    const char *name = names_string(figures->names, facts->problem_currency);
    switch (facts->problem) {
    case FACTS_FINE:
        break;
    case FACTS_NO_RATE:
        return arena_print(arena, "no rate %s->%s", name, portfolio->config->currency);
    case FACTS_RANGE:
        return "an amount is out of range";
    case FACTS_WITHHELD:
        return "an amount of its ledger is withheld";
    case FACTS_CLASS:
        return arena_print(arena, "unknown ledger class \"%s\"", name);
    case FACTS_MEMORY:
        return "out of memory";
    }
    return "";
}

bool view_is_closed(const struct figures *figures, uint32_t entity, enum view view)
{
    uint32_t slot = figures->entities[entity].slot;
    const struct link_status *status = store_status(figures->store, slot);
    return ((status->denied_views | status->incompatible_views) >> view) & 1;
}

/* Is the last answer too old to be held: by its rows or by its link? */
static bool is_held_too_long(struct figures *figures, struct portfolio *portfolio,
                             uint32_t entity, int64_t as_of_ms,
                             const struct config_freshness *limits, bool link_is_down)
{
    const struct link_status *status =
        store_status(figures->store, figures->entities[entity].slot);
    int64_t age = portfolio_view_ms(figures, portfolio) - as_of_ms;
    if (as_of_ms > 0 && age > limits->hard_ms)
        return true;
    return link_is_down &&
           figures->mono_ms - status->last_ok_mono_ms > portfolio->config->hold_ms;
}

struct standing standing_of_link(struct figures *figures, struct portfolio *portfolio,
                                 uint32_t entity, struct arena *arena)
{
    struct standing standing = {.mark = link_mark(figures, entity), .why = ""};
    standing.link = standing.mark;
    if (!mark_has_number(standing.mark)) {
        standing.why = absent_words(figures, entity, standing.mark, arena);
        return standing;
    }
    if (standing.link == MARK_LAST_KNOWN &&
        is_held_too_long(figures, portfolio, entity, 0, figures->pos_limits, true)) {
        standing.why = absent_words(figures, entity, MARK_LAST_KNOWN, arena);
        return standing;
    }
    standing.answered = standing.included = true;
    return standing;
}

struct standing standing_of(struct figures *figures, struct portfolio *portfolio,
                            uint32_t entity, bool without_last_known,
                            struct arena *arena)
{
    struct standing standing = {.mark = link_mark(figures, entity), .why = ""};
    standing.link = standing.mark;
    if (!mark_has_number(standing.mark)) {
        standing.why = absent_words(figures, entity, standing.mark, arena);
        return standing;
    }
    if (view_is_closed(figures, entity, VIEW_POS) &&
        (!facts_of(figures, portfolio, entity)->metric_count ||
         view_is_closed(figures, entity, VIEW_METRIC))) {
        standing.mark = MARK_REFUSED;
        standing.why = "its ledger positions are not permitted or not readable";
        return standing;
    }
    const struct facts *facts = facts_of(figures, portfolio, entity);
    const struct config_freshness *limits =
        facts->has_rows ? figures->pos_limits : figures->metric_limits;
    standing.as_of_ms = facts->has_rows ? facts->as_of_ms : facts->metric_as_of_ms;
    if (is_held_too_long(figures, portfolio, entity, standing.as_of_ms, limits,
                         standing.link == MARK_LAST_KNOWN)) {
        if (standing.link == MARK_LAST_KNOWN)
            standing.why = absent_words(figures, entity, MARK_LAST_KNOWN, arena);
        else
            standing.why = "its figures are older than the hard limit";
        standing.mark = mark_worse(standing.mark, MARK_STALE);
        return standing;
    }
    standing.mark =
        mark_worse(standing.mark, mark_of_age(portfolio_view_ms(figures, portfolio),
                                              standing.as_of_ms, limits));
    if (facts->rates_old && facts->is_foreign)
        standing.mark = mark_worse(standing.mark, MARK_AGING);
    if (facts->problem != FACTS_FINE) {
        standing.why = problem_words(figures, portfolio, facts, arena);
        return standing;
    }
    standing.answered = true;
    standing.included = !without_last_known || standing.mark < MARK_STALE;
    if (!standing.included)
        standing.why = standing.mark == MARK_STALE ? "stale, left out on request"
                                                   : "last known, left out on request";
    return standing;
}

/* --- when marks change by age alone ------------------------------------------- */

static void take_next(int64_t *next, int64_t now, int64_t at)
{
    if (at > now && at < *next)
        *next = at;
}

static void take_limits(int64_t *next, int64_t now, int64_t as_of_ms,
                        const struct config_freshness *limits)
{
    if (as_of_ms == 0)
        return;
    take_next(next, now, as_of_ms + limits->aging_ms + 1);
    take_next(next, now, as_of_ms + limits->stale_ms + 1);
    take_next(next, now, as_of_ms + limits->hard_ms + 1);
}

int64_t standing_next_change(struct figures *figures)
{
    int64_t next = INT64_MAX, now = figures->wall_ms;
    for (uint32_t p = 0; p < figures->portfolio_count; p++) {
        struct portfolio *portfolio = &figures->portfolios[p];
        /* A view date in the past holds data ages still; links age all the same. */
        bool ages = portfolio_view_ms(figures, portfolio) == now;
        for (uint32_t i = 0; i < figures->entity_count; i++) {
            const struct entity *entity = &figures->entities[i];
            if (entity->slot == NO_SLOT)
                continue;
            const struct link_status *status =
                store_status(figures->store, entity->slot);
            int64_t hold_left = status->last_ok_mono_ms + portfolio->config->hold_ms +
                                1 - figures->mono_ms;
            if (slot_mark(status) == MARK_LAST_KNOWN)
                take_next(&next, now, now + hold_left);
            if (!ages || i >= portfolio->facts_capacity)
                continue;
            const struct facts *facts = &portfolio->facts[i];
            take_limits(&next, now, facts->as_of_ms, figures->pos_limits);
            take_limits(&next, now, facts->metric_as_of_ms, figures->metric_limits);
            for (int line = 0; line < LINE_COUNT; line++)
                if (figures->line_limits[line] != figures->pos_limits)
                    take_limits(&next, now, facts->line_as_of_ms[line],
                                figures->line_limits[line]);
        }
        /* Which day it is decides about edges and rates. */
        take_next(&next, now, date_ms(date_of_days(date_days(date_of_ms(now)) + 1)));
    }
    return next;
}
