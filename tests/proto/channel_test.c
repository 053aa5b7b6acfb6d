#include "tests/support/cmocka_all.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/channel.h"
#include "tests/support/channel_pair.h"
#include "tests/support/fixture.h"

static void channel__opens_between_pinned_keys(void **state)
{
    struct fixture *fixture = *state;
    struct channel *client, *server;
    uint8_t here[HASH_BYTES], there[HASH_BYTES];

    open_pair(fixture, &client, &server);
    assert_memory_equal(channel_peer(client), fixture->archive.holder, HASH_BYTES);
    assert_memory_equal(channel_peer(server), fixture->console.holder, HASH_BYTES);
    assert_int_equal(channel_exporter(client, here), PSP_OK);
    assert_int_equal(channel_exporter(server, there), PSP_OK);
    assert_memory_equal(here, there, HASH_BYTES);

    assert_int_equal(channel_send(client, "question", 8), PSP_OK);
    settle(client, server, SIZE_MAX);
    assert_input(server, "question");
    assert_int_equal(channel_send(server, "answer", 6), PSP_OK);
    settle(client, server, SIZE_MAX);
    assert_input(client, "answer");

    channel_close(client);
    settle(client, server, SIZE_MAX);
    assert_int_equal(channel_state(client), CHANNEL_CLOSED);
    assert_int_equal(channel_state(server), CHANNEL_CLOSED);
    assert_null(channel_failure(server));
    assert_int_equal(channel_receive_end(server), CHANNEL_CLOSED);
    assert_int_equal(channel_send(server, "x", 1), PSP_DISCONNECTED);
    free_pair(client, server);
}

/* One round trip: what was sent early arrives with the client's Finished. */
static void channel_send__before_open_leaves_behind_finished(void **state)
{
    struct fixture *fixture = *state;
    struct channel *client = client_of(&fixture->console, &fixture->archive);
    struct channel *server = server_of(&fixture->archive, &fixture->console);

    assert_int_equal(channel_send(client, "early ", 6), PSP_OK);
    assert_int_equal(channel_start(client), CHANNEL_HANDSHAKE);
    assert_int_equal(channel_send(client, "bird", 4), PSP_OK);
    carry(client, server, SIZE_MAX);
    carry(server, client, SIZE_MAX);
    assert_int_equal(channel_state(client), CHANNEL_OPEN);
    assert_int_equal(channel_state(server), CHANNEL_HANDSHAKE);
    carry(client, server, SIZE_MAX);
    assert_int_equal(channel_state(server), CHANNEL_OPEN);
    assert_input(server, "early bird");
    free_pair(client, server);
}

static void channel__works_a_byte_at_a_time(void **state)
{
    struct fixture *fixture = *state;
    struct channel *client = client_of(&fixture->console, &fixture->archive);
    struct channel *server = server_of(&fixture->archive, &fixture->console);

    assert_int_equal(channel_send(client, "slow", 4), PSP_OK);
    assert_int_equal(channel_send(server, "slower", 6), PSP_OK);
    settle(client, server, 1);
    assert_int_equal(channel_state(client), CHANNEL_OPEN);
    assert_int_equal(channel_state(server), CHANNEL_OPEN);
    assert_input(server, "slow");
    assert_input(client, "slower");
    free_pair(client, server);
}

static void client__refuses_a_key_that_is_not_pinned(void **state)
{
    struct fixture *fixture = *state;
    struct channel *client = client_of(&fixture->console, &fixture->archive);
    struct channel *server = server_of(&fixture->stranger, &fixture->console);
    char seen[FINGERPRINT_CHARS + 1];

    assert_int_equal(channel_send(client, "secret", 6), PSP_OK);
    settle(client, server, SIZE_MAX);
    fingerprint_write(fixture->stranger.holder, seen);
    assert_fails(client, "not the pinned one");
    assert_fails(client, seen);
    assert_true(channel_wrong_key(client));
    assert_false(channel_refused_us(client));
    assert_memory_equal(channel_peer(client), fixture->stranger.holder, HASH_BYTES);
    assert_fails(server, "refused this archive's key");
    assert_true(channel_refused_us(server));
    assert_int_equal(buffer_length(channel_input(server)), 0);
    free_pair(client, server);
}

