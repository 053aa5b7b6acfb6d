#include "totebox/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "totebox/archive.h"
#include "totebox/ledger_tail.h"
#include "totebox/note.h"

enum { HEX_CHARS = 2 * HASH_BYTES, READ_BYTES = 1 << 20, HEAD_BYTES_MAX = 256 };

struct ledger {
    char *path, *folder, *checkpoint_path;
    char entity[17], origin[NOTE_ORIGIN_MAX + 1];
    int fd;
    enum ledger_mode mode;
    struct ledger_visitor visitor;
    bool locked;
    bool failed; /* a sync failed: nothing more may be acknowledged */

    /* What was verified and visited: whole commits. */
    struct merkle merkle;
    uint8_t head[HASH_BYTES]; /* what `prev` of the next line must be */
    uint64_t bytes;
    uint64_t left; /* lines that the commit being read still has */
    int64_t last_at_ms;
    uint64_t *ends; /* ends[i]: offset after line skipped + i + 1 */
    uint64_t end_capacity;
    /* Lines that were not read, because a position said what is in them. */
    uint64_t skipped, skipped_bytes;
    uint8_t skipped_head[HASH_BYTES];

    uint64_t torn_bytes;
    char recovered[256];
    struct buffer checkpoint;
    struct note note; /* of size 0: no checkpoint */
    struct buffer reading;
};

static void write_hex(const uint8_t hash[HASH_BYTES], char hex[HEX_CHARS])
{
    static const char digits[] = "0123456789abcdef";
    for (int i = 0; i < HASH_BYTES; i++) {
        hex[2 * i] = digits[hash[i] >> 4];
        hex[2 * i + 1] = digits[hash[i] & 15];
    }
}

static void first_prev(const char *folder, const char *entity, uint8_t hash[HASH_BYTES])
{
    struct hasher hasher;

    hasher_init(&hasher);
    hasher_update(&hasher, "totebox ", 8);
    hasher_update(&hasher, folder, strlen(folder));
    hasher_update(&hasher, " v1\n", 4);
    hasher_update(&hasher, entity, strlen(entity));
    hasher_finish(&hasher, hash);
}

static enum archive_error corrupt(const struct ledger *ledger, struct problem *problem,
                                  const char *words)
{
    return problem_set(problem, ARCHIVE_CORRUPT,
                       "%s:%llu: %s; nothing is served from a ledger that is not as it "
                       "was written: restore it from a copy",
                       ledger->path, (unsigned long long)(ledger->merkle.size + 1),
                       words);
}

/* --- reading -------------------------------------------------------------------- */

static bool remember_end(struct ledger *ledger)
{
    uint64_t count = ledger->merkle.size - ledger->skipped;

    if (count == ledger->end_capacity) {
        uint64_t capacity = ledger->end_capacity ? 2 * ledger->end_capacity : 256;
        uint64_t *ends = realloc(ledger->ends, capacity * sizeof(*ends));
        if (ends == NULL)
            return false;
        ledger->ends = ends;
        ledger->end_capacity = capacity;
    }
    ledger->ends[count] = ledger->bytes;
    return true;
}

static const char *check_place(const struct ledger *ledger, const struct line *line)
{
    char hex[HEX_CHARS];

    write_hex(ledger->head, hex);
    if (!text_equal(line->prev, (struct text){hex, HEX_CHARS}))
        return ledger->merkle.size == 0
                   ? "prev is not that of a first line of this entity"
                   : "prev is not the hash of the line before: one of the two was "
                     "changed";
    if (line->seq != ledger->merkle.size + 1)
        return "seq is not the number of the line";
    if (line->at_ms < ledger->last_at_ms)
        return "at is before the line before";
    if (ledger->left ? line->left != ledger->left - 1 : line->left > (1U << 30))
        return "left does not count down to the end of the commit";
    return NULL;
}

/* One line without its newline; `bytes` are changed. */
static enum archive_error take_line(struct ledger *ledger, char *bytes, uint32_t length,
                                    struct problem *problem)
{
    uint8_t leaf[HASH_BYTES], root[HASH_BYTES];
    struct line line;
    const char *defect;

    merkle_leaf(bytes, length, leaf);
    if (line_read(bytes, length, &line, problem) != ARCHIVE_OK)
        return corrupt(ledger, problem, problem->words);
    defect = check_place(ledger, &line);
    if (defect)
        return corrupt(ledger, problem, defect);
    if (line_check(&line, problem) != ARCHIVE_OK)
        return corrupt(ledger, problem, problem->words);

