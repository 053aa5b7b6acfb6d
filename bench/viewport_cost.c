/* viewport_cost.c - what one viewport costs over a fleet: built anew, and asked again.
 *
 * 200 archives of 50 obligations, a ladder with two translated sums and a share,
 * against one pass over the same rows that only adds their amounts: the floor. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/figures.h"
#include "core/viewport.h"

enum { ARCHIVES = 200, ROWS = 50, ROUNDS = 200 };

static const char ladder[] =
    "viewport \"ladder\" { rows = \"obl\" where = \"kind=loan-maturity state=open\"\n"
    " group-by = {\"bucket(due,3m,12m,24m)\"}\n"
    " column \"amount\" { formula = \"sum(amount)\" currency = \"reporting\" }\n"
    " column \"share\" { formula = \"amount / total(amount)\" currency = "
    "\"reporting\"\n"
    "  format = \"percent\" } }\n";

static double now_us(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static name_id name_of(struct store *store, const char *text)
{
    name_id id;
    if (!names_intern(store_names(store), text_of(text), &id))
        abort();
    return id;
}

static void fill(struct store *store, uint32_t slot, const char *entity)
{
    store_begin(store, slot, true);
    for (int i = 0; i < ROWS; i++) {
        union any_row row = {0};
        char key[64], id[16];
        snprintf(id, sizeof id, "loan-%d", i);
        snprintf(key, sizeof key, "%s|loan-maturity|%s", entity, id);
        row.row.key = name_of(store, key);
        row.row.entity = name_of(store, entity);
        row.row.as_of_ms = INT64_C(1767225600000);
        row.obl.kind = name_of(store, "loan-maturity");
        row.obl.id = name_of(store, id);
        row.obl.due = 20260101 + 10000 * (i % 4);
        row.obl.cur = name_of(store, "USD");
        row.obl.state = name_of(store, "open");
        struct decimal amount = {100000000 + i, 2};
        if (amount_from_decimal(amount, &row.obl.amount))
            abort();
        store_upsert(store, slot, VIEW_OBL, &row);
    }
    store_commit(store, slot, 1);
    struct link_status *status = store_status(store, slot);
    status->state = LINK_LIVE;
    status->deltas = 1;
    store_status_changed(store, slot);
}

static __int128 floor_of(struct store *store)
{
    __int128 sum = 0;
    for (uint32_t slot = 0; slot < ARCHIVES; slot++)
        for (uint32_t i = 0; i < store_row_count(store, slot, VIEW_OBL); i++)
            sum += amount_decimal(store_row(store, slot, VIEW_OBL, i)->obl.amount)
                       .coefficient;
    return sum;
}

int main(void)
{
    static struct config_totebox toteboxes[ARCHIVES];
    static char names[ARCHIVES][8];
    char error[CONFIG_ERROR_CHARS];
    struct config *config = config_parse("", "bench.conf", error);
    struct viewports viewports = {0};
    const struct model_options options = {.basis = BASIS_AGGREGATE};
    if (!config || !viewports_parse(&viewports, ladder, "bench", error))
        abort();
    for (int i = 0; i < ARCHIVES; i++) {
        snprintf(names[i], sizeof names[i], "E%d", i);
        toteboxes[i] = (struct config_totebox){
            .entity = names[i], .name = names[i], .group = "", .path = "", .weight = 1};
    }
    struct config fleet = *config;
    fleet.toteboxes = toteboxes;
    fleet.totebox_count = ARCHIVES;
    struct store *store = store_new(&fleet);
    struct figures *figures = figures_new(&fleet, store);
    for (uint32_t i = 0; i < ARCHIVES; i++)
        fill(store, i, names[i]);
    figures_set_clock(figures, INT64_C(1767225600000), 1000);
    double built = 0, again = 0, floor = 0;
    uint32_t lines = 0;
    __int128 sum = 0;
    for (int round = 0; round < ROUNDS; round++) {
        store_status_changed(store, 0); /* something moved: models are made anew */
        figures_coverage(figures, &options);
        double at = now_us();
        lines += figures_viewport(figures, &options, &viewports.items[0])->line_count;
        built += now_us() - at;
        at = now_us();
        lines += figures_viewport(figures, &options, &viewports.items[0])->line_count;
        again += now_us() - at;
        at = now_us();
        sum += floor_of(store);
        floor += now_us() - at;
    }
    printf("%d archives, %d rows, %u lines a viewport (check %d)\n", ARCHIVES,
           ARCHIVES * ROWS, lines / 2 / ROUNDS, (int)(sum % 1000));
    printf("built anew %8.1f us\nasked again %7.1f us\nfloor %13.1f us  ratio %.1f\n",
           built / ROUNDS, again / ROUNDS, floor / ROUNDS, built / floor);
    arena_release(&viewports.arena);
    free(viewports.items);
    figures_free(figures);
    store_free(store);
    config_free(config);
    return 0;
}
