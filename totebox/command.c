#include "totebox/command.h"

#include <stdio.h>

bool output_format_by_name(const char *name, enum output_format *format)
{
    static const char *const names[] = {"text", "csv", "json"};
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(name, names[i]) == 0) {
            *format = (enum output_format)i;
            return true;
        }
    }
    return false;
}

int command_fail(const char *command, const struct problem *problem)
{
    fprintf(stderr, "totebox %s: %s\n", command, problem->words);
    return (int)problem->error;
}

int command_usage(const char *usage, bool asked)
{
    fputs(usage, asked ? stdout : stderr);
    return asked ? ARCHIVE_OK : ARCHIVE_USAGE;
}
