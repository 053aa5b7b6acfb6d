#include <jansson.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "totebox/ledger.h"
#include "totebox/note.h"

#include "tests/totebox/support.h"

enum { RECORDS = 60, KILLS = 200 };

static const struct ledger_visitor nobody = {NULL, NULL};

static enum archive_error open_ledger(const struct folder *folder,
                                      const struct key_pair *authority,
                                      enum ledger_mode mode, struct ledger **ledger,
                                      struct problem *problem)
{
    return ledger_open(ledger, folder->path, TEXT("ALD"), TEXT("totebox/ALD"),
                       authority ? authority->public_key : NULL, mode, nobody, problem);
}

static void add_posting(struct ledger_batch *batch, const char *description)
{
    struct problem problem;
    struct line line;

    posting_make(&line, "2025-12-31", "assets:cash", "A", "5000.00", "USD", NULL);
    line_set(&line, FIELD_DESC, description);
    assert_ok(ledger_batch_add(batch, &line, &problem), problem);
}

static enum archive_error append(struct ledger *ledger, const char *description,
                                 unsigned lines, struct problem *problem)
{
    struct ledger_batch batch;
    enum archive_error error;

    ledger_batch_init(&batch);
    for (unsigned i = 0; i < lines; i++)
        add_posting(&batch, description);
    error = ledger_append(ledger, &batch, 1767225600000, problem);
    ledger_batch_release(&batch);
    return error;
}

/* `records` commits of one line each. */
static void make(struct folder *folder, unsigned records)
{
    struct ledger *ledger;
    struct problem problem;

    folder_make(folder);
    assert_ok(ledger_create(folder->path, &problem), problem);
    assert_ok(open_ledger(folder, NULL, LEDGER_WRITE, &ledger, &problem), problem);
    for (unsigned i = 0; i < records; i++) {
        char description[32];
        snprintf(description, sizeof(description), "record %u \"q\" \\ \xc3\xa9", i);
        assert_ok(append(ledger, description, 1, &problem), problem);
    }
    ledger_close(ledger);
}

static void hex_of(const uint8_t hash[HASH_BYTES], char hex[2 * HASH_BYTES + 1])
{
    for (int i = 0; i < HASH_BYTES; i++)
        snprintf(hex + 2 * i, 3, "%02x", hash[i]);
}

static void ledger__chains_leaf_hashes_from_the_label(void **state)
{
    struct folder folder;
    char hex[2 * HASH_BYTES + 1], *text, *at, *newline;
    uint8_t hash[HASH_BYTES];
    int seq = 0;

    (void)state;
    make(&folder, 5);
    text = file_read(folder_file(&folder, "ledger/log.jsonl"), NULL);
    sha256("totebox ledger v1\nALD", 21, hash);
    for (at = text; *at; at = newline + 1) {
        uint8_t entry[4096] = {0};
        json_error_t error;
        json_t *line;
        newline = strchr(at, '\n');
        assert_non_null(newline);
        line = json_loadb(at, (size_t)(newline - at), JSON_REJECT_DUPLICATES, &error);
        assert_non_null(line);
        hex_of(hash, hex);
        assert_string_equal(json_string_value(json_object_get(line, "prev")), hex);
        assert_int_equal(json_integer_value(json_object_get(line, "seq")), ++seq);
        assert_string_equal(json_string_value(json_object_get(line, "amt")), "5000.00");
        json_decref(line);
        memcpy(entry + 1, at, (size_t)(newline - at));
        sha256(entry, (size_t)(newline - at) + 1, hash);
    }
    assert_int_equal(seq, 5);
    free(text);
    folder_remove(&folder);
}

static void ledger__detects_every_flipped_byte(void **state)
{
    static const uint8_t masks[] = {0x01, 0x04, 0x10, 0x20, 0x80};
    struct folder folder;
    struct key_pair authority;
    struct ledger *ledger;
    struct problem problem;
    char *bytes;
    size_t length, missed = 0;

    (void)state;
    make(&folder, RECORDS);
    assert_true(key_pair_generate(&authority));
    assert_ok(open_ledger(&folder, &authority, LEDGER_WRITE, &ledger, &problem),
              problem);
    assert_ok(ledger_checkpoint(ledger, &authority, &problem), problem);
    ledger_close(ledger);
    bytes = file_read(folder_file(&folder, "ledger/log.jsonl"), &length);
    int fd = open(folder_file(&folder, "ledger/log.jsonl"), O_WRONLY);
    for (size_t i = 0; i < length; i++) {
        uint8_t flipped = (uint8_t)bytes[i] ^ masks[i % sizeof(masks)];
        assert_int_equal(pwrite(fd, &flipped, 1, (off_t)i), 1);
        if (open_ledger(&folder, &authority, LEDGER_WRITE, &ledger, &problem) !=
            ARCHIVE_CORRUPT)
            missed++;
        ledger_close(ledger);
        assert_int_equal(pwrite(fd, bytes + i, 1, (off_t)i), 1);
    }
    close(fd);
    assert_int_equal(missed, 0);
    assert_ok(open_ledger(&folder, &authority, LEDGER_WRITE, &ledger, &problem),
              problem);
    assert_int_equal(ledger_lines(ledger), RECORDS);
    ledger_close(ledger);
    assert_false(file_exists(folder_file(&folder, "ledger/torn-60")));
    free(bytes);
    folder_remove(&folder);
}

