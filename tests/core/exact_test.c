/* exact_test.c - the rollup against a second one that shares nothing with it: integers
 * and rationals of any size (GMP), no rounding but that of each translated leaf, and
 * the definitions of docs/views.md written down once more, the long way.
 *
 * CASES and SEED repeat a run; a failure names its seed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <gmp.h>

#include "core/figures.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/random_portfolio.h"

#ifdef __SANITIZE_ADDRESS__
enum { CASES = 2000 };
#else
enum { CASES = 100000 };
#endif

static unsigned seed;

/* --- the other rollup: all amounts in cents -----------------------------------------
 */

struct exact {
    const struct world *world;
    mpz_t leaf[ROWS_MAX]; /* translated and rounded, half away from zero */
    mpq_t share[ENTITIES_MAX];
    mpq_t ni[ENTITIES_MAX], received[ENTITIES_MAX];
    bool is_equity[ENTITIES_MAX];
};

/* cents * rate / 10^6, half away from zero. */
static void translate(mpz_t cents, long rate)
{
    mpz_t half;
    int sign = mpz_sgn(cents);
    mpz_init_set_ui(half, 500000);
    mpz_mul_si(cents, cents, rate);
    mpz_abs(cents, cents);
    mpz_add(cents, cents, half);
    mpz_fdiv_q_ui(cents, cents, 1000000);
    if (sign < 0)
        mpz_neg(cents, cents);
    mpz_clear(half);
}

static void find_leaf(struct exact *exact, int index, long odd_cents)
{
    const struct line_spec *row = &exact->world->rows[index];
    mpz_init_set_si(exact->leaf[index], row->amount);
    mpz_mul_si(exact->leaf[index], exact->leaf[index], 100);
    if (row->amount > 0)
        mpz_add_ui(exact->leaf[index], exact->leaf[index], (unsigned long)odd_cents);
    else if (row->amount < 0)
        mpz_sub_ui(exact->leaf[index], exact->leaf[index], (unsigned long)odd_cents);
    if (exact->world->euro[row->entity] && row->cls[0] != 'Q')
        translate(exact->leaf[index], row->cls[0] == 'R' || row->cls[0] == 'X'
                                          ? WORLD_AVERAGE
                                          : WORLD_CLOSING);
}

/* eff(e): owners come before what they own, so one pass is enough. */
static void find_shares(struct exact *exact)
{
    const struct world *world = exact->world;
    mpq_set_ui(exact->share[0], 1, 1);
    for (int owned = 1; owned < world->entities; owned++)
        for (int i = 0; i < world->edge_count; i++) {
            const struct edge_spec *edge = &world->edges[i];
            if (edge->owned != owned)
                continue;
            mpq_t part;
            mpq_init(part);
            mpq_set_ui(part, (unsigned long)edge->num, 100);
            mpq_canonicalize(part);
            mpq_mul(part, part, exact->share[edge->owner]);
            mpq_add(exact->share[owned], exact->share[owned], part);
            mpq_clear(part);
            if (strcmp(edge->method, "equity") == 0)
                exact->is_equity[owned] = true;
        }
}

static void add_leaf(mpq_t sum, const mpz_t leaf)
{
    mpq_t part;
    mpq_init(part);
    mpq_set_z(part, leaf);
    mpq_sub(sum, sum, part); /* revenue is credit */
    mpq_clear(part);
}

static void exact_make(struct exact *exact, const struct world *world, long odd_cents)
{
    memset(exact, 0, sizeof *exact);
    exact->world = world;
    for (int e = 0; e < world->entities; e++)
        mpq_inits(exact->share[e], exact->ni[e], exact->received[e], NULL);
    find_shares(exact);
    for (int i = 0; i < world->row_count; i++) {
        const struct line_spec *row = &world->rows[i];
        find_leaf(exact, i, odd_cents);
        if (row->cls[0] == 'R' || row->cls[0] == 'X')
            add_leaf(exact->ni[row->entity], exact->leaf[i]);
        if (strcmp(row->line, "revenue.distribution") == 0)
            add_leaf(exact->received[row->entity], exact->leaf[i]);
    }
}

static void exact_clear(struct exact *exact)
{
    for (int i = 0; i < exact->world->row_count; i++)
        mpz_clear(exact->leaf[i]);
    for (int e = 0; e < exact->world->entities; e++)
        mpq_clears(exact->share[e], exact->ni[e], exact->received[e], NULL);
}

/* --- what it says -------------------------------------------------------------------
 */

/* Sum of the group's leaves of one class; only those to the outside when asked. */
static void sum_of_class(const struct exact *exact, char cls, bool external, mpq_t sum)
{
    mpq_set_ui(sum, 0, 1);
    for (int i = 0; i < exact->world->row_count; i++) {
        const struct line_spec *row = &exact->world->rows[i];
        if (row->cls[0] != cls || exact->is_equity[row->entity])
            continue;
        bool is_inside = row->cp >= 0 && !exact->is_equity[row->cp];
        /* What comes out of an equity holding is replaced by its share. */
        if (row->cp >= 0 && strcmp(row->line, "revenue.distribution") == 0)
            is_inside = true;
        if (!external || !is_inside)
            add_leaf(sum, exact->leaf[i]);
    }
}

