/* merkle.h - the Merkle tree of RFC 9162 over an append-only list, by its right edge.
 *
 * Only the roots of the complete subtrees are kept (one a bit of the size), so that
 * adding a leaf and taking the root cost O(log n) and no memory.
 * Source: RFC 9162, 2.1.1: leaf = SHA-256(0x00 || entry), node = SHA-256(0x01 || left
 * || right), the empty tree is SHA-256 of nothing. */
#ifndef TOTEBOX_MERKLE_H
#define TOTEBOX_MERKLE_H

#include "proto/sign.h"

struct merkle {
    uint64_t size; /* leaves */
    uint8_t edge[64]
                [HASH_BYTES]; /* edge[i]: a subtree of 2^i leaves, where bit i is set */
};

void merkle_init(struct merkle *merkle);
void merkle_leaf(const void *entry, size_t length, uint8_t hash[HASH_BYTES]);
void merkle_add(struct merkle *merkle, const uint8_t leaf[HASH_BYTES]);
void merkle_root(const struct merkle *merkle, uint8_t root[HASH_BYTES]);

#endif
