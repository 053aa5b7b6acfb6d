/* serve_slow_test.c - peers of `totebox serve` that are slow or say nothing, each at
 * another moment, all at once: every phase has a deadline that progress does not move.
 */
#include "tests/totebox/serve_peer.h"

#include <errno.h>
#include <fcntl.h>

enum { DEADLINE_MS = 10000, SLACK_MS = 1500 };

/* --- without TLS ---------------------------------------------------------------------
 */

struct raw {
    int fd;
    bool dribbles;
    int64_t closed_ms; /* 0: open */
    size_t said;
};

/* The first bytes of a record of 256 bytes, a handshake's. */
static const uint8_t hello_start[] = {0x16, 0x03, 0x01, 0x01, 0x00, 0x01,
                                      0x00, 0x00, 0xfc, 0x03, 0x03};

static void raw_open(struct raw *raw, uint16_t port, bool dribbles)
{
    struct sockaddr_in address;
    uv_ip4_addr("127.0.0.1", port, &address);
    *raw = (struct raw){.fd = socket(AF_INET, SOCK_STREAM, 0), .dribbles = dribbles};
    assert_int_equal(connect(raw->fd, (struct sockaddr *)&address, sizeof address), 0);
    fcntl(raw->fd, F_SETFL, O_NONBLOCK);
}

static void raw_step(struct raw *raw, int64_t now_ms)
{
    char bytes[64]; /* a farewell */
    if (raw->closed_ms)
        return;
    if (raw->dribbles && raw->said < 100) {
        uint8_t next = raw->said < sizeof hello_start ? hello_start[raw->said] : 0;
        if (send(raw->fd, &next, 1, MSG_NOSIGNAL) == 1)
            raw->said++;
    }
    ssize_t got = recv(raw->fd, bytes, sizeof bytes, 0);
    if (got == 0 || (got < 0 && errno != EAGAIN))
        raw->closed_ms = now_ms;
}

/* --- behind TLS ----------------------------------------------------------------------
 */

/* A message that announces 1000 words and never gets there. */
static const uint8_t frame_start[16] = {0, 0, 0, 0, 0xe8, 3};

static void say(struct peer *peer, const void *bytes, size_t length)
{
    if (!peer->stream)
        return;
    assert_true(buffer_append(stream_output(peer->stream), bytes, length));
    stream_flush(peer->stream);
}

static void on_hello(void *user, const struct answer *answer)
{
    uint32_t *hellos = user;
    *hellos += answer->error == PSP_OK;
}

static void present_well(struct peer *peer)
{
    struct token token = peer_token(peer, peer_leaf(peer, 600000));
    assert_int_equal(peer_present(peer, &token, NULL), PSP_OK);
    token_release(&token);
}

/* The peers, by what they do. */
enum { TALKS_ONLY, HALF_MESSAGE, DRIBBLES, IS_GOOD, PEERS };

static void serve__leaves_whoever_is_slow_at_every_stage(void **state)
{
    struct bench bench;
    struct raw silent, dribbling;
    struct peer peer[PEERS];
    int64_t closed_ms[PEERS] = {0}, opened_ms[PEERS];
    uint32_t hellos = 0;
    (void)state;
    archive_make(&bench);
    append_metrics(&bench, 3, "5");
    server_start(&bench, "127.0.0.1:0");
    links_open(&bench);
    assert_true(run_until(&bench, is_live) >= 0);
    for (int i = 0; i < PEERS; i++) {
        peer_open(&peer[i], &bench, bench.identity);
        if (i != TALKS_ONLY)
            present_well(&peer[i]);
        opened_ms[i] = net_wall_ms();
    }
    int64_t start = net_wall_ms();
    raw_open(&silent, bench.totebox.port, false);
    raw_open(&dribbling, bench.totebox.port, true);
    say(&peer[HALF_MESSAGE], frame_start, sizeof frame_start);
    say(&peer[DRIBBLES], frame_start, 8);
    while (net_wall_ms() < start + DEADLINE_MS + SLACK_MS) {
        turn_for(&bench, 200);
        raw_step(&silent, net_wall_ms());
        raw_step(&dribbling, net_wall_ms());
        say(&peer[DRIBBLES], frame_start + 8, 1);
        if (peer[TALKS_ONLY].stream) {
            assert_int_equal(caller_hello(peer[TALKS_ONLY].caller,
                                          peer[TALKS_ONLY].totebox, TEXT("talks"),
                                          on_hello, &hellos),
                             PSP_OK);
            stream_flush(peer[TALKS_ONLY].stream);
        }
        for (int i = 0; i < PEERS; i++)
            if (peer[i].closed && !closed_ms[i])
                closed_ms[i] = net_wall_ms();
        assert_true(is_live(&bench));
    }
    print_message("closed after ms: silent %d, dribbling %d",
                  (int)(silent.closed_ms - start), (int)(dribbling.closed_ms - start));
    for (int i = 0; i < IS_GOOD; i++)
        print_message(", %d", (int)(closed_ms[i] - opened_ms[i]));
    print_message("\n");
    assert_in_range(silent.closed_ms - start, DEADLINE_MS - 500,
                    DEADLINE_MS + SLACK_MS);
    assert_in_range(dribbling.closed_ms - start, DEADLINE_MS - 500,
                    DEADLINE_MS + SLACK_MS);
    assert_true(dribbling.said > 20);
    for (int i = 0; i < IS_GOOD; i++)
        assert_in_range(closed_ms[i] - opened_ms[i], DEADLINE_MS - 500,
                        DEADLINE_MS + SLACK_MS);
    assert_true(hellos > 20);
    assert_non_null(strstr(peer[HALF_MESSAGE].abort, "over a limit"));
    assert_non_null(strstr(peer[DRIBBLES].abort, "over a limit"));
    assert_false(peer[IS_GOOD].closed);
    append_metrics(&bench, 1, "7");
    assert_in_range(run_until(&bench, has_seven), 0, 1000);
    for (int i = 0; i < PEERS; i++)
        peer_close(&peer[i]);
    close(silent.fd);
    close(dribbling.fd);
    bench_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(serve__leaves_whoever_is_slow_at_every_stage),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
