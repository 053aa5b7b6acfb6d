#include "tests/support/schema.h"

#include <stdlib.h>
#include <unistd.h>

#include "tests/support/schema_layout.h"

static void require(bool condition, const char *what)
{
    if (condition)
        return;
    fprintf(stderr, "schema: %s\n", what);
    abort();
}

static void *new_array(size_t count, size_t size)
{
    void *array = calloc(count ? count : 1, size);
    require(array, "out of memory");
    return array;
}

/* --- the tool --- */

static uint8_t *read_output(const char *command, size_t *length)
{
    enum { CHUNK = 1 << 16 };
    FILE *pipe = popen(command, "r");
    require(pipe, "cannot start a shell");
    uint8_t *bytes = NULL;
    size_t got;
    *length = 0;
    do {
        bytes = realloc(bytes, *length + CHUNK);
        require(bytes, "out of memory");
        got = fread(bytes + *length, 1, CHUNK, pipe);
        *length += got;
    } while (got > 0);
    if (pclose(pipe) == 0)
        return bytes;
    free(bytes);
    return NULL;
}

static const char *system_schemas(void)
{
    static const char *const folders[] = {"/usr/include/capnp",
                                          "/usr/local/include/capnp"};
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        char path[64];
        snprintf(path, sizeof path, "%s/rpc.capnp", folders[i]);
        if (access(path, R_OK) == 0)
            return folders[i];
    }
    return NULL;
}

/* NULL where something is not installed. */
static uint8_t *compile(size_t *length, char *tool, size_t tool_size)
{
    const char *top = getenv("top_srcdir");
    const char *folder = system_schemas();
    FILE *version = popen("capnp --version 2>/dev/null", "r");
    require(version, "cannot start a shell");
    if (!fgets(tool, (int)tool_size, version))
        tool[0] = '\0';
    if (pclose(version) != 0 || !folder) {
        fprintf(stderr, "SKIPPED: the capnp tool or its schemas are not installed "
                        "(Debian: capnproto, libcapnp-dev)\n");
        return NULL;
    }
    char command[4096];
    int size = snprintf(command, sizeof command,
                        "capnp compile -o- '%s/proto/psp.capnp' %s/rpc.capnp "
                        "%s/schema.capnp",
                        top ? top : ".", folder, folder);
    require(size > 0 && (size_t)size < sizeof command, "long path");
    uint8_t *bytes = read_output(command, length);
    require(bytes, "proto/psp.capnp does not compile");
    return bytes;
}

/* --- the request --- */

static struct schema_type read_type(struct struct_reader type)
{
    struct schema_type read = {.kind = reader_u16(type, SCHEMA_TYPE_TAG_OFF)};
    switch (read.kind) {
    case SCHEMA_TYPE_LIST_TAG:
        read = read_type(reader_struct(type, SCHEMA_TYPE_LIST_ELEMENT_TYPE_PTR));
        read.lists++;
        return read;
    case SCHEMA_TYPE_ENUM_TAG:
        read.id = reader_u64(type, SCHEMA_TYPE_ENUM_TYPE_ID_OFF);
        return read;
    case SCHEMA_TYPE_STRUCT_TAG:
        read.id = reader_u64(type, SCHEMA_TYPE_STRUCT_TYPE_ID_OFF);
        return read;
    case SCHEMA_TYPE_INTERFACE_TAG:
        read.id = reader_u64(type, SCHEMA_TYPE_INTERFACE_TYPE_ID_OFF);
        return read;
    default:
        return read;
    }
}

/* The bits of a Value, whose members lie where a member of their size must. */
static uint64_t read_value(struct struct_reader value, const struct schema_type *type)
{
    if (type->kind == SCHEMA_TYPE_BOOL_TAG)
        return reader_bit(value, SCHEMA_VALUE_BOOL_BIT, false);
    switch (schema_type_bits(type)) {
    case 8:
        return reader_u8(value, SCHEMA_VALUE_UINT8_OFF);
    case 16:
        return reader_u16(value, SCHEMA_VALUE_UINT16_OFF);
    case 32:
        return reader_u32(value, SCHEMA_VALUE_UINT32_OFF);
    case 64:
        return reader_u64(value, SCHEMA_VALUE_UINT64_OFF);
    default:
        return 0;
    }
}

static const char *read_name(struct struct_reader reader, uint16_t pointer)
{
    struct text name = reader_text(reader, pointer);
    require(name.length > 0, "something has no name");
    return name.bytes;
}

