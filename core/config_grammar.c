#include "core/config_grammar.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Added as the last line of what libconfuse parses: it takes a block that the file
 * never closes for a finished one, but then it meets the mark inside that block. */
#define END_MARK "end-of-configuration"

/* --- errors -------------------------------------------------------------------------
 */

struct capture {
    const char *path;
    int last_line; /* of the file itself; beyond it stands END_MARK */
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
    if (cfg->line > capture->last_line) {
        append(capture->error,
               "%s:%d: the file ends inside a block, a list, a string or a value: "
               "close what is open",
               capture->path, capture->last_line);
        return;
    }
    append(capture->error, "%s:%d: ", capture->path, cfg->line);
    size_t used = strlen(capture->error);
    vsnprintf(capture->error + used, CONFIG_ERROR_CHARS - used, format, arguments);
    if (strncmp(format, "no such option", strlen("no such option")) != 0)
        return;
    if (cfg_title(cfg))
        append(capture->error, " in %s \"%s\"", cfg_name(cfg), cfg_title(cfg));
    append(capture->error, "; what can stand here:");
    for (const cfg_opt_t *option = cfg->opts; option->name; option++)
        if (strcmp(option->name, END_MARK) != 0)
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
                        CFG_STR("operator", NULL, CFGF_NONE),
                        CFG_STR("title", "fleet", CFGF_NONE),
                        CFG_SEC("totebox", totebox, UNIQUE),
                        CFG_SEC("portfolio", portfolio, UNIQUE),
                        CFG_SEC("freshness", freshness, UNIQUE),
                        CFG_SEC("tolerance", tolerance, UNIQUE),
                        CFG_SEC("threshold", threshold, UNIQUE),
                        CFG_SEC("check", check, UNIQUE),
                        CFG_SEC("limits", limits, CFGF_NONE),
                        CFG_BOOL(END_MARK, cfg_false, CFGF_NONE),
                        CFG_END()};
    return cfg_init(file, CFGF_NONE);
}

/* libconfuse counts the line of a comment twice, so comments become spaces before it
 * sees them.  False for one that is opened and never closed; *line is then where it
 * begins. */
static bool blank_comments(char *text, int *line)
{
    char quote = '\0';
    bool between_words = true;

    *line = 1;
    for (char *at = text; *at; at++) {
        *line += *at == '\n';
        if (quote) {
            if (*at == '\\' && at[1] && at[1] != '\n')
                at++;
            else if (*at == quote)
                quote = '\0';
        } else if (*at == '"' || *at == '\'') {
            quote = *at;
        } else if (*at == '#' || (between_words && at[0] == '/' && at[1] == '/')) {
            while (at[1] && at[1] != '\n')
                *at++ = ' ';
            *at = ' ';
        } else if (between_words && at[0] == '/' && at[1] == '*') {
            char *end = strstr(at + 2, "*/");
            if (!end)
                return false;
            for (; at < end + 2; at++) {
                *line += *at == '\n';
                *at = *at == '\n' ? '\n' : ' ';
            }
            at--;
        }
        between_words = strchr(" \t\n={}(),+", *at) != NULL;
    }
    return true;
}

/* The text without comments and with END_MARK; NULL when memory is short. */
static char *prepare(const char *text, struct capture *capture)
{
    static const char mark[] = "\n" END_MARK " = true\n";
    size_t length = strlen(text);
    char *prepared = malloc(length + sizeof(mark));
    int line;

    if (!prepared) {
        append(capture->error, "%s: out of memory", capture->path);
        return NULL;
    }
    memcpy(prepared, text, length + 1);
    if (!blank_comments(prepared, &line)) {
        append(capture->error, "%s:%d: a comment begins with /* and is never closed",
               capture->path, line);
        free(prepared);
        return NULL;
    }
    capture->last_line = line;
    memcpy(prepared + length, mark, sizeof(mark));
    return prepared;
}

cfg_t *config_grammar_parse(const char *text, const char *path,
                            char error[CONFIG_ERROR_CHARS])
{
    struct capture capture = {.path = path, .error = error};

    error[0] = '\0';
    char *prepared = prepare(text, &capture);
    cfg_t *cfg = prepared ? grammar_new() : NULL;
    if (!cfg) {
        if (prepared)
            append(error, "%s: out of memory", path);
        free(prepared);
        return NULL;
    }
    config_checks_install(cfg);
    cfg_set_error_function(cfg, capture_error);
    capturing = &capture;
    bool good =
        cfg_parse_buf(cfg, prepared) == CFG_SUCCESS && cfg_getbool(cfg, END_MARK);
    capturing = NULL;
    free(prepared);
    if (good)
        return cfg;
    if (error[0] == '\0')
        append(error, "%s: libconfuse refuses it and does not say why", path);
    cfg_free(cfg);
    return NULL;
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
