#include <stdlib.h>
#include <string.h>

#include "proto/layout.h"
#include "totebox/server.h"

/* A token that gives none of these is no read capability. */
#define READ_RIGHTS                                                                    \
    (RIGHT_DESCRIBE | RIGHT_HEALTH | RIGHT_READ_ROWS | RIGHT_READ_AGGREGATES |         \
     RIGHT_WATCH)

static const struct refusal accepted = {PSP_OK, NULL};

static struct refusal refuse(enum psp_error error, const char *text)
{
    return (struct refusal){error, text};
}

/* --- what a grant may see ----------------------------------------------------------
 */

enum psp_error grant_state(const struct grant *grant)
{
    const struct server *server = grant->connection->server;
    if (server_now_ms(server) >= grant->ends_mono_ms ||
        net_wall_ms() >= authority_not_after_ms(grant->authority))
        return PSP_EXPIRED;
    if (server_epoch(server, grant->delegate) != grant->epoch)
        return PSP_REVOKED;
    return PSP_OK;
}

static struct text view_name(enum view view)
{
    return text_of(view_table(view)->name);
}

bool grant_sees(const struct grant *grant, const struct names *names, enum view view,
                const union any_row *row)
{
    return authority_sees_row(grant->authority, view_name(view),
                              names_text(names, row->row.key)) &&
           exposure_sees_row(&grant->exposure, names, view, row);
}

void grant_marks(const struct grant *grant, const struct disclosure *disclosure,
                 const struct names *names, enum view view, const union any_row *row,
                 const bool *columns, uint8_t *marks)
{
    const struct view_table *table = view_table(view);
    struct text key = names_text(names, row->row.key);
    for (uint32_t c = 0; c < table->column_count; c++) {
        marks[c] = CELL_PRESENT;
        if (!columns[c])
            continue;
        marks[c] = (uint8_t)exposure_cell_mark(&grant->exposure, names, view, row, c);
        if (marks[c] == CELL_PRESENT && disclosure_covers(view, c))
            marks[c] =
                (uint8_t)disclosure_mark(disclosure, &grant->exposure, names, row);
        if (marks[c] == CELL_PRESENT &&
            !authority_sees_cell(grant->authority, view_name(view), key,
                                 text_of(table->columns[c].name)))
            marks[c] = CELL_NOT_PERMITTED;
    }
}

void page_add(struct page *page, const struct grant *grant,
              const struct archive_index *index, enum view view,
              const union any_row *row, int64_t as_of_ms, const bool *columns)
{
    grant_marks(grant, page->disclosure, index_names(index), view, row, columns,
                page->marks[page->count]);
    page->as_of_ms[page->count] = as_of_ms;
    page->rows[page->count++] = row;
}

void grant_drop(struct grant *grant)
{
    if (!grant || --grant->references)
        return;
    if (grant->before)
        grant->before->next = grant->next;
    else
        grant->connection->grants = grant->next;
    if (grant->next)
        grant->next->before = grant->before;
    authority_free(grant->authority);
    free(grant);
}

size_t row_bytes(const struct names *names, enum view view, const union any_row *row)
{
    const struct view_table *table = view_table(view);
    size_t bytes = 16 + names_text(names, row->row.key).length;
    for (uint32_t c = 0; c < table->column_count; c++) {
        bytes += 9; /* the value or its pointer, and a mark */
        if (table->columns[c].type != COLUMN_TEXT)
            continue;
        name_id id;
        memcpy(&id, (const char *)row + table->columns[c].offset, sizeof id);
        bytes += (names_text(names, id).length + 8) & ~7u;
    }
    return bytes;
}

/* --- the Totebox object ------------------------------------------------------------
 */

struct refusal server_hello(void *user, struct text software, uint16_t protocol,
                            struct identity *identity)
{
    struct connection *connection = user;
    struct server *server = connection->server;
    (void)software;
    (void)protocol;
    *identity = (struct identity){
        .protocol_min = 1,
        .protocol_max = 1,
        .clock_ms = net_wall_ms(),
        .max_rows_per_reply = PAGE_ROWS,
        .max_window_ms = TOKEN_WINDOW_MAX_MS,
        .max_skew_ms = TOKEN_SKEW_MS,
        .software = TEXT("totebox"),
    };
    memcpy(identity->authority, server->archive->authority.public_key, KEY_BYTES);
    memcpy(identity->boot_id, server->boot_id, sizeof server->boot_id);
    return accepted;
}

