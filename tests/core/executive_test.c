/* executive_test.c - the executive figures of the worked example, and their honesty. */
#include <stdio.h>

#include "core/figures.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/rows_fixture.h"

static const struct model_options consolidated = {.basis = BASIS_CONSOLIDATED};
static const struct model_options at_share = {.basis = BASIS_SHARE};

static struct figures *figures_at_year_end(struct fixture *fixture)
{
    struct figures *figures = figures_new(&fixture->config, fixture->store);
    assert_non_null(figures);
    figures_set_clock(figures, FIXTURE_NOW_MS, 1000);
    return figures;
}

/* Compares to as many places as are expected, half away from zero. */
static void assert_value(const struct figure *figure, const char *expected)
{
    struct decimal value, shown;
    char text[DECIMAL_CHARS_MAX];
    assert_int_equal(decimal_parse(text_of(expected), &value), DECIMAL_OK);
    decimal_write(figure->value, text);
    if (!figure->present)
        fail_msg("%s expected, absent: %s", expected, figure->why);
    assert_int_equal(decimal_rescale(figure->value, value.scale, &shown), DECIMAL_OK);
    if (decimal_compare(value, shown) != 0)
        fail_msg("%s expected, got %s", expected, text);
}

static const struct headline *headline(const struct model_executive *model,
                                       const char *key)
{
    for (uint32_t i = 0; i < model->headline_count; i++)
        if (strcmp(model->headlines[i].key, key) == 0)
            return &model->headlines[i];
    fail_msg("no headline %s", key);
    return NULL;
}

static const struct variance_line *variance(const struct model_executive *model,
                                            const char *entity, const char *key)
{
    for (uint32_t i = 0; i < model->variance_count; i++)
        if (strcmp(model->variances[i].entity, entity) == 0 &&
            strcmp(model->variances[i].key, key) == 0)
            return &model->variances[i];
    fail_msg("no variance %s %s", entity, key);
    return NULL;
}

static bool has_exception(const struct model_executive *model, const char *entity,
                          const char *what)
{
    for (uint32_t i = 0; i < model->exception_count; i++)
        if (strcmp(model->exceptions[i].entity, entity) == 0 &&
            strstr(model->exceptions[i].what, what))
            return true;
    return false;
}

static const struct portfolio_row *row_of(struct figures *figures, const char *entity)
{
    const struct model_portfolio *model = figures_portfolio(figures, &consolidated);
    for (uint32_t i = 0; i < model->row_count; i++)
        if (strcmp(model->rows[i].entity, entity) == 0)
            return &model->rows[i];
    fail_msg("no row %s", entity);
    return NULL;
}

static void the_headline_strip__of_the_worked_example(void **unused)
{
    (void)unused;
    struct fixture *fixture = fixture_alder_full(false);
    struct figures *figures = figures_at_year_end(fixture);
    const struct model_executive *model = figures_executive(figures, &consolidated);
    assert_value(&headline(model, "cash")->now, "1121000.00");
    assert_value(&headline(model, "revenue")->now, "1351234.73");
    assert_value(&headline(model, "noi")->now, "782097.11");
    assert_value(&headline(model, "net_income")->now, "296854.39");
    assert_value(&headline(model, "net_debt")->now, "1125500.00");
    assert_value(&headline(model, "ltv")->now, "0.2627");
    assert_value(&headline(model, "occupancy")->now, "0.8850");
    assert_value(&headline(model, "dscr")->now, "1.553553");
    assert_value(&headline(model, "runway")->now, "31.7");
    assert_int_equal(headline(model, "runway")->now.value.scale, 1);
    assert_value(&headline(model, "runway_parent")->now, "18.7");
    assert_value(&headline(model, "breaks")->now, "2");
    assert_value(&headline(model, "noi")->budget, "-30000.00");
    assert_value(&headline(model, "noi")->percent, "-0.0625");
    assert_int_equal(headline(model, "ltv")->budget.mark, MARK_NOT_APPLICABLE);
    assert_int_equal(headline(model, "cash")->part_count, 4);
    model = figures_executive(figures, &at_share);
    assert_value(&headline(model, "occupancy")->now, "0.8914");
    assert_value(&headline(model, "net_income")->now, "296854.39");
    figures_free(figures);
    fixture_free(fixture);
}

