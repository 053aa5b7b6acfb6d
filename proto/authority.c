#include "proto/authority.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/link.h"

/* A link with the storage that its texts and sets borrow. */
struct held_link {
    struct link link;
    uint8_t id[HASH_BYTES];
    uint8_t *body;
    struct scope *scopes;
    struct text *names;
};

struct authority {
    struct held_link link[TOKEN_LINKS_MAX];
    uint32_t count;
    struct limits limits;
    uint32_t label_length;
    char label[TOKEN_LINKS_MAX * (LABEL_BYTES_MAX + 1)];
};

struct limits limits_of_links(const struct link *links, uint32_t count)
{
    struct limits limits = {.rights = links[0].rights,
                            .not_before_ms = links[0].not_before_ms,
                            .not_after_ms = links[0].not_after_ms,
                            .max_rows = links[0].max_rows,
                            .min_group = links[0].min_group};

    for (uint32_t i = 1; i < count; i++) {
        const struct link *link = &links[i];
        limits.rights &= link->rights;
        if (link->not_before_ms > limits.not_before_ms)
            limits.not_before_ms = link->not_before_ms;
        if (link->not_after_ms < limits.not_after_ms)
            limits.not_after_ms = link->not_after_ms;
        if (link->max_rows < limits.max_rows)
            limits.max_rows = link->max_rows;
        if (link->min_group > limits.min_group)
            limits.min_group = link->min_group;
    }
    return limits;
}

/* Decodes once more, from a body of our own, so that the texts live as long as we do.
 */
static enum psp_error hold_link(struct held_link *held, const void *body,
                                uint32_t length, const struct link_size *size)
{
    const char *why;

    held->body = malloc(length);
    held->scopes = calloc((size_t)size->scopes + 1, sizeof *held->scopes);
    held->names = calloc((size_t)size->names + 1, sizeof *held->names);
    if (!held->body || !held->scopes || !held->names)
        return PSP_NO_MEMORY;
    memcpy(held->body, body, length);
    struct link_space space = {.scopes = held->scopes,
                               .scopes_max = size->scopes,
                               .names = held->names,
                               .names_max = size->names};
    link_id(held->body, length, held->id);
    return link_parse(held->body, length, &space, &held->link, &why);
}

static void append_label(struct authority *authority, struct text label)
{
    if (label.length == 0)
        return;
    if (authority->label_length)
        authority->label[authority->label_length++] = '/';
    assert(label.length <= sizeof authority->label - authority->label_length);
    memcpy(authority->label + authority->label_length, label.bytes, label.length);
    authority->label_length += label.length;
}

enum psp_error authority_new(const struct token *token,
                             const struct link_size size[TOKEN_LINKS_MAX],
                             const struct limits *limits, struct authority **authority)
{
    struct authority *fresh = calloc(1, sizeof *fresh);

    if (!fresh)
        return PSP_NO_MEMORY;
    fresh->limits = *limits;
    fresh->count = token->count;
    for (uint32_t i = 0; i < token->count; i++) {
        struct held_link *held = &fresh->link[i];
        enum psp_error error =
            hold_link(held, token->link[i].body, token->link[i].length, &size[i]);
        if (error != PSP_OK) {
            authority_free(fresh);
            return error;
        }
        append_label(fresh, held->link.label);
    }
    *authority = fresh;
    return PSP_OK;
}

void authority_free(struct authority *authority)
{
    if (!authority)
        return;
    for (uint32_t i = 0; i < authority->count; i++) {
        free(authority->link[i].body);
        free(authority->link[i].scopes);
        free(authority->link[i].names);
    }
    free(authority);
}

uint32_t authority_rights(const struct authority *authority)
{
    return authority->limits.rights;
}

int64_t authority_not_before_ms(const struct authority *authority)
{
    return authority->limits.not_before_ms;
}

int64_t authority_not_after_ms(const struct authority *authority)
{
    return authority->limits.not_after_ms;
}

uint32_t authority_max_rows(const struct authority *authority)
{
    return authority->limits.max_rows;
}

uint32_t authority_min_group(const struct authority *authority)
{
    return authority->limits.min_group;
}

