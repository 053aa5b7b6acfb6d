#include "tests/support/random_rows.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "proto/row_cells.h"

struct random random_seeded(const char *test)
{
    const char *given = getenv("TEST_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);
    printf("%s: TEST_SEED=%llu\n", test, (unsigned long long)seed);
    return (struct random){seed * 2 + 1};
}

/* splitmix64, by Steele, Lea and Flood. */
uint64_t random_next(struct random *random)
{
    uint64_t z = random->state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

uint32_t random_below(struct random *random, uint32_t below)
{
    return (uint32_t)(random_next(random) % below);
}

static name_id random_name(struct random *random, struct names *names)
{
    static const char *const some[] = {"",
                                       "cash",
                                       "a|b%c",
                                       "Grüße",
                                       "日本",
                                       "x",
                                       "assets:bank:checking",
                                       "EUR",
                                       "100%",
                                       "\xf0\x9f\x8f\xa0 home"};
    char text[64];
    snprintf(text, sizeof text, "%s%u",
             some[random_below(random, sizeof some / sizeof some[0])],
             random_below(random, 50));
    name_id name = 0;
    bool held =
        names_intern(names, text_of(random_below(random, 8) ? text : ""), &name);
    assert(held);
    return name;
}

static struct amount random_amount(struct random *random, bool wide)
{
    struct decimal value = {.scale = (uint8_t)random_below(random, wide ? 5 : 3)};
    value.coefficient = (int64_t)random_next(random) / 1000;
    if (wide && random_below(random, 4) == 0)
        value.coefficient *= 90000;
    struct amount amount = {.low = 0};
    enum decimal_error error = amount_from_decimal(value, &amount);
    assert(error == DECIMAL_OK);
    return amount;
}

static int64_t random_date(struct random *random)
{
    if (random_below(random, 5) == 0)
        return 0;
    return 19000101 + random_below(random, 200) * 10000 +
           random_below(random, 12) * 100 + random_below(random, 28);
}

static void random_cell(struct random *random, struct names *names,
                        const struct column *column, bool wide, union any_row *row)
{
    void *cell = (uint8_t *)row + column->offset;
    switch (column->type) {
    case COLUMN_TEXT:
        *(name_id *)cell = random_name(random, names);
        break;
    case COLUMN_INT:
        *(int64_t *)cell =
            column->is_date ? random_date(random) : (int64_t)random_next(random);
        break;
    case COLUMN_TIME:
        *(int64_t *)cell = (int64_t)(random_next(random) % 4102444800000);
        break;
    case COLUMN_DECIMAL:
        *(struct amount *)cell = random_amount(random, wide);
        break;
    }
}

static uint8_t random_mark(struct random *random)
{
    return random_below(random, 6) ? CELL_PRESENT
                                   : (uint8_t)(1 + random_below(random, 8));
}

/* Shares are the one thing that has rules beyond its type. */
static void mend_shares(struct own_row *own)
{
    own->econ_den = 1 + (own->econ_den & 0xff);
    own->econ_num = (own->econ_num & 0xffff) % (own->econ_den + 1);
    own->vote_den = own->econ_den;
    own->vote_num = own->econ_num;
}

static void random_key(struct random *random, struct names *names, enum view view,
                       union any_row *row)
{
    const struct view_table *table = view_table(view);
    struct text parts[KEY_PARTS_MAX] = {{0}};
    char digits[DECIMAL_CHARS_MAX], ordinal[16], entity[ENTITY_ID_MAX + 1];
    char key[ROW_KEY_MAX + 1];
    snprintf(ordinal, sizeof ordinal, "%u", random_below(random, 100000));
    snprintf(entity, sizeof entity, "E-%u", random_below(random, 9));
    for (uint32_t i = 0; i < table->key_parts; i++)
        parts[i] = text_of(ordinal); /* where it is no column */
    for (uint32_t i = 0; i < table->column_count; i++) {
        const struct column *column = &table->columns[i];
        if (column->key_part == 0)
            continue;
        struct text *part = &parts[column->key_part - 1];
        if (column->type == COLUMN_TEXT)
            *part = names_text(names, row_name(row, column));
        else
            *part = (struct text){
                digits, decimal_write(decimal_from_int(row_int(row, column)), digits)};
    }
    uint32_t length = row_key_write(text_of(entity), parts, table->key_parts, key);
    assert(length);
    bool held = names_intern(names, (struct text){key, length}, &row->row.key) &&
                names_intern(names, text_of(entity), &row->row.entity);
    assert(held);
}

void random_row(struct random *random, struct names *names, enum view view, bool wide,
                bool marks, union any_row *row)
{
    const struct view_table *table = view_table(view);
    memset(row, 0, sizeof *row);
    for (uint32_t i = 0; i < table->column_count; i++) {
        const struct column *column = &table->columns[i];
        uint8_t mark = marks && !column->key_part ? random_mark(random) : CELL_PRESENT;
        row->row.marks[i] = mark;
        if (mark == CELL_PRESENT)
            random_cell(random, names, column, wide, row);
        else if (column->type == COLUMN_DECIMAL)
            ((struct amount *)((uint8_t *)row + column->offset))->mark = mark;
    }
    if (view == VIEW_OWN)
        mend_shares(&row->own);
    random_key(random, names, view, row);
}
