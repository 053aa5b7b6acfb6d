/* links_storm_test.c - a whole fleet that is away at once: how the links dial then.
 * They are let in and dropped again, so that each dial fails a little later. */
#include "tests/core/link_bench.h"

#include <netinet/in.h>
#include <sys/socket.h>

enum {
    LINKS = 200,
    IN_FLIGHT = 32,
    RATE = 300,
    BURST = 128, /* of links.c, at the start */
    STORM_MS = 8000,
    HELD_MS = 60,
    SLOT_MS = 250,
    SLOTS = STORM_MS / SLOT_MS,
    SETTLED = 1500 / SLOT_MS, /* from then on jitter must have spread them */
};

struct storm {
    struct bench bench;
    uv_tcp_t listener;
    uint64_t start;
    uint32_t open, most_open, dials, dials_in[SLOTS + 1];
};

struct guest {
    uv_tcp_t tcp; /* first */
    uv_timer_t timer;
    struct storm *storm;
    unsigned handles;
};

static void on_guest_closed(uv_handle_t *handle)
{
    struct guest *guest = handle->data;
    if (--guest->handles == 0)
        free(guest);
}

static void drop_guest(uv_timer_t *timer)
{
    struct guest *guest = timer->data;
    guest->storm->open--;
    uv_close((uv_handle_t *)&guest->tcp, on_guest_closed);
    uv_close((uv_handle_t *)&guest->timer, on_guest_closed);
}

static void on_dial(uv_stream_t *listener, int result)
{
    struct storm *storm = listener->data;
    struct guest *guest = calloc(1, sizeof *guest);
    assert_int_equal(result, 0);
    guest->storm = storm;
    guest->handles = 2;
    uv_tcp_init(listener->loop, &guest->tcp);
    uv_timer_init(listener->loop, &guest->timer);
    guest->tcp.data = guest->timer.data = guest;
    assert_int_equal(uv_accept(listener, (uv_stream_t *)&guest->tcp), 0);
    uv_timer_start(&guest->timer, drop_guest, HELD_MS, 0);
    if (++storm->open > storm->most_open)
        storm->most_open = storm->open;
    uint64_t at = (uv_now(listener->loop) - storm->start) / SLOT_MS;
    storm->dials_in[at < SLOTS ? at : SLOTS]++;
    storm->dials++;
}

static void listen_somewhere(struct storm *storm, struct config_totebox *toteboxes)
{
    struct sockaddr_in address;
    int length = sizeof address;
    uv_tcp_init(&storm->bench.loop, &storm->listener);
    storm->listener.data = storm;
    uv_ip4_addr("127.0.0.1", 0, &address);
    assert_int_equal(uv_tcp_bind(&storm->listener, (struct sockaddr *)&address, 0), 0);
    assert_int_equal(uv_listen((uv_stream_t *)&storm->listener, 511, on_dial), 0);
    uv_tcp_getsockname(&storm->listener, (struct sockaddr *)&address, &length);
    for (uint32_t i = 0; i < LINKS; i++)
        toteboxes[i] = (struct config_totebox){.entity = "FAKE",
                                               .name = "FAKE",
                                               .host = "127.0.0.1",
                                               .port = ntohs(address.sin_port),
                                               .group = "",
                                               .path = "",
                                               .pin_count = 1};
}

static void start_links(struct storm *storm, struct config_totebox *toteboxes)
{
    struct bench *bench = &storm->bench;
    struct links_events events = {0};
    bench->config = (struct config){.toteboxes = toteboxes,
                                    .totebox_count = LINKS,
                                    .operator_name = "tester",
                                    .limits = {.handshakes_in_flight = IN_FLIGHT,
                                               .dials_per_second = RATE,
                                               .backoff_base_ms = 250,
                                               .backoff_cap_ms = 15000,
                                               .window_ms = 3600000}};
    bench->store = store_new(&bench->config);
    bench->links = links_new(bench->net, &bench->config, bench->store, bench->identity,
                             &bench->device, &events);
    uv_update_time(&bench->loop);
    storm->start = uv_now(&bench->loop);
    links_start(bench->links);
}

static bool is_over(struct storm *storm)
{
    return uv_now(&storm->bench.loop) >= storm->start + STORM_MS;
}

static void assert_is_orderly(struct storm *storm)
{
    uint32_t most = 0, later = 0, most_later = 0, attempts = 0;
    for (int i = 0; i < SLOTS; i++) {
        most = storm->dials_in[i] > most ? storm->dials_in[i] : most;
        if (i < SETTLED)
            continue;
        later += storm->dials_in[i];
        most_later = storm->dials_in[i] > most_later ? storm->dials_in[i] : most_later;
    }
    for (uint32_t slot = 0; slot < LINKS; slot++) {
        uint32_t of_link = store_status(storm->bench.store, slot)->attempts;
        attempts = of_link > attempts ? of_link : attempts;
        assert_true(of_link >= 2); /* none is forgotten */
    }
    uint32_t mean = later / (SLOTS - SETTLED);
    print_message("%u dials of %d links in %d s: at most %u at a time, %u in %d ms; "
                  "%u by one link; later %u in %d ms at most, %u on average\n",
                  storm->dials, LINKS, STORM_MS / 1000, storm->most_open, most, SLOT_MS,
                  attempts, most_later, SLOT_MS, mean);
    assert_true(storm->most_open <= IN_FLIGHT);
    assert_true(most <= BURST + RATE * SLOT_MS / 1000);
    assert_true(attempts <= 14);              /* ten in half a minute, and luck */
    assert_true(storm->dials <= LINKS * 8);   /* doubling, not hammering */
    assert_true(most_later <= 3 * mean + 10); /* jitter: no second wave */
}

static void links__come_back_spread_out_and_ever_more_rarely(void **state)
{
    static struct config_totebox toteboxes[LINKS];
    static struct storm storm;
    struct bench *bench = &storm.bench;
    uv_timer_t *timer = calloc(1, sizeof *timer);
    (void)state;
    bench_open(bench);
    listen_somewhere(&storm, toteboxes);
    uv_timer_init(&bench->loop, timer);
    uv_timer_start(timer, on_timer, 5, 5);
    start_links(&storm, toteboxes);
    while (!is_over(&storm))
        uv_run(&bench->loop, UV_RUN_ONCE);
    assert_is_orderly(&storm);
    uv_close((uv_handle_t *)timer, (uv_close_cb)free);
    uv_close((uv_handle_t *)&storm.listener, NULL);
    bench_close(bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(links__come_back_spread_out_and_ever_more_rarely),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
