/* ownership.h - who belongs to the group, by how much, and by which method.
 *
 * Nodes are numbers; edges are shares of one node in another, exact rationals, valid at
 * one date.  From the root, effective(root) = 1 and effective(e) = sum over its owners
 * o of effective(o) x share(o, e).  A node that is reached by a full or proportional
 * edge belongs to the group and its own edges are followed; one that is reached by
 * equity edges alone is in scope but its edges are not followed.  cost and none lead
 * nowhere (docs/views.md, sections 2.1 and 2.3). */
#ifndef CORE_OWNERSHIP_H
#define CORE_OWNERSHIP_H

#include "core/value.h"

enum method { /* by strength: the strongest edge into a node rules */
              METHOD_NONE,
              METHOD_COST,
              METHOD_EQUITY,
              METHOD_PROPORTIONAL,
              METHOD_FULL,
};
/* False for a word that is none of the five. */
bool method_by_name(struct text name, enum method *method);

struct edge {
    uint32_t owner, owned;
    struct ratio share; /* economic */
    enum method method;
};

enum ownership_problem {
    OWNERSHIP_FINE,
    OWNERSHIP_CYCLE,    /* in a cycle or below one: left out, no guess */
    OWNERSHIP_OVER_ONE, /* its owners' shares add up to more than all of it */
    OWNERSHIP_TOO_LONG, /* the exact share does not fit 128 bits: left out */
};

struct holding {
    bool in_scope; /* of the portfolio: group, or an equity holding of the group */
    bool in_group; /* root, or reached by full or proportional */
    enum method method;
    enum ownership_problem problem;
    struct ratio effective; /* share of the root in it */
    struct ratio weight;    /* what of its rows consolidation takes: 1, or a part */
    struct ratio outside;   /* weight less the weighted shares of its owners */
};

/* `closed[n]`: rows of n already contain its descendants, so its edges are not
 * followed; may be NULL.  `order` gets the nodes of the scope, owners before owned, and
 * `ordered` their count.  Edges need no order.  False when memory is short. */
MUST_CHECK bool ownership_solve(uint32_t root, uint32_t node_count,
                                const struct edge *edges, uint32_t edge_count,
                                const bool *closed, struct holding *holdings,
                                uint32_t *order, uint32_t *ordered);

#endif
