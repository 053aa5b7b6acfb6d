#include <getopt.h>
#include <stdio.h>

#include "totebox/command.h"

static const char usage[] = "usage: totebox expose ARCHIVE [--to ROLE|SHA256:...]\n"
                            "\n"
                            "Checks exposure.conf and shows what it exposes: block by "
                            "block, or with --to what\n"
                            "that role or key would see now, in rows.  To change it, "
                            "edit exposure.conf and send\n"
                            "SIGHUP to totebox serve.\n";

static void print_percent(const char *name, struct decimal percent)
{
    char text[DECIMAL_CHARS_MAX];

    if (decimal_sign(percent) == 0)
        return;
    decimal_write(percent, text);
    printf("  %-14s %s %%\n", name, text);
}

static void print_strings(const char *name, const struct strings *strings)
{
    if (strings->count == 0)
        return;
    printf("  %-14s", name);
    for (uint32_t i = 0; i < strings->count; i++)
        printf(" %s", strings->text[i]);
    putchar('\n');
}

static void print_views(uint32_t views)
{
    printf("  %-14s", "views");
    for (int view = 0; view < VIEW_LINK; view++)
        if (views & 1U << view)
            printf(" %s", view_table((enum view)view)->name);
    putchar('\n');
}

static void print_block(const struct expose_block *block)
{
    static const char *const granularities[] = {"total", "account", "item"};

    printf("%s\n", block->title);
    print_strings("to", &block->to);
    print_views(block->views);
    if (block->period_count) {
        printf("  %-14s", "periods");
        for (uint32_t i = 0; i < block->period_count; i++) {
            char token[PERIOD_CHARS + 1];
            period_write(block->periods[i], token);
            printf(" %s", token);
        }
        putchar('\n');
    }
    printf("  %-14s %s\n", "granularity", granularities[block->granularity]);
    print_strings("rows", &block->rows);
    print_strings("keys", &block->keys);
    print_strings("counterparties", &block->counterparties);
    print_strings("withhold", &block->withhold);
    if (block->limits.min_n)
        printf("  %-14s %u\n", "min-n", block->limits.min_n);
    print_percent("dominance", block->limits.dominance);
    print_percent("p-percent", block->limits.p_percent);
    printf("  %-14s %lldh\n", "window", (long long)(block->window_ms / 3600000));
}

static enum archive_error print_rows(const struct archive *archive, const char *to,
                                     struct problem *problem)
{
    struct exposure_view exposure;
    struct archive_index *index;
    struct index_plan plan;
    uint8_t holder[HASH_BYTES];
    bool is_key = fingerprint_parse(text_of(to), holder);
    enum archive_error error;

    exposure_for(archive->exposure, is_key ? TEXT("") : text_of(to),
                 is_key ? holder : NULL, &exposure);
    exposure_plan(archive->exposure, &plan);
    error = index_open(&index, archive, &plan, LEDGER_READ, INT64_MAX, problem);
    if (error != ARCHIVE_OK)
        return error;
    for (int view = 0; view < VIEW_LINK; view++) {
        uint32_t count = 0;
        for (const union any_row *row = index_seek(index, (enum view)view, TEXT(""));
             row; row = index_next(index, (enum view)view, row))
            count +=
                exposure_sees_row(&exposure, index_names(index), (enum view)view, row);
        if (exposure_sees_view(&exposure, (enum view)view))
            printf("%-7s %u\n", view_table((enum view)view)->name, count);
    }
    index_close(index);
    return ARCHIVE_OK;
}

int expose_main(int argc, char **argv)
{
    static const struct option options[] = {
        {"to", required_argument, NULL, 't'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    struct archive *archive;
    struct problem problem;
    enum archive_error error;
    const char *to = NULL;
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option != 't')
            return command_usage(usage, option == 'h');
        to = optarg;
    }
    if (optind != argc - 1)
        return command_usage(usage, false);
    error = archive_open(&archive, argv[optind], &problem);
    if (error == ARCHIVE_OK && to)
        error = print_rows(archive, to, &problem);
    else if (error == ARCHIVE_OK && archive->exposure->count == 0)
        printf("nothing is exposed\n");
    for (uint32_t i = 0; error == ARCHIVE_OK && !to && i < archive->exposure->count;
         i++)
        print_block(&archive->exposure->blocks[i]);
    archive_close(archive);
    return error == ARCHIVE_OK ? ARCHIVE_OK : command_fail("expose", &problem);
}
