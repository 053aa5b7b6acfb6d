#include "proto/channel.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gnutls/gnutls.h>

#include "proto/certificate.h"

enum {
    WORK_BYTES = 64 << 10, /* ciphertext worked off in one channel_receive */
    BARREN_BYTES =
        64 << 10, /* ciphertext without plaintext before we call it a flood */
    WAITING_BYTES_MAX = 16 << 20, /* plaintext and ciphertext not yet taken */
    HANDSHAKE_MESSAGE_MAX = 4096, /* the largest honest one has under 500 bytes */
    PINS_MAX = 2,
};

/* AES-128-GCM first: without AES instructions a peer prefers the other. */
static const char priorities[] =
    "NONE:+VERS-TLS1.3:+AES-128-GCM:+CHACHA20-POLY1305:+AEAD:"
    "+GROUP-X25519:+GROUP-SECP256R1:"
    "+SIGN-EDDSA-ED25519:+SIGN-ECDSA-SECP256R1-SHA256:+CTYPE-X509";

static const char protocol_name[] = "psp/1";

struct channel_identity {
    unsigned references; /* the owner and every channel */
    gnutls_certificate_credentials_t credentials;
    gnutls_priority_t priorities;
};

struct channel {
    struct channel_identity *identity;
    gnutls_session_t session;
    enum channel_state state;
    bool is_client;
    bool started;
    bool transport_ended;
    bool wrong_key;
    bool refused_us;
    bool has_heard;      /* plaintext came */
    uint8_t looked_at;   /* bytes in `greeting` */
    uint8_t greeting[3]; /* the first bytes of the peer: is it TLS at all? */
    unsigned judgements; /* how often the peer's key was judged */

    channel_admit *admit; /* server */
    void *user;
    uint8_t pins[PINS_MAX][HASH_BYTES]; /* client */
    unsigned pin_count;
    bool is_stranger; /* client: admits any server */
    struct peer_key peer;

    /* During channel_receive: what the session may still read.  `waiting` comes first,
     * then the caller's bytes. */
    const uint8_t *fresh;
    size_t fresh_length;
    size_t work; /* bytes that may still be read in this call */
    size_t barren;
    struct buffer waiting; /* ciphertext left over from earlier calls */
    struct buffer unsent;  /* plaintext given before the handshake was done */
    struct buffer input, output;

    const char *failure; /* a literal, or composed */
    char *composed;
};

static enum psp_error error_of(int code)
{
    return code == GNUTLS_E_MEMORY_ERROR ? PSP_NO_MEMORY : PSP_FAILED;
}

/* The first reason counts: what follows is mostly its consequence. */
__attribute__((format(printf, 2, 3))) static void fail(struct channel *channel,
                                                       const char *format, ...)
{
    if (channel->state == CHANNEL_FAILED || channel->state == CHANNEL_CLOSED)
        return;
    channel->state = CHANNEL_FAILED;
    buffer_wipe(&channel->unsent);
    buffer_release(&channel->waiting);
    if (channel->failure)
        return;
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&channel->composed, format, arguments) < 0)
        channel->composed = NULL;
    va_end(arguments);
    channel->failure = channel->composed ? channel->composed : "out of memory";
}

static bool is_admitted(const struct channel *channel)
{
    if (!channel->is_client)
        return channel->admit(channel->user, channel->peer.holder);
    bool found = channel->is_stranger;
    for (unsigned i = 0; i < channel->pin_count; i++)
        found |=
            equal_in_constant_time(channel->peer.holder, channel->pins[i], HASH_BYTES);
    return found;
}

/* GnuTLS calls it once in every full handshake, and in no resumed one; zero admits.
 * That the peer also has the key is for the handshake to show. */
static int judge_peer(gnutls_session_t session)
{
    struct channel *channel = gnutls_session_get_ptr(session);

    channel->judgements++;
    channel->failure = certificate_of_peer(session, &channel->peer);
    if (channel->failure)
        return -1;
    if (is_admitted(channel))
        return 0;
    channel->wrong_key = true;
    return -1;
}

static const char *peer_role(const struct channel *channel)
{
    return channel->is_client ? "archive" : "caller";
}

static bool began_like_tls(const struct channel *channel)
{
    return (channel->looked_at < 1 ||
            (channel->greeting[0] >= 20 && channel->greeting[0] <= 24)) &&
           (channel->looked_at < 2 || channel->greeting[1] == 3);
}

static void fail_by_nothing_in_common(struct channel *channel)
{
    fail(channel,
         "the %s and we have no TLS 1.3 cipher, group or kind of key in common",
         peer_role(channel));
}

