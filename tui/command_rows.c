#include "tui/commands.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tui/output.h"
#include "tui/settle.h"

static const char usage[] =
    "usage: fleet rows [--config FILE] [--entity ENTITY] VIEW\n"
    "\n"
    "Prints the rows of one view (entity own pos metric item obl fx note link) as the\n"
    "archives answered them, as CSV: numbers exact, cells that have no value as the\n"
    "name of their mark in angle brackets. Exit 3 when an archive did not answer.\n";

static const char *mark_words(uint8_t mark)
{
    switch ((enum cell_mark)mark) {
    case CELL_NOT_APPLICABLE:
        return "<not-applicable>";
    case CELL_NOT_PERMITTED:
        return "<not-permitted>";
    case CELL_NOT_KNOWN:
        return "<not-known>";
    case CELL_SUPPRESSED_COUNT:
        return "<suppressed:count>";
    case CELL_SUPPRESSED_DOMINANCE:
        return "<suppressed:dominance>";
    case CELL_SUPPRESSED_P_PERCENT:
        return "<suppressed:p-percent>";
    case CELL_SUPPRESSED_SECONDARY:
        return "<suppressed:secondary>";
    case CELL_SUPPRESSED_REPEATED:
        return "<suppressed:repeated>";
    case CELL_PRESENT:
        break;
    }
    return "<unknown-mark>";
}

/* Texts beginning with a character that spreadsheets take for a formula get an
 * apostrophe; numbers never do. */
static void print_text(const char *text)
{
    putchar('"');
    if (strchr("=+-@\t\r", text[0]) && text[0])
        putchar('\'');
    for (; *text; text++) {
        if (*text == '"')
            putchar('"');
        putchar(*text);
    }
    putchar('"');
}

static void print_cell(const struct names *names, const struct column *column,
                       const union any_row *row, uint8_t mark)
{
    const char *at = (const char *)row + column->offset;
    if (column->type == COLUMN_DECIMAL) {
        struct amount amount;
        memcpy(&amount, at, sizeof amount);
        if (!mark && !amount.mark) {
            char text[DECIMAL_CHARS_MAX];
            decimal_write(amount_decimal(amount), text);
            fputs(text, stdout);
            return;
        }
        mark = mark ? mark : amount.mark;
    }
    if (mark) {
        fputs(mark_words(mark), stdout);
    } else if (column->type == COLUMN_TEXT) {
        name_id id;
        memcpy(&id, at, sizeof id);
        print_text(names_string(names, id));
    } else {
        int64_t value;
        memcpy(&value, at, sizeof value);
        printf("%" PRId64, value);
    }
}

static void print_view(struct session *session, uint32_t slot, enum view view)
{
    const struct view_table *table = view_table(view);
    const struct names *names = store_names(session->store);
    uint32_t count = store_row_count(session->store, slot, view);
    for (uint32_t i = 0; i < count; i++) {
        const union any_row *row = store_row(session->store, slot, view, i);
        print_text(names_string(names, row->row.key));
        for (uint32_t c = 0; c < table->column_count; c++) {
            putchar(',');
            print_cell(names, &table->columns[c], row, row->row.marks[c]);
        }
        putchar('\n');
    }
}

static void print_header(enum view view)
{
    const struct view_table *table = view_table(view);
    fputs("row", stdout);
    for (uint32_t c = 0; c < table->column_count; c++)
        printf(",%s", table->columns[c].name);
    putchar('\n');
}

static enum exit_code print_rows(struct session *session, const char *entity,
                                 enum view view)
{
    uint32_t asked = 0, answered = 0, refused = 0;
    print_header(view);
    for (uint32_t slot = 0; slot < session->config->totebox_count; slot++) {
        if (entity && strcmp(entity, session->config->toteboxes[slot].entity) != 0)
            continue;
        const struct link_status *status = store_status(session->store, slot);
        asked++;
        answered += status->state == LINK_LIVE;
        refused += status->state == LINK_REFUSED;
        if (status->state != LINK_LIVE)
            fprintf(stderr, "fleet: %s: %s\n", session->config->toteboxes[slot].entity,
                    status->reason[0] ? status->reason : "no answer");
        print_view(session, slot, view);
    }
    if (asked == 0) {
        fprintf(stderr, "fleet: no archive of the configuration is called %s\n",
                entity);
        return EXIT_USAGE;
    }
    if (answered == asked)
        return EXIT_COMPLETE;
    if (answered)
        return EXIT_PARTIAL;
    return refused ? EXIT_REFUSED : EXIT_NOBODY;
}

int command_rows(int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"entity", required_argument, NULL, 'e'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    const char *path = NULL, *entity = NULL;
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'c') {
            path = optarg;
        } else if (option == 'e') {
            entity = optarg;
        } else {
            fputs(usage, option == 'h' ? stdout : stderr);
            return option == 'h' ? EXIT_COMPLETE : EXIT_USAGE;
        }
    }
    enum view view;
    if (optind != argc - 1 || !view_by_name(text_of(argv[optind]), &view)) {
        fputs(usage, stderr);
        return EXIT_USAGE;
    }
    struct session session;
    char error[SESSION_ERROR_CHARS];
    if (!session_open(&session, path, error)) {
        fprintf(stderr, "fleet: %s\n", error);
        return EXIT_USAGE;
    }
    session_settle(&session, 15000);
    int status = output_end(print_rows(&session, entity, view));
    session_close(&session);
    return status;
}
