#include "totebox/index.h"

#include "tests/totebox/archive_support.h"

static const char everything[] =
    "expose \"all\" { to = {\"aggregator\"} granularity = \"item\" "
    "views = {\"entity\", \"own\", \"pos\", \"metric\", \"item\", \"obl\", \"fx\", "
    "\"note\"} "
    "periods = {\"2025\", \"2025-12\", \"2026\"} }\n"
    "expose \"sums\" { to = {\"lender\"} granularity = \"total\" views = {\"pos\"} "
    "periods = {\"2025\"} }\n";

static const char *name(const struct office *office, name_id id)
{
    return names_string(index_names(office->index), id);
}

static int64_t as_of(const struct office *office, enum view view, const char *key)
{
    const union any_row *row = office_row(office, view, key);
    assert_non_null(row);
    return index_row_as_of_ms(office->index, view, row);
}

/* --- positions ------------------------------------------------------------------- */

static void index__splits_postings_into_open_and_move(void **state)
{
    struct office office;
    const union any_row *row;

    (void)state;
    office_open(&office, "ALD", "USD", "", everything);
    office_post(&office, "2024-12-31", "assets:cash", "A", "cash", "100.00", "USD",
                NULL);
    office_post(&office, "2025-11-30", "assets:cash", "A", "cash", "20.00", "USD",
                NULL);
    office_post(&office, "2025-12-31", "assets:cash", "A", "cash", "3.50", "USD", NULL);
    office_post(&office, "2026-01-01", "assets:cash", "A", "cash", "0.04", "USD", NULL);
    office_commit(&office);
    row = office_row(&office, VIEW_POS, "ALD|2025|A|cash|assets:cash||USD");
    assert_non_null(row);
    assert_amount(row->pos.open, "100");
    assert_amount(row->pos.move, "23.5");
    assert_int_equal(row->pos.n, 3);
    assert_int_equal(row->pos.start, 20250101);
    assert_int_equal(row->pos.end, 20251231);
    assert_int_equal(row->row.seq, 3);
    assert_int_equal(row->pos.hist_open.mark, CELL_NOT_APPLICABLE);
    row = office_row(&office, VIEW_POS, "ALD|2025-12|A|cash|assets:cash||USD");
    assert_amount(row->pos.open, "120");
    assert_amount(row->pos.move, "3.5");
    row = office_row(&office, VIEW_POS, "ALD|2026|A|cash|assets:cash||USD");
    assert_amount(row->pos.open, "123.5");
    assert_amount(row->pos.move, "0.04");
    row = office_row(&office, VIEW_POS, "ALD|2025|A|cash|||USD");
    assert_amount(row->pos.move, "23.5");
    office_close(&office);
}

static void index__brings_old_revenue_forward_as_retained_earnings(void **state)
{
    struct office office;
    const union any_row *row;

    (void)state;
    office_open(&office, "ALD", "USD", "", everything);
    office_post(&office, "2024-06-30", "income:rent", "R", NULL, "-70.00", "USD", NULL);
    office_post(&office, "2024-06-30", "income:fees", "R", NULL, "-30.00", "USD",
                "BIR");
    office_post(&office, "2024-06-30", "assets:cash", "A", "cash", "100.00", "USD",
                NULL);
    office_commit(&office);
    row = office_row(&office, VIEW_POS,
                     "ALD|2025|Q|equity.retained|(brought forward)||USD");
    assert_non_null(row);
    assert_amount(row->pos.open, "-100");
    assert_amount(row->pos.move, "0");
    assert_int_equal(row->pos.hist_open.mark, CELL_NOT_KNOWN);
    assert_null(
        office_row(&office, VIEW_POS, "ALD|2025|R|unmapped.R|income:rent||USD"));
    row = office_row(&office, VIEW_POS, "ALD|2025|Q|equity.retained|||USD");
    assert_amount(row->pos.open, "-100");
    office_close(&office);
}

