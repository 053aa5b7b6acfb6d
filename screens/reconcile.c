/* F4, reconciliation: checks, breaks first, and both sides of the selected one. */
#include <stdio.h>
#include <string.h>

#include "screens/card.h"
#include "screens/draw.h"
#include "screens/screen.h"

#define CHECK(table, row)                                                              \
    (&((const struct pane_input *)(table)->model)->recon->checks[row])

static const struct table_column columns[] = {
    {"check", "check", VALUE_TEXT, 6, 8, 0, false},
    {"title", "title", VALUE_TEXT, 14, 24, 7, false},
    {"side_a", "side A", VALUE_TEXT, 15, 17, 1, false},
    {"side_b", "side B", VALUE_TEXT, 15, 17, 1, false},
    {"currency", "ccy", VALUE_TEXT, 3, 3, 6, false},
    {"difference", "A - B", VALUE_FIGURE, 14, 18, 0, false},
    {"tolerance", "tol", VALUE_DECIMAL, 5, 8, 5, false},
    {"group", "state", VALUE_TEXT, 8, 11, 0, false},
    {"age", "age", VALUE_AGE, 6, 7, 0, false},
    {"open_days", "open", VALUE_TEXT, 4, 4, 9, false},
};

static const struct check_side *worse_side(const struct check_line *check)
{
    enum mark a = check->a.figure.mark, b = check->b.figure.mark;
    if (a == MARK_NOT_APPLICABLE)
        return &check->b; /* a side that has no such row is not old */
    return b != MARK_NOT_APPLICABLE && b > a ? &check->b : &check->a;
}

static enum style group_style(enum check_group group)
{
    return group == GROUP_BREAK ? STYLE_CRITICAL
           : group == GROUP_PROVISIONAL || group == GROUP_PARTIAL ||
                   group == GROUP_UNKNOWN
               ? STYLE_WARNING
               : STYLE_TEXT;
}

/* The entity; where both sides are of one, or of several, what is compared. */
static const char *side_name(const struct check_line *check,
                             const struct check_side *side)
{
    bool tells = side->entity[0] && strcmp(check->a.entity, check->b.entity) != 0;
    return tells ? side->entity : side->what;
}

static void check_value(const struct table *table, uint32_t row, unsigned column,
                        struct value *value)
{
    const struct check_line *check = CHECK(table, row);
    const struct check_side *side = worse_side(check);
    switch (column) {
    case 0:
        value->text = check->id;
        break;
    case 1:
        value->text = check->title;
        break;
    case 2:
        value->text = side_name(check, &check->a);
        break;
    case 3:
        value->text = side_name(check, &check->b);
        break;
    case 4:
        value->text = check->currency;
        break;
    case 5:
        value->figure = &check->difference;
        break;
    case 6:
        value->decimal = check->tolerance;
        break;
    case 7:
        value->text = check_group_name(check->group);
        value->style = group_style(check->group);
        break;
    case 8:
        value->number = side->as_of_ms;
        value->mark = side->figure.mark;
        break;
    default:
        value->text = check->age_days < 0     ? "--"
                      : check->age_days <= 30 ? "<30d"
                      : check->age_days <= 60 ? "<60d"
                      : check->age_days <= 90 ? "<90d"
                                              : ">90d";
    }
}

static const char *check_identity(const struct table *table, uint32_t row,
                                  char scratch[IDENTITY_CHARS])
{
    (void)scratch;
    return CHECK(table, row)->id;
}

static bool check_problem(const struct table *table, uint32_t row)
{
    return CHECK(table, row)->group <= GROUP_UNKNOWN;
}

bool reconcile_table(const struct pane_input *input, unsigned part, struct table *table)
{
    if (part != 0 || !input->recon)
        return false;
    *table = (struct table){.name = "checks",
                            .title = "checks",
                            .columns = columns,
                            .column_count = sizeof columns / sizeof columns[0],
                            .row_count = input->recon->check_count,
                            .model = input,
                            .value = check_value,
                            .identity = check_identity,
                            .is_problem = check_problem};
    return true;
}

