#include "tests/support/model_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FLEET = 1203, ROWS = 44, CHECKS = 34, MINUTE = 60000, HOUR = 60 * MINUTE };
#define DAY ((int64_t)24 * HOUR)

struct model_fixture {
    struct pane_input input;
    struct coverage coverage;
    struct model_executive executive;
    struct model_portfolio portfolio;
    struct model_recon recon;
    struct model_fleet fleet;
    struct model_entity entity;
    struct portfolio_row rows[ROWS];
    char row_names[ROWS][20];
    struct check_line checks[CHECKS];
    char check_names[CHECKS][2][20], check_ids[CHECKS][8];
    struct fleet_line links[FLEET];
    char link_names[FLEET][20], link_addresses[FLEET][32];
    struct entity_line lines[20];
    uint32_t seed;
};

struct figure model_fixture_figure(const char *value, enum figure_format format,
                                   const char *currency, enum mark mark)
{
    struct figure figure = {.present = mark_has_number(mark),
                            .mark = mark,
                            .format = format,
                            .currency = currency,
                            .included = 1,
                            .expected = 1,
                            .as_of_ms = MODEL_NOW_MS - 9000,
                            .why = ""};
    if (figure.present && decimal_parse(text_of(value), &figure.value) != DECIMAL_OK)
        abort();
    return figure;
}

static struct figure absent(void)
{
    struct figure figure =
        model_fixture_figure("0", FORMAT_MONEY, "", MARK_NOT_APPLICABLE);
    figure.as_of_ms = 0;
    return figure;
}

static struct figure total(const char *value, enum figure_format format,
                           const char *currency, enum mark mark, uint32_t included,
                           uint32_t expected)
{
    struct figure figure = model_fixture_figure(value, format, currency, mark);
    figure.included = included;
    figure.expected = expected;
    figure.partial = included < expected || mark == MARK_LAST_KNOWN;
    figure.as_of_ms = MODEL_NOW_MS - 14 * MINUTE;
    return figure;
}

/* A small generator of its own: the same pictures on every machine. */
static uint32_t next(struct model_fixture *fixture, uint32_t below)
{
    fixture->seed = fixture->seed * 1664525u + 1013904223u;
    return (fixture->seed >> 8) % below;
}

static void random_amount(struct model_fixture *fixture, char text[32],
                          uint32_t millions)
{
    snprintf(text, 32, "%u.%02u",
             next(fixture, millions) * 1000000u / 10u + next(fixture, 1000000),
             next(fixture, 100));
}

static const char *const streets[] = {"oak-plaza",   "north-mill", "west-dock",
                                      "kings-yard",  "harbour-st", "union-sq",
                                      "maple-court", "pier-9"};
static const struct {
    const char *name;
    uint32_t size;
} groups[] = {{"UK", 298},   {"Projects", 240}, {"Nordic", 212},
              {"DACH", 184}, {"Iberia", 151},   {"Benelux", 118}};

/* --- coverage, executive ---------------------------------------------------------- */

static void fill_coverage(struct coverage *coverage)
{
    static const char *const missing[] = {"union-sq-0004", NULL};
    *coverage = (struct coverage){.expected = FLEET,
                                  .answered = 1184,
                                  .current = 1163,
                                  .aging = 21,
                                  .stale = 12,
                                  .down = 7,
                                  .weight_expected = FLEET,
                                  .weight_answered = 1184,
                                  .oldest_as_of_ms = MODEL_NOW_MS - 14 * MINUTE,
                                  .oldest_entity = "kings-yard-0442",
                                  .fx_date = 20261120,
                                  .fx_current = true,
                                  .missing = missing};
}

static void fill_headlines(struct model_executive *executive)
{
    static struct headline lines[8];
    lines[0] = (struct headline){
        .key = "net_assets",
        .label = "Net asset value",
        .now = total("4812600000.00", FORMAT_MONEY, "EUR", MARK_LAST_KNOWN, 1202, 1203),
        .budget = model_fixture_figure("12400000", FORMAT_MONEY, "EUR", MARK_CURRENT),
        .percent = model_fixture_figure("0.0026", FORMAT_PERCENT, "", MARK_CURRENT)};
    lines[1] = (struct headline){
        .key = "cash",
        .label = "Cash",
        .now = total("318244120.40", FORMAT_MONEY, "EUR", MARK_LAST_KNOWN, 1202, 1203),
        .budget = model_fixture_figure("-4100000", FORMAT_MONEY, "EUR", MARK_CURRENT),
        .percent = model_fixture_figure("-0.0127", FORMAT_PERCENT, "", MARK_CURRENT)};
    lines[2] = (struct headline){
        .key = "debt",
        .label = "Debt",
        .now = total("2107900000.00", FORMAT_MONEY, "EUR", MARK_AGING, 1203, 1203),
        .budget = model_fixture_figure("0", FORMAT_MONEY, "EUR", MARK_CURRENT),
        .percent = model_fixture_figure("0", FORMAT_PERCENT, "", MARK_CURRENT)};
    lines[3] = (struct headline){
        .key = "noi",
        .label = "NOI",
        .now = total("27104400.00", FORMAT_MONEY, "EUR", MARK_LAST_KNOWN, 1190, 1203),
        .budget = model_fixture_figure("-310220", FORMAT_MONEY, "EUR", MARK_CURRENT),
        .percent = model_fixture_figure("-0.0113", FORMAT_PERCENT, "", MARK_CURRENT)};
    lines[4] = (struct headline){
        .key = "ltv",
        .label = "Loan to value",
        .now = total("0.4381", FORMAT_PERCENT, "", MARK_LAST_KNOWN, 1184, 1203),
        .budget = absent(),
        .percent = absent()};
    lines[5] = (struct headline){
        .key = "occupancy",
        .label = "Occupancy",
        .now = total("0.9164", FORMAT_PERCENT, "", MARK_CURRENT, 1203, 1203),
        .budget = absent(),
        .percent = absent()};
    lines[6] = (struct headline){
        .key = "dscr",
        .label = "Debt service cover",
        .now = total("1.5535", FORMAT_RATIO, "", MARK_CURRENT, 1203, 1203),
        .budget = absent(),
        .percent = absent()};
    lines[7] = (struct headline){
        .key = "runway",
        .label = "Runway",
        .now = total("31.7", FORMAT_MONTHS, "", MARK_AGING, 1203, 1203),
        .budget = absent(),
        .percent = absent()};
    executive->headlines = lines;
    executive->headline_count = 8;
}

