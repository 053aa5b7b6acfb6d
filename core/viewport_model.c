/* viewport_model.c - a viewport evaluated: lines, totals, contributors, coverage. */
#include <stdio.h>

#include "core/viewport_state.h"

enum { RATIO_PLACES = 10 };

/* --- sums --------------------------------------------------------------------- */

struct accumulator {            /* of one function */
    struct quantity value, den; /* QUANTITY_NONE: nothing yet */
    uint32_t count;
    struct quantity missing; /* of a row that could not give a value */
};

struct group {
    struct viewport_value keys[VIEWPORT_KEYS];
    struct accumulator *sums;            /* by aggregate */
    const char *texts[VIEWPORT_COLUMNS]; /* of cells; NULL: no row yet */
    enum mark mark;
    int64_t as_of_ms;
    uint32_t entity; /* NO_ENTITY: several */
    bool has_rows;
    uint32_t last_known, last_counted; /* entities whose rows are not current */
    uint32_t part_count;
    uint32_t place; /* among the groups as they were met */
    struct quantity results[VIEWPORT_COLUMNS];
    int8_t severity;
    const char *alarm;
};

/* How an entity takes part. */
struct taking {
    uint32_t entity;
    struct standing standing;
    bool is_adjustment;
    enum mark mark; /* of its link and of its oldest row */
    int64_t as_of_ms;
    const char *reason; /* why it, or a row of it, is not in the totals; "" */
    uint32_t rows_left_out;
};

struct making {
    struct viewport_build build;
    const struct rollup *rollup;
    struct group **groups;
    uint32_t group_count, group_capacity;
    uint32_t *table, mask; /* hash of the keys -> index + 1 */
    struct group total;
    struct viewport_part *parts; /* in the order of the rows */
    uint32_t part_count, part_capacity;
    struct taking *takings;
    uint32_t taking_count;
    uint32_t expected, included, last_known;
    const char *refused; /* STRICT */
    bool keyed_by_entity;
    bool failed;
};

static void accumulate(enum formula_op op, struct quantity *into, struct quantity value)
{
    if (into->state == QUANTITY_NONE || value.state == QUANTITY_FAULT) {
        *into = value;
        return;
    }
    if (into->state == QUANTITY_FAULT)
        return;
    if (op != FORMULA_MIN && op != FORMULA_MAX) {
        *into = quantity_combine(FORMULA_ADD, *into, value);
    } else if (into->unit != value.unit) {
        *into = quantity_not(QUANTITY_FAULT, MARK_NOT_APPLICABLE,
                             "two currencies or units are never compared");
    } else {
        int order = rational_compare(value.value, into->value);
        if (op == FORMULA_MIN ? order < 0 : order > 0)
            *into = value;
    }
}

static void add_value(enum formula_op op, struct accumulator *sum,
                      struct quantity value, struct quantity den)
{
    bool is_ratio = op == FORMULA_RATIO;
    if (value.state == QUANTITY_MISSING ||
        (is_ratio && den.state == QUANTITY_MISSING)) {
        if (sum->missing.state == QUANTITY_NONE)
            sum->missing = value.state == QUANTITY_MISSING ? value : den;
        return;
    }
    if (value.state == QUANTITY_NONE || (is_ratio && den.state == QUANTITY_NONE))
        return;
    sum->count++;
    accumulate(op, &sum->value, value);
    if (is_ratio)
        accumulate(op, &sum->den, den);
}

static bool is_function(enum formula_op op)
{
    return op >= FORMULA_SUM;
}

/* --- lines -------------------------------------------------------------------- */

static void group_init(struct making *making, struct group *group)
{
    const struct viewport *viewport = making->build.viewport;
    group->sums = arena_array(making->build.arena, viewport->aggregate_count + 1u,
                              sizeof *group->sums);
    making->failed |= !group->sums;
    for (uint32_t i = 0; group->sums && i < viewport->aggregate_count; i++)
        group->sums[i].value = group->sums[i].den = group->sums[i].missing =
            quantity_not(QUANTITY_NONE, MARK_NOT_APPLICABLE, "no row has a value");
    group->severity = -1;
    group->alarm = "";
    group->last_counted = NO_ENTITY;
}