static void the_parts_of_a_headline__add_up_to_it(void **unused)
{
    (void)unused;
    struct fixture *fixture = fixture_alder_full(false);
    struct figures *figures = figures_at_year_end(fixture);
    static const char *const keys[] = {"cash", "revenue", "noi", "net_income",
                                       "net_debt"};
    const struct model_executive *model = figures_executive(figures, &consolidated);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const struct headline *line = headline(model, keys[i]);
        struct decimal sum = {0, 2};
        for (uint32_t j = 0; j < line->part_count; j++)
            assert_int_equal(decimal_add(sum, line->parts[j].figure.value, &sum),
                             DECIMAL_OK);
        assert_int_equal(decimal_compare(sum, line->now.value), 0);
    }
    figures_free(figures);
    fixture_free(fixture);
}

static void ratios_and_covenants__of_the_worked_example(void **unused)
{
    (void)unused;
    struct fixture *fixture = fixture_alder_full(false);
    struct figures *figures = figures_at_year_end(fixture);
    assert_value(&row_of(figures, "ELM")->dscr, "3.20");
    assert_value(&row_of(figures, "CED")->dscr, "1.25");
    assert_false(row_of(figures, "BIR")->dscr.present);
    assert_int_equal(row_of(figures, "BIR")->dscr.mark, MARK_NOT_APPLICABLE);
    assert_string_equal(row_of(figures, "BIR")->dscr.why, "no external debt");
    assert_value(&row_of(figures, "BIR")->noi, "450000.00");
    const struct model_executive *model = figures_executive(figures, &consolidated);
    assert_int_equal(model->covenant_count, 1);
    assert_string_equal(model->covenants[0].entity, "CED");
    assert_int_equal(model->covenants[0].state, COVENANT_WATCH);
    assert_value(&model->covenants[0].tested, "1.25");
    assert_value(&model->covenants[0].headroom, "0");
    assert_true(has_exception(model, "CED", "headroom"));
    figures_free(figures);
    fixture_free(fixture);
}

static void variances__of_the_worked_example(void **unused)
{
    (void)unused;
    struct fixture *fixture = fixture_alder_full(false);
    struct figures *figures = figures_at_year_end(fixture);
    const struct model_executive *model = figures_executive(figures, &consolidated);
    const struct variance_line *line = variance(model, "BIR", "noi");
    assert_value(&line->variance, "-30000.00");
    assert_value(&line->percent, "-0.0625");
    assert_false(line->favourable);
    assert_true(line->is_exception);
    line = variance(model, "ELM", "revenue");
    assert_value(&line->variance, "10000.00");
    assert_value(&line->percent, "0.0714");
    assert_true(line->favourable && line->is_exception);
    line = variance(model, "CED", "opex");
    assert_value(&line->actual, "140000.00");
    assert_string_equal(line->variance.currency, "EUR");
    assert_value(&line->variance, "20000.00");
    assert_value(&line->percent, "0.1667");
    assert_false(line->favourable);
    assert_int_equal(model->variance_count, 3);
    assert_string_equal(model->variances[0].entity,
                        "BIR"); /* 30,000 before 22,599.66 */
    figures_free(figures);
    fixture_free(fixture);
}

