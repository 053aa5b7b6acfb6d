/* text.h - a counted run of bytes that somebody else owns.
 *
 * Not terminated, not validated: what a peer sent stays `struct text` until it
 * has been checked.  Borrowed from a receive buffer, a mapping or a literal;
 * never freed through this struct. */
#ifndef PROTO_TEXT_H
#define PROTO_TEXT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct text {
    const char *bytes; /* may be NULL when length is 0 */
    uint32_t length;   /* bytes */
};

#define TEXT(literal)                                                                  \
    ((struct text){.bytes = (literal), .length = (uint32_t)sizeof(literal) - 1})

static inline struct text text_of(const char *string)
{
    return (struct text){.bytes = string, .length = (uint32_t)strlen(string)};
}

static inline bool text_equal(struct text a, struct text b)
{
    return a.length == b.length &&
           (a.length == 0 || memcmp(a.bytes, b.bytes, a.length) == 0);
}

/* Bytewise, shorter first where one is a prefix: the order of sorted sets in PSP. */
static inline int text_compare(struct text a, struct text b)
{
    uint32_t shorter = a.length < b.length ? a.length : b.length;
    int order = shorter ? memcmp(a.bytes, b.bytes, shorter) : 0;
    if (order != 0)
        return order;
    return a.length < b.length ? -1 : a.length > b.length;
}

static inline bool text_starts_with(struct text whole, struct text prefix)
{
    return whole.length >= prefix.length &&
           (prefix.length == 0 || memcmp(whole.bytes, prefix.bytes, prefix.length) == 0);
}

#endif
