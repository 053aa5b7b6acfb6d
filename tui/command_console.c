#include "tui/commands.h"

#include <getopt.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/viewport.h"
#include "screens/table_filter.h"
#include "tui/actions.h"
#include "tui/console.h"
#include "tui/guard.h"
#include "tui/looks.h"
#include "tui/once.h"
#include "tui/output.h"
#include "tui/pairing_desk.h"
#include "tui/session.h"

static const char usage[] =
    "usage: fleet [--config FILE] [--portfolio NAME] [--color auto|never|always]\n"
    "       fleet --once VIEW [--format FORMAT] [--filter EXPR] [--sort KEYS] ...\n"
    "       fleet keys | check | pair | rows ...        (each has --help)\n"
    "The console of a fleet of archives; F1 in it is help. VIEW is executive,\n"
    "portfolio, reconcile, fleet, alerts, entity:ID or a viewport of yours; FORMAT is\n"
    "text, csv, tsv, json, jsonl or html.\n"
    "  --basis BASIS         aggregate, consolidated or share\n"
    "  --filter EXPR         rows that hold it: fleet-filter(7)\n"
    "  --sort KEYS           up to two columns, - before one reverses: -noi,entity\n"
    "  --columns NAMES       those, in that order\n"
    "  --wait WHAT           all, quorum=0.95, or seconds (15)\n"
    "  --max-age AGE         exit 3 when something is older: 5m, 2h, 3d\n"
    "  --batch [-n N] [-d S] the view again every S seconds (10), N times\n"
    "  --check WHAT          breaks, stale or coverage=0.99: one line, exit 6 if so\n"
    "  --theme NAME|FILE     dark, light, mono, contrast; --glyphs auto|ascii|blocks\n"
    "  --without-last-known  leave out what is only last known\n"
    "  --print-keys, --check-config, --version\n"
    "Exit: 0 complete, 1 internal, 2 usage or configuration, 3 partial (data was\n"
    "printed), 4 nobody answered, 5 refused, 6 --check found something.\n"
    "Manual: fleet(1), fleet.conf(5), fleet-filter(7), fleet-marks(7).\n";

struct request {
    const char *config;
    const char *portfolio;
    bool is_once, has_basis, has_rounds, has_interval, is_batch, has_format;
    struct console_looks looks;
    const char *theme, *glyphs; /* NULL: as the configuration says */
    struct once_request once;
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
    OPTION_FILTER,
    OPTION_SORT,
    OPTION_COLUMNS,
    OPTION_MAX_AGE,
    OPTION_BATCH,
    OPTION_CHECK,
    OPTION_CHECK_CONFIG,
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
    {"filter", required_argument, NULL, OPTION_FILTER},
    {"sort", required_argument, NULL, OPTION_SORT},
    {"columns", required_argument, NULL, OPTION_COLUMNS},
    {"max-age", required_argument, NULL, OPTION_MAX_AGE},
    {"batch", no_argument, NULL, OPTION_BATCH},
    {"check", required_argument, NULL, OPTION_CHECK},
    {"check-config", no_argument, NULL, OPTION_CHECK_CONFIG},
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

static bool parse_count(const char *text, long least, long most, long *value)
{
    char *rest;
    *value = strtol(text, &rest, 10);
    return rest != text && *rest == '\0' && *value >= least && *value <= most;
}

static bool take_once_option(int option, const char *value, struct request *request)
{
    struct once_request *once = &request->once;
    long count = 0;
    switch (option) {
    case OPTION_ONCE:
        request->is_once = true;
        return once_view_parse(value, once);
    case OPTION_FORMAT:
        request->has_format = true;
        return export_format_parse(value, &once->format);
    case OPTION_WAIT:
        return once_wait_parse(value, &once->until);
    case OPTION_FILTER:
        once->filter = value;
        return true;
    case OPTION_SORT:
        once->sort = value;
        return true;
    case OPTION_COLUMNS:
        once->columns = value;
        return true;
    case OPTION_MAX_AGE:
        return filter_duration(text_of(value), &once->max_age_ms) &&
               once->max_age_ms > 0;
    case OPTION_BATCH:
        return request->is_batch = true;
    case 'n':
        request->has_rounds = parse_count(value, 1, 1000000000, &count);
        once->rounds = (uint32_t)count;
        return request->has_rounds;
    case 'd':
        request->has_interval = parse_count(value, 1, 86400, &count);
        once->interval_ms = count * 1000;
        return request->has_interval;
    case OPTION_CHECK:
        once->check = value;
        return once_check_parse(value);
    default:
        return false;
    }
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
    case OPTION_BASIS:
        request->has_basis = true;
        return parse_basis(value, &request->once.options.basis);
    case OPTION_COLOR:
        return parse_colour(value, &request->looks.colour);
    case OPTION_THEME:
        request->theme = value;
        return true;
    case OPTION_GLYPHS:
        request->glyphs = value;
        return true;
    case OPTION_WITHOUT:
        request->once.options.without_last_known = true;
        return true;
    default:
        return take_once_option(option, value, request);
    }
}

