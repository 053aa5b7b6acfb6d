/* viewport_rows.c - what a viewport takes from one row. */
#include "core/viewport_state.h"

#include "core/config_value.h"

/* --- cells -------------------------------------------------------------------- */

static const char *cell_of(const union any_row *row, const struct column *column)
{
    return (const char *)row + column->offset;
}

static name_id name_at(const union any_row *row, const struct column *column)
{
    name_id id;
    memcpy(&id, cell_of(row, column), sizeof id);
    return id;
}

static int64_t int_at(const union any_row *row, const struct column *column)
{
    int64_t value;
    memcpy(&value, cell_of(row, column), sizeof value);
    return value;
}

static struct amount amount_at(const union any_row *row, const struct column *column)
{
    struct amount amount;
    memcpy(&amount, cell_of(row, column), sizeof amount);
    return amount;
}

static const struct column *column_at(const struct viewport_build *build, uint8_t field)
{
    return &view_table(build->viewport->view)->columns[field];
}

static uint8_t cell_mark(const struct viewport_build *build, const union any_row *row,
                         uint8_t field)
{
    const struct column *column = column_at(build, field);
    uint8_t mark = row->row.marks[field];
    if (!mark && column->type == COLUMN_DECIMAL)
        mark = amount_at(row, column).mark;
    return mark;
}

static struct quantity withheld(uint8_t mark)
{
    switch ((enum cell_mark)mark) {
    case CELL_PRESENT:
    case CELL_NOT_APPLICABLE:
        break;
    case CELL_NOT_PERMITTED:
        return quantity_not(QUANTITY_MISSING, MARK_REFUSED, "not permitted");
    case CELL_NOT_KNOWN:
        return quantity_not(QUANTITY_MISSING, MARK_WAITING, "not known yet");
    case CELL_SUPPRESSED_COUNT:
    case CELL_SUPPRESSED_DOMINANCE:
    case CELL_SUPPRESSED_P_PERCENT:
    case CELL_SUPPRESSED_SECONDARY:
    case CELL_SUPPRESSED_REPEATED:
        return quantity_not(QUANTITY_MISSING, MARK_SUPPRESSED,
                            "suppressed by the archive's disclosure limit");
    }
    return quantity_not(QUANTITY_NONE, MARK_NOT_APPLICABLE, "not applicable");
}

static const char *date_text(struct arena *arena, int64_t date)
{
    return arena_print(arena, "%04d-%02d-%02d", (int)(date / 10000),
                       (int)(date / 100 % 100), (int)(date % 100));
}

const char *viewport_cell_text(const struct viewport_build *build,
                               const union any_row *row, uint8_t field)
{
    const struct column *column = column_at(build, field);
    char text[DECIMAL_CHARS_MAX];
    if (cell_mark(build, row, field))
        return "";
    switch (column->type) {
    case COLUMN_TEXT:
        return names_string(build->figures->names, name_at(row, column));
    case COLUMN_DECIMAL:
        decimal_write(amount_decimal(amount_at(row, column)), text);
        return arena_text(build->arena, text_of(text));
    case COLUMN_INT:
        if (column->is_date)
            return int_at(row, column) ? date_text(build->arena, int_at(row, column))
                                       : "";
        break;
    case COLUMN_TIME:
        return date_text(build->arena, date_of_ms(int_at(row, column)));
    }
    return arena_print(build->arena, "%lld", (long long)int_at(row, column));
}

/* --- filter and where --------------------------------------------------------- */

/* One of the alternatives; "cash.*" stands for all that begin so, \x01 for nothing. */
static bool is_one_of(const char *text, const char *values)
{
    for (; *values; values += strlen(values) + 1) {
        size_t length = strlen(values);
        if (*values == '\x01'           ? !*text
            : values[length - 1] == '*' ? strncmp(text, values, length - 1) == 0
                                        : strcmp(text, values) == 0)
            return true;
    }
    return false;
}

