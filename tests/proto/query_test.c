/* query_test.c - queries, deltas and the other structs as C values, both ways. */
#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>

#include "proto/layout.h"
#include "proto/query.h"

struct envelope {
    struct buffer buffer;
    struct message message;
};

static struct struct_reader envelope_open(struct envelope *envelope)
{
    assert_int_equal(message_open(&envelope->message, buffer_bytes(&envelope->buffer),
                                  buffer_length(&envelope->buffer)),
                     PSP_OK);
    return message_root(&envelope->message);
}

static struct struct_reader send_query(struct envelope *envelope,
                                       const struct query *query)
{
    struct builder builder;
    buffer_init(&envelope->buffer);
    query_build(query, builder_open(&builder, &envelope->buffer, query_data_words,
                                    query_pointers));
    assert_int_equal(builder_close(&builder, NULL), PSP_OK);
    return envelope_open(envelope);
}

/* --- queries
 * -------------------------------------------------------------------------- */

static void set_equal(const struct set *a, const struct set *b)
{
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->count, b->count);
    assert_true(text_equal(a->prefix, b->prefix));
    for (uint32_t i = 0; i < a->count; i++)
        assert_true(text_equal(a->names[i], b->names[i]));
}

static void query__comes_back(void **state)
{
    (void)state;
    static const struct text keys[] = {{"ALD|2025", 8}, {"ALD|2026", 8}},
                             columns[] = {{"cur", 3}, {"move", 4}, {"open", 4}};
    const struct query cases[] = {
        {.view = TEXT("pos")},
        {.view = TEXT("pos"), .rows = {.kind = SET_ALL}, .columns = {.kind = SET_ALL}},
        {.view = TEXT("A-z_0.9"),
         .rows = {.kind = SET_PREFIX, .prefix = TEXT("ALD|2025|")},
         .columns = {.kind = SET_NAMES, .names = columns, .count = 3},
         .limit = UINT32_MAX,
         .cursor = TEXT("\0\1\2"),
         .as_of_ms = -5},
        {.view = TEXT("pos"), .rows = {.kind = SET_NAMES, .names = keys, .count = 2}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct envelope envelope;
        struct query_arena arena = {.used = 0};
        struct query query;
        const char *why = NULL;
        assert_int_equal(
            query_read(send_query(&envelope, &cases[i]), &arena, &query, &why), PSP_OK);
        assert_true(text_equal(query.view, cases[i].view));
        set_equal(&query.rows, &cases[i].rows);
        set_equal(&query.columns, &cases[i].columns);
        assert_int_equal(query.limit, cases[i].limit);
        assert_int_equal(query.as_of_ms, cases[i].as_of_ms);
        assert_true(text_equal(query.cursor, cases[i].cursor));
        assert_int_equal(arena.used, cases[i].rows.count + cases[i].columns.count);
        buffer_release(&envelope.buffer);
    }
}

/* What selects nothing is null: one meaning, one encoding. */
static void query__of_empty_sets_sends_none(void **state)
{
    (void)state;
    struct envelope envelope;
    const struct query query = {.view = TEXT("pos"),
                                .rows = {.kind = SET_NAMES},
                                .columns = {.kind = SET_NAMES}};
    struct struct_reader reader = send_query(&envelope, &query);
    assert_false(reader_has(reader, PSP_QUERY_ROWS_PTR));
    assert_false(reader_has(reader, PSP_QUERY_COLUMNS_PTR));
    assert_false(reader_has(reader, PSP_QUERY_CURSOR_PTR));
    buffer_release(&envelope.buffer);
}

static void query__that_breaks_a_rule_is_refused(void **state)
{
    (void)state;
    static char long_name[66], long_key[257];
    memset(long_name, 'x', 65);
    memset(long_key, 'x', 256);
    static const struct text unsorted[] = {{"b", 1}, {"a", 1}},
                             twice[] = {{"a", 1}, {"a", 1}}, empty[] = {{"", 0}},
                             spaced[] = {{"a b", 3}}, control[] = {{"a\n", 2}};
    const struct text long_names[] = {text_of(long_name)},
                      long_keys[] = {text_of(long_key)};
#define ROWS(names_, count_)                                                           \
    .view = TEXT("pos"), .rows = {                                                     \
        .kind = SET_NAMES,                                                             \
        .names = (names_),                                                             \
        .count = (count_)                                                              \
    }
#define COLUMNS(names_, count_)                                                        \
    .view = TEXT("pos"),                                                               \
    .columns = {.kind = SET_NAMES, .names = (names_), .count = (count_)}
    const struct {
        const char *name;
        struct query query;
    } cases[] = {
        {"view-empty", {.view = TEXT("")}},
        {"view-spaced", {.view = TEXT("a b")}},
        {"view-long", {.view = long_names[0]}},
        {"keys-unsorted", {ROWS(unsorted, 2)}},
        {"keys-twice", {ROWS(twice, 2)}},
        {"keys-empty", {ROWS(empty, 1)}},
        {"keys-control", {ROWS(control, 1)}},
        {"keys-long", {ROWS(long_keys, 1)}},
        {"prefix-empty", {.view = TEXT("pos"), .rows = {.kind = SET_PREFIX}}},
        {"prefix-control",
         {.view = TEXT("pos"), .rows = {.kind = SET_PREFIX, .prefix = TEXT("\x7f")}}},
        {"columns-unsorted", {COLUMNS(unsorted, 2)}},
        {"columns-twice", {COLUMNS(twice, 2)}},
        {"columns-spaced", {COLUMNS(spaced, 1)}},
        {"columns-long", {COLUMNS(long_names, 1)}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct envelope envelope;
        struct query_arena arena = {.used = 0};
        struct query query;
        const char *why = NULL;
        struct struct_reader reader = send_query(&envelope, &cases[i].query);
        if (query_read(reader, &arena, &query, &why) != PSP_MALFORMED || !why)
            fail_msg("%s was taken", cases[i].name);
        buffer_release(&envelope.buffer);
    }
}

static void query__of_an_unknown_set_is_refused(void **state)
{
    (void)state;
    for (uint16_t pointer = PSP_QUERY_ROWS_PTR; pointer <= PSP_QUERY_COLUMNS_PTR;
         pointer++) {
        struct envelope envelope;
        struct query_arena arena = {.used = 0};
        struct query query;
        struct builder builder;
        const char *why = NULL;
        buffer_init(&envelope.buffer);
        struct struct_builder root =
            builder_open(&builder, &envelope.buffer, query_data_words, query_pointers);
        builder_text(root, PSP_QUERY_VIEW_PTR, TEXT("pos"));
        builder_set_u16(builder_struct(root, pointer, 1, 1), 0,
                        pointer == PSP_QUERY_ROWS_PTR ? 4 : 3);
        assert_int_equal(builder_close(&builder, NULL), PSP_OK);
        assert_int_equal(query_read(envelope_open(&envelope), &arena, &query, &why),
                         PSP_MALFORMED);
        buffer_release(&envelope.buffer);
    }
}

static void query__sets_have_256_names_and_the_arena_1024(void **state)
{
    (void)state;
    static struct text names[257];
    static char letters[257][8];
    struct envelope envelope;
    struct query_arena arena = {.used = 0};
    struct query query, many = {.view = TEXT("pos")};
    const char *why = NULL;
    for (uint32_t i = 0; i < 257; i++) {
        snprintf(letters[i], sizeof letters[i], "n%04u", i);
        names[i] = text_of(letters[i]);
    }
    many.rows = many.columns = (struct set){SET_NAMES, names, 257, {0}};
    assert_int_equal(query_read(send_query(&envelope, &many), &arena, &query, &why),
                     PSP_LIMIT);
    buffer_release(&envelope.buffer);
    many.rows.count = many.columns.count = 256;
    struct struct_reader reader = send_query(&envelope, &many);
    arena.used = 0;
    for (int i = 0; i < 2; i++)
        assert_int_equal(query_read(reader, &arena, &query, &why), PSP_OK);
    assert_int_equal(arena.used, 1024);
    assert_int_equal(query_read(reader, &arena, &query, &why), PSP_LIMIT);
    buffer_release(&envelope.buffer);
}

static void query__of_a_null_struct_is_refused(void **state)
{
    (void)state;
    struct query_arena arena = {.used = 0};
    struct query query;
    const char *why = NULL;
    assert_int_equal(query_read((struct struct_reader){0}, &arena, &query, &why),
                     PSP_MALFORMED);
}

/* --- deltas
 * --------------------------------------------------------------------------- */

struct sent_delta {
    const char *name;
    uint16_t kind;
    const char *resume;
    uint32_t changes;
    const char *views[17];
    uint64_t revision, change_revision;
    const char *cursor, *deleted;
    const char *why; /* of delta_read, or of delta_change; NULL: taken */
    bool at_change;
};

static struct struct_reader send_delta(struct envelope *envelope,
                                       const struct sent_delta *sent)
{
    struct builder builder;
    buffer_init(&envelope->buffer);
    struct struct_builder delta =
        builder_open(&builder, &envelope->buffer, PSP_DELTA_DATA_WORDS, PSP_DELTA_PTRS);
    builder_set_u64(delta, PSP_DELTA_SEQ_OFF, 3);
    builder_set_u16(delta, PSP_DELTA_KIND_OFF, sent->kind);
    builder_set_i64(delta, PSP_DELTA_AS_OF_MS_OFF, 44);
    builder_set_u64(delta, PSP_DELTA_REVISION_OFF, sent->revision);
    struct list_builder changes =
        builder_structs(delta, PSP_DELTA_CHANGES_PTR, sent->changes,
                        PSP_CHANGE_DATA_WORDS, PSP_CHANGE_PTRS);
    for (uint32_t i = 0; i < sent->changes; i++) {
        struct struct_builder change = list_builder_struct(changes, i);
        struct struct_builder batch = builder_struct(
            change, PSP_CHANGE_UPSERTS_PTR, PSP_BATCH_DATA_WORDS, PSP_BATCH_PTRS);
        builder_set_u64(batch, PSP_BATCH_REVISION_OFF, sent->change_revision);
        builder_text(batch, PSP_BATCH_VIEW_PTR, text_of(sent->views[i]));
        if (sent->cursor)
            builder_text(batch, PSP_BATCH_NEXT_CURSOR_PTR, text_of(sent->cursor));
        if (sent->deleted) {
            struct list_builder deletes =
                builder_list(change, PSP_CHANGE_DELETES_PTR, ELEMENT_POINTER, 1);
            list_builder_text(deletes, 0, text_of(sent->deleted));
        }
    }
    if (sent->resume)
        builder_data(delta, PSP_DELTA_RESUME_PTR, sent->resume, strlen(sent->resume));
    assert_int_equal(builder_close(&builder, NULL), PSP_OK);
    return envelope_open(envelope);
}

#define NINE_VIEWS "entity", "own", "pos", "metric", "item", "obl", "fx", "note", "link"

static const struct sent_delta deltas[] = {
    {.name = "heartbeat", .kind = DELTA_HEARTBEAT, .resume = "r"},
    {.name = "snapshot", .kind = DELTA_SNAPSHOT, .changes = 1, .views = {"pos"}},
    {.name = "snapshot-end",
     .kind = DELTA_SNAPSHOT_END,
     .changes = 9,
     .views = {NINE_VIEWS},
     .resume = "r"},
    {.name = "update-part", .kind = DELTA_UPDATE_PART, .changes = 1, .views = {"fx"}},
    {.name = "update-that-deletes",
     .kind = DELTA_UPDATE,
     .changes = 1,
     .views = {"fx"},
     .deleted = "ALD|USD|EUR|2025|closing",
     .resume = "r"},
    {.name = "update-of-nothing", .kind = DELTA_UPDATE},
    {.name = "reset", .kind = DELTA_RESET},
    {.name = "ended", .kind = DELTA_ENDED},
    {.name = "kind-7", .kind = 7, .why = "a delta of an unknown kind"},
    {.name = "kind-ffff", .kind = 0xffff, .why = "a delta of an unknown kind"},
    {.name = "heartbeat-with-change",
     .kind = DELTA_HEARTBEAT,
     .changes = 1,
     .views = {"pos"},
     .why = "a delta that changes nothing has changes"},
    {.name = "ended-with-change",
     .kind = DELTA_ENDED,
     .changes = 1,
     .views = {"pos"},
     .why = "a delta that changes nothing has changes"},
    {.name = "part-with-resume",
     .kind = DELTA_UPDATE_PART,
     .resume = "r",
     .why = "a part has a position to resume from"},
    {.name = "view-twice",
     .kind = DELTA_UPDATE,
     .changes = 3,
     .views = {"pos", "fx", "pos"},
     .why = "a delta changes a view twice"},
    {.name = "views-17",
     .kind = DELTA_UPDATE,
     .changes = 17,
     .views = {"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13",
               "14", "15", "16", "17"},
     .why = "a delta changes too many views"},
    {.name = "other-revision",
     .kind = DELTA_UPDATE,
     .changes = 1,
     .views = {"pos"},
     .revision = 8,
     .change_revision = 7,
     .at_change = true,
     .why = "a change is of another revision than its delta"},
    {.name = "paged",
     .kind = DELTA_UPDATE,
     .changes = 1,
     .views = {"pos"},
     .cursor = "c",
     .at_change = true,
     .why = "a change continues on another page"},
    {.name = "deleted-escape",
     .kind = DELTA_UPDATE,
     .changes = 1,
     .views = {"pos"},
     .deleted = "ALD|\x1b",
     .at_change = true,
     .why = "a deleted key is not legal"},
    {.name = "deleted-nothing",
     .kind = DELTA_UPDATE,
     .changes = 1,
     .views = {"pos"},
     .deleted = "",
     .at_change = true,
     .why = "a deleted key is not legal"},
};

static enum psp_error read_delta(const struct sent_delta *sent,
                                 struct struct_reader reader, const char **why)
{
    struct delta delta;
    enum psp_error error = delta_read(reader, &delta, why);
    if (error != PSP_OK) {
        assert_false(sent->at_change);
        return error;
    }
    assert_int_equal(delta.seq, 3);
    assert_int_equal(delta.kind, sent->kind);
    assert_int_equal(delta.as_of_ms, 44);
    assert_int_equal(delta.revision, sent->revision);
    assert_int_equal(delta.resume.length, sent->resume ? strlen(sent->resume) : 0);
    assert_int_equal(delta.changes.count, sent->changes);
    for (uint32_t i = 0; i < delta.changes.count && error == PSP_OK; i++) {
        struct batch batch;
        struct list_reader deletes;
        error = delta_change(&delta, i, &batch, &deletes, why);
        if (error != PSP_OK)
            break;
        assert_string_equal(view_table(batch.view)->name, sent->views[i]);
        assert_int_equal(deletes.count, sent->deleted != NULL);
    }
    return error;
}

static void delta__is_judged(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof deltas / sizeof deltas[0]; i++) {
        struct envelope envelope;
        const char *why = NULL;
        const struct sent_delta *sent = &deltas[i];
        enum psp_error error = read_delta(sent, send_delta(&envelope, sent), &why);
        if (!sent->why && error != PSP_OK)
            fail_msg("%s: %s", sent->name, why);
        if (sent->why &&
            (error != PSP_MALFORMED || !why || strcmp(why, sent->why) != 0))
            fail_msg("%s: error %d, %s", sent->name, (int)error, why ? why : "-");
        buffer_release(&envelope.buffer);
    }
}

static void delta__of_a_null_struct_is_refused(void **state)
{
    (void)state;
    struct delta delta;
    const char *why = NULL;
    assert_int_equal(delta_read((struct struct_reader){0}, &delta, &why),
                     PSP_MALFORMED);
    assert_string_equal(why, "there is no delta");
}

/* --- identity, grant, health
 * ---------------------------------------------------------- */

static struct struct_reader close_in_field(struct envelope *envelope,
                                           struct builder *builder)
{
    assert_int_equal(builder_close(builder, NULL), PSP_OK);
    return reader_struct(envelope_open(envelope), 0);
}

static void identity__comes_back(void **state)
{
    (void)state;
    struct envelope envelope;
    struct builder builder;
    struct identity sent = {.protocol_min = 1,
                            .protocol_max = 2,
                            .clock_ms = 3,
                            .max_rows_per_reply = 4,
                            .max_window_ms = 5,
                            .max_skew_ms = 6,
                            .software = TEXT("seven")},
                    read;
    memset(sent.authority, 8, sizeof sent.authority);
    memset(sent.boot_id, 9, sizeof sent.boot_id);
    buffer_init(&envelope.buffer);
    identity_build(&sent, builder_open(&builder, &envelope.buffer, 0, 1), 0);
    struct struct_reader reader = close_in_field(&envelope, &builder);
    assert_int_equal(identity_read(reader, &read), PSP_OK);
    assert_memory_equal(read.authority, sent.authority, sizeof sent.authority);
    assert_memory_equal(read.boot_id, sent.boot_id, sizeof sent.boot_id);
    assert_int_equal(read.protocol_min, 1);
    assert_int_equal(read.protocol_max, 2);
    assert_int_equal(read.clock_ms, 3);
    assert_int_equal(read.max_rows_per_reply, 4);
    assert_int_equal(read.max_window_ms, 5);
    assert_int_equal(read.max_skew_ms, 6);
    assert_true(text_equal(read.software, TEXT("seven")));
    struct struct_reader limits = reader_struct(reader, PSP_IDENTITY_LIMITS_PTR);
    assert_int_equal(reader_u16(limits, PSP_LIMITS_MAX_QUESTIONS_OFF), 256);
    assert_int_equal(reader_u16(limits, PSP_LIMITS_MAX_WATCHES_OFF), 64);
    assert_int_equal(reader_u16(limits, PSP_LIMITS_MAX_CREDIT_OFF), 16);
    assert_int_equal(reader_u32(limits, PSP_LIMITS_MAX_MESSAGE_WORDS_OFF), 1 << 17);
    /* A key of another length names nobody. */
    assert_int_equal(identity_read(limits, &read), PSP_MALFORMED);
    assert_int_equal(identity_read((struct struct_reader){0}, &read), PSP_MALFORMED);
    buffer_release(&envelope.buffer);
}

static void grant_info__comes_back(void **state)
{
    (void)state;
    struct envelope envelope;
    struct builder builder;
    struct grant_info sent = {.rights = 1,
                              .not_before_ms = -2,
                              .not_after_ms = 3,
                              .max_rows = 4,
                              .min_group = 5,
                              .clock_ms = 6},
                      read;
    memset(sent.link_id, 7, sizeof sent.link_id);
    buffer_init(&envelope.buffer);
    grant_info_build(&sent, builder_open(&builder, &envelope.buffer, 0, 1), 0);
    assert_int_equal(grant_info_read(close_in_field(&envelope, &builder), &read),
                     PSP_OK);
    assert_memory_equal(&read, &sent, sizeof sent);
    assert_int_equal(grant_info_read((struct struct_reader){0}, &read), PSP_MALFORMED);
    buffer_release(&envelope.buffer);
}

static void health__comes_back(void **state)
{
    (void)state;
    struct envelope envelope;
    struct builder builder;
    struct health sent = {.state = 4,
                          .clock_ms = 1,
                          .uptime_ms = 2,
                          .revision = 3,
                          .last_commit_ms = 4,
                          .storage_used = 5,
                          .storage_total = 6,
                          .row_count = 7,
                          .lifecycle = 3,
                          .checkpoint = TEXT("note")},
                  read;
    buffer_init(&envelope.buffer);
    health_build(&sent, builder_open(&builder, &envelope.buffer, 0, 1), 0);
    assert_int_equal(health_read(close_in_field(&envelope, &builder), &read), PSP_OK);
    assert_true(text_equal(read.checkpoint, sent.checkpoint));
    read.checkpoint = sent.checkpoint;
    assert_memory_equal(&read, &sent, sizeof sent);
    buffer_release(&envelope.buffer);

    /* States of a later version. */
    sent.state = 5;
    sent.lifecycle = 4;
    buffer_init(&envelope.buffer);
    health_build(&sent, builder_open(&builder, &envelope.buffer, 0, 1), 0);
    assert_int_equal(health_read(close_in_field(&envelope, &builder), &read), PSP_OK);
    assert_int_equal(read.state, 0);
    assert_int_equal(read.lifecycle, 0);
    assert_int_equal(health_read((struct struct_reader){0}, &read), PSP_MALFORMED);
    buffer_release(&envelope.buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(query__comes_back),
        cmocka_unit_test(query__of_empty_sets_sends_none),
        cmocka_unit_test(query__that_breaks_a_rule_is_refused),
        cmocka_unit_test(query__of_an_unknown_set_is_refused),
        cmocka_unit_test(query__sets_have_256_names_and_the_arena_1024),
        cmocka_unit_test(query__of_a_null_struct_is_refused),
        cmocka_unit_test(delta__is_judged),
        cmocka_unit_test(delta__of_a_null_struct_is_refused),
        cmocka_unit_test(identity__comes_back),
        cmocka_unit_test(grant_info__comes_back),
        cmocka_unit_test(health__comes_back),
    };
    return cmocka_run_group_tests_name("query", tests, NULL, NULL);
}
