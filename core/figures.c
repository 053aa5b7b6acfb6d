#include "core/figures.h"

#include <stdlib.h>

#include "core/figures_state.h"
#include "core/rollup.h"

/* --- listening ---------------------------------------------------------------- */

static void changed(struct figures *figures)
{
    figures->generation++;
    figures->next_is_known = false;
}

static void forget_facts(struct figures *figures, uint32_t entity)
{
    for (uint32_t i = 0; i < figures->portfolio_count; i++) {
        struct portfolio *portfolio = &figures->portfolios[i];
        if (entity < portfolio->facts_capacity)
            portfolio->facts[entity].made = false;
    }
}

static void forget_scopes(struct figures *figures)
{
    for (uint32_t i = 0; i < figures->portfolio_count; i++)
        figures->portfolios[i].scope.made = false;
}

/* An entity that a hub begins to carry, or whose rows a pinned block takes over. */
static uint32_t meet(struct figures *figures, uint32_t slot, enum view view, name_id id)
{
    uint32_t count = figures->entity_count;
    uint32_t entity = entity_intern(figures, id);
    if (entity == NO_ENTITY)
        return NO_ENTITY;
    struct entity *at = &figures->entities[entity];
    if (at->slot == NO_SLOT && view != VIEW_OWN &&
        figures->config->toteboxes[slot].hub) {
        at->slot = slot;
        forget_scopes(figures);
    }
    if (figures->entity_count != count)
        forget_scopes(figures);
    return entity;
}

static bool decides_scope(const struct entity_row *before,
                          const struct entity_row *after)
{
    return before->parent_scope != after->parent_scope || before->kind != after->kind ||
           before->cur != after->cur || before->lifecycle != after->lifecycle;
}

static void row_changed(void *user, uint32_t slot, enum view view,
                        const union any_row *before, const union any_row *after)
{
    struct figures *figures = user;
    const union any_row *row = after ? after : before;
    uint32_t entity = meet(figures, slot, view, row->row.entity);
    switch (view) {
    case VIEW_POS:
    case VIEW_METRIC:
        forget_facts(figures, entity);
        break;
    case VIEW_ENTITY:
        /* It changes with every posting, since it counts them and dates the books. */
        forget_facts(figures, entity);
        if (!before || !after || decides_scope(&before->entity, &after->entity))
            forget_scopes(figures);
        break;
    case VIEW_OWN:
        forget_scopes(figures);
        break;
    case VIEW_FX:
        for (uint32_t i = 0; i < figures->portfolio_count; i++)
            if (figures->portfolios[i].fx_entity == entity)
                portfolio_rates_changed(figures, &figures->portfolios[i]);
        break;
    case VIEW_ITEM:
    case VIEW_OBL:
    case VIEW_NOTE:
    case VIEW_LINK:
    case VIEW_COUNT:
        break;
    }
}

/* A first answer without edges says that there are none. */
static void note_answer(struct figures *figures, uint32_t slot)
{
    struct entity *entity = &figures->entities[slot]; /* pinned ones come first */
    bool answered = store_status(figures->store, slot)->deltas > 0;
    if (entity->has_answered == answered)
        return;
    entity->has_answered = answered;
    forget_scopes(figures);
}

static void rows_changed(void *user, uint32_t slot, enum view view)
{
    (void)view;
    note_answer(user, slot);
    changed(user);
}

static void status_changed(void *user, uint32_t slot)
{
    note_answer(user, slot);
    changed(user);
}

/* --- life --------------------------------------------------------------------- */

static bool add_pinned(struct figures *figures)
{
    for (uint32_t slot = 0; slot < figures->config->totebox_count; slot++) {
        const struct config_totebox *block = &figures->config->toteboxes[slot];
        name_id id;
        if (!names_intern(figures->names, text_of(block->entity), &id))
            return false;
        uint32_t entity = entity_intern(figures, id);
        names_drop(figures->names, id);
        if (entity == NO_ENTITY)
            return false;
        figures->entities[entity].slot = slot;
        figures->entities[entity].is_pinned = true;
        figures->entities[entity].is_hub = block->hub;
    }
    return true;
}