    ledger->bytes += length + 1;
    if (!remember_end(ledger))
        return problem_memory(problem);
    merkle_add(&ledger->merkle, leaf);
    memcpy(ledger->head, leaf, HASH_BYTES);
    ledger->last_at_ms = line.at_ms;
    ledger->left = line.left;
    if (ledger->merkle.size == ledger->note.size) {
        merkle_root(&ledger->merkle, root);
        if (memcmp(root, ledger->note.root, HASH_BYTES) != 0)
            return problem_set(problem, ARCHIVE_CORRUPT,
                               "%s: the first %llu lines are not those that %s signs; "
                               "restore them from a copy",
                               ledger->path, (unsigned long long)ledger->note.size,
                               ledger->checkpoint_path);
    }
    if (ledger->visitor.line == NULL)
        return ARCHIVE_OK;
    return ledger->visitor.line(ledger->visitor.user, ledger, &line, problem);
}

/* Every whole line in the buffer. */
static enum archive_error take_lines(struct ledger *ledger, struct problem *problem)
{
    struct buffer *reading = &ledger->reading;

    for (;;) {
        char *bytes = (char *)buffer_bytes(reading);
        size_t length = buffer_length(reading);
        char *newline = length ? memchr(bytes, '\n', length) : NULL;
        enum archive_error error;
        if (newline == NULL)
            return length > LINE_BYTES_MAX
                       ? corrupt(ledger, problem, "it is longer than a line can be")
                       : ARCHIVE_OK;
        if (newline - bytes > LINE_BYTES_MAX)
            return corrupt(ledger, problem, "it is longer than a line can be");
        error = take_line(ledger, bytes, (uint32_t)(newline - bytes), problem);
        if (error != ARCHIVE_OK)
            return error;
        buffer_consume(reading, (size_t)(newline - bytes) + 1);
    }
}

/* Everything from where we are to `end`, the end of a commit. */
static enum archive_error read_to(struct ledger *ledger, uint64_t end,
                                  struct problem *problem)
{
    struct buffer *reading = &ledger->reading;
    uint64_t at = ledger->bytes;

    buffer_truncate(reading, 0);
    while (at < end) {
        size_t want = end - at < READ_BYTES ? (size_t)(end - at) : READ_BYTES;
        uint8_t *room = buffer_reserve(reading, want);
        enum archive_error error;
        ssize_t got;
        if (room == NULL)
            return problem_memory(problem);
        got = pread(ledger->fd, room, want, (off_t)at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return problem_errno(problem, "%s: cannot read", ledger->path);
        if (got == 0)
            return problem_set(problem, ARCHIVE_CORRUPT, "%s: got shorter while open",
                               ledger->path);
        buffer_commit(reading, (size_t)got);
        at += (uint64_t)got;
        error = take_lines(ledger, problem);
        if (error != ARCHIVE_OK)
            return error;
    }
    if (ledger->bytes != end || ledger->left != 0)
        return corrupt(ledger, problem,
                       "left does not count down to the end of the commit");
    return ARCHIVE_OK;
}

enum archive_error ledger_follow(struct ledger *ledger, struct problem *problem)
{
    enum archive_error error;
    struct stat status;
    uint64_t size, end;

    if (ledger->failed)
        return problem_set(problem, ARCHIVE_FAILED, "%s: stopped after a failed sync",
                           ledger->path);
    if (fstat(ledger->fd, &status) != 0)
        return problem_errno(problem, "%s", ledger->path);
    size = (uint64_t)status.st_size;
    if (size < ledger->bytes)
        return problem_set(problem, ARCHIVE_CORRUPT, "%s: got shorter while open",
                           ledger->path);
    if (size == ledger->bytes) {
        ledger->torn_bytes = 0;
        return ARCHIVE_OK;
    }
    if (!ledger_tail_find(ledger->fd, ledger->bytes, size, &end))
        return problem_errno(problem, "%s: cannot read", ledger->path);
    error = read_to(ledger, end, problem);
    buffer_release(&ledger->reading); /* opening took a megabyte, following does not */
    if (error == ARCHIVE_OK)
        ledger->torn_bytes = size - end;
    return error;
}

/* --- opening -------------------------------------------------------------------- */

static enum archive_error read_checkpoint(struct ledger *ledger, struct text origin,
                                          const uint8_t *authority,
                                          struct problem *problem)
{
    enum archive_error error;
    const char *why;

