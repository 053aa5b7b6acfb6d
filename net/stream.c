#include "net/stream.h"

#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    SILENCE_MS = 30000, /* bytes that a peer does not acknowledge: it is gone */
    PROBE_S = 10,       /* and so often an idle one is asked whether it is there */
};

struct stream {
    uv_tcp_t tcp; /* first: the handle's address is the stream's */
    struct net *net;
    struct channel *channel;
    const struct stream_events *events;
    void *user;
    struct buffer plain;   /* to be encrypted */
    struct buffer writing; /* ciphertext that an unfinished uv_write borrows */
    uv_write_t write;
    uv_connect_t connect;
    uv_getaddrinfo_t resolve;
    uint64_t bytes_in, bytes_out;
    uint16_t port;
    unsigned holds; /* the handle and a look-up: both end before the stream does */
    const char *deferred; /* dialling failed at once: why, told from the loop */
    bool is_client;
    bool connected;
    bool resolving;
    bool write_in_flight;
    bool opened;
    bool paused;
    bool closing;   /* no event comes any more */
    bool took_turn; /* a full read: the others' turn */
    uint8_t network[STREAM_NETWORK_BYTES];
    char address[64];
};

int64_t net_wall_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void drop_hold(struct stream *stream)
{
    if (--stream->holds)
        return;
    channel_free(stream->channel);
    buffer_release(&stream->plain);
    buffer_release(&stream->writing);
    free(stream);
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct stream *stream = (struct stream *)(void *)handle;
    if (stream->deferred)
        stream->events->closed(stream->user, STREAM_UNREACHABLE, stream->deferred);
    drop_hold(stream);
}

/* `reset`: also what the kernel has taken is not sent any more. */
static void let_go(struct stream *stream, bool reset)
{
    if (stream->closing)
        return;
    stream->closing = true;
    if (stream->resolving)
        uv_cancel((uv_req_t *)&stream->resolve);
    if (!reset || uv_tcp_close_reset(&stream->tcp, on_handle_closed) < 0)
        uv_close((uv_handle_t *)&stream->tcp, on_handle_closed);
}

static void destroy(struct stream *stream)
{
    let_go(stream, false);
}

static void end(struct stream *stream, enum stream_end how, const char *why)
{
    if (stream->closing)
        return;
    destroy(stream);
    stream->events->closed(stream->user, how, why);
}

/* For failures inside stream_dial and stream_accept: their caller has no stream yet to
 * be told about. */
static void defer_end(struct stream *stream, const char *why)
{
    stream->deferred = why;
    destroy(stream);
}

static void end_by_channel(struct stream *stream)
{
    struct channel *channel = stream->channel;
    if (channel_state(channel) == CHANNEL_CLOSED) {
        end(stream, STREAM_ENDED, "the peer closed the connection");
        return;
    }
    const char *why = channel_failure(channel);
    if (!why)
        why = "the connection broke";
    if (channel_wrong_key(channel))
        end(stream, STREAM_WRONG_KEY, why);
    else if (channel_refused_us(channel))
        end(stream, STREAM_REFUSED, why);
    else
        end(stream, stream->opened ? STREAM_BROKEN : STREAM_NOT_TLS, why);
}

static void write_out(struct stream *stream);

static void on_written(uv_write_t *request, int status)
{
    struct stream *stream = request->data;
    stream->bytes_out += buffer_length(&stream->writing);
    buffer_release(&stream->writing);
    stream->write_in_flight = false;
    if (stream->closing)
        return;
    if (status < 0) {
        end(stream, STREAM_BROKEN, uv_strerror(status));
        return;
    }
    write_out(stream);
    if (!stream->closing && stream_pending(stream) == 0 && stream->events->drained)
        stream->events->drained(stream->user);
}

