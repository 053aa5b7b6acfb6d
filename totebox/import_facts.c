/* import_facts.c - metric, edge and obligation tables, one row a fact. */
#include "totebox/import_plan.h"

#define ENTITY FIELD_COUNT

static const struct import_column metric_columns[] = {
    {"entity", ENTITY, true},
    {"key", FIELD_KEY, true},
    {"start", FIELD_START, false},
    {"end", FIELD_END, true},
    {"as_of", FIELD_AS_OF, false},
    {"unit", FIELD_UNIT, true},
    {"value", FIELD_VALUE, true},
    {"num", FIELD_NUM, false},
    {"den", FIELD_DEN, false},
    {"nature", FIELD_NATURE, true},
    {"scenario", FIELD_SCENARIO, false},
    {"basis", FIELD_BASIS, false},
    {"n", FIELD_N, false},
    {"quality", FIELD_QUALITY, false},
    {"cp", FIELD_CP, false},
};

static const struct import_column edge_columns[] = {
    {"owner", ENTITY, true},        {"owned", FIELD_OWNED, true},
    {"from", FIELD_FROM, true},     {"to", FIELD_TO, false},
    {"economic", FIELD_ECON, true}, {"voting", FIELD_VOTE, false},
    {"method", FIELD_METHOD, true},
};

static const struct import_column obligation_columns[] = {
    {"entity", ENTITY, true},
    {"kind", FIELD_KIND, true},
    {"id", FIELD_ID, true},
    {"title", FIELD_TITLE, false},
    {"due", FIELD_DUE, true},
    {"amount", FIELD_AMOUNT, false},
    {"cur", FIELD_CUR, false},
    {"qty", FIELD_QTY, false},
    {"unit", FIELD_UNIT, false},
    {"cp", FIELD_CP, false},
    {"metric", FIELD_METRIC, false},
    {"op", FIELD_OP, false},
    {"threshold", FIELD_THRESHOLD, false},
    {"num", FIELD_NUM, false},
    {"den", FIELD_DEN, false},
    {"period", FIELD_PERIOD, false},
    {"state", FIELD_STATE, false},
    {"as_of", FIELD_AS_OF, false},
};

struct fact_kind {
    enum line_type type;
    const struct import_column *columns;
    uint32_t column_count;
};

#define FACT_KIND(type, columns)                                                       \
    {                                                                                  \
        type, columns, sizeof(columns) / sizeof((columns)[0])                          \
    }
static const struct fact_kind fact_kinds[IMPORT_KIND_COUNT] = {
    [IMPORT_METRIC] = FACT_KIND(LINE_METRIC, metric_columns),
    [IMPORT_EDGE] = FACT_KIND(LINE_EDGE, edge_columns),
    [IMPORT_OBLIGATION] = FACT_KIND(LINE_OBLIGATION, obligation_columns),
};

enum archive_error import_parse_facts(struct import_plan *plan, char *bytes,
                                      size_t length, struct problem *problem)
{
    const struct fact_kind *kind = &fact_kinds[plan->request->kind];
    struct import_table table;
    struct line line;
    enum archive_error error = ARCHIVE_OK;

    if (!import_table_init(&table, plan, bytes, length, kind->columns,
                           kind->column_count))
        return ARCHIVE_OK;
    while (error == ARCHIVE_OK && import_table_next(&table)) {
        line_init(&line, kind->type);
        if (!import_table_fill(&table, &line))
            continue;
        fact_complete(plan->request->config, &line);
        error = import_fact(plan, &line, table.csv.line, problem);
    }
    return error;
}
