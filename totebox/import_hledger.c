/* import_hledger.c - the books of hledger, as it prints them:
 *
 *   hledger print -x --infer-equity -O csv | totebox import hledger ARCHIVE -
 *
 * -x writes every amount out, --infer-equity adds the equity postings that make each
 * commodity sum to zero.  What hledger has no column for are tags:
 *
 *   cp    of the posting, else of its account (after ":ic:"), else of the transaction -
 *         the last not for cash and conversions, which face nobody
 *   ref   of the posting, else of the transaction, else its code
 *   grp   of the posting, else of the transaction
 *   line, hist, date   of the posting
 *
 * An empty tag ("cp:") says that there is none.  A posting of class Q or V without
 * hist is carried at its cost ("@", "@@"), which hledger prints as tag `cost`. */
#include <stdlib.h>

#include "totebox/import_plan.h"
#include "totebox/import_tags.h"

enum hledger_column {
    COLUMN_INDEX,
    COLUMN_DATE,
    COLUMN_DATE2,
    COLUMN_STATUS,
    COLUMN_CODE,
    COLUMN_DESCRIPTION,
    COLUMN_COMMENT,
    COLUMN_ACCOUNT,
    COLUMN_AMOUNT,
    COLUMN_COMMODITY,
    COLUMN_CREDIT,
    COLUMN_DEBIT,
    COLUMN_POSTING_STATUS,
    COLUMN_POSTING_COMMENT,
    COLUMN_COUNT
};

static const struct import_column columns[COLUMN_COUNT] = {
    [COLUMN_INDEX] = {"txnidx", FIELD_COUNT, true},
    [COLUMN_DATE] = {"date", FIELD_COUNT, true},
    [COLUMN_DATE2] = {"date2", FIELD_COUNT, false},
    [COLUMN_STATUS] = {"status", FIELD_COUNT, true},
    [COLUMN_CODE] = {"code", FIELD_COUNT, true},
    [COLUMN_DESCRIPTION] = {"description", FIELD_COUNT, true},
    [COLUMN_COMMENT] = {"comment", FIELD_COUNT, true},
    [COLUMN_ACCOUNT] = {"account", FIELD_COUNT, true},
    [COLUMN_AMOUNT] = {"amount", FIELD_COUNT, true},
    [COLUMN_COMMODITY] = {"commodity", FIELD_COUNT, true},
    [COLUMN_CREDIT] = {"credit", FIELD_COUNT, false},
    [COLUMN_DEBIT] = {"debit", FIELD_COUNT, false},
    [COLUMN_POSTING_STATUS] = {"posting-status", FIELD_COUNT, true},
    [COLUMN_POSTING_COMMENT] = {"posting-comment", FIELD_COUNT, true},
};

/* The transaction that is being read. */
struct book {
    struct import_plan *plan;
    struct import_table table;
    struct transaction transaction;
    struct text index, comment; /* no index: before the first */
    struct digest_map indices;  /* those that were there */
    bool refused;               /* one of its rows: it is read on, but not taken */
};

static struct text cell(const struct book *book, enum hledger_column column)
{
    return import_table_cell(&book->table, (uint32_t)column);
}

#define refuse_row(book, ...)                                                          \
    (import_refuse((book)->plan, (book)->table.csv.line, __VA_ARGS__), false)

/* --- one posting ---------------------------------------------------------------- */

/* hledger writes no digit groups here, but the point that the commodity has. */
static bool take_amount(struct book *book, struct posting *posting)
{
    struct text amount = cell(book, COLUMN_AMOUNT),
                account = cell(book, COLUMN_ACCOUNT);
    struct decimal value;
    uint32_t length = amount.length;

    if (account.length && account.bytes[0] == '(')
        return refuse_row(book,
                          "%.*s is an unbalanced virtual posting: print real ones "
                          "only, hledger print -x --infer-equity --real -O csv",
                          TEXT_ARG(account));
    /* A virtual posting in brackets balances like any other. */
    if (account.length > 2 && account.bytes[0] == '[')
        account = (struct text){account.bytes + 1, account.length - 2};
    if (length == 0)
        return refuse_row(book, "has no amount: print with -x");
    if (cell(book, COLUMN_COMMODITY).length == 0)
        return refuse_row(book,
                          "amount %.*s has no commodity: name it in the journal, "
                          "for all of them with  D 1000.00 USD",
                          TEXT_ARG(amount));
    if (length < AMOUNT_ROOM) {
        memcpy(posting->amt, amount.bytes, length);
        for (uint32_t i = 0; i < length; i++)
            if (posting->amt[i] == ',')
                posting->amt[i] = '.';
        if (length > 1 && posting->amt[length - 1] == '.')
            length--;
        amount = (struct text){posting->amt, length};
    }
    if (decimal_parse(amount, &value) != DECIMAL_OK)
        return refuse_row(book, "amount \"%.*s\" is no number of up to 18 places",
                          TEXT_ARG(cell(book, COLUMN_AMOUNT)));
    posting->line.field[FIELD_ACCT] = account;
    posting->line.field[FIELD_AMT] = amount;
    posting->line.field[FIELD_CUR] = cell(book, COLUMN_COMMODITY);
    return true;
}

