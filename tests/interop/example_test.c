/* The example Totebox in C++ serves its CSV to our links, under a key file of ours. */
#include "tests/interop/bench.h"

#include "tests/support/cmocka_all.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proto/keyfile.h"

static void example__is_an_archive_like_any_other(void **state)
{
    struct bench bench;
    struct child child;
    struct key_pair key;
    char directory[] = "/tmp/interop_example.XXXXXX", path[64], rows[512], device[64];
    char fingerprint[FINGERPRINT_CHARS + 1], expected[FINGERPRINT_CHARS + 1];
    uint8_t holder[HASH_BYTES];
    const char *why = "";
    unsigned port;
    (void)state;
    bench_open(&bench);
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/key.pem", directory);
    snprintf(rows, sizeof rows, "%s/examples/totebox-cpp/rows.csv",
             getenv("top_srcdir"));
    base64_write(bench.device.public_key, KEY_BYTES, device);
    assert_true(key_pair_generate(&key));
    assert_int_equal(keyfile_create(path, &key, &why), PSP_OK);
    child_start(&child, "examples/totebox-cpp/totebox-cpp",
                (const char *const[]){"CPP", rows, path, device, NULL});
    const char *ready = child_line(&child);
    assert_int_equal(sscanf(ready, "ready CPP 127.0.0.1:%u %50s", &port, fingerprint),
                     2);
    holder_of_key(key.public_key, holder);
    fingerprint_write(holder, expected);
    assert_string_equal(fingerprint, expected);
    bench_add(&bench, "CPP", (uint16_t)port, key.public_key);
    bench_start(&bench);
    bench_await(&bench, bench_is_live);
    assert_string_equal(bench_metric(&bench, "noi"), "450000.25");
    assert_int_equal(store_row_count(bench.store, 0, VIEW_METRIC), 4);
    assert_int_equal(store_row_count(bench.store, 0, VIEW_ENTITY), 1);
    assert_int_equal(bench_status(&bench)->bad_rows, 0);
    assert_int_equal(bench_status(&bench)->refused_rows, 0);
    bench_close(&bench);
    kill(child.pid, SIGTERM);
    child_end(&child);
    unlink(path);
    rmdir(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(example__is_an_archive_like_any_other),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
