#include "totebox/disclosure.h"

#include "tests/totebox/archive_support.h"

static enum archive_error read_exposure(const char *text, struct exposure **exposure,
                                        struct problem *problem)
{
    struct folder folder;
    enum archive_error error;

    folder_make(&folder);
    file_write_string(folder_file(&folder, "exposure.conf"), text);
    error = exposure_read(exposure, folder_file(&folder, "exposure.conf"), problem);
    folder_remove(&folder);
    return error;
}

static void assert_refused(const char *text, const char *line, const char *words)
{
    struct exposure *exposure;
    struct problem problem;

    assert_int_equal(read_exposure(text, &exposure, &problem), ARCHIVE_REFUSED);
    assert_null(exposure);
    if (!strstr(problem.words, line) || !strstr(problem.words, words))
        fail_msg("\"%s\" has no \"%s\" and \"%s\"", problem.words, line, words);
}

static void exposure__denies_when_absent(void **state)
{
    struct exposure *exposure;
    struct exposure_view view;
    struct index_plan plan;
    struct problem problem;

    (void)state;
    assert_ok(exposure_read(&exposure, "/nonexistent/exposure.conf", &problem),
              problem);
    assert_int_equal(exposure->count, 0);
    exposure_for(exposure, TEXT("aggregator"), NULL, &view);
    for (int i = 0; i < VIEW_COUNT; i++)
        assert_int_equal(exposure_sees_view(&view, (enum view)i), i == VIEW_ENTITY);
    exposure_plan(exposure, &plan);
    assert_int_equal(plan.views, 1U << VIEW_ENTITY);
    exposure_free(exposure);
}

static void exposure__names_file_and_line_of_what_is_wrong(void **state)
{
    (void)state;
    assert_refused("expose \"a\" {\n  to = {\"x\"}\n  views = {\"pos\", \"psos\"}\n}\n",
                   "exposure.conf:3:", "none of: entity own pos");
    assert_refused("expose \"a\" {\n  to = {\"x\"}\n\n  periods = {\"2025-13\"}\n}\n",
                   "exposure.conf:4:", "2025-13");
    assert_refused("expose \"a\" {\n  colour = \"red\"\n}\n",
                   "exposure.conf:2:", "colour");
    assert_refused("expose \"a\" {\n  rows = {\"A*B\"}\n}\n",
                   "exposure.conf:2:", "prefix followed by '*'");
    assert_refused("expose \"a\" {\n  withhold = {\"cp\"}\n}\n",
                   "exposure.conf:2:", "part of row keys");
    assert_refused("expose \"a\" {\n  withhold = {\"cpp\"}\n}\n",
                   "exposure.conf:2:", "no view has a column");
    assert_refused("expose \"a\" {\n  window = \"90 days\"\n}\n",
                   "exposure.conf:2:", "90d");
    assert_refused("expose \"a\" {\n  min-n = -1\n}\n", "exposure.conf:2:", "min-n");
    assert_refused("expose \"a\" {\n  dominance = \"0\"\n}\n",
                   "exposure.conf:2:", "percentage");
    assert_refused("expose \"a\" {\n  p-percent = \"101\"\n}\n",
                   "exposure.conf:2:", "percentage");
    assert_refused("expose \"a\" {\n  views = {\"own\"}\n}\n",
                   "exposure.conf:", "does not say to");
    assert_refused("expose \"a\" {\n  to = {\"x\"}\n  views = {\"item\"}\n}\n",
                   "exposure.conf:", "granularity = \"item\"");
    assert_refused("expose \"a\" {\n  to = {\"x\"}\n  views = {\"pos\"}\n}\n",
                   "exposure.conf:", "need periods");
    assert_refused("expose \"a\" { to = {\"x\"} views = {\"own\"} }\n"
                   "expose \"a\" { to = {\"x\"} views = {\"own\"} }\n",
                   "exposure.conf:2:", "a");
    assert_refused("expose \"a\" {\n  to = {\"x\"}\n", "exposure.conf:", "");
}

static const char shared[] =
    "expose \"group\" { to = {\"aggregator\"} views = {\"pos\", \"metric\", \"own\"} "
    "periods = {\"2025\"} granularity = \"total\" rows = {\"ALD|2025|A|*\"} "
    "window = \"30d\" rate = 50 }\n"
    "expose \"recon\" { to = {\"aggregator\"} views = {\"item\"} granularity = "
    "\"item\" "
    "counterparties = {\"BIR\"} items-from = \"2025-06-01\" window = \"60d\" }\n"
    "expose \"tenants\" { to = {\"lender\"} views = {\"metric\"} keys = {\"rent.*\"} "
    "min-n = 5 withhold = {\"quality\"} }\n";

static void add_metric(struct office *office, const char *key, const char *end,
                       const char *n)
{
    office_add(office, LINE_METRIC, FIELD_KEY, key, FIELD_END, end, FIELD_UNIT, "USD",
               FIELD_VALUE, "1", FIELD_NATURE, "stock", FIELD_SCENARIO, "actual",
               FIELD_BASIS, "own", FIELD_N, n, FIELD_QUALITY, "ok", FIELD_COUNT);
}

