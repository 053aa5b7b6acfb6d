#include "totebox/import_line.h"

#include <stdlib.h>

/* --- the transaction ------------------------------------------------------------ */

void transaction_init(struct transaction *transaction)
{
    memset(transaction, 0, sizeof(*transaction));
}

void transaction_release(struct transaction *transaction)
{
    for (uint32_t i = 0; i < transaction->capacity; i++)
        free(transaction->posting[i]);
    free(transaction->posting);
    transaction_init(transaction);
}

void transaction_restart(struct transaction *transaction)
{
    transaction->date = transaction->code = transaction->desc = transaction->st =
        (struct text){0};
    transaction->count = 0;
}

static bool grow(struct transaction *transaction)
{
    uint32_t capacity = transaction->capacity ? transaction->capacity * 2 : 8;
    struct posting **at =
        realloc(transaction->posting, capacity * sizeof(struct posting *));

    if (at == NULL)
        return false;
    memset(at + transaction->capacity, 0,
           (capacity - transaction->capacity) * sizeof(struct posting *));
    transaction->posting = at;
    transaction->capacity = capacity;
    return true;
}

struct posting *transaction_add(struct transaction *transaction, uint32_t file_line)
{
    struct posting **posting;

    if (transaction->count == transaction->capacity && !grow(transaction))
        return NULL;
    posting = &transaction->posting[transaction->count];
    if (*posting == NULL)
        *posting = malloc(sizeof(**posting));
    if (*posting == NULL)
        return NULL;
    memset(*posting, 0, sizeof(**posting));
    line_init(&(*posting)->line, LINE_POSTING);
    (*posting)->file_line = file_line;
    transaction->count++;
    return *posting;
}

/* --- one posting ---------------------------------------------------------------- */

static const char class_letters[] = "ALQRXV";

struct text account_counterparty(struct text account)
{
    static const char mark[] = ":ic:";
    const char *end = account.bytes + account.length, *at, *stop;

    if (account.length == 0)
        return account;
    at = memmem(account.bytes, account.length, mark, sizeof(mark) - 1);
    if (at == NULL)
        return (struct text){0};
    at += sizeof(mark) - 1;
    stop = memchr(at, ':', (size_t)(end - at));
    return (struct text){at, (uint32_t)((stop ? stop : end) - at)};
}

static enum archive_error complete_class(const struct archive_config *config,
                                         struct line *line, struct problem *problem)
{
    struct text account = line->field[FIELD_ACCT];
    char cls;

    if (line->field[FIELD_CLS].length || account.length == 0)
        return ARCHIVE_OK; /* line_check says what is wrong with either */
    cls = archive_class(config, account);
    if (cls == '\0')
        return problem_set(problem, ARCHIVE_REFUSED,
                           "account \"%.*s\" has no class: add  map \"%.*s\" { class = "
                           "\"A\" }  (A L Q R X or V) to archive.conf",
                           TEXT_ARG(account), TEXT_ARG(account));
    line->field[FIELD_CLS] = (struct text){strchr(class_letters, cls), 1};
    return ARCHIVE_OK;
}

static enum archive_error complete_party(const struct archive_config *config,
                                         struct line *line, bool no_cp,
                                         struct problem *problem)
{
    struct text *cp = &line->field[FIELD_CP];

    if (cp->length == 0 && !no_cp) {
        *cp = account_counterparty(line->field[FIELD_ACCT]);
        if (cp->length && !entity_id_is_valid(*cp))
            return problem_set(problem, ARCHIVE_REFUSED,
                               "account \"%.*s\": \"%.*s\" after :ic: is not an entity "
                               "id (A-Z 0-9 -): rename it, or say cp",
                               TEXT_ARG(line->field[FIELD_ACCT]), TEXT_ARG(*cp));
    }
    if (text_equal(*cp, text_of(config->entity)))
        return problem_set(problem, ARCHIVE_REFUSED,
                           "counterparty %.*s is this archive itself", TEXT_ARG(*cp));
    return ARCHIVE_OK;
}

static int sign_of(struct text amount)
{
    struct decimal value;

    return decimal_parse(amount, &value) == DECIMAL_OK ? decimal_sign(value) : 0;
}

static enum archive_error check_hist(const struct line *line, struct problem *problem)
{
    struct text hist = line->field[FIELD_HIST_AMT], cls = line->field[FIELD_CLS];

