/* alder_fixture.c - the worked example from its TSV files into a store. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/rows_fixture.h"

#include "tests/support/cmocka_all.h"

void fixture_tsv(const char *path, void (*row)(void *user, char **cells), void *user)
{
    char line[1024];
    FILE *file = fopen(path, "r");
    if (!file)
        fail_msg("cannot open %s", path);
    assert_non_null(fgets(line, sizeof line, file)); /* the header */
    while (fgets(line, sizeof line, file)) {
        char *cells[FIXTURE_FIELDS_MAX] = {line};
        int count = 1;
        line[strcspn(line, "\r\n")] = '\0';
        for (char *at = line; *at; at++) {
            if (*at != '\t')
                continue;
            *at = '\0';
            assert_true(count < FIXTURE_FIELDS_MAX);
            cells[count++] = at + 1;
        }
        row(user, cells);
    }
    assert_int_equal(fclose(file), 0);
}

static void alder_file(const char *name, void (*row)(void *, char **), void *user)
{
    char path[1024];
    const char *top = getenv("top_srcdir");
    (void)snprintf(path, sizeof path, "%s/tests/data/alder/%s", top ? top : ".", name);
    fixture_tsv(path, row, user);
}

struct loading {
    struct fixture *fixture;
    const char *entity;
    struct decimal opening; /* of equity, debit + */
    int ordinal;
};

/* How the accounts of trial-balance.tsv map to the vocabulary. */
static const struct {
    const char *account, *line;
} account_lines[] = {
    {"cash", "cash"},
    {"ic loan receivable", "receivable"},
    {"ic receivable", "receivable"},
    {"rent receivable", "receivable"},
    {"property", "property"},
    {"investment", "investment"},
    {"accounts payable", "payable"},
    {"ic payable", "payable"},
    {"external debt", "debt"},
    {"ic loan payable", "debt"},
    {"capital", "equity.capital"},
    {"opening retained earnings", "equity.retained"},
    {"distributions", "equity.distribution"},
    {"rental revenue", "revenue.operating"},
    {"management fee income", "revenue.fee"},
    {"advisory revenue", "revenue.other"},
    {"fx gain", "revenue.other"},
    {"interest income", "revenue.interest"},
    {"distribution income", "revenue.distribution"},
    {"property operating expense", "opex"},
    {"management fee expense", "fee.management"},
    {"general and administrative", "admin"},
    {"interest expense", "interest"},
    {"depreciation", "depreciation"},
};

static const char *line_of(const char *account)
{
    for (size_t i = 0; i < sizeof account_lines / sizeof *account_lines; i++)
        if (strcmp(account_lines[i].account, account) == 0)
            return account_lines[i].line;
    fail_msg("no line for account %s", account);
    return "";
}

static struct decimal decimal_of(const char *text)
{
    struct decimal value;
    assert_int_equal(decimal_parse(text_of(text), &value), DECIMAL_OK);
    return value;
}

static void sum_opening(void *user, char **cells)
{
    struct loading *loading = user;
    if (strcmp(cells[0], loading->entity) == 0 && cells[3][0] == 'Q' &&
        strcmp(cells[2], "distributions") != 0)
        assert_int_equal(
            decimal_add(loading->opening, decimal_of(cells[4]), &loading->opening),
            DECIMAL_OK);
}

/* entity currency account class amount counterparty translated_usd.  Capital and
 * retained earnings stood at the start of the year, with cash against them. */
static void put_balance(void *user, char **cells)
{
    struct loading *loading = user;
    const char *amount = cells[4], *zero = "0";
    char open[DECIMAL_CHARS_MAX], move[DECIMAL_CHARS_MAX];
    bool is_equity = cells[3][0] == 'Q' && strcmp(cells[2], "distributions") != 0;
    if (strcmp(cells[0], loading->entity) != 0)
        return;
    (void)snprintf(open, sizeof open, "%s", is_equity ? amount : zero);
    (void)snprintf(move, sizeof move, "%s", is_equity ? zero : amount);
    if (strcmp(cells[2], "cash") == 0) {
        struct decimal rest;
        assert_int_equal(decimal_add(decimal_of(amount), loading->opening, &rest),
                         DECIMAL_OK);
        decimal_write(decimal_negate(loading->opening), open);
        decimal_write(rest, move);
    }
    fixture_put(loading->fixture, VIEW_POS, cells[0], "period", "2025", "start",
                "20250101", "end", "20251231", "cls", cells[3], "line",
                line_of(cells[2]), "account", cells[2], "cp", cells[5], "cur", cells[1],
                "open", open, "move", move, "hist_open", is_equity ? cells[6] : "",
                "hist_move", is_equity ? zero : "", "hist_cur", "USD", "n", "1", NULL);
}

/* owner owned share method effective_from_root */
static void put_edge(void *user, char **cells)
{
    struct loading *loading = user;
    char num[16];
    if (strcmp(cells[0], loading->entity) != 0)
        return;
    (void)snprintf(num, sizeof num, "%ld", strtol(strchr(cells[2], '.') + 1, NULL, 10));
    fixture_put(loading->fixture, VIEW_OWN, cells[0], "owned", cells[1], "from",
                "20200101", "to", "0", "econ_num", num, "econ_den", "100", "method",
                cells[3], NULL);
}