static void shared_open(struct office *office)
{
    office_open(office, "ALD", "USD", "", shared);
    office_post(office, "2025-05-31", "assets:due", "A", NULL, "1", "USD", "BIR");
    office_post(office, "2025-06-01", "assets:due", "A", NULL, "2", "USD", "BIR");
    office_post(office, "2025-06-01", "assets:due", "A", NULL, "3", "USD", "CED");
    office_post(office, "2025-06-01", "income", "R", NULL, "-6", "USD", NULL);
    add_metric(office, "rent.due", "2025-12-31", "4");
    add_metric(office, "rent.collected", "2025-12-31", "5");
    add_metric(office, "rent.arrears", "2026-12-31", NULL);
    add_metric(office, "area", "2024-12-31", NULL);
    office_commit(office);
}

static bool sees(const struct office *office, const char *role, enum view view,
                 const char *key)
{
    const union any_row *row = office_row(office, view, key);
    struct exposure_view exposure;

    if (row == NULL)
        fail_msg("%s is not there", key);
    exposure_for(office->archive->exposure, text_of(role), NULL, &exposure);
    return exposure_sees_row(&exposure, index_names(office->index), view, row);
}

static void exposure__shows_a_role_its_rows_only(void **state)
{
    struct office office;

    (void)state;
    shared_open(&office);
    assert_true(
        sees(&office, "aggregator", VIEW_POS, "ALD|2025|A|unmapped.A||BIR|USD"));
    assert_false(sees(&office, "aggregator", VIEW_POS, "ALD|2025|R|unmapped.R|||USD"));
    assert_false(sees(&office, "lender", VIEW_POS, "ALD|2025|A|unmapped.A||BIR|USD"));
    /* Nobody asked for accounts: the index does not even have them. */
    assert_null(
        office_row(&office, VIEW_POS, "ALD|2025|A|unmapped.A|assets:due|BIR|USD"));
    /* The plan starts items at the earliest date that anybody sees. */
    assert_null(office_row(&office, VIEW_ITEM, "ALD|BIR|A|assets:due||2"));
    assert_true(sees(&office, "aggregator", VIEW_ITEM, "ALD|BIR|A|assets:due||1"));
    assert_false(sees(&office, "aggregator", VIEW_ITEM, "ALD|CED|A|assets:due||1"));
    /* Metrics inside the periods; all of a key where a block has no periods. */
    assert_true(sees(&office, "aggregator", VIEW_METRIC,
                     "ALD|rent.due|2025-12-31|actual|own|USD|"));
    assert_false(sees(&office, "aggregator", VIEW_METRIC,
                      "ALD|area|2024-12-31|actual|own|USD|"));
    assert_true(sees(&office, "lender", VIEW_METRIC,
                     "ALD|rent.arrears|2026-12-31|actual|own|USD|"));
    assert_false(
        sees(&office, "lender", VIEW_METRIC, "ALD|area|2024-12-31|actual|own|USD|"));
    assert_true(sees(&office, "nobody", VIEW_ENTITY, "ALD"));
    office_close(&office);
}

static enum cell_mark mark_of(const struct office *office, const char *role,
                              const char *key, const char *column)
{
    struct exposure_view exposure;
    struct disclosure *disclosure;
    const struct names *names = index_names(office->index);
    const union any_row *row = office_row(office, VIEW_METRIC, key);
    uint32_t at = (uint32_t)view_column(VIEW_METRIC, text_of(column));
    enum cell_mark mark;

    exposure_for(office->archive->exposure, text_of(role), NULL, &exposure);
    mark = exposure_cell_mark(&exposure, names, VIEW_METRIC, row, at);
    disclosure = disclosure_new(&exposure, office->index);
    if (mark == CELL_PRESENT && disclosure_covers(VIEW_METRIC, at))
        mark = disclosure_mark(disclosure, &exposure, names, row);
    disclosure_free(disclosure);
    return mark;
}

static void exposure__suppresses_small_groups_and_withholds_columns(void **state)
{
    const char *four = "ALD|rent.due|2025-12-31|actual|own|USD|";
    const char *five = "ALD|rent.collected|2025-12-31|actual|own|USD|";
    const char *unknown = "ALD|rent.arrears|2026-12-31|actual|own|USD|";
    struct office office;

    (void)state;
    shared_open(&office);
    assert_int_equal(mark_of(&office, "lender", four, "value"), CELL_SUPPRESSED_COUNT);
    assert_int_equal(mark_of(&office, "lender", four, "n"), CELL_SUPPRESSED_COUNT);
    assert_int_equal(mark_of(&office, "lender", four, "unit"), CELL_PRESENT);
    assert_int_equal(mark_of(&office, "lender", five, "value"), CELL_PRESENT);
    assert_int_equal(mark_of(&office, "lender", unknown, "value"),
                     CELL_SUPPRESSED_COUNT);
    assert_int_equal(mark_of(&office, "lender", five, "quality"), CELL_NOT_PERMITTED);
    assert_int_equal(mark_of(&office, "aggregator", four, "value"), CELL_PRESENT);
    assert_int_equal(mark_of(&office, "nobody", four, "value"), CELL_NOT_PERMITTED);
    office_close(&office);
}

