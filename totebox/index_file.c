#include "totebox/index_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/row_cells.h"

enum { HEADER_BYTES = SIGNATURE_BYTES + sizeof(struct index_header), ALIGNMENT = 16 };

_Static_assert(SIGNATURE_BYTES % ALIGNMENT == 0, "the header is aligned");

static size_t section_size(enum index_section section)
{
    static const size_t sizes[SECTION_ROWS] = {
        [SECTION_STARTS] = sizeof(uint64_t),
        [SECTION_BYTES] = 1,
        [SECTION_SLOTS] = sizeof(name_id),
        [SECTION_SUMS] = sizeof(struct kept_sum),
        [SECTION_ORDINALS] = sizeof(struct kept_ordinal),
        [SECTION_ITEMS] = sizeof(struct made_row),
        [SECTION_NOTES] = sizeof(struct made_row),
        [SECTION_CORRECTED] = sizeof(uint64_t),
        [SECTION_REVOKED] = sizeof(struct revoked),
        [SECTION_ASOFS] = sizeof(struct asof),
        [SECTION_FIXINGS] = sizeof(struct kept_fixing),
    };

    return section < SECTION_ROWS
               ? sizes[section]
               : view_table((enum view)(section - SECTION_ROWS))->size;
}

/* --- what the rows depend on ------------------------------------------------------ */

static void hash_number(struct hasher *hasher, uint64_t number)
{
    hasher_update(hasher, &number, sizeof(number));
}

static void hash_string(struct hasher *hasher, const char *string)
{
    size_t length = string ? strlen(string) + 1 : 0;

    hash_number(hasher, length);
    if (length)
        hasher_update(hasher, string, length);
}

static void hash_config(struct hasher *hasher, const struct archive_config *config)
{
    const char *strings[] = {config->entity,       config->name,      config->kind,
                             config->currency,     config->lifecycle, config->tags,
                             config->parent_scope, config->origin};

    for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
        hash_string(hasher, strings[i]);
    hash_number(hasher, (uint64_t)config->fy_start);
    hash_number(hasher, config->map_count);
    for (uint32_t i = 0; i < config->map_count; i++) {
        hash_string(hasher, config->maps[i].pattern);
        hash_string(hasher, config->maps[i].cls);
        hash_string(hasher, config->maps[i].line);
    }
    for (uint32_t i = 0; i < config->commodity_count; i++) {
        hash_string(hasher, config->commodities[i].name);
        hash_string(hasher, config->commodities[i].iso);
    }
}

void index_file_digest(const struct archive *archive, const struct index_plan *plan,
                       uint8_t digest[HASH_BYTES])
{
    struct hasher hasher;

    hasher_begin(&hasher, "totebox index rows v1");
    hash_number(&hasher, 0x0102030405060708); /* says the byte order */
    hash_number(&hasher, sizeof(struct index_header));
    for (int section = 0; section < SECTION_COUNT; section++)
        hash_number(&hasher, section_size((enum index_section)section));
    for (int view = 0; view < VIEW_COUNT; view++)
        for (uint32_t i = 0; i < view_table((enum view)view)->column_count; i++)
            hash_number(&hasher, view_table((enum view)view)->columns[i].offset);
    hash_number(&hasher, plan->views);
    hash_number(&hasher, (uint64_t)plan->totals << 1 | plan->accounts);
    hash_number(&hasher, (uint64_t)plan->items_from);
    hash_number(&hasher, plan->period_count);
    for (uint32_t i = 0; i < plan->period_count; i++) {
        hash_number(&hasher, (uint64_t)plan->periods[i].start);
        hash_number(&hasher, (uint64_t)plan->periods[i].end);
    }
    hash_config(&hasher, &archive->config);
    hasher_finish(&hasher, digest);
}

/* --- checking --------------------------------------------------------------------- */

/* Sections lie inside the file, aligned; names inside theirs. */
static bool has_sections(const struct index_file *file)
{
    for (int i = 0; i < SECTION_COUNT; i++) {
        uint64_t offset = file->header->section[i].offset;
        uint64_t count = file->header->section[i].count;
        if (offset % ALIGNMENT || offset < HEADER_BYTES || offset > file->bytes ||
            count > UINT32_MAX / 4 ||
            count > (file->bytes - offset) / section_size((enum index_section)i))
            return false;
    }
    return true;
}

