#include <stdlib.h>
#include <string.h>

#include "proto/layout.h"
#include "totebox/server.h"

/* Rows remembered one by one while a caller is slow; then all of them are due. */
enum { DIRTY_MAX = 1 << 16, KEPT_ITEMS = 1024 };

/* A row that changed since the last group was opened. */
struct dirty {
    uint32_t view;
    name_id key; /* held */
};

/* One row of an open group, as it stood when the group was opened: a row of the mapped
 * file stays as it is, one in memory is copied. */
struct item {
    enum view view;
    bool deleted, copied;
    name_id key; /* held */
    int64_t as_of_ms;
    const union any_row *mapped;
    uint32_t copy; /* place in the group's copies, names held */
};

/* What the caller is moved by: whole commits, cut into parts that fit a message.  The
 * arrays stay for the next group unless they are large. */
struct group {
    struct item *items;
    uint32_t count, capacity, sent;
    union any_row *copies;
    uint32_t copy_count, copy_capacity;
    uint32_t named; /* bit per view that a part has mentioned */
    uint64_t revision;
    int64_t as_of_ms;
    bool snapshot;
};

struct watched {
    bool watched;
    bool columns[ROW_COLUMNS_MAX];
    struct set rows; /* owned copy */
};

struct pending {
    ticket call;
    uint32_t max_rows;
    uint32_t wait_ms;
    int64_t deadline_ms; /* counts from when the call is first in the queue */
};

struct watch {
    struct watch *next, *before; /* of the connection */
    struct grant *grant;
    struct watched view[VIEW_COUNT];
    struct pending queue[RPC_CREDIT_MAX];
    uint32_t pending;
    struct dirty *dirty;
    uint32_t dirty_count, dirty_capacity;
    struct group group;
    struct disclosure *disclosure; /* of the metric rows as last told; NULL: not yet */
    bool metrics_changed;          /* any, also one that this caller does not see */
    bool group_open, needs_reset, needs_snapshot, ended;
    bool serving, released; /* its last reference may go with the answer it gives */
    uint64_t seq, revision;
    uint64_t digest; /* of what is asked and may be seen: positions belong to it */
};

struct watch *watch_next_in_list(struct watch *watch)
{
    return watch->next;
}

static struct server *server_of(const struct watch *watch)
{
    return watch->grant->connection->server;
}

static struct names *names_of(const struct watch *watch)
{
    return index_names(server_of(watch)->index);
}

/* --- what is watched ---------------------------------------------------------------
 */

static bool copy_set(const struct set *from, struct set *to)
{
    *to = (struct set){.kind = from->kind, .count = from->count};
    size_t bytes = from->prefix.length;
    for (uint32_t i = 0; i < from->count; i++)
        bytes += from->names[i].length;
    size_t table = from->count * sizeof *from->names;
    struct text *names = malloc(table + bytes + 1);
    if (!names)
        return false;
    char *at = (char *)names + table;
    for (uint32_t i = 0; i < from->count; i++) {
        memcpy(at, from->names[i].bytes, from->names[i].length);
        names[i] = (struct text){at, from->names[i].length};
        at += from->names[i].length;
    }
    if (from->prefix.length)
        memcpy(at, from->prefix.bytes, from->prefix.length);
    to->prefix = (struct text){at, from->prefix.length};
    to->names = names;
    return true;
}

static bool copy_query(struct watch *watch, const struct query *query, enum view view)
{
    struct watched *watched = &watch->view[view];
    const struct view_table *table = view_table(view);
    watched->watched = true;
    for (uint32_t c = 0; c < table->column_count; c++) {
        struct text name = text_of(table->columns[c].name);
        watched->columns[c] =
            set_contains(&query->columns, name) &&
            authority_sees_column(watch->grant->authority, text_of(table->name), name);
    }
    return copy_set(&query->rows, &watched->rows);
}

static void hash_text(struct hasher *hasher, struct text text)
{
    hasher_update(hasher, &text.length, sizeof text.length);
    if (text.length)
        hasher_update(hasher, text.bytes, text.length);
}

