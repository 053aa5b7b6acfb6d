#include "core/link.h"

#include <string.h>

#include "proto/layout.h"

/* Until the end of the year 9999: differences of two such times fit. */
static bool is_a_time(int64_t ms)
{
    return ms > 0 && ms < INT64_C(253402300800000);
}

static void on_watch(void *user, const struct answer *answer);

/* --- the watch ---------------------------------------------------------------------
 */

static uint32_t write_queries(const struct fleet_link *link, struct query *queries)
{
    uint32_t count = 0;
    for (enum view view = 0; view < VIEW_COUNT; view++)
        if (link->views & 1u << view)
            queries[count++] = (struct query){
                .view = text_of(view_table(view)->name),
                .rows = {.kind = SET_ALL},
                .columns = {.kind = SET_ALL},
            };
    return count;
}

static enum psp_error start_watch(struct fleet_link *link)
{
    struct query queries[VIEW_COUNT];
    uint32_t count = write_queries(link, queries);
    if (count == 0)
        return PSP_DENIED;
    struct link_watch *watch = &link->watches[0];
    if (watch->outstanding || link->current == watch)
        watch = &link->watches[1];
    if (watch->outstanding)
        return PSP_BUSY;
    struct text resume = {0};
    if (link->resume_views == link->views)
        resume = (struct text){(const char *)link->resume, link->resume_length};
    *watch = (struct link_watch){.link = link};
    enum psp_error error = caller_watch(link->caller, link->grant, queries, count,
                                        resume, on_watch, watch, &watch->watch);
    if (error != PSP_OK)
        return error;
    link->current = watch;
    link->awaits_snapshot = resume.length == 0;
    link_ask_next(link);
    return PSP_OK;
}

static void on_describe(void *user, const struct answer *answer)
{
    struct fleet_link *link = user;
    if (link_is_gone(link, answer))
        return;
    if (answer->error != PSP_OK) {
        link_refuse_by_code(link, answer->error);
        return;
    }
    struct list_reader served = reader_list(answer->results, 0, ELEMENT_COMPOSITE);
    uint32_t views = 0;
    for (uint32_t i = 0; i < served.count; i++) {
        enum view view;
        if (view_by_name(reader_text(list_struct(served, i), PSP_VIEW_INFO_NAME_PTR),
                         &view))
            views |= 1u << view;
    }
    link->views &= views;
    enum psp_error error = start_watch(link);
    if (error == PSP_DENIED)
        link_refuse(link, REFUSED_INCOMPATIBLE, "the archive serves none of the views");
    else if (error != PSP_OK)
        link_refuse_by_code(link, error);
    else
        stream_flush(link->stream);
}

/* A view that the archive does not serve refuses the whole watch: ask what it serves.
 */
static void on_watch(void *user, const struct answer *answer)
{
    struct link_watch *watch = user;
    struct fleet_link *link = watch->link;
    if (link_is_gone(link, answer) || link->current != watch)
        return;
    if (answer->error == PSP_OK) {
        link->status->denied_views = link->paired_views & ~link->views;
        return;
    }
    link->current = NULL;
    bool may_differ = answer->error == PSP_UNKNOWN || answer->error == PSP_DENIED;
    if (may_differ && !link->asked_views &&
        caller_describe(link->caller, link->grant, on_describe, link) == PSP_OK) {
        link->asked_views = true;
        link->deadline_ms = link_now_ms(link) + LINK_ANSWER_MS;
        return;
    }
    link_refuse_by_code(link, answer->error);
}

/* --- the clock, and a newer pairing ------------------------------------------------
 */

static void on_hello(void *user, const struct answer *answer)
{
    struct fleet_link *link = user;
    struct identity identity;
    if (link_is_gone(link, answer))
        return;
    if (answer->error != PSP_OK ||
        identity_read(reader_struct(answer->results, 0), &identity) != PSP_OK ||
        !is_a_time(identity.clock_ms)) {
        link_back_off(link, "the archive does not say who it is");
        return;
    }
    link->status->skew_ms = identity.clock_ms - net_wall_ms();
    link_present(link);
}

static bool ask_clock(struct fleet_link *link)
{
    if (link->asked_clock || caller_hello(link->caller, link->totebox, TEXT("fleet"),
                                          on_hello, link) != PSP_OK)
        return false;
    link->asked_clock = true;
    link->deadline_ms = link_now_ms(link) + LINK_ANSWER_MS;
    return true;
}