/* Decisions C1 and C12: as of 2025-11-30, looked at on 2025-12-31. */
static void an_aging_entity__enters_totals_and_marks_them(void **unused)
{
    (void)unused;
    struct fixture *fixture = fixture_alder();
    static const char *const others[] = {"ALD", "BIR", "DOG", "ELM"};
    fixture->as_of_ms = FIXTURE_NOW_MS - 31 * FIXTURE_DAY_MS - 1;
    fixture_alder_answers(fixture, "CED");
    fixture->as_of_ms = FIXTURE_NOW_MS - 1;
    for (int i = 0; i < 4; i++)
        fixture_alder_answers(fixture, others[i]);
    struct figures *figures = figures_at_year_end(fixture);
    const struct model_executive *model = figures_executive(figures, &consolidated);
    const struct figure *income = &headline(model, "net_income")->now;
    assert_value(income, "296854.39");
    assert_int_equal(income->mark, MARK_AGING);
    assert_int_equal(income->included, 5);
    assert_false(income->partial);
    assert_true(income->as_of_ms == FIXTURE_NOW_MS - 31 * FIXTURE_DAY_MS - 1);
    /* Cash is held to hours, not to days. */
    assert_int_equal(headline(model, "cash")->now.mark, MARK_STALE);
    assert_int_equal(figures_coverage(figures, &consolidated)->aging, 1);
    assert_string_equal(figures_coverage(figures, &consolidated)->oldest_entity, "CED");
    figures_free(figures);
    fixture_free(fixture);
}

static void last_known_values__count_until_the_hold_ends(void **unused)
{
    (void)unused;
    struct fixture *fixture = fixture_alder_full(false);
    struct figures *figures = figures_at_year_end(fixture);
    struct link_status *status =
        store_status(fixture->store, fixture_slot(fixture, "CED"));
    status->state = LINK_BACKING_OFF;
    status->down_since_ms = FIXTURE_NOW_MS;
    (void)snprintf(status->reason, sizeof status->reason, "timeout");
    uint64_t generation = figures_generation(figures);
    store_status_changed(fixture->store, fixture_slot(fixture, "CED"));
    assert_true(figures_generation(figures) != generation);
    const struct figure *income =
        &headline(figures_executive(figures, &consolidated), "net_income")->now;
    assert_value(income, "296854.39");
    assert_int_equal(income->mark, MARK_LAST_KNOWN);
    assert_true(income->partial);
    assert_int_equal(income->last_known, 1);
    assert_true(has_exception(figures_executive(figures, &consolidated), "CED",
                              "last known values: down: timeout"));
    /* '+': without it. */
    struct model_options without = consolidated;
    without.without_last_known = true;
    assert_value(&headline(figures_executive(figures, &without), "net_income")->now,
                 "209885.36");
    /* The clock alone ends the hold, at the moment that was announced. */
    int64_t next = figures_next_change_ms(figures);
    assert_true(next == FIXTURE_NOW_MS + 3600001);
    generation = figures_generation(figures);
    figures_set_clock(figures, next - 1, 1000 + 3600000);
    assert_true(figures_generation(figures) == generation);
    figures_set_clock(figures, next, 1000 + 3600001);
    assert_true(figures_generation(figures) != generation);
    income = &headline(figures_executive(figures, &consolidated), "net_income")->now;
    assert_value(income, "209885.36");
    assert_int_equal(income->included, 4);
    const struct coverage *coverage = figures_coverage(figures, &consolidated);
    assert_int_equal(coverage->answered, 4);
    assert_string_equal(coverage->missing[0], "CED");
    assert_null(coverage->missing[1]);
    assert_true(has_exception(figures_executive(figures, &consolidated), "CED",
                              "missing: link down since 2026-01-01T00:00Z"));
    figures_free(figures);
    fixture_free(fixture);
}

