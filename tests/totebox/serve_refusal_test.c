/* serve_refusal_test.c - each defect that a capability can have, at both ends: the
 * archive answers with the code, and a fleet whose link presents it shows that state.
 */
#include "tests/proto/token_drafts.h"
#include "tests/totebox/serve_peer.h"

/* --- what the fleet's link presents --------------------------------------------------
 */

static const struct token *minted; /* instead of what the link would mint; or NULL */
static uint32_t mints;

struct fleet_link;
enum psp_error __real_link_mint(const struct fleet_link *link, struct token *token);
enum psp_error __wrap_link_mint(const struct fleet_link *link, struct token *token);
enum psp_error __wrap_link_mint(const struct fleet_link *link, struct token *token)
{
    if (!minted)
        return __real_link_mint(link, token);
    mints++;
    return token_copy(token, minted);
}

static bool has_been_judged(struct bench *bench)
{
    return mints > 0 && (is_refused(bench) || is_down(bench));
}

static const struct {
    enum psp_error code;
    enum link_state state;
    enum refusal_kind kind;
    const char *words;
} shown[] = {
    {PSP_SIGNATURE, LINK_REFUSED, REFUSED_NOT_PAIRED,
     "the pairing does not verify: pair again"},
    {PSP_AUDIENCE, LINK_REFUSED, REFUSED_NOT_PAIRED,
     "the pairing is for another archive"},
    {PSP_HOLDER, LINK_REFUSED, REFUSED_NOT_PAIRED,
     "the pairing is for another device key"},
    {PSP_REVOKED, LINK_REFUSED, REFUSED_REVOKED, "revoked by the archive's owner"},
    {PSP_EXPIRED, LINK_REFUSED, REFUSED_EXPIRED,
     "the pairing's window is over: pair again"},
    {PSP_NOTYET, LINK_REFUSED, REFUSED_EXPIRED,
     "the capability's window has not begun: check clocks"},
    {PSP_DENIED, LINK_REFUSED, REFUSED_DENIED, "not permitted by the archive"},
    {PSP_MALFORMED, LINK_REFUSED, REFUSED_INCOMPATIBLE,
     "the archive cannot read our capability"},
    {PSP_LIMIT, LINK_REFUSED, REFUSED_INCOMPATIBLE, "over a limit of the archive"},
};

static void assert_is_shown(struct bench *bench, const char *name, enum psp_error code)
{
    mints = 0;
    links_ask_again(bench->links, 0);
    if (run_until(bench, has_been_judged) < 0)
        fail_msg("%s: the link is %s", name, link_state_name(status(bench)->state));
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        if (shown[i].code != code)
            continue;
        if (status(bench)->state != shown[i].state ||
            status(bench)->refusal != shown[i].kind ||
            strcmp(status(bench)->reason, shown[i].words) != 0)
            fail_msg("%s: %s, %s", name, link_state_name(status(bench)->state),
                     status(bench)->reason);
        return;
    }
    fail_msg("%s: no state for %s", name, psp_error_words(code));
}

/* --- the table -----------------------------------------------------------------------
 */

/* The drafts' keys are the archive's and the device's. */
static void take_keys(struct bench *bench)
{
    struct archive *archive;
    struct problem problem;
    make_keys(NULL);
    assert_int_equal(archive_open(&archive, archive_folder(bench), &problem),
                     ARCHIVE_OK);
    authority = archive->authority;
    archive_close(archive);
    aggregator = bench->device;
    holder_of_key(bench->device.public_key, holder);
}

/* The clock that a draft wants is the one there is: its windows move instead.  What has
 * not begun is not to begin while we speak. */
static void move_to_now(struct draft *draft, enum psp_error code)
{
    int64_t by_ms = start_ms + MINUTE_MS / 2 - draft->policy.clock_ms;
    if (by_ms > 0 && code == PSP_NOTYET)
        by_ms += MINUTE_MS / 6;
    for (uint32_t i = 0; i < draft->count; i++) {
        draft->link[i].not_before_ms += by_ms;
        draft->link[i].not_after_ms += by_ms;
    }
}

