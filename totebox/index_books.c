#include <stdio.h>
#include <stdlib.h>

/* A full table must fail the import, not the process. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "totebox/index_parts.h"

#define BROUGHT_FORWARD "(brought forward)"

/* Names in the key are held. */
struct pos_sum {
    struct pos_key key;
    struct decimal open, move, hist_open, hist_move;
    /* Contributing postings; those without hist; hist in a second currency. */
    int64_t open_count, move_count, open_without, move_without;
    name_id hist_cur;
    bool hist_mixed;
    bool dirty;
    uint64_t seq;
    name_id row_key; /* of the row while there is one */
    struct pos_sum *next_dirty;
    UT_hash_handle hh;
};

/* The line of an account, so that the map is asked once. */
struct account_line {
    struct {
        name_id account;
        uint32_t cls;
    } key;
    name_id line;
    UT_hash_handle hh;
};

/* How many items there were with this key but for its ordinal. */
struct ordinal {
    name_id prefix;
    uint32_t count;
    UT_hash_handle hh;
};

/* A posting with its names interned. */
struct entry {
    const struct line *line;
    struct archive_index *index;
    int32_t date;
    char cls;
    name_id cls_name, line_name, account, cp, cur;
    struct decimal amount;
    bool has_hist;
    struct decimal hist;
    name_id hist_cur;
    int64_t sign; /* -1: corrected, taken out again */
};

static enum archive_error too_big(const struct entry *entry, struct problem *problem)
{
    return index_defect(entry->line, "a sum is beyond what a row can hold", problem);
}

/* --- names ---------------------------------------------------------------------- */

static bool line_of_account(struct entry *entry)
{
    struct archive_index *index = entry->index;
    struct account_line *known, probe;
    char line[LINE_NAME_MAX + 1];

    memset(&probe, 0, sizeof(probe));
    probe.key.account = entry->account;
    probe.key.cls = (uint32_t)entry->cls;
    HASH_FIND(hh, index->account_lines, &probe.key, sizeof(probe.key), known);
    if (known == NULL) {
        known = calloc(1, sizeof(*known));
        if (known == NULL)
            return false;
        known->key = probe.key;
        archive_line(&index->archive->config, names_text(index->names, entry->account),
                     entry->cls, line);
        if (!index_name(index, text_of(line), &known->line)) {
            free(known);
            return false;
        }
        names_hold(index->names, entry->account);
        HASH_ADD(hh, index->account_lines, key, sizeof(known->key), known);
        if (known->hh.tbl == NULL) {
            free(known);
            return false;
        }
    }
    entry->line_name = known->line;
    names_hold(index->names, entry->line_name);
    return true;
}

static bool entry_start(struct entry *entry, struct archive_index *index,
                        const struct line *line)
{
    const struct archive_config *config = &index->archive->config;
    const struct text *field = line->field;

    memset(entry, 0, sizeof(*entry));
    entry->line = line;
    entry->index = index;
    entry->date = line_date(line, FIELD_DATE);
    entry->cls = field[FIELD_CLS].bytes[0];
    entry->amount = line_decimal(line, FIELD_AMT);
    entry->has_hist = field[FIELD_HIST_AMT].length != 0;
    entry->hist = line_decimal(line, FIELD_HIST_AMT);
    entry->sign = 1;
    if (!index_name(index, field[FIELD_CLS], &entry->cls_name) ||
        !index_name(index, field[FIELD_ACCT], &entry->account) ||
        !index_name(index, field[FIELD_CP], &entry->cp) ||
        !index_name(index, archive_currency(config, field[FIELD_CUR]), &entry->cur) ||
        !index_name(index, archive_currency(config, field[FIELD_HIST_CUR]),
                    &entry->hist_cur))
        return false;
    if (field[FIELD_LINE].length)
        return index_name(index, field[FIELD_LINE], &entry->line_name);
    return line_of_account(entry);
}

static void entry_end(struct entry *entry)
{
    struct names *names = entry->index->names;

    names_drop(names, entry->cls_name);
    names_drop(names, entry->account);
    names_drop(names, entry->cp);
    names_drop(names, entry->cur);
    names_drop(names, entry->hist_cur);
    names_drop(names, entry->line_name);
}

