#include "tui/keys.h"

#include <stdio.h>
#include <string.h>

#include <unistr.h>

/* CSI number ~, and the same in rxvt. */
static uint32_t of_number(unsigned number)
{
    static const struct {
        uint8_t number;
        uint32_t press;
    } table[] = {
        {1, PRESS_HOME},        {2, PRESS_INSERT},  {3, PRESS_DELETE},
        {4, PRESS_END},         {5, PRESS_PAGE_UP}, {6, PRESS_PAGE_DOWN},
        {7, PRESS_HOME},        {8, PRESS_END},     {11, PRESS_F1},
        {12, PRESS_F1 + 1},     {13, PRESS_F1 + 2}, {14, PRESS_F1 + 3},
        {15, PRESS_F1 + 4},     {17, PRESS_F1 + 5}, {18, PRESS_F1 + 6},
        {19, PRESS_F1 + 7},     {20, PRESS_F1 + 8}, {21, PRESS_F1 + 9},
        {23, PRESS_F1 + 10},    {24, PRESS_F12},    {200, PRESS_PASTE_BEGIN},
        {201, PRESS_PASTE_END},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (table[i].number == number)
            return table[i].press;
    return 0;
}

/* CSI letter, SS3 letter. */
static uint32_t of_letter(char letter)
{
    switch (letter) {
    case 'A':
        return PRESS_UP;
    case 'B':
        return PRESS_DOWN;
    case 'C':
        return PRESS_RIGHT;
    case 'D':
        return PRESS_LEFT;
    case 'H':
        return PRESS_HOME;
    case 'F':
        return PRESS_END;
    case 'M': /* the Enter of a keypad, after SS3 */
        return PRESS_ENTER;
    case 'P':
    case 'Q':
    case 'R':
    case 'S':
        return PRESS_F1 + (uint32_t)(letter - 'P');
    case 'Z':
        return PRESS_BACK_TAB;
    default:
        return 0;
    }
}

/* "1;3A": the modifier is one less than the second number, bit 2 is Alt. */
static uint32_t of_control_sequence(const uint8_t *body, unsigned length)
{
    uint8_t final = body[length - 1];
    unsigned numbers[2] = {0, 0}, at = 0;
    if (length == 2 && body[0] == '[') /* the Linux console: ESC [ [ A is F1 */
        return final >= 'A' && final <= 'E' ? PRESS_F1 + (uint32_t)(final - 'A') : 0;
    for (unsigned i = 0; i + 1 < length; i++) {
        if (body[i] == ';' && at == 0)
            at = 1;
        else if (body[i] >= '0' && body[i] <= '9' && numbers[at] < 1000)
            numbers[at] = numbers[at] * 10 + (unsigned)(body[i] - '0');
        else
            return 0; /* "?", "<", ">": an answer or a mouse report */
    }
    uint32_t press;
    if (final == '~' || final == '^' || final == '$' || final == '@')
        press = of_number(numbers[0]); /* rxvt ends with ^ $ @ for Ctrl and Shift */
    else if (final == 'R' && numbers[1])
        press = 0;                         /* a cursor position report, not F3 */
    else if (final >= 'a' && final <= 'd') /* rxvt, with Shift */
        press = of_letter((char)(final - 'a' + 'A'));
    else
        press = of_letter((char) final);
    bool is_alt = numbers[1] > 0 && ((numbers[1] - 1) & 2);
    return press && is_alt && press < PRESS_PASTE_BEGIN ? press | PRESS_ALT : press;
}

static uint32_t of_keypad(uint8_t final)
{
    if (final >= 'a' && final <= 'd') /* rxvt, with Ctrl */
        return of_letter((char)(final - 'a' + 'A'));
    if (final >= 'j' && final <= 'y') /* the keypad: * + , - . / 0 to 9 */
        return (uint32_t)(final - 'j' + '*');
    return of_letter((char) final);
}

/* A character, or 0 while its bytes are not complete. */
static uint32_t take_text(struct keys *keys)
{
    ucs4_t code;
    int length = u8_mbtoucr(&code, keys->pending, keys->length);
    if (length == -2 && keys->length < 4)
        return 0;
    keys->length = 0;
    return length > 0 ? code : 0xfffd;
}

static uint32_t finish(struct keys *keys, uint32_t press)
{
    keys->length = 0;
    if (press == PRESS_PASTE_BEGIN)
        keys->in_paste = true;
    else if (press == PRESS_PASTE_END)
        keys->in_paste = false;
    else if (keys->in_paste)
        return 0; /* a key inside a paste is nobody's key */
    return press;
}

static uint32_t take_sequence(struct keys *keys)
{
    const uint8_t *pending = keys->pending;
    unsigned length = keys->length;
    uint8_t last = pending[length - 1];
    if (length == 2) {
        if (last && strchr("]P_^X", last) && !keys->in_paste) {
            keys->in_string = true;
            keys->length = 0;
            return 0;
        }
        if (last == '[' || last == 'O')
            return 0;
        if (last == 27) { /* that was Esc; this may begin another sequence */
            keys->length = 1;
            return keys->in_paste ? 0 : PRESS_ESCAPE;
        }
        if (last < 0x80)
            return finish(keys, PRESS_ALT | last);
        return finish(keys, 0);
    }
    if (pending[1] == 'O')
        return finish(keys, of_keypad(last));
    if (length == 3 && last == '[')
        return 0; /* the Linux console has a letter more */
    if (length == 3 && last == 'M') {
        keys->skip = 3;
        return finish(keys, 0);
    }
    /* '$' ends a sequence only in rxvt; elsewhere it stands before the last byte. */
    bool ends = (last >= 0x40 && last <= 0x7e) ||
                (last == '$' && length > 3 && pending[2] != '?');
    if (ends)
        return finish(keys, of_control_sequence(pending + 2, length - 2));
    if (last < 0x20 || last > 0x7e)
        return finish(keys, 0);       /* broken off */
    if (length == KEYS_PENDING_MAX) { /* no key is that long; wait for its end */
        keys->pending[2] = '?';
        keys->length--;
    }
    return 0;
}

/* Inside OSC and the like, until BEL or ESC \. */
static void take_string(struct keys *keys, uint8_t byte)
{
    bool ends = byte == 7 || byte == 0x18 || (keys->string_ends && byte == '\\');
    keys->string_ends = byte == 27;
    if (ends)
        keys->in_string = keys->string_ends = false;
}

static uint32_t take_pasted(struct keys *keys, uint8_t byte)
{
    if (keys->length == 0 && byte == '\r')
        return '\n' | PRESS_PASTED;
    if (keys->length == 0 && byte < 0x80)
        return byte | PRESS_PASTED;
    keys->pending[keys->length++] = byte;
    uint32_t code = take_text(keys);
    return code ? code | PRESS_PASTED : 0;
}

static uint32_t take(struct keys *keys, uint8_t byte)
{
    if (keys->in_string) {
        take_string(keys, byte);
        return 0;
    }
    if (keys->skip) {
        keys->skip--;
        return 0;
    }
    bool in_sequence = keys->length > 0 && keys->pending[0] == 27;
    if (!in_sequence && byte == 27) {
        keys->pending[0] = byte;
        keys->length = 1;
        return 0;
    }
    if (in_sequence) {
        keys->pending[keys->length++] = byte;
        return take_sequence(keys);
    }
    if (keys->in_paste)
        return take_pasted(keys, byte);
    if (keys->length == 0 && byte < 0x80)
        return byte == 8 ? PRESS_BACKSPACE : byte == '\n' ? PRESS_ENTER : byte;
    keys->pending[keys->length++] = byte;
    return take_text(keys);
}

bool keys_take(struct keys *keys, uint8_t byte, uint32_t *press)
{
    *press = take(keys, byte);
    return *press != 0;
}

bool keys_timeout(struct keys *keys, uint32_t *press)
{
    uint32_t found = 0;
    if (keys->length == 1 && keys->pending[0] == 27)
        found = PRESS_ESCAPE;
    else if (keys->length == 2 && keys->pending[0] == 27)
        found = PRESS_ALT | keys->pending[1];
    keys->length = 0;
    keys->skip = 0;
    keys->in_string = keys->string_ends = false;
    *press = keys->in_paste ? 0 : found;
    return *press != 0;
}

bool keys_are_pending(const struct keys *keys)
{
    return keys->length > 0 || keys->skip > 0 || keys->in_string;
}

uint64_t keys_timeout_ms(const struct keys *keys)
{
    return keys->length == 1 && keys->pending[0] == 27 ? KEYS_ESCAPE_MS
                                                       : KEYS_SEQUENCE_MS;
}

/* --- names ------------------------------------------------------------------------ */

static const struct {
    uint32_t press;
    const char *name;
} names[] = {
    {PRESS_TAB, "Tab"},
    {PRESS_ENTER, "Enter"},
    {PRESS_ESCAPE, "Esc"},
    {PRESS_BACKSPACE, "Backspace"},
    {' ', "Space"},
    {PRESS_UP, "Up"},
    {PRESS_DOWN, "Down"},
    {PRESS_LEFT, "Left"},
    {PRESS_RIGHT, "Right"},
    {PRESS_HOME, "Home"},
    {PRESS_END, "End"},
    {PRESS_PAGE_UP, "PgUp"},
    {PRESS_PAGE_DOWN, "PgDn"},
    {PRESS_INSERT, "Ins"},
    {PRESS_DELETE, "Del"},
    {PRESS_BACK_TAB, "Shift-Tab"},
    {PRESS_PASTE_BEGIN, "paste"},
    {PRESS_PASTE_END, "end of paste"},
};

void press_name(uint32_t press, char name[PRESS_NAME_CHARS])
{
    const char *alt = press & PRESS_ALT ? "Alt-" : "";
    press &= ~(uint32_t)(PRESS_ALT | PRESS_PASTED);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].press == press) {
            snprintf(name, PRESS_NAME_CHARS, "%s%s", alt, names[i].name);
            return;
        }
    if (press >= PRESS_F1 && press <= PRESS_F12)
        snprintf(name, PRESS_NAME_CHARS, "%sF%u", alt, press - PRESS_F1 + 1);
    else if (press < 32)
        snprintf(name, PRESS_NAME_CHARS, "%sCtrl-%c", alt, (int)press + '@');
    else if (press < 0x7f)
        snprintf(name, PRESS_NAME_CHARS, "%s%c", alt, (int)press);
    else
        snprintf(name, PRESS_NAME_CHARS, "%sU+%04X", alt, press);
}

uint32_t press_parse(const char *name)
{
    uint32_t bits = 0;
    if (strncmp(name, "Alt-", 4) == 0 && name[4]) {
        bits = PRESS_ALT;
        name += 4;
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i].name, name) == 0)
            return names[i].press | bits;
    for (unsigned i = 1; i <= 12; i++) {
        char key[8];
        snprintf(key, sizeof key, "F%u", i);
        if (strcmp(key, name) == 0)
            return (PRESS_F1 + i - 1) | bits;
    }
    if (strncmp(name, "Ctrl-", 5) == 0 && name[5] && !name[6])
        return PRESS_CTRL(name[5]) | bits;
    if (name[0] > ' ' && name[0] < 0x7f && !name[1])
        return (uint32_t)name[0] | bits;
    return 0;
}