void reconcile_write_counts(const struct model_recon *recon, bool brief, char *text,
                            size_t size)
{
    static const enum check_group order[] = {
        GROUP_BREAK,  GROUP_PROVISIONAL, GROUP_PARTIAL, GROUP_UNKNOWN, GROUP_FX,
        GROUP_TIMING, GROUP_SUGGESTED,   GROUP_WITHIN,  GROUP_MATCH};
    size_t used = 0;
    text[0] = '\0';
    for (unsigned i = 0; i < GROUP_COUNT; i++) {
        uint32_t count = recon->counts[order[i]];
        char number[TIME_CHARS];
        bool always = order[i] == GROUP_BREAK || order[i] == GROUP_MATCH;
        if (count == 0 && !always)
            continue;
        count_write(count, number);
        int length = snprintf(
            text + used, size - used, "%s%s %s%s", used ? "  " : "",
            check_group_name(order[i]), number,
            order[i] == GROUP_PROVISIONAL && !brief ? " (one side not current)" : "");
        used += length > 0 && (size_t)length < size - used ? (size_t)length : 0;
    }
}

/* --- the selected check ----------------------------------------------------------- */

static void card_side(const struct pane_input *input, struct card *card,
                      const char *name, const struct check_side *side, bool chosen)
{
    char text[240], number[FORMAT_CHARS], time[TIME_CHARS], age[TIME_CHARS];
    char mark[2] = {figure_mark(&side->figure), '\0'};
    enum style style = chosen ? STYLE_KEY : STYLE_TEXT;
    if (side->figure.mark == MARK_NOT_APPLICABLE) {
        snprintf(text, sizeof text, "%-16.40s %-11.30s no such row", side->entity,
                 side->what);
        card_field(card, name, style, text);
        return;
    }
    figure_write(&side->figure, NUMBER_FULL, false, number);
    clock_write(input->now_ms, side->as_of_ms, time);
    age_write(input->now_ms, side->as_of_ms, age);
    if (card->area.columns >= 76) {
        snprintf(text, sizeof text, "%-16.40s %-11.30s %.8s %15s%s  as of %s (%s)",
                 side->entity, side->what, side->figure.currency, number, mark, time,
                 age);
        card_field(card, name, style, text);
        return;
    }
    snprintf(text, sizeof text, "%.40s  %.40s", side->entity, side->what);
    card_field(card, name, style, text);
    snprintf(text, sizeof text, "%.8s %s%s  as of %s (%s)", side->figure.currency,
             number, mark, time, age);
    card_field(card, "", style, text);
}

static const char *meaning_of(const struct check_line *check)
{
    switch (check->group) {
    case GROUP_BREAK:
        if (check->status == CHECK_ONE_SIDED)
            return "both sides answered, and only one of them has it: a break";
        return "both sides current, same cutoff: a break, not a timing effect";
    case GROUP_PROVISIONAL:
        return "one side is not current: not counted as a break until it is";
    case GROUP_PARTIAL:
        return "a member of the set has not answered: the total is not complete";
    case GROUP_UNKNOWN:
        return "one side is not permitted, unavailable or never answered";
    case GROUP_FX:
        return "equal in the currency of the transaction, booked at different rates";
    case GROUP_TIMING:
        return "the other side posted it after the period's end";
    case GROUP_SUGGESTED:
        return "no common reference; amount and date agree: to be confirmed by people";
    case GROUP_WITHIN:
        return "both sides current, the difference is within tolerance";
    case GROUP_MATCH:
        return "both sides current, no difference";
    case GROUP_COUNT:
        break;
    }
    return "";
}

