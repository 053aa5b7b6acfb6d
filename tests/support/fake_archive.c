#include "tests/support/fake_archive.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/layout.h"

static const struct refusal good = {PSP_OK, NULL};

static name_id intern(struct fake_archive *archive, const char *text)
{
    name_id id;
    bool interned = names_intern(archive->names, text_of(text), &id);
    assert(interned);
    (void)interned;
    return id;
}

static void fill_entity(struct fake_archive *archive, union any_row *row)
{
    *row = (union any_row){0};
    row->row.key = intern(archive, archive->entity);
    row->row.entity = intern(archive, archive->entity);
    row->row.as_of_ms = net_wall_ms();
    row->entity.name = intern(archive, "Fake archive");
    row->entity.kind = intern(archive, "company");
    row->entity.cur = intern(archive, "USD");
    row->entity.lifecycle = intern(archive, "active");
    row->entity.parent_scope = intern(archive, "own");
}

static void fill_metric(struct fake_archive *archive, uint32_t index,
                        const char *entity, union any_row *row)
{
    char key[128];
    snprintf(key, sizeof key, "%s|%s|2025|actual|own|USD|", entity,
             archive->rows[index].metric);
    *row = (union any_row){0};
    row->row.key = intern(archive, key);
    row->row.entity = intern(archive, entity);
    row->row.as_of_ms = net_wall_ms();
    row->row.seq = (int64_t)archive->rows[index].revision;
    row->metric.metric = intern(archive, archive->rows[index].metric);
    /* Not the one of the key. */
    row->metric.period = intern(archive, archive->damages_rows ? "2024" : "2025");
    row->metric.start = 20250101;
    row->metric.end = 20251231;
    row->metric.scenario = intern(archive, "actual");
    row->metric.basis = intern(archive, "own");
    row->metric.unit = intern(archive, "USD");
    row->metric.nature = intern(archive, "flow");
    row->metric.quality = intern(archive, "ok");
    row->metric.n = 1;
    enum decimal_error error = amount_from_decimal(
        decimal_from_int(archive->rows[index].value), &row->metric.value);
    assert(error == DECIMAL_OK);
    (void)error;
    struct amount none = {.mark = CELL_NOT_APPLICABLE};
    row->metric.num = row->metric.den = none;
    row->row.marks[view_column(VIEW_METRIC, TEXT("num"))] = CELL_NOT_APPLICABLE;
    row->row.marks[view_column(VIEW_METRIC, TEXT("den"))] = CELL_NOT_APPLICABLE;
}

static void build_change(struct fake_archive *archive, struct struct_builder change,
                         enum view view, const union any_row *const *rows,
                         uint32_t count)
{
    struct batch_shape shape = {.view = view};
    memset(shape.column, 1, sizeof shape.column);
    if (view == VIEW_METRIC && archive->lacks_a_column)
        shape.column[view_column(VIEW_METRIC, TEXT("unit"))] = false;
    batch_build(change, PSP_CHANGE_UPSERTS_PTR, &shape, archive->names, rows, count,
                archive->revision, net_wall_ms(), (struct text){0});
}

