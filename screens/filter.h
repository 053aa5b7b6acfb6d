/* filter.h - what the reader typed after '/': words, and what they must not be.
 *
 *   filter := term term ...        all must hold
 *   term   := '!'? ( word | '"' text '"' )
 *
 * A term holds when one of a row's texts contains it.  Letters of ASCII match in either
 * case, unless the term is quoted.  The compiled form owns its text: it outlives the
 * prompt that it was typed into. */
#ifndef SCREENS_FILTER_H
#define SCREENS_FILTER_H

#include "proto/error.h"

enum { FILTER_TERMS = 8, FILTER_CHARS = 128 };

struct filter {
    char source[FILTER_CHARS]; /* as typed, for row 3 and export headers */
    struct filter_term {
        uint8_t at, length; /* in source */
        bool is_not, is_quoted;
    } terms[FILTER_TERMS];
    uint8_t count; /* 0: everything passes */
};

/* On a mistake false, `filter` unchanged, *where the byte that is wrong and *why a
 * literal for people. */
MUST_CHECK bool filter_parse(const char *source, struct filter *filter, unsigned *where,
                             const char **why);

/* Of one row: begin, show each text, ask. */
struct filter_match {
    const struct filter *filter;
    uint8_t seen; /* bit per term */
};
void filter_begin(const struct filter *filter, struct filter_match *match);
void filter_text(struct filter_match *match, const char *text);
bool filter_passes(const struct filter_match *match);

#endif
