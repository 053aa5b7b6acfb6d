/* fx.h - the rate of a currency for a period, from the rows of one archive.
 *
 * A given row is used as it is.  Else the cross over a common base is derived: base->to
 * divided by base->from, 6 decimals, half away from zero, EUR first.  No rate is no
 * rate, never 1 (docs/views.md section 2.2, rows `fx`). */
#ifndef CORE_FX_H
#define CORE_FX_H

#include "core/store.h"

enum fx_type { FX_OPENING, FX_AVERAGE, FX_CLOSING, FX_BUDGET, FX_TYPE_COUNT };

struct fx_rate {
    bool found;
    bool derived;
    struct decimal rate; /* 1 from = rate to */
    int64_t fixed; /* YYYYMMDD of the last fixing in it; 0: no fixing (same currency) */
    name_id source; /* borrowed from the row */
};

/* `slot` and `entity`: the archive whose rates are used, as it is keyed in the store.
 */
struct fx_rate fx_find(struct store *store, uint32_t slot, struct text entity,
                       struct text from, struct text to, struct text period,
                       enum fx_type type);

#endif
