/* prompt.h - one line of text being typed, with a history in memory. */
#ifndef TUI_PROMPT_H
#define TUI_PROMPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PROMPT_BYTES = 120, PROMPT_HISTORY = 16 };

struct prompt {
    char text[PROMPT_BYTES];
    size_t length, cursor; /* bytes */
    char history[PROMPT_HISTORY][PROMPT_BYTES];
    unsigned history_count, history_at; /* at == count: the line that is being typed */
};

enum prompt_result {
    PROMPT_IGNORED, /* not a key for a line of text */
    PROMPT_EDITED,  /* the text changed */
    PROMPT_MOVED,   /* only the cursor did */
    PROMPT_ACCEPTED,
    PROMPT_CANCELLED,
};

/* Begins with `text`; the history stays. */
void prompt_begin(struct prompt *prompt, const char *text);
/* Letters are text here whatever they do elsewhere; a newline that was pasted becomes a
 * blank, any other control character is dropped. */
enum prompt_result prompt_press(struct prompt *prompt, uint32_t press);
/* Puts the text into the history, unless it is empty or there already. */
void prompt_remember(struct prompt *prompt);
void prompt_set(struct prompt *prompt, const char *text);
/* Columns of the text before the cursor. */
int prompt_cursor_column(const struct prompt *prompt);

#endif
