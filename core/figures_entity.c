/* figures_entity.c - every row of one entity, and where each is used. */
#include <stdio.h>

#include "core/figures_state.h"

static const char *date_words(struct arena *arena, int64_t date)
{
    if (date == 0)
        return "open";
    return arena_print(arena, "%04lld-%02lld-%02lld", (long long)(date / 10000),
                       (long long)(date / 100 % 100), (long long)(date % 100));
}

/* --- one cell ----------------------------------------------------------------- */

static const char *mark_words(uint8_t mark)
{
    static const char *const words[] = {
        [CELL_PRESENT] = "",
        [CELL_NOT_APPLICABLE] = "-",
        [CELL_SUPPRESSED_COUNT] = "# fewer than the minimum count",
        [CELL_NOT_PERMITTED] = "not permitted",
        [CELL_NOT_KNOWN] = "not known yet",
        [CELL_SUPPRESSED_DOMINANCE] = "# dominance",
        [CELL_SUPPRESSED_P_PERCENT] = "# p-percent",
        [CELL_SUPPRESSED_SECONDARY] = "# secondary",
        [CELL_SUPPRESSED_REPEATED] = "# repeated question",
    };
    return mark < sizeof words / sizeof *words ? words[mark] : "?";
}

static const char *cell_words(struct figures *figures, const union any_row *row,
                              const struct view_table *table, uint32_t index,
                              struct arena *arena)
{
    const struct column *column = &table->columns[index];
    const void *cell = (const uint8_t *)row + column->offset;
    char text[DECIMAL_CHARS_MAX];
    if (row->row.marks[index] != CELL_PRESENT)
        return mark_words(row->row.marks[index]);
    switch (column->type) {
    case COLUMN_TEXT:
        return arena_text(arena, names_text(figures->names, *(const name_id *)cell));
    case COLUMN_INT:
        if (column->is_date)
            return date_words(arena, *(const int64_t *)cell);
        return arena_print(arena, "%lld", (long long)*(const int64_t *)cell);
    case COLUMN_TIME: {
        int64_t ms = *(const int64_t *)cell;
        if (ms == 0)
            return "-";
        return arena_print(arena, "%sT%02lld:%02lld:%02lldZ",
                           date_words(arena, date_of_ms(ms)),
                           (long long)(ms / 3600000 % 24), (long long)(ms / 60000 % 60),
                           (long long)(ms / 1000 % 60));
    }
    case COLUMN_DECIMAL:
        if (((const struct amount *)cell)->mark)
            return mark_words(((const struct amount *)cell)->mark);
        decimal_write(amount_decimal(*(const struct amount *)cell), text);
        return arena_text(arena, text_of(text));
    }
    return "";
}

static const char *detail_words(struct figures *figures, enum view view,
                                const union any_row *row, struct arena *arena)
{
    const struct view_table *table = view_table(view);
    char text[2048];
    size_t length = 0;
    for (uint32_t i = 0; i < table->column_count; i++) {
        int more =
            snprintf(text + length, sizeof text - length, "%s%s=%s", i ? "  " : "",
                     table->columns[i].name, cell_words(figures, row, table, i, arena));
        if (more < 0 || (size_t)more >= sizeof text - length)
            break;
        length += (size_t)more;
    }
    return arena_text(arena, (struct text){text, (uint32_t)length});
}

/* --- one row ------------------------------------------------------------------ */

struct shown { /* what stands for a row: its label and its number or words */
    const char *label, *words;
    struct amount amount;
    bool has_amount;
    name_id unit;
};

static const char *joined(struct figures *figures, struct arena *arena, name_id a,
                          name_id b)
{
    const char *left = names_string(figures->names, a);
    const char *right = names_string(figures->names, b);
    return arena_print(arena, "%s%s%s", left, *left && *right ? " / " : "", right);
}

static const char *with_cp(struct figures *figures, struct arena *arena,
                           const char *label, name_id cp)
{
    return cp ? arena_print(arena, "%s > %s", label, names_string(figures->names, cp))
              : label;
}

