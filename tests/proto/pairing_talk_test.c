/* Both halves of the talk that pairs a device, over real TLS in one process: alone,
 * with a machine in the middle, and with partners that do not keep to the rules. */
#include "tests/support/channel_pair.h"

#include <stdio.h>

#include "proto/host.h"
#include "proto/pairing_caller.h"
#include "proto/pairing_host.h"

enum { TRIALS = 1000 };

/* --- one archive, one device, and perhaps somebody in between -----------------------
 */

struct archive {
    struct device *device;
    struct channel *channel;
    struct buffer output;
    struct host *host;
    struct pairing_host talk;
    char code[PAIRING_CODE_CHARS + 1]; /* "" before the reveal */
    struct token pairing;      /* what pairing() answers; count 0: nothing yet */
    uint8_t heard[HASH_BYTES]; /* the nonce that was revealed */
    bool denies, is_old;
};

struct caller_end {
    struct device *device;
    struct channel *channel;
    struct buffer output;
    struct pairing_caller *pairing;
    char code[PAIRING_CODE_CHARS + 1];
    uint8_t says_authority[KEY_BYTES];
    bool decided;
    enum psp_error error;
    char why[160];
    struct token token;
    struct pairing_facts facts;
};

/* Ends TLS on both sides with keys of its own and passes on what it hears. */
struct relay {
    struct channel *to_caller, *to_archive;
};

struct scene {
    struct fixture *fixture;
    struct caller_end caller;
    struct archive archive;
    struct relay relay;
    bool has_relay;
};

static const struct refusal accepted = {PSP_OK, NULL};

static struct refusal on_hello(void *user, struct text software, uint16_t protocol,
                               struct identity *identity)
{
    const struct archive *archive = user;
    (void)software;
    (void)protocol;
    *identity = (struct identity){.protocol_min = 1, .protocol_max = 1, .clock_ms = 5};
    memcpy(identity->authority, archive->device->key.public_key, KEY_BYTES);
    return accepted;
}

static struct refusal on_pairing(void *user, struct token *token)
{
    const struct archive *archive = user;
    if (archive->denies && archive->code[0])
        return (struct refusal){PSP_DENIED, NULL};
    if (archive->pairing.count == 0 || (!archive->is_old && !archive->code[0]))
        return (struct refusal){PSP_UNKNOWN, NULL};
    assert_int_equal(token_copy(token, &archive->pairing), PSP_OK);
    return accepted;
}

static struct refusal on_pair(void *user, struct text commit, uint8_t nonce[HASH_BYTES])
{
    struct archive *archive = user;
    return (struct refusal){pairing_host_commit(&archive->talk, commit, nonce), NULL};
}

static struct refusal on_pair_reveal(void *user, struct text nonce)
{
    struct archive *archive = user;
    return (struct refusal){pairing_host_reveal(&archive->talk, archive->channel,
                                                archive->device->holder, nonce,
                                                archive->code),
                            NULL};
}

static const struct host_service service = {.hello = on_hello,
                                            .pairing = on_pairing,
                                            .pair = on_pair,
                                            .pair_reveal = on_pair_reveal};

static void on_identified(void *user, const struct identity *identity)
{
    struct caller_end *caller = user;
    memcpy(caller->says_authority, identity->authority, KEY_BYTES);
}

static void on_coded(void *user, const char *code)
{
    struct caller_end *caller = user;
    assert_int_equal(caller->code[0], '\0');
    memcpy(caller->code, code, sizeof caller->code);
}

static void on_decided(void *user, enum psp_error error, const char *why,
                       const struct token *pairing, const struct pairing_facts *facts)
{
    struct caller_end *caller = user;
    assert_false(caller->decided);
    caller->decided = true;
    caller->error = error;
    if (why)
        snprintf(caller->why, sizeof caller->why, "%s", why);
    if (pairing) {
        assert_int_equal(token_copy(&caller->token, pairing), PSP_OK);
        caller->facts = *facts;
    }
}

static const struct pairing_caller_events events = {on_identified, on_coded,
                                                    on_decided};

static bool admit_all(void *user, const uint8_t holder[HASH_BYTES])
{
    (void)user;
    (void)holder;
    return true;
}

