#include "totebox/import_tags.h"

#include "tests/totebox/import_support.h"

/* --- tags ---------------------------------------------------------------------------
 */

static void tag_find__reads_tags_as_hledger_does(void **state)
{
    static const struct {
        const char *comment, *name, *value; /* NULL: no such tag */
    } cases[] = {
        {"", "cp", NULL},
        {"cp:BIR", "cp", "BIR"},
        {"cp: BIR ", "cp", "BIR"},
        {"cp:BIR, ref:X 1,grp:MF", "ref", "X 1"},
        {"cp:BIR, ref:X 1,grp:MF", "grp", "MF"},
        {"some words before cp:BIR", "cp", "BIR"},
        {"cp:", "cp", ""},
        {"cp:,ref:X", "cp", ""},
        {"cp :BIR", "cp", NULL},
        {"acp:BIR", "cp", NULL},
        {"cp:BIR, cp:CED", "cp", "BIR"},
        {"note: see cp:BIR", "cp", NULL}, /* that is the value of note */
        {"note: see, cp:BIR", "cp", "BIR"},
        {"first line\ncp:BIR\nref:X", "cp", "BIR"},
        {"a:b\ncp:BIR", "cp", "BIR"},
        {"http://example.org, ref:R", "ref", "R"},
        {"::cp:BIR", "cp", "BIR"},
        {"cp:BIR\n", "cp", "BIR"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct text value;
        bool found = tag_find(text_of(cases[i].comment), cases[i].name, &value);
        if (found != (cases[i].value != NULL) ||
            (found && !text_equal(value, text_of(cases[i].value))))
            fail_msg("\"%s\" %s", cases[i].comment, cases[i].name);
    }
}

static void tag_amount__reads_what_hledger_prints_and_guesses_nothing(void **state)
{
    static const struct {
        const char *text, *number, *commodity; /* NULL: no amount */
    } cases[] = {
        {"1080000.00 USD", "1080000.00", "USD"},
        {"USD 5", "5", "USD"},
        {"$0.50", "0.50", "$"},
        {"-$0.50", "-0.50", "$"},
        {"$-0.50", "-0.50", "$"},
        {"-5 EUR", "-5", "EUR"},
        {"110USD", "110", "USD"},
        {"10 \"green apples\"", "10", "green apples"},
        {"\"no 5\" 10", "10", "no 5"},
        {"$1,080,000.00", "1080000.00", "$"},
        {"1.080.000,00 EUR", "1080000.00", "EUR"},
        {"1,080,000 USD", "1080000", "USD"},
        {"1.080.000 EUR", "1080000", "EUR"},
        {"1,50 EUR", "1.50", "EUR"},
        {"1.105 USD", "1.105", "USD"},
        {"1234,567 EUR", "1234.567", "EUR"},
        {"5. USD", "5", "USD"},
        {"1,000 USD", NULL, NULL}, /* a thousand, or one */
        {"1,0.5,0 USD", NULL, NULL},
        {"", NULL, NULL},
        {"5", NULL, NULL},
        {"USD", NULL, NULL},
        {"USD 5 EUR", NULL, NULL},
        {"- USD", NULL, NULL},
        {"0.1234567890123456789 USD", NULL, NULL},
        {"99999999999999999999999999999999999999999999999999999 USD", NULL, NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char written[DECIMAL_CHARS_MAX];
        struct text number, commodity;
        bool good = tag_amount(text_of(cases[i].text), written, &number, &commodity);
        if (good != (cases[i].number != NULL) ||
            (good && (!text_equal(number, text_of(cases[i].number)) ||
                      !text_equal(commodity, text_of(cases[i].commodity)))))
            fail_msg("\"%s\"", cases[i].text);
    }
}

static void tag_posting_date__takes_a_tag_or_brackets(void **state)
{
    static const struct {
        const char *comment, *date; /* "": none */
    } cases[] = {
        {"date:2025-03-05", "2025-03-05"},
        {"[2025/03/05]", "2025/03/05"},
        {"seen [2025-03-05=2025-03-07] there", "2025-03-05"},
        {"[3/9]", "3/9"},
        {"[12]", ""},
        {"[=2025-03-07]", ""},
        {"[2025-03-05", ""},
        {"[note] [2025.03.05]", "2025.03.05"},
        {"", ""},
    };
    char written[DATE_CHARS + 1];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct text date = tag_posting_date(text_of(cases[i].comment));
        if (!text_equal(date, text_of(cases[i].date)))
            fail_msg("\"%s\"", cases[i].comment);
    }
    assert_true(tag_date(TEXT("2025/03/05"), written));
    assert_string_equal(written, "2025-03-05");
    assert_false(tag_date(TEXT("3/9"), written));
    assert_false(tag_date(TEXT("2025/13/05"), written));
}

/* --- what hledger 1.25 printed -------------------------------------------------------
 */

static struct import_report import_file(const struct folder *folder, const char *path)
{
    struct import_request request = request_make(IMPORT_HLEDGER);
    struct import_report report;
    struct problem problem;
    size_t length;
    char *bytes = file_read(path, &length);

    if (import_bytes(folder, &request, bytes, length, &report, &problem) != ARCHIVE_OK)
        fail_msg("%s\n%s", report_words(&report), problem.words);
    free(bytes);
    return report;
}

static const char *data_file(const char *name)
{
    static char path[1024];
    const char *top = getenv("top_srcdir");
    snprintf(path, sizeof(path), "%s/tests/totebox/data/%s", top ? top : ".", name);
    return path;
}

/* The posting that has both parts, up to "prev". */
static void expect_posting(const char *ledger, const char *account, const char *amount,
                           const char *rest)
{
    char start[256], *at, *line, *end;

    snprintf(start, sizeof(start), "\"acct\":\"%s\",", account);
    for (line = strstr(ledger, start); line; line = strstr(line + 1, start)) {
        end = strchr(line, '\n');
        at = strstr(line, amount);
        if (at && at < end) {
            char found[1024];
            snprintf(found, sizeof(found), "%.*s",
                     (int)(strstr(at, ",\"src\"") - at - (long)strlen(amount)),
                     at + strlen(amount));
            assert_string_equal(found, rest);
            return;
        }
    }
    fail_msg("no posting of %s with %s", account, amount);
}

static void import__takes_tags_costs_and_dates_of_hledger(void **state)
{
    struct folder folder;
    struct import_report report;
    char *ledger;

    (void)state;
    archive_make(
        &folder, "ALD", "USD",
        "commodity \"$\" { iso = \"USD\" }\n"
        "map \"assets:bank*\" { line = \"cash\" }\n"
        "map \"assets:investment*\" { class = \"V\" line = \"investment\" }\n");
    report = import_file(&folder, data_file("tags.csv"));
    assert_int_equal(report.taken, 9);
    import_report_release(&report);
    ledger = ledger_read(&folder);

    /* Its own tags; the transaction's cp is not the bank's. */
    expect_posting(ledger, "assets:receivable", "\"amt\":\"5000.00\",\"cur\":\"USD\"",
                   ",\"cp\":\"BIR\",\"ref\":\"MF-12\",\"grp\":\"MF\",\"desc\":\"Fee\","
                   "\"st\":\"*\"");
    expect_posting(ledger, "revenues:fee", "\"amt\":\"-4000.00\",\"cur\":\"USD\"",
                   ",\"cp\":\"CED\",\"ref\":\"MF-99\",\"grp\":\"MF\",\"desc\":\"Fee\","
                   "\"st\":\"!\"");
    expect_posting(ledger, "assets:bank", "\"amt\":\"-1000.00\",\"cur\":\"USD\"",
                   ",\"ref\":\"MF-12\",\"grp\":\"MF\",\"desc\":\"Fee\",\"st\":\"*\"");
    /* The account names the counterparty; "cp:" takes it away. */
    expect_posting(ledger, "assets:ic:DOG:loan", "\"amt\":\"7.00\",\"cur\":\"USD\"",
                   ",\"cp\":\"DOG\",\"desc\":\"Loan\"");
    expect_posting(ledger, "assets:ic:DOG:old", "\"amt\":\"-7.00\",\"cur\":\"USD\"",
                   ",\"desc\":\"Loan\"");
    /* Equity is carried at hist, else at its cost, in the sign of the posting. */
    expect_posting(
        ledger, "equity:capital", "\"amt\":\"-1000000.00\",\"cur\":\"EUR\"",
        ",\"cost\":{\"amt\":\"1080000.00\",\"cur\":\"USD\",\"kind\":\"total\"},"
        "\"hist\":{\"amt\":\"-1080000\",\"cur\":\"USD\"},\"desc\":\"Capital\"");
    expect_posting(ledger, "equity:reserve", "\"amt\":\"-40000.00\",\"cur\":\"EUR\"",
                   ",\"hist\":{\"amt\":\"-43000.00\",\"cur\":\"USD\"},"
                   "\"desc\":\"Capital\"");
    expect_posting(ledger, "assets:investment:ic:ELM",
                   "\"amt\":\"10.00\",\"cur\":\"EUR\"",
                   ",\"cost\":{\"amt\":\"1.105\",\"cur\":\"USD\",\"kind\":\"unit\"},"
                   "\"hist\":{\"amt\":\"11.05\",\"cur\":\"USD\"},\"cp\":\"ELM\","
                   "\"desc\":\"Shares\"");
    /* What hledger generated for a price takes its rounding. */
    expect_posting(ledger, "equity:conversion:$-EUR:$",
                   "\"amt\":\"13.33\",\"cur\":\"USD\"", ",\"desc\":\"Unit price\"");
    /* A decimal comma; a date of its own; a virtual posting that balances. */
    expect_posting(ledger, "assets:till", "\"amt\":\"1234.56\",\"cur\":\"CHF\"",
                   ",\"desc\":\"Comma\"");
    assert_non_null(strstr(ledger, "\"date\":\"2025-03-11\",\"acct\":\"assets:late\""));
    expect_posting(ledger, "assets:envelope", "\"amt\":\"3.00\",\"cur\":\"USD\"",
                   ",\"desc\":\"Virtual\"");
    assert_non_null(strstr(ledger, "\"desc\":\"\\\"Quoted\\\", and a comma\""));
    free(ledger);
    folder_remove(&folder);
}

/* --- real books ----------------------------------------------------------------------
 */

static char *run(const char *command, size_t *length)
{
    enum { ROOM = 1 << 22 };
    char *bytes = calloc(1, ROOM);
    FILE *pipe = popen(command, "r");

    assert_non_null(bytes);
    assert_non_null(pipe);
    *length = fread(bytes, 1, ROOM - 1, pipe);
    if (pclose(pipe) != 0)
        *length = 0;
    return bytes;
}

struct balances {
    struct {
        char account[128];
        struct decimal sum;
    } of[64];
    unsigned count;
};

static enum archive_error add_posting(void *user, const struct ledger *ledger,
                                      const struct line *line, struct problem *problem)
{
    struct balances *balances = user;
    struct text account = line->field[FIELD_ACCT];
    struct decimal amount;
    unsigned i = 0;

    (void)ledger;
    (void)problem;
    assert_int_equal(line->type, LINE_POSTING);
    assert_true(text_equal(line->field[FIELD_CUR], TEXT("USD")));
    while (i < balances->count &&
           !text_equal(text_of(balances->of[i].account), account))
        i++;
    if (i == balances->count) {
        assert_true(++balances->count <= 64);
        snprintf(balances->of[i].account, sizeof(balances->of[i].account), "%.*s",
                 TEXT_ARG(account));
        balances->of[i].sum = decimal_from_int(0);
    }
    assert_int_equal(decimal_parse(line->field[FIELD_AMT], &amount), DECIMAL_OK);
    assert_int_equal(decimal_add(balances->of[i].sum, amount, &balances->of[i].sum),
                     DECIMAL_OK);
    return ARCHIVE_OK;
}

/* "account","$-12.30", a line each; "0" where nothing is left. */
static void compare_balances(const struct balances *balances, const char *oracle)
{
    FILE *file = fopen(oracle, "r");
    char row[512];
    unsigned matched = 0, rest = 0;

    assert_non_null(file);
    assert_non_null(fgets(row, sizeof(row), file));
    while (fgets(row, sizeof(row), file)) {
        char account[128], written[64], *dollar;
        struct decimal expected;
        unsigned i = 0;
        if (sscanf(row, "\"%127[^\"]\",\"%63[^\"]\"", account, written) != 2)
            fail_msg("%s", row);
        dollar = strchr(written, '$');
        if (dollar)
            memmove(dollar, dollar + 1, strlen(dollar));
        assert_int_equal(decimal_parse(text_of(written), &expected), DECIMAL_OK);
        while (i < balances->count && strcmp(balances->of[i].account, account) != 0)
            i++;
        if (i == balances->count || decimal_compare(balances->of[i].sum, expected) != 0)
            fail_msg("balance of %s", account);
        matched++;
    }
    fclose(file);
    for (unsigned i = 0; i < balances->count; i++)
        rest += decimal_sign(balances->of[i].sum) != 0;
    assert_true(matched >= 30);
    assert_true(matched >= rest);
}

static void import__agrees_with_hledger_about_real_books(void **state)
{
    const struct ledger_visitor visitor = {add_posting, NULL};
    const char *top = getenv("top_srcdir");
    struct import_request request = request_make(IMPORT_HLEDGER);
    struct ledger_visitor summing = visitor;
    struct balances balances = {.count = 0};
    struct import_report report;
    struct problem problem;
    struct archive *archive;
    struct ledger *ledger;
    struct folder folder;
    char path[1024], command[2048], *bytes;
    size_t length;

    (void)state;
    snprintf(path, sizeof(path), "%s/../shared/data/real/ledgers/hackclub/main.ledger",
             top ? top : ".");
    if (!file_exists(path)) {
        print_message("SKIPPED: there is no %s\n", path);
        skip();
    }
    snprintf(command, sizeof(command), "hledger -f '%s' print -x --infer-equity -O csv",
             path);
    bytes = run(command, &length);
    if (length == 0) {
        free(bytes);
        print_message("SKIPPED: hledger does not run\n");
        skip();
    }
    archive_make(&folder, "HCB", "USD", "commodity \"$\" { iso = \"USD\" }\n");
    if (import_bytes(&folder, &request, bytes, length, &report, &problem) != ARCHIVE_OK)
        fail_msg("%s", report_words(&report));
    assert_int_equal(report.taken, 1360);
    import_report_release(&report);
    if (import_bytes(&folder, &request, bytes, length, &report, &problem) != ARCHIVE_OK)
        fail_msg("%s", report_words(&report));
    assert_int_equal(report.taken, 0);
    assert_int_equal(report.known, 1360);
    import_report_release(&report);

    summing.user = &balances;
    assert_ok(archive_open(&archive, folder.path, &problem), problem);
    assert_ok(archive_open_ledger(archive, LEDGER_READ, summing, &ledger, &problem),
              problem);
    ledger_close(ledger);
    archive_close(archive);
    snprintf(path, sizeof(path), "%s/../shared/data/real/oracles/%s", top ? top : ".",
             "hackclub-balance-hledger.csv");
    compare_balances(&balances, path);
    free(bytes);
    folder_remove(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tag_find__reads_tags_as_hledger_does),
        cmocka_unit_test(tag_amount__reads_what_hledger_prints_and_guesses_nothing),
        cmocka_unit_test(tag_posting_date__takes_a_tag_or_brackets),
        cmocka_unit_test(import__takes_tags_costs_and_dates_of_hledger),
        cmocka_unit_test(import__agrees_with_hledger_about_real_books),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
