/* F6, one entity: every row that this console may read, and where the selected one
 * comes from and goes to. */
#include <stdio.h>
#include <string.h>

#include "screens/card.h"
#include "screens/draw.h"
#include "screens/screen.h"

#define LINE(table, row)                                                               \
    (&((const struct pane_input *)(table)->model)->entity->lines[row])

static const struct table_column columns[] = {
    {"view", "view", VALUE_TEXT, 6, 6, 5, false},
    {"key", "row", VALUE_TEXT, 20, 34, 0, false},
    {"period", "period", VALUE_TEXT, 8, 17, 4, false},
    {"value", "value", VALUE_FIGURE, 18, 22, 0, false},
    {"unit", "unit", VALUE_TEXT, 5, 6, 1, false},
    {"text", "", VALUE_TEXT, 10, 26, 6, false},
    {"as_of", "as of", VALUE_MOMENT, 6, 16, 3, false},
    {"age", "age", VALUE_AGE, 6, 7, 0, false},
};

/* The period is a part of the key (docs: rows); the same line of two periods differs in
 * nothing else that is shown. */
static void write_period(const struct entity_line *line, char text[VALUE_CHARS])
{
    unsigned part = line->view == VIEW_POS ? 1 : line->view == VIEW_METRIC ? 2 : 0;
    const char *at = line->key;
    if (part == 0)
        return;
    for (; part > 0 && at; part--) {
        at = strchr(at, '|');
        at = at ? at + 1 : NULL;
    }
    if (at)
        snprintf(text, VALUE_CHARS, "%.*s", (int)strcspn(at, "|"), at);
}

static void line_value(const struct table *table, uint32_t row, unsigned column,
                       struct value *value)
{
    const struct entity_line *line = LINE(table, row);
    /* A row without a number shows its words in that place. */
    bool has_figure = line->figure.present || !line->text[0];
    switch (column) {
    case 0:
        value->text = view_table(line->view)->name;
        break;
    case 1:
        value->text = line->label[0] ? line->label : line->key;
        break;
    case 2:
        value->text = NULL;
        write_period(line, value->made);
        break;
    case 3:
        value->figure = has_figure ? &line->figure : NULL;
        value->text = has_figure ? "" : line->text;
        break;
    case 4:
        value->text = has_figure ? line->figure.currency : "";
        break;
    case 5:
        value->text = line->text;
        break;
    case 6:
        value->number = line->as_of_ms;
        break;
    default:
        value->number = line->as_of_ms;
        value->mark = line->figure.mark;
    }
}

static const char *line_identity(const struct table *table, uint32_t row,
                                 char scratch[IDENTITY_CHARS])
{
    const struct entity_line *line = LINE(table, row);
    return identity_join(scratch, view_table(line->view)->name, line->key);
}

static bool line_problem(const struct table *table, uint32_t row)
{
    return LINE(table, row)->figure.mark > MARK_AGING;
}

bool entity_table(const struct pane_input *input, unsigned part, struct table *table)
{
    if (part != 0 || !input->entity)
        return false;
    *table = (struct table){.name = "rows",
                            .title = "rows",
                            .columns = columns,
                            .column_count = sizeof columns / sizeof columns[0],
                            .row_count = input->entity->line_count,
                            .model = input,
                            .value = line_value,
                            .identity = line_identity,
                            .is_problem = line_problem};
    return true;
}

static void card_link(const struct pane_input *input, struct card *card)
{
    const struct fleet_line *link = input->entity->link;
    char text[256], age[TIME_CHARS], rtt[TIME_CHARS];
    if (!link)
        return;
    age_write(input->now_ms, link->status.last_ok_ms, age);
    duration_write(link->status.rtt_ms < 0 ? 0 : link->status.rtt_ms, rtt);
    snprintf(text, sizeof text, "%.40s, last answer %s ago, round trip %s", link->state,
             age, link->status.rtt_ms < 0 ? "--" : rtt);
    card_field(card, "link", mark_style(link->mark), text);
    bool is_proved = false;
    for (unsigned i = 0; i < HASH_BYTES; i++)
        is_proved |= link->status.peer[i] != 0;
    snprintf(text, sizeof text, "%s %.50s",
             is_proved ? "TLS key = pinned key" : "pinned key, not proved yet",
             link->fingerprint);
    card_field(card, "verified", is_proved ? STYLE_TEXT : STYLE_WARNING, text);
    if (link->status.capability_ends_ms) {
        char end[TIME_CHARS], id[20];
        time_write(link->status.capability_ends_ms, end);
        snprintf(id, sizeof id, "%02x%02x..%02x", link->status.leaf[0],
                 link->status.leaf[1], link->status.leaf[HASH_BYTES - 1]);
        snprintf(text, sizeof text, "capability %s, until %s", id, end);
        card_field(card, "under", STYLE_TEXT, text);
    }
}

