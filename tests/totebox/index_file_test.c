/* index_file_test.c - an index over its mapped file answers what a replay of the ledger
 * answers, byte for byte; a file that is not good costs nothing but the replay. */
#include "totebox/index_file.h"

#include "proto/layout.h"
#include "tests/totebox/archive_support.h"

static const char everything[] =
    "expose \"all\" { to = {\"aggregator\"} granularity = \"item\" "
    "views = {\"entity\", \"own\", \"pos\", \"metric\", \"item\", \"obl\", \"fx\", "
    "\"note\"} "
    "periods = {\"2025\", \"2025-12\", \"2026\"} }\n"
    "expose \"sums\" { to = {\"lender\"} granularity = \"total\" views = {\"pos\"} "
    "periods = {\"2025\"} }\n";

static const char *rows_path(const struct office *office)
{
    return folder_file(&office->folder, "index/rows");
}

static void plan_of(const struct office *office, struct index_plan *plan)
{
    exposure_plan(office->archive->exposure, plan);
}

/* --- answers ---------------------------------------------------------------------- */

enum { ANSWER_ROWS = 100 };

/* Every row of every view, as answers of up to ANSWER_ROWS rows. */
static void answer(const struct archive_index *index, struct buffer *out)
{
    const union any_row *rows[ANSWER_ROWS];
    int64_t as_of_ms[ANSWER_ROWS];

    buffer_init(out);
    for (int view = 0; view < VIEW_LINK; view++) {
        const union any_row *row = index_seek(index, (enum view)view, TEXT(""));
        do {
            struct batch_shape shape = {.view = (enum view)view, .as_of_ms = as_of_ms};
            struct struct_builder root;
            struct builder builder;
            uint32_t count = 0;
            for (; row && count < ANSWER_ROWS; count++) {
                as_of_ms[count] = index_row_as_of_ms(index, (enum view)view, row);
                rows[count] = row;
                row = index_next(index, (enum view)view, row);
            }
            memset(shape.column, 1, sizeof(shape.column));
            root = builder_open(&builder, out, PSP_CHANGE_DATA_WORDS, PSP_CHANGE_PTRS);
            batch_build(root, PSP_CHANGE_UPSERTS_PTR, &shape, index_names(index), rows,
                        count, index_revision(index), index_last_commit_ms(index),
                        (struct text){NULL, 0});
            assert_int_equal(builder_close(&builder, NULL), PSP_OK);
        } while (row);
    }
}

static void assert_same_answers(const struct archive_index *a,
                                const struct archive_index *b)
{
    struct buffer from_a, from_b;

    answer(a, &from_a);
    answer(b, &from_b);
    assert_int_equal(buffer_length(&from_a), buffer_length(&from_b));
    assert_memory_equal(buffer_bytes(&from_a), buffer_bytes(&from_b),
                        buffer_length(&from_a));
    buffer_release(&from_a);
    buffer_release(&from_b);
    assert_string_equal(index_lifecycle(a), index_lifecycle(b));
    for (int view = 0; view < VIEW_LINK; view++) {
        const union any_row *row = index_seek(a, (enum view)view, TEXT(""));
        struct text before = {"", 0};
        assert_int_equal(index_row_count(a, (enum view)view),
                         index_row_count(b, (enum view)view));
        for (; row; row = index_next(a, (enum view)view, row)) {
            struct text key = names_text(index_names(a), row->row.key);
            assert_ptr_equal(index_find(a, (enum view)view, key), row);
            assert_ptr_equal(index_seek(a, (enum view)view, key), row);
            assert_ptr_equal(index_after(a, (enum view)view, before), row);
            before = key;
        }
    }
}

static void assert_as_replayed(struct office *office)
{
    struct archive_index *replayed;
    struct index_plan plan;

    plan_of(office, &plan);
    assert_ok(index_rebuild(&replayed, office->archive, &plan, LEDGER_READ, INT64_MAX,
                            &office->problem),
              office->problem);
    assert_same_answers(office->index, replayed);
    index_close(replayed);
}

static void reopen(struct office *office)
{
    struct index_plan plan;

    plan_of(office, &plan);
    index_close(office->index);
    office->index = NULL;
    assert_ok(index_open(&office->index, office->archive, &plan, LEDGER_WRITE,
                         INT64_MAX, &office->problem),
              office->problem);
}

static void keep(struct office *office)
{
    assert_ok(index_write_file(office->index, &office->problem), office->problem);
}

/* --- random books ----------------------------------------------------------------- */

#define PICK(list) ((list)[(size_t)rand() % (sizeof(list) / sizeof((list)[0]))])