static void client__accepts_either_of_two_pins(void **state)
{
    struct fixture *fixture = *state;
    uint8_t pins[2][HASH_BYTES];

    memcpy(pins[0], fixture->stranger.holder, HASH_BYTES);
    memcpy(pins[1], fixture->archive.holder, HASH_BYTES);
    struct device *servers[] = {&fixture->stranger, &fixture->archive,
                                &fixture->console};
    for (unsigned i = 0; i < 3; i++) {
        struct channel *client, *server = server_of(servers[i], &fixture->console);
        assert_int_equal(channel_new_client(fixture->console.identity,
                                            (const uint8_t(*)[HASH_BYTES])pins, 2,
                                            &client),
                         PSP_OK);
        settle(client, server, SIZE_MAX);
        assert_int_equal(channel_state(client), i < 2 ? CHANNEL_OPEN : CHANNEL_FAILED);
        free_pair(client, server);
    }
    struct channel *none = NULL;
    assert_int_equal(channel_new_client(fixture->console.identity,
                                        (const uint8_t(*)[HASH_BYTES])pins, 0, &none),
                     PSP_LIMIT);
    assert_null(none);
}

/* TLS 1.3: the client is done before the server has judged it. */
static void server__refuses_a_caller_that_is_not_paired(void **state)
{
    struct fixture *fixture = *state;
    struct channel *client = client_of(&fixture->stranger, &fixture->archive);
    struct channel *server = server_of(&fixture->archive, &fixture->console);
    char seen[FINGERPRINT_CHARS + 1];

    assert_int_equal(channel_send(client, "let me in", 9), PSP_OK);
    channel_start(client);
    carry(client, server, SIZE_MAX);
    carry(server, client, SIZE_MAX);
    assert_int_equal(channel_state(client), CHANNEL_OPEN);
    settle(client, server, SIZE_MAX);
    fingerprint_write(fixture->stranger.holder, seen);
    assert_fails(server, seen);
    assert_fails(server, "not paired");
    assert_true(channel_wrong_key(server));
    assert_int_equal(buffer_length(channel_input(server)), 0);
    assert_fails(client, "the archive refused this device's key");
    assert_true(channel_refused_us(client));
    assert_false(channel_wrong_key(client));
    free_pair(client, server);
}

static void channel_free__is_fine_at_any_time(void **state)
{
    struct fixture *fixture = *state;
    struct channel *client = client_of(&fixture->console, &fixture->archive);

    channel_free(NULL);
    channel_free(client);
    client = client_of(&fixture->console, &fixture->archive);
    channel_start(client);
    channel_free(client);

    /* A channel keeps its identity alive. */
    struct device passing;
    device_new(&passing, 9);
    client = client_of(&passing, &fixture->archive);
    channel_identity_free(passing.identity);
    assert_int_equal(channel_start(client), CHANNEL_HANDSHAKE);
    channel_free(client);
}

static void channel_exporter__differs_between_connections(void **state)
{
    uint8_t first[HASH_BYTES], second[HASH_BYTES];
    struct channel *client, *server;

    client = client_of(&((struct fixture *)*state)->console,
                       &((struct fixture *)*state)->archive);
    assert_int_equal(channel_exporter(client, first), PSP_DISCONNECTED);
    channel_free(client);
    open_pair(*state, &client, &server);
    assert_int_equal(channel_exporter(client, first), PSP_OK);
    free_pair(client, server);
    open_pair(*state, &client, &server);
    assert_int_equal(channel_exporter(client, second), PSP_OK);
    free_pair(client, server);
    assert_memory_not_equal(first, second, HASH_BYTES);
}

static void channel_close__before_the_handshake_is_quiet(void **state)
{
    struct fixture *fixture = *state;
    struct channel *client = client_of(&fixture->console, &fixture->archive);

    channel_close(client);
    assert_int_equal(channel_state(client), CHANNEL_CLOSED);
    assert_int_equal(buffer_length(channel_output(client)), 0);
    assert_int_equal(channel_start(client), CHANNEL_CLOSED);
    assert_null(channel_failure(client));
    channel_free(client);
}

