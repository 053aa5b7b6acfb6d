#include "tui/console.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/console_state.h"
#include "tui/keys.h"

enum { TICK_MS = 1000, SLOW_MS = 500, SLOW_SHOWN_MS = 5000 };

const char *console_error_words(enum console_error error)
{
    switch (error) {
#define CONSOLE_ERROR_WORDS(code, words)                                               \
    case code:                                                                         \
        return words;
        CONSOLE_ERRORS(CONSOLE_ERROR_WORDS)
#undef CONSOLE_ERROR_WORDS
    }
    return "";
}

int64_t console_mono_ms(const struct console *console)
{
    return console->options.clock.mono_ms(console->options.clock.user);
}

int64_t console_wall_ms(const struct console *console)
{
    return console->options.clock.wall_ms(console->options.clock.user);
}

/* --- painting --------------------------------------------------------------------- */

static struct prompt_view prompt_of(const struct console *console)
{
    struct prompt_view view = {.text = "",
                               .note = console->note,
                               .message = console->message,
                               .is_warning = console->message_is_warning};
    if (!console->typing)
        return view;
    view.sigil = console->typing == &console->filter ? '/' : ':';
    view.text = console->typing->text;
    view.cursor_column = prompt_cursor_column(console->typing);
    view.is_warning = console->note_is_warning;
    view.wrong_from = console->note_is_warning ? console->wrong_at + 1 : 0;
    memcpy(view.completions, console->completions, sizeof view.completions);
    view.completion_count = console->completion_count;
    view.chosen = console->completion_chosen;
    return view;
}

static void paint(struct console *console)
{
    if (console->is_leaving)
        return;
    models_refresh(console);
    if (!console->input.coverage || !console->input.executive)
        return; /* short of memory; the next tick tries again */
    struct prompt_view prompt = prompt_of(console);
    pane_draw(console->pane, &console->input, &console->states[console->pane], &prompt,
              &console->cells);
    if (!terminal_paint(console->terminal, &console->cells))
        return; /* still dirty: drained() or resized() asks again */
    console->is_dirty = console->is_key = false;
    console->painted_ms = console_mono_ms(console);
}

static void on_paint(uv_timer_t *timer)
{
    paint(timer->data);
}

/* The first change after a quiet spell is painted in this turn of the loop. */
static void schedule(struct console *console)
{
    int64_t pause = console->is_key ? KEY_PAINT_MS : DATA_PAINT_MS;
    int64_t wait = console->painted_ms + pause - console_mono_ms(console);
    if (!console->painted_ms || wait < 0)
        wait = 0;
    uv_timer_start(&console->paint, on_paint, (uint64_t)wait, 0);
}

void console_touch(struct console *console, bool is_key)
{
    bool sooner = is_key && !console->is_key;
    if (console->is_leaving)
        return;
    console->is_key |= is_key;
    if (console->is_dirty && !sooner && uv_is_active((uv_handle_t *)&console->paint))
        return;
    console->is_dirty = true;
    schedule(console);
}

void console_wake(struct console *console)
{
    console_touch(console, false);
}

/* Clock and ages move once a second; a terminal that does not keep up is noticed here.
 */
static void on_tick(uv_timer_t *timer)
{
    struct console *console = timer->data;
    uint64_t since = terminal_waits_since_ms(console->terminal);
    if (since && uv_now(console->options.loop) - since >= SLOW_MS)
        console->slow_until_ms = console_mono_ms(console) + SLOW_SHOWN_MS;
    console_touch(console, false);
}

/* --- what the reader is told ------------------------------------------------------ */

void console_say(struct console *console, bool is_warning, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(console->message, sizeof console->message, format, arguments);
    va_end(arguments);
    console->message_is_warning = is_warning;
}

void console_log(struct console *console, enum severity severity, const char *entity,
                 const char *text)
{
    journal_add(&console->journal, console_wall_ms(console), severity, entity, text);
    if (console->pane == PANE_LOG)
        console_touch(console, false);
}

/* --- the terminal's side ---------------------------------------------------------- */

