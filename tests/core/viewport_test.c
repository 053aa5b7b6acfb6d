/* viewport_test.c - what an operator defines: the grammar's errors, and figures that
 * are exact, covered and never made up. */
#include <stdio.h>
#include <stdlib.h>

#include "core/figures.h"
#include "core/viewport.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/rows_fixture.h"

static const struct model_options plain = {.basis = BASIS_AGGREGATE};

/* --- the file --------------------------------------------------------------------- */

#define HEAD            "viewport \"v\" {\n rows = \"obl\"\n group-by = {\"entity\"}\n"
#define COLUMN(formula) HEAD " column \"a\" {\n formula = \"" formula "\"\n }\n}\n"

static void mistakes__name_file_and_line_and_what_can_stand_there(void **unused)
{
    static const struct {
        const char *text, *where, *words;
    } mistakes[] = {
        {COLUMN("sum(amont)"), "v.conf:5:", "its numbers are: amount"},
        {COLUMN("sum(amount"), "v.conf:5:", "is not closed"},
        {COLUMN("amount"), "v.conf:5:", "stands inside sum()"},
        {COLUMN("avg(amount)"), "v.conf:5:", "sum min max count ratio total"},
        {COLUMN("sum(sum(amount))"), "v.conf:5:", "inside another function"},
        {COLUMN("ratio(num)"), "v.conf:5:", "ratio() takes two"},
        {COLUMN("sum(amount) 2"), "v.conf:5:", "left over"},
        {COLUMN("1.2.3"), "v.conf:5:", "is no number"},
        {COLUMN(""), "v.conf:5:", "ends too soon"},
        {COLUMN("((((((((((((((1))))))))))))))"), "v.conf:5:", "too deeply"},
        {"viewport \"v\" {\n rows = \"loans\"\n}\n",
         "v.conf:2:", "entity own pos metric"},
        {"viewport \"exec\" {\n rows = \"obl\"\n}\n", "v.conf:2:", "belongs to a pane"},
        {"viewport \"v\" {\n rows = \"obl\"\n where = \"kid=x\"\n}\n",
         "v.conf:3:", "there are: kind id"},
        {"viewport \"v\" {\n rows = \"obl\"\n where = \"due<soon\"\n}\n",
         "v.conf:3:", "write it as 2026-12-31"},
        {"viewport \"v\" {\n rows = \"obl\"\n filter = \"region:UK\"\n}\n",
         "v.conf:3:", "entity name group kind currency tag"},
        {"viewport \"v\" {\n rows = \"obl\"\n group-by = {\"bucket(due,12m,3m)\"}\n}\n",
         "v.conf:3:", "must rise"},
        {"viewport \"v\" {\n rows = \"obl\"\n}\n", "v.conf:", "group-by"},
        {HEAD "}\n", "v.conf:", "needs a column"},
        {HEAD " column \"a\" { formula = \"count()\" }\n sort = \"b\"\n}\n",
         "v.conf:5:", "write a column or a name of group-by"},
        {HEAD " column \"a\" { formula = \"count()\" }\n threshold \"b\" {\n"
              " above = \"1\" }\n}\n",
         "v.conf:", "no column with a formula"},
        {HEAD " column \"a\" { formula = \"count()\" }\n threshold \"a\" {\n"
              " above = \"x\" }\n}\n",
         "v.conf:6:", "write digits"},
        {HEAD " colum \"a\" { formula = \"count()\" }\n}\n",
         "v.conf:4:", "what can stand here"},
        {HEAD " column \"a\" { formula = \"count()\" }\n", "v.conf:1:", ""},
    };
    (void)unused;
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        struct viewports *viewports = calloc(1, sizeof *viewports);
        char error[CONFIG_ERROR_CHARS];
        if (viewports_parse(viewports, mistakes[i].text, "v.conf", error))
            fail_msg("accepted: %s", mistakes[i].text);
        if (strncmp(error, mistakes[i].where, strlen(mistakes[i].where)) != 0 ||
            !strstr(error, mistakes[i].words))
            fail_msg("%s: %s", mistakes[i].text, error);
        assert_int_equal(viewports->count, 0);
        viewports_free(viewports);
    }
}

static void a_name__stands_once(void **unused)
{
    char error[CONFIG_ERROR_CHARS];
    struct viewports *viewports = calloc(1, sizeof *viewports);
    (void)unused;
    assert_true(viewports_parse(viewports, COLUMN("count()"), "one.conf", error));
    assert_false(viewports_parse(viewports, COLUMN("count()"), "two.conf", error));
    assert_non_null(strstr(error, "one.conf:2 has one of that name"));
    assert_int_equal(viewports->count, 1);
    viewports_free(viewports);
}

