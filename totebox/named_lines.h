/* named_lines.h - small private files of lines "<name> <value>", in one fixed order.
 *
 * What the archive keeps about devices is written so: readable for its owner, and
 * nothing in it that the reader does not ask for by name. */
#ifndef TOTEBOX_NAMED_LINES_H
#define TOTEBOX_NAMED_LINES_H

#include "proto/buffer.h"
#include "totebox/problem.h"

struct named_lines {
    struct text rest; /* not yet taken */
    const char *path; /* for the words of a problem */
    uint32_t line;    /* of the last one taken, from 1 */
    struct problem *problem;
};

/* The value of the next line, which must be "<name> <value>"; it is not empty and is
 * borrowed from the text.  False: ARCHIVE_REFUSED is in the problem. */
MUST_CHECK bool named_lines_take(struct named_lines *lines, const char *name,
                                 struct text *value);
/* Refuses the line taken last. */
enum archive_error named_lines_wrong(const struct named_lines *lines,
                                     const char *words);

/* Reads a file of at most `limit` bytes; refuses one that is not regular, not ours, or
 * open to group or others. */
MUST_CHECK enum archive_error named_lines_load(const char *path, size_t limit,
                                               struct buffer *out,
                                               struct problem *problem);

#endif
