#include "tests/interop/bench.h"

#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATIENCE_MS = 15000 };

static void on_row(void *user, uint32_t slot, enum view view,
                   const union any_row *before, const union any_row *after)
{
    struct bench *bench = user;
    (void)slot;
    (void)before;
    *(after ? &bench->upserts : &bench->deletes) += 1;
    if (view != VIEW_METRIC || !after || bench->seen_count == 4096)
        return;
    if (strcmp(names_string(store_names(bench->store), after->metric.metric), "n") == 0)
        bench->seen[bench->seen_count++] =
            (int64_t)amount_decimal(after->metric.value).coefficient;
}

static void on_rows(void *user, uint32_t slot, enum view view)
{
    struct bench *bench = user;
    (void)slot;
    (void)view;
    bench->groups++;
}

void bench_open(struct bench *bench)
{
    memset(bench, 0, sizeof *bench);
    assert_int_equal(uv_loop_init(&bench->loop), 0);
    bench->net = calloc(1, sizeof *bench->net);
    assert_non_null(bench->net);
    bench->net->loop = &bench->loop;
    assert_true(key_pair_generate(&bench->device));
    assert_int_equal(channel_identity_new(&bench->device, &bench->identity), PSP_OK);
    bench->config.toteboxes = bench->toteboxes;
    bench->config.operator_name = "tester";
    bench->config.limits.handshakes_in_flight = BENCH_SLOTS;
    bench->config.limits.dials_per_second = 2000;
    bench->config.limits.backoff_base_ms = 20;
    bench->config.limits.backoff_cap_ms = 200;
    bench->config.limits.window_ms = 3600000;
}

void bench_add(struct bench *bench, const char *entity, uint16_t port,
               const uint8_t authority[32])
{
    struct config_totebox *totebox = &bench->toteboxes[bench->config.totebox_count++];
    char *copy = strdup(entity);
    assert_non_null(copy);
    totebox->entity = totebox->name = copy;
    totebox->host = "127.0.0.1";
    totebox->port = port;
    totebox->group = totebox->path = "";
    holder_of_key(authority, totebox->pins[0]);
    totebox->pin_count = 1;
}

void bench_start(struct bench *bench)
{
    struct store_listener listener = {
        .row_changed = on_row, .rows_changed = on_rows, .user = bench};
    struct links_events events = {.changed = NULL};
    bench->store = store_new(&bench->config);
    assert_non_null(bench->store);
    store_listen(bench->store, &listener);
    bench->links = links_new(bench->net, &bench->config, bench->store, bench->identity,
                             &bench->device, &events);
    assert_non_null(bench->links);
    links_start(bench->links);
}

void bench_close(struct bench *bench)
{
    links_close(bench->links, NULL, NULL);
    uv_run(&bench->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&bench->loop), 0);
    store_free(bench->store);
    for (size_t i = 0; i < bench->config.totebox_count; i++)
        free((void *)(uintptr_t)bench->toteboxes[i].entity);
    channel_identity_free(bench->identity);
    free(bench->net);
}

static void on_timer(uv_timer_t *timer)
{
    (void)timer;
}

static bool turn_until(struct bench *bench, bench_condition *is_so, uint64_t ms)
{
    uv_timer_t *timer = calloc(1, sizeof *timer);
    assert_non_null(timer);
    uv_timer_init(&bench->loop, timer);
    uv_timer_start(timer, on_timer, 5, 5);
    uint64_t end = uv_now(&bench->loop) + ms;
    bool so;
    while (!(so = is_so && is_so(bench)) && uv_now(&bench->loop) < end)
        uv_run(&bench->loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)timer, (uv_close_cb)free);
    return so;
}

void bench_await(struct bench *bench, bench_condition *is_so)
{
    if (!turn_until(bench, is_so, PATIENCE_MS))
        fail_msg("waited in vain; the link is %s: %s",
                 link_state_name(bench_status(bench)->state),
                 bench_status(bench)->reason);
}

void bench_idle(struct bench *bench, uint64_t ms)
{
    turn_until(bench, NULL, ms);
}

struct link_status *bench_status(struct bench *bench)
{
    return store_status(bench->store, 0);
}

bool bench_is_live(struct bench *bench)
{
    return bench_status(bench)->state == LINK_LIVE;
}

bool bench_is_down(struct bench *bench)
{
    enum link_state state = bench_status(bench)->state;
    return state == LINK_REFUSED || state == LINK_BACKING_OFF;
}

/* A cell as text: a number, a string, or "!" and its mark. */
static void write_cell(const struct names *names, const struct column *column,
                       const union any_row *row, uint8_t mark, char text[512])
{
    const char *at = (const char *)row + column->offset;
    struct amount amount = {0};
    name_id name;
    int64_t number;
    if (column->type == COLUMN_DECIMAL)
        memcpy(&amount, at, sizeof amount);
    if (mark || amount.mark) {
        snprintf(text, 512, "!%d", mark ? mark : amount.mark);
    } else if (column->type == COLUMN_DECIMAL) {
        decimal_write(decimal_trim(amount_decimal(amount)), text);
    } else if (column->type == COLUMN_TEXT) {
        memcpy(&name, at, sizeof name);
        snprintf(text, 512, "%s", names_string(names, name));
    } else {
        memcpy(&number, at, sizeof number);
        snprintf(text, 512, "%lld", (long long)number);
    }
}

const char *bench_metric(struct bench *bench, const char *name)
{
    static char text[512];
    char key[256];
    int value = view_column(VIEW_METRIC, TEXT("value"));
    snprintf(key, sizeof key, "%s|%s|2025|actual|own|USD|", bench->toteboxes[0].entity,
             name);
    const union any_row *row = store_find(bench->store, 0, VIEW_METRIC, text_of(key));
    if (!row)
        return "";
    write_cell(store_names(bench->store), &view_table(VIEW_METRIC)->columns[value], row,
               row->row.marks[value], text);
    return text;
}

void bench_hash(struct bench *bench, uint32_t slot, uint8_t hash[HASH_BYTES])
{
    struct hasher hasher;
    char text[512];
    hasher_init(&hasher);
    for (enum view view = 0; view < VIEW_COUNT; view++)
        for (uint32_t i = 0; i < store_row_count(bench->store, slot, view); i++) {
            const union any_row *row = store_row(bench->store, slot, view, i);
            const struct view_table *table = view_table(view);
            struct text key = names_text(store_names(bench->store), row->row.key);
            hasher_update(&hasher, key.bytes, key.length);
            for (uint32_t c = 0; c < table->column_count; c++) {
                write_cell(store_names(bench->store), &table->columns[c], row,
                           row->row.marks[c], text);
                hasher_update(&hasher, text, strlen(text) + 1);
            }
        }
    hasher_finish(&hasher, hash);
}
