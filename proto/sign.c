#include "proto/sign.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <nettle/eddsa.h>
#include <nettle/memops.h>
#include <nettle/sha2.h>

#include "proto/point.h"

_Static_assert(sizeof(struct sha256_ctx) <= sizeof(struct hasher),
               "struct hasher has no room for Nettle's context");
_Static_assert(_Alignof(struct sha256_ctx) <= _Alignof(struct hasher),
               "struct hasher is not aligned for Nettle's context");
_Static_assert((int)KEY_BYTES == ED25519_KEY_SIZE &&
                   (int)SIGNATURE_BYTES == ED25519_SIGNATURE_SIZE &&
                   (int)HASH_BYTES == SHA256_DIGEST_SIZE,
               "sizes of sign.h and Nettle differ");

void hasher_init(struct hasher *hasher)
{
    sha256_init((void *)hasher->state);
}

void hasher_update(struct hasher *hasher, const void *bytes, size_t length)
{
    if (length)
        sha256_update((void *)hasher->state, length, bytes);
}

void hasher_finish(struct hasher *hasher, uint8_t hash[HASH_BYTES])
{
    sha256_digest((void *)hasher->state, HASH_BYTES, hash);
}

void sha256(const void *bytes, size_t length, uint8_t hash[HASH_BYTES])
{
    struct hasher hasher;

    hasher_init(&hasher);
    hasher_update(&hasher, bytes, length);
    hasher_finish(&hasher, hash);
}

void purpose_write(const char *purpose, uint8_t label[PURPOSE_BYTES])
{
    size_t length = strnlen(purpose, PURPOSE_BYTES);

    memset(label, 0, PURPOSE_BYTES);
    memcpy(label, purpose, length);
}

void hasher_begin(struct hasher *hasher, const char *purpose)
{
    uint8_t label[PURPOSE_BYTES];

    purpose_write(purpose, label);
    hasher_init(hasher);
    hasher_update(hasher, label, sizeof label);
}

bool equal_in_constant_time(const void *a, const void *b, size_t length)
{
    return nettle_memeql_sec(a, b, length);
}