/* --- sums ----------------------------------------------------------------------- */

/* As the mapped file has it. */
static void take_kept(struct pos_sum *sum, const struct kept_sum *kept)
{
    sum->open = amount_decimal(kept->open);
    sum->move = amount_decimal(kept->move);
    sum->hist_open = amount_decimal(kept->hist_open);
    sum->hist_move = amount_decimal(kept->hist_move);
    sum->open_count = kept->open_count;
    sum->move_count = kept->move_count;
    sum->open_without = kept->open_without;
    sum->move_without = kept->move_without;
    sum->hist_cur = kept->hist_cur;
    sum->hist_mixed = kept->hist_mixed != 0;
    sum->seq = kept->seq;
    sum->row_key = kept->row_key;
}

static struct pos_sum *sum_of(struct archive_index *index, const struct pos_key *key)
{
    const struct kept_sum *kept;
    struct pos_sum *sum;

    HASH_FIND(hh, index->sums, key, sizeof(*key), sum);
    if (sum)
        return sum;
    sum = calloc(1, sizeof(*sum));
    if (sum == NULL)
        return NULL;
    sum->key = *key;
    kept = index_file_sum(&index->file, key);
    if (kept)
        take_kept(sum, kept);
    HASH_ADD(hh, index->sums, key, sizeof(*key), sum);
    if (sum->hh.tbl == NULL) {
        free(sum);
        return NULL;
    }
    names_hold(index->names, key->line);
    names_hold(index->names, key->account);
    names_hold(index->names, key->cp);
    names_hold(index->names, key->cur);
    return sum;
}

static bool accumulate(struct decimal *sum, struct decimal value, int64_t sign)
{
    struct amount fits;

    if (sign < 0)
        value = decimal_negate(value);
    return decimal_add(*sum, value, sum) == DECIMAL_OK &&
           amount_from_decimal(*sum, &fits) == DECIMAL_OK;
}

static enum archive_error add_to(struct entry *entry, const struct pos_key *key,
                                 bool before, bool carries_hist,
                                 struct problem *problem)
{
    struct archive_index *index = entry->index;
    struct pos_sum *sum = sum_of(index, key);

    if (sum == NULL)
        return problem_memory(problem);
    if (!accumulate(before ? &sum->open : &sum->move, entry->amount, entry->sign))
        return too_big(entry, problem);
    *(before ? &sum->open_count : &sum->move_count) += entry->sign;
    if (!carries_hist) {
        *(before ? &sum->open_without : &sum->move_without) += entry->sign;
    } else {
        if (!accumulate(before ? &sum->hist_open : &sum->hist_move, entry->hist,
                        entry->sign))
            return too_big(entry, problem);
        if (sum->hist_cur == 0) {
            sum->hist_cur = entry->hist_cur;
            names_hold(index->names, entry->hist_cur);
        }
        sum->hist_mixed = sum->hist_mixed || sum->hist_cur != entry->hist_cur;
    }
    if (sum->seq < entry->line->seq)
        sum->seq = entry->line->seq;
    if (!sum->dirty) {
        sum->dirty = true;
        sum->next_dirty = index->dirty_sums;
        index->dirty_sums = sum;
    }
    return ARCHIVE_OK;
}

/* The entry in one period: revenue and expense of earlier periods have become retained
 * earnings, brought forward. */
static enum archive_error add_to_period(struct entry *entry, uint32_t number,
                                        name_id account, name_id forward_account,
                                        struct problem *problem)
{
    struct archive_index *index = entry->index;
    struct period period = index->plan.periods[number];
    bool before = entry->date < period.start;
    struct pos_key key;
    enum archive_error error;
    name_id retained;

