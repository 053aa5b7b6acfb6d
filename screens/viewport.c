/* A viewport that an operator defined: its lines, the rows behind the one that was
 * opened, and what is not in its totals. */
#include <stdio.h>
#include <string.h>

#include "core/viewport.h"
#include "screens/card.h"
#include "screens/draw.h"
#include "screens/screen.h"

#define MODEL(table) (((const struct pane_input *)(table)->model)->viewport)

void viewport_shape_fill(const struct viewport *viewport, struct viewport_shape *shape)
{
    uint8_t count = 0;
    shape->columns[count++] =
        (struct table_column){"severity", "", VALUE_TEXT, 2, 2, 0, false};
    for (uint8_t i = 0; i < viewport->key_count; i++)
        shape->columns[count++] = (struct table_column){viewport->keys[i].name,
                                                        viewport->keys[i].name,
                                                        VALUE_TEXT,
                                                        10,
                                                        16,
                                                        0,
                                                        false};
    for (uint8_t i = 0; i < viewport->column_count; i++) {
        const struct viewport_column *column = &viewport->columns[i];
        bool is_text = column->format == VIEWPORT_CELL;
        bool is_narrow = is_text || column->format == VIEWPORT_PERCENT ||
                         column->format == VIEWPORT_RATIO;
        shape->columns[count++] =
            (struct table_column){column->name,
                                  column->title,
                                  is_text ? VALUE_TEXT : VALUE_FIGURE,
                                  is_narrow ? 10 : 18,
                                  is_narrow ? 12 : 22,
                                  (uint8_t)(i < 2 ? 0 : i),
                                  false};
    }
    shape->columns[count++] =
        (struct table_column){"as_of", "as of", VALUE_AGE, 7, 8, 2, false};
    shape->columns[count++] =
        (struct table_column){"alarm", "alarm", VALUE_TEXT, 8, 16, 12, false};
    shape->count = count;
}

/* --- lines ------------------------------------------------------------------------ */

static const struct viewport_line *line_at(const struct table *table, uint32_t row)
{
    return row == TABLE_TOTAL ? &MODEL(table)->total : &MODEL(table)->lines[row];
}

static enum mark worst_of(const struct model_viewport *model,
                          const struct viewport_line *line)
{
    enum mark worst = MARK_CURRENT;
    for (uint8_t i = 0; i < model->viewport->column_count; i++) {
        const struct figure *figure = &line->figures[i];
        bool counts = figure->mark != MARK_NOT_APPLICABLE &&
                      model->viewport->columns[i].format != VIEWPORT_CELL;
        if (counts && figure->mark > worst)
            worst = figure->mark;
    }
    return worst;
}

static void line_value(const struct table *table, uint32_t row, unsigned column,
                       struct value *value)
{
    const struct model_viewport *model = MODEL(table);
    const struct viewport_line *line = line_at(table, row);
    unsigned keys = model->viewport->key_count,
             all = keys + model->viewport->column_count;
    if (column == 0) {
        value->text =
            line->severity < 0 ? "" : severity_sign((enum severity)line->severity);
        if (line->severity >= 0)
            value->style = severity_style((enum severity)line->severity);
    } else if (column <= all) {
        unsigned at = column - 1;
        if (at >= keys && model->viewport->columns[at - keys].format != VIEWPORT_CELL)
            value->figure = &line->figures[at - keys];
        else
            value->text = line->texts[at];
    } else if (column == all + 1) {
        value->number = line->figures[0].as_of_ms;
        for (uint8_t i = 0; i < model->viewport->column_count; i++)
            if (line->figures[i].as_of_ms)
                value->number = line->figures[i].as_of_ms;
        value->mark = worst_of(model, line);
    } else {
        value->text = line->alarm;
    }
}

static const char *line_identity(const struct table *table, uint32_t row,
                                 char scratch[IDENTITY_CHARS])
{
    (void)scratch;
    return line_at(table, row)->identity;
}

