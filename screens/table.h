/* table.h - rows and columns over a model: drawn, sorted, filtered and exported as one.
 *
 * A pane describes a part of its model once, as a table: columns with names, and a
 * function that gives the value of a cell.  The same description draws it, fits it to a
 * width by dropping columns of low rank, sorts and filters it, and writes it as text,
 * CSV and JSON.  A table holds nothing: it borrows the model for as long as it is used.
 *
 * What the reader did to a table is a struct table_view: which row is selected (by
 * identity, so that the cursor follows the entity and not the line), sort and filter,
 * and the order of rows that table_arrange() made in memory that the caller lends. */
#ifndef SCREENS_TABLE_H
#define SCREENS_TABLE_H

#include "screens/filter.h"
#include "screens/format.h"

enum { TABLE_COLUMNS = 20, IDENTITY_CHARS = 160, VALUE_CHARS = 40 };

enum value_kind {
    VALUE_TEXT,
    VALUE_FIGURE,
    VALUE_COUNT,    /* number */
    VALUE_OF,       /* number / of: "1184/1203" */
    VALUE_AGE,      /* number: as-of in Unix ms; drawn with its mark */
    VALUE_MOMENT,   /* number: Unix ms */
    VALUE_DURATION, /* number: ms; negative: unknown */
    VALUE_DATE,     /* number: YYYYMMDD */
    VALUE_DECIMAL,  /* decimal, with all its places */
    VALUE_MARK,     /* mark, alone */
};

struct value {
    enum value_kind kind;
    enum style style; /* of a text; STYLE_TEXT by default */
    const char *text; /* NULL: `made` */
    char made[VALUE_CHARS];
    uint8_t indent; /* blanks before the text */
    const struct figure *figure;
    bool is_full; /* with all its digits: a shorter form would hide a difference */
    int64_t number, of;
    struct decimal decimal;
    enum mark mark; /* of VALUE_AGE and VALUE_MARK */
};

struct table_column {
    const char *name;  /* in exports, for sorting: "net_assets" */
    const char *title; /* on the screen */
    enum value_kind kind;
    uint8_t width;  /* least columns, without the gap before it */
    uint8_t wide;   /* where there is room */
    uint8_t rank;   /* 0 never goes; the greatest goes first */
    bool is_change; /* numbers show a plus sign */
};

/* Also the row index of the total line. */
#define TABLE_TOTAL UINT32_MAX

struct table {
    const char *name;  /* of the part, in exports: "groups" */
    const char *title; /* of the part, in rules */
    const struct table_column *columns;
    uint8_t column_count;
    uint32_t row_count;
    bool has_total;
    const void *model; /* what value() and identity() look at */
    /* Fills what the column's kind needs; *value is zeroed before. */
    void (*value)(const struct table *table, uint32_t row, unsigned column,
                  struct value *value);
    /* What stays the same when rows move: a string of the model, or one made in
     * `scratch`. */
    const char *(*identity)(const struct table *table, uint32_t row,
                            char scratch[IDENTITY_CHARS]);
    /* Is this a row that one jumps to with [ and ]?  May be NULL: none is. */
    bool (*is_problem)(const struct table *table, uint32_t row);
};

struct table_entry {
    uint64_t identity; /* hash */
    uint32_t row;
    uint32_t rank;   /* in the former order, while it is held */
    bool is_unknown; /* the filter cannot say whether it belongs here */
};

struct table_view {
    char selected[IDENTITY_CHARS]; /* "" : the first */
    uint32_t cursor;               /* place of the selected row in the order */
    uint32_t top;                  /* first row shown */
    uint32_t visible;              /* rows shown by the last drawing */
    uint8_t sort_column;           /* 0: the model's own order, else column + 1 */
    bool descending;
    uint8_t then_column; /* the second key, where the first ones are equal */
    bool then_descending;
    struct filter filter;
    int64_t now_ms;              /* for ages in the filter */
    bool hides_unknown;          /* rows for which the filter has no answer */
    uint32_t unknown;            /* of them, in the table */
    const char *filter_is;       /* NULL; or why the filter is none for this table */
    struct table_entry *entries; /* the order; memory is the caller's */
    uint32_t capacity;           /* entries it has room for */
    uint32_t count; /* rows in the order: they pass, or nobody knows; those are last */
    uint8_t columns_shown, columns_all; /* by the last drawing */
};

/* Fills the order: filter, then sort by up to two columns; unknown values last in both
 * directions, ties in the model's order, rows that the filter cannot judge at the end.
 * A filter that is none for this table (view->filter_is) hides nothing.  `held`: keep
 * the former order (by identity), whatever the sort says. The selected row keeps its
 * line on the screen where it can; when it is gone the row at its place is selected.
 * Needs capacity >= row_count (2 x while held: the second half is scratch). */
void table_arrange(const struct table *table, struct table_view *view, bool held);

/* Moves the cursor by `steps`, not beyond the ends. */
void table_move(const struct table *table, struct table_view *view, int64_t steps);
void table_select(const struct table *table, struct table_view *view, uint32_t place);
/* Selects by identity; false when no row of the order has it. */
bool table_select_identity(const struct table *table, struct table_view *view,
                           const char *identity);
/* To the next (1) or previous (-1) problem row; false when there is none. */
bool table_next_problem(const struct table *table, struct table_view *view, int step);
/* The selected row, or TABLE_TOTAL when the table is empty. */
uint32_t table_selected_row(const struct table_view *view);

/* The words of a value; never NULL. */
const char *value_text(const struct value *value);
struct value table_value(const struct table *table, uint32_t row, unsigned column);
/* Column by name, or -1. */
int table_column_index(const struct table *table, const char *name);
/* Is there something to compare: unknown values sort last. */
bool value_is_known(const struct value *value);
int value_compare(const struct value *a, const struct value *b);

struct area {
    int row, column, rows, columns;
};

struct table_style {
    enum number_form form;
    bool clock_times; /* ages as times of the day */
    bool is_active;   /* the cursor is here: selection, hardware cursor */
    bool no_header;
    int64_t now_ms;
};
/* Draws the header, the rows that fit (scrolling so that the selection shows), and the
 * total under a rule when the table has one.  Uses 1 + rows (+ 2) lines of `area`. */
void table_draw(const struct table *table, struct table_view *view,
                const struct table_style *style, struct area area, struct cells *cells);
/* "a|b" in `scratch`, which it returns. */
const char *identity_join(char scratch[IDENTITY_CHARS], const char *a, const char *b);
/* '.' for a link that is all right, ':' for one that is being asked, else mark_char().
 */
char mark_on_map(enum mark mark);

#endif
