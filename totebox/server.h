/* server.h - `totebox serve`: an archive's rows over PSP.
 *
 * One libuv loop, one listening socket, any number of connections.  The index is the
 * only thing that connections share; each has its own host, its own grants and watches.
 * What another process appends to the ledger is taken over at once (inotify) and
 * becomes the next delta of every watch that sees it.
 *
 *   append -> index_apply_new_lines -> server_publish -> watch_note ... -> watch_serve
 *          -> delta in the send buffer -> TLS record
 *
 * Private to serve.c, connection.c, stranger.c, grant.c and watch.c, but for
 * serve_main. */
#ifndef TOTEBOX_SERVER_H
#define TOTEBOX_SERVER_H

#include "net/stream.h"
#include "proto/host.h"
#include "proto/pairing_host.h"
#include "totebox/audit.h"
#include "totebox/disclosure.h"
#include "totebox/index.h"
#include "totebox/pairing.h"
#include "totebox/sources.h"

enum {
    SERVER_HANDSHAKES_MAX = 64,
    SERVER_CONNECTIONS_MAX = 4096,
    SERVER_HANDSHAKE_MS = 10000,
    SERVER_PRESENT_MS = 10000,  /* from TLS open to the first successful present */
    SERVER_FRAME_MS = 10000,    /* from the first byte of a message to its last */
    SERVER_HELD_MAX = 64 << 20, /* of half messages, of all connections together */
    SERVER_DEVICE_MAX = 32,     /* connections of one device */
    SERVER_STRANGERS_MAX = 8,   /* unknown keys, while pairing is open */
    SERVER_PAIR_MS = 600000, /* from TLS open, or pair(), to the end of the pairing */
    SERVER_TICK_MS = 100,
    SERVER_AUDIT_MS = 1000,
    SERVER_EARLIER_MS = 60000, /* since it was read last */
    PAGE_BYTES = 48 * 1024,    /* estimated, so that a message stays under 64 KiB */
    PAGE_ROWS = 4096,
    CHANGE_LOG = 1 << 16,
};

/* One changed row, so that a watch can resume where an earlier one ended. */
struct logged_change {
    uint64_t revision;
    enum view view;
    bool deleted;
    name_id key; /* held */
};

/* The rows of an answer, where they lie in the index, and what a grant makes of them:
 * one for the whole server, since answers are built one after the other. */
struct page {
    uint32_t count;
    const struct disclosure *disclosure; /* of metric rows; borrowed */
    const union any_row *rows[PAGE_ROWS];
    uint8_t marks[PAGE_ROWS][ROW_COLUMNS_MAX];
    int64_t as_of_ms[PAGE_ROWS];
};

struct server {
    struct net *net;
    uv_tcp_t listener;
    uv_timer_t tick;
    uv_fs_event_t ledger_watch, pairing_watch;
    uv_signal_t hangup, terminate, interrupt;
    struct archive *archive;
    struct archive_index *index;
    struct page page;
    struct pairings pairings;
    struct timespec pairings_changed; /* the folder, when they were read */
    struct audit *audit;
    int64_t audit_due_ms;
    struct channel_identity *identity;
    uint8_t boot_id[16];
    int64_t started_ms;             /* monotonic */
    struct connection *connections; /* list */
    uint32_t connection_count, handshake_count, stranger_count;
    size_t held; /* bytes of half messages */
    uint64_t refused_strangers;
    struct sources sources;
    bool owes_accept;          /* memory was short: a connection still waits */
    struct logged_change *log; /* ring */
    uint32_t log_start, log_length;
    uint64_t log_since;          /* changes after this revision are all in the log */
    int64_t as_of_ms;            /* of the ledger rows, as last told */
    struct token_cache verified; /* signatures of links, so that a pairing costs once */
    struct archive_index
        *earlier; /* the rows as they once stood, as read last; or NULL */
    int64_t earlier_ms, earlier_used_ms; /* as of; and monotonic */
    bool draining, failed;
};

/* --- serve.c ---------------------------------------------------------------------- */

/* The subcommand; argv[0] is "serve".  Returns the exit status. */
int serve_main(int argc, char **argv);
int64_t server_now_ms(const struct server *server); /* monotonic */
/* Takes over what was appended and tells every watch. */
void server_follow_ledger(struct server *server);
/* Takes over which devices are paired. */
void server_follow_pairings(struct server *server);
/* The rows as they stood at an instant; borrowed until the next call.  NULL when the
 * ledger cannot be read. */
struct archive_index *server_earlier(struct server *server, int64_t as_of_ms);
void server_forget_earlier(struct server *server);
/* The epoch of the pairing that delegates to this key, 0 when none is good any more. */
uint64_t server_epoch(const struct server *server, const uint8_t delegate[KEY_BYTES]);

/* --- connection.c ----------------------------------------------------------------- */

