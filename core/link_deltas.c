#include "core/link.h"

/* --- groups of rows ----------------------------------------------------------------
 */

void link_drop_group(struct fleet_link *link)
{
    if (link->group_open)
        store_abandon(links_store(link->links), link->slot);
    link->group_open = false;
}

/* A row that cannot be read is left out; what it was before must not pass for what it
 * is now. */
static void apply_upserts(struct fleet_link *link, const struct batch *batch)
{
    struct store *store = links_store(link->links);
    const char *why;
    for (uint32_t i = 0; i < batch->row_count; i++) {
        union any_row row;
        if (batch_row(batch, i, store_names(store), &row, &why) == PSP_OK) {
            store_upsert(store, link->slot, batch->view, &row);
            continue;
        }
        link->status->bad_rows++;
        store_delete(store, link->slot, batch->view, batch_key(batch, i));
    }
}

static bool misses_a_column(enum view view, const char *why)
{
    const struct view_table *table = view_table(view);
    for (uint32_t c = 0; c < table->column_count; c++)
        if (table->columns[c].required && why == table->columns[c].missing)
            return true;
    return false;
}

/* NULL, or how the change breaks the protocol. */
static const char *apply_change(struct fleet_link *link, const struct delta *delta,
                                uint32_t index)
{
    struct batch batch;
    struct list_reader deletes;
    const char *why = NULL;
    enum psp_error error = delta_change(delta, index, &batch, &deletes, &why);
    if (error != PSP_UNKNOWN && batch.view == VIEW_COUNT)
        return why ? why : "the archive sent a malformed delta";
    if (error == PSP_UNKNOWN || !(link->views & 1u << batch.view))
        return "the archive sent rows of a view that is not watched";
    uint32_t bit = 1u << batch.view;
    if (error != PSP_OK && link->group_is_snapshot && misses_a_column(batch.view, why))
        link->status->incompatible_views |= bit;
    /* The view is left out until a snapshot has what it must have. */
    if (link->status->incompatible_views & bit)
        return NULL;
    if (error != PSP_OK)
        return why ? why : "the archive sent a malformed delta";
    link->group_rows += batch.row_count + deletes.count;
    apply_upserts(link, &batch);
    for (uint32_t i = 0; i < deletes.count; i++)
        store_delete(links_store(link->links), link->slot, batch.view,
                     list_text(deletes, i));
    return NULL;
}

static bool is_snapshot(const struct delta *delta)
{
    return delta->kind == DELTA_SNAPSHOT || delta->kind == DELTA_SNAPSHOT_END;
}

static void open_group(struct fleet_link *link, const struct delta *delta)
{
    store_begin(links_store(link->links), link->slot, is_snapshot(delta));
    link->group_open = true;
    link->group_is_snapshot = is_snapshot(delta);
    link->group_revision = delta->revision;
    link->group_rows = 0;
    if (link->group_is_snapshot)
        link->status->incompatible_views = 0;
}

static uint32_t rows_held(const struct fleet_link *link)
{
    uint32_t count = 0;
    for (enum view view = 0; view < VIEW_COUNT; view++)
        count += store_row_count(links_store(link->links), link->slot, view);
    return count;
}

static bool is_too_much(const struct fleet_link *link)
{
    uint32_t most = link->config->hub ? LINK_HUB_ROWS_MAX : LINK_ROWS_MAX;
    uint32_t held = link->group_is_snapshot ? 0 : rows_held(link);
    return link->group_rows > most || held > most - link->group_rows;
}

static void close_group(struct fleet_link *link, const struct delta *delta)
{
    store_commit(links_store(link->links), link->slot, delta->revision);
    link->group_open = false;
    if (link->group_is_snapshot)
        link->awaits_snapshot = false;
    if (delta->resume.length && delta->resume.length <= sizeof link->resume) {
        memcpy(link->resume, delta->resume.bytes, delta->resume.length);
        link->resume_length = delta->resume.length;
        link->resume_views = link->views;
    }
}

/* NULL, or how the delta breaks the protocol. */
static const char *apply_group(struct fleet_link *link, const struct delta *delta)
{
    if (!link->group_open) {
        if (link->awaits_snapshot && !is_snapshot(delta))
            return "the archive sent an update before its snapshot";
        open_group(link, delta);
    } else if (is_snapshot(delta) != link->group_is_snapshot ||
               delta->revision != link->group_revision) {
        return "the archive mixed two groups of deltas";
    }
    for (uint32_t i = 0; i < delta->changes.count; i++) {
        const char *defect = apply_change(link, delta, i);
        if (defect)
            return defect;
    }
    if (is_too_much(link))
        return "the archive sends more rows than one archive may have";
    if (delta->kind == DELTA_SNAPSHOT_END || delta->kind == DELTA_UPDATE)
        close_group(link, delta);
    return NULL;
}

