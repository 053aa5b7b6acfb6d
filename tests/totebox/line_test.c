#include "totebox/line.h"

#include <time.h>

#include "totebox/date.h"
#include "totebox/share.h"

#include "tests/totebox/support.h"

#define HEAD "{\"v\":1,\"seq\":1,\"at\":5,\"left\":0,\"type\":\"asof\""
#define TAIL ",\"prev\":\"00\"}"

static enum archive_error read_line(const char *text, struct line *line,
                                    struct problem *problem)
{
    static char bytes[LINE_BYTES_MAX];

    snprintf(bytes, sizeof(bytes), "%s", text);
    return line_read(bytes, (uint32_t)strlen(bytes), line, problem);
}

static void line__reads_escapes_as_json_means_them(void **state)
{
    struct problem problem;
    struct line line;

    (void)state;
    assert_ok(read_line(HEAD
                        ",\"end\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\u20ac"
                        "\\ud83d\\ude00\"" TAIL,
                        &line, &problem),
              problem);
    assert_true(
        text_equal(line.field[FIELD_END],
                   TEXT("\"\\/\b\f\n\r\tA\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80")));
    assert_int_equal(line.type, LINE_ASOF);
    assert_int_equal(line.at_ms, 5);
}

static void line__skips_what_a_later_version_may_add(void **state)
{
    struct problem problem;
    struct line line;

    (void)state;
    assert_ok(read_line(HEAD
                        ",\"new\":\"x\",\"more\":7,\"deep\":{\"amt\":\"1\",\"n\":2},"
                        "\"end\":\"2025-12-31\"" TAIL,
                        &line, &problem),
              problem);
    assert_true(text_equal(line.field[FIELD_END], TEXT("2025-12-31")));
    assert_int_equal(line.field[FIELD_AMT].length, 0);
}

static void line__refuses_what_is_not_written_so(void **state)
{
    static const char *const wrong[] = {
        "",
        "{}",
        "[]",
        HEAD,
        HEAD TAIL "x",
        HEAD "," TAIL,
        HEAD ",\"end\":2025" TAIL,                /* a number for a string */
        HEAD ",\"of\":\"1\"" TAIL,                /* a string for a number */
        HEAD ",\"of\":01" TAIL,                   /* a leading zero */
        HEAD ",\"of\":-1" TAIL,                   /* a sign */
        HEAD ",\"of\":1.0" TAIL,                  /* a fraction */
        HEAD ",\"end\":true" TAIL,                /* neither */
        HEAD ",\"end\":\"a\",\"end\":\"b\"" TAIL, /* twice */
        HEAD ",\"seq\":1" TAIL,                   /* the head twice */
        HEAD ",\"end\":\"\\ud800\"" TAIL,         /* half a surrogate pair */
        HEAD ",\"end\":\"\\u12g4\"" TAIL,
        HEAD ",\"end\":\"\\x\"" TAIL,
        HEAD ",\"end\":\"a\tb\"" TAIL, /* a raw control character */
        HEAD ", \"end\":\"a\"" TAIL,   /* white space */
        "{\"v\":2,\"seq\":1,\"at\":5,\"left\":0,\"type\":\"asof\"" TAIL,
        "{\"v\":1,\"seq\":1,\"at\":5,\"left\":0,\"type\":\"nothing\"" TAIL,
        "{\"v\":1,\"at\":5,\"left\":0,\"type\":\"asof\"" TAIL,
    };
    struct problem problem;
    struct line line;

    (void)state;
    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        if (read_line(wrong[i], &line, &problem) != ARCHIVE_CORRUPT)
            fail_msg("%s", wrong[i]);
}

