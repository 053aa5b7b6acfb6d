#include "tests/support/rows_fixture.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/cmocka_all.h"

/* cmocka's, not the compiler's: a fixture that fails names its line. */
#undef assert

struct fixture *fixture_new(void)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    fixture->as_of_ms = FIXTURE_NOW_MS - 1;
    fixture->config.path = "fixture";
    fixture->config.title = "fixture";
    fixture->config.operator_name = "test";
    fixture->config.toteboxes =
        calloc(FIXTURE_SLOTS_MAX, sizeof *fixture->config.toteboxes);
    fixture->config.portfolios = calloc(1, sizeof *fixture->config.portfolios);
    fixture->config.portfolio_count = 1;
    fixture->config.portfolios[0] = (struct config_portfolio){
        .name = "alder",
        .root = "",
        .currency = "USD",
        .period = "2025",
        .fx = "",
        .basis = BASIS_CONSOLIDATED,
        .partial = PARTIAL_WARN,
        .view_date = 20251231,
        .hold_ms = 3600000,
    };
    return fixture;
}

struct config_totebox *fixture_block(struct fixture *fixture, const char *entity)
{
    uint32_t slot = fixture->config.totebox_count++;
    assert_true(slot < FIXTURE_SLOTS_MAX);
    (void)snprintf(fixture->entities[slot], sizeof fixture->entities[slot], "%s",
                   entity);
    struct config_totebox *block = &fixture->config.toteboxes[slot];
    *block = (struct config_totebox){
        .entity = fixture->entities[slot],
        .name = fixture->entities[slot],
        .host = "127.0.0.1",
        .port = 7440,
        .group = "",
        .path = "",
        .weight = 1,
        .required = true,
    };
    return block;
}

/* The limits that decisions C12 compiles in. */
static const struct config_freshness default_freshness[] = {
    {"pos", 30 * FIXTURE_DAY_MS, 45 * FIXTURE_DAY_MS, 90 * FIXTURE_DAY_MS},
    {"pos:cash", FIXTURE_DAY_MS / 2, FIXTURE_DAY_MS, 2 * FIXTURE_DAY_MS},
    {"metric", 30 * FIXTURE_DAY_MS, 45 * FIXTURE_DAY_MS, 90 * FIXTURE_DAY_MS},
    {"metric:value", 100 * FIXTURE_DAY_MS, 200 * FIXTURE_DAY_MS, 400 * FIXTURE_DAY_MS},
    {"obl", 30 * FIXTURE_DAY_MS, 45 * FIXTURE_DAY_MS, 90 * FIXTURE_DAY_MS},
    {"fx", 4 * FIXTURE_DAY_MS, 10 * FIXTURE_DAY_MS, 400 * FIXTURE_DAY_MS},
};
static const struct config_tolerance default_tolerance[] = {
    {"default", {1, 0}, {5, 2}, 5},
    {"JPY", {100, 0}, {5, 2}, 5},
    {"KRW", {1000, 0}, {5, 2}, 5},
};
static const struct config_threshold default_threshold[] = {
    {"variance", {10000, 0}, {5, 0}},
};

static void *copy_of(const void *array, size_t bytes)
{
    void *copy = malloc(bytes);
    assert_non_null(copy);
    memcpy(copy, array, bytes);
    return copy;
}

void fixture_start(struct fixture *fixture)
{
    struct config *config = &fixture->config;
    config->freshness = copy_of(default_freshness, sizeof default_freshness);
    config->freshness_count = sizeof default_freshness / sizeof *default_freshness;
    config->tolerances = copy_of(default_tolerance, sizeof default_tolerance);
    config->tolerance_count = sizeof default_tolerance / sizeof *default_tolerance;
    config->thresholds = copy_of(default_threshold, sizeof default_threshold);
    config->threshold_count = sizeof default_threshold / sizeof *default_threshold;
    fixture->store = store_new(config);
    assert_non_null(fixture->store);
}

void fixture_free(struct fixture *fixture)
{
    if (!fixture)
        return;
    store_free(fixture->store);
    free(fixture->config.freshness);
    free(fixture->config.tolerances);
    free(fixture->config.thresholds);
    free(fixture->config.toteboxes);
    free(fixture->config.portfolios);
    free(fixture);
}

uint32_t fixture_slot(const struct fixture *fixture, const char *entity)
{
    for (uint32_t i = 0; i < fixture->config.totebox_count; i++)
        if (strcmp(fixture->entities[i], entity) == 0)
            return i;
    fail_msg("no block %s", entity);
    return 0;
}

