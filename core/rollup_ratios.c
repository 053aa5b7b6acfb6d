/* rollup_ratios.c - ratios of pooled sums, never sums or means of ratios
 * (docs/views.md section 4). */
#include "core/rollup.h"

static const char ltv_words[] = "external debt / value";
static const char dscr_words[] =
    "NOI / debt service, of those that have a debt service";
static const char occupancy_words[] =
    "occupied / rentable area, of those that have both";
static const char units_words[] = "occupied / all units, of those that have both";

static bool is_in(const struct rollup *rollup, const struct member *member,
                  const char *group)
{
    return !group || strcmp(entity_group(rollup->figures, member->entity), group) == 0;
}

static void add_metric(struct tally *tally, const struct metric_value *value,
                       struct ratio weight)
{
    tally_add(tally, value->money, weight, value->age, value->as_of_ms);
}

/* --- loan to value ------------------------------------------------------------ */

static void add_ltv(const struct member *member, enum basis basis, struct ratio weight,
                    struct tally *debt, struct tally *value)
{
    __int128 money;
    enum mark mark;
    int64_t as_of_ms;
    if (member_measure(member, basis, MEASURE_DEBT, &money, &mark, &as_of_ms))
        tally_add(debt, money, weight, mark, as_of_ms);
    if (member->metrics[METRIC_VALUE].has_money)
        add_metric(value, &member->metrics[METRIC_VALUE], weight);
}

struct figure rollup_ltv(const struct rollup *rollup, enum basis basis,
                         const char *group)
{
    struct tally debt = {0}, value = {0};
    for (uint32_t i = 0; i < rollup->member_count; i++)
        if (is_in(rollup, &rollup->members[i], group))
            add_ltv(&rollup->members[i], basis,
                    member_weight(&rollup->members[i], basis), &debt, &value);
    return rollup_ratio(rollup, basis, &debt, &value, FORMAT_PERCENT,
                        value.included ? ltv_words : "no value is known");
}

/* --- debt service cover ------------------------------------------------------- */

/* Property NOI keeps the fees that stay in the group: lenders test it so. */
static bool add_dscr(const struct member *member, struct ratio weight,
                     struct tally *noi, struct tally *service)
{
    const struct metric_value *given = &member->metrics[METRIC_DEBT_SERVICE];
    const struct metric_value *principal = &member->metrics[METRIC_PRINCIPAL];
    __int128 income, paid;
    enum mark mark, service_mark = given->age;
    int64_t as_of_ms, service_as_of_ms = given->as_of_ms;
    if (!member_measure(member, BASIS_AGGREGATE, MEASURE_PROPERTY_NOI, &income, &mark,
                        &as_of_ms))
        return false;
    if (given->has_money) {
        paid = given->money;
    } else if (principal->has_money && member->facts->has_rows) {
        paid = principal->money + member->external[LINE_INTEREST];
        service_mark = mark_worse(principal->age, member->standing.mark);
        service_as_of_ms = principal->as_of_ms;
    } else {
        return false;
    }
    if (paid <= 0)
        return false;
    tally_add(noi, income, weight, mark, as_of_ms);
    tally_add(service, paid, weight, service_mark, service_as_of_ms);
    return true;
}

struct figure rollup_dscr(const struct rollup *rollup, enum basis basis,
                          const char *group)
{
    struct tally noi = {0}, service = {0};
    for (uint32_t i = 0; i < rollup->member_count; i++)
        if (is_in(rollup, &rollup->members[i], group))
            add_dscr(&rollup->members[i], member_weight(&rollup->members[i], basis),
                     &noi, &service);
    return rollup_ratio(rollup, basis, &noi, &service, FORMAT_RATIO,
                        service.included ? dscr_words : "no external debt is served");
}

/* --- occupancy ---------------------------------------------------------------- */

/* Areas and counts as whole 10^-6, so that they go through the same sums as money. */
enum { QUANTITY_PLACES = 6 };

static bool quantity(const struct rollup *rollup, const struct metric_value *value,
                     __int128 *scaled)
{
    static const struct decimal m2_per_sqft = {9290304,
                                               8}; /* exact: 0.3048 m squared */
    struct decimal amount = value->value;
    struct text unit = names_text(rollup->figures->names, value->unit);
    if (!value->present)
        return false;
    if (text_equal(unit, TEXT("sqft")) &&
        decimal_multiply(amount, m2_per_sqft, QUANTITY_PLACES, &amount))
        return false;
    if (decimal_rescale(amount, QUANTITY_PLACES, &amount) ||
        amount.coefficient > MONEY_LIMIT || amount.coefficient < -MONEY_LIMIT)
        return false;
    *scaled = amount.coefficient;
    return true;
}