static uint64_t hash_keys(const struct viewport_value *keys, uint8_t count)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (uint8_t i = 0; i < count; i++) {
        hash = (hash ^ (uint64_t)keys[i].number) * UINT64_C(1099511628211);
        for (const char *at = keys[i].text; *at; at++)
            hash = (hash ^ (uint8_t)*at) * UINT64_C(1099511628211);
        hash = (hash ^ 0xff) * UINT64_C(1099511628211);
    }
    return hash ^ hash >> 29;
}

static bool same_keys(const struct viewport_value *a, const struct viewport_value *b,
                      uint8_t count)
{
    for (uint8_t i = 0; i < count; i++)
        if (a[i].number != b[i].number || strcmp(a[i].text, b[i].text) != 0)
            return false;
    return true;
}

/* NULL when memory is short. */
static struct group *group_of(struct making *making, const struct viewport_value *keys)
{
    uint8_t count = making->build.viewport->key_count;
    uint32_t at = (uint32_t)hash_keys(keys, count) & making->mask;
    for (; making->table[at]; at = (at + 1) & making->mask) {
        struct group *group = making->groups[making->table[at] - 1];
        if (same_keys(group->keys, keys, count))
            return group;
    }
    struct group *group = arena_take(making->build.arena, sizeof *group);
    if (!group || making->group_count == making->group_capacity) {
        making->failed = true;
        return NULL;
    }
    group_init(making, group);
    memcpy(group->keys, keys, count * sizeof *keys);
    group->entity = NO_ENTITY;
    group->place = making->group_count;
    making->groups[making->group_count] = group;
    making->table[at] = ++making->group_count;
    return making->failed ? NULL : group;
}

static void note_row(struct making *making, struct group *group,
                     const struct viewport_row *row)
{
    const struct viewport *viewport = making->build.viewport;
    group->entity =
        !group->has_rows || group->entity == row->entity ? row->entity : NO_ENTITY;
    group->has_rows = true;
    group->mark = mark_worse(group->mark, row->mark);
    if (row->as_of_ms && (!group->as_of_ms || row->as_of_ms < group->as_of_ms))
        group->as_of_ms = row->as_of_ms;
    if (row->mark >= MARK_STALE && group->last_counted != row->entity) {
        group->last_known++;
        group->last_counted = row->entity;
    }
    for (uint8_t i = 0; i < viewport->column_count; i++) {
        const struct viewport_column *column = &viewport->columns[i];
        if (column->format != VIEWPORT_CELL)
            continue;
        const char *text = viewport_cell_text(&making->build, row->row, column->field);
        if (!group->texts[i])
            group->texts[i] = text;
        else if (strcmp(group->texts[i], text) != 0)
            group->texts[i] = "(several)";
    }
}

/* --- figures ------------------------------------------------------------------ */

static enum figure_format format_of(const struct making *making,
                                    const struct viewport_column *column, name_id unit)
{
    switch (column->format) {
    case VIEWPORT_PERCENT:
        return FORMAT_PERCENT;
    case VIEWPORT_RATIO:
        return FORMAT_RATIO;
    case VIEWPORT_AUTO:
    case VIEWPORT_MONEY:
    case VIEWPORT_NUMBER:
    case VIEWPORT_CELL:
        break;
    }
    struct text name = names_text(making->build.figures->names, unit);
    return unit && unit_is_currency(name) && column->format != VIEWPORT_NUMBER
               ? FORMAT_MONEY
               : FORMAT_QUANTITY;
}

