#include "proto/link.h"

#include <string.h>

#include "proto/layout.h"
#include "proto/wire_text.h"

enum {
    LINK_FORMAT = 1,
};

static const char link_label[] = "PointSav PSP link v1";

static const char *set_defect(const struct set *set, bool (*is_member)(struct text),
                              bool may_be_prefix)
{
    switch (set->kind) {
    case SET_NONE:
    case SET_ALL:
        return NULL;
    case SET_PREFIX:
        return may_be_prefix && wire_text_is_key(set->prefix)
                   ? NULL
                   : "a prefix is not allowed";
    case SET_NAMES:
        break;
    }
    if (set->count == 0 || set->count > SET_NAMES_MAX)
        return "a set has no or too many names";
    for (uint32_t i = 0; i < set->count; i++) {
        if (!is_member(set->names[i]))
            return "a name has characters that are not allowed";
        if (i && text_compare(set->names[i - 1], set->names[i]) >= 0)
            return "names are not sorted or not unique";
    }
    return NULL;
}

static const char *scope_defect(const struct scope *scope)
{
    const char *defect = set_defect(&scope->views, wire_text_is_name, false);

    if (!defect)
        defect = set_defect(&scope->rows, wire_text_is_key, true);
    if (!defect)
        defect = set_defect(&scope->columns, wire_text_is_name, false);
    return defect;
}

const char *link_defect(const struct link *link)
{
    if (link->not_after_ms <= link->not_before_ms)
        return "the window is empty";
    if (link->subject == SUBJECT_NONE)
        return "a link has no subject";
    if (link->subject == SUBJECT_DELEGATE && !public_key_is_usable(link->subject_bytes))
        return "the delegate is no usable key";
    if (link->scope_count > LINK_SCOPES_MAX)
        return "a link has too many scopes";
    for (uint32_t i = 0; i < link->scope_count; i++) {
        const char *defect = scope_defect(&link->scopes[i]);
        if (defect)
            return defect;
    }
    const char *defect = set_defect(&link->verbs, wire_text_is_name, false);
    if (defect)
        return defect;
    if (link->label.length && !wire_text_is_clean(link->label, LABEL_BYTES_MAX))
        return "the label is too long or has characters that are not allowed";
    return NULL;
}

/* Canonical encoding: preorder, and no trailing zero words in either section of a
 * struct. */

static uint16_t set_words(const struct set *set)
{
    return set->kind == SET_NONE ? 0 : 1;
}

static void build_set(struct struct_builder in, uint16_t pointer, const struct set *set)
{
    if (set->kind == SET_NONE)
        return;
    /* RowSet and NameSet are laid out alike. */
    uint16_t pointers = set->kind == SET_ALL ? 0 : PSP_ROW_SET_PTRS;
    struct struct_builder to = builder_struct(in, pointer, set_words(set), pointers);
    if (set->kind == SET_ALL) {
        builder_set_u16(to, PSP_ROW_SET_TAG_OFF, PSP_ROW_SET_ALL_TAG);
    } else if (set->kind == SET_PREFIX) {
        builder_set_u16(to, PSP_ROW_SET_TAG_OFF, PSP_ROW_SET_PREFIX_TAG);
        builder_text(to, PSP_ROW_SET_PREFIX_PTR, set->prefix);
    } else {
        builder_set_u16(to, PSP_ROW_SET_TAG_OFF, PSP_ROW_SET_KEYS_TAG);
        struct list_builder names =
            builder_list(to, PSP_ROW_SET_KEYS_PTR, ELEMENT_POINTER, set->count);
        for (uint32_t i = 0; i < set->count; i++)
            list_builder_text(names, i, set->names[i]);
    }
}
_Static_assert(PSP_ROW_SET_TAG_OFF == PSP_NAME_SET_TAG_OFF &&
                   PSP_ROW_SET_ALL_TAG == PSP_NAME_SET_ALL_TAG &&
                   PSP_ROW_SET_KEYS_TAG == PSP_NAME_SET_NAMES_TAG &&
                   PSP_ROW_SET_KEYS_PTR == PSP_NAME_SET_NAMES_PTR,
               "RowSet and NameSet differ");

