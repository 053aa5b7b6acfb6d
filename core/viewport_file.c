/* viewport_file.c - viewport files: the part that knows libconfuse. */
#include <confuse.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "core/config_grammar.h"
#include "core/config_value.h"
#include "core/viewport.h"

enum { FILE_BYTES_MAX = 1024 * 1024, WHY_CHARS = 400, LINES_MAX = 4096 };
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* --- where a value stands ----------------------------------------------------- */

/* A formula can only be checked once the whole block is known; libconfuse does not keep
 * the line of a value, so it is noted when the value is read. */
struct line_note {
    const cfg_opt_t *option;
    int line;
};
struct line_notes {
    struct line_note notes[LINES_MAX];
    uint32_t count;
};
static _Thread_local struct line_notes *noting;

static int note_line(cfg_t *cfg, cfg_opt_t *option)
{
    if (noting && noting->count < LINES_MAX)
        noting->notes[noting->count++] = (struct line_note){option, cfg->line};
    return 0;
}

struct reader {
    struct arena *arena;
    const struct line_notes *lines;
    const char *path;
    char *error;
};

static int line_of(const struct reader *reader, cfg_t *block, const char *option)
{
    const cfg_opt_t *wanted = cfg_getopt(block, option);
    for (uint32_t i = 0; i < reader->lines->count; i++)
        if (reader->lines->notes[i].option == wanted)
            return reader->lines->notes[i].line;
    return block->line;
}

__attribute__((format(printf, 5, 6))) static bool
refuse(const struct reader *reader, cfg_t *block, const char *option, const char *of,
       const char *format, ...)
{
    va_list arguments;
    int used = snprintf(reader->error, CONFIG_ERROR_CHARS,
                        "%s:%d: %s \"%.40s\": ", reader->path,
                        line_of(reader, block, option), of, cfg_title(block));
    va_start(arguments, format);
    if (used > 0 && used < CONFIG_ERROR_CHARS)
        vsnprintf(reader->error + used, CONFIG_ERROR_CHARS - (size_t)used, format,
                  arguments);
    va_end(arguments);
    return false;
}

static const char *keep(const struct reader *reader, const char *text)
{
    return arena_text(reader->arena, text_of(text));
}

/* --- names -------------------------------------------------------------------- */

static bool name_is_valid(const char *name, const char *letters)
{
    size_t length = strlen(name);
    return length > 0 && length <= VIEWPORT_NAME_MAX && name[0] >= 'a' &&
           name[0] <= 'z' && strspn(name, letters) == length;
}

/* What --once and the command line know already. */
static bool name_is_taken(const char *name)
{
    static const char *const taken[] = {
        "executive", "exec",    "portfolio", "reconcile", "recon",  "fleet", "entity",
        "alerts",    "command", "log",       "sys",       "anchor", "help",  "viewport",
        "ex",        "pf",      "rc",        "fl",        "en",     "al",    "cm",
        "lg",        "sy",      "an",        "hp",        "vp"};
    for (size_t i = 0; i < COUNT(taken); i++)
        if (strcmp(taken[i], name) == 0)
            return true;
    return false;
}

static int column_index(const struct viewport *viewport, const char *name)
{
    for (int i = 0; i < viewport->column_count; i++)
        if (strcmp(viewport->columns[i].name, name) == 0)
            return i;
    return -1;
}

static int key_index(const struct viewport *viewport, const char *name)
{
    for (int i = 0; i < viewport->key_count; i++)
        if (strcmp(viewport->keys[i].name, name) == 0)
            return i;
    return -1;
}

/* --- the parts of a block ----------------------------------------------------- */

