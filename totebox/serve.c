#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "totebox/server.h"

static const char usage[] =
    "usage: totebox serve [--listen ADDRESS:PORT] ARCHIVE\n"
    "\n"
    "Serves what exposure.conf exposes to the keys that are paired, over PSP.\n"
    "  --listen ADDRESS:PORT  default 127.0.0.1:7440; port 0 takes a free one\n"
    "Prints one line when it is ready: ready ENTITY ADDRESS:PORT FINGERPRINT\n"
    "SIGHUP reads the configuration and the pairings again; SIGTERM ends orderly.\n";

int64_t server_now_ms(const struct server *server)
{
    return (int64_t)uv_now(server->net->loop);
}

uint64_t server_epoch(const struct server *server, const uint8_t delegate[KEY_BYTES])
{
    const struct pairing *pairing = pairings_by_delegate(&server->pairings, delegate);
    if (!pairing ||
        pairing->epoch <= index_revoked_epoch(server->index, pairing->holder))
        return 0;
    return pairing->epoch;
}

/* --- what the ledger brings ----------------------------------------------------------
 */

static void remember(struct server *server, const struct index_change *change)
{
    struct names *names = index_names(server->index);
    if (server->log_length == CHANGE_LOG) {
        struct logged_change *oldest = &server->log[server->log_start];
        server->log_since = oldest->revision;
        names_drop(names, oldest->key);
        server->log_start = (server->log_start + 1) % CHANGE_LOG;
        server->log_length--;
    }
    uint32_t at = (server->log_start + server->log_length++) % CHANGE_LOG;
    server->log[at] = (struct logged_change){.revision = index_revision(server->index),
                                             .view = change->view,
                                             .deleted = change->deleted,
                                             .key = change->row->row.key};
    names_hold(names, change->row->row.key);
}

/* An `asof` line or a posting moves the as-of of every ledger row at once.  The entity
 * row alone carries it to the callers: they take it for all rows of the books. */
static const union any_row *moved_entity(struct server *server)
{
    int64_t as_of_ms = index_as_of_ms(server->index);
    if (as_of_ms == server->as_of_ms)
        return NULL;
    server->as_of_ms = as_of_ms;
    return index_find(server->index, VIEW_ENTITY,
                      text_of(server->archive->config.entity));
}

static void publish(struct server *server, const struct index_changes *changes)
{
    const union any_row *entity = moved_entity(server);
    struct index_change moved = {.view = VIEW_ENTITY, .row = entity};
    for (uint32_t i = 0; i < changes->count; i++)
        remember(server, &changes->change[i]);
    if (entity)
        remember(server, &moved);
    struct connection *next;
    for (struct connection *connection = server->connections; connection;
         connection = next) {
        next = connection->next;
        if (!connection_judge(connection))
            continue;
        bool wrote = false;
        struct watch *later;
        for (struct watch *watch = connection->watches; watch; watch = later) {
            later = watch_next_in_list(watch);
            for (uint32_t i = 0; i < changes->count; i++)
                watch_note(watch, changes->change[i].view, changes->change[i].row);
            if (entity)
                watch_note(watch, VIEW_ENTITY, entity);
            wrote |= watch_serve(watch);
        }
        if (wrote)
            connection_flush(connection);
    }
}

static void close_connections(struct server *server)
{
    while (server->connections)
        connection_close(server->connections);
}

/* The ledger is not what it was, and the rows perhaps half of a commit: from now on
 * nothing is served from them. */
static void give_up(struct server *server, const struct problem *problem)
{
    fprintf(stderr, "totebox: %s\n", problem->words);
    server->failed = server->draining = true;
    close_connections(server);
    raise(SIGTERM);
}

void server_follow_ledger(struct server *server)
{
    struct index_changes changes;
    struct problem problem;
    uint64_t before = index_revision(server->index);
    if (server->failed)
        return;
    if (index_apply_new_lines(server->index, &changes, &problem) != ARCHIVE_OK) {
        give_up(server, &problem);
        return;
    }
    if (index_revision(server->index) != before)
        publish(server, &changes);
}

static void on_ledger_event(uv_fs_event_t *event, const char *name, int events,
                            int status)
{
    (void)name;
    (void)events;
    if (status == 0)
        server_follow_ledger(event->data);
}

/* Files of it are only ever created, renamed and removed: all of that shows here. */
static void look_at_pairings(const struct server *server, struct timespec *changed)
{
    char *path = archive_path(server->archive->directory, "pairings");
    struct stat status;
    *changed = (struct timespec){0};
    if (path && stat(path, &status) == 0)
        *changed = status.st_mtim;
    free(path);
}