/* --- figures ---------------------------------------------------------------------- */

struct world {
    struct fixture *fixture;
    struct figures *figures;
    struct viewports *viewports;
};

static void world_open(struct world *world, struct fixture *fixture, const char *text)
{
    char error[CONFIG_ERROR_CHARS];
    world->fixture = fixture;
    world->viewports = calloc(1, sizeof *world->viewports);
    if (!viewports_parse(world->viewports, text, "v.conf", error))
        fail_msg("%s", error);
    world->figures = figures_new(&fixture->config, fixture->store);
    assert_non_null(world->figures);
    figures_set_clock(world->figures, FIXTURE_NOW_MS, 1000);
}

static void world_close(struct world *world)
{
    figures_free(world->figures);
    viewports_free(world->viewports);
    fixture_free(world->fixture);
}

static const struct model_viewport *build(struct world *world)
{
    const struct model_viewport *model =
        figures_viewport(world->figures, &plain, &world->viewports->items[0]);
    assert_non_null(model);
    return model;
}

static const struct viewport_line *line_of(const struct model_viewport *model,
                                           const char *identity)
{
    for (uint32_t i = 0; i < model->line_count; i++)
        if (strcmp(model->lines[i].identity, identity) == 0)
            return &model->lines[i];
    fail_msg("no line %s", identity);
    return NULL;
}

static void assert_shows(const struct figure *figure, const char *expected)
{
    char text[DECIMAL_CHARS_MAX];
    struct decimal value;
    if (!figure->present)
        fail_msg("%s expected, absent: %s", expected, figure->why);
    decimal_write(figure->value, text);
    assert_int_equal(decimal_parse(text_of(expected), &value), DECIMAL_OK);
    if (decimal_compare(value, figure->value) != 0)
        fail_msg("%s expected, got %s", expected, text);
}

#define CASH                                                                           \
    "viewport \"cash\" { rows = \"pos\" where = \"cls=A line=cash|cash.* cp=''\"\n"    \
    " group-by = {\"cur\"}\n column \"own\" { formula = \"sum(open + move)\" }\n"      \
    " column \"usd\" { formula = \"sum(open + move)\" currency = \"reporting\" }\n"    \
    " column \"share\" { formula = \"usd / total(open + move)\"\n"                     \
    "  currency = \"reporting\" format = \"percent\" }\n sort = \"usd desc\" "

static void cash_by_currency__foots_and_never_mixes(void **unused)
{
    struct world world;
    (void)unused;
    /* tests/data/alder/trial-balance.tsv: what the cash lines of each add up to. */
    world_open(&world, fixture_alder_full(false), CASH "}\n");
    const struct model_viewport *model = build(&world);
    assert_string_equal(model->lines[0].identity, "USD");
    struct decimal sum = {0, 2};
    for (uint32_t i = 0; i < model->line_count; i++)
        assert_int_equal(decimal_add(sum, model->lines[i].figures[1].value, &sum),
                         DECIMAL_OK);
    assert_int_equal(decimal_compare(sum, model->total.figures[1].value), 0);
    assert_false(model->total.figures[0].present);
    assert_non_null(strstr(model->total.figures[0].why, "never added"));
    assert_shows(&model->total.figures[2], "1");
    assert_int_equal(model->total.figures[1].included, 5);
    assert_int_equal(model->total.figures[1].expected, 5);
    assert_false(model->total.figures[1].partial);
    assert_non_null(strstr(model->ownership, "version"));
    world_close(&world);
}

static void a_missing_entity__is_no_zero(void **unused)
{
    struct world world;
    struct fixture *fixture = fixture_alder();
    (void)unused;
    static const char *const answer[] = {"ALD", "BIR", "DOG", "ELM"};
    for (int i = 0; i < 4; i++)
        fixture_alder_answers(fixture, answer[i]);
    world_open(&world, fixture, CASH "}\n");
    const struct model_viewport *model = build(&world);
    assert_true(model->total.figures[1].partial);
    assert_int_equal(model->total.figures[1].included, 4);
    assert_int_equal(model->total.figures[1].expected, 5);
    assert_int_equal(model->coverage.answered, 4);
    assert_string_equal(model->coverage.missing[0], "CED");
    assert_string_equal(model->left_out[0].entity, "CED");
    assert_true(model->left_out[0].reason[0] != '\0');
    world_close(&world);
}

static void strict__shows_no_total_while_one_is_missing(void **unused)
{
    struct world world;
    struct fixture *fixture = fixture_alder();
    (void)unused;
    fixture_alder_answers(fixture, "ALD");
    world_open(&world, fixture, CASH "partial = \"strict\" }\n");
    const struct model_viewport *model = build(&world);
    assert_false(model->total.figures[1].present);
    assert_non_null(strstr(model->total.figures[1].why, "strict: "));
    assert_false(line_of(model, "USD")->figures[1].present);
    world_close(&world);
}