static void channel_receive_end__without_a_farewell_is_a_truncation(void **state)
{
    struct channel *client, *server;

    open_pair(*state, &client, &server);
    assert_int_equal(channel_send(server, "all of it?", 10), PSP_OK);
    carry(server, client, SIZE_MAX);
    assert_int_equal(channel_receive_end(client), CHANNEL_FAILED);
    assert_fails(client, "the stream was truncated");
    assert_int_equal(channel_send(client, "x", 1), PSP_DISCONNECTED);
    assert_input(client, "all of it?");
    free_pair(client, server);

    /* Silence after the handshake is how some archives refuse a key. */
    open_pair(*state, &client, &server);
    assert_int_equal(channel_receive_end(client), CHANNEL_FAILED);
    assert_fails(client, "the stream was truncated");
    assert_fails(client, "this device's key");
    free_pair(client, server);
}

/* What crosses the wire in a handshake with a word of plaintext each way. */
struct transcript {
    struct buffer to_server, to_client;
};

/* Carries like settle, but passes every byte through `change`. */
struct meddler {
    bool to_server; /* which direction it sits on */
    size_t at;      /* byte of that direction */
    uint8_t flip;
};

static bool carry_changed(struct channel *from, struct channel *to, size_t *passed,
                          const struct meddler *meddler, struct buffer *record)
{
    struct buffer *output = channel_output(from);
    size_t length = buffer_length(output);

    if (length == 0)
        return false;
    uint8_t *bytes = buffer_bytes(output);
    if (meddler && meddler->at >= *passed && meddler->at < *passed + length)
        bytes[meddler->at - *passed] ^= meddler->flip;
    if (record)
        assert_true(buffer_append(record, bytes, length));
    *passed += length;
    channel_receive(to, bytes, length);
    buffer_consume(output, length);
    return true;
}

static void converse(struct channel *client, struct channel *server,
                     const struct meddler *meddler, struct transcript *transcript)
{
    const struct meddler *up = meddler && meddler->to_server ? meddler : NULL;
    const struct meddler *down = meddler && !meddler->to_server ? meddler : NULL;
    size_t to_server = 0, to_client = 0;

    assert_int_equal(channel_send(client, "ping", 4), PSP_OK);
    assert_int_equal(channel_send(server, "pong", 4), PSP_OK);
    channel_start(client);
    for (bool moved = true; moved;) {
        moved = carry_changed(client, server, &to_server, up,
                              transcript ? &transcript->to_server : NULL);
        moved |= carry_changed(server, client, &to_client, down,
                               transcript ? &transcript->to_client : NULL);
    }
}

/* The first three bytes of each record: content type and legacy version. */
static bool is_unauthenticated(const struct buffer *stream, size_t at)
{
    const uint8_t *bytes = buffer_bytes(stream);

    for (size_t record = 0; record + 5 <= buffer_length(stream);) {
        if (at >= record && at < record + 3)
            return true;
        record += 5 + ((size_t)bytes[record + 3] << 8 | bytes[record + 4]);
    }
    return false;
}

static void assert_heard_nothing_else(struct channel *channel, const char *text)
{
    struct buffer *input = channel_input(channel);

    assert_true(buffer_length(input) <= strlen(text));
    assert_memory_equal(buffer_bytes(input) ? buffer_bytes(input) : (const uint8_t *)"",
                        text, buffer_length(input));
}

/* GnuTLS does not authenticate the outer type and version of a record as received, and
 * ignores a changed one in places; there the plaintext must be what was sent. */