/* --- the watch's answers -----------------------------------------------------------
 */

/* An answer without rows costs a question in return: an archive that gives them faster
 * than they were asked for would have us do nothing else. */
static bool has_patience(struct fleet_link *link, int64_t cost)
{
    int64_t now = link_now_ms(link), full = (int64_t)LINK_PATIENCE * 1000;
    link->patience_milli += (now - link->patience_ms) * LINK_PATIENCE_PER_S;
    if (link->patience_milli > full)
        link->patience_milli = full;
    link->patience_ms = now;
    if (link->patience_milli < cost * 1000)
        return false;
    link->patience_milli -= cost * 1000;
    return true;
}

static const char *take_delta(struct fleet_link *link, const struct delta *delta)
{
    if (delta->seq != link->current->delta_seq + 1)
        return "the archive skipped or repeated a delta";
    link->current->delta_seq = delta->seq;
    if (delta->changes.count == 0 && !has_patience(link, 1))
        return "the archive sends answers without end that say nothing";
    switch (delta->kind) {
    case DELTA_HEARTBEAT:
        if (link->group_open)
            return "the archive sent a heartbeat amid a group of deltas";
        if (delta->revision)
            link->status->revision = delta->revision;
        break;
    case DELTA_SNAPSHOT:
    case DELTA_SNAPSHOT_END:
    case DELTA_UPDATE_PART:
    case DELTA_UPDATE:
        return apply_group(link, delta);
    case DELTA_RESET:
        link_drop_group(link);
        link->resume_length = 0;
        link->awaits_snapshot = true;
        link->deadline_ms = link_now_ms(link) + LINK_FILL_MS;
        break;
    case DELTA_ENDED:
        break;
    }
    return NULL;
}

/* The window is over or the grant was revoked: presenting again tells which. */
static void watch_is_over(struct fleet_link *link)
{
    link_drop_group(link);
    if (has_patience(link, LINK_ENDED_COST))
        link_present(link);
    else
        link_punish(link, "the archive ends every watch that it gives");
}

static bool is_over(enum psp_error error)
{
    return error == PSP_ENDED || error == PSP_EXPIRED || error == PSP_REVOKED;
}

static void on_next(void *user, const struct answer *answer)
{
    struct link_watch *watch = user;
    struct fleet_link *link = watch->link;
    watch->outstanding--;
    if (link_is_gone(link, answer) || link->current != watch)
        return;
    if (answer->error != PSP_OK) {
        if (!is_over(answer->error)) {
            link_back_off(link, psp_error_words(answer->error));
            return;
        }
        link_heard(link);
        watch_is_over(link);
        return;
    }
    struct delta delta;
    const char *defect = NULL;
    if (delta_read(reader_struct(answer->results, 0), &delta, &defect) == PSP_OK)
        defect = take_delta(link, &delta);
    else if (!defect)
        defect = "the archive sent a malformed delta";
    if (defect) {
        link_punish(link, defect);
        return;
    }
    link_heard(link);
    if (delta.kind == DELTA_ENDED) {
        watch_is_over(link);
        return;
    }
    if (delta.changes.count)
        links_changed(link->links);
    if (!link->group_open && !link->awaits_snapshot)
        link_become_live(link);
    link_ask_next(link);
}

void link_ask_next(struct fleet_link *link)
{
    struct link_watch *watch = link->current;
    while (watch->outstanding < LINK_CREDIT) {
        /* A stream that is resumed may have nothing to tell: the first answer, which
         * makes the link live, is then a heartbeat, and it should come at once. */
        bool first = watch->delta_seq == 0 && watch->outstanding == 0;
        uint32_t wait_ms = first ? LINK_FIRST_MS : LINK_HEARTBEAT_MS;
        enum psp_error error =
            caller_next(link->caller, watch->watch, 0, wait_ms, on_next, watch);
        if (error != PSP_OK) {
            if (error != PSP_DISCONNECTED) /* else the stream's end says why */
                link_back_off(link, "the archive gave a watch and broke it");
            return;
        }
        watch->outstanding++;
    }
}
