/* actions.h - the list of actions, for programs that have no console: fleet
 * --print-keys. */
#ifndef TUI_ACTIONS_H
#define TUI_ACTIONS_H

#include <stdio.h>

/* One line an action: keys, name, help. */
void actions_print(FILE *out);

#endif
