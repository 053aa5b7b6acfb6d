/* config_checks.c - which values fleet.conf may hold, and what they are without it. */
#include <stdlib.h>

#include "core/config_grammar.h"
#include "core/config_value.h"
#include "proto/rows.h"

enum { DAY_MS = 24 * 60 * 60 * 1000 };
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const struct config_freshness config_freshness_defaults[] = {
    {"pos", 30LL * DAY_MS, 45LL * DAY_MS, 90LL * DAY_MS},
    {"pos:cash", DAY_MS / 2, 1LL * DAY_MS, 2LL * DAY_MS},
    {"metric", 30LL * DAY_MS, 45LL * DAY_MS, 90LL * DAY_MS},
    {"metric:value", 100LL * DAY_MS, 200LL * DAY_MS, 400LL * DAY_MS},
    {"obl", 30LL * DAY_MS, 45LL * DAY_MS, 90LL * DAY_MS},
    /* An old fixing is marked (four days cover a long weekend) but never dropped: the
     * closing rate of a past year is old by design. */
    {"fx", 4LL * DAY_MS, 40000LL * DAY_MS, 40000LL * DAY_MS},
};
const struct config_tolerance config_tolerance_defaults[] = {
    {"default", {1, 0}, {5, 2}, 5},
    {"JPY", {100, 0}, {5, 2}, 5},
    {"KRW", {1000, 0}, {5, 2}, 5},
};
const struct config_threshold config_threshold_defaults[] = {
    {"variance", {10000, 0}, {5, 0}},
};
_Static_assert(COUNT(config_freshness_defaults) == CONFIG_FRESHNESS_DEFAULTS, "count");
_Static_assert(COUNT(config_tolerance_defaults) == CONFIG_TOLERANCE_DEFAULTS, "count");
_Static_assert(COUNT(config_threshold_defaults) == CONFIG_THRESHOLD_DEFAULTS, "count");

/* --- one value ----------------------------------------------------------------------
 */

/* The newest value of the option that is being read. */
static const char *latest(cfg_opt_t *option)
{
    const char *text = cfg_opt_getnstr(option, cfg_opt_size(option) - 1);
    return text ? text : "";
}

#define REFUSE(cfg, option, hint)                                                      \
    (cfg_error(cfg, "%s = \"%s\": %s", cfg_opt_name(option), latest(option), hint), -1)

static int check_address(cfg_t *cfg, cfg_opt_t *option)
{
    struct text host;
    uint16_t port;
    if (config_address_parse(latest(option), &host, &port))
        return 0;
    return REFUSE(cfg, option, "write \"host:port\" or \"[v6 address]:port\"");
}

static int check_fingerprint(cfg_t *cfg, cfg_opt_t *option)
{
    uint8_t hash[HASH_BYTES];
    if (fingerprint_parse(text_of(latest(option)), hash))
        return 0;
    return REFUSE(
        cfg, option,
        "write \"SHA256:\" and 43 characters, as the archive's ready line shows");
}

static int check_duration(cfg_t *cfg, cfg_opt_t *option)
{
    int64_t milliseconds;
    if (duration_parse(latest(option), &milliseconds))
        return 0;
    return REFUSE(cfg, option,
                  "write a number and ms, s, m, h or d: \"250ms\" \"45d\"");
}

static int check_decimal(cfg_t *cfg, cfg_opt_t *option)
{
    struct decimal value;
    if (decimal_parse(text_of(latest(option)), &value) == DECIMAL_OK &&
        decimal_sign(value) >= 0)
        return 0;
    return REFUSE(cfg, option, "write digits, and a point where needed: \"0.05\"");
}

static int check_currency(cfg_t *cfg, cfg_opt_t *option)
{
    if (config_currency_is_valid(latest(option)))
        return 0;
    return REFUSE(cfg, option, "write three capital letters (ISO 4217): \"EUR\"");
}

static int check_period(cfg_t *cfg, cfg_opt_t *option)
{
    if (config_period_is_valid(latest(option)))
        return 0;
    return REFUSE(cfg, option,
                  "write a period: \"2025\" \"2025-12\" \"2025Q4\" \"2025-12-31\" "
                  "\"20250401-20260331\" \"all\"");
}

static int check_date(cfg_t *cfg, cfg_opt_t *option)
{
    int64_t date;
    if (config_date_parse(latest(option), &date))
        return 0;
    return REFUSE(cfg, option, "write a day as \"2025-12-31\"");
}

static int check_entity(cfg_t *cfg, cfg_opt_t *option)
{
    if (entity_id_is_valid(text_of(latest(option))))
        return 0;
    return REFUSE(cfg, option, "an entity id is 1 to 16 of A-Z 0-9 and -");
}

