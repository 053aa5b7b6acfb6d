/* golden_message.h - what the recorded messages hold. */
#ifndef TESTS_SUPPORT_GOLDEN_MESSAGE_H
#define TESTS_SUPPORT_GOLDEN_MESSAGE_H

#include "proto/message.h"

/* The Payload of a Call or a Return with results; null for all other messages. */
struct struct_reader golden_payload(struct struct_reader root);
/* ".../c01-call-Totebox.present" names the struct of its parameters,
 * "Totebox.present$Params", and so do results. */
void golden_content_type(const char *stem, char *type, size_t size);
/* The decoded parameters or results in the recorded description, or NULL. */
const char *golden_content_text(const char *description);

#endif