static uint16_t scope_pointers(const struct scope *scope)
{
    return scope->columns.kind != SET_NONE ? PSP_SCOPE_COLUMNS_PTR + 1
           : scope->rows.kind != SET_NONE  ? PSP_SCOPE_ROWS_PTR + 1
           : scope->views.kind != SET_NONE ? PSP_SCOPE_VIEW_PTR + 1
                                           : 0;
}

/* The elements of a struct list are cut alike. */
static void build_scopes(struct struct_builder in, const struct link *link)
{
    uint16_t pointers = 0;

    for (uint32_t i = 0; i < link->scope_count; i++) {
        uint16_t used = scope_pointers(&link->scopes[i]);
        pointers = used > pointers ? used : pointers;
    }
    struct list_builder scopes =
        builder_structs(in, PSP_LINK_SCOPES_PTR, link->scope_count, 0, pointers);
    for (uint32_t i = 0; i < link->scope_count; i++) {
        struct struct_builder scope = list_builder_struct(scopes, i);
        build_set(scope, PSP_SCOPE_VIEW_PTR, &link->scopes[i].views);
        build_set(scope, PSP_SCOPE_ROWS_PTR, &link->scopes[i].rows);
        build_set(scope, PSP_SCOPE_COLUMNS_PTR, &link->scopes[i].columns);
    }
}

static uint16_t link_pointers(const struct link *link)
{
    return link->label.length             ? PSP_LINK_LABEL_PTR + 1
           : link->has_command            ? PSP_LINK_COMMAND_PTR + 1
           : link->verbs.kind != SET_NONE ? PSP_LINK_VERBS_PTR + 1
           : link->scope_count            ? PSP_LINK_SCOPES_PTR + 1
                                          : PSP_LINK_NONCE_PTR + 1;
}

/* The canonical body of any fields that a link_parse can yield. */
static enum psp_error build_link(const struct link *link, struct buffer *out)
{
    struct builder builder;
    /* minGroup has the last data word for itself. */
    uint16_t words = link->min_group ? PSP_LINK_DATA_WORDS : PSP_LINK_DATA_WORDS - 1;
    struct struct_builder root =
        builder_open_flat(&builder, out, words, link_pointers(link));

    builder_set_u16(root, PSP_LINK_FORMAT_OFF, LINK_FORMAT);
    builder_set_u8(root, PSP_LINK_DEPTH_OFF, link->depth);
    builder_set_u32(root, PSP_LINK_RIGHTS_OFF, link->rights);
    builder_set_i64(root, PSP_LINK_NOT_BEFORE_OFF, link->not_before_ms);
    builder_set_i64(root, PSP_LINK_NOT_AFTER_OFF, link->not_after_ms);
    builder_set_u64(root, PSP_LINK_EPOCH_OFF, link->epoch);
    builder_set_u16(root, PSP_LINK_SUBJECT_TAG_OFF,
                    link->subject == SUBJECT_DELEGATE ? PSP_LINK_SUBJECT_DELEGATE_TAG
                                                      : PSP_LINK_SUBJECT_HOLDER_TAG);
    builder_set_u32(root, PSP_LINK_MAX_ROWS_OFF, link->max_rows);
    if (link->min_group)
        builder_set_u32(root, PSP_LINK_MIN_GROUP_OFF, link->min_group);

    builder_data(root, PSP_LINK_TOTEBOX_PTR, link->totebox, KEY_BYTES);
    if (link->has_parent)
        builder_data(root, PSP_LINK_PARENT_PTR, link->parent, HASH_BYTES);
    builder_data(root, PSP_LINK_SUBJECT_DELEGATE_PTR, link->subject_bytes, KEY_BYTES);
    builder_data(root, PSP_LINK_NONCE_PTR, link->nonce, NONCE_BYTES);
    if (link->scope_count)
        build_scopes(root, link);
    build_set(root, PSP_LINK_VERBS_PTR, &link->verbs);
    if (link->has_command)
        builder_data(root, PSP_LINK_COMMAND_PTR, link->command, HASH_BYTES);
    if (link->label.length)
        builder_text(root, PSP_LINK_LABEL_PTR, link->label);
    return builder_close(&builder, NULL);
}

enum psp_error link_encode(const struct link *link, struct buffer *out)
{
    size_t before = buffer_length(out);

