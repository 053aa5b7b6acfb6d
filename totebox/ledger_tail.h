/* ledger_tail.h - the end of a log file: where the last complete commit ends, and
 * setting aside what a crash left behind it.  Private to the ledger. */
#ifndef TOTEBOX_LEDGER_TAIL_H
#define TOTEBOX_LEDGER_TAIL_H

#include <stddef.h>

#include "totebox/problem.h"

/* *end: the offset after the last line of [start, size) that ends a commit ("left":0),
 * or `start`.  A line that does not say is taken to end one, so that whoever reads it
 * says what is wrong with it.  False: reading failed, errno says why. */
MUST_CHECK bool ledger_tail_find(int fd, uint64_t start, uint64_t size, uint64_t *end);

/* *start: where the line begins that holds the byte before `end`, or that ends there.
 * False as above. */
MUST_CHECK bool ledger_tail_line(int fd, uint64_t end, uint64_t *start);

/* Copies `length` bytes at `offset` to <folder>/torn-<line>, durably, then cuts them
 * off. `said` gets a sentence about it. */
MUST_CHECK enum archive_error ledger_tail_set_aside(int fd, const char *folder,
                                                    uint64_t offset, uint64_t length,
                                                    uint64_t line, char *said,
                                                    size_t said_size,
                                                    struct problem *problem);

#endif
