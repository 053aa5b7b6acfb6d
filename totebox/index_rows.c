#include <stdlib.h>

#include "totebox/index_parts.h"

/* --- both kinds together ---------------------------------------------------------- */

bool index_rows_init(struct archive_index *index)
{
    index->next = calloc(VIEW_COUNT, sizeof(*index->next));
    if (index->next == NULL)
        return false;
    for (int view = 0; view < VIEW_COUNT; view++) {
        struct index_rows *rows = &index->rows[view];
        row_set_init(&rows->set, (enum view)view, index->names);
        rows->mapped =
            index_file_count(&index->file, (enum index_section)(SECTION_ROWS + view));
        rows->dead = rows->mapped ? calloc(rows->mapped / 64 + 1, 8) : NULL;
        if (rows->mapped && rows->dead == NULL)
            return false;
    }
    return true;
}

void index_rows_release(struct archive_index *index)
{
    for (int view = 0; view < VIEW_COUNT; view++) {
        row_set_release(&index->rows[view].set);
        free(index->rows[view].dead);
    }
    free(index->next);
}

static bool is_dead(const struct index_rows *rows, uint32_t place)
{
    return rows->dead[place / 64] >> place % 64 & 1;
}

static struct text key_of(const struct archive_index *index, const union any_row *row)
{
    return names_text(index->names, row->row.key);
}

/* The place of a row of the file; false: it is an entry's. */
static bool is_mapped(const struct archive_index *index, enum view view,
                      const union any_row *row, uint32_t *place)
{
    uint32_t count = index->rows[view].mapped;
    uintptr_t at = (uintptr_t)row, first;

    if (count == 0)
        return false;
    first = (uintptr_t)index_file_row(&index->file, view, 0);
    if (at < first || at >= (uintptr_t)index_file_row(&index->file, view, count))
        return false;
    *place = (uint32_t)((at - first) / view_table(view)->size);
    return true;
}

/* The live row of the file with that key. */
static bool find_mapped(const struct archive_index *index, enum view view,
                        struct text key, uint32_t *place)
{
    const struct index_rows *rows = &index->rows[view];

    *place = index_file_seek(&index->file, view, key);
    return *place < rows->mapped && !is_dead(rows, *place) &&
           text_equal(key_of(index, index_file_row(&index->file, view, *place)), key);
}

/* The first of row `place` of the file and those after it, and `entry`, the first entry
 * that comes after row `place` - 1. */
static const union any_row *first_of(const struct archive_index *index, enum view view,
                                     uint32_t place, const struct row_entry *entry)
{
    const struct index_rows *rows = &index->rows[view];

    for (; place < rows->mapped && !(entry && entry->rank <= place); place++)
        if (!is_dead(rows, place))
            return index_file_row(&index->file, view, place);
    return entry ? &entry->row : NULL;
}

/* --- looking up ------------------------------------------------------------------- */

uint32_t index_row_count(const struct archive_index *index, enum view view)
{
    const struct index_rows *rows = &index->rows[view];
    return rows->mapped - rows->dead_count + rows->set.count;
}

const union any_row *index_find(const struct archive_index *index, enum view view,
                                struct text key)
{
    const struct row_entry *entry = row_set_find(&index->rows[view].set, key);
    uint32_t place;

    if (entry)
        return &entry->row;
    return find_mapped(index, view, key, &place)
               ? index_file_row(&index->file, view, place)
               : NULL;
}

const union any_row *index_seek(const struct archive_index *index, enum view view,
                                struct text key)
{
    return first_of(index, view, index_file_seek(&index->file, view, key),
                    row_set_seek(&index->rows[view].set, key));
}

const union any_row *index_after(const struct archive_index *index, enum view view,
                                 struct text key)
{
    const struct row_entry *entry = row_set_seek(&index->rows[view].set, key);
    uint32_t place = index_file_seek(&index->file, view, key);

    if (entry && text_equal(key_of(index, &entry->row), key))
        entry = entry->next[0];
    if (place < index->rows[view].mapped &&
        text_equal(key_of(index, index_file_row(&index->file, view, place)), key))
        place++;
    return first_of(index, view, place, entry);
}

const union any_row *index_next(const struct archive_index *index, enum view view,
                                const union any_row *row)
{
    struct next_entry *next = &index->next[view];
    uint32_t place;

    if (!is_mapped(index, view, row, &place)) {
        const struct row_entry *entry = (const struct row_entry *)row;
        return first_of(index, view, entry->rank, entry->next[0]);
    }
    if (!next->known || next->after > place ||
        (next->entry && next->entry->rank <= place)) {
        next->entry = row_set_seek(&index->rows[view].set, key_of(index, row));
        next->known = true;
    }
    next->after = place;
    return first_of(index, view, place + 1, next->entry);
}

bool index_row_is_mapped(const struct archive_index *index, enum view view,
                         const union any_row *row)
{
    uint32_t place;
    return is_mapped(index, view, row, &place);
}

int64_t index_row_as_of_ms(const struct archive_index *index, enum view view,
                           const union any_row *row)
{
    if (view == VIEW_POS)
        return index_books_as_of(index, row->pos.start);
    if (view == VIEW_ITEM || view == VIEW_ENTITY)
        return index_as_of_ms(index);
    return row->row.as_of_ms;
}

/* --- changing --------------------------------------------------------------------- */