static struct schema_field read_field(struct struct_reader field)
{
    struct schema_field read = {
        .name = read_name(field, SCHEMA_FIELD_NAME_PTR),
        .tag = reader_u16(field, SCHEMA_FIELD_DISCRIMINANT_VALUE_OFF) ^
               SCHEMA_FIELD_DISCRIMINANT_VALUE_DEFAULT,
    };
    if (reader_u16(field, SCHEMA_FIELD_TAG_OFF) == SCHEMA_FIELD_GROUP_TAG) {
        read.group = reader_u64(field, SCHEMA_FIELD_GROUP_TYPE_ID_OFF);
        return read;
    }
    read.offset = reader_u32(field, SCHEMA_FIELD_SLOT_OFFSET_OFF);
    read.type = read_type(reader_struct(field, SCHEMA_FIELD_SLOT_TYPE_PTR));
    read.default_bits = read_value(
        reader_struct(field, SCHEMA_FIELD_SLOT_DEFAULT_VALUE_PTR), &read.type);
    return read;
}

static void read_struct(struct struct_reader node, struct schema_node *read)
{
    read->data_words = reader_u16(node, SCHEMA_NODE_STRUCT_DATA_WORD_COUNT_OFF);
    read->pointers = reader_u16(node, SCHEMA_NODE_STRUCT_POINTER_COUNT_OFF);
    read->is_group = reader_bit(node, SCHEMA_NODE_STRUCT_IS_GROUP_BIT, false);
    read->union_fields = reader_u16(node, SCHEMA_NODE_STRUCT_DISCRIMINANT_COUNT_OFF);
    read->union_offset = reader_u32(node, SCHEMA_NODE_STRUCT_DISCRIMINANT_OFFSET_OFF);
    struct list_reader fields =
        reader_list(node, SCHEMA_NODE_STRUCT_FIELDS_PTR, ELEMENT_COMPOSITE);
    read->count = fields.count;
    read->fields = new_array(fields.count, sizeof *read->fields);
    for (uint32_t i = 0; i < fields.count; i++)
        read->fields[i] = read_field(list_struct(fields, i));
}

static void read_enum(struct struct_reader node, struct schema_node *read)
{
    struct list_reader names =
        reader_list(node, SCHEMA_NODE_ENUM_ENUMERANTS_PTR, ELEMENT_COMPOSITE);
    read->count = names.count;
    read->enumerants = new_array(names.count, sizeof *read->enumerants);
    for (uint32_t i = 0; i < names.count; i++)
        read->enumerants[i] =
            read_name(list_struct(names, i), SCHEMA_ENUMERANT_NAME_PTR);
}

static void read_interface(struct struct_reader node, struct schema_node *read)
{
    struct list_reader methods =
        reader_list(node, SCHEMA_NODE_INTERFACE_METHODS_PTR, ELEMENT_COMPOSITE);
    read->count = methods.count;
    read->methods = new_array(methods.count, sizeof *read->methods);
    for (uint32_t i = 0; i < methods.count; i++) {
        struct struct_reader method = list_struct(methods, i);
        read->methods[i] = (struct schema_method){
            .name = read_name(method, SCHEMA_METHOD_NAME_PTR),
            .params = reader_u64(method, SCHEMA_METHOD_PARAM_STRUCT_TYPE_OFF),
            .results = reader_u64(method, SCHEMA_METHOD_RESULT_STRUCT_TYPE_OFF),
        };
    }
}

static void read_const(struct struct_reader node, struct schema_node *read)
{
    struct schema_type type =
        read_type(reader_struct(node, SCHEMA_NODE_CONST_TYPE_PTR));
    read->const_bits =
        read_value(reader_struct(node, SCHEMA_NODE_CONST_VALUE_PTR), &type);
}

static void read_node(struct struct_reader node, struct schema_node *read)
{
    const char *path = read_name(node, SCHEMA_NODE_DISPLAY_NAME_PTR);
    const char *slash = strrchr(path, '/');
    const char *file = slash ? slash + 1 : path;
    const char *colon = strchr(file, ':');
    *read = (struct schema_node){
        .id = reader_u64(node, SCHEMA_NODE_ID_OFF),
        .path = path,
        .file = {file, (uint32_t)(colon ? (size_t)(colon - file) : strlen(file))},
        .name = colon ? colon + 1 : "",
        .kind = reader_u16(node, SCHEMA_NODE_TAG_OFF),
    };
    if (read->kind == SCHEMA_NODE_STRUCT_TAG)
        read_struct(node, read);
    else if (read->kind == SCHEMA_NODE_ENUM_TAG)
        read_enum(node, read);
    else if (read->kind == SCHEMA_NODE_INTERFACE_TAG)
        read_interface(node, read);
    else if (read->kind == SCHEMA_NODE_CONST_TAG)
        read_const(node, read);
}

