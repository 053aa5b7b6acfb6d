#include "tui/theme.h"

enum { OWN = -1, BLACK = 0, RED = 1, YELLOW = 3, MAGENTA = 5, CYAN = 6 };

/* By style: foreground with 256 and with 8 colours, and what a terminal adds or has
 * instead. */
static const struct {
    int16_t rich, plain;
    bool is_bold, is_dim, is_reverse;
} roles[STYLE_COUNT] = {
    [STYLE_TEXT] = {OWN, OWN, false, false, false},
    [STYLE_TITLE] = {37, CYAN, true, false, false},
    [STYLE_ACCENT] = {37, CYAN, false, false, false},
    [STYLE_DIM] = {OWN, OWN, false, true, false},
    [STYLE_SELECTED] = {OWN, OWN, false, false, false},
    [STYLE_AGING] = {178, YELLOW, false, false, false},
    [STYLE_STALE] = {178, YELLOW, false, true, false},
    [STYLE_DOWN] = {160, RED, true, false, false},
    [STYLE_REFUSED] = {170, MAGENTA, false, false, false},
    [STYLE_NEGATIVE] = {OWN, OWN, false, false, false},
    [STYLE_CRITICAL] = {160, RED, true, false, false},
    [STYLE_WARNING] = {178, YELLOW, false, false, false},
    [STYLE_CHANGED] = {OWN, OWN, true, false, false},
    [STYLE_KEY] = {OWN, OWN, true, false, false},
    [STYLE_STRIP] = {37, CYAN, false, false, false},
    [STYLE_STRIP_ACTIVE] = {OWN, OWN, true, false, true},
    [STYLE_ALARM] = {OWN, OWN, true, false, true},
};

struct look theme_look(enum theme_depth depth, enum style style, bool is_selected)
{
    struct look look = {
        .foreground = OWN,
        .background = OWN,
        .is_bold = roles[style].is_bold,
        .is_dim = roles[style].is_dim,
        .is_reverse = roles[style].is_reverse,
    };
    switch (depth) {
    case THEME_MONO:
        look.is_reverse |= is_selected;
        break;
    case THEME_8:
        look.foreground = roles[style].plain;
        if (is_selected) { /* a pair of its own: reverse of a coloured word is no
                              selection */
            look.foreground = BLACK;
            look.background = CYAN;
            look.is_dim = false;
        }
        break;
    case THEME_256:
        look.foreground = roles[style].rich;
        if (is_selected) {
            if (look.foreground == OWN || look.foreground == 37)
                look.foreground = 255;
            else if (look.foreground == 160)
                look.foreground = 217; /* red on blue cannot be read; light red can */
            look.background = 24;
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
