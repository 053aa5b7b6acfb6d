/* serve_peer.h - a device that speaks to `totebox serve` call by call, where the links
 * of serve_bench.h are too well-behaved. */
#ifndef TESTS_TOTEBOX_SERVE_PEER_H
#define TESTS_TOTEBOX_SERVE_PEER_H

#include "proto/caller.h"
#include "tests/totebox/serve_bench.h"

struct peer {
    struct bench *bench;
    struct stream *stream;
    struct caller *caller;
    struct token pairing;
    struct link root;         /* of the pairing; its texts and sets are gone */
    cap totebox, grant;       /* of the last present */
    enum psp_error presented; /* its answer */
    struct grant_info info;
    bool has_pairing, has_answer, closed;
    bool over_limit; /* it was told that */
    char abort[128];
};

static struct peer *the_peer; /* for the conditions of run_until */

static inline bool peer_has_pairing(struct bench *bench)
{
    (void)bench;
    return the_peer->has_pairing;
}
static inline bool peer_has_answer(struct bench *bench)
{
    (void)bench;
    return the_peer->has_answer || the_peer->closed;
}
static inline bool peer_is_closed(struct bench *bench)
{
    (void)bench;
    return the_peer->closed;
}

static inline void on_peer_opened(void *user)
{
    (void)user;
}

static inline void on_peer_received(void *user, struct buffer *plaintext)
{
    struct peer *peer = user;
    peer->over_limit |= memmem(buffer_bytes(plaintext), buffer_length(plaintext),
                               "psp.limit: ", 11) != NULL;
    enum psp_error error = caller_receive(peer->caller, plaintext);
    if (error != PSP_OK) /* only where it was left: with an Abort that says why */
        snprintf(peer->abort, sizeof peer->abort, "%s", caller_defect(peer->caller));
}

static inline void on_peer_closed(void *user, enum stream_end end, const char *why)
{
    struct peer *peer = user;
    (void)end;
    (void)why;
    peer->stream = NULL;
    peer->closed = true;
}

static const struct stream_events peer_events = {
    .opened = on_peer_opened, .received = on_peer_received, .closed = on_peer_closed};

static inline void on_peer_pairing(void *user, const struct answer *answer)
{
    struct peer *peer = user;
    struct link_arena *arena = malloc(sizeof *arena);
    if (answer->error == PSP_DISCONNECTED) {
        free(arena);
        return;
    }
    assert_int_equal(answer->error, PSP_OK);
    assert_int_equal(token_take(reader_struct(answer->results, 0), &peer->pairing),
                     PSP_OK);
    assert_int_equal(link_decode(peer->pairing.link[0].body,
                                 peer->pairing.link[0].length, arena, &peer->root),
                     PSP_OK);
    peer->root.scopes = NULL;
    free(arena);
    peer->has_pairing = true;
}

/* Links of `bench` are open: their loop is used. */
static inline void peer_dial(struct peer *peer, struct bench *bench,
                             struct channel_identity *identity)
{
    *peer = (struct peer){.bench = bench};
    the_peer = peer;
    peer->stream = stream_dial(bench->net, identity,
                               (const uint8_t(*)[HASH_BYTES])bench->totebox.pins, 1,
                               "127.0.0.1", bench->totebox.port, &peer_events, peer);
    peer->caller = caller_new(stream_output(peer->stream));
    assert_int_equal(caller_bootstrap(peer->caller, &peer->totebox), PSP_OK);
    assert_int_equal(caller_pairing(peer->caller, peer->totebox, on_peer_pairing, peer),
                     PSP_OK);
    stream_flush(peer->stream);
}

static inline void peer_open(struct peer *peer, struct bench *bench,
                             struct channel_identity *identity)
{
    peer_dial(peer, bench, identity);
    assert_true(run_until(bench, peer_has_pairing) >= 0);
}

static inline void peer_close(struct peer *peer)
{
    stream_close(peer->stream);
    peer->stream = NULL;
    caller_free(peer->caller);
    token_release(&peer->pairing);
}

static inline void on_peer_present(void *user, const struct answer *answer)
{
    struct peer *peer = user;
    peer->has_answer = true;
    peer->presented = answer->error;
    if (answer->error == PSP_OK)
        assert_int_equal(
            grant_info_read(reader_struct(answer->results, 1), &peer->info), PSP_OK);
}

/* What the archive answers. */
static inline enum psp_error peer_present(struct peer *peer, const struct token *token,
                                          const struct exporter_proof *proof)
{
    enum psp_error error =
        proof ? caller_present_proved(peer->caller, peer->totebox, token, proof,
                                      on_peer_present, peer, &peer->grant)
              : caller_present(peer->caller, peer->totebox, token, on_peer_present,
                               peer, &peer->grant);
    assert_int_equal(error, PSP_OK);
    the_peer = peer;
    peer->has_answer = false;
    stream_flush(peer->stream);
    assert_true(run_until(peer->bench, peer_has_answer) >= 0);
    return peer->presented;
}

/* All rows and columns for `length_ms` from a second ago, for this device. */
static inline struct link peer_leaf(const struct peer *peer, int64_t length_ms)
{
    static const struct scope all = {.views = {.kind = SET_ALL},
                                     .rows = {.kind = SET_ALL},
                                     .columns = {.kind = SET_ALL}};
    struct link leaf = {
        .rights = RIGHT_READ_ROWS | RIGHT_WATCH,
        .not_before_ms = net_wall_ms() - 1000,
        .not_after_ms = net_wall_ms() - 1000 + length_ms,
        .subject = SUBJECT_HOLDER,
        .scopes = &all,
        .scope_count = 1,
        .max_rows = TOKEN_ROWS_UNLIMITED,
    };
    memcpy(leaf.totebox, peer->root.totebox, KEY_BYTES);
    holder_of_key(peer->bench->device.public_key, leaf.subject_bytes);
    assert_true(random_bytes(leaf.nonce, sizeof leaf.nonce));
    return leaf;
}

/* The pairing and a leaf of it, signed by the device. */
static inline struct token peer_token(const struct peer *peer, struct link leaf)
{
    struct token token;
    assert_int_equal(token_copy(&token, &peer->pairing), PSP_OK);
    assert_int_equal(token_append(&token, &leaf, &peer->bench->device), PSP_OK);
    return token;
}

/* Runs the loop for a while. */
static inline void turn_for(struct bench *bench, uint64_t ms)
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

#endif
