/* rpc_writer.h - any RPC message, legal or not, and a log of what a vat sent.
 *
 * Written from rpc.capnp with the codec alone: nothing here knows what a caller or a
 * host would send. */
#ifndef TESTS_SUPPORT_RPC_WRITER_H
#define TESTS_SUPPORT_RPC_WRITER_H

#include "proto/rpc_message.h"

/* The data words of a Return, a Finish, ... */
#define RETURN_WORD(id, tag)     ((uint64_t)(tag) << 48 | (uint32_t)(id))
#define FINISH_WORD(id, release) ((uint64_t)((release) ? 0 : 1) << 32 | (uint32_t)(id))
#define RELEASE_WORD(id, count)  ((uint64_t)(count) << 32 | (uint32_t)(id))

/* Message `tag` whose body is a struct with this first data word and three null
 * pointers. */
void rpc_write_plain(struct buffer *to, uint16_t tag, uint64_t word);
/* Message `tag` without a body. */
void rpc_write_bare(struct buffer *to, uint16_t tag);

enum { CONTENT_NONE = -1, FIELD_NONE = -1 };

struct rpc_results {
    uint32_t id;
    bool no_finish;
    bool is_capability; /* the content is the capability pointer itself */
    int field;          /* pointer field 0 of the content: index, or FIELD_NONE */
    uint32_t cap_count; /* of `caps`; more are repetitions of the last */
    struct rpc_descriptor caps[3];
};
void rpc_write_results(struct buffer *to, const struct rpc_results *results);
void rpc_write_exception(struct buffer *to, uint32_t id, uint16_t type,
                         const char *reason);
void rpc_write_resolve(struct buffer *to, uint32_t promise,
                       struct rpc_descriptor descriptor);
/* Unimplemented of a message `tag` with this first data word. */
void rpc_write_unimplemented(struct buffer *to, uint16_t tag, uint64_t word);

struct rpc_call {
    uint32_t id;
    uint64_t interface;
    uint16_t method;
    uint16_t send_results_to;
    bool null_target;
    bool promised; /* target is an answer, not an import */
    uint32_t target;
    uint32_t path_length; /* steps; */
    uint16_t path_op[9];  /* RPC_PROMISED_ANSWER_OP_..._TAG */
    uint16_t path_field[9];
    uint16_t target_tag; /* neither of the two: this, when not 0 */
    bool null_params;
    bool carries_capability; /* one senderHosted in the parameters' table */
    bool damaged;            /* pointer 0 of the parameters leads outside */
    uint64_t data;           /* the parameters' one data word */
};
void rpc_write_call(struct buffer *to, const struct rpc_call *call);

/* Takes every message of `sent` and writes one phrase each, "; " between them:
 *   bootstrap 0 | call 2 on import 1 | call 2 on answer 1 [0] | finish 2 keep
 *   finish 2 release | release 1 x1 | abort
 *   return 0 results | return 0 results hosts 3 | return 0 canceled
 *   return 0 failed psp.limit | ... overloaded, disconnected, unimplemented */
void rpc_log(struct buffer *sent, char *text, size_t room);

#endif
