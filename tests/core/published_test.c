/* published_test.c - consolidations and balances that companies have published, when
 * the data is beside the source tree (it is not part of it): docs/views.md, "Real
 * data". */
#include <stdio.h>
#include <stdlib.h>

#include "core/figures.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/rows_fixture.h"

static void real_path(const char *name, char path[1024])
{
    const char *top = getenv("top_srcdir");
    (void)snprintf(path, 1024, "%s/../shared/data/real/%s", top ? top : ".", name);
}

/* Says loudly what it does not check. */
static void skip_without(const char *name)
{
    char path[1024];
    real_path(name, path);
    FILE *file = fopen(path, "r");
    if (file) {
        (void)fclose(file);
        return;
    }
    printf("SKIPPED: no %s: nothing published is compared\n", path);
    skip();
}

static struct figures *figures_now(struct fixture *fixture)
{
    struct figures *figures = figures_new(&fixture->config, fixture->store);
    assert_non_null(figures);
    figures_set_clock(figures, FIXTURE_NOW_MS, 1000);
    return figures;
}

/* qtrs 0: an instant; 1: the quarter that ends then. */
static void period_of(const char *date, const char *quarters, char token[16])
{
    int month = atoi((char[]){date[4], date[5], 0});
    if (quarters[0] == '0')
        (void)snprintf(token, 16, "%.4s-%.2s-%.2s", date, date + 4, date + 6);
    else
        (void)snprintf(token, 16, "%.4sQ%d", date, month / 3);
}

static void put_metric(struct fixture *fixture, const char *entity, const char *key,
                       const char *date, const char *quarters, const char *value)
{
    char period[16], start[24];
    period_of(date, quarters, period);
    int month = atoi((char[]){date[4], date[5], 0});
    (void)snprintf(start, sizeof start, "%.4s%02d01", date, month - 2);
    fixture_put(fixture, VIEW_METRIC, entity, "key", key, "period", period, "start",
                quarters[0] == '0' ? "0" : start, "end", date, "scenario", "actual",
                "basis", "own", "unit", "USD", "cp", "", "nature",
                quarters[0] == '0' ? "stock" : "flow", "value", value, "quality", "ok",
                NULL);
}

/* --- a consolidating worksheet ------------------------------------------------ */

static const char *const ace_columns[] = {"PARENT", "ISSUER", "OTHERS", "ADJ"};
enum { ACE_COLUMNS = 4, ACE_FIRST = 3, ACE_PUBLISHED = 7 };

struct worksheet {
    struct fixture *fixture;
    struct figures *figures;
    unsigned rows;
};

static void load_worksheet_row(void *user, char **cells)
{
    struct worksheet *worksheet = user;
    for (int i = 0; i < ACE_COLUMNS; i++)
        if (*cells[ACE_FIRST + i]) /* blank: no row */
            put_metric(worksheet->fixture, ace_columns[i], cells[0], cells[1], cells[2],
                       cells[ACE_FIRST + i]);
}

static void check_worksheet_row(void *user, char **cells)
{
    static const struct model_options options = {.basis = BASIS_AGGREGATE};
    struct worksheet *worksheet = user;
    struct decimal published;
    char period[16];
    uint32_t reported, expected = 0;
    period_of(cells[1], cells[2], period);
    struct figure figure = figures_metric(worksheet->figures, &options, cells[0],
                                          period, "actual", &reported);
    for (int i = 0; i < ACE_COLUMNS; i++)
        expected += *cells[ACE_FIRST + i] != '\0';
    assert_int_equal(decimal_parse(text_of(cells[ACE_PUBLISHED]), &published),
                     DECIMAL_OK);
    assert_true(figure.present);
    assert_false(figure.partial);
    assert_int_equal(figure.expected, 3); /* adjustments are nobody */
    assert_int_equal(reported, expected);
    if (decimal_compare(figure.value, published) != 0)
        fail_msg("%s %s", cells[0], period);
    worksheet->rows++;
}

