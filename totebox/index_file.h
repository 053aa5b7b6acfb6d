/* index_file.h - the index on disk: index/rows, mapped and read where it lies.
 *
 *   signature   64 bytes: authority key over SHA-256 of the rest (purpose
 *               "totebox index v1")
 *   header      struct index_header
 *   sections    arrays of one struct each, 16-aligned, all in the order in which they
 *               are searched
 *
 * Rows are the structs of proto/rows.h sorted by key; their texts are ids into one
 * table of strings, so that a name is there once.  A file is written beside, synced and
 * renamed over the old one, and never changed: whoever has mapped the old one keeps it.
 * It is of the machine that wrote it (byte order and struct layout are in its digest).
 *
 * Nothing in it is believed before index_file_check(): the signature says that the
 * archive wrote it and that no bit fell over since; the check that follows says that no
 * id, offset or order in it can lead anywhere else, whoever wrote it.  A file that is
 * not good costs nothing but the time of a rebuild: the ledger is the truth.
 *
 * Private to the index. */
#ifndef TOTEBOX_INDEX_FILE_H
#define TOTEBOX_INDEX_FILE_H

#include "totebox/archive.h"

enum index_section {
    SECTION_STARTS, /* uint64_t, of names_base */
    SECTION_BYTES,  /* char */
    SECTION_SLOTS,  /* name_id */
    SECTION_SUMS,   /* struct kept_sum, by key */
    SECTION_ORDINALS,
    SECTION_ITEMS, /* struct made_row, by seq */
    SECTION_NOTES, /* struct made_row, as they came */
    SECTION_CORRECTED,
    SECTION_REVOKED,
    SECTION_ASOFS,
    SECTION_FIXINGS, /* struct kept_fixing, by pair and day */
    SECTION_ROWS,    /* + enum view */
    SECTION_COUNT = SECTION_ROWS + VIEW_COUNT
};

/* Which row a line made: for lines that change an earlier one. */
struct made_row {
    uint64_t seq;
    name_id key;
};

struct revoked {
    uint8_t holder[HASH_BYTES];
    uint64_t epoch;
};

struct asof {
    int32_t end;
    uint64_t seq;
};

/* One row of pos in the making: sums over postings. */
struct pos_key {
    uint32_t period; /* of the plan */
    uint32_t cls;
    name_id line, account, cp, cur;
};

struct kept_sum {
    struct pos_key key;
    name_id hist_cur, row_key;
    struct amount open, move, hist_open, hist_move;
    int64_t open_count, move_count, open_without, move_without;
    uint64_t seq;
    uint64_t hist_mixed;
};

struct kept_ordinal {
    name_id prefix;
    uint32_t count;
};

struct kept_fixing {
    name_id from, to, source;
    int32_t day;
    struct amount rate;
    uint64_t seq;
};

struct index_header {
    uint8_t digest[HASH_BYTES]; /* index_file_digest(): what the rows depend on */
    uint64_t bytes;             /* of the whole file */
    struct ledger_position position;
    int64_t last_posting_ms;
    uint64_t book_lines, entity_seq;
    char lifecycle[16];
    struct {
        uint64_t offset, count;
    } section[SECTION_COUNT];
};

struct index_file {
    const uint8_t *map; /* NULL: none */
    size_t bytes;
    const struct index_header *header;
    struct names_base names;
};

/* Of everything besides the ledger that decides what the rows are: the plan, what
 * archive.conf says, and how this program lays a row out. */
void index_file_digest(const struct archive *archive, const struct index_plan *plan,
                       uint8_t digest[HASH_BYTES]);

/* Maps ARCHIVE/index/rows and checks it.  False with *why: a literal, or NULL when
 * there is no file. */
MUST_CHECK bool index_file_open(struct index_file *file, const struct archive *archive,
                                const struct index_plan *plan, const char **why);
void index_file_close(struct index_file *file);
/* The second half of the check, over bytes that may be anything (16-aligned, not
 * copied). `periods` is the count of the plan's.  NULL, or what is wrong. */
const char *index_file_check(struct index_file *file, const void *bytes, size_t length,
                             const uint8_t digest[HASH_BYTES], uint32_t periods);

static inline const void *index_file_at(const struct index_file *file,
                                        enum index_section section)
{
    return file->map ? file->map + file->header->section[section].offset : NULL;
}
static inline uint32_t index_file_count(const struct index_file *file,
                                        enum index_section section)
{
    return file->map ? (uint32_t)file->header->section[section].count : 0;
}

int index_compare_keys(const struct pos_key *a, const struct pos_key *b);
/* Search by halves; NULL, or the count, when there is none. */
const struct kept_sum *index_file_sum(const struct index_file *file,
                                      const struct pos_key *key);
const struct kept_ordinal *index_file_ordinal(const struct index_file *file,
                                              name_id prefix);
name_id index_file_item(const struct index_file *file, uint64_t seq); /* 0: none */
bool index_file_corrects(const struct index_file *file, uint64_t seq);
/* The first row whose key is not before `key`. */
uint32_t index_file_seek(const struct index_file *file, enum view view,
                         struct text key);
static inline const union any_row *index_file_row(const struct index_file *file,
                                                  enum view view, uint32_t place)
{
    const uint8_t *rows =
        index_file_at(file, (enum index_section)(SECTION_ROWS + (int)view));
    return (const void *)(rows + place * view_table(view)->size);
}

#endif
