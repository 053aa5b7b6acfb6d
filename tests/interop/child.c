#include "tests/interop/child.h"

#include "tests/support/cmocka_all.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/hex.h"

enum { PATIENCE_MS = 20000 };

void child_start(struct child *child, const char *program, const char *const *arguments)
{
    int in[2], out[2];
    char path[512];
    char *list[8] = {path};
    snprintf(path, sizeof path, "%s/%s", getenv("top_builddir"), program);
    for (size_t i = 0; i < 6 && arguments[i]; i++)
        list[i + 1] = strdup(arguments[i]);
    memset(child, 0, sizeof *child);
    assert_int_equal(pipe2(in, O_CLOEXEC), 0);
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    child->pid = fork();
    assert_true(child->pid >= 0);
    if (child->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* also when a test fails */
        dup2(in[0], 0);
        dup2(out[1], 1);
        execv(path, list);
        _exit(127);
    }
    for (size_t i = 1; list[i]; i++)
        free(list[i]);
    close(in[0]);
    close(out[1]);
    child->to = in[1];
    child->from = out[0];
}

const char *child_line(struct child *child)
{
    char *end;
    while (!(end = memchr(child->said, '\n', child->length))) {
        struct pollfd wait = {.fd = child->from, .events = POLLIN};
        if (poll(&wait, 1, PATIENCE_MS) <= 0)
            fail_msg("the other program says nothing");
        ssize_t got = read(child->from, child->said + child->length,
                           sizeof child->said - child->length);
        if (got <= 0)
            fail_msg("the other program ended");
        child->length += (size_t)got;
    }
    size_t length = (size_t)(end - child->said);
    memcpy(child->line, child->said, length);
    child->line[length] = '\0';
    child->length -= length + 1;
    memmove(child->said, end + 1, child->length);
    return child->line;
}

const char *child_order(struct child *child, const char *order, ...)
{
    char line[512];
    va_list arguments;
    va_start(arguments, order);
    int length = vsnprintf(line, sizeof line - 1, order, arguments);
    va_end(arguments);
    assert_in_range(length, 1, sizeof line - 2);
    line[length++] = '\n';
    assert_int_equal(write(child->to, line, (size_t)length), length);
    const char *answer = child_line(child);
    if (strncmp(answer, "ok", 2) != 0)
        fail_msg("%.*s: %s", length - 1, line, answer);
    return answer;
}

uint64_t child_count(struct child *child, const char *name)
{
    char wanted[64];
    snprintf(wanted, sizeof wanted, " %s=", name);
    const char *at = strstr(child_order(child, "tell"), wanted);
    return at ? strtoull(at + strlen(wanted), NULL, 10) : 0;
}

int child_end(struct child *child)
{
    int status = 0;
    close(child->to);
    close(child->from);
    waitpid(child->pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void foreign_start(struct foreign *foreign, const char *program, const char *entity,
                   const uint8_t device[32])
{
    char hex[65], key[65];
    unsigned port;
    for (size_t i = 0; i < 32; i++)
        snprintf(hex + 2 * i, 3, "%02x", device[i]);
    child_start(&foreign->child, program, (const char *const[]){entity, hex, NULL});
    const char *ready = child_line(&foreign->child);
    if (sscanf(ready, "ready %u %64s", &port, key) != 2)
        fail_msg("not ready: %s", ready);
    foreign->port = (uint16_t)port;
    hex_read(key, foreign->authority, 32);
}
