#include "core/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "core/config_grammar.h"
#include "core/config_value.h"
#include "core/viewport.h"

enum { CONFIG_BYTES_MAX = 64 * 1024 * 1024 };

/* A config and the memory behind its pointers. */
struct owner {
    struct config config; /* first: a struct config * is a struct owner * */
    struct piece *pieces;
    bool out_of_memory;
};
struct piece {
    struct piece *next;
    max_align_t bytes[];
};

/* Zeroed, freed with the config.  NULL sets out_of_memory, which config_parse asks for
 * once at the end. */
static void *keep(struct owner *owner, size_t count, size_t size)
{
    struct piece *piece = calloc(1, sizeof(*piece) + count * size);

    if (!piece) {
        owner->out_of_memory = true;
        return NULL;
    }
    piece->next = owner->pieces;
    owner->pieces = piece;
    return piece->bytes;
}

static const char *keep_bytes(struct owner *owner, const char *bytes, size_t length)
{
    char *copy = keep(owner, length + 1, 1);

    if (!copy)
        return "";
    memcpy(copy, bytes, length);
    return copy;
}

static const char *keep_string(struct owner *owner, const char *string)
{
    return keep_bytes(owner, string, strlen(string));
}

/* NULL for an empty list. */
static const char *const *keep_list(struct owner *owner, cfg_t *block, const char *name)
{
    unsigned count = cfg_size(block, name);
    const char **list;

    if (count == 0)
        return NULL;
    list = keep(owner, count + 1, sizeof(*list));
    for (unsigned i = 0; list && i < count; i++)
        list[i] = keep_string(owner, cfg_getnstr(block, name, i));
    return list;
}

/* "~/x" is in the home folder; a relative name is beside the configuration file, so
 * that a folder with a fleet in it can be moved. */
static const char *keep_path(struct owner *owner, const char *name)
{
    const char *slash = strrchr(owner->config.path, '/');
    const char *home = getenv("HOME");
    size_t folder_length = slash ? (size_t)(slash - owner->config.path) + 1 : 0;
    const char *folder = owner->config.path;

    if (strncmp(name, "~/", 2) == 0 && home) {
        folder = home;
        folder_length = strlen(home);
        name++;
    } else if (*name == '/') {
        folder_length = 0;
    }
    size_t size = folder_length + strlen(name) + 1;
    char *path = keep(owner, size, 1);
    if (!path)
        return "";
    memcpy(path, folder, folder_length);
    memcpy(path + folder_length, name, size - folder_length);
    return path;
}

/* NULL for an empty list. */
static const char *const *keep_paths(struct owner *owner, cfg_t *cfg, const char *name)
{
    unsigned count = cfg_size(cfg, name);
    const char **paths = count ? keep(owner, count + 1, sizeof(*paths)) : NULL;

    for (unsigned i = 0; paths && i < count; i++)
        paths[i] = keep_path(owner, cfg_getnstr(cfg, name, i));
    return paths;
}

static const char *default_device(struct owner *owner)
{
    const char *xdg = getenv("XDG_CONFIG_HOME");
    char path[4096];
    int length;

    if (!xdg || !*xdg)
        return keep_path(owner, "~/.config/fleet/device.pem");
    length = snprintf(path, sizeof(path), "%s/fleet/device.pem", xdg);
    if (length < 0 || (size_t)length >= sizeof(path))
        return "";
    return keep_string(owner, path);
}

/* --- blocks, whose values config_grammar.c has checked
 * -------------------------------- */

static int64_t duration_of(cfg_t *block, const char *name)
{
    int64_t milliseconds = 0;
    (void)duration_parse(cfg_getstr(block, name), &milliseconds);
    return milliseconds;
}

static void decimal_of(cfg_t *block, const char *name, struct decimal *value)
{
    const char *text = cfg_getstr(block, name);
    struct decimal parsed;

    if (text && decimal_parse(text_of(text), &parsed) == DECIMAL_OK)
        *value = parsed;
}