    if (authority == NULL)
        return ARCHIVE_OK;
    error = archive_read_file(ledger->checkpoint_path, NOTE_READ_MAX,
                              &ledger->checkpoint, problem);
    if (error != ARCHIVE_OK)
        return errno == ENOENT ? ARCHIVE_OK : error;
    if (!note_read(ledger_checkpoint_text(ledger), origin, authority, &ledger->note,
                   &why)) {
        ledger->note.size = 0;
        return problem_set(problem, ARCHIVE_CORRUPT,
                           "%s: %s; restore it from a copy, or remove it if you know "
                           "why it changed",
                           ledger->checkpoint_path, why);
    }
    return ARCHIVE_OK;
}

static enum archive_error check_size(const struct ledger *ledger,
                                     struct problem *problem)
{
    if (ledger->merkle.size >= ledger->note.size)
        return ARCHIVE_OK;
    return problem_set(problem, ARCHIVE_CORRUPT,
                       "%s: has %llu complete lines, but %s signs %llu: the end of the "
                       "ledger is gone; restore it from a copy",
                       ledger->path, (unsigned long long)ledger->merkle.size,
                       ledger->checkpoint_path, (unsigned long long)ledger->note.size);
}

/* With the lock held: nobody is writing, so an incomplete commit is one that a crash
 * left, and that nobody was told was done. */
static enum archive_error recover(struct ledger *ledger, struct problem *problem)
{
    enum archive_error error;

    if (ledger->torn_bytes == 0)
        return ARCHIVE_OK;
    error = ledger_tail_set_aside(
        ledger->fd, ledger->folder, ledger->bytes, ledger->torn_bytes,
        ledger->merkle.size + 1, ledger->recovered, sizeof(ledger->recovered), problem);
    if (error == ARCHIVE_OK)
        ledger->torn_bytes = 0;
    return error;
}

/* `archive`/`folder`/`name` */
static char *path_in(const char *archive, const char *folder, const char *name)
{
    char *inside = archive_path(folder, name);
    char *path = inside ? archive_path(archive, inside) : NULL;

    free(inside);
    return path;
}

static enum archive_error start(struct ledger *ledger, const char *archive,
                                const char *folder, struct text entity,
                                struct text origin, struct problem *problem)
{
    if (entity.length >= sizeof(ledger->entity) ||
        origin.length >= sizeof(ledger->origin))
        return problem_set(problem, ARCHIVE_REFUSED, "the entity id is too long");
    memcpy(ledger->entity, entity.bytes, entity.length);
    memcpy(ledger->origin, origin.bytes, origin.length);
    ledger->folder = archive_path(archive, folder);
    ledger->path = path_in(archive, folder, "log.jsonl");
    ledger->checkpoint_path = path_in(archive, folder, "checkpoint");
    if (!ledger->folder || !ledger->path || !ledger->checkpoint_path)
        return problem_memory(problem);
    first_prev(folder, ledger->entity, ledger->head);
    ledger->fd = open(ledger->path, (ledger->mode == LEDGER_WRITE ? O_RDWR : O_RDONLY) |
                                        O_CLOEXEC | O_NOFOLLOW);
    if (ledger->fd < 0)
        return problem_errno(problem, "%s: cannot open", ledger->path);
    return ARCHIVE_OK;
}

enum archive_error ledger_open(struct ledger **ledger, const char *archive,
                               struct text entity, struct text origin,
                               const uint8_t *authority, enum ledger_mode mode,
                               struct ledger_visitor visitor, struct problem *problem)
{
    return ledger_open_in(ledger, archive, LEDGER_BOOKS, entity, origin, authority,
                          mode, visitor, problem);
}

/* The last line before `position` must be what it was; a checkpoint that the lines
 * before it were not compared with means that they must be. */
static enum archive_error go_to(struct ledger *ledger,
                                const struct ledger_position *position,
                                struct problem *problem)
{
    char line[LINE_BYTES_MAX + 1];
    uint8_t hash[HASH_BYTES];
    struct stat status;
    uint64_t start, length;

