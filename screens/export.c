#include "screens/export.h"

#include <string.h>
#include <strings.h>

#include "core/viewport.h"
#include "screens/export_part.h"

static const struct {
    const char *name, *word, *mnemonic;
    enum pane_id pane;
} views[EXPORT_VIEW_COUNT] = {
    [EXPORT_EXECUTIVE] = {"executive", "exec", "EX", PANE_EXECUTIVE},
    [EXPORT_PORTFOLIO] = {"portfolio", "portfolio", "PF", PANE_PORTFOLIO},
    [EXPORT_RECONCILE] = {"reconcile", "recon", "RC", PANE_RECONCILE},
    [EXPORT_FLEET] = {"fleet", "fleet", "FL", PANE_FLEET},
    [EXPORT_ENTITY] = {"entity", "entity", "EN", PANE_ENTITY},
    [EXPORT_ALERTS] = {"alerts", "alerts", "AL", PANE_ALERTS},
    /* Asked for by its own name, which only the configuration knows. */
    [EXPORT_VIEWPORT] = {"", "", "", PANE_VIEWPORT},
};

bool export_view_parse(const char *name, enum export_view *view)
{
    for (int i = 0; i < EXPORT_VIEWPORT; i++)
        if (strcmp(views[i].name, name) == 0 || strcmp(views[i].word, name) == 0 ||
            strcasecmp(views[i].mnemonic, name) == 0) {
            *view = (enum export_view)i;
            return true;
        }
    return false;
}

static const char *const formats[EXPORT_FORMAT_COUNT] = {
    [EXPORT_TEXT] = "text", [EXPORT_CSV] = "csv",     [EXPORT_TSV] = "tsv",
    [EXPORT_JSON] = "json", [EXPORT_JSONL] = "jsonl", [EXPORT_HTML] = "html"};

bool export_format_parse(const char *name, enum export_format *format)
{
    for (int i = 0; i < EXPORT_FORMAT_COUNT; i++)
        if (strcmp(formats[i], name) == 0) {
            *format = (enum export_format)i;
            return true;
        }
    return false;
}

const char *export_format_name(enum export_format format)
{
    return formats[format];
}

enum export_status export_status_of(const struct coverage *coverage)
{
    if (coverage->answered == 0 && coverage->expected > 0)
        return coverage->refused == coverage->expected ? EXPORT_REFUSED : EXPORT_NOBODY;
    bool all = coverage->answered >= coverage->expected && coverage->down == 0 &&
               coverage->waiting == 0 && coverage->never == 0 && coverage->refused == 0;
    bool current = coverage->aging == 0 && coverage->stale == 0;
    return all && current && !coverage->lost_all ? EXPORT_COMPLETE : EXPORT_PARTIAL;
}

const char *export_status_name(enum export_status status)
{
    switch (status) {
    case EXPORT_COMPLETE:
        return "complete";
    case EXPORT_FAILED:
        return "failed";
    case EXPORT_UNKNOWN_NAME:
        return "unknown-name";
    case EXPORT_PARTIAL:
        return "partial";
    case EXPORT_NOBODY:
        return "nobody-answered";
    case EXPORT_REFUSED:
        return "refused";
    }
    return "";
}

void export_decimal(struct decimal value, char text[DECIMAL_CHARS_MAX])
{
    text[decimal_write(value, text)] = '\0';
}

void export_words(const struct value *value, char text[EXPORT_TEXT_CHARS])
{
    char time[TIME_CHARS] = "";
    const char *words = value_text(value);
    switch (value->kind) {
    case VALUE_TEXT:
    case VALUE_FIGURE:
        break;
    case VALUE_COUNT:
        snprintf(time, sizeof time, "%lld", (long long)value->number);
        break;
    case VALUE_OF:
        snprintf(text, EXPORT_TEXT_CHARS, "%lld/%lld", (long long)value->number,
                 (long long)value->of);
        return;
    case VALUE_AGE:
    case VALUE_MOMENT:
        if (value->number)
            iso_write(value->number, time);
        break;
    case VALUE_DURATION:
        if (value->number >= 0)
            snprintf(time, sizeof time, "%lld", (long long)value->number);
        break;
    case VALUE_DATE:
        if (value->number)
            date_write(value->number, time);
        break;
    case VALUE_DECIMAL:
        export_decimal(value->decimal, text);
        return;
    case VALUE_MARK:
        words = mark_name(value->mark);
        break;
    }
    if (time[0])
        snprintf(text, EXPORT_TEXT_CHARS, "%s", time);
    else
        text_clean(words, strlen(words), text, EXPORT_TEXT_CHARS);
}

static void fill_input(const struct export_request *request,
                       const struct export_models *models, struct pane_input *input)
{
    *input =
        (struct pane_input){.fleet = request->title,
                            .portfolio = request->portfolio,
                            .operator_name = "",
                            .entity_id = models->entity ? models->entity->entity : "",
                            .now_ms = request->now_ms,
                            .coverage = models->coverage,
                            .basis = request->basis,
                            .without_last_known = request->without_last_known,
                            .slow = "",
                            .executive = models->executive,
                            .portfolio_model = models->portfolio,
                            .recon = models->recon,
                            .fleet_model = models->fleet,
                            .entity = models->entity,
                            .viewport = models->viewport,
                            .viewport_line = ""};
}

bool export_check(const struct export_request *request,
                  const struct export_models *models, char error[EXPORT_ERROR_CHARS])
{
    struct export_job job = {
        .request = request, .models = models, .pane = views[request->view].pane};
    fill_input(request, models, &job.input);
    return export_order_check(&job, error);
}

enum export_status export_write(FILE *out, const struct export_request *request,
                                const struct export_models *models)
{
    struct export_job job = {
        .out = out,
        .request = request,
        .models = models,
        .pane = views[request->view].pane,
    };
    bool written = false;
    if ((request->view == EXPORT_ENTITY && !models->entity) ||
        (request->view == EXPORT_VIEWPORT && !models->viewport))
        return EXPORT_UNKNOWN_NAME;
    struct viewport_shape shape;
    fill_input(request, models, &job.input);
    if (request->view == EXPORT_VIEWPORT) {
        viewport_shape_fill(models->viewport->viewport, &shape);
        job.input.viewport_shape = &shape;
    }
    switch (request->format) {
    case EXPORT_TEXT:
        written = export_write_text(&job);
        break;
    case EXPORT_CSV:
    case EXPORT_TSV:
        written = export_write_csv(&job, request->format == EXPORT_TSV);
        break;
    case EXPORT_JSON:
        written = export_write_json(&job);
        break;
    case EXPORT_JSONL:
        written = export_write_jsonl(&job);
        break;
    case EXPORT_HTML:
        written = export_write_html(&job);
        break;
    case EXPORT_FORMAT_COUNT:
        break;
    }
    if (!written || fflush(out) != 0 || ferror(out))
        return EXPORT_FAILED;
    return export_status_of(models->coverage);
}
