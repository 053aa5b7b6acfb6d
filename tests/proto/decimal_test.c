/* decimal_test.c - exact numbers against an independent model: schoolbook arithmetic on
 * strings of decimal digits, which shares no line with the code that it checks. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "proto/decimal.h"
#include "tests/support/cmocka_all.h"

enum { BIG_DIGITS = 160, CASES = 100000 };

/* --- the model: magnitude as base-10 digits, least first ---------------------- */

struct big {
    bool negative;
    int length; /* 0: zero */
    uint8_t digit[BIG_DIGITS];
};

static void big_trim(struct big *value)
{
    while (value->length > 0 && value->digit[value->length - 1] == 0)
        value->length--;
    if (value->length == 0)
        value->negative = false;
}

/* "-12.50" -> -1250, by the text alone. */
static struct big big_of_text(const char *text)
{
    struct big value = {.negative = *text == '-'};
    for (size_t at = strlen(text); at-- > 0;)
        if (text[at] >= '0' && text[at] <= '9')
            value.digit[value.length++] = (uint8_t)(text[at] - '0');
    big_trim(&value);
    return value;
}

static struct big big_shift(struct big value, int places)
{
    if (value.length == 0 || places == 0)
        return value;
    assert_true(value.length + places <= BIG_DIGITS);
    memmove(value.digit + places, value.digit, (size_t)value.length);
    memset(value.digit, 0, (size_t)places);
    value.length += places;
    return value;
}

static int big_compare_size(const struct big *a, const struct big *b)
{
    if (a->length != b->length)
        return a->length < b->length ? -1 : 1;
    for (int i = a->length; i-- > 0;)
        if (a->digit[i] != b->digit[i])
            return a->digit[i] < b->digit[i] ? -1 : 1;
    return 0;
}

static struct big big_add_size(const struct big *a, const struct big *b, int sign)
{
    struct big sum = {.length = (a->length > b->length ? a->length : b->length) + 1};
    int carry = 0;
    for (int i = 0; i < sum.length; i++) {
        int at = carry + (i < a->length ? a->digit[i] : 0) +
                 sign * (i < b->length ? b->digit[i] : 0);
        carry = at < 0 ? -1 : at / 10;
        sum.digit[i] = (uint8_t)(at - carry * 10);
    }
    big_trim(&sum);
    return sum;
}

static struct big big_add(struct big a, struct big b)
{
    struct big sum;
    if (a.negative == b.negative) {
        sum = big_add_size(&a, &b, 1);
        sum.negative = a.negative;
    } else if (big_compare_size(&a, &b) >= 0) {
        sum = big_add_size(&a, &b, -1);
        sum.negative = a.negative;
    } else {
        sum = big_add_size(&b, &a, -1);
        sum.negative = b.negative;
    }
    big_trim(&sum);
    return sum;
}

static struct big big_multiply(struct big a, struct big b)
{
    struct big product = {.negative = a.negative != b.negative,
                          .length = a.length + b.length};
    for (int i = 0; i < a.length; i++) {
        int carry = 0;
        for (int j = 0; j < b.length || carry; j++) {
            int at = product.digit[i + j] + carry +
                     a.digit[i] * (j < b.length ? b.digit[j] : 0);
            product.digit[i + j] = (uint8_t)(at % 10);
            carry = at / 10;
        }
    }
    big_trim(&product);
    return product;
}

/* Half away from zero, by long division with repeated subtraction. */
static struct big big_divide(struct big a, struct big b)
{
    struct big quotient = {.negative = a.negative != b.negative, .length = a.length};
    struct big rest = {0}, one = {.length = 1, .digit = {1}};
    b.negative = false;
    for (int i = a.length; i-- > 0;) {
        rest = big_shift(rest, 1);
        if (rest.length == 0 && a.digit[i])
            rest.length = 1;
        if (rest.length)
            rest.digit[0] = a.digit[i];
        while (big_compare_size(&rest, &b) >= 0) {
            rest = big_add_size(&rest, &b, -1);
            quotient.digit[i]++;
        }
    }
    rest = big_add_size(&rest, &rest, 1);
    bool up = big_compare_size(&rest, &b) >= 0, negative = quotient.negative;
    big_trim(&quotient);
    if (up) {
        quotient = big_add_size(&quotient, &one, 1);
        quotient.negative = negative;
    }
    return quotient;
}