static struct figure figure_of(const struct making *making,
                               const struct viewport_column *column,
                               struct quantity quantity)
{
    struct figure figure = {
        .mark = quantity.mark,
        .format = format_of(making, column, quantity.unit),
        .currency = quantity.unit
                        ? names_string(making->build.figures->names, quantity.unit)
                        : "",
        .why = quantity.why ? quantity.why : ""};
    bool is_exact;
    if (quantity.state == QUANTITY_NONE || quantity.state == QUANTITY_FAULT)
        figure.mark = MARK_NOT_APPLICABLE;
    if (quantity.state != QUANTITY_OK)
        return figure;
    if (!rational_decimal(quantity.value, RATIO_PLACES, &figure.value, &is_exact)) {
        figure.mark = MARK_NOT_APPLICABLE;
        figure.why = "out of range";
        return figure;
    }
    figure.present = true;
    if (!is_exact)
        figure.why = "rounded to 10 places for display; thresholds use the exact value";
    return figure;
}

static struct quantity function_value(const struct accumulator *sum, enum formula_op op)
{
    if (op == FORMULA_COUNT)
        return quantity_of((struct rational){sum->count, 1}, 0);
    if (sum->value.state == QUANTITY_NONE && sum->missing.state == QUANTITY_MISSING)
        return sum->missing;
    return op == FORMULA_RATIO ? quantity_combine(FORMULA_DIVIDE, sum->value, sum->den)
                               : sum->value;
}

static struct quantity evaluate(const struct making *making, const struct group *group,
                                const struct formula *formula, uint8_t index)
{
    const struct formula_node *node = &formula->nodes[index];
    if (node->op == FORMULA_TOTAL)
        return function_value(&making->total.sums[node->index], FORMULA_SUM);
    if (is_function(node->op))
        return function_value(&group->sums[node->index], node->op);
    if (node->op == FORMULA_NUMBER)
        return quantity_of(node->number, 0);
    if (node->op == FORMULA_COLUMN)
        return group->results[node->index];
    if (node->op == FORMULA_NEGATE)
        return quantity_combine(FORMULA_SUBTRACT, quantity_of(RATIONAL_ZERO, 0),
                                evaluate(making, group, formula, node->left));
    return quantity_combine(node->op, evaluate(making, group, formula, node->left),
                            evaluate(making, group, formula, node->right));
}

static bool is_crossed(const struct viewport_threshold *threshold,
                       struct rational value)
{
    int order[4];
    for (int i = 0; i < 4; i++)
        order[i] = threshold->has[i] ? rational_compare(value, threshold->limit[i]) : 0;
    return (threshold->has[0] && order[0] > 0) || (threshold->has[1] && order[1] < 0) ||
           (threshold->has[2] && order[2] >= 0) || (threshold->has[3] && order[3] <= 0);
}

static void judge(struct making *making, struct group *group)
{
    const struct viewport *viewport = making->build.viewport;
    for (uint8_t i = 0; i < viewport->threshold_count; i++) {
        const struct viewport_threshold *threshold = &viewport->thresholds[i];
        const struct quantity *value = &group->results[threshold->column];
        if (value->state != QUANTITY_OK || !is_crossed(threshold, value->value))
            continue;
        if ((int8_t)threshold->severity > group->severity)
            group->severity = (int8_t)threshold->severity;
        group->alarm = *group->alarm ? arena_print(making->build.arena, "%s, %s",
                                                   group->alarm, threshold->name)
                                     : threshold->name;
    }
}

static void calculate(struct making *making, struct group *group)
{
    const struct viewport *viewport = making->build.viewport;
    for (uint8_t i = 0; i < viewport->column_count; i++) {
        const struct viewport_column *column = &viewport->columns[i];
        if (column->format != VIEWPORT_CELL)
            group->results[i] =
                evaluate(making, group, &column->formula, column->formula.root);
    }
}

/* --- the pass over the rows ----------------------------------------------------- */

static void leave_out(struct taking *taking, const char *reason)
{
    taking->rows_left_out++;
    if (!*taking->reason)
        taking->reason = reason;
}

