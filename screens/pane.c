#include "screens/pane.h"

#include <stdio.h>
#include <string.h>

#include "screens/draw.h"
#include "screens/screen.h"

const struct pane panes[PANE_COUNT] = {
    [PANE_HELP] = {.word = "help",
                   .mnemonic = "HP",
                   .title = "HELP",
                   .label = "Help",
                   .short_label = "Help",
                   .key = 1,
                   .parts = 1,
                   .draw = help_draw,
                   .hint = "Up/Down scroll  Esc back; the pane behind keeps updating",
                   .wide_hint =
                       "Up/Down scroll   Esc back; the pane behind keeps updating"},
    [PANE_EXECUTIVE] =
        {.word = "exec",
         .mnemonic = "EX",
         .title = "EXECUTIVE",
         .label = "Executive",
         .short_label = "Exec",
         .key = 2,
         .parts = EXECUTIVE_PARTS,
         .numbers = NUMBER_COMPACT,
         .table = executive_table,
         .draw = executive_draw,
         .hint = "Enter drill  Tab next part  # numbers  b basis  + without last known "
                 " ? help",
         .wide_hint =
             "Enter drill   Tab next part   / filter   s sort   # number format   "
             "b basis   + without last known   t age/clock   z freeze   "
             ": command   ? help"},
    [PANE_PORTFOLIO] =
        {.word = "portfolio",
         .mnemonic = "PF",
         .title = "PORTFOLIO",
         .label = "Portfolio",
         .short_label = "Port",
         .key = 3,
         .parts = PORTFOLIO_PARTS,
         .table = portfolio_table,
         .draw = portfolio_draw,
         .hint =
             "Enter entity  Tab statement  / filter  s sort  b basis  + no last known",
         .wide_hint = "Enter entity   Tab statement   / filter   s sort   S reverse   "
                      "b basis   + without last known   i provenance   # numbers   "
                      "z freeze   : command   ? help"},
    [PANE_RECONCILE] =
        {.word = "recon",
         .mnemonic = "RC",
         .title = "RECONCILE",
         .label = "Reconcile",
         .short_label = "Recon",
         .key = 4,
         .parts = 1,
         .table = reconcile_table,
         .draw = reconcile_draw,
         .hint = "Enter opens side A  Tab side A/B  ] next problem  / filter  s sort  "
                 "? help",
         .wide_hint =
             "Enter opens the side   Tab side A/B   [ ] problems   / filter   "
             "s sort   # numbers   t age/clock   z freeze   : command   ? help"},
    [PANE_FLEET] =
        {.word = "fleet",
         .mnemonic = "FL",
         .title = "FLEET",
         .label = "Fleet",
         .short_label = "Fleet",
         .key = 5,
         .parts = 1,
         .table = fleet_table,
         .draw = fleet_draw,
         .hint =
             "Enter entity  r ask again  R ask all  ] next problem  / filter  s sort",
         .wide_hint =
             "Enter entity   r ask again   R ask all   [ ] problems   / filter   "
             "s sort   t age/clock   z freeze   : command   ? help"},
    [PANE_ENTITY] =
        {.word = "entity",
         .mnemonic = "EN",
         .title = "ENTITY",
         .label = "Entity",
         .short_label = "Entity",
         .key = 6,
         .parts = 1,
         .table = entity_table,
         .draw = entity_draw,
         .hint = "Esc back  Left/Right previous, next entity  / filter  s sort  r ask "
                 "again",
         .wide_hint =
             "Esc back   Left/Right previous, next entity   / filter   s sort   "
             "# numbers   t age/clock   r ask again   : command   ? help"},
    [PANE_ALERTS] =
        {.word = "alerts",
         .mnemonic = "AL",
         .title = "ALERTS",
         .label = "Alerts",
         .short_label = "Alerts",
         .key = 7,
         .parts = 1,
         .table = alerts_table,
         .draw = alerts_draw,
         .hint =
             "Enter go to the source  / filter  s sort  t age/clock  z freeze  ? help",
         .wide_hint = "Enter go to the source   / filter   s sort   # numbers   "
                      "t age/clock   z freeze   : command   ? help"},
    [PANE_COMMAND] = {.word = "command",
                      .mnemonic = "CM",
                      .title = "COMMAND",
                      .label = "Command",
                      .short_label = "Cmd",
                      .key = 8,
                      .parts = 1,
                      .draw = command_draw,
                      .hint = "Esc back  ? help",
                      .wide_hint = "Esc back   ? help"},
    [PANE_LOG] = {.word = "log",
                  .mnemonic = "LG",
                  .title = "LOG",
                  .label = "Log",
                  .short_label = "Log",
                  .key = 9,
                  .parts = 1,
                  .table = log_table,
                  .draw = log_draw,
                  .hint = "Enter entity  / filter  s sort  Esc back  ? help",
                  .wide_hint =
                      "Enter entity   / filter   s sort   Esc back   : command   "
                      "? help"},
    [PANE_SYSTEM] = {.word = "sys",
                     .mnemonic = "SY",
                     .title = "SYSTEM",
                     .label = "System",
                     .short_label = "Sys",
                     .key = 11,
                     .parts = 1,
                     .draw = system_draw,
                     .hint = "Up/Down scroll  Esc back  ? help",
                     .wide_hint = "Up/Down scroll   Esc back   ? help"},
    [PANE_ANCHOR] = {.word = "anchor",
                     .mnemonic = "AN",
                     .title = "ANCHOR",
                     .label = "Anchor",
                     .short_label = "Anc",
                     .key = 12,
                     .parts = 1,
                     .draw = anchor_draw,
                     .hint = "Esc back",
                     .wide_hint = "Esc back"},
    [PANE_VIEWPORT] =
        {.word = "viewport",
         .mnemonic = "VP",
         .title = "VIEWPORT",
         .label = "Viewport",
         .short_label = "View",
         .parts = VIEWPORT_PARTS,
         .table = viewport_table,
         .draw = viewport_draw,
         .hint = "Enter rows behind  V next viewport  Tab left out  / filter  s sort",
         .wide_hint = "Enter rows behind it   V next viewport   Tab rows, left out   "
                      "/ filter   s sort   # numbers   [ ] problems   z freeze   "
                      ": command   ? help"},
};

