/* CSV (RFC 4180): comment lines with what it is, then one block a table.
 *
 * A figure is four cells: the exact decimal, its currency or unit, its state, its
 * as-of. An absent one has an empty first cell and says why in the third.  The header
 * row names them net_assets, net_assets_unit, net_assets_state, net_assets_as_of. */
#include <string.h>

#include "screens/export_part.h"

/* A spreadsheet takes text that begins so for a formula; an apostrophe makes it text.
 * Numbers never pass here: "-12.50" stays a number. */
static void put_text(FILE *out, const char *text)
{
    bool is_formula = text[0] && strchr("=+-@\t\r", text[0]);
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

static void put_clean(FILE *out, const char *text)
{
    char clean[EXPORT_TEXT_CHARS];
    text_clean(text, strlen(text), clean, sizeof clean);
    put_text(out, clean);
}

static void put_figure(FILE *out, const struct figure *figure)
{
    char text[DECIMAL_CHARS_MAX], time[TIME_CHARS] = "";
    if (!figure) {
        fputs(",,,", out);
        return;
    }
    if (figure->present) {
        export_decimal(figure->value, text);
        fputs(text, out);
    }
    fputc(',', out);
    put_clean(out, figure->currency);
    fprintf(out, ",%s%s,", mark_name(figure->mark), figure->partial ? " partial" : "");
    if (figure->as_of_ms)
        iso_write(figure->as_of_ms, time);
    fputs(time, out);
}

static void put_header(FILE *out, const struct table *table)
{
    for (unsigned i = 0; i < table->column_count; i++) {
        const char *name = table->columns[i].name;
        if (i)
            fputc(',', out);
        fputs(name, out);
        if (table->columns[i].kind == VALUE_FIGURE)
            fprintf(out, ",%s_unit,%s_state,%s_as_of", name, name, name);
        else if (table->columns[i].kind == VALUE_AGE)
            fprintf(out, "_as_of,%s_state", name);
    }
    fputs("\r\n", out);
}

static void put_row(FILE *out, const struct table *table, uint32_t row)
{
    char text[EXPORT_TEXT_CHARS];
    for (unsigned i = 0; i < table->column_count; i++) {
        struct value value = table_value(table, row, i);
        if (i)
            fputc(',', out);
        if (value.kind == VALUE_FIGURE) {
            put_figure(out, value.figure);
            continue;
        }
        export_words(&value, text);
        bool is_number = value.kind == VALUE_COUNT || value.kind == VALUE_DURATION ||
                         value.kind == VALUE_DECIMAL;
        if (is_number && !value_text(&value)[0])
            fputs(text, out);
        else
            put_text(out, text);
        if (value.kind == VALUE_AGE)
            fprintf(out, ",%s", mark_name(value.mark));
    }
    fputs("\r\n", out);
}

static void put_comment(FILE *out, const char *word, const char *text)
{
    char line[EXPORT_TEXT_CHARS], clean[EXPORT_TEXT_CHARS];
    text_clean(text, strlen(text), clean, sizeof clean);
    snprintf(line, sizeof line, "# %s: %.480s", word, clean);
    put_text(out, line);
    fputs("\r\n", out);
}

static void put_scope(const struct export_job *job)
{
    const struct coverage *coverage = job->models->coverage;
    char text[EXPORT_TEXT_CHARS], time[TIME_CHARS];
    FILE *out = job->out;
    snprintf(text, sizeof text, "%.100s / %.100s, %s%s", job->request->title,
             job->request->portfolio, basis_name(job->request->basis),
             job->request->without_last_known ? ", without last known values" : "");
    put_comment(out, "scope", text);
    iso_write(job->request->now_ms, time);
    put_comment(out, "time", time);
    snprintf(
        text, sizeof text,
        "answered %u/%u, current %u, aging %u, stale %u, down %u, refused %u, never "
        "%u, waiting %u",
        coverage->answered, coverage->expected, coverage->current, coverage->aging,
        coverage->stale, coverage->down, coverage->refused, coverage->never,
        coverage->waiting);
    put_comment(out, "coverage", text);
    for (const char *const *name = coverage->missing; name && *name; name++)
        put_comment(out, "missing", *name);
    if (coverage->fx_date) {
        date_write(coverage->fx_date, time);
        snprintf(text, sizeof text, "%s%s", time,
                 coverage->fx_current ? "" : " (not current)");
        put_comment(out, "rates of", text);
    }
    put_comment(out, "fleet", job->request->version);
}

bool export_write_csv(const struct export_job *job)
{
    const struct pane *pane = &panes[job->pane];
    put_scope(job);
    for (unsigned part = 0; part < pane->parts; part++) {
        struct table table;
        if (!pane->table(&job->input, part, &table))
            continue;
        fprintf(job->out, "\r\n# table: %s\r\n", table.name);
        put_header(job->out, &table);
        for (uint32_t row = 0; row < table.row_count; row++)
            put_row(job->out, &table, row);
        if (table.has_total)
            put_row(job->out, &table, TABLE_TOTAL);
    }
    return true;
}
