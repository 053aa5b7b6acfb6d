#include <stdio.h>

#include "totebox/index_parts.h"
#include "totebox/share.h"

static bool name_field(struct archive_index *index, const struct line *line,
                       enum line_field field, name_id *id)
{
    return index_name(index, line->field[field], id);
}

static enum archive_error short_of_memory(struct archive_index *index, enum view view,
                                          union any_row *row, struct problem *problem)
{
    row_drop(index->names, view, row);
    return problem_memory(problem);
}

static int64_t as_of(const struct line *line)
{
    int64_t ms;
    return time_parse(line->field[FIELD_AS_OF], &ms) ? ms : line->at_ms;
}

static enum archive_error take_metric(struct archive_index *index,
                                      const struct line *line, struct problem *problem)
{
    struct period period = {line_date(line, FIELD_START), line_date(line, FIELD_END)};
    char token[PERIOD_CHARS + 1];
    struct text written = {token, period_write(period, token)};
    struct text parts[] = {line->field[FIELD_KEY],      written,
                           line->field[FIELD_SCENARIO], line->field[FIELD_BASIS],
                           line->field[FIELD_UNIT],     line->field[FIELD_CP]};
    union any_row row;
    struct metric_row *metric = &row.metric;

    index_row_start(index, &row, line->seq);
    row.row.as_of_ms = as_of(line);
    metric->start = period.start;
    metric->end = period.end;
    metric->value = line_amount(line, FIELD_VALUE);
    metric->num = line_amount(line, FIELD_NUM);
    metric->den = line_amount(line, FIELD_DEN);
    metric->n = (int64_t)line_number(line, FIELD_N);
    if (line->field[FIELD_N].length == 0)
        row.row.marks[index->mark_n] = CELL_NOT_APPLICABLE;
    if (!name_field(index, line, FIELD_KEY, &metric->metric) ||
        !index_name(index, written, &metric->period) ||
        !name_field(index, line, FIELD_SCENARIO, &metric->scenario) ||
        !name_field(index, line, FIELD_BASIS, &metric->basis) ||
        !name_field(index, line, FIELD_UNIT, &metric->unit) ||
        !name_field(index, line, FIELD_CP, &metric->cp) ||
        !name_field(index, line, FIELD_NATURE, &metric->nature) ||
        !name_field(index, line, FIELD_QUALITY, &metric->quality))
        return short_of_memory(index, VIEW_METRIC, &row, problem);
    return index_put_parts(index, VIEW_METRIC, &row, parts, 6, problem);
}

static enum archive_error take_edge(struct archive_index *index,
                                    const struct line *line, struct problem *problem)
{
    struct text vote = line->field[FIELD_VOTE].length ? line->field[FIELD_VOTE]
                                                      : line->field[FIELD_ECON];
    char from[12];
    struct text parts[] = {line->field[FIELD_OWNED], {from, 0}};
    union any_row row;
    struct own_row *own = &row.own;

    index_row_start(index, &row, line->seq);
    row.row.as_of_ms = line->at_ms;
    own->from = line_date(line, FIELD_FROM);
    own->to = line_date(line, FIELD_TO);
    if (!share_parse(line->field[FIELD_ECON], &own->econ_num, &own->econ_den) ||
        !share_parse(vote, &own->vote_num, &own->vote_den))
        return index_defect(line, "a share cannot be read", problem);
    parts[1].length = (uint32_t)snprintf(from, sizeof(from), "%d", (int)own->from);
    if (!name_field(index, line, FIELD_OWNED, &own->owned) ||
        !name_field(index, line, FIELD_METHOD, &own->method))
        return short_of_memory(index, VIEW_OWN, &row, problem);
    return index_put_parts(index, VIEW_OWN, &row, parts, 2, problem);
}

static enum archive_error take_obligation(struct archive_index *index,
                                          const struct line *line,
                                          struct problem *problem)
{
    struct text parts[] = {line->field[FIELD_KIND], line->field[FIELD_ID]};
    union any_row row;
    struct obl_row *obl = &row.obl;

