/* serve_hostile_test.c - `totebox serve` and peers that are paired and greedy, or
 * strangers and many; and what becomes of positions when exposure.conf changes. */
#include "tests/totebox/serve_peer.h"

#include <sys/resource.h>

#include "proto/layout.h"
#include "proto/rpc_message.h"

enum { READS = 240 };

/* A paired device that asks and does not read. */
struct glutton {
    struct peer peer;
    uint32_t answers, rows, refusals;
};

static struct glutton *the_glutton; /* for the conditions of run_until */

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

static void glutton_open(struct glutton *glutton, struct bench *bench)
{
    memset(glutton, 0, sizeof *glutton);
    the_glutton = glutton;
    peer_open(&glutton->peer, bench, bench->identity);
    struct token token = peer_token(&glutton->peer, peer_leaf(&glutton->peer, 600000));
    assert_int_equal(peer_present(&glutton->peer, &token, NULL), PSP_OK);
    token_release(&token);
}

static void ask_for_much(struct glutton *glutton)
{
    struct query query = {.view = TEXT("metric"),
                          .rows = {.kind = SET_ALL},
                          .columns = {.kind = SET_ALL}};
    stream_pause(glutton->peer.stream);
    for (int i = 0; i < READS; i++)
        assert_int_equal(caller_read(glutton->peer.caller, glutton->peer.grant, &query,
                                     on_page, glutton),
                         PSP_OK);
    stream_flush(glutton->peer.stream);
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
    stream_resume(glutton.peer.stream); /* every answer comes, once it reads */
    assert_true(run_until(&bench, has_all) >= 0);
    assert_int_equal(glutton.refusals, 0);
    peer_close(&glutton.peer);
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
    stream_resume(glutton.peer.stream);
    assert_true(run_until(&bench, peer_is_closed) >= 0);
    print_message("%u of %u answers had left\n", glutton.answers, READS);
    assert_in_range(glutton.answers, 0, READS - 1);
    peer_close(&glutton.peer);
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

/* Sends bytes as they are; the archive may be gone before the last. */
static void say(struct peer *peer, const void *bytes, size_t length)
{
    if (!peer->stream)
        return;
    assert_true(buffer_append(stream_output(peer->stream), bytes, length));
    stream_flush(peer->stream);
}

static void serve__takes_no_message_over_1_mib(void **state)
{
    /* 200000 words are announced, which the protocol allows and no call needs. */
    static const uint8_t head[8] = {0, 0, 0, 0, 0x40, 0x0d, 0x03, 0};
    static uint8_t zero[64 * 1024];
    struct bench bench;
    struct glutton glutton;
    (void)state;
    archive_make(&bench);
    append_metrics(&bench, 3, "5");
    server_start(&bench, "127.0.0.1:0");
    links_open(&bench);
    assert_true(run_until(&bench, is_live) >= 0);
    glutton_open(&glutton, &bench);
    long before = resident_kib(bench.server);
    say(&glutton.peer, head, sizeof head);
    for (int i = 0; i < 24 && !glutton.peer.closed; i++) {
        say(&glutton.peer, zero, sizeof zero);
        turn_for(&bench, 10);
    }
    assert_true(run_until(&bench, peer_is_closed) >= 0);
    assert_non_null(strstr(glutton.peer.abort, "over a limit"));
#ifndef __SANITIZE_ADDRESS__
    assert_true(resident_kib(bench.server) - before < 4096);
#endif
    (void)before;
    assert_true(is_live(&bench));
    peer_close(&glutton.peer);
    bench_close(&bench);
}

/* A device that comes ever again does not take the places of the others. */
static void serve__gives_one_device_32_connections(void **state)
{
    enum { TRIES = 40, PLACES = 32 };
    struct bench bench;
    struct peer peer[TRIES];
    uint32_t open = 0, refused = 0;
    (void)state;
    archive_make(&bench);
    append_metrics(&bench, 3, "5");
    server_start(&bench, "127.0.0.1:0");
    links_open(&bench);
    assert_true(run_until(&bench, is_live) >= 0);
    for (int i = 0; i < TRIES; i++)
        peer_dial(&peer[i], &bench, bench.identity);
    turn_for(&bench, 1000);
    for (int i = 0; i < TRIES; i++) {
        open += peer[i].has_pairing && !peer[i].closed;
        refused += peer[i].closed && strstr(peer[i].abort, "over a limit");
        peer_close(&peer[i]);
    }
    assert_int_equal(open, PLACES - 1); /* the link has one */
    assert_int_equal(refused, TRIES - PLACES + 1);
    assert_true(is_live(&bench));
    peer_open(&peer[0], &bench, bench.identity); /* and they are free again */
    peer_close(&peer[0]);
    bench_close(&bench);
}

static void on_watch(void *user, const struct answer *answer)
{
    uint32_t *refused = user;
    *refused += answer->error == PSP_LIMIT;
    assert_true(answer->error == PSP_OK || answer->error == PSP_LIMIT ||
                answer->error == PSP_DISCONNECTED);
}

static void serve__keeps_little_for_watches_that_are_never_asked(void **state)
{
    struct bench bench;
    struct glutton glutton;
    struct query query = {.view = TEXT("metric"),
                          .rows = {.kind = SET_ALL},
                          .columns = {.kind = SET_ALL}};
    uint32_t refused = 0;
    char value[16];
    cap watch;
    (void)state;
    archive_make(&bench);
    append_metrics(&bench, 200, "5");
    server_start(&bench, "127.0.0.1:0");
    links_open(&bench);
    assert_true(run_until(&bench, is_live) >= 0);
    glutton_open(&glutton, &bench);
    long before = resident_kib(bench.server);
    for (int i = 0; i < RPC_WATCHES_MAX + 1; i++)
        assert_int_equal(caller_watch(glutton.peer.caller, glutton.peer.grant, &query,
                                      1, (struct text){0}, on_watch, &refused, &watch),
                         PSP_OK);
    stream_flush(glutton.peer.stream);
    for (int i = 0; i < 30; i++) {
        snprintf(value, sizeof value, "%d", 10 + i);
        append_metrics(&bench, 200, value);
        turn_for(&bench, 5);
    }
    print_message("%ld KiB for 64 watches without credit, 6000 changes\n",
                  resident_kib(bench.server) - before);
#ifndef __SANITIZE_ADDRESS__
    assert_true(resident_kib(bench.server) - before < 8192);
#endif
    assert_int_equal(refused, 1); /* the 65th */
    append_metrics(&bench, 1, "7");
    assert_in_range(run_until(&bench, has_seven), 0, 1000);
    peer_close(&glutton.peer);
    bench_close(&bench);
}

static bool flood_bootstrap(struct buffer *output, uint32_t question)
{
    struct builder builder;
    struct struct_builder bootstrap =
        rpc_message_open(&builder, output, RPC_MESSAGE_BOOTSTRAP_TAG,
                         RPC_BOOTSTRAP_DATA_WORDS, RPC_BOOTSTRAP_PTRS);
    builder_set_u32(bootstrap, RPC_BOOTSTRAP_QUESTION_ID_OFF, question);
    return builder_close(&builder, NULL) == PSP_OK;
}

/* A caller that keeps the rules asks no more than 256 questions: this one does not. */
static void serve__leaves_whoever_floods_it_with_questions(void **state)
{
    struct bench bench;
    struct glutton glutton;
    struct buffer flood;
    (void)state;
    archive_make(&bench);
    append_metrics(&bench, 3, "5");
    server_start(&bench, "127.0.0.1:0");
    links_open(&bench);
    assert_true(run_until(&bench, is_live) >= 0);
    glutton_open(&glutton, &bench);
    buffer_init(&flood);
    for (uint32_t i = 0; i < 2000; i++)
        assert_true(flood_bootstrap(&flood, 1000 + i));
    say(&glutton.peer, buffer_bytes(&flood), buffer_length(&flood));
    assert_true(run_until(&bench, peer_is_closed) >= 0);
    assert_true(glutton.peer.over_limit);
    assert_true(is_live(&bench));
    buffer_release(&flood);
    peer_close(&glutton.peer);
    bench_close(&bench);
}

/* Handshakes that fail cost: their network is turned away, and no other. */
static void serve__turns_away_a_network_whose_handshakes_fail(void **state)
{
    enum { TRIES = 60 };
    struct bench bench;
    struct sockaddr_in to, from;
    uint32_t heard = 0;
    (void)state;
    archive_make(&bench);
    append_metrics(&bench, 3, "5");
    server_start(&bench, "127.0.0.1:0");
    uv_ip4_addr("127.0.0.1",
                (int)strtoul(strrchr(server_address(&bench), ':') + 1, NULL, 10), &to);
    uv_ip4_addr("127.0.0.9", 0, &from);
    for (int i = 0; i < TRIES; i++) {
        char answer[64];
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        struct timeval patience = {2, 0};
        assert_int_equal(bind(fd, (struct sockaddr *)&from, sizeof from), 0);
        assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        (void)send(fd, "GET / HTTP/1.0\r\n\r\n", 18, MSG_NOSIGNAL);
        heard += recv(fd, answer, sizeof answer, 0) > 0; /* a TLS alert */
        close(fd);
    }
    print_message("%u of %d failures were listened to\n", heard, TRIES);
    assert_in_range(heard, 15, 40);
    links_open(&bench); /* from 127.0.0.1 */
    assert_in_range(run_until(&bench, is_live), 0, 1000);
    bench_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(serve__keeps_little_for_a_peer_that_does_not_read),
        cmocka_unit_test(serve__sends_nothing_any_more_to_a_device_that_was_revoked),
        cmocka_unit_test(serve__takes_no_message_over_1_mib),
        cmocka_unit_test(serve__gives_one_device_32_connections),
        cmocka_unit_test(serve__keeps_little_for_watches_that_are_never_asked),
        cmocka_unit_test(serve__leaves_whoever_floods_it_with_questions),
        cmocka_unit_test(serve__turns_away_a_network_whose_handshakes_fail),
        cmocka_unit_test(serve__takes_away_what_is_exposed_no_more),
        cmocka_unit_test(serve__lets_a_device_in_past_strangers_that_say_nothing),
        cmocka_unit_test(serve__comes_back_from_having_no_descriptor_left),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