static bool take_date(struct book *book, struct posting *posting, struct text comment)
{
    struct text date = tag_posting_date(comment);

    if (date.length == 0)
        return true;
    if (!tag_date(date, posting->date))
        return refuse_row(book, "posting date \"%.*s\": write year, month and day",
                          TEXT_ARG(date));
    posting->line.field[FIELD_DATE] = text_of(posting->date);
    return true;
}

/* Whether the transaction's cp holds for an account that names none itself. */
static bool faces_somebody(const struct book *book, const struct line *line)
{
    struct text account = line->field[FIELD_ACCT], name = line->field[FIELD_LINE];
    const struct archive_config *config = book->plan->request->config;
    char mapped[LINE_NAME_MAX + 1];

    if (account_counterparty(account).length)
        return false;
    if (name.length == 0) {
        archive_line(config, account, archive_class(config, account), mapped);
        name = text_of(mapped);
    }
    return !text_equal(name, TEXT("cash")) && !text_starts_with(name, TEXT("cash.")) &&
           !text_equal(name, TEXT("equity.conversion"));
}

/* Sets *no_cp for an empty tag. */
static void take_tags(struct book *book, struct line *line, struct text comment,
                      bool *no_cp)
{
    struct text *field = line->field;

    if (!tag_find(comment, "line", &field[FIELD_LINE]))
        field[FIELD_LINE] = (struct text){0};
    if (!tag_find(comment, "grp", &field[FIELD_GRP]) &&
        !tag_find(book->comment, "grp", &field[FIELD_GRP]))
        field[FIELD_GRP] = (struct text){0};
    if (!tag_find(comment, "ref", &field[FIELD_REF]) &&
        !tag_find(book->comment, "ref", &field[FIELD_REF]))
        field[FIELD_REF] = book->transaction.code;
    *no_cp = tag_find(comment, "cp", &field[FIELD_CP]) && field[FIELD_CP].length == 0;
    if (field[FIELD_CP].length == 0 && !*no_cp && faces_somebody(book, line) &&
        !tag_find(book->comment, "cp", &field[FIELD_CP]))
        field[FIELD_CP] = (struct text){0};
}

static bool has_sign_of(struct text number, struct text amount)
{
    return (number.bytes[0] == '-') == (amount.bytes[0] == '-');
}

/* hist has the sign of its posting, however the journal writes it. */
static bool take_hist(struct book *book, struct posting *posting, struct text comment)
{
    struct text *field = posting->line.field, value, number, currency;

    if (!tag_find_amount(comment, "hist", &value) || value.length == 0)
        return true;
    /* One byte is left for a sign. */
    if (!tag_amount(value, posting->hist, &number, &currency) ||
        number.length + 1 > AMOUNT_ROOM)
        return refuse_row(book, "hist \"%.*s\" is no amount like 1080000.00 USD",
                          TEXT_ARG(value));
    if (!has_sign_of(number, field[FIELD_AMT])) {
        if (number.bytes[0] == '-') {
            number.bytes++;
            number.length--;
        } else {
            memmove(posting->hist + 1, posting->hist, number.length);
            posting->hist[0] = '-';
            number.length++;
        }
    }
    field[FIELD_HIST_AMT] = number;
    field[FIELD_HIST_CUR] = currency;
    return true;
}

/* "@@ 110 USD" or "@ $0.50".  What cannot be read is only missed where it is needed:
 * take_carried() says so. */
