#include "core/figures_state.h"

#include <stdlib.h>

uint32_t entity_by_name(const struct figures *figures, name_id id)
{
    if (id >= figures->by_name_size || figures->by_name[id] == 0)
        return NO_ENTITY;
    return figures->by_name[id] - 1;
}

uint32_t entity_by_text(const struct figures *figures, struct text id)
{
    name_id name = names_find(figures->names, id);
    return name ? entity_by_name(figures, name) : NO_ENTITY;
}

static bool grow_by_name(struct figures *figures, name_id id)
{
    uint32_t size = figures->by_name_size ? figures->by_name_size : 64;
    while (size <= id)
        size *= 2;
    if (size == figures->by_name_size)
        return true;
    uint32_t *by_name = realloc(figures->by_name, size * sizeof *by_name);
    if (!by_name)
        return false;
    memset(by_name + figures->by_name_size, 0,
           (size - figures->by_name_size) * sizeof *by_name);
    figures->by_name = by_name;
    figures->by_name_size = size;
    return true;
}

static bool grow_entities(struct figures *figures)
{
    if (figures->entity_count < figures->entity_capacity)
        return true;
    uint32_t capacity = figures->entity_capacity ? figures->entity_capacity * 2 : 16;
    struct entity *entities = realloc(figures->entities, capacity * sizeof *entities);
    if (!entities)
        return false;
    figures->entities = entities;
    uint32_t *by_id = realloc(figures->by_id, capacity * sizeof *by_id);
    if (!by_id)
        return false;
    figures->by_id = by_id;
    figures->entity_capacity = capacity;
    return true;
}

/* Models list entities by id, whatever order they were met in. */
static void insert_by_id(struct figures *figures, uint32_t entity)
{
    struct text id = names_text(figures->names, figures->entities[entity].id);
    uint32_t low = 0, high = entity;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct entity *at = &figures->entities[figures->by_id[middle]];
        if (text_compare(names_text(figures->names, at->id), id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    memmove(figures->by_id + low + 1, figures->by_id + low,
            (entity - low) * sizeof *figures->by_id);
    figures->by_id[low] = entity;
}

uint32_t entity_intern(struct figures *figures, name_id id)
{
    uint32_t entity = entity_by_name(figures, id);
    if (entity != NO_ENTITY)
        return entity;
    if (!grow_entities(figures) || !grow_by_name(figures, id)) {
        figures->memory_short = true;
        return NO_ENTITY;
    }
    entity = figures->entity_count++;
    names_hold(figures->names, id);
    figures->entities[entity] = (struct entity){.id = id, .slot = NO_SLOT};
    figures->by_name[id] = entity + 1;
    insert_by_id(figures, entity);
    return entity;
}

const char *entity_id(const struct figures *figures, uint32_t entity)
{
    return names_string(figures->names, figures->entities[entity].id);
}

/* The first row whose key is not before `bound`. */
static uint32_t first_from(const struct figures *figures, uint32_t slot, enum view view,
                           struct text bound)
{
    uint32_t low = 0, high = store_row_count(figures->store, slot, view);
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        name_id key = store_row(figures->store, slot, view, middle)->row.key;
        if (text_compare(names_text(figures->names, key), bound) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

uint32_t entity_rows(const struct figures *figures, uint32_t index, enum view view,
                     uint32_t *first)
{
    const struct entity *entity = &figures->entities[index];
    *first = 0;
    if (entity->slot == NO_SLOT)
        return 0;
    const struct config_totebox *block = &figures->config->toteboxes[entity->slot];
    if (entity->is_pinned && !block->hub && !(block->structure && view == VIEW_OWN))
        return store_row_count(figures->store, entity->slot, view);
    /* Several entities in one slot: the keys of one are "ID" or begin with "ID|", and
     * '}' is the byte after '|'. */
    char bound[ENTITY_ID_MAX + 2];
    struct text id = names_text(figures->names, entity->id);
    if (id.length > ENTITY_ID_MAX)
        return 0;
    memcpy(bound, id.bytes, id.length);
    bool has_parts = view_table(view)->key_parts > 0;
    bound[id.length] = has_parts ? '|' : '\0';
    *first = first_from(figures, entity->slot, view,
                        (struct text){bound, id.length + has_parts});
    bound[id.length] = has_parts ? '}' : '\0';
    return first_from(figures, entity->slot, view,
                      (struct text){bound, id.length + 1}) -
           *first;
}

const struct entity_row *entity_row_of(const struct figures *figures, uint32_t entity)
{
    uint32_t first, count = entity_rows(figures, entity, VIEW_ENTITY, &first);
    if (count == 0)
        return NULL;
    return &store_row(figures->store, figures->entities[entity].slot, VIEW_ENTITY,
                      first)
                ->entity;
}

const struct config_totebox *entity_block(const struct figures *figures,
                                          uint32_t entity)
{
    const struct entity *at = &figures->entities[entity];
    return at->slot == NO_SLOT ? NULL : &figures->config->toteboxes[at->slot];
}

const char *entity_currency(const struct figures *figures, uint32_t entity)
{
    const struct entity_row *row = entity_row_of(figures, entity);
    return row ? names_string(figures->names, row->cur) : "";
}

const char *entity_group(const struct figures *figures, uint32_t entity)
{
    const struct config_totebox *block = entity_block(figures, entity);
    return block ? block->group : "";
}
