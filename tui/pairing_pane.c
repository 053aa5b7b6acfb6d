/* Pairing on F11: what the System pane says of it, and ":pair".  Nothing that an
 * archive says moves the reader or types for them: the word at the end is theirs. */
#include <stdio.h>
#include <string.h>

#include "tui/console_state.h"

static const struct pairing_view nothing = {.step = PAIRING_IDLE};

const struct pairing_view *pairing_view(const struct console *console)
{
    const struct console_core *core = &console->options.core;
    return core->pairing ? core->pairing(core->user) : &nothing;
}

bool pairing_is_going_on(const struct console *console)
{
    enum pairing_step step = pairing_view(console)->step;
    return step != PAIRING_IDLE && step != PAIRING_PAIRED && step != PAIRING_ENDED;
}

/* --- what the pane says ----------------------------------------------------------- */

static void add_how(struct console *console)
{
    facts_add(console, "", "To pair this device with a Totebox, on two screens:");
    facts_add(console, "1", "its owner, there:  totebox pair ARCHIVE --open");
    facts_add(console, "2", "here:  :pair HOST:PORT   (or in a shell: fleet pair)");
    facts_add(console, "3", "both show a code: read it to each other, all of it");
    facts_add(console, "4",
              "the owner types it there; here you say that it is the "
              "same");
    facts_add(console, "",
              "A code that differs means that somebody is in between: "
              "stop.");
}

static void add_block(struct console *console, const struct pairing_view *view)
{
    const char *line = view->block;
    facts_add(console, "paired", "%.90s", view->words);
    facts_add(console, "", "%s", "");
    facts_add(console, "",
              "Put this into fleet.conf and start fleet again; nothing was "
              "written:");
    while (*line) {
        int length = (int)strcspn(line, "\n");
        facts_add(console, "", "%.*s", length, line);
        line += length + (line[length] == '\n');
    }
}

static void add_step(struct console *console, const struct pairing_view *view)
{
    switch (view->step) {
    case PAIRING_IDLE:
        break;
    case PAIRING_DIALLING:
    case PAIRING_LEARNING:
        facts_add(console, "now", "%.90s; Ctrl-C stops", view->words);
        break;
    case PAIRING_CODED:
        facts_add(console, "now", "%.90s", view->words);
        facts_add(console, "",
                  "Another code on the archive's screen: somebody is in "
                  "between; Ctrl-C stops.");
        break;
    case PAIRING_APPROVED:
        facts_add(console, "now",
                  "It says: approved. Does the archive's own screen say "
                  "so, with this code?");
        facts_add(console, "yes", ":pair yes");
        facts_add(console, "no", ":pair no, or Ctrl-C; nothing is kept");
        break;
    case PAIRING_PAIRED:
        add_block(console, view);
        break;
    case PAIRING_ENDED:
        facts_add(console, "not paired", "%s", view->words);
        break;
    }
}

bool pairing_facts(struct console *console)
{
    const struct pairing_view *view = pairing_view(console);
    facts_add(console, "pairing", "%s", "");
    if (view->step == PAIRING_IDLE) {
        add_how(console);
        return false;
    }
    facts_add(console, "with", "%s", view->address);
    if (view->archive[0])
        facts_add(console, "archive", "%s", view->archive);
    if (view->device[0])
        facts_add(console, "device", "%s", view->device);
    if (view->clock[0])
        facts_add(console, "clock", "%s", view->clock);
    if (view->code[0])
        facts_add(console, "code", "%s", view->code);
    add_step(console, view);
    return true;
}

/* --- the log ---------------------------------------------------------------------- */

void pairing_watch(struct console *console)
{
    const struct pairing_view *view = pairing_view(console);
    if (view->step == console->pairing_step)
        return;
    console->pairing_step = view->step;
    char text[160];
    if (view->step == PAIRING_CODED)
        snprintf(text, sizeof text, "pairing with %.60s: the code is %s", view->address,
                 view->code);
    else
        snprintf(text, sizeof text, "pairing with %.60s: %.80s", view->address,
                 view->words);
    console_log(console, view->step == PAIRING_ENDED ? SEVERITY_WARNING : SEVERITY_INFO,
                "", text);
}

/* --- what the reader says --------------------------------------------------------- */

bool pairing_stop(struct console *console)
{
    const struct console_core *core = &console->options.core;
    if (!pairing_is_going_on(console))
        return false;
    core->pair_stop(core->user);
    return true;
}

static void begin(struct console *console, const char *address)
{
    const struct console_core *core = &console->options.core;
    if (pairing_is_going_on(console)) {
        console_say(console, true, "a pairing is going on (F11); :pair no stops it");
        return;
    }
    if (!core->pair(core->user, address)) {
        console_say(console, true, "%.150s", pairing_view(console)->words);
        return;
    }
    go_to_pane(console, PANE_SYSTEM);
    console->states[PANE_SYSTEM].scroll = 0;
}

void run_pair(struct console *console, const char *argument)
{
    const struct console_core *core = &console->options.core;
    if (!core->pairing) {
        console_say(console, true, "this console cannot pair; fleet pair does");
    } else if (!argument[0]) {
        go_to_pane(console, PANE_SYSTEM);
        command_begin(console, "pair ");
    } else if (strcmp(argument, "yes") == 0) {
        if (!core->pair_confirm(core->user))
            console_say(console, true, "there is no approval to confirm (F11)");
    } else if (strcmp(argument, "no") == 0) {
        if (!pairing_stop(console))
            console_say(console, true, "no pairing is going on (F11)");
    } else {
        begin(console, argument);
    }
}
