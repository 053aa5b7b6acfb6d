/* schema_text.c - prints a message as the `capnp` tool does.
 *
 * Rules observed from the tool: fields in the order of their ordinals; data fields
 * always, pointer fields unless null; of a union the member that is set, unless it is
 * the first one and null. */
#include <math.h>
#include <stdlib.h>

#include "tests/support/schema.h"
#include "tests/support/schema_layout.h"

struct printer {
    FILE *out;
    const struct schema *schema;
};

static void print_struct(const struct printer *printer, const struct schema_node *node,
                         struct struct_reader reader);

static void print_bytes(FILE *out, struct text bytes, bool is_binary)
{
    static const char plain[] = "\a\b\f\n\r\t\v'\"\\";
    static const char escape[] = "abfnrtv'\"\\";
    fputc('"', out);
    for (uint32_t i = 0; i < bytes.length; i++) {
        unsigned char byte = (unsigned char)bytes.bytes[i];
        const char *found = byte ? strchr(plain, byte) : NULL;
        if (found)
            fprintf(out, "\\%c", escape[found - plain]);
        else if (byte < 0x20 || byte == 0x7f || (is_binary && byte > 0x7f))
            fprintf(out, "\\%03o", byte);
        else
            fputc(byte, out);
    }
    fputc('"', out);
}

/* The shorter of 15 and 17 digits that is exact, and no plus in the exponent. */
static void print_float(FILE *out, double value)
{
    char digits[40];
    if (!isfinite(value)) {
        fputs(isnan(value) ? "nan" : value > 0 ? "inf" : "-inf", out);
        return;
    }
    snprintf(digits, sizeof digits, "%.15g", value);
    double back = strtod(digits, NULL);
    if (memcmp(&back, &value, sizeof value) != 0)
        snprintf(digits, sizeof digits, "%.17g", value);
    for (const char *at = digits; *at; at++) {
        if (*at != '+')
            fputc(*at, out);
    }
}

static void print_enum(const struct printer *printer, uint64_t id, uint64_t value)
{
    const struct schema_node *node = schema_by_id(printer->schema, id);
    if (value < node->count)
        fputs(node->enumerants[value], printer->out);
    else
        fprintf(printer->out, "(%llu)", (unsigned long long)value);
}

static void print_scalar(const struct printer *printer, const struct schema_type *type,
                         uint64_t bits)
{
    double wide;
    switch (type->kind) {
    case SCHEMA_TYPE_VOID_TAG:
        fputs("void", printer->out);
        return;
    case SCHEMA_TYPE_BOOL_TAG:
        fputs(bits ? "true" : "false", printer->out);
        return;
    case SCHEMA_TYPE_INT8_TAG:
        fprintf(printer->out, "%d", (int8_t)bits);
        return;
    case SCHEMA_TYPE_INT16_TAG:
        fprintf(printer->out, "%d", (int16_t)bits);
        return;
    case SCHEMA_TYPE_INT32_TAG:
        fprintf(printer->out, "%d", (int32_t)bits);
        return;
    case SCHEMA_TYPE_INT64_TAG:
        fprintf(printer->out, "%lld", (long long)(int64_t)bits);
        return;
    case SCHEMA_TYPE_FLOAT64_TAG:
        memcpy(&wide, &bits, sizeof wide);
        print_float(printer->out, wide);
        return;
    case SCHEMA_TYPE_ENUM_TAG:
        print_enum(printer, type->id, bits);
        return;
    default:
        fprintf(printer->out, "%llu", (unsigned long long)bits);
        return;
    }
}

static uint64_t scalar_field(struct struct_reader reader,
                             const struct schema_field *field)
{
    switch (schema_type_bits(&field->type)) {
    case 1:
        return reader_bit(reader, field->offset, field->default_bits != 0);
    case 8:
        return reader_u8(reader, field->offset) ^ field->default_bits;
    case 16:
        return reader_u16(reader, field->offset * 2) ^ field->default_bits;
    case 32:
        return reader_u32(reader, field->offset * 4) ^ field->default_bits;
    case 64:
        return reader_u64(reader, field->offset * 8) ^ field->default_bits;
    default:
        return 0;
    }
}

/* --- lists --- */

