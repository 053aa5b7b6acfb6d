/* figures_line.h - the fixed vocabulary of ledger lines (docs/views.md, "Lines"). */
#ifndef CORE_FIGURES_LINE_H
#define CORE_FIGURES_LINE_H

#include "proto/text.h"

enum line {
    LINE_CASH,
    LINE_CASH_RESTRICTED,
    LINE_RECEIVABLE,
    LINE_PROPERTY,
    LINE_ASSET_OTHER,
    LINE_ASSET_UNMAPPED,
    LINE_INVESTMENT,
    LINE_DEBT,
    LINE_PAYABLE,
    LINE_LIABILITY_OTHER,
    LINE_LIABILITY_UNMAPPED,
    LINE_CAPITAL,
    LINE_RETAINED,
    LINE_DISTRIBUTION_PAID,
    LINE_CONVERSION,
    LINE_EQUITY_UNMAPPED,
    LINE_REVENUE_OPERATING,
    LINE_REVENUE_OTHER,
    LINE_REVENUE_FEE,
    LINE_REVENUE_INTEREST,
    LINE_REVENUE_DISTRIBUTION,
    LINE_REVENUE_UNMAPPED,
    LINE_OPEX,
    LINE_FEE_MANAGEMENT,
    LINE_ADMIN,
    LINE_INTEREST,
    LINE_DEPRECIATION,
    LINE_TAX,
    LINE_EXPENSE_OTHER,
    LINE_EXPENSE_UNMAPPED,
    LINE_COUNT
};

/* The line of a row: a suffix `.x` refines and is cut until a word is known; what is
 * not in the vocabulary is the unmapped line of its class.  False: no such class. */
bool line_find(struct text cls, struct text name, enum line *line);
char line_class(enum line line); /* 'A' 'V' 'L' 'Q' 'R' 'X' */
const char *line_name(enum line line);
bool line_is_unmapped(enum line line);

#endif