    if (link_defect(link))
        return PSP_MALFORMED;
    enum psp_error error = build_link(link, out);
    if (error == PSP_OK && buffer_length(out) - before > LINK_BYTES_MAX) {
        buffer_truncate(out, before);
        error = PSP_LIMIT;
    }
    return error;
}

/* A null struct has no message to fail: defects go to the message itself. */
struct decoding {
    struct message *message;
    struct link_space *space;
};

static void take_bytes(struct decoding *decoding, struct struct_reader from,
                       uint16_t pointer, uint8_t *to, uint32_t length)
{
    struct text data = reader_data(from, pointer);

    if (data.length == length)
        memcpy(to, data.bytes, length);
    else
        message_fail(decoding->message, "a field of a link has the wrong length");
}

static bool take_optional(struct decoding *decoding, struct struct_reader from,
                          uint16_t pointer, uint8_t *to, uint32_t length)
{
    if (!reader_has(from, pointer))
        return false;
    take_bytes(decoding, from, pointer, to, length);
    return true;
}

static void take_names(struct decoding *decoding, struct struct_reader from,
                       struct set *set)
{
    struct link_space *space = decoding->space;
    struct list_reader list = reader_list(from, PSP_ROW_SET_KEYS_PTR, ELEMENT_POINTER);

    if (list.count > space->names_max - space->names_used) {
        message_fail(decoding->message, "a link has too many names");
        return;
    }
    struct text *names = space->names + space->names_used;
    for (uint32_t i = 0; i < list.count; i++)
        names[i] = list_text(list, i);
    space->names_used += list.count;
    set->names = names;
    set->count = list.count;
}

static struct set take_set(struct decoding *decoding, struct struct_reader in,
                           uint16_t pointer)
{
    struct set set = {.kind = SET_NONE};

    if (!reader_has(in, pointer))
        return set;
    struct struct_reader from = reader_struct(in, pointer);
    switch (reader_u16(from, PSP_ROW_SET_TAG_OFF)) {
    case PSP_ROW_SET_NONE_TAG:
        break;
    case PSP_ROW_SET_ALL_TAG:
        set.kind = SET_ALL;
        break;
    case PSP_ROW_SET_KEYS_TAG:
        set.kind = SET_NAMES;
        take_names(decoding, from, &set);
        break;
    case PSP_ROW_SET_PREFIX_TAG:
        set.kind = SET_PREFIX;
        set.prefix = reader_text(from, PSP_ROW_SET_PREFIX_PTR);
        break;
    default:
        message_fail(decoding->message, "a set is of an unknown kind");
    }
    return set;
}

static void take_scopes(struct decoding *decoding, struct struct_reader root,
                        struct link *link)
{
    struct link_space *space = decoding->space;
    struct list_reader list = reader_list(root, PSP_LINK_SCOPES_PTR, ELEMENT_COMPOSITE);

    if (list.count > space->scopes_max) {
        message_fail(decoding->message, "a link has too many scopes");
        return;
    }
    for (uint32_t i = 0; i < list.count; i++) {
        struct struct_reader scope = list_struct(list, i);
        space->scopes[i].views = take_set(decoding, scope, PSP_SCOPE_VIEW_PTR);
        space->scopes[i].rows = take_set(decoding, scope, PSP_SCOPE_ROWS_PTR);
        space->scopes[i].columns = take_set(decoding, scope, PSP_SCOPE_COLUMNS_PTR);
    }
    link->scopes = space->scopes;
    link->scope_count = list.count;
}

static void take_subject(struct decoding *decoding, struct struct_reader root,
                         struct link *link)
{
    switch (reader_u16(root, PSP_LINK_SUBJECT_TAG_OFF)) {
    case PSP_LINK_SUBJECT_DELEGATE_TAG:
        link->subject = SUBJECT_DELEGATE;
        break;
    case PSP_LINK_SUBJECT_HOLDER_TAG:
        link->subject = SUBJECT_HOLDER;
        break;
    default:
        message_fail(decoding->message, "a link has no subject");
        return;
    }
    take_bytes(decoding, root, PSP_LINK_SUBJECT_HOLDER_PTR, link->subject_bytes,
               KEY_BYTES);
}

