/* command_import.c - totebox import */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "totebox/date.h"
#include "totebox/import.h"

static const char usage[] =
    "usage: totebox import KIND [option ...] ARCHIVE FILE|-\n"
    "\n"
    "  hledger         hledger print -x --infer-equity -O csv\n"
    "  trial-balance   entity,date,account,cls,line,amount,cur,cp,ref,hist,hist_cur\n"
    "  metric          entity,key,start,end,as_of,unit,value,num,den,nature,scenario,\n"
    "                  basis,n,quality,cp\n"
    "  edge            owner,owned,from,to,economic,voting,method\n"
    "  obligation      entity,kind,id,title,due,amount,cur,qty,unit,cp,metric,op,\n"
    "                  threshold,num,den,period,state,as_of\n"
    "  rates           the ECB's eurofxref-hist.csv\n"
    "\n"
    "  --source LABEL  which books these are; else the name of the file.  The same\n"
    "                  transaction of the same source is taken once\n"
    "  --correct       transactions of this source that the file no longer has, or "
    "has\n"
    "                  otherwise, are corrected\n"
    "  --partial       they are left alone: the file is only a part of the books\n"
    "  --own-rows      rows about other entities are skipped, not refused\n"
    "  --to CUR[,CUR]  rates: only these currencies, against EUR\n"
    "  --since DATE    rates: only from this day; --until DATE up to this one\n"
    "  --format json   the report as one object\n"
    "\n"
    "Tags in hledger's comments, of a posting or of its transaction: cp "
    "(counterparty;\n"
    "else what follows :ic: in the account), ref (else the code), grp; of a posting:\n"
    "line, and hist:1080000.00 USD for what equity was worth when it was paid in.\n"
    "\n"
    "One wrong row and nothing is imported.  Exit status: 0 imported, 1 refused,\n"
    "2 wrong usage, 3 the archive is damaged, 4 the system failed.\n";

enum { PROGRESS_AFTER_MS = 500 };

struct arguments {
    struct import_request request;
    const char *archive, *path, *since, *until;
    char *to;
    bool json, help;
};

static int wrong_usage(const char *words, const char *word)
{
    fprintf(stderr, "totebox import: %s%s%s\n\n%s", words, word ? ": " : "",
            word ? word : "", usage);
    return ARCHIVE_USAGE;
}

/* --- the command line ----------------------------------------------------------- */

static bool is_currency(struct text text)
{
    for (uint32_t i = 0; i < text.length; i++)
        if (text.bytes[i] < 'A' || text.bytes[i] > 'Z')
            return false;
    return text.length == 3;
}

static int take_currencies(struct import_request *request, const char *list)
{
    while (*list) {
        struct text currency = {list, (uint32_t)strcspn(list, ",")};
        if (!is_currency(currency) || text_equal(currency, TEXT("EUR")))
            return wrong_usage("--to wants currencies like USD,CAD (not EUR)", list);
        if (request->currency_count == IMPORT_CURRENCIES_MAX)
            return wrong_usage("--to has too many currencies", NULL);
        request->currencies[request->currency_count++] = currency;
        list += currency.length;
        list += *list == ',';
    }
    return ARCHIVE_OK;
}

static int take_rates(struct arguments *arguments)
{
    struct import_request *request = &arguments->request;
    bool asked = arguments->to || arguments->since || arguments->until;

    if (request->kind != IMPORT_RATES)
        return asked ? wrong_usage("--to, --since and --until are for rates", NULL)
                     : ARCHIVE_OK;
    if (arguments->since && !date_parse(text_of(arguments->since), &request->since))
        return wrong_usage("--since wants a date YYYY-MM-DD", arguments->since);
    if (arguments->until && !date_parse(text_of(arguments->until), &request->until))
        return wrong_usage("--until wants a date YYYY-MM-DD", arguments->until);
    return arguments->to ? take_currencies(request, arguments->to) : ARCHIVE_OK;
}

