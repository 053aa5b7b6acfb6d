/* What is typed: after ':' a command by name, after '/' a filter that works as it
 * grows. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/viewport.h"
#include "screens/table_filter.h"
#include "tui/console_state.h"
#include "tui/keys.h"

/* --- filter ----------------------------------------------------------------------- */

static void note_filter(struct console *console, const struct table *table,
                        const struct table_view *view)
{
    uint32_t known = view->count - (view->hides_unknown ? 0 : view->unknown);
    if (view->unknown)
        snprintf(console->note, sizeof console->note, "%u of %u, + %u unknown", known,
                 table->row_count, view->unknown);
    else
        snprintf(console->note, sizeof console->note, "%u of %u", known,
                 table->row_count);
    console->note_is_warning = known == 0;
    console->wrong_at = -1;
}

void filter_begin_typing(struct console *console)
{
    struct table table;
    struct table_view *view;
    if (!models_active(console, &table, &view))
        return;
    console->former_filter = view->filter;
    console->typing = &console->filter;
    prompt_begin(&console->filter, view->filter.count ? view->filter.source : "");
    note_filter(console, &table, view);
}

static void filter_edited(struct console *console)
{
    struct table table;
    struct table_view *view;
    unsigned where;
    const char *why;
    if (!models_active(console, &table, &view))
        return;
    if (!table_filter_parse(&table, console->filter.text, &view->filter, &where,
                            &why)) {
        /* The last filter that was whole stays in force. */
        snprintf(console->note, sizeof console->note, "%s", why);
        console->note_is_warning = true;
        console->wrong_at = (int)where;
        return;
    }
    table_arrange(&table, view, false);
    note_filter(console, &table, view);
}

void filter_set(struct console *console, const struct filter *filter)
{
    struct table table;
    struct table_view *view;
    if (!models_active(console, &table, &view))
        return;
    bool was_pinned = view->filter.is_pinned || console->former_filter.is_pinned;
    view->filter = *filter;
    console->must_arrange = true;
    for (unsigned pane = 0; pane < PANE_COUNT; pane++) {
        for (unsigned part = 0; part < PANE_PARTS; part++) {
            struct filter *other = &console->states[pane].views[part].filter;
            if (filter->is_pinned)
                *other = *filter;
            else if (was_pinned && other->is_pinned)
                *other = (struct filter){.count = 0};
        }
    }
}

static void filter_press(struct console *console, uint32_t press)
{
    struct table table;
    struct table_view *view;
    switch (prompt_press(&console->filter, press)) {
    case PROMPT_EDITED:
        filter_edited(console);
        break;
    case PROMPT_ACCEPTED:
        prompt_remember(&console->filter);
        console->typing = NULL;
        if (models_active(console, &table, &view)) {
            struct filter filter = view->filter;
            filter_set(console, &filter);
        }
        break;
    case PROMPT_CANCELLED:
        console->typing = NULL;
        if (models_active(console, &table, &view))
            view->filter = console->former_filter;
        console->must_arrange = true;
        break;
    case PROMPT_IGNORED:
    case PROMPT_MOVED:
        break;
    }
}

/* --- completion ------------------------------------------------------------------- */

static bool begins(const char *word, const char *prefix)
{
    return strncasecmp(word, prefix, strlen(prefix)) == 0;
}

static void offer(struct console *console, const char *word)
{
    for (unsigned i = 0; i < console->completion_count; i++)
        if (strcmp(console->completions[i], word) == 0)
            return;
    if (console->completion_count < COMPLETIONS_SHOWN)
        console->completions[console->completion_count++] = word;
}

static void offer_arguments(struct console *console, const char *command,
                            const char *prefix)
{
    const struct config *config = console->options.config;
    if (strcmp(command, "entity") == 0 || strcmp(command, "ask") == 0) {
        for (uint32_t i = 0; i < config->totebox_count; i++)
            if (begins(config->toteboxes[i].entity, prefix))
                offer(console, config->toteboxes[i].entity);
    } else if (strcmp(command, "portfolio") == 0) {
        for (uint32_t i = 0; i < config->portfolio_count; i++)
            if (begins(config->portfolios[i].name, prefix))
                offer(console, config->portfolios[i].name);
    } else if (strcmp(command, "viewport") == 0) {
        for (uint32_t i = 0; config->viewports && i < config->viewports->count; i++)
            if (begins(config->viewports->items[i].name, prefix))
                offer(console, config->viewports->items[i].name);
    } else if (strcmp(command, "basis") == 0) {
        static const char *const bases[] = {"aggregate", "consolidated", "share"};
        for (unsigned i = 0; i < 3; i++)
            if (begins(bases[i], prefix))
                offer(console, bases[i]);
    } else if (strcmp(command, "sort") == 0) {
        struct table table;
        struct table_view *view;
        if (!models_active(console, &table, &view))
            return;
        for (unsigned i = 0; i < table.column_count; i++)
            if (begins(table.columns[i].name, prefix))
                offer(console, table.columns[i].name);
    }
}

static void complete(struct console *console)
{
    const char *text = console->command.text;
    const char *blank = strchr(text, ' ');
    console->completion_count = 0;
    console->completion_chosen = 0;
    if (blank) {
        char command[PROMPT_BYTES];
        snprintf(command, sizeof command, "%.*s", (int)(blank - text), text);
        offer_arguments(console, command, blank + 1);
        return;
    }
    if (!text[0])
        return;
    for (unsigned i = 0; i < action_count; i++)
        if (begins(actions[i].name, text))
            offer(console, actions[i].name);
    for (unsigned i = 0; i < action_count; i++) /* then anywhere in the name */
        if (strstr(actions[i].name, text))
            offer(console, actions[i].name);
    const struct config *config = console->options.config;
    for (uint32_t i = 0; config->viewports && i < config->viewports->count; i++)
        if (begins(config->viewports->items[i].name, text))
            offer(console, config->viewports->items[i].name);
    for (uint32_t i = 0; i < config->totebox_count; i++)
        if (begins(config->toteboxes[i].entity, text))
            offer(console, config->toteboxes[i].entity);
}

