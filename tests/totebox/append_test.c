#include <jansson.h>
#include <signal.h>
#include <sys/wait.h>

#include "totebox/append.h"

#include "tests/totebox/import_support.h"

static char alder[] = "ALD", dollars[] = "USD", symbol[] = "$";
static struct commodity commodity = {symbol, dollars};
static const struct archive_config config = {.entity = alder,
                                             .currency = dollars,
                                             .commodities = &commodity,
                                             .commodity_count = 1};

/* What one object comes to: the lines, or the words of its refusal. */
static char *appended(const char *object)
{
    struct ledger_batch batch;
    struct append append;
    struct problem problem = {ARCHIVE_OK, ""};
    enum archive_error error;
    char *result;

    append_init(&append, &config, NULL);
    ledger_batch_init(&batch);
    error = append_json(&append, text_of(object), 17, &batch, &problem);
    if (error == ARCHIVE_OK) {
        assert_true(batch.count > 0);
        result = strndup((const char *)buffer_bytes(&batch.bodies),
                         buffer_length(&batch.bodies));
    } else {
        assert_int_equal(error, ARCHIVE_REFUSED);
        assert_int_equal(batch.count, 0);
        assert_int_equal(buffer_length(&batch.bodies), 0);
        result = strdup(problem.words);
    }
    assert_non_null(result);
    ledger_batch_release(&batch);
    append_release(&append);
    return result;
}

#define POSTING(acct, amt, more)                                                       \
    "{\"acct\":\"" acct "\",\"amt\":\"" amt "\",\"cur\":\"USD\"" more "}"

