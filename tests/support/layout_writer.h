/* layout_writer.h - writes a compiled schema as C constants.
 *
 * For each struct the sizes of its sections; for each field where it lies: _OFF in
 * bytes, _BIT in bits, _PTR as pointer index; _TAG where it is a member of a union,
 * _DEFAULT where stored bits are XORed; for enums, interfaces, methods and constants
 * their numbers. */
#ifndef TESTS_SUPPORT_LAYOUT_WRITER_H
#define TESTS_SUPPORT_LAYOUT_WRITER_H

#include "tests/support/schema.h"

/* Everything that `file` ("psp.capnp") declares, in the order of the compiled schema.
 */
void layout_write(FILE *out, const struct schema *schema, const char *file,
                  const char *prefix);

#endif
