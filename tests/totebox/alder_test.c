/* The worked example: trial balances in, and out of the rows of pos and fx alone come
 * the figures of tests/data/alder/expected.tsv. */
#include "tests/totebox/archive_support.h"

enum { FIELDS_MAX = 16, LINE_CHARS = 512 };

static const char exposure[] =
    "expose \"all\" { to = {\"aggregator\"} granularity = \"account\" "
    "views = {\"pos\", \"fx\"} periods = {\"2025\"} }\n";

/* Cuts a line at `mark` in place. */
static unsigned cut(char *line, char mark, char *field[FIELDS_MAX])
{
    unsigned count = 0;

    line[strcspn(line, "\r\n")] = '\0';
    for (;;) {
        field[count++] = line;
        line = strchr(line, mark);
        if (line == NULL || count == FIELDS_MAX)
            return count;
        *line++ = '\0';
    }
}

static FILE *open_source(const char *name)
{
    char path[PATH_BYTES];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", getenv("top_srcdir"), name);
    file = fopen(path, "r");
    if (file == NULL)
        fail_msg("%s cannot be read", path);
    return file;
}

static void add_books(struct office *office, const char *entity)
{
    FILE *file = open_source("examples/alder/trial-balance.csv");
    char line[LINE_CHARS], *f[FIELDS_MAX];

    while (fgets(line, sizeof(line), file)) {
        if (cut(line, ',', f) != 11 || strcmp(f[0], entity) != 0)
            continue;
        office_add(office, LINE_POSTING, FIELD_DATE, f[1], FIELD_ACCT, f[2], FIELD_CLS,
                   f[3], FIELD_LINE, f[4], FIELD_AMT, f[5], FIELD_CUR, f[6], FIELD_CP,
                   f[7], FIELD_REF, f[8], FIELD_HIST_AMT, f[9], FIELD_HIST_CUR, f[10],
                   FIELD_COUNT);
    }
    fclose(file);
}

static void add_rates(struct office *office)
{
    static const char *const days[][3] = {{"2024-12-31", "1.0389", "1.4948"},
                                          {"2025-06-30", "1.084966", "1.548652"},
                                          {"2025-12-31", "1.1750", "1.6088"}};
    for (unsigned i = 0; i < 3; i++)
        for (unsigned j = 1; j < 3; j++)
            office_add(office, LINE_RATE, FIELD_FROM, "EUR", FIELD_TO,
                       j == 1 ? "USD" : "CAD", FIELD_DAY, days[i][0], FIELD_RATE,
                       days[i][j], FIELD_SOURCE, "ECB", FIELD_COUNT);
}

static void entity_open(struct office *office, const char *entity, const char *currency)
{
    office_open(office, entity, currency, "", exposure);
    add_books(office, entity);
    office_commit(office);
}

static struct decimal parsed(const char *text)
{
    struct decimal value;
    assert_int_equal(decimal_parse(text_of(text), &value), DECIMAL_OK);
    return value;
}

static struct decimal plus(struct decimal a, struct decimal b)
{
    assert_int_equal(decimal_add(a, b, &a), DECIMAL_OK);
    return a;
}

static struct decimal times(struct amount amount, struct decimal rate)
{
    struct decimal product;
    assert_int_equal(decimal_multiply(amount_decimal(amount), rate, 2, &product),
                     DECIMAL_OK);
    return product;
}

static void assert_decimal(struct decimal value, const char *expected)
{
    if (decimal_compare(value, parsed(expected)) != 0) {
        char text[DECIMAL_CHARS_MAX + 1];
        text[decimal_write(value, text)] = '\0';
        fail_msg("%s is not %s", text, expected);
    }
}

/* The value of `key` in expected.tsv, in the scenario "full". */
static struct decimal expected(const char *key)
{
    FILE *file = open_source("tests/data/alder/expected.tsv");
    char line[LINE_CHARS], *f[FIELDS_MAX];
    struct decimal value = decimal_from_int(0);
    bool found = false;

    while (fgets(line, sizeof(line), file)) {
        if (cut(line, '\t', f) == 3 && strcmp(f[0], "full") == 0 &&
            strcmp(f[1], key) == 0) {
            value = parsed(f[2]);
            found = true;
        }
    }
    fclose(file);
    assert_true(found);
    return value;
}

struct rates {
    struct decimal opening, average, closing;
};

/* As an aggregator takes them: from the holding's rows of fx. */
static void rates_of(const struct office *holding, const char *currency,
                     struct rates *rates)
{
    static const char *const types[] = {"opening", "average", "closing"};
    struct decimal *to[] = {&rates->opening, &rates->average, &rates->closing};
    char key[64];

    for (unsigned i = 0; i < 3; i++) {
        snprintf(key, sizeof(key), "ALD|%s|USD|2025|%s", currency, types[i]);
        const union any_row *row = office_row(holding, VIEW_FX, key);
        *to[i] = row ? amount_decimal(row->fx.rate) : decimal_from_int(1);
        assert_true(row || strcmp(currency, "USD") == 0);
    }
}

struct figures {
    struct decimal local, translated, income, opening_equity, opening_hist;
};

