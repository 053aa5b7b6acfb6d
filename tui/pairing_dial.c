#include "tui/pairing_dial.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/caller.h"
#include "proto/layout.h"
#include "tui/sanitise.h"

enum { POLL_MS = 1000, ANSWER_MS = 20000, ENTITIES_MAX = 64 };

/* One call: a stream, and what talks over it. */
struct pairing_call {
    struct pairing_dial *dial;
    const char *wanted;
    uv_timer_t poll, deadline;
    unsigned handles_open;
    struct stream *stream; /* NULL when it is gone */
    struct buffer said;    /* what is to go out: outlives the stream */
    struct pairing_caller *pairing;
    struct caller *caller; /* of pairing_call_learn */
    bool has_code, is_over;
    enum exit_code result;
    void (*ended)(void *user, enum exit_code result);
    void *user;
};

static void on_handle_closed(uv_handle_t *handle)
{
    struct pairing_call *call = handle->data;

    if (--call->handles_open > 0)
        return;
    pairing_caller_free(call->pairing);
    caller_free(call->caller);
    buffer_release(&call->said);
    void (*ended)(void *, enum exit_code) = call->ended;
    void *user = call->user;
    enum exit_code result = call->result;
    free(call);
    if (ended)
        ended(user, result);
}

__attribute__((format(printf, 3, 4))) static void
finish(struct pairing_call *call, enum exit_code result, const char *format, ...)
{
    va_list arguments;

    if (call->is_over)
        return;
    call->is_over = true;
    call->result = result;
    va_start(arguments, format);
    vsnprintf(call->dial->why, sizeof call->dial->why, format, arguments);
    va_end(arguments);
    if (call->stream)
        stream_close(call->stream);
    call->stream = NULL;
    uv_close((uv_handle_t *)&call->poll, on_handle_closed);
    uv_close((uv_handle_t *)&call->deadline, on_handle_closed);
}

static void flush(struct pairing_call *call)
{
    size_t length = buffer_length(&call->said);

    if (call->is_over)
        return;
    if (!buffer_append(stream_output(call->stream), buffer_bytes(&call->said), length))
        finish(call, EXIT_INTERNAL, "out of memory");
    buffer_consume(&call->said, length);
    stream_flush(call->stream);
}

/* --- the stream ------------------------------------------------------------------- */

static void on_closed(void *user, enum stream_end end, const char *why)
{
    struct pairing_call *call = user;
    const char *address = call->dial->address;

    call->stream = NULL;
    switch (end) {
    case STREAM_UNREACHABLE:
        finish(call, EXIT_NOBODY, "%s: %s", address, why);
        break;
    case STREAM_REFUSED:
        finish(call, EXIT_REFUSED,
               "%s: pairing is not open there: its owner runs totebox pair ARCHIVE "
               "--open, then try again",
               address);
        break;
    case STREAM_WRONG_KEY:
        finish(call, EXIT_REFUSED, "%s: this is not the archive you mean: %s", address,
               why);
        break;
    case STREAM_NOT_TLS:
        finish(call, EXIT_NOBODY, "%s: no archive answers there: %s", address, why);
        break;
    case STREAM_ENDED:
    case STREAM_BROKEN:
        finish(call, EXIT_NOBODY,
               call->has_code ? "%s: the archive hung up before its owner decided, "
                                "start again: %s"
                              : "%s: the archive hung up: %s",
               address, why);
        break;
    }
}

static void on_deadline(uv_timer_t *timer)
{
    struct pairing_call *call = timer->data;

    if (call->has_code)
        finish(call, EXIT_REFUSED,
               "%s: nobody approved within %lld minutes: start again when the owner is "
               "there",
               call->dial->address, (long long)(call->dial->wait_ms / 60000));
    else
        finish(call, EXIT_NOBODY, "%s: no answer within %d s", call->dial->address,
               ANSWER_MS / 1000);
}

static struct pairing_call *begin(struct pairing_call given, struct net *net,
                                  const struct stream_events *events, bool is_pinned)
{
    struct pairing_dial *dial = given.dial;
    const uint8_t(*pin)[HASH_BYTES] = (const uint8_t(*)[HASH_BYTES]) & dial->archive;
    struct pairing_call *call = calloc(1, sizeof *call);

    if (!call)
        return NULL;
    *call = given;
    call->stream = is_pinned ? stream_dial(net, dial->identity, pin, 1, dial->host,
                                           dial->port, events, call)
                             : stream_dial_stranger(net, dial->identity, dial->host,
                                                    dial->port, events, call);
    if (!call->stream) {
        free(call);
        return NULL;
    }
    call->handles_open = 2;
    uv_timer_init(net->loop, &call->poll);
    uv_timer_init(net->loop, &call->deadline);
    call->poll.data = call->deadline.data = call;
    uv_timer_start(&call->deadline, on_deadline, ANSWER_MS, 0);
    return call;
}

