/* The console over invented models, to look at: tests/tui/console_demo [--guard]. */
#include <string.h>

#include "tests/support/console_host.h"

int main(int argc, char **argv)
{
    struct host_options options = {
        .with_guard = argc > 1 && strcmp(argv[1], "--guard") == 0,
        .changes_ms = 700,
        .report_fd = -1,
    };
    return console_host_run(&options);
}