static void fill_groups(struct model_executive *executive)
{
    static struct group_line lines[6];
    static const struct {
        const char *nav, *cash, *noi, *ltv, *occupancy;
        uint32_t down, breaks;
    } figures[6] = {
        {"1420100000", "98100000", "8120400", "0.41", "0.93", 0, 3},
        {"760200000", "31010000", "2100100", "0.52", NULL, 0, 1},
        {"1011700000", "70114000", "6044120", "0.39", "0.95", 0, 0},
        {"902400000", "61220000", "5901000", "0.47", "0.92", 7, 5},
        {"441000000", "33100000", "3011200", "0.49", "0.84", 9, 4},
        {"277200000", "24700120", "1927580", "0.44", "0.90", 3, 1},
    };
    for (unsigned i = 0; i < 6; i++) {
        enum mark mark = figures[i].down ? MARK_LAST_KNOWN : MARK_CURRENT;
        uint32_t size = groups[i].size, answered = size - figures[i].down;
        lines[i] = (struct group_line){
            .name = groups[i].name,
            .entities = size,
            .answered = answered,
            .net_assets = total(figures[i].nav, FORMAT_MONEY, "EUR", mark, size, size),
            .cash = total(figures[i].cash, FORMAT_MONEY, "EUR", mark, size, size),
            .noi = total(figures[i].noi, FORMAT_MONEY, "EUR", mark, size, size),
            .ltv = total(figures[i].ltv, FORMAT_PERCENT, "", mark, size, size),
            .occupancy =
                figures[i].occupancy
                    ? total(figures[i].occupancy, FORMAT_PERCENT, "", mark, size, size)
                    : absent(),
            .dscr = total("1.61", FORMAT_RATIO, "", mark, size, size),
            .breaks = figures[i].breaks,
        };
    }
    executive->groups = lines;
    executive->group_count = 6;
}

static void fill_exceptions(struct model_executive *executive)
{
    static struct exception_line lines[8];
    static const struct {
        enum severity severity;
        int64_t ago;
        const char *entity, *what, *amount;
        uint32_t count;
    } given[8] = {
        {SEVERITY_CRITICAL, 14 * MINUTE, "kings-yard-0442",
         "7 archives silent since 00:22Z (path fra-gw2); totals hold their last values",
         "22900000", 7},
        {SEVERITY_CRITICAL, 2 * HOUR, "IC-018",
         "break pier-9-0007 against west-dock-0009, both current", "-412880.00", 1},
        {SEVERITY_CRITICAL, 3 * HOUR, "north-mill-0016", "net assets are negative",
         "-1123724.00", 1},
        {SEVERITY_WARNING, 6 * MINUTE, "oak-plaza-0013",
         "values stale for more than 5m", NULL, 4},
        {SEVERITY_WARNING, 31 * MINUTE, "BK-031", "break against bank GB33",
         "-18220.15", 1},
        {SEVERITY_WARNING, 6 * HOUR, "harbour-st-0041",
         "DSCR covenant: headroom 4.0 %, tested 1.30 against min 1.25", NULL, 1},
        {SEVERITY_WARNING, 7 * HOUR, "pier-9-0117",
         "opex 16.7 % over budget, unfavourable", "22599.66", 1},
        {SEVERITY_INFO, 15 * HOUR, "", "exchange rates of 20 Nov are in use", NULL, 1},
    };
    for (unsigned i = 0; i < 8; i++)
        lines[i] = (struct exception_line){
            .severity = given[i].severity,
            .since_ms = MODEL_NOW_MS - given[i].ago,
            .entity = given[i].entity,
            .what = given[i].what,
            .amount = given[i].amount
                          ? model_fixture_figure(given[i].amount, FORMAT_MONEY, "EUR",
                                                 MARK_CURRENT)
                          : absent(),
            .count = given[i].count};
    executive->exceptions = lines;
    executive->exception_count = 8;
}