static bool line_problem(const struct table *table, uint32_t row)
{
    const struct viewport_line *line = line_at(table, row);
    return line->severity >= SEVERITY_WARNING ||
           worst_of(MODEL(table), line) > MARK_AGING;
}

/* --- the rows behind a line ---------------------------------------------------------
 */

static const struct table_column part_columns[] = {
    {"line", "line", VALUE_TEXT, 8, 16, 3, false},
    {"entity", "entity", VALUE_TEXT, 8, 12, 0, false},
    {"row", "row", VALUE_TEXT, 24, 48, 0, false},
    {"value", "value", VALUE_FIGURE, 18, 22, 0, false},
    {"unit", "unit", VALUE_TEXT, 5, 6, 1, false},
    {"as_of", "as of", VALUE_AGE, 7, 8, 0, false},
    {"seq", "seq", VALUE_COUNT, 6, 8, 4, false},
    {"reason", "left out because", VALUE_TEXT, 12, 30, 5, false},
};

/* All rows, or those of the line that was opened. */
static const struct viewport_part *parts_of(const struct pane_input *input,
                                            uint32_t *count)
{
    const struct model_viewport *model = input->viewport;
    *count = model->part_count;
    if (!input->viewport_line || !input->viewport_line[0])
        return model->parts;
    for (uint32_t i = 0; i < model->line_count; i++)
        if (strcmp(model->lines[i].identity, input->viewport_line) == 0) {
            *count = model->lines[i].part_count;
            return model->parts + model->lines[i].part_first;
        }
    *count = 0; /* the line is gone */
    return model->parts;
}

static void part_value(const struct table *table, uint32_t row, unsigned column,
                       struct value *value)
{
    uint32_t count;
    const struct viewport_part *part = &parts_of(table->model, &count)[row];
    switch (column) {
    case 0:
        value->text = MODEL(table)->lines[part->line].identity;
        break;
    case 1:
        value->text = part->entity;
        break;
    case 2:
        value->text = part->key;
        break;
    case 3:
        value->figure = &part->figure;
        break;
    case 4:
        value->text = part->figure.currency;
        break;
    case 5:
        value->number = part->as_of_ms;
        value->mark = part->mark;
        break;
    case 6:
        value->number = part->seq;
        break;
    default:
        value->text = part->reason;
    }
}

static const char *part_identity(const struct table *table, uint32_t row,
                                 char scratch[IDENTITY_CHARS])
{
    uint32_t count;
    const struct viewport_part *part = &parts_of(table->model, &count)[row];
    return identity_join(scratch, view_table(MODEL(table)->viewport->view)->name,
                         part->key);
}

/* --- what is not in the totals -------------------------------------------------- */

static const struct table_column left_out_columns[] = {
    {"entity", "left out", VALUE_TEXT, 10, 12, 0, false},
    {"what", "what", VALUE_TEXT, 10, 16, 1, false},
    {"state", "", VALUE_MARK, 1, 1, 0, false},
    {"reason", "because", VALUE_TEXT, 40, 80, 0, false},
};

static void left_out_value(const struct table *table, uint32_t row, unsigned column,
                           struct value *value)
{
    const struct contribution *line = &MODEL(table)->left_out[row];
    if (column == 2)
        value->mark = line->figure.mark;
    else
        value->text = column == 0   ? line->entity
                      : column == 1 ? line->what
                                    : line->reason;
}

static const char *left_out_identity(const struct table *table, uint32_t row,
                                     char scratch[IDENTITY_CHARS])
{
    (void)scratch;
    return MODEL(table)->left_out[row].entity;
}