static void pin_of(cfg_t *block, const char *name, struct config_totebox *totebox)
{
    const char *text = cfg_getstr(block, name);

    if (text && fingerprint_parse(text_of(text), totebox->pins[totebox->pin_count]))
        totebox->pin_count++;
}

static void read_totebox(struct owner *owner, cfg_t *block,
                         struct config_totebox *totebox)
{
    const char *name = cfg_getstr(block, "name"), *token = cfg_getstr(block, "token");
    struct text host = {0};

    (void)!config_address_parse(cfg_getstr(block, "address"), &host, &totebox->port);
    totebox->host = keep_bytes(owner, host.bytes, host.length);
    totebox->entity = keep_string(owner, cfg_title(block));
    totebox->name = name ? keep_string(owner, name) : totebox->entity;
    pin_of(block, "key", totebox);
    pin_of(block, "next-key", totebox);
    totebox->token = token ? keep_path(owner, token) : NULL;
    totebox->group = keep_string(owner, cfg_getstr(block, "group"));
    totebox->path = keep_string(owner, cfg_getstr(block, "path"));
    totebox->weight = cfg_getint(block, "weight");
    totebox->required = cfg_getbool(block, "required");
    totebox->structure = cfg_getbool(block, "structure");
    totebox->hub = cfg_getbool(block, "hub");
    totebox->entities = keep_list(owner, block, "entities");
}

static void read_toteboxes(struct owner *owner, cfg_t *cfg)
{
    uint32_t count = cfg_size(cfg, "totebox");

    owner->config.toteboxes = keep(owner, count, sizeof(*owner->config.toteboxes));
    if (!owner->config.toteboxes)
        return;
    owner->config.totebox_count = count;
    for (uint32_t i = 0; i < count; i++)
        read_totebox(owner, cfg_getnsec(cfg, "totebox", i),
                     &owner->config.toteboxes[i]);
}

static const char *current_year(struct owner *owner)
{
    time_t now = time(NULL);
    struct tm utc;
    char year[16];

    if (!gmtime_r(&now, &utc) || strftime(year, sizeof(year), "%Y", &utc) == 0)
        return "";
    return keep_string(owner, year);
}

static enum basis basis_of(const char *text)
{
    if (strcmp(text, "consolidated") == 0)
        return BASIS_CONSOLIDATED;
    return strcmp(text, "share") == 0 ? BASIS_SHARE : BASIS_AGGREGATE;
}

static const char *keep_or_empty(struct owner *owner, const char *text)
{
    return text ? keep_string(owner, text) : "";
}

static void read_portfolio(struct owner *owner, cfg_t *block,
                           struct config_portfolio *portfolio)
{
    const char *period = cfg_getstr(block, "period");
    const char *view_date = cfg_getstr(block, "view-date");

    portfolio->name = keep_string(owner, cfg_title(block));
    portfolio->root = keep_or_empty(owner, cfg_getstr(block, "root"));
    portfolio->currency = keep_string(owner, cfg_getstr(block, "currency"));
    portfolio->period = period ? keep_string(owner, period) : current_year(owner);
    portfolio->fx = keep_or_empty(owner, cfg_getstr(block, "fx"));
    portfolio->basis = basis_of(cfg_getstr(block, "basis"));
    portfolio->partial = strcmp(cfg_getstr(block, "partial"), "strict") == 0
                             ? PARTIAL_STRICT
                             : PARTIAL_WARN;
    if (view_date)
        (void)!config_date_parse(view_date, &portfolio->view_date);
    portfolio->hold_ms = duration_of(block, "hold");
}