static void a_published_worksheet__foots_in_every_row(void **unused)
{
    (void)unused;
    struct worksheet worksheet = {.fixture = fixture_new()};
    char path[1024];
    skip_without("oracles/ace-consolidating.tsv");
    real_path("oracles/ace-consolidating.tsv", path);
    for (int i = 0; i < ACE_COLUMNS; i++)
        fixture_block(worksheet.fixture, ace_columns[i]);
    worksheet.fixture->config.portfolios[0].period = "2010Q1";
    worksheet.fixture->config.portfolios[0].view_date = 20100331;
    fixture_start(worksheet.fixture);
    for (int i = 0; i < ACE_COLUMNS; i++)
        fixture_put(worksheet.fixture, VIEW_ENTITY, ace_columns[i], "name",
                    ace_columns[i], "kind", i == 3 ? "adjustment" : "company", "cur",
                    "USD", "lifecycle", "active", "parent_scope", "own", NULL);
    fixture_tsv(path, load_worksheet_row, &worksheet);
    fixture_live_all(worksheet.fixture);
    worksheet.figures = figures_now(worksheet.fixture);
    fixture_tsv(path, check_worksheet_row, &worksheet);
    assert_int_equal(worksheet.rows, 87);
    figures_free(worksheet.figures);
    fixture_free(worksheet.fixture);
}

/* --- intercompany balances, both sides published ------------------------------ */

static const struct {
    const char *published, *id;
} registrants[] = {{"ExelonGenerationCoLLC", "EXGEN"},
                   {"CommonwealthEdisonCo", "COMED"},
                   {"PecoEnergyCo", "PECO"}};
enum { REGISTRANTS = 3, BLOCKS_MAX = 16 };

/* adsh tag version ddate qtrs uom segments coreg value */
static void load_fact(void *user, char **cells)
{
    struct fixture *fixture = user;
    for (int i = 0; i < REGISTRANTS; i++)
        if (strcmp(cells[7], registrants[i].published) == 0 &&
            (cells[4][0] == '0' || strcmp(cells[4], "1") == 0) &&
            strlen(cells[1]) <= 80)
            put_metric(fixture, registrants[i].id, cells[1], cells[3], cells[4],
                       cells[8]);
}

struct blocks {
    struct config_check checks[BLOCKS_MAX];
    char text[BLOCKS_MAX][2][4][128], period[BLOCKS_MAX][16], id[BLOCKS_MAX][16];
    const char *sides[BLOCKS_MAX][2][5];
    char difference[BLOCKS_MAX][32];
    bool is_partial[BLOCKS_MAX];
    uint32_t count;
};

static void fill_side(struct blocks *blocks, uint32_t at, int side, const char *tag,
                      const char *members, bool with_missing)
{
    int count = 0;
    for (int i = 0; i < REGISTRANTS; i++) {
        if (!strstr(members, registrants[i].published))
            continue;
        (void)snprintf(blocks->text[at][side][count], 128, "%s|metric|%s",
                       registrants[i].id, tag);
        count++;
    }
    if (with_missing)
        (void)snprintf(blocks->text[at][side][count++], 128, "BSC|metric|%s", tag);
    for (int i = 0; i < count; i++)
        blocks->sides[at][side][i] = blocks->text[at][side][i];
}

/* pair ddate qtrs a_tag a_entities a_total b_tag b_entities b_total difference */
static void add_block(void *user, char **cells)
{
    struct blocks *blocks = user;
    uint32_t at = blocks->count++;
    assert_true(at < BLOCKS_MAX);
    blocks->is_partial[at] = strstr(cells[0], "partial") != NULL;
    (void)snprintf(blocks->id[at], sizeof blocks->id[at], "CT-%02u", at);
    period_of(cells[1], cells[2], blocks->period[at]);
    (void)snprintf(blocks->difference[at], sizeof blocks->difference[at], "%s",
                   cells[9]);
    fill_side(blocks, at, 0, cells[3], cells[4], false);
    fill_side(blocks, at, 1, cells[6], cells[7], blocks->is_partial[at]);
    blocks->checks[at] = (struct config_check){.id = blocks->id[at],
                                               .kind = "CT",
                                               .title = blocks->id[at],
                                               .period = blocks->period[at],
                                               .a = blocks->sides[at][0],
                                               .b = blocks->sides[at][1]};
}

