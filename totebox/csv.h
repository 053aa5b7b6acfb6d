/* csv.h - comma-separated values, strictly as RFC 4180 writes them.
 *
 * A cell may be quoted; inside quotes a quote is doubled and commas and line breaks are
 * data.  Records end with LF or CRLF, the last one may end with the text.  A quote in
 * an unquoted cell, bytes after a closing quote, a lone CR, an empty line, NUL and
 * bytes that are not UTF-8 are defects with a line number: what one program guesses,
 * another guesses differently.  A byte order mark at the start is skipped.  Cells are
 * not trimmed.
 *
 * Quotes are undone in place: the bytes belong to the caller, are changed, and must
 * outlive the cells. */
#ifndef TOTEBOX_CSV_H
#define TOTEBOX_CSV_H

#include <stddef.h>

#include "proto/error.h"
#include "proto/text.h"

enum { CSV_CELLS_MAX = 64, CSV_CELL_BYTES_MAX = 65536 };

struct csv {
    char *bytes;
    size_t length, at;
    uint32_t next_line; /* of the byte at `at`, from 1 */

    uint32_t line; /* where this record begins, or where the defect is */
    uint32_t count;
    struct text cell[CSV_CELLS_MAX];
    const char *defect; /* a literal, after CSV_DEFECT */
};

enum csv_result { CSV_RECORD, CSV_END, CSV_DEFECT };

void csv_init(struct csv *csv, char *bytes, size_t length);
/* After CSV_DEFECT every further call gives it again: what follows cannot be trusted.
 */
MUST_CHECK enum csv_result csv_next(struct csv *csv);

#endif
