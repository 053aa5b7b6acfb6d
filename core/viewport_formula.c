/* viewport_formula.c - "sum(amount) / total(amount)" as a tree.
 *
 *   sum   := product (('+'|'-') product)*
 *   product := factor (('*'|'/') factor)*
 *   factor := '-' factor | number | name | function '(' sum (',' sum)? ')' | '(' sum
 * ')'
 *
 * Inside a function names are columns of the rows, outside they are columns of the
 * viewport that stand before this one: the two never mix. */
#include <stdarg.h>
#include <stdio.h>

#include "core/viewport.h"

struct parser {
    const char *text, *at;
    const struct formula_scope *scope;
    struct formula *formula;
    bool in_function;
    unsigned depth;
    char *why; /* "" while all is well */
    size_t size;
};

__attribute__((format(printf, 2, 3))) static uint8_t fail(struct parser *parser,
                                                          const char *format, ...)
{
    va_list arguments;
    if (parser->why[0])
        return 0;
    va_start(arguments, format);
    vsnprintf(parser->why, parser->size, format, arguments);
    va_end(arguments);
    return 0;
}

static char look(struct parser *parser)
{
    while (*parser->at == ' ' || *parser->at == '\t')
        parser->at++;
    return *parser->at;
}

static bool take(struct parser *parser, char wanted)
{
    if (look(parser) != wanted)
        return false;
    parser->at++;
    return true;
}

static uint8_t node(struct parser *parser, struct formula_node made)
{
    if (parser->formula->count == FORMULA_NODES)
        return fail(parser, "the formula is too long");
    parser->formula->nodes[parser->formula->count] = made;
    return parser->formula->count++;
}

static uint8_t parse_sum(struct parser *parser);

static uint8_t parse_number(struct parser *parser)
{
    const char *begin = parser->at;
    struct decimal value;
    while ((*parser->at >= '0' && *parser->at <= '9') || *parser->at == '.')
        parser->at++;
    struct text text = {begin, (uint32_t)(parser->at - begin)};
    if (decimal_parse(text, &value) != DECIMAL_OK)
        return fail(parser, "\"%.*s\" is no number: write digits and a point",
                    (int)text.length, begin);
    return node(parser, (struct formula_node){.op = FORMULA_NUMBER,
                                              .number = rational_of(value)});
}

static uint8_t parse_field(struct parser *parser, struct text name)
{
    char known[256];
    uint8_t field = viewport_field(parser->scope->view, name);
    if (field != FIELD_NONE && viewport_field_is_number(parser->scope->view, field))
        return node(parser, (struct formula_node){.op = FORMULA_FIELD, .index = field});
    viewport_list_fields(parser->scope->view, true, known, sizeof known);
    return fail(parser, "%s has no number called \"%.*s\"; its numbers are: %s",
                view_table(parser->scope->view)->name, (int)name.length, name.bytes,
                known);
}

static uint8_t parse_column(struct parser *parser, struct text name)
{
    for (uint8_t i = 0; i < parser->scope->column_count; i++)
        if (text_equal(text_of(parser->scope->columns[i]), name))
            return node(parser,
                        (struct formula_node){.op = FORMULA_COLUMN, .index = i});
    return fail(
        parser,
        "no column \"%.*s\" before this one; a column of the rows stands inside "
        "sum() min() max() count() ratio() total()",
        (int)name.length, name.bytes);
}

