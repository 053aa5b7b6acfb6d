/* viewport_state.h - a viewport while it is evaluated.  Private to core/viewport_*.
 *
 * One pass over the rows: each row that `where` admits gets its keys and, for every
 * function of every formula, one exact value, which is added to its line and to the
 * total.  A value that is not there stays not there: it is never 0. */
#ifndef CORE_VIEWPORT_STATE_H
#define CORE_VIEWPORT_STATE_H

#include "core/rollup.h"
#include "core/viewport.h"

enum quantity_state {
    QUANTITY_OK,
    QUANTITY_NONE,    /* not applicable: there is nothing to be had */
    QUANTITY_MISSING, /* withheld, not known, no rate: `mark` and `why` say which */
    QUANTITY_FAULT,   /* the formula does not apply: mixed currencies, overflow */
};
struct quantity {
    enum quantity_state state;
    struct rational value;
    name_id unit; /* 0: a plain number */
    enum mark mark;
    const char *why;
};
static inline struct quantity quantity_of(struct rational value, name_id unit)
{
    return (struct quantity){.value = value, .unit = unit, .why = ""};
}
static inline struct quantity quantity_not(enum quantity_state state, enum mark mark,
                                           const char *why)
{
    return (struct quantity){
        .state = state, .value = RATIONAL_ZERO, .mark = mark, .why = why};
}
/* ADD SUBTRACT MULTIPLY DIVIDE; the worse state of two wins. */
struct quantity quantity_combine(enum formula_op op, struct quantity a,
                                 struct quantity b);

struct viewport_build {
    struct figures *figures;
    struct portfolio *portfolio;
    const struct viewport *viewport;
    struct arena *arena;
    name_id period;   /* 0: rows of every period */
    name_id unit_one; /* the unit "1" of plain numbers; 0 when nobody uses it */
    int64_t view_ms, view_date;
    bool without_last_known;
};

/* One row, and what holds for it. */
struct viewport_row {
    const union any_row *row;
    uint32_t entity;
    int64_t as_of_ms;
    enum mark mark;
};

/* Does `where` admit it, and is it of the period?  *unknown: it could not be told,
 * since a cell is withheld. */
bool viewport_row_passes(const struct viewport_build *build, const union any_row *row,
                         bool *unknown);
/* The as-of and the mark of a row; *too_old: beyond the hard limit of its kind. */
struct viewport_row viewport_row_of(const struct viewport_build *build, uint32_t entity,
                                    enum mark link, const union any_row *row,
                                    bool *too_old);
/* Does `filter` admit the entity?  What is not known yet does not exclude it. */
bool viewport_entity_passes(const struct viewport_build *build, uint32_t entity);

/* A node inside a function. */
struct quantity viewport_row_value(const struct viewport_build *build,
                                   struct viewport_row *row,
                                   const struct viewport_column *column, uint8_t node);

/* What a line is made by: sorted by number, then text. */
struct viewport_value {
    int64_t number;
    const char *text; /* of the store, or of the arena */
};
struct viewport_value viewport_key_value(const struct viewport_build *build,
                                         const struct viewport_row *row,
                                         const struct viewport_key *key);
/* A cell as text: "2026-12-31" for dates, "" where there is nothing. */
const char *viewport_cell_text(const struct viewport_build *build,
                               const union any_row *row, uint8_t field);
const char *viewport_attribute(const struct viewport_build *build, uint32_t entity,
                               uint8_t attribute);

#endif
