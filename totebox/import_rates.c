/* import_rates.c - the ECB's history of euro reference rates, as it is published.
 *
 * The header is "Date" and a currency a column; every line, and the header, ends with a
 * comma.  A rate is what one euro costs.  "N/A" is a gap, not a zero.  Of 41 currencies
 * and 7,000 days only what was asked for becomes lines. */
#include "totebox/date.h"
#include "totebox/import_plan.h"

struct rate_file {
    struct import_plan *plan;
    struct csv csv;
    uint32_t width; /* cells of the header */
    uint32_t count; /* currencies to take, and where they stand */
    struct text currency[CSV_CELLS_MAX];
    uint32_t cell[CSV_CELLS_MAX];
};

static bool is_currency(struct text text)
{
    for (uint32_t i = 0; i < text.length; i++)
        if (text.bytes[i] < 'A' || text.bytes[i] > 'Z')
            return false;
    return text.length == 3;
}

static bool is_asked(const struct import_request *request, struct text currency)
{
    for (uint32_t i = 0; i < request->currency_count; i++)
        if (text_equal(request->currencies[i], currency))
            return true;
    return request->currency_count == 0;
}

static bool take_column(struct rate_file *file, uint32_t cell)
{
    struct text currency = file->csv.cell[cell];

    if (currency.length == 0 && cell + 1 == file->csv.count)
        return true;
    if (!is_currency(currency) || text_equal(currency, TEXT("EUR"))) {
        import_refuse(file->plan, file->csv.line, "column \"%.*s\" is no currency",
                      TEXT_ARG(currency));
        return false;
    }
    if (!is_asked(file->plan->request, currency))
        return true;
    for (uint32_t i = 0; i < file->count; i++) {
        if (text_equal(file->currency[i], currency)) {
            import_refuse(file->plan, file->csv.line,
                          "column \"%.*s\" stands in the header twice",
                          TEXT_ARG(currency));
            return false;
        }
    }
    file->currency[file->count] = currency;
    file->cell[file->count++] = cell;
    return true;
}

/* Every currency asked for must have its column. */
static bool check_asked(struct rate_file *file)
{
    const struct import_request *request = file->plan->request;

    for (uint32_t i = 0; i < request->currency_count; i++) {
        uint32_t at = 0;
        while (at < file->count &&
               !text_equal(file->currency[at], request->currencies[i]))
            at++;
        if (at < file->count)
            continue;
        import_refuse(file->plan, file->csv.line, "has no currency \"%.*s\"",
                      TEXT_ARG(request->currencies[i]));
        return false;
    }
    return true;
}

static bool take_header(struct rate_file *file)
{
    struct csv *csv = &file->csv;

    switch (csv_next(csv)) {
    case CSV_DEFECT:
        import_refuse(file->plan, csv->line, "%s", csv->defect);
        return false;
    case CSV_END:
        import_refuse(file->plan, 1, "is empty");
        return false;
    case CSV_RECORD:
        break;
    }
    if (!text_equal(csv->cell[0], TEXT("Date"))) {
        import_refuse(file->plan, csv->line,
                      "is not the ECB's history: it begins \"Date,USD,JPY,...\"");
        return false;
    }
    file->width = csv->count;
    for (uint32_t i = 1; i < csv->count; i++)
        if (!take_column(file, i))
            return false;
    return check_asked(file);
}

static enum archive_error take_rate(struct rate_file *file, uint32_t index,
                                    struct problem *problem)
{
    struct text rate = file->csv.cell[file->cell[index]];
    struct line line;

    if (rate.length == 0 || text_equal(rate, TEXT("N/A"))) {
        file->plan->report->gaps++;
        return ARCHIVE_OK;
    }
    line_init(&line, LINE_RATE);
    line.field[FIELD_FROM] = TEXT("EUR");
    line.field[FIELD_TO] = file->currency[index];
    line.field[FIELD_DAY] = file->csv.cell[0];
    line.field[FIELD_RATE] = rate;
    line.field[FIELD_SOURCE] = TEXT("ECB");
    return import_fact(file->plan, &line, file->csv.line, problem);
}

static enum archive_error take_day(struct rate_file *file, struct problem *problem)
{
    const struct import_request *request = file->plan->request;
    enum archive_error error = ARCHIVE_OK;
    int32_t day;

    if (file->csv.count != file->width) {
        import_refuse(file->plan, file->csv.line, "has %u cells, the header has %u",
                      file->csv.count, file->width);
        return ARCHIVE_OK;
    }
    if (!date_parse(file->csv.cell[0], &day)) {
        import_refuse(file->plan, file->csv.line, "\"%.*s\" is not a date YYYY-MM-DD",
                      TEXT_ARG(file->csv.cell[0]));
        return ARCHIVE_OK;
    }
    if (day < request->since || (request->until && day > request->until))
        return ARCHIVE_OK;
    for (uint32_t i = 0; error == ARCHIVE_OK && i < file->count; i++)
        error = take_rate(file, i, problem);
    return error;
}

enum archive_error import_parse_rates(struct import_plan *plan, char *bytes,
                                      size_t length, struct problem *problem)
{
    struct rate_file file = {.plan = plan, .count = 0};
    enum archive_error error = ARCHIVE_OK;
    enum csv_result result = CSV_RECORD;

    csv_init(&file.csv, bytes, length);
    if (!take_header(&file))
        return ARCHIVE_OK;
    while (error == ARCHIVE_OK && (result = csv_next(&file.csv)) == CSV_RECORD) {
        import_progress(plan, &file.csv);
        error = take_day(&file, problem);
    }
    if (result == CSV_DEFECT)
        import_refuse(plan, file.csv.line, "%s", file.csv.defect);
    return error;
}
