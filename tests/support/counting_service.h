/* counting_service.h - a host_service that counts: objects made and released, calls
 * that wait.
 *
 * Every object is a block of its own, so that a sanitizer sees a second release, and
 * carries its kind, so that a mix-up is seen here. */
#ifndef TESTS_SUPPORT_COUNTING_SERVICE_H
#define TESTS_SUPPORT_COUNTING_SERVICE_H

#include "proto/host.h"

enum { CALLS_WAITING_MAX = 2048 };

struct counting_service {
    struct host *host;      /* set by whoever makes it */
    bool holds_back;        /* `next` waits until counting_service_answer */
    uint32_t read_words;    /* size of a read's cursor: how long an answer is */
    struct refusal refusal; /* what every method says, unless PSP_OK */

    uint32_t made[HOST_COMMANDER + 1], released[HOST_COMMANDER + 1];
    uint32_t calls, canceled;
    ticket waiting[CALLS_WAITING_MAX]; /* oldest first */
    uint32_t waiting_count;
    uint64_t seq;
    struct names *names;
    /* The newest parameters. */
    uint32_t token_links, query_count, max_rows, max_wait_ms;
    char software[32], query[256]; /* as query_words writes it */
    bool had_proof;
};

void counting_service_init(struct counting_service *service);
void counting_service_release(struct counting_service *service);
/* All that was given was taken back. */
bool counting_service_is_even(const struct counting_service *service);

extern const struct host_service counting_methods;

/* Answers the oldest call that waits with a heartbeat; false: none. */
bool counting_service_answer(struct counting_service *service);

/* One link of 64 arbitrary bytes, or none when memory is short; token_release() it. */
void counting_service_token(struct token *token);

#endif