static void fill_covenants(struct model_executive *executive)
{
    static struct covenant_line lines[4];
    static const struct {
        const char *entity, *id, *title, *tested, *threshold, *headroom;
        bool is_minimum;
        enum covenant_state state;
    } given[4] = {
        {"kings-yard-0442", "ltv-1", "senior loan to value", "0.579", "0.60", "0.035",
         false, COVENANT_WATCH},
        {"harbour-st-0041", "dscr-1", "debt service cover", "1.30", "1.25", "0.04",
         true, COVENANT_WATCH},
        {"oak-plaza-0013", "icr-1", "interest cover", "1.38", "1.40", "-0.0143", true,
         COVENANT_BREACH},
        {"west-dock-0009", "ltv-2", "loan to value", "0.41", "0.50", "0.18", false,
         COVENANT_OK},
    };
    for (unsigned i = 0; i < 4; i++) {
        enum figure_format format = given[i].is_minimum ? FORMAT_RATIO : FORMAT_PERCENT;
        lines[i] = (struct covenant_line){
            .entity = given[i].entity,
            .id = given[i].id,
            .title = given[i].title,
            .metric = "ltv",
            .is_minimum = given[i].is_minimum,
            .tested = model_fixture_figure(given[i].tested, format, "", MARK_CURRENT),
            .threshold =
                model_fixture_figure(given[i].threshold, format, "", MARK_CURRENT),
            .headroom = model_fixture_figure(given[i].headroom, FORMAT_PERCENT, "",
                                             MARK_CURRENT),
            .state = given[i].state,
            .due = 20261231};
    }
    executive->covenants = lines;
    executive->covenant_count = 4;
}

static void fill_rest(struct model_executive *executive)
{
    static struct bucket_line buckets[4];
    static struct variance_line variances[3];
    static struct age_line ages[4];
    static const struct quality_line quality[] = {
        {"stale", "oak-plaza-0013", "pos: as of 22 Nov, 31 days"},
        {"denied", "union-sq-0004", "pos is not permitted"},
        {"unmapped", "maple-court-0411", "3 accounts have no line: unmapped.X"},
    };
    static const char *const labels[] = {"0-3 m", "3-12 m", "12-24 m", "24+ m"};
    static const char *const maturing[] = {"120000000", "310000000", "402100000",
                                           "1275800000"};
    static const char *const areas[] = {"12400", "88100", "140200", "910400"};
    for (unsigned i = 0; i < 4; i++)
        buckets[i] = (struct bucket_line){
            .label = labels[i],
            .maturities =
                total(maturing[i], FORMAT_MONEY, "EUR", MARK_CURRENT, 1203, 1203),
            .leases = total(areas[i], FORMAT_QUANTITY, "m2", MARK_CURRENT, 1203, 1203),
            .maturity_count = 2 + i * 7,
            .lease_count = 14 + i * 40};
    static const struct {
        const char *entity, *key, *actual, *budget, *variance, *percent;
        bool favourable;
    } given[3] = {
        {"harbour-st-0015", "noi", "450000.00", "480000.00", "-30000.00", "-0.0625",
         false},
        {"west-dock-0009", "revenue", "150000.00", "140000.00", "10000.00", "0.0714",
         true},
        {"pier-9-0117", "opex", "158197.62", "135597.96", "22599.66", "0.1667", false},
    };
    for (unsigned i = 0; i < 3; i++)
        variances[i] = (struct variance_line){
            .entity = given[i].entity,
            .key = given[i].key,
            .actual = model_fixture_figure(given[i].actual, FORMAT_MONEY, "EUR",
                                           MARK_CURRENT),
            .budget = model_fixture_figure(given[i].budget, FORMAT_MONEY, "EUR",
                                           MARK_CURRENT),
            .variance = model_fixture_figure(given[i].variance, FORMAT_MONEY, "EUR",
                                             MARK_CURRENT),
            .percent = model_fixture_figure(given[i].percent, FORMAT_PERCENT, "",
                                            MARK_CURRENT),
            .favourable = given[i].favourable,
            .is_exception = true};
    static const char *const days[] = {"0-30", "31-60", "61-90", ">90"};
    static const char *const open[] = {"39.66", "0", "360.00", "2000.00"};
    for (unsigned i = 0; i < 4; i++)
        ages[i] = (struct age_line){
            .label = days[i],
            .amount = total(open[i], FORMAT_MONEY, "EUR", MARK_CURRENT, 1203, 1203),
            .count = i != 1};
    executive->buckets = buckets;
    executive->bucket_count = 4;
    executive->variances = variances;
    executive->variance_count = 3;
    executive->quality = quality;
    executive->quality_count = 3;
    executive->ages = ages;
    executive->age_count = 4;
}

static void fill_executive(struct model_fixture *fixture)
{
    struct model_executive *executive = &fixture->executive;
    *executive = (struct model_executive){.portfolio = "all",
                                          .currency = "EUR",
                                          .period = "2026",
                                          .basis = BASIS_CONSOLIDATED};
    fill_headlines(executive);
    fill_groups(executive);
    fill_exceptions(executive);
    fill_covenants(executive);
    fill_rest(executive);
}

