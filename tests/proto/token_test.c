#include "tests/support/cmocka_all.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/proto/token_drafts.h"
#include "tests/support/fixture.h"

/* --- against the reference implementation */

static struct token load_token(const char *name)
{
    char path[256];
    struct token token = {0};

    snprintf(path, sizeof path, "tests/golden/psp/tokens/%s.tok", name);
    struct buffer file = fixture_load(path);
    assert_int_equal(token_read(buffer_bytes(&file), buffer_length(&file), &token),
                     PSP_OK);
    buffer_release(&file);
    return token;
}

static void assert_is_golden(const struct token *token, const char *name)
{
    struct token golden = load_token(name);

    assert_int_equal(token->count, golden.count);
    for (uint32_t i = 0; i < golden.count; i++) {
        assert_int_equal(token->link[i].length, golden.link[i].length);
        assert_memory_equal(token->link[i].body, golden.link[i].body,
                            golden.link[i].length);
        assert_memory_equal(token->link[i].signature, golden.link[i].signature,
                            SIGNATURE_BYTES);
    }
    token_release(&golden);
}

static void token_append__writes_what_the_reference_writes(void **state)
{
    (void)state;
    struct token pairing = {0};
    append(&pairing, pairing_link(), &authority);
    assert_is_golden(&pairing, "pairing");

    struct {
        const char *name;
        struct link link;
    } second[] = {{"leaf", leaf_link()},
                  {"wide", wide_link()},
                  {"cmd", command_link()},
                  {"opgrant", op_link()}};
    for (unsigned i = 0; i < sizeof second / sizeof *second; i++) {
        struct token token;
        assert_int_equal(token_copy(&token, &pairing), PSP_OK);
        append(&token, second[i].link, &aggregator);
        assert_is_golden(&token, second[i].name);
        if (i == 3) {
            append(&token, opleaf_link(), &operator_key);
            assert_is_golden(&token, "opleaf");
        }
        token_release(&token);
    }
    token_release(&pairing);
}

/* "ok ..." or "refused code: why", as verdicts.txt has it. */
static void judge(const char *name, char verdict[256])
{
    struct token token = load_token(name);
    struct token_policy policy = usual_policy();
    struct authority *granted = NULL;
    const char *why = NULL;
    enum psp_error error = token_verify(&token, &policy, &granted, &why);

    if (error != PSP_OK) {
        assert_non_null(psp_error_wire(error));
        snprintf(verdict, 256, "refused %s: %s", psp_error_wire(error), why);
    } else {
        struct text label = authority_label(granted);
        snprintf(verdict, 256,
                 "ok rights=0x%" PRIx32 " window=%" PRId64 "..%" PRId64
                 " maxRows=%" PRIu32 " label=%.*s",
                 authority_rights(granted), authority_not_before_ms(granted),
                 authority_not_after_ms(granted), authority_max_rows(granted),
                 (int)label.length, label.bytes);
        authority_free(granted);
    }
    token_release(&token);
}

static void token_verify__judges_as_the_reference_does(void **state)
{
    struct buffer file = fixture_load("tests/golden/psp/tokens/verdicts.txt");
    unsigned count = 0;
    char *rest, *line;

    (void)state;
    assert_true(buffer_append(&file, "", 1));
    for (line = strtok_r((char *)buffer_bytes(&file), "\n", &rest); line;
         line = strtok_r(NULL, "\n", &rest)) {
        char verdict[256];
        char *expected = strstr(line, ".tok: ");
        assert_non_null(expected);
        *expected = '\0';
        expected += strlen(".tok: ");
        judge(line, verdict);
        if (strcmp(verdict, expected) != 0)
            fail_msg("%s: %s, not %s", line, verdict, expected);
        count++;
    }
    assert_int_equal(count, 21);
    buffer_release(&file);
}

static void token_verify__names_links_as_the_reference_does(void **state)
{
    static const char *const names[] = {
        "1da3772df6ce92557dfd3807f4fa4b01ac3d432102af56d432072f90163074b9",
        "7258f848f9e1d1265fd77b98c21b20b381051a7d7d0a69da5a199607d7b6cf9d",
        "0be0548380a88f6201cc7ecd962ca0146a3f0f1a70d3defe8c68cc7ada0547c5"};
    struct token token = load_token("opleaf");
    struct token_policy policy = usual_policy();
    struct authority *granted;
    const char *why;

    (void)state;
    assert_int_equal(token_verify(&token, &policy, &granted, &why), PSP_OK);
    assert_int_equal(authority_link_count(granted), 3);
    for (uint32_t i = 0; i < 3; i++) {
        uint8_t expected[HASH_BYTES];
        hex_read(names[i], expected, sizeof expected);
        assert_memory_equal(authority_link_id(granted, i), expected, HASH_BYTES);
    }
    assert_ptr_equal(authority_leaf_id(granted), authority_link_id(granted, 2));
    assert_memory_equal(authority_pairing_key(granted), aggregator.public_key,
                        KEY_BYTES);
    assert_int_equal(authority_min_group(granted), 0);
    authority_free(granted);
    token_release(&token);
}

