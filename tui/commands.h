/* commands.h - the subcommands of fleet, one file each, and its exit codes. */
#ifndef TUI_COMMANDS_H
#define TUI_COMMANDS_H

enum exit_code {
    EXIT_COMPLETE = 0, /* complete and current */
    EXIT_INTERNAL = 1, /* a defect of ours */
    EXIT_USAGE = 2,    /* command line or configuration */
    EXIT_PARTIAL = 3,  /* partial or older than asked; data was printed */
    EXIT_NOBODY = 4,   /* nobody answered */
    EXIT_REFUSED = 5,  /* pairing or capability */
    EXIT_FOUND = 6,    /* --check found something */
};

/* argv[0] is the subcommand's name; command_main has none and takes the options that
 * come before or without one. */
int command_console(int argc, char **argv);
int command_keys(int argc, char **argv);
int command_check(int argc, char **argv);
int command_pair(int argc, char **argv);
int command_rows(int argc, char **argv);

#endif
