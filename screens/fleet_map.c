/* The fleet at a glance: one mark a Totebox, or for several the worst of theirs. */
#include <string.h>

#include "screens/draw.h"

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

int fleet_map_wish(const struct model_fleet *model, int columns_of_area)
{
    struct grouping grouping;
    find_groups(model, &grouping);
    uint32_t rows =
        grouped_rows(&grouping, 1, (uint32_t)(columns_of_area - GROUP_LABEL - 1));
    return rows < 1000 ? (int)rows : 1000;
}
