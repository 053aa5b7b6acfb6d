#include "core/links.h"

#include <stdlib.h>
#include <string.h>

#include "core/link.h"

enum {
    TICK_MS = 100,
    LATE_MS = 5000, /* between two ticks: we were stopped */
    DIAL_BURST = 128,
    PULL_EVERY_MS = 2000,
    PULL_EVERY_MAX_MS = 60000,
};

struct links {
    struct net *net;
    const struct config *config;
    struct store *store;
    struct channel_identity *identity;
    const struct key_pair *device;
    struct links_events events;
    struct fleet_link *link;
    uint32_t count;
    uint32_t *queue; /* slots whose turn to dial has come, a ring of `count` */
    uint32_t queue_head, queue_length;
    uint32_t in_flight; /* connecting, handshaking or presenting */
    uint32_t backing_off;
    uint32_t unsettled;
    int64_t dial_tokens_milli; /* thousandths of a dial */
    int64_t refilled_ms;
    int64_t ticked_ms;
    int64_t pulled_ms, pull_every_ms;
    uint64_t random;
    uv_timer_t *timer;
    bool closing;
    void (*closed)(void *user);
    void *closed_user;
};

struct net *links_net(struct links *links)
{
    return links->net;
}
struct store *links_store(struct links *links)
{
    return links->store;
}
struct channel_identity *links_identity(struct links *links)
{
    return links->identity;
}
const struct key_pair *links_device(struct links *links)
{
    return links->device;
}
const struct config *links_config(struct links *links)
{
    return links->config;
}

int64_t links_now_ms(const struct links *links)
{
    return (int64_t)uv_now(links->net->loop);
}

uint32_t links_random(struct links *links, uint32_t bound)
{
    links->random = links->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(((links->random >> 32) * bound) >> 32);
}

void links_changed(struct links *links)
{
    if (links->events.changed && !links->closing)
        links->events.changed(links->events.user);
}

static bool is_in_flight(enum link_state state)
{
    return state == LINK_CONNECTING || state == LINK_HANDSHAKING ||
           state == LINK_PRESENTING;
}

/* The queue is a ring: in random order at the start, so that many consoles do not call
 * at the same archives at once, then in the order of due times. */
static void enqueue(struct links *links, struct fleet_link *link)
{
    if (link->queued)
        return;
    link->queued = true;
    links->queue[(links->queue_head + links->queue_length++) % links->count] =
        link->slot;
}

static void refill_tokens(struct links *links)
{
    int64_t now = links_now_ms(links);
    int64_t full = (int64_t)DIAL_BURST * 1000;
    links->dial_tokens_milli +=
        (now - links->refilled_ms) * links->config->limits.dials_per_second;
    if (links->dial_tokens_milli > full)
        links->dial_tokens_milli = full;
    links->refilled_ms = now;
}

static void admit(struct links *links)
{
    refill_tokens(links);
    while (links->queue_length && links->dial_tokens_milli >= 1000 &&
           links->in_flight < links->config->limits.handshakes_in_flight) {
        uint32_t slot = links->queue[links->queue_head];
        links->queue_head = (links->queue_head + 1) % links->count;
        links->queue_length--;
        links->link[slot].queued = false;
        links->dial_tokens_milli -= 1000;
        link_dial(&links->link[slot]);
    }
}

/* After a mass loss the first success says that the way is open again: those that wait
 * out a long backoff come within a second instead.  Ever more rarely while the loss
 * lasts: the success may be that of one that comes and goes. */
static void pull_waiting(struct links *links)
{
    int64_t now = links_now_ms(links);
    if (links->backing_off * 10 < links->count) {
        links->pull_every_ms = PULL_EVERY_MS;
        return;
    }
    if (now - links->pulled_ms < links->pull_every_ms)
        return;
    links->pulled_ms = now;
    if (links->pull_every_ms < PULL_EVERY_MAX_MS)
        links->pull_every_ms *= 2;
    for (uint32_t slot = 0; slot < links->count; slot++) {
        struct link_status *status = links->link[slot].status;
        if (status->state == LINK_BACKING_OFF && !links->link[slot].is_barred &&
            status->retry_at_mono_ms > now + 1000)
            status->retry_at_mono_ms = now + links_random(links, 1000);
    }
}