static void read_portfolios(struct owner *owner, cfg_t *cfg)
{
    uint32_t count = cfg_size(cfg, "portfolio");
    struct config_portfolio *portfolios =
        keep(owner, count ? count : 1, sizeof(*portfolios));

    if (!portfolios)
        return;
    owner->config.portfolios = portfolios;
    owner->config.portfolio_count = count ? count : 1;
    for (uint32_t i = 0; i < count; i++)
        read_portfolio(owner, cfg_getnsec(cfg, "portfolio", i), &portfolios[i]);
    if (count == 0)
        portfolios[0] = (struct config_portfolio){.name = "all",
                                                  .root = "",
                                                  .currency = "USD",
                                                  .period = current_year(owner),
                                                  .fx = "",
                                                  .basis = BASIS_AGGREGATE,
                                                  .partial = PARTIAL_WARN,
                                                  .hold_ms = 60 * 60 * 1000};
}

static void read_freshness(struct owner *owner, cfg_t *cfg)
{
    uint32_t count = CONFIG_FRESHNESS_DEFAULTS, blocks = cfg_size(cfg, "freshness");
    struct config_freshness *entries = keep(owner, count + blocks, sizeof(*entries));

    if (!entries)
        return;
    memcpy(entries, config_freshness_defaults, count * sizeof(*entries));
    for (uint32_t i = 0; i < blocks; i++) {
        struct config_freshness said;
        uint32_t at = 0;
        (void)config_freshness_block(cfg_getnsec(cfg, "freshness", i), &said);
        said.kind = keep_string(owner, said.kind);
        while (at < count && strcmp(entries[at].kind, said.kind) != 0)
            at++;
        entries[at] = said;
        count += at == count;
    }
    owner->config.freshness = entries;
    owner->config.freshness_count = count;
}

static void read_tolerance(cfg_t *block, struct config_tolerance *entry)
{
    decimal_of(block, "abs", &entry->absolute);
    decimal_of(block, "pct", &entry->percent);
    if (cfg_getint(block, "cutoff-days") >= 0)
        entry->cutoff_days = cfg_getint(block, "cutoff-days");
}

static void read_tolerances(struct owner *owner, cfg_t *cfg)
{
    uint32_t count = CONFIG_TOLERANCE_DEFAULTS, blocks = cfg_size(cfg, "tolerance");
    struct config_tolerance *entries = keep(owner, count + blocks, sizeof(*entries));
    cfg_t *all = cfg_gettsec(cfg, "tolerance", "default");

    if (!entries)
        return;
    memcpy(entries, config_tolerance_defaults, count * sizeof(*entries));
    if (all) /* what a currency's block leaves out is as in "default" */
        read_tolerance(all, &entries[0]);
    for (uint32_t i = 0; i < blocks; i++) {
        cfg_t *block = cfg_getnsec(cfg, "tolerance", i);
        uint32_t at = 0;
        while (at < count && strcmp(entries[at].currency, cfg_title(block)) != 0)
            at++;
        if (at == count) {
            entries[at] = entries[0];
            entries[at].currency = keep_string(owner, cfg_title(block));
            count++;
        }
        read_tolerance(block, &entries[at]);
    }
    owner->config.tolerances = entries;
    owner->config.tolerance_count = count;
}

static void read_thresholds(struct owner *owner, cfg_t *cfg)
{
    uint32_t count = CONFIG_THRESHOLD_DEFAULTS;
    struct config_threshold *entries = keep(owner, count, sizeof(*entries));

    if (!entries)
        return;
    memcpy(entries, config_threshold_defaults, count * sizeof(*entries));
    for (uint32_t i = 0; i < count; i++) {
        cfg_t *block = cfg_gettsec(cfg, "threshold", entries[i].name);
        if (!block)
            continue;
        decimal_of(block, "abs", &entries[i].absolute);
        decimal_of(block, "pct", &entries[i].percent);
    }
    owner->config.thresholds = entries;
    owner->config.threshold_count = count;
}

