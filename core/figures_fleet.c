/* figures_fleet.c - one line a link, in config order. */
#include "core/figures_state.h"

static const char *state_words(struct figures *figures, uint32_t slot,
                               struct arena *arena)
{
    const struct link_status *status = store_status(figures->store, slot);
    switch (status->refusal) {
    case REFUSED_NOT:
        break;
    case REFUSED_WRONG_KEY:
        return "wrong key";
    case REFUSED_NOT_PAIRED:
        return "not paired";
    case REFUSED_REVOKED:
        return "revoked";
    case REFUSED_EXPIRED:
        return "expired";
    case REFUSED_DENIED:
        return "denied";
    case REFUSED_INCOMPATIBLE:
        return "incompatible";
    }
    return link_words(figures, slot, arena);
}

void fleet_line_fill(struct figures *figures, uint32_t slot, struct fleet_line *line,
                     struct arena *arena)
{
    const struct config_totebox *block = &figures->config->toteboxes[slot];
    const struct link_status *status = store_status(figures->store, slot);
    *line = (struct fleet_line){
        .slot = slot,
        .entity = block->entity,
        .name = block->name,
        .group = block->group,
        .address = arena_print(arena, strchr(block->host, ':') ? "[%s]:%u" : "%s:%u",
                               block->host, block->port),
        .status = *status,
        .mark = link_mark(figures, slot),
        .state = state_words(figures, slot, arena),
    };
    for (int view = 0; view < VIEW_COUNT; view++) {
        uint32_t count = store_row_count(figures->store, slot, (enum view)view);
        line->rows += count;
        for (uint32_t i = 0; i < count; i++) {
            int64_t as_of_ms =
                store_row(figures->store, slot, (enum view)view, i)->row.as_of_ms;
            if (as_of_ms > line->as_of_ms)
                line->as_of_ms = as_of_ms; /* the newest: does this archive move? */
        }
    }
    if (block->pin_count > 0)
        fingerprint_write(block->pins[0], line->fingerprint);
}

/* Several links that went down and share a path have one cause. */
static const char *common_cause(const struct figures *figures,
                                const struct fleet_line *lines, uint32_t count,
                                struct arena *arena)
{
    const char *path = NULL;
    uint32_t down = 0, members = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (lines[i].mark != MARK_LAST_KNOWN)
            continue;
        const char *its = figures->config->toteboxes[i].path;
        if (!path)
            path = its;
        else if (strcmp(path, its) != 0)
            return "";
        down++;
    }
    if (down < 2 || !*path)
        return "";
    for (uint32_t i = 0; i < count; i++)
        members += strcmp(figures->config->toteboxes[i].path, path) == 0;
    return arena_print(arena, "all %u down use path %s, which %u of %u use", down, path,
                       members, count);
}

const struct model_fleet *figures_fleet(struct figures *figures)
{
    static const struct model_options options = {0};
    struct arena *arena;
    struct model_fleet *fleet = model_begin(figures, MODEL_FLEET, &options, &arena);
    if (fleet)
        return fleet;
    uint32_t count = figures->config->totebox_count;
    fleet = arena_take(arena, sizeof *fleet);
    struct fleet_line *lines = arena_array(arena, count + 1u, sizeof *lines);
    if (!fleet || !lines)
        return NULL;
    for (uint32_t slot = 0; slot < count; slot++)
        fleet_line_fill(figures, slot, &lines[slot], arena);
    fleet->lines = lines;
    fleet->line_count = count;
    fleet->common_cause = common_cause(figures, lines, count, arena);
    model_end(figures, MODEL_FLEET, fleet);
    return fleet;
}
