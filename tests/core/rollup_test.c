/* rollup_test.c - every number of the worked example, read from its files. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/figures.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/rows_fixture.h"

static const struct model_options consolidated = {.basis = BASIS_CONSOLIDATED};

static struct figures *figures_at_year_end(struct fixture *fixture)
{
    struct figures *figures = figures_new(&fixture->config, fixture->store);
    assert_non_null(figures);
    figures_set_clock(figures, FIXTURE_NOW_MS, 1000);
    return figures;
}

static const struct statement_line *line_of(const struct model_portfolio *model,
                                            const char *key)
{
    for (uint32_t i = 0; i < model->statement_count; i++)
        if (strcmp(model->statement[i].key, key) == 0)
            return &model->statement[i];
    fail_msg("no statement line %s", key);
    return NULL;
}

static const struct portfolio_row *row_of(const struct model_portfolio *model,
                                          const char *entity)
{
    for (uint32_t i = 0; i < model->row_count; i++)
        if (strcmp(model->rows[i].entity, entity) == 0)
            return &model->rows[i];
    fail_msg("no row %s", entity);
    return NULL;
}

static void assert_figure(const struct figure *figure, const char *expected,
                          const char *key)
{
    struct decimal value;
    char text[DECIMAL_CHARS_MAX];
    assert_int_equal(decimal_parse(text_of(expected), &value), DECIMAL_OK);
    decimal_write(figure->value, text);
    if (!figure->present || decimal_compare(value, figure->value) != 0)
        fail_msg("%s: %s expected, got %s%s (%s)", key, expected,
                 figure->present ? "" : "absent ", text, figure->why);
}

/* "nci_ni:BIR" is the part of BIR in line nci_ni. */
static void assert_line(const struct model_portfolio *model, const char *key,
                        const char *expected)
{
    char name[64];
    const char *colon = strchr(key, ':');
    (void)snprintf(name, sizeof name, "%.*s", colon ? (int)(colon - key) : 63, key);
    if (strcmp(name, "effective") == 0) {
        assert_figure(&row_of(model, colon + 1)->effective, expected, key);
        return;
    }
    const struct statement_line *line = line_of(model, name);
    if (!colon) {
        assert_figure(&line->figure, expected, key);
        return;
    }
    for (uint32_t i = 0; i < line->part_count; i++)
        if (strcmp(line->parts[i].entity, colon + 1) == 0) {
            assert_figure(&line->parts[i].figure, expected, key);
            return;
        }
    fail_msg("no part %s", key);
}

struct expectation {
    const char *scenario;
    const struct model_portfolio *model;
    unsigned checked;
};

static void check_cells(void *user, char **cells)
{
    struct expectation *expectation = user;
    const char *key = cells[1];
    if (strcmp(cells[0], expectation->scenario) != 0)
        return;
    if (strcmp(key, "headline_ni") == 0)
        key = "consolidated_ni";
    else if (strcmp(key, "total_assets_headline") == 0)
        key = "total_assets";
    expectation->checked++;
    if (strcmp(key, "coverage") == 0) {
        const struct figure *figure = &line_of(expectation->model, "cash")->figure;
        char text[32];
        (void)snprintf(text, sizeof text, "%u/%u", figure->included, figure->expected);
        assert_string_equal(text, cells[2]);
        return;
    }
    assert_line(expectation->model, key, cells[2]);
}

static void check_scenario(const struct model_portfolio *model, const char *scenario,
                           unsigned count)
{
    struct expectation expectation = {scenario, model, 0};
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/tests/data/alder/expected.tsv",
                   getenv("top_srcdir"));
    fixture_tsv(path, check_cells, &expectation);
    assert_int_equal(expectation.checked, count);
}

static void the_worked_example__in_full(void **unused)
{
    (void)unused;
    struct fixture *fixture = fixture_alder_full(false);
    struct figures *figures = figures_at_year_end(fixture);
    const struct model_portfolio *model = figures_portfolio(figures, &consolidated);
    assert_non_null(model);
    check_scenario(model, "full", 35);
    assert_string_equal(model->invariant, "");
    assert_string_equal(model->note, "");
    assert_int_equal(model->left_out_count, 0);
    const struct figure *income = &line_of(model, "consolidated_ni")->figure;
    assert_false(income->partial);
    assert_int_equal(income->mark, MARK_CURRENT);
    assert_int_equal(income->included, 5);
    assert_figure(&model->total.net_income, "296854.39", "total net income");
    figures_free(figures);
    fixture_free(fixture);
}

static void the_worked_example__without_cedar(void **unused)
{
    (void)unused;
    struct fixture *fixture = fixture_alder();
    static const char *const answering[] = {"ELM", "DOG", "BIR", "ALD"};
    for (int i = 0; i < 4; i++)
        fixture_alder_answers(fixture, answering[i]);
    struct figures *figures = figures_at_year_end(fixture);
    const struct model_portfolio *model = figures_portfolio(figures, &consolidated);
    check_scenario(model, "missing:CED", 11);
    assert_string_equal(model->invariant, "");
    assert_line(model, "look_through_ni", "209885.36");
    assert_true(line_of(model, "consolidated_ni")->figure.partial);
    assert_false(row_of(model, "CED")->cash.present);
    assert_int_equal(model->left_out_count,
                     4); /* CED, and ALD's three rows facing it */
    assert_string_equal(model->left_out[0].reason,
                        "intercompany facing CED, which is missing");
    figures_free(figures);
    fixture_free(fixture);
}

static void strict__shows_no_total_while_one_is_missing(void **unused)
{
    (void)unused;
    struct fixture *fixture = fixture_alder();
    static const char *const answering[] = {"ELM", "DOG", "BIR", "ALD"};
    fixture->config.portfolios[0].partial = PARTIAL_STRICT;
    for (int i = 0; i < 4; i++)
        fixture_alder_answers(fixture, answering[i]);
    struct figures *figures = figures_at_year_end(fixture);
    for (int basis = 0; basis < 3; basis++) {
        struct model_options options = {.basis = (enum basis)basis};
        const struct model_portfolio *model = figures_portfolio(figures, &options);
        for (uint32_t i = 0; i < model->statement_count; i++)
            assert_false(model->statement[i].figure.present);
        assert_false(model->total.cash.present);
        assert_false(mark_has_number(model->total.cash.mark));
        assert_string_equal(model->total.cash.why, "strict: CED is missing");
        assert_false(model->total.ltv.present);
        assert_true(row_of(model, "BIR")->cash.present);
    }
    fixture_alder_answers(fixture, "CED");
    assert_true(figures_portfolio(figures, &consolidated)->total.cash.present);
    figures_free(figures);
    fixture_free(fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_worked_example__in_full),
        cmocka_unit_test(the_worked_example__without_cedar),
        cmocka_unit_test(strict__shows_no_total_while_one_is_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
