/* The channel against another TLS stack: "openssl s_server" and "openssl s_client" on
 * the loopback interface.  Skipped, loudly, where openssl is not installed. */
#include "tests/support/cmocka_all.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/certificate.h"
#include "proto/channel.h"
#include "proto/keyfile.h"
#include "tests/support/channel_pair.h"
#include "tests/support/hex.h"

enum { PATIENCE_MS = 20000, EXIT_SKIP = 77 };

static char directory[] = "/tmp/channel_openssl_test.XXXXXX";
static char certificate_path[64], key_path[64];

struct child {
    pid_t pid;
    int to, from;
    char said[65536]; /* so far, as a string */
    size_t length;
};

static void child_start(struct child *child, const char *command)
{
    int in[2], out[2];

    *child = (struct child){0};
    assert_int_equal(pipe2(in, O_CLOEXEC), 0);
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    child->pid = fork();
    assert_true(child->pid >= 0);
    if (child->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* also when a test fails */
        dup2(in[0], 0);
        dup2(out[1], 1);
        dup2(out[1], 2);
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    child->to = in[1];
    child->from = out[0];
}

static void child_end(struct child *child)
{
    close(child->to);
    close(child->from);
    kill(child->pid, SIGKILL);
    waitpid(child->pid, NULL, 0);
}

static bool child_read(struct child *child)
{
    ssize_t got = read(child->from, child->said + child->length,
                       sizeof child->said - child->length - 1);

    if (got > 0)
        child->length += (size_t)got;
    return got > 0;
}

/* What follows `words` in what the child said, once it said them. */
static const char *child_wait(struct child *child, const char *words)
{
    for (;;) {
        const char *at = strstr(child->said, words);
        if (at && strchr(at, '\n'))
            return at + strlen(words);
        struct pollfd poll_for = {.fd = child->from, .events = POLLIN};
        if (poll(&poll_for, 1, PATIENCE_MS) <= 0 || !child_read(child))
            fail_msg("openssl did not say \"%s\" but: %s", words, child->said);
    }
}

/* Moves ciphertext both ways, and the child's words, until `done` says so. */
static void pump(struct channel *channel, int socket, struct child *child,
                 bool (*done)(struct channel *, struct child *))
{
    struct buffer *output = channel_output(channel);
    uint8_t bytes[16384];

    while (!done(channel, child)) {
        while (buffer_length(output)) {
            ssize_t sent =
                send(socket, buffer_bytes(output), buffer_length(output), MSG_NOSIGNAL);
            assert_true(sent > 0);
            buffer_consume(output, (size_t)sent);
        }
        if (done(channel, child))
            break;
        struct pollfd both[] = {{.fd = socket, .events = POLLIN},
                                {.fd = child->from, .events = POLLIN}};
        if (poll(both, 2, PATIENCE_MS) <= 0)
            fail_msg("nothing happens; openssl said: %s", child->said);
        if (both[1].revents)
            child_read(child);
        if (!both[0].revents)
            continue;
        ssize_t got = recv(socket, bytes, sizeof bytes, 0);
        if (got > 0)
            channel_receive(channel, bytes, (size_t)got);
        else
            channel_receive_end(channel);
    }
}

static void assert_lives(const struct channel *channel, const struct child *child)
{
    if (channel_state(channel) == CHANNEL_FAILED)
        fail_msg("%s; openssl said: %s", channel_failure(channel), child->said);
}

static bool was_heard(struct channel *channel, struct child *child)
{
    assert_lives(channel, child);
    return strstr(child->said, "a word from us") && strstr(child->said, "Keying");
}

static bool has_heard(struct channel *channel, struct child *child)
{
    assert_lives(channel, child);
    return buffer_length(channel_input(channel)) >= strlen("a word from openssl\n");
}

static bool is_over(struct channel *channel, struct child *child)
{
    (void)child;
    return channel_state(channel) != CHANNEL_HANDSHAKE &&
           channel_state(channel) != CHANNEL_OPEN;
}

/* A word each way, and the exporter as the other stack computes it (RFC 9266).  openssl
 * gets its word last: with one at hand it would forget to print. */
static void assert_talk(struct channel *channel, int socket, struct child *child)
{
    static const char word[] = "a word from openssl\n";
    uint8_t theirs[HASH_BYTES], ours[HASH_BYTES];
    char lower[2 * HASH_BYTES + 1] = "";

    pump(channel, socket, child, was_heard);
    assert_int_equal(write(child->to, word, strlen(word)), strlen(word));
    pump(channel, socket, child, has_heard);
    assert_input(channel, word);

    const char *digits = child_wait(child, "Keying material: ");
    for (size_t i = 0; i < 2 * HASH_BYTES; i++)
        lower[i] = digits[i] >= 'A' ? (char)(digits[i] | 0x20) : digits[i];
    hex_read(lower, theirs, sizeof theirs);
    assert_int_equal(channel_exporter(channel, ours), PSP_OK);
    assert_memory_equal(ours, theirs, HASH_BYTES);
}

static int connect_to(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static int listen_on(uint16_t *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

#define EXPORTER "-keymatexport EXPORTER-Channel-Binding -keymatexportlen 32"

static uint16_t start_server(struct child *child)
{
    char command[512];

    snprintf(command, sizeof command,
             "exec openssl s_server -accept 127.0.0.1:0 -cert %s -key %s -tls1_3 "
             "-alpn psp/1 -Verify 1 " EXPORTER,
             certificate_path, key_path);
    child_start(child, command);
    return (uint16_t)atoi(child_wait(child, "ACCEPT 127.0.0.1:"));
}

static void client__talks_to_openssl(void **state)
{
    struct fixture *fixture = *state;
    struct channel *client = client_of(&fixture->console, &fixture->stranger);
    struct child child;
    int fd = connect_to(start_server(&child));

    assert_int_equal(channel_send(client, "a word from us\n", 15), PSP_OK);
    channel_start(client);
    assert_talk(client, fd, &child);
    close(fd);
    child_end(&child);
    channel_free(client);
}

static void client__refuses_an_openssl_that_is_not_pinned(void **state)
{
    struct fixture *fixture = *state;
    struct channel *client = client_of(&fixture->console, &fixture->archive);
    struct child child;
    int fd = connect_to(start_server(&child));

    channel_start(client);
    pump(client, fd, &child, is_over);
    assert_fails(client, "not the pinned one");
    close(fd);
    child_end(&child);
    channel_free(client);
}

static void meet_client(struct fixture *fixture, struct device *admitted,
                        const char *options, struct channel **server, int *fd,
                        struct child *child)
{
    uint16_t port;
    char command[512];
    int listener = listen_on(&port);

    snprintf(command, sizeof command,
             "exec openssl s_client -connect 127.0.0.1:%u -cert %s -key %s " EXPORTER
             " %s",
             port, certificate_path, key_path, options);
    child_start(child, command);
    *server = server_of(&fixture->archive, admitted);
    assert_int_equal(channel_send(*server, "a word from us\n", 15), PSP_OK);
    *fd = accept(listener, NULL, NULL);
    assert_true(*fd >= 0);
    close(listener);
}

static void server__talks_to_openssl(void **state)
{
    struct fixture *fixture = *state;
    struct channel *server;
    struct child child;
    int fd;

    meet_client(fixture, &fixture->stranger, "-tls1_3 -alpn psp/1", &server, &fd,
                &child);
    assert_talk(server, fd, &child);
    close(fd);
    child_end(&child);
    channel_free(server);
}

static void server__refuses_an_openssl_outside_the_profile(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        const char *options, *words;
        bool is_paired;
    } cases[] = {
        {"-tls1_3 -alpn psp/1", "not paired", false},
        {"-tls1_3 -alpn h2", "does not speak psp/1", true},
        {"-tls1_3", "does not speak psp/1", true},
        {"-tls1_2 -alpn psp/1", "TLS 1.3", true},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct channel *server;
        struct child child;
        int fd;
        meet_client(fixture,
                    cases[i].is_paired ? &fixture->stranger : &fixture->console,
                    cases[i].options, &server, &fd, &child);
        pump(server, fd, &child, is_over);
        close(fd);
        assert_fails(server, cases[i].words);
        child_end(&child);
        channel_free(server);
    }
}

/* The stranger of the fixture is the one whose key openssl has. */
static int write_files(void **state)
{
    struct fixture *fixture;
    uint8_t der[CERTIFICATE_BYTES];
    char base64[2 * CERTIFICATE_BYTES];
    const char *why;

    if (set_up(state) != 0 || !mkdtemp(directory))
        return -1;
    fixture = *state;
    snprintf(certificate_path, sizeof certificate_path, "%s/cert", directory);
    snprintf(key_path, sizeof key_path, "%s/key", directory);
    certificate_write(&fixture->stranger.key, der);
    base64_write(der, sizeof der, base64);
    FILE *file = fopen(certificate_path, "w");
    fputs("-----BEGIN CERTIFICATE-----\n", file);
    for (const char *line = base64; *line; line += strnlen(line, 64))
        fprintf(file, "%.64s\n", line);
    fputs("-----END CERTIFICATE-----\n", file);
    fclose(file);
    return keyfile_create(key_path, &fixture->stranger.key, &why) == PSP_OK ? 0 : -1;
}

static int remove_files(void **state)
{
    unlink(certificate_path);
    unlink(key_path);
    rmdir(directory);
    return tear_down(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(client__talks_to_openssl),
        cmocka_unit_test(client__refuses_an_openssl_that_is_not_pinned),
        cmocka_unit_test(server__talks_to_openssl),
        cmocka_unit_test(server__refuses_an_openssl_outside_the_profile),
    };

    if (system("openssl version >/dev/null 2>&1") != 0) {
        fputs("SKIP: openssl is not installed\n", stderr);
        return EXIT_SKIP;
    }
    return cmocka_run_group_tests(tests, write_files, remove_files);
}
