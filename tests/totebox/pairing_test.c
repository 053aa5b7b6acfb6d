#include "totebox/pairing.h"

#include "proto/token.h"

#include "tests/totebox/archive_support.h"

enum { DAY_MS = 86400000 };

static const char exposure[] =
    "expose \"group\" { to = {\"aggregator\"} views = {\"own\", \"pos\"} "
    "periods = {\"2025\"} window = \"30d\" }\n";

static void make(struct office *office, struct key_pair *device,
                 struct pairing *pairing)
{
    office_files(office, "ALD", "USD", "", exposure);
    assert_true(key_pair_generate(device));
    memset(pairing, 0, sizeof(*pairing));
    memcpy(pairing->delegate, device->public_key, KEY_BYTES);
    holder_of_key(device->public_key, pairing->holder);
    snprintf(pairing->role, sizeof(pairing->role), "aggregator");
    snprintf(pairing->label, sizeof(pairing->label), "alice");
    pairing->epoch = 7;
}

/* What an aggregator does with a pairing: it adds a leaf for its TLS key. */
static enum psp_error present(const struct office *office,
                              const struct pairing *pairing,
                              const struct key_pair *device, uint64_t epoch,
                              struct authority **authority)
{
    struct text views[] = {TEXT("own"), TEXT("pos")};
    struct scope scope = {.views = {.kind = SET_NAMES, .names = views, .count = 2},
                          .rows = {.kind = SET_ALL},
                          .columns = {.kind = SET_ALL}};
    struct link leaf = {.depth = 0,
                        .rights = RIGHT_READ_ROWS,
                        .not_before_ms = office->now_ms,
                        .not_after_ms = office->now_ms + 60000,
                        .subject = SUBJECT_HOLDER,
                        .scopes = &scope,
                        .scope_count = 1,
                        .max_rows = TOKEN_ROWS_UNLIMITED,
                        .label = TEXT("session")};
    struct token_policy policy = {.authority = office->archive->authority.public_key,
                                  .epoch = epoch,
                                  .clock_ms = office->now_ms + 1000,
                                  .need_right = RIGHT_READ_ROWS,
                                  .tls_peer = pairing->holder};
    const char *why = "";
    struct token token;
    enum psp_error error;

    assert_int_equal(token_read(pairing->token, pairing->token_length, &token), PSP_OK);
    memcpy(leaf.totebox, office->archive->authority.public_key, KEY_BYTES);
    memcpy(leaf.subject_bytes, pairing->holder, HASH_BYTES);
    assert_int_equal(token_append(&token, &leaf, device), PSP_OK);
    error = token_verify(&token, &policy, authority, &why);
    token_release(&token);
    return error;
}

static void pairing__lets_the_device_delegate_to_its_own_key(void **state)
{
    static struct pairing pairing;
    struct authority *authority = NULL;
    struct key_pair device;
    struct office office;

    (void)state;
    make(&office, &device, &pairing);
    assert_ok(pairing_sign(&pairing, office.archive, office.now_ms,
                           90 * (int64_t)DAY_MS, &office.problem),
              office.problem);
    /* exposure.conf allows 30 days. */
    assert_int_equal(pairing.not_after_ms - pairing.not_before_ms,
                     30 * (int64_t)DAY_MS);
    assert_int_equal(present(&office, &pairing, &device, 7, &authority), PSP_OK);
    assert_true(authority_sees_view(authority, TEXT("pos")));
    assert_false(authority_sees_view(authority, TEXT("metric")));
    assert_memory_equal(authority_pairing_key(authority), device.public_key, KEY_BYTES);
    authority_free(authority);
    assert_int_equal(present(&office, &pairing, &device, 8, &authority), PSP_REVOKED);
    office_close(&office);
}

static void pairing__is_refused_where_nothing_is_exposed(void **state)
{
    static struct pairing pairing;
    struct key_pair device;
    struct office office;

    (void)state;
    make(&office, &device, &pairing);
    snprintf(pairing.role, sizeof(pairing.role), "lender");
    assert_int_equal(
        pairing_sign(&pairing, office.archive, office.now_ms, DAY_MS, &office.problem),
        ARCHIVE_REFUSED);
    assert_non_null(strstr(office.problem.words, "exposes nothing to the role lender"));
    office_close(&office);
}

