#include "totebox/sources.h"

#include <string.h>

/* FNV-1a, seeded: which networks share a place is not for a peer to choose. */
static uint32_t place_of(const struct sources *sources,
                         const uint8_t network[SOURCE_BYTES])
{
    uint64_t hash = 14695981039346656037u;
    for (int i = 0; i < SOURCE_BYTES; i++)
        hash = (hash ^ sources->secret[i]) * 1099511628211u;
    for (int i = 0; i < SOURCE_BYTES; i++)
        hash = (hash ^ network[i]) * 1099511628211u;
    return (uint32_t)(hash >> 32) % SOURCES_KEPT;
}

/* What of its failures still counts at `now_ms`. */
static int64_t spent(const struct source *source, int64_t now_ms)
{
    int64_t back = (now_ms - source->at_ms) * SOURCE_PER_S;
    return back < source->spent_milli ? source->spent_milli - back : 0;
}

bool sources_admit(const struct sources *sources, const uint8_t network[SOURCE_BYTES],
                   int64_t now_ms)
{
    const struct source *source = &sources->source[place_of(sources, network)];
    return memcmp(source->network, network, SOURCE_BYTES) != 0 ||
           spent(source, now_ms) <= (SOURCE_BURST - 1) * 1000;
}

/* Of two that share a place, the one with more failures keeps it. */
void sources_note_failure(struct sources *sources, const uint8_t network[SOURCE_BYTES],
                          int64_t now_ms)
{
    struct source *source = &sources->source[place_of(sources, network)];
    int64_t before = spent(source, now_ms);
    if (memcmp(source->network, network, SOURCE_BYTES) != 0) {
        if (before > 0) {
            source->spent_milli = before > 1000 ? before - 1000 : 0;
            source->at_ms = now_ms;
            return;
        }
        memcpy(source->network, network, SOURCE_BYTES);
    }
    source->spent_milli = before + 1000;
    if (source->spent_milli > SOURCE_BURST * 1000)
        source->spent_milli = SOURCE_BURST * 1000;
    source->at_ms = now_ms;
}