static void build_delta(struct fake_connection *connection, struct struct_builder delta,
                        enum delta_kind kind, const uint32_t *changed, uint32_t count,
                        bool closes)
{
    struct fake_archive *archive = connection->archive;
    union any_row rows[FAKE_ROWS_MAX + 2];
    const union any_row *pointers[FAKE_ROWS_MAX + 2];
    uint32_t row_count = 0;
    for (uint32_t i = 0; i < count; i++)
        fill_metric(archive, changed[i], archive->entity, &rows[row_count++]);
    if (archive->speaks_for_others && kind == DELTA_SNAPSHOT_END && archive->row_count)
        fill_metric(archive, 0, "EVIL", &rows[row_count++]);
    for (uint32_t i = 0; i <= row_count; i++)
        pointers[i] = &rows[i];
    connection->seq += 1 + archive->skips_a_delta;
    archive->skips_a_delta = false;
    builder_set_u64(delta, PSP_DELTA_SEQ_OFF, connection->seq);
    builder_set_u16(delta, PSP_DELTA_KIND_OFF, (uint16_t)kind);
    builder_set_u64(delta, PSP_DELTA_REVISION_OFF, archive->revision);
    bool has_entity = kind == DELTA_SNAPSHOT_END;
    struct list_builder changes =
        builder_structs(delta, PSP_DELTA_CHANGES_PTR, has_entity ? 2 : 1,
                        PSP_CHANGE_DATA_WORDS, PSP_CHANGE_PTRS);
    uint32_t at = 0;
    union any_row entity;
    const union any_row *entity_pointer = &entity;
    if (has_entity) {
        fill_entity(archive, &entity);
        build_change(archive, list_builder_struct(changes, at++), VIEW_ENTITY,
                     &entity_pointer, 1);
        row_drop(archive->names, VIEW_ENTITY, &entity);
    }
    build_change(archive, list_builder_struct(changes, at), VIEW_METRIC, pointers,
                 row_count);
    for (uint32_t i = 0; i < row_count; i++)
        row_drop(archive->names, VIEW_METRIC, &rows[i]);
    if (closes)
        builder_data(delta, PSP_DELTA_RESUME_PTR, &archive->revision,
                     sizeof archive->revision);
}

/* Answers the first waiting next(); false when none waits. */
static bool answer(struct fake_connection *connection, enum delta_kind kind,
                   const uint32_t *changed, uint32_t count, bool closes)
{
    struct struct_builder results;
    if (connection->waiting_count == 0)
        return false;
    ticket call = connection->waiting[0];
    connection->waiting_count--;
    memmove(connection->waiting, connection->waiting + 1,
            connection->waiting_count * sizeof call);
    if (!host_answer_begin(connection->host, call, PSP_WATCH_NEXT_RESULTS_DATA_WORDS,
                           PSP_WATCH_NEXT_RESULTS_PTRS, &results))
        return true;
    struct struct_builder delta =
        builder_struct(results, PSP_WATCH_NEXT_RESULTS_DELTA_PTR, PSP_DELTA_DATA_WORDS,
                       PSP_DELTA_PTRS);
    build_delta(connection, delta, kind, changed, count, closes);
    enum psp_error error = host_answer_end(connection->host, call);
    assert(error == PSP_OK);
    (void)error;
    return true;
}

static void answer_bare(struct fake_connection *connection, enum delta_kind kind)
{
    struct struct_builder results;
    if (connection->waiting_count == 0)
        return;
    ticket call = connection->waiting[0];
    connection->waiting_count--;
    memmove(connection->waiting, connection->waiting + 1,
            connection->waiting_count * sizeof call);
    if (!host_answer_begin(connection->host, call, PSP_WATCH_NEXT_RESULTS_DATA_WORDS,
                           PSP_WATCH_NEXT_RESULTS_PTRS, &results))
        return;
    struct struct_builder delta =
        builder_struct(results, PSP_WATCH_NEXT_RESULTS_DELTA_PTR, PSP_DELTA_DATA_WORDS,
                       PSP_DELTA_PTRS);
    builder_set_u64(delta, PSP_DELTA_SEQ_OFF, ++connection->seq);
    builder_set_u16(delta, PSP_DELTA_KIND_OFF, (uint16_t)kind);
    enum psp_error error = host_answer_end(connection->host, call);
    assert(error == PSP_OK);
    (void)error;
}

static void serve_snapshot(struct fake_connection *connection)
{
    struct fake_archive *archive = connection->archive;
    uint32_t all[FAKE_ROWS_MAX];
    for (uint32_t i = 0; i < archive->row_count; i++)
        all[i] = i;
    uint32_t sent = connection->resumed_rows;
    while (archive->part_rows && archive->row_count - sent > archive->part_rows) {
        if (!answer(connection, DELTA_SNAPSHOT, all + sent, archive->part_rows, false))
            break;
        sent += archive->part_rows;
    }
    connection->resumed_rows = sent;
    if (archive->keeps_snapshot_open && archive->part_rows)
        return;
    if (archive->part_rows && archive->row_count - sent > archive->part_rows)
        return;
    if (answer(connection,
               archive->closes_other_group ? DELTA_UPDATE : DELTA_SNAPSHOT_END,
               all + sent, archive->row_count - sent, true)) {
        connection->needs_snapshot = false;
        connection->resumed_rows = 0;
        connection->told = archive->revision;
        archive->snapshots++;
    }
}

