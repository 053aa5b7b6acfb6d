/* watch_test.c - watches of an archive, seen by callers over memory: no socket, no TLS.
 *
 * The random test keeps a store for each caller and holds it against the index: what a
 * closed group leaves there is what the caller may see of one commit, no more, no less.
 */
#include "tests/totebox/archive_support.h"

#include "core/store.h"
#include "proto/caller.h"
#include "proto/layout.h"
#include "totebox/server.h"

enum { CALLERS = 4, METRICS = 24, STEPS = 6000, WINDOW_MS = 3600000 };

static const char exposure[] = "expose \"all\" {\n"
                               "  to = {\"aggregator\"}\n"
                               "  views = {\"entity\", \"metric\", \"pos\", \"item\"}\n"
                               "  periods = {\"2025\"}\n"
                               "  keys = {\"m*\"}\n"
                               "  granularity = \"item\"\n"
                               "}\n";

struct desk {
    struct office office;
    uv_loop_t loop;
    struct net *net;
    struct server server;
    struct pairing pairing;
    struct key_pair device;
    struct config config;
    struct config_totebox totebox;
    uint64_t random;
    uint64_t postings[512]; /* seq of those that can be corrected */
    uint32_t posting_count;
    int64_t window_ms; /* of leaves, from a second ago on */
};

/* One device's connection, both ends of it. */
struct guest {
    struct desk *desk;
    struct connection *connection; /* NULL: none */
    struct caller *caller;
    struct buffer to_caller, to_host;
    cap grant, watch;
    struct store *store;
    struct set rows;        /* of its leaf, in metric, pos and item */
    uint32_t generation;    /* of its watch: answers to older ones are not looked at */
    uint64_t seq, revision; /* revision: of the store's rows */
    uint32_t pending, snapshots, heartbeats;
    uint8_t resume[256];
    uint32_t resume_length;
    bool is_open, is_snapshot, awaits_snapshot, ended;
    uint64_t group_revision;
};

static int64_t jump_ms; /* of the archive's wall clock */

int64_t __real_net_wall_ms(void);
int64_t __wrap_net_wall_ms(void);
int64_t __wrap_net_wall_ms(void)
{
    return __real_net_wall_ms() + jump_ms;
}

static uint32_t draw(struct desk *desk, uint32_t bound)
{
    desk->random = desk->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((desk->random >> 33) % bound);
}

/* --- the archive ---------------------------------------------------------------------
 */

static void desk_open(struct desk *desk)
{
    memset(desk, 0, sizeof *desk);
    office_open(&desk->office, "ARC", "USD", "", exposure);
    assert_int_equal(uv_loop_init(&desk->loop), 0);
    desk->net = calloc(1, sizeof *desk->net);
    desk->net->loop = &desk->loop;
    assert_true(key_pair_generate(&desk->device));
    struct pairing *pairing = &desk->pairing;
    memcpy(pairing->delegate, desk->device.public_key, KEY_BYTES);
    holder_of_key(desk->device.public_key, pairing->holder);
    pairing->epoch = 1;
    snprintf(pairing->role, sizeof pairing->role, "aggregator");
    snprintf(pairing->label, sizeof pairing->label, "test");
    assert_ok(pairing_sign(pairing, desk->office.archive, net_wall_ms() - 60000,
                           86400000, &desk->office.problem),
              desk->office.problem);
    struct server *server = &desk->server;
    server->net = desk->net;
    server->archive = desk->office.archive;
    struct index_plan plan;
    exposure_plan(server->archive->exposure, &plan);
    assert_ok(index_open(&server->index, server->archive, &plan, LEDGER_READ, INT64_MAX,
                         &desk->office.problem),
              desk->office.problem);
    server->pairings = (struct pairings){pairing, 1};
    server->log = calloc(CHANGE_LOG, sizeof *server->log);
    assert_true(random_bytes(server->boot_id, sizeof server->boot_id));
    assert_ok(audit_open(&server->audit, server->archive, &desk->office.problem),
              desk->office.problem);
    desk->totebox = (struct config_totebox){.entity = "ARC", .name = "ARC"};
    desk->config = (struct config){.toteboxes = &desk->totebox, .totebox_count = 1};
    desk->window_ms = WINDOW_MS;
}

