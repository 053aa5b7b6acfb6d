/* exposure.h - what may be seen: exposure.conf, deny if absent.
 *
 * Blocks add up.  `to` of a block is a role or the fingerprint of a key.  What one peer
 * sees is an exposure_view: the blocks that name its role or its key.  A row or a cell
 * is permitted when one of them permits it; the server intersects that with the grant.
 *
 * Row patterns are an exact key, or a prefix followed by '*', nothing else. */
#ifndef TOTEBOX_EXPOSURE_H
#define TOTEBOX_EXPOSURE_H

#include "proto/rows.h"
#include "totebox/date.h"
#include "totebox/problem.h"

enum granularity { GRANULARITY_TOTAL, GRANULARITY_ACCOUNT, GRANULARITY_ITEM };

enum { EXPOSURE_PERIODS_MAX = 64, EXPOSURE_BLOCKS_MAX = 64 };

/* What sums of several must keep to (disclosure.h); 0: no such limit. */
struct disclosure_limits {
    uint32_t min_n;                      /* contributors at least */
    struct decimal dominance, p_percent; /* percent */
};

struct strings {
    char **text;
    uint32_t count;
};

struct expose_block {
    char *title;
    struct strings to; /* roles, or "SHA256:..." */
    uint32_t views;    /* bit 1 << enum view */
    struct period periods[EXPOSURE_PERIODS_MAX];
    uint32_t period_count;
    enum granularity granularity;
    struct strings rows;           /* patterns of pos keys; none: all */
    struct strings keys;           /* patterns of metric keys; none: all */
    struct strings counterparties; /* of items; none: all */
    struct strings withhold;       /* columns whose cells get mark 3 */
    int32_t items_from;            /* 0: the earliest start of its periods */
    int64_t window_ms;             /* longest pairing */
    uint32_t rate;                 /* reads a second, 0: no limit */
    struct disclosure_limits limits; /* of metric rows */
};

struct exposure {
    struct expose_block *blocks;
    uint32_t count;
};

/* A file that is absent exposes nothing.  Every problem names file and line. */
MUST_CHECK enum archive_error exposure_read(struct exposure **exposure,
                                            const char *path, struct problem *problem);
void exposure_free(struct exposure *exposure);

/* What the index must hold so that every block can be answered: the union. */
struct index_plan {
    uint32_t views; /* bit 1 << enum view */
    struct period periods[EXPOSURE_PERIODS_MAX];
    uint32_t period_count;
    bool totals, accounts; /* granularities of pos */
    int32_t items_from;    /* with VIEW_ITEM; 0: all */
};
void exposure_plan(const struct exposure *exposure, struct index_plan *plan);

/* One peer's share.  Borrows the exposure. */
struct exposure_view {
    const struct expose_block *blocks[EXPOSURE_BLOCKS_MAX];
    uint32_t count;
};
/* holder: SHA-256 of the peer's SubjectPublicKeyInfo, or NULL. */
void exposure_for(const struct exposure *exposure, struct text role,
                  const uint8_t *holder, struct exposure_view *view);

bool exposure_sees_view(const struct exposure_view *exposure, enum view view);
/* Judged on the row's own fields, which do not change while its key exists: a row that
 * was permitted stays so until it is deleted.  VIEW_ENTITY is permitted to everybody
 * who is paired, even without a block. */
bool exposure_sees_row(const struct exposure_view *exposure, const struct names *names,
                       enum view view, const union any_row *row);
/* The strictest of the limits of all blocks; false when there is none. */
bool exposure_limits(const struct exposure_view *exposure,
                     struct disclosure_limits *limits);
/* Of a metric row that is permitted: is it only by blocks with limits? */
bool exposure_limits_row(const struct exposure_view *exposure,
                         const struct names *names, const union any_row *row);
/* Of a row that exposure_sees_row permits: the mark that a cell must leave with,
 * whatever it holds.  CELL_PRESENT: send it as it is, unless disclosure_mark() says
 * otherwise. */
enum cell_mark exposure_cell_mark(const struct exposure_view *exposure,
                                  const struct names *names, enum view view,
                                  const union any_row *row, uint32_t column);
/* Longest window of a pairing and reads a second (0: no limit) over its blocks. */
int64_t exposure_window_ms(const struct exposure_view *exposure);
uint32_t exposure_rate(const struct exposure_view *exposure);
/* View names for a token's scope, sorted bytewise; borrowed literals. */
uint32_t exposure_view_names(const struct exposure_view *exposure,
                             struct text names[VIEW_COUNT]);

#endif