static void index__reports_each_changed_row_once(void **state)
{
    struct office office;

    (void)state;
    office_open(&office, "ALD", "USD", "", everything);
    office_post(&office, "2025-12-31", "assets:cash", "A", "cash", "5.00", "USD", NULL);
    office_post(&office, "2025-12-31", "assets:cash", "A", "cash", "6.00", "USD", NULL);
    office_commit(&office);
    /* By account in 2025, 2025-12 and 2026, by total in the same three, and entity. */
    assert_int_equal(office.changes.count, 7);
    for (uint32_t i = 0; i < office.changes.count; i++)
        assert_false(office.changes.change[i].deleted);
    assert_ok(index_apply_new_lines(office.index, &office.changes, &office.problem),
              office.problem);
    assert_int_equal(office.changes.count, 0);
    office_post(&office, "2026-05-01", "assets:cash", "A", "cash", "1.00", "USD", NULL);
    office_commit(&office);
    assert_int_equal(office.changes.count, 3);
    assert_int_equal(index_revision(office.index), 3);
    office_close(&office);
}

static void index__deletes_a_row_that_comes_to_nothing(void **state)
{
    struct office office;
    const struct index_change *change = NULL;

    (void)state;
    office_open(&office, "ALD", "USD", "", everything);
    office_post(&office, "2025-12-31", "assets:cash", "A", "cash", "5.00", "USD", NULL);
    office_commit(&office);
    office_post(&office, "2025-12-31", "assets:cash", "A", "cash", "-5.00", "USD",
                NULL);
    office_commit(&office);
    assert_null(office_row(&office, VIEW_POS, "ALD|2025|A|cash|assets:cash||USD"));
    for (uint32_t i = 0; i < office.changes.count; i++)
        if (strcmp(name(&office, office.changes.change[i].row->row.key),
                   "ALD|2025|A|cash|assets:cash||USD") == 0)
            change = &office.changes.change[i];
    if (!change) {
        fail_msg("the row was not reported");
        return;
    }
    assert_true(change->deleted);
    assert_amount(change->row->pos.move, "5");
    assert_int_equal(index_row_count(office.index, VIEW_POS), 0);
    office_post(&office, "2025-12-31", "assets:cash", "A", "cash", "7.00", "USD", NULL);
    office_commit(&office);
    assert_amount(
        office_row(&office, VIEW_POS, "ALD|2025|A|cash|assets:cash||USD")->pos.move,
        "7");
    office_close(&office);
}

static void index__takes_a_corrected_posting_out_again(void **state)
{
    struct office office;
    const union any_row *row;

    (void)state;
    office_open(&office, "ALD", "USD", "", everything);
    office_post(&office, "2025-12-31", "assets:ic:BIR", "A", NULL, "5.00", "USD",
                "BIR");
    office_post(&office, "2025-12-31", "assets:ic:BIR", "A", NULL, "6.00", "USD",
                "BIR");
    office_commit(&office);
    assert_int_equal(index_row_count(office.index, VIEW_ITEM), 2);
    assert_ok(index_may_correct(office.index, 1, &office.problem), office.problem);
    office_add(&office, LINE_CORRECTION, FIELD_OF, "1", FIELD_COUNT);
    office_commit(&office);
    row = office_row(&office, VIEW_POS, "ALD|2025|A|unmapped.A|assets:ic:BIR|BIR|USD");
    assert_amount(row->pos.move, "6");
    assert_int_equal(row->pos.n, 1);
    assert_null(office_row(&office, VIEW_ITEM, "ALD|BIR|A|assets:ic:BIR||1"));
    assert_non_null(office_row(&office, VIEW_ITEM, "ALD|BIR|A|assets:ic:BIR||2"));
    assert_int_equal(index_may_correct(office.index, 1, &office.problem),
                     ARCHIVE_REFUSED);
    assert_non_null(strstr(office.problem.words, "corrected already"));
    assert_int_equal(index_may_correct(office.index, 3, &office.problem),
                     ARCHIVE_REFUSED);
    assert_int_equal(index_may_correct(office.index, 4, &office.problem),
                     ARCHIVE_REFUSED);
    office_close(&office);
}

