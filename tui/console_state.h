/* console_state.h - what the console remembers; for the files of the console only.
 *
 *   console.c   the loop's side: when to paint, signals, keys to where they belong
 *   models.c    what a paint is made of: the models that the pane needs, and their
 * order action.c    the one table of what a key does command.c   the line after ':'
 *   journal.c   the log of the session, what links did
 *   facts.c     the System pane; pairing_pane.c its pairing
 */
#ifndef TUI_CONSOLE_STATE_H
#define TUI_CONSOLE_STATE_H

#include "screens/screen.h"
#include "tui/console.h"
#include "tui/prompt.h"
#include "tui/terminal.h"

enum {
    DATA_PAINT_MS =
        250,           /* 4 a second for data, the first after as much quiet at once */
    KEY_PAINT_MS = 50, /* 20 a second for keys */
    HOLD_MS = 3000,    /* sorting holds still after a key */
    PLACES_MAX = 32,
    JOURNAL_LINES = 256,
    ENTITY_CHARS = 64,
    MESSAGE_CHARS = 160,
    KEYS_KEPT = 8,
    FACTS_MAX = 64,
    FACT_CHARS = 400,
};

struct place { /* where 'back' goes */
    enum pane_id pane;
    char entity[ENTITY_CHARS];
};

struct journal {
    struct journal_line {
        int64_t at_ms;
        enum severity severity;
        char entity[ENTITY_CHARS];
        char text[160];
    } lines[JOURNAL_LINES];
    uint32_t count, next;
    struct log_line shown[JOURNAL_LINES]; /* newest first, for the pane */
};

struct console {
    struct console_options options;
    struct terminal *terminal;
    struct cells cells;

    enum pane_id pane;
    struct pane_state states[PANE_COUNT];
    struct place places[PLACES_MAX];
    unsigned place_count;
    char entity[ENTITY_CHARS];
    const struct viewport *viewport; /* opened last; NULL: none */
    struct viewport_shape viewport_shape;
    char viewport_line[IDENTITY_CHARS]; /* whose rows are shown */
    struct model_options model_options;
    struct pane_input input; /* of the last paint; its models are borrowed */
    uint64_t generation;     /* that the order of rows was made from */
    bool must_arrange;
    bool is_frozen;

    struct prompt command, filter;
    struct prompt *typing; /* which of them, or NULL */
    struct filter former_filter;
    char last_command[PROMPT_BYTES];
    char note[MESSAGE_CHARS];
    bool note_is_warning;
    int wrong_at; /* byte of what is typed; -1 */
    char message[MESSAGE_CHARS];
    bool message_is_warning;
    const char *completions[COMPLETIONS_SHOWN];
    uint8_t completion_count, completion_chosen;
    bool is_completing; /* Tab walks through them */

    struct journal journal;
    uint8_t *link_states; /* enum link_state by slot, as last written to the journal */
    uint32_t link_count;
    uint64_t journal_generation;

    struct fact facts[FACTS_MAX];
    uint32_t fact_count;
    char fact_text[FACTS_MAX][FACT_CHARS];
    enum pairing_step pairing_step; /* as last written to the journal */
    struct help_line *help;
    uint32_t help_count;
    uint32_t last_keys[KEYS_KEPT];
    unsigned key_count;

    int64_t painted_ms, pressed_ms; /* monotonic; of the last of each */
    int64_t interrupted_ms;         /* Ctrl-C */
    int64_t lost_since_ms;          /* wall */
    int64_t slow_until_ms;
    bool is_dirty; /* something is not on the screen yet */
    bool is_key;   /* and a person waits for it */
    bool is_leaving;

    uv_timer_t paint, tick;
    unsigned handles_open;
    void (*closed)(void *user);
    void *closed_user;
};

/* --- console.c -------------------------------------------------------------------- */

