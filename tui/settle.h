/* settle.h - run a session without a screen until it has its first full picture. */
#ifndef TUI_SETTLE_H
#define TUI_SETTLE_H

#include "tui/session.h"

/* Starts the links and runs the loop until all have answered or failed, or `wait_ms` is
 * over; afterwards the session's clock is set. */
void session_settle(struct session *session, int64_t wait_ms);

#endif