static void on_pressed(void *user, uint32_t press)
{
    struct console *console = user;
    if (console->is_leaving || press == PRESS_PASTE_BEGIN || press == PRESS_PASTE_END)
        return;
    if (!(press & PRESS_PASTED))
        console->last_keys[console->key_count++ % KEYS_KEPT] = press;
    if (console
            ->must_arrange) /* typed ahead of the paint: the key means the new pane */
        models_refresh(console);
    console->pressed_ms = console_mono_ms(console);
    if (console->typing) {
        console->message[0] = '\0';
        command_press(console, press);
    } else if (!(press & PRESS_PASTED)) { /* outside a field a paste is nobody's keys */
        const struct action *action = action_of_key(press);
        console->message[0] = '\0';
        if (action)
            action->run(console, "");
    }
    console_touch(console, true);
}

static void on_resized(void *user, int rows, int columns)
{
    struct console *console = user;
    if (!cells_resize(&console->cells, rows, columns))
        return;
    console->must_arrange = true; /* other parts may be in sight */
    console_touch(console, true);
}

static void on_drained(void *user)
{
    struct console *console = user;
    if (console->is_dirty)
        schedule(console);
}

static void on_ended(void *user, int exit_status)
{
    console_leave(user, exit_status);
}

void console_leave(struct console *console, int exit_status)
{
    if (console->is_leaving)
        return;
    console->is_leaving = true;
    uv_timer_stop(&console->paint);
    uv_timer_stop(&console->tick);
    terminal_restore(console->terminal);
    console->options.core.quit(console->options.core.user, exit_status);
}

/* --- opening and closing ---------------------------------------------------------- */

static void release(struct console *console)
{
    models_release(console);
    cells_release(&console->cells);
    free(console->link_states);
    free(console->help);
    free(console);
}

enum console_error console_open(const struct console_options *options,
                                struct console **console_out)
{
    struct console *console = calloc(1, sizeof *console);
    if (!console)
        return CONSOLE_NO_MEMORY;
    const struct config *config = options->config;
    console->options = *options;
    console->pane = PANE_EXECUTIVE;
    console->must_arrange = true;
    console->model_options.portfolio = options->portfolio;
    if (options->portfolio < config->portfolio_count)
        console->model_options.basis = config->portfolios[options->portfolio].basis;
    for (unsigned i = 0; i < PANE_COUNT; i++)
        pane_state_init((enum pane_id)i, &console->states[i]);
    struct terminal_handlers handlers = {.pressed = on_pressed,
                                         .resized = on_resized,
                                         .drained = on_drained,
                                         .ended = on_ended,
                                         .user = console};
    if (!console_fill_help(console)) {
        release(console);
        return CONSOLE_NO_MEMORY;
    }
    enum console_error error =
        terminal_open(options->loop, &options->looks, &handlers, &console->terminal);
    if (error != CONSOLE_OK) {
        release(console);
        return error;
    }
    struct terminal_facts facts;
    terminal_facts(console->terminal, &facts);
    if (!cells_init(&console->cells, facts.rows, facts.columns)) {
        terminal_close(console->terminal, NULL, NULL);
        release(console);
        return CONSOLE_NO_MEMORY;
    }
    uv_timer_init(options->loop, &console->paint);
    uv_timer_init(options->loop, &console->tick);
    console->paint.data = console->tick.data = console;
    console_log(console, SEVERITY_INFO, "", "the console was opened");
    uv_timer_start(&console->tick, on_tick, TICK_MS, TICK_MS);
    *console_out = console;
    console_touch(console, true);
    return CONSOLE_OK;
}

static void on_closed(uv_handle_t *handle)
{
    struct console *console = handle->data;
    if (--console->handles_open > 0)
        return;
    void (*closed)(void *) = console->closed;
    void *user = console->closed_user;
    release(console);
    if (closed)
        closed(user);
}

static void on_terminal_closed(void *user)
{
    struct console *console = user;
    console->handles_open = 2;
    uv_close((uv_handle_t *)&console->paint, on_closed);
    uv_close((uv_handle_t *)&console->tick, on_closed);
}

void console_close(struct console *console, void (*closed)(void *user), void *user)
{
    console->is_leaving = true;
    console->closed = closed;
    console->closed_user = user;
    uv_timer_stop(&console->paint);
    uv_timer_stop(&console->tick);
    terminal_close(console->terminal, on_terminal_closed, console);
}
