#include "tui/once.h"

#include <stdio.h>
#include <string.h>

#include "screens/table_filter.h"
#include "tui/output.h"

/* --- words ------------------------------------------------------------------------ */

bool once_view_parse(const char *word, struct once_request *request)
{
    char name[16] = "";
    size_t length = strcspn(word, ":");
    request->name = word;
    if (length < sizeof name)
        memcpy(name, word, length);
    if (!export_view_parse(name, &request->view)) {
        request->view = EXPORT_VIEWPORT; /* the configuration knows whether it is one */
        return true;
    }
    request->entity = word[length] ? word + length + 1 : NULL;
    return (request->view == EXPORT_ENTITY) == (request->entity != NULL);
}

static bool parse_part(const char *word, struct decimal *part)
{
    bool is_percent;
    if (!filter_number(text_of(word), part, &is_percent) ||
        (is_percent && decimal_divide(*part, decimal_from_int(100), DECIMAL_SCALE_MAX,
                                      part) != DECIMAL_OK))
        return false;
    return decimal_sign(*part) >= 0 && decimal_compare(*part, decimal_from_int(1)) <= 0;
}

bool once_wait_parse(const char *word, struct settle_until *until)
{
    char seconds[16];
    if (strcmp(word, "all") == 0) {
        until->wait_ms = SETTLE_LONGEST_MS;
        return true;
    }
    if (strncmp(word, "quorum=", 7) == 0) {
        until->has_quorum = true;
        return parse_part(word + 7, &until->quorum);
    }
    bool is_bare = word[0] && word[strspn(word, "0123456789")] == '\0';
    snprintf(seconds, sizeof seconds, "%.14s%s", word, is_bare ? "s" : "");
    return filter_duration(text_of(seconds), &until->wait_ms) &&
           until->wait_ms <= SETTLE_LONGEST_MS;
}

bool once_check_parse(const char *word)
{
    struct decimal part;
    return strcmp(word, "breaks") == 0 || strcmp(word, "stale") == 0 ||
           (strncmp(word, "coverage=", 9) == 0 && parse_part(word + 9, &part));
}

/* --- a picture -------------------------------------------------------------------- */

static enum exit_code with_age(enum exit_code status, const struct coverage *coverage,
                               const struct once_request *request, int64_t now_ms)
{
    bool is_old = request->max_age_ms && coverage->oldest_as_of_ms &&
                  now_ms - coverage->oldest_as_of_ms > request->max_age_ms;
    return status == EXIT_COMPLETE && is_old ? EXIT_PARTIAL : status;
}

static void fetch(struct figures *figures, const struct once_request *request,
                  struct export_models *models)
{
    const struct model_options *asked = &request->options;
    *models = (struct export_models){.coverage = figures_coverage(figures, asked)};
    switch (request->view) {
    case EXPORT_EXECUTIVE:
    case EXPORT_ALERTS:
        models->executive = figures_executive(figures, asked);
        break;
    case EXPORT_PORTFOLIO:
        models->portfolio = figures_portfolio(figures, asked);
        break;
    case EXPORT_RECONCILE:
        models->recon = figures_recon(figures, asked);
        break;
    case EXPORT_FLEET:
        models->fleet = figures_fleet(figures);
        break;
    case EXPORT_ENTITY:
        models->entity = figures_entity(figures, request->entity);
        break;
    case EXPORT_VIEWPORT:
        models->viewport = figures_viewport(figures, asked, request->viewport);
        if (models->viewport)
            models->coverage = &models->viewport->coverage;
        break;
    case EXPORT_VIEW_COUNT:
        break;
    }
}

