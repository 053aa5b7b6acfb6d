/* pairing_desk.h - one pairing at a time inside a running console: F11's side of
 * tui/pairing_dial.h, on the loop of the session.
 *
 *   step          what is known                      goes on with
 *   IDLE          nothing                            pairing_desk_begin
 *   DIALLING      the address                        the archive answers
 *   CODED         both keys, the code                the archive's owner decides
 *   APPROVED      that somebody says "approved"      pairing_desk_confirm (a person)
 *   LEARNING                                         the archive says which entity it
 * is PAIRED        the block for fleet.conf           pairing_desk_begin ENDED `words`:
 * why                       pairing_desk_begin
 *
 * pairing_desk_stop ends it at any step.  Nothing is written: the block goes to whoever
 * reads the screen, and the archive gives the pairing again when it is asked. */
#ifndef TUI_PAIRING_DESK_H
#define TUI_PAIRING_DESK_H

#include "tui/console.h"
#include "tui/session.h"

struct pairing_desk;

/* `session` is borrowed; `changed` is called when the view is another.  NULL: no
 * memory. */
struct pairing_desk *pairing_desk_new(struct session *session,
                                      void (*changed)(void *user), void *user);
/* Ends what is going on; the loop must run once more before the session is closed. */
void pairing_desk_free(struct pairing_desk *desk);

const struct pairing_view *pairing_desk_view(const struct pairing_desk *desk);
/* False, and the step ENDED with words, when `address` is no host:port, or when a
 * pairing is going on. */
bool pairing_desk_begin(struct pairing_desk *desk, const char *address);
/* A person has heard that the archive's own screen shows this code and says approved.
 * False when there is nothing to confirm. */
bool pairing_desk_confirm(struct pairing_desk *desk);
void pairing_desk_stop(struct pairing_desk *desk);

#endif