static void take_cost(struct posting *posting, struct text comment)
{
    struct text *field = posting->line.field, value;
    uint32_t marks;

    if (!tag_find_amount(comment, "cost", &value) || value.length == 0 ||
        value.bytes[0] != '@')
        return;
    marks = value.length > 1 && value.bytes[1] == '@' ? 2 : 1;
    value = (struct text){value.bytes + marks, value.length - marks};
    if (!tag_amount(value, posting->cost, &field[FIELD_COST_AMT],
                    &field[FIELD_COST_CUR])) {
        field[FIELD_COST_AMT] = field[FIELD_COST_CUR] = (struct text){0};
        return;
    }
    field[FIELD_COST_KIND] = marks == 2 ? TEXT("total") : TEXT("unit");
}

/* The cost of equity and investments is what they are carried at (decision G7). */
static bool take_carried(struct book *book, struct posting *posting,
                         struct text comment)
{
    struct text *field = posting->line.field, written;
    struct decimal cost, amount;

    if (field[FIELD_HIST_AMT].length || !tag_find_amount(comment, "cost", &written) ||
        written.length == 0 || written.bytes[0] != '@' ||
        (!text_equal(field[FIELD_CLS], TEXT("Q")) &&
         !text_equal(field[FIELD_CLS], TEXT("V"))))
        return true;
    if (decimal_parse(field[FIELD_COST_AMT], &cost) != DECIMAL_OK ||
        decimal_parse(field[FIELD_AMT], &amount) != DECIMAL_OK)
        return refuse_row(book,
                          "cost \"%.*s\" can be read in two ways: tag the posting "
                          "hist:1080000.00 USD",
                          TEXT_ARG(written));
    cost = decimal_absolute(cost);
    if (text_equal(field[FIELD_COST_KIND], TEXT("unit")) &&
        decimal_multiply(cost, decimal_absolute(amount), DECIMAL_SCALE_MAX, &cost) !=
            DECIMAL_OK)
        return refuse_row(book, "cost \"%.*s\" is too large", TEXT_ARG(written));
    if (decimal_sign(amount) < 0)
        cost = decimal_negate(cost);
    field[FIELD_HIST_AMT] =
        (struct text){posting->hist, decimal_write(decimal_trim(cost), posting->hist)};
    field[FIELD_HIST_CUR] = field[FIELD_COST_CUR];
    return true;
}

/* False: refused, and said. */
static bool take_posting(struct book *book, struct posting *posting,
                         struct problem *problem)
{
    struct text comment = cell(book, COLUMN_POSTING_COMMENT), value;
    bool no_cp = true;

    if (!take_amount(book, posting) || !take_date(book, posting, comment))
        return false;
    posting->line.field[FIELD_ST] = cell(book, COLUMN_POSTING_STATUS);
    posting->generated = tag_find(comment, "generated-posting", &value) ||
                         tag_find(comment, "_generated-posting", &value);
    /* A generated posting repeats the tags of the one that it was made for. */
    if (!posting->generated) {
        take_tags(book, &posting->line, comment, &no_cp);
        if (!take_hist(book, posting, comment))
            return false;
        take_cost(posting, comment);
    }
    if (posting_complete(book->plan->request->config, posting, no_cp, problem) !=
        ARCHIVE_OK)
        return refuse_row(book, "%s", problem->words);
    return posting->generated || take_carried(book, posting, comment);
}

/* --- one transaction ------------------------------------------------------------ */

static uint8_t places_of(const struct transaction *transaction, struct text currency)
{
    uint8_t places = UINT8_MAX;
    struct decimal value;

    for (uint32_t i = 0; i < transaction->count; i++) {
        const struct posting *posting = transaction->posting[i];
        if (!posting->generated &&
            text_equal(posting->line.field[FIELD_CUR], currency) &&
            decimal_parse(posting->line.field[FIELD_AMT], &value) == DECIMAL_OK &&
            value.scale < places)
            places = value.scale;
    }
    return places;
}

/* 10 EUR @ 1.3333 USD against -13.33 USD: hledger lets 0.003 pass, since it shows as
 * zero.  The posting that hledger made for the price gives way, and only by less than
 * the last place of what the owner wrote. */