static bool read_formula(const struct reader *reader, cfg_t *block,
                         struct viewport *viewport, struct viewport_column *column)
{
    const char *names[VIEWPORT_COLUMNS], *text = cfg_getstr(block, "formula");
    const char *currency = cfg_getstr(block, "currency");
    char why[WHY_CHARS];
    uint32_t where;
    struct formula_scope scope = {.view = viewport->view,
                                  .columns = names,
                                  .aggregate_count = &viewport->aggregate_count};
    for (uint8_t i = 0; i < viewport->column_count; i++)
        if (viewport->columns[i].format != VIEWPORT_CELL)
            names[scope.column_count++] = viewport->columns[i].name;
        else
            names[scope.column_count++] = ""; /* text: nothing to calculate with */
    if (strcmp(currency, "reporting") != 0 && strcmp(currency, "own") != 0)
        return refuse(reader, block, "currency", "column",
                      "currency = \"%.20s\": write \"own\" or \"reporting\"", currency);
    column->is_reporting = strcmp(currency, "reporting") == 0;
    column->text = keep(reader, text);
    if (formula_parse(text, &scope, &column->formula, &where, why, sizeof why))
        return true;
    return refuse(reader, block, "formula", "column", "formula = \"%.100s\", at %u: %s",
                  text, where + 1, why);
}

static bool read_format(const struct reader *reader, cfg_t *block,
                        struct viewport_column *column)
{
    static const char *const names[] = {"auto", "money", "percent", "ratio", "number"};
    const char *format = cfg_getstr(block, "format");
    for (int i = 0; i < (int)COUNT(names); i++)
        if (strcmp(format, names[i]) == 0) {
            column->format = (enum viewport_format)i;
            return true;
        }
    return refuse(reader, block, "format", "column",
                  "format = \"%.20s\": there are auto money percent ratio number",
                  format);
}

static bool read_column(const struct reader *reader, cfg_t *block,
                        struct viewport *viewport)
{
    struct viewport_column *column = &viewport->columns[viewport->column_count];
    const char *name = cfg_title(block), *title = cfg_getstr(block, "title");
    const char *formula = cfg_getstr(block, "formula"),
               *text = cfg_getstr(block, "text");
    char known[256];
    if (viewport->column_count == VIEWPORT_COLUMNS)
        return refuse(reader, block, "formula", "column", "more than %d columns",
                      VIEWPORT_COLUMNS);
    if (!name_is_valid(name, "abcdefghijklmnopqrstuvwxyz0123456789_") ||
        column_index(viewport, name) >= 0 || key_index(viewport, name) >= 0)
        return refuse(reader, block, "formula", "column",
                      "a column needs a name of its own: a-z, 0-9 and _, at most %d",
                      VIEWPORT_NAME_MAX);
    column->name = keep(reader, name);
    column->title = title ? keep(reader, title) : column->name;
    column->field = FIELD_NONE;
    if (!formula == !text)
        return refuse(
            reader, block, "formula", "column",
            "it needs formula = \"sum(...)\", or text = a column of the rows");
    if (formula) {
        if (!read_format(reader, block, column) ||
            !read_formula(reader, block, viewport, column))
            return false;
    } else {
        column->format = VIEWPORT_CELL;
        column->field = viewport_field(viewport->view, text_of(text));
        column->text = keep(reader, text);
        if (column->field >= FIELD_DIRECTION) {
            viewport_list_fields(viewport->view, false, known, sizeof known);
            return refuse(reader, block, "text", "column",
                          "%s has no column \"%.30s\"; there are: %s",
                          view_table(viewport->view)->name, text, known);
        }
    }
    viewport->column_count++;
    return true;
}

