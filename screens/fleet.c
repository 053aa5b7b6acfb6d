/* F5, the fleet: one mark a Totebox, and the links, worst first. */
#include <stdio.h>
#include <string.h>

#include "screens/card.h"
#include "screens/draw.h"
#include "screens/screen.h"

#define INPUT(table)     ((const struct pane_input *)(table)->model)
#define LINE(table, row) (&INPUT(table)->fleet_model->lines[row])

static const struct table_column columns[] = {
    {"entity", "worst links", VALUE_TEXT, 14, 18, 0, false},
    {"group", "group", VALUE_TEXT, 8, 10, 4, false},
    {"mark", "", VALUE_MARK, 1, 1, 0, false},
    {"state", "state", VALUE_TEXT, 12, 16, 1, false},
    {"rtt_ms", "rtt", VALUE_DURATION, 6, 7, 3, false},
    {"last_answer", "last", VALUE_AGE, 6, 7, 1, false},
    {"retry_ms", "retry", VALUE_DURATION, 6, 7, 2, false},
    {"capability_ends_ms", "cap ends", VALUE_DURATION, 8, 8, 5, false},
    {"attempts", "tries", VALUE_COUNT, 5, 6, 6, false},
    {"rows", "rows", VALUE_COUNT, 6, 7, 6, false},
    {"skew_ms", "skew", VALUE_TEXT, 6, 7, 9, false},
    {"address", "address", VALUE_TEXT, 16, 24, 8, false},
    {"reason", "reason", VALUE_TEXT, 20, 60, 7, false},
};

/* The archive's clock against ours, in steps that need no text of their own. */
static const char *skew_word(int64_t skew_ms)
{
    int64_t size = skew_ms < 0 ? -skew_ms : skew_ms;
    bool ahead = skew_ms > 0;
    if (size < 500)
        return "0s";
    if (size < 5000)
        return ahead ? "+<5s" : "-<5s";
    if (size < 60000)
        return ahead ? "+<1m" : "-<1m";
    return ahead ? "+>1m" : "->1m";
}

static void link_value(const struct table *table, uint32_t row, unsigned column,
                       struct value *value)
{
    const struct pane_input *input = INPUT(table);
    const struct fleet_line *line = LINE(table, row);
    const struct link_status *status = &line->status;
    switch (column) {
    case 0:
        value->text = line->entity;
        break;
    case 1:
        value->text = line->group;
        break;
    case 2:
        value->mark = line->mark;
        break;
    case 3:
        value->text = line->state;
        value->style = mark_style(line->mark);
        break;
    case 4:
        value->number = status->rtt_ms;
        break;
    case 5:
        value->number = status->last_ok_ms;
        break;
    case 6:
        value->number =
            status->retry_at_mono_ms ? status->retry_at_mono_ms - input->mono_ms : -1;
        if (status->state == LINK_LIVE || status->state == LINK_QUIET)
            value->text = "live";
        else if (status->retry_at_mono_ms && value->number < 0)
            value->text = "now";
        break;
    case 7:
        value->number = status->capability_ends_ms ? status->capability_ends_ms -
                                                         status->skew_ms - input->now_ms
                                                   : -1;
        if (status->capability_ends_ms && value->number < 0)
            value->text = "ended";
        break;
    case 8:
        value->number = status->attempts;
        break;
    case 9:
        value->number = line->rows;
        break;
    case 10:
        value->text = status->last_ok_ms ? skew_word(status->skew_ms) : "--";
        break;
    case 11:
        value->text = line->address;
        break;
    default:
        value->text = status->reason;
    }
}

static const char *link_identity(const struct table *table, uint32_t row,
                                 char scratch[IDENTITY_CHARS])
{
    (void)scratch;
    return LINE(table, row)->entity;
}

static bool link_problem(const struct table *table, uint32_t row)
{
    return LINE(table, row)->mark > MARK_AGING;
}

bool fleet_table(const struct pane_input *input, unsigned part, struct table *table)
{
    if (part != 0 || !input->fleet_model)
        return false;
    *table = (struct table){.name = "links",
                            .title = "links",
                            .columns = columns,
                            .column_count = sizeof columns / sizeof columns[0],
                            .row_count = input->fleet_model->line_count,
                            .model = input,
                            .value = link_value,
                            .identity = link_identity,
                            .is_problem = link_problem};
    return true;
}

/* --- drawing ---------------------------------------------------------------------- */

