/* figures_test.c - the calendar, rates, who belongs and who may speak. */
#include <stdio.h>
#include <stdlib.h>

#include "core/figures.h"
#include "core/figures_line.h"
#include "core/figures_period.h"
#include "core/fx.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/rows_fixture.h"

static const struct model_options consolidated = {.basis = BASIS_CONSOLIDATED};
static const struct model_options aggregate = {.basis = BASIS_AGGREGATE};

static struct figures *figures_at_year_end(struct fixture *fixture)
{
    struct figures *figures = figures_new(&fixture->config, fixture->store);
    assert_non_null(figures);
    figures_set_clock(figures, FIXTURE_NOW_MS, 1000);
    return figures;
}

static bool has_exception(struct figures *figures, const char *entity, const char *what)
{
    const struct model_executive *model = figures_executive(figures, &consolidated);
    for (uint32_t i = 0; i < model->exception_count; i++)
        if (strcmp(model->exceptions[i].entity, entity) == 0 &&
            strstr(model->exceptions[i].what, what))
            return true;
    return false;
}

static void assert_cash(struct figures *figures, const struct model_options *options,
                        const char *expected)
{
    char text[DECIMAL_CHARS_MAX];
    const struct figure *cash = &figures_portfolio(figures, options)->total.cash;
    assert_true(cash->present);
    decimal_write(cash->value, text);
    assert_string_equal(text, expected);
}

/* --- the calendar ------------------------------------------------------------- */

static void days__follow_the_calendar(void **unused)
{
    (void)unused;
    int64_t date = 19000101, days = date_days(19000101);
    assert_int_equal(date_days(19700101), 0);
    assert_int_equal(date_days(20000229), 11016);
    /* Each day is the next of the one before it. */
    for (int i = 0; i < 80000; i++) {
        int64_t year = date / 10000, month = date / 100 % 100, day = date % 100;
        assert_int_equal(date_of_days(days), date);
        assert_int_equal(date_days(date), days);
        static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
        bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        if (++day > lengths[month - 1] + (month == 2 && leap)) {
            day = 1;
            month++;
        }
        if (month > 12) {
            month = 1;
            year++;
        }
        date = year * 10000 + month * 100 + day;
        days++;
    }
    assert_int_equal(date_of_ms(-1), 19691231);
    assert_int_equal(date_of_ms(0), 19700101);
    assert_int_equal(date_add_months(20251231, 2), 20260228);
    assert_int_equal(date_add_months(20251130, 3), 20260228);
    assert_int_equal(date_add_months(20240115, 24), 20260115);
}

static void period_tokens__are_read_and_others_refused(void **unused)
{
    (void)unused;
    static const struct {
        const char *token;
        int64_t start, end;
    } good[] = {{"2025", 20250101, 20251231},
                {"2024-02", 20240201, 20240229},
                {"2025Q3", 20250701, 20250930},
                {"2025-12-31", 20251231, 20251231},
                {"20250401-20260331", 20250401, 20260331},
                {"all", 10000101, 99991231}};
    static const char *const bad[] = {
        "",       "25",         "2025-13", "2025Q5",
        "2025-2", "2025-02-30", "2025Q0",  "20260401-20250331",
        "ALL",    "2025 ",      "2025-1x", "0000"};
    struct period period;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(period_parse(text_of(good[i].token), &period));
        assert_int_equal(period.start, good[i].start);
        assert_int_equal(period.end, good[i].end);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(period_parse(text_of(bad[i]), &period));
}

static void lines__are_found_by_their_longest_known_word(void **unused)
{
    (void)unused;
    static const struct {
        const char *cls, *name;
        enum line line;
    } cases[] = {{"A", "cash", LINE_CASH},
                 {"A", "cash.restricted", LINE_CASH_RESTRICTED},
                 {"A", "cash.restricted.escrow", LINE_CASH_RESTRICTED},
                 {"A", "cash.petty", LINE_CASH},
                 {"A", "cashier", LINE_ASSET_UNMAPPED},
                 {"L", "debt.mortgage", LINE_DEBT},
                 {"A", "debt", LINE_ASSET_UNMAPPED},
                 {"X", "other", LINE_EXPENSE_OTHER},
                 {"V", "anything", LINE_INVESTMENT},
                 {"Q", "", LINE_EQUITY_UNMAPPED},
                 {"R", "revenue.operating.rent", LINE_REVENUE_OPERATING}};
    enum line line;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_true(line_find(text_of(cases[i].cls), text_of(cases[i].name), &line));
        assert_int_equal(line, cases[i].line);
    }
    assert_false(line_find(TEXT("Z"), TEXT("cash"), &line));
    assert_false(line_find(TEXT(""), TEXT("cash"), &line));
}

