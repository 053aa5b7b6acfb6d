#include <sys/wait.h>
#include <time.h>

#include "tests/totebox/import_support.h"

/* --- refusals, one table ---------------------------------------------------------- */

#define METRIC  "entity,key,start,end,as_of,unit,value,num,den,nature,scenario\n"
#define EDGE    "owner,owned,from,to,economic,voting,method\n"
#define BALANCE "entity,date,account,cls,line,amount,cur,cp,ref,hist,hist_cur\n"
#define HLEDGER                                                                        \
    "txnidx,date,date2,status,code,description,comment,account,amount,commodity,"      \
    "credit,debit,posting-status,posting-comment\n"
#define OBLIGATION "entity,kind,id,due,amount,cur,state\n"

#define TWO(index, date, amount)                                                       \
    index "," date ",,,,Lyft,,expenses:travel," amount ",USD,,,,\n" index "," date     \
          ",,,,Lyft,,liabilities:card,-" amount ",USD,,,,\n"

struct refusal {
    enum import_kind kind;
    const char *bytes;
    const char *words; /* somewhere in the report */
};

static const struct refusal refusals[] = {
    /* the header */
    {IMPORT_METRIC, "", "in.csv:1: is empty: the first line names the columns"},
    {IMPORT_METRIC, "entity,key,end,unit,value,natur\n",
     "in.csv:1: column \"natur\" is unknown: the columns are entity,key,start"},
    {IMPORT_METRIC, "entity,key,end,unit,value\n",
     "in.csv:1: column \"nature\" is missing"},
    {IMPORT_METRIC, "entity,key,end,unit,value,nature,key\n",
     "in.csv:1: column \"key\" stands in the header twice"},
    {IMPORT_METRIC, "entity,key,end,unit,value,nature,\n", "column \"\" is unknown"},
    /* the rows */
    {IMPORT_METRIC, METRIC "ALD,burn\n", "in.csv:2: has 2 cells, the header has 11"},
    {IMPORT_METRIC, METRIC "ALD,burn,,2025-12-31,,USD,\"1,,,stock,\n",
     "in.csv:2: a quote is opened here and never closed"},
    {IMPORT_METRIC, METRIC "ALD,burn,,2025-12-31,,USD,\xff,,,stock,\n",
     "in.csv:2: is not UTF-8"},
    {IMPORT_METRIC, METRIC "BIR,burn,,2025-12-31,,USD,1,,,stock,\n",
     "in.csv:2: entity \"BIR\" is not this archive's, ALD: --own-rows"},
    {IMPORT_METRIC, METRIC ",burn,,2025-12-31,,USD,1,,,stock,\n",
     "in.csv:2: entity \"\" is not this archive's"},
    {IMPORT_METRIC, METRIC "ALD,,,2025-12-31,,USD,1,,,stock,\n",
     "in.csv:2: key is missing"},
    {IMPORT_METRIC, METRIC "ALD,burn,,2025-02-29,,USD,1,,,stock,\n",
     "in.csv:2: end \"2025-02-29\" is not a date"},
    {IMPORT_METRIC, METRIC "ALD,burn,2025-12-31,2025-12-01,,USD,1,,,flow,\n",
     "in.csv:2: start is after end"},
    {IMPORT_METRIC, METRIC "ALD,burn,,2025-12-31,noon,USD,1,,,stock,\n",
     "in.csv:2: as_of \"noon\""},
    {IMPORT_METRIC, METRIC "ALD,burn,,2025-12-31,,USD,\"1,000\",,,stock,\n",
     "in.csv:2: value \"1,000\""},
    {IMPORT_METRIC, METRIC "ALD,burn,,2025-12-31,,USD,1e3,,,stock,\n",
     "in.csv:2: value \"1e3\""},
    {IMPORT_METRIC, METRIC "ALD,burn,,2025-12-31,,USD,+1,,,stock,\n",
     "in.csv:2: value \"+1\""},
    {IMPORT_METRIC, METRIC "ALD,burn,,2025-12-31,,USD,5%,,,stock,\n",
     "in.csv:2: value \"5%\""},
    {IMPORT_METRIC, METRIC "ALD,burn,,2025-12-31,,USD, 1,,,stock,\n",
     "in.csv:2: value \" 1\""},
    {IMPORT_METRIC, METRIC "ALD,burn,,2025-12-31,,USD,0.1234567890123456789,,,stock,\n",
     "in.csv:2: value \"0.1234567890123456789\""},
    {IMPORT_METRIC, METRIC "ALD,burn,,2025-12-31,,USD,,,,stock,\n",
     "in.csv:2: value is missing"},
    {IMPORT_METRIC, METRIC "ALD,dscr,,2025-12-31,,1,,3,,ratio,\n",
     "in.csv:2: a ratio needs num and den"},
    {IMPORT_METRIC, METRIC "ALD,burn,,2025-12-31,,USD,1,,,,\n",
     "in.csv:2: nature is missing"},
    {IMPORT_METRIC, METRIC "ALD,burn,,2025-12-31,,USD,1,,,stock,guess\n",
     "in.csv:2: scenario \"guess\" is not one of: actual budget"},
    {IMPORT_METRIC,
     METRIC "ALD,burn,,2025-12-31,,USD,1,,,stock,\nALD,a,,2025-12-31,,USD,1,,,stock,\n"
            "ALD,burn,,2025-12-31,,USD,2,,,stock,actual\n",
     "in.csv:4: says otherwise than line 2 for the same key"},
    {IMPORT_EDGE, EDGE "ALD,bir,2020-01-01,,3/4,,full\n", "in.csv:2: owned \"bir\""},
    {IMPORT_EDGE, EDGE "ALD,BIR,2020-01-01,,5/4,,full\n", "in.csv:2: econ \"5/4\""},
    {IMPORT_EDGE, EDGE "ALD,BIR,2020-01-01,,80%,,full\n", "in.csv:2: econ \"80%\""},
    {IMPORT_EDGE, EDGE "ALD,BIR,2020-01-01,2020-01-01,3/4,,full\n",
     "is not after from"},
    {IMPORT_EDGE, EDGE "ALD,BIR,2020-01-01,,3/4,,whole\n",
     "in.csv:2: method \"whole\""},
    {IMPORT_EDGE, EDGE "BIR,ELM,2020-01-01,,3/4,,full\n", "in.csv:2: owner \"BIR\""},
    {IMPORT_OBLIGATION, OBLIGATION "ALD,loan,L1,2027-01-01,1,USD,open\n",
     "in.csv:2: kind \"loan\" is not one of: loan-maturity"},
    {IMPORT_OBLIGATION, OBLIGATION "ALD,tax,,2027-01-01,1,USD,open\n",
     "in.csv:2: id is missing"},
    {IMPORT_OBLIGATION, OBLIGATION "ALD,tax,T,someday,1,USD,open\n",
     "in.csv:2: due \"someday\""},
    /* trial balances */
    {IMPORT_TRIAL_BALANCE,
     BALANCE "ALD,2025-12-31,assets:cash,,,100,USD,,,,\n"
             "ALD,2025-12-31,equity,,,-99.99,USD,,,,\n",
     "in.csv:2: the transaction of 2025-12-31 does not balance: its USD sum to 0.01"},
    {IMPORT_TRIAL_BALANCE,
     BALANCE "ALD,2025-12-31,assets:cash,,,100,USD,,,,\n"
             "ALD,2025-12-31,equity,,,-100,EUR,,,,\n",
     "its USD sum to 100"},
    {IMPORT_TRIAL_BALANCE,
     BALANCE "ALD,2025-12-31,assets:cash,,,100,USD,,,,\n"
             "ALD,2025-12-30,equity,,,-100,USD,,,,\n",
     "needs two postings"},
    {IMPORT_TRIAL_BALANCE, BALANCE "ALD,2025-12-31,cash,,,100,USD,,,,\n",
     "in.csv:2: account \"cash\" has no class: add  map \"cash\" {"},
    {IMPORT_TRIAL_BALANCE,
     BALANCE "ALD,2025-12-31,cash,Z,,100,USD,,,,\n"
             "ALD,2025-12-31,equity,,,-100,USD,,,,\n",
     "in.csv:2: cls \"Z\" is not one of"},
    {IMPORT_TRIAL_BALANCE, BALANCE "ALD,2025-12-31,assets:ic:bir,,,100,USD,,,,\n",
     "in.csv:2: account \"assets:ic:bir\": \"bir\" after :ic: is not an entity id"},
    {IMPORT_TRIAL_BALANCE, BALANCE "ALD,2025-12-31,assets:ic:ALD,,,100,USD,,,,\n",
     "in.csv:2: counterparty ALD is this archive itself"},
    {IMPORT_TRIAL_BALANCE, BALANCE "ALD,2025-12-31,assets:cash,,,100,USD,,,5,EUR\n",
     "in.csv:2: hist belongs to equity"},
    {IMPORT_TRIAL_BALANCE, BALANCE "ALD,2025-12-31,equity,,,-100,USD,,,5,EUR\n",
     "in.csv:2: hist 5 has not the sign of the amount -100"},
    {IMPORT_TRIAL_BALANCE,
     BALANCE "ALD,2025-12-31,equity,,,-100,USD,,,-5,\n"
             "ALD,2025-12-31,equity,,,100,USD,,,,\n",
     "in.csv:2: hist and hist_cur need each other"},
    {IMPORT_TRIAL_BALANCE,
     BALANCE "ALD,2025-12-31,equity,,,,USD,,,,\n"
             "ALD,2025-12-31,equity,,,1,USD,,,,\n",
     "in.csv:2: amt is missing"},
    /* hledger */
    {IMPORT_HLEDGER, HLEDGER "1,2025-01-01,,,,x,,assets:a,5,USD,,,,\n",
     "in.csv:2: a transaction needs two postings"},
    {IMPORT_HLEDGER,
     HLEDGER "1,2025-01-01,,,,x,,assets:a,5,USD,,,,\n1,2025-01-01,,,,x,,assets:b,-4,"
             "USD,,,,\n",
     "in.csv:2: the transaction of 2025-01-01 does not balance: its USD sum to 1"},
    {IMPORT_HLEDGER,
     HLEDGER "1,2025-01-01,,,,x,,assets:a,100,EUR,,,,\n1,2025-01-01,,,,x,,assets:b,"
             "-110,USD,,,,\n",
     "its EUR sum to 100"},
    {IMPORT_HLEDGER, HLEDGER "1,2025-01-01,,,,x,,assets:a,,USD,,,,\n",
     "in.csv:2: has no amount: print with -x"},
    {IMPORT_HLEDGER, HLEDGER "1,2025-01-01,,,,x,,assets:a,5,,,,,\n",
     "in.csv:2: amount 5 has no commodity"},
    {IMPORT_HLEDGER, HLEDGER "1,2025-01-01,,,,x,,assets:a,five,USD,,,,\n",
     "in.csv:2: amount \"five\" is no number"},
    {IMPORT_HLEDGER, HLEDGER "1,2025-01-01,,,,x,,\"assets:a\",\"1.000,5\",USD,,,,\n",
     "in.csv:2: amount \"1.000,5\" is no number"},
    {IMPORT_HLEDGER, HLEDGER "1,2025-01-01,,,,x,,(assets:a),5,USD,,,,\n",
     "in.csv:2: (assets:a) is an unbalanced virtual posting: print real ones"},
    {IMPORT_HLEDGER, HLEDGER "1,2025-01-01,,,,x,,budget:a,5,USD,,,,\n",
     "in.csv:2: account \"budget:a\" has no class"},
    {IMPORT_HLEDGER, HLEDGER "1,2025-01-01,,,,x,,assets:a,5,USD,,,,date:3/9\n",
     "in.csv:2: posting date \"3/9\": write year, month and day"},
    {IMPORT_HLEDGER, HLEDGER "1,2025-01-01,,,,x,,equity:a,5,USD,,,,hist:much\n",
     "in.csv:2: hist \"much\" is no amount"},
    {IMPORT_HLEDGER, HLEDGER "1,2025-01-01,,,,x,,assets:a,5,USD,,,,hist:5 EUR\n",
     "in.csv:2: hist belongs to equity"},
    {IMPORT_HLEDGER,
     HLEDGER "1,2025-01-01,,,,x,,equity:a,5,USD,,,,\"cost: @@ 1,000 X\"\n",
     "in.csv:2: cost \"@@ 1,000 X\" can be read in two ways"},
    {IMPORT_HLEDGER, HLEDGER "one,2025-01-01,,,,x,,assets:a,5,USD,,,,\n",
     "in.csv:2: txnidx \"one\" is no number"},
    {IMPORT_HLEDGER,
     HLEDGER "1,2025-01-01,,,,x,,assets:a,5,USD,,,,\n1,2025-01-01,,,,x,,assets:b,-5,"
             "USD,,,,\n" HLEDGER,
     "in.csv:4: txnidx \"txnidx\" is no number"},
    {IMPORT_HLEDGER,
     HLEDGER "1,2025-01-01,,,,x,,assets:a,5,USD,,,,\n1,2025-01-02,,,,x,,assets:b,-5,"
             "USD,,,,\n",
     "in.csv:3: differs from the row above in the same transaction"},
    {IMPORT_HLEDGER,
     HLEDGER TWO("1", "2025-01-01", "5") TWO("2", "2025-01-01", "5")
         TWO("1", "2025-01-01", "5"),
     "in.csv:6: txnidx \"1\" is no number, or stands in another place too"},
    /* rates */
    {IMPORT_RATES, "", "in.csv:1: is empty"},
    {IMPORT_RATES, "Day,USD,\n", "in.csv:1: is not the ECB's history"},
    {IMPORT_RATES, "Date,USD,CAD,USD,\n",
     "in.csv:1: column \"USD\" stands in the header "},
    {IMPORT_RATES, "Date,USD,dollar,\n", "in.csv:1: column \"dollar\" is no currency"},
    {IMPORT_RATES, "Date,USD,\n2025-01-01,1.1\n",
     "in.csv:2: has 2 cells, the header has 3"},
    {IMPORT_RATES, "Date,USD,\nyesterday,1.1,\n",
     "in.csv:2: \"yesterday\" is not a date"},
    {IMPORT_RATES, "Date,USD,\n2025-01-01,-1.1,\n", "in.csv:2: rate \"-1.1\""},
    {IMPORT_RATES, "Date,USD,\n2025-01-01,0,\n", "in.csv:2: rate \"0\""},
    {IMPORT_RATES, "Date,USD,\n2025-01-01,1.1,\n2025-01-01,1.2,\n",
     "in.csv:3: says otherwise than line 2"},
};

