#include "tests/support/cmocka_all.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/keyfile.h"
#include "tests/support/hex.h"

/* As "openssl genpkey -algorithm ed25519" writes the key with this seed. */
static const char seed_hex[] =
    "d758264e606b32d19231d567e3e27c8463015fcab6cfaa17e2871c48fb69a29a";
static const char key_hex[] =
    "6901c965a098ffdcac97b81c95269eafb8c0fc798d1adda3fad77d6b42f025a4";
static const char openssl_pem[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEINdYJk5gazLRkjHVZ+PifIRjAV/Kts+qF+KHHEj7aaKa\n"
    "-----END PRIVATE KEY-----\n";

static char directory[] = "/tmp/keyfile_test.XXXXXX";
static char path[256], other[256];

static int make_directory(void **state)
{
    (void)state;
    if (!mkdtemp(directory))
        return -1;
    snprintf(path, sizeof path, "%s/key", directory);
    snprintf(other, sizeof other, "%s/other", directory);
    return 0;
}

static int remove_directory(void **state)
{
    (void)state;
    return rmdir(directory);
}

static int remove_files(void **state)
{
    (void)state;
    unlink(path);
    unlink(other);
    return 0;
}

static void write_file(const char *text, mode_t mode)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(file >= 0);
    assert_int_equal(write(file, text, strlen(text)), strlen(text));
    assert_int_equal(fchmod(file, mode), 0);
    close(file);
}

static void keyfile_read_pem__reads_what_openssl_writes(void **state)
{
    uint8_t seed[KEY_BYTES], key[KEY_BYTES];
    char pem[KEYFILE_PEM_MAX];
    struct key_pair pair;

    (void)state;
    hex_read(seed_hex, seed, sizeof seed);
    hex_read(key_hex, key, sizeof key);
    assert_int_equal(keyfile_read_pem(text_of(openssl_pem), &pair), PSP_OK);
    assert_memory_equal(pair.seed, seed, sizeof seed);
    assert_memory_equal(pair.public_key, key, sizeof key);
    keyfile_write_pem(&pair, pem);
    assert_string_equal(pem, openssl_pem);
    /* Editors and shells like to drop the last newline. */
    struct text bare = text_of(openssl_pem);
    bare.length--;
    assert_int_equal(keyfile_read_pem(bare, &pair), PSP_OK);
}

static void keyfile_read_pem__refuses_anything_else(void **state)
{
    size_t length = strlen(openssl_pem);
    struct key_pair pair;
    char pem[sizeof openssl_pem + 1];

    (void)state;
    for (size_t i = 0; i < length - 1; i++) {
        struct text cut = {openssl_pem, (uint32_t)i};
        assert_int_equal(keyfile_read_pem(cut, &pair), PSP_MALFORMED);
    }
    /* Of the line of base64, 43 symbols are the seed: any may stand there. */
    size_t seed_at = strlen("-----BEGIN PRIVATE KEY-----\n") + 21;
    for (size_t i = 0; i < length; i++) {
        if (i >= seed_at && i < seed_at + 43)
            continue;
        memcpy(pem, openssl_pem, sizeof openssl_pem);
        pem[i] = pem[i] == 'x' ? 'y' : 'x';
        assert_int_equal(keyfile_read_pem(text_of(pem), &pair), PSP_MALFORMED);
    }
    snprintf(pem, sizeof pem, "%s\n", openssl_pem);
    assert_int_equal(keyfile_read_pem(text_of(pem), &pair), PSP_MALFORMED);
    snprintf(pem, sizeof pem, " %s", openssl_pem);
    assert_int_equal(keyfile_read_pem(text_of(pem), &pair), PSP_MALFORMED);
}

static void keyfile_create__makes_a_private_file_once(void **state)
{
    struct key_pair pair, back;
    struct stat status;
    const char *why = NULL;

    (void)state;
    assert_true(key_pair_generate(&pair));
    mode_t mask = umask(0);
    assert_int_equal(keyfile_create(path, &pair, &why), PSP_OK);
    umask(mask);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    assert_int_equal(keyfile_load(path, &back, &why), PSP_OK);
    assert_memory_equal(&pair, &back, sizeof pair);

    struct key_pair second;
    assert_true(key_pair_generate(&second));
    assert_int_equal(keyfile_create(path, &second, &why), PSP_CONFLICT);
    assert_non_null(strstr(why, "exists"));
    assert_int_equal(keyfile_load(path, &back, &why), PSP_OK);
    assert_memory_equal(&pair, &back, sizeof pair);
}

static void keyfile_create__reports_a_missing_directory(void **state)
{
    struct key_pair pair;
    const char *why = NULL;

    (void)state;
    assert_true(key_pair_generate(&pair));
    assert_int_equal(keyfile_create("/nonexistent/key", &pair, &why), PSP_UNKNOWN);
    assert_non_null(why);
}

static void keyfile_load__refuses_a_file_that_others_can_read(void **state)
{
    static const mode_t modes[] = {0640, 0604, 0660, 0644, 0601, 0610, 0777};
    struct key_pair pair;
    const char *why = NULL;

    (void)state;
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        write_file(openssl_pem, modes[i]);
        assert_int_equal(keyfile_load(path, &pair, &why), PSP_DENIED);
        assert_non_null(strstr(why, "open to others"));
    }
    write_file(openssl_pem, 0400);
    assert_int_equal(keyfile_load(path, &pair, &why), PSP_OK);
}

static void keyfile_load__refuses_links_and_what_is_no_file(void **state)
{
    struct key_pair pair;
    const char *why = NULL;

    (void)state;
    write_file(openssl_pem, 0600);
    assert_int_equal(symlink(path, other), 0);
    assert_int_equal(keyfile_load(other, &pair, &why), PSP_DENIED);
    assert_non_null(strstr(why, "symbolic link"));
    assert_int_equal(unlink(other), 0);
    /* Without a writer, a blocking open would hang here. */
    assert_int_equal(mkfifo(other, 0600), 0);
    assert_int_equal(keyfile_load(other, &pair, &why), PSP_DENIED);
    assert_non_null(strstr(why, "regular"));
    assert_int_equal(keyfile_load(directory, &pair, &why), PSP_DENIED);
    assert_int_equal(keyfile_load("/nonexistent", &pair, &why), PSP_UNKNOWN);
}

static void keyfile_load__refuses_what_is_no_key(void **state)
{
    struct key_pair pair;
    const char *why = NULL;
    char much[1000];

    (void)state;
    write_file("", 0600);
    assert_int_equal(keyfile_load(path, &pair, &why), PSP_MALFORMED);
    assert_non_null(strstr(why, "Ed25519"));
    memset(much, 'A', sizeof much);
    memcpy(much, openssl_pem, strlen(openssl_pem));
    much[sizeof much - 1] = '\0';
    write_file(much, 0600);
    assert_int_equal(keyfile_load(path, &pair, &why), PSP_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keyfile_read_pem__reads_what_openssl_writes),
        cmocka_unit_test(keyfile_read_pem__refuses_anything_else),
        cmocka_unit_test_teardown(keyfile_create__makes_a_private_file_once,
                                  remove_files),
        cmocka_unit_test(keyfile_create__reports_a_missing_directory),
        cmocka_unit_test_teardown(keyfile_load__refuses_a_file_that_others_can_read,
                                  remove_files),
        cmocka_unit_test_teardown(keyfile_load__refuses_links_and_what_is_no_file,
                                  remove_files),
        cmocka_unit_test_teardown(keyfile_load__refuses_what_is_no_key, remove_files),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
