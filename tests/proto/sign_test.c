#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <string.h>

#include <nettle/eddsa.h>

#include "proto/sign.h"
#include "tests/support/hex.h"

static void sha256__gives_the_values_of_fips_180(void **state)
{
    static const struct {
        const char *message, *hash;
    } cases[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t expected[HASH_BYTES], whole[HASH_BYTES], parts[HASH_BYTES];
        struct hasher hasher;
        hex_read(cases[i].hash, expected, sizeof expected);
        sha256(cases[i].message, strlen(cases[i].message), whole);
        assert_memory_equal(whole, expected, HASH_BYTES);
        hasher_init(&hasher);
        for (const char *c = cases[i].message; *c; c++)
            hasher_update(&hasher, c, 1);
        hasher_finish(&hasher, parts);
        assert_memory_equal(parts, expected, HASH_BYTES);
    }
}

/* RFC 8032, 7.1, tests 1 to 3. */
static const struct {
    const char *seed, *key, *message, *signature;
} rfc8032[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bac"
     "c61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e"
     "458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290"
     "ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
};

static void sign__gives_the_signatures_of_rfc_8032(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rfc8032 / sizeof *rfc8032; i++) {
        uint8_t seed[KEY_BYTES], key[KEY_BYTES], message[2];
        uint8_t expected[SIGNATURE_BYTES], signature[SIGNATURE_BYTES];
        size_t length = strlen(rfc8032[i].message) / 2;
        struct key_pair pair;
        hex_read(rfc8032[i].seed, seed, sizeof seed);
        hex_read(rfc8032[i].key, key, sizeof key);
        hex_read(rfc8032[i].message, message, length);
        hex_read(rfc8032[i].signature, expected, sizeof expected);
        key_pair_from_seed(&pair, seed);
        assert_memory_equal(pair.public_key, key, sizeof key);
        sign(&pair, message, length, signature);
        assert_memory_equal(signature, expected, sizeof expected);
        assert_true(signature_verifies(key, message, length, signature));
        for (unsigned bit = 0; bit < 8 * SIGNATURE_BYTES; bit++) {
            signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
            assert_false(signature_verifies(key, message, length, signature));
            signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
    }
}

/* The eight points of small order, and every encoding that names one of them without
 * being canonical: the sign bit on x = 0, and y + p where that still fits. */
static const char *const small_order[] = {
    "0100000000000000000000000000000000000000000000000000000000000000", /* order 1 */
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", /* 2 */
    "0000000000000000000000000000000000000000000000000000000000000000", /* 4 */
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", /* 8 */
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", /* 1 + p */
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", /* 0 + p */
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
};

static void small_order_keys__are_refused_wherever_a_key_comes_in(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof small_order / sizeof *small_order; i++) {
        uint8_t key[KEY_BYTES], spki[SPKI_BYTES], taken[KEY_BYTES];
        hex_read(small_order[i], key, sizeof key);
        assert_false(public_key_is_usable(key));
        spki_of_key(key, spki);
        struct text text = {(const char *)spki, sizeof spki};
        assert_int_equal(key_of_spki(text, taken), PSP_MALFORMED);
        /* R = each of them, S = 0: the forgeries that need no secret. */
        for (size_t r = 0; r < sizeof small_order / sizeof *small_order; r++) {
            uint8_t signature[SIGNATURE_BYTES] = {0};
            hex_read(small_order[r], signature, KEY_BYTES);
            for (uint8_t message = 0; message < 64; message++)
                assert_false(signature_verifies(key, &message, 1, signature));
        }
    }
}

/* Why the refusal is ours to make: the library takes the identity for a key. */
static void nettle__verifies_anything_under_the_identity(void **state)
{
    uint8_t key[KEY_BYTES], signature[SIGNATURE_BYTES] = {0};
    uint8_t message = 7;

    (void)state;
    hex_read(small_order[0], key, sizeof key);
    hex_read(small_order[0], signature, KEY_BYTES);
    assert_int_equal(ed25519_sha512_verify(key, 1, &message, signature), 1);
}