static void ledger__names_the_line_that_was_changed(void **state)
{
    struct folder folder;
    struct ledger *ledger;
    struct problem problem;
    char *bytes, *at;
    size_t length;

    (void)state;
    make(&folder, 5);
    bytes = file_read(folder_file(&folder, "ledger/log.jsonl"), &length);
    at = strstr(bytes, "record 2");
    at[7] = '7';
    file_write(folder_file(&folder, "ledger/log.jsonl"), bytes, length);
    assert_int_equal(open_ledger(&folder, NULL, LEDGER_READ, &ledger, &problem),
                     ARCHIVE_CORRUPT);
    assert_null(ledger);
    /* Line 3 was changed; line 4 is the first that says so. */
    assert_non_null(strstr(problem.words, "log.jsonl:4: prev is not the hash of"));
    free(bytes);
    folder_remove(&folder);
}

static void ledger__sets_aside_a_torn_tail_at_every_byte(void **state)
{
    struct folder folder;
    struct ledger *ledger;
    struct problem problem;
    char *bytes, torn[64];
    size_t length, last;

    (void)state;
    make(&folder, 3);
    bytes = file_read(folder_file(&folder, "ledger/log.jsonl"), &length);
    for (last = length - 1; bytes[last - 1] != '\n'; last--)
        ;
    for (size_t cut = last + 1; cut < length; cut++) {
        file_write(folder_file(&folder, "ledger/log.jsonl"), bytes, cut);
        assert_ok(open_ledger(&folder, NULL, LEDGER_READ, &ledger, &problem), problem);
        assert_int_equal(ledger_lines(ledger), 2);
        assert_int_equal(ledger_torn_bytes(ledger), cut - last);
        ledger_close(ledger);
        assert_ok(open_ledger(&folder, NULL, LEDGER_WRITE, &ledger, &problem), problem);
        assert_int_equal(ledger_lines(ledger), 2);
        assert_non_null(strstr(ledger_recovered(ledger), "after line 2"));
        assert_ok(append(ledger, "after", 1, &problem), problem);
        assert_int_equal(ledger_lines(ledger), 3);
        ledger_close(ledger);
        snprintf(torn, sizeof(torn), "ledger/torn-3");
        char *kept = file_read(folder_file(&folder, torn), NULL);
        assert_memory_equal(kept, bytes + last, cut - last);
        assert_int_equal(strlen(kept), cut - last);
        free(kept);
        unlink(folder_file(&folder, torn));
    }
    free(bytes);
    folder_remove(&folder);
}

static void ledger__keeps_commits_whole(void **state)
{
    struct folder folder;
    struct ledger *ledger;
    struct problem problem;
    char *bytes;
    size_t length, at, lines = 0;

    (void)state;
    make(&folder, 1);
    assert_ok(open_ledger(&folder, NULL, LEDGER_WRITE, &ledger, &problem), problem);
    assert_ok(append(ledger, "three together", 3, &problem), problem);
    ledger_close(ledger);
    bytes = file_read(folder_file(&folder, "ledger/log.jsonl"), &length);
    /* Cut behind line 3 of 4: two whole lines of the second commit stay. */
    for (at = 0; lines < 3; at++)
        lines += bytes[at] == '\n';
    file_write(folder_file(&folder, "ledger/log.jsonl"), bytes, at);
    assert_ok(open_ledger(&folder, NULL, LEDGER_WRITE, &ledger, &problem), problem);
    assert_int_equal(ledger_lines(ledger), 1);
    assert_true(file_exists(folder_file(&folder, "ledger/torn-2")));
    ledger_close(ledger);
    free(bytes);
    folder_remove(&folder);
}