static struct shown show_pos(struct figures *figures, const struct pos_row *row,
                             struct arena *arena)
{
    struct shown shown = {.has_amount = true, .unit = row->cur, .words = ""};
    struct text cls = names_text(figures->names, row->cls);
    bool is_flow = cls.length == 1 && (cls.bytes[0] == 'R' || cls.bytes[0] == 'X');
    bool flips = cls.length == 1 && strchr("RLQ", cls.bytes[0]) != NULL;
    struct decimal value = amount_decimal(row->move);
    shown.label = with_cp(figures, arena,
                          joined(figures, arena, row->line, row->account), row->cp);
    shown.amount.mark = row->move.mark ? row->move.mark : row->open.mark;
    if (!is_flow && decimal_add(amount_decimal(row->open), value, &value))
        shown.amount.mark = CELL_NOT_KNOWN;
    /* Signs as people write them: debts and income are positive. */
    uint8_t mark = shown.amount.mark;
    if (!mark &&
        amount_from_decimal(flips ? decimal_negate(value) : value, &shown.amount))
        mark = CELL_NOT_KNOWN;
    shown.amount.mark = mark;
    return shown;
}

static struct shown show_row(struct figures *figures, enum view view,
                             const union any_row *row, struct arena *arena)
{
    struct shown shown = {.label = "", .words = ""};
    switch (view) {
    case VIEW_ENTITY:
        shown.label = "entity";
        shown.words = joined(figures, arena, row->entity.name, row->entity.kind);
        break;
    case VIEW_OWN:
        shown.label =
            arena_print(arena, "owns %s", names_string(figures->names, row->own.owned));
        shown.words = arena_print(
            arena, "%lld/%lld %s from %s", (long long)row->own.econ_num,
            (long long)row->own.econ_den, names_string(figures->names, row->own.method),
            date_words(arena, row->own.from));
        break;
    case VIEW_POS:
        return show_pos(figures, &row->pos, arena);
    case VIEW_METRIC:
        shown.label =
            with_cp(figures, arena,
                    joined(figures, arena, row->metric.metric, row->metric.period),
                    row->metric.cp);
        if (!text_equal(names_text(figures->names, row->metric.scenario),
                        TEXT("actual")))
            shown.label =
                arena_print(arena, "%s (%s)", shown.label,
                            names_string(figures->names, row->metric.scenario));
        shown.amount = row->metric.value;
        shown.has_amount = true;
        shown.unit = row->metric.unit;
        break;
    case VIEW_ITEM:
        shown.label = with_cp(figures, arena,
                              joined(figures, arena, row->item.ref, row->item.account),
                              row->item.cp);
        shown.amount = row->item.amt;
        shown.has_amount = true;
        shown.unit = row->item.cur;
        break;
    case VIEW_OBL:
        shown.label = joined(figures, arena, row->obl.kind,
                             row->obl.title ? row->obl.title : row->obl.id);
        shown.amount = row->obl.amount.mark ? row->obl.qty : row->obl.amount;
        shown.unit = row->obl.amount.mark ? row->obl.unit : row->obl.cur;
        shown.has_amount = !shown.amount.mark;
        shown.words = arena_print(arena, "due %s", date_words(arena, row->obl.due));
        break;
    case VIEW_FX:
        shown.label = arena_print(arena, "%s->%s %s %s",
                                  names_string(figures->names, row->fx.from),
                                  names_string(figures->names, row->fx.to),
                                  names_string(figures->names, row->fx.type),
                                  names_string(figures->names, row->fx.period));
        shown.amount = row->fx.rate;
        shown.has_amount = true;
        break;
    case VIEW_NOTE:
        shown.label = joined(figures, arena, row->note.kind, row->note.target);
        shown.words = arena_text(arena, names_text(figures->names, row->note.text));
        break;
    case VIEW_LINK:
        shown.label = "link";
        shown.words = joined(figures, arena, row->link.state, row->link.reason);
        break;
    case VIEW_COUNT:
        break;
    }
    return shown;
}