static void noncanonical_keys__are_refused(void **state)
{
    (void)state;
    for (unsigned low = 0xed; low <= 0xff; low++)
        for (unsigned high = 0x7f; high <= 0xff; high += 0x80) {
            uint8_t key[KEY_BYTES];
            memset(key, 0xff, sizeof key);
            key[0] = (uint8_t)low;
            key[KEY_BYTES - 1] = (uint8_t)high;
            assert_false(public_key_is_usable(key));
        }
}

/* Which small y have an x was worked out with big integers, apart from this code. */
static void public_key_is_usable__knows_what_is_a_point(void **state)
{
    static const char points[] =
        "1101111001100011101101011111111011010101101110001001101111101111";

    (void)state;
    for (uint8_t y = 2; y < 64; y++) {
        uint8_t key[KEY_BYTES] = {y};
        assert_int_equal(public_key_is_usable(key), points[y] == '1');
        key[KEY_BYTES - 1] = 0x80;
        assert_int_equal(public_key_is_usable(key), points[y] == '1');
    }

    static const char hashed[] = "110011011011101110000010";
    for (unsigned i = 0; hashed[i]; i++) {
        char text[16];
        uint8_t key[KEY_BYTES];
        int length = snprintf(text, sizeof text, "point %u", i);
        sha256(text, (size_t)length, key);
        assert_int_equal(public_key_is_usable(key), hashed[i] == '1');
    }

    for (unsigned i = 0; i < 200; i++) {
        struct key_pair pair;
        assert_true(key_pair_generate(&pair));
        assert_true(public_key_is_usable(pair.public_key));
    }
}

static void signature_verifies__refuses_a_scalar_beyond_the_order(void **state)
{
    static const char order[] =
        "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";
    uint8_t key[KEY_BYTES], l[KEY_BYTES], message, signature[SIGNATURE_BYTES];
    unsigned carry = 0;

    (void)state;
    hex_read(rfc8032[1].key, key, sizeof key);
    hex_read(rfc8032[1].message, &message, 1);
    hex_read(rfc8032[1].signature, signature, sizeof signature);
    hex_read(order, l, sizeof l);
    for (unsigned i = 0; i < KEY_BYTES; i++) {
        carry += signature[KEY_BYTES + i] + l[i];
        signature[KEY_BYTES + i] = (uint8_t)carry;
        carry >>= 8;
    }
    assert_int_equal(carry, 0);
    assert_false(signature_verifies(key, &message, 1, signature));
}

static void key_of_spki__takes_exactly_one_form(void **state)
{
    uint8_t key[KEY_BYTES], spki[SPKI_BYTES + 1] = {0}, taken[KEY_BYTES];

    (void)state;
    hex_read(rfc8032[0].key, key, sizeof key);
    spki_of_key(key, spki);
    struct text text = {(const char *)spki, SPKI_BYTES};
    assert_int_equal(key_of_spki(text, taken), PSP_OK);
    assert_memory_equal(taken, key, sizeof key);
    text.length = SPKI_BYTES + 1;
    assert_int_equal(key_of_spki(text, taken), PSP_MALFORMED);
    text.length = SPKI_BYTES - 1;
    assert_int_equal(key_of_spki(text, taken), PSP_MALFORMED);
    text.length = SPKI_BYTES;
    for (unsigned i = 0; i < SPKI_BYTES - KEY_BYTES; i++) {
        spki[i] ^= 1;
        assert_int_equal(key_of_spki(text, taken), PSP_MALFORMED);
        spki[i] ^= 1;
    }
    assert_int_equal(key_of_spki((struct text){0}, taken), PSP_MALFORMED);
}

/* A key of the recorded sessions, with the name that another implementation gave it. */
static void holder_of_key__names_a_key_as_others_do(void **state)
{
    uint8_t key[KEY_BYTES], expected[HASH_BYTES], holder[HASH_BYTES];
    char text[FINGERPRINT_CHARS + 1];

    (void)state;
    hex_read("6901c965a098ffdcac97b81c95269eafb8c0fc798d1adda3fad77d6b42f025a4", key,
             sizeof key);
    hex_read("e39219c1e1286e60999d60d16a16501c3f9b389cfe7b4dca3815647232d336d3",
             expected, sizeof expected);
    holder_of_key(key, holder);
    assert_memory_equal(holder, expected, sizeof holder);
    fingerprint_write(holder, text);
    assert_string_equal(text, "SHA256:45IZweEobmCZnWDRahZQHD+bOJz+e03KOBVkcjLTNtM");
}