static void serve(struct fake_connection *connection)
{
    struct fake_archive *archive = connection->archive;
    if (!connection->live || connection->waiting_count == 0)
        return;
    if (connection->ended || archive->ends_every_watch) {
        answer_bare(connection, DELTA_ENDED);
        connection->live = false;
    } else if (archive->beats_without_end) {
        while (connection->waiting_count)
            answer_bare(connection, DELTA_HEARTBEAT);
    } else if (connection->needs_snapshot) {
        serve_snapshot(connection);
    } else if (connection->told < archive->revision) {
        uint32_t changed[FAKE_ROWS_MAX], count = 0;
        for (uint32_t i = 0; i < archive->row_count; i++)
            if (archive->rows[i].revision > connection->told)
                changed[count++] = i;
        connection->told = archive->revision;
        archive->updates++;
        answer(connection, DELTA_UPDATE, changed, count, true);
    }
}

/* --- the service ---------------------------------------------------------------------
 */

static int64_t said_clock_ms(const struct fake_archive *archive)
{
    return archive->says_clock_ms ? archive->says_clock_ms
                                  : net_wall_ms() + archive->clock_offset_ms;
}

static struct refusal on_hello(void *user, struct text software, uint16_t protocol,
                               struct identity *identity)
{
    struct fake_archive *archive = ((struct fake_connection *)user)->archive;
    (void)software;
    (void)protocol;
    archive->hellos++;
    *identity = (struct identity){
        .protocol_min = 1, .protocol_max = 1, .clock_ms = said_clock_ms(archive)};
    memcpy(identity->authority, archive->key.public_key, KEY_BYTES);
    return good;
}

static struct refusal on_present(void *user, const struct token *token,
                                 struct text proof_spki, struct text proof_signature,
                                 void **grant, struct grant_info *info)
{
    struct fake_connection *connection = user;
    struct fake_archive *archive = connection->archive;
    struct authority *authority;
    const char *why = "";
    (void)proof_spki;
    (void)proof_signature;
    struct token_policy policy = {
        .authority = archive->key.public_key,
        .epoch = archive->epoch,
        .clock_ms = net_wall_ms() + archive->clock_offset_ms,
        .tls_peer = channel_peer(stream_channel(connection->stream)),
    };
    archive->presents++;
    enum psp_error error = token_verify(token, &policy, &authority, &why);
    if (error != PSP_OK)
        return (struct refusal){error, why};
    authority_free(connection->authority);
    connection->authority = authority;
    memcpy(info->link_id, authority_leaf_id(authority), HASH_BYTES);
    info->rights = authority_rights(authority);
    info->not_before_ms = authority_not_before_ms(authority);
    info->not_after_ms = authority_not_after_ms(authority);
    info->max_rows = authority_max_rows(authority);
    info->clock_ms = said_clock_ms(archive);
    *grant = connection;
    return good;
}

static struct refusal on_pairing(void *user, struct token *token)
{
    struct fake_archive *archive = ((struct fake_connection *)user)->archive;
    archive->pairings++;
    if (archive->is_unpaired)
        return (struct refusal){PSP_UNKNOWN, "not paired"};
    return (struct refusal){token_copy(token, &archive->pairing), NULL};
}

static struct refusal on_watch(void *user, void *grant, const struct query *queries,
                               uint32_t count, struct text resume, void **watch)
{
    struct fake_connection *connection = user;
    uint32_t served = connection->archive->served_views;
    (void)grant;
    for (uint32_t i = 0; served && i < count; i++) {
        enum view view;
        if (!view_by_name(queries[i].view, &view) || !(served & 1u << view))
            return (struct refusal){PSP_DENIED, "a view that is not served"};
    }
    connection->live = true;
    connection->ended = false;
    connection->seq = 0;
    connection->needs_snapshot = connection->archive->forgets_positions ||
                                 resume.length != sizeof connection->told;
    connection->resumed_rows = 0;
    connection->waiting_count = 0;
    if (!connection->needs_snapshot)
        memcpy(&connection->told, resume.bytes, sizeof connection->told);
    *watch = connection;
    return good;
}

