/* command_test.c - commands, their digest, the leaf that permits one, and receipts.
 *
 * The canonical forms, digests and signatures of tests/golden/psp/commands were made by
 * the reference implementation, sha256sum and OpenSSL. */
#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/caller_commands.h"
#include "proto/layout.h"
#include "tests/support/fixture.h"
#include "tests/support/golden_file.h"
#include "tests/support/hex.h"

static const int64_t now_ms = 1760000000000;

static struct key_pair test_key(const char *text)
{
    struct key_pair pair;
    uint8_t seed[HASH_BYTES];

    sha256(text, strlen(text), seed);
    key_pair_from_seed(&pair, seed);
    return pair;
}

/* --- against the reference implementation ------------------------------------------
 */

static struct command set_command(void)
{
    struct command command = {
        .verb = TEXT("set"),
        .target = TEXT("P-0001"),
        .args = {{.name = TEXT("view"),
                  .kind = ARGUMENT_TEXT,
                  .text = TEXT("position")},
                 {.name = TEXT("column"), .kind = ARGUMENT_TEXT, .text = TEXT("units")},
                 {.name = TEXT("value"), .kind = ARGUMENT_TEXT, .text = TEXT("121")}},
        .arg_count = 3,
    };
    for (uint8_t i = 0; i < COMMAND_ID_BYTES; i++)
        command.id[i] = i;
    return command;
}

static struct command verify_command(void)
{
    struct command command = {.verb = TEXT("verify-ledger")};
    for (uint8_t i = 0; i < COMMAND_ID_BYTES; i++)
        command.id[i] = (uint8_t)(0xa0 + i);
    return command;
}

static struct command deadline_command(void)
{
    return (struct command){
        .id = {[15] = 1}, .verb = TEXT("checkpoint"), .deadline_ms = now_ms + 60000};
}

/* Every kind of argument, and zeros, which must still be said. */
static struct command note_command(void)
{
    struct command command = {
        .verb = TEXT("note"),
        .target = TEXT("ALD|2025|A|cash|assets:cash||USD"),
        .args = {{.name = TEXT("text"),
                  .kind = ARGUMENT_TEXT,
                  .text = TEXT("übertragen: see MF-13")},
                 {.name = TEXT("due"), .kind = ARGUMENT_INT, .number = 20251231},
                 {.name = TEXT("zero"), .kind = ARGUMENT_INT},
                 {.name = TEXT("share"),
                  .kind = ARGUMENT_DECIMAL,
                  .number = -75,
                  .scale = 2},
                 {.name = TEXT("at"), .kind = ARGUMENT_TIME, .number = now_ms},
                 {.name = TEXT("sure"), .kind = ARGUMENT_BOOL, .truth = true},
                 {.name = TEXT("not"), .kind = ARGUMENT_BOOL}},
        .arg_count = 7,
        .if_revision = 7,
        .deadline_ms = now_ms + 60000,
        .dry_run = true,
    };
    for (uint8_t i = 0; i < COMMAND_ID_BYTES; i++)
        command.id[i] = (uint8_t)(0xf0 + i);
    return command;
}

/* The word that follows `name` in a file of "name word" lines. */
static void golden_word(const char *file, const char *name, void *bytes, size_t length)
{
    size_t file_length;
    char pattern[64];
    char *text = (char *)golden_load(file, &file_length);
    snprintf(pattern, sizeof pattern, "%s ", name);
    const char *at = strstr(text, pattern);
    assert_non_null(at);
    hex_read(at + strlen(pattern), bytes, length);
    free(text);
}

