/* The channel against peers that are not ours: plain GnuTLS, set up in ways that the
 * profile forbids, and in the few that it allows. */
#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "proto/certificate.h"
#include "proto/channel.h"
#include "tests/support/channel_pair.h"
#include "tests/support/hex.h"

static const char tls13[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3";
static const char tls12[] = "NORMAL:-VERS-ALL:+VERS-TLS1.2";

struct peer {
    gnutls_session_t session;
    gnutls_certificate_credentials_t credentials;
    struct buffer input, output; /* ciphertext */
    int result;                  /* of the handshake so far */
};

static ssize_t peer_pull(gnutls_transport_ptr_t transport, void *bytes, size_t length)
{
    struct peer *peer = transport;
    size_t there = buffer_length(&peer->input);

    if (there == 0) {
        gnutls_transport_set_errno(peer->session, EAGAIN);
        return -1;
    }
    there = there < length ? there : length;
    memcpy(bytes, buffer_bytes(&peer->input), there);
    buffer_consume(&peer->input, there);
    return (ssize_t)there;
}

static ssize_t peer_push(gnutls_transport_ptr_t transport, const void *bytes,
                         size_t length)
{
    struct peer *peer = transport;

    assert_true(buffer_append(&peer->output, bytes, length));
    return (ssize_t)length;
}

static int peer_wait(gnutls_transport_ptr_t transport, unsigned ms)
{
    const struct peer *peer = transport;

    (void)ms;
    return buffer_length(&peer->input) > 0;
}

static int accept_any(gnutls_session_t session)
{
    (void)session;
    return 0;
}

static void peer_new(struct peer *peer, unsigned flags, const char *priorities,
                     const char *protocol)
{
    *peer = (struct peer){.result = GNUTLS_E_AGAIN};
    gnutls_certificate_allocate_credentials(&peer->credentials);
    gnutls_certificate_set_verify_function(peer->credentials, accept_any);
    assert_int_equal(gnutls_init(&peer->session, flags | GNUTLS_NONBLOCK), 0);
    assert_int_equal(gnutls_priority_set_direct(peer->session, priorities, NULL), 0);
    gnutls_credentials_set(peer->session, GNUTLS_CRD_CERTIFICATE, peer->credentials);
    gnutls_transport_set_ptr(peer->session, peer);
    gnutls_transport_set_pull_function(peer->session, peer_pull);
    gnutls_transport_set_push_function(peer->session, peer_push);
    gnutls_transport_set_pull_timeout_function(peer->session, peer_wait);
    if (flags & GNUTLS_SERVER)
        gnutls_certificate_server_set_request(peer->session, GNUTLS_CERT_REQUEST);
    if (protocol) {
        gnutls_datum_t name = {(unsigned char *)strdup(protocol),
                               (unsigned)strlen(protocol)};
        gnutls_alpn_set_protocols(peer->session, &name, 1, 0);
        free(name.data);
    }
}

static void peer_free(struct peer *peer)
{
    gnutls_deinit(peer->session);
    gnutls_certificate_free_credentials(peer->credentials);
    buffer_release(&peer->input);
    buffer_release(&peer->output);
}

static gnutls_x509_privkey_t ed25519_key(struct key_pair *pair)
{
    gnutls_datum_t x = {pair->public_key, KEY_BYTES}, k = {pair->seed, KEY_BYTES};
    gnutls_x509_privkey_t key;

    gnutls_x509_privkey_init(&key);
    assert_int_equal(
        gnutls_x509_privkey_import_ecc_raw(key, GNUTLS_ECC_CURVE_ED25519, &x, NULL, &k),
        0);
    return key;
}

/* Shows the device's certificate `copies` times over. */
static void peer_use(struct peer *peer, struct device *device, unsigned copies)
{
    uint8_t der[CERTIFICATE_BYTES];
    gnutls_datum_t datum = {der, sizeof der};
    gnutls_x509_privkey_t x509 = ed25519_key(&device->key);
    gnutls_pcert_st *chain = gnutls_calloc(copies, sizeof *chain);
    gnutls_privkey_t key;

    certificate_write(&device->key, der);
    for (unsigned i = 0; i < copies; i++)
        assert_int_equal(
            gnutls_pcert_import_x509_raw(&chain[i], &datum, GNUTLS_X509_FMT_DER, 0), 0);
    gnutls_privkey_init(&key);
    gnutls_privkey_import_x509(key, x509, GNUTLS_PRIVKEY_IMPORT_COPY);
    /* Takes over the key and what is in the chain, but not the array. */
    assert_int_equal(
        gnutls_certificate_set_key(peer->credentials, NULL, 0, chain, (int)copies, key),
        0);
    gnutls_free(chain);
    gnutls_x509_privkey_deinit(x509);
}

static void pass(struct buffer *from, struct buffer *to)
{
    assert_true(buffer_append(to, buffer_bytes(from), buffer_length(from)));
    buffer_consume(from, buffer_length(from));
}

static void settle_with(struct channel *channel, struct peer *peer)
{
    channel_start(channel);
    for (unsigned turn = 0; turn < 20; turn++) {
        pass(channel_output(channel), &peer->input);
        if (peer->result == GNUTLS_E_AGAIN) {
            peer->result = gnutls_handshake(peer->session);
            if (peer->result < 0 && peer->result != GNUTLS_E_AGAIN)
                gnutls_alert_send_appropriate(peer->session, peer->result);
        }
        if (buffer_length(&peer->output) == 0)
            continue;
        channel_receive(channel, buffer_bytes(&peer->output),
                        buffer_length(&peer->output));
        buffer_consume(&peer->output, buffer_length(&peer->output));
    }
}

/* The stranger of the fixture is the foreign end in all tests. */
static struct channel *client_to_stranger(struct fixture *fixture)
{
    return client_of(&fixture->console, &fixture->stranger);
}

static struct channel *server_for_stranger(struct fixture *fixture)
{
    return server_of(&fixture->archive, &fixture->stranger);
}

static void plain_peers__are_fine_when_they_keep_the_profile(void **state)
{
    struct fixture *fixture = *state;

    for (unsigned is_server = 0; is_server < 2; is_server++) {
        struct channel *channel =
            is_server ? client_to_stranger(fixture) : server_for_stranger(fixture);
        struct peer peer;
        char heard[8];
        peer_new(&peer, is_server ? GNUTLS_SERVER : GNUTLS_CLIENT, tls13, "psp/1");
        peer_use(&peer, &fixture->stranger, 1);
        assert_int_equal(channel_send(channel, "hello", 5), PSP_OK);
        settle_with(channel, &peer);
        assert_int_equal(channel_state(channel), CHANNEL_OPEN);
        assert_int_equal(gnutls_record_recv(peer.session, heard, sizeof heard), 5);
        assert_memory_equal(heard, "hello", 5);
        assert_int_equal(gnutls_record_send(peer.session, "there", 5), 5);
        settle_with(channel, &peer);
        assert_input(channel, "there");

        /* RFC 9266, as any other stack computes it. */
        uint8_t ours[HASH_BYTES];
        gnutls_datum_t theirs;
        assert_int_equal(channel_exporter(channel, ours), PSP_OK);
        assert_int_equal(gnutls_session_channel_binding(
                             peer.session, GNUTLS_CB_TLS_EXPORTER, &theirs),
                         0);
        assert_int_equal(theirs.size, HASH_BYTES);
        assert_memory_equal(ours, theirs.data, HASH_BYTES);
        gnutls_free(theirs.data);

        gnutls_bye(peer.session, GNUTLS_SHUT_WR);
        settle_with(channel, &peer);
        assert_int_equal(channel_state(channel), CHANNEL_CLOSED);
        channel_free(channel);
        peer_free(&peer);
    }
}

static void assert_refused(struct fixture *fixture, bool peer_is_server,
                           const char *priorities, const char *protocol,
                           unsigned certificates, const char *words)
{
    struct channel *channel =
        peer_is_server ? client_to_stranger(fixture) : server_for_stranger(fixture);
    struct peer peer;

    peer_new(&peer, peer_is_server ? GNUTLS_SERVER : GNUTLS_CLIENT, priorities,
             protocol);
    if (certificates)
        peer_use(&peer, &fixture->stranger, certificates);
    assert_int_equal(channel_send(channel, "secret", 6), PSP_OK);
    settle_with(channel, &peer);
    assert_fails(channel, words);
    char heard[8];
    if (peer.result == 0)
        assert_true(gnutls_record_recv(peer.session, heard, sizeof heard) < 0);
    assert_int_equal(buffer_length(channel_input(channel)), 0);
    channel_free(channel);
    peer_free(&peer);
}

/* A group that needs a second ClientHello, and the other cipher. */
static void plain_peers__may_ask_for_another_group_or_cipher(void **state)
{
    static const char *const priorities[] = {
        "NORMAL:-VERS-ALL:+VERS-TLS1.3:-GROUP-ALL:+GROUP-SECP256R1",
        "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+CHACHA20-POLY1305"};
    struct fixture *fixture = *state;

    for (unsigned i = 0; i < 4; i++) {
        struct peer peer;
        struct channel *channel =
            i % 2 ? client_to_stranger(fixture) : server_for_stranger(fixture);
        peer_new(&peer, i % 2 ? GNUTLS_SERVER : GNUTLS_CLIENT, priorities[i / 2],
                 "psp/1");
        peer_use(&peer, &fixture->stranger, 1);
        settle_with(channel, &peer);
        assert_int_equal(channel_state(channel), CHANNEL_OPEN);
        assert_memory_equal(channel_peer(channel), fixture->stranger.holder,
                            HASH_BYTES);
        channel_free(channel);
        peer_free(&peer);
    }
    assert_refused(*state, true,
                   "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-256-GCM", "psp/1", 1,
                   "in common");
    assert_refused(*state, false,
                   "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-256-GCM", "psp/1", 1,
                   "in common");
}

static void peers_without_psp__are_refused(void **state)
{
    for (unsigned is_server = 0; is_server < 2; is_server++) {
        assert_refused(*state, is_server, tls13, NULL, 1, "does not speak psp/1");
        assert_refused(*state, is_server, tls13, "h2", 1, "does not speak psp/1");
        assert_refused(*state, is_server, tls13, "psp/2", 1, "does not speak psp/1");
    }
}

static void peers_of_older_tls__are_refused(void **state)
{
    assert_refused(*state, true, tls12, "psp/1", 1, "TLS 1.3");
    assert_refused(*state, false, tls12, "psp/1", 1, "TLS 1.3");
}

static void peers_without_a_certificate__are_refused(void **state)
{
    assert_refused(*state, false, tls13, "psp/1", 0, "showed no certificate");
}

static void peers_with_a_chain__are_refused(void **state)
{
    assert_refused(*state, true, tls13, "psp/1", 2, "chain");
    assert_refused(*state, false, tls13, "psp/1", 2, "chain");
}

/* Other keys than Ed25519: made by the library, self-signed. */
static void use_generated(struct peer *peer, gnutls_pk_algorithm_t algorithm,
                          unsigned bits, gnutls_digest_algorithm_t hash,
                          uint8_t holder[HASH_BYTES])
{
    gnutls_x509_privkey_t key;
    gnutls_x509_crt_t certificate;
    gnutls_pubkey_t public_key;
    gnutls_datum_t spki;

    gnutls_x509_privkey_init(&key);
    assert_int_equal(gnutls_x509_privkey_generate(key, algorithm, bits, 0), 0);
    gnutls_x509_crt_init(&certificate);
    gnutls_x509_crt_set_version(certificate, 3);
    gnutls_x509_crt_set_serial(certificate, "\x01", 1);
    gnutls_x509_crt_set_activation_time(certificate, 0);
    gnutls_x509_crt_set_expiration_time(certificate, 1); /* dates mean nothing */
    gnutls_x509_crt_set_key(certificate, key);
    assert_int_equal(gnutls_x509_crt_sign2(certificate, certificate, key, hash, 0), 0);
    assert_int_equal(
        gnutls_certificate_set_x509_key(peer->credentials, &certificate, 1, key), 0);
    gnutls_pubkey_init(&public_key);
    gnutls_pubkey_import_x509(public_key, certificate, 0);
    gnutls_pubkey_export2(public_key, GNUTLS_X509_FMT_DER, &spki);
    sha256(spki.data, spki.size, holder);
    gnutls_free(spki.data);
    gnutls_pubkey_deinit(public_key);
    gnutls_x509_crt_deinit(certificate);
    gnutls_x509_privkey_deinit(key);
}

static void a_p256_key__may_be_pinned(void **state)
{
    struct fixture *fixture = *state;
    uint8_t key[KEY_BYTES];

    for (unsigned is_server = 0; is_server < 2; is_server++) {
        struct device other;
        struct peer peer;
        peer_new(&peer, is_server ? GNUTLS_SERVER : GNUTLS_CLIENT, tls13, "psp/1");
        use_generated(&peer, GNUTLS_PK_ECDSA,
                      GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1),
                      GNUTLS_DIG_SHA256, other.holder);
        struct channel *channel = is_server ? client_of(&fixture->console, &other)
                                            : server_of(&fixture->archive, &other);
        settle_with(channel, &peer);
        assert_int_equal(channel_state(channel), CHANNEL_OPEN);
        assert_false(channel_peer_key(channel, key)); /* it is no Ed25519 key */
        channel_free(channel);
        peer_free(&peer);
    }
}

