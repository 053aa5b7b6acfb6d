/* config_test.c - fleet.conf: what it says, what it leaves to the defaults, and every
 * mistake with the line it is on. */
#include "core/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/support/cmocka_all.h"

#define PIN "SHA256:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define ALD "totebox \"ALD\" { address = \"ald.example:7440\" key = \"" PIN "\" }\n"

static struct config *parse(const char *text)
{
    char error[CONFIG_ERROR_CHARS] = "";
    struct config *config = config_parse(text, "fleet.conf", error);

    if (!config)
        fail_msg("refused: %s", error);
    return config;
}

static void assert_decimal(struct decimal value, const char *expected)
{
    char text[DECIMAL_CHARS_MAX];
    decimal_write(value, text);
    assert_string_equal(text, expected);
}

static void config__has_a_default_for_everything(void **state)
{
    (void)state;
    setenv("XDG_CONFIG_HOME", "/etc/somebody", 1);
    struct config *config = parse("");
    unsetenv("XDG_CONFIG_HOME");

    assert_int_equal(config->totebox_count, 0);
    assert_int_equal(config->portfolio_count, 1);
    assert_string_equal(config->portfolios[0].name, "all");
    assert_string_equal(config->portfolios[0].root, "");
    assert_int_equal(strlen(config->portfolios[0].period), 4);
    assert_int_equal(config->portfolios[0].basis, BASIS_AGGREGATE);
    assert_int_equal(config->portfolios[0].hold_ms, 3600 * 1000);
    assert_string_equal(config->device_path, "/etc/somebody/fleet/device.pem");
    assert_string_equal(config->title, "fleet");
    assert_int_equal(config->limits.handshakes_in_flight, 128);
    assert_int_equal(config->limits.dials_per_second, 1000);
    assert_int_equal(config->limits.backoff_base_ms, 250);
    assert_int_equal(config->limits.backoff_cap_ms, 15000);
    assert_int_equal(config->limits.window_ms, 3600 * 1000);
    config_free(config);
}

static void config__reads_a_totebox_block_with_every_option(void **state)
{
    (void)state;
    struct config *config =
        parse("totebox \"HUB-1\" { address = \"[::1]:7440\" key = \"" PIN "\"\n"
              " next-key = \"SHA256:" /* 32 zero bytes */
              "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"\n"
              " name = \"Hub one\" group = \"Nordic\" path = \"fra-gw2\" weight = 7\n"
              " required = false structure = true hub = true token = \"hub.token\"\n"
              " entities = {\"N-*\", \"ALD\"} }\n");
    const struct config_totebox *totebox = &config->toteboxes[0];

    assert_int_equal(config->totebox_count, 1);
    assert_string_equal(totebox->entity, "HUB-1");
    assert_string_equal(totebox->name, "Hub one");
    assert_string_equal(totebox->host, "::1");
    assert_int_equal(totebox->port, 7440);
    assert_int_equal(totebox->pin_count, 2);
    for (uint8_t i = 0; i < HASH_BYTES; i++)
        assert_int_equal(totebox->pins[0][i], i);
    assert_int_equal(totebox->pins[1][31], 0);
    assert_string_equal(totebox->token, "hub.token");
    assert_string_equal(totebox->group, "Nordic");
    assert_string_equal(totebox->path, "fra-gw2");
    assert_int_equal(totebox->weight, 7);
    assert_false(totebox->required);
    assert_true(totebox->structure);
    assert_true(totebox->hub);
    assert_string_equal(totebox->entities[0], "N-*");
    assert_string_equal(totebox->entities[1], "ALD");
    assert_null(totebox->entities[2]);
    config_free(config);
}