static void add_posting(struct office *office)
{
    static const char *const dates[] = {"2024-05-01", "2025-01-01", "2025-12-31",
                                        "2026-03-09"};
    static const char *const classes[] = {"A", "L", "R", "X", "Q", "V"};
    static const char *const amounts[] = {"1", "-1", "2.5", "-2.50",
                                          "1000000000000.01"};
    static const char *const parties[] = {NULL, NULL, "BIR", "@affiliates"};
    static const char *const currencies[] = {"USD", "EUR"};
    const char *cls = PICK(classes);
    bool has_hist = *cls == 'Q' && rand() % 2;
    char account[24];

    snprintf(account, sizeof(account), "a:%d", rand() % 12);
    office_add(office, LINE_POSTING, FIELD_DATE, PICK(dates), FIELD_ACCT, account,
               FIELD_CLS, cls, FIELD_AMT, PICK(amounts), FIELD_CUR, PICK(currencies),
               FIELD_CP, PICK(parties), FIELD_HIST_AMT, has_hist ? "7.5" : NULL,
               FIELD_HIST_CUR, has_hist ? "USD" : NULL, FIELD_COUNT);
}

static void add_fact(struct office *office)
{
    static const char *const keys[] = {"noi", "burn", "units.total"};
    static const char *const days[] = {"2025-06-30", "2025-12-31", "2026-01-05"};
    char number[24];

    snprintf(number, sizeof(number), "%d.%d", rand() % 50, rand() % 10);
    switch (rand() % 6) {
    case 0:
        office_add(office, LINE_METRIC, FIELD_KEY, PICK(keys), FIELD_END, PICK(days),
                   FIELD_UNIT, "USD", FIELD_VALUE, number, FIELD_NATURE, "stock",
                   FIELD_SCENARIO, "actual", FIELD_BASIS, "own", FIELD_QUALITY, "ok",
                   FIELD_COUNT);
        break;
    case 1:
        office_add(office, LINE_RATE, FIELD_FROM, "EUR", FIELD_TO, "USD", FIELD_DAY,
                   PICK(days), FIELD_RATE, "1.0831", FIELD_SOURCE, "ecb", FIELD_COUNT);
        break;
    case 2:
        office_add(office, LINE_ASOF, FIELD_END, PICK(days), FIELD_COUNT);
        break;
    case 3:
        office_add(office, LINE_NOTE, FIELD_TARGET, "ALD|2025", FIELD_KIND, "note",
                   FIELD_BY, "me", FIELD_STATE, "open", FIELD_TEXT, number,
                   FIELD_COUNT);
        break;
    case 4:
        office_add(office, LINE_EDGE, FIELD_OWNED, "BIR", FIELD_FROM, "2020-01-01",
                   FIELD_ECON, rand() % 2 ? "3/4" : "1/2", FIELD_METHOD, "full",
                   FIELD_COUNT);
        break;
    default:
        office_add(office, LINE_LIFECYCLE, FIELD_STATE,
                   rand() % 2 ? "suspended" : "active", FIELD_COUNT);
    }
}

static void add_correction(struct office *office)
{
    uint64_t lines = index_revision(office->index);
    char of[24];

    for (int tries = 0; tries < 20 && lines; tries++) {
        uint64_t seq = 1 + (uint64_t)rand() % lines;
        if (index_may_correct(office->index, seq, &office->problem) != ARCHIVE_OK)
            continue;
        snprintf(of, sizeof(of), "%llu", (unsigned long long)seq);
        office_add(office, LINE_CORRECTION, FIELD_OF, of, FIELD_COUNT);
        return;
    }
    add_posting(office);
}

static void commit_at_random(struct office *office)
{
    int kind = rand() % 8;

    if (kind == 0)
        add_correction(office);
    else if (kind < 3)
        add_fact(office);
    for (int lines = rand() % 4; kind > 0 && lines >= 0; lines--)
        add_posting(office);
    office_commit(office);
}

static void index__answers_byte_for_byte_what_a_replay_answers(void **state)
{
    unsigned seed = (unsigned)getpid();
    struct office office;

    (void)state;
    print_message("seed %u\n", seed);
    srand(seed);
    office_open(&office, "ALD", "USD", "", everything);
    for (int round = 0; round < 25; round++) {
        for (int commit = rand() % 15; commit >= 0; commit--)
            commit_at_random(&office);
        assert_as_replayed(&office);
        if (rand() % 3)
            keep(&office);
        reopen(&office);
        assert_string_equal(index_said(office.index), "");
        assert_as_replayed(&office);
    }
    keep(&office);
    reopen(&office);
    assert_int_equal(index_mapped_lines(office.index), index_revision(office.index));
    assert_int_equal(index_lines_read(office.index), 0);
    office_close(&office);
}

