#include "core/link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/layout.h"

#define ALL_VIEWS ((1u << VIEW_LINK) - 1) /* every archive's; hubs add `link` */

static void present(struct fleet_link *link);

/* --- states ------------------------------------------------------------------------
 */

static int64_t now_ms(const struct fleet_link *link)
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
        link->live_since_ms = before == LINK_QUIET ? link->live_since_ms : now_ms(link);
    }
    links_state_changed(link->links, link, before);
}

static void say(struct fleet_link *link, const char *why)
{
    snprintf(link->status->reason, sizeof link->status->reason, "%s", why);
}

static void drop_group(struct fleet_link *link)
{
    if (link->group_open)
        store_abandon(links_store(link->links), link->slot);
    link->group_open = false;
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
    drop_group(link);
    if (link->receiving)
        link->dead_caller = caller; /* it is on the stack: freed when it returns */
    else
        caller_free(caller);
    stream_close(stream);
}

static void mark_down(struct fleet_link *link)
{
    if (!link->status->down_since_ms)
        link->status->down_since_ms = net_wall_ms();
    if (!link->failing_since_ms)
        link->failing_since_ms = now_ms(link);
}

/* Full jitter: anywhere between now and the doubled base. */
static int64_t backoff_ms(struct fleet_link *link)
{
    const struct config_limits *limits = &links_config(link->links)->limits;
    int64_t ceiling = limits->backoff_cap_ms;
    if (now_ms(link) - link->failing_since_ms > 600000 && ceiling < 60000)
        ceiling = 60000;
    unsigned doublings = link->failures < 16 ? link->failures : 16;
    int64_t bound = limits->backoff_base_ms << doublings;
    if (bound > ceiling)
        bound = ceiling;
    return 1 + links_random(link->links, (uint32_t)bound);
}

static void back_off(struct fleet_link *link, const char *why)
{
    if (link->live_since_ms && now_ms(link) - link->live_since_ms > LINK_STABLE_MS) {
        link->failures = 0;
        link->failing_since_ms = 0;
    }
    mark_down(link);
    say(link, why);
    link_hang_up(link);
    link->status->retry_at_mono_ms = now_ms(link) + backoff_ms(link);
    link->failures++;
    change_state(link, LINK_BACKING_OFF);
}

static void refuse(struct fleet_link *link, enum refusal_kind kind, const char *why)
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
            : now_ms(link) + LINK_LOOK_AGAIN_MS + links_random(link->links, 10000);
    change_state(link, LINK_REFUSED);
}

static void heard(struct fleet_link *link)
{
    link->status->last_ok_ms = net_wall_ms();
    link->status->last_ok_mono_ms = now_ms(link);
    if (link->status->state == LINK_QUIET)
        change_state(link, LINK_LIVE);
}

/* --- the capability ----------------------------------------------------------------
 */

/* Where the pairing's first link leads: audience, end, and the views that it names. */
static bool read_pairing(struct fleet_link *link)
{
    struct link_arena *arena = malloc(sizeof *arena);
    struct link root;
    bool good = arena && link->pairing.count >= 1 &&
                link_decode(link->pairing.link[0].body, link->pairing.link[0].length,
                            arena, &root) == PSP_OK;
    if (good) {
        memcpy(link->authority, root.totebox, KEY_BYTES);
        link->pairing_ends_ms = root.not_after_ms;
        link->views = 0;
        for (uint32_t i = 0; i < root.scope_count; i++)
            for (enum view view = 0; view < VIEW_COUNT; view++)
                if (set_contains(&root.scopes[i].views,
                                 text_of(view_table(view)->name)))
                    link->views |= 1u << view;
        link->views &= link->config->hub ? ALL_VIEWS | 1u << VIEW_LINK : ALL_VIEWS;
    }
    free(arena);
    return good;
}