static void other_kinds_of_keys__are_refused(void **state)
{
    static const struct {
        gnutls_pk_algorithm_t algorithm;
        unsigned bits;
        gnutls_digest_algorithm_t hash;
    } kinds[] = {
        {GNUTLS_PK_RSA, 2048, GNUTLS_DIG_SHA256},
        {GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP384R1),
         GNUTLS_DIG_SHA384},
        {GNUTLS_PK_EDDSA_ED448, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_ED448),
         GNUTLS_DIG_SHAKE_256},
    };
    struct fixture *fixture = *state;

    for (unsigned i = 0; i < 2 * sizeof kinds / sizeof *kinds; i++) {
        bool is_server = i % 2;
        struct device other;
        struct peer peer;
        peer_new(&peer, is_server ? GNUTLS_SERVER : GNUTLS_CLIENT, tls13, "psp/1");
        use_generated(&peer, kinds[i / 2].algorithm, kinds[i / 2].bits,
                      kinds[i / 2].hash, other.holder);
        struct channel *channel = is_server ? client_of(&fixture->console, &other)
                                            : server_of(&fixture->archive, &other);
        settle_with(channel, &peer);
        assert_int_equal(channel_state(channel), CHANNEL_FAILED);
        channel_free(channel);
        peer_free(&peer);
    }
}

