/* The one table of what a key does: it draws Help, answers --print-keys, and is what
 * the command line knows. */
#include "tui/actions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/console_state.h"
#include "tui/keys.h"

/* --- going places
 * --------------------------------------------------------------------- */

static void remember_place(struct console *console)
{
    if (console->place_count == PLACES_MAX) {
        memmove(&console->places[0], &console->places[1],
                sizeof console->places[0] * (PLACES_MAX - 1));
        console->place_count--;
    }
    struct place *place = &console->places[console->place_count++];
    place->pane = console->pane;
    snprintf(place->entity, sizeof place->entity, "%s", console->entity);
}

static void show_pane(struct console *console, enum pane_id pane)
{
    console->pane = pane;
    console->must_arrange = true;
    /* The models of the new pane are not fetched yet: nothing of it may be looked at.
     */
    console->states[pane].scroll = 0;
}

void go_to_pane(struct console *console, enum pane_id pane)
{
    if (pane == console->pane)
        return;
    remember_place(console);
    show_pane(console, pane);
}

void go_to_entity(struct console *console, const char *entity)
{
    bool other = strcmp(entity, console->entity) != 0;
    if (console->is_frozen && other) {
        console_say(console, true, "frozen: only %s was kept; z thaws",
                    console->entity[0] ? console->entity : "what is shown");
        return;
    }
    if (console->pane != PANE_ENTITY)
        remember_place(console);
    if (other) {
        snprintf(console->entity, sizeof console->entity, "%s", entity);
        struct table_view *view = &console->states[PANE_ENTITY].views[0];
        view->selected[0] = '\0';
        view->cursor = view->top = 0;
    }
    show_pane(console, PANE_ENTITY);
}

void go_back(struct console *console)
{
    if (console->place_count == 0) {
        console_leave(console, 0);
        return;
    }
    const struct place *place = &console->places[--console->place_count];
    if (!console->is_frozen)
        snprintf(console->entity, sizeof console->entity, "%s", place->entity);
    show_pane(console, place->pane);
}

/* Is `name` the entity of a block? */
static bool is_entity(const struct console *console, const char *name)
{
    const struct config *config = console->options.config;
    for (uint32_t i = 0; i < config->totebox_count; i++) {
        const struct config_totebox *block = &config->toteboxes[i];
        if (strcmp(block->entity, name) == 0)
            return true;
        for (const char *const *id = block->entities; id && *id; id++) {
            size_t length = strlen(*id);
            bool is_prefix = length > 0 && (*id)[length - 1] == '*';
            if (is_prefix ? strncmp(*id, name, length - 1) == 0
                          : strcmp(*id, name) == 0)
                return true;
        }
    }
    return false;
}

/* An entity opens; what else an exception may name is a check. */
static void open_named(struct console *console, const char *name)
{
    if (!name[0]) {
        console_say(console, false, "this line concerns no single entity");
    } else if (is_entity(console, name)) {
        go_to_entity(console, name);
    } else if (console->pane != PANE_ALERTS && console->pane != PANE_EXECUTIVE) {
        console_say(console, false, "%s is no archive of this fleet", name);
    } else {
        struct pane_state *state = &console->states[PANE_RECONCILE];
        snprintf(state->views[0].selected, sizeof state->views[0].selected, "%s", name);
        state->views[0].filter.count = 0;
        go_to_pane(console, PANE_RECONCILE);
    }
}

static void open_group(struct console *console, const char *group)
{
    struct pane_state *state = &console->states[PANE_PORTFOLIO];
    char source[FILTER_CHARS];
    unsigned where;
    const char *why;
    snprintf(source, sizeof source, "\"%.100s\"", group);
    state->part = 0;
    if (!filter_parse(source, &state->views[0].filter, &where, &why))
        console_say(console, true, "%s", why);
    go_to_pane(console, PANE_PORTFOLIO);
}

