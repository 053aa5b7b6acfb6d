/* floor_cold - the least that a cold view of N archives can cost.
 *
 * One process accepts, one dials: for each of N connections a TCP connect, a mutual TLS 1.3
 * handshake with pinned Ed25519 keys, one signature made and one verified, one record
 * there and one of 4 KiB back.  No protocol, no rows, no store.  Prints milliseconds.
 *
 *   floor_cold N [ROUNDS] */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <nettle/eddsa.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { IN_FLIGHT = 128, ASK_BYTES = 1024, ANSWER_BYTES = 4096 };

static const char profile[] =
    "NONE:+VERS-TLS1.3:+AES-128-GCM:+AEAD:+GROUP-X25519:+SIGN-EDDSA-ED25519:+CTYPE-X509";

static void must(int good, const char *what)
{
    if (!good) {
        fprintf(stderr, "floor_cold: %s failed\n", what);
        exit(1);
    }
}

static int check_pin(gnutls_session_t session)
{
    unsigned count = 0;
    const gnutls_datum_t *seen = gnutls_certificate_get_peers(session, &count);
    const gnutls_datum_t *pin = gnutls_session_get_ptr(session);
    return seen && count == 1 && seen->size == pin->size &&
                   memcmp(seen->data, pin->data, pin->size) == 0
               ? 0
               : GNUTLS_E_CERTIFICATE_ERROR;
}

static gnutls_datum_t make_identity(gnutls_certificate_credentials_t *credentials)
{
    gnutls_x509_privkey_t key;
    gnutls_x509_crt_t certificate;
    gnutls_datum_t der;
    gnutls_x509_privkey_init(&key);
    gnutls_x509_privkey_generate(key, GNUTLS_PK_EDDSA_ED25519, 0, 0);
    gnutls_x509_crt_init(&certificate);
    gnutls_x509_crt_set_version(certificate, 3);
    gnutls_x509_crt_set_serial(certificate, "\1", 1);
    gnutls_x509_crt_set_activation_time(certificate, 0);
    gnutls_x509_crt_set_expiration_time(certificate, time(NULL) + 86400);
    gnutls_x509_crt_set_key(certificate, key);
    gnutls_x509_crt_set_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 0, "f", 1);
    must(gnutls_x509_crt_sign2(certificate, certificate, key, GNUTLS_DIG_SHA512, 0) >= 0,
         "sign certificate");
    must(gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_DER, &der) >= 0, "export");
    gnutls_certificate_allocate_credentials(credentials);
    must(gnutls_certificate_set_x509_key(*credentials, &certificate, 1, key) >= 0, "key");
    gnutls_certificate_set_verify_function(*credentials, check_pin);
    return der;
}

struct side {
    int fd;
    gnutls_session_t session;
    int handshaken;
    size_t received;
};

struct keys {
    gnutls_certificate_credentials_t credentials;
    gnutls_datum_t pin;
    gnutls_priority_t priority;
    unsigned char public_key[32], seed[32];
};

static void side_open(struct side *side, int fd, struct keys *keys, unsigned flags)
{
    int one = 1;
    *side = (struct side){.fd = fd};
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    gnutls_init(&side->session, flags | GNUTLS_NONBLOCK | GNUTLS_NO_TICKETS);
    gnutls_priority_set(side->session, keys->priority);
    gnutls_credentials_set(side->session, GNUTLS_CRD_CERTIFICATE, keys->credentials);
    gnutls_session_set_ptr(side->session, &keys->pin);
    if (flags & GNUTLS_SERVER)
        gnutls_certificate_server_set_request(side->session, GNUTLS_CERT_REQUIRE);
    gnutls_transport_set_int(side->session, fd);
}

static void side_close(struct side *side)
{
    gnutls_deinit(side->session);
    close(side->fd);
    side->fd = -1;
}

/* 1: handshake done, 0: wants more, -1: failed */
static int side_handshake(struct side *side)
{
    int status = side->handshaken ? 0 : gnutls_handshake(side->session);
    if (status == 0) {
        side->handshaken = 1;
        return 1;
    }
    return gnutls_error_is_fatal(status) ? -1 : 0;
}