/* Changes are reported alike whether the rows were read from the file or the ledger. */
static void index__reports_over_the_file_what_a_replay_reports(void **state)
{
    struct archive_index *replayed;
    struct index_changes theirs;
    struct index_plan plan;
    struct office office;

    (void)state;
    srand(7);
    office_open(&office, "ALD", "USD", "", everything);
    plan_of(&office, &plan);
    for (int commit = 0; commit < 60; commit++)
        commit_at_random(&office);
    keep(&office);
    reopen(&office);
    assert_true(index_mapped_lines(office.index) > 0);
    assert_ok(index_rebuild(&replayed, office.archive, &plan, LEDGER_READ, INT64_MAX,
                            &office.problem),
              office.problem);
    for (int commit = 0; commit < 100; commit++) {
        uint32_t deleted[2] = {0, 0};
        commit_at_random(&office);
        assert_ok(index_apply_new_lines(replayed, &theirs, &office.problem),
                  office.problem);
        assert_int_equal(office.changes.count, theirs.count);
        for (uint32_t i = 0; i < theirs.count; i++) {
            const struct index_change *change = &office.changes.change[i];
            deleted[0] += change->deleted;
            deleted[1] += theirs.change[i].deleted;
            assert_ptr_equal(
                index_find(office.index, change->view,
                           names_text(index_names(office.index), change->row->row.key)),
                change->deleted ? NULL : change->row);
        }
        assert_int_equal(deleted[0], deleted[1]);
    }
    index_close(replayed);
    office_close(&office);
}

/* --- files that are not good ------------------------------------------------------ */

static void small_office(struct office *office)
{
    srand(3);
    office_open(office, "ALD", "USD", "", everything);
    for (int commit = 0; commit < 5; commit++)
        commit_at_random(office);
    for (int fact = 0; fact < 6; fact++) {
        add_fact(office);
        office_commit(office);
    }
    keep(office);
    reopen(office);
}

static void index__survives_every_flipped_byte_of_its_file(void **state)
{
    struct office office;
    size_t length;
    char *good, *bad;

    (void)state;
    small_office(&office);
    good = file_read(rows_path(&office), &length);
    bad = malloc(length);
    assert_non_null(bad);
    for (size_t at = 0; at < length; at += at < 4096 ? 1 : 7) {
        memcpy(bad, good, length);
        bad[at] ^= (char)(1 << at % 8);
        file_write(rows_path(&office), bad, length);
        reopen(&office);
        assert_int_equal(index_mapped_lines(office.index), 0);
        assert_non_null(strstr(index_said(office.index), "made again"));
        if (at % 64 == 0)
            assert_as_replayed(&office);
    }
    free(bad);
    free(good);
    office_close(&office);
}

/* Without the signature: what the check lets pass can be walked and searched. */
static void index_file__lets_nothing_pass_that_leads_outside(void **state)
{
    struct office office;
    uint8_t digest[HASH_BYTES];
    struct index_plan plan;
    struct index_file file;
    uint32_t passed = 0;
    size_t length;
    char *good;
    uint8_t *bad;

    (void)state;
    small_office(&office);
    plan_of(&office, &plan);
    index_file_digest(office.archive, &plan, digest);
    good = file_read(rows_path(&office), &length);
    bad = aligned_alloc(16, (length + 15) & ~(size_t)15);
    assert_non_null(bad);
    for (size_t at = SIGNATURE_BYTES; at < length; at++) {
        memcpy(bad, good, length);
        bad[at] ^= (uint8_t)(at % 2 ? 0x80 : 0xff);
        if (index_file_check(&file, bad, length, digest, plan.period_count))
            continue;
        passed++;
        for (int view = 0; view < VIEW_COUNT; view++) {
            uint32_t count =
                index_file_count(&file, (enum index_section)(SECTION_ROWS + view));
            for (uint32_t i = 0; i < count; i++)
                assert_true(index_file_row(&file, (enum view)view, i)->row.key <=
                            file.names.count);
            (void)index_file_seek(&file, (enum view)view, TEXT("ALD|2025"));
        }
    }
    assert_true(passed > 0 && passed < length);
    for (size_t cut = 0; cut < length; cut += 97)
        assert_non_null(index_file_check(&file, good, cut, digest, plan.period_count));
    free(bad);
    free(good);
    office_close(&office);
}