static enum exit_code write_picture(struct session *session,
                                    const struct once_request *request)
{
    const struct config *config = session->config;
    struct export_models models;
    char error[EXPORT_ERROR_CHARS];
    fetch(session->figures, request, &models);
    struct export_request wanted = {
        .view = request->view,
        .format = request->format,
        .title = config->title,
        .portfolio = config->portfolios[request->options.portfolio].name,
        /* A viewport adds rows as they were answered, whatever the basis is. */
        .basis = models.viewport ? BASIS_AGGREGATE : request->options.basis,
        .without_last_known = request->options.without_last_known,
        .now_ms = net_wall_ms(),
        .version = VERSION,
        .filter = request->filter,
        .sort = request->sort,
        .columns = request->columns,
    };
    if (request->view == EXPORT_ENTITY && !models.entity) {
        fprintf(stderr, "fleet: no archive of the configuration is called %s\n",
                request->entity);
        return EXIT_USAGE;
    }
    if (request->view == EXPORT_VIEWPORT && !models.viewport)
        return EXIT_INTERNAL;
    if (!export_check(&wanted, &models, error)) {
        fprintf(stderr, "fleet: %s\n", error);
        return EXIT_USAGE;
    }
    enum exit_code status = (enum exit_code)export_write(stdout, &wanted, &models);
    if (status == EXIT_INTERNAL)
        return output_end(status);
    return with_age(status, models.coverage, request, wanted.now_ms);
}

/* --- one line for a monitor ---------------------------------------------------------
 */

static enum exit_code check_breaks(struct session *session,
                                   const struct once_request *request)
{
    const struct model_recon *recon =
        figures_recon(session->figures, &request->options);
    if (!recon)
        return EXIT_INTERNAL;
    uint32_t found = recon->counts[GROUP_BREAK], named = 0;
    printf("%s breaks %u of %u checks", found ? "FOUND" : "ok", found,
           recon->check_count);
    for (uint32_t i = 0; i < recon->check_count && named < 5; i++) {
        char clean[64];
        if (recon->checks[i].group != GROUP_BREAK)
            continue;
        text_clean(recon->checks[i].id, strlen(recon->checks[i].id), clean,
                   sizeof clean);
        printf("%s %s", named++ ? "," : ":", clean);
    }
    return found ? EXIT_FOUND : EXIT_COMPLETE;
}

static enum exit_code check_coverage(const struct coverage *coverage, const char *word)
{
    struct decimal part, needed;
    bool good = parse_part(word, &part) &&
                decimal_multiply(part, decimal_from_int(coverage->expected), part.scale,
                                 &needed) == DECIMAL_OK &&
                decimal_compare(decimal_from_int(coverage->answered), needed) >= 0;
    printf("%s coverage", good ? "ok" : "FOUND");
    return good ? EXIT_COMPLETE : EXIT_FOUND;
}

static enum exit_code check(struct session *session, const struct once_request *request)
{
    const struct coverage *coverage =
        figures_coverage(session->figures, &request->options);
    /* What was found stands whoever is missing; "ok" needs that they all were asked. */
    enum exit_code status = (enum exit_code)export_status_of(coverage), found;
    if (strcmp(request->check, "breaks") == 0) {
        found = check_breaks(session, request);
    } else if (strcmp(request->check, "stale") == 0) {
        uint32_t count = coverage->stale + coverage->down;
        printf("%s stale %u", count ? "FOUND" : "ok", count);
        found = count ? EXIT_FOUND : EXIT_COMPLETE;
    } else {
        found = check_coverage(coverage, request->check + strlen("coverage="));
        if (found == EXIT_COMPLETE && status == EXIT_PARTIAL)
            status = EXIT_COMPLETE; /* that much is what was asked for */
    }
    printf("; answered %u/%u, aging %u, stale %u, down %u, refused %u, never %u\n",
           coverage->answered, coverage->expected, coverage->aging, coverage->stale,
           coverage->down, coverage->refused, coverage->never);
    if (found == EXIT_COMPLETE)
        found = with_age(status, coverage, request, net_wall_ms());
    else if (status == EXIT_NOBODY || status == EXIT_REFUSED)
        found = status;
    return output_end(found);
}

/* --- running ---------------------------------------------------------------------- */

enum exit_code once_run(struct session *session, const struct once_request *request)
{
    enum exit_code status = EXIT_COMPLETE;
    session_settle_until(session, &request->until, &request->options);
    if (request->check)
        return check(session, request);
    for (uint32_t round = 1;; round++) {
        status = write_picture(session, request);
        if (status == EXIT_INTERNAL || status == EXIT_USAGE || round == request->rounds)
            return status;
        fputc('\n', stdout);
        session_run_for(session, request->interval_ms);
    }
}
