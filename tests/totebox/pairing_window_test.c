#include "totebox/pairing_window.h"

#include <signal.h>
#include <sys/wait.h>

#include "tests/totebox/archive_support.h"
#include "totebox/desk.h"

enum { HOUR_MS = 3600000 };

static const char exposure[] =
    "expose \"group\" { to = {\"aggregator\"} views = {\"own\", \"pos\"} "
    "periods = {\"2025\"} }\n";

static struct window_look look_at(const struct office *office, int64_t now_ms)
{
    struct window_look look;
    pairing_window_look(&look, office->folder.path, now_ms);
    return look;
}

static enum window_state state_of(const struct office *office)
{
    return look_at(office, archive_clock_ms()).state;
}

static void must_open(struct office *office, struct pairing_window *window)
{
    assert_ok(pairing_window_open(window, office->folder.path,
                                  archive_clock_ms() + HOUR_MS, &office->problem),
              office->problem);
}

/* What serve writes when a device has revealed. */
static void request_make(struct pairing_request *request, const struct key_pair *device,
                         const struct pairing_window *window)
{
    *request = (struct pairing_request){.at_ms = 1767225600123};
    memcpy(request->window, window->id, WINDOW_ID_BYTES);
    memcpy(request->public_key, device->public_key, KEY_BYTES);
    holder_of_key(device->public_key, request->holder);
    snprintf(request->code, sizeof(request->code), "ABCD-EFGH");
    snprintf(request->address, sizeof(request->address), "[2001:db8::7]:40122");
}

static void device_asks(struct office *office, const struct key_pair *device,
                        const struct pairing_window *window)
{
    struct pairing_request request;
    assert_true(pairing_window_take(office->folder.path));
    request_make(&request, device, window);
    assert_ok(pairing_request_store(&request, office->folder.path, &office->problem),
              office->problem);
}

/* --- the window
 * ----------------------------------------------------------------------- */

static void window__is_open_while_its_opener_holds_it(void **state)
{
    struct office office;
    struct pairing_window window;
    (void)state;
    office_files(&office, "ALD", "USD", "", exposure);
    assert_int_equal(state_of(&office), WINDOW_CLOSED);
    must_open(&office, &window);
    struct window_look look = look_at(&office, archive_clock_ms());
    assert_int_equal(look.state, WINDOW_OPEN);
    assert_memory_equal(look.id, window.id, WINDOW_ID_BYTES);
    assert_int_equal(look_at(&office, look.until_ms).state, WINDOW_CLOSED);
    assert_int_equal(look_at(&office, look.until_ms - 1).state, WINDOW_OPEN);
    pairing_window_close(&window);
    assert_int_equal(state_of(&office), WINDOW_CLOSED);
    assert_false(file_exists(folder_file(&office.folder, "pairings/window")));
    office_close(&office);
}

static void window__ends_with_its_opener(void **state)
{
    struct office office;
    struct pairing_window window;
    int status, ends[2];
    char byte;
    (void)state;
    office_files(&office, "ALD", "USD", "", exposure);
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        enum archive_error error = pairing_window_open(
            &window, office.folder.path, archive_clock_ms() + HOUR_MS, &office.problem);
        if (error != ARCHIVE_OK || write(ends[1], "o", 1) != 1)
            _exit(1);
        pause(); /* until it is killed */
        _exit(1);
    }
    assert_int_equal(read(ends[0], &byte, 1), 1);
    assert_int_equal(state_of(&office), WINDOW_OPEN);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(file_exists(folder_file(&office.folder, "pairings/window")));
    assert_int_equal(state_of(&office), WINDOW_CLOSED);
    must_open(&office, &window); /* over what the dead one left */
    assert_int_equal(state_of(&office), WINDOW_OPEN);
    pairing_window_close(&window);
    close(ends[0]);
    close(ends[1]);
    office_close(&office);
}

static void window__is_one_at_a_time(void **state)
{
    struct office office;
    struct pairing_window first, second;
    (void)state;
    office_files(&office, "ALD", "USD", "", exposure);
    must_open(&office, &first);
    for (int taken = 0; taken < 2; taken++) {
        assert_int_equal(pairing_window_open(&second, office.folder.path,
                                             archive_clock_ms() + HOUR_MS,
                                             &office.problem),
                         ARCHIVE_REFUSED);
        pairing_window_close(&second); /* of nothing: changes nothing */
        if (!taken)
            assert_true(pairing_window_take(office.folder.path));
    }
    assert_int_equal(state_of(&office), WINDOW_TAKEN);
    pairing_window_close(&first);
    office_close(&office);
}

