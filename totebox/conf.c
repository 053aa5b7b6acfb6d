#include "totebox/conf.h"

#include <errno.h>
#include <stdio.h>

#include "proto/conf_text.h"
#include "totebox/archive.h"

enum { CONF_BYTES_MAX = 16 << 20 };

/* libconfuse's error function has no user pointer: the file being read in this thread.
 */
static _Thread_local struct problem *reading;
static _Thread_local const char *reading_path;

static void complain(cfg_t *cfg, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

static void complain(cfg_t *cfg, const char *format, va_list arguments)
{
    char words[PROBLEM_WORDS / 2];

    /* The first complaint is the one that explains the others. */
    if (reading->error != ARCHIVE_OK)
        return;
    vsnprintf(words, sizeof(words), format, arguments);
    problem_set(reading, ARCHIVE_REFUSED, "%s:%d: %s", reading_path, cfg->line, words);
}

/* The file as a string that libconfuse reads rightly. */
static enum archive_error read_text(struct buffer *text, const char *path,
                                    struct problem *problem)
{
    enum archive_error error = archive_read_file(path, CONF_BYTES_MAX, text, problem);
    const char *defect;
    int line;

    if (error != ARCHIVE_OK)
        return error;
    if (!buffer_append(text, "", 1))
        return problem_memory(problem);
    char *bytes = (char *)buffer_bytes(text);
    if (strlen(bytes) + 1 != buffer_length(text))
        return problem_set(problem, ARCHIVE_REFUSED, "%s: has zero bytes in it", path);
    if (!conf_text_prepare(bytes, &defect, &line))
        return problem_set(problem, ARCHIVE_REFUSED, "%s:%d: %s", path, line, defect);
    return ARCHIVE_OK;
}

enum archive_error conf_read(cfg_t **cfg, cfg_opt_t *options,
                             void (*prepare)(cfg_t *cfg), const char *path,
                             struct problem *problem)
{
    struct buffer text;
    cfg_t *read = NULL;

    *cfg = NULL;
    buffer_init(&text);
    enum archive_error error = read_text(&text, path, problem);
    if (error == ARCHIVE_OK && !(read = cfg_init(options, CFGF_NONE)))
        error = problem_memory(problem);
    if (error == ARCHIVE_OK) {
        problem->error = ARCHIVE_OK;
        reading = problem;
        reading_path = path;
        cfg_set_error_function(read, complain);
        if (prepare)
            prepare(read);
        int result = cfg_parse_buf(read, (char *)buffer_bytes(&text));
        reading = NULL;
        error = problem->error;
        if (result != CFG_SUCCESS && error == ARCHIVE_OK)
            error = problem_set(problem, ARCHIVE_REFUSED, "%s: cannot be read", path);
    }
    buffer_release(&text);
    if (error == ARCHIVE_OK)
        *cfg = read;
    else if (read)
        cfg_free(read);
    return error;
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