static void import__refuses_each_kind_of_wrong_row_by_file_and_line(void **state)
{
    struct folder folder;
    struct problem problem;
    char *ledger;

    (void)state;
    archive_make(&folder, "ALD", "USD", "");
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        struct import_request request = request_make(refusals[i].kind);
        struct import_report report;
        enum archive_error error =
            import_bytes(&folder, &request, refusals[i].bytes,
                         strlen(refusals[i].bytes), &report, &problem);
        if (error != ARCHIVE_REFUSED ||
            !strstr(report_words(&report), refusals[i].words))
            fail_msg("refusal %zu: %d \"%s\", not \"%s\"", i, error,
                     report_words(&report), refusals[i].words);
        assert_true(report.refused > 0);
        assert_int_equal(report.lines, 0);
        import_report_release(&report);
    }
    ledger = ledger_read(&folder);
    assert_string_equal(ledger, "");
    free(ledger);
    folder_remove(&folder);
}

static enum archive_error import_string(const struct folder *folder,
                                        enum import_kind kind, const char *bytes,
                                        struct import_report *report)
{
    struct import_request request = request_make(kind);
    struct problem problem;
    enum archive_error error =
        import_bytes(folder, &request, bytes, strlen(bytes), report, &problem);

    if (error == ARCHIVE_FAILED || error == ARCHIVE_CORRUPT)
        fail_msg("%s", problem.words);
    return error;
}