static struct channel *stranger_of(const struct device *device)
{
    struct channel *channel = NULL;
    assert_int_equal(channel_new_stranger(device->identity, &channel), PSP_OK);
    return channel;
}

static struct channel *open_server_of(const struct device *device)
{
    struct channel *channel = NULL;
    assert_int_equal(channel_new_server(device->identity, admit_all, NULL, &channel),
                     PSP_OK);
    return channel;
}

static void scene_open(struct scene *scene, struct fixture *fixture, bool has_relay)
{
    *scene = (struct scene){.fixture = fixture, .has_relay = has_relay};
    scene->caller.device = &fixture->console;
    scene->archive.device = &fixture->archive;
    scene->caller.channel = stranger_of(&fixture->console);
    scene->archive.channel = open_server_of(&fixture->archive);
    if (has_relay) {
        scene->relay.to_caller = open_server_of(&fixture->stranger);
        scene->relay.to_archive = stranger_of(&fixture->stranger);
    }
    scene->archive.host = host_new(&scene->archive.output, &service, &scene->archive);
    scene->caller.pairing =
        pairing_caller_new(&fixture->console.key, scene->caller.channel,
                           &scene->caller.output, &events, &scene->caller);
    assert_non_null(scene->archive.host);
    assert_non_null(scene->caller.pairing);
}

static void scene_close(struct scene *scene)
{
    pairing_caller_free(scene->caller.pairing);
    host_free(scene->archive.host);
    channel_free(scene->caller.channel);
    channel_free(scene->archive.channel);
    channel_free(scene->relay.to_caller);
    channel_free(scene->relay.to_archive);
    buffer_release(&scene->caller.output);
    buffer_release(&scene->archive.output);
    token_release(&scene->caller.token);
    token_release(&scene->archive.pairing);
}

static bool say(struct buffer *plain, struct channel *channel)
{
    size_t length = buffer_length(plain);
    if (length == 0)
        return false;
    assert_int_equal(channel_send(channel, buffer_bytes(plain), length), PSP_OK);
    buffer_consume(plain, length);
    return true;
}

static bool scene_step(struct scene *scene)
{
    struct caller_end *caller = &scene->caller;
    struct archive *archive = &scene->archive;
    bool moved = say(&caller->output, caller->channel);
    moved |= say(&archive->output, archive->channel);
    if (scene->has_relay) {
        struct relay *relay = &scene->relay;
        moved |= carry(caller->channel, relay->to_caller, SIZE_MAX);
        moved |= say(channel_input(relay->to_caller), relay->to_archive);
        moved |= carry(relay->to_archive, archive->channel, SIZE_MAX);
        moved |= carry(archive->channel, relay->to_archive, SIZE_MAX);
        moved |= say(channel_input(relay->to_archive), relay->to_caller);
        moved |= carry(relay->to_caller, caller->channel, SIZE_MAX);
    } else {
        moved |= carry(caller->channel, archive->channel, SIZE_MAX);
        moved |= carry(archive->channel, caller->channel, SIZE_MAX);
    }
    assert_int_equal(host_receive(archive->host, channel_input(archive->channel)),
                     PSP_OK);
    assert_int_equal(
        pairing_caller_receive(caller->pairing, channel_input(caller->channel)),
        PSP_OK);
    return moved;
}

static void scene_settle(struct scene *scene)
{
    while (scene_step(scene))
        ;
}

/* Up to the code on both screens. */
static void scene_talk(struct scene *scene)
{
    channel_start(scene->caller.channel);
    if (scene->has_relay)
        channel_start(scene->relay.to_archive);
    scene_settle(scene);
    assert_int_equal(channel_state(scene->caller.channel), CHANNEL_OPEN);
    assert_int_equal(pairing_caller_start(scene->caller.pairing), PSP_OK);
    scene_settle(scene);
}