static void serve__refuses_each_defect_by_its_code_at_both_ends(void **state)
{
    struct bench bench;
    struct peer peer;
    uint32_t refused = 0, accepted = 0;
    (void)state;
    archive_make(&bench);
    server_start(&bench, "127.0.0.1:0");
    links_open(&bench);
    assert_true(run_until(&bench, is_live) >= 0);
    peer_open(&peer, &bench, bench.identity);
    take_keys(&bench);
    for (size_t i = 0; i < TOKEN_CASES; i++) {
        const struct token_case *row = &token_cases[i];
        if (row->is_judged_only)
            continue;
        start_ms = net_wall_ms() - MINUTE_MS / 2;
        struct draft draft = usual_draft();
        row->edit(&draft);
        move_to_now(&draft, row->code);
        struct token token = token_of_draft(&draft);
        enum psp_error code = peer_present(&peer, &token, NULL);
        if (code != row->code)
            fail_msg("%s: %s", row->name, psp_error_words(code));
        minted = &token;
        if (code == PSP_OK) {
            caller_release(peer.caller, peer.grant);
            accepted++;
        } else {
            assert_is_shown(&bench, row->name, code);
            refused++;
        }
        minted = NULL;
        token_release(&token);
    }
    print_message("%u defects refused at both ends, %u tokens in order\n", refused,
                  accepted);
    assert_true(refused >= 40 && accepted >= 4);
    links_ask_again(bench.links, 0); /* and with what is in order all is well */
    assert_true(run_until(&bench, is_live) >= 0);
    peer_close(&peer);
    bench_close(&bench);
}

/* --- relayed -------------------------------------------------------------------------
 */

static void pair_device(struct bench *bench, const struct key_pair *device)
{
    char public_key[64];
    base64_write(device->public_key, KEY_BYTES, public_key);
    const char *pair[] = {"totebox",      "pair",     archive_folder(bench),
                          "--public-key", public_key, "--label",
                          "other",        NULL};
    must_run(pair);
}

static void serve__takes_a_capability_from_its_holder_only(void **state)
{
    struct bench bench;
    struct peer owner, thief;
    struct key_pair other;
    struct channel_identity *other_identity;
    (void)state;
    archive_make(&bench);
    assert_true(key_pair_generate(&other));
    pair_device(&bench, &other);
    assert_int_equal(channel_identity_new(&other, &other_identity), PSP_OK);
    server_start(&bench, "127.0.0.1:0");
    links_open(&bench);
    assert_true(run_until(&bench, is_live) >= 0);
    peer_open(&owner, &bench, bench.identity);
    peer_open(&thief, &bench, other_identity);
    struct token token = peer_token(&owner, peer_leaf(&owner, MINUTE_MS));
    assert_int_equal(peer_present(&owner, &token, NULL), PSP_OK);
    assert_int_equal(peer_present(&thief, &token, NULL), PSP_HOLDER);
    /* The fleet, with a leaf of another device. */
    struct link leaf = peer_leaf(&owner, MINUTE_MS);
    holder_of_key(other.public_key, leaf.subject_bytes);
    struct token for_other = peer_token(&owner, leaf);
    minted = &for_other;
    assert_is_shown(&bench, "relayed", PSP_HOLDER);
    minted = NULL;
    token_release(&for_other);
    token_release(&token);
    peer_close(&owner);
    peer_close(&thief);
    channel_identity_free(other_identity);
    bench_close(&bench);
}

