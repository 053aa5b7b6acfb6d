/* certificate.h - the self-signed X.509 certificate in which an Ed25519 key travels.
 *
 * Peers pin the key, not the certificate: names, dates and serial number mean nothing
 * and only have to be well formed.  So it is always the same 220 bytes around the key,
 * and a device needs no certificate file beside its key file.  Source: RFC 5280, 4.1;
 * RFC 8410. */
#ifndef PROTO_CERTIFICATE_H
#define PROTO_CERTIFICATE_H

#include "proto/sign.h"

enum { CERTIFICATE_BYTES = 220 };

/* DER.  Subject and issuer CN=psp, 1970 to 9999, serial number from the key's hash. */
void certificate_write(const struct key_pair *pair, uint8_t der[CERTIFICATE_BYTES]);

/* GnuTLS's own names of what gnutls_certificate_credentials_t and gnutls_session_t
 * point to: its headers stay out of ours. */
struct gnutls_certificate_credentials_st;
struct gnutls_session_int;

/* Makes the key and its certificate what the sessions of these credentials show.  A
 * code of GnuTLS, negative when it failed. */
MUST_CHECK int certificate_load(struct gnutls_certificate_credentials_st *credentials,
                                const struct key_pair *pair);

/* The key in a peer's certificate. */
struct peer_key {
    uint8_t holder[HASH_BYTES];    /* SHA-256 of the SubjectPublicKeyInfo (DER) */
    bool is_ed25519;               /* else P-256 */
    uint8_t public_key[KEY_BYTES]; /* Ed25519 only */
};

/* From inside the verify callback: the key of the one certificate that the peer showed,
 * which must be X.509 with an Ed25519 key of large order or a P-256 key.  NULL, or a
 * literal that says what is wrong with it. */
MUST_CHECK const char *certificate_of_peer(struct gnutls_session_int *session,
                                           struct peer_key *peer);

#endif
