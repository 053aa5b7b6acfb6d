/* random_portfolio.h - portfolios for tests that hold for any: trees of ownership with
 * minorities, proportional and equity holdings at any tier, distributions, balances
 * within the group that agree and balances that do not.  From random(): srandom()
 * first. */
#ifndef TESTS_SUPPORT_RANDOM_PORTFOLIO_H
#define TESTS_SUPPORT_RANDOM_PORTFOLIO_H

#include "tests/support/rows_fixture.h"

enum { ENTITIES_MAX = 9, ROWS_MAX = 160, EDGES_MAX = 16 };

struct line_spec {
    int entity, cp; /* cp -1: outside */
    const char *cls, *line;
    long amount; /* debit +, in units of `scale` */
};
struct edge_spec {
    int owner, owned, num; /* of 100 */
    const char *method;
};
struct world {
    int entities;
    struct line_spec rows[ROWS_MAX];
    int row_count;
    struct edge_spec edges[EDGES_MAX];
    int edge_count;
    bool euro[ENTITIES_MAX]; /* keeps its books in EUR */
};

long random_below(long count);
/* Entity 0 is the root. */
void world_make(struct world *world, bool with_euro);
void world_id(int entity, char id[8]);
void world_add_row(struct world *world, int entity, const char *cls, const char *line,
                   int cp, long amount);
void world_add_edge(struct world *world, int owner, int owned, int num,
                    const char *method);

struct world_loader {
    struct fixture *fixture;
    const struct world *world;
    const char *zeros; /* appended to each amount that is not 0: the scale, or cents */
};
void world_put_row(const struct world_loader *loader, int index);
void world_put_edge(const struct world_loader *loader, const struct edge_spec *edge);
/* "average" or "closing", EUR to USD. */
void world_put_rate(const struct world_loader *loader, const char *type,
                    const char *rate);
/* Everything into a store, in the order of `order` (rows, then edges, then the two
 * rates, by number; NULL: that order), but nothing of the entity `silent`, -1 none.
 * `zeros` is appended to each amount that is not 0: "000" scales, ".37" adds cents. */
struct fixture *world_load(const struct world *world, const int *order,
                           const char *zeros, int silent);

/* EUR to USD, in millionths. */
enum { WORLD_AVERAGE = 1129983, WORLD_CLOSING = 1175000 };
#define WORLD_AVERAGE_TEXT "1.129983"
#define WORLD_CLOSING_TEXT "1.175"

#endif
