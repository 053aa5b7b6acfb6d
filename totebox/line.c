#include "totebox/line.h"

#include <stdio.h>

static const char *const type_names[] = {
#define LINE_TYPE_NAME(type, name) [type] = (name),
    LINE_TYPES(LINE_TYPE_NAME)
#undef LINE_TYPE_NAME
};

static const char *const field_names[] = {
#define LINE_FIELD_NAME(field, name) [field] = (name),
    LINE_FIELDS(LINE_FIELD_NAME)
#undef LINE_FIELD_NAME
};

static const uint8_t field_lengths[] = {
#define LINE_FIELD_LENGTH(field, name) [field] = sizeof(name) - 1,
    LINE_FIELDS(LINE_FIELD_LENGTH)
#undef LINE_FIELD_LENGTH
};

void line_init(struct line *line, enum line_type type)
{
    memset(line, 0, sizeof(*line));
    line->type = type;
}

const char *line_type_name(enum line_type type)
{
    return type_names[type];
}

bool line_type_by_name(struct text name, enum line_type *type)
{
    for (int i = 0; i < LINE_TYPE_COUNT; i++) {
        if (text_equal(name, text_of(type_names[i]))) {
            *type = (enum line_type)i;
            return true;
        }
    }
    return false;
}

const char *line_field_name(enum line_field field)
{
    return field_names[field];
}

bool line_field_by_name(struct text name, enum line_field *field)
{
    for (int i = 0; i < FIELD_COUNT; i++) {
        if (text_equal(name, text_of(field_names[i]))) {
            *field = (enum line_field)i;
            return true;
        }
    }
    return false;
}

/* Numbers in JSON; every other field is a string. */
static bool is_number(enum line_field field)
{
    return field == FIELD_OF || field == FIELD_N || field == FIELD_EPOCH ||
           field == FIELD_TIMES;
}

static bool append(struct buffer *out, const char *bytes, size_t length)
{
    return buffer_append(out, bytes, length);
}

bool json_write_string(struct buffer *out, struct text text)
{
    uint32_t start = 0;

    if (!append(out, "\"", 1))
        return false;
    for (uint32_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.bytes[i];
        char escaped[8];
        int length;
        if (byte >= 0x20 && byte != '"' && byte != '\\')
            continue;
        length = byte < 0x20 ? snprintf(escaped, sizeof(escaped), "\\u%04x", byte)
                             : snprintf(escaped, sizeof(escaped), "\\%c", byte);
        if (!append(out, text.bytes + start, i - start) ||
            !append(out, escaped, (size_t)length))
            return false;
        start = i + 1;
    }
    return append(out, text.bytes + start, text.length - start) && append(out, "\"", 1);
}

/* Opens and closes the objects of "cost.amt" on the way from field to field. */
static bool write_name(struct buffer *out, const char *name, struct text *object)
{
    const char *dot = strchr(name, '.');
    struct text in = {name, dot ? (uint32_t)(dot - name) : 0};
    const char *member = dot ? dot + 1 : name;
    bool same = text_equal(in, *object);
    bool ok = true;

    if (object->length && !same)
        ok = append(out, "}", 1);
    ok = ok && append(out, ",", 1);
    if (in.length && !same)
        ok = ok && json_write_string(out, in) && append(out, ":{", 2);
    *object = in;
    return ok && json_write_string(out, text_of(member)) && append(out, ":", 1);
}

bool line_write_body(const struct line *line, struct buffer *out)
{
    struct text object = {NULL, 0};

    if (!append(out, "\"type\":", 7) ||
        !json_write_string(out, text_of(type_names[line->type])))
        return false;
    for (int i = 0; i < FIELD_COUNT; i++) {
        struct text value = line->field[i];
        bool ok;
        if (value.length == 0)
            continue;
        ok = write_name(out, field_names[i], &object);
        if (is_number((enum line_field)i))
            ok = ok && append(out, value.bytes, value.length);
        else
            ok = ok && json_write_string(out, value);
        if (!ok)
            return false;
    }
    return object.length == 0 || append(out, "}", 1);
}

/* --- reading -------------------------------------------------------------------- */

struct cursor {
    char *at, *end;
    struct line *line;
    int last;      /* the field read last: the next one is usually near behind it */
    unsigned seen; /* head members, by bit */
};

