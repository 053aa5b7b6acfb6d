/* What a paint is made of. */
#include <stdlib.h>
#include <string.h>

#include "tui/console_state.h"

/* Each pane pays for its own models; the exceptions are in row 1 of all of them. */
static void fetch(struct console *console, bool all)
{
    struct figures *figures = console->options.figures;
    struct pane_input *input = &console->input;
    const struct model_options *options = &console->model_options;
    enum pane_id pane = console->pane;
    bool wide = console->cells.columns >= WIDE_COLUMNS;
    bool exec = pane == PANE_EXECUTIVE;
    input->coverage = figures_coverage(figures, options);
    input->executive = figures_executive(figures, options);
    if (all || pane == PANE_PORTFOLIO)
        input->portfolio_model = figures_portfolio(figures, options);
    if (all || pane == PANE_RECONCILE || (exec && wide))
        input->recon = figures_recon(figures, options);
    if (all || pane == PANE_FLEET || pane == PANE_LOG || (exec && wide) ||
        console->journal_generation != figures_generation(figures))
        input->fleet_model = figures_fleet(figures);
    if (console->viewport && (all || pane == PANE_VIEWPORT)) {
        input->viewport = figures_viewport(figures, options, console->viewport);
        input->viewport_shape = &console->viewport_shape;
        input->viewport_line = console->viewport_line;
    }
    if (all || pane == PANE_ENTITY)
        input->entity =
            console->entity[0] ? figures_entity(figures, console->entity) : NULL;
}

static void count_alerts(struct pane_input *input)
{
    input->critical = input->warnings = 0;
    for (uint32_t i = 0; input->executive && i < input->executive->exception_count;
         i++) {
        enum severity severity = input->executive->exceptions[i].severity;
        input->critical += severity == SEVERITY_CRITICAL;
        input->warnings += severity == SEVERITY_WARNING;
    }
}

static void fill_words(struct console *console)
{
    struct pane_input *input = &console->input;
    const struct config *config = console->options.config;
    uint32_t portfolio = console->model_options.portfolio;
    input->fleet = config->title ? config->title : "fleet";
    input->portfolio =
        portfolio < config->portfolio_count ? config->portfolios[portfolio].name : "";
    input->operator_name = config->operator_name ? config->operator_name : "";
    input->entity_id = console->entity;
    input->basis = console->model_options.basis;
    input->without_last_known = console->model_options.without_last_known;
    input->log = console->journal.shown;
    if (console->pane == PANE_LOG)
        input->log_count = journal_show(&console->journal);
    pairing_watch(console);
    if (console->pane == PANE_SYSTEM)
        facts_fill(console);
    input->facts = console->facts;
    input->fact_count = console->fact_count;
    input->help = console->help;
    input->help_count = console->help_count;
}

/* Room for the order of every row, and as much again to hold a former order. */
static bool reserve(struct table_view *view, uint32_t row_count)
{
    uint64_t needed =
        (uint64_t)row_count + (view->count > row_count ? view->count : row_count);
    if (view->capacity >= needed && view->entries)
        return true;
    needed += needed / 4 + 16;
    if (needed > UINT32_MAX)
        return false;
    struct table_entry *grown =
        realloc(view->entries, (size_t)needed * sizeof *view->entries);
    if (!grown)
        return false;
    view->entries = grown;
    view->capacity = (uint32_t)needed;
    return true;
}

static void arrange(struct console *console)
{
    const struct pane *pane = &panes[console->pane];
    struct pane_state *state = &console->states[console->pane];
    for (unsigned part = 0; pane->table && part < pane->parts; part++) {
        struct table table;
        struct table_view *view = &state->views[part];
        if (!pane->table(&console->input, part, &table))
            continue;
        view->now_ms = console->input.now_ms;
        if (reserve(view, table.row_count))
            table_arrange(&table, view, console->input.is_held);
        else
            view->count =
                0; /* no memory: an empty table, and the frame still says so */
    }
}

void models_refresh(struct console *console)
{
    struct pane_input *input = &console->input;
    struct figures *figures = console->options.figures;
    uint64_t generation = console->generation;
    input->now_ms = console_wall_ms(console);
    input->mono_ms = console_mono_ms(console);
    if (!console->is_frozen) {
        figures_set_clock(figures, input->now_ms, input->mono_ms);
        fetch(console, false);
        generation = figures_generation(figures);
        if (input->fleet_model && generation != console->journal_generation) {
            console->journal_generation = generation;
            journal_watch_links(console, input->fleet_model);
        }
        count_alerts(input);
    }
    if (input->coverage->lost_all && !console->lost_since_ms)
        console->lost_since_ms = input->now_ms;
    else if (!input->coverage->lost_all)
        console->lost_since_ms = 0;
    input->lost_since_ms = console->lost_since_ms;
    bool was_held = input->is_held;
    input->is_held =
        console->pressed_ms && input->mono_ms - console->pressed_ms < HOLD_MS;
    input->slow = input->mono_ms < console->slow_until_ms ? " SLOW TERMINAL " : "";
    fill_words(console);
    if (generation == console->generation && !console->must_arrange &&
        was_held == input->is_held && console->pane != PANE_LOG)
        return;
    /* What the reader asked for just now is done at once; data waits. */
    bool held = input->is_held && !console->must_arrange;
    input->is_held = held;
    arrange(console);
    input->is_held =
        console->pressed_ms && input->mono_ms - console->pressed_ms < HOLD_MS;
    console->generation = generation;
    console->must_arrange = false;
}

void models_fetch_all(struct console *console)
{
    figures_set_clock(console->options.figures, console_wall_ms(console),
                      console_mono_ms(console));
    fetch(console, true);
    count_alerts(&console->input);
}

bool models_active(struct console *console, struct table *table,
                   struct table_view **view)
{
    const struct pane *pane = &panes[console->pane];
    struct pane_state *state = &console->states[console->pane];
    if (!pane->table || !console->input.coverage ||
        !pane->table(&console->input, state->part, table))
        return false;
    *view = &state->views[state->part];
    return (*view)->entries != NULL;
}

void models_release(struct console *console)
{
    for (unsigned pane = 0; pane < PANE_COUNT; pane++)
        for (unsigned part = 0; part < PANE_PARTS; part++)
            free(console->states[pane].views[part].entries);
}
