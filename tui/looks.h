/* looks.h - theme and glyphs by the names that people write. */
#ifndef TUI_LOOKS_H
#define TUI_LOOKS_H

#include "tui/console.h"

enum { LOOKS_WHY_CHARS = 320 };

/* `theme` is a name or, with a slash in it, the path of a file; `glyphs` is auto, ascii
 * or blocks; NULL leaves what is there.  False: `why` says what is wrong and what would
 * be right, and *looks is as it was. */
MUST_CHECK bool looks_set(struct console_looks *looks, const char *theme,
                          const char *glyphs, char why[LOOKS_WHY_CHARS]);

#endif
