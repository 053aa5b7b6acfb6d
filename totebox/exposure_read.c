#include <errno.h>
#include <stdlib.h>

#include "totebox/conf.h"
#include "totebox/exposure.h"

enum { DAY_MS = 86400000 };
#define WINDOW_DEFAULT "90d"

/* "90d", "12h", "30m": up to ten years. */
static bool parse_duration(const char *text, int64_t *ms)
{
    int64_t value = 0, unit;

    for (; *text >= '0' && *text <= '9'; text++) {
        value = value * 10 + (*text - '0');
        if (value > 1000000)
            return false;
    }
    if (*text == 'd')
        unit = DAY_MS;
    else if (*text == 'h')
        unit = 3600000;
    else if (*text == 'm')
        unit = 60000;
    else
        return false;
    *ms = value * unit;
    return text[1] == '\0' && value > 0 && *ms <= (int64_t)3653 * DAY_MS;
}

/* --- what a value must be ------------------------------------------------------- */

static int check_to(cfg_t *cfg, cfg_opt_t *option)
{
    struct text value = text_of(conf_new_string(option));
    if (value.length >= 1 && value.length <= 64 && text_is_clean(value))
        return 0;
    cfg_error(cfg, "to must name roles of pairings, or keys like SHA256:...");
    return -1;
}

static int check_view(cfg_t *cfg, cfg_opt_t *option)
{
    return conf_choice(cfg, option, "entity own pos metric item obl fx note");
}

static int check_granularity(cfg_t *cfg, cfg_opt_t *option)
{
    return conf_choice(cfg, option, "total account item");
}

static int check_period(cfg_t *cfg, cfg_opt_t *option)
{
    struct period period;

    if (cfg_opt_size(option) > EXPOSURE_PERIODS_MAX) {
        cfg_error(cfg, "at most %d periods", EXPOSURE_PERIODS_MAX);
        return -1;
    }
    if (period_parse(text_of(conf_new_string(option)), &period))
        return 0;
    cfg_error(cfg,
              "period \"%s\" is not like 2025, 2025Q3, 2025-12, 20250701-20260630, all",
              conf_new_string(option));
    return -1;
}

static int check_pattern(cfg_t *cfg, cfg_opt_t *option)
{
    const char *value = conf_new_string(option);
    const char *star = strchr(value, '*');

    if (*value && strlen(value) <= ROW_KEY_MAX && text_is_clean(text_of(value)) &&
        (star == NULL || star[1] == '\0'))
        return 0;
    cfg_error(cfg, "%s \"%s\" is neither a key nor a prefix followed by '*'",
              cfg_opt_name(option), value);
    return -1;
}

static int check_counterparty(cfg_t *cfg, cfg_opt_t *option)
{
    struct text value = text_of(conf_new_string(option));
    if (entity_id_is_valid(value) || text_equal(value, TEXT("@affiliates")))
        return 0;
    cfg_error(cfg, "counterparty \"%s\" is no entity id", value.bytes);
    return -1;
}

/* A key column cannot be withheld: the key of the row would still say it. */
static int check_withhold(cfg_t *cfg, cfg_opt_t *option)
{
    const char *value = conf_new_string(option);
    bool known = false, key = false;

    for (int view = 0; view < VIEW_LINK; view++) {
        int column = view_column((enum view)view, text_of(value));
        if (column < 0)
            continue;
        known = true;
        key = key || view_table((enum view)view)->columns[column].key_part != 0;
    }
    if (known && !key)
        return 0;
    cfg_error(cfg,
              known
                  ? "column %s is part of row keys and cannot be withheld: narrow rows "
                    "or granularity instead"
                  : "no view has a column %s",
              value);
    return -1;
}

static int check_date(cfg_t *cfg, cfg_opt_t *option)
{
    int32_t date;
    if (date_parse(text_of(conf_new_string(option)), &date))
        return 0;
    cfg_error(cfg, "%s must be a date YYYY-MM-DD", cfg_opt_name(option));
    return -1;
}

static int check_window(cfg_t *cfg, cfg_opt_t *option)
{
    int64_t ms;
    if (parse_duration(conf_new_string(option), &ms))
        return 0;
    cfg_error(cfg, "window must be like 90d, 12h or 30m");
    return -1;
}

static int check_number(cfg_t *cfg, cfg_opt_t *option)
{
    long value = cfg_opt_getnint(option, cfg_opt_size(option) - 1);
    if (value >= 0 && value <= 1000000)
        return 0;
    cfg_error(cfg, "%s must be from 0 to 1000000", cfg_opt_name(option));
    return -1;
}

