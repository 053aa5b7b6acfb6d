/* Our caller gives commands to a Totebox in C++: capabilities, digests and receipts are
 * judged by libcapnp and OpenSSL, and theirs by us. */
#include "tests/interop/line.h"

#include "tests/support/cmocka_all.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "proto/caller_commands.h"
#include "proto/layout.h"

/* What came back for one command. */
struct outcome {
    struct line *line;
    const uint8_t *id;
    struct got got;
    struct receipt receipt;
    enum psp_error read;
    char message[64];
};

static void on_receipt(void *user, const struct answer *answer)
{
    struct outcome *outcome = user;
    outcome->got.line = outcome->line;
    got_answer(&outcome->got, answer);
    outcome->read = answer->error;
    if (answer->error != PSP_OK)
        return;
    outcome->read = caller_receipt(answer, outcome->id,
                                   outcome->line->foreign.authority, &outcome->receipt);
    copy_text(outcome->message, sizeof outcome->message, outcome->receipt.message);
}

static void open_commanders_line(struct line *line)
{
    line_open(line);
    child_order(line->archive, "commands 1");
}

static struct command a_note(uint8_t first)
{
    struct command command = {
        .id = {first, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16},
        .verb = TEXT("note"),
        .target = TEXT("CPP|2025|A|cash|assets:cash||USD"),
        .arg_count = 5,
        .args = {{.name = TEXT("text"),
                  .kind = ARGUMENT_TEXT,
                  .text = TEXT("see the bank's letter")},
                 {.name = TEXT("share"),
                  .kind = ARGUMENT_DECIMAL,
                  .number = -75,
                  .scale = 2},
                 {.name = TEXT("due"), .kind = ARGUMENT_INT, .number = 20251231},
                 {.name = TEXT("sure"), .kind = ARGUMENT_BOOL, .truth = true},
                 {.name = TEXT("at"), .kind = ARGUMENT_TIME, .number = 1760000000000}},
    };
    return command;
}

/* Presents a capability for exactly this command; the device is the operator. */
static enum psp_error present(struct line *line, const struct command *command,
                              cap *commander)
{
    struct token token;
    struct got got = {.line = line};
    uint8_t holder[HASH_BYTES];
    line_fetch_pairing(line, &token);
    holder_of_key(line->device.public_key, holder);
    assert_int_equal(command_leaf(&token, command, holder, &line->device,
                                  TEXT("a test"), net_wall_ms()),
                     PSP_OK);
    uint32_t before = line->answers;
    assert_int_equal(caller_present_command(line->caller, line->totebox, &token,
                                            got_answer, &got, commander),
                     PSP_OK);
    line_await(line, before + 1);
    token_release(&token);
    return got.error;
}

/* One command on its own capability. */
static void submit(struct line *line, const struct command *permitted,
                   const struct command *command, struct outcome *outcome)
{
    cap commander;
    *outcome = (struct outcome){.line = line, .id = command->id};
    assert_int_equal(present(line, permitted, &commander), PSP_OK);
    uint32_t before = line->answers;
    assert_int_equal(
        caller_submit(line->caller, commander, command, on_receipt, outcome), PSP_OK);
    line_await(line, before + 1);
    caller_release(line->caller, commander);
}

static void ask_status(struct line *line, const struct command *permitted,
                       const uint8_t *id, struct outcome *outcome)
{
    cap commander;
    *outcome = (struct outcome){.line = line, .id = id};
    assert_int_equal(present(line, permitted, &commander), PSP_OK);
    uint32_t before = line->answers;
    assert_int_equal(caller_status(line->caller, commander, id, on_receipt, outcome),
                     PSP_OK);
    line_await(line, before + 1);
    caller_release(line->caller, commander);
}

static void commander__gives_a_receipt_that_verifies(void **state)
{
    struct line line;
    struct outcome done;
    struct command note = a_note(1);
    (void)state;
    open_commanders_line(&line);
    submit(&line, &note, &note, &done);
    assert_int_equal(done.read,
                     PSP_OK); /* OpenSSL's signature, over libcapnp's bytes */
    assert_int_equal(done.receipt.state, RECEIPT_DONE);
    assert_int_equal(done.receipt.ledger_size, 1);
    assert_string_equal(done.message, "said by the archive");
    assert_int_equal(child_count(line.archive, "executed"), 1);
    line_close(&line);
}

static void commander__executes_a_command_once(void **state)
{
    struct line line;
    struct outcome first, again;
    struct command note = a_note(2);
    (void)state;
    open_commanders_line(&line);
    submit(&line, &note, &note, &first);
    submit(&line, &note, &note, &again);
    assert_int_equal(again.read, PSP_OK);
    assert_memory_equal(first.receipt.signature, again.receipt.signature,
                        SIGNATURE_BYTES);
    assert_int_equal(child_count(line.archive, "executed"), 1);
    line_close(&line);
}