static void index__carries_historical_amounts_of_equity(void **state)
{
    struct office office;
    const union any_row *row;

    (void)state;
    office_open(&office, "CED", "EUR", "", everything);
    office_add(&office, LINE_POSTING, FIELD_DATE, "2024-12-31", FIELD_ACCT, "capital",
               FIELD_CLS, "Q", FIELD_LINE, "equity.capital", FIELD_AMT, "-1000000.00",
               FIELD_CUR, "EUR", FIELD_HIST_AMT, "-1080000.00", FIELD_HIST_CUR, "USD",
               FIELD_COUNT);
    office_commit(&office);
    row = office_row(&office, VIEW_POS, "CED|2025|Q|equity.capital|capital||EUR");
    assert_amount(row->pos.hist_open, "-1080000");
    assert_amount(row->pos.hist_move, "0");
    assert_string_equal(name(&office, row->pos.hist_cur), "USD");
    office_post(&office, "2025-03-01", "capital", "Q", "equity.capital", "-1.00", "EUR",
                NULL);
    office_commit(&office);
    row = office_row(&office, VIEW_POS, "CED|2025|Q|equity.capital|capital||EUR");
    assert_amount(row->pos.hist_open, "-1080000");
    assert_int_equal(row->pos.hist_move.mark, CELL_NOT_KNOWN);
    office_close(&office);
}

static void index__maps_accounts_and_commodities_by_archive_conf(void **state)
{
    struct office office;

    (void)state;
    office_open(&office, "ALD", "USD",
                "commodity \"$\" { iso = \"USD\" }\n"
                "map \"assets:bank:escrow*\" { line = \"cash.restricted\" }\n"
                "map \"assets:bank*\" { line = \"cash\" }\n",
                everything);
    office_post(&office, "2025-01-01", "assets:bank:a", "A", NULL, "1", "$", NULL);
    office_post(&office, "2025-01-01", "assets:bank:escrow:b", "A", NULL, "2", "$",
                NULL);
    office_post(&office, "2025-01-01", "assets:bank:c", "A", "other", "4", "XAU", NULL);
    office_post(&office, "2025-01-01", "equity:conversion:EUR-USD:EUR", "Q", NULL, "8",
                "EUR", NULL);
    office_commit(&office);
    assert_non_null(
        office_row(&office, VIEW_POS, "ALD|2025|A|cash|assets:bank:a||USD"));
    assert_non_null(office_row(&office, VIEW_POS,
                               "ALD|2025|A|cash.restricted|assets:bank:escrow:b||USD"));
    assert_non_null(
        office_row(&office, VIEW_POS, "ALD|2025|A|other|assets:bank:c||XAU"));
    assert_non_null(
        office_row(&office, VIEW_POS,
                   "ALD|2025|Q|equity.conversion|equity:conversion:EUR-USD:EUR||EUR"));
    office_close(&office);
}

/* --- as-of ----------------------------------------------------------------------- */

static void index__dates_rows_by_the_newest_posting_or_the_seal(void **state)
{
    struct office office;
    const char *key = "ALD|2025|A|cash|assets:cash||USD";
    int64_t first;

    (void)state;
    office_open(&office, "ALD", "USD", "", everything);
    office_post(&office, "2025-12-31", "assets:cash", "A", "cash", "5.00", "USD", NULL);
    office_commit(&office);
    first = office.now_ms;
    assert_int_equal(as_of(&office, VIEW_POS, key), first);
    office_post(&office, "2026-12-31", "assets:other", "A", "other", "5.00", "USD",
                NULL);
    office_commit(&office);
    assert_int_equal(as_of(&office, VIEW_POS, key), first + 1000);
    office_add(&office, LINE_ASOF, FIELD_END, "2025-11-30", FIELD_COUNT);
    office_commit(&office);
    assert_int_equal(as_of(&office, VIEW_POS, key), date_ms(20251130));
    /* It does not cover what begins later. */
    assert_int_equal(as_of(&office, VIEW_POS, "ALD|2026|A|cash|assets:cash||USD"),
                     first + 1000);
    assert_int_equal(index_as_of_ms(office.index), date_ms(20251130));
    office_close(&office);
}