void server_follow_pairings(struct server *server)
{
    struct pairings fresh;
    struct problem problem;
    look_at_pairings(server, &server->pairings_changed);
    if (pairings_load(&fresh, server->archive->directory, &problem) != ARCHIVE_OK) {
        fprintf(stderr, "totebox: %s\n", problem.words);
        return;
    }
    pairings_release(&server->pairings);
    server->pairings = fresh;
}

/* Also when the folder came after we did, or an event was lost. */
static void follow_changed_pairings(struct server *server)
{
    struct timespec changed;
    look_at_pairings(server, &changed);
    if (changed.tv_sec != server->pairings_changed.tv_sec ||
        changed.tv_nsec != server->pairings_changed.tv_nsec)
        server_follow_pairings(server);
}

static void on_pairing_event(uv_fs_event_t *event, const char *name, int events,
                             int status)
{
    (void)name;
    (void)events;
    if (status == 0)
        server_follow_pairings(event->data);
}

/* --- life ---------------------------------------------------------------------------
 */

/* A log that cannot be written is said, once a second, and stops no answer: it is kept
 * in memory within bounds and says later what it lost. */
static void flush_audit(struct server *server)
{
    struct problem problem;
    if (audit_flush(server->audit, net_wall_ms(), &problem) != ARCHIVE_OK)
        fprintf(stderr, "totebox: audit: %s\n", problem.words);
}

static void on_tick(uv_timer_t *timer)
{
    struct server *server = timer->data;
    int64_t now = server_now_ms(server);
    server_follow_ledger(server); /* file events can be lost: this bounds the delay */
    follow_changed_pairings(server);
    if (server->owes_accept)
        server->owes_accept =
            !stream_turn_away(server->net, (uv_stream_t *)&server->listener);
    if (server->earlier && now - server->earlier_used_ms >= SERVER_EARLIER_MS)
        server_forget_earlier(server);
    struct connection *next;
    for (struct connection *connection = server->connections; connection;
         connection = next) {
        next = connection->next;
        connection_tick(connection, now);
    }
    if (now >= server->audit_due_ms) {
        server->audit_due_ms = now + SERVER_AUDIT_MS;
        flush_audit(server);
    }
}

/* So that the next start begins where this one is.  Where it cannot be written, the
 * next start reads the ledger. */
static void keep_index(struct archive_index *index)
{
    struct problem problem;
    if (index_lines_read(index) < INDEX_LINES_KEPT)
        return;
    if (index_write_file(index, &problem) != ARCHIVE_OK)
        fprintf(stderr, "totebox: %s; the next start reads the ledger\n",
                problem.words);
}

static bool open_index(struct server *server, struct archive_index **index,
                       struct problem *problem)
{
    struct index_plan plan;
    exposure_plan(server->archive->exposure, &plan);
    if (index_open(index, server->archive, &plan, LEDGER_READ, INT64_MAX, problem) !=
        ARCHIVE_OK)
        return false;
    if (*index_said(*index))
        fprintf(stderr, "totebox: %s\n", index_said(*index));
    keep_index(*index);
    return true;
}

/* The rows of an instant that is past never change: a reader of several pages, or
 * several readers of one closing, replay the ledger once. */
struct archive_index *server_earlier(struct server *server, int64_t as_of_ms)
{
    struct index_plan plan;
    struct problem problem;
    server->earlier_used_ms = server_now_ms(server);
    if (as_of_ms >= index_last_commit_ms(server->index))
        return server->index;
    if (server->earlier && server->earlier_ms == as_of_ms)
        return server->earlier;
    server_forget_earlier(server);
    exposure_plan(server->archive->exposure, &plan);
    if (index_open(&server->earlier, server->archive, &plan, LEDGER_READ, as_of_ms,
                   &problem) != ARCHIVE_OK)
        fprintf(stderr, "totebox: %s\n", problem.words);
    server->earlier_ms = as_of_ms;
    return server->earlier;
}

void server_forget_earlier(struct server *server)
{
    index_close(server->earlier);
    server->earlier = NULL;
}

static void forget_log(struct server *server)
{
    struct names *names = index_names(server->index);
    for (uint32_t i = 0; i < server->log_length; i++)
        names_drop(names, server->log[(server->log_start + i) % CHANGE_LOG].key);
    server->log_start = server->log_length = 0;
}

/* Exposure decides what the index holds and what every grant sees: callers come back to
 * the new state by connecting again. */