static void draw_card(const struct pane_input *input, const struct pane_state *state,
                      struct area area, struct cells *cells)
{
    uint32_t row = table_selected_row(&state->views[0]);
    if (row == TABLE_TOTAL)
        return;
    const struct entity_line *line = &input->entity->lines[row];
    char text[512], time[TIME_CHARS], age[TIME_CHARS];
    struct card card = card_begin(cells, area, 0, 12);
    snprintf(text, sizeof text, "provenance of %.200s",
             line->label[0] ? line->label : line->key);
    card_rule(&card, text);
    if (line->figure.present || !line->text[0])
        card_figure(&card, "value", &line->figure);
    else
        card_field(&card, "value", STYLE_TEXT, line->text);
    if (line->figure.why[0])
        card_field(&card, "", STYLE_TEXT, line->figure.why);
    stamp_write(line->as_of_ms, true, time);
    age_write(input->now_ms, line->as_of_ms, age);
    snprintf(text, sizeof text, "%s (%s), by the archive's own word",
             line->as_of_ms ? time : "--", age);
    card_field(&card, "as of", STYLE_TEXT, text);
    snprintf(text, sizeof text, "%s %.200s  seq %lld", view_table(line->view)->name,
             line->key, (long long)line->seq);
    card_field(&card, "row", STYLE_TEXT, text);
    card_link(input, &card);
    card_field(&card, "used in", STYLE_TEXT,
               line->used_in[0] ? line->used_in : "no total of this portfolio");
    if (line->detail[0])
        card_field(&card, "all of it", STYLE_DIM, line->detail);
    if (!card_has_room(&card))
        return;
    card_blank(&card);
    card_text(&card, STYLE_DIM,
              "Records stay in the Totebox: this console reads exposed rows only.");
}

static void draw_lead(const struct pane_input *input, struct pane_state *state, int row,
                      struct cells *cells)
{
    const struct model_entity *entity = input->entity;
    struct table table;
    char text[200];
    snprintf(text, sizeof text, "%.40s%s%.30s > %.20s  %.40s  %.12s %.4s  %.12s",
             input->portfolio, entity->group[0] ? " > " : "", entity->group,
             entity->entity,
             strcmp(entity->name, entity->entity) != 0 ? entity->name : "",
             entity->kind, entity->currency, entity->lifecycle);
    if (entity_table(input, 0, &table))
        pane_draw_list_state(&table, &state->views[0], input, row, text, cells);
}

void entity_draw(const struct pane_input *input, struct pane_state *state,
                 struct area area, struct cells *cells)
{
    char text[160];
    if (!input->entity) {
        snprintf(text, sizeof text,
                 input->entity_id[0]
                     ? "No block of the configuration has the entity %.60s."
                     : "No entity is open yet: Enter on a row opens one, "
                       "or :entity NAME.%.0s",
                 input->entity_id);
        cells_text(cells, area.row + 1, 1, area.columns - 2, STYLE_TEXT, text);
        return;
    }
    draw_lead(input, state, area.row, cells);
    struct area list = {area.row + 1, 0, area.rows - 1, area.columns};
    struct area card = list;
    if (cells->columns >= WIDE_COLUMNS) {
        list.columns = 96;
        card.column = 97;
        card.columns = area.columns - 97;
        for (int i = 0; i < list.rows; i++)
            cells_glyph(cells, list.row + i, 96, 1, STYLE_ACCENT, GLYPH_WALL);
    } else if (list.rows >= 16) {
        card.rows = list.rows >= 30 ? 14 : 9;
        list.rows -= card.rows;
        card.row += list.rows;
    } else {
        card.rows = 0;
    }
    struct table_view *view = &state->views[0];
    if (input->entity->line_count == 0)
        cells_text(cells, list.row, 1, list.columns - 2, STYLE_TEXT,
                   "this archive has not shown a row yet");
    else if (view->count == 0)
        cells_text(cells, list.row, 1, list.columns - 2, STYLE_TEXT,
                   "no row matches the filter; Esc clears it");
    else
        pane_draw_part(PANE_ENTITY, 0, input, state, list, cells);
    if (card.rows)
        draw_card(input, state, card, cells);
}
