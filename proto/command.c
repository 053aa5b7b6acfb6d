#include "proto/command.h"

#include <stdlib.h>

#include "proto/layout.h"
#include "proto/wire_text.h"

static const char command_label[] = "PointSav PSP command v1";

enum {
    ARGUMENT_SCALE_MAX = 18,
    LEAF_EARLY_MS = 20 * 1000, /* the two clocks may differ */
};

static const char *argument_defect(const struct argument *argument)
{
    if (!wire_text_is_name(argument->name))
        return "an argument's name has characters that are not allowed";
    if (argument->kind == ARGUMENT_DECIMAL && argument->scale > ARGUMENT_SCALE_MAX)
        return "a decimal argument has more than 18 places";
    if (argument->kind == ARGUMENT_TEXT && argument->text.length &&
        !wire_text_is_clean(argument->text, COMMAND_TEXT_BYTES_MAX))
        return "a text argument is too long or has control characters";
    return NULL;
}

const char *command_defect(const struct command *command)
{
    if (!wire_text_is_name(command->verb))
        return "the verb has characters that are not allowed";
    if (command->target.length && !wire_text_is_key(command->target))
        return "the target is no row key";
    if (command->arg_count > COMMAND_ARGS_MAX)
        return "a command has too many arguments";
    for (uint32_t i = 0; i < command->arg_count; i++) {
        const char *defect = argument_defect(&command->args[i]);
        if (defect)
            return defect;
        for (uint32_t k = 0; k < i; k++)
            if (text_equal(command->args[k].name, command->args[i].name))
                return "an argument is given twice";
    }
    return NULL;
}

const struct argument *command_argument(const struct command *command, struct text name)
{
    for (uint32_t i = 0; i < command->arg_count; i++)
        if (text_equal(command->args[i].name, name))
            return &command->args[i];
    return NULL;
}

/* --- canonical encoding: preorder, and no trailing zero words in either section ------
 */

static void build_value(const struct argument *argument, struct struct_builder in)
{
    static const uint16_t tags[] = {
        [ARGUMENT_BOOL] = PSP_VALUE_BOOL_TAG,
        [ARGUMENT_INT] = PSP_VALUE_INT_TAG,
        [ARGUMENT_DECIMAL] = PSP_VALUE_DECIMAL_TAG,
        [ARGUMENT_TEXT] = PSP_VALUE_TEXT_TAG,
        [ARGUMENT_TIME] = PSP_VALUE_TIME_MS_TAG,
    };
    bool is_number = argument->kind != ARGUMENT_BOOL && argument->kind != ARGUMENT_TEXT;
    bool has_text = argument->kind == ARGUMENT_TEXT && argument->text.length;
    uint16_t words = is_number && argument->number != 0 ? 2 : 1;
    struct struct_builder value =
        builder_struct(in, PSP_COMMAND_ARG_VALUE_PTR, words, has_text ? 1 : 0);

    builder_set_u16(value, PSP_VALUE_TAG_OFF, tags[argument->kind]);
    if (argument->kind == ARGUMENT_BOOL && argument->truth)
        builder_set_bit(value, PSP_VALUE_BOOL_BIT, true);
    if (argument->kind == ARGUMENT_DECIMAL)
        builder_set_u8(value, PSP_VALUE_DECIMAL_SCALE_OFF, argument->scale);
    if (words == 2)
        builder_set_i64(value, PSP_VALUE_INT_OFF, argument->number);
    if (has_text)
        builder_text(value, PSP_VALUE_TEXT_PTR, argument->text);
}
_Static_assert(PSP_VALUE_INT_OFF == PSP_VALUE_DECIMAL_MANTISSA_OFF &&
                   PSP_VALUE_INT_OFF == PSP_VALUE_TIME_MS_OFF,
               "numbers lie apart");

static uint16_t command_words(const struct command *command)
{
    return command->dry_run       ? 3
           : command->deadline_ms ? 2
           : command->if_revision ? 1
                                  : 0;
}

