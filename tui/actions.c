/* The one table of what a key does: it draws Help, answers --print-keys, and is what
 * the command line knows. */
#include "tui/actions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/viewport.h"
#include "screens/table_filter.h"
#include "tui/console_state.h"
#include "tui/keys.h"
#include "tui/looks.h"

/* --- looking differently ---------------------------------------------------------- */

static void run_filter(struct console *console, const char *argument)
{
    struct table table;
    struct table_view *view;
    struct filter filter;
    unsigned where;
    const char *why;
    if (!models_active(console, &table, &view)) {
        console_say(console, false, "there is nothing to filter here");
    } else if (!argument[0]) {
        filter_begin_typing(console);
    } else if (!table_filter_parse(&table, argument, &filter, &where, &why)) {
        console_say(console, true, "%s", why);
    } else {
        filter_set(console, &filter);
    }
}

static bool is_sortable(const struct table_column *column)
{
    return column->title[0] != '\0';
}

static void run_sort(struct console *console, const char *argument)
{
    struct table table;
    struct table_view *view;
    char name[64] = "";
    if (!models_active(console, &table, &view))
        return;
    snprintf(name, sizeof name, "%.*s", (int)strcspn(argument, " "), argument);
    const char *order = argument + strcspn(argument, " ");
    if (name[0]) {
        int column = table_column_index(&table, name);
        if (column < 0) {
            console_say(console, true, "no column '%s' here", name);
            return;
        }
        view->sort_column = (uint8_t)(column + 1);
        view->descending = strstr(order, "desc") != NULL;
    } else {
        do { /* through the columns, and back to the pane's own order */
            view->sort_column =
                (uint8_t)((view->sort_column + 1) % (table.column_count + 1));
        } while (view->sort_column &&
                 !is_sortable(&table.columns[view->sort_column - 1]));
        const struct table_column *column =
            view->sort_column ? &table.columns[view->sort_column - 1] : NULL;
        view->descending = column && column->kind != VALUE_TEXT;
    }
    console->must_arrange = true;
    if (view->sort_column)
        console_say(console, false, "sorted by %s; S reverses",
                    table.columns[view->sort_column - 1].name);
    else
        console_say(console, false, "in the pane's own order");
}

static void run_reverse(struct console *console, const char *argument)
{
    struct table table;
    struct table_view *view;
    (void)argument;
    if (!models_active(console, &table, &view))
        return;
    if (!view->sort_column) {
        console_say(console, false, "s sorts first");
        return;
    }
    view->descending = !view->descending;
    console->must_arrange = true;
}

static void run_unknown(struct console *console, const char *argument)
{
    struct table table;
    struct table_view *view;
    (void)argument;
    if (!models_active(console, &table, &view))
        return;
    view->hides_unknown = !view->hides_unknown;
    console->must_arrange = true;
    console_say(console, false, "rows that the filter cannot judge: %s",
                view->hides_unknown ? "hidden, and counted" : "last");
}

static void run_numbers(struct console *console, const char *argument)
{
    static const enum number_form cycle[] = {NUMBER_EXACT, NUMBER_UNITS,
                                             NUMBER_THOUSANDS, NUMBER_COMPACT};
    struct pane_state *state = &console->states[console->pane];
    unsigned next = 0;
    for (unsigned i = 0; i < 4; i++) {
        if (argument[0] && strcmp(argument, number_form_name(cycle[i])) == 0)
            next = i;
        else if (!argument[0] && state->numbers == cycle[i])
            next = (i + 1) % 4;
    }
    state->numbers = cycle[next];
    console_say(console, false, "numbers: %s", number_form_name(state->numbers));
}

static void run_times(struct console *console, const char *argument)
{
    (void)argument;
    console->input.clock_times = !console->input.clock_times;
    console_say(console, false, "%s",
                console->input.clock_times ? "times of the day, UTC" : "ages");
}

/* Options that need other models. */
static bool may_change_options(struct console *console)
{
    if (console->is_frozen)
        console_say(console, true, "frozen: what is shown stays; z thaws");
    return !console->is_frozen;
}

static void run_basis(struct console *console, const char *argument)
{
    struct model_options *options = &console->model_options;
    if (!may_change_options(console))
        return;
    if (!argument[0]) {
        options->basis = options->basis == BASIS_SHARE
                             ? BASIS_AGGREGATE
                             : (enum basis)((int)options->basis + 1);
    } else if (strcmp(argument, "aggregate") == 0) {
        options->basis = BASIS_AGGREGATE;
    } else if (strcmp(argument, "consolidated") == 0) {
        options->basis = BASIS_CONSOLIDATED;
    } else if (strcmp(argument, "share") == 0 || strcmp(argument, "at share") == 0) {
        options->basis = BASIS_SHARE;
    } else {
        console_say(console, true, "basis: aggregate, consolidated or share");
        return;
    }
    console->must_arrange = true;
    console_say(console, false, "basis: %s", basis_name(options->basis));
}