static void add_part(struct making *making, uint32_t line,
                     const struct viewport_row *row, struct figure figure,
                     const char *reason)
{
    if (making->part_count == making->part_capacity)
        return;
    figure.mark = figure.present ? row->mark : figure.mark;
    figure.as_of_ms = row->as_of_ms;
    figure.included = figure.present;
    figure.expected = 1;
    making->parts[making->part_count++] = (struct viewport_part){
        .line = line,
        .entity = entity_id(making->build.figures, row->entity),
        .key = names_string(making->build.figures->names, row->row->row.key),
        .figure = figure,
        .as_of_ms = row->as_of_ms,
        .seq = row->row->row.seq,
        .mark = row->mark,
        .reason = reason,
    };
}

/* What is missing in the row, or "". */
static const char *add_functions(struct making *making, struct group *group,
                                 struct viewport_row *row, struct figure *shown)
{
    const struct viewport *viewport = making->build.viewport;
    const struct quantity none = {.state = QUANTITY_NONE, .why = ""};
    const char *reason = "";
    bool has_shown = false;
    for (uint8_t i = 0; i < viewport->column_count; i++) {
        const struct viewport_column *column = &viewport->columns[i];
        for (uint8_t n = 0;
             column->format != VIEWPORT_CELL && n < column->formula.count; n++) {
            const struct formula_node *node = &column->formula.nodes[n];
            if (!is_function(node->op))
                continue;
            struct quantity value =
                viewport_row_value(&making->build, row, column, node->left);
            struct quantity den =
                node->op == FORMULA_RATIO
                    ? viewport_row_value(&making->build, row, column, node->right)
                    : none;
            if (value.state == QUANTITY_MISSING || den.state == QUANTITY_MISSING)
                reason = value.state == QUANTITY_MISSING ? value.why : den.why;
            add_value(node->op, &making->total.sums[node->index], value, den);
            if (node->op != FORMULA_TOTAL)
                add_value(node->op, &group->sums[node->index], value, den);
            if (!has_shown && node->op != FORMULA_COUNT) {
                *shown = figure_of(making, column,
                                   node->op == FORMULA_RATIO
                                       ? quantity_combine(FORMULA_DIVIDE, value, den)
                                       : value);
                has_shown = true;
            }
        }
    }
    return reason;
}

static void add_row(struct making *making, struct taking *taking,
                    const union any_row *stored)
{
    const struct viewport_build *build = &making->build;
    struct viewport_value keys[VIEWPORT_KEYS];
    struct figure shown = {.mark = MARK_NOT_APPLICABLE,
                           .format = FORMAT_QUANTITY,
                           .currency = "",
                           .why = ""};
    bool unknown, too_old;
    if (!viewport_row_passes(build, stored, &unknown)) {
        if (unknown)
            leave_out(taking, "what `where` asks for is withheld");
        return;
    }
    struct viewport_row row =
        viewport_row_of(build, taking->entity, taking->standing.link, stored, &too_old);
    taking->mark = mark_worse(taking->mark, row.mark);
    if (too_old) {
        leave_out(taking, "older than the hard limit");
        return;
    }
    if (build->without_last_known && row.mark >= MARK_STALE) {
        leave_out(taking, "not current, left out on request");
        return;
    }
    for (uint8_t i = 0; i < build->viewport->key_count; i++)
        keys[i] = viewport_key_value(build, &row, &build->viewport->keys[i]);
    struct group *group = group_of(making, keys);
    if (!group)
        return;
    const char *reason = add_functions(making, group, &row, &shown);
    if (*reason)
        leave_out(taking, reason);
    note_row(making, group, &row); /* a rate may have worsened its mark */
    note_row(making, &making->total, &row);
    taking->mark = mark_worse(taking->mark, row.mark);
    if (row.as_of_ms && (!taking->as_of_ms || row.as_of_ms < taking->as_of_ms))
        taking->as_of_ms = row.as_of_ms;
    group->part_count++;
    add_part(making, group->place, &row, shown, reason);
}