/* RFC 7250: the profile knows X.509 only. */
static void raw_public_keys__are_refused(void **state)
{
    static const char raw[] =
        "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CTYPE-ALL:+CTYPE-CLI-RAWPK:+CTYPE-SRV-RAWPK";
    struct fixture *fixture = *state;
    struct channel *channel = server_for_stranger(fixture);
    struct peer peer;
    gnutls_privkey_t key;
    gnutls_pubkey_t public_key;
    gnutls_pcert_st certificate;
    gnutls_x509_privkey_t x509 = ed25519_key(&fixture->stranger.key);

    peer_new(&peer, GNUTLS_CLIENT | GNUTLS_ENABLE_RAWPK, raw, "psp/1");
    gnutls_privkey_init(&key);
    gnutls_pubkey_init(&public_key);
    gnutls_privkey_import_x509(key, x509, GNUTLS_PRIVKEY_IMPORT_COPY);
    gnutls_pubkey_import_privkey(public_key, key, 0, 0);
    assert_int_equal(gnutls_pcert_import_rawpk(&certificate, public_key, 0), 0);
    assert_int_equal(
        gnutls_certificate_set_key(peer.credentials, NULL, 0, &certificate, 1, key), 0);
    settle_with(channel, &peer);
    assert_int_equal(channel_state(channel), CHANNEL_FAILED);
    channel_free(channel);
    peer_free(&peer);
    gnutls_x509_privkey_deinit(x509);
}

