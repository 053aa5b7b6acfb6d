/* config_lookup.c - which limits apply to a row, and where the file is. */
#include "core/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* How well `kind` ("pos:cash") names a row of `view` and `line` ("cash.restricted"):
 * the length of the match, 0 for none.  The part after the colon is whole dotted words.
 */
static size_t kind_matches(const char *kind, const char *view, const char *line)
{
    size_t view_length = strlen(view);

    if (strncmp(kind, view, view_length) != 0)
        return 0;
    const char *rest = kind + view_length;
    if (*rest == '\0')
        return view_length;
    if (*rest++ != ':')
        return 0;
    size_t rest_length = strlen(rest);
    if (strncmp(rest, line, rest_length) != 0 ||
        (line[rest_length] != '\0' && line[rest_length] != '.'))
        return 0;
    return strlen(kind);
}

const struct config_freshness *config_freshness(const struct config *config,
                                                const char *view, const char *line)
{
    const struct config_freshness *best = NULL;
    size_t best_length = 0;

    for (uint32_t i = 0; i < config->freshness_count; i++) {
        const struct config_freshness *entry = &config->freshness[i];
        size_t length = kind_matches(entry->kind, view, line);
        if (length > best_length) {
            best = entry;
            best_length = length;
        }
    }
    /* Views without limits of their own age like the ledger rows that they come from;
     * "pos" is always there, so this goes one step deep. */
    return best ? best : config_freshness(config, "pos", "");
}

const struct config_tolerance *config_tolerance(const struct config *config,
                                                const char *currency)
{
    const struct config_tolerance *fallback = NULL;

    for (uint32_t i = 0; i < config->tolerance_count; i++) {
        const struct config_tolerance *entry = &config->tolerances[i];
        if (strcmp(entry->currency, currency) == 0)
            return entry;
        if (strcmp(entry->currency, "default") == 0)
            fallback = entry;
    }
    return fallback;
}

static bool exists(int length, const char *path, size_t size)
{
    return length > 0 && (size_t)length < size && access(path, F_OK) == 0;
}

bool config_find(char *path, size_t size)
{
    const char *named = getenv("FLEET_CONFIG");
    const char *xdg = getenv("XDG_CONFIG_HOME");
    const char *home = getenv("HOME");

    /* A file that was named on purpose is the one that is meant, there or not: falling
     * back to another fleet in silence would show the wrong figures. */
    if (named && *named) {
        int length = snprintf(path, size, "%s", named);
        return exists(length, path, size);
    }
    if (xdg && *xdg &&
        exists(snprintf(path, size, "%s/fleet/fleet.conf", xdg), path, size))
        return true;
    if (home && *home &&
        exists(snprintf(path, size, "%s/.config/fleet/fleet.conf", home), path, size))
        return true;
    return exists(snprintf(path, size, "/etc/fleet/fleet.conf"), path, size);
}
