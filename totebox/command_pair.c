#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "totebox/desk.h"

static const char pair_usage[] =
    "usage: totebox pair ARCHIVE --open [--minutes N] [TERMS]\n"
    "       totebox pair ARCHIVE --public-key BASE64 [--key SHA256:...] [TERMS]\n"
    "\n"
    "Lets a device read what exposure.conf exposes to its role: signs its pairing and\n"
    "notes it in the ledger.\n"
    "\n"
    "  --open               let one device ask (fleet pair ADDRESS there) while this\n"
    "                       runs, and show its code: both screens must show the same\n"
    "  --minutes N          how long; default 10, at most 60\n"
    "  --public-key BASE64  of the device (fleet keys prints it), without asking it\n"
    "  --key SHA256:...     refuse unless the public key has this fingerprint: the\n"
    "                       one that its owner read to you\n"
    "\n"
    "TERMS, also of totebox approve:\n"
    "  --role ROLE          default aggregator\n"
    "  --label TEXT         whose device it is\n"
    "  --days N             default 90; exposure.conf may allow less\n"
    "\n"
    "With --open at a terminal the code of the other screen is typed here; elsewhere\n"
    "each step is printed as one line, and totebox approve or deny answers:\n"
    "  open UNTIL, request CODE SHA256:... ADDRESS, paired ... or denied\n";

static const char pairings_usage[] =
    "usage: totebox pairings ARCHIVE\n"
    "\n"
    "Lists the paired keys: state, fingerprint, role, epoch, end and label.\n";

static const char revoke_usage[] =
    "usage: totebox revoke ARCHIVE SHA256:...|--all [--text WHY]\n"
    "\n"
    "Ends a pairing, or all of them, at once: open connections included.  The ledger\n"
    "keeps that it was there.  Pairing the key again starts a new epoch.\n";

/* --- pair ----------------------------------------------------------------------- */

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
    const char *public_key, *key;
    struct pair_terms terms;
    bool opens;
    long minutes;
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
    return pair_terms_put(&options->terms, pairing, problem);
}

static bool take_minutes(struct pair_options *options, const char *value)
{
    char *end;

    options->minutes = strtol(value, &end, 10);
    return *end == '\0' && options->minutes >= 1 &&
           options->minutes <= WINDOW_MINUTES_MAX;
}

static bool take_pair_option(struct pair_options *options, int option,
                             const char *value)
{
    switch (option) {
    case 'p':
        options->public_key = value;
        return true;
    case 'k':
        options->key = value;
        return true;
    case 'o':
        options->opens = true;
        return true;
    case 'm':
        return take_minutes(options, value);
    default:
        return pair_terms_take(&options->terms, option, value);
    }
}

static int pair_by_key(const struct pair_options *options, const char *directory)
{
    struct pairing *pairing = malloc(sizeof(*pairing));
    struct desk desk = {0};
    struct problem problem;
    enum archive_error error =
        pairing ? check_pairing(options, pairing, &problem) : problem_memory(&problem);

    if (error == ARCHIVE_OK)
        error = desk_open(&desk, directory, LEDGER_WRITE, &problem);
    if (error == ARCHIVE_OK)
        error =
            desk_pair(&desk, pairing, pair_terms_window_ms(&options->terms), &problem);
    if (error == ARCHIVE_OK)
        desk_print_paired(pairing);
    desk_close(&desk);
    free(pairing);
    return error == ARCHIVE_OK ? ARCHIVE_OK : command_fail("pair", &problem);
}

int pair_main(int argc, char **argv)
{
    static const struct option long_options[] = {
        {"public-key", required_argument, NULL, 'p'},
        {"key", required_argument, NULL, 'k'},
        {"open", no_argument, NULL, 'o'},
        {"minutes", required_argument, NULL, 'm'},
        {"role", required_argument, NULL, 'r'},
        {"label", required_argument, NULL, 'l'},
        {"days", required_argument, NULL, 'd'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    struct pair_options options = {.terms = pair_terms_default};
    int option;

    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1)
        if (!take_pair_option(&options, option, optarg))
            return command_usage(pair_usage, option == 'h');
    if (optind != argc - 1 || options.opens == (options.public_key != NULL) ||
        (options.opens ? options.key != NULL : options.minutes != 0))
        return command_usage(pair_usage, false);
    if (options.opens)
        return pair_open(argv[optind],
                         options.minutes ? options.minutes : WINDOW_MINUTES_DEFAULT,
                         &options.terms);
    return pair_by_key(&options, argv[optind]);
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

    desk_hex(pairing->holder, holder);
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
