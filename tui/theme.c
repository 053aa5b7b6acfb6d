#include "tui/theme.h"

#include <string.h>

enum {
    OWN = THEME_OWN,
    BLACK = 0,
    RED = 1,
    GREEN = 2,
    YELLOW = 3,
    BLUE = 4,
    MAGENTA = 5,
    CYAN = 6,
    WHITE = 7
};

const char theme_names[] = "dark, light, mono, contrast";

/* Emphasis is the same in every theme, so that mono loses nothing. */
#define ROLES(title, aging, down, refused)                                             \
    {                                                                                  \
        [STYLE_TEXT] = {OWN, OWN, false, false, false},                                \
        [STYLE_TITLE] = {title, true, false, false},                                   \
        [STYLE_ACCENT] = {title, false, false, false},                                 \
        [STYLE_DIM] = {OWN, OWN, false, true, false},                                  \
        [STYLE_SELECTED] = {OWN, OWN, false, false, false},                            \
        [STYLE_AGING] = {aging, false, false, false},                                  \
        [STYLE_STALE] = {aging, false, true, false},                                   \
        [STYLE_DOWN] = {down, true, false, false},                                     \
        [STYLE_REFUSED] = {refused, false, false, false},                              \
        [STYLE_NEGATIVE] = {OWN, OWN, false, false, false},                            \
        [STYLE_CRITICAL] = {down, true, false, false},                                 \
        [STYLE_WARNING] = {aging, false, false, false},                                \
        [STYLE_CHANGED] = {OWN, OWN, true, false, false},                              \
        [STYLE_KEY] = {OWN, OWN, true, false, false},                                  \
        [STYLE_STRIP] = {title, false, false, false},                                  \
        [STYLE_STRIP_ACTIVE] = {OWN, OWN, true, false, true},                          \
        [STYLE_ALARM] = {OWN, OWN, true, false, true},                                 \
    }
#define COLOURS(rich, plain) rich, plain

static const struct theme themes[] = {
    {
        .name = "dark",
        .role = ROLES(COLOURS(37, CYAN), COLOURS(178, YELLOW), COLOURS(160, RED),
                      COLOURS(170, MAGENTA)),
        .selected_rich = {255, 24},
        .selected_plain = {BLACK, CYAN},
    },
    {
        /* Yellow and cyan of eight are too bright on white to be read. */
        .name = "light",
        .role = ROLES(COLOURS(24, BLUE), COLOURS(130, MAGENTA), COLOURS(124, RED),
                      COLOURS(90, MAGENTA)),
        .selected_rich = {16, 153},
        .selected_plain = {WHITE, BLUE},
    },
    {
        .name = "mono",
        .is_mono = true,
        .role = ROLES(COLOURS(OWN, OWN), COLOURS(OWN, OWN), COLOURS(OWN, OWN),
                      COLOURS(OWN, OWN)),
        .selected_rich = {OWN, OWN},
        .selected_plain = {OWN, OWN},
    },
    {
        .name = "contrast",
        .role = ROLES(COLOURS(231, WHITE), COLOURS(226, YELLOW), COLOURS(45, CYAN),
                      COLOURS(231, WHITE)),
        .selected_rich = {16, 226},
        .selected_plain = {BLACK, YELLOW},
    },
};

const struct theme *theme_named(const char *name)
{
    for (size_t i = 0; i < sizeof themes / sizeof themes[0]; i++)
        if (strcmp(themes[i].name, name) == 0)
            return &themes[i];
    return NULL;
}

/* Red on the selection's blue cannot be read; light red can. */
static int16_t legible_on(int16_t foreground, int16_t background)
{
    return foreground == 160 && background == 24 ? 217 : foreground;
}

struct look theme_look(const struct theme *theme, enum theme_depth depth,
                       enum style style, bool is_selected)
{
    const struct role *role = &theme->role[style];
    struct look look = {
        .foreground = OWN,
        .background = OWN,
        .is_bold = role->is_bold,
        .is_dim = role->is_dim,
        .is_reverse = role->is_reverse,
    };
    switch (depth) {
    case THEME_MONO:
        look.is_reverse |= is_selected;
        break;
    case THEME_8:
        look.foreground = role->plain;
        if (is_selected) { /* a pair of its own: reverse of a coloured word is no
                              selection */
            look.foreground = theme->selected_plain[0];
            look.background = theme->selected_plain[1];
            look.is_dim = false;
        }
        break;
    case THEME_256:
        look.foreground = role->rich;
        if (is_selected) {
            int16_t title = theme->role[STYLE_TITLE].rich;
            /* Marks keep their colour on the selected row where it can be read. */
            bool takes = look.foreground == OWN || look.foreground == title ||
                         theme->selected_rich[1] != 24;
            look.background = theme->selected_rich[1];
            look.foreground = takes ? theme->selected_rich[0]
                                    : legible_on(look.foreground, look.background);
            look.is_dim = false;
        }
        break;
    }
    return look;
}

const char *theme_depth_name(enum theme_depth depth)
{
    return depth == THEME_MONO ? "mono"
           : depth == THEME_8  ? "8 colours"
                               : "256 colours";
}
