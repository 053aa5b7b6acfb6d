/* F7, what needs attention: grouped by cause, ranked, with the effect in numbers. */
#include <stdio.h>

#include "screens/card.h"
#include "screens/draw.h"
#include "screens/screen.h"

#define LINES(table)                                                                   \
    (((const struct pane_input *)(table)->model)->executive->exceptions)

const char *severity_sign(enum severity severity)
{
    return severity == SEVERITY_CRITICAL  ? "!!"
           : severity == SEVERITY_WARNING ? "!"
                                          : "i";
}

enum style severity_style(enum severity severity)
{
    return severity == SEVERITY_CRITICAL  ? STYLE_CRITICAL
           : severity == SEVERITY_WARNING ? STYLE_WARNING
                                          : STYLE_TEXT;
}

static const struct table_column columns[] = {
    {"severity", "", VALUE_TEXT, 2, 2, 0, false},
    {"since", "since", VALUE_MOMENT, 6, 16, 3, false},
    {"entity", "where", VALUE_TEXT, 15, 18, 0, false},
    {"what", "what", VALUE_TEXT, 40, 76, 0, false},
    {"amount", "amount", VALUE_FIGURE, 13, 17, 1, false},
    {"count", "n", VALUE_COUNT, 5, 5, 2, false},
};

static void alert_value(const struct table *table, uint32_t row, unsigned column,
                        struct value *value)
{
    const struct exception_line *line = &LINES(table)[row];
    switch (column) {
    case 0:
        value->text = severity_sign(line->severity);
        value->style = severity_style(line->severity);
        break;
    case 1:
        value->number = line->since_ms;
        break;
    case 2:
        value->text = line->entity;
        break;
    case 3:
        value->text = line->what;
        break;
    case 4:
        value->figure = &line->amount;
        break;
    default:
        value->number = line->count;
    }
}

static const char *alert_identity(const struct table *table, uint32_t row,
                                  char scratch[IDENTITY_CHARS])
{
    return identity_join(scratch, LINES(table)[row].entity, LINES(table)[row].what);
}

static bool alert_problem(const struct table *table, uint32_t row)
{
    return LINES(table)[row].severity == SEVERITY_CRITICAL;
}

bool alerts_table(const struct pane_input *input, unsigned part, struct table *table)
{
    if (part != 0 || !input->executive)
        return false;
    *table = (struct table){.name = "alerts",
                            .title = "alerts",
                            .columns = columns,
                            .column_count = sizeof columns / sizeof columns[0],
                            .row_count = input->executive->exception_count,
                            .model = input,
                            .value = alert_value,
                            .identity = alert_identity,
                            .is_problem = alert_problem};
    return true;
}

static void draw_card(const struct pane_input *input, const struct pane_state *state,
                      struct area area, struct cells *cells)
{
    uint32_t row = table_selected_row(&state->views[0]);
    if (row == TABLE_TOTAL)
        return;
    const struct exception_line *line = &input->executive->exceptions[row];
    char text[160], time[TIME_CHARS], age[TIME_CHARS];
    struct card card = card_begin(cells, area, 0, 12);
    card_rule(&card, line->entity[0] ? line->entity : "the selected alert");
    card_text(&card, severity_style(line->severity), line->what);
    if (line->amount.present || line->amount.mark != MARK_NOT_APPLICABLE) {
        card_figure(&card, "effect", &line->amount);
        if (line->amount.why[0])
            card_field(&card, "", STYLE_TEXT, line->amount.why);
    }
    if (line->since_ms) {
        stamp_write(line->since_ms, true, time);
        age_write(input->now_ms, line->since_ms, age);
        snprintf(text, sizeof text, "%s (%s), in this session", time, age);
        card_field(&card, "since", STYLE_TEXT, text);
    }
    if (line->count > 1) {
        snprintf(text, sizeof text, "%u entities", line->count);
        card_field(&card, "concerns", STYLE_TEXT, text);
    }
}

void alerts_draw(const struct pane_input *input, struct pane_state *state,
                 struct area area, struct cells *cells)
{
    struct table table;
    char text[96];
    if (!alerts_table(input, 0, &table))
        return;
    snprintf(text, sizeof text, "open: %u critical  %u warning", input->critical,
             input->warnings);
    pane_draw_list_state(&table, &state->views[0], input, area.row, text, cells);
    struct area list = {area.row + 1, area.column, area.rows - 1, area.columns};
    int card = area.rows >= 14 ? 7 : 0;
    list.rows -= card;
    if (table.row_count == 0)
        cells_text(cells, list.row + 1, 1, area.columns - 2, STYLE_TEXT,
                   "nothing needs attention");
    else
        pane_draw_part(PANE_ALERTS, 0, input, state, list, cells);
    if (card)
        draw_card(input, state,
                  (struct area){list.row + list.rows, area.column, card, area.columns},
                  cells);
}