/* 2^127 - 1: the largest coefficient. */
static bool big_fits(const struct big *value)
{
    struct big limit = big_of_text("170141183460469231731687303715884105727");
    return big_compare_size(value, &limit) <= 0;
}

static void assert_is(struct decimal value, const struct big *expected, int scale)
{
    char text[DECIMAL_CHARS_MAX];
    uint32_t length = decimal_write(value, text);
    assert_int_equal(length, strlen(text));
    struct big got = big_of_text(text);
    assert_int_equal(value.scale, scale);
    assert_int_equal(got.negative, expected->negative);
    assert_int_equal(big_compare_size(&got, expected), 0);
}

/* --- random values ------------------------------------------------------------ */

static uint64_t seed, state;

static uint64_t next_random(void)
{
    state += 0x9e3779b97f4a7c15u; /* splitmix64 */
    uint64_t z = state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* All sizes alike, with the corners (zeros, nines, the limit) more often than chance.
 */
static struct decimal random_decimal(char text[DECIMAL_CHARS_MAX])
{
    unsigned places = (unsigned)(next_random() % (DECIMAL_SCALE_MAX + 1));
    unsigned digits = 1 + (unsigned)(next_random() % 39), kind = next_random() % 8;
    unsigned length = 0;
    if (next_random() % 2)
        text[length++] = '-';
    if (digits <= places)
        digits = places + 1;
    for (unsigned i = 0; i < digits; i++) {
        if (i == digits - places)
            text[length++] = '.';
        text[length++] = kind == 0   ? '9'
                         : kind == 1 ? (char)('0' + (i == 0))
                         : kind == 2 ? (char)('0' + (i + 1 == digits) * 5)
                                     : (char)('0' + next_random() % 10);
    }
    text[length] = '\0';
    struct decimal value;
    enum decimal_error error = decimal_parse((struct text){text, length}, &value);
    struct big big = big_of_text(text);
    assert_int_equal(error, big_fits(&big) ? DECIMAL_OK : DECIMAL_OVERFLOW);
    if (error)
        return random_decimal(text);
    assert_is(value, &big, (int)places);
    return value;
}

static void check_outcome(enum decimal_error error, struct decimal got,
                          struct big expected, int scale)
{
    if (big_fits(&expected)) {
        assert_int_equal(error, DECIMAL_OK);
        assert_is(got, &expected, scale);
    } else {
        assert_int_equal(error, DECIMAL_OVERFLOW);
        assert_int_equal(got.scale, 77); /* untouched */
    }
}

static void check_sum(struct decimal a, struct decimal b, struct big big_a,
                      struct big big_b)
{
    struct decimal got = {.scale = 77};
    int scale = a.scale > b.scale ? a.scale : b.scale;
    enum decimal_error error = decimal_add(a, b, &got);
    struct big expected =
        big_add(big_shift(big_a, scale - a.scale), big_shift(big_b, scale - b.scale));
    if (error == DECIMAL_OK && got.scale < scale) { /* trailing zeros were cut to fit */
        struct big shown;
        char text[DECIMAL_CHARS_MAX];
        decimal_write(got, text);
        shown = big_shift(big_of_text(text), scale - got.scale);
        assert_int_equal(big_compare_size(&shown, &expected), 0);
    } else if (error == DECIMAL_OK) {
        check_outcome(error, got, expected, scale);
    } else {
        assert_int_equal(got.scale, 77);
    }
    struct decimal difference = {.scale = 77};
    if (decimal_subtract(a, decimal_negate(b), &difference) == DECIMAL_OK)
        assert_int_equal(decimal_compare(difference, got), 0);
    big_b.negative = !big_b.negative && big_b.length;
    expected =
        big_add(big_shift(big_a, scale - a.scale), big_shift(big_b, scale - b.scale));
    int order = expected.length == 0 ? 0 : expected.negative ? -1 : 1;
    assert_int_equal(decimal_compare(a, b), order);
    assert_int_equal(decimal_compare(b, a), -order);
}

static void decimal__agrees_with_schoolbook_arithmetic(void **unused)
{
    (void)unused;
    for (int i = 0; i < CASES; i++) {
        char text_a[DECIMAL_CHARS_MAX], text_b[DECIMAL_CHARS_MAX];
        struct decimal a = random_decimal(text_a), b = random_decimal(text_b);
        struct big big_a = big_of_text(text_a), big_b = big_of_text(text_b);
        uint8_t scale = (uint8_t)(next_random() % (DECIMAL_SCALE_MAX + 1));
        struct decimal got = {.scale = 77};
        struct big ten_to = {.length = 1, .digit = {1}};
        enum decimal_error error;
        switch (i % 5) {
        case 0:
            check_sum(a, b, big_a, big_b);
            break;
        case 1:
            error = decimal_multiply(a, b, scale, &got);
            big_a = big_shift(big_multiply(big_a, big_b), scale);
            ten_to = big_shift(ten_to, a.scale + b.scale);
            check_outcome(error, got, big_divide(big_a, ten_to), scale);
            break;
        case 2:
            error = decimal_divide(a, b, scale, &got);
            if (big_b.length == 0) {
                assert_int_equal(error, DECIMAL_DIVIDES_BY_0);
                break;
            }
            big_a = big_shift(big_a, b.scale + scale);
            big_b = big_shift(big_b, a.scale);
            check_outcome(error, got, big_divide(big_a, big_b), scale);
            break;
        case 3: /* a share of 1 / b, without b's sign */
            if (big_b.length == 0)
                break;
            error = decimal_share(a, 1, decimal_absolute(b).coefficient, scale, &got);
            big_a = big_shift(big_a, scale);
            big_b.negative = false;
            big_b = big_shift(big_b, a.scale);
            if (error == DECIMAL_OVERFLOW) /* may refuse what only the division cuts */
                break;
            check_outcome(error, got, big_divide(big_a, big_b), scale);
            break;
        default:
            error = decimal_rescale(a, scale, &got);
            ten_to = big_shift(ten_to, a.scale);
            check_outcome(error, got, big_divide(big_shift(big_a, scale), ten_to),
                          scale);
        }
    }
}

static void amount__keeps_what_fits_96_bits_and_refuses_the_rest(void **unused)
{
    (void)unused;
    struct big limit = big_of_text("39614081257132168796771975168"); /* 2^95 */
    for (int i = 0; i < CASES; i++) {
        char text[DECIMAL_CHARS_MAX];
        struct decimal value = random_decimal(text), back;
        struct amount amount = {.mark = 9};
        enum decimal_error error = amount_from_decimal(value, &amount);
        if (error == DECIMAL_OK) {
            back = amount_decimal(amount);
            assert_int_equal(decimal_compare(value, back), 0);
            assert_int_equal(amount.mark, 0);
        } else {
            decimal_write(decimal_trim(value), text);
            struct big big = big_of_text(text);
            assert_true(big_compare_size(&big, &limit) >= 0);
            assert_int_equal(amount.mark, 9);
        }
    }
}

/* --- by hand ------------------------------------------------------------------ */

static struct decimal parsed(const char *text)
{
    struct decimal value;
    assert_int_equal(decimal_parse(text_of(text), &value), DECIMAL_OK);
    return value;
}

static void assert_text(struct decimal value, const char *expected)
{
    char text[DECIMAL_CHARS_MAX];
    decimal_write(value, text);
    assert_string_equal(text, expected);
}

static void decimal_parse__takes_one_form_and_no_other(void **unused)
{
    (void)unused;
    static const char *const good[] = {"0", "-0.50", "1234.5678", "007",
                                       "0.000000000000000001"};
    static const char *const bad[] = {
        "",    "-",   ".5", "5.",  "+1",       "1,000",
        "1e3", " 1",  "1 ", "--1", "1.2.3",    "1.",
        "-.5", "0x1", "1%", "NaN", "\xd9\xa1", "0.0000000000000000001"};
    struct decimal value;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_int_equal(decimal_parse(text_of(good[i]), &value), DECIMAL_OK);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(decimal_parse(text_of(bad[i]), &value), DECIMAL_SYNTAX);
    assert_int_equal(
        decimal_parse(TEXT("170141183460469231731687303715884105727"), &value),
        DECIMAL_OK);
    assert_int_equal(
        decimal_parse(TEXT("170141183460469231731687303715884105728"), &value),
        DECIMAL_OVERFLOW);
    assert_text(parsed("-0.00"), "0.00");
    assert_text(parsed("007"), "7");
    assert_text(parsed("-0.05"), "-0.05");
}

static void decimal_rescale__rounds_half_away_from_zero(void **unused)
{
    (void)unused;
    static const char *const cases[][3] = {
        {"21469.677", "2", "21469.68"},
        {"0.005", "2", "0.01"},
        {"-0.005", "2", "-0.01"},
        {"0.5", "0", "1"},
        {"-0.5", "0", "-1"},
        {"0.4999", "0", "0"},
        {"2.675", "2", "2.68"},
        {"-2.665", "2", "-2.67"},
        {"1.25", "4", "1.2500"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct decimal value;
        uint8_t scale = (uint8_t)(cases[i][1][0] - '0');
        assert_int_equal(decimal_rescale(parsed(cases[i][0]), scale, &value),
                         DECIMAL_OK);
        assert_text(value, cases[i][2]);
    }
}

static void decimal__trims_negates_and_ignores_trailing_zeros(void **unused)
{
    (void)unused;
    assert_text(decimal_trim(parsed("-1.500")), "-1.5");
    assert_text(decimal_trim(parsed("0.000")), "0");
    assert_text(decimal_trim(parsed("100")), "100");
    assert_int_equal(decimal_compare(parsed("1.50"), parsed("1.5")), 0);
    assert_text(decimal_absolute(parsed("-7.10")), "7.10");
    /* 37 digits and a zero place beside 18 places: fits only without the zeros. */
    struct decimal sum;
    assert_int_equal(decimal_add(parsed("1000000000000000000000000000000000000"),
                                 parsed("0.500000000000000000"), &sum),
                     DECIMAL_OK);
    assert_text(sum, "1000000000000000000000000000000000000.5");
}

static void decimal_share__takes_a_rational_part(void **unused)
{
    (void)unused;
    static const struct {
        const char *value;
        int num, den;
        uint8_t scale;
        const char *share;
    } cases[] = {
        {"107348.38", 3, 5, 2, "64409.03"},
        {"107348.38", 3, 5, 11, "64409.02800000000"},
        {"-1", 1, 3, 2, "-0.33"},
        {"1", -2, 3, 2, "-0.67"},
        {"0.005", 1, 1, 2, "0.01"},
        {"10", 1, 4, 0, "3"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct decimal share;
        assert_int_equal(decimal_share(parsed(cases[i].value), cases[i].num,
                                       cases[i].den, cases[i].scale, &share),
                         DECIMAL_OK);
        assert_text(share, cases[i].share);
    }
    struct decimal untouched = {.scale = 77};
    assert_int_equal(decimal_share(parsed("1"), 1, 0, 2, &untouched),
                     DECIMAL_DIVIDES_BY_0);
    assert_int_equal(untouched.scale, 77);
}

static void currency__has_the_minor_units_of_iso_4217(void **unused)
{
    (void)unused;
    assert_int_equal(currency_minor_units(TEXT("USD")), 2);
    assert_int_equal(currency_minor_units(TEXT("JPY")), 0);
    assert_int_equal(currency_minor_units(TEXT("KRW")), 0);
    assert_int_equal(currency_minor_units(TEXT("BHD")), 3);
    assert_int_equal(currency_minor_units(TEXT("CLF")), 4);
    assert_int_equal(currency_minor_units(TEXT("XPF")), 0);
    assert_int_equal(currency_minor_units(TEXT("")), 2);
    assert_int_equal(currency_minor_units(TEXT("WOOD")), 2);
}

int main(void)
{
    const char *given = getenv("SEED");
    seed = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);
    state = seed;
    printf("SEED=%llu\n", (unsigned long long)seed);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decimal__agrees_with_schoolbook_arithmetic),
        cmocka_unit_test(amount__keeps_what_fits_96_bits_and_refuses_the_rest),
        cmocka_unit_test(decimal_parse__takes_one_form_and_no_other),
        cmocka_unit_test(decimal_rescale__rounds_half_away_from_zero),
        cmocka_unit_test(decimal__trims_negates_and_ignores_trailing_zeros),
        cmocka_unit_test(decimal_share__takes_a_rational_part),
        cmocka_unit_test(currency__has_the_minor_units_of_iso_4217),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
