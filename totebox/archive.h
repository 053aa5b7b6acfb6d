/* archive.h - an archive on disk: its configuration, its key and its paths.
 *
 *   ARCHIVE/archive.conf   who this is, commodities, the map from accounts to lines
 *   ARCHIVE/exposure.conf  what may be seen (exposure.h); nothing where it is absent
 *   ARCHIVE/authority.key  Ed25519, mode 0600: signs checkpoints and pairings
 *   ARCHIVE/ledger/        ledger.h
 *   ARCHIVE/pairings/      pairing.h
 */
#ifndef TOTEBOX_ARCHIVE_H
#define TOTEBOX_ARCHIVE_H

#include "proto/sign.h"
#include "totebox/exposure.h"
#include "totebox/ledger.h"

/* Widths that keep every row key within ROW_KEY_MAX. */
enum { LINE_NAME_MAX = 40, CURRENCY_NAME_MAX = 24, REF_MAX = 80 };

struct account_map {
    char *pattern; /* an account, or a prefix followed by '*' */
    char *cls;     /* "A" ..., or NULL: by the account's top name */
    char *line;    /* or NULL: unmapped.<cls> */
};

struct commodity {
    char *name; /* as the books write it */
    char *iso;
};

/* archive.conf.  Strings are owned by it, never NULL. */
struct archive_config {
    char *entity, *name, *kind, *currency, *lifecycle, *parent_scope, *tags;
    char *origin;             /* name in checkpoints: anchor, or totebox/<entity> */
    int32_t fy_start;         /* MMDD */
    struct account_map *maps; /* first match wins */
    uint32_t map_count;
    struct commodity *commodities;
    uint32_t commodity_count;
};

/* Every problem names file and line.  On failure the config is empty. */
MUST_CHECK enum archive_error archive_config_read(struct archive_config *config,
                                                  const char *path,
                                                  struct problem *problem);
void archive_config_release(struct archive_config *config);

/* The currency of a commodity: mapped, or itself. */
struct text archive_currency(const struct archive_config *config,
                             struct text commodity);

/* The class of an account: of the first map that matches, else by its top name as
 * hledger takes it (assets, liabilities, equity, revenues or income, expenses;
 * singular, plural, any case).  '\0': neither says. */
char archive_class(const struct archive_config *config, struct text account);
/* Its line: of the first map that matches, equity.conversion for hledger's inferred
 * accounts, else unmapped.<cls>. */
void archive_line(const struct archive_config *config, struct text account, char cls,
                  char line[LINE_NAME_MAX + 1]);

/* An account against a pattern of a map or an exposure: equal, or a prefix before '*'.
 */
bool pattern_matches(struct text pattern, struct text text);

struct archive {
    char *directory;
    struct archive_config config;
    struct exposure *exposure;
    struct key_pair authority;
};

/* Reads archive.conf, exposure.conf and authority.key.  *archive is NULL on failure. */
MUST_CHECK enum archive_error
archive_open(struct archive **archive, const char *directory, struct problem *problem);
void archive_close(struct archive *archive);
/* The same files again (SIGHUP).  The entity id and the key must not have changed.  On
 * failure the archive is as it was. */
MUST_CHECK enum archive_error archive_reload(struct archive *archive,
                                             struct problem *problem);
/* ledger_open() with what the archive knows. */
MUST_CHECK enum archive_error archive_open_ledger(const struct archive *archive,
                                                  enum ledger_mode mode,
                                                  struct ledger_visitor visitor,
                                                  struct ledger **ledger,
                                                  struct problem *problem);

/* Signs the ledger's new size into ledger/checkpoint, after lines were appended: without
 * it a change to the last lines could not be noticed.  On failure the words say that the
 * lines themselves are in. */
MUST_CHECK enum archive_error archive_sign_off(const struct archive *archive,
                                               struct ledger *ledger,
                                               struct problem *problem);

/* `directory`/`name`, allocated; NULL when memory is short. */
char *archive_path(const char *directory, const char *name);
/* A whole small file; at most `limit` bytes.  Not found is ARCHIVE_FAILED with errno
 * ENOENT kept. */
MUST_CHECK enum archive_error archive_read_file(const char *path, size_t limit,
                                                struct buffer *out,
                                                struct problem *problem);
/* Writes beside, fsyncs, renames, fsyncs the folder: the old file or the new, whole. */
MUST_CHECK enum archive_error archive_replace_file(const char *path,
                                                   struct text content, uint32_t mode,
                                                   struct problem *problem);
/* Unix ms of the system's clock: main's and serve's; everything below takes it. */
int64_t archive_clock_ms(void);

#endif
