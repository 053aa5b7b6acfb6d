/* Every allocation of the token code fails once, in turn. */
#include "tests/support/cmocka_all.h"

#include <stdlib.h>
#include <string.h>

#include "proto/token.h"
#include "tests/support/fixture.h"
#include "tests/support/hex.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);

/* Allocations until one fails; negative: none does. */
static int until_failure = -1;

static bool must_fail(void)
{
    return until_failure >= 0 && until_failure-- == 0;
}

void *__wrap_malloc(size_t size)
{
    return must_fail() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return must_fail() ? NULL : __real_calloc(count, size);
}

static struct buffer file;
static struct key_pair key;

static enum psp_error use_a_token(void)
{
    struct token token = {0}, copy = {0};
    struct buffer out;
    uint8_t holder[HASH_BYTES], authority[KEY_BYTES];
    struct token_policy policy = {.authority = authority,
                                  .epoch = 1,
                                  .clock_ms = 1760000030000,
                                  .tls_peer = holder};
    struct authority *granted = NULL;
    const char *why;

    hex_read("e39219c1e1286e60999d60d16a16501c3f9b389cfe7b4dca3815647232d336d3", holder,
             sizeof holder);
    hex_read("5a0ccc4ee7ced0cadc2f3dc99612bed54fdec24b50d4a29c42e2f057ad4011ee",
             authority, sizeof authority);
    struct link link = {.not_after_ms = 1, .subject = SUBJECT_HOLDER};
    buffer_init(&out);
    enum psp_error error =
        token_read(buffer_bytes(&file), buffer_length(&file), &token);
    if (error == PSP_OK)
        error = token_verify(&token, &policy, &granted, &why);
    if (error == PSP_OK)
        error = token_copy(&copy, &token);
    if (error == PSP_OK) {
        error = token_append(&copy, &link, &key);
        assert_int_equal(copy.count, token.count + (error == PSP_OK));
    }
    if (error == PSP_OK)
        error = token_write(&copy, &out);
    if (error != PSP_OK)
        assert_int_equal(buffer_length(&out), 0);
    authority_free(granted);
    token_release(&token);
    token_release(&copy);
    buffer_release(&out);
    return error;
}

static void each_allocation__may_fail(void **state)
{
    int failures = 0;

    (void)state;
    file = fixture_load("tests/golden/psp/tokens/opleaf.tok");
    assert_true(key_pair_generate(&key));
    for (;; failures++) {
        until_failure = failures;
        enum psp_error error = use_a_token();
        bool failed = until_failure < 0;
        until_failure = -1;
        if (!failed) {
            assert_int_equal(error, PSP_OK);
            break;
        }
        assert_int_equal(error, PSP_NO_MEMORY);
    }
    printf("%d allocations failed, one at a time\n", failures);
    assert_true(failures > 20);
    buffer_release(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_allocation__may_fail)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
