/* pairing_window.h - while its owner holds it open, one unknown device may ask an
 * archive to be paired.
 *
 * Two names of one file in ARCHIVE/pairings, which is locked (flock) by the process
 * that made it, `totebox pair --open`:
 *
 *   window        open, and nobody has tried
 *   window.used   a device took the one try: pairing_window_take renames, so that of
 *                 all who try one succeeds, whatever else restarts meanwhile
 *
 *   CLOSED --open--> OPEN --take--> TAKEN --approve, deny, burn, close--> CLOSED
 *                      |                                                    |
 *                      +---- the opener closes or dies, or the time is over +
 *
 * Whoever dies loses its lock, so a window never outlives its opener.  What the device
 * revealed is beside it: pairing_request.h. */
#ifndef TOTEBOX_PAIRING_WINDOW_H
#define TOTEBOX_PAIRING_WINDOW_H

#include "totebox/pairing_request.h"

enum { WINDOW_MINUTES_DEFAULT = 10, WINDOW_MINUTES_MAX = 60 };

enum window_state { WINDOW_CLOSED, WINDOW_OPEN, WINDOW_TAKEN };

struct window_look {
    enum window_state state;
    uint8_t id[WINDOW_ID_BYTES]; /* random; unless CLOSED */
    int64_t until_ms;
};

/* Pure: text of the file in, id and time out; `state` is not touched. */
MUST_CHECK bool pairing_window_parse(struct text text, struct window_look *look);
/* What the files say now.  Anything but a window of this user that is whole, locked and
 * not over is CLOSED. */
void pairing_window_look(struct window_look *look, const char *archive, int64_t now_ms);
/* Takes the one try of an open window; true for the first who asks. */
MUST_CHECK bool pairing_window_take(const char *archive);
/* Ends the window that was taken: its try has failed. */
void pairing_window_burn(const char *archive);
/* The request that belongs to this window and waits for an answer. */
MUST_CHECK bool pairing_window_request(struct pairing_request *request,
                                       const char *archive,
                                       const struct window_look *look);

/* --- the opener --------------------------------------------------------------------
 */

struct pairing_window {
    int fd; /* holds the lock; -1: none */
    uint8_t id[WINDOW_ID_BYTES];
    const char *archive; /* borrowed */
};

/* Refused while another process holds one; clears away what a dead one left. */
MUST_CHECK enum archive_error pairing_window_open(struct pairing_window *window,
                                                  const char *archive, int64_t until_ms,
                                                  struct problem *problem);
/* Also takes away the request that nobody answered. */
void pairing_window_close(struct pairing_window *window);

#endif