static void on_pairing(void *user, const struct answer *answer)
{
    struct fleet_link *link = user;
    if (link_is_gone(link, answer))
        return;
    if (answer->error == PSP_UNKNOWN) {
        link_refuse(link, REFUSED_NOT_PAIRED,
                    "not paired: the archive issued no pairing to us");
        return;
    }
    if (answer->error != PSP_OK) {
        link_refuse_by_code(link, answer->error);
        return;
    }
    struct token token = {0};
    if (token_take(reader_struct(answer->results, 0), &token) != PSP_OK) {
        token_release(&token);
        link_back_off(link, "the archive's pairing cannot be read");
        return;
    }
    token_release(&link->pairing);
    link->pairing = token;
    link->has_pairing = link_read_pairing(link);
    if (link->has_pairing)
        link_present(link);
    else
        link_refuse(link, REFUSED_INCOMPATIBLE, "the archive's pairing cannot be read");
}

bool link_ask_pairing(struct fleet_link *link)
{
    if (link->asked_pairing ||
        caller_pairing(link->caller, link->totebox, on_pairing, link) != PSP_OK)
        return false;
    link->asked_pairing = true;
    link->deadline_ms = link_now_ms(link) + LINK_ANSWER_MS;
    return true;
}

/* --- presenting --------------------------------------------------------------------
 */

/* What may be mended by asking: our clock, or a newer pairing than the one in our file.
 */
static bool ask_why(struct fleet_link *link, enum psp_error error)
{
    bool clocks = error == PSP_EXPIRED || error == PSP_NOTYET;
    if (clocks && ask_clock(link))
        return true;
    return (clocks || error == PSP_REVOKED || error == PSP_SIGNATURE) &&
           link_ask_pairing(link);
}

static void on_present(void *user, const struct answer *answer)
{
    struct fleet_link *link = user;
    if (link_is_gone(link, answer))
        return;
    enum psp_error error = answer->error;
    struct grant_info info;
    if (error == PSP_OK)
        error = grant_info_read(reader_struct(answer->results, 1), &info);
    if (error == PSP_OK && (!is_a_time(info.clock_ms) || !is_a_time(info.not_after_ms)))
        error = PSP_MALFORMED;
    if (error != PSP_OK) {
        link->current = NULL;
        if (!ask_why(link, error))
            link_refuse_by_code(link, error);
        return;
    }
    link_heard(link);
    link->asked_clock = link->asked_pairing = false; /* until the next renewal */
    link->status->rtt_ms = (int32_t)(link_now_ms(link) - link->asked_at_ms);
    link->status->skew_ms = info.clock_ms - net_wall_ms();
    link->status->capability_ends_ms = info.not_after_ms;
    memcpy(link->status->leaf, info.link_id, HASH_BYTES);
    bool live = link->status->state == LINK_LIVE || link->status->state == LINK_QUIET;
    link->deadline_ms =
        live && !link->awaits_snapshot ? 0 : link_now_ms(link) + LINK_FILL_MS;
}

/* Five sixths into what is left of the window: 50 minutes of an hour, +- 5. */
static void plan_renewal(struct fleet_link *link)
{
    int64_t left = links_config(link->links)->limits.window_ms - LINK_BACKDATE_MS;
    if (left < 1200)
        left = 1200;
    int64_t jitter = left / 12;
    link->renew_at_ms = link_now_ms(link) + left - left / 6 - jitter +
                        links_random(link->links, (uint32_t)(2 * jitter + 1));
}

void link_present(struct fleet_link *link)
{
    cap old_grant = link->grant;
    struct link_watch *old = link->current;
    struct token token = {0};
    enum psp_error error = link_mint(link, &token);
    if (error == PSP_OK)
        error = caller_present(link->caller, link->totebox, &token, on_present, link,
                               &link->grant);
    token_release(&token);
    link->asked_at_ms = link_now_ms(link);
    link->deadline_ms = link_now_ms(link) + LINK_ANSWER_MS;
    if (error == PSP_OK)
        error = start_watch(link);
    /* By our clock the pairing is over: is it our clock? */
    if (error == PSP_EXPIRED && ask_why(link, error)) {
        stream_flush(link->stream);
        return;
    }
    if (error != PSP_OK) {
        link_refuse_by_code(link, error);
        return;
    }
    if (old)
        caller_release(link->caller, old->watch);
    if (old_grant)
        caller_release(link->caller, old_grant);
    plan_renewal(link);
    stream_flush(link->stream);
}
