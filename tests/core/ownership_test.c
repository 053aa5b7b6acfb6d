/* ownership_test.c - effective shares against an enumeration of all paths. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/ownership.h"
#include "tests/support/cmocka_all.h"

enum { NODES_MAX = 8, EDGES_MAX = 24 };

static struct holding holdings[NODES_MAX];
static uint32_t order[NODES_MAX], ordered;

static struct edge edge(uint32_t owner, uint32_t owned, int num, int den,
                        enum method method)
{
    struct edge edge = {.owner = owner, .owned = owned, .method = method};
    assert_true(ratio_make(num, den, &edge.share));
    return edge;
}

static void solve(const struct edge *edges, uint32_t count, const bool *closed)
{
    assert_true(
        ownership_solve(0, NODES_MAX, edges, count, closed, holdings, order, &ordered));
}

static void assert_share(struct ratio share, int num, int den)
{
    assert_int_equal(share.num, num);
    assert_int_equal(share.den, den);
}

static void the_worked_example(void **unused)
{
    (void)unused;
    const struct edge edges[] = {
        edge(0, 1, 80, 100, METHOD_FULL), edge(1, 2, 75, 100, METHOD_FULL),
        edge(0, 3, 60, 100, METHOD_FULL), edge(0, 4, 30, 100, METHOD_EQUITY)};
    solve(edges, 4, NULL);
    assert_share(holdings[1].effective, 4, 5);
    assert_share(holdings[2].effective, 3, 5);
    assert_share(holdings[2].outside, 1, 4); /* a quarter of it, one tier down */
    assert_share(holdings[3].effective, 3, 5);
    assert_share(holdings[4].effective, 3, 10);
    assert_true(holdings[4].in_scope && !holdings[4].in_group);
    assert_false(holdings[5].in_scope);
    assert_int_equal(ordered, 5);
}

static void several_edges_into_one__the_strongest_method_rules(void **unused)
{
    (void)unused;
    const struct edge edges[] = {
        edge(0, 1, 1, 1, METHOD_FULL), edge(0, 2, 3, 10, METHOD_EQUITY),
        edge(1, 2, 4, 10, METHOD_FULL), edge(0, 3, 1, 2, METHOD_PROPORTIONAL),
        edge(3, 4, 8, 10, METHOD_FULL)};
    solve(edges, 5, NULL);
    assert_int_equal(holdings[2].method, METHOD_FULL);
    assert_share(holdings[2].effective, 7, 10);
    assert_share(holdings[2].weight, 1, 1);
    assert_share(holdings[3].weight, 1, 2);
    assert_share(holdings[4].weight, 1, 2); /* full, within half */
    assert_share(holdings[4].effective, 2, 5);
    assert_share(holdings[4].outside, 1, 10);
}

static void cost_and_none__lead_nowhere(void **unused)
{
    (void)unused;
    const struct edge edges[] = {
        edge(0, 1, 1, 2, METHOD_COST), edge(0, 2, 1, 2, METHOD_NONE),
        edge(1, 3, 1, 1, METHOD_FULL), edge(0, 4, 3, 10, METHOD_EQUITY),
        edge(4, 5, 1, 1, METHOD_FULL)};
    solve(edges, 5, NULL);
    for (int node = 1; node <= 3; node++)
        assert_false(holdings[node].in_scope);
    assert_true(holdings[4].in_scope);
    assert_false(holdings[5].in_scope); /* an equity holding's rows are its own */
}

static void a_cycle__leaves_out_who_is_in_it_and_below_it(void **unused)
{
    (void)unused;
    const struct edge edges[] = {
        edge(0, 1, 1, 2, METHOD_FULL),  edge(1, 2, 1, 2, METHOD_FULL),
        edge(2, 1, 1, 10, METHOD_FULL), edge(2, 3, 1, 1, METHOD_FULL),
        edge(0, 4, 1, 1, METHOD_FULL),  edge(4, 0, 1, 20, METHOD_FULL)};
    solve(edges, 6, NULL);
    for (int node = 1; node <= 3; node++)
        assert_int_equal(holdings[node].problem, OWNERSHIP_CYCLE);
    /* Shares of the root in the hands of its own are no owner of it. */
    assert_int_equal(holdings[4].problem, OWNERSHIP_FINE);
    assert_int_equal(holdings[0].problem, OWNERSHIP_FINE);
    assert_share(holdings[4].effective, 1, 1);
}