void pairing_call_cancel(struct pairing_call *call)
{
    call->ended = NULL;
    finish(call, EXIT_INTERNAL, "cancelled");
}

/* --- asking ----------------------------------------------------------------------- */

static void on_identified(void *user, const struct identity *identity)
{
    struct pairing_call *call = user;
    struct pairing_dial *dial = call->dial;

    if (dial->identified)
        dial->identified(dial->user, dial->archive, identity->clock_ms - net_wall_ms());
}

static void on_poll(uv_timer_t *timer)
{
    struct pairing_call *call = timer->data;

    pairing_caller_poll(call->pairing);
    flush(call);
}

static void on_coded(void *user, const char *code)
{
    struct pairing_call *call = user;

    call->has_code = true;
    uv_timer_start(&call->poll, on_poll, POLL_MS, POLL_MS);
    uv_timer_start(&call->deadline, on_deadline, (uint64_t)call->dial->wait_ms, 0);
    if (call->dial->coded)
        call->dial->coded(call->dial->user, code);
}

static void on_decided(void *user, enum psp_error error, const char *why,
                       const struct token *pairing, const struct pairing_facts *facts)
{
    struct pairing_call *call = user;
    struct pairing_dial *dial = call->dial;

    if (error == PSP_OK && token_copy(&dial->pairing, pairing) == PSP_OK) {
        dial->facts = *facts;
        finish(call, EXIT_COMPLETE, "%s", "");
    } else {
        finish(call, EXIT_REFUSED, "%s: %s", dial->address,
               error == PSP_OK ? "out of memory" : why);
    }
}

static const struct pairing_caller_events pairing_events = {
    .identified = on_identified, .coded = on_coded, .decided = on_decided};

static void on_asking_opened(void *user)
{
    struct pairing_call *call = user;
    struct channel *channel = stream_channel(call->stream);

    memcpy(call->dial->archive, channel_peer(channel), HASH_BYTES);
    call->pairing = pairing_caller_new(call->dial->device, channel, &call->said,
                                       &pairing_events, call);
    if (!call->pairing || pairing_caller_start(call->pairing) != PSP_OK)
        finish(call, EXIT_INTERNAL, "out of memory");
    flush(call);
}

static void on_asking_received(void *user, struct buffer *plaintext)
{
    struct pairing_call *call = user;

    if (pairing_caller_receive(call->pairing, plaintext) != PSP_OK)
        finish(call, EXIT_NOBODY, "%s: who answers there does not speak PSP: %s",
               call->dial->address, pairing_caller_defect(call->pairing));
    else
        flush(call);
}

struct pairing_call *pairing_call_ask(struct pairing_dial *dial, struct net *net,
                                      void (*ended)(void *user, enum exit_code result),
                                      void *user)
{
    static const struct stream_events events = {.opened = on_asking_opened,
                                                .received = on_asking_received,
                                                .closed = on_closed};

    return begin((struct pairing_call){.dial = dial, .ended = ended, .user = user}, net,
                 &events, dial->is_pinned);
}

/* --- learning --------------------------------------------------------------------- */

static void copy(char *to, size_t size, struct text from)
{
    snprintf(to, size, "%.*s", (int)from.length, from.bytes ? from.bytes : "");
}

/* So that no archive speaks to the terminal. */
static void copy_shown(char *to, size_t size, struct text from)
{
    struct sanitiser sanitiser;
    struct grapheme grapheme;
    size_t length = 0;

    sanitise_begin(&sanitiser, from.bytes, from.length);
    while (size - length > GRAPHEME_BYTES && sanitise_next(&sanitiser, &grapheme))
        length += grapheme_write(&grapheme, to + length);
    to[length] = '\0';
}

static void take_entity(struct pairing_dial *dial, const struct names *names,
                        const union any_row *row)
{
    copy(dial->entity, sizeof dial->entity, names_text(names, row->row.key));
    copy(dial->currency, sizeof dial->currency, names_text(names, row->entity.cur));
    copy_shown(dial->name, sizeof dial->name, names_text(names, row->entity.name));
}

/* Those rows that are whole; how many are the one that is wanted. */
static uint32_t take_rows(struct pairing_call *call, const struct batch *batch)
{
    struct names *names = names_new();
    uint32_t found = 0;
    const char *why;

    for (uint32_t i = 0; names && i < batch->row_count; i++) {
        union any_row row;
        if (batch_row(batch, i, names, &row, &why) != PSP_OK)
            continue;
        struct text id = names_text(names, row.row.key);
        if (entity_id_is_valid(id) &&
            (!call->wanted || text_equal(id, text_of(call->wanted)))) {
            take_entity(call->dial, names, &row);
            found++;
        }
        row_drop(names, VIEW_ENTITY, &row);
    }
    names_free(names);
    return found;
}

