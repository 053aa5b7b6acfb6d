/* property_test.c - what must hold for any portfolio, on random ones: trees of
 * ownership with minorities, proportional and equity holdings at any tier,
 * distributions through several tiers, balances that agree and balances that do not. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/figures.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/random_portfolio.h"

enum { TEXT_MAX = 65536 };

static unsigned seed;

static const struct model_portfolio *portfolio_of(struct fixture *fixture,
                                                  struct figures **figures)
{
    static const struct model_options options = {.basis = BASIS_CONSOLIDATED};
    *figures = figures_new(&fixture->config, fixture->store);
    assert_non_null(*figures);
    figures_set_clock(*figures, FIXTURE_NOW_MS, 1000);
    const struct model_portfolio *model = figures_portfolio(*figures, &options);
    assert_non_null(model);
    return model;
}

static const struct statement_line *line_of(const struct model_portfolio *model,
                                            const char *key)
{
    for (uint32_t i = 0; i < model->statement_count; i++)
        if (strcmp(model->statement[i].key, key) == 0)
            return &model->statement[i];
    fail_msg("SEED=%u: no line %s", seed, key);
    return NULL;
}

static long cents(const struct model_portfolio *model, const char *key)
{
    const struct statement_line *line = line_of(model, key);
    if (!line || !line->figure.present) {
        fail_msg("SEED=%u: %s is absent", seed, key);
        return 0;
    }
    assert_int_equal(line->figure.value.scale, 2);
    return (long)line->figure.value.coefficient;
}

static void assert_near(long a, long b, long apart, const char *what)
{
    if (labs(a - b) > apart)
        fail_msg("SEED=%u: %s: %ld and %ld", seed, what, a, b);
}

/* --- as text: what "the same bytes" means ------------------------------------- */

struct writer {
    char text[TEXT_MAX];
    size_t length;
};

static void write_text(struct writer *writer, const char *text)
{
    size_t length = strlen(text);
    assert_true(writer->length + length + 2 < TEXT_MAX);
    memcpy(writer->text + writer->length, text, length);
    writer->length += length;
    writer->text[writer->length++] = '\n';
    writer->text[writer->length] = '\0';
}

static void write_figure(struct writer *writer, const struct figure *figure)
{
    char value[DECIMAL_CHARS_MAX], line[256];
    decimal_write(figure->value, value);
    (void)snprintf(line, sizeof line, "%s %d %d %s %u/%u %u %s", value, figure->present,
                   figure->partial, mark_name(figure->mark), figure->included,
                   figure->expected, figure->last_known, figure->why);
    write_text(writer, line);
}

static void write_all(struct writer *writer, struct figures *figures)
{
    for (int basis = 0; basis < 3; basis++) {
        struct model_options options = {.basis = (enum basis)basis};
        const struct model_portfolio *model = figures_portfolio(figures, &options);
        for (uint32_t i = 0; i < model->statement_count; i++) {
            write_text(writer, model->statement[i].key);
            write_figure(writer, &model->statement[i].figure);
        }
        for (uint32_t i = 0; i < model->row_count; i++) {
            write_text(writer, model->rows[i].entity);
            write_figure(writer, &model->rows[i].net_income);
            write_figure(writer, &model->rows[i].effective);
        }
        write_figure(writer, &model->total.net_assets);
        for (uint32_t i = 0; i < model->left_out_count; i++)
            write_text(writer, model->left_out[i].what);
        const struct model_recon *recon = figures_recon(figures, &options);
        for (uint32_t i = 0; i < recon->check_count; i++) {
            write_text(writer, recon->checks[i].id);
            write_text(writer, recon->checks[i].a.entity);
            write_text(writer, check_status_name(recon->checks[i].status));
            write_figure(writer, &recon->checks[i].difference);
        }
        const struct model_executive *executive = figures_executive(figures, &options);
        for (uint32_t i = 0; i < executive->headline_count; i++)
            write_figure(writer, &executive->headlines[i].now);
        for (uint32_t i = 0; i < executive->exception_count; i++)
            write_text(writer, executive->exceptions[i].what);
    }
}

/* --- the properties ----------------------------------------------------------- */

static int cases(int usual)
{
    const char *given = getenv("CASES");
#ifdef __SANITIZE_ADDRESS__
    usual /= 20;
#endif
    return given ? (int)strtol(given, NULL, 10) : usual;
}

static void begin(unsigned number)
{
    static unsigned base;
    if (base == 0) {
        const char *given = getenv("SEED");
        base = given ? (unsigned)strtoul(given, NULL, 0) : (unsigned)time(NULL);
        printf("SEED=%u\n", base);
    }
    seed = base + number;
    srandom(seed);
}