static uint16_t command_pointers(const struct command *command)
{
    return command->arg_count       ? PSP_COMMAND_ARGS_PTR + 1
           : command->target.length ? PSP_COMMAND_TARGET_PTR + 1
                                    : PSP_COMMAND_VERB_PTR + 1;
}

static void build_fields(const struct command *command, struct struct_builder to)
{
    if (command->if_revision)
        builder_set_u64(to, PSP_COMMAND_IF_REVISION_OFF, command->if_revision);
    if (command->deadline_ms)
        builder_set_i64(to, PSP_COMMAND_DEADLINE_MS_OFF, command->deadline_ms);
    if (command->dry_run)
        builder_set_bit(to, PSP_COMMAND_DRY_RUN_BIT, true);
    builder_data(to, PSP_COMMAND_ID_PTR, command->id, COMMAND_ID_BYTES);
    builder_text(to, PSP_COMMAND_VERB_PTR, command->verb);
    if (command->target.length)
        builder_text(to, PSP_COMMAND_TARGET_PTR, command->target);
    if (!command->arg_count)
        return;
    struct list_builder args =
        builder_structs(to, PSP_COMMAND_ARGS_PTR, command->arg_count,
                        PSP_COMMAND_ARG_DATA_WORDS, PSP_COMMAND_ARG_PTRS);
    for (uint32_t i = 0; i < command->arg_count; i++) {
        struct struct_builder arg = list_builder_struct(args, i);
        builder_text(arg, PSP_COMMAND_ARG_NAME_PTR, command->args[i].name);
        build_value(&command->args[i], arg);
    }
}

void command_build(const struct command *command, struct struct_builder in,
                   uint16_t pointer)
{
    build_fields(command, builder_struct(in, pointer, command_words(command),
                                         command_pointers(command)));
}

enum psp_error command_encode(const struct command *command, struct buffer *out)
{
    struct builder builder;
    size_t before = buffer_length(out);

    if (command_defect(command))
        return PSP_MALFORMED;
    build_fields(command, builder_open_flat(&builder, out, command_words(command),
                                            command_pointers(command)));
    enum psp_error error = builder_close(&builder, NULL);
    if (error == PSP_OK && buffer_length(out) - before > COMMAND_BYTES_MAX) {
        buffer_truncate(out, before);
        error = PSP_LIMIT;
    }
    return error;
}

enum psp_error command_digest(const struct command *command, uint8_t digest[HASH_BYTES])
{
    struct buffer encoding;
    struct hasher hasher;

    buffer_init(&encoding);
    enum psp_error error = command_encode(command, &encoding);
    if (error == PSP_OK) {
        hasher_begin(&hasher, command_label);
        hasher_update(&hasher, buffer_bytes(&encoding), buffer_length(&encoding));
        hasher_finish(&hasher, digest);
    }
    buffer_release(&encoding);
    return error;
}

/* --- reading ------------------------------------------------------------------------
 */

static const char *read_argument(struct struct_reader from, struct argument *argument)
{
    struct struct_reader value = reader_struct(from, PSP_COMMAND_ARG_VALUE_PTR);

    *argument = (struct argument){.name = reader_text(from, PSP_COMMAND_ARG_NAME_PTR)};
    switch (reader_u16(value, PSP_VALUE_TAG_OFF)) {
    case PSP_VALUE_BOOL_TAG:
        argument->kind = ARGUMENT_BOOL;
        argument->truth = reader_bit(value, PSP_VALUE_BOOL_BIT, false);
        return NULL;
    case PSP_VALUE_INT_TAG:
        argument->kind = ARGUMENT_INT;
        break;
    case PSP_VALUE_TIME_MS_TAG:
        argument->kind = ARGUMENT_TIME;
        break;
    case PSP_VALUE_DECIMAL_TAG:
        argument->kind = ARGUMENT_DECIMAL;
        argument->scale = reader_u8(value, PSP_VALUE_DECIMAL_SCALE_OFF);
        break;
    case PSP_VALUE_TEXT_TAG:
        argument->kind = ARGUMENT_TEXT;
        argument->text = reader_text(value, PSP_VALUE_TEXT_PTR);
        return NULL;
    default:
        return "an argument is of a kind that no verb takes";
    }
    argument->number = reader_i64(value, PSP_VALUE_INT_OFF);
    return NULL;
}

