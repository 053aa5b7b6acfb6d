/* pairing_request.h - what a device revealed that wants to be paired: to be approved.
 *
 *   totebox pairing request 1
 *   window <base64>              in which pairing window it came (pairing_window.h)
 *   holder SHA256:...            the device's TLS key, as ssh shows it
 *   public-key <base64>          the same key: Ed25519
 *   code ABCD-EFGH               to be compared with the code that the device shows
 *   address 192.0.2.7:40122      where it called from: of interest, no proof of
 * anything at 2026-01-01T00:00:00.000Z
 *
 * Exactly these lines in this order, in ARCHIVE/pairings/request, mode 0600.  `totebox
 * serve` writes it, `totebox approve` and `deny` take it away. */
#ifndef TOTEBOX_PAIRING_REQUEST_H
#define TOTEBOX_PAIRING_REQUEST_H

#include "proto/pairing_code.h"
#include "totebox/archive.h"

enum { REQUEST_ADDRESS_MAX = 63, WINDOW_ID_BYTES = 16 };

struct pairing_request {
    uint8_t window[WINDOW_ID_BYTES];
    uint8_t holder[HASH_BYTES];
    uint8_t public_key[KEY_BYTES];
    char code[PAIRING_CODE_CHARS + 1];
    char address[REQUEST_ADDRESS_MAX + 1]; /* "-" when it is not known */
    int64_t at_ms;
};

/* Pure: text of the file in, request out; the words name the line.  The holder is the
 * hash of the key, and the key one that may be paired. */
MUST_CHECK enum archive_error pairing_request_parse(struct text text, const char *path,
                                                    struct pairing_request *request,
                                                    struct problem *problem);
MUST_CHECK bool pairing_request_write(const struct pairing_request *request,
                                      struct buffer *out);

/* ARCHIVE_REFUSED when there is none, or when it is damaged. */
MUST_CHECK enum archive_error pairing_request_load(struct pairing_request *request,
                                                   const char *archive,
                                                   struct problem *problem);
MUST_CHECK enum archive_error
pairing_request_store(const struct pairing_request *request, const char *archive,
                      struct problem *problem);
/* None there is fine. */
void pairing_request_remove(const char *archive);

#endif