void links_state_changed(struct links *links, struct fleet_link *link,
                         enum link_state before)
{
    enum link_state now = link->status->state;
    links->in_flight += (unsigned)is_in_flight(now) - (unsigned)is_in_flight(before);
    links->backing_off +=
        (unsigned)(now == LINK_BACKING_OFF) - (unsigned)(before == LINK_BACKING_OFF);
    if (!link->settled &&
        (now == LINK_LIVE || now == LINK_BACKING_OFF || now == LINK_REFUSED)) {
        link->settled = true;
        links->unsettled--;
    }
    store_status_changed(links->store, link->slot);
    links_changed(links);
    if (links->closing)
        return;
    if (now == LINK_LIVE && before == LINK_PRESENTING)
        pull_waiting(links);
    /* A place that became free is given away at once, not at the next tick. */
    if (is_in_flight(before) && !is_in_flight(now))
        admit(links);
}

static void on_tick(uv_timer_t *timer)
{
    struct links *links = timer->data;
    int64_t now = links_now_ms(links);
    /* What came in while we were stopped has not been read yet: no archive was silent.
     */
    bool late = now - links->ticked_ms > LATE_MS;
    links->ticked_ms = now;
    if (late)
        return;
    for (uint32_t slot = 0; slot < links->count; slot++) {
        struct fleet_link *link = &links->link[slot];
        link_tick(link, now);
        if (link->status->retry_at_mono_ms && now >= link->status->retry_at_mono_ms)
            enqueue(links, link);
    }
    admit(links);
}

struct links *links_new(struct net *net, const struct config *config,
                        struct store *store, struct channel_identity *identity,
                        const struct key_pair *device,
                        const struct links_events *events)
{
    struct links *links = calloc(1, sizeof *links);
    if (!links)
        return NULL;
    links->net = net;
    links->config = config;
    links->store = store;
    links->identity = identity;
    links->device = device;
    links->events = *events;
    links->count = config->totebox_count;
    links->link = calloc(links->count + 1, sizeof *links->link);
    links->queue = calloc(links->count + 1, sizeof *links->queue);
    links->timer = calloc(1, sizeof *links->timer);
    if (!links->link || !links->queue || !links->timer ||
        !random_bytes(&links->random, sizeof links->random)) {
        free(links->timer);
        free(links->queue);
        free(links->link);
        free(links);
        return NULL;
    }
    uv_timer_init(net->loop, links->timer);
    links->timer->data = links;
    for (uint32_t slot = 0; slot < links->count; slot++)
        link_init(&links->link[slot], links, slot);
    links->unsettled = links->count;
    links->pull_every_ms = PULL_EVERY_MS;
    links->refilled_ms = links_now_ms(links);
    links->dial_tokens_milli = (int64_t)DIAL_BURST * 1000;
    return links;
}

void links_start(struct links *links)
{
    for (uint32_t i = 0; i < links->count; i++)
        enqueue(links, &links->link[i]);
    for (uint32_t i = links->count; i > 1; i--) {
        uint32_t other = links_random(links, i), slot = links->queue[i - 1];
        links->queue[i - 1] = links->queue[other];
        links->queue[other] = slot;
    }
    links->ticked_ms = links_now_ms(links);
    uv_timer_start(links->timer, on_tick, TICK_MS, TICK_MS);
    admit(links);
}

void links_ask_again(struct links *links, uint32_t slot)
{
    for (uint32_t i = 0; i < links->count; i++) {
        struct fleet_link *link = &links->link[i];
        enum link_state state = link->status->state;
        if (slot != UINT32_MAX ? slot != i : state == LINK_LIVE || is_in_flight(state))
            continue;
        if (is_in_flight(state))
            continue;
        if (link->stream)
            link_start_over(link);
        link->failures = link->offences = 0;
        enqueue(links, link);
    }
    admit(links);
}

bool links_have_settled(const struct links *links)
{
    return links->unsettled == 0;
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct links *links = handle->data;
    void (*closed)(void *user) = links->closed;
    void *user = links->closed_user;
    free(links->timer);
    free(links->queue);
    free(links->link);
    free(links);
    if (closed)
        closed(user);
}

void links_close(struct links *links, void (*closed)(void *user), void *user)
{
    links->closing = true;
    links->closed = closed;
    links->closed_user = user;
    for (uint32_t slot = 0; slot < links->count; slot++)
        link_release(&links->link[slot]);
    uv_timer_stop(links->timer);
    uv_close((uv_handle_t *)links->timer, on_timer_closed);
}