static void index__gives_the_rows_of_an_earlier_instant(void **state)
{
    struct archive_index *earlier;
    struct index_changes changes;
    struct index_plan plan;
    struct office office;
    const char *key = "ALD|2025|A|cash|assets:cash||USD";

    (void)state;
    office_open(&office, "ALD", "USD", "", everything);
    office_post(&office, "2025-12-31", "assets:cash", "A", "cash", "5.00", "USD", NULL);
    office_commit(&office);
    office_post(&office, "2025-12-31", "assets:cash", "A", "cash", "6.00", "USD", NULL);
    office_commit(&office);
    exposure_plan(office.archive->exposure, &plan);
    assert_ok(index_open(&earlier, office.archive, &plan, LEDGER_READ,
                         office.now_ms - 1, &office.problem),
              office.problem);
    assert_int_equal(index_revision(earlier), 1);
    assert_amount(index_find(earlier, VIEW_POS, text_of(key))->pos.move, "5");
    assert_ok(index_apply_new_lines(earlier, &changes, &office.problem),
              office.problem);
    assert_int_equal(changes.count, 0);
    assert_amount(office_row(&office, VIEW_POS, key)->pos.move, "11");
    index_close(earlier);
    office_close(&office);
}

/* --- items, facts, notes ---------------------------------------------------------- */

static void index__books_items_by_their_cost(void **state)
{
    struct office office;
    const union any_row *row;

    (void)state;
    office_open(&office, "ALD", "USD", "", everything);
    office_add(&office, LINE_POSTING, FIELD_DATE, "2025-12-15", FIELD_ACCT, "due",
               FIELD_CLS, "R", FIELD_AMT, "-20000.00", FIELD_CUR, "EUR", FIELD_COST_AMT,
               "22560.00", FIELD_COST_CUR, "USD", FIELD_COST_KIND, "total", FIELD_CP,
               "CED", FIELD_REF, "FE-25", FIELD_GRP, "FE", FIELD_ST, "*", FIELD_COUNT);
    office_add(&office, LINE_POSTING, FIELD_DATE, "2025-12-15", FIELD_ACCT, "due",
               FIELD_CLS, "R", FIELD_AMT, "3", FIELD_CUR, "EUR", FIELD_COST_AMT,
               "1.115", FIELD_COST_CUR, "USD", FIELD_COST_KIND, "unit", FIELD_CP, "CED",
               FIELD_REF, "FE-25", FIELD_COUNT);
    office_add(&office, LINE_POSTING, FIELD_DATE, "2025-12-15", FIELD_ACCT, "due",
               FIELD_CLS, "R", FIELD_AMT, "3", FIELD_CUR, "EUR", FIELD_CP, "CED",
               FIELD_COUNT);
    /* Before items-from, the start of the earliest period. */
    office_post(&office, "2024-12-31", "due", "R", NULL, "1", "USD", "CED");
    office_commit(&office);
    row = office_row(&office, VIEW_ITEM, "ALD|CED|R|due|FE-25|1");
    assert_non_null(row);
    assert_amount(row->item.amt, "-20000");
    assert_amount(row->item.booked, "-22560");
    assert_string_equal(name(&office, row->item.bcur), "USD");
    assert_string_equal(name(&office, row->item.grp), "FE");
    assert_string_equal(name(&office, row->item.st), "cleared");
    row = office_row(&office, VIEW_ITEM, "ALD|CED|R|due|FE-25|2");
    assert_amount(row->item.booked, "3.35"); /* 3.345, half away from zero */
    assert_string_equal(name(&office, row->item.st), "open");
    row = office_row(&office, VIEW_ITEM, "ALD|CED|R|due||1");
    assert_int_equal(row->item.booked.mark, CELL_NOT_KNOWN);
    assert_int_equal(index_row_count(office.index, VIEW_ITEM), 3);
    office_close(&office);
}

