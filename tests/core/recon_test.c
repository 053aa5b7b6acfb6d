/* recon_test.c - the reconciliation table of the worked example, and the rules alone.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/figures.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/rows_fixture.h"

static const struct model_options options = {.basis = BASIS_CONSOLIDATED};

static struct figures *figures_at_year_end(struct fixture *fixture)
{
    struct figures *figures = figures_new(&fixture->config, fixture->store);
    assert_non_null(figures);
    figures_set_clock(figures, FIXTURE_NOW_MS, 1000);
    return figures;
}

static void assert_value(const struct figure *figure, const char *expected)
{
    struct decimal value;
    char text[DECIMAL_CHARS_MAX];
    assert_int_equal(decimal_parse(text_of(expected), &value), DECIMAL_OK);
    decimal_write(figure->value, text);
    if (!figure->present || decimal_compare(value, figure->value) != 0)
        fail_msg("%s expected, got %s%s", expected, figure->present ? "" : "absent ",
                 text);
}

static const struct check_line *find(const struct model_recon *model, const char *title)
{
    for (uint32_t i = 0; i < model->check_count; i++)
        if (strncmp(model->checks[i].title, title, strlen(title)) == 0)
            return &model->checks[i];
    fail_msg("no check %s", title);
    return NULL;
}

static const struct check_line *between(const struct model_recon *model, const char *a,
                                        const char *b, const char *cls)
{
    for (uint32_t i = 0; i < model->check_count; i++)
        if (strcmp(model->checks[i].a.entity, a) == 0 &&
            strcmp(model->checks[i].b.entity, b) == 0 &&
            strcmp(model->checks[i].cls, cls) == 0)
            return &model->checks[i];
    fail_msg("no check %s/%s %s", a, b, cls);
    return NULL;
}

static void the_table_of_the_worked_example(void **unused)
{
    (void)unused;
    struct fixture *fixture = fixture_alder_full(true);
    struct figures *figures = figures_at_year_end(fixture);
    const struct model_recon *model = figures_recon(figures, &options);
    static const struct {
        const char *title, *difference;
        enum check_status status;
        int64_t age;
    } rows[] = {
        {"MF-12", "0", CHECK_MATCHED, 30},
        {"MF-13", "5000.00", CHECK_TIMING, 0},
        {"LN-01", "0", CHECK_MATCHED, 364},
        {"RC-07", "0.60", CHECK_MATCHED_TOLERANCE, 47},
        {"RC-08", "360.00", CHECK_MISMATCH, 72},
        {"RC-09", "2000.00", CHECK_ONE_SIDED, 107},
        {"RC-10", "0", CHECK_MATCHED_GROUP, 41},
        {"FE-25 intercompany A/L", "0", CHECK_MATCHED, 16},
        {"FE-25 intercompany R/X", "-39.66", CHECK_FX_DIFFERENCE, 16},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct check_line *check = find(model, rows[i].title);
        assert_string_equal(check_status_name(check->status),
                            check_status_name(rows[i].status));
        assert_value(&check->difference, rows[i].difference);
        assert_int_equal(check->age_days, rows[i].age);
    }
    assert_string_equal(find(model, "RC-08")->hint, "digits transposed?");
    assert_int_equal(find(model, "GX-01")->status, CHECK_UNAVAILABLE);
    assert_false(find(model, "GX-01")->difference.present);
    assert_value(&model->unresolved, "2360.00");
    assert_value(&model->unavailable_exposure, "12000.00");
    assert_int_equal(model->counts[GROUP_BREAK], 2);
    assert_int_equal(model->checks[0].group, GROUP_BREAK);
    assert_value(&model->checks[0].difference, "2000.00");
    assert_non_null(find(model, "RC-10")->a.row_keys[1]);
    assert_null(find(model, "RC-10")->a.row_keys[2]);
    figures_free(figures);
    fixture_free(fixture);
}

static void before_the_other_side_posts__an_item_is_one_sided(void **unused)
{
    (void)unused;
    struct fixture *fixture = fixture_alder_full(true);
    struct figures *figures = figures_at_year_end(fixture);
    (void)figures_recon(figures, &options);
    uint32_t slot = fixture_slot(fixture, "BIR");
    for (uint32_t i = 0; i < store_row_count(fixture->store, slot, VIEW_ITEM); i++) {
        const union any_row *row = store_row(fixture->store, slot, VIEW_ITEM, i);
        struct names *names = store_names(fixture->store);
        if (!text_equal(names_text(names, row->item.ref), TEXT("MF-13")))
            continue;
        store_begin(fixture->store, slot, false);
        store_delete(fixture->store, slot, VIEW_ITEM, names_text(names, row->row.key));
        store_commit(fixture->store, slot, 99);
        break;
    }
    const struct model_recon *model = figures_recon(figures, &options);
    assert_int_equal(find(model, "MF-13")->status, CHECK_ONE_SIDED);
    assert_value(&model->unresolved, "7360.00");
    figures_free(figures);
    fixture_free(fixture);
}

static void without_items__balances_are_compared(void **unused)
{
    (void)unused;
    struct fixture *fixture = fixture_alder_full(false);
    struct figures *figures = figures_at_year_end(fixture);
    const struct model_recon *model = figures_recon(figures, &options);
    const struct check_line *check = between(model, "ALD", "BIR", "A/L");
    assert_int_equal(check->status, CHECK_BALANCE_DIFFERENCE);
    assert_value(&check->difference, "5000.00");
    assert_value(&check->a.figure, "405000.00");
    assert_value(&check->b.figure, "400000.00");
    assert_int_equal(between(model, "ALD", "BIR", "R/Q")->status,
                     CHECK_MATCHED_BALANCE);
    /* USD 23,500 against EUR 20,000 at closing; income within the rates of the year. */
    check = between(model, "ALD", "CED", "A/L");
    assert_int_equal(check->status, CHECK_MATCHED_BALANCE);
    check = between(model, "ALD", "CED", "R/X");
    assert_int_equal(check->status, CHECK_FX_DIFFERENCE);
    assert_value(&check->difference, "-39.66");
    assert_int_equal(model->counts[GROUP_BREAK], 2); /* the true-up, both its legs */
    figures_free(figures);
    fixture_free(fixture);
}

