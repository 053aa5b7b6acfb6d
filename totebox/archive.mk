# the archive on disk, its imports and command line
libtotebox_a_SOURCES += \
	totebox/archive.c totebox/archive.h \
	totebox/archive_config.c \
	totebox/audit.c totebox/audit.h \
	totebox/command.c totebox/command.h \
	totebox/command_audit.c \
	totebox/command_expose.c \
	totebox/command_init.c \
	totebox/command_look.c \
	totebox/command_pair.c \
	totebox/command_query.c \
	totebox/conf.c totebox/conf.h \
	totebox/date.c totebox/date.h \
	totebox/disclosure.c totebox/disclosure.h \
	totebox/exposure.c totebox/exposure.h \
	totebox/exposure_read.c \
	totebox/index.c totebox/index.h \
	totebox/index_file.c totebox/index_file.h \
	totebox/index_keep.c \
	totebox/index_rows.c \
	totebox/index_books.c totebox/index_parts.h \
	totebox/index_facts.c \
	totebox/index_rates.c \
	totebox/ledger.c totebox/ledger.h \
	totebox/ledger_tail.c totebox/ledger_tail.h \
	totebox/line.c totebox/line.h \
	totebox/line_check.c \
	totebox/merkle.c totebox/merkle.h \
	totebox/note.c totebox/note.h \
	totebox/pairing.c totebox/pairing.h \
	totebox/problem.c totebox/problem.h \
	totebox/row_print.c \
	totebox/row_set.c totebox/row_set.h \
	totebox/share.c totebox/share.h

bin_PROGRAMS += totebox/totebox
totebox_totebox_SOURCES = totebox/main.c
totebox_totebox_LDADD = $(TOTEBOX_LIBS)

SHELL_TESTS += tests/totebox/command_test.sh tests/totebox/hackclub_test.sh
dist_man_MANS += docs/totebox.1
EXTRA_DIST += docs/archive.md tests/totebox/archive_support.h tests/totebox/support.h

if HAVE_CMOCKA
UNIT_TESTS += \
	tests/totebox/alder_test \
	tests/totebox/audit_test \
	tests/totebox/disclosure_test \
	tests/totebox/exposure_test \
	tests/totebox/index_file_test \
	tests/totebox/index_test \
	tests/totebox/ledger_sync_test \
	tests/totebox/ledger_test \
	tests/totebox/line_test \
	tests/totebox/note_test \
	tests/totebox/pairing_test
tests_totebox_alder_test_SOURCES = tests/totebox/alder_test.c
tests_totebox_alder_test_LDADD = $(TOTEBOX_LIBS) $(CMOCKA_LIBS)
tests_totebox_audit_test_SOURCES = tests/totebox/audit_test.c
tests_totebox_audit_test_LDADD = $(TOTEBOX_LIBS) $(CMOCKA_LIBS)
tests_totebox_disclosure_test_SOURCES = tests/totebox/disclosure_test.c
tests_totebox_disclosure_test_LDADD = $(TOTEBOX_LIBS) $(CMOCKA_LIBS)
tests_totebox_exposure_test_SOURCES = tests/totebox/exposure_test.c
tests_totebox_exposure_test_LDADD = $(TOTEBOX_LIBS) $(CMOCKA_LIBS)
tests_totebox_index_file_test_SOURCES = tests/totebox/index_file_test.c
tests_totebox_index_file_test_LDADD = $(TOTEBOX_LIBS) $(CMOCKA_LIBS)
tests_totebox_index_test_SOURCES = tests/totebox/index_test.c
tests_totebox_index_test_LDADD = $(TOTEBOX_LIBS) $(CMOCKA_LIBS)
tests_totebox_ledger_sync_test_SOURCES = tests/totebox/ledger_sync_test.c
tests_totebox_ledger_sync_test_LDADD = $(TOTEBOX_LIBS) $(CMOCKA_LIBS)
tests_totebox_ledger_sync_test_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=fdatasync
tests_totebox_ledger_test_SOURCES = tests/totebox/ledger_test.c
tests_totebox_ledger_test_LDADD = $(TOTEBOX_LIBS) $(CMOCKA_LIBS)
tests_totebox_line_test_SOURCES = tests/totebox/line_test.c
tests_totebox_line_test_LDADD = $(TOTEBOX_LIBS) $(CMOCKA_LIBS)
tests_totebox_note_test_SOURCES = tests/totebox/note_test.c
tests_totebox_note_test_LDADD = $(TOTEBOX_LIBS) $(CMOCKA_LIBS)
tests_totebox_pairing_test_SOURCES = tests/totebox/pairing_test.c
tests_totebox_pairing_test_LDADD = $(TOTEBOX_LIBS) $(CMOCKA_LIBS)
endif

FUZZ_TARGETS += tests/fuzz/ledger_fuzz
tests_fuzz_ledger_fuzz_SOURCES = tests/fuzz/ledger_fuzz.c $(FUZZ_MAIN)
tests_fuzz_ledger_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LINK)
tests_fuzz_ledger_fuzz_LDADD = $(TOTEBOX_LIBS)
FUZZ_TARGETS += tests/fuzz/note_fuzz
tests_fuzz_note_fuzz_SOURCES = tests/fuzz/note_fuzz.c $(FUZZ_MAIN)
tests_fuzz_note_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LINK)
tests_fuzz_note_fuzz_LDADD = $(TOTEBOX_LIBS)
FUZZ_TARGETS += tests/fuzz/index_fuzz
tests_fuzz_index_fuzz_SOURCES = tests/fuzz/index_fuzz.c $(FUZZ_MAIN)
tests_fuzz_index_fuzz_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LINK)
tests_fuzz_index_fuzz_LDADD = $(TOTEBOX_LIBS)
EXTRA_DIST += tests/fuzz/corpus/index tests/fuzz/corpus/ledger tests/fuzz/corpus/note
