/* The two calls of fleet pair against archives that behave as each test wants: a child
 * process with a real TLS listener and a host. */
#include "tests/support/cmocka_all.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/host.h"
#include "proto/layout.h"
#include "proto/pairing_host.h"
#include "tui/pairing_dial.h"

/* How the archive is; all zero: it approves at once and is ALD. */
struct manners {
    bool never_decides, hangs_up, cannot_pair, speaks_psp_2, no_tls, refuses_present;
    int64_t clock_offset_ms;
    const char *entities[3], *name;
};

struct archive {
    struct manners manners;
    struct key_pair key;
    struct channel_identity *identity;
    struct net *net;
};

struct visitor {
    struct archive *archive;
    struct stream *stream;
    struct host *host;
    struct pairing_host talk;
    struct authority *authority;
    bool leaves;
};

static const struct refusal accepted = {PSP_OK, NULL};

/* --- the archive, in the child -------------------------------------------------------
 */

static struct refusal on_hello(void *user, struct text software, uint16_t protocol,
                               struct identity *identity)
{
    const struct archive *archive = ((struct visitor *)user)->archive;
    (void)software;
    (void)protocol;
    *identity =
        (struct identity){.protocol_min = archive->manners.speaks_psp_2 ? 2 : 1,
                          .protocol_max = archive->manners.speaks_psp_2 ? 2 : 1,
                          .clock_ms = net_wall_ms() + archive->manners.clock_offset_ms};
    memcpy(identity->authority, archive->key.public_key, KEY_BYTES);
    return accepted;
}

static struct refusal on_pair(void *user, struct text commit, uint8_t nonce[HASH_BYTES])
{
    struct visitor *visitor = user;
    if (visitor->archive->manners.cannot_pair)
        return (struct refusal){PSP_UNIMPLEMENTED, NULL};
    return (struct refusal){pairing_host_commit(&visitor->talk, commit, nonce), NULL};
}

static struct refusal on_pair_reveal(void *user, struct text nonce)
{
    struct visitor *visitor = user;
    char code[PAIRING_CODE_CHARS + 1];
    uint8_t holder[HASH_BYTES];
    visitor->leaves = visitor->archive->manners.hangs_up;
    holder_of_key(visitor->archive->key.public_key, holder);
    return (struct refusal){pairing_host_reveal(&visitor->talk,
                                                stream_channel(visitor->stream), holder,
                                                nonce, code),
                            NULL};
}

static struct refusal on_pairing(void *user, struct token *token)
{
    struct visitor *visitor = user;
    const struct archive *archive = visitor->archive;
    struct scope scope = {.views = {.kind = SET_ALL},
                          .rows = {.kind = SET_ALL},
                          .columns = {.kind = SET_ALL}};
    struct link root = {.depth = 2,
                        .rights = RIGHT_READ_ROWS | RIGHT_WATCH,
                        .not_before_ms = net_wall_ms(),
                        .not_after_ms = net_wall_ms() + 86400000,
                        .epoch = 1,
                        .subject = SUBJECT_DELEGATE,
                        .scopes = &scope,
                        .scope_count = 1,
                        .max_rows = TOKEN_ROWS_UNLIMITED};
    if (visitor->talk.phase != PAIRING_REVEALED || archive->manners.never_decides ||
        !channel_peer_key(stream_channel(visitor->stream), root.subject_bytes) ||
        !random_bytes(root.nonce, sizeof root.nonce))
        return (struct refusal){PSP_UNKNOWN, NULL};
    memcpy(root.totebox, archive->key.public_key, KEY_BYTES);
    return (struct refusal){token_append(token, &root, &archive->key), NULL};
}

static struct refusal on_present(void *user, const struct token *token,
                                 struct text proof_spki, struct text proof_signature,
                                 void **grant, struct grant_info *info)
{
    struct visitor *visitor = user;
    struct token_policy policy = {.authority = visitor->archive->key.public_key,
                                  .epoch = 1,
                                  .clock_ms = net_wall_ms(),
                                  .tls_peer =
                                      channel_peer(stream_channel(visitor->stream))};
    const char *why;
    (void)proof_spki;
    (void)proof_signature;
    if (visitor->archive->manners.refuses_present)
        return (struct refusal){PSP_EXPIRED, NULL};
    authority_free(visitor->authority);
    visitor->authority = NULL;
    *info = (struct grant_info){.rights = RIGHT_READ_ROWS};
    *grant = visitor;
    return (struct refusal){token_verify(token, &policy, &visitor->authority, &why),
                            NULL};
}

