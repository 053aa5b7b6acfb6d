#include "tui/fleet_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_CHARS = 4096, CONFIG_BYTES_MAX = 4 << 20 };
#define TOKEN_BYTES_MAX (TOKEN_LINKS_MAX * (LINK_BYTES_MAX + 256))

static bool refuse(char *error, const char *path, const char *words)
{
    snprintf(error, CONFIG_ERROR_CHARS, "%.300s: %.200s", path, words);
    return false;
}

/* --- paths ------------------------------------------------------------------------ */

bool fleet_file_default(char *path, size_t size)
{
    const char *named = getenv("FLEET_CONFIG"), *xdg = getenv("XDG_CONFIG_HOME");
    const char *home = getenv("HOME");
    int length;

    if (named && *named)
        length = snprintf(path, size, "%s", named);
    else if (xdg && *xdg)
        length = snprintf(path, size, "%s/fleet/fleet.conf", xdg);
    else if (home && *home)
        length = snprintf(path, size, "%s/.config/fleet/fleet.conf", home);
    else
        return false;
    return length > 0 && (size_t)length < size;
}

void fleet_file_folders(const char *path)
{
    char folder[PATH_CHARS];
    int length = snprintf(folder, sizeof folder, "%s", path);

    if (length <= 0 || (size_t)length >= sizeof folder)
        return;
    for (char *slash = strchr(folder + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(folder, 0700) < 0 && errno != EEXIST)
            return;
        *slash = '/';
    }
}

/* "" for a file of the current folder, else with the slash at its end. */
static size_t folder_length(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? (size_t)(slash - path) + 1 : 0;
}

/* --- files ------------------------------------------------------------------------ */

static bool write_all(int fd, const uint8_t *bytes, size_t length)
{
    while (length) {
        ssize_t written = write(fd, bytes, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        bytes += written;
        length -= (size_t)written;
    }
    return true;
}

static void sync_folder(const char *path)
{
    char folder[PATH_CHARS];
    size_t length = folder_length(path);

    snprintf(folder, sizeof folder, "%.*s.", (int)length, path);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)fsync(fd);
    close(fd);
}

static bool replace_file(const char *path, const struct buffer *content, mode_t mode,
                         char *error)
{
    char beside[PATH_CHARS + 16];

    snprintf(beside, sizeof beside, "%s.%ld", path, (long)getpid());
    unlink(beside);
    int fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return refuse(error, beside, strerror(errno));
    bool good = write_all(fd, buffer_bytes(content), buffer_length(content)) &&
                fchmod(fd, mode) == 0 && fsync(fd) == 0;
    good = close(fd) == 0 && good;
    if (good && rename(beside, path) == 0) {
        sync_folder(path);
        return true;
    }
    refuse(error, path, strerror(errno));
    unlink(beside);
    return false;
}

/* False with errno; ENOENT where there is none. */
static bool read_file(const char *path, size_t limit, struct buffer *content)
{
    FILE *file = fopen(path, "re");

    if (!file)
        return false;
    uint8_t *room = buffer_reserve(content, limit);
    size_t length = room ? fread(room, 1, limit, file) : 0;
    bool good = room && !ferror(file) && feof(file);
    fclose(file);
    if (good)
        buffer_commit(content, length);
    else
        errno = room ? EFBIG : ENOMEM;
    return good;
}

/* --- the token -------------------------------------------------------------------- */

static bool authority_of(const struct token *pairing, uint8_t authority[KEY_BYTES])
{
    struct link_arena *arena = malloc(sizeof *arena);
    struct link root;
    bool good = arena && pairing->count >= 1 &&
                link_decode(pairing->link[0].body, pairing->link[0].length, arena,
                            &root) == PSP_OK;

    if (good)
        memcpy(authority, root.totebox, KEY_BYTES);
    free(arena);
    return good;
}

/* An archive that says it is another one must not take the place of its pairing. */
static bool may_replace(const char *path, const struct token *pairing)
{
    uint8_t ours[KEY_BYTES], there[KEY_BYTES];
    struct token old = {.count = 0};
    struct buffer frame;
    bool may;

    buffer_init(&frame);
    if (!read_file(path, TOKEN_BYTES_MAX, &frame))
        may = errno == ENOENT;
    else
        may = token_read(buffer_bytes(&frame), buffer_length(&frame), &old) == PSP_OK &&
              authority_of(&old, there) && authority_of(pairing, ours) &&
              memcmp(ours, there, KEY_BYTES) == 0;
    token_release(&old);
    buffer_release(&frame);
    return may;
}

bool fleet_token_store(const char *config_path, const char *entity,
                       const struct token *pairing, char error[CONFIG_ERROR_CHARS])
{
    char path[PATH_CHARS];
    struct buffer frame;
    int length = snprintf(path, sizeof path, "%.*spairings/%s.token",
                          (int)folder_length(config_path), config_path, entity);

    if (length <= 0 || (size_t)length >= sizeof path)
        return refuse(error, config_path, "the path is too long");
    fleet_file_folders(path);
    if (!may_replace(path, pairing))
        return refuse(error, path,
                      "is the pairing of another archive: two archives say that they "
                      "are this entity; move it away if the other one is gone");
    buffer_init(&frame);
    bool good = token_write(pairing, &frame) == PSP_OK
                    ? replace_file(path, &frame, 0600, error)
                    : refuse(error, path, "out of memory");
    buffer_release(&frame);
    return good;
}

