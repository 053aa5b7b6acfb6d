#include "totebox/import_plan.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const kind_names[] = {
#define IMPORT_KIND_NAME(kind, name, counted) [kind] = (name),
    IMPORT_KINDS(IMPORT_KIND_NAME)
#undef IMPORT_KIND_NAME
};

static const char *const kind_counted[] = {
#define IMPORT_KIND_COUNTED(kind, name, counted) [kind] = (counted),
    IMPORT_KINDS(IMPORT_KIND_COUNTED)
#undef IMPORT_KIND_COUNTED
};

const char *import_kind_name(enum import_kind kind)
{
    return kind_names[kind];
}

const char *import_kind_counted(enum import_kind kind)
{
    return kind_counted[kind];
}

bool import_kind_by_name(struct text name, enum import_kind *kind)
{
    for (int i = 0; i < IMPORT_KIND_COUNT; i++) {
        if (text_equal(name, text_of(kind_names[i]))) {
            *kind = (enum import_kind)i;
            return true;
        }
    }
    return false;
}

/* --- the report ----------------------------------------------------------------- */

void import_report_init(struct import_report *report)
{
    memset(report, 0, sizeof(*report));
    buffer_init(&report->words);
}

void import_report_release(struct import_report *report)
{
    buffer_release(&report->words);
}

/* Words that fill their room may end within a character. */
static void drop_cut_character(char words[PROBLEM_WORDS])
{
    size_t length = strlen(words);

    if (length < PROBLEM_WORDS - 1)
        return;
    while (length > 0 && (words[length - 1] & 0xc0) == 0x80)
        length--;
    words[length ? length - 1 : 0] = '\0';
}

/* A sentence that memory has no room for is still counted. */
static void say(struct import_report *report, const char *format, va_list arguments)
{
    char words[PROBLEM_WORDS];
    struct problem clean;

    report->words_count++;
    if (report->words_shown == IMPORT_WORDS_SHOWN)
        return;
    vsnprintf(words, sizeof(words), format, arguments);
    problem_set(&clean, ARCHIVE_REFUSED, "%s", words);
    drop_cut_character(clean.words);
    if (buffer_append(&report->words, clean.words, strlen(clean.words)) &&
        buffer_append(&report->words, "\n", 1))
        report->words_shown++;
}

void import_report_say(struct import_report *report, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    say(report, format, arguments);
    va_end(arguments);
}

void import_refuse(struct import_plan *plan, uint32_t line, const char *format, ...)
{
    char words[PROBLEM_WORDS];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(words, sizeof(words), format, arguments);
    va_end(arguments);
    plan->report->refused++;
    import_report_say(plan->report, "%s:%u: %s", plan->request->file, line, words);
}

/* --- the plan ------------------------------------------------------------------- */

bool import_plan_init(struct import_plan *plan, const struct import_request *request,
                      struct import_report *report)
{
    const char *kind = import_kind_name(request->kind);

    memset(plan, 0, sizeof(*plan));
    plan->request = request;
    plan->report = report;
    ledger_batch_init(&plan->staged);
    digest_map_init(&plan->seen);
    buffer_init(&plan->source);
    return buffer_append(&plan->source, kind, strlen(kind)) &&
           buffer_append(&plan->source, ":", 1) &&
           buffer_append(&plan->source, request->source.bytes, request->source.length);
}

void import_plan_release(struct import_plan *plan)
{
    ledger_batch_release(&plan->staged);
    digest_map_release(&plan->seen);
    buffer_release(&plan->source);
    free(plan->entries);
    plan->entries = NULL;
}

enum archive_error import_parse(struct import_plan *plan, char *bytes, size_t length,
                                struct problem *problem)
{
    switch (plan->request->kind) {
    case IMPORT_HLEDGER:
        return import_parse_hledger(plan, bytes, length, problem);
    case IMPORT_TRIAL_BALANCE:
        return import_parse_trial_balance(plan, bytes, length, problem);
    case IMPORT_METRIC:
    case IMPORT_EDGE:
    case IMPORT_OBLIGATION:
        return import_parse_facts(plan, bytes, length, problem);
    case IMPORT_RATES:
        return import_parse_rates(plan, bytes, length, problem);
    case IMPORT_KIND_COUNT:
        break;
    }
    return problem_set(problem, ARCHIVE_USAGE, "no such import");
}

void import_progress(const struct import_plan *plan, const struct csv *csv)
{
    if (plan->request->progress && csv->next_line % 4096 == 0)
        plan->request->progress(plan->request->user, csv->at, csv->length);
}

static struct import_entry *add_entry(struct import_plan *plan)
{
    struct import_entry *entries = plan->entries;

    if (plan->count == plan->capacity) {
        uint32_t capacity = plan->capacity ? plan->capacity * 2 : 64;
        entries = realloc(entries, capacity * sizeof(*entries));
        if (entries == NULL)
            return NULL;
        plan->entries = entries;
        plan->capacity = capacity;
    }
    return &entries[plan->count++];
}

