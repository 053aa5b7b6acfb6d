/* Pictures of every pane: text and style, and what must hold on each of them.
 *
 * UPDATE_GOLDEN=1 rewrites tests/golden/screens/; the diff is reviewed. */
#include "tests/support/cmocka_all.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "screens/screen.h"
#include "tests/support/model_fixture.h"

static const struct {
    int columns, rows;
} sizes[] = {{80, 24}, {160, 50}, {40, 10}};

static struct prompt_view no_prompt(void)
{
    return (struct prompt_view){.text = "", .note = "", .message = ""};
}

/* One letter a style, so that a picture and its meaning are read side by side. */
static char style_letter(const struct cell *cell)
{
    static const char letters[STYLE_COUNT + 1] = ".TadSagxrNCWcKsAL";
    return cell->style < STYLE_COUNT ? letters[cell->style] : '?';
}

static void write_picture(const struct cells *cells, FILE *out)
{
    char text[4096];
    for (int row = 0; row < cells->rows; row++) {
        cells_row_text(cells, row, text, sizeof text);
        fprintf(out, "%s\n", text);
    }
    fprintf(out, "%.*s\n", cells->columns,
            "=================================================================="
            "=================================================================="
            "=================================================================="
            "==================================================================");
    for (int row = 0; row < cells->rows; row++) {
        int end = 0;
        char line[1024];
        for (int column = 0; column < cells->columns && column < 1023; column++) {
            const struct cell *cell =
                &cells->cell[(size_t)row * (size_t)cells->columns + (size_t)column];
            line[column] = style_letter(cell);
            if (cell->selected && line[column] == '.')
                line[column] = '#';
            if (line[column] != '.')
                end = column + 1;
        }
        line[end] = '\0';
        fprintf(out, "%s\n", line);
    }
    fprintf(out, "cursor %d %d\n", cells->cursor_row, cells->cursor_column);
}

static void golden_path(const char *name, char path[512])
{
    const char *top = getenv("top_srcdir");
    snprintf(path, 512, "%s/tests/golden/screens/%s.txt", top ? top : ".", name);
}

static void compare_golden(const char *name, const struct cells *cells)
{
    char path[512];
    char *picture = NULL, *golden = NULL;
    size_t size = 0, golden_size = 0;
    golden_path(name, path);
    FILE *memory = open_memstream(&picture, &size);
    assert_non_null(memory);
    write_picture(cells, memory);
    fclose(memory);
    if (getenv("UPDATE_GOLDEN")) {
        FILE *out = fopen(path, "w");
        assert_non_null(out);
        assert_int_equal(fwrite(picture, 1, size, out), size);
        fclose(out);
        free(picture);
        return;
    }
    FILE *in = fopen(path, "r");
    if (!in)
        fail_msg("%s is missing: UPDATE_GOLDEN=1 writes it", path);
    golden = calloc(1, size + 2);
    assert_non_null(golden);
    golden_size = fread(golden, 1, size + 1, in);
    fclose(in);
    if (golden_size != size || memcmp(golden, picture, size) != 0) {
        print_error("%s differs; now it is\n%s", name, picture);
        fail_msg("%s", name);
    }
    free(golden);
    free(picture);
}

/* --- what holds on every picture -------------------------------------------------- */

static char character(const struct cells *cells, int row, int column)
{
    if (column < 0 || column >= cells->columns)
        return ' ';
    uint32_t code = cells->cell[row * cells->columns + column].code[0];
    return code >= 0x20 && code < 0x7f ? (char)code : '?';
}

static void assert_no_control_bytes(const struct cells *cells)
{
    for (int i = 0; i < cells->rows * cells->columns; i++) {
        uint32_t code = cells->cell[i].code[0];
        assert_true(code == 0 || (code >= 0x20 && code < 0x7f) || code > 0x9f);
    }
}

/* A number with separators ends in a column that is blank, a mark or a closing
 * parenthesis with such a column behind it: never in a letter or in another number. */