static void hash_set(struct hasher *hasher, const struct set *set)
{
    uint32_t kind = set->kind;
    hasher_update(hasher, &kind, sizeof kind);
    for (uint32_t i = 0; i < set->count; i++)
        hash_text(hasher, set->names[i]);
    hash_text(hasher, set->prefix);
}

/* Whose capability shows other rows, or whose role has other blocks of exposure.conf,
 * has other rows too than the one that the position was given to. */
static uint64_t digest_sight(const struct grant *grant, const struct query *queries,
                             uint32_t count)
{
    struct hasher hasher;
    uint8_t hash[HASH_BYTES];
    uint64_t digest;
    hasher_init(&hasher);
    authority_sight(grant->authority, hash);
    hasher_update(&hasher, hash, sizeof hash);
    for (uint32_t i = 0; i < grant->exposure.count; i++)
        hasher_update(&hasher, &grant->exposure.blocks[i],
                      sizeof grant->exposure.blocks[i]);
    for (uint32_t i = 0; i < count; i++) {
        hash_text(&hasher, queries[i].view);
        hash_set(&hasher, &queries[i].rows);
        hash_set(&hasher, &queries[i].columns);
    }
    hasher_finish(&hasher, hash);
    memcpy(&digest, hash, sizeof digest);
    return digest;
}

/* --- resume: boot id, digest, revision -----------------------------------------------
 */

struct position {
    uint8_t boot_id[16];
    uint64_t digest;
    uint64_t revision;
};

static void mark_dirty(struct watch *watch, enum view view, name_id key);
static void forget_dirty(struct watch *watch);

static bool watch_sees(const struct watch *watch, enum view view,
                       const union any_row *row)
{
    return set_contains(&watch->view[view].rows,
                        names_text(names_of(watch), row->row.key)) &&
           grant_sees(watch->grant, names_of(watch), view, row);
}

/* Notes one change of the log; false when nobody knows any more what it was.  Of a row
 * that is gone only the key is left, too little to tell whether this caller may know of
 * it: where it could be one of theirs, they are told everything anew. */
static bool catch_up(struct watch *watch, const struct logged_change *change)
{
    const struct watched *watched = &watch->view[change->view];
    struct text key = names_text(names_of(watch), change->key);
    if (!watched->watched || !set_contains(&watched->rows, key))
        return true;
    const union any_row *row = index_find(server_of(watch)->index, change->view, key);
    if (change->deleted || !row)
        return !authority_sees_row(watch->grant->authority,
                                   text_of(view_table(change->view)->name), key);
    if (watch_sees(watch, change->view, row))
        mark_dirty(watch, change->view, change->key);
    return true;
}

/* Puts the watch where an earlier one ended; false when that place is gone. */
static bool resume_from(struct watch *watch, struct text resume)
{
    const struct server *server = server_of(watch);
    struct position position;
    if (resume.length != sizeof position)
        return false;
    memcpy(&position, resume.bytes, sizeof position);
    if (memcmp(position.boot_id, server->boot_id, sizeof position.boot_id) != 0 ||
        position.digest != watch->digest || position.revision < server->log_since ||
        position.revision > index_revision(server->index))
        return false;
    watch->revision = position.revision;
    for (uint32_t i = server->log_length; i-- > 0;) {
        const struct logged_change *change =
            &server->log[(server->log_start + i) % CHANGE_LOG];
        if (change->revision <= position.revision)
            break;
        if (!catch_up(watch, change))
            return false;
    }
    return true;
}

