#include "totebox/ledger_tail.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "totebox/line.h"

enum { COPY_BYTES = 1 << 16, TORN_FILES_MAX = 1000 };

static bool read_at(int fd, char *bytes, size_t length, uint64_t offset)
{
    size_t done = 0;

    while (done < length) {
        ssize_t got = pread(fd, bytes + done, length - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            if (got == 0)
                errno = EIO;
            return false;
        }
        done += (size_t)got;
    }
    return true;
}

/* The offset after the last newline of [start, end), or `start` when there is none in
 * the last LINE_BYTES_MAX + 1 bytes.  *found says which. */
static bool last_newline(int fd, uint64_t start, uint64_t end, uint64_t *after,
                         bool *found)
{
    char window[LINE_BYTES_MAX + 1];
    uint64_t length = end - start < sizeof(window) ? end - start : sizeof(window);
    const char *newline;

    if (!read_at(fd, window, (size_t)length, end - length))
        return false;
    newline = memrchr(window, '\n', (size_t)length);
    *found = newline != NULL;
    *after = newline ? end - length + (uint64_t)(newline - window) + 1 : start;
    return true;
}

bool ledger_tail_line(int fd, uint64_t end, uint64_t *start)
{
    bool found;

    *start = 0;
    return end <= 1 || last_newline(fd, 0, end - 1, start, &found);
}

/* Whether more lines of the same commit must follow the one that starts at `start`. */
static bool has_more(const char *line, size_t length)
{
    static const char name[] = "\"left\":";
    const char *at = memmem(line, length < 160 ? length : 160, name, sizeof(name) - 1);

    if (at == NULL || (size_t)(at - line) + sizeof(name) > length)
        return false;
    at += sizeof(name) - 1;
    return *at >= '1' && *at <= '9';
}

bool ledger_tail_find(int fd, uint64_t start, uint64_t size, uint64_t *end)
{
    char head[160];
    uint64_t line;
    bool found;

    if (!last_newline(fd, start, size, end, &found))
        return false;
    if (!found && size - start > LINE_BYTES_MAX) {
        *end = size; /* no line is that long */
        return true;
    }
    while (*end > start) {
        if (!last_newline(fd, start, *end - 1, &line, &found))
            return false;
        size_t length =
            *end - line < sizeof(head) ? (size_t)(*end - line) : sizeof(head);
        if (!read_at(fd, head, length, line))
            return false;
        if (!has_more(head, length))
            return true;
        *end = line;
    }
    return true;
}

static enum archive_error copy(int from, uint64_t offset, uint64_t length, int to,
                               const char *path, struct problem *problem)
{
    char bytes[COPY_BYTES];

    for (uint64_t done = 0; done < length;) {
        size_t step =
            length - done < sizeof(bytes) ? (size_t)(length - done) : sizeof(bytes);
        if (!read_at(from, bytes, step, offset + done))
            return problem_errno(problem, "cannot read the end of the ledger");
        ssize_t put = write(to, bytes, step);
        if (put < 0 && errno != EINTR)
            return problem_errno(problem, "%s: cannot write", path);
        done += put > 0 ? (uint64_t)put : 0;
    }
    if (fsync(to) != 0)
        return problem_errno(problem, "%s: cannot sync", path);
    return ARCHIVE_OK;
}

static int create_torn(const char *folder, uint64_t line, char *path, size_t size)
{
    int fd = -1;

    for (unsigned again = 0; again < TORN_FILES_MAX; again++) {
        snprintf(path, size, again ? "%s/torn-%llu-%u" : "%s/torn-%llu", folder,
                 (unsigned long long)line, again);
        fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd >= 0 || errno != EEXIST)
            break;
    }
    return fd;
}

enum archive_error ledger_tail_set_aside(int fd, const char *folder, uint64_t offset,
                                         uint64_t length, uint64_t line, char *said,
                                         size_t said_size, struct problem *problem)
{
    char path[4096];
    int torn = create_torn(folder, line, path, sizeof(path));
    int directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum archive_error error = ARCHIVE_OK;

    if (torn < 0 || directory < 0)
        error =
            problem_errno(problem, "%s: cannot set aside an incomplete commit", path);
    if (error == ARCHIVE_OK)
        error = copy(fd, offset, length, torn, path, problem);
    if (error == ARCHIVE_OK && fsync(directory) != 0)
        error = problem_errno(problem, "%s: cannot sync", folder);
    if (error == ARCHIVE_OK &&
        (ftruncate(fd, (off_t)offset) != 0 || fdatasync(fd) != 0))
        error =
            problem_errno(problem, "%s: cannot cut off an incomplete commit", folder);
    if (error == ARCHIVE_OK)
        snprintf(said, said_size,
                 "set aside %llu bytes of an incomplete commit after line %llu in %s: "
                 "a crash came before it was acknowledged",
                 (unsigned long long)length, (unsigned long long)(line - 1), path);
    if (torn >= 0)
        close(torn);
    if (directory >= 0)
        close(directory);
    return error;
}
