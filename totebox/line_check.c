#include "totebox/line.h"

#include "proto/rows.h"
#include "totebox/archive.h"
#include "totebox/date.h"
#include "totebox/share.h"

enum form {
    FORM_TEXT,     /* up to LINE_TEXT_MAX bytes */
    FORM_PART,     /* a part of a row key: KEY_PART_MAX bytes as written there */
    FORM_CURRENCY, /* the same, CURRENCY_NAME_MAX: currencies and units */
    FORM_LINE,     /* the same, LINE_NAME_MAX */
    FORM_REF,      /* the same, REF_MAX */
    FORM_DATE,     /* YYYY-MM-DD */
    FORM_TIME,     /* a date or RFC 3339 */
    FORM_DECIMAL,  /* -?digits(.digits)? within 1e24 and 18 places */
    FORM_POSITIVE, /* a decimal above 0 */
    FORM_COUNT,    /* a whole number, JSON number */
    FORM_SHARE,    /* 0 to 1, "3/4" or "0.75" */
    FORM_ENTITY,   /* [A-Z0-9-]{1,16} */
    FORM_PARTY,    /* an entity, or @affiliates */
    FORM_PERIOD,   /* a period token */
    FORM_HASH,     /* 64 hex digits */
    FORM_CHOICE,   /* one of `choices` */
};

struct rule {
    enum line_field field;
    enum form form;
    bool required;
    const char *choices; /* separated by spaces */
};

enum { MAY = false, MUST = true };

