/* The panes that are words: F1 help, F8 commands, F11 system, F12 the anchor. */
#include <stdio.h>
#include <string.h>

#include "screens/card.h"
#include "screens/draw.h"
#include "screens/screen.h"

/* --- help ------------------------------------------------------------------------- */

static const struct {
    const char *mark, *words;
} legend[] = {
    {" ", "current"},
    {"~", "aging: older than the first limit of its kind"},
    {"!", "stale: older than the second"},
    {"x", "link down, last known value"},
    {"r", "not permitted: no capability for it"},
    {"#", "suppressed by the archive's disclosure limit"},
    {"e", "the grant has expired"},
    {"?", "never answered: the value is --, never 0"},
    {"*", "a total that leaves something out or holds last known values"},
    {"..", "asked, waiting      -  not applicable      --  not known"},
};

static const struct {
    const char *state, *words;
} states[] = {
    {"MATCH WITHIN", "both sides current, equal or within tolerance"},
    {"BREAK", "both current, same cutoff, and they differ: only this counts"},
    {"PROVISIONAL", "would be a break, but a side is not current"},
    {"PARTIAL", "a control total with a member missing"},
    {"UNKNOWN", "a side is not permitted, unavailable or never answered"},
    {"FX TIMING", "booked at different rates; posted after the period"},
    {"SUGGESTED", "agrees by amount and date only: people decide"},
};

static void help_marks(struct card *card)
{
    card_rule(card, "marks, in the column behind every number");
    for (unsigned i = 0; i < sizeof legend / sizeof legend[0]; i++)
        card_field(card, legend[i].mark, STYLE_TEXT, legend[i].words);
    card_rule(card, "numbers");
    card_field(card, "(1.00)", STYLE_TEXT, "negative");
    card_field(card, "1.2M", STYLE_TEXT, "k M B T; # shows it exactly");
    card_field(card, "<0.1M", STYLE_TEXT, "not zero, and less than can be shown here");
    card_text(card, STYLE_TEXT,
              "Unlike currencies are never added; every total is in the "
              "currency of the portfolio, at the rates it names.");
}

static void help_states(struct card *card)
{
    card_rule(card, "reconciliation");
    for (unsigned i = 0; i < sizeof states / sizeof states[0]; i++)
        card_field(card, states[i].state, STYLE_TEXT, states[i].words);
}

static void help_panes(struct card *card)
{
    static const char *const twins[] = {"1", "2", "3", "4", "5", "6",
                                        "7", "8", "9", "0", "-", "="};
    char keys[32], text[96];
    card_rule(card, "panes: F-keys, or digits where F-keys do not arrive");
    for (unsigned key = 1; key <= 12; key++) {
        const struct pane *pane = NULL;
        for (unsigned i = 0; i < PANE_COUNT; i++)
            if (panes[i].key == key)
                pane = &panes[i];
        snprintf(keys, sizeof keys, "F%-2u %s", key, twins[key - 1]);
        if (pane)
            snprintf(text, sizeof text, "%-11s :%s", pane->label, pane->word);
        else
            snprintf(text, sizeof text, "%-11s :quit", "Quit");
        card_field(card, keys, STYLE_TEXT, text);
    }
}

static void help_keys(const struct pane_input *input, struct card *card)
{
    const char *section = "";
    char text[160];
    for (uint32_t i = 0; i < input->help_count; i++) {
        const struct help_line *line = &input->help[i];
        if (strcmp(section, line->section) != 0) {
            section = line->section;
            card_rule(card, section);
        }
        snprintf(text, sizeof text, "%.100s%s%.30s", line->help,
                 line->name[0] ? "   :" : "", line->name);
        card_field(card, line->keys, STYLE_TEXT, text);
    }
}

static void help_filter(struct card *card)
{
    card_rule(card, "filter");
    card_field(card, "oak uk", STYLE_TEXT,
               "rows that contain both words, in any column");
    card_field(card, "!oak", STYLE_TEXT, "rows that do not");
    card_field(card, "\"UK \"", STYLE_TEXT, "exactly this, capitals and blanks too");
    card_field(card, "group:UK", STYLE_TEXT,
               "a column that contains it; = != the whole");
    card_field(card, "ltv>50%", STYLE_TEXT, "> >= < <= and a:b..c; 1.5M 3d 2026-11-22");
    card_field(card, "a | (b !c)", STYLE_TEXT, "or, parentheses, not");
    card_field(card, "/^oak-[0-9]/", STYLE_TEXT, "a regular expression");
    card_field(card, "& oak", STYLE_TEXT, "pinned: for all panes");
    card_text(card, STYLE_TEXT,
              "Unknown is not false: rows without a value come last, and are counted.");
    card_text(card, STYLE_TEXT, "Enter keeps it, Esc gives back the former one.");
}

