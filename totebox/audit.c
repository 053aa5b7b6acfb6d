#include "totebox/audit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "proto/token.h"

enum {
    WHO_MAX = TOKEN_LINKS_MAX * (LABEL_BYTES_MAX + 1),
    READERS_MAX = 256,
    STRANGERS_MAX = 64,
    LINES_MAX = 10000
};

struct reader {
    char who[WHO_MAX];
    uint32_t length; /* of who */
    enum view view;
    uint64_t times, rows;
};

struct stranger {
    uint8_t holder[HASH_BYTES];
    bool has_holder;
    char why[32];
    uint64_t times; /* not written yet */
    int64_t due_ms; /* not before that */
};

struct audit {
    struct ledger *ledger;
    struct ledger_batch batch;
    uint64_t lost; /* lines that had no room */
    int64_t reads_due_ms;
    struct reader readers[READERS_MAX];
    uint32_t reader_count;
    struct stranger strangers[STRANGERS_MAX];
    uint32_t stranger_count;
};

static enum archive_error open_log(struct audit *audit, const struct archive *archive,
                                   struct problem *problem)
{
    static const struct ledger_visitor nobody = {NULL, NULL};
    char *path = archive_path(archive->directory, LEDGER_AUDIT "/log.jsonl");
    enum archive_error error = ARCHIVE_OK;

    if (path == NULL)
        return problem_memory(problem);
    if (access(path, F_OK) != 0 && errno == ENOENT)
        error = ledger_create_in(archive->directory, LEDGER_AUDIT, problem);
    free(path);
    if (error != ARCHIVE_OK)
        return error;
    return ledger_open_in(&audit->ledger, archive->directory, LEDGER_AUDIT,
                          text_of(archive->config.entity),
                          text_of(archive->config.origin),
                          archive->authority.public_key, LEDGER_WRITE, nobody, problem);
}

enum archive_error audit_open(struct audit **audit, const struct archive *archive,
                              struct problem *problem)
{
    struct audit *opened = calloc(1, sizeof(*opened));
    enum archive_error error;

    *audit = NULL;
    if (opened == NULL)
        return problem_memory(problem);
    ledger_batch_init(&opened->batch);
    error = open_log(opened, archive, problem);
    if (error != ARCHIVE_OK) {
        free(opened);
        return error;
    }
    *audit = opened;
    return ARCHIVE_OK;
}

void audit_close(struct audit *audit, const struct archive *archive)
{
    struct problem problem;

    if (audit == NULL)
        return;
    /* Without it the log is as good as without this run's last checkpoint. */
    if (ledger_checkpoint(audit->ledger, &archive->authority, &problem) != ARCHIVE_OK)
        fprintf(stderr, "totebox: audit: %s\n", problem.words);
    ledger_close(audit->ledger);
    ledger_batch_release(&audit->batch);
    free(audit);
}

/* --- noting --------------------------------------------------------------------- */

static void write_hex(const uint8_t hash[HASH_BYTES], char hex[2 * HASH_BYTES + 1])
{
    for (int i = 0; i < HASH_BYTES; i++)
        snprintf(hex + 2 * i, 3, "%02x", hash[i]);
}

static void add(struct audit *audit, const struct line *line)
{
    struct problem problem;

    if (audit->batch.count >= LINES_MAX ||
        ledger_batch_add(&audit->batch, line, &problem) != ARCHIVE_OK)
        audit->lost++;
}

/* Borrowed: as it can stand in a line. */
static struct text usable(struct text who)
{
    return who.length && who.length <= WHO_MAX && text_is_clean(who)
               ? who
               : TEXT("(unnamed)");
}

void audit_grant(struct audit *audit, struct text who, const uint8_t holder[HASH_BYTES],
                 const uint8_t link_id[HASH_BYTES], int64_t not_after_ms)
{
    char holder_hex[2 * HASH_BYTES + 1], link_hex[2 * HASH_BYTES + 1],
        until[TIME_CHARS + 1];
    struct line line;

    write_hex(holder, holder_hex);
    write_hex(link_id, link_hex);
    time_write(not_after_ms, until);
    line_init(&line, LINE_GRANT);
    line.field[FIELD_BY] = usable(who);
    line.field[FIELD_HOLDER] = text_of(holder_hex);
    line.field[FIELD_DIGEST] = text_of(link_hex);
    line.field[FIELD_UNTIL] = text_of(until);
    add(audit, &line);
}

void audit_refusal(struct audit *audit, const uint8_t *holder, const char *why)
{
    struct stranger *stranger;

    if (why == NULL)
        why = "failed"; /* a failure of ours, which has no code on the wire */
    for (uint32_t i = 0; i < audit->stranger_count; i++) {
        stranger = &audit->strangers[i];
        if (strncmp(stranger->why, why, sizeof(stranger->why) - 1) == 0 &&
            stranger->has_holder == (holder != NULL) &&
            (!holder || memcmp(stranger->holder, holder, HASH_BYTES) == 0)) {
            stranger->times++;
            return;
        }
    }
    if (audit->stranger_count == STRANGERS_MAX) {
        audit->lost++;
        return;
    }
    stranger = &audit->strangers[audit->stranger_count++];
    *stranger = (struct stranger){.has_holder = holder != NULL, .times = 1};
    if (holder)
        memcpy(stranger->holder, holder, HASH_BYTES);
    snprintf(stranger->why, sizeof(stranger->why), "%s", why);
}

