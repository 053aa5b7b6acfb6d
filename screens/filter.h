/* filter.h - what the reader typed after '/', as a small program over the cells of a
 * row.
 *
 *   filter   := '&'? or?
 *   or       := and ('|' and)*
 *   and      := not+
 *   not      := '!'? atom
 *   atom     := '(' or ')' | word | '"' text '"' | '/' regex '/' | field relation value
 *   relation := ':' contains | '=' | '!=' | '>' | '>=' | '<' | '<='
 *   value    := word | '"' text '"' | low '..' high, after ':'
 *
 * A word or regex holds when one of a row's texts contains it; a field is a column
 * (table_filter.h says how its value is read).  Letters of ASCII match in either case,
 * unless quoted.  Unknown is not false: a field without a value answers UNKNOWN, and
 * so does what depends on it.  '&' pins the filter for all panes.
 *
 * The compiled form owns its text: it outlives the prompt that it was typed into. */
#ifndef SCREENS_FILTER_H
#define SCREENS_FILTER_H

#include "proto/error.h"

enum { FILTER_NODES = 32, FILTER_CHARS = 128, FILTER_DEPTH = 8, FILTER_REGEX_MAX = 64 };

enum filter_answer { FILTER_NO, FILTER_YES, FILTER_UNKNOWN };

enum filter_op {
    FILTER_WORD,
    FILTER_REGEX,
    FILTER_FIELD,
    FILTER_NOT, /* of the answer before */
    FILTER_AND, /* of the two answers before */
    FILTER_OR
};
enum filter_relation {
    FILTER_CONTAINS,
    FILTER_IS,
    FILTER_IS_NOT,
    FILTER_GREATER,
    FILTER_AT_LEAST,
    FILTER_LESS,
    FILTER_AT_MOST,
    FILTER_BETWEEN /* both ends belong to it */
};

struct filter_span {
    uint8_t at, length; /* in source */
};
struct filter_node {
    uint8_t op, relation;
    bool is_quoted; /* the value, or the word */
    struct filter_span field, value, high;
};

struct filter {
    char source[FILTER_CHARS];              /* as typed, for row 3 and export headers */
    struct filter_node nodes[FILTER_NODES]; /* in the order of a stack machine */
    uint8_t count;                          /* 0: everything passes */
    bool is_pinned;
};

/* On a mistake false, `filter` unchanged, *where the byte that is wrong and *why a
 * literal for people. */
MUST_CHECK bool filter_parse(const char *source, struct filter *filter, unsigned *where,
                             const char **why);

/* Runs it over one row: `atom` answers for node `index`, a WORD, REGEX or FIELD. */
enum filter_answer filter_run(const struct filter *filter,
                              enum filter_answer (*atom)(const void *user,
                                                         unsigned index),
                              const void *user);

/* Does `text` contain, or equal, the span?  Letters in either case unless exact. */
bool filter_contains(const struct filter *filter, struct filter_span span, bool exact,
                     const char *text);
bool filter_equals(const struct filter *filter, struct filter_span span, bool exact,
                   const char *text);

#endif
