/* command_append.c - totebox append */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "totebox/append.h"
#include "totebox/import.h"

static const char usage[] =
    "usage: totebox append ARCHIVE KIND NAME=VALUE ...\n"
    "       totebox append ARCHIVE txn --date D [--desc TEXT] [--code C] [--st S]\n"
    "                              ACCT AMOUNT CUR [NAME=VALUE ...] ...\n"
    "       totebox append ARCHIVE -\n"
    "\n"
    "  metric      key end unit value nature; start as_of num den scenario basis n\n"
    "              quality cp\n"
    "  asof        DATE: the books are complete up to that day\n"
    "  obligation  kind id due; title amount cur qty unit cp metric op threshold num\n"
    "              den period state as_of\n"
    "  edge        owned from econ method; to vote\n"
    "  rate        from to day rate source\n"
    "  lifecycle   active, suspended or archived; text by\n"
    "  note        kind target by; text state of\n"
    "  txn         two postings or more that sum to 0 in each currency; of each\n"
    "              cp ref grp line cls st, and hist=\"AMOUNT CUR\" for equity\n"
    "\n"
    "With - each line of standard input is one JSON object with \"type\": a KIND, and\n"
    "the names above; a txn has \"postings\": [{\"acct\",\"amt\",\"cur\",...}, ...].\n"
    "\n"
    "\"ok SEQ\" says that it is on disk, as the ledger's line SEQ (the last of "
    "several);\n"
    "\"refused WORDS\" that nothing was written of it.  With - there is one such "
    "answer\n"
    "a line, in order.  Exit status: 0, or 1 when anything was refused.\n";

/* --- one command ---------------------------------------------------------------- */

static enum archive_error append_once(const struct archive *archive,
                                      struct ledger *ledger, int count,
                                      char *const *words, struct problem *problem)
{
    struct append append;
    struct ledger_batch batch;
    enum archive_error error = ledger_lock(ledger, problem);

    append_init(&append, &archive->config, ledger);
    ledger_batch_init(&batch);
    if (error == ARCHIVE_OK)
        error = append_words(&append, count, words, ledger_lines(ledger) + 1, &batch,
                             problem);
    if (error == ARCHIVE_OK)
        error = ledger_append(ledger, &batch, archive_clock_ms(), problem);
    if (error == ARCHIVE_OK)
        printf("ok %llu\n", (unsigned long long)ledger_lines(ledger));
    ledger_unlock(ledger);
    ledger_batch_release(&batch);
    append_release(&append);
    return error;
}

/* --- a stream of them ----------------------------------------------------------- */

struct stream {
    struct ledger *ledger;
    struct append append;
    struct buffer input, answers;
    struct ledger_batch batch;
    bool refused;
};

static bool answer(struct stream *stream, const char *word, const char *rest)
{
    return buffer_append(&stream->answers, word, strlen(word)) &&
           buffer_append(&stream->answers, rest, strlen(rest)) &&
           buffer_append(&stream->answers, "\n", 1);
}

static enum archive_error take_object(struct stream *stream, struct text object,
                                      struct problem *problem)
{
    uint64_t seq = ledger_lines(stream->ledger) + stream->batch.count + 1;
    char number[24];
    enum archive_error error;

    if (object.length > APPEND_BYTES_MAX)
        error =
            problem_set(problem, ARCHIVE_REFUSED, "over %d bytes", APPEND_BYTES_MAX);
    else
        error = append_json(&stream->append, object, seq, &stream->batch, problem);
    if (error == ARCHIVE_OK) {
        snprintf(
            number, sizeof(number), "%llu",
            (unsigned long long)(ledger_lines(stream->ledger) + stream->batch.count));
        return answer(stream, "ok ", number) ? ARCHIVE_OK : problem_memory(problem);
    }
    if (error != ARCHIVE_REFUSED)
        return error;
    stream->refused = true;
    return answer(stream, "refused ", problem->words) ? ARCHIVE_OK
                                                      : problem_memory(problem);
}

static bool write_answers(struct stream *stream)
{
    while (buffer_length(&stream->answers)) {
        ssize_t put = write(STDOUT_FILENO, buffer_bytes(&stream->answers),
                            buffer_length(&stream->answers));
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return false;
        buffer_consume(&stream->answers, (size_t)put);
    }
    return true;
}

