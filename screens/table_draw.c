/* How a table is fitted to a width and drawn. */
#include <stdio.h>
#include <string.h>

#include "screens/table.h"

enum { GAP = 1, SECOND_RANK = 5 };

struct layout {
    bool shown[TABLE_COLUMNS];
    uint8_t width[TABLE_COLUMNS];
    enum number_form form[TABLE_COLUMNS];
    uint8_t count;
};

static bool is_left(const struct table_column *column)
{
    return column->kind == VALUE_TEXT;
}

/* On the narrowest screens even the columns that never go are too wide: the widest text
 * gives way, down to a few letters. */
static void shrink_columns(const struct table *table, int room, struct layout *layout)
{
    enum { LEAST_TEXT = 6 };
    for (; room < 0; room++) {
        int widest = -1;
        for (unsigned i = 0; i < table->column_count; i++)
            if (layout->shown[i] && is_left(&table->columns[i]) &&
                layout->width[i] > LEAST_TEXT &&
                (widest < 0 || layout->width[i] > layout->width[widest]))
                widest = (int)i;
        if (widest < 0)
            return;
        layout->width[widest]--;
    }
}

/* Takes columns in order of rank while they fit, then widens from left to right. */
static void fit_columns(const struct table *table, int columns, struct layout *layout)
{
    int room = columns, wanted = 0;
    *layout = (struct layout){.count = 0};
    bool full = false;
    for (unsigned rank = 0; rank < 16 && !full; rank++) {
        for (unsigned i = 0; i < table->column_count; i++) {
            const struct table_column *column = &table->columns[i];
            int gap = layout->count > 0 ? GAP : 0;
            if (column->rank != rank)
                continue;
            /* A column of lesser rank waits until those before it have all the room
             * that they like: exact figures say more than more figures. */
            int needed = rank > SECOND_RANK ? wanted + column->wide : column->width;
            if (rank > 0 && needed + gap > (rank > SECOND_RANK ? columns : room)) {
                full = true; /* a later column never stands in for an earlier one */
                continue;
            }
            wanted += column->wide + gap;
            layout->shown[i] = true;
            layout->width[i] = column->width;
            layout->count++;
            room -= column->width + gap;
        }
    }
    shrink_columns(table, room, layout);
    for (unsigned i = 0; i < table->column_count && room > 0; i++) {
        int more = table->columns[i].wide - table->columns[i].width;
        if (!layout->shown[i] || more <= 0)
            continue;
        more = more < room ? more : room;
        layout->width[i] = (uint8_t)(layout->width[i] + more);
        room -= more;
    }
}

static bool is_money(const struct value *value)
{
    return value->kind == VALUE_FIGURE && value->figure && value->figure->present &&
           value->figure->format == FORMAT_MONEY;
}

/* What the money of a column is like, in the rows that are shown. */
struct extent {
    struct decimal largest, smallest; /* of what is not zero */
    bool any;
};

static void extend(struct extent *extent, struct decimal value)
{
    struct decimal size = decimal_absolute(value);
    if (decimal_sign(size) == 0)
        return;
    if (!extent->any || decimal_compare(size, extent->largest) > 0)
        extent->largest = size;
    if (!extent->any || decimal_compare(size, extent->smallest) < 0)
        extent->smallest = size;
    extent->any = true;
}

/* One form for a whole column: as exact as asked, as short as its widest cell needs. */
static enum number_form fit_form(const struct table *table,
                                 const struct table_view *view, unsigned column,
                                 int width, enum number_form wanted, uint32_t first,
                                 uint32_t last)
{
    static const enum number_form shorter[] = {NUMBER_EXACT, NUMBER_UNITS,
                                               NUMBER_THOUSANDS, NUMBER_COMPACT};
    struct extent extent = {.any = false};
    int step = wanted <= NUMBER_THOUSANDS ? (int)wanted : 3;
    for (uint32_t i = first; i <= last; i++) {
        bool is_total = i == last;
        if (is_total && !table->has_total)
            break;
        struct value value =
            table_value(table, is_total ? TABLE_TOTAL : view->entries[i].row, column);
        if (!is_money(&value))
            continue;
        extend(&extent, value.figure->value);
        while (step < 3 && figure_columns(value.figure, shorter[step],
                                          table->columns[column].is_change) > width)
            step++;
    }
    if (step < 3 || !extent.any)
        return shorter[step];
    return number_compact_unit(extent.largest, extent.smallest, width - 2);
}