static bool has_names(struct index_file *file)
{
    uint32_t starts = index_file_count(file, SECTION_STARTS);
    uint64_t bytes = index_file_count(file, SECTION_BYTES);
    uint32_t slots = index_file_count(file, SECTION_SLOTS), empty = 0;

    file->names = (struct names_base){.bytes = index_file_at(file, SECTION_BYTES),
                                      .starts = index_file_at(file, SECTION_STARTS),
                                      .count = starts - 1,
                                      .slots = index_file_at(file, SECTION_SLOTS),
                                      .slot_mask = slots - 1};
    if (starts == 0 || slots == 0 || (slots & (slots - 1)) != 0)
        return false;
    for (uint32_t i = 1; i < starts; i++) {
        uint64_t from = file->names.starts[i - 1], to = file->names.starts[i];
        if (to <= from || to > bytes || file->names.bytes[to - 1] != '\0')
            return false;
    }
    for (uint32_t i = 0; i < slots; i++) {
        if (file->names.slots[i] >= starts)
            return false;
        empty += file->names.slots[i] == 0;
    }
    return empty > 0;
}

static bool is_name(const struct index_file *file, name_id id)
{
    return id <= file->names.count;
}

static struct text name_text(const struct index_file *file, name_id id)
{
    if (id == 0)
        return (struct text){"", 0};
    uint64_t start = file->names.starts[id - 1];
    return (struct text){file->names.bytes + start,
                         (uint32_t)(file->names.starts[id] - start - 1)};
}

static bool is_amount(struct amount amount)
{
    return amount.scale <= DECIMAL_SCALE_MAX && amount.mark <= CELL_SUPPRESSED_REPEATED;
}

static bool is_row(const struct index_file *file, enum view view,
                   const union any_row *row)
{
    const struct view_table *table = view_table(view);

    if (row->row.key == 0 || !is_name(file, row->row.key) ||
        !is_name(file, row->row.entity))
        return false;
    for (uint32_t i = 0; i < table->column_count; i++) {
        const struct column *column = &table->columns[i];
        if (row->row.marks[i] > CELL_SUPPRESSED_REPEATED ||
            (column->type == COLUMN_TEXT && !is_name(file, row_name(row, column))) ||
            (column->type == COLUMN_DECIMAL && !is_amount(*row_amount(row, column))))
            return false;
    }
    return true;
}

static bool has_rows(const struct index_file *file, enum view view)
{
    uint32_t count =
        index_file_count(file, (enum index_section)(SECTION_ROWS + (int)view));
    struct text before = {"", 0};

    for (uint32_t i = 0; i < count; i++) {
        const union any_row *row = index_file_row(file, view, i);
        if (!is_row(file, view, row))
            return false;
        struct text key = name_text(file, row->row.key);
        if (text_compare(before, key) >= 0)
            return false;
        before = key;
    }
    return true;
}

static bool has_sums(const struct index_file *file, uint32_t periods)
{
    const struct kept_sum *sums = index_file_at(file, SECTION_SUMS);
    uint32_t count = index_file_count(file, SECTION_SUMS);

    for (uint32_t i = 0; i < count; i++) {
        const struct kept_sum *sum = &sums[i];
        if ((i && index_compare_keys(&sums[i - 1].key, &sum->key) >= 0) ||
            sum->key.period >= periods || !is_name(file, sum->key.line) ||
            !is_name(file, sum->key.account) || !is_name(file, sum->key.cp) ||
            !is_name(file, sum->key.cur) || !is_name(file, sum->hist_cur) ||
            !is_name(file, sum->row_key) || !is_amount(sum->open) ||
            !is_amount(sum->move) || !is_amount(sum->hist_open) ||
            !is_amount(sum->hist_move))
            return false;
    }
    return true;
}

static bool has_made_rows(const struct index_file *file, enum index_section section)
{
    const struct made_row *rows = index_file_at(file, section);
    uint32_t count = index_file_count(file, section);

    for (uint32_t i = 0; i < count; i++)
        if ((i && rows[i - 1].seq >= rows[i].seq) || !is_name(file, rows[i].key))
            return false;
    return true;
}

static bool has_lists(const struct index_file *file)
{
    const struct kept_ordinal *ordinals = index_file_at(file, SECTION_ORDINALS);
    const uint64_t *corrected = index_file_at(file, SECTION_CORRECTED);
    const struct kept_fixing *fixings = index_file_at(file, SECTION_FIXINGS);

    for (uint32_t i = 0; i < index_file_count(file, SECTION_ORDINALS); i++)
        if ((i && ordinals[i - 1].prefix >= ordinals[i].prefix) ||
            !is_name(file, ordinals[i].prefix))
            return false;
    for (uint32_t i = 1; i < index_file_count(file, SECTION_CORRECTED); i++)
        if (corrected[i - 1] >= corrected[i])
            return false;
    for (uint32_t i = 0; i < index_file_count(file, SECTION_FIXINGS); i++)
        if (!is_name(file, fixings[i].from) || !is_name(file, fixings[i].to) ||
            !is_name(file, fixings[i].source) || !is_amount(fixings[i].rate))
            return false;
    return has_made_rows(file, SECTION_ITEMS) && has_made_rows(file, SECTION_NOTES);
}

