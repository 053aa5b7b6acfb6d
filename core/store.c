#include "core/store.h"

#include <stdlib.h>

/* Rows of one view of one slot: pointers sorted by key, each row as large as its view's
 * struct.  A changed row is written in place. */
struct row_set {
    union any_row **rows;
    uint32_t count, capacity;
};

/* What a group has said so far about one key. */
struct change {
    uint8_t view;
    bool is_delete;
    union any_row row; /* a delete uses row.key alone; holds its references */
};

struct group {
    struct group *next_free;
    bool snapshot;
    struct change *changes;
    uint32_t count, capacity;
    uint32_t *order, *scratch; /* as long as `changes` */
};

struct slot {
    struct row_set sets[VIEW_COUNT];
    struct group *group; /* NULL: none is open */
    struct link_status status;
    name_id entity;
};

struct store {
    const struct config *config;
    struct names *names;
    struct slot *slots;
    uint32_t slot_count;
    uint64_t total_rows;
    struct group *free_groups; /* so that a steady stream allocates nothing */
    struct store_listener listener;
};

/* A group that held a large snapshot gives its memory back. */
enum { KEPT_CHANGES_MAX = 64 };

const char *link_state_name(enum link_state state)
{
    static const char *const names[] = {
        [LINK_IDLE] = "idle",
        [LINK_CONNECTING] = "connecting",
        [LINK_HANDSHAKING] = "handshaking",
        [LINK_PRESENTING] = "presenting",
        [LINK_LIVE] = "live",
        [LINK_QUIET] = "quiet",
        [LINK_BACKING_OFF] = "backing off",
        [LINK_REFUSED] = "refused",
    };
    return names[state];
}

struct store *store_new(const struct config *config)
{
    struct store *store = calloc(1, sizeof *store);
    if (!store)
        return NULL;
    store->config = config;
    store->slot_count = config->totebox_count;
    store->names = names_new();
    store->slots = calloc(store->slot_count + 1u, sizeof *store->slots);
    bool complete = store->names && store->slots;
    for (uint32_t i = 0; complete && i < store->slot_count; i++) {
        store->slots[i].status.rtt_ms = -1;
        complete = names_intern(store->names, text_of(config->toteboxes[i].entity),
                                &store->slots[i].entity);
    }
    if (!complete) {
        store_free(store);
        return NULL;
    }
    return store;
}

static void group_free(struct group *group)
{
    free(group->changes);
    free(group->order);
    free(group->scratch);
    free(group);
}

void store_free(struct store *store)
{
    if (!store)
        return;
    for (uint32_t i = 0; store->slots && i < store->slot_count; i++) {
        struct slot *slot = &store->slots[i];
        for (int view = 0; view < VIEW_COUNT; view++) {
            for (uint32_t j = 0; j < slot->sets[view].count; j++)
                free(slot->sets[view].rows[j]);
            free(slot->sets[view].rows);
        }
        if (slot->group)
            group_free(slot->group);
    }
    while (store->free_groups) {
        struct group *group = store->free_groups;
        store->free_groups = group->next_free;
        group_free(group);
    }
    free(store->slots);
    names_free(store->names); /* with all that the rows hold */
    free(store);
}

struct names *store_names(struct store *store)
{
    return store->names;
}

uint32_t store_slot_count(const struct store *store)
{
    return store->slot_count;
}

uint64_t store_total_rows(const struct store *store)
{
    return store->total_rows;
}

struct link_status *store_status(struct store *store, uint32_t slot)
{
    return &store->slots[slot].status;
}

void store_status_changed(struct store *store, uint32_t slot)
{
    if (store->listener.status_changed)
        store->listener.status_changed(store->listener.user, slot);
}

void store_listen(struct store *store, const struct store_listener *listener)
{
    store->listener = *listener;
}

/* --- reading ------------------------------------------------------------------ */