static bool number_passes(const struct viewport_term *term, struct decimal value)
{
    int order = decimal_compare(value, term->number);
    switch (term->operator) {
    case TERM_IS:
        return order == 0;
    case TERM_IS_NOT:
        return order != 0;
    case TERM_LESS:
        return order < 0;
    case TERM_AT_MOST:
        return order <= 0;
    case TERM_MORE:
        return order > 0;
    case TERM_AT_LEAST:
        return order >= 0;
    }
    return false;
}

static bool is_covenant_maximum(const struct viewport_build *build,
                                const union any_row *row)
{
    return text_equal(names_text(build->figures->names, row->obl.op), TEXT("max"));
}

static bool term_passes(const struct viewport_build *build,
                        const struct viewport_term *term, const union any_row *row,
                        bool *unknown)
{
    if (term->field == FIELD_DIRECTION)
        return number_passes(
            term, decimal_from_int(is_covenant_maximum(build, row) ? -1 : 1));
    const struct column *column = column_at(build, term->field);
    uint8_t mark = cell_mark(build, row, term->field);
    if (mark > CELL_NOT_APPLICABLE) {
        *unknown = true;
        return false;
    }
    if (column->type == COLUMN_TEXT) {
        const char *text =
            mark ? "" : names_string(build->figures->names, name_at(row, column));
        return is_one_of(text, term->values) == (term->operator== TERM_IS);
    }
    if (mark) /* there is nothing to compare */
        return false;
    return number_passes(term, column->type == COLUMN_DECIMAL
                                   ? amount_decimal(amount_at(row, column))
                                   : decimal_from_int(int_at(row, column)));
}

/* Without a word about the period: flows of the portfolio's, and what stood at its end.
 */
static bool period_passes(const struct viewport_build *build, const union any_row *row)
{
    if (build->viewport->view == VIEW_POS)
        return !build->period || row->pos.period == build->period;
    if (build->viewport->view != VIEW_METRIC || !build->period ||
        row->metric.period == build->period)
        return true;
    bool is_instant = row->metric.start == 0 || row->metric.start == row->metric.end;
    return !build->viewport->period && is_instant &&
           row->metric.end == build->portfolio->period.end;
}

bool viewport_row_passes(const struct viewport_build *build, const union any_row *row,
                         bool *unknown)
{
    *unknown = false;
    if (!period_passes(build, row))
        return false;
    bool passes = true, any_unknown = false;
    for (uint8_t i = 0; i < build->viewport->where_count; i++) {
        bool here = false;
        if (term_passes(build, &build->viewport->where[i], row, &here))
            continue;
        if (!here)
            return false; /* that much is known */
        passes = false;
        any_unknown = true;
    }
    *unknown = any_unknown;
    return passes;
}

const char *viewport_attribute(const struct viewport_build *build, uint32_t entity,
                               uint8_t attribute)
{
    const struct config_totebox *block = entity_block(build->figures, entity);
    const struct entity_row *row = entity_row_of(build->figures, entity);
    struct names *names = build->figures->names;
    switch ((enum attribute)attribute) {
    case ATTRIBUTE_ENTITY:
        break;
    case ATTRIBUTE_NAME:
        return row     ? names_string(names, row->name)
               : block ? block->name
                       : entity_id(build->figures, entity);
    case ATTRIBUTE_GROUP:
        return block ? block->group : "";
    case ATTRIBUTE_KIND:
        return row ? names_string(names, row->kind) : "";
    case ATTRIBUTE_CURRENCY:
        return row ? names_string(names, row->cur) : "";
    case ATTRIBUTE_TAG:
        return row ? names_string(names, row->tags) : "";
    case ATTRIBUTE_COUNT:
        break;
    }
    return entity_id(build->figures, entity);
}

