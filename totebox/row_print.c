#include <stdio.h>

#include "totebox/command.h"

enum { CELL_CHARS = DECIMAL_CHARS_MAX + TIME_CHARS };

/* In text a cell without a value shows why, as the console does. */
static const char *mark_text(uint8_t mark)
{
    switch (mark) {
    case CELL_NOT_APPLICABLE:
        return "-";
    case CELL_NOT_PERMITTED:
        return "x";
    case CELL_NOT_KNOWN:
        return "..";
    default:
        return "#";
    }
}

static const void *cell_of(const union any_row *row, const struct column *column)
{
    return (const char *)row + column->offset;
}

static uint8_t mark_of(const union any_row *row, const struct view_table *table,
                       uint32_t index, const uint8_t *marks)
{
    const struct column *column = &table->columns[index];
    uint8_t mark = marks && marks[index] ? marks[index] : row->row.marks[index];

    if (mark == CELL_PRESENT && column->type == COLUMN_DECIMAL)
        mark = ((const struct amount *)cell_of(row, column))->mark;
    return mark;
}

/* The value as text; `room` holds what is not a name. */
static struct text cell_text(const struct row_printer *printer,
                             const union any_row *row, const struct column *column,
                             char room[CELL_CHARS])
{
    int64_t number;

    switch (column->type) {
    case COLUMN_TEXT:
        return names_text(printer->names, *(const name_id *)cell_of(row, column));
    case COLUMN_DECIMAL: {
        const struct amount *amount = cell_of(row, column);
        uint32_t length = decimal_write(amount_decimal(*amount), room);
        room[length] = '\0';
        return (struct text){room, length};
    }
    case COLUMN_TIME:
        time_write(*(const int64_t *)cell_of(row, column), room);
        return text_of(room);
    case COLUMN_INT:
        break;
    }
    number = *(const int64_t *)cell_of(row, column);
    return (struct text){
        room, (uint32_t)snprintf(room, CELL_CHARS, "%lld", (long long)number)};
}

static uint32_t characters(struct text text)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < text.length; i++)
        count += ((unsigned char)text.bytes[i] & 0xc0) != 0x80;
    return count;
}

static void print_csv_cell(struct text text, bool first)
{
    if (!first)
        putchar(',');
    if (text.length == 0 || (!memchr(text.bytes, ',', text.length) &&
                             !memchr(text.bytes, '"', text.length))) {
        printf("%.*s", TEXT_ARG(text));
        return;
    }
    putchar('"');
    for (uint32_t i = 0; i < text.length; i++) {
        if (text.bytes[i] == '"')
            putchar('"');
        putchar(text.bytes[i]);
    }
    putchar('"');
}

void row_printer_start(struct row_printer *printer, enum output_format format,
                       enum view view, const struct names *names)
{
    const struct view_table *table = view_table(view);

    *printer = (struct row_printer){.format = format, .view = view, .names = names};
    buffer_init(&printer->cells);
    printer->width[0] = 3;
    for (uint32_t i = 0; i < table->column_count; i++)
        printer->width[i + 1] = (uint32_t)strlen(table->columns[i].name);
    if (format != OUTPUT_CSV)
        return;
    printf("row");
    for (uint32_t i = 0; i < table->column_count; i++)
        printf(",%s", table->columns[i].name);
    printf(",marks\n");
}

static bool keep_text(struct row_printer *printer, uint32_t column, struct text text)
{
    uint32_t width = characters(text);

    if (printer->width[column] < width)
        printer->width[column] = width;
    return buffer_append(&printer->cells, text.bytes, text.length) &&
           buffer_append(&printer->cells, "", 1);
}

static bool text_row(struct row_printer *printer, const union any_row *row,
                     const uint8_t *marks)
{
    const struct view_table *table = view_table(printer->view);
    char room[CELL_CHARS];

    printer->rows++;
    if (!keep_text(printer, 0, names_text(printer->names, row->row.key)))
        return false;
    for (uint32_t i = 0; i < table->column_count; i++) {
        uint8_t mark = mark_of(row, table, i, marks);
        struct text text = mark ? text_of(mark_text(mark))
                                : cell_text(printer, row, &table->columns[i], room);
        if (!keep_text(printer, i + 1, text))
            return false;
    }
    return true;
}

