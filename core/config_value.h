/* config_value.h - how single values of fleet.conf are written.
 *
 * Pure functions from text to value: no file, no libconfuse, no clock.  Each returns
 * false for what it does not understand and then leaves its result alone; the caller
 * knows the file and the line and says what to write instead. */
#ifndef CORE_CONFIG_VALUE_H
#define CORE_CONFIG_VALUE_H

#include "core/config.h"

enum { HOST_CHARS_MAX = 253 };

/* "host:port" or "[v6]:port", port 1 to 65535.  `host` borrows from `text`, without the
 * brackets. */
MUST_CHECK bool config_address_parse(const char *text, struct text *host,
                                     uint16_t *port);

/* "2025-12-31" -> 20251231; false for days that no calendar has. */
MUST_CHECK bool config_date_parse(const char *text, int64_t *date);

/* YYYY, YYYY-MM, YYYYQn, YYYY-MM-DD, YYYYMMDD-YYYYMMDD or all. */
bool config_period_is_valid(const char *text);

/* Three capital letters, as in ISO 4217. */
bool config_currency_is_valid(const char *text);

/* An exact entity id, or the beginning of one and a '*'. */
bool config_pattern_is_valid(const char *text);

/* Does `pattern` (see above) name `entity`? */
bool config_pattern_matches(const char *pattern, const char *entity);

#endif
