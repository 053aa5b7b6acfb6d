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

/* --- rows and changes ----------------------------------------------------------- */

static enum archive_error note_change(struct archive_index *index, enum view view,
                                      struct row_entry *entry, struct problem *problem)
{
    if (!LIST_GROW(index->pending))
        return problem_memory(problem);
    index->pending.at[index->pending.count++] = (struct pending){view, entry};
    return ARCHIVE_OK;
}

enum archive_error index_put(struct archive_index *index, enum view view,
                             union any_row *row, struct problem *problem)
{
    struct row_set *set = &index->sets[view];
    struct row_entry *entry = row_set_find(set, names_text(index->names, row->row.key));

    if (entry == NULL) {
        entry = row_set_insert(set, row);
        if (entry == NULL) {
            row_drop(index->names, view, row);
            return problem_memory(problem);
        }
        entry->state = ROW_NEW;
        return note_change(index, view, entry, problem);
    }
    if (row_equal(view, &entry->row, row)) {
        row_drop(index->names, view, row);
        return ARCHIVE_OK;
    }
    row_drop(index->names, view, &entry->row);
    entry->row = *row;
    if (entry->state != ROW_CLEAN)
        return ARCHIVE_OK;
    entry->state = ROW_CHANGED;
    return note_change(index, view, entry, problem);
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
    struct row_set *set = &index->sets[view];
    struct row_entry *entry = row_set_find(set, names_text(index->names, key));
    enum row_state before;

    if (entry == NULL)
        return ARCHIVE_OK;
    row_set_unlink(set, entry);
    before = entry->state;
    entry->state = before == ROW_NEW ? ROW_CAME_AND_WENT : ROW_DELETED;
    return before == ROW_CLEAN ? note_change(index, view, entry, problem) : ARCHIVE_OK;
}

static void bury(struct archive_index *index)
{
    for (uint32_t i = 0; i < index->graves.count; i++)
        row_entry_free(index->graves.at[i].entry, index->graves.at[i].view,
                       index->names);
    index->graves.count = 0;
}

/* What is pending becomes the list of changes; deleted rows live until the next time.
 */
static enum archive_error report(struct archive_index *index,
                                 struct index_changes *changes, struct problem *problem)
{
    bury(index);
    index->reported.count = 0;
    for (uint32_t i = 0; i < index->pending.count; i++) {
        struct pending pending = index->pending.at[i];
        enum row_state state = pending.entry->state;
        if (!LIST_GROW(index->reported) || !LIST_GROW(index->graves))
            return problem_memory(problem);
        if (state == ROW_DELETED || state == ROW_CAME_AND_WENT)
            index->graves.at[index->graves.count++] = pending;
        pending.entry->state = ROW_CLEAN;
        if (state != ROW_CAME_AND_WENT)
            index->reported.at[index->reported.count++] = (struct index_change){
                pending.view, state == ROW_DELETED, &pending.entry->row};
    }
    index->pending.count = 0;
    *changes = (struct index_changes){index->reported.at, index->reported.count};
    return ARCHIVE_OK;
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

static bool is_corrected(const struct archive_index *index, uint64_t seq)
{
    uint32_t place = corrected_place(index, seq);
    return place < index->corrected.count && index->corrected.at[place] == seq;
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
    if (error == ARCHIVE_OK && (line->type != LINE_POSTING || is_corrected(index, seq)))
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

static struct archive_index *index_new(const struct archive *archive,
                                       const struct index_plan *plan, int64_t until_ms)
{
    struct archive_index *index = calloc(1, sizeof(*index));

    if (index == NULL)
        return NULL;
    index->archive = archive;
    index->plan = *plan;
    index->until_ms = until_ms;
    index->names = names_new();
    if (index->names == NULL ||
        !index_name(index, text_of(archive->config.entity), &index->entity) ||
        !index_name(index, text_of(archive->config.currency), &index->functional)) {
        index_close(index);
        return NULL;
    }
    for (int view = 0; view < VIEW_COUNT; view++)
        row_set_init(&index->sets[view], (enum view)view, index->names);
    snprintf(index->lifecycle, sizeof(index->lifecycle), "%s",
             archive->config.lifecycle);
    index->entity_changed = true;
    index->mark_n = (uint32_t)view_column(VIEW_METRIC, TEXT("n"));
    index->mark_hist_cur = (uint32_t)view_column(VIEW_POS, TEXT("hist_cur"));
    return index;
}

enum archive_error index_open(struct archive_index **index,
                              const struct archive *archive,
                              const struct index_plan *plan, enum ledger_mode mode,
                              int64_t until_ms, struct problem *problem)
{
    struct archive_index *opened = index_new(archive, plan, until_ms);
    struct ledger_visitor visitor = {visit, opened};
    struct index_changes all;
    enum archive_error error;

    *index = NULL;
    if (opened == NULL)
        return problem_memory(problem);
    error = archive_open_ledger(archive, mode, visitor, &opened->ledger, problem);
    if (error == ARCHIVE_OK)
        error = settle(opened, problem);
    if (error == ARCHIVE_OK)
        error = report(opened, &all, problem);
    if (error != ARCHIVE_OK) {
        index_close(opened);
        return error;
    }
    *index = opened;
    return ARCHIVE_OK;
}

void index_close(struct archive_index *index)
{
    if (index == NULL)
        return;
    ledger_close(index->ledger);
    for (uint32_t i = 0; i < index->pending.count; i++) {
        struct row_entry *entry = index->pending.at[i].entry;
        if (entry->state == ROW_DELETED || entry->state == ROW_CAME_AND_WENT)
            row_entry_free(entry, index->pending.at[i].view, index->names);
    }
    bury(index);
    for (int view = 0; view < VIEW_COUNT; view++)
        row_set_release(&index->sets[view]);
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
        error = report(index, changes, problem);
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

uint32_t index_row_count(const struct archive_index *index, enum view view)
{
    return index->sets[view].count;
}

const char *index_lifecycle(const struct archive_index *index)
{
    return index->lifecycle;
}

/* The as-of of a ledger row is that of the archive, which moves without the row. */
static const union any_row *fresh(const struct archive_index *index, enum view view,
                                  struct row_entry *entry)
{
    if (entry == NULL)
        return NULL;
    if (view == VIEW_POS)
        entry->row.row.as_of_ms = index_books_as_of(index, entry->row.pos.start);
    else if (view == VIEW_ITEM || view == VIEW_ENTITY)
        entry->row.row.as_of_ms = index_as_of_ms(index);
    return &entry->row;
}

const union any_row *index_find(const struct archive_index *index, enum view view,
                                struct text key)
{
    return fresh(index, view, row_set_find(&index->sets[view], key));
}

const union any_row *index_seek(const struct archive_index *index, enum view view,
                                struct text key)
{
    return fresh(index, view, row_set_seek(&index->sets[view], key));
}

const union any_row *index_after(const struct archive_index *index, enum view view,
                                 struct text key)
{
    struct row_entry *entry = row_set_seek(&index->sets[view], key);

    if (entry && text_equal(names_text(index->names, entry->row.row.key), key))
        entry = entry->next[0];
    return fresh(index, view, entry);
}

const union any_row *index_next(const struct archive_index *index, enum view view,
                                const union any_row *row)
{
    const struct row_entry *entry = (const struct row_entry *)row;
    return fresh(index, view, entry->next[0]);
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
