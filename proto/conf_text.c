#include "proto/conf_text.h"

enum { OPEN_MAX = 8 }; /* libconfuse files here nest two deep */

struct place {
    char *at;
    int line;
    bool between_words; /* where "//" begins a comment and is no part of a word */
};

static void blank_line(struct place *place)
{
    while (place->at[1] && place->at[1] != '\n')
        *place->at++ = ' ';
    *place->at = ' ';
}

/* From the opening slash to the closing one; false when there is none. */
static bool blank_comment(struct place *place)
{
    char *end = strstr(place->at + 2, "*/");

    if (!end)
        return false;
    for (; place->at <= end + 1; place->at++) {
        if (*place->at == '\n')
            place->line++;
        else
            *place->at = ' ';
    }
    place->at--;
    return true;
}

/* From the opening quote to the closing one. */
static bool skip_quoted(struct place *place)
{
    char quote = *place->at++;

    for (; *place->at && *place->at != quote; place->at++) {
        if (*place->at == '\\' && place->at[1])
            place->at++;
        place->line += *place->at == '\n';
    }
    return *place->at != '\0';
}

/* One token or byte; NULL, or what is never closed. */
static const char *step(struct place *place)
{
    const char *at = place->at;

    if (*at == '"' || *at == '\'')
        return skip_quoted(place) ? NULL : "this quote is never closed";
    if (*at == '#' || (place->between_words && at[0] == '/' && at[1] == '/'))
        blank_line(place);
    else if (place->between_words && at[0] == '/' && at[1] == '*')
        return blank_comment(place) ? NULL : "this comment is never closed";
    place->line += *at == '\n';
    return NULL;
}

bool conf_text_prepare(char *text, const char **defect, int *line)
{
    struct place place = {.at = text, .line = 1, .between_words = true};
    int open[OPEN_MAX] = {0};
    unsigned depth = 0;

    for (; *place.at; place.at++) {
        *line = place.line;
        *defect = step(&place);
        if (*defect)
            return false;
        if (*place.at == '{') {
            open[depth < OPEN_MAX ? depth : OPEN_MAX - 1] = place.line;
            depth++;
        } else if (*place.at == '}' && depth > 0) {
            depth--;
        }
        place.between_words = strchr(" \t\n={}(),+", *place.at) != NULL;
    }
    if (depth == 0)
        return true;
    *line = open[depth <= OPEN_MAX ? depth - 1 : OPEN_MAX - 1];
    *defect = "this block or list is never closed";
    return false;
}
