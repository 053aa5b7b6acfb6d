/* export.h - a view without a screen: fleet --once VIEW --format
 * text|csv|tsv|json|jsonl|html, and what x writes in the console.
 *
 * Data goes to `out` and nothing else does.  Each export begins with what it is: scope,
 * basis, coverage, the names that are missing, FX, time.  Numbers are exact decimals
 * with their state; text from archives is cleaned; a CSV text cell that a spreadsheet
 * would take for a formula gets a leading apostrophe, a number never.  JSON is
 * documented in docs/json.md. */
#ifndef SCREENS_EXPORT_H
#define SCREENS_EXPORT_H

#include <stdio.h>

#include "core/model.h"
#include "screens/table.h"

enum export_format {
    EXPORT_TEXT,
    EXPORT_CSV,
    EXPORT_TSV,
    EXPORT_JSON,
    EXPORT_JSONL,
    EXPORT_HTML,
    EXPORT_FORMAT_COUNT
};
enum { EXPORT_ERROR_CHARS = 192 };

enum export_view {
    EXPORT_EXECUTIVE,
    EXPORT_PORTFOLIO,
    EXPORT_RECONCILE,
    EXPORT_FLEET,
    EXPORT_ENTITY,
    EXPORT_ALERTS,
    EXPORT_VIEWPORT,
    EXPORT_VIEW_COUNT
};

/* False when it is none: "executive" "portfolio" "recon" "fleet" "entity" "alerts",
 * their two-letter names (EX PF RC FL EN AL, any case), and for formats "text" "csv"
 * "tsv" "json" "jsonl" "html". */
bool export_view_parse(const char *name, enum export_view *view);
bool export_format_parse(const char *name, enum export_format *format);
const char *export_format_name(enum export_format format);

/* For EXPORT_VIEWPORT `coverage` is that of the model itself.
 * `coverage` and the model of the view; the others may be NULL.  Alerts need
 * `executive`.  `entity` NULL for EXPORT_ENTITY means that no block has that entity. */
struct export_models {
    const struct coverage *coverage;
    const struct model_executive *executive;
    const struct model_portfolio *portfolio;
    const struct model_recon *recon;
    const struct model_fleet *fleet;
    const struct model_entity *entity;
    const struct model_viewport *viewport;
};

struct export_request {
    enum export_view view;
    enum export_format format;
    const char *title;     /* of the fleet */
    const char *portfolio; /* its name */
    enum basis basis;
    bool without_last_known;
    int64_t now_ms;
    const char *version;
    /* NULL: everything, in the model's order.  Each is used by the tables of the view
     * that know its columns. */
    const char *filter, *sort, *columns;
    const struct table_view *views; /* of a pane, by part: their filters and orders */
};

enum export_status {
    EXPORT_COMPLETE = 0,     /* everybody answered, all current */
    EXPORT_FAILED = 1,       /* could not be written, or no memory */
    EXPORT_UNKNOWN_NAME = 2, /* no such entity */
    EXPORT_PARTIAL = 3,      /* somebody is missing, or something is not current */
    EXPORT_NOBODY = 4,       /* nobody answered */
    EXPORT_REFUSED = 5,      /* nobody answered, and all that are expected refused */
};

/* Writes to `out` and returns the exit status of the program. */
enum export_status export_write(FILE *out, const struct export_request *request,
                                const struct export_models *models);
/* Whether some table of the view knows the request's filter, sort and columns; else a
 * sentence for people. */
MUST_CHECK bool export_check(const struct export_request *request,
                             const struct export_models *models,
                             char error[EXPORT_ERROR_CHARS]);
/* The status alone: what the coverage says. */
enum export_status export_status_of(const struct coverage *coverage);

#endif