static void totals__foot_and_income_agrees_on_both_ways(void **unused)
{
    (void)unused;
    for (int i = 0; i < cases(20000); i++) {
        struct world world;
        struct figures *figures;
        begin((unsigned)i);
        world_make(&world, true);
        /* Odd cents, so that shares have to be rounded. */
        struct fixture *fixture = world_load(&world, NULL, ".37", -1);
        const struct model_portfolio *model = portfolio_of(fixture, &figures);
        if (*model->invariant)
            fail_msg("SEED=%u: %s", seed, model->invariant);
        assert_near(cents(model, "attributable_ni"), cents(model, "look_through_ni"),
                    ENTITIES_MAX, "attributable and look-through");
        assert_near(
            cents(model, "consolidated_ni"),
            cents(model, "external_revenue") - cents(model, "external_expense") +
                cents(model, "ic_difference_pl") + cents(model, "equity_method_share"),
            4, "consolidated");
        assert_near(cents(model, "total_assets") - cents(model, "total_liabilities"),
                    cents(model, "total_equity"), 2, "balance sheet");
        figures_free(figures);
        fixture_free(fixture);
    }
}

static void any_order_of_arrival__gives_the_same_bytes(void **unused)
{
    (void)unused;
    struct writer *writers = calloc(2, sizeof *writers);
    assert_non_null(writers);
    for (int i = 0; i < cases(5000); i++) {
        struct world world;
        struct figures *figures;
        int order[ROWS_MAX + EDGES_MAX + 2];
        begin((unsigned)i);
        world_make(&world, true);
        int count = world.row_count + world.edge_count + 2;
        for (int run = 0; run < 2; run++) {
            for (int j = 0; j < count; j++)
                order[j] = j;
            for (int j = count - 1; run == 1 && j > 0; j--) {
                int other = (int)random_below(j + 1), kept = order[j];
                order[j] = order[other];
                order[other] = kept;
            }
            int silent = i % 4 == 0 ? 1 : -1;
            struct fixture *fixture = world_load(&world, order, ".37", silent);
            (void)portfolio_of(fixture, &figures);
            writers[run].length = 0;
            write_all(&writers[run], figures);
            figures_free(figures);
            fixture_free(fixture);
        }
        if (strcmp(writers[0].text, writers[1].text) != 0)
            fail_msg("SEED=%u: order matters", seed);
    }
    free(writers);
}

/* Listening while rows arrive must end where loading everything first ends. */
static void figures_that_watched__equal_figures_that_came_late(void **unused)
{
    (void)unused;
    struct writer *writers = calloc(2, sizeof *writers);
    assert_non_null(writers);
    for (int i = 0; i < cases(5000); i++) {
        struct world world;
        struct figures *watching, *late;
        begin((unsigned)i);
        world_make(&world, true);
        struct fixture *fixture = world_load(&world, NULL, ".37", 1);
        (void)portfolio_of(fixture, &watching);
        struct world_loader loader = {fixture, &world, ".91"};
        for (int j = 0; j < world.row_count; j++) {
            if (world.rows[j].entity == 1 || random_below(4) == 0)
                world_put_row(&loader, j);
            if (random_below(8) == 0) {
                writers[0].length = 0;
                write_all(&writers[0], watching);
            }
        }
        for (int j = 0; j < world.edge_count; j++)
            if (world.edges[j].owner == 1)
                world_put_edge(&loader, &world.edges[j]);
        world_put_rate(&loader, "closing", "1.2");
        fixture_live(fixture, "E01");
        writers[0].length = 0;
        write_all(&writers[0], watching);
        figures_free(watching);
        (void)portfolio_of(fixture, &late);
        writers[1].length = 0;
        write_all(&writers[1], late);
        figures_free(late);
        if (strcmp(writers[0].text, writers[1].text) != 0)
            fail_msg("SEED=%u: watching and loading differ", seed);
        fixture_free(fixture);
    }
    free(writers);
}

static void assert_same_totals(const struct model_portfolio *a,
                               const struct model_portfolio *b, long factor,
                               bool with_coverage)
{
    assert_int_equal(a->statement_count, b->statement_count);
    for (uint32_t i = 0; i < a->statement_count; i++) {
        const struct figure *x = &a->statement[i].figure, *y = &b->statement[i].figure;
        assert_int_equal(x->present, y->present);
        if (x->value.coefficient * factor != y->value.coefficient)
            fail_msg("SEED=%u: %s", seed, a->statement[i].key);
        if (with_coverage)
            assert_int_equal(x->included, y->included);
    }
}

static void ten_times_the_amounts__are_ten_times_the_totals(void **unused)
{
    (void)unused;
    for (int i = 0; i < cases(10000); i++) {
        struct world world;
        struct figures *figures[2];
        begin((unsigned)i);
        world_make(&world, false);
        /* Enough zeros that no share of any tier has to be rounded. */
        struct fixture *small = world_load(&world, NULL, "00000000000000", -1);
        struct fixture *large = world_load(&world, NULL, "000000000000000", -1);
        assert_same_totals(portfolio_of(small, &figures[0]),
                           portfolio_of(large, &figures[1]), 10, true);
        figures_free(figures[0]);
        figures_free(figures[1]);
        fixture_free(small);
        fixture_free(large);
    }
}

