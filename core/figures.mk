# sources of core/ and their tests: exact numbers, the store, figures
libproto_a_SOURCES += proto/decimal.c proto/decimal.h
libcore_a_SOURCES += core/store.c core/store.h

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
librowsfixture_a_SOURCES = tests/support/rows_fixture.c tests/support/rows_fixture.h
ROWS_FIXTURE_LIBS = librowsfixture.a libcore.a $(PROTO_LIBS) $(CMOCKA_LIBS)

UNIT_TESTS += tests/proto/decimal_test
tests_proto_decimal_test_SOURCES = tests/proto/decimal_test.c
tests_proto_decimal_test_LDADD = $(PROTO_LIBS) $(CMOCKA_LIBS)

UNIT_TESTS += tests/core/store_test
tests_core_store_test_SOURCES = tests/core/store_test.c
tests_core_store_test_LDADD = $(ROWS_FIXTURE_LIBS)
tests_core_store_test_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc
endif
