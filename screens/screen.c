#include "screens/screen.h"

#include <stdio.h>
#include <string.h>

/* Words on one line, from left to right or from right to left, each with its style. */
struct line {
    struct cells *cells;
    int row, left, right; /* what is still free: [left, right) */
};

/* False when it does not fit; then nothing was written. */
static bool push_left(struct line *line, int gap, enum style style, const char *text)
{
    int width = text_columns(text);
    if (line->left + gap + width > line->right)
        return false;
    cells_text(line->cells, line->row, line->left + gap, width, style, text);
    line->left += gap + width;
    return true;
}

static bool push_right(struct line *line, int gap, enum style style, const char *text)
{
    int width = text_columns(text);
    if (line->right - gap - width < line->left)
        return false;
    line->right -= gap + width;
    cells_text(line->cells, line->row, line->right, width, style, text);
    return true;
}

/* --- row 1 ------------------------------------------------------------------------ */

static void draw_alerts(const struct pane_input *input, struct line *line, bool wide)
{
    char text[48];
    if (!wide) {
        uint32_t open = input->critical + input->warnings;
        snprintf(text, sizeof text, "alerts %u%s", open,
                 input->critical ? "!!"
                 : open          ? "!"
                                 : "");
        push_right(line, 2, open ? STYLE_CRITICAL : STYLE_TITLE, text);
        return;
    }
    snprintf(text, sizeof text, "%u!", input->warnings);
    push_right(line, 2, input->warnings ? STYLE_WARNING : STYLE_TITLE, text);
    snprintf(text, sizeof text, "alerts %u!!", input->critical);
    push_right(line, 2, input->critical ? STYLE_CRITICAL : STYLE_TITLE, text);
}

static void draw_title(const struct pane *pane, const struct pane_input *input,
                       struct cells *cells)
{
    int columns = cells->columns;
    bool wide = columns >= WIDE_COLUMNS;
    struct line line = {cells, 0, 1, columns - 1};
    char text[TIME_CHARS], scope[160];
    push_left(&line, 0, STYLE_TITLE, pane->title);
    if (columns >= 80)
        stamp_write(input->now_ms, wide, text);
    else
        time_write(input->now_ms, text);
    push_right(&line, 0, STYLE_TITLE, text);
    draw_alerts(input, &line, wide);
    if (wide) {
        push_right(&line, 3, STYLE_TITLE, input->operator_name);
        push_right(&line, 2, STYLE_TITLE, "AGGREGATE  READ-ONLY");
    } else if (columns >= 60) {
        push_right(&line, 2, STYLE_TITLE, "RO");
    }
    bool of_entity = pane == &panes[PANE_ENTITY] && input->entity_id[0];
    snprintf(scope, sizeof scope, "%.60s / %.60s", input->fleet,
             of_entity ? input->entity_id : input->portfolio);
    int room = line.right - line.left - 3;
    if (room > 4)
        cells_text(cells, 0, line.left + 2, room, STYLE_TITLE, scope);
}

/* --- row 2 ------------------------------------------------------------------------ */

static void push_count(struct line *line, bool always, uint32_t count, const char *word,
                       enum mark mark)
{
    char text[48];
    if (count == 0 && !always)
        return;
    bool brief = line->cells->columns < 80;
    if (brief)
        snprintf(text, sizeof text, "%u%c", count, mark_char(mark));
    else
        snprintf(text, sizeof text, count ? "%s %u%c" : "%s %u", word, count,
                 mark_char(mark));
    push_left(line, brief ? 1 : 2, count ? mark_style(mark) : STYLE_TEXT, text);
}

static void draw_state(const struct pane_input *input, struct line *line)
{
    const struct coverage *coverage = input->coverage;
    char text[64], time[TIME_CHARS];
    if (coverage->lost_all) {
        time_write(input->lost_since_ms, time);
        snprintf(text, sizeof text, " NO ANSWERS%s%s ",
                 input->lost_since_ms ? " since " : "",
                 input->lost_since_ms ? time : "");
        push_right(line, 1, STYLE_ALARM, text);
    }
    if (input->frozen_at_ms) {
        time_write(input->frozen_at_ms, time);
        snprintf(text, sizeof text, " FROZEN %s ", time);
        push_right(line, 1, STYLE_ALARM, text);
    } else if (input->slow[0]) {
        push_right(line, 1, STYLE_ALARM, input->slow);
    } else if (coverage->waiting && coverage->answered < coverage->expected) {
        push_right(line, 1, STYLE_WARNING, "asking..");
    } else if (!coverage->lost_all) {
        push_right(line, 1, STYLE_TEXT, "LIVE");
    }
}

