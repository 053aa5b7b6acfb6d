/* cold_view - from nothing to a complete, verified view of a real fleet.
 *
 *   cold_view FLEET.CONF [ROUNDS]
 *
 * Each round dials every archive of the configuration, presents capabilities, receives all
 * rows and builds the executive summary.  Prints a line a round: milliseconds until every
 * link had answered or failed, CPU milliseconds of this process, links live, rows held,
 * and resident KiB. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "tui/settle.h"

static double seconds_of(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static double cpu_ms(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime)) * 1e3;
}

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static long resident_kib(void)
{
    long total = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || fscanf(file, "%ld %ld", &total, &resident) != 2)
        resident = 0;
    if (file)
        fclose(file);
    return resident * 4;
}

static int round_of(const char *config)
{
    struct session session;
    char error[SESSION_ERROR_CHARS];
    if (!session_open(&session, config, error)) {
        fprintf(stderr, "cold_view: %s\n", error);
        return 1;
    }
    double wall = now_ms(), cpu = cpu_ms();
    session_settle(&session, 60000);
    struct model_options options = {.basis = session.config->portfolios[0].basis};
    const struct model_executive *executive = figures_executive(session.figures, &options);
    wall = now_ms() - wall;
    cpu = cpu_ms() - cpu;
    uint32_t live = 0;
    for (uint32_t slot = 0; slot < session.config->totebox_count; slot++)
        live += store_status(session.store, slot)->state == LINK_LIVE;
    printf("%.1f ms wall  %.1f ms cpu  %u/%u live  %llu rows  %ld KiB  %u headlines\n", wall,
           cpu, live, session.config->totebox_count,
           (unsigned long long)store_total_rows(session.store), resident_kib(),
           executive ? executive->headline_count : 0);
    session_close(&session);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fputs("usage: cold_view FLEET.CONF [ROUNDS]\n", stderr);
        return 2;
    }
    long rounds = argc > 2 ? strtol(argv[2], NULL, 10) : 5;
    for (long i = 0; i < rounds; i++)
        if (round_of(argv[1]))
            return 1;
    return 0;
}
