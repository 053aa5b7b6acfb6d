/* serve_hostile_test.c - `totebox serve` and peers that are paired and greedy, or
 * strangers and many; and what becomes of positions when exposure.conf changes. */
#include "tests/totebox/serve_bench.h"

#include <sys/resource.h>

#include "proto/caller.h"

enum { READS = 240 };

/* A paired device that asks and does not read. */
struct glutton {
    struct bench *bench;
    struct stream *stream;
    struct caller *caller;
    struct token pairing;
    cap totebox, grant;
    uint32_t answers, rows, refusals;
    bool granted, closed;
};

static void on_opened(void *user)
{
    (void)user;
}

static void on_received(void *user, struct buffer *plaintext)
{
    struct glutton *glutton = user;
    assert_int_equal(caller_receive(glutton->caller, plaintext), PSP_OK);
}

static void on_closed(void *user, enum stream_end end, const char *why)
{
    struct glutton *glutton = user;
    (void)end;
    (void)why;
    glutton->stream = NULL;
    glutton->closed = true;
}

static const struct stream_events glutton_events = {
    .opened = on_opened, .received = on_received, .closed = on_closed};

static void on_grant(void *user, const struct answer *answer)
{
    struct glutton *glutton = user;
    glutton->granted = answer->error == PSP_OK;
}

static void on_pairing(void *user, const struct answer *answer)
{
    struct glutton *glutton = user;
    struct bench *bench = glutton->bench;
    struct link_arena *arena = malloc(sizeof *arena);
    struct link root;
    assert_int_equal(answer->error, PSP_OK);
    assert_int_equal(token_take(reader_struct(answer->results, 0), &glutton->pairing),
                     PSP_OK);
    assert_int_equal(link_decode(glutton->pairing.link[0].body,
                                 glutton->pairing.link[0].length, arena, &root),
                     PSP_OK);
    struct scope all = {.views = {.kind = SET_ALL},
                        .rows = {.kind = SET_ALL},
                        .columns = {.kind = SET_ALL}};
    struct link leaf = {
        .rights = RIGHT_READ_ROWS,
        .not_before_ms = net_wall_ms() - 1000,
        .not_after_ms = net_wall_ms() + 600000,
        .subject = SUBJECT_HOLDER,
        .scopes = &all,
        .scope_count = 1,
        .max_rows = TOKEN_ROWS_UNLIMITED,
    };
    memcpy(leaf.totebox, root.totebox, KEY_BYTES);
    holder_of_key(bench->device.public_key, leaf.subject_bytes);
    assert_int_equal(token_append(&glutton->pairing, &leaf, &bench->device), PSP_OK);
    assert_int_equal(caller_present(glutton->caller, glutton->totebox,
                                    &glutton->pairing, on_grant, glutton,
                                    &glutton->grant),
                     PSP_OK);
    free(arena);
}

static struct glutton *the_glutton; /* for the conditions of run_until */

static bool is_granted(struct bench *bench)
{
    (void)bench;
    return the_glutton->granted;
}
static bool is_closed(struct bench *bench)
{
    (void)bench;
    return the_glutton->closed;
}
static bool has_all(struct bench *bench)
{
    (void)bench;
    return the_glutton->answers == READS;
}

static void on_page(void *user, const struct answer *answer)
{
    struct glutton *glutton = user;
    struct batch batch;
    const char *why;
    if (answer->error == PSP_DISCONNECTED)
        return;
    glutton->answers++;
    if (answer->error != PSP_OK) {
        glutton->refusals++;
        return;
    }
    assert_int_equal(batch_open(reader_struct(answer->results, 0), &batch, &why),
                     PSP_OK);
    glutton->rows += batch.row_count;
}