const uint8_t *authority_leaf_id(const struct authority *authority)
{
    return authority->link[authority->count - 1].id;
}

const uint8_t *authority_link_id(const struct authority *authority, uint32_t link)
{
    assert(link < authority->count);
    return authority->link[link].id;
}

uint32_t authority_link_count(const struct authority *authority)
{
    return authority->count;
}

const uint8_t *authority_pairing_key(const struct authority *authority)
{
    const struct link *root = &authority->link[0].link;
    return root->subject == SUBJECT_DELEGATE ? root->subject_bytes : NULL;
}

struct text authority_label(const struct authority *authority)
{
    return (struct text){authority->label, authority->label_length};
}

bool set_contains(const struct set *set, struct text name)
{
    switch (set->kind) {
    case SET_NONE:
        return false;
    case SET_ALL:
        return true;
    case SET_PREFIX:
        return text_starts_with(name, set->prefix);
    case SET_NAMES:
        break;
    }
    uint32_t low = 0, high = set->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = text_compare(set->names[middle], name);
        if (order == 0)
            return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

/* NULL asks for nothing of that kind. */
static bool scope_covers(const struct scope *scope, struct text view,
                         const struct text *key, const struct text *column)
{
    return set_contains(&scope->views, view) &&
           (!key || set_contains(&scope->rows, *key)) &&
           (!column || set_contains(&scope->columns, *column));
}

/* Every link has some scope, each its own, that covers it. */
static bool every_link_covers(const struct authority *authority, struct text view,
                              const struct text *key, const struct text *column)
{
    for (uint32_t i = 0; i < authority->count; i++) {
        const struct link *link = &authority->link[i].link;
        bool covered = false;
        for (uint32_t s = 0; !covered && s < link->scope_count; s++)
            covered = scope_covers(&link->scopes[s], view, key, column);
        if (!covered)
            return false;
    }
    return true;
}

static void hash_text(struct hasher *hasher, struct text text)
{
    hasher_update(hasher, &text.length, sizeof text.length);
    if (text.length)
        hasher_update(hasher, text.bytes, text.length);
}

static void hash_set(struct hasher *hasher, const struct set *set)
{
    uint32_t head[] = {set->kind, set->count};
    hasher_update(hasher, head, sizeof head);
    for (uint32_t i = 0; i < set->count; i++)
        hash_text(hasher, set->names[i]);
    hash_text(hasher, set->prefix);
}

void authority_sight(const struct authority *authority, uint8_t sight[HASH_BYTES])
{
    struct hasher hasher;

    hasher_init(&hasher);
    for (uint32_t i = 0; i < authority->count; i++) {
        const struct link *link = &authority->link[i].link;
        hasher_update(&hasher, &link->scope_count, sizeof link->scope_count);
        for (uint32_t s = 0; s < link->scope_count; s++) {
            hash_set(&hasher, &link->scopes[s].views);
            hash_set(&hasher, &link->scopes[s].rows);
            hash_set(&hasher, &link->scopes[s].columns);
        }
    }
    hasher_finish(&hasher, sight);
}

bool authority_sees_view(const struct authority *authority, struct text view)
{
    return every_link_covers(authority, view, NULL, NULL);
}

bool authority_sees_row(const struct authority *authority, struct text view,
                        struct text key)
{
    return every_link_covers(authority, view, &key, NULL);
}

bool authority_sees_cell(const struct authority *authority, struct text view,
                         struct text key, struct text column)
{
    return every_link_covers(authority, view, &key, &column);
}

bool authority_sees_column(const struct authority *authority, struct text view,
                           struct text column)
{
    return every_link_covers(authority, view, NULL, &column);
}

bool authority_may_submit(const struct authority *authority, struct text verb,
                          const uint8_t digest[HASH_BYTES])
{
    if (!(authority->limits.rights & RIGHT_COMMAND))
        return false;
    for (uint32_t i = 0; i < authority->count; i++) {
        const struct link *link = &authority->link[i].link;
        if (!set_contains(&link->verbs, verb) ||
            (link->has_command &&
             !equal_in_constant_time(link->command, digest, HASH_BYTES)))
            return false;
    }
    return true;
}
