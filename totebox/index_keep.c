#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/row_cells.h"
#include "totebox/index_parts.h"

enum {
    WRITE_BYTES = 1 << 16,
    HEADER_BYTES = SIGNATURE_BYTES + sizeof(struct index_header)
};

/* A file in the making.  What fails is remembered and said at the end. */
struct keeper {
    const struct archive_index *index;
    int fd;
    bool failed;
    uint64_t bytes; /* so far */
    struct index_header header;
    enum index_section section;
    struct hasher hasher;
    struct buffer waiting;
    name_id *fresh; /* by old id */
    name_id *old;   /* by fresh id */
    uint32_t names;
};

static void flush(struct keeper *keeper)
{
    const uint8_t *bytes = buffer_bytes(&keeper->waiting);
    size_t length = buffer_length(&keeper->waiting), done = 0;

    while (done < length && !keeper->failed) {
        ssize_t put = write(keeper->fd, bytes + done, length - done);
        if (put < 0 && errno == EINTR)
            continue;
        keeper->failed = put <= 0;
        done += put > 0 ? (size_t)put : 0;
    }
    buffer_truncate(&keeper->waiting, 0);
}

static void put(struct keeper *keeper, const void *bytes, size_t length)
{
    if (keeper->failed || length == 0)
        return;
    if (!buffer_append(&keeper->waiting, bytes, length))
        keeper->failed = true;
    keeper->bytes += length;
    if (buffer_length(&keeper->waiting) >= WRITE_BYTES)
        flush(keeper);
}

void keep_section(struct keeper *keeper, enum index_section section)
{
    static const uint8_t zeros[16];

    put(keeper, zeros, -keeper->bytes & 15);
    keeper->header.section[section].offset = keeper->bytes;
    keeper->section = section;
}

void keep_record(struct keeper *keeper, const void *record, size_t size)
{
    put(keeper, record, size);
    keeper->header.section[keeper->section].count++;
}

name_id keep_name(struct keeper *keeper, name_id id)
{
    if (id == 0)
        return 0;
    if (keeper->fresh[id] == 0) {
        keeper->fresh[id] = ++keeper->names;
        keeper->old[keeper->names] = id;
    }
    return keeper->fresh[id];
}

/* --- sections --------------------------------------------------------------------- */

static void keep_row(struct keeper *keeper, enum view view, const union any_row *row)
{
    const struct view_table *table = view_table(view);
    union any_row kept;

    memset(&kept, 0, sizeof(kept));
    memcpy(&kept, row, table->size);
    kept.row.key = keep_name(keeper, row->row.key);
    kept.row.entity = keep_name(keeper, row->row.entity);
    for (uint32_t i = 0; i < table->column_count; i++) {
        if (table->columns[i].type != COLUMN_TEXT)
            continue;
        name_id name = keep_name(keeper, row_name(row, &table->columns[i]));
        memcpy((char *)&kept + table->columns[i].offset, &name, sizeof(name));
    }
    keep_record(keeper, &kept, table->size);
}

static void keep_rows(struct keeper *keeper)
{
    for (int view = 0; view < VIEW_COUNT; view++) {
        keep_section(keeper, (enum index_section)(SECTION_ROWS + view));
        for (const union any_row *row =
                 index_seek(keeper->index, (enum view)view, TEXT(""));
             row; row = index_next(keeper->index, (enum view)view, row))
            keep_row(keeper, (enum view)view, row);
    }
}

static void keep_made_rows(struct keeper *keeper, enum index_section section,
                           const struct made_row *newer, uint32_t count)
{
    const struct index_file *file = &keeper->index->file;
    const struct made_row *mapped = index_file_at(file, section);
    uint32_t older = index_file_count(file, section);

    keep_section(keeper, section);
    for (uint32_t i = 0; i < older + count; i++) {
        const struct made_row *from = i < older ? &mapped[i] : &newer[i - older];
        struct made_row kept;
        memset(&kept, 0, sizeof(kept));
        kept.seq = from->seq;
        kept.key = keep_name(keeper, from->key);
        keep_record(keeper, &kept, sizeof(kept));
    }
}