/* All whole lines that have come are one commit: one sync for many.  At the end the
 * last one may lack its newline. */
static enum archive_error take_lines(struct stream *stream, bool at_end,
                                     struct problem *problem)
{
    enum archive_error error = ledger_lock(stream->ledger, problem);

    ledger_batch_init(&stream->batch);
    while (error == ARCHIVE_OK && buffer_length(&stream->input)) {
        const char *start = (const char *)buffer_bytes(&stream->input);
        size_t length = buffer_length(&stream->input);
        const char *end = memchr(start, '\n', length);
        if (end == NULL && !at_end)
            break;
        if (end)
            length = (size_t)(end - start);
        error = take_object(stream, (struct text){start, (uint32_t)length}, problem);
        buffer_consume(&stream->input, length + (end != NULL));
    }
    if (error == ARCHIVE_OK)
        error =
            ledger_append(stream->ledger, &stream->batch, archive_clock_ms(), problem);
    ledger_unlock(stream->ledger);
    ledger_batch_release(&stream->batch);
    if (error == ARCHIVE_OK && !write_answers(stream))
        error = problem_errno(problem, "cannot write the answers");
    return error;
}

static enum archive_error read_more(struct stream *stream, bool *at_end,
                                    struct problem *problem)
{
    uint8_t *room = buffer_reserve(&stream->input, APPEND_BYTES_MAX);
    ssize_t got;

    if (room == NULL)
        return problem_memory(problem);
    do {
        got = read(STDIN_FILENO, room, APPEND_BYTES_MAX);
    } while (got < 0 && errno == EINTR);
    if (got < 0)
        return problem_errno(problem, "cannot read standard input");
    *at_end = got == 0;
    buffer_commit(&stream->input, (size_t)got);
    if (buffer_length(&stream->input) > 2 * APPEND_BYTES_MAX)
        return problem_set(problem, ARCHIVE_REFUSED, "a line of over %d bytes",
                           APPEND_BYTES_MAX);
    return ARCHIVE_OK;
}

static enum archive_error append_stream(const struct archive *archive,
                                        struct ledger *ledger, struct problem *problem)
{
    struct stream stream = {.ledger = ledger};
    enum archive_error error = ARCHIVE_OK;
    bool at_end = false;

    append_init(&stream.append, &archive->config, ledger);
    buffer_init(&stream.input);
    buffer_init(&stream.answers);
    while (error == ARCHIVE_OK && !at_end) {
        error = read_more(&stream, &at_end, problem);
        if (error == ARCHIVE_OK)
            error = take_lines(&stream, at_end, problem);
    }
    buffer_release(&stream.input);
    buffer_release(&stream.answers);
    append_release(&stream.append);
    if (error == ARCHIVE_OK && stream.refused)
        error = problem_set(problem, ARCHIVE_REFUSED, "some lines were refused");
    return error;
}

/* -------------------------------------------------------------------------------- */

static int wrong_usage(void)
{
    fputs(usage, stderr);
    return ARCHIVE_USAGE;
}

int append_main(int argc, char **argv)
{
    static const struct ledger_visitor nobody = {NULL, NULL};
    struct archive *archive;
    struct ledger *ledger = NULL;
    struct problem problem = {ARCHIVE_OK, ""};
    enum archive_error error;
    bool stream;

    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        fputs(usage, stdout);
        return ARCHIVE_OK;
    }
    if (argc < 3)
        return wrong_usage();
    stream = strcmp(argv[2], "-") == 0;
    if (stream && argc > 3)
        return wrong_usage();
    error = archive_open(&archive, argv[1], &problem);
    if (error == ARCHIVE_OK)
        error = archive_open_ledger(archive, LEDGER_WRITE, nobody, &ledger, &problem);
    if (error == ARCHIVE_OK)
        error = stream ? append_stream(archive, ledger, &problem)
                       : append_once(archive, ledger, argc - 2, argv + 2, &problem);
    if (error == ARCHIVE_OK)
        error = archive_sign_off(archive, ledger, &problem);
    if (error != ARCHIVE_OK)
        fprintf(stderr, "totebox append: %s\n", problem.words);
    ledger_close(ledger);
    archive_close(archive);
    return (int)error;
}