static void config__defaults_of_a_totebox_are_the_plain_case(void **state)
{
    (void)state;
    struct config *config = parse(ALD);
    const struct config_totebox *totebox = &config->toteboxes[0];

    assert_string_equal(totebox->name, "ALD");
    assert_string_equal(totebox->host, "ald.example");
    assert_int_equal(totebox->pin_count, 1);
    assert_int_equal(totebox->weight, 1);
    assert_true(totebox->required);
    assert_false(totebox->structure);
    assert_false(totebox->hub);
    assert_null(totebox->entities);
    assert_null(totebox->token);
    config_free(config);
}

static void config__reads_portfolios_in_order(void **state)
{
    (void)state;
    struct config *config =
        parse(ALD "portfolio \"alder\" { root = \"ALD\" currency = \"EUR\"\n"
                  " period = \"2025\" basis = \"consolidated\" fx = \"ALD\"\n"
                  " partial = \"strict\" view-date = \"2025-12-31\" hold = \"90m\" }\n"
                  "portfolio \"second\" { }\n");
    const struct config_portfolio *alder = &config->portfolios[0];

    assert_int_equal(config->portfolio_count, 2);
    assert_string_equal(alder->name, "alder");
    assert_string_equal(alder->root, "ALD");
    assert_string_equal(alder->currency, "EUR");
    assert_string_equal(alder->period, "2025");
    assert_string_equal(alder->fx, "ALD");
    assert_int_equal(alder->basis, BASIS_CONSOLIDATED);
    assert_int_equal(alder->partial, PARTIAL_STRICT);
    assert_int_equal(alder->view_date, 20251231);
    assert_int_equal(alder->hold_ms, 90 * 60 * 1000);
    assert_string_equal(config->portfolios[1].name, "second");
    assert_int_equal(config->portfolios[1].view_date, 0);
    config_free(config);
}

#define DAY (24LL * 60 * 60 * 1000)

static void assert_limits(const struct config *config, const char *view,
                          const char *line, int64_t aging, int64_t stale, int64_t hard)
{
    const struct config_freshness *limits = config_freshness(config, view, line);
    assert_int_equal(limits->aging_ms, aging);
    assert_int_equal(limits->stale_ms, stale);
    assert_int_equal(limits->hard_ms, hard);
}

static void freshness__the_longest_matching_kind_wins(void **state)
{
    (void)state;
    struct config *config =
        parse("freshness \"metric:rent\" { aging = \"1h\" stale = \"2h\" }\n"
              "freshness \"metric:rent.due\" { aging = \"1m\" stale = \"2m\" hard = "
              "\"3m\" }\n"
              "freshness \"pos\" { aging = \"1d\" }\n");

    assert_limits(config, "pos", "cash", DAY / 2, DAY, 2 * DAY);
    assert_limits(config, "pos", "cash.restricted", DAY / 2, DAY, 2 * DAY);
    assert_limits(config, "pos", "cashier", DAY, 45 * DAY, 90 * DAY);
    assert_limits(config, "pos", "debt", DAY, 45 * DAY, 90 * DAY);
    assert_limits(config, "metric", "value.appraised", 100 * DAY, 200 * DAY, 400 * DAY);
    assert_limits(config, "metric", "rent.collected", DAY / 24, DAY / 12, DAY / 6);
    assert_limits(config, "metric", "rent.due", 60000, 120000, 180000);
    assert_limits(config, "metric", "opex", 30 * DAY, 45 * DAY, 90 * DAY);
    assert_int_equal(config_freshness(config, "fx", "")->aging_ms, 4 * DAY);
    /* no kind of its own: as ledger rows */
    assert_limits(config, "note", "", DAY, 45 * DAY, 90 * DAY);
    config_free(config);
}

