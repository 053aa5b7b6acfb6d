#include "proto/query.h"

#include "proto/layout.h"

const uint16_t query_data_words = PSP_QUERY_DATA_WORDS;
const uint16_t query_pointers = PSP_QUERY_PTRS;

static enum psp_error refuse(const char **why, enum psp_error error, const char *reason)
{
    *why = reason;
    return error;
}

static enum psp_error malformed(const char **why, const char *reason)
{
    return refuse(why, PSP_MALFORMED, reason);
}

/* A defect that the codec met explains whatever was concluded from its zeros. */
static enum psp_error conclude(struct struct_reader reader, enum psp_error error,
                               const char **why)
{
    if (reader.message && message_error(reader.message))
        return malformed(why, message_error(reader.message));
    return error;
}

/* --- sets --------------------------------------------------------------------------
 */

static bool name_is_legal(struct text name)
{
    if (name.length == 0 || name.length > 64)
        return false;
    for (uint32_t i = 0; i < name.length; i++) {
        char c = name.bytes[i];
        bool alphanumeric =
            (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!alphanumeric && c != '_' && c != '.' && c != '-')
            return false;
    }
    return true;
}

static bool key_is_legal(struct text key)
{
    return key.length > 0 && key.length <= ROW_KEY_MAX && text_is_clean(key);
}

static enum psp_error read_names(struct list_reader list, bool (*is_legal)(struct text),
                                 struct query_arena *arena, struct set *set,
                                 const char **why)
{
    if (list.count > SET_NAMES_MAX || list.count > QUERY_NAMES_MAX - arena->used)
        return refuse(why, PSP_LIMIT, "too many names in a set");
    struct text *names = arena->names + arena->used;
    for (uint32_t i = 0; i < list.count; i++) {
        names[i] = list_text(list, i);
        if (!is_legal(names[i]))
            return malformed(why, "a name or key of a set is not legal");
        if (i && text_compare(names[i - 1], names[i]) >= 0)
            return malformed(why, "a set is not sorted or has duplicates");
    }
    arena->used += list.count;
    *set = (struct set){.kind = SET_NAMES, .names = names, .count = list.count};
    return PSP_OK;
}

static enum psp_error read_row_set(struct struct_reader reader,
                                   struct query_arena *arena, struct set *set,
                                   const char **why)
{
    *set = (struct set){.kind = SET_NONE};
    switch (reader_u16(reader, PSP_ROW_SET_TAG_OFF)) {
    case PSP_ROW_SET_NONE_TAG:
        return PSP_OK;
    case PSP_ROW_SET_ALL_TAG:
        set->kind = SET_ALL;
        return PSP_OK;
    case PSP_ROW_SET_KEYS_TAG:
        return read_names(reader_list(reader, PSP_ROW_SET_KEYS_PTR, ELEMENT_POINTER),
                          key_is_legal, arena, set, why);
    case PSP_ROW_SET_PREFIX_TAG:
        set->kind = SET_PREFIX;
        set->prefix = reader_text(reader, PSP_ROW_SET_PREFIX_PTR);
        return key_is_legal(set->prefix) ? PSP_OK
                                         : malformed(why, "a prefix is not legal");
    default:
        return malformed(why, "a row set of an unknown kind");
    }
}

static enum psp_error read_name_set(struct struct_reader reader,
                                    struct query_arena *arena, struct set *set,
                                    const char **why)
{
    *set = (struct set){.kind = SET_NONE};
    switch (reader_u16(reader, PSP_NAME_SET_TAG_OFF)) {
    case PSP_NAME_SET_NONE_TAG:
        return PSP_OK;
    case PSP_NAME_SET_ALL_TAG:
        set->kind = SET_ALL;
        return PSP_OK;
    case PSP_NAME_SET_NAMES_TAG:
        return read_names(reader_list(reader, PSP_NAME_SET_NAMES_PTR, ELEMENT_POINTER),
                          name_is_legal, arena, set, why);
    default:
        return malformed(why, "a name set of an unknown kind");
    }
}

