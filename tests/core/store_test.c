/* store_test.c - groups, sweeps, refusals, order, and the cost of a change. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tests/support/cmocka_all.h"
#include "tests/support/rows_fixture.h"

/* Linked with --wrap: how many heap calls a change costs. */
static unsigned heap_calls;
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size)
{
    heap_calls++;
    return __real_malloc(size);
}
void *__wrap_calloc(size_t count, size_t size)
{
    heap_calls++;
    return __real_calloc(count, size);
}
void *__wrap_realloc(void *old, size_t size)
{
    heap_calls++;
    return __real_realloc(old, size);
}

static struct {
    unsigned added, changed, removed, commits;
} heard;

static void row_changed(void *user, uint32_t slot, enum view view,
                        const union any_row *before, const union any_row *after)
{
    (void)user, (void)slot, (void)view;
    heard.added += !before;
    heard.removed += !after;
    heard.changed += before && after;
}

static void rows_changed(void *user, uint32_t slot, enum view view)
{
    (void)user, (void)slot, (void)view;
    heard.commits++;
}

static struct fixture *start(void)
{
    struct fixture *fixture = fixture_new();
    fixture_block(fixture, "ALD");
    fixture_block(fixture, "CED")->structure = true;
    static const char *const entities[] = {"N-*", "SOUTH", NULL};
    struct config_totebox *hub = fixture_block(fixture, "HUB1");
    hub->hub = true;
    hub->entities = entities;
    fixture_start(fixture);
    memset(&heard, 0, sizeof heard);
    struct store_listener listener = {.row_changed = row_changed,
                                      .rows_changed = rows_changed};
    store_listen(fixture->store, &listener);
    return fixture;
}

static void stage(struct fixture *fixture, const char *key, const char *value)
{
    const char *fields[] = {"key",      key,      "period", "2025", "unit",    "1",
                            "value",    value,    "nature", "flow", "quality", "ok",
                            "scenario", "actual", "basis",  "own",  NULL};
    union any_row row;
    fixture_row(fixture, VIEW_METRIC, "ALD", fields, &row);
    store_upsert(fixture->store, 0, VIEW_METRIC, &row);
}

static struct text key_of(const char *key, char text[ROW_KEY_MAX + 1])
{
    int length = snprintf(text, ROW_KEY_MAX + 1, "ALD|%s|2025|actual|own|1|", key);
    return (struct text){text, (uint32_t)length};
}

static bool has(struct fixture *fixture, const char *key)
{
    char text[ROW_KEY_MAX + 1];
    return store_find(fixture->store, 0, VIEW_METRIC, key_of(key, text)) != NULL;
}

static void a_group__is_seen_only_after_its_commit(void **unused)
{
    (void)unused;
    struct fixture *fixture = start();
    store_begin(fixture->store, 0, true);
    stage(fixture, "a", "1");
    assert_false(has(fixture, "a"));
    store_abandon(fixture->store, 0);
    store_commit(fixture->store, 0, 7);
    assert_false(has(fixture, "a"));
    assert_int_equal(store_status(fixture->store, 0)->revision, 0);
    store_begin(fixture->store, 0, true);
    stage(fixture, "b", "1");
    stage(fixture, "a", "1");
    stage(fixture, "b", "2");
    store_commit(fixture->store, 0, 8);
    assert_true(has(fixture, "a") && has(fixture, "b"));
    assert_int_equal(store_row(fixture->store, 0, VIEW_METRIC, 1)->metric.value.low, 2);
    assert_int_equal(store_status(fixture->store, 0)->revision, 8);
    assert_int_equal(heard.added, 2);
    assert_int_equal(heard.commits, 1);
    fixture_free(fixture);
}

static void a_snapshot__sweeps_what_it_does_not_name(void **unused)
{
    (void)unused;
    struct fixture *fixture = start();
    fixture_put(fixture, VIEW_ENTITY, "ALD", "name", "Alder", "cur", "USD", NULL);
    store_begin(fixture->store, 0, false);
    for (const char *key = "acegik"; *key; key++)
        stage(fixture, (char[]){*key, 0}, "1");
    store_commit(fixture->store, 0, 1);
    store_begin(fixture->store, 0, true);
    for (const char *key = "bcij"; *key; key++)
        stage(fixture, (char[]){*key, 0}, *key == 'i' ? "2" : "1");
    store_commit(fixture->store, 0, 2);
    assert_int_equal(store_row_count(fixture->store, 0, VIEW_METRIC), 4);
    assert_int_equal(store_row_count(fixture->store, 0, VIEW_ENTITY), 0);
    assert_true(has(fixture, "b") && has(fixture, "c") && has(fixture, "i"));
    assert_int_equal(heard.removed, 5);
    assert_int_equal(store_total_rows(fixture->store), 4);
    fixture_free(fixture);
}