struct refusal watch_new(struct grant *grant, const struct query *queries,
                         uint32_t count, struct text resume, struct watch **made)
{
    struct connection *connection = grant->connection;
    struct watch *watch = calloc(1, sizeof *watch);
    if (!watch)
        return (struct refusal){PSP_BUSY, "out of memory"};
    watch->grant = grant;
    grant->references++;
    watch->next = connection->watches;
    if (watch->next)
        watch->next->before = watch;
    connection->watches = watch;
    connection->watch_count++;
    for (uint32_t i = 0; i < count; i++) {
        enum view view;
        if (!view_by_name(queries[i].view, &view) ||
            !copy_query(watch, &queries[i], view)) {
            watch_free(watch);
            return (struct refusal){PSP_BUSY, "out of memory"};
        }
    }
    watch->digest = digest_sight(grant, queries, count);
    if (!resume.length || !resume_from(watch, resume)) {
        forget_dirty(watch);
        watch->needs_reset = resume.length > 0;
        watch->needs_snapshot = true;
    }
    *made = watch;
    return (struct refusal){PSP_OK, NULL};
}

/* --- changes ------------------------------------------------------------------------
 */

static bool grow(void **array, uint32_t *capacity, uint32_t count, size_t size)
{
    uint32_t wanted = *capacity ? 2 * *capacity : 32;
    if (count < *capacity)
        return true;
    void *grown = realloc(*array, wanted * size);
    if (!grown)
        return false;
    *array = grown;
    *capacity = wanted;
    return true;
}

static void forget_dirty(struct watch *watch)
{
    for (uint32_t i = 0; i < watch->dirty_count; i++)
        names_drop(names_of(watch), watch->dirty[i].key);
    watch->dirty_count = 0;
}

static int compare_dirty(const struct dirty *a, const struct dirty *b)
{
    if (a->view != b->view)
        return a->view < b->view ? -1 : 1;
    return (a->key > b->key) - (a->key < b->key);
}

/* Shell's sort, in place: the C library's takes memory for more than a few. */
static void sort_dirty(struct dirty *dirty, uint32_t count)
{
    for (uint32_t gap = count / 2; gap > 0; gap = gap == 2 ? 1 : gap * 5 / 11)
        for (uint32_t i = gap; i < count; i++) {
            struct dirty moved = dirty[i];
            uint32_t place = i;
            for (; place >= gap && compare_dirty(&dirty[place - gap], &moved) > 0;
                 place -= gap)
                dirty[place] = dirty[place - gap];
            dirty[place] = moved;
        }
}

/* Sorted by view, each row once. */
static void tidy_dirty(struct watch *watch)
{
    uint32_t kept = 0;
    sort_dirty(watch->dirty, watch->dirty_count);
    for (uint32_t i = 0; i < watch->dirty_count; i++) {
        if (kept && compare_dirty(&watch->dirty[kept - 1], &watch->dirty[i]) == 0)
            names_drop(names_of(watch), watch->dirty[i].key);
        else
            watch->dirty[kept++] = watch->dirty[i];
    }
    watch->dirty_count = kept;
}

static void mark_dirty(struct watch *watch, enum view view, name_id key)
{
    if (watch->dirty_count == DIRTY_MAX)
        tidy_dirty(watch);
    if (watch->dirty_count == DIRTY_MAX ||
        !grow((void **)&watch->dirty, &watch->dirty_capacity, watch->dirty_count,
              sizeof *watch->dirty)) {
        /* Too many to remember one by one: forget all of them and start over. */
        forget_dirty(watch);
        watch->needs_snapshot = true;
        return;
    }
    watch->dirty[watch->dirty_count++] = (struct dirty){.view = view, .key = key};
    names_hold(names_of(watch), key);
}

void watch_note(struct watch *watch, enum view view, const union any_row *row)
{
    const struct watched *watched = &watch->view[view];
    watch->metrics_changed |= view == VIEW_METRIC;
    if (watch->ended || watch->needs_snapshot || !watched->watched)
        return;
    if (watch_sees(watch, view, row))
        mark_dirty(watch, view, row->row.key);
}

/* --- groups -------------------------------------------------------------------------
 */

static void drop_item(struct watch *watch, struct item *item)
{
    names_drop(names_of(watch), item->key);
    if (item->copied)
        row_drop(names_of(watch), item->view, &watch->group.copies[item->copy]);
}

