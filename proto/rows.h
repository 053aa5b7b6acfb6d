/* rows.h - the catalogue of views: what every archive serves and every aggregator
 * reads.
 *
 * One struct a view, one table of columns a view.  The archive fills structs and
 * encodes them into a Batch; the aggregator decodes a Batch back into structs; both by
 * the same tables, so the two ends cannot disagree about a name, a type or an order.
 *
 * A row key is its parts joined by '|', the entity id first; in a part '|', '%' and
 * bytes under 0x20 are written %7C %25 %XX.  Every part is also a column. */
#ifndef PROTO_ROWS_H
#define PROTO_ROWS_H

#include "proto/builder.h"
#include "proto/decimal.h"
#include "proto/names.h"

enum view {
    VIEW_ENTITY,
    VIEW_OWN,
    VIEW_POS,
    VIEW_METRIC,
    VIEW_ITEM,
    VIEW_OBL,
    VIEW_FX,
    VIEW_NOTE,
    VIEW_LINK, /* hubs only */
    VIEW_COUNT
};

/* Column.marks: why a cell has no value. */
enum cell_mark {
    CELL_PRESENT = 0,
    CELL_NOT_APPLICABLE = 1,
    CELL_SUPPRESSED_COUNT = 2,
    CELL_NOT_PERMITTED = 3,
    CELL_NOT_KNOWN = 4,
    CELL_SUPPRESSED_DOMINANCE = 5,
    CELL_SUPPRESSED_P_PERCENT = 6,
    CELL_SUPPRESSED_SECONDARY = 7,
    CELL_SUPPRESSED_REPEATED = 8,
};

enum {
    ROW_COLUMNS_MAX = 24,
    ROW_KEY_MAX = 255,
    KEY_PART_MAX = 120,
    ENTITY_ID_MAX = 16,
    CELL_TEXT_MAX = 16384,  /* bytes of a text cell that is accepted */
    BATCH_COLUMNS_MAX = 64, /* columns that are accepted, unknown ones included */
};

/* First in every row struct.  Names are held references while a store keeps the row. */
struct row {
    name_id key;    /* the whole key */
    name_id entity; /* its first part */
    int64_t seq;    /* ledger size after the newest line that fed the row */
    int64_t as_of_ms;
    uint8_t marks[ROW_COLUMNS_MAX]; /* enum cell_mark by column of the view's table */
};

/* Dates are int32_t YYYYMMDD, 0 open or none.  cls, kinds and states are names (text on
 * the wire).  Column order in the struct's comment is the order in the table. */
struct entity_row {
    struct row row;
    name_id name, kind, cur, lifecycle, parent_scope;
    int64_t fy_start; /* MMDD */
    name_id tags, periods;
    int64_t book_lines;
};
struct own_row {
    struct row row;
    name_id owned;
    int64_t from, to;
    int64_t econ_num, econ_den, vote_num, vote_den;
    name_id method;
};
struct pos_row {
    struct row row;
    name_id period;
    int64_t start, end;
    name_id cls, line, account, cp, cur;
    struct amount open, move, hist_open, hist_move;
    name_id hist_cur;
    int64_t n;
};
struct metric_row {
    struct row row;
    name_id metric; /* column "key" */
    name_id period;
    int64_t start, end;
    name_id scenario, basis, unit, cp, nature;
    struct amount value, num, den;
    int64_t n;
    name_id quality;
};
struct item_row {
    struct row row;
    name_id cp, cls, account, ref, grp;
    int64_t date;
    name_id cur;
    struct amount amt;
    name_id bcur;
    struct amount booked;
    name_id st;
};
struct obl_row {
    struct row row;
    name_id kind, id, title;
    int64_t due;
    struct amount amount;
    name_id cur;
    struct amount qty;
    name_id unit, cp, metric, op;
    struct amount threshold, num, den;
    name_id period, state;
};
struct fx_row {
    struct row row;
    name_id from, to, period;
    int64_t start, end;
    name_id type;
    struct amount rate;
    int64_t n, fixed;
    name_id source;
};
struct note_row {
    struct row row;
    name_id target, kind, text, by;
    int64_t at_ms;
    name_id state;
};
struct link_row {
    struct row row;
    name_id state, reason;
    int64_t last_ok_ms, rtt_ms, weight;
    name_id via;
};
union any_row {
    struct row row;
    struct entity_row entity;
    struct own_row own;
    struct pos_row pos;
    struct metric_row metric;
    struct item_row item;
    struct obl_row obl;
    struct fx_row fx;
    struct note_row note;
    struct link_row link;
};

enum column_type { COLUMN_TEXT, COLUMN_INT, COLUMN_DECIMAL, COLUMN_TIME };

