#include "totebox/pairing.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/token.h"
#include "totebox/named_lines.h"

enum { PAIRING_FILE_MAX = 16384, HEX_CHARS = 2 * HASH_BYTES };

#define SUFFIX ".pairing"

bool pairing_role_is_valid(struct text role)
{
    if (role.length == 0 || role.length > PAIRING_ROLE_MAX)
        return false;
    for (uint32_t i = 0; i < role.length; i++) {
        char byte = role.bytes[i];
        bool letter = byte >= 'a' && byte <= 'z';
        bool other = (byte >= '0' && byte <= '9') || byte == '-';
        if (!letter && !(other && i > 0))
            return false;
    }
    return true;
}

bool pairing_label_is_valid(struct text label)
{
    return label.length >= 1 && label.length <= PAIRING_LABEL_MAX &&
           text_is_clean(label);
}

/* --- text ----------------------------------------------------------------------- */

static bool copy_text(char *to, size_t size, struct text text)
{
    if (text.length >= size)
        return false;
    memcpy(to, text.bytes, text.length);
    to[text.length] = '\0';
    return true;
}

static bool read_number(struct text text, uint64_t *value)
{
    *value = 0;
    if (text.length == 0 || text.length > 18)
        return false;
    for (uint32_t i = 0; i < text.length; i++) {
        if (text.bytes[i] < '0' || text.bytes[i] > '9')
            return false;
        *value = *value * 10 + (uint64_t)(text.bytes[i] - '0');
    }
    return true;
}

static enum archive_error parse_key(struct named_lines *lines, struct pairing *pairing)
{
    struct text value;

    if (!named_lines_take(lines, "holder", &value))
        return ARCHIVE_REFUSED;
    if (!fingerprint_parse(value, pairing->holder))
        return named_lines_wrong(lines, "holder must be a fingerprint SHA256:...");
    if (!named_lines_take(lines, "delegate", &value))
        return ARCHIVE_REFUSED;
    if (base64_read(value, pairing->delegate, KEY_BYTES) != KEY_BYTES ||
        !public_key_is_usable(pairing->delegate))
        return named_lines_wrong(lines,
                                 "delegate must be an Ed25519 public key in base64");
    if (!named_lines_take(lines, "role", &value))
        return ARCHIVE_REFUSED;
    if (!pairing_role_is_valid(value) ||
        !copy_text(pairing->role, sizeof(pairing->role), value))
        return named_lines_wrong(lines, "role must be up to 32 of a-z 0-9 -");
    if (!named_lines_take(lines, "label", &value))
        return ARCHIVE_REFUSED;
    if (!pairing_label_is_valid(value) ||
        !copy_text(pairing->label, sizeof(pairing->label), value))
        return named_lines_wrong(lines,
                                 "label must have 1 to 64 bytes of printable UTF-8");
    return ARCHIVE_OK;
}

static enum archive_error parse_window(struct named_lines *lines,
                                       struct pairing *pairing)
{
    struct text value;

    if (!named_lines_take(lines, "epoch", &value))
        return ARCHIVE_REFUSED;
    if (!read_number(value, &pairing->epoch) || pairing->epoch == 0)
        return named_lines_wrong(lines, "epoch must be a whole number above 0");
    if (!named_lines_take(lines, "not-before", &value))
        return ARCHIVE_REFUSED;
    if (!time_parse(value, &pairing->not_before_ms))
        return named_lines_wrong(lines,
                                 "not-before must be a time 2026-01-31T14:02:07.000Z");
    if (!named_lines_take(lines, "not-after", &value))
        return ARCHIVE_REFUSED;
    if (!time_parse(value, &pairing->not_after_ms) ||
        pairing->not_after_ms <= pairing->not_before_ms)
        return named_lines_wrong(lines, "not-after must be a time after not-before");
    return ARCHIVE_OK;
}

enum archive_error pairing_parse(struct text text, const char *path,
                                 struct pairing *pairing, struct problem *problem)
{
    struct named_lines lines = {.rest = text, .path = path, .problem = problem};
    enum archive_error error;
    struct text value;
    ptrdiff_t length;

    memset(pairing, 0, sizeof(*pairing));
    if (!named_lines_take(&lines, "totebox pairing", &value))
        return ARCHIVE_REFUSED;
    if (!text_equal(value, TEXT("1")))
        return named_lines_wrong(&lines, "this version of pairing files is not known");
    error = parse_key(&lines, pairing);
    if (error == ARCHIVE_OK)
        error = parse_window(&lines, pairing);
    if (error != ARCHIVE_OK)
        return error;
    if (!named_lines_take(&lines, "token", &value))
        return ARCHIVE_REFUSED;
    length = base64_read(value, pairing->token, sizeof(pairing->token));
    if (length <= 0)
        return named_lines_wrong(&lines, "token must be base64 of at most 8192 bytes");
    pairing->token_length = (uint32_t)length;
    lines.line++;
    return lines.rest.length == 0
               ? ARCHIVE_OK
               : named_lines_wrong(&lines, "nothing may follow the token");
}