    if (hist.length == 0)
        return ARCHIVE_OK;
    if (!text_equal(cls, TEXT("Q")) && !text_equal(cls, TEXT("V")))
        return problem_set(problem, ARCHIVE_REFUSED,
                           "hist belongs to equity (Q) and investments (V), not to "
                           "class %.*s",
                           TEXT_ARG(cls));
    if (sign_of(hist) * sign_of(line->field[FIELD_AMT]) < 0)
        return problem_set(problem, ARCHIVE_REFUSED,
                           "hist %.*s has not the sign of the amount %.*s",
                           TEXT_ARG(hist), TEXT_ARG(line->field[FIELD_AMT]));
    return ARCHIVE_OK;
}

enum archive_error posting_complete(const struct archive_config *config,
                                    struct posting *posting, bool no_cp,
                                    struct problem *problem)
{
    static const enum line_field currencies[] = {FIELD_CUR, FIELD_COST_CUR,
                                                 FIELD_HIST_CUR};
    struct line *line = &posting->line;
    enum archive_error error;

    for (uint32_t i = 0; i < sizeof(currencies) / sizeof(currencies[0]); i++) {
        struct text *currency = &line->field[currencies[i]];
        if (currency->length)
            *currency = archive_currency(config, *currency);
    }
    error = complete_class(config, line, problem);
    if (error == ARCHIVE_OK)
        error = complete_party(config, line, no_cp, problem);
    if (error == ARCHIVE_OK)
        error = check_hist(line, problem);
    return error;
}

/* --- zero per currency ---------------------------------------------------------- */

bool transaction_sum(const struct transaction *transaction, struct text currency,
                     struct decimal *sum)
{
    struct decimal total = decimal_from_int(0), amount;

    for (uint32_t i = 0; i < transaction->count; i++) {
        const struct line *line = &transaction->posting[i]->line;
        if (!text_equal(line->field[FIELD_CUR], currency))
            continue;
        if (decimal_parse(line->field[FIELD_AMT], &amount) != DECIMAL_OK ||
            decimal_add(total, amount, &total) != DECIMAL_OK)
            return false;
    }
    *sum = total;
    return true;
}

/* Whether posting `index` is the first one in its currency. */
static bool is_first_of_currency(const struct transaction *transaction, uint32_t index)
{
    struct text currency = transaction->posting[index]->line.field[FIELD_CUR];

    for (uint32_t i = 0; i < index; i++)
        if (text_equal(transaction->posting[i]->line.field[FIELD_CUR], currency))
            return false;
    return true;
}

enum archive_error transaction_check(const struct transaction *transaction,
                                     struct problem *problem)
{
    struct decimal sum;
    char written[DECIMAL_CHARS_MAX];
    uint32_t length;

    if (transaction->count < 2)
        return problem_set(problem, ARCHIVE_REFUSED,
                           "a transaction needs two postings or more");
    if (transaction->count > POSTINGS_MAX)
        return problem_set(problem, ARCHIVE_REFUSED,
                           "a transaction has at most %d postings", POSTINGS_MAX);
    for (uint32_t i = 0; i < transaction->count; i++) {
        struct text currency = transaction->posting[i]->line.field[FIELD_CUR];
        if (!is_first_of_currency(transaction, i))
            continue;
        if (!transaction_sum(transaction, currency, &sum))
            return problem_set(problem, ARCHIVE_REFUSED,
                               "the amounts in %.*s are too large to add",
                               TEXT_ARG(currency));
        length = decimal_write(decimal_trim(sum), written);
        if (decimal_sign(sum) != 0)
            return problem_set(problem, ARCHIVE_REFUSED,
                               "the transaction of %.*s does not balance: its %.*s sum "
                               "to %.*s, not to 0",
                               TEXT_ARG(transaction->date), TEXT_ARG(currency),
                               (int)length, written);
    }
    return ARCHIVE_OK;
}

/* --- facts ---------------------------------------------------------------------- */

static void default_to(struct line *line, enum line_field field, struct text value)
{
    if (line->field[field].length == 0 && line_type_has(line->type, field))
        line->field[field] = value;
}

void fact_complete(const struct archive_config *config, struct line *line)
{
    static const enum line_field currencies[] = {FIELD_CUR, FIELD_UNIT};

    if (line->type == LINE_METRIC || line->type == LINE_OBLIGATION) {
        for (uint32_t i = 0; i < sizeof(currencies) / sizeof(currencies[0]); i++) {
            struct text *currency = &line->field[currencies[i]];
            if (currency->length)
                *currency = archive_currency(config, *currency);
        }
        default_to(line, FIELD_SCENARIO, TEXT("actual"));
        default_to(line, FIELD_BASIS, TEXT("own"));
        default_to(line, FIELD_QUALITY, TEXT("ok"));
    }
    if (line->type == LINE_OBLIGATION || line->type == LINE_NOTE)
        default_to(line, FIELD_STATE, TEXT("open"));
}
