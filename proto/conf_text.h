/* conf_text.h - a configuration file, made ready for libconfuse.
 *
 * libconfuse 3.3 counts the line of a comment twice, and takes a block that the file
 * never closes for a finished one: half of a truncated file would rule in silence.  So
 * comments become spaces before it reads the text, and what is left open is found here.
 */
#ifndef PROTO_CONF_TEXT_H
#define PROTO_CONF_TEXT_H

#include "proto/error.h"

/* Blanks the comments (# and // to the end of the line, and those between slash-star
 * and star-slash) of `text` in place; lines stay where they are.  False: a comment, a
 * quote, a block or a list is never closed; *defect says which (a literal) and *line
 * where it begins, counted from 1. */
MUST_CHECK bool conf_text_prepare(char *text, const char **defect, int *line);

#endif