/* A key of small order, for which whoever knows nothing can sign: R = identity, S = 0.
 * A pin of it must not let anybody in. */
static int forge(gnutls_privkey_t key, gnutls_sign_algorithm_t algorithm, void *user,
                 unsigned flags, const gnutls_datum_t *data, gnutls_datum_t *signature)
{
    (void)key, (void)algorithm, (void)user, (void)flags, (void)data;
    signature->data = gnutls_calloc(1, SIGNATURE_BYTES);
    signature->size = SIGNATURE_BYTES;
    signature->data[0] = 1;
    return 0;
}

static int describe_forger(gnutls_privkey_t key, unsigned flags, void *user)
{
    (void)key, (void)user;
    if (flags & GNUTLS_PRIVKEY_INFO_PK_ALGO)
        return GNUTLS_PK_EDDSA_ED25519;
    if (flags & GNUTLS_PRIVKEY_INFO_PK_ALGO_BITS)
        return 256;
    if (flags & GNUTLS_PRIVKEY_INFO_HAVE_SIGN_ALGO)
        return GNUTLS_FLAGS_TO_SIGN_ALGO(flags) == GNUTLS_SIGN_EDDSA_ED25519;
    return -1;
}

/* Shows the device's certificate, with another key in it when one is given. */
static void peer_forge(struct peer *peer, struct device *device, const uint8_t *point)
{
    uint8_t der[CERTIFICATE_BYTES];
    gnutls_pcert_st *certificate = gnutls_calloc(1, sizeof *certificate);
    gnutls_datum_t datum = {der, sizeof der};
    gnutls_privkey_t key;

    certificate_write(&device->key, der);
    uint8_t *at = memmem(der, sizeof der, device->key.public_key, KEY_BYTES);
    assert_non_null(at);
    if (point)
        memcpy(at, point, KEY_BYTES);
    assert_int_equal(
        gnutls_pcert_import_x509_raw(certificate, &datum, GNUTLS_X509_FMT_DER, 0), 0);
    gnutls_privkey_init(&key);
    assert_int_equal(gnutls_privkey_import_ext4(key, NULL, forge, NULL, NULL, NULL,
                                                describe_forger, 0),
                     0);
    gnutls_certificate_set_flags(peer->credentials,
                                 GNUTLS_CERTIFICATE_SKIP_KEY_CERT_MATCH);
    assert_int_equal(
        gnutls_certificate_set_key(peer->credentials, NULL, 0, certificate, 1, key), 0);
    gnutls_free(certificate);
}

