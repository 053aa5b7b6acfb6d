/* import_digests.h - a map from SHA-256 digests to numbers.
 *
 * What a file says and what the ledger says are compared by digest, so that neither has
 * to be held in memory as lines. */
#ifndef TOTEBOX_IMPORT_DIGESTS_H
#define TOTEBOX_IMPORT_DIGESTS_H

#include <stdbool.h>

#include "proto/sign.h"

struct digest_slot {
    uint8_t digest[HASH_BYTES];
    uint32_t value;
    bool used;
};

struct digest_map {
    struct digest_slot *slots; /* a power of two of them, at most half full */
    uint32_t capacity, count;
};

void digest_map_init(struct digest_map *map);
void digest_map_release(struct digest_map *map);
/* The value of a digest, NULL when it is not there.  Valid until the next put. */
uint32_t *digest_map_find(const struct digest_map *map,
                          const uint8_t digest[HASH_BYTES]);
/* The same; adds it with the value 0.  NULL when memory is short. */
uint32_t *digest_map_put(struct digest_map *map, const uint8_t digest[HASH_BYTES]);

#endif
