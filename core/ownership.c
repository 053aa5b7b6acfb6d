#include "core/ownership.h"

#include <stdlib.h>

bool method_by_name(struct text name, enum method *method)
{
    static const char *const names[] = {"none", "cost", "equity", "proportional",
                                        "full"};
    for (int i = 0; i < (int)(sizeof names / sizeof *names); i++) {
        if (text_equal(name, text_of(names[i]))) {
            *method = (enum method)i;
            return true;
        }
    }
    return false;
}

struct solver {
    uint32_t root, node_count, edge_count;
    const struct edge *edges;
    const bool *closed;
    struct holding *holdings;
    uint32_t *order, *ordered;
    uint32_t *first, *next; /* edges by owner, as chains; edge_count ends one */
    uint32_t *waiting_for;  /* edges into a node whose owner has no value yet */
    uint32_t *queue;
};

static bool is_followed(const struct solver *solver, const struct edge *edge)
{
    return edge->method >= METHOD_EQUITY && edge->owned != solver->root &&
           !(solver->closed && solver->closed[edge->owner]);
}

static void chain_edges(struct solver *solver)
{
    for (uint32_t node = 0; node < solver->node_count; node++)
        solver->first[node] = solver->edge_count;
    for (uint32_t i = solver->edge_count; i-- > 0;) {
        const struct edge *edge = &solver->edges[i];
        if (!is_followed(solver, edge))
            continue;
        solver->next[i] = solver->first[edge->owner];
        solver->first[edge->owner] = i;
    }
}

/* Everything that can be reached, and by which method; counts the edges into it. */
static void mark_scope(struct solver *solver)
{
    struct holding *holdings = solver->holdings;
    uint32_t head = 0, tail = 0;
    holdings[solver->root] = (struct holding){.in_scope = true,
                                              .in_group = true,
                                              .method = METHOD_FULL,
                                              .effective = RATIO_ONE,
                                              .weight = RATIO_ONE,
                                              .outside = RATIO_ZERO};
    solver->queue[tail++] = solver->root;
    while (head < tail) {
        uint32_t owner = solver->queue[head++];
        for (uint32_t i = solver->first[owner]; i < solver->edge_count;
             i = solver->next[i]) {
            struct holding *owned = &holdings[solver->edges[i].owned];
            bool was_in_group = owned->in_group;
            solver->waiting_for[solver->edges[i].owned]++;
            owned->in_scope = true;
            if (solver->edges[i].method > owned->method)
                owned->method = solver->edges[i].method;
            owned->in_group = owned->method >= METHOD_PROPORTIONAL;
            if (owned->in_group && !was_in_group)
                solver->queue[tail++] = solver->edges[i].owned;
        }
    }
}

/* One edge's part in effective share, weight, and what is held outside. */
static bool pass_on(struct solver *solver, const struct edge *edge)
{
    struct holding *owner = &solver->holdings[edge->owner];
    struct holding *owned = &solver->holdings[edge->owned];
    struct ratio effective, held;
    if (!ratio_multiply(owner->effective, edge->share, &effective) ||
        !ratio_add(owned->effective, effective, &owned->effective) ||
        !ratio_multiply(owner->weight, edge->share, &held) ||
        !ratio_subtract(owned->outside, held, &owned->outside))
        return false;
    if (owned->method == METHOD_PROPORTIONAL && edge->method == METHOD_PROPORTIONAL)
        return ratio_add(owned->weight, held, &owned->weight);
    if (owned->method == METHOD_FULL && edge->method == METHOD_FULL) {
        struct ratio more;
        if (!ratio_subtract(owner->weight, owned->weight, &more))
            return false;
        if (more.num > 0)
            owned->weight = owner->weight;
    }
    return true;
}

static void settle(struct solver *solver)
{
    uint32_t head = 0, tail = 0;
    solver->queue[tail++] = solver->root;
    while (head < tail) {
        uint32_t owner = solver->queue[head++];
        struct holding *holding = &solver->holdings[owner];
        solver->order[(*solver->ordered)++] = owner;
        if (owner != solver->root &&
            !ratio_add(holding->outside, holding->weight, &holding->outside))
            holding->problem = OWNERSHIP_TOO_LONG;
        if (!holding->in_group)
            continue;
        for (uint32_t i = solver->first[owner]; i < solver->edge_count;
             i = solver->next[i]) {
            const struct edge *edge = &solver->edges[i];
            if (holding->problem == OWNERSHIP_TOO_LONG || !pass_on(solver, edge))
                solver->holdings[edge->owned].problem = OWNERSHIP_TOO_LONG;
            if (--solver->waiting_for[edge->owned] == 0)
                solver->queue[tail++] = edge->owned;
        }
    }
}

/* What settle() never reached stands in a cycle or below one. */
static void find_cycles(struct solver *solver)
{
    for (uint32_t node = 0; node < solver->node_count; node++)
        if (solver->waiting_for[node] > 0)
            solver->holdings[node].problem = OWNERSHIP_CYCLE;
}

/* Shares of owners outside the group count too: nobody owns more than all of a thing.
 */
static bool find_excess(struct solver *solver)
{
    struct ratio *direct = calloc(solver->node_count + 1u, sizeof *direct);
    if (!direct)
        return false;
    for (uint32_t node = 0; node < solver->node_count; node++)
        direct[node] = RATIO_ZERO;
    for (uint32_t i = 0; i < solver->edge_count; i++) {
        const struct edge *edge = &solver->edges[i];
        struct holding *owned = &solver->holdings[edge->owned];
        if (!ratio_add(direct[edge->owned], edge->share, &direct[edge->owned]))
            continue;
        if (owned->in_scope && owned->problem == OWNERSHIP_FINE &&
            ratio_exceeds_one(direct[edge->owned]))
            owned->problem = OWNERSHIP_OVER_ONE;
    }
    free(direct);
    return true;
}

bool ownership_solve(uint32_t root, uint32_t node_count, const struct edge *edges,
                     uint32_t edge_count, const bool *closed, struct holding *holdings,
                     uint32_t *order, uint32_t *ordered)
{
    struct solver solver = {.root = root,
                            .node_count = node_count,
                            .edge_count = edge_count,
                            .edges = edges,
                            .closed = closed,
                            .holdings = holdings,
                            .order = order,
                            .ordered = ordered};
    uint32_t *memory = calloc((size_t)node_count * 3 + edge_count + 1, sizeof *memory);
    if (!memory)
        return false;
    solver.first = memory;
    solver.waiting_for = memory + node_count;
    solver.queue = memory + 2 * (size_t)node_count;
    solver.next = memory + 3 * (size_t)node_count;
    *ordered = 0;
    for (uint32_t node = 0; node < node_count; node++)
        holdings[node] = (struct holding){
            .effective = RATIO_ZERO, .weight = RATIO_ZERO, .outside = RATIO_ZERO};
    chain_edges(&solver);
    mark_scope(&solver);
    settle(&solver);
    find_cycles(&solver);
    free(memory);
    return find_excess(&solver);
}
