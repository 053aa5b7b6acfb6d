/* names.h - interned strings: one 32-bit id for each distinct run of bytes.
 *
 * Rows of thousands of archives repeat the same entity ids, accounts, periods and
 * currencies; a row holds ids, not strings.  Id 0 is the empty string and is never
 * counted.  Ids are reference counted: an archive that sends ever new strings does not
 * make the pool grow once its rows are gone. */
#ifndef PROTO_NAMES_H
#define PROTO_NAMES_H

#include "proto/error.h"
#include "proto/text.h"

typedef uint32_t
    name_id; /* the one typedef of an integer: it says what the number is */

struct names;

struct names *names_new(void); /* NULL when memory is short */

/* Strings that lie in a mapped file: ids 1..count, never counted and never freed.
 * String `id` is bytes[starts[id - 1]] up to the NUL before bytes[starts[id]].  `slots`
 * is a table of slot_mask + 1 ids by open addressing over names_hash(), with empty
 * ones. */
struct names_base {
    const char *bytes;
    const uint64_t *starts; /* count + 1 */
    uint32_t count;
    const name_id *slots;
    uint32_t slot_mask;
};
uint32_t names_hash(struct text text);
/* A pool that goes on after the ids of `base`, which it borrows (not the struct). */
struct names *names_new_over(const struct names_base *base);
/* Above every id in use. */
name_id names_limit(const struct names *names);
void names_free(struct names *names);

/* The id of `text`, with one more reference; false when memory is short. */
MUST_CHECK bool names_intern(struct names *names, struct text text, name_id *id);
/* The id of `text` if it is there (no reference taken), else 0. */
name_id names_find(const struct names *names, struct text text);
void names_hold(struct names *names, name_id id);
void names_drop(struct names *names, name_id id);

/* Borrowed, valid while the id is held.  The bytes are followed by a NUL. */
struct text names_text(const struct names *names, name_id id);
const char *names_string(const struct names *names, name_id id);

/* Distinct strings held now, without the empty one and those of a base. */
uint32_t names_count(const struct names *names);

#endif
