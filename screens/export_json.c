/* JSON and JSON lines, version 1: docs/json.md is its contract.  Numbers are strings of
 * exact decimals; a figure says its currency, its state, its as-of and what it covers.
 */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "core/viewport.h"
#include "screens/export_part.h"

enum { JSON_VERSION = 1 };

static json_t *string_of(const char *text)
{
    char clean[4096];
    text_clean(text, strlen(text), clean, sizeof clean);
    return json_string(clean);
}

static json_t *time_of(int64_t at_ms)
{
    char text[TIME_CHARS];
    if (at_ms == 0)
        return json_null();
    iso_write(at_ms, text);
    return json_string(text);
}

static json_t *figure_of(const struct figure *figure)
{
    char text[DECIMAL_CHARS_MAX];
    if (!figure)
        return json_null();
    json_t *value = json_null();
    if (figure->present) {
        export_decimal(figure->value, text);
        value = json_string(text);
    }
    json_t *object = json_pack(
        "{s:o, s:o, s:s, s:b, s:i, s:i, s:i, s:o}", "value", value, "currency",
        string_of(figure->currency), "state", mark_name(figure->mark), "partial",
        figure->partial, "included", (int)figure->included, "expected",
        (int)figure->expected, "last_known", (int)figure->last_known, "as_of",
        time_of(figure->as_of_ms));
    if (object && figure->why[0])
        json_object_set_new(object, "why", string_of(figure->why));
    return object;
}

static json_t *value_of(const struct value *value)
{
    char text[EXPORT_TEXT_CHARS];
    switch (value->kind) {
    case VALUE_FIGURE:
        return figure_of(value->figure);
    case VALUE_COUNT:
        return json_integer(value->number);
    case VALUE_DURATION:
        return value->number < 0 ? json_null() : json_integer(value->number);
    case VALUE_OF:
        return json_pack("{s:I, s:I}", "included", (json_int_t)value->number,
                         "expected", (json_int_t)value->of);
    case VALUE_AGE:
        return json_pack("{s:o, s:s}", "as_of", time_of(value->number), "state",
                         mark_name(value->mark));
    case VALUE_MOMENT:
        return time_of(value->number);
    case VALUE_DATE:
        if (value->number == 0)
            return json_null();
        break;
    case VALUE_TEXT:
        return string_of(value_text(value));
    case VALUE_DECIMAL:
    case VALUE_MARK:
        break;
    }
    export_words(value, text);
    return json_string(text);
}

static json_t *row_of(const struct table *table, const struct export_order *order,
                      uint32_t row)
{
    json_t *object = json_object();
    char scratch[IDENTITY_CHARS];
    /* What a program looks for: labels may change, this does not. */
    if (row != TABLE_TOTAL && table->identity)
        json_object_set_new(object, "key",
                            string_of(table->identity(table, row, scratch)));
    for (unsigned i = 0; i < order->column_count; i++) {
        struct value value = table_value(table, row, order->columns[i]);
        json_object_set_new(object, table->columns[order->columns[i]].name,
                            value_of(&value));
    }
    return object;
}

static json_t *table_of(const struct table *table, const struct export_order *order)
{
    json_t *rows = json_array();
    for (uint32_t i = 0; i < order->view.count; i++)
        json_array_append_new(rows, row_of(table, order, order->view.entries[i].row));
    return rows;
}

/* What the filter of a table left of it. */
static json_t *filtered_of(const struct table *table, const struct export_order *order)
{
    return json_pack("{s:o, s:i, s:i, s:i}", "filter",
                     string_of(order->view.filter.source), "shown",
                     (int)order->view.count, "of", (int)table->row_count, "unknown",
                     (int)order->view.unknown);
}

static json_t *coverage_of(const struct coverage *coverage)
{
    json_t *names = json_array();
    for (const char *const *name = coverage->missing; name && *name; name++)
        json_array_append_new(names, string_of(*name));
    return json_pack(
        "{s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:o, s:o, s:I, s:I}", "asked",
        (int)coverage->expected, "answered", (int)coverage->answered, "current",
        (int)coverage->current, "aging", (int)coverage->aging, "stale",
        (int)coverage->stale, "down", (int)coverage->down, "refused",
        (int)coverage->refused, "never", (int)coverage->never, "waiting",
        (int)coverage->waiting, "oldest_as_of", time_of(coverage->oldest_as_of_ms),
        "missing", names, "weight_asked", (json_int_t)coverage->weight_expected,
        "weight_answered", (json_int_t)coverage->weight_answered);
}

static json_t *rates_of(const struct coverage *coverage)
{
    char date[TIME_CHARS];
    if (!coverage->fx_date)
        return json_null();
    date_write(coverage->fx_date, date);
    return json_pack("{s:s, s:b}", "date", date, "current", coverage->fx_current);
}