static void build_names(const struct set *set, struct struct_builder in,
                        uint16_t pointer)
{
    struct list_builder list = builder_list(in, pointer, ELEMENT_POINTER, set->count);
    for (uint32_t i = 0; i < set->count; i++)
        list_builder_text(list, i, set->names[i]);
}

/* A set that selects nothing stays a null pointer. */
static void build_row_set(const struct set *set, struct struct_builder in,
                          uint16_t pointer)
{
    if (set->kind == SET_NONE || (set->kind == SET_NAMES && set->count == 0))
        return;
    struct struct_builder to =
        builder_struct(in, pointer, PSP_ROW_SET_DATA_WORDS, PSP_ROW_SET_PTRS);
    if (set->kind == SET_ALL) {
        builder_set_u16(to, PSP_ROW_SET_TAG_OFF, PSP_ROW_SET_ALL_TAG);
    } else if (set->kind == SET_PREFIX) {
        builder_set_u16(to, PSP_ROW_SET_TAG_OFF, PSP_ROW_SET_PREFIX_TAG);
        builder_text(to, PSP_ROW_SET_PREFIX_PTR, set->prefix);
    } else {
        builder_set_u16(to, PSP_ROW_SET_TAG_OFF, PSP_ROW_SET_KEYS_TAG);
        build_names(set, to, PSP_ROW_SET_KEYS_PTR);
    }
}

static void build_name_set(const struct set *set, struct struct_builder in,
                           uint16_t pointer)
{
    if (set->kind == SET_NONE || (set->kind == SET_NAMES && set->count == 0))
        return;
    struct struct_builder to =
        builder_struct(in, pointer, PSP_NAME_SET_DATA_WORDS, PSP_NAME_SET_PTRS);
    if (set->kind == SET_ALL) {
        builder_set_u16(to, PSP_NAME_SET_TAG_OFF, PSP_NAME_SET_ALL_TAG);
    } else {
        builder_set_u16(to, PSP_NAME_SET_TAG_OFF, PSP_NAME_SET_NAMES_TAG);
        build_names(set, to, PSP_NAME_SET_NAMES_PTR);
    }
}

/* --- queries -----------------------------------------------------------------------
 */

enum psp_error query_read(struct struct_reader reader, struct query_arena *arena,
                          struct query *query, const char **why)
{
    *query = (struct query){
        .view = reader_text(reader, PSP_QUERY_VIEW_PTR),
        .where = reader_list(reader, PSP_QUERY_WHERE_PTR, ELEMENT_COMPOSITE),
        .reduce = reader_list(reader, PSP_QUERY_REDUCE_PTR, ELEMENT_COMPOSITE),
        .group_by = reader_list(reader, PSP_QUERY_GROUP_BY_PTR, ELEMENT_POINTER),
        .limit = reader_u32(reader, PSP_QUERY_LIMIT_OFF),
        .cursor = reader_data(reader, PSP_QUERY_CURSOR_PTR),
        .as_of_ms = reader_i64(reader, PSP_QUERY_AS_OF_MS_OFF),
    };
    enum psp_error error = PSP_OK;
    if (!name_is_legal(query->view))
        error = malformed(why, "a query's view is not a name");
    if (error == PSP_OK)
        error = read_row_set(reader_struct(reader, PSP_QUERY_ROWS_PTR), arena,
                             &query->rows, why);
    if (error == PSP_OK)
        error = read_name_set(reader_struct(reader, PSP_QUERY_COLUMNS_PTR), arena,
                              &query->columns, why);
    return conclude(reader, error, why);
}

void query_build(const struct query *query, struct struct_builder into)
{
    builder_set_u32(into, PSP_QUERY_LIMIT_OFF, query->limit);
    builder_set_i64(into, PSP_QUERY_AS_OF_MS_OFF, query->as_of_ms);
    builder_text(into, PSP_QUERY_VIEW_PTR, query->view);
    build_row_set(&query->rows, into, PSP_QUERY_ROWS_PTR);
    build_name_set(&query->columns, into, PSP_QUERY_COLUMNS_PTR);
    builder_data(into, PSP_QUERY_CURSOR_PTR, query->cursor.bytes, query->cursor.length);
}