static void draw_rates(const struct coverage *coverage, struct line *line)
{
    char text[48], date[TIME_CHARS];
    if (!coverage->fx_date)
        return;
    day_write(coverage->fx_date, date);
    snprintf(text, sizeof text, "FX %s%s", date, coverage->fx_current ? "" : "~");
    push_left(line, 2, coverage->fx_current ? STYLE_TEXT : STYLE_AGING, text);
}

static void draw_coverage(const struct pane_input *input, struct cells *cells)
{
    const struct coverage *coverage = input->coverage;
    bool wide = cells->columns >= WIDE_COLUMNS;
    struct line line = {cells, 1, 1, cells->columns - 1};
    char text[96], age[TIME_CHARS];
    snprintf(text, sizeof text, "%s%u/%u", cells->columns < 60 ? "" : "answered ",
             coverage->answered, coverage->expected);
    push_left(&line, 0,
              coverage->answered < coverage->expected ? STYLE_WARNING : STYLE_TEXT,
              text);
    draw_state(input, &line);
    bool always = cells->columns >= 80;
    push_count(&line, always, coverage->aging, "aging", MARK_AGING);
    push_count(&line, always, coverage->stale, "stale", MARK_STALE);
    push_count(&line, always, coverage->down, "down", MARK_LAST_KNOWN);
    push_count(&line, wide, coverage->refused, "refused", MARK_REFUSED);
    push_count(&line, wide, coverage->never, "never", MARK_NEVER);
    if (coverage->oldest_as_of_ms) {
        age_write(input->now_ms, coverage->oldest_as_of_ms, age);
        snprintf(text, sizeof text, "oldest %s%s%.40s", age, wide ? " " : "",
                 wide && coverage->oldest_entity ? coverage->oldest_entity : "");
        push_left(&line, 2, STYLE_TEXT, text);
    }
    draw_rates(coverage, &line);
}

/* --- the last two rows ------------------------------------------------------------ */

/* A hint is words of keys and what they do; keys stand out.  "Enter open  / filter". */
static void draw_hint(const char *hint, int row, struct cells *cells)
{
    int column = 1, limit = cells->columns - 1;
    while (*hint) {
        const char *end = strstr(hint, "  ");
        size_t length = end ? (size_t)(end - hint) : strlen(hint);
        const char *blank = memchr(hint, ' ', length);
        size_t key = blank ? (size_t)(blank - hint) : length;
        char text[96];
        if (length >= sizeof text || column + (int)length > limit)
            return; /* a hint that does not fit is left out, not cut */
        snprintf(text, sizeof text, "%.*s", (int)key, hint);
        cells_text(cells, row, column, (int)key, STYLE_KEY, text);
        snprintf(text, sizeof text, "%.*s", (int)(length - key), hint + key);
        cells_text(cells, row, column + (int)key, (int)(length - key), STYLE_DIM, text);
        column += (int)length + 2;
        hint += length;
        while (*hint == ' ')
            hint++;
    }
}

static void draw_prompt(const struct prompt_view *prompt, int row, struct cells *cells)
{
    char sigil[2] = {prompt->sigil, '\0'};
    /* What is being typed comes first, the note gets what is left. */
    int note = prompt->note[0] ? text_columns(prompt->note) + 2 : 0;
    int left = cells->columns - 4 - text_columns(prompt->text);
    note = note < left ? note : left < 0 ? 0 : left;
    int room = cells->columns - 3 - note;
    cells_text(cells, row, 1, 1, STYLE_KEY, sigil);
    cells_text(cells, row, 2, room, STYLE_TEXT, prompt->text);
    if (prompt->wrong_from > 0) {
        int from = prompt->wrong_from - 1;
        char good[256];
        snprintf(good, sizeof good, "%.*s", from, prompt->text);
        int at = text_columns(good);
        if (at < room) /* at the end of the line, where a word is missing, too */
            cells_text(cells, row, 2 + at, room - at, STYLE_ALARM,
                       prompt->text[from] ? prompt->text + from : " ");
    }
    if (note > 2)
        cells_right(cells, row, cells->columns + 1 - note, note - 2,
                    prompt->is_warning ? STYLE_WARNING : STYLE_DIM, prompt->note);
    cells->cursor_row = row;
    int column = 2 + prompt->cursor_column;
    cells->cursor_column = column < cells->columns ? column : cells->columns - 1;
    cells->cursor_visible = true;
}

