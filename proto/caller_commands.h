/* caller_commands.h - the caller's side of a Commander: submit one command, ask what
 * became of one.
 *
 * Apart from caller.h, so that who only reads is not linked with it: the linker proves
 * that such a program cannot send a command.  The results of both are a receipt in
 * pointer field 0. */
#ifndef PROTO_CALLER_COMMANDS_H
#define PROTO_CALLER_COMMANDS_H

#include "proto/caller.h"
#include "proto/command.h"

/* Errors as in caller.h, and PSP_MALFORMED for a command that has a defect. */
MUST_CHECK enum psp_error caller_submit(struct caller *caller, cap commander,
                                        const struct command *command,
                                        caller_done *done, void *user);
MUST_CHECK enum psp_error caller_status(struct caller *caller, cap commander,
                                        const uint8_t id[COMMAND_ID_BYTES],
                                        caller_done *done, void *user);
/* Of either's answer: reads the receipt and verifies it.  PSP_MALFORMED; PSP_SIGNATURE
 * unless `authority` signed it; PSP_CONFLICT when it is about another command. */
MUST_CHECK enum psp_error caller_receipt(const struct answer *answer,
                                         const uint8_t id[COMMAND_ID_BYTES],
                                         const uint8_t authority[KEY_BYTES],
                                         struct receipt *receipt);

#endif