static void assert_numbers_have_marks(const struct cells *cells)
{
    for (int row = 2; row < cells->rows - 2; row++) {
        for (int column = 1; column < cells->columns; column++) {
            if (character(cells, row, column) != '.' ||
                !isdigit((unsigned char)character(cells, row, column - 1)) ||
                !isdigit((unsigned char)character(cells, row, column + 1)) ||
                !isdigit((unsigned char)character(cells, row, column + 2)))
                continue;
            char behind = character(cells, row, column + 3);
            if (isdigit((unsigned char)behind) || behind == '.')
                continue; /* a rate or an address, in words */
            if (behind == ')')
                behind = character(cells, row, column + 4);
            if (!strchr(" ~!x#re?*,%kMBTm:;)", behind)) {
                char text[1024];
                cells_row_text(cells, row, text, sizeof text);
                fail_msg("the number before column %d has no mark: %s", column + 3,
                         text);
            }
        }
    }
}

static void assert_selected_once(const struct cells *cells)
{
    int rows = 0;
    for (int row = 0; row < cells->rows; row++)
        for (int column = 0; column < cells->columns; column++)
            if (cells->cell[row * cells->columns + column].selected) {
                rows++;
                if (!cells->cursor_visible) /* else it is where one types */
                    assert_int_equal(cells->cursor_row, row);
                break;
            }
    assert_in_range(rows, 0, 1);
}

static void assert_frame(const struct cells *cells, enum pane_id id)
{
    char text[512];
    cells_row_text(cells, 0, text, sizeof text);
    assert_non_null(strstr(text, panes[id].title));
    cells_row_text(cells, 1, text, sizeof text);
    assert_non_null(strstr(text, "1184/1203"));
    cells_row_text(cells, cells->rows - 1, text, sizeof text);
    assert_non_null(strchr(text, cells->columns < 76 ? '=' : '1'));
}

static void draw(enum pane_id id, const struct pane_input *input,
                 struct pane_fixture *pane, struct cells *cells)
{
    struct prompt_view prompt = no_prompt();
    pane_fixture_arrange(id, input, pane);
    pane_draw(id, input, &pane->state, &prompt, cells);
    assert_no_control_bytes(cells);
    assert_numbers_have_marks(cells);
    assert_selected_once(cells);
    assert_frame(cells, id);
}

static void panes__look_like_their_goldens_at_every_size(void **state)
{
    struct pane_input *input = model_fixture_input(*state);
    for (unsigned id = 0; id < PANE_COUNT; id++) {
        for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            struct pane_fixture pane;
            struct cells cells;
            char name[64];
            assert_true(cells_init(&cells, sizes[i].rows, sizes[i].columns));
            pane_fixture_open((enum pane_id)id, input, &pane);
            draw((enum pane_id)id, input, &pane, &cells);
            snprintf(name, sizeof name, "%s_%dx%d", panes[id].word, sizes[i].columns,
                     sizes[i].rows);
            compare_golden(name, &cells);
            pane_fixture_close(&pane);
            cells_release(&cells);
        }
    }
}

static void parts__look_like_their_goldens(void **state)
{
    static const struct {
        enum pane_id id;
        uint8_t part;
        const char *name;
    } parts[] = {
        {PANE_PORTFOLIO, 1, "portfolio_statement_80x24"},
        {PANE_PORTFOLIO, 2, "portfolio_left_out_80x24"},
        {PANE_EXECUTIVE, 3, "exec_covenants_80x24"},
        {PANE_EXECUTIVE, 7, "exec_ages_80x24"},
    };
    struct pane_input *input = model_fixture_input(*state);
    for (unsigned i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        struct pane_fixture pane;
        struct cells cells;
        assert_true(cells_init(&cells, 24, 80));
        pane_fixture_open(parts[i].id, input, &pane);
        pane.state.part = parts[i].part;
        draw(parts[i].id, input, &pane, &cells);
        compare_golden(parts[i].name, &cells);
        pane_fixture_close(&pane);
        cells_release(&cells);
    }
}

static void panes__hold_at_every_size_there_is(void **state)
{
    struct pane_input *input = model_fixture_input(*state);
    static const int rows[] = {8, 9, 11, 15, 16, 20, 25, 33, 60},
                     columns[] = {40, 41, 59, 60, 75, 76, 79, 81, 139, 140, 141, 200};
    for (unsigned id = 0; id < PANE_COUNT; id++) {
        struct pane_fixture pane;
        pane_fixture_open((enum pane_id)id, input, &pane);
        for (unsigned r = 0; r < sizeof rows / sizeof rows[0]; r++) {
            for (unsigned c = 0; c < sizeof columns / sizeof columns[0]; c++) {
                struct cells cells;
                assert_true(cells_init(&cells, rows[r], columns[c]));
                for (unsigned part = 0; part < panes[id].parts; part++) {
                    pane.state.part = (uint8_t)part;
                    draw((enum pane_id)id, input, &pane, &cells);
                }
                cells_release(&cells);
            }
        }
        pane_fixture_close(&pane);
    }
}

