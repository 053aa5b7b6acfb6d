/* Text: the tables of the pane with every column, as wide as what is in them.  The
 * figures are exact and keep their marks, as on the screen. */
#include <string.h>

#include "screens/export_part.h"

static bool is_left(enum value_kind kind)
{
    return kind == VALUE_TEXT || kind == VALUE_MARK;
}

void export_cell(const struct export_job *job, const struct value *value,
                 char text[EXPORT_TEXT_CHARS])
{
    char number[FORMAT_CHARS], time[TIME_CHARS];
    text[0] = '\0';
    switch (value->kind) {
    case VALUE_FIGURE: {
        if (!value->figure)
            return;
        int length = figure_write(
            value->figure, value->is_full ? NUMBER_FULL : NUMBER_EXACT, false, number);
        bool is_closed = length > 0 && number[length - 1] == ')';
        snprintf(text, EXPORT_TEXT_CHARS, "%s%c%s", number, figure_mark(value->figure),
                 is_closed ? "" : " ");
        return;
    }
    case VALUE_AGE:
        age_write(job->request->now_ms, value->number, time);
        snprintf(text, EXPORT_TEXT_CHARS, "%s%c", time,
                 value->mark == MARK_NOT_APPLICABLE || value->mark == MARK_WAITING
                     ? ' '
                     : mark_char(value->mark));
        return;
    case VALUE_DURATION:
        if (value_text(value)[0])
            break;
        if (value->number < 0)
            snprintf(text, EXPORT_TEXT_CHARS, "--");
        else {
            duration_write(value->number, time);
            snprintf(text, EXPORT_TEXT_CHARS, "%s", time);
        }
        return;
    case VALUE_MARK:
        text[0] = mark_on_map(value->mark);
        text[1] = '\0';
        return;
    case VALUE_TEXT:
    case VALUE_COUNT:
    case VALUE_OF:
    case VALUE_MOMENT:
    case VALUE_DATE:
    case VALUE_DECIMAL:
        break;
    }
    export_words(value, text);
}

static int column_width(const struct export_job *job, const struct table *table,
                        const struct export_order *order, unsigned column)
{
    char text[EXPORT_TEXT_CHARS];
    int width = text_columns(table->columns[column].title);
    for (uint32_t i = 0; i <= order->view.count; i++) {
        if (i == order->view.count && !table->has_total)
            break;
        uint32_t row = i < order->view.count ? order->view.entries[i].row : TABLE_TOTAL;
        struct value value = table_value(table, row, column);
        export_cell(job, &value, text);
        int columns = text_columns(text) + value.indent;
        width = columns > width ? columns : width;
    }
    return width;
}

static void put_cell(FILE *out, const char *text, int indent, int width, bool left,
                     bool is_last)
{
    int pad = width - text_columns(text) - indent;
    pad = pad > 0 ? pad : 0;
    if (left)
        fprintf(out, "%*s%s%*s", indent, "", text, is_last ? 0 : pad, "");
    else
        fprintf(out, "%*s%s", pad + indent, "", text);
}

static void put_row(const struct export_job *job, const struct table *table,
                    const struct export_order *order, const int *widths, uint32_t row)
{
    char text[EXPORT_TEXT_CHARS];
    for (unsigned i = 0; i < order->column_count; i++) {
        struct value value = table_value(table, row, order->columns[i]);
        export_cell(job, &value, text);
        if (i)
            fputs("  ", job->out);
        put_cell(job->out, text, value.indent, widths[i], is_left(value.kind),
                 i + 1 == order->column_count);
    }
    fputc('\n', job->out);
}