static int check_pattern(cfg_t *cfg, cfg_opt_t *option)
{
    if (cfg_opt_size(option) == 0 || config_pattern_is_valid(latest(option)))
        return 0;
    return REFUSE(cfg, option, "write an entity id, or the beginning of some and *");
}

static int check_basis(cfg_t *cfg, cfg_opt_t *option)
{
    const char *text = latest(option);
    if (strcmp(text, "aggregate") == 0 || strcmp(text, "consolidated") == 0 ||
        strcmp(text, "share") == 0)
        return 0;
    return REFUSE(cfg, option, "write aggregate, consolidated or share");
}

static int check_policy(cfg_t *cfg, cfg_opt_t *option)
{
    if (strcmp(latest(option), "warn") == 0 || strcmp(latest(option), "strict") == 0)
        return 0;
    return REFUSE(cfg, option, "write warn or strict");
}

static int check_check_kind(cfg_t *cfg, cfg_opt_t *option)
{
    const char *text = latest(option);
    if (strcmp(text, "CT") == 0 || strcmp(text, "BK") == 0 || strcmp(text, "RR") == 0)
        return 0;
    return REFUSE(cfg, option, "write CT (control), BK (bank) or RR (rent roll)");
}

/* "ENT|metric|KEY" and up to three further parts. */
static int check_reference(cfg_t *cfg, cfg_opt_t *option)
{
    const char *text = latest(option), *bar = strchr(text, '|');
    struct text entity = {.bytes = text, .length = bar ? (uint32_t)(bar - text) : 0};

    if (cfg_opt_size(option) == 0)
        return 0;
    if (entity_id_is_valid(entity) && strncmp(bar, "|metric|", 8) == 0 &&
        bar[8] != '\0' && bar[8] != '|' && strlen(text) <= ROW_KEY_MAX)
        return 0;
    return REFUSE(cfg, option,
                  "write \"ENTITY|metric|KEY\" or \"ENTITY|metric|KEY|2025\"");
}

static int check_weight(cfg_t *cfg, cfg_opt_t *option)
{
    long value = cfg_opt_getnint(option, 0);
    if (value >= 0 && value <= 1000000000)
        return 0;
    cfg_error(cfg, "weight = %ld: write a number from 0 to 1000000000", value);
    return -1;
}

static int check_cutoff(cfg_t *cfg, cfg_opt_t *option)
{
    long value = cfg_opt_getnint(option, 0);
    if (value >= 0 && value <= 366)
        return 0;
    cfg_error(cfg, "cutoff-days = %ld: write a number from 0 to 366", value);
    return -1;
}

static int check_rate(cfg_t *cfg, cfg_opt_t *option)
{
    long value = cfg_opt_getnint(option, 0);
    if (value >= 1 && value <= 100000)
        return 0;
    cfg_error(cfg, "%s = %ld: write a number from 1 to 100000", cfg_opt_name(option),
              value);
    return -1;
}

/* --- one block: called at its closing brace ------------------------------------------
 */

static cfg_t *newest_block(cfg_opt_t *option)
{
    return cfg_opt_getnsec(option, cfg_opt_size(option) - 1);
}

/* The limits that a kind has before the file speaks: its own, or those of its view. */
static const struct config_freshness *freshness_base(const char *kind)
{
    size_t view_length = strcspn(kind, ":");
    const struct config_freshness *base = &config_freshness_defaults[0];

    for (size_t i = 0; i < COUNT(config_freshness_defaults); i++) {
        const char *known = config_freshness_defaults[i].kind;
        if (strcmp(known, kind) == 0)
            return &config_freshness_defaults[i];
        if (strlen(known) == view_length && strncmp(known, kind, view_length) == 0)
            base = &config_freshness_defaults[i];
    }
    return base;
}

bool config_freshness_block(cfg_t *block, struct config_freshness *limits)
{
    const char *aging = cfg_getstr(block, "aging"), *stale = cfg_getstr(block, "stale"),
               *hard = cfg_getstr(block, "hard");

    *limits = *freshness_base(cfg_title(block));
    limits->kind = cfg_title(block);
    if (aging && !duration_parse(aging, &limits->aging_ms))
        return false;
    if (stale && !duration_parse(stale, &limits->stale_ms))
        return false;
    if (stale)
        limits->hard_ms = 2 * limits->stale_ms;
    if (hard && !duration_parse(hard, &limits->hard_ms))
        return false;
    return limits->aging_ms <= limits->stale_ms && limits->stale_ms <= limits->hard_ms;
}