static void index__lets_the_newest_fact_of_a_key_hold(void **state)
{
    struct office office;
    const union any_row *row;

    (void)state;
    office_open(&office, "ALD", "USD", "", everything);
    for (int i = 0; i < 2; i++)
        office_add(&office, LINE_METRIC, FIELD_KEY, "area.rentable", FIELD_END,
                   "2025-12-31", FIELD_UNIT, "m2", FIELD_VALUE, i ? "51000" : "50000",
                   FIELD_NATURE, "stock", FIELD_SCENARIO, "actual", FIELD_BASIS, "own",
                   FIELD_QUALITY, "ok", FIELD_COUNT);
    office_add(&office, LINE_METRIC, FIELD_KEY, "occupancy", FIELD_START, "2025-01-01",
               FIELD_END, "2025-12-31", FIELD_AS_OF, "2026-01-02", FIELD_UNIT, "1",
               FIELD_NUM, "18", FIELD_DEN, "20", FIELD_NATURE, "ratio", FIELD_SCENARIO,
               "actual", FIELD_BASIS, "own", FIELD_N, "7", FIELD_QUALITY, "estimated",
               FIELD_COUNT);
    office_add(&office, LINE_EDGE, FIELD_OWNED, "BIR", FIELD_FROM, "2020-01-01",
               FIELD_ECON, "0.80", FIELD_METHOD, "full", FIELD_COUNT);
    office_add(&office, LINE_OBLIGATION, FIELD_KIND, "covenant", FIELD_ID, "dscr",
               FIELD_DUE, "2025-12-31", FIELD_OP, "min", FIELD_THRESHOLD, "1.25",
               FIELD_NUM, "150000.00", FIELD_DEN, "120000.00", FIELD_STATE, "open",
               FIELD_COUNT);
    office_commit(&office);
    row =
        office_row(&office, VIEW_METRIC, "ALD|area.rentable|2025-12-31|actual|own|m2|");
    assert_amount(row->metric.value, "51000");
    assert_int_equal(row->metric.start, 0);
    assert_int_equal(row->metric.num.mark, CELL_NOT_APPLICABLE);
    assert_int_equal(row->row.as_of_ms, office.now_ms);
    row = office_row(&office, VIEW_METRIC, "ALD|occupancy|2025|actual|own|1|");
    assert_int_equal(row->metric.value.mark, CELL_NOT_APPLICABLE);
    assert_amount(row->metric.num, "18");
    assert_int_equal(row->metric.n, 7);
    assert_int_equal(row->row.as_of_ms, date_ms(20260102));
    row = office_row(&office, VIEW_OWN, "ALD|BIR|20200101");
    assert_int_equal(row->own.econ_num, 4);
    assert_int_equal(row->own.econ_den, 5);
    assert_int_equal(row->own.vote_num, 4);
    assert_int_equal(row->own.to, 0);
    row = office_row(&office, VIEW_OBL, "ALD|covenant|dscr");
    assert_amount(row->obl.threshold, "1.25");
    assert_int_equal(row->obl.amount.mark, CELL_NOT_APPLICABLE);
    office_close(&office);
}

