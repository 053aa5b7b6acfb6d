#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "proto/rows.h"
#include "totebox/archive.h"
#include "totebox/conf.h"
#include "totebox/date.h"
#include "totebox/note.h"

/* --- what a value must be ------------------------------------------------------- */

static int check_entity(cfg_t *cfg, cfg_opt_t *option)
{
    if (entity_id_is_valid(text_of(conf_new_string(option))))
        return 0;
    cfg_error(cfg, "entity must be 1 to 16 of A-Z 0-9 -");
    return -1;
}

static int check_part(cfg_t *cfg, cfg_opt_t *option)
{
    struct text value = text_of(conf_new_string(option));
    if (value.length >= 1 && value.length <= KEY_PART_MAX && text_is_clean(value))
        return 0;
    cfg_error(cfg, "%s must have 1 to 120 bytes of printable UTF-8",
              cfg_opt_name(option));
    return -1;
}

static int check_width(cfg_t *cfg, cfg_opt_t *option, uint32_t width)
{
    struct text value = text_of(conf_new_string(option));
    if (value.length >= 1 && value.length <= width && text_is_clean(value) &&
        !memchr(value.bytes, '|', value.length) &&
        !memchr(value.bytes, '%', value.length))
        return 0;
    cfg_error(cfg, "%s must have 1 to %u bytes of printable UTF-8 without | and %%",
              cfg_opt_name(option), width);
    return -1;
}

static int check_line(cfg_t *cfg, cfg_opt_t *option)
{
    return check_width(cfg, option, LINE_NAME_MAX);
}

static int check_iso(cfg_t *cfg, cfg_opt_t *option)
{
    return check_width(cfg, option, CURRENCY_NAME_MAX);
}

static int check_kind(cfg_t *cfg, cfg_opt_t *option)
{
    return conf_choice(cfg, option,
                       "company property project trust fund person adjustment");
}

static int check_lifecycle(cfg_t *cfg, cfg_opt_t *option)
{
    return conf_choice(cfg, option, "active suspended archived");
}

static int check_parent_scope(cfg_t *cfg, cfg_opt_t *option)
{
    return conf_choice(cfg, option, "own consolidated");
}

static int check_class(cfg_t *cfg, cfg_opt_t *option)
{
    return conf_choice(cfg, option, "A L Q R X V");
}

static int check_currency(cfg_t *cfg, cfg_opt_t *option)
{
    const char *value = conf_new_string(option);
    if (strlen(value) == 3 && isupper((unsigned char)value[0]) &&
        isupper((unsigned char)value[1]) && isupper((unsigned char)value[2]))
        return 0;
    cfg_error(cfg, "%s must be an ISO 4217 code like USD", cfg_opt_name(option));
    return -1;
}

static int check_anchor(cfg_t *cfg, cfg_opt_t *option)
{
    if (note_origin_is_valid(text_of(conf_new_string(option))))
        return 0;
    cfg_error(cfg, "anchor must have 1 to 96 printable characters, no space, no +");
    return -1;
}

static int32_t month_and_day(const char *text)
{
    char date[DATE_CHARS + 1];
    int32_t day;

    if (strlen(text) != 5)
        return 0;
    snprintf(date, sizeof(date), "2025-%s", text);
    return date_parse(text_of(date), &day) ? day % 10000 : 0;
}

static int check_fiscal_year(cfg_t *cfg, cfg_opt_t *option)
{
    if (month_and_day(conf_new_string(option)))
        return 0;
    cfg_error(cfg, "fy-start must be a month and a day like 04-01");
    return -1;
}

static int check_map(cfg_t *cfg, cfg_opt_t *option)
{
    cfg_t *map = cfg_opt_getnsec(option, cfg_opt_size(option) - 1);
    const char *star = strchr(cfg_title(map), '*');

    if (star && star[1] != '\0') {
        cfg_error(cfg, "map \"%s\": a '*' may only stand at the end", cfg_title(map));
        return -1;
    }
    if (cfg_size(map, "class") == 0 && cfg_size(map, "line") == 0) {
        cfg_error(cfg, "map \"%s\" says neither class nor line", cfg_title(map));
        return -1;
    }
    return 0;
}

static int check_commodity(cfg_t *cfg, cfg_opt_t *option)
{
    cfg_t *commodity = cfg_opt_getnsec(option, cfg_opt_size(option) - 1);
    if (cfg_size(commodity, "iso") != 0)
        return 0;
    cfg_error(cfg, "commodity \"%s\" does not say iso", cfg_title(commodity));
    return -1;
}