static void a_forger_with_the_identity_point__is_refused(void **state)
{
    struct fixture *fixture = *state;

    for (unsigned is_server = 0; is_server < 2; is_server++) {
        uint8_t point[KEY_BYTES] = {1};
        struct device forger = {.identity = NULL};
        struct peer peer;
        holder_of_key(point, forger.holder);
        peer_new(&peer, is_server ? GNUTLS_SERVER : GNUTLS_CLIENT, tls13, "psp/1");
        peer_forge(&peer, &fixture->stranger, point);
        struct channel *channel = is_server ? client_of(&fixture->console, &forger)
                                            : server_of(&fixture->archive, &forger);
        settle_with(channel, &peer);
        assert_fails(channel, "neither Ed25519 nor P-256");
        channel_free(channel);
        peer_free(&peer);
    }
}

/* The certificate is public; what counts is who can sign with its key. */
static void a_borrowed_certificate__is_refused(void **state)
{
    struct fixture *fixture = *state;

    for (unsigned is_server = 0; is_server < 2; is_server++) {
        struct peer peer;
        struct channel *channel =
            is_server ? client_to_stranger(fixture) : server_for_stranger(fixture);
        peer_new(&peer, is_server ? GNUTLS_SERVER : GNUTLS_CLIENT, tls13, "psp/1");
        peer_forge(&peer, &fixture->stranger, NULL);
        settle_with(channel, &peer);
        assert_int_equal(channel_state(channel), CHANNEL_FAILED);
        assert_false(channel_wrong_key(channel));
        assert_fails(channel, "signature");
        channel_free(channel);
        peer_free(&peer);
    }
}

static void tickets__are_neither_given_nor_taken(void **state)
{
    struct fixture *fixture = *state;
    struct peer peer;
    gnutls_datum_t key;

    /* Ours gives none. */
    struct channel *server = server_for_stranger(fixture);
    peer_new(&peer, GNUTLS_CLIENT, tls13, "psp/1");
    peer_use(&peer, &fixture->stranger, 1);
    assert_int_equal(channel_send(server, "x", 1), PSP_OK);
    settle_with(server, &peer);
    char heard[4];
    assert_int_equal(gnutls_record_recv(peer.session, heard, sizeof heard), 1);
    assert_false(gnutls_session_get_flags(peer.session) & GNUTLS_SFLAGS_SESSION_TICKET);
    channel_free(server);
    peer_free(&peer);

    /* One that insists is borne, and changes nothing. */
    struct channel *client = client_to_stranger(fixture);
    peer_new(&peer, GNUTLS_SERVER, tls13, "psp/1");
    peer_use(&peer, &fixture->stranger, 1);
    assert_int_equal(gnutls_session_ticket_key_generate(&key), 0);
    gnutls_session_ticket_enable_server(peer.session, &key);
    settle_with(client, &peer);
    assert_int_equal(peer.result, 0);
    (void)gnutls_session_ticket_send(peer.session, 2, 0);
    assert_int_equal(gnutls_record_send(peer.session, "y", 1), 1);
    settle_with(client, &peer);
    assert_int_equal(channel_state(client), CHANNEL_OPEN);
    assert_input(client, "y");
    gnutls_free(key.data);
    channel_free(client);
    peer_free(&peer);
}