static const struct rule posting_rules[] = {
    {FIELD_TXN, FORM_PART, MAY, NULL},
    {FIELD_DATE, FORM_DATE, MUST, NULL},
    {FIELD_ACCT, FORM_PART, MUST, NULL},
    {FIELD_CLS, FORM_CHOICE, MUST, "A L Q R X V"},
    {FIELD_LINE, FORM_LINE, MAY, NULL},
    {FIELD_AMT, FORM_DECIMAL, MUST, NULL},
    {FIELD_CUR, FORM_CURRENCY, MUST, NULL},
    {FIELD_COST_AMT, FORM_DECIMAL, MAY, NULL},
    {FIELD_COST_CUR, FORM_CURRENCY, MAY, NULL},
    {FIELD_COST_KIND, FORM_CHOICE, MAY, "unit total"},
    {FIELD_HIST_AMT, FORM_DECIMAL, MAY, NULL},
    {FIELD_HIST_CUR, FORM_CURRENCY, MAY, NULL},
    {FIELD_CP, FORM_PARTY, MAY, NULL},
    {FIELD_REF, FORM_REF, MAY, NULL},
    {FIELD_GRP, FORM_REF, MAY, NULL},
    {FIELD_DESC, FORM_TEXT, MAY, NULL},
    {FIELD_ST, FORM_CHOICE, MAY, "* !"},
    {FIELD_SRC, FORM_TEXT, MAY, NULL},
};
static const struct rule metric_rules[] = {
    {FIELD_KEY, FORM_PART, MUST, NULL},
    {FIELD_START, FORM_DATE, MAY, NULL},
    {FIELD_END, FORM_DATE, MUST, NULL},
    {FIELD_AS_OF, FORM_TIME, MAY, NULL},
    {FIELD_UNIT, FORM_CURRENCY, MUST, NULL},
    {FIELD_VALUE, FORM_DECIMAL, MAY, NULL},
    {FIELD_CP, FORM_PARTY, MAY, NULL},
    {FIELD_NUM, FORM_DECIMAL, MAY, NULL},
    {FIELD_DEN, FORM_DECIMAL, MAY, NULL},
    {FIELD_NATURE, FORM_CHOICE, MUST, "flow stock ratio count"},
    {FIELD_SCENARIO, FORM_CHOICE, MUST, "actual budget prior forecast"},
    {FIELD_BASIS, FORM_CHOICE, MUST, "own consolidated"},
    {FIELD_N, FORM_COUNT, MAY, NULL},
    {FIELD_QUALITY, FORM_CHOICE, MUST, "ok annualised estimated unaudited"},
    {FIELD_SRC, FORM_TEXT, MAY, NULL},
};
static const struct rule edge_rules[] = {
    {FIELD_OWNED, FORM_ENTITY, MUST, NULL},
    {FIELD_FROM, FORM_DATE, MUST, NULL},
    {FIELD_TO, FORM_DATE, MAY, NULL},
    {FIELD_ECON, FORM_SHARE, MUST, NULL},
    {FIELD_VOTE, FORM_SHARE, MAY, NULL},
    {FIELD_METHOD, FORM_CHOICE, MUST, "full proportional equity cost none"},
    {FIELD_SRC, FORM_TEXT, MAY, NULL},
};
static const struct rule rate_rules[] = {
    {FIELD_FROM, FORM_CURRENCY, MUST, NULL}, {FIELD_TO, FORM_CURRENCY, MUST, NULL},
    {FIELD_DAY, FORM_DATE, MUST, NULL},      {FIELD_RATE, FORM_POSITIVE, MUST, NULL},
    {FIELD_SOURCE, FORM_TEXT, MUST, NULL},   {FIELD_SRC, FORM_TEXT, MAY, NULL},
};
static const struct rule obligation_rules[] = {
    {FIELD_KIND, FORM_CHOICE, MUST,
     "loan-maturity covenant lease-end capital-call tax filing"},
    {FIELD_ID, FORM_PART, MUST, NULL},
    {FIELD_TITLE, FORM_TEXT, MAY, NULL},
    {FIELD_DUE, FORM_DATE, MUST, NULL},
    {FIELD_AMOUNT, FORM_DECIMAL, MAY, NULL},
    {FIELD_CUR, FORM_CURRENCY, MAY, NULL},
    {FIELD_QTY, FORM_DECIMAL, MAY, NULL},
    {FIELD_UNIT, FORM_CURRENCY, MAY, NULL},
    {FIELD_CP, FORM_PARTY, MAY, NULL},
    {FIELD_METRIC, FORM_PART, MAY, NULL},
    {FIELD_OP, FORM_CHOICE, MAY, "min max"},
    {FIELD_THRESHOLD, FORM_DECIMAL, MAY, NULL},
    {FIELD_NUM, FORM_DECIMAL, MAY, NULL},
    {FIELD_DEN, FORM_DECIMAL, MAY, NULL},
    {FIELD_PERIOD, FORM_PERIOD, MAY, NULL},
    {FIELD_STATE, FORM_CHOICE, MUST, "open done waived"},
    {FIELD_AS_OF, FORM_TIME, MAY, NULL},
    {FIELD_SRC, FORM_TEXT, MAY, NULL},
};
static const struct rule asof_rules[] = {
    {FIELD_END, FORM_DATE, MUST, NULL},
    {FIELD_SRC, FORM_TEXT, MAY, NULL},
};
static const struct rule note_rules[] = {
    {FIELD_OF, FORM_COUNT, MAY, NULL}, /* the note that this line changes */
    {FIELD_KIND, FORM_CHOICE, MUST, "note assign dispute due"},
    {FIELD_TARGET, FORM_PART, MUST, NULL},
    {FIELD_TEXT, FORM_TEXT, MAY, NULL},
    {FIELD_BY, FORM_TEXT, MUST, NULL},
    {FIELD_STATE, FORM_CHOICE, MUST, "open withdrawn"},
    {FIELD_SRC, FORM_TEXT, MAY, NULL},
};
static const struct rule command_rules[] = {
    {FIELD_ID, FORM_PART, MUST, NULL},
    {FIELD_VERB, FORM_PART, MUST, NULL},
    {FIELD_DIGEST, FORM_HASH, MAY, NULL},
    {FIELD_TARGET, FORM_TEXT, MAY, NULL},
    {FIELD_TEXT, FORM_TEXT, MAY, NULL},
    {FIELD_BY, FORM_TEXT, MUST, NULL},
    {FIELD_RESULT, FORM_CHOICE, MUST, "done refused"},
    {FIELD_SRC, FORM_TEXT, MAY, NULL},
};
static const struct rule correction_rules[] = {
    {FIELD_OF, FORM_COUNT, MUST, NULL},
    {FIELD_TEXT, FORM_TEXT, MAY, NULL},
    {FIELD_BY, FORM_TEXT, MAY, NULL},
    {FIELD_SRC, FORM_TEXT, MAY, NULL},
};
static const struct rule lifecycle_rules[] = {
    {FIELD_STATE, FORM_CHOICE, MUST, "active suspended archived"},
    {FIELD_TEXT, FORM_TEXT, MAY, NULL},
    {FIELD_BY, FORM_TEXT, MAY, NULL},
    {FIELD_SRC, FORM_TEXT, MAY, NULL},
};
static const struct rule pairing_rules[] = {
    {FIELD_HOLDER, FORM_HASH, MUST, NULL}, {FIELD_DELEGATE, FORM_HASH, MUST, NULL},
    {FIELD_ROLE, FORM_PART, MUST, NULL},   {FIELD_LABEL, FORM_PART, MUST, NULL},
    {FIELD_EPOCH, FORM_COUNT, MUST, NULL}, {FIELD_UNTIL, FORM_TIME, MUST, NULL},
    {FIELD_SRC, FORM_TEXT, MAY, NULL},
};
static const struct rule revocation_rules[] = {
    {FIELD_HOLDER, FORM_HASH, MUST, NULL},
    {FIELD_EPOCH, FORM_COUNT, MUST, NULL}, /* this one and all before it */
    {FIELD_TEXT, FORM_TEXT, MAY, NULL},
    {FIELD_BY, FORM_TEXT, MAY, NULL},
    {FIELD_SRC, FORM_TEXT, MAY, NULL},
};