static void check_golden(const char *name, struct command command)
{
    char path[128];
    size_t length;
    struct buffer ours;
    uint8_t digest[HASH_BYTES], expected[HASH_BYTES];

    snprintf(path, sizeof path, "psp/commands/%s.canonical", name);
    uint8_t *golden = golden_load(path, &length);
    buffer_init(&ours);
    assert_int_equal(command_encode(&command, &ours), PSP_OK);
    assert_int_equal(buffer_length(&ours), length);
    assert_memory_equal(buffer_bytes(&ours), golden, length);

    struct command read;
    assert_int_equal(command_decode(golden, length, &read), PSP_OK);
    assert_true(text_equal(read.verb, command.verb));
    assert_true(text_equal(read.target, command.target));
    assert_memory_equal(read.id, command.id, COMMAND_ID_BYTES);
    assert_int_equal(read.arg_count, command.arg_count);
    assert_int_equal(read.if_revision, command.if_revision);
    assert_int_equal(read.deadline_ms, command.deadline_ms);
    assert_int_equal(read.dry_run, command.dry_run);

    golden_word("psp/commands/digests.txt", name, expected, sizeof expected);
    assert_int_equal(command_digest(&read, digest), PSP_OK);
    assert_memory_equal(digest, expected, sizeof digest);
    buffer_release(&ours);
    free(golden);
}

static void command__encodes_and_hashes_as_the_reference_does(void **state)
{
    (void)state;
    check_golden("set", set_command());
    check_golden("verify", verify_command());
    check_golden("deadline", deadline_command());
    check_golden("note", note_command());
}

/* The recorded call is not canonical (three data words of zeros): the digest is. */
static void command__read_from_a_call_has_the_same_digest(void **state)
{
    (void)state;
    size_t length;
    struct message message;
    struct command command;
    const char *why;
    uint8_t digest[HASH_BYTES], expected[HASH_BYTES];
    uint8_t *call =
        golden_load("psp/command/messages/c02-call-Commander.submit.bin", &length);

    assert_int_equal(message_open(&message, call, length), PSP_OK);
    struct struct_reader params = reader_struct(
        reader_struct(reader_struct(message_root(&message), RPC_MESSAGE_CALL_PTR),
                      RPC_CALL_PARAMS_PTR),
        RPC_PAYLOAD_CONTENT_PTR);
    assert_int_equal(
        command_read(reader_struct(params, PSP_COMMANDER_SUBMIT_PARAMS_COMMAND_PTR),
                     &command, &why),
        PSP_OK);
    golden_word("psp/commands/digests.txt", "set", expected, sizeof expected);
    assert_int_equal(command_digest(&command, digest), PSP_OK);
    assert_memory_equal(digest, expected, sizeof digest);
    free(call);
}

static struct receipt golden_receipt(bool done)
{
    struct receipt receipt = {.state = RECEIPT_ACCEPTED};

    if (done)
        receipt = (struct receipt){.state = RECEIPT_DONE,
                                   .revision = 7,
                                   .at_ms = now_ms,
                                   .message = TEXT("checkpoint of 7 lines"),
                                   .ledger_size = 7};
    for (uint8_t i = 0; i < COMMAND_ID_BYTES; i++)
        receipt.id[i] = i;
    hex_read("4300eba9709c8927e7622b7470cb7a153aec18fbac3328ddd9b567e136c80576",
              receipt.link_id, sizeof receipt.link_id);
    return receipt;
}

static void receipt__is_encoded_and_signed_as_the_reference_does(void **state)
{
    (void)state;
    static const char *const names[] = {"receipt-accepted", "receipt-done"};
    struct key_pair authority = test_key("psp test authority");

    for (unsigned i = 0; i < 2; i++) {
        char path[128];
        size_t length;
        struct buffer ours;
        uint8_t signature[SIGNATURE_BYTES];
        struct receipt receipt = golden_receipt(i == 1);
        snprintf(path, sizeof path, "psp/commands/%s.canonical", names[i]);
        uint8_t *golden = golden_load(path, &length);
        buffer_init(&ours);
        assert_int_equal(receipt_encode(&receipt, &ours), PSP_OK);
        assert_int_equal(buffer_length(&ours), length);
        assert_memory_equal(buffer_bytes(&ours), golden, length);
        golden_word("psp/commands/signatures.txt", names[i], signature,
                    sizeof signature);
        assert_int_equal(receipt_sign(&receipt, &authority), PSP_OK);
        assert_memory_equal(receipt.signature, signature, sizeof signature);
        buffer_release(&ours);
        free(golden);
    }
}