/* Imports, and expects so many taken, known and lines. */
static void expect(const struct folder *folder, enum import_kind kind,
                   const char *bytes, uint64_t taken, uint64_t known, uint64_t lines)
{
    struct import_report report;

    if (import_string(folder, kind, bytes, &report) != ARCHIVE_OK)
        fail_msg("%s", report_words(&report));
    assert_int_equal(report.taken, taken);
    assert_int_equal(report.known, known);
    assert_int_equal(report.lines, lines);
    import_report_release(&report);
}

static void expect_in_ledger(const struct folder *folder, const char *part,
                             unsigned times)
{
    char *ledger = ledger_read(folder);

    if (count_of(ledger, part) != times)
        fail_msg("%s stands %u times, not %u, in\n%s", part, count_of(ledger, part),
                 times, ledger);
    free(ledger);
}

static void import__reports_every_wrong_row_and_takes_none(void **state)
{
    struct import_report report;
    struct folder folder;
    char bytes[4096] = METRIC "ALD,good,,2025-12-31,,USD,1,,,stock,\n";

    (void)state;
    for (int i = 0; i < 30; i++)
        strncat(bytes, "ALD,bad,,2025-12-31,,USD,x,,,stock,\n",
                sizeof(bytes) - strlen(bytes) - 1);
    archive_make(&folder, "ALD", "USD", "");
    assert_int_equal(import_string(&folder, IMPORT_METRIC, bytes, &report),
                     ARCHIVE_REFUSED);
    assert_int_equal(report.refused, 30);
    assert_int_equal(report.words_shown, IMPORT_WORDS_SHOWN);
    assert_int_equal(report.taken, 0);
    assert_non_null(strstr(report_words(&report), "in.csv:3: value \"x\""));
    expect_in_ledger(&folder, "good", 0);
    import_report_release(&report);
    folder_remove(&folder);
}