static uint64_t epoch_of(void *user, const uint8_t delegate[KEY_BYTES])
{
    return server_epoch(user, delegate);
}

static void fill_info(const struct authority *authority, struct grant_info *info)
{
    memcpy(info->link_id, authority_leaf_id(authority), HASH_BYTES);
    info->rights = authority_rights(authority);
    info->not_before_ms = authority_not_before_ms(authority);
    info->not_after_ms = authority_not_after_ms(authority);
    info->max_rows = authority_max_rows(authority);
    info->min_group = authority_min_group(authority);
    info->clock_ms = net_wall_ms();
}

/* A clock behind the newest commit would make windows that ended good again. */
static bool clock_went_back(const struct server *server, int64_t clock_ms)
{
    return clock_ms < index_last_commit_ms(server->index) - TOKEN_SKEW_MS;
}

static struct refusal on_present(void *user, const struct token *token,
                                 struct text proof_spki, struct text proof_signature,
                                 void **object, struct grant_info *info)
{
    struct connection *connection = user;
    struct server *server = connection->server;
    uint8_t exporter[HASH_BYTES];
    int64_t clock_ms = net_wall_ms();
    if (clock_went_back(server, clock_ms))
        return refuse(PSP_BUSY, "the archive's clock went back");
    struct token_policy policy = {
        .authority = server->archive->authority.public_key,
        .clock_ms = clock_ms,
        .window_max_ms = TOKEN_WINDOW_MAX_MS,
        .need_right = READ_RIGHTS,
        .cache = &server->verified,
        .epoch_of = epoch_of,
        .user = server,
        .tls_peer = connection_peer(connection),
        .proof_spki = proof_spki,
        .proof_signature = proof_signature,
    };
    if (proof_spki.length &&
        channel_exporter(stream_channel(connection->stream), exporter) == PSP_OK)
        policy.exporter = exporter;
    struct grant *grant = calloc(1, sizeof *grant);
    if (!grant)
        return refuse(PSP_BUSY, "out of memory");
    const char *why = NULL;
    enum psp_error error = token_verify(token, &policy, &grant->authority, &why);
    if (error == PSP_OK && !authority_pairing_key(grant->authority)) {
        authority_free(grant->authority);
        error = PSP_DENIED;
        why = "a token without a pairing";
    }
    if (error != PSP_OK) {
        free(grant);
        audit_refusal(server->audit, connection_peer(connection),
                      psp_error_wire(error));
        return refuse(error, why);
    }
    audit_grant(server->audit, authority_label(grant->authority),
                connection_peer(connection), authority_leaf_id(grant->authority),
                authority_not_after_ms(grant->authority));
    memcpy(grant->delegate, authority_pairing_key(grant->authority), KEY_BYTES);
    const struct pairing *pairing =
        pairings_by_delegate(&server->pairings, grant->delegate);
    grant->connection = connection;
    grant->epoch = server_epoch(server, grant->delegate);
    grant->references = 1;
    grant->ends_mono_ms =
        server_now_ms(server) + authority_not_after_ms(grant->authority) - clock_ms;
    exposure_for(server->archive->exposure, text_of(pairing ? pairing->role : ""),
                 pairing ? pairing->holder : NULL, &grant->exposure);
    fill_info(grant->authority, info);
    grant->next = connection->grants;
    if (grant->next)
        grant->next->before = grant;
    connection->grants = grant;
    connection->deadline_ms = 0;
    *object = grant;
    return accepted;
}

/* --- the Grant object --------------------------------------------------------------
 */

static struct refusal need(const struct grant *grant, uint32_t right)
{
    enum psp_error state = grant_state(grant);
    if (state != PSP_OK)
        return refuse(state, "the grant is over");
    if ((authority_rights(grant->authority) & right) != right)
        return refuse(PSP_DENIED, "the capability lacks the right");
    return accepted;
}

static bool serves(const struct grant *grant, enum view view)
{
    return authority_sees_view(grant->authority, view_name(view)) &&
           (view == VIEW_ENTITY || exposure_sees_view(&grant->exposure, view));
}

static uint64_t count_rows(const struct grant *grant, enum view view)
{
    const struct archive_index *index = grant->connection->server->index;
    uint64_t count = 0;
    for (const union any_row *row = index_seek(index, view, TEXT("")); row;
         row = index_next(index, view, row))
        count += grant_sees(grant, index_names(index), view, row);
    return count;
}

