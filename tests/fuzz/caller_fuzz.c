/* caller_fuzz.c - any stream from a hostile archive, after a normal flight.
 *
 * The first byte says how the stream is cut and whether the flight was answered; the
 * rest is what the archive sends.  Every answer is read with every decoder, and asks
 * again.  Whatever came: what we send are whole messages, a defect has a reason, and
 * every call is told exactly once. */
#include <stdlib.h>

#include "proto/caller.h"
#include "proto/layout.h"
#include "tests/support/counting_service.h"
#include "tests/support/rpc_writer.h"

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length);

enum { ASKED_MAX = 300, ROWS_MAX = 32 };

struct fuzz {
    struct buffer output, input;
    struct caller *caller;
    struct names *names;
    cap totebox, grant, watch;
    uint32_t asked, told;
};

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void read_rows(struct fuzz *fuzz, const struct batch *batch)
{
    for (uint32_t i = 0; i < batch->row_count && i < ROWS_MAX; i++) {
        union any_row row;
        const char *why = NULL;
        if (batch_row(batch, i, fuzz->names, &row, &why) == PSP_OK)
            row_drop(fuzz->names, batch->view, &row);
        else
            require(why != NULL);
    }
}

static void read_answer(struct fuzz *fuzz, const struct answer *answer)
{
    struct struct_reader first = reader_struct(answer->results, 0);
    struct struct_reader second = reader_struct(answer->results, 1);
    struct identity identity;
    struct grant_info info;
    struct health health;
    struct delta delta;
    struct batch batch;
    struct token token = {.count = 0};
    const char *why = NULL;
    bool taken = identity_read(first, &identity) == PSP_OK;
    taken = grant_info_read(second, &info) == PSP_OK || taken;
    taken = health_read(first, &health) == PSP_OK || taken;
    taken = token_take(first, &token) == PSP_OK || taken;
    (void)taken;
    token_release(&token);
    if (batch_open(first, &batch, &why) == PSP_OK)
        read_rows(fuzz, &batch);
    if (delta_read(first, &delta, &why) != PSP_OK) {
        require(why != NULL);
        return;
    }
    for (uint32_t i = 0; i < delta.changes.count; i++) {
        struct list_reader deletes;
        if (delta_change(&delta, i, &batch, &deletes, &why) == PSP_OK)
            read_rows(fuzz, &batch);
    }
}

static void on_answer(void *user, const struct answer *answer);

static void ask(struct fuzz *fuzz)
{
    if (fuzz->asked < ASKED_MAX &&
        caller_next(fuzz->caller, fuzz->watch, 0, 0, on_answer, fuzz) == PSP_OK)
        fuzz->asked++;
}

static void on_answer(void *user, const struct answer *answer)
{
    struct fuzz *fuzz = user;
    fuzz->told++;
    require(fuzz->told <= fuzz->asked);
    if (answer->error == PSP_OK)
        read_answer(fuzz, answer);
    ask(fuzz);
}

static void answer_flight(struct fuzz *fuzz)
{
    static const struct rpc_results flight[] = {
        {.id = 0, .is_capability = true, .cap_count = 1, .caps = {{1, 0}}},
        {.id = 1, .cap_count = 1, .caps = {{2, 1}}},
        {.id = 2, .cap_count = 1, .caps = {{1, 2}}},
    };
    for (size_t i = 0; i < sizeof flight / sizeof flight[0]; i++)
        rpc_write_results(&fuzz->input, &flight[i]);
    require(caller_receive(fuzz->caller, &fuzz->input) == PSP_OK);
}

static void fuzz_begin(struct fuzz *fuzz, bool is_answered)
{
    struct token token;
    struct query query = {.view = TEXT("pos"), .rows = {.kind = SET_ALL}};
    *fuzz = (struct fuzz){.names = names_new(), .caller = caller_new(&fuzz->output)};
    require(fuzz->names && fuzz->caller);
    counting_service_token(&token);
    fuzz->asked = 3;
    require(caller_bootstrap(fuzz->caller, &fuzz->totebox) == PSP_OK);
    require(caller_present(fuzz->caller, fuzz->totebox, &token, on_answer, fuzz,
                           &fuzz->grant) == PSP_OK);
    require(caller_watch(fuzz->caller, fuzz->grant, &query, 1, (struct text){0},
                         on_answer, fuzz, &fuzz->watch) == PSP_OK);
    require(caller_health(fuzz->caller, fuzz->grant, on_answer, fuzz) == PSP_OK);
    ask(fuzz);
    token_release(&token);
    if (is_answered)
        answer_flight(fuzz);
}

/* What was sent is whole messages of kinds that a caller may send. */
static void check_output(struct fuzz *fuzz)
{
    while (buffer_length(&fuzz->output)) {
        struct message message;
        size_t length;
        require(rpc_message_receive(&fuzz->output, MESSAGE_WORDS_MAX, &message,
                                    &length) == PSP_OK);
        require(length != 0);
        uint16_t tag = reader_u16(message_root(&message), RPC_MESSAGE_TAG_OFF);
        require(tag == RPC_MESSAGE_BOOTSTRAP_TAG || tag == RPC_MESSAGE_CALL_TAG ||
                tag == RPC_MESSAGE_FINISH_TAG || tag == RPC_MESSAGE_RELEASE_TAG ||
                tag == RPC_MESSAGE_ABORT_TAG);
        buffer_consume(&fuzz->output, length);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length)
{
    struct fuzz fuzz;
    if (length == 0)
        return 0;
    size_t step = (input[0] & 0x7f) ? input[0] & 0x7f : length;
    fuzz_begin(&fuzz, input[0] & 0x80);
    enum psp_error error = PSP_OK;
    for (size_t at = 1; at < length && error == PSP_OK; at += step) {
        size_t piece = length - at < step ? length - at : step;
        require(buffer_append(&fuzz.input, input + at, piece));
        error = caller_receive(fuzz.caller, &fuzz.input);
    }
    require(error == PSP_OK || *caller_defect(fuzz.caller));
    require(caller_outstanding(fuzz.caller) <= RPC_QUESTIONS_MAX);
    cap watch = fuzz.watch;
    fuzz.watch = 0; /* what is being given back is asked no more */
    if (length % 2)
        caller_release(fuzz.caller, watch);
    caller_release(fuzz.caller, fuzz.totebox);
    check_output(&fuzz);
    caller_free(fuzz.caller);
    require(fuzz.told == fuzz.asked);
    require(names_count(fuzz.names) == 0);
    names_free(fuzz.names);
    buffer_release(&fuzz.output);
    buffer_release(&fuzz.input);
    return 0;
}