static unsigned flip_each_bit(struct fixture *fixture, const struct buffer *stream,
                              bool to_server)
{
    unsigned tolerated = 0;

    for (size_t bit = 0; bit < 8 * buffer_length(stream); bit++) {
        struct channel *client = client_of(&fixture->console, &fixture->archive);
        struct channel *server = server_of(&fixture->archive, &fixture->console);
        struct meddler meddler = {to_server, bit / 8, (uint8_t)(1 << bit % 8)};
        converse(client, server, &meddler, NULL);
        assert_heard_nothing_else(client, "pong");
        assert_heard_nothing_else(server, "ping");
        if (buffer_length(channel_input(client)) &&
            buffer_length(channel_input(server))) {
            if (!is_unauthenticated(stream, bit / 8))
                fail_msg("bit %zu of the bytes to the %s was ignored", bit,
                         to_server ? "server" : "client");
            tolerated++;
        }
        free_pair(client, server);
    }
    return tolerated;
}

static void channel__accepts_no_flipped_bit(void **state)
{
    struct fixture *fixture = *state;
    struct channel *client = client_of(&fixture->console, &fixture->archive);
    struct channel *server = server_of(&fixture->archive, &fixture->console);
    struct transcript clean;

    buffer_init(&clean.to_server);
    buffer_init(&clean.to_client);
    converse(client, server, NULL, &clean);
    assert_input(client, "pong");
    assert_input(server, "ping");
    free_pair(client, server);
    unsigned up = flip_each_bit(fixture, &clean.to_server, true);
    unsigned down = flip_each_bit(fixture, &clean.to_client, false);
    printf("%zu + %zu bytes of handshake and first words: %u + %u flipped bits of "
           "record headers tolerated\n",
           buffer_length(&clean.to_server), buffer_length(&clean.to_client), up, down);
    buffer_release(&clean.to_server);
    buffer_release(&clean.to_client);
}

static void channel__survives_a_hang_up_at_every_byte(void **state)
{
    struct fixture *fixture = *state;
    struct channel *client = client_of(&fixture->console, &fixture->archive);
    struct channel *server = server_of(&fixture->archive, &fixture->console);

    channel_start(client);
    struct buffer hello = *channel_output(client), answer;
    buffer_init(channel_output(client));
    buffer_init(&answer);
    for (size_t cut = 0; cut < buffer_length(&hello); cut++) {
        struct channel *cut_off = server_of(&fixture->archive, &fixture->console);
        channel_receive(cut_off, buffer_bytes(&hello), cut);
        assert_int_equal(channel_receive_end(cut_off), CHANNEL_FAILED);
        assert_fails(cut_off, "hung up during the TLS handshake");
        channel_free(cut_off);
    }
    channel_receive(server, buffer_bytes(&hello), buffer_length(&hello));
    size_t answered = buffer_length(channel_output(server));
    channel_receive(client, buffer_bytes(channel_output(server)), answered - 1);
    assert_int_equal(channel_state(client), CHANNEL_HANDSHAKE);
    assert_int_equal(channel_receive_end(client), CHANNEL_FAILED);
    assert_fails(client, "hung up during the TLS handshake");
    buffer_release(&hello);
    free_pair(client, server);
}

static void channel__refuses_records_lost_repeated_or_swapped(void **state)
{
    for (unsigned how = 0; how < 3; how++) {
        struct channel *client, *server;
        uint8_t first[64], second[64];
        open_pair(*state, &client, &server);
        settle(client, server, SIZE_MAX);
        struct buffer *output = channel_output(client);
        assert_int_equal(channel_send(client, "one", 3), PSP_OK);
        size_t length = buffer_length(output);
        assert_true(length < sizeof first);
        memcpy(first, buffer_bytes(output), length);
        buffer_consume(output, length);
        assert_int_equal(channel_send(client, "two", 3), PSP_OK);
        assert_int_equal(buffer_length(output), length);
        memcpy(second, buffer_bytes(output), length);
        buffer_consume(output, length);
        if (how == 0) {
            channel_receive(server, second, length);
        } else if (how == 1) {
            channel_receive(server, first, length);
            assert_input(server, "one");
            channel_receive(server, first, length);
        } else {
            channel_receive(server, second, length);
            channel_receive(server, first, length);
        }
        assert_fails(server, "damaged");
        assert_int_equal(buffer_length(channel_input(server)), 0);
        free_pair(client, server);
    }
}