static void on_rows(void *user, const struct answer *answer)
{
    struct pairing_call *call = user;
    const char *address = call->dial->address, *why = "";
    struct batch batch;

    if (answer->error == PSP_DISCONNECTED || answer->error == PSP_CANCELED)
        return;
    enum psp_error error = answer->error;
    if (error == PSP_OK)
        error =
            batch_open(reader_struct(answer->results, PSP_GRANT_READ_RESULTS_BATCH_PTR),
                       &batch, &why);
    if (error != PSP_OK) {
        finish(call, EXIT_REFUSED,
               "%s: paired, but it does not say which entity it is: %s", address,
               *why ? why : psp_error_words(error));
        return;
    }
    uint32_t found = take_rows(call, &batch);
    if (found == 1)
        finish(call, EXIT_COMPLETE, "%s", "");
    else if (found)
        finish(call, EXIT_USAGE,
               "%s: %u entities answer there: say which with --entity ID", address,
               found);
    else
        finish(call, EXIT_REFUSED, "%s: paired, but it shows no entity %s", address,
               call->wanted ? call->wanted : "");
}

static void on_presented(void *user, const struct answer *answer)
{
    struct pairing_call *call = user;

    if (answer->error == PSP_OK || answer->error == PSP_DISCONNECTED ||
        answer->error == PSP_CANCELED)
        return;
    finish(call, EXIT_REFUSED, "%s: paired, but the pairing was refused: %s%s",
           call->dial->address, psp_error_words(answer->error),
           answer->error == PSP_EXPIRED || answer->error == PSP_NOTYET
               ? "; look at the archive's clock"
               : "");
}

static enum psp_error ask_rows(struct pairing_call *call)
{
    struct query query = {.view = text_of(view_table(VIEW_ENTITY)->name),
                          .rows = {.kind = SET_ALL},
                          .columns = {.kind = SET_ALL},
                          .limit = ENTITIES_MAX};
    struct token leaf;
    cap totebox, grant;
    enum psp_error error =
        pairing_leaf(&call->dial->pairing, call->dial->device, &leaf);

    if (error != PSP_OK)
        return error;
    error = caller_bootstrap(call->caller, &totebox);
    if (error == PSP_OK)
        error =
            caller_present(call->caller, totebox, &leaf, on_presented, call, &grant);
    if (error == PSP_OK)
        error = caller_read(call->caller, grant, &query, on_rows, call);
    token_release(&leaf);
    return error;
}

static void on_learning_opened(void *user)
{
    struct pairing_call *call = user;

    call->caller = caller_new(&call->said);
    if (!call->caller || ask_rows(call) != PSP_OK)
        finish(call, EXIT_INTERNAL, "out of memory");
    flush(call);
}

static void on_learning_received(void *user, struct buffer *plaintext)
{
    struct pairing_call *call = user;

    if (caller_receive(call->caller, plaintext) != PSP_OK)
        finish(call, EXIT_NOBODY, "%s: the archive broke the protocol: %s",
               call->dial->address, caller_defect(call->caller));
    else
        flush(call);
}

struct pairing_call *
pairing_call_learn(struct pairing_dial *dial, struct net *net, const char *wanted,
                   void (*ended)(void *user, enum exit_code result), void *user)
{
    static const struct stream_events events = {.opened = on_learning_opened,
                                                .received = on_learning_received,
                                                .closed = on_closed};

    return begin(
        (struct pairing_call){
            .dial = dial, .wanted = wanted, .ended = ended, .user = user},
        net, &events, true);
}

void pairing_dial_release(struct pairing_dial *dial)
{
    token_release(&dial->pairing);
}

/* --- on a loop of its own ----------------------------------------------------------
 */

static void on_alone_ended(void *user, enum exit_code result)
{
    *(enum exit_code *)user = result;
}

static enum exit_code run_alone(struct pairing_dial *dial, bool asks,
                                const char *wanted)
{
    enum exit_code result = EXIT_INTERNAL;
    uv_loop_t loop;
    struct net *net = calloc(1, sizeof *net);

    snprintf(dial->why, sizeof dial->why, "out of memory");
    if (!net || uv_loop_init(&loop) < 0) {
        free(net);
        return EXIT_INTERNAL;
    }
    net->loop = &loop;
    if (channel_identity_new(dial->device, &dial->identity) == PSP_OK &&
        (asks ? pairing_call_ask(dial, net, on_alone_ended, &result)
              : pairing_call_learn(dial, net, wanted, on_alone_ended, &result)))
        uv_run(&loop, UV_RUN_DEFAULT);
    channel_identity_free(dial->identity);
    dial->identity = NULL;
    uv_loop_close(&loop);
    free(net);
    return result;
}

enum exit_code pairing_dial_ask(struct pairing_dial *dial)
{
    return run_alone(dial, true, NULL);
}

enum exit_code pairing_dial_learn(struct pairing_dial *dial, const char *wanted)
{
    return run_alone(dial, false, wanted);
}
