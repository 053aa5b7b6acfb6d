/* F3, the portfolio: entities and their total, the statement that leads to the
 * headline, and what the totals leave out. */
#include <stdio.h>

#include "screens/card.h"
#include "screens/draw.h"
#include "screens/screen.h"

#define PORTFOLIO(table) (((const struct pane_input *)(table)->model)->portfolio_model)

/* --- entities --------------------------------------------------------------------- */

static const struct table_column entity_columns[] = {
    {"entity", "entity", VALUE_TEXT, 15, 17, 0, false},
    {"name", "name", VALUE_TEXT, 12, 20, 11, false},
    {"group", "group", VALUE_TEXT, 8, 10, 4, false},
    {"currency", "ccy", VALUE_TEXT, 3, 4, 3, false},
    {"effective", "share", VALUE_FIGURE, 8, 8, 10, false},
    {"net_assets", "net assets", VALUE_FIGURE, 15, 19, 1, false},
    {"cash", "cash", VALUE_FIGURE, 13, 17, 6, false},
    {"debt", "debt", VALUE_FIGURE, 13, 17, 9, false},
    {"revenue", "revenue", VALUE_FIGURE, 13, 17, 10, false},
    {"noi", "NOI", VALUE_FIGURE, 13, 16, 2, false},
    {"net_income", "net income", VALUE_FIGURE, 13, 17, 11, false},
    {"ltv", "LTV", VALUE_FIGURE, 8, 8, 5, false},
    {"occupancy", "occ", VALUE_FIGURE, 8, 8, 8, false},
    {"dscr", "DSCR", VALUE_FIGURE, 8, 8, 10, false},
    {"breaks", "brk", VALUE_COUNT, 3, 3, 7, false},
    {"age", "age", VALUE_AGE, 6, 7, 0, false},
    {"state", "state", VALUE_TEXT, 8, 18, 7, false},
};

static void entity_value(const struct table *table, uint32_t index, unsigned column,
                         struct value *value)
{
    const struct model_portfolio *model = PORTFOLIO(table);
    bool is_total = index == TABLE_TOTAL;
    const struct portfolio_row *row = is_total ? &model->total : &model->rows[index];
    const struct figure *const figures[] = {
        &row->effective, &row->net_assets, &row->cash, &row->debt,      &row->revenue,
        &row->noi,       &row->net_income, &row->ltv,  &row->occupancy, &row->dscr};
    switch (column) {
    case 0:
        value->text = is_total ? "total" : row->entity;
        break;
    case 1:
        value->text = is_total ? "" : row->name;
        break;
    case 2:
        value->text = is_total ? "" : row->group;
        break;
    case 3:
        value->text = is_total ? model->currency : row->currency;
        break;
    case 4:
        if (!is_total)
            value->figure = &row->effective;
        break;
    case 14:
        value->number = row->breaks;
        value->style = row->breaks ? STYLE_CRITICAL : STYLE_TEXT;
        break;
    case 15:
        value->number = row->as_of_ms;
        value->mark = row->mark;
        break;
    case 16:
        value->text = is_total ? "" : row->state;
        break;
    default:
        value->figure = figures[column - 4];
    }
}

static const char *entity_identity(const struct table *table, uint32_t row,
                                   char scratch[IDENTITY_CHARS])
{
    (void)scratch;
    return PORTFOLIO(table)->rows[row].entity;
}

static bool entity_problem(const struct table *table, uint32_t row)
{
    const struct portfolio_row *line = &PORTFOLIO(table)->rows[row];
    return line->breaks > 0 || line->mark > MARK_AGING;
}

/* --- statement -------------------------------------------------------------------- */

static const struct table_column statement_columns[] = {
    {"line", "statement", VALUE_TEXT, 22, 46, 0, false},
    {"amount", "amount", VALUE_FIGURE, 16, 22, 0, false},
    {"reported", "reported", VALUE_OF, 9, 11, 1, false},
    {"age", "age", VALUE_AGE, 6, 8, 2, false},
};

static void statement_value(const struct table *table, uint32_t row, unsigned column,
                            struct value *value)
{
    const struct statement_line *line = &PORTFOLIO(table)->statement[row];
    switch (column) {
    case 0:
        value->text = line->label;
        value->indent = (uint8_t)(line->level < 8 ? line->level * 2 : 16);
        value->style = line->is_total ? STYLE_KEY : STYLE_TEXT;
        break;
    case 1:
        value->figure = &line->figure;
        break;
    case 2:
        value->number = line->figure.included;
        value->of = line->figure.expected;
        break;
    default:
        value->number = line->figure.as_of_ms;
        value->mark = line->figure.mark;
    }
}