static void a_row_for_another_entity__is_refused_and_counted(void **unused)
{
    (void)unused;
    struct fixture *fixture = start();
    fixture_put_as(fixture, "ALD", VIEW_ENTITY, "CED", "name", "x", NULL);
    fixture_put_as(fixture, "ALD", VIEW_OWN, "CED", "owned", "X", "from", "0", NULL);
    assert_int_equal(store_status(fixture->store, 0)->refused_rows, 2);
    /* `structure` speaks for the edges of others, and for nothing else of theirs. */
    fixture_put_as(fixture, "CED", VIEW_OWN, "ALD", "owned", "X", "from", "0", NULL);
    fixture_put_as(fixture, "CED", VIEW_ENTITY, "ALD", "name", "x", NULL);
    assert_int_equal(store_status(fixture->store, 1)->refused_rows, 1);
    assert_int_equal(store_row_count(fixture->store, 1, VIEW_OWN), 1);
    /* A hub carries those that its block lists. */
    fixture_put_as(fixture, "HUB1", VIEW_ENTITY, "N-7", "name", "x", NULL);
    fixture_put_as(fixture, "HUB1", VIEW_ENTITY, "SOUTH", "name", "x", NULL);
    fixture_put_as(fixture, "HUB1", VIEW_ENTITY, "SOUTH2", "name", "x", NULL);
    fixture_put_as(fixture, "HUB1", VIEW_ENTITY, "ALD", "name", "x", NULL);
    assert_int_equal(store_status(fixture->store, 2)->refused_rows, 2);
    assert_int_equal(store_total_rows(fixture->store), 3);
    /* The entity column says one thing, the key another. */
    union any_row row;
    const char *fields[] = {"name", "x", NULL};
    fixture_row(fixture, VIEW_ENTITY, "CED", fields, &row);
    names_drop(store_names(fixture->store), row.row.entity);
    assert_true(
        names_intern(store_names(fixture->store), TEXT("ALD"), &row.row.entity));
    store_begin(fixture->store, 0, false);
    store_upsert(fixture->store, 0, VIEW_ENTITY, &row);
    store_commit(fixture->store, 0, 9);
    assert_int_equal(store_status(fixture->store, 0)->refused_rows, 3);
    fixture_free(fixture);
}

static void the_same_row_again__is_no_change(void **unused)
{
    (void)unused;
    struct fixture *fixture = start();
    for (int i = 0; i < 2; i++)
        fixture_put(fixture, VIEW_METRIC, "ALD", "key", "a", "value", "1.50", "seq",
                    "4", NULL);
    fixture_put(fixture, VIEW_METRIC, "ALD", "key", "a", "value", "1.5", "seq", "4",
                NULL);
    assert_int_equal(heard.added, 1);
    assert_int_equal(heard.changed, 0);
    assert_int_equal(heard.commits, 1);
    fixture_free(fixture);
}

static void an_update__calls_no_heap(void **unused)
{
    (void)unused;
    struct fixture *fixture = start();
    for (int round = 0; round < 4; round++) {
        store_begin(fixture->store, 0, false);
        for (int i = 0; i < 40; i++) {
            char key[8], value[8];
            (void)snprintf(key, sizeof key, "k%02d", (i * 7) % 40);
            (void)snprintf(value, sizeof value, "%d", round * 100 + i);
            stage(fixture, key, value);
        }
        unsigned before = heap_calls;
        store_commit(fixture->store, 0, 1);
        if (round > 0)
            assert_int_equal(heap_calls, before);
    }
    assert_int_equal(heard.changed, 120);
    union any_row row;
    const char *fields[] = {"key",      "k05",    "period", "2025", "unit",    "1",
                            "value",    "77",     "nature", "flow", "quality", "ok",
                            "scenario", "actual", "basis",  "own",  NULL};
    fixture_row(fixture, VIEW_METRIC, "ALD", fields, &row);
    unsigned before = heap_calls;
    store_begin(fixture->store, 0, false);
    store_upsert(fixture->store, 0, VIEW_METRIC, &row);
    store_commit(fixture->store, 0, 1);
    assert_int_equal(heap_calls, before);
    fixture_free(fixture);
}