static void settle_rounding(struct transaction *transaction)
{
    struct decimal sum, amount;

    for (uint32_t i = transaction->count; i-- > 0;) {
        struct posting *posting = transaction->posting[i];
        struct text *amt = &posting->line.field[FIELD_AMT];
        struct text currency = posting->line.field[FIELD_CUR];
        struct decimal unit = {1, 0};
        if (!posting->generated || !transaction_sum(transaction, currency, &sum) ||
            decimal_sign(sum) == 0)
            continue;
        unit.scale = places_of(transaction, currency);
        if (unit.scale > DECIMAL_SCALE_MAX ||
            decimal_compare(decimal_absolute(sum), unit) >= 0 ||
            decimal_parse(*amt, &amount) != DECIMAL_OK ||
            decimal_subtract(amount, sum, &amount) != DECIMAL_OK)
            continue;
        *amt = (struct text){posting->amt,
                             decimal_write(decimal_trim(amount), posting->amt)};
    }
}

static enum archive_error finish(struct book *book, struct problem *problem)
{
    if (book->index.length == 0 || book->refused)
        return ARCHIVE_OK;
    settle_rounding(&book->transaction);
    return import_transaction(book->plan, &book->transaction, problem);
}

/* False: no number, or one that other rows came between: hledger prints by date, with
 * numbers in the order of the journal, but all postings of one together. */
static bool is_new_index(struct book *book, struct text index,
                         enum archive_error *error, struct problem *problem)
{
    uint8_t digest[HASH_BYTES];
    uint32_t *seen;

    for (uint32_t i = 0; i < index.length; i++)
        if (index.bytes[i] < '0' || index.bytes[i] > '9')
            return false;
    if (index.length == 0)
        return false;
    sha256(index.bytes, index.length, digest);
    seen = digest_map_put(&book->indices, digest);
    if (seen == NULL)
        *error = problem_memory(problem);
    return seen && (*seen)++ == 0;
}

static void start(struct book *book)
{
    transaction_restart(&book->transaction);
    book->transaction.date = cell(book, COLUMN_DATE);
    book->transaction.code = cell(book, COLUMN_CODE);
    book->transaction.desc = cell(book, COLUMN_DESCRIPTION);
    book->transaction.st = cell(book, COLUMN_STATUS);
    book->comment = cell(book, COLUMN_COMMENT);
    book->index = cell(book, COLUMN_INDEX);
    book->refused = false;
}

static bool belongs(const struct book *book)
{
    const struct transaction *transaction = &book->transaction;

    return text_equal(cell(book, COLUMN_DATE), transaction->date) &&
           text_equal(cell(book, COLUMN_CODE), transaction->code) &&
           text_equal(cell(book, COLUMN_DESCRIPTION), transaction->desc) &&
           text_equal(cell(book, COLUMN_STATUS), transaction->st) &&
           text_equal(cell(book, COLUMN_COMMENT), book->comment);
}

static enum archive_error take_row(struct book *book, struct problem *problem)
{
    struct text index = cell(book, COLUMN_INDEX);
    struct posting *posting;
    enum archive_error error = ARCHIVE_OK;

    if (!text_equal(index, book->index) || index.length == 0) {
        error = finish(book, problem);
        if (error != ARCHIVE_OK)
            return error;
        start(book);
        if (!is_new_index(book, index, &error, problem)) {
            book->refused = true;
            import_refuse(book->plan, book->table.csv.line,
                          "txnidx \"%.*s\" is no number, or stands in another place "
                          "too: import one print at a time",
                          TEXT_ARG(index));
            return error;
        }
    } else if (!belongs(book)) {
        book->refused = true;
        import_refuse(book->plan, book->table.csv.line,
                      "differs from the row above in the same transaction");
    }
    posting = transaction_add(&book->transaction, book->table.csv.line);
    if (posting == NULL)
        return problem_memory(problem);
    if (!take_posting(book, posting, problem))
        book->refused = true;
    return ARCHIVE_OK;
}

enum archive_error import_parse_hledger(struct import_plan *plan, char *bytes,
                                        size_t length, struct problem *problem)
{
    struct book *book = calloc(1, sizeof(*book));
    enum archive_error error = ARCHIVE_OK;

    if (book == NULL)
        return problem_memory(problem);
    book->plan = plan;
    transaction_init(&book->transaction);
    digest_map_init(&book->indices);
    if (import_table_init(&book->table, plan, bytes, length, columns, COLUMN_COUNT)) {
        while (error == ARCHIVE_OK && import_table_next(&book->table))
            error = take_row(book, problem);
        if (error == ARCHIVE_OK)
            error = finish(book, problem);
    }
    transaction_release(&book->transaction);
    digest_map_release(&book->indices);
    free(book);
    return error;
}
