/* The parts of the executive summary as tables. */
#include <string.h>

#include "screens/draw.h"

#define EXECUTIVE(table) (((const struct pane_input *)(table)->model)->executive)

/* --- position --------------------------------------------------------------------- */

static const struct table_column headline_columns[] = {
    {"headline", "position", VALUE_TEXT, 18, 26, 0, false},
    {"now", "now", VALUE_FIGURE, 14, 20, 0, false},
    {"vs_budget", "vs budget", VALUE_FIGURE, 13, 18, 2, true},
    {"percent", "%", VALUE_FIGURE, 9, 9, 3, true},
    {"reported", "reported", VALUE_OF, 9, 11, 1, false},
    {"age", "age", VALUE_AGE, 6, 8, 0, false},
};

static void headline_value(const struct table *table, uint32_t row, unsigned column,
                           struct value *value)
{
    const struct headline *line = &EXECUTIVE(table)->headlines[row];
    switch (column) {
    case 0:
        value->text = line->label;
        break;
    case 1:
        value->figure = &line->now;
        break;
    case 2:
        value->figure = &line->budget;
        break;
    case 3:
        value->figure = &line->percent;
        break;
    case 4:
        value->number = line->now.included;
        value->of = line->now.expected;
        value->style =
            line->now.included < line->now.expected ? STYLE_WARNING : STYLE_TEXT;
        break;
    default:
        value->number = line->now.as_of_ms;
        value->mark = line->now.mark;
    }
}

static const char *headline_identity(const struct table *table, uint32_t row,
                                     char scratch[IDENTITY_CHARS])
{
    (void)scratch;
    return EXECUTIVE(table)->headlines[row].key;
}

/* --- groups ----------------------------------------------------------------------- */

static const struct table_column group_columns[] = {
    {"group", "group", VALUE_TEXT, 9, 14, 0, false},
    {"entities", "n", VALUE_COUNT, 5, 5, 5, false},
    {"net_assets", "net assets", VALUE_FIGURE, 13, 17, 0, false},
    {"cash", "cash", VALUE_FIGURE, 11, 15, 6, false},
    {"noi", "NOI", VALUE_FIGURE, 11, 15, 2, false},
    {"ltv", "LTV", VALUE_FIGURE, 8, 8, 3, false},
    {"occupancy", "occ", VALUE_FIGURE, 8, 8, 4, false},
    {"dscr", "DSCR", VALUE_FIGURE, 8, 8, 7, false},
    {"breaks", "brk", VALUE_COUNT, 3, 4, 3, false},
    {"answered", "answered", VALUE_OF, 9, 11, 1, false},
};

static void group_value(const struct table *table, uint32_t row, unsigned column,
                        struct value *value)
{
    const struct group_line *line = &EXECUTIVE(table)->groups[row];
    const struct figure *const figures[] = {&line->net_assets, &line->cash,
                                            &line->noi,        &line->ltv,
                                            &line->occupancy,  &line->dscr};
    switch (column) {
    case 0:
        value->text = line->name;
        break;
    case 1:
        value->number = line->entities;
        break;
    case 8:
        value->number = line->breaks;
        value->style = line->breaks ? STYLE_CRITICAL : STYLE_TEXT;
        break;
    case 9:
        value->number = line->answered;
        value->of = line->entities;
        value->style = line->answered < line->entities ? STYLE_WARNING : STYLE_TEXT;
        break;
    default:
        value->figure = figures[column - 2];
    }
}

static const char *group_identity(const struct table *table, uint32_t row,
                                  char scratch[IDENTITY_CHARS])
{
    (void)scratch;
    return EXECUTIVE(table)->groups[row].name;
}

/* --- covenants -------------------------------------------------------------------- */

static const struct table_column covenant_columns[] = {
    {"state", "state", VALUE_TEXT, 6, 7, 0, false},
    {"entity", "entity", VALUE_TEXT, 15, 16, 0, false},
    {"covenant", "covenant", VALUE_TEXT, 14, 24, 2, false},
    {"tested", "tested", VALUE_FIGURE, 9, 10, 0, false},
    {"limit", "", VALUE_TEXT, 3, 3, 1, false},
    {"threshold", "limit", VALUE_FIGURE, 9, 9, 1, false},
    {"headroom", "headroom", VALUE_FIGURE, 10, 11, 3, false},
    {"due", "due", VALUE_DATE, 10, 10, 4, false},
};

