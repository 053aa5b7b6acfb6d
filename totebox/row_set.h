/* row_set.h - rows of one view that are in memory, sorted by key: a skip list.
 *
 * A set owns its rows and their name references.  A row stays where it is until it is
 * freed, so a pointer to it is its cursor.  Private to the index. */
#ifndef TOTEBOX_ROW_SET_H
#define TOTEBOX_ROW_SET_H

#include "proto/rows.h"

enum { ROW_SET_LEVELS = 12 };

/* What has become of a row since changes were last taken. */
enum row_state { ROW_CLEAN, ROW_NEW, ROW_CHANGED, ROW_DELETED, ROW_CAME_AND_WENT };

struct row_entry {
    union any_row row; /* first: a row pointer is an entry pointer */
    enum row_state state;
    uint32_t levels;
    uint32_t rank; /* rows of the mapped file that come before it */
    struct row_entry *next[];
};

struct row_set {
    enum view view;
    struct names *names; /* borrowed */
    struct row_entry *first[ROW_SET_LEVELS];
    uint32_t levels, count;
    uint32_t random; /* seeds the heights */
};

void row_set_init(struct row_set *set, enum view view, struct names *names);
/* Frees all rows; their names are not dropped one by one: the pool goes as a whole. */
void row_set_release(struct row_set *set);

/* The first row with key >= `key`; NULL when there is none. */
struct row_entry *row_set_seek(const struct row_set *set, struct text key);
struct row_entry *row_set_find(const struct row_set *set, struct text key);
/* Takes over the row's name references.  The key must not be there.  NULL when memory
 * is short; the references stay the caller's then. */
struct row_entry *row_set_insert(struct row_set *set, const union any_row *row);
/* Takes it out of the list; the entry is the caller's, to be freed with row_entry_free.
 */
void row_set_unlink(struct row_set *set, struct row_entry *entry);
void row_entry_free(struct row_entry *entry, enum view view, struct names *names);

#endif
