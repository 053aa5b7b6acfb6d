#include "screens/card.h"

#include <stdio.h>
#include <string.h>

#include "screens/screen.h"

struct card card_begin(struct cells *cells, struct area area, int skip, int indent)
{
    return (struct card){cells, area, 0, skip, indent};
}

bool card_has_room(const struct card *card)
{
    return card->line - card->skip < card->area.rows;
}

/* The row of the next line, or -1 when it is not in sight. */
static int card_row(const struct card *card)
{
    int at = card->line - card->skip;
    return at >= 0 && at < card->area.rows ? card->area.row + at : -1;
}

/* Bytes of `text` that fit `width` columns, broken at a blank where there is one. */
static size_t break_line(const char *text, int width)
{
    size_t length = strlen(text), best = 0;
    if (text_columns(text) <= width)
        return length;
    char part[256];
    for (size_t i = 1; i < length && i < sizeof part; i++) {
        if (text[i] != ' ')
            continue;
        snprintf(part, sizeof part, "%.*s", (int)i, text);
        if (text_columns(part) > width)
            break;
        /* Words that belong together have one blank between them, groups have two. */
        if (text[i + 1] == ' ' || text[best] != ' ' || text[best + 1] != ' ' || !best)
            best = i;
    }
    return best ? best : length; /* one long word is cut with ".." */
}

static void write_wrapped(struct card *card, int indent, enum style style,
                          const char *text)
{
    int width = card->area.columns - indent - 1;
    if (width < 4)
        return;
    do {
        size_t length = break_line(text, width);
        char part[512];
        snprintf(part, sizeof part, "%.*s", (int)length, text);
        int row = card_row(card);
        if (row >= 0)
            cells_text(card->cells, row, card->area.column + indent, width, style,
                       part);
        card->line++;
        text += length;
        while (*text == ' ')
            text++;
    } while (*text && card->line < 4096);
}

void card_text(struct card *card, enum style style, const char *text)
{
    write_wrapped(card, 1, style, text);
}

void card_field(struct card *card, const char *word, enum style style, const char *text)
{
    int row = card_row(card);
    if (row >= 0)
        cells_text(card->cells, row, card->area.column + 1, card->indent - 2, STYLE_DIM,
                   word);
    write_wrapped(card, card->indent, style, text);
}

void card_figure(struct card *card, const char *word, const struct figure *figure)
{
    char number[FORMAT_CHARS], text[FORMAT_CHARS * 2];
    figure_write(figure, NUMBER_FULL, false, number);
    char mark[2] = {figure_mark(figure), '\0'};
    bool has_unit = figure->currency[0] && figure->present;
    snprintf(text, sizeof text, "%.16s%s%s%s", has_unit ? figure->currency : "",
             has_unit ? " " : "", number, mark);
    bool negative = figure->present && decimal_sign(figure->value) < 0;
    card_field(card, word, negative ? STYLE_NEGATIVE : STYLE_TEXT, text);
}

void card_blank(struct card *card)
{
    card->line++;
}

void card_rule(struct card *card, const char *title)
{
    int row = card_row(card);
    if (row >= 0)
        screen_rule(card->cells,
                    (struct area){row, card->area.column, 1, card->area.columns},
                    title);
    card->line++;
}