static void close_group(struct watch *watch)
{
    struct group *group = &watch->group;
    for (uint32_t i = group->sent; i < group->count; i++)
        drop_item(watch, &group->items[i]);
    struct group kept = {.items = group->items,
                         .capacity = group->capacity,
                         .copies = group->copies,
                         .copy_capacity = group->copy_capacity};
    if (kept.capacity > KEPT_ITEMS) {
        free(kept.items);
        free(kept.copies);
        kept = (struct group){0};
    }
    *group = kept;
    watch->group_open = false;
}

static bool add_row(struct watch *watch, enum view view, const union any_row *row)
{
    struct group *group = &watch->group;
    const struct archive_index *index = server_of(watch)->index;
    bool copied = !index_row_is_mapped(index, view, row);
    if (!grow((void **)&group->items, &group->capacity, group->count,
              sizeof *group->items) ||
        (copied && !grow((void **)&group->copies, &group->copy_capacity,
                         group->copy_count, sizeof *group->copies)))
        return false;
    struct item *item = &group->items[group->count++];
    *item = (struct item){.view = view,
                          .copied = copied,
                          .key = row->row.key,
                          .as_of_ms = index_row_as_of_ms(index, view, row),
                          .mapped = row,
                          .copy = group->copy_count};
    names_hold(names_of(watch), item->key);
    if (copied) {
        row_hold(names_of(watch), view, row);
        memcpy(&group->copies[group->copy_count++], row, view_table(view)->size);
    }
    return true;
}

static bool add_delete(struct watch *watch, enum view view, name_id key)
{
    struct group *group = &watch->group;
    if (!grow((void **)&group->items, &group->capacity, group->count,
              sizeof *group->items))
        return false;
    group->items[group->count++] =
        (struct item){.view = view, .deleted = true, .key = key};
    names_hold(names_of(watch), key);
    return true;
}

static const union any_row *item_row(const struct group *group, const struct item *item)
{
    return item->copied ? &group->copies[item->copy] : item->mapped;
}

static bool collect_snapshot(struct watch *watch)
{
    const struct archive_index *index = server_of(watch)->index;
    for (enum view view = 0; view < VIEW_COUNT; view++) {
        if (!watch->view[view].watched)
            continue;
        for (const union any_row *row = index_seek(index, view, TEXT("")); row;
             row = index_next(index, view, row))
            if (watch_sees(watch, view, row) && !add_row(watch, view, row))
                return false;
    }
    return true;
}

static bool collect_changes(struct watch *watch)
{
    const struct archive_index *index = server_of(watch)->index;
    tidy_dirty(watch);
    for (uint32_t i = 0; i < watch->dirty_count; i++) {
        struct dirty dirty = watch->dirty[i];
        enum view view = (enum view)dirty.view;
        const union any_row *row =
            index_find(index, view, names_text(names_of(watch), dirty.key));
        bool added = row && watch_sees(watch, view, row)
                         ? add_row(watch, view, row)
                         : add_delete(watch, view, dirty.key);
        if (!added)
            return false;
    }
    return true;
}

/* What may be disclosed of one row depends on the others: those whose mark is another
 * now are told again, though they did not change. */
static void told_otherwise(void *user, name_id key)
{
    struct watch *watch = user;
    const union any_row *row = index_find(server_of(watch)->index, VIEW_METRIC,
                                          names_text(names_of(watch), key));
    if (row && !watch->needs_snapshot && watch_sees(watch, VIEW_METRIC, row))
        mark_dirty(watch, VIEW_METRIC, key);
}

static void refresh_disclosure(struct watch *watch)
{
    struct disclosure_limits limits;
    if (!watch->view[VIEW_METRIC].watched ||
        (watch->disclosure && !watch->metrics_changed) ||
        !exposure_limits(&watch->grant->exposure, &limits))
        return;
    struct disclosure *fresh =
        disclosure_new(&watch->grant->exposure, server_of(watch)->index);
    disclosure_compare(watch->disclosure, fresh, told_otherwise, watch);
    disclosure_free(watch->disclosure);
    watch->disclosure = fresh;
    watch->metrics_changed = false;
}

