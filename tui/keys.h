/* keys.h - from the bytes of a terminal to keys.
 *
 * A decoder of our own rather than getch(): it takes one byte at a time, never waits,
 * and leaves the time that a lone Esc needs to a timer of the loop; it knows the
 * sequences of PuTTY, the Linux console, rxvt and VT220 whatever TERM says; and it
 * swallows what is no key: answers of the terminal, mouse reports, focus changes,
 * unknown sequences.
 *
 *   state      byte                      goes to
 *   ground     ESC                       escape (the timer decides whether it was Esc)
 *   ground     0x00-0x7f                 gives the character
 *   ground     UTF-8 lead                utf8, gives the character at its last byte
 *   escape     [ or O or ] P _ ^ X       sequence, string
 *   escape     other                     gives Alt + that
 *   sequence   final byte                gives the key, or nothing
 *   string     BEL or ESC \              nothing: a terminal's answer
 *   paste      until ESC [ 201 ~         characters marked as pasted
 */
#ifndef TUI_KEYS_H
#define TUI_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A key is a Unicode character, a control character (Ctrl-L is 12), or one of these;
 * PRESS_ALT and PRESS_PASTED are bits on top. */
enum press {
    PRESS_TAB = 9,
    PRESS_ENTER = 13,
    PRESS_ESCAPE = 27,
    PRESS_BACKSPACE = 127,
    PRESS_F1 = 0x110001, /* F1 to F12 follow each other */
    PRESS_F12 = PRESS_F1 + 11,
    PRESS_UP,
    PRESS_DOWN,
    PRESS_LEFT,
    PRESS_RIGHT,
    PRESS_HOME,
    PRESS_END,
    PRESS_PAGE_UP,
    PRESS_PAGE_DOWN,
    PRESS_INSERT,
    PRESS_DELETE,
    PRESS_BACK_TAB,
    PRESS_PASTE_BEGIN,
    PRESS_PASTE_END,
    PRESS_ALT = 1 << 24,
    PRESS_PASTED = 1 << 25,
};
#define PRESS_CTRL(letter) ((uint32_t)((letter)&31))

enum {
    KEYS_PENDING_MAX = 32,
    KEYS_ESCAPE_MS = 25,
    KEYS_SEQUENCE_MS = 200,
    PRESS_NAME_CHARS = 24
};

/* Zero it to begin. */
struct keys {
    uint8_t pending[KEYS_PENDING_MAX];
    uint8_t length;
    bool in_string;   /* OSC, DCS and the like */
    bool string_ends; /* ESC was seen in it */
    bool in_paste;
    uint8_t skip; /* bytes of an X10 mouse report still to come */
};

/* Takes one byte.  True: it completed the key *press. */
bool keys_take(struct keys *keys, uint8_t byte, uint32_t *press);
/* No byte came for keys_timeout_ms(): a lone Esc is one, half a sequence is dropped. */
bool keys_timeout(struct keys *keys, uint32_t *press);
/* Is a timer needed, and for how long?  Esc is decided soon; the rest of a sequence may
 * be late on a slow line. */
bool keys_are_pending(const struct keys *keys);
uint64_t keys_timeout_ms(const struct keys *keys);

/* "F1" "Up" "Ctrl-L" "Alt-1" "Enter" "a". */
void press_name(uint32_t press, char name[PRESS_NAME_CHARS]);
/* The other way round, for the configuration; 0 when it is no key. */
uint32_t press_parse(const char *name);

#endif
