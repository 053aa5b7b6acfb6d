#include "totebox/problem.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

static void clean(char *words)
{
    for (; *words; words++) {
        unsigned char byte = (unsigned char)*words;
        if (byte < 0x20 || byte == 0x7f)
            *words = '?';
    }
}

enum archive_error problem_set(struct problem *problem, enum archive_error error,
                               const char *format, ...)
{
    va_list arguments;
    problem->error = error;
    va_start(arguments, format);
    vsnprintf(problem->words, sizeof(problem->words), format, arguments);
    va_end(arguments);
    clean(problem->words);
    return error;
}

enum archive_error problem_errno(struct problem *problem, const char *format, ...)
{
    int number = errno;
    va_list arguments;
    size_t length;

    problem->error = ARCHIVE_FAILED;
    va_start(arguments, format);
    vsnprintf(problem->words, sizeof(problem->words), format, arguments);
    va_end(arguments);
    length = strlen(problem->words);
    snprintf(problem->words + length, sizeof(problem->words) - length, ": %s",
             strerror(number));
    clean(problem->words);
    return ARCHIVE_FAILED;
}

enum archive_error problem_memory(struct problem *problem)
{
    return problem_set(problem, ARCHIVE_FAILED, "out of memory");
}

const char *archive_error_name(enum archive_error error)
{
    static const char *const names[] = {
#define ARCHIVE_ERROR_NAME(code, name) [code] = (name),
        ARCHIVE_ERRORS(ARCHIVE_ERROR_NAME)
#undef ARCHIVE_ERROR_NAME
    };
    return names[error];
}