static void sum_of_ni(const struct exact *exact, mpq_t sum)
{
    mpq_set_ui(sum, 0, 1);
    for (int e = 0; e < exact->world->entities; e++)
        if (!exact->is_equity[e])
            mpq_add(sum, sum, exact->ni[e]);
}

/* Of each equity edge: weight of the owner x share x net income of the investee. */
static void add_equity_income(const struct exact *exact, bool at_share, mpq_t sum)
{
    for (int i = 0; i < exact->world->edge_count; i++) {
        const struct edge_spec *edge = &exact->world->edges[i];
        if (!exact->is_equity[edge->owned])
            continue;
        mpq_t part;
        mpq_init(part);
        mpq_set_ui(part, (unsigned long)edge->num, 100);
        mpq_canonicalize(part);
        mpq_mul(part, part, exact->ni[edge->owned]);
        if (at_share)
            mpq_mul(part, part, exact->share[edge->owner]);
        mpq_add(sum, sum, part);
        mpq_clear(part);
    }
}

/* What belongs to the owners of the root. */
static void attributable(const struct exact *exact, mpq_t sum)
{
    mpq_t part;
    mpq_init(part);
    mpq_set_ui(sum, 0, 1);
    for (int e = 0; e < exact->world->entities; e++) {
        if (exact->is_equity[e])
            continue;
        mpq_sub(part, exact->ni[e], exact->received[e]);
        mpq_mul(part, part, exact->share[e]);
        mpq_add(sum, sum, part);
    }
    add_equity_income(exact, true, sum);
    mpq_clear(part);
}

static bool has_method(const struct world *world, const char *method)
{
    for (int i = 0; i < world->edge_count; i++)
        if (strcmp(world->edges[i].method, method) == 0)
            return true;
    return false;
}

/* --- against the product ------------------------------------------------------------
 */

/* |line - exact| <= cents / 2 x roundings. */
static void assert_line(const struct model_portfolio *model, const char *key,
                        const mpq_t exact, int roundings)
{
    const struct statement_line *line = NULL;
    for (uint32_t i = 0; i < model->statement_count && !line; i++)
        if (strcmp(model->statement[i].key, key) == 0)
            line = &model->statement[i];
    if (!line || !line->figure.present || line->figure.value.scale != 2) {
        fail_msg("SEED=%u: %s is absent", seed, key);
        return;
    }
    mpq_t apart, allowed;
    mpq_inits(apart, allowed, NULL);
    mpq_set_si(apart, (long)line->figure.value.coefficient, 1);
    mpq_sub(apart, apart, exact);
    mpq_abs(apart, apart);
    mpq_set_ui(allowed, (unsigned long)roundings, 2);
    mpq_canonicalize(allowed);
    if (mpq_cmp(apart, allowed) > 0)
        fail_msg("SEED=%u: %s is %ld cents, exactly it is %f", seed, key,
                 (long)line->figure.value.coefficient, mpq_get_d(exact));
    mpq_clears(apart, allowed, NULL);
}

static void compare(const struct world *world, const struct model_portfolio *model)
{
    struct exact exact;
    mpq_t value;
    mpq_init(value);
    exact_make(&exact, world, 37);
    sum_of_ni(&exact, value);
    assert_line(model, "aggregate_ni", value, 0);
    sum_of_class(&exact, 'R', false, value);
    assert_line(model, "aggregate_revenue", value, 0);
    attributable(&exact, value);
    assert_line(model, "attributable_ni", value, 2 * world->entities);
    assert_line(model, "look_through_ni", value, 2 * world->entities);
    if (!has_method(world, "proportional")) {
        sum_of_class(&exact, 'R', true, value);
        assert_line(model, "external_revenue", value, 0);
        sum_of_class(&exact, 'X', true, value);
        mpq_neg(value, value);
        assert_line(model, "external_expense", value, 0);
        mpq_set_ui(value, 0, 1);
        add_equity_income(&exact, false, value);
        assert_line(model, "equity_method_share", value, world->entities);
    }
    exact_clear(&exact);
    mpq_clear(value);
}

static void rollup__is_that_of_exact_arithmetic(void **unused)
{
    (void)unused;
    const char *cases = getenv("CASES"), *start = getenv("SEED");
    unsigned base = start ? (unsigned)strtoul(start, NULL, 0) : (unsigned)time(NULL);
    int count = cases ? (int)strtol(cases, NULL, 10) : CASES;
    printf("SEED=%u, %d cases\n", base, count);
    for (int i = 0; i < count; i++) {
        static const struct model_options options = {.basis = BASIS_CONSOLIDATED};
        struct world world;
        seed = base + (unsigned)i;
        srandom(seed);
        world_make(&world, true);
        struct fixture *fixture = world_load(&world, NULL, ".37", -1);
        struct figures *figures = figures_new(&fixture->config, fixture->store);
        assert_non_null(figures);
        figures_set_clock(figures, FIXTURE_NOW_MS, 1000);
        const struct model_portfolio *model = figures_portfolio(figures, &options);
        assert_non_null(model);
        if (*model->invariant)
            fail_msg("SEED=%u: %s", seed, model->invariant);
        compare(&world, model);
        figures_free(figures);
        fixture_free(fixture);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rollup__is_that_of_exact_arithmetic),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