#define COVENANTS                                                                      \
    "viewport \"c\" { rows = \"obl\" where = \"kind=covenant\"\n"                      \
    " group-by = {\"entity\", \"id\"}\n"                                               \
    " column \"tested\" { formula = \"ratio(num, den)\" format = \"ratio\" }\n"        \
    " column \"limit\" { formula = \"min(threshold)\" format = \"ratio\" }\n"          \
    " column \"headroom\" { format = \"percent\"\n"                                    \
    "  formula = \"(tested - limit) / limit * min(direction)\" }\n"                    \
    " threshold \"breach\" { column = \"headroom\" below = \"0\""                      \
    " severity = \"critical\" }\n"                                                     \
    " threshold \"watch\" { column = \"headroom\" at-most = \"0.10\" }\n}\n"

static void thresholds__compare_the_exact_value(void **unused)
{
    struct world world;
    (void)unused;
    world_open(&world, fixture_alder_full(false), COVENANTS);
    fixture_put(world.fixture, VIEW_OBL, "BIR", "kind", "covenant", "id", "ltv", "due",
                "20251231", "cur", "USD", "op", "max", "threshold", "0.5", "num",
                "5000000000000000001", "den", "10000000000000000000", "state", "open",
                NULL);
    const struct model_viewport *model = build(&world);
    const struct viewport_line *ced = line_of(model, "CED|dscr-2025");
    assert_shows(&ced->figures[0], "1.25");
    assert_shows(&ced->figures[2], "0");
    assert_int_equal(ced->severity, SEVERITY_WARNING); /* equality passes */
    assert_string_equal(ced->alarm, "watch");
    assert_string_equal(ced->entity, "CED");
    /* One part in 10^19 over the limit: no digit that is shown says so. */
    const struct viewport_line *bir = line_of(model, "BIR|ltv");
    assert_int_equal(bir->severity, SEVERITY_CRITICAL);
    assert_string_equal(bir->alarm, "breach, watch");
    world_close(&world);
}

static void an_operand_that_is_missing__makes_the_result_missing(void **unused)
{
    struct world world;
    (void)unused;
    world_open(&world, fixture_alder_full(false), COVENANTS);
    fixture_put(world.fixture, VIEW_OBL, "BIR", "kind", "covenant", "id", "dscr", "due",
                "20251231", "cur", "USD", "op", "min", "threshold", "1.2", "state",
                "open", NULL);
    const struct viewport_line *bir = line_of(build(&world), "BIR|dscr");
    assert_false(bir->figures[0].present);
    assert_shows(&bir->figures[1], "1.2");
    assert_false(bir->figures[2].present);
    assert_int_equal(bir->severity, -1);
    world_close(&world);
}

#define LADDER                                                                         \
    "viewport \"l\" { rows = \"obl\" where = \"kind=loan-maturity\"\n"                 \
    " group-by = {\"bucket(due,3m,12m,24m)\"}\n"                                       \
    " column \"n\" { formula = \"count()\" }\n"                                        \
    " column \"amount\" { formula = \"sum(amount)\" currency = \"reporting\" }\n}\n"

static void put_loan(struct world *world, const char *entity, const char *id,
                     const char *due, const char *amount, const char *cur)
{
    fixture_put(world->fixture, VIEW_OBL, entity, "kind", "loan-maturity", "id", id,
                "due", due, "amount", amount, "cur", cur, "state", "open", NULL);
}

static void a_ladder__has_its_steps_in_order_and_its_rows_behind_them(void **unused)
{
    struct world world;
    (void)unused;
    world_open(&world, fixture_alder_full(false), LADDER);
    put_loan(&world, "BIR", "late", "20251230", "1.00", "USD");
    put_loan(&world, "BIR", "a", "20251231", "10.00", "USD");
    put_loan(&world, "ELM", "b", "20260331", "20.00", "USD");
    put_loan(&world, "CED", "c", "20260401", "100.00", "EUR");
    put_loan(&world, "CED", "d", "20271231", "1000.00", "EUR");
    put_loan(&world, "CED", "e", "20280101", "10000.00", "EUR");
    const struct model_viewport *model = build(&world);
    static const char *const steps[] = {"overdue", "0-3 m", "3-12 m", "12-24 m",
                                        "24+ m"};
    static const char *const amounts[] = {"1", "30", "117.5", "1175", "11750"};
    assert_int_equal(model->line_count, 5);
    for (uint32_t i = 0; i < 5; i++) {
        assert_string_equal(model->lines[i].identity, steps[i]);
        assert_shows(&model->lines[i].figures[1], amounts[i]);
    }
    assert_shows(&model->total.figures[0], "6");
    assert_shows(&model->total.figures[1], "13073.5");
    assert_int_equal(model->lines[1].part_count, 2);
    const struct viewport_part *part = &model->parts[model->lines[1].part_first];
    assert_string_equal(part[0].key, "BIR|loan-maturity|a");
    assert_string_equal(part[1].key, "ELM|loan-maturity|b");
    assert_shows(&part[1].figure, "20");
    world_close(&world);
}