static bool read_threshold(const struct reader *reader, cfg_t *block,
                           struct viewport *viewport)
{
    static const char *const limits[] = {"above", "below", "at-least", "at-most"};
    static const char *const severities[] = {"info", "warning", "critical"};
    struct viewport_threshold *threshold =
        &viewport->thresholds[viewport->threshold_count];
    const char *column = cfg_getstr(block, "column");
    const char *severity = cfg_getstr(block, "severity");
    bool any = false;
    if (viewport->threshold_count++ == VIEWPORT_THRESHOLDS)
        return refuse(reader, block, "severity", "threshold", "more than %d thresholds",
                      VIEWPORT_THRESHOLDS);
    column = column ? column : cfg_title(block);
    int index = column_index(viewport, column);
    if (index < 0 || viewport->columns[index].format == VIEWPORT_CELL)
        return refuse(reader, block, "column", "threshold",
                      "no column with a formula is called \"%.32s\"", column);
    threshold->name = keep(reader, cfg_title(block));
    threshold->column = (uint8_t)index;
    threshold->severity = COUNT(severities);
    for (uint8_t i = 0; i < COUNT(severities); i++)
        if (strcmp(severities[i], severity) == 0)
            threshold->severity = i;
    if (threshold->severity == COUNT(severities))
        return refuse(reader, block, "severity", "threshold",
                      "severity = \"%.20s\": there are info warning critical",
                      severity);
    for (int i = 0; i < 4; i++) {
        const char *text = cfg_getstr(block, limits[i]);
        struct decimal limit;
        if (!text)
            continue;
        if (decimal_parse(text_of(text), &limit))
            return refuse(reader, block, limits[i], "threshold",
                          "%s = \"%.30s\": write digits, and a point where needed: "
                          "\"0.10\"",
                          limits[i], text);
        threshold->has[i] = any = true;
        threshold->limit[i] = rational_of(limit);
    }
    return any || refuse(reader, block, "severity", "threshold",
                         "it needs above, below, at-least or at-most");
}

static bool read_keys(const struct reader *reader, cfg_t *block,
                      struct viewport *viewport)
{
    char why[WHY_CHARS];
    for (unsigned i = 0; i < cfg_size(block, "group-by"); i++) {
        const char *text = cfg_getnstr(block, "group-by", i);
        if (viewport->key_count == VIEWPORT_KEYS)
            return refuse(reader, block, "group-by", "viewport",
                          "more than %d columns in group-by", VIEWPORT_KEYS);
        struct viewport_key *key = &viewport->keys[viewport->key_count];
        if (!viewport_key_parse(reader->arena, text, viewport->view, key, why,
                                sizeof why))
            return refuse(reader, block, "group-by", "viewport",
                          "group-by \"%.40s\": %s", text, why);
        if (key_index(viewport, key->name) >= 0)
            return refuse(reader, block, "group-by", "viewport",
                          "group-by names \"%.40s\" twice", key->name);
        viewport->key_count++;
    }
    return viewport->key_count ||
           refuse(reader, block, "group-by", "viewport",
                  "it needs group-by = {\"entity\"} or what else makes a line");
}

static bool read_sort(const struct reader *reader, cfg_t *block,
                      struct viewport *viewport)
{
    const char *sort = cfg_getstr(block, "sort");
    char name[VIEWPORT_NAME_MAX + 1] = "";
    if (!sort)
        return true;
    size_t length = strcspn(sort, " ");
    const char *order = sort + length;
    if (length < sizeof name)
        memcpy(name, sort, length);
    int key = key_index(viewport, name), column = column_index(viewport, name);
    viewport->descending = strcmp(order, " desc") == 0;
    if ((key < 0 && column < 0) || (*order && !viewport->descending))
        return refuse(reader, block, "sort", "viewport",
                      "sort = \"%.40s\": write a column or a name of group-by, and "
                      "\" desc\" for the greatest first",
                      sort);
    viewport->sort = (uint8_t)(key >= 0 ? key + 1 : viewport->key_count + column + 1);
    return true;
}

static bool read_terms(const struct reader *reader, cfg_t *block,
                       struct viewport *viewport)
{
    const char *filter = cfg_getstr(block, "filter"),
               *where = cfg_getstr(block, "where");
    char why[WHY_CHARS];
    if (!viewport_terms_parse(reader->arena, filter, true, viewport->view,
                              viewport->filter, &viewport->filter_count, why,
                              sizeof why))
        return refuse(reader, block, "filter", "viewport", "filter: %s", why);
    if (!viewport_terms_parse(reader->arena, where, false, viewport->view,
                              viewport->where, &viewport->where_count, why, sizeof why))
        return refuse(reader, block, "where", "viewport", "where: %s", why);
    return true;
}

