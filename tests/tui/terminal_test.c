/* What the painter sends, seen by a terminal emulator: the grid on it equals the cells.
 */
#include "tests/support/cmocka_all.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

#include <vterm.h>

#include "screens/screen.h"
#include "tests/support/model_fixture.h"
#include "tui/terminal_paint.h"

struct emulator {
    VTerm *vterm;
    VTermScreen *screen;
};

static struct emulator emulator_new(int rows, int columns)
{
    struct emulator emulator = {.vterm = vterm_new(rows, columns)};
    vterm_set_utf8(emulator.vterm, 1);
    emulator.screen = vterm_obtain_screen(emulator.vterm);
    vterm_screen_enable_altscreen(emulator.screen, 1);
    vterm_screen_reset(emulator.screen, 1);
    return emulator;
}

static void feed(struct emulator *emulator, const char *bytes, size_t length)
{
    vterm_input_write(emulator->vterm, bytes, length);
    vterm_screen_flush_damage(emulator->screen);
}

static uint32_t shown(const struct emulator *emulator, int row, int column,
                      VTermScreenCell *cell)
{
    VTermPos at = {.row = row, .col = column};
    vterm_screen_get_cell(emulator->screen, at, cell);
    return cell->chars[0] ? cell->chars[0] : ' ';
}

enum charset { ASCII, PLAIN, BLOCKS };

/* Every cell of the picture is where it belongs; ASCII replaces the rest by '?'. */
static void assert_same(const struct emulator *emulator, const struct cells *cells,
                        enum charset charset)
{
    for (int row = 0; row < cells->rows; row++) {
        for (int column = 0; column < cells->columns; column++) {
            VTermScreenCell cell;
            uint32_t code = cells->cell[row * cells->columns + column].code[0];
            uint32_t seen = shown(emulator, row, column, &cell);
            if (code == 0)
                continue; /* the right half of a wide one */
            code = cell_character(code, charset == BLOCKS);
            if (charset == ASCII && code > 0x7e)
                code = '?';
            if (seen != code)
                fail_msg("row %d column %d: U+%04X instead of U+%04X", row, column,
                         seen, code);
        }
    }
}

static void draw(enum pane_id id, const struct pane_input *input, struct cells *cells)
{
    struct prompt_view prompt = {.text = "", .note = "", .message = ""};
    struct pane_fixture pane;
    pane_fixture_open(id, input, &pane);
    pane_draw(id, input, &pane.state, &prompt, cells);
    pane_fixture_close(&pane);
}

static struct painter *painter_of(const char *term, enum charset charset, bool mono,
                                  int rows, int columns)
{
    struct painter_options options = {.term = term,
                                      .is_utf8 = charset != ASCII,
                                      .has_blocks = charset == BLOCKS,
                                      .is_mono = mono,
                                      .rows = rows,
                                      .columns = columns};
    struct painter *painter;
    assert_int_equal(painter_new(&options, &painter), PAINTER_OK);
    return painter;
}

/* All panes one after the other, each over the last, on one terminal. */
static void assert_pictures(struct pane_input *input, const char *term,
                            enum charset charset, bool mono, int rows, int columns)
{
    struct painter *painter = painter_of(term, charset, mono, rows, columns);
    struct emulator emulator = emulator_new(rows, columns);
    struct cells cells;
    assert_string_equal(painter_term(painter), term);
    assert_true(cells_init(&cells, rows, columns));
    for (unsigned id = 0; id < PANE_COUNT; id++) {
        const char *bytes;
        draw((enum pane_id)id, input, &cells);
        size_t length = painter_frame(painter, &cells, &bytes);
        feed(&emulator, bytes, length);
        assert_same(&emulator, &cells, charset);
    }
    cells_release(&cells);
    vterm_free(emulator.vterm);
    painter_free(painter);
}

/* The cells are what tests/golden/screens has; here every terminal and every set of
 * glyphs shows them, cell by cell. */
