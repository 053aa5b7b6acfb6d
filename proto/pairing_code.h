/* pairing_code.h - the short code that two people compare when a device is paired.
 *
 * Commit and reveal: the caller commits to its nonce before it sees the archive's, so a
 * machine in the middle cannot search for keys or nonces that make its two codes agree:
 * it has one guess in 2^40.
 * Source: psp.capnp (pair, pairReveal), docs/psp.md "Pairing code". */
#ifndef PROTO_PAIRING_CODE_H
#define PROTO_PAIRING_CODE_H

#include "proto/sign.h"

enum { PAIRING_CODE_CHARS = 9 }; /* XXXX-XXXX */

struct pairing_talk {
    uint8_t caller[HASH_BYTES]; /* SHA-256 of the SubjectPublicKeyInfo */
    uint8_t archive[HASH_BYTES];
    uint8_t exporter[HASH_BYTES]; /* RFC 9266 tls-exporter */
    uint8_t caller_nonce[HASH_BYTES];
    uint8_t archive_nonce[HASH_BYTES];
};

/* Eight Crockford base32 symbols in two groups. */
void pairing_code(const struct pairing_talk *talk, char code[PAIRING_CODE_CHARS + 1]);
/* commit = SHA-256(caller_nonce) */
bool pairing_commit_opens(const uint8_t commit[HASH_BYTES],
                          const uint8_t nonce[HASH_BYTES]);
/* Reads a code as people type it: any case, with or without the dash, O for 0, I and L
 * for 1.  False when it is no code; `code` is then untouched. */
MUST_CHECK bool pairing_code_read(struct text typed, char code[PAIRING_CODE_CHARS + 1]);

#endif
