/* pairing_host.h - the archive's half of the talk that pairs a device.
 *
 *   IDLE --commit--> COMMITTED --nonce that opens it--> REVEALED
 *                        |
 *                        +------ any other nonce -----> BURNT
 *
 * One try: what comes out of turn changes nothing and is PSP_CONFLICT.  Who may try,
 * and how often, is for its owner to know (an archive: once a window,
 * pairing_window.h). Source: psp.capnp (pair, pairReveal), docs/psp.md "Pairing code".
 */
#ifndef PROTO_PAIRING_HOST_H
#define PROTO_PAIRING_HOST_H

#include "proto/channel.h"
#include "proto/pairing_code.h"

enum pairing_phase { PAIRING_IDLE, PAIRING_COMMITTED, PAIRING_REVEALED, PAIRING_BURNT };

/* All zero is a talk that has not begun. */
struct pairing_host {
    enum pairing_phase phase;
    uint8_t commit[HASH_BYTES], nonce[HASH_BYTES];
};

/* Takes the caller's commitment (32 bytes, else PSP_MALFORMED) and draws our nonce.
 * PSP_BUSY: no random bytes. */
MUST_CHECK enum psp_error pairing_host_commit(struct pairing_host *host,
                                              struct text commit,
                                              uint8_t nonce[HASH_BYTES]);
/* Opens the commitment; `archive` is SHA-256 of our SubjectPublicKeyInfo, the caller's
 * key and the exporter come from `channel`, which must be OPEN.  PSP_DENIED: it does
 * not open, and the try is over. */
MUST_CHECK enum psp_error pairing_host_reveal(struct pairing_host *host,
                                              struct channel *channel,
                                              const uint8_t archive[HASH_BYTES],
                                              struct text nonce,
                                              char code[PAIRING_CODE_CHARS + 1]);

#endif