/* --- refusals -----------------------------------------------------------------------
 */

static void command__with_a_defect_is_not_encoded(void **state)
{
    (void)state;
    static char long_text[COMMAND_TEXT_BYTES_MAX + 1];
    struct command bad[8];
    struct buffer out;

    memset(long_text, 'x', sizeof long_text);
    for (unsigned i = 0; i < 8; i++)
        bad[i] = note_command();
    bad[0].verb = TEXT("");
    bad[1].verb = TEXT("seal period");
    bad[2].target = TEXT("ALD\n");
    bad[3].args[0].name = TEXT("a b");
    bad[4].args[0].text = (struct text){long_text, sizeof long_text};
    bad[5].args[0].text = TEXT("red \x1b[31m");
    bad[6].args[3].scale = 19;
    bad[7].args[1].name = bad[7].args[0].name;
    buffer_init(&out);
    for (unsigned i = 0; i < 8; i++) {
        assert_non_null(command_defect(&bad[i]));
        assert_int_equal(command_encode(&bad[i], &out), PSP_MALFORMED);
    }
    struct command big = note_command();
    big.arg_count = 5;
    for (uint32_t i = 0; i < 5; i++)
        big.args[i] = (struct argument){.name = {long_text, i + 1},
                                        .kind = ARGUMENT_TEXT,
                                        .text = {long_text, COMMAND_TEXT_BYTES_MAX}};
    assert_int_equal(command_encode(&big, &out), PSP_LIMIT);
    assert_int_equal(buffer_length(&out), 0);
    buffer_release(&out);
}

static void command__refuses_every_encoding_but_the_canonical_one(void **state)
{
    (void)state;
    size_t length;
    uint8_t *golden = golden_load("psp/commands/deadline.canonical", &length);
    uint8_t *longer = calloc(1, length + 8);
    struct command read;

    assert_non_null(longer);
    memcpy(longer, golden, length);
    assert_int_equal(command_decode(golden, length, &read), PSP_OK);
    assert_int_equal(command_decode(longer, length + 8, &read), PSP_MALFORMED);
    assert_int_equal(command_decode(golden, length - 8, &read), PSP_MALFORMED);
    assert_int_equal(command_decode(golden, 0, &read), PSP_MALFORMED);
    free(longer);
    free(golden);
}

/* A float, a blob, an id of another length: each in a message of its own. */
static void command__refuses_kinds_that_no_verb_takes(void **state)
{
    (void)state;
    static const uint16_t tags[] = {PSP_VALUE_NULL_TAG, PSP_VALUE_FLOAT_TAG,
                                    PSP_VALUE_BLOB_TAG, 99};
    for (unsigned i = 0; i < sizeof tags / sizeof *tags + 1; i++) {
        struct buffer frame;
        struct builder builder;
        struct message message;
        struct command command;
        const char *why;
        bool short_id = i == sizeof tags / sizeof *tags;
        buffer_init(&frame);
        struct struct_builder root =
            builder_open(&builder, &frame, PSP_COMMAND_DATA_WORDS, PSP_COMMAND_PTRS);
        builder_data(root, PSP_COMMAND_ID_PTR, "0123456789abcdef", short_id ? 15 : 16);
        builder_text(root, PSP_COMMAND_VERB_PTR, TEXT("note"));
        struct struct_builder arg = list_builder_struct(
            builder_structs(root, PSP_COMMAND_ARGS_PTR, 1, PSP_COMMAND_ARG_DATA_WORDS,
                            PSP_COMMAND_ARG_PTRS),
            0);
        builder_text(arg, PSP_COMMAND_ARG_NAME_PTR, TEXT("x"));
        struct struct_builder value = builder_struct(
            arg, PSP_COMMAND_ARG_VALUE_PTR, PSP_VALUE_DATA_WORDS, PSP_VALUE_PTRS);
        builder_set_u16(value, PSP_VALUE_TAG_OFF,
                        short_id ? PSP_VALUE_INT_TAG : tags[i]);
        assert_int_equal(builder_close(&builder, NULL), PSP_OK);
        assert_int_equal(
            message_open(&message, buffer_bytes(&frame), buffer_length(&frame)),
            PSP_OK);
        assert_int_equal(command_read(message_root(&message), &command, &why),
                         PSP_MALFORMED);
        buffer_release(&frame);
    }
}

