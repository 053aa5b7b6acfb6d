#include "tests/interop/arena.h"

#include "tests/support/cmocka_all.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* --- every dial of this process ------------------------------------------------------
 */

static struct {
    uint16_t allowed[2];
    uint32_t dials, elsewhere;
} dialled;

/* Takes the place of the C library's: libuv calls this one. */
int connect(int socket, const struct sockaddr *address, socklen_t length);
int connect(int socket, const struct sockaddr *address, socklen_t length)
{
    struct sockaddr_in in;
    memset(&in, 0, sizeof in);
    if (length >= sizeof in)
        memcpy(&in, address, sizeof in);
    bool is_ours = in.sin_family == AF_INET &&
                   in.sin_addr.s_addr == htonl(INADDR_LOOPBACK) &&
                   (ntohs(in.sin_port) == dialled.allowed[0] ||
                    ntohs(in.sin_port) == dialled.allowed[1]);
    dialled.dials++;
    dialled.elsewhere += !is_ours;
    return (int)syscall(SYS_connect, socket, address, length);
}

/* --- links beside the attacked ones
 * ----------------------------------------------------
 */

static struct arena *now;

void arena_open(struct arena *arena, const char *program, int enemies)
{
    memset(arena, 0, sizeof *arena);
    now = arena;
    bench_open(&arena->bench);
    fake_archive_start(&arena->friend, arena->bench.net, "GOOD",
                       arena->bench.device.public_key);
    fake_archive_set(&arena->friend, "noi", 450000);
    foreign_start(&arena->enemy, program, "EVIL", arena->bench.device.public_key);
    bench_add(&arena->bench, "GOOD", arena->friend.port, arena->friend.key.public_key);
    for (int i = 0; i < enemies; i++)
        bench_add(&arena->bench, "EVIL", arena->enemy.port, arena->enemy.authority);
    arena->bench.config.limits.backoff_base_ms = 1;
    arena->bench.config.limits.backoff_cap_ms = 1;
    dialled.allowed[0] = arena->friend.port;
    dialled.allowed[1] = arena->enemy.port;
    dialled.dials = dialled.elsewhere = 0;
    bench_start(&arena->bench);
    bench_await(&arena->bench, bench_is_live);
}

void arena_close(struct arena *arena)
{
    links_close(arena->bench.links, NULL, NULL);
    fake_archive_stop(&arena->friend);
    uv_run(&arena->bench.loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&arena->bench.loop), 0);
    fake_archive_release(&arena->friend);
    store_free(arena->bench.store);
    for (size_t i = 0; i < arena->bench.config.totebox_count; i++)
        free((void *)(uintptr_t)arena->bench.toteboxes[i].entity);
    channel_identity_free(arena->bench.identity);
    free(arena->bench.net);
    assert_int_equal(child_end(&arena->enemy.child), 0);
}

static bool has_value(struct bench *bench)
{
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)now->value);
    return strcmp(bench_metric(bench, "n"), text) == 0;
}

/* One more commit of the friend arrives, whatever happens beside it. */
void arena_assert_friend_lives(struct arena *arena)
{
    fake_archive_set(&arena->friend, "n", ++arena->value);
    bench_await(&arena->bench, has_value);
    assert_true(bench_is_live(&arena->bench));
    assert_int_equal(arena->friend.dials, 1);
    assert_int_equal(arena->friend.presents, 1);
    assert_int_equal(arena->friend.hellos, 0);
    assert_int_equal(arena->friend.connection_count, 1);
}

void arena_assert_enemy_rows_are_its_own(struct arena *arena)
{
    struct store *store = arena->bench.store;
    for (uint32_t slot = 1; slot < store_slot_count(store); slot++)
        for (enum view view = 0; view < VIEW_COUNT; view++)
            for (uint32_t i = 0; i < store_row_count(store, slot, view); i++)
                assert_string_equal(
                    names_string(store_names(store),
                                 store_row(store, slot, view, i)->row.entity),
                    "EVIL");
}

uint32_t arena_dials_elsewhere(void)
{
    return dialled.elsewhere;
}

/* --- what the kernel is told to watch
 * -------------------------------------------------
 */

static void on_forbidden(int number, siginfo_t *info, void *context)
{
    char words[64];
    (void)number;
    (void)context;
    int length =
        snprintf(words, sizeof words, "system call %d was made\n", info->si_syscall);
    ssize_t written = write(2, words, (size_t)length);
    _exit(written > 0 ? 1 : 2);
}

#define LOAD(field)                                                                    \
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offsetof(struct seccomp_data, field))
#define FORBID(call)                                                                   \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 1),                             \
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP)
/* Forbidden when one of the flags is set in argument `place`. */
#define FORBID_FLAGS(call, place, flags)                                               \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 4), LOAD(args[place]),          \
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, flags, 0, 1),                             \
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),                                   \
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

void arena_forbid(void)
{
    static struct sock_filter filter[] = {
        LOAD(nr),
        FORBID_FLAGS(openat, 2, O_WRONLY | O_RDWR | O_CREAT | O_TRUNC),
        FORBID(execve),
        FORBID(execveat),
        FORBID(bind),
        FORBID(listen),
        FORBID(unlinkat),
        FORBID(mkdirat),
        FORBID(renameat2),
#ifdef SYS_open
        FORBID_FLAGS(open, 1, O_WRONLY | O_RDWR | O_CREAT | O_TRUNC),
        FORBID(creat),
        FORBID(unlink),
        FORBID(rename),
        FORBID(mkdir),
#endif
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = on_forbidden;
    action.sa_flags = SA_SIGINFO;
    assert_int_equal(sigaction(SIGSYS, &action, NULL), 0);
    assert_int_equal(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
    assert_int_equal(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
}
