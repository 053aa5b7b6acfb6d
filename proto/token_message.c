/* token_message.c - a chain as a message.  Apart from token.c, so that what carries a
 * token (a caller) does not bring along what makes and judges one. */
#include "proto/token.h"

#include <stdlib.h>
#include <string.h>

#include "proto/layout.h"
#include "proto/link.h"

void token_release(struct token *token)
{
    for (uint32_t i = 0; i < token->count; i++)
        free(token->link[i].body);
    *token = (struct token){0};
}

enum psp_error token_add(struct token *token, const void *body, uint32_t length,
                         const uint8_t signature[SIGNATURE_BYTES])
{
    if (token->count == TOKEN_LINKS_MAX || length > LINK_BYTES_MAX)
        return PSP_LIMIT;
    uint8_t *copy = malloc(length ? length : 1);
    if (!copy)
        return PSP_NO_MEMORY;
    if (length)
        memcpy(copy, body, length);
    token->link[token->count].body = copy;
    token->link[token->count].length = length;
    memcpy(token->link[token->count].signature, signature, SIGNATURE_BYTES);
    token->count++;
    return PSP_OK;
}

enum psp_error token_copy(struct token *to, const struct token *from)
{
    struct token copy = {0};

    for (uint32_t i = 0; i < from->count; i++) {
        enum psp_error error = token_add(&copy, from->link[i].body,
                                         from->link[i].length, from->link[i].signature);
        if (error != PSP_OK) {
            token_release(&copy);
            return error;
        }
    }
    *to = copy;
    return PSP_OK;
}

static void build_links(const struct token *token, struct struct_builder root)
{
    struct list_builder links =
        builder_structs(root, PSP_TOKEN_LINKS_PTR, token->count,
                        PSP_SIGNED_LINK_DATA_WORDS, PSP_SIGNED_LINK_PTRS);

    for (uint32_t i = 0; i < token->count; i++) {
        struct struct_builder link = list_builder_struct(links, i);
        builder_data(link, PSP_SIGNED_LINK_BODY_PTR, token->link[i].body,
                     token->link[i].length);
        builder_data(link, PSP_SIGNED_LINK_SIGNATURE_PTR, token->link[i].signature,
                     SIGNATURE_BYTES);
    }
}

void token_build(const struct token *token, struct struct_builder in, uint16_t pointer)
{
    build_links(token,
                builder_struct(in, pointer, PSP_TOKEN_DATA_WORDS, PSP_TOKEN_PTRS));
}

enum psp_error token_write(const struct token *token, struct buffer *out)
{
    struct builder builder;

    build_links(token,
                builder_open(&builder, out, PSP_TOKEN_DATA_WORDS, PSP_TOKEN_PTRS));
    return builder_close(&builder, NULL);
}

enum psp_error token_take(struct struct_reader token_struct, struct token *token)
{
    struct list_reader list =
        reader_list(token_struct, PSP_TOKEN_LINKS_PTR, ELEMENT_COMPOSITE);
    struct token taken = {0};
    enum psp_error error = list.count > TOKEN_LINKS_MAX ? PSP_LIMIT : PSP_OK;

    for (uint32_t i = 0; error == PSP_OK && i < list.count; i++) {
        struct struct_reader link = list_struct(list, i);
        struct text body = reader_data(link, PSP_SIGNED_LINK_BODY_PTR);
        struct text given = reader_data(link, PSP_SIGNED_LINK_SIGNATURE_PTR);
        /* One of another length stays zero, under which no usable key verifies. */
        uint8_t signature[SIGNATURE_BYTES] = {0};
        if (given.length == SIGNATURE_BYTES)
            memcpy(signature, given.bytes, SIGNATURE_BYTES);
        error = token_add(&taken, body.bytes, body.length, signature);
    }
    if (error == PSP_OK && token_struct.message && message_error(token_struct.message))
        error = PSP_MALFORMED;
    if (error == PSP_OK)
        *token = taken;
    else
        token_release(&taken);
    return error;
}

enum psp_error token_read(const void *frame, size_t length, struct token *token)
{
    struct message message;
    struct buffer aligned;

    /* The file may lie anywhere in memory. */
    buffer_init(&aligned);
    if (!buffer_append(&aligned, frame, length))
        return PSP_NO_MEMORY;
    enum psp_error error =
        length ? message_open(&message, buffer_bytes(&aligned), length) : PSP_MALFORMED;
    if (error == PSP_OK)
        error = token_take(message_root(&message), token);
    if (error == PSP_OK && message_error(&message)) {
        token_release(token);
        error = PSP_MALFORMED;
    }
    buffer_release(&aligned);
    return error;
}