    memset(&key, 0, sizeof(key));
    key.period = number;
    key.cls = (uint32_t)entry->cls;
    key.line = entry->line_name;
    key.account = account;
    key.cp = entry->cp;
    key.cur = entry->cur;
    if (!before || (entry->cls != 'R' && entry->cls != 'X'))
        return add_to(entry, &key, before, entry->has_hist, problem);
    if (!index_name(index, TEXT("equity.retained"), &retained))
        return problem_memory(problem);
    key.cls = 'Q';
    key.line = retained;
    key.account = forward_account;
    key.cp = 0;
    error = add_to(entry, &key, true, false, problem);
    names_drop(index->names, retained);
    return error;
}

static enum archive_error add_to_periods(struct entry *entry, struct problem *problem)
{
    struct archive_index *index = entry->index;
    enum archive_error error = ARCHIVE_OK;
    name_id forward;

    if (!index_name(index, TEXT(BROUGHT_FORWARD), &forward))
        return problem_memory(problem);
    for (uint32_t i = 0; error == ARCHIVE_OK && i < index->plan.period_count; i++) {
        if (index->plan.periods[i].end && entry->date > index->plan.periods[i].end)
            continue;
        if (index->plan.totals)
            error = add_to_period(entry, i, 0, 0, problem);
        if (error == ARCHIVE_OK && index->plan.accounts)
            error = add_to_period(entry, i, entry->account, forward, problem);
    }
    names_drop(index->names, forward);
    return error;
}

/* --- from sums to rows ---------------------------------------------------------- */

static bool sum_amount(struct decimal sum, struct amount *amount)
{
    bool fits = amount_from_decimal(sum, amount) == DECIMAL_OK;
    amount->mark = CELL_PRESENT;
    return fits;
}

/* Historical amounts: of equity and investments only, and only where every posting has
 * one in the same currency. */
static bool fill_hist(const struct archive_index *index, const struct pos_sum *sum,
                      union any_row *row)
{
    struct pos_row *pos = &row->pos;
    bool known = sum->hist_cur != 0 && !sum->hist_mixed;

    if (sum->key.cls != 'Q' && sum->key.cls != 'V') {
        pos->hist_open = pos->hist_move = amount_marked(CELL_NOT_APPLICABLE);
        row->row.marks[index->mark_hist_cur] = CELL_NOT_APPLICABLE;
        return true;
    }
    pos->hist_open = pos->hist_move = amount_marked(CELL_NOT_KNOWN);
    if (!known) {
        row->row.marks[index->mark_hist_cur] = CELL_NOT_KNOWN;
        return true;
    }
    pos->hist_cur = sum->hist_cur;
    names_hold(index->names, sum->hist_cur);
    return (sum->open_without || sum_amount(sum->hist_open, &pos->hist_open)) &&
           (sum->move_without || sum_amount(sum->hist_move, &pos->hist_move));
}

static enum archive_error put_sum(struct archive_index *index, struct pos_sum *sum,
                                  struct problem *problem)
{
    struct period period = index->plan.periods[sum->key.period];
    char token[PERIOD_CHARS + 1], cls[2] = {(char)sum->key.cls, '\0'};
    struct text written = {token, period_write(period, token)};
    struct text parts[] = {written,
                           {cls, 1},
                           names_text(index->names, sum->key.line),
                           names_text(index->names, sum->key.account),
                           names_text(index->names, sum->key.cp),
                           names_text(index->names, sum->key.cur)};
    union any_row row;
    struct pos_row *pos = &row.pos;
    enum archive_error error;

    index_row_start(index, &row, sum->seq);
    row.row.as_of_ms = index_books_as_of(index, period.start);
    pos->start = period.start;
    pos->end = period.end;
    pos->n = sum->open_count + sum->move_count;
    pos->line = sum->key.line;
    pos->account = sum->key.account;
    pos->cp = sum->key.cp;
    pos->cur = sum->key.cur;
    names_hold(index->names, pos->line);
    names_hold(index->names, pos->account);
    names_hold(index->names, pos->cp);
    names_hold(index->names, pos->cur);
    if (!sum_amount(sum->open, &pos->open) || !sum_amount(sum->move, &pos->move) ||
        !fill_hist(index, sum, &row) || !index_name(index, written, &pos->period) ||
        !index_name(index, parts[1], &pos->cls)) {
        row_drop(index->names, VIEW_POS, &row);
        return problem_memory(problem);
    }
    error = index_put_parts(index, VIEW_POS, &row, parts, 6, problem);
    if (error == ARCHIVE_OK && sum->row_key == 0) {
        sum->row_key = row.row.key;
        names_hold(index->names, sum->row_key);
    }
    return error;
}

