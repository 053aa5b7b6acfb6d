#include <stdlib.h>

#include "totebox/index_parts.h"

enum { RATE_PLACES = 6 };

struct fixing {
    int32_t day;
    struct decimal rate;
    uint64_t seq;
    name_id source;
};

struct rate_pair {
    name_id from, to;
    LIST(struct fixing) fixings; /* sorted by day */
};

/* A rate that is asked for: one figure out of the fixings of a pair. */
struct figure {
    struct decimal sum; /* of `n` fixings */
    int64_t n;
    int32_t fixed; /* day of the last */
    uint64_t seq;  /* the newest line among them */
    name_id source;
};

static struct rate_pair *find_pair(const struct archive_index *index, name_id from,
                                   name_id to)
{
    for (uint32_t i = 0; i < index->pairs.count; i++)
        if (index->pairs.at[i].from == from && index->pairs.at[i].to == to)
            return &index->pairs.at[i];
    return NULL;
}

static struct rate_pair *pair_of(struct archive_index *index, name_id from, name_id to)
{
    struct rate_pair *pair = find_pair(index, from, to);

    if (pair)
        return pair;
    if (!LIST_GROW(index->pairs))
        return NULL;
    pair = &index->pairs.at[index->pairs.count++];
    memset(pair, 0, sizeof(*pair));
    pair->from = from;
    pair->to = to;
    names_hold(index->names, from);
    names_hold(index->names, to);
    return pair;
}