static void desk_close(struct desk *desk)
{
    struct server *server = &desk->server;
    for (uint32_t i = 0; i < server->log_length; i++)
        names_drop(index_names(server->index),
                   server->log[(server->log_start + i) % CHANGE_LOG].key);
    audit_close(server->audit, server->archive);
    index_close(server->index);
    free(server->log);
    assert_int_equal(uv_loop_close(&desk->loop), 0);
    free(desk->net);
    office_close(&desk->office);
}

/* Appended by one index, as by another process, and followed by the server's. */
static void commit(struct desk *desk)
{
    office_commit(&desk->office);
    server_follow_ledger(&desk->server);
}

static void add_metric(struct desk *desk, const char *key, uint32_t value)
{
    char text[16];
    snprintf(text, sizeof text, "%u", value);
    office_add(&desk->office, LINE_METRIC, FIELD_KEY, key, FIELD_START, "2025-01-01",
               FIELD_END, "2025-12-31", FIELD_UNIT, "USD", FIELD_VALUE, text,
               FIELD_NATURE, "flow", FIELD_SCENARIO, "actual", FIELD_BASIS, "own",
               FIELD_QUALITY, "ok", FIELD_COUNT);
}

static void set_metric(struct desk *desk, const char *key, uint32_t value)
{
    add_metric(desk, key, value);
    commit(desk);
}

/* Two legs, the second facing another entity: a row of `item`. */
static void add_posting(struct desk *desk, uint32_t number)
{
    char account[32], amount[16], contra[16];
    snprintf(account, sizeof account, "assets:a%u", number % 7);
    snprintf(amount, sizeof amount, "%u", 1 + number % 9);
    snprintf(contra, sizeof contra, "-%u", 1 + number % 9);
    office_post(&desk->office, "2025-06-30", account, "A", "cash", amount, "USD",
                number % 2 ? "XYZ" : "");
    office_post(&desk->office, "2025-06-30", "equity:x", "Q", "equity.retained", contra,
                "USD", "");
}

/* --- the caller ----------------------------------------------------------------------
 */

static bool is_permitted(const struct guest *guest, enum view view, struct text key)
{
    if (view == VIEW_ENTITY)
        return text_equal(key, TEXT("ARC"));
    return set_contains(&guest->rows, key) &&
           !(view == VIEW_METRIC && text_starts_with(key, TEXT("ARC|h")));
}

static void take_change(struct guest *guest, const struct delta *delta, uint32_t index)
{
    struct batch batch;
    struct list_reader deletes;
    const char *why = "";
    assert_int_equal(delta_change(delta, index, &batch, &deletes, &why), PSP_OK);
    for (uint32_t i = 0; i < batch.row_count; i++) {
        union any_row row;
        assert_true(is_permitted(guest, batch.view, batch_key(&batch, i)));
        assert_int_equal(batch_row(&batch, i, store_names(guest->store), &row, &why),
                         PSP_OK);
        store_upsert(guest->store, 0, batch.view, &row);
    }
    assert_true(deletes.count == 0 || !guest->is_snapshot);
    for (uint32_t i = 0; i < deletes.count; i++) {
        /* Nothing is heard of rows that may not be seen, not even that they went. */
        assert_true(is_permitted(guest, batch.view, list_text(deletes, i)));
        store_delete(guest->store, 0, batch.view, list_text(deletes, i));
    }
}

static void assert_same(struct amount a, struct amount b)
{
    assert_int_equal(a.mark, b.mark);
    if (a.mark == CELL_PRESENT)
        assert_int_equal(decimal_compare(amount_decimal(a), amount_decimal(b)), 0);
}

