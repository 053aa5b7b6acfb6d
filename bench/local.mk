# bench/: floors, subjects and peers, run alternately.  "make bench" builds them.
EXTRA_PROGRAMS += bench/floor_cold bench/cold_view bench/terminal_cost
bench_floor_cold_SOURCES = bench/floor_cold.c
bench_floor_cold_CFLAGS = -O2 -D_GNU_SOURCE
bench_floor_cold_LDADD = $(GNUTLS_LIBS) $(NETTLE_LIBS)
bench_cold_view_SOURCES = bench/cold_view.c
bench_cold_view_LDADD = libsession.a $(CORE_LIBS)
bench_terminal_cost_SOURCES = bench/terminal_cost.c
bench_terminal_cost_LDADD = -lutil
EXTRA_DIST += bench/many.sh bench/many_archives.sh bench/console.sh

.PHONY: bench
bench: bench/floor_cold bench/cold_view bench/terminal_cost
