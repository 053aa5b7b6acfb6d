/* child.h - another program of this test: started with pipes, and given orders. */
#ifndef TESTS_INTEROP_CHILD_H
#define TESTS_INTEROP_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct child {
    pid_t pid;
    int to, from;
    char said[8192]; /* what came and was not taken yet, as a string */
    size_t length;
    char line[8192]; /* the line taken last */
};

/* Runs `program` of the build folder.  It dies with this process. */
void child_start(struct child *child, const char *program,
                 const char *const *arguments);
/* The next line that it says; the test fails when none comes in 20 s. */
const char *child_line(struct child *child);
/* Gives an order and takes its answer, which begins with "ok". */
const char *child_order(struct child *child, const char *order, ...)
    __attribute__((format(printf, 2, 3)));
/* A count of the answer to "tell"; 0 when it is not named. */
uint64_t child_count(struct child *child, const char *name);
/* Closes its input and waits; its exit status, or -1 when a signal ended it. */
int child_end(struct child *child);

/* The Totebox in C++ (archive.cc): where it listens and which key it has. */
struct foreign {
    struct child child;
    uint16_t port;
    uint8_t authority[32];
};
void foreign_start(struct foreign *foreign, const char *program, const char *entity,
                   const uint8_t device[32]);

#endif