static bool load_pairing(struct fleet_link *link, char why[128])
{
    FILE *file = fopen(link->config->token, "re");
    struct buffer frame;
    buffer_init(&frame);
    if (!file) {
        snprintf(why, 128, "cannot open the pairing %s", link->config->token);
        return false;
    }
    uint8_t *room = buffer_reserve(&frame, TOKEN_LINKS_MAX * (LINK_BYTES_MAX + 256));
    if (room)
        buffer_commit(&frame,
                      fread(room, 1, TOKEN_LINKS_MAX * (LINK_BYTES_MAX + 256), file));
    fclose(file);
    link->has_pairing = token_read(buffer_bytes(&frame), buffer_length(&frame),
                                   &link->pairing) == PSP_OK &&
                        read_pairing(link);
    buffer_release(&frame);
    if (!link->has_pairing) {
        token_release(&link->pairing);
        snprintf(why, 128, "%s is not a pairing", link->config->token);
    }
    return link->has_pairing;
}

static int64_t archive_clock_ms(const struct fleet_link *link)
{
    return net_wall_ms() + link->status->skew_ms;
}

/* A leaf for the rows of this link's entity (a hub: of every entity), one window long,
 * bound to the TLS key of this device. */
static enum psp_error mint_leaf(struct fleet_link *link, struct token *token)
{
    const struct config *config = links_config(link->links);
    const struct key_pair *device = links_device(link->links);
    struct text entity = text_of(link->config->entity);
    struct text views[VIEW_COUNT];
    uint32_t view_count = 0;
    static const enum view sorted[] = {VIEW_FX,  VIEW_ITEM, VIEW_METRIC, VIEW_NOTE,
                                       VIEW_OBL, VIEW_OWN,  VIEW_POS};
    for (size_t i = 0; i < sizeof sorted / sizeof *sorted; i++)
        views[view_count++] = text_of(view_table(sorted[i])->name);
    char prefix[ENTITY_ID_MAX + 2];
    int length = snprintf(prefix, sizeof prefix, "%s|", link->config->entity);
    struct text entity_view = text_of(view_table(VIEW_ENTITY)->name);
    struct scope scopes[] = {
        {.views = {.kind = SET_NAMES, .names = &entity_view, .count = 1},
         .rows = {.kind = SET_NAMES, .names = &entity, .count = 1},
         .columns = {.kind = SET_ALL}},
        {.views = {.kind = SET_NAMES, .names = views, .count = view_count},
         .rows = {.kind = SET_PREFIX, .prefix = {prefix, (uint32_t)length}},
         .columns = {.kind = SET_ALL}},
    };
    struct scope everything = {.views = {.kind = SET_ALL},
                               .rows = {.kind = SET_ALL},
                               .columns = {.kind = SET_ALL}};
    int64_t clock = archive_clock_ms(link);
    int64_t ends = clock - LINK_BACKDATE_MS + config->limits.window_ms;
    if (ends > link->pairing_ends_ms)
        ends = link->pairing_ends_ms;
    struct link leaf = {
        .rights = RIGHT_DESCRIBE | RIGHT_HEALTH | RIGHT_READ_ROWS |
                  RIGHT_READ_AGGREGATES | RIGHT_WATCH,
        .not_before_ms = clock - LINK_BACKDATE_MS,
        .not_after_ms = ends,
        .subject = SUBJECT_HOLDER,
        .scopes = link->config->hub ? &everything : scopes,
        .scope_count = link->config->hub ? 1 : 2,
        .max_rows = TOKEN_ROWS_UNLIMITED,
        .label = text_of(config->operator_name),
    };
    memcpy(leaf.totebox, link->authority, KEY_BYTES);
    holder_of_key(device->public_key, leaf.subject_bytes);
    if (ends <= leaf.not_before_ms)
        return PSP_EXPIRED;
    if (!random_bytes(leaf.nonce, sizeof leaf.nonce))
        return PSP_NO_MEMORY;
    enum psp_error error = token_copy(token, &link->pairing);
    return error == PSP_OK ? token_append(token, &leaf, device) : error;
}