/* The place of `key` in rows[low..), or where it would be. */
static uint32_t find_place(const struct store *store, const struct row_set *set,
                           uint32_t low, struct text key, bool *found)
{
    uint32_t high = set->count;
    *found = false;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        struct text at = names_text(store->names, set->rows[middle]->row.key);
        int order = text_compare(at, key);
        if (order == 0) {
            *found = true;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

uint32_t store_row_count(const struct store *store, uint32_t slot, enum view view)
{
    return store->slots[slot].sets[view].count;
}

const union any_row *store_row(const struct store *store, uint32_t slot, enum view view,
                               uint32_t index)
{
    return store->slots[slot].sets[view].rows[index];
}

const union any_row *store_find(const struct store *store, uint32_t slot,
                                enum view view, struct text key)
{
    const struct row_set *set = &store->slots[slot].sets[view];
    bool found;
    uint32_t place = find_place(store, set, 0, key, &found);
    return found ? set->rows[place] : NULL;
}

/* --- groups ------------------------------------------------------------------- */

static bool group_grow(struct group *group)
{
    uint32_t capacity = group->capacity ? group->capacity * 2 : 8;
    struct change *changes = realloc(group->changes, capacity * sizeof *changes);
    if (changes)
        group->changes = changes;
    uint32_t *order = realloc(group->order, capacity * sizeof *order);
    if (order)
        group->order = order;
    uint32_t *scratch = realloc(group->scratch, capacity * sizeof *scratch);
    if (scratch)
        group->scratch = scratch;
    if (!changes || !order || !scratch)
        return false;
    group->capacity = capacity;
    return true;
}

static struct group *group_take(struct store *store)
{
    struct group *group = store->free_groups;
    if (!group)
        return calloc(1, sizeof *group);
    store->free_groups = group->next_free;
    return group;
}

static void group_give_back(struct store *store, struct group *group)
{
    if (group->capacity > KEPT_CHANGES_MAX) {
        group_free(group);
        return;
    }
    group->count = 0;
    group->next_free = store->free_groups;
    store->free_groups = group;
}

static void drop_change(struct store *store, const struct change *change)
{
    if (change->is_delete)
        names_drop(store->names, change->row.row.key);
    else
        row_drop(store->names, (enum view)change->view, &change->row);
}

void store_begin(struct store *store, uint32_t slot, bool snapshot)
{
    store_abandon(store, slot);
    struct group *group = group_take(store);
    if (group)
        group->snapshot = snapshot;
    store->slots[slot].group = group;
}

void store_abandon(struct store *store, uint32_t slot)
{
    struct group *group = store->slots[slot].group;
    if (!group)
        return;
    for (uint32_t i = 0; i < group->count; i++)
        drop_change(store, &group->changes[i]);
    group_give_back(store, group);
    store->slots[slot].group = NULL;
}

static bool pattern_covers(const char *pattern, struct text entity)
{
    struct text text = text_of(pattern);
    if (text.length > 0 && text.bytes[text.length - 1] == '*') {
        text.length--;
        return text_starts_with(entity, text);
    }
    return text_equal(entity, text);
}

/* Decisions G9 and G8: a direct link speaks for its pinned entity, a hub for those
 * listed, and the archive of the group's structure for the edges of others. */
static bool may_carry(const struct store *store, uint32_t slot, enum view view,
                      struct text entity)
{
    const struct config_totebox *totebox = &store->config->toteboxes[slot];
    if (text_equal(entity, text_of(totebox->entity)))
        return true;
    if (totebox->structure && view == VIEW_OWN)
        return entity_id_is_valid(entity);
    if (!totebox->hub || !totebox->entities)
        return false;
    for (const char *const *at = totebox->entities; *at; at++)
        if (pattern_covers(*at, entity))
            return true;
    return false;
}

static struct change *new_change(struct slot *slot)
{
    struct group *group = slot->group;
    if (!group || (group->count == group->capacity && !group_grow(group))) {
        slot->status.bad_rows++; /* no memory: left out, and said so */
        return NULL;
    }
    return &group->changes[group->count++];
}

void store_upsert(struct store *store, uint32_t slot_index, enum view view,
                  const union any_row *row)
{
    struct slot *slot = &store->slots[slot_index];
    struct text key = names_text(store->names, row->row.key);
    struct text entity = row_key_entity(key);
    struct change *change = NULL;
    bool is_ours =
        row->row.entity == slot->entity ||
        may_carry(store, slot_index, view, names_text(store->names, row->row.entity));
    if (!is_ours || !text_equal(entity, names_text(store->names, row->row.entity)))
        slot->status.refused_rows++;
    else
        change = new_change(slot);
    if (!change) {
        row_drop(store->names, view, row);
        return;
    }
    change->view = (uint8_t)view;
    change->is_delete = false;
    memcpy(&change->row, row, view_table(view)->size);
}

void store_delete(struct store *store, uint32_t slot_index, enum view view,
                  struct text key)
{
    struct slot *slot = &store->slots[slot_index];
    name_id id = names_find(store->names, key);
    if (!id)
        return; /* nobody has such a row */
    struct change *change = new_change(slot);
    if (!change)
        return;
    change->view = (uint8_t)view;
    change->is_delete = true;
    change->row.row.key = id;
    names_hold(store->names, id);
}

/* --- commit ------------------------------------------------------------------- */

static int compare_changes(const struct store *store, const struct group *group,
                           uint32_t a, uint32_t b)
{
    const struct change *x = &group->changes[a], *y = &group->changes[b];
    if (x->view != y->view)
        return x->view < y->view ? -1 : 1;
    if (x->row.row.key == y->row.row.key)
        return 0;
    return text_compare(names_text(store->names, x->row.row.key),
                        names_text(store->names, y->row.row.key));
}

/* Indexes of the changes by view and key, equal ones in the order they came: a merge
 * sort, as qsort(3) is neither stable nor free of heap calls. */
static void sort_changes(const struct store *store, struct group *group)
{
    for (uint32_t i = 0; i < group->count; i++)
        group->order[i] = i;
    for (uint32_t width = 1; width < group->count; width *= 2) {
        for (uint32_t start = 0; start < group->count; start += 2 * width) {
            uint32_t middle =
                start + width < group->count ? start + width : group->count;
            uint32_t end =
                middle + width < group->count ? middle + width : group->count;
            uint32_t left = start, right = middle;
            for (uint32_t to = start; to < end; to++) {
                bool take_left =
                    left < middle &&
                    (right == end || compare_changes(store, group, group->order[left],
                                                     group->order[right]) <= 0);
                group->scratch[to] =
                    take_left ? group->order[left++] : group->order[right++];
            }
        }
        uint32_t *sorted = group->scratch;
        group->scratch = group->order;
        group->order = sorted;
    }
}

static void tell_row(struct store *store, uint32_t slot, enum view view,
                     const union any_row *before, const union any_row *after)
{
    if (store->listener.row_changed)
        store->listener.row_changed(store->listener.user, slot, view, before, after);
}

/* Writes `change` over `row`; false when both say the same. */
static bool update_row(struct store *store, uint32_t slot, struct change *change,
                       union any_row *row)
{
    enum view view = (enum view)change->view;
    union any_row before;
    if (row_equal(view, row, &change->row)) {
        drop_change(store, change);
        return false;
    }
    memcpy(&before, row, view_table(view)->size);
    memcpy(row, &change->row, view_table(view)->size);
    tell_row(store, slot, view, &before, row);
    row_drop(store->names, view, &before);
    return true;
}

static bool reserve(struct row_set *set, uint32_t more)
{
    uint32_t wanted = set->count + more;
    if (wanted <= set->capacity)
        return true;
    /* Exact for the first snapshot, as most archives hardly grow after it. */
    uint32_t capacity = set->capacity ? set->capacity + set->capacity / 2 : wanted;
    if (capacity < wanted)
        capacity = wanted;
    union any_row **rows = realloc(set->rows, capacity * sizeof(*rows));
    if (!rows)
        return false;
    set->rows = rows;
    set->capacity = capacity;
    return true;
}

static union any_row *new_row(struct store *store, uint32_t slot, struct change *change)
{
    enum view view = (enum view)change->view;
    union any_row *row = malloc(view_table(view)->size);
    if (!row) {
        store->slots[slot].status.bad_rows++;
        drop_change(store, change);
        return NULL;
    }
    memcpy(row, &change->row, view_table(view)->size);
    store->total_rows++;
    tell_row(store, slot, view, NULL, row);
    return row;
}

static void remove_row(struct store *store, uint32_t slot, enum view view,
                       union any_row *row)
{
    tell_row(store, slot, view, row, NULL);
    row_drop(store->names, view, row);
    free(row);
    store->total_rows--;
}

/* One view of a group: its changes in the order of their keys, each key once. */
struct run {
    enum view view;
    uint32_t *order; /* indexes into the group's changes */
    uint32_t count;
    bool snapshot;
};

/* Writes changed rows in place and frees dead ones, leaving NULL; what is new stays in
 * the run. */
static bool apply_known(struct store *store, uint32_t slot, struct run *run)
{
    struct change *changes = store->slots[slot].group->changes;
    struct row_set *set = &store->slots[slot].sets[run->view];
    uint32_t done = 0, fresh = 0; /* rows[0..done) are dealt with */
    bool changed = false;
    for (uint32_t i = 0; i <= run->count; i++) {
        struct change *change = i < run->count ? &changes[run->order[i]] : NULL;
        bool found = false;
        uint32_t place = set->count;
        if (change)
            place = find_place(store, set, done,
                               names_text(store->names, change->row.row.key), &found);
        for (; run->snapshot && done < place; done++) {
            remove_row(store, slot, run->view, set->rows[done]);
            set->rows[done] = NULL;
            changed = true;
        }
        done = place + found;
        if (!change)
            break;
        if (found && change->is_delete) {
            remove_row(store, slot, run->view, set->rows[place]);
            set->rows[place] = NULL;
            changed = true;
        }
        if (change->is_delete)
            drop_change(store, change);
        else if (found)
            changed |= update_row(store, slot, change, set->rows[place]);
        else
            run->order[fresh++] = run->order[i];
    }
    run->count = fresh;
    return changed;
}

static void close_gaps(struct row_set *set)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < set->count; i++)
        if (set->rows[i])
            set->rows[kept++] = set->rows[i];
    set->count = kept;
}

