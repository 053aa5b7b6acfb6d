/* Themes: those that are built in, those from files, and what may not be lost in any.
 */
#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tui/theme.h"

static bool read_text(const char *text, struct theme *theme, char why[256])
{
    char path[] = "/tmp/theme-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal((ssize_t)strlen(text), write(fd, text, strlen(text)));
    close(fd);
    bool is_read = theme_read(path, theme, why, 256);
    unlink(path);
    return is_read;
}

static void emphasis__is_the_same_in_every_theme(void **state)
{
    static const char *const names[] = {"dark", "light", "mono", "contrast"};
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        const struct theme *theme = theme_named(names[i]);
        assert_non_null(theme);
        for (int style = 0; style < STYLE_COUNT; style++) {
            struct look a = theme_look(theme, THEME_MONO, (enum style)style, false);
            struct look b =
                theme_look(theme_named("dark"), THEME_256, (enum style)style, false);
            assert_int_equal(a.foreground, THEME_OWN);
            assert_int_equal(a.is_bold, b.is_bold);
            assert_int_equal(a.is_reverse, b.is_reverse);
            /* Only the selection has a background of its own. */
            assert_int_equal(b.background, THEME_OWN);
        }
    }
    assert_null(theme_named("solarised"));
}

static void selection__is_told_apart_in_every_depth(void **state)
{
    static const char *const names[] = {"dark", "light", "contrast"};
    (void)state;
    for (size_t i = 0; i < 3; i++)
        for (int depth = THEME_MONO; depth <= THEME_256; depth++)
            for (int style = 0; style < STYLE_COUNT; style++) {
                struct look look =
                    theme_look(theme_named(names[i]), (enum theme_depth)depth,
                               (enum style)style, true);
                if (depth == THEME_MONO)
                    assert_true(look.is_reverse);
                else
                    assert_true(look.background != THEME_OWN &&
                                look.background != look.foreground);
            }
}

static void file__changes_what_it_names(void **state)
{
    struct theme theme;
    char why[256] = "";
    (void)state;
    if (!read_text("base = \"light\" # of paper\n"
                   "warning = \"214/yellow bold\"\n"
                   "down = \"reverse\"\n"
                   "title = \"196\"\n"
                   "selected = \"white on 18/blue\"\n",
                   &theme, why))
        fail_msg("%s", why);
    const struct role *warning = &theme.role[STYLE_WARNING];
    assert_int_equal(warning->rich, 214);
    assert_int_equal(warning->plain, 3);
    assert_true(warning->is_bold && !warning->is_dim);
    assert_int_equal(theme.role[STYLE_DOWN].rich, THEME_OWN);
    assert_true(theme.role[STYLE_DOWN].is_reverse && !theme.role[STYLE_DOWN].is_bold);
    assert_int_equal(theme.role[STYLE_TITLE].plain, 1); /* 196 is a red */
    assert_int_equal(theme.selected_rich[0], 7);
    assert_int_equal(theme.selected_rich[1], 18);
    assert_int_equal(theme.selected_plain[1], 4);
    const struct role *light = &theme_named("light")->role[STYLE_AGING];
    assert_memory_equal(&theme.role[STYLE_AGING], light, sizeof *light);
}

static void defect__is_named_with_its_line(void **state)
{
    static const struct {
        const char *text, *where, *what;
    } defects[] = {
        {"warning = \"300\"\n", ":1: ", "300"},
        {"\nwarning = \"mauve\"\n", ":2: ", "mauve"},
        {"warning = \"red blue\"\n", ":1: ", "red blue"},
        {"warning = \"red on blue\"\n", ":1: ", "only selected"},
        {"warning = \"red/3\"\n", ":1: ", "a role is"},
        {"\n\nselected = \"red on\"\n", ":3: ", "red on"},
        {"base = \"blue\"\n", ":1: ", "dark, light, mono, contrast"},
        {"warn = \"red\"\n", ":1: ", "warn"},
        {"warning = \"red\n", ":1: ", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof defects / sizeof defects[0]; i++) {
        struct theme theme;
        char why[256] = "";
        assert_false(read_text(defects[i].text, &theme, why));
        if (!strstr(why, defects[i].where) || !strstr(why, defects[i].what))
            fail_msg("\"%s\" is said to be wrong by \"%s\"", defects[i].text, why);
    }
}

static void file__that_is_not_there(void **state)
{
    struct theme theme;
    char why[256];
    (void)state;
    assert_false(theme_read("/nowhere/mine.theme", &theme, why, sizeof why));
    assert_string_equal("/nowhere/mine.theme: No such file or directory", why);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(emphasis__is_the_same_in_every_theme),
        cmocka_unit_test(selection__is_told_apart_in_every_depth),
        cmocka_unit_test(file__changes_what_it_names),
        cmocka_unit_test(defect__is_named_with_its_line),
        cmocka_unit_test(file__that_is_not_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