/* --- the stream of deltas ----------------------------------------------------------
 */

static void ask_next(struct fleet_link *link);

static void apply_upserts(struct fleet_link *link, const struct batch *batch)
{
    struct store *store = links_store(link->links);
    const char *why;
    for (uint32_t i = 0; i < batch->row_count; i++) {
        union any_row row;
        if (batch_row(batch, i, store_names(store), &row, &why) != PSP_OK)
            link->status->bad_rows++;
        else
            store_upsert(store, link->slot, batch->view, &row);
    }
}

static bool apply_change(struct fleet_link *link, const struct delta *delta,
                         uint32_t index)
{
    struct batch batch;
    struct list_reader deletes;
    const char *why = NULL;
    enum psp_error error = delta_change(delta, index, &batch, &deletes, &why);
    if (error == PSP_UNKNOWN)
        return true; /* a view newer than this program */
    if (error != PSP_OK) {
        if (batch.view < VIEW_COUNT) {
            link->status->incompatible_views |= 1u << batch.view;
            snprintf(link->status->reason, sizeof link->status->reason, "view %s: %s",
                     view_table(batch.view)->name, why ? why : "malformed");
            return true;
        }
        return false;
    }
    apply_upserts(link, &batch);
    for (uint32_t i = 0; i < deletes.count; i++)
        store_delete(links_store(link->links), link->slot, batch.view,
                     list_text(deletes, i));
    return true;
}

static bool apply_group(struct fleet_link *link, const struct delta *delta)
{
    bool snapshot = delta->kind == DELTA_SNAPSHOT || delta->kind == DELTA_SNAPSHOT_END;
    bool closes = delta->kind == DELTA_SNAPSHOT_END || delta->kind == DELTA_UPDATE;
    if (!link->group_open) {
        store_begin(links_store(link->links), link->slot, snapshot);
        link->group_open = true;
    }
    for (uint32_t i = 0; i < delta->changes.count; i++)
        if (!apply_change(link, delta, i))
            return false;
    if (!closes)
        return true;
    store_commit(links_store(link->links), link->slot, delta->revision);
    link->group_open = false;
    if (delta->resume.length && delta->resume.length <= sizeof link->resume) {
        memcpy(link->resume, delta->resume.bytes, delta->resume.length);
        link->resume_length = delta->resume.length;
    }
    return true;
}

/* What became of an answer. */
enum outcome { GOES_ON, WATCH_OVER, CONNECTION_OVER };

static enum outcome take_delta(struct fleet_link *link, const struct delta *delta)
{
    if (delta->seq != link->current->delta_seq + 1) {
        back_off(link, "the archive skipped or repeated a delta");
        return CONNECTION_OVER;
    }
    link->current->delta_seq = delta->seq;
    switch (delta->kind) {
    case DELTA_HEARTBEAT:
        if (delta->revision)
            link->status->revision = delta->revision;
        break;
    case DELTA_SNAPSHOT:
    case DELTA_SNAPSHOT_END:
    case DELTA_UPDATE_PART:
    case DELTA_UPDATE:
        if (!apply_group(link, delta)) {
            back_off(link, "the archive sent a malformed delta");
            return CONNECTION_OVER;
        }
        links_changed(link->links);
        break;
    case DELTA_RESET:
        drop_group(link);
        link->resume_length = 0;
        break;
    case DELTA_ENDED:
        return WATCH_OVER;
    }
    return GOES_ON;
}

static bool is_over(enum psp_error error)
{
    return error == PSP_ENDED || error == PSP_EXPIRED || error == PSP_REVOKED;
}

static void become_live(struct fleet_link *link)
{
    link->deadline_ms = 0;
    if (link->status->state == LINK_PRESENTING)
        change_state(link, LINK_LIVE);
}

