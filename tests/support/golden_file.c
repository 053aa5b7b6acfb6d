#include "tests/support/golden_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "tests/support/cmocka_all.h"

enum { PATH_BYTES = 4096 };

static void whole_path(char *whole, const char *path)
{
    const char *top = getenv("top_srcdir");
    int length = path[0] == '/' ? snprintf(whole, PATH_BYTES, "%s", path)
                                : snprintf(whole, PATH_BYTES, "%s/tests/golden/%s",
                                           top ? top : ".", path);
    if (length < 0 || length >= PATH_BYTES)
        fail_msg("%s: long path", path);
}

uint8_t *golden_load(const char *path, size_t *length)
{
    char whole[PATH_BYTES];
    struct stat status;
    whole_path(whole, path);
    FILE *file = fopen(whole, "rb");
    if (!file || fstat(fileno(file), &status) != 0) {
        fail_msg("%s cannot be read", whole);
        abort();
    }
    *length = (size_t)status.st_size;
    uint8_t *bytes = malloc(*length + 1);
    if (!bytes || fread(bytes, 1, *length, file) != *length) {
        fail_msg("%s cannot be read", whole);
        abort();
    }
    bytes[*length] = '\0';
    fclose(file);
    return bytes;
}

void golden_find(const char *pattern, glob_t *found)
{
    char whole[PATH_BYTES];
    whole_path(whole, pattern);
    if (glob(whole, 0, NULL, found) != 0)
        fail_msg("%s: nothing there", whole);
}
