/* The log of the session: a ring in memory, and nothing else. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/console_state.h"

void journal_add(struct journal *journal, int64_t at_ms, enum severity severity,
                 const char *entity, const char *text)
{
    struct journal_line *line = &journal->lines[journal->next];
    line->at_ms = at_ms;
    line->severity = severity;
    snprintf(line->entity, sizeof line->entity, "%s", entity);
    snprintf(line->text, sizeof line->text, "%s", text);
    journal->next = (journal->next + 1) % JOURNAL_LINES;
    if (journal->count < JOURNAL_LINES)
        journal->count++;
}

uint32_t journal_show(struct journal *journal)
{
    for (uint32_t i = 0; i < journal->count; i++) {
        uint32_t at = (journal->next + JOURNAL_LINES - 1 - i) % JOURNAL_LINES;
        const struct journal_line *line = &journal->lines[at];
        journal->shown[i] = (struct log_line){.at_ms = line->at_ms,
                                              .severity = line->severity,
                                              .entity = line->entity,
                                              .text = line->text};
    }
    return journal->count;
}

/* Steps of one attempt are no news; being up, down or refused is. */
static enum link_state settled(enum link_state state)
{
    switch (state) {
    case LINK_CONNECTING:
    case LINK_HANDSHAKING:
    case LINK_PRESENTING:
        return LINK_CONNECTING;
    case LINK_IDLE:
    case LINK_LIVE:
    case LINK_QUIET:
    case LINK_BACKING_OFF:
    case LINK_REFUSED:
        break;
    }
    return state;
}

static enum severity severity_of(enum link_state state)
{
    return state == LINK_REFUSED       ? SEVERITY_CRITICAL
           : state == LINK_BACKING_OFF ? SEVERITY_WARNING
                                       : SEVERITY_INFO;
}

void journal_watch_links(struct console *console, const struct model_fleet *fleet)
{
    if (!console->link_states) {
        console->link_states = calloc(fleet->line_count ? fleet->line_count : 1, 1);
        console->link_count = console->link_states ? fleet->line_count : 0;
    }
    for (uint32_t i = 0; i < fleet->line_count && i < console->link_count; i++) {
        const struct fleet_line *line = &fleet->lines[i];
        enum link_state now = settled(line->status.state);
        enum link_state before = (enum link_state)console->link_states[i];
        char text[160];
        /* Trying again after a failure is the same outage. */
        if (now == before || now == LINK_CONNECTING)
            continue;
        console->link_states[i] = (uint8_t)now;
        snprintf(text, sizeof text, "%s -> %s%s%.100s", link_state_name(before),
                 link_state_name(now), line->status.reason[0] ? ": " : "",
                 line->status.reason);
        journal_add(&console->journal, console_wall_ms(console), severity_of(now),
                    line->entity, text);
    }
}