/* Links of `bench` are open: their loop and identity are used. */
static void glutton_open(struct glutton *glutton, struct bench *bench)
{
    *glutton = (struct glutton){.bench = bench};
    the_glutton = glutton;
    glutton->stream = stream_dial(
        bench->net, bench->identity, (const uint8_t(*)[HASH_BYTES])bench->totebox.pins,
        1, "127.0.0.1", bench->totebox.port, &glutton_events, glutton);
    glutton->caller = caller_new(stream_output(glutton->stream));
    assert_int_equal(caller_bootstrap(glutton->caller, &glutton->totebox), PSP_OK);
    assert_int_equal(
        caller_pairing(glutton->caller, glutton->totebox, on_pairing, glutton), PSP_OK);
    stream_flush(glutton->stream);
    assert_true(run_until(bench, is_granted) >= 0);
}

static void glutton_close(struct glutton *glutton)
{
    stream_close(glutton->stream);
    glutton->stream = NULL;
    caller_free(glutton->caller);
    token_release(&glutton->pairing);
}

static void ask_for_much(struct glutton *glutton)
{
    struct query query = {.view = TEXT("metric"),
                          .rows = {.kind = SET_ALL},
                          .columns = {.kind = SET_ALL}};
    stream_pause(glutton->stream);
    for (int i = 0; i < READS; i++)
        assert_int_equal(
            caller_read(glutton->caller, glutton->grant, &query, on_page, glutton),
            PSP_OK);
    stream_flush(glutton->stream);
}

static void turn_for(struct bench *bench, uint64_t ms)
{
    uv_timer_t *timer = calloc(1, sizeof *timer);
    uv_timer_init(&bench->loop, timer);
    uv_timer_start(timer, on_timer, 2, 2);
    uv_update_time(&bench->loop);
    uint64_t end = uv_now(&bench->loop) + ms;
    while (uv_now(&bench->loop) < end)
        uv_run(&bench->loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)timer, (uv_close_cb)free);
}

