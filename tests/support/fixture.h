/* fixture.h - files of the source tree, and reproducible chance. */
#ifndef TESTS_SUPPORT_FIXTURE_H
#define TESTS_SUPPORT_FIXTURE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/buffer.h"
#include "proto/sign.h"

/* The whole of a file named from the top of the source tree.  Stops the test program
 * when it is not there.  Release the buffer. */
static inline struct buffer fixture_load(const char *name)
{
    const char *top = getenv("top_srcdir");
    char path[4096];
    struct buffer bytes;

    buffer_init(&bytes);
    snprintf(path, sizeof path, "%s/%s", top ? top : ".", name);
    FILE *file = fopen(path, "rb");
    for (size_t got = 1; file && got;) {
        uint8_t *room = buffer_reserve(&bytes, 4096);
        got = room ? fread(room, 1, 4096, file) : 0;
        buffer_commit(&bytes, got);
    }
    if (!file || ferror(file)) {
        perror(path);
        exit(1);
    }
    fclose(file);
    return bytes;
}

/* A seed from $TEST_SEED, or a new one; it is printed, so that a failure can be met
 * again. */
static inline uint64_t chance_seed(const char *test)
{
    const char *given = getenv("TEST_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 10) : 0;

    if (!given && !random_bytes(&seed, sizeof seed))
        exit(1);
    printf("%s: TEST_SEED=%llu\n", test, (unsigned long long)seed);
    return seed;
}

/* SplitMix64: every seed is a good one. */
static inline uint64_t chance(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

#endif