static void serve(int listener, struct keys *keys)
{
    static struct side sides[1 << 16];
    static unsigned char ask[ASK_BYTES], answer[ANSWER_BYTES];
    int epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = UINT32_MAX};
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        struct epoll_event events[64];
        int count = epoll_wait(epoll, events, 64, -1);
        for (int i = 0; i < count; i++) {
            if (events[i].data.u32 == UINT32_MAX) {
                int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
                if (fd < 0)
                    continue;
                side_open(&sides[fd], fd, keys, GNUTLS_SERVER);
                event = (struct epoll_event){.events = EPOLLIN, .data.u32 = (unsigned)fd};
                epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
                continue;
            }
            struct side *side = &sides[events[i].data.u32];
            int state = side_handshake(side);
            if (state == 0)
                continue;
            ssize_t length =
                state < 0 ? -1 : gnutls_record_recv(side->session, ask, sizeof ask);
            if (length == GNUTLS_E_AGAIN)
                continue;
            if (length <= 0) {
                side_close(side);
                continue;
            }
            must(ed25519_sha512_verify(keys->public_key, 64, ask + 64, ask), "verify");
            gnutls_record_send(side->session, answer, sizeof answer);
        }
    }
}

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int dial(struct side *side, struct sockaddr_in *address, struct keys *keys, int epoll,
                unsigned index)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return 0;
    connect(fd, (struct sockaddr *)address, sizeof *address);
    side_open(side, fd, keys, GNUTLS_CLIENT);
    struct epoll_event event = {.events = EPOLLOUT, .data.u32 = index};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
    return 1;
}

static void ask(struct side *side, struct keys *keys)
{
    unsigned char record[ASK_BYTES] = {0};
    ed25519_sha512_sign(keys->public_key, keys->seed, 64, record + 64, record);
    gnutls_record_send(side->session, record, sizeof record);
}

static double round_ms(unsigned count, struct sockaddr_in *address, struct keys *keys)
{
    struct side *sides = calloc(count, sizeof *sides);
    static unsigned char answer[ANSWER_BYTES];
    int epoll = epoll_create1(0);
    unsigned dialled = 0, answered = 0, in_flight = 0;
    double start = now_ms();
    while (answered < count) {
        while (in_flight < IN_FLIGHT && dialled < count) {
            must(dial(&sides[dialled], address, keys, epoll, dialled), "socket");
            dialled++;
            in_flight++;
        }
        struct epoll_event events[64];
        int ready = epoll_wait(epoll, events, 64, -1);
        for (int i = 0; i < ready; i++) {
            struct side *side = &sides[events[i].data.u32];
            if (events[i].events & EPOLLOUT) {
                struct epoll_event event = {.events = EPOLLIN,
                                            .data.u32 = events[i].data.u32};
                epoll_ctl(epoll, EPOLL_CTL_MOD, side->fd, &event);
            }
            if (!side->handshaken) {
                int state = side_handshake(side);
                must(state >= 0, "handshake");
                if (state == 1)
                    ask(side, keys);
                continue;
            }
            ssize_t length = gnutls_record_recv(side->session, answer, sizeof answer);
            if (length <= 0)
                continue;
            side->received += (size_t)length;
            if (side->received == ANSWER_BYTES) {
                answered++;
                in_flight--;
            }
        }
    }
    double taken = now_ms() - start;
    for (unsigned i = 0; i < count; i++)
        side_close(&sides[i]);
    free(sides);
    close(epoll);
    return taken;
}

int main(int argc, char **argv)
{
    unsigned count = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 100;
    unsigned rounds = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 5;
    struct rlimit limit = {65536, 65536};
    setrlimit(RLIMIT_NOFILE, &limit);
    struct keys client, server;
    memset(&client, 0, sizeof client);
    memset(&server, 0, sizeof server);
    gnutls_datum_t server_pin = make_identity(&server.credentials);
    gnutls_datum_t client_pin = make_identity(&client.credentials);
    client.pin = server_pin;
    server.pin = client_pin;
    must(gnutls_priority_init(&client.priority, profile, NULL) >= 0, "priority");
    server.priority = client.priority;
    memset(client.seed, 7, sizeof client.seed);
    ed25519_sha512_public_key(client.public_key, client.seed);
    memcpy(server.public_key, client.public_key, sizeof server.public_key);

    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    must(bind(listener, (struct sockaddr *)&address, length) == 0, "bind");
    getsockname(listener, (struct sockaddr *)&address, &length);
    must(listen(listener, 4096) == 0, "listen");
    pid_t child = fork();
    if (child == 0) {
        serve(listener, &server);
        _exit(0);
    }
    for (unsigned i = 0; i < rounds; i++)
        printf("%.1f\n", round_ms(count, &address, &client));
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    return 0;
}
