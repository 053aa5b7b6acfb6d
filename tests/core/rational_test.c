/* rational_test.c - fractions: exact, or refused. */
#include "core/rational.h"
#include "tests/support/cmocka_all.h"

#define MOST ((__int128)(((unsigned __int128)1 << 127) - 1))

static void assert_shown(struct rational value, uint8_t places, const char *expected)
{
    struct decimal decimal;
    char text[DECIMAL_CHARS_MAX];
    assert_true(rational_decimal(value, places, &decimal, NULL));
    decimal_write(decimal, text);
    assert_string_equal(text, expected);
}

static void a_third__is_rounded_only_when_shown(void **unused)
{
    (void)unused;
    struct rational third, sum = RATIONAL_ZERO;
    bool exact;
    struct decimal decimal;
    assert_true(
        rational_divide((struct rational){1, 1}, (struct rational){3, 1}, &third));
    for (int i = 0; i < 3; i++)
        assert_true(rational_add(sum, third, &sum));
    assert_int_equal(rational_compare(sum, (struct rational){1, 1}), 0);
    assert_shown(third, 4, "0.3333");
    assert_true(rational_decimal(third, 4, &decimal, &exact));
    assert_false(exact);
    assert_shown((struct rational){-2, 3}, 2, "-0.67");
    assert_shown((struct rational){5, 8}, 1, "0.625"); /* exact: nothing is cut */
    assert_true(rational_decimal((struct rational){5, 8}, 1, &decimal, &exact));
    assert_true(exact);
}

static void sums__at_the_limit_are_refused_and_change_nothing(void **unused)
{
    (void)unused;
    struct rational kept = {7, 1};
    assert_false(
        rational_add((struct rational){MOST, 1}, (struct rational){1, 1}, &kept));
    assert_false(
        rational_multiply((struct rational){MOST, 1}, (struct rational){2, 1}, &kept));
    assert_false(rational_divide((struct rational){1, 1}, RATIONAL_ZERO, &kept));
    assert_int_equal(kept.num, 7);
    /* In lowest terms it fits. */
    assert_true(rational_multiply((struct rational){MOST, 2},
                                  (struct rational){2, MOST}, &kept));
    assert_int_equal(rational_compare(kept, (struct rational){1, 1}), 0);
}

static void comparison__is_exact_where_a_product_would_overflow(void **unused)
{
    (void)unused;
    struct rational a = {MOST - 1, MOST}, b = {MOST - 2, MOST - 1};
    assert_true(rational_compare(a, b) > 0);
    assert_true(rational_compare(b, a) < 0);
    assert_int_equal(rational_compare(a, a), 0);
    a.num = -a.num;
    b.num = -b.num;
    assert_true(rational_compare(a, b) < 0);
    assert_true(rational_compare((struct rational){-1, 2}, (struct rational){-1, 3}) <
                0);
    assert_true(rational_compare((struct rational){1, 3}, (struct rational){2, 6}) ==
                0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_third__is_rounded_only_when_shown),
        cmocka_unit_test(sums__at_the_limit_are_refused_and_change_nothing),
        cmocka_unit_test(comparison__is_exact_where_a_product_would_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
