/* fake_archive.h - an archive in the test's own process: real TLS, real host, rows and
 * misbehaviour as the test orders them.  Serves the views entity and metric. */
#ifndef TESTS_SUPPORT_FAKE_ARCHIVE_H
#define TESTS_SUPPORT_FAKE_ARCHIVE_H

#include "net/stream.h"
#include "proto/host.h"

enum { FAKE_ROWS_MAX = 64, FAKE_CONNECTIONS_MAX = 64 };

struct fake_connection {
    struct fake_archive *archive;
    struct stream *stream;
    struct host *host;
    struct authority *authority;
    ticket waiting[16];
    uint32_t waiting_count;
    uint64_t seq, told; /* revision that the watch has reached */
    uint32_t resumed_rows;
    bool has_received, live, ended, needs_snapshot, receiving;
};

struct fake_archive {
    struct net *net;
    uv_tcp_t listener;
    uint16_t port;
    struct key_pair key;
    struct channel_identity *identity;
    struct names *names;
    const char *entity;
    struct {
        char metric[32];
        int64_t value;
        uint64_t revision; /* of the last change */
    } rows[FAKE_ROWS_MAX];
    uint32_t row_count;
    uint64_t revision;
    struct fake_connection *connections[FAKE_CONNECTIONS_MAX];
    uint32_t connection_count;

    /* What the device is to the archive. */
    uint8_t device[KEY_BYTES];
    uint64_t epoch;
    struct token pairing;

    /* Orders. */
    bool admits_nobody;
    bool is_unpaired;         /* pairing() answers psp.unknown */
    bool skips_a_delta;       /* the next delta has a wrong sequence number */
    bool speaks_for_others;   /* adds a row of entity "EVIL" to a snapshot */
    bool keeps_snapshot_open; /* sends the parts, never the closing one */
    bool ends_every_watch;    /* answers the first next() of each watch: ended */
    bool beats_without_end;   /* answers every next() at once with a heartbeat */
    bool closes_other_group;  /* ends the snapshot with an update */
    bool lacks_a_column;      /* of metric, in snapshots */
    bool damages_rows;        /* of metric: a cell that cannot be read */
    bool forgets_positions;   /* every watch begins with a snapshot */
    int64_t clock_offset_ms;
    int64_t says_clock_ms; /* not 0: to hello and present, whatever its clock is */
    uint32_t part_rows;    /* rows a delta; 0: all */
    uint32_t served_views; /* bits; 0: all.  A watch on others is refused */
    /* Sees what came before the host does; false: the host does not see it. */
    bool (*interferes)(struct fake_connection *connection, struct buffer *plaintext);

    /* What happened. */
    uint32_t presents, hellos, pairings, snapshots, updates, dials, nexts;
    uint32_t first_flight_next; /* next() calls in the first bytes after the handshake */
};

/* Listens on a free loopback port. */
void fake_archive_start(struct fake_archive *archive, struct net *net,
                        const char *entity, const uint8_t device[KEY_BYTES]);
/* Writes the pairing anew: window from now on, signed by the archive's key. */
void fake_archive_pair(struct fake_archive *archive, int64_t window_ms);
/* Sets a metric and tells every watch: one commit. */
void fake_archive_set(struct fake_archive *archive, const char *metric, int64_t value);
/* Raises the epoch: every grant is over. */
void fake_archive_revoke(struct fake_archive *archive);
void fake_archive_hang_up(struct fake_archive *archive);
/* Stops listening and closes everything (the loop must still run). */
void fake_archive_stop(struct fake_archive *archive);
/* After the loop ran dry. */
void fake_archive_release(struct fake_archive *archive);

#endif
