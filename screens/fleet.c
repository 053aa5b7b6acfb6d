/* F5, the fleet: one mark a Totebox, and the links, worst first. */
#include <stdio.h>
#include <string.h>

#include "screens/card.h"
#include "screens/draw.h"
#include "screens/screen.h"

#define INPUT(table)     ((const struct pane_input *)(table)->model)
#define LINE(table, row) (&INPUT(table)->fleet_model->lines[row])

static const struct table_column columns[] = {
    {"entity", "worst links", VALUE_TEXT, 14, 18, 0, false},
    {"group", "group", VALUE_TEXT, 8, 10, 4, false},
    {"mark", "", VALUE_MARK, 1, 1, 0, false},
    {"state", "state", VALUE_TEXT, 12, 16, 1, false},
    {"rtt_ms", "rtt", VALUE_DURATION, 6, 7, 3, false},
    {"last_answer", "last", VALUE_AGE, 6, 7, 1, false},
    {"retry_ms", "retry", VALUE_DURATION, 6, 7, 2, false},
    {"capability_ends_ms", "cap ends", VALUE_DURATION, 8, 8, 5, false},
    {"attempts", "tries", VALUE_COUNT, 5, 6, 6, false},
    {"rows", "rows", VALUE_COUNT, 6, 7, 6, false},
    {"skew_ms", "skew", VALUE_TEXT, 6, 7, 9, false},
    {"address", "address", VALUE_TEXT, 16, 24, 8, false},
    {"reason", "reason", VALUE_TEXT, 20, 60, 7, false},
};

/* The archive's clock against ours, in steps that need no text of their own. */
static const char *skew_word(int64_t skew_ms)
{
    int64_t size = skew_ms < 0 ? -skew_ms : skew_ms;
    bool ahead = skew_ms > 0;
    if (size < 500)
        return "0s";
    if (size < 5000)
        return ahead ? "+<5s" : "-<5s";
    if (size < 60000)
        return ahead ? "+<1m" : "-<1m";
    return ahead ? "+>1m" : "->1m";
}

static void link_value(const struct table *table, uint32_t row, unsigned column,
                       struct value *value)
{
    const struct pane_input *input = INPUT(table);
    const struct fleet_line *line = LINE(table, row);
    const struct link_status *status = &line->status;
    switch (column) {
    case 0:
        value->text = line->entity;
        break;
    case 1:
        value->text = line->group;
        break;
    case 2:
        value->mark = line->mark;
        break;
    case 3:
        value->text = line->state;
        value->style = mark_style(line->mark);
        break;
    case 4:
        value->number = status->rtt_ms;
        break;
    case 5:
        value->number = status->last_ok_ms;
        break;
    case 6:
        value->number =
            status->retry_at_mono_ms ? status->retry_at_mono_ms - input->mono_ms : -1;
        if (status->state == LINK_LIVE || status->state == LINK_QUIET)
            value->text = "live";
        else if (status->retry_at_mono_ms && value->number < 0)
            value->text = "now";
        break;
    case 7:
        value->number = status->capability_ends_ms ? status->capability_ends_ms -
                                                         status->skew_ms - input->now_ms
                                                   : -1;
        if (status->capability_ends_ms && value->number < 0)
            value->text = "ended";
        break;
    case 8:
        value->number = status->attempts;
        break;
    case 9:
        value->number = line->rows;
        break;
    case 10:
        value->text = status->last_ok_ms ? skew_word(status->skew_ms) : "--";
        break;
    case 11:
        value->text = line->address;
        break;
    default:
        value->text = status->reason;
    }
}

static const char *link_identity(const struct table *table, uint32_t row,
                                 char scratch[IDENTITY_CHARS])
{
    (void)scratch;
    return LINE(table, row)->entity;
}

static bool link_problem(const struct table *table, uint32_t row)
{
    return LINE(table, row)->mark > MARK_AGING;
}

bool fleet_table(const struct pane_input *input, unsigned part, struct table *table)
{
    if (part != 0 || !input->fleet_model)
        return false;
    *table = (struct table){.name = "links",
                            .title = "links",
                            .columns = columns,
                            .column_count = sizeof columns / sizeof columns[0],
                            .row_count = input->fleet_model->line_count,
                            .model = input,
                            .value = link_value,
                            .identity = link_identity,
                            .is_problem = link_problem};
    return true;
}

/* --- the map ---------------------------------------------------------------------- */

/* A map of marks for some of the lines.  Where there are more lines than cells, each
 * mark stands for `scale` of them and is the worst of theirs: nothing bad is ever
 * hidden. */
struct map {
    struct cells *cells;
    struct area area;
    uint32_t scale;
    uint32_t count;  /* lines so far */
    enum mark worst; /* of the cell that is being filled */
};

static void map_flush(struct map *map)
{
    if (map->count == 0)
        return;
    uint32_t at = (map->count - 1) / map->scale, width = (uint32_t)map->area.columns;
    int row = (int)(at / width);
    char text[2] = {mark_on_map(map->worst), '\0'};
    if (row < map->area.rows)
        cells_text(map->cells, map->area.row + row,
                   map->area.column + (int)(at % width), 1, mark_style(map->worst),
                   text);
}