static void prepare(cfg_t *cfg)
{
    cfg_set_validate_func(cfg, "entity", check_entity);
    cfg_set_validate_func(cfg, "name", check_part);
    cfg_set_validate_func(cfg, "kind", check_kind);
    cfg_set_validate_func(cfg, "currency", check_currency);
    cfg_set_validate_func(cfg, "lifecycle", check_lifecycle);
    cfg_set_validate_func(cfg, "parent-scope", check_parent_scope);
    cfg_set_validate_func(cfg, "anchor", check_anchor);
    cfg_set_validate_func(cfg, "fy-start", check_fiscal_year);
    cfg_set_validate_func(cfg, "tags", check_part);
    cfg_set_validate_func(cfg, "map", check_map);
    cfg_set_validate_func(cfg, "map|class", check_class);
    cfg_set_validate_func(cfg, "map|line", check_line);
    cfg_set_validate_func(cfg, "commodity", check_commodity);
    cfg_set_validate_func(cfg, "commodity|iso", check_iso);
}

/* --- taking it over ------------------------------------------------------------- */

static int compare_strings(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Tags, sorted, joined by commas. */
static char *join_tags(cfg_t *cfg)
{
    unsigned count = cfg_size(cfg, "tags");
    const char **tags = calloc(count ? count : 1, sizeof(*tags));
    size_t length = 1, at = 0;
    char *joined;

    if (tags == NULL)
        return NULL;
    for (unsigned i = 0; i < count; i++) {
        tags[i] = cfg_getnstr(cfg, "tags", i);
        length += strlen(tags[i]) + 1;
    }
    qsort(tags, count, sizeof(*tags), compare_strings);
    joined = calloc(1, length);
    for (unsigned i = 0; joined && i < count; i++)
        at += (size_t)snprintf(joined + at, length - at, "%s%s", i ? "," : "", tags[i]);
    free(tags);
    return joined;
}

static char *copy(const char *string)
{
    return strdup(string ? string : "");
}

static bool take_maps(struct archive_config *config, cfg_t *cfg)
{
    unsigned count = cfg_size(cfg, "map");

    config->maps = calloc(count ? count : 1, sizeof(*config->maps));
    if (config->maps == NULL)
        return false;
    for (unsigned i = 0; i < count; i++) {
        cfg_t *section = cfg_getnsec(cfg, "map", i);
        struct account_map *map = &config->maps[config->map_count++];
        map->pattern = copy(cfg_title(section));
        map->cls =
            cfg_size(section, "class") ? copy(cfg_getstr(section, "class")) : NULL;
        map->line =
            cfg_size(section, "line") ? copy(cfg_getstr(section, "line")) : NULL;
        if (!map->pattern || (cfg_size(section, "class") && !map->cls) ||
            (cfg_size(section, "line") && !map->line))
            return false;
    }
    return true;
}

static bool take_commodities(struct archive_config *config, cfg_t *cfg)
{
    unsigned count = cfg_size(cfg, "commodity");

    config->commodities = calloc(count ? count : 1, sizeof(*config->commodities));
    if (config->commodities == NULL)
        return false;
    for (unsigned i = 0; i < count; i++) {
        cfg_t *section = cfg_getnsec(cfg, "commodity", i);
        struct commodity *commodity = &config->commodities[config->commodity_count++];
        commodity->name = copy(cfg_title(section));
        commodity->iso = copy(cfg_getstr(section, "iso"));
        if (!commodity->name || !commodity->iso)
            return false;
    }
    return true;
}

static bool take_over(struct archive_config *config, cfg_t *cfg)
{
    const char *anchor = cfg_getstr(cfg, "anchor");
    char origin[64];

    snprintf(origin, sizeof(origin), "totebox/%s", cfg_getstr(cfg, "entity"));
    config->entity = copy(cfg_getstr(cfg, "entity"));
    config->name = copy(cfg_getstr(cfg, "name"));
    config->kind = copy(cfg_getstr(cfg, "kind"));
    config->currency = copy(cfg_getstr(cfg, "currency"));
    config->lifecycle = copy(cfg_getstr(cfg, "lifecycle"));
    config->parent_scope = copy(cfg_getstr(cfg, "parent-scope"));
    config->tags = join_tags(cfg);
    config->origin = copy(anchor ? anchor : origin);
    config->fy_start = month_and_day(cfg_getstr(cfg, "fy-start"));
    return config->entity && config->name && config->kind && config->currency &&
           config->lifecycle && config->parent_scope && config->tags &&
           config->origin && take_maps(config, cfg) && take_commodities(config, cfg);
}

enum archive_error archive_config_read(struct archive_config *config, const char *path,
                                       struct problem *problem)
{
    cfg_opt_t commodity_options[] = {CFG_STR("iso", NULL, CFGF_NODEFAULT), CFG_END()};
    cfg_opt_t map_options[] = {CFG_STR("class", NULL, CFGF_NODEFAULT),
                               CFG_STR("line", NULL, CFGF_NODEFAULT), CFG_END()};
    cfg_opt_t options[] = {
        CFG_STR("entity", NULL, CFGF_NODEFAULT),
        CFG_STR("name", NULL, CFGF_NODEFAULT),
        CFG_STR("kind", NULL, CFGF_NODEFAULT),
        CFG_STR("currency", NULL, CFGF_NODEFAULT),
        CFG_STR("lifecycle", "active", CFGF_NONE),
        CFG_STR("parent-scope", "own", CFGF_NONE),
        CFG_STR("anchor", NULL, CFGF_NODEFAULT),
        CFG_STR("fy-start", "01-01", CFGF_NONE),
        CFG_STR_LIST("tags", NULL, CFGF_NONE),
        CFG_SEC("commodity", commodity_options,
                CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES),
        CFG_SEC("map", map_options, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES),
        CFG_END(),
    };
    static const char *const required[] = {"entity", "name", "kind", "currency"};
    enum archive_error error;
    cfg_t *cfg;

    memset(config, 0, sizeof(*config));
    error = conf_read(&cfg, options, prepare, path, problem);
    if (error != ARCHIVE_OK)
        return error;
    for (unsigned i = 0; error == ARCHIVE_OK && i < 4; i++)
        if (cfg_size(cfg, required[i]) == 0)
            error = problem_set(problem, ARCHIVE_REFUSED, "%s:1: %s is missing", path,
                                required[i]);
    if (error == ARCHIVE_OK && !take_over(config, cfg))
        error = problem_memory(problem);
    cfg_free(cfg);
    if (error != ARCHIVE_OK)
        archive_config_release(config);
    return error;
}

void archive_config_release(struct archive_config *config)
{
    free(config->entity);
    free(config->name);
    free(config->kind);
    free(config->currency);
    free(config->lifecycle);
    free(config->parent_scope);
    free(config->tags);
    free(config->origin);
    for (uint32_t i = 0; i < config->map_count; i++) {
        free(config->maps[i].pattern);
        free(config->maps[i].cls);
        free(config->maps[i].line);
    }
    free(config->maps);
    for (uint32_t i = 0; i < config->commodity_count; i++) {
        free(config->commodities[i].name);
        free(config->commodities[i].iso);
    }
    free(config->commodities);
    memset(config, 0, sizeof(*config));
}

/* --- asking it ------------------------------------------------------------------ */

bool pattern_matches(struct text pattern, struct text text)
{
    if (pattern.length == 0 || pattern.bytes[pattern.length - 1] != '*')
        return text_equal(pattern, text);
    pattern.length--;
    return text_starts_with(text, pattern);
}

struct text archive_currency(const struct archive_config *config, struct text commodity)
{
    for (uint32_t i = 0; i < config->commodity_count; i++)
        if (text_equal(text_of(config->commodities[i].name), commodity))
            return text_of(config->commodities[i].iso);
    return commodity;
}

/* hledger's own default account types, by the first component. */
static char class_of_name(struct text account)
{
    static const struct {
        const char *name;
        char cls;
    } names[] = {
        {"asset", 'A'},    {"assets", 'A'}, {"liability", 'L'}, {"liabilities", 'L'},
        {"debt", 'L'},     {"debts", 'L'},  {"equity", 'Q'},    {"revenue", 'R'},
        {"revenues", 'R'}, {"income", 'R'}, {"incomes", 'R'},   {"expense", 'X'},
        {"expenses", 'X'},
    };
    const char *colon =
        account.length ? memchr(account.bytes, ':', account.length) : NULL;
    size_t length = colon ? (size_t)(colon - account.bytes) : account.length;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strlen(names[i].name) == length &&
            strncasecmp(names[i].name, account.bytes, length) == 0)
            return names[i].cls;
    return '\0';
}