static bool add_portfolio(struct figures *figures, uint32_t index)
{
    struct portfolio *portfolio = &figures->portfolios[index];
    const struct config_portfolio *config = &figures->config->portfolios[index];
    portfolio->config = config;
    portfolio->index = index;
    portfolio->minor = currency_minor_units(text_of(config->currency));
    portfolio->rates_version = 1;
    portfolio->fx_entity =
        *config->fx ? entity_by_text(figures, text_of(config->fx)) : NO_ENTITY;
    if (!period_parse(text_of(config->period), &portfolio->period))
        (void)period_parse(TEXT("all"), &portfolio->period);
    return names_intern(figures->names, text_of(config->period),
                        &portfolio->period_name) &&
           names_intern(figures->names, text_of(config->currency),
                        &portfolio->currency_name);
}

struct figures *figures_new(const struct config *config, struct store *store)
{
    struct figures *figures = calloc(1, sizeof *figures);
    if (!figures)
        return NULL;
    figures->config = config;
    figures->store = store;
    figures->names = store_names(store);
    figures->generation = 1;
    figures->pos_limits = config_freshness(config, "pos", "");
    figures->metric_limits = config_freshness(config, "metric", "");
    for (int line = 0; line < LINE_COUNT; line++)
        figures->line_limits[line] =
            config_freshness(config, "pos", line_name((enum line)line));
    figures->cp_column = (uint32_t)view_column(VIEW_POS, TEXT("cp"));
    figures->portfolios =
        calloc(config->portfolio_count + 1u, sizeof(struct portfolio));
    bool complete = figures->portfolios && add_pinned(figures);
    for (uint32_t i = 0; complete && i < config->portfolio_count; i++) {
        figures->portfolio_count = i + 1;
        complete = add_portfolio(figures, i);
    }
    if (!complete) {
        figures_free(figures);
        return NULL;
    }
    store_listen(store, &(struct store_listener){.rows_changed = rows_changed,
                                                 .row_changed = row_changed,
                                                 .status_changed = status_changed,
                                                 .user = figures});
    /* What the store held before anybody listened. */
    for (uint32_t slot = 0; slot < store_slot_count(store); slot++)
        for (int view = 0; view < VIEW_COUNT; view++)
            for (uint32_t i = 0; i < store_row_count(store, slot, (enum view)view); i++)
                row_changed(figures, slot, (enum view)view, NULL,
                            store_row(store, slot, (enum view)view, i));
    return figures;
}

static void portfolio_release(struct figures *figures, struct portfolio *portfolio)
{
    portfolio_rates_changed(figures, portfolio); /* gives its currencies back */
    free(portfolio->rates);
    for (uint32_t i = 0; i < portfolio->facts_capacity; i++)
        facts_release(&portfolio->facts[i]);
    free(portfolio->facts);
    scope_release(&portfolio->scope);
    rollup_free(portfolio->rollup);
    names_drop(figures->names, portfolio->period_name);
    names_drop(figures->names, portfolio->currency_name);
}

void figures_free(struct figures *figures)
{
    if (!figures)
        return;
    store_listen(figures->store, &(struct store_listener){0});
    for (uint32_t i = 0; i < figures->portfolio_count; i++)
        portfolio_release(figures, &figures->portfolios[i]);
    for (uint32_t i = 0; i < figures->entity_count; i++)
        names_drop(figures->names, figures->entities[i].id);
    for (int kind = 0; kind < MODEL_KIND_COUNT; kind++)
        arena_release(&figures->models[kind].arena);
    free(figures->portfolios);
    free(figures->entities);
    free(figures->by_name);
    free(figures->by_id);
    free(figures->sightings);
    free(figures);
}

/* --- time
 * ------------------------------------------------------------------------------------
 */