static void a_side_that_is_not_current__makes_no_break(void **unused)
{
    (void)unused;
    struct fixture *fixture = fixture_alder_full(false);
    struct figures *figures = figures_at_year_end(fixture);
    uint32_t slot = fixture_slot(fixture, "BIR");
    store_status(fixture->store, slot)->state = LINK_BACKING_OFF;
    store_status_changed(fixture->store, slot);
    const struct model_recon *model = figures_recon(figures, &options);
    const struct check_line *check = between(model, "ALD", "BIR", "A/L");
    assert_int_equal(check->status, CHECK_BALANCE_DIFFERENCE);
    assert_int_equal(check->group, GROUP_PROVISIONAL);
    assert_int_equal(model->counts[GROUP_BREAK], 0);
    assert_value(&model->unresolved, "0");
    /* After the hold it is no difference at all. */
    figures_set_clock(figures, FIXTURE_NOW_MS + 3600001, 3601001 + 1000);
    check = between(figures_recon(figures, &options), "ALD", "BIR", "A/L");
    assert_int_equal(check->status, CHECK_UNAVAILABLE);
    assert_int_equal(check->group, GROUP_UNKNOWN);
    store_status(fixture->store, slot)->refusal = REFUSED_DENIED;
    store_status_changed(fixture->store, slot);
    check = between(figures_recon(figures, &options), "ALD", "BIR", "A/L");
    assert_int_equal(check->status, CHECK_NOT_PERMITTED);
    figures_free(figures);
    fixture_free(fixture);
}

static void put_item(struct fixture *fixture, const char *entity, const char *cp,
                     const char *cls, const char *ref, const char *date,
                     const char *amount)
{
    char ordinal[24];
    (void)snprintf(ordinal, sizeof ordinal, "%" PRId64, ++fixture->seq);
    fixture_put(fixture, VIEW_ITEM, entity, "cp", cp, "cls", cls, "account", "", "ref",
                ref, "k", ordinal, "date", date, "cur", "USD", "amt", amount, "bcur",
                "USD", "booked", amount, "st", "open", NULL);
}

static void items_without_a_reference__are_only_suggested(void **unused)
{
    (void)unused;
    struct fixture *fixture = fixture_alder_full(false);
    put_item(fixture, "BIR", "ELM", "A", "", "20251101", "70.00");
    put_item(fixture, "ELM", "BIR", "L", "", "20251104", "-70.00");
    put_item(fixture, "BIR", "ELM", "A", "", "20251101", "80.00"); /* two could be it */
    put_item(fixture, "ELM", "BIR", "L", "", "20251102", "-80.00");
    put_item(fixture, "ELM", "BIR", "L", "", "20251103", "-80.00");
    put_item(fixture, "BIR", "ELM", "A", "", "20251101", "90.00"); /* four days apart */
    put_item(fixture, "ELM", "BIR", "L", "", "20251105", "-90.00");
    struct figures *figures = figures_at_year_end(fixture);
    const struct model_recon *model = figures_recon(figures, &options);
    assert_int_equal(model->counts[GROUP_SUGGESTED], 1);
    uint32_t one_sided = 0;
    for (uint32_t i = 0; i < model->check_count; i++)
        one_sided += model->checks[i].status == CHECK_ONE_SIDED;
    assert_int_equal(one_sided, 5);
    figures_free(figures);
    fixture_free(fixture);
}

