#include "totebox/merkle.h"

#include <string.h>

void merkle_init(struct merkle *merkle)
{
    memset(merkle, 0, sizeof(*merkle));
}

void merkle_leaf(const void *entry, size_t length, uint8_t hash[HASH_BYTES])
{
    static const uint8_t prefix = 0;
    struct hasher hasher;

    hasher_init(&hasher);
    hasher_update(&hasher, &prefix, 1);
    hasher_update(&hasher, entry, length);
    hasher_finish(&hasher, hash);
}

static void join(const uint8_t left[HASH_BYTES], const uint8_t right[HASH_BYTES],
                 uint8_t node[HASH_BYTES])
{
    uint8_t bytes[1 + 2 * HASH_BYTES];

    bytes[0] = 1;
    memcpy(bytes + 1, left, HASH_BYTES);
    memcpy(bytes + 1 + HASH_BYTES, right, HASH_BYTES);
    sha256(bytes, sizeof(bytes), node);
}

void merkle_add(struct merkle *merkle, const uint8_t leaf[HASH_BYTES])
{
    uint8_t node[HASH_BYTES];
    uint32_t level = 0;

    memcpy(node, leaf, HASH_BYTES);
    for (; merkle->size >> level & 1; level++)
        join(merkle->edge[level], node, node);
    memcpy(merkle->edge[level], node, HASH_BYTES);
    merkle->size++;
}

void merkle_root(const struct merkle *merkle, uint8_t root[HASH_BYTES])
{
    bool started = false;

    if (merkle->size == 0) {
        sha256(NULL, 0, root);
        return;
    }
    for (uint32_t level = 0; level < 64; level++) {
        if (!(merkle->size >> level & 1))
            continue;
        if (started)
            join(merkle->edge[level], root, root);
        else
            memcpy(root, merkle->edge[level], HASH_BYTES);
        started = true;
    }
}
