/* What fleet pair leaves behind: tokens, and blocks in fleet.conf. */
#include "tests/support/cmocka_all.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tui/fleet_file.h"

enum { PATH_CHARS = 512 };

struct place {
    char folder[PATH_CHARS], config[PATH_CHARS + 32];
    char error[CONFIG_ERROR_CHARS];
};

static int entry_remove(const char *path, const struct stat *status, int type,
                        struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

static int set_up(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    const char *base = getenv("TMPDIR");
    assert_non_null(place);
    snprintf(place->folder, sizeof place->folder, "%s/fleet-file-XXXXXX",
             base && *base ? base : "/tmp");
    assert_non_null(mkdtemp(place->folder));
    snprintf(place->config, sizeof place->config, "%s/new/fleet.conf", place->folder);
    *state = place;
    return 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;
    nftw(place->folder, entry_remove, 16, FTW_DEPTH | FTW_PHYS);
    free(place);
    return 0;
}

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* Static, until the next call but one. */
static const char *read_text(const char *path)
{
    static char texts[2][65536];
    static int next;
    char *text = texts[next++ % 2];
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t length = fread(text, 1, sizeof texts[0] - 1, file);
    text[length] = '\0';
    fclose(file);
    return text;
}

static mode_t mode_of(const char *path)
{
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    return status.st_mode & 07777;
}

static struct fleet_entry entry_of(const char *entity, uint8_t number)
{
    struct fleet_entry entry = {.entity = entity, .address = "127.0.0.1:7440"};
    memset(entry.key, number, HASH_BYTES);
    return entry;
}

static bool append(struct place *place, const char *entity, uint8_t number)
{
    struct fleet_entry entry = entry_of(entity, number);
    return fleet_block_append(place->config, &entry, NULL, "EUR", place->error);
}

static void sign_pairing(struct token *token, uint8_t archive)
{
    uint8_t seed[KEY_BYTES] = {archive};
    struct key_pair authority;
    struct link root = {.depth = 2,
                        .rights = RIGHT_READ_ROWS,
                        .not_before_ms = 1,
                        .not_after_ms = 2,
                        .epoch = 1,
                        .subject = SUBJECT_DELEGATE,
                        .max_rows = 1};
    key_pair_from_seed(&authority, seed);
    memcpy(root.totebox, authority.public_key, KEY_BYTES);
    memcpy(root.subject_bytes, authority.public_key, KEY_BYTES);
    assert_true(random_bytes(root.nonce, sizeof root.nonce));
    *token = (struct token){.count = 0};
    assert_int_equal(token_append(token, &root, &authority), PSP_OK);
}

/* --- the block -----------------------------------------------------------------------
 */

static void a_new_file__has_the_block_and_a_portfolio(void **state)
{
    struct place *place = *state;
    struct fleet_entry entry = entry_of("ALD", 7);
    assert_true(fleet_block_append(place->config, &entry, "/keys/one.pem", "EUR",
                                   place->error));
    struct config *config = config_load(place->config, place->error);
    assert_non_null(config);
    assert_string_equal(config->device_path, "/keys/one.pem");
    assert_int_equal(config->totebox_count, 1);
    const struct config_totebox *totebox = &config->toteboxes[0];
    assert_string_equal(totebox->entity, "ALD");
    assert_string_equal(totebox->host, "127.0.0.1");
    assert_int_equal(totebox->port, 7440);
    assert_int_equal(totebox->pin_count, 1);
    assert_memory_equal(totebox->pins[0], entry.key, HASH_BYTES);
    char token[2 * PATH_CHARS];
    snprintf(token, sizeof token, "%s/new/pairings/ALD.token", place->folder);
    assert_string_equal(totebox->token, token);
    assert_string_equal(config->portfolios[0].currency, "EUR");
    config_free(config);
    assert_int_equal(mode_of(place->config), 0600);
}

static void an_old_file__keeps_every_byte_and_its_mode(void **state)
{
    static const char old[] =
        "# mine\ntitle = \"x\" // kept\ntotebox \"BIR\" {\n  address "
        "= \"[::1]:1\"\n  key = \"SHA256:"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\" }";
    struct place *place = *state;
    snprintf(place->config, sizeof place->config, "%s/fleet.conf", place->folder);
    write_text(place->config, old);
    assert_int_equal(chmod(place->config, 0640), 0);
    assert_true(append(place, "ALD", 7));
    const char *text = read_text(place->config);
    assert_int_equal(strncmp(text, old, strlen(old)), 0);
    assert_int_equal(strncmp(text + strlen(old), "\n\ntotebox \"ALD\" {\n", 18), 0);
    assert_null(strstr(text, "portfolio"));
    assert_int_equal(mode_of(place->config), 0640);
    assert_true(append(place, "CED", 8));
    struct config *config = config_load(place->config, place->error);
    assert_non_null(config);
    assert_int_equal(config->totebox_count, 3);
    config_free(config);
}

static void a_block__that_is_there_is_left_alone(void **state)
{
    struct place *place = *state;
    assert_true(append(place, "ALD", 7));
    const char *before = read_text(place->config);
    assert_false(append(place, "ALD", 8));
    assert_non_null(strstr(place->error, "has a totebox block of this name"));
    assert_string_equal(before, read_text(place->config));
}

static void a_file__with_a_mistake_is_left_alone(void **state)
{
    struct place *place = *state;
    snprintf(place->config, sizeof place->config, "%s/fleet.conf", place->folder);
    write_text(place->config, "totebox \"A\" {");
    assert_false(append(place, "ALD", 7));
    assert_non_null(strstr(place->error, "fleet.conf:1: "));
    assert_string_equal(read_text(place->config), "totebox \"A\" {");
}

static void a_link__to_the_file_stays_a_link(void **state)
{
    struct place *place = *state;
    char target[2 * PATH_CHARS];
    struct stat status;
    snprintf(target, sizeof target, "%s/real.conf", place->folder);
    snprintf(place->config, sizeof place->config, "%s/fleet.conf", place->folder);
    write_text(target, "title = \"x\"\n");
    assert_int_equal(symlink("real.conf", place->config), 0);
    assert_true(append(place, "ALD", 7));
    assert_int_equal(lstat(place->config, &status), 0);
    assert_true(S_ISLNK(status.st_mode));
    assert_non_null(strstr(read_text(target), "totebox \"ALD\""));
}

static void an_address__cannot_write_other_settings(void **state)
{
    static const char *const addresses[] = {"h\" device = \"x:1", "h\\:1", "${HOME}:1",
                                            "h\n:1"};
    struct place *place = *state;
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        struct fleet_entry entry = entry_of("ALD", 7);
        char block[FLEET_BLOCK_CHARS];
        entry.address = addresses[i];
        assert_false(fleet_block_write(&entry, block));
        assert_false(
            fleet_block_append(place->config, &entry, NULL, "EUR", place->error));
        assert_int_equal(access(place->config, F_OK), -1);
    }
}

