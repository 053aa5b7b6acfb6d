#include "tui/settle.h"

static void on_settled(void *user)
{
    struct session *session = user;
    if (links_have_settled(session->links))
        uv_stop(&session->loop);
}

static void on_time_over(uv_timer_t *timer)
{
    uv_stop(timer->loop);
}

void session_settle(struct session *session, int64_t wait_ms)
{
    uv_timer_t timer;
    uv_timer_init(&session->loop, &timer);
    uv_timer_start(&timer, on_time_over, (uint64_t)wait_ms, 0);
    session->changed = on_settled;
    session->changed_user = session;
    links_start(session->links);
    if (!links_have_settled(session->links))
        uv_run(&session->loop, UV_RUN_DEFAULT);
    session->changed = NULL;
    uv_close((uv_handle_t *)&timer, NULL);
    uv_run(&session->loop, UV_RUN_NOWAIT); /* the timer lives on this stack frame */
    session_set_clock(session);
}
