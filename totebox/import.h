/* import.h - books and tables into the ledger: `totebox import` and `totebox append`.
 *
 * The two entry points below are all that main.c needs; argv[0] is the word of the
 * subcommand.  Both return the exit status, which is an enum archive_error. */
#ifndef TOTEBOX_IMPORT_H
#define TOTEBOX_IMPORT_H

#include "proto/error.h"

/* totebox import KIND [option ...] ARCHIVE FILE|- */
MUST_CHECK int import_main(int argc, char **argv);

/* totebox append ARCHIVE KIND field=value ...   |   totebox append ARCHIVE - */
MUST_CHECK int append_main(int argc, char **argv);

#endif