static void add_entity(struct making *making, struct taking *taking)
{
    const struct viewport_build *build = &making->build;
    enum view view = build->viewport->view;
    uint32_t first, count, slot;
    taking->reason = "";
    taking->standing = standing_of_link(build->figures, build->portfolio,
                                        taking->entity, build->arena);
    taking->mark = taking->standing.mark;
    if (!taking->standing.included) {
        taking->reason = taking->standing.why;
        return;
    }
    if (view_is_closed(build->figures, taking->entity, view)) {
        taking->standing.included = false;
        taking->mark = MARK_REFUSED;
        taking->reason = "this view of it is not permitted or not readable";
        return;
    }
    count = entity_rows(build->figures, taking->entity, view, &first);
    slot = build->figures->entities[taking->entity].slot;
    for (uint32_t i = first; i < first + count && !making->failed; i++)
        add_row(making, taking, store_row(build->figures->store, slot, view, i));
    taking->standing.included = taking->rows_left_out == 0;
}

/* --- what takes part ------------------------------------------------------------ */

static void count_taking(struct making *making, const struct taking *taking,
                         struct coverage *coverage)
{
    const struct config_totebox *block =
        entity_block(making->build.figures, taking->entity);
    bool is_in = taking->standing.included;
    if (taking->is_adjustment)
        return;
    making->expected++;
    making->included += is_in;
    making->last_known += is_in && taking->mark >= MARK_STALE;
    if (!making->refused && (!block || block->required) &&
        (!is_in || taking->mark > MARK_AGING))
        making->refused = arena_print(making->build.arena, "strict: %s is %s",
                                      entity_id(making->build.figures, taking->entity),
                                      is_in ? mark_name(taking->mark) : "missing");
    coverage_count(coverage, taking->mark);
    int64_t weight = block ? block->weight : 1;
    bool answers = is_in && taking->standing.link != MARK_LAST_KNOWN;
    coverage->expected++;
    coverage->weight_expected += weight;
    coverage->answered += answers;
    coverage->weight_answered += answers ? weight : 0;
    if (is_in && taking->as_of_ms &&
        (!coverage->oldest_as_of_ms || taking->as_of_ms < coverage->oldest_as_of_ms)) {
        coverage->oldest_as_of_ms = taking->as_of_ms;
        coverage->oldest_entity = entity_id(making->build.figures, taking->entity);
    }
}

static void cover(struct making *making, struct model_viewport *model)
{
    struct arena *arena = making->build.arena;
    const char **missing =
        arena_array(arena, making->taking_count + 1u, sizeof *missing);
    struct contribution *left_out =
        arena_array(arena, making->taking_count + 1u, sizeof *left_out);
    uint32_t live = 0, lost = 0, count = 0;
    if (!missing || !left_out) {
        making->failed = true;
        return;
    }
    model->coverage.oldest_entity = "";
    for (uint32_t i = 0; i < making->taking_count; i++) {
        const struct taking *taking = &making->takings[i];
        count_taking(making, taking, &model->coverage);
        live += taking->standing.link == MARK_CURRENT;
        lost += taking->standing.link == MARK_LAST_KNOWN;
        if (taking->standing.included)
            continue;
        const char *entity = entity_id(making->build.figures, taking->entity);
        missing[count] = entity;
        left_out[count++] = (struct contribution){
            .entity = entity,
            .what = taking->rows_left_out
                        ? arena_print(arena, "%u row%s", taking->rows_left_out,
                                      taking->rows_left_out == 1 ? "" : "s")
                        : "all of it",
            .figure = {.mark = taking->mark, .currency = "", .why = ""},
            .left_out = true,
            .reason = taking->reason,
        };
    }
    coverage_add_rates(making->build.figures, making->build.portfolio,
                       &model->coverage);
    model->coverage.lost_all = live == 0 && lost > 0;
    model->coverage.missing = missing;
    model->left_out = left_out;
    model->left_out_count = count;
    if (model->policy != PARTIAL_STRICT)
        making->refused = NULL;
}

/* An entity that cannot be read has a line of its own where lines are entities: what is
 * missing is never just not there. */
