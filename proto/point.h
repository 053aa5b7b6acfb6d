/* point.h - which 32 bytes may stand for an Ed25519 public key.
 *
 * Nettle decodes a point only inside a verification, and there takes the points of small
 * order too: under the identity every message verifies, under the seven others many do.
 * Source: RFC 8032, 5.1.3 (decoding). */
#ifndef PROTO_POINT_H
#define PROTO_POINT_H

#include <stdbool.h>
#include <stdint.h>

enum { POINT_BYTES = 32 };

/* False for the eight points of small order and for every y that is not below p (the
 * non-canonical encodings).  True does not mean that it is a point. */
bool point_has_large_order(const uint8_t encoded[POINT_BYTES]);
/* True when there is an x for this y. */
bool point_is_on_curve(const uint8_t encoded[POINT_BYTES]);

#endif