/* More than 6 places would not leave room for amounts. */
static int check_percent(cfg_t *cfg, cfg_opt_t *option)
{
    const char *text = cfg_opt_getnstr(option, cfg_opt_size(option) - 1);
    struct decimal percent;
    if (text && decimal_parse(text_of(text), &percent) == DECIMAL_OK &&
        percent.scale <= 6 && decimal_sign(percent) > 0 &&
        decimal_compare(percent, decimal_from_int(100)) <= 0)
        return 0;
    cfg_error(cfg, "%s must be a percentage like \"75\", above 0 and at most 100",
              cfg_opt_name(option));
    return -1;
}

static bool lists(cfg_t *block, const char *view)
{
    for (unsigned i = 0; i < cfg_size(block, "views"); i++)
        if (strcmp(cfg_getnstr(block, "views", i), view) == 0)
            return true;
    return false;
}

static int check_block(cfg_t *cfg, cfg_opt_t *option)
{
    cfg_t *block = cfg_opt_getnsec(option, cfg_opt_size(option) - 1);
    const char *defect = NULL;

    if (cfg_opt_size(option) > EXPOSURE_BLOCKS_MAX)
        defect = "too many expose blocks";
    else if (cfg_size(block, "to") == 0)
        defect = "does not say to";
    else if (cfg_size(block, "views") == 0)
        defect = "does not say views";
    else if (lists(block, "item") &&
             strcmp(cfg_getstr(block, "granularity"), "item") != 0)
        defect = "exposes view item, which needs granularity = \"item\"";
    else if ((lists(block, "pos") || lists(block, "fx")) &&
             cfg_size(block, "periods") == 0)
        defect = "exposes pos or fx, which need periods";
    if (defect == NULL)
        return 0;
    cfg_error(cfg, "expose \"%s\" %s", cfg_title(block), defect);
    return -1;
}

static void prepare(cfg_t *cfg)
{
    cfg_set_validate_func(cfg, "expose", check_block);
    cfg_set_validate_func(cfg, "expose|to", check_to);
    cfg_set_validate_func(cfg, "expose|views", check_view);
    cfg_set_validate_func(cfg, "expose|periods", check_period);
    cfg_set_validate_func(cfg, "expose|granularity", check_granularity);
    cfg_set_validate_func(cfg, "expose|rows", check_pattern);
    cfg_set_validate_func(cfg, "expose|keys", check_pattern);
    cfg_set_validate_func(cfg, "expose|counterparties", check_counterparty);
    cfg_set_validate_func(cfg, "expose|withhold", check_withhold);
    cfg_set_validate_func(cfg, "expose|items-from", check_date);
    cfg_set_validate_func(cfg, "expose|window", check_window);
    cfg_set_validate_func(cfg, "expose|rate", check_number);
    cfg_set_validate_func(cfg, "expose|min-n", check_number);
    cfg_set_validate_func(cfg, "expose|dominance", check_percent);
    cfg_set_validate_func(cfg, "expose|p-percent", check_percent);
}

/* --- taking it over ------------------------------------------------------------- */

static bool take_strings(struct strings *strings, cfg_t *block, const char *name)
{
    unsigned count = cfg_size(block, name);

    strings->text = calloc(count ? count : 1, sizeof(*strings->text));
    if (strings->text == NULL)
        return false;
    for (unsigned i = 0; i < count; i++) {
        strings->text[i] = strdup(cfg_getnstr(block, name, i));
        if (strings->text[i] == NULL)
            return false;
        strings->count++;
    }
    return true;
}

static void take_periods(struct expose_block *block, cfg_t *section)
{
    for (unsigned i = 0; i < cfg_size(section, "periods"); i++) {
        struct period period;
        bool known = false;
        if (!period_parse(text_of(cfg_getnstr(section, "periods", i)), &period))
            continue;
        for (uint32_t j = 0; j < block->period_count; j++)
            known = known || (block->periods[j].start == period.start &&
                              block->periods[j].end == period.end);
        if (!known)
            block->periods[block->period_count++] = period;
    }
}

/* Without items-from: the start of the earliest period. */
static int32_t default_items_from(const struct expose_block *block)
{
    int32_t from = block->period_count ? DATE_LAST : 0;

    for (uint32_t i = 0; i < block->period_count; i++)
        if (block->periods[i].start < from)
            from = block->periods[i].start;
    return from;
}

static void take_percent(cfg_t *section, const char *name, struct decimal *percent)
{
    const char *text = cfg_getstr(section, name);

    if (text == NULL || decimal_parse(text_of(text), percent) != DECIMAL_OK)
        *percent = decimal_from_int(0);
}