static struct refusal on_describe(void *user, void *grant,
                                  struct struct_builder results)
{
    struct fake_archive *archive = ((struct fake_connection *)user)->archive;
    uint32_t count = (uint32_t)__builtin_popcount(archive->served_views), at = 0;
    (void)grant;
    struct list_builder views =
        builder_structs(results, PSP_GRANT_DESCRIBE_RESULTS_VIEWS_PTR, count,
                        PSP_VIEW_INFO_DATA_WORDS, PSP_VIEW_INFO_PTRS);
    for (enum view view = 0; view < VIEW_COUNT; view++)
        if (archive->served_views & 1u << view)
            builder_text(list_builder_struct(views, at++), PSP_VIEW_INFO_NAME_PTR,
                         text_of(view_table(view)->name));
    return good;
}

static struct refusal on_next(void *user, void *watch, uint32_t max_rows,
                              uint32_t max_wait_ms, ticket call)
{
    struct fake_connection *connection = user;
    (void)watch;
    (void)max_rows;
    (void)max_wait_ms;
    connection->archive->nexts++;
    if (!connection->live)
        return (struct refusal){PSP_ENDED, "over"};
    assert(connection->waiting_count < 16);
    connection->waiting[connection->waiting_count++] = call;
    return good;
}

static void on_cancel(void *user, ticket call)
{
    struct fake_connection *connection = user;
    for (uint32_t i = 0; i < connection->waiting_count; i++)
        if (connection->waiting[i] == call) {
            connection->waiting_count--;
            memmove(&connection->waiting[i], &connection->waiting[i + 1],
                    (connection->waiting_count - i) * sizeof call);
            return;
        }
}

static void on_release(void *user, enum host_object kind, void *object)
{
    (void)user;
    (void)kind;
    (void)object;
}

static const struct host_service service = {
    .hello = on_hello,
    .present = on_present,
    .pairing = on_pairing,
    .describe = on_describe,
    .watch = on_watch,
    .next = on_next,
    .cancel = on_cancel,
    .release = on_release,
};

/* --- connections ---------------------------------------------------------------------
 */

static void forget(struct fake_connection *connection)
{
    struct fake_archive *archive = connection->archive;
    for (uint32_t i = 0; i < archive->connection_count; i++)
        if (archive->connections[i] == connection) {
            archive->connections[i] = archive->connections[--archive->connection_count];
            break;
        }
    host_free(connection->host);
    authority_free(connection->authority);
    free(connection);
}

static void on_opened(void *user)
{
    (void)user;
}

static void on_received(void *user, struct buffer *plaintext)
{
    struct fake_connection *connection = user;
    if (connection->archive->interferes &&
        !connection->archive->interferes(connection, plaintext))
        return;
    enum psp_error error = host_receive(connection->host, plaintext);
    if (!connection->has_received)
        connection->archive->first_flight_next = connection->waiting_count;
    connection->has_received = true;
    serve(connection);
    stream_flush(connection->stream);
    if (error != PSP_OK) {
        struct stream *stream = connection->stream;
        forget(connection);
        stream_close(stream);
    }
}

static void on_closed(void *user, enum stream_end end, const char *why)
{
    (void)end;
    (void)why;
    forget(user);
}

static const struct stream_events events = {
    .opened = on_opened, .received = on_received, .closed = on_closed};

static bool admit(void *user, const uint8_t holder[HASH_BYTES])
{
    const struct fake_archive *archive = user;
    uint8_t expected[HASH_BYTES];
    holder_of_key(archive->device, expected);
    return !archive->admits_nobody && memcmp(holder, expected, HASH_BYTES) == 0;
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct fake_archive *archive = listener->data;
    struct fake_connection *connection = calloc(1, sizeof *connection);
    assert(status == 0 && connection &&
           archive->connection_count < FAKE_CONNECTIONS_MAX);
    (void)status;
    archive->dials++;
    connection->archive = archive;
    connection->stream = stream_accept(archive->net, listener, archive->identity, admit,
                                       archive, &events, connection);
    assert(connection->stream);
    connection->host =
        host_new(stream_output(connection->stream), &service, connection);
    assert(connection->host);
    archive->connections[archive->connection_count++] = connection;
}

