/* conf.h - reading a libconfuse file so that every complaint names file and line. */
#ifndef TOTEBOX_CONF_H
#define TOTEBOX_CONF_H

#include <confuse.h>

#include "totebox/problem.h"

/* Parses `path`.  `prepare` (may be NULL) sets the validators before.  *cfg is NULL on
 * failure; free it with cfg_free.  Not found: ARCHIVE_FAILED with errno ENOENT kept. */
MUST_CHECK enum archive_error conf_read(cfg_t **cfg, cfg_opt_t *options,
                                        void (*prepare)(cfg_t *cfg), const char *path,
                                        struct problem *problem);

/* For validators: the value being set, the newest of its option. */
const char *conf_new_string(cfg_opt_t *option);
/* One of `choices`, separated by spaces; else complains and returns -1. */
int conf_choice(cfg_t *cfg, cfg_opt_t *option, const char *choices);

#endif
