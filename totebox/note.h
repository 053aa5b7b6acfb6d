/* note.h - C2SP signed notes: how a checkpoint of the ledger is written and checked.
 *
 *   <origin>\n<size>\n<base64 root>\n\n— <name> <base64(key hash || signature)>\n
 *
 * Key hash = first four bytes of SHA-256(name || 0x0A || 0x01 || public key); Ed25519
 * over the text up to and including the newline before the blank line.  Our origin and
 * key name are the same string.  Pure: bytes in, bytes out.
 * Source: C2SP signed-note and tlog-checkpoint. */
#ifndef TOTEBOX_NOTE_H
#define TOTEBOX_NOTE_H

#include "proto/sign.h"
#include "proto/text.h"

enum { NOTE_ORIGIN_MAX = 96, NOTE_BYTES_MAX = 512, NOTE_READ_MAX = 4096 };

struct note {
    struct text origin; /* borrowed */
    uint64_t size;
    uint8_t root[HASH_BYTES];
};

/* Not empty, printable, no space and no '+', at most NOTE_ORIGIN_MAX bytes. */
bool note_origin_is_valid(struct text origin);
/* Returns the length.  The origin must be valid. */
uint32_t note_write(const struct note *note, const struct key_pair *signer,
                    char text[NOTE_BYTES_MAX]);
/* False when it is not a checkpoint, has no line signed by `origin` with that key, or a
 * signature of that name and key hash does not verify.  Lines of others (witnesses) and
 * extension lines of the body are allowed.  *why is a literal. */
MUST_CHECK bool note_read(struct text text, struct text origin,
                          const uint8_t public_key[KEY_BYTES], struct note *note,
                          const char **why);
/* "<name>+<key hash>+<base64(0x01 || public key)>": what C2SP tools verify with. */
uint32_t note_verifier_key(struct text origin, const uint8_t public_key[KEY_BYTES],
                           char text[NOTE_BYTES_MAX]);

#endif