static void a_mismatch__says_what_it_looks_like(void **unused)
{
    (void)unused;
    struct fixture *fixture = fixture_alder_full(false);
    put_item(fixture, "BIR", "ELM", "A", "T-1", "20251101", "500.00");
    put_item(fixture, "ELM", "BIR", "L", "T-1", "20251101", "500.00");
    put_item(fixture, "BIR", "ELM", "A", "T-2", "20251101", "500.00");
    put_item(fixture, "ELM", "BIR", "L", "T-2", "20251101", "-1000.00");
    put_item(fixture, "BIR", "ELM", "A", "T-3", "20251101", "500.00");
    put_item(fixture, "ELM", "BIR", "L", "T-3", "20251101", "-501.01");
    struct figures *figures = figures_at_year_end(fixture);
    const struct model_recon *model = figures_recon(figures, &options);
    assert_string_equal(find(model, "T-1")->hint, "same sign on both sides?");
    assert_string_equal(find(model, "T-2")->hint, "booked twice?");
    assert_string_equal(find(model, "T-3")->hint, "");
    assert_int_equal(find(model, "T-3")->status, CHECK_MISMATCH);
    figures_free(figures);
    fixture_free(fixture);
}

static void check_blocks__compare_named_sums(void **unused)
{
    (void)unused;
    struct fixture *fixture = fixture_alder_full(false);
    static const char *const debt[] = {"ALD|pos|L|debt", "ELM|pos|L|debt", NULL};
    static const char *const less[] = {"ALD|metric|debt.external", NULL};
    static const char *const gone[] = {"ALD|metric|debt.external", "GAL|metric|x",
                                       NULL};
    static const char *const none[] = {"ALD|metric|nothing", NULL};
    struct config_check checks[] = {
        {"CT-DEBT", "CT", "debt", "", debt, less},
        {"CT-GONE", "CT", "gone", "2025", debt, gone},
        {"CT-NONE", "CT", "none", "2025", none, none},
    };
    fixture->config.checks = checks;
    fixture->config.check_count = 3;
    fixture_put(fixture, VIEW_METRIC, "ALD", "key", "debt.external", "period", "2025",
                "start", "20250101", "end", "20251231", "scenario", "actual", "basis",
                "own", "unit", "USD", "nature", "stock", "value", "2200500.00",
                "quality", "ok", NULL);
    fixture_put(fixture, VIEW_METRIC, "ELM", "key", "noi", "period", "2025", "start",
                "20250101", "end", "20251231", "scenario", "actual", "basis", "own",
                "unit", "USD", "nature", "flow", "value", "80000.00", "quality", "ok",
                NULL);
    struct figures *figures = figures_at_year_end(fixture);
    const struct model_recon *model = figures_recon(figures, &options);
    /* ALD owes 1,500,000 and ELM 300,000: loans from the group have a line of theirs.
     */
    assert_value(&find(model, "debt")->difference, "-400500.00");
    assert_int_equal(find(model, "debt")->status, CHECK_BALANCE_DIFFERENCE);
    assert_int_equal(find(model, "gone")->status, CHECK_PARTIAL);
    assert_int_equal(find(model, "gone")->group, GROUP_PARTIAL);
    assert_int_equal(find(model, "none")->status, CHECK_UNAVAILABLE);
    /* A ledger and a metric of one name are compared unasked. */
    assert_int_equal(find(model, "noi: ledger")->status, CHECK_MATCHED);
    figures_free(figures);
    fixture_free(fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_of_the_worked_example),
        cmocka_unit_test(before_the_other_side_posts__an_item_is_one_sided),
        cmocka_unit_test(without_items__balances_are_compared),
        cmocka_unit_test(a_side_that_is_not_current__makes_no_break),
        cmocka_unit_test(items_without_a_reference__are_only_suggested),
        cmocka_unit_test(a_mismatch__says_what_it_looks_like),
        cmocka_unit_test(check_blocks__compare_named_sums),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