/* --- portfolio -------------------------------------------------------------------- */

static enum mark row_mark(unsigned i)
{
    switch (i % 22) {
    case 12:
        return MARK_STALE;
    case 19:
        return MARK_AGING;
    case 20:
        return MARK_LAST_KNOWN;
    case 21:
        return MARK_REFUSED;
    default:
        return MARK_CURRENT;
    }
}

static void fill_row(struct model_fixture *fixture, unsigned i, const char *code)
{
    static const char *const states[] = {"live", "stale", "aging", "down: path fra-gw2",
                                         "refused: pos not permitted"};
    enum mark mark = row_mark(i);
    struct portfolio_row *row = &fixture->rows[i];
    char text[32];
    snprintf(fixture->row_names[i], sizeof fixture->row_names[i], "%s-%04u",
             streets[i / 6 % 8], 3 + i * 27);
    *row = (struct portfolio_row){.slot = i,
                                  .entity = fixture->row_names[i],
                                  .name = "a building",
                                  .kind = "property",
                                  .group = groups[i % 6].name,
                                  .currency = code,
                                  .mark = mark,
                                  .breaks = i % 9 == 4};
    row->effective =
        model_fixture_figure(i % 3 ? "1" : "0.8", FORMAT_PERCENT, "", mark);
    random_amount(fixture, text, 900);
    row->net_assets = model_fixture_figure(text, FORMAT_MONEY, "EUR", mark);
    if (i == 7) {
        row->net_assets =
            model_fixture_figure("-1123724.00", FORMAT_MONEY, "EUR", mark);
    }
    struct figure *const amounts[] = {&row->cash, &row->debt, &row->revenue, &row->noi,
                                      &row->net_income};
    static const uint32_t sizes[] = {80, 900, 70, 40, 30};
    for (unsigned k = 0; k < 5; k++) {
        random_amount(fixture, text, sizes[k]);
        *amounts[k] = model_fixture_figure(text, FORMAT_MONEY, "EUR", mark);
    }
    snprintf(text, sizeof text, "0.%02u", 30 + next(fixture, 65));
    row->ltv = model_fixture_figure(text, FORMAT_PERCENT, "", mark);
    snprintf(text, sizeof text, "0.%02u", 70 + next(fixture, 30));
    row->occupancy =
        i % 5 == 3 ? absent() : model_fixture_figure(text, FORMAT_PERCENT, "", mark);
    snprintf(text, sizeof text, "1.%02u", next(fixture, 90));
    row->dscr =
        i % 7 == 2 ? absent() : model_fixture_figure(text, FORMAT_RATIO, "", mark);
    row->as_of_ms = mark == MARK_REFUSED      ? 0
                    : mark == MARK_LAST_KNOWN ? MODEL_NOW_MS - 14 * MINUTE
                    : mark == MARK_STALE      ? MODEL_NOW_MS - 11 * MINUTE
                    : mark == MARK_AGING
                        ? MODEL_NOW_MS - 2 * MINUTE
                        : MODEL_NOW_MS - 1000 * (1 + next(fixture, 55));
    row->state = states[mark == MARK_STALE        ? 1
                        : mark == MARK_AGING      ? 2
                        : mark == MARK_LAST_KNOWN ? 3
                        : mark == MARK_REFUSED    ? 4
                                                  : 0];
}

static int by_entity(const void *a, const void *b)
{
    const struct portfolio_row *x = a, *y = b;
    return strcmp(x->entity, y->entity);
}

static void fill_statement(struct model_portfolio *portfolio)
{
    static struct statement_line lines[10];
    static struct contribution parts[4];
    static struct contribution left_out[2];
    static const struct {
        const char *key, *label, *amount;
        uint32_t level;
        bool is_total;
    } given[10] = {
        {"external_revenue", "External revenue", "1351234.73", 1, false},
        {"external_expense", "External expense", "-971346.69", 1, false},
        {"external_ni", "External net income", "379888.04", 0, true},
        {"ic_difference_pl", "Intercompany difference, P&L", "4960.34", 1, false},
        {"equity_share", "Share of equity-method income", "42945.36", 1, false},
        {"consolidated_ni", "Consolidated net income", "427793.74", 0, true},
        {"nci_ni", "Minority interest", "-130939.35", 1, false},
        {"attributable_ni", "Attributable to the root", "296854.39", 0, true},
        {"look_through_ni", "Look-through, for comparison", "296854.39", 1, false},
        {"ic_facing_unavailable", "Intercompany facing unavailable", "0", 1, false},
    };
    static const char *const names[] = {"ALD", "BIR", "ELM", "CED"};
    static const char *const amounts[] = {"-42500.00", "360000.00", "40000.00",
                                          "107348.38"};
    for (unsigned i = 0; i < 4; i++)
        parts[i] =
            (struct contribution){.entity = names[i],
                                  .what = "net income",
                                  .figure = model_fixture_figure(
                                      amounts[i], FORMAT_MONEY, "EUR", MARK_CURRENT),
                                  .reason = ""};
    for (unsigned i = 0; i < 10; i++)
        lines[i] =
            (struct statement_line){.key = given[i].key,
                                    .label = given[i].label,
                                    .level = given[i].level,
                                    .is_total = given[i].is_total,
                                    .figure = total(given[i].amount, FORMAT_MONEY,
                                                    "EUR", MARK_AGING, 1202, 1203),
                                    .parts = parts,
                                    .part_count = 4};
    left_out[0] = (struct contribution){
        .entity = "union-sq-0004",
        .what = "all of it",
        .figure = model_fixture_figure("0", FORMAT_MONEY, "EUR", MARK_REFUSED),
        .left_out = true,
        .reason = "pos is not permitted to this device"};
    left_out[1] =
        (struct contribution){.entity = "kings-yard-0442",
                              .what = "receivable facing union-sq-0004",
                              .figure = model_fixture_figure("23500.00", FORMAT_MONEY,
                                                             "EUR", MARK_LAST_KNOWN),
                              .left_out = true,
                              .reason = "its counterparty is not available"};
    portfolio->statement = lines;
    portfolio->statement_count = 10;
    portfolio->left_out = left_out;
    portfolio->left_out_count = 2;
}

