/* Which rows and columns of a table are written, and in which order: all of them in the
 * model's order, unless the request filters, sorts or names columns. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "screens/export_part.h"
#include "screens/table_filter.h"

static struct text next_word(const char **list, const char *separators)
{
    *list += strspn(*list, separators);
    struct text word = {*list, (uint32_t)strcspn(*list, separators)};
    *list += word.length;
    return word;
}

/* "net_assets desc, entity" or "-net_assets,entity": up to two keys. */
static bool take_sort(const struct table *table, const char *sort,
                      struct table_view *view)
{
    unsigned keys = 0;
    bool *descending = NULL;
    for (struct text word = next_word(&sort, ", "); word.length;
         word = next_word(&sort, ", ")) {
        if (descending && text_equal(word, text_of("desc"))) {
            *descending = true;
            continue;
        }
        bool is_down = word.bytes[0] == '-';
        int column = table_column_find(
            table, (struct text){word.bytes + is_down, word.length - is_down});
        if (column < 0 || keys == 2)
            return false;
        descending = keys ? &view->then_descending : &view->descending;
        *descending = is_down;
        *(keys++ ? &view->then_column : &view->sort_column) = (uint8_t)(column + 1);
    }
    return keys > 0;
}

static bool take_columns(const struct table *table, const char *columns,
                         struct export_order *order)
{
    order->column_count = 0;
    for (struct text word = next_word(&columns, ", "); word.length;
         word = next_word(&columns, ", ")) {
        int column = table_column_find(table, word);
        if (column < 0 || order->column_count == TABLE_COLUMNS)
            return false;
        order->columns[order->column_count++] = (uint8_t)column;
    }
    return order->column_count > 0;
}

static void take_views(const struct export_request *request, unsigned part,
                       struct table_view *view)
{
    if (!request->views)
        return;
    const struct table_view *given = &request->views[part];
    view->filter = given->filter;
    view->hides_unknown = given->hides_unknown;
    view->sort_column = given->sort_column;
    view->descending = given->descending;
    view->then_column = given->then_column;
    view->then_descending = given->then_descending;
}

enum export_turn export_order_init(const struct export_job *job, unsigned part,
                                   struct table *table, struct export_order *order)
{
    const struct export_request *request = job->request;
    unsigned where;
    const char *why;
    *order = (struct export_order){.view = {.now_ms = request->now_ms}};
    struct table_view *view = &order->view;
    if (!panes[job->pane].table(&job->input, part, table))
        return EXPORT_SKIP;
    take_views(request, part, view);
    order->column_count = table->column_count;
    for (unsigned i = 0; i < table->column_count; i++)
        order->columns[i] = (uint8_t)i;
    if ((request->filter &&
         !table_filter_parse(table, request->filter, &view->filter, &where, &why)) ||
        (request->columns && !take_columns(table, request->columns, order)))
        return EXPORT_SKIP; /* it is about another table of the view */
    if (request->sort && !take_sort(table, request->sort, view))
        view->sort_column = view->then_column = 0;
    view->capacity = table->row_count;
    view->entries = calloc(table->row_count + 1u, sizeof *view->entries);
    if (!view->entries)
        return EXPORT_STOP;
    table_arrange(table, view, false);
    return EXPORT_WRITE;
}

void export_order_release(struct export_order *order)
{
    free(order->view.entries);
    order->view.entries = NULL;
}

bool export_order_check(const struct export_job *job, char error[EXPORT_ERROR_CHARS])
{
    const struct pane *pane = &panes[job->pane];
    const struct export_request *request = job->request;
    bool filters = !request->filter, sorts = !request->sort, names = !request->columns;
    unsigned where = 0;
    const char *why = "no such column";
    for (unsigned part = 0; part < pane->parts; part++) {
        struct table table;
        struct table_view view = {.now_ms = 0};
        struct export_order order;
        struct filter filter;
        if (!pane->table(&job->input, part, &table))
            continue;
        filters = filters ||
                  table_filter_parse(&table, request->filter, &filter, &where, &why);
        sorts = sorts || take_sort(&table, request->sort, &view);
        names = names || take_columns(&table, request->columns, &order);
    }
    if (!filters)
        snprintf(error, EXPORT_ERROR_CHARS, "--filter: %s, at \"%.60s\"", why,
                 request->filter + (where < strlen(request->filter) ? where : 0));
    else if (!sorts)
        snprintf(error, EXPORT_ERROR_CHARS,
                 "--sort %.60s: up to two columns of this view, each with - before or "
                 "desc behind it",
                 request->sort);
    else if (!names)
        snprintf(error, EXPORT_ERROR_CHARS,
                 "--columns %.60s: not all are columns of "
                 "one table of this view",
                 request->columns);
    return filters && sorts && names;
}
