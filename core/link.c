#include "core/link.h"

#include <stdio.h>
#include <string.h>

/* --- states ------------------------------------------------------------------------
 */

int64_t link_now_ms(const struct fleet_link *link)
{
    return links_now_ms(link->links);
}

static void change_state(struct fleet_link *link, enum link_state state)
{
    enum link_state before = link->status->state;
    if (before == state)
        return;
    link->status->state = state;
    if (state == LINK_LIVE) {
        link->status->down_since_ms = 0;
        link->status->reason[0] = '\0';
        link->status->refusal = REFUSED_NOT;
        link->status->attempts = 0;
        link->live_since_ms =
            before == LINK_QUIET ? link->live_since_ms : link_now_ms(link);
    }
    links_state_changed(link->links, link, before);
}

static void say(struct fleet_link *link, const char *why)
{
    snprintf(link->status->reason, sizeof link->status->reason, "%s", why);
}

void link_hang_up(struct fleet_link *link)
{
    struct stream *stream = link->stream;
    struct caller *caller = link->caller;
    link->stream = NULL;
    link->caller = NULL;
    link->current = NULL;
    link->totebox = link->grant = 0;
    link->deadline_ms = link->renew_at_ms = link->live_since_ms = 0;
    link->partial_since_ms = 0;
    link_drop_group(link);
    if (link->receiving && caller)
        link->dead_caller = caller; /* it is on the stack: freed when it returns */
    else
        caller_free(caller);
    stream_close(stream);
}

void link_start_over(struct fleet_link *link)
{
    link_hang_up(link);
    change_state(link, LINK_IDLE);
}

bool link_is_gone(const struct fleet_link *link, const struct answer *answer)
{
    return link->dead_caller || answer->error == PSP_DISCONNECTED ||
           answer->error == PSP_CANCELED;
}

static void mark_down(struct fleet_link *link)
{
    if (!link->status->down_since_ms)
        link->status->down_since_ms = net_wall_ms();
    if (!link->failing_since_ms)
        link->failing_since_ms = link_now_ms(link);
}

/* base * 2^times, at most `most`. */
static int64_t doubled(int64_t base, uint32_t times, int64_t most)
{
    while (times-- && base < most)
        base *= 2;
    return base < most ? base : most;
}

/* Full jitter: anywhere between now and the doubled base. */
static int64_t backoff_ms(struct fleet_link *link)
{
    const struct config_limits *limits = &links_config(link->links)->limits;
    int64_t ceiling = limits->backoff_cap_ms;
    if (link_now_ms(link) - link->failing_since_ms > 600000 && ceiling < 60000)
        ceiling = 60000;
    if (ceiling > UINT32_MAX)
        ceiling = UINT32_MAX;
    int64_t bound = doubled(limits->backoff_base_ms, link->failures, ceiling);
    return 1 + links_random(link->links, (uint32_t)bound);
}

static void wait_longer_than(struct fleet_link *link, int64_t least_ms, const char *why)
{
    mark_down(link);
    say(link, why);
    link_hang_up(link);
    link->status->retry_at_mono_ms = link_now_ms(link) + least_ms + backoff_ms(link);
    link->failures++;
    link->is_barred = least_ms > 0;
    change_state(link, LINK_BACKING_OFF);
}

static void forgive_when_stable(struct fleet_link *link)
{
    if (!link->live_since_ms ||
        link_now_ms(link) - link->live_since_ms <= LINK_STABLE_MS)
        return;
    link->failures = link->offences = 0;
    link->failing_since_ms = 0;
}

void link_back_off(struct fleet_link *link, const char *why)
{
    forgive_when_stable(link);
    wait_longer_than(link, 0, why);
}

/* 5 s, doubled with each offence in a row, with the default base. */
void link_punish(struct fleet_link *link, const char *why)
{
    int64_t base = links_config(link->links)->limits.backoff_base_ms;
    forgive_when_stable(link);
    wait_longer_than(link, doubled(20 * base, link->offences++, LINK_PENALTY_MAX_MS),
                     why);
}