static void add_missing_lines(struct making *making)
{
    const struct viewport *viewport = making->build.viewport;
    for (uint32_t i = 0; making->keyed_by_entity && i < making->taking_count; i++) {
        const struct taking *taking = &making->takings[i];
        struct viewport_row row = {.entity = taking->entity};
        struct viewport_value keys[VIEWPORT_KEYS];
        if (taking->standing.included || taking->rows_left_out)
            continue;
        for (uint8_t k = 0; k < viewport->key_count; k++)
            keys[k] = viewport->keys[k].kind == KEY_ATTRIBUTE
                          ? viewport_key_value(&making->build, &row, &viewport->keys[k])
                          : (struct viewport_value){INT64_MAX - 2, "--"};
        struct group *group = group_of(making, keys);
        if (!group)
            return;
        group->entity = taking->entity;
        group->mark = taking->mark;
        for (uint32_t s = 0; s < viewport->aggregate_count; s++)
            group->sums[s].missing =
                quantity_not(QUANTITY_MISSING, taking->mark, taking->reason);
    }
}

/* --- the model ------------------------------------------------------------------ */

static struct figure line_figure(const struct making *making, const struct group *group,
                                 uint8_t column, bool is_of_entity)
{
    struct quantity result = group->results[column];
    bool is_refused = making->refused && !is_of_entity;
    if (!group->has_rows && is_of_entity) /* a count of what is not known is not 0 */
        result = quantity_not(QUANTITY_MISSING, group->mark, "not answered");
    struct figure figure =
        figure_of(making, &making->build.viewport->columns[column], result);
    if (is_refused) {
        figure.present = false;
        figure.mark = MARK_REFUSED;
        figure.why = making->refused;
    }
    if (figure.present)
        figure.mark = mark_worse(figure.mark, group->mark);
    figure.as_of_ms = group->as_of_ms;
    figure.expected = is_of_entity ? 1 : making->expected;
    figure.included = is_of_entity ? figure.present : making->included;
    figure.last_known = group->last_known;
    figure.partial = figure.included < figure.expected || figure.last_known > 0;
    /* A function that lacks a row's value is partial, whoever the line is about. */
    const struct formula *formula = &making->build.viewport->columns[column].formula;
    for (uint8_t i = 0; i < formula->count; i++)
        if (is_function(formula->nodes[i].op))
            figure.partial |=
                group->sums[formula->nodes[i].index].missing.state == QUANTITY_MISSING;
    return figure;
}

static void fill_line(struct making *making, struct group *group, bool is_total,
                      struct viewport_line *line)
{
    const struct viewport *viewport = making->build.viewport;
    struct arena *arena = making->build.arena;
    uint8_t all = (uint8_t)(viewport->key_count + viewport->column_count);
    const char **texts = arena_array(arena, all + 1u, sizeof *texts);
    struct figure *figures =
        arena_array(arena, viewport->column_count + 1u, sizeof *figures);
    const char *identity = "";
    if (!texts || !figures) {
        making->failed = true;
        return;
    }
    for (uint8_t i = 0; i < viewport->key_count; i++) {
        texts[i] = is_total ? i ? "" : "total"
                            : arena_text(arena, text_of(group->keys[i].text));
        identity = i ? arena_print(arena, "%s|%s", identity, texts[i]) : texts[i];
    }
    for (uint8_t i = 0; i < viewport->column_count; i++) {
        const char *text = is_total ? NULL : group->texts[i];
        texts[viewport->key_count + i] = arena_text(arena, text_of(text ? text : ""));
        if (viewport->columns[i].format == VIEWPORT_CELL)
            figures[i] =
                (struct figure){.mark = MARK_NOT_APPLICABLE, .currency = "", .why = ""};
        else
            figures[i] =
                line_figure(making, group, i, making->keyed_by_entity && !is_total);
    }
    *line = (struct viewport_line){
        .identity = identity,
        .entity = group->entity == NO_ENTITY || is_total
                      ? ""
                      : entity_id(making->build.figures, group->entity),
        .texts = texts,
        .figures = figures,
        .severity = is_total ? -1 : group->severity,
        .alarm = is_total ? "" : group->alarm,
        .part_count = group->part_count,
    };
}

/* arena_sort hands its comparison nothing else. */
static _Thread_local const struct viewport *sorting;

