#include <stdlib.h>
#include <string.h>

#include "totebox/server.h"

enum {
    STRANGER_BYTES_MAX = 16384,
    UNSENT_MAX = 256 * 1024, /* beyond it nothing is asked and nothing is told */
    UNREAD_MS = 30000,       /* and a peer that reads none of it for so long is gone */
};

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
    server->held -= connection->held;
    if (!connection->opened) {
        server->handshake_count--;
        sources_note_failure(&server->sources, connection->network,
                             server_now_ms(server));
    }
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

static void leave(struct connection *connection, const char *why)
{
    host_violate(connection->host, PSP_LIMIT, why);
    connection_close(connection);
}

static bool has_too_many(const struct connection *connection)
{
    uint32_t count = 0;
    for (const struct connection *at = connection->server->connections; at;
         at = at->next)
        count += at->opened && memcmp(at->holder, connection->holder, HASH_BYTES) == 0;
    return count > SERVER_DEVICE_MAX;
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
    else if (has_too_many(connection))
        leave(connection, "more than 32 connections of one device");
}

bool connection_is_full(const struct connection *connection)
{
    return connection->stream && stream_pending(connection->stream) > UNSENT_MAX;
}

bool connection_judge(struct connection *connection)
{
    bool one_ended = false;
    for (struct grant *grant = connection->grants; grant; grant = grant->next)
        if (!grant->is_over && grant_state(grant) != PSP_OK)
            one_ended = grant->is_over = true;
    /* What was built under it and still waits to be sent must not leave any more; it
     * cannot be taken out of the stream, so it goes with the stream. */
    if (!one_ended || !connection->stream || !stream_is_blocked(connection->stream))
        return true;
    struct stream *stream = connection->stream;
    destroy(connection);
    stream_cut(stream);
    return false;
}

static void serve_watches(struct connection *connection)
{
    struct watch *next;
    for (struct watch *watch = connection->watches; watch; watch = next) {
        next = watch_next_in_list(watch);
        watch_serve(watch);
    }
}

/* A peer that does not read its answers is not heard: until they are gone, its calls
 * wait, and then the kernel's buffers fill, and then it waits. */
static enum psp_error take_calls(struct connection *connection,
                                 struct buffer *plaintext)
{
    enum psp_error error = PSP_OK;
    size_t before;
    do {
        before = buffer_length(plaintext);
        error = host_receive(connection->host, plaintext);
        serve_watches(connection);
        stream_flush(connection->stream);
    } while (error == PSP_OK && !connection_is_full(connection) &&
             buffer_length(plaintext) && buffer_length(plaintext) < before);
    return error;
}

/* NULL, or what is too much about the half message that is left.  `before` was there
 * when the calls were looked for. */
static const char *note_partial(struct connection *connection, size_t before,
                                size_t rest)
{
    struct server *server = connection->server;
    server->held += rest - connection->held;
    connection->held = rest;
    if (rest == 0 || connection_is_full(connection))
        connection->partial_since_ms = 0; /* what is left waits for us */
    else if (rest < before || !connection->partial_since_ms)
        connection->partial_since_ms = server_now_ms(server);
    if (connection->is_stranger && rest > STRANGER_BYTES_MAX)
        return "more than any message of a pairing";
    return server->held > SERVER_HELD_MAX ? "too many half messages" : NULL;
}

static void on_received(void *user, struct buffer *plaintext)
{
    struct connection *connection = user;
    enum psp_error error = PSP_OK;
    size_t before = buffer_length(plaintext);
    connection->receiving = true;
    if (!connection_is_full(connection))
        error = take_calls(connection, plaintext);
    connection->receiving = false;
    const char *excess = note_partial(connection, before, buffer_length(plaintext));
    if (error != PSP_OK || connection->dead)
        connection_close(connection);
    else if (excess)
        leave(connection, excess);
    else if (connection_is_full(connection))
        stream_pause(connection->stream);
}

static void on_drained(void *user)
{
    struct connection *connection = user;
    stream_resume(connection->stream);
    on_received(connection, channel_input(stream_channel(connection->stream)));
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

/* The one that has been at it for longest: a peer in good faith takes a few round
 * trips.
 */
static void close_oldest_handshake(struct server *server)
{
    struct connection *oldest = NULL;
    for (struct connection *at = server->connections; at; at = at->next)
        if (!at->opened)
            oldest = at; /* the newest come first */
    if (oldest)
        connection_close(oldest);
}

static void link_in(struct connection *connection)
{
    struct server *server = connection->server;
    connection->next = server->connections;
    if (connection->next)
        connection->next->before = connection;
    server->connections = connection;
    server->connection_count++;
    server->handshake_count++;
}

bool connection_accept(struct server *server)
{
    uv_stream_t *listener = (uv_stream_t *)&server->listener;
    struct connection *connection = NULL;
    if (server->connection_count < SERVER_CONNECTIONS_MAX && !server->draining)
        connection = calloc(1, sizeof *connection);
    if (!connection)
        return stream_turn_away(server->net, listener);
    connection->server = server;
    connection->stream = stream_accept(server->net, listener, server->identity, admit,
                                       server, &connection_events, connection);
    if (!connection->stream) {
        free(connection);
        return stream_turn_away(server->net, listener);
    }
    memcpy(connection->network, stream_peer_network(connection->stream),
           sizeof connection->network);
    if (!sources_admit(&server->sources, connection->network, server_now_ms(server))) {
        stream_close(connection->stream);
        free(connection);
        return true;
    }
    if (server->handshake_count >= SERVER_HANDSHAKES_MAX)
        close_oldest_handshake(server);
    connection->deadline_ms = server_now_ms(server) + SERVER_HANDSHAKE_MS;
    link_in(connection);
    return true;
}

void connection_flush(struct connection *connection)
{
    if (connection->stream)
        stream_flush(connection->stream);
}

/* True when nothing of what is to be sent has been read for too long. */
static bool is_unread(struct connection *connection, int64_t now_ms)
{
    uint64_t sent = connection->stream ? stream_bytes_out(connection->stream) : 0;
    if (!connection->stream || stream_pending(connection->stream) == 0 ||
        sent != connection->bytes_sent)
        connection->sent_at_ms = now_ms;
    connection->bytes_sent = sent;
    return now_ms - connection->sent_at_ms >= UNREAD_MS;
}

void connection_tick(struct connection *connection, int64_t now_ms)
{
    if (connection->is_stranger)
        stranger_tick(connection, now_ms);
    if ((connection->deadline_ms && now_ms >= connection->deadline_ms) ||
        is_unread(connection, now_ms)) {
        connection_close(connection);
        return;
    }
    if (connection->partial_since_ms &&
        now_ms - connection->partial_since_ms >= SERVER_FRAME_MS) {
        leave(connection, "a message took longer than 10 s");
        return;
    }
    if (!connection_judge(connection))
        return;
    bool wrote = false;
    struct watch *next;
    for (struct watch *watch = connection->watches; watch; watch = next) {
        next = watch_next_in_list(watch);
        wrote |= watch_tick(watch, now_ms);
    }
    if (wrote)
        connection_flush(connection);
}
