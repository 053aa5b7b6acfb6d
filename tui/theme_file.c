/* A theme from a file: which role looks how, on top of a theme that is built in.
 *
 *     base     = "light"
 *     warning  = "130/magenta bold"
 *     selected = "16/white on 153/blue"
 */
#include <confuse.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/conf_text.h"
#include "tui/theme.h"

enum { FILE_BYTES = 16384 };

static const struct {
    const char *name;
    enum style style;
} roles[] = {
    {"text", STYLE_TEXT},
    {"title", STYLE_TITLE},
    {"accent", STYLE_ACCENT},
    {"dim", STYLE_DIM},
    {"aging", STYLE_AGING},
    {"stale", STYLE_STALE},
    {"down", STYLE_DOWN},
    {"refused", STYLE_REFUSED},
    {"negative", STYLE_NEGATIVE},
    {"critical", STYLE_CRITICAL},
    {"warning", STYLE_WARNING},
    {"changed", STYLE_CHANGED},
    {"key", STYLE_KEY},
    {"strip", STYLE_STRIP},
    {"strip-active", STYLE_STRIP_ACTIVE},
    {"alarm", STYLE_ALARM},
};
enum { ROLES = sizeof roles / sizeof roles[0] };

struct reading {
    const char *path;
    char *why;
    size_t size;
    bool is_said;
};
static struct reading *reading; /* libconfuse hands its errors no pointer of ours */

static void say(int line, const char *what, const char *value)
{
    if (reading->is_said)
        return;
    reading->is_said = true;
    (void)snprintf(reading->why, reading->size, "%s:%d: %s%s%s", reading->path, line,
                   what, *value ? ": " : "", value);
}

static void on_error(cfg_t *cfg, const char *format, va_list arguments)
{
    char what[256];
    (void)vsnprintf(what, sizeof what, format, arguments);
    say(cfg ? cfg->line : 0, what, "");
}

/* --- one role -----------------------------------------------------------------------
 */

static bool parse_name(const char *word, int16_t *plain)
{
    static const char *const names[] = {"black", "red",     "green", "yellow",
                                        "blue",  "magenta", "cyan",  "white"};
    for (int16_t i = 0; i < 8; i++)
        if (strcmp(word, names[i]) == 0) {
            *plain = i;
            return true;
        }
    return false;
}

/* What a terminal of eight colours shows of one of 256 when the file names only that.
 */
static int16_t nearest_plain(int16_t rich)
{
    if (rich < 16)
        return rich % 8;
    if (rich >= 232)
        return rich < 244 ? 0 : 7;
    int r = (rich - 16) / 36, g = (rich - 16) / 6 % 6, b = (rich - 16) % 6;
    return (int16_t)((r > 2) | (g > 2) << 1 | (b > 2) << 2);
}

/* "178", "yellow", "178/yellow", "default". */
static bool parse_colour(char *word, int16_t *rich, int16_t *plain)
{
    if (strcmp(word, "default") == 0) {
        *rich = *plain = THEME_OWN;
        return true;
    }
    char *slash = strchr(word, '/');
    if (slash)
        *slash = '\0';
    int16_t name;
    if (parse_name(word, &name)) {
        *rich = *plain = name;
        return slash == NULL;
    }
    char *rest;
    long number = strtol(word, &rest, 10);
    if (rest == word || *rest != '\0' || number < 0 || number > 255)
        return false;
    *rich = (int16_t)number;
    *plain = nearest_plain(*rich);
    return slash == NULL || parse_name(slash + 1, plain);
}

/* The words of a role; `background` is NULL where none may be given. */
static bool parse_role(const char *text, struct role *role, int16_t background[2])
{
    char copy[128], *state = NULL;
    size_t length = strlen(text);
    if (length >= sizeof copy)
        return false;
    memcpy(copy, text, length + 1);
    *role = (struct role){THEME_OWN, THEME_OWN, false, false, false};
    bool is_first = true;
    for (char *word = strtok_r(copy, " \t", &state); word;
         word = strtok_r(NULL, " \t", &state), is_first = false) {
        if (strcmp(word, "bold") == 0) {
            role->is_bold = true;
        } else if (strcmp(word, "dim") == 0) {
            role->is_dim = true;
        } else if (strcmp(word, "reverse") == 0) {
            role->is_reverse = true;
        } else if (strcmp(word, "on") == 0 && background) {
            word = strtok_r(NULL, " \t", &state);
            if (!word || !parse_colour(word, &background[0], &background[1]))
                return false;
        } else if (!is_first || !parse_colour(word, &role->rich, &role->plain)) {
            return false;
        }
    }
    return true;
}

