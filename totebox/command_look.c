#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "totebox/audit.h"
#include "totebox/command.h"
#include "totebox/note.h"
#include "totebox/pairing.h"

static const char verify_usage[] =
    "usage: totebox verify ARCHIVE [--format text|json]\n"
    "\n"
    "Recomputes every hash of the ledger and of the audit log, checks them against\n"
    "their signed checkpoints, rebuilds all rows and checks that they are sorted,\n"
    "found by their keys, and that the positions of every period sum to 0 in every\n"
    "currency.\n"
    "Exit status 3 when the archive is not as it was written.\n";

static const char checkpoint_usage[] =
    "usage: totebox checkpoint ARCHIVE [--print]\n"
    "\n"
    "Signs size and Merkle root of the ledger into ledger/checkpoint, a C2SP signed "
    "note,\n"
    "and prints it.  --print signs nothing and prints the one that is there.\n";

static const char status_usage[] =
    "usage: totebox status ARCHIVE [--format text|json]\n"
    "\n"
    "What the archive is and how far its ledger and its books reach.\n";

struct look {
    enum output_format format;
    bool print_only;
    const char *directory;
};

/* -1: go on; else the exit status. */
static int parse(int argc, char **argv, const char *usage, struct look *look)
{
    static const struct option options[] = {
        {"format", required_argument, NULL, 'f'},
        {"print", no_argument, NULL, 'p'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    int option;

    *look = (struct look){.format = OUTPUT_TEXT};
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'p')
            look->print_only = true;
        else if (option != 'f' || !output_format_by_name(optarg, &look->format) ||
                 look->format == OUTPUT_CSV)
            return command_usage(usage, option == 'h');
    }
    if (optind != argc - 1)
        return command_usage(usage, false);
    look->directory = argv[optind];
    return -1;
}

static bool print_json(json_t *object)
{
    bool ok = object && json_dumpf(object, stdout, JSON_COMPACT) == 0;

    putchar('\n');
    json_decref(object);
    return ok;
}

/* All views of everything: what verify looks at. */
static void plan_all(const struct archive *archive, struct index_plan *plan)
{
    exposure_plan(archive->exposure, plan);
    plan->views = (1U << VIEW_LINK) - 1;
    plan->items_from = 0;
    plan->totals = plan->accounts = true;
    for (uint32_t i = 0; i < plan->period_count; i++)
        if (plan->periods[i].start == 0 && plan->periods[i].end == 0)
            return;
    if (plan->period_count < EXPOSURE_PERIODS_MAX)
        plan->periods[plan->period_count++] = (struct period){0, 0};
}

/* --- verify --------------------------------------------------------------------- */

enum { SUMS_MAX = 4096 };

/* Σ open and Σ move of one period, currency and granularity. */
struct balance {
    name_id period, cur;
    bool is_total;
    struct decimal open, move;
};

static bool add_balance(struct balance *balances, uint32_t *count,
                        const struct pos_row *row)
{
    bool is_total = row->account == 0;
    uint32_t i = 0;

    while (i < *count &&
           (balances[i].period != row->period || balances[i].cur != row->cur ||
            balances[i].is_total != is_total))
        i++;
    if (i == SUMS_MAX)
        return false;
    if (i == *count)
        balances[(*count)++] = (struct balance){
            row->period, row->cur, is_total, decimal_from_int(0), decimal_from_int(0)};
    return decimal_add(balances[i].open, amount_decimal(row->open),
                       &balances[i].open) == DECIMAL_OK &&
           decimal_add(balances[i].move, amount_decimal(row->move),
                       &balances[i].move) == DECIMAL_OK;
}

static enum archive_error check_books(const struct archive_index *index,
                                      struct problem *problem)
{
    struct balance *balances = calloc(SUMS_MAX, sizeof(*balances));
    const struct names *names = index_names(index);
    enum archive_error error = ARCHIVE_OK;
    uint32_t count = 0;

