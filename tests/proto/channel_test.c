#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/channel.h"

/* Two devices, and a channel between them over memory. */
struct device {
    struct key_pair key;
    struct channel_identity *identity;
    uint8_t holder[HASH_BYTES];
};

struct fixture {
    struct device console, archive, stranger;
};

static void device_new(struct device *device, uint8_t number)
{
    uint8_t seed[KEY_BYTES] = {number};

    key_pair_from_seed(&device->key, seed);
    holder_of_key(device->key.public_key, device->holder);
    assert_int_equal(channel_identity_new(&device->key, &device->identity), PSP_OK);
}

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);

    device_new(&fixture->console, 1);
    device_new(&fixture->archive, 2);
    device_new(&fixture->stranger, 3);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    channel_identity_free(fixture->console.identity);
    channel_identity_free(fixture->archive.identity);
    channel_identity_free(fixture->stranger.identity);
    free(fixture);
    return 0;
}

static bool admit_holder(void *user, const uint8_t holder[HASH_BYTES])
{
    return memcmp(user, holder, HASH_BYTES) == 0;
}

static struct channel *client_of(const struct device *device, const struct device *peer)
{
    struct channel *channel = NULL;
    const uint8_t(*pin)[HASH_BYTES] = &peer->holder;

    assert_int_equal(channel_new_client(device->identity, pin, 1, &channel), PSP_OK);
    return channel;
}

static struct channel *server_of(struct device *device, struct device *admitted)
{
    struct channel *channel = NULL;

    assert_int_equal(
        channel_new_server(device->identity, admit_holder, admitted->holder, &channel),
        PSP_OK);
    return channel;
}

/* Carries everything that `from` has to say, at most `step` bytes a time. */
static bool carry(struct channel *from, struct channel *to, size_t step)
{
    struct buffer *output = channel_output(from);
    bool moved = false;

    while (buffer_length(output)) {
        size_t length = buffer_length(output) < step ? buffer_length(output) : step;
        channel_receive(to, buffer_bytes(output), length);
        buffer_consume(output, length);
        moved = true;
    }
    while (channel_has_work(to))
        channel_receive(to, NULL, 0);
    return moved;
}

static void settle(struct channel *client, struct channel *server, size_t step)
{
    channel_start(client);
    for (bool moved = true; moved;) {
        moved = carry(client, server, step);
        moved |= carry(server, client, step);
    }
}

static void open_pair(struct fixture *fixture, struct channel **client,
                      struct channel **server)
{
    *client = client_of(&fixture->console, &fixture->archive);
    *server = server_of(&fixture->archive, &fixture->console);
    settle(*client, *server, SIZE_MAX);
    assert_int_equal(channel_state(*client), CHANNEL_OPEN);
    assert_int_equal(channel_state(*server), CHANNEL_OPEN);
}

static void free_pair(struct channel *client, struct channel *server)
{
    channel_free(client);
    channel_free(server);
}

static void assert_input(struct channel *channel, const char *text)
{
    struct buffer *input = channel_input(channel);

    assert_int_equal(buffer_length(input), strlen(text));
    assert_memory_equal(buffer_bytes(input), text, strlen(text));
    buffer_consume(input, buffer_length(input));
}

static void assert_fails(struct channel *channel, const char *words)
{
    assert_int_equal(channel_state(channel), CHANNEL_FAILED);
    assert_non_null(channel_failure(channel));
    if (!strstr(channel_failure(channel), words))
        fail_msg("\"%s\" does not say \"%s\"", channel_failure(channel), words);
}

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(channel__opens_between_pinned_keys),
        cmocka_unit_test(channel_send__before_open_leaves_behind_finished),
        cmocka_unit_test(channel__works_a_byte_at_a_time),
        cmocka_unit_test(client__refuses_a_key_that_is_not_pinned),
        cmocka_unit_test(client__accepts_either_of_two_pins),
        cmocka_unit_test(server__refuses_a_caller_that_is_not_paired),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