    if (fstat(ledger->fd, &status) != 0)
        return problem_errno(problem, "%s", ledger->path);
    if ((uint64_t)status.st_size < position->bytes)
        return problem_set(problem, ARCHIVE_REFUSED, "the ledger is another one");
    if (!ledger_tail_line(ledger->fd, position->bytes, &start))
        return problem_errno(problem, "%s: cannot read", ledger->path);
    length = position->bytes - start;
    if (length == 0 || length > sizeof(line) ||
        pread(ledger->fd, line, (size_t)length, (off_t)start) != (ssize_t)length ||
        line[length - 1] != '\n')
        return problem_set(problem, ARCHIVE_REFUSED, "the ledger is another one");
    merkle_leaf(line, (size_t)length - 1, hash);
    if (memcmp(hash, position->head, HASH_BYTES) != 0)
        return problem_set(problem, ARCHIVE_REFUSED, "the ledger is another one");
    if (ledger->note.size && ledger->note.size <= position->merkle.size) {
        merkle_root(&position->merkle, hash);
        bool is_here = ledger->note.size == position->merkle.size &&
                       memcmp(hash, ledger->note.root, HASH_BYTES) == 0;
        bool was_compared =
            ledger->note.size == position->note_size &&
            memcmp(position->note_root, ledger->note.root, HASH_BYTES) == 0;
        if (!is_here && !was_compared)
            return problem_set(problem, ARCHIVE_REFUSED,
                               "there is a checkpoint that it was not held against");
    }
    ledger->merkle = position->merkle;
    ledger->bytes = ledger->skipped_bytes = position->bytes;
    ledger->skipped = position->merkle.size;
    ledger->last_at_ms = position->last_at_ms;
    memcpy(ledger->head, position->head, HASH_BYTES);
    memcpy(ledger->skipped_head, position->head, HASH_BYTES);
    return ARCHIVE_OK;
}

static enum archive_error open_at(struct ledger **ledger, const char *archive,
                                  const char *folder, struct text entity,
                                  struct text origin, const uint8_t *authority,
                                  enum ledger_mode mode, struct ledger_visitor visitor,
                                  const struct ledger_position *position,
                                  struct problem *problem)
{
    struct ledger *opened = calloc(1, sizeof(*opened));
    enum archive_error error;

    *ledger = NULL;
    if (opened == NULL)
        return problem_memory(problem);
    opened->fd = -1;
    opened->mode = mode;
    opened->visitor = visitor;
    merkle_init(&opened->merkle);
    buffer_init(&opened->checkpoint);
    buffer_init(&opened->reading);
    error = start(opened, archive, folder, entity, origin, problem);
    if (error == ARCHIVE_OK)
        error = read_checkpoint(opened, origin, authority, problem);
    if (error == ARCHIVE_OK && position)
        error = go_to(opened, position, problem);
    if (error == ARCHIVE_OK && mode == LEDGER_WRITE) {
        error = ledger_lock(opened, problem);
        ledger_unlock(opened);
    } else if (error == ARCHIVE_OK) {
        error = ledger_follow(opened, problem);
        if (error == ARCHIVE_OK)
            error = check_size(opened, problem);
    }
    if (error != ARCHIVE_OK) {
        ledger_close(opened);
        return error;
    }
    *ledger = opened;
    return ARCHIVE_OK;
}

enum archive_error ledger_open_in(struct ledger **ledger, const char *archive,
                                  const char *folder, struct text entity,
                                  struct text origin, const uint8_t *authority,
                                  enum ledger_mode mode, struct ledger_visitor visitor,
                                  struct problem *problem)
{
    return open_at(ledger, archive, folder, entity, origin, authority, mode, visitor,
                   NULL, problem);
}

enum archive_error ledger_open_from(struct ledger **ledger, const char *archive,
                                    struct text entity, struct text origin,
                                    const uint8_t *authority, enum ledger_mode mode,
                                    struct ledger_visitor visitor,
                                    const struct ledger_position *position,
                                    struct problem *problem)
{
    return open_at(ledger, archive, LEDGER_BOOKS, entity, origin, authority, mode,
                   visitor, position, problem);
}

void ledger_close(struct ledger *ledger)
{
    if (ledger == NULL)
        return;
    if (ledger->fd >= 0)
        close(ledger->fd);
    free(ledger->path);
    free(ledger->folder);
    free(ledger->checkpoint_path);
    free(ledger->ends);
    buffer_release(&ledger->checkpoint);
    buffer_release(&ledger->reading);
    free(ledger);
}

enum archive_error ledger_create(const char *archive, struct problem *problem)
{
    return ledger_create_in(archive, LEDGER_BOOKS, problem);
}

enum archive_error ledger_create_in(const char *archive, const char *name,
                                    struct problem *problem)
{
    char *folder = archive_path(archive, name);
    char *path = path_in(archive, name, "log.jsonl");
    enum archive_error error = ARCHIVE_OK;
    int fd = -1;

