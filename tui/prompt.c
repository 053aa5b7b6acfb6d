#include "tui/prompt.h"

#include <stdio.h>
#include <string.h>

#include <unistr.h>

#include "tui/cells.h"
#include "tui/keys.h"

void prompt_set(struct prompt *prompt, const char *text)
{
    size_t length = strnlen(text, PROMPT_BYTES - 1);
    while (length > 0 && ((uint8_t)text[length] & 0xc0) == 0x80)
        length--; /* never half a character */
    memmove(prompt->text, text, length);
    prompt->text[length] = '\0';
    prompt->length = prompt->cursor = length;
}

void prompt_begin(struct prompt *prompt, const char *text)
{
    prompt_set(prompt, text);
    prompt->history_at = prompt->history_count;
}

void prompt_remember(struct prompt *prompt)
{
    unsigned count = prompt->history_count;
    if (prompt->length == 0 ||
        (count > 0 && strcmp(prompt->history[count - 1], prompt->text) == 0))
        return;
    if (count == PROMPT_HISTORY) {
        memmove(prompt->history[0], prompt->history[1],
                sizeof prompt->history[0] * (PROMPT_HISTORY - 1));
        count--;
    }
    memcpy(prompt->history[count], prompt->text, prompt->length + 1);
    prompt->history_count = count + 1;
}

static size_t before(const struct prompt *prompt, size_t at)
{
    if (at > 0)
        at--;
    while (at > 0 && ((uint8_t)prompt->text[at] & 0xc0) == 0x80)
        at--;
    return at;
}

static size_t after(const struct prompt *prompt, size_t at)
{
    if (at < prompt->length)
        at++;
    while (at < prompt->length && ((uint8_t)prompt->text[at] & 0xc0) == 0x80)
        at++;
    return at;
}

static enum prompt_result cut(struct prompt *prompt, size_t from, size_t to)
{
    memmove(prompt->text + from, prompt->text + to, prompt->length - to + 1);
    prompt->length -= to - from;
    prompt->cursor = from;
    return PROMPT_EDITED;
}

static enum prompt_result insert(struct prompt *prompt, uint32_t code)
{
    uint8_t bytes[6];
    int length = u8_uctomb(bytes, code, sizeof bytes);
    if (length <= 0 || prompt->length + (size_t)length >= PROMPT_BYTES)
        return PROMPT_IGNORED;
    char *at = prompt->text + prompt->cursor;
    memmove(at + length, at, prompt->length - prompt->cursor + 1);
    memcpy(at, bytes, (size_t)length);
    prompt->length += (size_t)length;
    prompt->cursor += (size_t)length;
    return PROMPT_EDITED;
}

static enum prompt_result recall(struct prompt *prompt, int step)
{
    if (step < 0 ? prompt->history_at == 0
                 : prompt->history_at >= prompt->history_count)
        return PROMPT_IGNORED;
    prompt->history_at = (unsigned)((int)prompt->history_at + step);
    prompt_set(prompt, prompt->history_at < prompt->history_count
                           ? prompt->history[prompt->history_at]
                           : "");
    return PROMPT_EDITED;
}

static size_t word_before(const struct prompt *prompt)
{
    size_t at = prompt->cursor;
    while (at > 0 && prompt->text[at - 1] == ' ')
        at--;
    while (at > 0 && prompt->text[at - 1] != ' ')
        at--;
    return at;
}

enum prompt_result prompt_press(struct prompt *prompt, uint32_t press)
{
    if (press & PRESS_PASTED) {
        press &= ~(uint32_t)PRESS_PASTED;
        if (press == '\n' || press == '\t')
            press = ' ';
        return press < 0x20 || press == 0x7f ? PROMPT_IGNORED : insert(prompt, press);
    }
    switch (press) {
    case PRESS_ENTER:
        return PROMPT_ACCEPTED;
    case PRESS_ESCAPE:
    case PRESS_CTRL('C'):
    case PRESS_CTRL('G'):
        return PROMPT_CANCELLED;
    case PRESS_BACKSPACE:
        if (prompt->length == 0)
            return PROMPT_CANCELLED;
        return cut(prompt, before(prompt, prompt->cursor), prompt->cursor);
    case PRESS_DELETE:
    case PRESS_CTRL('D'):
        return cut(prompt, prompt->cursor, after(prompt, prompt->cursor));
    case PRESS_CTRL('U'):
        return cut(prompt, 0, prompt->cursor);
    case PRESS_CTRL('W'):
        return cut(prompt, word_before(prompt), prompt->cursor);
    case PRESS_CTRL('K'):
        return cut(prompt, prompt->cursor, prompt->length);
    case PRESS_LEFT:
    case PRESS_CTRL('B'):
        prompt->cursor = before(prompt, prompt->cursor);
        return PROMPT_MOVED;
    case PRESS_RIGHT:
    case PRESS_CTRL('F'):
        prompt->cursor = after(prompt, prompt->cursor);
        return PROMPT_MOVED;
    case PRESS_HOME:
    case PRESS_CTRL('A'):
        prompt->cursor = 0;
        return PROMPT_MOVED;
    case PRESS_END:
    case PRESS_CTRL('E'):
        prompt->cursor = prompt->length;
        return PROMPT_MOVED;
    case PRESS_UP:
    case PRESS_CTRL('P'):
        return recall(prompt, -1);
    case PRESS_DOWN:
    case PRESS_CTRL('N'):
        return recall(prompt, 1);
    default:
        break;
    }
    if (press < 0x20 || press == 0x7f || press > 0x10ffff)
        return PROMPT_IGNORED;
    return insert(prompt, press);
}

int prompt_cursor_column(const struct prompt *prompt)
{
    char text[PROMPT_BYTES];
    memcpy(text, prompt->text, prompt->cursor);
    text[prompt->cursor] = '\0';
    return text_columns(text);
}
