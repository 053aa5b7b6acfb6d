/* Exports: what is written must be exact, honest, and harmless to open. */
#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "screens/export.h"
#include "tests/support/model_fixture.h"

static struct export_request request_of(enum export_view view,
                                        enum export_format format)
{
    return (struct export_request){.view = view,
                                   .format = format,
                                   .title = "northgate",
                                   .portfolio = "all",
                                   .basis = BASIS_CONSOLIDATED,
                                   .now_ms = MODEL_NOW_MS,
                                   .version = "fleet 0.1"};
}

static struct export_models models_of(const struct pane_input *input)
{
    return (struct export_models){.coverage = input->coverage,
                                  .executive = input->executive,
                                  .portfolio = input->portfolio_model,
                                  .recon = input->recon,
                                  .fleet = input->fleet_model,
                                  .entity = input->entity};
}

static char *written(const struct export_request *request,
                     const struct export_models *models, enum export_status expected)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    assert_int_equal(export_write(out, request, models), expected);
    fclose(out);
    return text;
}

static void json__has_an_envelope_and_exact_decimals(void **state)
{
    struct export_models models = models_of(model_fixture_input(*state));
    for (int view = 0; view < EXPORT_VIEWPORT; view++) {
        struct export_request request = request_of((enum export_view)view, EXPORT_JSON);
        char *text = written(&request, &models, EXPORT_PARTIAL);
        json_error_t error;
        json_t *json = json_loads(text, 0, &error);
        if (!json)
            fail_msg("%s", error.text);
        assert_int_equal(json_integer_value(json_object_get(json, "version")), 1);
        json_t *coverage = json_object_get(json, "coverage");
        assert_int_equal(json_integer_value(json_object_get(coverage, "asked")), 1203);
        assert_string_equal(
            json_string_value(json_array_get(json_object_get(coverage, "missing"), 0)),
            "union-sq-0004");
        assert_string_equal(json_string_value(json_object_get(json, "time")),
                            "2026-11-23T00:36:05Z");
        assert_string_equal(json_string_value(json_object_get(json, "status")),
                            "partial");
        json_decref(json);
        free(text);
    }
}

static void json__figure_says_state_currency_and_as_of(void **state)
{
    struct export_models models = models_of(model_fixture_input(*state));
    struct export_request request = request_of(EXPORT_PORTFOLIO, EXPORT_JSON);
    char *text = written(&request, &models, EXPORT_PARTIAL);
    json_t *json = json_loads(text, 0, NULL);
    json_t *total = json_object_get(
        json_object_get(json_object_get(json, "totals"), "entities"), "net_assets");
    assert_string_equal(json_string_value(json_object_get(total, "value")),
                        "1912440118.20");
    assert_string_equal(json_string_value(json_object_get(total, "currency")), "EUR");
    assert_string_equal(json_string_value(json_object_get(total, "state")),
                        "last-known");
    assert_true(json_is_true(json_object_get(total, "partial")));
    assert_int_equal(json_integer_value(json_object_get(total, "included")), 43);
    json_decref(json);
    free(text);
}

static void json__absent_value_is_null_with_its_state(void **state)
{
    struct export_models models = models_of(model_fixture_input(*state));
    struct export_request request = request_of(EXPORT_PORTFOLIO, EXPORT_JSON);
    char *text = written(&request, &models, EXPORT_PARTIAL);
    json_t *json = json_loads(text, 0, NULL);
    json_t *rows = json_object_get(json_object_get(json, "tables"), "entities");
    size_t i;
    json_t *row;
    unsigned refused = 0;
    json_array_foreach(rows, i, row)
    {
        json_t *figure = json_object_get(row, "net_assets");
        if (strcmp(json_string_value(json_object_get(figure, "state")), "refused") != 0)
            continue;
        assert_true(json_is_null(json_object_get(figure, "value")));
        refused++;
    }
    assert_int_equal(refused, 2);
    json_decref(json);
    free(text);
}

