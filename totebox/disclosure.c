#include "totebox/disclosure.h"

#include <stdlib.h>
#include <string.h>

enum {
    COMBINATIONS_MAX = 512, /* sums of a table that are looked at ... */
    WORK_MAX = 50000000,    /* ... and factors compared, before all of it is withheld */
    MAGNITUDES = 2,         /* of a ratio its numerator and denominator */
};

struct contributor {
    name_id who;
    struct decimal part[MAGNITUDES]; /* magnitudes: signs are no secret here */
};

struct people {
    struct contributor *list; /* by `who`, each once */
    uint32_t count;
};

struct cell {
    const struct metric_row *row;
    struct text metric;
    struct people people; /* none: not known */
    bool open;            /* another block shows it without limits */
    enum cell_mark mark;
};

/* What a peer can work out: the sum of factor x cell is 0. */
struct equation {
    int32_t *factor; /* by cell */
};

struct marked {
    name_id key; /* held */
    enum cell_mark mark;
};

struct disclosure {
    struct names *names;
    struct marked *marks; /* by key */
    uint32_t count;
};

/* One table at a time: cells that can be added, and their keys have one first word. */
struct judge {
    struct names *names;
    struct disclosure_limits limits;
    const struct metric_row **rows; /* all of the index */
    uint32_t row_count;
    struct cell *cells; /* of the table: rows without cp that the peer sees */
    uint32_t cell_count;
    struct equation *equations;
    uint32_t relation_count; /* the first ones: not derived from others */
    uint32_t equation_count, equation_capacity;
    uint64_t work;
    bool failed, crowded;
};

/* --- order --------------------------------------------------------------------- */

