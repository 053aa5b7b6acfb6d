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

#endif
