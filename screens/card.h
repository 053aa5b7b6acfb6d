/* card.h - lines of words about one thing, in an area: provenance, details, help. */
#ifndef SCREENS_CARD_H
#define SCREENS_CARD_H

#include "screens/table.h"

struct card {
    struct cells *cells;
    struct area area;
    int line;   /* next line to write, counted from the first of the card */
    int skip;   /* lines scrolled away */
    int indent; /* column of the text of card_field(), from the left of the area */
};
struct card card_begin(struct cells *cells, struct area area, int skip, int indent);
/* Long texts go on in the next line, at the same indent. */
void card_text(struct card *card, enum style style, const char *text);
void card_field(struct card *card, const char *word, enum style style,
                const char *text);
/* The field's figure, exact, with its mark and currency. */
void card_figure(struct card *card, const char *word, const struct figure *figure);
void card_blank(struct card *card);
void card_rule(struct card *card, const char *title);
/* Is there room for another line? */
bool card_has_room(const struct card *card);

#endif