static void commander__tells_the_status_later(void **state)
{
    struct line line;
    struct outcome first, status, unknown;
    struct command note = a_note(3), other = a_note(4);
    (void)state;
    open_commanders_line(&line);
    submit(&line, &note, &note, &first);
    ask_status(&line, &note, note.id, &status);
    assert_int_equal(status.read, PSP_OK);
    assert_memory_equal(first.receipt.signature, status.receipt.signature,
                        SIGNATURE_BYTES);
    ask_status(&line, &note, other.id, &unknown);
    assert_int_equal(unknown.read, PSP_UNKNOWN);
    line_close(&line);
}

static void commander__refuses_by_code(void **state)
{
    struct line line;
    struct outcome outcome;
    struct command note = a_note(5), other = a_note(5), moved = a_note(6);
    (void)state;
    open_commanders_line(&line);
    submit(&line, &note, &note, &outcome);
    other.target = TEXT("CPP|2025|A|cash|assets:other||USD");
    submit(&line, &note, &other, &outcome); /* the capability names another digest */
    assert_int_equal(outcome.read, PSP_DENIED);
    submit(&line, &other, &other, &outcome); /* the id was another command's */
    assert_int_equal(outcome.read, PSP_CONFLICT);
    moved.if_revision = 99;
    submit(&line, &moved, &moved, &outcome);
    assert_int_equal(outcome.read, PSP_CONFLICT);
    assert_int_equal(child_count(line.archive, "executed"), 1);
    line_close(&line);
}

static void commander__has_an_outcome_for_each_command(void **state)
{
    struct line line;
    struct outcome outcome;
    struct command dry = a_note(7), late = a_note(8), unknown = a_note(9),
                   fails = a_note(10);
    const struct {
        struct command *command;
        enum receipt_state state;
    } cases[] = {{&dry, RECEIPT_ACCEPTED},
                 {&late, RECEIPT_EXPIRED},
                 {&unknown, RECEIPT_REFUSED},
                 {&fails, RECEIPT_FAILED}};
    (void)state;
    dry.dry_run = true;
    late.deadline_ms = net_wall_ms() - 1000;
    unknown.verb = TEXT("demolish");
    fails.verb = TEXT("fail");
    open_commanders_line(&line);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        submit(&line, cases[i].command, cases[i].command, &outcome);
        assert_int_equal(outcome.read, PSP_OK);
        assert_int_equal(outcome.receipt.state, cases[i].state);
    }
    assert_int_equal(child_count(line.archive, "executed"),
                     1); /* the one that failed */
    line_close(&line);
}

static void commander__is_not_reached_by_a_capability_to_read(void **state)
{
    struct line line;
    struct got shown;
    cap commander;
    struct command note = a_note(11);
    (void)state;
    line_open(&line); /* takes no commands: libcapnp answers for it */
    assert_int_equal(present(&line, &note, &commander), PSP_UNIMPLEMENTED);
    line_present(&line, &shown);
    line_await(&line, line.answers + 1);
    assert_int_equal(shown.error, PSP_OK);
    /* The same connection, and a leaf that may only read. */
    child_order(line.archive, "commands 1");
    struct token token;
    struct link leaf = {.rights = 0x1f,
                        .not_before_ms = net_wall_ms() - 20000,
                        .not_after_ms = net_wall_ms() + 60000,
                        .subject = SUBJECT_HOLDER};
    struct got got = {.line = &line};
    line_fetch_pairing(&line, &token);
    memcpy(leaf.totebox, line.foreign.authority, KEY_BYTES);
    holder_of_key(line.device.public_key, leaf.subject_bytes);
    assert_true(random_bytes(leaf.nonce, sizeof leaf.nonce));
    assert_int_equal(token_append(&token, &leaf, &line.device), PSP_OK);
    assert_int_equal(caller_present_command(line.caller, line.totebox, &token,
                                            got_answer, &got, &commander),
                     PSP_OK);
    line_await(&line, line.answers + 1);
    assert_int_equal(got.error, PSP_DENIED);
    token_release(&token);
    line_close(&line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commander__gives_a_receipt_that_verifies),
        cmocka_unit_test(commander__executes_a_command_once),
        cmocka_unit_test(commander__tells_the_status_later),
        cmocka_unit_test(commander__refuses_by_code),
        cmocka_unit_test(commander__has_an_outcome_for_each_command),
        cmocka_unit_test(commander__is_not_reached_by_a_capability_to_read),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