static void fill_portfolio(struct model_fixture *fixture)
{
    static const char *const codes[] = {"EUR", "GBP", "SEK", "CHF"};
    for (unsigned i = 0; i < ROWS; i++)
        fill_row(fixture, i, codes[i % 4]);
    qsort(fixture->rows, ROWS, sizeof fixture->rows[0], by_entity);
    struct model_portfolio *portfolio = &fixture->portfolio;
    *portfolio = (struct model_portfolio){
        .portfolio = "all",
        .currency = "EUR",
        .period = "2026",
        .basis = BASIS_CONSOLIDATED,
        .rows = fixture->rows,
        .row_count = ROWS,
        .note =
            "* holds 10 last known values, EUR 88,120,004.00 (4.6 %); 1 refused left "
            "out   + shows it without",
        .invariant = "",
        .ownership = "",
        .rates = "ECB via ALD, closing 2026-11-20: GBP 1.1555  SEK 0.0871  CHF 1.0411"};
    struct portfolio_row *sum = &portfolio->total;
    sum->effective = absent();
    sum->net_assets =
        total("1912440118.20", FORMAT_MONEY, "EUR", MARK_LAST_KNOWN, 43, 44);
    sum->cash = total("148120003.90", FORMAT_MONEY, "EUR", MARK_LAST_KNOWN, 43, 44);
    sum->debt = total("1540003771.04", FORMAT_MONEY, "EUR", MARK_LAST_KNOWN, 43, 44);
    sum->revenue = total("131044120.00", FORMAT_MONEY, "EUR", MARK_LAST_KNOWN, 43, 44);
    sum->noi = total("80101400.10", FORMAT_MONEY, "EUR", MARK_LAST_KNOWN, 43, 44);
    sum->net_income =
        total("61022010.00", FORMAT_MONEY, "EUR", MARK_LAST_KNOWN, 43, 44);
    sum->ltv = total("0.57", FORMAT_PERCENT, "", MARK_LAST_KNOWN, 43, 44);
    sum->occupancy = total("0.88", FORMAT_PERCENT, "", MARK_LAST_KNOWN, 43, 44);
    sum->dscr = total("1.42", FORMAT_RATIO, "", MARK_LAST_KNOWN, 43, 44);
    sum->breaks = 5;
    sum->mark = MARK_LAST_KNOWN;
    sum->as_of_ms = MODEL_NOW_MS - 14 * MINUTE;
    fill_statement(portfolio);
}

/* --- reconciliation --------------------------------------------------------------- */

static struct check_side side_of(const char *entity, const char *what,
                                 const char *amount, enum mark mark, int64_t age)
{
    static const char *const keys[] = {"PIER-9|2026|A|receivable||WDOCK|EUR", NULL};
    struct check_side side = {
        .entity = entity,
        .what = what,
        .figure = model_fixture_figure(amount, FORMAT_MONEY, "EUR", mark),
        .as_of_ms = mark_has_number(mark) ? MODEL_NOW_MS - age : 0,
        .row_keys = keys};
    return side;
}

