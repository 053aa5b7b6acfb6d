#include "totebox/audit.h"

#include "tests/totebox/archive_support.h"

static unsigned count_of(const struct office *office, const char *words)
{
    char *text = file_read(folder_file(&office->folder, "audit/log.jsonl"), NULL);
    unsigned count = 0;

    for (const char *at = text; (at = strstr(at, words)) != NULL; at++)
        count++;
    free(text);
    return count;
}

static void audit__notes_grants_refusals_and_reads(void **state)
{
    uint8_t holder[HASH_BYTES] = {1}, other[HASH_BYTES] = {2}, link[HASH_BYTES] = {3};
    struct audit *audit;
    struct office office;
    int64_t now;

    (void)state;
    office_files(&office, "ALD", "USD", "", "");
    now = office.now_ms;
    assert_ok(audit_open(&audit, office.archive, &office.problem), office.problem);
    audit_grant(audit, TEXT("alice/session"), holder, link, now + 3600000);
    for (int i = 0; i < 1000; i++)
        audit_refusal(audit, holder, "psp.expired");
    audit_refusal(audit, other, "psp.expired");
    audit_refusal(audit, NULL, "psp.denied");
    assert_ok(audit_flush(audit, now, &office.problem), office.problem);
    assert_int_equal(count_of(&office, "\"type\":\"grant\""), 1);
    assert_int_equal(count_of(&office, "\"by\":\"alice/session\""), 1);
    assert_int_equal(count_of(&office, "\"type\":\"refusal\""), 3);
    assert_int_equal(count_of(&office, "\"times\":1000"), 1);
    /* Ten seconds of knocking are one line. */
    for (int second = 1; second <= 10; second++) {
        audit_refusal(audit, holder, "psp.expired");
        assert_ok(audit_flush(audit, now + second * 1000, &office.problem),
                  office.problem);
    }
    assert_int_equal(count_of(&office, "\"type\":\"refusal\""), 4);
    assert_int_equal(count_of(&office, "\"times\":10,"), 1);
    /* Reads are summed over a minute. */
    for (int i = 0; i < 5; i++) {
        audit_rows(audit, TEXT("alice/session"), VIEW_POS, 40);
        audit_rows(audit, TEXT("alice/session"), VIEW_OWN, 2);
    }
    assert_ok(audit_flush(audit, now + 59999, &office.problem), office.problem);
    assert_int_equal(count_of(&office, "\"type\":\"reads\""), 0);
    assert_ok(audit_flush(audit, now + 60000, &office.problem), office.problem);
    assert_int_equal(count_of(&office, "\"type\":\"reads\""), 2);
    assert_int_equal(count_of(&office, "\"n\":200,\"target\":\"pos\""), 1);
    audit_close(audit, office.archive);
    /* Opened again it goes on, checked against its own checkpoint. */
    assert_ok(audit_open(&audit, office.archive, &office.problem), office.problem);
    audit_refusal(audit, NULL, "psp.denied");
    assert_ok(audit_flush(audit, now, &office.problem), office.problem);
    audit_close(audit, office.archive);
    assert_int_equal(count_of(&office, "\n"), 8);
    office_close(&office);
}

static void audit__is_bounded_and_says_what_it_lost(void **state)
{
    struct audit *audit;
    struct office office;

    (void)state;
    office_files(&office, "ALD", "USD", "", "");
    assert_ok(audit_open(&audit, office.archive, &office.problem), office.problem);
    for (int i = 0; i < 100; i++) {
        uint8_t holder[HASH_BYTES] = {(uint8_t)i, 1};
        audit_refusal(audit, holder, "psp.holder");
    }
    assert_ok(audit_flush(audit, office.now_ms, &office.problem), office.problem);
    assert_int_equal(count_of(&office, "psp.holder"), 64);
    assert_int_equal(count_of(&office, "\"text\":\"lines lost\""), 1);
    assert_int_equal(count_of(&office, "\"times\":36"), 1);
    /* Once those are quiet there is room again. */
    assert_ok(audit_flush(audit, office.now_ms + AUDIT_REFUSAL_MS, &office.problem),
              office.problem);
    audit_refusal(audit, NULL, "psp.holder");
    assert_ok(audit_flush(audit, office.now_ms + AUDIT_REFUSAL_MS, &office.problem),
              office.problem);
    assert_int_equal(count_of(&office, "psp.holder"), 65);
    audit_close(audit, office.archive);
    office_close(&office);
}

static void audit__is_no_ledger_of_books(void **state)
{
    static const struct ledger_visitor nobody = {NULL, NULL};
    struct audit *audit;
    struct ledger *ledger;
    struct office office;
    char *text;
    size_t length;

    (void)state;
    office_files(&office, "ALD", "USD", "", "");
    assert_ok(audit_open(&audit, office.archive, &office.problem), office.problem);
    audit_refusal(audit, NULL, "psp.denied");
    assert_ok(audit_flush(audit, office.now_ms, &office.problem), office.problem);
    audit_close(audit, office.archive);
    text = file_read(folder_file(&office.folder, "audit/log.jsonl"), &length);
    file_write(folder_file(&office.folder, "ledger/log.jsonl"), text, length);
    free(text);
    assert_int_equal(archive_open_ledger(office.archive, LEDGER_READ, nobody, &ledger,
                                         &office.problem),
                     ARCHIVE_CORRUPT);
    office_close(&office);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(audit__notes_grants_refusals_and_reads),
        cmocka_unit_test(audit__is_bounded_and_says_what_it_lost),
        cmocka_unit_test(audit__is_no_ledger_of_books),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