enum {
    SEEN_V = 1,
    SEEN_SEQ = 2,
    SEEN_AT = 4,
    SEEN_LEFT = 8,
    SEEN_TYPE = 16,
    SEEN_PREV = 32
};

static bool take(struct cursor *cursor, char byte)
{
    if (cursor->at == cursor->end || *cursor->at != byte)
        return false;
    cursor->at++;
    return true;
}

static int hex_digit(char byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    if (byte >= 'a' && byte <= 'f')
        return byte - 'a' + 10;
    if (byte >= 'A' && byte <= 'F')
        return byte - 'A' + 10;
    return -1;
}

/* Four hex digits at `at`, or -1. */
static int32_t code_unit(const char *at, const char *end)
{
    int32_t value = 0;
    if (end - at < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(at[i]);
        if (digit < 0)
            return -1;
        value = value << 4 | digit;
    }
    return value;
}

static char *put_utf8(char *to, int32_t code)
{
    if (code < 0x80) {
        *to++ = (char)code;
    } else if (code < 0x800) {
        *to++ = (char)(0xc0 | code >> 6);
        *to++ = (char)(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        *to++ = (char)(0xe0 | code >> 12);
        *to++ = (char)(0x80 | (code >> 6 & 0x3f));
        *to++ = (char)(0x80 | (code & 0x3f));
    } else {
        *to++ = (char)(0xf0 | code >> 18);
        *to++ = (char)(0x80 | (code >> 12 & 0x3f));
        *to++ = (char)(0x80 | (code >> 6 & 0x3f));
        *to++ = (char)(0x80 | (code & 0x3f));
    }
    return to;
}

/* After "\u": one character, never longer in UTF-8 than its escape was. */
static bool unescape_unicode(struct cursor *cursor, char **to)
{
    int32_t code = code_unit(cursor->at, cursor->end), low;

    if (code < 0)
        return false;
    cursor->at += 4;
    if (code >= 0xdc00 && code <= 0xdfff)
        return false;
    if (code >= 0xd800 && code <= 0xdbff) {
        if (!take(cursor, '\\') || !take(cursor, 'u'))
            return false;
        low = code_unit(cursor->at, cursor->end);
        if (low < 0xdc00 || low > 0xdfff)
            return false;
        cursor->at += 4;
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    *to = put_utf8(*to, code);
    return true;
}

static bool unescape(struct cursor *cursor, char **to)
{
    static const char from_letter[] = "\"\"\\\\//b\bf\fn\nr\rt\t";

    if (cursor->at == cursor->end)
        return false;
    char letter = *cursor->at++;
    if (letter == 'u')
        return unescape_unicode(cursor, to);
    for (const char *pair = from_letter; *pair; pair += 2) {
        if (*pair == letter) {
            *(*to)++ = pair[1];
            return true;
        }
    }
    return false;
}

/* A string, unescaped where it stands. */
static bool take_string(struct cursor *cursor, struct text *value)
{
    char *start, *to;

    if (!take(cursor, '"'))
        return false;
    start = to = cursor->at;
    while (cursor->at < cursor->end) {
        char byte = *cursor->at++;
        if (byte == '"') {
            *value = (struct text){start, (uint32_t)(to - start)};
            return true;
        }
        if ((unsigned char)byte < 0x20)
            return false;
        if (byte != '\\')
            *to++ = byte;
        else if (!unescape(cursor, &to))
            return false;
    }
    return false;
}

/* A whole number without sign, leading zeros or exponent, below 10^18. */
static bool take_number(struct cursor *cursor, struct text *text, uint64_t *value)
{
    char *start = cursor->at;

    *value = 0;
    while (cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9')
        *value = *value * 10 + (uint64_t)(*cursor->at++ - '0');
    *text = (struct text){start, (uint32_t)(cursor->at - start)};
    return text->length >= 1 && text->length <= 18 &&
           (text->length == 1 || *start != '0');
}

/* Fields stand in the order of the table, so the next is found within a few steps. */
static int find_field(const struct cursor *cursor, struct text object, struct text name)
{
    uint32_t before = object.length ? object.length + 1 : 0;

    for (int step = 1, i = cursor->last + 1; step <= FIELD_COUNT; step++, i++) {
        if (i >= FIELD_COUNT)
            i = 0;
        const char *known = field_names[i];
        if (field_lengths[i] != before + name.length ||
            memcmp(known + before, name.bytes, name.length) != 0)
            continue;
        if (before == 0 || (memcmp(known, object.bytes, object.length) == 0 &&
                            known[object.length] == '.'))
            return i;
    }
    return -1;
}

/* v, seq, at, left, type and prev: what the ledger adds.  False: none of these. */
static bool is_head(struct text name, unsigned *bit)
{
    static const char names[][5] = {"v", "seq", "at", "left", "type", "prev"};
    static const uint8_t lengths[] = {1, 3, 2, 4, 4, 4};

    for (unsigned i = 0; i < 6; i++) {
        if (name.length == lengths[i] &&
            memcmp(name.bytes, names[i], lengths[i]) == 0) {
            *bit = 1U << i;
            return true;
        }
    }
    return false;
}

static const char *take_head(struct cursor *cursor, unsigned bit)
{
    struct line *line = cursor->line;
    struct text text;
    uint64_t value;

    if (cursor->seen & bit)
        return "a member of the head stands twice";
    cursor->seen |= bit;
    if (bit == SEEN_TYPE)
        return take_string(cursor, &text) && line_type_by_name(text, &line->type)
                   ? NULL
                   : "its type is unknown";
    if (bit == SEEN_PREV)
        return take_string(cursor, &line->prev) ? NULL : "prev is no string";
    if (!take_number(cursor, &text, &value))
        return "a number of the head is none";
    if (bit == SEEN_V && value != 1)
        return "its version is not 1";
    if (bit == SEEN_SEQ)
        line->seq = value;
    if (bit == SEEN_AT)
        line->at_ms = (int64_t)value;
    if (bit == SEEN_LEFT)
        line->left = value;
    return NULL;
}

/* The value of member `name` of `object` ("" at the top). */
static const char *take_value(struct cursor *cursor, struct text object,
                              struct text name)
{
    int field = find_field(cursor, object, name);
    struct text value;
    uint64_t number;
    bool is_string = cursor->at < cursor->end && *cursor->at == '"';

    if (is_string ? !take_string(cursor, &value)
                  : !take_number(cursor, &value, &number))
        return "a value is neither a string nor a whole number";
    if (field < 0)
        return NULL;
    if (is_string == is_number((enum line_field)field))
        return "a value has the wrong type";
    if (cursor->line->field[field].length)
        return "a field stands twice";
    cursor->line->field[field] = value;
    cursor->last = field;
    return NULL;
}

static const char *take_members(struct cursor *cursor, struct text object)
{
    const char *defect;
    struct text name;
    unsigned bit;

    if (take(cursor, '}'))
        return NULL;
    do {
        if (!take_string(cursor, &name) || !take(cursor, ':'))
            return "it is not a JSON object as totebox writes it";
        if (object.length == 0 && is_head(name, &bit))
            defect = take_head(cursor, bit);
        else if (object.length == 0 && take(cursor, '{'))
            defect = take_members(cursor, name.length ? name : TEXT("?"));
        else
            defect = take_value(cursor, object, name);
        if (defect)
            return defect;
    } while (take(cursor, ','));
    return take(cursor, '}') ? NULL : "it is not a JSON object as totebox writes it";
}

enum archive_error line_read(char *bytes, uint32_t length, struct line *line,
                             struct problem *problem)
{
    struct cursor cursor = {
        .at = bytes, .end = bytes + length, .line = line, .last = -1};
    const char *defect;

    line_init(line, LINE_POSTING);
    if (!take(&cursor, '{'))
        defect = "it is not a JSON object as totebox writes it";
    else
        defect = take_members(&cursor, (struct text){NULL, 0});
    if (defect == NULL && cursor.at != cursor.end)
        defect = "bytes follow the object";
    if (defect == NULL && cursor.seen != (SEEN_PREV << 1) - 1)
        defect = "one of v, seq, at, left, type, prev is missing";
    if (defect)
        return problem_set(problem, ARCHIVE_CORRUPT, "%s", defect);
    return ARCHIVE_OK;
}
