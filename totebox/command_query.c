#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "totebox/command.h"
#include "totebox/disclosure.h"

static const char usage[] =
    "usage: totebox query ARCHIVE VIEW [PREFIX] [option ...]\n"
    "\n"
    "Prints the rows of a view, sorted by key, from this machine: entity own pos "
    "metric\n"
    "item obl fx note.  PREFIX is the beginning of a row key, like 'CED|2025|'.\n"
    "Without --role it shows the owner everything, in the periods that exposure.conf\n"
    "names (none: all) by account.\n"
    "\n"
    "  --period P         2025, 2025Q3, 2025-12, 20250701-20260630, all; may repeat\n"
    "  --granularity G    total or account\n"
    "  --role ROLE        only what exposure.conf shows that role, with its marks\n"
    "  --as-of TIME       as the rows stood then (commit time, 2026-01-31T14:02:07Z)\n"
    "  --format F         text, csv or json (one object a line)\n";

struct query {
    const char *directory, *prefix, *role;
    enum view view;
    struct period periods[EXPOSURE_PERIODS_MAX];
    uint32_t period_count;
    bool totals, accounts;
    int64_t until_ms;
    enum output_format format;
};

static bool take_granularity(struct query *query, const char *name)
{
    query->totals = strcmp(name, "total") == 0;
    query->accounts = strcmp(name, "account") == 0;
    return query->totals || query->accounts;
}

static bool take_option(struct query *query, int option, const char *value)
{
    switch (option) {
    case 'p':
        return query->period_count < EXPOSURE_PERIODS_MAX &&
               period_parse(text_of(value), &query->periods[query->period_count++]);
    case 'g':
        return take_granularity(query, value);
    case 'r':
        query->role = value;
        return true;
    case 'a':
        return time_parse(text_of(value), &query->until_ms);
    case 'f':
        return output_format_by_name(value, &query->format);
    default:
        return false;
    }
}

static int parse(int argc, char **argv, struct query *query)
{
    static const struct option options[] = {
        {"period", required_argument, NULL, 'p'},
        {"granularity", required_argument, NULL, 'g'},
        {"role", required_argument, NULL, 'r'},
        {"as-of", required_argument, NULL, 'a'},
        {"format", required_argument, NULL, 'f'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    int option;

    *query = (struct query){.until_ms = INT64_MAX, .prefix = ""};
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
        if (!take_option(query, option, optarg))
            return command_usage(usage, option == 'h');
    if (argc - optind < 2 || argc - optind > 3 ||
        !view_by_name(text_of(argv[optind + 1]), &query->view) ||
        query->view == VIEW_LINK)
        return command_usage(usage, false);
    query->directory = argv[optind];
    if (argc - optind == 3)
        query->prefix = argv[optind + 2];
    return -1;
}

static void make_plan(const struct query *query, const struct archive *archive,
                      struct index_plan *plan)
{
    exposure_plan(archive->exposure, plan);
    if (query->role)
        return;
    plan->views = 1U << query->view;
    plan->items_from = 0;
    plan->totals = query->totals;
    plan->accounts = query->accounts || !query->totals;
    if (query->period_count) {
        memcpy(plan->periods, query->periods, sizeof(query->periods));
        plan->period_count = query->period_count;
    } else if (plan->period_count == 0) {
        plan->periods[plan->period_count++] = (struct period){0, 0};
    }
}

static bool print_row(struct row_printer *printer, const struct exposure_view *exposure,
                      const struct disclosure *disclosure,
                      const struct archive_index *index, const union any_row *stored)
{
    const struct view_table *table = view_table(printer->view);
    uint8_t marks[ROW_COLUMNS_MAX] = {0};
    union any_row now;
    const union any_row *row = &now;

    memcpy(&now, stored, table->size);
    now.row.as_of_ms = index_row_as_of_ms(index, printer->view, stored);
    if (exposure == NULL)
        return row_printer_row(printer, row, NULL);
    if (!exposure_sees_row(exposure, printer->names, printer->view, row))
        return true;
    for (uint32_t i = 0; i < table->column_count; i++) {
        marks[i] = (uint8_t)exposure_cell_mark(exposure, printer->names, printer->view,
                                               row, i);
        if (marks[i] == CELL_PRESENT && disclosure_covers(printer->view, i))
            marks[i] =
                (uint8_t)disclosure_mark(disclosure, exposure, printer->names, row);
    }
    return row_printer_row(printer, row, marks);
}

static bool print_rows(const struct query *query, const struct archive *archive,
                       const struct archive_index *index)
{
    const struct names *names = index_names(index);
    struct text prefix = text_of(query->prefix);
    struct disclosure *disclosure = NULL;
    struct exposure_view exposure;
    struct row_printer printer;
    bool ok = true;

    if (query->role) {
        exposure_for(archive->exposure, text_of(query->role), NULL, &exposure);
        if (query->view == VIEW_METRIC)
            disclosure = disclosure_new(&exposure, index);
    }
    row_printer_start(&printer, query->format, query->view, names);
    for (const union any_row *row = index_seek(index, query->view, prefix);
         ok && row && text_starts_with(names_text(names, row->row.key), prefix);
         row = index_next(index, query->view, row))
        ok =
            print_row(&printer, query->role ? &exposure : NULL, disclosure, index, row);
    row_printer_end(&printer);
    disclosure_free(disclosure);
    return ok;
}

int query_main(int argc, char **argv)
{
    struct archive_index *index = NULL;
    struct archive *archive = NULL;
    struct index_plan plan;
    struct problem problem;
    enum archive_error error;
    struct query query;
    int status = parse(argc, argv, &query);

    if (status >= 0)
        return status;
    error = archive_open(&archive, query.directory, &problem);
    if (error == ARCHIVE_OK) {
        make_plan(&query, archive, &plan);
        error =
            index_open(&index, archive, &plan, LEDGER_READ, query.until_ms, &problem);
    }
    if (error == ARCHIVE_OK && !print_rows(&query, archive, index))
        error = problem_memory(&problem);
    index_close(index);
    archive_close(archive);
    return error == ARCHIVE_OK ? ARCHIVE_OK : command_fail("query", &problem);
}