/* 1.2496 against a least of 1.25 must not read 1.25 against 1.25. */
static bool rounding_hides(const struct figure *tested, const struct figure *threshold)
{
    char a[FORMAT_CHARS], b[FORMAT_CHARS];
    figure_write(tested, NUMBER_EXACT, false, a);
    figure_write(threshold, NUMBER_EXACT, false, b);
    return tested->present && threshold->present && strcmp(a, b) == 0 &&
           decimal_compare(tested->value, threshold->value) != 0;
}

static void covenant_value(const struct table *table, uint32_t row, unsigned column,
                           struct value *value)
{
    static const char *const states[] = {"ok", "WATCH", "BREACH", "--"};
    static const enum style styles[] = {STYLE_TEXT, STYLE_WARNING, STYLE_CRITICAL,
                                        STYLE_AGING};
    const struct covenant_line *line = &EXECUTIVE(table)->covenants[row];
    switch (column) {
    case 0:
        value->text = states[line->state];
        value->style = styles[line->state];
        break;
    case 1:
        value->text = line->entity;
        break;
    case 2:
        value->text = line->title[0] ? line->title : line->id;
        break;
    case 3:
        value->figure = &line->tested;
        value->is_full = rounding_hides(&line->tested, &line->threshold);
        break;
    case 4:
        value->text = line->is_minimum ? "min" : "max";
        break;
    case 5:
        value->figure = &line->threshold;
        break;
    case 6:
        value->figure = &line->headroom;
        break;
    default:
        value->number = line->due;
    }
}

static const char *covenant_identity(const struct table *table, uint32_t row,
                                     char scratch[IDENTITY_CHARS])
{
    const struct covenant_line *line = &EXECUTIVE(table)->covenants[row];
    return identity_join(scratch, line->entity, line->id);
}

static bool covenant_problem(const struct table *table, uint32_t row)
{
    return EXECUTIVE(table)->covenants[row].state != COVENANT_OK;
}

/* --- maturities and lease ends ---------------------------------------------------- */

static const struct table_column bucket_columns[] = {
    {"bucket", "due in", VALUE_TEXT, 8, 12, 0, false},
    {"maturity_count", "loans", VALUE_COUNT, 5, 6, 2, false},
    {"maturities", "maturing", VALUE_FIGURE, 13, 18, 0, false},
    {"lease_count", "leases", VALUE_COUNT, 6, 7, 2, false},
    {"leases", "area ending", VALUE_FIGURE, 13, 16, 1, false},
};

static void bucket_value(const struct table *table, uint32_t row, unsigned column,
                         struct value *value)
{
    const struct bucket_line *line = &EXECUTIVE(table)->buckets[row];
    switch (column) {
    case 0:
        value->text = line->label;
        break;
    case 1:
        value->number = line->maturity_count;
        break;
    case 2:
        value->figure = &line->maturities;
        break;
    case 3:
        value->number = line->lease_count;
        break;
    default:
        value->figure = &line->leases;
    }
}

static const char *bucket_identity(const struct table *table, uint32_t row,
                                   char scratch[IDENTITY_CHARS])
{
    (void)scratch;
    return EXECUTIVE(table)->buckets[row].label;
}

/* --- variances -------------------------------------------------------------------- */

static const struct table_column variance_columns[] = {
    {"entity", "entity", VALUE_TEXT, 15, 16, 0, false},
    {"line", "line", VALUE_TEXT, 8, 12, 0, false},
    {"actual", "actual", VALUE_FIGURE, 13, 17, 1, false},
    {"budget", "budget", VALUE_FIGURE, 13, 17, 4, false},
    {"variance", "variance", VALUE_FIGURE, 13, 16, 0, true},
    {"percent", "%", VALUE_FIGURE, 9, 9, 2, true},
    {"effect", "", VALUE_TEXT, 12, 12, 3, false},
};

static void variance_value(const struct table *table, uint32_t row, unsigned column,
                           struct value *value)
{
    const struct variance_line *line = &EXECUTIVE(table)->variances[row];
    switch (column) {
    case 0:
        value->text = line->entity;
        break;
    case 1:
        value->text = line->key;
        break;
    case 2:
        value->figure = &line->actual;
        break;
    case 3:
        value->figure = &line->budget;
        break;
    case 4:
        value->figure = &line->variance;
        break;
    case 5:
        value->figure = &line->percent;
        break;
    default:
        value->text = line->favourable ? "favourable" : "unfavourable";
        value->style =
            line->is_exception && !line->favourable ? STYLE_WARNING : STYLE_TEXT;
    }
}