static int compare_values(const struct viewport_value *a,
                          const struct viewport_value *b)
{
    if (a->number != b->number)
        return a->number < b->number ? -1 : 1;
    return strcmp(a->text, b->text);
}

/* What has no value comes last in both directions. */
static int compare_results(const struct quantity *a, const struct quantity *b,
                           bool descending)
{
    bool known = a->state == QUANTITY_OK, other = b->state == QUANTITY_OK;
    if (!known || !other)
        return known ? -1 : other ? 1 : 0;
    if (a->unit != b->unit)
        return a->unit < b->unit ? -1 : 1; /* amounts of one currency stay together */
    int order = rational_compare(a->value, b->value);
    return descending ? -order : order;
}

static int compare_groups(const void *left, const void *right)
{
    const struct group *a = *(struct group *const *)left;
    const struct group *b = *(struct group *const *)right;
    uint8_t keys = sorting->key_count, at = sorting->sort;
    int order = 0;
    if (at > keys && sorting->columns[at - keys - 1].format != VIEWPORT_CELL) {
        order = compare_results(&a->results[at - keys - 1], &b->results[at - keys - 1],
                                sorting->descending);
    } else if (at > keys) {
        const char *one = a->texts[at - keys - 1], *other = b->texts[at - keys - 1];
        order = strcmp(one ? one : "", other ? other : "");
        order = sorting->descending ? -order : order;
    } else if (at > 0) {
        order = compare_values(&a->keys[at - 1], &b->keys[at - 1]);
        order = sorting->descending ? -order : order;
    }
    for (uint8_t i = 0; order == 0 && i < keys; i++)
        order = compare_values(&a->keys[i], &b->keys[i]);
    return order;
}

/* The parts of each line beside each other, in the order of the lines. */
static void place_parts(struct making *making, struct model_viewport *model,
                        struct viewport_line *lines, const uint32_t *place)
{
    struct viewport_part *parts =
        arena_array(making->build.arena, making->part_count + 1u, sizeof *parts);
    uint32_t *next =
        arena_array(making->build.arena, making->group_count + 1u, sizeof *next);
    uint32_t first = 0;
    if (!parts || !next) {
        making->failed = true;
        return;
    }
    for (uint32_t i = 0; i < making->group_count; i++) {
        lines[i].part_first = next[i] = first;
        first += lines[i].part_count;
    }
    for (uint32_t i = 0; i < making->part_count; i++) {
        uint32_t line = place[making->parts[i].line];
        parts[next[line]] = making->parts[i];
        parts[next[line]++].line = line;
    }
    model->parts = parts;
    model->part_count = making->part_count;
}

static void finish(struct making *making, struct model_viewport *model)
{
    struct arena *arena = making->build.arena;
    uint32_t count = making->group_count;
    struct group **sorted = arena_array(arena, count + 1u, sizeof *sorted);
    struct viewport_line *lines = arena_array(arena, count + 1u, sizeof *lines);
    uint32_t *place = arena_array(arena, count + 1u, sizeof *place);
    if (!sorted || !lines || !place) {
        making->failed = true;
        return;
    }
    calculate(making, &making->total);
    for (uint32_t i = 0; i < count; i++) {
        calculate(making, making->groups[i]);
        judge(making, making->groups[i]);
        sorted[i] = making->groups[i];
    }
    sorting = making->build.viewport;
    making->failed |= !arena_sort(arena, sorted, count, sizeof *sorted, compare_groups);
    for (uint32_t i = 0; i < count; i++) {
        place[sorted[i]->place] = i;
        fill_line(making, sorted[i], false, &lines[i]);
    }
    fill_line(making, &making->total, true, &model->total);
    place_parts(making, model, lines, place);
    model->lines = lines;
    model->line_count = count;
}