static void channel_receive__knows_what_is_no_tls(void **state)
{
    static const char *const greetings[] = {
        "GET / HTTP/1.1\r\nHost: archive\r\n\r\n", "SSH-2.0-OpenSSH_9.2p1\r\n",
        "\x05\x01\x00\x01\x02\x03\x04\x05", "EHLO archive.example\r\n"};
    struct fixture *fixture = *state;

    for (size_t i = 0; i < sizeof greetings / sizeof *greetings; i++) {
        struct channel *server = server_of(&fixture->archive, &fixture->console);
        struct channel *client = client_of(&fixture->console, &fixture->archive);
        size_t length = i == 2 ? 8 : strlen(greetings[i]);
        channel_receive(server, greetings[i], length);
        assert_fails(server, "not a TLS peer");
        channel_start(client);
        channel_receive(client, greetings[i], length);
        assert_fails(client, "not a TLS peer");
        free_pair(client, server);
    }
}

static void channel_receive__bears_noise(void **state)
{
    struct fixture *fixture = *state;
    uint64_t seed = chance_seed("channel_receive__bears_noise");

    for (unsigned run = 0; run < 2000; run++) {
        struct channel *channel = run % 2
                                      ? server_of(&fixture->archive, &fixture->console)
                                      : client_of(&fixture->console, &fixture->archive);
        uint8_t noise[600];
        size_t length = chance(&seed) % sizeof noise;
        for (size_t i = 0; i < length; i++)
            noise[i] = (uint8_t)chance(&seed);
        /* Sometimes with a header that could be one. */
        if (run % 4 < 2 && length > 5)
            memcpy(noise, "\x16\x03\x01\x00", 4);
        channel_start(channel);
        channel_receive(channel, noise, length);
        assert_int_not_equal(channel_state(channel), CHANNEL_OPEN);
        assert_int_equal(channel_receive_end(channel), CHANNEL_FAILED);
        assert_int_equal(buffer_length(channel_input(channel)), 0);
        channel_free(channel);
    }
}

/* In pieces of every size, in both directions at once. */
static void channel__carries_much_both_ways(void **state)
{
    enum { TOTAL = 3 << 20 };
    uint64_t seed = chance_seed("channel__carries_much_both_ways");
    uint8_t *sent = malloc(TOTAL);
    struct channel *client, *server;
    size_t offset = 0;

    assert_non_null(sent);
    for (size_t i = 0; i < TOTAL; i++)
        sent[i] = (uint8_t)chance(&seed);
    open_pair(*state, &client, &server);
    while (offset < TOTAL) {
        size_t length = chance(&seed) % 100000;
        length = length < TOTAL - offset ? length : TOTAL - offset;
        assert_int_equal(channel_send(client, sent + offset, length), PSP_OK);
        assert_int_equal(channel_send(server, sent + offset, length), PSP_OK);
        offset += length;
        settle(client, server, 1 + chance(&seed) % 70000);
    }
    struct channel *ends[] = {client, server};
    for (unsigned i = 0; i < 2; i++) {
        struct buffer *input = channel_input(ends[i]);
        assert_int_equal(buffer_length(input), TOTAL);
        assert_memory_equal(buffer_bytes(input), sent, TOTAL);
    }
    free(sent);
    free_pair(client, server);
}

static void channel_send__fills_records(void **state)
{
    enum { LENGTH = 1 << 20, RECORD = 16384, OVERHEAD = 5 + 1 + 16 };
    uint8_t *bytes = calloc(1, LENGTH);
    struct channel *client, *server;

    assert_non_null(bytes);
    open_pair(*state, &client, &server);
    settle(client, server, SIZE_MAX);
    assert_int_equal(channel_send(client, bytes, LENGTH), PSP_OK);
    assert_int_equal(buffer_length(channel_output(client)),
                     LENGTH + LENGTH / RECORD * OVERHEAD);
    free(bytes);
    free_pair(client, server);
}

