#include "tui/commands.h"

#include <getopt.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/viewport.h"
#include "screens/export.h"
#include "tui/actions.h"
#include "tui/console.h"
#include "tui/guard.h"
#include "tui/looks.h"
#include "tui/pairing_desk.h"
#include "tui/settle.h"

static const char usage[] =
    "usage: fleet [--config FILE] [--portfolio NAME] [--color auto|never|always]\n"
    "       fleet --once VIEW [--format text|csv|json] [--basis BASIS] [--wait "
    "SECONDS]\n"
    "       fleet keys | check | rows ...        (each has --help)\n"
    "\n"
    "The console of a fleet of archives; F1 in it is help. VIEW is executive, "
    "portfolio,\n"
    "reconcile, fleet, alerts, entity:ID or a viewport of yours; BASIS is aggregate, "
    "consolidated or "
    "share.\n"
    "  --theme NAME|FILE     dark, light, mono, contrast; --glyphs auto|ascii|blocks\n"
    "  --without-last-known  leave out what is only last known\n"
    "  --print-keys          every key and what it does\n"
    "  --version\n"
    "Exit: 0 complete, 1 internal, 2 usage or configuration, 3 partial (data was\n"
    "printed), 4 nobody answered, 5 refused. Manual: fleet(1), fleet.conf(5).\n";

struct request {
    const char *config;
    const char *portfolio;
    const char *once;
    const char *entity;
    const struct viewport *viewport; /* with EXPORT_VIEWPORT */
    enum export_view view;
    enum export_format format;
    struct console_looks looks;
    const char *theme, *glyphs; /* NULL: as the configuration says */
    struct model_options options;
    bool has_basis;
    long wait_s;
};

/* --- the command line ----------------------------------------------------------------
 */

enum option_code {
    OPTION_CONFIG = 256,
    OPTION_PORTFOLIO,
    OPTION_ONCE,
    OPTION_FORMAT,
    OPTION_BASIS,
    OPTION_WAIT,
    OPTION_COLOR,
    OPTION_THEME,
    OPTION_GLYPHS,
    OPTION_WITHOUT,
    OPTION_PRINT_KEYS,
    OPTION_VERSION,
    OPTION_HELP,
};

static const struct option options[] = {
    {"config", required_argument, NULL, OPTION_CONFIG},
    {"portfolio", required_argument, NULL, OPTION_PORTFOLIO},
    {"once", required_argument, NULL, OPTION_ONCE},
    {"format", required_argument, NULL, OPTION_FORMAT},
    {"basis", required_argument, NULL, OPTION_BASIS},
    {"wait", required_argument, NULL, OPTION_WAIT},
    {"color", required_argument, NULL, OPTION_COLOR},
    {"theme", required_argument, NULL, OPTION_THEME},
    {"glyphs", required_argument, NULL, OPTION_GLYPHS},
    {"without-last-known", no_argument, NULL, OPTION_WITHOUT},
    {"print-keys", no_argument, NULL, OPTION_PRINT_KEYS},
    {"version", no_argument, NULL, OPTION_VERSION},
    {"help", no_argument, NULL, OPTION_HELP},
    {0},
};

static bool parse_basis(const char *text, enum basis *basis)
{
    static const char *const names[] = {"aggregate", "consolidated", "share"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(text, names[i]) == 0) {
            *basis = (enum basis)i;
            return true;
        }
    return false;
}

static bool parse_colour(const char *text, enum console_colour *colour)
{
    static const char *const names[] = {"auto", "never", "always"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(text, names[i]) == 0) {
            *colour = (enum console_colour)i;
            return true;
        }
    return false;
}

static bool parse_once(const char *text, struct request *request)
{
    char name[16] = "";
    size_t length = strcspn(text, ":");
    request->once = text;
    if (length < sizeof name)
        memcpy(name, text, length);
    if (!export_view_parse(name, &request->view)) {
        request->view = EXPORT_VIEWPORT; /* the configuration knows whether it is one */
        return true;
    }
    request->entity = text[length] ? text + length + 1 : NULL;
    return (request->view == EXPORT_ENTITY) == (request->entity != NULL);
}

static bool parse_wait(const char *text, long *wait_s)
{
    char *rest;
    *wait_s = strtol(text, &rest, 10);
    return rest != text && *rest == '\0' && *wait_s >= 0 && *wait_s <= 86400;
}