static void index__makes_rows_again_when_the_file_is_of_other_books(void **state)
{
    struct office office, other;
    size_t length;
    char *file, *ledger;

    (void)state;
    small_office(&office);
    /* The ledger went back to an earlier state: another history after the same start.
     */
    ledger = file_read(folder_file(&office.folder, "ledger/log.jsonl"), &length);
    office_post(&office, "2025-12-31", "a:1", "A", NULL, "5", "USD", NULL);
    office_commit(&office);
    keep(&office);
    file_write(folder_file(&office.folder, "ledger/log.jsonl"), ledger, length);
    free(ledger);
    reopen(&office);
    assert_non_null(strstr(index_said(office.index), "another one"));
    assert_as_replayed(&office);
    /* A file that another key signed. */
    small_office(&other);
    file = file_read(rows_path(&other), &length);
    file_write(rows_path(&office), file, length);
    free(file);
    reopen(&office);
    assert_non_null(strstr(index_said(office.index), "not as this archive wrote it"));
    /* No file, an empty one, a folder in its place. */
    assert_int_equal(unlink(rows_path(&office)), 0);
    reopen(&office);
    assert_string_equal(index_said(office.index), "");
    file_write(rows_path(&office), "", 0);
    reopen(&office);
    assert_non_null(strstr(index_said(office.index), "shorter"));
    assert_int_equal(unlink(rows_path(&office)), 0);
    assert_int_equal(mkdir(rows_path(&office), 0700), 0);
    reopen(&office);
    assert_as_replayed(&office);
    office_close(&other);
    office_close(&office);
}

static void index__makes_rows_again_under_another_configuration(void **state)
{
    struct office office;

    (void)state;
    small_office(&office);
    file_write_string(folder_file(&office.folder, "exposure.conf"),
                      "expose \"a\" { to = {\"x\"} views = {\"pos\"} "
                      "periods = {\"2026\"} }\n");
    assert_ok(archive_reload(office.archive, &office.problem), office.problem);
    reopen(&office);
    assert_non_null(strstr(index_said(office.index), "configuration"));
    assert_as_replayed(&office);
    keep(&office);
    reopen(&office);
    assert_string_equal(index_said(office.index), "");
    assert_true(index_mapped_lines(office.index) > 0);
    office_close(&office);
}

static void index__leaves_what_is_mapped_alone_when_it_writes_anew(void **state)
{
    struct archive_index *reader;
    struct index_plan plan;
    struct buffer before, after;
    struct office office;

    (void)state;
    small_office(&office);
    plan_of(&office, &plan);
    assert_ok(index_open(&reader, office.archive, &plan, LEDGER_READ, INT64_MAX,
                         &office.problem),
              office.problem);
    answer(reader, &before);
    for (int commit = 0; commit < 40; commit++)
        commit_at_random(&office);
    keep(&office);
    answer(reader, &after);
    assert_int_equal(buffer_length(&before), buffer_length(&after));
    assert_memory_equal(buffer_bytes(&before), buffer_bytes(&after),
                        buffer_length(&before));
    buffer_release(&before);
    buffer_release(&after);
    index_close(reader);
    office_close(&office);
}

static void
index__finds_an_earlier_line_that_was_changed_when_it_is_corrected(void **state)
{
    struct office office;
    size_t length;
    char *ledger;

    (void)state;
    office_open(&office, "ALD", "USD", "", everything);
    for (int i = 0; i < 9; i++)
        office_post(&office, "2025-12-31", "a:1", "A", NULL, "5.00", "USD", NULL);
    office_commit(&office);
    keep(&office);
    reopen(&office);
    for (uint64_t seq = 1; seq <= 9; seq++)
        assert_ok(index_may_correct(office.index, seq, &office.problem),
                  office.problem);
    ledger = file_read(folder_file(&office.folder, "ledger/log.jsonl"), &length);
    memcpy(strstr(strstr(ledger, "\"seq\":4,"), "5.00"), "6.00", 4);
    file_write(folder_file(&office.folder, "ledger/log.jsonl"), ledger, length);
    free(ledger);
    assert_int_equal(index_may_correct(office.index, 4, &office.problem),
                     ARCHIVE_CORRUPT);
    assert_int_equal(index_may_correct(office.index, 5, &office.problem), ARCHIVE_OK);
    office_close(&office);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(index__answers_byte_for_byte_what_a_replay_answers),
        cmocka_unit_test(index__reports_over_the_file_what_a_replay_reports),
        cmocka_unit_test(index__survives_every_flipped_byte_of_its_file),
        cmocka_unit_test(index_file__lets_nothing_pass_that_leads_outside),
        cmocka_unit_test(index__makes_rows_again_when_the_file_is_of_other_books),
        cmocka_unit_test(index__makes_rows_again_under_another_configuration),
        cmocka_unit_test(index__leaves_what_is_mapped_alone_when_it_writes_anew),
        cmocka_unit_test(
            index__finds_an_earlier_line_that_was_changed_when_it_is_corrected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