    index_row_start(index, &row, line->seq);
    row.row.as_of_ms = as_of(line);
    obl->due = line_date(line, FIELD_DUE);
    obl->amount = line_amount(line, FIELD_AMOUNT);
    obl->qty = line_amount(line, FIELD_QTY);
    obl->threshold = line_amount(line, FIELD_THRESHOLD);
    obl->num = line_amount(line, FIELD_NUM);
    obl->den = line_amount(line, FIELD_DEN);
    if (!name_field(index, line, FIELD_KIND, &obl->kind) ||
        !name_field(index, line, FIELD_ID, &obl->id) ||
        !name_field(index, line, FIELD_TITLE, &obl->title) ||
        !name_field(index, line, FIELD_CUR, &obl->cur) ||
        !name_field(index, line, FIELD_UNIT, &obl->unit) ||
        !name_field(index, line, FIELD_CP, &obl->cp) ||
        !name_field(index, line, FIELD_METRIC, &obl->metric) ||
        !name_field(index, line, FIELD_OP, &obl->op) ||
        !name_field(index, line, FIELD_PERIOD, &obl->period) ||
        !name_field(index, line, FIELD_STATE, &obl->state))
        return short_of_memory(index, VIEW_OBL, &row, problem);
    return index_put_parts(index, VIEW_OBL, &row, parts, 2, problem);
}

/* --- notes ---------------------------------------------------------------------- */

/* `of` names the line that made the note, or one that changed it before. */
static const union any_row *note_of(const struct archive_index *index, uint64_t seq)
{
    const struct made_row *mapped = index_file_at(&index->file, SECTION_NOTES);
    name_id key = 0;

    for (uint32_t i = index_file_count(&index->file, SECTION_NOTES); i-- > 0;)
        if (mapped[i].seq == seq)
            key = mapped[i].key;
    for (uint32_t i = index->notes.count; i-- > 0;)
        if (index->notes.at[i].seq == seq)
            key = index->notes.at[i].key;
    return key ? index_find(index, VIEW_NOTE, names_text(index->names, key)) : NULL;
}

/* The ordinal after the last note on that target. */
static uint32_t next_ordinal(const struct archive_index *index, name_id target)
{
    uint32_t count = 0;

    for (const union any_row *row = index_seek(index, VIEW_NOTE, TEXT("")); row;
         row = index_next(index, VIEW_NOTE, row))
        count += row->note.target == target;
    return count + 1;
}

static enum archive_error remember_note(struct archive_index *index, uint64_t seq,
                                        name_id key, struct problem *problem)
{
    if (!LIST_GROW(index->notes))
        return problem_memory(problem);
    index->notes.at[index->notes.count++] = (struct made_row){seq, key};
    names_hold(index->names, key);
    return ARCHIVE_OK;
}

static enum archive_error change_note(struct archive_index *index,
                                      const struct line *line, struct problem *problem)
{
    const union any_row *note = note_of(index, line_number(line, FIELD_OF));
    union any_row row;
    name_id state, text;
    enum archive_error error;

    if (note == NULL)
        return index_defect(line, "changes a note that is not there", problem);
    memset(&row, 0, sizeof(row));
    row.note = note->note;
    row_hold(index->names, VIEW_NOTE, &row);
    if (!name_field(index, line, FIELD_STATE, &state))
        return short_of_memory(index, VIEW_NOTE, &row, problem);
    names_drop(index->names, row.note.state);
    row.note.state = state;
    if (line->field[FIELD_TEXT].length) {
        if (!name_field(index, line, FIELD_TEXT, &text))
            return short_of_memory(index, VIEW_NOTE, &row, problem);
        names_drop(index->names, row.note.text);
        row.note.text = text;
    }
    row.row.seq = (int64_t)line->seq;
    row.row.as_of_ms = line->at_ms;
    error = remember_note(index, line->seq, row.row.key, problem);
    if (error != ARCHIVE_OK)
        return error;
    return index_put(index, VIEW_NOTE, &row, problem);
}