static void on_next(void *user, const struct answer *answer)
{
    struct link_watch *watch = user;
    struct fleet_link *link = watch->link;
    watch->outstanding--;
    if (link->current != watch || answer->error == PSP_CANCELED ||
        answer->error == PSP_DISCONNECTED)
        return;
    if (answer->error != PSP_OK && !is_over(answer->error)) {
        back_off(link, psp_error_words(answer->error));
        return;
    }
    heard(link);
    struct delta delta = {.kind = DELTA_ENDED};
    const char *why = NULL;
    if (answer->error == PSP_OK &&
        delta_read(reader_struct(answer->results, 0), &delta, &why) != PSP_OK) {
        back_off(link, why ? why : "the archive sent a malformed delta");
        return;
    }
    enum outcome outcome =
        answer->error == PSP_OK ? take_delta(link, &delta) : WATCH_OVER;
    if (outcome == WATCH_OVER) {
        /* The window is over or the grant was revoked: presenting again tells which. */
        drop_group(link);
        present(link);
    }
    if (outcome != GOES_ON)
        return;
    if (!link->group_open && delta.kind != DELTA_RESET)
        become_live(link);
    ask_next(link);
}

static void ask_next(struct fleet_link *link)
{
    struct link_watch *watch = link->current;
    while (watch->outstanding < LINK_CREDIT) {
        if (caller_next(link->caller, watch->watch, 0, LINK_HEARTBEAT_MS, on_next,
                        watch) != PSP_OK)
            return;
        watch->outstanding++;
    }
}

/* --- presenting --------------------------------------------------------------------
 */

static void on_describe(void *user, const struct answer *answer);

/* A view that the archive does not serve refuses the whole watch: ask what it serves.
 */
static void on_watch(void *user, const struct answer *answer)
{
    struct link_watch *watch = user;
    struct fleet_link *link = watch->link;
    if (answer->error == PSP_OK || link->current != watch)
        return;
    if (answer->error == PSP_CANCELED || answer->error == PSP_DISCONNECTED)
        return;
    link->current = NULL;
    bool may_differ = answer->error == PSP_UNKNOWN || answer->error == PSP_DENIED;
    if (may_differ && !link->asked_views &&
        caller_describe(link->caller, link->grant, on_describe, link) == PSP_OK) {
        link->asked_views = true;
        return;
    }
    if (answer->error == PSP_BUSY || answer->error == PSP_CLOSING ||
        answer->error == PSP_LIMIT)
        back_off(link, psp_error_words(answer->error));
    else
        refuse(link, REFUSED_DENIED, psp_error_words(answer->error));
}

static uint32_t write_queries(struct fleet_link *link, struct query *queries)
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
        return PSP_LIMIT;
    struct text resume = {(const char *)link->resume, link->resume_length};
    *watch = (struct link_watch){.link = link};
    enum psp_error error = caller_watch(link->caller, link->grant, queries, count,
                                        resume, on_watch, watch, &watch->watch);
    if (error != PSP_OK)
        return error;
    link->current = watch;
    ask_next(link);
    return PSP_OK;
}

static void on_describe(void *user, const struct answer *answer)
{
    struct fleet_link *link = user;
    if (answer->error == PSP_DISCONNECTED || answer->error == PSP_CANCELED)
        return;
    if (answer->error != PSP_OK) {
        refuse(link, REFUSED_DENIED, psp_error_words(answer->error));
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
    link->status->denied_views = link->views & ~views;
    link->views &= views;
    link->resume_length = 0;
    if (start_watch(link) != PSP_OK)
        refuse(link, REFUSED_INCOMPATIBLE, "the archive serves none of the views");
    else
        stream_flush(link->stream);
}

static void on_hello(void *user, const struct answer *answer)
{
    struct fleet_link *link = user;
    struct identity identity;
    if (answer->error == PSP_DISCONNECTED || answer->error == PSP_CANCELED)
        return;
    if (answer->error != PSP_OK ||
        identity_read(reader_struct(answer->results, 0), &identity) != PSP_OK) {
        back_off(link, "the archive does not say who it is");
        return;
    }
    link->status->skew_ms = identity.clock_ms - net_wall_ms();
    present(link);
}

static void refuse_by_code(struct fleet_link *link, enum psp_error error)
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
        {PSP_UNIMPLEMENTED, REFUSED_INCOMPATIBLE,
         "the archive does not speak this PSP"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].error == error) {
            refuse(link, known[i].kind, known[i].words);
            return;
        }
    back_off(link, psp_error_words(error));
}

