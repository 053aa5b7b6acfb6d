/* theme.h - the only place that knows colours: what each meaning looks like.
 *
 * Roles, never decoration.  Nothing is told by colour alone: the mark, the parenthesis
 * or the word is there in mono too.  The background is the terminal's own except under
 * the selection and what is reversed. */
#ifndef TUI_THEME_H
#define TUI_THEME_H

#include "tui/cells.h"

enum theme_depth { THEME_MONO, THEME_8, THEME_256 };

struct look {
    int16_t foreground, background; /* palette index, -1: the terminal's own */
    bool is_bold, is_dim, is_reverse;
};

struct look theme_look(enum theme_depth depth, enum style style, bool is_selected);
const char *theme_depth_name(enum theme_depth depth); /* "mono" "8 colours" ... */

#endif