static void tolerance__a_currency_takes_from_default_what_it_does_not_say(void **state)
{
    (void)state;
    struct config *config =
        parse("tolerance \"CHF\" { abs = \"0.05\" }\n"
              "tolerance \"default\" { abs = \"2\" pct = \"0.1\" cutoff-days = 3 }\n");

    assert_decimal(config_tolerance(config, "USD")->absolute, "2");
    assert_decimal(config_tolerance(config, "CHF")->absolute, "0.05");
    assert_decimal(config_tolerance(config, "CHF")->percent, "0.1");
    assert_int_equal(config_tolerance(config, "CHF")->cutoff_days, 3);
    assert_decimal(config_tolerance(config, "JPY")->absolute, "100");
    assert_decimal(config_tolerance(config, "KRW")->absolute, "1000");
    config_free(config);
    config = parse("");
    assert_decimal(config_tolerance(config, "EUR")->absolute, "1");
    assert_decimal(config_tolerance(config, "EUR")->percent, "0.05");
    assert_int_equal(config_tolerance(config, "EUR")->cutoff_days, 5);
    config_free(config);
}

static void config__reads_thresholds_checks_and_limits(void **state)
{
    (void)state;
    struct config *config = parse(
        ALD
        "portfolio \"p\" { period = \"2024\" }\n"
        "threshold \"variance\" { abs = \"500\" }\n"
        "check \"AFF\" { title = \"due\" a = {\"ALD|metric|DueFrom\",\n"
        "  \"BSC|metric|DueFrom|2010Q1\"} b = {\"ALD|metric|DueTo\"} }\n"
        "limits { handshakes-in-flight = 4 backoff-cap = \"60s\" window = \"10m\" }\n");
    const struct config_check *check = &config->checks[0];

    assert_int_equal(config->threshold_count, 1);
    assert_decimal(config->thresholds[0].absolute, "500");
    assert_decimal(config->thresholds[0].percent, "5");
    assert_int_equal(config->check_count, 1);
    assert_string_equal(check->id, "AFF");
    assert_string_equal(check->kind, "CT");
    assert_string_equal(check->title, "due");
    assert_string_equal(check->period, "2024"); /* of the first portfolio */
    assert_string_equal(check->a[1], "BSC|metric|DueFrom|2010Q1");
    assert_null(check->a[2]);
    assert_string_equal(check->b[0], "ALD|metric|DueTo");
    assert_int_equal(config->limits.handshakes_in_flight, 4);
    assert_int_equal(config->limits.dials_per_second, 1000);
    assert_int_equal(config->limits.backoff_cap_ms, 60000);
    assert_int_equal(config->limits.window_ms, 600000);
    config_free(config);
}