/* "region=UK,sector=office": is one of them wanted? */
static bool has_tag(const char *tags, const char *values)
{
    char tag[128];
    while (*tags) {
        size_t length = strcspn(tags, ",");
        if (length < sizeof tag) {
            memcpy(tag, tags, length);
            tag[length] = '\0';
            if (is_one_of(tag, values))
                return true;
        }
        tags += length;
        tags += *tags == ',';
    }
    return false;
}

bool viewport_entity_passes(const struct viewport_build *build, uint32_t entity)
{
    for (uint8_t i = 0; i < build->viewport->filter_count; i++) {
        const struct viewport_term *term = &build->viewport->filter[i];
        const char *text = viewport_attribute(build, entity, term->field);
        bool is_told = term->field == ATTRIBUTE_KIND || term->field == ATTRIBUTE_TAG ||
                       term->field == ATTRIBUTE_CURRENCY;
        if (is_told && !entity_row_of(build->figures, entity))
            continue; /* it may well belong here: it is expected */
        bool is_it = term->field == ATTRIBUTE_TAG ? has_tag(text, term->values)
                                                  : is_one_of(text, term->values);
        if (is_it != (term->operator== TERM_IS))
            return false;
    }
    return true;
}

/* --- age ---------------------------------------------------------------------- */

struct viewport_row viewport_row_of(const struct viewport_build *build, uint32_t entity,
                                    enum mark link, const union any_row *row,
                                    bool *too_old)
{
    struct figures *figures = build->figures;
    enum view view = build->viewport->view;
    const char *kind = "";
    struct viewport_row at = {row, entity, row->row.as_of_ms, link};
    if (view == VIEW_POS) {
        const struct entity_row *books = entity_row_of(figures, entity);
        kind = names_string(figures->names, row->pos.line);
        if (books && books->row.as_of_ms > at.as_of_ms)
            at.as_of_ms = books->row.as_of_ms;
    } else if (view == VIEW_METRIC) {
        kind = names_string(figures->names, row->metric.metric);
    }
    const struct config_freshness *limits =
        config_freshness(figures->config, view_table(view)->name, kind);
    at.mark = mark_worse(link, mark_of_age(build->view_ms, at.as_of_ms, limits));
    *too_old = at.as_of_ms > 0 && build->view_ms - at.as_of_ms > limits->hard_ms;
    return at;
}

/* --- values ------------------------------------------------------------------- */

struct quantity quantity_combine(enum formula_op op, struct quantity a,
                                 struct quantity b)
{
    struct quantity result = {.why = ""};
    bool fits = false;
    if (a.state != QUANTITY_OK || b.state != QUANTITY_OK)
        return a.state >= b.state ? a : b;
    if (op == FORMULA_ADD || op == FORMULA_SUBTRACT) {
        if (a.unit != b.unit && !rational_is_zero(a.value) &&
            !rational_is_zero(b.value))
            return quantity_not(QUANTITY_FAULT, MARK_NOT_APPLICABLE,
                                "two currencies or units are never added");
        result.unit = rational_is_zero(a.value) && !a.unit ? b.unit : a.unit;
        fits = op == FORMULA_ADD ? rational_add(a.value, b.value, &result.value)
                                 : rational_subtract(a.value, b.value, &result.value);
    } else if (op == FORMULA_MULTIPLY) {
        if (a.unit && b.unit)
            return quantity_not(QUANTITY_FAULT, MARK_NOT_APPLICABLE,
                                "an amount times an amount means nothing");
        result.unit = a.unit ? a.unit : b.unit;
        fits = rational_multiply(a.value, b.value, &result.value);
    } else {
        if (rational_is_zero(b.value))
            return quantity_not(QUANTITY_NONE, MARK_NOT_APPLICABLE, "division by 0");
        if (b.unit && a.unit != b.unit)
            return quantity_not(QUANTITY_FAULT, MARK_NOT_APPLICABLE,
                                "two currencies or units are never divided");
        result.unit = b.unit ? 0 : a.unit;
        fits = rational_divide(a.value, b.value, &result.value);
    }
    if (!fits)
        return quantity_not(QUANTITY_FAULT, MARK_NOT_APPLICABLE,
                            "the exact result does not fit 128 bits");
    return result;
}

