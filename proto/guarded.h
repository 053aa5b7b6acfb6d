/* guarded.h - what a program that holds a key does first of all. */
#ifndef PROTO_GUARDED_H
#define PROTO_GUARDED_H

/* No core dump and no debugger of another process (GnuTLS keeps a copy of the key that
 * cannot be wiped), and no environment variable that makes GnuTLS write session keys to a
 * file or weakens its policy.  Call it before anything else. */
void process_guard_secrets(void);

#endif
