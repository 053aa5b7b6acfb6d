/* heap_test.c - once a stream is up, no heap call from a committed row to any model;
 * and when the heap is short, a model is missing rather than wrong. */
#include <stdio.h>
#include <stdlib.h>

#include "core/figures.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/rows_fixture.h"

static unsigned heap_calls;
static unsigned fail_at; /* 0: never; else the call that fails */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static bool may_have(void)
{
    heap_calls++;
    return fail_at == 0 || heap_calls != fail_at;
}
void *__wrap_malloc(size_t size)
{
    return may_have() ? __real_malloc(size) : NULL;
}
void *__wrap_calloc(size_t count, size_t size)
{
    return may_have() ? __real_calloc(count, size) : NULL;
}
void *__wrap_realloc(void *old, size_t size)
{
    return may_have() ? __real_realloc(old, size) : NULL;
}

static const struct model_options options = {.basis = BASIS_CONSOLIDATED};

static void put_cash(struct fixture *fixture, const char *amount)
{
    fixture_put(fixture, VIEW_POS, "BIR", "period", "2025", "start", "20250101", "end",
                "20251231", "cls", "A", "line", "cash", "account", "cash", "cp", "",
                "cur", "USD", "open", "0", "move", amount, NULL);
}

static void build_all(struct figures *figures)
{
    assert_non_null(figures_coverage(figures, &options));
    assert_non_null(figures_portfolio(figures, &options));
    assert_non_null(figures_recon(figures, &options));
    assert_non_null(figures_executive(figures, &options));
    assert_non_null(figures_fleet(figures));
    assert_non_null(figures_entity(figures, "BIR"));
    (void)figures_next_change_ms(figures);
}

static void a_changed_row__calls_no_heap_up_to_every_model(void **unused)
{
    (void)unused;
    struct fixture *fixture = fixture_alder_full(true);
    struct figures *figures = figures_new(&fixture->config, fixture->store);
    static const char *const amounts[] = {"100.00", "-2.50", "777777.77", "0.01"};
    figures_set_clock(figures, FIXTURE_NOW_MS, 1000);
    for (size_t round = 0; round < sizeof amounts / sizeof *amounts; round++) {
        put_cash(fixture, amounts[round]);
        unsigned before = heap_calls;
        build_all(figures);
        if (round > 1)
            assert_int_equal(heap_calls - before, 0);
    }
    figures_free(figures);
    fixture_free(fixture);
}

/* Every single heap call in turn: nothing is lost, nothing is used after it is gone,
 * and what comes out is the right figure or none. */
static void when_memory_is_short__a_model_is_missing_not_wrong(void **unused)
{
    (void)unused;
    struct fixture *fixture = fixture_alder_full(true);
    uint32_t missing = 0;
    for (unsigned at = 1;; at++) {
        heap_calls = 0;
        fail_at = at;
        struct figures *figures = figures_new(&fixture->config, fixture->store);
        if (figures) {
            figures_set_clock(figures, FIXTURE_NOW_MS, 1000);
            (void)figures_recon(figures, &options);
            (void)figures_executive(figures, &options);
            (void)figures_entity(figures, "CED");
            const struct model_portfolio *model = figures_portfolio(figures, &options);
            bool failed = heap_calls >= at;
            fail_at = 0;
            missing += model == NULL;
            if (model && !model->total.cash.partial && model->total.cash.present)
                assert_int_equal(model->total.cash.value.coefficient, 112100000);
            /* With memory back it is all there again. */
            put_cash(fixture, at % 2 ? "1.00" : "2.00");
            put_cash(fixture, "300000.00");
            model = figures_portfolio(figures, &options);
            assert_non_null(model);
            assert_false(model->total.cash.partial);
            assert_int_equal(model->total.cash.value.coefficient, 112100000);
            figures_free(figures);
            if (!failed)
                break;
        }
        fail_at = 0;
    }
    assert_true(missing > 0);
    fixture_free(fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_changed_row__calls_no_heap_up_to_every_model),
        cmocka_unit_test(when_memory_is_short__a_model_is_missing_not_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
