/* The System pane: what this console is, and what it runs on. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/console_state.h"
#include "tui/keys.h"

void facts_add(struct console *console, const char *word, const char *format, ...)
{
    if (console->fact_count == FACTS_MAX)
        return;
    uint32_t at = console->fact_count++;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(console->fact_text[at], sizeof console->fact_text[at], format, arguments);
    va_end(arguments);
    console->facts[at] = (struct fact){.word = word, .text = console->fact_text[at]};
}

static void add_terminal(struct console *console)
{
    struct terminal_facts facts;
    const char *term = getenv("TERM"), *tmux = getenv("TMUX");
    terminal_facts(console->terminal, &facts);
    facts_add(console, "terminal", "%s", "");
    facts_add(console, "type", "%s, %s, %s, glyphs %s", facts.term,
              theme_depth_name(facts.depth), facts.is_utf8 ? "UTF-8" : "ASCII",
              facts.has_blocks ? "blocks" : "ascii");
    facts_add(console, "theme", "%s", console->options.looks.theme.name);
    if (!term || strcmp(term, facts.term) != 0)
        facts_add(console, "warning",
                  "TERM=%.30s has no terminfo entry here; %s is used", term ? term : "",
                  facts.term);
    if (tmux && tmux[0] && term && strncmp(term, "tmux", 4) != 0 &&
        strncmp(term, "screen", 6) != 0)
        facts_add(console, "warning",
                  "inside tmux, and TERM=%.30s is not tmux or screen", term);
    facts_add(console, "size", "%dx%d", facts.columns, facts.rows);
    facts_add(console, "sent",
              "%llu bytes in %llu frames, %llu left out while it was busy",
              (unsigned long long)facts.bytes, (unsigned long long)facts.frames,
              (unsigned long long)facts.skipped);
    char keys[96] = "";
    unsigned from = console->key_count > KEYS_KEPT ? console->key_count - KEYS_KEPT : 0;
    for (unsigned i = from; i < console->key_count; i++) {
        char name[PRESS_NAME_CHARS];
        size_t used = strlen(keys);
        press_name(console->last_keys[i % KEYS_KEPT], name);
        snprintf(keys + used, sizeof keys - used, "%s%s", used ? "  " : "", name);
    }
    facts_add(console, "last keys", "%s", keys[0] ? keys : "none yet");
}

void facts_fill(struct console *console)
{
    const struct console_options *options = &console->options;
    const struct config *config = options->config;
    console->fact_count = 0;
    bool is_pairing =
        pairing_view(console)->step != PAIRING_IDLE && pairing_facts(console);
    facts_add(console, "this console", "%s", "");
    facts_add(console, "fleet", "%s, embedded aggregate, read-only",
              options->version ? options->version : "");
    const char *key = options->device_fingerprint;
    facts_add(console, "device key", "%s",
              key && key[0] ? key : "none: fleet keys --create makes one");
    facts_add(console, "operator", "%s",
              config->operator_name ? config->operator_name : "--");
    facts_add(console, "configuration", "%s", config->path ? config->path : "--");
    facts_add(console, "archives", "%u blocks, %u portfolios", config->totebox_count,
              config->portfolio_count);
    facts_add(console, "limits", "%u handshakes at once, %u dials a second",
              config->limits.handshakes_in_flight, config->limits.dials_per_second);
    facts_add(console, "on disk", "nothing is written but what you export");
    add_terminal(console);
    if (!is_pairing)
        pairing_facts(console);
}