static void draw_aged(struct cells *cells, int row, int column, int width,
                      const struct value *value, const struct table_style *style)
{
    char text[TIME_CHARS];
    char mark[2] = {mark_char(value->mark), '\0'};
    if (value->mark == MARK_NOT_APPLICABLE || value->mark == MARK_WAITING)
        mark[0] = ' ';
    if (style->clock_times)
        clock_write(style->now_ms, value->number, text);
    else
        age_write(style->now_ms, value->number, text);
    if (value->mark == MARK_NOT_APPLICABLE && value->number == 0)
        snprintf(text, sizeof text, "-");
    cells_right(cells, row, column, width - 1, STYLE_TEXT, text);
    cells_text(cells, row, column + width - 1, 1, mark_style(value->mark), mark);
}

/* As exact as the width allows, and never cut. */
static void decimal_fit(struct decimal value, int width, char text[FORMAT_CHARS])
{
    static const enum number_form shorter[] = {NUMBER_UNITS, NUMBER_THOUSANDS,
                                               NUMBER_COMPACT};
    uint8_t places = decimal_trim(value).scale;
    int length =
        number_write(value, places < 2 ? places : 2, NUMBER_EXACT, false, text);
    for (int i = 0; length > width && i < 3; i++)
        length = number_write(value, 0, shorter[i], false, text);
}

static void draw_value(struct cells *cells, int row, int column, int width,
                       const struct table_column *spec, const struct value *value,
                       enum number_form form, const struct table_style *style)
{
    char text[FORMAT_CHARS] = "";
    char time[TIME_CHARS] = "";
    switch (spec->kind) {
    case VALUE_TEXT:
        cells_text(cells, row, column + value->indent, width - value->indent,
                   value->style, value_text(value));
        return;
    case VALUE_MARK:
        text[0] = mark_on_map(value->mark);
        cells_text(cells, row, column, width, mark_style(value->mark), text);
        return;
    case VALUE_DECIMAL:
        decimal_fit(value->decimal, width, text);
        cells_right(cells, row, column, width, value->style, text);
        return;
    case VALUE_FIGURE:
        if (!value->figure)
            cells_right(cells, row, column, width - 2, STYLE_TEXT, value_text(value));
        else
            figure_draw(cells, row, column, width, value->figure,
                        value->is_full ? NUMBER_FULL : form, spec->is_change);
        return;
    case VALUE_AGE:
        draw_aged(cells, row, column, width, value, style);
        return;
    case VALUE_COUNT:
        count_write(value->number, time);
        break;
    case VALUE_OF:
        snprintf(text, sizeof text, "%lld/%lld", (long long)value->number,
                 (long long)value->of);
        cells_right(cells, row, column, width, value->style, text);
        return;
    case VALUE_MOMENT:
        if (value->number == 0)
            snprintf(time, sizeof time, "--");
        else if (width >= 16)
            stamp_write(value->number, false, time);
        else
            clock_write(style->now_ms, value->number, time);
        break;
    case VALUE_DURATION:
        if (value->number < 0)
            snprintf(time, sizeof time, "--");
        else
            duration_write(value->number, time);
        break;
    case VALUE_DATE:
        date_write(value->number, time);
        break;
    }
    if (value_text(value)[0]) /* what stands there instead */
        snprintf(time, sizeof time, "%.31s", value_text(value));
    cells_right(cells, row, column, width, value->style, time);
}

static void draw_row(const struct table *table, uint32_t row,
                     const struct layout *layout, const struct table_style *style,
                     struct area line, struct cells *cells)
{
    int column = line.column;
    for (unsigned i = 0; i < table->column_count; i++) {
        if (!layout->shown[i])
            continue;
        struct value value = table_value(table, row, i);
        draw_value(cells, line.row, column, layout->width[i], &table->columns[i],
                   &value, layout->form[i], style);
        column += layout->width[i] + GAP;
    }
}

/* Titles stand over the digits: a figure's last two columns are its parenthesis and its
 * mark, an age's last one its mark. */
