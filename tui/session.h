/* session.h - everything that one running fleet consists of, set up and taken down.
 *
 * Configuration, device key, rows in memory, figures and links, on one loop.  Used by
 * the console and by the uses without a screen alike.  Nothing here opens a file for
 * writing. */
#ifndef TUI_SESSION_H
#define TUI_SESSION_H

#include "core/figures.h"
#include "core/links.h"

enum { SESSION_ERROR_CHARS = CONFIG_ERROR_CHARS };

struct session {
    uv_loop_t loop;
    struct net *net;
    struct config *config;
    struct key_pair device;
    struct channel_identity *identity;
    struct store *store;
    struct figures *figures;
    struct links *links;
    void (*changed)(void *user); /* set by the user of the session; may be NULL */
    void *changed_user;
    bool loop_is_open;
};

/* `config_path` NULL: the usual places.  False and a message for people on failure; the
 * session is then closed. */
bool session_open(struct session *session, const char *config_path,
                  char error[SESSION_ERROR_CHARS]);
/* Runs the loop until every handle is closed. */
void session_close(struct session *session);
/* Gives the figures the present time. */
void session_set_clock(struct session *session);

/* Default place of the device key: ~/.config/fleet/device.pem. */
bool session_default_device(char *path, size_t size);

#endif