static void take_completion(struct console *console, int step)
{
    unsigned count = console->completion_count;
    if (count == 0)
        return;
    if (console->is_completing)
        console->completion_chosen =
            (uint8_t)((console->completion_chosen + count + (unsigned)step) % count);
    console->is_completing = true;
    const char *chosen = console->completions[console->completion_chosen];
    char line[PROMPT_BYTES * 2];
    const char *blank = strchr(console->command.text, ' ');
    int kept = blank ? (int)(blank + 1 - console->command.text) : 0;
    snprintf(line, sizeof line, "%.*s%s", kept, console->command.text, chosen);
    prompt_set(&console->command, line);
}

/* --- running ---------------------------------------------------------------------- */

/* A pane's word or mnemonic as an action: "portfolio", "pf". */
static const struct action *pane_action(const char *word)
{
    for (unsigned i = 0; i < PANE_COUNT; i++)
        if (strcasecmp(panes[i].word, word) == 0 ||
            strcasecmp(panes[i].mnemonic, word) == 0)
            return action_by_name(panes[i].word);
    return NULL;
}

/* Names that share the most letters at the start, for "nearest:". */
static void say_unknown(struct console *console, const char *word)
{
    char nearest[MESSAGE_CHARS] = "";
    unsigned found = 0;
    for (size_t length = strlen(word); length > 0 && found < 3; length--) {
        for (unsigned i = 0; i < action_count && found < 3; i++) {
            if (strncasecmp(actions[i].name, word, length) != 0 ||
                strstr(nearest, actions[i].name))
                continue;
            size_t used = strlen(nearest);
            snprintf(nearest + used, sizeof nearest - used, "%s%s", found ? ", " : "",
                     actions[i].name);
            found++;
        }
    }
    console_say(console, true, "no command '%.40s'%s%.80s", word,
                found ? "; nearest: " : "", nearest);
}

/* "ALD" opens it; "ALD recon" shows its checks, "ALD pf" its line. */
static void run_noun(struct console *console, const char *entity, const char *rest)
{
    const struct action *action = rest[0] ? pane_action(rest) : NULL;
    if (!action || strcmp(action->name, "entity") == 0) {
        go_to_entity(console, entity);
        return;
    }
    action->run(console, "");
    struct table_view *view = &console->states[console->pane].views[0];
    unsigned where;
    const char *why;
    if (!filter_parse(entity, &view->filter, &where, &why))
        console_say(console, true, "%s", why);
    console->states[console->pane].part = 0;
    console->must_arrange = true;
}

void command_run(struct console *console, const char *line)
{
    char word[PROMPT_BYTES];
    while (*line == ' ')
        line++;
    size_t length = strcspn(line, " ");
    snprintf(word, sizeof word, "%.*s", (int)length, line);
    const char *rest = line + length;
    while (*rest == ' ')
        rest++;
    if (!word[0])
        return;
    if (strcasecmp(word, "last") == 0) {
        if (console->last_command[0])
            command_run(console, console->last_command);
        return;
    }
    const struct action *action = action_by_name(word);
    if (!action)
        action = pane_action(word);
    if (!action && !*rest && go_to_viewport(console, word)) {
        ; /* a viewport of the configuration, by its name */
    } else if (!action && is_entity(console, word)) {
        run_noun(console, word, rest);
    } else if (!action) {
        say_unknown(console, word);
        return;
    } else {
        action->run(console, rest);
    }
    if (line != console->last_command)
        snprintf(console->last_command, sizeof console->last_command, "%s", line);
}

void command_begin(struct console *console, const char *text)
{
    console->typing = &console->command;
    prompt_begin(&console->command, text);
    console->note[0] = '\0';
    console->note_is_warning = false;
    console->wrong_at = -1;
    console->is_completing = false;
    complete(console);
}

static void accept_command(struct console *console)
{
    char line[PROMPT_BYTES];
    snprintf(line, sizeof line, "%s", console->command.text);
    prompt_remember(&console->command);
    console->typing = NULL;
    console->completion_count = 0;
    command_run(console, line);
    if (console->message_is_warning && console->message[0] && !console->typing) {
        /* What was wrong stays on the line, to be mended. */
        command_begin(console, line);
        snprintf(console->note, sizeof console->note, "%s", console->message);
        console->note_is_warning = true;
        console->completion_count = 0;
    }
}

void command_press(struct console *console, uint32_t press)
{
    if (console->typing == &console->filter) {
        filter_press(console, press);
        return;
    }
    if (press == PRESS_TAB || press == PRESS_BACK_TAB) {
        take_completion(console, press == PRESS_TAB ? 1 : -1);
        return;
    }
    console->is_completing = false;
    switch (prompt_press(&console->command, press)) {
    case PROMPT_EDITED:
        console->note[0] = '\0';
        console->note_is_warning = false;
        complete(console);
        break;
    case PROMPT_ACCEPTED:
        accept_command(console);
        break;
    case PROMPT_CANCELLED:
        console->typing = NULL;
        console->completion_count = 0;
        break;
    case PROMPT_IGNORED:
    case PROMPT_MOVED:
        break;
    }
}