bool viewport_table(const struct pane_input *input, unsigned part, struct table *table)
{
    uint32_t count;
    if (!input->viewport || !input->viewport_shape || part >= VIEWPORT_PARTS)
        return false;
    *table = (struct table){.name = "lines",
                            .title = input->viewport->viewport->title,
                            .columns = input->viewport_shape->columns,
                            .column_count = input->viewport_shape->count,
                            .row_count = input->viewport->line_count,
                            .has_total = true,
                            .model = input,
                            .value = line_value,
                            .identity = line_identity,
                            .is_problem = line_problem};
    if (part == VIEWPORT_PART_ROWS) {
        parts_of(input, &count);
        *table =
            (struct table){.name = "rows",
                           .title = "rows behind it",
                           .columns = part_columns,
                           .column_count = sizeof part_columns / sizeof part_columns[0],
                           .row_count = count,
                           .model = input,
                           .value = part_value,
                           .identity = part_identity};
    } else if (part == VIEWPORT_PART_LEFT_OUT) {
        *table = (struct table){.name = "left_out",
                                .title = "not in the totals",
                                .columns = left_out_columns,
                                .column_count = sizeof left_out_columns /
                                                sizeof left_out_columns[0],
                                .row_count = input->viewport->left_out_count,
                                .model = input,
                                .value = left_out_value,
                                .identity = left_out_identity};
    }
    return true;
}

/* --- drawing ---------------------------------------------------------------------- */

void viewport_write_coverage(const struct model_viewport *model, char *text,
                             size_t size)
{
    const struct coverage *coverage = &model->coverage;
    snprintf(text, size, "covers %u/%u, by weight %lld/%lld%s", coverage->answered,
             coverage->expected, (long long)coverage->weight_answered,
             (long long)coverage->weight_expected,
             model->policy == PARTIAL_STRICT ? ", strict" : "");
}

static void draw_lead(const struct pane_input *input, const struct pane_state *state,
                      const struct table *table, int row, struct cells *cells)
{
    static const char *const parts[] = {"", " > rows", " > left out"};
    char text[160], covers[96];
    viewport_write_coverage(input->viewport, covers, sizeof covers);
    snprintf(text, sizeof text, "%.32s%s%s%.24s  %s", input->viewport->viewport->name,
             parts[state->part],
             state->part == VIEWPORT_PART_ROWS && input->viewport_line[0] ? " of " : "",
             state->part == VIEWPORT_PART_ROWS ? input->viewport_line : "", covers);
    pane_draw_list_state(table, &state->views[state->part], input, row, text, cells);
}

void viewport_draw(const struct pane_input *input, struct pane_state *state,
                   struct area area, struct cells *cells)
{
    struct table table;
    if (!viewport_table(input, state->part, &table)) {
        cells_text(cells, area.row + 1, 1, area.columns - 2, STYLE_TEXT,
                   "No viewport is open: V opens the next one, :viewport NAME one by "
                   "name.");
        cells_text(cells, area.row + 2, 1, area.columns - 2, STYLE_DIM,
                   "They are defined in viewports/ beside fleet.conf: man fleet.conf.");
        return;
    }
    struct area list = {area.row + 1, area.column, area.rows - 1, area.columns};
    int notes = list.rows >= 12 ? 2 : 0;
    list.rows -= notes;
    struct table_view *view = &state->views[state->part];
    if (table.row_count == 0 && state->part == VIEWPORT_PART_LEFT_OUT)
        cells_text(cells, list.row + 1, 1, area.columns - 2, STYLE_TEXT,
                   "the totals leave nothing out");
    else if (table.row_count == 0)
        cells_text(cells, list.row + 1, 1, area.columns - 2, STYLE_TEXT,
                   "no row of the fleet belongs here");
    else if (view->count == 0 && view->filter.count)
        cells_text(cells, list.row + 1, 1, area.columns - 2, STYLE_TEXT,
                   "no row matches the filter; Esc clears it");
    else
        pane_draw_part(PANE_VIEWPORT, state->part, input, state, list, cells);
    draw_lead(input, state, &table, area.row, cells);
    if (!notes)
        return;
    int row = list.row + list.rows;
    cells_text(cells, row, 1, area.columns - 2, STYLE_DIM, input->viewport->rates);
    cells_text(cells, row + 1, 1, area.columns - 2, STYLE_DIM,
               input->viewport->ownership);
}
