/* support.h - an archive in a temporary folder, for the tests of totebox/. */
#ifndef TESTS_TOTEBOX_SUPPORT_H
#define TESTS_TOTEBOX_SUPPORT_H

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "totebox/archive.h"

#include "tests/support/cmocka_all.h"

enum { PATH_BYTES = 512 };

struct folder {
    char path[PATH_BYTES];
};

static inline void folder_make(struct folder *folder)
{
    const char *base = getenv("TMPDIR");
    snprintf(folder->path, sizeof(folder->path), "%s/totebox-test-XXXXXX",
             base && *base ? base : "/tmp");
    assert_non_null(mkdtemp(folder->path));
}

static inline int folder_entry(const char *path, const struct stat *status, int type,
                               struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

static inline void folder_remove(struct folder *folder)
{
    nftw(folder->path, folder_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* Valid until the next call but seven. */
static inline const char *folder_file(const struct folder *folder, const char *name)
{
    static char paths[8][2 * PATH_BYTES];
    static unsigned next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof(paths[0]), "%s/%s", folder->path, name);
    return path;
}

static inline void file_write(const char *path, const void *bytes, size_t length)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

static inline void file_write_string(const char *path, const char *string)
{
    file_write(path, string, strlen(string));
}

/* NUL-terminated, to be freed. */
static inline char *file_read(const char *path, size_t *length)
{
    FILE *file = fopen(path, "rb");
    char *bytes;
    long size;
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    size = ftell(file);
    rewind(file);
    bytes = calloc(1, (size_t)size + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, (size_t)size, file), size);
    fclose(file);
    if (length)
        *length = (size_t)size;
    return bytes;
}

static inline bool file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

static inline void line_set(struct line *line, enum line_field field, const char *value)
{
    line->field[field] = text_of(value);
}

/* A posting; cp may be NULL. */
static inline void posting_make(struct line *line, const char *date,
                                const char *account, const char *cls,
                                const char *amount, const char *currency,
                                const char *cp)
{
    line_init(line, LINE_POSTING);
    line_set(line, FIELD_DATE, date);
    line_set(line, FIELD_ACCT, account);
    line_set(line, FIELD_CLS, cls);
    line_set(line, FIELD_AMT, amount);
    line_set(line, FIELD_CUR, currency);
    if (cp)
        line_set(line, FIELD_CP, cp);
}

#define assert_ok(call, problem)                                                       \
    do {                                                                               \
        if ((call) != ARCHIVE_OK)                                                      \
            fail_msg("%s", (problem).words);                                           \
    } while (0)

#endif
