/* stream.h - one TLS session over one TCP connection, on a libuv loop.
 *
 * The only meeting of a socket and a channel: the aggregator dials streams, an archive
 * accepts them.  Plaintext to send is appended to stream_output() and leaves with
 * stream_flush(); received plaintext is handed to the `received` event, which consumes
 * what it can.  A stream has no timers: deadlines belong to its owner, who closes it.
 *
 *   stream_dial / stream_accept -> opened -> received ... -> closed
 *
 * `closed` comes at most once, when the stream ended by itself; the stream then frees
 * itself.  After stream_close() no event comes any more. */
#ifndef NET_STREAM_H
#define NET_STREAM_H

#include <uv.h>

#include "proto/channel.h"

enum { NET_READ_BYTES = 64 * 1024 };

/* What all streams of a loop share; lives as long as the loop. */
struct net {
    uv_loop_t *loop;
    char read_buffer[NET_READ_BYTES];
};

int64_t net_wall_ms(void); /* Unix time */

enum stream_end {
    STREAM_UNREACHABLE, /* no address, refused, no route: never connected */
    STREAM_NOT_TLS,     /* the handshake failed for other reasons than keys */
    STREAM_WRONG_KEY,   /* the peer's key is not the pinned one */
    STREAM_REFUSED,     /* the peer refused our key */
    STREAM_ENDED,       /* close_notify */
    STREAM_BROKEN,      /* reset, truncated, or a record that does not decrypt */
};

struct stream_events {
    void (*opened)(void *user);
    void (*received)(void *user, struct buffer *plaintext);
    /* All that was to be sent has left; may be NULL. */
    void (*drained)(void *user);
    /* `why` is a sentence for people, valid during the call. */
    void (*closed)(void *user, enum stream_end end, const char *why);
};

struct stream;

/* `host` is a numeric address or a name.  Events come from the loop only, never from
 * inside this call.  NULL when memory is short. */
struct stream *stream_dial(struct net *net, struct channel_identity *identity,
                           const uint8_t (*pins)[HASH_BYTES], unsigned pin_count,
                           const char *host, uint16_t port,
                           const struct stream_events *events, void *user);
/* The same to whoever answers there: for pairing only (channel_new_stranger). */
struct stream *stream_dial_stranger(struct net *net, struct channel_identity *identity,
                                    const char *host, uint16_t port,
                                    const struct stream_events *events, void *user);
/* Accepts the next connection of `listener`.  Events come from the loop only. */
struct stream *stream_accept(struct net *net, uv_stream_t *listener,
                             struct channel_identity *identity, channel_admit *admit,
                             void *admit_user, const struct stream_events *events,
                             void *user);
/* Takes the next connection of `listener` and closes it: one that is left would keep
 * all later ones from coming.  False when memory is short: try again later. */
bool stream_turn_away(struct net *net, uv_stream_t *listener);
/* Sends what is ready to go, then closes; no event comes any more. */
void stream_close(struct stream *stream);
/* Closes at once: what the peer has not got yet it does not get any more. */
void stream_cut(struct stream *stream);

struct buffer *stream_output(struct stream *stream);
/* Encrypts and writes what stream_output() holds. */
void stream_flush(struct stream *stream);
/* Bytes that the kernel has not taken yet: also those that are still to be encrypted.
 */
size_t stream_pending(const struct stream *stream);
/* The kernel takes no more for now. */
bool stream_is_blocked(const struct stream *stream);
/* Reading stops while the owner cannot take more. */
void stream_pause(struct stream *stream);
void stream_resume(struct stream *stream);

struct channel *stream_channel(struct stream *stream);
bool stream_is_open(const struct stream *stream);
uint64_t stream_bytes_in(const struct stream *stream);
/* Taken by the kernel: while it does not grow, the peer does not read. */
uint64_t stream_bytes_out(const struct stream *stream);
/* "127.0.0.1:40122" of the peer, or "". */
const char *stream_peer_address(const struct stream *stream);
enum { STREAM_NETWORK_BYTES = 8 };
/* Whose addresses one party can have as many as it likes of: the IPv4 address, the
 * first 64 bits of an IPv6 address; all zero when unknown. */
const uint8_t *stream_peer_network(const struct stream *stream);

#endif