bool pairing_write(const struct pairing *pairing, struct buffer *out)
{
    char holder[FINGERPRINT_CHARS + 1], delegate[64], from[TIME_CHARS + 1],
        until[TIME_CHARS + 1], head[512], *token;
    size_t token_chars = base64_length(pairing->token_length);
    bool ok;
    int length;

    fingerprint_write(pairing->holder, holder);
    base64_write(pairing->delegate, KEY_BYTES, delegate);
    time_write(pairing->not_before_ms, from);
    time_write(pairing->not_after_ms, until);
    length = snprintf(head, sizeof(head),
                      "totebox pairing 1\nholder %s\ndelegate %s\nrole %s\nlabel %s\n"
                      "epoch %llu\nnot-before %s\nnot-after %s\ntoken ",
                      holder, delegate, pairing->role, pairing->label,
                      (unsigned long long)pairing->epoch, from, until);
    token = malloc(token_chars + 1);
    if (token == NULL)
        return false;
    base64_write(pairing->token, pairing->token_length, token);
    ok = buffer_append(out, head, (size_t)length) &&
         buffer_append(out, token, token_chars) && buffer_append(out, "\n", 1);
    free(token);
    return ok;
}

/* --- files ---------------------------------------------------------------------- */

static void hex_name(const uint8_t holder[HASH_BYTES], char name[HEX_CHARS + 16])
{
    for (int i = 0; i < HASH_BYTES; i++)
        snprintf(name + 2 * i, 3, "%02x", holder[i]);
    memcpy(name + HEX_CHARS, SUFFIX, sizeof(SUFFIX));
}

static enum archive_error load_one(const char *folder, const char *name,
                                   struct pairing *pairing, struct problem *problem)
{
    char *path = archive_path(folder, name), expected[HEX_CHARS + 16];
    enum archive_error error;
    struct buffer text;

    if (path == NULL)
        return problem_memory(problem);
    buffer_init(&text);
    error = named_lines_load(path, PAIRING_FILE_MAX, &text, problem);
    if (error == ARCHIVE_OK)
        error = pairing_parse((struct text){(const char *)buffer_bytes(&text),
                                            (uint32_t)buffer_length(&text)},
                              path, pairing, problem);
    if (error == ARCHIVE_OK) {
        hex_name(pairing->holder, expected);
        if (strcmp(expected, name) != 0)
            error =
                problem_set(problem, ARCHIVE_REFUSED,
                            "%s:2: holder is not the key that names the file", path);
    }
    buffer_release(&text);
    free(path);
    return error;
}

static int compare_pairings(const void *a, const void *b)
{
    return memcmp(((const struct pairing *)a)->holder,
                  ((const struct pairing *)b)->holder, HASH_BYTES);
}

static bool is_pairing_name(const char *name)
{
    size_t length = strlen(name);
    return length == HEX_CHARS + sizeof(SUFFIX) - 1 &&
           strcmp(name + HEX_CHARS, SUFFIX) == 0;
}

static enum archive_error load_all(struct pairings *pairings, const char *folder,
                                   DIR *directory, struct problem *problem)
{
    uint32_t capacity = 0;
    struct dirent *entry;

    while ((entry = readdir(directory)) != NULL) {
        enum archive_error error;
        if (!is_pairing_name(entry->d_name))
            continue;
        if (pairings->count == capacity) {
            struct pairing *grown;
            capacity = capacity ? 2 * capacity : 8;
            grown = realloc(pairings->pairing, capacity * sizeof(*grown));
            if (grown == NULL)
                return problem_memory(problem);
            pairings->pairing = grown;
        }
        error = load_one(folder, entry->d_name, &pairings->pairing[pairings->count],
                         problem);
        if (error != ARCHIVE_OK)
            return error;
        pairings->count++;
    }
    if (pairings->count)
        qsort(pairings->pairing, pairings->count, sizeof(*pairings->pairing),
              compare_pairings);
    return ARCHIVE_OK;
}

enum archive_error pairings_load(struct pairings *pairings, const char *archive,
                                 struct problem *problem)
{
    char *folder = archive_path(archive, "pairings");
    enum archive_error error = ARCHIVE_OK;
    DIR *directory;

    *pairings = (struct pairings){NULL, 0};
    if (folder == NULL)
        return problem_memory(problem);
    directory = opendir(folder);
    if (directory == NULL && errno != ENOENT)
        error = problem_errno(problem, "%s: cannot read", folder);
    if (directory) {
        error = load_all(pairings, folder, directory, problem);
        closedir(directory);
    }
    free(folder);
    if (error != ARCHIVE_OK)
        pairings_release(pairings);
    return error;
}