static void window__gives_one_try_whoever_asks(void **state)
{
    enum { ASKERS = 8 };
    struct office office;
    struct pairing_window window;
    int winners = 0;
    (void)state;
    office_files(&office, "ALD", "USD", "", exposure);
    for (int round = 0; round < 20; round++) {
        must_open(&office, &window);
        for (int i = 0; i < ASKERS; i++)
            if (fork() == 0)
                _exit(pairing_window_take(office.folder.path));
        for (int i = 0; i < ASKERS; i++) {
            int status;
            assert_true(wait(&status) > 0);
            winners += WEXITSTATUS(status);
        }
        assert_int_equal(winners, round + 1);
        assert_int_equal(state_of(&office), WINDOW_TAKEN);
        pairing_window_close(&window);
    }
    office_close(&office);
}

static void window__that_was_burnt_is_closed_for_its_opener_too(void **state)
{
    struct office office;
    struct pairing_window first, second;
    (void)state;
    office_files(&office, "ALD", "USD", "", exposure);
    must_open(&office, &first);
    assert_true(pairing_window_take(office.folder.path));
    pairing_window_burn(office.folder.path);
    assert_int_equal(state_of(&office), WINDOW_CLOSED);
    assert_false(pairing_window_take(office.folder.path));
    must_open(&office, &second);
    pairing_window_close(&first); /* the second one is not its own */
    assert_int_equal(state_of(&office), WINDOW_OPEN);
    pairing_window_close(&second);
    assert_int_equal(state_of(&office), WINDOW_CLOSED);
    office_close(&office);
}

static void window__that_is_not_whole_or_private_is_closed(void **state)
{
    struct office office;
    struct pairing_window window;
    const char *path;
    (void)state;
    office_files(&office, "ALD", "USD", "", exposure);
    must_open(&office, &window);
    path = folder_file(&office.folder, "pairings/window");
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(state_of(&office), WINDOW_CLOSED);
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(state_of(&office), WINDOW_OPEN);
    assert_int_equal(truncate(path, 40), 0);
    assert_int_equal(state_of(&office), WINDOW_CLOSED);
    pairing_window_close(&window);
    office_close(&office);
}

/* --- the request
 * ---------------------------------------------------------------------- */

static void request__comes_back_from_its_file(void **state)
{
    struct office office;
    struct pairing_window window;
    struct pairing_request request, again;
    struct key_pair device;
    (void)state;
    office_files(&office, "ALD", "USD", "", exposure);
    assert_true(key_pair_generate(&device));
    must_open(&office, &window);
    assert_int_equal(pairing_request_load(&again, office.folder.path, &office.problem),
                     ARCHIVE_REFUSED);
    assert_string_equal(office.problem.words, "no device waits to be paired");
    device_asks(&office, &device, &window);
    request_make(&request, &device, &window);
    assert_ok(pairing_request_load(&again, office.folder.path, &office.problem),
              office.problem);
    assert_memory_equal(&request, &again, sizeof(request));

    struct window_look look = look_at(&office, archive_clock_ms());
    assert_true(pairing_window_request(&again, office.folder.path, &look));
    look.id[3] ^= 1; /* of another window it is none */
    assert_false(pairing_window_request(&again, office.folder.path, &look));
    pairing_window_close(&window);
    assert_int_equal(pairing_request_load(&again, office.folder.path, &office.problem),
                     ARCHIVE_REFUSED);
    office_close(&office);
}

static void request__names_the_line_that_is_wrong(void **state)
{
    static const struct {
        const char *from, *to, *words;
    } cases[] = {
        {"request 1", "request 2", "request:1: this version"},
        {"window ", "widow ", "request:2: this line must begin"},
        {"window ", "window A", "request:2: window must be"},
        {"SHA256:", "SHA1:", "request:3: holder must be"},
        {"public-key ", "public-key A", "request:4: public-key must be"},
        {"ABCD-EFGH", "ABCDEFGH", "request:5: code must be"},
        {"ABCD-EFGH", "abcd-EFGH", "request:5: code must be"},
        {"[2001:db8::7]", "[2001:db8::7\033]", "request:6: address must be"},
        {"2026-01-01T", "2026-02-31T", "request:7: at must be"},
        {"Z\n", "Z\n\n", "request:8: nothing may follow"},
        {"Z\n", "Z", "request:7: this line must begin"},
    };
    struct pairing_window window = {.fd = -1};
    struct pairing_request request;
    struct key_pair device;
    struct buffer written;
    uint8_t seed[KEY_BYTES] = {5};
    (void)state;
    key_pair_from_seed(&device, seed);
    request_make(&request, &device, &window);
    buffer_init(&written);
    assert_true(pairing_request_write(&request, &written));
    assert_true(buffer_append(&written, "", 1));
    const char *text = (const char *)buffer_bytes(&written);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct problem problem;
        char changed[1024];
        const char *at = strstr(text, cases[i].from);
        assert_non_null(at);
        snprintf(changed, sizeof(changed), "%.*s%s%s", (int)(at - text), text,
                 cases[i].to, at + strlen(cases[i].from));
        assert_int_equal(
            pairing_request_parse(text_of(changed), "request", &request, &problem),
            ARCHIVE_REFUSED);
        if (strncmp(problem.words, cases[i].words, strlen(cases[i].words)) != 0)
            fail_msg("\"%s\" is not \"%s\"", problem.words, cases[i].words);
    }
    buffer_release(&written);
}

