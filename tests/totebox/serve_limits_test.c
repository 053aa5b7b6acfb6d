/* serve_limits_test.c - limits of `totebox serve` that take many devices, or patience.
 */
#include "tests/totebox/serve_peer.h"

enum { DEVICES = 3, PLACES = 31, PEERS = DEVICES * PLACES, READS = 240 };

static void bench_begin(struct bench *bench, uint32_t metrics)
{
    archive_make(bench);
    append_metrics(bench, metrics, "5");
    server_start(bench, "127.0.0.1:0");
    links_open(bench);
    assert_true(run_until(bench, is_live) >= 0);
}

static void present_well(struct peer *peer)
{
    struct token token = peer_token(peer, peer_leaf(peer, 600000));
    assert_int_equal(peer_present(peer, &token, NULL), PSP_OK);
    token_release(&token);
}

/* --- reads a second ------------------------------------------------------------------
 */

struct count {
    uint32_t answers, good, busy;
};

static void on_page(void *user, const struct answer *answer)
{
    struct count *count = user;
    if (answer->error == PSP_DISCONNECTED)
        return;
    count->answers++;
    count->good += answer->error == PSP_OK;
    count->busy += answer->error == PSP_BUSY;
}

static void ask_often(struct peer *peer, struct count *count, int times)
{
    struct query query = {.view = TEXT("metric"),
                          .rows = {.kind = SET_ALL},
                          .columns = {.kind = SET_ALL}};
    for (int i = 0; i < times; i++)
        assert_int_equal(caller_read(peer->caller, peer->grant, &query, on_page, count),
                         PSP_OK);
    stream_flush(peer->stream);
}

static void serve__answers_so_many_reads_a_second(void **state)
{
    struct bench bench;
    struct peer peer;
    struct count count = {0};
    (void)state;
    archive_make(&bench);
    file_write_string(folder_file(&bench.folder, "a/exposure.conf"),
                      "expose \"all\" {\n"
                      "  to = {\"aggregator\"}\n"
                      "  views = {\"entity\", \"metric\"}\n"
                      "  rate = 10\n"
                      "}\n");
    append_metrics(&bench, 1, "5");
    server_start(&bench, "127.0.0.1:0");
    links_open(&bench);
    peer_open(&peer, &bench, bench.identity);
    present_well(&peer);
    ask_often(&peer, &count, 40);
    turn_for(&bench, 300);
    assert_int_equal(count.answers, 40);
    assert_in_range(count.good, 10, 13);
    assert_int_equal(count.busy, 40 - count.good);
    turn_for(&bench, 1100);
    uint32_t before = count.good;
    ask_often(&peer, &count, 10);
    turn_for(&bench, 300);
    assert_int_equal(count.good - before, 10);
    peer_close(&peer);
    bench_close(&bench);
}

/* --- half messages -------------------------------------------------------------------
 */

static void pair_devices(struct bench *bench, struct channel_identity **identities)
{
    for (int i = 0; i < DEVICES; i++) {
        struct key_pair device;
        char public_key[64];
        assert_true(key_pair_generate(&device));
        base64_write(device.public_key, KEY_BYTES, public_key);
        const char *pair[] = {"totebox",      "pair",     archive_folder(bench),
                              "--public-key", public_key, "--label",
                              "many",         NULL};
        must_run(pair);
        assert_int_equal(channel_identity_new(&device, &identities[i]), PSP_OK);
    }
}

/* Nine tenths of the largest message there is. */
static void say_most_of_a_message(struct peer *peer)
{
    static const uint8_t head[8] = {0, 0, 0, 0, 0xff, 0xff, 0x01, 0};
    static uint8_t rest[940 * 1024];
    if (!peer->stream)
        return;
    assert_true(buffer_append(stream_output(peer->stream), head, sizeof head));
    assert_true(buffer_append(stream_output(peer->stream), rest, sizeof rest));
    stream_flush(peer->stream);
}

static void serve__keeps_64_mib_of_half_messages_in_all(void **state)
{
    static struct peer peer[PEERS];
    struct channel_identity *identities[DEVICES];
    struct bench bench;
    uint32_t open = 0, told = 0;
    (void)state;
    bench_begin(&bench, 3);
    pair_devices(&bench, identities);
    turn_for(&bench, 300);
    for (int i = 0; i < PEERS; i++)
        peer_open(&peer[i], &bench, identities[i / PLACES]);
    uint64_t begun = uv_hrtime();
    for (int i = 0; i < PEERS; i++) {
        say_most_of_a_message(&peer[i]);
        turn_for(&bench, 10);
    }
    turn_for(&bench, 500);
    for (int i = 0; i < PEERS; i++) {
        open += !peer[i].closed;
        told += peer[i].closed && peer[i].over_limit;
    }
    print_message("%u of %d half messages of 940 KiB are kept\n", open, PEERS);
    assert_in_range(open, 0, 70);
    /* On a machine that is slow today the first are ten seconds old, and so gone. */
    if (uv_hrtime() - begun < UINT64_C(8000000000)) {
        assert_in_range(open, 60, 70);
        assert_int_equal(open + told, PEERS);
    }
    append_metrics(&bench, 1, "7"); /* and whoever has something to say is heard */
    assert_in_range(run_until(&bench, has_seven), 0, 1000);
    for (int i = 0; i < PEERS; i++)
        peer_close(&peer[i]);
    uv_run(&bench.loop, UV_RUN_NOWAIT);
    for (int i = 0; i < DEVICES; i++)
        channel_identity_free(identities[i]);
    bench_close(&bench);
}

/* --- answers that nobody reads -------------------------------------------------------
 */

static void serve__leaves_whoever_reads_nothing_for_30_s(void **state)
{
    struct bench bench;
    struct peer peer;
    struct count count = {0};
    (void)state;
    bench_begin(&bench, 1000);
    peer_open(&peer, &bench, bench.identity);
    present_well(&peer);
    stream_pause(peer.stream);
    ask_often(&peer, &count, READS);
    turn_for(&bench, 32000);
    stream_resume(peer.stream);
    assert_true(run_until(&bench, peer_is_closed) >= 0);
    assert_in_range(count.answers, 0, READS - 1);
    assert_true(is_live(&bench));
    peer_close(&peer);
    bench_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(serve__answers_so_many_reads_a_second),
        cmocka_unit_test(serve__keeps_64_mib_of_half_messages_in_all),
        cmocka_unit_test(serve__leaves_whoever_reads_nothing_for_30_s),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