void audit_rows(struct audit *audit, struct text who, enum view view, uint64_t rows)
{
    struct reader *reader;

    who = usable(who);
    for (uint32_t i = 0; i < audit->reader_count; i++) {
        reader = &audit->readers[i];
        if (reader->view == view && reader->length == who.length &&
            memcmp(reader->who, who.bytes, who.length) == 0) {
            reader->times++;
            reader->rows += rows;
            return;
        }
    }
    if (audit->reader_count == READERS_MAX) {
        audit->lost++;
        return;
    }
    reader = &audit->readers[audit->reader_count++];
    reader->view = view;
    reader->length = who.length;
    reader->times = 1;
    reader->rows = rows;
    memcpy(reader->who, who.bytes, who.length);
}

/* --- writing -------------------------------------------------------------------- */

static void write_reads(struct audit *audit)
{
    for (uint32_t i = 0; i < audit->reader_count; i++) {
        const struct reader *reader = &audit->readers[i];
        char times[24], rows[24];
        struct line line;
        line_init(&line, LINE_READS);
        snprintf(times, sizeof(times), "%llu", (unsigned long long)reader->times);
        snprintf(rows, sizeof(rows), "%llu", (unsigned long long)reader->rows);
        line.field[FIELD_BY] = (struct text){reader->who, reader->length};
        line.field[FIELD_TARGET] = text_of(view_table(reader->view)->name);
        line.field[FIELD_TIMES] = text_of(times);
        line.field[FIELD_N] = text_of(rows);
        add(audit, &line);
    }
    audit->reader_count = 0;
}

static void write_refusal(struct audit *audit, const uint8_t *holder, const char *why,
                          uint64_t count)
{
    char times[24], hex[2 * HASH_BYTES + 1];
    struct line line;

    line_init(&line, LINE_REFUSAL);
    snprintf(times, sizeof(times), "%llu", (unsigned long long)count);
    line.field[FIELD_TEXT] = text_of(why);
    line.field[FIELD_TIMES] = text_of(times);
    if (holder) {
        write_hex(holder, hex);
        line.field[FIELD_HOLDER] = text_of(hex);
    }
    add(audit, &line);
}

/* Those that are due; those that have been quiet for their ten seconds are forgotten.
 */
static void write_refusals(struct audit *audit, int64_t now_ms)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < audit->stranger_count; i++) {
        struct stranger *stranger = &audit->strangers[i];
        if (now_ms >= stranger->due_ms) {
            if (stranger->times == 0)
                continue;
            write_refusal(audit, stranger->has_holder ? stranger->holder : NULL,
                          stranger->why, stranger->times);
            stranger->times = 0;
            stranger->due_ms = now_ms + AUDIT_REFUSAL_MS;
        }
        audit->strangers[kept++] = *stranger;
    }
    audit->stranger_count = kept;
}

enum archive_error audit_flush(struct audit *audit, int64_t now_ms,
                               struct problem *problem)
{
    enum archive_error error;

    write_refusals(audit, now_ms);
    if (now_ms >= audit->reads_due_ms) {
        write_reads(audit);
        audit->reads_due_ms = now_ms + AUDIT_READS_MS;
    }
    if (audit->lost && audit->batch.count < LINES_MAX) {
        uint64_t lost = audit->lost;
        audit->lost = 0;
        write_refusal(audit, NULL, "lines lost", lost);
    }
    error = ledger_append(audit->ledger, &audit->batch, now_ms, problem);
    if (error != ARCHIVE_OK)
        return error;
    ledger_batch_release(&audit->batch);
    ledger_batch_init(&audit->batch);
    return ARCHIVE_OK;
}

/* --- reading -------------------------------------------------------------------- */

enum archive_error audit_read(const struct archive *archive,
                              struct ledger_visitor visitor, uint64_t *lines,
                              struct problem *problem)
{
    char *path = archive_path(archive->directory, LEDGER_AUDIT "/log.jsonl");
    struct ledger *ledger;
    enum archive_error error;
    bool absent;

    *lines = 0;
    if (path == NULL)
        return problem_memory(problem);
    absent = access(path, F_OK) != 0 && errno == ENOENT;
    free(path);
    if (absent)
        return ARCHIVE_OK;
    error =
        ledger_open_in(&ledger, archive->directory, LEDGER_AUDIT,
                       text_of(archive->config.entity), text_of(archive->config.origin),
                       archive->authority.public_key, LEDGER_READ, visitor, problem);
    if (error != ARCHIVE_OK)
        return error;
    *lines = ledger_lines(ledger);
    ledger_close(ledger);
    return ARCHIVE_OK;
}
