#include "totebox/append.h"

#include <stdio.h>

#include "totebox/import_tags.h"

struct append_kind {
    const char *name;
    enum line_type type;
    const char *bare;
};

static const struct append_kind kinds[] = {
    {"txn", LINE_POSTING, ""},
    {"metric", LINE_METRIC, ""},
    {"asof", LINE_ASOF, "end"},
    {"obligation", LINE_OBLIGATION, ""},
    {"edge", LINE_EDGE, ""},
    {"rate", LINE_RATE, ""},
    {"lifecycle", LINE_LIFECYCLE, "state"},
    {"note", LINE_NOTE, "text"},
};

enum { KIND_COUNT = sizeof(kinds) / sizeof(kinds[0]) };

void append_init(struct append *append, const struct archive_config *config,
                 const struct ledger *ledger)
{
    memset(append, 0, sizeof(*append));
    append->config = config;
    append->ledger = ledger;
    transaction_init(&append->transaction);
}

void append_release(struct append *append)
{
    transaction_release(&append->transaction);
}

enum archive_error append_start(struct append *append, struct text kind,
                                struct problem *problem)
{
    for (int i = 0; i < KIND_COUNT; i++) {
        if (!text_equal(kind, text_of(kinds[i].name)))
            continue;
        line_init(&append->line, kinds[i].type);
        append->is_transaction = kinds[i].type == LINE_POSTING;
        transaction_restart(&append->transaction);
        return ARCHIVE_OK;
    }
    return problem_set(problem, ARCHIVE_REFUSED,
                       "\"%.*s\" cannot be appended: txn metric asof obligation edge "
                       "rate lifecycle note can",
                       TEXT_ARG(kind));
}

const char *append_bare_field(const struct append *append)
{
    for (int i = 0; i < KIND_COUNT; i++)
        if (kinds[i].type == append->line.type)
            return kinds[i].bare;
    return "";
}

/* The fields of a type, for words. */
static enum archive_error unknown_field(enum line_type type, struct text name,
                                        struct problem *problem)
{
    char known[400];
    size_t length = 0;

    known[0] = '\0';
    for (int i = 0; i < FIELD_COUNT && length < sizeof(known); i++)
        if (i != FIELD_SRC && line_type_has(type, (enum line_field)i))
            length += (size_t)snprintf(known + length, sizeof(known) - length, " %s",
                                       line_field_name((enum line_field)i));
    return problem_set(problem, ARCHIVE_REFUSED, "no field \"%.*s\": there are%s",
                       TEXT_ARG(name), known);
}

static enum archive_error set_once(struct text *field, struct text name,
                                   struct text value, struct problem *problem)
{
    if (field->length)
        return problem_set(problem, ARCHIVE_REFUSED, "%.*s is given twice",
                           TEXT_ARG(name));
    *field = value;
    return ARCHIVE_OK;
}

static enum archive_error set_header(struct append *append, struct text name,
                                     struct text value, struct problem *problem)
{
    struct transaction *transaction = &append->transaction;
    struct text *field = text_equal(name, TEXT("date"))   ? &transaction->date
                         : text_equal(name, TEXT("desc")) ? &transaction->desc
                         : text_equal(name, TEXT("code")) ? &transaction->code
                         : text_equal(name, TEXT("st"))   ? &transaction->st
                                                          : NULL;

    if (field == NULL)
        return problem_set(problem, ARCHIVE_REFUSED,
                           "a transaction has no field \"%.*s\": there are date desc "
                           "code st, and the postings",
                           TEXT_ARG(name));
    return set_once(field, name, value, problem);
}

enum archive_error append_field(struct append *append, struct text name,
                                struct text value, struct problem *problem)
{
    enum line_field field;

    if (append->is_transaction)
        return set_header(append, name, value, problem);
    if (!line_field_by_name(name, &field) || field == FIELD_SRC ||
        !line_type_has(append->line.type, field))
        return unknown_field(append->line.type, name, problem);
    return set_once(&append->line.field[field], name, value, problem);
}

/* --- postings ------------------------------------------------------------------- */

enum archive_error append_posting(struct append *append, struct problem *problem)
{
    if (append->transaction.count == POSTINGS_MAX)
        return problem_set(problem, ARCHIVE_REFUSED,
                           "a transaction has at most %d postings", POSTINGS_MAX);
    return transaction_add(&append->transaction, append->transaction.count + 1)
               ? ARCHIVE_OK
               : problem_memory(problem);
}

static enum archive_error set_hist(struct posting *posting, struct text value,
                                   struct problem *problem)
{
    struct text *field = posting->line.field;

    if (field[FIELD_HIST_AMT].length)
        return problem_set(problem, ARCHIVE_REFUSED, "hist is given twice");
    if (value.length && !tag_amount(value, posting->hist, &field[FIELD_HIST_AMT],
                                    &field[FIELD_HIST_CUR]))
        return problem_set(problem, ARCHIVE_REFUSED,
                           "hist \"%.*s\" is no amount like -1080000.00 USD",
                           TEXT_ARG(value));
    return ARCHIVE_OK;
}