    if (balances == NULL)
        return problem_memory(problem);
    for (const union any_row *row = index_seek(index, VIEW_POS, TEXT(""));
         row && error == ARCHIVE_OK; row = index_next(index, VIEW_POS, row))
        if (!add_balance(balances, &count, &row->pos))
            error = problem_set(problem, ARCHIVE_CORRUPT,
                                "the positions are too many or too big to be summed");
    for (uint32_t i = 0; i < count && error == ARCHIVE_OK; i++)
        if (decimal_sign(balances[i].open) != 0 || decimal_sign(balances[i].move) != 0)
            error = problem_set(problem, ARCHIVE_CORRUPT,
                                "the positions of period %s in %s do not sum to 0: a "
                                "transaction in the ledger does not balance",
                                names_string(names, balances[i].period),
                                names_string(names, balances[i].cur));
    free(balances);
    return error;
}

static enum archive_error check_rows(const struct archive_index *index, uint64_t *rows,
                                     struct problem *problem)
{
    const struct names *names = index_names(index);

    *rows = 0;
    for (int view = 0; view < VIEW_LINK; view++) {
        struct text before = {NULL, 0};
        for (const union any_row *row = index_seek(index, (enum view)view, TEXT(""));
             row; row = index_next(index, (enum view)view, row)) {
            struct text key = names_text(names, row->row.key);
            if ((before.length && text_compare(before, key) >= 0) ||
                index_find(index, (enum view)view, key) != row)
                return problem_set(problem, ARCHIVE_CORRUPT,
                                   "row %.*s is not where its key says", TEXT_ARG(key));
            before = key;
            ++*rows;
        }
    }
    return ARCHIVE_OK;
}

/* Every row of `a` is in `b`, with the same cells. */
static bool has_rows_of(const struct archive_index *a, const struct archive_index *b)
{
    for (int view = 0; view < VIEW_LINK; view++) {
        if (index_row_count(a, (enum view)view) != index_row_count(b, (enum view)view))
            return false;
        for (const union any_row *row = index_seek(a, (enum view)view, TEXT("")); row;
             row = index_next(a, (enum view)view, row)) {
            const union any_row *other = index_find(
                b, (enum view)view, names_text(index_names(a), row->row.key));
            if (other == NULL ||
                index_row_as_of_ms(a, (enum view)view, row) !=
                    index_row_as_of_ms(b, (enum view)view, other) ||
                !row_same_cells((enum view)view, row, index_names(a), other,
                                index_names(b)))
                return false;
        }
    }
    return true;
}

/* What index/rows is worth, as a word for programs and a sentence for people: it is
 * held against rows made from the ledger. */
struct kept {
    const char *word;
    char words[320];
};

static enum archive_error check_file(const struct archive *archive, struct kept *kept,
                                     struct problem *problem)
{
    struct archive_index *mapped = NULL, *made = NULL;
    struct index_plan plan;
    enum archive_error error;

    exposure_plan(archive->exposure, &plan);
    error = index_rebuild(&made, archive, &plan, LEDGER_READ, INT64_MAX, problem);
    if (error == ARCHIVE_OK)
        error = index_open(&mapped, archive, &plan, LEDGER_READ,
                           index_last_commit_ms(made), problem);
    if (error == ARCHIVE_OK && *index_said(mapped)) {
        kept->word = "unusable";
        snprintf(kept->words, sizeof(kept->words), "%s", index_said(mapped));
    } else if (error == ARCHIVE_OK && index_mapped_lines(mapped) == 0) {
        kept->word = "none";
        snprintf(kept->words, sizeof(kept->words),
                 "none on disk, the rows are made from the ledger");
    } else if (error == ARCHIVE_OK && has_rows_of(made, mapped)) {
        kept->word = "agrees";
        snprintf(kept->words, sizeof(kept->words),
                 "agrees with the ledger, stands for the first %" PRIu64 " lines",
                 index_mapped_lines(mapped));
    } else if (error == ARCHIVE_OK) {
        error =
            problem_set(problem, ARCHIVE_CORRUPT,
                        "index/rows is not what the ledger says: remove it, nothing "
                        "is lost");
    }
    index_close(mapped);
    index_close(made);
    return error;
}

