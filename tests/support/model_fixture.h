/* model_fixture.h - models of an invented fleet of 1,203 archives, made by hand and
 * fixed to the second: what panes are drawn from in tests. */
#ifndef TESTS_SUPPORT_MODEL_FIXTURE_H
#define TESTS_SUPPORT_MODEL_FIXTURE_H

#include "screens/pane.h"

struct fixture;

/* 23 Nov 2026 00:36:05Z */
#define FIXTURE_NOW_MS INT64_C(1795394165000)

struct fixture *fixture_new(void);
void fixture_free(struct fixture *fixture);
/* Everything a pane may be given, with all models filled in. */
struct pane_input *fixture_input(struct fixture *fixture);
/* The same models to change in a test. */
struct coverage *fixture_coverage(struct fixture *fixture);

/* A present figure of "1234.50"; currency "" for counts and ratios. */
struct figure fixture_figure(const char *value, enum figure_format format,
                             const char *currency, enum mark mark);

/* What tui/ does before it draws: entries for every part, arranged. */
struct fixture_pane {
    struct pane_state state;
    struct table_entry *entries[PANE_PARTS];
};
void fixture_pane_open(enum pane_id id, const struct pane_input *input,
                       struct fixture_pane *pane);
void fixture_pane_arrange(enum pane_id id, const struct pane_input *input,
                          struct fixture_pane *pane);
void fixture_pane_close(struct fixture_pane *pane);

#endif