static void entity_row(const struct manners *manners, const char *id,
                       struct names *names, union any_row *row)
{
    const char *const texts[] = {id, manners->name, "company", "EUR", "active", "own"};
    name_id interned[6];
    for (int i = 0; i < 6; i++)
        if (!names_intern(names, text_of(texts[i]), &interned[i]))
            _exit(1);
    *row = (union any_row){0};
    row->row.key = row->row.entity = interned[0];
    row->entity.name = interned[1];
    row->entity.kind = interned[2];
    row->entity.cur = interned[3];
    row->entity.lifecycle = interned[4];
    row->entity.parent_scope = interned[5];
}

static struct refusal on_read(void *user, void *grant, const struct query *query,
                              struct struct_builder results)
{
    const struct manners *manners = &((struct visitor *)user)->archive->manners;
    struct batch_shape shape = {.view = VIEW_ENTITY};
    union any_row rows[3];
    const union any_row *pointers[3];
    struct names *names = names_new();
    uint32_t count = 0;
    (void)grant;
    (void)query;
    for (; count < 3 && manners->entities[count]; count++) {
        entity_row(manners, manners->entities[count], names, &rows[count]);
        pointers[count] = &rows[count];
    }
    for (uint32_t i = 0; i < view_table(VIEW_ENTITY)->column_count; i++)
        shape.column[i] = true;
    batch_build(results, PSP_GRANT_READ_RESULTS_BATCH_PTR, &shape, names, pointers,
                count, 1, 1, (struct text){0});
    names_free(names);
    return accepted;
}

static void on_release(void *user, enum host_object kind, void *object)
{
    (void)user;
    (void)kind;
    (void)object;
}

static const struct host_service service = {.hello = on_hello,
                                            .present = on_present,
                                            .pairing = on_pairing,
                                            .pair = on_pair,
                                            .pair_reveal = on_pair_reveal,
                                            .read = on_read,
                                            .release = on_release};

static void on_opened(void *user)
{
    struct visitor *visitor = user;
    visitor->host = host_new(stream_output(visitor->stream), &service, visitor);
}

static void on_received(void *user, struct buffer *plaintext)
{
    struct visitor *visitor = user;
    if (host_receive(visitor->host, plaintext) != PSP_OK)
        _exit(1);
    stream_flush(visitor->stream);
    if (visitor->leaves)
        stream_close(visitor->stream);
}

static void on_closed(void *user, enum stream_end end, const char *why)
{
    (void)user;
    (void)end;
    (void)why;
}

static const struct stream_events events = {
    .opened = on_opened, .received = on_received, .closed = on_closed};

static bool admit_all(void *user, const uint8_t holder[HASH_BYTES])
{
    (void)user;
    (void)holder;
    return true;
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct archive *archive = listener->data;
    if (archive->manners.no_tls) {
        static char words[] = "220 what is it?\r\n";
        uv_buf_t piece = uv_buf_init(words, sizeof words - 1);
        uv_tcp_t *tcp = calloc(1, sizeof *tcp);
        uv_tcp_init(archive->net->loop, tcp);
        if (uv_accept(listener, (uv_stream_t *)tcp) == 0)
            (void)uv_try_write((uv_stream_t *)tcp, &piece, 1);
        return;
    }
    struct visitor *visitor = calloc(1, sizeof *visitor);
    if (status < 0 || !visitor)
        _exit(1);
    visitor->archive = archive;
    visitor->stream = stream_accept(archive->net, listener, archive->identity,
                                    admit_all, NULL, &events, visitor);
}

