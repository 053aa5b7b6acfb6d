/* import.h - books and tables into the ledger: `totebox import` and `totebox append`.
 *
 * An import reads a whole file before it writes anything.  One refused row refuses the
 * file; what is good is one commit.  Each transaction and each fact has a digest, so
 * that the same file twice adds nothing: what the ledger already says is left alone.
 *
 *   bytes --import_parse--> plan (staged lines, refusals) --import_run--> ledger
 *
 * The parse is pure: no file, no clock, no ledger.
 *
 * main.c needs the two entry points at the end and nothing else. */
#ifndef TOTEBOX_IMPORT_H
#define TOTEBOX_IMPORT_H

#include "totebox/archive.h"

/* kind, name on the command line, what is counted (one of it) */
#define IMPORT_KINDS(X)                                                                \
    X(IMPORT_HLEDGER, "hledger", "transaction")                                        \
    X(IMPORT_TRIAL_BALANCE, "trial-balance", "transaction")                            \
    X(IMPORT_METRIC, "metric", "row")                                                  \
    X(IMPORT_EDGE, "edge", "row")                                                      \
    X(IMPORT_OBLIGATION, "obligation", "row")                                          \
    X(IMPORT_RATES, "rates", "rate")

enum import_kind {
#define IMPORT_KIND(kind, name, counted) kind,
    IMPORT_KINDS(IMPORT_KIND)
#undef IMPORT_KIND
        IMPORT_KIND_COUNT
};

enum {
    IMPORT_BYTES_MAX = 64 << 20, /* some 400,000 postings, and 650 MB while at it */
    IMPORT_LABEL_MAX = 200,
    IMPORT_CURRENCIES_MAX = 60,
    IMPORT_WORDS_SHOWN = 20, /* sentences in a report; the rest are counted */
};

const char *import_kind_name(enum import_kind kind);
MUST_CHECK bool import_kind_by_name(struct text name, enum import_kind *kind);
/* "transaction", "row", "rate" */
const char *import_kind_counted(enum import_kind kind);

/* What is asked for.  Everything is borrowed. */
struct import_request {
    enum import_kind kind;
    const struct archive_config *config;
    const char *file;   /* its name, for the words of a refusal */
    struct text source; /* label: which books these are */
    bool own_rows;      /* rows of other entities are skipped, not refused */
    bool correct;       /* what is gone from the books is corrected */
    bool partial; /* what is gone is left alone: the file is a part of the books */
    /* Rates only; no currencies and no days: all. */
    struct text currencies[IMPORT_CURRENCIES_MAX];
    uint32_t currency_count;
    int32_t since, until; /* days, both inclusive */
    /* May be NULL: told now and then how far the file is read. */
    void (*progress)(void *user, size_t done, size_t total);
    void *user;
};

/* What came of it.  Counted in transactions, rows or rates. */
struct import_report {
    uint64_t taken;     /* new */
    uint64_t replaced;  /* of these: facts that replace an older value */
    uint64_t known;     /* the ledger, or the file above, already says so */
    uint64_t skipped;   /* rows of other entities (own_rows) */
    uint64_t gaps;      /* rates that are "N/A" */
    uint64_t gone;      /* transactions of this source that the file no longer has */
    uint64_t corrected; /* lines corrected because of it */
    uint64_t refused;
    uint64_t lines; /* appended to the ledger */
    uint64_t size;  /* of the ledger after it, lines */
    /* Sentences, each ended by a newline: refusals ("FILE:LINE: ..."), what is gone. */
    struct buffer words;
    uint32_t words_shown, words_count;
};
void import_report_init(struct import_report *report);
void import_report_release(struct import_report *report);
/* One sentence more. */
void import_report_say(struct import_report *report, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Imports the whole file, which is changed.  ARCHIVE_REFUSED when anything was refused,
 * or when transactions are gone and neither `correct` nor `partial` is on: nothing is
 * written then, and the report says why.  Other codes have their words in `problem`. */
MUST_CHECK enum archive_error import_run(const struct archive *archive,
                                         const struct import_request *request,
                                         char *bytes, size_t length, int64_t now_ms,
                                         struct import_report *report,
                                         struct problem *problem);

/* totebox import KIND [option ...] ARCHIVE FILE|-
 * totebox append ARCHIVE KIND field=value ...   |   totebox append ARCHIVE -
 * argv[0] is the word of the subcommand.  The exit status is an enum archive_error. */
MUST_CHECK int import_main(int argc, char **argv);
MUST_CHECK int append_main(int argc, char **argv);

#endif
