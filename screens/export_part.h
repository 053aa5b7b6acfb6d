/* export_part.h - what the three writers of export.c share. */
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

/* False: no memory, or the stream failed. */
bool export_write_text(const struct export_job *job);
bool export_write_csv(const struct export_job *job);
bool export_write_json(const struct export_job *job);

/* The exact decimal of a present figure, "-1234.50". */
void export_decimal(struct decimal value, char text[DECIMAL_CHARS_MAX]);
/* A cell as plain words without padding: what CSV and text write for what is no figure.
 * Cleaned; "" when there is nothing. */
void export_words(const struct value *value, char text[EXPORT_TEXT_CHARS]);
/* "complete" "partial" ... */
const char *export_status_name(enum export_status status);

#endif
