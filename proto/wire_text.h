/* wire_text.h - which text may be a name, a row key or a label on the wire.
 *
 * Source: psp.capnp, "Limits". */
#ifndef PROTO_WIRE_TEXT_H
#define PROTO_WIRE_TEXT_H

#include "proto/text.h"

enum {
    WIRE_NAME_BYTES_MAX = 64,
    WIRE_KEY_BYTES_MAX = 255,
};

/* A view, column, verb or argument: [A-Za-z0-9_.-]{1,64}. */
bool wire_text_is_name(struct text name);
/* 1..bytes_max bytes of UTF-8 without U+0000..U+001F and U+007F..U+009F. */
bool wire_text_is_clean(struct text text, uint32_t bytes_max);
/* A row key: clean, up to 255 bytes. */
bool wire_text_is_key(struct text key);

#endif