/* Of the audit log only. */
static const struct rule grant_rules[] = {
    {FIELD_DIGEST, FORM_HASH, MUST, NULL}, /* link id of the leaf */
    {FIELD_BY, FORM_TEXT, MUST, NULL},
    {FIELD_HOLDER, FORM_HASH, MUST, NULL},
    {FIELD_UNTIL, FORM_TIME, MUST, NULL},
};
static const struct rule refusal_rules[] = {
    {FIELD_TEXT, FORM_TEXT, MUST, NULL},
    {FIELD_HOLDER, FORM_HASH, MAY, NULL},
    {FIELD_TIMES, FORM_COUNT, MUST, NULL},
};
static const struct rule reads_rules[] = {
    {FIELD_N, FORM_COUNT, MUST, NULL}, /* rows */
    {FIELD_TARGET, FORM_PART, MUST, NULL},
    {FIELD_BY, FORM_TEXT, MUST, NULL},
    {FIELD_TIMES, FORM_COUNT, MUST, NULL},
};

static const struct rules {
    const struct rule *rule;
    uint32_t count;
} rules[LINE_TYPE_COUNT] = {
#define RULES(type, list) [type] = {(list), sizeof(list) / sizeof((list)[0])}
    RULES(LINE_POSTING, posting_rules),
    RULES(LINE_METRIC, metric_rules),
    RULES(LINE_EDGE, edge_rules),
    RULES(LINE_RATE, rate_rules),
    RULES(LINE_OBLIGATION, obligation_rules),
    RULES(LINE_ASOF, asof_rules),
    RULES(LINE_NOTE, note_rules),
    RULES(LINE_COMMAND, command_rules),
    RULES(LINE_CORRECTION, correction_rules),
    RULES(LINE_LIFECYCLE, lifecycle_rules),
    RULES(LINE_PAIRING, pairing_rules),
    RULES(LINE_REVOCATION, revocation_rules),
    RULES(LINE_GRANT, grant_rules),
    RULES(LINE_REFUSAL, refusal_rules),
    RULES(LINE_READS, reads_rules),
#undef RULES
};