void link_refuse(struct fleet_link *link, enum refusal_kind kind, const char *why)
{
    mark_down(link);
    say(link, why);
    link->status->refusal = kind;
    link_hang_up(link);
    if (kind == REFUSED_REVOKED || kind == REFUSED_DENIED || kind == REFUSED_EXPIRED) {
        /* What may not be read any more may not be shown any more. */
        store_clear(links_store(link->links), link->slot);
        link->resume_length = 0;
    }
    /* Another key than the pinned one is for a person to judge, not to retry. */
    link->status->retry_at_mono_ms =
        kind == REFUSED_WRONG_KEY
            ? 0
            : link_now_ms(link) + LINK_LOOK_AGAIN_MS + links_random(link->links, 10000);
    change_state(link, LINK_REFUSED);
}

void link_heard(struct fleet_link *link)
{
    link->status->last_ok_ms = net_wall_ms();
    link->status->last_ok_mono_ms = link_now_ms(link);
    if (link->status->state == LINK_QUIET)
        change_state(link, LINK_LIVE);
}

void link_become_live(struct fleet_link *link)
{
    link->deadline_ms = 0;
    if (link->status->state == LINK_PRESENTING)
        change_state(link, LINK_LIVE);
}

void link_refuse_by_code(struct fleet_link *link, enum psp_error error)
{
    static const struct {
        enum psp_error error;
        enum refusal_kind kind;
        const char *words;
    } known[] = {
        {PSP_REVOKED, REFUSED_REVOKED, "revoked by the archive's owner"},
        {PSP_EXPIRED, REFUSED_EXPIRED, "the pairing's window is over: pair again"},
        {PSP_NOTYET, REFUSED_EXPIRED,
         "the capability's window has not begun: check clocks"},
        {PSP_HOLDER, REFUSED_NOT_PAIRED, "the pairing is for another device key"},
        {PSP_SIGNATURE, REFUSED_NOT_PAIRED, "the pairing does not verify: pair again"},
        {PSP_AUDIENCE, REFUSED_NOT_PAIRED, "the pairing is for another archive"},
        {PSP_DENIED, REFUSED_DENIED, "not permitted by the archive"},
        {PSP_MALFORMED, REFUSED_INCOMPATIBLE, "the archive cannot read our capability"},
        {PSP_LIMIT, REFUSED_INCOMPATIBLE, "over a limit of the archive"},
        {PSP_UNIMPLEMENTED, REFUSED_INCOMPATIBLE,
         "the archive does not speak this PSP"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].error == error) {
            link_refuse(link, known[i].kind, known[i].words);
            return;
        }
    link_back_off(link, psp_error_words(error));
}

/* --- the connection ----------------------------------------------------------------
 */

/* When the message began that is only half there; `length` was there before the caller
 * took what it could. */
static void note_partial(struct fleet_link *link, size_t length, size_t rest)
{
    if (rest == 0)
        link->partial_since_ms = 0;
    else if (rest < length || !link->partial_since_ms)
        link->partial_since_ms = link_now_ms(link);
}

static void on_received(void *user, struct buffer *plaintext)
{
    struct fleet_link *link = user;
    struct caller *caller = link->caller;
    size_t length = buffer_length(plaintext);
    link->status->bytes_in = stream_bytes_in(link->stream);
    link->receiving = true;
    enum psp_error error = caller_receive(caller, plaintext);
    link->receiving = false;
    if (link->dead_caller) {
        link->dead_caller = NULL;
        caller_free(caller);
        return;
    }
    stream_flush(link->stream);
    if (error == PSP_DISCONNECTED) {
        link_back_off(link, caller_defect(caller));
    } else if (error != PSP_OK) {
        link_punish(link, caller_defect(caller));
    } else if (stream_pending(link->stream) > LINK_UNSENT_MAX) {
        link_punish(link, "the archive does not read what it makes us send");
    } else {
        note_partial(link, length, buffer_length(plaintext));
        link->status->bytes_out = stream_bytes_out(link->stream);
    }
}

/* Runs when our own handshake is done; the archive has not judged our key yet. */
static void on_opened(void *user)
{
    struct fleet_link *link = user;
    memcpy(link->status->peer, channel_peer(stream_channel(link->stream)), HASH_BYTES);
    link->deadline_ms = link_now_ms(link) + LINK_ANSWER_MS;
    change_state(link, LINK_PRESENTING);
}