/* currency to opening average closing */
static void put_rates(void *user, char **cells)
{
    static const char *const types[] = {"opening", "average", "closing"};
    static const char *const fixed[] = {"20241231", "20251231", "20251231"};
    struct loading *loading = user;
    if (strcmp(cells[0], cells[1]) == 0)
        return;
    for (int i = 0; i < 3; i++)
        fixture_put(loading->fixture, VIEW_FX, loading->entity, "from", cells[0], "to",
                    cells[1], "period", "2025", "start", "20250101", "end", "20251231",
                    "type", types[i], "rate", cells[2 + i], "n", "255", "fixed",
                    fixed[i], "source", "ECB", NULL);
}

static void without_dashes(const char *date, char plain[16])
{
    size_t length = 0;
    for (; *date && length < 15; date++)
        if (*date != '-')
            plain[length++] = *date;
    plain[length] = '\0';
}

/* entity key start end unit value nature scenario */
static void put_metric(void *user, char **cells)
{
    struct loading *loading = user;
    char start[16], end[16], period[16];
    if (strcmp(cells[0], loading->entity) != 0)
        return;
    without_dashes(cells[2], start);
    without_dashes(cells[3], end);
    if (!*start)
        (void)snprintf(period, sizeof period, "%s", cells[3]);
    else if (strcmp(start + 4, "0101") == 0 && strcmp(end + 4, "1231") == 0)
        (void)snprintf(period, sizeof period, "%.4s", cells[2]);
    else
        (void)snprintf(period, sizeof period, "%.7s", cells[2]);
    fixture_put(loading->fixture, VIEW_METRIC, cells[0], "key", cells[1], "period",
                period, "start", *start ? start : "0", "end", end, "scenario", cells[7],
                "basis", "own", "unit", cells[4], "cp", "", "nature", cells[6], "value",
                cells[5], "n", "1", "quality", "ok", NULL);
}

/* entity kind id title due amount cur metric op threshold num den period state */
static void put_obligation(void *user, char **cells)
{
    struct loading *loading = user;
    char due[16];
    if (strcmp(cells[0], loading->entity) != 0)
        return;
    without_dashes(cells[4], due);
    fixture_put(loading->fixture, VIEW_OBL, cells[0], "kind", cells[1], "id", cells[2],
                "title", cells[3], "due", due, "amount", cells[5], "cur", cells[6],
                "metric", cells[7], "op", cells[8], "threshold", cells[9], "num",
                cells[10], "den", cells[11], "period", cells[12], "state", cells[13],
                NULL);
}

/* entity cp cls ref grp date cur amt booked */
static void put_item(void *user, char **cells)
{
    struct loading *loading = user;
    char date[16], ordinal[16];
    if (strcmp(cells[0], loading->entity) != 0)
        return;
    without_dashes(cells[5], date);
    (void)snprintf(ordinal, sizeof ordinal, "%d", ++loading->ordinal);
    fixture_put(loading->fixture, VIEW_ITEM, cells[0], "cp", cells[1], "cls", cells[2],
                "account", "", "ref", cells[3], "grp", cells[4], "k", ordinal, "date",
                date, "cur", cells[6], "amt", cells[7], "bcur",
                strcmp(cells[0], "CED") == 0 ? "EUR" : "USD", "booked", cells[8], "st",
                "open", NULL);
}

static const struct {
    const char *entity, *name, *kind, *currency, *group;
} entities[] = {
    {"ALD", "Alder Holding", "company", "USD", "Holding"},
    {"BIR", "Birch Street", "property", "USD", "America"},
    {"CED", "Cedar Court", "property", "EUR", "Europe"},
    {"DOG", "Dogwood Yard", "property", "CAD", "America"},
    {"ELM", "Elm House", "property", "USD", "America"},
    {"GAL", "", "", "", "America"},
};
enum { ENTITIES = sizeof entities / sizeof *entities, ANSWERING = ENTITIES - 1 };

struct fixture *fixture_alder(void)
{
    struct fixture *fixture = fixture_new();
    for (int i = 0; i < ENTITIES; i++)
        fixture_block(fixture, entities[i].entity)->group = entities[i].group;
    fixture->config.portfolios[0].root = "ALD";
    fixture->config.portfolios[0].fx = "ALD";
    fixture_start(fixture);
    return fixture;
}

void fixture_alder_answers(struct fixture *fixture, const char *entity)
{
    struct loading loading = {.fixture = fixture, .entity = entity};
    for (int i = 0; i < ANSWERING; i++)
        if (strcmp(entities[i].entity, entity) == 0)
            fixture_put(fixture, VIEW_ENTITY, entity, "name", entities[i].name, "kind",
                        entities[i].kind, "cur", entities[i].currency, "lifecycle",
                        "active", "parent_scope", "own", "fy_start", "101", "tags", "",
                        "periods", "2025", "book_lines", "20", NULL);
    alder_file("trial-balance.tsv", sum_opening, &loading);
    alder_file("trial-balance.tsv", put_balance, &loading);
    alder_file("ownership.tsv", put_edge, &loading);
    alder_file("metrics.tsv", put_metric, &loading);
    alder_file("obligations.tsv", put_obligation, &loading);
    if (strcmp(entity, "ALD") == 0)
        alder_file("fx.tsv", put_rates, &loading);
    fixture_live(fixture, entity);
}

struct fixture *fixture_alder_full(bool with_items)
{
    struct fixture *fixture = fixture_alder();
    for (int i = 0; i < ANSWERING; i++) {
        struct loading loading = {.fixture = fixture, .entity = entities[i].entity};
        fixture_alder_answers(fixture, entities[i].entity);
        if (with_items)
            alder_file("items.tsv", put_item, &loading);
    }
    return fixture;
}
