/* append_json.c - one JSON object */
#include <jansson.h>
#include <stdio.h>

#include "totebox/append.h"

static enum archive_error read_string(const json_t *value, const char *name,
                                      struct text *text, struct problem *problem)
{
    size_t length = json_string_length(value);

    if (!json_is_string(value) || length > APPEND_BYTES_MAX)
        return problem_set(problem, ARCHIVE_REFUSED,
                           "%s is no string (decimals are strings too)", name);
    *text = (struct text){json_string_value(value), (uint32_t)length};
    return ARCHIVE_OK;
}

static enum archive_error take_posting(struct append *append, json_t *posting,
                                       struct problem *problem)
{
    enum archive_error error = append_posting(append, problem);
    const char *name;
    json_t *value;
    struct text text;

    if (error == ARCHIVE_OK && !json_is_object(posting))
        return problem_set(problem, ARCHIVE_REFUSED, "a posting is an object");
    json_object_foreach(posting, name, value)
    {
        if (error == ARCHIVE_OK)
            error = read_string(value, name, &text, problem);
        if (error == ARCHIVE_OK)
            error = append_posting_field(append, text_of(name), text, problem);
    }
    return error;
}

static enum archive_error take_postings(struct append *append, const json_t *postings,
                                        struct problem *problem)
{
    enum archive_error error = ARCHIVE_OK;
    size_t i;
    json_t *posting;

    if (!append->is_transaction || !json_is_array(postings))
        return problem_set(problem, ARCHIVE_REFUSED,
                           "postings is the array of a transaction's postings");
    json_array_foreach(postings, i, posting) if (error == ARCHIVE_OK) error =
        take_posting(append, posting, problem);
    return error;
}

/* The two fields that are numbers in the ledger too. */
struct numbers {
    char n[24], of[24];
};

static enum archive_error take_member(struct append *append, struct numbers *numbers,
                                      const char *name, const json_t *value,
                                      struct problem *problem)
{
    char *room = strcmp(name, "n") == 0    ? numbers->n
                 : strcmp(name, "of") == 0 ? numbers->of
                                           : NULL;
    struct text text;
    enum archive_error error = ARCHIVE_OK;

    if (strcmp(name, "type") == 0)
        return ARCHIVE_OK;
    if (strcmp(name, "postings") == 0)
        return take_postings(append, value, problem);
    if (room && json_is_integer(value)) {
        snprintf(room, sizeof(numbers->n), "%lld",
                 (long long)json_integer_value(value));
        text = text_of(room);
    } else {
        error = read_string(value, name, &text, problem);
    }
    return error == ARCHIVE_OK ? append_field(append, text_of(name), text, problem)
                               : error;
}

enum archive_error append_json(struct append *append, struct text object, uint64_t seq,
                               struct ledger_batch *batch, struct problem *problem)
{
    json_error_t defect;
    json_t *root =
        json_loadb(object.bytes, object.length, JSON_REJECT_DUPLICATES, &defect);
    const char *type = json_string_value(json_object_get(root, "type"));
    struct numbers numbers;
    const char *name;
    json_t *value;
    enum archive_error error;

    if (root == NULL)
        return problem_set(problem, ARCHIVE_REFUSED, "no JSON: %s", defect.text);
    if (type == NULL)
        error = problem_set(problem, ARCHIVE_REFUSED,
                            "an object with a \"type\" is needed");
    else
        error = append_start(append, text_of(type), problem);
    json_object_foreach(root, name, value) if (error == ARCHIVE_OK) error =
        take_member(append, &numbers, name, value, problem);
    if (error == ARCHIVE_OK)
        error = append_finish(append, seq, batch, problem);
    json_decref(root);
    return error;
}