/* text, and what the error must begin with or contain */
static const struct {
    const char *text, *expected;
} mistakes[] = {
    {"# a comment\nadress = \"x\"\n",
     "fleet.conf:2: no such option 'adress'; what can"},
    {"totebox \"ALD\" {\n adress = \"x\"\n}\n",
     "fleet.conf:2: no such option 'adress' in totebox \"ALD\"; what can stand here: "
     "address key"},
    {"\n\nvault \"A\" { }\n", "fleet.conf:3: no such option 'vault'"},
    {"device = \"x\";\n", "fleet.conf:1: no such option ';'"},
    {ALD ALD, "fleet.conf:2: found duplicate title 'ALD'"},
    {"totebox {\n}\n", "fleet.conf:1: missing title"},
    {"totebox \"ald\" {\n address = \"a:1\"\n key = \"" PIN "\" }\n",
     "fleet.conf:3: totebox \"ald\": its name is no entity id"},
    {"totebox \"ALD\" { key = \"" PIN "\" }\n",
     "fleet.conf:1: totebox \"ALD\": it has no address: write address ="},
    {"totebox \"ALD\" { address = \"a:1\" }\n", "it has no key: write key ="},
    {"totebox \"ALD\" {\n\n address = \"ald.example\" }\n",
     "fleet.conf:3: address = \"ald.example\": write \"host:port\""},
    {"totebox \"ALD\" { address = \"::1:7440\" }\n", "write \"host:port\" or \"[v6"},
    {"totebox \"ALD\" { address = \"a:0\" }\n", "write \"host:port\""},
    {"totebox \"ALD\" { address = \"a:65536\" }\n", "write \"host:port\""},
    {"totebox \"ALD\" { address = \":7440\" }\n", "write \"host:port\""},
    {"totebox \"ALD\" { address = \"[a]:7440\" }\n", "write \"host:port\""},
    {"totebox \"ALD\" { address = \"a b:7440\" }\n", "write \"host:port\""},
    {"totebox \"ALD\" { address = \"\" }\n", "write \"host:port\""},
    {"totebox \"ALD\" {\n key = \"SHA256:short\" }\n",
     "fleet.conf:2: key = \"SHA256:short\": write \"SHA256:\" and 43"},
    {"totebox \"ALD\" { next-key = \"MD5:x\" }\n", "next-key = \"MD5:x\": write"},
    {"totebox \"ALD\" { weight = -1 }\n", "weight = -1: write a number from 0"},
    {"totebox \"ALD\" { weight = many }\n", "fleet.conf:1: invalid integer value"},
    {"totebox \"ALD\" { required = 3 }\n", "fleet.conf:1: invalid boolean value"},
    {"totebox \"H\" { address = \"a:1\" key = \"" PIN "\" hub = true }\n",
     "a hub needs entities"},
    {"totebox \"H\" { address = \"a:1\" key = \"" PIN "\" entities = {\"A\"} }\n",
     "entities belongs to a hub"},
    {"totebox \"H\" { entities = {\"A*B\"} }\n", "entities = \"A*B\": write an entity"},
    {"totebox \"H\" { entities = {\"ok\"} }\n", "entities = \"ok\": write an entity"},
    {"portfolio \"p\" { currency = \"usd\" }\n", "currency = \"usd\": write three"},
    {"portfolio \"p\" { root = \"a\" }\n", "root = \"a\": an entity id is"},
    {"portfolio \"p\" {\n root = \"ALD\"\n}\n",
     "fleet.conf:3: portfolio \"p\": no totebox block is called \"ALD\""},
    {"portfolio \"p\" { fx = \"ECB\" }\n", "no totebox block is called \"ECB\""},
    {"portfolio \"p\" { basis = \"share\" }\n", "the basis share needs root"},
    {"portfolio \"p\" { basis = \"gross\" }\n",
     "write aggregate, consolidated or share"},
    {"portfolio \"p\" { partial = \"maybe\" }\n", "write warn or strict"},
    {"portfolio \"p\" { period = \"2025-13\" }\n",
     "period = \"2025-13\": write a period"},
    {"portfolio \"p\" { period = \"\" }\n", "period = \"\": write a period"},
    {"portfolio \"p\" { view-date = \"2025-02-29\" }\n",
     "write a day as \"2025-12-31\""},
    {"portfolio \"p\" { hold = \"1 h\" }\n", "hold = \"1 h\": write a number and ms"},
    {"freshness \"postings\" { aging = \"1d\" }\n", "name a view (pos metric"},
    {"freshness \"pos\" { aging = \"46d\" }\n", "aging must not exceed stale"},
    {"freshness \"pos\" { hard = \"44d\" }\n", "aging must not exceed stale"},
    {"freshness \"pos\" { stale = \"soon\" }\n", "stale = \"soon\": write a number"},
    {"tolerance \"dollars\" { abs = \"1\" }\n", "write \"default\" or a currency"},
    {"tolerance \"USD\" { abs = \"-1\" }\n", "abs = \"-1\": write digits"},
    {"tolerance \"USD\" { abs = \"1e3\" }\n", "abs = \"1e3\": write digits"},
    {"tolerance \"USD\" { pct = \"5%\" }\n", "pct = \"5%\": write digits"},
    {"tolerance \"USD\" { cutoff-days = 1000 }\n", "cutoff-days = 1000: write"},
    {"threshold \"varience\" { abs = \"1\" }\n", "the one there is is called"},
    {"check \"IC-1\" { a = {\"A|metric|x\"} b = {\"A|metric|x\"} }\n", "IC- names the"},
    {"check \"C\" { a = {\"A|metric|x\"} }\n", "it needs both sides"},
    {"check \"C\" { a = {\"A|pos|x\"} }\n", "a = \"A|pos|x\": write \"ENTITY|metric"},
    {"check \"C\" { b = {\"A|metric|x\", \"metric|x\"} }\n", "b = \"metric|x\": write"},
    {"check \"C\" { b = {\"A|metric|\"} }\n", "b = \"A|metric|\": write"},
    {"check \"C\" { kind = \"XX\" }\n", "write CT (control)"},
    {"limits { dials-per-second = 0 }\n",
     "dials-per-second = 0: write a number from 1"},
    {"limits { backoff-base = \"20s\" }\n", "backoff-base must be 1ms or more"},
    {"limits {\n backoff-base = \"0s\" }\n", "backoff-base must be 1ms or more"},
    {"\ntotebox \"ALD\" {\n address = \"a:1\"\n",
     "fleet.conf:2: this block or list is never closed"},
    {"portfolio \"p\" {\n currency = \"USD", "fleet.conf:2: this quote is never"},
    {"title =", "fleet.conf:1: premature end of file"},
    {"title", "fleet.conf:1: premature end of file"},
    {"check \"C\" {\n a = {\"A|metric|x\",\n", "fleet.conf:2: this block or list"},
    {"title = \"x\"\n/* and then\n", "fleet.conf:2: this comment is never closed"},
    {"# one\n// two\n/* three\nfour */ title = 'it\\'s # no comment' # five\nx = 1\n",
     "fleet.conf:5: no such option 'x'"},
    {"title = a//b\ntitle = \"{\"\nx = 1\n", "fleet.conf:3: no such option 'x'"},
    {"}\n", "fleet.conf:1: unexpected closing brace"},
};