static void serve__takes_no_capability_of_another_archive(void **state)
{
    struct bench here, there;
    struct peer at_home, abroad;
    (void)state;
    archive_make(&here);
    archive_make(&there);
    there.device = here.device; /* the same device, paired with both */
    pair_device(&there, &here.device);
    server_start(&here, "127.0.0.1:0");
    server_start(&there, "127.0.0.1:0");
    links_open(&here);
    links_open(&there);
    peer_open(&at_home, &here, here.identity);
    peer_open(&abroad, &there, there.identity);
    struct token token = peer_token(&at_home, peer_leaf(&at_home, MINUTE_MS));
    assert_int_equal(peer_present(&at_home, &token, NULL), PSP_OK);
    assert_int_equal(peer_present(&abroad, &token, NULL), PSP_SIGNATURE);
    /* Its own pairing, and a leaf that names the other. */
    struct link leaf = peer_leaf(&abroad, MINUTE_MS);
    memcpy(leaf.totebox, at_home.root.totebox, KEY_BYTES);
    struct token mixed = peer_token(&abroad, leaf);
    assert_int_equal(peer_present(&abroad, &mixed, NULL), PSP_AUDIENCE);
    token_release(&mixed);
    token_release(&token);
    peer_close(&at_home);
    peer_close(&abroad);
    bench_close(&here);
    bench_close(&there);
}

/* An operator behind a hub: the key that holds is not the one of the connection. */
static void serve__binds_a_proof_to_one_connection(void **state)
{
    struct bench bench;
    struct peer here, elsewhere;
    struct key_pair operator, other;
    struct exporter_proof proof, spoilt;
    uint8_t exporter[HASH_BYTES];
    (void)state;
    archive_make(&bench);
    assert_true(key_pair_generate(&operator));
    assert_true(key_pair_generate(&other));
    server_start(&bench, "127.0.0.1:0");
    links_open(&bench);
    peer_open(&here, &bench, bench.identity);
    peer_open(&elsewhere, &bench, bench.identity);
    struct link leaf = peer_leaf(&here, MINUTE_MS);
    holder_of_key(operator.public_key, leaf.subject_bytes);
    struct token token = peer_token(&here, leaf);
    assert_int_equal(peer_present(&here, &token, NULL), PSP_HOLDER);
    assert_int_equal(channel_exporter(stream_channel(here.stream), exporter), PSP_OK);
    exporter_prove(&operator, exporter, &token, &proof);
    assert_int_equal(peer_present(&here, &token, &proof), PSP_OK);
    assert_int_equal(peer_present(&elsewhere, &token, &proof), PSP_HOLDER);
    spoilt = proof;
    spoilt.signature[0] ^= 1;
    assert_int_equal(peer_present(&here, &token, &spoilt), PSP_HOLDER);
    exporter_prove(&other, exporter, &token, &spoilt);
    assert_int_equal(peer_present(&here, &token, &spoilt), PSP_HOLDER);
    struct token renewed = peer_token(&here, peer_leaf(&here, MINUTE_MS));
    assert_int_equal(peer_present(&here, &renewed, &proof), PSP_HOLDER);
    token_release(&renewed);
    token_release(&token);
    peer_close(&here);
    peer_close(&elsewhere);
    bench_close(&bench);
}

/* --- a chain of four -----------------------------------------------------------------
 */

struct page {
    struct peer *peer;
    enum psp_error error;
    uint32_t rows;
    char first[ROW_KEY_MAX + 1];
    bool is_there;
};
static struct page *the_page;

static bool page_is_there(struct bench *bench)
{
    (void)bench;
    return the_page->is_there;
}

static void on_page(void *user, const struct answer *answer)
{
    struct page *page = user;
    struct batch batch;
    const char *why;
    page->is_there = true;
    page->error = answer->error;
    if (answer->error != PSP_OK)
        return;
    assert_int_equal(batch_open(reader_struct(answer->results, 0), &batch, &why),
                     PSP_OK);
    page->rows = batch.row_count;
    if (batch.row_count) {
        struct text key = batch_key(&batch, 0);
        snprintf(page->first, sizeof page->first, "%.*s", (int)key.length, key.bytes);
    }
}

static struct page ask(struct peer *peer, struct query query)
{
    struct page page = {.peer = peer};
    the_page = &page;
    assert_int_equal(caller_read(peer->caller, peer->grant, &query, on_page, &page),
                     PSP_OK);
    stream_flush(peer->stream);
    assert_true(run_until(peer->bench, page_is_there) >= 0);
    return page;
}

