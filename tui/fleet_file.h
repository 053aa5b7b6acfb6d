/* fleet_file.h - what fleet pair leaves behind: a pairing's token beside fleet.conf,
 * and the block that names the archive.
 *
 * Every file is written beside and renamed: the old one or the new, whole. */
#ifndef TUI_FLEET_FILE_H
#define TUI_FLEET_FILE_H

#include "core/config.h"
#include "proto/token.h"

/* One archive, as it stands in fleet.conf. */
struct fleet_entry {
    const char *entity;  /* a valid id */
    const char *address; /* "host:port" */
    uint8_t key[HASH_BYTES];
    bool is_without_token; /* none is kept: the archive is asked for it */
};

/* $FLEET_CONFIG, else fleet.conf in the user's own folder: what a person may write.
 * False when neither that nor HOME is set, or the path is too long. */
MUST_CHECK bool fleet_file_default(char *path, size_t size);
/* Makes the folders above `path` that are not there yet, for us only. */
void fleet_file_folders(const char *path);

/* totebox "ENT" { address, key, token }; the token only where one is kept. */
enum { FLEET_BLOCK_CHARS = 1024 };
MUST_CHECK bool fleet_block_write(const struct fleet_entry *entry,
                                  char block[FLEET_BLOCK_CHARS]);

/* Stores the token as pairings/ENT.token beside the configuration, mode 0600.  Refuses
 * to replace the token of another archive than the one that signed `pairing`. */
MUST_CHECK bool fleet_token_store(const char *config_path, const char *entity,
                                  const struct token *pairing,
                                  char error[CONFIG_ERROR_CHARS]);
/* Appends the block, and touches nothing else; a file that is not there is made, with
 * `device` (NULL: the default one) and a portfolio in `currency`.  Refused when the
 * file has a block of this name, or cannot be read as a configuration. */
MUST_CHECK bool fleet_block_append(const char *config_path,
                                   const struct fleet_entry *entry, const char *device,
                                   const char *currency,
                                   char error[CONFIG_ERROR_CHARS]);

#endif
