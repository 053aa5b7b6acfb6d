/* append_words.c - the words of a command line */
#include "totebox/append.h"

/* "name=value" */
static bool split(const char *word, struct text *name, struct text *value)
{
    const char *equals = strchr(word, '=');

    if (equals == NULL)
        return false;
    *name = (struct text){word, (uint32_t)(equals - word)};
    *value = text_of(equals + 1);
    return true;
}

static enum archive_error take_line(struct append *append, int count,
                                    char *const *words, struct problem *problem)
{
    enum archive_error error = ARCHIVE_OK;

    for (int i = 0; error == ARCHIVE_OK && i < count; i++) {
        struct text name = text_of(append_bare_field(append)),
                    value = text_of(words[i]);
        if (!split(words[i], &name, &value) && name.length == 0)
            return problem_set(problem, ARCHIVE_REFUSED,
                               "\"%s\" should have been NAME=VALUE", words[i]);
        error = append_field(append, name, value, problem);
    }
    return error;
}

/* "--date" "2025-12-31" or "--date=2025-12-31".  Moves *at behind it. */
static enum archive_error take_option(struct append *append, int count,
                                      char *const *words, int *at,
                                      struct problem *problem)
{
    const char *word = words[(*at)++] + 2;
    struct text name = text_of(word), value;

    if (!split(word, &name, &value)) {
        if (*at == count)
            return problem_set(problem, ARCHIVE_REFUSED, "--%s wants a value", word);
        value = text_of(words[(*at)++]);
    }
    return append_field(append, name, value, problem);
}

/* ACCT AMOUNT CUR [NAME=VALUE ...] */
static enum archive_error take_posting(struct append *append, int count,
                                       char *const *words, int *at,
                                       struct problem *problem)
{
    static const char *const names[] = {"acct", "amt", "cur"};
    struct text name, value;
    enum archive_error error;

    if (count - *at < 3)
        return problem_set(problem, ARCHIVE_REFUSED,
                           "\"%s\": a posting is ACCT AMOUNT CUR [NAME=VALUE ...]",
                           words[*at]);
    error = append_posting(append, problem);
    for (int i = 0; error == ARCHIVE_OK && i < 3; i++)
        error = append_posting_field(append, text_of(names[i]), text_of(words[(*at)++]),
                                     problem);
    while (error == ARCHIVE_OK && *at < count && split(words[*at], &name, &value)) {
        error = append_posting_field(append, name, value, problem);
        ++*at;
    }
    return error;
}

static enum archive_error take_transaction(struct append *append, int count,
                                           char *const *words, struct problem *problem)
{
    enum archive_error error = ARCHIVE_OK;

    for (int at = 0; error == ARCHIVE_OK && at < count;)
        error = strncmp(words[at], "--", 2) == 0
                    ? take_option(append, count, words, &at, problem)
                    : take_posting(append, count, words, &at, problem);
    return error;
}

enum archive_error append_words(struct append *append, int count, char *const *words,
                                uint64_t seq, struct ledger_batch *batch,
                                struct problem *problem)
{
    enum archive_error error =
        append_start(append, text_of(count ? words[0] : ""), problem);

    if (error == ARCHIVE_OK)
        error = append->is_transaction
                    ? take_transaction(append, count - 1, words + 1, problem)
                    : take_line(append, count - 1, words + 1, problem);
    return error == ARCHIVE_OK ? append_finish(append, seq, batch, problem) : error;
}
