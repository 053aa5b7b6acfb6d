#include "totebox/conf.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

/* libconfuse's error function has no user pointer: the file being read in this thread.
 */
static _Thread_local struct problem *reading;

static void complain(cfg_t *cfg, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

static void complain(cfg_t *cfg, const char *format, va_list arguments)
{
    char words[PROBLEM_WORDS / 2];

    /* The first complaint is the one that explains the others. */
    if (reading->error != ARCHIVE_OK)
        return;
    vsnprintf(words, sizeof(words), format, arguments);
    problem_set(reading, ARCHIVE_REFUSED, "%s:%d: %s",
                cfg->filename ? cfg->filename : "?", cfg->line, words);
}

enum archive_error conf_read(cfg_t **cfg, cfg_opt_t *options,
                             void (*prepare)(cfg_t *cfg), const char *path,
                             struct problem *problem)
{
    cfg_t *read;
    int result;

    *cfg = NULL;
    if (access(path, R_OK) != 0) {
        int number = errno;
        problem_errno(problem, "%s: cannot read", path);
        errno = number;
        return problem->error;
    }
    read = cfg_init(options, CFGF_NONE);
    if (read == NULL)
        return problem_memory(problem);
    problem->error = ARCHIVE_OK;
    reading = problem;
    cfg_set_error_function(read, complain);
    if (prepare)
        prepare(read);
    result = cfg_parse(read, path);
    reading = NULL;
    if (result == CFG_SUCCESS && problem->error == ARCHIVE_OK) {
        *cfg = read;
        return ARCHIVE_OK;
    }
    cfg_free(read);
    if (problem->error == ARCHIVE_OK)
        return problem_set(problem, ARCHIVE_REFUSED, "%s: cannot be read", path);
    return problem->error;
}

const char *conf_new_string(cfg_opt_t *option)
{
    const char *value = cfg_opt_getnstr(option, cfg_opt_size(option) - 1);
    return value ? value : "";
}

int conf_choice(cfg_t *cfg, cfg_opt_t *option, const char *choices)
{
    const char *value = conf_new_string(option);
    size_t length = strlen(value);

    for (const char *at = choices; *at;) {
        size_t word = strcspn(at, " ");
        if (word == length && memcmp(at, value, length) == 0)
            return 0;
        at += word;
        at += *at == ' ';
    }
    cfg_error(cfg, "%s \"%s\" is none of: %s", cfg_opt_name(option), value, choices);
    return -1;
}