static void a_row_without_a_rate__is_left_out_and_said(void **unused)
{
    struct world world;
    (void)unused;
    world_open(&world, fixture_alder_full(false), LADDER);
    put_loan(&world, "BIR", "a", "20251231", "10.00", "USD");
    put_loan(&world, "BIR", "b", "20251231", "10.00", "CHF");
    const struct model_viewport *model = build(&world);
    assert_shows(&model->total.figures[1], "10");
    assert_true(model->total.figures[1].partial);
    assert_int_equal(model->left_out_count, 1);
    assert_string_equal(model->left_out[0].reason, "no rate CHF->USD");
    assert_int_equal(model->total.figures[1].included, 4);
    world_close(&world);
}

static void ages__follow_the_limits_of_the_row_kind(void **unused)
{
    struct world world;
    (void)unused;
    world_open(&world, fixture_alder_full(false), LADDER);
    world.fixture->as_of_ms = FIXTURE_NOW_MS - 50 * FIXTURE_DAY_MS; /* stale: 45 d */
    put_loan(&world, "BIR", "a", "20251231", "10.00", "USD");
    world.fixture->as_of_ms = FIXTURE_NOW_MS - 100 * FIXTURE_DAY_MS; /* hard: 90 d */
    put_loan(&world, "ELM", "b", "20251231", "10.00", "USD");
    const struct model_viewport *model = build(&world);
    assert_int_equal(model->total.figures[1].mark, MARK_STALE);
    assert_shows(&model->total.figures[1], "10");
    assert_int_equal(model->total.figures[1].as_of_ms,
                     FIXTURE_NOW_MS - 50 * FIXTURE_DAY_MS);
    assert_string_equal(model->left_out[0].entity, "ELM");
    assert_string_equal(model->left_out[0].reason, "older than the hard limit");
    world_close(&world);
}

static void an_overflow__is_an_exception_and_no_number(void **unused)
{
    struct world world;
    (void)unused;
    world_open(&world, fixture_alder_full(false),
               "viewport \"o\" { rows = \"obl\" where = \"kind=loan-maturity\"\n"
               " group-by = {\"entity\"}\n column \"a\" { formula = \"sum(amount *"
               " 123456789012345678901234567890 * 123456789012345678)\" }\n}\n");
    put_loan(&world, "BIR", "a", "20251231", "9999999999.99", "USD");
    const struct viewport_line *line = line_of(build(&world), "BIR");
    assert_false(line->figures[0].present);
    assert_non_null(strstr(line->figures[0].why, "does not fit 128 bits"));
    world_close(&world);
}

static void shipped_viewports__are_read(void **unused)
{
    char path[4096], error[CONFIG_ERROR_CHARS] = "";
    struct viewports *viewports = calloc(1, sizeof *viewports);
    (void)unused;
    snprintf(path, sizeof path, "%s/examples/viewports", getenv("top_srcdir"));
    if (!viewports_read(viewports, path, error))
        fail_msg("%s", error);
    assert_int_equal(viewports->count, 3);
    assert_string_equal(viewports->items[0].name, "cash-by-currency");
    assert_false(viewports_read(viewports, "/nonexistent/v.conf", error));
    viewports_free(viewports);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mistakes__name_file_and_line_and_what_can_stand_there),
        cmocka_unit_test(a_name__stands_once),
        cmocka_unit_test(cash_by_currency__foots_and_never_mixes),
        cmocka_unit_test(a_missing_entity__is_no_zero),
        cmocka_unit_test(strict__shows_no_total_while_one_is_missing),
        cmocka_unit_test(thresholds__compare_the_exact_value),
        cmocka_unit_test(an_operand_that_is_missing__makes_the_result_missing),
        cmocka_unit_test(a_ladder__has_its_steps_in_order_and_its_rows_behind_them),
        cmocka_unit_test(a_row_without_a_rate__is_left_out_and_said),
        cmocka_unit_test(ages__follow_the_limits_of_the_row_kind),
        cmocka_unit_test(an_overflow__is_an_exception_and_no_number),
        cmocka_unit_test(shipped_viewports__are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