/* Two sorted lists as one. */
static void keep_corrected(struct keeper *keeper)
{
    const struct archive_index *index = keeper->index;
    const uint64_t *mapped = index_file_at(&index->file, SECTION_CORRECTED);
    const uint64_t *newer = index->corrected.at;
    uint32_t older = index_file_count(&index->file, SECTION_CORRECTED), i = 0, j = 0;

    keep_section(keeper, SECTION_CORRECTED);
    while (i < older || j < index->corrected.count) {
        bool first = j == index->corrected.count || (i < older && mapped[i] < newer[j]);
        keep_record(keeper, first ? &mapped[i++] : &newer[j++], sizeof(uint64_t));
    }
}

static void keep_lists(struct keeper *keeper)
{
    const struct archive_index *index = keeper->index;

    keep_made_rows(keeper, SECTION_ITEMS, index->items.at, index->items.count);
    keep_made_rows(keeper, SECTION_NOTES, index->notes.at, index->notes.count);
    keep_corrected(keeper);
    keep_section(keeper, SECTION_REVOKED);
    for (uint32_t i = 0; i < index->revoked.count; i++)
        keep_record(keeper, &index->revoked.at[i], sizeof(struct revoked));
    keep_section(keeper, SECTION_ASOFS);
    for (uint32_t i = 0; i < index->asofs.count; i++) {
        struct asof asof;
        memset(&asof, 0, sizeof(asof));
        asof.end = index->asofs.at[i].end;
        asof.seq = index->asofs.at[i].seq;
        keep_record(keeper, &asof, sizeof(asof));
    }
}

static struct text kept_name(const struct keeper *keeper, name_id fresh)
{
    return names_text(keeper->index->names, keeper->old[fresh]);
}

static void keep_slots(struct keeper *keeper)
{
    uint32_t mask = 1;
    name_id *slots;

    while (mask < 2 * keeper->names + 1)
        mask = 2 * mask + 1;
    slots = calloc((size_t)mask + 1, sizeof(*slots));
    keeper->failed = keeper->failed || slots == NULL;
    for (name_id id = 1; slots && id <= keeper->names; id++) {
        uint32_t slot = names_hash(kept_name(keeper, id)) & mask;
        while (slots[slot])
            slot = (slot + 1) & mask;
        slots[slot] = id;
    }
    keep_section(keeper, SECTION_SLOTS);
    for (uint32_t i = 0; slots && i <= mask; i++)
        keep_record(keeper, &slots[i], sizeof(*slots));
    free(slots);
}

static void keep_names(struct keeper *keeper)
{
    uint64_t start = 0;

    keep_section(keeper, SECTION_STARTS);
    keep_record(keeper, &start, sizeof(start));
    for (name_id id = 1; id <= keeper->names; id++) {
        start += kept_name(keeper, id).length + 1;
        keep_record(keeper, &start, sizeof(start));
    }
    keep_section(keeper, SECTION_BYTES);
    for (name_id id = 1; id <= keeper->names; id++)
        put(keeper, kept_name(keeper, id).bytes, kept_name(keeper, id).length + 1);
    keeper->header.section[SECTION_BYTES].count = start;
    keep_slots(keeper);
}

/* --- the whole -------------------------------------------------------------------- */

static void fill_header(struct keeper *keeper)
{
    const struct archive_index *index = keeper->index;
    struct index_header *header = &keeper->header;

    index_file_digest(index->archive, &index->plan, header->digest);
    header->bytes = keeper->bytes;
    ledger_position(index->ledger, &header->position);
    header->last_posting_ms = index->last_posting_ms;
    header->book_lines = index->book_lines;
    header->entity_seq = index->entity_seq;
    memcpy(header->lifecycle, index->lifecycle, sizeof(header->lifecycle));
}

