/* import_tags.h - tags and amounts inside the comments that hledger prints.
 *
 * A tag is a word followed at once by a colon; its value goes to the next comma or the
 * end of the line, blanks around it cut.  A comment of several lines has a line each.
 * Source: hledger 1.25 manual, "Tags". */
#ifndef TOTEBOX_IMPORT_TAGS_H
#define TOTEBOX_IMPORT_TAGS_H

#include "proto/decimal.h"
#include "totebox/date.h"

/* The value of the first tag of that name, which may be empty.  False: no such tag. */
MUST_CHECK bool tag_find(struct text comment, const char *name, struct text *value);
/* The same, but the value of an amount, in which a comma may separate digits: it goes
 * on behind a comma that a digit follows. */
MUST_CHECK bool tag_find_amount(struct text comment, const char *name,
                                struct text *value);

/* "1080000.00 USD", "USD 5", "$1,080,000.00", "-5 \"green apples\"": a number and a
 * commodity on either side of it.  Groups of digits may be separated by ',' or '.'
 * when the other one is the point; a lone ',' before three digits could be either and
 * is no amount.  `written` is the number as the ledger has it. */
MUST_CHECK bool tag_amount(struct text text, char written[DECIMAL_CHARS_MAX],
                           struct text *number, struct text *commodity);

/* The date that a posting's comment gives it: tag `date:`, or hledger's "[DATE]" and
 * "[DATE=DATE2]".  Empty when there is none. */
struct text tag_posting_date(struct text comment);
/* YYYY-MM-DD, or with '/' or '.', which become '-' in `written`.  False: no whole date.
 */
MUST_CHECK bool tag_date(struct text text, char written[DATE_CHARS + 1]);

#endif
