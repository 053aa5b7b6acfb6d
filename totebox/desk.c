#include "totebox/desk.h"

#include <stdio.h>
#include <stdlib.h>

enum { DAY_MS = 86400000, DAYS_MAX = 3653 };

enum archive_error desk_open(struct desk *desk, const char *directory,
                             enum ledger_mode mode, struct problem *problem)
{
    struct index_plan plan = {.views = 1U << VIEW_ENTITY, .items_from = DATE_LAST};
    enum archive_error error = archive_open(&desk->archive, directory, problem);

    if (error == ARCHIVE_OK)
        error = pairings_load(&desk->pairings, directory, problem);
    if (error == ARCHIVE_OK)
        error =
            index_open(&desk->index, desk->archive, &plan, mode, INT64_MAX, problem);
    return error;
}

void desk_close(struct desk *desk)
{
    index_close(desk->index);
    pairings_release(&desk->pairings);
    archive_close(desk->archive);
}

void desk_hex(const uint8_t hash[HASH_BYTES], char hex[2 * HASH_BYTES + 1])
{
    for (int i = 0; i < HASH_BYTES; i++)
        snprintf(hex + 2 * i, 3, "%02x", hash[i]);
}

static enum archive_error append_pairing(struct desk *desk,
                                         const struct pairing *pairing, int64_t now_ms,
                                         struct problem *problem)
{
    char holder[2 * HASH_BYTES + 1], delegate[2 * HASH_BYTES + 1], epoch[24],
        until[TIME_CHARS + 1];
    struct ledger_batch batch;
    enum archive_error error;
    struct line line;

    desk_hex(pairing->holder, holder);
    desk_hex(pairing->delegate, delegate);
    snprintf(epoch, sizeof(epoch), "%llu", (unsigned long long)pairing->epoch);
    time_write(pairing->not_after_ms, until);
    line_init(&line, LINE_PAIRING);
    line.field[FIELD_HOLDER] = text_of(holder);
    line.field[FIELD_DELEGATE] = text_of(delegate);
    line.field[FIELD_ROLE] = text_of(pairing->role);
    line.field[FIELD_LABEL] = text_of(pairing->label);
    line.field[FIELD_EPOCH] = text_of(epoch);
    line.field[FIELD_UNTIL] = text_of(until);
    ledger_batch_init(&batch);
    error = ledger_batch_add(&batch, &line, problem);
    if (error == ARCHIVE_OK)
        error = index_append(desk->index, &batch, now_ms, problem);
    ledger_batch_release(&batch);
    return error;
}

enum archive_error desk_pair(struct desk *desk, struct pairing *pairing,
                             int64_t window_ms, struct problem *problem)
{
    int64_t now_ms = archive_clock_ms();
    enum archive_error error;

    pairing->epoch = index_revoked_epoch(desk->index, pairing->holder) + 1;
    error = pairing_sign(pairing, desk->archive, now_ms, window_ms, problem);
    if (error == ARCHIVE_OK)
        error = append_pairing(desk, pairing, now_ms, problem);
    if (error == ARCHIVE_OK)
        error = pairing_store(pairing, desk->archive->directory, problem);
    if (error == ARCHIVE_OK)
        error = archive_sign_off(desk->archive, index_ledger(desk->index), problem);
    return error;
}

void desk_print_paired(const struct pairing *pairing)
{
    char fingerprint[FINGERPRINT_CHARS + 1], until[TIME_CHARS + 1];

    fingerprint_write(pairing->holder, fingerprint);
    time_write(pairing->not_after_ms, until);
    printf("paired  %s  %s  epoch %llu  until %s  %s\n", fingerprint, pairing->role,
           (unsigned long long)pairing->epoch, until, pairing->label);
}

/* --- on which terms --------------------------------------------------------------- */

const struct pair_terms pair_terms_default = {
    .role = "aggregator", .label = "device", .days = 90};

bool pair_terms_take(struct pair_terms *terms, int option, const char *value)
{
    char *end;

    switch (option) {
    case 'r':
        terms->role = value;
        return true;
    case 'l':
        terms->label = value;
        return true;
    case 'd':
        terms->days = strtol(value, &end, 10);
        return *end == '\0' && terms->days >= 1 && terms->days <= DAYS_MAX;
    default:
        return false;
    }
}

enum archive_error pair_terms_put(const struct pair_terms *terms,
                                  struct pairing *pairing, struct problem *problem)
{
    if (!pairing_role_is_valid(text_of(terms->role)))
        return problem_set(problem, ARCHIVE_USAGE,
                           "--role must be up to 32 of a-z 0-9 -");
    if (!pairing_label_is_valid(text_of(terms->label)))
        return problem_set(problem, ARCHIVE_USAGE,
                           "--label must have 1 to 64 bytes of printable UTF-8");
    snprintf(pairing->role, sizeof(pairing->role), "%s", terms->role);
    snprintf(pairing->label, sizeof(pairing->label), "%s", terms->label);
    return ARCHIVE_OK;
}

int64_t pair_terms_window_ms(const struct pair_terms *terms)
{
    return terms->days * (int64_t)DAY_MS;
}
