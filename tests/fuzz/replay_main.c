/* replay_main.c - runs a fuzz target over its stored corpus, without a fuzzer.
 *
 * Usage: NAME_fuzz [file or directory ...].  Without arguments it replays
 * tests/fuzz/corpus/NAME of $top_srcdir.  A corpus that is missing or empty is a
 * failure: a replay of nothing proves nothing.  So is an input that takes more than a
 * second, since a peer could send it again and again. */
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { PATH_BYTES = 4096, LIMIT_MS = 1000 };

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length);

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* In a block of exactly its size, so that a sanitizer sees every step beyond it. */
static uint8_t *load(const char *path, size_t length)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = malloc(length ? length : 1);
    bool whole = file && bytes && fread(bytes, 1, length, file) == length;
    if (file)
        fclose(file);
    if (whole)
        return bytes;
    free(bytes);
    return NULL;
}

static bool replay_file(const char *path, size_t length)
{
    uint8_t *bytes = load(path, length);
    if (!bytes) {
        fprintf(stderr, "%s: cannot be read\n", path);
        return false;
    }
    int64_t start_ms = now_ms();
    LLVMFuzzerTestOneInput(bytes, length);
    int64_t took_ms = now_ms() - start_ms;
    free(bytes);
    if (took_ms <= LIMIT_MS)
        return true;
    fprintf(stderr, "%s: took %lld ms\n", path, (long long)took_ms);
    return false;
}

static bool replay(const char *path, unsigned int *count);

static bool replay_directory(const char *path, unsigned int *count)
{
    DIR *directory = opendir(path);
    if (!directory) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return false;
    }
    bool passed = true;
    const struct dirent *entry;
    while ((entry = readdir(directory))) {
        char inner[PATH_BYTES];
        if (entry->d_name[0] == '.')
            continue;
        int length = snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
        if (length < 0 || (size_t)length >= sizeof inner || !replay(inner, count))
            passed = false;
    }
    closedir(directory);
    return passed;
}

static bool replay(const char *path, unsigned int *count)
{
    struct stat status;
    if (stat(path, &status) != 0) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return false;
    }
    if (S_ISDIR(status.st_mode))
        return replay_directory(path, count);
    (*count)++;
    return replay_file(path, (size_t)status.st_size);
}

/* corpus/NAME for a program that is called .../NAME_fuzz. */
static bool replay_own_corpus(const char *program, unsigned int *count)
{
    const char *top = getenv("top_srcdir");
    const char *slash = strrchr(program, '/');
    const char *name = slash ? slash + 1 : program;
    const char *end = strstr(name, "_fuzz");
    int name_length = end ? (int)(end - name) : (int)strlen(name);
    char path[PATH_BYTES];
    int length = snprintf(path, sizeof path, "%s/tests/fuzz/corpus/%.*s",
                          top ? top : ".", name_length, name);
    return length > 0 && (size_t)length < sizeof path && replay(path, count);
}

int main(int argc, char **argv)
{
    unsigned int count = 0;
    bool passed = true;
    if (argc < 2)
        passed = replay_own_corpus(argv[0], &count);
    for (int i = 1; i < argc; i++)
        passed = replay(argv[i], &count) && passed;
    printf("%u inputs replayed\n", count);
    if (count == 0)
        fprintf(stderr, "%s: the corpus is empty\n", argv[0]);
    return passed && count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