static uint8_t wire_type(enum column_type type)
{
    switch (type) {
    case COLUMN_TEXT:
        return PSP_COLUMN_INFO_TYPE_TEXT;
    case COLUMN_INT:
        return PSP_COLUMN_INFO_TYPE_INT;
    case COLUMN_DECIMAL:
        return PSP_COLUMN_INFO_TYPE_DECIMAL;
    case COLUMN_TIME:
        break;
    }
    return PSP_COLUMN_INFO_TYPE_TIME_MS;
}

static void describe_view(const struct grant *grant, enum view view,
                          struct struct_builder info)
{
    const struct view_table *table = view_table(view);
    const struct server *server = grant->connection->server;
    builder_set_u64(info, PSP_VIEW_INFO_ROWS_OFF, count_rows(grant, view));
    builder_set_u64(info, PSP_VIEW_INFO_REVISION_OFF, index_revision(server->index));
    builder_text(info, PSP_VIEW_INFO_NAME_PTR, text_of(table->name));
    builder_text(info, PSP_VIEW_INFO_TITLE_PTR, text_of(table->title));
    uint32_t shown[ROW_COLUMNS_MAX], count = 0;
    for (uint32_t c = 0; c < table->column_count; c++)
        if (authority_sees_column(grant->authority, view_name(view),
                                  text_of(table->columns[c].name)))
            shown[count++] = c;
    struct list_builder columns =
        builder_structs(info, PSP_VIEW_INFO_COLUMNS_PTR, count,
                        PSP_COLUMN_INFO_DATA_WORDS, PSP_COLUMN_INFO_PTRS);
    for (uint32_t i = 0; i < count; i++) {
        struct struct_builder column = list_builder_struct(columns, i);
        builder_set_u16(column, PSP_COLUMN_INFO_TYPE_OFF,
                        wire_type(table->columns[shown[i]].type));
        builder_text(column, PSP_COLUMN_INFO_NAME_PTR,
                     text_of(table->columns[shown[i]].name));
    }
}

static struct refusal on_describe(void *user, void *object,
                                  struct struct_builder results)
{
    struct grant *grant = object;
    (void)user;
    struct refusal refusal = need(grant, RIGHT_DESCRIBE);
    if (refusal.error != PSP_OK)
        return refusal;
    enum view served[VIEW_COUNT];
    uint32_t count = 0;
    for (enum view view = 0; view < VIEW_LINK; view++)
        if (serves(grant, view))
            served[count++] = view;
    struct list_builder views =
        builder_structs(results, PSP_GRANT_DESCRIBE_RESULTS_VIEWS_PTR, count,
                        PSP_VIEW_INFO_DATA_WORDS, PSP_VIEW_INFO_PTRS);
    for (uint32_t i = 0; i < count; i++)
        describe_view(grant, served[i], list_builder_struct(views, i));
    return accepted;
}

static uint8_t lifecycle_code(const char *lifecycle)
{
    if (strcmp(lifecycle, "active") == 0)
        return PSP_HEALTH_LIFECYCLE_ACTIVE;
    if (strcmp(lifecycle, "suspended") == 0)
        return PSP_HEALTH_LIFECYCLE_SUSPENDED;
    if (strcmp(lifecycle, "archived") == 0)
        return PSP_HEALTH_LIFECYCLE_ARCHIVED;
    return PSP_HEALTH_LIFECYCLE_UNKNOWN;
}

static struct refusal on_health(void *user, void *object, struct health *health)
{
    struct grant *grant = object;
    struct connection *connection = user;
    struct refusal refusal = need(grant, RIGHT_HEALTH);
    if (refusal.error != PSP_OK)
        return refusal;
    const struct server *server = connection->server;
    uint64_t rows = 0;
    for (enum view view = 0; view < VIEW_LINK; view++)
        rows += index_row_count(server->index, view);
    *health = (struct health){
        .state = server->failed ? PSP_HEALTH_STATE_FAILING : PSP_HEALTH_STATE_OK,
        .clock_ms = net_wall_ms(),
        .uptime_ms = (uint64_t)(server_now_ms(server) - server->started_ms),
        .revision = index_revision(server->index),
        .last_commit_ms = index_last_commit_ms(server->index),
        .storage_used = ledger_bytes(index_ledger(server->index)),
        .row_count = rows,
        .lifecycle = lifecycle_code(index_lifecycle(server->index)),
        .checkpoint = ledger_checkpoint_text(index_ledger(server->index)),
    };
    return accepted;
}