static void import__cannot_be_made_to_speak_to_the_terminal(void **state)
{
    struct import_report report;
    struct folder folder;

    (void)state;
    archive_make(&folder, "ALD", "USD", "");
    assert_int_equal(import_string(&folder, IMPORT_METRIC,
                                   METRIC "ALD,\x1b[2J,,2025-12-31,,USD,1,,,stock,\n",
                                   &report),
                     ARCHIVE_REFUSED);
    assert_null(strchr(report_words(&report), '\x1b'));
    import_report_release(&report);
    folder_remove(&folder);
}

/* --- facts --------------------------------------------------------------------------
 */

static void import__takes_a_fact_once_and_a_new_value_as_a_new_line(void **state)
{
    struct import_report report;
    struct folder folder;

    (void)state;
    archive_make(&folder, "ALD", "USD", "commodity \"$\" { iso = \"USD\" }\n");
    expect(&folder, IMPORT_METRIC,
           METRIC "ALD,burn,2025-12-01,2025-12-31,,$,40000.00,,,flow,\n"
                  "ALD,burn,2025-12-01,2025-12-31,,USD,40000,,,flow,actual\n"
                  "ALD,dscr,,2025-12-31,2026-01-02T09:00:00Z,1,,3,2,ratio,\n",
           2, 1, 2);
    expect_in_ledger(&folder, "\"unit\":\"USD\"", 1);
    expect_in_ledger(&folder, "\"scenario\":\"actual\",\"basis\":\"own\"", 2);
    expect_in_ledger(&folder, "\"src\":\"metric:in.csv:2\"", 1);
    /* The same again, spelt otherwise, from wherever. */
    expect(&folder, IMPORT_METRIC,
           METRIC "ALD,dscr,,2025-12-31,2026-01-02T09:00:00.000Z,1,,3.0,2.,ratio,\n"
                  "ALD,burn,2025-12-01,2025-12-31,,USD,40000.0,,,flow,\n",
           0, 2, 0);
    assert_int_equal(
        import_string(&folder, IMPORT_METRIC,
                      METRIC "ALD,burn,2025-12-01,2025-12-31,,USD,41000,,,flow,\n",
                      &report),
        ARCHIVE_OK);
    assert_int_equal(report.taken, 1);
    assert_int_equal(report.replaced, 1);
    import_report_release(&report);
    /* Back to the first value: that is news again. */
    expect(&folder, IMPORT_METRIC,
           METRIC "ALD,burn,2025-12-01,2025-12-31,,USD,40000,,,flow,\n", 1, 0, 1);
    folder_remove(&folder);
}