static bool take_option(int option, const char *value, struct request *request)
{
    switch (option) {
    case OPTION_CONFIG:
        request->config = value;
        return true;
    case OPTION_PORTFOLIO:
        request->portfolio = value;
        return true;
    case OPTION_ONCE:
        return parse_once(value, request);
    case OPTION_FORMAT:
        return export_format_parse(value, &request->format);
    case OPTION_BASIS:
        request->has_basis = true;
        return parse_basis(value, &request->options.basis);
    case OPTION_WAIT:
        return parse_wait(value, &request->wait_s);
    case OPTION_COLOR:
        return parse_colour(value, &request->looks.colour);
    case OPTION_THEME:
        request->theme = value;
        return true;
    case OPTION_GLYPHS:
        request->glyphs = value;
        return true;
    case OPTION_WITHOUT:
        request->options.without_last_known = true;
        return true;
    default:
        return false;
    }
}

/* EXIT_COMPLETE: nothing more to do; -1: go on; else the exit status. */
static int parse(int argc, char **argv, struct request *request)
{
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case OPTION_HELP:
            fputs(usage, stdout);
            return EXIT_COMPLETE;
        case OPTION_VERSION:
            puts("fleet " VERSION);
            return EXIT_COMPLETE;
        case OPTION_PRINT_KEYS:
            actions_print(stdout);
            return EXIT_COMPLETE;
        default:
            if (take_option(option, optarg, request))
                break;
            if (option != '?')
                fprintf(stderr, "fleet: %s: not understood\n\n", optarg);
            fputs(usage, stderr);
            return EXIT_USAGE;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "fleet: %s: no such command\n\n%s", argv[optind], usage);
        return EXIT_USAGE;
    }
    return -1;
}

static bool pick_portfolio(struct request *request, const struct config *config)
{
    const char *wanted = request->portfolio;
    for (uint32_t i = 0; wanted && i < config->portfolio_count; i++)
        if (strcmp(config->portfolios[i].name, wanted) == 0) {
            request->options.portfolio = i;
            wanted = NULL;
        }
    if (wanted) {
        fprintf(stderr, "fleet: %s has no portfolio \"%s\"\n", config->path, wanted);
        return false;
    }
    request->viewport = request->once ? viewport_find(config, request->once) : NULL;
    if (request->once && request->view == EXPORT_VIEWPORT && !request->viewport) {
        fprintf(stderr, "fleet: no view and no viewport is called \"%s\"; there are:",
                request->once);
        fputs(" executive portfolio reconcile fleet alerts entity:ID", stderr);
        for (uint32_t i = 0; config->viewports && i < config->viewports->count; i++)
            fprintf(stderr, " %s", config->viewports->items[i].name);
        fputc('\n', stderr);
        return false;
    }
    if (!request->has_basis)
        request->options.basis = config->portfolios[request->options.portfolio].basis;
    return true;
}

/* --- without a screen ----------------------------------------------------------------
 */

static int once(struct session *session, const struct request *request)
{
    session_settle(session, request->wait_s * 1000);
    struct figures *figures = session->figures;
    const struct model_options *asked = &request->options;
    enum basis wanted_basis = asked->basis;
    struct export_models models = {.coverage = figures_coverage(figures, asked)};
    switch (request->view) {
    case EXPORT_EXECUTIVE:
    case EXPORT_ALERTS:
        models.executive = figures_executive(figures, asked);
        break;
    case EXPORT_PORTFOLIO:
        models.portfolio = figures_portfolio(figures, asked);
        break;
    case EXPORT_RECONCILE:
        models.recon = figures_recon(figures, asked);
        break;
    case EXPORT_FLEET:
        models.fleet = figures_fleet(figures);
        break;
    case EXPORT_ENTITY:
        models.entity = figures_entity(figures, request->entity);
        if (!models.entity)
            fprintf(stderr, "fleet: no archive of the configuration is called %s\n",
                    request->entity);
        break;
    case EXPORT_VIEWPORT:
        /* It adds rows as they were answered, whatever the basis of the panes. */
        wanted_basis = BASIS_AGGREGATE;
        models.viewport = figures_viewport(figures, asked, request->viewport);
        if (!models.viewport)
            return EXIT_INTERNAL;
        models.coverage = &models.viewport->coverage;
        break;
    case EXPORT_VIEW_COUNT:
        break;
    }
    struct export_request wanted = {
        .view = request->view,
        .format = request->format,
        .title = session->config->title,
        .portfolio = session->config->portfolios[asked->portfolio].name,
        .basis = wanted_basis,
        .without_last_known = asked->without_last_known,
        .now_ms = net_wall_ms(),
        .version = VERSION,
    };
    return (int)export_write(stdout, &wanted, &models);
}

