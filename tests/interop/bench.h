/* bench.h - our links and a store, for archives that other programs are. */
#ifndef TESTS_INTEROP_BENCH_H
#define TESTS_INTEROP_BENCH_H

#include "core/links.h"
#include "tests/interop/child.h"

enum { BENCH_SLOTS = 40 };

struct bench {
    uv_loop_t loop;
    struct net *net;
    struct key_pair device;
    struct channel_identity *identity;
    struct config config;
    struct config_totebox toteboxes[BENCH_SLOTS];
    struct store *store;
    struct links *links;
    uint32_t upserts, deletes, groups; /* rows and commits seen by the store */
    int64_t seen[4096];                /* values of metric "n", in order of arrival */
    uint32_t seen_count;
};

/* A loop and a device key; then bench_add for each archive, then bench_start. */
void bench_open(struct bench *bench);
void bench_add(struct bench *bench, const char *entity, uint16_t port,
               const uint8_t authority[32]);
void bench_start(struct bench *bench);
/* Ends the links and empties the loop; other handles on it are closed already. */
void bench_close(struct bench *bench);

typedef bool bench_condition(struct bench *bench);
/* Turns the loop until it is so, at most 15 s; a failure says the link's reason. */
void bench_await(struct bench *bench, bench_condition *is_so);
/* Turns the loop for a while. */
void bench_idle(struct bench *bench, uint64_t ms);

struct link_status *bench_status(struct bench *bench); /* of slot 0 */
bool bench_is_live(struct bench *bench);
bool bench_is_down(struct bench *bench); /* refused or backing off */
/* Metric `name` of slot 0 as text, e.g. "12.50", or "!4" for its mark; "" when there is
 * no such row.  Valid until the next call. */
const char *bench_metric(struct bench *bench, const char *name);
/* A digest over every row of a slot: each cell as text. */
void bench_hash(struct bench *bench, uint32_t slot, uint8_t hash[HASH_BYTES]);

#endif