void figures_set_clock(struct figures *figures, int64_t wall_ms, int64_t mono_ms)
{
    bool first = figures->wall_ms == 0;
    int64_t next = first ? 0 : figures_next_change_ms(figures);
    bool back = wall_ms < figures->wall_ms;
    int64_t day = date_of_ms(figures->wall_ms);
    figures->wall_ms = wall_ms;
    figures->mono_ms = mono_ms;
    if (!first && !back && wall_ms < next)
        return;
    if (first || back || date_of_ms(wall_ms) != day) /* rates may have grown old */
        for (uint32_t i = 0; i < figures->portfolio_count; i++)
            portfolio_rates_changed(figures, &figures->portfolios[i]);
    changed(figures);
}

uint64_t figures_generation(const struct figures *figures)
{
    return figures->generation;
}

int64_t figures_next_change_ms(const struct figures *figures)
{
    /* Worked out when it is asked for, from what was kept: the cache is no state. */
    struct figures *mutable = (struct figures *)(uintptr_t)figures;
    if (!figures->next_is_known) {
        mutable->next_change_ms = standing_next_change(mutable);
        mutable->next_is_known = true;
    }
    return figures->next_change_ms;
}

/* --- models
 * -----------------------------------------------------------------------------------
 */

struct portfolio *portfolio_at(struct figures *figures, uint32_t index)
{
    return &figures->portfolios[index < figures->portfolio_count ? index : 0];
}

void *model_begin(struct figures *figures, enum model_kind kind,
                  const struct model_options *options, struct arena **arena)
{
    struct cached_model *cached = &figures->models[kind];
    *arena = &cached->arena;
    if (cached->model && cached->generation == figures->generation &&
        cached->options.portfolio == options->portfolio &&
        cached->options.basis == options->basis &&
        cached->options.without_last_known == options->without_last_known)
        return cached->model;
    arena_reset(&cached->arena);
    cached->model = NULL;
    cached->options = *options;
    cached->generation = figures->generation;
    return NULL;
}

void model_end(struct figures *figures, enum model_kind kind, void *model)
{
    /* A model that is short of strings would be a lie: it is not kept. */
    figures->models[kind].model = figures->models[kind].arena.failed ? NULL : model;
}

/* --- first seen --------------------------------------------------------------- */

static uint64_t hash_of(uint64_t hash, const char *text)
{
    for (; *text; text++)
        hash = (hash ^ (uint8_t)*text) * 0x100000001b3u;
    return (hash ^ 0xff) * 0x100000001b3u;
}

static bool grow_sightings(struct figures *figures)
{
    uint32_t mask = figures->sighting_mask ? figures->sighting_mask * 2 + 1 : 255;
    struct sighting *old = figures->sightings;
    struct sighting *fresh = calloc((size_t)mask + 1, sizeof *fresh);
    if (!fresh)
        return false;
    for (uint32_t i = 0; old && i <= figures->sighting_mask; i++) {
        uint32_t at = (uint32_t)old[i].hash & mask;
        if (!old[i].hash)
            continue;
        while (fresh[at].hash)
            at = (at + 1) & mask;
        fresh[at] = old[i];
    }
    free(old);
    figures->sightings = fresh;
    figures->sighting_mask = mask;
    return true;
}

int64_t first_seen(struct figures *figures, const char *const what[4])
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (int i = 0; i < 4; i++)
        hash = hash_of(hash, what[i]);
    hash |= 1;
    if ((!figures->sightings || figures->sighting_count * 2 > figures->sighting_mask) &&
        !grow_sightings(figures))
        return figures->wall_ms;
    uint32_t at = (uint32_t)hash & figures->sighting_mask;
    while (figures->sightings[at].hash && figures->sightings[at].hash != hash)
        at = (at + 1) & figures->sighting_mask;
    if (!figures->sightings[at].hash) {
        figures->sightings[at] = (struct sighting){hash, figures->wall_ms};
        figures->sighting_count++;
    }
    return figures->sightings[at].first_ms;
}
