/* sanitise.h - from bytes that anybody may have written to characters that a cell may
 * hold.
 *
 * An allow-list, not a list of known attacks: a character passes when it is assigned,
 * visible and of a known width.  Everything else becomes visible: a control character
 * or a byte that is not UTF-8 is "?", any other is spelled "<U+202E>".  Nothing that
 * comes out of here moves a cursor, turns the direction of writing, or hides.
 *
 * Width is that of libunistring (East Asian ambiguous = 1), so that a picture is the
 * same in every locale. */
#ifndef TUI_SANITISE_H
#define TUI_SANITISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct grapheme {
    uint32_t code[3]; /* base and at most two combining marks, 0 where there is none */
    uint8_t columns;  /* 1 or 2 */
};

struct sanitiser {
    const uint8_t *at, *end;
    char spelled[12]; /* a replacement that is being handed out */
    uint8_t spelled_at;
};

/* `text` is borrowed until the last grapheme was taken. */
void sanitise_begin(struct sanitiser *sanitiser, const char *text, size_t length);
/* False at the end of the text. */
bool sanitise_next(struct sanitiser *sanitiser, struct grapheme *grapheme);

/* `grapheme` as UTF-8 without NUL; returns its length, at most GRAPHEME_BYTES. */
enum { GRAPHEME_BYTES = 12 };
size_t grapheme_write(const struct grapheme *grapheme, char bytes[GRAPHEME_BYTES]);

#endif