bool line_type_has(enum line_type type, enum line_field field)
{
    for (uint32_t i = 0; i < rules[type].count; i++)
        if (rules[type].rule[i].field == field)
            return true;
    return false;
}

static bool is_choice(const char *choices, struct text text)
{
    while (*choices) {
        uint32_t length = (uint32_t)strcspn(choices, " ");
        if (text_equal((struct text){choices, length}, text))
            return true;
        choices += length;
        choices += *choices == ' ';
    }
    return false;
}

/* '|', '%' and control bytes take three bytes in a key. */
static bool fits_key_part(struct text text, uint32_t limit)
{
    uint32_t length = text.length;
    for (uint32_t i = 0; i < text.length; i++)
        if (text.bytes[i] == '|' || text.bytes[i] == '%')
            length += 2;
    return length <= limit;
}

/* |coefficient| <= 1e24: what sums and products of amounts are sized for. */
static bool is_amount(struct text text, bool positive)
{
    struct decimal value, limit = {1, 0};

    if (decimal_parse(text, &value) != DECIMAL_OK)
        return false;
    for (int i = 0; i < 24; i++)
        limit.coefficient *= 10;
    value.scale = 0;
    return decimal_compare(decimal_absolute(value), limit) <= 0 &&
           (!positive || decimal_sign(value) > 0);
}

static bool is_all(struct text text, const char *set)
{
    for (uint32_t i = 0; i < text.length; i++)
        if (text.bytes[i] == '\0' || !strchr(set, text.bytes[i]))
            return false;
    return true;
}

/* NULL, or what the value should have been. */
static const char *check_form(const struct rule *rule, struct text value)
{
    struct period period;
    int64_t number, other;
    int32_t date;

    switch (rule->form) {
    case FORM_TEXT:
        return value.length <= LINE_TEXT_MAX ? NULL : "at most 1024 bytes";
    case FORM_PART:
        return fits_key_part(value, KEY_PART_MAX)
                   ? NULL
                   : "at most 120 bytes ('|' and '%' count 3)";
    case FORM_CURRENCY:
        return fits_key_part(value, CURRENCY_NAME_MAX)
                   ? NULL
                   : "at most 24 bytes ('|' and '%' count 3)";
    case FORM_LINE:
        return fits_key_part(value, LINE_NAME_MAX)
                   ? NULL
                   : "at most 40 bytes ('|' and '%' count 3)";
    case FORM_REF:
        return fits_key_part(value, REF_MAX) ? NULL
                                             : "at most 80 bytes ('|' and '%' count 3)";
    case FORM_DATE:
        return date_parse(value, &date) ? NULL : "a date YYYY-MM-DD";
    case FORM_TIME:
        return time_parse(value, &number) ? NULL
                                          : "a date or a time 2026-01-31T14:02:07Z";
    case FORM_DECIMAL:
    case FORM_POSITIVE:
        return is_amount(value, rule->form == FORM_POSITIVE)
                   ? NULL
                   : "a decimal like -1234.50 (no separators, no exponent, up to 18 "
                     "places, within 1e24)";
    case FORM_COUNT:
        return value.length <= 18 && is_all(value, "0123456789") &&
                       (value.length == 1 || value.bytes[0] != '0')
                   ? NULL
                   : "a whole number";
    case FORM_SHARE:
        return share_parse(value, &number, &other) ? NULL
                                                   : "a share from 0 to 1, 3/4 or 0.75";
    case FORM_PARTY:
        if (text_equal(value, TEXT("@affiliates")))
            return NULL;
        return entity_id_is_valid(value) ? NULL
                                         : "an entity id (A-Z 0-9 -, up to 16), or "
                                           "@affiliates";
    case FORM_ENTITY:
        return entity_id_is_valid(value) ? NULL : "an entity id (A-Z 0-9 -, up to 16)";
    case FORM_PERIOD:
        return period_parse(value, &period) ? NULL
                                            : "a period like 2025, 2025Q3, 2025-12";
    case FORM_HASH:
        return value.length == 64 && is_all(value, "0123456789abcdef")
                   ? NULL
                   : "64 hex digits";
    case FORM_CHOICE:
        return is_choice(rule->choices, value) ? NULL : rule->choices;
    }
    return NULL;
}

