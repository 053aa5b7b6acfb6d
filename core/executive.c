#include "core/executive.h"

const struct model_executive *figures_executive(struct figures *figures,
                                                const struct model_options *options)
{
    struct arena *arena;
    struct model_executive *model =
        model_begin(figures, MODEL_EXECUTIVE, options, &arena);
    if (model)
        return model;
    struct portfolio *portfolio = portfolio_at(figures, options->portfolio);
    struct executive executive = {
        .figures = figures,
        .portfolio = portfolio,
        .rollup = rollup_of(figures, portfolio, options->without_last_known),
        .recon = figures_recon(figures, options),
        .basis = options->basis,
        .arena = arena,
        .view_date = portfolio_view_date(figures, portfolio),
        .model = model = arena_take(arena, sizeof *model),
    };
    if (!executive.rollup || !executive.recon || !model)
        return NULL;
    *model = (struct model_executive){.portfolio = portfolio->config->name,
                                      .currency = portfolio->config->currency,
                                      .period = portfolio->config->period,
                                      .basis = options->basis};
    executive_headlines(&executive);
    executive_groups(&executive);
    executive_covenants(&executive);
    executive_buckets(&executive);
    executive_variances(&executive);
    executive_quality(&executive);
    executive_ages(&executive);
    executive_exceptions(&executive);
    model_end(figures, MODEL_EXECUTIVE, model);
    return model;
}

uint32_t figures_alert_count(struct figures *figures,
                             const struct model_options *options)
{
    const struct model_executive *model = figures_executive(figures, options);
    uint32_t count = 0;
    /* Ranked: what is only information comes last. */
    while (model && count < model->exception_count &&
           model->exceptions[count].severity > SEVERITY_INFO)
        count++;
    return count;
}

struct figure executive_percent(struct decimal num, struct decimal den,
                                const char *none)
{
    enum { PERCENT_PLACES = 10 };
    struct figure figure = {.format = FORMAT_PERCENT, .currency = "", .why = ""};
    if (decimal_divide(num, decimal_absolute(den), PERCENT_PLACES, &figure.value))
        return figure_not_applicable(FORMAT_PERCENT, none);
    figure.present = true;
    figure.included = figure.expected = 1;
    return figure;
}
