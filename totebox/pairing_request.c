#include "totebox/pairing_request.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "totebox/date.h"
#include "totebox/named_lines.h"

enum { REQUEST_FILE_MAX = 1024 };

/* --- text ----------------------------------------------------------------------- */

static bool address_is_valid(struct text address)
{
    if (address.length == 0 || address.length > REQUEST_ADDRESS_MAX)
        return false;
    for (uint32_t i = 0; i < address.length; i++) {
        char byte = address.bytes[i];
        if (byte == '\0' || !strchr("0123456789abcdef.:[]%-", byte))
            return false;
    }
    return true;
}

static enum archive_error parse_key(struct named_lines *lines,
                                    struct pairing_request *request)
{
    uint8_t holder[HASH_BYTES];
    struct text value;

    if (!named_lines_take(lines, "holder", &value))
        return ARCHIVE_REFUSED;
    if (!fingerprint_parse(value, request->holder))
        return named_lines_wrong(lines, "holder must be a fingerprint SHA256:...");
    if (!named_lines_take(lines, "public-key", &value))
        return ARCHIVE_REFUSED;
    if (base64_read(value, request->public_key, KEY_BYTES) != KEY_BYTES ||
        !public_key_is_usable(request->public_key))
        return named_lines_wrong(lines, "public-key must be an Ed25519 key in base64");
    holder_of_key(request->public_key, holder);
    if (memcmp(holder, request->holder, HASH_BYTES) != 0)
        return named_lines_wrong(lines, "public-key is not the key of the holder");
    return ARCHIVE_OK;
}

static enum archive_error parse_talk(struct named_lines *lines,
                                     struct pairing_request *request)
{
    struct text value;

    if (!named_lines_take(lines, "code", &value))
        return ARCHIVE_REFUSED;
    if (!pairing_code_read(value, request->code) ||
        !text_equal(value, text_of(request->code)))
        return named_lines_wrong(lines, "code must be a code ABCD-EFGH");
    if (!named_lines_take(lines, "address", &value))
        return ARCHIVE_REFUSED;
    if (!address_is_valid(value))
        return named_lines_wrong(lines, "address must be numeric, or -");
    memcpy(request->address, value.bytes, value.length);
    request->address[value.length] = '\0';
    if (!named_lines_take(lines, "at", &value))
        return ARCHIVE_REFUSED;
    if (!time_parse(value, &request->at_ms))
        return named_lines_wrong(lines, "at must be a time 2026-01-31T14:02:07.000Z");
    return ARCHIVE_OK;
}

enum archive_error pairing_request_parse(struct text text, const char *path,
                                         struct pairing_request *request,
                                         struct problem *problem)
{
    struct named_lines lines = {.rest = text, .path = path, .problem = problem};
    enum archive_error error;
    struct text value;

    memset(request, 0, sizeof(*request));
    if (!named_lines_take(&lines, "totebox pairing request", &value))
        return ARCHIVE_REFUSED;
    if (!text_equal(value, TEXT("1")))
        return named_lines_wrong(&lines, "this version of requests is not known");
    if (!named_lines_take(&lines, "window", &value))
        return ARCHIVE_REFUSED;
    if (base64_read(value, request->window, WINDOW_ID_BYTES) != WINDOW_ID_BYTES)
        return named_lines_wrong(&lines, "window must be 16 bytes in base64");
    error = parse_key(&lines, request);
    if (error == ARCHIVE_OK)
        error = parse_talk(&lines, request);
    if (error != ARCHIVE_OK)
        return error;
    lines.line++;
    return lines.rest.length == 0
               ? ARCHIVE_OK
               : named_lines_wrong(&lines, "nothing may follow the time");
}

bool pairing_request_write(const struct pairing_request *request, struct buffer *out)
{
    char holder[FINGERPRINT_CHARS + 1], key[64], window[64], at[TIME_CHARS + 1],
        text[REQUEST_FILE_MAX];
    int length;

    base64_write(request->window, WINDOW_ID_BYTES, window);
    fingerprint_write(request->holder, holder);
    base64_write(request->public_key, KEY_BYTES, key);
    time_write(request->at_ms, at);
    length = snprintf(text, sizeof(text),
                      "totebox pairing request 1\nwindow %s\nholder %s\npublic-key %s\n"
                      "code %s\naddress %s\nat %s\n",
                      window, holder, key, request->code, request->address, at);
    return buffer_append(out, text, (size_t)length);
}

/* --- the file ------------------------------------------------------------------- */

static char *request_path(const char *archive)
{
    return archive_path(archive, "pairings/request");
}

enum archive_error pairing_request_load(struct pairing_request *request,
                                        const char *archive, struct problem *problem)
{
    char *path = request_path(archive);
    enum archive_error error;
    struct buffer text;

    if (path == NULL)
        return problem_memory(problem);
    buffer_init(&text);
    error = named_lines_load(path, REQUEST_FILE_MAX, &text, problem);
    if (error == ARCHIVE_FAILED && errno == ENOENT)
        error = problem_set(problem, ARCHIVE_REFUSED, "no device waits to be paired");
    if (error == ARCHIVE_OK)
        error = pairing_request_parse((struct text){(const char *)buffer_bytes(&text),
                                                    (uint32_t)buffer_length(&text)},
                                      path, request, problem);
    buffer_release(&text);
    free(path);
    return error;
}

enum archive_error pairing_request_store(const struct pairing_request *request,
                                         const char *archive, struct problem *problem)
{
    char *path = request_path(archive);
    enum archive_error error;
    struct buffer text;

    buffer_init(&text);
    if (path == NULL || !pairing_request_write(request, &text))
        error = problem_memory(problem);
    else
        error = archive_replace_file(path,
                                     (struct text){(const char *)buffer_bytes(&text),
                                                   (uint32_t)buffer_length(&text)},
                                     0600, problem);
    buffer_release(&text);
    free(path);
    return error;
}

void pairing_request_remove(const char *archive)
{
    char *path = request_path(archive);

    if (path)
        unlink(path);
    free(path);
}
