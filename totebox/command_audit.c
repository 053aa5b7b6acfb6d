#include <getopt.h>
#include <stdio.h>

#include "totebox/audit.h"
#include "totebox/command.h"

static const char usage[] =
    "usage: totebox audit ARCHIVE [--since TIME]\n"
    "\n"
    "Prints who asked what of this archive, oldest first, after checking the log's "
    "hashes:\n"
    "grants (who, which key, until when), refusals (why, which key, how often) and "
    "reads\n"
    "(who, which view, how many answers and rows in a minute).\n"
    "  --since TIME  from that commit time on, 2026-01-31 or 2026-01-31T14:02:07Z\n";

static enum archive_error print_line(void *user, const struct ledger *ledger,
                                     const struct line *line, struct problem *problem)
{
    const int64_t *since_ms = user;
    char at[TIME_CHARS + 1];

    (void)ledger;
    (void)problem;
    if (line->at_ms < *since_ms)
        return ARCHIVE_OK;
    time_write(line->at_ms, at);
    printf("%s  %-8s", at, line_type_name(line->type));
    for (int i = 0; i < FIELD_COUNT; i++)
        if (line->field[i].length)
            printf("  %s=%.*s", line_field_name((enum line_field)i),
                   TEXT_ARG(line->field[i]));
    putchar('\n');
    return ARCHIVE_OK;
}

int audit_main(int argc, char **argv)
{
    static const struct option options[] = {
        {"since", required_argument, NULL, 's'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    int64_t since_ms = 0;
    struct ledger_visitor visitor = {print_line, &since_ms};
    struct archive *archive;
    struct problem problem;
    enum archive_error error;
    uint64_t lines;
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
        if (option != 's' || !time_parse(text_of(optarg), &since_ms))
            return command_usage(usage, option == 'h');
    if (optind != argc - 1)
        return command_usage(usage, false);
    error = archive_open(&archive, argv[optind], &problem);
    if (error == ARCHIVE_OK)
        error = audit_read(archive, visitor, &lines, &problem);
    archive_close(archive);
    return error == ARCHIVE_OK ? ARCHIVE_OK : command_fail("audit", &problem);
}
