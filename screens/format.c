#include "screens/format.h"

#include <stdio.h>
#include <string.h>

#include "screens/digits.h"

const char *number_form_name(enum number_form form)
{
    switch (form) {
    case NUMBER_EXACT:
    case NUMBER_FULL:
        return "exact";
    case NUMBER_UNITS:
        return "whole units";
    case NUMBER_THOUSANDS:
        return "thousands";
    case NUMBER_COMPACT:
    case NUMBER_COMPACT_K:
    case NUMBER_COMPACT_M:
    case NUMBER_COMPACT_B:
    case NUMBER_COMPACT_T:
        return "compact";
    }
    return "";
}

/* Powers of ten that the compact units stand for. */
static const struct {
    int power;
    const char *suffix;
} units[] = {{0, ""}, {3, "k"}, {6, "M"}, {9, "B"}, {12, "T"}};

static struct decimal power_of_ten(int power)
{
    struct decimal value = decimal_from_int(1);
    while (power-- > 0)
        value.coefficient *= 10;
    return value;
}

enum number_form number_compact_unit(struct decimal largest, struct decimal smallest,
                                     int columns)
{
    static const enum number_form forms[] = {NUMBER_UNITS, NUMBER_COMPACT_K,
                                             NUMBER_COMPACT_M, NUMBER_COMPACT_B,
                                             NUMBER_COMPACT_T};
    char text[FORMAT_CHARS];
    int unit = 4;
    /* 4,812.6M says more than 4.8B; 8.1M reads better than 8,100.0k */
    while (unit > 0 &&
           decimal_compare(largest, power_of_ten(units[unit].power + (unit != 2))) < 0)
        unit--;
    if (unit > 0 && decimal_compare(smallest, power_of_ten(units[unit].power)) < 0 &&
        number_write(decimal_negate(largest), 0, forms[unit - 1], false, text) <=
            columns)
        unit--;
    return forms[unit];
}

/* The unit in which this number alone has one to three digits before the point, also
 * after rounding: 999,950 is 1.0M, not 1,000.0k. */
static int unit_of(struct decimal size)
{
    int unit = 0;
    while (unit < 4 && decimal_compare(size, power_of_ten(units[unit + 1].power)) >= 0)
        unit++;
    struct digits digits;
    uint8_t places = unit > 0;
    digits_round(&digits, size, units[unit].power, places);
    return unit < 4 && digits_reach(&digits, 1000, places) ? unit + 1 : unit;
}

static int form_unit(enum number_form form, struct decimal size)
{
    switch (form) {
    case NUMBER_EXACT:
    case NUMBER_FULL:
    case NUMBER_UNITS:
        return 0;
    case NUMBER_THOUSANDS:
    case NUMBER_COMPACT_K:
        return 1;
    case NUMBER_COMPACT_M:
        return 2;
    case NUMBER_COMPACT_B:
        return 3;
    case NUMBER_COMPACT_T:
        return 4;
    case NUMBER_COMPACT:
        break;
    }
    return unit_of(size);
}

/* |value| x 10^-power with `places` digits and a suffix, negatives in parentheses. */
static int write_number(struct decimal value, int power, uint8_t places, bool is_change,
                        const char *suffix, char text[FORMAT_CHARS])
{
    struct digits digits;
    char number[DIGITS_CHARS];
    int sign = decimal_sign(value);
    const char *below = "";
    digits_round(&digits, value, power, places);
    if (sign != 0 && digits_is_zero(&digits)) {
        digits_smallest(&digits);
        below = "<";
    }
    digits_write(&digits, places, number);
    return snprintf(text, FORMAT_CHARS, "%s%s%s%s%s%s", sign < 0 ? "(" : "",
                    is_change && sign > 0 ? "+" : "", below, number, suffix,
                    sign < 0 ? ")" : "");
}

int number_write(struct decimal value, uint8_t places, enum number_form form,
                 bool is_change, char text[FORMAT_CHARS])
{
    if (form == NUMBER_EXACT || form == NUMBER_FULL)
        return write_number(value, 0, places, is_change, "", text);
    int unit = decimal_sign(value) == 0 ? 0 : form_unit(form, decimal_absolute(value));
    places = unit == 0 || form == NUMBER_THOUSANDS ? 0 : 1;
    return write_number(value, units[unit].power, places, is_change, units[unit].suffix,
                        text);
}

