/* figures_cost.c - what a change costs: CPU time from one committed row to each model,
 * on a portfolio of SLOTS archives with ROWS rows each, from kept sums.
 *
 *   figures_cost [SLOTS [ROWS]]
 *
 * One line a model: median of the rounds in microseconds, the first build apart. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/figures.h"

enum { ROUNDS = 201, PAIRS = 4 };

static struct store *store;
static struct config_totebox *blocks;

static int64_t cpu_ns(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static name_id name(const char *text)
{
    name_id id = 0;
    if (!names_intern(store_names(store), text_of(text), &id))
        abort();
    return id;
}

static struct amount amount(long value)
{
    struct amount result;
    if (amount_from_decimal((struct decimal){value, 2}, &result))
        abort();
    return result;
}

static void put_pos(uint32_t slot, unsigned row, const char *cls, const char *line,
                    const char *cp, long value)
{
    char key[ROW_KEY_MAX + 1], account[32];
    union any_row any;
    memset(&any, 0, sizeof any);
    (void)snprintf(account, sizeof account, "account:%u", row);
    struct text parts[] = {text_of("2025"),  text_of(cls), text_of(line),
                           text_of(account), text_of(cp),  text_of("USD")};
    uint32_t length = row_key_write(text_of(blocks[slot].entity), parts, 6, key);
    (void)length;
    any.pos = (struct pos_row){.row = {.key = name(key),
                                       .entity = name(blocks[slot].entity),
                                       .seq = 1,
                                       .as_of_ms = 1767225599999},
                               .period = name("2025"),
                               .start = 20250101,
                               .end = 20251231,
                               .cls = name(cls),
                               .line = name(line),
                               .account = name(account),
                               .cp = name(cp),
                               .cur = name("USD"),
                               .open = amount(0),
                               .move = amount(value),
                               .hist_open = {.mark = CELL_NOT_APPLICABLE},
                               .hist_move = {.mark = CELL_NOT_APPLICABLE}};
    store_upsert(store, slot, VIEW_POS, &any);
}

static void put_edge(uint32_t owner, uint32_t owned)
{
    char key[ROW_KEY_MAX + 1];
    union any_row any;
    struct text parts[] = {text_of(blocks[owned].entity), text_of("20200101")};
    memset(&any, 0, sizeof any);
    if (!row_key_write(text_of(blocks[owner].entity), parts, 2, key))
        abort();
    any.own = (struct own_row){
        .row = {.key = name(key), .entity = name(blocks[owner].entity), .seq = 1},
        .owned = name(blocks[owned].entity),
        .from = 20200101,
        .econ_num = 4,
        .econ_den = 5,
        .method = name(owned % 7 == 3 ? "equity" : "full")};
    store_upsert(store, owner, VIEW_OWN, &any);
}

static void load(uint32_t slots, unsigned rows)
{
    static const char *const lines[][2] = {{"A", "cash"},
                                           {"A", "receivable"},
                                           {"A", "property"},
                                           {"L", "debt"},
                                           {"L", "payable"},
                                           {"X", "opex"},
                                           {"R", "revenue.operating"},
                                           {"X", "interest"},
                                           {"X", "depreciation"}};
    for (uint32_t slot = 0; slot < slots; slot++) {
        store_begin(store, slot, true);
        /* What one is owed the other owes. */
        for (unsigned pair = 0; pair < PAIRS; pair++) {
            uint32_t other = (slot + pair + 1) % slots;
            uint32_t back = (slot + slots - pair - 1) % slots;
            put_pos(slot, 2 * pair, "A", "receivable", blocks[other].entity,
                    (long)(slot * 31 + pair));
            put_pos(slot, 2 * pair + 1, "L", "payable", blocks[back].entity,
                    -(long)(back * 31 + pair));
        }
        for (unsigned row = 2 * PAIRS; row < rows; row++) {
            unsigned kind = row % (sizeof lines / sizeof *lines);
            put_pos(slot, row, lines[kind][0], lines[kind][1], "",
                    (long)(slot * 1000 + row));
        }
        /* A tree: eight children each. */
        for (uint32_t child = slot * 8 + 1; child <= slot * 8 + 8 && child < slots;
             child++)
            if (slot % 7 != 3 || slot == 0)
                put_edge(slot, child);
        store_commit(store, slot, 1);
        store_status(store, slot)->state = LINK_LIVE;
        store_status_changed(store, slot);
    }
}

