/* host_tables.h - what a host remembers: answers, and exported objects.
 *
 * Ids of answers are chosen by the peer and are never an index.  An export lives while
 * the peer has references to it, or an answer or a pending call of ours still needs it.
 * Private to the host's files. */
#ifndef PROTO_HOST_TABLES_H
#define PROTO_HOST_TABLES_H

#include "proto/host.h"

enum answer_state {
    ANSWER_PENDING, /* the Return is still to be sent */
    ANSWER_RESULTS,
    ANSWER_REFUSED,
};

enum { EXPORT_NONE = UINT32_MAX };

/* From the question to its Finish. */
struct answer_entry {
    uint32_t id; /* the peer's */
    enum answer_state state;
    bool is_bootstrap;
    bool holds_credit; /* pending: it counts among the `next` of its watch */
    ticket ticket;     /* pending, and the service has it; else 0 */
    uint32_t target;   /* pending: the export that was called, held */
    uint32_t result;   /* the export in pointer field 0 of the results, held; or none */
    struct refusal refusal;
};

struct exported {
    bool is_used;
    enum host_object kind;
    uint16_t pending;    /* watches: calls of `next` that wait */
    uint32_t references; /* the peer's */
    uint32_t holds;      /* ours */
    void *object;
};

struct host {
    struct buffer *output;
    const struct host_service *service;
    void *user;
    struct answer_entry *answers; /* dense, unordered */
    struct exported *exports;     /* by id */
    uint32_t answer_count, answer_capacity, export_capacity;
    uint32_t watches;
    ticket last_ticket;
    bool is_presented;
    enum psp_error stopped;
    const char *defect;
    struct builder builder;        /* of the Return that is open */
    struct struct_builder payload; /* its results */
};

/* NULL when there is none. */
struct answer_entry *host_answer(struct host *host, uint32_t id);
struct answer_entry *host_answer_by_ticket(struct host *host, ticket number);
/* A pending answer.  NULL: 256 are outstanding, or memory is short. */
struct answer_entry *host_answer_add(struct host *host, uint32_t id);
void host_answer_remove(struct host *host, struct answer_entry *answer);

/* NULL unless the peer has a reference to it. */
struct exported *host_export(struct host *host, uint32_t id);
/* Room for one more: its id, or EXPORT_NONE. */
uint32_t host_export_find(struct host *host);
void host_export_set(struct host *host, uint32_t id, enum host_object kind,
                     void *object);
void host_hold(struct host *host, uint32_t id);
/* Gives one of our holds back; the object goes with its last user. */
void host_drop(struct host *host, uint32_t id);
/* False when the peer gives back more than it has. */
MUST_CHECK bool host_dereference(struct host *host, uint32_t id, uint32_t count);

/* A Return that says why not. */
void host_refuse(struct host *host, uint32_t answer_id, struct refusal refusal);
/* Opens a Return with results, and gives the struct to fill. */
struct struct_builder host_results_open(struct host *host, uint32_t answer_id,
                                        uint16_t data_words, uint16_t pointers);
/* `result`: what pointer field 0 names, or EXPORT_NONE.  After an error nothing was
 * sent and no reference was given. */
MUST_CHECK enum psp_error host_results_close(struct host *host, uint32_t answer_id,
                                             uint32_t result);
/* Runs a method of export `target` for the pending answer `answer_id`. */
void host_call(struct host *host, uint32_t answer_id, uint32_t target,
               uint64_t interface, uint16_t method, struct struct_reader params);

#endif