static const char *variance_identity(const struct table *table, uint32_t row,
                                     char scratch[IDENTITY_CHARS])
{
    const struct variance_line *line = &EXECUTIVE(table)->variances[row];
    return identity_join(scratch, line->entity, line->key);
}

/* --- data quality, open intercompany by age --------------------------------------- */

static const struct table_column quality_columns[] = {
    {"kind", "kind", VALUE_TEXT, 10, 13, 0, false},
    {"entity", "entity", VALUE_TEXT, 15, 16, 0, false},
    {"what", "what", VALUE_TEXT, 16, 60, 1, false},
};

static void quality_value(const struct table *table, uint32_t row, unsigned column,
                          struct value *value)
{
    const struct quality_line *line = &EXECUTIVE(table)->quality[row];
    value->text = column == 0 ? line->kind : column == 1 ? line->entity : line->what;
}

static const char *quality_identity(const struct table *table, uint32_t row,
                                    char scratch[IDENTITY_CHARS])
{
    const struct quality_line *line = &EXECUTIVE(table)->quality[row];
    return identity_join(scratch, line->entity, line->what);
}

static const struct table_column age_columns[] = {
    {"days", "days open", VALUE_TEXT, 10, 12, 0, false},
    {"count", "items", VALUE_COUNT, 6, 7, 1, false},
    {"amount", "amount", VALUE_FIGURE, 14, 18, 0, false},
};

static void age_value(const struct table *table, uint32_t row, unsigned column,
                      struct value *value)
{
    const struct age_line *line = &EXECUTIVE(table)->ages[row];
    if (column == 0)
        value->text = line->label;
    else if (column == 1)
        value->number = line->count;
    else
        value->figure = &line->amount;
}

static const char *age_identity(const struct table *table, uint32_t row,
                                char scratch[IDENTITY_CHARS])
{
    (void)scratch;
    return EXECUTIVE(table)->ages[row].label;
}

#define COLUMNS(list) .columns = (list), .column_count = sizeof(list) / sizeof(list)[0]

bool executive_table(const struct pane_input *input, unsigned part, struct table *table)
{
    const struct model_executive *model = input->executive;
    if (!model)
        return false;
    switch ((enum executive_part)part) {
    case EXECUTIVE_HEADLINES:
        *table = (struct table){.name = "headlines",
                                .title = "position",
                                COLUMNS(headline_columns),
                                .row_count = model->headline_count,
                                .value = headline_value,
                                .identity = headline_identity};
        break;
    case EXECUTIVE_GROUPS:
        *table = (struct table){.name = "groups",
                                .title = "by group",
                                COLUMNS(group_columns),
                                .row_count = model->group_count,
                                .value = group_value,
                                .identity = group_identity};
        break;
    case EXECUTIVE_ATTENTION:
        if (!alerts_table(input, 0, table))
            return false;
        table->title = "attention";
        break;
    case EXECUTIVE_COVENANTS:
        *table = (struct table){.name = "covenants",
                                .title = "covenants",
                                COLUMNS(covenant_columns),
                                .row_count = model->covenant_count,
                                .value = covenant_value,
                                .identity = covenant_identity,
                                .is_problem = covenant_problem};
        break;
    case EXECUTIVE_MATURITIES:
        *table = (struct table){.name = "maturities",
                                .title = "maturities and lease ends",
                                COLUMNS(bucket_columns),
                                .row_count = model->bucket_count,
                                .value = bucket_value,
                                .identity = bucket_identity};
        break;
    case EXECUTIVE_VARIANCES:
        *table = (struct table){.name = "variances",
                                .title = "against budget",
                                COLUMNS(variance_columns),
                                .row_count = model->variance_count,
                                .value = variance_value,
                                .identity = variance_identity};
        break;
    case EXECUTIVE_QUALITY:
        *table = (struct table){.name = "quality",
                                .title = "data quality",
                                COLUMNS(quality_columns),
                                .row_count = model->quality_count,
                                .value = quality_value,
                                .identity = quality_identity};
        break;
    case EXECUTIVE_AGES:
        *table = (struct table){.name = "intercompany_ages",
                                .title = "open intercompany by age",
                                COLUMNS(age_columns),
                                .row_count = model->age_count,
                                .value = age_value,
                                .identity = age_identity};
        break;
    case EXECUTIVE_PARTS:
        return false;
    }
    table->model = input;
    return true;
}