/* Merges the new rows in, from behind. */
static bool add_fresh(struct store *store, uint32_t slot, struct run *run)
{
    struct change *changes = store->slots[slot].group->changes;
    struct row_set *set = &store->slots[slot].sets[run->view];
    uint32_t count = 0;
    if (!reserve(set, run->count)) {
        store->slots[slot].status.bad_rows += run->count;
        for (uint32_t i = 0; i < run->count; i++)
            drop_change(store, &changes[run->order[i]]);
        return false;
    }
    uint32_t rest = set->count, to = rest + run->count;
    for (uint32_t i = run->count; i-- > 0;) {
        struct change *change = &changes[run->order[i]];
        struct text key = names_text(store->names, change->row.row.key);
        while (rest > 0 &&
               text_compare(names_text(store->names, set->rows[rest - 1]->row.key),
                            key) > 0)
            set->rows[--to] = set->rows[--rest];
        union any_row *row = new_row(store, slot, change);
        set->rows[--to] = row; /* NULL when memory is short: closed below */
        count += row != NULL;
    }
    set->count += run->count;
    if (count < run->count)
        close_gaps(set);
    return count > 0;
}

static bool apply_run(struct store *store, uint32_t slot, struct run *run)
{
    struct row_set *set = &store->slots[slot].sets[run->view];
    uint64_t rows_before = store->total_rows;
    bool changed = apply_known(store, slot, run);
    if (store->total_rows != rows_before)
        close_gaps(set);
    if (run->count > 0)
        changed |= add_fresh(store, slot, run);
    return changed;
}