enum archive_error index_settle_books(struct archive_index *index,
                                      struct problem *problem)
{
    while (index->dirty_sums) {
        struct pos_sum *sum = index->dirty_sums;
        enum archive_error error = ARCHIVE_OK;
        if (decimal_sign(sum->open) != 0 || decimal_sign(sum->move) != 0)
            error = put_sum(index, sum, problem);
        else if (sum->row_key)
            error = index_delete(index, VIEW_POS, sum->row_key, problem);
        if (error != ARCHIVE_OK)
            return error;
        index->dirty_sums = sum->next_dirty;
        sum->dirty = false;
    }
    return ARCHIVE_OK;
}

/* --- items ---------------------------------------------------------------------- */

/* What the posting is in the functional currency: itself, or by its cost. */
static struct amount booked_amount(const struct entry *entry)
{
    struct archive_index *index = entry->index;
    const struct archive_config *config = &index->archive->config;
    struct text functional = text_of(config->currency);
    struct text cost_cur = archive_currency(config, entry->line->field[FIELD_COST_CUR]);
    struct decimal cost = line_decimal(entry->line, FIELD_COST_AMT), booked;
    struct amount amount;

    if (entry->cur == index->functional) {
        booked = entry->amount;
    } else if (!text_equal(cost_cur, functional)) {
        return amount_marked(CELL_NOT_KNOWN);
    } else if (text_equal(entry->line->field[FIELD_COST_KIND], TEXT("unit"))) {
        if (decimal_multiply(entry->amount, cost, currency_minor_units(functional),
                             &booked) != DECIMAL_OK)
            return amount_marked(CELL_NOT_KNOWN);
    } else {
        booked = decimal_absolute(cost);
        if (decimal_sign(entry->amount) < 0)
            booked = decimal_negate(booked);
    }
    if (amount_from_decimal(booked, &amount) != DECIMAL_OK)
        return amount_marked(CELL_NOT_KNOWN);
    amount.mark = CELL_PRESENT;
    return amount;
}

static struct ordinal *ordinal_of(struct archive_index *index, struct text prefix)
{
    struct ordinal *ordinal;
    name_id id;

    if (!index_name(index, prefix, &id))
        return NULL;
    HASH_FIND(hh, index->ordinals, &id, sizeof(id), ordinal);
    if (ordinal) {
        names_drop(index->names, id);
        return ordinal;
    }
    ordinal = calloc(1, sizeof(*ordinal));
    if (ordinal == NULL)
        return NULL;
    ordinal->prefix = id;
    const struct kept_ordinal *kept = index_file_ordinal(&index->file, id);
    if (kept)
        ordinal->count = kept->count;
    HASH_ADD(hh, index->ordinals, prefix, sizeof(id), ordinal);
    if (ordinal->hh.tbl == NULL) {
        free(ordinal);
        return NULL;
    }
    return ordinal;
}

static bool fill_item(struct entry *entry, union any_row *row)
{
    struct archive_index *index = entry->index;
    const struct text *field = entry->line->field;
    struct item_row *item = &row->item;
    struct amount amount;

    item->date = entry->date;
    item->cp = entry->cp;
    item->account = entry->account;
    item->cls = entry->cls_name;
    item->cur = entry->cur;
    item->bcur = index->functional;
    names_hold(index->names, item->cp);
    names_hold(index->names, item->account);
    names_hold(index->names, item->cls);
    names_hold(index->names, item->cur);
    names_hold(index->names, item->bcur);
    item->booked = booked_amount(entry);
    if (!sum_amount(entry->amount, &amount))
        return false;
    item->amt = amount;
    return index_name(index, field[FIELD_REF], &item->ref) &&
           index_name(index, field[FIELD_GRP], &item->grp) &&
           index_name(index,
                      text_equal(field[FIELD_ST], TEXT("*")) ? TEXT("cleared")
                                                             : TEXT("open"),
                      &item->st);
}