static bool read_policy(const struct reader *reader, cfg_t *block,
                        struct viewport *viewport)
{
    const char *partial = cfg_getstr(block, "partial"),
               *period = cfg_getstr(block, "period");
    viewport->partial = -1;
    if (partial && strcmp(partial, "warn") != 0 && strcmp(partial, "strict") != 0)
        return refuse(reader, block, "partial", "viewport",
                      "partial = \"%.20s\": write \"warn\" or \"strict\"", partial);
    if (partial)
        viewport->partial = *partial == 's' ? PARTIAL_STRICT : PARTIAL_WARN;
    if (period && (!config_period_is_valid(period) ||
                   (viewport->view != VIEW_POS && viewport->view != VIEW_METRIC)))
        return refuse(
            reader, block, "period", "viewport",
            "period = \"%.30s\": a period such as \"2025\", for pos and metric",
            period);
    viewport->period = period ? keep(reader, period) : NULL;
    return true;
}

/* --- the definition, in words that do not depend on how it was written -------- */

static void add_setting(struct arena *arena, const char **text, cfg_t *block,
                        const char *indent, const char *name)
{
    for (unsigned i = 0; i < cfg_size(block, name); i++) {
        const char *value = cfg_getnstr(block, name, i);
        if (value)
            *text = arena_print(arena, "%s%s%s = %s\n", *text, indent, name, value);
    }
}

static const char *canonical(const struct reader *reader, cfg_t *block)
{
    static const char *const settings[] = {"title", "filter",  "rows",     "period",
                                           "where", "partial", "group-by", "sort"};
    static const char *const column[] = {"title", "formula", "text", "currency",
                                         "format"};
    static const char *const threshold[] = {"column",   "above",   "below",
                                            "at-least", "at-most", "severity"};
    const char *text = arena_print(reader->arena, "viewport %s\n", cfg_title(block));
    for (size_t i = 0; i < COUNT(settings); i++)
        add_setting(reader->arena, &text, block, "", settings[i]);
    for (unsigned i = 0; i < cfg_size(block, "column"); i++) {
        cfg_t *at = cfg_getnsec(block, "column", i);
        text = arena_print(reader->arena, "%scolumn %s\n", text, cfg_title(at));
        for (size_t j = 0; j < COUNT(column); j++)
            add_setting(reader->arena, &text, at, "  ", column[j]);
    }
    for (unsigned i = 0; i < cfg_size(block, "threshold"); i++) {
        cfg_t *at = cfg_getnsec(block, "threshold", i);
        text = arena_print(reader->arena, "%sthreshold %s\n", text, cfg_title(at));
        for (size_t j = 0; j < COUNT(threshold); j++)
            add_setting(reader->arena, &text, at, "  ", threshold[j]);
    }
    return text;
}

/* --- a block ------------------------------------------------------------------ */

static bool read_viewport(const struct reader *reader, cfg_t *block,
                          struct viewport *viewport)
{
    const char *rows = cfg_getstr(block, "rows"), *title = cfg_getstr(block, "title");
    *viewport = (struct viewport){.file = keep(reader, reader->path),
                                  .line = line_of(reader, block, "rows"),
                                  .name = keep(reader, cfg_title(block))};
    viewport->title = *title ? keep(reader, title) : viewport->name;
    if (!name_is_valid(viewport->name, "abcdefghijklmnopqrstuvwxyz0123456789_-"))
        return refuse(
            reader, block, "rows", "viewport",
            "a name is a-z, 0-9, - and _, begins with a letter and has at most "
            "%d of them",
            VIEWPORT_NAME_MAX);
    if (name_is_taken(viewport->name))
        return refuse(reader, block, "rows", "viewport",
                      "the name belongs to a pane of the console: take another");
    if (!view_by_name(text_of(rows), &viewport->view) || viewport->view == VIEW_LINK)
        return refuse(reader, block, "rows", "viewport",
                      "rows = \"%.30s\": there are entity own pos metric item obl fx "
                      "note",
                      rows);
    if (!read_terms(reader, block, viewport) || !read_policy(reader, block, viewport) ||
        !read_keys(reader, block, viewport))
        return false;
    for (unsigned i = 0; i < cfg_size(block, "column"); i++)
        if (!read_column(reader, cfg_getnsec(block, "column", i), viewport))
            return false;
    if (viewport->column_count == 0)
        return refuse(
            reader, block, "rows", "viewport",
            "it needs a column: column \"amount\" { formula = \"sum(...)\" }");
    for (unsigned i = 0; i < cfg_size(block, "threshold"); i++)
        if (!read_threshold(reader, cfg_getnsec(block, "threshold", i), viewport))
            return false;
    viewport->text = canonical(reader, block);
    return read_sort(reader, block, viewport);
}

