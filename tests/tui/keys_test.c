/* Every sequence that a terminal may send for a key, one byte at a time. */
#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <string.h>

#include "tui/keys.h"

/* All keys that `bytes` give, by name, with blanks between; then the timer fires. */
static const char *decoded(const char *bytes, size_t length)
{
    static char text[512];
    struct keys keys = {.length = 0};
    uint32_t press;
    text[0] = '\0';
    for (size_t i = 0; i <= length; i++) {
        bool found = i < length ? keys_take(&keys, (uint8_t)bytes[i], &press)
                                : keys_timeout(&keys, &press);
        char name[PRESS_NAME_CHARS];
        if (!found)
            continue;
        press_name(press, name);
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%s%s%s", used ? " " : "",
                 press & PRESS_PASTED ? "'" : "", name);
    }
    assert_false(keys_are_pending(&keys));
    return text;
}

static const struct {
    const char *bytes, *keys;
} cases[] = {
    {"a", "a"},
    {"q\r", "q Enter"},
    {"\n", "Enter"},
    {"\t", "Tab"},
    {"\b", "Backspace"},
    {"\x7f", "Backspace"},
    {"\x0c", "Ctrl-L"},
    {"\xc3\xa9", "U+00E9"},
    {"\xe2\x82\xac", "U+20AC"},
    {"\x80", "U+FFFD"},
    {"\xe2\x28", "U+FFFD"}, /* broken: nothing is guessed */
    {"\033", "Esc"},
    {"\033\033", "Esc Esc"},
    {"\033\033[A", "Esc Up"},
    {"\0331", "Alt-1"},
    {"\033x", "Alt-x"},
    {"\033[", "Alt-["},
    {"\033O", "Alt-O"},
    {"\033[A\033[B\033[C\033[D", "Up Down Right Left"},
    {"\033OA\033OB\033OC\033OD", "Up Down Right Left"}, /* keypad mode */
    {"\033[H\033[F\033OH\033OF", "Home End Home End"},
    {"\033[1~\033[4~\033[7~\033[8~", "Home End Home End"}, /* vt220, rxvt */
    {"\033[2~\033[3~\033[5~\033[6~", "Ins Del PgUp PgDn"},
    {"\033OP\033OQ\033OR\033OS", "F1 F2 F3 F4"},               /* xterm */
    {"\033[11~\033[12~\033[13~\033[14~", "F1 F2 F3 F4"},       /* PuTTY, rxvt */
    {"\033[[A\033[[B\033[[C\033[[D\033[[E", "F1 F2 F3 F4 F5"}, /* Linux console */
    {"\033[15~\033[17~\033[18~\033[19~", "F5 F6 F7 F8"},
    {"\033[20~\033[21~\033[23~\033[24~", "F9 F10 F11 F12"},
    {"\033[Z", "Shift-Tab"},
    {"\033[1;3D\033[1;3C", "Alt-Left Alt-Right"},
    {"\033[1;5A\033[1;2B", "Up Down"},
    {"\033[a\033Ob", "Up Down"}, /* rxvt with Shift, with Ctrl */
    {"\033[5^\033[6$", "PgUp PgDn"},
    {"\033OM\033Oq", "Enter 1"}, /* keypad */
    /* what is no key gives none */
    {"\033[?62;22c", ""},
    {"\033[?2026;2$y", ""},
    {"\033[>0;276;0c", ""},
    {"\033[12;40R", ""},
    {"\033[I\033[O", ""},
    {"\033[<0;12;7M\033[<0;12;7m", ""},
    {"\033[M !!x", "x"}, /* X10 mouse report, then a key */
    {"\033]11;rgb:0000/0000/0000\033\\x", "x"},
    {"\033]52;c;cmVib290\ax", "x"},
    {"\033P1+r524742\033\\q", "q"},
    {"\033[99~", ""},
    {"\033[1;2;3;4;5;6;7;8;9;0;1;2;3;4;5;6A", ""},
    /* a paste */
    {"\033[200~q\r:x\033[201~", "paste 'q 'Ctrl-J ': 'x end of paste"},
    {"\033[200~\033[A\033OP\x1b\033[201~q", "paste end of paste q"},
};

static void keys__are_decoded_byte_by_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(decoded(cases[i].bytes, strlen(cases[i].bytes)),
                            cases[i].keys);
}

static void keys__have_names_that_parse(void **state)
{
    (void)state;
    static const uint32_t presses[] = {'a',
                                       '/',
                                       PRESS_F1,
                                       PRESS_F12,
                                       PRESS_UP,
                                       PRESS_ESCAPE,
                                       PRESS_ENTER,
                                       ' ',
                                       PRESS_CTRL('L'),
                                       PRESS_ALT | '1',
                                       PRESS_TAB,
                                       PRESS_BACK_TAB,
                                       PRESS_ALT | PRESS_LEFT,
                                       '-',
                                       '='};
    for (size_t i = 0; i < sizeof presses / sizeof presses[0]; i++) {
        char name[PRESS_NAME_CHARS];
        press_name(presses[i], name);
        assert_int_equal(press_parse(name), presses[i]);
    }
    assert_int_equal(press_parse("nonsense"), 0);
    assert_int_equal(press_parse(""), 0);
}

static void paste__that_never_ends_gives_no_keys(void **state)
{
    (void)state;
    struct keys keys = {.length = 0};
    uint32_t press;
    const char *bytes = "\033[200~";
    for (; *bytes; bytes++)
        keys_take(&keys, (uint8_t)*bytes, &press);
    assert_int_equal(press, PRESS_PASTE_BEGIN);
    for (int i = 0; i < 1000; i++) {
        if (keys_take(&keys, (uint8_t)i, &press))
            assert_true(press & PRESS_PASTED);
        if (keys_timeout(&keys, &press))
            fail();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys__are_decoded_byte_by_byte),
        cmocka_unit_test(keys__have_names_that_parse),
        cmocka_unit_test(paste__that_never_ends_gives_no_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