static void fill_named_checks(struct model_fixture *fixture)
{
    static const struct {
        const char *id, *title, *cls, *a, *b, *difference, *tolerance, *hint;
        enum check_group group;
        enum check_status status;
        enum mark mark;
        int64_t age;
    } given[8] = {
        {"IC-018", "intercompany loan", "A/L", "pier-9-0007", "west-dock-0009",
         "-412880.00", "0", "digits transposed?", GROUP_BREAK, CHECK_MISMATCH,
         MARK_CURRENT, 9000},
        {"BK-031", "bank balance", "", "harbour-st-0003", "bank GB33", "-18220.15",
         "50", "", GROUP_BREAK, CHECK_BALANCE_DIFFERENCE, MARK_CURRENT, 4000},
        {"RR-177", "rent roll", "", "maple-court-0005", "rent roll", "-9112.00", "500",
         "", GROUP_BREAK, CHECK_BALANCE_DIFFERENCE, MARK_CURRENT, 6000},
        {"IC-101", "intercompany A/L EUR", "A/L", "harbour-st-0012", "oak-plaza-0013",
         "-38104.22", "100", "one side not current", GROUP_PROVISIONAL, CHECK_MISMATCH,
         MARK_STALE, 11 * MINUTE},
        {"IC-044", "intercompany R/X EUR", "R/X", "kings-yard-0442", "north-mill-0016",
         "1250.00", "100", "one side not current", GROUP_PROVISIONAL, CHECK_MISMATCH,
         MARK_LAST_KNOWN, 14 * MINUTE},
        {"CT-001", "control total", "", "portfolio", "control total", "0.00", "0", "",
         GROUP_PARTIAL, CHECK_PARTIAL, MARK_LAST_KNOWN, 14 * MINUTE},
        {"BK-007", "bank balance", "", "union-sq-0004", "bank DE12", "0", "50", "",
         GROUP_UNKNOWN, CHECK_NOT_PERMITTED, MARK_REFUSED, 0},
        {"IC-025", "management fee", "R/X", "oak-plaza-0003", "north-mill-0016",
         "39.66", "1", "", GROUP_FX, CHECK_FX_DIFFERENCE, MARK_CURRENT, 9000},
    };
    for (unsigned i = 0; i < 8; i++) {
        struct check_line *check = &fixture->checks[i];
        *check = (struct check_line){
            .id = given[i].id,
            .title = given[i].title,
            .cls = given[i].cls,
            .currency = "EUR",
            .a = side_of(given[i].a, "receivable", "12000000.00", MARK_CURRENT, 4000),
            .b = side_of(given[i].b, "payable", "12412880.00", given[i].mark,
                         given[i].age),
            .difference = model_fixture_figure(
                given[i].difference, FORMAT_MONEY, "EUR",
                given[i].group == GROUP_UNKNOWN ? MARK_REFUSED : given[i].mark),
            .status = given[i].status,
            .group = given[i].group,
            .hint = given[i].hint,
            .age_days = i < 3 ? (int64_t)i * 40 : -1,
            .first_seen_ms = MODEL_NOW_MS - 2 * HOUR};
        check->difference.partial = given[i].group == GROUP_PARTIAL;
        if (decimal_parse(text_of(given[i].tolerance), &check->tolerance) != DECIMAL_OK)
            abort();
    }
}

static void fill_recon(struct model_fixture *fixture)
{
    fill_named_checks(fixture);
    for (unsigned i = 8; i < CHECKS; i++) {
        bool within = i < 14;
        char text[16];
        snprintf(text, sizeof text, "-%u.%02u", within ? 90 - i * 3 : 0,
                 within ? next(fixture, 100) : 0);
        snprintf(fixture->check_ids[i], sizeof fixture->check_ids[i], "IC-%03u",
                 200 + i * 7);
        for (unsigned k = 0; k < 2; k++)
            snprintf(fixture->check_names[i][k], sizeof fixture->check_names[i][k],
                     "%s-%04u", streets[next(fixture, 8)], next(fixture, 1200));
        fixture->checks[i] = (struct check_line){
            .id = fixture->check_ids[i],
            .title = "intercompany A/L EUR",
            .cls = "A/L",
            .currency = "EUR",
            .a = side_of(fixture->check_names[i][0], "receivable", "48750.00",
                         MARK_CURRENT, 2000),
            .b = side_of(fixture->check_names[i][1], "payable", "48750.00",
                         MARK_CURRENT, 9000),
            .difference = model_fixture_figure(text, FORMAT_MONEY, "EUR", MARK_CURRENT),
            .tolerance = decimal_from_int(100),
            .status = within ? CHECK_MATCHED_TOLERANCE : CHECK_MATCHED,
            .group = within ? GROUP_WITHIN : GROUP_MATCH,
            .hint = "",
            .age_days = -1};
    }
    struct model_recon *recon = &fixture->recon;
    *recon = (struct model_recon){.portfolio = "all",
                                  .currency = "EUR",
                                  .period = "2026",
                                  .checks = fixture->checks,
                                  .check_count = CHECKS};
    for (unsigned i = 0; i < CHECKS; i++)
        recon->counts[fixture->checks[i].group]++;
    recon->unresolved =
        model_fixture_figure("440212.15", FORMAT_MONEY, "EUR", MARK_CURRENT);
    recon->unavailable_exposure =
        model_fixture_figure("12000.00", FORMAT_MONEY, "EUR", MARK_CURRENT);
}

/* --- fleet ------------------------------------------------------------------------ */

static enum mark link_mark(unsigned i)
{
    if (i >= 767 && i < 771)
        return MARK_LAST_KNOWN;
    if (i >= 873 && i < 876)
        return MARK_LAST_KNOWN;
    if (i >= 942 && i < 954)
        return MARK_STALE;
    return i % 57 == 40 ? MARK_AGING : MARK_CURRENT;
}