static void import__takes_edges_and_obligations_once(void **state)
{
    static const char edges[] = EDGE "ALD,BIR,2020-01-01,,0.80,4/5,full\n"
                                     "ALD,DOG,2020-01-01,,0.30,,equity\n";
    static const char same[] = EDGE "ALD,BIR,2020-01-01,,4/5,0.8,full\n";
    static const char obligations[] =
        OBLIGATION "ALD,loan-maturity,L1,2027-03-31,1500000.00,USD,\n";
    struct folder folder;

    (void)state;
    archive_make(&folder, "ALD", "USD", "");
    expect(&folder, IMPORT_EDGE, edges, 2, 0, 2);
    expect(&folder, IMPORT_EDGE, edges, 0, 2, 0);
    expect(&folder, IMPORT_EDGE, same, 0, 1, 0);
    expect(&folder, IMPORT_OBLIGATION, obligations, 1, 0, 1);
    expect(&folder, IMPORT_OBLIGATION, obligations, 0, 1, 0);
    expect_in_ledger(&folder, "\"state\":\"open\"", 1);
    folder_remove(&folder);
}

static void import__leaves_the_rows_of_others_where_asked(void **state)
{
    static const char bytes[] = METRIC "BIR,burn,,2025-12-31,,USD,nonsense,,,stock,\n"
                                       "ALD,burn,,2025-12-31,,USD,1,,,stock,\n";
    struct import_request request = request_make(IMPORT_METRIC);
    struct import_report report;
    struct problem problem;
    struct folder folder;

    (void)state;
    archive_make(&folder, "ALD", "USD", "");
    request.own_rows = true;
    assert_ok(import_bytes(&folder, &request, bytes, strlen(bytes), &report, &problem),
              problem);
    assert_int_equal(report.taken, 1);
    assert_int_equal(report.skipped, 1);
    import_report_release(&report);
    /* A column that is no entity at all is an error even so. */
    assert_int_equal(import_bytes(&folder, &request, METRIC "bir,a,,,,,,,,,\n",
                                  strlen(METRIC "bir,a,,,,,,,,,\n"), &report, &problem),
                     ARCHIVE_REFUSED);
    import_report_release(&report);
    folder_remove(&folder);
}

