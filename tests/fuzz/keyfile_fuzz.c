/* keyfile_fuzz.c - any bytes as a PEM key, a fingerprint, base64 and an SPKI.
 *
 * Each of them has one spelling: what is read is written back the same. */
#include <stdlib.h>
#include <string.h>

#include "proto/keyfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length);

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void read_key(struct text text)
{
    char pem[KEYFILE_PEM_MAX];
    struct key_pair pair;

    if (keyfile_read_pem(text, &pair) != PSP_OK)
        return;
    keyfile_write_pem(&pair, pem);
    /* The last newline may have been missing. */
    require(text_starts_with(text_of(pem), text));
    require(text.length + 1 >= strlen(pem));
    key_pair_wipe(&pair);
}

static void read_names(struct text text)
{
    char fingerprint[FINGERPRINT_CHARS + 1];
    uint8_t hash[HASH_BYTES], key[KEY_BYTES], spki[SPKI_BYTES];

    if (fingerprint_parse(text, hash)) {
        fingerprint_write(hash, fingerprint);
        require(text_equal(text, text_of(fingerprint)));
    }
    if (key_of_spki(text, key) == PSP_OK) {
        spki_of_key(key, spki);
        require(text_equal(text, (struct text){(const char *)spki, sizeof spki}));
        require(public_key_is_usable(key));
    }
}

static void read_base64(struct text text)
{
    enum { BYTES_MAX = 4096 };
    uint8_t bytes[BYTES_MAX];
    char again[(BYTES_MAX + 2) / 3 * 4 + 1];
    ptrdiff_t got = base64_read(text, bytes, sizeof bytes);

    if (got < 0)
        return;
    base64_write(bytes, (size_t)got, again);
    require(text_equal(text, text_of(again)));
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length)
{
    if (length > UINT32_MAX)
        return 0;
    struct text text = {(const char *)input, (uint32_t)length};
    read_key(text);
    read_names(text);
    read_base64(text);
    return 0;
}