static void draw_strip(enum pane_id id, int row, struct cells *cells)
{
    bool wide = cells->columns >= WIDE_COLUMNS, brief = cells->columns < 76;
    static const char *const digits = "1234567890-=";
    int column = wide ? 0 : brief ? 1 : 0;
    cells_fill(cells, row, 0, cells->columns, STYLE_STRIP, ' ');
    for (unsigned key = 1; key <= 12; key++) {
        const struct pane *pane = NULL;
        for (unsigned i = 0; i < PANE_COUNT; i++)
            if (panes[i].key == key)
                pane = &panes[i];
        const char *label = pane ? wide ? pane->label : pane->short_label : "Quit";
        char text[32];
        if (brief)
            snprintf(text, sizeof text, "%c", digits[key - 1]);
        else
            snprintf(text, sizeof text, wide ? "F%u %s" : "%u%s", key, label);
        bool active = pane == &panes[id];
        cells_text(cells, row, column, cells->columns - column,
                   active ? STYLE_STRIP_ACTIVE : STYLE_STRIP, text);
        int length = (int)strlen(text);
        column += wide ? (length < 12 ? 13 : length + 1) : brief ? 3 : length + 1;
    }
}

static void draw_too_small(const struct pane_input *input, struct cells *cells)
{
    char text[160];
    snprintf(
        text, sizeof text,
        "terminal too small for the table (needs %dx%d); answered %u/%u, %u alerts",
        LEAST_COLUMNS, LEAST_ROWS, input->coverage->answered, input->coverage->expected,
        input->critical + input->warnings);
    /* What matters comes last, so that a narrow terminal shows the end of it. */
    int rows = cells->rows < 4 ? cells->rows : 4;
    const char *rest = text;
    for (int row = 0; row < rows && *rest; row++) {
        int length = (int)strlen(rest);
        int take = length < cells->columns ? length : cells->columns;
        char part[160];
        snprintf(part, sizeof part, "%.*s", take, rest);
        cells_text(cells, row, 0, cells->columns, STYLE_TEXT, part);
        rest += take;
    }
}

bool screen_frame(enum pane_id id, const struct pane_input *input,
                  const struct prompt_view *prompt, struct cells *cells,
                  struct area *body)
{
    const struct pane *pane = &panes[id];
    cells_clear(cells);
    if (cells->rows < LEAST_ROWS || cells->columns < LEAST_COLUMNS) {
        draw_too_small(input, cells);
        return false;
    }
    draw_title(pane, input, cells);
    draw_coverage(input, cells);
    int row = cells->rows - 2;
    if (prompt->sigil)
        ; /* drawn after the body, which has a cursor too */
    else if (prompt->message[0])
        cells_text(cells, row, 1, cells->columns - 2,
                   prompt->is_warning ? STYLE_WARNING : STYLE_TEXT, prompt->message);
    else
        draw_hint(cells->columns >= WIDE_COLUMNS ? pane->wide_hint : pane->hint, row,
                  cells);
    draw_strip(id, cells->rows - 1, cells);
    *body = (struct area){2, 0, cells->rows - 4, cells->columns};
    return true;
}

void screen_completions(const struct prompt_view *prompt, struct cells *cells)
{
    if (!prompt->sigil || cells->rows < LEAST_ROWS)
        return;
    int row = cells->rows - 2;
    draw_prompt(prompt, row, cells);
    int width = 0;
    for (unsigned i = 0; i < prompt->completion_count; i++) {
        int columns = text_columns(prompt->completions[i]) + 2;
        width = columns > width ? columns : width;
    }
    width = width < cells->columns - 2 ? width : cells->columns - 2;
    for (unsigned i = 0; i < prompt->completion_count; i++) {
        int at = row - prompt->completion_count + (int)i;
        if (at < 2)
            continue;
        bool chosen = i == prompt->chosen;
        cells_fill(cells, at, 1, width, STYLE_STRIP, ' ');
        cells_text(cells, at, 2, width - 1, chosen ? STYLE_STRIP_ACTIVE : STYLE_STRIP,
                   prompt->completions[i]);
    }
}

void screen_rule(struct cells *cells, struct area area, const char *title)
{
    char text[128];
    cells_glyph(cells, area.row, area.column, area.columns, STYLE_ACCENT, GLYPH_RULE);
    if (title[0]) {
        snprintf(text, sizeof text, " %.120s ", title);
        cells_text(cells, area.row, area.column + 2, area.columns - 2, STYLE_ACCENT,
                   text);
    }
}
