/* console_host.h - a whole console over the fixture's models: what pty tests run in
 * their child.  It stands where main, links and figures stand in the program. */
#ifndef TESTS_SUPPORT_CONSOLE_HOST_H
#define TESTS_SUPPORT_CONSOLE_HOST_H

#include <stdbool.h>

struct host_options {
    bool with_guard;
    int changes_ms; /* something changes so often; 0: never */
    int report_fd;  /* "lag N\n" at the end: the longest stall of the loop in ms; or -1
                     */
};

/* Runs until the reader leaves; returns the exit status. */
int console_host_run(const struct host_options *options);

#endif