static int by_size(const void *left, const void *right)
{
    const int64_t *a = left, *b = right;
    return *a < *b ? -1 : *a > *b;
}

static void measure(struct figures *figures, const char *what,
                    void (*build)(struct figures *), uint32_t slots)
{
    static long value;
    int64_t times[ROUNDS], first = cpu_ns();
    build(figures);
    first = cpu_ns() - first;
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint32_t slot = round * 37 % slots;
        int64_t start = cpu_ns();
        store_begin(store, slot, false);
        put_pos(slot, 999, "A", "cash", "", ++value);
        store_commit(store, slot, round + 2);
        build(figures);
        times[round] = cpu_ns() - start;
    }
    qsort(times, ROUNDS, sizeof *times, by_size);
    printf("%-10s first %7.0f us   a change %7.0f us   worst %7.0f us\n", what,
           (double)first / 1000, (double)times[ROUNDS / 2] / 1000,
           (double)times[ROUNDS - 1] / 1000);
}

static const struct model_options options = {.basis = BASIS_CONSOLIDATED};
static void coverage(struct figures *figures)
{
    (void)figures_coverage(figures, &options);
}
static void portfolio(struct figures *figures)
{
    (void)figures_portfolio(figures, &options);
}
static void recon(struct figures *figures)
{
    (void)figures_recon(figures, &options);
}
static void executive(struct figures *figures)
{
    (void)figures_executive(figures, &options);
}
static void fleet(struct figures *figures)
{
    (void)figures_fleet(figures);
}

int main(int argc, char **argv)
{
    uint32_t slots = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 200;
    unsigned rows = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 50;
    struct config_freshness fresh[] = {{"pos", 1, 1, INT64_MAX / 4},
                                       {"metric", 1, 1, INT64_MAX / 4}};
    struct config_portfolio one = {.name = "bench",
                                   .root = "E00000",
                                   .currency = "USD",
                                   .period = "2025",
                                   .fx = "",
                                   .hold_ms = 3600000};
    struct config_tolerance tolerance = {"default", {1, 0}, {5, 2}, 5};
    char(*ids)[16] = calloc(slots, sizeof *ids);
    blocks = calloc(slots, sizeof *blocks);
    if (!ids || !blocks)
        return 1;
    for (uint32_t i = 0; i < slots; i++) {
        (void)snprintf(ids[i], sizeof ids[i], "E%05u", i);
        blocks[i] = (struct config_totebox){.entity = ids[i],
                                            .name = ids[i],
                                            .host = "h",
                                            .group = i % 3 ? "a" : "b",
                                            .path = "",
                                            .weight = 1,
                                            .required = true};
    }
    struct config config = {.toteboxes = blocks,
                            .totebox_count = slots,
                            .portfolios = &one,
                            .portfolio_count = 1,
                            .freshness = fresh,
                            .freshness_count = 2,
                            .tolerances = &tolerance,
                            .tolerance_count = 1};
    store = store_new(&config);
    struct figures *figures = store ? figures_new(&config, store) : NULL;
    if (!figures)
        return 1;
    load(slots, rows);
    figures_set_clock(figures, 1767225600000, 1000);
    printf("%u archives, %llu rows\n", slots,
           (unsigned long long)store_total_rows(store));
    measure(figures, "coverage", coverage, slots);
    measure(figures, "portfolio", portfolio, slots);
    measure(figures, "recon", recon, slots);
    measure(figures, "executive", executive, slots);
    measure(figures, "fleet", fleet, slots);
    figures_free(figures);
    store_free(store);
    free(blocks);
    free(ids);
    return 0;
}