static void fail_by_alert(struct channel *channel)
{
    int alert = gnutls_alert_get(channel->session);

    switch (alert) {
    case GNUTLS_A_BAD_CERTIFICATE:
    case GNUTLS_A_UNSUPPORTED_CERTIFICATE:
    case GNUTLS_A_CERTIFICATE_REVOKED:
    case GNUTLS_A_CERTIFICATE_EXPIRED:
    case GNUTLS_A_CERTIFICATE_UNKNOWN:
    case GNUTLS_A_UNKNOWN_CA:
    case GNUTLS_A_ACCESS_DENIED:
    case GNUTLS_A_CERTIFICATE_REQUIRED:
        channel->refused_us = true;
        if (channel->is_client)
            fail(channel,
                 "the archive refused this device's key: it is not paired there");
        else
            fail(channel, "the caller refused this archive's key");
        break;
    case GNUTLS_A_NO_APPLICATION_PROTOCOL:
        fail(channel, "the %s does not speak %s", peer_role(channel), protocol_name);
        break;
    case GNUTLS_A_HANDSHAKE_FAILURE:
    case GNUTLS_A_INSUFFICIENT_SECURITY:
        fail_by_nothing_in_common(channel);
        break;
    case GNUTLS_A_PROTOCOL_VERSION:
        fail(channel, "the %s does not speak TLS 1.3", peer_role(channel));
        break;
    default:
        fail(channel, "the %s ended the TLS session: alert %d", peer_role(channel),
             alert);
    }
}

static void fail_by_truncation(struct channel *channel)
{
    if (channel->state == CHANNEL_HANDSHAKE)
        fail(channel, "the %s hung up during the TLS handshake", peer_role(channel));
    else if (channel->is_client && !channel->has_heard)
        /* TLS 1.3 lets a client finish before the server has judged it. */
        fail(channel,
             "the stream was truncated before the archive said anything: it may "
             "not know this device's key");
    else
        fail(channel, "the stream was truncated: the %s ended it without a farewell",
             peer_role(channel));
}

static void fail_by_wrong_key(struct channel *channel)
{
    char seen[FINGERPRINT_CHARS + 1];

    fingerprint_write(channel->peer.holder, seen);
    if (channel->is_client)
        fail(channel, "the archive's key is not the pinned one: it is %s", seen);
    else
        fail(channel, "the caller's key is not paired here: it is %s", seen);
}

/* Tells the peer, then gives up. */
static void fail_by_code(struct channel *channel, int code)
{
    if (!channel->transport_ended && channel->wrong_key)
        (void)gnutls_alert_send(channel->session, GNUTLS_AL_FATAL,
                                GNUTLS_A_ACCESS_DENIED);
    else if (!channel->transport_ended && code != GNUTLS_E_FATAL_ALERT_RECEIVED)
        (void)gnutls_alert_send_appropriate(channel->session, code);

    if (channel->wrong_key)
        fail_by_wrong_key(channel);
    else if (!began_like_tls(channel))
        fail(channel, "not a TLS peer: its first bytes are %02x %02x %02x",
             channel->greeting[0], channel->greeting[1], channel->greeting[2]);
    else if (code == GNUTLS_E_FATAL_ALERT_RECEIVED ||
             code == GNUTLS_E_WARNING_ALERT_RECEIVED)
        fail_by_alert(channel);
    else if (channel->transport_ended)
        fail_by_truncation(channel);
    else if (code == GNUTLS_E_UNSUPPORTED_VERSION_PACKET)
        fail(channel, "the %s does not speak TLS 1.3", peer_role(channel));
    else if (code == GNUTLS_E_NO_APPLICATION_PROTOCOL)
        fail(channel, "the %s does not speak %s", peer_role(channel), protocol_name);
    else if (code == GNUTLS_E_NO_CERTIFICATE_FOUND ||
             code == GNUTLS_E_CERTIFICATE_REQUIRED)
        fail(channel, "the %s showed no certificate", peer_role(channel));
    else if (code == GNUTLS_E_DECRYPTION_FAILED)
        fail(channel, "a TLS record was damaged on the way");
    else if (code == GNUTLS_E_NO_CIPHER_SUITES || code == GNUTLS_E_UNKNOWN_CIPHER_SUITE)
        fail_by_nothing_in_common(channel);
    else
        fail(channel, "TLS failed: %s", gnutls_strerror(code));
}

