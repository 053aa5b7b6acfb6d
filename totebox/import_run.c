/* import_run.c - the plan meets the ledger, under its lock. */
#include <stdio.h>

#include "totebox/import_known.h"

struct run {
    const struct import_request *request;
    struct import_report *report;
    struct import_plan plan;
    struct import_known known;
    struct ledger *ledger;
    struct ledger_batch batch;
};

/* "2025-03-01 Lyft": what a person knows a transaction by. */
static enum archive_error
say_gone(struct run *run, const struct known_transaction *gone, struct problem *problem)
{
    struct buffer text;
    struct line line;
    enum archive_error error;

    buffer_init(&text);
    error = ledger_text(run->ledger, gone->first, &text, problem);
    if (error == ARCHIVE_OK)
        error = line_read((char *)buffer_bytes(&text), (uint32_t)buffer_length(&text),
                          &line, problem);
    if (error == ARCHIVE_OK)
        import_report_say(
            run->report,
            "%s: no longer has the transaction of %.*s \"%.*s\" (%.*s "
            "%.*s %.*s, ledger line %llu)",
            run->request->file, TEXT_ARG(line.field[FIELD_DATE]),
            TEXT_ARG(line.field[FIELD_DESC]), TEXT_ARG(line.field[FIELD_ACCT]),
            TEXT_ARG(line.field[FIELD_AMT]), TEXT_ARG(line.field[FIELD_CUR]),
            (unsigned long long)gone->first);
    buffer_release(&text);
    return error;
}

static enum archive_error correct_posting(struct run *run, uint64_t seq,
                                          struct problem *problem)
{
    char of[24], source[IMPORT_LABEL_MAX + 40];
    struct line line;

    line_init(&line, LINE_CORRECTION);
    snprintf(of, sizeof(of), "%llu", (unsigned long long)seq);
    snprintf(source, sizeof(source), "%.*s", (int)buffer_length(&run->plan.source),
             (const char *)buffer_bytes(&run->plan.source));
    line.field[FIELD_OF] = text_of(of);
    line.field[FIELD_TEXT] = TEXT("changed in its source, or gone from it");
    line.field[FIELD_SRC] = text_of(source);
    run->report->corrected++;
    return ledger_batch_add(&run->batch, &line, problem);
}

/* Transactions of this source that the file no longer has. */
static enum archive_error take_gone(struct run *run, struct problem *problem)
{
    const struct import_known *known = &run->known;
    enum archive_error error = ARCHIVE_OK;

    for (uint32_t i = 0; error == ARCHIVE_OK && i < known->count; i++) {
        const struct known_transaction *transaction = &known->transactions[i];
        if (transaction->live == 0 || transaction->in_file)
            continue;
        run->report->gone++;
        if (!run->request->partial)
            error = say_gone(run, transaction, problem);
    }
    if (!run->request->correct || run->report->gone == 0)
        return error;
    for (uint32_t i = 0; error == ARCHIVE_OK && i < known->posting_count; i++) {
        const struct known_posting *posting = &known->postings[i];
        if (posting->counts && !known->transactions[posting->transaction].in_file)
            error = correct_posting(run, posting->seq, problem);
    }
    return error;
}

static enum archive_error take_entry(struct run *run, const struct import_entry *entry,
                                     struct problem *problem)
{
    const struct buffer *bodies = &run->plan.staged.bodies;

    switch (import_known_state(&run->known, entry)) {
    case KNOWN_SAME:
        run->report->known++;
        return ARCHIVE_OK;
    case KNOWN_OTHER:
        run->report->replaced++;
        break;
    case KNOWN_NOT:
        break;
    }
    run->report->taken++;
    if (!buffer_append(&run->batch.bodies, buffer_bytes(bodies) + entry->start,
                       entry->end - entry->start))
        return problem_memory(problem);
    run->batch.count += entry->lines;
    return ARCHIVE_OK;
}

/* The whole commit: what is new, then corrections. */
static enum archive_error compose(struct run *run, struct problem *problem)
{
    bool newest_first = run->request->kind == IMPORT_RATES;
    enum archive_error error = ARCHIVE_OK;

    for (uint32_t i = 0; error == ARCHIVE_OK && i < run->plan.count; i++)
        error = take_entry(
            run, &run->plan.entries[newest_first ? run->plan.count - 1 - i : i],
            problem);
    if (error == ARCHIVE_OK && run->known.transactions)
        error = take_gone(run, problem);
    if (error != ARCHIVE_OK)
        return error;
    if (run->report->gone && !run->request->correct && !run->request->partial)
        return problem_set(problem, ARCHIVE_REFUSED,
                           "transactions that are in the ledger are gone from these "
                           "books, or changed: --correct corrects them; --partial "
                           "leaves them, where the file is a part of the books; "
                           "--source NAME where these are other books");
    return ARCHIVE_OK;
}

static enum archive_error merge(struct run *run, const struct archive *archive,
                                int64_t now_ms, struct problem *problem)
{
    struct ledger_visitor visitor = {import_known_line, &run->known};
    enum archive_error error =
        archive_open_ledger(archive, LEDGER_WRITE, visitor, &run->ledger, problem);

    if (error != ARCHIVE_OK)
        return error;
    error = ledger_lock(run->ledger, problem);
    if (error == ARCHIVE_OK)
        error = compose(run, problem);
    if (error == ARCHIVE_OK)
        error = ledger_append(run->ledger, &run->batch, now_ms, problem);
    if (error == ARCHIVE_OK) {
        run->report->lines = run->batch.count;
        run->report->size = ledger_lines(run->ledger);
        error = archive_sign_off(archive, run->ledger, problem);
    }
    ledger_close(run->ledger);
    return error;
}

enum archive_error import_run(const struct archive *archive,
                              const struct import_request *request, char *bytes,
                              size_t length, int64_t now_ms,
                              struct import_report *report, struct problem *problem)
{
    struct run run = {.request = request, .report = report};
    enum archive_error error;

    ledger_batch_init(&run.batch);
    if (!import_plan_init(&run.plan, request, report))
        error = problem_memory(problem);
    else
        error = import_parse(&run.plan, bytes, length, problem);
    if (error == ARCHIVE_OK && report->refused)
        error =
            problem_set(problem, ARCHIVE_REFUSED,
                        "nothing was imported: the file has to be right as a whole");
    if (error == ARCHIVE_OK) {
        if (!import_known_init(&run.known, &run.plan))
            error = problem_memory(problem);
        else
            error = merge(&run, archive, now_ms, problem);
        import_known_release(&run.known);
    }
    if (error != ARCHIVE_OK)
        report->taken = report->replaced = report->corrected = 0;
    import_plan_release(&run.plan);
    ledger_batch_release(&run.batch);
    return error;
}