static bool add_occupancy(const struct rollup *rollup, const struct member *member,
                          enum metric_key all_key, enum metric_key occupied_key,
                          struct ratio weight, struct tally *occupied,
                          struct tally *all)
{
    const struct metric_value *whole = &member->metrics[all_key];
    const struct metric_value *part = &member->metrics[occupied_key];
    __int128 let, there;
    if (!quantity(rollup, whole, &there) || !quantity(rollup, part, &let))
        return false;
    tally_add(occupied, let, weight, part->age, part->as_of_ms);
    tally_add(all, there, weight, whole->age, whole->as_of_ms);
    return true;
}

/* By area; by units only where nobody has areas: the two are never mixed. */
struct figure rollup_occupancy(const struct rollup *rollup, enum basis basis,
                               const char *group)
{
    struct tally let[2], all[2];
    memset(let, 0, sizeof let);
    memset(all, 0, sizeof all);
    for (uint32_t i = 0; i < rollup->member_count; i++) {
        const struct member *member = &rollup->members[i];
        struct ratio weight = member_weight(member, basis);
        if (!is_in(rollup, member, group) || weight.num == 0)
            continue;
        add_occupancy(rollup, member, METRIC_AREA_RENTABLE, METRIC_AREA_OCCUPIED,
                      weight, &let[0], &all[0]);
        add_occupancy(rollup, member, METRIC_UNITS_TOTAL, METRIC_UNITS_OCCUPIED, weight,
                      &let[1], &all[1]);
    }
    int by = all[0].included == 0 && all[1].included > 0;
    return rollup_ratio(rollup, basis, &let[by], &all[by], FORMAT_PERCENT,
                        all[by].included == 0 ? "no areas are known"
                        : by                  ? units_words
                                              : occupancy_words);
}

/* --- of one member ------------------------------------------------------------ */

static struct figure member_ratio(const struct rollup *rollup,
                                  const struct member *member, const struct tally *num,
                                  const struct tally *den, enum figure_format format,
                                  const char *why, const char *none)
{
    struct decimal left = {num->sum.value, 0}, right = {den->sum.value, 0};
    struct figure figure = {
        .format = format, .currency = "", .expected = 1, .why = why};
    enum { RATIO_PLACES = 10 };
    if (!member->standing.included) {
        figure = member_absent(rollup, member);
        figure.format = format;
        figure.currency = "";
        return figure;
    }
    if (den->included == 0 || den->sum.overflow || num->sum.overflow ||
        decimal_sign(right) <= 0 ||
        decimal_divide(left, right, RATIO_PLACES, &figure.value))
        return figure_not_applicable(format, none);
    figure.present = true;
    figure.included = 1;
    figure.mark = mark_worse(num->mark, den->mark);
    figure.last_known = figure.mark >= MARK_STALE;
    figure.as_of_ms =
        num->as_of_ms && num->as_of_ms < den->as_of_ms ? num->as_of_ms : den->as_of_ms;
    return figure;
}

struct figure member_ltv(const struct rollup *rollup, const struct member *member)
{
    struct tally debt = {0}, value = {0};
    add_ltv(member, BASIS_AGGREGATE, RATIO_ONE, &debt, &value);
    return member_ratio(rollup, member, &debt, &value, FORMAT_PERCENT, ltv_words,
                        "no value is known");
}

struct figure member_dscr(const struct rollup *rollup, const struct member *member)
{
    struct tally noi = {0}, service = {0};
    (void)add_dscr(member, RATIO_ONE, &noi, &service);
    bool owes =
        member->external[LINE_DEBT] != 0 || member->metrics[METRIC_DEBT].present;
    return member_ratio(rollup, member, &noi, &service, FORMAT_RATIO, dscr_words,
                        owes ? "no debt service is known" : "no external debt");
}

struct figure member_occupancy(const struct rollup *rollup, const struct member *member)
{
    struct tally let = {0}, all = {0};
    const char *why = occupancy_words;
    if (!add_occupancy(rollup, member, METRIC_AREA_RENTABLE, METRIC_AREA_OCCUPIED,
                       RATIO_ONE, &let, &all) &&
        add_occupancy(rollup, member, METRIC_UNITS_TOTAL, METRIC_UNITS_OCCUPIED,
                      RATIO_ONE, &let, &all))
        why = units_words;
    return member_ratio(rollup, member, &let, &all, FORMAT_PERCENT, why,
                        "no areas are known");
}