static enum fx_type rate_type(const struct viewport_build *build,
                              const union any_row *row)
{
    if (build->viewport->view == VIEW_POS) {
        struct text cls = names_text(build->figures->names, row->pos.cls);
        return text_equal(cls, TEXT("R")) || text_equal(cls, TEXT("X")) ? FX_AVERAGE
                                                                        : FX_CLOSING;
    }
    if (build->viewport->view == VIEW_METRIC && row->metric.start != 0 &&
        row->metric.start != row->metric.end)
        return FX_AVERAGE;
    return FX_CLOSING;
}

/* Equity is worth what it was carried at, where the archive says so. */
static bool carried(const struct viewport_build *build, const union any_row *row,
                    const struct column *column, struct decimal *amount)
{
    const struct pos_row *pos = &row->pos;
    const struct amount *hist =
        strcmp(column->name, "open") == 0 ? &pos->hist_open : &pos->hist_move;
    if (build->viewport->view != VIEW_POS ||
        !text_equal(names_text(build->figures->names, pos->cls), TEXT("Q")) ||
        strncmp(column->name, "hist", 4) == 0 || hist->mark ||
        pos->hist_cur != build->portfolio->currency_name)
        return false;
    *amount = amount_decimal(*hist);
    return true;
}

static struct quantity translated(const struct viewport_build *build,
                                  struct viewport_row *at, const struct column *column,
                                  struct decimal amount, name_id unit)
{
    struct portfolio *portfolio = build->portfolio;
    enum fx_type type = rate_type(build, at->row);
    const struct decimal one = {1, 0};
    struct decimal rate = one, hist;
    __int128 money;
    if (carried(build, at->row, column, &hist)) {
        amount = hist;
    } else {
        const struct fx_rate *found =
            portfolio_rate(build->figures, portfolio, unit, type);
        bool is_budget =
            build->viewport->view == VIEW_METRIC &&
            text_equal(names_text(build->figures->names, at->row->metric.scenario),
                       TEXT("budget"));
        if (is_budget) {
            const struct fx_rate *budget =
                portfolio_rate(build->figures, portfolio, unit, FX_BUDGET);
            found = budget && budget->found ? budget : found;
        }
        if (!found || !found->found)
            return quantity_not(QUANTITY_MISSING, MARK_NEVER,
                                arena_print(build->arena, "no rate %s->%s",
                                            names_string(build->figures->names, unit),
                                            portfolio->config->currency));
        if (!rate_is_current(build->figures, portfolio, found, type))
            at->mark = mark_worse(at->mark, MARK_AGING);
        rate = found->rate;
    }
    if (!money_translate(amount, rate, portfolio->minor, &money))
        return quantity_not(QUANTITY_FAULT, MARK_NOT_APPLICABLE,
                            "an amount is out of range");
    return quantity_of(rational_of(money_decimal(money, portfolio->minor)),
                       portfolio->currency_name);
}

static struct quantity field_value(const struct viewport_build *build,
                                   struct viewport_row *at, bool is_reporting,
                                   uint8_t field)
{
    const union any_row *row = at->row;
    if (field == FIELD_DIRECTION) {
        if (row->row.marks[viewport_field(VIEW_OBL, TEXT("op"))])
            return quantity_not(QUANTITY_NONE, MARK_NOT_APPLICABLE, "no covenant");
        return quantity_of(
            (struct rational){is_covenant_maximum(build, row) ? -1 : 1, 1}, 0);
    }
    const struct column *column = column_at(build, field);
    uint8_t mark = cell_mark(build, row, field);
    uint8_t unit_field = viewport_unit_field(build->viewport->view, field);
    name_id unit = 0;
    if (mark)
        return withheld(mark);
    if (column->type != COLUMN_DECIMAL)
        return quantity_of((struct rational){int_at(row, column), 1}, 0);
    struct decimal amount = amount_decimal(amount_at(row, column));
    if (unit_field != FIELD_NONE) {
        mark = cell_mark(build, row, unit_field);
        if (mark > CELL_NOT_APPLICABLE)
            return withheld(mark);
        unit = mark ? 0 : name_at(row, column_at(build, unit_field));
    }
    struct text name = names_text(build->figures->names, unit);
    if (unit == build->unit_one || name.length == 0)
        unit = 0;
    if (is_reporting && unit && unit_is_currency(name))
        return translated(build, at, column, amount, unit);
    return quantity_of(rational_of(amount), unit);
}