/* What the store has is what this guest may see of the index now. */
static void assert_up_to_date(const struct guest *guest)
{
    const struct archive_index *index = guest->desk->server.index;
    struct names *names = index_names(index);
    for (enum view view = 0; view < VIEW_LINK; view++) {
        uint32_t count = 0;
        for (const union any_row *row = index_seek(index, view, TEXT("")); row;
             row = index_next(index, view, row)) {
            struct text key = names_text(names, row->row.key);
            if (!is_permitted(guest, view, key))
                continue;
            count++;
            const union any_row *seen = store_find(guest->store, 0, view, key);
            assert_non_null(seen);
            assert_int_equal(seen->row.seq, row->row.seq);
            if (view == VIEW_METRIC)
                assert_same(seen->metric.value, row->metric.value);
            if (view == VIEW_POS)
                assert_same(seen->pos.move, row->pos.move);
        }
        assert_int_equal(store_row_count(guest->store, 0, view), count);
    }
}

static void close_group(struct guest *guest, const struct delta *delta)
{
    store_commit(guest->store, 0, delta->revision);
    guest->is_open = false;
    guest->awaits_snapshot = false;
    assert_true(delta->revision >= guest->revision);
    guest->revision = delta->revision;
    guest->snapshots += guest->is_snapshot;
    assert_in_range(delta->resume.length, 1, sizeof guest->resume);
    memcpy(guest->resume, delta->resume.bytes, delta->resume.length);
    guest->resume_length = delta->resume.length;
    if (delta->revision == index_revision(guest->desk->server.index))
        assert_up_to_date(guest);
}

static void take_group(struct guest *guest, const struct delta *delta)
{
    bool is_snapshot =
        delta->kind == DELTA_SNAPSHOT || delta->kind == DELTA_SNAPSHOT_END;
    if (!guest->is_open) {
        assert_true(is_snapshot || !guest->awaits_snapshot);
        store_begin(guest->store, 0, is_snapshot);
        guest->is_open = true;
        guest->is_snapshot = is_snapshot;
        guest->group_revision = delta->revision;
    }
    assert_int_equal(guest->is_snapshot, is_snapshot);
    assert_int_equal(guest->group_revision, delta->revision);
    for (uint32_t i = 0; i < delta->changes.count; i++)
        take_change(guest, delta, i);
    if (delta->kind == DELTA_SNAPSHOT_END || delta->kind == DELTA_UPDATE)
        close_group(guest, delta);
    else
        assert_int_equal(delta->resume.length, 0);
}

struct asked {
    struct guest *guest;
    uint32_t generation;
};

static void on_next(void *user, const struct answer *answer)
{
    struct asked asked = *(struct asked *)user;
    struct guest *guest = asked.guest;
    free(user);
    if (asked.generation != guest->generation)
        return;
    guest->pending--;
    if (answer->error == PSP_ENDED) {
        guest->ended = true;
        return;
    }
    assert_int_equal(answer->error, PSP_OK);
    struct delta delta;
    const char *why = "";
    assert_int_equal(delta_read(reader_struct(answer->results, 0), &delta, &why),
                     PSP_OK);
    assert_int_equal(delta.seq, ++guest->seq);
    if (delta.kind == DELTA_HEARTBEAT) {
        guest->heartbeats++;
        assert_false(guest->is_open || guest->awaits_snapshot);
        assert_up_to_date(guest);
    } else if (delta.kind == DELTA_RESET) {
        store_abandon(guest->store, 0);
        guest->is_open = false;
        guest->awaits_snapshot = true;
    } else if (delta.kind == DELTA_ENDED) {
        guest->ended = true;
    } else {
        take_group(guest, &delta);
    }
}

/* Carries bytes until neither side has any. */
static void pump(struct guest *guest)
{
    struct connection *connection = guest->connection;
    while (buffer_length(&guest->to_host) || buffer_length(&guest->to_caller)) {
        assert_int_equal(host_receive(connection->host, &guest->to_host), PSP_OK);
        for (struct watch *watch = connection->watches; watch;
             watch = watch_next_in_list(watch))
            watch_serve(watch);
        assert_int_equal(caller_receive(guest->caller, &guest->to_caller), PSP_OK);
    }
}