static void csv__guards_text_that_a_spreadsheet_would_run(void **state)
{
    struct pane_input *input = model_fixture_input(*state);
    struct model_executive executive = *input->executive;
    struct exception_line lines[] = {
        {.entity = "=cmd|' /C calc'!A0",
         .what = "+1,\"x\"",
         .amount =
             {.why = "", .currency = "=EUR", .present = true, .value = {-1250, 2}}},
        {.entity = "@SUM(A1)", .what = "-2", .amount = {.why = "", .currency = ""}},
        {.entity = "plain",
         .what = "a\nb\033[2J\u202e",
         .amount = {.why = "", .currency = ""}},
    };
    executive.exceptions = lines;
    executive.exception_count = 3;
    struct export_models models = models_of(input);
    models.executive = &executive;
    struct export_request request = request_of(EXPORT_ALERTS, EXPORT_CSV);
    char *text = written(&request, &models, EXPORT_PARTIAL);
    assert_non_null(strstr(text, "\"'=cmd|' /C calc'!A0\""));
    assert_non_null(strstr(text, "\"'+1,\"\"x\"\"\""));
    assert_non_null(strstr(text, "\"'@SUM(A1)\""));
    assert_non_null(strstr(text, "\"'-2\""));
    assert_non_null(strstr(text, "\"'=EUR\""));
    assert_non_null(strstr(text, ",-12.50,")); /* a number is a number */
    assert_non_null(strstr(text, "a?b?[2J<U+202E>"));
    assert_null(strchr(text, '\033'));
    free(text);
}

static void csv__begins_with_what_it_covers(void **state)
{
    struct export_models models = models_of(model_fixture_input(*state));
    struct export_request request = request_of(EXPORT_PORTFOLIO, EXPORT_CSV);
    char *text = written(&request, &models, EXPORT_PARTIAL);
    assert_int_equal(strncmp(text, "\"# scope: northgate / all, consolidated\"", 40),
                     0);
    assert_non_null(strstr(text, "# missing: union-sq-0004"));
    assert_non_null(strstr(text, "net_assets,net_assets_unit,net_assets_state"));
    assert_non_null(strstr(text, "1912440118.20,EUR,last-known partial,2026-11-23"));
    free(text);
}

static void text__shows_every_column_exactly(void **state)
{
    struct export_models models = models_of(model_fixture_input(*state));
    struct export_request request = request_of(EXPORT_PORTFOLIO, EXPORT_TEXT);
    char *text = written(&request, &models, EXPORT_PARTIAL);
    assert_non_null(strstr(text, "answered 1184/1203"));
    assert_non_null(strstr(text, "1,912,440,118.20*"));
    assert_non_null(strstr(text, "DSCR"));
    assert_non_null(strstr(text, "refused: pos not permitted"));
    free(text);
}

static void status__tells_partial_from_complete(void **state)
{
    (void)state;
    struct coverage coverage = {.expected = 4, .answered = 4, .current = 4};
    assert_int_equal(export_status_of(&coverage), EXPORT_COMPLETE);
    coverage.aging = 1;
    assert_int_equal(export_status_of(&coverage), EXPORT_PARTIAL);
    coverage.aging = 0;
    coverage.answered = 3;
    assert_int_equal(export_status_of(&coverage), EXPORT_PARTIAL);
    coverage = (struct coverage){.expected = 4, .never = 4};
    assert_int_equal(export_status_of(&coverage), EXPORT_NOBODY);
    coverage = (struct coverage){.expected = 4, .refused = 4};
    assert_int_equal(export_status_of(&coverage), EXPORT_REFUSED);
}

static void entity__that_nobody_knows_is_a_usage_error(void **state)
{
    struct export_models models = models_of(model_fixture_input(*state));
    models.entity = NULL;
    struct export_request request = request_of(EXPORT_ENTITY, EXPORT_JSON);
    char *text = written(&request, &models, EXPORT_UNKNOWN_NAME);
    assert_string_equal(text, "");
    free(text);
}