void pane_state_init(enum pane_id id, struct pane_state *state)
{
    *state = (struct pane_state){.numbers = panes[id].numbers};
    if (id == PANE_FLEET) { /* the worst links first */
        state->views[0].sort_column = FLEET_MARK_COLUMN + 1;
        state->views[0].descending = true;
    }
}

void pane_draw(enum pane_id id, const struct pane_input *input,
               struct pane_state *state, const struct prompt_view *prompt,
               struct cells *cells)
{
    struct area body;
    if (!screen_frame(id, input, prompt, cells, &body))
        return;
    panes[id].draw(input, state, body, cells);
    screen_completions(prompt, cells);
}

struct table_style pane_table_style(const struct pane_input *input,
                                    const struct pane_state *state, unsigned part)
{
    return (struct table_style){.form = state->numbers,
                                .clock_times = input->clock_times,
                                .is_active = state->part == part,
                                .now_ms = input->now_ms};
}

void pane_draw_part(enum pane_id id, unsigned part, const struct pane_input *input,
                    struct pane_state *state, struct area area, struct cells *cells)
{
    struct table table;
    if (area.rows < 1 || !panes[id].table(input, part, &table))
        return;
    struct table_style style = pane_table_style(input, state, part);
    table_draw(&table, &state->views[part], &style, area, cells);
}

void pane_draw_list_state(const struct table *table, const struct table_view *view,
                          const struct pane_input *input, int row, const char *lead,
                          struct cells *cells)
{
    char text[320], part[192], count[TIME_CHARS], all[TIME_CHARS];
    size_t used = 0;
    text[0] = '\0';
#define ADD(...)                                                                       \
    do {                                                                               \
        snprintf(part, sizeof part, __VA_ARGS__);                                      \
        snprintf(text + used, sizeof text - used, "%s%s", used ? "   " : "", part);    \
        used = strlen(text);                                                           \
    } while (0)
    if (lead[0])
        ADD("%.100s", lead);
    if (view->filter.count)
        ADD("filter: %s%s", view->filter.source,
            view->filter_is ? " (not of this list)" : "");
    if (view->sort_column)
        ADD("sort: %s %s%s%s%s", table->columns[view->sort_column - 1].title,
            view->descending ? "v" : "^", view->then_column ? ", " : "",
            view->then_column ? table->columns[view->then_column - 1].title : "",
            !view->then_column      ? ""
            : view->then_descending ? " v"
                                    : " ^");
    uint32_t known = view->count - (view->hides_unknown ? 0 : view->unknown);
    count_write(known, count);
    count_write(table->row_count, all);
    if (known < table->row_count && view->unknown)
        ADD("%s of %s, + %u unknown%s", count, all, view->unknown,
            view->hides_unknown ? " hidden" : "");
    else if (known < table->row_count)
        ADD("%s of %s", count, all);
    else
        ADD("%s row%s", all, table->row_count == 1 ? "" : "s");
    if (view->columns_shown < view->columns_all)
        ADD("%u of %u columns", view->columns_shown, view->columns_all);
    if (input->is_held && view->sort_column)
        ADD("held");
#undef ADD
    cells_text(cells, row, 1, cells->columns - 2, STYLE_DIM, text);
}

const char *basis_name(enum basis basis)
{
    switch (basis) {
    case BASIS_AGGREGATE:
        return "aggregate";
    case BASIS_CONSOLIDATED:
        return "consolidated";
    case BASIS_SHARE:
        return "at share";
    }
    return "";
}