    if (folder == NULL || path == NULL)
        error = problem_memory(problem);
    else if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        error = problem_errno(problem, "%s: cannot create", folder);
    else if ((fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) < 0)
        error = problem_errno(problem, "%s: cannot create", path);
    else if (fsync(fd) != 0)
        error = problem_errno(problem, "%s: cannot sync", path);
    if (fd >= 0)
        close(fd);
    free(folder);
    free(path);
    return error;
}

/* --- appending ------------------------------------------------------------------ */

void ledger_batch_init(struct ledger_batch *batch)
{
    buffer_init(&batch->bodies);
    batch->count = 0;
}

void ledger_batch_release(struct ledger_batch *batch)
{
    buffer_release(&batch->bodies);
    batch->count = 0;
}

enum archive_error ledger_batch_add(struct ledger_batch *batch, const struct line *line,
                                    struct problem *problem)
{
    size_t before = buffer_length(&batch->bodies);
    enum archive_error error = line_check(line, problem);

    if (error != ARCHIVE_OK)
        return error;
    if (!line_write_body(line, &batch->bodies) ||
        !buffer_append(&batch->bodies, "\n", 1))
        error = problem_memory(problem);
    else if (buffer_length(&batch->bodies) - before > LINE_BYTES_MAX - HEAD_BYTES_MAX)
        error = problem_set(problem, ARCHIVE_REFUSED, "the line is too long");
    if (error != ARCHIVE_OK)
        buffer_truncate(&batch->bodies, before);
    else
        batch->count++;
    return error;
}

enum archive_error ledger_lock(struct ledger *ledger, struct problem *problem)
{
    enum archive_error error;

    if (ledger->locked)
        return ARCHIVE_OK;
    while (flock(ledger->fd, LOCK_EX) != 0)
        if (errno != EINTR)
            return problem_errno(problem, "%s: cannot lock", ledger->path);
    ledger->locked = true;
    error = ledger_follow(ledger, problem);
    if (error == ARCHIVE_OK)
        error = check_size(ledger, problem);
    if (error == ARCHIVE_OK)
        error = recover(ledger, problem);
    if (error != ARCHIVE_OK)
        ledger_unlock(ledger);
    return error;
}

void ledger_unlock(struct ledger *ledger)
{
    if (ledger->locked)
        flock(ledger->fd, LOCK_UN);
    ledger->locked = false;
}

/* The bodies of a batch as lines that continue the chain. */
static bool chain(const struct ledger *ledger, const struct ledger_batch *batch,
                  int64_t at_ms, struct buffer *out)
{
    const char *body = (const char *)buffer_bytes(&batch->bodies);
    char head[HEAD_BYTES_MAX], hex[HEX_CHARS];
    uint8_t prev[HASH_BYTES];

    memcpy(prev, ledger->head, HASH_BYTES);
    for (uint64_t i = 0; i < batch->count; i++) {
        const char *newline = strchr(body, '\n');
        size_t start = buffer_length(out);
        int length = snprintf(
            head, sizeof(head), "{\"v\":1,\"seq\":%llu,\"at\":%lld,\"left\":%llu,",
            (unsigned long long)(ledger->merkle.size + 1 + i), (long long)at_ms,
            (unsigned long long)(batch->count - 1 - i));
        write_hex(prev, hex);
        if (!buffer_append(out, head, (size_t)length) ||
            !buffer_append(out, body, (size_t)(newline - body)) ||
            !buffer_append(out, ",\"prev\":\"", 9) ||
            !buffer_append(out, hex, HEX_CHARS) || !buffer_append(out, "\"}\n", 3))
            return false;
        merkle_leaf(buffer_bytes(out) + start, buffer_length(out) - start - 1, prev);
        body = newline + 1;
    }
    return true;
}

/* All of it after the last commit, durable; or nothing of it. */
static enum archive_error write_out(struct ledger *ledger, const struct buffer *out,
                                    struct problem *problem)
{
    const uint8_t *bytes = buffer_bytes(out);
    size_t length = buffer_length(out), done = 0;