static int on_role(cfg_t *cfg, cfg_opt_t *option)
{
    struct role role;
    const char *text = cfg_opt_getnstr(option, cfg_opt_size(option) - 1);
    int16_t background[2];
    bool is_selection = strcmp(option->name, "selected") == 0;
    if (text && parse_role(text, &role, is_selection ? background : NULL))
        return 0;
    say(cfg->line,
        "a role is a colour (0..255, a name such as yellow, both as 178/yellow, or "
        "default) and any of bold, dim, reverse; only selected has \"on COLOUR\"",
        text ? text : "");
    return -1;
}

static int on_base(cfg_t *cfg, cfg_opt_t *option)
{
    const char *name = cfg_opt_getnstr(option, cfg_opt_size(option) - 1);
    if (name && theme_named(name))
        return 0;
    say(cfg->line, "base is one of dark, light, mono, contrast", name ? name : "");
    return -1;
}

/* --- the file -----------------------------------------------------------------------
 */

static bool load(char *text, struct theme *theme)
{
    cfg_opt_t options[ROLES + 3];
    for (size_t i = 0; i < ROLES; i++)
        options[i] = (cfg_opt_t)CFG_STR(roles[i].name, NULL, CFGF_NONE);
    options[ROLES] = (cfg_opt_t)CFG_STR("selected", NULL, CFGF_NONE);
    options[ROLES + 1] = (cfg_opt_t)CFG_STR("base", "dark", CFGF_NONE);
    options[ROLES + 2] = (cfg_opt_t)CFG_END();
    const char *defect;
    int line;
    if (!conf_text_prepare(text, &defect, &line)) {
        say(line, defect, "");
        return false;
    }
    cfg_t *cfg = cfg_init(options, CFGF_NONE);
    if (!cfg) {
        say(0, "out of memory", "");
        return false;
    }
    cfg_set_error_function(cfg, on_error);
    for (size_t i = 0; i <= ROLES; i++)
        cfg_set_validate_func(cfg, options[i].name, on_role);
    cfg_set_validate_func(cfg, "base", on_base);
    bool is_read = cfg_parse_buf(cfg, text) == CFG_SUCCESS;
    if (is_read) {
        *theme = *theme_named(cfg_getstr(cfg, "base"));
        for (size_t i = 0; i < ROLES; i++) {
            const char *words = cfg_getstr(cfg, roles[i].name);
            if (words) /* was parsed before, by on_role */
                is_read &= parse_role(words, &theme->role[roles[i].style], NULL);
        }
        struct role selected;
        int16_t on[2] = {theme->selected_rich[1], theme->selected_plain[1]};
        const char *words = cfg_getstr(cfg, "selected");
        if (words && parse_role(words, &selected, on)) {
            theme->selected_rich[0] = selected.rich;
            theme->selected_plain[0] = selected.plain;
            theme->selected_rich[1] = on[0];
            theme->selected_plain[1] = on[1];
        }
    } else {
        say(cfg->line, "cannot be read", "");
    }
    cfg_free(cfg);
    return is_read;
}

bool theme_read(const char *path, struct theme *theme, char *why, size_t size)
{
    struct reading now = {.path = path, .why = why, .size = size};
    reading = &now;
    char *text = malloc(FILE_BYTES);
    FILE *file = text ? fopen(path, "re") : NULL;
    bool is_read = false;
    if (!file) {
        (void)snprintf(why, size, "%s: %s", path, strerror(text ? errno : ENOMEM));
    } else {
        size_t length = fread(text, 1, FILE_BYTES - 1, file);
        text[length] = '\0';
        if (ferror(file) || !feof(file) || strlen(text) != length)
            say(0, "is no text of less than 16 KiB", "");
        else
            is_read = load(text, theme);
    }
    if (file)
        fclose(file);
    free(text);
    const char *base = strrchr(path, '/');
    if (is_read)
        (void)snprintf(theme->name, sizeof theme->name, "%.*s",
                       (int)sizeof theme->name - 1, base ? base + 1 : path);
    reading = NULL;
    return is_read;
}