static void import__takes_the_rates_that_were_asked_for(void **state)
{
    static const char bytes[] = "Date,USD,JPY,CAD,EEK,\n"
                                "2025-01-02,1.0321,162.55,1.4836,N/A,\n"
                                "2024-12-31,1.0389,163.06,1.4948,N/A,\n"
                                "2024-11-29,1.0562,N/A,1.4806,N/A,\n";
    struct import_request request = request_make(IMPORT_RATES);
    struct import_report report;
    struct problem problem;
    struct folder folder;
    char *ledger;

    (void)state;
    archive_make(&folder, "ALD", "USD", "");
    request.currencies[0] = TEXT("CAD");
    request.currencies[1] = TEXT("EEK");
    request.currency_count = 2;
    request.since = 20241201;
    assert_ok(import_bytes(&folder, &request, bytes, strlen(bytes), &report, &problem),
              problem);
    assert_int_equal(report.taken, 2);
    assert_int_equal(report.gaps, 2);
    import_report_release(&report);
    ledger = ledger_read(&folder);
    assert_non_null(strstr(ledger,
                           "\"from\":\"EUR\",\"to\":\"CAD\",\"day\":\"2024-12-31\","
                           "\"rate\":\"1.4948\",\"source\":\"ECB\""));
    assert_true(strstr(ledger, "2024-12-31") < strstr(ledger, "2025-01-02"));
    free(ledger);
    /* Everything: three days of three currencies but one gap, two already there. */
    expect(&folder, IMPORT_RATES, bytes, 6, 2, 6);
    request.currencies[0] = TEXT("CHF");
    assert_int_equal(
        import_bytes(&folder, &request, bytes, strlen(bytes), &report, &problem),
        ARCHIVE_REFUSED);
    assert_non_null(strstr(report_words(&report), "in.csv:1: has no currency \"CHF\""));
    import_report_release(&report);
    folder_remove(&folder);
}

/* --- books --------------------------------------------------------------------------
 */

static void import__keeps_identical_transactions_and_takes_each_once(void **state)
{
    static const char three[] = HLEDGER TWO("1", "2025-02-05", "5.00")
        TWO("2", "2025-02-05", "5.00") TWO("3", "2025-02-05", "5.00");
    static const char four[] =
        HLEDGER TWO("1", "2025-02-05", "5.00") TWO("2", "2025-02-05", "5.0")
            TWO("3", "2025-02-05", "5") TWO("4", "2025-02-05", "5.00");
    struct folder folder;

    (void)state;
    archive_make(&folder, "ALD", "USD", "");
    expect(&folder, IMPORT_HLEDGER, three, 3, 0, 6);
    expect(&folder, IMPORT_HLEDGER, three, 0, 3, 0);
    expect(&folder, IMPORT_HLEDGER, four, 1, 3, 2);
    expect_in_ledger(&folder, "expenses:travel", 4);
    folder_remove(&folder);
}

static enum archive_error import_with(const struct folder *folder, const char *bytes,
                                      bool correct, bool partial,
                                      struct import_report *report,
                                      struct problem *problem)
{
    struct import_request request = request_make(IMPORT_HLEDGER);

    request.correct = correct;
    request.partial = partial;
    return import_bytes(folder, &request, bytes, strlen(bytes), report, problem);
}