/* The file is hashed as it lies on the disk, header first, so it is read once more. */
static bool hash_file(struct keeper *keeper, uint8_t hash[HASH_BYTES])
{
    uint64_t at = SIGNATURE_BYTES;

    hasher_init(&keeper->hasher);
    while (at < keeper->bytes) {
        uint8_t *room = buffer_reserve(&keeper->waiting, WRITE_BYTES);
        ssize_t got = room ? pread(keeper->fd, room, WRITE_BYTES, (off_t)at) : -1;
        if (got <= 0)
            return false;
        hasher_update(&keeper->hasher, room, (size_t)got);
        at += (uint64_t)got;
    }
    hasher_finish(&keeper->hasher, hash);
    return true;
}

static bool seal(struct keeper *keeper)
{
    uint8_t message[PURPOSE_BYTES + HASH_BYTES], signature[SIGNATURE_BYTES];

    purpose_write("totebox index v1", message);
    if (pwrite(keeper->fd, &keeper->header, sizeof(keeper->header), SIGNATURE_BYTES) !=
            (ssize_t)sizeof(keeper->header) ||
        !hash_file(keeper, message + PURPOSE_BYTES))
        return false;
    sign(&keeper->index->archive->authority, message, sizeof(message), signature);
    return pwrite(keeper->fd, signature, sizeof(signature), 0) ==
               (ssize_t)sizeof(signature) &&
           fsync(keeper->fd) == 0;
}

static bool keep_all(struct archive_index *index, struct keeper *keeper)
{
    static const uint8_t nothing[HEADER_BYTES];

    put(keeper, nothing, sizeof(nothing));
    keep_rows(keeper);
    keep_lists(keeper);
    if (!index_keep_books(index, keeper) || !index_keep_rates(index, keeper))
        return false;
    keep_names(keeper);
    flush(keeper);
    if (keeper->failed)
        return false;
    fill_header(keeper);
    return seal(keeper);
}

static enum archive_error write_beside(struct archive_index *index, const char *beside,
                                       const char *path, struct problem *problem)
{
    struct keeper keeper = {.index = index};
    uint32_t limit = names_limit(index->names);
    enum archive_error error = ARCHIVE_OK;

    buffer_init(&keeper.waiting);
    keeper.fresh = calloc(limit, sizeof(name_id));
    keeper.old = calloc(limit, sizeof(name_id));
    keeper.fd = open(beside, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (keeper.fd < 0)
        error = problem_errno(problem, "%s: cannot create", beside);
    else if (keeper.fresh == NULL || keeper.old == NULL)
        error = problem_memory(problem);
    else if (!keep_all(index, &keeper) || rename(beside, path) != 0)
        error = problem_errno(problem, "%s: cannot write", beside);
    if (keeper.fd >= 0)
        close(keeper.fd);
    if (keeper.fd >= 0 && error != ARCHIVE_OK)
        unlink(beside);
    free(keeper.fresh);
    free(keeper.old);
    buffer_release(&keeper.waiting);
    return error;
}

enum archive_error index_write_file(struct archive_index *index,
                                    struct problem *problem)
{
    char path[4096], beside[4200];
    struct index_plan exposed;
    uint8_t asked[HASH_BYTES], own[HASH_BYTES];

    exposure_plan(index->archive->exposure, &exposed);
    index_file_digest(index->archive, &index->plan, asked);
    index_file_digest(index->archive, &exposed, own);
    if (index->until_ms != INT64_MAX || memcmp(asked, own, HASH_BYTES) != 0)
        return problem_set(problem, ARCHIVE_REFUSED,
                           "index/rows holds what exposure.conf exposes, as it is now");
    if (index->revision != ledger_lines(index->ledger) || index->pending.count)
        return problem_set(problem, ARCHIVE_REFUSED, "lines are yet to be taken over");
    int length = snprintf(path, sizeof(path), "%s/index", index->archive->directory);
    if (length >= (int)sizeof(path) - 8)
        return problem_set(problem, ARCHIVE_REFUSED, "the path is too long");
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return problem_errno(problem, "%s: cannot create", path);
    snprintf(path + length, sizeof(path) - (size_t)length, "/rows");
    /* Of its own name: two programs may write at once, and either file is good. */
    snprintf(beside, sizeof(beside), "%s.%ld", path, (long)getpid());
    unlink(beside);
    return write_beside(index, beside, path, problem);
}
