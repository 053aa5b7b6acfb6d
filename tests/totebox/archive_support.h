/* archive_support.h - whole archives for the tests of totebox/: configuration, key,
 * ledger lines and an index over them. */
#ifndef TESTS_TOTEBOX_ARCHIVE_SUPPORT_H
#define TESTS_TOTEBOX_ARCHIVE_SUPPORT_H

#include <stdarg.h>

#include "proto/keyfile.h"
#include "totebox/index.h"

#include "tests/totebox/support.h"

enum { CLOCK_MS_BASE = 1767225600 }; /* 2026-01-01, in seconds */

struct office {
    struct folder folder;
    struct archive *archive;
    struct archive_index *index;
    struct index_changes changes;
    struct ledger_batch batch;
    int64_t now_ms;
    struct problem problem;
};

/* The archive's files; `config` follows entity, name, kind and currency. */
static inline void office_files(struct office *office, const char *entity,
                                const char *currency, const char *config,
                                const char *exposure)
{
    struct key_pair pair;
    const char *why;
    char text[4096];

    memset(office, 0, sizeof(*office));
    office->now_ms = CLOCK_MS_BASE * (int64_t)1000;
    ledger_batch_init(&office->batch);
    folder_make(&office->folder);
    snprintf(
        text, sizeof(text),
        "entity = \"%s\"\nname = \"%s\"\nkind = \"company\"\ncurrency = \"%s\"\n%s",
        entity, entity, currency, config);
    file_write_string(folder_file(&office->folder, "archive.conf"), text);
    file_write_string(folder_file(&office->folder, "exposure.conf"), exposure);
    assert_true(key_pair_generate(&pair));
    assert_int_equal(
        keyfile_create(folder_file(&office->folder, "authority.key"), &pair, &why),
        PSP_OK);
    assert_ok(ledger_create(office->folder.path, &office->problem), office->problem);
    assert_ok(archive_open(&office->archive, office->folder.path, &office->problem),
              office->problem);
}

static inline void office_open(struct office *office, const char *entity,
                               const char *currency, const char *config,
                               const char *exposure)
{
    struct index_plan plan;

    office_files(office, entity, currency, config, exposure);
    exposure_plan(office->archive->exposure, &plan);
    assert_ok(index_open(&office->index, office->archive, &plan, LEDGER_WRITE,
                         INT64_MAX, &office->problem),
              office->problem);
}

static inline void office_close(struct office *office)
{
    ledger_batch_release(&office->batch);
    index_close(office->index);
    archive_close(office->archive);
    folder_remove(&office->folder);
}

/* Adds a line to the next commit: field, value, ... , FIELD_COUNT. */
static inline void office_add(struct office *office, enum line_type type, ...)
{
    va_list arguments;
    struct line line;

    line_init(&line, type);
    va_start(arguments, type);
    for (;;) {
        int field = va_arg(arguments, int);
        const char *value;
        if (field == FIELD_COUNT)
            break;
        value = va_arg(arguments, const char *);
        line.field[field] = text_of(value ? value : "");
    }
    va_end(arguments);
    assert_ok(ledger_batch_add(&office->batch, &line, &office->problem),
              office->problem);
}

/* Appends what was added as one commit, a second later than the last; takes over. */
static inline void office_commit(struct office *office)
{
    office->now_ms += 1000;
    assert_ok(
        index_append(office->index, &office->batch, office->now_ms, &office->problem),
        office->problem);
    ledger_batch_release(&office->batch);
    ledger_batch_init(&office->batch);
    assert_ok(index_apply_new_lines(office->index, &office->changes, &office->problem),
              office->problem);
}

static inline void office_post(struct office *office, const char *date,
                               const char *account, const char *cls, const char *line,
                               const char *amount, const char *currency, const char *cp)
{
    office_add(office, LINE_POSTING, FIELD_DATE, date, FIELD_ACCT, account, FIELD_CLS,
               cls, FIELD_LINE, line, FIELD_AMT, amount, FIELD_CUR, currency, FIELD_CP,
               cp, FIELD_COUNT);
}

static inline const union any_row *office_row(const struct office *office,
                                              enum view view, const char *key)
{
    return index_find(office->index, view, text_of(key));
}

static inline void assert_amount(struct amount amount, const char *expected)
{
    char text[DECIMAL_CHARS_MAX + 1];

    assert_int_equal(amount.mark, CELL_PRESENT);
    text[decimal_write(decimal_trim(amount_decimal(amount)), text)] = '\0';
    assert_string_equal(text, expected);
}

#endif
