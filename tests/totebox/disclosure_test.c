#include "totebox/disclosure.h"

#include <stdlib.h>
#include <time.h>

#include "tests/totebox/archive_support.h"

static const char limited[] =
    "expose \"tenants\" { to = {\"lender\"} views = {\"metric\"} min-n = 5 "
    "dominance = \"75\" p-percent = \"15\" }\n"
    "expose \"all\" { to = {\"owner\"} views = {\"metric\"} }\n"
    "expose \"few\" { to = {\"bank\"} views = {\"metric\"} min-n = 3 }\n";

/* n < 0: not told; cp NULL: the sum. */
static void put(struct office *office, const char *key, const char *period,
                const char *cp, const char *nature, long value, int n)
{
    char amount[32], count[16], start[16], end[16];
    snprintf(amount, sizeof amount, "%ld", value);
    snprintf(count, sizeof count, "%d", n);
    snprintf(start, sizeof start, "%s-01%s", period, strlen(period) == 4 ? "-01" : "");
    snprintf(end, sizeof end, "%s-%s", period, strlen(period) == 4 ? "12-31" : "28");
    office_add(office, LINE_METRIC, FIELD_KEY, key, FIELD_START, start, FIELD_END, end,
               FIELD_UNIT, "USD", FIELD_VALUE, amount, FIELD_NATURE, nature,
               FIELD_SCENARIO, "actual", FIELD_BASIS, "own", FIELD_N,
               n < 0 ? NULL : count, FIELD_QUALITY, "ok", FIELD_CP, cp, FIELD_COUNT);
}

static const union any_row *find(const struct office *office, const char *key)
{
    for (const union any_row *row = index_seek(office->index, VIEW_METRIC, TEXT(""));
         row; row = index_next(office->index, VIEW_METRIC, row))
        if (row->metric.cp == 0 &&
            text_equal(names_text(index_names(office->index), row->metric.metric),
                       text_of(key)))
            return row;
    fail_msg("no %s", key);
    return NULL;
}

static void assert_mark(const struct office *office, const char *role, const char *key,
                        enum cell_mark expected)
{
    struct exposure_view exposure;
    exposure_for(office->archive->exposure, text_of(role), NULL, &exposure);
    struct disclosure *disclosure = disclosure_new(&exposure, office->index);
    assert_non_null(disclosure);
    enum cell_mark mark = disclosure_mark(
        disclosure, &exposure, index_names(office->index), find(office, key));
    if (mark != expected)
        fail_msg("%s: mark %d, expected %d", key, mark, expected);
    disclosure_free(disclosure);
}

static void put_rents(struct office *office, const char *key, const long *rents,
                      uint32_t count)
{
    long total = 0;
    for (uint32_t i = 0; i < count; i++) {
        char tenant[16];
        snprintf(tenant, sizeof tenant, "T-%u", i);
        put(office, key, "2025", tenant, "flow", rents[i], 1);
        total += rents[i];
    }
    put(office, key, "2025", NULL, "flow", total, (int)count);
}

static void disclosure__judges_the_examples_of_the_manual(void **state)
{
    static const long even[] = {80000, 10000, 9000, 8000, 7000};
    static const long large[] = {100000, 10000, 3000, 2000, 1000};
    static const long pair[] = {50000, 45000, 2000, 2000, 1000};
    struct office office;
    (void)state;
    office_open(&office, "ALD", "USD", "", limited);
    put(&office, "floors", "2025", NULL, "count", 24, 24);
    put(&office, "floors.a", "2025", NULL, "count", 12, 12);
    put(&office, "floors.b", "2025", NULL, "count", 3, 3);
    put(&office, "floors.c", "2025", NULL, "count", 9, 9);
    put_rents(&office, "rent", even, 5);
    put_rents(&office, "lease", large, 5);
    put_rents(&office, "fee", pair, 5);
    put(&office, "unknown", "2025", NULL, "flow", 9, 50);
    office_commit(&office);
    assert_mark(&office, "lender", "floors", CELL_PRESENT);
    assert_mark(&office, "lender", "floors.a", CELL_PRESENT);
    assert_mark(&office, "lender", "floors.b", CELL_SUPPRESSED_COUNT);
    assert_mark(&office, "lender", "floors.c", CELL_SUPPRESSED_SECONDARY);
    assert_mark(&office, "lender", "rent", CELL_PRESENT); /* 70.2 %, 24,000 left */
    assert_mark(&office, "lender", "lease", CELL_SUPPRESSED_DOMINANCE); /* 86.2 % */
    assert_mark(&office, "lender", "fee", CELL_SUPPRESSED_P_PERCENT);
    assert_mark(&office, "lender", "unknown", CELL_SUPPRESSED_DOMINANCE);
    assert_mark(&office, "owner", "floors.b", CELL_PRESENT);
    office_close(&office);
}

static void disclosure__sends_no_row_about_one_contributor(void **state)
{
    static const long even[] = {80000, 10000, 9000, 8000, 7000};
    struct exposure_view lender, owner;
    struct office office;
    (void)state;
    office_open(&office, "ALD", "USD", "", limited);
    put_rents(&office, "rent", even, 5);
    office_commit(&office);
    const union any_row *one =
        office_row(&office, VIEW_METRIC, "ALD|rent|2025|actual|own|USD|T-0");
    assert_non_null(one);
    exposure_for(office.archive->exposure, TEXT("lender"), NULL, &lender);
    exposure_for(office.archive->exposure, TEXT("owner"), NULL, &owner);
    assert_false(
        exposure_sees_row(&lender, index_names(office.index), VIEW_METRIC, one));
    assert_true(exposure_sees_row(&owner, index_names(office.index), VIEW_METRIC, one));
    office_close(&office);
}