static void config__names_the_line_of_a_mistake_and_the_way_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        char error[CONFIG_ERROR_CHARS] = "";
        struct config *config = config_parse(mistakes[i].text, "fleet.conf", error);

        if (config)
            fail_msg("accepted: %s", mistakes[i].text);
        if (!strstr(error, mistakes[i].expected) ||
            strncmp(error, "fleet.conf:", strlen("fleet.conf:")) != 0)
            fail_msg("%s\n  says: %s\n  not:  %s", mistakes[i].text, error,
                     mistakes[i].expected);
        /* and leaves nothing behind in libconfuse's one scanner */
        config_free(parse(ALD));
    }
}

static void config__paths_are_from_home_or_beside_the_file(void **state)
{
    (void)state;
    char error[CONFIG_ERROR_CHARS];
    setenv("HOME", "/home/somebody", 1);
    struct config *config =
        config_parse("device = \"~/keys/device.pem\"", "/etc/fleet/fleet.conf", error);
    assert_string_equal(config->device_path, "/home/somebody/keys/device.pem");
    config_free(config);
    config = config_parse("device = \"device.pem\"", "/etc/fleet/fleet.conf", error);
    assert_string_equal(config->device_path, "/etc/fleet/device.pem");
    config_free(config);
    config = config_parse("device = \"/k.pem\"", "/etc/fleet/fleet.conf", error);
    assert_string_equal(config->device_path, "/k.pem");
    config_free(config);
    config = config_parse("", "/etc/fleet/fleet.conf", error);
    assert_string_equal(config->device_path, "/home/somebody/.config/fleet/device.pem");
    config_free(config);
}

