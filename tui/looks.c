#include "tui/looks.h"

#include <stdio.h>
#include <string.h>

static bool glyphs_named(const char *name, enum console_glyphs *glyphs)
{
    static const char *const names[] = {"auto", "ascii", "blocks"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i]) == 0) {
            *glyphs = (enum console_glyphs)i;
            return true;
        }
    return false;
}

bool looks_set(struct console_looks *looks, const char *theme, const char *glyphs,
               char why[LOOKS_WHY_CHARS])
{
    struct console_looks wanted = *looks;
    if (theme && strchr(theme, '/')) {
        if (!theme_read(theme, &wanted.theme, why, LOOKS_WHY_CHARS))
            return false;
    } else if (theme) {
        const struct theme *named = theme_named(theme);
        if (!named) {
            (void)snprintf(why, LOOKS_WHY_CHARS,
                           "no theme '%.40s'; there are %s, and a file by its path",
                           theme, theme_names);
            return false;
        }
        wanted.theme = *named;
    }
    if (glyphs && !glyphs_named(glyphs, &wanted.glyphs)) {
        (void)snprintf(why, LOOKS_WHY_CHARS,
                       "no glyphs '%.40s'; there are auto, ascii, blocks", glyphs);
        return false;
    }
    *looks = wanted;
    return true;
}
