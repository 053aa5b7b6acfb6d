/* figures_scope.c - the edges that the archives tell, solved at the view date. */
#include "core/figures_state.h"

#include <stdlib.h>

int64_t portfolio_view_date(const struct figures *figures,
                            const struct portfolio *portfolio)
{
    int64_t today = date_of_ms(figures->wall_ms), wanted = portfolio->config->view_date;
    return wanted && wanted < today ? wanted : today;
}

int64_t portfolio_view_ms(const struct figures *figures,
                          const struct portfolio *portfolio)
{
    enum { DAY_MS = 86400000 };
    int64_t wanted = portfolio->config->view_date;
    int64_t end = wanted ? date_ms(wanted) + DAY_MS : INT64_MAX;
    return end < figures->wall_ms ? end : figures->wall_ms;
}

void scope_release(struct scope *scope)
{
    free(scope->edges);
    free(scope->edges_into);
    free(scope->holdings);
    free(scope->order);
    free(scope->solved);
    *scope = (struct scope){0};
}

static bool add_edge(struct figures *figures, struct scope *scope, uint32_t owner,
                     const struct own_row *row)
{
    struct edge edge = {.owner = owner};
    if (scope->edge_count == scope->edge_capacity) {
        uint32_t capacity = scope->edge_capacity ? scope->edge_capacity * 2 : 32;
        struct edge *edges = realloc(scope->edges, capacity * sizeof *edges);
        if (!edges)
            return false;
        scope->edges = edges;
        scope->edge_capacity = capacity;
    }
    edge.owned = entity_intern(figures, row->owned);
    if (edge.owned == NO_ENTITY)
        return false;
    /* A method that nobody knows, or a share that is none, leads nowhere. */
    if (!method_by_name(names_text(figures->names, row->method), &edge.method) ||
        row->econ_num <= 0 || !ratio_make(row->econ_num, row->econ_den, &edge.share))
        return true;
    scope->edges[scope->edge_count++] = edge;
    return true;
}

static bool is_valid_at(const struct own_row *row, int64_t date)
{
    return row->from <= date && (row->to == 0 || date < row->to);
}

/* What an owner says of its own edges; else what a structure archive says of them.
 * Returns whether anybody said something, or could have. */
static bool read_edges(struct figures *figures, struct scope *scope, uint32_t owner,
                       bool *told)
{
    uint32_t first, count = entity_rows(figures, owner, VIEW_OWN, &first);
    uint32_t slot = figures->entities[owner].slot;
    *told = count > 0 ||
            (slot != NO_SLOT && store_status(figures->store, slot)->deltas > 0 &&
             figures->entities[owner].is_pinned);
    for (uint32_t i = first; i < first + count; i++) {
        const struct own_row *row = &store_row(figures->store, slot, VIEW_OWN, i)->own;
        if (is_valid_at(row, scope->date) && !add_edge(figures, scope, owner, row))
            return false;
    }
    for (uint32_t s = 0; !*told && s < figures->config->totebox_count; s++) {
        if (!figures->config->toteboxes[s].structure || s == slot)
            continue;
        struct entity as_told = figures->entities[owner], kept = as_told;
        as_told.slot = s;
        as_told.is_pinned = false;
        figures->entities[owner] = as_told;
        count = entity_rows(figures, owner, VIEW_OWN, &first);
        figures->entities[owner] = kept;
        for (uint32_t i = first; i < first + count; i++) {
            const struct own_row *row = &store_row(figures->store, s, VIEW_OWN, i)->own;
            *told = true;
            if (is_valid_at(row, scope->date) && !add_edge(figures, scope, owner, row))
                return false;
        }
    }
    return true;
}

static bool reserve(struct figures *figures, struct scope *scope)
{
    uint32_t capacity = figures->entity_capacity;
    if (capacity <= scope->capacity)
        return true;
    struct holding *holdings = realloc(scope->holdings, capacity * sizeof *holdings);
    if (holdings)
        scope->holdings = holdings;
    uint32_t *order = realloc(scope->order, capacity * sizeof *order);
    if (order)
        scope->order = order;
    uint32_t *solved = realloc(scope->solved, capacity * sizeof *solved);
    if (solved)
        scope->solved = solved;
    uint32_t *into = realloc(scope->edges_into, (capacity + 1u) * sizeof *into);
    if (into)
        scope->edges_into = into;
    if (!holdings || !order || !solved || !into)
        return false;
    scope->capacity = capacity;
    return true;
}

