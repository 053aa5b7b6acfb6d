#include "tui/output.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum exit_code output_end(enum exit_code status)
{
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    if (errno != EPIPE)
        fprintf(stderr, "fleet: standard output: %s\n",
                errno ? strerror(errno) : "could not be written");
    clearerr(stdout);
    return EXIT_INTERNAL;
}