static void index__numbers_notes_and_lets_them_be_withdrawn(void **state)
{
    struct office office;
    const union any_row *row;

    (void)state;
    office_open(&office, "ALD", "USD", "", everything);
    for (int i = 0; i < 2; i++)
        office_add(&office, LINE_NOTE, FIELD_KIND, "note", FIELD_TARGET, "ALD|2025|A",
                   FIELD_TEXT, i ? "second" : "first", FIELD_BY, "alice", FIELD_STATE,
                   "open", FIELD_COUNT);
    office_commit(&office);
    row = office_row(&office, VIEW_NOTE, "ALD|ALD%7C2025%7CA|2");
    assert_non_null(row);
    assert_string_equal(name(&office, row->note.text), "second");
    office_add(&office, LINE_NOTE, FIELD_OF, "1", FIELD_KIND, "note", FIELD_TARGET,
               "ALD|2025|A", FIELD_BY, "alice", FIELD_STATE, "withdrawn", FIELD_COUNT);
    office_commit(&office);
    assert_int_equal(office.changes.count, 1);
    row = office_row(&office, VIEW_NOTE, "ALD|ALD%7C2025%7CA|1");
    assert_string_equal(name(&office, row->note.state), "withdrawn");
    assert_string_equal(name(&office, row->note.text), "first");
    assert_int_equal(row->note.at_ms, office.now_ms - 1000);
    office_close(&office);
}

static void index__shows_the_lifecycle_and_revocations(void **state)
{
    static const char holder[] =
        "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    struct office office;
    uint8_t hash[HASH_BYTES];

    (void)state;
    office_open(&office, "ALD", "USD", "tags = {\"sector=office\", \"region=UK\"}\n",
                everything);
    assert_string_equal(index_lifecycle(office.index), "active");
    for (unsigned i = 0; i < HASH_BYTES; i++)
        hash[i] = (uint8_t)(0x11 * (i % 16));
    assert_int_equal(index_revoked_epoch(office.index, hash), 0);
    office_add(&office, LINE_LIFECYCLE, FIELD_STATE, "archived", FIELD_COUNT);
    office_add(&office, LINE_REVOCATION, FIELD_HOLDER, holder, FIELD_EPOCH, "3",
               FIELD_COUNT);
    office_commit(&office);
    assert_string_equal(index_lifecycle(office.index), "archived");
    assert_int_equal(index_revoked_epoch(office.index, hash), 3);
    const struct entity_row *row = &office_row(&office, VIEW_ENTITY, "ALD")->entity;
    assert_string_equal(name(&office, row->lifecycle), "archived");
    assert_string_equal(name(&office, row->tags), "region=UK,sector=office");
    assert_string_equal(name(&office, row->periods), "2025,2025-12,2026");
    office_close(&office);
}

/* --- rates ------------------------------------------------------------------------ */

static void add_rate(struct office *office, const char *to, const char *day,
                     const char *rate)
{
    office_add(office, LINE_RATE, FIELD_FROM, "EUR", FIELD_TO, to, FIELD_DAY, day,
               FIELD_RATE, rate, FIELD_SOURCE, "ECB", FIELD_COUNT);
}

static void assert_rate(const struct office *office, const char *key, const char *rate)
{
    const union any_row *row = office_row(office, VIEW_FX, key);
    if (row == NULL)
        fail_msg("%s is not there", key);
    assert_amount(row->fx.rate, rate);
}