static void map_add(struct map *map, enum mark mark)
{
    if (map->count % map->scale == 0) {
        map_flush(map);
        map->worst = mark;
    } else if (mark > map->worst) {
        map->worst = mark;
    }
    map->count++;
}

/* Rows that `count` lines take. */
static uint32_t map_rows(uint32_t count, uint32_t scale, uint32_t width)
{
    uint32_t marks = (count + scale - 1) / scale;
    return (marks + width - 1) / width;
}

static bool same_group(const struct model_fleet *model, uint32_t a, uint32_t b)
{
    return strcmp(model->lines[a].group, model->lines[b].group) == 0;
}

/* Is line `index` the first of its group?  Blocks of one group are together in most
 * configurations, so the neighbour answers nearly always. */
static bool group_begins(const struct model_fleet *model, uint32_t index)
{
    for (uint32_t i = index; i > 0; i--)
        if (same_group(model, i - 1, index))
            return false;
    return true;
}

static uint32_t group_size(const struct model_fleet *model, uint32_t first)
{
    uint32_t size = 0;
    for (uint32_t i = first; i < model->line_count; i++)
        size += same_group(model, i, first);
    return size;
}

enum { GROUP_LABEL = 16, GROUPS_SHOWN = 32 };

struct grouping {
    uint32_t first[GROUPS_SHOWN], size[GROUPS_SHOWN], count;
    bool is_whole; /* no group beyond those */
};

static void find_groups(const struct model_fleet *model, struct grouping *grouping)
{
    *grouping = (struct grouping){.is_whole = true};
    for (uint32_t i = 0; i < model->line_count; i++) {
        if (i > 0 && same_group(model, i, i - 1))
            continue;
        if (!group_begins(model, i))
            continue;
        if (grouping->count == GROUPS_SHOWN) {
            grouping->is_whole = false;
            return;
        }
        grouping->first[grouping->count] = i;
        grouping->size[grouping->count++] = group_size(model, i);
    }
}

/* Rows of the grouped map at a scale. */
static uint32_t grouped_rows(const struct grouping *grouping, uint32_t scale,
                             uint32_t width)
{
    uint32_t rows = 0;
    for (uint32_t i = 0; i < grouping->count; i++)
        rows += map_rows(grouping->size[i], scale, width);
    return rows;
}

static void draw_grouped(const struct model_fleet *model,
                         const struct grouping *grouping, uint32_t scale,
                         struct area area, struct cells *cells)
{
    for (uint32_t i = 0; i < grouping->count && area.rows > 0; i++) {
        uint32_t first = grouping->first[i];
        const char *group = model->lines[first].group;
        char size[TIME_CHARS];
        struct map map = {.cells = cells, .scale = scale};
        map.area = (struct area){area.row, area.column + GROUP_LABEL, area.rows,
                                 area.columns - GROUP_LABEL - 1};
        cells_text(cells, area.row, area.column + 1, 9, STYLE_ACCENT,
                   group[0] ? group : "(none)");
        count_write(grouping->size[i], size);
        cells_right(cells, area.row, area.column + 10, 5, STYLE_ACCENT, size);
        for (uint32_t k = first; k < model->line_count; k++)
            if (same_group(model, k, first))
                map_add(&map, model->lines[k].mark);
        map_flush(&map);
        int rows = (int)map_rows(grouping->size[i], scale, (uint32_t)map.area.columns);
        area.row += rows;
        area.rows -= rows;
    }
}

static uint32_t draw_ungrouped(const struct model_fleet *model, struct area area,
                               struct cells *cells)
{
    struct map map = {.cells = cells, .scale = 1};
    map.area = (struct area){area.row, area.column + 1, area.rows, area.columns - 2};
    uint32_t width = (uint32_t)map.area.columns;
    while (map_rows(model->line_count, map.scale, width) > (uint32_t)area.rows)
        map.scale++;
    for (uint32_t i = 0; i < model->line_count; i++)
        map_add(&map, model->lines[i].mark);
    map_flush(&map);
    return map.scale;
}

uint32_t fleet_draw_map(const struct pane_input *input, struct area area, bool by_group,
                        struct cells *cells)
{
    const struct model_fleet *model = input->fleet_model;
    struct grouping grouping;
    if (area.rows < 1 || area.columns < GROUP_LABEL + 8 || model->line_count == 0)
        return 1;
    find_groups(model, &grouping);
    if (!by_group || !grouping.is_whole || grouping.count > (uint32_t)area.rows)
        return draw_ungrouped(model, area, cells);
    uint32_t width = (uint32_t)(area.columns - GROUP_LABEL - 1), scale = 1;
    while (grouped_rows(&grouping, scale, width) > (uint32_t)area.rows)
        scale++;
    draw_grouped(model, &grouping, scale, area, cells);
    return scale;
}

/* Rows that the map would like to have. */
static int map_wish(const struct model_fleet *model, int columns_of_area)
{
    struct grouping grouping;
    find_groups(model, &grouping);
    uint32_t rows =
        grouped_rows(&grouping, 1, (uint32_t)(columns_of_area - GROUP_LABEL - 1));
    return rows < 1000 ? (int)rows : 1000;
}