static void ledger__notices_a_lost_end_by_the_checkpoint(void **state)
{
    struct folder folder;
    struct key_pair authority, other;
    struct ledger *ledger;
    struct problem problem;
    char *bytes;
    size_t length;

    (void)state;
    make(&folder, 4);
    assert_true(key_pair_generate(&authority) && key_pair_generate(&other));
    assert_ok(open_ledger(&folder, &authority, LEDGER_WRITE, &ledger, &problem),
              problem);
    assert_ok(ledger_checkpoint(ledger, &authority, &problem), problem);
    assert_ok(append(ledger, "behind the checkpoint", 1, &problem), problem);
    ledger_close(ledger);
    bytes = file_read(folder_file(&folder, "ledger/log.jsonl"), &length);
    for (size_t lines = 5; lines-- > 0;) {
        for (length--; length > 0 && bytes[length - 1] != '\n'; length--)
            ;
        file_write(folder_file(&folder, "ledger/log.jsonl"), bytes, length);
        enum archive_error error =
            open_ledger(&folder, &authority, LEDGER_WRITE, &ledger, &problem);
        assert_int_equal(error, lines >= 4 ? ARCHIVE_OK : ARCHIVE_CORRUPT);
        if (error != ARCHIVE_OK)
            assert_non_null(strstr(problem.words, "the end of the ledger is gone"));
        ledger_close(ledger);
    }
    assert_int_equal(open_ledger(&folder, &other, LEDGER_WRITE, &ledger, &problem),
                     ARCHIVE_CORRUPT);
    assert_non_null(strstr(problem.words, "not signed by this archive"));
    free(bytes);
    folder_remove(&folder);
}

static void ledger__refuses_the_books_of_another_entity(void **state)
{
    struct folder folder;
    struct ledger *ledger;
    struct problem problem;

    (void)state;
    make(&folder, 1);
    assert_int_equal(ledger_open(&ledger, folder.path, TEXT("BIR"), TEXT("totebox/BIR"),
                                 NULL, LEDGER_READ, nobody, &problem),
                     ARCHIVE_CORRUPT);
    folder_remove(&folder);
}

/* Appends and says so on a pipe, until it is killed. */
static void append_for_ever(const struct folder *folder, int acknowledge)
{
    struct ledger *ledger;
    struct problem problem;

    if (open_ledger(folder, NULL, LEDGER_WRITE, &ledger, &problem) != ARCHIVE_OK)
        _exit(1);
    for (;;) {
        uint64_t lines;
        if (append(ledger, "kill me", 1 + (unsigned)(ledger_lines(ledger) % 3),
                   &problem) != ARCHIVE_OK)
            _exit(2);
        lines = ledger_lines(ledger);
        if (write(acknowledge, &lines, sizeof(lines)) != sizeof(lines))
            _exit(3);
    }
}

static void ledger__loses_nothing_acknowledged_to_200_kills(void **state)
{
    struct folder folder;
    unsigned seed = (unsigned)getpid();
    uint64_t acknowledged = 0;

    (void)state;
    print_message("seed %u\n", seed);
    srand(seed);
    make(&folder, 0);
    for (int i = 0; i < KILLS; i++) {
        struct ledger *ledger;
        struct problem problem;
        uint64_t lines;
        int pipes[2], status;
        pid_t child;
        assert_int_equal(pipe(pipes), 0);
        child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            close(pipes[0]);
            append_for_ever(&folder, pipes[1]);
        }
        close(pipes[1]);
        /* Die after some acknowledgements, at a random point of the next append. */
        for (int wait = rand() % 4; wait >= 0; wait--)
            assert_int_equal(read(pipes[0], &acknowledged, sizeof(acknowledged)),
                             sizeof(acknowledged));
        for (int spin = rand() % 100000; spin > 0; spin--)
            __asm__ volatile("");
        kill(child, SIGKILL);
        waitpid(child, &status, 0);
        assert_true(WIFSIGNALED(status));
        while (read(pipes[0], &lines, sizeof(lines)) == sizeof(lines))
            acknowledged = lines;
        close(pipes[0]);
        assert_ok(open_ledger(&folder, NULL, LEDGER_WRITE, &ledger, &problem), problem);
        assert_true(ledger_lines(ledger) >= acknowledged);
        ledger_close(ledger);
    }
    print_message("%llu lines survived %d kills\n", (unsigned long long)acknowledged,
                  KILLS);
    folder_remove(&folder);
}

static void ledger__is_whole_after_a_write_that_does_not_fit(void **state)
{
    struct rlimit limit = {8192, RLIM_INFINITY}, before;
    struct folder folder;
    struct ledger *ledger;
    struct problem problem;
    uint64_t lines = 0;

    (void)state;
    make(&folder, 1);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    assert_ok(open_ledger(&folder, NULL, LEDGER_WRITE, &ledger, &problem), problem);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    for (;;) {
        lines = ledger_lines(ledger);
        if (append(ledger, "fill the disk", 3, &problem) != ARCHIVE_OK)
            break;
    }
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(problem.error, ARCHIVE_FAILED);
    assert_non_null(strstr(problem.words, "nothing was added"));
    assert_true(lines > 10);
    assert_int_equal(ledger_lines(ledger), lines);
    assert_ok(append(ledger, "room again", 1, &problem), problem);
    ledger_close(ledger);
    assert_ok(open_ledger(&folder, NULL, LEDGER_READ, &ledger, &problem), problem);
    assert_int_equal(ledger_lines(ledger), lines + 1);
    assert_int_equal(ledger_torn_bytes(ledger), 0);
    ledger_close(ledger);
    folder_remove(&folder);
}

