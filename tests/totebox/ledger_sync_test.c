/* A disk that does not keep what it took: fdatasync is replaced at link time. */
#include <errno.h>

#include "totebox/ledger.h"

#include "tests/totebox/support.h"

int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);

static unsigned syncs_until_failure;

int __wrap_fdatasync(int fd)
{
    if (syncs_until_failure && --syncs_until_failure == 0) {
        errno = EIO;
        return -1;
    }
    return __real_fdatasync(fd);
}

static enum archive_error append_one(struct ledger *ledger, struct problem *problem)
{
    struct ledger_batch batch;
    enum archive_error error;
    struct line line;

    posting_make(&line, "2025-12-31", "assets:cash", "A", "1", "USD", NULL);
    ledger_batch_init(&batch);
    assert_ok(ledger_batch_add(&batch, &line, problem), *problem);
    error = ledger_append(ledger, &batch, 1000, problem);
    ledger_batch_release(&batch);
    return error;
}

static enum archive_error count_line(void *user, const struct ledger *ledger,
                                     const struct line *line, struct problem *problem)
{
    (void)ledger;
    (void)line;
    (void)problem;
    ++*(unsigned *)user;
    return ARCHIVE_OK;
}

static void ledger__stops_for_good_after_a_failed_sync(void **state)
{
    unsigned seen = 0;
    struct ledger_visitor visitor = {count_line, &seen};
    struct folder folder;
    struct ledger *ledger;
    struct problem problem;

    (void)state;
    folder_make(&folder);
    assert_ok(ledger_create(folder.path, &problem), problem);
    assert_ok(ledger_open(&ledger, folder.path, TEXT("ALD"), TEXT("o"), NULL,
                          LEDGER_WRITE, visitor, &problem),
              problem);
    assert_ok(append_one(ledger, &problem), problem);
    syncs_until_failure = 1;
    assert_int_equal(append_one(ledger, &problem), ARCHIVE_FAILED);
    assert_non_null(strstr(problem.words, "not acknowledged"));
    /* The disk works again; what is on it is not known all the same. */
    assert_int_equal(append_one(ledger, &problem), ARCHIVE_FAILED);
    assert_int_equal(ledger_follow(ledger, &problem), ARCHIVE_FAILED);
    assert_int_equal(seen, 1);
    ledger_close(ledger);
    assert_ok(ledger_open(&ledger, folder.path, TEXT("ALD"), TEXT("o"), NULL,
                          LEDGER_WRITE, visitor, &problem),
              problem);
    assert_ok(append_one(ledger, &problem), problem);
    ledger_close(ledger);
    folder_remove(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ledger__stops_for_good_after_a_failed_sync),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
