#include "totebox/note.h"

#include <stdio.h>

enum { KEY_HASH_BYTES = 4, SIGNATURE_LINE_BYTES = KEY_HASH_BYTES + SIGNATURE_BYTES };

/* An em dash and a space, in UTF-8. */
#define DASH "\xe2\x80\x94 "

bool note_origin_is_valid(struct text origin)
{
    if (origin.length == 0 || origin.length > NOTE_ORIGIN_MAX)
        return false;
    for (uint32_t i = 0; i < origin.length; i++)
        if (origin.bytes[i] <= ' ' || origin.bytes[i] > '~' || origin.bytes[i] == '+')
            return false;
    return true;
}

static void key_hash(struct text name, const uint8_t public_key[KEY_BYTES],
                     uint8_t hash[HASH_BYTES])
{
    struct hasher hasher;

    hasher_init(&hasher);
    hasher_update(&hasher, name.bytes, name.length);
    hasher_update(&hasher, "\n\x01", 2);
    hasher_update(&hasher, public_key, KEY_BYTES);
    hasher_finish(&hasher, hash);
}

uint32_t note_write(const struct note *note, const struct key_pair *signer,
                    char text[NOTE_BYTES_MAX])
{
    char base64[2 * SIGNATURE_LINE_BYTES];
    uint8_t signature[HASH_BYTES + SIGNATURE_BYTES];
    int length, more;

    base64_write(note->root, HASH_BYTES, base64);
    length =
        snprintf(text, NOTE_BYTES_MAX, "%.*s\n%llu\n%s\n", (int)note->origin.length,
                 note->origin.bytes, (unsigned long long)note->size, base64);
    key_hash(note->origin, signer->public_key, signature);
    sign(signer, text, (size_t)length, signature + KEY_HASH_BYTES);
    base64_write(signature, SIGNATURE_LINE_BYTES, base64);
    more =
        snprintf(text + length, NOTE_BYTES_MAX - (size_t)length, "\n" DASH "%.*s %s\n",
                 (int)note->origin.length, note->origin.bytes, base64);
    return (uint32_t)(length + more);
}

uint32_t note_verifier_key(struct text origin, const uint8_t public_key[KEY_BYTES],
                           char text[NOTE_BYTES_MAX])
{
    uint8_t hash[HASH_BYTES], key[1 + KEY_BYTES] = {1};
    char base64[64];

    key_hash(origin, public_key, hash);
    memcpy(key + 1, public_key, KEY_BYTES);
    base64_write(key, sizeof(key), base64);
    return (uint32_t)snprintf(text, NOTE_BYTES_MAX, "%.*s+%02x%02x%02x%02x+%s",
                              (int)origin.length, origin.bytes, hash[0], hash[1],
                              hash[2], hash[3], base64);
}

/* Cuts the first line off `rest`; false when there is no newline. */
static bool take_line(struct text *rest, struct text *line)
{
    const char *newline = rest->length ? memchr(rest->bytes, '\n', rest->length) : NULL;
    if (newline == NULL)
        return false;
    *line = (struct text){rest->bytes, (uint32_t)(newline - rest->bytes)};
    rest->length -= line->length + 1;
    rest->bytes = newline + 1;
    return true;
}

static bool read_size(struct text text, uint64_t *size)
{
    uint64_t value = 0;

    if (text.length == 0 || text.length > 19 ||
        (text.length > 1 && text.bytes[0] == '0'))
        return false;
    for (uint32_t i = 0; i < text.length; i++) {
        if (text.bytes[i] < '0' || text.bytes[i] > '9')
            return false;
        value = value * 10 + (uint64_t)(text.bytes[i] - '0');
    }
    *size = value;
    return true;
}

/* 1: a good signature of ours, 0: somebody else's line, -1: wrong. */
static int judge_signature(struct text line, struct text origin, struct text body,
                           const uint8_t public_key[KEY_BYTES])
{
    uint8_t hash[HASH_BYTES], signature[256];
    const char *space;
    struct text name;
    ptrdiff_t length;

    if (!text_starts_with(line, TEXT(DASH)))
        return -1;
    line.bytes += sizeof(DASH) - 1;
    line.length -= (uint32_t)sizeof(DASH) - 1;
    space = line.length ? memchr(line.bytes, ' ', line.length) : NULL;
    if (space == NULL || space == line.bytes)
        return -1;
    name = (struct text){line.bytes, (uint32_t)(space - line.bytes)};
    length = base64_read((struct text){space + 1, line.length - name.length - 1},
                         signature, sizeof(signature));
    if (length <= KEY_HASH_BYTES)
        return -1;
    key_hash(origin, public_key, hash);
    if (!text_equal(name, origin) || memcmp(hash, signature, KEY_HASH_BYTES) != 0)
        return 0;
    if (length != SIGNATURE_LINE_BYTES ||
        !signature_verifies(public_key, body.bytes, body.length,
                            signature + KEY_HASH_BYTES))
        return -1;
    return 1;
}

bool note_read(struct text text, struct text origin,
               const uint8_t public_key[KEY_BYTES], struct note *note, const char **why)
{
    struct text rest = text, line, size, root, body;
    bool is_signed = false;

    *why = "it is not a signed checkpoint";
    if (text.length > NOTE_READ_MAX || !take_line(&rest, &note->origin) ||
        !take_line(&rest, &size) || !take_line(&rest, &root))
        return false;
    if (!read_size(size, &note->size) ||
        base64_read(root, note->root, HASH_BYTES) != HASH_BYTES)
        return false;
    do {
        body = (struct text){text.bytes, (uint32_t)(rest.bytes - text.bytes)};
        if (!take_line(&rest, &line))
            return false;
    } while (line.length != 0);
    *why = "it is for another archive";
    if (!text_equal(note->origin, origin))
        return false;
    *why = "its signature does not verify";
    while (take_line(&rest, &line)) {
        int verdict = judge_signature(line, origin, body, public_key);
        if (verdict < 0)
            return false;
        is_signed = is_signed || verdict > 0;
    }
    if (rest.length != 0)
        return false;
    if (!is_signed)
        *why = "it is not signed by this archive";
    return is_signed;
}
