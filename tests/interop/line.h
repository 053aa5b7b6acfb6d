/* line.h - our caller on one connection to the Totebox in C++, without a link around
 * it.
 */
#ifndef TESTS_INTEROP_LINE_H
#define TESTS_INTEROP_LINE_H

#include "net/stream.h"
#include "proto/caller.h"
#include "tests/interop/child.h"

/* A connection, and what came back on it. */
struct line {
    uv_loop_t loop;
    struct net *net;
    struct key_pair device;
    struct channel_identity *identity;
    struct foreign foreign;
    struct child *archive;
    struct stream *stream;
    struct caller *caller;
    cap totebox, grant;
    uint32_t answers, wanted;
    bool over;
};

/* One answer, copied from its callback. */
struct got {
    struct line *line;
    uint32_t order; /* 1: the first that came; 0: none came */
    enum psp_error error;
    char reason[128];
    uint32_t rows;
    uint64_t revision;
    char first[128], last[128], value[48]; /* keys; the first row's value */
    uint8_t cursor[256];
    uint32_t cursor_length;
    struct delta delta;
};

void line_open(struct line *line);
void line_close(struct line *line);
/* Sends what was asked, and turns the loop until it is so or the time is over. */
bool line_turn(struct line *line, bool (*is_so)(struct line *line), uint64_t ms);
void line_rest(struct line *line, uint64_t ms);
/* The same until so many answers have come in all; fails after 15 s. */
void line_await(struct line *line, uint32_t answers);
bool line_is_over(struct line *line);
/* Presents a leaf under the pairing that the archive hands out. */
void line_present(struct line *line, struct got *got);
void line_fetch_pairing(struct line *line, struct token *token);

/* Callbacks for a struct got: the error alone, or a page, or a delta besides. */
void got_answer(void *user, const struct answer *answer);
void got_page(void *user, const struct answer *answer);
void got_delta(void *user, const struct answer *answer);
void copy_text(char *to, size_t room, struct text text);

#endif
