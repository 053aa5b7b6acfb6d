/* keyfile.h - an Ed25519 key in a PEM file (PKCS#8, RFC 8410), as openssl writes it.
 *
 * Pure: text in, key out.  Who opens the file checks its mode (0600, regular, ours):
 * keyfile_load does all of that. */
#ifndef PROTO_KEYFILE_H
#define PROTO_KEYFILE_H

#include "proto/sign.h"

enum { KEYFILE_PEM_MAX = 256 };

void keyfile_write_pem(const struct key_pair *pair, char pem[KEYFILE_PEM_MAX]);
MUST_CHECK enum psp_error keyfile_read_pem(struct text pem, struct key_pair *pair);

/* Opens without following links; refuses what is not a regular file, not ours, or open
 * to group or others.  On failure *why is a sentence for the operator (a literal). */
MUST_CHECK enum psp_error keyfile_load(const char *path, struct key_pair *pair,
                                       const char **why);
/* Creates the file with mode 0600; never overwrites (PSP_CONFLICT when it is there). */
MUST_CHECK enum psp_error keyfile_create(const char *path, const struct key_pair *pair,
                                         const char **why);

#endif