static void on_hangup(uv_signal_t *signal, int number)
{
    struct server *server = signal->data;
    struct problem problem;
    struct archive_index *fresh;
    (void)number;
    if (archive_reload(server->archive, &problem) != ARCHIVE_OK) {
        fprintf(stderr, "totebox: not reloaded, still as before: %s\n", problem.words);
        return;
    }
    close_connections(server);
    if (!open_index(server, &fresh, &problem)) {
        /* The old rows were made under the old configuration: they may not go on. */
        give_up(server, &problem);
        return;
    }
    forget_log(server);
    server_forget_earlier(server);
    index_close(server->index);
    server->index = fresh;
    server->log_since = index_revision(fresh);
    server->as_of_ms = index_as_of_ms(fresh);
    /* What is exposed may be other rows than before: no old position leads there. */
    if (!random_bytes(server->boot_id, sizeof server->boot_id))
        server->boot_id[0]++;
    server_follow_pairings(server);
    fprintf(stderr, "totebox: configuration read again\n");
}

static void close_handle(uv_handle_t *handle, void *unused)
{
    (void)unused;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

static void on_terminate(uv_signal_t *signal, int number)
{
    struct server *server = signal->data;
    (void)number;
    server->draining = true;
    close_connections(server);
    close_handle((uv_handle_t *)&server->listener, NULL);
    close_handle((uv_handle_t *)&server->tick, NULL);
    close_handle((uv_handle_t *)&server->ledger_watch, NULL);
    close_handle((uv_handle_t *)&server->pairing_watch, NULL);
    close_handle((uv_handle_t *)&server->hangup, NULL);
    close_handle((uv_handle_t *)&server->terminate, NULL);
    close_handle((uv_handle_t *)&server->interrupt, NULL);
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct server *server = listener->data;
    if (status == 0)
        server->owes_accept = !connection_accept(server);
}

/* --- start --------------------------------------------------------------------------
 */

static bool parse_address(const char *text, struct sockaddr_storage *address)
{
    char host[64];
    const char *colon = strrchr(text, ':');
    if (!colon || colon == text || (size_t)(colon - text) >= sizeof host)
        return false;
    size_t length = (size_t)(colon - text);
    bool bracketed = text[0] == '[' && text[length - 1] == ']';
    memcpy(host, text + bracketed, length - 2 * (size_t)bracketed);
    host[length - 2 * (size_t)bracketed] = '\0';
    char *rest;
    errno = 0;
    unsigned long port = strtoul(colon + 1, &rest, 10);
    if (*rest || rest == colon + 1 || errno || port > 65535)
        return false;
    void *at = address;
    return uv_ip4_addr(host, (int)port, at) == 0 ||
           uv_ip6_addr(host, (int)port, at) == 0;
}

static int listen_at(struct server *server, const char *where)
{
    struct sockaddr_storage address;
    const void *at = &address;
    if (!parse_address(where, &address)) {
        fprintf(stderr,
                "totebox: --listen %s: not ADDRESS:PORT with a numeric address\n",
                where);
        return ARCHIVE_USAGE;
    }
    int status = uv_tcp_bind(&server->listener, at, 0);
    if (status == 0)
        status = uv_listen((uv_stream_t *)&server->listener, 511, on_connection);
    if (status < 0) {
        fprintf(stderr, "totebox: cannot listen at %s: %s\n", where,
                uv_strerror(status));
        return ARCHIVE_FAILED;
    }
    return ARCHIVE_OK;
}

static void say_ready(struct server *server)
{
    struct sockaddr_storage address;
    int length = sizeof address;
    char name[46] = "", fingerprint[FINGERPRINT_CHARS + 1];
    uint8_t holder[HASH_BYTES];
    const void *at = &address;
    uv_tcp_getsockname(&server->listener, (struct sockaddr *)&address, &length);
    bool six = address.ss_family == AF_INET6;
    unsigned port = ntohs(six ? ((const struct sockaddr_in6 *)at)->sin6_port
                              : ((const struct sockaddr_in *)at)->sin_port);
    uv_ip_name(at, name, sizeof name);
    holder_of_key(server->archive->authority.public_key, holder);
    fingerprint_write(holder, fingerprint);
    printf(six ? "ready %s [%s]:%u %s\n" : "ready %s %s:%u %s\n",
           server->archive->config.entity, name, port, fingerprint);
    fflush(stdout);
}

static void init_handles(struct server *server)
{
    uv_loop_t *loop = server->net->loop;
    uv_tcp_init(loop, &server->listener);
    uv_timer_init(loop, &server->tick);
    uv_fs_event_init(loop, &server->ledger_watch);
    uv_fs_event_init(loop, &server->pairing_watch);
    uv_signal_init(loop, &server->hangup);
    uv_signal_init(loop, &server->terminate);
    uv_signal_init(loop, &server->interrupt);
    server->listener.data = server->tick.data = server->ledger_watch.data =
        server->pairing_watch.data = server->hangup.data = server->terminate.data =
            server->interrupt.data = server;
}

static void start_handles(struct server *server)
{
    char *pairings = archive_path(server->archive->directory, "pairings");
    uv_timer_start(&server->tick, on_tick, SERVER_TICK_MS, SERVER_TICK_MS);
    uv_fs_event_start(&server->ledger_watch, on_ledger_event,
                      ledger_path(index_ledger(server->index)), 0);
    if (pairings)
        uv_fs_event_start(&server->pairing_watch, on_pairing_event, pairings, 0);
    free(pairings);
    uv_signal_start(&server->hangup, on_hangup, SIGHUP);
    uv_signal_start(&server->terminate, on_terminate, SIGTERM);
    uv_signal_start(&server->interrupt, on_terminate, SIGINT);
}

static int open_server(struct server *server, const char *directory)
{
    struct problem problem = {0};
    enum archive_error error = archive_open(&server->archive, directory, &problem);
    if (error == ARCHIVE_OK)
        error = pairings_load(&server->pairings, directory, &problem);
    if (error == ARCHIVE_OK && !open_index(server, &server->index, &problem))
        error = problem.error;
    if (error == ARCHIVE_OK)
        error = audit_open(&server->audit, server->archive, &problem);
    if (error != ARCHIVE_OK) {
        fprintf(stderr, "totebox: %s\n", problem.words);
        return error;
    }
    const char *recovered = ledger_recovered(index_ledger(server->index));
    if (*recovered)
        fprintf(stderr, "totebox: %s\n", recovered);
    server->log = calloc(CHANGE_LOG, sizeof *server->log);
    server->log_since = index_revision(server->index);
    server->as_of_ms = index_as_of_ms(server->index);
    look_at_pairings(server, &server->pairings_changed);
    if (!server->log || !random_bytes(server->boot_id, sizeof server->boot_id) ||
        !random_bytes(server->sources.secret, sizeof server->sources.secret) ||
        channel_identity_new(&server->archive->authority, &server->identity) !=
            PSP_OK) {
        fprintf(stderr, "totebox: out of memory\n");
        return ARCHIVE_FAILED;
    }
    return ARCHIVE_OK;
}

static void release_server(struct server *server)
{
    if (server->audit) {
        flush_audit(server);
        audit_close(server->audit, server->archive);
    }
    server_forget_earlier(server);
    if (server->index) {
        forget_log(server);
        if (!server->failed)
            keep_index(server->index);
        index_close(server->index);
    }
    free(server->log);
    pairings_release(&server->pairings);
    channel_identity_free(server->identity);
    archive_close(server->archive);
}

static int serve(const char *directory, const char *where)
{
    uv_loop_t loop;
    struct net *net = calloc(1, sizeof *net);
    struct server *server = calloc(1, sizeof *server);
    if (!net || !server || uv_loop_init(&loop) < 0) {
        free(net);
        free(server);
        return ARCHIVE_FAILED;
    }
    net->loop = &loop;
    server->net = net;
    server->started_ms = server_now_ms(server);
    int status = open_server(server, directory);
    if (status == ARCHIVE_OK) {
        init_handles(server);
        status = listen_at(server, where);
        if (status == ARCHIVE_OK) {
            start_handles(server);
            say_ready(server);
        } else {
            on_terminate(&server->terminate, SIGTERM);
        }
        uv_run(&loop, UV_RUN_DEFAULT);
        if (server->failed)
            status = ARCHIVE_CORRUPT;
    }
    release_server(server);
    uv_run(&loop, UV_RUN_NOWAIT);
    uv_loop_close(&loop);
    free(server);
    free(net);
    return status;
}

/* One for each connection.  Where that is not to be had, those beyond are turned away.
 */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    rlim_t wanted = SERVER_CONNECTIONS_MAX + 64;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= wanted)
        return;
    limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

int serve_main(int argc, char **argv)
{
    static const struct option options[] = {
        {"listen", required_argument, NULL, 'l'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    const char *where = "127.0.0.1:7440";
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'l') {
            where = optarg;
        } else {
            fputs(usage, option == 'h' ? stdout : stderr);
            return option == 'h' ? ARCHIVE_OK : ARCHIVE_USAGE;
        }
    }
    if (optind != argc - 1) {
        fputs(usage, stderr);
        return ARCHIVE_USAGE;
    }
    signal(SIGPIPE, SIG_IGN);
    raise_descriptor_limit();
    return serve(argv[optind], where);
}