static enum archive_error add_item(struct entry *entry, struct problem *problem)
{
    struct archive_index *index = entry->index;
    const struct text *field = entry->line->field;
    char prefix[ROW_KEY_MAX + 1], number[12];
    struct text parts[] = {field[FIELD_CP],
                           field[FIELD_CLS],
                           field[FIELD_ACCT],
                           field[FIELD_REF],
                           {number, 0}};
    struct ordinal *ordinal;
    union any_row row;
    enum archive_error error;

    if (row_key_write(text_of(index->archive->config.entity), parts, 4, prefix) == 0)
        return index_defect(entry->line, "its row key would be too long", problem);
    ordinal = ordinal_of(index, text_of(prefix));
    if (ordinal == NULL || !LIST_GROW(index->items))
        return problem_memory(problem);
    parts[4].length =
        (uint32_t)snprintf(number, sizeof(number), "%u", ++ordinal->count);
    index_row_start(index, &row, entry->line->seq);
    row.row.as_of_ms = index_as_of_ms(index);
    if (!fill_item(entry, &row)) {
        row_drop(index->names, VIEW_ITEM, &row);
        return problem_memory(problem);
    }
    error = index_put_parts(index, VIEW_ITEM, &row, parts, 5, problem);
    if (error != ARCHIVE_OK)
        return error;
    names_hold(index->names, row.row.key);
    index->items.at[index->items.count++] =
        (struct made_row){entry->line->seq, row.row.key};
    return ARCHIVE_OK;
}

static enum archive_error remove_item(struct archive_index *index, uint64_t seq,
                                      struct problem *problem)
{
    uint32_t low = 0, high = index->items.count;
    name_id mapped = index_file_item(&index->file, seq);

    if (mapped)
        return index_delete(index, VIEW_ITEM, mapped, problem);
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (index->items.at[middle].seq < seq)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == index->items.count || index->items.at[low].seq != seq)
        return ARCHIVE_OK;
    return index_delete(index, VIEW_ITEM, index->items.at[low].key, problem);
}

/* --- postings ------------------------------------------------------------------- */

enum archive_error index_posting(struct archive_index *index, const struct line *line,
                                 bool corrected, struct problem *problem)
{
    enum archive_error error = ARCHIVE_OK;
    struct entry entry;

    if (!entry_start(&entry, index, line))
        return problem_memory(problem);
    entry.sign = corrected ? -1 : 1;
    if (plan_has(index, VIEW_POS))
        error = add_to_periods(&entry, problem);
    if (error == ARCHIVE_OK && plan_has(index, VIEW_ITEM) && entry.cp != 0 &&
        entry.date >= index->plan.items_from)
        error = corrected ? remove_item(index, line->seq, problem)
                          : add_item(&entry, problem);
    entry_end(&entry);
    return error;
}

void index_release_books(struct archive_index *index)
{
    struct pos_sum *sum, *next_sum;
    struct account_line *line, *next_line;
    struct ordinal *ordinal, *next_ordinal;

    HASH_ITER (hh, index->sums, sum, next_sum) {
        HASH_DEL(index->sums, sum);
        free(sum);
    }
    HASH_ITER (hh, index->account_lines, line, next_line) {
        HASH_DEL(index->account_lines, line);
        free(line);
    }
    HASH_ITER (hh, index->ordinals, ordinal, next_ordinal) {
        HASH_DEL(index->ordinals, ordinal);
        free(ordinal);
    }
}

/* --- keeping ---------------------------------------------------------------------- */

static bool kept_amount(struct decimal sum, struct amount *amount)
{
    memset(amount, 0, sizeof(*amount));
    return amount_from_decimal(sum, amount) == DECIMAL_OK;
}