/* At most `limit` rows and PAGE_BYTES, from after the cursor's key on. */
static bool fill_page(const struct grant *grant, const struct archive_index *index,
                      enum view view, const struct query *query, struct text after,
                      const bool *columns, struct page *page)
{
    uint32_t limit =
        query->limit && query->limit < PAGE_ROWS ? query->limit : PAGE_ROWS;
    uint32_t most = authority_max_rows(grant->authority);
    if (limit > most)
        limit = most;
    const struct names *names = index_names(index);
    size_t bytes = 0;
    page->count = 0;
    const union any_row *row = after.length ? index_after(index, view, after)
                                            : index_seek(index, view, TEXT(""));
    for (; row; row = index_next(index, view, row)) {
        if (!set_contains(&query->rows, names_text(names, row->row.key)) ||
            !grant_sees(grant, names, view, row))
            continue;
        bytes += row_bytes(names, view, row);
        if (page->count == limit || (page->count && bytes > PAGE_BYTES))
            return true;
        page_add(page, grant, index, view, row, index_row_as_of_ms(index, view, row),
                 columns);
    }
    return false;
}

static bool within_rate(struct connection *connection, const struct grant *grant)
{
    uint32_t rate = exposure_rate(&grant->exposure);
    if (rate == 0)
        return true;
    int64_t now = server_now_ms(connection->server);
    int64_t full = (int64_t)rate * 1000;
    connection->read_tokens_milli += (now - connection->refilled_ms) * rate;
    if (connection->read_tokens_milli > full || connection->refilled_ms == 0)
        connection->read_tokens_milli = full;
    connection->refilled_ms = now;
    if (connection->read_tokens_milli < 1000)
        return false;
    connection->read_tokens_milli -= 1000;
    return true;
}

/* Which columns a query asks for and the capability shows.  Asking by name for one that
 * it does not show is refused. */
static struct refusal pick_columns(const struct grant *grant, enum view view,
                                   const struct set *asked, bool *columns)
{
    const struct view_table *table = view_table(view);
    for (uint32_t i = 0; asked->kind == SET_NAMES && i < asked->count; i++)
        if (view_column(view, asked->names[i]) < 0)
            return refuse(PSP_UNKNOWN, "no such column");
    for (uint32_t c = 0; c < table->column_count; c++) {
        struct text name = text_of(table->columns[c].name);
        bool visible = authority_sees_column(grant->authority, view_name(view), name);
        columns[c] = visible && set_contains(asked, name);
        if (!visible && asked->kind == SET_NAMES && set_contains(asked, name))
            return refuse(PSP_DENIED, "a column is not permitted");
    }
    return accepted;
}

static struct refusal build_page(struct grant *grant, const struct archive_index *index,
                                 enum view view, const struct query *query,
                                 struct struct_builder results)
{
    struct batch_shape shape = {.view = view};
    struct refusal refusal = pick_columns(grant, view, &query->columns, shape.column);
    if (refusal.error != PSP_OK)
        return refusal;
    /* Cursor: revision (8 bytes), then the key of the last row sent. */
    uint64_t revision = index_revision(index);
    struct text after = {0};
    if (query->cursor.length) {
        if (query->cursor.length <= sizeof revision)
            return refuse(PSP_MALFORMED, "not a cursor of this archive");
        if (memcmp(query->cursor.bytes, &revision, sizeof revision) != 0)
            return refuse(PSP_CONFLICT, "the rows changed: read from the start");
        after = (struct text){query->cursor.bytes + sizeof revision,
                              query->cursor.length - (uint32_t)sizeof revision};
    }
    struct page *page = &grant->connection->server->page;
    /* Without memory for it every limited cell leaves as "not known". */
    struct disclosure *disclosure =
        view == VIEW_METRIC ? disclosure_new(&grant->exposure, index) : NULL;
    page->disclosure = disclosure;
    bool more = fill_page(grant, index, view, query, after, shape.column, page);
    page->disclosure = NULL;
    disclosure_free(disclosure);
    shape.marks = page->marks;
    shape.as_of_ms = page->as_of_ms;
    char cursor[sizeof revision + ROW_KEY_MAX];
    struct text next = {0};
    if (more && page->count) {
        struct text key =
            names_text(index_names(index), page->rows[page->count - 1]->row.key);
        memcpy(cursor, &revision, sizeof revision);
        memcpy(cursor + sizeof revision, key.bytes, key.length);
        next = (struct text){cursor, (uint32_t)sizeof revision + key.length};
    }
    batch_build(results, PSP_GRANT_READ_RESULTS_BATCH_PTR, &shape, index_names(index),
                page->rows, page->count, revision, index_last_commit_ms(index), next);
    audit_rows(grant->connection->server->audit, authority_label(grant->authority),
               view, page->count);
    return accepted;
}