static long resident_kib(pid_t process)
{
    char path[64];
    long pages = 0;
    snprintf(path, sizeof path, "/proc/%d/statm", (int)process);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%*d %ld", &pages), 1);
    fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static void serve__keeps_little_for_a_peer_that_does_not_read(void **state)
{
    struct bench bench;
    struct glutton glutton;
    (void)state;
    archive_make(&bench);
    append_metrics(&bench, 1000, "5");
    server_start(&bench, "127.0.0.1:0");
    links_open(&bench);
    assert_true(run_until(&bench, is_live) >= 0);
    glutton_open(&glutton, &bench);
    long before = resident_kib(bench.server);
    ask_for_much(&glutton);
    turn_for(&bench, 1000);
    print_message("%ld KiB for a peer that does not read\n",
                  resident_kib(bench.server) - before);
#ifndef __SANITIZE_ADDRESS__ /* which keeps what was freed */
    assert_true(resident_kib(bench.server) - before < 6000);
#endif
    assert_true(is_live(&bench)); /* and others are served as ever */
    append_metrics(&bench, 1, "7");
    assert_in_range(run_until(&bench, has_seven), 0, 1000);
    stream_resume(glutton.stream); /* every answer comes, once it reads */
    assert_true(run_until(&bench, has_all) >= 0);
    assert_int_equal(glutton.refusals, 0);
    glutton_close(&glutton);
    bench_close(&bench);
}

static void serve__sends_nothing_any_more_to_a_device_that_was_revoked(void **state)
{
    struct bench bench;
    struct glutton glutton;
    (void)state;
    archive_make(&bench);
    append_metrics(&bench, 1000, "5");
    server_start(&bench, "127.0.0.1:0");
    links_open(&bench);
    assert_true(run_until(&bench, is_live) >= 0);
    glutton_open(&glutton, &bench);
    ask_for_much(&glutton);
    turn_for(&bench, 500);
    const char *revoke[] = {"totebox", "revoke", archive_folder(&bench), "--all", NULL};
    must_run(revoke);
    turn_for(&bench, 500);
    stream_resume(glutton.stream);
    assert_true(run_until(&bench, is_closed) >= 0);
    print_message("%u of %u answers had left\n", glutton.answers, READS);
    assert_in_range(glutton.answers, 0, READS - 1);
    glutton_close(&glutton);
    bench_close(&bench);
}

static bool has_no_m1(struct bench *bench)
{
    return is_live(bench) && metric(bench, "m1") == -1;
}

static void serve__takes_away_what_is_exposed_no_more(void **state)
{
    struct bench bench;
    (void)state;
    archive_make(&bench);
    append_metrics(&bench, 3, "5");
    server_start(&bench, "127.0.0.1:0");
    links_open(&bench);
    assert_true(run_until(&bench, is_live) >= 0);
    file_write_string(folder_file(&bench.folder, "a/exposure.conf"),
                      "expose \"all\" {\n"
                      "  to = {\"aggregator\"}\n"
                      "  views = {\"entity\", \"metric\"}\n"
                      "  keys = {\"m2\"}\n"
                      "}\n");
    kill(bench.server, SIGHUP);
    assert_true(run_until(&bench, has_no_m1) >= 0);
    assert_int_equal(metric(&bench, "m2"), 5);
    assert_int_equal(store_row_count(bench.store, 0, VIEW_METRIC), 1);
    bench_close(&bench);
}

/* Half-open connections fill every place there is for handshakes. */
static void serve__lets_a_device_in_past_strangers_that_say_nothing(void **state)
{
    struct bench bench;
    struct sockaddr_in address;
    int silent[200];
    (void)state;
    archive_make(&bench);
    append_metrics(&bench, 3, "5");
    server_start(&bench, "127.0.0.1:0");
    uv_ip4_addr("127.0.0.1",
                (int)strtoul(strrchr(server_address(&bench), ':') + 1, NULL, 10),
                &address);
    for (int i = 0; i < 200; i++) {
        silent[i] = socket(AF_INET, SOCK_STREAM, 0);
        assert_int_equal(
            connect(silent[i], (struct sockaddr *)&address, sizeof address), 0);
    }
    links_open(&bench);
    assert_in_range(run_until(&bench, is_live), 0, 4000);
    for (int i = 0; i < 200; i++)
        close(silent[i]);
    bench_close(&bench);
}

static void serve__comes_back_from_having_no_descriptor_left(void **state)
{
    struct bench bench;
    struct sockaddr_in address;
    int silent[60];
    struct rlimit limit, few = {40, 40};
    (void)state;
    archive_make(&bench);
    append_metrics(&bench, 3, "5");
    server_start(&bench, "127.0.0.1:0");
    assert_int_equal(prlimit(bench.server, RLIMIT_NOFILE, &few, &limit), 0);
    links_open(&bench);
    assert_true(run_until(&bench, is_live) >= 0);
    uv_ip4_addr("127.0.0.1", bench.totebox.port, &address);
    for (int i = 0; i < 60; i++) {
        silent[i] = socket(AF_INET, SOCK_STREAM, 0);
        assert_int_equal(
            connect(silent[i], (struct sockaddr *)&address, sizeof address), 0);
    }
    append_metrics(&bench, 1, "7");
    assert_in_range(run_until(&bench, has_seven), 0, 1000); /* old ones are kept */
    for (int i = 0; i < 60; i++)
        close(silent[i]);
    turn_for(&bench, 2500);
    links_ask_again(bench.links, 0);
    assert_true(run_until(&bench, is_live) >= 0);
    bench_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(serve__keeps_little_for_a_peer_that_does_not_read),
        cmocka_unit_test(serve__sends_nothing_any_more_to_a_device_that_was_revoked),
        cmocka_unit_test(serve__takes_away_what_is_exposed_no_more),
        cmocka_unit_test(serve__lets_a_device_in_past_strangers_that_say_nothing),
        cmocka_unit_test(serve__comes_back_from_having_no_descriptor_left),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