#define EVERY                                                                          \
    {                                                                                  \
        .kind = SET_ALL                                                                \
    }

/* The pairing, then an operator (two views), a tenant (rows by prefix, a short window,
 * other rights) and a leaf that asks for everything. */
static struct token narrowing_chain(const struct peer *peer)
{
    static const struct text two_views[] = {{"entity", 6}, {"metric", 6}};
    static const struct scope views = {
        .views = {.kind = SET_NAMES, .names = two_views, .count = 2},
        .rows = EVERY,
        .columns = EVERY};
    static const struct scope rows = {
        .views = EVERY,
        .rows = {.kind = SET_PREFIX, .prefix = {"SRV|m1", 6}},
        .columns = EVERY};
    struct token token;
    struct link root = peer->root, link = peer_leaf(peer, 30 * MINUTE_MS);
    static const struct scope all = {.views = EVERY, .rows = EVERY, .columns = EVERY};
    root.depth = 3;
    root.scopes = &all;
    root.scope_count = 1;
    root.label = TEXT("pairing");
    root.verbs = (struct set){0};
    token = (struct token){0};
    append(&token, root, &authority);
    link.depth = 2;
    link.scopes = &views;
    link.rights = 0x1f;
    link.label = TEXT("operator");
    for_delegate(&link, &operator_key);
    append(&token, link, &peer->bench->device);
    link.depth = 1;
    link.scopes = &rows;
    link.rights = RIGHT_READ_ROWS | RIGHT_HEALTH;
    link.max_rows = 7;
    link.not_after_ms = net_wall_ms() + 1500;
    for_delegate(&link, &tenant_key);
    append(&token, link, &operator_key);
    link = peer_leaf(peer, 20 * MINUTE_MS);
    link.rights = 0x1f;
    append(&token, link, &tenant_key);
    return token;
}

static void serve__judges_a_read_by_every_link(void **state)
{
    static const struct text key = {"SRV|m2|2025|actual|own|USD|", 27};
    struct bench bench;
    struct peer peer;
    struct query query = {.view = TEXT("metric"), .rows = EVERY, .columns = EVERY};
    (void)state;
    archive_make(&bench);
    append_metrics(&bench, 20, "5"); /* m1 and m10 to m19: eleven with the prefix */
    server_start(&bench, "127.0.0.1:0");
    links_open(&bench);
    peer_open(&peer, &bench, bench.identity);
    take_keys(&bench);
    struct token token = narrowing_chain(&peer);
    assert_int_equal(peer_present(&peer, &token, NULL), PSP_OK);
    assert_int_equal(peer.info.rights, RIGHT_READ_ROWS | RIGHT_HEALTH);
    assert_int_equal(peer.info.max_rows, 7);
    assert_true(peer.info.not_after_ms <= net_wall_ms() + 1500);
    struct page page = ask(&peer, query);
    assert_int_equal(page.error, PSP_OK);
    assert_int_equal(page.rows, 7);
    assert_memory_equal(page.first, "SRV|m1", 6);
    query.rows = (struct set){.kind = SET_NAMES, .names = &key, .count = 1};
    page = ask(&peer, query);
    assert_int_equal(page.error, PSP_OK);
    assert_int_equal(page.rows, 0);
    query.view = TEXT("pos");
    assert_int_equal(ask(&peer, query).error, PSP_DENIED);
    turn_for(&bench, 1600);
    query.view = TEXT("metric");
    assert_int_equal(ask(&peer, query).error, PSP_EXPIRED);
    assert_int_equal(peer_present(&peer, &token, NULL), PSP_EXPIRED);
    token_release(&token);
    peer_close(&peer);
    bench_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(serve__refuses_each_defect_by_its_code_at_both_ends),
        cmocka_unit_test(serve__takes_a_capability_from_its_holder_only),
        cmocka_unit_test(serve__takes_no_capability_of_another_archive),
        cmocka_unit_test(serve__binds_a_proof_to_one_connection),
        cmocka_unit_test(serve__judges_a_read_by_every_link),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
