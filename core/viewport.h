/* viewport.h - a table that an operator defines: which rows, grouped how, which sums.
 *
 *   viewport "maturities" {
 *     title    = "Debt maturity ladder"
 *     filter   = "group:Europe"                         # which entities
 *     rows     = "obl"  where = "kind=loan-maturity"    # which of their rows
 *     group-by = {"bucket(due,3m,12m,24m)"}
 *     column "amount" { formula = "sum(amount)"  currency = "reporting" }
 *     column "share"  { formula = "amount / total(amount)"  format = "percent" }
 *     threshold "large" { column = "amount"  above = "1000000"  severity = "warning" }
 *     sort     = "bucket"
 *   }
 *
 * Read once with libconfuse; every error names the file and the line and what can stand
 * there instead.  What is read here has been checked: names are indexes, formulas are
 * trees.  viewport_model.c evaluates it (docs/views.md, "Viewports"). */
#ifndef CORE_VIEWPORT_H
#define CORE_VIEWPORT_H

#include "core/arena.h"
#include "core/config.h"
#include "core/rational.h"
#include "proto/rows.h"

enum {
    VIEWPORT_TERMS = 8,
    VIEWPORT_KEYS = 4,
    VIEWPORT_COLUMNS = 10,
    VIEWPORT_THRESHOLDS = 8,
    VIEWPORT_BOUNDS = 6,
    VIEWPORT_AGGREGATES = 32,
    VIEWPORT_NAME_MAX = 32,
    VIEWPORT_MOST = 64,
    FORMULA_NODES = 48,
    FORMULA_DEPTH = 12,
};

/* --- what a row or an entity has ---------------------------------------------- */

/* A column of the view's table, or one of these. */
enum {
    FIELD_DIRECTION = 64, /* of a covenant: 1 where more is better, else -1 */
    FIELD_NONE = 255,
};
enum attribute {
    ATTRIBUTE_ENTITY,
    ATTRIBUTE_NAME,
    ATTRIBUTE_GROUP,
    ATTRIBUTE_KIND,
    ATTRIBUTE_CURRENCY,
    ATTRIBUTE_TAG,
    ATTRIBUTE_COUNT
};
/* The unit of a number: a column with a currency or a unit; FIELD_NONE: a plain number.
 */
uint8_t viewport_unit_field(enum view view, uint8_t field);

/* --- which entities and which rows -------------------------------------------- */

enum term_operator {
    TERM_IS,
    TERM_IS_NOT,
    TERM_LESS,
    TERM_AT_MOST,
    TERM_MORE,
    TERM_AT_LEAST
};
/* "kind=loan-maturity|covenant" "due<=2026-12-31" "amount>1000" "!group:Europe" */
struct viewport_term {
    uint8_t field; /* of the row, or enum attribute */
    enum term_operator operator;
    const char *values;    /* alternatives, each ended by NUL, then an empty one */
    struct decimal number; /* of comparisons; a date as YYYYMMDD */
};

/* --- formulas (viewport_formula.c) -------------------------------------------- */

enum formula_op {
    FORMULA_NUMBER,
    FORMULA_FIELD,  /* of a row; inside a function */
    FORMULA_COLUMN, /* an earlier column of this viewport; outside */
    FORMULA_NEGATE,
    FORMULA_ADD,
    FORMULA_SUBTRACT,
    FORMULA_MULTIPLY,
    FORMULA_DIVIDE,
    FORMULA_SUM, /* functions over rows: `index` is that of the aggregate */
    FORMULA_MIN,
    FORMULA_MAX,
    FORMULA_COUNT,
    FORMULA_RATIO, /* sum of left / sum of right, over rows that have both */
    FORMULA_TOTAL, /* the sum over all rows of the viewport */
};
struct formula_node {
    enum formula_op op;
    uint8_t left, right; /* nodes */
    uint8_t index;       /* field, column or aggregate */
    struct rational number;
};
struct formula {
    struct formula_node nodes[FORMULA_NODES];
    uint8_t count, root;
};
/* What a formula may name. */
struct formula_scope {
    enum view view;
    const char *const *columns; /* defined before this one */
    uint32_t column_count;
    uint32_t *aggregate_count; /* counts on from here */
};
/* False: *where is the byte that is wrong, `why` says what and what else can stand
 * there. */