static void append_json__takes_each_kind(void **state)
{
    static const struct {
        const char *object, *line;
    } cases[] = {
        {"{\"type\":\"metric\",\"key\":\"burn\",\"start\":\"2025-12-01\",\"end\":"
         "\"2025-12-31\",\"unit\":\"$\",\"value\":\"4.50\",\"nature\":\"flow\",\"n\":"
         "3}",
         "\"type\":\"metric\",\"key\":\"burn\",\"start\":\"2025-12-01\",\"end\":"
         "\"2025-12-31\",\"unit\":\"USD\",\"value\":\"4.50\",\"nature\":\"flow\","
         "\"scenario\":\"actual\",\"basis\":\"own\",\"n\":3,\"quality\":\"ok\","
         "\"src\":\"append\"\n"},
        {"{\"end\":\"2025-11-30\",\"type\":\"asof\"}",
         "\"type\":\"asof\",\"end\":\"2025-11-30\",\"src\":\"append\"\n"},
        {"{\"type\":\"obligation\",\"kind\":\"tax\",\"id\":\"T1\",\"due\":"
         "\"2026-03-31\"}",
         "\"type\":\"obligation\",\"kind\":\"tax\",\"id\":\"T1\",\"due\":"
         "\"2026-03-31\",\"state\":\"open\",\"src\":\"append\"\n"},
        {"{\"type\":\"edge\",\"owned\":\"BIR\",\"from\":\"2020-01-01\",\"econ\":\"4/"
         "5\","
         "\"method\":\"full\"}",
         "\"type\":\"edge\",\"owned\":\"BIR\",\"from\":\"2020-01-01\",\"econ\":\"4/5\","
         "\"method\":\"full\",\"src\":\"append\"\n"},
        {"{\"type\":\"rate\",\"from\":\"EUR\",\"to\":\"USD\",\"day\":\"2025-12-31\","
         "\"rate\":\"1.175\",\"source\":\"ECB\"}",
         "\"type\":\"rate\",\"from\":\"EUR\",\"to\":\"USD\",\"day\":\"2025-12-31\","
         "\"rate\":\"1.175\",\"source\":\"ECB\",\"src\":\"append\"\n"},
        {"{\"type\":\"lifecycle\",\"state\":\"suspended\"}",
         "\"type\":\"lifecycle\",\"state\":\"suspended\",\"src\":\"append\"\n"},
        {"{\"type\":\"note\",\"kind\":\"note\",\"target\":\"ALD\",\"by\":\"me\","
         "\"text\":\"\\u00e9 \\\"q\\\"\"}",
         "\"type\":\"note\",\"kind\":\"note\",\"state\":\"open\",\"target\":"
         "\"ALD\",\"text\":\"\xc3\xa9 \\\"q\\\"\",\"by\":\"me\",\"src\":\"append\"\n"},
        {"{\"type\":\"txn\",\"date\":\"2025-12-31\",\"desc\":\"Rent\",\"code\":\"R-"
         "12\","
         "\"postings\":[" POSTING("assets:ic:BIR:rent", "900.00", "") "," POSTING(
             "equity:capital", "-900", ",\"hist\":\"-800.00 EUR\",\"ref\":\"X\"") "]}",
         "\"type\":\"posting\",\"txn\":\"append:17\",\"date\":\"2025-12-31\",\"acct\":"
         "\"assets:ic:BIR:rent\",\"cls\":\"A\",\"amt\":\"900.00\",\"cur\":\"USD\","
         "\"cp\":\"BIR\",\"ref\":\"R-12\",\"desc\":\"Rent\",\"src\":\"append\"\n"
         "\"type\":\"posting\",\"txn\":\"append:17\",\"date\":\"2025-12-31\",\"acct\":"
         "\"equity:capital\",\"cls\":\"Q\",\"amt\":\"-900\",\"cur\":\"USD\",\"hist\":{"
         "\"amt\":\"-800.00\",\"cur\":\"EUR\"},\"ref\":\"X\",\"desc\":\"Rent\",\"src\":"
         "\"append\"\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *lines = appended(cases[i].object);
        assert_string_equal(lines, cases[i].line);
        free(lines);
    }
}

static void append_json__says_what_is_wrong(void **state)
{
    static const struct {
        const char *object, *words;
    } cases[] = {
        {"", "no JSON"},
        {"[]", "an object with a \"type\" is needed"},
        {"{}", "an object with a \"type\" is needed"},
        {"{\"type\":1}", "an object with a \"type\" is needed"},
        {"{\"type\":\"asof\",\"end\":\"2025-11-30\"} x", "no JSON"},
        {"{\"type\":\"asof\",\"end\":\"2025-11-30\",\"end\":\"2025-11-30\"}",
         "no JSON"},
        {"{\"type\":\"posting\"}", "\"posting\" cannot be appended: txn metric"},
        {"{\"type\":\"correction\",\"of\":1}", "cannot be appended"},
        {"{\"type\":\"asof\"}", "end is missing"},
        {"{\"type\":\"asof\",\"end\":20251130}", "end is no string"},
        {"{\"type\":\"asof\",\"end\":null}", "end is no string"},
        {"{\"type\":\"asof\",\"end\":\"2025-11-31\"}", "end \"2025-11-31\""},
        {"{\"type\":\"asof\",\"until\":\"2025-11-30\"}",
         "no field \"until\": there are"},
        {"{\"type\":\"asof\",\"end\":\"2025-11-30\",\"src\":\"hledger:x:1\"}",
         "no field \"src\""},
        {"{\"type\":\"asof\",\"end\":\"2025-11-30\",\"postings\":[]}", "postings is"},
        {"{\"type\":\"metric\",\"n\":-1}", "key is missing"},
        {"{\"type\":\"metric\",\"key\":\"k\",\"end\":\"2025-12-31\",\"unit\":\"USD\","
         "\"nature\":\"flow\",\"value\":4.5}",
         "value is no string (decimals are strings too)"},
        {"{\"type\":\"txn\",\"date\":\"2025-12-31\"}", "needs two postings"},
        {"{\"type\":\"txn\",\"date\":\"2025-12-31\",\"postings\":{}}", "postings is"},
        {"{\"type\":\"txn\",\"date\":\"2025-12-31\",\"postings\":[1]}",
         "a posting is an object"},
        {"{\"type\":\"txn\",\"date\":\"2025-12-31\",\"src\":\"x\"}",
         "a transaction has no field \"src\""},
        {"{\"type\":\"txn\",\"date\":\"2025-12-31\",\"postings\":[" POSTING(
             "assets:cash", "1", ",\"txn\":\"1\"") "]}",
         "a posting has no field \"txn\""},
        {"{\"type\":\"txn\",\"date\":\"2025-12-31\",\"postings\":[" POSTING(
             "assets:cash", "1", "") "," POSTING("assets:bank", "-1.01", "") "]}",
         "does not balance: its USD sum to -0.01"},
        {"{\"type\":\"txn\",\"postings\":[" POSTING("assets:cash", "1", "") "," POSTING(
             "assets:bank", "-1", "") "]}",
         "posting 1: date is missing"},
        {"{\"type\":\"txn\",\"date\":\"2025-12-31\",\"postings\":[" POSTING(
             "assets:cash", "1", "") "," POSTING("bank", "-1", "") "]}",
         "posting 2: account \"bank\" has no class"},
        {"{\"type\":\"txn\",\"date\":\"2025-12-31\",\"postings\":[" POSTING(
             "assets:cash", "1", "") "," POSTING("equity:x", "-1",
                                                 ",\"hist\":\"1 EUR\"") "]}",
         "posting 2: hist 1 has not the sign"},
        {"{\"type\":\"txn\",\"date\":\"2025-12-31\",\"postings\":[" POSTING(
             "assets:cash", "1", ",\"hist\":\"1\"") "]}",
         "hist \"1\" is no amount"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *words = appended(cases[i].object);
        if (!strstr(words, cases[i].words))
            fail_msg("%s: \"%s\"", cases[i].object, words);
        free(words);
    }
}

/* --- the commands
 * --------------------------------------------------------------------- */

struct outcome {
    int status;
    char *out, *err; /* to be freed */
};

/* Runs a subcommand in this process with its three streams in files. */
static struct outcome run(const struct folder *folder, int (*entry)(int, char **),
                          const char *input, char *const *words)
{
    static const char *const names[] = {"stdin", "stdout", "stderr"};
    struct outcome outcome;
    int saved[3], argc = 0;

    file_write_string(folder_file(folder, "stdin"), input);
    fflush(NULL);
    for (int i = 0; i < 3; i++) {
        int fd = open(folder_file(folder, names[i]),
                      i ? O_WRONLY | O_CREAT | O_TRUNC : O_RDONLY, 0600);
        saved[i] = dup(i);
        assert_true(fd >= 0 && saved[i] >= 0);
        dup2(fd, i);
        close(fd);
    }
    while (words[argc])
        argc++;
    outcome.status = entry(argc, (char **)(uintptr_t)words);
    fflush(NULL);
    for (int i = 0; i < 3; i++) {
        dup2(saved[i], i);
        close(saved[i]);
    }
    outcome.out = file_read(folder_file(folder, "stdout"), NULL);
    outcome.err = file_read(folder_file(folder, "stderr"), NULL);
    return outcome;
}

/* Up to 20 words, ended by NULL. */
#define RUN(folder, entry, input, ...)                                                 \
    run(folder, entry, input, (char *const[]){__VA_ARGS__, NULL})

static void expect(struct outcome outcome, int status, const char *out, const char *err)
{
    if (outcome.status != status || strcmp(outcome.out, out) != 0 ||
        (err ? !strstr(outcome.err, err) : outcome.err[0] != '\0'))
        fail_msg("status %d\nout %s\nerr %s", outcome.status, outcome.out, outcome.err);
    free(outcome.out);
    free(outcome.err);
}

static char append_word[] = "append", import_word[] = "import", dash[] = "-";
#define W(literal)                                                                     \
    (char[])                                                                           \
    {                                                                                  \
        literal                                                                        \
    }

static void append__acknowledges_what_is_in_the_ledger(void **state)
{
    struct folder folder;
    char *ledger;

    (void)state;
    archive_make(&folder, "ALD", "USD", "");
    expect(RUN(&folder, append_main, "", append_word, folder.path, W("asof"),
               W("2025-12-31")),
           ARCHIVE_OK, "ok 1\n", NULL);
    expect(RUN(&folder, append_main, "", append_word, folder.path, W("txn"),
               W("--date"), W("2026-01-02"), W("--desc=Fee of a month"), W("--code"),
               W("MF-13"), W("assets:cash"), W("5.00"), W("USD"), W("revenues:fee"),
               W("-5.00"), W("USD"), W("cp=BIR"), W("grp=MF")),
           ARCHIVE_OK, "ok 3\n", NULL);
    ledger = ledger_read(&folder);
    assert_non_null(strstr(ledger,
                           "\"amt\":\"-5.00\",\"cur\":\"USD\",\"cp\":\"BIR\","
                           "\"ref\":\"MF-13\",\"grp\":\"MF\",\"desc\":\"Fee of a "
                           "month\""));
    assert_int_equal(count_of(ledger, "\"txn\":\"append:2\""), 2);
    free(ledger);
    folder_remove(&folder);
}

static void append__refuses_words_that_say_nothing_it_knows(void **state)
{
    struct folder folder;
    char *ledger;

    (void)state;
    archive_make(&folder, "ALD", "USD", "");
    expect(RUN(&folder, append_main, "", append_word, folder.path), ARCHIVE_USAGE, "",
           "usage: totebox append");
    expect(RUN(&folder, append_main, "", append_word, folder.path, W("book")),
           ARCHIVE_REFUSED, "", "\"book\" cannot be appended");
    expect(
        RUN(&folder, append_main, "", append_word, folder.path, W("metric"), W("burn")),
        ARCHIVE_REFUSED, "", "\"burn\" should have been NAME=VALUE");
    expect(RUN(&folder, append_main, "", append_word, folder.path, W("asof"),
               W("2025-12-31"), W("end=2025-12-31")),
           ARCHIVE_REFUSED, "", "end is given twice");
    expect(
        RUN(&folder, append_main, "", append_word, folder.path, W("txn"), W("--date")),
        ARCHIVE_REFUSED, "", "--date wants a value");
    expect(RUN(&folder, append_main, "", append_word, folder.path, W("txn"),
               W("--dare=2025-12-31")),
           ARCHIVE_REFUSED, "", "a transaction has no field \"dare\"");
    expect(RUN(&folder, append_main, "", append_word, folder.path, W("txn"),
               W("assets:cash"), W("5.00")),
           ARCHIVE_REFUSED, "", "a posting is ACCT AMOUNT CUR");
    expect(RUN(&folder, append_main, "", append_word, W("/nonexistent"), W("asof"),
               W("2025-12-31")),
           ARCHIVE_FAILED, "", "/nonexistent");
    ledger = ledger_read(&folder);
    assert_string_equal(ledger, "");
    free(ledger);
    folder_remove(&folder);
}

static void append__lets_a_note_change_only_a_note(void **state)
{
    struct folder folder;

    (void)state;
    archive_make(&folder, "ALD", "USD", "");
    expect(RUN(&folder, append_main, "", append_word, folder.path, W("note"),
               W("kind=note"), W("target=ALD"), W("by=me"), W("late again")),
           ARCHIVE_OK, "ok 1\n", NULL);
    expect(RUN(&folder, append_main, "", append_word, folder.path, W("note"), W("of=1"),
               W("kind=note"), W("target=ALD"), W("by=me"), W("state=withdrawn")),
           ARCHIVE_OK, "ok 2\n", NULL);
    expect(RUN(&folder, append_main, "", append_word, folder.path, W("asof"),
               W("2025-12-31")),
           ARCHIVE_OK, "ok 3\n", NULL);
    expect(RUN(&folder, append_main, "", append_word, folder.path, W("note"), W("of=3"),
               W("kind=note"), W("target=ALD"), W("by=me")),
           ARCHIVE_REFUSED, "", "ledger line 3 is no note");
    expect(RUN(&folder, append_main, "", append_word, folder.path, W("note"), W("of=4"),
               W("kind=note"), W("target=ALD"), W("by=me")),
           ARCHIVE_REFUSED, "", "ledger line 4 is no note");
    folder_remove(&folder);
}

/* Kills a stream of appends in the middle, and reads what it had acknowledged. */
static unsigned killed_stream(const struct folder *folder)
{
    static const char object[] = "{\"type\":\"asof\",\"end\":\"2025-12-31\"}\n";
    int in[2], out[2];
    unsigned acknowledged = 0;
    char bytes[64];
    ssize_t got;
    pid_t child;

    assert_int_equal(pipe(in), 0);
    assert_int_equal(pipe(out), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        char path[PATH_BYTES];
        char *words[] = {append_word, path, dash, NULL};
        snprintf(path, sizeof(path), "%s", folder->path);
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        close(in[1]);
        _exit(append_main(3, words));
    }
    close(in[0]);
    close(out[1]);
    for (int i = 0; i < 200; i++)
        assert_int_equal(write(in[1], object, sizeof(object) - 1), sizeof(object) - 1);
    got = read(out[0], bytes, sizeof(bytes));
    kill(child, SIGKILL);
    while (got > 0) {
        for (ssize_t i = 0; i < got; i++)
            acknowledged += bytes[i] == '\n';
        got = read(out[0], bytes, sizeof(bytes));
    }
    close(in[1]);
    close(out[0]);
    assert_int_equal(waitpid(child, NULL, 0), child);
    return acknowledged;
}

static void append__loses_nothing_that_it_acknowledged(void **state)
{
    const struct ledger_visitor nobody = {NULL, NULL};

    (void)state;
    for (int i = 0; i < 20; i++) {
        struct folder folder;
        struct archive *archive;
        struct ledger *ledger;
        struct problem problem;
        unsigned acknowledged;
        archive_make(&folder, "ALD", "USD", "");
        acknowledged = killed_stream(&folder);
        assert_ok(archive_open(&archive, folder.path, &problem), problem);
        assert_ok(archive_open_ledger(archive, LEDGER_WRITE, nobody, &ledger, &problem),
                  problem);
        assert_true(acknowledged >= 1);
        assert_true(ledger_lines(ledger) >= acknowledged);
        ledger_close(ledger);
        archive_close(archive);
        folder_remove(&folder);
    }
}

static void append__answers_each_line_of_a_stream_in_order(void **state)
{
    struct folder folder;
    char *ledger;

    (void)state;
    archive_make(&folder, "ALD", "USD", "");
    expect(RUN(&folder, append_main,
               "{\"type\":\"asof\",\"end\":\"2025-11-30\"}\n"
               "\n"
               "{\"type\":\"txn\",\"date\":\"2025-12-31\",\"postings\":[" POSTING(
                   "assets:cash", "1",
                   "") "," POSTING("equity:x", "-1",
                                   "") "]}\n"
                                       "{\"type\":\"asof\",\"end\":\"never\"}\n"
                                       "{\"type\":\"asof\",\"end\":\"2025-12-31\"}",
               append_word, folder.path, dash),
           ARCHIVE_REFUSED,
           "ok 1\n"
           "refused no JSON: '[' or '{' expected near end of file\n"
           "ok 3\n"
           "refused end \"never\" is not a date YYYY-MM-DD\n"
           "ok 4\n",
           "some lines were refused");
    ledger = ledger_read(&folder);
    assert_int_equal(count_of(ledger, "\n"), 4);
    /* One commit up to the last newline; each transaction with an id of its own. */
    assert_int_equal(count_of(ledger, "\"txn\":\"append:2\""), 2);
    assert_non_null(strstr(ledger, "\"left\":2"));
    free(ledger);
    expect(RUN(&folder, append_main, "", append_word, folder.path, dash), ARCHIVE_OK,
           "", NULL);
    folder_remove(&folder);
}

static void import__reports_for_people_and_for_programs(void **state)
{
    static const char good[] = "entity,key,end,unit,value,nature\n"
                               "ALD,burn,2025-12-31,USD,1,stock\n";
    struct folder folder;
    struct outcome outcome;
    json_t *report;

    (void)state;
    archive_make(&folder, "ALD", "USD", "");
    expect(RUN(&folder, import_main, good, import_word, W("metric"), folder.path, dash),
           ARCHIVE_OK, "stdin: 1 row taken; 1 line added, 1 in the ledger\n", NULL);
    expect(RUN(&folder, import_main, good, import_word, W("metric"), folder.path, dash),
           ARCHIVE_OK,
           "stdin: 0 rows taken, 1 already there; 0 lines added, 1 in the ledger\n",
           NULL);
    expect(RUN(&folder, import_main, "entity,key\nALD\n", import_word, W("metric"),
               folder.path, dash),
           ARCHIVE_REFUSED, "", "stdin:1: column \"end\" is missing");

    outcome = RUN(&folder, import_main,
                  "entity,key,end,unit,value,nature\nALD,\"q\"\"\",2025,USD,1,stock\n",
                  import_word, W("metric"), W("--format"), W("json"), folder.path, dash,
                  W("--source"), W("a \"b\""));
    assert_int_equal(outcome.status, ARCHIVE_REFUSED);
    assert_string_equal(outcome.err, "");
    report = json_loads(outcome.out, 0, NULL);
    assert_non_null(report);
    assert_string_equal(json_string_value(json_object_get(report, "result")),
                        "refused");
    assert_string_equal(json_string_value(json_object_get(report, "source")),
                        "a \"b\"");
    assert_int_equal(json_integer_value(json_object_get(report, "refused")), 1);
    assert_int_equal(json_array_size(json_object_get(report, "words")), 1);
    json_decref(report);
    free(outcome.out);
    free(outcome.err);
    folder_remove(&folder);
}

static void import__says_how_it_is_used(void **state)
{
    struct folder folder;

    (void)state;
    archive_make(&folder, "ALD", "USD", "");
    expect(RUN(&folder, import_main, "", import_word, W("metric"), folder.path),
           ARCHIVE_USAGE, "", "KIND, ARCHIVE and FILE are needed");
    expect(RUN(&folder, import_main, "", import_word, W("books"), folder.path, dash),
           ARCHIVE_USAGE, "", "no such kind: books");
    expect(RUN(&folder, import_main, "", import_word, W("metric"), W("--to"), W("USD"),
               folder.path, dash),
           ARCHIVE_USAGE, "", "--to, --since and --until are for rates");
    expect(RUN(&folder, import_main, "", import_word, W("rates"), W("--to"),
               W("USD,usd"), folder.path, dash),
           ARCHIVE_USAGE, "", "--to wants currencies like USD,CAD");
    expect(RUN(&folder, import_main, "", import_word, W("rates"), W("--since"),
               W("2025-02-30"), folder.path, dash),
           ARCHIVE_USAGE, "", "--since wants a date");
    expect(RUN(&folder, import_main, "", import_word, W("hledger"), W("--correct"),
               W("--partial"), folder.path, dash),
           ARCHIVE_USAGE, "", "exclude each other");
    expect(RUN(&folder, import_main, "", import_word, W("hledger"), W("--format=xml"),
               folder.path, dash),
           ARCHIVE_USAGE, "", "--format is text or json");
    expect(RUN(&folder, import_main, "", import_word, W("hledger"), W("--source="),
               folder.path, W("/nonexistent")),
           ARCHIVE_FAILED, "", "/nonexistent: cannot open");
    folder_remove(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(append_json__takes_each_kind),
        cmocka_unit_test(append_json__says_what_is_wrong),
        cmocka_unit_test(append__acknowledges_what_is_in_the_ledger),
        cmocka_unit_test(append__refuses_words_that_say_nothing_it_knows),
        cmocka_unit_test(append__lets_a_note_change_only_a_note),
        cmocka_unit_test(append__loses_nothing_that_it_acknowledged),
        cmocka_unit_test(append__answers_each_line_of_a_stream_in_order),
        cmocka_unit_test(import__reports_for_people_and_for_programs),
        cmocka_unit_test(import__says_how_it_is_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
