#include "core/config_grammar.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/conf_text.h"

/* --- errors -------------------------------------------------------------------------
 */

struct capture {
    const char *path;
    char *error;
};
/* libconfuse hands its error function no pointer of ours; its scanner is one for the
 * whole process anyway, so one parse at a time is all there can be. */
static _Thread_local struct capture *capturing;

static void append(char *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void append(char *error, const char *format, ...)
{
    size_t used = strlen(error);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(error + used, CONFIG_ERROR_CHARS - used, format, arguments);
    va_end(arguments);
}

__attribute__((format(printf, 2, 0))) static void
capture_error(cfg_t *cfg, const char *format, va_list arguments)
{
    struct capture *capture = capturing;

    if (!capture || capture->error[0] != '\0')
        return; /* the first is the cause, what follows are consequences */
    append(capture->error, "%s:%d: ", capture->path, cfg->line);
    size_t used = strlen(capture->error);
    vsnprintf(capture->error + used, CONFIG_ERROR_CHARS - used, format, arguments);
    if (strncmp(format, "no such option", strlen("no such option")) != 0)
        return;
    if (cfg_title(cfg))
        append(capture->error, " in %s \"%s\"", cfg_name(cfg), cfg_title(cfg));
    append(capture->error, "; what can stand here:");
    for (const cfg_opt_t *option = cfg->opts; option->name; option++)
        append(capture->error, " %s", option->name);
}

/* --- the grammar ---------------------------------------------------------------------
 */

static cfg_t *grammar_new(void)
{
    enum { UNIQUE = CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES };
    cfg_opt_t totebox[] = {CFG_STR("address", NULL, CFGF_NONE),
                           CFG_STR("key", NULL, CFGF_NONE),
                           CFG_STR("next-key", NULL, CFGF_NONE),
                           CFG_STR("name", NULL, CFGF_NONE),
                           CFG_STR("token", NULL, CFGF_NONE),
                           CFG_STR("group", "", CFGF_NONE),
                           CFG_STR("path", "", CFGF_NONE),
                           CFG_INT("weight", 1, CFGF_NONE),
                           CFG_BOOL("required", cfg_true, CFGF_NONE),
                           CFG_BOOL("structure", cfg_false, CFGF_NONE),
                           CFG_BOOL("hub", cfg_false, CFGF_NONE),
                           CFG_STR_LIST("entities", NULL, CFGF_NONE),
                           CFG_END()};
    cfg_opt_t portfolio[] = {CFG_STR("root", NULL, CFGF_NONE),
                             CFG_STR("currency", "USD", CFGF_NONE),
                             CFG_STR("period", NULL, CFGF_NONE),
                             CFG_STR("basis", "aggregate", CFGF_NONE),
                             CFG_STR("fx", NULL, CFGF_NONE),
                             CFG_STR("partial", "warn", CFGF_NONE),
                             CFG_STR("view-date", NULL, CFGF_NONE),
                             CFG_STR("hold", "1h", CFGF_NONE),
                             CFG_END()};
    cfg_opt_t freshness[] = {CFG_STR("aging", NULL, CFGF_NONE),
                             CFG_STR("stale", NULL, CFGF_NONE),
                             CFG_STR("hard", NULL, CFGF_NONE), CFG_END()};
    cfg_opt_t tolerance[] = {CFG_STR("abs", NULL, CFGF_NONE),
                             CFG_STR("pct", NULL, CFGF_NONE),
                             CFG_INT("cutoff-days", -1, CFGF_NONE), CFG_END()};
    cfg_opt_t threshold[] = {CFG_STR("abs", NULL, CFGF_NONE),
                             CFG_STR("pct", NULL, CFGF_NONE), CFG_END()};
    cfg_opt_t check[] = {
        CFG_STR("kind", "CT", CFGF_NONE),   CFG_STR("title", "", CFGF_NONE),
        CFG_STR("period", NULL, CFGF_NONE), CFG_STR_LIST("a", NULL, CFGF_NONE),
        CFG_STR_LIST("b", NULL, CFGF_NONE), CFG_END()};
    cfg_opt_t limits[] = {CFG_INT("handshakes-in-flight", 128, CFGF_NONE),
                          CFG_INT("dials-per-second", 1000, CFGF_NONE),
                          CFG_STR("backoff-base", "250ms", CFGF_NONE),
                          CFG_STR("backoff-cap", "15s", CFGF_NONE),
                          CFG_STR("window", "1h", CFGF_NONE),
                          CFG_END()};
    cfg_opt_t file[] = {CFG_STR("device", NULL, CFGF_NONE),
                        CFG_STR("theme", "dark", CFGF_NONE),
                        CFG_STR("glyphs", "auto", CFGF_NONE),
                        CFG_STR("operator", NULL, CFGF_NONE),
                        CFG_STR("title", "fleet", CFGF_NONE),
                        CFG_STR_LIST("viewports", NULL, CFGF_NONE),
                        CFG_SEC("totebox", totebox, UNIQUE),
                        CFG_SEC("portfolio", portfolio, UNIQUE),
                        CFG_SEC("freshness", freshness, UNIQUE),
                        CFG_SEC("tolerance", tolerance, UNIQUE),
                        CFG_SEC("threshold", threshold, UNIQUE),
                        CFG_SEC("check", check, UNIQUE),
                        CFG_SEC("limits", limits, CFGF_NONE),
                        CFG_END()};
    return cfg_init(file, CFGF_NONE);
}

bool config_text_parse(cfg_t *cfg, char *text, const char *path,
                       char error[CONFIG_ERROR_CHARS])
{
    struct capture capture = {.path = path, .error = error};
    const char *defect;
    int line;

    if (!conf_text_prepare(text, &defect, &line)) {
        append(error, "%s:%d: %s", path, line, defect);
        return false;
    }
    cfg_set_error_function(cfg, capture_error);
    capturing = &capture;
    int result = cfg_parse_buf(cfg, text);
    capturing = NULL;
    if (result != CFG_SUCCESS && error[0] == '\0')
        append(error, "%s: libconfuse refuses it and does not say why", path);
    return result == CFG_SUCCESS;
}

cfg_t *config_grammar_parse(const char *text, const char *path,
                            char error[CONFIG_ERROR_CHARS])
{
    char *copy = strdup(text);
    cfg_t *cfg = copy ? grammar_new() : NULL;
    bool good = false;

    error[0] = '\0';
    if (cfg)
        config_checks_install(cfg);
    if (cfg)
        good = config_text_parse(cfg, copy, path, error);
    else
        append(error, "%s: out of memory", path);
    free(copy);
    if (cfg && !good)
        cfg_free(cfg);
    return good ? cfg : NULL;
}

void config_grammar_refuse(cfg_t *block, const char *path,
                           char error[CONFIG_ERROR_CHARS], const char *format, ...)
{
    va_list arguments;
    int length = snprintf(error, CONFIG_ERROR_CHARS, "%s:%d: %s \"%s\": ", path,
                          block->line, cfg_name(block), cfg_title(block));

    if (length < 0 || length >= CONFIG_ERROR_CHARS)
        return;
    va_start(arguments, format);
    vsnprintf(error + length, CONFIG_ERROR_CHARS - (size_t)length, format, arguments);
    va_end(arguments);
}
