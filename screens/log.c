/* F9, the log of this session: what links did, what was asked.  Memory only. */
#include <stdio.h>

#include "screens/draw.h"

#define LINE(table, row) (&((const struct pane_input *)(table)->model)->log[row])

static const struct table_column columns[] = {
    {"at", "time", VALUE_MOMENT, 6, 16, 0, false},
    {"severity", "", VALUE_TEXT, 2, 2, 0, false},
    {"entity", "where", VALUE_TEXT, 15, 18, 0, false},
    {"text", "what happened", VALUE_TEXT, 16, 100, 0, false},
};

static void log_value(const struct table *table, uint32_t row, unsigned column,
                      struct value *value)
{
    const struct log_line *line = LINE(table, row);
    switch (column) {
    case 0:
        value->number = line->at_ms;
        break;
    case 1:
        value->text = severity_sign(line->severity);
        value->style = severity_style(line->severity);
        break;
    case 2:
        value->text = line->entity;
        break;
    default:
        value->text = line->text;
    }
}

static const char *log_identity(const struct table *table, uint32_t row,
                                char scratch[IDENTITY_CHARS])
{
    const struct log_line *line = LINE(table, row);
    snprintf(scratch, IDENTITY_CHARS, "%lld|%s|%s", (long long)line->at_ms,
             line->entity, line->text);
    return scratch;
}

static bool log_problem(const struct table *table, uint32_t row)
{
    return LINE(table, row)->severity != SEVERITY_INFO;
}

bool log_table(const struct pane_input *input, unsigned part, struct table *table)
{
    if (part != 0)
        return false;
    *table = (struct table){.name = "log",
                            .title = "log",
                            .columns = columns,
                            .column_count = sizeof columns / sizeof columns[0],
                            .row_count = input->log_count,
                            .model = input,
                            .value = log_value,
                            .identity = log_identity,
                            .is_problem = log_problem};
    return true;
}

void log_draw(const struct pane_input *input, struct pane_state *state,
              struct area area, struct cells *cells)
{
    struct table table;
    if (!log_table(input, 0, &table))
        return;
    pane_draw_list_state(&table, &state->views[0], input, area.row,
                         "this session, newest first; nothing is kept on disk", cells);
    area.row++;
    area.rows--;
    if (state->views[0].count == 0)
        cells_text(cells, area.row, 1, area.columns - 2, STYLE_TEXT,
                   input->log_count ? "no line matches the filter; Esc clears it"
                                    : "nothing has happened yet");
    else
        pane_draw_part(PANE_LOG, 0, input, state, area, cells);
}