static void on_closed(void *user, enum stream_end end, const char *why)
{
    struct fleet_link *link = user;
    struct stream *stream = link->stream;
    if (stream && end == STREAM_WRONG_KEY)
        memcpy(link->status->peer, channel_peer(stream_channel(stream)), HASH_BYTES);
    char words[128];
    snprintf(words, sizeof words, "%s", why);
    link->stream = NULL; /* it frees itself */
    switch (end) {
    case STREAM_WRONG_KEY:
        link_refuse(link, REFUSED_WRONG_KEY, words);
        break;
    case STREAM_REFUSED:
        link_refuse(link, REFUSED_NOT_PAIRED, words);
        break;
    case STREAM_UNREACHABLE:
    case STREAM_NOT_TLS:
    case STREAM_ENDED:
    case STREAM_BROKEN:
        link_back_off(link, words);
        break;
    }
}

static const struct stream_events link_stream_events = {
    .opened = on_opened,
    .received = on_received,
    .closed = on_closed,
};

void link_dial(struct fleet_link *link)
{
    char why[128] = "";
    link->status->retry_at_mono_ms = 0;
    if (!link->has_pairing && link->config->token && !link_load_pairing(link, why)) {
        link_refuse(link, REFUSED_NOT_PAIRED, why);
        return;
    }
    link->asked_pairing = link->asked_clock = link->asked_views = false;
    link->views = link->paired_views; /* it may serve more than it did */
    link->is_barred = false;
    link->patience_milli = (int64_t)LINK_PATIENCE * 1000;
    link->patience_ms = link_now_ms(link);
    link->status->attempts++;
    link->stream = stream_dial(links_net(link->links), links_identity(link->links),
                               (const uint8_t(*)[HASH_BYTES])link->config->pins,
                               link->config->pin_count, link->config->host,
                               link->config->port, &link_stream_events, link);
    link->caller = link->stream ? caller_new(stream_output(link->stream)) : NULL;
    if (!link->caller || caller_bootstrap(link->caller, &link->totebox) != PSP_OK) {
        link_back_off(link, psp_error_words(PSP_NO_MEMORY));
        return;
    }
    change_state(link, LINK_CONNECTING);
    /* What is asked now leaves right behind our Finished. */
    if (link->has_pairing)
        link_present(link);
    else if (!link_ask_pairing(link))
        link_back_off(link, psp_error_words(PSP_NO_MEMORY));
    if (link->stream)
        link->deadline_ms = link_now_ms(link) + LINK_CONNECT_MS;
}

static const char *deadline_words(enum link_state state)
{
    switch (state) {
    case LINK_CONNECTING:
        return "connect timeout";
    case LINK_HANDSHAKING:
        return "handshake timeout";
    case LINK_IDLE:
    case LINK_PRESENTING:
    case LINK_LIVE:
    case LINK_QUIET:
    case LINK_BACKING_OFF:
    case LINK_REFUSED:
        break;
    }
    return "no answer";
}

void link_tick(struct fleet_link *link, int64_t now)
{
    struct link_status *status = link->status;
    if (!link->stream)
        return;
    if (status->state == LINK_CONNECTING && stream_peer_address(link->stream)[0]) {
        change_state(link, LINK_HANDSHAKING);
        link->deadline_ms = now + LINK_HANDSHAKE_MS;
    }
    if (link->deadline_ms && now >= link->deadline_ms) {
        link_back_off(link, deadline_words(status->state));
        return;
    }
    if (link->partial_since_ms && now - link->partial_since_ms >= LINK_FRAME_MS) {
        link_punish(link, "the archive began a message and did not end it");
        return;
    }
    if (status->state != LINK_LIVE && status->state != LINK_QUIET)
        return;
    int64_t silent = now - status->last_ok_mono_ms;
    if (silent >= LINK_DEAD_MS) {
        link_back_off(link, "silent for 30 s");
        return;
    }
    if (silent >= LINK_QUIET_MS && status->state == LINK_LIVE) {
        say(link, "no heartbeat");
        change_state(link, LINK_QUIET);
    }
    if (link->renew_at_ms && now >= link->renew_at_ms && link->current &&
        !link->group_open)
        link_present(link);
}

void link_init(struct fleet_link *link, struct links *links, uint32_t slot)
{
    *link = (struct fleet_link){.links = links, .slot = slot};
    link->config = &links_config(links)->toteboxes[slot];
    link->status = store_status(links_store(links), slot);
    link->status->rtt_ms = -1;
}

void link_release(struct fleet_link *link)
{
    if (link->stream)
        link_hang_up(link);
    token_release(&link->pairing);
}
