/* layout_test.c - proto/layout.h is what the schemas compile to.
 *
 * The file is written anew from the compiled schemas and compared byte for byte, so no
 * constant can be wrong, and no declaration of psp.capnp can lack one.  After a change
 * of psp.capnp, UPDATE_GOLDEN=1 rewrites it (and the offsets of schema.capnp itself,
 * with which the compiled schema is read). */
#include "tests/support/cmocka_all.h"

#include <stdlib.h>

#include "proto/layout.h"
#include "tests/support/layout_writer.h"

enum { SKIPPED = 77, PATH_BYTES = 4096 };

static struct schema *schema;

static const char layout_head[] =
    "/* layout.h - where every field of PSP and of the RPC lies in its struct.\n"
    " *\n"
    " * Generated from proto/psp.capnp and the rpc.capnp of libcapnp 0.9.2: do not\n"
    " * edit, run tests/proto/layout_test with UPDATE_GOLDEN=1.  _OFF counts bytes, "
    "_BIT\n"
    " * bits, _PTR pointers; _TAG is a member of a union, _DEFAULT is XORed. */\n"
    "/* clang-format off */\n"
    "#ifndef PROTO_LAYOUT_H\n"
    "#define PROTO_LAYOUT_H\n";

static const char schema_head[] =
    "/* schema_layout.h - where the fields of a compiled schema lie.\n"
    " *\n"
    " * Generated from the schema.capnp of libcapnp 0.9.2, as proto/layout.h is. */\n"
    "/* clang-format off */\n"
    "#ifndef TESTS_SUPPORT_SCHEMA_LAYOUT_H\n"
    "#define TESTS_SUPPORT_SCHEMA_LAYOUT_H\n";

static FILE *open_in_tree(const char *path, const char *mode)
{
    char whole[PATH_BYTES];
    const char *top = getenv("top_srcdir");
    snprintf(whole, sizeof whole, "%s/%s", top ? top : ".", path);
    FILE *file = fopen(whole, mode);
    if (!file)
        fail_msg("cannot open %s", whole);
    return file;
}

static char *read_whole(FILE *file)
{
    char *text = NULL;
    size_t size = 0;
    if (getdelim(&text, &size, '\0', file) < 0)
        fail_msg("empty file");
    fclose(file);
    return text;
}

/* The first line that differs, or 0. */
static unsigned int first_difference(const char *expected, const char *found)
{
    unsigned int line = 1;
    for (size_t i = 0; expected[i] || found[i]; i++) {
        if (expected[i] != found[i])
            return line;
        line += expected[i] == '\n';
    }
    return 0;
}

static void compare(const char *path, const char *expected)
{
    if (getenv("UPDATE_GOLDEN")) {
        FILE *file = open_in_tree(path, "w");
        fputs(expected, file);
        assert_int_equal(fclose(file), 0);
    }
    char *found = read_whole(open_in_tree(path, "r"));
    unsigned int line = first_difference(expected, found);
    if (line != 0)
        fail_msg("%s:%u is not what the schema says", path, line);
    free(found);
}

struct layout {
    FILE *out;
    char *text;
    size_t size;
};

static void layout_open(struct layout *layout, const char *head)
{
    layout->out = open_memstream(&layout->text, &layout->size);
    assert_non_null(layout->out);
    fputs(head, layout->out);
}

static void layout_compare(struct layout *layout, const char *path)
{
    fputs("\n#endif\n", layout->out);
    assert_int_equal(fclose(layout->out), 0);
    compare(path, layout->text);
    free(layout->text);
}

static void layout__is_what_the_schemas_compile_to(void **state)
{
    (void)state;
    struct layout layout;
    layout_open(&layout, layout_head);
    layout_write(layout.out, schema, "psp.capnp", "psp");
    layout_write(layout.out, schema, "rpc.capnp", "rpc");
    layout_compare(&layout, "proto/layout.h");
}

static void layout__of_the_compiled_schema_reads_itself(void **state)
{
    (void)state;
    struct layout layout;
    layout_open(&layout, schema_head);
    layout_write(layout.out, schema, "schema.capnp", "schema");
    layout_compare(&layout, "tests/support/schema_layout.h");
}

/* The comparison itself can fail: on a changed digit, and on a line too few. */
static void layout__comparison_finds_what_drifted(void **state)
{
    (void)state;
    assert_int_equal(first_difference("a 1\nb 2\n", "a 1\nb 2\n"), 0);
    assert_int_equal(first_difference("a 1\nb 2\n", "a 1\nb 3\n"), 2);
    assert_int_equal(first_difference("a 1\nb 2\n", "a 1\n"), 2);
    assert_int_equal(first_difference("a 1\n", "a 1\nb 2\n"), 2);
}

/* The writer is checked against numbers worked out by hand from the schema's text: a
 * fault that the writer and the file share would otherwise go unseen. */
static void layout__agrees_with_offsets_worked_out_by_hand(void **state)
{
    (void)state;
    assert_int_equal(PSP_BATCH_DATA_WORDS, 3);
    assert_int_equal(PSP_BATCH_PTRS, 4);
    assert_int_equal(PSP_BATCH_ROW_COUNT_OFF, 16);
    assert_int_equal(PSP_LINK_SUBJECT_TAG_OFF, 32);
    assert_int_equal(PSP_COMMAND_DRY_RUN_BIT, 128);
    assert_int_equal(PSP_VALUE_DECIMAL_SCALE_OFF, 2);
    assert_int_equal(PSP_RIGHT_COMMAND, 0x20);
    assert_int_equal(PSP_GRANT_HEALTH, 3);
    assert_true(PSP_TOTEBOX_ID == 0xa57a212b55402bb9);
    assert_int_equal(RPC_RETURN_TAG_OFF, 6);
    assert_int_equal(RPC_RETURN_RELEASE_PARAM_CAPS_BIT, 32);
    assert_int_equal(RPC_RETURN_RELEASE_PARAM_CAPS_DEFAULT, 1);
    assert_int_equal(RPC_CAP_DESCRIPTOR_ATTACHED_FD_DEFAULT, 255);
}

/* rpc.capnp and schema.capnp grow with the releases; psp.capnp is ours. */
static bool is_known_release(void)
{
    return strstr(schema->tool, " 0.9.2") != NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layout__is_what_the_schemas_compile_to),
        cmocka_unit_test(layout__of_the_compiled_schema_reads_itself),
        cmocka_unit_test(layout__comparison_finds_what_drifted),
        cmocka_unit_test(layout__agrees_with_offsets_worked_out_by_hand),
    };
    schema = schema_load();
    if (!schema)
        return SKIPPED;
    if (!is_known_release()) {
        fprintf(stderr, "SKIPPED: proto/layout.h is of libcapnp 0.9.2, this is %s",
                schema->tool);
        schema_free(schema);
        return SKIPPED;
    }
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    schema_free(schema);
    return failed;
}
