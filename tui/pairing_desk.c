#include "tui/pairing_desk.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/config_value.h"
#include "tui/fleet_file.h"
#include "tui/pairing_dial.h"

struct pairing_desk {
    struct session *session;
    void (*changed)(void *user);
    void *user;
    struct pairing_view view;
    struct pairing_dial dial;
    char host[256];
    struct pairing_call *call; /* NULL: none is going on */
};

__attribute__((format(printf, 3, 4))) static void
step(struct pairing_desk *desk, enum pairing_step to, const char *format, ...)
{
    va_list arguments;

    desk->view.step = to;
    va_start(arguments, format);
    vsnprintf(desk->view.words, sizeof desk->view.words, format, arguments);
    va_end(arguments);
    desk->changed(desk->user);
}

struct pairing_desk *pairing_desk_new(struct session *session,
                                      void (*changed)(void *user), void *user)
{
    struct pairing_desk *desk = calloc(1, sizeof *desk);

    if (!desk)
        return NULL;
    desk->session = session;
    desk->changed = changed;
    desk->user = user;
    return desk;
}

static void forget(struct pairing_desk *desk)
{
    if (desk->call)
        pairing_call_cancel(desk->call);
    desk->call = NULL;
    pairing_dial_release(&desk->dial);
    desk->dial = (struct pairing_dial){.wait_ms = 0};
}

void pairing_desk_free(struct pairing_desk *desk)
{
    if (desk)
        forget(desk);
    free(desk);
}

const struct pairing_view *pairing_desk_view(const struct pairing_desk *desk)
{
    return &desk->view;
}

/* --- asking ----------------------------------------------------------------------- */

static void on_identified(void *user, const uint8_t archive[HASH_BYTES],
                          int64_t skew_ms)
{
    struct pairing_desk *desk = user;
    uint8_t holder[HASH_BYTES];

    fingerprint_write(archive, desk->view.archive);
    holder_of_key(desk->session->device.public_key, holder);
    fingerprint_write(holder, desk->view.device);
    if (skew_ms > TOKEN_SKEW_MS || skew_ms < -TOKEN_SKEW_MS)
        snprintf(desk->view.clock, sizeof desk->view.clock,
                 "the archive's is %lld s %s ours: one of the two is wrong",
                 (long long)(skew_ms < 0 ? -skew_ms : skew_ms) / 1000,
                 skew_ms < 0 ? "behind" : "ahead of");
}

static void on_coded(void *user, const char *code)
{
    struct pairing_desk *desk = user;

    snprintf(desk->view.code, sizeof desk->view.code, "%s", code);
    step(desk, PAIRING_CODED,
         "waiting for the archive's owner to type this code there");
}

static void on_asked(void *user, enum exit_code result)
{
    struct pairing_desk *desk = user;

    desk->call = NULL;
    if (result == EXIT_COMPLETE)
        step(desk, PAIRING_APPROVED, "it says: approved");
    else
        step(desk, PAIRING_ENDED, "%s", desk->dial.why);
}

bool pairing_desk_begin(struct pairing_desk *desk, const char *address)
{
    struct pairing_view *view = &desk->view;
    struct pairing_dial *dial = &desk->dial;
    struct text host;

    if (desk->call || view->step == PAIRING_APPROVED)
        return false;
    forget(desk);
    *view = (struct pairing_view){.step = PAIRING_IDLE};
    snprintf(view->address, sizeof view->address, "%s", address);
    if (!config_address_parse(address, &host, &dial->port) ||
        host.length >= sizeof desk->host || strlen(address) >= sizeof view->address) {
        step(desk, PAIRING_ENDED,
             "the address must be host:port or [v6]:port, as "
             "totebox serve shows it");
        return false;
    }
    snprintf(desk->host, sizeof desk->host, "%.*s", (int)host.length, host.bytes);
    dial->address = view->address;
    dial->host = desk->host;
    dial->device = &desk->session->device;
    dial->identity = desk->session->identity;
    dial->wait_ms = PAIRING_WAIT_MS;
    dial->identified = on_identified;
    dial->coded = on_coded;
    dial->user = desk;
    desk->call = pairing_call_ask(dial, desk->session->net, on_asked, desk);
    if (desk->call)
        step(desk, PAIRING_DIALLING, "dialling");
    else
        step(desk, PAIRING_ENDED, "out of memory");
    return desk->call != NULL;
}

/* --- after the person's word --------------------------------------------------------
 */

static void on_learnt(void *user, enum exit_code result)
{
    struct pairing_desk *desk = user;
    struct pairing_dial *dial = &desk->dial;
    struct fleet_entry entry = {.entity = dial->entity,
                                .address = desk->view.address,
                                .is_without_token = true};

    desk->call = NULL;
    memcpy(entry.key, dial->archive, HASH_BYTES);
    if (result != EXIT_COMPLETE)
        step(desk, PAIRING_ENDED, "%s", dial->why);
    else if (!fleet_block_write(&entry, desk->view.block))
        step(desk, PAIRING_ENDED, "paired, but the address cannot stand in fleet.conf");
    else
        step(desk, PAIRING_PAIRED, "%s  %s", dial->entity, dial->name);
}

bool pairing_desk_confirm(struct pairing_desk *desk)
{
    if (desk->view.step != PAIRING_APPROVED)
        return false;
    desk->call =
        pairing_call_learn(&desk->dial, desk->session->net, NULL, on_learnt, desk);
    if (desk->call)
        step(desk, PAIRING_LEARNING, "asking which entity it is");
    else
        step(desk, PAIRING_ENDED, "out of memory");
    return desk->call != NULL;
}

void pairing_desk_stop(struct pairing_desk *desk)
{
    bool was_approved = desk->view.step == PAIRING_APPROVED;

    if (!desk->call && !was_approved)
        return;
    forget(desk);
    step(desk, PAIRING_ENDED, "%s",
         was_approved
             ? "not confirmed, so nothing is kept: the archive's owner can end "
               "the pairing with totebox revoke"
             : "stopped here; the owner's window there may still be open");
}