static void draw_header(const struct table *table, const struct table_view *view,
                        const struct layout *layout, struct area line,
                        struct cells *cells)
{
    int column = line.column;
    for (unsigned i = 0; i < table->column_count; i++) {
        const struct table_column *spec = &table->columns[i];
        char title[64];
        if (!layout->shown[i])
            continue;
        bool sorted = view->sort_column == i + 1 && spec->title[0];
        snprintf(title, sizeof title, "%s%s", spec->title,
                 !sorted            ? ""
                 : view->descending ? " v"
                                    : " ^");
        int reserved = spec->kind == VALUE_FIGURE ? 2 : spec->kind == VALUE_AGE ? 1 : 0;
        enum style style = sorted ? STYLE_KEY : STYLE_ACCENT;
        if (is_left(spec))
            cells_text(cells, line.row, column, layout->width[i], style, title);
        else
            cells_right(cells, line.row, column, layout->width[i] - reserved, style,
                        title);
        column += layout->width[i] + GAP;
    }
}

char mark_on_map(enum mark mark)
{
    if (mark == MARK_CURRENT || mark == MARK_NOT_APPLICABLE)
        return '.';
    return mark == MARK_WAITING ? ':' : mark_char(mark);
}

static void scroll(struct table_view *view, uint32_t visible)
{
    view->visible = visible;
    if (view->cursor < view->top)
        view->top = view->cursor;
    if (visible && view->cursor >= view->top + visible)
        view->top = view->cursor - visible + 1;
    if (view->count <= visible)
        view->top = 0;
    else if (view->top + visible > view->count)
        view->top = view->count - visible;
}

void table_draw(const struct table *table, struct table_view *view,
                const struct table_style *style, struct area area, struct cells *cells)
{
    struct layout layout;
    if (area.rows < 1)
        return;
    /* The first column of the area belongs to the ">" of the selected row. */
    struct area line = area;
    line.column++;
    fit_columns(table, area.columns - 2, &layout);
    view->columns_shown = layout.count;
    view->columns_all = table->column_count;
    int header = style->no_header ? 0 : 1;
    int body = area.rows - header;
    bool has_total = table->has_total && body >= 4;
    if (has_total)
        body -= 2;
    /* A line of its own before the rows that the filter cannot judge. */
    uint32_t judged = view->hides_unknown ? view->count : view->count - view->unknown;
    bool is_split = judged > 0 && judged < view->count && body >= 3;
    body -= is_split;
    scroll(view, body > 0 ? (uint32_t)body : 0);
    uint32_t last = view->top + view->visible;
    last = last < view->count ? last : view->count;
    for (unsigned i = 0; i < table->column_count; i++)
        if (layout.shown[i] && table->columns[i].kind == VALUE_FIGURE)
            layout.form[i] =
                fit_form(table, view, i, layout.width[i], style->form, view->top, last);
    if (header)
        draw_header(table, view, &layout, line, cells);
    for (uint32_t i = view->top; i < last; i++) {
        line.row = area.row + header + (int)(i - view->top);
        if (is_split && i == judged)
            cells_text(cells, line.row, line.column, 3, STYLE_DIM, "...");
        line.row += is_split && i >= judged;
        draw_row(table, view->entries[i].row, &layout, style, line, cells);
        if (!style->is_active || i != view->cursor)
            continue;
        cells_text(cells, line.row, area.column, 1, STYLE_KEY, ">");
        cells_select(cells, line.row, area.column, area.columns);
        cells->cursor_row = line.row;
        cells->cursor_column = area.column;
    }
    if (!has_total)
        return;
    line.row =
        area.row + header + (int)(last - view->top) + (is_split && last > judged);
    cells_glyph(cells, line.row, area.column, area.columns, STYLE_ACCENT, GLYPH_RULE);
    line.row++;
    draw_row(table, TABLE_TOTAL, &layout, style, line, cells);
    if (view->count == table->row_count)
        return;
    /* A filter hides rows, it does not take them out of the total. */
    char label[48];
    snprintf(label, sizeof label, "all %u rows", table->row_count);
    cells_fill(cells, line.row, line.column, layout.width[0], STYLE_TEXT, ' ');
    cells_text(cells, line.row, line.column, layout.width[0], STYLE_TEXT, label);
}