static void more_than_all__is_told(void **unused)
{
    (void)unused;
    const struct edge edges[] = {edge(0, 1, 3, 5, METHOD_FULL),
                                 edge(7, 1, 1, 2, METHOD_FULL), /* not of the group */
                                 edge(0, 2, 1, 2, METHOD_FULL),
                                 edge(7, 2, 1, 2, METHOD_FULL)};
    solve(edges, 4, NULL);
    assert_int_equal(holdings[1].problem, OWNERSHIP_OVER_ONE);
    assert_int_equal(holdings[2].problem, OWNERSHIP_FINE);
    assert_share(holdings[1].effective, 3, 5);
}

static void rows_that_hold_descendants__are_not_followed(void **unused)
{
    (void)unused;
    const struct edge edges[] = {edge(0, 1, 1, 1, METHOD_FULL),
                                 edge(1, 2, 1, 1, METHOD_FULL)};
    const bool closed[NODES_MAX] = {[1] = true};
    solve(edges, 2, closed);
    assert_true(holdings[1].in_group);
    assert_false(holdings[2].in_scope);
}

static void a_share_that_does_not_fit__is_no_guess(void **unused)
{
    (void)unused;
    struct edge edges[NODES_MAX - 1];
    for (uint32_t i = 0; i + 1 < NODES_MAX; i++) {
        edges[i] = edge(i, i + 1, 1, 1, METHOD_FULL);
        assert_true(ratio_make(999999999999988, 999999999999989 - i, &edges[i].share));
    }
    solve(edges, NODES_MAX - 1, NULL);
    assert_int_equal(holdings[1].problem, OWNERSHIP_FINE);
    assert_int_equal(holdings[NODES_MAX - 1].problem, OWNERSHIP_TOO_LONG);
}

/* --- against all paths -------------------------------------------------------- */

static struct ratio by_paths(const struct edge *edges, uint32_t count, uint32_t from,
                             uint32_t to)
{
    struct ratio sum = from == to ? RATIO_ONE : RATIO_ZERO;
    for (uint32_t i = 0; i < count && from != to; i++) {
        struct ratio rest;
        if (edges[i].owner != from)
            continue;
        rest = by_paths(edges, count, edges[i].owned, to);
        assert_true(ratio_multiply(edges[i].share, rest, &rest));
        assert_true(ratio_add(sum, rest, &sum));
    }
    return sum;
}

static void random_graphs__agree_with_the_sum_over_paths(void **unused)
{
    (void)unused;
    const char *given = getenv("SEED");
    unsigned seed = given ? (unsigned)strtoul(given, NULL, 0) : (unsigned)time(NULL);
    printf("SEED=%u\n", seed);
    srandom(seed);
    for (int round = 0; round < 10000; round++) {
        struct edge edges[EDGES_MAX];
        uint32_t count = 0, wanted = (uint32_t)(random() % 14);
        while (count < wanted) {
            uint32_t owned = 1 + (uint32_t)(random() % (NODES_MAX - 1));
            edges[count++] = edge((uint32_t)(random() % owned), owned,
                                  1 + (int)(random() % 6), 6, METHOD_FULL);
        }
        solve(edges, count, NULL);
        for (uint32_t node = 0; node < NODES_MAX; node++) {
            struct ratio share = by_paths(edges, count, 0, node);
            if (!holdings[node].in_scope) {
                assert_int_equal(share.num, 0);
                continue;
            }
            assert_true(share.num == holdings[node].effective.num &&
                        share.den == holdings[node].effective.den);
        }
        /* Owners come before what they own. */
        for (uint32_t i = 0; i < count; i++) {
            uint32_t owner = NODES_MAX, owned = NODES_MAX;
            for (uint32_t at = 0; at < ordered; at++) {
                owner = order[at] == edges[i].owner ? at : owner;
                owned = order[at] == edges[i].owned ? at : owned;
            }
            if (owner < NODES_MAX)
                assert_true(owner < owned);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_worked_example),
        cmocka_unit_test(several_edges_into_one__the_strongest_method_rules),
        cmocka_unit_test(cost_and_none__lead_nowhere),
        cmocka_unit_test(a_cycle__leaves_out_who_is_in_it_and_below_it),
        cmocka_unit_test(more_than_all__is_told),
        cmocka_unit_test(rows_that_hold_descendants__are_not_followed),
        cmocka_unit_test(a_share_that_does_not_fit__is_no_guess),
        cmocka_unit_test(random_graphs__agree_with_the_sum_over_paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
