/* theme.h - the only place that knows colours: what each meaning looks like.
 *
 * Roles, never decoration.  Nothing is told by colour alone: the mark, the parenthesis
 * or the word is there in mono too.  The background is the terminal's own except under
 * the selection and what is reversed. */
#ifndef TUI_THEME_H
#define TUI_THEME_H

#include "proto/error.h"
#include "tui/cells.h"

enum theme_depth { THEME_MONO, THEME_8, THEME_256 };

enum { THEME_OWN = -1 }; /* the terminal's own colour */

struct role {
    int16_t rich, plain; /* colour 0..255 and 0..7, or THEME_OWN */
    bool is_bold, is_dim, is_reverse;
};

struct theme {
    char name[32];
    bool is_mono; /* no colours, whatever the terminal has */
    struct role role[STYLE_COUNT];
    int16_t selected_rich[2], selected_plain[2]; /* foreground, background */
};

struct look {
    int16_t foreground, background; /* palette index, -1: the terminal's own */
    bool is_bold, is_dim, is_reverse;
};

/* "dark" (the default, for dark and for unknown backgrounds), "light", "mono",
 * "contrast" (yellow and blue instead of red and green); NULL for another name. */
const struct theme *theme_named(const char *name);
extern const char theme_names[]; /* "dark, light, mono, contrast", for messages */

/* Reads a file of roles (fleet.conf(5), THEMES).  False: `why` names file, line and
 * what is wrong, and *theme is not to be used. */
MUST_CHECK bool theme_read(const char *path, struct theme *theme, char *why,
                           size_t size);

struct look theme_look(const struct theme *theme, enum theme_depth depth,
                       enum style style, bool is_selected);
const char *theme_depth_name(enum theme_depth depth); /* "mono" "8 colours" ... */

#endif
