/* link_clock_test.c - a link whose own clock jumps under it, back and forth. */
#include "tests/core/link_bench.h"

static int64_t jump_ms; /* of the clock on our side */

int64_t __real_net_wall_ms(void);
int64_t __wrap_net_wall_ms(void);
int64_t __wrap_net_wall_ms(void)
{
    return __real_net_wall_ms() + jump_ms;
}

/* The archive is in this process and its clock is right. */
static void jump(struct bench *bench, int64_t ms)
{
    jump_ms = ms;
    bench->archive.clock_offset_ms = -ms;
}

static uint32_t presents_wanted;
static bool has_presented(struct bench *bench)
{
    return bench->archive.presents >= presents_wanted && is_live(bench);
}

static void link__keeps_its_stream_when_its_clock_jumps(void **state)
{
    static const int64_t jumps[] = {-1000,
                                    1000,
                                    -3600000,
                                    3600000,
                                    -86400000,
                                    INT64_C(-400) * 86400000,
                                    INT64_C(400) * 86400000,
                                    0};
    struct bench bench;
    int64_t value = 0;
    (void)state;
    jump_ms = 0;
    bench_open(&bench);
    bench.config.limits.window_ms = 20600; /* of which 20 s lie in the past */
    bench_start(&bench);
    assert_true(run_until(&bench, is_live));
    for (size_t i = 0; i < sizeof jumps / sizeof *jumps; i++) {
        jump(&bench, jumps[i]);
        fake_archive_set(&bench.archive, "n", ++value);
        presents_wanted = bench.archive.presents + 2; /* it renews after the jump */
        assert_true(run_until(&bench, has_presented));
        fake_archive_set(&bench.archive, "n", ++value);
        for (int turn = 0; turn < 20; turn++) {
            uv_run(&bench.loop, UV_RUN_NOWAIT);
            usleep(1000);
        }
    }
    assert_int_equal(bench.archive.dials, 1);
    for (uint32_t i = 1; i < bench.seen_count; i++)
        assert_true(bench.seen[i] > bench.seen[i - 1]);
    assert_int_equal(bench.seen[bench.seen_count - 1], value);
    jump_ms = 0;
    bench_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(link__keeps_its_stream_when_its_clock_jumps),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
