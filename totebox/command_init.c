#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/keyfile.h"
#include "totebox/command.h"

static const char usage[] =
    "usage: totebox init ARCHIVE --entity ID --name NAME --kind KIND --currency CODE\n"
    "                    [--anchor NAME]\n"
    "\n"
    "Creates an empty archive: archive.conf, exposure.conf (nothing exposed),\n"
    "authority.key (mode 0600: it signs for this archive, keep a copy), ledger/ and\n"
    "pairings/.  Never overwrites anything.\n"
    "\n"
    "  --entity ID      1 to 16 of A-Z 0-9 -\n"
    "  --name NAME      what people call it\n"
    "  --kind KIND      company property project trust fund person adjustment\n"
    "  --currency CODE  functional currency, ISO 4217\n"
    "  --anchor NAME    name in checkpoints (default totebox/ID)\n";

struct settings {
    const char *entity, *name, *kind, *currency, *anchor;
};

static const char exposure_text[] =
    "# What may be seen of this archive.  What no block exposes is denied.\n"
    "#\n"
    "# expose \"group\" {\n"
    "#   to          = {\"aggregator\"}\n"
    "#   views       = {\"entity\", \"own\", \"pos\", \"metric\", \"obl\", \"fx\"}\n"
    "#   periods     = {\"2025\", \"2025-12\"}\n"
    "#   granularity = \"account\"            # total, account or item\n"
    "#   window      = \"90d\"                # longest pairing\n"
    "# }\n";

/* As libconfuse reads it back: quotes, backslashes and ${...} mean themselves. */
static bool append_quoted(struct buffer *out, const char *value)
{
    bool ok = buffer_append(out, "\"", 1);

    for (; ok && *value; value++) {
        if (*value == '"' || *value == '\\' || *value == '$')
            ok = buffer_append(out, "\\", 1);
        ok = ok && buffer_append(out, value, 1);
    }
    return ok && buffer_append(out, "\"\n", 2);
}

static bool append_setting(struct buffer *out, const char *name, const char *value)
{
    return value == NULL ||
           (buffer_append(out, name, strlen(name)) && append_quoted(out, value));
}

static bool write_config(const struct settings *settings, struct buffer *out)
{
    static const char head[] = "# Who this archive is.  See docs/archive.md.\n";
    static const char tail[] =
        "\n# Accounts to lines of the catalogue, the first match wins:\n"
        "# map \"assets:bank*\" { class = \"A\"  line = \"cash\" }\n"
        "# commodity \"$\" { iso = \"USD\" }\n";

    return buffer_append(out, head, sizeof(head) - 1) &&
           append_setting(out, "entity    = ", settings->entity) &&
           append_setting(out, "name      = ", settings->name) &&
           append_setting(out, "kind      = ", settings->kind) &&
           append_setting(out, "currency  = ", settings->currency) &&
           append_setting(out, "anchor    = ", settings->anchor) &&
           append_setting(out, "lifecycle = ", "active") &&
           buffer_append(out, tail, sizeof(tail) - 1);
}

/* Writes the text, and reads it back as the archive will: a name or a kind that is not
 * legal is found before there is a key. */
static enum archive_error create_config(const struct settings *settings,
                                        const char *directory, struct problem *problem)
{
    char *path = archive_path(directory, "archive.conf");
    struct archive_config config;
    struct buffer text;
    enum archive_error error;

    buffer_init(&text);
    if (path == NULL || !write_config(settings, &text))
        error = problem_memory(problem);
    else if (access(path, F_OK) == 0)
        error = problem_set(problem, ARCHIVE_REFUSED, "%s: is there already", path);
    else
        error = archive_replace_file(path,
                                     (struct text){(const char *)buffer_bytes(&text),
                                                   (uint32_t)buffer_length(&text)},
                                     0600, problem);
    if (error == ARCHIVE_OK) {
        error = archive_config_read(&config, path, problem);
        if (error == ARCHIVE_OK)
            archive_config_release(&config);
        else
            unlink(path);
    }
    buffer_release(&text);
    free(path);
    return error;
}

static enum archive_error create_exposure(const char *directory,
                                          struct problem *problem)
{
    char *path = archive_path(directory, "exposure.conf");
    enum archive_error error;

    if (path == NULL)
        return problem_memory(problem);
    error = access(path, F_OK) == 0
                ? ARCHIVE_OK
                : archive_replace_file(path, text_of(exposure_text), 0600, problem);
    free(path);
    return error;
}

static enum archive_error create_key(const char *directory, struct problem *problem)
{
    char *path = archive_path(directory, "authority.key");
    char fingerprint[FINGERPRINT_CHARS + 1];
    enum archive_error error = ARCHIVE_OK;
    uint8_t holder[HASH_BYTES];
    struct key_pair pair;
    const char *why = "";

    if (path == NULL)
        return problem_memory(problem);
    if (!key_pair_generate(&pair))
        error = problem_set(problem, ARCHIVE_FAILED, "no random bytes from the system");
    else if (keyfile_create(path, &pair, &why) != PSP_OK)
        error = problem_set(problem, ARCHIVE_FAILED, "%s: %s", path, why);
    if (error == ARCHIVE_OK) {
        holder_of_key(pair.public_key, holder);
        fingerprint_write(holder, fingerprint);
        printf("key       %s\n", fingerprint);
    }
    key_pair_wipe(&pair);
    free(path);
    return error;
}

static enum archive_error create_folder(const char *directory, const char *name,
                                        struct problem *problem)
{
    char *path = archive_path(directory, name);
    enum archive_error error = ARCHIVE_OK;

    if (path == NULL)
        return problem_memory(problem);
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        error = problem_errno(problem, "%s: cannot create", path);
    free(path);
    return error;
}

static enum archive_error create(const struct settings *settings, const char *directory,
                                 struct problem *problem)
{
    enum archive_error error;

    if (mkdir(directory, 0700) != 0 && errno != EEXIST)
        return problem_errno(problem, "%s: cannot create", directory);
    error = create_config(settings, directory, problem);
    if (error == ARCHIVE_OK)
        error = create_exposure(directory, problem);
    if (error == ARCHIVE_OK)
        error = create_folder(directory, "pairings", problem);
    if (error == ARCHIVE_OK)
        error = ledger_create(directory, problem);
    if (error == ARCHIVE_OK) {
        printf("archive   %s\nentity    %s\n", directory, settings->entity);
        error = create_key(directory, problem);
    }
    return error;
}

int init_main(int argc, char **argv)
{
    static const struct option options[] = {
        {"entity", required_argument, NULL, 'e'},
        {"name", required_argument, NULL, 'n'},
        {"kind", required_argument, NULL, 'k'},
        {"currency", required_argument, NULL, 'c'},
        {"anchor", required_argument, NULL, 'a'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    struct settings settings = {0};
    struct problem problem;
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 'e':
            settings.entity = optarg;
            break;
        case 'n':
            settings.name = optarg;
            break;
        case 'k':
            settings.kind = optarg;
            break;
        case 'c':
            settings.currency = optarg;
            break;
        case 'a':
            settings.anchor = optarg;
            break;
        default:
            return command_usage(usage, option == 'h');
        }
    }
    if (optind != argc - 1 || !settings.entity || !settings.name || !settings.kind ||
        !settings.currency)
        return command_usage(usage, false);
    if (create(&settings, argv[optind], &problem) != ARCHIVE_OK)
        return command_fail("init", &problem);
    return ARCHIVE_OK;
}
