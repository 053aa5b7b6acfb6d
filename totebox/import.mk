# Imports (hledger, metric, edge, obligation, trial balance, rates) and `append` live
# here, apart from archive.mk.  main.c needs import_main() and append_main() of import.h
# and nothing else.
libtotebox_a_SOURCES += \
	totebox/append.c totebox/append.h \
	totebox/append_json.c \
	totebox/append_words.c \
	totebox/command_append.c \
	totebox/command_import.c \
	totebox/csv.c totebox/csv.h \
	totebox/import.h \
	totebox/import_balance.c \
	totebox/import_digests.c totebox/import_digests.h \
	totebox/import_facts.c \
	totebox/import_hledger.c \
	totebox/import_identity.c \
	totebox/import_known.c totebox/import_known.h \
	totebox/import_line.c totebox/import_line.h \
	totebox/import_plan.c totebox/import_plan.h \
	totebox/import_rates.c \
	totebox/import_run.c \
	totebox/import_table.c \
	totebox/import_tags.c totebox/import_tags.h

EXTRA_DIST += tests/totebox/import_support.h \
	tests/support/alder_trial_balance.awk \
	tests/totebox/data/tags.csv tests/totebox/data/tags.journal

if HAVE_CMOCKA
UNIT_TESTS += tests/totebox/append_test
tests_totebox_append_test_SOURCES = tests/totebox/append_test.c
tests_totebox_append_test_LDADD = $(TOTEBOX_LIBS) $(CMOCKA_LIBS)
UNIT_TESTS += tests/totebox/csv_test
tests_totebox_csv_test_SOURCES = tests/totebox/csv_test.c
tests_totebox_csv_test_LDADD = $(TOTEBOX_LIBS) $(CMOCKA_LIBS)
UNIT_TESTS += tests/totebox/import_test
tests_totebox_import_test_SOURCES = tests/totebox/import_test.c
tests_totebox_import_test_LDADD = $(TOTEBOX_LIBS) $(CMOCKA_LIBS)
UNIT_TESTS += tests/totebox/import_hledger_test
tests_totebox_import_hledger_test_SOURCES = tests/totebox/import_hledger_test.c
tests_totebox_import_hledger_test_LDADD = $(TOTEBOX_LIBS) $(CMOCKA_LIBS)
endif

FUZZ_TARGETS += tests/fuzz/import_fuzz
tests_fuzz_import_fuzz_SOURCES = tests/fuzz/import_fuzz.c $(FUZZ_MAIN)
tests_fuzz_import_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LINK)
tests_fuzz_import_fuzz_LDADD = $(TOTEBOX_LIBS)
EXTRA_DIST += tests/fuzz/corpus/import
