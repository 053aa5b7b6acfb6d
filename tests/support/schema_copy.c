/* schema_copy.c - a message written anew with the builder, led by its schema. */
#include <stdlib.h>

#include "tests/support/schema.h"
#include "tests/support/schema_layout.h"

/* Of one struct, or of the largest element of a list, without trailing zeros. */
struct sizes {
    uint16_t data_words;
    uint16_t pointers;
};

static void copy_struct(const struct schema *schema, const struct schema_node *node,
                        struct struct_reader from, struct struct_builder to);

static struct sizes trimmed(struct struct_reader reader, struct sizes least)
{
    struct sizes sizes = {(uint16_t)(reader.data_bits / 64), reader.pointer_count};
    while (sizes.data_words > least.data_words &&
           reader_u64(reader, (sizes.data_words - 1u) * 8) == 0)
        sizes.data_words--;
    while (sizes.pointers > least.pointers &&
           !reader_has(reader, (uint16_t)(sizes.pointers - 1)))
        sizes.pointers--;
    if (sizes.data_words < least.data_words)
        sizes.data_words = least.data_words;
    if (sizes.pointers < least.pointers)
        sizes.pointers = least.pointers;
    return sizes;
}

static void copy_structs(const struct schema *schema, const struct schema_node *node,
                         struct list_reader from, struct struct_builder to,
                         uint16_t pointer)
{
    struct sizes sizes = {0};
    for (uint32_t i = 0; i < from.count; i++)
        sizes = trimmed(list_struct(from, i), sizes);
    struct list_builder list =
        builder_structs(to, pointer, from.count, sizes.data_words, sizes.pointers);
    for (uint32_t i = 0; i < from.count; i++)
        copy_struct(schema, node, list_struct(from, i), list_builder_struct(list, i));
}

static void copy_element(const struct schema_type *element, struct list_reader from,
                         struct list_builder to, uint32_t index)
{
    struct text bytes;
    switch (schema_type_bits(element)) {
    case 1:
        list_builder_bit(to, index, list_bit(from, index));
        return;
    case 8:
        list_builder_u8(to, index, list_u8(from, index));
        return;
    case 64:
        list_builder_i64(to, index, list_i64(from, index));
        return;
    default:
        break;
    }
    if (element->kind == SCHEMA_TYPE_TEXT_TAG) {
        list_builder_text(to, index, list_text(from, index));
    } else if (element->kind == SCHEMA_TYPE_DATA_TAG) {
        bytes = list_data(from, index);
        list_builder_data(to, index, bytes.bytes, bytes.length);
    } else {
        abort(); /* no such list in psp.capnp */
    }
}

static void copy_list(const struct schema *schema, struct schema_type element,
                      struct struct_reader from, struct struct_builder to,
                      uint16_t pointer)
{
    struct list_reader list = reader_list(from, pointer, schema_element(&element));
    if (schema_element(&element) == ELEMENT_COMPOSITE) {
        copy_structs(schema, schema_by_id(schema, element.id), list, to, pointer);
        return;
    }
    struct list_builder made =
        builder_list(to, pointer, schema_element(&element), list.count);
    for (uint32_t i = 0; i < list.count; i++)
        copy_element(&element, list, made, i);
}

static void copy_pointer(const struct schema *schema, struct schema_type type,
                         struct struct_reader from, struct struct_builder to,
                         uint16_t pointer)
{
    uint32_t index;
    if (type.lists > 0) {
        type.lists--;
        copy_list(schema, type, from, to, pointer);
    } else if (type.kind == SCHEMA_TYPE_TEXT_TAG) {
        builder_text(to, pointer, reader_text(from, pointer));
    } else if (type.kind == SCHEMA_TYPE_DATA_TAG) {
        struct text data = reader_data(from, pointer);
        builder_data(to, pointer, data.bytes, data.length);
    } else if (type.kind == SCHEMA_TYPE_STRUCT_TAG) {
        struct struct_reader inner = reader_struct(from, pointer);
        struct sizes sizes = trimmed(inner, (struct sizes){0});
        copy_struct(schema, schema_by_id(schema, type.id), inner,
                    builder_struct(to, pointer, sizes.data_words, sizes.pointers));
    } else if (reader_capability(from, pointer, &index)) {
        builder_capability(to, pointer, index);
    }
}

/* The field that a pointer belongs to, among the union members that are set. */
static const struct schema_field *pointer_field(const struct schema *schema,
                                                const struct schema_node *node,
                                                struct struct_reader from,
                                                uint16_t pointer)
{
    for (uint32_t i = 0; i < node->count; i++) {
        const struct schema_field *field = &node->fields[i];
        if (!schema_is_set(node, field, from))
            continue;
        if (field->group)
            field = pointer_field(schema, schema_by_id(schema, field->group), from,
                                  pointer);
        else if (!schema_type_is_pointer(&field->type) || field->offset != pointer)
            field = NULL;
        if (field)
            return field;
    }
    return NULL;
}

static void copy_struct(const struct schema *schema, const struct schema_node *node,
                        struct struct_reader from, struct struct_builder to)
{
    for (uint32_t word = 0; word < to.data_words; word++)
        builder_set_u64(to, word * 8, reader_u64(from, word * 8));
    for (uint16_t pointer = 0; pointer < to.pointers; pointer++) {
        const struct schema_field *field = pointer_field(schema, node, from, pointer);
        if (field && reader_has(from, pointer))
            copy_pointer(schema, field->type, from, to, pointer);
    }
}

void schema_copy(struct buffer *out, const struct schema *schema,
                 const struct schema_node *node, struct struct_reader reader,
                 bool framed)
{
    struct builder builder;
    struct sizes sizes = trimmed(reader, (struct sizes){0});
    struct struct_builder root =
        framed ? builder_open(&builder, out, sizes.data_words, sizes.pointers)
               : builder_open_flat(&builder, out, sizes.data_words, sizes.pointers);
    copy_struct(schema, node, reader, root);
    if (builder_close(&builder, NULL) != PSP_OK)
        abort();
}
