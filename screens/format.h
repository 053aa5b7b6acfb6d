/* format.h - numbers, ages and times as people read them: no locale, no floating point.
 *
 * A number is right-aligned with two columns reserved behind its digits: the closing
 * parenthesis of a negative, and the mark that says in what state it is.
 *
 *        4,812.6M*     a total that leaves something out
 *           (4.1M)!    negative and stale
 *            43.8%     current
 *               --r    not permitted: never 0, never blank
 *
 * Rounding is half away from zero and for display only; exports carry the exact value.
 */
#ifndef SCREENS_FORMAT_H
#define SCREENS_FORMAT_H

#include "core/model.h"
#include "tui/cells.h"

enum { FORMAT_CHARS = 80, TIME_CHARS = 32 };

/* How exactly a column of money is shown; all cells of a column use one form. */
enum number_form {
    NUMBER_EXACT,     /* 1,234,567.00 */
    NUMBER_UNITS,     /* 1,234,567 */
    NUMBER_THOUSANDS, /* 1,235k */
    NUMBER_COMPACT,   /* 1.2M: k, M, B, T, whatever the number asks for */
    NUMBER_COMPACT_K, /* the same with one unit for a whole column */
    NUMBER_COMPACT_M,
    NUMBER_COMPACT_B,
    NUMBER_COMPACT_T,
    NUMBER_FULL, /* all digits there are, of ratios too: for cards */
};
const char *number_form_name(enum number_form form); /* "exact" "compact" ... */
/* The unit for a column from the sizes of its largest and its smallest value that is
 * not zero: at least 1 M of the largest, 10 of k, B or T; one unit less where the
 * smallest would lose its digits and the largest still fits `columns`. */
enum number_form number_compact_unit(struct decimal largest, struct decimal smallest,
                                     int columns);

/* "1,234.50", "(1,234.50)", "+12.4M" when `is_change`; "<0.1M" where a value that is
 * not zero would be shown as 0.  `places`: digits after the point of an exact form.
 * Returns the length. */
int number_write(struct decimal value, uint8_t places, enum number_form form,
                 bool is_change, char text[FORMAT_CHARS]);

/* A figure without its mark: "4,812.6M", "(4.1M)", "43.8%", "1.25x", "31.7 mo", "--",
 * "..", "-".  Returns the length. */
int figure_write(const struct figure *figure, enum number_form form, bool is_change,
                 char text[FORMAT_CHARS]);
/* '*' for a partial total, else the mark of the figure; ' ' when it is current. */
char figure_mark(const struct figure *figure);
enum style mark_style(enum mark mark);
/* Columns that the figure needs with both reserved ones. */
int figure_columns(const struct figure *figure, enum number_form form, bool is_change);
/* Draws it right-aligned in `width` columns, which include the two reserved ones.  What
 * does not fit is never cut: it is drawn in a shorter form, at the last as "#". */
void figure_draw(struct cells *cells, int row, int column, int width,
                 const struct figure *figure, enum number_form form, bool is_change);

/* "12s" "14m" "18h" "54d"; "+0.2s" for an age below zero; "--" when `as_of_ms` is 0. */
void age_write(int64_t now_ms, int64_t as_of_ms, char text[TIME_CHARS]);
/* As short: "00:36" on the day of `now_ms`, else "22Nov"; UTC. */
void clock_write(int64_t now_ms, int64_t at_ms, char text[TIME_CHARS]);
/* "00:36:05Z" */
void time_write(int64_t at_ms, char text[TIME_CHARS]);
/* "23 Nov 00:36:05Z" and "23 Nov 2026 00:36:05Z" */
void stamp_write(int64_t at_ms, bool with_year, char text[TIME_CHARS]);
/* "2026-11-23T00:36:05Z", for exports */
void iso_write(int64_t at_ms, char text[TIME_CHARS]);
/* 20261215 as "15 Dec", 0 as "--" */
void day_write(int64_t yyyymmdd, char text[TIME_CHARS]);
/* 20261215 as "2026-12-15", 0 as "--" */
void date_write(int64_t yyyymmdd, char text[TIME_CHARS]);
/* A period token for people: "Dec 2025 - Nov 2026" for whole months, "2025-12-03 to
 * 2026-11-05" for other days; the other tokens as they are. */
void period_write(const char *token, char text[TIME_CHARS]);
/* "850ms" "18s" "2m": a time to come or a round trip. */
void duration_write(int64_t milliseconds, char text[TIME_CHARS]);
/* "1,203" */
void count_write(int64_t count, char text[TIME_CHARS]);

#endif