static void figures_of(const struct office *office, const struct rates *rates,
                       struct figures *figures)
{
    struct decimal zero = decimal_from_int(0);
    const union any_row *row = index_seek(office->index, VIEW_POS, TEXT(""));

    *figures = (struct figures){zero, zero, zero, zero, zero};
    for (; row; row = index_next(office->index, VIEW_POS, row)) {
        const struct pos_row *pos = &row->pos;
        char cls = *names_string(index_names(office->index), pos->cls);
        struct amount closing;
        struct decimal stock =
            plus(amount_decimal(pos->open), amount_decimal(pos->move));
        struct decimal translated;
        assert_int_equal(amount_from_decimal(stock, &closing), DECIMAL_OK);
        figures->local = plus(figures->local, stock);
        if (cls == 'R' || cls == 'X') {
            translated = times(pos->move, rates->average);
            figures->income = plus(figures->income, decimal_negate(translated));
        } else if (cls == 'Q' && pos->hist_open.mark == CELL_PRESENT) {
            translated =
                plus(amount_decimal(pos->hist_open), amount_decimal(pos->hist_move));
            figures->opening_hist = plus(figures->opening_hist, translated);
        } else {
            translated = times(closing, rates->closing);
        }
        if (cls == 'Q')
            figures->opening_equity =
                plus(figures->opening_equity, amount_decimal(pos->open));
        figures->translated = plus(figures->translated, translated);
    }
}

static void alder__rows_give_the_income_of_all_five(void **state)
{
    static const char *const entities[][2] = {
        {"ALD", "USD"}, {"BIR", "USD"}, {"ELM", "USD"}, {"CED", "EUR"}, {"DOG", "CAD"}};
    struct office holding;

    (void)state;
    office_open(&holding, "ALD", "USD", "", exposure);
    add_rates(&holding);
    office_commit(&holding);
    for (unsigned i = 0; i < 5; i++) {
        struct office office;
        struct figures figures;
        struct rates rates;
        char key[16];
        entity_open(&office, entities[i][0], entities[i][1]);
        rates_of(&holding, entities[i][1], &rates);
        figures_of(&office, &rates, &figures);
        assert_decimal(figures.local, "0");
        snprintf(key, sizeof(key), "ni:%s", entities[i][0]);
        assert_int_equal(decimal_compare(figures.income, expected(key)), 0);
        office_close(&office);
    }
    office_close(&holding);
}

static void alder__translation_differences_follow_from_hist(void **state)
{
    struct office holding, office;
    struct figures figures;
    struct rates rates;
    struct amount equity;

    (void)state;
    office_open(&holding, "ALD", "USD", "", exposure);
    add_rates(&holding);
    office_commit(&holding);
    entity_open(&office, "CED", "EUR");
    rates_of(&holding, "EUR", &rates);
    figures_of(&office, &rates, &figures);
    assert_int_equal(decimal_compare(figures.translated, expected("cta_closing:CED")),
                     0);
    /* Opening: net assets at the opening rate against what equity was booked at. */
    assert_decimal(figures.opening_equity, "-1040000");
    assert_int_equal(amount_from_decimal(figures.opening_equity, &equity), DECIMAL_OK);
    struct decimal opening =
        plus(decimal_negate(times(equity, rates.opening)), figures.opening_hist);
    assert_int_equal(decimal_compare(opening, expected("cta_opening:CED")), 0);
    office_close(&office);
    entity_open(&office, "DOG", "CAD");
    rates_of(&holding, "CAD", &rates);
    figures_of(&office, &rates, &figures);
    assert_decimal(figures.translated, "25421.60");
    office_close(&office);
    office_close(&holding);
}

static void alder__closing_balances_are_those_of_the_trial_balance(void **state)
{
    FILE *file = open_source("tests/data/alder/trial-balance.tsv");
    char line[LINE_CHARS], *f[FIELDS_MAX], entity[16] = "";
    struct office office;
    unsigned rows = 0;

    (void)state;
    assert_non_null(fgets(line, sizeof(line), file));
    while (fgets(line, sizeof(line), file)) {
        const union any_row *row = NULL;
        assert_int_equal(cut(line, '\t', f), 7);
        if (strcmp(entity, f[0]) != 0) {
            if (*entity)
                office_close(&office);
            snprintf(entity, sizeof(entity), "%s", f[0]);
            entity_open(&office, f[0], f[1]);
        }
        const struct names *names = index_names(office.index);
        for (row = index_seek(office.index, VIEW_POS, TEXT("")); row;
             row = index_next(office.index, VIEW_POS, row))
            if (strcmp(names_string(names, row->pos.account), f[2]) == 0 &&
                strcmp(names_string(names, row->pos.cp), f[5]) == 0)
                break;
        if (!row) {
            fail_msg("no row of %s %s", f[0], f[2]);
            return;
        }
        assert_string_equal(names_string(names, row->pos.cls), f[3]);
        assert_decimal(
            plus(amount_decimal(row->pos.open), amount_decimal(row->pos.move)), f[4]);
        rows++;
    }
    office_close(&office);
    fclose(file);
    assert_true(rows > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alder__rows_give_the_income_of_all_five),
        cmocka_unit_test(alder__translation_differences_follow_from_hist),
        cmocka_unit_test(alder__closing_balances_are_those_of_the_trial_balance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