static void read_checks(struct owner *owner, cfg_t *cfg)
{
    uint32_t count = cfg_size(cfg, "check");
    struct config_check *checks = keep(owner, count, sizeof(*checks));

    if (!checks)
        return;
    for (uint32_t i = 0; i < count; i++) {
        cfg_t *block = cfg_getnsec(cfg, "check", i);
        const char *period = cfg_getstr(block, "period");
        checks[i].id = keep_string(owner, cfg_title(block));
        checks[i].kind = keep_string(owner, cfg_getstr(block, "kind"));
        checks[i].title = keep_string(owner, cfg_getstr(block, "title"));
        checks[i].period =
            period ? keep_string(owner, period) : owner->config.portfolios[0].period;
        checks[i].a = keep_list(owner, block, "a");
        checks[i].b = keep_list(owner, block, "b");
    }
    owner->config.checks = checks;
    owner->config.check_count = count;
}

static void read_limits(struct config_limits *limits, cfg_t *block)
{
    limits->handshakes_in_flight = (uint32_t)cfg_getint(block, "handshakes-in-flight");
    limits->dials_per_second = (uint32_t)cfg_getint(block, "dials-per-second");
    limits->backoff_base_ms = duration_of(block, "backoff-base");
    limits->backoff_cap_ms = duration_of(block, "backoff-cap");
    limits->window_ms = duration_of(block, "window");
}

/* --- the whole file
 * -------------------------------------------------------------------- */

static bool is_configured(const struct config *config, const char *entity)
{
    for (uint32_t i = 0; i < config->totebox_count; i++) {
        const struct config_totebox *totebox = &config->toteboxes[i];
        if (strcmp(totebox->entity, entity) == 0)
            return true;
        for (const char *const *at = totebox->entities; at && *at; at++)
            if (config_pattern_matches(*at, entity))
                return true;
    }
    return false;
}

/* What no single block can know. */
static bool agrees(const struct config *config, cfg_t *cfg,
                   char error[CONFIG_ERROR_CHARS])
{
    for (unsigned i = 0; i < cfg_size(cfg, "portfolio"); i++) {
        const struct config_portfolio *portfolio = &config->portfolios[i];
        cfg_t *block = cfg_getnsec(cfg, "portfolio", i);
        const char *strange = NULL;

        if (*portfolio->fx && !is_configured(config, portfolio->fx))
            strange = portfolio->fx;
        if (*portfolio->root && !is_configured(config, portfolio->root))
            strange = portfolio->root;
        if (strange) {
            config_grammar_refuse(
                block, config->path, error,
                "no totebox block is called \"%s\": add one, or correct "
                "the id",
                strange);
            return false;
        }
        if (portfolio->basis != BASIS_AGGREGATE && !*portfolio->root) {
            config_grammar_refuse(
                block, config->path, error,
                "the basis %s needs root = \"...\", the entity at the "
                "top",
                cfg_getstr(block, "basis"));
            return false;
        }
    }
    if (config->limits.backoff_base_ms < 1 ||
        config->limits.backoff_base_ms > config->limits.backoff_cap_ms) {
        snprintf(
            error, CONFIG_ERROR_CHARS,
            "%s:%d: limits: backoff-base must be 1ms or more and at most backoff-cap",
            config->path, cfg_getsec(cfg, "limits")->line);
        return false;
    }
    return true;
}

static void read_all(struct owner *owner, cfg_t *cfg)
{
    struct config *config = &owner->config;
    const char *device = cfg_getstr(cfg, "device");
    const char *operator_name = cfg_getstr(cfg, "operator");

    if (!operator_name)
        operator_name = getenv("USER");
    config->device_path = device ? keep_path(owner, device) : default_device(owner);
    config->operator_name =
        keep_string(owner, operator_name ? operator_name : "operator");
    config->title = keep_string(owner, cfg_getstr(cfg, "title"));
    const char *theme = cfg_getstr(cfg, "theme");
    config->theme =
        strchr(theme, '/') ? keep_path(owner, theme) : keep_string(owner, theme);
    config->glyphs = keep_string(owner, cfg_getstr(cfg, "glyphs"));
    read_toteboxes(owner, cfg);
    read_portfolios(owner, cfg);
    read_freshness(owner, cfg);
    read_tolerances(owner, cfg);
    read_thresholds(owner, cfg);
    if (!owner->out_of_memory)
        read_checks(owner, cfg);
    read_limits(&config->limits, cfg_getsec(cfg, "limits"));
    config->viewport_paths = keep_paths(owner, cfg, "viewports");
}

