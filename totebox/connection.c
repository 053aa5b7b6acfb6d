#include <stdlib.h>
#include <string.h>

#include "totebox/server.h"

enum { STRANGER_BYTES_MAX = 16384 };

const uint8_t *connection_peer(const struct connection *connection)
{
    return connection->holder;
}

static bool admit(void *user, const uint8_t holder[HASH_BYTES])
{
    struct server *server = user;
    if (pairings_by_holder(&server->pairings, holder) || stranger_may_come(server))
        return true;
    server->refused_strangers++;
    return false;
}

/* Watches answer through the host, so the host goes first, the stream last. */
static void destroy(struct connection *connection)
{
    struct server *server = connection->server;
    if (connection->before)
        connection->before->next = connection->next;
    else
        server->connections = connection->next;
    if (connection->next)
        connection->next->before = connection->before;
    server->connection_count--;
    server->handshake_count -= !connection->opened;
    stranger_forget(connection);
    host_free(connection->host);
    free(connection);
}

void connection_close(struct connection *connection)
{
    if (connection->receiving) {
        connection->dead = true; /* it is on the stack */
        return;
    }
    struct stream *stream = connection->stream;
    if (stream)
        stream_flush(stream);
    destroy(connection);
    stream_close(stream);
}

/* Until now nothing was proven.  What may be asked depends on who it is. */
static void on_opened(void *user)
{
    struct connection *connection = user;
    struct server *server = connection->server;
    memcpy(connection->holder, channel_peer(stream_channel(connection->stream)),
           HASH_BYTES);
    connection->opened = true;
    server->handshake_count--;
    bool is_known = pairings_by_holder(&server->pairings, connection->holder);
    bool may_stay = is_known || stranger_may_come(server);
    connection->is_stranger = !is_known;
    server->stranger_count += !is_known;
    connection->deadline_ms =
        server_now_ms(server) + (is_known ? SERVER_PRESENT_MS : SERVER_PAIR_MS);
    connection->host =
        host_new(stream_output(connection->stream),
                 is_known ? &server_service : &stranger_service, connection);
    if (!connection->host || !may_stay)
        connection_close(connection);
}

static void serve_watches(struct connection *connection)
{
    for (struct watch *watch = connection->watches; watch;
         watch = watch_next_in_list(watch))
        watch_serve(watch);
}

static void on_received(void *user, struct buffer *plaintext)
{
    struct connection *connection = user;
    connection->receiving = true;
    enum psp_error error = host_receive(connection->host, plaintext);
    serve_watches(connection);
    connection->receiving = false;
    /* Nobody unknown has us keep more than the largest message of a pairing. */
    bool is_rude =
        connection->is_stranger && buffer_length(plaintext) > STRANGER_BYTES_MAX;
    if (error != PSP_OK || connection->dead || is_rude) {
        connection_close(connection);
        return;
    }
    stream_flush(connection->stream);
    if (buffer_length(plaintext) && stream_pending(connection->stream))
        stream_pause(connection->stream); /* a peer that does not read is not read */
}

static void on_drained(void *user)
{
    struct connection *connection = user;
    stream_resume(connection->stream);
    struct buffer *input = channel_input(stream_channel(connection->stream));
    if (buffer_length(input))
        on_received(connection, input);
}

static void on_closed(void *user, enum stream_end end, const char *why)
{
    struct connection *connection = user;
    (void)end;
    (void)why;
    connection->stream = NULL;
    destroy(connection);
}

static const struct stream_events connection_events = {
    .opened = on_opened,
    .received = on_received,
    .drained = on_drained,
    .closed = on_closed,
};

void connection_accept(struct server *server)
{
    struct connection *connection = calloc(1, sizeof *connection);
    if (!connection)
        return;
    connection->server = server;
    connection->stream =
        stream_accept(server->net, (uv_stream_t *)&server->listener, server->identity,
                      admit, server, &connection_events, connection);
    if (!connection->stream) {
        free(connection);
        return;
    }
    connection->deadline_ms = server_now_ms(server) + SERVER_HANDSHAKE_MS;
    connection->next = server->connections;
    if (connection->next)
        connection->next->before = connection;
    server->connections = connection;
    server->connection_count++;
    server->handshake_count++;
    if (server->connection_count > SERVER_CONNECTIONS_MAX ||
        server->handshake_count > SERVER_HANDSHAKES_MAX || server->draining)
        connection_close(connection);
}

void connection_flush(struct connection *connection)
{
    if (connection->stream)
        stream_flush(connection->stream);
}

void connection_tick(struct connection *connection, int64_t now_ms)
{
    if (connection->is_stranger)
        stranger_tick(connection, now_ms);
    if (connection->deadline_ms && now_ms >= connection->deadline_ms) {
        connection_close(connection);
        return;
    }
    bool wrote = false;
    for (struct watch *watch = connection->watches; watch;
         watch = watch_next_in_list(watch))
        wrote |= watch_tick(watch, now_ms);
    if (wrote)
        connection_flush(connection);
}