void pairings_release(struct pairings *pairings)
{
    free(pairings->pairing);
    *pairings = (struct pairings){NULL, 0};
}

const struct pairing *pairings_by_holder(const struct pairings *pairings,
                                         const uint8_t holder[HASH_BYTES])
{
    for (uint32_t i = 0; i < pairings->count; i++)
        if (memcmp(pairings->pairing[i].holder, holder, HASH_BYTES) == 0)
            return &pairings->pairing[i];
    return NULL;
}

const struct pairing *pairings_by_delegate(const struct pairings *pairings,
                                           const uint8_t delegate[KEY_BYTES])
{
    for (uint32_t i = 0; i < pairings->count; i++)
        if (memcmp(pairings->pairing[i].delegate, delegate, KEY_BYTES) == 0)
            return &pairings->pairing[i];
    return NULL;
}

enum archive_error pairing_store(const struct pairing *pairing, const char *archive,
                                 struct problem *problem)
{
    char name[HEX_CHARS + 16], *folder = archive_path(archive, "pairings"),
                               *path = NULL;
    enum archive_error error;
    struct buffer text;

    buffer_init(&text);
    hex_name(pairing->holder, name);
    if (folder)
        path = archive_path(folder, name);
    if (path == NULL || !pairing_write(pairing, &text))
        error = problem_memory(problem);
    else if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        error = problem_errno(problem, "%s: cannot create", folder);
    else
        error = archive_replace_file(path,
                                     (struct text){(const char *)buffer_bytes(&text),
                                                   (uint32_t)buffer_length(&text)},
                                     0600, problem);
    buffer_release(&text);
    free(folder);
    free(path);
    return error;
}

/* --- the token ------------------------------------------------------------------ */

static enum archive_error write_token(struct pairing *pairing, struct link *link,
                                      const struct key_pair *authority,
                                      struct problem *problem)
{
    struct token token = {.count = 0};
    enum archive_error error = ARCHIVE_OK;
    struct buffer frame;

    buffer_init(&frame);
    if (token_append(&token, link, authority) != PSP_OK ||
        token_write(&token, &frame) != PSP_OK)
        error = problem_set(problem, ARCHIVE_REFUSED, "the pairing cannot be signed");
    else if (buffer_length(&frame) > sizeof(pairing->token))
        error =
            problem_set(problem, ARCHIVE_REFUSED, "the pairing's token is too long");
    if (error == ARCHIVE_OK) {
        pairing->token_length = (uint32_t)buffer_length(&frame);
        memcpy(pairing->token, buffer_bytes(&frame), pairing->token_length);
    }
    buffer_release(&frame);
    token_release(&token);
    return error;
}

enum archive_error pairing_sign(struct pairing *pairing, const struct archive *archive,
                                int64_t now_ms, int64_t window_ms,
                                struct problem *problem)
{
    struct exposure_view exposed;
    struct text names[VIEW_COUNT];
    struct scope scope = {.rows = {.kind = SET_ALL}, .columns = {.kind = SET_ALL}};
    struct link link = {
        .depth = 2,
        .rights = RIGHT_DESCRIBE | RIGHT_HEALTH | RIGHT_READ_ROWS |
                  RIGHT_READ_AGGREGATES | RIGHT_WATCH,
        .epoch = pairing->epoch,
        .subject = SUBJECT_DELEGATE,
        .scopes = &scope,
        .scope_count = 1,
        .max_rows = TOKEN_ROWS_UNLIMITED,
        .label = text_of(pairing->label),
    };

    exposure_for(archive->exposure, text_of(pairing->role), pairing->holder, &exposed);
    if (exposed.count == 0)
        return problem_set(
            problem, ARCHIVE_REFUSED,
            "exposure.conf exposes nothing to the role %s or to this key: "
            "add an expose block with to = {\"%s\"} first",
            pairing->role, pairing->role);
    if (window_ms > exposure_window_ms(&exposed))
        window_ms = exposure_window_ms(&exposed);
    pairing->not_before_ms = link.not_before_ms = now_ms;
    pairing->not_after_ms = link.not_after_ms = now_ms + window_ms;
    scope.views = (struct set){.kind = SET_NAMES,
                               .names = names,
                               .count = exposure_view_names(&exposed, names)};
    memcpy(link.totebox, archive->authority.public_key, KEY_BYTES);
    memcpy(link.subject_bytes, pairing->delegate, KEY_BYTES);
    if (!random_bytes(link.nonce, sizeof(link.nonce)))
        return problem_set(problem, ARCHIVE_FAILED, "no random bytes from the system");
    return write_token(pairing, &link, &archive->authority, problem);
}
