#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "core/config_value.h"
#include "proto/keyfile.h"
#include "tui/commands.h"
#include "tui/fleet_file.h"
#include "tui/output.h"
#include "tui/pairing_dial.h"
#include "tui/session.h"

static const char usage[] =
    "usage: fleet pair HOST:PORT [--config FILE] [--device FILE] [--entity ID]\n"
    "                  [--key SHA256:...] [--write]\n"
    "\n"
    "Pairs this device with the archive that answers there, while its owner runs\n"
    "totebox pair ARCHIVE --open.  Both screens must show the same code: the owner\n"
    "types it there, and here you say that it is the same.  Then the pairing is kept\n"
    "as pairings/ID.token beside fleet.conf, and the block for fleet.conf is printed\n"
    "on standard output (all else goes to standard error).\n"
    "\n"
    "  --config FILE     instead of ~/.config/fleet/fleet.conf\n"
    "  --device FILE     the device key, instead of the one that the configuration "
    "names\n"
    "  --entity ID       which entity it is to be; refused when it is another\n"
    "  --key SHA256:...  the archive's key, when you have it from its owner: nobody\n"
    "                    else is talked to, and nothing is asked here\n"
    "  --write           add the block to fleet.conf, made if it is not there\n"
    "\n"
    "Exit status: 0 paired, 2 usage or configuration, 4 no archive answers, 5 "
    "refused.\n";

struct pair_options {
    const char *address, *config, *device, *entity, *key;
    bool writes;
};

struct pair_command {
    struct pair_options options;
    char config_path[4096], device_path[4096];
    char host[256];
    struct key_pair device;
    struct pairing_dial dial;
    char code[PAIRING_CODE_CHARS + 1];
};

static int complain(int status, const char *words)
{
    fprintf(stderr, "fleet: %s\n", words);
    return status;
}

/* --- before ------------------------------------------------------------------------
 */

static int take_options(int argc, char **argv, struct pair_options *taken)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"device", required_argument, NULL, 'd'},
        {"entity", required_argument, NULL, 'e'},
        {"key", required_argument, NULL, 'k'},
        {"write", no_argument, NULL, 'w'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 'c':
            taken->config = optarg;
            break;
        case 'd':
            taken->device = optarg;
            break;
        case 'e':
            taken->entity = optarg;
            break;
        case 'k':
            taken->key = optarg;
            break;
        case 'w':
            taken->writes = true;
            break;
        default:
            fputs(usage, option == 'h' ? stdout : stderr);
            return option == 'h' ? -1 : EXIT_USAGE;
        }
    }
    if (optind != argc - 1) {
        fputs(usage, stderr);
        return EXIT_USAGE;
    }
    taken->address = argv[optind];
    return EXIT_COMPLETE;
}

static int read_options(struct pair_command *command)
{
    const struct pair_options *options = &command->options;
    struct pairing_dial *dial = &command->dial;
    struct text host;

    if (!config_address_parse(options->address, &host, &dial->port) ||
        host.length >= sizeof command->host)
        return complain(EXIT_USAGE, "the address must be host:port or [v6]:port, as "
                                    "totebox serve shows it");
    if (options->entity && !entity_id_is_valid(text_of(options->entity)))
        return complain(EXIT_USAGE, "--entity: an id is 1 to 16 of A-Z 0-9 and -");
    if (options->key && !fingerprint_parse(text_of(options->key), dial->archive))
        return complain(EXIT_USAGE,
                        "--key: write SHA256: and 43 characters, as the archive's "
                        "ready line shows");
    memcpy(command->host, host.bytes, host.length);
    dial->address = options->address;
    dial->host = command->host;
    dial->is_pinned = options->key != NULL;
    dial->wait_ms = PAIRING_WAIT_MS;
    return EXIT_COMPLETE;
}

/* Of the option, else of the configuration, else the default one. */
static int find_device(struct pair_command *command)
{
    const char *named = command->options.device;
    char error[CONFIG_ERROR_CHARS];
    bool has_path;

    if (!named && access(command->config_path, F_OK) == 0) {
        struct config *config = config_load(command->config_path, error);
        if (!config)
            return complain(EXIT_USAGE, error);
        has_path = snprintf(command->device_path, sizeof command->device_path, "%s",
                            config->device_path) > 0;
        config_free(config);
    } else if (named) {
        has_path = snprintf(command->device_path, sizeof command->device_path, "%s",
                            named) > 0;
    } else {
        has_path =
            session_default_device(command->device_path, sizeof command->device_path);
    }
    return has_path ? EXIT_COMPLETE
                    : complain(EXIT_USAGE, "HOME is not set: name the key with "
                                           "--device FILE");
}

static int find_files(struct pair_command *command)
{
    const char *why = "";

    if (command->options.config)
        snprintf(command->config_path, sizeof command->config_path, "%s",
                 command->options.config);
    else if (!fleet_file_default(command->config_path, sizeof command->config_path))
        return complain(EXIT_USAGE, "HOME is not set: name fleet.conf with --config");
    int status = find_device(command);
    if (status != EXIT_COMPLETE)
        return status;
    enum psp_error error = keyfile_load(command->device_path, &command->device, &why);
    if (error == PSP_OK)
        return EXIT_COMPLETE;
    fprintf(stderr, "fleet: %s: %s%s\n", command->device_path, why,
            error == PSP_UNKNOWN ? " (fleet keys --create makes one)" : "");
    return EXIT_USAGE;
}