static const char *option_name(int option)
{
    static char letter[2];
    for (size_t i = 0; options[i].name; i++)
        if (options[i].val == option)
            return options[i].name;
    letter[0] = (char)option;
    return letter;
}

/* An option that would do nothing is a mistake, not a wish. */
static const char *misused(const struct request *request)
{
    const struct once_request *once = &request->once;
    bool has_picture = request->is_once && !once->check;
    if (request->is_once && once->check)
        return "--check says its own line: it takes no --once";
    if ((once->filter || once->sort || once->columns || request->has_format ||
         request->is_batch) &&
        !has_picture)
        return "--format, --filter, --sort, --columns and --batch need --once VIEW";
    if ((request->has_rounds || request->has_interval) && !request->is_batch)
        return "-n and -d need --batch";
    return NULL;
}

static int check_config(const char *path)
{
    char found[4096], error[CONFIG_ERROR_CHARS];
    if (!path && !config_find(found, sizeof found)) {
        fputs("fleet: no fleet.conf: looked at $FLEET_CONFIG, "
              "~/.config/fleet/fleet.conf and /etc/fleet/fleet.conf\n",
              stderr);
        return EXIT_USAGE;
    }
    struct config *config = config_load(path ? path : found, error);
    if (!config) {
        fprintf(stderr, "fleet: %s\n", error);
        return EXIT_USAGE;
    }
    printf("%s: %u archives, %u portfolios\n", config->path, config->totebox_count,
           config->portfolio_count);
    config_free(config);
    return output_end(EXIT_COMPLETE);
}

/* EXIT_COMPLETE: nothing more to do; -1: go on; else the exit status. */
static int parse(int argc, char **argv, struct request *request)
{
    int option;
    bool checks_config = false;
    while ((option = getopt_long(argc, argv, "n:d:", options, NULL)) != -1) {
        switch (option) {
        case OPTION_HELP:
            fputs(usage, stdout);
            return output_end(EXIT_COMPLETE);
        case OPTION_VERSION:
            puts("fleet " VERSION);
            return output_end(EXIT_COMPLETE);
        case OPTION_PRINT_KEYS:
            actions_print(stdout);
            return output_end(EXIT_COMPLETE);
        case OPTION_CHECK_CONFIG:
            checks_config = true;
            break;
        default:
            if (take_option(option, optarg, request))
                break;
            if (option != '?') /* getopt has said what is unknown */
                fprintf(stderr, "fleet: %s%s: '%s' is not understood\n\n",
                        option < 256 ? "-" : "--", option_name(option), optarg);
            fputs(usage, stderr);
            return EXIT_USAGE;
        }
    }
    const char *why = misused(request);
    if (optind < argc)
        fprintf(stderr, "fleet: %s: no such command\n\n%s", argv[optind], usage);
    else if (why)
        fprintf(stderr, "fleet: %s\n", why);
    if (optind < argc || why)
        return EXIT_USAGE;
    return checks_config ? check_config(request->config) : -1;
}

static bool pick_portfolio(struct request *request, const struct config *config)
{
    const char *wanted = request->portfolio;
    for (uint32_t i = 0; wanted && i < config->portfolio_count; i++)
        if (strcmp(config->portfolios[i].name, wanted) == 0) {
            request->once.options.portfolio = i;
            wanted = NULL;
        }
    if (wanted) {
        fprintf(stderr, "fleet: %s has no portfolio \"%s\"\n", config->path, wanted);
        return false;
    }
    struct once_request *once = &request->once;
    once->viewport = request->is_once ? viewport_find(config, once->name) : NULL;
    if (request->is_once && once->view == EXPORT_VIEWPORT && !once->viewport) {
        fprintf(stderr, "fleet: no view and no viewport is called \"%s\"; there are:",
                once->name);
        fputs(" executive portfolio reconcile fleet alerts entity:ID", stderr);
        for (uint32_t i = 0; config->viewports && i < config->viewports->count; i++)
            fprintf(stderr, " %s", config->viewports->items[i].name);
        fputc('\n', stderr);
        return false;
    }
    if (!request->has_basis)
        request->once.options.basis =
            config->portfolios[request->once.options.portfolio].basis;
    return true;
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
        .portfolio = request->once.options.portfolio,
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
    struct request request = {
        .once = {.until = {.wait_ms = 15000}, .interval_ms = 10000}};
    struct program program = {0};
    char error[SESSION_ERROR_CHARS];
    int status = parse(argc, argv, &request);
    if (status >= 0)
        return status;
    setlocale(LC_CTYPE, "");
    bool has_screen = !request.is_once && !request.once.check;
    if (!request.is_batch)
        request.once.rounds = 1;
    if (has_screen)
        guard_start(); /* before keys are read and handles exist */
    if (!session_open(&program.session, request.config, error)) {
        fprintf(stderr, "fleet: %s\n", error);
        return EXIT_USAGE;
    }
    if (!pick_portfolio(&request, program.session.config))
        status = EXIT_USAGE;
    else if (!has_screen)
        status = once_run(&program.session, &request.once);
    else
        status = run_console(&program, &request);
    session_close(&program.session);
    return status;
}
