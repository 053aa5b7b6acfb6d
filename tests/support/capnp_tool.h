/* capnp_tool.h - asks the official tool. */
#ifndef TESTS_SUPPORT_CAPNP_TOOL_H
#define TESTS_SUPPORT_CAPNP_TOOL_H

#include <stdbool.h>
#include <stddef.h>

/* What `capnp VERB proto/psp.capnp TYPE` writes when it reads `input`; it may be bytes,
 * a NUL follows.  free() it.  *refused: the tool complained. */
char *capnp_tool(const char *verb, const char *type, const void *input,
                 size_t input_length, size_t *length, bool *refused);

#endif
