/* encoding_test.c - rare encodings read as the reference implementation read them.
 *
 * Each vector of tests/golden/psp/encoding is printed through the compiled schema.
 * Where the reference refused one, so must we; its words are its own. */
#include "tests/support/cmocka_all.h"

#include <stdlib.h>

#include "tests/support/golden_file.h"
#include "tests/support/schema.h"

enum { SKIPPED = 77, PATH_BYTES = 4096 };

static struct schema *schema;

/* The type of the root; all others are a RowSet. */
static const struct {
    const char *prefix;
    const char *type;
} types[] = {
    {"structs-", "Batch"},
    {"bools-", "Column"},
    {"ints-", "Column"},
    {"double-far", "Link"},
};

static const struct schema_node *type_of(const char *name)
{
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (strncmp(name, types[i].prefix, strlen(types[i].prefix)) == 0)
            return schema_by_name(schema, "psp.capnp", types[i].type);
    }
    return schema_by_name(schema, "psp.capnp", "RowSet");
}

static void check_vector(const char *path)
{
    struct message message;
    char text_path[PATH_BYTES];
    char *ours = NULL;
    size_t length;
    size_t size = 0;
    snprintf(text_path, sizeof text_path, "%.*s.txt",
             (int)(strlen(path) - strlen(".bin")), path);
    char *theirs = (char *)golden_load(text_path, &length);
    uint8_t *bytes = golden_load(path, &length);
    FILE *out = open_memstream(&ours, &size);
    assert_non_null(out);
    assert_int_equal(message_open(&message, bytes, length), PSP_OK);
    schema_print(out, schema, type_of(strrchr(path, '/') + 1), message_root(&message));
    assert_int_equal(fclose(out), 0);
    schema_squeeze(ours);
    schema_squeeze(theirs);
    bool refused = message_error(&message) != NULL;
    if (refused != (strncmp(theirs, "ERROR", 5) == 0))
        fail_msg("%s: %s, the reference: %s", path,
                 refused ? message_error(&message) : ours, theirs);
    if (!refused && strcmp(ours, theirs) != 0)
        fail_msg("%s reads as\n%s\nnot as\n%s", path, ours, theirs);
    free(ours);
    free(theirs);
    free(bytes);
}

static void encoding__vectors_read_as_the_reference_read_them(void **state)
{
    (void)state;
    glob_t found;
    golden_find("psp/encoding/*.bin", &found);
    assert_int_equal(found.gl_pathc, 31);
    for (size_t i = 0; i < found.gl_pathc; i++)
        check_vector(found.gl_pathv[i]);
    globfree(&found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encoding__vectors_read_as_the_reference_read_them),
    };
    schema = schema_load();
    if (!schema)
        return SKIPPED;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    schema_free(schema);
    return failed;
}