static bool keep_sum(struct keeper *keeper, const struct pos_sum *sum,
                     struct kept_sum *kept)
{
    memset(kept, 0, sizeof(*kept));
    kept->key = sum->key;
    kept->key.line = keep_name(keeper, sum->key.line);
    kept->key.account = keep_name(keeper, sum->key.account);
    kept->key.cp = keep_name(keeper, sum->key.cp);
    kept->key.cur = keep_name(keeper, sum->key.cur);
    kept->hist_cur = keep_name(keeper, sum->hist_cur);
    kept->row_key = keep_name(keeper, sum->row_key);
    kept->open_count = sum->open_count;
    kept->move_count = sum->move_count;
    kept->open_without = sum->open_without;
    kept->move_without = sum->move_without;
    kept->seq = sum->seq;
    kept->hist_mixed = sum->hist_mixed;
    return kept_amount(sum->open, &kept->open) && kept_amount(sum->move, &kept->move) &&
           kept_amount(sum->hist_open, &kept->hist_open) &&
           kept_amount(sum->hist_move, &kept->hist_move);
}

static int compare_sums(const void *left, const void *right)
{
    const struct kept_sum *a = left, *b = right;
    return index_compare_keys(&a->key, &b->key);
}

static int compare_ordinals(const void *left, const void *right)
{
    const struct kept_ordinal *a = left, *b = right;
    return (a->prefix > b->prefix) - (a->prefix < b->prefix);
}

static bool keep_sums(struct archive_index *index, struct keeper *keeper)
{
    const struct kept_sum *mapped = index_file_at(&index->file, SECTION_SUMS);
    uint32_t mapped_count = index_file_count(&index->file, SECTION_SUMS), count = 0;
    struct pos_sum *sum, old;
    struct kept_sum *kept =
        calloc((size_t)mapped_count + HASH_COUNT(index->sums) + 1, sizeof(*kept));
    bool ok = kept != NULL;

    for (uint32_t i = 0; ok && i < mapped_count; i++) {
        HASH_FIND(hh, index->sums, &mapped[i].key, sizeof(mapped[i].key), sum);
        if (sum)
            continue;
        memset(&old, 0, sizeof(old));
        old.key = mapped[i].key;
        take_kept(&old, &mapped[i]);
        ok = keep_sum(keeper, &old, &kept[count++]);
    }
    for (sum = index->sums; ok && sum; sum = sum->hh.next)
        ok = keep_sum(keeper, sum, &kept[count++]);
    if (ok) {
        qsort(kept, count, sizeof(*kept), compare_sums);
        keep_section(keeper, SECTION_SUMS);
        for (uint32_t i = 0; i < count; i++)
            keep_record(keeper, &kept[i], sizeof(*kept));
    }
    free(kept);
    return ok;
}

static bool keep_ordinals(struct archive_index *index, struct keeper *keeper)
{
    const struct kept_ordinal *mapped = index_file_at(&index->file, SECTION_ORDINALS);
    uint32_t mapped_count = index_file_count(&index->file, SECTION_ORDINALS), count = 0;
    struct kept_ordinal *kept =
        calloc((size_t)mapped_count + HASH_COUNT(index->ordinals) + 1, sizeof(*kept));
    struct ordinal *ordinal;

    if (kept == NULL)
        return false;
    for (uint32_t i = 0; i < mapped_count; i++) {
        HASH_FIND(hh, index->ordinals, &mapped[i].prefix, sizeof(name_id), ordinal);
        if (ordinal == NULL)
            kept[count++] = (struct kept_ordinal){keep_name(keeper, mapped[i].prefix),
                                                  mapped[i].count};
    }
    for (ordinal = index->ordinals; ordinal; ordinal = ordinal->hh.next)
        kept[count++] =
            (struct kept_ordinal){keep_name(keeper, ordinal->prefix), ordinal->count};
    qsort(kept, count, sizeof(*kept), compare_ordinals);
    keep_section(keeper, SECTION_ORDINALS);
    for (uint32_t i = 0; i < count; i++)
        keep_record(keeper, &kept[i], sizeof(*kept));
    free(kept);
    return true;
}

bool index_keep_books(struct archive_index *index, struct keeper *keeper)
{
    return keep_sums(index, keeper) && keep_ordinals(index, keeper);
}
