/* differential_test.c - damaged messages mean the same to us and to the reference, or
 * we refuse them.
 *
 * Rare encodings and links are damaged at random, word by word.  Where both readers
 * accept the result, they must print the same.  We may refuse what the reference
 * accepts, for the reasons listed below and no others; the reverse never happens.
 * DIFFERENTIAL_SEED and DIFFERENTIAL_CASES repeat or prolong a run. */
#include "tests/support/cmocka_all.h"

#include <stdlib.h>
#include <time.h>

#include "tests/support/capnp_tool.h"
#include "tests/support/golden_file.h"
#include "tests/support/schema.h"

enum { SKIPPED = 77, CASES = 60 };

static struct schema *schema;
static uint64_t random_state;

/* Where we are stricter: an object of no words must lie in its segment too; the tag
 * behind a landing pad has no offset; numbers are never read as narrower ones; nesting
 * ends at 32, and the budget is a small multiple of the message. */
static const char *const stricter[] = {
    "object outside its segment",   "malformed landing pad",
    "list of another element type", "nested too deeply",
    "traversal budget spent",
};

static const struct {
    const char *pattern;
    const char *type;
} sources[] = {
    {"psp/encoding/*.bin", "RowSet"},          {"psp/encoding/structs-*.bin", "Batch"},
    {"psp/encoding/ints-*.bin", "Column"},     {"psp/encoding/double-far.bin", "Link"},
    {"psp/canonical/link-*.seg[1-8]", "Link"},
};

/* xorshift64* */
static uint32_t random_below(uint32_t limit)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (uint32_t)((random_state * 0x2545f4914f6cdd1d) >> 32) % limit;
}

static uint64_t damaged(uint64_t word, uint64_t other)
{
    static const uint64_t steps[] = {4, 8, (uint64_t)1 << 32, (uint64_t)1 << 35,
                                     (uint64_t)1 << 48};
    uint64_t step = steps[random_below(sizeof steps / sizeof steps[0])];
    switch (random_below(4)) {
    case 0:
        return other;
    case 1:
        return word + step;
    case 2:
        return word - step;
    default:
        return word ^ (uint64_t)1 << random_below(64);
    }
}

/* The segments only: damage to the table is message_fuzz's. */
static void damage(uint8_t *bytes, size_t length)
{
    uint32_t last;
    memcpy(&last, bytes, sizeof last);
    uint32_t first = (4 + (last + 1) * 4 + 7) / 8;
    uint32_t words = (uint32_t)(length / 8) - first;
    for (uint32_t times = 1 + random_below(3); times > 0; times--) {
        uint64_t word;
        uint64_t other;
        uint8_t *at = bytes + (size_t)(first + random_below(words)) * 8;
        memcpy(&word, at, sizeof word);
        memcpy(&other, bytes + (size_t)(first + random_below(words)) * 8, sizeof other);
        word = damaged(word, other);
        memcpy(at, &word, sizeof word);
    }
}

static bool is_stricter(const char *defect)
{
    for (size_t i = 0; i < sizeof stricter / sizeof stricter[0]; i++) {
        if (strcmp(defect, stricter[i]) == 0)
            return true;
    }
    return false;
}

/* True when both accepted and agree. */
static bool compare(const uint8_t *bytes, size_t length, const char *type)
{
    struct message message;
    char *ours = NULL;
    size_t size = 0;
    size_t theirs_length;
    bool refused;
    assert_int_equal(message_open(&message, bytes, length), PSP_OK);
    FILE *out = open_memstream(&ours, &size);
    assert_non_null(out);
    schema_print(out, schema, schema_by_name(schema, "psp.capnp", type),
                 message_root(&message));
    assert_int_equal(fclose(out), 0);
    schema_squeeze(ours);
    char *theirs = capnp_tool("decode --short --quiet", type, bytes, length,
                              &theirs_length, &refused);
    schema_squeeze(theirs);
    const char *defect = message_error(&message);
    if (defect && !refused && !is_stricter(defect))
        fail_msg("we refuse (%s) what the reference reads as %s", defect, theirs);
    if (!defect && (refused || strcmp(ours, theirs) != 0))
        fail_msg("we read %s\nthe reference %s", ours, theirs);
    free(theirs);
    free(ours);
    return !defect && !refused;
}

static void differential__damaged_messages_mean_the_same_or_nothing(void **state)
{
    (void)state;
    const char *cases = getenv("DIFFERENTIAL_CASES");
    unsigned long count = cases ? strtoul(cases, NULL, 10) : CASES;
    unsigned long agreed = 0;
    for (unsigned long i = 0; i < count; i++) {
        glob_t found;
        size_t length;
        uint32_t source = random_below(sizeof sources / sizeof sources[0]);
        golden_find(sources[source].pattern, &found);
        uint8_t *bytes = golden_load(
            found.gl_pathv[random_below((uint32_t)found.gl_pathc)], &length);
        damage(bytes, length);
        agreed += compare(bytes, length, sources[source].type);
        free(bytes);
        globfree(&found);
    }
    /* Damage that always, or never, shows would test little. */
    assert_in_range(agreed, 1, count - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(differential__damaged_messages_mean_the_same_or_nothing),
    };
    const char *seed = getenv("DIFFERENTIAL_SEED");
    schema = schema_load();
    if (!schema)
        return SKIPPED;
    random_state = seed ? strtoull(seed, NULL, 10) : (uint64_t)time(NULL);
    random_state += random_state == 0;
    printf("DIFFERENTIAL_SEED=%llu\n", (unsigned long long)random_state);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    schema_free(schema);
    return failed;
}
