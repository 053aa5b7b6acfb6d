#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "totebox/command.h"
#include "totebox/pairing.h"

enum { DAY_MS = 86400000, DAYS_DEFAULT = 90, DAYS_MAX = 3653 };

static const char pair_usage[] =
    "usage: totebox pair ARCHIVE --public-key BASE64 [--key SHA256:...] [--role ROLE]\n"
    "                    [--label TEXT] [--days N]\n"
    "\n"
    "Lets a device read what exposure.conf exposes to its role: signs its pairing and\n"
    "notes it in the ledger.\n"
    "\n"
    "  --public-key BASE64  of the device (fleet keys prints it)\n"
    "  --key SHA256:...     refuse unless the public key has this fingerprint: the "
    "one\n"
    "                       that its owner read to you\n"
    "  --role ROLE          default aggregator\n"
    "  --label TEXT         whose device it is\n"
    "  --days N             default 90; exposure.conf may allow less\n";

static const char pairings_usage[] =
    "usage: totebox pairings ARCHIVE\n"
    "\n"
    "Lists the paired keys: state, fingerprint, role, epoch, end and label.\n";

static const char revoke_usage[] =
    "usage: totebox revoke ARCHIVE SHA256:...|--all [--text WHY]\n"
    "\n"
    "Ends a pairing, or all of them, at once: open connections included.  The ledger\n"
    "keeps that it was there.  Pairing the key again starts a new epoch.\n";

/* An archive with its index open for writing: epochs come from the ledger. */
struct desk {
    struct archive *archive;
    struct archive_index *index;
    struct pairings pairings;
};