static enum archive_error note_change(struct archive_index *index,
                                      struct pending pending, struct problem *problem)
{
    if (!LIST_GROW(index->pending))
        return problem_memory(problem);
    index->pending.at[index->pending.count++] = pending;
    return ARCHIVE_OK;
}

static void kill(struct index_rows *rows, uint32_t place)
{
    rows->dead[place / 64] |= (uint64_t)1 << place % 64;
    rows->dead_count++;
}

static enum archive_error insert(struct archive_index *index, enum view view,
                                 union any_row *row, enum row_state state,
                                 uint32_t rank, struct problem *problem)
{
    struct index_rows *rows = &index->rows[view];
    struct row_entry *entry = row_set_insert(&rows->set, row);

    if (entry == NULL) {
        row_drop(index->names, view, row);
        return problem_memory(problem);
    }
    entry->state = state;
    entry->rank = rank;
    index->next[view].known = false;
    if (state == ROW_CHANGED)
        kill(rows, rank);
    return note_change(index, (struct pending){view, entry, NULL}, problem);
}

enum archive_error index_put(struct archive_index *index, enum view view,
                             union any_row *row, struct problem *problem)
{
    struct text key = key_of(index, row);
    struct row_entry *entry = row_set_find(&index->rows[view].set, key);
    uint32_t place;

    if (entry == NULL && !find_mapped(index, view, key, &place))
        return insert(index, view, row, ROW_NEW, place, problem);
    if (row_equal(view, entry ? &entry->row : index_file_row(&index->file, view, place),
                  row)) {
        row_drop(index->names, view, row);
        return ARCHIVE_OK;
    }
    if (entry == NULL)
        return insert(index, view, row, ROW_CHANGED, place, problem);
    row_drop(index->names, view, &entry->row);
    entry->row = *row;
    if (entry->state != ROW_CLEAN)
        return ARCHIVE_OK;
    entry->state = ROW_CHANGED;
    return note_change(index, (struct pending){view, entry, NULL}, problem);
}

enum archive_error index_put_parts(struct archive_index *index, enum view view,
                                   union any_row *row, const struct text *parts,
                                   uint32_t count, struct problem *problem)
{
    char key[ROW_KEY_MAX + 1];
    uint32_t length =
        row_key_write(text_of(index->archive->config.entity), parts, count, key);

    if (length == 0) {
        row_drop(index->names, view, row);
        return problem_set(problem, ARCHIVE_CORRUPT,
                           "ledger line %lld: its row key would be too long",
                           (long long)row->row.seq);
    }
    if (!index_name(index, (struct text){key, length}, &row->row.key)) {
        row_drop(index->names, view, row);
        return problem_memory(problem);
    }
    return index_put(index, view, row, problem);
}

enum archive_error index_delete(struct archive_index *index, enum view view,
                                name_id key, struct problem *problem)
{
    struct index_rows *rows = &index->rows[view];
    struct text text = names_text(index->names, key);
    struct row_entry *entry = row_set_find(&rows->set, text);
    enum row_state before;
    uint32_t place;

    if (entry == NULL && !find_mapped(index, view, text, &place))
        return ARCHIVE_OK;
    if (entry == NULL) {
        kill(rows, place);
        return note_change(
            index,
            (struct pending){view, NULL, index_file_row(&index->file, view, place)},
            problem);
    }
    row_set_unlink(&rows->set, entry);
    index->next[view].known = false;
    before = entry->state;
    entry->state = before == ROW_NEW ? ROW_CAME_AND_WENT : ROW_DELETED;
    return before == ROW_CLEAN
               ? note_change(index, (struct pending){view, entry, NULL}, problem)
               : ARCHIVE_OK;
}

/* --- reporting -------------------------------------------------------------------- */

static void bury(struct archive_index *index)
{
    for (uint32_t i = 0; i < index->graves.count; i++)
        row_entry_free(index->graves.at[i].entry, index->graves.at[i].view,
                       index->names);
    index->graves.count = 0;
}

enum archive_error index_report(struct archive_index *index,
                                struct index_changes *changes, struct problem *problem)
{
    bury(index);
    index->reported.count = 0;
    for (uint32_t i = 0; i < index->pending.count; i++) {
        struct pending pending = index->pending.at[i];
        struct row_entry *entry = pending.entry;
        enum row_state state = entry ? entry->state : ROW_DELETED;
        if (!LIST_GROW(index->reported) || !LIST_GROW(index->graves))
            return problem_memory(problem);
        if (entry && (state == ROW_DELETED || state == ROW_CAME_AND_WENT))
            index->graves.at[index->graves.count++] = pending;
        if (entry)
            entry->state = ROW_CLEAN;
        if (state != ROW_CAME_AND_WENT)
            index->reported.at[index->reported.count++] = (struct index_change){
                pending.view, state == ROW_DELETED, entry ? &entry->row : pending.gone};
    }
    index->pending.count = 0;
    *changes = (struct index_changes){index->reported.at, index->reported.count};
    return ARCHIVE_OK;
}

void index_forget_changes(struct archive_index *index)
{
    for (uint32_t i = 0; i < index->pending.count; i++) {
        struct row_entry *entry = index->pending.at[i].entry;
        if (entry && (entry->state == ROW_DELETED || entry->state == ROW_CAME_AND_WENT))
            row_entry_free(entry, index->pending.at[i].view, index->names);
    }
    index->pending.count = 0;
    bury(index);
}
