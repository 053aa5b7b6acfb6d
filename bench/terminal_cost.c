/* terminal_cost - what a full-screen program costs the person in front of it.
 *
 *     terminal_cost [-r ROWS] [-c COLUMNS] [-w TEXT] [-s SECONDS] [-k KEYS] [-t
 * SECONDS]
 *                   [-q KEYS] -- PROGRAM ARGUMENT...
 *
 * Runs the program in a pseudo terminal and prints, a line each:
 *
 *   first-byte, first-frame  ms until it writes anything, and until TEXT was written
 *   idle                     bytes a second over SECONDS without a key
 *   repaint                  bytes that answer Ctrl-L
 *   key                      ms from a key of KEYS to the first byte: median, p99,
 * worst stalled                  CPU ms used while nobody reads for -t seconds, and ms
 * from a key sent after that until the program answers resident                 KiB
 *
 * It drains what comes and emulates nothing: the figures are the program's, not those
 * of a terminal.  QUIT keys end it; what still runs after two seconds is killed. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { KEYS_SENT = 200, KEPT = 65536, QUIET_MS = 150 };

struct run {
    int master;
    pid_t child;
    uint64_t bytes;
    char kept[KEPT + 1]; /* the newest output, to look for TEXT in */
    size_t length;
    bool is_over;
};

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Reads once, waiting at most `us`; the bytes that came. */
static size_t take(struct run *run, int64_t us)
{
    char bytes[KEPT / 2];
    struct pollfd polled = {.fd = run->master, .events = POLLIN};
    struct timespec wait = {us / 1000000, us % 1000000 * 1000};
    if (run->is_over || ppoll(&polled, 1, &wait, NULL) <= 0)
        return 0;
    ssize_t got = read(run->master, bytes, sizeof bytes);
    if (got <= 0) {
        run->is_over = got == 0 || errno != EINTR;
        return 0;
    }
    if (run->length + (size_t)got > KEPT) {
        memmove(run->kept, run->kept + KEPT / 2, run->length - KEPT / 2);
        run->length -= KEPT / 2;
    }
    memcpy(run->kept + run->length, bytes, (size_t)got);
    run->length += (size_t)got;
    for (size_t i = run->length - (size_t)got; i < run->length; i++)
        if (!run->kept[i])
            run->kept[i] = ' ';
    run->kept[run->length] = '\0';
    run->bytes += (uint64_t)got;
    return (size_t)got;
}

/* Reads for `ms`; the bytes that came. */
static uint64_t drain(struct run *run, int64_t ms)
{
    uint64_t before = run->bytes;
    int64_t end = now_us() + ms * 1000;
    for (int64_t left = ms * 1000; left > 0 && !run->is_over; left = end - now_us())
        (void)take(run, left);
    return run->bytes - before;
}

/* Until nothing has come for QUIET_MS; the bytes. */
static uint64_t drain_all(struct run *run)
{
    uint64_t before = run->bytes;
    while (take(run, QUIET_MS * 1000) > 0)
        continue;
    return run->bytes - before;
}

static void send_key(const struct run *run, const char *keys, size_t length)
{
    if (write(run->master, keys, length) != (ssize_t)length)
        fprintf(stderr, "terminal_cost: a key was not taken\n");
}

static long resident_kib(pid_t process)
{
    char path[64], line[256];
    long kib = 0;
    (void)snprintf(path, sizeof path, "/proc/%ld/status", (long)process);
    FILE *status = fopen(path, "r");
    while (status && fgets(line, sizeof line, status))
        if (strncmp(line, "VmRSS:", 6) == 0)
            kib = strtol(line + 6, NULL, 10);
    if (status)
        fclose(status);
    return kib;
}

/* CPU of a process and of its children (the program may be behind a guard), in ms. */
static long cpu_ms(pid_t process)
{
    char path[64], text[1024];
    (void)snprintf(path, sizeof path, "/proc/%ld/stat", (long)process);
    FILE *stat = fopen(path, "r");
    size_t length = stat ? fread(text, 1, sizeof text - 1, stat) : 0;
    if (stat)
        fclose(stat);
    text[length] = '\0';
    unsigned long user = 0, system = 0;
    const char *rest = strrchr(text, ')');
    if (!rest ||
        sscanf(rest + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
               &system) != 2)
        return 0;
    return (long)((user + system) * 1000 / (unsigned long)sysconf(_SC_CLK_TCK));
}

