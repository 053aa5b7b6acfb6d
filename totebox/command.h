/* command.h - the subcommands of totebox that need no server.
 *
 * argv[0] is the word of the subcommand; the exit status is an enum archive_error. What
 * goes wrong is said on standard error as "totebox COMMAND: words"; standard output has
 * only what was asked for. */
#ifndef TOTEBOX_COMMAND_H
#define TOTEBOX_COMMAND_H

#include "totebox/index.h"

MUST_CHECK int init_main(int argc, char **argv);
MUST_CHECK int verify_main(int argc, char **argv);
MUST_CHECK int audit_main(int argc, char **argv);
MUST_CHECK int checkpoint_main(int argc, char **argv);
MUST_CHECK int status_main(int argc, char **argv);
MUST_CHECK int query_main(int argc, char **argv);
MUST_CHECK int expose_main(int argc, char **argv);
MUST_CHECK int pair_main(int argc, char **argv);
MUST_CHECK int approve_main(int argc, char **argv);
MUST_CHECK int deny_main(int argc, char **argv);
MUST_CHECK int pairings_main(int argc, char **argv);
MUST_CHECK int revoke_main(int argc, char **argv);

enum output_format { OUTPUT_TEXT, OUTPUT_CSV, OUTPUT_JSON };
/* "text", "csv", "json". */
MUST_CHECK bool output_format_by_name(const char *name, enum output_format *format);

/* Says the problem for `command`; returns its code. */
int command_fail(const char *command, const struct problem *problem);
/* Prints the usage: asked for (0) on standard output, else (ARCHIVE_USAGE) on error. */
int command_usage(const char *usage, bool asked);

/* --- rows as text (row_print.c) -------------------------------------------------- */

/* Prints rows of a view one by one; text is aligned, so it is kept until the end. */
struct row_printer {
    enum output_format format;
    enum view view;
    const struct names *names;
    struct buffer cells; /* text: NUL-terminated cells, row by row */
    uint32_t rows;
    uint32_t width[ROW_COLUMNS_MAX + 1];
};
void row_printer_start(struct row_printer *printer, enum output_format format,
                       enum view view, const struct names *names);
/* `marks`: the mark of each column, or NULL: as the row has them. */
MUST_CHECK bool row_printer_row(struct row_printer *printer, const union any_row *row,
                                const uint8_t marks[ROW_COLUMNS_MAX]);
void row_printer_end(struct row_printer *printer);

#endif
