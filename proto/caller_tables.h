/* caller_tables.h - what a caller remembers: questions, imports, handles.
 *
 * All three start small and grow to the limits of the protocol; once grown, no call and
 * no answer allocates.  Private to the caller's files. */
#ifndef PROTO_CALLER_TABLES_H
#define PROTO_CALLER_TABLES_H

#include "proto/caller.h"

enum question_state {
    QUESTION_FREE,
    QUESTION_WAITS,
    QUESTION_FINISHED, /* cancelled; its Return is still to come */
};

struct question {
    enum question_state state;
    bool is_bootstrap;
    cap target; /* the handle that it was asked of */
    cap result; /* the handle that its answer fills, or 0 */
    caller_done *done;
    void *user;
};

/* A capability of the archive, by the id that the archive chose. */
struct import {
    uint32_t id;
    uint32_t references; /* times the id came in: what Release gives back */
    uint32_t users;      /* handles */
    bool is_promise;
    bool is_broken;
};

enum capability_state {
    CAPABILITY_FREE,
    CAPABILITY_PENDING, /* place: the question whose answer brings it */
    CAPABILITY_IMPORTED,
    CAPABILITY_BROKEN,
    CAPABILITY_LEAVING, /* being released, while the callbacks of its calls run */
};

struct capability {
    enum capability_state state;
    uint32_t place;       /* question, or import id */
    enum psp_error error; /* what broke it */
};

struct caller {
    struct buffer *output;
    struct question *questions;      /* by id */
    struct capability *capabilities; /* handle - 1 */
    struct import *imports;          /* dense, unordered */
    uint32_t question_capacity, capability_capacity, import_capacity;
    uint32_t import_count;
    uint32_t waiting;
    enum psp_error stopped; /* not PSP_OK: why, and nothing is sent any more */
    const char *defect;
};

/* The lowest free question, still free.  PSP_LIMIT, PSP_NO_MEMORY. */
MUST_CHECK enum psp_error caller_question_find(struct caller *caller, uint32_t *id);
/* A question that an answer may name, or NULL. */
struct question *caller_question(struct caller *caller, uint32_t id);

MUST_CHECK enum psp_error caller_capability_take(struct caller *caller, cap *handle);
/* NULL for 0. */
struct capability *caller_capability(const struct caller *caller, cap handle);

struct import *caller_import(const struct caller *caller, uint32_t id);
/* Counts one more reference; PSP_LIMIT, PSP_NO_MEMORY. */
MUST_CHECK enum psp_error caller_import_add(struct caller *caller, uint32_t id,
                                            bool is_promise);
void caller_import_remove(struct caller *caller, struct import *import);

/* A call in the making: between begin and end the method's parameters are filled in. */
struct call {
    struct builder builder;
    struct struct_builder params;
    uint32_t question;
    cap target;
};
MUST_CHECK enum psp_error caller_call_begin(struct caller *caller, cap target,
                                            uint64_t interface, uint16_t method,
                                            uint16_t data_words, uint16_t pointers,
                                            struct call *call);
/* `result` may be NULL: the method returns no capability. */
MUST_CHECK enum psp_error caller_call_end(struct caller *caller, struct call *call,
                                          caller_done *done, void *user, cap *result);

#endif