static void on_pairing(void *user, const struct answer *answer)
{
    struct fleet_link *link = user;
    if (answer->error == PSP_DISCONNECTED || answer->error == PSP_CANCELED)
        return;
    if (answer->error == PSP_UNKNOWN) {
        refuse(link, REFUSED_NOT_PAIRED,
               "not paired: the archive issued no pairing to us");
        return;
    }
    if (answer->error != PSP_OK) {
        refuse_by_code(link, answer->error);
        return;
    }
    struct token token = {0};
    if (token_take(reader_struct(answer->results, 0), &token) != PSP_OK) {
        back_off(link, "the archive's pairing cannot be read");
        return;
    }
    token_release(&link->pairing);
    link->pairing = token;
    link->has_pairing = read_pairing(link);
    if (link->has_pairing)
        present(link);
    else
        refuse(link, REFUSED_INCOMPATIBLE, "the archive's pairing cannot be read");
}

static bool ask_pairing(struct fleet_link *link)
{
    if (link->asked_pairing ||
        caller_pairing(link->caller, link->totebox, on_pairing, link) != PSP_OK)
        return false;
    link->asked_pairing = true;
    link->deadline_ms = now_ms(link) + LINK_ANSWER_MS;
    return true;
}

static void on_present(void *user, const struct answer *answer)
{
    struct fleet_link *link = user;
    if (answer->error == PSP_DISCONNECTED || answer->error == PSP_CANCELED)
        return;
    enum psp_error error = answer->error;
    struct grant_info info;
    if (error == PSP_OK)
        error = grant_info_read(reader_struct(answer->results, 1), &info);
    if (error != PSP_OK) {
        link->current = NULL;
        bool clocks = error == PSP_EXPIRED || error == PSP_NOTYET;
        if (clocks && !link->asked_clock &&
            caller_hello(link->caller, link->totebox, TEXT("fleet"), on_hello, link) ==
                PSP_OK) {
            link->asked_clock = true;
            return;
        }
        /* The owner may have issued a newer pairing than the one in our file. */
        if ((clocks || error == PSP_REVOKED || error == PSP_SIGNATURE) &&
            ask_pairing(link))
            return;
        refuse_by_code(link, error);
        return;
    }
    heard(link);
    link->status->rtt_ms = (int32_t)(now_ms(link) - link->asked_at_ms);
    link->status->skew_ms = info.clock_ms - net_wall_ms();
    link->status->capability_ends_ms = info.not_after_ms;
    memcpy(link->status->leaf, info.link_id, HASH_BYTES);
    bool live = link->status->state == LINK_LIVE || link->status->state == LINK_QUIET;
    link->deadline_ms = live ? 0 : now_ms(link) + LINK_FILL_MS;
}

/* Five sixths into what is left of the window: 50 minutes of an hour, +- 5. */
static void plan_renewal(struct fleet_link *link)
{
    int64_t left = links_config(link->links)->limits.window_ms - LINK_BACKDATE_MS;
    if (left < 1200)
        left = 1200;
    int64_t jitter = left / 12;
    link->renew_at_ms = now_ms(link) + left - left / 6 - jitter +
                        links_random(link->links, (uint32_t)(2 * jitter + 1));
}

