/* stranger_test.c - what a device that nobody knows can do at a running `totebox
 * serve`, with the pairing window closed, open and used. */
#include <signal.h>
#include <sys/wait.h>

#include "net/stream.h"
#include "proto/caller.h"
#include "proto/layout.h"
#include "proto/pairing_code.h"
#include "tests/totebox/archive_support.h"
#include "totebox/desk.h"

enum { PATIENCE_MS = 10000, STRANGERS_MAX = 8 };

static const char exposure[] =
    "expose \"group\" { to = {\"aggregator\"} views = {\"entity\", \"pos\"} "
    "periods = {\"2025\"} }\n";

struct bench {
    struct office office;
    pid_t server;
    uint16_t port;
    uv_loop_t loop;
    struct net *net;
    uv_timer_t tick;
    struct pairing_window window;
};

struct client {
    struct bench *bench;
    struct key_pair device;
    struct channel_identity *identity;
    struct stream *stream; /* NULL after it ended */
    struct caller *caller;
    struct buffer said;
    cap totebox;
    bool opened, closed, answered;
    enum stream_end end;
    enum psp_error error; /* of the last answer */
    uint8_t nonce[HASH_BYTES], commit[HASH_BYTES];
    uint8_t archive_nonce[HASH_BYTES];
    struct token token;
};

/* --- the archive --------------------------------------------------------------------
 */