static void issue(struct scene *scene, const struct key_pair *signer,
                  const uint8_t delegate[KEY_BYTES])
{
    struct scope scope = {.views = {.kind = SET_ALL},
                          .rows = {.kind = SET_ALL},
                          .columns = {.kind = SET_ALL}};
    struct link root = {.depth = 2,
                        .rights = RIGHT_READ_ROWS | RIGHT_WATCH,
                        .not_before_ms = 1000000,
                        .not_after_ms = 1000000 + 86400000,
                        .epoch = 3,
                        .subject = SUBJECT_DELEGATE,
                        .scopes = &scope,
                        .scope_count = 1,
                        .max_rows = TOKEN_ROWS_UNLIMITED,
                        .label = TEXT("alice")};
    memcpy(root.totebox, signer->public_key, KEY_BYTES);
    memcpy(root.subject_bytes, delegate, KEY_BYTES);
    assert_true(random_bytes(root.nonce, sizeof root.nonce));
    token_release(&scene->archive.pairing);
    scene->archive.pairing = (struct token){.count = 0};
    assert_int_equal(token_append(&scene->archive.pairing, &root, signer), PSP_OK);
}

static void approve(struct scene *scene)
{
    issue(scene, &scene->archive.device->key, scene->caller.device->key.public_key);
}

static void poll(struct scene *scene)
{
    pairing_caller_poll(scene->caller.pairing);
    scene_settle(scene);
}

static void assert_refused(const struct caller_end *caller, enum psp_error error,
                           const char *words)
{
    assert_true(caller->decided);
    assert_int_equal(caller->error, error);
    assert_int_equal(caller->token.count, 0);
    if (!strstr(caller->why, words))
        fail_msg("\"%s\" does not say \"%s\"", caller->why, words);
}

/* --- without anybody in between ------------------------------------------------------
 */

static void both_ends__show_the_same_code_and_are_paired(void **state)
{
    struct scene scene;
    scene_open(&scene, *state, false);
    scene_talk(&scene);
    assert_int_equal(strlen(scene.caller.code), PAIRING_CODE_CHARS);
    assert_string_equal(scene.caller.code, scene.archive.code);
    poll(&scene);
    assert_false(scene.caller.decided);
    approve(&scene);
    poll(&scene);
    assert_true(scene.caller.decided);
    assert_int_equal(scene.caller.error, PSP_OK);
    assert_memory_equal(scene.caller.facts.authority,
                        scene.fixture->archive.key.public_key, KEY_BYTES);
    assert_int_equal(scene.caller.facts.not_after_ms, 1000000 + 86400000);
    scene_close(&scene);
}

static void codes__differ_from_talk_to_talk(void **state)
{
    struct scene first, second;
    scene_open(&first, *state, false);
    scene_open(&second, *state, false);
    scene_talk(&first);
    scene_talk(&second);
    assert_string_not_equal(first.caller.code, second.caller.code);
    scene_close(&first);
    scene_close(&second);
}

static void a_denial__is_told(void **state)
{
    struct scene scene;
    scene_open(&scene, *state, false);
    scene.archive.denies = true;
    scene_talk(&scene);
    poll(&scene);
    assert_refused(&scene.caller, PSP_DENIED, "denied");
    scene_close(&scene);
}

/* A device that was paired before gets its old pairing from pairing() at once. */
static void an_earlier_pairing__is_not_taken_for_an_approval(void **state)
{
    struct scene scene;
    scene_open(&scene, *state, false);
    scene.archive.is_old = true;
    approve(&scene);
    scene_talk(&scene);
    assert_refused(&scene.caller, PSP_DENIED, "did not approve");
    scene_close(&scene);

    scene_open(&scene, *state, false);
    scene_talk(&scene);
    approve(&scene);
    poll(&scene);
    assert_int_equal(scene.caller.error, PSP_OK);
    scene_close(&scene);
}

static void a_pairing__for_or_by_somebody_else_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct scene scene;
    scene_open(&scene, fixture, false);
    scene_talk(&scene);
    issue(&scene, &fixture->archive.key, fixture->stranger.key.public_key);
    poll(&scene);
    assert_refused(&scene.caller, PSP_HOLDER, "another device");
    scene_close(&scene);

    scene_open(&scene, fixture, false);
    scene_talk(&scene);
    issue(&scene, &fixture->stranger.key, fixture->console.key.public_key);
    poll(&scene);
    assert_true(scene.caller.decided);
    assert_int_equal(scene.caller.error, PSP_SIGNATURE);
    scene_close(&scene);

    scene_open(&scene, fixture, false);
    scene_talk(&scene);
    approve(&scene);
    scene.archive.pairing.link[0].signature[7] ^= 1;
    poll(&scene);
    assert_int_equal(scene.caller.error, PSP_SIGNATURE);
    scene_close(&scene);
}