struct config *config_parse(const char *text, const char *path,
                            char error[CONFIG_ERROR_CHARS])
{
    cfg_t *cfg = config_grammar_parse(text, path, error);
    struct owner *owner = cfg ? calloc(1, sizeof(*owner)) : NULL;
    bool good = false;

    if (owner) {
        owner->config.path = keep_string(owner, path);
        read_all(owner, cfg);
        good = !owner->out_of_memory && agrees(&owner->config, cfg, error);
    }
    if (cfg && (!owner || owner->out_of_memory))
        snprintf(error, CONFIG_ERROR_CHARS, "%s: out of memory", path);
    if (cfg)
        cfg_free(cfg);
    if (good)
        return &owner->config;
    if (owner)
        config_free(&owner->config);
    return NULL;
}

/* NUL-terminated; NULL with errno, EILSEQ for a file that is no text. */
static char *read_file(const char *path)
{
    FILE *file = fopen(path, "re");
    size_t length = 0, size = 0, got;
    char *text = NULL, *larger;

    if (!file)
        return NULL;
    do {
        size = size ? 2 * size : 16 * 1024;
        larger = size <= CONFIG_BYTES_MAX ? realloc(text, size) : NULL;
        if (!larger)
            break;
        text = larger;
        got = fread(text + length, 1, size - 1 - length, file);
        length += got;
        text[length] = '\0';
    } while (length == size - 1);
    if (!larger || ferror(file) || strlen(text) != length) {
        int why = !larger ? EFBIG : ferror(file) ? errno : EILSEQ;
        free(text);
        fclose(file);
        errno = why;
        return NULL;
    }
    fclose(file);
    return text;
}

/* Those that are named must be there; the folder beside the file need not. */
static bool load_viewports(struct owner *owner, char error[CONFIG_ERROR_CHARS])
{
    const char *const *paths = owner->config.viewport_paths;
    const char *beside = paths ? NULL : keep_path(owner, "viewports");
    struct viewports *viewports = calloc(1, sizeof(*viewports));
    bool good = viewports != NULL;

    owner->config.viewports = viewports;
    if (!good)
        snprintf(error, CONFIG_ERROR_CHARS, "%s: out of memory", owner->config.path);
    if (good && beside && access(beside, F_OK) == 0)
        good = viewports_read(viewports, beside, error);
    for (; good && paths && *paths; paths++)
        good = viewports_read(viewports, *paths, error);
    return good;
}

struct config *config_load(const char *path, char error[CONFIG_ERROR_CHARS])
{
    char *text = read_file(path);

    if (!text) {
        snprintf(error, CONFIG_ERROR_CHARS, "%s: %s", path,
                 errno == EILSEQ ? "it has zero bytes in it: no text file"
                                 : strerror(errno));
        return NULL;
    }
    struct config *config = config_parse(text, path, error);
    free(text);
    if (config && !load_viewports((struct owner *)config, error)) {
        config_free(config);
        return NULL;
    }
    return config;
}

void config_free(struct config *config)
{
    struct owner *owner = (struct owner *)config;

    if (!owner)
        return;
    viewports_free(owner->config.viewports);
    for (struct piece *piece = owner->pieces, *next; piece; piece = next) {
        next = piece->next;
        free(piece);
    }
    free(owner);
}