static bool take_block(struct expose_block *block, cfg_t *section)
{
    const char *granularity = cfg_getstr(section, "granularity");
    const char *from = cfg_getstr(section, "items-from");

    block->title = strdup(cfg_title(section));
    for (unsigned i = 0; i < cfg_size(section, "views"); i++) {
        enum view view;
        if (view_by_name(text_of(cfg_getnstr(section, "views", i)), &view))
            block->views |= 1U << view;
    }
    take_periods(block, section);
    block->granularity = strcmp(granularity, "item") == 0      ? GRANULARITY_ITEM
                         : strcmp(granularity, "account") == 0 ? GRANULARITY_ACCOUNT
                                                               : GRANULARITY_TOTAL;
    if (from == NULL || !date_parse(text_of(from), &block->items_from))
        block->items_from = default_items_from(block);
    if (!parse_duration(cfg_getstr(section, "window"), &block->window_ms))
        block->window_ms = 0;
    block->rate = (uint32_t)cfg_getint(section, "rate");
    block->limits.min_n = (uint32_t)cfg_getint(section, "min-n");
    take_percent(section, "dominance", &block->limits.dominance);
    take_percent(section, "p-percent", &block->limits.p_percent);
    return block->title && take_strings(&block->to, section, "to") &&
           take_strings(&block->rows, section, "rows") &&
           take_strings(&block->keys, section, "keys") &&
           take_strings(&block->counterparties, section, "counterparties") &&
           take_strings(&block->withhold, section, "withhold");
}

static struct exposure *take_over(cfg_t *cfg)
{
    unsigned count = cfg ? cfg_size(cfg, "expose") : 0;
    struct exposure *exposure = calloc(1, sizeof(*exposure));

    if (exposure == NULL)
        return NULL;
    exposure->blocks = calloc(count ? count : 1, sizeof(*exposure->blocks));
    for (unsigned i = 0; exposure->blocks && i < count; i++) {
        exposure->count++;
        if (!take_block(&exposure->blocks[i], cfg_getnsec(cfg, "expose", i))) {
            exposure_free(exposure);
            return NULL;
        }
    }
    if (exposure->blocks == NULL) {
        free(exposure);
        return NULL;
    }
    return exposure;
}

enum archive_error exposure_read(struct exposure **exposure, const char *path,
                                 struct problem *problem)
{
    cfg_opt_t block_options[] = {
        CFG_STR_LIST("to", NULL, CFGF_NONE),
        CFG_STR_LIST("views", NULL, CFGF_NONE),
        CFG_STR_LIST("periods", NULL, CFGF_NONE),
        CFG_STR("granularity", "total", CFGF_NONE),
        CFG_STR_LIST("rows", NULL, CFGF_NONE),
        CFG_STR_LIST("keys", NULL, CFGF_NONE),
        CFG_STR_LIST("counterparties", NULL, CFGF_NONE),
        CFG_STR_LIST("withhold", NULL, CFGF_NONE),
        CFG_STR("items-from", NULL, CFGF_NODEFAULT),
        CFG_STR("window", WINDOW_DEFAULT, CFGF_NONE),
        CFG_INT("rate", 0, CFGF_NONE),
        CFG_INT("min-n", 0, CFGF_NONE),
        CFG_STR("dominance", NULL, CFGF_NODEFAULT),
        CFG_STR("p-percent", NULL, CFGF_NODEFAULT),
        CFG_END(),
    };
    cfg_opt_t options[] = {
        CFG_SEC("expose", block_options, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES),
        CFG_END(),
    };
    cfg_t *cfg;
    enum archive_error error = conf_read(&cfg, options, prepare, path, problem);

    *exposure = NULL;
    if (error != ARCHIVE_OK && !(error == ARCHIVE_FAILED && errno == ENOENT))
        return error;
    *exposure = take_over(cfg);
    if (cfg)
        cfg_free(cfg);
    return *exposure ? ARCHIVE_OK : problem_memory(problem);
}

static void strings_release(struct strings *strings)
{
    for (uint32_t i = 0; i < strings->count; i++)
        free(strings->text[i]);
    free(strings->text);
}

void exposure_free(struct exposure *exposure)
{
    if (exposure == NULL)
        return;
    for (uint32_t i = 0; i < exposure->count; i++) {
        struct expose_block *block = &exposure->blocks[i];
        free(block->title);
        strings_release(&block->to);
        strings_release(&block->rows);
        strings_release(&block->keys);
        strings_release(&block->counterparties);
        strings_release(&block->withhold);
    }
    free(exposure->blocks);
    free(exposure);
}