static enum archive_error take_note(struct archive_index *index,
                                    const struct line *line, struct problem *problem)
{
    char ordinal[12];
    struct text parts[] = {line->field[FIELD_TARGET], {ordinal, 0}};
    union any_row row;
    struct note_row *note = &row.note;
    enum archive_error error;

    if (line->field[FIELD_OF].length)
        return change_note(index, line, problem);
    index_row_start(index, &row, line->seq);
    row.row.as_of_ms = note->at_ms = line->at_ms;
    if (!name_field(index, line, FIELD_TARGET, &note->target) ||
        !name_field(index, line, FIELD_KIND, &note->kind) ||
        !name_field(index, line, FIELD_TEXT, &note->text) ||
        !name_field(index, line, FIELD_BY, &note->by) ||
        !name_field(index, line, FIELD_STATE, &note->state))
        return short_of_memory(index, VIEW_NOTE, &row, problem);
    parts[1].length = (uint32_t)snprintf(ordinal, sizeof(ordinal), "%u",
                                         next_ordinal(index, note->target));
    error = index_put_parts(index, VIEW_NOTE, &row, parts, 2, problem);
    if (error == ARCHIVE_OK)
        error = remember_note(index, line->seq, row.row.key, problem);
    return error;
}

/* --- entity --------------------------------------------------------------------- */

static enum archive_error take_lifecycle(struct archive_index *index,
                                         const struct line *line)
{
    snprintf(index->lifecycle, sizeof(index->lifecycle), "%.*s",
             TEXT_ARG(line->field[FIELD_STATE]));
    index->entity_seq = line->seq;
    index->entity_changed = true;
    return ARCHIVE_OK;
}

enum archive_error index_fact(struct archive_index *index, const struct line *line,
                              struct problem *problem)
{
    switch ((int)line->type) {
    case LINE_METRIC:
        return plan_has(index, VIEW_METRIC) ? take_metric(index, line, problem)
                                            : ARCHIVE_OK;
    case LINE_EDGE:
        return plan_has(index, VIEW_OWN) ? take_edge(index, line, problem) : ARCHIVE_OK;
    case LINE_OBLIGATION:
        return plan_has(index, VIEW_OBL) ? take_obligation(index, line, problem)
                                         : ARCHIVE_OK;
    case LINE_NOTE:
        return plan_has(index, VIEW_NOTE) ? take_note(index, line, problem)
                                          : ARCHIVE_OK;
    case LINE_LIFECYCLE:
        return take_lifecycle(index, line);
    default:
        return ARCHIVE_OK;
    }
}

static uint32_t join_periods(const struct index_plan *plan, char *joined, size_t size)
{
    size_t length = 0;

    joined[0] = '\0';
    for (uint32_t i = 0; i < plan->period_count; i++) {
        char token[PERIOD_CHARS + 1];
        period_write(plan->periods[i], token);
        length += (size_t)snprintf(joined + length, size - length, "%s%s", i ? "," : "",
                                   token);
    }
    return (uint32_t)length;
}

enum archive_error index_settle_entity(struct archive_index *index,
                                       struct problem *problem)
{
    const struct archive_config *config = &index->archive->config;
    char periods[EXPOSURE_PERIODS_MAX * (PERIOD_CHARS + 1) + 1];
    struct text joined = {periods,
                          join_periods(&index->plan, periods, sizeof(periods))};
    union any_row row;
    struct entity_row *entity = &row.entity;

    if (!index->entity_changed)
        return ARCHIVE_OK;
    index->entity_changed = false;
    index_row_start(index, &row, index->entity_seq);
    row.row.as_of_ms = index_as_of_ms(index);
    entity->fy_start = config->fy_start;
    entity->book_lines = (int64_t)index->book_lines;
    if (!index_name(index, text_of(config->name), &entity->name) ||
        !index_name(index, text_of(config->kind), &entity->kind) ||
        !index_name(index, text_of(config->currency), &entity->cur) ||
        !index_name(index, text_of(index->lifecycle), &entity->lifecycle) ||
        !index_name(index, text_of(config->parent_scope), &entity->parent_scope) ||
        !index_name(index, text_of(config->tags), &entity->tags) ||
        !index_name(index, joined, &entity->periods))
        return short_of_memory(index, VIEW_ENTITY, &row, problem);
    return index_put_parts(index, VIEW_ENTITY, &row, NULL, 0, problem);
}