static cfg_t *grammar_new(void)
{
    enum { UNIQUE = CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES };
    static const char *const noted[] = {"viewport|title",
                                        "viewport|filter",
                                        "viewport|rows",
                                        "viewport|period",
                                        "viewport|where",
                                        "viewport|partial",
                                        "viewport|group-by",
                                        "viewport|sort",
                                        "viewport|column|title",
                                        "viewport|column|formula",
                                        "viewport|column|text",
                                        "viewport|column|currency",
                                        "viewport|column|format",
                                        "viewport|threshold|column",
                                        "viewport|threshold|above",
                                        "viewport|threshold|below",
                                        "viewport|threshold|at-least",
                                        "viewport|threshold|at-most",
                                        "viewport|threshold|severity"};
    cfg_opt_t column[] = {
        CFG_STR("title", NULL, CFGF_NONE),    CFG_STR("formula", NULL, CFGF_NONE),
        CFG_STR("text", NULL, CFGF_NONE),     CFG_STR("currency", "own", CFGF_NONE),
        CFG_STR("format", "auto", CFGF_NONE), CFG_END()};
    cfg_opt_t threshold[] = {CFG_STR("column", NULL, CFGF_NONE),
                             CFG_STR("above", NULL, CFGF_NONE),
                             CFG_STR("below", NULL, CFGF_NONE),
                             CFG_STR("at-least", NULL, CFGF_NONE),
                             CFG_STR("at-most", NULL, CFGF_NONE),
                             CFG_STR("severity", "warning", CFGF_NONE),
                             CFG_END()};
    cfg_opt_t viewport[] = {CFG_STR("title", "", CFGF_NONE),
                            CFG_STR("filter", "", CFGF_NONE),
                            CFG_STR("rows", "", CFGF_NONE),
                            CFG_STR("period", NULL, CFGF_NONE),
                            CFG_STR("where", "", CFGF_NONE),
                            CFG_STR("partial", NULL, CFGF_NONE),
                            CFG_STR_LIST("group-by", NULL, CFGF_NONE),
                            CFG_STR("sort", NULL, CFGF_NONE),
                            CFG_SEC("column", column, UNIQUE),
                            CFG_SEC("threshold", threshold, UNIQUE),
                            CFG_END()};
    cfg_opt_t file[] = {CFG_SEC("viewport", viewport, UNIQUE), CFG_END()};
    cfg_t *cfg = cfg_init(file, CFGF_NONE);
    for (size_t i = 0; cfg && i < COUNT(noted); i++)
        cfg_set_validate_func(cfg, noted[i], note_line);
    return cfg;
}

/* --- files -------------------------------------------------------------------- */

static const struct viewport *find(const struct viewports *viewports, const char *name)
{
    for (uint32_t i = 0; i < viewports->count; i++)
        if (strcmp(viewports->items[i].name, name) == 0)
            return &viewports->items[i];
    return NULL;
}

const struct viewport *viewport_find(const struct config *config, const char *name)
{
    return config->viewports ? find(config->viewports, name) : NULL;
}

