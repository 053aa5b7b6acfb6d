/* import_identity.c - what makes two transactions, or two facts, the same. */
#include "totebox/date.h"
#include "totebox/import_line.h"
#include "totebox/share.h"

static void hash_number(struct hasher *hasher, uint32_t number)
{
    uint8_t bytes[4] = {(uint8_t)number, (uint8_t)(number >> 8),
                        (uint8_t)(number >> 16), (uint8_t)(number >> 24)};
    hasher_update(hasher, bytes, sizeof(bytes));
}

static void hash_text(struct hasher *hasher, struct text text)
{
    hash_number(hasher, text.length);
    if (text.length)
        hasher_update(hasher, text.bytes, text.length);
}

/* One number has one spelling here: 5.00, 5.0 and 5 are the same. */
static void hash_decimal(struct hasher *hasher, struct text text)
{
    struct decimal value;
    char written[DECIMAL_CHARS_MAX];

    if (text.length && decimal_parse(text, &value) == DECIMAL_OK)
        text = (struct text){written, decimal_write(decimal_trim(value), written)};
    hash_text(hasher, text);
}

static void hash_share(struct hasher *hasher, struct text text)
{
    int64_t fraction[2];

    if (text.length && share_parse(text, &fraction[0], &fraction[1])) {
        hash_number(hasher, (uint32_t)fraction[0]);
        hash_number(hasher, (uint32_t)fraction[1]);
    } else {
        hash_text(hasher, text);
    }
}

static void hash_time(struct hasher *hasher, struct text text)
{
    char written[TIME_CHARS + 1];
    int64_t unix_ms;

    if (text.length && time_parse(text, &unix_ms)) {
        time_write(unix_ms, written);
        text = text_of(written);
    }
    hash_text(hasher, text);
}

static void hash_field(struct hasher *hasher, const struct line *line,
                       enum line_field field)
{
    struct text value = line->field[field];

    switch ((int)field) {
    case FIELD_AMT:
    case FIELD_AMOUNT:
    case FIELD_COST_AMT:
    case FIELD_HIST_AMT:
    case FIELD_QTY:
    case FIELD_VALUE:
    case FIELD_THRESHOLD:
    case FIELD_NUM:
    case FIELD_DEN:
    case FIELD_RATE:
        hash_decimal(hasher, value);
        break;
    case FIELD_ECON:
    case FIELD_VOTE:
        hash_share(hasher, value);
        break;
    case FIELD_AS_OF:
        hash_time(hasher, value);
        break;
    default:
        hash_text(hasher, value);
    }
}

void transaction_digest(const struct transaction *transaction, struct text source,
                        uint32_t occurrence, uint8_t digest[HASH_BYTES])
{
    static const enum line_field fields[] = {
        FIELD_DATE,     FIELD_ACCT,     FIELD_CLS,      FIELD_LINE,      FIELD_AMT,
        FIELD_CUR,      FIELD_COST_AMT, FIELD_COST_CUR, FIELD_COST_KIND, FIELD_HIST_AMT,
        FIELD_HIST_CUR, FIELD_CP,       FIELD_REF,      FIELD_GRP,       FIELD_ST,
    };
    struct hasher hasher;

    hasher_init(&hasher);
    hash_text(&hasher, TEXT("totebox txn v1"));
    hash_text(&hasher, source);
    hash_text(&hasher, transaction->date);
    hash_text(&hasher, transaction->code);
    hash_text(&hasher, transaction->desc);
    hash_number(&hasher, transaction->count);
    for (uint32_t i = 0; i < transaction->count; i++)
        for (uint32_t j = 0; j < sizeof(fields) / sizeof(fields[0]); j++)
            hash_field(&hasher, &transaction->posting[i]->line, fields[j]);
    hash_number(&hasher, occurrence);
    hasher_finish(&hasher, digest);
}

/* The parts of the row's key (proto/rows.h), for which the newest line wins. */
static bool is_key(enum line_type type, enum line_field field)
{
    switch ((int)type) {
    case LINE_METRIC:
        return field == FIELD_KEY || field == FIELD_START || field == FIELD_END ||
               field == FIELD_SCENARIO || field == FIELD_BASIS || field == FIELD_UNIT ||
               field == FIELD_CP;
    case LINE_EDGE:
        return field == FIELD_OWNED || field == FIELD_FROM;
    case LINE_RATE:
        return field == FIELD_FROM || field == FIELD_TO || field == FIELD_DAY;
    case LINE_OBLIGATION:
        return field == FIELD_KIND || field == FIELD_ID;
    default:
        return false;
    }
}

void fact_digests(const struct line *line, uint8_t key[HASH_BYTES],
                  uint8_t content[HASH_BYTES])
{
    struct hasher of_key, of_content;

    hasher_init(&of_key);
    hasher_init(&of_content);
    hash_number(&of_key, (uint32_t)line->type);
    for (int i = 0; i < FIELD_COUNT; i++) {
        enum line_field field = (enum line_field)i;
        if (field == FIELD_SRC || !line_type_has(line->type, field))
            continue;
        hash_field(&of_content, line, field);
        if (is_key(line->type, field))
            hash_field(&of_key, line, field);
    }
    hasher_finish(&of_key, key);
    hasher_finish(&of_content, content);
}