static void nothing_answered__shows_no_zero(void **unused)
{
    (void)unused;
    struct fixture *fixture = fixture_alder();
    struct figures *figures = figures_at_year_end(fixture);
    for (int basis = 0; basis < 3; basis++) {
        struct model_options options = {.basis = (enum basis)basis};
        const struct model_executive *model = figures_executive(figures, &options);
        const struct figure *cash = &headline(model, "cash")->now;
        assert_false(cash->present);
        assert_int_equal(cash->mark, MARK_WAITING);
        assert_int_equal(cash->included, 0);
        assert_int_equal(cash->expected, 6); /* who belongs is not known: all blocks */
        for (uint32_t i = 0; i < model->group_count; i++)
            assert_false(model->groups[i].cash.present);
    }
    assert_true(has_exception(figures_executive(figures, &consolidated), "ALD",
                              "ownership of ALD unknown"));
    /* One property alone: the aggregate has a number, the other two have none. */
    fixture_alder_answers(fixture, "BIR");
    struct model_options options = {.basis = BASIS_AGGREGATE};
    assert_value(&headline(figures_executive(figures, &options), "cash")->now,
                 "300000.00");
    const struct figure *cash =
        &headline(figures_executive(figures, &consolidated), "cash")->now;
    assert_false(cash->present);
    assert_string_equal(cash->why, "ownership of ALD unknown");
    figures_free(figures);
    fixture_free(fixture);
}

static void no_rate__leaves_the_entity_out_and_says_so(void **unused)
{
    (void)unused;
    struct fixture *fixture = fixture_alder_full(false);
    struct figures *figures = figures_at_year_end(fixture);
    store_begin(fixture->store, fixture_slot(fixture, "ALD"), false);
    store_delete(fixture->store, fixture_slot(fixture, "ALD"), VIEW_FX,
                 TEXT("ALD|EUR|USD|2025|average"));
    store_commit(fixture->store, fixture_slot(fixture, "ALD"), 99);
    const struct model_executive *model = figures_executive(figures, &consolidated);
    assert_value(&headline(model, "net_income")->now, "209885.36");
    assert_true(headline(model, "net_income")->now.partial);
    assert_true(has_exception(model, "CED", "no rate EUR->USD"));
    assert_false(row_of(figures, "CED")->cash.present);
    figures_free(figures);
    fixture_free(fixture);
}

static void maturities_and_leases__fall_into_buckets(void **unused)
{
    (void)unused;
    struct fixture *fixture = fixture_alder_full(false);
    static const char *const due[] = {"20251101", "20260331", "20260401", "20261231",
                                      "20270101", "20271231", "20280101"};
    for (size_t i = 0; i < sizeof due / sizeof *due; i++)
        fixture_put(fixture, VIEW_OBL, "CED", "kind", "loan-maturity", "id", due[i],
                    "due", due[i], "amount", "1000.00", "cur", "EUR", "state", "open",
                    NULL);
    fixture_put(fixture, VIEW_OBL, "BIR", "kind", "lease-end", "id", "L1", "due",
                "20260201", "amount", "", "qty", "1000", "unit", "sqft", "state",
                "open", NULL);
    fixture_put(fixture, VIEW_OBL, "BIR", "kind", "lease-end", "id", "L2", "due",
                "20260201", "amount", "", "qty", "7", "unit", "m2", "state", "done",
                NULL);
    struct figures *figures = figures_at_year_end(fixture);
    const struct model_executive *model = figures_executive(figures, &consolidated);
    static const char *const money[] = {"2350.00", "2350.00", "2350.00", "1175.00"};
    static const uint32_t counts[] = {2, 2, 2, 1};
    for (int i = 0; i < 4; i++) {
        assert_value(&model->buckets[i].maturities, money[i]);
        assert_int_equal(model->buckets[i].maturity_count, counts[i]);
    }
    assert_value(&model->buckets[0].leases, "92.903040");
    assert_int_equal(model->buckets[0].lease_count, 1);
    figures_free(figures);
    fixture_free(fixture);
}