static void an_entity_of_zeros__changes_only_the_coverage(void **unused)
{
    (void)unused;
    for (int i = 0; i < cases(10000); i++) {
        struct world world, more;
        struct figures *figures[2];
        begin((unsigned)i);
        world_make(&world, true);
        if (world.entities == ENTITIES_MAX)
            continue;
        more = world;
        more.entities++;
        more.euro[more.entities - 1] = false;
        world_add_edge(&more, 0, world.entities, 80, "full");
        world_add_row(&more, world.entities, "A", "cash", -1, 0);
        struct fixture *a = world_load(&world, NULL, ".37", -1);
        struct fixture *b = world_load(&more, NULL, ".37", -1);
        const struct model_portfolio *x = portfolio_of(a, &figures[0]);
        const struct model_portfolio *y = portfolio_of(b, &figures[1]);
        assert_same_totals(x, y, 1, false);
        assert_int_equal(x->statement[0].figure.expected + 1,
                         y->statement[0].figure.expected);
        figures_free(figures[0]);
        figures_free(figures[1]);
        fixture_free(a);
        fixture_free(b);
    }
}

/* Between an owner and what it owns in full comes a holding that holds only that. */
static void a_tier_in_between_at_100_percent__changes_nothing(void **unused)
{
    (void)unused;
    for (int i = 0; i < cases(10000); i++) {
        struct world world, more;
        struct figures *figures[2];
        begin((unsigned)i);
        world_make(&world, true);
        if (world.entities == ENTITIES_MAX || world.edge_count >= EDGES_MAX - 1)
            continue;
        more = world;
        int between = more.entities++, edge = (int)random_below(world.edge_count);
        more.euro[between] = false;
        more.edges[edge].owner = between;
        world_add_edge(&more, world.edges[edge].owner, between, 100, "full");
        /* Its owner's investment moves with the edge. */
        struct fixture *a = world_load(&world, NULL, ".37", -1);
        struct fixture *b = world_load(&more, NULL, ".37", -1);
        const struct model_portfolio *x = portfolio_of(a, &figures[0]);
        const struct model_portfolio *y = portfolio_of(b, &figures[1]);
        static const char *const same[] = {
            "consolidated_ni", "nci_ni",       "attributable_ni",   "look_through_ni",
            "total_assets",    "total_equity", "total_liabilities", "nci_equity"};
        for (size_t j = 0; j < sizeof same / sizeof *same; j++)
            assert_near(cents(x, same[j]), cents(y, same[j]),
                        strncmp(same[j], "nci", 3) == 0 ? 2 : 2, same[j]);
        figures_free(figures[0]);
        figures_free(figures[1]);
        fixture_free(a);
        fixture_free(b);
    }
}

/* A block that never answers, or no block at all: the same totals. */
static void an_entity_that_is_removed__is_one_that_never_replied(void **unused)
{
    (void)unused;
    for (int i = 0; i < cases(10000); i++) {
        struct world world;
        struct figures *figures[2];
        begin((unsigned)i);
        world_make(&world, true);
        int silent = world.entities - 1; /* the last block; it owns nothing */
        struct fixture *a = world_load(&world, NULL, ".37", silent);
        const struct model_portfolio *x = portfolio_of(a, &figures[0]);
        struct world fewer = world;
        fewer.row_count = 0;
        for (int j = 0; j < world.row_count; j++)
            if (world.rows[j].entity != silent)
                fewer.rows[fewer.row_count++] = world.rows[j];
        fewer.entities = silent;
        struct fixture *b = world_load(&fewer, NULL, ".37", -1);
        const struct model_portfolio *y = portfolio_of(b, &figures[1]);
        assert_same_totals(x, y, 1, true);
        assert_int_equal(x->statement[0].figure.expected,
                         y->statement[0].figure.expected);
        if (*x->invariant || *y->invariant)
            fail_msg("SEED=%u: %s%s", seed, x->invariant, y->invariant);
        figures_free(figures[0]);
        figures_free(figures[1]);
        fixture_free(a);
        fixture_free(b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(totals__foot_and_income_agrees_on_both_ways),
        cmocka_unit_test(any_order_of_arrival__gives_the_same_bytes),
        cmocka_unit_test(figures_that_watched__equal_figures_that_came_late),
        cmocka_unit_test(ten_times_the_amounts__are_ten_times_the_totals),
        cmocka_unit_test(an_entity_of_zeros__changes_only_the_coverage),
        cmocka_unit_test(a_tier_in_between_at_100_percent__changes_nothing),
        cmocka_unit_test(an_entity_that_is_removed__is_one_that_never_replied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