static struct refusal on_read(void *user, void *object, const struct query *query,
                              struct struct_builder results)
{
    struct connection *connection = user;
    struct server *server = connection->server;
    struct grant *grant = object;
    enum view view;
    struct refusal refusal = need(grant, RIGHT_READ_ROWS);
    if (refusal.error != PSP_OK)
        return refusal;
    if (!within_rate(connection, grant))
        return refuse(PSP_BUSY, "over the rate of reads");
    if (!view_by_name(query->view, &view) || view == VIEW_LINK)
        return refuse(PSP_UNKNOWN, "no such view");
    if (!serves(grant, view))
        return refuse(PSP_DENIED, "the view is not permitted");
    if (query->where.count || query->reduce.count || query->group_by.count)
        return refuse(PSP_UNKNOWN, "this archive serves whole rows only");
    if (query->as_of_ms == 0)
        return build_page(grant, server->index, view, query, results);
    const struct archive_index *earlier = server_earlier(server, query->as_of_ms);
    if (!earlier)
        return refuse(PSP_BUSY, "the ledger cannot be read");
    return build_page(grant, earlier, view, query, results);
}

static struct refusal on_watch(void *user, void *object, const struct query *queries,
                               uint32_t count, struct text resume, void **watch)
{
    struct connection *connection = user;
    struct grant *grant = object;
    struct refusal refusal = need(grant, RIGHT_WATCH | RIGHT_READ_ROWS);
    if (refusal.error != PSP_OK)
        return refusal;
    if (authority_max_rows(grant->authority) == 0)
        return refuse(PSP_DENIED, "the capability allows no rows");
    if (connection->watch_count >= RPC_WATCHES_MAX)
        return refuse(PSP_LIMIT, "64 watches a connection");
    for (uint32_t i = 0; i < count; i++) {
        enum view view;
        bool columns[ROW_COLUMNS_MAX];
        if (!view_by_name(queries[i].view, &view) || view == VIEW_LINK)
            return refuse(PSP_UNKNOWN, "no such view");
        if (!serves(grant, view))
            return refuse(PSP_DENIED, "a view is not permitted");
        if (queries[i].reduce.count || queries[i].as_of_ms || queries[i].where.count)
            return refuse(PSP_MALFORMED, "a watch is of whole rows as they are now");
        refusal = pick_columns(grant, view, &queries[i].columns, columns);
        if (refusal.error != PSP_OK)
            return refusal;
    }
    struct watch *made = NULL;
    refusal = watch_new(grant, queries, count, resume, &made);
    *watch = made;
    return refusal;
}

static struct refusal on_next(void *user, void *watch, uint32_t max_rows,
                              uint32_t max_wait_ms, ticket call)
{
    (void)user;
    return watch_ask(watch, max_rows, max_wait_ms, call);
}

static void on_cancel(void *user, ticket call)
{
    struct connection *connection = user;
    for (struct watch *watch = connection->watches; watch;
         watch = watch_next_in_list(watch))
        watch_cancel(watch, call);
}

static void on_release(void *user, enum host_object kind, void *object)
{
    (void)user;
    if (kind == HOST_GRANT)
        grant_drop(object);
    else if (kind == HOST_WATCH)
        watch_free(object);
}

const struct host_service server_service = {
    .hello = server_hello,
    .present = on_present,
    .pairing = stranger_pairing,
    .pair = stranger_pair,
    .pair_reveal = stranger_pair_reveal,
    .describe = on_describe,
    .health = on_health,
    .read = on_read,
    .watch = on_watch,
    .next = on_next,
    .cancel = on_cancel,
    .release = on_release,
};
