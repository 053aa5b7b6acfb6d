/* once.h - the views of a fleet without a screen: one picture, a series of them, or one
 * line for a monitor. */
#ifndef TUI_ONCE_H
#define TUI_ONCE_H

#include "screens/export.h"
#include "tui/commands.h"
#include "tui/settle.h"

struct once_request {
    enum export_view view;
    enum export_format format;
    const char *name;                /* as the view was asked for */
    const char *entity;              /* of EXPORT_ENTITY */
    const struct viewport *viewport; /* of EXPORT_VIEWPORT; whoever reads the
                                        configuration finds it by `name` */
    const char *filter, *sort, *columns;
    struct model_options options;
    struct settle_until until;
    int64_t max_age_ms;  /* 0: any */
    const char *check;   /* "breaks" "stale" "coverage=0.99", or NULL */
    uint32_t rounds;     /* --batch: how many, 0 for ever; 1 is one picture */
    int64_t interval_ms; /* between them */
};

/* Words as the command line has them; false when they are not understood. */
MUST_CHECK bool once_view_parse(const char *word, struct once_request *request);
MUST_CHECK bool once_wait_parse(const char *word, struct settle_until *until);
MUST_CHECK bool once_check_parse(const char *word);

/* Waits for the answers, writes to standard output and gives the exit status. */
enum exit_code once_run(struct session *session, const struct once_request *request);

#endif
