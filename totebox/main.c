/* main.c - the program totebox: one archive a folder, one subcommand a call. */
#include <locale.h>
#include <stdio.h>

#include "proto/guarded.h"
#include "totebox/command.h"
#include "totebox/import.h"
#include "totebox/server.h"

static const char usage[] =
    "usage: totebox COMMAND ...       totebox COMMAND --help says more\n"
    "\n"
    "  init        create an archive\n"
    "  import      take books, metrics, obligations, ownership, rates from CSV\n"
    "  append      add single lines\n"
    "  query       print rows of a view\n"
    "  status      what the archive is and how far it reaches\n"
    "  verify      prove ledger, checkpoint and rows\n"
    "  checkpoint  sign the ledger's size and root\n"
    "  expose      show what may be seen, and by whom\n"
    "  pair        let a device in\n"
    "  approve     let the device in that waits, by its code\n"
    "  deny        send it away\n"
    "  pairings    list the devices\n"
    "  revoke      shut a device out\n"
    "  serve       answer paired devices over PSP\n"
    "  audit       who asked what\n"
    "\n"
    "Exit status: 0 done, 1 refused, 2 usage, 3 the archive is damaged, 4 the system\n"
    "failed.\n";

static const struct command {
    const char *name;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"append", append_main},         {"approve", approve_main}, {"audit", audit_main},
    {"checkpoint", checkpoint_main}, {"deny", deny_main},       {"expose", expose_main},
    {"import", import_main},         {"init", init_main},       {"pair", pair_main},
    {"pairings", pairings_main},     {"query", query_main},     {"revoke", revoke_main},
    {"serve", serve_main},           {"status", status_main},   {"verify", verify_main},
};

int main(int argc, char **argv)
{
    process_guard_secrets();
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        puts("totebox " PACKAGE_VERSION);
        return ARCHIVE_OK;
    }
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)
        return command_usage(usage, argc >= 2);
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(argv[1], commands[i].name) != 0)
            continue;
        int status = commands[i].run(argc - 1, argv + 1);
        if (fflush(stdout) != 0 && status == ARCHIVE_OK) {
            fputs("totebox: cannot write the output\n", stderr);
            return ARCHIVE_FAILED;
        }
        return status;
    }
    fprintf(stderr, "totebox: there is no command %s\n\n", argv[1]);
    return command_usage(usage, false);
}
