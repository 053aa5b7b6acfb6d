#include "totebox/row_set.h"

#include <stdlib.h>

void row_set_init(struct row_set *set, enum view view, struct names *names)
{
    *set = (struct row_set){.view = view, .names = names, .random = 2463534242};
}

void row_set_release(struct row_set *set)
{
    struct row_entry *entry = set->first[0];

    while (entry) {
        struct row_entry *next = entry->next[0];
        free(entry);
        entry = next;
    }
    row_set_init(set, set->view, set->names);
}

static struct text key_of(const struct row_set *set, const struct row_entry *entry)
{
    return names_text(set->names, entry->row.row.key);
}

/* For each level, the link that leads to the first entry with key >= `key`. */
static void find_links(struct row_set *set, struct text key,
                       struct row_entry **links[ROW_SET_LEVELS])
{
    struct row_entry **row = set->first;

    for (uint32_t level = set->levels; level-- > 0;) {
        while (row[level] && text_compare(key_of(set, row[level]), key) < 0)
            row = row[level]->next;
        links[level] = &row[level];
    }
}

struct row_entry *row_set_seek(const struct row_set *set, struct text key)
{
    struct row_entry *const *row = set->first;

    for (uint32_t level = set->levels; level-- > 0;)
        while (row[level] && text_compare(key_of(set, row[level]), key) < 0)
            row = row[level]->next;
    return row[0];
}

struct row_entry *row_set_find(const struct row_set *set, struct text key)
{
    struct row_entry *entry = row_set_seek(set, key);
    return entry && text_equal(key_of(set, entry), key) ? entry : NULL;
}

/* A quarter of the entries of each level reach the next (xorshift32). */
static uint32_t draw_levels(struct row_set *set)
{
    uint32_t levels = 1, bits;

    set->random ^= set->random << 13;
    set->random ^= set->random >> 17;
    set->random ^= set->random << 5;
    for (bits = set->random; levels < ROW_SET_LEVELS && (bits & 3) == 0; bits >>= 2)
        levels++;
    return levels;
}

struct row_entry *row_set_insert(struct row_set *set, const union any_row *row)
{
    uint32_t levels = draw_levels(set);
    struct row_entry **links[ROW_SET_LEVELS];
    struct row_entry *entry =
        calloc(1, sizeof(*entry) + levels * sizeof(entry->next[0]));

    if (entry == NULL)
        return NULL;
    while (set->levels < levels)
        set->first[set->levels++] = NULL;
    entry->row = *row;
    entry->levels = levels;
    find_links(set, names_text(set->names, row->row.key), links);
    for (uint32_t level = 0; level < levels; level++) {
        entry->next[level] = *links[level];
        *links[level] = entry;
    }
    set->count++;
    return entry;
}

void row_set_unlink(struct row_set *set, struct row_entry *entry)
{
    struct row_entry **links[ROW_SET_LEVELS];

    find_links(set, key_of(set, entry), links);
    for (uint32_t level = 0; level < entry->levels; level++)
        *links[level] = entry->next[level];
    set->count--;
}

void row_entry_free(struct row_entry *entry, enum view view, struct names *names)
{
    row_drop(names, view, &entry->row);
    free(entry);
}
