#include "totebox/csv.h"

void csv_init(struct csv *csv, char *bytes, size_t length)
{
    memset(csv, 0, sizeof(*csv));
    csv->bytes = bytes;
    csv->length = length;
    csv->next_line = csv->line = 1;
    if (length >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
        csv->at = 3;
}

static enum csv_result defect(struct csv *csv, const char *words)
{
    csv->defect = words;
    csv->line = csv->next_line;
    csv->count = 0;
    return CSV_DEFECT;
}

/* Bytes of the UTF-8 sequence at `at`, 0 when there is none (overlong, surrogate, cut
 * off, above U+10FFFF) or it is NUL.  Source: Unicode 15, table 3-7. */
static size_t sequence(const unsigned char *at, size_t left)
{
    unsigned char first = at[0], low = 0x80, high = 0xbf;
    size_t length;

    if (first < 0x80)
        return first != 0;
    if (first < 0xc2 || first > 0xf4)
        return 0;
    length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (left < length)
        return 0;
    if (first == 0xe0)
        low = 0xa0;
    else if (first == 0xed)
        high = 0x9f;
    else if (first == 0xf0)
        low = 0x90;
    else if (first == 0xf4)
        high = 0x8f;
    if (at[1] < low || at[1] > high)
        return 0;
    for (size_t i = 2; i < length; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    return length;
}

/* Takes over the cell from `start` up to `end`, which still may contain anything. */
static const char *add_cell(struct csv *csv, size_t start, size_t end)
{
    const char *bytes = csv->bytes + start;
    size_t length = end - start, step;

    if (csv->count == CSV_CELLS_MAX)
        return "more than 64 cells";
    if (length > CSV_CELL_BYTES_MAX)
        return "a cell over 64 KiB: is a quote missing?";
    for (size_t i = 0; i < length; i += step) {
        step = sequence((const unsigned char *)bytes + i, length - i);
        if (step == 0)
            return bytes[i] ? "is not UTF-8: convert it, e.g. with iconv"
                            : "contains a NUL byte";
    }
    csv->cell[csv->count++] = (struct text){bytes, (uint32_t)length};
    return NULL;
}

/* `at` is behind the opening quote; leaves it behind the closing one. */
static const char *take_quoted(struct csv *csv)
{
    size_t start = csv->at, out = start;
    uint32_t opened = csv->next_line;

    while (csv->at < csv->length) {
        char byte = csv->bytes[csv->at++];
        if (byte == '"') {
            if (csv->at == csv->length || csv->bytes[csv->at] != '"')
                return add_cell(csv, start, out);
            csv->at++;
        } else if (byte == '\n') {
            csv->next_line++;
        }
        csv->bytes[out++] = byte;
    }
    csv->next_line = opened;
    return "a quote is opened here and never closed";
}

static const char *take_unquoted(struct csv *csv)
{
    size_t start = csv->at;

    while (csv->at < csv->length) {
        char byte = csv->bytes[csv->at];
        if (byte == ',' || byte == '\n' || byte == '\r')
            break;
        if (byte == '"')
            return "a quote inside a cell that does not begin with one";
        csv->at++;
    }
    return add_cell(csv, start, csv->at);
}

/* What ends a cell.  Sets *last at the end of the record. */
static const char *take_separator(struct csv *csv, bool *last)
{
    char byte;

    *last = true;
    if (csv->at == csv->length)
        return NULL;
    byte = csv->bytes[csv->at++];
    if (byte == ',') {
        *last = false;
        return NULL;
    }
    if (byte == '\r') {
        if (csv->at == csv->length || csv->bytes[csv->at] != '\n')
            return "a carriage return that no line feed follows";
        csv->at++;
    } else if (byte != '\n') {
        return "text after a closing quote";
    }
    csv->next_line++;
    return NULL;
}

enum csv_result csv_next(struct csv *csv)
{
    const char *words = csv->defect;
    size_t start = csv->at;
    bool last = false;

    if (words)
        return CSV_DEFECT;
    csv->count = 0;
    if (csv->at == csv->length)
        return CSV_END;
    csv->line = csv->next_line;
    if (csv->bytes[start] == '\n' || csv->bytes[start] == '\r')
        return defect(csv, "an empty line");
    while (words == NULL && !last) {
        if (csv->at < csv->length && csv->bytes[csv->at] == '"') {
            csv->at++;
            words = take_quoted(csv);
        } else {
            words = take_unquoted(csv);
        }
        if (words == NULL)
            words = take_separator(csv, &last);
    }
    return words ? defect(csv, words) : CSV_RECORD;
}