static bool prepare(struct making *making)
{
    const struct viewport_build *build = &making->build;
    uint32_t rows = 0, first, size = 16;
    making->takings = arena_array(build->arena, making->rollup->member_count + 1u,
                                  sizeof *making->takings);
    for (uint32_t i = 0; making->takings && i < making->rollup->member_count; i++) {
        const struct member *member = &making->rollup->members[i];
        if (!viewport_entity_passes(build, member->entity))
            continue;
        making->takings[making->taking_count++] = (struct taking){
            .entity = member->entity, .is_adjustment = member->is_adjustment};
        rows +=
            entity_rows(build->figures, member->entity, build->viewport->view, &first);
    }
    making->part_capacity = rows;
    making->group_capacity = rows + making->taking_count;
    while (size < 2 * making->group_capacity)
        size *= 2;
    making->mask = size - 1;
    making->table = arena_array(build->arena, size, sizeof *making->table);
    making->groups =
        arena_array(build->arena, making->group_capacity + 1u, sizeof *making->groups);
    making->parts = arena_array(build->arena, rows + 1u, sizeof *making->parts);
    group_init(making, &making->total);
    making->total.entity = NO_ENTITY;
    for (uint8_t i = 0; i < build->viewport->key_count; i++)
        making->keyed_by_entity |= build->viewport->keys[i].kind == KEY_ATTRIBUTE &&
                                   build->viewport->keys[i].field == ATTRIBUTE_ENTITY;
    return making->takings && making->table && making->groups && making->parts &&
           making->total.sums;
}

static bool names_period(const struct viewport *viewport)
{
    for (uint8_t i = 0; i < viewport->where_count; i++)
        if (viewport->where[i].field == viewport_field(viewport->view, TEXT("period")))
            return true;
    return false;
}

/* The period of the rows, as the names know it: one that nobody has sent matches none.
 */
static name_id period_of(const struct figures *figures,
                         const struct portfolio *portfolio,
                         const struct viewport *viewport)
{
    if (viewport->view != VIEW_POS && viewport->view != VIEW_METRIC)
        return 0;
    if (!viewport->period)
        return names_period(viewport) ? 0 : portfolio->period_name;
    name_id period = names_find(figures->names, text_of(viewport->period));
    return period ? period : UINT32_MAX;
}

const struct model_viewport *figures_viewport(struct figures *figures,
                                              const struct model_options *options,
                                              const struct viewport *viewport)
{
    struct arena *arena;
    struct cached_model *cached = &figures->models[MODEL_VIEWPORT];
    if (cached->viewport != viewport)
        cached->model = NULL;
    cached->viewport = viewport;
    struct model_viewport *model =
        model_begin(figures, MODEL_VIEWPORT, options, &arena);
    if (model)
        return model;
    struct portfolio *portfolio = portfolio_at(figures, options->portfolio);
    struct making making = {
        .build = {.figures = figures,
                  .portfolio = portfolio,
                  .viewport = viewport,
                  .arena = arena,
                  .period = period_of(figures, portfolio, viewport),
                  .unit_one = names_find(figures->names, TEXT("1")),
                  .view_ms = portfolio_view_ms(figures, portfolio),
                  .view_date = portfolio_view_date(figures, portfolio),
                  .without_last_known = options->without_last_known},
        .rollup = rollup_of(figures, portfolio, options->without_last_known),
    };
    model = arena_take(arena, sizeof *model);
    if (!making.rollup || !model || !prepare(&making))
        return NULL;
    *model = (struct model_viewport){
        .viewport = viewport,
        .portfolio = portfolio->config->name,
        .currency = portfolio->config->currency,
        .period = viewport->period ? viewport->period : portfolio->config->period,
        .policy = viewport->partial < 0 ? portfolio->config->partial
                                        : (enum partial_policy)viewport->partial,
    };
    for (uint32_t i = 0; i < making.taking_count; i++)
        add_entity(&making, &making.takings[i]);
    cover(&making, model);
    add_missing_lines(&making);
    if (!making.failed)
        finish(&making, model);
    model->rates = rate_words(figures, portfolio, arena);
    model->ownership = ownership_words(figures, portfolio, arena);
    if (making.failed)
        return NULL;
    model_end(figures, MODEL_VIEWPORT, model);
    return model;
}
