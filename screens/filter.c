#include "screens/filter.h"

static bool fail(unsigned at, const char *what, unsigned *where, const char **why)
{
    *where = at;
    *why = what;
    return false;
}

bool filter_parse(const char *source, struct filter *filter, unsigned *where,
                  const char **why)
{
    struct filter parsed = {.count = 0};
    size_t length = strlen(source);
    if (length >= FILTER_CHARS)
        return fail(FILTER_CHARS - 1, "the filter is too long", where, why);
    memcpy(parsed.source, source, length + 1);
    unsigned at = 0;
    for (;;) {
        while (source[at] == ' ')
            at++;
        if (!source[at])
            break;
        if (parsed.count == FILTER_TERMS)
            return fail(at, "more than 8 words", where, why);
        struct filter_term *term = &parsed.terms[parsed.count];
        if (source[at] == '!') {
            term->is_not = true;
            at++;
        }
        term->is_quoted = source[at] == '"';
        unsigned begin = term->is_quoted ? ++at : at;
        while (source[at] && source[at] != (term->is_quoted ? '"' : ' '))
            at++;
        if (term->is_quoted && !source[at])
            return fail(begin - 1, "the quote is not closed", where, why);
        if (at == begin)
            return fail(begin, "a word is missing here", where, why);
        term->at = (uint8_t)begin;
        term->length = (uint8_t)(at - begin);
        at += term->is_quoted;
        parsed.count++;
    }
    *filter = parsed;
    return true;
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

void filter_begin(const struct filter *filter, struct filter_match *match)
{
    *match = (struct filter_match){.filter = filter};
}

void filter_text(struct filter_match *match, const char *text)
{
    const struct filter *filter = match->filter;
    for (unsigned i = 0; i < filter->count; i++) {
        const struct filter_term *term = &filter->terms[i];
        if (match->seen >> i & 1)
            continue;
        for (const char *at = text; *at; at++) {
            if (begins_with(at, filter->source + term->at, term->length,
                            term->is_quoted)) {
                match->seen |= (uint8_t)(1u << i);
                break;
            }
        }
    }
}

bool filter_passes(const struct filter_match *match)
{
    for (unsigned i = 0; i < match->filter->count; i++)
        if ((match->seen >> i & 1) == match->filter->terms[i].is_not)
            return false;
    return true;
}
