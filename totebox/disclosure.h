/* disclosure.h - limits on metric rows that are about tenants, persons or contracts.
 *
 * A block of exposure.conf with min-n, dominance or p-percent shows sums about several
 * contributors, never one of them.  Who contributed to a row without `cp` are the rows
 * of the same key and period with one; where there are none, those of the keys below it
 * ("rent" is made of "rent.a" and "rent.b").  Rows with `cp` are never sent under such
 * a block.
 *
 * A cell is withheld when it has fewer than min-n contributors, when the largest makes
 * more than `dominance` percent of it, or when what is left after the two largest is
 * less than `p-percent` of the largest.  What is published can be subtracted: a key is
 * the sum of the keys below it, a period of the periods that fill it.  So further cells
 * are withheld, the smallest first, until each sum of withheld cells that can be had by
 * adding and subtracting published ones obeys the same limits.
 *
 * Everything here fails closed: contributors that are not known, a number that does not
 * fit, more sums than can be looked at. */
#ifndef TOTEBOX_DISCLOSURE_H
#define TOTEBOX_DISCLOSURE_H

#include "totebox/exposure.h"
#include "totebox/index.h"

/* What one peer may see of the metric rows of one state of the index. */
struct disclosure;

/* Borrows nothing but the names of the rows, which it holds.  NULL when memory is
 * short; then every limited cell is withheld. */
struct disclosure *disclosure_new(const struct exposure_view *exposure,
                                  const struct archive_index *index);
void disclosure_free(struct disclosure *disclosure);

/* The mark with which value, num, den and n of a metric row must leave; CELL_NOT_KNOWN
 * for a limited row that the index did not have then. */
enum cell_mark disclosure_mark(const struct disclosure *disclosure,
                               const struct exposure_view *exposure,
                               const struct names *names, const union any_row *row);
bool disclosure_covers(enum view view, uint32_t column);

/* Keys whose mark differs between two states, either of which may be NULL (all of the
 * other's): what a watch has to tell again. */
void disclosure_compare(const struct disclosure *before,
                        const struct disclosure *after,
                        void (*differs)(void *user, name_id key), void *user);

#endif