static struct figure row_figure(struct figures *figures, const struct shown *shown,
                                enum mark mark, int64_t as_of_ms, struct arena *arena)
{
    struct text unit = names_text(figures->names, shown->unit);
    struct figure figure = {.format =
                                unit_is_currency(unit) ? FORMAT_MONEY : FORMAT_QUANTITY,
                            .currency = arena_text(arena, unit),
                            .mark = mark,
                            .as_of_ms = as_of_ms,
                            .expected = 1,
                            .why = ""};
    if (!shown->has_amount) {
        figure.mark = MARK_NOT_APPLICABLE;
        return figure;
    }
    switch ((enum cell_mark)shown->amount.mark) {
    case CELL_PRESENT:
        figure.present = mark_has_number(mark);
        figure.included = figure.present;
        figure.value = amount_decimal(shown->amount);
        return figure;
    case CELL_NOT_APPLICABLE:
        figure.mark = MARK_NOT_APPLICABLE;
        break;
    case CELL_NOT_PERMITTED:
        figure.mark = MARK_REFUSED;
        break;
    case CELL_NOT_KNOWN:
        figure.mark = MARK_WAITING;
        break;
    case CELL_SUPPRESSED_COUNT:
    case CELL_SUPPRESSED_DOMINANCE:
    case CELL_SUPPRESSED_P_PERCENT:
    case CELL_SUPPRESSED_SECONDARY:
    case CELL_SUPPRESSED_REPEATED:
        figure.mark = MARK_SUPPRESSED;
        break;
    }
    figure.why = mark_words(shown->amount.mark);
    return figure;
}

/* --- where it is used --------------------------------------------------------- */

static const char *measures_of(enum line line)
{
    switch (line_class(line)) {
    case 'A':
        return line <= LINE_CASH_RESTRICTED ? "cash, net debt, net assets"
                                            : "net assets";
    case 'L':
        return line == LINE_DEBT ? "net debt, LTV, net assets" : "net assets";
    case 'V':
        return "net assets of the owner alone";
    case 'R':
        return line == LINE_REVENUE_OPERATING ? "revenue, NOI, net income"
                                              : "revenue, net income";
    case 'X':
        return line == LINE_OPEX || line == LINE_FEE_MANAGEMENT ? "NOI, net income"
                                                                : "net income";
    default:
        return "equity, translation difference";
    }
}

static const char *used_in(struct figures *figures, enum view view,
                           const union any_row *row, const char *key,
                           const struct model_recon *recon, struct arena *arena)
{
    const char *words = "";
    enum line line;
    if (view == VIEW_POS && row->pos.period == portfolio_at(figures, 0)->period_name &&
        line_find(names_text(figures->names, row->pos.cls),
                  names_text(figures->names, row->pos.line), &line))
        words = measures_of(line);
    for (uint32_t i = 0; recon && i < recon->check_count; i++) {
        const struct check_side *sides[] = {&recon->checks[i].a, &recon->checks[i].b};
        for (int side = 0; side < 2; side++)
            for (const char *const *at = sides[side]->row_keys; at && *at; at++)
                if (strcmp(*at, key) == 0)
                    words =
                        arena_print(arena, "%s%s%s side %c", words, *words ? ", " : "",
                                    recon->checks[i].id, 'A' + side);
    }
    return words;
}

/* --- the model ---------------------------------------------------------------- */