/* --- refusals, one defect each */

static void token_verify__refuses_each_defect_by_its_code(void **state)
{
    (void)state;
    for (size_t i = 0; i < TOKEN_CASES; i++) {
        struct draft draft = usual_draft();
        token_cases[i].edit(&draft);
        struct token token = token_of_draft(&draft);
        struct authority *granted = NULL;
        const char *why = NULL;
        enum psp_error error = token_verify(&token, &draft.policy, &granted, &why);
        if (error != token_cases[i].code)
            fail_msg("%s: %s (%s)", token_cases[i].name, psp_error_words(error),
                     why ? why : "");
        if (error != PSP_OK)
            assert_non_null(why);
        authority_free(granted);
        token_release(&token);
    }
}

static void link_encode__refuses_fields_that_break_a_rule(void **state)
{
    static const struct text unsorted[] = {{"b", 1}, {"a", 1}};
    static const struct text twice[] = {{"a", 1}, {"a", 1}};
    static const struct text spaced[] = {{"a b", 3}};
    static const struct text empty[] = {{"", 0}};
    static char long_name[LABEL_BYTES_MAX + 1];
    static const struct text too_long[] = {{long_name, sizeof long_name}};
    static const struct text controls[] = {{"a\x1b[2J", 5}};
    struct set names[] = {NAMES(unsorted), NAMES(twice),    NAMES(spaced),
                          NAMES(empty),    NAMES(too_long), {.kind = SET_NAMES}};
    struct buffer out;

    (void)state;
    memset(long_name, 'x', sizeof long_name);
    buffer_init(&out);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct scope scope = {.views = names[i], .rows = ALL, .columns = ALL};
        struct link link = leaf_link();
        set_scopes(&link, &scope, 1);
        assert_int_equal(link_encode(&link, &out), PSP_MALFORMED);
        link = leaf_link();
        link.verbs = names[i];
        assert_int_equal(link_encode(&link, &out), PSP_MALFORMED);
    }
    struct set rows[] = {NAMES(unsorted),
                         NAMES(controls),
                         {.kind = SET_PREFIX, .prefix = {"", 0}},
                         {.kind = SET_PREFIX, .prefix = {"\xff", 1}}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct scope scope = {.views = ALL, .rows = rows[i], .columns = ALL};
        struct link link = leaf_link();
        set_scopes(&link, &scope, 1);
        assert_int_equal(link_encode(&link, &out), PSP_MALFORMED);
    }
    struct link link = leaf_link();
    link.label = (struct text){long_name, sizeof long_name};
    assert_int_equal(link_encode(&link, &out), PSP_MALFORMED);
    link = leaf_link();
    link.subject = SUBJECT_NONE;
    assert_int_equal(link_encode(&link, &out), PSP_MALFORMED);
    link = leaf_link();
    link.not_after_ms = link.not_before_ms;
    assert_int_equal(link_encode(&link, &out), PSP_MALFORMED);
    link = leaf_link();
    link.subject = SUBJECT_DELEGATE;
    memset(link.subject_bytes, 0, KEY_BYTES);
    assert_int_equal(link_encode(&link, &out), PSP_MALFORMED);
    assert_int_equal(buffer_length(&out), 0);
    buffer_release(&out);
}

static void link_encode__limits_the_body(void **state)
{
    static char digits[SET_NAMES_MAX + 1][4];
    static struct text many[SET_NAMES_MAX + 1];
    struct scope scope = {.views = ALL, .columns = ALL};
    struct link link = leaf_link();
    struct buffer out;

    (void)state;
    for (unsigned i = 0; i <= SET_NAMES_MAX; i++) {
        snprintf(digits[i], sizeof digits[i], "%03u", i);
        many[i] = (struct text){digits[i], 3};
    }
    buffer_init(&out);
    set_scopes(&link, &scope, 1);
    scope.rows = (struct set){.kind = SET_NAMES, .names = many, .count = 220};
    assert_int_equal(link_encode(&link, &out), PSP_OK);
    assert_true(buffer_length(&out) <= LINK_BYTES_MAX);
    struct link_arena arena;
    struct link back;
    assert_int_equal(
        link_decode(buffer_bytes(&out), buffer_length(&out), &arena, &back), PSP_OK);
    assert_int_equal(back.scopes[0].rows.count, 220);
    buffer_truncate(&out, 0);
    scope.rows.count = SET_NAMES_MAX;
    assert_int_equal(link_encode(&link, &out), PSP_LIMIT);
    scope.rows.count = SET_NAMES_MAX + 1;
    assert_int_equal(link_encode(&link, &out), PSP_MALFORMED);
    assert_int_equal(buffer_length(&out), 0);
    buffer_release(&out);
}

