/* The words of core/model.h, for programs that link no figures: weak, so that the real
 * ones win wherever they are linked. */
#include "core/model.h"

#define WEAK __attribute__((weak))

WEAK const char *mark_name(enum mark mark)
{
    static const char *const names[] = {
        "current",    "not-applicable", "aging",   "stale",   "last-known",
        "suppressed", "refused",        "expired", "waiting", "never"};
    return names[mark];
}

WEAK char mark_char(enum mark mark)
{
    return " -~!x#re.?"[mark];
}

WEAK bool mark_has_number(enum mark mark)
{
    return mark == MARK_CURRENT || mark == MARK_AGING || mark == MARK_STALE ||
           mark == MARK_LAST_KNOWN;
}

WEAK const char *check_status_name(enum check_status status)
{
    static const char *const names[] = {
        "MATCHED",      "MATCHED_GROUP", "MATCHED_TOL", "FX_DIFF",
        "TIMING",       "MISMATCH",      "ONE_SIDED",   "MATCHED_BALANCE",
        "BALANCE_DIFF", "NOT_PERMITTED", "UNAVAILABLE", "SUGGESTED",
        "PARTIAL"};
    return names[status];
}

WEAK const char *check_group_name(enum check_group group)
{
    static const char *const names[] = {"BREAK",     "PROVISIONAL", "PARTIAL",
                                        "UNKNOWN",   "FX",          "TIMING",
                                        "SUGGESTED", "WITHIN",      "MATCH"};
    return names[group];
}

WEAK const char *link_state_name(enum link_state state)
{
    static const char *const names[] = {"idle",        "connecting", "handshaking",
                                        "presenting",  "live",       "quiet",
                                        "backing off", "refused"};
    return names[state];
}