static void run_without(struct console *console, const char *argument)
{
    struct model_options *options = &console->model_options;
    (void)argument;
    if (!may_change_options(console))
        return;
    options->without_last_known = !options->without_last_known;
    console->must_arrange = true;
    console_say(console, false, "%s",
                options->without_last_known
                    ? "totals without last known values"
                    : "totals with last known values, marked *");
}

static void run_portfolio_name(struct console *console, const char *argument)
{
    const struct config *config = console->options.config;
    if (!argument[0]) {
        go_to_pane(console, PANE_PORTFOLIO);
        return;
    }
    if (!may_change_options(console))
        return;
    for (uint32_t i = 0; i < config->portfolio_count; i++) {
        if (strcmp(config->portfolios[i].name, argument) != 0)
            continue;
        console->model_options.portfolio = i;
        console->model_options.basis = config->portfolios[i].basis;
        console->must_arrange = true;
        go_to_pane(console, PANE_PORTFOLIO);
        return;
    }
    console_say(console, true, "no portfolio '%s' in the configuration", argument);
}

static void run_freeze(struct console *console, const char *argument)
{
    (void)argument;
    console->is_frozen = !console->is_frozen;
    if (console->is_frozen)
        models_fetch_all(console);
    console->input.frozen_at_ms = console->is_frozen ? console_wall_ms(console) : 0;
    console->must_arrange = true;
}

static void run_provenance(struct console *console, const char *argument)
{
    struct pane_state *state = &console->states[console->pane];
    (void)argument;
    state->shows_card = !state->shows_card;
}

/* --- panes ------------------------------------------------------------------------ */

#define RUN_PANE(name, id)                                                             \
    static void name(struct console *console, const char *argument)                    \
    {                                                                                  \
        (void)argument;                                                                \
        go_to_pane(console, id);                                                       \
    }
RUN_PANE(run_executive, PANE_EXECUTIVE)
RUN_PANE(run_reconcile, PANE_RECONCILE)
RUN_PANE(run_fleet, PANE_FLEET)
RUN_PANE(run_alerts, PANE_ALERTS)
RUN_PANE(run_command, PANE_COMMAND)
RUN_PANE(run_log, PANE_LOG)
RUN_PANE(run_system, PANE_SYSTEM)
RUN_PANE(run_anchor, PANE_ANCHOR)
#undef RUN_PANE

static void run_help(struct console *console, const char *argument)
{
    (void)argument;
    if (console->pane == PANE_HELP)
        go_back(console);
    else
        go_to_pane(console, PANE_HELP);
}

static void run_entity(struct console *console, const char *argument)
{
    if (!argument[0])
        go_to_pane(console, PANE_ENTITY);
    else if (is_entity(console, argument))
        go_to_entity(console, argument);
    else
        console_say(console, true, "no block of the configuration has '%s'", argument);
}

/* Without a name: the next one. */
static void run_viewport(struct console *console, const char *argument)
{
    const struct viewports *viewports = console->options.config->viewports;
    uint32_t next = 0;
    if (!viewports || viewports->count == 0) {
        go_to_pane(console, PANE_VIEWPORT); /* it says where they are defined */
        return;
    }
    if (argument[0]) {
        if (!go_to_viewport(console, argument))
            console_say(console, true, "no viewport '%s' is configured", argument);
        return;
    }
    for (uint32_t i = 0; console->viewport && i < viewports->count; i++)
        if (console->viewport == &viewports->items[i])
            next = console->pane == PANE_VIEWPORT ? (i + 1) % viewports->count : i;
    go_to_viewport(console, viewports->items[next].name);
}

/* --- program ---------------------------------------------------------------------- */

static void run_command_line(struct console *console, const char *argument)
{
    (void)argument;
    command_begin(console, "");
}