static bool print_verified(const struct look *look, const struct archive_index *index,
                           uint64_t rows, uint64_t audited, const struct kept *kept)
{
    const struct ledger *ledger = index_ledger(index);
    uint64_t signed_lines = ledger_checkpoint_lines(ledger);
    uint8_t root[HASH_BYTES];
    char base64[64];

    ledger_root(ledger, root);
    base64_write(root, HASH_BYTES, base64);
    if (look->format == OUTPUT_JSON)
        return print_json(
            json_pack("{s:b,s:I,s:s,s:I,s:I,s:s,s:I,s:I}", "verified", 1, "lines",
                      (json_int_t)ledger_lines(ledger), "root", base64, "checkpoint",
                      (json_int_t)signed_lines, "rows", (json_int_t)rows, "index",
                      kept->word, "audit_lines", (json_int_t)audited,
                      "incomplete_bytes", (json_int_t)ledger_torn_bytes(ledger)));
    printf("ledger      %" PRIu64 " lines, every hash recomputed\nroot        %s\n",
           ledger_lines(ledger), base64);
    if (signed_lines)
        printf("checkpoint  good, signs the first %" PRIu64 " lines\n", signed_lines);
    else
        printf("checkpoint  none: totebox checkpoint signs one\n");
    printf("rows        %" PRIu64 ", sorted and found; positions sum to 0\n", rows);
    printf("index       %s\n", kept->words);
    printf("audit       %" PRIu64 " lines, every hash recomputed\n", audited);
    if (ledger_torn_bytes(ledger))
        printf("note        %" PRIu64 " bytes of an incomplete commit follow\n",
               ledger_torn_bytes(ledger));
    return true;
}

int verify_main(int argc, char **argv)
{
    struct archive_index *index = NULL;
    struct archive *archive = NULL;
    struct problem problem;
    struct index_plan plan;
    enum archive_error error;
    struct look look;
    struct kept kept = {0};
    uint64_t rows = 0, audited = 0;
    int status = parse(argc, argv, verify_usage, &look);

    if (status >= 0)
        return status;
    error = archive_open(&archive, look.directory, &problem);
    if (error == ARCHIVE_OK) {
        plan_all(archive, &plan);
        error = index_rebuild(&index, archive, &plan, LEDGER_READ, INT64_MAX, &problem);
    }
    if (error == ARCHIVE_OK)
        error = check_rows(index, &rows, &problem);
    if (error == ARCHIVE_OK)
        error = check_file(archive, &kept, &problem);
    if (error == ARCHIVE_OK)
        error = check_books(index, &problem);
    if (error == ARCHIVE_OK)
        error = audit_read(archive, (struct ledger_visitor){NULL, NULL}, &audited,
                           &problem);
    if (error == ARCHIVE_OK && !print_verified(&look, index, rows, audited, &kept))
        error = problem_memory(&problem);
    index_close(index);
    archive_close(archive);
    return error == ARCHIVE_OK ? ARCHIVE_OK : command_fail("verify", &problem);
}

/* --- checkpoint ----------------------------------------------------------------- */

int checkpoint_main(int argc, char **argv)
{
    struct ledger_visitor nobody = {NULL, NULL};
    struct archive *archive = NULL;
    struct ledger *ledger = NULL;
    struct problem problem;
    enum archive_error error;
    struct look look;
    int status = parse(argc, argv, checkpoint_usage, &look);

    if (status >= 0)
        return status;
    error = archive_open(&archive, look.directory, &problem);
    if (error == ARCHIVE_OK)
        error =
            archive_open_ledger(archive, look.print_only ? LEDGER_READ : LEDGER_WRITE,
                                nobody, &ledger, &problem);
    if (error == ARCHIVE_OK && !look.print_only)
        error = ledger_checkpoint(ledger, &archive->authority, &problem);
    if (error == ARCHIVE_OK) {
        struct text text = ledger_checkpoint_text(ledger);
        if (text.length == 0)
            error =
                problem_set(&problem, ARCHIVE_REFUSED, "there is no checkpoint yet");
        else
            printf("%.*s", TEXT_ARG(text));
    }
    ledger_close(ledger);
    archive_close(archive);
    return error == ARCHIVE_OK ? ARCHIVE_OK : command_fail("checkpoint", &problem);
}