/* Until it is killed; the port goes into the pipe. */
static void archive_run(struct archive *archive, int out)
{
    struct sockaddr_storage address;
    void *at = &address;
    int length = sizeof address;
    uv_tcp_t listener;
    archive->net = calloc(1, sizeof *archive->net);
    archive->net->loop = uv_default_loop();
    uv_tcp_init(archive->net->loop, &listener);
    listener.data = archive;
    uv_ip4_addr("127.0.0.1", 0, at);
    uv_tcp_bind(&listener, at, 0);
    uv_listen((uv_stream_t *)&listener, 8, on_connection);
    uv_tcp_getsockname(&listener, at, &length);
    uint16_t port = ntohs(((const struct sockaddr_in *)at)->sin_port);
    if (write(out, &port, sizeof port) == sizeof port)
        uv_run(archive->net->loop, UV_RUN_DEFAULT);
    _exit(0);
}

/* --- the device ----------------------------------------------------------------------
 */

struct call {
    struct archive archive;
    struct key_pair device;
    struct pairing_dial dial;
    pid_t child;
    int codes;
    int64_t skew_ms;
};

static void on_identified(void *user, const uint8_t archive[HASH_BYTES],
                          int64_t skew_ms)
{
    struct call *call = user;
    uint8_t holder[HASH_BYTES];
    holder_of_key(call->archive.key.public_key, holder);
    assert_memory_equal(archive, holder, HASH_BYTES);
    call->skew_ms = skew_ms;
}

static void on_coded(void *user, const char *code)
{
    struct call *call = user;
    assert_int_equal(strlen(code), PAIRING_CODE_CHARS);
    call->codes++;
}

static void call_open(struct call *call, struct manners manners)
{
    int ends[2];
    *call = (struct call){.archive.manners = manners};
    if (!call->archive.manners.entities[0])
        call->archive.manners.entities[0] = "ALD";
    if (!call->archive.manners.name)
        call->archive.manners.name = "Alder";
    assert_true(key_pair_generate(&call->archive.key));
    assert_true(key_pair_generate(&call->device));
    assert_int_equal(channel_identity_new(&call->archive.key, &call->archive.identity),
                     PSP_OK);
    assert_int_equal(pipe(ends), 0);
    call->child = fork();
    if (call->child == 0) {
        close(ends[0]);
        archive_run(&call->archive, ends[1]);
    }
    close(ends[1]);
    call->dial = (struct pairing_dial){.address = "there",
                                       .host = "127.0.0.1",
                                       .device = &call->device,
                                       .wait_ms = 60000,
                                       .identified = on_identified,
                                       .coded = on_coded,
                                       .user = call};
    assert_int_equal(read(ends[0], &call->dial.port, sizeof call->dial.port),
                     sizeof call->dial.port);
    close(ends[0]);
}

static void call_close(struct call *call)
{
    int status;
    kill(call->child, SIGKILL);
    assert_int_equal(waitpid(call->child, &status, 0), call->child);
    assert_true(WIFSIGNALED(status)); /* it was still there */
    pairing_dial_release(&call->dial);
    channel_identity_free(call->archive.identity);
}

static void assert_why(const struct call *call, const char *words)
{
    if (!strstr(call->dial.why, words))
        fail_msg("\"%s\" does not say \"%s\"", call->dial.why, words);
    assert_int_equal(strncmp(call->dial.why, "there: ", 7), 0);
}

/* --- the tests -----------------------------------------------------------------------
 */

static void a_device__is_paired_and_learns_with_whom(void **state)
{
    struct call call;
    (void)state;
    call_open(&call, (struct manners){.clock_offset_ms = -500000});
    assert_int_equal(pairing_dial_ask(&call.dial), EXIT_COMPLETE);
    assert_int_equal(call.codes, 1);
    assert_in_range(-call.skew_ms, 499000, 510000);
    assert_int_equal(call.dial.pairing.count, 1);
    assert_int_equal(pairing_dial_learn(&call.dial, NULL), EXIT_COMPLETE);
    assert_string_equal(call.dial.entity, "ALD");
    assert_string_equal(call.dial.currency, "EUR");
    assert_string_equal(call.dial.name, "Alder");
    assert_int_equal(pairing_dial_learn(&call.dial, "ALD"), EXIT_COMPLETE);
    assert_int_equal(pairing_dial_learn(&call.dial, "BIR"), EXIT_REFUSED);
    assert_why(&call, "it shows no entity BIR");
    call_close(&call);
}