static void pictures__are_the_same_on_every_terminal(void **state)
{
    static const char *const terms[] = {"xterm-256color", "tmux-256color", "screen",
                                        "linux",          "putty",         "vt220"};
    static const int sizes[][2] = {{24, 80}, {50, 160}, {10, 40}};
    struct pane_input *input = model_fixture_input(*state);
    for (size_t t = 0; t < sizeof terms / sizeof terms[0]; t++)
        for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++)
            for (enum charset charset = ASCII; charset <= BLOCKS; charset++)
                for (int mono = 0; mono < 2; mono++)
                    assert_pictures(input, terms[t], charset, mono != 0, sizes[s][0],
                                    sizes[s][1]);
}

static void frame__costs_nothing_when_nothing_changed(void **state)
{
    struct pane_input *input = model_fixture_input(*state);
    struct painter *painter = painter_of("xterm-256color", PLAIN, false, 24, 80);
    struct cells cells;
    const char *bytes;
    assert_true(cells_init(&cells, 24, 80));
    draw(PANE_EXECUTIVE, input, &cells);
    size_t full = painter_frame(painter, &cells, &bytes);
    assert_in_range(full, 1000, 6000);
    assert_int_equal(painter_frame(painter, &cells, &bytes), 0);
    cells_text(&cells, 5, 30, 3, STYLE_TEXT, "999");
    assert_in_range(painter_frame(painter, &cells, &bytes), 1, 40);
    painter_forget(painter);
    assert_in_range(painter_frame(painter, &cells, &bytes), 1000, 6000);
    cells_release(&cells);
    painter_free(painter);
}

/* What a line of the slowest kind must carry (docs/console.md). */
static void frames__stay_within_their_budget(void **state)
{
    static const struct {
        int rows, columns;
        size_t full, second;
    } budgets[] = {{24, 80, 4096, 1024}, {50, 160, 14336, 2048}};
    struct pane_input *input = model_fixture_input(*state);
    for (size_t i = 0; i < 2; i++) {
        int rows = budgets[i].rows, columns = budgets[i].columns;
        struct painter *painter =
            painter_of("xterm-256color", PLAIN, false, rows, columns);
        struct cells cells;
        assert_true(cells_init(&cells, rows, columns));
        for (unsigned id = 0; id < PANE_COUNT; id++) {
            const char *bytes;
            draw((enum pane_id)id, input, &cells);
            painter_forget(painter);
            assert_in_range(painter_frame(painter, &cells, &bytes), 1, budgets[i].full);
            input->now_ms += 1000; /* the clock and every age move */
            draw((enum pane_id)id, input, &cells);
            assert_in_range(painter_frame(painter, &cells, &bytes), 1,
                            budgets[i].second);
            input->now_ms -= 1000;
        }
        cells_release(&cells);
        painter_free(painter);
    }
}

static void hostile_text__reaches_the_terminal_as_text(void **state)
{
    (void)state;
    static const char *const texts[] = {"a\033[2J\033]52;c;eA==\ab",
                                        "x\u202ey\u200bz",
                                        "\u6f22\u5b57\u6f22\u5b57",
                                        "e\u0301\u0302\u0303",
                                        "\n\r\t\b",
                                        "\x9b"
                                        "6n"};
    struct painter *painter = painter_of("xterm-256color", PLAIN, false, 8, 20);
    struct emulator emulator = emulator_new(8, 20);
    struct cells cells;
    const char *bytes;
    assert_true(cells_init(&cells, 8, 20));
    for (int i = 0; i < 6; i++)
        cells_text(&cells, i, 0, 20, STYLE_TEXT, texts[i]);
    cells_text(&cells, 6, 19, 1, STYLE_TEXT, "\u6f22"); /* no room for a wide one */
    size_t length = painter_frame(painter, &cells, &bytes);
    feed(&emulator, bytes, length);
    assert_same(&emulator, &cells, PLAIN);
    /* and as question marks where the charset has no more */
    struct painter *ascii = painter_of("xterm", ASCII, false, 8, 20);
    struct emulator plain = emulator_new(8, 20);
    length = painter_frame(ascii, &cells, &bytes);
    for (size_t i = 0; i < length; i++)
        assert_true((uint8_t)bytes[i] < 0x80);
    feed(&plain, bytes, length);
    assert_same(&plain, &cells, ASCII);
    cells_release(&cells);
    vterm_free(emulator.vterm);
    vterm_free(plain.vterm);
    painter_free(painter);
    painter_free(ascii);
}

