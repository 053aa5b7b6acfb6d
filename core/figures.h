/* figures.h - from rows to figures: rollup, reconciliation, executive summary.
 *
 * Listens to the store and keeps its sums up to date row by row: the cost of a delta
 * follows what it touches.  Models are built on demand from the kept sums and are
 * cached until something they depend on changes (rows, link states, options, or the
 * passing of the next freshness limit).  Definitions: docs/views.md. */
#ifndef CORE_FIGURES_H
#define CORE_FIGURES_H

#include "core/model.h"

struct figures;

/* Both are borrowed for the life of the figures; becomes the store's listener. */
struct figures *figures_new(const struct config *config, struct store *store);
void figures_free(struct figures *figures);

/* Sets the time: wall clock (Unix ms) for data age, monotonic for link age.  Models
 * built afterwards are as of then. */
void figures_set_clock(struct figures *figures, int64_t wall_ms, int64_t mono_ms);

/* Changes with every change of any model: a pane repaints when it moved. */
uint64_t figures_generation(const struct figures *figures);
/* Wall time of the next moment at which a mark changes by age alone; INT64_MAX: none.
 */
int64_t figures_next_change_ms(const struct figures *figures);

/* Borrowed until the next call that builds the same model, or figures_free.  Never NULL
 * unless memory is short. */
const struct coverage *figures_coverage(struct figures *figures,
                                        const struct model_options *options);
const struct model_executive *figures_executive(struct figures *figures,
                                                const struct model_options *options);
const struct model_portfolio *figures_portfolio(struct figures *figures,
                                                const struct model_options *options);
const struct model_recon *figures_recon(struct figures *figures,
                                        const struct model_options *options);
const struct model_fleet *figures_fleet(struct figures *figures);
/* NULL when no block of the config has that entity. */
const struct model_entity *figures_entity(struct figures *figures, const char *entity);
/* One metric over the portfolio, in the basis of the options: the sum of the members'
 * rows with that key, period token and scenario, money in the reporting currency, other
 * units as they are; a ratio is pooled (sum of num / sum of den).  A member that is
 * current and has no such row contributes nothing and is not missing: `reported` of the
 * members have one. */
struct figure figures_metric(struct figures *figures,
                             const struct model_options *options, const char *key,
                             const char *period, const char *scenario,
                             uint32_t *reported);
/* A viewport over the portfolio.  Borrowed until the next one is built. */
const struct model_viewport *figures_viewport(struct figures *figures,
                                              const struct model_options *options,
                                              const struct viewport *viewport);
/* Ranked open exceptions also feed the alert count in row 1 of every pane. */
uint32_t figures_alert_count(struct figures *figures,
                             const struct model_options *options);

#endif