static void a_name__cannot_speak_to_the_terminal(void **state)
{
    struct call call;
    (void)state;
    call_open(&call, (struct manners){.name = "A\xe2\x80\xae"
                                              "B"});
    assert_int_equal(pairing_dial_ask(&call.dial), EXIT_COMPLETE);
    assert_int_equal(pairing_dial_learn(&call.dial, NULL), EXIT_COMPLETE);
    assert_string_equal(call.dial.name, "A<U+202E>B");
    call_close(&call);
}

static void of_several_entities__one_must_be_named(void **state)
{
    struct call call;
    (void)state;
    call_open(&call, (struct manners){.entities = {"ALD", "BIR"}});
    assert_int_equal(pairing_dial_ask(&call.dial), EXIT_COMPLETE);
    assert_int_equal(pairing_dial_learn(&call.dial, NULL), EXIT_USAGE);
    assert_why(&call, "--entity");
    assert_int_equal(pairing_dial_learn(&call.dial, "BIR"), EXIT_COMPLETE);
    assert_string_equal(call.dial.entity, "BIR");
    call_close(&call);
}

static void a_refused_pairing__is_not_kept_quiet(void **state)
{
    struct call call;
    (void)state;
    call_open(&call, (struct manners){.refuses_present = true});
    assert_int_equal(pairing_dial_ask(&call.dial), EXIT_COMPLETE);
    assert_int_equal(pairing_dial_learn(&call.dial, NULL), EXIT_REFUSED);
    assert_why(&call, "look at the archive's clock");
    call_close(&call);
}

static void an_owner__who_does_not_decide_is_not_waited_for_for_ever(void **state)
{
    struct call call;
    (void)state;
    call_open(&call, (struct manners){.never_decides = true});
    call.dial.wait_ms = 1500; /* a poll, and then some */
    assert_int_equal(pairing_dial_ask(&call.dial), EXIT_REFUSED);
    assert_int_equal(call.codes, 1);
    assert_why(&call, "nobody approved");
    call_close(&call);
}

static void other_ends__are_told_apart(void **state)
{
    static const struct {
        struct manners manners;
        enum exit_code result;
        const char *words;
    } cases[] = {
        {{.hangs_up = true}, EXIT_NOBODY, "hung up before its owner decided"},
        {{.cannot_pair = true}, EXIT_REFUSED, "cannot pair"},
        {{.speaks_psp_2 = true}, EXIT_REFUSED, "another version of PSP"},
        {{.no_tls = true}, EXIT_NOBODY, "no archive answers there"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct call call;
        call_open(&call, cases[i].manners);
        assert_int_equal(pairing_dial_ask(&call.dial), cases[i].result);
        assert_why(&call, cases[i].words);
        assert_int_equal(call.dial.pairing.count, 0);
        call_close(&call);
    }
}

static void a_pinned_key__is_the_only_one_that_is_asked(void **state)
{
    struct call call;
    (void)state;
    call_open(&call, (struct manners){.name = "Alder"});
    call.dial.is_pinned = true;
    memset(call.dial.archive, 7, HASH_BYTES);
    assert_int_equal(pairing_dial_ask(&call.dial), EXIT_REFUSED);
    assert_int_equal(call.codes, 0);
    assert_why(&call, "not the archive you mean");
    holder_of_key(call.archive.key.public_key, call.dial.archive);
    assert_int_equal(pairing_dial_ask(&call.dial), EXIT_COMPLETE);
    call_close(&call);
}

static void nobody__is_said_to_be_nobody(void **state)
{
    struct call call;
    (void)state;
    call_open(&call, (struct manners){.name = "Alder"});
    call.dial.port = 1;
    assert_int_equal(pairing_dial_ask(&call.dial), EXIT_NOBODY);
    assert_why(&call, "connection refused");
    call_close(&call);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_device__is_paired_and_learns_with_whom),
        cmocka_unit_test(a_name__cannot_speak_to_the_terminal),
        cmocka_unit_test(of_several_entities__one_must_be_named),
        cmocka_unit_test(a_refused_pairing__is_not_kept_quiet),
        cmocka_unit_test(an_owner__who_does_not_decide_is_not_waited_for_for_ever),
        cmocka_unit_test(other_ends__are_told_apart),
        cmocka_unit_test(a_pinned_key__is_the_only_one_that_is_asked),
        cmocka_unit_test(nobody__is_said_to_be_nobody),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