static const char *statement_identity(const struct table *table, uint32_t row,
                                      char scratch[IDENTITY_CHARS])
{
    (void)scratch;
    return PORTFOLIO(table)->statement[row].key;
}

/* --- left out --------------------------------------------------------------------- */

static const struct table_column left_out_columns[] = {
    {"entity", "left out", VALUE_TEXT, 10, 12, 0, false},
    {"what", "what", VALUE_TEXT, 14, 32, 1, false},
    {"amount", "amount", VALUE_FIGURE, 14, 15, 0, false},
    {"reason", "because", VALUE_TEXT, 28, 60, 0, false},
};

static void left_out_value(const struct table *table, uint32_t row, unsigned column,
                           struct value *value)
{
    const struct contribution *line = &PORTFOLIO(table)->left_out[row];
    switch (column) {
    case 0:
        value->text = line->entity;
        break;
    case 1:
        value->text = line->what;
        break;
    case 2:
        value->figure = &line->figure;
        break;
    default:
        value->text = line->reason;
    }
}

static const char *left_out_identity(const struct table *table, uint32_t row,
                                     char scratch[IDENTITY_CHARS])
{
    const struct contribution *line = &PORTFOLIO(table)->left_out[row];
    return identity_join(scratch, line->entity, line->what);
}

#define COLUMNS(list) .columns = (list), .column_count = sizeof(list) / sizeof(list)[0]

bool portfolio_table(const struct pane_input *input, unsigned part, struct table *table)
{
    const struct model_portfolio *model = input->portfolio_model;
    if (!model)
        return false;
    switch ((enum portfolio_part)part) {
    case PORTFOLIO_ENTITIES:
        *table = (struct table){.name = "entities",
                                .title = "entities",
                                COLUMNS(entity_columns),
                                .row_count = model->row_count,
                                .has_total = true,
                                .value = entity_value,
                                .identity = entity_identity,
                                .is_problem = entity_problem};
        break;
    case PORTFOLIO_STATEMENT:
        *table = (struct table){.name = "statement",
                                .title = "statement",
                                COLUMNS(statement_columns),
                                .row_count = model->statement_count,
                                .value = statement_value,
                                .identity = statement_identity};
        break;
    case PORTFOLIO_LEFT_OUT:
        *table = (struct table){.name = "left_out",
                                .title = "left out",
                                COLUMNS(left_out_columns),
                                .row_count = model->left_out_count,
                                .value = left_out_value,
                                .identity = left_out_identity};
        break;
    case PORTFOLIO_PARTS:
        return false;
    }
    table->model = input;
    return true;
}

/* --- drawing ---------------------------------------------------------------------- */

static void card_entity(const struct pane_input *input, const struct pane_state *state,
                        struct card *card)
{
    uint32_t index = table_selected_row(&state->views[PORTFOLIO_ENTITIES]);
    if (index == TABLE_TOTAL)
        return;
    const struct portfolio_row *row = &input->portfolio_model->rows[index];
    char text[200], time[TIME_CHARS];
    snprintf(text, sizeof text, "%.40s: where the figures come from", row->entity);
    card_rule(card, text);
    card_figure(card, "net assets", &row->net_assets);
    if (row->net_assets.why[0])
        card_field(card, "", STYLE_TEXT, row->net_assets.why);
    card_figure(card, "NOI", &row->noi);
    if (row->noi.why[0])
        card_field(card, "", STYLE_TEXT, row->noi.why);
    stamp_write(row->as_of_ms, true, time);
    snprintf(text, sizeof text, "%s; %.120s", row->as_of_ms ? time : "--", row->state);
    card_field(card, "as of", STYLE_TEXT, text);
}