struct connection {
    struct server *server;
    struct connection *next, *before;
    struct stream *stream;
    struct host *host;
    struct grant *grants;  /* list */
    struct watch *watches; /* list */
    uint32_t watch_count;
    int64_t deadline_ms; /* monotonic: handshake, then first present; 0 none */
    uint8_t holder[HASH_BYTES];
    bool opened, receiving, dead;
    size_t held;                           /* bytes of a half message */
    int64_t partial_since_ms;              /* monotonic; 0: no message is half there */
    uint8_t network[STREAM_NETWORK_BYTES]; /* of the peer */
    uint64_t bytes_sent;                   /* when looked at last */
    int64_t sent_at_ms;                    /* monotonic: when it grew, or none waited */
    bool is_stranger;                      /* its key was not paired when it came */
    bool has_asked;                        /* to be paired: its request was written */
    struct pairing_host talk;              /* that pairs it */
    uint8_t window[16];                    /* in which pairing window */
    int64_t read_tokens_milli, refilled_ms; /* exposure's reads a second */
};

/* False: memory is short, and the connection still waits to be accepted. */
bool connection_accept(struct server *server);
void connection_close(struct connection *connection);
void connection_tick(struct connection *connection, int64_t now_ms);
/* Sends what was answered outside of connection's own receive. */
void connection_flush(struct connection *connection);
/* True while so much waits to be read that no more is told. */
bool connection_is_full(const struct connection *connection);
/* Looks whether a grant has ended.  False: answers still waited to be sent under it,
 * and the connection is gone with them. */
bool connection_judge(struct connection *connection);
const uint8_t *connection_peer(const struct connection *connection);

/* --- stranger.c ------------------------------------------------------------------- */

/* What a connection may ask whose key is not paired: hello, pair, pairReveal, pairing.
 */
extern const struct host_service stranger_service;

/* Whether an unknown key is admitted: pairing is open, and few are there. */
bool stranger_may_come(const struct server *server);
/* Before the deadline is looked at: when the pairing window is gone, a last answer. */
void stranger_tick(struct connection *connection, int64_t now_ms);
/* Before the connection goes: it may have been the one try of a window. */
void stranger_forget(struct connection *connection);
/* Methods of struct host_service, also for keys that are paired. */
struct refusal stranger_pair(void *user, struct text commit, uint8_t nonce[HASH_BYTES]);
struct refusal stranger_pair_reveal(void *user, struct text nonce);
struct refusal stranger_pairing(void *user, struct token *token);

/* --- grant.c ---------------------------------------------------------------------- */

struct grant {
    struct grant *next, *before; /* of the connection */
    struct connection *connection;
    struct authority *authority;
    struct exposure_view exposure;
    uint8_t delegate[KEY_BYTES];
    uint64_t epoch;
    int64_t ends_mono_ms; /* a wall clock that goes back does not prolong a grant */
    uint32_t references;  /* the peer's capability and each watch */
    bool is_over;         /* as last looked at */
};

extern const struct host_service server_service;
struct refusal server_hello(void *user, struct text software, uint16_t protocol,
                            struct identity *identity);

/* PSP_OK, or why the grant is over. */
enum psp_error grant_state(const struct grant *grant);
bool grant_sees(const struct grant *grant, const struct names *names, enum view view,
                const union any_row *row);
/* By column: why the cell may not be seen through this grant, or CELL_PRESENT. */
void grant_marks(const struct grant *grant, const struct disclosure *disclosure,
                 const struct names *names, enum view view, const union any_row *row,
                 const bool *columns, uint8_t *marks);
/* One row more, while there are fewer than PAGE_ROWS. */
void page_add(struct page *page, const struct grant *grant,
              const struct archive_index *index, enum view view,
              const union any_row *row, int64_t as_of_ms, const bool *columns);
void grant_drop(struct grant *grant);
/* Bytes that the row takes in a message, roughly. */
size_t row_bytes(const struct names *names, enum view view, const union any_row *row);

/* --- watch.c ---------------------------------------------------------------------- */

struct watch;
struct refusal watch_new(struct grant *grant, const struct query *queries,
                         uint32_t count, struct text resume, struct watch **watch);
void watch_free(struct watch *watch);
struct watch *watch_next_in_list(struct watch *watch);
struct refusal watch_ask(struct watch *watch, uint32_t max_rows, uint32_t max_wait_ms,
                         ticket call);
void watch_cancel(struct watch *watch, ticket call);
/* A row changed; cheap where the watch does not see it. */
void watch_note(struct watch *watch, enum view view, const union any_row *row);
/* Answers what can be answered now.  Returns true when something was written.  The
 * watch may be gone afterwards: the answer to the last call on it can be its last
 * reference.
 */
bool watch_serve(struct watch *watch);
/* Heartbeats and ends that are due; likewise. */
bool watch_tick(struct watch *watch, int64_t now_ms);

#endif