static void pairing_leaf__reads_under_a_good_pairing(void **state)
{
    struct fixture *fixture = *state;
    struct scene scene;
    struct token leaf;
    struct authority *authority;
    const char *why;
    scene_open(&scene, fixture, false);
    approve(&scene);
    assert_int_equal(pairing_leaf(&scene.archive.pairing, &fixture->console.key, &leaf),
                     PSP_OK);
    struct token_policy policy = {.authority = fixture->archive.key.public_key,
                                  .epoch = 3,
                                  .clock_ms = 1000000 + 60000,
                                  .tls_peer = fixture->console.holder};
    assert_int_equal(token_verify(&leaf, &policy, &authority, &why), PSP_OK);
    assert_true(authority_sees_view(authority, TEXT("entity")));
    assert_false(authority_sees_view(authority, TEXT("pos")));
    authority_free(authority);
    token_release(&leaf);
    scene_close(&scene);
}

static void channel_peer_key__is_the_proven_key(void **state)
{
    struct fixture *fixture = *state;
    struct scene scene;
    uint8_t key[KEY_BYTES];
    scene_open(&scene, fixture, false);
    assert_false(channel_peer_key(scene.archive.channel, key));
    scene_talk(&scene);
    assert_true(channel_peer_key(scene.archive.channel, key));
    assert_memory_equal(key, fixture->console.key.public_key, KEY_BYTES);
    assert_true(channel_peer_key(scene.caller.channel, key));
    assert_memory_equal(key, fixture->archive.key.public_key, KEY_BYTES);
    scene_close(&scene);
}

/* --- a machine in the middle ---------------------------------------------------------
 */

static void a_relay_with_its_own_keys__shows_two_codes(void **state)
{
    for (int i = 0; i < TRIALS; i++) {
        struct scene scene;
        scene_open(&scene, *state, true);
        scene_talk(&scene);
        /* It passed everything on: both talks went through with the same nonces. */
        assert_int_equal(scene.archive.talk.phase, PAIRING_REVEALED);
        assert_int_equal(strlen(scene.caller.code), PAIRING_CODE_CHARS);
        assert_string_not_equal(scene.caller.code, scene.archive.code);
        scene_close(&scene);
    }
}

/* Both nonces of a talk may be known to a relay: with the same two in another session
 * the code is another. */
static void a_relay_that_replays_nonces__shows_two_codes(void **state)
{
    struct fixture *fixture = *state;
    struct scene real, false_one;
    struct pairing_talk replayed;
    char code[PAIRING_CODE_CHARS + 1];

    scene_open(&real, fixture, false);
    scene_talk(&real);

    scene_open(&false_one, fixture, false);
    channel_free(false_one.archive.channel);
    false_one.archive.channel = open_server_of(&fixture->stranger);
    scene_talk(&false_one);

    memcpy(replayed.caller, fixture->console.holder, HASH_BYTES);
    memcpy(replayed.archive, fixture->stranger.holder, HASH_BYTES);
    memcpy(replayed.caller_nonce, real.archive.heard, HASH_BYTES);
    memcpy(replayed.archive_nonce, real.archive.talk.nonce, HASH_BYTES);
    assert_int_equal(channel_exporter(false_one.caller.channel, replayed.exporter),
                     PSP_OK);
    pairing_code(&replayed, code);
    assert_string_not_equal(code, real.archive.code);
    assert_string_not_equal(false_one.caller.code, real.archive.code);
    scene_close(&real);
    scene_close(&false_one);
}

/* A commitment heard in an earlier talk is of use only with its nonce, and that one is
 * hashed with another session. */
