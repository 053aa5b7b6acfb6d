/* executive.h - the parts of the executive summary, each a file of its own.
 * Private to core/executive*.  Definitions: docs/views.md section 4. */
#ifndef CORE_EXECUTIVE_H
#define CORE_EXECUTIVE_H

#include "core/rollup.h"

struct executive {
    struct figures *figures;
    struct portfolio *portfolio;
    const struct rollup *rollup;
    const struct model_recon *recon;
    enum basis basis;
    struct arena *arena;
    int64_t view_date;
    struct model_executive *model;
};

/* executive_headlines.c */
void executive_headlines(struct executive *executive);
void executive_groups(struct executive *executive);
/* executive_obligations.c */
void executive_covenants(struct executive *executive);
void executive_buckets(struct executive *executive);
/* executive_variances.c */
void executive_variances(struct executive *executive);
/* Variance against budget of one measure, over the members that have a budget of it. */
void executive_budget(const struct executive *executive, const char *key,
                      enum measure measure, struct figure *variance,
                      struct figure *percent);
/* executive_quality.c */
void executive_quality(struct executive *executive);
void executive_ages(struct executive *executive);
/* executive_exceptions.c; needs all the others. */
void executive_exceptions(struct executive *executive);

/* num / den as a percent figure: not applicable when den is 0. */
struct figure executive_percent(struct decimal num, struct decimal den,
                                const char *none);

#endif
