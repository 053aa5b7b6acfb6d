/* decimal_fuzz.c - "scale\na\nb": any text as numbers; what parses must write back,
 * add, multiply, divide and compare by the laws of arithmetic. */
#include <stdlib.h>

#include "proto/decimal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

static void check_text(struct decimal value)
{
    char text[DECIMAL_CHARS_MAX];
    struct decimal back;
    uint32_t length = decimal_write(value, text);
    demand(length < DECIMAL_CHARS_MAX && text[length] == '\0');
    demand(decimal_parse((struct text){text, length}, &back) == DECIMAL_OK);
    demand(back.coefficient == value.coefficient && back.scale == value.scale);
    demand(decimal_compare(decimal_trim(value), value) == 0);
}

static void check_amount(struct decimal value)
{
    struct amount amount;
    if (amount_from_decimal(value, &amount) == DECIMAL_OK)
        demand(decimal_compare(amount_decimal(amount), value) == 0);
}

static void check_pair(struct decimal a, struct decimal b, uint8_t scale)
{
    struct decimal sum, back, product, other, quotient, share;
    demand(decimal_compare(a, b) == -decimal_compare(b, a));
    if (decimal_add(a, b, &sum) == DECIMAL_OK &&
        decimal_subtract(sum, b, &back) == DECIMAL_OK)
        demand(decimal_compare(back, a) == 0);
    enum decimal_error first = decimal_multiply(a, b, scale, &product);
    demand(first == decimal_multiply(b, a, scale, &other));
    if (first == DECIMAL_OK)
        demand(decimal_compare(product, other) == 0);
    enum decimal_error second = decimal_divide(a, b, scale, &quotient);
    demand((second == DECIMAL_DIVIDES_BY_0) == (b.coefficient == 0));
    if (second == DECIMAL_OK && decimal_sign(quotient) != 0)
        demand(decimal_sign(quotient) == decimal_sign(a) * decimal_sign(b));
    /* A share of 1/n is a division by n. */
    if (b.coefficient > 0 && b.scale == 0 && second == DECIMAL_OK &&
        decimal_share(a, 1, b.coefficient, scale, &share) == DECIMAL_OK)
        demand(decimal_compare(share, quotient) == 0);
}

/* The text up to the next newline. */
static struct text next_line(struct text *rest)
{
    const char *end = rest->length ? memchr(rest->bytes, '\n', rest->length) : NULL;
    struct text line = *rest;
    if (end)
        line.length = (uint32_t)(end - rest->bytes);
    uint32_t taken = line.length + (end != NULL);
    rest->bytes += taken;
    rest->length -= taken;
    return line;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text rest = {(const char *)data, size < 4096 ? (uint32_t)size : 4096};
    struct text first = next_line(&rest), second = next_line(&rest);
    struct text third = next_line(&rest);
    struct decimal a, b;
    uint8_t scale = first.length ? (uint8_t)first.bytes[0] % 20 : 0;
    if (decimal_parse(second, &a))
        return 0;
    check_text(a);
    check_amount(a);
    if (decimal_parse(third, &b))
        return 0;
    check_pair(a, b, scale);
    struct decimal rounded;
    enum decimal_error error = decimal_rescale(a, scale, &rounded);
    demand(scale <= DECIMAL_SCALE_MAX || error == DECIMAL_OVERFLOW);
    if (error == DECIMAL_OK)
        check_text(rounded);
    return 0;
}
