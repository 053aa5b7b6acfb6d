/* error.h - the one list of what PSP can refuse, and why a link can fail.
 *
 * The first fourteen are the codes of the protocol: they travel as
 * Exception.reason = "psp.<code>: <text>".  The rest exist on this side only. */
#ifndef PROTO_ERROR_H
#define PROTO_ERROR_H

#include "proto/text.h"

/* code, name on the wire (NULL: never sent), what a person is told */
#define PSP_ERRORS(X)                                                                  \
    X(PSP_OK, NULL, "no error")                                                        \
    X(PSP_MALFORMED, "psp.malformed", "the message is malformed")                      \
    X(PSP_DENIED, "psp.denied", "not permitted")                                       \
    X(PSP_EXPIRED, "psp.expired", "the capability's window has ended")                 \
    X(PSP_NOTYET, "psp.notyet", "the capability's window has not begun")               \
    X(PSP_REVOKED, "psp.revoked", "the capability was revoked")                        \
    X(PSP_SIGNATURE, "psp.signature", "a signature does not verify")                   \
    X(PSP_HOLDER, "psp.holder", "the presenter is not the holder")                     \
    X(PSP_AUDIENCE, "psp.audience", "the capability is for another archive")           \
    X(PSP_UNKNOWN, "psp.unknown", "no such thing")                                     \
    X(PSP_LIMIT, "psp.limit", "over a limit")                                          \
    X(PSP_CONFLICT, "psp.conflict", "conflicts with what is there")                    \
    X(PSP_ENDED, "psp.ended", "the stream has ended")                                  \
    X(PSP_BUSY, "psp.busy", "busy, try again later")                                   \
    X(PSP_CLOSING, "psp.closing", "the archive is shutting down")                      \
    X(PSP_UNIMPLEMENTED, NULL, "the peer does not implement this")                     \
    X(PSP_CANCELED, NULL, "the call was canceled")                                     \
    X(PSP_DISCONNECTED, NULL, "the connection is gone")                                \
    X(PSP_FAILED, NULL, "the peer failed without a PSP code")                          \
    X(PSP_NO_MEMORY, NULL, "out of memory")

enum psp_error {
#define PSP_ERROR_CODE(code, wire, words) code,
    PSP_ERRORS(PSP_ERROR_CODE)
#undef PSP_ERROR_CODE
        PSP_ERROR_COUNT
};

#define MUST_CHECK __attribute__((warn_unused_result))

/* "psp.denied", or NULL for a code that is never sent. */
const char *psp_error_wire(enum psp_error error);
/* For people; never NULL. */
const char *psp_error_words(enum psp_error error);
/* The code at the start of a received reason ("psp.denied: ..."), else PSP_FAILED. */
enum psp_error psp_error_parse(struct text reason);

#endif