static ssize_t pull(gnutls_transport_ptr_t transport, void *bytes, size_t length)
{
    struct channel *channel = transport;
    size_t waiting = buffer_length(&channel->waiting);
    size_t there = waiting ? waiting : channel->fresh_length;

    if (there == 0 && channel->transport_ended)
        return 0;
    if (there > channel->work)
        there = channel->work;
    if (there == 0) {
        gnutls_transport_set_errno(channel->session, EAGAIN);
        return -1;
    }
    if (there > length)
        there = length;
    if (waiting) {
        memcpy(bytes, buffer_bytes(&channel->waiting), there);
        buffer_consume(&channel->waiting, there);
    } else {
        memcpy(bytes, channel->fresh, there);
        channel->fresh += there;
        channel->fresh_length -= there;
    }
    for (size_t i = 0; i < there && channel->looked_at < sizeof channel->greeting; i++)
        channel->greeting[channel->looked_at++] = ((const uint8_t *)bytes)[i];
    channel->work -= there;
    channel->barren += there;
    return (ssize_t)there;
}

static int pull_timeout(gnutls_transport_ptr_t transport, unsigned ms)
{
    const struct channel *channel = transport;

    (void)ms;
    return channel->transport_ended || buffer_length(&channel->waiting) ||
           channel->fresh_length;
}

static ssize_t push(gnutls_transport_ptr_t transport, const void *bytes, size_t length)
{
    struct channel *channel = transport;

    if (!buffer_append(&channel->output, bytes, length)) {
        gnutls_transport_set_errno(channel->session, ENOMEM);
        return -1;
    }
    return (ssize_t)length;
}

/* The caller fails the channel when this does not succeed. */
static int encrypt(struct channel *channel, const uint8_t *bytes, size_t length)
{
    while (length) {
        ssize_t sent = gnutls_record_send(channel->session, bytes, length);
        if (sent <= 0)
            return sent < 0 ? (int)sent : GNUTLS_E_INTERNAL_ERROR;
        bytes += sent;
        length -= (size_t)sent;
    }
    return 0;
}

static bool speaks_psp(gnutls_session_t session)
{
    gnutls_datum_t chosen;

    return gnutls_alpn_get_selected_protocol(session, &chosen) == 0 &&
           chosen.size == sizeof protocol_name - 1 &&
           memcmp(chosen.data, protocol_name, chosen.size) == 0;
}

/* What the library is told to do is asked for again here: fail closed. */
static void finish_handshake(struct channel *channel)
{
    gnutls_session_t session = channel->session;

    if (channel->judgements != 1 || gnutls_session_is_resumed(session)) {
        fail_by_code(channel, GNUTLS_E_CERTIFICATE_ERROR);
        return;
    }
    if (gnutls_protocol_get_version(session) != GNUTLS_TLS1_3) {
        fail_by_code(channel, GNUTLS_E_UNSUPPORTED_VERSION_PACKET);
        return;
    }
    if (!speaks_psp(session)) {
        fail_by_code(channel, GNUTLS_E_NO_APPLICATION_PROTOCOL);
        return;
    }
    channel->state = CHANNEL_OPEN;
    int code = encrypt(channel, buffer_bytes(&channel->unsent),
                       buffer_length(&channel->unsent));
    buffer_wipe(&channel->unsent);
    if (code < 0)
        fail_by_code(channel, code);
}

static void shake_hands(struct channel *channel)
{
    int code = gnutls_handshake(channel->session);

    if (code == GNUTLS_E_AGAIN || code == GNUTLS_E_INTERRUPTED)
        return;
    if (code < 0)
        fail_by_code(channel, code);
    else
        finish_handshake(channel);
}

static bool can_read(const struct channel *channel)
{
    return channel->work && (buffer_length(&channel->waiting) || channel->fresh_length);
}

/* Takes one record's plaintext; false when there is no more to do now. */
static bool decrypt(struct channel *channel)
{
    size_t work = channel->work;
    gnutls_packet_t packet = NULL;
    gnutls_datum_t plain;
    ssize_t got = gnutls_record_recv_packet(channel->session, &packet);

    /* Also what follows a record that was for the library itself (a KeyUpdate). */
    if (got == GNUTLS_E_AGAIN || got == GNUTLS_E_INTERRUPTED)
        return channel->work < work && can_read(channel);
    if (got < 0) {
        fail_by_code(channel, (int)got);
        return false;
    }
    if (got == 0) {
        channel_close(channel);
        return false;
    }
    gnutls_packet_get(packet, &plain, NULL);
    bool kept = buffer_append(&channel->input, plain.data, plain.size);
    gnutls_packet_deinit(packet);
    channel->barren = 0;
    channel->has_heard = true;
    if (!kept)
        fail(channel, "out of memory");
    return kept;
}