static void many_at_once__lose_no_block(void **state)
{
    enum { WRITERS = 12 };
    struct place *place = *state;
    for (int i = 0; i < WRITERS; i++)
        if (fork() == 0) {
            char entity[8];
            snprintf(entity, sizeof entity, "E%d", i);
            _exit(!append(place, entity, (uint8_t)i));
        }
    for (int i = 0; i < WRITERS; i++) {
        int status;
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    struct config *config = config_load(place->config, place->error);
    assert_non_null(config);
    assert_int_equal(config->totebox_count, WRITERS);
    config_free(config);
}

/* --- the token -----------------------------------------------------------------------
 */

static void a_token__is_private_and_may_be_renewed(void **state)
{
    struct place *place = *state;
    struct token token;
    char path[2 * PATH_CHARS];
    snprintf(path, sizeof path, "%s/new/pairings/ALD.token", place->folder);
    for (int i = 0; i < 2; i++) {
        sign_pairing(&token, 1);
        assert_true(fleet_token_store(place->config, "ALD", &token, place->error));
        token_release(&token);
        assert_int_equal(mode_of(path), 0600);
    }
    char folder[2 * PATH_CHARS];
    snprintf(folder, sizeof folder, "%s/new/pairings", place->folder);
    assert_int_equal(mode_of(folder), 0700);
}

/* An archive says itself which entity it is: it could say that it is another one. */
static void a_token__of_another_archive_is_not_replaced(void **state)
{
    struct place *place = *state;
    struct token token;
    char path[2 * PATH_CHARS];
    snprintf(path, sizeof path, "%s/new/pairings/ALD.token", place->folder);
    sign_pairing(&token, 1);
    assert_true(fleet_token_store(place->config, "ALD", &token, place->error));
    token_release(&token);
    sign_pairing(&token, 2);
    assert_false(fleet_token_store(place->config, "ALD", &token, place->error));
    assert_non_null(strstr(place->error, "another archive"));
    write_text(path, "no token at all");
    assert_false(fleet_token_store(place->config, "ALD", &token, place->error));
    assert_string_equal(read_text(path), "no token at all");
    token_release(&token);
}

static void the_default_place__is_the_persons_own(void **state)
{
    char path[PATH_CHARS];
    (void)state;
    setenv("FLEET_CONFIG", "/a/b.conf", 1);
    assert_true(fleet_file_default(path, sizeof path));
    assert_string_equal(path, "/a/b.conf");
    unsetenv("FLEET_CONFIG");
    setenv("XDG_CONFIG_HOME", "/x", 1);
    assert_true(fleet_file_default(path, sizeof path));
    assert_string_equal(path, "/x/fleet/fleet.conf");
    unsetenv("XDG_CONFIG_HOME");
    setenv("HOME", "/h", 1);
    assert_true(fleet_file_default(path, sizeof path));
    assert_string_equal(path, "/h/.config/fleet/fleet.conf");
    assert_false(fleet_file_default(path, 10));
    unsetenv("HOME");
    assert_false(fleet_file_default(path, sizeof path));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_new_file__has_the_block_and_a_portfolio,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_old_file__keeps_every_byte_and_its_mode,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_block__that_is_there_is_left_alone, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_file__with_a_mistake_is_left_alone, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_link__to_the_file_stays_a_link, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(an_address__cannot_write_other_settings, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(many_at_once__lose_no_block, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_token__is_private_and_may_be_renewed, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_token__of_another_archive_is_not_replaced,
                                        set_up, tear_down),
        cmocka_unit_test(the_default_place__is_the_persons_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