static void open_executive(struct console *console, const struct table *table,
                           uint32_t row)
{
    const char *name = table->name;
    int column = table_column_index(table, "entity");
    if (strcmp(name, "groups") == 0) {
        open_group(console, table_value(table, row, 0).text);
    } else if (column >= 0) {
        open_named(console, table_value(table, row, (unsigned)column).text);
    } else {
        console->states[PANE_PORTFOLIO].part = 1; /* the statement behind it */
        go_to_pane(console, PANE_PORTFOLIO);
    }
}

static void run_open(struct console *console, const char *argument)
{
    struct table table;
    struct table_view *view;
    (void)argument;
    if (!models_active(console, &table, &view))
        return;
    uint32_t row = table_selected_row(view);
    if (row == TABLE_TOTAL)
        return;
    if (console->pane == PANE_EXECUTIVE) {
        open_executive(console, &table, row);
        return;
    }
    if (console->pane == PANE_ENTITY)
        return; /* its card is open already */
    const char *name = console->states[PANE_RECONCILE].side_b ? "side_b" : "side_a";
    if (console->pane != PANE_RECONCILE)
        name = "entity";
    int column = table_column_index(&table, name);
    if (column < 0)
        return;
    const char *entity = table_value(&table, row, (unsigned)column).text;
    open_named(console, entity);
}

static void run_back(struct console *console, const char *argument)
{
    struct table table;
    struct table_view *view;
    (void)argument;
    if (models_active(console, &table, &view) && view->filter.count) {
        view->filter = (struct filter){.count = 0};
        console->must_arrange = true;
        console_say(console, false, "the filter is off");
        return;
    }
    go_back(console);
}

static void run_quit(struct console *console, const char *argument)
{
    (void)argument;
    console_leave(console, 0);
}

/* --- moving
 * ---------------------------------------------------------------------------- */

static void move_by(struct console *console, int64_t steps)
{
    struct table table;
    struct table_view *view;
    struct pane_state *state = &console->states[console->pane];
    if (!panes[console->pane].table) {
        int64_t scroll = state->scroll + steps;
        state->scroll = scroll < 0 ? 0 : scroll > 100000 ? 100000 : (int)scroll;
        return;
    }
    if (models_active(console, &table, &view))
        table_move(&table, view, steps);
}

static int64_t page_of(struct console *console)
{
    struct table table;
    struct table_view *view;
    if (models_active(console, &table, &view) && view->visible > 1)
        return view->visible - 1;
    return console->cells.rows > 6 ? console->cells.rows - 5 : 1;
}

static void run_up(struct console *console, const char *argument)
{
    (void)argument;
    move_by(console, -1);
}

static void run_down(struct console *console, const char *argument)
{
    (void)argument;
    move_by(console, 1);
}

static void run_page_up(struct console *console, const char *argument)
{
    (void)argument;
    move_by(console, -page_of(console));
}

static void run_page_down(struct console *console, const char *argument)
{
    (void)argument;
    move_by(console, page_of(console));
}

static void run_first(struct console *console, const char *argument)
{
    (void)argument;
    move_by(console, -UINT32_MAX);
}

static void run_last(struct console *console, const char *argument)
{
    (void)argument;
    move_by(console, UINT32_MAX);
}

static void next_problem(struct console *console, int step)
{
    struct table table;
    struct table_view *view;
    if (!models_active(console, &table, &view))
        return;
    if (!table_next_problem(&table, view, step))
        console_say(console, false, "no %s problem in this list",
                    step > 0 ? "further" : "earlier");
}

static void run_next_problem(struct console *console, const char *argument)
{
    (void)argument;
    next_problem(console, 1);
}

static void run_previous_problem(struct console *console, const char *argument)
{
    (void)argument;
    next_problem(console, -1);
}