enum archive_error append_posting_field(struct append *append, struct text name,
                                        struct text value, struct problem *problem)
{
    static const enum line_field fields[] = {FIELD_ACCT, FIELD_AMT,  FIELD_CUR,
                                             FIELD_CLS,  FIELD_LINE, FIELD_CP,
                                             FIELD_REF,  FIELD_GRP,  FIELD_ST};
    struct posting *posting =
        append->transaction.posting[append->transaction.count - 1];
    enum line_field field;

    if (text_equal(name, TEXT("hist")))
        return set_hist(posting, value, problem);
    if (line_field_by_name(name, &field))
        for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
            if (fields[i] == field)
                return set_once(&posting->line.field[field], name, value, problem);
    return problem_set(problem, ARCHIVE_REFUSED,
                       "a posting has no field \"%.*s\": there are acct amt cur cls "
                       "line cp ref grp hist st",
                       TEXT_ARG(name));
}

/* --- the end -------------------------------------------------------------------- */

static enum archive_error in_posting(enum archive_error error, uint32_t number,
                                     struct problem *problem)
{
    char words[PROBLEM_WORDS];

    if (error != ARCHIVE_REFUSED)
        return error;
    snprintf(words, sizeof(words), "%s", problem->words);
    return problem_set(problem, error, "posting %u: %s", number, words);
}

static enum archive_error complete(struct append *append, const char *txn,
                                   struct problem *problem)
{
    const struct transaction *transaction = &append->transaction;

    for (uint32_t i = 0; i < transaction->count; i++) {
        struct posting *posting = transaction->posting[i];
        struct text *field = posting->line.field;
        enum archive_error error;
        field[FIELD_TXN] = text_of(txn);
        field[FIELD_SRC] = TEXT("append");
        field[FIELD_DATE] = transaction->date;
        field[FIELD_DESC] = transaction->desc;
        if (field[FIELD_ST].length == 0)
            field[FIELD_ST] = transaction->st;
        if (field[FIELD_REF].length == 0)
            field[FIELD_REF] = transaction->code;
        error = posting_complete(append->config, posting, false, problem);
        if (error == ARCHIVE_OK)
            error = line_check(&posting->line, problem);
        if (error != ARCHIVE_OK)
            return in_posting(error, i + 1, problem);
    }
    return transaction_check(transaction, problem);
}

static enum archive_error finish_transaction(struct append *append, uint64_t seq,
                                             struct ledger_batch *batch,
                                             struct problem *problem)
{
    size_t before = buffer_length(&batch->bodies);
    uint64_t count = batch->count;
    char txn[32];
    enum archive_error error;

    /* The number of its first line is an id that nothing else in this ledger has. */
    snprintf(txn, sizeof(txn), "append:%llu", (unsigned long long)seq);
    error = complete(append, txn, problem);
    for (uint32_t i = 0; error == ARCHIVE_OK && i < append->transaction.count; i++)
        error = ledger_batch_add(batch, &append->transaction.posting[i]->line, problem);
    if (error != ARCHIVE_OK) {
        buffer_truncate(&batch->bodies, before);
        batch->count = count;
    }
    return error;
}

/* The index takes a note that changes none as damage, so it must not get in. */
static enum archive_error check_note(const struct append *append,
                                     struct problem *problem)
{
    struct text of = append->line.field[FIELD_OF];
    struct buffer text;
    struct line line;
    uint64_t seq = 0;
    enum archive_error error = ARCHIVE_OK;

    if (of.length == 0 || append->ledger == NULL)
        return ARCHIVE_OK;
    for (uint32_t i = 0; i < of.length && i < 18; i++)
        seq = seq * 10 + (uint64_t)(of.bytes[i] - '0');
    buffer_init(&text);
    if (seq >= 1 && seq <= ledger_lines(append->ledger))
        error = ledger_text(append->ledger, seq, &text, problem);
    line_init(&line, LINE_COMMAND);
    if (error == ARCHIVE_OK && buffer_length(&text))
        error = line_read((char *)buffer_bytes(&text), (uint32_t)buffer_length(&text),
                          &line, problem);
    if (error == ARCHIVE_OK && line.type != LINE_NOTE)
        error = problem_set(problem, ARCHIVE_REFUSED, "ledger line %.*s is no note",
                            TEXT_ARG(of));
    buffer_release(&text);
    return error;
}

static enum archive_error finish_line(struct append *append, struct ledger_batch *batch,
                                      struct problem *problem)
{
    struct line *line = &append->line;
    enum archive_error error;

    line->field[FIELD_SRC] = TEXT("append");
    fact_complete(append->config, line);
    error = line_check(line, problem);
    if (error == ARCHIVE_OK && line->type == LINE_NOTE)
        error = check_note(append, problem);
    return error == ARCHIVE_OK ? ledger_batch_add(batch, line, problem) : error;
}

enum archive_error append_finish(struct append *append, uint64_t seq,
                                 struct ledger_batch *batch, struct problem *problem)
{
    return append->is_transaction ? finish_transaction(append, seq, batch, problem)
                                  : finish_line(append, batch, problem);
}
