#include "totebox/import_digests.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 256 };

void digest_map_init(struct digest_map *map)
{
    memset(map, 0, sizeof(*map));
}

void digest_map_release(struct digest_map *map)
{
    free(map->slots);
    digest_map_init(map);
}

/* Where it is, or where it would be.  A digest is as good as random already. */
static struct digest_slot *slot_of(struct digest_slot *slots, uint32_t capacity,
                                   const uint8_t digest[HASH_BYTES])
{
    uint32_t at;

    memcpy(&at, digest, sizeof(at));
    for (at &= capacity - 1; slots[at].used; at = (at + 1) & (capacity - 1))
        if (memcmp(slots[at].digest, digest, HASH_BYTES) == 0)
            break;
    return &slots[at];
}

uint32_t *digest_map_find(const struct digest_map *map,
                          const uint8_t digest[HASH_BYTES])
{
    struct digest_slot *slot;

    if (map->capacity == 0)
        return NULL;
    slot = slot_of(map->slots, map->capacity, digest);
    return slot->used ? &slot->value : NULL;
}

static bool grow(struct digest_map *map)
{
    uint32_t capacity = map->capacity ? map->capacity * 2 : FIRST_CAPACITY;
    struct digest_slot *slots = calloc(capacity, sizeof(*slots));

    if (slots == NULL)
        return false;
    for (uint32_t i = 0; i < map->capacity; i++)
        if (map->slots[i].used)
            *slot_of(slots, capacity, map->slots[i].digest) = map->slots[i];
    free(map->slots);
    map->slots = slots;
    map->capacity = capacity;
    return true;
}

uint32_t *digest_map_put(struct digest_map *map, const uint8_t digest[HASH_BYTES])
{
    struct digest_slot *slot;

    if (map->count * 2 >= map->capacity && !grow(map))
        return NULL;
    slot = slot_of(map->slots, map->capacity, digest);
    if (!slot->used) {
        slot->used = true;
        memcpy(slot->digest, digest, HASH_BYTES);
        map->count++;
    }
    return &slot->value;
}
