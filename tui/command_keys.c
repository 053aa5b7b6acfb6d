#include "tui/commands.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "proto/keyfile.h"
#include "tui/fleet_file.h"
#include "tui/output.h"
#include "tui/session.h"

static const char usage[] =
    "usage: fleet keys [--create] [--device FILE]\n"
    "\n"
    "Shows the name of this device's key: what an archive's owner pairs.\n"
    "  --create       make a new key first; never overwrites one\n"
    "  --device FILE  instead of ~/.config/fleet/device.pem\n";

static int create(const char *path)
{
    struct key_pair pair;
    const char *why = "no random bytes";
    fleet_file_folders(path);
    enum psp_error error = PSP_FAILED;
    if (key_pair_generate(&pair))
        error = keyfile_create(path, &pair, &why);
    key_pair_wipe(&pair);
    if (error == PSP_OK)
        return EXIT_COMPLETE;
    fprintf(stderr, "fleet: %s: %s\n", path, why);
    return EXIT_USAGE;
}

static int show(const char *path)
{
    struct key_pair pair;
    const char *why = "";
    enum psp_error error = keyfile_load(path, &pair, &why);
    if (error != PSP_OK) {
        fprintf(stderr, "fleet: %s: %s%s\n", path, why,
                error == PSP_UNKNOWN ? " (fleet keys --create makes one)" : "");
        return EXIT_USAGE;
    }
    uint8_t holder[HASH_BYTES];
    char fingerprint[FINGERPRINT_CHARS + 1];
    char base64[64];
    holder_of_key(pair.public_key, holder);
    fingerprint_write(holder, fingerprint);
    base64_write(pair.public_key, KEY_BYTES, base64);
    key_pair_wipe(&pair);
    printf("device       %s\nfingerprint  %s\npublic-key   %s\n", path, fingerprint,
           base64);
    return output_end(EXIT_COMPLETE);
}

int command_keys(int argc, char **argv)
{
    static const struct option options[] = {
        {"create", no_argument, NULL, 'c'},
        {"device", required_argument, NULL, 'd'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    char path[4096] = "";
    const char *device = NULL;
    bool creates = false;
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'c') {
            creates = true;
        } else if (option == 'd') {
            device = optarg;
        } else {
            fputs(usage, option == 'h' ? stdout : stderr);
            return option == 'h' ? EXIT_COMPLETE : EXIT_USAGE;
        }
    }
    if (!device) {
        if (!session_default_device(path, sizeof path)) {
            fputs("fleet: HOME is not set: name the key with --device FILE\n", stderr);
            return EXIT_USAGE;
        }
        device = path;
    }
    if (creates) {
        int status = create(device);
        if (status != EXIT_COMPLETE)
            return status;
    }
    return show(device);
}