/* Takes a picture of what is to be told, at the newest commit. */
static bool open_group(struct watch *watch)
{
    struct group *group = &watch->group;
    const struct archive_index *index = server_of(watch)->index;
    bool snapshot = watch->needs_snapshot;
    watch->group_open = true;
    group->snapshot = snapshot;
    group->revision = index_revision(index);
    group->as_of_ms = index_last_commit_ms(index);
    if (!(snapshot ? collect_snapshot(watch) : collect_changes(watch))) {
        close_group(watch);
        return false;
    }
    forget_dirty(watch);
    watch->needs_snapshot = false;
    return true;
}

/* --- deltas -------------------------------------------------------------------------
 */

static void set_delta(struct struct_builder delta, struct watch *watch,
                      enum delta_kind kind, int64_t as_of_ms, uint64_t revision)
{
    builder_set_u64(delta, PSP_DELTA_SEQ_OFF, ++watch->seq);
    builder_set_u16(delta, PSP_DELTA_KIND_OFF, (uint16_t)kind);
    builder_set_i64(delta, PSP_DELTA_AS_OF_MS_OFF, as_of_ms);
    builder_set_u64(delta, PSP_DELTA_REVISION_OFF, revision);
}

static bool begin(struct watch *watch, struct struct_builder *delta)
{
    struct struct_builder results;
    struct host *host = watch->grant->connection->host;
    if (!host_answer_begin(host, watch->queue[0].call,
                           PSP_WATCH_NEXT_RESULTS_DATA_WORDS,
                           PSP_WATCH_NEXT_RESULTS_PTRS, &results))
        return false;
    *delta = builder_struct(results, PSP_WATCH_NEXT_RESULTS_DELTA_PTR,
                            PSP_DELTA_DATA_WORDS, PSP_DELTA_PTRS);
    return true;
}

static void shift_queue(struct watch *watch)
{
    watch->pending--;
    memmove(watch->queue, watch->queue + 1, watch->pending * sizeof *watch->queue);
    if (watch->pending)
        watch->queue[0].deadline_ms =
            server_now_ms(server_of(watch)) + watch->queue[0].wait_ms;
}

static void finish(struct watch *watch)
{
    struct host *host = watch->grant->connection->host;
    if (host_answer_end(host, watch->queue[0].call) != PSP_OK)
        watch->needs_snapshot = watch->needs_reset = true;
    shift_queue(watch);
}

static void emit_bare(struct watch *watch, enum delta_kind kind)
{
    struct struct_builder delta;
    const struct archive_index *index = server_of(watch)->index;
    if (!begin(watch, &delta)) {
        shift_queue(watch);
        return;
    }
    bool heartbeat = kind == DELTA_HEARTBEAT;
    if (heartbeat)
        watch->revision = index_revision(index);
    set_delta(delta, watch, kind,
              heartbeat ? index_last_commit_ms(index) : net_wall_ms(),
              heartbeat ? watch->revision : 0);
    finish(watch);
}

/* How many items of the group fit the next message. */
static uint32_t part_size(const struct watch *watch)
{
    const struct group *group = &watch->group;
    uint32_t most = watch->queue[0].max_rows;
    if (most == 0 || most > PAGE_ROWS)
        most = PAGE_ROWS;
    uint32_t granted = authority_max_rows(watch->grant->authority);
    if (most > granted)
        most = granted ? granted : 1;
    uint32_t count = 0;
    size_t bytes = 0;
    while (count < most && group->sent + count < group->count) {
        const struct item *item = &group->items[group->sent + count];
        bytes += item->deleted
                     ? ROW_KEY_MAX
                     : row_bytes(names_of(watch), item->view, item_row(group, item));
        if (count && bytes > PAGE_BYTES)
            break;
        count++;
    }
    return count;
}

