/* serve_idle_test.c - what a connection costs that is open and has nothing to say, at
 * both ends: heap of the fleet, resident memory of the archive. */
#include "tests/totebox/serve_peer.h"

#include <malloc.h>

enum { LINKS = 28, LINK_BYTES_MAX_IDLE = 16 * 1024, PEER_KIB_MAX = 32 };

static struct config_totebox many[LINKS];

static bool all_are_live(struct bench *bench)
{
    for (uint32_t slot = 0; slot < bench->config.totebox_count; slot++)
        if (store_status(bench->store, slot)->state != LINK_LIVE)
            return false;
    return true;
}

static long resident_kib(pid_t process)
{
    char path[64];
    long pages = 0;
    snprintf(path, sizeof path, "/proc/%d/statm", (int)process);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%*d %ld", &pages), 1);
    fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

/* Heap in use with `count` links that are live and have been quiet for a while. */
static size_t heap_of_links(struct bench *bench, uint32_t count, long *server_kib)
{
    for (uint32_t i = 0; i < count; i++)
        many[i] = bench->totebox;
    bench->links = NULL;
    links_open_many(bench, many, count);
    assert_true(run_until(bench, all_are_live) >= 0);
    turn_for(bench, 500);
    malloc_trim(0);
    size_t heap = mallinfo2().uordblks;
    *server_kib = resident_kib(bench->server);
    links_shut(bench);
    return heap;
}

static void serve__and_fleet_keep_little_for_an_idle_link(void **state)
{
    struct bench bench;
    long few_kib, many_kib;
    (void)state;
    archive_make(&bench);
    append_metrics(&bench, 3, "5");
    server_start(&bench, "127.0.0.1:0");
    links_find(&bench);
    (void)heap_of_links(&bench, 2, &few_kib); /* what is made once is there */
    size_t few = heap_of_links(&bench, 4, &few_kib);
    size_t all = heap_of_links(&bench, LINKS, &many_kib);
    size_t each = (all - few) / (LINKS - 4);
    print_message("%zu bytes of heap a link, %ld KiB resident a connection\n", each,
                  (many_kib - few_kib) / (LINKS - 4));
#ifndef __SANITIZE_ADDRESS__
    assert_in_range(each, 1024, LINK_BYTES_MAX_IDLE);
    assert_in_range((many_kib - few_kib) / (LINKS - 4), 0, PEER_KIB_MAX);
#endif
    bench_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(serve__and_fleet_keep_little_for_an_idle_link),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