static void run(struct channel *channel)
{
    channel->work = WORK_BYTES;
    if (channel->state == CHANNEL_HANDSHAKE)
        shake_hands(channel);
    while (channel->state == CHANNEL_OPEN && decrypt(channel))
        ;
    /* GnuTLS swallows empty records by itself; only their ciphertext shows. */
    if (channel->barren > BARREN_BYTES)
        fail(channel, "the %s sends TLS records without content", peer_role(channel));
}

static bool is_over(const struct channel *channel)
{
    return channel->state == CHANNEL_CLOSED || channel->state == CHANNEL_FAILED;
}

enum channel_state channel_receive(struct channel *channel, const void *ciphertext,
                                   size_t length)
{
    if (is_over(channel))
        return channel->state;
    channel->started = true;
    channel->fresh = ciphertext;
    channel->fresh_length = length;
    run(channel);
    if (!is_over(channel) &&
        !buffer_append(&channel->waiting, channel->fresh, channel->fresh_length))
        fail(channel, "out of memory");
    channel->fresh = NULL;
    channel->fresh_length = 0;
    if (buffer_length(&channel->waiting) == 0)
        buffer_release(&channel->waiting);
    return channel->state;
}

bool channel_has_work(const struct channel *channel)
{
    return !is_over(channel) && buffer_length(&channel->waiting) > 0;
}

enum channel_state channel_receive_end(struct channel *channel)
{
    while (channel_has_work(channel))
        channel_receive(channel, NULL, 0);
    if (is_over(channel))
        return channel->state;
    channel->transport_ended = true;
    run(channel);
    /* A handshake that was never begun has nothing to read for. */
    if (!is_over(channel))
        fail_by_truncation(channel);
    return channel->state;
}

enum channel_state channel_start(struct channel *channel)
{
    if (channel->is_client && !channel->started && !is_over(channel)) {
        channel->started = true;
        run(channel);
    }
    return channel->state;
}

enum psp_error channel_send(struct channel *channel, const void *plaintext,
                            size_t length)
{
    if (is_over(channel))
        return PSP_DISCONNECTED;
    if (length > WAITING_BYTES_MAX ||
        buffer_length(&channel->unsent) + buffer_length(&channel->output) >
            WAITING_BYTES_MAX - length)
        return PSP_LIMIT;
    if (channel->state == CHANNEL_HANDSHAKE)
        return buffer_append(&channel->unsent, plaintext, length) ? PSP_OK
                                                                  : PSP_NO_MEMORY;
    int code = encrypt(channel, plaintext, length);
    if (code == 0)
        return PSP_OK;
    fail_by_code(channel, code);
    return error_of(code);
}

void channel_close(struct channel *channel)
{
    if (is_over(channel))
        return;
    if (channel->started)
        (void)gnutls_alert_send(channel->session, GNUTLS_AL_WARNING,
                                GNUTLS_A_CLOSE_NOTIFY);
    channel->state = CHANNEL_CLOSED;
    buffer_wipe(&channel->unsent);
    buffer_release(&channel->waiting);
}

enum psp_error channel_identity_new(const struct key_pair *pair,
                                    struct channel_identity **identity)
{
    struct channel_identity *fresh = calloc(1, sizeof *fresh);

    if (!fresh)
        return PSP_NO_MEMORY;
    fresh->references = 1;
    int code = gnutls_certificate_allocate_credentials(&fresh->credentials);
    if (code >= 0) {
        /* Before any session exists: without it every certificate would pass. */
        gnutls_certificate_set_verify_function(fresh->credentials, judge_peer);
        code = certificate_load(fresh->credentials, pair);
    }
    if (code >= 0)
        code = gnutls_priority_init(&fresh->priorities, priorities, NULL);
    if (code < 0) {
        channel_identity_free(fresh);
        return error_of(code);
    }
    *identity = fresh;
    return PSP_OK;
}

void channel_identity_free(struct channel_identity *identity)
{
    if (!identity || --identity->references > 0)
        return;
    if (identity->credentials)
        gnutls_certificate_free_credentials(identity->credentials);
    if (identity->priorities)
        gnutls_priority_deinit(identity->priorities);
    free(identity);
}

