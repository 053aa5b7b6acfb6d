/* schema.h - the compiled Cap'n Proto schemas, as tables.
 *
 * `capnp compile -o-` writes a CodeGeneratorRequest (schema.capnp), itself a Cap'n
 * Proto message.  It is read with our reader, and gives what tests need to print any
 * message the way `capnp decode` does, and to write proto/layout.h.  Test code: it ends
 * the program when memory is short or the compiled schema makes no sense. */
#ifndef TESTS_SUPPORT_SCHEMA_H
#define TESTS_SUPPORT_SCHEMA_H

#include <stdio.h>

#include "proto/builder.h"
#include "proto/message.h"

enum { SCHEMA_NO_TAG = 0xffff };

struct schema_type {
    uint16_t kind;  /* SCHEMA_TYPE_*_TAG of the innermost element */
    uint16_t lists; /* List( that many times around it */
    uint64_t id;    /* of the enum, struct or interface */
};

struct schema_field {
    const char *name;
    uint16_t tag;    /* in the union of its struct, or SCHEMA_NO_TAG */
    uint64_t group;  /* id of the group's node; 0: the field is a slot */
    uint32_t offset; /* in units of its size; pointers: the index */
    struct schema_type type;
    uint64_t default_bits; /* what stored data is XORed with */
};

struct schema_method {
    const char *name;
    uint64_t params; /* ids of structs */
    uint64_t results;
};

struct schema_node {
    uint64_t id;
    const char *path; /* "proto/psp.capnp:Totebox.hello$Params" */
    struct text file; /* "psp.capnp", in path */
    const char *name; /* "Totebox.hello$Params", in path */
    uint16_t kind;    /* SCHEMA_NODE_*_TAG */
    bool is_group;
    uint16_t data_words;
    uint16_t pointers;
    uint16_t union_fields; /* 0: the struct has no union */
    uint32_t union_offset; /* of its tag, in 16-bit units */
    uint64_t const_bits;   /* value of a constant */
    uint32_t count;        /* of whichever follows */
    struct schema_field *fields;
    struct schema_method *methods;
    const char **enumerants;
};

struct schema {
    struct schema_node *nodes;
    uint32_t count;
    uint8_t *bytes; /* the request; names point into it */
    char tool[64];  /* "Cap'n Proto version 0.9.2" */
};

/* Compiles proto/psp.capnp of $top_srcdir with the system's rpc.capnp and schema.capnp.
 * NULL, and a word on stderr, where the tool or the system's schemas are not installed.
 */
struct schema *schema_load(void);
void schema_free(struct schema *schema);

/* The struct or method's interface that must be there. */
const struct schema_node *schema_by_id(const struct schema *schema, uint64_t id);
const struct schema_node *schema_by_name(const struct schema *schema, const char *file,
                                         const char *name);
/* Bits of one value in the data section; 0 for pointers and void. */
uint32_t schema_type_bits(const struct schema_type *type);
bool schema_type_is_pointer(const struct schema_type *type);

/* Prints a struct as `capnp decode --short` does. */
void schema_print(FILE *out, const struct schema *schema,
                  const struct schema_node *node, struct struct_reader reader);
/* Writes the struct anew at the end of `out`, in the canonical form of the encoding: in
 * preorder, without trailing zero words; with or without a segment table. */
void schema_copy(struct buffer *out, const struct schema *schema,
                 const struct schema_node *node, struct struct_reader reader,
                 bool framed);
/* Whether the field's union member is the one that is set, and the list's elements. */
bool schema_is_set(const struct schema_node *node, const struct schema_field *field,
                   struct struct_reader reader);
enum element schema_element(const struct schema_type *element);

/* Takes white space outside of quotes out, in place: what two printers may do
 * differently. */
void schema_squeeze(char *printed);

#endif
