/* query.h - Query, Delta and the other structs of psp.capnp as C values, both ways.
 *
 * Decoded values borrow from the message.  Sets are held in a small arena that the
 * caller gives (struct query_arena), so that decoding allocates nothing on the heap. */
#ifndef PROTO_QUERY_H
#define PROTO_QUERY_H

#include "proto/rows.h"
#include "proto/token.h"

/* Limits of a connection (psp.capnp), as Identity names them. */
enum {
    RPC_FRAME_WORDS_MAX = 128 * 1024, /* 1 MiB, of what is received: pages have 64 KiB,
                                         and no call needs more */
    RPC_QUESTIONS_MAX = 256,          /* outstanding */
    RPC_OBJECTS_MAX = 1024,           /* capabilities alive */
    RPC_WATCHES_MAX = 64,
    RPC_CREDIT_MAX = 16, /* `next` outstanding on one watch */
    WATCH_QUERIES_MAX = 16,
    QUERY_NAMES_MAX = 1024,
};

struct query {
    struct text view;
    struct set rows;    /* SET_NONE selects nothing */
    struct set columns; /* SET_ALL: all that the grant permits */
    struct list_reader where, reduce, group_by; /* decoded only; empty when building */
    uint32_t limit; /* rows per page; 0: the archive's maximum */
    struct text cursor;
    int64_t as_of_ms; /* 0: newest */
};

struct query_arena {
    struct text names[QUERY_NAMES_MAX];
    uint32_t used;
};

MUST_CHECK enum psp_error query_read(struct struct_reader reader,
                                     struct query_arena *arena, struct query *query,
                                     const char **why);
/* Fills a Query struct that is already there (a list element or a struct field). */
void query_build(const struct query *query, struct struct_builder into);
/* Its size, for builder_struct() and builder_structs(). */
extern const uint16_t query_data_words, query_pointers;

enum delta_kind {
    DELTA_HEARTBEAT,
    DELTA_SNAPSHOT,
    DELTA_SNAPSHOT_END,
    DELTA_UPDATE_PART,
    DELTA_UPDATE,
    DELTA_RESET,
    DELTA_ENDED,
};

struct delta {
    uint64_t seq;
    enum delta_kind kind;
    struct list_reader changes; /* of Change; delta_change() opens one */
    struct text resume;
    int64_t as_of_ms;
    uint64_t revision;
};
MUST_CHECK enum psp_error delta_read(struct struct_reader reader, struct delta *delta,
                                     const char **why);
/* The batch of upserts and the deleted keys (a list of text) of change `index`. */
MUST_CHECK enum psp_error delta_change(const struct delta *delta, uint32_t index,
                                       struct batch *upserts,
                                       struct list_reader *deletes, const char **why);

struct identity {
    uint8_t authority[KEY_BYTES];
    uint16_t protocol_min, protocol_max;
    int64_t clock_ms;
    uint8_t boot_id[16];
    uint32_t max_rows_per_reply;
    uint32_t max_window_ms, max_skew_ms;
    struct text software;
};
MUST_CHECK enum psp_error identity_read(struct struct_reader reader,
                                        struct identity *identity);
void identity_build(const struct identity *identity, struct struct_builder in,
                    uint16_t pointer);

struct grant_info {
    uint8_t link_id[HASH_BYTES];
    uint32_t rights;
    int64_t not_before_ms, not_after_ms;
    uint32_t max_rows, min_group;
    int64_t clock_ms;
};
MUST_CHECK enum psp_error grant_info_read(struct struct_reader reader,
                                          struct grant_info *info);
void grant_info_build(const struct grant_info *info, struct struct_builder in,
                      uint16_t pointer);

struct health {
    uint8_t state; /* 0 unknown 1 ok 2 degraded 3 read-only 4 failing */
    int64_t clock_ms;
    uint64_t uptime_ms, revision;
    int64_t last_commit_ms;
    uint64_t storage_used, storage_total, row_count;
    uint8_t lifecycle;      /* 0 unknown 1 active 2 suspended 3 archived */
    struct text checkpoint; /* C2SP signed note, or empty */
};
MUST_CHECK enum psp_error health_read(struct struct_reader reader,
                                      struct health *health);
void health_build(const struct health *health, struct struct_builder in,
                  uint16_t pointer);

#endif