static void pairing__comes_back_from_its_file(void **state)
{
    static struct pairing pairing;
    struct pairings pairings;
    struct key_pair device;
    struct office office;
    const char *path;

    (void)state;
    make(&office, &device, &pairing);
    assert_ok(
        pairing_sign(&pairing, office.archive, office.now_ms, DAY_MS, &office.problem),
        office.problem);
    assert_ok(pairing_store(&pairing, office.folder.path, &office.problem),
              office.problem);
    assert_ok(pairings_load(&pairings, office.folder.path, &office.problem),
              office.problem);
    assert_int_equal(pairings.count, 1);
    assert_memory_equal(&pairings.pairing[0], &pairing, sizeof(pairing));
    assert_ptr_equal(pairings_by_holder(&pairings, pairing.holder), pairings.pairing);
    assert_ptr_equal(pairings_by_delegate(&pairings, pairing.delegate),
                     pairings.pairing);
    assert_null(pairings_by_holder(&pairings, pairing.delegate));
    pairings_release(&pairings);

    char name[128] = "pairings/";
    for (int i = 0; i < HASH_BYTES; i++)
        snprintf(name + 9 + 2 * i, 3, "%02x", pairing.holder[i]);
    memcpy(name + 9 + 2 * HASH_BYTES, ".pairing", 9);
    path = folder_file(&office.folder, name);
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(pairings_load(&pairings, office.folder.path, &office.problem),
                     ARCHIVE_REFUSED);
    assert_non_null(strstr(office.problem.words, "chmod 600"));
    assert_int_equal(chmod(path, 0600), 0);
    /* Under another key's name it is somebody else's. */
    name[9] = name[9] == '0' ? '1' : '0';
    assert_int_equal(rename(path, folder_file(&office.folder, name)), 0);
    assert_int_equal(pairings_load(&pairings, office.folder.path, &office.problem),
                     ARCHIVE_REFUSED);
    office_close(&office);
}

static void pairing__names_the_line_that_is_wrong(void **state)
{
    static const struct {
        const char *from, *to, *words;
    } changes[] = {
        {"pairing 1", "pairing 2", ":1: this version"},
        {"holder SHA256:", "holder SHA257:", ":2: holder must"},
        {"delegate ", "delegate !", ":3: delegate must"},
        {"role agg", "role Agg", ":4: role must"},
        {"role", "rule", ":4: this line must begin"},
        {"label alice", "label al\001ce", ":5: label must"},
        {"epoch 7", "epoch 0", ":6: epoch must"},
        {"not-before 2", "not-before x", ":7: not-before must"},
        {"not-after 2026", "not-after 1026", ":8: not-after must"},
        {"token ", "token ?", ":9: token must"},
    };
    static struct pairing pairing, read;
    struct key_pair device;
    struct office office;
    struct buffer text;

    (void)state;
    make(&office, &device, &pairing);
    assert_ok(
        pairing_sign(&pairing, office.archive, office.now_ms, DAY_MS, &office.problem),
        office.problem);
    buffer_init(&text);
    assert_true(pairing_write(&pairing, &text) && buffer_append(&text, "", 1));
    for (unsigned i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        char changed[PAIRING_TOKEN_MAX];
        const char *whole = (const char *)buffer_bytes(&text);
        const char *at = strstr(whole, changes[i].from);
        assert_non_null(at);
        snprintf(changed, sizeof(changed), "%.*s%s%s", (int)(at - whole), whole,
                 changes[i].to, at + strlen(changes[i].from));
        assert_int_equal(pairing_parse(text_of(changed), "p", &read, &office.problem),
                         ARCHIVE_REFUSED);
        if (!strstr(office.problem.words, changes[i].words))
            fail_msg("%u: \"%s\"", i, office.problem.words);
    }
    assert_ok(pairing_parse(text_of((const char *)buffer_bytes(&text)), "p", &read,
                            &office.problem),
              office.problem);
    assert_true(buffer_length(&text) < PAIRING_TOKEN_MAX);
    buffer_release(&text);
    office_close(&office);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairing__lets_the_device_delegate_to_its_own_key),
        cmocka_unit_test(pairing__is_refused_where_nothing_is_exposed),
        cmocka_unit_test(pairing__comes_back_from_its_file),
        cmocka_unit_test(pairing__names_the_line_that_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