static uint8_t parse_function(struct parser *parser, struct text name)
{
    static const struct {
        const char *name;
        enum formula_op op;
    } functions[] = {{"sum", FORMULA_SUM},     {"min", FORMULA_MIN},
                     {"max", FORMULA_MAX},     {"count", FORMULA_COUNT},
                     {"ratio", FORMULA_RATIO}, {"total", FORMULA_TOTAL}};
    struct formula_node made = {.op = FORMULA_NUMBER};
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (text_equal(text_of(functions[i].name), name))
            made.op = functions[i].op;
    if (made.op == FORMULA_NUMBER)
        return fail(parser,
                    "no function \"%.*s\"; there are: sum min max count ratio total",
                    (int)name.length, name.bytes);
    if (parser->in_function)
        return fail(parser, "%.*s() stands inside another function", (int)name.length,
                    name.bytes);
    if (*parser->scope->aggregate_count == VIEWPORT_AGGREGATES)
        return fail(parser, "more than %d functions in one viewport",
                    VIEWPORT_AGGREGATES);
    made.index = (uint8_t)(*parser->scope->aggregate_count)++;
    take(parser, '(');
    parser->in_function = true;
    if (made.op == FORMULA_COUNT && look(parser) == ')')
        made.left =
            node(parser, (struct formula_node){.op = FORMULA_NUMBER, .number = {1, 1}});
    else
        made.left = parse_sum(parser);
    if (made.op == FORMULA_RATIO) {
        if (!take(parser, ','))
            return fail(parser, "ratio() takes two: ratio(num, den)");
        made.right = parse_sum(parser);
    }
    parser->in_function = false;
    if (!take(parser, ')'))
        return fail(parser, "%.*s( is not closed", (int)name.length, name.bytes);
    return node(parser, made);
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || c == '_';
}

static uint8_t parse_name(struct parser *parser)
{
    const char *begin = parser->at;
    while (is_letter(*parser->at) || (*parser->at >= '0' && *parser->at <= '9'))
        parser->at++;
    struct text name = {begin, (uint32_t)(parser->at - begin)};
    if (look(parser) == '(')
        return parse_function(parser, name);
    return parser->in_function ? parse_field(parser, name) : parse_column(parser, name);
}

static uint8_t parse_factor(struct parser *parser)
{
    char next = look(parser);
    uint8_t made;
    if (parser->why[0])
        return 0;
    if (++parser->depth > FORMULA_DEPTH)
        return fail(parser, "the formula is nested too deeply");
    if (take(parser, '-')) {
        uint8_t of = parse_factor(parser);
        made = node(parser, (struct formula_node){.op = FORMULA_NEGATE, .left = of});
    } else if (take(parser, '(')) {
        made = parse_sum(parser);
        if (!take(parser, ')'))
            fail(parser, "a ( is not closed");
    } else if (next >= '0' && next <= '9') {
        made = parse_number(parser);
    } else if (is_letter(next)) {
        made = parse_name(parser);
    } else {
        made = fail(parser, next ? "a number, a name or a function belongs here"
                                 : "the formula ends too soon");
    }
    parser->depth--;
    return made;
}

static uint8_t parse_product(struct parser *parser)
{
    uint8_t left = parse_factor(parser);
    for (char c = look(parser); !parser->why[0] && (c == '*' || c == '/');
         c = look(parser)) {
        parser->at++;
        uint8_t right = parse_factor(parser);
        left = node(parser, (struct formula_node){.op = c == '*' ? FORMULA_MULTIPLY
                                                                 : FORMULA_DIVIDE,
                                                  .left = left,
                                                  .right = right});
    }
    return left;
}

static uint8_t parse_sum(struct parser *parser)
{
    uint8_t left = parse_product(parser);
    for (char c = look(parser); !parser->why[0] && (c == '+' || c == '-');
         c = look(parser)) {
        parser->at++;
        uint8_t right = parse_product(parser);
        left = node(parser, (struct formula_node){.op = c == '+' ? FORMULA_ADD
                                                                 : FORMULA_SUBTRACT,
                                                  .left = left,
                                                  .right = right});
    }
    return left;
}

bool formula_parse(const char *text, const struct formula_scope *scope,
                   struct formula *formula, uint32_t *where, char *why, size_t size)
{
    struct parser parser = {.text = text,
                            .at = text,
                            .scope = scope,
                            .formula = formula,
                            .why = why,
                            .size = size};
    why[0] = '\0';
    formula->count = 0;
    formula->root = parse_sum(&parser);
    if (!why[0] && look(&parser))
        fail(&parser, "\"%.20s\" is left over", parser.at);
    *where = (uint32_t)(parser.at - text);
    return !why[0];
}