static void groups__speak_for_their_own_members(void **unused)
{
    (void)unused;
    struct fixture *fixture = fixture_alder();
    static const char *const answering[] = {"ALD", "BIR", "DOG", "ELM"};
    for (int i = 0; i < 4; i++)
        fixture_alder_answers(fixture, answering[i]);
    struct figures *figures = figures_at_year_end(fixture);
    const struct model_executive *model = figures_executive(figures, &consolidated);
    assert_int_equal(model->group_count, 3);
    assert_string_equal(model->groups[0].name, "America");
    assert_int_equal(model->groups[0].entities, 3);
    assert_value(&model->groups[0].cash, "380000.00");
    assert_false(model->groups[0].cash.partial);
    assert_value(&model->groups[0].occupancy, "0.9214"); /* 64,500 / 70,000 */
    assert_string_equal(model->groups[1].name, "Europe");
    assert_int_equal(model->groups[1].answered, 0);
    assert_false(model->groups[1].cash.present);
    figures_free(figures);
    fixture_free(fixture);
}

static void the_entity_pane__shows_every_row_and_its_use(void **unused)
{
    (void)unused;
    struct fixture *fixture = fixture_alder_full(true);
    struct figures *figures = figures_at_year_end(fixture);
    const struct model_entity *model = figures_entity(figures, "CED");
    assert_non_null(model);
    assert_string_equal(model->name, "Cedar Court");
    assert_string_equal(model->currency, "EUR");
    bool fee = false, item = false;
    for (uint32_t i = 0; i < model->line_count; i++) {
        const struct entity_line *line = &model->lines[i];
        if (strcmp(line->label, "fee.management / management fee expense > ALD") == 0) {
            fee = true;
            assert_value(&line->figure, "20000.00");
            assert_string_equal(line->used_in, "NOI, net income");
            assert_non_null(strstr(line->detail, "cls=X  line=fee.management"));
        }
        if (line->view == VIEW_ITEM && strstr(line->used_in, "side B"))
            item = true;
    }
    assert_true(fee && item);
    assert_null(figures_entity(figures, "NOBODY"));
    assert_string_equal(figures_entity(figures, "GAL")->link->state, "idle");
    const struct model_fleet *fleet = figures_fleet(figures);
    assert_int_equal(fleet->line_count, 6);
    assert_string_equal(fleet->lines[2].state, "live");
    assert_int_equal(fleet->lines[2].rows, 13 + 1 + 5 + 1 + 2);
    figures_free(figures);
    fixture_free(fixture);
}

static void alerts__count_what_is_more_than_information(void **unused)
{
    (void)unused;
    struct fixture *fixture = fixture_alder_full(false);
    struct figures *figures = figures_at_year_end(fixture);
    const struct model_executive *model = figures_executive(figures, &consolidated);
    uint32_t alerts = figures_alert_count(figures, &consolidated), loud = 0;
    for (uint32_t i = 0; i < model->exception_count; i++) {
        loud += model->exceptions[i].severity > SEVERITY_INFO;
        if (i > 0)
            assert_true(model->exceptions[i].severity <=
                        model->exceptions[i - 1].severity);
    }
    assert_int_equal(alerts, loud);
    assert_int_equal(alerts, 5); /* two breaks, a covenant, BIR noi, CED opex */
    int64_t since = model->exceptions[0].since_ms;
    figures_set_clock(figures, FIXTURE_NOW_MS + 86400000, 86401000);
    model = figures_executive(figures, &consolidated);
    assert_true(model->exceptions[0].since_ms == since);
    figures_free(figures);
    fixture_free(fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_headline_strip__of_the_worked_example),
        cmocka_unit_test(the_parts_of_a_headline__add_up_to_it),
        cmocka_unit_test(ratios_and_covenants__of_the_worked_example),
        cmocka_unit_test(variances__of_the_worked_example),
        cmocka_unit_test(an_aging_entity__enters_totals_and_marks_them),
        cmocka_unit_test(last_known_values__count_until_the_hold_ends),
        cmocka_unit_test(nothing_answered__shows_no_zero),
        cmocka_unit_test(no_rate__leaves_the_entity_out_and_says_so),
        cmocka_unit_test(maturities_and_leases__fall_into_buckets),
        cmocka_unit_test(groups__speak_for_their_own_members),
        cmocka_unit_test(the_entity_pane__shows_every_row_and_its_use),
        cmocka_unit_test(alerts__count_what_is_more_than_information),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