/* Five links can only come over the wire. */
static void token_read__refuses_a_fifth_link(void **state)
{
    struct token token = load_token("leaf"), again = {0};
    struct buffer out;

    (void)state;
    buffer_init(&out);
    for (uint32_t links = 4; links <= 5; links++) {
        struct builder builder;
        struct struct_builder root =
            builder_open(&builder, &out, PSP_TOKEN_DATA_WORDS, PSP_TOKEN_PTRS);
        struct list_builder list =
            builder_structs(root, PSP_TOKEN_LINKS_PTR, links, 0, PSP_SIGNED_LINK_PTRS);
        for (uint32_t i = 0; i < links; i++)
            builder_data(list_builder_struct(list, i), PSP_SIGNED_LINK_BODY_PTR,
                         token.link[0].body, token.link[0].length);
        assert_int_equal(builder_close(&builder, NULL), PSP_OK);
        assert_int_equal(token_read(buffer_bytes(&out), buffer_length(&out), &again),
                         links == 4 ? PSP_OK : PSP_LIMIT);
        buffer_truncate(&out, 0);
    }
    struct link fifth = leaf_link();
    assert_int_equal(again.count, 4);
    assert_int_equal(token_append(&again, &fifth, &authority), PSP_LIMIT);
    assert_int_equal(again.count, 4);
    token_release(&again);
    token_release(&token);
    buffer_release(&out);
}

static void token_write__and_token_read_are_inverse(void **state)
{
    struct token token = load_token("opleaf"), again = {0};
    struct buffer out;

    (void)state;
    buffer_init(&out);
    assert_int_equal(token_write(&token, &out), PSP_OK);
    assert_int_equal(token_read(buffer_bytes(&out), buffer_length(&out), &again),
                     PSP_OK);
    assert_is_golden(&again, "opleaf");
    token_release(&again);
    /* Cut anywhere, it is none. */
    for (size_t length = 0; length < buffer_length(&out); length++)
        assert_int_not_equal(token_read(buffer_bytes(&out), length, &again), PSP_OK);
    token_release(&token);
    buffer_release(&out);
}

static void link_decode__takes_only_canonical_bodies(void **state)
{
    static const char *const bad[] = {"bad-far-pointer",     "bad-hole",
                                      "bad-padding",         "bad-segment-order",
                                      "bad-trailing",        "bad-unknown-data",
                                      "bad-unknown-pointer", "bad-no-nul"};
    struct link_arena arena;
    struct link link;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct token token = load_token(bad[i]);
        assert_int_equal(
            link_decode(token.link[1].body, token.link[1].length, &arena, &link),
            PSP_MALFORMED);
        token_release(&token);
    }
    struct token token = load_token("leaf");
    assert_int_equal(
        link_decode(token.link[1].body, token.link[1].length, &arena, &link), PSP_OK);
    assert_int_equal(link.rights, 0x1f);
    assert_true(text_equal(link.label, TEXT("operator-7")));
    assert_int_equal(link.scopes[0].columns.count, 3);
    token_release(&token);
}

