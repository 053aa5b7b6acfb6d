#include "proto/certificate.h"

#include <assert.h>
#include <string.h>

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#define ED25519 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70
#define NAME                                                                           \
    0x30, 0x0e, 0x31, 0x0c, 0x30, 0x0a, 0x06, 0x03, 0x55, 0x04, 0x03, 0x0c, 0x03, 'p', \
        's', 'p'

static const uint8_t outer[] = {0x30, 0x81, 0xd9};

/* The tbsCertificate up to the serial number's bytes ... */
static const uint8_t before_serial[] = {
    0x30, 0x81, 0x8c,             /* SEQUENCE, 140 bytes */
    0xa0, 0x03, 0x02, 0x01, 0x02, /* [0] version 3 */
    0x02, 0x10,                   /* INTEGER, 16 bytes */
};
enum { SERIAL_BYTES = 16 };

/* ... and from there to the key. */
static const uint8_t after_serial[] = {
    ED25519, NAME,
    /* UTCTime 700101000000Z, GeneralizedTime 99991231235959Z */
    0x30, 0x20, 0x17, 0x0d, '7', '0', '0', '1', '0', '1', '0', '0', '0', '0', '0', '0',
    'Z', 0x18, 0x0f, '9', '9', '9', '9', '1', '2', '3', '1', '2', '3', '5', '9', '5',
    '9', 'Z', NAME};

static const uint8_t before_signature[] = {ED25519, 0x03, 0x41, 0x00};

_Static_assert(sizeof outer + sizeof before_serial + SERIAL_BYTES +
                       sizeof after_serial + SPKI_BYTES + sizeof before_signature +
                       SIGNATURE_BYTES ==
                   CERTIFICATE_BYTES,
               "the lengths inside the certificate are counted by hand");

static uint8_t *put(uint8_t *to, const void *bytes, size_t length)
{
    memcpy(to, bytes, length);
    return to + length;
}

void certificate_write(const struct key_pair *pair, uint8_t der[CERTIFICATE_BYTES])
{
    uint8_t spki[SPKI_BYTES], serial[HASH_BYTES];

    spki_of_key(pair->public_key, spki);
    sha256(spki, sizeof spki, serial);
    /* Positive, and not shortened by leading zeros. */
    serial[0] = (uint8_t)((serial[0] & 0x3f) | 0x40);

    uint8_t *to = put(der, outer, sizeof outer), *tbs = to;
    to = put(to, before_serial, sizeof before_serial);
    to = put(to, serial, SERIAL_BYTES);
    to = put(to, after_serial, sizeof after_serial);
    to = put(to, spki, sizeof spki);
    size_t tbs_bytes = (size_t)(to - tbs);
    to = put(to, before_signature, sizeof before_signature);
    sign(pair, tbs, tbs_bytes, to);
}

int certificate_load(struct gnutls_certificate_credentials_st *credentials,
                     const struct key_pair *pair)
{
    uint8_t der[CERTIFICATE_BYTES];
    struct key_pair copy = *pair; /* the library's datum is not const */
    gnutls_datum_t encoded = {der, sizeof der};
    gnutls_datum_t x = {copy.public_key, KEY_BYTES}, k = {copy.seed, KEY_BYTES};
    gnutls_x509_crt_t certificate = NULL;
    gnutls_x509_privkey_t key = NULL;

    certificate_write(pair, der);
    int code = gnutls_x509_crt_init(&certificate);
    if (code >= 0)
        code = gnutls_x509_crt_import(certificate, &encoded, GNUTLS_X509_FMT_DER);
    if (code >= 0)
        code = gnutls_x509_privkey_init(&key);
    if (code >= 0)
        code = gnutls_x509_privkey_import_ecc_raw(key, GNUTLS_ECC_CURVE_ED25519, &x,
                                                  NULL, &k);
    if (code >= 0)
        code = gnutls_certificate_set_x509_key(credentials, &certificate, 1, key);
    gnutls_x509_privkey_deinit(key);
    gnutls_x509_crt_deinit(certificate);
    key_pair_wipe(&copy);
    return code;
}

/* The key of the one certificate shown, and its SubjectPublicKeyInfo in DER (allocated
 * by GnuTLS).  A literal says what is wrong, or NULL. */
static const char *read_peer_key(gnutls_session_t session, gnutls_datum_t *spki,
                                 gnutls_pubkey_t key)
{
    unsigned count = 0;

    if (gnutls_certificate_type_get2(session, GNUTLS_CTYPE_PEERS) != GNUTLS_CRT_X509)
        return "the peer's certificate is not X.509";
    const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &count);
    if (!chain || count == 0)
        return "the peer showed no certificate";
    if (count != 1)
        return "the peer showed a chain of certificates";

    gnutls_x509_crt_t certificate;
    if (gnutls_x509_crt_init(&certificate) < 0)
        return "out of memory";
    int code = gnutls_x509_crt_import(certificate, chain, GNUTLS_X509_FMT_DER);
    if (code >= 0)
        code = gnutls_pubkey_import_x509(key, certificate, 0);
    gnutls_x509_crt_deinit(certificate);
    if (code < 0 || gnutls_pubkey_export2(key, GNUTLS_X509_FMT_DER, spki) < 0)
        return "the peer's certificate cannot be read";
    return NULL;
}

/* Ed25519 of large order, or a point on P-256. */
static bool is_our_kind_of_key(gnutls_pubkey_t key, const gnutls_datum_t *spki,
                               struct peer_key *peer)
{
    int algorithm = gnutls_pubkey_get_pk_algorithm(key, NULL);

    peer->is_ed25519 = algorithm == GNUTLS_PK_EDDSA_ED25519;
    if (peer->is_ed25519) {
        struct text text = {(const char *)spki->data, spki->size};
        return key_of_spki(text, peer->public_key) == PSP_OK;
    }
    gnutls_ecc_curve_t curve = GNUTLS_ECC_CURVE_INVALID;
    return algorithm == GNUTLS_PK_ECDSA &&
           gnutls_pubkey_export_ecc_raw2(key, &curve, NULL, NULL, 0) == 0 &&
           curve == GNUTLS_ECC_CURVE_SECP256R1;
}

const char *certificate_of_peer(struct gnutls_session_int *session,
                                struct peer_key *peer)
{
    gnutls_pubkey_t key;
    gnutls_datum_t spki = {0};

    if (gnutls_pubkey_init(&key) < 0)
        return "out of memory";
    const char *defect = read_peer_key(session, &spki, key);
    if (!defect && !is_our_kind_of_key(key, &spki, peer))
        defect = "the peer's key is neither Ed25519 nor P-256";
    if (!defect)
        sha256(spki.data, spki.size, peer->holder);
    gnutls_free(spki.data);
    gnutls_pubkey_deinit(key);
    return defect;
}