/* --- while it is asked -------------------------------------------------------------
 */

static void on_identified(void *user, const uint8_t archive[HASH_BYTES],
                          int64_t skew_ms)
{
    struct pair_command *command = user;
    uint8_t holder[HASH_BYTES];
    char fingerprint[FINGERPRINT_CHARS + 1];

    fingerprint_write(archive, fingerprint);
    fprintf(stderr, "archive  %s\n", fingerprint);
    holder_of_key(command->device.public_key, holder);
    fingerprint_write(holder, fingerprint);
    fprintf(stderr, "device   %s\n", fingerprint);
    if (skew_ms > TOKEN_SKEW_MS || skew_ms < -TOKEN_SKEW_MS)
        fprintf(stderr,
                "The archive's clock is %lld s %s ours: one of the two is wrong.\n",
                (long long)(skew_ms < 0 ? -skew_ms : skew_ms) / 1000,
                skew_ms < 0 ? "behind" : "ahead of");
}

static void on_coded(void *user, const char *code)
{
    struct pair_command *command = user;

    memcpy(command->code, code, sizeof command->code);
    fprintf(stderr, "code     %s\n", code);
    if (isatty(STDERR_FILENO)) {
        fputs("\n    +---------------------+\n    |  ", stderr);
        for (const char *at = code; *at; at++)
            fprintf(stderr, "%c ", *at);
        fputs(" |\n    +---------------------+\n\n", stderr);
    }
    fputs("Waiting for the archive's owner to type this code there.\n", stderr);
}

/* Whoever is in between can say that the owner approved, but not show this code there.
 */
static bool is_confirmed(const struct pair_command *command)
{
    char line[16] = "";

    if (command->dial.is_pinned)
        return true;
    (void)tcflush(STDIN_FILENO, TCIFLUSH); /* an answer follows the question */
    fprintf(stderr,
            "It says: approved.  Does the archive's own screen say so, with the code "
            "%s?\nType yes: ",
            command->code);
    if (!fgets(line, sizeof line, stdin))
        fputc('\n', stderr);
    line[strcspn(line, "\r\n")] = '\0';
    return strcmp(line, "yes") == 0;
}

/* --- after -------------------------------------------------------------------------
 */

static int keep(const struct pair_command *command)
{
    const struct pairing_dial *dial = &command->dial;
    struct fleet_entry entry = {.entity = dial->entity,
                                .address = command->options.address};
    char block[FLEET_BLOCK_CHARS], error[CONFIG_ERROR_CHARS];
    const char *device = command->options.device;
    char *real_device = device ? realpath(device, NULL) : NULL;

    memcpy(entry.key, dial->archive, HASH_BYTES);
    bool good =
        fleet_token_store(command->config_path, dial->entity, &dial->pairing, error);
    if (good && fleet_block_write(&entry, block)) {
        fprintf(stderr, "paired   %s  %s\n", dial->entity, dial->name);
        fputs(block, stdout);
        if (output_end(EXIT_COMPLETE) != EXIT_COMPLETE)
            fprintf(stderr, "The block is:\n%s", block);
    }
    if (good && command->options.writes)
        good = fleet_block_append(
            command->config_path, &entry, real_device,
            config_currency_is_valid(dial->currency) ? dial->currency : "USD", error);
    free(real_device);
    if (!good)
        return complain(EXIT_USAGE, error);
    if (command->options.writes)
        fprintf(stderr, "added to %s\n", command->config_path);
    return EXIT_COMPLETE;
}

static int pair(struct pair_command *command)
{
    struct pairing_dial *dial = &command->dial;
    enum exit_code result = pairing_dial_ask(dial);

    if (result == EXIT_COMPLETE && !is_confirmed(command))
        return complain(
            EXIT_REFUSED,
            "not confirmed, so nothing was kept: the archive's owner can end the "
            "pairing with totebox revoke");
    if (result == EXIT_COMPLETE)
        result = pairing_dial_learn(dial, command->options.entity);
    return result == EXIT_COMPLETE ? keep(command) : complain(result, dial->why);
}

int command_pair(int argc, char **argv)
{
    struct pair_command *command = calloc(1, sizeof *command);

    if (!command)
        return complain(EXIT_INTERNAL, "out of memory");
    int status = take_options(argc, argv, &command->options);
    if (status == EXIT_COMPLETE)
        status = read_options(command);
    if (status == EXIT_COMPLETE)
        status = find_files(command);
    if (status == EXIT_COMPLETE) {
        command->dial.device = &command->device;
        command->dial.identified = on_identified;
        command->dial.coded = on_coded;
        command->dial.user = command;
        status = pair(command);
    }
    pairing_dial_release(&command->dial);
    key_pair_wipe(&command->device);
    free(command);
    return status < 0 ? EXIT_COMPLETE : status;
}
