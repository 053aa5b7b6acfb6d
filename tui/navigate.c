/* Going places and moving in them: panes, entities, rows, parts, and the way back. */
#include <stdio.h>
#include <string.h>

#include "core/viewport.h"
#include "screens/draw.h"
#include "tui/console_state.h"

/* --- going places ----------------------------------------------------------------- */

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

bool is_entity(const struct console *console, const char *name)
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

bool go_to_viewport(struct console *console, const char *name)
{
    const struct viewport *viewport = viewport_find(console->options.config, name);
    if (!viewport)
        return false;
    if (console->is_frozen && viewport != console->viewport) {
        console_say(console, true, "frozen: what is shown stays; z thaws");
        return true;
    }
    if (viewport != console->viewport) {
        for (unsigned part = 0; part < PANE_PARTS; part++) {
            struct table_view *view = &console->states[PANE_VIEWPORT].views[part];
            view->selected[0] = '\0';
            view->cursor = view->top = view->count = 0;
            view->sort_column = 0;
            view->filter.count = 0;
        }
        console->input.viewport = NULL; /* fetched with the next paint */
    }
    console->viewport = viewport;
    console->viewport_line[0] = '\0';
    viewport_shape_fill(viewport, &console->viewport_shape);
    console->states[PANE_VIEWPORT].part = VIEWPORT_PART_LINES;
    if (console->pane != PANE_VIEWPORT)
        remember_place(console);
    show_pane(console, PANE_VIEWPORT);
    return true;
}

/* A line opens the rows that it is made of, a row its entity, at that row. */
static void open_viewport(struct console *console, const struct table *table,
                          uint32_t row)
{
    struct pane_state *state = &console->states[PANE_VIEWPORT];
    char scratch[IDENTITY_CHARS];
    const char *identity = table->identity(table, row, scratch);
    if (state->part == VIEWPORT_PART_LINES) {
        struct table_view *view = &state->views[VIEWPORT_PART_ROWS];
        snprintf(console->viewport_line, sizeof console->viewport_line, "%s", identity);
        view->selected[0] = '\0';
        view->cursor = view->top = view->count = 0;
        state->part = VIEWPORT_PART_ROWS;
        console->must_arrange = true;
        return;
    }
    int column = table_column_index(table, "entity");
    const char *entity = table_value(table, row, (unsigned)column).text;
    char key[IDENTITY_CHARS];
    snprintf(key, sizeof key, "%s", identity);
    if (!is_entity(console, entity)) {
        console_say(console, false, "%s is no archive of this fleet", entity);
        return;
    }
    go_to_entity(console, entity);
    if (state->part == VIEWPORT_PART_ROWS) {
        struct table_view *view = &console->states[PANE_ENTITY].views[0];
        view->filter.count = 0;
        snprintf(view->selected, sizeof view->selected, "%s", key);
    }
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
    snprintf(source, sizeof source, "group=\"%.100s\"", group);
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

void run_open(struct console *console, const char *argument)
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
    if (console->pane == PANE_VIEWPORT) {
        open_viewport(console, &table, row);
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

void run_back(struct console *console, const char *argument)
{
    struct table table;
    struct table_view *view;
    (void)argument;
    if (models_active(console, &table, &view) && view->filter.count) {
        filter_set(console, &(struct filter){.count = 0});
        console_say(console, false, "the filter is off");
        return;
    }
    if (console->pane == PANE_VIEWPORT &&
        console->states[PANE_VIEWPORT].part != VIEWPORT_PART_LINES) {
        console->states[PANE_VIEWPORT].part = VIEWPORT_PART_LINES;
        console->viewport_line[0] = '\0';
        console->must_arrange = true;
        return;
    }
    go_back(console);
}

void run_quit(struct console *console, const char *argument)
{
    (void)argument;
    console_leave(console, 0);
}

/* --- moving ----------------------------------------------------------------------- */

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

void run_up(struct console *console, const char *argument)
{
    (void)argument;
    move_by(console, -1);
}

void run_down(struct console *console, const char *argument)
{
    (void)argument;
    move_by(console, 1);
}

void run_page_up(struct console *console, const char *argument)
{
    (void)argument;
    move_by(console, -page_of(console));
}

void run_page_down(struct console *console, const char *argument)
{
    (void)argument;
    move_by(console, page_of(console));
}

void run_first(struct console *console, const char *argument)
{
    (void)argument;
    move_by(console, -UINT32_MAX);
}

void run_last(struct console *console, const char *argument)
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

void run_next_problem(struct console *console, const char *argument)
{
    (void)argument;
    next_problem(console, 1);
}

void run_previous_problem(struct console *console, const char *argument)
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

void run_next_part(struct console *console, const char *argument)
{
    (void)argument;
    turn_part(console, 1);
}

void run_previous_part(struct console *console, const char *argument)
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

void run_left(struct console *console, const char *argument)
{
    if (console->pane != PANE_ENTITY)
        run_back(console, argument);
    else if (!go_to_neighbour(console, -1))
        console_say(console, false, "no previous entity in the list");
}

void run_right(struct console *console, const char *argument)
{
    if (console->pane != PANE_ENTITY)
        run_open(console, argument);
    else if (!go_to_neighbour(console, 1))
        console_say(console, false, "no next entity in the list");
}
