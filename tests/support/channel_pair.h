/* channel_pair.h - both ends of a TLS channel in one process, over memory. */
#ifndef TESTS_SUPPORT_CHANNEL_PAIR_H
#define TESTS_SUPPORT_CHANNEL_PAIR_H

#include "tests/support/cmocka_all.h"

#include <stdlib.h>
#include <string.h>

#include "proto/channel.h"

struct device {
    struct key_pair key;
    struct channel_identity *identity;
    uint8_t holder[HASH_BYTES];
};

struct fixture {
    struct device console, archive, stranger;
};

static inline void device_new(struct device *device, uint8_t number)
{
    uint8_t seed[KEY_BYTES] = {number};

    key_pair_from_seed(&device->key, seed);
    holder_of_key(device->key.public_key, device->holder);
    assert_int_equal(channel_identity_new(&device->key, &device->identity), PSP_OK);
}

static inline int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);

    device_new(&fixture->console, 1);
    device_new(&fixture->archive, 2);
    device_new(&fixture->stranger, 3);
    *state = fixture;
    return 0;
}

static inline int tear_down(void **state)
{
    struct fixture *fixture = *state;

    channel_identity_free(fixture->console.identity);
    channel_identity_free(fixture->archive.identity);
    channel_identity_free(fixture->stranger.identity);
    free(fixture);
    return 0;
}

static inline bool admit_holder(void *user, const uint8_t holder[HASH_BYTES])
{
    return memcmp(user, holder, HASH_BYTES) == 0;
}

static inline struct channel *client_of(const struct device *device,
                                        const struct device *peer)
{
    struct channel *channel = NULL;
    const uint8_t(*pin)[HASH_BYTES] = &peer->holder;

    assert_int_equal(channel_new_client(device->identity, pin, 1, &channel), PSP_OK);
    return channel;
}

static inline struct channel *server_of(struct device *device, struct device *admitted)
{
    struct channel *channel = NULL;

    assert_int_equal(
        channel_new_server(device->identity, admit_holder, admitted->holder, &channel),
        PSP_OK);
    return channel;
}

/* Carries everything that `from` has to say, at most `step` bytes a time. */
static inline bool carry(struct channel *from, struct channel *to, size_t step)
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

static inline void settle(struct channel *client, struct channel *server, size_t step)
{
    channel_start(client);
    for (bool moved = true; moved;) {
        moved = carry(client, server, step);
        moved |= carry(server, client, step);
    }
}

static inline void open_pair(struct fixture *fixture, struct channel **client,
                             struct channel **server)
{
    *client = client_of(&fixture->console, &fixture->archive);
    *server = server_of(&fixture->archive, &fixture->console);
    settle(*client, *server, SIZE_MAX);
    assert_int_equal(channel_state(*client), CHANNEL_OPEN);
    assert_int_equal(channel_state(*server), CHANNEL_OPEN);
}

static inline void free_pair(struct channel *client, struct channel *server)
{
    channel_free(client);
    channel_free(server);
}

static inline void assert_input(struct channel *channel, const char *text)
{
    struct buffer *input = channel_input(channel);

    assert_int_equal(buffer_length(input), strlen(text));
    assert_memory_equal(buffer_bytes(input), text, strlen(text));
    buffer_consume(input, buffer_length(input));
}

static inline void assert_fails(struct channel *channel, const char *words)
{
    assert_int_equal(channel_state(channel), CHANNEL_FAILED);
    assert_non_null(channel_failure(channel));
    if (!strstr(channel_failure(channel), words))
        fail_msg("\"%s\" does not say \"%s\"", channel_failure(channel), words);
}

#endif