static bool contains_descendants(const struct figures *figures, uint32_t entity)
{
    const struct entity_row *row = entity_row_of(figures, entity);
    return row && text_equal(names_text(figures->names, row->parent_scope),
                             TEXT("consolidated"));
}

/* Without ownership: every block that is not a mere hub, and what the hubs carry. */
static void take_all(struct figures *figures, struct scope *scope)
{
    for (uint32_t i = 0; i < figures->entity_count; i++) {
        bool is_there =
            figures->entities[i].slot != NO_SLOT && !figures->entities[i].is_hub;
        scope->holdings[i] = (struct holding){.in_scope = is_there,
                                              .in_group = is_there,
                                              .method = METHOD_FULL,
                                              .effective = RATIO_ZERO,
                                              .weight = RATIO_ONE,
                                              .outside = RATIO_ZERO};
        if (is_there)
            scope->solved[scope->solved_count++] = i;
    }
}

/* A worksheet column is no entity but belongs to the aggregate (decisions C17). */
static void take_adjustments(struct figures *figures, struct scope *scope)
{
    for (uint32_t i = 0; i < figures->entity_count; i++) {
        const struct entity_row *row = entity_row_of(figures, i);
        if (row && !scope->holdings[i].in_scope &&
            text_equal(names_text(figures->names, row->kind), TEXT("adjustment")))
            scope->holdings[i].in_scope = true;
    }
}

static int by_owned(const void *left, const void *right)
{
    const struct edge *a = left, *b = right;
    if (a->owned != b->owned)
        return a->owned < b->owned ? -1 : 1;
    return a->owner < b->owner ? -1 : a->owner > b->owner;
}

static void index_edges(struct scope *scope)
{
    uint32_t at = 0;
    if (scope->edge_count > 0)
        qsort(scope->edges, scope->edge_count, sizeof *scope->edges, by_owned);
    for (uint32_t node = 0; node <= scope->node_count; node++) {
        while (at < scope->edge_count && scope->edges[at].owned < node)
            at++;
        scope->edges_into[node] = at;
    }
}

static bool solve(struct figures *figures, struct portfolio *portfolio,
                  struct scope *scope)
{
    const char *root_id = portfolio->config->root;
    uint32_t root = *root_id ? entity_by_text(figures, text_of(root_id)) : NO_ENTITY;
    bool told = false;
    scope->edge_count = scope->solved_count = 0;
    scope->has_ownership = root != NO_ENTITY;
    scope->root_unknown = false;
    /* Edges name entities, which may have edges: the list grows while it is read. */
    for (uint32_t i = 0; scope->has_ownership && i < figures->entity_count; i++) {
        if (!read_edges(figures, scope, i, &told))
            return false;
        if (i == root)
            scope->root_unknown = !told;
    }
    if (!reserve(figures, scope))
        return false;
    if (!scope->has_ownership || scope->root_unknown) {
        scope->has_ownership = false;
        scope->root_unknown = *root_id != '\0';
        take_all(figures, scope);
    } else {
        bool *closed = calloc(figures->entity_count + 1u, sizeof *closed);
        if (!closed)
            return false;
        for (uint32_t i = 0; i < figures->entity_count; i++)
            closed[i] = contains_descendants(figures, i);
        bool solved = ownership_solve(root, figures->entity_count, scope->edges,
                                      scope->edge_count, closed, scope->holdings,
                                      scope->solved, &scope->solved_count);
        free(closed);
        if (!solved)
            return false;
        take_adjustments(figures, scope);
    }
    scope->count = 0;
    scope->node_count = figures->entity_count;
    index_edges(scope);
    for (uint32_t i = 0; i < figures->entity_count; i++)
        if (scope->holdings[figures->by_id[i]].in_scope)
            scope->order[scope->count++] = figures->by_id[i];
    return true;
}

const struct scope *scope_of(struct figures *figures, struct portfolio *portfolio)
{
    struct scope *scope = &portfolio->scope;
    int64_t date = portfolio_view_date(figures, portfolio);
    if (scope->made && scope->date == date)
        return scope;
    scope->date = date;
    scope->made = solve(figures, portfolio, scope);
    if (!scope->made) {
        figures->memory_short = true;
        scope->count = scope->solved_count = scope->node_count = 0;
    }
    return scope;
}
