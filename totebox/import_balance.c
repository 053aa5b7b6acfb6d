/* import_balance.c - a trial balance: one balanced transaction a date. */
#include <stdlib.h>

#include "totebox/import_plan.h"

static const struct import_column columns[] = {
    {"entity", FIELD_COUNT, true},
    {"date", FIELD_DATE, true},
    {"account", FIELD_ACCT, true},
    {"cls", FIELD_CLS, false},
    {"line", FIELD_LINE, false},
    {"amount", FIELD_AMT, true},
    {"cur", FIELD_CUR, true},
    {"cp", FIELD_CP, false},
    {"ref", FIELD_REF, false},
    {"hist", FIELD_HIST_AMT, false},
    {"hist_cur", FIELD_HIST_CUR, false},
};

/* All rows, in the order of the file. */
static enum archive_error read_rows(struct import_plan *plan, char *bytes,
                                    size_t length, struct transaction *rows,
                                    struct problem *problem)
{
    struct import_table table;

    if (!import_table_init(&table, plan, bytes, length, columns,
                           sizeof(columns) / sizeof(columns[0])))
        return ARCHIVE_OK;
    while (import_table_next(&table)) {
        struct posting *row = transaction_add(rows, table.csv.line);
        if (row == NULL)
            return problem_memory(problem);
        if (!import_table_fill(&table, &row->line))
            rows->count--;
        else if (posting_complete(plan->request->config, row, false, problem) !=
                 ARCHIVE_OK)
            import_refuse(plan, table.csv.line, "%s", problem->words);
    }
    return ARCHIVE_OK;
}

static int by_date(const void *left, const void *right)
{
    const struct posting *a = *(struct posting *const *)left;
    const struct posting *b = *(struct posting *const *)right;
    int order = text_compare(a->line.field[FIELD_DATE], b->line.field[FIELD_DATE]);

    if (order != 0)
        return order;
    return a->file_line < b->file_line ? -1 : a->file_line > b->file_line;
}

/* The rows from `start` that have its date, as a transaction of their own. */
static enum archive_error take_date(struct import_plan *plan,
                                    const struct transaction *rows, uint32_t *start,
                                    struct problem *problem)
{
    struct posting **first = &rows->posting[*start];
    struct text date = first[0]->line.field[FIELD_DATE];
    struct transaction one = {.date = date, .desc = TEXT("trial balance")};

    one.posting = first; /* borrowed: never grown, never released */
    while (*start < rows->count &&
           text_equal(rows->posting[*start]->line.field[FIELD_DATE], date)) {
        one.count++;
        ++*start;
    }
    return import_transaction(plan, &one, problem);
}

enum archive_error import_parse_trial_balance(struct import_plan *plan, char *bytes,
                                              size_t length, struct problem *problem)
{
    struct transaction rows;
    enum archive_error error;
    uint32_t at = 0;

    transaction_init(&rows);
    error = read_rows(plan, bytes, length, &rows, problem);
    if (error == ARCHIVE_OK && plan->report->refused == 0 && rows.count > 0) {
        qsort(rows.posting, rows.count, sizeof(struct posting *), by_date);
        while (error == ARCHIVE_OK && at < rows.count)
            error = take_date(plan, &rows, &at, problem);
    }
    transaction_release(&rows);
    return error;
}
