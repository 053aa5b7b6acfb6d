#include "totebox/server.h"

#include <stdio.h>

#include "totebox/pairing_window.h"

_Static_assert(WINDOW_ID_BYTES == sizeof((struct connection *)0)->window, "window ids");

static const struct refusal accepted = {PSP_OK, NULL};

static struct refusal refuse(enum psp_error error, const char *text)
{
    return (struct refusal){error, text};
}

/* Who was turned away, and knows why, stands in the audit log. */
static struct refusal turn_away(const struct connection *connection,
                                enum psp_error error, const char *text)
{
    audit_refusal(connection->server->audit, connection->holder, psp_error_wire(error));
    return refuse(error, text);
}

static const char *directory_of(const struct connection *connection)
{
    return connection->server->archive->directory;
}

/* The window that this connection's try belongs to, if it is still there. */
static bool window_of(const struct connection *connection, struct window_look *look)
{
    pairing_window_look(look, directory_of(connection), net_wall_ms());
    return look->state == WINDOW_TAKEN &&
           memcmp(look->id, connection->window, WINDOW_ID_BYTES) == 0;
}

bool stranger_may_come(const struct server *server)
{
    struct window_look look;

    if (server->stranger_count >= SERVER_STRANGERS_MAX)
        return false;
    pairing_window_look(&look, server->archive->directory, net_wall_ms());
    return look.state != WINDOW_CLOSED;
}

void stranger_tick(struct connection *connection, int64_t now_ms)
{
    struct window_look look;

    if (connection->deadline_ms <= now_ms + SERVER_PRESENT_MS)
        return;
    pairing_window_look(&look, directory_of(connection), net_wall_ms());
    if (look.state == WINDOW_CLOSED)
        connection->deadline_ms = now_ms + SERVER_PRESENT_MS;
}

static void burn(struct connection *connection)
{
    struct window_look look;

    connection->talk.phase = PAIRING_BURNT;
    if (window_of(connection, &look))
        pairing_window_burn(directory_of(connection));
}

void stranger_forget(struct connection *connection)
{
    if (connection->talk.phase == PAIRING_COMMITTED)
        burn(connection);
    connection->server->stranger_count -= connection->is_stranger;
}

/* --- the methods -------------------------------------------------------------------
 */

struct refusal stranger_pair(void *user, struct text commit, uint8_t nonce[HASH_BYTES])
{
    struct connection *connection = user;
    uint8_t key[KEY_BYTES];
    struct window_look look;

    pairing_window_look(&look, directory_of(connection), net_wall_ms());
    if (look.state == WINDOW_CLOSED)
        return turn_away(connection, PSP_DENIED, "pairing is not open");
    if (!channel_peer_key(stream_channel(connection->stream), key))
        return turn_away(connection, PSP_DENIED, "only an Ed25519 key can be paired");
    if (look.state != WINDOW_OPEN || !pairing_window_take(directory_of(connection)))
        return turn_away(connection, PSP_CONFLICT, "this window's one try is taken");
    memcpy(connection->window, look.id, WINDOW_ID_BYTES);
    connection->talk = (struct pairing_host){.phase = PAIRING_IDLE};
    connection->has_asked = false;
    /* Who has presented has no deadline any more. */
    if (connection->deadline_ms)
        connection->deadline_ms = server_now_ms(connection->server) + SERVER_PAIR_MS;
    enum psp_error error = pairing_host_commit(&connection->talk, commit, nonce);
    if (error == PSP_OK)
        return accepted;
    burn(connection);
    return refuse(error, "no nonce");
}

static bool store_request(const struct connection *connection,
                          struct pairing_request *request)
{
    struct problem problem;
    const char *address = stream_peer_address(connection->stream);

    memcpy(request->window, connection->window, WINDOW_ID_BYTES);
    memcpy(request->holder, connection->holder, HASH_BYTES);
    snprintf(request->address, sizeof(request->address), "%s",
             *address ? address : "-");
    request->at_ms = net_wall_ms();
    if (pairing_request_store(request, directory_of(connection), &problem) ==
        ARCHIVE_OK)
        return true;
    fprintf(stderr, "totebox: %s\n", problem.words);
    return false;
}

struct refusal stranger_pair_reveal(void *user, struct text nonce)
{
    struct connection *connection = user;
    struct channel *channel = stream_channel(connection->stream);
    struct pairing_request request = {.at_ms = 0};
    uint8_t holder[HASH_BYTES];
    struct window_look look;

    if (connection->talk.phase != PAIRING_COMMITTED)
        return turn_away(connection, PSP_CONFLICT, "nothing was committed to");
    if (!window_of(connection, &look)) {
        connection->talk.phase = PAIRING_BURNT;
        return turn_away(connection, PSP_DENIED, "the pairing window has ended");
    }
    holder_of_key(connection->server->archive->authority.public_key, holder);
    enum psp_error error =
        pairing_host_reveal(&connection->talk, channel, holder, nonce, request.code);
    if (error == PSP_OK && (!channel_peer_key(channel, request.public_key) ||
                            !store_request(connection, &request)))
        error = PSP_BUSY;
    if (error != PSP_OK) {
        burn(connection);
        return turn_away(connection, error, "this does not open the commitment");
    }
    connection->has_asked = true;
    return accepted;
}

static bool is_undecided(const struct connection *connection)
{
    struct pairing_request request;
    struct window_look look;

    return window_of(connection, &look) &&
           pairing_window_request(&request, directory_of(connection), &look) &&
           memcmp(request.holder, connection->holder, HASH_BYTES) == 0;
}

struct refusal stranger_pairing(void *user, struct token *token)
{
    struct connection *connection = user;
    struct server *server = connection->server;

    if (connection->has_asked && is_undecided(connection))
        return refuse(PSP_UNKNOWN, "the archive's owner has not decided yet");
    /* The approval is on disk before the request is gone, and here perhaps later. */
    if (connection->has_asked)
        server_follow_pairings(server);
    const struct pairing *pairing =
        pairings_by_holder(&server->pairings, connection->holder);
    if (!pairing && connection->has_asked)
        return refuse(PSP_DENIED, "the archive's owner did not approve");
    if (!pairing)
        return refuse(PSP_UNKNOWN, "no pairing was issued to this key");
    if (pairing->epoch <= index_revoked_epoch(server->index, pairing->holder))
        return refuse(PSP_REVOKED, "the pairing was revoked");
    if (token_read(pairing->token, pairing->token_length, token) != PSP_OK)
        return refuse(PSP_UNKNOWN, "the pairing on file cannot be read");
    return accepted;
}

static struct refusal deny_present(void *user, const struct token *token,
                                   struct text proof_spki, struct text proof_signature,
                                   void **object, struct grant_info *info)
{
    const struct connection *connection = user;
    (void)token;
    (void)proof_spki;
    (void)proof_signature;
    (void)object;
    (void)info;
    return turn_away(connection, PSP_DENIED, "this key may only be paired here");
}

const struct host_service stranger_service = {
    .hello = server_hello,
    .present = deny_present,
    .present_command = deny_present,
    .pairing = stranger_pairing,
    .pair = stranger_pair,
    .pair_reveal = stranger_pair_reveal,
};