/* The changes of one view from `start` on, the last word about each key. */
static uint32_t take_run(struct store *store, struct group *group, uint32_t start,
                         struct run *run)
{
    uint32_t at = start;
    run->order = group->order + start;
    run->count = 0;
    for (; at < group->count; at++) {
        struct change *change = &group->changes[group->order[at]];
        if (change->view != run->view)
            break;
        if (run->count > 0 && group->changes[run->order[run->count - 1]].row.row.key ==
                                  change->row.row.key)
            drop_change(store, &group->changes[run->order[--run->count]]);
        run->order[run->count++] = group->order[at];
    }
    return at;
}

void store_commit(struct store *store, uint32_t slot_index, uint64_t revision)
{
    struct slot *slot = &store->slots[slot_index];
    struct group *group = slot->group;
    if (!group)
        return;
    bool changed[VIEW_COUNT];
    uint32_t at = 0;
    sort_changes(store, group);
    for (int view = 0; view < VIEW_COUNT; view++) {
        struct run run = {.view = (enum view)view, .snapshot = group->snapshot};
        at = take_run(store, group, at, &run);
        changed[view] =
            (run.count > 0 || run.snapshot) && apply_run(store, slot_index, &run);
    }
    slot->group = NULL;
    group_give_back(store, group);
    slot->status.revision = revision;
    slot->status.deltas++;
    for (int view = 0; view < VIEW_COUNT; view++)
        if (changed[view] && store->listener.rows_changed)
            store->listener.rows_changed(store->listener.user, slot_index,
                                         (enum view)view);
}

void store_clear(struct store *store, uint32_t slot)
{
    store_abandon(store, slot);
    for (int view = 0; view < VIEW_COUNT; view++) {
        struct row_set *set = &store->slots[slot].sets[view];
        uint32_t count = set->count;
        set->count = 0;
        for (uint32_t i = 0; i < count; i++)
            remove_row(store, slot, (enum view)view, set->rows[i]);
        free(set->rows);
        *set = (struct row_set){0};
        if (count > 0 && store->listener.rows_changed)
            store->listener.rows_changed(store->listener.user, slot, (enum view)view);
    }
}
