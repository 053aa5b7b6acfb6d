#include "screens/filter.h"

struct parser {
    struct filter *filter;
    unsigned at;
    unsigned depth;
    unsigned *where;
    const char **why;
};

static bool fail(struct parser *parser, unsigned at, const char *what)
{
    *parser->where = at;
    *parser->why = what;
    return false;
}

static char here(const struct parser *parser)
{
    return parser->filter->source[parser->at];
}

static void skip_blanks(struct parser *parser)
{
    while (here(parser) == ' ')
        parser->at++;
}

static bool add(struct parser *parser, struct filter_node node)
{
    if (parser->filter->count == FILTER_NODES)
        return fail(parser, parser->at, "the filter has too many parts");
    parser->filter->nodes[parser->filter->count++] = node;
    return true;
}

static struct filter_span span_of(unsigned begin, unsigned end)
{
    return (struct filter_span){(uint8_t)begin, (uint8_t)(end - begin)};
}

/* --- atoms ------------------------------------------------------------------------ */

static bool take_quoted(struct parser *parser, struct filter_span *span)
{
    unsigned begin = ++parser->at;
    while (here(parser) && here(parser) != '"')
        parser->at++;
    if (!here(parser))
        return fail(parser, begin - 1, "the quote is not closed");
    if (parser->at == begin)
        return fail(parser, begin, "a word is missing here");
    *span = span_of(begin, parser->at++);
    return true;
}

static bool take_regex(struct parser *parser)
{
    unsigned begin = ++parser->at;
    while (here(parser) && here(parser) != '/') {
        /* Back references and counts are what makes an expression slow. */
        if (here(parser) == '{')
            return fail(parser, parser->at, "no {counts} in an expression here");
        if (here(parser) == '\\' && parser->filter->source[parser->at + 1]) {
            parser->at++;
            if (here(parser) >= '0' && here(parser) <= '9')
                return fail(parser, parser->at, "no back references here");
        }
        parser->at++;
    }
    if (!here(parser))
        return fail(parser, begin - 1, "the expression is not closed by /");
    if (parser->at == begin || parser->at - begin > FILTER_REGEX_MAX)
        return fail(parser, begin, "an expression has 1 to 64 characters");
    struct filter_node node = {.op = FILTER_REGEX,
                               .value = span_of(begin, parser->at++)};
    return add(parser, node);
}

static bool ends_word(char character)
{
    return !character || strchr(" |()", character) != NULL;
}

/* Length of a relation at `text`, 0 when there is none. */
static unsigned relation_at(const char *text, enum filter_relation *relation)
{
    static const struct {
        const char *sign;
        enum filter_relation relation;
    } signs[] = {{"!=", FILTER_IS_NOT}, {">=", FILTER_AT_LEAST}, {"<=", FILTER_AT_MOST},
                 {">", FILTER_GREATER}, {"<", FILTER_LESS},      {"=", FILTER_IS},
                 {":", FILTER_CONTAINS}};
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
        if (strncmp(text, signs[i].sign, strlen(signs[i].sign)) == 0) {
            *relation = signs[i].relation;
            return (unsigned)strlen(signs[i].sign);
        }
    return 0;
}

static bool take_value(struct parser *parser, struct filter_node *node)
{
    const char *source = parser->filter->source;
    if (here(parser) == '"') {
        node->is_quoted = true;
        return take_quoted(parser, &node->value);
    }
    unsigned begin = parser->at;
    while (!ends_word(here(parser)))
        parser->at++;
    if (parser->at == begin)
        return fail(parser, begin, "a value is missing here");
    node->value = span_of(begin, parser->at);
    for (unsigned i = begin; i + 1 < parser->at && node->relation == FILTER_CONTAINS;
         i++) {
        if (source[i] != '.' || source[i + 1] != '.')
            continue;
        if (i == begin || i + 2 == parser->at)
            return fail(parser, i, "a range has two ends: 1..5");
        node->relation = FILTER_BETWEEN;
        node->value = span_of(begin, i);
        node->high = span_of(i + 2, parser->at);
    }
    return true;
}

static bool is_field_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '_' || c == '.';
}

static bool take_word(struct parser *parser)
{
    const char *source = parser->filter->source;
    unsigned begin = parser->at, end = begin;
    enum filter_relation relation = FILTER_CONTAINS;
    while (is_field_letter(source[end]))
        end++;
    unsigned sign = end > begin ? relation_at(source + end, &relation) : 0;
    if (sign) {
        struct filter_node node = {.op = FILTER_FIELD,
                                   .relation = (uint8_t)relation,
                                   .field = span_of(begin, end)};
        parser->at = end + sign;
        return take_value(parser, &node) && add(parser, node);
    }
    while (!ends_word(here(parser)))
        parser->at++;
    if (parser->at == begin)
        return fail(parser, begin, "a word is missing here");
    return add(parser, (struct filter_node){.op = FILTER_WORD,
                                            .value = span_of(begin, parser->at)});
}

