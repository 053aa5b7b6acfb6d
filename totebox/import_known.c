#include "totebox/import_known.h"

#include <stdlib.h>

bool import_known_init(struct import_known *known, const struct import_plan *plan)
{
    memset(known, 0, sizeof(*known));
    known->kind = plan->request->kind;
    buffer_init(&known->source);
    digest_map_init(&known->map);
    return buffer_append(&known->source, buffer_bytes(&plan->source),
                         buffer_length(&plan->source)) &&
           buffer_append(&known->source, ":", 1);
}

void import_known_release(struct import_known *known)
{
    buffer_release(&known->source);
    digest_map_release(&known->map);
    free(known->postings);
    free(known->transactions);
    free(known->contents);
}

static bool grow(void **at, uint32_t count, uint32_t *capacity, size_t size)
{
    uint32_t wanted = *capacity ? *capacity * 2 : 64;
    void *moved;

    if (count < *capacity)
        return true;
    moved = realloc(*at, wanted * size);
    if (moved == NULL)
        return false;
    *at = moved;
    *capacity = wanted;
    return true;
}

/* --- transactions --------------------------------------------------------------- */

/* "hledger:books.csv:" and a line number, nothing after it. */
static bool is_of_source(const struct import_known *known, struct text src)
{
    struct text source = {(const char *)buffer_bytes(&known->source),
                          (uint32_t)buffer_length(&known->source)};

    if (!text_starts_with(src, source) || src.length == source.length)
        return false;
    for (uint32_t i = source.length; i < src.length; i++)
        if (src.bytes[i] < '0' || src.bytes[i] > '9')
            return false;
    return true;
}

static int hex_digit(char byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

static bool read_id(struct text id, uint8_t digest[HASH_BYTES])
{
    if (id.length != 2 * HASH_BYTES)
        return false;
    for (int i = 0; i < HASH_BYTES; i++) {
        int high = hex_digit(id.bytes[2 * i]), low = hex_digit(id.bytes[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        digest[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static enum archive_error take_posting(struct import_known *known,
                                       const struct line *line, struct problem *problem)
{
    uint8_t digest[HASH_BYTES];
    uint32_t *place;

    if (!is_of_source(known, line->field[FIELD_SRC]) ||
        !read_id(line->field[FIELD_TXN], digest))
        return ARCHIVE_OK;
    place = digest_map_put(&known->map, digest);
    if (place == NULL ||
        !grow((void **)&known->postings, known->posting_count, &known->posting_capacity,
              sizeof(*known->postings)) ||
        !grow((void **)&known->transactions, known->count, &known->capacity,
              sizeof(*known->transactions)))
        return problem_memory(problem);
    if (*place == 0) {
        known->transactions[known->count++] = (struct known_transaction){0};
        *place = known->count;
    }
    /* One that was corrected and came back has its newest line first. */
    if (known->transactions[*place - 1].live++ == 0)
        known->transactions[*place - 1].first = line->seq;
    known->postings[known->posting_count++] =
        (struct known_posting){line->seq, *place - 1, true};
    return ARCHIVE_OK;
}

static int by_seq(const void *key, const void *member)
{
    uint64_t seq = *(const uint64_t *)key;
    const struct known_posting *posting = member;
    return seq < posting->seq ? -1 : seq > posting->seq;
}

static void take_correction(struct import_known *known, const struct line *line)
{
    struct text of = line->field[FIELD_OF];
    struct known_posting *posting;
    uint64_t seq = 0;

    for (uint32_t i = 0; i < of.length; i++)
        seq = seq * 10 + (uint64_t)(of.bytes[i] - '0');
    if (known->posting_count == 0)
        return;
    posting = bsearch(&seq, known->postings, known->posting_count,
                      sizeof(*known->postings), by_seq);
    if (posting && posting->counts) {
        posting->counts = false;
        known->transactions[posting->transaction].live--;
    }
}

/* --- facts ---------------------------------------------------------------------- */

static enum archive_error take_fact(struct import_known *known, const struct line *line,
                                    struct problem *problem)
{
    uint8_t key[HASH_BYTES], content[HASH_BYTES];
    uint32_t *place;

    fact_digests(line, key, content);
    place = digest_map_put(&known->map, key);
    if (place == NULL || !grow((void **)&known->contents, known->count,
                               &known->capacity, sizeof(*known->contents)))
        return problem_memory(problem);
    if (*place == 0)
        *place = ++known->count;
    memcpy(known->contents[*place - 1], content, HASH_BYTES);
    return ARCHIVE_OK;
}

static bool is_fact_of(enum import_kind kind, enum line_type type)
{
    switch (kind) {
    case IMPORT_METRIC:
        return type == LINE_METRIC;
    case IMPORT_EDGE:
        return type == LINE_EDGE;
    case IMPORT_OBLIGATION:
        return type == LINE_OBLIGATION;
    case IMPORT_RATES:
        return type == LINE_RATE;
    case IMPORT_HLEDGER:
    case IMPORT_TRIAL_BALANCE:
    case IMPORT_KIND_COUNT:
        break;
    }
    return false;
}

enum archive_error import_known_line(void *user, const struct ledger *ledger,
                                     const struct line *line, struct problem *problem)
{
    struct import_known *known = user;
    bool books = known->kind == IMPORT_HLEDGER || known->kind == IMPORT_TRIAL_BALANCE;

    (void)ledger;
    if (books && line->type == LINE_POSTING)
        return take_posting(known, line, problem);
    if (books && line->type == LINE_CORRECTION)
        take_correction(known, line);
    else if (is_fact_of(known->kind, line->type))
        return take_fact(known, line, problem);
    return ARCHIVE_OK;
}

enum known_state import_known_state(struct import_known *known,
                                    const struct import_entry *entry)
{
    const uint32_t *place = digest_map_find(&known->map, entry->key);

    if (place == NULL)
        return KNOWN_NOT;
    if (known->contents)
        return memcmp(known->contents[*place - 1], entry->content, HASH_BYTES) == 0
                   ? KNOWN_SAME
                   : KNOWN_OTHER;
    if (known->transactions[*place - 1].live == 0)
        return KNOWN_NOT;
    known->transactions[*place - 1].in_file = true;
    return KNOWN_SAME;
}