static void fill_link(struct model_fixture *fixture, unsigned i, const char *group)
{
    struct fleet_line *line = &fixture->links[i];
    enum mark mark = link_mark(i);
    bool down = mark == MARK_LAST_KNOWN;
    snprintf(fixture->link_names[i], sizeof fixture->link_names[i], "%s-%04u",
             streets[i % 8], i + 1);
    snprintf(fixture->link_addresses[i], sizeof fixture->link_addresses[i],
             "10.%u.%u.7:7443", i / 250, i % 250);
    *line = (struct fleet_line){.slot = i,
                                .entity = fixture->link_names[i],
                                .name = fixture->link_names[i],
                                .group = group,
                                .address = fixture->link_addresses[i],
                                .mark = mark,
                                .state = down                 ? "timeout"
                                         : mark == MARK_STALE ? "stale"
                                         : mark == MARK_AGING ? "aging"
                                                              : "live",
                                .rows = 40,
                                .as_of_ms = MODEL_NOW_MS - 5000};
    line->status = (struct link_status){
        .state = down ? LINK_BACKING_OFF : LINK_LIVE,
        .last_ok_ms = MODEL_NOW_MS - (down                 ? 14 * MINUTE
                                      : mark == MARK_STALE ? 11 * MINUTE
                                      : mark == MARK_AGING ? 2 * MINUTE
                                                           : 3000),
        .down_since_ms = down ? MODEL_NOW_MS - 14 * MINUTE : 0,
        .retry_at_mono_ms = down ? 1000000 + 18000 : 0,
        .capability_ends_ms = MODEL_NOW_MS + 31 * MINUTE,
        .rtt_ms = down ? -1 : (int32_t)(20 + i % 60),
        .attempts = down ? 41 : 0,
        .revision = 40217,
        .deltas = 118,
        .bytes_in = 220114,
    };
    snprintf(line->status.reason, sizeof line->status.reason, "%s",
             down ? "connect timeout after 5s, 41 tries" : "");
    memset(line->status.peer, 0x9b, HASH_BYTES);
    snprintf(line->fingerprint, sizeof line->fingerprint,
             "SHA256:mzt0Jc4mAcDs0hXqQkQ9vTAXFtTbcqjPiZJc2x4rY%02u", i % 100);
}

static void fill_fleet(struct model_fixture *fixture)
{
    unsigned at = 0;
    for (unsigned g = 0; g < 6; g++)
        for (uint32_t k = 0; k < groups[g].size; k++)
            fill_link(fixture, at++, groups[g].name);
    fixture->fleet = (struct model_fleet){
        .lines = fixture->links,
        .line_count = FLEET,
        .common_cause =
            "all 7 down use path fra-gw2, silent since 00:22:11Z; nobody else uses it"};
}

/* --- entity ----------------------------------------------------------------------- */

static void fill_entity(struct model_fixture *fixture)
{
    static const struct {
        enum view view;
        const char *key, *label, *amount, *currency, *text, *used_in;
        enum figure_format format;
        enum mark mark;
        int64_t age;
    } given[14] = {
        {VIEW_ENTITY, "NMILL16", "entity", NULL, "", "property, GBP, active", "",
         FORMAT_MONEY, MARK_NOT_APPLICABLE, 3000},
        {VIEW_POS, "NMILL16|2026|A|cash||", "cash", "149428.32", "GBP", "",
         "cash, net assets", FORMAT_MONEY, MARK_CURRENT, 2000},
        {VIEW_POS, "NMILL16|2026|A|cash.restricted||", "cash.restricted", "20000.00",
         "GBP", "", "net assets", FORMAT_MONEY, MARK_CURRENT, 2000},
        {VIEW_POS, "NMILL16|2026|A|property||", "property", "7622431.02", "GBP", "",
         "net assets, LTV", FORMAT_MONEY, MARK_CURRENT, 2000},
        {VIEW_POS, "NMILL16|2026|A|receivable||KYARD442", "receivable / KYARD442",
         "-48750.00", "GBP", "", "IC-044 side B", FORMAT_MONEY, MARK_CURRENT, 2000},
        {VIEW_POS, "NMILL16|2026|L|debt||", "debt", "8895583.34", "GBP", "",
         "debt, net assets, LTV", FORMAT_MONEY, MARK_CURRENT, 2000},
        {VIEW_POS, "NMILL16|2026|R|revenue.operating||", "revenue.operating",
         "41200.00", "GBP", "", "revenue, NOI", FORMAT_MONEY, MARK_CURRENT, 7000},
        {VIEW_POS, "NMILL16|2026|X|opex||", "opex", "-12000.00", "GBP", "", "NOI",
         FORMAT_MONEY, MARK_CURRENT, 7000},
        {VIEW_METRIC, "NMILL16|occupancy|2026", "occupancy", "0.714", "", "",
         "occupancy", FORMAT_PERCENT, MARK_AGING, 18 * HOUR},
        {VIEW_METRIC, "NMILL16|value|2026-09-30", "value", "7622431.02", "GBP", "",
         "LTV", FORMAT_MONEY, MARK_CURRENT, 54 * DAY},
        {VIEW_METRIC, "NMILL16|tenants|2026", "tenants", "0", "units", "", "",
         FORMAT_COUNT, MARK_SUPPRESSED, 7000},
        {VIEW_OBL, "NMILL16|covenant|dscr-1", "covenant dscr-1", "1.25", "", "min 1.25",
         "covenants", FORMAT_RATIO, MARK_CURRENT, 2 * DAY},
        {VIEW_OBL, "NMILL16|filing|2026", "filing 2026", NULL, "", "2026-12-15", "",
         FORMAT_MONEY, MARK_NOT_APPLICABLE, 22 * DAY},
        {VIEW_NOTE, "NMILL16|IC-044|1", "note on IC-044", NULL, "",
         "known, refinancing 28 Nov", "", FORMAT_MONEY, MARK_NOT_APPLICABLE, 3 * HOUR},
    };
    for (unsigned i = 0; i < 14; i++) {
        struct entity_line *line = &fixture->lines[i];
        *line = (struct entity_line){
            .view = given[i].view,
            .key = given[i].key,
            .label = given[i].label,
            .figure =
                model_fixture_figure(given[i].amount ? given[i].amount : "0",
                                     given[i].format, given[i].currency, given[i].mark),
            .text = given[i].text,
            .detail = "period=2026  cls=A  open=140000.00  move=9428.32  n=118",
            .as_of_ms = MODEL_NOW_MS - given[i].age,
            .seq = 40217 - (int64_t)i,
            .used_in = given[i].used_in};
    }
    fixture->entity = (struct model_entity){.slot = 15,
                                            .entity = "north-mill-0016",
                                            .name = "North Mill",
                                            .kind = "property",
                                            .group = "DACH",
                                            .currency = "GBP",
                                            .lifecycle = "active",
                                            .link = &fixture->links[9],
                                            .lines = fixture->lines,
                                            .line_count = 14};
}