    while (done < length) {
        ssize_t put = pwrite(ledger->fd, bytes + done, length - done,
                             (off_t)(ledger->bytes + done));
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0) {
            problem_errno(problem, "%s: cannot write, nothing was added", ledger->path);
            if (ftruncate(ledger->fd, (off_t)ledger->bytes) != 0)
                ledger->failed = true;
            return problem->error;
        }
        done += (size_t)put;
    }
    if (fdatasync(ledger->fd) != 0) {
        /* The kernel may have dropped the pages: a second sync would lie. */
        ledger->failed = true;
        return problem_errno(problem,
                             "%s: cannot sync; not acknowledged; stopped: check the "
                             "disk, then start again",
                             ledger->path);
    }
    return ARCHIVE_OK;
}

enum archive_error ledger_append(struct ledger *ledger,
                                 const struct ledger_batch *batch, int64_t now_ms,
                                 struct problem *problem)
{
    bool had_lock = ledger->locked;
    enum archive_error error;
    struct buffer out;

    if (ledger->mode != LEDGER_WRITE)
        return problem_set(problem, ARCHIVE_REFUSED, "%s: opened for reading only",
                           ledger->path);
    if (batch->count == 0)
        return ARCHIVE_OK;
    error = ledger_lock(ledger, problem);
    if (error != ARCHIVE_OK)
        return error;
    buffer_init(&out);
    if (!chain(ledger, batch, now_ms > ledger->last_at_ms ? now_ms : ledger->last_at_ms,
               &out))
        error = problem_memory(problem);
    if (error == ARCHIVE_OK)
        error = write_out(ledger, &out, problem);
    /* What we tell the visitor is what the file says, not what we meant to write. */
    if (error == ARCHIVE_OK)
        error = ledger_follow(ledger, problem);
    buffer_release(&out);
    if (!had_lock)
        ledger_unlock(ledger);
    return error;
}

enum archive_error ledger_checkpoint(struct ledger *ledger,
                                     const struct key_pair *authority,
                                     struct problem *problem)
{
    bool had_lock = ledger->locked;
    char text[NOTE_BYTES_MAX];
    enum archive_error error = ledger_lock(ledger, problem);
    struct note note = {.origin = text_of(ledger->origin)};
    uint32_t length;

    if (error != ARCHIVE_OK)
        return error;
    note.size = ledger->merkle.size;
    merkle_root(&ledger->merkle, note.root);
    length = note_write(&note, authority, text);
    error = archive_replace_file(ledger->checkpoint_path, (struct text){text, length},
                                 0644, problem);
    if (error == ARCHIVE_OK) {
        buffer_truncate(&ledger->checkpoint, 0);
        if (buffer_append(&ledger->checkpoint, text, length))
            ledger->note = note;
    }
    if (!had_lock)
        ledger_unlock(ledger);
    return error;
}

/* --- what is known -------------------------------------------------------------- */

uint64_t ledger_lines(const struct ledger *ledger)
{
    return ledger->merkle.size;
}

uint64_t ledger_bytes(const struct ledger *ledger)
{
    return ledger->bytes;
}

int64_t ledger_last_commit_ms(const struct ledger *ledger)
{
    return ledger->last_at_ms;
}

uint64_t ledger_torn_bytes(const struct ledger *ledger)
{
    return ledger->torn_bytes;
}

const char *ledger_recovered(const struct ledger *ledger)
{
    return ledger->recovered;
}

const char *ledger_path(const struct ledger *ledger)
{
    return ledger->path;
}

void ledger_root(const struct ledger *ledger, uint8_t root[HASH_BYTES])
{
    merkle_root(&ledger->merkle, root);
}

uint64_t ledger_checkpoint_lines(const struct ledger *ledger)
{
    return ledger->note.size;
}

struct text ledger_checkpoint_text(const struct ledger *ledger)
{
    return (struct text){(const char *)buffer_bytes(&ledger->checkpoint),
                         (uint32_t)buffer_length(&ledger->checkpoint)};
}

void ledger_position(const struct ledger *ledger, struct ledger_position *position)
{
    memset(position, 0, sizeof(*position));
    position->merkle = ledger->merkle;
    position->bytes = ledger->bytes;
    position->last_at_ms = ledger->last_at_ms;
    memcpy(position->head, ledger->head, HASH_BYTES);
    if (ledger->note.size <= ledger->merkle.size) {
        position->note_size = ledger->note.size;
        memcpy(position->note_root, ledger->note.root, HASH_BYTES);
    }
}

