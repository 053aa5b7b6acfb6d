#include "proto/caller_commands.h"

#include "proto/caller_tables.h"
#include "proto/layout.h"

enum psp_error caller_submit(struct caller *caller, cap commander,
                             const struct command *command, caller_done *done,
                             void *user)
{
    struct call call;

    if (command_defect(command))
        return PSP_MALFORMED;
    enum psp_error error =
        caller_call_begin(caller, commander, PSP_COMMANDER_ID, PSP_COMMANDER_SUBMIT,
                          PSP_COMMANDER_SUBMIT_PARAMS_DATA_WORDS,
                          PSP_COMMANDER_SUBMIT_PARAMS_PTRS, &call);
    if (error != PSP_OK)
        return error;
    command_build(command, call.params, PSP_COMMANDER_SUBMIT_PARAMS_COMMAND_PTR);
    return caller_call_end(caller, &call, done, user, NULL);
}

enum psp_error caller_status(struct caller *caller, cap commander,
                             const uint8_t id[COMMAND_ID_BYTES], caller_done *done,
                             void *user)
{
    struct call call;
    enum psp_error error =
        caller_call_begin(caller, commander, PSP_COMMANDER_ID, PSP_COMMANDER_STATUS,
                          PSP_COMMANDER_STATUS_PARAMS_DATA_WORDS,
                          PSP_COMMANDER_STATUS_PARAMS_PTRS, &call);

    if (error != PSP_OK)
        return error;
    builder_data(call.params, PSP_COMMANDER_STATUS_PARAMS_ID_PTR, id, COMMAND_ID_BYTES);
    return caller_call_end(caller, &call, done, user, NULL);
}

enum psp_error caller_receipt(const struct answer *answer,
                              const uint8_t id[COMMAND_ID_BYTES],
                              const uint8_t authority[KEY_BYTES],
                              struct receipt *receipt)
{
    struct struct_reader from =
        reader_struct(answer->results, PSP_COMMANDER_SUBMIT_RESULTS_RECEIPT_PTR);
    enum psp_error error = receipt_read(from, receipt);

    if (error == PSP_OK)
        error = receipt_verify(receipt, authority);
    if (error == PSP_OK && memcmp(receipt->id, id, COMMAND_ID_BYTES) != 0)
        error = PSP_CONFLICT;
    return error;
}
_Static_assert(PSP_COMMANDER_SUBMIT_RESULTS_RECEIPT_PTR ==
                   PSP_COMMANDER_STATUS_RESULTS_RECEIPT_PTR,
               "submit and status answer differently");