static void import__says_what_changed_and_corrects_it_when_told_to(void **state)
{
    static const char before[] =
        HLEDGER TWO("1", "2025-02-05", "5.00") TWO("2", "2025-02-06", "9.15");
    static const char after[] =
        HLEDGER TWO("1", "2025-02-05", "5.00") TWO("2", "2025-02-06", "9.51");
    struct import_report report;
    struct problem problem;
    struct folder folder;

    (void)state;
    archive_make(&folder, "ALD", "USD", "");
    expect(&folder, IMPORT_HLEDGER, before, 2, 0, 4);
    assert_int_equal(import_with(&folder, after, false, false, &report, &problem),
                     ARCHIVE_REFUSED);
    assert_int_equal(report.gone, 1);
    assert_int_equal(report.taken, 0);
    assert_non_null(strstr(problem.words, "--correct"));
    assert_non_null(strstr(report_words(&report),
                           "no longer has the transaction of 2025-02-06 \"Lyft\" "
                           "(expenses:travel 9.15 USD, ledger line 3)"));
    import_report_release(&report);
    expect_in_ledger(&folder, "9.51", 0);

    assert_ok(import_with(&folder, after, true, false, &report, &problem), problem);
    assert_int_equal(report.gone, 1);
    assert_int_equal(report.taken, 1);
    assert_int_equal(report.corrected, 2);
    assert_int_equal(report.lines, 4);
    import_report_release(&report);
    expect_in_ledger(&folder, "\"type\":\"correction\",\"of\":3,", 1);
    expect_in_ledger(&folder, "\"type\":\"correction\",\"of\":4,", 1);

    /* It is settled; the first state again is a change again, and comes back whole. */
    assert_ok(import_with(&folder, after, true, false, &report, &problem), problem);
    assert_int_equal(report.lines, 0);
    import_report_release(&report);
    assert_ok(import_with(&folder, before, true, false, &report, &problem), problem);
    assert_int_equal(report.taken, 1);
    assert_int_equal(report.corrected, 2);
    import_report_release(&report);
    folder_remove(&folder);
}

static void import__takes_a_part_of_the_books_as_a_part(void **state)
{
    static const char january[] = HLEDGER TWO("1", "2025-01-05", "5.00");
    static const char february[] = HLEDGER TWO("1", "2025-02-05", "5.00");
    struct import_report report;
    struct problem problem;
    struct folder folder;

    (void)state;
    archive_make(&folder, "ALD", "USD", "");
    expect(&folder, IMPORT_HLEDGER, january, 1, 0, 2);
    assert_ok(import_with(&folder, february, false, true, &report, &problem), problem);
    assert_int_equal(report.gone, 1);
    assert_int_equal(report.corrected, 0);
    assert_int_equal(report.lines, 2);
    import_report_release(&report);
    folder_remove(&folder);
}

static void import__of_two_at_the_same_time_takes_each_once(void **state)
{
    static const char bytes[] = HLEDGER TWO("1", "2025-02-05", "5.00")
        TWO("2", "2025-02-05", "5.00") TWO("3", "2025-02-06", "7.00");
    struct folder folder;

    (void)state;
    for (int round = 0; round < 10; round++) {
        pid_t children[4];
        archive_make(&folder, "ALD", "USD", "");
        for (int i = 0; i < 4; i++) {
            children[i] = fork();
            assert_true(children[i] >= 0);
            if (children[i] == 0) {
                struct import_report report;
                _exit(import_string(&folder, IMPORT_HLEDGER, bytes, &report) !=
                      ARCHIVE_OK);
            }
        }
        for (int i = 0; i < 4; i++) {
            int status;
            assert_int_equal(waitpid(children[i], &status, 0), children[i]);
            assert_int_equal(status, 0);
        }
        expect(&folder, IMPORT_HLEDGER, bytes, 0, 3, 0);
        expect_in_ledger(&folder, "expenses:travel", 3);
        folder_remove(&folder);
    }
}

static void import__keeps_sources_apart(void **state)
{
    static const char bytes[] = HLEDGER TWO("1", "2025-02-05", "5.00");
    struct import_request request = request_make(IMPORT_HLEDGER);
    struct import_report report;
    struct problem problem;
    struct folder folder;

    (void)state;
    archive_make(&folder, "ALD", "USD", "");
    expect(&folder, IMPORT_HLEDGER, bytes, 1, 0, 2);
    request.source = TEXT("in.csv:2");
    assert_ok(import_bytes(&folder, &request, bytes, strlen(bytes), &report, &problem),
              problem);
    assert_int_equal(report.taken, 1);
    assert_int_equal(report.gone, 0);
    import_report_release(&report);
    folder_remove(&folder);
}

/* --- the worked example --------------------------------------------------------------
 */

static char *alder_balance(const char *entity)
{
    const char *top = getenv("top_srcdir");
    char command[2048], *bytes = calloc(1, 65536);
    FILE *pipe;

    assert_non_null(bytes);
    snprintf(command, sizeof(command),
             "awk -f '%s/tests/support/alder_trial_balance.awk' -v entity=%s "
             "'%s/tests/data/alder/trial-balance.tsv'",
             top ? top : ".", entity, top ? top : ".");
    pipe = popen(command, "r");
    assert_non_null(pipe);
    assert_true(fread(bytes, 1, 65535, pipe) > 100);
    assert_int_equal(pclose(pipe), 0);
    return bytes;
}