static void card_statement(const struct pane_input *input,
                           const struct pane_state *state, struct card *card)
{
    uint32_t index = table_selected_row(&state->views[PORTFOLIO_STATEMENT]);
    if (index == TABLE_TOTAL)
        return;
    const struct statement_line *line = &input->portfolio_model->statement[index];
    char text[160];
    snprintf(text, sizeof text, "%.100s: made of", line->label);
    card_rule(card, text);
    if (line->figure.why[0])
        card_text(card, STYLE_DIM, line->figure.why);
    for (uint32_t i = 0; i < line->part_count && card_has_room(card); i++) {
        const struct contribution *part = &line->parts[i];
        struct area at = card->area;
        int row = at.row + card->line;
        cells_text(card->cells, row, at.column + 1, 16, STYLE_TEXT, part->entity);
        figure_draw(card->cells, row, at.column + 18, 20, &part->figure, NUMBER_EXACT,
                    false);
        cells_text(card->cells, row, at.column + 39, at.columns - 40,
                   part->left_out ? STYLE_WARNING : STYLE_DIM,
                   part->left_out ? part->reason : part->what);
        card_blank(card);
    }
}

/* What a reader of the totals must know, under the table. */
static int draw_notes(const struct pane_input *input, struct area area,
                      struct cells *cells)
{
    const struct model_portfolio *model = input->portfolio_model;
    struct card card = card_begin(cells, area, 0, 10);
    if (model->invariant[0])
        card_text(&card, STYLE_CRITICAL, model->invariant);
    if (model->note[0])
        card_text(&card, STYLE_WARNING, model->note);
    if (model->rates[0] && area.rows > card.line)
        card_text(&card, STYLE_DIM, model->rates);
    if (model->ownership[0] && area.rows > card.line)
        card_text(&card, STYLE_DIM, model->ownership);
    return card.line;
}

/* On a small screen the rows matter more than the version of the ownership, which every
 * export has. */
static int count_notes(const struct pane_input *input, int columns, bool is_tall)
{
    struct card card = {.area = {0, 0, 0, columns}}; /* measures, draws nothing */
    const struct model_portfolio *model = input->portfolio_model;
    if (model->invariant[0])
        card_text(&card, STYLE_TEXT, model->invariant);
    if (model->note[0])
        card_text(&card, STYLE_TEXT, model->note);
    if (model->rates[0])
        card_text(&card, STYLE_TEXT, model->rates);
    if (is_tall && model->ownership[0])
        card_text(&card, STYLE_TEXT, model->ownership);
    return card.line;
}

static void draw_lead(const struct pane_input *input, const struct pane_state *state,
                      const struct table *table, int row, struct cells *cells)
{
    char text[120], period[TIME_CHARS];
    period_write(input->portfolio_model->period, period);
    snprintf(text, sizeof text, "%.8s %s  %s%s%s", input->portfolio_model->currency,
             period, basis_name(input->basis),
             input->portfolio_model->policy == PARTIAL_STRICT ? ", strict" : "",
             input->without_last_known ? ", without last known" : "");
    pane_draw_list_state(table, &state->views[state->part], input, row, text, cells);
}

void portfolio_draw(const struct pane_input *input, struct pane_state *state,
                    struct area area, struct cells *cells)
{
    struct table table;
    if (!portfolio_table(input, state->part, &table))
        return;
    struct area list = {area.row + 1, area.column, area.rows - 1, area.columns};
    int notes = 0, card = 0;
    bool has_card = state->part == PORTFOLIO_STATEMENT ||
                    (state->part == PORTFOLIO_ENTITIES && state->shows_card);
    if (list.rows >= 12) {
        notes = count_notes(input, area.columns, list.rows >= 24);
        notes = notes < 4 ? notes : 4;
    }
    if (has_card && list.rows >= 14)
        card = list.rows >= 30 ? 14 : 7;
    list.rows -= notes + card;
    struct table_view *view = &state->views[state->part];
    if (table.row_count == 0 && state->part == PORTFOLIO_LEFT_OUT)
        cells_text(cells, list.row + 1, 1, area.columns - 2, STYLE_TEXT,
                   "the totals leave nothing out");
    else if (view->count == 0 && view->filter.count)
        cells_text(cells, list.row + 1, 1, area.columns - 2, STYLE_TEXT,
                   "no row matches the filter; Esc clears it");
    else
        pane_draw_part(PANE_PORTFOLIO, state->part, input, state, list, cells);
    draw_lead(input, state, &table, area.row, cells);
    struct area below = {list.row + list.rows, area.column, card, area.columns};
    if (card) {
        struct card words = card_begin(cells, below, 0, 13);
        if (state->part == PORTFOLIO_STATEMENT)
            card_statement(input, state, &words);
        else
            card_entity(input, state, &words);
    }
    below.row += card;
    below.rows = notes;
    draw_notes(input, below, cells);
}