static void index__derives_rates_from_daily_fixings(void **state)
{
    struct office office;

    (void)state;
    office_open(&office, "ALD", "USD", "", everything);
    add_rate(&office, "USD", "2025-12-31", "1.1750");
    add_rate(&office, "USD", "2025-06-30", "1.084966");
    add_rate(&office, "USD", "2024-12-31", "1.0389");
    add_rate(&office, "CAD", "2025-12-31", "1.6088");
    add_rate(&office, "CAD", "2025-06-30", "1.548652");
    add_rate(&office, "CAD", "2024-12-31", "1.4948");
    office_commit(&office);
    assert_rate(&office, "ALD|EUR|USD|2025|opening", "1.0389");
    assert_rate(&office, "ALD|EUR|USD|2025|average", "1.129983");
    assert_rate(&office, "ALD|EUR|USD|2025|closing", "1.175");
    assert_rate(&office, "ALD|CAD|USD|2025|opening", "0.695009");
    assert_rate(&office, "ALD|CAD|USD|2025|average", "0.715756");
    assert_rate(&office, "ALD|CAD|USD|2025|closing", "0.730358");
    const struct fx_row *average =
        &office_row(&office, VIEW_FX, "ALD|EUR|USD|2025|average")->fx;
    assert_int_equal(average->n, 2);
    assert_int_equal(average->fixed, 20251231);
    /* A period without a fixing has no closing rate, and no rate is ever 1. */
    assert_null(office_row(&office, VIEW_FX, "ALD|EUR|USD|2026|closing"));
    assert_rate(&office, "ALD|EUR|USD|2026|opening", "1.175");
    assert_null(office_row(&office, VIEW_FX, "ALD|USD|USD|2025|closing"));
    add_rate(&office, "USD", "2025-12-31", "1.2");
    office_commit(&office);
    assert_rate(&office, "ALD|EUR|USD|2025|closing", "1.2");
    office_close(&office);
}

/* --- the two ways to the same rows -------------------------------------------------
 */

static const char *pick(const char *const *from, unsigned count)
{
    return from[(unsigned)rand() % count];
}
#define PICK(array) pick(array, sizeof(array) / sizeof((array)[0]))

static void add_random_line(struct office *office, uint64_t *next)
{
    static const char *const dates[] = {"2024-12-31", "2025-01-01", "2025-11-30",
                                        "2025-12-31", "2026-02-28"};
    static const char *const accounts[] = {"assets:cash", "liabilities:x", "a|b",
                                           "50%"};
    static const char *const classes[] = {"A", "L", "R", "X", "Q", "V"};
    static const char *const amounts[] = {"1", "-1", "2.5", "-2.50",
                                          "1000000000000.01"};
    static const char *const parties[] = {NULL, NULL, "BIR", "@affiliates"};
    static const char *const currencies[] = {"USD", "EUR"};
    char of[24];

    if (*next > 3 && rand() % 5 == 0) {
        uint64_t seq = 1 + (uint64_t)rand() % (*next - 1);
        if (index_may_correct(office->index, seq, &office->problem) == ARCHIVE_OK) {
            snprintf(of, sizeof(of), "%llu", (unsigned long long)seq);
            office_add(office, LINE_CORRECTION, FIELD_OF, of, FIELD_COUNT);
            return;
        }
    }
    office_post(office, PICK(dates), PICK(accounts), PICK(classes), NULL, PICK(amounts),
                PICK(currencies), PICK(parties));
}

static void assert_same_rows(const struct archive_index *a,
                             const struct archive_index *b)
{
    for (int view = 0; view < VIEW_LINK; view++) {
        const union any_row *row = index_seek(a, (enum view)view, TEXT(""));
        assert_int_equal(index_row_count(a, (enum view)view),
                         index_row_count(b, (enum view)view));
        for (; row; row = index_next(a, (enum view)view, row)) {
            struct text key = names_text(index_names(a), row->row.key);
            const union any_row *other = index_find(b, (enum view)view, key);
            if (other == NULL)
                fail_msg("%s is only in one", key.bytes);
            assert_int_equal(row->row.seq, other->row.seq);
            assert_int_equal(index_row_as_of_ms(a, (enum view)view, row),
                             index_row_as_of_ms(b, (enum view)view, other));
            if (view == VIEW_POS) {
                assert_int_equal(decimal_compare(amount_decimal(row->pos.open),
                                                 amount_decimal(other->pos.open)),
                                 0);
                assert_int_equal(decimal_compare(amount_decimal(row->pos.move),
                                                 amount_decimal(other->pos.move)),
                                 0);
                assert_int_equal(row->pos.n, other->pos.n);
            }
        }
    }
}