MUST_CHECK bool formula_parse(const char *text, const struct formula_scope *scope,
                              struct formula *formula, uint32_t *where, char *why,
                              size_t size);

/* --- a viewport --------------------------------------------------------------- */

enum key_kind {
    KEY_ATTRIBUTE,
    KEY_FIELD,
    KEY_BUCKET,
    KEY_YEAR,
    KEY_QUARTER,
    KEY_MONTH
};
struct viewport_key {
    const char *name; /* "bucket" "cur" "entity" */
    enum key_kind kind;
    uint8_t field; /* or enum attribute */
    uint8_t bound_count;
    int bounds[VIEWPORT_BOUNDS]; /* months from the view date, rising */
};
enum viewport_format {
    VIEWPORT_AUTO,
    VIEWPORT_MONEY,
    VIEWPORT_PERCENT,
    VIEWPORT_RATIO,
    VIEWPORT_NUMBER,
    VIEWPORT_CELL
};
struct viewport_column {
    const char *name, *title;
    enum viewport_format format; /* VIEWPORT_CELL: `field`, where all rows agree */
    uint8_t field;
    bool is_reporting; /* money is translated before it is added */
    const char *text;  /* of the formula */
    struct formula formula;
};
struct viewport_threshold {
    const char *name;
    uint8_t column;   /* of columns */
    uint8_t severity; /* enum severity */
    bool has[4];      /* above, below, at-least, at-most */
    struct rational limit[4];
};

struct viewport {
    const char *file; /* where it stands */
    int line;
    const char *name, *title;
    const char *text; /* the block as read, in canonical words: what a snap digests */
    enum view view;
    const char *period; /* NULL: the portfolio's */
    int8_t partial;     /* enum partial_policy; -1: the portfolio's */
    struct viewport_term filter[VIEWPORT_TERMS], where[VIEWPORT_TERMS];
    uint8_t filter_count, where_count;
    struct viewport_key keys[VIEWPORT_KEYS];
    uint8_t key_count;
    struct viewport_column columns[VIEWPORT_COLUMNS];
    uint8_t column_count;
    struct viewport_threshold thresholds[VIEWPORT_THRESHOLDS];
    uint8_t threshold_count;
    uint32_t aggregate_count;
    uint8_t sort; /* 0: by the keys; else 1 + index among keys and columns */
    bool descending;
};

struct viewports {
    struct arena arena;
    struct viewport *items;
    uint32_t count, capacity;
};

/* Adds the blocks of a text; `path` names it in errors.  False and "path:line: ...":
 * nothing was added. */
MUST_CHECK bool viewports_parse(struct viewports *viewports, const char *text,
                                const char *path, char error[CONFIG_ERROR_CHARS]);
/* A file, or a folder: its *.conf, by name. */
MUST_CHECK bool viewports_read(struct viewports *viewports, const char *path,
                               char error[CONFIG_ERROR_CHARS]);
void viewports_free(struct viewports *viewports); /* NULL is fine */
/* NULL when there is none of that name. */
const struct viewport *viewport_find(const struct config *config, const char *name);

/* Parts of the above (viewport_terms.c); `why` as in formula_parse. */
MUST_CHECK bool viewport_terms_parse(struct arena *arena, const char *text,
                                     bool of_entities, enum view view,
                                     struct viewport_term *terms, uint8_t *count,
                                     char *why, size_t size);
MUST_CHECK bool viewport_key_parse(struct arena *arena, const char *text,
                                   enum view view, struct viewport_key *key, char *why,
                                   size_t size);
/* FIELD_NONE when the view has no such column. */
uint8_t viewport_field(enum view view, struct text name);
/* "there are: kind id title ..." */
void viewport_list_fields(enum view view, bool only_numbers, char *text, size_t size);
bool viewport_field_is_number(enum view view, uint8_t field);
bool viewport_field_is_date(enum view view, uint8_t field);

#endif