static void open_with(struct fixture *fixture, struct channel **client,
                      struct peer *peer, unsigned flags)
{
    *client = client_to_stranger(fixture);
    peer_new(peer, GNUTLS_SERVER | flags, tls13, "psp/1");
    peer_use(peer, &fixture->stranger, 1);
    settle_with(*client, peer);
    assert_int_equal(channel_state(*client), CHANNEL_OPEN);
}

static void key_updates__are_followed_but_not_for_ever(void **state)
{
    struct channel *client;
    struct peer peer;

    open_with(*state, &client, &peer, 0);
    assert_int_equal(gnutls_session_key_update(peer.session, GNUTLS_KU_PEER), 0);
    assert_int_equal(gnutls_record_send(peer.session, "new key", 7), 7);
    settle_with(client, &peer);
    assert_input(client, "new key");
    for (unsigned i = 0; i < 100; i++)
        if (gnutls_session_key_update(peer.session, 0) < 0)
            break;
    settle_with(client, &peer);
    assert_int_equal(channel_state(client), CHANNEL_FAILED);
    channel_free(client);
    peer_free(&peer);
}

static void empty_records__are_borne_but_not_for_ever(void **state)
{
    struct channel *client;
    struct peer peer;
    unsigned sent = 0;

    open_with(*state, &client, &peer, 0);
    for (unsigned i = 0; i < 10; i++)
        assert_int_equal(gnutls_record_send2(peer.session, "", 0, 1, 0), 0);
    assert_int_equal(gnutls_record_send(peer.session, "still", 5), 5);
    settle_with(client, &peer);
    assert_input(client, "still");
    while (channel_state(client) == CHANNEL_OPEN && sent < 100000) {
        for (unsigned i = 0; i < 100; i++, sent++)
            assert_int_equal(gnutls_record_send2(peer.session, "", 0, 1, 0), 0);
        settle_with(client, &peer);
    }
    assert_fails(client, "without content");
    assert_true(sent < 5000);
    channel_free(client);
    peer_free(&peer);
}

static void authentication_after_the_handshake__is_refused(void **state)
{
    struct channel *client;
    struct peer peer;

    open_with(*state, &client, &peer, GNUTLS_POST_HANDSHAKE_AUTH);
    gnutls_certificate_server_set_request(peer.session, GNUTLS_CERT_REQUIRE);
    /* The library will not ask a client that does not offer it. */
    assert_true(gnutls_reauth(peer.session, 0) < 0);
    channel_free(client);
    peer_free(&peer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_peers__are_fine_when_they_keep_the_profile),
        cmocka_unit_test(plain_peers__may_ask_for_another_group_or_cipher),
        cmocka_unit_test(peers_without_psp__are_refused),
        cmocka_unit_test(peers_of_older_tls__are_refused),
        cmocka_unit_test(peers_without_a_certificate__are_refused),
        cmocka_unit_test(peers_with_a_chain__are_refused),
        cmocka_unit_test(a_p256_key__may_be_pinned),
        cmocka_unit_test(other_kinds_of_keys__are_refused),
        cmocka_unit_test(raw_public_keys__are_refused),
        cmocka_unit_test(a_forger_with_the_identity_point__is_refused),
        cmocka_unit_test(a_borrowed_certificate__is_refused),
        cmocka_unit_test(tickets__are_neither_given_nor_taken),
        cmocka_unit_test(key_updates__are_followed_but_not_for_ever),
        cmocka_unit_test(empty_records__are_borne_but_not_for_ever),
        cmocka_unit_test(authentication_after_the_handshake__is_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