/* --- rates
 * -----------------------------------------------------------------------------------
 */

static void put_rate(struct fixture *fixture, const char *from, const char *to,
                     const char *rate, const char *fixed)
{
    fixture_put(fixture, VIEW_FX, "ALD", "from", from, "to", to, "period", "2025",
                "type", "closing", "rate", rate, "fixed", fixed, "source", "ECB", NULL);
}

static struct fx_rate closing(struct fixture *fixture, const char *from, const char *to)
{
    return fx_find(fixture->store, 0, TEXT("ALD"), text_of(from), text_of(to),
                   TEXT("2025"), FX_CLOSING);
}

static void assert_rate(struct fx_rate rate, const char *expected, bool derived)
{
    char text[DECIMAL_CHARS_MAX];
    assert_true(rate.found);
    assert_int_equal(rate.derived, derived);
    decimal_write(rate.rate, text);
    assert_string_equal(text, expected);
}

static void a_cross__is_derived_only_when_none_is_given(void **unused)
{
    (void)unused;
    struct fixture *fixture = fixture_alder();
    put_rate(fixture, "EUR", "USD", "1.175", "20251231");
    put_rate(fixture, "EUR", "CAD", "1.6088", "20251230");
    put_rate(fixture, "CHF", "SEK", "11.5", "20251231");
    put_rate(fixture, "CHF", "NOK", "12.7", "20251231");
    put_rate(fixture, "EUR", "XXX", "-1", "20251231");
    assert_rate(closing(fixture, "EUR", "USD"), "1.175", false);
    assert_rate(closing(fixture, "CAD", "USD"), "0.730358", true); /* of the example */
    assert_int_equal(closing(fixture, "CAD", "USD").fixed, 20251230);
    assert_rate(closing(fixture, "CAD", "EUR"), "0.621581", true);
    assert_rate(closing(fixture, "SEK", "NOK"), "1.104348", true);
    assert_rate(closing(fixture, "USD", "USD"), "1", false);
    assert_false(closing(fixture, "JPY", "USD").found);
    assert_false(closing(fixture, "SEK", "USD").found); /* no common base */
    assert_false(closing(fixture, "XXX", "USD").found); /* a negative rate is none */
    put_rate(fixture, "CAD", "USD", "0.73", "20251231");
    assert_rate(closing(fixture, "CAD", "USD"), "0.73", false);
    fixture_free(fixture);
}

static void an_old_fixing__marks_what_it_converts(void **unused)
{
    (void)unused;
    struct fixture *fixture = fixture_alder_full(false);
    struct figures *figures = figures_at_year_end(fixture);
    assert_int_equal(figures_coverage(figures, &consolidated)->current, 5);
    assert_true(figures_coverage(figures, &consolidated)->fx_current);
    put_rate(fixture, "EUR", "USD", "1.175", "20251226");
    assert_false(figures_coverage(figures, &consolidated)->fx_current);
    assert_int_equal(figures_coverage(figures, &consolidated)->fx_date, 20251226);
    assert_int_equal(figures_coverage(figures, &consolidated)->aging, 1);
    assert_true(has_exception(figures, "", "rates are older"));
    /* Four calendar days of grace: a weekend, and two holidays. */
    put_rate(fixture, "EUR", "USD", "1.175", "20251227");
    assert_true(figures_coverage(figures, &consolidated)->fx_current);
    figures_free(figures);
    fixture_free(fixture);
}

static void two_archives_with_two_rates__are_told(void **unused)
{
    (void)unused;
    struct fixture *fixture = fixture_alder_full(false);
    struct figures *figures = figures_at_year_end(fixture);
    fixture_put(fixture, VIEW_FX, "BIR", "from", "EUR", "to", "USD", "period", "2025",
                "type", "closing", "rate", "1.1750", "fixed", "20251231", "source",
                "ECB", NULL);
    assert_false(has_exception(figures, "BIR", "two rates"));
    fixture_put(fixture, VIEW_FX, "BIR", "from", "EUR", "to", "USD", "period", "2025",
                "type", "closing", "rate", "1.1751", "fixed", "20251231", "source",
                "ECB", NULL);
    assert_true(has_exception(figures, "BIR", "two rates"));
    figures_free(figures);
    fixture_free(fixture);
}

/* --- who belongs -------------------------------------------------------------- */