static void draw_state(const char *name, enum pane_id id,
                       const struct pane_input *input, const struct prompt_view *prompt)
{
    struct pane_fixture pane;
    struct cells cells;
    assert_true(cells_init(&cells, 24, 80));
    pane_fixture_open(id, input, &pane);
    pane_draw(id, input, &pane.state, prompt, &cells);
    assert_no_control_bytes(&cells);
    assert_selected_once(&cells);
    compare_golden(name, &cells);
    pane_fixture_close(&pane);
    cells_release(&cells);
}

/* The start, an empty fleet, everything lost, frozen, somebody typing. */
static void states__of_a_pane_are_seen(void **state)
{
    struct pane_input *input = model_fixture_input(*state);
    const struct pane_input before = *input;
    struct prompt_view prompt = no_prompt();
    struct coverage coverage = *input->coverage;
    input->coverage = &coverage;

    coverage.lost_all = true;
    input->lost_since_ms = MODEL_NOW_MS - 55000;
    draw_state("state_lost_80x24", PANE_PORTFOLIO, input, &prompt);

    coverage = (struct coverage){.expected = 1203, .waiting = 1203};
    draw_state("state_start_80x24", PANE_RECONCILE, input, &prompt);

    *input = before;
    input->frozen_at_ms = MODEL_NOW_MS - 180000;
    prompt.message = "frozen: what is shown stays; z thaws";
    prompt.is_warning = true;
    draw_state("state_frozen_80x24", PANE_EXECUTIVE, input, &prompt);

    *input = before;
    prompt = no_prompt();
    prompt.sigil = ':';
    prompt.text = "po";
    prompt.cursor_column = 2;
    prompt.completions[0] = "portfolio";
    prompt.completions[1] = "portfolio \033[31m";
    prompt.completion_count = 2;
    draw_state("state_prompt_80x24", PANE_PORTFOLIO, input, &prompt);

    prompt = no_prompt();
    struct model_fleet nobody = {.common_cause = ""};
    input->fleet_model = &nobody;
    draw_state("state_no_pairings_80x24", PANE_FLEET, input, &prompt);
    input->entity = NULL;
    draw_state("state_no_entity_80x24", PANE_ENTITY, input, &prompt);
    *input = before;
}

static void screen__that_is_too_small_still_says_how_many_answered(void **state)
{
    struct pane_input *input = model_fixture_input(*state);
    static const int grids[][2] = {{1, 1}, {7, 80}, {24, 39}, {3, 20}, {1, 200}};
    for (unsigned i = 0; i < sizeof grids / sizeof grids[0]; i++) {
        struct pane_fixture pane;
        struct cells cells;
        struct prompt_view prompt = no_prompt();
        char all[2048] = "", text[512];
        assert_true(cells_init(&cells, grids[i][0], grids[i][1]));
        pane_fixture_open(PANE_PORTFOLIO, input, &pane);
        pane_draw(PANE_PORTFOLIO, input, &pane.state, &prompt, &cells);
        for (int row = 0; row < cells.rows; row++) {
            cells_row_text(&cells, row, text, sizeof text);
            strncat(all, text, sizeof all - strlen(all) - 1);
        }
        if (cells.columns * (cells.rows < 4 ? cells.rows : 4) > 80)
            assert_non_null(strstr(all, "1184/1203"));
        pane_fixture_close(&pane);
        cells_release(&cells);
    }
}

static int open_fixture(void **state)
{
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
        cmocka_unit_test(panes__look_like_their_goldens_at_every_size),
        cmocka_unit_test(parts__look_like_their_goldens),
        cmocka_unit_test(states__of_a_pane_are_seen),
        cmocka_unit_test(panes__hold_at_every_size_there_is),
        cmocka_unit_test(screen__that_is_too_small_still_says_how_many_answered),
    };
    return cmocka_run_group_tests(tests, open_fixture, close_fixture);
}
