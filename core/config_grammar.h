/* config_grammar.h - what fleet.conf may say: the part that knows libconfuse.
 *
 * The options stand in config_grammar.c, the checks of their values in config_checks.c.
 * What config_grammar_parse returns has passed the checks of single blocks, so its
 * reader (config.c) only moves values over; what concerns several blocks is checked
 * there. */
#ifndef CORE_CONFIG_GRAMMAR_H
#define CORE_CONFIG_GRAMMAR_H

#include <confuse.h>

#include "core/config.h"

enum {
    CONFIG_FRESHNESS_DEFAULTS = 6,
    CONFIG_TOLERANCE_DEFAULTS = 3,
    CONFIG_THRESHOLD_DEFAULTS = 1,
};
extern const struct config_freshness config_freshness_defaults[];
extern const struct config_tolerance config_tolerance_defaults[];
extern const struct config_threshold config_threshold_defaults[];

/* Give back with cfg_free.  NULL and "path:line: what is wrong and what to write". */
MUST_CHECK cfg_t *config_grammar_parse(const char *text, const char *path,
                                       char error[CONFIG_ERROR_CHARS]);

/* Reads `text` (changed on the way) into a grammar; "path:line: ..." on error. */
MUST_CHECK bool config_text_parse(cfg_t *cfg, char *text, const char *path,
                                  char error[CONFIG_ERROR_CHARS]);

/* Has every value and every block checked as it is read. */
void config_checks_install(cfg_t *cfg);

/* The limits of a `freshness` block: what it says, over the compiled limits of its
 * kind, or those of its view.  Twice `stale` is the default of `hard`.  limits->kind
 * borrows the block's title.  False when they are out of order. */
bool config_freshness_block(cfg_t *block, struct config_freshness *limits);

/* Writes "path:line: section "title": ..." for a block that others contradict. */
void config_grammar_refuse(cfg_t *block, const char *path,
                           char error[CONFIG_ERROR_CHARS], const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
