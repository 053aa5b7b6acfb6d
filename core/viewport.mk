# what an operator defines: viewports
libcore_a_SOURCES += \
	core/rational.c core/rational.h \
	core/viewport.h core/viewport_state.h \
	core/viewport_file.c \
	core/viewport_formula.c \
	core/viewport_model.c \
	core/viewport_rows.c \
	core/viewport_terms.c

if HAVE_CMOCKA
UNIT_TESTS += tests/core/rational_test tests/core/viewport_test
tests_core_rational_test_SOURCES = tests/core/rational_test.c
tests_core_rational_test_LDADD = $(CORE_LIBS) $(CMOCKA_LIBS)
tests_core_viewport_test_SOURCES = tests/core/viewport_test.c
tests_core_viewport_test_LDADD = $(ROWS_FIXTURE_LIBS)
endif

EXTRA_PROGRAMS += bench/viewport_cost
bench_viewport_cost_SOURCES = bench/viewport_cost.c
bench_viewport_cost_LDADD = $(CORE_LIBS)

FUZZ_TARGETS += tests/fuzz/viewport_fuzz
tests_fuzz_viewport_fuzz_SOURCES = tests/fuzz/viewport_fuzz.c $(FUZZ_MAIN)
tests_fuzz_viewport_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LINK)
tests_fuzz_viewport_fuzz_LDADD = $(CORE_LIBS)
EXTRA_DIST += tests/fuzz/corpus/viewport

# Shipped, to be named in fleet.conf or copied.
viewportsdir = $(datadir)/fleet/viewports
dist_viewports_DATA = \
	examples/viewports/cash-by-currency.conf \
	examples/viewports/covenant-watch.conf \
	examples/viewports/debt-maturity.conf