static bool add(struct viewports *viewports, const struct reader *reader, cfg_t *block)
{
    const struct viewport *other = find(viewports, cfg_title(block));
    if (other)
        return refuse(reader, block, "rows", "viewport", "%s:%d has one of that name",
                      other->file, other->line);
    if (viewports->count == VIEWPORT_MOST)
        return refuse(reader, block, "rows", "viewport", "more than %d viewports",
                      VIEWPORT_MOST);
    if (viewports->count == viewports->capacity) {
        uint32_t capacity = viewports->capacity ? viewports->capacity * 2 : 4;
        struct viewport *items =
            realloc(viewports->items, capacity * sizeof *viewports->items);
        if (!items)
            return refuse(reader, block, "rows", "viewport", "out of memory");
        viewports->items = items;
        viewports->capacity = capacity;
    }
    if (!read_viewport(reader, block, &viewports->items[viewports->count]))
        return false;
    viewports->count++;
    return !viewports->arena.failed ||
           refuse(reader, block, "rows", "viewport", "out of memory");
}

bool viewports_parse(struct viewports *viewports, const char *text, const char *path,
                     char error[CONFIG_ERROR_CHARS])
{
    char *copy = strdup(text);
    struct line_notes *lines = calloc(1, sizeof *lines);
    cfg_t *cfg = copy && lines ? grammar_new() : NULL;
    uint32_t before = viewports->count;
    bool good = false;
    error[0] = '\0';
    if (cfg) {
        struct reader reader = {&viewports->arena, lines, path, error};
        noting = lines;
        good = config_text_parse(cfg, copy, path, error);
        noting = NULL;
        for (unsigned i = 0; good && i < cfg_size(cfg, "viewport"); i++)
            good = add(viewports, &reader, cfg_getnsec(cfg, "viewport", i));
        cfg_free(cfg);
    } else {
        snprintf(error, CONFIG_ERROR_CHARS, "%s: out of memory", path);
    }
    if (!good)
        viewports->count = before;
    free(lines);
    free(copy);
    return good;
}

static bool read_file(struct viewports *viewports, const char *path, char *error)
{
    FILE *file = fopen(path, "re");
    char *text = malloc(FILE_BYTES_MAX + 1);
    bool good = false;
    if (!file || !text) {
        snprintf(error, CONFIG_ERROR_CHARS, "%s: %s", path, strerror(errno));
    } else {
        size_t length = fread(text, 1, FILE_BYTES_MAX + 1, file);
        if (length > FILE_BYTES_MAX || memchr(text, '\0', length)) {
            snprintf(error, CONFIG_ERROR_CHARS, "%s: this is no viewport file", path);
        } else {
            text[length] = '\0';
            good = viewports_parse(viewports, text, path, error);
        }
    }
    if (file)
        fclose(file);
    free(text);
    return good;
}

static int is_conf(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return length > 5 && entry->d_name[0] != '.' &&
           strcmp(entry->d_name + length - 5, ".conf") == 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

bool viewports_read(struct viewports *viewports, const char *path,
                    char error[CONFIG_ERROR_CHARS])
{
    struct stat status;
    struct dirent **entries;
    char file[4096];
    bool good = true;
    if (stat(path, &status) < 0) {
        snprintf(error, CONFIG_ERROR_CHARS, "%s: %s", path, strerror(errno));
        return false;
    }
    if (!S_ISDIR(status.st_mode))
        return read_file(viewports, path, error);
    int count = scandir(path, &entries, is_conf, by_name);
    if (count < 0) {
        snprintf(error, CONFIG_ERROR_CHARS, "%s: %s", path, strerror(errno));
        return false;
    }
    for (int i = 0; i < count; i++) {
        int length = snprintf(file, sizeof file, "%s/%s", path, entries[i]->d_name);
        if (length < 0 || (size_t)length >= sizeof file) {
            snprintf(error, CONFIG_ERROR_CHARS, "%s: the name is too long", path);
            good = false;
        }
        good = good && read_file(viewports, file, error);
        free(entries[i]);
    }
    free(entries);
    return good;
}

void viewports_free(struct viewports *viewports)
{
    if (!viewports)
        return;
    arena_release(&viewports->arena);
    free(viewports->items);
    free(viewports);
}
