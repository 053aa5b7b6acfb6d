#include "tests/support/cmocka_all.h"

#include <string.h>

#include "proto/pairing_code.h"

static struct pairing_talk talk_of(uint8_t seed)
{
    struct pairing_talk talk;
    memset(&talk, seed, sizeof talk);
    return talk;
}

/* SHA-256 of the label and 160 bytes 0x01, computed with sha256sum; first five bytes. */
static void pairing_code__is_forty_bits_in_crockford_symbols(void **state)
{
    struct pairing_talk talk = talk_of(1);
    char code[PAIRING_CODE_CHARS + 1];
    (void)state;
    pairing_code(&talk, code);
    assert_string_equal(code, "DW2E-ZSF1");
}

static void pairing_code__changes_with_every_part(void **state)
{
    struct pairing_talk talk = talk_of(1);
    char first[PAIRING_CODE_CHARS + 1], other[PAIRING_CODE_CHARS + 1];
    (void)state;
    pairing_code(&talk, first);
    for (size_t part = 0; part < sizeof talk; part += HASH_BYTES) {
        struct pairing_talk changed = talk;
        ((uint8_t *)&changed)[part] ^= 0x80;
        pairing_code(&changed, other);
        assert_string_not_equal(first, other);
    }
}

static void pairing_code__is_read_as_people_type_it(void **state)
{
    char code[PAIRING_CODE_CHARS + 1] = "unread";
    (void)state;
    assert_true(pairing_code_read(TEXT("o1lz-9hKq"), code));
    assert_string_equal(code, "011Z-9HKQ");
    assert_true(pairing_code_read(TEXT("011Z9HKQ"), code));
    assert_string_equal(code, "011Z-9HKQ");
    assert_false(pairing_code_read(TEXT("011Z-9HK"), code));
    assert_false(pairing_code_read(TEXT("011Z-9HKQ1"), code));
    assert_false(pairing_code_read(TEXT("011Z-9HKU"), code));
    assert_false(pairing_code_read(TEXT(""), code));
    assert_string_equal(code, "011Z-9HKQ");
}

static void pairing_commit__opens_with_its_nonce_only(void **state)
{
    uint8_t nonce[HASH_BYTES] = {1, 2, 3}, commit[HASH_BYTES];
    (void)state;
    sha256(nonce, sizeof nonce, commit);
    assert_true(pairing_commit_opens(commit, nonce));
    nonce[31] ^= 1;
    assert_false(pairing_commit_opens(commit, nonce));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairing_code__is_forty_bits_in_crockford_symbols),
        cmocka_unit_test(pairing_code__changes_with_every_part),
        cmocka_unit_test(pairing_code__is_read_as_people_type_it),
        cmocka_unit_test(pairing_commit__opens_with_its_nonce_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
