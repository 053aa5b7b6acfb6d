/* pairing.h - one file a paired key: pairings/<hex of holder>.pairing, mode 0600.
 *
 *   totebox pairing 1
 *   holder SHA256:...            the device's TLS key, as ssh shows it
 *   delegate <base64>            its Ed25519 public key: what link 0 delegates to
 *   role aggregator
 *   label alice at head office
 *   epoch 1
 *   not-before 2026-01-01T00:00:00.000Z
 *   not-after 2026-04-01T00:00:00.000Z
 *   token <base64>               the framed Token message, one link
 *
 * Exactly these lines in this order.  The file is what the archive hands out; that it
 * was paired, and that it was revoked, are ledger lines: a revocation never edits a
 * file. */
#ifndef TOTEBOX_PAIRING_H
#define TOTEBOX_PAIRING_H

#include "proto/buffer.h"
#include "proto/sign.h"
#include "totebox/archive.h"

enum { PAIRING_ROLE_MAX = 32, PAIRING_LABEL_MAX = 64, PAIRING_TOKEN_MAX = 8192 };

struct pairing {
    uint8_t holder[HASH_BYTES];  /* SHA-256 of the SubjectPublicKeyInfo */
    uint8_t delegate[KEY_BYTES]; /* device public key */
    char role[PAIRING_ROLE_MAX + 1];
    char label[PAIRING_LABEL_MAX + 1];
    uint64_t epoch;
    int64_t not_before_ms, not_after_ms;
    uint8_t token[PAIRING_TOKEN_MAX]; /* framed Token message */
    uint32_t token_length;
};

bool pairing_role_is_valid(struct text role); /* [a-z][a-z0-9-]*, up to 32 */
/* Printable UTF-8, 1 to 64 bytes. */
bool pairing_label_is_valid(struct text label);

/* Pure: text of a file in, pairing out; the words name the line. */
MUST_CHECK enum archive_error pairing_parse(struct text text, const char *path,
                                            struct pairing *pairing,
                                            struct problem *problem);
MUST_CHECK bool pairing_write(const struct pairing *pairing, struct buffer *out);

/* All pairings of an archive, sorted by holder.  Refuses a file that is not regular,
 * not ours, or open to group or others. */
struct pairings {
    struct pairing *pairing;
    uint32_t count;
};
MUST_CHECK enum archive_error
pairings_load(struct pairings *pairings, const char *archive, struct problem *problem);
void pairings_release(struct pairings *pairings);
const struct pairing *pairings_by_holder(const struct pairings *pairings,
                                         const uint8_t holder[HASH_BYTES]);
const struct pairing *pairings_by_delegate(const struct pairings *pairings,
                                           const uint8_t delegate[KEY_BYTES]);
/* Writes (replaces) the pairing's file. */
MUST_CHECK enum archive_error pairing_store(const struct pairing *pairing,
                                            const char *archive,
                                            struct problem *problem);

/* Fills window and token of a pairing whose other fields are set: link 0, signed by the
 * authority, delegate = the device key, rights describe, health, read rows, read
 * aggregates, watch; depth 2; the views that exposure.conf shows the role or the key;
 * window the shorter of `window_ms` and what exposure.conf allows.  Refused when
 * nothing is exposed to it. */
MUST_CHECK enum archive_error pairing_sign(struct pairing *pairing,
                                           const struct archive *archive,
                                           int64_t now_ms, int64_t window_ms,
                                           struct problem *problem);

#endif