static void names__of_views_and_formats_are_parsed(void **state)
{
    (void)state;
    enum export_view view;
    enum export_format format;
    assert_true(export_view_parse("recon", &view));
    assert_int_equal(view, EXPORT_RECONCILE);
    assert_true(export_view_parse("reconcile", &view));
    assert_int_equal(view, EXPORT_RECONCILE);
    assert_true(export_view_parse("pf", &view));
    assert_int_equal(view, EXPORT_PORTFOLIO);
    assert_false(export_view_parse("log", &view));
    assert_true(export_format_parse("csv", &format));
    assert_int_equal(format, EXPORT_CSV);
    assert_false(export_format_parse("xml", &format));
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

static void filter_sort_and_columns__hold_in_every_format(void **state)
{
    struct export_models models = models_of(model_fixture_input(*state));
    for (int format = 0; format < EXPORT_FORMAT_COUNT; format++) {
        struct export_request request =
            request_of(EXPORT_PORTFOLIO, (enum export_format)format);
        request.filter = "entity:oak";
        request.sort = "-entity";
        request.columns = "entity,net_assets";
        char error[EXPORT_ERROR_CHARS];
        assert_true(export_check(&request, &models, error));
        char *text = written(&request, &models, EXPORT_PARTIAL);
        const char *last = strstr(text, "oak-plaza-0003");
        const char *first = strstr(text, "oak-plaza-0138");
        if (!last || !first || first > last || strstr(text, "harbour-st") ||
            !strstr(text, "entity:oak") || !strstr(text, "-entity") ||
            !strstr(text, "1184") || !strstr(text, "1203") || strstr(text, "statement"))
            fail_msg("%s: %s", export_format_name(request.format), text);
        free(text);
    }
}

static void filter_sort_and_columns__of_no_table_are_refused(void **state)
{
    struct export_models models = models_of(model_fixture_input(*state));
    struct export_request request = request_of(EXPORT_PORTFOLIO, EXPORT_CSV);
    char error[EXPORT_ERROR_CHARS];
    request.filter = "nothing:1";
    assert_false(export_check(&request, &models, error));
    assert_non_null(strstr(error, "--filter"));
    request.filter = NULL;
    request.sort = "entity,group,cash";
    assert_false(export_check(&request, &models, error));
    assert_non_null(strstr(error, "--sort"));
    request.sort = NULL;
    request.columns = "entity,reason,cash";
    assert_false(export_check(&request, &models, error));
    assert_non_null(strstr(error, "--columns"));
    request.columns = "entity,reason"; /* of the second table */
    assert_true(export_check(&request, &models, error));
}

static void json_lines__are_an_envelope_and_a_row_each(void **state)
{
    struct export_models models = models_of(model_fixture_input(*state));
    for (int view = 0; view < EXPORT_VIEW_COUNT; view++) {
        if (view == EXPORT_VIEWPORT)
            continue; /* the fixture defines none */
        struct export_request request =
            request_of((enum export_view)view, EXPORT_JSONL);
        char *text = written(&request, &models, EXPORT_PARTIAL), *rest = text;
        unsigned lines = 0, totals = 0;
        for (char *line = strsep(&rest, "\n"); line && *line;
             line = strsep(&rest, "\n")) {
            json_t *json = json_loads(line, 0, NULL);
            assert_non_null(json);
            if (lines++ == 0)
                assert_int_equal(json_integer_value(json_object_get(json, "version")),
                                 1);
            else
                assert_non_null(json_object_get(json, "table"));
            totals += json_is_true(json_object_get(json, "total"));
            json_decref(json);
        }
        assert_true(lines > 1);
        assert_int_equal(totals, view == EXPORT_PORTFOLIO);
        free(text);
    }
}

static void html__lets_no_text_be_markup(void **state)
{
    struct export_models models = models_of(model_fixture_input(*state));
    struct model_fleet fleet = *models.fleet;
    struct fleet_line line = fleet.lines[0];
    line.entity = "<script>alert(\"1\")</script>&amp;\033[31m";
    fleet.lines = &line;
    fleet.line_count = 1;
    models.fleet = &fleet;
    struct export_request request = request_of(EXPORT_FLEET, EXPORT_HTML);
    char *text = written(&request, &models, EXPORT_PARTIAL);
    assert_null(strstr(text, "<script"));
    assert_null(strchr(text, 27));
    assert_non_null(
        strstr(text, "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;amp;"));
    assert_null(strstr(text, "http://"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json__has_an_envelope_and_exact_decimals),
        cmocka_unit_test(json__figure_says_state_currency_and_as_of),
        cmocka_unit_test(json__absent_value_is_null_with_its_state),
        cmocka_unit_test(csv__guards_text_that_a_spreadsheet_would_run),
        cmocka_unit_test(csv__begins_with_what_it_covers),
        cmocka_unit_test(text__shows_every_column_exactly),
        cmocka_unit_test(status__tells_partial_from_complete),
        cmocka_unit_test(entity__that_nobody_knows_is_a_usage_error),
        cmocka_unit_test(names__of_views_and_formats_are_parsed),
        cmocka_unit_test(filter_sort_and_columns__hold_in_every_format),
        cmocka_unit_test(filter_sort_and_columns__of_no_table_are_refused),
        cmocka_unit_test(json_lines__are_an_envelope_and_a_row_each),
        cmocka_unit_test(html__lets_no_text_be_markup),
    };
    return cmocka_run_group_tests(tests, open_fixture, close_fixture);
}