bool random_bytes(void *bytes, size_t length)
{
    uint8_t *to = bytes;

    while (length) {
        ssize_t got = getrandom(to, length, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        to += got;
        length -= (size_t)got;
    }
    return true;
}

void key_pair_from_seed(struct key_pair *pair, const uint8_t seed[KEY_BYTES])
{
    if (pair->seed != seed)
        memcpy(pair->seed, seed, KEY_BYTES);
    ed25519_sha512_public_key(pair->public_key, pair->seed);
}

bool key_pair_generate(struct key_pair *pair)
{
    if (!random_bytes(pair->seed, KEY_BYTES))
        return false;
    key_pair_from_seed(pair, pair->seed);
    return true;
}

void key_pair_wipe(struct key_pair *pair)
{
    explicit_bzero(pair, sizeof *pair);
}

bool public_key_is_usable(const uint8_t public_key[KEY_BYTES])
{
    return point_has_large_order(public_key) && point_is_on_curve(public_key);
}

void sign(const struct key_pair *pair, const void *message, size_t length,
          uint8_t signature[SIGNATURE_BYTES])
{
    ed25519_sha512_sign(pair->public_key, pair->seed, length, message, signature);
}

bool signature_verifies(const uint8_t public_key[KEY_BYTES], const void *message,
                        size_t length, const uint8_t signature[SIGNATURE_BYTES])
{
    /* What is no point fails inside Nettle. */
    return point_has_large_order(public_key) &&
           ed25519_sha512_verify(public_key, length, message, signature);
}

static const uint8_t spki_prefix[SPKI_BYTES - KEY_BYTES] = {
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};

void spki_of_key(const uint8_t public_key[KEY_BYTES], uint8_t spki[SPKI_BYTES])
{
    memcpy(spki, spki_prefix, sizeof spki_prefix);
    memcpy(spki + sizeof spki_prefix, public_key, KEY_BYTES);
}

enum psp_error key_of_spki(struct text spki, uint8_t public_key[KEY_BYTES])
{
    if (spki.length != SPKI_BYTES ||
        memcmp(spki.bytes, spki_prefix, sizeof spki_prefix) != 0)
        return PSP_MALFORMED;
    const uint8_t *key = (const uint8_t *)spki.bytes + sizeof spki_prefix;
    if (!public_key_is_usable(key))
        return PSP_MALFORMED;
    memcpy(public_key, key, KEY_BYTES);
    return PSP_OK;
}

void holder_of_key(const uint8_t public_key[KEY_BYTES], uint8_t holder[HASH_BYTES])
{
    uint8_t spki[SPKI_BYTES];

    spki_of_key(public_key, spki);
    sha256(spki, sizeof spki, holder);
}

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

size_t base64_length(size_t bytes)
{
    return (bytes + 2) / 3 * 4;
}

void base64_write(const void *bytes, size_t length, char *out)
{
    const uint8_t *in = bytes;

    for (size_t i = 0; i < length; i += 3) {
        size_t held = length - i < 3 ? length - i : 3;
        uint32_t group = (uint32_t)in[i] << 16;
        if (held > 1)
            group |= (uint32_t)in[i + 1] << 8;
        if (held > 2)
            group |= in[i + 2];
        *out++ = alphabet[group >> 18];
        *out++ = alphabet[group >> 12 & 63];
        *out++ = held > 1 ? alphabet[group >> 6 & 63] : '=';
        *out++ = held > 2 ? alphabet[group & 63] : '=';
    }
    *out = '\0';
}

static int base64_value(char symbol)
{
    if (symbol >= 'A' && symbol <= 'Z')
        return symbol - 'A';
    if (symbol >= 'a' && symbol <= 'z')
        return symbol - 'a' + 26;
    if (symbol >= '0' && symbol <= '9')
        return symbol - '0' + 52;
    return symbol == '+' ? 62 : symbol == '/' ? 63 : -1;
}

/* `length` symbols without padding.  Bits that no byte needs must be zero, so that
 * nothing has two spellings. */
static ptrdiff_t read_symbols(const char *symbols, size_t length, uint8_t *out,
                              size_t capacity)
{
    uint32_t bits = 0;
    unsigned held = 0;
    size_t written = 0;

    if (length % 4 == 1)
        return -1;
    for (size_t i = 0; i < length; i++) {
        int value = base64_value(symbols[i]);
        if (value < 0)
            return -1;
        bits = (bits << 6 | (uint32_t)value) & 0xffff;
        held += 6;
        if (held < 8)
            continue;
        if (written == capacity)
            return -1;
        held -= 8;
        out[written++] = (uint8_t)(bits >> held);
    }
    if (bits & ((1u << held) - 1))
        return -1;
    return (ptrdiff_t)written;
}

ptrdiff_t base64_read(struct text text, void *bytes, size_t capacity)
{
    size_t length = text.length;

    if (length % 4)
        return -1;
    for (unsigned pads = 0; pads < 2 && length && text.bytes[length - 1] == '='; pads++)
        length--;
    return read_symbols(text.bytes, length, bytes, capacity);
}

#define FINGERPRINT_PREFIX "SHA256:"
enum { PREFIX_CHARS = sizeof FINGERPRINT_PREFIX - 1, HASH_SYMBOLS = 43 };
_Static_assert(PREFIX_CHARS + HASH_SYMBOLS == (int)FINGERPRINT_CHARS, "fingerprint");

void fingerprint_write(const uint8_t hash[HASH_BYTES], char text[FINGERPRINT_CHARS + 1])
{
    char padded[HASH_SYMBOLS + 2];

    base64_write(hash, HASH_BYTES, padded);
    memcpy(text, FINGERPRINT_PREFIX, PREFIX_CHARS);
    memcpy(text + PREFIX_CHARS, padded, HASH_SYMBOLS);
    text[FINGERPRINT_CHARS] = '\0';
}

bool fingerprint_parse(struct text text, uint8_t hash[HASH_BYTES])
{
    uint8_t parsed[HASH_BYTES];

    if (text.length != FINGERPRINT_CHARS ||
        memcmp(text.bytes, FINGERPRINT_PREFIX, PREFIX_CHARS) != 0 ||
        read_symbols(text.bytes + PREFIX_CHARS, HASH_SYMBOLS, parsed, sizeof parsed) !=
            HASH_BYTES)
        return false;
    memcpy(hash, parsed, HASH_BYTES);
    return true;
}
