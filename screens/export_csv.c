/* CSV (RFC 4180) and TSV: comment lines with what it is, then one block a table.
 *
 * A figure is four cells: the exact decimal, its currency or unit, its state, its
 * as-of. An absent one has an empty first cell and says why in the third.  The header
 * row names them net_assets, net_assets_unit, net_assets_state, net_assets_as_of. */
#include <string.h>

#include "screens/export_part.h"

struct sheet {
    FILE *out;
    char separator;
    const char *end; /* of a line */
};

/* A spreadsheet takes text that begins so for a formula; an apostrophe makes it text.
 * Numbers never pass here: "-12.50" stays a number. */
static void put_text(const struct sheet *sheet, const char *text)
{
    FILE *out = sheet->out;
    bool is_formula = text[0] && strchr("=+-@\t\r", text[0]);
    if (sheet->separator == '\t') { /* a clean text has no tab and no end of line */
        fprintf(out, "%s%s", is_formula ? "'" : "", text);
        return;
    }
    bool is_quoted = is_formula || strpbrk(text, ",\"\r\n") || text[0] == ' ';
    if (!is_quoted) {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    if (is_formula)
        fputc('\'', out);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

static void put_clean(const struct sheet *sheet, const char *text)
{
    char clean[EXPORT_TEXT_CHARS];
    text_clean(text, strlen(text), clean, sizeof clean);
    put_text(sheet, clean);
}

static void put_figure(const struct sheet *sheet, const struct figure *figure)
{
    char text[DECIMAL_CHARS_MAX], time[TIME_CHARS] = "";
    FILE *out = sheet->out;
    if (!figure) {
        fprintf(out, "%c%c%c", sheet->separator, sheet->separator, sheet->separator);
        return;
    }
    if (figure->present) {
        export_decimal(figure->value, text);
        fputs(text, out);
    }
    fputc(sheet->separator, out);
    put_clean(sheet, figure->currency);
    fprintf(out, "%c%s%s%c", sheet->separator, mark_name(figure->mark),
            figure->partial ? " partial" : "", sheet->separator);
    if (figure->as_of_ms)
        iso_write(figure->as_of_ms, time);
    fputs(time, out);
}

static void put_header(const struct sheet *sheet, const struct table *table,
                       const struct export_order *order)
{
    char c = sheet->separator;
    for (unsigned i = 0; i < order->column_count; i++) {
        const struct table_column *column = &table->columns[order->columns[i]];
        const char *name = column->name;
        if (i)
            fputc(c, sheet->out);
        fputs(name, sheet->out);
        if (column->kind == VALUE_FIGURE)
            fprintf(sheet->out, "%c%s_unit%c%s_state%c%s_as_of", c, name, c, name, c,
                    name);
        else if (column->kind == VALUE_AGE)
            fprintf(sheet->out, "_as_of%c%s_state", c, name);
    }
    fputs(sheet->end, sheet->out);
}

static void put_row(const struct sheet *sheet, const struct table *table,
                    const struct export_order *order, uint32_t row)
{
    char text[EXPORT_TEXT_CHARS];
    for (unsigned i = 0; i < order->column_count; i++) {
        struct value value = table_value(table, row, order->columns[i]);
        if (i)
            fputc(sheet->separator, sheet->out);
        if (value.kind == VALUE_FIGURE) {
            put_figure(sheet, value.figure);
            continue;
        }
        export_words(&value, text);
        bool is_number = value.kind == VALUE_COUNT || value.kind == VALUE_DURATION ||
                         value.kind == VALUE_DECIMAL;
        if (is_number && !value_text(&value)[0])
            fputs(text, sheet->out);
        else
            put_text(sheet, text);
        if (value.kind == VALUE_AGE)
            fprintf(sheet->out, "%c%s", sheet->separator, mark_name(value.mark));
    }
    fputs(sheet->end, sheet->out);
}

static void put_comment(const struct sheet *sheet, const char *word, const char *text)
{
    char line[EXPORT_TEXT_CHARS], clean[EXPORT_TEXT_CHARS];
    text_clean(text, strlen(text), clean, sizeof clean);
    snprintf(line, sizeof line, "# %s: %.480s", word, clean);
    put_text(sheet, line);
    fputs(sheet->end, sheet->out);
}

static void put_scope(const struct sheet *sheet, const struct export_job *job)
{
    const struct coverage *coverage = job->models->coverage;
    char text[EXPORT_TEXT_CHARS], time[TIME_CHARS];
    snprintf(text, sizeof text, "%.100s / %.100s, %s%s", job->request->title,
             job->request->portfolio, basis_name(job->request->basis),
             job->request->without_last_known ? ", without last known values" : "");
    put_comment(sheet, "scope", text);
    iso_write(job->request->now_ms, time);
    put_comment(sheet, "time", time);
    snprintf(
        text, sizeof text,
        "answered %u/%u, current %u, aging %u, stale %u, down %u, refused %u, never "
        "%u, waiting %u",
        coverage->answered, coverage->expected, coverage->current, coverage->aging,
        coverage->stale, coverage->down, coverage->refused, coverage->never,
        coverage->waiting);
    put_comment(sheet, "coverage", text);
    for (const char *const *name = coverage->missing; name && *name; name++)
        put_comment(sheet, "missing", *name);
    if (coverage->fx_date) {
        date_write(coverage->fx_date, time);
        snprintf(text, sizeof text, "%s%s", time,
                 coverage->fx_current ? "" : " (not current)");
        put_comment(sheet, "rates of", text);
    }
    if (job->request->sort)
        put_comment(sheet, "sort", job->request->sort);
    put_comment(sheet, "fleet", job->request->version);
}

static void put_table(const struct sheet *sheet, const struct table *table,
                      const struct export_order *order)
{
    const struct table_view *view = &order->view;
    char text[EXPORT_TEXT_CHARS];
    fputs(sheet->end, sheet->out);
    put_comment(sheet, "table", table->name);
    if (view->filter.count) {
        snprintf(text, sizeof text, "%s (%u of %u rows, of which %u unknown)",
                 view->filter.source, view->count, table->row_count, view->unknown);
        put_comment(sheet, "filter", text);
    }
    put_header(sheet, table, order);
    for (uint32_t i = 0; i < view->count; i++)
        put_row(sheet, table, order, view->entries[i].row);
    if (table->has_total)
        put_row(sheet, table, order, TABLE_TOTAL);
}

bool export_write_csv(const struct export_job *job, bool with_tabs)
{
    const struct pane *pane = &panes[job->pane];
    const struct sheet sheet = {job->out, with_tabs ? '\t' : ',',
                                with_tabs ? "\n" : "\r\n"};
    put_scope(&sheet, job);
    for (unsigned part = 0; part < pane->parts; part++) {
        struct table table;
        struct export_order order;
        enum export_turn turn = export_order_init(job, part, &table, &order);
        if (turn == EXPORT_STOP)
            return false;
        if (turn == EXPORT_SKIP)
            continue;
        put_table(&sheet, &table, &order);
        export_order_release(&order);
    }
    return true;
}