static void fill_words(struct pane_input *input)
{
    static const struct log_line log[] = {
        {MODEL_NOW_MS - 14 * MINUTE, SEVERITY_WARNING, "kings-yard-0442",
         "live -> backing off: connect timeout"},
        {MODEL_NOW_MS - 31 * MINUTE, SEVERITY_INFO, "oak-plaza-0013",
         "backing off -> live"},
        {MODEL_NOW_MS - 2 * HOUR, SEVERITY_INFO, "", "the console was opened"},
    };
    static const struct help_line help[] = {
        {"move and open", "Up k", "up", "one row up"},
        {"move and open", "Enter l", "open", "open the selected row"},
        {"look differently", "/", "filter", "show rows that contain words"},
        {"program", "q", "back", "back; at the top, quit"},
    };
    static const struct fact facts[] = {
        {"this console", ""},
        {"fleet", "0.1"},
        {"device key", "SHA256:mzt0Jc4mAcDs0hXqQkQ9vTAXFtTbcqjPiZJc2x4rY00"},
        {"pairing", ""},
        {"", "1. fleet pair ADDRESS shows a code"},
    };
    input->log = log;
    input->log_count = 3;
    input->help = help;
    input->help_count = 4;
    input->facts = facts;
    input->fact_count = 5;
}

struct model_fixture *model_fixture_new(void)
{
    struct model_fixture *fixture = calloc(1, sizeof *fixture);
    if (!fixture)
        abort();
    fixture->seed = 20261123;
    fill_coverage(&fixture->coverage);
    fill_executive(fixture);
    fill_portfolio(fixture);
    fill_recon(fixture);
    fill_fleet(fixture);
    fill_entity(fixture);
    fixture->input = (struct pane_input){.fleet = "northgate",
                                         .portfolio = "all",
                                         .operator_name = "mkeller@northgate",
                                         .entity_id = "north-mill-0016",
                                         .now_ms = MODEL_NOW_MS,
                                         .mono_ms = 1000000,
                                         .coverage = &fixture->coverage,
                                         .critical = 3,
                                         .warnings = 4,
                                         .basis = BASIS_CONSOLIDATED,
                                         .slow = "",
                                         .executive = &fixture->executive,
                                         .portfolio_model = &fixture->portfolio,
                                         .recon = &fixture->recon,
                                         .fleet_model = &fixture->fleet,
                                         .entity = &fixture->entity};
    fill_words(&fixture->input);
    return fixture;
}

void model_fixture_free(struct model_fixture *fixture)
{
    free(fixture);
}

struct pane_input *model_fixture_input(struct model_fixture *fixture)
{
    return &fixture->input;
}

struct coverage *model_fixture_coverage(struct model_fixture *fixture)
{
    return &fixture->coverage;
}

void pane_fixture_open(enum pane_id id, const struct pane_input *input,
                       struct pane_fixture *pane)
{
    *pane = (struct pane_fixture){.entries = {NULL}};
    pane_state_init(id, &pane->state);
    pane_fixture_arrange(id, input, pane);
}

void pane_fixture_arrange(enum pane_id id, const struct pane_input *input,
                          struct pane_fixture *pane)
{
    for (unsigned part = 0; part < panes[id].parts; part++) {
        struct table table;
        struct table_view *view = &pane->state.views[part];
        if (!panes[id].table || !panes[id].table(input, part, &table))
            continue;
        uint32_t needed = 2 * table.row_count + view->count;
        if (view->capacity < needed) {
            view->entries = realloc(view->entries, needed * sizeof *view->entries);
            if (!view->entries)
                abort();
            view->capacity = needed;
        }
        pane->entries[part] = view->entries;
        table_arrange(&table, view, input->is_held);
    }
}

void pane_fixture_close(struct pane_fixture *pane)
{
    for (unsigned part = 0; part < PANE_PARTS; part++)
        free(pane->entries[part]);
}
