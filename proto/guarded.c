#include "proto/guarded.h"

#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

extern char **environ;

/* unsetenv moves the list: start over after each. */
static void unset_with_prefix(const char *prefix)
{
    size_t length = strlen(prefix);
    for (char **entry = environ; entry && *entry;) {
        const char *end = strchr(*entry, '=');
        if (strncmp(*entry, prefix, length) != 0 || !end) {
            entry++;
            continue;
        }
        char name[128];
        size_t name_length = (size_t)(end - *entry);
        if (name_length >= sizeof name) {
            entry++;
            continue;
        }
        memcpy(name, *entry, name_length);
        name[name_length] = '\0';
        unsetenv(name);
        entry = environ;
    }
}

void process_guard_secrets(void)
{
    const struct rlimit none = {0, 0};
#ifndef __SANITIZE_ADDRESS__ /* the leak check traces the process itself */
    prctl(PR_SET_DUMPABLE, 0);
#endif
    setrlimit(RLIMIT_CORE, &none);
    unsetenv("SSLKEYLOGFILE");
    unset_with_prefix("GNUTLS_");
}
