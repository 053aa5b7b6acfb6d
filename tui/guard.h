/* guard.h - a parent process whose only duty is to give the terminal back.
 *
 * No handler inside a process survives SIGKILL or the out-of-memory killer; a parent
 * does. guard_start() remembers how the terminal was, forks, and returns in the child.
 * The parent waits: it passes signals on, stops and continues with the child, restores
 * the terminal when the child leaves it raw, and ends as the child ended (same exit
 * status, or the same signal).  When the parent is killed, the child gets SIGHUP.
 *
 * Call it first of all in main: before threads, loops, locks and keys. */
#ifndef TUI_GUARD_H
#define TUI_GUARD_H

#include <stdbool.h>

/* Returns true in the child, and false when there is no terminal or no second process
 * to be had (then the caller goes on without a guard).  Does not return in the parent.
 */
bool guard_start(void);

/* What leaves every mode that the console may have set, without asking terminfo. */
extern const char guard_reset_sequence[];

#endif