static void published_balances__differ_by_what_was_published(void **unused)
{
    (void)unused;
    struct blocks *blocks = calloc(1, sizeof *blocks);
    struct fixture *fixture = fixture_new();
    char path[1024];
    static const struct model_options options = {0};
    skip_without("oracles/exelon-intercompany.tsv");
    assert_non_null(blocks);
    for (int i = 0; i < REGISTRANTS; i++)
        fixture_block(fixture, registrants[i].id);
    fixture->config.portfolios[0].period = "2010Q1";
    fixture->config.portfolios[0].view_date = 20100331;
    real_path("oracles/exelon-intercompany.tsv", path);
    fixture_tsv(path, add_block, blocks);
    fixture->config.checks = blocks->checks;
    fixture->config.check_count = blocks->count;
    fixture_start(fixture);
    real_path("sec-fsds/exelon-10q-2010q1/num.txt", path);
    fixture_tsv(path, load_fact, fixture);
    fixture_live_all(fixture);
    struct figures *figures = figures_now(fixture);
    const struct model_recon *model = figures_recon(figures, &options);
    assert_int_equal(model->check_count, 10);
    for (uint32_t i = 0; i < model->check_count; i++) {
        const struct check_line *line = &model->checks[i];
        uint32_t at = (uint32_t)strtoul(line->id + 3, NULL, 10);
        struct decimal expected;
        assert_int_equal(decimal_parse(text_of(blocks->difference[at]), &expected),
                         DECIMAL_OK);
        assert_true(line->difference.present);
        assert_int_equal(decimal_compare(line->difference.value, expected), 0);
        assert_int_equal(line->status, blocks->is_partial[at] ? CHECK_PARTIAL
                                       : decimal_sign(expected) == 0
                                           ? CHECK_MATCHED
                                           : CHECK_BALANCE_DIFFERENCE);
    }
    assert_int_equal(model->counts[GROUP_BREAK], 3);
    assert_int_equal(model->counts[GROUP_PARTIAL], 2);
    figures_free(figures);
    fixture_free(fixture);
    free(blocks);
}

/* --- debt service cover of published loans ------------------------------------ */

struct loans {
    struct fixture *fixture;
    const struct model_portfolio *model;
    unsigned count, served;
};

static void loan_id(const char *asset, char id[16])
{
    (void)snprintf(id, 16, "LOAN-%s", asset);
    for (char *at = id; *at; at++)
        if (*at < '0' || (*at > '9' && *at < 'A') || *at > 'Z')
            *at = '-';
}

/* file asset name type loan_balance noi debt_service dscr_published ... valuation */
static void add_loan_block(void *user, char **cells)
{
    struct loans *loans = user;
    char id[16];
    loan_id(cells[1], id);
    fixture_block(loans->fixture, id);
}

static void load_loan(void *user, char **cells)
{
    struct loans *loans = user;
    static const struct {
        int cell;
        const char *key;
    } values[] = {{5, "noi"}, {6, "debt.service"}};
    char id[16];
    loan_id(cells[1], id);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        if (*cells[values[i].cell])
            fixture_put(loans->fixture, VIEW_METRIC, id, "key", values[i].key, "period",
                        "2025", "start", "20250101", "end", "20251231", "scenario",
                        "actual", "basis", "own", "unit", "USD", "nature", "flow",
                        "value", cells[values[i].cell], "quality", "ok", NULL);
}

static void check_loan(void *user, char **cells)
{
    struct loans *loans = user;
    char id[16], text[DECIMAL_CHARS_MAX];
    loan_id(cells[1], id);
    loans->count++;
    for (uint32_t i = 0; i < loans->model->row_count; i++) {
        const struct portfolio_row *row = &loans->model->rows[i];
        struct decimal shown;
        if (strcmp(row->entity, id) != 0)
            continue;
        assert_int_equal(row->dscr.present, *cells[6] != '\0');
        if (!row->dscr.present)
            return;
        assert_int_equal(decimal_rescale(row->dscr.value, 2, &shown), DECIMAL_OK);
        decimal_write(shown, text);
        assert_string_equal(text, cells[8]);
        loans->served++;
        return;
    }
    fail_msg("no row %s", id);
}

static void published_loans__have_the_published_cover(void **unused)
{
    (void)unused;
    static const struct model_options options = {.basis = BASIS_AGGREGATE};
    struct loans loans = {.fixture = fixture_new()};
    char path[1024];
    skip_without("oracles/cmbs-dscr.tsv");
    real_path("oracles/cmbs-dscr.tsv", path);
    fixture_tsv(path, add_loan_block, &loans);
    fixture_start(loans.fixture);
    fixture_tsv(path, load_loan, &loans);
    fixture_live_all(loans.fixture);
    struct figures *figures = figures_now(loans.fixture);
    loans.model = figures_portfolio(figures, &options);
    fixture_tsv(path, check_loan, &loans);
    assert_int_equal(loans.count, 34);
    figures_free(figures);
    fixture_free(loans.fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_published_worksheet__foots_in_every_row),
        cmocka_unit_test(published_balances__differ_by_what_was_published),
        cmocka_unit_test(published_loans__have_the_published_cover),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
