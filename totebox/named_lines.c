#include "totebox/named_lines.h"

#include <sys/stat.h>
#include <unistd.h>

#include "totebox/archive.h"

bool named_lines_take(struct named_lines *lines, const char *name, struct text *value)
{
    struct text *rest = &lines->rest;
    const char *newline = rest->length ? memchr(rest->bytes, '\n', rest->length) : NULL;
    uint32_t length = (uint32_t)strlen(name);

    lines->line++;
    if (newline) {
        struct text line = {rest->bytes, (uint32_t)(newline - rest->bytes)};
        rest->length -= line.length + 1;
        rest->bytes = newline + 1;
        if (line.length > length + 1 && memcmp(line.bytes, name, length) == 0 &&
            line.bytes[length] == ' ') {
            *value = (struct text){line.bytes + length + 1, line.length - length - 1};
            return true;
        }
    }
    problem_set(lines->problem, ARCHIVE_REFUSED, "%s:%u: this line must begin \"%s \"",
                lines->path, lines->line, name);
    return false;
}

enum archive_error named_lines_wrong(const struct named_lines *lines, const char *words)
{
    return problem_set(lines->problem, ARCHIVE_REFUSED, "%s:%u: %s", lines->path,
                       lines->line, words);
}

enum archive_error named_lines_load(const char *path, size_t limit, struct buffer *out,
                                    struct problem *problem)
{
    struct stat status;

    if (lstat(path, &status) != 0)
        return problem_errno(problem, "%s", path);
    if (!S_ISREG(status.st_mode) || status.st_uid != geteuid())
        return problem_set(problem, ARCHIVE_REFUSED,
                           "%s: is not a regular file of this user", path);
    if (status.st_mode & 077)
        return problem_set(problem, ARCHIVE_REFUSED,
                           "%s: is open to group or others; chmod 600 it", path);
    return archive_read_file(path, limit, out, problem);
}