static void draw_card(const struct pane_input *input, const struct pane_state *state,
                      struct area area, struct cells *cells)
{
    uint32_t row = table_selected_row(&state->views[0]);
    if (row == TABLE_TOTAL)
        return;
    const struct check_line *check = &input->recon->checks[row];
    char text[256], time[TIME_CHARS], number[FORMAT_CHARS];
    struct card card = card_begin(cells, area, 0, 8);
    snprintf(text, sizeof text, "%.40s %.100s", check->id, check->title);
    card_rule(&card, text);
    card_side(input, &card, state->side_b ? "A" : "A >", &check->a, !state->side_b);
    card_side(input, &card, state->side_b ? "B >" : "B", &check->b, state->side_b);
    card_figure(&card, "A - B", &check->difference);
    number_write(check->tolerance, decimal_trim(check->tolerance).scale, NUMBER_EXACT,
                 false, number);
    stamp_write(check->first_seen_ms, false, time);
    snprintf(text, sizeof text, "%s, tolerance %s; %s%s",
             check_status_name(check->status), number,
             check->first_seen_ms ? "first seen " : "",
             check->first_seen_ms ? time : "");
    card_field(&card, "state", STYLE_TEXT, text);
    card_text(&card, group_style(check->group), meaning_of(check));
    if (check->hint[0])
        card_field(&card, "hint", STYLE_WARNING, check->hint);
    if (check->difference.why[0])
        card_field(&card, "", STYLE_TEXT, check->difference.why);
    for (unsigned side = 0; side < 2; side++) {
        const struct check_side *of = side ? &check->b : &check->a;
        for (const char *const *key = of->row_keys; key && *key && card_has_room(&card);
             key++)
            card_field(&card, key == of->row_keys ? side ? "rows B" : "rows A" : "",
                       STYLE_DIM, *key);
    }
}

static void draw_summary(const struct pane_input *input, int row, struct cells *cells)
{
    char text[256], number[FORMAT_CHARS], line[400];
    const struct model_recon *recon = input->recon;
    reconcile_write_counts(recon, cells->columns < 100, text, sizeof text);
    figure_write(&recon->unresolved, NUMBER_EXACT, false, number);
    char mark[2] = {figure_mark(&recon->unresolved), '\0'};
    snprintf(line, sizeof line, "%s   unresolved %.8s %s%s", text, recon->currency,
             number, mark);
    /* The sum only where it fits whole: half a number is a wrong one. */
    bool fits = text_columns(line) <= cells->columns - 2;
    cells_text(cells, row, 1, cells->columns - 2,
               recon->counts[GROUP_BREAK] ? STYLE_WARNING : STYLE_TEXT,
               fits ? line : text);
}

void reconcile_draw(const struct pane_input *input, struct pane_state *state,
                    struct area area, struct cells *cells)
{
    struct table table;
    if (!reconcile_table(input, 0, &table))
        return;
    bool wide = cells->columns >= WIDE_COLUMNS;
    struct area list = {area.row + 2, 0, area.rows - 2, area.columns};
    struct area card = list;
    if (wide) {
        list.columns = 96;
        card.column = 97;
        card.columns = area.columns - 97;
        for (int i = 0; i < list.rows; i++)
            cells_glyph(cells, list.row + i, 96, 1, STYLE_ACCENT, GLYPH_WALL);
    } else if (list.rows >= 14) {
        list.rows -= 7;
        card.row += list.rows;
        card.rows = 7;
    } else {
        card.rows = 0;
    }
    struct table_view *view = &state->views[0];
    if (table.row_count == 0)
        cells_text(cells, list.row, 1, list.columns - 2, STYLE_TEXT,
                   "nothing to reconcile yet");
    else if (view->count == 0)
        cells_text(cells, list.row, 1, list.columns - 2, STYLE_TEXT,
                   "no check matches the filter; Esc clears it");
    else
        pane_draw_part(PANE_RECONCILE, 0, input, state, list, cells);
    draw_summary(input, area.row, cells);
    char lead[96], period[TIME_CHARS];
    period_write(input->recon->period, period);
    snprintf(lead, sizeof lead, "%s%s", period,
             view->sort_column ? "" : "   breaks first");
    pane_draw_list_state(&table, view, input, area.row + 1, lead, cells);
    if (card.rows)
        draw_card(input, state, card, cells);
}
