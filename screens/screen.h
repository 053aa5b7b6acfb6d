/* screen.h - what surrounds every pane: title, coverage, hint or prompt, key strip.
 *
 *   row 1    pane, scope, mode, alerts, clock
 *   row 2    coverage: how many answered, how many are not current, oldest, FX, LIVE
 *   ...      the pane
 *   last-1   hint, or the prompt, or a message
 *   last     F-key strip
 *
 * Below 40x8 there is one line that still says how much of the fleet answered. */
#ifndef SCREENS_SCREEN_H
#define SCREENS_SCREEN_H

#include "screens/pane.h"

enum { COMPLETIONS_SHOWN = 8 };

/* The line above the strip when it is not a hint. */
struct prompt_view {
    char sigil;          /* ':' '/' while something is typed, 0 otherwise */
    const char *text;    /* what was typed */
    int cursor_column;   /* columns of text before the cursor */
    int wrong_from;      /* byte of text, plus 1, from which on it is wrong; 0 none */
    const char *note;    /* behind it: "142 of 1203", "the quote is not closed" */
    const char *message; /* without a sigil: an answer to the last key; "" none */
    bool is_warning;     /* the note or the message is one */
    const char *completions[COMPLETIONS_SHOWN];
    uint8_t completion_count, chosen;
};

/* Draws all but the body and returns where the body goes; false when the grid is too
 * small for one (then the one line was drawn). */
bool screen_frame(enum pane_id id, const struct pane_input *input,
                  const struct prompt_view *prompt, struct cells *cells,
                  struct area *body);
/* The completion list goes over the body, so it is drawn after it. */
void screen_completions(const struct prompt_view *prompt, struct cells *cells);
/* "-- title ------" over the columns of `area`, at its first row. */
void screen_rule(struct cells *cells, struct area area, const char *title);

#endif
