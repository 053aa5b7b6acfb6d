/* golden_test.c - recorded messages mean to our reader what they mean to the reference.
 *
 * Each message is printed through the compiled schema and compared with the text that
 * the reference implementation's own tool printed of it. */
#include "tests/support/cmocka_all.h"

#include <stdlib.h>

#include "proto/layout.h"
#include "tests/support/golden_file.h"
#include "tests/support/golden_message.h"
#include "tests/support/schema.h"

enum { SKIPPED = 77, PATH_BYTES = 4096 };

static struct schema *schema;

/* What our reader makes of a struct, squeezed; free() it. */
static char *printed(const char *file, const char *type, struct struct_reader reader)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    schema_print(out, schema, schema_by_name(schema, file, type), reader);
    assert_int_equal(fclose(out), 0);
    schema_squeeze(text);
    return text;
}

static void check_text(const char *of, char *ours, const char *theirs)
{
    char *expected = strdup(theirs);
    assert_non_null(expected);
    schema_squeeze(expected);
    if (strcmp(ours, expected) != 0)
        fail_msg("%s reads as\n%s\nnot as\n%s", of, ours, expected);
    free(expected);
    free(ours);
}

static char *load_text(const char *stem, const char *ending)
{
    char path[PATH_BYTES];
    size_t length;
    snprintf(path, sizeof path, "%s%s", stem, ending);
    return (char *)golden_load(path, &length);
}

static struct struct_reader open_message(struct message *message, const uint8_t *bytes,
                                         size_t length)
{
    size_t frame_bytes;
    assert_int_equal(message_frame_size(bytes, length, MESSAGE_WORDS_MAX, &frame_bytes),
                     PSP_OK);
    assert_int_equal(frame_bytes, length);
    assert_int_equal(message_open(message, bytes, length), PSP_OK);
    return message_root(message);
}

/* True when there was content to compare. */
static bool check_content(const char *of, const char *stem, struct struct_reader root)
{
    char *described = load_text(stem, ".txt");
    const char *text = golden_content_text(described);
    if (text) {
        char type[120];
        golden_content_type(stem, type, sizeof type);
        struct struct_reader content =
            reader_struct(golden_payload(root), RPC_PAYLOAD_CONTENT_PTR);
        check_text(of, printed("psp.capnp", type, content), text);
    } else if (strstr(described, "\n  results: capability")) {
        uint32_t index = 1;
        assert_true(
            reader_capability(golden_payload(root), RPC_PAYLOAD_CONTENT_PTR, &index));
        assert_int_equal(index, 0);
    }
    free(described);
    return text != NULL;
}

/* `path` is a form of the recorded message whose description is `stem`.*.txt. */
static bool check_message(const char *path, const char *stem)
{
    struct message message;
    size_t length;
    uint8_t *bytes = golden_load(path, &length);
    struct struct_reader root = open_message(&message, bytes, length);
    char *rpc = load_text(stem, ".rpc.txt");
    check_text(path, printed("rpc.capnp", "Message", root), rpc);
    bool has_content = check_content(path, stem, root);
    if (message_error(&message))
        fail_msg("%s: %s", path, message_error(&message));
    free(rpc);
    free(bytes);
    return has_content;
}

static void golden__messages_mean_what_the_reference_read(void **state)
{
    (void)state;
    glob_t found;
    unsigned int with_content = 0;
    golden_find("psp/*/messages/*.bin", &found);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        char stem[PATH_BYTES];
        const char *path = found.gl_pathv[i];
        snprintf(stem, sizeof stem, "%.*s", (int)(strlen(path) - strlen(".bin")), path);
        with_content += check_message(path, stem);
    }
    assert_int_equal(found.gl_pathc, 138);
    assert_int_equal(with_content, 67);
    globfree(&found);
}

/* --- streams --- */

/* A whole direction of a connection falls apart into the messages that were recorded
 * one by one. */
static size_t check_stream(const char *stream, char direction)
{
    char pattern[PATH_BYTES];
    size_t length;
    size_t at = 0;
    glob_t found;
    uint8_t *bytes = golden_load(stream, &length);
    const char *slash = strrchr(stream, '/');
    assert_non_null(slash);
    snprintf(pattern, sizeof pattern, "%.*s/messages/%c*.bin", (int)(slash - stream),
             stream, direction);
    golden_find(pattern, &found);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        size_t one_length;
        size_t frame_bytes;
        uint8_t *one = golden_load(found.gl_pathv[i], &one_length);
        assert_int_equal(message_frame_size(bytes + at, length - at, MESSAGE_WORDS_MAX,
                                            &frame_bytes),
                         PSP_OK);
        assert_int_equal(frame_bytes, one_length);
        assert_memory_equal(bytes + at, one, one_length);
        at += one_length;
        free(one);
    }
    assert_int_equal(at, length);
    globfree(&found);
    free(bytes);
    return at;
}