/* --- deltas ------------------------------------------------------------------------
 */

static bool is_part(enum delta_kind kind)
{
    return kind == DELTA_SNAPSHOT || kind == DELTA_UPDATE_PART;
}

static bool has_changes(enum delta_kind kind)
{
    return is_part(kind) || kind == DELTA_SNAPSHOT_END || kind == DELTA_UPDATE;
}

static struct text change_view(struct list_reader changes, uint32_t index)
{
    struct struct_reader upserts =
        reader_struct(list_struct(changes, index), PSP_CHANGE_UPSERTS_PTR);
    return reader_text(upserts, PSP_BATCH_VIEW_PTR);
}

static const char *check_views(struct list_reader changes)
{
    struct text views[WATCH_QUERIES_MAX];
    if (changes.count > WATCH_QUERIES_MAX)
        return "a delta changes too many views";
    for (uint32_t i = 0; i < changes.count; i++) {
        views[i] = change_view(changes, i);
        for (uint32_t j = 0; j < i; j++)
            if (text_equal(views[i], views[j]))
                return "a delta changes a view twice";
    }
    return NULL;
}

enum psp_error delta_read(struct struct_reader reader, struct delta *delta,
                          const char **why)
{
    uint16_t kind = reader_u16(reader, PSP_DELTA_KIND_OFF);
    *delta = (struct delta){
        .seq = reader_u64(reader, PSP_DELTA_SEQ_OFF),
        .kind = (enum delta_kind)kind,
        .changes = reader_list(reader, PSP_DELTA_CHANGES_PTR, ELEMENT_COMPOSITE),
        .resume = reader_data(reader, PSP_DELTA_RESUME_PTR),
        .as_of_ms = reader_i64(reader, PSP_DELTA_AS_OF_MS_OFF),
        .revision = reader_u64(reader, PSP_DELTA_REVISION_OFF),
    };
    const char *defect = NULL;
    if (!reader.message)
        defect = "there is no delta";
    else if (kind > DELTA_ENDED)
        defect = "a delta of an unknown kind";
    else if (delta->changes.count && !has_changes(delta->kind))
        defect = "a delta that changes nothing has changes";
    else if (delta->resume.length && is_part(delta->kind))
        defect = "a part has a position to resume from";
    else
        defect = check_views(delta->changes);
    return conclude(reader, defect ? malformed(why, defect) : PSP_OK, why);
}

static enum psp_error check_change(const struct delta *delta,
                                   const struct batch *upserts,
                                   struct list_reader deletes, const char **why)
{
    if (upserts->revision != delta->revision)
        return malformed(why, "a change is of another revision than its delta");
    if (upserts->next_cursor.length)
        return malformed(why, "a change continues on another page");
    for (uint32_t i = 0; i < deletes.count; i++)
        if (!key_is_legal(list_text(deletes, i)))
            return malformed(why, "a deleted key is not legal");
    return PSP_OK;
}

enum psp_error delta_change(const struct delta *delta, uint32_t index,
                            struct batch *upserts, struct list_reader *deletes,
                            const char **why)
{
    struct struct_reader change = list_struct(delta->changes, index);
    enum psp_error error =
        batch_open(reader_struct(change, PSP_CHANGE_UPSERTS_PTR), upserts, why);
    *deletes = reader_list(change, PSP_CHANGE_DELETES_PTR, ELEMENT_POINTER);
    if (error == PSP_OK)
        error = check_change(delta, upserts, *deletes, why);
    return conclude(change, error, why);
}

/* --- identity, grant, health -------------------------------------------------------
 */

/* Exactly `length` bytes, or false. */
static bool read_fixed(struct struct_reader reader, uint16_t pointer, uint8_t *bytes,
                       uint32_t length)
{
    struct text data = reader_data(reader, pointer);
    if (data.length != length)
        return false;
    memcpy(bytes, data.bytes, length);
    return true;
}

static enum psp_error is_whole(struct struct_reader reader, bool whole)
{
    if (!reader.message || message_error(reader.message) || !whole)
        return PSP_MALFORMED;
    return PSP_OK;
}

