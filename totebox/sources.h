/* sources.h - how often handshakes from one network have failed lately.
 *
 * A token bucket a source: each failure takes one, 20 a second come back.  Whose bucket
 * is empty is turned away before TLS costs anything.  Success costs nothing, so that a
 * fleet behind one address may come back all at once. */
#ifndef TOTEBOX_SOURCES_H
#define TOTEBOX_SOURCES_H

#include <stdbool.h>
#include <stdint.h>

enum {
    SOURCE_BYTES = 8, /* an IPv4 address, or the network of an IPv6 address */
    SOURCES_KEPT = 256,
    SOURCE_BURST = 20,
    SOURCE_PER_S = 20,
};

/* All zero is empty; `secret` may be any bytes that peers cannot know. */
struct sources {
    uint8_t secret[8];
    struct source {
        uint8_t network[SOURCE_BYTES];
        int64_t spent_milli; /* failures that have not come back yet */
        int64_t at_ms;
    } source[SOURCES_KEPT];
};

bool sources_admit(const struct sources *sources, const uint8_t network[SOURCE_BYTES],
                   int64_t now_ms);
void sources_note_failure(struct sources *sources, const uint8_t network[SOURCE_BYTES],
                          int64_t now_ms);

#endif
