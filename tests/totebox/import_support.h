/* import_support.h - an archive with a configuration of its own, and imports into it.
 */
#ifndef TESTS_TOTEBOX_IMPORT_SUPPORT_H
#define TESTS_TOTEBOX_IMPORT_SUPPORT_H

#include "proto/keyfile.h"
#include "totebox/date.h"
#include "totebox/import.h"

#include "tests/totebox/support.h"

enum { NOW_DATE = 20260105 };

/* archive.conf beyond entity, name and kind. */
static inline void archive_make(struct folder *folder, const char *entity,
                                const char *currency, const char *more)
{
    char conf[2048];
    struct key_pair pair;
    struct problem problem;
    const char *why = "";

    folder_make(folder);
    snprintf(
        conf, sizeof(conf),
        "entity = \"%s\"\nname = \"%s\"\nkind = \"company\"\ncurrency = \"%s\"\n%s",
        entity, entity, currency, more);
    file_write_string(folder_file(folder, "archive.conf"), conf);
    assert_true(key_pair_generate(&pair));
    if (keyfile_create(folder_file(folder, "authority.key"), &pair, &why) != PSP_OK)
        fail_msg("%s", why);
    assert_ok(ledger_create(folder->path, &problem), problem);
}

static inline struct import_request request_make(enum import_kind kind)
{
    struct import_request request = {
        .kind = kind, .file = "in.csv", .source = TEXT("in.csv")};
    return request;
}

/* Imports a copy of the bytes.  The report is fresh. */
static inline enum archive_error import_bytes(const struct folder *folder,
                                              struct import_request *request,
                                              const char *bytes, size_t length,
                                              struct import_report *report,
                                              struct problem *problem)
{
    char *copy = malloc(length + 1);
    struct archive *archive;
    enum archive_error error;

    assert_non_null(copy);
    memcpy(copy, bytes, length);
    import_report_init(report);
    assert_ok(archive_open(&archive, folder->path, problem), *problem);
    request->config = &archive->config;
    error =
        import_run(archive, request, copy, length, date_ms(NOW_DATE), report, problem);
    archive_close(archive);
    free(copy);
    /* What is read is never cut, and ends. */
    assert_true(buffer_append(&report->words, "", 1));
    return error;
}

static inline const char *report_words(const struct import_report *report)
{
    return (const char *)buffer_bytes(&report->words);
}

/* The ledger as text, to be freed. */
static inline char *ledger_read(const struct folder *folder)
{
    return file_read(folder_file(folder, "ledger/log.jsonl"), NULL);
}

static inline unsigned count_of(const char *text, const char *part)
{
    unsigned count = 0;
    for (; (text = strstr(text, part)); text += strlen(part))
        count++;
    return count;
}

#endif