static void put_edge(struct fixture *fixture, const char *block, const char *owner,
                     const char *owned, const char *from, const char *to,
                     const char *percent, const char *method)
{
    fixture_put_as(fixture, block, VIEW_OWN, owner, "owned", owned, "from", from, "to",
                   to, "econ_num", percent, "econ_den", "100", "method", method, NULL);
}

static void an_owned_id_without_a_block__is_expected_and_missing(void **unused)
{
    (void)unused;
    struct fixture *fixture = fixture_alder_full(false);
    struct figures *figures = figures_at_year_end(fixture);
    put_edge(fixture, "BIR", "BIR", "NEW", "20250101", "0", "100", "full");
    const struct coverage *coverage = figures_coverage(figures, &consolidated);
    assert_int_equal(coverage->expected, 6);
    assert_int_equal(coverage->answered, 5);
    assert_string_equal(coverage->missing[0], "NEW");
    assert_true(has_exception(figures, "NEW", "not paired"));
    assert_null(figures_entity(figures, "NEW"));
    figures_free(figures);
    fixture_free(fixture);
}

static void edges__hold_from_a_date_to_a_date(void **unused)
{
    (void)unused;
    struct fixture *fixture = fixture_alder_full(false);
    struct figures *figures = figures_at_year_end(fixture);
    /* Sold on the last day: `to` is exclusive. */
    put_edge(fixture, "ALD", "ALD", "CED", "20200101", "20251231", "60", "full");
    assert_int_equal(figures_coverage(figures, &consolidated)->expected, 4);
    put_edge(fixture, "ALD", "ALD", "CED", "20200101", "20260101", "60", "full");
    assert_int_equal(figures_coverage(figures, &consolidated)->expected, 5);
    put_edge(fixture, "ALD", "ALD", "GAL", "20260101", "0", "60", "full");
    assert_int_equal(figures_coverage(figures, &consolidated)->expected, 5);
    figures_free(figures);
    fixture_free(fixture);
}

static void a_cycle__is_left_out_and_told(void **unused)
{
    (void)unused;
    struct fixture *fixture = fixture_alder_full(false);
    struct figures *figures = figures_at_year_end(fixture);
    put_edge(fixture, "ELM", "ELM", "BIR", "20250101", "0", "5", "full");
    assert_true(has_exception(figures, "BIR", "ownership cycle"));
    assert_true(has_exception(figures, "ELM", "ownership cycle"));
    assert_cash(figures, &consolidated, "741000.00"); /* ALD and CED */
    const struct coverage *coverage = figures_coverage(figures, &consolidated);
    assert_int_equal(coverage->answered, 3);
    figures_free(figures);
    fixture_free(fixture);
}

static void a_structure_archive__speaks_until_the_owner_does(void **unused)
{
    (void)unused;
    struct fixture *fixture = fixture_new();
    fixture_block(fixture, "LAW")->structure = true;
    fixture_block(fixture, "TOP");
    fixture_block(fixture, "SUB");
    fixture->config.portfolios[0].root = "TOP";
    fixture_start(fixture);
    struct figures *figures = figures_at_year_end(fixture);
    put_edge(fixture, "LAW", "TOP", "SUB", "20200101", "0", "70", "full");
    fixture_live(fixture, "LAW");
    const struct model_portfolio *model = figures_portfolio(figures, &consolidated);
    assert_int_equal(model->row_count, 2);
    assert_string_equal(model->rows[0].entity, "SUB");
    assert_true(model->rows[0].effective.present);
    assert_int_equal(model->rows[0].effective.value.coefficient, 7);
    put_edge(fixture, "TOP", "TOP", "SUB", "20200101", "0", "80", "full");
    model = figures_portfolio(figures, &consolidated);
    assert_int_equal(model->rows[0].effective.value.coefficient, 8);
    assert_true(has_exception(figures, "TOP", "LAW tells its share in SUB otherwise"));
    figures_free(figures);
    fixture_free(fixture);
}

static void put_cash(struct fixture *fixture, const char *block, const char *entity,
                     const char *amount)
{
    fixture_put_as(fixture, block, VIEW_POS, entity, "period", "2025", "start",
                   "20250101", "end", "20251231", "cls", "A", "line", "cash", "account",
                   "", "cp", "", "cur", "USD", "open", "0", "move", amount, NULL);
}

