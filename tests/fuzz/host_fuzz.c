/* host_fuzz.c - any stream from a hostile caller, after a normal flight.
 *
 * The first byte says how the stream is cut and whether `next` waits; the rest is what
 * the caller sends.  Whatever came: what we send are whole messages of kinds that a
 * host may send, every object is released once, every call that waits is answered or
 * cancelled. */
#include <stdlib.h>

#include "proto/host.h"
#include "tests/support/counting_service.h"
#include "tests/support/rpc_writer.h"

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length);

struct fuzz {
    struct buffer output, input;
    struct counting_service service;
    struct host *host;
};

static void require(bool condition)
{
    if (!condition)
        abort();
}

/* Answers 0 bootstrap, 1 present, 3 presentCommand, which also are exports 0, 1, 2. */
static void open_flight(struct fuzz *fuzz)
{
    struct rpc_call call = {.id = 1,
                            .interface = PSP_TOTEBOX_ID,
                            .method = PSP_TOTEBOX_PRESENT,
                            .promised = true};
    rpc_write_plain(&fuzz->input, RPC_MESSAGE_BOOTSTRAP_TAG, 0);
    rpc_write_call(&fuzz->input, &call);
    call.id = 3;
    call.method = PSP_TOTEBOX_PRESENT_COMMAND;
    rpc_write_call(&fuzz->input, &call);
    require(host_receive(fuzz->host, &fuzz->input) == PSP_OK);
    require(host_is_presented(fuzz->host));
}

static void check_output(struct fuzz *fuzz)
{
    while (buffer_length(&fuzz->output)) {
        struct message message;
        size_t length;
        require(rpc_message_receive(&fuzz->output, MESSAGE_WORDS_MAX, &message,
                                    &length) == PSP_OK);
        require(length != 0);
        uint16_t tag = reader_u16(message_root(&message), RPC_MESSAGE_TAG_OFF);
        require(tag == RPC_MESSAGE_RETURN_TAG || tag == RPC_MESSAGE_RELEASE_TAG ||
                tag == RPC_MESSAGE_ABORT_TAG);
        buffer_consume(&fuzz->output, length);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length)
{
    struct fuzz fuzz = {.host = NULL};
    if (length == 0)
        return 0;
    size_t step = (input[0] & 0x7f) ? input[0] & 0x7f : length;
    counting_service_init(&fuzz.service);
    fuzz.host = host_new(&fuzz.output, &counting_methods, &fuzz.service);
    require(fuzz.host != NULL);
    fuzz.service.host = fuzz.host;
    fuzz.service.holds_back = input[0] & 0x80;
    open_flight(&fuzz);
    enum psp_error error = PSP_OK;
    for (size_t at = 1; at < length && error == PSP_OK; at += step) {
        size_t piece = length - at < step ? length - at : step;
        require(buffer_append(&fuzz.input, input + at, piece));
        error = host_receive(fuzz.host, &fuzz.input);
        if (at % 3 == 0)
            counting_service_answer(&fuzz.service);
        check_output(&fuzz);
    }
    require(error == PSP_OK || *host_defect(fuzz.host));
    counting_service_answer(&fuzz.service);
    check_output(&fuzz);
    host_free(fuzz.host);
    require(counting_service_is_even(&fuzz.service));
    require(fuzz.service.waiting_count == 0);
    counting_service_release(&fuzz.service);
    buffer_release(&fuzz.output);
    buffer_release(&fuzz.input);
    return 0;
}