/* --- the block -------------------------------------------------------------------- */

/* Inside the quotes of libconfuse nothing may end or escape them, or name a variable.
 */
static bool is_quotable(const char *text)
{
    return !strpbrk(text, "\"\\$\n\r");
}

bool fleet_block_write(const struct fleet_entry *entry, char block[FLEET_BLOCK_CHARS])
{
    char key[FINGERPRINT_CHARS + 1], token[64] = "";

    fingerprint_write(entry->key, key);
    if (!entry->is_without_token)
        snprintf(token, sizeof token, "    token = \"pairings/%.32s.token\"\n",
                 entry->entity);
    int length = snprintf(block, FLEET_BLOCK_CHARS,
                          "totebox \"%s\" {\n"
                          "    address = \"%s\"\n"
                          "    key = \"%s\"\n"
                          "%s}\n",
                          entry->entity, entry->address, key, token);
    return length > 0 && length < FLEET_BLOCK_CHARS && is_quotable(entry->address) &&
           is_quotable(entry->entity);
}

static bool append_string(struct buffer *text, const char *string)
{
    return buffer_append(text, string, strlen(string));
}

/* What stands in a new file around its first block. */
static bool begin_file(struct buffer *text, const char *device)
{
    if (!append_string(text, "# Which archives fleet shows: man 5 fleet.conf\n"))
        return false;
    return !device || (is_quotable(device) && append_string(text, "device = \"") &&
                       append_string(text, device) && append_string(text, "\"\n"));
}

static bool end_file(struct buffer *text, const char *currency)
{
    return append_string(text, "\nportfolio \"fleet\" {\n    currency = \"") &&
           append_string(text, currency) && append_string(text, "\"\n}\n");
}

static bool has_block(const struct config *config, const char *entity)
{
    for (uint32_t i = 0; i < config->totebox_count; i++)
        if (strcmp(config->toteboxes[i].entity, entity) == 0)
            return true;
    return false;
}

/* Reads what is there; *is_new when there is nothing. */
static bool take_old(const char *path, const char *entity, struct buffer *text,
                     bool *is_new, char *error)
{
    *is_new = false;
    if (!read_file(path, CONFIG_BYTES_MAX, text)) {
        *is_new = errno == ENOENT;
        return *is_new || refuse(error, path, strerror(errno));
    }
    struct config *config = config_load(path, error);
    if (!config)
        return false;
    bool is_there = has_block(config, entity);
    config_free(config);
    return !is_there || refuse(error, path,
                               "has a totebox block of this name already: it was left "
                               "as it is");
}

static bool compose(const char *path, const struct fleet_entry *entry,
                    const char *device, const char *currency, struct buffer *text,
                    char *error)
{
    char block[FLEET_BLOCK_CHARS];
    bool is_new;

    if (!take_old(path, entry->entity, text, &is_new, error))
        return false;
    if (!fleet_block_write(entry, block))
        return refuse(error, path, "the address cannot be written there");
    size_t length = buffer_length(text);
    bool ends_open = length && buffer_bytes(text)[length - 1] != '\n';
    bool good = (!is_new || begin_file(text, device)) &&
                append_string(text, ends_open ? "\n\n" : "\n") &&
                append_string(text, block) && (!is_new || end_file(text, currency)) &&
                buffer_append(text, "", 1);
    if (!good)
        return refuse(error, path, "out of memory");
    /* What we write must be what is read back. */
    struct config *config = config_parse((const char *)buffer_bytes(text), path, error);
    good = config && has_block(config, entry->entity);
    config_free(config);
    buffer_truncate(text, buffer_length(text) - 1);
    return good;
}

/* Two at once must not lose one block: who changes the file has its folder locked. */
static int lock_folder(const char *path)
{
    char folder[PATH_CHARS];

    snprintf(folder, sizeof folder, "%.*s.", (int)folder_length(path), path);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0)
        (void)flock(fd, LOCK_EX);
    return fd;
}

bool fleet_block_append(const char *config_path, const struct fleet_entry *entry,
                        const char *device, const char *currency,
                        char error[CONFIG_ERROR_CHARS])
{
    char *real = realpath(config_path, NULL); /* a link to it stays a link */
    const char *path = real ? real : config_path;
    struct stat status;
    struct buffer text;

    fleet_file_folders(path);
    int lock = lock_folder(path);
    mode_t mode = stat(path, &status) == 0 ? status.st_mode & 07777 : 0600;
    buffer_init(&text);
    bool good = compose(path, entry, device, currency, &text, error) &&
                replace_file(path, &text, mode, error);
    buffer_release(&text);
    if (lock >= 0)
        close(lock);
    free(real);
    return good;
}