static void receipt__of_another_hand_or_with_another_word_is_refused(void **state)
{
    (void)state;
    struct key_pair authority = test_key("psp test authority");
    struct key_pair other = test_key("psp test aggregator");
    struct receipt good = golden_receipt(true);

    assert_int_equal(receipt_sign(&good, &authority), PSP_OK);
    assert_int_equal(receipt_verify(&good, authority.public_key), PSP_OK);
    assert_int_equal(receipt_verify(&good, other.public_key), PSP_SIGNATURE);
    struct receipt bad[8];
    for (unsigned i = 0; i < 8; i++)
        bad[i] = good;
    bad[0].id[3] ^= 1;
    bad[1].state = RECEIPT_FAILED;
    bad[2].revision++;
    bad[3].at_ms--;
    bad[4].message = TEXT("checkpoint of 8 lines");
    bad[5].ledger_size = 0;
    bad[6].link_id[31] ^= 0x80;
    bad[7].signature[40] ^= 1;
    for (unsigned i = 0; i < 8; i++)
        assert_int_equal(receipt_verify(&bad[i], authority.public_key), PSP_SIGNATURE);
}

/* --- the leaf -----------------------------------------------------------------------
 */

/* An operator's pairing: the authority lets it add one link with two verbs. */
static struct token operator_pairing(const struct key_pair *authority,
                                     const struct key_pair *operator_key)
{
    static const struct text verbs[] = {TEXT("note"), TEXT("set")};
    struct token token = {0};
    struct link link = {.depth = 1,
                        .rights = RIGHT_COMMAND,
                        .not_before_ms = now_ms - 1000000,
                        .not_after_ms = now_ms + 1000000,
                        .epoch = 3,
                        .subject = SUBJECT_DELEGATE,
                        .verbs = {.kind = SET_NAMES, .names = verbs, .count = 2},
                        .label = TEXT("operator")};

    memcpy(link.totebox, authority->public_key, KEY_BYTES);
    memcpy(link.subject_bytes, operator_key->public_key, KEY_BYTES);
    assert_int_equal(token_append(&token, &link, authority), PSP_OK);
    return token;
}

static enum psp_error verify(const struct token *token,
                             const struct key_pair *authority, const uint8_t *holder,
                             int64_t at_ms, struct authority **live)
{
    const char *why;
    struct token_policy policy = {.authority = authority->public_key,
                                  .epoch = 3,
                                  .clock_ms = at_ms,
                                  .window_max_ms = COMMAND_WINDOW_MS,
                                  .need_right = RIGHT_COMMAND,
                                  .tls_peer = holder};
    return token_verify(token, &policy, live, &why);
}

static void command_leaf__permits_one_command_to_one_holder_for_a_minute(void **state)
{
    (void)state;
    struct key_pair authority = test_key("psp test authority");
    struct key_pair operator_key = test_key("psp test operator");
    struct key_pair carrier = test_key("psp test aggregator");
    struct command command = set_command(), other = set_command();
    struct authority *live = NULL;
    uint8_t holder[HASH_BYTES], digest[HASH_BYTES], other_digest[HASH_BYTES];
    struct token token = operator_pairing(&authority, &operator_key);

    holder_of_key(carrier.public_key, holder);
    other.args[2].text = TEXT("122");
    assert_int_equal(
        command_leaf(&token, &command, holder, &operator_key, TEXT("anna"), now_ms),
        PSP_OK);
    assert_int_equal(verify(&token, &authority, holder, now_ms, &live), PSP_OK);
    assert_int_equal(command_digest(&command, digest), PSP_OK);
    assert_int_equal(command_digest(&other, other_digest), PSP_OK);
    assert_true(authority_may_submit(live, TEXT("set"), digest));
    assert_false(authority_may_submit(live, TEXT("set"), other_digest));
    assert_false(authority_may_submit(live, TEXT("note"), digest));
    authority_free(live);

    uint8_t stranger[HASH_BYTES] = {1};
    assert_int_equal(verify(&token, &authority, stranger, now_ms, &live), PSP_HOLDER);
    assert_int_equal(verify(&token, &authority, holder, now_ms + 60000, &live),
                     PSP_EXPIRED);
    token_release(&token);
}