static void draw_legend(const struct pane_input *input, uint32_t scale, int row,
                        struct cells *cells)
{
    static const struct {
        enum mark mark;
        const char *word;
        bool always;
    } legend[] = {
        {MARK_CURRENT, "ok", true},       {MARK_AGING, "aging", true},
        {MARK_STALE, "stale", true},      {MARK_LAST_KNOWN, "down", true},
        {MARK_REFUSED, "refused", false}, {MARK_EXPIRED, "expired", false},
        {MARK_NEVER, "never", false},     {MARK_WAITING, "waiting", false},
    };
    const struct model_fleet *model = input->fleet_model;
    char text[64], number[TIME_CHARS];
    count_write(model->line_count, number);
    snprintf(text, sizeof text, "%s Totebox%s", number,
             model->line_count == 1 ? "" : "es");
    int column = 1 + cells_text(cells, row, 1, 24, STYLE_TEXT, text) + 2;
    for (unsigned i = 0; i < sizeof legend / sizeof legend[0]; i++) {
        uint32_t count = 0;
        for (uint32_t j = 0; j < model->line_count; j++)
            count += model->lines[j].mark == legend[i].mark;
        if (count == 0 && !legend[i].always)
            continue;
        snprintf(text, sizeof text, "%c %s %u", mark_on_map(legend[i].mark),
                 legend[i].word, count);
        int width = text_columns(text);
        if (column + width > cells->columns - 1)
            return;
        cells_text(cells, row, column, width,
                   count ? mark_style(legend[i].mark) : STYLE_TEXT, text);
        column += width + 2;
    }
    if (scale == 1)
        return;
    snprintf(text, sizeof text, "(worst of %u)", scale);
    if (column + text_columns(text) < cells->columns)
        cells_text(cells, row, column, 40, STYLE_DIM, text);
}

static void draw_link_card(const struct pane_input *input,
                           const struct table_view *view, struct area area,
                           struct cells *cells)
{
    uint32_t row = table_selected_row(view);
    if (row == TABLE_TOTAL || area.rows < 2)
        return;
    const struct fleet_line *line = &input->fleet_model->lines[row];
    char text[256];
    struct card card = card_begin(cells, area, 0, 12);
    if (input->fleet_model->common_cause[0]) {
        card_rule(&card, "common cause");
        card_text(&card, STYLE_WARNING, input->fleet_model->common_cause);
    }
    bool is_named = strcmp(line->name, line->entity) != 0;
    snprintf(text, sizeof text, "%.40s%s%.60s", line->entity, is_named ? "  " : "",
             is_named ? line->name : "");
    card_rule(&card, text);
    card_field(&card, "address", STYLE_TEXT, line->address);
    if (line->status.reason[0])
        card_field(&card, "reason", mark_style(line->mark), line->status.reason);
    card_field(&card, "key", STYLE_TEXT,
               line->fingerprint[0] ? line->fingerprint : "no key is pinned");
    snprintf(text, sizeof text, "%llu deltas, %llu bytes in, revision %llu",
             (unsigned long long)line->status.deltas,
             (unsigned long long)line->status.bytes_in,
             (unsigned long long)line->status.revision);
    card_field(&card, "received", STYLE_TEXT, text);
    if (line->status.refused_rows || line->status.bad_rows) {
        snprintf(text, sizeof text,
                 "%u rows for another entity refused, %u rows that do not decode",
                 line->status.refused_rows, line->status.bad_rows);
        card_field(&card, "refused", STYLE_WARNING, text);
    }
}

void fleet_draw(const struct pane_input *input, struct pane_state *state,
                struct area area, struct cells *cells)
{
    const struct model_fleet *model = input->fleet_model;
    if (!model)
        return;
    if (model->line_count == 0) {
        cells_text(cells, area.row + 2, 1, area.columns - 2, STYLE_TEXT,
                   "No Toteboxes are paired.  F11 says how: fleet pair HOST:PORT");
        return;
    }
    area.row++;
    area.rows--;
    struct area map = area;
    int wish = fleet_map_wish(model, area.columns),
        most = area.rows < 10 ? 1 : area.rows * 2 / 5;
    map.rows = wish < most ? wish : most;
    uint32_t scale = fleet_draw_map(input, map, true, cells);
    draw_legend(input, scale, area.row - 1, cells);
    int card = area.rows >= 16 ? (area.rows >= 30 ? 9 : 4) : 0;
    if (card == 4 && !model->common_cause[0])
        card = 3;
    struct area list = {area.row + map.rows, 0, area.rows - map.rows - card,
                        area.columns};
    struct table_view *view = &state->views[0];
    if (view->count == 0)
        cells_text(cells, list.row, 1, area.columns - 2, STYLE_TEXT,
                   "no link matches the filter; Esc clears it");
    else
        pane_draw_part(PANE_FLEET, 0, input, state, list, cells);
    draw_link_card(input, view,
                   (struct area){list.row + list.rows, 0, card, area.columns}, cells);
}