int64_t console_mono_ms(const struct console *console);
int64_t console_wall_ms(const struct console *console);
/* Something is not on the screen; `is_key` when a key press made it so. */
void console_touch(struct console *console, bool is_key);
/* A word to the reader in the hint line, until the next key. */
__attribute__((format(printf, 3, 4))) void
console_say(struct console *console, bool is_warning, const char *format, ...);
void console_leave(struct console *console, int exit_status);

/* --- models.c --------------------------------------------------------------------- */

/* Fetches what the pane shows and puts its rows in order. */
void models_refresh(struct console *console);
/* Fetches everything: before a freeze. */
void models_fetch_all(struct console *console);
/* The active table of the pane and the view on it; false when the part has none. */
bool models_active(struct console *console, struct table *table,
                   struct table_view **view);
void models_release(struct console *console);

/* --- navigate.c ------------------------------------------------------------------- */

void go_to_pane(struct console *console, enum pane_id pane);
void go_to_entity(struct console *console, const char *entity);
void go_back(struct console *console);

/* Is `name` the entity of a block, or one that a hub may carry? */
bool is_entity(const struct console *console, const char *name);

/* Actions; the argument is not used. */
/* False when the configuration has none of that name. */
bool go_to_viewport(struct console *console, const char *name);
void run_open(struct console *console, const char *argument);
void run_back(struct console *console, const char *argument);
void run_quit(struct console *console, const char *argument);
void run_up(struct console *console, const char *argument);
void run_down(struct console *console, const char *argument);
void run_page_up(struct console *console, const char *argument);
void run_page_down(struct console *console, const char *argument);
void run_first(struct console *console, const char *argument);
void run_last(struct console *console, const char *argument);
void run_next_problem(struct console *console, const char *argument);
void run_previous_problem(struct console *console, const char *argument);
void run_next_part(struct console *console, const char *argument);
void run_previous_part(struct console *console, const char *argument);
void run_left(struct console *console, const char *argument);
void run_right(struct console *console, const char *argument);

/* --- actions.c -------------------------------------------------------------------- */

/* What a key does.  `argument` is what followed the name on the command line, else "".
 */
struct action {
    const char *name;
    const char *keys;    /* press names with blanks between, as Help shows them */
    const char *section; /* of Help */
    const char *help;
    void (*run)(struct console *console, const char *argument);
};
extern const struct action actions[];
extern const unsigned action_count;
/* The action of a key, or NULL. */
const struct action *action_of_key(uint32_t press);
const struct action *action_by_name(const char *name);
bool console_fill_help(struct console *console); /* false: no memory */

/* --- command_line.c --------------------------------------------------------------- */

void command_press(struct console *console, uint32_t press);
void command_begin(struct console *console, const char *text);
void filter_begin_typing(struct console *console);
/* Of the active table; a pinned one of all tables, and one that replaces a pinned one
 * takes that from all. */
void filter_set(struct console *console, const struct filter *filter);
void command_run(struct console *console, const char *line);

/* --- journal.c, facts.c ----------------------------------------------------------- */

void journal_add(struct journal *journal, int64_t at_ms, enum severity severity,
                 const char *entity, const char *text);
/* Fills journal->shown; returns how many lines there are. */
uint32_t journal_show(struct journal *journal);
/* Writes what links did since the last call. */
void journal_watch_links(struct console *console, const struct model_fleet *fleet);
void facts_fill(struct console *console);
__attribute__((format(printf, 3, 4))) void
facts_add(struct console *console, const char *word, const char *format, ...);

/* --- pairing_pane.c --------------------------------------------------------------- */

const struct pairing_view *pairing_view(const struct console *console);
bool pairing_is_going_on(const struct console *console);
/* Adds the section; true when a pairing is going on or was. */
bool pairing_facts(struct console *console);
/* Writes a step that is new to the journal. */
void pairing_watch(struct console *console);
/* False: none is going on. */
bool pairing_stop(struct console *console);
void run_pair(struct console *console, const char *argument);

#endif
