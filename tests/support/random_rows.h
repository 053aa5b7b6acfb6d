/* random_rows.h - row structs with every kind of cell, made from a seed that is
 * printed. */
#ifndef TESTS_SUPPORT_RANDOM_ROWS_H
#define TESTS_SUPPORT_RANDOM_ROWS_H

#include "proto/rows.h"

struct random {
    uint64_t state;
};

/* From $TEST_SEED, else from the clock; printed either way. */
struct random random_seeded(const char *test);
uint64_t random_next(struct random *random);
/* 0 to below - 1. */
uint32_t random_below(struct random *random, uint32_t below);

/* A row of the view that batch_row would accept again, key included.  Holds its names:
 * give them back with row_drop.  `wide`: amounts that do not fit 64 bits may occur;
 * `marks`: so may cells without a value, but not in parts of the key. */
void random_row(struct random *random, struct names *names, enum view view, bool wide,
                bool marks, union any_row *row);

#endif
