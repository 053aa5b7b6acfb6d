/* config.h - the operator's fleet.conf: which archives, which portfolio, which limits.
 *
 * Read once with libconfuse; every error names the file and the line and says what to
 * write instead.  Decimals and durations are quoted strings in the file.  The config is
 * immutable after config_load and shared by pointer. */
#ifndef CORE_CONFIG_H
#define CORE_CONFIG_H

#include <stddef.h>

#include "proto/decimal.h"
#include "proto/sign.h"

enum { CONFIG_ERROR_CHARS = 512 };

enum basis { BASIS_AGGREGATE, BASIS_CONSOLIDATED, BASIS_SHARE };
enum partial_policy { PARTIAL_WARN, PARTIAL_STRICT };

struct config_totebox {
    const char *entity; /* block title: the entity id pinned to this link */
    const char *name;   /* what the operator calls it; defaults to the entity id */
    const char *host;   /* from address = "host:port" or "[v6]:port" */
    uint16_t port;
    uint8_t pins[2][HASH_BYTES]; /* key = "SHA256:..."; next-key for rotation */
    unsigned pin_count;
    const char
        *token; /* pairing token file; NULL: asked from the archive (pairing()) */
    const char *group; /* "" when none */
    const char *path;  /* network path label, "" */
    int64_t weight;    /* for coverage by weight, default 1 */
    bool required;     /* STRICT needs it; default true */
    bool structure;    /* may speak for the ownership edges of others */
    bool hub;          /* may carry the entities of `entities` */
    const char *const
        *entities; /* exact ids or prefix + '*' ; NULL-terminated, may be NULL */
};

struct config_portfolio {
    const char *name;
    const char *root;     /* entity id; "" : no ownership, aggregate basis only */
    const char *currency; /* reporting, ISO 4217 */
    const char *period;   /* period token, "2025" */
    const char *fx;       /* entity whose rates are used; "" none */
    enum basis basis;     /* shown first */
    enum partial_policy partial;
    int64_t view_date; /* YYYYMMDD for ownership and ages; 0: today */
    int64_t hold_ms;   /* how long last known values count, default 1 h */
};

/* Ages: a row kind ("pos", "pos:cash", "metric", "metric:rent", "obl", "fx") and its
 * three limits.  The longest matching kind wins. */
struct config_freshness {
    const char *kind;
    int64_t aging_ms, stale_ms, hard_ms;
};

struct config_tolerance {
    const char *currency; /* "default" or ISO code */
    struct decimal absolute;
    struct decimal percent; /* 0.05 means 0.05 % */
    int64_t cutoff_days;
};

struct config_threshold {
    const char *name; /* "variance" */
    struct decimal absolute;
    struct decimal percent;
};

/* Sum of side a against the sum of side b.  A side is row references
 * "ENT|metric|KEY[|period[|scenario...]]"; magnitudes are compared (decisions G13). */
struct config_check {
    const char *id;
    const char *kind; /* CT BK RR */
    const char *title;
    const char *period; /* period token that completes references */
    const char *const *a;
    const char *const *b; /* both NULL-terminated */
};

struct config_limits {
    uint32_t handshakes_in_flight; /* default 128 */
    uint32_t dials_per_second;     /* default 1000 */
    int64_t backoff_base_ms;       /* default 250 */
    int64_t backoff_cap_ms;        /* default 15000 */
    int64_t window_ms;             /* leaf window asked for, default 1 h */
};

struct config {
    const char *path; /* the file it came from */
    const char *theme;  /* name, or a path where it has a slash */
    const char *glyphs; /* "auto" "ascii" "blocks" */
    const char *device_path;
    const char *operator_name; /* for the title bar and the label of leaves */
    const char *title;         /* of the fleet, row 1 */
    struct config_totebox *toteboxes;
    uint32_t totebox_count;
    struct config_portfolio *portfolios; /* the first is the default; at least one */
    uint32_t portfolio_count;
    struct config_freshness *freshness; /* compiled defaults, then the file's */
    uint32_t freshness_count;
    struct config_tolerance *tolerances;
    uint32_t tolerance_count;
    struct config_threshold *thresholds;
    uint32_t threshold_count;
    struct config_check *checks;
    uint32_t check_count;
    struct config_limits limits;
    const char *const *viewport_paths; /* files and folders; NULL: none named */
    struct viewports *viewports;       /* read by config_load; NULL: none */
};

/* Compiled defaults plus the file and the viewports that it names (without `viewports`:
 * those of the folder viewports/ beside it, if there is one).  NULL and a message
 * ("fleet.conf:12: ...") on error. */
struct config *config_load(const char *path, char error[CONFIG_ERROR_CHARS]);
/* The same from memory, without viewports; `path` names it in errors. */
struct config *config_parse(const char *text, const char *path,
                            char error[CONFIG_ERROR_CHARS]);
void config_free(struct config *config);

/* $FLEET_CONFIG, $XDG_CONFIG_HOME/fleet/fleet.conf, ~/.config/fleet/fleet.conf,
 * /etc/fleet/fleet.conf: the first that exists, into path; false when none does. */
bool config_find(char *path, size_t size);

/* Limits for a row kind and line or metric key: ("pos", "cash"). */
const struct config_freshness *config_freshness(const struct config *config,
                                                const char *view, const char *line);
const struct config_tolerance *config_tolerance(const struct config *config,
                                                const char *currency);

/* "250ms" "30s" "5m" "12h" "30d" -> milliseconds; false when it is none of these. */
bool duration_parse(const char *text, int64_t *milliseconds);

#endif