static void channel_receive__works_off_a_bounded_amount_a_call(void **state)
{
    enum { LENGTH = 1 << 20, TURN = 64 << 10 };
    uint8_t *bytes = calloc(1, LENGTH);
    struct channel *client, *server;
    unsigned turns = 1;

    assert_non_null(bytes);
    open_pair(*state, &client, &server);
    assert_int_equal(channel_send(client, bytes, LENGTH), PSP_OK);
    struct buffer *output = channel_output(client);
    struct buffer *input = channel_input(server);
    channel_receive(server, buffer_bytes(output), buffer_length(output));
    assert_true(channel_has_work(server));
    for (size_t before = 0;; turns++) {
        assert_true(buffer_length(input) - before <= TURN);
        before = buffer_length(input);
        if (!channel_has_work(server))
            break;
        channel_receive(server, NULL, 0);
    }
    assert_int_equal(buffer_length(input), LENGTH);
    assert_true(turns >= LENGTH / TURN);
    free(bytes);
    free_pair(client, server);
}

static void channel_send__limits_what_waits(void **state)
{
    enum { PIECE = 1 << 20 };
    struct fixture *fixture = *state;
    uint8_t *bytes = calloc(1, PIECE);
    struct channel *client, *server;

    assert_non_null(bytes);
    open_pair(fixture, &client, &server);
    struct channel *early = client_of(&fixture->console, &fixture->archive);
    struct channel *senders[] = {client, early};
    for (unsigned i = 0; i < 2; i++) {
        unsigned pieces = 0;
        while (channel_send(senders[i], bytes, PIECE) == PSP_OK)
            pieces++;
        assert_true(pieces == 15 || pieces == 16);
        assert_int_equal(channel_send(senders[i], bytes, PIECE), PSP_LIMIT);
        assert_int_not_equal(channel_state(senders[i]), CHANNEL_FAILED);
    }
    free(bytes);
    channel_free(early);
    free_pair(client, server);
}

static size_t heap_in_use(void)
{
    return mallinfo2().uordblks;
}

static void an_idle_pair__costs_little(void **state)
{
    enum { PAIRS = 100 };
    struct channel *clients[PAIRS], *servers[PAIRS];
    size_t before = heap_in_use();

    for (unsigned i = 0; i < PAIRS; i++) {
        open_pair(*state, &clients[i], &servers[i]);
        buffer_release(channel_output(clients[i]));
        buffer_release(channel_output(servers[i]));
    }
    size_t each = (heap_in_use() - before) / PAIRS / 2;
    printf("an idle channel holds %zu bytes of heap\n", each);
    /* Sanitizers bring their own heap, which mallinfo2 does not know. */
    assert_true(each < 13 << 10);
    for (unsigned i = 0; i < PAIRS; i++)
        free_pair(clients[i], servers[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(channel__opens_between_pinned_keys),
        cmocka_unit_test(channel_send__before_open_leaves_behind_finished),
        cmocka_unit_test(channel__works_a_byte_at_a_time),
        cmocka_unit_test(client__refuses_a_key_that_is_not_pinned),
        cmocka_unit_test(client__accepts_either_of_two_pins),
        cmocka_unit_test(server__refuses_a_caller_that_is_not_paired),
        cmocka_unit_test(channel_free__is_fine_at_any_time),
        cmocka_unit_test(channel_exporter__differs_between_connections),
        cmocka_unit_test(channel_close__before_the_handshake_is_quiet),
        cmocka_unit_test(channel_receive_end__without_a_farewell_is_a_truncation),
        cmocka_unit_test(channel__accepts_no_flipped_bit),
        cmocka_unit_test(channel__survives_a_hang_up_at_every_byte),
        cmocka_unit_test(channel__refuses_records_lost_repeated_or_swapped),
        cmocka_unit_test(channel_receive__knows_what_is_no_tls),
        cmocka_unit_test(channel_receive__bears_noise),
        cmocka_unit_test(channel__carries_much_both_ways),
        cmocka_unit_test(channel_send__fills_records),
        cmocka_unit_test(channel_receive__works_off_a_bounded_amount_a_call),
        cmocka_unit_test(channel_send__limits_what_waits),
        cmocka_unit_test(an_idle_pair__costs_little),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
