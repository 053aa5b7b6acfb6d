#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "totebox/desk.h"

static const char approve_usage[] =
    "usage: totebox approve ARCHIVE CODE [--role ROLE] [--label TEXT] [--days N]\n"
    "\n"
    "Lets the device in that waits in an open pairing window.  CODE is what the "
    "device's\n"
    "own screen shows: where it is not the code of the request, somebody is in "
    "between.\n"
    "Role, label and days as of totebox pair.\n";

static const char deny_usage[] = "usage: totebox deny ARCHIVE [CODE]\n"
                                 "\n"
                                 "Sends the device away that waits in an open pairing "
                                 "window; with CODE, only if that\n"
                                 "is the code of its request.\n";

enum archive_error request_find(const char *directory, const char *code,
                                struct pairing_request *request,
                                struct problem *problem)
{
    char typed[PAIRING_CODE_CHARS + 1];
    struct window_look look;

    if (code && !pairing_code_read(text_of(code), typed))
        return problem_set(problem, ARCHIVE_USAGE,
                           "a code has eight letters and digits: ABCD-EFGH");
    pairing_window_look(&look, directory, archive_clock_ms());
    if (look.state == WINDOW_CLOSED)
        return problem_set(problem, ARCHIVE_REFUSED,
                           "pairing is not open: totebox pair %s --open", directory);
    if (!pairing_window_request(request, directory, &look))
        return problem_set(problem, ARCHIVE_REFUSED, "no device waits to be paired");
    if (code && !equal_in_constant_time(typed, request->code, PAIRING_CODE_CHARS))
        return problem_set(problem, ARCHIVE_REFUSED,
                           "this is not the code of the device that asked: somebody "
                           "may be in between (totebox deny, and open anew)");
    return ARCHIVE_OK;
}

enum archive_error request_approve(const char *directory,
                                   const struct pairing_request *request,
                                   const struct pair_terms *terms,
                                   struct pairing *pairing, struct problem *problem)
{
    struct desk desk = {0};
    enum archive_error error;

    memset(pairing, 0, sizeof(*pairing));
    memcpy(pairing->holder, request->holder, HASH_BYTES);
    memcpy(pairing->delegate, request->public_key, KEY_BYTES);
    error = pair_terms_put(terms, pairing, problem);
    if (error == ARCHIVE_OK)
        error = desk_open(&desk, directory, LEDGER_WRITE, problem);
    if (error == ARCHIVE_OK)
        error = desk_pair(&desk, pairing, pair_terms_window_ms(terms), problem);
    desk_close(&desk);
    /* Only now: who waits for an answer reads the pairing when the request is gone. */
    if (error == ARCHIVE_OK)
        pairing_request_remove(directory);
    return error;
}

int approve_main(int argc, char **argv)
{
    static const struct option long_options[] = {
        {"role", required_argument, NULL, 'r'},
        {"label", required_argument, NULL, 'l'},
        {"days", required_argument, NULL, 'd'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    struct pair_terms terms = pair_terms_default;
    struct pairing_request request;
    struct problem problem;
    int option;

    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1)
        if (!pair_terms_take(&terms, option, optarg))
            return command_usage(approve_usage, option == 'h');
    if (optind != argc - 2)
        return command_usage(approve_usage, false);
    const char *directory = argv[optind];
    struct pairing *pairing = malloc(sizeof(*pairing));
    enum archive_error error =
        pairing ? request_find(directory, argv[optind + 1], &request, &problem)
                : problem_memory(&problem);
    if (error == ARCHIVE_OK)
        error = request_approve(directory, &request, &terms, pairing, &problem);
    if (error == ARCHIVE_OK)
        desk_print_paired(pairing);
    free(pairing);
    return error == ARCHIVE_OK ? ARCHIVE_OK : command_fail("approve", &problem);
}

int deny_main(int argc, char **argv)
{
    bool asked = argc == 2 && strcmp(argv[1], "--help") == 0;
    char fingerprint[FINGERPRINT_CHARS + 1];
    struct pairing_request request;
    struct problem problem;

    if (argc < 2 || argc > 3 || argv[1][0] == '-')
        return command_usage(deny_usage, asked);
    if (request_find(argv[1], argv[2], &request, &problem) != ARCHIVE_OK)
        return command_fail("deny", &problem);
    pairing_request_remove(argv[1]);
    fingerprint_write(request.holder, fingerprint);
    printf("denied  %s\n", fingerprint);
    return ARCHIVE_OK;
}