/* Keeps the scroll within what there is: `lines` were written in all. */
static void bound_scroll(struct pane_state *state, int lines, int rows)
{
    int most = lines > rows ? lines - rows : 0;
    state->scroll = state->scroll < 0 ? 0 : state->scroll > most ? most : state->scroll;
}

static int help_columns(const struct pane_input *input, int skip, struct area area,
                        struct cells *cells)
{
    if (area.columns < WIDE_COLUMNS) {
        struct card card = card_begin(cells, area, skip, area.columns < 60 ? 14 : 26);
        help_keys(input, &card);
        card.indent = 16;
        help_panes(&card);
        help_marks(&card);
        help_states(&card);
        help_filter(&card);
        return card.line;
    }
    struct area column = area;
    column.columns = area.columns / 2;
    struct card left = card_begin(cells, column, skip, 26);
    help_keys(input, &left);
    help_filter(&left);
    column.column = area.columns / 2 + 1;
    column.columns = area.columns - column.column;
    struct card right = card_begin(cells, column, skip, 16);
    help_panes(&right);
    help_marks(&right);
    help_states(&right);
    return left.line > right.line ? left.line : right.line;
}

void help_draw(const struct pane_input *input, struct pane_state *state,
               struct area area, struct cells *cells)
{
    struct area nowhere = {0, area.column, 0, area.columns};
    bound_scroll(state, help_columns(input, 0, nowhere, cells), area.rows);
    help_columns(input, state->scroll, area, cells);
}

/* --- commands --------------------------------------------------------------------- */

void command_draw(const struct pane_input *input, struct pane_state *state,
                  struct area area, struct cells *cells)
{
    struct card card = card_begin(cells, area, 0, 14);
    (void)input;
    (void)state;
    card_rule(&card, "commands");
    card_text(&card, STYLE_TEXT,
              "This console is READ-ONLY: it holds capabilities to read, and none to "
              "write. Nothing can be sent from here.");
    card_blank(&card);
    card_text(&card, STYLE_TEXT,
              "What an operator may send, where the owner of an archive "
              "has granted it:");
    card_field(&card, "note", STYLE_TEXT,
               "a note on a row or a check, kept by the archive");
    card_field(&card, "assign", STYLE_TEXT, "who looks after a check, and until when");
    card_field(&card, "dispute", STYLE_TEXT, "a difference that one side contests");
    card_field(&card, "statement", STYLE_TEXT,
               "ask the archive's owner for a statement");
    card_blank(&card);
    card_field(&card, "why not", STYLE_WARNING,
               "the pairings of this device carry the right to read only");
    card_field(&card, "to get it", STYLE_TEXT,
               "the archive's owner approves it on the archive's own machine: totebox "
               "approve");
    card_blank(&card);
    card_text(
        &card, STYLE_DIM,
        "Commands go down only. No Totebox can start one, answer one upward, or see "
        "another.");
}

/* --- system ----------------------------------------------------------------------- */

static int system_lines(const struct pane_input *input, int skip, struct area area,
                        struct cells *cells)
{
    struct card card = card_begin(cells, area, skip, area.columns < 60 ? 14 : 20);
    for (uint32_t i = 0; i < input->fact_count; i++) {
        const struct fact *fact = &input->facts[i];
        if (!fact->text[0] && fact->word[0])
            card_rule(&card, fact->word);
        else if (!fact->word[0] && fact->text[0])
            card_text(&card, STYLE_TEXT, fact->text);
        else
            card_field(&card, fact->word, STYLE_TEXT, fact->text);
    }
    return card.line;
}

void system_draw(const struct pane_input *input, struct pane_state *state,
                 struct area area, struct cells *cells)
{
    struct area nowhere = {0, area.column, 0, area.columns};
    bound_scroll(state, system_lines(input, 0, nowhere, cells), area.rows);
    system_lines(input, state->scroll, area, cells);
}

/* --- the anchor ------------------------------------------------------------------- */

void anchor_draw(const struct pane_input *input, struct pane_state *state,
                 struct area area, struct cells *cells)
{
    char text[200];
    struct card card = card_begin(cells, area, 0, 14);
    (void)state;
    card_rule(&card, "the Anchor");
    card_text(&card, STYLE_TEXT,
              "F12 is input into one Totebox. It belongs to a Direct session with that "
              "archive and is never used in Aggregate mode.");
    card_blank(&card);
    card_text(&card, STYLE_TEXT, "To write into a Totebox, open a Direct session:");
    snprintf(text, sizeof text, "  os-console --direct %.60s",
             input->entity_id[0] ? input->entity_id : "ENTITY");
    card_text(&card, STYLE_KEY, text);
}
