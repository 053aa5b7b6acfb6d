#include "tests/support/random_portfolio.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/cmocka_all.h"

long random_below(long count)
{
    return random() % count;
}

void world_add_row(struct world *world, int entity, const char *cls, const char *line,
                   int cp, long amount)
{
    assert_true(world->row_count < ROWS_MAX);
    world->rows[world->row_count++] = (struct line_spec){entity, cp, cls, line, amount};
}

void world_add_edge(struct world *world, int owner, int owned, int num,
                    const char *method)
{
    assert_true(world->edge_count < EDGES_MAX);
    world->edges[world->edge_count++] = (struct edge_spec){owner, owned, num, method};
}

static bool expands(const struct world *world, int entity)
{
    for (int i = 0; i < world->edge_count; i++)
        if (world->edges[i].owned == entity &&
            strcmp(world->edges[i].method, "equity") == 0)
            return false;
    return true;
}

/* Entity 0 is the root; every other is owned by an earlier one, some by two. */
static void make_ownership(struct world *world)
{
    static const char *const methods[] = {"full",         "full",   "full",
                                          "proportional", "equity", "full"};
    for (int owned = 1; owned < world->entities; owned++) {
        int owner = (int)random_below(owned);
        const char *method = methods[random_below(6)];
        int share =
            method[0] == 'e' ? 20 + (int)random_below(30) : 51 + (int)random_below(50);
        while (!expands(world, owner))
            owner = (int)random_below(owned);
        world_add_edge(world, owner, owned, share, method);
        if (share < 90 && owner != 0 &&
            random_below(4) == 0) /* the root has a part as well */
            world_add_edge(world, 0, owned, 1 + (int)random_below(100 - share), method);
    }
}

static void make_books(struct world *world)
{
    for (int entity = 0; entity < world->entities; entity++) {
        long revenue = 1 + random_below(900), opex = 1 + random_below(500);
        world_add_row(world, entity, "A", "cash", -1, 1 + random_below(500));
        world_add_row(world, entity, "A", "property", -1, random_below(9000));
        world_add_row(world, entity, "L", "debt", -1, -random_below(4000));
        world_add_row(world, entity, "R", "revenue.operating", -1, -revenue);
        world_add_row(world, entity, "X", "opex", -1, opex);
    }
    /* Dealings within the group, agreed on or not. */
    for (int i = 0; i < world->entities; i++) {
        int a = (int)random_below(world->entities),
            b = (int)random_below(world->entities);
        long amount = 1 + random_below(90), off = random_below(3) ? 0 : random_below(9);
        if (a == b)
            continue;
        world_add_row(world, a, "A", "receivable", b, amount);
        world_add_row(world, b, "L", "payable", a, -amount - off);
        world_add_row(world, a, "R", "revenue.fee", b, -amount);
        if (random_below(5) > 0)
            world_add_row(world, b, "X", "fee.management", a, amount + off);
    }
    for (int i = 0; i < world->edge_count; i++) {
        const struct edge_spec *edge = &world->edges[i];
        long paid = random_below(60);
        world_add_row(world, edge->owner, "V", "investment", edge->owned,
                      1 + random_below(2000));
        if (random_below(2))
            continue;
        world_add_row(world, edge->owner, "R", "revenue.distribution", edge->owned,
                      -paid);
        world_add_row(world, edge->owned, "Q", "equity.distribution", edge->owner,
                      paid);
    }
    for (int entity = 0; entity < world->entities; entity++) {
        long sum = 0;
        for (int i = 0; i < world->row_count; i++)
            if (world->rows[i].entity == entity)
                sum += world->rows[i].amount;
        world_add_row(world, entity, "Q", "equity.capital", -1, -sum);
    }
}

void world_make(struct world *world, bool with_euro)
{
    memset(world, 0, sizeof *world);
    world->entities = 2 + (int)random_below(ENTITIES_MAX - 2);
    for (int i = 1; with_euro && i < world->entities; i++)
        world->euro[i] = random_below(3) == 0;
    make_ownership(world);
    make_books(world);
}