/* --- the console ---------------------------------------------------------------------
 */

struct program {
    struct session session;
    struct console *console;
    struct pairing_desk *pairing;
    int status;
};

static int64_t wall_ms(void *user)
{
    (void)user;
    return net_wall_ms();
}

static int64_t mono_ms(void *user)
{
    struct session *session = user;
    return (int64_t)uv_now(&session->loop);
}

static void on_changed(void *user)
{
    struct program *program = user;
    if (program->console)
        console_wake(program->console);
}

static void on_ask_again(void *user, const char *entity)
{
    struct session *session = &((struct program *)user)->session;
    for (uint32_t slot = 0; entity && slot < session->config->totebox_count; slot++)
        if (strcmp(session->config->toteboxes[slot].entity, entity) == 0)
            links_ask_again(session->links, slot);
    if (!entity)
        links_ask_again(session->links, UINT32_MAX);
}

static const struct pairing_view *on_pairing(void *user)
{
    return pairing_desk_view(((struct program *)user)->pairing);
}

static bool on_pair(void *user, const char *address)
{
    return pairing_desk_begin(((struct program *)user)->pairing, address);
}

static bool on_pair_confirm(void *user)
{
    return pairing_desk_confirm(((struct program *)user)->pairing);
}

static void on_pair_stop(void *user)
{
    pairing_desk_stop(((struct program *)user)->pairing);
}

static void on_quit(void *user, int exit_status)
{
    struct program *program = user;
    program->status = exit_status;
    uv_stop(&program->session.loop);
}

static int run_console(struct program *program, const struct request *request)
{
    struct session *session = &program->session;
    uint8_t holder[HASH_BYTES];
    char fingerprint[FINGERPRINT_CHARS + 1];
    holder_of_key(session->device.public_key, holder);
    fingerprint_write(holder, fingerprint);
    session_set_clock(session);
    struct console_looks looks = request->looks;
    char why[LOOKS_WHY_CHARS];
    const struct config *config = session->config;
    if (!looks_set(&looks, request->theme ? request->theme : config->theme,
                   request->glyphs ? request->glyphs : config->glyphs, why)) {
        fprintf(stderr, "fleet: %s\n", why);
        return EXIT_USAGE;
    }
    struct console_options wanted = {
        .loop = &session->loop,
        .figures = session->figures,
        .config = session->config,
        .clock = {.wall_ms = wall_ms, .mono_ms = mono_ms, .user = session},
        .core = {.ask_again = on_ask_again,
                 .pairing = on_pairing,
                 .pair = on_pair,
                 .pair_confirm = on_pair_confirm,
                 .pair_stop = on_pair_stop,
                 .quit = on_quit,
                 .user = program},
        .portfolio = request->options.portfolio,
        .looks = looks,
        .version = VERSION,
        .device_fingerprint = fingerprint,
    };
    program->pairing = pairing_desk_new(session, on_changed, program);
    if (!program->pairing) {
        fprintf(stderr, "fleet: %s\n", console_error_words(CONSOLE_NO_MEMORY));
        return EXIT_INTERNAL;
    }
    enum console_error error = console_open(&wanted, &program->console);
    if (error != CONSOLE_OK) {
        fprintf(stderr, "fleet: %s\n", console_error_words(error));
        pairing_desk_free(program->pairing);
        return EXIT_USAGE;
    }
    session->changed = on_changed;
    session->changed_user = program;
    links_start(session->links);
    uv_run(&session->loop, UV_RUN_DEFAULT);
    session->changed = NULL;
    pairing_desk_free(program->pairing);
    console_close(program->console, NULL, NULL);
    program->console = NULL;
    return program->status;
}

int command_console(int argc, char **argv)
{
    struct request request = {.wait_s = 15};
    struct program program = {0};
    char error[SESSION_ERROR_CHARS];
    int status = parse(argc, argv, &request);
    if (status >= 0)
        return status;
    setlocale(LC_CTYPE, "");
    if (!request.once)
        guard_start(); /* before keys are read and handles exist */
    if (!session_open(&program.session, request.config, error)) {
        fprintf(stderr, "fleet: %s\n", error);
        return EXIT_USAGE;
    }
    if (!pick_portfolio(&request, program.session.config))
        status = EXIT_USAGE;
    else if (request.once)
        status = once(&program.session, &request);
    else
        status = run_console(&program, &request);
    session_close(&program.session);
    return status;
}
