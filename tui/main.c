/* fleet - one operator sees many sovereign archives at once. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "proto/guarded.h"
#include "tui/commands.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"keys", command_keys},
    {"check", command_check},
    {"pair", command_pair},
    {"rows", command_rows},
};

int main(int argc, char **argv)
{
    process_guard_secrets();
    signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; argc > 1 && i < sizeof commands / sizeof *commands; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    return command_console(argc, argv);
}