/* A proof by exporter is worth something on its own connection only. */
static void proof_by_exporter__is_bound_to_the_connection(void **state)
{
    struct draft draft = usual_draft();
    uint8_t message[PURPOSE_BYTES + 2 * HASH_BYTES], exporter[HASH_BYTES] = {1, 2, 3};
    uint8_t spki[SPKI_BYTES], signature[SIGNATURE_BYTES];
    struct authority *granted = NULL;
    const char *why;

    (void)state;
    holder_of_key(operator_key.public_key, draft.link[1].subject_bytes);
    struct token token = token_of_draft(&draft);
    purpose_write("PointSav PSP proof v1", message);
    memcpy(message + PURPOSE_BYTES, exporter, HASH_BYTES);
    link_id(token.link[1].body, token.link[1].length,
            message + PURPOSE_BYTES + HASH_BYTES);
    sign(&operator_key, message, sizeof message, signature);
    spki_of_key(operator_key.public_key, spki);

    struct token_policy policy = draft.policy;
    assert_int_equal(token_verify(&token, &policy, &granted, &why), PSP_HOLDER);
    policy.exporter = exporter;
    policy.proof_spki = (struct text){(const char *)spki, sizeof spki};
    policy.proof_signature = (struct text){(const char *)signature, sizeof signature};
    assert_int_equal(token_verify(&token, &policy, &granted, &why), PSP_OK);
    authority_free(granted);

    uint8_t elsewhere[HASH_BYTES] = {1, 2, 4};
    policy.exporter = elsewhere;
    assert_int_equal(token_verify(&token, &policy, &granted, &why), PSP_HOLDER);
    policy.exporter = NULL;
    assert_int_equal(token_verify(&token, &policy, &granted, &why), PSP_HOLDER);
    policy.exporter = exporter;
    policy.proof_signature.length--;
    assert_int_equal(token_verify(&token, &policy, &granted, &why), PSP_HOLDER);
    policy.proof_signature.length++;
    spki_of_key(stranger.public_key, spki);
    assert_int_equal(token_verify(&token, &policy, &granted, &why), PSP_HOLDER);
    token_release(&token);
}

static void token_cache__remembers_signatures_only(void **state)
{
    struct draft draft = usual_draft();
    struct token token = token_of_draft(&draft);
    static struct token_cache cache;
    struct authority *granted;
    const char *why;

    (void)state;
    draft.policy.cache = &cache;
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(token_verify(&token, &draft.policy, &granted, &why), PSP_OK);
        authority_free(granted);
        assert_int_equal(cache.next, 2);
    }
    draft.policy.epoch = 2;
    assert_int_equal(token_verify(&token, &draft.policy, &granted, &why), PSP_REVOKED);
    draft.policy.epoch = 1;
    token.link[1].signature[0] ^= 1;
    assert_int_equal(token_verify(&token, &draft.policy, &granted, &why),
                     PSP_SIGNATURE);
    assert_int_equal(cache.next, 2);
    token_release(&token);
}

static struct authority *grant(const struct token *token)
{
    struct token_policy policy = usual_policy();
    struct authority *granted = NULL;
    const char *why;

    assert_int_equal(token_verify(token, &policy, &granted, &why), PSP_OK);
    return granted;
}

/* The leaf of "wide" asks for everything and gets what the pairing has. */
static void authority__is_what_every_link_permits(void **state)
{
    struct token wide = load_token("wide"), leaf = load_token("leaf"),
                 op = load_token("opleaf");
    struct authority *all = grant(&wide), *some = grant(&leaf), *less = grant(&op);

    (void)state;
    assert_true(authority_sees_view(all, TEXT("position")));
    assert_true(authority_sees_view(all, TEXT("ledger")));
    assert_false(authority_sees_view(all, TEXT("secret")));
    assert_true(
        authority_sees_cell(all, TEXT("ledger"), TEXT("1000"), TEXT("balance")));
    assert_false(authority_sees_cell(all, TEXT("ledger"), TEXT("1000"), TEXT("memo")));
    assert_false(authority_sees_row(all, TEXT("ledger"), TEXT("2000")));
    assert_true(authority_sees_row(all, TEXT("position"), TEXT("anything")));
    assert_false(authority_sees_column(all, TEXT("ledger"), TEXT("memo")));
    assert_int_equal(authority_max_rows(all), 100);

    assert_true(authority_sees_row(some, TEXT("position"), TEXT("P-0001")));
    assert_false(authority_sees_row(some, TEXT("position"), TEXT("P-0002")));
    assert_false(authority_sees_view(some, TEXT("ledger")));
    assert_true(authority_sees_column(some, TEXT("position"), TEXT("noi")));
    assert_false(authority_sees_column(some, TEXT("position"), TEXT("units")));

    /* Three links: rows by the second, columns by the third. */
    assert_true(
        authority_sees_cell(less, TEXT("position"), TEXT("P-9"), TEXT("units")));
    assert_true(authority_sees_row(less, TEXT("position"), TEXT("P-")));
    assert_false(authority_sees_row(less, TEXT("position"), TEXT("P")));
    assert_false(authority_sees_row(less, TEXT("position"), TEXT("Q-9")));
    assert_false(authority_sees_column(less, TEXT("position"), TEXT("noi")));

    uint8_t digest[HASH_BYTES] = {0};
    assert_false(authority_may_submit(all, TEXT("ping"), digest));
    authority_free(all);
    authority_free(some);
    authority_free(less);
    token_release(&wide);
    token_release(&leaf);
    token_release(&op);
}