static void line__writes_objects_and_numbers_and_reads_them_back(void **state)
{
    struct problem problem;
    struct line line, again;
    struct buffer out;
    char text[1024];

    (void)state;
    posting_make(&line, "2025-12-31", "a\"b", "Q", "-1", "EUR", "BIR");
    line_set(&line, FIELD_COST_AMT, "7.53");
    line_set(&line, FIELD_COST_CUR, "HRK");
    line_set(&line, FIELD_COST_KIND, "unit");
    line_set(&line, FIELD_HIST_AMT, "2");
    line_set(&line, FIELD_HIST_CUR, "USD");
    assert_ok(line_check(&line, &problem), problem);
    buffer_init(&out);
    assert_true(line_write_body(&line, &out) && buffer_append(&out, "", 1));
    assert_string_equal(
        (const char *)buffer_bytes(&out),
        "\"type\":\"posting\",\"date\":\"2025-12-31\",\"acct\":\"a\\\"b\",\"cls\":"
        "\"Q\","
        "\"amt\":\"-1\",\"cur\":\"EUR\",\"cost\":{\"amt\":\"7.53\",\"cur\":\"HRK\","
        "\"kind\":\"unit\"},\"hist\":{\"amt\":\"2\",\"cur\":\"USD\"},\"cp\":\"BIR\"");
    snprintf(text, sizeof(text), "{\"v\":1,\"seq\":1,\"at\":5,\"left\":0,%s" TAIL,
             (const char *)buffer_bytes(&out));
    assert_ok(read_line(text, &again, &problem), problem);
    for (int i = 0; i < FIELD_COUNT; i++)
        assert_true(text_equal(line.field[i], again.field[i]));
    buffer_release(&out);
}

static void assert_refused(struct line *line, const char *words)
{
    struct problem problem;

    assert_int_equal(line_check(line, &problem), ARCHIVE_REFUSED);
    if (!strstr(problem.words, words))
        fail_msg("\"%s\" has no \"%s\"", problem.words, words);
}

static void line__checks_each_field_by_its_form(void **state)
{
    static const struct {
        enum line_field field;
        const char *value, *words;
    } wrong[] = {
        {FIELD_DATE, "2025-02-29", "date \"2025-02-29\" is not a date"},
        {FIELD_DATE, "", "date is missing"},
        {FIELD_CLS, "B", "one of: A L Q R X V"},
        {FIELD_AMT, "1,000", "a decimal like"},
        {FIELD_AMT, "1e3", "a decimal like"},
        {FIELD_AMT, "1.1234567890123456789", "a decimal like"},
        {FIELD_AMT, "1000000000000000000000000.1", "a decimal like"},
        {FIELD_CP, "bir", "an entity id"},
        {FIELD_CUR, "a currency with a very long name", "at most 24 bytes"},
        {FIELD_ACCT, "a\tb", "control characters"},
        {FIELD_ACCT, "a\xff", "not UTF-8"},
        {FIELD_COST_AMT, "1", "a cost needs amt, cur and kind"},
        {FIELD_HIST_CUR, "USD", "hist and hist_cur need each other"},
        {FIELD_OWNED, "BIR", "a posting line has no field owned"},
    };
    struct line line;
    char percent[] = "%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%";

    (void)state;
    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        posting_make(&line, "2025-12-31", "a", "A", "1", "USD", NULL);
        line_set(&line, wrong[i].field, wrong[i].value);
        assert_refused(&line, wrong[i].words);
    }
    /* 41 of '%' are 123 bytes of a key. */
    posting_make(&line, "2025-12-31", percent, "A", "1", "USD", NULL);
    assert_refused(&line, "at most 120 bytes");
    line_init(&line, LINE_METRIC);
    line_set(&line, FIELD_KEY, "dscr");
    line_set(&line, FIELD_END, "2025-12-31");
    line_set(&line, FIELD_UNIT, "1");
    line_set(&line, FIELD_NATURE, "ratio");
    line_set(&line, FIELD_SCENARIO, "actual");
    line_set(&line, FIELD_BASIS, "own");
    line_set(&line, FIELD_QUALITY, "ok");
    line_set(&line, FIELD_NUM, "1");
    assert_refused(&line, "a ratio needs num and den");
}