/* The next part that has rows. */
static void turn_part(struct console *console, int step)
{
    const struct pane *pane = &panes[console->pane];
    struct pane_state *state = &console->states[console->pane];
    if (console->pane == PANE_RECONCILE) {
        state->side_b = !state->side_b;
        return;
    }
    for (unsigned tries = 1; tries < pane->parts; tries++) {
        struct table table;
        unsigned part =
            (state->part + pane->parts + (unsigned)(step * (int)tries)) % pane->parts;
        if (pane->table && pane->table(&console->input, part, &table) &&
            (table.row_count > 0 || console->pane == PANE_PORTFOLIO)) {
            state->part = (uint8_t)part;
            return;
        }
    }
}

static void run_next_part(struct console *console, const char *argument)
{
    (void)argument;
    turn_part(console, 1);
}

static void run_previous_part(struct console *console, const char *argument)
{
    (void)argument;
    turn_part(console, -1);
}

/* In Entity, the neighbour in the order of the list that one came from. */
static bool go_to_neighbour(struct console *console, int step)
{
    struct table table;
    struct pane_state *state = &console->states[PANE_PORTFOLIO];
    struct table_view *view = &state->views[0];
    if (console->is_frozen || !console->input.coverage)
        return false;
    console->input.portfolio_model =
        figures_portfolio(console->options.figures, &console->model_options);
    if (!panes[PANE_PORTFOLIO].table(&console->input, 0, &table))
        return false;
    for (uint32_t i = 0; i < view->count; i++) {
        char scratch[IDENTITY_CHARS];
        if (view->entries[i].row >= table.row_count)
            return false; /* the order is older than the model */
        const char *entity = table.identity(&table, view->entries[i].row, scratch);
        if (strcmp(entity, console->entity) != 0)
            continue;
        int64_t to = (int64_t)i + step;
        if (to < 0 || to >= view->count || view->entries[to].row >= table.row_count)
            return false;
        table_select(&table, view, (uint32_t)to);
        go_to_entity(console, view->selected);
        return true;
    }
    return false;
}

static void run_left(struct console *console, const char *argument)
{
    if (console->pane != PANE_ENTITY)
        run_back(console, argument);
    else if (!go_to_neighbour(console, -1))
        console_say(console, false, "no previous entity in the list");
}

static void run_right(struct console *console, const char *argument)
{
    if (console->pane != PANE_ENTITY)
        run_open(console, argument);
    else if (!go_to_neighbour(console, 1))
        console_say(console, false, "no next entity in the list");
}

/* --- looking differently -------------------------------------------------------------
 */

static void run_filter(struct console *console, const char *argument)
{
    struct table table;
    struct table_view *view;
    unsigned where;
    const char *why;
    if (!models_active(console, &table, &view)) {
        console_say(console, false, "there is nothing to filter here");
    } else if (!argument[0]) {
        filter_begin_typing(console);
    } else if (!filter_parse(argument, &view->filter, &where, &why)) {
        console_say(console, true, "%s", why);
    } else {
        console->must_arrange = true;
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

/* --- panes
 * ------------------------------------------------------------------------------ */

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

/* --- program
 * ---------------------------------------------------------------------------- */

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
    if (twice) {
        console_say(console, false, "F10, or :quit, leaves");
        return;
    }
    if (core->stop_asking)
        core->stop_asking(core->user);
    console_say(console, false, "stopped asking; Ctrl-C never leaves");
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

/* --- the table
 * --------------------------------------------------------------------------- */

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

    {"filter", "/", LOOK, "show rows that contain words", run_filter},
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

    {"command-line", ": Ctrl-K", OWN, "type a command by name", run_command_line},
    {"ask", "r", OWN, "ask the selected archive again", run_ask},
    {"ask-all", "R", OWN, "ask all archives again", run_ask_all},
    {"stop", "Ctrl-C", OWN, "stop asking; never leaves", run_stop},
    {"redraw", "Ctrl-L", OWN, "paint the screen anew", run_redraw},
    {"suspend", "Ctrl-Z", OWN, "to the shell; fg comes back", run_suspend},
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