static int compare_dates(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* Rows that can be added at all. */
static int compare_tables(const struct metric_row *a, const struct metric_row *b)
{
    if (a->scenario != b->scenario)
        return a->scenario < b->scenario ? -1 : 1;
    if (a->basis != b->basis)
        return a->basis < b->basis ? -1 : 1;
    return (a->unit > b->unit) - (a->unit < b->unit);
}

static int compare_periods(const struct metric_row *a, const struct metric_row *b)
{
    int start = compare_dates(a->start, b->start);
    return start ? start : compare_dates(a->end, b->end);
}

static struct text first_word(struct text key)
{
    uint32_t length = 0;
    while (length < key.length && key.bytes[length] != '.')
        length++;
    return (struct text){key.bytes, length};
}

static int compare_cells(const void *left, const void *right)
{
    const struct cell *a = left, *b = right;
    int order = compare_tables(a->row, b->row);
    if (order == 0)
        order = text_compare(first_word(a->metric), first_word(b->metric));
    if (order == 0)
        order = text_compare(a->metric, b->metric);
    return order ? order : compare_periods(a->row, b->row);
}

static bool same_table(const struct metric_row *a, const struct metric_row *b)
{
    return compare_tables(a, b) == 0;
}

static bool same_period(const struct metric_row *a, const struct metric_row *b)
{
    return compare_periods(a, b) == 0;
}

/* --- contributors -------------------------------------------------------------- */

static bool is_below(struct text key, struct text above)
{
    return key.length > above.length && text_starts_with(key, above) &&
           key.bytes[above.length] == '.';
}

static struct decimal magnitude(struct amount amount)
{
    if (amount.mark)
        return decimal_from_int(0);
    return decimal_absolute(amount_decimal(amount));
}

static bool is_ratio(const struct judge *judge, const struct metric_row *row)
{
    return text_equal(names_text(judge->names, row->nature), TEXT("ratio"));
}

static bool add_part(struct judge *judge, struct people *people, name_id who,
                     const struct decimal part[MAGNITUDES], int32_t times)
{
    uint32_t at = 0;
    while (at < people->count && people->list[at].who < who)
        at++;
    if (at == people->count || people->list[at].who != who) {
        struct contributor *list =
            realloc(people->list, (people->count + 1) * sizeof *list);
        if (!list) {
            judge->failed = true;
            return false;
        }
        memmove(list + at + 1, list + at, (people->count - at) * sizeof *list);
        list[at] = (struct contributor){.who = who};
        people->list = list;
        people->count++;
    }
    for (int i = 0; i < MAGNITUDES; i++)
        for (int32_t n = 0; n < times; n++)
            if (decimal_add(people->list[at].part[i], part[i],
                            &people->list[at].part[i])) {
                judge->failed = true;
                return false;
            }
    return true;
}

static void add_row_parts(struct judge *judge, struct people *people,
                          const struct metric_row *row)
{
    bool ratio = is_ratio(judge, row);
    const struct decimal part[MAGNITUDES] = {magnitude(ratio ? row->num : row->value),
                                             ratio ? magnitude(row->den)
                                                   : decimal_from_int(0)};
    (void)add_part(judge, people, row->cp, part, 1);
}

/* The rows with `cp` of the key itself, or of all keys below it. */
static void find_people(struct judge *judge, struct cell *cell)
{
    for (int below = 0; below < 2 && cell->people.count == 0; below++)
        for (uint32_t i = 0; i < judge->row_count; i++) {
            const struct metric_row *row = judge->rows[i];
            struct text metric = names_text(judge->names, row->metric);
            if (row->cp != 0 && same_table(row, cell->row) &&
                same_period(row, cell->row) &&
                (below ? is_below(metric, cell->metric)
                       : row->metric == cell->row->metric))
                add_row_parts(judge, &cell->people, row);
        }
}

/* --- the limits ---------------------------------------------------------------- */

/* a x 100 > percent x b, exactly; what does not fit is as good as true. */
static bool exceeds(struct decimal a, struct decimal percent, struct decimal b,
                    bool or_equal)
{
    struct decimal left, right;
    int places = percent.scale + b.scale;
    uint8_t scale = (uint8_t)(places > DECIMAL_SCALE_MAX ? DECIMAL_SCALE_MAX : places);
    if (decimal_multiply(a, decimal_from_int(100), a.scale, &left) ||
        decimal_multiply(b, percent, scale, &right))
        return true;
    int order = decimal_compare(left, right);
    return order > 0 || (or_equal && order == 0);
}

static enum cell_mark judge_magnitude(const struct judge *judge,
                                      const struct people *people, int which)
{
    const struct disclosure_limits *limits = &judge->limits;
    struct decimal total = {0}, first = {0}, second = {0}, rest;
    for (uint32_t i = 0; i < people->count; i++) {
        struct decimal part = people->list[i].part[which];
        if (decimal_add(total, part, &total))
            return CELL_SUPPRESSED_DOMINANCE;
        if (decimal_compare(part, first) > 0) {
            second = first;
            first = part;
        } else if (decimal_compare(part, second) > 0) {
            second = part;
        }
    }
    if (decimal_sign(total) == 0)
        return CELL_PRESENT;
    if (decimal_sign(limits->dominance) > 0 &&
        exceeds(first, limits->dominance, total, false))
        return CELL_SUPPRESSED_DOMINANCE;
    if (decimal_sign(limits->p_percent) > 0 &&
        (decimal_subtract(total, first, &rest) ||
         decimal_subtract(rest, second, &rest) ||
         !exceeds(rest, limits->p_percent, first, true)))
        return CELL_SUPPRESSED_P_PERCENT;
    return CELL_PRESENT;
}

/* At least `n` contributors; who they are, where `people` are known. */
static enum cell_mark judge_people(const struct judge *judge, int64_t n,
                                   const struct people *people, bool are_known,
                                   bool is_count)
{
    const struct disclosure_limits *limits = &judge->limits;
    enum cell_mark mark = CELL_PRESENT;
    if (limits->min_n > 0 && n < limits->min_n)
        return CELL_SUPPRESSED_COUNT;
    if (is_count) /* each counts one */
        return CELL_PRESENT;
    if (!are_known)
        return decimal_sign(limits->dominance) > 0   ? CELL_SUPPRESSED_DOMINANCE
               : decimal_sign(limits->p_percent) > 0 ? CELL_SUPPRESSED_P_PERCENT
                                                     : CELL_PRESENT;
    for (int i = 0; i < MAGNITUDES && mark == CELL_PRESENT; i++)
        mark = judge_magnitude(judge, people, i);
    return mark;
}

/* The smaller of what the row says and what is seen; a row that says nothing has none
 * but those seen. */
static int64_t least_n(const struct cell *cell)
{
    int n = view_column(VIEW_METRIC, TEXT("n"));
    bool says = cell->row->row.marks[n] == CELL_PRESENT;
    int64_t seen = cell->people.count;
    if (!says)
        return seen;
    return seen > 0 && seen < cell->row->n ? seen : cell->row->n;
}

static bool is_count(const struct judge *judge, const struct cell *cell)
{
    return text_equal(names_text(judge->names, cell->row->nature), TEXT("count"));
}

static void judge_cell(const struct judge *judge, struct cell *cell)
{
    if (!cell->open)
        cell->mark = judge_people(judge, least_n(cell), &cell->people,
                                  cell->people.count > 0, is_count(judge, cell));
}

/* --- what can be subtracted ---------------------------------------------------- */

static struct equation *new_equation(struct judge *judge)
{
    if (judge->equation_count == judge->equation_capacity) {
        uint32_t capacity = judge->equation_capacity * 2 + 16;
        struct equation *equations =
            realloc(judge->equations, capacity * sizeof *equations);
        if (!equations) {
            judge->failed = true;
            return NULL;
        }
        judge->equations = equations;
        judge->equation_capacity = capacity;
    }
    struct equation *equation = &judge->equations[judge->equation_count];
    equation->factor = calloc(judge->cell_count + 1u, sizeof *equation->factor);
    if (!equation->factor) {
        judge->failed = true;
        return NULL;
    }
    judge->equation_count++;
    return equation;
}

static void drop_equations(struct judge *judge, uint32_t kept)
{
    while (judge->equation_count > kept)
        free(judge->equations[--judge->equation_count].factor);
}

/* Keys right below: nothing in between. */
static bool is_child_key(const struct judge *judge, uint32_t child, uint32_t parent)
{
    const struct cell *below = &judge->cells[child], *above = &judge->cells[parent];
    if (!same_table(below->row, above->row) || !same_period(below->row, above->row) ||
        !is_below(below->metric, above->metric))
        return false;
    for (uint32_t i = 0; i < judge->cell_count; i++) {
        const struct cell *other = &judge->cells[i];
        if (same_table(other->row, above->row) && same_period(other->row, above->row) &&
            is_below(other->metric, above->metric) &&
            is_below(below->metric, other->metric))
            return false;
    }
    return true;
}

static bool is_inside(const struct metric_row *inner, const struct metric_row *outer)
{
    return inner->start != 0 && outer->start != 0 && inner->start >= outer->start &&
           inner->end <= outer->end && !same_period(inner, outer);
}

static bool is_child_period(const struct judge *judge, uint32_t child, uint32_t parent)
{
    const struct metric_row *inner = judge->cells[child].row;
    const struct metric_row *outer = judge->cells[parent].row;
    if (!same_table(inner, outer) || inner->metric != outer->metric ||
        !is_inside(inner, outer))
        return false;
    for (uint32_t i = 0; i < judge->cell_count; i++) {
        const struct metric_row *other = judge->cells[i].row;
        if (same_table(other, outer) && other->metric == outer->metric &&
            is_inside(other, outer) && is_inside(inner, other))
            return false;
    }
    return true;
}

/* Do the sub-periods, which do not lie in one another, fill the period? */
static bool fills(const struct judge *judge, const struct equation *equation,
                  uint32_t parent)
{
    const struct metric_row *whole = judge->cells[parent].row;
    int32_t next = date_day_number((int32_t)whole->start);
    int32_t end = date_day_number((int32_t)whole->end) + 1;
    for (uint32_t i = 0; i < judge->cell_count && next < end;) {
        const struct metric_row *part = judge->cells[i].row;
        bool follows =
            equation->factor[i] < 0 && date_day_number((int32_t)part->start) == next;
        if (follows)
            next = date_day_number((int32_t)part->end) + 1;
        i = follows ? 0 : i + 1;
    }
    return next == end;
}

typedef bool child_rule(const struct judge *judge, uint32_t child, uint32_t parent);

static void relate(struct judge *judge, uint32_t parent, child_rule *is_child,
                   bool must_fill)
{
    struct equation *equation = new_equation(judge);
    uint32_t children = 0;
    if (!equation)
        return;
    for (uint32_t i = 0; i < judge->cell_count; i++)
        if (is_child(judge, i, parent)) {
            equation->factor[i] = -1;
            children++;
        }
    equation->factor[parent] = 1;
    if (children == 0 || (must_fill && !fills(judge, equation, parent)))
        drop_equations(judge, judge->equation_count - 1);
}

static void find_relations(struct judge *judge)
{
    for (uint32_t i = 0; i < judge->cell_count; i++) {
        relate(judge, i, is_child_key, false);
        relate(judge, i, is_child_period, true);
    }
    judge->relation_count = judge->equation_count;
}

static bool is_hidden(const struct judge *judge, uint32_t cell)
{
    return judge->cells[cell].mark != CELL_PRESENT;
}

/* Of the withheld cells: their sum, when all have one sign; 0 otherwise. */
static int sign_of(const struct judge *judge, const struct equation *equation)
{
    int sign = 0;
    for (uint32_t i = 0; i < judge->cell_count; i++) {
        if (!is_hidden(judge, i) || equation->factor[i] == 0)
            continue;
        int its = equation->factor[i] > 0 ? 1 : -1;
        if (sign != 0 && its != sign)
            return 0;
        sign = its;
    }
    return sign;
}

/* May the sum of withheld cells that the equation gives be known? */
static bool is_safe(struct judge *judge, const struct equation *equation)
{
    struct people people = {0};
    bool are_known = true, counts = true;
    int64_t n = 0;
    if (sign_of(judge, equation) == 0)
        return true;
    for (uint32_t i = 0; i < judge->cell_count; i++) {
        const struct cell *cell = &judge->cells[i];
        int32_t times = abs(equation->factor[i]);
        if (!is_hidden(judge, i) || times == 0)
            continue;
        are_known = are_known && cell->people.count > 0;
        counts = counts && is_count(judge, cell);
        for (uint32_t j = 0; j < cell->people.count; j++)
            (void)add_part(judge, &people, cell->people.list[j].who,
                           cell->people.list[j].part, times);
        /* Two cells may be about the same contributors. */
        if (least_n(cell) > n)
            n = least_n(cell);
    }
    if (are_known)
        n = people.count;
    bool safe = judge_people(judge, n, &people, are_known, counts) == CELL_PRESENT;
    free(people.list);
    return safe;
}

/* --- secondary suppression ----------------------------------------------------- */

static struct decimal size_of(const struct cell *cell)
{
    return cell->row->value.mark ? magnitude(cell->row->den)
                                 : magnitude(cell->row->value);
}

/* The smallest published cell of the equation; false when there is none to withhold. */
static bool withhold_one(struct judge *judge, const struct equation *equation)
{
    uint32_t best = judge->cell_count;
    for (uint32_t i = 0; i < judge->cell_count; i++) {
        const struct cell *cell = &judge->cells[i];
        if (equation->factor[i] == 0 || is_hidden(judge, i) || cell->open)
            continue;
        if (best == judge->cell_count ||
            decimal_compare(size_of(cell), size_of(&judge->cells[best])) < 0)
            best = i;
    }
    if (best == judge->cell_count)
        return false;
    judge->cells[best].mark = CELL_SUPPRESSED_SECONDARY;
    return true;
}

static int32_t common_factor(int32_t a, int32_t b)
{
    a = abs(a);
    b = abs(b);
    while (b) {
        int32_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Of withheld cells: is one within the other?  Then the larger says nothing new. */
static bool covers(const struct judge *judge, const struct equation *large,
                   const struct equation *small)
{
    bool some = false;
    for (uint32_t i = 0; i < judge->cell_count; i++) {
        if (!is_hidden(judge, i) || small->factor[i] == 0)
            continue;
        some = true;
        if (large->factor[i] == 0)
            return false;
    }
    return some;
}

/* a and b without the withheld cell that they share; false when nothing comes of it. */
static bool combine(struct judge *judge, uint32_t a, uint32_t b, uint32_t shared)
{
    judge->work += (uint64_t)judge->equation_count * judge->cell_count;
    if (judge->work > WORK_MAX ||
        judge->equation_count - judge->relation_count >= COMBINATIONS_MAX) {
        judge->crowded = true;
        return false;
    }
    struct equation *sum = new_equation(judge);
    if (!sum)
        return false;
    const struct equation *x = &judge->equations[a], *y = &judge->equations[b];
    int32_t common = common_factor(x->factor[shared], y->factor[shared]);
    int64_t by_x = y->factor[shared] / common, by_y = -x->factor[shared] / common;
    int32_t divisor = 0;
    bool hides = false, too_large = false;
    for (uint32_t i = 0; i < judge->cell_count; i++) {
        int64_t factor = by_x * x->factor[i] + by_y * y->factor[i];
        too_large |= factor > 10000 || factor < -10000;
        sum->factor[i] = (int32_t)factor;
        hides |= is_hidden(judge, i) && factor != 0;
        divisor = common_factor(divisor, sum->factor[i]);
    }
    for (uint32_t i = 0; divisor > 1 && i < judge->cell_count; i++)
        sum->factor[i] /= divisor;
    if (too_large)
        judge->crowded = true;
    bool known = !hides || too_large;
    for (uint32_t i = 0; !known && i + 1 < judge->equation_count; i++)
        known = covers(judge, sum, &judge->equations[i]);
    if (known)
        drop_equations(judge, judge->equation_count - 1);
    return !known;
}

/* Looks at all that can be had from the relations; true when it withheld one more. */
static bool withhold_more(struct judge *judge)
{
    drop_equations(judge, judge->relation_count);
    for (uint32_t i = 0; i < judge->equation_count; i++) {
        if (!is_safe(judge, &judge->equations[i]) &&
            withhold_one(judge, &judge->equations[i]))
            return true;
        for (uint32_t j = 0; j < i && !judge->failed && !judge->crowded; j++)
            for (uint32_t c = 0; c < judge->cell_count; c++)
                if (is_hidden(judge, c) && judge->equations[i].factor[c] &&
                    judge->equations[j].factor[c])
                    (void)combine(judge, i, j, c);
    }
    return false;
}

static void withhold_rest(struct judge *judge)
{
    for (uint32_t i = 0; i < judge->cell_count; i++)
        if (!judge->cells[i].open && judge->cells[i].mark == CELL_PRESENT)
            judge->cells[i].mark = CELL_SUPPRESSED_SECONDARY;
}

/* --- from the index ------------------------------------------------------------ */

static bool read_rows(struct judge *judge, const struct exposure_view *exposure,
                      const struct archive_index *index)
{
    uint32_t count = index_row_count(index, VIEW_METRIC);
    judge->rows = calloc(count + 1u, sizeof(struct metric_row *));
    judge->cells = calloc(count + 1u, sizeof *judge->cells);
    if (!judge->rows || !judge->cells)
        return false;
    for (const union any_row *row = index_seek(index, VIEW_METRIC, TEXT("")); row;
         row = index_next(index, VIEW_METRIC, row)) {
        judge->rows[judge->row_count++] = &row->metric;
        if (row->metric.cp != 0 ||
            !exposure_sees_row(exposure, judge->names, VIEW_METRIC, row))
            continue;
        judge->cells[judge->cell_count++] =
            (struct cell){.row = &row->metric,
                          .metric = names_text(judge->names, row->metric.metric),
                          .open = !exposure_limits_row(exposure, judge->names, row)};
    }
    if (judge->cell_count > 0)
        qsort(judge->cells, judge->cell_count, sizeof *judge->cells, compare_cells);
    return true;
}

static void judge_table(struct judge *judge)
{
    judge->work = 0;
    judge->failed = judge->crowded = false;
    for (uint32_t i = 0; i < judge->cell_count; i++) {
        find_people(judge, &judge->cells[i]);
        judge_cell(judge, &judge->cells[i]);
    }
    find_relations(judge);
    while (!judge->failed && !judge->crowded && withhold_more(judge))
        continue;
    if (judge->failed || judge->crowded)
        withhold_rest(judge);
    drop_equations(judge, 0);
    judge->relation_count = 0;
}

static void judge_all(struct judge *judge)
{
    struct cell *all = judge->cells;
    uint32_t count = judge->cell_count, end;
    for (uint32_t start = 0; start < count; start = end) {
        for (end = start + 1;
             end < count && same_table(all[end].row, all[start].row) &&
             text_equal(first_word(all[end].metric), first_word(all[start].metric));)
            end++;
        judge->cells = all + start;
        judge->cell_count = end - start;
        judge_table(judge);
    }
    judge->cells = all;
    judge->cell_count = count;
}

static int compare_marked(const void *left, const void *right)
{
    const struct marked *a = left, *b = right;
    return (a->key > b->key) - (a->key < b->key);
}

static void take_marks(struct disclosure *disclosure, const struct judge *judge)
{
    for (uint32_t i = 0; i < judge->cell_count; i++) {
        const struct cell *cell = &judge->cells[i];
        if (cell->open)
            continue;
        disclosure->marks[disclosure->count++] =
            (struct marked){cell->row->row.key, cell->mark};
        names_hold(disclosure->names, cell->row->row.key);
    }
    if (disclosure->count > 0)
        qsort(disclosure->marks, disclosure->count, sizeof *disclosure->marks,
              compare_marked);
}

static void judge_release(struct judge *judge)
{
    drop_equations(judge, 0);
    for (uint32_t i = 0; i < judge->cell_count; i++)
        free(judge->cells[i].people.list);
    free(judge->equations);
    free(judge->cells);
    free(judge->rows);
    free(judge);
}

struct disclosure *disclosure_new(const struct exposure_view *exposure,
                                  const struct archive_index *index)
{
    struct disclosure *disclosure = calloc(1, sizeof *disclosure);
    struct judge *judge = calloc(1, sizeof *judge);
    bool complete = disclosure && judge;
    if (complete) {
        disclosure->names = judge->names = index_names(index);
        if (exposure_limits(exposure, &judge->limits)) {
            complete = read_rows(judge, exposure, index);
            disclosure->marks = calloc(judge->cell_count + 1u, sizeof(struct marked));
            complete = complete && disclosure->marks;
            if (complete) {
                judge_all(judge);
                take_marks(disclosure, judge);
            }
        }
    }
    if (judge)
        judge_release(judge);
    if (!complete) {
        free(disclosure ? disclosure->marks : NULL);
        free(disclosure);
        return NULL;
    }
    return disclosure;
}

void disclosure_free(struct disclosure *disclosure)
{
    if (!disclosure)
        return;
    for (uint32_t i = 0; i < disclosure->count; i++)
        names_drop(disclosure->names, disclosure->marks[i].key);
    free(disclosure->marks);
    free(disclosure);
}

/* --- looking up ---------------------------------------------------------------- */

bool disclosure_covers(enum view view, uint32_t column)
{
    static const char *const limited[] = {"value", "num", "den", "n"};
    if (view != VIEW_METRIC)
        return false;
    for (size_t i = 0; i < sizeof limited / sizeof *limited; i++)
        if (strcmp(view_table(view)->columns[column].name, limited[i]) == 0)
            return true;
    return false;
}

enum cell_mark disclosure_mark(const struct disclosure *disclosure,
                               const struct exposure_view *exposure,
                               const struct names *names, const union any_row *row)
{
    struct marked wanted = {.key = row->row.key};
    if (!exposure_limits_row(exposure, names, row))
        return CELL_PRESENT;
    const struct marked *marked =
        disclosure && disclosure->count > 0
            ? bsearch(&wanted, disclosure->marks, disclosure->count,
                      sizeof *disclosure->marks, compare_marked)
            : NULL;
    return marked ? marked->mark : CELL_NOT_KNOWN;
}

void disclosure_compare(const struct disclosure *before, const struct disclosure *after,
                        void (*differs)(void *user, name_id key), void *user)
{
    uint32_t i = 0, j = 0, old = before ? before->count : 0;
    uint32_t fresh = after ? after->count : 0;
    while (i < old || j < fresh) {
        const struct marked *x = i < old ? &before->marks[i] : NULL;
        const struct marked *y = j < fresh ? &after->marks[j] : NULL;
        if (x && y && x->key == y->key) {
            if (x->mark != y->mark)
                differs(user, x->key);
            i++;
            j++;
        } else if (x && (!y || x->key < y->key)) {
            differs(user, x->key);
            i++;
        } else if (y) {
            differs(user, y->key);
            j++;
        }
    }
}