static void build_change(struct watch *watch, struct struct_builder change,
                         enum view view, const struct item *items, uint32_t count)
{
    const struct group *group = &watch->group;
    const struct grant *grant = watch->grant;
    struct server *server = server_of(watch);
    struct page *page = &server->page;
    struct batch_shape shape = {
        .view = view, .marks = page->marks, .as_of_ms = page->as_of_ms};
    memcpy(shape.column, watch->view[view].columns, sizeof shape.column);
    page->count = 0;
    page->disclosure = watch->disclosure;
    for (uint32_t i = 0; i < count; i++)
        if (!items[i].deleted)
            page_add(page, grant, server->index, view, item_row(group, &items[i]),
                     items[i].as_of_ms, shape.column);
    page->disclosure = NULL;
    batch_build(change, PSP_CHANGE_UPSERTS_PTR, &shape, names_of(watch), page->rows,
                page->count, group->revision, group->as_of_ms, (struct text){0});
    audit_rows(server->audit, authority_label(grant->authority), view, page->count);
    uint32_t deleted = count - page->count;
    struct list_builder keys =
        builder_list(change, PSP_CHANGE_DELETES_PTR, ELEMENT_POINTER, deleted);
    deleted = 0;
    for (uint32_t i = 0; i < count; i++)
        if (items[i].deleted)
            list_builder_text(keys, deleted++,
                              names_text(names_of(watch), items[i].key));
}

/* Views that the part names: those of its items, and in the part that closes a snapshot
 * those that no part has named, so that every watched view is told its columns. */
static uint32_t views_of_part(const struct watch *watch, uint32_t count, bool closes)
{
    const struct group *group = &watch->group;
    uint32_t views = 0;
    for (uint32_t i = 0; i < count; i++)
        views |= 1u << group->items[group->sent + i].view;
    if (closes && group->snapshot)
        for (enum view view = 0; view < VIEW_COUNT; view++)
            if (watch->view[view].watched && !(group->named & 1u << view))
                views |= 1u << view;
    return views;
}

static void build_changes(struct watch *watch, struct struct_builder delta,
                          uint32_t count, uint32_t views)
{
    const struct group *group = &watch->group;
    struct list_builder changes = builder_structs(
        delta, PSP_DELTA_CHANGES_PTR, (uint32_t)__builtin_popcount(views),
        PSP_CHANGE_DATA_WORDS, PSP_CHANGE_PTRS);
    uint32_t from = group->sent, change = 0;
    for (enum view view = 0; view < VIEW_COUNT; view++) {
        if (!(views & 1u << view))
            continue;
        uint32_t until = from;
        while (until < group->sent + count && group->items[until].view == view)
            until++;
        build_change(watch, list_builder_struct(changes, change++), view,
                     &group->items[from], until - from);
        from = until;
    }
}

static void emit_part(struct watch *watch)
{
    struct group *group = &watch->group;
    uint32_t count = part_size(watch);
    bool closes = group->sent + count == group->count;
    struct struct_builder delta;
    if (!begin(watch, &delta)) {
        shift_queue(watch);
        return;
    }
    enum delta_kind kind = group->snapshot
                               ? (closes ? DELTA_SNAPSHOT_END : DELTA_SNAPSHOT)
                               : (closes ? DELTA_UPDATE : DELTA_UPDATE_PART);
    uint32_t views = views_of_part(watch, count, closes);
    set_delta(delta, watch, kind, group->as_of_ms, group->revision);
    build_changes(watch, delta, count, views);
    group->named |= views;
    if (closes) {
        struct position position = {.digest = watch->digest,
                                    .revision = group->revision};
        memcpy(position.boot_id, server_of(watch)->boot_id, sizeof position.boot_id);
        builder_data(delta, PSP_DELTA_RESUME_PTR, &position, sizeof position);
    }
    for (uint32_t i = 0; i < count; i++)
        drop_item(watch, &group->items[group->sent + i]);
    group->sent += count;
    if (closes) {
        watch->revision = group->revision;
        close_group(watch);
    }
    finish(watch);
}

