/* settle.h - run a session without a screen until it has its first full picture. */
#ifndef TUI_SETTLE_H
#define TUI_SETTLE_H

#include "tui/session.h"

enum { SETTLE_LONGEST_MS = 86400000 };

struct settle_until {
    int64_t wait_ms; /* at most */
    bool has_quorum; /* or when this part of all has answered */
    struct decimal quorum;
};

/* Starts the links and runs the loop until all have answered or failed, or `wait_ms` is
 * over; afterwards the session's clock is set. */
void session_settle(struct session *session, int64_t wait_ms);
/* The same; `options` say whose answers count. */
void session_settle_until(struct session *session, const struct settle_until *until,
                          const struct model_options *options);
/* Runs on for so long; afterwards the session's clock is set. */
void session_run_for(struct session *session, int64_t wait_ms);

#endif