static void a_hub__carries_its_entities_and_their_missing_ones(void **unused)
{
    (void)unused;
    struct fixture *fixture = fixture_new();
    static const char *const listed[] = {"N-*", NULL};
    struct config_totebox *block = fixture_block(fixture, "HUB");
    block->hub = true;
    block->entities = listed;
    fixture_block(fixture, "ALD");
    fixture_start(fixture);
    struct figures *figures = figures_at_year_end(fixture);
    put_cash(fixture, "HUB", "N-1", "10.00");
    put_cash(fixture, "HUB", "N-10", "200.00");
    put_cash(fixture, "HUB", "N-2", "3000.00");
    put_cash(fixture, "ALD", "ALD", "40000.00");
    fixture_put_as(fixture, "HUB", VIEW_LINK, "N-2", "state", "MISSING", "reason",
                   "timeout", NULL);
    fixture_live_all(fixture);
    assert_cash(figures, &aggregate, "40210.00");
    const struct coverage *coverage = figures_coverage(figures, &aggregate);
    assert_int_equal(coverage->expected, 4);
    assert_string_equal(coverage->missing[0], "N-2");
    assert_int_equal(figures_entity(figures, "N-1")->line_count, 1);
    fixture_put_as(fixture, "HUB", VIEW_LINK, "N-2", "state", "LAST_KNOWN", NULL);
    assert_cash(figures, &aggregate, "43210.00");
    assert_true(figures_portfolio(figures, &aggregate)->total.cash.partial);
    figures_free(figures);
    fixture_free(fixture);
}

static void
counterparties_that_are_withheld__leave_eliminations_incomplete(void **unused)
{
    (void)unused;
    struct fixture *fixture = fixture_alder_full(false);
    struct figures *figures = figures_at_year_end(fixture);
    fixture_put(fixture, VIEW_POS, "CED", "period", "2025", "start", "20250101", "end",
                "20251231", "cls", "L", "line", "payable", "account", "hidden", "cp",
                "withheld", "cur", "EUR", "open", "0", "move", "-1.00", NULL);
    const struct model_portfolio *model = figures_portfolio(figures, &consolidated);
    bool told = false;
    for (uint32_t i = 0; i < model->left_out_count; i++)
        told |= strcmp(model->left_out[i].what, "its eliminations") == 0;
    assert_true(told);
    assert_true(has_exception(figures, "CED", "eliminations are incomplete"));
    figures_free(figures);
    fixture_free(fixture);
}

static void what_a_consolidated_parent_owns__is_not_added_again(void **unused)
{
    (void)unused;
    struct fixture *fixture = fixture_alder_full(false);
    struct figures *figures = figures_at_year_end(fixture);
    fixture_put(fixture, VIEW_ENTITY, "BIR", "name", "Birch", "kind", "property", "cur",
                "USD", "lifecycle", "active", "parent_scope", "consolidated", NULL);
    assert_int_equal(figures_coverage(figures, &consolidated)->expected, 4);
    assert_cash(figures, &consolidated, "1041000.00"); /* without ELM's 80,000 */
    assert_true(has_exception(figures, "BIR", "not added again"));
    figures_free(figures);
    fixture_free(fixture);
}

static void a_model__is_built_once_for_one_generation(void **unused)
{
    (void)unused;
    struct fixture *fixture = fixture_alder_full(false);
    struct figures *figures = figures_at_year_end(fixture);
    uint64_t generation = figures_generation(figures);
    const struct model_portfolio *model = figures_portfolio(figures, &consolidated);
    assert_ptr_equal(figures_portfolio(figures, &consolidated), model);
    figures_set_clock(figures, FIXTURE_NOW_MS + 1, 1001);
    assert_true(figures_generation(figures) == generation);
    put_cash(fixture, "BIR", "BIR", "1.00");
    assert_true(figures_generation(figures) > generation);
    assert_cash(figures, &consolidated, "1121001.00");
    figures_free(figures);
    fixture_free(fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days__follow_the_calendar),
        cmocka_unit_test(period_tokens__are_read_and_others_refused),
        cmocka_unit_test(lines__are_found_by_their_longest_known_word),
        cmocka_unit_test(a_cross__is_derived_only_when_none_is_given),
        cmocka_unit_test(an_old_fixing__marks_what_it_converts),
        cmocka_unit_test(two_archives_with_two_rates__are_told),
        cmocka_unit_test(an_owned_id_without_a_block__is_expected_and_missing),
        cmocka_unit_test(edges__hold_from_a_date_to_a_date),
        cmocka_unit_test(a_cycle__is_left_out_and_told),
        cmocka_unit_test(a_structure_archive__speaks_until_the_owner_does),
        cmocka_unit_test(a_hub__carries_its_entities_and_their_missing_ones),
        cmocka_unit_test(
            counterparties_that_are_withheld__leave_eliminations_incomplete),
        cmocka_unit_test(what_a_consolidated_parent_owns__is_not_added_again),
        cmocka_unit_test(a_model__is_built_once_for_one_generation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
