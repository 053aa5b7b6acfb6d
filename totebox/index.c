#include "totebox/index.h"

#include <stdio.h>
#include <stdlib.h>

#include "totebox/index_parts.h"

/* --- small tools ---------------------------------------------------------------- */

bool list_grow(void **at, uint32_t count, uint32_t *capacity, size_t size)
{
    uint32_t wanted = *capacity ? *capacity * 2 : 16;
    void *grown;

    if (count < *capacity)
        return true;
    if (wanted <= *capacity)
        return false;
    grown = realloc(*at, wanted * size);
    if (grown == NULL)
        return false;
    *at = grown;
    *capacity = wanted;
    return true;
}

enum archive_error index_defect(const struct line *line, const char *words,
                                struct problem *problem)
{
    return problem_set(problem, ARCHIVE_CORRUPT, "ledger line %llu: %s",
                       (unsigned long long)line->seq, words);
}

struct decimal line_decimal(const struct line *line, enum line_field field)
{
    struct decimal value;

    if (decimal_parse(line->field[field], &value) != DECIMAL_OK)
        return decimal_from_int(0);
    return value;
}

int32_t line_date(const struct line *line, enum line_field field)
{
    int32_t date;

    return date_parse(line->field[field], &date) ? date : 0;
}

uint64_t line_number(const struct line *line, enum line_field field)
{
    struct text text = line->field[field];
    uint64_t value = 0;

    for (uint32_t i = 0; i < text.length; i++)
        value = value * 10 + (uint64_t)(text.bytes[i] - '0');
    return value;
}

struct amount amount_marked(enum cell_mark mark)
{
    return (struct amount){.mark = (uint8_t)mark};
}

struct amount line_amount(const struct line *line, enum line_field field)
{
    struct amount amount;

    if (line->field[field].length == 0 ||
        amount_from_decimal(line_decimal(line, field), &amount) != DECIMAL_OK)
        return amount_marked(CELL_NOT_APPLICABLE);
    amount.mark = CELL_PRESENT;
    return amount;
}

void index_row_start(struct archive_index *index, union any_row *row, uint64_t seq)
{
    memset(row, 0, sizeof(*row));
    row->row.entity = index->entity;
    names_hold(index->names, index->entity);
    row->row.seq = (int64_t)seq;
}

bool index_name(struct archive_index *index, struct text text, name_id *id)
{
    return names_intern(index->names, text, id);
}

/* --- lines ---------------------------------------------------------------------- */