static enum archive_error wrong(struct problem *problem, const struct rule *rule,
                                struct text value, const char *expected)
{
    uint32_t shown = value.length < 80 ? value.length : 80;
    return problem_set(problem, ARCHIVE_REFUSED, "%s \"%.*s\" is not %s%s",
                       line_field_name(rule->field), (int)shown, value.bytes,
                       rule->form == FORM_CHOICE ? "one of: " : "", expected);
}

static bool has(const struct line *line, enum line_field field)
{
    return line->field[field].length != 0;
}

/* What the table cannot say. */
static const char *check_together(const struct line *line)
{
    switch (line->type) {
    case LINE_POSTING:
        if (has(line, FIELD_COST_AMT) != has(line, FIELD_COST_CUR) ||
            has(line, FIELD_COST_AMT) != has(line, FIELD_COST_KIND))
            return "a cost needs amt, cur and kind";
        if (has(line, FIELD_HIST_AMT) != has(line, FIELD_HIST_CUR))
            return "hist and hist_cur need each other";
        return NULL;
    case LINE_METRIC:
        if (text_equal(line->field[FIELD_NATURE], TEXT("ratio"))) {
            if (!has(line, FIELD_NUM) || !has(line, FIELD_DEN))
                return "a ratio needs num and den";
        } else if (!has(line, FIELD_VALUE)) {
            return "value is missing";
        }
        if (has(line, FIELD_START) &&
            text_compare(line->field[FIELD_START], line->field[FIELD_END]) > 0)
            return "start is after end";
        return NULL;
    case LINE_EDGE:
        if (has(line, FIELD_TO) &&
            text_compare(line->field[FIELD_FROM], line->field[FIELD_TO]) >= 0)
            return "to (the first day after) is not after from";
        return NULL;
    case LINE_RATE:
        if (text_equal(line->field[FIELD_FROM], line->field[FIELD_TO]))
            return "from and to are the same currency";
        return NULL;
    case LINE_OBLIGATION:
    case LINE_ASOF:
    case LINE_NOTE:
    case LINE_COMMAND:
    case LINE_CORRECTION:
    case LINE_LIFECYCLE:
    case LINE_PAIRING:
    case LINE_REVOCATION:
    case LINE_GRANT:
    case LINE_REFUSAL:
    case LINE_READS:
    case LINE_TYPE_COUNT:
        break;
    }
    return NULL;
}

enum archive_error line_check(const struct line *line, struct problem *problem)
{
    const struct rules *table = &rules[line->type];
    uint32_t present = 0, known = 0;
    const char *defect;

    for (int i = 0; i < FIELD_COUNT; i++)
        present += line->field[i].length != 0;
    for (uint32_t i = 0; i < table->count; i++) {
        const struct rule *rule = &table->rule[i];
        struct text value = line->field[rule->field];
        if (value.length == 0 && rule->required)
            return problem_set(problem, ARCHIVE_REFUSED, "%s is missing",
                               line_field_name(rule->field));
        if (value.length == 0)
            continue;
        known++;
        if (!text_is_clean(value))
            return problem_set(problem, ARCHIVE_REFUSED,
                               "%s has control characters or is not UTF-8",
                               line_field_name(rule->field));
        defect = check_form(rule, value);
        if (defect)
            return wrong(problem, rule, value, defect);
    }
    for (int i = 0; known < present && i < FIELD_COUNT; i++)
        if (line->field[i].length && !line_type_has(line->type, (enum line_field)i))
            return problem_set(problem, ARCHIVE_REFUSED, "a %s line has no field %s",
                               line_type_name(line->type),
                               line_field_name((enum line_field)i));
    defect = check_together(line);
    if (defect)
        return problem_set(problem, ARCHIVE_REFUSED, "%s", defect);
    return ARCHIVE_OK;
}