/* Tries the socket first; what it does not take is lent to one uv_write at a time. */
static void write_out(struct stream *stream)
{
    struct buffer *output = channel_output(stream->channel);
    if (stream->write_in_flight || !stream->connected || buffer_length(output) == 0)
        return;
    uv_buf_t piece =
        uv_buf_init((char *)buffer_bytes(output), (unsigned)buffer_length(output));
    int taken = uv_try_write((uv_stream_t *)&stream->tcp, &piece, 1);
    if (taken > 0) {
        buffer_consume(output, (size_t)taken);
        stream->bytes_out += (uint64_t)taken;
    } else if (taken < 0 && taken != UV_EAGAIN) {
        /* The read side sees the end too and knows better why: let it speak. */
        buffer_consume(output, buffer_length(output));
        return;
    }
    if (buffer_length(output) == 0) {
        buffer_release(output);
        return;
    }
    stream->writing = *output;
    buffer_init(output);
    piece = uv_buf_init((char *)buffer_bytes(&stream->writing),
                        (unsigned)buffer_length(&stream->writing));
    stream->write.data = stream;
    stream->write_in_flight = true;
    if (uv_write(&stream->write, (uv_stream_t *)&stream->tcp, &piece, 1, on_written) <
        0) {
        stream->write_in_flight = false;
        buffer_release(&stream->writing);
    }
}

void stream_flush(struct stream *stream)
{
    if (stream->closing)
        return;
    size_t length = buffer_length(&stream->plain);
    if (length) {
        enum psp_error error =
            channel_send(stream->channel, buffer_bytes(&stream->plain), length);
        if (error == PSP_OK)
            buffer_release(&stream->plain);
    }
    write_out(stream);
}

/* After the channel worked off ciphertext: tell the owner, answer, or end. */
static void advance(struct stream *stream)
{
    if (channel_state(stream->channel) == CHANNEL_OPEN && !stream->opened) {
        stream->opened = true;
        stream->events->opened(stream->user);
    }
    struct buffer *input = channel_input(stream->channel);
    if (!stream->closing && buffer_length(input))
        stream->events->received(stream->user, input);
    if (stream->closing)
        return;
    if (buffer_length(input) == 0)
        buffer_release(input);
    stream_flush(stream);
    enum channel_state state = channel_state(stream->channel);
    if (state == CHANNEL_FAILED || state == CHANNEL_CLOSED)
        end_by_channel(stream);
}

static void on_allocate(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    (void)suggested;
    struct stream *stream = (struct stream *)(void *)handle;
    /* libuv would read one that sends faster than we work up to 32 times in a row; no
     * room makes it come back in the next turn. */
    *buffer = stream->took_turn ? uv_buf_init(NULL, 0)
                                : uv_buf_init(stream->net->read_buffer, NET_READ_BYTES);
    stream->took_turn = false;
}

static void on_read(uv_stream_t *handle, ssize_t length, const uv_buf_t *buffer)
{
    struct stream *stream = (struct stream *)(void *)handle;
    if (length == 0 || length == UV_ENOBUFS || stream->closing)
        return;
    if (length < 0) {
        if (length == UV_EOF) {
            channel_receive_end(stream->channel);
            end_by_channel(stream);
        } else {
            end(stream, STREAM_BROKEN, uv_strerror((int)length));
        }
        return;
    }
    stream->bytes_in += (uint64_t)length;
    stream->took_turn = length == NET_READ_BYTES;
    channel_receive(stream->channel, buffer->base, (size_t)length);
    advance(stream);
    while (!stream->closing && channel_has_work(stream->channel)) {
        channel_receive(stream->channel, NULL, 0);
        advance(stream);
    }
}

static void note_peer(struct stream *stream)
{
    struct sockaddr_storage peer;
    int length = sizeof peer;
    char name[46] = "";
    const void *at = &peer;
    if (uv_tcp_getpeername(&stream->tcp, (struct sockaddr *)&peer, &length) < 0)
        return;
    const struct sockaddr_in6 *six = at;
    const struct sockaddr_in *four = at;
    bool is_six = peer.ss_family == AF_INET6;
    uv_ip_name(at, name, sizeof name);
    snprintf(stream->address, sizeof stream->address, is_six ? "[%s]:%u" : "%s:%u",
             name, ntohs(is_six ? six->sin6_port : four->sin_port));
    if (!is_six)
        memcpy(stream->network, &four->sin_addr, sizeof four->sin_addr);
    else if (IN6_IS_ADDR_V4MAPPED(&six->sin6_addr))
        memcpy(stream->network, (const uint8_t *)&six->sin6_addr + 12, 4);
    else
        memcpy(stream->network, &six->sin6_addr, sizeof stream->network);
}