static void note_key(void *user, name_id key)
{
    (void)key;
    ++*(int *)user;
}

static void disclosure__tells_whose_mark_changed(void **state)
{
    struct exposure_view exposure;
    struct office office;
    int differing = 0;
    (void)state;
    office_open(&office, "ALD", "USD", "", limited);
    put(&office, "floors", "2025", NULL, "count", 24, 24);
    put(&office, "floors.b", "2025", NULL, "count", 9, 9);
    put(&office, "floors.c", "2025", NULL, "count", 15, 15);
    office_commit(&office);
    exposure_for(office.archive->exposure, TEXT("lender"), NULL, &exposure);
    struct disclosure *before = disclosure_new(&exposure, office.index);
    put(&office, "floors.b", "2025", NULL, "count", 3, 3);
    office_commit(&office);
    struct disclosure *after = disclosure_new(&exposure, office.index);
    disclosure_compare(before, after, note_key, &differing);
    assert_int_equal(differing, 2);
    disclosure_free(before);
    disclosure_free(after);
    office_close(&office);
}

/* --- an attacker who adds and subtracts ------------------------------------------ */

/* A sum of three floors, the first of which is a sum of three rooms. */
enum { CELLS = 7, RELATIONS = 2, TENANTS = 9 };
static const char *const grid[CELLS] = {"r",     "r.a",   "r.b",  "r.c",
                                        "r.a.x", "r.a.y", "r.a.z"};
static const int relations[RELATIONS][CELLS] = {{1, -1, -1, -1, 0, 0, 0},
                                                {0, 1, 0, 0, -1, -1, -1}};

/* min-n = 3 by hand: how many tenants are in the sum of these cells? */
static int people_in(bool who[CELLS][TENANTS], const int *factor, const bool *hidden)
{
    int count = 0;
    for (int tenant = 0; tenant < TENANTS; tenant++) {
        bool is_in = false;
        for (int cell = 0; cell < CELLS; cell++)
            is_in |= hidden[cell] && factor[cell] && who[cell][tenant];
        count += is_in;
    }
    return count;
}

static void attack(bool who[CELLS][TENANTS], const bool *hidden, unsigned seed)
{
    for (int code = 0; code < 25; code++) {
        int by[RELATIONS] = {code % 5 - 2, code / 5 - 2}, factor[CELLS], sign = 0;
        bool mixed = false;
        for (int cell = 0; cell < CELLS; cell++) {
            factor[cell] = by[0] * relations[0][cell] + by[1] * relations[1][cell];
            if (!hidden[cell] || factor[cell] == 0)
                continue;
            int its = factor[cell] > 0 ? 1 : -1;
            mixed |= sign != 0 && its != sign;
            sign = its;
        }
        if (sign != 0 && !mixed && people_in(who, factor, hidden) < 3)
            fail_msg("SEED=%u: a sum of fewer than 3 can be worked out", seed);
    }
}

static void disclosure__withstands_subtraction(void **state)
{
    const char *given = getenv("SEED");
    unsigned base = given ? (unsigned)strtoul(given, NULL, 0) : (unsigned)time(NULL);
    (void)state;
    printf("SEED=%u\n", base);
    for (unsigned round = 0; round < 60; round++) {
        bool who[CELLS][TENANTS] = {{false}}, hidden[CELLS];
        long value[CELLS] = {0};
        struct exposure_view exposure;
        struct office office;
        srandom(base + round);
        office_open(&office, "ALD", "USD", "", limited);
        for (int tenant = 0; tenant < TENANTS; tenant++) {
            static const int leaves[] = {2, 3, 4, 5, 6};
            int leaf = leaves[random() % 5];
            char id[16];
            long rent = 1 + random() % 1000;
            snprintf(id, sizeof id, "T-%d", tenant);
            put(&office, grid[leaf], "2025", id, "flow", rent, 1);
            for (int cell = leaf; cell >= 0; cell = cell >= 4 ? 1 : cell ? 0 : -1) {
                who[cell][tenant] = true;
                value[cell] += rent;
            }
        }
        for (int cell = 0; cell < CELLS; cell++)
            put(&office, grid[cell], "2025", NULL, "flow", value[cell], -1);
        office_commit(&office);
        exposure_for(office.archive->exposure, TEXT("bank"), NULL, &exposure);
        struct disclosure *disclosure = disclosure_new(&exposure, office.index);
        for (int cell = 0; cell < CELLS; cell++)
            hidden[cell] =
                disclosure_mark(disclosure, &exposure, index_names(office.index),
                                find(&office, grid[cell])) != CELL_PRESENT;
        for (int cell = 0; cell < CELLS; cell++) {
            int alone[CELLS] = {0};
            bool shown[CELLS] = {false};
            alone[cell] = shown[cell] = 1;
            if (!hidden[cell] && people_in(who, alone, shown) < 3)
                fail_msg("SEED=%u: %s is shown", base + round, grid[cell]);
        }
        attack(who, hidden, base + round);
        disclosure_free(disclosure);
        office_close(&office);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(disclosure__judges_the_examples_of_the_manual),
        cmocka_unit_test(disclosure__sends_no_row_about_one_contributor),
        cmocka_unit_test(disclosure__tells_whose_mark_changed),
        cmocka_unit_test(disclosure__withstands_subtraction),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
