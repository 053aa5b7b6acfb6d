/* export_part.h - what the writers of export.c share. */
#ifndef SCREENS_EXPORT_PART_H
#define SCREENS_EXPORT_PART_H

#include "screens/export.h"
#include "screens/pane.h"

enum { EXPORT_TEXT_CHARS = 512 };

/* One export: what was asked, the models as a pane is given them, and the pane whose
 * tables are written. */
struct export_job {
    FILE *out;
    const struct export_request *request;
    const struct export_models *models;
    struct pane_input input;
    enum pane_id pane;
};

/* The rows and columns of one table, as the request wants them. */
struct export_order {
    struct table_view view; /* entries are ours */
    uint8_t columns[TABLE_COLUMNS];
    unsigned column_count;
};
enum export_turn {
    EXPORT_WRITE, /* then export_order_release() */
    EXPORT_SKIP,  /* the part has no table, or is not what was asked for */
    EXPORT_STOP   /* no memory */
};
enum export_turn export_order_init(const struct export_job *job, unsigned part,
                                   struct table *table, struct export_order *order);
void export_order_release(struct export_order *order);
/* Does some table of the view know what is filtered, sorted and named? */
bool export_order_check(const struct export_job *job, char error[EXPORT_ERROR_CHARS]);

/* False: no memory, or the stream failed. */
bool export_write_text(const struct export_job *job);
bool export_write_csv(const struct export_job *job, bool with_tabs);
bool export_write_json(const struct export_job *job);
bool export_write_jsonl(const struct export_job *job);
bool export_write_html(const struct export_job *job);

/* The exact decimal of a present figure, "-1234.50". */
void export_decimal(struct decimal value, char text[DECIMAL_CHARS_MAX]);
/* A cell as plain words without padding: what CSV and text write for what is no figure.
 * Cleaned; "" when there is nothing. */
void export_words(const struct value *value, char text[EXPORT_TEXT_CHARS]);
/* A cell as the screen shows it, with all its digits and its mark: figures end in two
 * columns, for parenthesis and mark. */
void export_cell(const struct export_job *job, const struct value *value,
                 char text[EXPORT_TEXT_CHARS]);
/* "complete" "partial" ... */
const char *export_status_name(enum export_status status);

#endif