static void on_good(void *user, const struct answer *answer)
{
    (void)user;
    assert_true(answer->error == PSP_OK || answer->error == PSP_CANCELED ||
                answer->error == PSP_DISCONNECTED);
}

static void mint(const struct guest *guest, struct token *token)
{
    struct desk *desk = guest->desk;
    struct text entity_view = TEXT("entity");
    struct text views[] = {TEXT("item"), TEXT("metric"), TEXT("pos")};
    struct scope scopes[] = {
        {.views = {.kind = SET_NAMES, .names = &entity_view, .count = 1},
         .rows = {.kind = SET_ALL},
         .columns = {.kind = SET_ALL}},
        {.views = {.kind = SET_NAMES, .names = views, .count = 3},
         .rows = guest->rows,
         .columns = {.kind = SET_ALL}},
    };
    struct link leaf = {
        .rights = RIGHT_DESCRIBE | RIGHT_READ_ROWS | RIGHT_WATCH,
        .not_before_ms = net_wall_ms() - 1000,
        .not_after_ms = net_wall_ms() - 1000 + desk->window_ms,
        .subject = SUBJECT_HOLDER,
        .scopes = scopes,
        .scope_count = 2,
        .max_rows = TOKEN_ROWS_UNLIMITED,
    };
    memcpy(leaf.totebox, desk->office.archive->authority.public_key, KEY_BYTES);
    memcpy(leaf.subject_bytes, desk->pairing.holder, HASH_BYTES);
    assert_true(random_bytes(leaf.nonce, sizeof leaf.nonce));
    *token = (struct token){.count = 0};
    assert_int_equal(token_read(desk->pairing.token, desk->pairing.token_length, token),
                     PSP_OK);
    assert_int_equal(token_append(token, &leaf, &desk->device), PSP_OK);
}

static void connect_guest(struct guest *guest)
{
    struct server *server = &guest->desk->server;
    struct connection *connection = calloc(1, sizeof *connection);
    buffer_init(&guest->to_caller);
    buffer_init(&guest->to_host);
    connection->server = server;
    connection->opened = true;
    memcpy(connection->holder, guest->desk->pairing.holder, HASH_BYTES);
    connection->host = host_new(&guest->to_caller, &server_service, connection);
    connection->next = server->connections;
    if (connection->next)
        connection->next->before = connection;
    server->connections = connection;
    server->connection_count++;
    guest->connection = connection;
    guest->caller = caller_new(&guest->to_host);
    guest->grant = guest->watch = 0;
    cap totebox;
    struct token token;
    mint(guest, &token);
    assert_int_equal(caller_bootstrap(guest->caller, &totebox), PSP_OK);
    assert_int_equal(
        caller_present(guest->caller, totebox, &token, on_good, NULL, &guest->grant),
        PSP_OK);
    token_release(&token);
    pump(guest);
}

static void disconnect(struct guest *guest)
{
    guest->generation++;
    caller_free(guest->caller);
    connection_close(guest->connection);
    guest->caller = NULL;
    guest->connection = NULL;
    buffer_release(&guest->to_caller);
    buffer_release(&guest->to_host);
    store_abandon(guest->store, 0);
    guest->is_open = false;
}

/* A new watch from where the last one was; on this connection. */
static void start_watch(struct guest *guest)
{
    static const char *const views[] = {"entity", "item", "metric", "pos"};
    struct query queries[4];
    for (int i = 0; i < 4; i++)
        queries[i] = (struct query){.view = text_of(views[i]),
                                    .rows = {.kind = SET_ALL},
                                    .columns = {.kind = SET_ALL}};
    struct text resume = {(const char *)guest->resume, guest->resume_length};
    cap old = guest->watch;
    guest->generation++;
    store_abandon(guest->store, 0);
    guest->is_open = false;
    guest->awaits_snapshot = resume.length == 0;
    guest->seq = 0;
    guest->pending = 0;
    assert_int_equal(caller_watch(guest->caller, guest->grant, queries, 4, resume,
                                  on_good, NULL, &guest->watch),
                     PSP_OK);
    caller_release(guest->caller, old);
    pump(guest);
}