static int check_totebox(cfg_t *cfg, cfg_opt_t *option)
{
    cfg_t *block = newest_block(option);
    const char *title = cfg_title(block);
    const char *missing = NULL;
    (void)cfg;

    if (!entity_id_is_valid(text_of(title)))
        missing = "its name is no entity id: 1 to 16 of A-Z 0-9 and -";
    else if (!cfg_getstr(block, "address"))
        missing = "it has no address: write address = \"host:port\"";
    else if (!cfg_getstr(block, "key"))
        missing = "it has no key: write key = \"SHA256:...\", as the archive's ready "
                  "line shows it";
    else if (cfg_getbool(block, "hub") && cfg_size(block, "entities") == 0)
        missing = "a hub needs entities = {\"...\"}: those that it may speak for";
    else if (!cfg_getbool(block, "hub") && cfg_size(block, "entities") > 0)
        missing = "entities belongs to a hub: write hub = true, or take it out";
    if (!missing)
        return 0;
    cfg_error(block, "totebox \"%s\": %s", title, missing);
    return -1;
}

static int check_freshness(cfg_t *cfg, cfg_opt_t *option)
{
    cfg_t *block = newest_block(option);
    const char *title = cfg_title(block);
    struct config_freshness limits;
    enum view view;
    (void)cfg;

    if (!view_by_name((struct text){title, (uint32_t)strcspn(title, ":")}, &view)) {
        cfg_error(
            block,
            "freshness \"%s\": name a view (pos metric obl fx ...), or a view and a "
            "line: \"pos:cash\"",
            title);
        return -1;
    }
    if (!config_freshness_block(block, &limits)) {
        cfg_error(
            block,
            "freshness \"%s\": aging must not exceed stale, nor stale hard: write all "
            "three",
            title);
        return -1;
    }
    return 0;
}

static int check_tolerance(cfg_t *cfg, cfg_opt_t *option)
{
    cfg_t *block = newest_block(option);
    (void)cfg;
    if (strcmp(cfg_title(block), "default") == 0 ||
        config_currency_is_valid(cfg_title(block)))
        return 0;
    cfg_error(block,
              "tolerance \"%s\": write \"default\" or a currency such as \"JPY\"",
              cfg_title(block));
    return -1;
}

static int check_threshold(cfg_t *cfg, cfg_opt_t *option)
{
    cfg_t *block = newest_block(option);
    (void)cfg;
    for (size_t i = 0; i < COUNT(config_threshold_defaults); i++)
        if (strcmp(config_threshold_defaults[i].name, cfg_title(block)) == 0)
            return 0;
    cfg_error(block, "threshold \"%s\": the one there is is called \"variance\"",
              cfg_title(block));
    return -1;
}

static int check_check(cfg_t *cfg, cfg_opt_t *option)
{
    cfg_t *block = newest_block(option);
    const char *title = cfg_title(block);
    (void)cfg;

    if (strncmp(title, "IC-", 3) == 0)
        cfg_error(block,
                  "check \"%s\": IC- names the pairs that are found without a block",
                  title);
    else if (cfg_size(block, "a") == 0 || cfg_size(block, "b") == 0)
        cfg_error(block, "check \"%s\": it needs both sides: a = {...} and b = {...}",
                  title);
    else
        return 0;
    return -1;
}

/* --- which check is whose ------------------------------------------------------------
 */

void config_checks_install(cfg_t *cfg)
{
    static const struct {
        const char *option;
        cfg_validate_callback_t check;
    } checks[] = {
        {"totebox", check_totebox},
        {"totebox|address", check_address},
        {"totebox|key", check_fingerprint},
        {"totebox|next-key", check_fingerprint},
        {"totebox|weight", check_weight},
        {"totebox|entities", check_pattern},
        {"portfolio|root", check_entity},
        {"portfolio|currency", check_currency},
        {"portfolio|period", check_period},
        {"portfolio|basis", check_basis},
        {"portfolio|fx", check_entity},
        {"portfolio|partial", check_policy},
        {"portfolio|view-date", check_date},
        {"portfolio|hold", check_duration},
        {"freshness", check_freshness},
        {"freshness|aging", check_duration},
        {"freshness|stale", check_duration},
        {"freshness|hard", check_duration},
        {"tolerance", check_tolerance},
        {"tolerance|abs", check_decimal},
        {"tolerance|pct", check_decimal},
        {"tolerance|cutoff-days", check_cutoff},
        {"threshold", check_threshold},
        {"threshold|abs", check_decimal},
        {"threshold|pct", check_decimal},
        {"check", check_check},
        {"check|kind", check_check_kind},
        {"check|period", check_period},
        {"check|a", check_reference},
        {"check|b", check_reference},
        {"limits|handshakes-in-flight", check_rate},
        {"limits|dials-per-second", check_rate},
        {"limits|backoff-base", check_duration},
        {"limits|backoff-cap", check_duration},
        {"limits|window", check_duration},
    };

    for (size_t i = 0; i < COUNT(checks); i++)
        cfg_set_validate_func(cfg, checks[i].option, checks[i].check);
}