static void request__holder_and_key_belong_together(void **state)
{
    struct pairing_window window = {.fd = -1};
    struct pairing_request request;
    struct problem problem;
    struct key_pair device;
    struct buffer written;
    (void)state;
    assert_true(key_pair_generate(&device));
    request_make(&request, &device, &window);
    request.holder[0] ^= 1;
    buffer_init(&written);
    assert_true(pairing_request_write(&request, &written));
    struct text text = {(const char *)buffer_bytes(&written),
                        (uint32_t)buffer_length(&written)};
    assert_int_equal(pairing_request_parse(text, "request", &request, &problem),
                     ARCHIVE_REFUSED);
    assert_string_equal(problem.words,
                        "request:4: public-key is not the key of the holder");
    buffer_release(&written);
}

/* --- the answer
 * ----------------------------------------------------------------------- */

static enum archive_error approve(struct office *office, const char *code,
                                  struct pairing *pairing)
{
    struct pairing_request request;
    enum archive_error error =
        request_find(office->folder.path, code, &request, &office->problem);
    if (error == ARCHIVE_OK)
        error = request_approve(office->folder.path, &request, &pair_terms_default,
                                pairing, &office->problem);
    return error;
}

static void approve__pairs_by_the_code_and_by_no_other(void **state)
{
    struct office office;
    struct pairing_window window;
    struct pairing pairing;
    struct pairings pairings;
    struct key_pair device;
    (void)state;
    office_files(&office, "ALD", "USD", "", exposure);
    assert_true(key_pair_generate(&device));
    assert_int_equal(approve(&office, "ABCD-EFGH", &pairing), ARCHIVE_REFUSED);
    assert_non_null(strstr(office.problem.words, "pairing is not open"));
    must_open(&office, &window);
    assert_int_equal(approve(&office, "ABCD-EFGH", &pairing), ARCHIVE_REFUSED);
    assert_non_null(strstr(office.problem.words, "no device waits"));
    device_asks(&office, &device, &window);
    assert_int_equal(approve(&office, "ABCD-EFG", &pairing), ARCHIVE_USAGE);
    assert_int_equal(approve(&office, "ABCD-EFGJ", &pairing), ARCHIVE_REFUSED);
    assert_non_null(strstr(office.problem.words, "somebody may be in between"));
    assert_true(file_exists(folder_file(&office.folder, "pairings/request")));

    assert_ok(approve(&office, "abcd efgh", &pairing), office.problem);
    assert_false(file_exists(folder_file(&office.folder, "pairings/request")));
    assert_ok(pairings_load(&pairings, office.folder.path, &office.problem),
              office.problem);
    assert_non_null(pairings_by_delegate(&pairings, device.public_key));
    pairings_release(&pairings);
    pairing_window_close(&window);
    office_close(&office);
}

/* A person's new device: the old one stays good until it is revoked. */
static void approve__of_a_second_device_leaves_the_first(void **state)
{
    struct office office;
    struct desk desk = {0};
    (void)state;
    office_files(&office, "ALD", "USD", "", exposure);
    for (int i = 0; i < 2; i++) {
        struct pairing_window window;
        struct pairing pairing;
        struct key_pair device;
        assert_true(key_pair_generate(&device));
        must_open(&office, &window);
        device_asks(&office, &device, &window);
        assert_ok(approve(&office, "ABCD-EFGH", &pairing), office.problem);
        assert_int_equal(pairing.epoch, 1);
        pairing_window_close(&window);
    }
    assert_ok(desk_open(&desk, office.folder.path, LEDGER_READ, &office.problem),
              office.problem);
    assert_int_equal(desk.pairings.count, 2);
    for (int i = 0; i < 2; i++) {
        const struct pairing *pairing = &desk.pairings.pairing[i];
        assert_string_equal(pairing->label, "device");
        assert_true(pairing->epoch > index_revoked_epoch(desk.index, pairing->holder));
    }
    desk_close(&desk);
    office_close(&office);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(window__is_open_while_its_opener_holds_it),
        cmocka_unit_test(window__ends_with_its_opener),
        cmocka_unit_test(window__is_one_at_a_time),
        cmocka_unit_test(window__gives_one_try_whoever_asks),
        cmocka_unit_test(window__that_was_burnt_is_closed_for_its_opener_too),
        cmocka_unit_test(window__that_is_not_whole_or_private_is_closed),
        cmocka_unit_test(request__comes_back_from_its_file),
        cmocka_unit_test(request__names_the_line_that_is_wrong),
        cmocka_unit_test(request__holder_and_key_belong_together),
        cmocka_unit_test(approve__pairs_by_the_code_and_by_no_other),
        cmocka_unit_test(approve__of_a_second_device_leaves_the_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
