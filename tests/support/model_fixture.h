/* model_fixture.h - models of an invented fleet of 1,203 archives, made by hand and
 * fixed to the second: what panes are drawn from in tests. */
#ifndef TESTS_SUPPORT_MODEL_FIXTURE_H
#define TESTS_SUPPORT_MODEL_FIXTURE_H

#include "screens/pane.h"

struct model_fixture;

/* 23 Nov 2026 00:36:05Z */
#define MODEL_NOW_MS INT64_C(1795394165000)

struct model_fixture *model_fixture_new(void);
void model_fixture_free(struct model_fixture *fixture);
/* Everything a pane may be given, with all models filled in. */
struct pane_input *model_fixture_input(struct model_fixture *fixture);
/* The same models to change in a test. */
struct coverage *model_fixture_coverage(struct model_fixture *fixture);

/* A present figure of "1234.50"; currency "" for counts and ratios. */
struct figure model_fixture_figure(const char *value, enum figure_format format,
                                   const char *currency, enum mark mark);

/* What tui/ does before it draws: entries for every part, arranged. */
struct pane_fixture {
    struct pane_state state;
    struct table_entry *entries[PANE_PARTS];
};
void pane_fixture_open(enum pane_id id, const struct pane_input *input,
                       struct pane_fixture *pane);
void pane_fixture_arrange(enum pane_id id, const struct pane_input *input,
                          struct pane_fixture *pane);
void pane_fixture_close(struct pane_fixture *pane);

#endif
