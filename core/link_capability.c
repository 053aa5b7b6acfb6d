#include "core/link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALL_VIEWS ((1u << VIEW_LINK) - 1) /* every archive's; hubs add `link` */

/* Where the first link leads: audience, end, and the views that it names. */
bool link_read_pairing(struct fleet_link *link)
{
    struct link_arena *arena = malloc(sizeof *arena);
    struct link root;
    bool good = arena && link->pairing.count >= 1 &&
                link_decode(link->pairing.link[0].body, link->pairing.link[0].length,
                            arena, &root) == PSP_OK;
    if (good) {
        memcpy(link->authority, root.totebox, KEY_BYTES);
        link->pairing_ends_ms = root.not_after_ms;
        link->paired_views = 0;
        for (uint32_t i = 0; i < root.scope_count; i++)
            for (enum view view = 0; view < VIEW_COUNT; view++)
                if (set_contains(&root.scopes[i].views,
                                 text_of(view_table(view)->name)))
                    link->paired_views |= 1u << view;
        link->paired_views &=
            link->config->hub ? ALL_VIEWS | 1u << VIEW_LINK : ALL_VIEWS;
        link->views = link->paired_views;
    }
    free(arena);
    return good;
}

bool link_load_pairing(struct fleet_link *link, char why[128])
{
    FILE *file = fopen(link->config->token, "re");
    struct buffer frame;
    buffer_init(&frame);
    if (!file) {
        snprintf(why, 128, "cannot open the pairing %s", link->config->token);
        return false;
    }
    uint8_t *room = buffer_reserve(&frame, TOKEN_LINKS_MAX * (LINK_BYTES_MAX + 256));
    if (room)
        buffer_commit(&frame,
                      fread(room, 1, TOKEN_LINKS_MAX * (LINK_BYTES_MAX + 256), file));
    fclose(file);
    link->has_pairing = token_read(buffer_bytes(&frame), buffer_length(&frame),
                                   &link->pairing) == PSP_OK &&
                        link_read_pairing(link);
    buffer_release(&frame);
    if (!link->has_pairing) {
        token_release(&link->pairing);
        snprintf(why, 128, "%s is not a pairing", link->config->token);
    }
    return link->has_pairing;
}

static int64_t archive_clock_ms(const struct fleet_link *link)
{
    return net_wall_ms() + link->status->skew_ms;
}

enum psp_error link_mint(const struct fleet_link *link, struct token *token)
{
    const struct config *config = links_config(link->links);
    const struct key_pair *device = links_device(link->links);
    struct text entity = text_of(link->config->entity);
    struct text views[VIEW_COUNT];
    uint32_t view_count = 0;
    static const enum view sorted[] = {VIEW_FX,  VIEW_ITEM, VIEW_METRIC, VIEW_NOTE,
                                       VIEW_OBL, VIEW_OWN,  VIEW_POS};
    for (size_t i = 0; i < sizeof sorted / sizeof *sorted; i++)
        views[view_count++] = text_of(view_table(sorted[i])->name);
    char prefix[ENTITY_ID_MAX + 2];
    int length = snprintf(prefix, sizeof prefix, "%s|", link->config->entity);
    struct text entity_view = text_of(view_table(VIEW_ENTITY)->name);
    struct text own_view = text_of(view_table(VIEW_OWN)->name);
    struct scope scopes[] = {
        {.views = {.kind = SET_NAMES, .names = &entity_view, .count = 1},
         .rows = {.kind = SET_NAMES, .names = &entity, .count = 1},
         .columns = {.kind = SET_ALL}},
        {.views = {.kind = SET_NAMES, .names = views, .count = view_count},
         .rows = {.kind = SET_PREFIX, .prefix = {prefix, (uint32_t)length}},
         .columns = {.kind = SET_ALL}},
        /* Only where fleet.conf says `structure`: ownership edges of others. */
        {.views = {.kind = SET_NAMES, .names = &own_view, .count = 1},
         .rows = {.kind = SET_ALL},
         .columns = {.kind = SET_ALL}},
    };
    struct scope everything = {.views = {.kind = SET_ALL},
                               .rows = {.kind = SET_ALL},
                               .columns = {.kind = SET_ALL}};
    int64_t clock = archive_clock_ms(link);
    int64_t ends = clock - LINK_BACKDATE_MS + config->limits.window_ms;
    if (ends > link->pairing_ends_ms)
        ends = link->pairing_ends_ms;
    struct link leaf = {
        .rights = RIGHT_DESCRIBE | RIGHT_HEALTH | RIGHT_READ_ROWS |
                  RIGHT_READ_AGGREGATES | RIGHT_WATCH,
        .not_before_ms = clock - LINK_BACKDATE_MS,
        .not_after_ms = ends,
        .subject = SUBJECT_HOLDER,
        .scopes = link->config->hub ? &everything : scopes,
        .scope_count = link->config->hub         ? 1
                       : link->config->structure ? 3
                                                 : 2,
        .max_rows = TOKEN_ROWS_UNLIMITED,
        .label = text_of(config->operator_name),
    };
    memcpy(leaf.totebox, link->authority, KEY_BYTES);
    holder_of_key(device->public_key, leaf.subject_bytes);
    if (ends <= leaf.not_before_ms)
        return PSP_EXPIRED;
    if (!random_bytes(leaf.nonce, sizeof leaf.nonce))
        return PSP_NO_MEMORY;
    enum psp_error error = token_copy(token, &link->pairing);
    return error == PSP_OK ? token_append(token, &leaf, device) : error;
}