/* --- reading a line again --------------------------------------------------------- */

/* The whole line at `start`, with its newline, into `line`; its length, 0 on failure.
 */
static size_t line_at(const struct ledger *ledger, uint64_t start,
                      char line[LINE_BYTES_MAX + 1])
{
    ssize_t got = pread(ledger->fd, line, LINE_BYTES_MAX + 1, (off_t)start);
    const char *newline = got > 0 ? memchr(line, '\n', (size_t)got) : NULL;

    return newline ? (size_t)(newline - line) + 1 : 0;
}

static uint64_t seq_of(const char *line, size_t length)
{
    static const char head[] = "{\"v\":1,\"seq\":";
    uint64_t seq = 0;

    if (length <= sizeof(head) || memcmp(line, head, sizeof(head) - 1) != 0)
        return 0;
    for (size_t i = sizeof(head) - 1; i < length && line[i] >= '0' && line[i] <= '9';
         i++)
        seq = seq * 10 + (uint64_t)(line[i] - '0');
    return seq;
}

/* Among the lines that were skipped: by halves, since each says its number. */
static size_t find_skipped(const struct ledger *ledger, uint64_t seq, uint64_t *start,
                           char line[LINE_BYTES_MAX + 1])
{
    uint64_t low = 0, high = ledger->skipped_bytes;

    while (low < high) {
        uint64_t middle = low + (high - low) / 2, number;
        size_t length;
        if (!ledger_tail_line(ledger->fd, middle + 1, start))
            return 0;
        length = line_at(ledger, *start, line);
        number = seq_of(line, length);
        if (number == 0 || number == seq)
            return number ? length : 0;
        if (number < seq)
            low = *start + length;
        else
            high = *start;
    }
    return 0;
}

/* A line that was skipped is what it was when its hash is in the next one. */
static bool is_chained(const struct ledger *ledger, uint64_t seq, uint64_t start,
                       const char *line, size_t length)
{
    char next[LINE_BYTES_MAX + 1], hex[HEX_CHARS];
    uint8_t hash[HASH_BYTES];

    merkle_leaf(line, length - 1, hash);
    if (seq == ledger->skipped)
        return memcmp(hash, ledger->skipped_head, HASH_BYTES) == 0;
    size_t next_length = line_at(ledger, start + length, next);
    if (next_length < HEX_CHARS + 3)
        return false;
    write_hex(hash, hex);
    return memcmp(next + next_length - 3 - HEX_CHARS, hex, HEX_CHARS) == 0;
}

static enum archive_error skipped_text(const struct ledger *ledger, uint64_t seq,
                                       struct buffer *out, struct problem *problem)
{
    char line[LINE_BYTES_MAX + 1];
    uint64_t start;
    size_t length = find_skipped(ledger, seq, &start, line);

    if (length == 0 || !is_chained(ledger, seq, start, line, length))
        return problem_set(problem, ARCHIVE_CORRUPT,
                           "%s:%llu: the line is not as it was written", ledger->path,
                           (unsigned long long)seq);
    return buffer_append(out, line, length - 1) ? ARCHIVE_OK : problem_memory(problem);
}

enum archive_error ledger_text(const struct ledger *ledger, uint64_t seq,
                               struct buffer *out, struct problem *problem)
{
    uint64_t start, length;
    uint8_t *room;
    ssize_t got;

    if (seq == 0 || seq > ledger->merkle.size)
        return problem_set(problem, ARCHIVE_REFUSED, "%s: has no line %llu",
                           ledger->path, (unsigned long long)seq);
    if (seq <= ledger->skipped)
        return skipped_text(ledger, seq, out, problem);
    seq -= ledger->skipped;
    start = seq == 1 ? ledger->skipped_bytes : ledger->ends[seq - 2];
    length = ledger->ends[seq - 1] - start - 1;
    room = buffer_reserve(out, (size_t)length + 1);
    if (room == NULL)
        return problem_memory(problem);
    got = pread(ledger->fd, room, (size_t)length, (off_t)start);
    if (got < 0 || (uint64_t)got != length)
        return problem_errno(problem, "%s: cannot read", ledger->path);
    buffer_commit(out, (size_t)length);
    return ARCHIVE_OK;
}
