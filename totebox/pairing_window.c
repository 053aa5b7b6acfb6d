#include "totebox/pairing_window.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "totebox/date.h"
#include "totebox/named_lines.h"

enum { WINDOW_FILE_MAX = 256 };

static const char open_name[] = "pairings/window";
static const char used_name[] = "pairings/window.used";

/* --- text ----------------------------------------------------------------------- */

bool pairing_window_parse(struct text text, struct window_look *look)
{
    struct problem problem;
    struct named_lines lines = {.rest = text, .path = "window", .problem = &problem};
    struct text value;

    return named_lines_take(&lines, "totebox pairing window", &value) &&
           text_equal(value, TEXT("1")) && named_lines_take(&lines, "id", &value) &&
           base64_read(value, look->id, WINDOW_ID_BYTES) == WINDOW_ID_BYTES &&
           named_lines_take(&lines, "until", &value) &&
           time_parse(value, &look->until_ms) && lines.rest.length == 0;
}

static bool write_window(int fd, const uint8_t id[WINDOW_ID_BYTES], int64_t until_ms)
{
    char base64[64], until[TIME_CHARS + 1], text[WINDOW_FILE_MAX];

    base64_write(id, WINDOW_ID_BYTES, base64);
    time_write(until_ms, until);
    int length = snprintf(text, sizeof(text),
                          "totebox pairing window 1\nid %s\nuntil %s\n", base64, until);
    return write(fd, text, (size_t)length) == length;
}

/* --- looking -------------------------------------------------------------------- */

static int open_ours(const char *path)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (fd >= 0 && (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) ||
                    status.st_uid != geteuid() || status.st_mode & 077)) {
        close(fd);
        fd = -1;
    }
    return fd;
}

/* Whether somebody else has the file locked. */
static bool is_held(int fd)
{
    return flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

static bool look_at(const char *archive, const char *name, struct window_look *look)
{
    char *path = archive_path(archive, name), text[WINDOW_FILE_MAX];
    int fd = path ? open_ours(path) : -1;
    bool good = false;

    if (fd >= 0 && is_held(fd)) {
        ssize_t length = read(fd, text, sizeof(text));
        good = length > 0 &&
               pairing_window_parse((struct text){text, (uint32_t)length}, look);
    }
    if (fd >= 0)
        close(fd);
    free(path);
    return good;
}

void pairing_window_look(struct window_look *look, const char *archive, int64_t now_ms)
{
    *look = (struct window_look){.state = WINDOW_CLOSED};
    /* In this order: it may be taken in between, and never comes back. */
    if (look_at(archive, open_name, look))
        look->state = WINDOW_OPEN;
    else if (look_at(archive, used_name, look))
        look->state = WINDOW_TAKEN;
    if (look->state != WINDOW_CLOSED && now_ms >= look->until_ms)
        look->state = WINDOW_CLOSED;
}

bool pairing_window_take(const char *archive)
{
    char *from = archive_path(archive, open_name);
    char *to = archive_path(archive, used_name);
    bool taken = from && to && rename(from, to) == 0;

    free(from);
    free(to);
    return taken;
}

static void remove_file(const char *archive, const char *name)
{
    char *path = archive_path(archive, name);

    if (path)
        unlink(path);
    free(path);
}

void pairing_window_burn(const char *archive)
{
    remove_file(archive, used_name);
}

bool pairing_window_request(struct pairing_request *request, const char *archive,
                            const struct window_look *look)
{
    struct problem problem;

    return look->state == WINDOW_TAKEN &&
           pairing_request_load(request, archive, &problem) == ARCHIVE_OK &&
           memcmp(request->window, look->id, WINDOW_ID_BYTES) == 0;
}

/* --- the opener ----------------------------------------------------------------- */

static bool somebody_holds(const char *archive, const char *name)
{
    char *path = archive_path(archive, name);
    int fd = path ? open_ours(path) : -1;
    bool held = fd >= 0 && is_held(fd);

    if (fd >= 0)
        close(fd);
    free(path);
    return held;
}

/* Under a name of its own until it is whole and locked, then under the known one. */
static enum archive_error make(struct pairing_window *window, const char *beside,
                               const char *path, int64_t until_ms,
                               struct problem *problem)
{
    enum archive_error error = ARCHIVE_OK;

    unlink(beside);
    window->fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (window->fd < 0)
        return problem_errno(problem, "%s: cannot create", beside);
    if (flock(window->fd, LOCK_EX | LOCK_NB) != 0 ||
        !write_window(window->fd, window->id, until_ms))
        error = problem_errno(problem, "%s: cannot write", beside);
    else if (link(beside, path) != 0)
        error = errno == EEXIST
                    ? problem_set(problem, ARCHIVE_REFUSED, "pairing is open already")
                    : problem_errno(problem, "%s: cannot create", path);
    unlink(beside);
    if (error != ARCHIVE_OK) {
        close(window->fd);
        window->fd = -1;
    }
    return error;
}

enum archive_error pairing_window_open(struct pairing_window *window,
                                       const char *archive, int64_t until_ms,
                                       struct problem *problem)
{
    char beside_name[64];
    enum archive_error error;

    *window = (struct pairing_window){.fd = -1, .archive = archive};
    if (!random_bytes(window->id, WINDOW_ID_BYTES))
        return problem_set(problem, ARCHIVE_FAILED, "no random bytes from the system");
    if (somebody_holds(archive, open_name) || somebody_holds(archive, used_name))
        return problem_set(problem, ARCHIVE_REFUSED,
                           "pairing is open already, by another totebox pair --open");
    remove_file(archive, open_name);
    remove_file(archive, used_name);
    pairing_request_remove(archive);

    snprintf(beside_name, sizeof(beside_name), "pairings/window.%ld", (long)getpid());
    char *folder = archive_path(archive, "pairings");
    char *beside = archive_path(archive, beside_name);
    char *path = archive_path(archive, open_name);
    if (!folder || !beside || !path)
        error = problem_memory(problem);
    else if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        error = problem_errno(problem, "%s: cannot create", folder);
    else
        error = make(window, beside, path, until_ms, problem);
    free(folder);
    free(beside);
    free(path);
    return error;
}

void pairing_window_close(struct pairing_window *window)
{
    struct window_look look;

    if (window->fd < 0)
        return;
    /* Only what is ours: after a burn another opener may have come. */
    pairing_window_look(&look, window->archive, INT64_MIN);
    if (look.state == WINDOW_CLOSED ||
        memcmp(look.id, window->id, WINDOW_ID_BYTES) == 0) {
        remove_file(window->archive, open_name);
        remove_file(window->archive, used_name);
        pairing_request_remove(window->archive);
    }
    close(window->fd);
    window->fd = -1;
}