/* The process that paints: the first child, where a guard has one. */
static pid_t painter_of(pid_t process)
{
    char path[96];
    long child = 0;
    (void)snprintf(path, sizeof path, "/proc/%ld/task/%ld/children", (long)process,
                   (long)process);
    FILE *children = fopen(path, "r");
    if (children) {
        if (fscanf(children, "%ld", &child) != 1)
            child = 0;
        fclose(children);
    }
    return child ? (pid_t)child : process;
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void measure_keys(struct run *run, const char *keys)
{
    static int64_t took[KEYS_SENT];
    size_t count = 0, silent = 0, length = strlen(keys);
    for (size_t i = 0; i < KEYS_SENT && silent < 20 && !run->is_over; i++) {
        (void)drain(run, 60); /* no repeat rate: one key at a time */
        int64_t sent = now_us();
        send_key(run, &keys[i % length], 1);
        if (take(run, 1000000) > 0)
            took[count++] = now_us() - sent;
        else
            silent++;
    }
    qsort(took, count, sizeof took[0], by_value);
    if (count)
        printf(
            "key         %8.2f ms median, %.2f p99, %.2f worst, of %zu; %zu without a "
            "byte\n",
            (double)took[count / 2] / 1000, (double)took[count * 99 / 100] / 1000,
            (double)took[count - 1] / 1000, count, silent);
}

static void measure_stall(struct run *run, long seconds, const char *keys)
{
    pid_t painter = painter_of(run->child);
    long before = cpu_ms(painter);
    struct timespec wait = {seconds, 0};
    nanosleep(&wait, NULL);
    long used = cpu_ms(painter) - before;
    int64_t sent = now_us();
    send_key(run, keys, 1);
    uint64_t behind = drain_all(run);
    printf("stalled     %8ld ms CPU in %ld s without a reader; then %llu bytes in %.0f "
           "ms\n",
           used, seconds, (unsigned long long)behind,
           (double)(now_us() - sent) / 1000 - QUIET_MS);
}

static void finish(struct run *run, const char *quit)
{
    send_key(run, quit, strlen(quit));
    (void)drain(run, 500);
    for (int i = 0; i < 20; i++) {
        if (waitpid(run->child, NULL, WNOHANG) == run->child)
            return;
        (void)drain(run, 100);
    }
    kill(run->child, SIGKILL);
    waitpid(run->child, NULL, 0);
}

int main(int argc, char **argv)
{
    const char *text = "", *keys = "", *quit = "q";
    long rows = 24, columns = 80, seconds = 10, stall = 0;
    int option;
    while ((option = getopt(argc, argv, "+r:c:w:s:k:t:q:")) != -1) {
        switch (option) {
        case 'r':
            rows = strtol(optarg, NULL, 10);
            break;
        case 'c':
            columns = strtol(optarg, NULL, 10);
            break;
        case 'w':
            text = optarg;
            break;
        case 's':
            seconds = strtol(optarg, NULL, 10);
            break;
        case 'k':
            keys = optarg;
            break;
        case 't':
            stall = strtol(optarg, NULL, 10);
            break;
        case 'q':
            quit = optarg;
            break;
        default:
            return 2;
        }
    }
    if (optind >= argc) {
        fprintf(stderr, "terminal_cost: which program?\n");
        return 2;
    }
    static struct run run;
    struct winsize size = {.ws_row = (unsigned short)rows,
                           .ws_col = (unsigned short)columns};
    int64_t begun = now_us();
    run.child = forkpty(&run.master, NULL, NULL, &size);
    if (run.child < 0) {
        perror("terminal_cost: forkpty");
        return 1;
    }
    if (run.child == 0) {
        setenv("TERM", "xterm-256color", 1);
        execvp(argv[optind], &argv[optind]);
        _exit(127);
    }
    while (!run.is_over && take(&run, 5000000) == 0)
        continue;
    printf("first-byte  %8.1f ms\n", (double)(now_us() - begun) / 1000);
    while (!run.is_over && !strstr(run.kept, text) && take(&run, 5000000) > 0)
        continue;
    if (!strstr(run.kept, text))
        fprintf(stderr, "terminal_cost: \"%s\" did not come\n", text);
    printf("first-frame %8.1f ms\n", (double)(now_us() - begun) / 1000);
    if (*keys)
        measure_keys(&run, keys);
    (void)drain(&run, 5000); /* what fills at first is full */
    uint64_t idle = drain(&run, seconds * 1000);
    printf("idle        %8llu bytes/s\n", (unsigned long long)idle / (uint64_t)seconds);
    (void)drain_all(&run);
    send_key(&run, "\f", 1);
    printf("repaint     %8llu bytes\n", (unsigned long long)drain(&run, QUIET_MS));
    if (*keys) {
        printf("settled ");
        measure_keys(&run, keys);
    }
    if (stall)
        measure_stall(&run, stall, *keys ? keys : "\f");
    printf("resident    %8ld KiB\n", resident_kib(painter_of(run.child)));
    finish(&run, quit);
    return 0;
}