/* --- into a store ------------------------------------------------------------- */

void world_id(int entity, char id[8])
{
    memcpy(id, "E00", 4);
    id[1] = (char)('0' + entity / 10);
    id[2] = (char)('0' + entity % 10);
}

void world_put_row(const struct world_loader *loader, int index)
{
    const struct line_spec *row = &loader->world->rows[index];
    char id[8], cp[8] = "", account[16], amount[64];
    bool is_open = strcmp(row->line, "equity.capital") == 0;
    world_id(row->entity, id);
    if (row->cp >= 0)
        world_id(row->cp, cp);
    (void)snprintf(account, sizeof account, "a%d", index);
    (void)snprintf(amount, sizeof amount, "%ld%s", row->amount,
                   row->amount ? loader->zeros : "");
    fixture_put(loader->fixture, VIEW_POS, id, "period", "2025", "start", "20250101",
                "end", "20251231", "cls", row->cls, "line", row->line, "account",
                account, "cp", cp, "cur",
                loader->world->euro[row->entity] ? "EUR" : "USD", "open",
                is_open ? amount : "0", "move", is_open ? "0" : amount, "hist_open",
                is_open ? amount : "", "hist_move", is_open ? "0" : "", "hist_cur",
                "USD", "seq", "1", NULL);
}

void world_put_edge(const struct world_loader *loader, const struct edge_spec *edge)
{
    char owner[8], owned[8], num[8];
    world_id(edge->owner, owner);
    world_id(edge->owned, owned);
    (void)snprintf(num, sizeof num, "%d", edge->num);
    fixture_put(loader->fixture, VIEW_OWN, owner, "owned", owned, "from", "20200101",
                "to", "0", "econ_num", num, "econ_den", "100", "method", edge->method,
                "seq", "1", NULL);
}

void world_put_rate(const struct world_loader *loader, const char *type,
                    const char *rate)
{
    fixture_put(loader->fixture, VIEW_FX, "E00", "from", "EUR", "to", "USD", "period",
                "2025", "type", type, "rate", rate, "fixed", "20251231", "source",
                "ECB", "seq", "1", NULL);
}

/* Everything in the order of `order`: rows, then edges, then rates, by number. */
struct fixture *world_load(const struct world *world, const int *order,
                           const char *zeros, int silent)
{
    struct fixture *fixture = fixture_new();
    struct world_loader loader = {fixture, world, zeros};
    int count = world->row_count + world->edge_count + 2;
    char id[8];
    for (int i = 0; i < world->entities; i++) {
        world_id(i, id);
        fixture_block(fixture, id);
    }
    fixture->config.portfolios[0].root = "E00";
    fixture->config.portfolios[0].fx = "E00";
    fixture_start(fixture);
    for (int i = 0; i < count; i++) {
        int at = order ? order[i] : i, edge = at - world->row_count;
        if (edge < 0) {
            if (world->rows[at].entity != silent)
                world_put_row(&loader, at);
        } else if (edge < world->edge_count) {
            if (world->edges[edge].owner != silent)
                world_put_edge(&loader, &world->edges[edge]);
        } else if (edge == world->edge_count) {
            world_put_rate(&loader, "average", WORLD_AVERAGE_TEXT);
        } else {
            world_put_rate(&loader, "closing", WORLD_CLOSING_TEXT);
        }
    }
    for (int i = 0; i < world->entities; i++) {
        world_id(i, id);
        if (i == silent)
            continue;
        if (store_status(fixture->store, fixture_slot(fixture, id))->deltas == 0) {
            store_begin(fixture->store, fixture_slot(fixture, id), true);
            store_commit(fixture->store, fixture_slot(fixture, id), 1);
        }
        fixture_live(fixture, id);
    }
    return fixture;
}