/* --- status --------------------------------------------------------------------- */

static void time_or_none(int64_t unix_ms, char text[TIME_CHARS + 1])
{
    if (unix_ms)
        time_write(unix_ms, text);
    else
        memcpy(text, "none", sizeof("none"));
}

static json_t *status_object(const struct archive *archive,
                             const struct archive_index *index, uint32_t pairings)
{
    const struct archive_config *config = &archive->config;
    const struct ledger *ledger = index_ledger(index);
    char commit[TIME_CHARS + 1], as_of[TIME_CHARS + 1], verifier[NOTE_BYTES_MAX],
        fingerprint[FINGERPRINT_CHARS + 1];
    uint8_t holder[HASH_BYTES];
    const union any_row *entity = index_seek(index, VIEW_ENTITY, TEXT(""));

    time_or_none(index_last_commit_ms(index), commit);
    time_or_none(index_as_of_ms(index), as_of);
    holder_of_key(archive->authority.public_key, holder);
    fingerprint_write(holder, fingerprint);
    note_verifier_key(text_of(config->origin), archive->authority.public_key, verifier);
    return json_pack(
        "{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:I,s:I,s:s,s:s,s:I,s:I,s:I,s:I}", "entity",
        config->entity, "name", config->name, "kind", config->kind, "currency",
        config->currency, "lifecycle", index_lifecycle(index), "key", fingerprint,
        "verifier", verifier, "lines", (json_int_t)ledger_lines(ledger), "bytes",
        (json_int_t)ledger_bytes(ledger), "postings",
        entity ? (json_int_t)entity->entity.book_lines : 0, "last_commit", commit,
        "as_of", as_of, "checkpoint", (json_int_t)ledger_checkpoint_lines(ledger),
        "incomplete_bytes", (json_int_t)ledger_torn_bytes(ledger), "pairings",
        (json_int_t)pairings, "expose_blocks", (json_int_t)archive->exposure->count);
}

static bool print_status(const struct look *look, json_t *status)
{
    const char *name;
    json_t *value;

    if (look->format == OUTPUT_JSON)
        return print_json(status);
    if (status == NULL)
        return false;
    json_object_foreach(status, name, value)
    {
        if (json_is_integer(value))
            printf("%-16s  %" JSON_INTEGER_FORMAT "\n", name,
                   json_integer_value(value));
        else
            printf("%-16s  %s\n", name, json_string_value(value));
    }
    json_decref(status);
    return true;
}

int status_main(int argc, char **argv)
{
    struct index_plan plan = {.views = 1U << VIEW_ENTITY, .items_from = DATE_LAST};
    struct archive_index *index = NULL;
    struct archive *archive = NULL;
    struct pairings pairings = {0};
    struct problem problem;
    enum archive_error error;
    struct look look;
    int status = parse(argc, argv, status_usage, &look);

    if (status >= 0)
        return status;
    error = archive_open(&archive, look.directory, &problem);
    if (error == ARCHIVE_OK)
        error = pairings_load(&pairings, look.directory, &problem);
    if (error == ARCHIVE_OK)
        error = index_open(&index, archive, &plan, LEDGER_READ, INT64_MAX, &problem);
    if (error == ARCHIVE_OK &&
        !print_status(&look, status_object(archive, index, pairings.count)))
        error = problem_memory(&problem);
    pairings_release(&pairings);
    index_close(index);
    archive_close(archive);
    return error == ARCHIVE_OK ? ARCHIVE_OK : command_fail("status", &problem);
}
