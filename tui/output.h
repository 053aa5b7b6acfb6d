/* output.h - standard output that was really written: a full disk or a closed pipe is
 * not success. */
#ifndef TUI_OUTPUT_H
#define TUI_OUTPUT_H

#include "tui/commands.h"

/* Flushes standard output; `status` when all of it was taken, else says what is wrong
 * on standard error and gives EXIT_INTERNAL (for a closed pipe quietly). */
enum exit_code output_end(enum exit_code status);

#endif