/* --- the grammar ------------------------------------------------------------------ */

static bool take_or(struct parser *parser);

static bool take_atom(struct parser *parser)
{
    if (here(parser) == '/')
        return take_regex(parser);
    if (here(parser) == '"') {
        struct filter_node node = {.op = FILTER_WORD, .is_quoted = true};
        return take_quoted(parser, &node.value) && add(parser, node);
    }
    if (here(parser) != '(')
        return take_word(parser);
    unsigned begin = parser->at++;
    if (++parser->depth > FILTER_DEPTH)
        return fail(parser, begin, "parentheses are nested too deeply");
    if (!take_or(parser))
        return false;
    if (here(parser) != ')')
        return fail(parser, begin, "the parenthesis is not closed");
    parser->at++;
    parser->depth--;
    return true;
}

static bool take_not(struct parser *parser)
{
    bool is_not = here(parser) == '!';
    parser->at += is_not;
    return take_atom(parser) &&
           (!is_not || add(parser, (struct filter_node){.op = FILTER_NOT}));
}

static bool take_and(struct parser *parser)
{
    skip_blanks(parser);
    if (!take_not(parser))
        return false;
    for (;;) {
        skip_blanks(parser);
        if (!here(parser) || here(parser) == '|' || here(parser) == ')')
            return true;
        if (!take_not(parser) || !add(parser, (struct filter_node){.op = FILTER_AND}))
            return false;
    }
}

static bool take_or(struct parser *parser)
{
    if (!take_and(parser))
        return false;
    while (here(parser) == '|') {
        parser->at++;
        if (!take_and(parser) || !add(parser, (struct filter_node){.op = FILTER_OR}))
            return false;
    }
    return true;
}

bool filter_parse(const char *source, struct filter *filter, unsigned *where,
                  const char **why)
{
    struct filter parsed = {.count = 0};
    struct parser parser = {.filter = &parsed, .where = where, .why = why};
    size_t length = strlen(source);
    if (length >= FILTER_CHARS)
        return fail(&parser, FILTER_CHARS - 1, "the filter is too long");
    memcpy(parsed.source, source, length + 1);
    skip_blanks(&parser);
    parsed.is_pinned = here(&parser) == '&';
    parser.at += parsed.is_pinned;
    skip_blanks(&parser);
    if (here(&parser) && !take_or(&parser))
        return false;
    if (here(&parser))
        return fail(&parser, parser.at, "no parenthesis is open here");
    *filter = parsed;
    return true;
}

/* --- running ---------------------------------------------------------------------- */

static enum filter_answer both(enum filter_answer a, enum filter_answer b)
{
    if (a == FILTER_NO || b == FILTER_NO)
        return FILTER_NO;
    return a == FILTER_UNKNOWN || b == FILTER_UNKNOWN ? FILTER_UNKNOWN : FILTER_YES;
}

static enum filter_answer negated(enum filter_answer a)
{
    return a == FILTER_UNKNOWN ? a : a == FILTER_NO ? FILTER_YES : FILTER_NO;
}

enum filter_answer filter_run(const struct filter *filter,
                              enum filter_answer (*atom)(const void *user,
                                                         unsigned index),
                              const void *user)
{
    enum filter_answer stack[FILTER_NODES] = {FILTER_YES};
    unsigned depth = 0;
    for (unsigned i = 0; i < filter->count; i++) {
        switch ((enum filter_op)filter->nodes[i].op) {
        case FILTER_WORD:
        case FILTER_REGEX:
        case FILTER_FIELD:
            stack[depth++] = atom(user, i);
            break;
        case FILTER_NOT:
            stack[depth - 1] = negated(stack[depth - 1]);
            break;
        case FILTER_AND:
            depth--;
            stack[depth - 1] = both(stack[depth - 1], stack[depth]);
            break;
        case FILTER_OR: /* de Morgan */
            depth--;
            stack[depth - 1] =
                negated(both(negated(stack[depth - 1]), negated(stack[depth])));
            break;
        }
    }
    return stack[0];
}

static char folded(char character)
{
    return character >= 'A' && character <= 'Z' ? (char)(character - 'A' + 'a')
                                                : character;
}

static bool begins_with(const char *text, const char *word, unsigned length, bool exact)
{
    for (unsigned i = 0; i < length; i++) {
        if (!text[i])
            return false;
        if (exact ? text[i] != word[i] : folded(text[i]) != folded(word[i]))
            return false;
    }
    return true;
}

bool filter_contains(const struct filter *filter, struct filter_span span, bool exact,
                     const char *text)
{
    for (; *text; text++)
        if (begins_with(text, filter->source + span.at, span.length, exact))
            return true;
    return false;
}

bool filter_equals(const struct filter *filter, struct filter_span span, bool exact,
                   const char *text)
{
    return strlen(text) == span.length &&
           begins_with(text, filter->source + span.at, span.length, exact);
}