static void golden__streams_fall_apart_into_their_messages(void **state)
{
    (void)state;
    glob_t found;
    golden_find("psp/*/c2s.bin", &found);
    assert_int_equal(found.gl_pathc, 13);
    for (size_t i = 0; i < found.gl_pathc; i++)
        check_stream(found.gl_pathv[i], 'c');
    globfree(&found);
    golden_find("psp/*/s2c.bin", &found);
    assert_int_equal(found.gl_pathc, 13);
    for (size_t i = 0; i < found.gl_pathc; i++)
        check_stream(found.gl_pathv[i], 's');
    globfree(&found);
}

/* --- one meaning in many segments --- */

static void check_link(const char *path, const char *text, bool is_flat)
{
    struct message message;
    size_t length;
    uint8_t *bytes = golden_load(path, &length);
    struct struct_reader root;
    if (is_flat) {
        assert_int_equal(message_open_flat(&message, bytes, length), PSP_OK);
        root = message_root(&message);
    } else {
        root = open_message(&message, bytes, length);
    }
    check_text(path, printed("psp.capnp", "Link", root), text);
    assert_null(message_error(&message));
    free(bytes);
}

static void golden__links_mean_the_same_in_any_segmentation(void **state)
{
    (void)state;
    static const char *const endings[] = {"framed", "seg1", "seg2", "seg3",
                                          "seg5",   "seg8", "seg16"};
    static const char *const links[] = {"psp/canonical/link-leaf",
                                        "psp/canonical/link-pairing"};
    for (size_t i = 0; i < 2; i++) {
        char path[PATH_BYTES];
        char *text = load_text(links[i], ".txt");
        snprintf(path, sizeof path, "%s.canonical", links[i]);
        check_link(path, text, true);
        for (size_t j = 0; j < sizeof endings / sizeof endings[0]; j++) {
            snprintf(path, sizeof path, "%s.%s", links[i], endings[j]);
            check_link(path, text, false);
        }
        free(text);
    }
}

/* canonical/read-messages-s02-return-Grant.read.seg4 is a form of
 * read/messages/s02-return-Grant.read. */
static void golden__messages_mean_the_same_in_any_segmentation(void **state)
{
    (void)state;
    static const char marker[] = "-messages-";
    glob_t found;
    golden_find("psp/canonical/*-messages-*.seg*", &found);
    assert_int_equal(found.gl_pathc, 12);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        char stem[PATH_BYTES];
        const char *path = found.gl_pathv[i];
        const char *connection = strrchr(path, '/') + 1;
        const char *name = strstr(connection, marker);
        assert_non_null(name);
        const char *end = strstr(name, ".seg");
        assert_non_null(end);
        snprintf(stem, sizeof stem, "psp/%.*s/messages/%.*s", (int)(name - connection),
                 connection, (int)(end - name - (int)strlen(marker)),
                 name + strlen(marker));
        assert_true(check_message(path, stem));
    }
    globfree(&found);
}

static void golden__tokens_mean_what_the_reference_read(void **state)
{
    (void)state;
    glob_t found;
    golden_find("psp/tokens/[!bk]*.tok", &found);
    assert_true(found.gl_pathc >= 6);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        struct message message;
        size_t length;
        const char *path = found.gl_pathv[i];
        uint8_t *bytes = golden_load(path, &length);
        struct struct_reader root = open_message(&message, bytes, length);
        struct list_reader links =
            reader_list(root, PSP_TOKEN_LINKS_PTR, ELEMENT_COMPOSITE);
        assert_in_range(links.count, 1, 4);
        for (uint32_t j = 0; j < links.count; j++) {
            struct text body =
                reader_data(list_struct(links, j), PSP_SIGNED_LINK_BODY_PTR);
            struct message link;
            assert_int_equal(message_open_flat(&link, body.bytes, body.length), PSP_OK);
            struct struct_reader fields = message_root(&link);
            assert_int_equal(reader_u16(fields, PSP_LINK_FORMAT_OFF), 1);
            assert_int_equal(reader_data(fields, PSP_LINK_TOTEBOX_PTR).length, 32);
            assert_null(message_error(&link));
        }
        assert_null(message_error(&message));
        free(bytes);
    }
    globfree(&found);
}

/* The comparison itself can fail. */
static void golden__a_changed_bit_reads_differently(void **state)
{
    (void)state;
    struct message message;
    size_t length;
    uint8_t *bytes = golden_load("psp/canonical/link-leaf.canonical", &length);
    char *text = load_text("psp/canonical/link-leaf", ".txt");
    schema_squeeze(text);
    bytes[length / 2] ^= 1;
    assert_int_equal(message_open_flat(&message, bytes, length), PSP_OK);
    char *ours = printed("psp.capnp", "Link", message_root(&message));
    assert_string_not_equal(ours, text);
    free(ours);
    free(text);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden__messages_mean_what_the_reference_read),
        cmocka_unit_test(golden__streams_fall_apart_into_their_messages),
        cmocka_unit_test(golden__links_mean_the_same_in_any_segmentation),
        cmocka_unit_test(golden__messages_mean_the_same_in_any_segmentation),
        cmocka_unit_test(golden__tokens_mean_what_the_reference_read),
        cmocka_unit_test(golden__a_changed_bit_reads_differently),
    };
    schema = schema_load();
    if (!schema)
        return SKIPPED;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    schema_free(schema);
    return failed;
}
