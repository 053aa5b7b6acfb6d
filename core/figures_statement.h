/* figures_statement.h - the steps behind the totals, so that they foot; and what is
 * left out of them. */
#ifndef CORE_FIGURES_STATEMENT_H
#define CORE_FIGURES_STATEMENT_H

#include "core/rollup.h"

/* In the arena; never NULL unless memory is short. */
const struct statement_line *statement_build(const struct rollup *rollup,
                                             struct arena *arena, uint32_t *count);
const struct contribution *statement_left_out(const struct rollup *rollup,
                                              struct arena *arena, uint32_t *count);
/* By entity index: open breaks that have it on a side (from the reconciliation). */
const uint32_t *breaks_by_entity(const struct rollup *rollup, struct arena *arena);

#endif
