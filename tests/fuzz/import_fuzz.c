/* import_fuzz.c - any bytes as books, a table or an appended object.
 *
 * The first byte chooses the kind, the second the options.  What was not refused is
 * whole lines, entry after entry, and the same bytes say the same again. */
#include <stdlib.h>

#include "totebox/append.h"
#include "totebox/import_plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char entity[] = "ALD", currency[] = "USD", pattern[] = "bank*", cls[] = "A",
            line_name[] = "cash", dollar[] = "$";
static struct account_map map = {pattern, cls, line_name};
static struct commodity commodity = {dollar, currency};
static const struct archive_config config = {.entity = entity,
                                             .currency = currency,
                                             .maps = &map,
                                             .map_count = 1,
                                             .commodities = &commodity,
                                             .commodity_count = 1};

static void must(bool holds)
{
    if (!holds)
        abort();
}

static char *copy_of(const uint8_t *data, size_t size)
{
    char *copy = malloc(size ? size : 1);

    must(copy != NULL);
    if (size)
        memcpy(copy, data, size);
    return copy;
}

/* Every entry is its lines, each ended by a newline, one entry behind the other. */
static void check_entries(const struct import_plan *plan)
{
    size_t at = 0;

    for (uint32_t i = 0; i < plan->count; i++) {
        const struct import_entry *entry = &plan->entries[i];
        const uint8_t *bytes = buffer_bytes(&plan->staged.bodies);
        uint32_t lines = 0;
        must(entry->start >= at && entry->end > entry->start &&
             entry->end <= buffer_length(&plan->staged.bodies));
        for (at = entry->start; at < entry->end; at++)
            lines += bytes[at] == '\n';
        must(lines == entry->lines && bytes[at - 1] == '\n');
    }
}

static void import_once(const struct import_request *request, const uint8_t *data,
                        size_t size, struct import_plan *plan,
                        struct import_report *report)
{
    char *bytes = copy_of(data, size);
    struct problem problem;

    import_report_init(report);
    must(import_plan_init(plan, request, report));
    must(import_parse(plan, bytes, size, &problem) == ARCHIVE_OK);
    free(bytes);
    must((report->refused > 0) == (report->words_count > 0));
    if (report->refused == 0)
        check_entries(plan);
}

static void import_twice(enum import_kind kind, uint8_t options, const uint8_t *data,
                         size_t size)
{
    struct import_request request = {.kind = kind,
                                     .config = &config,
                                     .file = "in.csv",
                                     .source = TEXT("in.csv"),
                                     .own_rows = options & 1,
                                     .currencies = {TEXT("USD")},
                                     .currency_count = (options & 2) != 0,
                                     .since = options & 4 ? 20250101 : 0};
    struct import_plan first, second;
    struct import_report of_first, of_second;

    import_once(&request, data, size, &first, &of_first);
    import_once(&request, data, size, &second, &of_second);
    must(first.count == second.count && of_first.refused == of_second.refused);
    for (uint32_t i = 0; i < first.count; i++)
        must(memcmp(first.entries[i].key, second.entries[i].key, HASH_BYTES) == 0);
    import_plan_release(&first);
    import_plan_release(&second);
    import_report_release(&of_first);
    import_report_release(&of_second);
}

static void append_once(const uint8_t *data, size_t size)
{
    char *bytes = copy_of(data, size);
    struct ledger_batch batch;
    struct append append;
    struct problem problem;
    enum archive_error error;

    append_init(&append, &config, NULL);
    ledger_batch_init(&batch);
    error =
        append_json(&append, (struct text){bytes, (uint32_t)size}, 1, &batch, &problem);
    must((error == ARCHIVE_OK) == (batch.count > 0));
    must((batch.count > 0) == (buffer_length(&batch.bodies) > 0));
    ledger_batch_release(&batch);
    append_release(&append);
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size > APPEND_BYTES_MAX)
        return 0;
    if (data[0] % (IMPORT_KIND_COUNT + 1) == IMPORT_KIND_COUNT)
        append_once(data + 2, size - 2);
    else
        import_twice((enum import_kind)(data[0] % (IMPORT_KIND_COUNT + 1)), data[1],
                     data + 2, size - 2);
    return 0;
}
