/* rpc_message.h - what both vats know about a message of the Cap'n Proto RPC protocol.
 *
 * Frames, Abort, Release and capability descriptors.  What only one of them may do
 * (ask, or answer) is in caller.c and host.c and nowhere else. Source: rpc.capnp,
 * level 1. */
#ifndef PROTO_RPC_MESSAGE_H
#define PROTO_RPC_MESSAGE_H

#include "proto/builder.h"
#include "proto/layout.h"

enum {
    RPC_CAPABILITIES_MAX = 8, /* descriptors in one payload */
    RPC_TRANSFORM_MAX = 8,    /* steps of a promised answer's path */
    /* Fields that the rpc.capnp of layout.h does not know yet. */
    RPC_FINISH_EARLY_CANCELLATION_WORKAROUND_BIT =
        33, /* default true: stored inverted */
    RPC_RETURN_NO_FINISH_NEEDED_BIT = 33,
    RPC_MESSAGE_THIRD_PARTY_ANSWER_TAG = 14,
};

/* A Message whose union member `tag` is a struct of the given size: that struct. */
struct struct_builder rpc_message_open(struct builder *builder, struct buffer *output,
                                       uint16_t tag, uint16_t data_words,
                                       uint16_t pointers);

/* Opens the frame at the front of `input`.  PSP_OK and *length = 0: it is not complete.
 * Otherwise *length bytes are to be consumed once its readers are done with. */
MUST_CHECK enum psp_error rpc_message_receive(const struct buffer *input,
                                              uint32_t limit_words,
                                              struct message *message, size_t *length);

/* False when memory is short. */
MUST_CHECK bool rpc_message_abort(struct buffer *output, const char *reason);
MUST_CHECK bool rpc_message_release(struct buffer *output, uint32_t id, uint32_t count);

/* CapDescriptor: which kind, and the id where it has one.  A capability hosted by a
 * third party is its vine, as level 1 asks. */
struct rpc_descriptor {
    uint16_t tag; /* RPC_CAP_DESCRIPTOR_..._TAG */
    uint32_t id;
};
struct rpc_descriptor rpc_descriptor_read(struct struct_reader reader);
/* senderHosted, senderPromise or thirdPartyHosted: it gave us a reference to `id`. */
bool rpc_descriptor_is_import(struct rpc_descriptor descriptor);

#endif