void fake_archive_pair(struct fake_archive *archive, int64_t window_ms)
{
    struct scope scope = {.views = {.kind = SET_ALL},
                          .rows = {.kind = SET_ALL},
                          .columns = {.kind = SET_ALL}};
    struct link root = {
        .depth = 2,
        .rights = RIGHT_DESCRIBE | RIGHT_HEALTH | RIGHT_READ_ROWS |
                  RIGHT_READ_AGGREGATES | RIGHT_WATCH,
        .not_before_ms = net_wall_ms() + archive->clock_offset_ms - 60000,
        .not_after_ms = net_wall_ms() + archive->clock_offset_ms + window_ms,
        .epoch = archive->epoch,
        .subject = SUBJECT_DELEGATE,
        .scopes = &scope,
        .scope_count = 1,
        .max_rows = TOKEN_ROWS_UNLIMITED,
        .label = TEXT("pairing"),
    };
    memcpy(root.totebox, archive->key.public_key, KEY_BYTES);
    memcpy(root.subject_bytes, archive->device, KEY_BYTES);
    bool random = random_bytes(root.nonce, sizeof root.nonce);
    token_release(&archive->pairing);
    archive->pairing = (struct token){0};
    enum psp_error error = token_append(&archive->pairing, &root, &archive->key);
    assert(random && error == PSP_OK);
    (void)random;
    (void)error;
}

void fake_archive_start(struct fake_archive *archive, struct net *net,
                        const char *entity, const uint8_t device[KEY_BYTES])
{
    struct sockaddr_storage address;
    int length = sizeof address;
    void *at = &address;
    *archive = (struct fake_archive){.net = net, .entity = entity, .epoch = 1};
    memcpy(archive->device, device, KEY_BYTES);
    archive->names = names_new();
    bool good_key = key_pair_generate(&archive->key);
    enum psp_error error = channel_identity_new(&archive->key, &archive->identity);
    assert(archive->names && good_key && error == PSP_OK);
    (void)good_key;
    (void)error;
    fake_archive_pair(archive, 86400000);
    uv_tcp_init(net->loop, &archive->listener);
    archive->listener.data = archive;
    uv_ip4_addr("127.0.0.1", 0, at);
    uv_tcp_bind(&archive->listener, at, 0);
    int status = uv_listen((uv_stream_t *)&archive->listener, 64, on_connection);
    assert(status == 0);
    (void)status;
    uv_tcp_getsockname(&archive->listener, at, &length);
    archive->port = ntohs(((const struct sockaddr_in *)at)->sin_port);
}

void fake_archive_set(struct fake_archive *archive, const char *metric, int64_t value)
{
    uint32_t at = 0;
    while (at < archive->row_count && strcmp(archive->rows[at].metric, metric) != 0)
        at++;
    assert(at < FAKE_ROWS_MAX);
    if (at == archive->row_count)
        archive->row_count++;
    snprintf(archive->rows[at].metric, sizeof archive->rows[at].metric, "%s", metric);
    archive->rows[at].value = value;
    archive->rows[at].revision = ++archive->revision;
    for (uint32_t i = 0; i < archive->connection_count; i++) {
        serve(archive->connections[i]);
        stream_flush(archive->connections[i]->stream);
    }
}

void fake_archive_revoke(struct fake_archive *archive)
{
    archive->epoch++;
    for (uint32_t i = 0; i < archive->connection_count; i++) {
        archive->connections[i]->ended = true;
        serve(archive->connections[i]);
        stream_flush(archive->connections[i]->stream);
    }
}

void fake_archive_hang_up(struct fake_archive *archive)
{
    while (archive->connection_count) {
        struct fake_connection *connection = archive->connections[0];
        struct stream *stream = connection->stream;
        forget(connection);
        stream_close(stream);
    }
}

void fake_archive_stop(struct fake_archive *archive)
{
    fake_archive_hang_up(archive);
    if (!uv_is_closing((uv_handle_t *)&archive->listener))
        uv_close((uv_handle_t *)&archive->listener, NULL);
}

void fake_archive_release(struct fake_archive *archive)
{
    token_release(&archive->pairing);
    channel_identity_free(archive->identity);
    names_free(archive->names);
}