/* Where `seq` is or belongs in the sorted list of corrected postings. */
static uint32_t corrected_place(const struct archive_index *index, uint64_t seq)
{
    uint32_t low = 0, high = index->corrected.count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (index->corrected.at[middle] < seq)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool index_is_corrected(const struct archive_index *index, uint64_t seq)
{
    uint32_t place = corrected_place(index, seq);
    return index_file_corrects(&index->file, seq) ||
           (place < index->corrected.count && index->corrected.at[place] == seq);
}

/* Reads line `seq` again, into `text`. */
static enum archive_error read_again(const struct archive_index *index,
                                     const struct ledger *ledger, uint64_t seq,
                                     struct buffer *text, struct line *line,
                                     struct problem *problem)
{
    enum archive_error error = ledger_text(ledger, seq, text, problem);

    if (error == ARCHIVE_OK)
        error = line_read((char *)buffer_bytes(text), (uint32_t)buffer_length(text),
                          line, problem);
    if (error == ARCHIVE_OK &&
        (line->type != LINE_POSTING || index_is_corrected(index, seq)))
        error = problem_set(problem, ARCHIVE_REFUSED,
                            line->type == LINE_POSTING
                                ? "line %llu is corrected already"
                                : "line %llu is no posting: append a newer line of the "
                                  "same key instead",
                            (unsigned long long)seq);
    return error;
}

enum archive_error index_may_correct(const struct archive_index *index, uint64_t seq,
                                     struct problem *problem)
{
    enum archive_error error;
    struct buffer text;
    struct line line;

    buffer_init(&text);
    error = read_again(index, index->ledger, seq, &text, &line, problem);
    buffer_release(&text);
    return error;
}

static enum archive_error correct(struct archive_index *index,
                                  const struct ledger *ledger, const struct line *line,
                                  struct problem *problem)
{
    uint64_t of = line_number(line, FIELD_OF);
    enum archive_error error;
    struct buffer text;
    struct line posting;
    uint32_t place;

    if (of >= line->seq)
        return index_defect(line, "corrects a line that comes later", problem);
    buffer_init(&text);
    error = read_again(index, ledger, of, &text, &posting, problem);
    if (error == ARCHIVE_OK)
        error = index_posting(index, &posting, true, problem);
    else if (error == ARCHIVE_REFUSED)
        error = problem_set(problem, ARCHIVE_CORRUPT,
                            "ledger line %llu: corrects a line "
                            "that cannot be corrected",
                            (unsigned long long)line->seq);
    buffer_release(&text);
    if (error != ARCHIVE_OK)
        return error;
    if (!LIST_GROW(index->corrected))
        return problem_memory(problem);
    place = corrected_place(index, of);
    memmove(index->corrected.at + place + 1, index->corrected.at + place,
            (index->corrected.count - place) * sizeof(*index->corrected.at));
    index->corrected.at[place] = of;
    index->corrected.count++;
    return ARCHIVE_OK;
}

static enum archive_error take_asof(struct archive_index *index,
                                    const struct line *line, struct problem *problem)
{
    if (!LIST_GROW(index->asofs))
        return problem_memory(problem);
    index->asofs.at[index->asofs.count++] =
        (struct asof){line_date(line, FIELD_END), line->seq};
    index->entity_changed = true;
    return ARCHIVE_OK;
}

static enum archive_error take_revocation(struct archive_index *index,
                                          const struct line *line,
                                          struct problem *problem)
{
    struct text hex = line->field[FIELD_HOLDER];
    struct revoked revoked = {.epoch = line_number(line, FIELD_EPOCH)};

    for (uint32_t i = 0; i < HASH_BYTES; i++) {
        unsigned high = (unsigned char)hex.bytes[2 * i];
        unsigned low = (unsigned char)hex.bytes[2 * i + 1];
        high = high <= '9' ? high - '0' : high - 'a' + 10;
        low = low <= '9' ? low - '0' : low - 'a' + 10;
        revoked.holder[i] = (uint8_t)(high << 4 | low);
    }
    if (!LIST_GROW(index->revoked))
        return problem_memory(problem);
    index->revoked.at[index->revoked.count++] = revoked;
    return ARCHIVE_OK;
}

static enum archive_error take_line(struct archive_index *index,
                                    const struct ledger *ledger,
                                    const struct line *line, struct problem *problem)
{
    switch (line->type) {
    case LINE_POSTING:
        index->last_posting_ms = line->at_ms;
        index->book_lines++;
        index->entity_seq = line->seq;
        index->entity_changed = true;
        return index_posting(index, line, false, problem);
    case LINE_CORRECTION:
        index->last_posting_ms = line->at_ms;
        return correct(index, ledger, line, problem);
    case LINE_RATE:
        return index_rate(index, line, problem);
    case LINE_ASOF:
        return take_asof(index, line, problem);
    case LINE_REVOCATION:
        return take_revocation(index, line, problem);
    case LINE_METRIC:
    case LINE_EDGE:
    case LINE_OBLIGATION:
    case LINE_NOTE:
    case LINE_LIFECYCLE:
        return index_fact(index, line, problem);
    case LINE_COMMAND:
    case LINE_PAIRING:
    case LINE_GRANT:
    case LINE_REFUSAL:
    case LINE_READS:
    case LINE_TYPE_COUNT:
        break;
    }
    return ARCHIVE_OK;
}

static enum archive_error visit(void *user, const struct ledger *ledger,
                                const struct line *line, struct problem *problem)
{
    struct archive_index *index = user;

    if (index->ended || line->at_ms > index->until_ms) {
        index->ended = true;
        return ARCHIVE_OK;
    }
    index->revision = line->seq;
    index->last_commit_ms = line->at_ms;
    return take_line(index, ledger, line, problem);
}

static enum archive_error settle(struct archive_index *index, struct problem *problem)
{
    enum archive_error error = index_settle_books(index, problem);

    if (error == ARCHIVE_OK)
        error = index_settle_rates(index, problem);
    if (error == ARCHIVE_OK)
        error = index_settle_entity(index, problem);
    return error;
}

/* --- opening and following ------------------------------------------------------ */

/* What the file says besides rows, and is short. */
static bool take_lists(struct archive_index *index)
{
    const struct index_header *header = index->file.header;
    const struct revoked *revoked = index_file_at(&index->file, SECTION_REVOKED);
    const struct asof *asofs = index_file_at(&index->file, SECTION_ASOFS);

    for (uint32_t i = 0; i < index_file_count(&index->file, SECTION_REVOKED); i++) {
        if (!LIST_GROW(index->revoked))
            return false;
        index->revoked.at[index->revoked.count++] = revoked[i];
    }
    for (uint32_t i = 0; i < index_file_count(&index->file, SECTION_ASOFS); i++) {
        if (!LIST_GROW(index->asofs))
            return false;
        index->asofs.at[index->asofs.count++] = asofs[i];
    }
    index->revision = header->position.merkle.size;
    index->last_commit_ms = header->position.last_at_ms;
    index->last_posting_ms = header->last_posting_ms;
    index->book_lines = header->book_lines;
    index->entity_seq = header->entity_seq;
    index->entity_changed = false;
    memcpy(index->lifecycle, header->lifecycle, sizeof(index->lifecycle));
    return true;
}

/* Takes over the file. */
static struct archive_index *index_new(const struct archive *archive,
                                       const struct index_plan *plan, int64_t until_ms,
                                       struct index_file *file)
{
    struct archive_index *index = calloc(1, sizeof(*index));

    if (index == NULL) {
        index_file_close(file);
        return NULL;
    }
    index->archive = archive;
    index->plan = *plan;
    index->until_ms = until_ms;
    index->file = *file;
    index->names = file->map ? names_new_over(&file->names) : names_new();
    snprintf(index->lifecycle, sizeof(index->lifecycle), "%s",
             archive->config.lifecycle);
    index->entity_changed = true;
    index->mark_n = (uint32_t)view_column(VIEW_METRIC, TEXT("n"));
    index->mark_hist_cur = (uint32_t)view_column(VIEW_POS, TEXT("hist_cur"));
    if (index->names == NULL || !index_rows_init(index) ||
        !index_name(index, text_of(archive->config.entity), &index->entity) ||
        !index_name(index, text_of(archive->config.currency), &index->functional) ||
        (file->map && !take_lists(index))) {
        index_close(index);
        return NULL;
    }
    return index;
}

static enum archive_error open_over(struct archive_index **index,
                                    const struct archive *archive,
                                    const struct index_plan *plan,
                                    enum ledger_mode mode, int64_t until_ms,
                                    struct index_file *file, struct problem *problem)
{
    struct archive_index *opened = index_new(archive, plan, until_ms, file);
    struct ledger_visitor visitor = {visit, opened};
    struct index_changes all;
    enum archive_error error;

    *index = NULL;
    if (opened == NULL)
        return problem_memory(problem);
    if (opened->file.map)
        error = ledger_open_from(
            &opened->ledger, archive->directory, text_of(archive->config.entity),
            text_of(archive->config.origin), archive->authority.public_key, mode,
            visitor, &opened->file.header->position, problem);
    else
        error = archive_open_ledger(archive, mode, visitor, &opened->ledger, problem);
    if (error == ARCHIVE_OK)
        error = settle(opened, problem);
    if (error == ARCHIVE_OK)
        error = index_report(opened, &all, problem);
    if (error != ARCHIVE_OK) {
        index_close(opened);
        return error;
    }
    *index = opened;
    return ARCHIVE_OK;
}

enum archive_error index_rebuild(struct archive_index **index,
                                 const struct archive *archive,
                                 const struct index_plan *plan, enum ledger_mode mode,
                                 int64_t until_ms, struct problem *problem)
{
    struct index_file none = {0};

    return open_over(index, archive, plan, mode, until_ms, &none, problem);
}

static bool is_own_plan(const struct archive *archive, const struct index_plan *plan)
{
    uint8_t asked[HASH_BYTES], own[HASH_BYTES];
    struct index_plan exposed;

    exposure_plan(archive->exposure, &exposed);
    index_file_digest(archive, plan, asked);
    index_file_digest(archive, &exposed, own);
    return memcmp(asked, own, HASH_BYTES) == 0;
}

enum archive_error index_open(struct archive_index **index,
                              const struct archive *archive,
                              const struct index_plan *plan, enum ledger_mode mode,
                              int64_t until_ms, struct problem *problem)
{
    struct index_file file = {0};
    enum archive_error error = ARCHIVE_REFUSED;
    const char *why = NULL;

    if (is_own_plan(archive, plan) && index_file_open(&file, archive, plan, &why)) {
        if (file.header->position.last_at_ms > until_ms)
            index_file_close(&file); /* it stands for what came later */
        else
            error = open_over(index, archive, plan, mode, until_ms, &file, problem);
        /* Where the ledger does not go on from it, the ledger is right. */
        if (error == ARCHIVE_OK)
            return error;
        if (error == ARCHIVE_REFUSED && until_ms == INT64_MAX)
            why = problem->words;
    }
    char said[sizeof((*index)->said)];
    snprintf(said, sizeof(said),
             why ? "index/rows: %.160s; the rows are made again from "
                   "the ledger"
                 : "",
             why);
    error = index_rebuild(index, archive, plan, mode, until_ms, problem);
    if (error == ARCHIVE_OK)
        memcpy((*index)->said, said, sizeof(said));
    return error;
}

void index_close(struct archive_index *index)
{
    if (index == NULL)
        return;
    ledger_close(index->ledger);
    index_forget_changes(index);
    index_rows_release(index);
    index_release_books(index);
    index_release_rates(index);
    free(index->pending.at);
    free(index->reported.at);
    free(index->graves.at);
    free(index->revoked.at);
    free(index->asofs.at);
    free(index->corrected.at);
    free(index->items.at);
    free(index->notes.at);
    names_free(index->names);
    index_file_close(&index->file);
    free(index);
}

enum archive_error index_apply_new_lines(struct archive_index *index,
                                         struct index_changes *changes,
                                         struct problem *problem)
{
    enum archive_error error = ARCHIVE_OK;

    if (!index->ended)
        error = ledger_follow(index->ledger, problem);
    if (error == ARCHIVE_OK)
        error = settle(index, problem);
    if (error == ARCHIVE_OK)
        error = index_report(index, changes, problem);
    return error;
}

enum archive_error index_append(struct archive_index *index,
                                const struct ledger_batch *batch, int64_t now_ms,
                                struct problem *problem)
{
    return ledger_append(index->ledger, batch, now_ms, problem);
}

/* --- looking up ----------------------------------------------------------------- */

struct names *index_names(const struct archive_index *index)
{
    return index->names;
}

struct ledger *index_ledger(const struct archive_index *index)
{
    return index->ledger;
}

uint64_t index_revision(const struct archive_index *index)
{
    return index->revision;
}

const char *index_said(const struct archive_index *index)
{
    return index->said;
}

uint64_t index_mapped_lines(const struct archive_index *index)
{
    return index->file.map ? index->file.header->position.merkle.size : 0;
}

uint64_t index_lines_read(const struct archive_index *index)
{
    return index->revision - index_mapped_lines(index);
}

int64_t index_last_commit_ms(const struct archive_index *index)
{
    return index->last_commit_ms;
}

int64_t index_books_as_of(const struct archive_index *index, int64_t start)
{
    for (uint32_t i = index->asofs.count; i-- > 0;)
        if (index->asofs.at[i].end >= start)
            return date_ms(index->asofs.at[i].end);
    return index->last_posting_ms;
}

int64_t index_as_of_ms(const struct archive_index *index)
{
    return index_books_as_of(index, 0);
}

const char *index_lifecycle(const struct archive_index *index)
{
    return index->lifecycle;
}

uint64_t index_revoked_epoch(const struct archive_index *index,
                             const uint8_t holder[HASH_BYTES])
{
    uint64_t epoch = 0;

    for (uint32_t i = 0; i < index->revoked.count; i++)
        if (memcmp(index->revoked.at[i].holder, holder, HASH_BYTES) == 0 &&
            index->revoked.at[i].epoch > epoch)
            epoch = index->revoked.at[i].epoch;
    return epoch;
}
