#include "core/figures_line.h"

static const struct {
    char cls;
    const char *name;
} lines[LINE_COUNT] = {
    [LINE_CASH] = {'A', "cash"},
    [LINE_CASH_RESTRICTED] = {'A', "cash.restricted"},
    [LINE_RECEIVABLE] = {'A', "receivable"},
    [LINE_PROPERTY] = {'A', "property"},
    [LINE_ASSET_OTHER] = {'A', "other"},
    [LINE_ASSET_UNMAPPED] = {'A', "unmapped.A"},
    [LINE_INVESTMENT] = {'V', "investment"},
    [LINE_DEBT] = {'L', "debt"},
    [LINE_PAYABLE] = {'L', "payable"},
    [LINE_LIABILITY_OTHER] = {'L', "other"},
    [LINE_LIABILITY_UNMAPPED] = {'L', "unmapped.L"},
    [LINE_CAPITAL] = {'Q', "equity.capital"},
    [LINE_RETAINED] = {'Q', "equity.retained"},
    [LINE_DISTRIBUTION_PAID] = {'Q', "equity.distribution"},
    [LINE_CONVERSION] = {'Q', "equity.conversion"},
    [LINE_EQUITY_UNMAPPED] = {'Q', "unmapped.Q"},
    [LINE_REVENUE_OPERATING] = {'R', "revenue.operating"},
    [LINE_REVENUE_OTHER] = {'R', "revenue.other"},
    [LINE_REVENUE_FEE] = {'R', "revenue.fee"},
    [LINE_REVENUE_INTEREST] = {'R', "revenue.interest"},
    [LINE_REVENUE_DISTRIBUTION] = {'R', "revenue.distribution"},
    [LINE_REVENUE_UNMAPPED] = {'R', "unmapped.R"},
    [LINE_OPEX] = {'X', "opex"},
    [LINE_FEE_MANAGEMENT] = {'X', "fee.management"},
    [LINE_ADMIN] = {'X', "admin"},
    [LINE_INTEREST] = {'X', "interest"},
    [LINE_DEPRECIATION] = {'X', "depreciation"},
    [LINE_TAX] = {'X', "tax"},
    [LINE_EXPENSE_OTHER] = {'X', "other"},
    [LINE_EXPENSE_UNMAPPED] = {'X', "unmapped.X"},
};

char line_class(enum line line)
{
    return lines[line].cls;
}

const char *line_name(enum line line)
{
    return lines[line].name;
}

bool line_is_unmapped(enum line line)
{
    return strncmp(lines[line].name, "unmapped", 8) == 0;
}

static bool exact(char cls, struct text name, enum line *line)
{
    for (int i = 0; i < LINE_COUNT; i++) {
        if (lines[i].cls == cls && text_equal(name, text_of(lines[i].name))) {
            *line = (enum line)i;
            return true;
        }
    }
    return false;
}

bool line_find(struct text cls, struct text name, enum line *line)
{
    static const char unmapped_name[] = "unmapped.";
    char unmapped[sizeof unmapped_name + 1];
    if (cls.length != 1)
        return false;
    if (cls.bytes[0] == 'V') { /* one line; whatever its name, it is an investment */
        *line = LINE_INVESTMENT;
        return true;
    }
    while (name.length > 0) {
        if (exact(cls.bytes[0], name, line))
            return true;
        do
            name.length--;
        while (name.length > 0 && name.bytes[name.length] != '.');
    }
    memcpy(unmapped, unmapped_name, sizeof unmapped_name - 1);
    unmapped[sizeof unmapped_name - 1] = cls.bytes[0];
    return exact(cls.bytes[0], (struct text){unmapped, sizeof unmapped_name}, line);
}