static void fingerprint__has_one_spelling(void **state)
{
    static const char *const bad[] = {
        "",
        "SHA256:",
        "sha256:45IZweEobmCZnWDRahZQHD+bOJz+e03KOBVkcjLTNtM",
        "SHA256:45IZweEobmCZnWDRahZQHD+bOJz+e03KOBVkcjLTNtN", /* unused bits */
        "SHA256:45IZweEobmCZnWDRahZQHD+bOJz+e03KOBVkcjLTNt",
        "SHA256:45IZweEobmCZnWDRahZQHD+bOJz+e03KOBVkcjLTNtM=",
        "SHA256:45IZweEobmCZnWDRahZQHD-bOJz+e03KOBVkcjLTNtM",
        "SHA256:45IZweEobmCZnWDRahZQHD bOJz+e03KOBVkcjLTNtM",
    };
    uint8_t hash[HASH_BYTES], again[HASH_BYTES];
    char text[FINGERPRINT_CHARS + 1];

    (void)state;
    for (unsigned i = 0; i < 100; i++) {
        assert_true(random_bytes(hash, sizeof hash));
        fingerprint_write(hash, text);
        assert_int_equal(strlen(text), FINGERPRINT_CHARS);
        assert_true(fingerprint_parse(text_of(text), again));
        assert_memory_equal(hash, again, sizeof hash);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(fingerprint_parse(text_of(bad[i]), again));
}

static void base64__gives_the_values_of_rfc_4648(void **state)
{
    static const char *const cases[][2] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[16], back[16];
        size_t length = strlen(cases[i][0]);
        base64_write(cases[i][0], length, out);
        assert_string_equal(out, cases[i][1]);
        assert_int_equal(strlen(out), base64_length(length));
        assert_int_equal(base64_read(text_of(out), back, length), length);
        assert_memory_equal(back, cases[i][0], length);
        if (length)
            assert_int_equal(base64_read(text_of(out), back, length - 1), -1);
    }
}

static void base64_read__is_strict(void **state)
{
    static const char *const bad[] = {"Zg",     "Zg=",  "Zg===",   "Zh==",     "Zm9=",
                                      "Z===",   "====", "=",       "Zg==Zg==", "Zm 9",
                                      "Zm9v\n", "Zm9-", "Zm\x80v", "Zm9v="};
    char out[16];

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(base64_read(text_of(bad[i]), out, sizeof out), -1);
}

static void key_pair_wipe__leaves_nothing(void **state)
{
    struct key_pair pair, zero = {0};

    (void)state;
    assert_true(key_pair_generate(&pair));
    key_pair_wipe(&pair);
    assert_memory_equal(&pair, &zero, sizeof pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256__gives_the_values_of_fips_180),
        cmocka_unit_test(sign__gives_the_signatures_of_rfc_8032),
        cmocka_unit_test(small_order_keys__are_refused_wherever_a_key_comes_in),
        cmocka_unit_test(nettle__verifies_anything_under_the_identity),
        cmocka_unit_test(noncanonical_keys__are_refused),
        cmocka_unit_test(public_key_is_usable__knows_what_is_a_point),
        cmocka_unit_test(signature_verifies__refuses_a_scalar_beyond_the_order),
        cmocka_unit_test(key_of_spki__takes_exactly_one_form),
        cmocka_unit_test(holder_of_key__names_a_key_as_others_do),
        cmocka_unit_test(fingerprint__has_one_spelling),
        cmocka_unit_test(base64__gives_the_values_of_rfc_4648),
        cmocka_unit_test(base64_read__is_strict),
        cmocka_unit_test(key_pair_wipe__leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