const char *index_file_check(struct index_file *file, const void *bytes, size_t length,
                             const uint8_t digest[HASH_BYTES], uint32_t periods)
{
    *file = (struct index_file){.map = bytes, .bytes = length};
    if (length < HEADER_BYTES)
        return "it is shorter than its header";
    file->header = (const void *)(file->map + SIGNATURE_BYTES);
    if (memcmp(file->header->digest, digest, HASH_BYTES) != 0)
        return "the configuration, or the program, is another one than when it was "
               "written";
    if (file->header->bytes != length || !has_sections(file))
        return "its parts are not inside it";
    if (memchr(file->header->lifecycle, '\0', sizeof(file->header->lifecycle)) == NULL)
        return "its header is not one";
    if (!has_names(file))
        return "its names are not in order";
    for (int view = 0; view < VIEW_COUNT; view++)
        if (!has_rows(file, (enum view)view))
            return "its rows are not in order";
    if (!has_sums(file, periods) || !has_lists(file))
        return "its sums are not in order";
    return NULL;
}

/* --- opening ---------------------------------------------------------------------- */

static bool is_signed(const struct archive *archive, const uint8_t *map, size_t length)
{
    uint8_t message[PURPOSE_BYTES + HASH_BYTES];

    purpose_write("totebox index v1", message);
    sha256(map + SIGNATURE_BYTES, length - SIGNATURE_BYTES, message + PURPOSE_BYTES);
    return signature_verifies(archive->authority.public_key, message, sizeof(message),
                              map);
}

static const char *map_file(struct index_file *file, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    struct stat status;
    void *map;

    if (fd < 0)
        return errno == ENOENT ? NULL : "it cannot be opened";
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) ||
        status.st_size < (off_t)HEADER_BYTES) {
        close(fd);
        return "it is shorter than its header";
    }
    map = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    if (map == MAP_FAILED)
        return "it cannot be mapped";
    *file = (struct index_file){.map = map, .bytes = (size_t)status.st_size};
    return NULL;
}

bool index_file_open(struct index_file *file, const struct archive *archive,
                     const struct index_plan *plan, const char **why)
{
    char *path = archive_path(archive->directory, "index/rows");
    struct index_file mapped = {0};
    uint8_t digest[HASH_BYTES];

    *file = (struct index_file){0};
    *why = path ? map_file(&mapped, path) : "memory is short";
    free(path);
    if (mapped.map == NULL)
        return false;
    index_file_digest(archive, plan, digest);
    if (!is_signed(archive, mapped.map, mapped.bytes))
        *why = "it is not as this archive wrote it";
    else
        *why = index_file_check(file, mapped.map, mapped.bytes, digest,
                                plan->period_count);
    if (*why == NULL)
        return true;
    *file = mapped;
    index_file_close(file);
    return false;
}

void index_file_close(struct index_file *file)
{
    if (file->map)
        munmap((void *)(uintptr_t)file->map, file->bytes);
    *file = (struct index_file){0};
}

/* --- searching -------------------------------------------------------------------- */

int index_compare_keys(const struct pos_key *a, const struct pos_key *b)
{
    return memcmp(a, b, sizeof(*a));
}

const struct kept_sum *index_file_sum(const struct index_file *file,
                                      const struct pos_key *key)
{
    const struct kept_sum *sums = index_file_at(file, SECTION_SUMS);
    uint32_t low = 0, high = index_file_count(file, SECTION_SUMS);

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = index_compare_keys(&sums[middle].key, key);
        if (order == 0)
            return &sums[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const struct kept_ordinal *index_file_ordinal(const struct index_file *file,
                                              name_id prefix)
{
    const struct kept_ordinal *ordinals = index_file_at(file, SECTION_ORDINALS);
    uint32_t low = 0, high = index_file_count(file, SECTION_ORDINALS);

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (ordinals[middle].prefix == prefix)
            return &ordinals[middle];
        if (ordinals[middle].prefix < prefix)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

name_id index_file_item(const struct index_file *file, uint64_t seq)
{
    const struct made_row *items = index_file_at(file, SECTION_ITEMS);
    uint32_t low = 0, high = index_file_count(file, SECTION_ITEMS);

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (items[middle].seq == seq)
            return items[middle].key;
        if (items[middle].seq < seq)
            low = middle + 1;
        else
            high = middle;
    }
    return 0;
}

bool index_file_corrects(const struct index_file *file, uint64_t seq)
{
    const uint64_t *corrected = index_file_at(file, SECTION_CORRECTED);
    uint32_t low = 0, high = index_file_count(file, SECTION_CORRECTED);

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (corrected[middle] == seq)
            return true;
        if (corrected[middle] < seq)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

uint32_t index_file_seek(const struct index_file *file, enum view view, struct text key)
{
    uint32_t low = 0;
    uint32_t high =
        index_file_count(file, (enum index_section)(SECTION_ROWS + (int)view));

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const union any_row *row = index_file_row(file, view, middle);
        if (text_compare(name_text(file, row->row.key), key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}