static void ask(struct guest *guest, uint32_t max_rows)
{
    struct asked *asked = malloc(sizeof *asked);
    *asked = (struct asked){guest, guest->generation};
    guest->pending++;
    assert_int_equal(
        caller_next(guest->caller, guest->watch, max_rows, 100, on_next, asked),
        PSP_OK);
    pump(guest);
}

static void guest_open(struct guest *guest, struct desk *desk, struct set rows)
{
    *guest = (struct guest){.desk = desk, .rows = rows};
    guest->store = store_new(&desk->config);
    assert_non_null(guest->store);
    connect_guest(guest);
    start_watch(guest);
}

static void guest_close(struct guest *guest)
{
    if (guest->connection)
        disconnect(guest);
    store_free(guest->store);
}

/* Asks until there is nothing more to say. */
static void settle(struct guest *guest)
{
    do
        ask(guest, 0);
    while (guest->pending == 0);
    assert_false(guest->is_open || guest->awaits_snapshot);
    assert_up_to_date(guest);
}

/* --- the tests -----------------------------------------------------------------------
 */

static const struct set every_row = {.kind = SET_ALL};

static void watch__moves_by_whole_commits(void **state)
{
    struct desk desk;
    struct guest guest;
    (void)state;
    desk_open(&desk);
    for (uint32_t i = 0; i < 5; i++) {
        char key[8];
        snprintf(key, sizeof key, "m%u", i);
        add_metric(&desk, key, i);
    }
    commit(&desk);
    guest_open(&guest, &desk, every_row);
    ask(&guest, 2);
    assert_true(guest.is_open);
    assert_int_equal(store_total_rows(guest.store), 0);
    set_metric(&desk, "m0", 77); /* between the parts: not in this group */
    ask(&guest, 2);
    ask(&guest, 2);
    assert_false(guest.is_open);
    assert_int_equal(guest.revision, 5);
    ask(&guest, 0);
    assert_int_equal(guest.revision, 6);
    assert_up_to_date(&guest);
    guest_close(&guest);
    desk_close(&desk);
}

static void watch__says_nothing_of_hidden_rows_when_it_is_resumed(void **state)
{
    struct desk desk;
    struct guest guest;
    const struct text mine[] = {TEXT("ARC|m1|2025|actual|own|USD|")};
    struct set rows = {.kind = SET_NAMES, .names = mine, .count = 1};
    (void)state;
    desk_open(&desk);
    set_metric(&desk, "m1", 1);
    guest_open(&guest, &desk, rows);
    ask(&guest, 0);
    assert_int_equal(guest.snapshots, 1);
    disconnect(&guest);
    set_metric(&desk, "hidden", 1); /* by exposure.conf */
    set_metric(&desk, "m2", 1);     /* by the capability */
    set_metric(&desk, "m1", 2);
    connect_guest(&guest);
    start_watch(&guest);
    ask(&guest, 0); /* take_change() looks at each key */
    assert_int_equal(guest.snapshots, 1);
    assert_up_to_date(&guest);
    guest_close(&guest);
    desk_close(&desk);
}

static void watch__does_not_resume_what_another_capability_saw(void **state)
{
    struct desk desk;
    struct guest guest;
    (void)state;
    desk_open(&desk);
    set_metric(&desk, "m1", 1);
    set_metric(&desk, "m2", 1);
    guest_open(&guest, &desk,
               (struct set){.kind = SET_PREFIX, .prefix = TEXT("ARC|m1")});
    ask(&guest, 0);
    assert_int_equal(store_row_count(guest.store, 0, VIEW_METRIC), 1);
    disconnect(&guest);
    guest.rows = (struct set){.kind = SET_PREFIX, .prefix = TEXT("ARC|m")};
    connect_guest(&guest);
    start_watch(&guest);
    ask(&guest, 0);
    ask(&guest, 0);
    assert_int_equal(store_row_count(guest.store, 0, VIEW_METRIC), 2);
    assert_int_equal(guest.snapshots, 2);
    guest_close(&guest);
    desk_close(&desk);
}