static void server_start(struct bench *bench)
{
    char path[1024], ready[256];
    const char *build = getenv("top_builddir");
    size_t length = 0;
    int ends[2];

    snprintf(path, sizeof(path), "%s/totebox/totebox", build ? build : ".");
    assert_int_equal(pipe(ends), 0);
    bench->server = fork();
    if (bench->server == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        execl(path, "totebox", "serve", bench->office.folder.path, "--listen",
              "127.0.0.1:0", (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    while (length < sizeof(ready) - 1 && read(ends[0], ready + length, 1) == 1 &&
           ready[length] != '\n')
        length++;
    ready[length] = '\0';
    close(ends[0]);
    const char *port = strstr(ready, "127.0.0.1:");
    assert_non_null(port);
    bench->port = (uint16_t)strtoul(port + strlen("127.0.0.1:"), NULL, 10);
}

static void on_tick(uv_timer_t *timer)
{
    (void)timer;
}

static void bench_open(struct bench *bench)
{
    memset(bench, 0, sizeof(*bench));
    office_files(&bench->office, "ALD", "USD", "", exposure);
    assert_int_equal(mkdir(folder_file(&bench->office.folder, "pairings"), 0700), 0);
    server_start(bench);
    assert_int_equal(uv_loop_init(&bench->loop), 0);
    bench->net = calloc(1, sizeof(*bench->net));
    assert_non_null(bench->net);
    bench->net->loop = &bench->loop;
    uv_timer_init(&bench->loop, &bench->tick);
    uv_timer_start(&bench->tick, on_tick, 5, 5);
}

static void bench_close(struct bench *bench)
{
    int status;

    uv_close((uv_handle_t *)&bench->tick, NULL);
    uv_run(&bench->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&bench->loop), 0);
    free(bench->net);
    kill(bench->server, SIGTERM);
    assert_int_equal(waitpid(bench->server, &status, 0), bench->server);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    office_close(&bench->office);
}

static void window_open(struct bench *bench)
{
    assert_ok(pairing_window_open(&bench->window, bench->office.folder.path,
                                  archive_clock_ms() + 600000, &bench->office.problem),
              bench->office.problem);
}

static enum window_state window_state(const struct bench *bench)
{
    struct window_look look;
    pairing_window_look(&look, bench->office.folder.path, archive_clock_ms());
    return look.state;
}

static void run_until(struct bench *bench, const bool *flag)
{
    uv_update_time(&bench->loop);
    uint64_t start = uv_now(&bench->loop);
    while (!*flag && uv_now(&bench->loop) < start + PATIENCE_MS)
        uv_run(&bench->loop, UV_RUN_ONCE);
}

/* --- the device ---------------------------------------------------------------------
 */

static void on_opened(void *user)
{
    struct client *client = user;
    client->opened = true;
}

static void on_received(void *user, struct buffer *plaintext)
{
    struct client *client = user;
    enum psp_error error = caller_receive(client->caller, plaintext);
    assert_true(error == PSP_OK || error == PSP_DISCONNECTED); /* an Abort came */
}

static void on_closed(void *user, enum stream_end end, const char *why)
{
    struct client *client = user;
    (void)why;
    client->closed = true;
    client->end = end;
    client->stream = NULL;
}

static const struct stream_events events = {
    .opened = on_opened, .received = on_received, .closed = on_closed};

static void client_dial(struct client *client, struct bench *bench, uint8_t number)
{
    uint8_t seed[KEY_BYTES] = {number};

    memset(client, 0, sizeof(*client));
    client->bench = bench;
    key_pair_from_seed(&client->device, seed);
    assert_int_equal(channel_identity_new(&client->device, &client->identity), PSP_OK);
    client->caller = caller_new(&client->said);
    assert_int_equal(caller_bootstrap(client->caller, &client->totebox), PSP_OK);
    assert_true(random_bytes(client->nonce, HASH_BYTES));
    sha256(client->nonce, HASH_BYTES, client->commit);
    client->stream = stream_dial_stranger(bench->net, client->identity, "127.0.0.1",
                                          bench->port, &events, client);
    assert_non_null(client->stream);
}

static void client_close(struct client *client)
{
    caller_free(client->caller);
    buffer_release(&client->said);
    stream_close(client->stream);
    channel_identity_free(client->identity);
    token_release(&client->token);
    client->stream = NULL;
}

static void on_answer(void *user, const struct answer *answer)
{
    struct client *client = user;
    client->answered = true;
    client->error = answer->error;
}

static void on_nonce(void *user, const struct answer *answer)
{
    struct client *client = user;
    on_answer(user, answer);
    if (answer->error != PSP_OK)
        return;
    struct text nonce =
        reader_data(answer->results, PSP_TOTEBOX_PAIR_RESULTS_NONCE_PTR);
    assert_int_equal(nonce.length, HASH_BYTES);
    memcpy(client->archive_nonce, nonce.bytes, HASH_BYTES);
}

static void on_token(void *user, const struct answer *answer)
{
    struct client *client = user;
    on_answer(user, answer);
    if (answer->error == PSP_OK)
        assert_int_equal(token_take(reader_struct(answer->results, 0), &client->token),
                         PSP_OK);
}

/* Sends what was asked and gives the answer's code; PSP_DISCONNECTED when there came
 * none. */
static enum psp_error answer_of(struct client *client)
{
    run_until(client->bench, &client->opened);
    if (!client->stream)
        return PSP_DISCONNECTED;
    assert_true(buffer_append(stream_output(client->stream),
                              buffer_bytes(&client->said),
                              buffer_length(&client->said)));
    buffer_consume(&client->said, buffer_length(&client->said));
    stream_flush(client->stream);
    client->answered = false;
    uint64_t start = uv_now(&client->bench->loop);
    while (!client->answered && !client->closed &&
           uv_now(&client->bench->loop) < start + PATIENCE_MS)
        uv_run(&client->bench->loop, UV_RUN_ONCE);
    return client->answered ? client->error : PSP_DISCONNECTED;
}

static enum psp_error ask_hello(struct client *client)
{
    assert_int_equal(
        caller_hello(client->caller, client->totebox, TEXT("t"), on_answer, client),
        PSP_OK);
    return answer_of(client);
}

static enum psp_error ask_pairing(struct client *client)
{
    assert_int_equal(caller_pairing(client->caller, client->totebox, on_token, client),
                     PSP_OK);
    return answer_of(client);
}

static enum psp_error ask_pair(struct client *client)
{
    assert_int_equal(
        caller_pair(client->caller, client->totebox, client->commit, on_nonce, client),
        PSP_OK);
    return answer_of(client);
}

static enum psp_error ask_reveal(struct client *client)
{
    assert_int_equal(caller_pair_reveal(client->caller, client->totebox, client->nonce,
                                        on_answer, client),
                     PSP_OK);
    return answer_of(client);
}

static enum psp_error ask_present(struct client *client)
{
    struct token token = {.count = 0};
    struct scope scope = {.views = {.kind = SET_ALL},
                          .rows = {.kind = SET_ALL},
                          .columns = {.kind = SET_ALL}};
    struct link root = {.rights = RIGHT_READ_ROWS,
                        .not_before_ms = archive_clock_ms() - 1000,
                        .not_after_ms = archive_clock_ms() + 60000,
                        .epoch = 1,
                        .subject = SUBJECT_HOLDER,
                        .scopes = &scope,
                        .scope_count = 1,
                        .max_rows = TOKEN_ROWS_UNLIMITED};
    cap grant;
    holder_of_key(client->device.public_key, root.subject_bytes);
    memcpy(root.totebox, client->bench->office.archive->authority.public_key,
           KEY_BYTES);
    /* Even one that the archive's own key signed. */
    assert_int_equal(
        token_append(&token, &root, &client->bench->office.archive->authority), PSP_OK);
    assert_int_equal(caller_present(client->caller, client->totebox, &token, on_answer,
                                    client, &grant),
                     PSP_OK);
    token_release(&token);
    return answer_of(client);
}

static enum archive_error approve(struct bench *bench, const char *code)
{
    struct pairing *pairing = malloc(sizeof(*pairing));
    struct pairing_request request;
    enum archive_error error =
        request_find(bench->office.folder.path, code, &request, &bench->office.problem);
    if (error == ARCHIVE_OK)
        error = request_approve(bench->office.folder.path, &request,
                                &pair_terms_default, pairing, &bench->office.problem);
    free(pairing);
    return error;
}

static void code_of(struct client *client, char code[PAIRING_CODE_CHARS + 1])
{
    struct pairing_talk talk;
    struct channel *channel = stream_channel(client->stream);
    holder_of_key(client->device.public_key, talk.caller);
    memcpy(talk.archive, channel_peer(channel), HASH_BYTES);
    assert_int_equal(channel_exporter(channel, talk.exporter), PSP_OK);
    memcpy(talk.caller_nonce, client->nonce, HASH_BYTES);
    memcpy(talk.archive_nonce, client->archive_nonce, HASH_BYTES);
    pairing_code(&talk, code);
}

/* --- the tests ----------------------------------------------------------------------
 */

static void a_stranger__is_refused_while_pairing_is_closed(void **state)
{
    struct bench bench;
    struct client client;
    (void)state;
    bench_open(&bench);
    client_dial(&client, &bench, 1);
    run_until(&bench, &client.closed);
    assert_int_equal(client.end, STREAM_REFUSED);
    client_close(&client);
    bench_close(&bench);
}

static void a_stranger__may_only_ask_to_be_paired(void **state)
{
    struct bench bench;
    struct client client;
    (void)state;
    bench_open(&bench);
    window_open(&bench);
    client_dial(&client, &bench, 1);
    assert_int_equal(ask_hello(&client), PSP_OK);
    assert_int_equal(ask_present(&client), PSP_DENIED);
    assert_int_equal(ask_pairing(&client), PSP_UNKNOWN);
    assert_int_equal(ask_reveal(&client), PSP_CONFLICT); /* nothing to open */
    assert_int_equal(window_state(&bench), WINDOW_OPEN);
    client_close(&client);
    pairing_window_close(&bench.window);
    bench_close(&bench);
}

static void a_stranger__is_paired_by_the_code_that_it_shows(void **state)
{
    struct bench bench;
    struct client client;
    char code[PAIRING_CODE_CHARS + 1];
    (void)state;
    bench_open(&bench);
    window_open(&bench);
    client_dial(&client, &bench, 1);
    assert_int_equal(ask_pair(&client), PSP_OK);
    assert_int_equal(window_state(&bench), WINDOW_TAKEN);
    assert_int_equal(ask_reveal(&client), PSP_OK);
    assert_int_equal(ask_reveal(&client), PSP_CONFLICT);
    assert_int_equal(ask_pair(&client), PSP_CONFLICT);
    code_of(&client, code);
    assert_int_equal(ask_pairing(&client), PSP_UNKNOWN); /* nobody decided yet */
    assert_int_equal(approve(&bench, "0000-0000"), ARCHIVE_REFUSED);
    assert_int_equal(ask_pairing(&client), PSP_UNKNOWN);
    assert_ok(approve(&bench, code), bench.office.problem);
    assert_int_equal(ask_pairing(&client), PSP_OK);
    assert_int_equal(client.token.count, 1);
    assert_int_equal(ask_present(&client), PSP_DENIED); /* it dials anew for that */
    client_close(&client);
    pairing_window_close(&bench.window);
    bench_close(&bench);
}

static void a_stranger__that_was_denied_is_told(void **state)
{
    struct bench bench;
    struct client client;
    (void)state;
    bench_open(&bench);
    window_open(&bench);
    client_dial(&client, &bench, 1);
    assert_int_equal(ask_pair(&client), PSP_OK);
    assert_int_equal(ask_reveal(&client), PSP_OK);
    pairing_request_remove(bench.office.folder.path);
    assert_int_equal(ask_pairing(&client), PSP_DENIED);
    client_close(&client);
    pairing_window_close(&bench.window);
    /* The owner goes away without a word. */
    window_open(&bench);
    client_dial(&client, &bench, 1);
    assert_int_equal(ask_pair(&client), PSP_OK);
    assert_int_equal(ask_reveal(&client), PSP_OK);
    pairing_window_close(&bench.window);
    assert_int_equal(ask_pairing(&client), PSP_DENIED);
    client_close(&client);
    bench_close(&bench);
}

static void a_window__gives_one_try_to_all_connections(void **state)
{
    struct bench bench;
    struct client first, second;
    (void)state;
    bench_open(&bench);
    window_open(&bench);
    client_dial(&first, &bench, 1);
    client_dial(&second, &bench, 2);
    assert_int_equal(ask_hello(&second), PSP_OK);
    assert_int_equal(ask_pair(&first), PSP_OK);
    assert_int_equal(ask_pair(&second), PSP_CONFLICT);
    assert_int_equal(ask_reveal(&second), PSP_CONFLICT);
    assert_int_equal(ask_reveal(&first), PSP_OK);
    /* In the next window the first one's nonce is worth nothing. */
    pairing_window_close(&bench.window);
    window_open(&bench);
    assert_int_equal(ask_reveal(&first), PSP_CONFLICT);
    assert_int_equal(ask_pair(&second), PSP_OK);
    assert_int_equal(ask_reveal(&second), PSP_OK);
    client_close(&first);
    client_close(&second);
    pairing_window_close(&bench.window);
    bench_close(&bench);
}

static void a_reveal__in_a_later_window_is_refused(void **state)
{
    struct bench bench;
    struct client first, second;
    (void)state;
    bench_open(&bench);
    window_open(&bench);
    client_dial(&first, &bench, 1);
    client_dial(&second, &bench, 2);
    assert_int_equal(ask_hello(&second), PSP_OK); /* in before the window closes */
    assert_int_equal(ask_pair(&first), PSP_OK);
    pairing_window_close(&bench.window);
    window_open(&bench);
    assert_int_equal(ask_pair(&second), PSP_OK);
    assert_int_equal(ask_reveal(&first), PSP_DENIED);
    assert_int_equal(window_state(&bench), WINDOW_TAKEN); /* it is the second one's */
    assert_int_equal(ask_reveal(&second), PSP_OK);
    client_close(&first);
    client_close(&second);
    pairing_window_close(&bench.window);
    bench_close(&bench);
}

static void a_commitment__that_does_not_open_burns_the_window(void **state)
{
    struct bench bench;
    struct client client, other;
    (void)state;
    bench_open(&bench);
    window_open(&bench);
    client_dial(&client, &bench, 1);
    assert_int_equal(ask_pair(&client), PSP_OK);
    client.nonce[0] ^= 1;
    assert_int_equal(ask_reveal(&client), PSP_DENIED);
    assert_int_equal(window_state(&bench), WINDOW_CLOSED);
    client.nonce[0] ^= 1;
    assert_int_equal(ask_reveal(&client), PSP_CONFLICT);
    assert_int_equal(ask_pair(&client), PSP_DENIED);
    client_dial(&other, &bench, 2);
    run_until(&bench, &other.closed);
    assert_int_equal(other.end, STREAM_REFUSED);
    client_close(&client);
    client_close(&other);
    pairing_window_close(&bench.window);
    bench_close(&bench);
}

static void a_caller__that_hangs_up_before_it_reveals_burns_the_window(void **state)
{
    struct bench bench;
    struct client client;
    (void)state;
    bench_open(&bench);
    window_open(&bench);
    client_dial(&client, &bench, 1);
    assert_int_equal(ask_pair(&client), PSP_OK);
    client_close(&client);
    uv_update_time(&bench.loop);
    uint64_t start = uv_now(&bench.loop);
    while (window_state(&bench) != WINDOW_CLOSED &&
           uv_now(&bench.loop) < start + PATIENCE_MS)
        uv_run(&bench.loop, UV_RUN_ONCE);
    assert_int_equal(window_state(&bench), WINDOW_CLOSED);
    pairing_window_close(&bench.window);
    bench_close(&bench);
}

static void strangers__are_eight_at_most(void **state)
{
    struct bench bench;
    struct client clients[STRANGERS_MAX + 1];
    (void)state;
    bench_open(&bench);
    window_open(&bench);
    for (uint8_t i = 0; i < STRANGERS_MAX; i++) {
        client_dial(&clients[i], &bench, i + 1);
        assert_int_equal(ask_hello(&clients[i]), PSP_OK);
    }
    client_dial(&clients[STRANGERS_MAX], &bench, 99);
    run_until(&bench, &clients[STRANGERS_MAX].closed);
    assert_int_equal(clients[STRANGERS_MAX].end, STREAM_REFUSED);
    client_close(&clients[STRANGERS_MAX]);
    client_close(&clients[0]);
    for (int i = 0; i < 100; i++) /* its place is free as soon as the server saw it */
        uv_run(&bench.loop, UV_RUN_ONCE);
    client_dial(&clients[0], &bench, 1);
    assert_int_equal(ask_hello(&clients[0]), PSP_OK);
    for (int i = 0; i < STRANGERS_MAX; i++)
        client_close(&clients[i]);
    pairing_window_close(&bench.window);
    bench_close(&bench);
}

static void a_stranger__cannot_make_the_archive_keep_much(void **state)
{
    struct bench bench;
    struct client client;
    static uint8_t junk[64 << 10];
    uint32_t header[2] = {0, 1 << 19}; /* one segment of 4 MiB, which never ends */
    (void)state;
    bench_open(&bench);
    window_open(&bench);
    client_dial(&client, &bench, 1);
    assert_int_equal(ask_hello(&client), PSP_OK);
    assert_true(buffer_append(stream_output(client.stream), header, sizeof(header)));
    assert_true(buffer_append(stream_output(client.stream), junk, sizeof(junk)));
    stream_flush(client.stream);
    run_until(&bench, &client.closed);
    assert_true(client.closed);
    client_close(&client);
    pairing_window_close(&bench.window);
    bench_close(&bench);
}

/* A pairing that ended, or was revoked, is renewed in the same way. */
static void a_paired_device__may_be_paired_again(void **state)
{
    struct bench bench;
    struct client client;
    char code[PAIRING_CODE_CHARS + 1];
    (void)state;
    bench_open(&bench);
    for (int round = 0; round < 2; round++) {
        window_open(&bench);
        client_dial(&client, &bench, 1);
        assert_int_equal(ask_pairing(&client), round ? PSP_OK : PSP_UNKNOWN);
        assert_int_equal(ask_pair(&client), PSP_OK);
        assert_int_equal(ask_reveal(&client), PSP_OK);
        assert_int_equal(ask_pairing(&client), PSP_UNKNOWN); /* not the old one */
        code_of(&client, code);
        assert_ok(approve(&bench, code), bench.office.problem);
        token_release(&client.token);
        assert_int_equal(ask_pairing(&client), PSP_OK);
        client_close(&client);
        pairing_window_close(&bench.window);
    }
    bench_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stranger__is_refused_while_pairing_is_closed),
        cmocka_unit_test(a_stranger__may_only_ask_to_be_paired),
        cmocka_unit_test(a_stranger__is_paired_by_the_code_that_it_shows),
        cmocka_unit_test(a_stranger__that_was_denied_is_told),
        cmocka_unit_test(a_window__gives_one_try_to_all_connections),
        cmocka_unit_test(a_reveal__in_a_later_window_is_refused),
        cmocka_unit_test(a_commitment__that_does_not_open_burns_the_window),
        cmocka_unit_test(a_caller__that_hangs_up_before_it_reveals_burns_the_window),
        cmocka_unit_test(strangers__are_eight_at_most),
        cmocka_unit_test(a_stranger__cannot_make_the_archive_keep_much),
        cmocka_unit_test(a_paired_device__may_be_paired_again),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
