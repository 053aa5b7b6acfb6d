/* hex.h - fixtures written as hex digits. */
#ifndef TESTS_SUPPORT_HEX_H
#define TESTS_SUPPORT_HEX_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint8_t hex_digit(char digit)
{
    const char *digits = "0123456789abcdef", *at = strchr(digits, digit);
    assert(at && *at);
    return (uint8_t)(at - digits);
}

/* Reads as many digits as `length` bytes need. */
static inline void hex_read(const char *hex, uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        bytes[i] = (uint8_t)(hex_digit(hex[2 * i]) << 4 | hex_digit(hex[2 * i + 1]));
}

#endif