static void csv_row(const struct row_printer *printer, const union any_row *row,
                    const uint8_t *marks)
{
    const struct view_table *table = view_table(printer->view);
    char room[CELL_CHARS];
    bool first = true;

    print_csv_cell(names_text(printer->names, row->row.key), true);
    for (uint32_t i = 0; i < table->column_count; i++) {
        struct text none = {NULL, 0};
        bool marked = mark_of(row, table, i, marks) != CELL_PRESENT;
        print_csv_cell(
            marked ? none : cell_text(printer, row, &table->columns[i], room), false);
    }
    putchar(',');
    for (uint32_t i = 0; i < table->column_count; i++) {
        uint8_t mark = mark_of(row, table, i, marks);
        if (mark == CELL_PRESENT)
            continue;
        printf("%s%s=%u", first ? "" : " ", table->columns[i].name, mark);
        first = false;
    }
    putchar('\n');
}

/* One object a line; decimals are strings; a marked cell is null and listed in marks.
 */
static bool json_row(const struct row_printer *printer, const union any_row *row,
                     const uint8_t *marks)
{
    const struct view_table *table = view_table(printer->view);
    struct buffer line;
    char room[CELL_CHARS];
    bool ok, first = true;

    buffer_init(&line);
    ok = buffer_append(&line, "{\"row\":", 7) &&
         json_write_string(&line, names_text(printer->names, row->row.key));
    for (uint32_t i = 0; ok && i < table->column_count; i++) {
        const struct column *column = &table->columns[i];
        struct text text = cell_text(printer, row, column, room);
        bool bare = column->type == COLUMN_INT;
        if (mark_of(row, table, i, marks) != CELL_PRESENT) {
            text = TEXT("null");
            bare = true;
        }
        ok = buffer_append(&line, ",", 1) &&
             json_write_string(&line, text_of(column->name)) &&
             buffer_append(&line, ":", 1) &&
             (bare ? buffer_append(&line, text.bytes, text.length)
                   : json_write_string(&line, text));
    }
    ok = ok && buffer_append(&line, ",\"marks\":{", 10);
    for (uint32_t i = 0; ok && i < table->column_count; i++) {
        uint8_t mark = mark_of(row, table, i, marks);
        int length = snprintf(room, sizeof(room), ":%u", mark);
        if (mark == CELL_PRESENT)
            continue;
        ok = (first || buffer_append(&line, ",", 1)) &&
             json_write_string(&line, text_of(table->columns[i].name)) &&
             buffer_append(&line, room, (size_t)length);
        first = false;
    }
    if (ok)
        printf("%.*s}}\n", (int)buffer_length(&line),
               (const char *)buffer_bytes(&line));
    buffer_release(&line);
    return ok;
}

bool row_printer_row(struct row_printer *printer, const union any_row *row,
                     const uint8_t marks[ROW_COLUMNS_MAX])
{
    switch (printer->format) {
    case OUTPUT_TEXT:
        return text_row(printer, row, marks);
    case OUTPUT_CSV:
        csv_row(printer, row, marks);
        return true;
    case OUTPUT_JSON:
        break;
    }
    return json_row(printer, row, marks);
}

static void print_padded(struct text text, uint32_t width, bool right, bool last)
{
    uint32_t used = characters(text);
    int padding = width > used ? (int)(width - used) : 0;

    if (right)
        printf("%*s%.*s", padding, "", TEXT_ARG(text));
    else
        printf("%.*s%*s", TEXT_ARG(text), last ? 0 : padding, "");
    fputs(last ? "\n" : "  ", stdout);
}

void row_printer_end(struct row_printer *printer)
{
    const struct view_table *table = view_table(printer->view);
    const char *at = (const char *)buffer_bytes(&printer->cells);
    uint32_t last = table->column_count;

    if (printer->format == OUTPUT_TEXT) {
        print_padded(TEXT("row"), printer->width[0], false, false);
        for (uint32_t i = 1; i <= last; i++)
            print_padded(text_of(table->columns[i - 1].name), printer->width[i],
                         table->columns[i - 1].type == COLUMN_DECIMAL, i == last);
    }
    for (uint32_t row = 0; row < printer->rows; row++) {
        for (uint32_t i = 0; i <= last; i++) {
            struct text text = text_of(at);
            bool right = i > 0 && table->columns[i - 1].type == COLUMN_DECIMAL;
            print_padded(text, printer->width[i], right, i == last);
            at += text.length + 1;
        }
    }
    buffer_release(&printer->cells);
}