static void ledger__keeps_two_writers_apart(void **state)
{
    enum { WRITERS = 2, COMMITS = 50 };
    struct folder folder;
    struct ledger *watcher;
    struct problem problem;
    pid_t children[WRITERS];

    (void)state;
    make(&folder, 0);
    assert_ok(open_ledger(&folder, NULL, LEDGER_READ, &watcher, &problem), problem);
    for (int i = 0; i < WRITERS; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            struct ledger *ledger;
            if (open_ledger(&folder, NULL, LEDGER_WRITE, &ledger, &problem))
                _exit(1);
            for (int j = 0; j < COMMITS; j++)
                if (append(ledger, "one of two", 2, &problem))
                    _exit(2);
            _exit(0);
        }
    }
    for (int i = 0; i < WRITERS; i++) {
        int status;
        waitpid(children[i], &status, 0);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
        assert_ok(ledger_follow(watcher, &problem), problem);
    }
    assert_int_equal(ledger_lines(watcher), 2 * WRITERS * COMMITS);
    ledger_close(watcher);
    folder_remove(&folder);
}

static enum archive_error count_line(void *user, const struct ledger *ledger,
                                     const struct line *line, struct problem *problem)
{
    uint64_t *seen = user;
    (void)ledger;
    (void)problem;
    assert_int_equal(line->seq, ++*seen);
    return ARCHIVE_OK;
}

static void ledger__gives_each_line_once_whoever_wrote_it(void **state)
{
    struct folder folder;
    struct ledger *ours, *theirs;
    struct problem problem;
    uint64_t seen = 0;

    (void)state;
    make(&folder, 2);
    assert_ok(ledger_open(&ours, folder.path, TEXT("ALD"), TEXT("totebox/ALD"), NULL,
                          LEDGER_WRITE, (struct ledger_visitor){count_line, &seen},
                          &problem),
              problem);
    assert_int_equal(seen, 2);
    assert_ok(append(ours, "ours", 2, &problem), problem);
    assert_int_equal(seen, 4);
    assert_ok(open_ledger(&folder, NULL, LEDGER_WRITE, &theirs, &problem), problem);
    assert_ok(append(theirs, "theirs", 3, &problem), problem);
    assert_ok(ledger_follow(ours, &problem), problem);
    assert_int_equal(seen, 7);
    assert_ok(append(theirs, "theirs", 1, &problem), problem);
    assert_ok(append(ours, "ours", 1, &problem), problem);
    assert_int_equal(seen, 9);
    ledger_close(ours);
    ledger_close(theirs);
    folder_remove(&folder);
}

static void ledger__commit_time_never_goes_back(void **state)
{
    struct folder folder;
    struct ledger *ledger;
    struct problem problem;
    struct ledger_batch batch;

    (void)state;
    make(&folder, 1);
    assert_ok(open_ledger(&folder, NULL, LEDGER_WRITE, &ledger, &problem), problem);
    ledger_batch_init(&batch);
    add_posting(&batch, "the clock was set back");
    assert_ok(ledger_append(ledger, &batch, 1000, &problem), problem);
    assert_int_equal(ledger_last_commit_ms(ledger), 1767225600000);
    ledger_batch_release(&batch);
    ledger_close(ledger);
    folder_remove(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ledger__chains_leaf_hashes_from_the_label),
        cmocka_unit_test(ledger__detects_every_flipped_byte),
        cmocka_unit_test(ledger__names_the_line_that_was_changed),
        cmocka_unit_test(ledger__sets_aside_a_torn_tail_at_every_byte),
        cmocka_unit_test(ledger__keeps_commits_whole),
        cmocka_unit_test(ledger__notices_a_lost_end_by_the_checkpoint),
        cmocka_unit_test(ledger__refuses_the_books_of_another_entity),
        cmocka_unit_test(ledger__loses_nothing_acknowledged_to_200_kills),
        cmocka_unit_test(ledger__is_whole_after_a_write_that_does_not_fit),
        cmocka_unit_test(ledger__keeps_two_writers_apart),
        cmocka_unit_test(ledger__gives_each_line_once_whoever_wrote_it),
        cmocka_unit_test(ledger__commit_time_never_goes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