static void end(struct watch *watch)
{
    watch->ended = true;
    close_group(watch);
    forget_dirty(watch);
    if (watch->pending)
        emit_bare(watch, DELTA_ENDED);
    while (watch->pending) {
        host_answer_refuse(watch->grant->connection->host, watch->queue[0].call,
                           (struct refusal){PSP_ENDED, "the grant is over"});
        shift_queue(watch);
    }
}

static bool serve(struct watch *watch)
{
    bool wrote = false;
    if (watch->pending && !watch->ended && grant_state(watch->grant) != PSP_OK) {
        end(watch);
        return true;
    }
    while (watch->pending && !watch->ended &&
           !connection_is_full(watch->grant->connection)) {
        if (watch->needs_reset) {
            close_group(watch);
            emit_bare(watch, DELTA_RESET);
            watch->needs_reset = false;
            wrote = true;
            continue;
        }
        if (!watch->group_open)
            refresh_disclosure(watch);
        if (!watch->group_open && !watch->needs_snapshot && !watch->dirty_count)
            break;
        if (!watch->group_open && !open_group(watch))
            break;
        emit_part(watch);
        wrote = true;
    }
    return wrote;
}

/* A caller that gave its watch back holds it by the calls that still wait: answering
 * the last of them releases it, from inside. */
static void leave(struct watch *watch)
{
    watch->serving = false;
    if (watch->released)
        watch_free(watch);
}

bool watch_serve(struct watch *watch)
{
    watch->serving = true;
    bool wrote = serve(watch);
    leave(watch);
    return wrote;
}

struct refusal watch_ask(struct watch *watch, uint32_t max_rows, uint32_t max_wait_ms,
                         ticket call)
{
    if (watch->ended)
        return (struct refusal){PSP_ENDED, "the grant is over"};
    if (watch->pending == RPC_CREDIT_MAX)
        return (struct refusal){PSP_LIMIT, "16 calls of next() a watch"};
    uint32_t wait_ms = max_wait_ms < 100     ? 100
                       : max_wait_ms > 60000 ? 60000
                                             : max_wait_ms;
    watch->queue[watch->pending++] = (struct pending){
        .call = call,
        .max_rows = max_rows,
        .wait_ms = wait_ms,
        .deadline_ms = server_now_ms(server_of(watch)) + wait_ms,
    };
    return (struct refusal){PSP_OK, NULL};
}

void watch_cancel(struct watch *watch, ticket call)
{
    for (uint32_t i = 0; i < watch->pending; i++) {
        if (watch->queue[i].call != call)
            continue;
        watch->pending--;
        memmove(&watch->queue[i], &watch->queue[i + 1],
                (watch->pending - i) * sizeof *watch->queue);
        return;
    }
}

bool watch_tick(struct watch *watch, int64_t now_ms)
{
    watch->serving = true;
    bool wrote = serve(watch);
    bool is_quiet = !watch->group_open && !watch->dirty && !watch->needs_snapshot;
    if (watch->pending && !watch->ended && is_quiet &&
        now_ms >= watch->queue[0].deadline_ms) {
        emit_bare(watch, DELTA_HEARTBEAT);
        wrote = true;
    }
    leave(watch);
    return wrote;
}

void watch_free(struct watch *watch)
{
    if (watch->serving) {
        watch->released = true;
        return;
    }
    struct connection *connection = watch->grant->connection;
    close_group(watch);
    free(watch->group.items);
    free(watch->group.copies);
    forget_dirty(watch);
    free(watch->dirty);
    disclosure_free(watch->disclosure);
    for (enum view view = 0; view < VIEW_COUNT; view++)
        free((void *)(uintptr_t)watch->view[view].rows.names);
    if (watch->before)
        watch->before->next = watch->next;
    else
        connection->watches = watch->next;
    if (watch->next)
        watch->next->before = watch->before;
    connection->watch_count--;
    grant_drop(watch->grant);
    free(watch);
}