static void import__takes_the_trial_balances_of_the_worked_example(void **state)
{
    static const struct {
        const char *entity, *currency;
        uint64_t lines;
    } books[] = {{"ALD", "USD", 21},
                 {"BIR", "USD", 17},
                 {"ELM", "USD", 12},
                 {"CED", "EUR", 15},
                 {"DOG", "CAD", 10}};

    (void)state;
    for (size_t i = 0; i < sizeof(books) / sizeof(books[0]); i++) {
        char *bytes = alder_balance(books[i].entity);
        struct folder folder;
        archive_make(&folder, books[i].entity, books[i].currency, "");
        expect(&folder, IMPORT_TRIAL_BALANCE, bytes, 2, 0, books[i].lines);
        expect(&folder, IMPORT_TRIAL_BALANCE, bytes, 0, 2, 0);
        if (strcmp(books[i].entity, "CED") == 0) {
            expect_in_ledger(&folder,
                             "\"hist\":{\"amt\":\"-1080000.00\",\"cur\":\"USD\"}", 1);
            expect_in_ledger(&folder,
                             "\"hist\":{\"amt\":\"-43000.00\",\"cur\":\"USD\"}", 1);
            expect_in_ledger(&folder, "\"date\":\"2024-12-31\"", 3);
        }
        if (strcmp(books[i].entity, "DOG") == 0)
            expect_in_ledger(&folder,
                             "\"hist\":{\"amt\":\"-1000000.00\",\"cur\":\"USD\"}", 1);
        folder_remove(&folder);
        free(bytes);
    }
}

/* --- size and speed ------------------------------------------------------------------
 */

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void import__takes_ten_thousand_postings_in_a_blink(void **state)
{
    enum { TRANSACTIONS = 5000, ROW = 160 };
    char *bytes = calloc(TRANSACTIONS * 2, ROW);
    size_t size = (size_t)TRANSACTIONS * 2 * ROW, at;
    struct folder folder;
    int64_t start, took;

    (void)state;
    assert_non_null(bytes);
    at = (size_t)snprintf(bytes, size, HLEDGER);
    for (int i = 1; i <= TRANSACTIONS; i++)
        for (int side = 0; side < 2; side++)
            at += (size_t)snprintf(bytes + at, size - at,
                                   "%d,2025-%02d-%02d,,*,C-%d,Rent,\"cp:BIR\",%s,"
                                   "%s%d.50,USD,,,,ref:R-%d\n",
                                   i, i % 12 + 1, i % 28 + 1, i,
                                   side ? "revenues:rent" : "assets:receivable",
                                   side ? "-" : "", i, i);
    archive_make(&folder, "ALD", "USD", "");
    start = now_ms();
    expect(&folder, IMPORT_HLEDGER, bytes, TRANSACTIONS, 0, 2 * TRANSACTIONS);
    expect(&folder, IMPORT_HLEDGER, bytes, 0, TRANSACTIONS, 0);
    took = now_ms() - start;
    print_message("10,000 postings twice: %lld ms\n", (long long)took);
    /* Sanitizers and a busy machine have their share in this bound. */
    assert_true(took < 8000);
    folder_remove(&folder);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(import__refuses_each_kind_of_wrong_row_by_file_and_line),
        cmocka_unit_test(import__reports_every_wrong_row_and_takes_none),
        cmocka_unit_test(import__cannot_be_made_to_speak_to_the_terminal),
        cmocka_unit_test(import__takes_a_fact_once_and_a_new_value_as_a_new_line),
        cmocka_unit_test(import__takes_edges_and_obligations_once),
        cmocka_unit_test(import__leaves_the_rows_of_others_where_asked),
        cmocka_unit_test(import__takes_the_rates_that_were_asked_for),
        cmocka_unit_test(import__keeps_identical_transactions_and_takes_each_once),
        cmocka_unit_test(import__says_what_changed_and_corrects_it_when_told_to),
        cmocka_unit_test(import__takes_a_part_of_the_books_as_a_part),
        cmocka_unit_test(import__of_two_at_the_same_time_takes_each_once),
        cmocka_unit_test(import__keeps_sources_apart),
        cmocka_unit_test(import__takes_the_trial_balances_of_the_worked_example),
        cmocka_unit_test(import__takes_ten_thousand_postings_in_a_blink),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