static void date__agrees_with_the_c_library(void **state)
{
    int32_t before = 10000101;

    (void)state;
    for (int32_t year = 1000; year <= 9999;
         year += year < 1900 || year > 2100 ? 97 : 1) {
        for (int month = 1; month <= 12; month++) {
            for (int day = 1; day <= 31; day++) {
                char text[64], back[DATE_CHARS + 1];
                struct tm tm = {
                    .tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day};
                time_t seconds = timegm(&tm);
                bool real = tm.tm_mon == month - 1;
                int32_t date;
                snprintf(text, sizeof(text), "%04d-%02d-%02d", year, month, day);
                assert_int_equal(date_parse(text_of(text), &date), real);
                if (!real)
                    continue;
                assert_int_equal(date_ms(date), (int64_t)seconds * 1000);
                assert_int_equal(date_of_ms((int64_t)seconds * 1000 + 86399999), date);
                date_write(date, back);
                assert_string_equal(back, text);
                if (year > 1900 && year < 2100 && (month > 1 || day > 1))
                    assert_int_equal(date_before(date), before);
                before = date;
            }
        }
    }
}

static void period__has_one_token(void **state)
{
    static const struct {
        const char *token;
        int32_t start, end;
    } periods[] = {
        {"2025", 20250101, 20251231},
        {"2024Q1", 20240101, 20240331},
        {"2025Q4", 20251001, 20251231},
        {"2024-02", 20240201, 20240229},
        {"2025-12-31", 0, 20251231},
        {"20250701-20260630", 20250701, 20260630},
        {"20250101-20250630", 20250101, 20250630},
        {"20251231-20251231", 20251231, 20251231},
        {"all", 0, 0},
    };
    static const char *const wrong[] = {"",       "2025Q5",     "2025-13",
                                        "0999",   "All",        "25",
                                        "2025-1", "2025-02-30", "20250101-20241231"};
    struct period period;
    char text[PERIOD_CHARS + 1];

    (void)state;
    for (unsigned i = 0; i < sizeof(periods) / sizeof(periods[0]); i++) {
        assert_true(period_parse(text_of(periods[i].token), &period));
        assert_int_equal(period.start, periods[i].start);
        assert_int_equal(period.end, periods[i].end);
        assert_int_equal(period_write(period, text), strlen(periods[i].token));
        assert_string_equal(text, periods[i].token);
    }
    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_false(period_parse(text_of(wrong[i]), &period));
}

static void share__is_exact(void **state)
{
    static const struct {
        const char *text;
        int64_t numerator, denominator;
    } shares[] = {{"3/4", 3, 4},
                  {"0.75", 3, 4},
                  {"1", 1, 1},
                  {"0", 0, 1},
                  {"2/6", 1, 3},
                  {"1.000", 1, 1},
                  {"0.333333333", 333333333, 1000000000}};
    static const char *const wrong[] = {"",      "1.1", "5/4", "1/0", "-1/2",
                                        "1/2/3", ".5",  "1.",  "1e0", "0.1234567890"};
    int64_t numerator, denominator;

    (void)state;
    for (unsigned i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
        assert_true(share_parse(text_of(shares[i].text), &numerator, &denominator));
        assert_int_equal(numerator, shares[i].numerator);
        assert_int_equal(denominator, shares[i].denominator);
    }
    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_false(share_parse(text_of(wrong[i]), &numerator, &denominator));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(line__reads_escapes_as_json_means_them),
        cmocka_unit_test(line__skips_what_a_later_version_may_add),
        cmocka_unit_test(line__refuses_what_is_not_written_so),
        cmocka_unit_test(line__writes_objects_and_numbers_and_reads_them_back),
        cmocka_unit_test(line__checks_each_field_by_its_form),
        cmocka_unit_test(date__agrees_with_the_c_library),
        cmocka_unit_test(period__has_one_token),
        cmocka_unit_test(share__is_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