/* Who carries the leaf holds no key that could sign another one. */
static void command_leaf__of_the_carriers_own_hand_is_refused(void **state)
{
    (void)state;
    struct key_pair authority = test_key("psp test authority");
    struct key_pair operator_key = test_key("psp test operator");
    struct key_pair carrier = test_key("psp test aggregator");
    struct command command = set_command();
    struct authority *live = NULL;
    uint8_t holder[HASH_BYTES];
    struct token token = operator_pairing(&authority, &operator_key);

    holder_of_key(carrier.public_key, holder);
    assert_int_equal(
        command_leaf(&token, &command, holder, &carrier, TEXT("anna"), now_ms), PSP_OK);
    assert_int_equal(verify(&token, &authority, holder, now_ms, &live), PSP_SIGNATURE);
    token_release(&token);
}

/* --- the two calls ------------------------------------------------------------------
 */

static void
caller_receipt__believes_only_the_archive_and_only_about_this_command(void **state)
{
    (void)state;
    struct key_pair authority = test_key("psp test authority");
    struct key_pair other = test_key("psp test aggregator");
    struct receipt receipt = golden_receipt(true), read;
    uint8_t other_id[COMMAND_ID_BYTES] = {9};
    struct buffer frame;
    struct builder builder;
    struct message message;

    assert_int_equal(receipt_sign(&receipt, &authority), PSP_OK);
    buffer_init(&frame);
    struct struct_builder results =
        builder_open(&builder, &frame, PSP_COMMANDER_SUBMIT_RESULTS_DATA_WORDS,
                     PSP_COMMANDER_SUBMIT_RESULTS_PTRS);
    receipt_build(&receipt, results, PSP_COMMANDER_SUBMIT_RESULTS_RECEIPT_PTR);
    assert_int_equal(builder_close(&builder, NULL), PSP_OK);
    assert_int_equal(
        message_open(&message, buffer_bytes(&frame), buffer_length(&frame)), PSP_OK);
    struct answer answer = {.results = message_root(&message)};
    assert_int_equal(caller_receipt(&answer, receipt.id, authority.public_key, &read),
                     PSP_OK);
    assert_int_equal(read.ledger_size, 7);
    assert_int_equal(read.state, RECEIPT_DONE);
    assert_true(text_equal(read.message, TEXT("checkpoint of 7 lines")));
    assert_int_equal(caller_receipt(&answer, receipt.id, other.public_key, &read),
                     PSP_SIGNATURE);
    assert_int_equal(caller_receipt(&answer, other_id, authority.public_key, &read),
                     PSP_CONFLICT);
    struct answer empty = {.error = PSP_OK};
    assert_int_equal(caller_receipt(&empty, receipt.id, authority.public_key, &read),
                     PSP_MALFORMED);
    buffer_release(&frame);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(command__encodes_and_hashes_as_the_reference_does),
        cmocka_unit_test(command__read_from_a_call_has_the_same_digest),
        cmocka_unit_test(receipt__is_encoded_and_signed_as_the_reference_does),
        cmocka_unit_test(command__with_a_defect_is_not_encoded),
        cmocka_unit_test(command__refuses_every_encoding_but_the_canonical_one),
        cmocka_unit_test(command__refuses_kinds_that_no_verb_takes),
        cmocka_unit_test(receipt__of_another_hand_or_with_another_word_is_refused),
        cmocka_unit_test(command_leaf__permits_one_command_to_one_holder_for_a_minute),
        cmocka_unit_test(command_leaf__of_the_carriers_own_hand_is_refused),
        cmocka_unit_test(
            caller_receipt__believes_only_the_archive_and_only_about_this_command),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
