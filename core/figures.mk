# sources of core/ and their tests: exact numbers, the store, figures
libproto_a_SOURCES += proto/decimal.c proto/decimal.h
libcore_a_SOURCES += \
	core/arena.c core/arena.h \
	core/executive.c core/executive.h \
	core/executive_exceptions.c \
	core/executive_headlines.c \
	core/executive_obligations.c \
	core/executive_quality.c \
	core/executive_variances.c \
	core/figures.c core/figures.h core/figures_state.h \
	core/figures_coverage.c \
	core/figures_entities.c \
	core/figures_entity.c \
	core/figures_facts.c \
	core/figures_fleet.c \
	core/figures_line.c core/figures_line.h \
	core/figures_metric.c \
	core/figures_period.c core/figures_period.h \
	core/figures_portfolio.c \
	core/figures_rates.c \
	core/figures_scope.c \
	core/figures_standing.c \
	core/figures_statement.c core/figures_statement.h \
	core/fx.c core/fx.h \
	core/model.c core/model.h \
	core/ownership.c core/ownership.h \
	core/recon.c core/recon.h \
	core/recon_blocks.c \
	core/recon_items.c \
	core/recon_pairs.c \
	core/rollup.c core/rollup.h \
	core/rollup_metrics.c \
	core/rollup_ratios.c \
	core/rollup_tally.c \
	core/store.c core/store.h \
	core/value.c core/value.h

EXTRA_PROGRAMS += bench/figures_cost
bench_figures_cost_SOURCES = bench/figures_cost.c
bench_figures_cost_LDADD = $(CORE_LIBS)

FUZZ_TARGETS += tests/fuzz/decimal_fuzz
tests_fuzz_decimal_fuzz_SOURCES = tests/fuzz/decimal_fuzz.c $(FUZZ_MAIN)
tests_fuzz_decimal_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LINK)
tests_fuzz_decimal_fuzz_LDADD = libproto.a
EXTRA_DIST += tests/fuzz/corpus/decimal

EXTRA_DIST += docs/views.md
EXTRA_DIST += \
	tests/data/alder/expected.tsv \
	tests/data/alder/fx.tsv \
	tests/data/alder/items.tsv \
	tests/data/alder/metrics.tsv \
	tests/data/alder/obligations.tsv \
	tests/data/alder/ownership.tsv \
	tests/data/alder/trial-balance.tsv

if HAVE_CMOCKA
# Rows for tests, straight into a store; the console's tests use it too.
check_LIBRARIES += librowsfixture.a
librowsfixture_a_SOURCES = tests/support/rows_fixture.c tests/support/rows_fixture.h \
	tests/support/alder_fixture.c
ROWS_FIXTURE_LIBS = librowsfixture.a $(CORE_LIBS) $(CMOCKA_LIBS)

UNIT_TESTS += tests/proto/decimal_test
tests_proto_decimal_test_SOURCES = tests/proto/decimal_test.c
tests_proto_decimal_test_LDADD = $(PROTO_LIBS) $(CMOCKA_LIBS)

UNIT_TESTS += tests/core/store_test
tests_core_store_test_SOURCES = tests/core/store_test.c
tests_core_store_test_LDADD = $(ROWS_FIXTURE_LIBS)
tests_core_store_test_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc

UNIT_TESTS += tests/core/rollup_test
tests_core_rollup_test_SOURCES = tests/core/rollup_test.c
tests_core_rollup_test_LDADD = $(ROWS_FIXTURE_LIBS)

UNIT_TESTS += tests/core/recon_test
tests_core_recon_test_SOURCES = tests/core/recon_test.c
tests_core_recon_test_LDADD = $(ROWS_FIXTURE_LIBS)

UNIT_TESTS += tests/core/executive_test
tests_core_executive_test_SOURCES = tests/core/executive_test.c
tests_core_executive_test_LDADD = $(ROWS_FIXTURE_LIBS)

UNIT_TESTS += tests/core/published_test
tests_core_published_test_SOURCES = tests/core/published_test.c
tests_core_published_test_LDADD = $(ROWS_FIXTURE_LIBS)

RANDOM_PORTFOLIO = tests/support/random_portfolio.c tests/support/random_portfolio.h
UNIT_TESTS += tests/core/exact_test
tests_core_exact_test_SOURCES = tests/core/exact_test.c $(RANDOM_PORTFOLIO)
tests_core_exact_test_LDADD = $(ROWS_FIXTURE_LIBS) -lgmp
UNIT_TESTS += tests/core/property_test
tests_core_property_test_SOURCES = tests/core/property_test.c $(RANDOM_PORTFOLIO)
tests_core_property_test_LDADD = $(ROWS_FIXTURE_LIBS)

UNIT_TESTS += tests/core/ownership_test
tests_core_ownership_test_SOURCES = tests/core/ownership_test.c
tests_core_ownership_test_LDADD = $(ROWS_FIXTURE_LIBS)

UNIT_TESTS += tests/core/figures_test
tests_core_figures_test_SOURCES = tests/core/figures_test.c
tests_core_figures_test_LDADD = $(ROWS_FIXTURE_LIBS)

UNIT_TESTS += tests/core/heap_test
tests_core_heap_test_SOURCES = tests/core/heap_test.c
tests_core_heap_test_LDADD = $(ROWS_FIXTURE_LIBS)
tests_core_heap_test_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc
endif