static uint64_t scalar_element(struct list_reader list, uint32_t index, uint32_t bits)
{
    /* Elements between 8 and 64 bits occur in no schema of ours but in a struct. */
    switch (bits) {
    case 1:
        return list_bit(list, index);
    case 8:
        return list_u8(list, index);
    case 16:
        return reader_u16(list_struct(list, index), 0);
    case 32:
        return reader_u32(list_struct(list, index), 0);
    default:
        return list_u64(list, index);
    }
}

static void print_element(const struct printer *printer,
                          const struct schema_type *element, struct list_reader list,
                          uint32_t index)
{
    if (element->lists > 0)
        fputs("<list of lists>", printer->out);
    else if (element->kind == SCHEMA_TYPE_STRUCT_TAG)
        print_struct(printer, schema_by_id(printer->schema, element->id),
                     list_struct(list, index));
    else if (element->kind == SCHEMA_TYPE_TEXT_TAG)
        print_bytes(printer->out, list_text(list, index), false);
    else if (element->kind == SCHEMA_TYPE_DATA_TAG)
        print_bytes(printer->out, list_data(list, index), true);
    else
        print_scalar(printer, element,
                     scalar_element(list, index, schema_type_bits(element)));
}

static void print_list(const struct printer *printer, const struct schema_field *field,
                       struct struct_reader reader)
{
    struct schema_type element = field->type;
    element.lists--;
    struct list_reader list =
        reader_list(reader, (uint16_t)field->offset, schema_element(&element));
    fputc('[', printer->out);
    for (uint32_t i = 0; i < list.count; i++) {
        if (i > 0)
            fputs(", ", printer->out);
        print_element(printer, &element, list, i);
    }
    fputc(']', printer->out);
}

/* --- structs --- */

static void print_slot(const struct printer *printer, const struct schema_field *field,
                       struct struct_reader reader)
{
    uint16_t pointer = (uint16_t)field->offset;
    if (field->type.lists > 0) {
        print_list(printer, field, reader);
        return;
    }
    switch (field->type.kind) {
    case SCHEMA_TYPE_TEXT_TAG:
        print_bytes(printer->out, reader_text(reader, pointer), false);
        return;
    case SCHEMA_TYPE_DATA_TAG:
        print_bytes(printer->out, reader_data(reader, pointer), true);
        return;
    case SCHEMA_TYPE_STRUCT_TAG:
        print_struct(printer, schema_by_id(printer->schema, field->type.id),
                     reader_struct(reader, pointer));
        return;
    case SCHEMA_TYPE_INTERFACE_TAG:
        fputs("<external capability>", printer->out);
        return;
    case SCHEMA_TYPE_ANY_POINTER_TAG:
        fputs("<opaque pointer>", printer->out);
        return;
    default:
        print_scalar(printer, &field->type, scalar_field(reader, field));
        return;
    }
}

static bool is_printed(const struct schema_node *node, const struct schema_field *field,
                       struct struct_reader reader)
{
    bool is_null = field->group == 0 && schema_type_is_pointer(&field->type) &&
                   !reader_has(reader, (uint16_t)field->offset);
    bool may_be_null = field->tag != SCHEMA_NO_TAG && field->tag != 0;
    return schema_is_set(node, field, reader) && (may_be_null || !is_null);
}

static void print_struct(const struct printer *printer, const struct schema_node *node,
                         struct struct_reader reader)
{
    const char *separator = "";
    fputc('(', printer->out);
    for (uint32_t i = 0; i < node->count; i++) {
        const struct schema_field *field = &node->fields[i];
        if (!is_printed(node, field, reader))
            continue;
        fprintf(printer->out, "%s%s = ", separator, field->name);
        separator = ", ";
        if (field->group)
            print_struct(printer, schema_by_id(printer->schema, field->group), reader);
        else
            print_slot(printer, field, reader);
    }
    fputc(')', printer->out);
}

void schema_print(FILE *out, const struct schema *schema,
                  const struct schema_node *node, struct struct_reader reader)
{
    struct printer printer = {out, schema};
    print_struct(&printer, node, reader);
}

void schema_squeeze(char *printed)
{
    char *to = printed;
    bool quoted = false;
    for (const char *from = printed; *from; from++) {
        if (quoted && *from == '\\' && from[1]) {
            *to++ = *from++;
        } else if (*from == '"') {
            quoted = !quoted;
        } else if (!quoted && strchr(" \t\r\n", *from)) {
            continue;
        }
        *to++ = *from;
    }
    *to = '\0';
}