static void run_ask(struct console *console, const char *argument)
{
    const struct console_core *core = &console->options.core;
    struct table table;
    struct table_view *view;
    char entity[ENTITY_CHARS] = "";
    if (argument[0]) {
        snprintf(entity, sizeof entity, "%s", argument);
    } else if (console->pane == PANE_ENTITY) {
        snprintf(entity, sizeof entity, "%s", console->entity);
    } else if (models_active(console, &table, &view) &&
               table_selected_row(view) != TABLE_TOTAL) {
        int column = table_column_index(&table, "entity");
        if (column >= 0)
            snprintf(
                entity, sizeof entity, "%s",
                table_value(&table, table_selected_row(view), (unsigned)column).text);
    }
    if (!core->ask_again || !is_entity(console, entity)) {
        console_say(console, false, "the selected line is no archive; R asks all");
        return;
    }
    core->ask_again(core->user, entity);
    console_say(console, false, "asking %s again", entity);
    console_log(console, SEVERITY_INFO, entity, "asked again");
}

static void run_ask_all(struct console *console, const char *argument)
{
    const struct console_core *core = &console->options.core;
    (void)argument;
    if (!core->ask_again)
        return;
    core->ask_again(core->user, NULL);
    console_say(console, false, "asking all %u again",
                console->options.config->totebox_count);
    console_log(console, SEVERITY_INFO, "", "all asked again");
}

static void run_redraw(struct console *console, const char *argument)
{
    (void)argument;
    terminal_forget(console->terminal);
}

static void run_suspend(struct console *console, const char *argument)
{
    (void)argument;
    terminal_suspend(console->terminal);
}

static void run_stop(struct console *console, const char *argument)
{
    int64_t now = console_mono_ms(console);
    const struct console_core *core = &console->options.core;
    bool twice = console->interrupted_ms && now - console->interrupted_ms < 2000;
    (void)argument;
    console->interrupted_ms = now;
    if (pairing_stop(console)) {
        console_say(console, false, "the pairing was stopped");
        return;
    }
    if (twice) {
        console_say(console, false, "F10, or :quit, leaves");
        return;
    }
    if (!core->stop_asking) {
        console_say(console, false, "nothing to stop: streams go on; F10 leaves");
        return;
    }
    core->stop_asking(core->user);
    console_say(console, false, "stopped asking; Ctrl-C never leaves");
}

static void run_set(struct console *console, const char *argument)
{
    char why[LOOKS_WHY_CHARS], name[16] = "";
    size_t length = strcspn(argument, " ");
    const char *value = argument + length + strspn(argument + length, " ");
    if (length < sizeof name)
        memcpy(name, argument, length);
    bool is_theme = strcmp(name, "theme") == 0;
    if ((!is_theme && strcmp(name, "glyphs") != 0) || !*value) {
        console_say(console, true, "set what? theme NAME, or glyphs auto|ascii|blocks");
    } else if (!looks_set(&console->options.looks, is_theme ? value : NULL,
                          is_theme ? NULL : value, why)) {
        console_say(console, true, "%s", why);
    } else {
        terminal_look(console->terminal, &console->options.looks);
        console_touch(console, true);
    }
}

static void run_keys(struct console *console, const char *argument)
{
    char text[MESSAGE_CHARS] = "";
    (void)argument;
    for (unsigned i = console->key_count > KEYS_KEPT ? console->key_count - KEYS_KEPT
                                                     : 0;
         i < console->key_count; i++) {
        char name[PRESS_NAME_CHARS];
        size_t used = strlen(text);
        press_name(console->last_keys[i % KEYS_KEPT], name);
        snprintf(text + used, sizeof text - used, "  %s", name);
    }
    console_say(console, false, "the last keys were:%s", text);
}

/* --- the table -------------------------------------------------------------------- */

#define MOVE  "move and open"
#define LOOK  "look differently"
#define PANES "panes"
#define OWN   "program"