/* The first fixing on or after `day`. */
static uint32_t fixing_place(const struct rate_pair *pair, int32_t day)
{
    uint32_t low = 0, high = pair->fixings.count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (pair->fixings.at[middle].day < day)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The newest line of a day wins. */
static bool put_fixing(struct rate_pair *pair, struct fixing fixing)
{
    uint32_t place = fixing_place(pair, fixing.day);

    if (place < pair->fixings.count && pair->fixings.at[place].day == fixing.day) {
        pair->fixings.at[place] = fixing;
        return true;
    }
    if (!LIST_GROW(pair->fixings))
        return false;
    memmove(pair->fixings.at + place + 1, pair->fixings.at + place,
            (pair->fixings.count - place) * sizeof(fixing));
    pair->fixings.at[place] = fixing;
    pair->fixings.count++;
    return true;
}

bool index_wake_rates(struct archive_index *index)
{
    const struct kept_fixing *kept = index_file_at(&index->file, SECTION_FIXINGS);

    if (index->rates_awake)
        return true;
    for (uint32_t i = 0; i < index_file_count(&index->file, SECTION_FIXINGS); i++) {
        struct rate_pair *pair = pair_of(index, kept[i].from, kept[i].to);
        struct fixing fixing = {.day = kept[i].day,
                                .rate = amount_decimal(kept[i].rate),
                                .seq = kept[i].seq,
                                .source = kept[i].source};
        if (pair == NULL || !put_fixing(pair, fixing))
            return false;
    }
    index->rates_awake = true;
    return true;
}

enum archive_error index_rate(struct archive_index *index, const struct line *line,
                              struct problem *problem)
{
    struct fixing fixing = {.day = line_date(line, FIELD_DAY),
                            .rate = line_decimal(line, FIELD_RATE),
                            .seq = line->seq};
    struct rate_pair *pair;
    name_id from, to;

    if (!plan_has(index, VIEW_FX))
        return ARCHIVE_OK;
    index->rates_changed = true;
    if (!index_wake_rates(index))
        return problem_memory(problem);
    if (!index_name(index, line->field[FIELD_FROM], &from) ||
        !index_name(index, line->field[FIELD_TO], &to) ||
        !index_name(index, line->field[FIELD_SOURCE], &fixing.source))
        return problem_memory(problem);
    pair = pair_of(index, from, to);
    if (pair == NULL || !put_fixing(pair, fixing))
        return problem_memory(problem);
    names_drop(index->names, from);
    names_drop(index->names, to);
    return ARCHIVE_OK;
}

/* --- figures -------------------------------------------------------------------- */

enum rate_type { RATE_OPENING, RATE_AVERAGE, RATE_CLOSING, RATE_TYPE_COUNT };

static const char *const rate_type_names[] = {"opening", "average", "closing"};

/* Fixings [first, end) that the figure is made of; none: an empty range.  A period
 * without a start (everything, an instant) has no opening; an instant has no average.
 */
static void figure_range(const struct rate_pair *pair, struct period period,
                         enum rate_type type, uint32_t *first, uint32_t *end)
{
    uint32_t begin = period.start ? fixing_place(pair, period.start) : 0;
    uint32_t after =
        period.end ? fixing_place(pair, period.end + 1) : pair->fixings.count;

    *first = begin;
    *end = after > begin ? after : begin;
    if (type == RATE_OPENING) {
        *end = begin;
        *first = period.start && begin > 0 ? begin - 1 : begin;
    } else if (type == RATE_CLOSING) {
        *first = *end > begin ? *end - 1 : *end;
    } else if (period.start == 0 && period.end != 0) {
        *end = *first;
    }
}

static bool figure_of(const struct rate_pair *pair, struct period period,
                      enum rate_type type, struct figure *figure)
{
    uint32_t first, end;

    figure_range(pair, period, type, &first, &end);
    *figure = (struct figure){.sum = decimal_from_int(0)};
    for (uint32_t i = first; i < end; i++) {
        const struct fixing *fixing = &pair->fixings.at[i];
        if (decimal_add(figure->sum, fixing->rate, &figure->sum) != DECIMAL_OK)
            return false;
        figure->n++;
        figure->fixed = fixing->day;
        figure->source = fixing->source;
        if (figure->seq < fixing->seq)
            figure->seq = fixing->seq;
    }
    return figure->n > 0;
}

/* A single fixing is given as it is; a mean is rounded. */
static bool direct_rate(const struct figure *figure, struct decimal *rate)
{
    *rate = decimal_trim(figure->sum);
    return figure->n == 1 || decimal_divide(figure->sum, decimal_from_int(figure->n),
                                            RATE_PLACES, rate) == DECIMAL_OK;
}

/* base->to over base->from, both means unrounded: (Sto / nto) / (Sfrom / nfrom). */
static bool cross_rate(const struct figure *to, const struct figure *from,
                       struct decimal *rate)
{
    struct decimal above, below;

    return decimal_multiply(to->sum, decimal_from_int(from->n), to->sum.scale,
                            &above) == DECIMAL_OK &&
           decimal_multiply(from->sum, decimal_from_int(to->n), from->sum.scale,
                            &below) == DECIMAL_OK &&
           decimal_divide(above, below, RATE_PLACES, rate) == DECIMAL_OK;
}

/* --- rows ----------------------------------------------------------------------- */

static enum archive_error put_rate(struct archive_index *index, name_id from,
                                   name_id to, struct period period,
                                   enum rate_type type, const struct figure *figure,
                                   struct decimal rate, struct problem *problem)
{
    char token[PERIOD_CHARS + 1];
    struct text written = {token, period_write(period, token)};
    struct text parts[] = {names_text(index->names, from), names_text(index->names, to),
                           written, text_of(rate_type_names[type])};
    union any_row row;
    struct fx_row *fx = &row.fx;

    index_row_start(index, &row, figure->seq);
    row.row.as_of_ms = date_ms(figure->fixed);
    fx->from = from;
    fx->to = to;
    fx->source = figure->source;
    names_hold(index->names, from);
    names_hold(index->names, to);
    names_hold(index->names, figure->source);
    fx->start = period.start;
    fx->end = period.end;
    fx->n = figure->n;
    fx->fixed = figure->fixed;
    if (amount_from_decimal(rate, &fx->rate) != DECIMAL_OK ||
        !index_name(index, written, &fx->period) ||
        !index_name(index, parts[3], &fx->type)) {
        row_drop(index->names, VIEW_FX, &row);
        return problem_memory(problem);
    }
    fx->rate.mark = CELL_PRESENT;
    return index_put_parts(index, VIEW_FX, &row, parts, 4, problem);
}

/* from -> functional by way of a base that both are fixed against. */
static enum archive_error put_cross(struct archive_index *index,
                                    const struct rate_pair *from, struct period period,
                                    enum rate_type type, struct problem *problem)
{
    const struct rate_pair *to = find_pair(index, from->from, index->functional);
    struct figure above, below;
    struct decimal rate;

    if (to == NULL || to == from || find_pair(index, from->to, index->functional) ||
        !figure_of(to, period, type, &above) ||
        !figure_of(from, period, type, &below) || !cross_rate(&above, &below, &rate))
        return ARCHIVE_OK;
    if (below.n < above.n)
        above.n = below.n;
    if (below.fixed < above.fixed)
        above.fixed = below.fixed;
    if (below.seq > above.seq)
        above.seq = below.seq;
    return put_rate(index, from->to, index->functional, period, type, &above, rate,
                    problem);
}

static enum archive_error put_period(struct archive_index *index,
                                     const struct rate_pair *pair, struct period period,
                                     struct problem *problem)
{
    enum archive_error error = ARCHIVE_OK;

    for (int type = 0; error == ARCHIVE_OK && type < RATE_TYPE_COUNT; type++) {
        struct figure figure;
        struct decimal rate;
        if (figure_of(pair, period, (enum rate_type)type, &figure) &&
            direct_rate(&figure, &rate))
            error = put_rate(index, pair->from, pair->to, period, (enum rate_type)type,
                             &figure, rate, problem);
        if (error == ARCHIVE_OK)
            error = put_cross(index, pair, period, (enum rate_type)type, problem);
    }
    return error;
}

enum archive_error index_settle_rates(struct archive_index *index,
                                      struct problem *problem)
{
    if (!index->rates_changed)
        return ARCHIVE_OK;
    index->rates_changed = false;
    for (uint32_t i = 0; i < index->pairs.count; i++) {
        for (uint32_t j = 0; j < index->plan.period_count; j++) {
            enum archive_error error =
                put_period(index, &index->pairs.at[i], index->plan.periods[j], problem);
            if (error != ARCHIVE_OK)
                return error;
        }
    }
    return ARCHIVE_OK;
}

void index_release_rates(struct archive_index *index)
{
    for (uint32_t i = 0; i < index->pairs.count; i++)
        free(index->pairs.at[i].fixings.at);
    free(index->pairs.at);
}

bool index_keep_rates(struct archive_index *index, struct keeper *keeper)
{
    if (!index_wake_rates(index))
        return false;
    keep_section(keeper, SECTION_FIXINGS);
    for (uint32_t i = 0; i < index->pairs.count; i++) {
        const struct rate_pair *pair = &index->pairs.at[i];
        for (uint32_t j = 0; j < pair->fixings.count; j++) {
            const struct fixing *fixing = &pair->fixings.at[j];
            struct kept_fixing kept;
            memset(&kept, 0, sizeof(kept));
            kept.from = keep_name(keeper, pair->from);
            kept.to = keep_name(keeper, pair->to);
            kept.source = keep_name(keeper, fixing->source);
            kept.day = fixing->day;
            kept.seq = fixing->seq;
            if (amount_from_decimal(fixing->rate, &kept.rate) != DECIMAL_OK)
                return false;
            keep_record(keeper, &kept, sizeof(kept));
        }
    }
    return true;
}
