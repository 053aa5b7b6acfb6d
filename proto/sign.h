/* sign.h - SHA-256, Ed25519 and the names of keys.  The only file that includes Nettle.
 *
 * A key is named by the SHA-256 of its DER SubjectPublicKeyInfo: that is the holder in
 * a capability, the pin of a TLS peer, and (base64, as ssh shows it) the fingerprint on
 * every screen.  Small-order public keys, for which anything verifies, are refused
 * wherever a key comes in. */
#ifndef PROTO_SIGN_H
#define PROTO_SIGN_H

#include <stddef.h>
#include <stdint.h>

#include "proto/error.h"

enum {
    HASH_BYTES = 32,
    KEY_BYTES = 32, /* Ed25519 public key, seed */
    SIGNATURE_BYTES = 64,
    SPKI_BYTES = 44,        /* DER SubjectPublicKeyInfo of an Ed25519 key */
    FINGERPRINT_CHARS = 50, /* "SHA256:" + 43, without the NUL */
};

struct hasher {
    uint64_t state[16]; /* opaque: room for Nettle's sha256_ctx, checked in sign.c */
};
void hasher_init(struct hasher *hasher);
void hasher_update(struct hasher *hasher, const void *bytes, size_t length);
void hasher_finish(struct hasher *hasher, uint8_t hash[HASH_BYTES]);
void sha256(const void *bytes, size_t length, uint8_t hash[HASH_BYTES]);

/* What is hashed or signed for one purpose must mean nothing for another, so it begins
 * with label(32): the purpose ("PointSav PSP link v1") padded with zeros. */
enum { PURPOSE_BYTES = 32 };
void purpose_write(const char *purpose, uint8_t label[PURPOSE_BYTES]);
/* hasher_init, and the label. */
void hasher_begin(struct hasher *hasher, const char *purpose);

struct key_pair {
    uint8_t seed[KEY_BYTES]; /* secret; wipe with key_pair_wipe */
    uint8_t public_key[KEY_BYTES];
};

/* From the operating system's random source; false when it fails. */
MUST_CHECK bool random_bytes(void *bytes, size_t length);
MUST_CHECK bool key_pair_generate(struct key_pair *pair);
void key_pair_from_seed(struct key_pair *pair, const uint8_t seed[KEY_BYTES]);
void key_pair_wipe(struct key_pair *pair);

/* False for the small-order points, their non-canonical encodings, and what is no
 * point. */
bool public_key_is_usable(const uint8_t public_key[KEY_BYTES]);
void sign(const struct key_pair *pair, const void *message, size_t length,
          uint8_t signature[SIGNATURE_BYTES]);
/* False also when the key is not usable. */
bool signature_verifies(const uint8_t public_key[KEY_BYTES], const void *message,
                        size_t length, const uint8_t signature[SIGNATURE_BYTES]);

void spki_of_key(const uint8_t public_key[KEY_BYTES], uint8_t spki[SPKI_BYTES]);
/* PSP_MALFORMED unless it is exactly an Ed25519 SubjectPublicKeyInfo with a usable key.
 */
MUST_CHECK enum psp_error key_of_spki(struct text spki, uint8_t public_key[KEY_BYTES]);
/* SHA-256 of the SubjectPublicKeyInfo of an Ed25519 key. */
void holder_of_key(const uint8_t public_key[KEY_BYTES], uint8_t holder[HASH_BYTES]);

/* "SHA256:" and 43 characters of base64 without padding; text has room for 51. */
void fingerprint_write(const uint8_t hash[HASH_BYTES],
                       char text[FINGERPRINT_CHARS + 1]);
MUST_CHECK bool fingerprint_parse(struct text text, uint8_t hash[HASH_BYTES]);

/* Standard base64 with padding.  `out` has room for base64_length(length) + 1. */
size_t base64_length(size_t bytes);
void base64_write(const void *bytes, size_t length, char *out);
/* The decoded length, or -1: bad character, bad padding, more than `capacity` bytes. */
ptrdiff_t base64_read(struct text text, void *bytes, size_t capacity);

bool equal_in_constant_time(const void *a, const void *b, size_t length);

#endif
