/* rebuild_test.c - what our builder writes is what the reference implementation reads.
 *
 * The parameters and results of all recorded messages are written anew with the
 * builder. The official tool must then print them as it printed the originals, and its
 * own canonical form of them must be ours, byte for byte. */
#include "tests/support/cmocka_all.h"

#include <stdlib.h>

#include "tests/support/capnp_tool.h"
#include "tests/support/golden_file.h"
#include "tests/support/golden_message.h"
#include "tests/support/schema.h"
#include "tests/support/schema_layout.h"

enum { SKIPPED = 77, PATH_BYTES = 4096 };

static struct schema *schema;

static char *ask(const char *verb, const struct schema_node *node,
                 const struct buffer *input, size_t *length)
{
    bool refused;
    char *output = capnp_tool(verb, node->name, buffer_bytes(input),
                              buffer_length(input), length, &refused);
    assert_false(refused);
    return output;
}

/* What our reader makes of the original; golden_test holds that against the reference.
 */
static char *print_original(const struct schema_node *node, struct struct_reader reader)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    schema_print(out, schema, node, reader);
    assert_int_equal(fclose(out), 0);
    schema_squeeze(text);
    return text;
}

static void check_decoded(const struct schema_node *node, struct struct_reader original,
                          const struct buffer *framed)
{
    size_t length;
    char *decoded = ask("decode --short --quiet", node, framed, &length);
    char *expected = print_original(node, original);
    schema_squeeze(decoded);
    assert_string_equal(decoded, expected);
    free(expected);
    free(decoded);
}

static void check_canonical(const struct schema_node *node, const struct buffer *framed,
                            const struct buffer *flat)
{
    size_t length;
    char *canonical = ask("convert --quiet binary:canonical", node, framed, &length);
    assert_int_equal(length, buffer_length(flat));
    assert_memory_equal(canonical, buffer_bytes(flat), length);
    free(canonical);
}

static void check_rebuilt(uint64_t type, struct struct_reader original)
{
    const struct schema_node *node = schema_by_id(schema, type);
    struct buffer framed;
    struct buffer flat;
    buffer_init(&framed);
    buffer_init(&flat);
    schema_copy(&framed, schema, node, original, true);
    schema_copy(&flat, schema, node, original, false);
    check_decoded(node, original, &framed);
    check_canonical(node, &framed, &flat);
    buffer_release(&framed);
    buffer_release(&flat);
}

/* The tool knows a method's parameters by no name, but the structs in them. */
static unsigned int check_members(const struct schema_node *node,
                                  struct struct_reader content)
{
    unsigned int checked = 0;
    for (uint32_t i = 0; i < node->count; i++) {
        const struct schema_field *field = &node->fields[i];
        uint16_t pointer = (uint16_t)field->offset;
        if (field->group || field->type.kind != SCHEMA_TYPE_STRUCT_TAG)
            continue;
        if (field->type.lists == 0) {
            check_rebuilt(field->type.id, reader_struct(content, pointer));
            checked++;
            continue;
        }
        struct list_reader list = reader_list(content, pointer, ELEMENT_COMPOSITE);
        for (uint32_t j = 0; j < list.count; j++, checked++)
            check_rebuilt(field->type.id, list_struct(list, j));
    }
    return checked;
}

static unsigned int check_message(const char *path)
{
    struct message message;
    char stem[PATH_BYTES];
    char described[PATH_BYTES + 8];
    char type[120];
    size_t length;
    unsigned int checked = 0;
    snprintf(stem, sizeof stem, "%.*s", (int)(strlen(path) - strlen(".bin")), path);
    snprintf(described, sizeof described, "%s.txt", stem);
    char *description = (char *)golden_load(described, &length);
    uint8_t *bytes = golden_load(path, &length);
    assert_int_equal(message_open(&message, bytes, length), PSP_OK);
    if (golden_content_text(description)) {
        golden_content_type(stem, type, sizeof type);
        checked =
            check_members(schema_by_name(schema, "psp.capnp", type),
                          reader_struct(golden_payload(message_root(&message)), 0));
    }
    assert_null(message_error(&message));
    free(description);
    free(bytes);
    return checked;
}

static void rebuilt__messages_mean_the_same_to_the_reference(void **state)
{
    (void)state;
    glob_t found;
    unsigned int checked = 0;
    golden_find("psp/*/messages/*.bin", &found);
    for (size_t i = 0; i < found.gl_pathc; i++)
        checked += check_message(found.gl_pathv[i]);
    assert_true(checked > 67);
    globfree(&found);
}

static void rebuilt__links_are_the_canonical_bytes(void **state)
{
    (void)state;
    static const char *const links[] = {"leaf", "pairing"};
    const struct schema_node *node = schema_by_name(schema, "psp.capnp", "Link");
    for (size_t i = 0; i < 2; i++) {
        struct message message;
        struct buffer flat;
        char path[80];
        size_t length;
        size_t expected_length;
        snprintf(path, sizeof path, "psp/canonical/link-%s.canonical", links[i]);
        uint8_t *expected = golden_load(path, &expected_length);
        snprintf(path, sizeof path, "psp/canonical/link-%s.seg3", links[i]);
        uint8_t *bytes = golden_load(path, &length);
        buffer_init(&flat);
        assert_int_equal(message_open(&message, bytes, length), PSP_OK);
        schema_copy(&flat, schema, node, message_root(&message), false);
        assert_int_equal(buffer_length(&flat), expected_length);
        assert_memory_equal(buffer_bytes(&flat), expected, expected_length);
        buffer_release(&flat);
        free(bytes);
        free(expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rebuilt__links_are_the_canonical_bytes),
        cmocka_unit_test(rebuilt__messages_mean_the_same_to_the_reference),
    };
    schema = schema_load();
    if (!schema)
        return SKIPPED;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    schema_free(schema);
    return failed;
}