/* Two scopes of one link do not lend each other rows and columns. */
static void authority__takes_a_cell_from_one_scope(void **state)
{
    static const struct text row_a[] = {{"a", 1}}, row_b[] = {{"b", 1}};
    static const struct text column_x[] = {{"x", 1}}, column_y[] = {{"y", 1}};
    struct scope scopes[] = {{.views = NAMES(position_view),
                              .rows = NAMES(row_a),
                              .columns = NAMES(column_x)},
                             {.views = NAMES(position_view),
                              .rows = NAMES(row_b),
                              .columns = NAMES(column_y)},
                             {.views = NAMES(position_view), .rows = ALL}};
    struct draft draft = usual_draft();

    (void)state;
    set_scopes(&draft.link[1], scopes, 3);
    struct token token = token_of_draft(&draft);
    struct authority *granted = grant(&token);
    assert_true(authority_sees_cell(granted, TEXT("position"), TEXT("a"), TEXT("x")));
    assert_true(authority_sees_cell(granted, TEXT("position"), TEXT("b"), TEXT("y")));
    assert_false(authority_sees_cell(granted, TEXT("position"), TEXT("a"), TEXT("y")));
    assert_false(authority_sees_cell(granted, TEXT("position"), TEXT("b"), TEXT("x")));
    assert_false(authority_sees_cell(granted, TEXT("position"), TEXT("c"), TEXT("x")));
    assert_true(authority_sees_row(granted, TEXT("position"), TEXT("c")));
    authority_free(granted);
    token_release(&token);
}

static void authority_may_submit__wants_verb_and_digest_in_every_link(void **state)
{
    struct draft draft = usual_draft();
    uint8_t digest[HASH_BYTES] = {5}, other[HASH_BYTES] = {6};

    (void)state;
    draft.link[1] = command_link();
    struct token token = token_of_draft(&draft);
    struct authority *granted = grant(&token);
    assert_true(authority_may_submit(granted, TEXT("ping"), digest));
    assert_true(authority_may_submit(granted, TEXT("set"), other));
    assert_false(authority_may_submit(granted, TEXT("drop"), digest));
    authority_free(granted);
    token_release(&token);

    draft.link[1].has_command = true;
    memcpy(draft.link[1].command, digest, HASH_BYTES);
    token = token_of_draft(&draft);
    granted = grant(&token);
    assert_true(authority_may_submit(granted, TEXT("ping"), digest));
    assert_false(authority_may_submit(granted, TEXT("ping"), other));
    authority_free(granted);
    token_release(&token);

    draft.link[0].verbs = (struct set){.kind = SET_NONE};
    token = token_of_draft(&draft);
    granted = grant(&token);
    assert_false(authority_may_submit(granted, TEXT("ping"), digest));
    authority_free(granted);
    token_release(&token);
}

static void a_grant_without_scopes__sees_nothing(void **state)
{
    struct draft draft = usual_draft();
    struct scope nothing_at_all = {.views = {.kind = SET_NONE}};

    (void)state;
    for (uint32_t scopes = 0; scopes < 2; scopes++) {
        set_scopes(&draft.link[1], &nothing_at_all, scopes);
        struct token token = token_of_draft(&draft);
        struct authority *granted = grant(&token);
        assert_false(authority_sees_view(granted, TEXT("position")));
        assert_false(authority_sees_row(granted, TEXT("position"), TEXT("P-0001")));
        authority_free(granted);
        token_release(&token);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(token_append__writes_what_the_reference_writes),
        cmocka_unit_test(token_verify__judges_as_the_reference_does),
        cmocka_unit_test(token_verify__names_links_as_the_reference_does),
        cmocka_unit_test(token_verify__refuses_each_defect_by_its_code),
        cmocka_unit_test(link_encode__refuses_fields_that_break_a_rule),
        cmocka_unit_test(link_encode__limits_the_body),
        cmocka_unit_test(token_read__refuses_a_fifth_link),
        cmocka_unit_test(token_write__and_token_read_are_inverse),
        cmocka_unit_test(link_decode__takes_only_canonical_bodies),
        cmocka_unit_test(proof_by_exporter__is_bound_to_the_connection),
        cmocka_unit_test(token_cache__remembers_signatures_only),
        cmocka_unit_test(authority__is_what_every_link_permits),
        cmocka_unit_test(authority__takes_a_cell_from_one_scope),
        cmocka_unit_test(authority_may_submit__wants_verb_and_digest_in_every_link),
        cmocka_unit_test(a_grant_without_scopes__sees_nothing),
    };
    return cmocka_run_group_tests(tests, make_keys, NULL);
}