enum psp_error identity_read(struct struct_reader reader, struct identity *identity)
{
    struct struct_reader limits = reader_struct(reader, PSP_IDENTITY_LIMITS_PTR);
    *identity = (struct identity){
        .protocol_min = reader_u16(reader, PSP_IDENTITY_PROTOCOL_MIN_OFF),
        .protocol_max = reader_u16(reader, PSP_IDENTITY_PROTOCOL_MAX_OFF),
        .clock_ms = reader_i64(reader, PSP_IDENTITY_CLOCK_MS_OFF),
        .max_rows_per_reply = reader_u32(limits, PSP_LIMITS_MAX_ROWS_PER_REPLY_OFF),
        .max_window_ms = reader_u32(limits, PSP_LIMITS_MAX_WINDOW_MS_OFF),
        .max_skew_ms = reader_u32(limits, PSP_LIMITS_MAX_SKEW_MS_OFF),
        .software = reader_text(reader, PSP_IDENTITY_SOFTWARE_PTR),
    };
    bool whole = read_fixed(reader, PSP_IDENTITY_AUTHORITY_PTR, identity->authority,
                            sizeof identity->authority) &&
                 read_fixed(reader, PSP_IDENTITY_BOOT_ID_PTR, identity->boot_id,
                            sizeof identity->boot_id);
    return is_whole(reader, whole);
}

void identity_build(const struct identity *identity, struct struct_builder in,
                    uint16_t pointer)
{
    struct struct_builder to =
        builder_struct(in, pointer, PSP_IDENTITY_DATA_WORDS, PSP_IDENTITY_PTRS);
    builder_set_u16(to, PSP_IDENTITY_PROTOCOL_MIN_OFF, identity->protocol_min);
    builder_set_u16(to, PSP_IDENTITY_PROTOCOL_MAX_OFF, identity->protocol_max);
    builder_set_i64(to, PSP_IDENTITY_CLOCK_MS_OFF, identity->clock_ms);
    builder_data(to, PSP_IDENTITY_AUTHORITY_PTR, identity->authority,
                 sizeof identity->authority);
    builder_data(to, PSP_IDENTITY_BOOT_ID_PTR, identity->boot_id,
                 sizeof identity->boot_id);
    struct struct_builder limits = builder_struct(
        to, PSP_IDENTITY_LIMITS_PTR, PSP_LIMITS_DATA_WORDS, PSP_LIMITS_PTRS);
    builder_set_u16(limits, PSP_LIMITS_MAX_QUESTIONS_OFF, RPC_QUESTIONS_MAX);
    builder_set_u16(limits, PSP_LIMITS_MAX_WATCHES_OFF, RPC_WATCHES_MAX);
    builder_set_u16(limits, PSP_LIMITS_MAX_CREDIT_OFF, RPC_CREDIT_MAX);
    builder_set_u32(limits, PSP_LIMITS_MAX_ROWS_PER_REPLY_OFF,
                    identity->max_rows_per_reply);
    builder_set_u32(limits, PSP_LIMITS_MAX_MESSAGE_WORDS_OFF, RPC_FRAME_WORDS_MAX);
    builder_set_u32(limits, PSP_LIMITS_MAX_WINDOW_MS_OFF, identity->max_window_ms);
    builder_set_u32(limits, PSP_LIMITS_MAX_SKEW_MS_OFF, identity->max_skew_ms);
    builder_text(to, PSP_IDENTITY_SOFTWARE_PTR, identity->software);
}

enum psp_error grant_info_read(struct struct_reader reader, struct grant_info *info)
{
    *info = (struct grant_info){
        .rights = reader_u32(reader, PSP_GRANT_INFO_RIGHTS_OFF),
        .not_before_ms = reader_i64(reader, PSP_GRANT_INFO_NOT_BEFORE_OFF),
        .not_after_ms = reader_i64(reader, PSP_GRANT_INFO_NOT_AFTER_OFF),
        .max_rows = reader_u32(reader, PSP_GRANT_INFO_MAX_ROWS_OFF),
        .min_group = reader_u32(reader, PSP_GRANT_INFO_MIN_GROUP_OFF),
        .clock_ms = reader_i64(reader, PSP_GRANT_INFO_CLOCK_MS_OFF),
    };
    return is_whole(reader, read_fixed(reader, PSP_GRANT_INFO_LINK_ID_PTR,
                                       info->link_id, sizeof info->link_id));
}

