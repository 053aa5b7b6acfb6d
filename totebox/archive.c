#include "totebox/archive.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "proto/keyfile.h"

char *archive_path(const char *directory, const char *name)
{
    size_t size = strlen(directory) + strlen(name) + 2;
    char *path = malloc(size);

    if (path)
        snprintf(path, size, "%s/%s", directory, name);
    return path;
}

int64_t archive_clock_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static enum archive_error read_all(int fd, const char *path, size_t limit,
                                   struct buffer *out, struct problem *problem)
{
    for (;;) {
        uint8_t *room = buffer_reserve(out, 65536);
        ssize_t got;
        if (room == NULL)
            return problem_memory(problem);
        got = read(fd, room, 65536);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return problem_errno(problem, "%s: cannot read", path);
        if (got == 0)
            return ARCHIVE_OK;
        buffer_commit(out, (size_t)got);
        if (buffer_length(out) > limit)
            return problem_set(problem, ARCHIVE_REFUSED, "%s: is over %zu bytes", path,
                               limit);
    }
}

enum archive_error archive_read_file(const char *path, size_t limit, struct buffer *out,
                                     struct problem *problem)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    enum archive_error error;
    int number;

    if (fd < 0) {
        number = errno;
        problem_errno(problem, "%s: cannot open", path);
        errno = number;
        return ARCHIVE_FAILED;
    }
    error = read_all(fd, path, limit, out, problem);
    close(fd);
    errno = 0;
    return error;
}

static enum archive_error sync_folder_of(const char *path, struct problem *problem)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
    enum archive_error error = ARCHIVE_OK;
    int fd;

    if (folder == NULL)
        return problem_memory(problem);
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) != 0)
        error = problem_errno(problem, "%s: cannot sync", folder);
    if (fd >= 0)
        close(fd);
    free(folder);
    return error;
}

static bool write_all(int fd, struct text content)
{
    uint32_t done = 0;

    while (done < content.length) {
        ssize_t put = write(fd, content.bytes + done, content.length - done);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return false;
        done += (uint32_t)put;
    }
    return fsync(fd) == 0;
}

enum archive_error archive_replace_file(const char *path, struct text content,
                                        uint32_t mode, struct problem *problem)
{
    char beside[4096];
    enum archive_error error = ARCHIVE_OK;
    int fd;

    if (snprintf(beside, sizeof(beside), "%s.new", path) >= (int)sizeof(beside))
        return problem_set(problem, ARCHIVE_REFUSED, "%s: the path is too long", path);
    /* One left by a crash is nobody's: writers hold the ledger's lock. */
    unlink(beside);
    fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, (mode_t)mode);
    if (fd < 0)
        return problem_errno(problem, "%s: cannot create", beside);
    if (!write_all(fd, content))
        error = problem_errno(problem, "%s: cannot write", beside);
    close(fd);
    if (error == ARCHIVE_OK && rename(beside, path) != 0)
        error = problem_errno(problem, "%s: cannot replace", path);
    if (error != ARCHIVE_OK) {
        unlink(beside);
        return error;
    }
    return sync_folder_of(path, problem);
}

static enum archive_error read_configuration(const char *directory,
                                             struct archive_config *config,
                                             struct exposure **exposure,
                                             struct problem *problem)
{
    char *config_path = archive_path(directory, "archive.conf");
    char *exposure_path = archive_path(directory, "exposure.conf");
    enum archive_error error;

    *exposure = NULL;
    if (config_path == NULL || exposure_path == NULL)
        error = problem_memory(problem);
    else
        error = archive_config_read(config, config_path, problem);
    if (error == ARCHIVE_OK) {
        error = exposure_read(exposure, exposure_path, problem);
        if (error != ARCHIVE_OK)
            archive_config_release(config);
    }
    free(config_path);
    free(exposure_path);
    return error;
}

static enum archive_error read_key(const char *directory, struct key_pair *pair,
                                   struct problem *problem)
{
    char *path = archive_path(directory, "authority.key");
    enum archive_error error = ARCHIVE_OK;
    const char *why = "";

    if (path == NULL)
        return problem_memory(problem);
    if (keyfile_load(path, pair, &why) != PSP_OK)
        error = problem_set(problem, ARCHIVE_FAILED, "%s: %s", path, why);
    free(path);
    return error;
}

enum archive_error archive_open(struct archive **archive, const char *directory,
                                struct problem *problem)
{
    struct archive *opened = calloc(1, sizeof(*opened));
    enum archive_error error;

    *archive = NULL;
    if (opened == NULL)
        return problem_memory(problem);
    opened->directory = strdup(directory);
    if (opened->directory == NULL)
        error = problem_memory(problem);
    else
        error =
            read_configuration(directory, &opened->config, &opened->exposure, problem);
    if (error == ARCHIVE_OK)
        error = read_key(directory, &opened->authority, problem);
    if (error != ARCHIVE_OK) {
        archive_close(opened);
        return error;
    }
    *archive = opened;
    return ARCHIVE_OK;
}

void archive_close(struct archive *archive)
{
    if (archive == NULL)
        return;
    key_pair_wipe(&archive->authority);
    archive_config_release(&archive->config);
    exposure_free(archive->exposure);
    free(archive->directory);
    free(archive);
}

enum archive_error archive_reload(struct archive *archive, struct problem *problem)
{
    struct archive_config config;
    struct exposure *exposure;
    struct key_pair pair;
    enum archive_error error = read_key(archive->directory, &pair, problem);
    bool same_key;

    if (error != ARCHIVE_OK)
        return error;
    same_key = memcmp(pair.public_key, archive->authority.public_key, KEY_BYTES) == 0;
    key_pair_wipe(&pair);
    if (!same_key)
        return problem_set(problem, ARCHIVE_REFUSED,
                           "authority.key is another one: start again to use it");
    error = read_configuration(archive->directory, &config, &exposure, problem);
    if (error != ARCHIVE_OK)
        return error;
    if (strcmp(config.entity, archive->config.entity) != 0) {
        archive_config_release(&config);
        exposure_free(exposure);
        return problem_set(
            problem, ARCHIVE_REFUSED,
            "archive.conf names another entity: start again to serve it");
    }
    archive_config_release(&archive->config);
    exposure_free(archive->exposure);
    archive->config = config;
    archive->exposure = exposure;
    return ARCHIVE_OK;
}

enum archive_error archive_open_ledger(const struct archive *archive,
                                       enum ledger_mode mode,
                                       struct ledger_visitor visitor,
                                       struct ledger **ledger, struct problem *problem)
{
    return ledger_open(ledger, archive->directory, text_of(archive->config.entity),
                       text_of(archive->config.origin), archive->authority.public_key,
                       mode, visitor, problem);
}

enum archive_error archive_sign_off(const struct archive *archive, struct ledger *ledger,
                                    struct problem *problem)
{
    struct problem cause;
    enum archive_error error;

    if (ledger_checkpoint_lines(ledger) == ledger_lines(ledger))
        return ARCHIVE_OK;
    error = ledger_checkpoint(ledger, &archive->authority, &cause);
    if (error == ARCHIVE_OK)
        return ARCHIVE_OK;
    return problem_set(problem, error,
                       "the lines are in the ledger, but no checkpoint signs them: %.500s",
                       cause.words);
}