static void selection__is_seen_in_colour_and_in_mono(void **state)
{
    struct pane_input *input = model_fixture_input(*state);
    for (int mono = 0; mono < 2; mono++) {
        struct painter *painter =
            painter_of("xterm-256color", PLAIN, mono != 0, 24, 80);
        struct emulator emulator = emulator_new(24, 80);
        struct cells cells;
        VTermScreenCell cell, other;
        const char *bytes;
        assert_true(cells_init(&cells, 24, 80));
        draw(PANE_PORTFOLIO, input, &cells);
        size_t length = painter_frame(painter, &cells, &bytes);
        feed(&emulator, bytes, length);
        shown(&emulator, cells.cursor_row, 2, &cell);
        shown(&emulator, cells.cursor_row + 1, 2, &other);
        if (mono)
            assert_true(cell.attrs.reverse && !other.attrs.reverse);
        else
            assert_false(vterm_color_is_equal(&cell.bg, &other.bg));
        cells_release(&cells);
        vterm_free(emulator.vterm);
        painter_free(painter);
    }
}

static void size__may_be_anything(void **state)
{
    struct pane_input *input = model_fixture_input(*state);
    struct painter *painter = painter_of("xterm-256color", PLAIN, false, 24, 80);
    struct emulator emulator = emulator_new(24, 80);
    uint32_t seed = 39;
    for (int i = 0; i < 200; i++) {
        struct cells cells;
        const char *bytes;
        seed = seed * 1664525u + 1013904223u;
        int rows = 1 + (int)(seed >> 8) % (i < 10 ? 500 : 70);
        int columns = 1 + (int)(seed >> 18) % (i < 10 ? 1000 : 200);
        assert_true(cells_init(&cells, rows, columns));
        painter_resize(painter, rows, columns);
        vterm_set_size(emulator.vterm, rows, columns);
        painter_forget(painter);
        draw((enum pane_id)(i % PANE_COUNT), input, &cells);
        size_t length = painter_frame(painter, &cells, &bytes);
        feed(&emulator, bytes, length);
        assert_same(&emulator, &cells, PLAIN);
        cells_release(&cells);
    }
    vterm_free(emulator.vterm);
    painter_free(painter);
}

static void terminal__that_is_unknown_falls_back(void **state)
{
    (void)state;
    struct painter *painter = painter_of("no-such-terminal", PLAIN, false, 24, 80);
    assert_string_equal(painter_term(painter), "xterm-256color");
    painter_free(painter);
    painter = painter_of(NULL, true, false, 24, 80);
    assert_string_equal(painter_term(painter), "xterm-256color");
    painter_free(painter);
}

static int open_fixture(void **state)
{
    setlocale(LC_ALL, "C.UTF-8");
    *state = model_fixture_new();
    return 0;
}

static int close_fixture(void **state)
{
    model_fixture_free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pictures__are_the_same_on_every_terminal),
        cmocka_unit_test(frame__costs_nothing_when_nothing_changed),
        cmocka_unit_test(frames__stay_within_their_budget),
        cmocka_unit_test(hostile_text__reaches_the_terminal_as_text),
        cmocka_unit_test(selection__is_seen_in_colour_and_in_mono),
        cmocka_unit_test(size__may_be_anything),
        cmocka_unit_test(terminal__that_is_unknown_falls_back),
    };
    return cmocka_run_group_tests(tests, open_fixture, close_fixture);
}