static bool is_conversion(struct text account)
{
    static const char *const names[] = {"equity:conversion", "equity:trade",
                                        "equity:trades"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        size_t length = strlen(names[i]);
        if (account.length >= length &&
            strncasecmp(account.bytes, names[i], length) == 0 &&
            (account.length == length || account.bytes[length] == ':'))
            return true;
    }
    return false;
}

static const struct account_map *map_of(const struct archive_config *config,
                                        struct text account)
{
    for (uint32_t i = 0; i < config->map_count; i++)
        if (pattern_matches(text_of(config->maps[i].pattern), account))
            return &config->maps[i];
    return NULL;
}

char archive_class(const struct archive_config *config, struct text account)
{
    const struct account_map *map = map_of(config, account);
    return map && map->cls ? map->cls[0] : class_of_name(account);
}

void archive_line(const struct archive_config *config, struct text account, char cls,
                  char line[LINE_NAME_MAX + 1])
{
    const struct account_map *map = map_of(config, account);

    if (map && map->line)
        snprintf(line, LINE_NAME_MAX + 1, "%s", map->line);
    else if (cls == 'Q' && is_conversion(account))
        snprintf(line, LINE_NAME_MAX + 1, "equity.conversion");
    else
        snprintf(line, LINE_NAME_MAX + 1, "unmapped.%c", cls);
}