/* "hledger:books.csv:12" */
static void set_source(const struct import_plan *plan, struct line *line,
                       uint32_t file_line, char *room, size_t size)
{
    int length = snprintf(room, size, "%.*s:%u", (int)buffer_length(&plan->source),
                          (const char *)buffer_bytes(&plan->source), file_line);
    line->field[FIELD_SRC] = (struct text){room, (uint32_t)length};
}

enum { SOURCE_ROOM = IMPORT_LABEL_MAX + 40 };

enum archive_error import_fact(struct import_plan *plan, struct line *line,
                               uint32_t file_line, struct problem *problem)
{
    size_t start = buffer_length(&plan->staged.bodies);
    struct import_entry entry = {.start = start, .lines = 1, .file_line = file_line};
    struct import_entry *added;
    char source[SOURCE_ROOM];
    uint32_t *before;

    set_source(plan, line, file_line, source, sizeof(source));
    if (ledger_batch_add(&plan->staged, line, problem) != ARCHIVE_OK) {
        if (problem->error == ARCHIVE_FAILED)
            return problem->error;
        import_refuse(plan, file_line, "%s", problem->words);
        return ARCHIVE_OK;
    }
    entry.end = buffer_length(&plan->staged.bodies);
    fact_digests(line, entry.key, entry.content);
    before = digest_map_put(&plan->seen, entry.key);
    if (before == NULL)
        return problem_memory(problem);
    if (*before == 0) {
        added = add_entry(plan);
        if (added == NULL)
            return problem_memory(problem);
        *added = entry;
        *before = plan->count;
    } else if (memcmp(plan->entries[*before - 1].content, entry.content, HASH_BYTES)) {
        import_refuse(plan, file_line, "says otherwise than line %u for the same key",
                      plan->entries[*before - 1].file_line);
    } else {
        plan->report->known++;
    }
    return ARCHIVE_OK;
}

/* False: refused. */
static bool check_postings(struct import_plan *plan, struct transaction *transaction,
                           struct problem *problem)
{
    for (uint32_t i = 0; i < transaction->count; i++) {
        struct posting *posting = transaction->posting[i];
        struct text *field = posting->line.field;
        if (field[FIELD_DATE].length == 0)
            field[FIELD_DATE] = transaction->date;
        if (field[FIELD_DESC].length == 0)
            field[FIELD_DESC] = transaction->desc;
        if (field[FIELD_ST].length == 0)
            field[FIELD_ST] = transaction->st;
        if (line_check(&posting->line, problem) != ARCHIVE_OK) {
            import_refuse(plan, posting->file_line, "%s", problem->words);
            return false;
        }
    }
    if (transaction_check(transaction, problem) == ARCHIVE_OK)
        return true;
    import_refuse(plan, transaction->count ? transaction->posting[0]->file_line : 1,
                  "%s", problem->words);
    return false;
}

static enum archive_error stage(struct import_plan *plan,
                                struct transaction *transaction,
                                const struct import_entry *entry,
                                struct problem *problem)
{
    char id[2 * HASH_BYTES + 1], source[SOURCE_ROOM];
    enum archive_error error;

    for (int i = 0; i < HASH_BYTES; i++)
        snprintf(id + 2 * i, 3, "%02x", entry->key[i]);
    for (uint32_t i = 0; i < transaction->count; i++) {
        struct posting *posting = transaction->posting[i];
        posting->line.field[FIELD_TXN] = text_of(id);
        set_source(plan, &posting->line, posting->file_line, source, sizeof(source));
        error = ledger_batch_add(&plan->staged, &posting->line, problem);
        if (error == ARCHIVE_FAILED)
            return error;
        if (error != ARCHIVE_OK)
            import_refuse(plan, posting->file_line, "%s", problem->words);
    }
    return ARCHIVE_OK;
}

enum archive_error import_transaction(struct import_plan *plan,
                                      struct transaction *transaction,
                                      struct problem *problem)
{
    struct text source = {(const char *)buffer_bytes(&plan->source),
                          (uint32_t)buffer_length(&plan->source)};
    struct import_entry *entry;
    uint32_t *occurrences;
    uint8_t digest[HASH_BYTES];
    enum archive_error error;

    if (!check_postings(plan, transaction, problem))
        return ARCHIVE_OK;
    transaction_digest(transaction, source, 0, digest);
    occurrences = digest_map_put(&plan->seen, digest);
    entry = add_entry(plan);
    if (occurrences == NULL || entry == NULL)
        return problem_memory(problem);
    memset(entry, 0, sizeof(*entry));
    transaction_digest(transaction, source, ++*occurrences, entry->key);
    entry->start = buffer_length(&plan->staged.bodies);
    entry->lines = transaction->count;
    entry->file_line = transaction->posting[0]->file_line;
    error = stage(plan, transaction, entry, problem);
    entry->end = buffer_length(&plan->staged.bodies);
    return error;
}