/* A peer that vanished is noticed by its silence: by the kernel too, whether we have
 * something to say to it or not.  Where that fails there are the owner's deadlines. */
static void watch_over(struct stream *stream)
{
    unsigned silence_ms = SILENCE_MS;
    int probe_s = PROBE_S;
    uv_os_fd_t fd;
    uv_tcp_nodelay(&stream->tcp, 1);
    uv_tcp_keepalive(&stream->tcp, 1, PROBE_S);
    if (uv_fileno((uv_handle_t *)&stream->tcp, &fd) < 0)
        return;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &probe_s, sizeof probe_s);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &silence_ms, sizeof silence_ms);
}

/* NULL, or why nothing can be read. */
static const char *start(struct stream *stream)
{
    stream->connected = true;
    watch_over(stream);
    note_peer(stream);
    int status = uv_read_start((uv_stream_t *)&stream->tcp, on_allocate, on_read);
    if (status < 0)
        return uv_strerror(status);
    if (stream->is_client) {
        channel_start(stream->channel);
        stream_flush(stream);
    }
    return NULL;
}

static void on_connected(uv_connect_t *request, int status)
{
    struct stream *stream = request->data;
    if (stream->closing)
        return;
    const char *why = status < 0 ? uv_strerror(status) : start(stream);
    if (why)
        end(stream, STREAM_UNREACHABLE, why);
}

static void connect_to(struct stream *stream, const struct sockaddr *address)
{
    stream->connect.data = stream;
    int status = uv_tcp_connect(&stream->connect, &stream->tcp, address, on_connected);
    if (status < 0)
        defer_end(stream, uv_strerror(status));
}

static void on_resolved(uv_getaddrinfo_t *request, int status, struct addrinfo *found)
{
    struct stream *stream = request->data;
    stream->resolving = false;
    if (!stream->closing) {
        if (status < 0 || !found)
            end(stream, STREAM_UNREACHABLE,
                status < 0 ? uv_strerror(status) : "the name has no address");
        else
            connect_to(stream, found->ai_addr);
    }
    uv_freeaddrinfo(found);
    drop_hold(stream);
}

static struct stream *stream_new(struct net *net, const struct stream_events *events,
                                 void *user)
{
    struct stream *stream = calloc(1, sizeof *stream);
    if (!stream)
        return NULL;
    stream->net = net;
    stream->events = events;
    stream->user = user;
    buffer_init(&stream->plain);
    buffer_init(&stream->writing);
    if (uv_tcp_init(net->loop, &stream->tcp) < 0) {
        free(stream);
        return NULL;
    }
    stream->holds = 1;
    return stream;
}

static void lookup(struct stream *stream, const char *host)
{
    struct sockaddr_storage address;
    void *at = &address;
    if (uv_ip4_addr(host, stream->port, at) == 0 ||
        uv_ip6_addr(host, stream->port, at) == 0) {
        connect_to(stream, at);
        return;
    }
    char service[8];
    snprintf(service, sizeof service, "%u", stream->port);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    stream->resolve.data = stream;
    int status = uv_getaddrinfo(stream->net->loop, &stream->resolve, on_resolved, host,
                                service, &hints);
    if (status < 0) {
        defer_end(stream, uv_strerror(status));
        return;
    }
    stream->resolving = true;
    stream->holds++;
}

