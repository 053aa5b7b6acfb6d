/* link_bench.h - one link and an archive in the same process, for the tests of links.
 */
#ifndef TESTS_CORE_LINK_BENCH_H
#define TESTS_CORE_LINK_BENCH_H

#include "tests/support/cmocka_all.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/links.h"
#include "tests/support/fake_archive.h"

enum { PATIENCE_MS = 8000 };

struct bench {
    uv_loop_t loop;
    struct net *net;
    struct key_pair device;
    struct channel_identity *identity;
    struct fake_archive archive;
    struct config config;
    struct config_totebox totebox;
    struct store *store;
    struct links *links;
    char token_path[64];
    int64_t seen[256]; /* values of metric "n", in order of arrival */
    uint32_t seen_count;
};

static inline void on_row(void *user, uint32_t slot, enum view view,
                          const union any_row *before, const union any_row *after)
{
    struct bench *bench = user;
    (void)slot;
    (void)before;
    if (view != VIEW_METRIC || !after || bench->seen_count == 256)
        return;
    if (strcmp(names_string(store_names(bench->store), after->metric.metric), "n") == 0)
        bench->seen[bench->seen_count++] =
            (int64_t)amount_decimal(after->metric.value).coefficient;
}

static inline void on_timer(uv_timer_t *timer)
{
    (void)timer;
}

/* Runs the loop until `is_so`, at most PATIENCE_MS; a timer keeps it turning. */
static inline bool run_until(struct bench *bench, bool (*is_so)(struct bench *bench))
{
    uv_timer_t *timer = calloc(1, sizeof *timer);
    uv_timer_init(&bench->loop, timer);
    uv_timer_start(timer, on_timer, 5, 5);
    uint64_t end = uv_now(&bench->loop) + PATIENCE_MS;
    while (!is_so(bench) && uv_now(&bench->loop) < end)
        uv_run(&bench->loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)timer, (uv_close_cb)free);
    return is_so(bench);
}

static inline struct link_status *status(struct bench *bench)
{
    return store_status(bench->store, 0);
}

static inline bool is_live(struct bench *bench)
{
    return status(bench)->state == LINK_LIVE;
}
static inline bool is_refused(struct bench *bench)
{
    return status(bench)->state == LINK_REFUSED;
}
static inline bool is_backing_off(struct bench *bench)
{
    return status(bench)->state == LINK_BACKING_OFF;
}

static inline void bench_open(struct bench *bench)
{
    memset(bench, 0, sizeof *bench);
    assert_int_equal(uv_loop_init(&bench->loop), 0);
    bench->net = calloc(1, sizeof *bench->net);
    bench->net->loop = &bench->loop;
    assert_true(key_pair_generate(&bench->device));
    assert_int_equal(channel_identity_new(&bench->device, &bench->identity), PSP_OK);
    fake_archive_start(&bench->archive, bench->net, "FAKE", bench->device.public_key);
    fake_archive_set(&bench->archive, "noi", 450000);
}

/* Configuration and links; what the test wants otherwise it has set before. */
static inline void bench_start(struct bench *bench)
{
    bench->totebox.entity = bench->totebox.name = "FAKE";
    bench->totebox.host = "127.0.0.1";
    if (!bench->totebox.port)
        bench->totebox.port = bench->archive.port;
    bench->totebox.group = bench->totebox.path = "";
    if (!bench->totebox.pin_count) {
        holder_of_key(bench->archive.key.public_key, bench->totebox.pins[0]);
        bench->totebox.pin_count = 1;
    }
    bench->config.toteboxes = &bench->totebox;
    bench->config.totebox_count = 1;
    bench->config.operator_name = "tester";
    bench->config.limits.handshakes_in_flight = 16;
    bench->config.limits.dials_per_second = 100;
    bench->config.limits.backoff_base_ms = 20;
    bench->config.limits.backoff_cap_ms = 200;
    if (!bench->config.limits.window_ms)
        bench->config.limits.window_ms = 3600000;
    bench->store = store_new(&bench->config);
    assert_non_null(bench->store);
    struct store_listener listener = {.row_changed = on_row, .user = bench};
    store_listen(bench->store, &listener);
    struct links_events events = {0};
    bench->links = links_new(bench->net, &bench->config, bench->store, bench->identity,
                             &bench->device, &events);
    assert_non_null(bench->links);
    links_start(bench->links);
}

static inline void bench_close(struct bench *bench)
{
    links_close(bench->links, NULL, NULL);
    fake_archive_stop(&bench->archive);
    uv_run(&bench->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&bench->loop), 0);
    fake_archive_release(&bench->archive);
    store_free(bench->store);
    channel_identity_free(bench->identity);
    free(bench->net);
}

static inline int64_t value_of(struct bench *bench, const char *key)
{
    const union any_row *row = store_find(bench->store, 0, VIEW_METRIC, text_of(key));
    assert_non_null(row);
    return (int64_t)amount_decimal(row->metric.value).coefficient;
}

#endif
