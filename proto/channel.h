/* channel.h - one mutually authenticated TLS 1.3 session over memory buffers.
 *
 * It owns no socket and no clock: ciphertext that arrived goes in through
 * channel_receive, ciphertext to send is taken from channel_output.  Plaintext
 * likewise: channel_send, channel_input.  What is sent before the handshake is done
 * leaves right behind the client's Finished, in the same flight.
 *
 *   HANDSHAKE --finished--> OPEN --close_notify--> CLOSED
 *       |                    |
 *       +------ any defect --+--> FAILED (channel_failure says why, for people)
 *
 * Profile (docs/psp.md): TLS 1.3 only, both sides show a self-signed X.509 certificate,
 * peers are pinned by the SHA-256 of their SubjectPublicKeyInfo in the verify callback
 * (which must have run exactly once), no chain, no names, no dates; ALPN psp/1 is
 * mandatory; no tickets, no resumption, no early data.  Ed25519 ours, a peer's may be
 * P-256.  A client that reached OPEN knows only that the server proved its pinned key:
 * the server has judged the client when the first PSP message arrives. */
#ifndef PROTO_CHANNEL_H
#define PROTO_CHANNEL_H

#include "proto/buffer.h"
#include "proto/error.h"
#include "proto/sign.h"

/* A device's key and certificate, loaded once and shared by all its sessions. */
struct channel_identity;
MUST_CHECK enum psp_error channel_identity_new(const struct key_pair *pair,
                                               struct channel_identity **identity);
/* Channels keep it alive: its owner may free it before them.  NULL is fine. */
void channel_identity_free(struct channel_identity *identity);

enum channel_state { CHANNEL_HANDSHAKE, CHANNEL_OPEN, CHANNEL_CLOSED, CHANNEL_FAILED };

struct channel;

/* Judges the peer's key during the handshake; true admits it.  `holder` is SHA-256 of
 * the SubjectPublicKeyInfo.  The proof that the peer has this key may still be to come:
 * before OPEN nothing is known of it, so nothing may be changed here. */
typedef bool channel_admit(void *user, const uint8_t holder[HASH_BYTES]);

/* A client that accepts the server whose key hashes to one of the pins (1 or 2: the
 * second serves rotation). */
MUST_CHECK enum psp_error channel_new_client(struct channel_identity *identity,
                                             const uint8_t (*pins)[HASH_BYTES],
                                             unsigned pin_count,
                                             struct channel **channel);
/* A client that accepts any server, to be paired with it: whoever answers proves that
 * it has the key that it shows, and no more.  Nothing but hello, pair, pairReveal and
 * pairing may be asked on such a channel, and what it answers is worth nothing until
 * two people have compared the code (pairing_caller.h); afterwards the key that
 * channel_peer gives is pinned and the archive is dialled anew. */
MUST_CHECK enum psp_error channel_new_stranger(struct channel_identity *identity,
                                               struct channel **channel);
MUST_CHECK enum psp_error channel_new_server(struct channel_identity *identity,
                                             channel_admit *admit, void *user,
                                             struct channel **channel);
void channel_free(struct channel *channel); /* NULL is fine */

/* Feeds ciphertext and runs the session as far as it goes: handshake messages are
 * answered into channel_output, decrypted application data is appended to
 * channel_input (at most 64 KiB of ciphertext are worked off per call; the rest waits
 * in the channel and is worked off by the next call, also one with length 0; see
 * channel_has_work).  Returns the state reached. */
enum channel_state channel_receive(struct channel *channel, const void *ciphertext,
                                   size_t length);
bool channel_has_work(const struct channel *channel);
/* The transport ended.  Without a close_notify before it that is a truncation: FAILED.
 */
enum channel_state channel_receive_end(struct channel *channel);
/* Starts a client's handshake (idempotent); servers start by receiving. */
enum channel_state channel_start(struct channel *channel);

/* Queues plaintext; in OPEN it is encrypted at once into channel_output.  PSP_LIMIT
 * when over 16 MiB wait (as plaintext before OPEN, or in channel_output),
 * PSP_DISCONNECTED when CLOSED or FAILED. */
MUST_CHECK enum psp_error channel_send(struct channel *channel, const void *plaintext,
                                       size_t length);
/* Sends close_notify; CLOSED at once, and what still arrives is dropped.  A peer's
 * close_notify is answered so too. */
void channel_close(struct channel *channel);

/* Decrypted bytes to be consumed by the reader; storage is 8-aligned frames-wise. */
struct buffer *channel_input(struct channel *channel);
/* Ciphertext for the transport, to be consumed as it is written. */
struct buffer *channel_output(struct channel *channel);

enum channel_state channel_state(const struct channel *channel);
/* A sentence for people, or NULL.  Names the defect ("the peer's key is not the pinned
 * one: it is SHA256:..."); valid while the channel lives. */
const char *channel_failure(const struct channel *channel);
/* True when the handshake ended because the key was not admitted. */
bool channel_wrong_key(const struct channel *channel);
/* True when it ended because the peer refused our key (a fatal alert such as
 * bad_certificate, certificate_unknown, access_denied, certificate_required). */
bool channel_refused_us(const struct channel *channel);
/* SHA-256 of the peer's SubjectPublicKeyInfo; all zero before the certificate came. */
const uint8_t *channel_peer(const struct channel *channel);
/* The peer's Ed25519 public key, proven; false before OPEN, and of a P-256 key. */
MUST_CHECK bool channel_peer_key(const struct channel *channel, uint8_t key[KEY_BYTES]);
/* RFC 9266 tls-exporter, 32 bytes; PSP_DISCONNECTED before OPEN. */
MUST_CHECK enum psp_error channel_exporter(struct channel *channel,
                                           uint8_t exporter[HASH_BYTES]);

#endif
