#include "tests/support/layout_writer.h"

#include <ctype.h>
#include <stdlib.h>

#include "tests/support/schema_layout.h"

/* A constant's name while it is put together: PSP_GRANT_READ_PARAMS. */
struct name {
    char text[120];
};

/* lowerCamel, Upper.Camel and Method$Params become UPPER_SNAKE. */
static struct name name_join(struct name name, const char *part)
{
    size_t length = strlen(name.text);
    bool new_word = length > 0;
    char last = '\0';
    for (; *part; last = *part++) {
        unsigned char letter = (unsigned char)*part;
        if (!isalnum(letter)) {
            new_word = true;
            continue;
        }
        if (isupper(letter) &&
            (islower((unsigned char)last) || isdigit((unsigned char)last)))
            new_word = true;
        if (length + 3 > sizeof name.text)
            abort();
        if (new_word)
            name.text[length++] = '_';
        new_word = false;
        name.text[length++] = (char)toupper(letter);
    }
    name.text[length] = '\0';
    return name;
}

static const char *type_words(const struct schema_type *type)
{
    static const char *const words[] = {
        [SCHEMA_TYPE_VOID_TAG] = "void",       [SCHEMA_TYPE_BOOL_TAG] = "bool",
        [SCHEMA_TYPE_INT8_TAG] = "i8",         [SCHEMA_TYPE_INT16_TAG] = "i16",
        [SCHEMA_TYPE_INT32_TAG] = "i32",       [SCHEMA_TYPE_INT64_TAG] = "i64",
        [SCHEMA_TYPE_UINT8_TAG] = "u8",        [SCHEMA_TYPE_UINT16_TAG] = "u16",
        [SCHEMA_TYPE_UINT32_TAG] = "u32",      [SCHEMA_TYPE_UINT64_TAG] = "u64",
        [SCHEMA_TYPE_FLOAT32_TAG] = "f32",     [SCHEMA_TYPE_FLOAT64_TAG] = "f64",
        [SCHEMA_TYPE_TEXT_TAG] = "Text",       [SCHEMA_TYPE_DATA_TAG] = "Data",
        [SCHEMA_TYPE_LIST_TAG] = "List",       [SCHEMA_TYPE_ENUM_TAG] = "enum",
        [SCHEMA_TYPE_STRUCT_TAG] = "struct",   [SCHEMA_TYPE_INTERFACE_TAG] = "cap",
        [SCHEMA_TYPE_ANY_POINTER_TAG] = "any",
    };
    return type->lists > 0 ? "List" : words[type->kind];
}

static void write_slot(FILE *out, const char *name, const struct schema_field *field)
{
    const char *words = type_words(&field->type);
    uint32_t bits = schema_type_bits(&field->type);
    if (schema_type_is_pointer(&field->type))
        fprintf(out, "#define %s_PTR %u /* %s */\n", name, field->offset, words);
    else if (bits == 1)
        fprintf(out, "#define %s_BIT %u /* bool */\n", name, field->offset);
    else if (bits > 0)
        fprintf(out, "#define %s_OFF %u /* bytes, %s */\n", name,
                field->offset * (bits / 8), words);
    if (field->default_bits != 0)
        fprintf(out, "#define %s_DEFAULT 0x%llxu /* stored XORed with this */\n", name,
                (unsigned long long)field->default_bits);
}

static void write_fields(FILE *out, const struct schema *schema,
                         const struct schema_node *node, struct name name)
{
    if (node->union_fields > 0)
        fprintf(out, "#define %s_TAG_OFF %u /* bytes, u16 */\n", name.text,
                node->union_offset * 2);
    for (uint32_t i = 0; i < node->count; i++) {
        const struct schema_field *field = &node->fields[i];
        struct name inner = name_join(name, field->name);
        if (field->tag != SCHEMA_NO_TAG)
            fprintf(out, "#define %s_TAG %u\n", inner.text, field->tag);
        if (field->group)
            write_fields(out, schema, schema_by_id(schema, field->group), inner);
        else
            write_slot(out, inner.text, field);
    }
}

static void write_struct(FILE *out, const struct schema *schema,
                         const struct schema_node *node, struct name name)
{
    fprintf(out, "\n/* %.*s:%s */\n", (int)node->file.length, node->file.bytes,
            node->name);
    fprintf(out, "#define %s_DATA_WORDS %u\n", name.text, node->data_words);
    fprintf(out, "#define %s_PTRS %u\n", name.text, node->pointers);
    write_fields(out, schema, node, name);
}

static void write_numbers(FILE *out, const struct schema_node *node, struct name name)
{
    fputc('\n', out);
    if (node->kind == SCHEMA_NODE_INTERFACE_TAG)
        fprintf(out, "#define %s_ID 0x%016llxull\n", name.text,
                (unsigned long long)node->id);
    for (uint32_t i = 0; i < node->count; i++) {
        const char *part = node->methods ? node->methods[i].name : node->enumerants[i];
        fprintf(out, "#define %s %u\n", name_join(name, part).text, i);
    }
}

void layout_write(FILE *out, const struct schema *schema, const char *file,
                  const char *prefix)
{
    for (uint32_t i = 0; i < schema->count; i++) {
        const struct schema_node *node = &schema->nodes[i];
        if (!text_equal(node->file, text_of(file)) || node->is_group)
            continue;
        struct name name = {""};
        name = name_join(name_join(name, prefix), node->name);
        switch (node->kind) {
        case SCHEMA_NODE_STRUCT_TAG:
            write_struct(out, schema, node, name);
            break;
        case SCHEMA_NODE_ENUM_TAG:
        case SCHEMA_NODE_INTERFACE_TAG:
            write_numbers(out, node, name);
            break;
        case SCHEMA_NODE_CONST_TAG:
            fprintf(out, "#define %s 0x%llxu\n", name.text,
                    (unsigned long long)node->const_bits);
            break;
        default:
            break;
        }
    }
}