static json_t *scope_of(const struct export_job *job)
{
    const struct export_request *request = job->request;
    json_t *scope = json_pack(
        "{s:o, s:o, s:s, s:b}", "fleet", string_of(request->title), "portfolio",
        string_of(request->portfolio), "basis", basis_name(request->basis),
        "without_last_known", request->without_last_known);
    if (job->input.entity_id[0])
        json_object_set_new(scope, "entity", string_of(job->input.entity_id));
    return scope;
}

static json_t *envelope_of(const struct export_job *job)
{
    json_t *envelope = json_pack(
        "{s:i, s:o, s:s, s:o, s:s, s:o, s:o, s:o}", "version", JSON_VERSION, "program",
        string_of(job->request->version), "view", panes[job->pane].word, "time",
        time_of(job->request->now_ms), "status",
        export_status_name(export_status_of(job->models->coverage)), "scope",
        scope_of(job), "coverage", coverage_of(job->models->coverage), "fx",
        rates_of(job->models->coverage));
    if (!envelope)
        return NULL;
    const struct model_viewport *viewport = job->models->viewport;
    const struct model_portfolio *portfolio = job->models->portfolio;
    if (viewport || portfolio) {
        json_object_set_new(envelope, "rates",
                            string_of(viewport ? viewport->rates : portfolio->rates));
        json_object_set_new(
            envelope, "ownership",
            string_of(viewport ? viewport->ownership : portfolio->ownership));
        json_object_set_new(envelope, "policy",
                            json_string((viewport ? viewport->policy
                                                  : portfolio->policy) == PARTIAL_STRICT
                                            ? "strict"
                                            : "warn"));
    }
    if (viewport)
        json_object_set_new(envelope, "viewport", string_of(viewport->viewport->name));
    if (job->request->sort)
        json_object_set_new(envelope, "sort", string_of(job->request->sort));
    return envelope;
}

bool export_write_json(const struct export_job *job)
{
    const struct pane *pane = &panes[job->pane];
    json_t *envelope = envelope_of(job);
    json_t *tables = json_object(), *totals = json_object(), *filtered = json_object();
    bool good = envelope && tables && totals && filtered;
    for (unsigned part = 0; good && part < pane->parts; part++) {
        struct table table;
        struct export_order order;
        enum export_turn turn = export_order_init(job, part, &table, &order);
        good = turn != EXPORT_STOP;
        if (turn != EXPORT_WRITE)
            continue;
        json_object_set_new(tables, table.name, table_of(&table, &order));
        if (table.has_total)
            json_object_set_new(totals, table.name,
                                row_of(&table, &order, TABLE_TOTAL));
        if (order.view.filter.count)
            json_object_set_new(filtered, table.name, filtered_of(&table, &order));
        export_order_release(&order);
    }
    if (good && json_object_size(filtered))
        json_object_set(envelope, "filtered", filtered);
    json_decref(filtered);
    json_object_set_new(envelope, "tables", tables);
    json_object_set_new(envelope, "totals", totals);
    good = good &&
           json_dumpf(envelope, job->out, JSON_INDENT(1) | JSON_PRESERVE_ORDER) == 0 &&
           fputc('\n', job->out) != EOF;
    json_decref(envelope);
    return good;
}

/* --- lines ------------------------------------------------------------------------ */

static bool put_line(FILE *out, json_t *object)
{
    bool good = object &&
                json_dumpf(object, out, JSON_COMPACT | JSON_PRESERVE_ORDER) == 0 &&
                fputc('\n', out) != EOF;
    json_decref(object);
    return good;
}

static bool put_row_line(const struct export_job *job, const struct table *table,
                         const struct export_order *order, uint32_t row)
{
    json_t *line =
        json_pack("{s:s, s:b}", "table", table->name, "total", row == TABLE_TOTAL);
    json_t *cells = row_of(table, order, row);
    if (line && cells)
        json_object_update(line, cells);
    json_decref(cells);
    return put_line(job->out, line);
}

bool export_write_jsonl(const struct export_job *job)
{
    const struct pane *pane = &panes[job->pane];
    bool good = put_line(job->out, envelope_of(job));
    for (unsigned part = 0; good && part < pane->parts; part++) {
        struct table table;
        struct export_order order;
        enum export_turn turn = export_order_init(job, part, &table, &order);
        good = turn != EXPORT_STOP;
        if (turn != EXPORT_WRITE)
            continue;
        if (order.view.filter.count) {
            json_t *filtered = filtered_of(&table, &order);
            json_object_set_new(filtered, "filtered", json_string(table.name));
            good = put_line(job->out, filtered);
        }
        for (uint32_t i = 0; good && i < order.view.count; i++)
            good = put_row_line(job, &table, &order, order.view.entries[i].row);
        if (good && table.has_total)
            good = put_row_line(job, &table, &order, TABLE_TOTAL);
        export_order_release(&order);
    }
    return good;
}