static void watch__begins_anew_where_the_log_does_not_reach(void **state)
{
    struct desk desk;
    struct guest guest;
    (void)state;
    desk_open(&desk);
    set_metric(&desk, "m1", 1);
    guest_open(&guest, &desk, every_row);
    ask(&guest, 0);
    disconnect(&guest);
    for (uint32_t round = 0; desk.server.log_length < CHANGE_LOG || round < 2;
         round++) {
        for (uint32_t i = 0; i < 4000; i++) {
            char key[16];
            snprintf(key, sizeof key, "m%u", i);
            add_metric(&desk, key, round);
        }
        commit(&desk);
        if (desk.server.log_since > guest.revision)
            break;
    }
    assert_true(desk.server.log_since > guest.revision);
    connect_guest(&guest);
    start_watch(&guest);
    settle(&guest);
    assert_int_equal(guest.snapshots, 2);
    guest_close(&guest);
    desk_close(&desk);
}

static void watch__ends_at_once_when_it_is_revoked(void **state)
{
    struct desk desk;
    struct guest guest;
    (void)state;
    desk_open(&desk);
    set_metric(&desk, "m1", 1);
    guest_open(&guest, &desk, every_row);
    ask(&guest, 0);
    ask(&guest, 0);
    desk.pairing.epoch = 2; /* as a new pairing would */
    set_metric(&desk, "m1", 2);
    pump(&guest);
    assert_true(guest.ended);
    assert_int_equal(guest.revision, 1); /* no row of the later commit */
    ask(&guest, 0);
    assert_true(guest.ended);
    guest_close(&guest);
    desk_close(&desk);
}

/* How long it took the watch to end, by the clock that does not jump. */
static uint64_t end_after_jump(int64_t ms)
{
    struct desk desk;
    struct guest guest;
    uint32_t number = 1;
    jump_ms = 0;
    desk_open(&desk);
    desk.window_ms = 1300; /* a second of it is over */
    set_metric(&desk, "m1", number);
    guest_open(&guest, &desk, every_row);
    ask(&guest, 0);
    uv_update_time(&desk.loop);
    uint64_t start = uv_now(&desk.loop);
    jump_ms = ms;
    while (!guest.ended && uv_now(&desk.loop) < start + 2000) {
        ask(&guest, 0);
        set_metric(&desk, "m1", ++number);
        pump(&guest);
        uv_update_time(&desk.loop);
    }
    uint64_t took = uv_now(&desk.loop) - start;
    assert_true(guest.ended);
    guest_close(&guest);
    desk_close(&desk);
    jump_ms = 0;
    return took;
}

static void watch__is_not_prolonged_by_a_clock_that_goes_back(void **state)
{
    (void)state;
    assert_in_range(end_after_jump(0), 100, 600);
    assert_in_range(end_after_jump(-3600000), 100, 600);
    assert_in_range(end_after_jump(3600000), 0, 100);
}

static void random_commit(struct desk *desk)
{
    uint32_t lines = 1 + draw(desk, 4);
    bool posted = false;
    for (uint32_t i = 0; i < lines; i++) {
        char key[8];
        uint32_t kind = draw(desk, 10);
        snprintf(key, sizeof key, "%c%u", kind < 2 ? 'h' : 'm', draw(desk, METRICS));
        if (kind < 8 || posted || desk->posting_count + 2 > 512) {
            add_metric(desk, key, draw(desk, 100000));
            continue;
        }
        /* In a commit of their own lines: their place in the ledger is known. */
        posted = true;
        desk->postings[desk->posting_count++] =
            index_revision(desk->server.index) + i + 1;
        add_posting(desk, draw(desk, 100));
        i++;
        lines++;
    }
    commit(desk);
}