static const char *read_fields(struct struct_reader reader, struct command *command)
{
    struct text id = reader_data(reader, PSP_COMMAND_ID_PTR);
    struct list_reader args =
        reader_list(reader, PSP_COMMAND_ARGS_PTR, ELEMENT_COMPOSITE);

    if (id.length != COMMAND_ID_BYTES)
        return "a command's id has 16 bytes";
    memcpy(command->id, id.bytes, COMMAND_ID_BYTES);
    command->verb = reader_text(reader, PSP_COMMAND_VERB_PTR);
    command->target = reader_text(reader, PSP_COMMAND_TARGET_PTR);
    command->if_revision = reader_u64(reader, PSP_COMMAND_IF_REVISION_OFF);
    command->deadline_ms = reader_i64(reader, PSP_COMMAND_DEADLINE_MS_OFF);
    command->dry_run = reader_bit(reader, PSP_COMMAND_DRY_RUN_BIT, false);
    if (args.count > COMMAND_ARGS_MAX)
        return "a command has too many arguments";
    for (uint32_t i = 0; i < args.count; i++) {
        const char *defect = read_argument(list_struct(args, i), &command->args[i]);
        if (defect)
            return defect;
    }
    command->arg_count = args.count;
    return NULL;
}

enum psp_error command_read(struct struct_reader reader, struct command *command,
                            const char **why)
{
    struct command read = {.arg_count = 0};

    *why = "there is no command";
    if (!reader.message)
        return PSP_MALFORMED;
    const char *defect = read_fields(reader, &read);
    if (message_error(reader.message))
        defect = "the command does not decode";
    if (!defect)
        defect = command_defect(&read);
    if (defect) {
        *why = defect;
        return PSP_MALFORMED;
    }
    *command = read;
    return PSP_OK;
}

enum psp_error command_decode(const void *bytes, size_t length, struct command *command)
{
    struct message message;
    struct buffer again;
    struct command read;
    const char *why;

    if (length == 0 || length % 8 || length > COMMAND_BYTES_MAX ||
        message_open_flat(&message, bytes, length) != PSP_OK ||
        command_read(message_root(&message), &read, &why) != PSP_OK)
        return PSP_MALFORMED;
    buffer_init(&again);
    enum psp_error error = command_encode(&read, &again);
    if (error == PSP_OK && (buffer_length(&again) != length ||
                            memcmp(buffer_bytes(&again), bytes, length) != 0))
        error = PSP_MALFORMED;
    buffer_release(&again);
    if (error == PSP_OK)
        *command = read;
    return error;
}

/* --- the leaf -----------------------------------------------------------------------
 */

enum psp_error command_leaf(struct token *token, const struct command *command,
                            const uint8_t holder[HASH_BYTES],
                            const struct key_pair *operator_key, struct text label,
                            int64_t now_ms)
{
    struct link_arena *arena;
    struct link root,
        leaf = {
            .rights = RIGHT_COMMAND,
            .not_before_ms = now_ms - LEAF_EARLY_MS,
            .not_after_ms = now_ms - LEAF_EARLY_MS + COMMAND_WINDOW_MS,
            .subject = SUBJECT_HOLDER,
            .verbs = {.kind = SET_NAMES, .names = &command->verb, .count = 1},
            .has_command = true,
            .label = label,
        };

    if (token->count == 0)
        return PSP_MALFORMED;
    arena = malloc(sizeof *arena);
    if (!arena)
        return PSP_NO_MEMORY;
    enum psp_error error =
        link_decode(token->link[0].body, token->link[0].length, arena, &root);
    free(arena);
    if (error == PSP_OK)
        error = command_digest(command, leaf.command);
    if (error == PSP_OK && !random_bytes(leaf.nonce, NONCE_BYTES))
        error = PSP_FAILED;
    if (error != PSP_OK)
        return error;
    memcpy(leaf.totebox, root.totebox, KEY_BYTES);
    memcpy(leaf.subject_bytes, holder, HASH_BYTES);
    return token_append(token, &leaf, operator_key);
}