static int take_options(int argc, char **argv, struct arguments *arguments)
{
    static const struct option options[] = {{"source", required_argument, NULL, 's'},
                                            {"correct", no_argument, NULL, 'c'},
                                            {"partial", no_argument, NULL, 'p'},
                                            {"own-rows", no_argument, NULL, 'o'},
                                            {"to", required_argument, NULL, 't'},
                                            {"since", required_argument, NULL, 'a'},
                                            {"until", required_argument, NULL, 'u'},
                                            {"format", required_argument, NULL, 'f'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    struct import_request *request = &arguments->request;
    int option;

    optind = 0; /* glibc: start anew */
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        switch (option) {
        case 's':
            request->source = text_of(optarg);
            break;
        case 'c':
            request->correct = true;
            break;
        case 'p':
            request->partial = true;
            break;
        case 'o':
            request->own_rows = true;
            break;
        case 't':
            arguments->to = optarg;
            break;
        case 'a':
            arguments->since = optarg;
            break;
        case 'u':
            arguments->until = optarg;
            break;
        case 'f':
            if (strcmp(optarg, "json") != 0 && strcmp(optarg, "text") != 0)
                return wrong_usage("--format is text or json", optarg);
            arguments->json = strcmp(optarg, "json") == 0;
            break;
        case 'h':
            arguments->help = true;
            break;
        default:
            fputs(usage, stderr);
            return ARCHIVE_USAGE;
        }
    }
    return ARCHIVE_OK;
}

static int take_arguments(int argc, char **argv, struct arguments *arguments)
{
    struct import_request *request = &arguments->request;
    int status = take_options(argc, argv, arguments);
    const char *slash;

    if (status != ARCHIVE_OK || arguments->help)
        return status;
    if (argc - optind != 3)
        return wrong_usage("KIND, ARCHIVE and FILE are needed", NULL);
    if (!import_kind_by_name(text_of(argv[optind]), &request->kind))
        return wrong_usage("no such kind", argv[optind]);
    arguments->archive = argv[optind + 1];
    arguments->path = argv[optind + 2];
    request->file = arguments->path;
    if (strcmp(arguments->path, "-") == 0) {
        request->file = "stdin";
        arguments->path = "/dev/stdin";
    }
    slash = strrchr(request->file, '/');
    if (request->source.length == 0)
        request->source = text_of(slash ? slash + 1 : request->file);
    if (request->source.length == 0 || request->source.length > IMPORT_LABEL_MAX ||
        !text_is_clean(request->source))
        return wrong_usage("--source wants 1 to 200 printable bytes", NULL);
    if (request->correct && request->partial)
        return wrong_usage("--correct and --partial exclude each other", NULL);
    return take_rates(arguments);
}

/* --- what came of it ------------------------------------------------------------ */

static void count(FILE *out, bool json, const char *name, const char *words,
                  uint64_t number)
{
    if (json)
        fprintf(out, ",\"%s\":%llu", name, (unsigned long long)number);
    else if (number)
        fprintf(out, ", %llu %s", (unsigned long long)number, words);
}

static void write_counts(FILE *out, bool json, const struct import_report *report)
{
    count(out, json, "replaced", "of them replacing an older value", report->replaced);
    count(out, json, "known", "already there", report->known);
    count(out, json, "skipped", "of other entities skipped", report->skipped);
    count(out, json, "gaps", "gaps", report->gaps);
    count(out, json, "refused", "refused", report->refused);
    count(out, json, "gone", "gone from the books", report->gone);
    count(out, json, "corrected", "ledger lines corrected", report->corrected);
}

static bool write_json_string(FILE *out, struct text text)
{
    struct buffer written;
    bool good;

    buffer_init(&written);
    good = json_write_string(&written, text);
    if (good)
        fwrite(buffer_bytes(&written), 1, buffer_length(&written), out);
    buffer_release(&written);
    return good;
}

static struct text first_sentence(struct text words)
{
    const char *end = words.length ? memchr(words.bytes, '\n', words.length) : NULL;
    return end ? (struct text){words.bytes, (uint32_t)(end - words.bytes)} : words;
}

/* The sentences, and the problem after them. */
static void write_words(FILE *out, bool json, const struct import_report *report,
                        const char *end)
{
    struct text words = {(const char *)buffer_bytes(&report->words),
                         (uint32_t)buffer_length(&report->words)};

    if (json)
        fputs(",\"words\":[", out);
    for (bool more = false; words.length; more = true) {
        struct text sentence = first_sentence(words);
        if (json) {
            fputs(more ? "," : "", out);
            if (!write_json_string(out, sentence))
                fputs("null", out);
        } else {
            fprintf(out, "%.*s\n", TEXT_ARG(sentence));
        }
        words.bytes += sentence.length + 1;
        words.length -= sentence.length + 1;
    }
    if (json)
        fputs("],\"problem\":", out);
    else if (report->words_count > report->words_shown)
        fprintf(out, "... and %u more\n", report->words_count - report->words_shown);
    if (json && !write_json_string(out, text_of(end)))
        fputs("null", out);
    if (!json && *end)
        fprintf(out, "totebox import: %s\n", end);
}

static void write_report(const struct arguments *arguments, enum archive_error error,
                         const struct import_report *report,
                         const struct problem *problem)
{
    const struct import_request *request = &arguments->request;
    const char *kind = import_kind_name(request->kind);
    const char *words = error == ARCHIVE_OK ? "" : problem->words;

    if (arguments->json) {
        printf("{\"result\":\"%s\",\"kind\":\"%s\",\"source\":",
               archive_error_name(error), kind);
        if (!write_json_string(stdout, request->source))
            fputs("null", stdout);
        count(stdout, true, "taken", "", report->taken);
        write_counts(stdout, true, report);
        count(stdout, true, "lines", "", report->lines);
        count(stdout, true, "size", "", report->size);
        write_words(stdout, true, report, words);
        fputs("}\n", stdout);
        return;
    }
    fflush(stdout);
    write_words(stderr, false, report, words);
    if (error != ARCHIVE_OK)
        return;
    printf("%s: %llu %s%s taken", request->file, (unsigned long long)report->taken,
           import_kind_counted(request->kind), report->taken == 1 ? "" : "s");
    write_counts(stdout, false, report);
    printf("; %llu line%s added, %llu in the ledger\n",
           (unsigned long long)report->lines, report->lines == 1 ? "" : "s",
           (unsigned long long)report->size);
}

/* --- doing it ------------------------------------------------------------------- */

struct progress {
    const char *file;
    int64_t start_ms;
    bool shown;
};

static int64_t monotonic_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void show_progress(void *user, size_t done, size_t total)
{
    struct progress *progress = user;

    if (monotonic_ms() - progress->start_ms < PROGRESS_AFTER_MS)
        return;
    fprintf(stderr, "\r%s: %3zu %%", progress->file, done * 100 / (total ? total : 1));
    progress->shown = true;
}

static enum archive_error import_file(struct arguments *arguments,
                                      const struct archive *archive,
                                      struct import_report *report,
                                      struct problem *problem)
{
    struct progress progress = {arguments->request.file, monotonic_ms(), false};
    struct buffer bytes;
    enum archive_error error;

    buffer_init(&bytes);
    arguments->request.config = &archive->config;
    if (isatty(STDERR_FILENO)) {
        arguments->request.progress = show_progress;
        arguments->request.user = &progress;
    }
    error = archive_read_file(arguments->path, IMPORT_BYTES_MAX, &bytes, problem);
    if (error == ARCHIVE_OK)
        error = import_run(archive, &arguments->request, (char *)buffer_bytes(&bytes),
                           buffer_length(&bytes), archive_clock_ms(), report, problem);
    if (progress.shown)
        fputs("\r\033[K", stderr);
    buffer_release(&bytes);
    return error;
}

int import_main(int argc, char **argv)
{
    struct arguments arguments = {.json = false};
    struct import_report report;
    struct archive *archive;
    struct problem problem = {ARCHIVE_OK, ""};
    enum archive_error error;
    int status = take_arguments(argc, argv, &arguments);

    if (arguments.help)
        fputs(usage, stdout);
    if (status != ARCHIVE_OK || arguments.help)
        return status;
    import_report_init(&report);
    error = archive_open(&archive, arguments.archive, &problem);
    if (error == ARCHIVE_OK)
        error = import_file(&arguments, archive, &report, &problem);
    write_report(&arguments, error, &report, &problem);
    archive_close(archive);
    import_report_release(&report);
    return (int)error;
}
