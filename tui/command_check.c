#include "tui/commands.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/viewport.h"
#include "tui/looks.h"
#include "tui/output.h"
#include "tui/settle.h"

static const char usage[] =
    "usage: fleet check [--config FILE] [--wait SECONDS]\n"
    "\n"
    "Reads the configuration, dials every archive once, and says what is wrong:\n"
    "one line an archive with its link's state, round trip, the archive's clock\n"
    "against ours, rows received, and the reason where there is no answer.\n";

static const int64_t skew_limit_ms = 20000; /* what a capability's backdating covers */

static void print_link(const struct config_totebox *totebox,
                       const struct link_status *status, uint32_t rows)
{
    printf("%-16s %-12s", totebox->entity, link_state_name(status->state));
    if (status->rtt_ms >= 0)
        printf(" rtt %" PRId32 " ms  clock %+" PRId64 " ms  rows %" PRIu32,
               status->rtt_ms, status->skew_ms, rows);
    if (status->reason[0])
        printf("  %s", status->reason);
    if (status->skew_ms > skew_limit_ms || status->skew_ms < -skew_limit_ms)
        printf("  CLOCK: differs by more than %" PRId64 " s", skew_limit_ms / 1000);
    putchar('\n');
}

static uint32_t rows_of(struct store *store, uint32_t slot)
{
    uint32_t rows = 0;
    for (enum view view = 0; view < VIEW_COUNT; view++)
        rows += store_row_count(store, slot, view);
    return rows;
}

static enum exit_code check(struct session *session)
{
    uint32_t live = 0, refused = 0, count = session->config->totebox_count;
    for (uint32_t slot = 0; slot < count; slot++) {
        const struct link_status *status = store_status(session->store, slot);
        print_link(&session->config->toteboxes[slot], status,
                   rows_of(session->store, slot));
        live += status->state == LINK_LIVE || status->state == LINK_QUIET;
        refused += status->state == LINK_REFUSED;
    }
    const struct viewports *viewports = session->config->viewports;
    for (uint32_t i = 0; viewports && i < viewports->count; i++)
        printf("viewport %-24s %s:%d\n", viewports->items[i].name,
               viewports->items[i].file, viewports->items[i].line);
    printf("answered %" PRIu32 "/%" PRIu32 "\n", live, count);
    if (live == count)
        return EXIT_COMPLETE;
    if (live)
        return EXIT_PARTIAL;
    return refused ? EXIT_REFUSED : EXIT_NOBODY;
}

int command_check(int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"wait", required_argument, NULL, 'w'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    const char *path = NULL;
    long wait_s = 15;
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'c') {
            path = optarg;
        } else if (option == 'w') {
            wait_s = strtol(optarg, NULL, 10);
        } else {
            fputs(usage, option == 'h' ? stdout : stderr);
            return option == 'h' ? EXIT_COMPLETE : EXIT_USAGE;
        }
    }
    struct session session;
    char error[SESSION_ERROR_CHARS];
    if (!session_open(&session, path, error)) {
        fprintf(stderr, "fleet: %s\n", error);
        return EXIT_USAGE;
    }
    struct console_looks looks = {.glyphs = CONSOLE_GLYPHS_AUTO};
    char why[LOOKS_WHY_CHARS];
    int status = EXIT_USAGE;
    if (looks_set(&looks, session.config->theme, session.config->glyphs, why)) {
        session_settle(&session, wait_s * 1000);
        status = output_end(check(&session));
    } else {
        fprintf(stderr, "fleet: %s\n", why);
    }
    session_close(&session);
    return status;
}
