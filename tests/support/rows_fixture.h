/* rows_fixture.h - rows for tests, straight into a store: no wire, no archive.
 *
 * A fixture is a config made by hand plus a store.  A row is written as pairs of column
 * name and text; the key is made from the view's table.  Everything asserts. */
#ifndef TESTS_SUPPORT_ROWS_FIXTURE_H
#define TESTS_SUPPORT_ROWS_FIXTURE_H

#include "core/store.h"

enum { FIXTURE_SLOTS_MAX = 10000, FIXTURE_FIELDS_MAX = 24 };

/* 2026-01-01T00:00:00Z: the end of 2025-12-31. */
#define FIXTURE_NOW_MS INT64_C(1767225600000)
#define FIXTURE_DAY_MS INT64_C(86400000)

struct fixture {
    struct config config;
    struct store *store;
    char entities[FIXTURE_SLOTS_MAX][ENTITY_ID_MAX + 1];
    int64_t as_of_ms; /* of rows that name none; FIXTURE_NOW_MS - 1 */
    int64_t seq;
};

/* Blocks are added first, then fixture_start makes the store. */
struct fixture *fixture_new(void);
struct config_totebox *fixture_block(struct fixture *fixture, const char *entity);
void fixture_start(struct fixture *fixture);
void fixture_free(struct fixture *fixture);

uint32_t fixture_slot(const struct fixture *fixture, const char *entity);
/* LIVE since FIXTURE_NOW_MS. */
void fixture_live(struct fixture *fixture, const char *entity);
void fixture_live_all(struct fixture *fixture);

/* The row as a struct that holds its names; `fields`: name, value, ..., NULL. */
void fixture_row(struct fixture *fixture, enum view view, const char *entity,
                 const char *const *fields, union any_row *row);
/* Into the open group of the entity's slot, or a group of its own. */
void fixture_put(struct fixture *fixture, enum view view, const char *entity, ...)
    __attribute__((sentinel));
/* The same through the slot of another block (hubs, structure, spoofs). */
void fixture_put_as(struct fixture *fixture, const char *block, enum view view,
                    const char *entity, ...) __attribute__((sentinel));

/* Tab-separated: calls `row` with the cells of each line after the header. */
void fixture_tsv(const char *path, void (*row)(void *user, char **cells), void *user);

/* The worked example of docs/views.md section 6 from tests/data/alder: blocks ALD BIR
 * CED DOG ELM GAL (GAL never answers and nobody owns it), portfolio "alder" in USD.
 * Nothing is loaded and no link is live yet. */
struct fixture *fixture_alder(void);
/* Loads the rows of one of the five and makes its link live. */
void fixture_alder_answers(struct fixture *fixture, const char *entity);
/* All five; with items too, when asked. */
struct fixture *fixture_alder_full(bool with_items);

#endif