static void a_commitment_that_was_heard__gives_another_code(void **state)
{
    struct fixture *fixture = *state;
    uint8_t mine[HASH_BYTES] = {1}, commit[HASH_BYTES], nonce[HASH_BYTES];
    char codes[2][PAIRING_CODE_CHARS + 1];

    sha256(mine, HASH_BYTES, commit);
    for (int i = 0; i < 2; i++) {
        struct pairing_host talk = {.phase = PAIRING_IDLE};
        struct channel *client, *server;
        open_pair(fixture, &client, &server);
        assert_int_equal(
            pairing_host_commit(&talk, (struct text){(const char *)commit, HASH_BYTES},
                                nonce),
            PSP_OK);
        assert_int_equal(pairing_host_reveal(
                             &talk, server, fixture->archive.holder,
                             (struct text){(const char *)mine, HASH_BYTES}, codes[i]),
                         PSP_OK);
        free_pair(client, server);
    }
    assert_string_not_equal(codes[0], codes[1]);
}

/* What a relay would have to do to choose its nonce after it saw the archive's. */
static void a_commitment_that_does_not_open__burns_the_try(void **state)
{
    struct fixture *fixture = *state;
    struct channel *client, *server;
    struct pairing_host talk = {.phase = PAIRING_IDLE};
    uint8_t commit[HASH_BYTES], mine[HASH_BYTES] = {1}, nonce[HASH_BYTES];
    char code[PAIRING_CODE_CHARS + 1] = "";
    struct text committed = {(const char *)commit, HASH_BYTES};
    struct text opens = {(const char *)mine, HASH_BYTES};
    struct text other = {(const char *)nonce, HASH_BYTES};

    open_pair(fixture, &client, &server);
    sha256(mine, HASH_BYTES, commit);
    assert_int_equal(
        pairing_host_reveal(&talk, server, fixture->archive.holder, opens, code),
        PSP_CONFLICT);
    assert_int_equal(pairing_host_commit(&talk, committed, nonce), PSP_OK);
    assert_int_equal(pairing_host_commit(&talk, committed, nonce), PSP_CONFLICT);
    assert_int_equal(
        pairing_host_reveal(&talk, server, fixture->archive.holder, other, code),
        PSP_DENIED);
    assert_int_equal(talk.phase, PAIRING_BURNT);
    assert_int_equal(
        pairing_host_reveal(&talk, server, fixture->archive.holder, opens, code),
        PSP_CONFLICT);
    assert_int_equal(pairing_host_commit(&talk, committed, nonce), PSP_CONFLICT);
    assert_string_equal(code, "");
    free_pair(client, server);
}

static void a_caller__is_told_what_each_refusal_means(void **state)
{
    static const struct {
        enum pairing_phase phase;
        enum psp_error error;
        const char *words;
    } cases[] = {{PAIRING_COMMITTED, PSP_CONFLICT, "the one try"},
                 {PAIRING_BURNT, PSP_CONFLICT, "the one try"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scene scene;
        scene_open(&scene, *state, false);
        scene.archive.talk.phase = cases[i].phase;
        scene_talk(&scene);
        assert_string_equal(scene.caller.code, "");
        assert_refused(&scene.caller, cases[i].error, cases[i].words);
        scene_close(&scene);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ends__show_the_same_code_and_are_paired),
        cmocka_unit_test(codes__differ_from_talk_to_talk),
        cmocka_unit_test(a_denial__is_told),
        cmocka_unit_test(an_earlier_pairing__is_not_taken_for_an_approval),
        cmocka_unit_test(a_pairing__for_or_by_somebody_else_is_refused),
        cmocka_unit_test(pairing_leaf__reads_under_a_good_pairing),
        cmocka_unit_test(channel_peer_key__is_the_proven_key),
        cmocka_unit_test(a_relay_with_its_own_keys__shows_two_codes),
        cmocka_unit_test(a_relay_that_replays_nonces__shows_two_codes),
        cmocka_unit_test(a_commitment_that_was_heard__gives_another_code),
        cmocka_unit_test(a_commitment_that_does_not_open__burns_the_try),
        cmocka_unit_test(a_caller__is_told_what_each_refusal_means),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
