#include "tests/support/cmocka_all.h"
#include "totebox/sources.h"

#include <string.h>

static const uint8_t here[SOURCE_BYTES] = {127, 0, 0, 1};

static void fail_often(struct sources *sources, const uint8_t *network, int times,
                       int64_t now_ms)
{
    for (int i = 0; i < times; i++)
        sources_note_failure(sources, network, now_ms);
}

static void a_source__is_admitted_until_it_failed_twenty_times(void **state)
{
    static struct sources sources;
    (void)state;
    memset(&sources, 0, sizeof sources);
    assert_true(sources_admit(&sources, here, 0));
    fail_often(&sources, here, SOURCE_BURST - 1, 0);
    assert_true(sources_admit(&sources, here, 0));
    fail_often(&sources, here, 1, 0);
    assert_false(sources_admit(&sources, here, 0));
}

static void a_source__gets_twenty_a_second_back(void **state)
{
    static struct sources sources;
    int admitted = 0;
    (void)state;
    memset(&sources, 0, sizeof sources);
    fail_often(&sources, here, 1000, 0); /* more than it has is not held against it */
    for (int64_t now = 1; now <= 10000; now++)
        if (sources_admit(&sources, here, now)) {
            sources_note_failure(&sources, here, now);
            admitted++;
        }
    assert_in_range(admitted, 10 * SOURCE_PER_S - 2, 10 * SOURCE_PER_S + 2);
}

/* Whatever the others do: they share a place with it at worst. */
static void a_source__does_not_answer_for_others(void **state)
{
    static struct sources sources;
    int refused = 0;
    (void)state;
    memset(&sources, 0, sizeof sources);
    memset(sources.secret, 7, sizeof sources.secret);
    fail_often(&sources, here, 1000, 0);
    for (int i = 0; i < 256; i++) {
        uint8_t other[SOURCE_BYTES] = {10, 0, 0, (uint8_t)i};
        refused += !sources_admit(&sources, other, 0);
    }
    assert_int_equal(refused, 0);
    assert_false(sources_admit(&sources, here, 0));
}

/* One in a thousand networks takes its turn; it may not wash the worst one clean. */
static void a_source__that_fails_most_keeps_its_place(void **state)
{
    static struct sources sources;
    (void)state;
    memset(&sources, 0, sizeof sources);
    fail_often(&sources, here, 1000, 0);
    for (int i = 0; i < 2560; i++) {
        uint8_t other[SOURCE_BYTES] = {10, 0, (uint8_t)(i >> 8), (uint8_t)i};
        sources_note_failure(&sources, other, 0);
    }
    fail_often(&sources, here, 20, 0);
    assert_false(sources_admit(&sources, here, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_source__is_admitted_until_it_failed_twenty_times),
        cmocka_unit_test(a_source__gets_twenty_a_second_back),
        cmocka_unit_test(a_source__does_not_answer_for_others),
        cmocka_unit_test(a_source__that_fails_most_keeps_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