static enum archive_error desk_open(struct desk *desk, const char *directory,
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

static void desk_close(struct desk *desk)
{
    index_close(desk->index);
    pairings_release(&desk->pairings);
    archive_close(desk->archive);
}

static void write_hex(const uint8_t hash[HASH_BYTES], char hex[2 * HASH_BYTES + 1])
{
    for (int i = 0; i < HASH_BYTES; i++)
        snprintf(hex + 2 * i, 3, "%02x", hash[i]);
}

/* --- pair ----------------------------------------------------------------------- */

static enum archive_error append_pairing(struct desk *desk,
                                         const struct pairing *pairing, int64_t now_ms,
                                         struct problem *problem)
{
    char holder[2 * HASH_BYTES + 1], delegate[2 * HASH_BYTES + 1], epoch[24],
        until[TIME_CHARS + 1];
    struct ledger_batch batch;
    enum archive_error error;
    struct line line;

    write_hex(pairing->holder, holder);
    write_hex(pairing->delegate, delegate);
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

static enum archive_error pair(struct desk *desk, struct pairing *pairing,
                               int64_t window_ms, struct problem *problem)
{
    int64_t now_ms = archive_clock_ms();
    char fingerprint[FINGERPRINT_CHARS + 1], until[TIME_CHARS + 1];
    enum archive_error error;

    pairing->epoch = index_revoked_epoch(desk->index, pairing->holder) + 1;
    error = pairing_sign(pairing, desk->archive, now_ms, window_ms, problem);
    /* The ledger first: a pairing that nobody noted must not exist. */
    if (error == ARCHIVE_OK)
        error = append_pairing(desk, pairing, now_ms, problem);
    if (error == ARCHIVE_OK)
        error = pairing_store(pairing, desk->archive->directory, problem);
    if (error == ARCHIVE_OK)
        error = archive_sign_off(desk->archive, index_ledger(desk->index), problem);
    if (error != ARCHIVE_OK)
        return error;
    fingerprint_write(pairing->holder, fingerprint);
    time_write(pairing->not_after_ms, until);
    printf("paired  %s  %s  epoch %llu  until %s  %s\n", fingerprint, pairing->role,
           (unsigned long long)pairing->epoch, until, pairing->label);
    return ARCHIVE_OK;
}

/* 32 bytes, or the 44 of a SubjectPublicKeyInfo. */
static bool take_public_key(const char *base64, struct pairing *pairing)
{
    uint8_t bytes[SPKI_BYTES];
    ptrdiff_t length = base64_read(text_of(base64), bytes, sizeof(bytes));

    if (length == SPKI_BYTES) {
        if (key_of_spki((struct text){(const char *)bytes, SPKI_BYTES},
                        pairing->delegate) != PSP_OK)
            return false;
    } else if (length == KEY_BYTES) {
        memcpy(pairing->delegate, bytes, KEY_BYTES);
    } else {
        return false;
    }
    holder_of_key(pairing->delegate, pairing->holder);
    return public_key_is_usable(pairing->delegate);
}

struct pair_options {
    const char *directory, *public_key, *key, *role, *label;
    long days;
};

static enum archive_error check_pairing(const struct pair_options *options,
                                        struct pairing *pairing,
                                        struct problem *problem)
{
    uint8_t expected[HASH_BYTES];

    memset(pairing, 0, sizeof(*pairing));
    if (!take_public_key(options->public_key, pairing))
        return problem_set(problem, ARCHIVE_USAGE,
                           "--public-key is not an Ed25519 public key in base64");
    if (options->key && (!fingerprint_parse(text_of(options->key), expected) ||
                         memcmp(expected, pairing->holder, HASH_BYTES) != 0))
        return problem_set(
            problem, ARCHIVE_REFUSED,
            "the public key does not have the fingerprint %s: this is not "
            "the device you mean",
            options->key);
    if (!pairing_role_is_valid(text_of(options->role)))
        return problem_set(problem, ARCHIVE_USAGE,
                           "--role must be up to 32 of a-z 0-9 -");
    if (!pairing_label_is_valid(text_of(options->label)))
        return problem_set(problem, ARCHIVE_USAGE,
                           "--label must have 1 to 64 bytes of printable UTF-8");
    snprintf(pairing->role, sizeof(pairing->role), "%s", options->role);
    snprintf(pairing->label, sizeof(pairing->label), "%s", options->label);
    return ARCHIVE_OK;
}

static bool take_pair_option(struct pair_options *options, int option,
                             const char *value)
{
    char *end;

    switch (option) {
    case 'p':
        options->public_key = value;
        return true;
    case 'k':
        options->key = value;
        return true;
    case 'r':
        options->role = value;
        return true;
    case 'l':
        options->label = value;
        return true;
    case 'd':
        options->days = strtol(value, &end, 10);
        return *end == '\0' && options->days >= 1 && options->days <= DAYS_MAX;
    default:
        return false;
    }
}

int pair_main(int argc, char **argv)
{
    static const struct option long_options[] = {
        {"public-key", required_argument, NULL, 'p'},
        {"key", required_argument, NULL, 'k'},
        {"role", required_argument, NULL, 'r'},
        {"label", required_argument, NULL, 'l'},
        {"days", required_argument, NULL, 'd'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    struct pair_options options = {
        .role = "aggregator", .label = "device", .days = DAYS_DEFAULT};
    struct desk desk = {0};
    struct problem problem;
    struct pairing *pairing;
    enum archive_error error;
    int option;

    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1)
        if (!take_pair_option(&options, option, optarg))
            return command_usage(pair_usage, option == 'h');
    if (optind != argc - 1 || !options.public_key)
        return command_usage(pair_usage, false);
    pairing = malloc(sizeof(*pairing));
    error =
        pairing ? check_pairing(&options, pairing, &problem) : problem_memory(&problem);
    if (error == ARCHIVE_OK)
        error = desk_open(&desk, argv[optind], LEDGER_WRITE, &problem);
    if (error == ARCHIVE_OK)
        error = pair(&desk, pairing, options.days * (int64_t)DAY_MS, &problem);
    desk_close(&desk);
    free(pairing);
    return error == ARCHIVE_OK ? ARCHIVE_OK : command_fail("pair", &problem);
}

/* --- pairings and revoke --------------------------------------------------------- */

static const char *state_of(const struct desk *desk, const struct pairing *pairing,
                            int64_t now_ms)
{
    if (pairing->epoch <= index_revoked_epoch(desk->index, pairing->holder))
        return "revoked";
    return pairing->not_after_ms <= now_ms ? "expired" : "active";
}

int pairings_main(int argc, char **argv)
{
    struct desk desk = {0};
    struct problem problem;
    int64_t now_ms = archive_clock_ms();
    bool asked = argc == 2 && strcmp(argv[1], "--help") == 0;

    if (argc != 2 || argv[1][0] == '-')
        return command_usage(pairings_usage, asked);
    if (desk_open(&desk, argv[1], LEDGER_READ, &problem) != ARCHIVE_OK) {
        desk_close(&desk);
        return command_fail("pairings", &problem);
    }
    for (uint32_t i = 0; i < desk.pairings.count; i++) {
        const struct pairing *pairing = &desk.pairings.pairing[i];
        char fingerprint[FINGERPRINT_CHARS + 1], until[TIME_CHARS + 1];
        fingerprint_write(pairing->holder, fingerprint);
        time_write(pairing->not_after_ms, until);
        printf("%-7s  %s  %s  epoch %llu  until %s  %s\n",
               state_of(&desk, pairing, now_ms), fingerprint, pairing->role,
               (unsigned long long)pairing->epoch, until, pairing->label);
    }
    desk_close(&desk);
    return ARCHIVE_OK;
}

static enum archive_error add_revocation(struct ledger_batch *batch,
                                         const struct pairing *pairing, const char *why,
                                         struct problem *problem)
{
    char holder[2 * HASH_BYTES + 1], epoch[24];
    struct line line;

    write_hex(pairing->holder, holder);
    snprintf(epoch, sizeof(epoch), "%llu", (unsigned long long)pairing->epoch);
    line_init(&line, LINE_REVOCATION);
    line.field[FIELD_HOLDER] = text_of(holder);
    line.field[FIELD_EPOCH] = text_of(epoch);
    if (why)
        line.field[FIELD_TEXT] = text_of(why);
    return ledger_batch_add(batch, &line, problem);
}

static enum archive_error revoke(struct desk *desk, const uint8_t *holder,
                                 const char *why, struct problem *problem)
{
    enum archive_error error = ARCHIVE_OK;
    struct ledger_batch batch;

    ledger_batch_init(&batch);
    for (uint32_t i = 0; error == ARCHIVE_OK && i < desk->pairings.count; i++) {
        const struct pairing *pairing = &desk->pairings.pairing[i];
        if (holder && memcmp(holder, pairing->holder, HASH_BYTES) != 0)
            continue;
        if (pairing->epoch > index_revoked_epoch(desk->index, pairing->holder))
            error = add_revocation(&batch, pairing, why, problem);
    }
    if (error == ARCHIVE_OK && batch.count == 0)
        error =
            problem_set(problem, ARCHIVE_REFUSED, "there is no such active pairing");
    if (error == ARCHIVE_OK)
        error = index_append(desk->index, &batch, archive_clock_ms(), problem);
    if (error == ARCHIVE_OK)
        error = archive_sign_off(desk->archive, index_ledger(desk->index), problem);
    if (error == ARCHIVE_OK)
        printf("revoked %llu\n", (unsigned long long)batch.count);
    ledger_batch_release(&batch);
    return error;
}

int revoke_main(int argc, char **argv)
{
    static const struct option options[] = {
        {"all", no_argument, NULL, 'a'},
        {"text", required_argument, NULL, 't'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    struct desk desk = {0};
    struct problem problem;
    enum archive_error error;
    uint8_t holder[HASH_BYTES];
    const char *why = NULL;
    bool all = false;
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'a')
            all = true;
        else if (option == 't')
            why = optarg;
        else
            return command_usage(revoke_usage, option == 'h');
    }
    if (argc - optind != (all ? 1 : 2) ||
        (!all && !fingerprint_parse(text_of(argv[optind + 1]), holder)))
        return command_usage(revoke_usage, false);
    error = desk_open(&desk, argv[optind], LEDGER_WRITE, &problem);
    if (error == ARCHIVE_OK)
        error = revoke(&desk, all ? NULL : holder, why, &problem);
    desk_close(&desk);
    return error == ARCHIVE_OK ? ARCHIVE_OK : command_fail("revoke", &problem);
}