static void config_load__says_why_a_file_cannot_be_read(void **state)
{
    (void)state;
    char error[CONFIG_ERROR_CHARS] = "";
    char path[] = "/tmp/config_test.XXXXXX";
    int fd = mkstemp(path);

    assert_null(config_load("/nonexistent/fleet.conf", error));
    assert_string_equal(error, "/nonexistent/fleet.conf: No such file or directory");
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "title = \"\0\"\n", 12), 12);
    assert_null(config_load(path, error));
    assert_non_null(strstr(error, "no text file"));
    assert_int_equal(ftruncate(fd, 0), 0);
    assert_int_equal(pwrite(fd, "title = \"North\"\n", 16, 0), 16);
    struct config *config = config_load(path, error);
    assert_non_null(config);
    assert_string_equal(config->title, "North");
    assert_string_equal(config->path, path);
    config_free(config);
    close(fd);
    unlink(path);
}

static void config_find__takes_what_was_named_before_what_is_usual(void **state)
{
    (void)state;
    char path[256], folder[] = "/tmp/config_test.XXXXXX", file[64];

    assert_non_null(mkdtemp(folder));
    snprintf(file, sizeof(file), "%s/fleet.conf", folder);
    setenv("FLEET_CONFIG", file, 1);
    assert_false(config_find(path, sizeof(path))); /* named, but not there */
    FILE *made = fopen(file, "w");
    assert_non_null(made);
    fclose(made);
    assert_true(config_find(path, sizeof(path)));
    assert_string_equal(path, file);
    unsetenv("FLEET_CONFIG");
    unlink(file);
    rmdir(folder);
}

static void duration__is_a_number_and_a_unit(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t milliseconds;
    } good[] = {{"0ms", 0},
                {"250ms", 250},
                {"30s", 30000},
                {"5m", 300000},
                {"12h", 43200000},
                {"30d", 30 * DAY},
                {"999999999d", 999999999 * DAY}};
    static const char *const bad[] = {"",     "5",   "d",  "-5d",  "5 d",         "5D",
                                      "1.5h", "5dd", "5w", "0x5s", "1000000000ms"};
    int64_t value;

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(duration_parse(good[i].text, &value));
        assert_int_equal(value, good[i].milliseconds);
    }
    value = 77;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(duration_parse(bad[i], &value));
    assert_int_equal(value, 77);
}

static void periods__have_the_forms_of_the_row_catalogue(void **state)
{
    (void)state;
    static const char *const good[] = {"2025",       "2025-12", "2025Q4",
                                       "2024-02-29", "all",     "20250401-20260331"};
    static const char *const bad[] = {
        "25",   "2025Q5", "2025-00",  "2025-1", "2025-12-32", "20260331-20250401",
        "0000", "2025Q",  "2025-12-", "All",    "2025 ",      "20250401-20260332"};
    char text[64], error[CONFIG_ERROR_CHARS];

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        snprintf(text, sizeof(text), "portfolio \"p\" { period = \"%s\" }", good[i]);
        config_free(parse(text));
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        snprintf(text, sizeof(text), "portfolio \"p\" { period = \"%s\" }", bad[i]);
        assert_null(config_parse(text, "fleet.conf", error));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(config__has_a_default_for_everything),
        cmocka_unit_test(config__reads_a_totebox_block_with_every_option),
        cmocka_unit_test(config__defaults_of_a_totebox_are_the_plain_case),
        cmocka_unit_test(config__reads_portfolios_in_order),
        cmocka_unit_test(freshness__the_longest_matching_kind_wins),
        cmocka_unit_test(tolerance__a_currency_takes_from_default_what_it_does_not_say),
        cmocka_unit_test(config__reads_thresholds_checks_and_limits),
        cmocka_unit_test(config__names_the_line_of_a_mistake_and_the_way_out),
        cmocka_unit_test(config__paths_are_from_home_or_beside_the_file),
        cmocka_unit_test(config_load__says_why_a_file_cannot_be_read),
        cmocka_unit_test(config_find__takes_what_was_named_before_what_is_usual),
        cmocka_unit_test(duration__is_a_number_and_a_unit),
        cmocka_unit_test(periods__have_the_forms_of_the_row_catalogue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