static int set_up_session(struct channel *channel)
{
    /* The library wants a datum that it could write to, and does not. */
    static unsigned char name[] = "psp/1";
    gnutls_datum_t protocol = {name, sizeof name - 1};
    unsigned side = channel->is_client ? GNUTLS_CLIENT : GNUTLS_SERVER;

    int code = gnutls_init(&channel->session, side | GNUTLS_NO_TICKETS |
                                                  GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL);
    if (code < 0)
        return code;
    gnutls_session_t session = channel->session;
    gnutls_session_set_ptr(session, channel);
    gnutls_transport_set_ptr(session, channel);
    gnutls_transport_set_pull_function(session, pull);
    gnutls_transport_set_pull_timeout_function(session, pull_timeout);
    gnutls_transport_set_push_function(session, push);
    gnutls_handshake_set_max_packet_length(session, HANDSHAKE_MESSAGE_MAX);
    if (!channel->is_client)
        gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUIRE);
    code = gnutls_priority_set(session, channel->identity->priorities);
    if (code >= 0)
        code = gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE,
                                      channel->identity->credentials);
    if (code >= 0)
        code = gnutls_alpn_set_protocols(session, &protocol, 1, GNUTLS_ALPN_MANDATORY);
    return code;
}

static enum psp_error new_channel(struct channel_identity *identity, bool is_client,
                                  struct channel **channel)
{
    struct channel *fresh = calloc(1, sizeof *fresh);

    if (!fresh)
        return PSP_NO_MEMORY;
    fresh->identity = identity;
    identity->references++;
    fresh->is_client = is_client;
    int code = set_up_session(fresh);
    if (code < 0) {
        channel_free(fresh);
        return error_of(code);
    }
    *channel = fresh;
    return PSP_OK;
}

enum psp_error channel_new_client(struct channel_identity *identity,
                                  const uint8_t (*pins)[HASH_BYTES], unsigned pin_count,
                                  struct channel **channel)
{
    if (pin_count == 0 || pin_count > PINS_MAX)
        return PSP_LIMIT;
    enum psp_error error = new_channel(identity, true, channel);
    if (error == PSP_OK) {
        memcpy((*channel)->pins, pins, pin_count * sizeof *pins);
        (*channel)->pin_count = pin_count;
    }
    return error;
}

enum psp_error channel_new_stranger(struct channel_identity *identity,
                                    struct channel **channel)
{
    enum psp_error error = new_channel(identity, true, channel);
    if (error == PSP_OK)
        (*channel)->is_stranger = true;
    return error;
}

enum psp_error channel_new_server(struct channel_identity *identity,
                                  channel_admit *admit, void *user,
                                  struct channel **channel)
{
    enum psp_error error = new_channel(identity, false, channel);
    if (error == PSP_OK) {
        (*channel)->admit = admit;
        (*channel)->user = user;
    }
    return error;
}

void channel_free(struct channel *channel)
{
    if (!channel)
        return;
    if (channel->session)
        gnutls_deinit(channel->session);
    channel_identity_free(channel->identity);
    buffer_release(&channel->waiting);
    buffer_wipe(&channel->unsent);
    buffer_wipe(&channel->input);
    buffer_release(&channel->output);
    free(channel->composed);
    free(channel);
}

struct buffer *channel_input(struct channel *channel)
{
    return &channel->input;
}

struct buffer *channel_output(struct channel *channel)
{
    return &channel->output;
}

enum channel_state channel_state(const struct channel *channel)
{
    return channel->state;
}

const char *channel_failure(const struct channel *channel)
{
    return channel->failure;
}

bool channel_wrong_key(const struct channel *channel)
{
    return channel->wrong_key;
}

bool channel_refused_us(const struct channel *channel)
{
    return channel->refused_us;
}

const uint8_t *channel_peer(const struct channel *channel)
{
    return channel->peer.holder;
}

bool channel_peer_key(const struct channel *channel, uint8_t key[KEY_BYTES])
{
    if (channel->state != CHANNEL_OPEN || !channel->peer.is_ed25519)
        return false;
    memcpy(key, channel->peer.public_key, KEY_BYTES);
    return true;
}

enum psp_error channel_exporter(struct channel *channel, uint8_t exporter[HASH_BYTES])
{
    gnutls_datum_t binding = {0};

    if (channel->state != CHANNEL_OPEN)
        return PSP_DISCONNECTED;
    int code = gnutls_session_channel_binding(channel->session, GNUTLS_CB_TLS_EXPORTER,
                                              &binding);
    bool usable = code >= 0 && binding.size == HASH_BYTES;
    if (usable)
        memcpy(exporter, binding.data, HASH_BYTES);
    gnutls_free(binding.data);
    return usable ? PSP_OK : error_of(code);
}