static void random_correction(struct desk *desk)
{
    char of[24], contra[24];
    if (desk->posting_count == 0)
        return;
    uint32_t at = draw(desk, desk->posting_count);
    uint64_t seq = desk->postings[at];
    desk->postings[at] = desk->postings[--desk->posting_count];
    snprintf(of, sizeof of, "%llu", (unsigned long long)seq);
    snprintf(contra, sizeof contra, "%llu", (unsigned long long)seq + 1);
    office_add(&desk->office, LINE_CORRECTION, FIELD_OF, of, FIELD_COUNT);
    office_add(&desk->office, LINE_CORRECTION, FIELD_OF, contra, FIELD_COUNT);
    commit(desk);
}

static void random_step(struct desk *desk, struct guest *guest)
{
    uint32_t what = draw(desk, 100);
    if (what < 20) {
        random_commit(desk);
    } else if (what < 24) {
        random_correction(desk);
    } else if (!guest->connection) {
        connect_guest(guest);
        start_watch(guest);
    } else if (what < 80) {
        if (guest->pending < RPC_CREDIT_MAX)
            ask(guest, draw(desk, 3) ? 1 + draw(desk, 6) : 0);
    } else if (what < 86) {
        if (guest->pending < RPC_CREDIT_MAX)
            ask(guest, 0);
        pump(guest); /* up to date, mostly: what waits now waits for a heartbeat */
        if (guest->connection)
            connection_tick(guest->connection, INT64_MAX / 2); /* and it is due */
    } else if (what < 92) {
        start_watch(guest); /* a renewal */
    } else if (what < 95) {
        disconnect(guest);
    }
    if (guest->connection)
        pump(guest);
}

static void
watch__shows_each_caller_what_it_may_see_and_whole_commits_only(void **state)
{
    struct desk *desk = calloc(1, sizeof *desk);
    struct guest guests[CALLERS];
    const struct text names[] = {TEXT("ARC|m1|2025|actual|own|USD|"),
                                 TEXT("ARC|m2|2025|actual|own|USD|")};
    const struct set sights[CALLERS] = {
        {.kind = SET_ALL},
        {.kind = SET_PREFIX, .prefix = TEXT("ARC|m1")},
        {.kind = SET_NAMES, .names = names, .count = 2},
        {.kind = SET_PREFIX, .prefix = TEXT("ARC|")},
    };
    const char *seed = getenv("SEED");
    uint64_t random;
    (void)state;
    desk_open(desk);
    assert_true(random_bytes(&random, sizeof random));
    desk->random = seed ? strtoull(seed, NULL, 10) : random;
    print_message("SEED=%llu\n", (unsigned long long)desk->random);
    for (int i = 0; i < CALLERS; i++)
        guest_open(&guests[i], desk, sights[i]);
    for (int step = 0; step < STEPS; step++)
        random_step(desk, &guests[draw(desk, CALLERS)]);
    uint32_t snapshots = 0, heartbeats = 0;
    for (int i = 0; i < CALLERS; i++) {
        if (!guests[i].connection) {
            connect_guest(&guests[i]);
            start_watch(&guests[i]);
        }
        settle(&guests[i]);
        snapshots += guests[i].snapshots;
        heartbeats += guests[i].heartbeats;
        guest_close(&guests[i]);
    }
    assert_true(snapshots > 4 && heartbeats > 4);
    desk_close(desk);
    free(desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(watch__moves_by_whole_commits),
        cmocka_unit_test(watch__says_nothing_of_hidden_rows_when_it_is_resumed),
        cmocka_unit_test(watch__does_not_resume_what_another_capability_saw),
        cmocka_unit_test(watch__begins_anew_where_the_log_does_not_reach),
        cmocka_unit_test(watch__ends_at_once_when_it_is_revoked),
        cmocka_unit_test(watch__is_not_prolonged_by_a_clock_that_goes_back),
        cmocka_unit_test(
            watch__shows_each_caller_what_it_may_see_and_whole_commits_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
