#include "core/model.h"

static const struct {
    const char *name;
    char character;
    bool has_number;
} marks[] = {
    [MARK_CURRENT] = {"current", ' ', true},
    [MARK_NOT_APPLICABLE] = {"not-applicable", '-', false},
    [MARK_AGING] = {"aging", '~', true},
    [MARK_STALE] = {"stale", '!', true},
    [MARK_LAST_KNOWN] = {"last-known", 'x', true},
    [MARK_SUPPRESSED] = {"suppressed", '#', false},
    [MARK_REFUSED] = {"refused", 'r', false},
    [MARK_EXPIRED] = {"expired", 'e', false},
    [MARK_WAITING] = {"waiting", '.', false},
    [MARK_NEVER] = {"never", '?', false},
};

const char *mark_name(enum mark mark)
{
    return marks[mark].name;
}

char mark_char(enum mark mark)
{
    return marks[mark].character;
}

bool mark_has_number(enum mark mark)
{
    return marks[mark].has_number;
}

const char *check_status_name(enum check_status status)
{
    static const char *const names[] = {
        [CHECK_MATCHED] = "MATCHED",
        [CHECK_MATCHED_GROUP] = "MATCHED_NM",
        [CHECK_MATCHED_TOLERANCE] = "MATCHED_TOL",
        [CHECK_FX_DIFFERENCE] = "FX_DIFF",
        [CHECK_TIMING] = "TIMING",
        [CHECK_MISMATCH] = "MISMATCH",
        [CHECK_ONE_SIDED] = "ONE_SIDED",
        [CHECK_MATCHED_BALANCE] = "MATCHED_BALANCE",
        [CHECK_BALANCE_DIFFERENCE] = "BALANCE_DIFF",
        [CHECK_NOT_PERMITTED] = "NOT_PERMITTED",
        [CHECK_UNAVAILABLE] = "UNAVAILABLE",
        [CHECK_SUGGESTED] = "SUGGESTED",
        [CHECK_PARTIAL] = "PARTIAL",
    };
    return names[status];
}

const char *check_group_name(enum check_group group)
{
    static const char *const names[GROUP_COUNT] = {
        [GROUP_BREAK] = "BREAK",
        [GROUP_PROVISIONAL] = "PROVISIONAL",
        [GROUP_PARTIAL] = "PARTIAL",
        [GROUP_UNKNOWN] = "UNKNOWN",
        [GROUP_FX] = "FX",
        [GROUP_TIMING] = "TIMING",
        [GROUP_SUGGESTED] = "SUGGESTED",
        [GROUP_WITHIN] = "WITHIN",
        [GROUP_MATCH] = "MATCH",
    };
    return names[group];
}
