/* draw.h - the functions behind the table of panes (pane.c), one file a pane. */
#ifndef SCREENS_DRAW_H
#define SCREENS_DRAW_H

#include "screens/pane.h"

enum executive_part {
    EXECUTIVE_HEADLINES,
    EXECUTIVE_GROUPS,
    EXECUTIVE_ATTENTION,
    EXECUTIVE_COVENANTS,
    EXECUTIVE_MATURITIES,
    EXECUTIVE_VARIANCES,
    EXECUTIVE_QUALITY,
    EXECUTIVE_AGES,
    EXECUTIVE_PARTS
};
enum portfolio_part {
    PORTFOLIO_ENTITIES,
    PORTFOLIO_STATEMENT,
    PORTFOLIO_LEFT_OUT,
    PORTFOLIO_PARTS
};
enum {
    VIEWPORT_PART_LINES,
    VIEWPORT_PART_ROWS,
    VIEWPORT_PART_LEFT_OUT,
    VIEWPORT_PARTS
};
enum { FLEET_MARK_COLUMN = 2 };

#define PANE_TABLE(name)                                                               \
    bool name(const struct pane_input *input, unsigned part, struct table *table)
PANE_TABLE(executive_table);
PANE_TABLE(portfolio_table);
PANE_TABLE(reconcile_table);
PANE_TABLE(fleet_table);
PANE_TABLE(entity_table);
PANE_TABLE(alerts_table);
PANE_TABLE(log_table);
PANE_TABLE(viewport_table);
#undef PANE_TABLE

#define PANE_DRAW(name)                                                                \
    void name(const struct pane_input *input, struct pane_state *state,                \
              struct area area, struct cells *cells)
PANE_DRAW(help_draw);
PANE_DRAW(executive_draw);
PANE_DRAW(portfolio_draw);
PANE_DRAW(reconcile_draw);
PANE_DRAW(fleet_draw);
PANE_DRAW(entity_draw);
PANE_DRAW(alerts_draw);
PANE_DRAW(command_draw);
PANE_DRAW(log_draw);
PANE_DRAW(system_draw);
PANE_DRAW(anchor_draw);
PANE_DRAW(viewport_draw);
#undef PANE_DRAW

/* Pieces of one pane that another shows too. */
/* Returns for how many Toteboxes one mark stands; it is the worst of theirs. */
uint32_t fleet_draw_map(const struct pane_input *input, struct area area, bool by_group,
                        struct cells *cells);
/* Rows that the grouped map would like to have. */
int fleet_map_wish(const struct model_fleet *model, int columns_of_area);
void reconcile_write_counts(const struct model_recon *recon, bool brief, char *text,
                            size_t size);
/* "covers 4/5, by weight 8/10, strict" */
void viewport_write_coverage(const struct model_viewport *model, char *text,
                             size_t size);
/* "!!", "!", "i" and its style. */
const char *severity_sign(enum severity severity);
enum style severity_style(enum severity severity);

#endif
