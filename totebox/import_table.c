#include <stdio.h>

#include "totebox/import_plan.h"

/* The columns, for words: "entity, key, start". */
static void list_columns(const struct import_table *table, char *room, size_t size)
{
    size_t length = 0;

    room[0] = '\0';
    for (uint32_t i = 0; i < table->column_count && length < size; i++)
        length += (size_t)snprintf(room + length, size - length, "%s%s", i ? "," : "",
                                   table->columns[i].name);
}

static bool refuse_defect(struct import_table *table)
{
    import_refuse(table->plan, table->csv.line, "%s", table->csv.defect);
    return false;
}

static bool take_name(struct import_table *table, uint32_t cell)
{
    struct text name = table->csv.cell[cell];
    char known[400];

    for (uint32_t i = 0; i < table->column_count; i++) {
        if (!text_equal(name, text_of(table->columns[i].name)))
            continue;
        table->column_of[cell] = (uint8_t)i;
        for (uint32_t j = 0; j < cell; j++) {
            if (table->column_of[j] == i) {
                import_refuse(table->plan, table->csv.line,
                              "column \"%.*s\" stands in the header twice",
                              TEXT_ARG(name));
                return false;
            }
        }
        return true;
    }
    list_columns(table, known, sizeof(known));
    import_refuse(table->plan, table->csv.line,
                  "column \"%.*s\" is unknown: the columns are %s", TEXT_ARG(name),
                  known);
    return false;
}

static bool has_column(const struct import_table *table, uint32_t column)
{
    for (uint32_t i = 0; i < table->width; i++)
        if (table->column_of[i] == column)
            return true;
    return false;
}

bool import_table_init(struct import_table *table, struct import_plan *plan,
                       char *bytes, size_t length, const struct import_column *columns,
                       uint32_t column_count)
{
    bool good = true;

    memset(table, 0, sizeof(*table));
    table->plan = plan;
    table->columns = columns;
    table->column_count = column_count;
    csv_init(&table->csv, bytes, length);
    switch (csv_next(&table->csv)) {
    case CSV_DEFECT:
        return refuse_defect(table);
    case CSV_END:
        import_refuse(plan, 1, "is empty: the first line names the columns");
        return false;
    case CSV_RECORD:
        break;
    }
    for (uint32_t i = 0; i < table->csv.count; i++)
        good = take_name(table, i) && good;
    table->width = table->csv.count;
    for (uint32_t i = 0; good && i < column_count; i++) {
        if (columns[i].required && !has_column(table, i)) {
            import_refuse(plan, table->csv.line, "column \"%s\" is missing",
                          columns[i].name);
            good = false;
        }
    }
    return good;
}

bool import_table_next(struct import_table *table)
{
    for (;;) {
        switch (csv_next(&table->csv)) {
        case CSV_DEFECT:
            return refuse_defect(table);
        case CSV_END:
            return false;
        case CSV_RECORD:
            break;
        }
        import_progress(table->plan, &table->csv);
        if (table->csv.count == table->width)
            return true;
        import_refuse(table->plan, table->csv.line, "has %u cells, the header has %u",
                      table->csv.count, table->width);
    }
}

struct text import_table_cell(const struct import_table *table, uint32_t column)
{
    for (uint32_t i = 0; i < table->width; i++)
        if (table->column_of[i] == column)
            return table->csv.cell[i];
    return (struct text){0};
}

/* rows.md allows "5." for 5. */
static struct text without_bare_point(enum line_field field, struct text cell)
{
    switch ((int)field) {
    case FIELD_AMT:
    case FIELD_AMOUNT:
    case FIELD_HIST_AMT:
    case FIELD_QTY:
    case FIELD_VALUE:
    case FIELD_THRESHOLD:
    case FIELD_NUM:
    case FIELD_DEN:
        if (cell.length > 1 && cell.bytes[cell.length - 1] == '.')
            cell.length--;
        break;
    default:
        break;
    }
    return cell;
}

static bool is_ours(struct import_table *table, const char *column, struct text entity)
{
    struct import_plan *plan = table->plan;

    if (text_equal(entity, text_of(plan->request->config->entity)))
        return true;
    if (plan->request->own_rows && entity_id_is_valid(entity))
        plan->report->skipped++;
    else if (plan->request->own_rows)
        import_refuse(plan, table->csv.line,
                      "%s \"%.*s\" is not an entity id (A-Z 0-9 -)", column,
                      TEXT_ARG(entity));
    else
        import_refuse(plan, table->csv.line,
                      "%s \"%.*s\" is not this archive's, %s: --own-rows takes its own "
                      "rows and leaves the others",
                      column, TEXT_ARG(entity), plan->request->config->entity);
    return false;
}

bool import_table_fill(struct import_table *table, struct line *line)
{
    for (uint32_t i = 0; i < table->width; i++) {
        const struct import_column *column = &table->columns[table->column_of[i]];
        if (column->field == FIELD_COUNT &&
            !is_ours(table, column->name, table->csv.cell[i]))
            return false;
    }
    for (uint32_t i = 0; i < table->width; i++) {
        const struct import_column *column = &table->columns[table->column_of[i]];
        if (column->field != FIELD_COUNT)
            line->field[column->field] =
                without_bare_point(column->field, table->csv.cell[i]);
    }
    return true;
}
