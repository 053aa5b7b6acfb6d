#include "proto/keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PEM_BEGIN "-----BEGIN PRIVATE KEY-----\n"
#define PEM_END   "\n-----END PRIVATE KEY-----\n"

enum {
    DER_BYTES = 48,   /* of the OneAsymmetricKey without a public key */
    DER_SYMBOLS = 64, /* of base64: one line of PEM */
    PEM_CHARS = sizeof PEM_BEGIN - 1 + DER_SYMBOLS + sizeof PEM_END - 1,
};
_Static_assert((int)PEM_CHARS < (int)KEYFILE_PEM_MAX, "no room for a key");

/* SEQUENCE { version 0, SEQUENCE { id-Ed25519 }, OCTET STRING { OCTET STRING seed } }
 */
static const uint8_t der_prefix[DER_BYTES - KEY_BYTES] = {
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06,
    0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};

void keyfile_write_pem(const struct key_pair *pair, char pem[KEYFILE_PEM_MAX])
{
    uint8_t der[DER_BYTES];
    char *to = pem;

    memcpy(der, der_prefix, sizeof der_prefix);
    memcpy(der + sizeof der_prefix, pair->seed, KEY_BYTES);
    memcpy(to, PEM_BEGIN, sizeof PEM_BEGIN - 1);
    to += sizeof PEM_BEGIN - 1;
    base64_write(der, sizeof der, to);
    to += DER_SYMBOLS;
    memcpy(to, PEM_END, sizeof PEM_END);
    explicit_bzero(der, sizeof der);
}

enum psp_error keyfile_read_pem(struct text pem, struct key_pair *pair)
{
    static const struct text begin = {PEM_BEGIN, sizeof PEM_BEGIN - 1};
    static const struct text end = {PEM_END, sizeof PEM_END - 1};
    uint8_t der[DER_BYTES];
    enum psp_error error = PSP_MALFORMED;

    /* The newline at the end may be missing; nothing else may differ. */
    if (pem.length != PEM_CHARS && pem.length != PEM_CHARS - 1)
        return error;
    struct text line = {pem.bytes + begin.length, DER_SYMBOLS};
    struct text tail = {line.bytes + line.length,
                        pem.length - begin.length - line.length};
    if (!text_starts_with(pem, begin) || !text_starts_with(end, tail))
        return error;
    if (base64_read(line, der, sizeof der) == DER_BYTES &&
        memcmp(der, der_prefix, sizeof der_prefix) == 0) {
        key_pair_from_seed(pair, der + sizeof der_prefix);
        error = PSP_OK;
    }
    explicit_bzero(der, sizeof der);
    return error;
}

/* As much of the file as `capacity` holds; -1 when it cannot be read. */
static ssize_t read_whole(int file, char *bytes, size_t capacity)
{
    size_t length = 0;

    while (length < capacity) {
        ssize_t got = read(file, bytes + length, capacity - length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        length += (size_t)got;
    }
    return (ssize_t)length;
}

static enum psp_error check_file(int file, const char **why)
{
    struct stat status;

    *why = NULL;
    if (fstat(file, &status) != 0)
        *why = "the key file cannot be examined";
    else if (!S_ISREG(status.st_mode))
        *why = "the key file is not a regular file";
    else if (status.st_uid != geteuid())
        *why = "the key file belongs to another user";
    else if (status.st_mode & (S_IRWXG | S_IRWXO))
        *why = "the key file is open to others: chmod 600 it";
    return *why ? PSP_DENIED : PSP_OK;
}

static enum psp_error refuse_open(int number, const char **why)
{
    switch (number) {
    case ENOENT:
    case ENOTDIR:
        *why = "there is no such key file";
        return PSP_UNKNOWN;
    case EEXIST:
        *why = "the key file exists and is not overwritten";
        return PSP_CONFLICT;
    case ELOOP:
        *why = "the key file is a symbolic link";
        return PSP_DENIED;
    case EACCES:
    case EPERM:
        *why = "permission denied on the key file";
        return PSP_DENIED;
    default:
        *why = "the key file cannot be opened";
        return PSP_FAILED;
    }
}

enum psp_error keyfile_load(const char *path, struct key_pair *pair, const char **why)
{
    char pem[KEYFILE_PEM_MAX];
    /* O_NONBLOCK: a FIFO in its place must not hold us. */
    int file = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (file < 0)
        return refuse_open(errno, why);
    enum psp_error error = check_file(file, why);
    if (error == PSP_OK) {
        ssize_t length = read_whole(file, pem, sizeof pem);
        if (length < 0) {
            error = PSP_FAILED;
            *why = "the key file cannot be read";
        } else {
            error = keyfile_read_pem((struct text){pem, (uint32_t)length}, pair);
            if (error != PSP_OK)
                *why = "the key file does not hold an Ed25519 key (PEM, PKCS#8)";
        }
        explicit_bzero(pem, sizeof pem);
    }
    close(file);
    return error;
}

static bool write_whole(int file, const char *bytes, size_t length)
{
    while (length) {
        ssize_t put = write(file, bytes, length);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return false;
        bytes += put;
        length -= (size_t)put;
    }
    return true;
}

/* A new name survives a power cut once its directory was synchronised too. */
static bool synchronise_parent(const char *path)
{
    const char *slash = strrchr(path, '/');
    char parent[4096];
    int length = !slash          ? snprintf(parent, sizeof parent, ".")
                 : slash == path ? snprintf(parent, sizeof parent, "/")
                                 : snprintf(parent, sizeof parent, "%.*s",
                                            (int)(slash - path), path);

    if (length < 0 || (size_t)length >= sizeof parent)
        return false;
    int directory = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0)
        return false;
    bool done = fsync(directory) == 0;
    close(directory);
    return done;
}

enum psp_error keyfile_create(const char *path, const struct key_pair *pair,
                              const char **why)
{
    char pem[KEYFILE_PEM_MAX];
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (file < 0)
        return refuse_open(errno, why);
    keyfile_write_pem(pair, pem);
    bool written = write_whole(file, pem, strlen(pem)) && fsync(file) == 0;
    explicit_bzero(pem, sizeof pem);
    written = close(file) == 0 && written && synchronise_parent(path);
    if (!written) {
        (void)unlink(path);
        *why = "the key file cannot be written";
        return PSP_FAILED;
    }
    return PSP_OK;
}