static void exposure__adds_blocks_up_and_takes_the_strictest_limits(void **state)
{
    struct exposure *exposure;
    struct exposure_view view;
    struct text names[VIEW_COUNT];
    struct problem problem;
    uint8_t holder[HASH_BYTES] = {0};
    char text[512], fingerprint[FINGERPRINT_CHARS + 1];

    (void)state;
    assert_ok(read_exposure(shared, &exposure, &problem), problem);
    exposure_for(exposure, TEXT("aggregator"), NULL, &view);
    assert_int_equal(view.count, 2);
    assert_int_equal(exposure_window_ms(&view), 30 * INT64_C(86400000));
    assert_int_equal(exposure_rate(&view), 50);
    assert_int_equal(exposure_view_names(&view, names), 5);
    assert_true(text_equal(names[0], TEXT("entity")));
    assert_true(text_equal(names[1], TEXT("item")));
    assert_true(text_equal(names[4], TEXT("pos")));
    exposure_free(exposure);

    fingerprint_write(holder, fingerprint);
    snprintf(text, sizeof(text), "expose \"k\" { to = {\"%s\"} views = {\"own\"} }\n",
             fingerprint);
    assert_ok(read_exposure(text, &exposure, &problem), problem);
    exposure_for(exposure, TEXT("aggregator"), holder, &view);
    assert_int_equal(view.count, 1);
    holder[31] = 1;
    exposure_for(exposure, TEXT("aggregator"), holder, &view);
    assert_int_equal(view.count, 0);
    exposure_free(exposure);
}

static void config__names_file_and_line_of_what_is_wrong(void **state)
{
    static const char *const wrong[][3] = {
        {"entity = \"ald\"\n", ":1:", "A-Z"},
        {"entity = \"ALD\"\nname = \"x\"\nkind = \"firm\"\n", ":3:", "firm"},
        {"currency = \"usd\"\n", ":1:", "ISO"},
        {"map \"a*b\" { line = \"cash\" }\n", ":1:", "at the end"},
        {"map \"a\" {\n class = \"B\"\n}\n", ":2:", "A L Q R X V"},
        {"map \"a\" { }\n", ":1:", "neither"},
        {"commodity \"$\" { }\n", ":1:", "iso"},
        {"lifecycle = \"dead\"\n", ":1:", "suspended"},
        {"fy-start = \"02-30\"\n", ":1:", "month and a day"},
        {"anchor = \"a b\"\n", ":1:", "anchor"},
        {"entity = \"ALD\"\nname = \"x\"\nkind = \"fund\"\n",
         ":1:", "currency is missing"},
    };
    struct archive_config config;
    struct problem problem;
    struct folder folder;

    (void)state;
    folder_make(&folder);
    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        file_write_string(folder_file(&folder, "archive.conf"), wrong[i][0]);
        assert_int_equal(archive_config_read(
                             &config, folder_file(&folder, "archive.conf"), &problem),
                         ARCHIVE_REFUSED);
        if (!strstr(problem.words, wrong[i][1]) || !strstr(problem.words, wrong[i][2]))
            fail_msg("%u: \"%s\"", i, problem.words);
    }
    folder_remove(&folder);
}

static void config__classes_accounts_as_hledger_does(void **state)
{
    static const char *const classes[][2] = {
        {"assets:cash", "A"}, {"Asset", "A"},         {"Liabilities:x", "L"},
        {"debts:x", "L"},     {"equity", "Q"},        {"Revenue:x", "R"},
        {"INCOME:x", "R"},    {"expenses:rent", "X"}, {"assetsx", ""},
        {"capital", ""},
    };
    struct archive_config config = {0};
    char line[LINE_NAME_MAX + 1];

    (void)state;
    for (unsigned i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
        assert_int_equal(archive_class(&config, text_of(classes[i][0])),
                         classes[i][1][0]);
    archive_line(&config, TEXT("Equity:Conversion:a"), 'Q', line);
    assert_string_equal(line, "equity.conversion");
    archive_line(&config, TEXT("equity:conversions"), 'Q', line);
    assert_string_equal(line, "unmapped.Q");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exposure__denies_when_absent),
        cmocka_unit_test(exposure__names_file_and_line_of_what_is_wrong),
        cmocka_unit_test(exposure__shows_a_role_its_rows_only),
        cmocka_unit_test(exposure__suppresses_small_groups_and_withholds_columns),
        cmocka_unit_test(exposure__adds_blocks_up_and_takes_the_strictest_limits),
        cmocka_unit_test(config__names_file_and_line_of_what_is_wrong),
        cmocka_unit_test(config__classes_accounts_as_hledger_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
