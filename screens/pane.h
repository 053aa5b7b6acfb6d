/* pane.h - the twelve places of the console, and what each is given to draw.
 *
 * A pane is a pure function from what is known (struct pane_input) and what the reader
 * did (struct pane_state) to cells.  It has parts; most parts are tables, and Tab goes
 * from one to the next.  Everything around the body is the same for all: screen.h. */
#ifndef SCREENS_PANE_H
#define SCREENS_PANE_H

#include "screens/table.h"

/* In the order of the function keys; F10 leaves and is no pane. */
enum pane_id {
    PANE_HELP,
    PANE_EXECUTIVE,
    PANE_PORTFOLIO,
    PANE_RECONCILE,
    PANE_FLEET,
    PANE_ENTITY,
    PANE_ALERTS,
    PANE_COMMAND,
    PANE_LOG,
    PANE_SYSTEM,
    PANE_ANCHOR,
    PANE_VIEWPORT, /* what the operator defined; reached by V and by name */
    PANE_COUNT
};

enum { PANE_PARTS = 8, WIDE_COLUMNS = 140, LEAST_ROWS = 8, LEAST_COLUMNS = 40 };

/* One line of the session's log. */
struct log_line {
    int64_t at_ms;
    enum severity severity;
    const char *entity, *text;
};

/* One action as Help shows it; made from the table of actions. */
struct help_line {
    const char *section; /* a new one begins a block */
    const char *keys;    /* "/" "Up k" */
    const char *name;    /* what ':' calls it; "" */
    const char *help;
};

/* One line of the System pane: a word and what it is; "" and "" is a blank line, a word
 * alone a heading. */
struct fact {
    const char *word, *text;
};

/* The columns of a viewport: they differ from one to the next. */
struct viewport_shape {
    struct table_column columns[TABLE_COLUMNS];
    uint8_t count;
};
struct viewport;
void viewport_shape_fill(const struct viewport *viewport, struct viewport_shape *shape);

/* What every pane is given.  A model that the pane does not show may be NULL. */
struct pane_input {
    const char *fleet;     /* title of the fleet */
    const char *portfolio; /* its name */
    const char *operator_name;
    const char *entity_id; /* opened last, "" none */
    int64_t now_ms, mono_ms;
    const struct coverage *coverage;
    uint32_t critical, warnings; /* open alerts */
    enum basis basis;
    bool without_last_known;
    bool clock_times;      /* 't' */
    bool is_held;          /* sorting holds still */
    int64_t frozen_at_ms;  /* 0: live */
    int64_t lost_since_ms; /* with coverage->lost_all; 0 unknown */
    const char *slow;      /* "SLOW TERMINAL", "" when it keeps up */

    const struct model_executive *executive;
    const struct model_portfolio *portfolio_model;
    const struct model_recon *recon;
    const struct model_fleet *fleet_model;
    const struct model_entity *entity;
    const struct model_viewport *viewport;
    const struct viewport_shape *viewport_shape; /* its columns, with the model */
    const char *viewport_line;  /* whose rows are shown; "" or NULL: all */
    const struct log_line *log; /* newest first */
    uint32_t log_count;
    const struct help_line *help;
    uint32_t help_count;
    const struct fact *facts;
    uint32_t fact_count;
};

/* What the reader did to a pane; kept while other panes are shown. */
struct pane_state {
    uint8_t part;
    enum number_form numbers;
    bool shows_card; /* 'i' where the card is not always there */
    bool side_b;     /* Reconcile: which side Enter opens */
    int scroll;      /* of text */
    struct table_view views[PANE_PARTS];
};

struct pane {
    const char *word;     /* ":exec" */
    const char *mnemonic; /* "EX" */
    const char *title;    /* "EXECUTIVE" */
    const char *label;    /* on a wide strip */
    const char *short_label;
    uint8_t key; /* F-key */
    uint8_t parts;
    enum number_form numbers; /* at first */
    /* The table of a part; false when the part is none or its model is missing. */
    bool (*table)(const struct pane_input *input, unsigned part, struct table *table);
    /* Draws the body into `area`. */
    void (*draw)(const struct pane_input *input, struct pane_state *state,
                 struct area area, struct cells *cells);
    const char *hint, *wide_hint;
};
extern const struct pane panes[PANE_COUNT];

/* Fresh state: first part, default sort and numbers. */
void pane_state_init(enum pane_id id, struct pane_state *state);
/* The whole picture: frame and body. */
struct prompt_view;
void pane_draw(enum pane_id id, const struct pane_input *input,
               struct pane_state *state, const struct prompt_view *prompt,
               struct cells *cells);

/* --- what panes share ------------------------------------------------------------- */

struct table_style pane_table_style(const struct pane_input *input,
                                    const struct pane_state *state, unsigned part);
/* Draws part `part` if it has a table. */
void pane_draw_part(enum pane_id id, unsigned part, const struct pane_input *input,
                    struct pane_state *state, struct area area, struct cells *cells);
/* Row 3 of a list: what is shown of how many, filter, sort, hidden columns. */
void pane_draw_list_state(const struct table *table, const struct table_view *view,
                          const struct pane_input *input, int row, const char *lead,
                          struct cells *cells);
const char *basis_name(enum basis basis); /* "aggregate" "consolidated" "at share" */

#endif
