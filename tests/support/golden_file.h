/* golden_file.h - fixtures under tests/golden of the source tree. */
#ifndef TESTS_SUPPORT_GOLDEN_FILE_H
#define TESTS_SUPPORT_GOLDEN_FILE_H

#include <glob.h>
#include <stddef.h>
#include <stdint.h>

/* The whole file, 8-aligned, in a block of exactly its size plus a NUL; free() it.  The
 * path is absolute or starts below tests/golden.  A file that cannot be read fails the
 * test. */
uint8_t *golden_load(const char *path, size_t *length);
/* Absolute paths that match `pattern` below tests/golden, sorted; globfree() them.
 * Nothing found fails the test. */
void golden_find(const char *pattern, glob_t *found);

#endif