static void put_rows(const struct export_job *job, const struct table *table,
                     const struct export_order *order)
{
    const struct table_view *view = &order->view;
    int widths[TABLE_COLUMNS], all = 0;
    for (unsigned i = 0; i < order->column_count; i++) {
        const struct table_column *column = &table->columns[order->columns[i]];
        widths[i] = column_width(job, table, order, order->columns[i]);
        all += widths[i] + (i ? 2 : 0);
        if (i)
            fputs("  ", job->out);
        put_cell(job->out, column->title, 0, widths[i], is_left(column->kind),
                 i + 1 == order->column_count);
    }
    fputc('\n', job->out);
    for (uint32_t i = 0; i < view->count; i++) {
        bool is_first =
            view->entries[i].is_unknown && (i == 0 || !view->entries[i - 1].is_unknown);
        if (is_first)
            fputs("...\n", job->out);
        put_row(job, table, order, widths, view->entries[i].row);
    }
    if (!table->has_total)
        return;
    for (int i = 0; i < all; i++)
        fputc('-', job->out);
    fputc('\n', job->out);
    put_row(job, table, order, widths, TABLE_TOTAL);
}

static void put_table(const struct export_job *job, const struct table *table,
                      const struct export_order *order)
{
    const struct table_view *view = &order->view;
    fprintf(job->out, "\n%s\n", table->title);
    if (view->filter.count)
        fprintf(job->out, "filter: %s  (%u of %u rows, of which %u unknown)\n",
                view->filter.source, view->count, table->row_count, view->unknown);
    if (view->count == 0 && !(table->has_total && table->row_count))
        fputs("(none)\n", job->out);
    else
        put_rows(job, table, order);
}

static void put_clean(FILE *out, const char *text)
{
    char clean[EXPORT_TEXT_CHARS];
    text_clean(text, strlen(text), clean, sizeof clean);
    fputs(clean, out);
}

static void put_scope(const struct export_job *job)
{
    const struct coverage *coverage = job->models->coverage;
    char text[EXPORT_TEXT_CHARS], time[TIME_CHARS];
    FILE *out = job->out;
    iso_write(job->request->now_ms, time);
    snprintf(
        text, sizeof text, "%s  %.100s / %.100s  %s%s  %s", panes[job->pane].title,
        job->request->title, job->request->portfolio, basis_name(job->request->basis),
        job->request->without_last_known ? ", without last known values" : "", time);
    put_clean(out, text);
    fprintf(
        out,
        "\nanswered %u/%u  aging %u~  stale %u!  down %ux  refused %ur  never %u?\n",
        coverage->answered, coverage->expected, coverage->aging, coverage->stale,
        coverage->down, coverage->refused, coverage->never);
    fprintf(out, "by weight %lld/%lld", (long long)coverage->weight_answered,
            (long long)coverage->weight_expected);
    if (coverage->oldest_as_of_ms) {
        iso_write(coverage->oldest_as_of_ms, time);
        fprintf(out, "  oldest %s ", time);
        put_clean(out, coverage->oldest_entity);
    }
    fputc('\n', out);
    if (coverage->missing && coverage->missing[0]) {
        fputs("missing:", out);
        for (const char *const *name = coverage->missing; *name; name++) {
            fputc(' ', out);
            put_clean(out, *name);
        }
        fputc('\n', out);
    }
    if (job->request->sort) {
        fputs("sort: ", out);
        put_clean(out, job->request->sort);
        fputc('\n', out);
    }
    if (coverage->fx_date) {
        date_write(coverage->fx_date, time);
        fprintf(out, "rates of %s%s\n", time,
                coverage->fx_current ? "" : "~ (not current)");
    }
}

static void put_notes(const struct export_job *job, const char *one, const char *other)
{
    fputc('\n', job->out);
    put_clean(job->out, one);
    if (*other)
        fputc('\n', job->out);
    put_clean(job->out, other);
    fputc('\n', job->out);
}

bool export_write_text(const struct export_job *job)
{
    const struct pane *pane = &panes[job->pane];
    const struct model_portfolio *portfolio = job->models->portfolio;
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
    if (job->models->viewport)
        put_notes(job, job->models->viewport->rates, job->models->viewport->ownership);
    if (job->pane != PANE_PORTFOLIO || !portfolio)
        return true;
    fputc('\n', job->out);
    const char *const notes[] = {portfolio->invariant, portfolio->note,
                                 portfolio->rates};
    for (unsigned i = 0; i < 3; i++) {
        if (!notes[i][0])
            continue;
        put_clean(job->out, notes[i]);
        fputc('\n', job->out);
    }
    put_notes(job, portfolio->ownership, "");
    return true;
}