void fixture_live(struct fixture *fixture, const char *entity)
{
    uint32_t slot = fixture_slot(fixture, entity);
    struct link_status *status = store_status(fixture->store, slot);
    status->state = LINK_LIVE;
    status->last_ok_ms = FIXTURE_NOW_MS;
    status->last_ok_mono_ms = 1000;
    store_status_changed(fixture->store, slot);
}

void fixture_live_all(struct fixture *fixture)
{
    for (uint32_t i = 0; i < fixture->config.totebox_count; i++)
        fixture_live(fixture, fixture->entities[i]);
}

/* --- rows --------------------------------------------------------------------- */

static name_id intern(struct fixture *fixture, struct text text)
{
    name_id id;
    assert_true(names_intern(store_names(fixture->store), text, &id));
    return id;
}

static const char *field(const char *const *fields, const char *name)
{
    for (; fields && *fields; fields += 2)
        if (strcmp(fields[0], name) == 0)
            return fields[1];
    return NULL;
}

static void set_cell(struct fixture *fixture, const struct column *column,
                     union any_row *row, uint32_t index, const char *text)
{
    void *cell = (uint8_t *)row + column->offset;
    struct decimal value;
    if (text && strcmp(text, "withheld") == 0) {
        row->row.marks[index] = CELL_NOT_PERMITTED;
        return;
    }
    switch (column->type) {
    case COLUMN_TEXT:
        *(name_id *)cell = intern(fixture, text ? text_of(text) : TEXT(""));
        break;
    case COLUMN_INT:
    case COLUMN_TIME:
        *(int64_t *)cell = text ? strtoll(text, NULL, 10) : 0;
        break;
    case COLUMN_DECIMAL:
        if (!text || !*text) {
            row->row.marks[index] = CELL_NOT_APPLICABLE;
            ((struct amount *)cell)->mark = CELL_NOT_APPLICABLE;
            break;
        }
        assert_int_equal(decimal_parse(text_of(text), &value), DECIMAL_OK);
        assert_int_equal(amount_from_decimal(value, cell), DECIMAL_OK);
        break;
    }
}

static void set_key(struct fixture *fixture, const struct view_table *table,
                    const char *entity, const char *const *fields, union any_row *row)
{
    struct text parts[ROW_COLUMNS_MAX] = {0};
    char key[ROW_KEY_MAX + 1];
    const char *ordinal = field(fields, "k");
    uint32_t named = 0;
    for (uint32_t i = 0; i < table->column_count; i++) {
        const struct column *column = &table->columns[i];
        const char *text = field(fields, column->name);
        if (!column->key_part)
            continue;
        parts[column->key_part - 1] =
            text_of(text && strcmp(text, "withheld") != 0 ? text : "");
        named++;
    }
    if (named < table->key_parts)
        parts[named] = text_of(ordinal ? ordinal : "1");
    uint32_t length = row_key_write(text_of(entity), parts, table->key_parts, key);
    assert_true(length > 0);
    row->row.key = intern(fixture, (struct text){key, length});
}

void fixture_row(struct fixture *fixture, enum view view, const char *entity,
                 const char *const *fields, union any_row *row)
{
    const struct view_table *table = view_table(view);
    memset(row, 0, sizeof *row);
    set_key(fixture, table, entity, fields, row);
    row->row.entity = intern(fixture, text_of(entity));
    for (uint32_t i = 0; i < table->column_count; i++)
        set_cell(fixture, &table->columns[i], row, i,
                 field(fields, table->columns[i].name));
    if (!field(fields, "seq"))
        row->row.seq = ++fixture->seq;
    if (!field(fields, "as_of"))
        row->row.as_of_ms = fixture->as_of_ms;
}

static void put(struct fixture *fixture, const char *block, enum view view,
                const char *entity, va_list arguments)
{
    const char *fields[2 * FIXTURE_FIELDS_MAX + 1];
    uint32_t count = 0;
    union any_row row;
    while ((fields[count] = va_arg(arguments, const char *)) != NULL)
        assert_true(++count < 2 * FIXTURE_FIELDS_MAX);
    fixture_row(fixture, view, entity, fields, &row);
    uint32_t slot = fixture_slot(fixture, block);
    uint64_t revision = store_status(fixture->store, slot)->revision;
    store_begin(fixture->store, slot, false);
    store_upsert(fixture->store, slot, view, &row);
    store_commit(fixture->store, slot, revision + 1);
}

void fixture_put(struct fixture *fixture, enum view view, const char *entity, ...)
{
    va_list arguments;
    va_start(arguments, entity);
    put(fixture, entity, view, entity, arguments);
    va_end(arguments);
}

void fixture_put_as(struct fixture *fixture, const char *block, enum view view,
                    const char *entity, ...)
{
    va_list arguments;
    va_start(arguments, entity);
    put(fixture, block, view, entity, arguments);
    va_end(arguments);
}