/* --- drawing ---------------------------------------------------------------------- */

static void draw_legend(const struct pane_input *input, uint32_t scale, int row,
                        struct cells *cells)
{
    static const struct {
        enum mark mark;
        const char *word;
        bool always;
    } legend[] = {
        {MARK_CURRENT, "ok", true},       {MARK_AGING, "aging", true},
        {MARK_STALE, "stale", true},      {MARK_LAST_KNOWN, "down", true},
        {MARK_REFUSED, "refused", false}, {MARK_EXPIRED, "expired", false},
        {MARK_NEVER, "never", false},     {MARK_WAITING, "waiting", false},
    };
    const struct model_fleet *model = input->fleet_model;
    char text[64], number[TIME_CHARS];
    count_write(model->line_count, number);
    snprintf(text, sizeof text, "%s Totebox%s", number,
             model->line_count == 1 ? "" : "es");
    int column = 1 + cells_text(cells, row, 1, 24, STYLE_TEXT, text) + 2;
    for (unsigned i = 0; i < sizeof legend / sizeof legend[0]; i++) {
        uint32_t count = 0;
        for (uint32_t j = 0; j < model->line_count; j++)
            count += model->lines[j].mark == legend[i].mark;
        if (count == 0 && !legend[i].always)
            continue;
        snprintf(text, sizeof text, "%c %s %u", mark_on_map(legend[i].mark),
                 legend[i].word, count);
        int width = text_columns(text);
        if (column + width > cells->columns - 1)
            return;
        cells_text(cells, row, column, width,
                   count ? mark_style(legend[i].mark) : STYLE_TEXT, text);
        column += width + 2;
    }
    if (scale == 1)
        return;
    snprintf(text, sizeof text, "(worst of %u)", scale);
    if (column + text_columns(text) < cells->columns)
        cells_text(cells, row, column, 40, STYLE_DIM, text);
}

static void draw_link_card(const struct pane_input *input,
                           const struct table_view *view, struct area area,
                           struct cells *cells)
{
    uint32_t row = table_selected_row(view);
    if (row == TABLE_TOTAL || area.rows < 2)
        return;
    const struct fleet_line *line = &input->fleet_model->lines[row];
    char text[256];
    struct card card = card_begin(cells, area, 0, 12);
    if (input->fleet_model->common_cause[0]) {
        card_rule(&card, "common cause");
        card_text(&card, STYLE_WARNING, input->fleet_model->common_cause);
    }
    bool is_named = strcmp(line->name, line->entity) != 0;
    snprintf(text, sizeof text, "%.40s%s%.60s", line->entity, is_named ? "  " : "",
             is_named ? line->name : "");
    card_rule(&card, text);
    card_field(&card, "address", STYLE_TEXT, line->address);
    if (line->status.reason[0])
        card_field(&card, "reason", mark_style(line->mark), line->status.reason);
    card_field(&card, "key", STYLE_TEXT,
               line->fingerprint[0] ? line->fingerprint : "no key is pinned");
    snprintf(text, sizeof text, "%llu deltas, %llu bytes in, revision %llu",
             (unsigned long long)line->status.deltas,
             (unsigned long long)line->status.bytes_in,
             (unsigned long long)line->status.revision);
    card_field(&card, "received", STYLE_TEXT, text);
    if (line->status.refused_rows || line->status.bad_rows) {
        snprintf(text, sizeof text,
                 "%u rows for another entity refused, %u rows that do not decode",
                 line->status.refused_rows, line->status.bad_rows);
        card_field(&card, "refused", STYLE_WARNING, text);
    }
}

void fleet_draw(const struct pane_input *input, struct pane_state *state,
                struct area area, struct cells *cells)
{
    const struct model_fleet *model = input->fleet_model;
    if (!model)
        return;
    if (model->line_count == 0) {
        cells_text(cells, area.row + 2, 1, area.columns - 2, STYLE_TEXT,
                   "No Toteboxes are paired.  F11 says how: fleet pair HOST:PORT");
        return;
    }
    area.row++;
    area.rows--;
    struct area map = area;
    int wish = map_wish(model, area.columns),
        most = area.rows < 10 ? 1 : area.rows * 2 / 5;
    map.rows = wish < most ? wish : most;
    uint32_t scale = fleet_draw_map(input, map, true, cells);
    draw_legend(input, scale, area.row - 1, cells);
    int card = area.rows >= 16 ? (area.rows >= 30 ? 9 : 4) : 0;
    if (card == 4 && !model->common_cause[0])
        card = 3;
    struct area list = {area.row + map.rows, 0, area.rows - map.rows - card,
                        area.columns};
    struct table_view *view = &state->views[0];
    if (view->count == 0)
        cells_text(cells, list.row, 1, area.columns - 2, STYLE_TEXT,
                   "no link matches the filter; Esc clears it");
    else
        pane_draw_part(PANE_FLEET, 0, input, state, list, cells);
    draw_link_card(input, view,
                   (struct area){list.row + list.rows, 0, card, area.columns}, cells);
}