/* Digits after the point that show the whole value: at least the currency's own. */
static uint8_t money_places(const struct figure *figure)
{
    uint8_t places = currency_minor_units(text_of(figure->currency));
    struct decimal trimmed = decimal_trim(figure->value);
    return trimmed.scale > places ? trimmed.scale : places;
}

static int plain_write(const char *word, char text[FORMAT_CHARS])
{
    return snprintf(text, FORMAT_CHARS, "%s", word);
}

int figure_write(const struct figure *figure, enum number_form form, bool is_change,
                 char text[FORMAT_CHARS])
{
    if (figure->mark == MARK_NOT_APPLICABLE)
        return plain_write("-", text);
    if (figure->mark == MARK_WAITING && !figure->present)
        return plain_write("..", text);
    if (!figure->present)
        return plain_write("--", text);
    struct decimal trimmed = decimal_trim(figure->value);
    uint8_t all = form == NUMBER_FULL ? trimmed.scale : 0;
    switch (figure->format) {
    case FORMAT_MONEY:
        return number_write(figure->value, money_places(figure), form, is_change, text);
    case FORMAT_PERCENT:
        return write_number(figure->value, -2, all > 3 ? (uint8_t)(all - 2) : 1,
                            is_change, "%", text);
    case FORMAT_RATIO:
        return write_number(figure->value, 0, all > 2 ? all : 2, is_change, "x", text);
    case FORMAT_MONTHS:
        return write_number(figure->value, 0, 1, is_change, " mo", text);
    case FORMAT_COUNT:
        return write_number(figure->value, 0, 0, is_change, "", text);
    case FORMAT_QUANTITY:
        return write_number(figure->value, 0,
                            form == NUMBER_EXACT ? trimmed.scale : all, is_change, "",
                            text);
    }
    return plain_write("--", text);
}

char figure_mark(const struct figure *figure)
{
    if (figure->mark == MARK_NOT_APPLICABLE || figure->mark == MARK_WAITING)
        return ' ';
    if (figure->present && figure->partial)
        return '*';
    return mark_char(figure->mark);
}

enum style mark_style(enum mark mark)
{
    switch (mark) {
    case MARK_AGING:
    case MARK_NEVER:
        return STYLE_AGING;
    case MARK_STALE:
        return STYLE_STALE;
    case MARK_LAST_KNOWN:
        return STYLE_DOWN;
    case MARK_SUPPRESSED:
    case MARK_REFUSED:
    case MARK_EXPIRED:
        return STYLE_REFUSED;
    case MARK_CURRENT:
    case MARK_NOT_APPLICABLE:
    case MARK_WAITING:
        break;
    }
    return STYLE_TEXT;
}

int figure_columns(const struct figure *figure, enum number_form form, bool is_change)
{
    char text[FORMAT_CHARS];
    int length = figure_write(figure, form, is_change, text);
    bool closed = length > 0 && text[length - 1] == ')';
    return length + (closed ? 1 : 2);
}

static enum style figure_style(const struct figure *figure, bool is_negative)
{
    if (figure->present &&
        (figure->mark == MARK_STALE || figure->mark == MARK_LAST_KNOWN))
        return STYLE_STALE;
    return is_negative ? STYLE_NEGATIVE : STYLE_TEXT;
}

void figure_draw(struct cells *cells, int row, int column, int width,
                 const struct figure *figure, enum number_form form, bool is_change)
{
    static const enum number_form shorter[] = {NUMBER_UNITS, NUMBER_THOUSANDS,
                                               NUMBER_COMPACT};
    char text[FORMAT_CHARS];
    if (width < 3)
        return;
    for (int i = 0; figure_columns(figure, form, is_change) > width && i < 3; i++)
        form = shorter[i];
    int length = figure_write(figure, form, is_change, text);
    bool is_negative = length > 0 && text[length - 1] == ')';
    int end = width - (is_negative ? 1 : 2);
    if (length > end) {
        plain_write("#", text);
        is_negative = false;
        end = width - 2;
    }
    enum style style = figure_style(figure, is_negative);
    cells_right(cells, row, column, end, style, text);
    char mark[2] = {figure_mark(figure), '\0'};
    enum style marked = mark_style(figure->mark);
    if (mark[0] == '*' && marked == STYLE_TEXT)
        marked = STYLE_WARNING;
    cells_text(cells, row, column + end, 1, marked, mark);
}
