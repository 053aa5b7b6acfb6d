/* HTML: one file with its own style, no script and no reference to anything outside.
 * Cells are as on the screen, their exact decimals and what they cover in the title;
 * the marks and what they mean come with it. */
#include <string.h>

#include "screens/export_part.h"

static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" "
    "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
    "<title>";
static const char style[] =
    "</title>\n<style>body{font-family:monospace;margin:2em}"
    "table{border-collapse:collapse;margin:0 0 1em}"
    "caption{text-align:left;font-weight:bold;padding:.5em 0}"
    "th,td{padding:0 .7em;text-align:left;white-space:pre}"
    ".n{text-align:right}thead th{border-bottom:1px solid}"
    "tfoot td{border-top:1px solid;font-weight:bold}"
    ".aging,.stale,.last-known{font-style:italic}</style></head><body>\n";

static void put(FILE *out, const char *text)
{
    char clean[EXPORT_TEXT_CHARS];
    text_clean(text, strlen(text), clean, sizeof clean);
    for (const char *at = clean; *at; at++) {
        switch (*at) {
        case '&':
            fputs("&amp;", out);
            break;
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '"':
            fputs("&quot;", out);
            break;
        default:
            fputc(*at, out);
        }
    }
}

static void put_figure_facts(FILE *out, const struct figure *figure)
{
    char text[EXPORT_TEXT_CHARS], number[DECIMAL_CHARS_MAX] = "", time[TIME_CHARS] = "";
    if (figure->present)
        export_decimal(figure->value, number);
    if (figure->as_of_ms)
        iso_write(figure->as_of_ms, time);
    snprintf(text, sizeof text, "%s%s%.16s %s%s, as of %s, %u of %u%s%.200s", number,
             number[0] && figure->currency[0] ? " " : "", figure->currency,
             mark_name(figure->mark), figure->partial ? " partial" : "",
             time[0] ? time : "--", figure->included, figure->expected,
             figure->why[0] ? ": " : "", figure->why);
    fprintf(out, " title=\"");
    put(out, text);
    fputc('"', out);
}

static void put_row(const struct export_job *job, const struct table *table,
                    const struct export_order *order, uint32_t row)
{
    FILE *out = job->out;
    fputs("<tr>", out);
    for (unsigned i = 0; i < order->column_count; i++) {
        char text[EXPORT_TEXT_CHARS];
        struct value value = table_value(table, row, order->columns[i]);
        const struct figure *figure = value.kind == VALUE_FIGURE ? value.figure : NULL;
        export_cell(job, &value, text);
        fprintf(out, "<td class=\"%s%s%s\"", value.kind == VALUE_TEXT ? "" : "n",
                figure ? " " : "", figure ? mark_name(figure->mark) : "");
        if (figure)
            put_figure_facts(out, figure);
        fprintf(out, ">%*s", value.indent, "");
        put(out, text);
        fputs("</td>", out);
    }
    fputs("</tr>\n", out);
}

static void put_table(const struct export_job *job, const struct table *table,
                      const struct export_order *order)
{
    FILE *out = job->out;
    fputs("<table><caption>", out);
    put(out, table->title);
    if (order->view.filter.count) {
        fputs(" &mdash; filter: ", out);
        put(out, order->view.filter.source);
        fprintf(out, " (%u of %u rows, of which %u unknown)", order->view.count,
                table->row_count, order->view.unknown);
    }
    fputs("</caption>\n<thead><tr>", out);
    for (unsigned i = 0; i < order->column_count; i++) {
        const struct table_column *column = &table->columns[order->columns[i]];
        fprintf(out, "<th%s>", column->kind == VALUE_TEXT ? "" : " class=\"n\"");
        put(out, column->title[0] ? column->title : column->name);
        fputs("</th>", out);
    }
    fputs("</tr></thead>\n<tbody>\n", out);
    for (uint32_t i = 0; i < order->view.count; i++)
        put_row(job, table, order, order->view.entries[i].row);
    fputs("</tbody>\n", out);
    if (table->has_total) {
        fputs("<tfoot>", out);
        put_row(job, table, order, TABLE_TOTAL);
        fputs("</tfoot>\n", out);
    }
    fputs("</table>\n", out);
}

static void put_scope(const struct export_job *job)
{
    const struct export_request *request = job->request;
    const struct coverage *coverage = job->models->coverage;
    char text[EXPORT_TEXT_CHARS], time[TIME_CHARS];
    FILE *out = job->out;
    snprintf(text, sizeof text, "%s %.100s / %.100s", panes[job->pane].title,
             request->title, request->portfolio);
    fputs(head, out);
    put(out, text);
    fputs(style, out);
    fputs("<h1>", out);
    put(out, text);
    iso_write(request->now_ms, time);
    snprintf(text, sizeof text,
             "%s; %s%s; answered %u/%u, aging %u~, stale %u!, down %ux, refused %ur, "
             "never %u?",
             time, basis_name(request->basis),
             request->without_last_known ? ", without last known values" : "",
             coverage->answered, coverage->expected, coverage->aging, coverage->stale,
             coverage->down, coverage->refused, coverage->never);
    fputs("</h1>\n<p>", out);
    put(out, text);
    for (const char *const *name = coverage->missing; name && *name; name++) {
        fputs(name == coverage->missing ? "<br>missing: " : " ", out);
        put(out, *name);
    }
    if (coverage->fx_date) {
        date_write(coverage->fx_date, time);
        fprintf(out, "<br>rates of %s%s", time,
                coverage->fx_current ? "" : "~ (not current)");
    }
    if (request->sort) {
        fputs("<br>sort: ", out);
        put(out, request->sort);
    }
    fputs("<br>", out);
    put(out, request->version);
    fputs("</p>\n", out);
}

bool export_write_html(const struct export_job *job)
{
    const struct pane *pane = &panes[job->pane];
    put_scope(job);
    for (unsigned part = 0; part < pane->parts; part++) {
        struct table table;
        struct export_order order;
        enum export_turn turn = export_order_init(job, part, &table, &order);
        if (turn == EXPORT_STOP)
            return false;
        if (turn == EXPORT_SKIP)
            continue;
        put_table(job, &table, &order);
        export_order_release(&order);
    }
    fputs("<p>marks:", job->out);
    for (int mark = MARK_AGING; mark <= MARK_NEVER; mark++)
        fprintf(job->out, " %c %s;", mark_char((enum mark)mark),
                mark_name((enum mark)mark));
    fputs(" * a total that leaves something out or holds last known values; "
          "-- is not known, never 0</p>\n</body></html>\n",
          job->out);
    return true;
}