/* One flight: the capability, the watch on all views, and the credit. */
static void present(struct fleet_link *link)
{
    cap old_grant = link->grant;
    struct link_watch *old = link->current;
    struct token token = {0};
    enum psp_error error = mint_leaf(link, &token);
    if (error == PSP_OK)
        error = caller_present(link->caller, link->totebox, &token, on_present, link,
                               &link->grant);
    token_release(&token);
    link->asked_at_ms = now_ms(link);
    link->deadline_ms = now_ms(link) + LINK_ANSWER_MS;
    if (error == PSP_OK)
        error = start_watch(link);
    if (error == PSP_EXPIRED && ask_pairing(link))
        return;
    if (error != PSP_OK) {
        refuse_by_code(link, error);
        return;
    }
    if (old)
        caller_release(link->caller, old->watch);
    if (old_grant)
        caller_release(link->caller, old_grant);
    plan_renewal(link);
    stream_flush(link->stream);
}

/* --- the connection ----------------------------------------------------------------
 */

static void on_received(void *user, struct buffer *plaintext)
{
    struct fleet_link *link = user;
    link->status->bytes_in = stream_bytes_in(link->stream);
    link->receiving = true;
    struct caller *caller = link->caller;
    enum psp_error error = caller_receive(caller, plaintext);
    link->receiving = false;
    if (link->dead_caller) {
        caller = link->dead_caller;
        link->dead_caller = NULL;
        caller_free(caller);
        return;
    }
    if (error != PSP_OK) {
        stream_flush(link->stream);
        back_off(link, caller_defect(caller));
        return;
    }
    link->status->bytes_out = stream_bytes_out(link->stream);
}

/* Runs when our own handshake is done; the archive has not judged our key yet. */
static void on_opened(void *user)
{
    struct fleet_link *link = user;
    memcpy(link->status->peer, channel_peer(stream_channel(link->stream)), HASH_BYTES);
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
        refuse(link, REFUSED_WRONG_KEY, words);
        break;
    case STREAM_REFUSED:
        refuse(link, REFUSED_NOT_PAIRED, words);
        break;
    case STREAM_UNREACHABLE:
    case STREAM_NOT_TLS:
    case STREAM_ENDED:
    case STREAM_BROKEN:
        back_off(link, words);
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
    if (!link->has_pairing && link->config->token && !load_pairing(link, why)) {
        refuse(link, REFUSED_NOT_PAIRED, why);
        return;
    }
    link->asked_pairing = link->asked_clock = link->asked_views = false;
    link->status->attempts++;
    link->stream = stream_dial(links_net(link->links), links_identity(link->links),
                               (const uint8_t(*)[HASH_BYTES])link->config->pins,
                               link->config->pin_count, link->config->host,
                               link->config->port, &link_stream_events, link);
    link->caller = link->stream ? caller_new(stream_output(link->stream)) : NULL;
    if (!link->caller || caller_bootstrap(link->caller, &link->totebox) != PSP_OK) {
        back_off(link, psp_error_words(PSP_NO_MEMORY));
        return;
    }
    change_state(link, LINK_CONNECTING);
    /* What is asked now leaves right behind our Finished. */
    if (link->has_pairing)
        present(link);
    else if (!ask_pairing(link))
        back_off(link, psp_error_words(PSP_NO_MEMORY));
    if (link->stream)
        link->deadline_ms = now_ms(link) + LINK_CONNECT_MS;
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
        back_off(link, deadline_words(status->state));
        return;
    }
    if (status->state != LINK_LIVE && status->state != LINK_QUIET)
        return;
    int64_t silent = now - status->last_ok_mono_ms;
    if (silent >= LINK_DEAD_MS) {
        back_off(link, "silent for 30 s");
        return;
    }
    if (silent >= LINK_QUIET_MS && status->state == LINK_LIVE) {
        say(link, "no heartbeat");
        change_state(link, LINK_QUIET);
    }
    if (link->renew_at_ms && now >= link->renew_at_ms && link->current &&
        !link->group_open)
        present(link);
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
