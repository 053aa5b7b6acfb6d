#include "totebox/merkle.h"
#include "totebox/note.h"

#include "tests/totebox/support.h"

/* --- the tree, against the definition ----------------------------------------------
 */

/* RFC 9162, 2.1.1, as it is written: split at the largest power of two below n. */
static void root_by_definition(const uint8_t (*leaves)[HASH_BYTES], size_t count,
                               uint8_t root[HASH_BYTES])
{
    uint8_t bytes[1 + 2 * HASH_BYTES] = {1};
    size_t split = 1;

    if (count == 0) {
        sha256(NULL, 0, root);
        return;
    }
    if (count == 1) {
        memcpy(root, leaves[0], HASH_BYTES);
        return;
    }
    while (split * 2 < count)
        split *= 2;
    root_by_definition(leaves, split, bytes + 1);
    root_by_definition(leaves + split, count - split, bytes + 1 + HASH_BYTES);
    sha256(bytes, sizeof(bytes), root);
}

static void merkle__has_the_root_that_the_rfc_defines(void **state)
{
    enum { LEAVES = 70 };
    static uint8_t leaves[LEAVES][HASH_BYTES];
    uint8_t root[HASH_BYTES], expected[HASH_BYTES];
    struct merkle merkle;

    (void)state;
    merkle_init(&merkle);
    for (size_t i = 0; i <= LEAVES; i++) {
        merkle_root(&merkle, root);
        root_by_definition((const uint8_t(*)[HASH_BYTES])leaves, i, expected);
        assert_memory_equal(root, expected, HASH_BYTES);
        if (i == LEAVES)
            break;
        merkle_leaf(&i, i % sizeof(i), leaves[i]);
        merkle_add(&merkle, leaves[i]);
    }
}

/* --- the note, against a vector that another program made ------------------------- */

static const char vector_text[] =
    "totebox/ALD\n"
    "3\n"
    "Wqx3HImawpLnS/Gv4ubjAvi1WIOy0b8Ze0amvqbavKk=\n"
    "\n"
    "\xe2\x80\x94 totebox/ALD "
    "e4rG6/aQ5QfsLqV2GcOJQ/ADTeBriKwun0SSVWrQpg6Rj1wULlSItgxGO0oTogCGcT1gaso/JS6R/qW/"
    "EN5BmA6kiw0=\n";

static void vector_key(struct key_pair *pair)
{
    uint8_t seed[KEY_BYTES];
    for (unsigned i = 0; i < KEY_BYTES; i++)
        seed[i] = (uint8_t)i;
    key_pair_from_seed(pair, seed);
}

/* Lines "one", "two", "three": hashed and encoded by a Python program with
 * hashlib, and signed by openssl. */
static void note__writes_what_c2sp_specifies(void **state)
{
    static const char *const entries[] = {"one", "two", "three"};
    char text[NOTE_BYTES_MAX], verifier[NOTE_BYTES_MAX];
    struct note note = {.origin = TEXT("totebox/ALD"), .size = 3};
    uint8_t leaf[HASH_BYTES];
    struct merkle merkle;
    struct key_pair pair;
    uint32_t length;

    (void)state;
    vector_key(&pair);
    merkle_init(&merkle);
    for (int i = 0; i < 3; i++) {
        merkle_leaf(entries[i], strlen(entries[i]), leaf);
        merkle_add(&merkle, leaf);
    }
    merkle_root(&merkle, note.root);
    length = note_write(&note, &pair, text);
    assert_int_equal(length, strlen(vector_text));
    assert_memory_equal(text, vector_text, length);
    length = note_verifier_key(note.origin, pair.public_key, verifier);
    assert_string_equal(
        verifier, "totebox/ALD+7b8ac6eb+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4");
    assert_int_equal(length, strlen(verifier));
}

static bool reads(const char *text, size_t length, const char **why)
{
    struct key_pair pair;
    struct note note;

    vector_key(&pair);
    return note_read((struct text){text, (uint32_t)length}, TEXT("totebox/ALD"),
                     pair.public_key, &note, why);
}

static void note__reads_its_vector_and_refuses_every_flip_and_cut(void **state)
{
    char text[sizeof(vector_text)];
    const char *why;
    struct note note;
    struct key_pair pair;
    size_t length = sizeof(vector_text) - 1;

    (void)state;
    vector_key(&pair);
    assert_true(note_read(text_of(vector_text), TEXT("totebox/ALD"), pair.public_key,
                          &note, &why));
    assert_int_equal(note.size, 3);
    for (size_t i = 0; i < length; i++) {
        for (int bit = 0; bit < 8; bit++) {
            memcpy(text, vector_text, sizeof(text));
            text[i] = (char)(text[i] ^ 1 << bit);
            assert_false(reads(text, length, &why));
        }
        assert_false(reads(vector_text, i, &why));
    }
}

static void note__allows_witnesses_and_extensions(void **state)
{
    static const char witness[] = "\xe2\x80\x94 witness.example/w "
                                  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
                                  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
                                  "AAAAAAA=\n";
    char text[2 * sizeof(vector_text) + sizeof(witness)];
    const char *why;
    int length;

    (void)state;
    length = snprintf(text, sizeof(text), "%s%s", vector_text, witness);
    assert_true(reads(text, (size_t)length, &why));
    /* A line under a foreign name alone is no signature of ours. */
    const char *ours = strstr(vector_text, "\n\n");
    length = snprintf(text, sizeof(text), "%.*s%s", (int)(ours - vector_text) + 2,
                      vector_text, witness);
    assert_false(reads(text, (size_t)length, &why));
    assert_string_equal(why, "it is not signed by this archive");
}

static void note__refuses_another_origin(void **state)
{
    struct key_pair pair;
    const char *why;
    struct note note;

    (void)state;
    vector_key(&pair);
    assert_false(note_read(text_of(vector_text), TEXT("totebox/BIR"), pair.public_key,
                           &note, &why));
    assert_string_equal(why, "it is for another archive");
    assert_false(note_origin_is_valid(TEXT("a b")));
    assert_false(note_origin_is_valid(TEXT("a+b")));
    assert_false(note_origin_is_valid(TEXT("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(merkle__has_the_root_that_the_rfc_defines),
        cmocka_unit_test(note__writes_what_c2sp_specifies),
        cmocka_unit_test(note__reads_its_vector_and_refuses_every_flip_and_cut),
        cmocka_unit_test(note__allows_witnesses_and_extensions),
        cmocka_unit_test(note__refuses_another_origin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