struct column {
    const char *name;
    const char *missing; /* what batch_open says of a batch without it */
    enum column_type type;
    uint16_t offset;  /* in the row struct */
    bool required;    /* a batch without it makes the view incompatible */
    bool is_date;     /* COLUMN_INT: YYYYMMDD, 0 open or none */
    uint8_t key_part; /* 0: no part of the key; else its place after the entity (1..) */
};

struct view_table {
    const char *name; /* "pos" */
    const char *title;
    size_t size; /* of the row struct */
    const struct column *columns;
    uint32_t column_count; /* ends with seq and as_of, which live in struct row */
    uint32_t key_parts;    /* without the entity; `k` ordinals count */
};

const struct view_table *view_table(enum view view);
/* False for a name that is no view. */
bool view_by_name(struct text name, enum view *view);
/* Column index by name, or -1. */
int view_column(enum view view, struct text name);

/* --- keys ------------------------------------------------------------------------- */

/* Joins and escapes; 0 when a part or the key is too long.  key has room for 256. */
uint32_t row_key_write(struct text entity, const struct text *parts, uint32_t count,
                       char key[ROW_KEY_MAX + 1]);
/* The first part, unescaped (an entity id has nothing to unescape). */
struct text row_key_entity(struct text key);
bool entity_id_is_valid(struct text id); /* [A-Z0-9-]{1,16} */

/* --- row structs and what they hold ----------------------------------------------- */

void row_hold(struct names *names, enum view view, const union any_row *row);
void row_drop(struct names *names, enum view view, const union any_row *row);
/* Same meaning in every column (seq and as_of too). */
bool row_equal(enum view view, const union any_row *a, const union any_row *b);
/* The same of rows whose names are in two pools, but for as_of. */
bool row_same_cells(enum view view, const union any_row *a, const struct names *of_a,
                    const union any_row *b, const struct names *of_b);

/* --- the wire --------------------------------------------------------------------- */

/* Which columns of a view are sent, and which cells are withheld (mark 3). */
struct batch_shape {
    enum view view;
    bool column[ROW_COLUMNS_MAX]; /* by index of the table; false: not sent at all */
    /* May be NULL: every cell of a sent column is permitted. */
    bool (*permits)(void *user, const struct row *row, uint32_t column);
    void *user;
    /* May be NULL.  By row: marks that cells leave with whatever they hold (0: as they
     * are), and what leaves as the row's as_of. */
    const uint8_t (*marks)[ROW_COLUMNS_MAX];
    const int64_t *as_of_ms;
};

/* Builds a Batch into the struct at pointer field `pointer` of `in`: keys and one
 * Column a sent column.  `rows` are pointers to row structs of the view.  Decimals
 * leave at the largest scale among the batch's values; `wides` only when one does not
 * fit 64 bits. */
void batch_build(struct struct_builder in, uint16_t pointer,
                 const struct batch_shape *shape, const struct names *names,
                 const union any_row *const *rows, uint32_t count, uint64_t revision,
                 int64_t as_of_ms, struct text next_cursor);

/* A validated Batch, read in place: every list has rowCount elements, each column's
 * variant agrees with its declared type, names are unique, keys are legal, required
 * columns are there.  Nothing is allocated. */
struct batch {
    enum view view;
    uint32_t row_count;
    uint64_t revision;
    int64_t as_of_ms;
    struct text next_cursor;
    struct list_reader keys;
    struct batch_column {
        bool present;
        uint8_t scale;
        bool wide;
        struct list_reader values; /* elements by the column's type; wide: 2 a row */
        struct list_reader marks;  /* count 0: all present */
    } column[ROW_COLUMNS_MAX];
};
/* PSP_UNKNOWN: the view's name is none of ours; PSP_MALFORMED with *why (a literal,
 * e.g. "required column cur is missing") otherwise; batch->view then names the view if
 * that much could be read, else it is VIEW_COUNT.  Columns of other names are held to
 * the same rules and then ignored. */
MUST_CHECK enum psp_error batch_open(struct struct_reader reader, struct batch *batch,
                                     const char **why);
/* Row `index` as a struct; interns its texts (one reference each, also for key and
 * entity; give them back with row_drop).  A column that was not sent reads as marked
 * "not permitted".  PSP_MALFORMED: a cell out of range, text that is not UTF-8 or has
 * control characters, a key whose parts are not its columns; PSP_NO_MEMORY.  Nothing is
 * then held.  Writes only the view's struct, not the whole union. */
MUST_CHECK enum psp_error batch_row(const struct batch *batch, uint32_t index,
                                    struct names *names, union any_row *row,
                                    const char **why);
struct text batch_key(const struct batch *batch, uint32_t index);

/* A day of the calendar as YYYYMMDD, from 1000-01-01 to 9999-12-31. */
bool date_is_valid(int64_t date);
/* Valid UTF-8 without C0, DEL and C1 control characters. */
bool text_is_clean(struct text text);

#endif