const struct action actions[] = {
    {"up", "Up k", MOVE, "one row up", run_up},
    {"down", "Down j", MOVE, "one row down", run_down},
    {"page-up", "PgUp Ctrl-B", MOVE, "one screen up", run_page_up},
    {"page-down", "PgDn Ctrl-F", MOVE, "one screen down", run_page_down},
    {"first", "Home g", MOVE, "the first row", run_first},
    {"last", "End G", MOVE, "the last row", run_last},
    {"open", "Enter l", MOVE, "open what is selected", run_open},
    {"back", "Esc q h Backspace", MOVE, "clear the filter, go back; at the top, quit",
     run_back},
    {"next-part", "Tab", MOVE, "next part of the pane; side A or B", run_next_part},
    {"previous-part", "Shift-Tab", MOVE, "previous part", run_previous_part},
    {"previous", "Left", MOVE, "previous entity; elsewhere back", run_left},
    {"next", "Right", MOVE, "next entity; elsewhere open", run_right},
    {"next-problem", "]", MOVE, "next row that is not well", run_next_problem},
    {"previous-problem", "[", MOVE, "previous one", run_previous_problem},

    {"filter", "/", LOOK, "show rows that hold: oak group:UK ltv>50%", run_filter},
    {"unknown", "U", LOOK, "rows that the filter cannot judge: last, or hidden",
     run_unknown},
    {"sort", "s", LOOK, "sort by the next column; :sort COLUMN [desc]", run_sort},
    {"reverse", "S", LOOK, "reverse the order", run_reverse},
    {"numbers", "#", LOOK, "exact, whole units, thousands, compact", run_numbers},
    {"times", "t", LOOK, "ages, or times of the day", run_times},
    {"basis", "b", LOOK, "aggregate, consolidated, at share", run_basis},
    {"without-last-known", "+", LOOK, "totals without last known values", run_without},
    {"provenance", "i", LOOK, "where the selected figures come from", run_provenance},
    {"freeze", "z", LOOK, "hold all figures still; again: thaw", run_freeze},

    {"help", "F1 1 ? Alt-1", PANES, "these pages", run_help},
    {"exec", "F2 2 Alt-2", PANES, "executive summary", run_executive},
    {"portfolio", "F3 3 Alt-3", PANES, "entities and totals; :portfolio NAME",
     run_portfolio_name},
    {"recon", "F4 4 Alt-4", PANES, "reconciliation", run_reconcile},
    {"fleet", "F5 5 Alt-5", PANES, "Toteboxes and links", run_fleet},
    {"entity", "F6 6 Alt-6", PANES, "one entity; :entity NAME", run_entity},
    {"alerts", "F7 7 Alt-7", PANES, "what needs attention", run_alerts},
    {"command", "F8 8 Alt-8", PANES, "commands to archives", run_command},
    {"log", "F9 9 Alt-9", PANES, "what happened in this session", run_log},
    {"quit", "F10 0 Alt-0 Ctrl-Q", PANES, "leave", run_quit},
    {"sys", "F11 - Alt--", PANES, "keys, versions, terminal, pairing", run_system},
    {"anchor", "F12 = Alt-=", PANES, "the Anchor: Direct mode only", run_anchor},

    {"viewport", "V", PANES, "a viewport of your own, the next one; :viewport NAME",
     run_viewport},

    {"pair", "", OWN, "pair with an archive; :pair HOST:PORT, then yes or no",
     run_pair},
    {"command-line", ": Ctrl-K", OWN, "type a command by name", run_command_line},
    {"ask", "r", OWN, "ask the selected archive again", run_ask},
    {"ask-all", "R", OWN, "ask all archives again", run_ask_all},
    {"stop", "Ctrl-C", OWN, "stop asking; never leaves", run_stop},
    {"redraw", "Ctrl-L", OWN, "paint the screen anew", run_redraw},
    {"suspend", "Ctrl-Z", OWN, "to the shell; fg comes back", run_suspend},
    {"set", "", OWN, "theme NAME; glyphs auto, ascii or blocks", run_set},
    {"keys", "", OWN, "what the last keys were decoded to", run_keys},
};
const unsigned action_count = sizeof actions / sizeof actions[0];

const struct action *action_of_key(uint32_t press)
{
    char name[PRESS_NAME_CHARS];
    press_name(press, name);
    size_t length = strlen(name);
    for (unsigned i = 0; i < action_count; i++) {
        const char *at = actions[i].keys;
        while (*at) {
            size_t word = strcspn(at, " ");
            if (word == length && memcmp(at, name, length) == 0)
                return &actions[i];
            at += word;
            at += strspn(at, " ");
        }
    }
    return NULL;
}

const struct action *action_by_name(const char *name)
{
    for (unsigned i = 0; i < action_count; i++)
        if (strcmp(actions[i].name, name) == 0)
            return &actions[i];
    return NULL;
}

bool console_fill_help(struct console *console)
{
    console->help = calloc(action_count, sizeof *console->help);
    if (!console->help)
        return false;
    for (unsigned i = 0; i < action_count; i++) {
        const struct action *action = &actions[i];
        if (strcmp(action->section, PANES) == 0)
            continue; /* Help has a list of them */
        console->help[console->help_count++] =
            (struct help_line){.section = action->section,
                               .keys = action->keys,
                               .name = action->name,
                               .help = action->help};
    }
    return true;
}

void actions_print(FILE *out)
{
    const char *section = "";
    for (unsigned i = 0; i < action_count; i++) {
        const struct action *action = &actions[i];
        if (strcmp(section, action->section) != 0)
            fprintf(out, "%s%s\n", i ? "\n" : "", action->section);
        section = action->section;
        fprintf(out, "  %-20s %-19s %s\n", action->keys, action->name, action->help);
    }
}