static void index__follows_to_the_rows_that_a_replay_gives(void **state)
{
    unsigned seed = (unsigned)getpid();
    struct archive_index *replayed, *follower;
    struct index_changes changes;
    struct index_plan plan;
    struct office office;

    (void)state;
    print_message("seed %u\n", seed);
    srand(seed);
    office_open(&office, "ALD", "USD", "", everything);
    exposure_plan(office.archive->exposure, &plan);
    assert_ok(index_open(&follower, office.archive, &plan, LEDGER_READ, INT64_MAX,
                         &office.problem),
              office.problem);
    for (int commit = 0; commit < 150; commit++) {
        uint64_t next = index_revision(office.index) + 1;
        /* A correction names a line of an earlier commit, at most one a commit. */
        add_random_line(&office, &next);
        if (commit % 3 == 0)
            office_post(&office, "2025-12-31", "assets:cash", "A", NULL, "3", "USD",
                        NULL);
        office_commit(&office);
        if (commit % 7 == 0)
            assert_ok(index_apply_new_lines(follower, &changes, &office.problem),
                      office.problem);
    }
    assert_ok(index_apply_new_lines(follower, &changes, &office.problem),
              office.problem);
    assert_ok(index_open(&replayed, office.archive, &plan, LEDGER_READ, INT64_MAX,
                         &office.problem),
              office.problem);
    assert_same_rows(office.index, replayed);
    assert_same_rows(replayed, follower);
    index_close(follower);
    index_close(replayed);
    office_close(&office);
}

static void index__keeps_rows_sorted_and_seekable(void **state)
{
    struct office office;
    const union any_row *row;
    struct text before = {"", 0};
    uint32_t count = 0;

    (void)state;
    office_open(&office, "ALD", "USD", "", everything);
    for (int i = 0; i < 500; i++) {
        char account[32];
        snprintf(account, sizeof(account), "assets:%d", (i * 7919) % 500);
        office_post(&office, "2025-12-31", account, "A", NULL, "1", "USD", NULL);
    }
    office_commit(&office);
    for (row = index_seek(office.index, VIEW_POS, TEXT("")); row;
         row = index_next(office.index, VIEW_POS, row)) {
        struct text key = names_text(index_names(office.index), row->row.key);
        assert_true(text_compare(before, key) < 0);
        assert_ptr_equal(index_after(office.index, VIEW_POS, before), row);
        before = key;
        count++;
    }
    assert_int_equal(count, index_row_count(office.index, VIEW_POS));
    row =
        index_seek(office.index, VIEW_POS, TEXT("ALD|2025-12|A|unmapped.A|assets:2|"));
    assert_string_equal(name(&office, row->pos.account), "assets:2");
    assert_null(index_after(office.index, VIEW_POS, before));
    office_close(&office);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(index__splits_postings_into_open_and_move),
        cmocka_unit_test(index__brings_old_revenue_forward_as_retained_earnings),
        cmocka_unit_test(index__reports_each_changed_row_once),
        cmocka_unit_test(index__deletes_a_row_that_comes_to_nothing),
        cmocka_unit_test(index__takes_a_corrected_posting_out_again),
        cmocka_unit_test(index__carries_historical_amounts_of_equity),
        cmocka_unit_test(index__maps_accounts_and_commodities_by_archive_conf),
        cmocka_unit_test(index__dates_rows_by_the_newest_posting_or_the_seal),
        cmocka_unit_test(index__gives_the_rows_of_an_earlier_instant),
        cmocka_unit_test(index__books_items_by_their_cost),
        cmocka_unit_test(index__lets_the_newest_fact_of_a_key_hold),
        cmocka_unit_test(index__numbers_notes_and_lets_them_be_withdrawn),
        cmocka_unit_test(index__shows_the_lifecycle_and_revocations),
        cmocka_unit_test(index__derives_rates_from_daily_fixings),
        cmocka_unit_test(index__follows_to_the_rows_that_a_replay_gives),
        cmocka_unit_test(index__keeps_rows_sorted_and_seekable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