static void take_link(struct decoding *decoding, struct struct_reader root,
                      struct link *link)
{
    if (reader_u16(root, PSP_LINK_FORMAT_OFF) != LINK_FORMAT)
        message_fail(decoding->message, "a link is of an unknown format");
    link->depth = reader_u8(root, PSP_LINK_DEPTH_OFF);
    link->rights = reader_u32(root, PSP_LINK_RIGHTS_OFF);
    link->not_before_ms = reader_i64(root, PSP_LINK_NOT_BEFORE_OFF);
    link->not_after_ms = reader_i64(root, PSP_LINK_NOT_AFTER_OFF);
    link->epoch = reader_u64(root, PSP_LINK_EPOCH_OFF);
    link->max_rows = reader_u32(root, PSP_LINK_MAX_ROWS_OFF);
    link->min_group = reader_u32(root, PSP_LINK_MIN_GROUP_OFF);
    take_bytes(decoding, root, PSP_LINK_TOTEBOX_PTR, link->totebox, KEY_BYTES);
    link->has_parent =
        take_optional(decoding, root, PSP_LINK_PARENT_PTR, link->parent, HASH_BYTES);
    take_subject(decoding, root, link);
    take_bytes(decoding, root, PSP_LINK_NONCE_PTR, link->nonce, NONCE_BYTES);
    take_scopes(decoding, root, link);
    link->verbs = take_set(decoding, root, PSP_LINK_VERBS_PTR);
    link->has_command =
        take_optional(decoding, root, PSP_LINK_COMMAND_PTR, link->command, HASH_BYTES);
    link->label = reader_text(root, PSP_LINK_LABEL_PTR);
}

enum psp_error link_parse(const void *body, size_t length, struct link_space *space,
                          struct link *link, const char **why)
{
    struct message message;
    struct buffer again;

    *why = "link does not decode";
    if (message_open_flat(&message, body, length) != PSP_OK)
        return PSP_MALFORMED;
    struct decoding decoding = {.message = &message, .space = space};
    *link = (struct link){0};
    take_link(&decoding, message_root(&message), link);
    if (message_error(&message))
        return PSP_MALFORMED;

    buffer_init(&again);
    enum psp_error error = build_link(link, &again);
    if (error == PSP_OK && (buffer_length(&again) != length ||
                            memcmp(buffer_bytes(&again), body, length) != 0)) {
        *why = "link is not canonical";
        error = PSP_MALFORMED;
    }
    buffer_release(&again);
    return error;
}

enum psp_error link_decode(const void *body, size_t length, struct link_arena *arena,
                           struct link *link)
{
    struct link_space space = {
        .scopes = arena->scopes,
        .scopes_max = LINK_SCOPES_MAX,
        .names = arena->names,
        .names_max = sizeof arena->names / sizeof *arena->names,
    };
    const char *why;

    if (length == 0 || length % 8 || length > LINK_BYTES_MAX)
        return PSP_MALFORMED;
    enum psp_error error = link_parse(body, length, &space, link, &why);
    arena->used = space.names_used;
    if (error == PSP_OK && link_defect(link))
        error = PSP_MALFORMED;
    return error;
}

void link_id(const void *body, size_t length, uint8_t id[HASH_BYTES])
{
    struct hasher hasher;

    hasher_begin(&hasher, link_label);
    hasher_update(&hasher, body, length);
    hasher_finish(&hasher, id);
}

static void signed_bytes(const uint8_t id[HASH_BYTES],
                         uint8_t message[PURPOSE_BYTES + HASH_BYTES])
{
    purpose_write(link_label, message);
    memcpy(message + PURPOSE_BYTES, id, HASH_BYTES);
}

void link_sign(const struct key_pair *signer, const uint8_t id[HASH_BYTES],
               uint8_t signature[SIGNATURE_BYTES])
{
    uint8_t message[PURPOSE_BYTES + HASH_BYTES];

    signed_bytes(id, message);
    sign(signer, message, sizeof message, signature);
}

bool link_is_signed(const uint8_t signer[KEY_BYTES], const uint8_t id[HASH_BYTES],
                    const uint8_t signature[SIGNATURE_BYTES])
{
    uint8_t message[PURPOSE_BYTES + HASH_BYTES];

    signed_bytes(id, message);
    return signature_verifies(signer, message, sizeof message, signature);
}