struct quantity viewport_row_value(const struct viewport_build *build,
                                   struct viewport_row *row,
                                   const struct viewport_column *column, uint8_t index)
{
    const struct formula_node *node = &column->formula.nodes[index];
    if (node->op == FORMULA_NUMBER)
        return quantity_of(node->number, 0);
    if (node->op == FORMULA_FIELD)
        return field_value(build, row, column->is_reporting, node->index);
    struct quantity left = viewport_row_value(build, row, column, node->left);
    if (node->op == FORMULA_NEGATE)
        return quantity_combine(FORMULA_SUBTRACT, quantity_of(RATIONAL_ZERO, 0), left);
    return quantity_combine(node->op, left,
                            viewport_row_value(build, row, column, node->right));
}

/* --- keys --------------------------------------------------------------------- */

static struct viewport_value bucket_of(const struct viewport_build *build,
                                       const struct viewport_key *key, int64_t date)
{
    int from = 0;
    if (date < build->view_date)
        return (struct viewport_value){-1, "overdue"};
    for (int i = 0; i < key->bound_count; from = key->bounds[i++])
        if (date <= date_add_months(build->view_date, key->bounds[i]))
            return (struct viewport_value){
                i, arena_print(build->arena, "%d-%d m", from, key->bounds[i])};
    return (struct viewport_value){key->bound_count,
                                   arena_print(build->arena, "%d+ m", from)};
}

struct viewport_value viewport_key_value(const struct viewport_build *build,
                                         const struct viewport_row *at,
                                         const struct viewport_key *key)
{
    struct arena *arena = build->arena;
    if (key->kind == KEY_ATTRIBUTE)
        return (struct viewport_value){
            0, viewport_attribute(build, at->entity, key->field)};
    uint8_t mark = cell_mark(build, at->row, key->field);
    if (mark > CELL_NOT_APPLICABLE)
        return (struct viewport_value){INT64_MAX, "(withheld)"};
    if (mark)
        return (struct viewport_value){INT64_MAX - 1, "-"};
    const struct column *column = column_at(build, key->field);
    if (column->type == COLUMN_TEXT || column->type == COLUMN_DECIMAL)
        return (struct viewport_value){0,
                                       viewport_cell_text(build, at->row, key->field)};
    int64_t value = int_at(at->row, column);
    if (key->kind == KEY_FIELD)
        return (struct viewport_value){value,
                                       viewport_cell_text(build, at->row, key->field)};
    if (value == 0)
        return (struct viewport_value){INT64_MAX - 1, "no date"};
    switch (key->kind) {
    case KEY_YEAR:
        return (struct viewport_value){value / 10000,
                                       arena_print(arena, "%d", (int)(value / 10000))};
    case KEY_QUARTER: {
        int quarter = (int)(value / 100 % 100 + 2) / 3;
        return (struct viewport_value){
            value / 10000 * 10 + quarter,
            arena_print(arena, "%dQ%d", (int)(value / 10000), quarter)};
    }
    case KEY_MONTH:
        return (struct viewport_value){
            value / 100, arena_print(arena, "%d-%02d", (int)(value / 10000),
                                     (int)(value / 100 % 100))};
    case KEY_BUCKET:
    case KEY_ATTRIBUTE:
    case KEY_FIELD:
        break;
    }
    return bucket_of(build, key, value);
}
