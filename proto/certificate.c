#include "proto/certificate.h"

#include <assert.h>
#include <string.h>

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
