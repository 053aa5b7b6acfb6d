/* channel_fuzz.c - a TLS channel under attack from the wire.
 *
 * The first byte chooses.  0 and 1: the rest is fed to a fresh server or a fresh
 * client, in pieces.  2: two honest ends talk, and the rest is a list of changes to the
 * bytes between them (direction and position 2 bytes, what to flip 1 byte); whatever
 * happens, neither end may hear anything but what the other one said. */
#include <stdlib.h>
#include <string.h>

#include "proto/channel.h"

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length);

struct end {
    struct key_pair pair;
    struct channel_identity *identity;
    uint8_t holder[HASH_BYTES];
};
static struct end console, archive;

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void make_end(struct end *end, uint8_t number)
{
    uint8_t seed[KEY_BYTES] = {number};

    key_pair_from_seed(&end->pair, seed);
    holder_of_key(end->pair.public_key, end->holder);
    require(channel_identity_new(&end->pair, &end->identity) == PSP_OK);
}

static bool admit(void *user, const uint8_t holder[HASH_BYTES])
{
    return memcmp(user, holder, HASH_BYTES) == 0;
}

static struct channel *new_client(void)
{
    struct channel *client;
    const uint8_t(*pin)[HASH_BYTES] = &archive.holder;

    require(channel_new_client(console.identity, pin, 1, &client) == PSP_OK);
    require(channel_send(client, "ping", 4) == PSP_OK);
    channel_start(client);
    return client;
}

static struct channel *new_server(void)
{
    struct channel *server;

    require(channel_new_server(archive.identity, admit, console.holder, &server) ==
            PSP_OK);
    require(channel_send(server, "pong", 4) == PSP_OK);
    return server;
}

static void feed(struct channel *channel, const uint8_t *bytes, size_t length)
{
    while (length) {
        size_t piece = 1 + bytes[0] * 4u;
        piece = piece < length ? piece : length;
        channel_receive(channel, bytes, piece);
        bytes += piece;
        length -= piece;
    }
    while (channel_has_work(channel))
        channel_receive(channel, NULL, 0);
    require(channel_state(channel) != CHANNEL_OPEN);
    require(buffer_length(channel_input(channel)) == 0);
    channel_receive_end(channel);
    require((channel_state(channel) == CHANNEL_FAILED) == !!channel_failure(channel));
    channel_free(channel);
}

/* Carries what one end says, with the changes that fall on these bytes. */
static bool carry(struct channel *from, struct channel *to, uint8_t direction,
                  size_t *passed, const uint8_t *changes, size_t count)
{
    struct buffer *output = channel_output(from);
    size_t length = buffer_length(output);
    uint8_t *bytes = buffer_bytes(output);

    if (length == 0)
        return false;
    for (size_t i = 0; i < count; i++) {
        const uint8_t *change = changes + 3 * i;
        size_t at = (size_t)(change[0] & 0x0f) << 8 | change[1];
        if (change[0] >> 7 == direction && at >= *passed && at < *passed + length)
            bytes[at - *passed] ^= change[2];
    }
    *passed += length;
    channel_receive(to, bytes, length);
    buffer_consume(output, length);
    return true;
}

static void require_heard(struct channel *channel, const char *said)
{
    const struct buffer *input = channel_input(channel);

    require(buffer_length(input) <= strlen(said));
    if (buffer_length(input))
        require(memcmp(buffer_bytes(input), said, buffer_length(input)) == 0);
}

static void meddle(const uint8_t *changes, size_t length)
{
    struct channel *client = new_client(), *server = new_server();
    size_t up = 0, down = 0;

    for (bool moved = true; moved;) {
        moved = carry(client, server, 0, &up, changes, length / 3);
        moved |= carry(server, client, 1, &down, changes, length / 3);
    }
    require_heard(client, "pong");
    require_heard(server, "ping");
    channel_close(client);
    channel_free(client);
    channel_receive_end(server);
    channel_free(server);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length)
{
    if (!console.identity) {
        make_end(&console, 1);
        make_end(&archive, 2);
    }
    if (length == 0)
        return 0;
    if (input[0] % 3 == 0)
        feed(new_server(), input + 1, length - 1);
    else if (input[0] % 3 == 1)
        feed(new_client(), input + 1, length - 1);
    else
        meddle(input + 1, length - 1);
    return 0;
}