struct schema *schema_load(void)
{
    char tool[sizeof((struct schema *)0)->tool];
    size_t length;
    uint8_t *bytes = compile(&length, tool, sizeof tool);
    if (!bytes)
        return NULL;
    struct schema *schema = new_array(1, sizeof *schema);
    memcpy(schema->tool, tool, sizeof tool);
    schema->bytes = bytes;
    struct message message;
    require(message_open(&message, bytes, length) == PSP_OK, "not a message");
    struct list_reader nodes =
        reader_list(message_root(&message), SCHEMA_CODE_GENERATOR_REQUEST_NODES_PTR,
                    ELEMENT_COMPOSITE);
    schema->count = nodes.count;
    schema->nodes = new_array(nodes.count, sizeof *schema->nodes);
    for (uint32_t i = 0; i < nodes.count; i++)
        read_node(list_struct(nodes, i), &schema->nodes[i]);
    require(!message_error(&message) && schema->count > 0, "a defect in the request");
    return schema;
}

void schema_free(struct schema *schema)
{
    if (!schema)
        return;
    for (uint32_t i = 0; i < schema->count; i++) {
        free(schema->nodes[i].fields);
        free(schema->nodes[i].methods);
        free(schema->nodes[i].enumerants);
    }
    free(schema->nodes);
    free(schema->bytes);
    free(schema);
}

/* --- questions --- */

const struct schema_node *schema_by_id(const struct schema *schema, uint64_t id)
{
    for (uint32_t i = 0; i < schema->count; i++) {
        if (schema->nodes[i].id == id)
            return &schema->nodes[i];
    }
    require(false, "unknown id");
    return NULL;
}

const struct schema_node *schema_by_name(const struct schema *schema, const char *file,
                                         const char *name)
{
    for (uint32_t i = 0; i < schema->count; i++) {
        const struct schema_node *node = &schema->nodes[i];
        if (text_equal(node->file, text_of(file)) && strcmp(node->name, name) == 0)
            return node;
    }
    require(false, name);
    return NULL;
}

uint32_t schema_type_bits(const struct schema_type *type)
{
    if (type->lists > 0)
        return 0;
    switch (type->kind) {
    case SCHEMA_TYPE_BOOL_TAG:
        return 1;
    case SCHEMA_TYPE_INT8_TAG:
    case SCHEMA_TYPE_UINT8_TAG:
        return 8;
    case SCHEMA_TYPE_INT16_TAG:
    case SCHEMA_TYPE_UINT16_TAG:
    case SCHEMA_TYPE_ENUM_TAG:
        return 16;
    case SCHEMA_TYPE_INT32_TAG:
    case SCHEMA_TYPE_UINT32_TAG:
    case SCHEMA_TYPE_FLOAT32_TAG:
        return 32;
    case SCHEMA_TYPE_INT64_TAG:
    case SCHEMA_TYPE_UINT64_TAG:
    case SCHEMA_TYPE_FLOAT64_TAG:
        return 64;
    default:
        return 0;
    }
}

bool schema_type_is_pointer(const struct schema_type *type)
{
    return type->lists > 0 ||
           (type->kind != SCHEMA_TYPE_VOID_TAG && schema_type_bits(type) == 0);
}

enum element schema_element(const struct schema_type *element)
{
    if (element->lists == 0 && element->kind == SCHEMA_TYPE_STRUCT_TAG)
        return ELEMENT_COMPOSITE;
    if (schema_type_is_pointer(element))
        return ELEMENT_POINTER;
    switch (schema_type_bits(element)) {
    case 1:
        return ELEMENT_BIT;
    case 8:
        return ELEMENT_BYTE;
    case 16:
        return ELEMENT_TWO_BYTES;
    case 32:
        return ELEMENT_FOUR_BYTES;
    case 64:
        return ELEMENT_EIGHT_BYTES;
    default:
        return ELEMENT_VOID;
    }
}

bool schema_is_set(const struct schema_node *node, const struct schema_field *field,
                   struct struct_reader reader)
{
    return field->tag == SCHEMA_NO_TAG ||
           field->tag == reader_u16(reader, node->union_offset * 2);
}
