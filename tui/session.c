#include "tui/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "proto/keyfile.h"

bool session_default_device(char *path, size_t size)
{
    const char *base = getenv("XDG_CONFIG_HOME");
    const char *home = getenv("HOME");
    int length;
    if (base && *base)
        length = snprintf(path, size, "%s/fleet/device.pem", base);
    else if (home && *home)
        length = snprintf(path, size, "%s/.config/fleet/device.pem", home);
    else
        return false;
    return length > 0 && (size_t)length < size;
}

static void on_links_changed(void *user)
{
    struct session *session = user;
    if (session->changed)
        session->changed(session->changed_user);
}

static bool load_device(struct session *session, char *error)
{
    char path[4096];
    const char *device = session->config->device_path;
    if (!device || !*device) {
        if (!session_default_device(path, sizeof path)) {
            snprintf(error, SESSION_ERROR_CHARS,
                     "no device key: set `device` in %s, or HOME",
                     session->config->path);
            return false;
        }
        device = path;
    }
    const char *why = "";
    enum psp_error loaded = keyfile_load(device, &session->device, &why);
    if (loaded == PSP_OK)
        return true;
    if (loaded == PSP_UNKNOWN && session->config->totebox_count == 0)
        snprintf(error, SESSION_ERROR_CHARS,
                 "%.300s has no totebox block yet, and there is no device key: fleet "
                 "keys --create, then fleet pair HOST:PORT --write",
                 session->config->path);
    else
        snprintf(error, SESSION_ERROR_CHARS, "%.300s: %.100s%s", device, why,
                 loaded == PSP_UNKNOWN ? " (fleet keys --create makes one)" : "");
    return false;
}

/* One descriptor an archive, and some for the rest. */
static bool raise_descriptor_limit(uint32_t toteboxes, char *error)
{
    struct rlimit limit;
    rlim_t wanted = (rlim_t)toteboxes + 64;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= wanted)
        return true;
    if (limit.rlim_max < wanted) {
        snprintf(error, SESSION_ERROR_CHARS,
                 "%u archives need %llu open files, the limit is %llu (ulimit -n)",
                 toteboxes, (unsigned long long)wanted,
                 (unsigned long long)limit.rlim_max);
        return false;
    }
    limit.rlim_cur = wanted;
    return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

static bool find_config(struct session *session, const char *config_path, char *error)
{
    char found[4096];
    if (!config_path) {
        if (!config_find(found, sizeof found)) {
            snprintf(
                error, SESSION_ERROR_CHARS,
                "no fleet.conf: looked at $FLEET_CONFIG, ~/.config/fleet/fleet.conf "
                "and /etc/fleet/fleet.conf (man 5 fleet.conf)");
            return false;
        }
        config_path = found;
    }
    session->config = config_load(config_path, error);
    return session->config != NULL;
}

bool session_open(struct session *session, const char *config_path,
                  char error[SESSION_ERROR_CHARS])
{
    *session = (struct session){0};
    error[0] = '\0';
    if (!find_config(session, config_path, error) || !load_device(session, error) ||
        !raise_descriptor_limit(session->config->totebox_count, error)) {
        session_close(session);
        return false;
    }
    session->loop_is_open = uv_loop_init(&session->loop) == 0;
    session->net = calloc(1, sizeof *session->net);
    if (session->loop_is_open && session->net)
        session->net->loop = &session->loop;
    bool good = session->loop_is_open && session->net &&
                channel_identity_new(&session->device, &session->identity) == PSP_OK;
    session->store = good ? store_new(session->config) : NULL;
    session->figures =
        session->store ? figures_new(session->config, session->store) : NULL;
    struct links_events events = {.changed = on_links_changed, .user = session};
    session->links = session->figures
                         ? links_new(session->net, session->config, session->store,
                                     session->identity, &session->device, &events)
                         : NULL;
    if (session->links)
        return true;
    snprintf(error, SESSION_ERROR_CHARS, "out of memory");
    session_close(session);
    return false;
}

void session_set_clock(struct session *session)
{
    uv_update_time(&session->loop);
    figures_set_clock(session->figures, net_wall_ms(), (int64_t)uv_now(&session->loop));
}

void session_close(struct session *session)
{
    if (session->links)
        links_close(session->links, NULL, NULL);
    if (session->loop_is_open) {
        uv_run(&session->loop, UV_RUN_DEFAULT);
        uv_loop_close(&session->loop);
    }
    figures_free(session->figures);
    store_free(session->store);
    channel_identity_free(session->identity);
    free(session->net);
    config_free(session->config);
    key_pair_wipe(&session->device);
    *session = (struct session){0};
}