static void clearing__gives_every_name_back(void **unused)
{
    (void)unused;
    struct fixture *fixture = start();
    uint32_t names = names_count(store_names(fixture->store));
    for (int i = 0; i < 20; i++) {
        char key[16];
        (void)snprintf(key, sizeof key, "key-%d", i);
        fixture_put(fixture, VIEW_METRIC, "ALD", "key", key, "value", "1", NULL);
        fixture_put_as(fixture, "CED", VIEW_METRIC, "ALD", "key", key, NULL);
        store_begin(fixture->store, 0, false);
        stage(fixture, key, "2");
        store_delete(fixture->store, 0, VIEW_METRIC, TEXT("ALD|nothing"));
        if (i % 2)
            store_abandon(fixture->store, 0);
        else
            store_commit(fixture->store, 0, 1);
    }
    store_clear(fixture->store, 0);
    assert_int_equal(store_total_rows(fixture->store), 0);
    assert_int_equal(names_count(store_names(fixture->store)), names);
    fixture_free(fixture);
}

/* --- against a model that is too simple to be wrong --------------------------- */

enum { KEYS = 24, GROUPS = 20000 };

static void random_groups__agree_with_a_flat_array(void **unused)
{
    (void)unused;
    const char *given = getenv("SEED");
    unsigned seed = given ? (unsigned)strtoul(given, NULL, 0) : (unsigned)time(NULL);
    printf("SEED=%u\n", seed);
    srandom(seed);
    struct fixture *fixture = start();
    int truth[KEYS] = {0}; /* 0: no row */
    for (int group = 1; group <= GROUPS; group++) {
        int next[KEYS] = {0};
        bool snapshot = random() % 8 == 0, abandon = random() % 8 == 0;
        if (!snapshot)
            memcpy(next, truth, sizeof next);
        store_begin(fixture->store, 0, snapshot);
        for (long n = random() % 12; n > 0; n--) {
            int key = (int)(random() % KEYS), value = 1 + (int)(random() % 3);
            char name[8], text[8], whole[ROW_KEY_MAX + 1];
            (void)snprintf(name, sizeof name, "k%d", key);
            (void)snprintf(text, sizeof text, "%d", value);
            if (random() % 3 == 0) {
                store_delete(fixture->store, 0, VIEW_METRIC, key_of(name, whole));
                next[key] = 0;
            } else {
                stage(fixture, name, text);
                next[key] = value;
            }
        }
        if (abandon) {
            store_abandon(fixture->store, 0);
        } else {
            store_commit(fixture->store, 0, (uint64_t)group);
            memcpy(truth, next, sizeof truth);
        }
        uint32_t count = 0;
        for (int key = 0; key < KEYS; key++) {
            char name[8], whole[ROW_KEY_MAX + 1];
            (void)snprintf(name, sizeof name, "k%d", key);
            const union any_row *row =
                store_find(fixture->store, 0, VIEW_METRIC, key_of(name, whole));
            assert_int_equal(row ? (int)row->metric.value.low : 0, truth[key]);
            count += truth[key] != 0;
        }
        assert_int_equal(store_row_count(fixture->store, 0, VIEW_METRIC), count);
        for (uint32_t i = 1; i < count; i++)
            assert_true(
                text_compare(
                    names_text(
                        store_names(fixture->store),
                        store_row(fixture->store, 0, VIEW_METRIC, i - 1)->row.key),
                    names_text(store_names(fixture->store),
                               store_row(fixture->store, 0, VIEW_METRIC, i)->row.key)) <
                0);
    }
    assert_int_equal(heard.added - heard.removed, store_total_rows(fixture->store));
    fixture_free(fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_group__is_seen_only_after_its_commit),
        cmocka_unit_test(a_snapshot__sweeps_what_it_does_not_name),
        cmocka_unit_test(a_row_for_another_entity__is_refused_and_counted),
        cmocka_unit_test(the_same_row_again__is_no_change),
        cmocka_unit_test(an_update__calls_no_heap),
        cmocka_unit_test(clearing__gives_every_name_back),
        cmocka_unit_test(random_groups__agree_with_a_flat_array),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
