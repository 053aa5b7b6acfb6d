/* problem.h - what went wrong in an archive, in words that a person can act on.
 *
 * Every fallible function of totebox/ takes a `struct problem` and returns its code.
 * The words name the file and the line where there is one ("books.csv:12: ...") and say
 * the way out.  The code is also the exit status of the program. */
#ifndef TOTEBOX_PROBLEM_H
#define TOTEBOX_PROBLEM_H

#include "proto/error.h"

/* code, name in --format json; the number is the exit status */
#define ARCHIVE_ERRORS(X)                                                              \
    X(ARCHIVE_OK, "ok")                                                                \
    X(ARCHIVE_REFUSED, "refused") /* the input or the request is wrong */              \
    X(ARCHIVE_USAGE, "usage")     /* the command line is wrong */                      \
    X(ARCHIVE_CORRUPT, "corrupt") /* the archive is not what it was written as */      \
    X(ARCHIVE_FAILED, "failed")   /* the system refused: disk, permission, memory */

enum archive_error {
#define ARCHIVE_ERROR_CODE(code, name) code,
    ARCHIVE_ERRORS(ARCHIVE_ERROR_CODE)
#undef ARCHIVE_ERROR_CODE
};

enum { PROBLEM_WORDS = 640 };

struct problem {
    enum archive_error error;
    char words[PROBLEM_WORDS];
};

/* Sets both and returns `error`.  Control characters in the words become '?', so that
 * no file can speak to the terminal. */
enum archive_error problem_set(struct problem *problem, enum archive_error error,
                               const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same with ": " and the text of errno appended; the code is ARCHIVE_FAILED. */
enum archive_error problem_errno(struct problem *problem, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* "out of memory" */
enum archive_error problem_memory(struct problem *problem);

const char *archive_error_name(enum archive_error error);

/* For "%.*s" of a text: precision and pointer. */
#define TEXT_ARG(text) (int)(text).length, (text).bytes ? (text).bytes : ""

#endif