void grant_info_build(const struct grant_info *info, struct struct_builder in,
                      uint16_t pointer)
{
    struct struct_builder to =
        builder_struct(in, pointer, PSP_GRANT_INFO_DATA_WORDS, PSP_GRANT_INFO_PTRS);
    builder_set_u32(to, PSP_GRANT_INFO_RIGHTS_OFF, info->rights);
    builder_set_i64(to, PSP_GRANT_INFO_NOT_BEFORE_OFF, info->not_before_ms);
    builder_set_i64(to, PSP_GRANT_INFO_NOT_AFTER_OFF, info->not_after_ms);
    builder_set_u32(to, PSP_GRANT_INFO_MAX_ROWS_OFF, info->max_rows);
    builder_set_u32(to, PSP_GRANT_INFO_MIN_GROUP_OFF, info->min_group);
    builder_set_i64(to, PSP_GRANT_INFO_CLOCK_MS_OFF, info->clock_ms);
    builder_data(to, PSP_GRANT_INFO_LINK_ID_PTR, info->link_id, sizeof info->link_id);
}

enum psp_error health_read(struct struct_reader reader, struct health *health)
{
    uint16_t state = reader_u16(reader, PSP_HEALTH_STATE_OFF);
    uint16_t lifecycle = reader_u16(reader, PSP_HEALTH_LIFECYCLE_OFF);
    *health = (struct health){
        .clock_ms = reader_i64(reader, PSP_HEALTH_CLOCK_MS_OFF),
        .uptime_ms = reader_u64(reader, PSP_HEALTH_UPTIME_MS_OFF),
        .revision = reader_u64(reader, PSP_HEALTH_REVISION_OFF),
        .last_commit_ms = reader_i64(reader, PSP_HEALTH_LAST_COMMIT_MS_OFF),
        .storage_used = reader_u64(reader, PSP_HEALTH_STORAGE_USED_OFF),
        .storage_total = reader_u64(reader, PSP_HEALTH_STORAGE_TOTAL_OFF),
        .row_count = reader_u64(reader, PSP_HEALTH_ROW_COUNT_OFF),
        .checkpoint = reader_text(reader, PSP_HEALTH_CHECKPOINT_PTR),
    };
    /* A state of a later version is unknown to us, which is what 0 says. */
    if (state <= PSP_HEALTH_STATE_FAILING)
        health->state = (uint8_t)state;
    if (lifecycle <= PSP_HEALTH_LIFECYCLE_ARCHIVED)
        health->lifecycle = (uint8_t)lifecycle;
    return is_whole(reader, true);
}

void health_build(const struct health *health, struct struct_builder in,
                  uint16_t pointer)
{
    struct struct_builder to =
        builder_struct(in, pointer, PSP_HEALTH_DATA_WORDS, PSP_HEALTH_PTRS);
    builder_set_u16(to, PSP_HEALTH_STATE_OFF, health->state);
    builder_set_u16(to, PSP_HEALTH_LIFECYCLE_OFF, health->lifecycle);
    builder_set_i64(to, PSP_HEALTH_CLOCK_MS_OFF, health->clock_ms);
    builder_set_u64(to, PSP_HEALTH_UPTIME_MS_OFF, health->uptime_ms);
    builder_set_u64(to, PSP_HEALTH_REVISION_OFF, health->revision);
    builder_set_i64(to, PSP_HEALTH_LAST_COMMIT_MS_OFF, health->last_commit_ms);
    builder_set_u64(to, PSP_HEALTH_STORAGE_USED_OFF, health->storage_used);
    builder_set_u64(to, PSP_HEALTH_STORAGE_TOTAL_OFF, health->storage_total);
    builder_set_u64(to, PSP_HEALTH_ROW_COUNT_OFF, health->row_count);
    builder_text(to, PSP_HEALTH_CHECKPOINT_PTR, health->checkpoint);
}
