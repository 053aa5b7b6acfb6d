/* line.h - one line of the ledger: its fields, how it is written and how it is read.
 *
 *   {"v":1,"seq":17,"at":1767225600000,"left":0,"type":"posting",<fields>,"prev":"<hex>"}
 *
 * `seq` counts lines from 1; `at` is the commit time (Unix ms) and never goes back;
 * `left` is how many lines of the same commit follow, so that a commit of many lines is
 * whole or not there.  Which fields a type has, and what each may contain, is one table
 * (line.c): importers, commands and the reader all check against it.  Decimals are
 * strings, never floats; an empty field is an absent one. */
#ifndef TOTEBOX_LINE_H
#define TOTEBOX_LINE_H

#include "proto/buffer.h"
#include "totebox/problem.h"

#define LINE_TYPES(X)                                                                  \
    X(LINE_POSTING, "posting")                                                         \
    X(LINE_METRIC, "metric")                                                           \
    X(LINE_EDGE, "edge")                                                               \
    X(LINE_RATE, "rate")                                                               \
    X(LINE_OBLIGATION, "obligation")                                                   \
    X(LINE_ASOF, "asof")                                                               \
    X(LINE_NOTE, "note")                                                               \
    X(LINE_COMMAND, "command")                                                         \
    X(LINE_CORRECTION, "correction")                                                   \
    X(LINE_LIFECYCLE, "lifecycle")                                                     \
    X(LINE_PAIRING, "pairing")                                                         \
    X(LINE_REVOCATION, "revocation")                                                   \
    X(LINE_GRANT, "grant")                                                             \
    X(LINE_REFUSAL, "refusal")                                                         \
    X(LINE_READS, "reads")

enum line_type {
#define LINE_TYPE(type, name) type,
    LINE_TYPES(LINE_TYPE)
#undef LINE_TYPE
        LINE_TYPE_COUNT
};

/* Field, name in JSON.  "cost.amt" is member amt of the object cost.  This is also the
 * order in which they are written. */
#define LINE_FIELDS(X)                                                                 \
    X(FIELD_TXN, "txn")                                                                \
    X(FIELD_OF, "of")                                                                  \
    X(FIELD_KIND, "kind")                                                              \
    X(FIELD_ID, "id")                                                                  \
    X(FIELD_TITLE, "title")                                                            \
    X(FIELD_DUE, "due")                                                                \
    X(FIELD_DATE, "date")                                                              \
    X(FIELD_ACCT, "acct")                                                              \
    X(FIELD_CLS, "cls")                                                                \
    X(FIELD_LINE, "line")                                                              \
    X(FIELD_AMT, "amt")                                                                \
    X(FIELD_AMOUNT, "amount")                                                          \
    X(FIELD_CUR, "cur")                                                                \
    X(FIELD_COST_AMT, "cost.amt")                                                      \
    X(FIELD_COST_CUR, "cost.cur")                                                      \
    X(FIELD_COST_KIND, "cost.kind")                                                    \
    X(FIELD_HIST_AMT, "hist.amt")                                                      \
    X(FIELD_HIST_CUR, "hist.cur")                                                      \
    X(FIELD_KEY, "key")                                                                \
    X(FIELD_START, "start")                                                            \
    X(FIELD_END, "end")                                                                \
    X(FIELD_AS_OF, "as_of")                                                            \
    X(FIELD_QTY, "qty")                                                                \
    X(FIELD_UNIT, "unit")                                                              \
    X(FIELD_VALUE, "value")                                                            \
    X(FIELD_CP, "cp")                                                                  \
    X(FIELD_METRIC, "metric")                                                          \
    X(FIELD_OP, "op")                                                                  \
    X(FIELD_THRESHOLD, "threshold")                                                    \
    X(FIELD_NUM, "num")                                                                \
    X(FIELD_DEN, "den")                                                                \
    X(FIELD_PERIOD, "period")                                                          \
    X(FIELD_NATURE, "nature")                                                          \
    X(FIELD_SCENARIO, "scenario")                                                      \
    X(FIELD_BASIS, "basis")                                                            \
    X(FIELD_N, "n")                                                                    \
    X(FIELD_QUALITY, "quality")                                                        \
    X(FIELD_OWNED, "owned")                                                            \
    X(FIELD_FROM, "from")                                                              \
    X(FIELD_TO, "to")                                                                  \
    X(FIELD_ECON, "econ")                                                              \
    X(FIELD_VOTE, "vote")                                                              \
    X(FIELD_METHOD, "method")                                                          \
    X(FIELD_DAY, "day")                                                                \
    X(FIELD_RATE, "rate")                                                              \
    X(FIELD_SOURCE, "source")                                                          \
    X(FIELD_REF, "ref")                                                                \
    X(FIELD_GRP, "grp")                                                                \
    X(FIELD_DESC, "desc")                                                              \
    X(FIELD_ST, "st")                                                                  \
    X(FIELD_STATE, "state")                                                            \
    X(FIELD_TARGET, "target")                                                          \
    X(FIELD_VERB, "verb")                                                              \
    X(FIELD_DIGEST, "digest")                                                          \
    X(FIELD_TEXT, "text")                                                              \
    X(FIELD_BY, "by")                                                                  \
    X(FIELD_RESULT, "result")                                                          \
    X(FIELD_HOLDER, "holder")                                                          \
    X(FIELD_DELEGATE, "delegate")                                                      \
    X(FIELD_ROLE, "role")                                                              \
    X(FIELD_LABEL, "label")                                                            \
    X(FIELD_EPOCH, "epoch")                                                            \
    X(FIELD_TIMES, "times")                                                            \
    X(FIELD_UNTIL, "until")                                                            \
    X(FIELD_SRC, "src")

enum line_field {
#define LINE_FIELD(field, name) field,
    LINE_FIELDS(LINE_FIELD)
#undef LINE_FIELD
        FIELD_COUNT
};

enum { LINE_BYTES_MAX = 16384, LINE_TEXT_MAX = 1024 };

struct line {
    enum line_type type;
    uint64_t seq;
    int64_t at_ms;
    uint64_t left;
    struct text prev;               /* hex, as it stands in the line */
    struct text field[FIELD_COUNT]; /* length 0: absent; borrowed */
};

/* An empty line of that type. */
void line_init(struct line *line, enum line_type type);

const char *line_type_name(enum line_type type);
MUST_CHECK bool line_type_by_name(struct text name, enum line_type *type);
const char *line_field_name(enum line_field field);
MUST_CHECK bool line_field_by_name(struct text name, enum line_field *field);
/* Whether lines of that type have that field. */
bool line_type_has(enum line_type type, enum line_field field);

/* Checks every field against the table of its type: which there must be, which there
 * may be, and the form of each.  The words of the problem name the field; the caller
 * puts file and line before them. */
MUST_CHECK enum archive_error line_check(const struct line *line,
                                         struct problem *problem);

/* Appends the body: from "type" to the last field, without what the ledger adds (v,
 * seq, at, left, prev), no newline.  Not checked.  False when memory is short. */
MUST_CHECK bool line_write_body(const struct line *line, struct buffer *out);

/* Reads one line without its newline.  Unescapes in place: `bytes` are changed and
 * borrowed.  Fields that the table does not know are skipped (a later version may add
 * some); a field twice, a value that is no string where one belongs, bytes after the
 * object are refused.  Fields are not checked: line_check does. */
MUST_CHECK enum archive_error line_read(char *bytes, uint32_t length, struct line *line,
                                        struct problem *problem);

/* A JSON string with its quotes, as every writer here makes it. */
MUST_CHECK bool json_write_string(struct buffer *out, struct text text);

#endif