static uint32_t fill_lines(struct figures *figures, uint32_t entity,
                           const struct model_recon *recon, struct entity_line *lines,
                           struct arena *arena)
{
    struct portfolio *portfolio = portfolio_at(figures, 0);
    int64_t view_ms = portfolio_view_ms(figures, portfolio);
    enum mark link = link_mark(figures, entity);
    uint32_t slot = figures->entities[entity].slot, count = 0, first;
    const struct entity_row *self = entity_row_of(figures, entity);
    int64_t books_as_of_ms = self ? self->row.as_of_ms : 0;
    for (int v = 0; v < VIEW_COUNT; v++) {
        enum view view = (enum view)v;
        uint32_t rows = entity_rows(figures, entity, view, &first);
        for (uint32_t i = first; i < first + rows; i++) {
            const union any_row *row = store_row(figures->store, slot, view, i);
            struct entity_line *line = &lines[count++];
            /* The entity row dates the books: figures_facts.c. */
            bool of_books = view == VIEW_POS || view == VIEW_ITEM;
            int64_t as_of_ms = of_books && books_as_of_ms > row->row.as_of_ms
                                   ? books_as_of_ms
                                   : row->row.as_of_ms;
            struct shown shown = show_row(figures, view, row, arena);
            const char *kind =
                view == VIEW_POS      ? names_string(figures->names, row->pos.line)
                : view == VIEW_METRIC ? names_string(figures->names, row->metric.metric)
                                      : "";
            const struct config_freshness *limits =
                config_freshness(figures->config, view_table(view)->name, kind);
            enum mark mark = mark_worse(link, mark_of_age(view_ms, as_of_ms, limits));
            const char *key =
                arena_text(arena, names_text(figures->names, row->row.key));
            *line = (struct entity_line){
                .view = view,
                .key = key,
                .label = shown.label,
                .figure = row_figure(figures, &shown, mark, as_of_ms, arena),
                .text = shown.words,
                .detail = detail_words(figures, view, row, arena),
                .as_of_ms = as_of_ms,
                .seq = row->row.seq,
                .used_in = used_in(figures, view, row, key, recon, arena),
            };
        }
    }
    return count;
}

const struct model_entity *figures_entity(struct figures *figures, const char *id)
{
    static const struct model_options options = {0};
    struct cached_model *cached = &figures->models[MODEL_ENTITY];
    uint32_t entity = entity_by_text(figures, text_of(id)), first, count = 0;
    struct arena *arena;
    if (entity == NO_ENTITY || figures->entities[entity].slot == NO_SLOT)
        return NULL;
    if (cached->entity != figures->entities[entity].id)
        cached->model = NULL;
    struct model_entity *model = model_begin(figures, MODEL_ENTITY, &options, &arena);
    if (model)
        return model;
    cached->entity = figures->entities[entity].id; /* held by the entity */
    uint32_t slot = figures->entities[entity].slot;
    const struct config_totebox *block = &figures->config->toteboxes[slot];
    const struct entity_row *said = entity_row_of(figures, entity);
    for (int view = 0; view < VIEW_COUNT; view++)
        count += entity_rows(figures, entity, (enum view)view, &first);
    model = arena_take(arena, sizeof *model);
    struct fleet_line *link = arena_take(arena, sizeof *link);
    struct entity_line *lines = arena_array(arena, count + 1u, sizeof *lines);
    if (!model || !link || !lines)
        return NULL;
    fleet_line_fill(figures, slot, link, arena);
    bool is_named =
        figures->entities[entity].is_pinned && strcmp(block->name, block->entity) != 0;
    *model = (struct model_entity){
        .slot = slot,
        .entity = entity_id(figures, entity),
        .name = is_named || !said
                    ? block->name
                    : arena_text(arena, names_text(figures->names, said->name)),
        .kind = said ? arena_text(arena, names_text(figures->names, said->kind)) : "",
        .group = block->group,
        .currency = arena_text(arena, text_of(entity_currency(figures, entity))),
        .lifecycle =
            said ? arena_text(arena, names_text(figures->names, said->lifecycle)) : "",
        .link = link,
        .lines = lines,
    };
    model->line_count =
        fill_lines(figures, entity, figures_recon(figures, &options), lines, arena);
    model_end(figures, MODEL_ENTITY, model);
    return model;
}