/* Takes the channel over, also when there is no stream for it. */
static struct stream *dial(struct net *net, struct channel *channel, const char *host,
                           uint16_t port, const struct stream_events *events,
                           void *user)
{
    struct stream *stream = stream_new(net, events, user);
    if (!stream) {
        channel_free(channel);
        return NULL;
    }
    stream->channel = channel;
    stream->is_client = true;
    stream->port = port;
    lookup(stream, host);
    return stream;
}

struct stream *stream_dial(struct net *net, struct channel_identity *identity,
                           const uint8_t (*pins)[HASH_BYTES], unsigned pin_count,
                           const char *host, uint16_t port,
                           const struct stream_events *events, void *user)
{
    struct channel *channel;
    if (channel_new_client(identity, pins, pin_count, &channel) != PSP_OK)
        return NULL;
    return dial(net, channel, host, port, events, user);
}

struct stream *stream_dial_stranger(struct net *net, struct channel_identity *identity,
                                    const char *host, uint16_t port,
                                    const struct stream_events *events, void *user)
{
    struct channel *channel;
    if (channel_new_stranger(identity, &channel) != PSP_OK)
        return NULL;
    return dial(net, channel, host, port, events, user);
}

struct stream *stream_accept(struct net *net, uv_stream_t *listener,
                             struct channel_identity *identity, channel_admit *admit,
                             void *admit_user, const struct stream_events *events,
                             void *user)
{
    struct stream *stream = stream_new(net, events, user);
    if (!stream)
        return NULL;
    if (uv_accept(listener, (uv_stream_t *)&stream->tcp) < 0 ||
        channel_new_server(identity, admit, admit_user, &stream->channel) != PSP_OK) {
        destroy(stream);
        return NULL;
    }
    const char *why = start(stream);
    if (why)
        defer_end(stream, why);
    return stream;
}

bool stream_turn_away(struct net *net, uv_stream_t *listener)
{
    uv_tcp_t *tcp = malloc(sizeof *tcp);
    if (!tcp || uv_tcp_init(net->loop, tcp) < 0) {
        free(tcp);
        return false;
    }
    (void)uv_accept(listener, (uv_stream_t *)tcp);
    uv_close((uv_handle_t *)tcp, (uv_close_cb)free);
    return true;
}

void stream_close(struct stream *stream)
{
    if (!stream)
        return;
    stream->deferred = NULL;
    if (stream->closing)
        return;
    if (stream->connected) {
        stream_flush(stream);
        channel_close(stream->channel);
        write_out(stream);
    }
    destroy(stream);
}

void stream_cut(struct stream *stream)
{
    if (!stream)
        return;
    stream->deferred = NULL;
    let_go(stream, stream->connected);
}

struct buffer *stream_output(struct stream *stream)
{
    return &stream->plain;
}

size_t stream_pending(const struct stream *stream)
{
    return uv_stream_get_write_queue_size((const uv_stream_t *)&stream->tcp) +
           buffer_length(&stream->plain) +
           buffer_length(channel_output(stream->channel));
}

bool stream_is_blocked(const struct stream *stream)
{
    return stream->write_in_flight;
}

void stream_pause(struct stream *stream)
{
    if (stream->paused || stream->closing)
        return;
    stream->paused = true;
    uv_read_stop((uv_stream_t *)&stream->tcp);
}

void stream_resume(struct stream *stream)
{
    if (!stream->paused || stream->closing)
        return;
    stream->paused = false;
    uv_read_start((uv_stream_t *)&stream->tcp, on_allocate, on_read);
}

struct channel *stream_channel(struct stream *stream)
{
    return stream->channel;
}

bool stream_is_open(const struct stream *stream)
{
    return stream->opened && !stream->closing;
}

uint64_t stream_bytes_in(const struct stream *stream)
{
    return stream->bytes_in;
}

uint64_t stream_bytes_out(const struct stream *stream)
{
    return stream->bytes_out + buffer_length(&stream->writing) -
           uv_stream_get_write_queue_size((const uv_stream_t *)&stream->tcp);
}

const uint8_t *stream_peer_network(const struct stream *stream)
{
    return stream->network;
}

const char *stream_peer_address(const struct stream *stream)
{
    return stream->address;
}
