#include "tui/settle.h"

struct settling {
    struct session *session;
    const struct settle_until *until;
    const struct model_options *options;
};

static bool has_quorum(const struct settling *settling)
{
    struct decimal needed;
    if (!settling->until->has_quorum)
        return false;
    session_set_clock(settling->session);
    const struct coverage *coverage =
        figures_coverage(settling->session->figures, settling->options);
    return coverage &&
           decimal_multiply(settling->until->quorum,
                            decimal_from_int(coverage->expected),
                            settling->until->quorum.scale, &needed) == DECIMAL_OK &&
           decimal_compare(decimal_from_int(coverage->answered), needed) >= 0;
}

static void on_changed(void *user)
{
    struct settling *settling = user;
    if (links_have_settled(settling->session->links) || has_quorum(settling))
        uv_stop(&settling->session->loop);
}

static void on_time_over(uv_timer_t *timer)
{
    uv_stop(timer->loop);
}

void session_run_for(struct session *session, int64_t wait_ms)
{
    uv_timer_t timer;
    uv_update_time(&session->loop);
    uv_timer_init(&session->loop, &timer);
    uv_timer_start(&timer, on_time_over, (uint64_t)wait_ms, 0);
    uv_run(&session->loop, UV_RUN_DEFAULT);
    uv_close((uv_handle_t *)&timer, NULL);
    uv_run(&session->loop, UV_RUN_NOWAIT); /* the timer lives on this stack frame */
    session_set_clock(session);
}

void session_settle_until(struct session *session, const struct settle_until *until,
                          const struct model_options *options)
{
    struct settling settling = {session, until, options};
    session->changed = on_changed;
    session->changed_user = &settling;
    links_start(session->links);
    session_run_for(session, links_have_settled(session->links) ? 0 : until->wait_ms);
    session->changed = NULL;
}

void session_settle(struct session *session, int64_t wait_ms)
{
    struct settle_until until = {.wait_ms = wait_ms};
    struct model_options options = {.portfolio = 0};
    session_settle_until(session, &until, &options);
}
