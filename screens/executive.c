/* F2, the executive summary: as many of its parts as the screen holds, the active one
 * always among them; on a wide screen in two columns. */
#include <stdio.h>

#include "screens/card.h"
#include "screens/draw.h"
#include "screens/screen.h"

/* A part in a column: lines that it needs at least, and that it would like to have;
 * with its rule. */
struct section {
    unsigned part;
    int least, want;
};

enum { SECTIONS = 4 + EXECUTIVE_PARTS };

static int sections_of(const struct pane_input *input, const unsigned *parts,
                       struct section *sections)
{
    int count = 0;
    for (; *parts != EXECUTIVE_PARTS; parts++) {
        struct table table;
        if (!executive_table(input, *parts, &table) ||
            (table.row_count == 0 && *parts != EXECUTIVE_ATTENTION))
            continue;
        int rows =
            table.row_count ? (int)(table.row_count < 40 ? table.row_count : 40) : 1;
        int header = *parts == EXECUTIVE_ATTENTION ? 0 : 1;
        int least = *parts == EXECUTIVE_HEADLINES ? 9
                    : *parts == EXECUTIVE_GROUPS  ? 4
                                                  : 2;
        sections[count++] = (struct section){
            .part = *parts,
            .least = 1 + header + (rows < least ? rows : least),
            .want = 1 + header + rows,
        };
    }
    return count;
}

/* The run of sections that holds `part` when columns are filled from the first on. */
static void find_page(const struct section *sections, int count, int rows,
                      unsigned part, int *first, int *last)
{
    int begin = 0;
    *first = *last = 0;
    while (begin < count) {
        int used = 0, end = begin;
        bool holds = false;
        while (end < count && (end == begin || used + sections[end].least <= rows)) {
            holds |= sections[end].part == part;
            used += sections[end++].least;
        }
        if (holds || begin == 0) {
            *first = begin;
            *last = end;
        }
        if (holds)
            return;
        begin = end;
    }
}

static void draw_section(const struct pane_input *input, struct pane_state *state,
                         unsigned part, struct area area, struct cells *cells)
{
    struct table table;
    char title[96];
    if (!executive_table(input, part, &table))
        return;
    struct table_view *view = &state->views[part];
    struct table_style style = pane_table_style(input, state, part);
    style.no_header = part == EXECUTIVE_ATTENTION;
    int room = area.rows - 1 - !style.no_header;
    if ((int)table.row_count > room && room > 0)
        snprintf(title, sizeof title, "%s (%u)", table.title, table.row_count);
    else
        snprintf(title, sizeof title, "%s", table.title);
    if (part == EXECUTIVE_HEADLINES) {
        char period[TIME_CHARS];
        period_write(input->executive->period, period);
        snprintf(title, sizeof title, "%.8s %s, %s%s", input->executive->currency,
                 period, basis_name(input->basis),
                 input->without_last_known ? ", without last known" : "");
    }
    screen_rule(cells, area, title);
    area.row++;
    area.rows--;
    if (table.row_count == 0)
        cells_text(cells, area.row, area.column + 1, area.columns - 2, STYLE_DIM,
                   "nothing needs attention");
    else
        table_draw(&table, view, &style, area, cells);
}

/* Returns the lines that are left. */
static int draw_column(const struct pane_input *input, struct pane_state *state,
                       const unsigned *parts, struct area area, struct cells *cells)
{
    struct section sections[SECTIONS];
    int count = sections_of(input, parts, sections), first, last, used = 0;
    find_page(sections, count, area.rows, state->part, &first, &last);
    for (int i = first; i < last; i++)
        used += sections[i].least;
    int spare = area.rows - used;
    for (int i = first; i < last; i++) {
        int more = sections[i].want - sections[i].least;
        more = more < spare ? more : spare;
        if (more > 0) {
            sections[i].least += more;
            spare -= more;
        }
        struct area part = area;
        part.rows = sections[i].least < area.rows ? sections[i].least : area.rows;
        draw_section(input, state, sections[i].part, part, cells);
        area.row += part.rows;
        area.rows -= part.rows;
    }
    return area.rows;
}

static void draw_reconciliation(const struct pane_input *input, struct area *area,
                                struct cells *cells)
{
    char text[256];
    if (!input->recon || area->rows < 4)
        return;
    reconcile_write_counts(input->recon, true, text, sizeof text);
    struct card card = card_begin(cells, *area, 0, 0);
    card_rule(&card, "reconciliation");
    card_text(&card, input->recon->counts[GROUP_BREAK] ? STYLE_WARNING : STYLE_TEXT,
              text);
    area->row += card.line;
    area->rows -= card.line;
}

void executive_draw(const struct pane_input *input, struct pane_state *state,
                    struct area area, struct cells *cells)
{
    static const unsigned all[] = {
        EXECUTIVE_HEADLINES, EXECUTIVE_GROUPS,    EXECUTIVE_ATTENTION,
        EXECUTIVE_COVENANTS, EXECUTIVE_VARIANCES, EXECUTIVE_MATURITIES,
        EXECUTIVE_QUALITY,   EXECUTIVE_AGES,      EXECUTIVE_PARTS};
    static const unsigned left[] = {EXECUTIVE_HEADLINES, EXECUTIVE_GROUPS,
                                    EXECUTIVE_VARIANCES, EXECUTIVE_MATURITIES,
                                    EXECUTIVE_PARTS};
    static const unsigned right[] = {EXECUTIVE_ATTENTION, EXECUTIVE_COVENANTS,
                                     EXECUTIVE_QUALITY, EXECUTIVE_AGES,
                                     EXECUTIVE_PARTS};
    if (!input->executive)
        return;
    if (cells->columns < WIDE_COLUMNS) {
        draw_column(input, state, all, area, cells);
        return;
    }
    int width = cells->columns * 11 / 20;
    struct area column = area;
    column.columns = width;
    draw_column(input, state, left, column, cells);
    for (int i = 0; i < area.rows; i++)
        cells_glyph(cells, area.row + i, width, 1, STYLE_ACCENT, GLYPH_WALL);
    column = (struct area){area.row, width + 1, area.rows, cells->columns - width - 1};
    int spare = draw_column(input, state, right, column, cells);
    column.row += column.rows - spare;
    column.rows = spare;
    draw_reconciliation(input, &column, cells);
    if (input->fleet_model && column.rows >= 3) {
        struct area rule = column;
        char title[96];
        column.row++;
        column.rows--;
        uint32_t scale = fleet_draw_map(input, column, false, cells);
        snprintf(title, sizeof title,
                 scale == 1
                     ? "fleet, one mark per Totebox ( . ok  ~ aging  ! stale  x down )"
                     : "fleet, one mark per %u Toteboxes, the worst of them",
                 scale);
        screen_rule(cells, rule, title);
    }
}
