#include "tests/support/console_host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/model_fixture.h"
#include "tui/console.h"
#include "tui/guard.h"

/* --- figures that never change but in their generation ---------------------------- */

struct figures {
    struct model_fixture *fixture;
    uint64_t generation;
};

void figures_set_clock(struct figures *figures, int64_t wall_ms, int64_t mono_ms)
{
    (void)figures;
    (void)wall_ms;
    (void)mono_ms;
}

uint64_t figures_generation(const struct figures *figures)
{
    return figures->generation;
}

const struct coverage *figures_coverage(struct figures *figures,
                                        const struct model_options *options)
{
    (void)options;
    return model_fixture_input(figures->fixture)->coverage;
}

const struct model_executive *figures_executive(struct figures *figures,
                                                const struct model_options *options)
{
    (void)options;
    return model_fixture_input(figures->fixture)->executive;
}

const struct model_portfolio *figures_portfolio(struct figures *figures,
                                                const struct model_options *options)
{
    (void)options;
    return model_fixture_input(figures->fixture)->portfolio_model;
}

const struct model_recon *figures_recon(struct figures *figures,
                                        const struct model_options *options)
{
    (void)options;
    return model_fixture_input(figures->fixture)->recon;
}

const struct model_fleet *figures_fleet(struct figures *figures)
{
    return model_fixture_input(figures->fixture)->fleet_model;
}

const struct model_entity *figures_entity(struct figures *figures, const char *entity)
{
    (void)entity;
    return model_fixture_input(figures->fixture)->entity;
}

/* The fixture has no rows for one: the pane says that none is open. */
const struct model_viewport *figures_viewport(struct figures *figures,
                                              const struct model_options *options,
                                              const struct viewport *viewport)
{
    (void)figures, (void)options, (void)viewport;
    return NULL;
}

/* --- the program around the console ----------------------------------------------- */

struct host {
    struct console *console;
    struct figures figures;
    uv_timer_t changes, lag;
    uint64_t lag_at, lag_worst;
    int exit_status;
};

static int64_t wall_ms(void *user)
{
    (void)user;
    return MODEL_NOW_MS;
}

static int64_t mono_ms(void *user)
{
    (void)user;
    return (int64_t)(uv_hrtime() / 1000000);
}

static void close_timer(uv_timer_t *timer)
{
    if (!uv_is_closing((uv_handle_t *)timer))
        uv_close((uv_handle_t *)timer, NULL);
}

static void on_quit(void *user, int exit_status)
{
    struct host *host = user;
    host->exit_status = exit_status;
    close_timer(&host->changes);
    close_timer(&host->lag);
    console_close(host->console, NULL, NULL);
}

static void on_change(uv_timer_t *timer)
{
    struct host *host = timer->data;
    host->figures.generation++;
    console_wake(host->console);
}

static void on_lag(uv_timer_t *timer)
{
    struct host *host = timer->data;
    uint64_t now = uv_hrtime() / 1000000;
    if (host->lag_at && now > host->lag_at + 10 + host->lag_worst)
        host->lag_worst = now - host->lag_at - 10;
    host->lag_at = now;
}

/* The fixture's archives as blocks: what :entity and Enter look up. */
static void fill_config(struct config *config, const struct model_portfolio *model)
{
    static struct config_portfolio portfolio = {
        .name = "all", .root = "", .currency = "EUR", .basis = BASIS_CONSOLIDATED};
    static struct config_totebox blocks[64];
    *config = (struct config){.path = "fleet.conf",
                              .operator_name = "mkeller@northgate",
                              .title = "northgate",
                              .toteboxes = blocks,
                              .portfolios = &portfolio,
                              .portfolio_count = 1};
    for (uint32_t i = 0; i < model->row_count && i < 63; i++)
        blocks[config->totebox_count++] =
            (struct config_totebox){.entity = model->rows[i].entity, .name = ""};
    blocks[config->totebox_count++] =
        (struct config_totebox){.entity = "north-mill-0016", .name = ""};
}

int console_host_run(const struct host_options *options)
{
    if (options->with_guard)
        guard_start();
    struct host host = {.figures = {.fixture = model_fixture_new(), .generation = 1}};
    struct config config;
    fill_config(&config, model_fixture_input(host.figures.fixture)->portfolio_model);
    uv_loop_t loop;
    if (uv_loop_init(&loop) != 0)
        return 1;
    struct console_options console_options = {
        .loop = &loop,
        .figures = &host.figures,
        .config = &config,
        .clock = {wall_ms, mono_ms, NULL},
        .core = {.quit = on_quit, .user = &host},
        .looks = {.glyphs = CONSOLE_GLYPHS_ASCII, .theme = *theme_named("dark")},
        .version = "0.1",
        .device_fingerprint = "SHA256:mzt0Jc4mAcDs0hXqQkQ9vTAXFtTbcqjPiZJc2x4rY00"};
    uv_timer_init(&loop, &host.changes);
    uv_timer_init(&loop, &host.lag);
    host.changes.data = host.lag.data = &host;
    enum console_error error = console_open(&console_options, &host.console);
    if (error != CONSOLE_OK) {
        fprintf(stderr, "fleet: %s\n", console_error_words(error));
        return 2;
    }
    if (options->changes_ms)
        uv_timer_start(&host.changes, on_change, (uint64_t)options->changes_ms,
                       (uint64_t)options->changes_ms);
    uv_timer_start(&host.lag, on_lag, 10, 10);
    uv_run(&loop, UV_RUN_DEFAULT);
    int leaked = uv_loop_close(&loop);
    model_fixture_free(host.figures.fixture);
    if (options->report_fd >= 0)
        dprintf(options->report_fd, "lag %llu\n", (unsigned long long)host.lag_worst);
    return leaked ? 70 : host.exit_status;
}
